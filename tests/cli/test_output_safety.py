"""Nothing from a log reaches a terminal raw, JSON stays JSON, files are private, messages are escaped and redacted (J1, J2, J5, J7, J9)."""
import json
import os
import pty
import re
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")

# C0 but TAB, DEL, C1 raw and encoded, bidi controls, zero-width characters, separators, invalid UTF-8.
HOSTILE = b"\x1b[2J\x1b]0;owned\x07\x08\x0b\x0c\x7f\x9b31m\xc2\x9b1m\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8b\xef\xbb\xbf\xe2\x80\xa8\xff\xfe\xc0\xaf\xed\xa0\x80 <b>\"'\\ end"
SECRET = b"ghp_0123456789abcdefghijklmnopqrstuvwxyz"


def log(server, tool, tail):
    lines = (
        b'2026-05-17T20:23:00.766Z [DEBUG] MCP server "%s": Calling MCP tool: %s',
        b'2026-05-17T20:23:01.090Z [DEBUG] MCP server "%s": SSE connection dropped after 61937s uptime',
        b'2026-05-17T20:23:31.000Z [DEBUG] MCP server "%s": Tool \'%s\' still running (30s elapsed)',
        b'2026-05-17T20:24:01.000Z [DEBUG] MCP server "%s": Tool \'%s\' still running (60s elapsed)',
        b'2026-05-17T20:24:11.000Z [DEBUG] MCP server "%s": Tool \'%s\' failed after 70s: ' + tail,
    )
    return b"".join((line % ((server, tool) if line.count(b"%s") == 2 else (server,))) + b"\n" for line in lines)


def unsafe(text):
    """The first byte or character that a terminal must not see, in bytes without our own colours."""
    decoded = text.decode("utf-8")  # raises when the output is not UTF-8
    return re.search("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]", decoded)


class OutputSafety(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.log = os.path.join(self.scratch.name, "debug.txt")
        with open(self.log, "wb") as file:
            file.write(log(b"pg", b"list", HOSTILE) + log(b"pg" + HOSTILE.replace(b'"', b""), b"list" + HOSTILE.replace(b"'", b""), b"x")
                       + b"2026-05-17T20:25:00.000Z [ERROR] " + HOSTILE + b"\n")

    def tearDown(self):
        self.scratch.cleanup()

    def run_mcplog(self, *args, env=None):
        return subprocess.run([MCPLOG, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env={**os.environ, **(env or {})})

    def test_j1_text(self):
        for args in ((), ("--verbose",), ("--no-redact",)):
            result = self.run_mcplog("analyze", "--db", ":memory:", *args, self.log)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIsNone(unsafe(result.stdout))
            self.assertIsNone(unsafe(result.stderr))
            self.assertIn(b"\\x1b", result.stdout)

    def test_j1_ascii(self):
        result = self.run_mcplog("analyze", "--db", ":memory:", "--ascii", self.log)
        self.assertTrue(result.stdout.isascii())

    def test_j1_explain_and_status(self):
        database = os.path.join(self.scratch.name, "timeline.db")
        report = json.loads(self.run_mcplog("analyze", "--db", database, "-f", "json", self.log).stdout)
        for incident in report["incidents"]:
            result = self.run_mcplog("explain", "--db", database, incident["id"])
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIsNone(unsafe(result.stdout))
        self.assertIsNone(unsafe(self.run_mcplog("status", "--db", database).stdout))

    def test_j1_hostile_file_names(self):
        name = os.path.join(os.fsencode(self.scratch.name), HOSTILE.replace(b"/", b"") + b".txt")
        os.rename(self.log, name)
        for path in (name, os.fsencode(self.scratch.name), name + b"missing"):
            result = self.run_mcplog("analyze", "--db", ":memory:", path)
            self.assertIsNone(unsafe(result.stdout))
            self.assertIsNone(unsafe(result.stderr))

    def test_j2_colour(self):
        self.assertNotIn(b"\x1b", self.run_mcplog("analyze", "--db", ":memory:", self.log).stdout)
        always = self.run_mcplog("analyze", "--db", ":memory:", "--color=always", self.log).stdout
        self.assertIn(b"\x1b[", always)
        self.assertIsNone(unsafe(re.sub(rb"\x1b\[[0-9;]*m", b"", always)))
        for env, coloured in (({"TERM": "xterm", "NO_COLOR": ""}, True), ({"TERM": "dumb", "NO_COLOR": ""}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False)):
            self.assertEqual(b"\x1b[1;3" in self.on_terminal(env), coloured, env)

    def on_terminal(self, env):
        master, slave = pty.openpty()
        process = subprocess.Popen([MCPLOG, "analyze", "--db", ":memory:", self.log], stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.DEVNULL,
                                   env={**os.environ, **env})
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
        process.wait(timeout=60)
        os.close(master)
        return seen

    def test_j5_json(self):
        for form in ("json", "ndjson"):
            result = self.run_mcplog("analyze", "--db", ":memory:", "--format", form, self.log)
            self.assertTrue(result.stdout.isascii())
            self.assertIsNone(re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", result.stdout))
            for document in [result.stdout] if form == "json" else result.stdout.splitlines():
                json.loads(document, parse_constant=lambda name: self.fail(name))

    def test_j7_files(self):
        place = os.path.join(self.scratch.name, "report.txt")
        old = os.umask(0)
        try:
            self.assertEqual(self.run_mcplog("analyze", "--db", os.path.join(self.scratch.name, "t.db"), "-o", place, self.log).returncode, 0)
        finally:
            os.umask(old)
        for name in ("report.txt", "t.db"):
            self.assertEqual(os.stat(os.path.join(self.scratch.name, name)).st_mode & 0o777, 0o600)
        before = os.stat(place).st_ino
        self.assertEqual(self.run_mcplog("analyze", "--db", ":memory:", "-o", place, self.log).returncode, 0)
        self.assertNotEqual(os.stat(place).st_ino, before, "written in place, not replaced")
        link = os.path.join(self.scratch.name, "link.txt")
        os.symlink(self.log, link)
        self.run_mcplog("analyze", "--db", ":memory:", "-o", link, self.log)
        with open(self.log, "rb") as file:
            self.assertIn(b"Calling MCP tool", file.read())

    def test_j8_secrets_are_in_no_output_and_not_in_the_database(self):
        database = os.path.join(self.scratch.name, "timeline.db")
        with open(self.log, "wb") as file:
            file.write(log(b"pg", b"list", b"401 for Authorization: Bearer " + SECRET + b" at https://u:" + b"hunter2hunter2" + b"@h/x"))
        for form in ("text", "json", "ndjson"):
            result = self.run_mcplog("analyze", "--db", database, "--verbose", "--format", form, self.log)
            for secret in (SECRET[:12], SECRET[-12:], b"hunter2h"):
                self.assertNotIn(secret, result.stdout + result.stderr)
        for name in os.listdir(self.scratch.name):
            if name.startswith("timeline.db"):
                with open(os.path.join(self.scratch.name, name), "rb") as file:
                    data = file.read()
                self.assertNotIn(SECRET[:12], data)
                self.assertNotIn(b"hunter2h", data)
        plain = self.run_mcplog("analyze", "--db", ":memory:", "--no-redact", "--verbose", "--format", "json", self.log).stdout
        if b"REDACTED" in self.run_mcplog("analyze", "--db", ":memory:", "--verbose", "--format", "json", self.log).stdout:
            self.assertIn(SECRET, plain)

    def test_j9_messages(self):
        name = os.path.join(os.fsencode(self.scratch.name), b"\x1b[31m-" + SECRET + b".txt")
        result = self.run_mcplog("analyze", "--db", ":memory:", name)
        self.assertEqual(result.returncode, 3)
        self.assertIsNone(unsafe(result.stderr))
        self.assertNotIn(SECRET[4:16], result.stderr + result.stdout)
        result = self.run_mcplog("analyze", "--format=\x1b[31mred", "x")
        self.assertIsNone(unsafe(result.stderr))


if __name__ == "__main__":
    unittest.main()
