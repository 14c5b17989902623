"""Calls that only began, so many that they are counted and not judged one by one: the report says how many, in every form that people read and in JSON, also when
it is made of what an earlier run kept."""
import json
import os
import re
import subprocess
import sys
import tempfile

MCPLOG = os.environ.get("MCPLOG", "mcplog")
CALLS = 12000
START = "2026-05-%02dT%02d:%02d:%02d.%03dZ [INFO] [Stall] tool_dispatch_start tool=mcp__wiki__search toolUseId=toolu_%s%08d permissionDecisionMs=1\n"


def write(path, calls):
    name = os.path.basename(path)[0]  # a day of its own: another session
    with open(path, "w", encoding="utf-8") as log:
        for n in range(calls):
            ms = 20 * n
            log.write(START % (17 + "abc".index(name), 8 + ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000, name, n))


def run(folder, form):
    done = subprocess.run([MCPLOG, "analyze", "--db", "t.db", "--format", form, "logs"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def said(folder):
    """(calls, only counted) as JSON has it; the text must say the same in one place, or nothing."""
    summary = json.loads(run(folder, "json"))["summary"]
    counted = summary.get("calls_only_counted")
    # A page for browsers judges a hundred thousand one by one: its sentence is in tests/unit/test_html.c.
    for form in ("text", "markdown"):
        lines = re.findall(r"(\d+) calls only began", " ".join(run(folder, form).split()))
        assert lines == ([str(counted)] if counted else []), (form, counted, lines)
    return summary["calls"], counted


def main():
    with tempfile.TemporaryDirectory() as folder:
        logs = os.path.join(folder, "logs")
        os.mkdir(logs)
        write(os.path.join(logs, "a.log"), 100)
        assert said(folder) == (100, None), said(folder)
        write(os.path.join(logs, "b.log"), CALLS)
        calls, counted = said(folder)
        assert calls == CALLS + 100 and counted and CALLS / 10 < counted < CALLS, (calls, counted)
        write(os.path.join(logs, "c.log"), 50)  # b.log is not judged again
        assert said(folder) == (calls + 50, counted), said(folder)
        assert said(folder) == (calls + 50, counted), "the report that was kept"
    return 0


if __name__ == "__main__":
    sys.exit(main())
