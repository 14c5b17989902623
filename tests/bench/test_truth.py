#!/usr/bin/env python3
"""A generated log of each shape (gen.c) is analysed, and the database must tell its truth exactly. Where valgrind is installed, the
instructions per byte of log are compared with the recorded figure (instructions.json): more than 5 % above it is a fault.

    test_truth.py [--mib N] [--jobs N] [--record]

--record writes the measured figure down for this compiler and these libraries; do that when a change is worth its cost.
"""
import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import callgrind

HERE = os.path.dirname(os.path.abspath(__file__))
FIGURES = os.path.join(HERE, "instructions.json")
PROGRAM = os.environ.get("MCPLOG", "mcplog")
BUILD = os.environ.get("MCPLOG_BUILD", "")
ALLOWED = 1.05
CALLGRIND_MIB = 10
SHAPES = {"dense": [], "plain": ["plain"]}

# What the database says, and the truth it must equal.
TRUTHS = (
    ("calls", "SELECT count(*) FROM calls", lambda t: t["calls"]),
    ("calls without an end", "SELECT count(*) FROM calls WHERE outcome = 'unended'", lambda t: t["open"]),
    ("calls that are not ok", "SELECT count(*) FROM calls WHERE outcome <> 'ok'", lambda t: t["open"] + t["cancelled"] + t["died"]),
    ("heartbeats", "SELECT coalesce(sum(heartbeats), 0) FROM calls", lambda t: t["beats"]),
    ("calls in incidents", "SELECT count(DISTINCT call_id) FROM incident_calls", lambda t: t["open"] + t["cancelled"] + t["died"]),
    ("pairs of call and incident", "SELECT count(*) FROM incident_calls", lambda t: t["open"] + t["cancelled"] + t["died"]),
    ("healthy calls in incidents", "SELECT count(*) FROM incident_calls i JOIN calls c USING (call_id) WHERE c.outcome = 'ok'", lambda t: 0),
    ("dropped streams", "SELECT count(*) FROM events WHERE kind = 'transport.dropped'", lambda t: t["open"] + t["cancelled"] + t["died"]),
    ("cancels", "SELECT count(*) FROM events WHERE kind = 'cancel.user'", lambda t: t["cancelled"]),
    ("tracebacks", "SELECT count(*) FROM events WHERE kind = 'py.preinit'", lambda t: t["tracebacks"]),
    ("lines", "SELECT sum(lines) FROM sources", lambda t: t["lines"]),
)


def generate(gen, scratch, mib, shape):
    log = os.path.join(scratch, f"log{mib}.txt")
    run = subprocess.run([gen, log, str(mib), "1", *SHAPES[shape]], check=True, capture_output=True, text=True)
    return log, json.loads(run.stdout)


def check_truth(gen, scratch, mib, shape, jobs):
    log, truth = generate(gen, scratch, mib, shape)
    db = os.path.join(scratch, f"{shape}.db")
    run = subprocess.run([PROGRAM, "analyze", "--jobs", jobs, "--db", db, log], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if run.returncode not in (0, 1, 2):
        return [f"analyze ended with {run.returncode}: {run.stderr.strip()}"]
    with sqlite3.connect(db) as c:
        found = [(what, c.execute(sql).fetchone()[0], expected(truth)) for what, sql, expected in TRUTHS]
    faults = [f"{shape} log: {what}: {got}, not {want}" for what, got, want in found if got != want]
    share = os.path.getsize(db) / truth["bytes"]
    print(f"{shape} log: {truth['bytes']} bytes, {truth['calls']} calls, database {100 * share:.2f} % of the log")
    return faults


def cache_entry(name):
    try:
        with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as f:
            found = re.search(rf"^{name}:\w+=(.*)$", f.read(), re.M)
    except OSError:
        return ""
    return found.group(1) if found else ""


def setting():
    """What the figure depends on besides the program."""
    compiler = subprocess.run([cache_entry("CMAKE_C_COMPILER") or "cc", "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    linked = "linked in" if cache_entry("SQLITE_ARCHIVE").endswith(".a") else "shared"
    whole = ", as a whole" if cache_entry("MCPLOG_HAS_FAT_LTO") == "1" else ""
    return f"{cache_entry('CMAKE_BUILD_TYPE')}, {compiler}, SQLite {sqlite3.sqlite_version}, {linked}{whole}"


def instructions_per_byte(gen, scratch, shape):
    log, truth = generate(gen, scratch, CALLGRIND_MIB, shape)
    count, _ = callgrind.run([PROGRAM, "analyze", "--jobs", "1", "--db", f"{scratch}/count-{shape}.db", log])
    return count / truth["bytes"] if count else None


def check_instructions(gen, scratch, record):
    if not shutil.which("valgrind") or os.environ.get("MCPLOG_SANITIZE", "OFF") in ("ON", "1", "TRUE") or cache_entry("CMAKE_BUILD_TYPE") != "Release":
        print("instructions per byte: only measured of a release build, with valgrind")
        return []
    measured = {shape: instructions_per_byte(gen, scratch, shape) for shape in SHAPES}
    if None in measured.values():
        print("instructions per byte: valgrind cannot run the program")
        return []
    with open(FIGURES, encoding="utf-8") as f:
        figures = json.load(f)
    where = setting()
    known = figures.get(where, {})
    print("instructions per byte: " + ", ".join(f"{figure:.2f} of a {shape} log" for shape, figure in measured.items()) + f" ({where}; recorded: {known})")
    if record:
        figures[where] = {shape: round(figure, 2) for shape, figure in measured.items()}
        with open(FIGURES, "w", encoding="utf-8") as f:
            json.dump(figures, f, indent=1, sort_keys=True)
            f.write("\n")
        return []
    return [f"instructions per byte of a {shape} log: {figure:.2f}, more than {known[shape]} + 5 %; find the cause, or record it with --record"
            for shape, figure in measured.items() if shape in known and figure > known[shape] * ALLOWED]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, default=16)
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        print("no C compiler for the generator")
        return 77
    with tempfile.TemporaryDirectory() as scratch:
        gen = os.path.join(scratch, "gen")
        subprocess.run([compiler, "-std=c17", "-O2", "-o", gen, os.path.join(HERE, "gen.c")], check=True)
        faults = [fault for shape in SHAPES for fault in check_truth(gen, scratch, args.mib, shape, args.jobs)]
        faults += check_instructions(gen, scratch, args.record)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
