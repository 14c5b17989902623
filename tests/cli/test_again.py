"""A run that finds everything as it was gives the report that the timeline keeps. It must be the one that would be made: after every
kind of change, and for every set of options, it is compared with that of a run that keeps nothing, and looked up that it was kept."""
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

MCPLOG = os.environ.get("MCPLOG", "mcplog")
NOTE = b'2026-05-17T09:00:%02d.000Z [DEBUG] MCP server "s": Tool \'ping\' completed successfully in 5ms\n'
CALL = (b'2026-05-17T10:%02d:00.000Z [DEBUG] MCP server "s": Calling MCP tool: slow\n'
        b'2026-05-17T10:%02d:30.000Z [DEBUG] MCP server "s": Tool \'slow\' failed after 30s: MCP error -32001: Request timed out\n')


def run(folder, *options, db="t.db"):
    done = subprocess.run([MCPLOG, "analyze", "--db", db, *options], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def ask(folder, sql):
    db = sqlite3.connect(os.path.join(folder, "t.db"))
    rows = db.execute(sql).fetchall()
    db.commit()
    db.close()
    return rows


VERDICTS = ("source", "scope_source", "server", "connection_pack", "incident", "incident_call", "evidence_line", "bound", "note", "call_twin", "event_twin")
SESSION = (b'2026-05-17T11:%02d:00.000Z [DEBUG] MCP server "t": Successfully connected to stdio server in 12ms\n',
           b'2026-05-17T11:%02d:10.000Z [DEBUG] MCP server "t": Connection closed after 9s (cleanly)\n',
           b'2026-05-17T11:%02d:20.000Z [DEBUG] MCP server "t": Connection closed after 9s (with errors)\n')

# A call that hangs, still hangs, and is answered: its incident comes, changes and goes.
OPEN = {1: b'2026-05-17T12:00:00.000Z [DEBUG] MCP server "u": Calling MCP tool: late\n',
        3: b'2026-05-17T12:10:00.000Z [DEBUG] MCP server "u": Tool \'late\' still running (600s elapsed)\n',
        6: b'2026-05-17T12:20:00.000Z [DEBUG] MCP server "u": Tool \'late\' completed successfully in 1200s\n'}


def verdicts(folder, db):
    """What judging left, without the numbers of scopes and names."""
    with_names = sqlite3.connect(os.path.join(folder, db))
    kept = {}
    for table in VERDICTS:
        columns = [name for _, name, *_ in with_names.execute(f"PRAGMA table_info({table})") if name not in ("inode_gen", "state") and (table, name) != ("connection_pack", "id")]
        kept[table] = sorted(map(repr, with_names.execute(f"SELECT {', '.join(columns)} FROM {table}")))
    with_names.close()
    return kept


def grow(c, folder):
    """Verdicts are written by difference: after each step they are those of a new database."""
    for step in range(8):
        write(folder, "a.txt", NOTE % (30 + step), SESSION[0] % (step + 10) if step % 2 == 0 else SESSION[1 + step // 2 % 2] % (step + 10))
        if step % 3 == 2:
            write(folder, "b.txt", CALL % (10 + step, 10 + step))
        if step in OPEN:
            write(folder, "open.txt", OPEN[step])
        run(folder, "logs")
        if os.path.exists(os.path.join(folder, "new.db")):
            os.remove(os.path.join(folder, "new.db"))
        run(folder, "logs", db="new.db")
        ours, other = verdicts(folder, "t.db"), verdicts(folder, "new.db")
        for table in VERDICTS:
            c.true(f"step {step}: table {table} is that of a new database: {set(ours[table]) ^ set(other[table])}", ours[table] == other[table])
    c.true("there are connections and incidents", len(ask(folder, "SELECT * FROM connections")) > 2 and ours["incident"])


def parts(folder):
    """Keys of the parts of the kept report. Rows as short as these are not squeezed: a zero, then a key of eight bytes and a text each."""
    keys = set()
    for texts, in ask(folder, "SELECT texts FROM output_part"):
        assert texts[0] == 0, texts[:1]
        at = 1
        while at < len(texts):
            key, at, length, shift = texts[at:at + 8], at + 8, 0, 0
            while True:
                length |= (texts[at] & 0x7f) << shift
                shift, at = shift + 7, at + 1
                if texts[at - 1] < 0x80:
                    break
            keys.add(key)
            at += length - 1
    return keys


def sessions(c, folder):
    """A session that stays as it is keeps its part of the report; what is told on stderr is kept too."""
    one, other = ("%08d-5eed-4000-8000-000000000001.txt" % n for n in (1, 2))
    write(folder, one, CALL % (31, 31))
    write(folder, other, CALL % (41, 41))
    c.same("two sessions", folder, "logs")
    before = parts(folder)
    write(folder, other, CALL % (43, 43))
    c.same("one of them grew", folder, "logs")
    after = parts(folder)
    c.true(f"only its own part is another: {before}, {after}", len(before) == len(after) == len(before & after) + 1)
    write(folder, "00000003-5eed-4000-8000-000000000001.txt", *(b"a line that says nothing, %d\n" % n for n in range(9)), *(NOTE % n for n in range(9)))
    told = c.same("a warning", folder, "logs")
    kept = ask(folder, "SELECT report FROM output WHERE key <> 0")
    c.true("is kept with the report", b"not recognised" in told[2] and any(b"not recognised" in report for report, in kept))


def many(c, folder):
    """What is known of many files is kept as few values beside their rows: after every kind of change it is what the rows say."""
    here = os.path.join(folder, "many")
    os.makedirs(os.path.join(here, "logs"))
    name = "%08d-5eed-4000-8000-000000000009.txt"

    def path(n):
        return os.path.join(here, "logs", name % n)

    def again(what, news=True):
        known = ask(here, "SELECT facts FROM digest WHERE members <= 0 ORDER BY members")
        got = [run(here, "logs") for _ in range(3)]
        c.true(f"{what}: three times the same", got[0] == got[1] == got[2])
        kept = ask(here, "SELECT facts FROM digest WHERE members <= 0 ORDER BY members")
        c.true(f"{what}: two values", len(kept) == 2 and (kept != known) == news)
        ask(here, "DELETE FROM digest WHERE members <= 0")
        write(here, name % 1, NOTE % 50)
        run(here, "logs")  # from the rows
        rows = ask(here, "SELECT facts FROM digest WHERE members <= 0 ORDER BY members")
        write(here, name % 2, NOTE % 50)
        run(here, "logs")  # from the values
        value = ask(here, "SELECT facts FROM digest WHERE members <= 0 ORDER BY members")
        ask(here, "DELETE FROM digest WHERE members <= 0")
        ask(here, "DELETE FROM output")
        run(here, "logs")
        c.true(f"{what}: values and rows say the same", value == ask(here, "SELECT facts FROM digest WHERE members <= 0 ORDER BY members") != rows)

    for n in range(70):
        write(here, name % n, NOTE % (n % 60), CALL % (n % 60, n % 60) if n < 60 else NOTE % (n % 60 + 1))
    run(here, "logs")
    again("nothing new in many", False)
    c.same("many", here, "logs")
    write(here, name % 7, CALL % (50, 50))
    again("one of many grew")
    write(here, name % 141, CALL % (51, 51))
    again("one more")
    os.rename(path(9), path(160))
    again("one renamed")
    shutil.copy(path(11), path(161))
    again("one copied")
    with open(path(12), "wb") as f:
        f.write(CALL % (7, 7))
    run(here, "logs")
    os.remove(path(13))
    run(here, "logs")
    gone = verdicts(here, "t.db")["source"]
    ask(here, "DELETE FROM digest WHERE members <= 0")
    write(here, name % 3, NOTE % 55)
    run(here, "logs")
    c.true("replaced and gone ones stay so", len(gone) == len(verdicts(here, "t.db")["source"]) == 73)
    ask(here, "UPDATE digest SET facts = substr(facts, 1, length(facts) - 1) WHERE members = 0")
    write(here, name % 4, NOTE % 55)
    got = [run(here, "logs") for _ in range(2)]
    ask(here, "DELETE FROM digest WHERE members <= 0")
    ask(here, "DELETE FROM output")
    c.true("a damaged value is as none", got[0] == got[1] == run(here, "logs"))
    ask(here, "DELETE FROM digest WHERE members = -1")
    ask(here, "DELETE FROM output")
    write(here, name % 4, NOTE % 56)
    without = run(here, "logs")
    c.true("one of the values is gone, and comes back", len(ask(here, "SELECT facts FROM digest WHERE members <= 0")) == 2)
    ask(here, "DELETE FROM digest WHERE members <= 0")
    ask(here, "DELETE FROM output")
    c.true("one of the values is as none", without == run(here, "logs"))
    subprocess.run([MCPLOG, "prune", "--db", "t.db", "--older-than", "1d"], cwd=here, capture_output=True, check=False)
    c.true("pruned, it is gone", ask(here, "SELECT * FROM digest") == [])


class Checks:
    def __init__(self):
        self.failed = 0

    def same(self, what, folder, *options):
        """Three runs and one without a database say the same; the third changes nothing."""
        fresh = run(folder, *options, db=":memory:")
        runs = [run(folder, *options) for _ in range(3)]
        for n, got in enumerate(runs, 1):
            if got != fresh:
                self.failed += 1
                print(f"FAIL {what}: run {n} differs: exit {got[0]} and {fresh[0]}, {len(got[1])} and {len(fresh[1])} bytes, {got[2]!r}")
        return runs[2]

    def true(self, what, value):
        if not value:
            self.failed += 1
            print("FAIL", what)


def write(folder, name, *lines):
    with open(os.path.join(folder, "logs", name), "ab") as f:
        f.write(b"".join(lines))


def main():
    c = Checks()
    folder = tempfile.mkdtemp(prefix="mcplog-again-")
    try:
        os.mkdir(os.path.join(folder, "logs"))
        write(folder, "a.txt", *(NOTE % n for n in range(9)), CALL % (1, 1))
        write(folder, "b.txt", NOTE % 11, CALL % (2, 2))
        run(folder, "logs")
        c.true("the first run keeps its report", ask(folder, "SELECT count(*) FROM output WHERE key <> 0") == [(1,)])
        c.true("and an incident as a part of it", ask(folder, "SELECT count(*) FROM output_part") == [(1,)])
        c.same("first", folder, "logs")
        c.true("the report is kept", ask(folder, "SELECT count(*) FROM output WHERE key <> 0") == [(1,)])
        c.same("nothing new", folder, "logs")
        c.true("and only that", ask(folder, "SELECT count(*) FROM output WHERE key <> 0") == [(1,)])
        for options in (["-f", "json"], ["-f", "html"], ["--ascii"], ["--width", "60"], ["--color", "always"], ["--verbose"], ["--server", "none"],
                        ["--cause", "client-timeout"], ["--privacy"], ["--as-of", "2026-05-18"], ["--since", "2h"]):
            c.same(" ".join(options), folder, *options, "logs")
        c.true("exit code is kept", c.same("--fail-on", folder, "--fail-on", "info", "logs")[0] == 1)
        write(folder, "b.txt", NOTE % 20)
        changes = ask(folder, "SELECT inputs FROM output WHERE key = 0")
        run(folder, "logs")
        c.true("a change forgets all", ask(folder, "SELECT inputs FROM output WHERE key = 0") == [(changes[0][0] + 1,)])
        c.same("grown", folder, "logs")
        grow(c, folder)
        write(folder, "c.txt", CALL % (5, 5))
        c.same("new file", folder, "logs")
        sessions(c, folder)
        many(c, folder)
        with open(os.path.join(folder, "logs", "a.txt"), "wb") as f:
            f.write(NOTE % 1 + CALL % (7, 7))
        run(folder, "logs")
        got = [run(folder, "logs") for _ in range(3)]
        c.true("rewritten", got[0] == got[1] == got[2] and ask(folder, "SELECT count(*) FROM source WHERE closed") == [(1,)])
        os.rename(os.path.join(folder, "logs", "c.txt"), os.path.join(folder, "logs", "d.txt"))
        run(folder, "logs")
        got = [run(folder, "logs") for _ in range(3)]
        c.true("renamed", got[0] == got[1] == got[2] and b"d.txt" in got[2][1])
        os.remove(os.path.join(folder, "logs", "d.txt"))
        first = run(folder, "logs")
        c.true("removed", run(folder, "logs")[1] == run(folder, "logs")[1] == first[1])
        os.mkdir(os.path.join(folder, "patterns"))
        with open(os.path.join(folder, "patterns", "broken.yaml"), "w", encoding="utf-8") as f:
            f.write("schema: mcplog.nothing/1\n")
        told = [run(folder, "--patterns", "patterns", "logs") for _ in range(3)]
        c.true("faults of patterns are told every time", all(t[0] == 2 and b"broken.yaml" in t[2] for t in told))
        os.mkfifo(os.path.join(folder, "logs", "pipe"))
        c.true("a note of the walk", run(folder, "--verbose", "logs")[1].count(b"pipe") == run(folder, "--verbose", "logs")[1].count(b"pipe") > 0)
        subprocess.run([MCPLOG, "prune", "--db", "t.db", "--older-than", "1d"], cwd=folder, capture_output=True, check=False)
        c.true("pruned", ask(folder, "SELECT * FROM output") == [])
        run(folder, "logs")
        run(folder, "logs")
        ask(folder, "UPDATE output SET report = CAST(x'001003' || x'07' || 'Wtold' || x'00' || 'as kept' AS BLOB) WHERE key <> 0")
        c.true("it is the kept one", run(folder, "logs") == (3, b"as kept", b"mcplog: warning: told\n"))
    finally:
        shutil.rmtree(folder)
    print("FAILED:" if c.failed else "ok:", c.failed, "differences")
    return 1 if c.failed else 0


sys.exit(main())
