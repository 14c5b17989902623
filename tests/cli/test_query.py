#!/usr/bin/env python3
"""query answers in four forms, reads and nothing else, ends in time, and says where wrong SQL is wrong."""
import csv
import fcntl
import hashlib
import io
import json
import os
import pty
import random
import re
import sqlite3
import struct
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

MCPLOG = os.environ.get("MCPLOG", "mcplog")
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]")
LOG = """\
2026-05-17T20:23:00.766Z [DEBUG] MCP server "pg": Calling MCP tool: list
2026-05-17T20:23:02.766Z [DEBUG] MCP server "pg": Tool 'list' completed successfully in 2s
2026-05-18T20:23:00.766Z [DEBUG] MCP server "日本": Calling MCP tool: 表
2026-05-18T20:23:01.766Z [DEBUG] MCP server "日本": Tool '表' failed after 1s: =cmd|' /C calc'!A0
"""
HOSTILE = [
    "DELETE FROM event_pack", "PRAGMA user_version = 9", "PRAGMA user_version", "ATTACH 'x.db' AS x", "VACUUM INTO 'x.db'", "CREATE TABLE x(y)",
    "CREATE TEMP TABLE x AS SELECT 1", "INSERT INTO run VALUES(1,1,1,'x',0)", "SELECT load_extension('x')", "SELECT writefile('x.db', 'x')",
    "SELECT readfile('/etc/passwd')", "SELECT fts3_tokenizer('x')", "SELECT edit('x')", "SELECT sqlite_compileoption_get(0)", "SELECT zeroblob(1000000000)",
    "SELECT randomblob(100)", "SELECT * FROM pragma_user_version", "SELECT 1; DELETE FROM event_pack", "SELECT 1; SELECT 2", "BEGIN", "COMMIT", "DETACH main",
    "EXPLAIN DELETE FROM event_pack", "REINDEX", "ANALYZE", "DROP TABLE event_pack", "UPDATE event_pack SET line = 1", "WITH x AS (SELECT 1) DELETE FROM event_pack",
    "SELECT * FROM nothing", "", " ", ";", "--", "SELECT", "SELECT (", "SELECT 'a", "select\x01 1", "SELECT " + "(" * 500 + "1" + ")" * 500,
    "SELECT " + "+".join(["1"] * 3000),
]


class Query(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.home = self.scratch.name
        self.log = os.path.join(self.home, "debug.txt")
        with open(self.log, "w", encoding="utf-8") as file:
            file.write(LOG)
        self.db = os.path.join(self.home, "t.db")
        self.run_mcplog("analyze", "--db", self.db, self.log)

    def tearDown(self):
        self.scratch.cleanup()

    def run_raw(self, *args, timeout=60):
        environment = {**os.environ, "HOME": self.home, "XDG_CONFIG_HOME": os.path.join(self.home, "none")}
        return subprocess.run([MCPLOG, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, cwd=self.home, env=environment)

    def run_mcplog(self, *args, expect=0):
        result = self.run_raw(*args)
        self.assertEqual(result.returncode, expect, (args, result.stderr))
        return (result.stdout if expect == 0 else result.stderr).decode()

    def ask(self, sql, *args):
        return json.loads(self.run_mcplog("query", sql, "--db", self.db, "--format", "json", *args))

    def test_forms(self):
        sql = "SELECT server, tool, duration_ms, error, NULL AS nil FROM calls ORDER BY started_ms"
        rows = self.ask(sql)
        self.assertEqual(rows[0], {"server": "pg", "tool": "list", "duration_ms": 2000, "error": None, "nil": None})
        lines = self.run_mcplog("query", sql, "--db", self.db, "--format", "ndjson").splitlines()
        self.assertEqual([json.loads(line) for line in lines], rows)
        cells = list(csv.reader(io.StringIO(self.run_mcplog("query", sql, "--db", self.db, "--format", "csv"), newline="")))
        self.assertEqual(cells[0], ["server", "tool", "duration_ms", "error", "nil"])
        self.assertEqual(cells[2][3], "'" + rows[1]["error"])
        text = self.run_mcplog("query", sql, "--db", self.db).splitlines()
        self.assertEqual(text[-1], "(2 rows)")
        column = text[0].index("tool")
        self.assertEqual(text[2][column:].split()[0], "list")
        self.assertEqual(text[3].split()[1], "表")  # two wide characters take four columns
        self.assertEqual(text[3].index("表") + 2, column)

    def test_output_goes_to_a_file(self):
        path = os.path.join(self.home, "out.csv")
        self.run_mcplog("query", "SELECT 1 AS n", "--db", self.db, "--format", "csv", "-o", path)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"n\r\n1\r\n")

    def test_hostile_sql_changes_nothing(self):
        digest = hashlib.sha256(Path(self.db).read_bytes()).hexdigest()
        for sql in HOSTILE:
            with self.subTest(sql=sql[:60]):
                result = self.run_raw("query", sql, "--db", self.db)
                self.assertIn(result.returncode, (2, 3), result.stderr)
                self.assertTrue(result.stderr.startswith(b"mcplog: "), result.stderr)
                self.assertEqual(result.stdout, b"")
        self.assertEqual(hashlib.sha256(Path(self.db).read_bytes()).hexdigest(), digest)
        self.assertFalse(os.path.exists(os.path.join(self.home, "x.db")))

    def test_generated_sql_never_harms(self):
        pick = random.Random(3)
        words = "SELECT FROM WHERE calls events server tool 1 'x' ( ) , * = ; -- /* */ UNION ALL DELETE PRAGMA count(*) max ORDER BY LIMIT :server ?1 @x $y \"a\" [b] || NULL CASE END".split()
        for _ in range(80):
            sql = "SELECT " + " ".join(pick.choice(words) for _ in range(pick.randint(1, 14)))
            result = self.run_raw("query", sql, "--db", self.db, "--timeout", "5")
            self.assertIn(result.returncode, (0, 2, 3), (sql, result.stderr))
        self.assertEqual(self.ask("SELECT count(*) AS n FROM calls"), [{"n": 2}])

    def test_mistakes_are_shown_where_they_are(self):
        for sql, caret, hint in (
            ("SELECT servr FROM calls", "servr", "did you mean server?"),
            ("SELECT server\nFROM calls\nWHERE tol = 1", "tol", "did you mean tool?"),
            ("SELECT 1 FROM cals", None, "did you mean calls?"),
            ("SELECT server FROM calls WHER 1", "1", ""),
            ("SELECT frobnicate(1)", "frobnicate", ""),
        ):
            with self.subTest(sql):
                lines = self.run_mcplog("query", sql, "--db", self.db, expect=2).splitlines()
                self.assertIn(hint, "\n".join(lines))
                if caret:
                    at = next(i for i, line in enumerate(lines) if line.strip("| ") == "^")
                    self.assertTrue(lines[at - 1][lines[at].index("^"):].startswith(caret), lines)
        self.assertIn("did you mean heartbeats?", self.run_mcplog("query", "heartbeat", "--db", self.db, expect=2))

    def test_time_rows_and_memory_have_limits(self):
        endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        begun = time.monotonic()
        self.assertIn("took longer than 1 s", self.run_mcplog("query", endless, "--db", self.db, "--timeout", "1", expect=3))
        self.assertLess(time.monotonic() - begun, 20)
        self.assertEqual(len(self.ask("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", "--limit", "7")), 7)
        many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100001) SELECT i FROM n"
        result = self.run_raw("query", many, "--db", self.db, "--format", "ndjson")
        self.assertEqual((result.returncode, result.stdout.count(b"\n")), (3, 100000))
        self.assertIn(b"--limit 0", result.stderr)
        large = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) SELECT length(group_concat(hex(printf('%.100000c', 'x')))) FROM n"
        self.assertIn("16 MiB", self.run_mcplog("query", large, "--db", self.db, expect=3))
        sort = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) SELECT i, printf('%.100000c', 'x') || i AS t FROM n ORDER BY t LIMIT 1 OFFSET 3999"
        self.assertIn(self.run_raw("query", sort, "--db", self.db).returncode, (0, 3))

    def test_parameters(self):
        self.assertEqual(self.ask("SELECT tool FROM calls WHERE server = :server", "--server", "日本"), [{"tool": "表"}])
        self.assertEqual(self.ask("SELECT :x + 1 AS n, :y AS t, typeof(:x) AS k", "x=41", "y=a b; DROP TABLE event_pack"),
                         [{"n": 42, "t": "a b; DROP TABLE event_pack", "k": "integer"}])
        self.assertEqual(self.ask("SELECT count(*) AS n FROM calls WHERE started_ms >= :since AND started_ms < :until", "--since", "2026-05-18", "--until", "2026-05-19"),
                         [{"n": 1}])
        self.assertEqual(self.ask("SELECT count(*) AS n FROM calls WHERE started_ms >= :since", "--since", "10 min ago"), [{"n": 1}])
        self.assertIn("has no --server", self.run_mcplog("query", "SELECT 1", "--db", self.db, "--server", "x", expect=2))
        self.assertIn("has no :y", self.run_mcplog("query", "SELECT :x", "y=1", "--db", self.db, expect=2))

    def test_a_value_of_another_type_is_refused(self):
        for value in ("x", "", "5m", "1e3"):
            said = self.run_mcplog("query", "first-call-after-idle", "minutes=" + value, "--db", self.db, expect=2)
            self.assertIn("a number is expected", said)
            self.assertIn("how long a pause is", said)
        for value in ("5", "0.5"):
            self.run_mcplog("query", "first-call-after-idle", "minutes=" + value, "--db", self.db)

    def test_functions_for_latencies(self):
        values = "(SELECT 1 AS v UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 10 UNION ALL SELECT NULL UNION ALL SELECT 'x')"
        self.assertEqual(self.ask(f"SELECT percentile(v, 50) AS p, median(v) AS m, percentile(v, 100) AS h, percentile(v, 0) AS l FROM {values}"),
                         [{"p": 2.5, "m": 2.5, "h": 10.0, "l": 1.0}])
        self.assertEqual(self.ask("SELECT median(duration_ms) AS m FROM calls WHERE 0"), [{"m": None}])
        self.assertIn("from 0 to 100", self.run_mcplog("query", f"SELECT percentile(v, 101) FROM {values}", "--db", self.db, expect=2))

    def test_paths_are_asked_alone_and_not_kept(self):
        self.assertEqual(json.loads(self.run_mcplog("query", "SELECT count(*) AS n FROM calls", self.log, "-f", "json")), [{"n": 2}])
        self.assertFalse(os.path.exists(os.path.join(self.home, ".local")))
        self.assertIn("do not go together", self.run_mcplog("query", "SELECT 1", self.log, "--db", self.db, expect=2))
        self.assertEqual(self.run_raw("query", "SELECT 1", os.path.join(self.home, "gone.txt")).returncode, 3)
        self.assertIn("no timeline yet", self.run_mcplog("query", "SELECT 1", expect=4))

    def test_list_and_schema(self):
        listed = self.run_mcplog("query", "--list")
        self.assertIn("slowest-tools", listed)
        self.assertLessEqual(max(map(len, listed.split("\n"))), 80)
        columns = json.loads(self.run_mcplog("query", "--schema", "--format", "json"))
        real = sqlite3.connect(self.db)
        wanted = [{"view": view, "column": column[1]} for view, in real.execute("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY rowid")
                  for column in real.execute(f"PRAGMA table_info({view})")]
        self.assertEqual(columns, wanted)

    def test_columns_of_equal_or_odd_names(self):
        self.assertEqual(self.ask('SELECT 1 AS a, 2 AS a, 3 AS a, 4 AS "q\\""" '), [{"a": 1, "a_2": 2, "a_3": 3, 'q\\"': 4}])
        self.assertEqual(self.ask("SELECT 9e999 AS i, -9e999 AS j, 1.5 AS r"), [{"i": None, "j": None, "r": 1.5}])

    def test_any_text_is_safe_in_every_form(self):
        pick = random.Random(11)
        pieces = list("ab=+-@'\",;\t\r\n\\<>&|`#") + ["\x1b[2J", "\x07", "\x7f", "\u009b", "\u202e", "\u200b", "\u2028", "表", "😀", "e\u0301"]
        texts = ["".join(pick.choice(pieces) for _ in range(pick.randint(0, 12))) for _ in range(10000)]
        path = os.path.join(self.home, "texts.db")
        # Through one statement: char() makes every text inside SQLite, so that nothing has to be stored.
        for start in range(0, len(texts), 500):
            part = texts[start:start + 500]
            values = ",".join("(" + (f"char({','.join(str(ord(c)) for c in text)})" if text else "''") + ")" for text in part)
            sql = f"WITH t(x) AS (VALUES {values}) SELECT x, 'end' AS e FROM t"
            if len(sql) > 60000:
                continue
            form = ("text", "json", "csv", "ndjson")[start // 500 % 4]
            self.run_mcplog("query", sql, "--db", self.db, "--format", form, "-o", path)
            out = Path(path).read_bytes().decode()
            os.unlink(path)
            if form == "text":
                self.assertIsNone(UNSAFE.search(out))
                self.assertEqual(out.count("\n"), len(part) + 3)
            elif form == "csv":
                cells = list(csv.reader(io.StringIO(out, newline="")))
                self.assertEqual([len(row) for row in cells], [2] * (len(part) + 1))
                self.assertIsNone(UNSAFE.search(out.replace("\r\n", "")))
                self.assertFalse([row for row in cells if row[0][:1] in tuple("=+-@\t\r\0") and row[0]])
            else:
                self.assertTrue(out.isascii())
                rows = json.loads(out) if form == "json" else [json.loads(line) for line in out.splitlines()]
                self.assertEqual([row["x"] for row in rows], part)

    def test_a_terminal_gets_what_fits(self):
        for columns, sql in ((80, "SELECT server, tool, error, path, path AS again, started FROM calls"), (80, "SELECT * FROM calls"), (60, "SELECT path, error FROM calls")):
            master, slave = pty.openpty()
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            process = subprocess.Popen([MCPLOG, "query", sql, "--db", self.db, "--no-pager"], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, close_fds=True)
            os.close(slave)
            out = b""
            while True:
                try:
                    piece = os.read(master, 65536)
                except OSError:
                    break
                if not piece:
                    break
                out += piece
            os.close(master)
            self.assertEqual(process.wait(), 0)
            lines = out.decode().replace("\r\n", "\n").split("\n")
            if "SELECT *" not in sql:
                self.assertLessEqual(max(len(line) + sum(c in "日本表" for c in line) for line in lines), columns, lines)
            else:
                self.assertTrue(any(re.match(r" *tool  list$", line) for line in lines), lines[:5])


if __name__ == "__main__":
    unittest.main()
