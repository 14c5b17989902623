#!/usr/bin/env python3
"""check, alerts and the exports for monitoring, as cron and Nagios see them. The clock is given with --as-of."""
import datetime
import fcntl
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MCPLOG_SOURCE", Path(__file__).resolve().parents[2]))
MCPLOG = os.path.abspath(os.environ["MCPLOG"])
DAY = datetime.datetime(2026, 5, 17, tzinfo=datetime.timezone.utc)
PERF = re.compile(r"^(?:[a-z]+=[0-9]+(?:s|c)?;?[0-9:@~.-]*;?[0-9:@~.-]*;?[0-9]*;?[0-9]*(?: |$))+$")


def stamp(seconds):
    return (DAY + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def line(at, text, level="DEBUG"):
    return "%s [%s] %s\n" % (stamp(at), level, text)


class Log:
    """A debug log that is written as time goes by: every line has its second, until(t) gives those that were written by then."""

    def __init__(self, server="pg-mcp", start=0):
        self.server, self.lines = server, []
        self.add(start, "[STARTUP] Loading MCP configs...")
        self.say(start, "Initializing SSE transport to https://mcp.example.test/sse")
        self.say(start, "Starting connection with timeout of 30000ms")
        self.say(start + 0.1, "Successfully connected (transport: sse) in 90ms")

    def add(self, at, text, level="DEBUG"):
        self.lines.append((at, line(at, text, level)))

    def say(self, at, text):
        self.add(at, 'MCP server "%s": %s' % (self.server, text))

    def call(self, at, tool, number, permission=1):
        self.add(at, "[Stall] tool_dispatch_start tool=mcp__%s__%s toolUseId=toolu_%024d permissionDecisionMs=%d" % (self.server, tool, number, permission), "INFO")
        self.say(at, "Calling MCP tool: " + tool)

    def beats(self, at, tool, until):
        for n in range(1, int((until - at) / 30) + 1):
            if at + 30 * n < until:
                self.say(at + 30 * n, "Tool '%s' still running (%ds elapsed)" % (tool, 30 * n))

    def drop(self, at):
        self.say(at, "SSE connection dropped after 60s uptime")
        self.say(at, "Connection error: SSE stream disconnected: TypeError: terminated")

    def done(self, at, tool, number, ms):
        self.say(at, "Tool '%s' completed successfully in %dms" % (tool, ms))
        self.add(at, "[Stall] tool_dispatch_end tool=mcp__%s__%s toolUseId=toolu_%024d outcome=ok durationMs=%d" % (self.server, tool, number, ms), "INFO")

    def escape(self, at, tool, number, ms):
        self.add(at, "[onCancel] source=local focusedInputDialog=undefined streamMode=tool-use")
        self.say(at, "Tool '%s' failed after %ds: MCP error -32001: user-cancel" % (tool, ms // 1000))
        self.add(at, "[Stall] tool_dispatch_end tool=mcp__%s__%s toolUseId=toolu_%024d outcome=error durationMs=%d" % (self.server, tool, number, ms), "WARN")

    def hang(self, at, tool, number, end):
        self.call(at, tool, number)
        self.drop(at + 1)
        self.beats(at, tool, end)
        self.escape(end, tool, number, int((end - at) * 1000))

    def until(self, t):
        return "".join(text for at, text in sorted(self.lines, key=lambda x: x[0]) if at <= t)


class Base(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="mcplog-check-")
        self.addCleanup(self.dir.cleanup)
        self.db = self.path("t.db")
        os.mkdir(self.path("logs"))

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def put(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def run_it(self, *args, **options):
        environment = dict(os.environ, HOME=self.dir.name, XDG_STATE_HOME=self.path("state"), XDG_CONFIG_HOME=self.path("config"))
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("timeout", 120)
        return subprocess.run([MCPLOG, *args], stdout=options.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, env=environment, **options)

    def check(self, at, *args, code=None, paths=("logs",)):
        r = self.run_it("check", "--db", self.db, "--as-of", stamp(at), *args, *[self.path(p) for p in paths])
        text = r.stdout.decode()
        self.assertEqual(r.stderr, b"")
        self.assertIn(r.returncode, (0, 1, 2, 3))
        if text:
            self.assert_plugin(text, r.returncode)
        if code is not None:
            self.assertEqual(r.returncode, code, text)
        return text

    def assert_plugin(self, text, code):
        first = text.split("\n")[0]
        self.assertLessEqual(len(first.encode()), 200)
        self.assertLessEqual(len(text.encode()), 4096)
        self.assertTrue(first.startswith("MCPLOG %s: " % ["OK", "WARNING", "CRITICAL", "UNKNOWN"][code]), first)
        self.assertLessEqual(first.count("|"), 1)
        if "|" in first:
            self.assertRegex(first.split("| ")[1], PERF)
        self.assertNotIn("|", "".join(text.split("\n")[1:]))

    def export(self, what, at, *args):
        r = self.run_it("export", what, "--db", self.db, "--as-of", stamp(at), *args, self.path("logs"))
        self.assertEqual((r.returncode, r.stderr), (0, b""), r.stderr)
        return r.stdout.decode()

    def alerts(self, at, *args):
        return self.run_it("alerts", "--db", self.db, "--as-of", stamp(at), *args)


class Status(Base):
    def test_first_run_says_what_it_did(self):
        log = Log()
        log.hang(10, "list", 1, 400)
        self.put("logs/a.txt", log.until(500))
        text = self.check(3600, code=0)
        self.assertIn("first run: 1 source, 1 call, 1 incident is history", text)
        self.assertNotIn("first run", self.check(3700, code=0))

    def test_what_on_leaves_out_is_counted(self):
        self.put("logs/debug.txt", (SOURCE / "samples" / "037-tool-timeout-15s-late-result-noise" / "debug.txt").read_text())
        self.assertIn("0 incidents are history (1 more left out by --on)", self.check(DAY.timestamp(), code=0))

    def test_a_hang_by_age(self):
        log = Log()
        log.hang(100, "list_schemas", 1, 2000)
        log.call(20, "warm", 2)
        log.done(21, "warm", 2, 1000)
        for at, code in ((50, 0), (200, 0), (290, 1), (500, 1), (760, 2), (1990, 2), (2100, 2), (2700, 0)):
            self.put("logs/a.txt", log.until(at))
            text = self.check(at, code=code)
            if at == 760:
                self.assertRegex(text, r"^MCPLOG CRITICAL: 1 stuck call, oldest 660s \(pg-mcp/list_schemas, sse-drop-silent-hang\) \| stuck=1;0;;0 oldest=660s;120;600;0 new=0;0;;0 events=\d+c\n$")
            if at == 2100:  # over, and kept for ten minutes
                self.assertIn("just over (pg-mcp/list_schemas", text)
                self.assertIn("stuck=0", text)

    def test_thresholds(self):
        log = Log()
        log.hang(100, "list", 1, 2000)
        self.put("logs/a.txt", log.until(400))
        for args, code in ((("-w", "400"), 0), (("-w", "400", "-c", "200"), 2), (("-w", "@250:350"), 1), (("-w", "100:200"), 1), (("-c", "~:100"), 2)):
            self.db = self.path("t%d.db" % abs(hash(args)))
            self.check(400, *args, code=code)

    def test_an_incident_that_is_over_is_told_once(self):
        log = Log()
        log.call(20, "warm", 2)
        log.done(21, "warm", 2, 1000)
        log.hang(100, "list", 1, 300)
        self.put("logs/a.txt", log.until(50))
        self.check(50, code=0)
        self.put("logs/a.txt", log.until(900))
        text = self.check(900, "-v", code=1)
        self.assertIn("1 new incident (pg-mcp/list, sse-drop-silent-hang)", text)
        self.assertIn("new=1", text)
        self.check(1200, code=1)
        self.check(1600, code=0)
        self.check(1700, "--new-incidents", "0,0", code=0)

    def test_new_incidents_by_cause_and_number(self):
        log = Log()
        log.hang(100, "list", 1, 300)
        for args, code in ((("--on", "warning", "--new-incidents", "0,0"), 2), (("--on", "config-bad-url"), 0), (("--on", "sse-drop-silent-hang"), 1), (("--new-incidents", "1"), 0)):
            self.db = self.path("n%s.db" % "".join(c for c in "".join(args) if c.isalnum()))
            self.put("logs/a.txt", log.until(50))
            self.check(50, code=0)
            self.put("logs/a.txt", log.until(900))
            self.check(900, *args, code=code)

    def test_look_alikes(self):
        """A prompt, a slow tool that is usually slow, a call in the background, an Esc after one beat, a client that is gone."""
        logs = {name: Log(name) for name in ("prompt", "slow", "young", "gone")}
        logs["prompt"].add(100, 'Permission suggestions for mcp__prompt__drop: []')
        logs["prompt"].add(100, "executePermissionRequestHooks called for tool: mcp__prompt__drop")
        slow = logs["slow"]
        slow.call(10, "cube", 1)
        slow.beats(10, "cube", 250)
        slow.done(250, "cube", 1, 240000)
        slow.call(300, "cube", 2)
        slow.beats(300, "cube", 600)
        slow.done(600, "cube", 2, 300000)
        logs["young"].call(300, "list", 3)
        logs["young"].beats(300, "list", 340)
        logs["young"].escape(340, "list", 3, 40000)
        gone = logs["gone"]
        gone.call(300, "list", 4)
        gone.drop(301)
        gone.beats(300, "list", 340)
        for at in range(280, 2400, 100):
            for name, log in logs.items():
                self.put("logs/%s.txt" % name, log.until(at))
            text = self.check(at, "-vv", code=0)
            if at == 480:
                self.assertIn("call abandoned (gone/list", text)
        self.assertLessEqual({a["labels"]["severity"] for a in json.loads(self.export("alertmanager", 2400))}, {"info"})

    def test_how_slow_a_tool_usually_is_is_kept(self):
        """By source: only a log that grew is walked through again, and kept or not, the answer is the same."""
        def kept():
            db = sqlite3.connect(self.db)
            rows = [bytes(facts) for facts, in db.execute("SELECT facts FROM digest WHERE state = 108")]
            db.close()
            return [sorted(row[i:i + 24] for i in range(0, len(row), 24)) for row in rows]

        log, other = Log(), Log("second")
        log.call(100, "cube", 1)
        log.beats(100, "cube", 250)
        log.done(250, "cube", 1, 150000)
        log.call(300, "cube", 2)
        log.beats(300, "cube", 2000)
        other.call(10, "list", 3)
        other.done(11, "list", 3, 1000)
        self.put("logs/a.txt", log.until(500))
        self.put("logs/b.txt", other.until(500))
        self.check(500, code=0)
        first = kept()
        self.assertEqual([len(row) for row in first], [2])
        self.check(520, code=0)
        self.assertEqual(kept(), first)
        self.put("logs/a.txt", log.until(560))
        self.check(560, code=0)
        self.assertEqual(len(set(kept()[0]) & set(first[0])), 1)
        for again in range(2):
            self.put("logs/a.txt", log.until(700 + again))
            self.assertIn("stuck=1;", self.check(700 + again, code=1))  # 400 s are more than twice 150
            with sqlite3.connect(self.db) as db:
                db.execute("DELETE FROM digest")
            db.close()
        self.put("logs/c.txt", "".join([line(20, 'MCP server "pg-mcp": Calling MCP tool: cube'), line(240, "MCP server \"pg-mcp\": Tool 'cube' completed successfully in 220000ms")]))
        self.assertIn("stuck=0;", self.check(702))  # it was slower than that elsewhere
        self.assertEqual(sorted(len(row) for row in kept()), [3])

    def test_slept_hours_do_not_count(self):
        log = Log()
        log.call(100, "snap", 1)
        log.drop(101)
        log.beats(100, "snap", 135)
        for n in range(3):
            log.say(30000 + 30 * n, "Tool 'snap' still running (%ds elapsed)" % (29900 + 30 * n))
        self.put("logs/a.txt", log.until(140))
        self.check(140, code=0)
        self.put("logs/a.txt", log.until(30065))
        self.check(30065, code=0)

    def test_hysteresis(self):
        log = Log()
        log.hang(100, "list", 1, 5000)
        for at, code in ((400, 0), (430, 0), (460, 1)):
            self.put("logs/a.txt", log.until(at))
            self.check(at, "--for", "3", code=code)

    def test_unreadable_is_unknown_and_clears_nothing(self):
        if os.geteuid() == 0:
            self.skipTest("root reads everything")
        self.unreadable(lambda p: os.chmod(p, 0))

    def test_a_path_that_is_gone_is_unknown_beside_a_finding(self):
        log = Log()
        log.hang(100, "list", 1, 5000)
        self.put("logs/a.txt", log.until(900))
        text = self.check(900, code=2, paths=("logs", "missing"))
        self.assertIn("UNKNOWN: not measured: cannot read", text)
        self.check(900, code=2, paths=("logs",))

    def unreadable(self, spoil):
        log = Log()
        log.hang(100, "list", 1, 5000)
        p = self.put("logs/a.txt", log.until(900))
        self.check(900, code=2)
        spoil(p)
        for at in range(1000, 5000, 500):
            self.check(at, code=2)

    def test_a_log_that_became_unreadable_clears_nothing(self):
        log = Log()
        log.hang(100, "list", 1, 5000)
        p = self.put("logs/a.txt", log.until(900))
        self.check(900, code=2)
        os.remove(p)
        os.mkdir(self.path("elsewhere"))
        os.symlink(p, p)  # a loop: it is there, and cannot be opened
        for at in range(1000, 5000, 500):
            text = self.check(at, code=2, paths=("logs/a.txt",))
            self.assertIn("UNKNOWN", text)

    def test_not_measured_is_never_ok(self):
        self.check(100, code=3)
        self.check(100, code=3, paths=("missing",))
        self.put("logs/a.txt", Log().until(10))
        self.check(200, code=0)

    def test_lines_that_nobody_knows(self):
        self.put("logs/a.txt", Log().until(10))
        self.check(200, code=0)
        with open(self.path("logs/a.txt"), "a", encoding="utf-8") as f:
            for n in range(60):
                f.write('{"ts":%d,"format":"of next year"}\n' % n)
        self.assertIn("not recognised", self.check(300, code=3))

    def test_the_clock_of_the_log_may_be_ahead(self):
        log = Log()
        log.hang(100, "list", 1, 2000)
        p = self.put("logs/a.txt", log.until(900))
        # Written a minute ago by this file system's clock, which is an hour behind the log's.
        mtime = (DAY + datetime.timedelta(seconds=900 - 3600)).timestamp()
        os.utime(p, (mtime, mtime))
        text = self.check(900 - 3600 + 60, "-vvv", code=2)
        self.assertIn("clock-skew", text)
        self.assertIn("oldest 840s", text)


class Again(Base):
    """A run with nothing new takes a short way. Beside it a database goes the long one every time: what is printed and remembered is the same."""

    MEMORY = ("SELECT * FROM alert_state", "SELECT * FROM alert_incident", "SELECT * FROM counter", "SELECT * FROM mark WHERE name <> 'duration'", "SELECT command, exit FROM run")

    def ask(self, name, *statements):
        db = sqlite3.connect(self.path(name))
        rows = [sorted(map(repr, db.execute(s))) for s in statements]
        db.commit()
        db.close()
        return rows

    def both(self, at, *args, paths=("logs",)):
        texts = []
        for name in ("t.db", "long.db"):
            self.db = self.path(name)
            if name == "long.db" and os.path.exists(self.db):
                self.ask(name, "DELETE FROM output")
            texts.append(self.check(at, "-vv", *args, paths=paths))
        self.assertEqual(texts[0], texts[1], at)
        self.assertEqual(self.ask("t.db", *self.MEMORY), self.ask("long.db", *self.MEMORY), at)
        return len(self.ask("t.db", "SELECT 1 FROM output WHERE key <> 0")[0])

    def test_the_short_way_is_the_long_one(self):
        logs = {name: Log(name) for name in ("ended", "gone", "calm")}
        logs["ended"].hang(400, "list", 1, 1500)
        logs["gone"].call(500, "ask", 2)
        logs["gone"].drop(501)
        logs["gone"].beats(500, "ask", 700)
        logs["calm"].call(20, "warm", 3)
        logs["calm"].done(21, "warm", 3, 1000)
        kept, before = [], 0
        for at in (100, 130, 450, 460, 700, 800, 860, 870, 1400, 1600, 1700, 2300, 2400, 4000, 90000, 90300, 700000, 89000, 700300):
            for name, log in logs.items():
                if not kept or log.until(at) != log.until(before):
                    self.put("logs/%s.txt" % name, log.until(at))
                    if kept:
                        self.ask("t.db", "DELETE FROM output WHERE key <> 0")
            before = at
            kept.append(self.both(at))
        self.assertEqual(kept[1], 1)          # nothing happened yet
        self.assertEqual(kept[5:7], [0, 0])   # a call hangs: the clock decides
        self.assertEqual(kept[-1], 1)
        for args in (["--on", "warning"], ["--for", "2"], ["-w", "5"], ["--keep-firing", "0"]):
            for at in (800000, 800300):
                self.assertGreater(self.both(at, *args), 1)
        self.both(800400, paths=("logs", "missing"))
        self.both(800500)                     # what was unread then is none now

    def test_it_is_taken(self):
        log = Log()
        log.hang(10, "list", 1, 400)
        self.put("logs/a.txt", log.until(500))
        self.check(3600, code=0)
        self.assertIn("1 source, 1 call ", self.check(3700, code=0))
        self.ask("t.db", "UPDATE output SET report = CAST(substr(report, 1, length(report) - 2) || x'0700' AS BLOB) WHERE key <> 0")
        self.assertIn("1 source, 7 calls ", self.check(3800, code=0))
        self.assertIn("1 source, 1 call ", self.check(3550, code=0))  # before it was kept: judged anew
        self.export("prom", 3900)
        self.assertIn('mcplog_incidents_total{cause="sse-drop-silent-hang"} 1\n', self.export("prom", 4000))
        log.call(4000, "list", 2)
        self.put("logs/a.txt", log.until(4100))
        self.assertIn("1 source, 2 calls ", self.check(4100, code=0))


class Codes(Base):
    def test_usage_is_unknown(self):
        for args in (["check", "--bogus"], ["check", "-w", "x"], ["check", "-c", "9:1"], ["check", "--for", "0"], ["check", "--keep-firing", "soon"], ["check", "--on", "nothing"],
                     ["check", "--remind", "x"], ["check", "-"], ["check", "--no-redact"], ["--bogus", "check"], ["check", "-t"], ["check", "--new-incidents", "1,2,3"],
                     ["check", "--as-of", "never"], ["check", "--db", "/nonexistent/dir/t.db", "."], ["check", "--help"], ["check", "-V"], ["check", "-h"], ["check", "--version"]):
            r = self.run_it(*args)
            self.assertEqual(r.returncode, 3, args)
            self.assertEqual(r.stderr, b"", args)
            self.assertTrue(r.stdout.strip(), args)
            if args[-1] not in ("--help", "-V", "-h", "--version"):
                self.assertTrue(r.stdout.startswith(b"MCPLOG UNKNOWN: "), r.stdout)
                self.assertEqual(r.stdout.count(b"\n"), 1)

    def test_no_home_is_unknown(self):
        r = subprocess.run([MCPLOG, "check"], env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        self.assertEqual((r.returncode, r.stderr), (3, b""))
        self.assertIn(b"HOME", r.stdout)

    def test_the_home_of_somebody_else_has_no_configuration_of_ours(self):
        """Nagios gives up its rights and keeps HOME."""
        if os.geteuid() != 0:
            self.skipTest("needs root, to run as somebody else")
        nobody = {"user": 65534, "group": 65534, "extra_groups": []}
        try:
            subprocess.run([MCPLOG, "--version"], check=True, capture_output=True, **nobody)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("%s cannot be run by another user" % MCPLOG)
        os.mkdir(self.path("home"), 0o700)
        os.makedirs(self.path("home/.config/mcplog"))
        self.put("home/.config/mcplog/config", "warning = 1\n")
        self.put("logs/a.txt", Log().until(10))
        os.mkdir(self.path("db"))
        for p in (".", "db", "logs", "logs/a.txt"):
            os.chown(self.path(p), 65534, 65534)
        r = subprocess.run([MCPLOG, "check", "--db", self.path("db/t.db"), self.path("logs")], env={"HOME": self.path("home"), "PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=60, **nobody)
        self.assertEqual((r.returncode, r.stderr), (0, b""), r.stdout)

    def test_a_broken_database_is_unknown(self):
        self.put("t.db", "this is no database, and long enough to be looked at by anything that opens it")
        self.put("logs/a.txt", Log().until(10))
        self.check(100, code=3)

    def test_a_full_stdout_is_unknown(self):
        self.put("logs/a.txt", Log().until(10))
        with open("/dev/full", "wb") as full:
            r = self.run_it("check", "--db", self.db, self.path("logs"), stdout=full)
        self.assertEqual(r.returncode, 3)

    def test_signals_and_time_are_unknown(self):
        os.mkfifo(self.path("never"))
        lock = open(self.db + ".lock", "w", encoding="utf-8")
        fcntl.flock(lock, fcntl.LOCK_EX)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            p = subprocess.Popen([MCPLOG, "check", "--db", self.db, "--lock-wait", "60", "-t", "100", self.path("logs")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            time.sleep(0.3)
            p.send_signal(number)
            out, err = p.communicate(timeout=30)
            self.assertEqual((p.returncode, err), (3, b""), out)
            self.assertTrue(out.startswith(b"MCPLOG UNKNOWN: "), out)
        start = time.monotonic()
        r = self.run_it("check", "--db", self.db, "--lock-wait", "1", "-t", "2", self.path("logs"))
        self.assertEqual(r.returncode, 3)
        self.assertLess(time.monotonic() - start, 20)
        lock.close()

    def test_a_busy_database_gives_the_last_commit(self):
        log = Log()
        log.hang(100, "list", 1, 5000)
        self.put("logs/a.txt", log.until(900))
        self.check(900, code=2)
        with open(self.db + ".lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("stuck", self.check(1000, "--lock-wait", "0", code=2))
            self.check(900 + 4000, "--lock-wait", "0", code=3)
        self.assertIn("mcplog_runs_skipped_total 2\n", self.export("prom", 1100))


class Cron(Base):
    def test_silent_until_something_changes(self):
        log = Log()
        log.call(20, "warm", 2)
        log.done(21, "warm", 2, 1000)
        log.hang(1000, "list", 1, 4000)
        told = []
        for at in range(100, 8000, 300):
            self.put("logs/a.txt", log.until(at))
            text = self.check(at, "--cron")
            if text:
                told.append((at, text.split(":")[0]))
                self.assertLessEqual(text.count("\n"), 20)
        self.assertEqual([t for _, t in told], ["MCPLOG OK", "MCPLOG WARNING", "MCPLOG CRITICAL", "MCPLOG OK"], told)

    def test_remind(self):
        log = Log()
        log.hang(100, "list", 1, 90000)
        told = 0
        for at in range(1000, 12000, 1000):
            self.put("logs/a.txt", log.until(at))
            told += bool(self.check(at, "--cron", "--remind", "1h 20m", code=2))
        self.assertEqual(told, 3)

    def test_quiet_says_nothing_when_all_is_well(self):
        self.put("logs/a.txt", Log().until(10))
        self.assertEqual(self.check(100, "--quiet", code=0), "")
        self.assertTrue(self.check(100, "--quiet", code=3, paths=("missing",)))


class Outputs(Base):
    def hang(self):
        log = Log()
        log.call(20, "warm", 2)
        log.done(21, "warm", 2, 1000)
        log.hang(100, "list", 1, 2000)
        self.put("logs/a.txt", log.until(900))
        return log

    def test_no_redact_is_refused(self):
        self.put("logs/a.txt", Log().until(10))
        for what in ("prom", "alertmanager", "webhook", "slack"):
            self.assertEqual(self.run_it("export", what, "--no-redact", "--db", self.db, self.path("logs")).returncode, 2)

    def test_prom_file(self):
        log = self.hang()
        self.export("prom", 900, "-o", self.path("mcplog.prom"))
        self.assertEqual(os.stat(self.path("mcplog.prom")).st_mode & 0o777, 0o644)
        with open(self.path("mcplog.prom"), encoding="utf-8") as f:
            text = f.read()
        for wanted in ('mcplog_stuck_calls{server="pg-mcp",cause="sse-drop-silent-hang"} 1\n', 'mcplog_oldest_stuck_call_age_seconds{server="pg-mcp"} 800\n',
                       'mcplog_calls_total{server="pg-mcp",outcome="ok"} 1\n', 'mcplog_sse_drops_total{server="pg-mcp"} 1\n', 'mcplog_files_unreadable 0\n',
                       'mcplog_call_duration_seconds_count{server="pg-mcp"} 1\n', 'mcplog_build_info{version='):
            self.assertIn(wanted, text)
        self.put("logs/a.txt", log.until(3000))
        text = self.export("prom", 3000)
        self.assertIn('mcplog_stuck_calls{server="pg-mcp",cause="sse-drop-silent-hang"} 0\n', text)  # written when all is well
        self.assertEqual(sorted(os.listdir(self.dir.name)), ["logs", "mcplog.prom", "t.db", "t.db.lock"])

    def test_counters_never_go_down(self):
        log = self.hang()
        self.export("prom", 900)
        os.remove(self.path("logs/a.txt"))
        with sqlite3.connect(self.db) as db:  # as if retention had removed the rows
            for table in ("call_pack", "event_pack", "event_text", "source", "digest", "output"):
                db.execute("DELETE FROM " + table)
        db.close()
        os.mkdir(self.path("other"))
        other = Log("second")
        other.call(5000, "x", 9)
        other.done(5001, "x", 9, 1000)
        self.put("logs/b.txt", other.until(6000))
        text = self.export("prom", 6000)
        self.assertIn('mcplog_calls_total{server="pg-mcp",outcome="ok"} 1\n', text)
        self.assertIn('mcplog_calls_total{server="second",outcome="ok"} 1\n', text)
        del log

    def test_success_is_a_complete_run(self):
        self.hang()
        first = re.search(r"(?m)^mcplog_last_success_timestamp_seconds (\S+)", self.export("prom", 900)).group(1)
        r = self.run_it("export", "prom", "--db", self.db, "--as-of", stamp(1200), self.path("logs"), self.path("missing"))
        self.assertEqual(r.returncode, 3)
        self.assertIn("mcplog_last_success_timestamp_seconds %s\n" % first, r.stdout.decode())
        self.assertIn("mcplog_files_unreadable 1\n", r.stdout.decode())

    def test_alertmanager(self):
        log = self.hang()
        (alert,) = json.loads(self.export("alertmanager", 900, "--host", "box"))
        self.assertEqual(alert["labels"], {"alertname": "McpToolCallStuck", "server": "pg-mcp", "cause": "sse-drop-silent-hang", "severity": "critical", "host": "box"})
        self.assertEqual(alert["startsAt"], stamp(100))
        self.assertGreater(alert["endsAt"], stamp(900 + 239))
        self.put("logs/a.txt", log.until(1900))
        (again,) = json.loads(self.export("alertmanager", 1900, "--host", "box"))
        self.assertEqual(again["labels"], alert["labels"])
        self.assertEqual(again["annotations"]["summary"], alert["annotations"]["summary"])  # the text does not change
        self.put("logs/a.txt", log.until(2100))
        states = [json.loads(self.export("alertmanager", at, "--host", "box")) for at in (2900, 3500, 3900)]
        self.assertEqual([len(s) for s in states], [1, 1, 0])
        self.assertLessEqual(states[0][0]["endsAt"], stamp(2900))

    def test_hostile_names(self):
        nasty = 'a"b\\c|d;e<!channel>{}\x1b[31m\u202e é'
        log = Log(nasty.replace('"', "'"))
        log.hang(100, "t|;<>", 1, 2000)
        self.put("logs/a.txt", log.until(900))
        text = self.check(900, "-vvv", code=2)
        self.assertNotIn("\x1b", text)
        self.assertNotIn("\u202e", text)
        slack = json.loads(self.export("slack", 900))["text"]
        self.assertNotIn("<", slack)
        self.assertNotIn("\x1b", self.export("prom", 900))


class Alerts(Base):
    def setUp(self):
        super().setUp()
        self.log = Log()
        self.log.call(20, "warm", 2)
        self.log.done(21, "warm", 2, 1000)
        self.log.hang(100, "list", 1, 2000)
        self.step(50)
        self.step(900)

    def step(self, at):
        self.put("logs/a.txt", self.log.until(at))
        self.check(at)

    def received(self):
        try:
            with open(self.path("out"), encoding="utf-8") as f:
                return [json.loads(l) for l in f]
        except FileNotFoundError:
            return []

    def send(self, at, command=None, *args):
        return self.alerts(at, "--send", command or "cat >> '%s'" % self.path("out"), *args)

    def test_list(self):
        r = self.alerts(900)
        self.assertEqual((r.returncode, r.stderr), (0, b""))
        self.assertIn(b"1    firing   critical McpToolCallStuck  pg-mcp  sse-drop-silent-hang\n", r.stdout)
        self.assertIn(b"not sent", r.stdout)
        self.assertEqual(json.loads(self.alerts(900, "--format", "webhook").stdout)["schema"], "mcplog.alerts/1")

    def test_each_receiver_is_told_begin_and_end_once(self):
        for at in range(900, 4000, 300):
            self.step(at)
            self.assertEqual(self.send(at).returncode, 0)
        self.assertEqual([[a["status"] for a in m["alerts"]] for m in self.received()], [["firing"], ["resolved"]])
        self.assertEqual(self.send(900, "cat > '%s'" % self.path("second")).returncode, 0)
        self.assertFalse(os.path.exists(self.path("second")))  # over before it was ever told there

    def test_a_failing_sender_is_tried_again(self):
        r = self.send(900, "cat > /dev/null; exit 22")
        self.assertEqual(r.returncode, 4)
        self.assertIn(b"exit code 22", r.stderr)
        self.assertIn(b"unsent", r.stderr)
        r = self.send(950, "cat > /dev/null; exit 22")
        self.assertEqual(r.returncode, 4)
        with sqlite3.connect(self.db) as db:
            self.assertEqual(db.execute("SELECT phase, attempts FROM alert_sent").fetchall(), [("pending", 2)])
        db.close()

    def test_a_hanging_sender_is_ended(self):
        start = time.monotonic()
        r = self.send(900, "sleep 100", "-t", "1")
        self.assertEqual(r.returncode, 4)
        self.assertLess(time.monotonic() - start, 30)
        self.assertIn(b"1 s", r.stderr)

    def test_killed_between_sending_and_commit_sends_the_same_again(self):
        # The sender kills its parent when the payload has arrived.
        r = self.send(900, "cat >> '%s'; kill -9 $PPID" % self.path("out"))
        self.assertEqual(r.returncode, -9)
        self.assertEqual(self.send(930, "cat >> '%s'; kill -9 $PPID" % self.path("out")).returncode, -9)
        first, second = self.received()
        self.assertEqual([{k: a[k] for k in ("alertname", "server", "cause", "severity", "host", "starts_at", "summary")} for m in (first, second) for a in m["alerts"]],
                         [{k: first["alerts"][0][k] for k in ("alertname", "server", "cause", "severity", "host", "starts_at", "summary")}] * 2)

    def test_alertmanager_is_told_everything_every_time(self):
        for at in (900, 1200, 1500):
            self.step(at)
            self.assertEqual(self.send(at, None, "--format", "alertmanager").returncode, 0)
        self.assertEqual([len(m) for m in self.received()], [1, 1, 1])

    def test_acknowledged_is_not_sent(self):
        self.assertEqual(self.alerts(900, "--ack", "1").returncode, 0)
        self.assertEqual(self.send(900).returncode, 0)
        self.assertEqual(self.received(), [])
        self.assertIn(b"acknowledged", self.alerts(900).stdout)
        self.assertEqual(self.alerts(900, "--ack", "99").returncode, 2)
        self.assertEqual(self.alerts(900, "--ack", "x").returncode, 2)
        self.assertEqual(self.alerts(900, "--ack", "all").returncode, 0)

    def test_one_bad_alert_does_not_keep_the_others(self):
        other = Log("github")
        other.hang(300, "pr", 5, 5000)
        self.put("logs/b.txt", other.until(901))
        self.step(901)
        refuse = "cat > '%s'; if grep -q pg-mcp '%s'; then exit 22; fi; cat '%s' >> '%s'" % (self.path("in"), self.path("in"), self.path("in"), self.path("out"))
        r = self.send(901, refuse)
        self.assertEqual(r.returncode, 4)
        self.assertIn(b"refused", r.stderr)
        self.assertEqual([a["server"] for m in self.received() for a in m["alerts"]], ["github"])
        r = self.send(950, refuse)  # reported once, not tried for ever
        self.assertEqual((r.returncode, r.stderr), (0, b""))


class Simulation(Base):
    """Hours of runs every five minutes, each followed by a delivery: every trouble is told once when it begins and once when it is
    over, what looks like trouble is not told. The life of alerts alone is simulated for thirty days in test_alert_step."""

    def logs(self):
        logs = {name: Log(name) for name in ("twice", "long", "short", "slow", "young", "prompt", "gone", "well")}
        logs["twice"].hang(1000, "list", 1, 4000)
        logs["twice"].hang(9000, "list", 2, 11000)
        logs["long"].hang(500, "list", 3, 6000)
        logs["short"].hang(1210, "list", 4, 1390)  # begins and ends between two runs
        for n, (at, end) in enumerate(((10, 250), (2000, 2400), (5000, 5450), (8000, 8470))):
            logs["slow"].call(at, "cube", 10 + n)
            logs["slow"].beats(at, "cube", end)
            logs["slow"].done(end, "cube", 10 + n, (end - at) * 1000)
        for n, at in enumerate(range(1000, 12000, 1700)):
            logs["young"].call(at, "list", 20 + n)
            logs["young"].beats(at, "list", at + 40)
            logs["young"].escape(at + 40, "list", 20 + n, 40000)
            logs["well"].call(at, "list", 30 + n)
            logs["well"].done(at + 2, "list", 30 + n, 2000)
        logs["prompt"].add(700, "Permission suggestions for mcp__prompt__drop: []")
        logs["prompt"].add(700, "executePermissionRequestHooks called for tool: mcp__prompt__drop")
        logs["gone"].call(2000, "list", 40)
        logs["gone"].drop(2001)
        logs["gone"].beats(2000, "list", 2040)
        return logs

    def test_each_trouble_is_told_once(self):
        logs = self.logs()
        for at in range(300, int(os.environ.get("MCPLOG_SIMULATED_SECONDS", "13800")), 300):
            for name, log in logs.items():
                self.put("logs/%s.txt" % name, log.until(at))
            self.check(at)
            self.assertEqual(self.alerts(at, "--send", "cat >> '%s'" % self.path("out")).returncode, 0)
        told = {}
        with open(self.path("out"), encoding="utf-8") as f:
            for alert in (a for l in f for a in json.loads(l)["alerts"]):
                told.setdefault((alert["server"], alert["alertname"]), []).append(alert["status"])
        once = ["firing", "resolved"]
        self.assertEqual(told, {("twice", "McpToolCallStuck"): once * 2, ("long", "McpToolCallStuck"): once, ("short", "McpIncident"): once, ("gone", "McpCallAbandoned"): once})


def main():
    if "MCPLOG" not in os.environ:
        sys.exit("MCPLOG must name the program under test")
    unittest.main(verbosity=1)


if __name__ == "__main__":
    main()
