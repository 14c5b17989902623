"""mcplog report: every incident of the samples gives an issue whose lines, analysed again, give the same verdict and id.

The report says itself whether its lines suffice; what it promises must hold, and it must promise it nearly always.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import samplelib  # noqa: E402

LIMIT = 65536
PER_SAMPLE = int(os.environ.get("MCPLOG_REPORTS_PER_SAMPLE", "2"))
PROMISED = 0.97
VERDICT = ("id", "cause", "trigger", "ending", "state", "severity", "confidence")
samplelib.need_program()


def run(cwd, *arguments, stdin=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MCPLOG_", "XDG_", "CLAUDE"))}
    env.update(HOME=cwd, TZ="UTC", LC_ALL="C.UTF-8", NO_COLOR="1")
    done = subprocess.run([samplelib.BINARY, *arguments], cwd=cwd, env=env, input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, timeout=120)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr.decode(errors='replace')[-300:]}")
    return done.stdout.decode()


def fences(body):
    """(language, text) of every fenced block; raises when one is not closed."""
    found, open_fence, lines = [], None, []
    for line in body.split("\n"):
        if open_fence is None:
            m = re.match(r"(`{3,})(\w*)$", line)
            if m:
                open_fence, language, lines = m.group(1), m.group(2), []
        elif line == open_fence:
            found.append((language, "\n".join(lines) + "\n"))
            open_fence = None
        else:
            lines.append(line)
    if open_fence is not None:
        raise ValueError("a fence is not closed")
    return found


def check(name):
    faults, promised, total = [], 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        cwd = os.path.join(scratch, name)
        samplelib.copy_inputs(name, cwd)
        args = samplelib.arguments(name)
        try:
            incidents = samplelib.report(cwd, ["."], args)["incidents"]
        except RuntimeError:
            return faults, 0, 0  # options of its own; the golden test has it
        for incident in [i for i in incidents if i["cause"] != "unmeasured"][:PER_SAMPLE]:
            total += 1
            usable = [a for a in args if not a.startswith("--format")]
            body = run(cwd, "report", incident["id"], "--db", ":memory:", "--allow-root", *usable, ".")
            where = f"{name} {incident['cause']}"
            if len(body) > LIMIT:
                faults.append(f"{where}: {len(body)} characters")
            blocks = fences(body)
            lines = [text for language, text in blocks if language == "text"]
            command = [text for language, text in blocks if language == "sh"]
            if len(lines) != 1 or len(command) != 1 or not command[0].startswith("mcplog analyze"):
                faults.append(f"{where}: no lines, or no command to analyse them")
                continue
            if "These lines alone give the same verdict" not in body:
                faults.append(f"note: {where}: promises nothing")
                continue
            promised += 1
            again = json.loads(run(cwd, "analyze", *command[0].split()[2:], "--format", "json", stdin=lines[0].encode()))
            if not any(all(i[key] == incident[key] for key in VERDICT) for i in again["incidents"]):
                faults.append(f"{where}: analysed again gives {[(i['id'], i['cause']) for i in again['incidents']]}")
    return faults, promised, total


def check_options():
    """--for, --privacy, -o, and what is asked wrongly, with one sample."""
    faults = []
    with tempfile.TemporaryDirectory() as scratch:
        cwd = os.path.join(scratch, "home", "anna")
        os.makedirs(cwd)
        samplelib.copy_inputs("006-proxy-cuts-sse-every-15s", os.path.join(cwd, "logs"))
        with open(os.path.join(cwd, "logs", "debug.txt"), "a", encoding="utf-8") as f:
            f.write('2026-09-14T06:31:40.000Z [DEBUG] MCP server "search-hub": Connecting to https://mcp.firma.internal/sse, mail anna@firma.internal, Bearer tok-9f8e7d6c5b4a39281706\n')
        base = ("--db", ":memory:", "--allow-root")
        identity = samplelib.report(cwd, ["logs"])["incidents"][0]["id"]
        bodies = {side: run(cwd, "report", identity, *base, "--for", side, "logs") for side in ("client", "server", "proxy")}
        first = {side: re.search(r"^\| (\w+) \| `", body, re.M).group(1) for side, body in bodies.items()}
        if first != {"client": "Client", "server": "Server", "proxy": "Trigger"}:
            faults.append(f"--for: the first facts are {first}")
        if "## What the proxy's log says" not in bodies["proxy"]:
            faults.append("--for proxy: its lines do not come first")
        short = run(cwd, "report", identity[:12], *base, "logs", "-o", "issue.md")
        with open(os.path.join(cwd, "issue.md"), encoding="utf-8") as f:
            if short or f.read() != run(cwd, "report", identity, *base, "logs"):
                faults.append("-o, or the beginning of an id, gives another report")
        private = run(cwd, "analyze", *base, "--privacy", "-f", "json", os.path.join(cwd, "logs"))
        if "anna" in private or "[REDACTED:home]" not in private or json.loads(private)["redactions"].get("home", 0) < 1:
            faults.append("--privacy: a home directory is left, or not counted")
        for arguments in (("report",), ("report", "v1:00ff00ff", *base, "logs"), ("report", identity, "--for", "nobody", "logs")):
            done = subprocess.run([samplelib.BINARY, *arguments], cwd=cwd, env={**os.environ, "HOME": cwd}, capture_output=True, timeout=60)
            if done.returncode != 2 or not done.stderr:
                faults.append(f"{arguments}: exit {done.returncode}")
    return faults


names = samplelib.names(sys.argv[1:])
all_faults, promised, total = check_options(), 0, 0
for faults, kept, count in samplelib.each(check, names):
    all_faults += faults
    promised += kept
    total += count
for fault in all_faults:
    print(fault)
bad = [f for f in all_faults if not f.startswith("note: ")]
print(f"{total} reports of {len(names)} samples: {promised} promise the same verdict and keep it, {len(bad)} faults")
if total == 0 or (promised / total < PROMISED and not sys.argv[1:]):
    bad.append("too few")
sys.exit(1 if bad else 0)
