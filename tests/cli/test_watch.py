"""mcplog watch beside logs that grow: what it tells and when, rotation, new files, --exec, locks, signals.

The logs carry the time of the test: watch judges by the clock. Nothing here waits for a fixed time; every wait is for a line, with
a limit that only a failure reaches."""
import datetime
import fcntl
import json
import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = os.environ.get("MCPLOG_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
LIMIT = 20
STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def stamp(seconds=0.0):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (at.microsecond // 1000)


def says(server, text, seconds=0.0):
    return '%s [DEBUG] MCP server "%s": %s\n' % (stamp(seconds), server, text)


def dropped(server, seconds=0.0):
    """A call in flight whose stream drops."""
    return says(server, "Calling MCP tool: list_schemas", seconds - 0.3) + says(server, "SSE connection dropped after 61937s uptime", seconds)


def answered(server):
    return says(server, "Tool 'list_schemas' completed successfully in 324ms")


def given_up(server):
    return says(server, "Tool 'list_schemas' failed after 5s: MCP error -32001: user-cancel")


class Watch:
    """The running program; its lines come through a queue."""

    def __init__(self, *args, **more):
        self.process = subprocess.Popen([MCPLOG, "watch", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, **more)
        self.lines, self.errors = queue.Queue(), queue.Queue()
        for stream, lines in ((self.process.stdout, self.lines), (self.process.stderr, self.errors)):
            threading.Thread(target=self.read, args=(stream, lines), daemon=True).start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.put(line)
        lines.put(None)

    def line(self):
        return self.lines.get(timeout=LIMIT)

    def event(self):
        return json.loads(self.line())

    def error(self):
        return self.errors.get(timeout=LIMIT)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(timeout=LIMIT)
        return code

    def rest(self):
        """What comes out until the end, after stop()."""
        out = []
        while (line := self.lines.get(timeout=LIMIT)) is not None:
            out.append(line)
        return out


class WatchTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.logs = self.path("logs")
        os.mkdir(self.logs)
        self.watches = []

    def tearDown(self):
        for w in self.watches:
            if w.process.poll() is None:
                w.stop()  # not kill(): what --exec runs must go with it
            w.process.stdout.close()
            w.process.stderr.close()
        self.scratch.cleanup()

    def path(self, *names):
        return os.path.join(self.scratch.name, *names)

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def append(self, name, text, folder=None):
        path = os.path.join(folder or self.logs, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
        return path

    def watch(self, *args, db=":memory:", form="ndjson", paths=None):
        w = Watch("--db", db, "--format", form, "--settle", "0", *args, *(paths or [self.logs]))
        self.watches.append(w)
        self.first = w.line()
        return w

    def begins(self, w, server):
        e = w.event()
        self.assertEqual((e["type"], e["incident"]["server"]), ("begin", server), e)
        return e["incident"]


class Tells(WatchTest):
    def test_a_hang_begins_once_and_ends_once(self):
        w = self.watch()
        self.assertEqual(json.loads(self.first), {"type": "start", "files": 0, "living": 0, "history": 0})
        self.append("debug.txt", dropped("pg"))
        begun = self.begins(w, "pg")
        self.assertEqual((begun["cause"], begun["state"], begun["ended_at"]), ("sse-drop-silent-hang", "ongoing", None))
        self.append("debug.txt", says("pg", "Tool 'list_schemas' still running (30s elapsed)"))
        self.append("debug.txt", given_up("pg"))
        ended = w.event()
        self.assertEqual((ended["type"], ended["why"], ended["incident"]["id"]), ("end", "user-cancel", begun["id"]))
        self.append("other.txt", dropped("next"))
        self.begins(w, "next")
        self.assertEqual(w.stop(), 143)
        self.assertEqual(w.rest(), [])

    def test_a_path_that_is_not_there_yet(self):
        w = self.watch(form="text", paths=[os.path.join(self.logs, "later.txt")])
        self.assertEqual(self.first, "Watching 0 files, 0 of them written to in the last 4 hours. 1 path is awaited: not there yet.\n")
        self.append("later.txt", dropped("pg"))
        self.assertRegex(w.line(), "CRITICAL sse-drop-silent-hang")

    def test_text_is_a_block_of_at_most_four_lines(self):
        w = self.watch(form="text")
        self.assertIn("Watching 0 files", self.first)
        self.append("debug.txt", dropped("pg"))
        block = [w.line() for _ in range(4)]
        self.assertRegex(block[0], r"^\d\d:\d\d:\d\d CRITICAL sse-drop-silent-hang · \w+ · v1:[0-9a-f]+$")
        text = " ".join(line.strip() for line in block[1:])
        self.assertRegex(text, r"^list_schemas on pg has waited \d.*the answer can no longer arrive\. End the call with Esc, then reconnect pg")
        self.assertTrue(all(len(line) <= 81 for line in block), block)
        w.stop()
        self.assertEqual(w.rest(), [])

    def test_an_answer_within_the_settling_time_is_silence(self):
        w = self.watch("--settle", "4")
        self.append("debug.txt", dropped("pg"))
        self.append("debug.txt", answered("pg"))
        self.append("debug.txt", dropped("lost", -10))
        self.assertEqual(self.begins(w, "lost")["cause"], "sse-drop-silent-hang")

    def test_what_is_over_is_history(self):
        self.append("old.txt", dropped("pg", -3000) + given_up("pg"))
        w = self.watch()
        self.assertEqual(json.loads(self.first)["history"], 1)
        self.append("debug.txt", dropped("new"))
        self.begins(w, "new")

    def test_what_hangs_at_the_start_is_told(self):
        self.append("now.txt", dropped("pg", -50) + says("pg", "Tool 'list_schemas' still running (30s elapsed)", -20))
        self.begins(self.watch(), "pg")

    def test_filters(self):
        w = self.watch("--server", "wanted")
        self.append("debug.txt", dropped("unwanted"))
        self.append("other.txt", dropped("wanted"))
        self.begins(w, "wanted")


class Follows(WatchTest):
    def test_new_files_in_new_directories(self):
        w = self.watch()
        for n, name in enumerate(("a/b/c/debug.txt", "a/second.txt", ".hidden/debug.txt")):
            self.append(name, dropped("s%d" % n))
            self.begins(w, "s%d" % n)

    def test_a_named_file_that_comes_later_is_rotated_and_deleted(self):
        path = os.path.join(self.logs, "debug.txt")
        w = self.watch(paths=[path])
        self.append("debug.txt", dropped("one"))
        self.append("neighbour.txt", dropped("no"))
        self.begins(w, "one")
        os.rename(path, path + ".1")
        self.append("debug.txt", dropped("two"))
        self.begins(w, "two")
        os.unlink(path)
        self.append("debug.txt", dropped("three"))
        self.begins(w, "three")
        with open(path, "w", encoding="utf-8") as file:
            file.write(dropped("four"))
        while (e := w.event())["type"] == "end":  # a file that took the place and inode of another may stand for it
            self.assertEqual(e["incident"]["server"], "three")
        self.assertEqual((e["type"], e["incident"]["server"]), ("begin", "four"))

    def test_latest_is_relinked(self):
        self.append("1.txt", "")
        latest = os.path.join(self.logs, "latest")
        os.symlink("1.txt", latest)
        w = self.watch(paths=[latest])
        self.append("1.txt", dropped("one"))
        self.begins(w, "one")
        self.append("2.txt", "")
        os.unlink(latest)
        os.symlink("2.txt", latest)
        self.append("2.txt", dropped("two"))
        self.begins(w, "two")

    def test_a_line_in_two_parts(self):
        w = self.watch()
        text = dropped("pg")
        self.append("debug.txt", text[:-20])
        self.append("other.txt", dropped("sign"))
        self.begins(w, "sign")
        self.append("debug.txt", text[-20:])
        self.begins(w, "pg")

    def test_polling(self):
        w = self.watch("--poll", "1")
        self.append("debug.txt", dropped("one"))
        self.begins(w, "one")
        self.append("sub/debug.txt", dropped("two"))
        self.begins(w, "two")


class Exec(WatchTest):
    def test_the_command_gets_each_event(self):
        target = self.path("got")
        w = self.watch("--exec", "cat >> %s" % target)
        self.append("debug.txt", dropped("pg"))
        line = w.line()
        self.append("debug.txt", given_up("pg"))
        lines = [line, w.line()]
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            if os.path.exists(target) and self.read(target) == "".join(lines):
                break
            time.sleep(0.02)
        else:
            self.fail("the command did not get both events")

    def test_a_failure_is_shown_and_a_slow_command_is_stopped(self):
        w = self.watch("--exec", "exit 7")
        self.append("debug.txt", dropped("pg"))
        self.assertIn("no log files", w.error())
        self.assertEqual(w.error(), "mcplog: --exec: the command failed: exit code 7\n")
        w.stop()
        w = self.watch("--exec", "sleep 1000", "--exec-limit", "1")
        w.line()
        self.append("other.txt", dropped("next"))
        self.begins(w, "next")  # not after the command's limit times two
        self.assertEqual(w.error(), "mcplog: --exec: the command did not end within 1 s and was stopped\n")

    def test_its_output_does_not_mix_with_ours(self):
        w = self.watch("--exec", "echo hello")
        self.append("debug.txt", dropped("pg"))
        self.begins(w, "pg")
        self.assertIn("no log files", w.error())
        self.assertEqual(w.error(), "hello\n")


class Keeps(WatchTest):
    def status(self, db):
        return subprocess.run([MCPLOG, "status", "--db", db], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT).stdout

    def wait_for_status(self, db, what):
        deadline = time.monotonic() + LIMIT
        while what not in self.status(db):
            self.assertLess(time.monotonic(), deadline, self.status(db))
            time.sleep(0.1)

    def test_others_may_write_and_the_timeline_follows(self):
        db = self.path("t.db")
        w = self.watch(db=db)
        self.append("debug.txt", dropped("pg"))
        self.begins(w, "pg")
        self.wait_for_status(db, "debug.txt")
        for _ in range(2):
            done = subprocess.run([MCPLOG, "analyze", "--db", db, "--lock-wait", "5", self.logs], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"sse-drop-silent-hang", done.stdout)

    def test_a_lock_that_another_holds_delays_no_alert(self):
        db = self.path("t.db")
        w = self.watch(db=db)
        with open(db + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.append("debug.txt", dropped("pg"))
            self.begins(w, "pg")
            self.append("other.txt", dropped("next"))
            self.begins(w, "next")
            self.assertNotIn("debug.txt", self.status(db))
        self.wait_for_status(db, "other.txt")


class Ends(WatchTest):
    def test_by_signal_within_a_second(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            w = self.watch()
            begun = time.monotonic()
            self.assertEqual(w.stop(number), code)
            self.assertLess(time.monotonic() - begun, 5)

    def test_when_nobody_reads(self):
        process = subprocess.Popen([MCPLOG, "watch", "--db", ":memory:", self.logs], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertIn(b"Watching", process.stdout.readline())
        process.stdout.close()
        self.assertEqual(process.wait(timeout=LIMIT), 0)
        self.assertNotIn(b"rror", process.stderr.read())
        process.stderr.close()

    def test_usage(self):
        for args in (["-"], ["--no-redact", self.logs], ["--format", "json", self.logs], ["--exec-limit", "0", self.logs]):
            done = subprocess.run([MCPLOG, "watch", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT)
            self.assertEqual(done.returncode, 2, args)


class NeverCriesWolf(WatchTest):
    """Samples whose calls are all answered, replayed line by line: the settling time hides what the next lines explain."""

    def replay(self, w, sample, name):
        for line in self.read(os.path.join(SOURCE, "samples", sample, "debug.txt")).splitlines(True):
            self.append(name, STAMP.sub(lambda m: stamp(), line))

    def test_healthy_samples(self):
        w = self.watch("--settle", "2")
        for n, sample in enumerate(("007-idle-drops-at-60s-healthy", "079-tools-list-race-heals", "099-get-stream-refused-post-works", "045-invalid-notification-harmless")):
            self.replay(w, sample, "%d.txt" % n)
        self.append("sign.txt", dropped("sign", -10))
        self.begins(w, "sign")


if __name__ == "__main__":
    unittest.main()
