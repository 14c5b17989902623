"""Damaged logs: samples cut, spliced, flipped and repeated. Whatever comes in, the program ends in time with an exit code of
the contract and, asked for JSON, writes JSON. The seed is fixed: every run sees the same inputs; a failing input is kept.

    MCPLOG_MUTATIONS=2000 ctest -L faults     for a longer run
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = pathlib.Path(os.environ.get("MCPLOG_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("MCPLOG_BUILD", tempfile.gettempdir()))
COUNT = int(os.environ.get("MCPLOG_MUTATIONS", "300"))
SECONDS = 20  # a hang, also on a slow machine under sanitizers
ODD = [b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\x1b[31m", b'"', b"{", b"[" * 500, b"\\u0000", b"\xe2\x80\xae", b"9" * 40,
       b"Traceback (most recent call last):\n", b"  + Exception Group Traceback (most recent call last):\n", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd",
       b"2026-13-45T99:99:99.999Z ", b"9999-12-31T23:59:59.999Z [DEBUG] ", b"1970-01-01T00:00:00.000Z [DEBUG] ", b"a" * 70000]


def flip(r, data):
    data = bytearray(data)
    for _ in range(r.randint(1, 20)):
        data[r.randrange(len(data))] = r.randrange(256)
    return bytes(data)


def insert(r, data):
    for _ in range(r.randint(1, 6)):
        at = r.randrange(len(data) + 1)
        data = data[:at] + r.choice(ODD) + data[at:]
    return data


def cut(r, data):
    a, b = sorted((r.randrange(len(data) + 1), r.randrange(len(data) + 1)))
    return data[:a] + data[b:] if r.random() < 0.5 else data[a:b]


def lines(r, data):
    rows = data.split(b"\n")
    what = r.randrange(4)
    if what == 0:
        r.shuffle(rows)
    elif what == 1:
        rows = [row for row in rows for _ in range(r.choice((0, 1, 1, 1, 3)))]
    elif what == 2:
        rows = [row[: r.randrange(len(row) + 1)] if r.random() < 0.2 else row for row in rows]
    else:
        rows = [row + r.choice((b"", b"", rows[r.randrange(len(rows))])) for row in rows]
    return b"\n".join(rows)


def join_up(r, data):
    return data.replace(b"\n", r.choice((b"\r\n", b" ", b"", b"\n\n", b"\0")), r.choice((1, 5, -1)))


def number(r, data):
    """Other digits in the place of some: times that go back, durations that are absurd."""
    data = bytearray(data)
    digits = [i for i, byte in enumerate(data) if 0x30 <= byte <= 0x39]
    for i in r.sample(digits, min(len(digits), r.randint(1, 30))):
        data[i] = r.randrange(0x30, 0x3A)
    return bytes(data)


def mutated(r, inputs):
    data = r.choice(inputs)
    if r.random() < 0.2:
        other = r.choice(inputs)
        data = data[: r.randrange(len(data) + 1)] + other[r.randrange(len(other) + 1):]
    for _ in range(r.randint(1, 3)):
        if data:
            data = r.choice((flip, insert, cut, lines, join_up, number))(r, data)
    return data


def judge(path):
    """What is wrong with the run on this input, or ''."""
    arguments = [MCPLOG, "analyze", "--db", ":memory:", "--allow-root", "--format", "json", str(path)]
    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"still running after {SECONDS} s"
    if done.returncode not in (0, 3):
        return f"left with {done.returncode}: {done.stderr[-2000:].decode(errors='replace')}"
    try:
        done.stdout.decode("ascii")
        report = json.loads(done.stdout)
    except ValueError as e:
        return f"no ASCII JSON on stdout: {e}"
    return "" if report.get("schema") == "mcplog.report/1" else "not a report"


own = {"why.md", "expect.json", "expect.txt", "args", "known-bug"}
paths = [p for p in sorted((SOURCE / "samples").rglob("*")) if p.is_file() and p.name not in own]
inputs = [data for data in (p.read_bytes() for p in paths) if data]
faults = 0
with tempfile.TemporaryDirectory() as folder:
    for seed in range(COUNT):
        data = mutated(random.Random(seed), inputs)
        path = pathlib.Path(folder, "mutated.txt")
        path.write_bytes(data)
        wrong = judge(path)
        if wrong:
            faults += 1
            keep = BUILD / f"mutated-{seed}.txt"
            keep.write_bytes(data)
            print(f"seed {seed} (kept as {keep}): {wrong}")
print(f"{COUNT} damaged logs of {len(inputs)} inputs, {faults} faults")
sys.exit(1 if faults or not inputs else 0)
