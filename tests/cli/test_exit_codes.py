"""Exit codes of the contract (section 2) and who wins; closed and full outputs; signals (H3 to H6)."""
import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")

LOG = "".join(line + "\n" for line in (
    "2026-05-17T20:23:00.766Z [DEBUG] MCP server \"pg\": Calling MCP tool: list_schemas",
    "2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg\": SSE connection dropped after 61937s uptime",
    "2026-05-17T20:23:31.000Z [DEBUG] MCP server \"pg\": Tool 'list_schemas' still running (30s elapsed)",
    "2026-05-17T20:24:01.000Z [DEBUG] MCP server \"pg\": Tool 'list_schemas' still running (60s elapsed)",
))
HEALTHY = "".join(line + "\n" for line in (
    "2026-05-17T20:23:00.766Z [DEBUG] MCP server \"pg\": Calling MCP tool: list_schemas",
    "2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg\": Tool 'list_schemas' completed successfully in 324ms",
))


class ExitCodes(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.log = self.put("debug.txt", LOG)

    def tearDown(self):
        self.scratch.cleanup()

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def put(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def run_mcplog(self, *args, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([MCPLOG, *args], stdout=more.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, timeout=60, **more)

    def code(self, *args, **more):
        return self.run_mcplog("analyze", "--db", ":memory:", *args, **more).returncode

    def test_0_complete(self):
        self.assertEqual(self.code(self.log), 0)
        self.assertEqual(self.code(self.put("healthy.txt", HEALTHY)), 0)

    def test_1_fail_on(self):
        cause = json.loads(self.run_mcplog("analyze", "--db", ":memory:", "-f", "json", self.log).stdout)["incidents"][0]["cause"]
        for what in ("critical", "warning", "info", "open", cause):
            self.assertEqual(self.code("--fail-on", what, self.log), 1, what)
        self.assertEqual(self.code("--fail-on", "needs-auth", self.log), 0)
        self.assertEqual(self.code("--fail-on", "info", self.put("healthy.txt", HEALTHY)), 0)
        self.assertEqual(self.code("--fail-on", "critical", "--server", "other", self.log), 0)

    def test_2_usage_before_anything_is_read(self):
        self.assertEqual(self.code("--nonsense", self.log), 2)
        self.assertEqual(self.code("--since", "never", self.log), 2)

    def test_2_patterns(self):
        folder = self.path("patterns")
        os.mkdir(folder)
        self.put("patterns/broken.yaml", "schema: mcplog.signatures/1\nsignatures:\n- id: a.b\n  event: call.sent\n  in: [mcp]\n  match: |-\n    ^(unclosed\n")
        result = self.run_mcplog("analyze", "--db", ":memory:", "--patterns", folder, self.log)
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"broken.yaml:", result.stderr)
        self.assertIn(b"1 call", result.stdout)

    def test_2_a22_inputs_that_are_outputs(self):
        database = self.path("timeline.db")
        self.assertEqual(self.run_mcplog("analyze", "--db", database, self.log).returncode, 0)
        self.assertEqual(self.run_mcplog("analyze", "--db", database, database).returncode, 2)
        self.assertEqual(self.run_mcplog("analyze", "--db", database, self.log, "-o", database).returncode, 2)
        self.assertEqual(self.code(self.log, "-o", self.log), 2)
        with open(self.log, encoding="utf-8") as file:
            self.assertEqual(file.read(), LOG)
        with sqlite3.connect(database) as connection:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchone()[0], "ok")

    def test_3_unreadable_input(self):
        result = self.run_mcplog("analyze", "--db", ":memory:", "-f", "json", self.path("missing.txt"), self.log)
        self.assertEqual(result.returncode, 3)
        self.assertIn(b"missing.txt", result.stderr)
        report = json.loads(result.stdout)
        self.assertEqual(report["summary"]["calls"], 1)
        problems = [problem for source in report["sources"] for problem in source["problems"]]
        self.assertEqual([problem["severity"] for problem in problems], ["error"])

    def test_1_hides_3(self):
        self.assertEqual(self.code("--fail-on", "critical", self.path("missing.txt"), self.log), 1)

    def test_4_output(self):
        self.assertEqual(self.code("-o", self.path("no/such/directory"), self.log), 4)
        if os.path.exists("/dev/full"):
            with open("/dev/full", "wb") as full:
                result = self.run_mcplog("analyze", "--db", ":memory:", self.log, stdout=full)
            self.assertEqual(result.returncode, 4)
            self.assertIn(b"write error on stdout", result.stderr)

    def test_4_beats_1_and_3(self):
        self.assertEqual(self.code("--fail-on", "critical", "-o", self.path("no/such"), self.log, self.path("missing")), 4)

    def test_4_database(self):
        database = self.put("timeline.db", "this is no database, and long enough to be looked at by anything that opens it")
        result = self.run_mcplog("analyze", "--db", database, self.log)
        self.assertEqual(result.returncode, 4)
        self.assertNotEqual(result.stderr, b"")
        self.assertEqual(self.run_mcplog("analyze", "--db", self.path("no/such/timeline.db"), self.log).returncode, 4)

    def test_75_another_writer(self):
        database = self.path("timeline.db")
        self.assertEqual(self.run_mcplog("analyze", "--db", database, self.log).returncode, 0)
        with open(database + ".lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = self.run_mcplog("analyze", "--lock-wait", "0", "--db", database, self.log)
        self.assertEqual(result.returncode, 75)
        self.assertNotEqual(result.stderr, b"")

    def test_h4_closed_pipe_is_quiet(self):
        reader, writer = os.pipe()
        os.close(reader)
        result = self.run_mcplog("analyze", "--db", ":memory:", self.log, stdout=writer)
        os.close(writer)
        self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_h4_closed_pipe_keeps_the_other_code(self):
        reader, writer = os.pipe()
        os.close(reader)
        self.assertEqual(self.code("--fail-on", "critical", self.log, stdout=writer), 1)
        os.close(writer)

    def test_h6_closed_descriptors(self):
        for close in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            result = subprocess.run(["sh", "-c", f'"$0" analyze --db "$1" "$2" {close}', MCPLOG, self.path("t.db"), self.log], capture_output=True, timeout=60)
            self.assertEqual(result.returncode, 0, close)
            with sqlite3.connect(self.path("t.db")) as connection:
                self.assertEqual(connection.execute("PRAGMA integrity_check").fetchone()[0], "ok")

    def interrupted(self, number, database):
        """Reads from a pipe that stays open, gets the signal, and must be gone within seconds."""
        process = subprocess.Popen([MCPLOG, "analyze", "--db", database, "-", self.log], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(LOG.encode())
        process.stdin.flush()
        for _ in range(100):  # until it reads: its end of the pipe is empty
            time.sleep(0.02)
            if int.from_bytes(fcntl.ioctl(process.stdin, 0x541B, b"\0\0\0\0"), "little") == 0:  # FIONREAD
                break
        process.send_signal(number)
        begin = time.monotonic()
        process.wait(timeout=30)
        took = time.monotonic() - begin
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()
        return process.returncode, took

    def test_h3_signals(self):
        database = self.path("timeline.db")
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)):
            with self.subTest(signal=number):
                returned, took = self.interrupted(number, database)
                self.assertEqual(returned, code)
                self.assertLess(took, 5)
                with sqlite3.connect(database) as connection:
                    self.assertEqual(connection.execute("PRAGMA integrity_check").fetchone()[0], "ok")
        self.assertEqual(self.run_mcplog("analyze", "--db", database, self.log).returncode, 0)


if __name__ == "__main__":
    unittest.main()
