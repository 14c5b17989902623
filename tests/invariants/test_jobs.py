"""However many threads read, the report and every row are those of one thread, byte for byte.

Compared are some samples, each alone, all of them together, and a directory of everything that a second thread can stumble over: many files, a large one,
compressed and damaged ones, copies, one that may not be read. That directory is read three times: new, then with files that grew,
moved and were copied, then with a file replaced. In the end runs are interrupted at any moment, and the next one completes them.
"""
import gzip
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = pathlib.Path(os.environ.get("MCPLOG_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
INTERRUPTS = int(os.environ.get("MCPLOG_INTERRUPTS", "8"))
NOBODY = 65534
AT = 1790000000
TELL_WHEN = {"run", "output", "output_part"}  # tables that tell when, not what
faults = []


def command(db, jobs, *paths):
    return [MCPLOG, "analyze", "--db", db, "--jobs", str(jobs), "--format", "json", "--as-of", "2027-01-01T00:00:00Z", *paths]


def dump(db):
    with sqlite3.connect(db) as c:
        c.text_factory = bytes
        names = [n.decode() for (n,) in c.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        return {n: [repr(r) for r in c.execute(f'SELECT * FROM "{n}"')] for n in names if n not in TELL_WHEN}


def run(folder, db, jobs, path):
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(command(db, jobs, path), cwd=folder, capture_output=True, timeout=300, **user)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"--jobs {jobs} {path}: exit {done.returncode}: {done.stderr.decode(errors='replace')[:2000]}")
    return done.returncode, done.stdout, done.stderr


def compare(folder, what, path, jobs, db="{}.db"):
    """One run for each number of threads, each on its own timeline. Returns the report."""
    one, reference = None, None
    for n in (1, *jobs):
        name = db.format(n)
        got, rows = run(folder, name, n, path), dump(os.path.join(folder, name))
        if n == 1:
            one, reference = got, rows
            continue
        for part, a, b in zip(("exit code", "report", "stderr"), one, got):
            if a != b:
                faults.append(f"{what}: --jobs {n}: {part} differs")
        different = [t for t in reference if rows.get(t) != reference[t]]
        if different:
            faults.append(f"{what}: --jobs {n}: rows of {different} differ")
    return one[1]


def forget(folder):
    for path in pathlib.Path(folder).glob("*.db*"):
        path.unlink()


def settle_times(top):
    for root, _, files in os.walk(top):
        for name in files:
            os.utime(os.path.join(root, name), (AT, AT))


def samples(folder):
    names = sorted(p.name for p in (SOURCE / "samples").iterdir() if p.is_dir())
    for name in names[::6]:
        shutil.copytree(SOURCE / "samples" / name, os.path.join(folder, "s"))
        settle_times(os.path.join(folder, "s"))
        compare(folder, f"sample {name}", "s", (2,))
        forget(folder)
        shutil.rmtree(os.path.join(folder, "s"))
    shutil.copytree(SOURCE / "samples", os.path.join(folder, "s"))
    settle_times(os.path.join(folder, "s"))
    compare(folder, "all samples", "s", (2,))
    forget(folder)
    shutil.rmtree(os.path.join(folder, "s"))
    return len(names)


def pieces():
    return [p.read_bytes() for pattern in ("debug.txt", "server.log", "transcript*.jsonl", "mcp-logs*/*.jsonl")
            for p in sorted((SOURCE / "samples").glob("*/" + pattern))]


def long_text(r, texts, size):
    text = b""
    while len(text) < size:
        text += r.choice(texts).rstrip(b"\n") + b"\n"
    return text


def build(top, r, texts):
    os.mkdir(top)
    debug = [t for t in texts if b"[DEBUG]" in t[:4096] and not t.startswith(b"{")]

    def put(name, data):
        pathlib.Path(top, name).write_bytes(data)
    for n in range(40):
        put(f"many-{n:02}.log", r.choice(texts))
    for n in range(6):
        put(f"middle-{n}.log", long_text(r, texts, 150 << 10))
    put("large.log", long_text(r, debug, 3 << 20))
    packed = gzip.compress(long_text(r, debug, 300 << 10), mtime=0)
    put("packed.log.gz", packed)
    put("torn.log.gz", packed[:len(packed) // 2])
    put("copy-of-large.log", pathlib.Path(top, "large.log").read_bytes())
    put("line.log", debug[0] + b'2026-03-19T08:00:00.000Z [DEBUG] MCP server "x": ' + b"word " * 400000 + b"\n" + debug[0])
    put("tail.log", debug[0] + b"2026-03-19T08:00:00.000Z [DEBUG] no end of li")
    put("empty.log", b"")
    put("wide.log", "\ufeffwide".encode("utf-16"))
    put("binary.bin", bytes(range(256)) * 300)
    put("secret.log", debug[1])
    os.chmod(os.path.join(top, "secret.log"), 0)
    settle_times(top)


def grow(top, r, texts):
    for name in ("large.log", "middle-1.log", "tail.log"):
        with open(os.path.join(top, name), "ab") as f:
            f.write(b"ne\n" + long_text(r, texts, 200 << 10))
    os.rename(os.path.join(top, "middle-2.log"), os.path.join(top, "moved.log"))
    shutil.copy(os.path.join(top, "middle-3.log"), os.path.join(top, "again.log"))
    pathlib.Path(top, "longer-copy.log").write_bytes(pathlib.Path(top, "middle-4.log").read_bytes() + r.choice(texts))
    os.rename(os.path.join(top, "middle-5.log"), os.path.join(top, "middle-5.log.1"))
    pathlib.Path(top, "middle-5.log").write_bytes(long_text(r, texts, 100 << 10))
    settle_times(top)


def directory(folder):
    r = random.Random(6)
    texts, top = pieces(), os.path.join(folder, "logs")
    build(top, r, texts)
    report = compare(folder, "new", "logs", (2, 3, 8))
    if b"secret.log" not in report or b"many-39.log" not in report:
        faults.append("new: the report does not tell of every file")
    grow(top, r, texts)
    compare(folder, "grown", "logs", (2, 3, 8))
    pathlib.Path(top, "large.log").write_bytes(long_text(r, texts, 1 << 20))
    settle_times(top)
    compare(folder, "replaced", "logs", (2, 3, 8))
    compare(folder, "nothing new", "logs", (2,))
    forget(folder)


def interrupts(folder):
    """^C while one thread waits for the other: an orderly end, and nothing of the run is kept."""
    r = random.Random(7)
    began = time.monotonic()
    run(folder, "clean.db", 2, "logs")
    took = time.monotonic() - began
    reference = dump(os.path.join(folder, "clean.db"))
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    stopped = 0
    for n in range(INTERRUPTS):
        p = subprocess.Popen(command("i.db", 2, "logs"), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **user)
        time.sleep(r.random() * took)
        p.send_signal(signal.SIGINT)
        said = p.communicate(timeout=60)[1]
        stopped += p.returncode == 130
        if p.returncode not in (0, 3, 130, -signal.SIGINT): # the last before the handler stands
            faults.append(f"interrupt {n}: exit {p.returncode}: {said.decode(errors='replace')[:2000]}")
        run(folder, "i.db", 2, "logs")
        if dump(os.path.join(folder, "i.db")) != reference:
            faults.append(f"interrupt {n}: the next run does not complete it")
        for path in pathlib.Path(folder).glob("i.db*"):
            path.unlink()
    if INTERRUPTS and not stopped:
        faults.append("no run was interrupted")
    return stopped


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        count = samples(folder)
        directory(folder)
        stopped = interrupts(folder)
    for f in faults:
        print("fault:", f)
    print(f"{count} samples, a directory in four states, {stopped} interrupted runs: {len(faults)} faults")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
