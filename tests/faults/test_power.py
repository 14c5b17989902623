"""Power that fails: of all that a run writes, what was not waited for may be on the disk or not, whole or in part, in any order. At
whatever moment that is, the timeline is the one before the run or the one after it; after the run has ended it is the latter.

    MCPLOG_CUTS=10000 ctest -R test_power     for more moments
"""
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_kill as lib

CUTS = int(os.environ.get("MCPLOG_CUTS", "150"))
SECTOR = 512
CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)\) += (-?\d+)")
CALLS = "openat,pwrite64,write,ftruncate,fsync,fdatasync,unlink,unlinkat,rename"


def text(escaped):
    return bytes(int(x, 16) for x in re.findall(r"\\x([0-9a-f]{2})", escaped))


def record(folder, db):
    """What the run does to the files of the database, in order: (call, name, …)."""
    trace = os.path.join(folder, "trace")
    done = subprocess.run(["strace", "-f", "-qq", "-y", "-xx", "-s", "1000000", "-o", trace, "-e", f"trace={CALLS}", *lib.command(db)], cwd=folder, capture_output=True,
                          env=lib.ENVIRONMENT, check=False)
    assert done.returncode in (0, 3), done.stderr
    steps = []
    for line in pathlib.Path(trace).read_text(encoding="ascii").splitlines():
        found = CALL.match(line)
        if not found or int(found[3]) < 0:
            continue
        call, args = found[1], found[2]
        target = re.search(r"<([^>]*)>", args if call != "openat" else line[found.end(2):])
        path = os.fsdecode(text(target[1]) if target and "\\x" in target[1] else target[1].encode() if target else b"")
        strings = [text(s) for s in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', args)]
        name = os.path.basename(path)
        if call in ("fsync", "fdatasync"):
            steps.append(("directory",) if os.path.realpath(path) == os.path.realpath(folder) else ("sync", name))
        elif call in ("pwrite64", "write"):
            numbers = re.findall(r", (\d+)", args)
            steps.append(("write", name, int(numbers[-1]) if call == "pwrite64" else None, strings[0]))
        elif call == "ftruncate":
            steps.append(("truncate", name, int(args.rsplit(", ", 1)[1])))
        elif call == "openat" and "O_CREAT" in args:
            steps.append(("create", name))
        elif call.startswith("unlink"):
            steps.append(("remove", os.path.basename(os.fsdecode(strings[0]))))
        elif call == "rename":
            steps.append(("rename", *(os.path.basename(os.fsdecode(s)) for s in strings)))
    return [s for s in steps if s[0] == "directory" or (s[1].startswith(db) and not s[1].endswith((".lock", "-shm", ".skipped")))]


class Disk:
    """Names and contents, each with what was not waited for yet."""

    def __init__(self, files):
        self.contents = [(bytearray(data), []) for data in files.values()]  # and steps that wait
        self.names = {name: n for n, name in enumerate(files)}               # as the programs see them
        self.safe, self.waiting = dict(self.names), []

    def apply(self, step):
        kind, name = step[0], step[1] if len(step) > 1 else None
        if kind == "directory":
            self.safe, self.waiting = dict(self.names), []
        elif kind == "sync":
            data, steps = self.contents[self.names[name]]
            for s in steps:
                put(data, *s)
            steps.clear()
        elif kind == "write":
            data, steps = self.contents[self.names[name]]
            size = max([len(data)] + [at + len(bytes_) for at, bytes_ in steps if bytes_ is not None])
            steps.append((size if step[2] is None else step[2], step[3]))
        elif kind == "truncate":
            self.contents[self.names[name]][1].append((step[2], None))
        elif kind == "create" and name not in self.names:
            self.contents.append((bytearray(), []))
            self.link(lambda names, n=len(self.contents) - 1: names.update({name: n}))
        elif kind == "remove":
            self.link(lambda names: names.pop(name, None))
        elif kind == "rename":
            self.link(lambda names: names.update({step[2]: names.pop(name)}))

    def link(self, change):
        change(self.names)
        self.waiting.append(change)

    def after_power(self, r):
        """One of the states in which it may be found."""
        names = dict(self.safe)
        for change in self.waiting[:r.randint(0, len(self.waiting))]:
            change(names)
        found = {}
        for name, n in names.items():
            data, steps = self.contents[n]
            data, share = bytearray(data), r.choice((0, 0.5, 0.9, 1))
            missing = r.choice((0, 0, r.randint(0, len(steps))))  # what came first may be what is not there
            for n, (at, bytes_) in enumerate(steps):
                if n < missing or r.random() >= share:
                    continue
                torn = bytes_ is not None and len(bytes_) > SECTOR and r.random() < 0.2
                put(data, at, bytes_[:SECTOR * r.randint(1, len(bytes_) // SECTOR)] if torn else bytes_)
            found[name] = bytes(data)
        return found


def put(data, at, bytes_):
    if bytes_ is None:
        del data[at:]
        data.extend(bytes(max(0, at - len(data))))
        return
    data.extend(bytes(max(0, at - len(data))))
    data[at:at + len(bytes_)] = bytes_


def files_of(folder, db):
    return {p.name: p.read_bytes() for p in pathlib.Path(folder).glob(db + "*") if p.name in (db, db + "-wal")}


def look(folder, files, db):
    """What is in such a database; None: there is none yet."""
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for name, data in files.items():
        pathlib.Path(folder, name).write_bytes(data)
    if not files.get(db):
        return None
    try:
        return lib.dump(os.path.join(folder, db))
    except (sqlite3.Error, AssertionError) as e:
        return f"damaged: {e}"


def cut(folder, what, db, before_run=None, forget=()):
    """Faults of a run whose power fails at many moments. before_run: gives a reader that is there meanwhile. forget: as if it never waited
    for these."""
    r = random.Random(5)
    files = files_of(folder, db)
    before = look(os.path.join(folder, "image"), files, db)
    reader = before_run() if before_run else None
    steps = [s for s in record(folder, db) if s not in forget]
    after = look(os.path.join(folder, "image"), files_of(folder, db), db)
    if reader:
        reader.close()
    faults, seen = set(), [0, 0]
    writes = sum(s[0] == "write" for s in steps)
    for n in range(CUTS):
        disk = Disk(files)
        moment = len(steps) if n % 5 == 0 else r.randint(0, len(steps))
        for step in steps[:moment]:
            disk.apply(step)
        found = look(os.path.join(folder, "image"), disk.after_power(r), db)
        empty = before is None and isinstance(found, dict) and not found["source"]  # made, and nothing in it
        if found == after:
            seen[1] += 1
        elif moment < len(steps) and (found == before or empty):
            seen[0] += 1
        else:
            faults.add(f"{what}: after step {moment} of {len(steps)}: {found if isinstance(found, str) else 'lost or half'}")
    print(f"{what}: {writes} writes, {sum(s[0] in ('sync', 'directory') for s in steps)} waits; found as before {seen[0]} times, as after {seen[1]}")
    if before == after or not all(seen):
        faults.add(f"{what}: proves nothing: {seen}")
    return faults


class Reader:
    """In a process of its own: this one opens the file for its bytes, and closing it gives all its locks away."""

    READ = "import sqlite3, sys; c = sqlite3.connect('p.db'); c.execute('BEGIN'); c.execute('SELECT count(*) FROM source').fetchone(); print(1, flush=True)\n" \
        "for line in sys.stdin: c.rollback(); print(2, flush=True)"

    def __init__(self, folder):
        self.process = subprocess.Popen([sys.executable, "-c", self.READ], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def stop_reading(self):
        """And stay."""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def close(self):
        self.process.communicate()


def run(folder):
    subprocess.run(lib.command("p.db"), cwd=folder, capture_output=True, env=lib.ENVIRONMENT, check=False)


def grow(folder, seed, share=3):
    for n, log in enumerate(sorted(pathlib.Path(folder, "logs").iterdir())):
        if n % share == seed % share:
            with log.open("a", encoding="utf-8") as f:
                f.write(f"2026-05-17T09:00:{seed:02}.000Z [DEBUG] MCP server \"x\": Calling MCP tool: y{seed}\n")


def main():
    if lib.lacks_strace(""):
        return 77
    with lib.workplace() as (folder, logs):
        for n in range(12):
            (logs / f"{n:08}-5eed-4000-8000-000000000001.txt").write_text("".join(
                f"2026-05-17T06:{n:02}:{i:02}.000Z [DEBUG] MCP server \"s{n % 3}\": {t}\n" for i, t in enumerate(["Calling MCP tool: y", "Tool 'y' failed after 3s: MCP error -32000: Connection closed"] * 20)),
                encoding="utf-8")
        faults = cut(folder, "a new database", "p.db")
        grow(folder, 1)
        faults |= cut(folder, "logs grew", "p.db")
        for wait in ("p.db-wal", "p.db"):
            grow(folder, 5)
            if not cut(folder, f"{wait} is not waited for", "p.db", forget=[("sync", wait)]):
                faults.add(f"nothing is lost when {wait} is not waited for: this test sees nothing")
        grow(folder, 2)
        faults |= cut(folder, "while somebody reads", "p.db", lambda: Reader(folder))
        keeper = Reader(folder)
        for seed in (3, 4):
            grow(folder, seed, 12)        # a small one first: the log that is written over it later reaches beyond it
            run(folder)
        image = files_of(folder, "p.db")  # two commits in the log
        keeper.stop_reading()
        grow(folder, 5)
        run(folder)                       # all of it is in the database now, and the log is still there
        grow(folder, 6, 2)
        faults |= cut(folder, "over an old log", "p.db")
        keeper.close()
        for name, data in image.items():
            pathlib.Path(folder, name).write_bytes(data)
        pathlib.Path(folder, "p.db-shm").unlink(missing_ok=True)
        faults |= cut(folder, "behind a log that a kill left", "p.db")
    for fault in sorted(faults)[:20]:
        print("fault:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
