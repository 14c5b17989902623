"""kill -9 at random moments and before system calls that write: after the next run the timeline equals an undisturbed one.

    MCPLOG_KILLS=10000 ctest -R test_kill     for a longer run
"""
import contextlib
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
KILLS = int(os.environ.get("MCPLOG_KILLS", "24"))
WALL_CLOCK = {"run", "output", "output_part"}  # tables that tell when, not what; of reports, under which name of the database
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")  # leaks cannot be looked for under strace
CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink", "openat")


def command(db, jobs=1):
    return [MCPLOG, "analyze", "--db", db, "--jobs", str(jobs), "--allow-root", "-q", "logs"]


def dump(db):
    with sqlite3.connect(db) as c:
        c.text_factory = bytes
        assert c.execute("PRAGMA integrity_check").fetchone()[0] == b"ok"
        names = [n.decode() for (n,) in c.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
        return {n: sorted(repr(r) for r in c.execute(f'SELECT * FROM "{n}"')) for n in names if n not in WALL_CLOCK}


def start(folder, db, prefix=(), jobs=1):
    return subprocess.Popen([*prefix, *command(db, jobs)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)


def settle(folder, db, reference, what):
    """The next run, undisturbed."""
    done = subprocess.run(command(db), cwd=folder, capture_output=True, timeout=120)
    if done.returncode not in (0, 3):
        return f"{what}: the next run left with {done.returncode}: {done.stderr.decode(errors='replace')[:200]}"
    found = dump(os.path.join(folder, db))
    # A run that ended in order, but could not read a file, leaves a digest of that state; nobody asks for it again.
    found["digest"] = [row for row in found["digest"] if row in reference["digest"]]
    different = [n for n in reference if found.get(n) != reference[n]]
    return f"{what}: {different} differ" if different else None


def remove(folder, db):
    for end in ("", "-wal", "-shm", ".new", ".lock", "-journal"):
        pathlib.Path(folder, db + end).unlink(missing_ok=True)


def random_kills(folder, reference, seconds):
    r = random.Random(4)
    faults = []
    for n in range(KILLS):
        p = start(folder, "k.db", jobs=1 + n % 2)
        time.sleep(r.random() * seconds * 1.1)
        p.send_signal(signal.SIGKILL)
        p.wait()
        if n % 4 == 3:
            fault = settle(folder, "k.db", reference, f"random kill {n}")
            if fault:
                faults.append(fault)
            remove(folder, "k.db")
    return faults


def kills_at_calls(folder, reference):
    """Some calls of each kind (all of them in a long run); the loader's are before the first of ours and prove nothing."""
    faults, points = [], 0
    for call in CALLS:
        for n in range(1, 400, 5 if KILLS < 1000 else 1):
            p = start(folder, "s.db", ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"))
            killed = p.wait() != 0
            if not killed:
                remove(folder, "s.db")
                break
            points += 1
            fault = settle(folder, "s.db", reference, f"killed at {call} {n}")
            if fault:
                faults.append(fault)
            remove(folder, "s.db")
    return faults, points


@contextlib.contextmanager
def workplace():
    """A folder to run in, and its empty folder for logs."""
    with tempfile.TemporaryDirectory() as folder:
        logs = pathlib.Path(folder, "logs")
        logs.mkdir()
        yield folder, logs


def lacks_strace(what):
    """Prints that `what` is not tried, and is true then."""
    if shutil.which("strace"):
        return False
    print(f"SKIPPED: {what}strace is not installed")
    return True


def main():
    with workplace() as (folder, logs):
        for n, sample in enumerate(sorted(SOURCE.glob("samples/0*/debug.txt"))[:6]):
            shutil.copy(sample, logs / f"{n}.txt")
        began = time.monotonic()
        subprocess.run(command("clean.db"), cwd=folder, check=False, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - began
        reference = dump(os.path.join(folder, "clean.db"))
        faults = random_kills(folder, reference, seconds)
        points = 0
        if not lacks_strace("kills before system calls: "):
            more, points = kills_at_calls(folder, reference)
            faults += more
    for f in faults:
        print("fault:", f)
    print(f"{KILLS} random kills, {points} before system calls: {len(faults)} faults")
    return 1 if faults or not reference.get("call_pack") else 0


if __name__ == "__main__":
    sys.exit(main())
