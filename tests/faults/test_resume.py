"""A log that grows run by run, cut anywhere, gives the timeline and the report of one run over the whole.

Long logs are put together from the samples' debug logs, cache logs, transcripts and server logs; each grows in random steps (in
the middle of lines, of characters, of tracebacks), with a run after each. At the end the report must equal, byte for byte, that
of a run that knows nothing, and the rows of the views must be the same.

    MCPLOG_RESUMES=200 ctest -R test_resume     for a longer run
"""
import glob
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = pathlib.Path(os.environ.get("MCPLOG_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
COUNT = int(os.environ.get("MCPLOG_RESUMES", "5"))
FIRST = int(os.environ.get("MCPLOG_RESUME_FIRST", "0"))
FAMILIES = {"debug.txt": "samples/*/debug.txt", "server.log": "samples/*/server.log", "cache.jsonl": "samples/*/mcp-logs*/*.jsonl",
            "transcript.jsonl": "samples/*/transcript*.jsonl"}
VIEWS = {
    "calls": "SELECT session_id, server, tool, tool_use_id, started_ms, ended_ms, duration_ms, permission_ms, outcome, error, heartbeats,"
             " last_heartbeat_ms, link, link_sure, path, line, offset FROM calls ORDER BY path, offset, call_id",
    "events": "SELECT path, line, offset, at_ms, kind, signature, server, tool, tool_use_id, detail, class, error, session_id, duration_ms, text"
              " FROM events ORDER BY path, offset, event_id",
    "sources": "SELECT path, kind, client_version, session_id, bytes, offset, pending_bytes, lines, records, unrecognized, state, first_ms, last_ms"
               " FROM sources ORDER BY path",
}


def put_together(r, pattern):
    files = sorted(glob.glob(str(SOURCE / pattern)))
    text = b""
    size = r.choice((120, 200, 400)) * 1024
    while len(text) < size:
        with open(r.choice(files), "rb") as f:
            piece = f.read()
        text += piece if piece.endswith(b"\n") or r.random() < 0.2 else piece + b"\n"
    return text


def run(db, folder):
    done = subprocess.run([MCPLOG, "analyze", "--db", db, "--allow-root", "--format", "json", "-q", "logs"], cwd=folder, capture_output=True, timeout=120)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"exit {done.returncode}: {done.stderr.decode(errors='replace')[:300]}")
    return done.stdout


def rows(db):
    with sqlite3.connect(db) as c:
        c.text_factory = bytes
        return {name: c.execute(sql).fetchall() for name, sql in VIEWS.items()}


def grow(r, path, text):
    """Yields after each step."""
    at = r.choice((0, len(text) // 2))
    with open(path, "ab", buffering=0) as f:
        f.write(text[:at])
        yield
        while at < len(text):
            n = r.choice((1, 17, 300, 2000, 9000, 40000, 120000))
            f.write(text[at:at + n])
            at += n
            yield


def difference(once, grown):
    for name in VIEWS:
        if once[name] != grown[name]:
            a, b = set(once[name]), set(grown[name])
            return f"{name}: {len(once[name])} rows against {len(grown[name])}; only at once: {sorted(a - b, key=repr)[:2]}; only grown: {sorted(b - a, key=repr)[:2]}"
    return None


def check(number):
    r = random.Random(number)
    with tempfile.TemporaryDirectory() as folder:
        logs = os.path.join(folder, "logs")
        os.mkdir(logs)
        names = r.sample(sorted(FAMILIES), r.choice((1, 2)))
        growing = [grow(r, os.path.join(logs, n), put_together(r, FAMILIES[n])) for n in names]
        steps = 0
        while growing:
            g = r.choice(growing)
            try:
                next(g)
            except StopIteration:
                growing.remove(g)
            run("grown.db", folder)
            steps += 1
        report = run("grown.db", folder)
        if report != run("once.db", folder):
            return steps, "the reports differ; " + (difference(rows(os.path.join(folder, "once.db")), rows(os.path.join(folder, "grown.db"))) or "the rows are equal")
        return steps, difference(rows(os.path.join(folder, "once.db")), rows(os.path.join(folder, "grown.db")))


def main():
    faults = steps = 0
    for number in range(FIRST, FIRST + COUNT):
        n, fault = check(number)
        steps += n
        if fault:
            faults += 1
            print(f"log {number}: {fault}")
    print(f"{COUNT} logs grew in {steps} steps, {faults} faults")
    return 1 if faults or steps < COUNT else 0


if __name__ == "__main__":
    sys.exit(main())
