#!/usr/bin/env python3
"""doctor says which logs exist, what they tell, what to switch on, and in what state the timeline is; it changes nothing."""
import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = os.environ.get("MCPLOG_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
SAMPLE = os.path.join(SOURCE, "samples", "160-three-sessions-one-is-down")


class Doctor(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.home = self.scratch.name
        self.db = os.path.join(self.home, ".local", "state", "mcplog", "timeline.db")

    def tearDown(self):
        self.scratch.cleanup()

    def run_mcplog(self, *args, expect=0, **more):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "CLAUDE_", "MCPLOG_"))}
        environment.update(HOME=self.home, **more)
        result = subprocess.run([MCPLOG, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=environment)
        self.assertEqual(result.returncode, expect, result.stderr + result.stdout)
        return result.stdout

    def doctor(self, *args, **more):
        return json.loads(self.run_mcplog("doctor", "--format", "json", *args, **more))

    def place(self, report, name):
        return next(p for p in report["logs"] if p["id"] == name)

    def with_logs(self):
        for name in ".claude", ".cache":
            shutil.copytree(os.path.join(SAMPLE, name), os.path.join(self.home, name))

    def test_nothing_there(self):
        report = self.doctor()
        self.assertEqual(report["schema"], "mcplog.doctor/1")
        self.assertFalse(any(p["found"] for p in report["logs"]))
        self.assertIn("claude --debug", self.place(report, "claude-debug")["switch"])
        self.assertFalse(report["timeline"]["exists"])
        self.assertTrue(report["self_test"]["passed"])
        text = self.run_mcplog("doctor")
        self.assertIn("not there yet: mcplog analyze makes it", text)
        self.assertIn("2.1.71", text)
        self.assertLessEqual(max(map(len, text.split("\n"))), 80)

    def test_logs_and_what_the_timeline_knows(self):
        self.with_logs()
        before = self.doctor()
        self.assertEqual([self.place(before, n)["files"] for n in ("claude-debug", "mcp-cache", "transcript")], [3, 3, 3])
        self.assertIsNone(self.place(before, "claude-debug")["first_version"])
        self.run_mcplog("analyze")
        report = self.doctor()
        self.assertEqual(self.place(report, "claude-debug")["last_version"], "2.1.143")
        self.assertGreaterEqual(report["timeline"]["sources"], 9)
        self.assertEqual((report["timeline"]["calls"], report["timeline"]["integrity"]), (5, "ok"))
        self.assertFalse(report["timeline"]["locked"])
        text = self.run_mcplog("doctor")
        self.assertIn(f"mcplog analyze {self.home}/.claude/debug", re.sub(r"\n\s+", "", text) + text)

    def test_debug_logs_that_stopped(self):
        self.with_logs()
        for name in os.listdir(os.path.join(self.home, ".claude", "debug")):
            os.utime(os.path.join(self.home, ".claude", "debug", name), (1000000000, 1000000000))
        self.assertTrue(self.doctor()["debug_log_off"])
        self.assertIn("The newest session wrote no debug log.", self.run_mcplog("doctor"))

    def test_it_changes_nothing(self):
        self.with_logs()
        self.run_mcplog("analyze")
        look = lambda: sorted((n, os.stat(os.path.join(d, n)).st_size, os.stat(os.path.join(d, n)).st_mtime_ns) for d, _, f in os.walk(self.home) for n in f if not n.endswith("-shm"))
        before = look()
        self.run_mcplog("doctor")
        self.assertEqual([n for n in look() if not n[0].endswith("-wal")], [n for n in before if not n[0].endswith("-wal")])

    def test_a_database_that_is_none(self):
        os.makedirs(os.path.dirname(self.db))
        with open(self.db, "w", encoding="utf-8") as file:
            file.write("this is a letter and no database, and it is longer than a hundred bytes: " + "x" * 100)
        report = self.doctor(expect=4)
        self.assertFalse(report["timeline"]["usable"])
        self.assertIn("not a database", report["timeline"]["fault"])

    def test_damage_is_found(self):
        self.with_logs()
        self.run_mcplog("analyze")
        connection = sqlite3.connect(self.db)
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        with open(self.db, "r+b") as file:
            file.seek(4096 * 5)
            file.write(b"\xa5" * 4096 * 4)
        report = self.doctor(expect=4)
        self.assertNotEqual(report["timeline"]["integrity"], "ok")

    def test_somebody_is_writing(self):
        self.with_logs()
        self.run_mcplog("analyze")
        with open(self.db + ".lock", "r+", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.write("4711\n")
            lock.flush()
            self.assertTrue(self.doctor()["timeline"]["locked"])
            self.assertIn("process 4711", self.run_mcplog("doctor"))

    def test_an_older_schema_is_no_fault(self):
        os.makedirs(os.path.dirname(self.db))
        connection = sqlite3.connect(self.db)
        connection.executescript("PRAGMA application_id = 1835233388; PRAGMA user_version = 1; CREATE TABLE t(x);")
        connection.close()
        report = self.doctor()
        self.assertLess(report["timeline"]["schema"], report["timeline"]["newest_schema"])
        self.assertIn("brings it up to date", self.run_mcplog("doctor"))

    def test_unreadable_logs(self):
        self.with_logs()
        debug = os.path.join(self.home, ".claude", "debug")
        if os.geteuid() == 0:
            os.chown(os.path.join(debug, sorted(os.listdir(debug))[0]), 4242, 4242)
        else:
            os.chmod(debug, 0)
        report = self.doctor(expect=3)
        self.assertGreater(self.place(report, "claude-debug")["unreadable"], 0)
        os.chmod(debug, 0o700)

    def test_a_folder_that_may_not_be_entered_is_not_called_absent(self):
        self.with_logs()
        os.chmod(os.path.join(self.home, ".claude"), 0)
        os.chmod(self.home, 0o755)
        def drop():
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "CLAUDE_", "MCPLOG_"))}
        environment.update(HOME=self.home)
        program = os.path.join(self.home, "mcplog") # the place of the built one may be shut for others
        shutil.copy(MCPLOG, program)
        os.chmod(program, 0o755)
        result = subprocess.run([program, "doctor", "--format", "json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            env=environment, preexec_fn=drop)
        os.chmod(os.path.join(self.home, ".claude"), 0o700)
        self.assertEqual(result.returncode, 3, result.stderr)
        place = self.place(json.loads(result.stdout), "claude-debug")
        self.assertEqual((place["found"], place["unreadable"]), (False, 1))

    def test_arguments(self):
        self.run_mcplog("doctor", "what", expect=2)


if __name__ == "__main__":
    unittest.main()
