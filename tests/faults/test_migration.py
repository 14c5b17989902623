"""A timeline of every earlier schema opens: a copy is kept, its rows stay, and the next run goes on from it. A kill while it is
brought up to date leaves the old schema or the new one.

timeline-vN.sql is what a program with schema N wrote for three logs (the second is a copy of the first).
"""
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

MCPLOG = os.environ.get("MCPLOG", "mcplog")
HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ.get("MCPLOG_SOURCE", HERE.parents[1]))
KILLS = int(os.environ.get("MCPLOG_MIGRATION_KILLS", "12"))
NEWEST = int(next(line for line in (SOURCE / "src/store/schema.h").read_text().splitlines() if "SCHEMA_VERSION =" in line).split("=")[1].split(",")[0])


def put(folder, version):
    database = os.path.join(folder, "t.db")
    with sqlite3.connect(database) as c:
        c.executescript((HERE / f"timeline-v{version}.sql").read_text())
        c.executescript(f"PRAGMA application_id = {0x6d63706c}; PRAGMA user_version = {version};")
    return database


def mcplog(folder, *args):
    return subprocess.run([MCPLOG, *args], cwd=folder, capture_output=True, timeout=60)


def user_version(database):
    with sqlite3.connect(database) as c:
        assert c.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return c.execute("PRAGMA user_version").fetchone()[0]


# The same columns of calls and events, of the first schema's tables and of the views.
NAME = "(SELECT text FROM name WHERE id = {})"
ROWS_1 = [f"SELECT c.id, c.line, {NAME.format('c.server')}, {NAME.format('c.tool')}, c.tool_use_id, c.at_ms + c.started, c.at_ms + c.ended, c.duration_ms,"
          " c.permission_ms, c.bits & 7, coalesce(m.beats, 0), c.at_ms + m.last_beat, m.err FROM call c LEFT JOIN call_more m USING (id) ORDER BY c.id",
          f"SELECT e.id, e.line, e.at_ms, f.kind, f.signature, {NAME.format('e.server')}, {NAME.format('m.tool')}, m.tool_use_id, e.id - m.call_back, e.detail,"
          " m.err, e.duration_ms, m.text FROM event e JOIN form f ON f.id = e.form LEFT JOIN event_more m ON m.id = e.id ORDER BY e.id",
          f"SELECT {NAME.format('server')}, {NAME.format('session')}, opened_ms, closed_ms, uptime_s, {NAME.format('how')} FROM connection ORDER BY 1, 2, 3, 4"]
ROWS_2 = ["SELECT call_id, line, server, tool, substr(tool_use_id, 7), started_ms, ended_ms, duration_ms, permission_ms,"
          " instr('unended   ok        error     cancelled aborted   backgrounded', outcome) / 10, heartbeats, last_heartbeat_ms, error FROM calls ORDER BY call_id",
          "SELECT event_id, line, at_ms, kind, signature, server, tool, substr(tool_use_id, 7), call_id, detail, error, duration_ms, text FROM events ORDER BY event_id",
          "SELECT server, session_id, opened_ms, closed_ms, uptime_s, how FROM connections ORDER BY 1, 2, 3, 4"]


def rows(database):
    with sqlite3.connect(database) as c:
        packed = c.execute("SELECT 1 FROM sqlite_schema WHERE name = 'call_pack'").fetchone()
        return [c.execute(sql).fetchall() for sql in (ROWS_2 if packed else ROWS_1)] + c.execute("SELECT count(*) FROM incident").fetchall()


def opens(version):
    faults = []
    with tempfile.TemporaryDirectory() as folder:
        database = put(folder, version)
        before = rows(database)
        refused = mcplog(folder, "status", "--db", "t.db")
        if refused.returncode != 4 or b"older mcplog" not in refused.stderr:
            faults.append(f"version {version}: a reader must say that the database is older: {refused.stderr}")
        done = mcplog(folder, "prune", "--db", "t.db", "--older-than", "100000d")
        if done.returncode or user_version(database) != NEWEST:
            faults.append(f"version {version}: not brought up to date: {done.stderr}")
        elif rows(database) != before or not before[0]:
            faults.append(f"version {version}: rows {before} became {rows(database)}")
        if user_version(os.path.join(folder, f"t.db.v{version}.bak")) != version:
            faults.append(f"version {version}: no copy of the old database was kept")
        os.mkdir(os.path.join(folder, "logs"))
        text = next(SOURCE.glob("samples/001*/debug.txt")).read_bytes()
        for name in ("a.txt", "b.txt"):
            pathlib.Path(folder, "logs", name).write_bytes(text)
        again = mcplog(folder, "analyze", "--db", "t.db", "--allow-root", "-q", "--format", "json", "logs")
        fresh = mcplog(folder, "analyze", "--db", ":memory:", "--allow-root", "-q", "--format", "json", "logs")
        if again.returncode or b"sse-drop-silent-hang" not in again.stdout or fresh.returncode:
            faults.append(f"version {version}: the next run failed: {again.stderr}")
    return faults


def killed(version):
    faults = []
    for n in range(KILLS):
        with tempfile.TemporaryDirectory() as folder:
            database = put(folder, version)
            before = rows(database)
            p = subprocess.Popen([MCPLOG, "prune", "--db", "t.db", "--older-than", "100000d"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.03 * n / KILLS)
            p.send_signal(signal.SIGKILL)
            p.wait()
            if user_version(database) not in (version, NEWEST):
                faults.append(f"kill {n}: schema {user_version(database)}")
            done = mcplog(folder, "prune", "--db", "t.db", "--older-than", "100000d")
            if done.returncode or user_version(database) != NEWEST or rows(database) != before:
                faults.append(f"kill {n}: the next run left {done.returncode}, {rows(database)}: {done.stderr}")
    return faults


def main():
    faults = []
    for version in range(1, NEWEST):
        faults += opens(version) + killed(version)
    for f in faults:
        print("fault:", f)
    print(f"{NEWEST - 1} earlier schemas, {KILLS} kills each: {len(faults)} faults")
    return 1 if faults or NEWEST < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
