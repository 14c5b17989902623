#!/usr/bin/env python3
"""mcplog beside other tools on the same log: prints the table of docs/performance.md.

    table.py [--mib 512] [--rounds 5] [--log FILE] [--gen GENERATOR]

Commands take turns (A B C A B C …) after one round to warm up. A figure is the median of user + system time of the whole process,
from wait4, and its ratio to `rg -c -f` of 50 patterns. Tools that are not installed are named and left out. Tools of another order of
magnitude see only the first 32 MiB; their time is multiplied up, and marked.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("MCPLOG", "mcplog")
SIG12, SIG50 = os.path.join(HERE, "sig12.txt"), os.path.join(HERE, "sig50.txt")
SLICE = 32 << 20
BASE = "rg -c -f, 50 patterns"


def patterns(path):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n") for line in f if line.strip()]


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def mtail_program(scratch):
    names = [(f"line{i}", p.replace("/", "\\/")) for i, p in enumerate(patterns(SIG12))]
    return write(os.path.join(scratch, "p.mtail"), "".join(f"counter {n}\n/{p}/ {{\n  {n}++\n}}\n" for n, p in names))


def sec_rules(scratch):
    rule = "type=Single\nptype=RegExp\npattern={}\ndesc=x\naction=none\n\n"
    return write(os.path.join(scratch, "rules.sec"), "".join(rule.format(p) for p in patterns(SIG12)[:5]))


def commands(log, part, scratch):
    """Name, program that must be there, command, environment, does it see only a part?"""
    c = {"LC_ALL": "C"}
    new = ["sh", "-c", 'rm -f "$1"*; exec "$0" analyze --db "$1" "$2"', PROGRAM, os.path.join(scratch, "new.db"), log]
    return [
        ("mcplog analyze --db NEW", PROGRAM, new, {}, False),
        (BASE, "rg", ["rg", "-c", "-f", SIG50, log], {}, False),
        ("rg -c -f, 12 patterns", "rg", ["rg", "-c", "-f", SIG12, log], {}, False),
        ("LC_ALL=C grep -cE, 12 in one", "grep", ["grep", "-cE", "|".join(patterns(SIG12)), log], c, False),
        ("wc -l", "wc", ["wc", "-l", log], {}, False),
        ("lnav, index only", "lnav", ["lnav", "-n", "-c", ";SELECT 1", log], {"HOME": scratch}, True),
        ("mtail, 12 counters", "mtail", ["mtail", "--one_shot", "--progs", mtail_program(scratch), "--logs", part], {}, True),
        ("sec, 5 rules", "sec", ["sec", "--conf=" + sec_rules(scratch), "--input=" + part, "--notail", "--quiet"], {}, True),
    ]


def measure(command, environment):
    """User + system seconds and the largest memory in MiB."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        out = os.open(os.path.join(tempfile.gettempdir(), f"table.{os.getpid()}.out"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.unlink(os.path.join(tempfile.gettempdir(), f"table.{os.getpid()}.out"))
        os.dup2(out, 1)
        os.dup2(null, 2)
        os.execvpe(command[0], command, {**os.environ, **environment})
    _, _, usage = os.wait4(pid, 0)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def make_log(args, scratch):
    if args.log:
        return args.log
    gen = args.gen
    if not gen:
        gen = os.path.join(scratch, "gen")
        subprocess.run(["cc", "-std=c17", "-O2", "-o", gen, os.path.join(HERE, "gen.c")], check=True)
    log = os.path.join(scratch, "log.txt")
    subprocess.run([gen, log, str(args.mib), "1"], check=True, stdout=subprocess.DEVNULL)
    return log


def make_part(log, scratch):
    part = os.path.join(scratch, "part.log")
    with open(log, "rb") as f, open(part, "wb") as g:
        g.write(f.read(SLICE))
        g.write(f.readline())
    return part, max(1.0, os.path.getsize(log) / os.path.getsize(part))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--log")
    parser.add_argument("--gen")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        log = make_log(args, scratch)
        part, times = make_part(log, scratch)
        rows = []
        for row in commands(log, part, scratch):
            if shutil.which(row[1]):
                rows.append(row)
            else:
                print(f"{row[0]}: SKIPPED: {row[1]} not installed")
        found = {row[0]: [] for row in rows}
        for turn in range(args.rounds + 1):
            for name, _, command, environment, _ in rows:
                if turn or name in (rows[0][0], BASE):
                    got = measure(command, environment)
                    if turn:
                        found[name].append(got)
        seconds = {name: statistics.median(t for t, _ in v) for name, v in found.items()}
        print(f"log of {os.path.getsize(log) / 1e6:.0f} MB, {args.rounds} rounds\n")
        print("| command | user + system | ratio | memory |\n|---|---|---|---|")
        for name, _, _, _, partly in rows:
            s = seconds[name] * (times if partly and name != "lnav, index only" else 1)
            ratio = f"{s / seconds[BASE]:.2f}" if BASE in seconds else "–"
            mark = " (of a part)" if partly and name != "lnav, index only" and times > 1 else ""
            print(f"| `{name}` | {s:.2f} s{mark} | {ratio} | {max(m for _, m in found[name]):.0f} MiB |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
