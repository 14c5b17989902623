#!/usr/bin/env python3
"""Every goal of speed and memory beside its peer: prints the table of docs/performance.md, each row with goal, figure, met or missed.

    table.py [--only NAME]... [--list] [--mib 128] [--rounds 5] [--full] [--dense] [--log FILE]

Commands of a row take turns (A B C A B C …) after one round to warm up; a figure is the median of user + system time of whole
processes, from wait4 (wall time where the row says so). Where cores are shared with others, pace.c tells before and after a command
whether ours were slowed. More rounds follow for up to EXTRA seconds until there are enough undisturbed ones; if they stay too few, the
least disturbed count too, and the row says so. Sizes are small enough for some minutes; --full takes a log of 1 GiB, --dense
one with more calls and shorter lines; --log gives another one than gen.c makes, whose first 10 MiB are the small one. A tool that is not
installed makes its row "SKIPPED", what ends with an error is "missed". A row is a function below that returns measured figures and says
its goal; adding one is adding a function.
"""
import argparse
import itertools
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import callgrind

import test_call_rows

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(shutil.which(os.environ.get("MCPLOG", "mcplog")) or os.environ.get("MCPLOG", "mcplog"))
SIG12, SIG50 = os.path.join(HERE, "sig12.txt"), os.path.join(HERE, "sig50.txt")
EXTRA = 60  # seconds
QUIET = 1.15  # x the best pace seen
PART = 32 << 20  # tools of another order of magnitude see this much of the log
STAMP = "2026-03-19T{:02}:{:02}:{:02}.{:03}Z"
ROWS = []


class Skipped(Exception):
    pass


class Missed(Exception):
    pass


def row(goal):
    """Registers a row. Its function gives (figure, limit, unit) triples; limits above 0 are upper bounds, below 0 lower ones."""
    def add(function):
        ROWS.append((function.__name__.replace("_", "-"), goal, function))
        return function
    return add


def need(tool):
    if not shutil.which(tool):
        raise Skipped(f"{tool} is not installed")


def run(command, scratch, env=None):
    """User + system seconds and wall seconds."""
    with open(os.path.join(scratch, "out"), "wb") as out:  # not /dev/null: grep would stop at the first match
        began = time.monotonic()
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    if command[0] == PROGRAM and child.returncode not in (0, 1, 2):
        raise Missed(f"{' '.join(command[1:3])} ended with {child.returncode}")
    return usage.ru_utime + usage.ru_stime, wall


class Bench:
    def __init__(self, args, scratch):
        self.args, self.scratch, self.made = args, scratch, {}
        self.shape = [] if args.dense else ["plain"]
        self.best, self.disturbed = float("inf"), ""

    def path(self, name):
        return os.path.join(self.scratch, name)

    def once(self, name, make):
        if name not in self.made:
            make(self.path(name))
            self.made[name] = self.path(name)
        return self.made[name]

    def compiled(self, name, *libraries):
        need("cc")
        return self.once(name, lambda p: subprocess.run(["cc", "-std=gnu17", "-O2", "-o", p, os.path.join(HERE, name + ".c"), *libraries], check=True))

    def log(self, mib=None):
        if self.args.log:
            return self.head(f"head{mib}.log", self.args.log, mib << 20) if mib else self.args.log
        mib = mib or self.args.mib
        return self.once(f"{mib}.log", lambda p: subprocess.run([self.compiled("gen"), p, str(mib), "1", *self.shape], check=True, stdout=subprocess.DEVNULL))

    def head(self, name, log, size):
        def make(path):
            with open(log, "rb") as f, open(path, "wb") as g:
                g.write(f.read(size) + f.readline())
        return self.once(name, make)

    def part(self):
        return self.head("part.log", self.log(), PART)

    def files(self, count, size):
        """A directory of so many logs, parts of one."""
        def make(path):
            os.mkdir(path)
            with open(self.log(), "rb") as f:
                for i in range(count):
                    data = f.read(size) + f.readline()
                    if len(data) < size:
                        f.seek(0)
                    with open(os.path.join(path, f"{i:05}.log"), "wb") as g:
                        g.write(data)
        return self.once(f"files{count}x{size}", make)

    def new(self, *paths, options=()):
        """Analyses into a new database each time."""
        db = self.path("new.db")
        return [PROGRAM, "analyze", "--db", db, *options, *paths]

    def fresh(self):
        for name in os.listdir(self.scratch):
            if name.startswith("new.db"):
                os.remove(self.path(name))

    def pace(self):
        """Milliseconds for a fixed piece of work that needs nothing but the core."""
        took = float(subprocess.run([self.compiled("pace")], capture_output=True, check=True).stdout)
        self.best = min(self.best, took)
        return took

    def turns(self, commands, what=0, rounds=None, prepare=None):
        """Medians, one per command; what: 0 CPU, 1 wall."""
        rounds = rounds or self.args.rounds
        found = [[] for _ in commands]  # (pace, figure)
        until = time.monotonic() + EXTRA
        for turn in itertools.count():
            if turn > rounds and (time.monotonic() > until or min(map(self.quiet, found)) >= rounds):
                break
            for command, runs in zip(commands, found):
                if self.quiet(runs) >= rounds:
                    continue
                self.fresh()
                if prepare:
                    prepare()
                before = self.pace()
                got = run(command, self.scratch, {"LC_ALL": "C", "HOME": self.scratch})
                if turn:
                    runs.append((max(before, self.pace()), got[what]))
        least = min(map(self.quiet, found))
        if least < rounds:
            self.disturbed = f" ({least} of {rounds} rounds undisturbed)"
        return [max(statistics.median(figure for _, figure in sorted(runs)[:rounds]), 1e-6) for runs in found]

    def quiet(self, runs):
        return sum(pace <= QUIET * self.best for pace, _ in runs)

    def installed(self):
        """A copy of the program. Of a file that a linker has just written newer kernels map larger pieces than of one that was copied or read."""
        return self.once("installed", lambda p: shutil.copy(PROGRAM, p))

    def peak(self, command):
        """MiB."""
        self.fresh()
        done = subprocess.run([self.compiled("peak"), self.installed(), *command[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        return int(re.search(r"^peak (\d+)$", done.stderr, re.M)[1]) / 1024

    def against(self, ours, peer, **more):
        a, b = self.turns([ours, peer], **more)
        return a / b


def patterns(path):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f if line.strip()]


@row("analyze <= 0.35 x rg -c -f of 50 patterns")
def rg(b):
    need("rg")
    return [(b.against(b.new(b.log()), ["rg", "-c", "-f", SIG50, b.log()]), 0.35, "x")]


@row("<= 0.75 x LC_ALL=C grep -cE of 12 patterns in one")
def grep(b):
    return [(b.against(b.new(b.log()), ["grep", "-cE", "|".join(patterns(SIG12)), b.log()]), 0.75, "x")]


@row("<= 4 x wc -l")
def wc(b):
    return [(b.against(b.new(b.log()), ["wc", "-l", b.log()]), 4, "x")]


# Calls without an end: ids with one line of the two. A log that lnav took nothing from has no ids.
LNAV_OPEN_CALLS = r""";SELECT count(*), sum(n = 1) FROM (SELECT regexp_match('toolUseId=(\S+)', log_text) AS id, count(*) AS n FROM generic_log
    WHERE log_text LIKE '%tool_dispatch_%' GROUP BY id)"""


@row("lnav's calls without an end, of one file >= 10 x our CPU, of 1,000 files >= 12 x")
def lnav(b):
    need("lnav")
    figures = []
    for path, limit in ((b.log(), -10), (b.files(1000, (b.args.mib << 20) // 1000), -12)):
        ours, peer = b.turns([b.new(path), ["lnav", "-n", "-c", LNAV_OPEN_CALLS, path]], rounds=3)
        with open(b.path("out"), encoding="utf-8") as f:
            if not re.search(r"^ *[1-9]\d* +\d+ *$", f.read(), re.M):
                raise Missed("lnav found no calls")
        figures.append((peer / ours, limit, "x"))
    return figures


@row("mtail with 12 counters: >= 40 x our CPU, on a part of the log")
def mtail(b):
    need("mtail")
    with open(b.path("p.mtail"), "w", encoding="utf-8") as f:
        for i, p in enumerate(patterns(SIG12)):
            escaped = p.replace("/", "\\/")
            f.write(f"counter line{i}\n/{escaped}/ {{\n  line{i}++\n}}\n")
    return [(b.against(["mtail", "--one_shot", "--progs", b.path("p.mtail"), "--logs", b.part()], b.new(b.part()), rounds=1), -40, "x")]


@row("SEC with 5 rules: >= 50 x our CPU, on a part of the log")
def sec(b):
    need("sec")
    with open(b.path("rules.sec"), "w", encoding="utf-8") as f:
        for p in patterns(SIG12)[:5]:
            f.write(f"type=Single\nptype=RegExp\npattern={p}\ndesc=x\naction=none\n\n")
    return [(b.against(["sec", "--conf=" + b.path("rules.sec"), "--input=" + b.part(), "--notail", "--quiet"], b.new(b.part()), rounds=1), -50, "x")]


def instructions_of(b, command, *options):
    need("valgrind")
    b.fresh()
    out = b.path("callgrind.out")
    count, _ = callgrind.run(command, out, options)
    if not count:
        raise Skipped("valgrind cannot run the program")
    return count, out


@row("<= 4.0 instructions per byte of a log of 10 MB")
def instructions(b):
    return [(instructions_of(b, b.new(b.log(10), options=["--jobs", "1"]))[0] / os.path.getsize(b.log(10)), 4.0, "per byte")]


@row("memory <= 24 MiB: one file, 1,000 files; growth from 10 MB <= 4 MiB")
def memory(b):
    one, many, small = (b.peak(b.new(*paths)) for paths in ([b.log()], [b.files(1000, (b.args.mib << 20) // 1000)], [b.log(10)]))
    return [(one, 24, "MiB"), (many, 24, "MiB"), (one - small, 4, "MiB more")]


@row("10 x the data <= 10.5 x the CPU")
def ten_times(b):
    return [(b.against(b.new(b.log(max(10, b.args.mib // 10) * 10)), b.new(b.log(max(10, b.args.mib // 10)))), 10.5, "x")]


def open_calls_log(path, count):
    with open(path, "w", encoding="utf-8") as f:
        for i in range(count):
            at = STAMP.format(i // 360000 % 24, i // 6000 % 60, i // 100 % 60, i % 100 * 10)
            f.write(f"{at} [INFO] [Stall] tool_dispatch_start tool=mcp__wiki__search toolUseId=toolu_{i:016x} permissionDecisionMs=1\n")


@row("10^6 open calls <= 128 MiB and <= 15 x the time of 10^5; twice as many <= 2.2 x")
def open_calls(b):
    few, many, more = (b.new(b.once(f"open{n}.log", lambda p, n=n: open_calls_log(p, n))) for n in (10**5, 10**6, 2 * 10**6))
    return [(b.peak(many), 128, "MiB"), (b.against(many, few, rounds=3), 15, "x"), (b.against(more, many, rounds=3), 2.2, "x")]


def again(b, folder):
    db = b.path("kept" + os.path.basename(folder) + ".db")
    command = [PROGRAM, "analyze", "--db", db, folder]
    run(command, b.scratch)
    return command


@row("nothing new in 1,000 files <= 1.0 x ls -l, wall; 10,000 files <= 10 x")
def nothing_new(b):
    few, many = b.files(1000, 4096), b.files(10000, 4096)
    ours, ls = b.turns([again(b, few), ["ls", "-l", few]], what=1, rounds=40)
    return [(ours / ls, 1.0, "x"), (b.turns([again(b, many)], what=1)[0] / ours, 10, "x")]


@row("one of 1,000 files grown <= 1.8 x ls -l, wall")
def one_grown(b):
    folder = b.files(1000, 4097)

    def grow():
        with open(os.path.join(folder, "00500.log"), "ab") as f:
            f.write(b"2026-03-19T08:00:00.000Z [DEBUG] one more line\n")
    command = again(b, folder)
    ours, ls = b.turns([command, ["ls", "-l", folder]], what=1, rounds=40, prepare=grow)
    return [(ours / ls, 1.8, "x")]


@row("--version <= 4 x /bin/true, a small log <= 6 x, wall")
def start(b):
    small = b.path("small.log")
    with open(small, "w", encoding="utf-8") as f:
        f.write("2026-03-19T08:00:00.000Z [DEBUG] a line\n" * 3)
    version, analysis, true = b.turns([[PROGRAM, "--version"], again(b, small), ["/bin/true"]], what=1, rounds=200)
    return [(version / true, 4, "x"), (analysis / true, 6, "x")]


@row("--jobs 2 on 1,000 files: wall <= 0.70 x, CPU <= 1.10 x, the same bytes; one file: wall <= 0.75 x")
def jobs(b):
    files = b.files(1000, (b.args.mib << 20) // 1000)
    one, two = (b.new(files, options=["--jobs", n]) for n in ("1", "2"))
    wall, cpu = b.turns([one, two], what=1), b.turns([one, two])
    reports = []
    for command in (one, two):
        b.fresh()
        run([*command, "--as-of", "2027-01-01T00:00:00Z"], b.scratch)
        with open(b.path("out"), "rb") as f:
            reports.append(f.read())
    single = b.turns([b.new(b.log(), options=["--jobs", n]) for n in ("1", "2")], what=1)
    return [(wall[1] / wall[0], 0.70, "x wall"), (cpu[1] / cpu[0], 1.10, "x CPU"), (float(reports[0] != reports[1]), 1e-9, "differ"),
            (single[1] / single[0], 0.75, "x wall, one file")]


USERS_OWN = ("quota exceeded for", "lease was lost to", "retries left before", "disk is almost full", "certificate expires in", "license server said",
             "replica fell behind", "token bucket empty", "shard moved to", "index rebuild took", "feature flag off", "upstream said no to")


def users_own(path):
    os.makedirs(os.path.join(path, "signatures"))
    with open(os.path.join(path, "signatures", "own.yaml"), "w", encoding="utf-8") as f:
        f.write("schema: mcplog.signatures/1\nsignatures:\n")
        for i, text in enumerate(USERS_OWN):
            f.write(f"- id: own.{i}\n  event: error.text\n  in: [mcp, debug]\n  keep: event\n  match: |-\n    (?<what>\\w+): {text} (?<name>\\S+)\n"
                    f"  meaning: a user's own line\n  constructed: true\n  samples:\n  - line: |-\n      queue: {text} x1\n    is: {{ name: x1 }}\n"
                    f"  - line: |-\n      {text[:-1]}\n    is: no\n")


@row("12 patterns of a user without a beginning, with a fixed text: <= 0.13 x rg of 50 patterns more")
def user_patterns(b):
    need("rg")
    own = b.once("own", users_own)
    more, less, peer = b.turns([b.new(b.log(), options=["--patterns", own]), b.new(b.log()), ["rg", "-c", "-f", SIG50, b.log()]])
    return [((more - less) / peer, 0.13, "x")]


def write_lines(path, size, count, end):
    with open(path, "wb") as f:
        for _ in range(count):
            f.write(b'2026-03-19T08:00:00.000Z [DEBUG] MCP server "wiki": Tool ')
            for _ in range(size >> 20):
                f.write(b"'read_page' still runn  " * (1 << 15) + b"x" * (1 << 18))
            f.write(end)


@row("a line without end (1 GiB with --full) <= 2 x wc -l, its memory <= 8 MiB")
def long_line(b):
    log = b.once("long.log", lambda p: write_lines(p, b.args.mib << 20, 1, b""))
    return [(b.against(b.new(log), ["wc", "-l", log]), 2, "x"), (b.peak(b.new(log)), 8, "MiB")]


@row("lines of 1 MiB that nearly match <= 1 x rg")
def near_misses(b):
    need("rg")
    log = b.once("near.log", lambda p: write_lines(p, 1 << 20, 32, b"\n"))
    return [(b.against(b.new(log), ["rg", "-c", "-f", SIG50, log]), 1, "x")]


def source_text():
    with open(__file__, encoding="utf-8") as f:
        return f.read()


def transcript_log(path, size):
    """What a session writes: text, calls of tools, few of them of servers, results twice, progress."""
    pick, text, i = random.Random(1), source_text(), 0
    with open(path, "w", encoding="utf-8") as f:
        while f.tell() < size:
            i += 1
            a = pick.randrange(len(text) - 4000)
            body, tool, call = text[a:a + pick.choice((200, 1000, 4000))], pick.choice(("Bash", "Read", "Edit", "Grep", "mcp__wiki__search")), f"toolu_{i:016}"
            result = [{"type": "text", "text": body}] if tool.startswith("mcp") else body
            said = [{"type": "text", "text": text[a:a + 300]}]
            for kind, rest in (("assistant", {"message": {"role": "assistant", "content": said, "usage": {"input_tokens": i}}}),
                               ("assistant", {"message": {"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": tool, "input": {"q": body[:90]}}]}}),
                               ("progress", {"data": {"type": "progress", "output": body[:200]}, "toolUseID": call}),
                               ("user", {"message": {"role": "user", "content": [{"tool_use_id": call, "type": "tool_result", "content": result}]},
                                         "toolUseResult": {"stdout": body, "stderr": ""}})):
                at = STAMP.format(8 + i // 36000 % 12, i // 600 % 60, i // 10 % 60, i % 10 * 100)
                f.write(json.dumps({"parentUuid": f"73f2c993-{i:08}", "isSidechain": False, "cwd": "/home/kim/proj", "sessionId": "1c8be7a0-5eed", "version": "2.1.329",
                                    "type": kind, **rest, "uuid": f"7780a0de-{i:08}", "timestamp": at}, separators=(",", ":")) + "\n")


def cache_log(path, size):
    i = 0
    with open(path, "w", encoding="utf-8") as f:
        while f.tell() < size:
            i += 1
            at = STAMP.format(8 + i // 36000 % 12, i // 600 % 60, i // 10 % 60, i % 10 * 100)
            for text in ("Calling MCP tool: search", f"Received {i} notifications of the kind \"progress\"", f"Tool 'search' completed successfully in {i % 900}ms"):
                f.write(json.dumps({"debug": text, "timestamp": at, "sessionId": "1c8be7a0-5eed", "cwd": "/home/kim/proj"}, separators=(",", ":")) + "\n")


def against_jansson(b, name, make):
    log = b.once(name, lambda p: make(p, b.args.mib << 18))
    return [(b.against([b.compiled("json_lines", "-ljansson"), log], b.new(log, options=["--jobs", "1"])), -6, "x")]


@row("transcripts in one thread: json_loadb per line takes >= 6 x our CPU")
def transcripts(b):
    return against_jansson(b, "transcript.jsonl", transcript_log)


@row("cache logs in one thread: json_loadb per line takes >= 6 x our CPU")
def cache_logs(b):
    return against_jansson(b, "cache.jsonl", cache_log)


def own_functions():
    """Names of the program's functions, as far as they are not SQLite's: that may be linked in."""
    archive = os.path.join(test_call_rows.BUILD, "libmcplog_core.a")
    if not os.path.exists(archive):
        raise Skipped("MCPLOG_BUILD names no build")
    need("nm")
    symbols = subprocess.run(["nm", archive], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in symbols.splitlines() if " t " in line.lower()}


def sqlite_instructions(path, own):
    """Those of calls from own functions into SQLite, with all that these call. Names are not shortened in this file."""
    total, ours, callee, entering = 0, False, "", False
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            if entering:
                total += int(line.split()[1])
                entering = False
            elif line.startswith("fn="):
                ours = line[3:].strip().split("'")[0] in own
            elif line.startswith("cfn="):
                callee = line[4:]
            elif line.startswith("calls="):
                entering = ours and callee.startswith("sqlite3_")
    return total


@row("SQLite, with all that it calls <= 35 % of the instructions")
def sqlite_share(b):
    total, out = instructions_of(b, b.new(b.log(10), options=["--jobs", "1"]), "--compress-strings=no")
    return [(100 * sqlite_instructions(out, own_functions()) / total, 35, "%")]


@row("a call's row <= 1.5 x a bare INSERT loop, in instructions (test_call_rows.py; MCPLOG_BUILD: the build)")
def call_row(b):
    need("valgrind")
    if not os.path.exists(os.path.join(test_call_rows.BUILD, "tests", "call_rows")):
        raise Skipped("MCPLOG_BUILD names no build")
    bare, ours = (test_call_rows.per_call(b.scratch, how)[0] for how in ("bare", "timeline"))
    return [(ours / bare, 1.5, "x")]


@row("database <= 1 % of the log")
def database(b):
    b.fresh()
    run(b.new(b.log()), b.scratch)
    return [(100 * os.path.getsize(b.path("new.db")) / os.path.getsize(b.log()), 1, "%")]


@row("the truth of the generator exactly (test_truth.py), at two sizes and with one and two threads")
def truth(b):
    faults = 0
    for mib, threads in itertools.product(("4", "32"), ("1", "2")):
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "test_truth.py"), "--mib", mib, "--jobs", threads], capture_output=True, env={**os.environ, "MCPLOG": PROGRAM,
                              "MCPLOG_SANITIZE": "ON"})
        faults += done.returncode != 0
    return [(float(faults), 1e-9, "faults")]


def shown(bench, function):
    bench.disturbed = ""
    try:
        figures = function(bench)
    except Skipped as e:
        return f"SKIPPED: {e}", ""
    except (Missed, OSError, subprocess.CalledProcessError) as e:
        return f"no figure: {e}", "missed"
    met = all(figure <= limit if limit > 0 else figure >= -limit for figure, limit, _ in figures)
    return "; ".join(f"{figure:.2f} {unit}" for figure, _, unit in figures) + bench.disturbed, "met" if met else "missed"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", choices=[name for name, _, _ in ROWS], metavar="NAME")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--mib", type=int, default=128)
    parser.add_argument("--log")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if args.full:
        args.mib = 1024
    if args.list:
        print("\n".join(f"{name}: {goal}" for name, goal, _ in ROWS))
        return 0
    if not (os.path.isfile(PROGRAM) and os.access(PROGRAM, os.X_OK)):
        parser.error(f"{PROGRAM} is no program; MCPLOG names the one to measure")
    print("| row | goal | figure | |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(args, scratch)
        for name, goal, function in ROWS:
            if not args.only or name in args.only:
                figure, verdict = shown(bench, function)
                print(f"| {name} | {goal} | {figure} | {verdict} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
