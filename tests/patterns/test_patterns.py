#!/usr/bin/env python3
"""The knowledge proves itself, and grows without C: a signature, a cause and a log format are added from a directory."""
import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import unittest

MCPLOG = os.environ["MCPLOG"]
SOURCE = os.environ["MCPLOG_SOURCE"]


def run(*arguments, cwd=None, expect=0):
    """stdout and stderr of mcplog, away from the caller's own configuration."""
    home = cwd or SOURCE
    environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=os.path.join(home, "no-config"), XDG_STATE_HOME=os.path.join(home, "no-state"))
    p = subprocess.run([MCPLOG, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=600)
    if expect is not None and p.returncode != expect:
        raise AssertionError(f"mcplog {' '.join(arguments)}: exit code {p.returncode}\n{p.stdout}\n{p.stderr}")
    return p.stdout, p.stderr


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = self.folder.name
        self.patterns = self.put_dir("my")

    def tearDown(self):
        self.folder.cleanup()

    def put_dir(self, name):
        path = os.path.join(self.path, name)
        os.mkdir(path)
        return path

    def put(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def analyze(self, *arguments):
        out, _ = run("analyze", "--db", ":memory:", "--format", "json", *arguments, cwd=self.path)
        return json.loads(out)

    def prove(self, *ids):
        out, _ = run("patterns", "test", "--patterns", self.patterns, *ids, cwd=self.path)
        self.assertIn(" 0 errors", out)


class BuiltIn(unittest.TestCase):
    def test_every_pattern_proves_itself(self):
        out, err = run("patterns", "test", expect=None)
        self.assertIn(" 0 errors, 0 warnings", out, err)

    def test_lint_has_no_error(self):
        out, err = run("patterns", "lint", expect=None)
        self.assertIn(" 0 errors", out, err)

    def test_list_names_each_sort(self):
        out, _ = run("patterns", "list")
        for sort in "format", "signature", "redaction", "cause", "note":
            self.assertRegex(out, rf"(?m)^{sort}\s")


DEBUG = "2026-11-20T11:{}Z [{}] {}\n"


def hang(drop):
    """A call that waits ten minutes behind `drop` until somebody presses Esc."""
    lines = [
        DEBUG.format("10:54.103", "INFO", "[Stall] tool_dispatch_start tool=mcp__pg__list toolUseId=toolu_01AbCdEf permissionDecisionMs=1"),
        DEBUG.format("10:54.104", "DEBUG", 'MCP server "pg": Calling MCP tool: list'),
        DEBUG.format("10:56.104", "DEBUG", f'MCP server "pg": {drop}'),
    ]
    for beat in range(1, 20):
        seconds = 54 + 30 * beat
        lines.append(DEBUG.format(f"{10 + seconds // 60}:{seconds % 60:02}.110", "DEBUG", f"MCP server \"pg\": Tool 'list' still running ({30 * beat}s elapsed)"))
    lines += [
        DEBUG.format("20:34.100", "DEBUG", "[onCancel] source=local focusedInputDialog=undefined streamMode=tool-use"),
        DEBUG.format("20:34.102", "DEBUG", "MCP server \"pg\": Tool 'list' failed after 580s: MCP error -32001: user-cancel"),
        DEBUG.format("20:34.103", "INFO", "[Stall] tool_dispatch_end tool=mcp__pg__list toolUseId=toolu_01AbCdEf outcome=error durationMs=580000"),
    ]
    connect = [
        DEBUG.format("10:40.000", "DEBUG", 'MCP server "pg": SSE transport initialized, awaiting connection'),
        DEBUG.format("10:40.100", "DEBUG", 'MCP server "pg": Successfully connected (transport: sse) in 59ms'),
    ]
    return "".join(connect + lines)


SIGNATURE = """\
schema: mcplog.signatures/1
signatures:
- id: my.burst
  event: transport.dropped
  in: [mcp]
  match: |-
    ^(?<transport>[A-Z]+) pipe burst after (?<uptime>\\d+)s of flow
  meaning: the stream ended, in words that no client uses
  constructed: true
  samples:
  - line: |-
      SSE pipe burst after 100s of flow
    is: { transport: SSE, uptime: "100" }
  - line: |-
      SSE pipe laid
    is: no
"""

CAUSE = """\
schema: mcplog.causes/1
causes:
- id: my-pool-exhausted
  title: "{tool} on {server} waited in vain for a connection to the database"
  group: failure
  scope: call
  weight: failure
  when:
  - { as: pool, event: my.pool-exhausted, server: any, from: start, to: end, else: "the pool was never exhausted" }
  root: pool
  trigger: none-observed
  says: |-
    The connection pool of {server} was used up while the call waited.
  what: |-
    All connections of the server's pool are taken.
  proves: [samples/none]
  denies: [samples/none]
"""

POOL = """\
schema: mcplog.signatures/1
signatures:
- id: my.pool-exhausted
  event: my.pool-exhausted
  in: [debug]
  match: |-
    ^\\[Pool\\] exhausted: (?<n>\\d+) of (?<m>\\d+) connections in use
  meaning: no connection was left in the pool
  constructed: true
  samples:
  - line: |-
      [Pool] exhausted: 20 of 20 connections in use
    is: { n: "20", m: "20" }
  - line: |-
      [Pool] opened
    is: no
"""

KINDS = """\
schema: mcplog.kinds/1
kinds:
- { id: my.pool-exhausted, what: no connection was left in the server's pool }
"""

FORMAT = """\
schema: mcplog.formats/1
formats:
- id: my-format
  kind: server
  class: server
  head: '<dd.dd.dddd dd:dd:dd> '
  time: '%d.%m.%Y %H:%M:%S'
  match: |-
    ^<(?<time>\\d\\d\\.\\d\\d\\.\\d{4} \\d\\d:\\d\\d:\\d\\d)> (?<level>[a-z]+): (?<body>.*)
  meaning: a log of an own server
  constructed: true
  samples:
  - line: |-
      <20.11.2026 10:00:00> info: Started server process [17]
    is: { time: "20.11.2026 10:00:00", level: info, body: "Started server process [17]" }
  - line: |-
      <20.11.2026> info: Started server process [17]
    is: no
"""


class Growing(Folder):
    def test_a_new_signature(self):
        log = self.put("debug.txt", hang("SSE pipe burst after 100s of flow"))
        without = self.analyze(log)
        self.assertNotIn("sse-drop-silent-hang", without["summary"]["by_cause"])
        self.put("my/signature.yaml", SIGNATURE)
        self.prove("my.burst")
        report = self.analyze("--patterns", self.patterns, log)
        self.assertEqual(report["summary"]["by_cause"], {"sse-drop-silent-hang": 1})
        self.assertTrue(any("pipe burst" in e["text"] for e in report["incidents"][0]["evidence"]), report["incidents"][0]["evidence"])

    def test_a_new_cause(self):
        log = self.put("debug.txt", hang("Something else").replace('MCP server "pg": Something else', "[Pool] exhausted: 20 of 20 connections in use"))
        self.put("my/signature.yaml", POOL)
        self.put("my/kinds.yaml", KINDS)
        without = self.analyze("--patterns", self.patterns, log)
        self.assertNotIn("my-pool-exhausted", without["summary"]["by_cause"])
        others = ", ".join(without["summary"]["by_cause"])
        self.put("my/cause.yaml", CAUSE.replace("  root: pool\n", f"  root: pool\n  absorbs: [{others}]\n"))
        self.prove("my.pool-exhausted")
        report = self.analyze("--patterns", self.patterns, log)
        self.assertEqual(report["summary"]["by_cause"], {"my-pool-exhausted": 1})
        incident = report["incidents"][0]
        self.assertIn("waited in vain", incident["title"])
        self.assertTrue(any("[Pool] exhausted" in e["text"] for e in incident["evidence"]), incident["evidence"])
        out, _ = run("explain", "my-pool-exhausted", "--patterns", self.patterns, cwd=self.path)
        self.assertIn("All connections of the server's pool are taken", out)

    def test_a_new_line_shaped_format(self):
        lines = ["info: Started server process [17]", "info: Waiting for application startup.", "info: Application startup complete.",
                 "info: Shutting down", "info: Finished server process [17]"]
        log = self.put("own.log", "".join(f"<20.11.2026 10:00:0{i}> {line}\n" for i, line in enumerate(lines)))
        without = self.analyze(log)["sources"][0]
        self.assertIsNone(without["first_time"])
        self.put("my/format.yaml", FORMAT)
        self.prove("my-format")
        source = self.analyze("--patterns", self.patterns, log)["sources"][0]
        self.assertEqual(source["kind"], "server")
        self.assertEqual(source["first_time"], "2026-11-20T10:00:00.000Z")
        self.assertEqual(source["last_time"], "2026-11-20T10:00:04.000Z")
        self.assertEqual(source["unrecognized"], 0)

    def test_a_pattern_that_takes_too_long_is_told(self):
        long = "SSE pipe burst after 100s of flow" + "xyz" * 2000 + "!"
        log = self.put("debug.txt", hang(long) + hang(long))
        self.put("my/slow.yaml", SIGNATURE.replace("s of flow\n  meaning", "s of flow.*x.*y.*z$\n  meaning"))
        out, err = run("analyze", "--db", ":memory:", "--format", "json", "--patterns", self.patterns, log, cwd=self.path, expect=3)
        problem = next(p for p in json.loads(out)["sources"][0]["problems"] if p["code"] == "pattern-gave-up")
        self.assertEqual((problem["severity"], problem["times"]), ("error", 2))
        self.assertIn("my.burst gave up", problem["text"])
        self.assertIn("my.burst gave up", err)

    def test_a_broken_pattern_does_not_stop_a_run(self):
        log = self.put("debug.txt", hang("SSE connection dropped after 100s uptime"))
        self.put("my/bad.yaml", SIGNATURE.replace("pipe burst", "pipe (burst"))
        out, err = run("analyze", "--db", ":memory:", "--format", "json", "--patterns", self.patterns, log, cwd=self.path, expect=2)
        self.assertEqual(json.loads(out)["summary"]["by_cause"], {"sse-drop-silent-hang": 1})
        self.assertRegex(err, r"my/bad\.yaml:7:\d+: ")
        _, err = run("patterns", "lint", "--patterns", self.patterns, cwd=self.path, expect=2)
        self.assertRegex(err, r"my/bad\.yaml:7:\d+: ")

    def test_a_failing_sample_is_shown_with_a_caret(self):
        self.put("my/bad.yaml", SIGNATURE.replace("SSE pipe burst after 100s", "SSE pipe burst after 1oos"))
        out, err = run("patterns", "test", "--patterns", self.patterns, "my.burst", cwd=self.path, expect=2)
        self.assertNotIn(" 0 errors", out)
        self.assertRegex(err, r"my/bad\.yaml:12:29: my\.burst: the sample does not match")
        lines = err.splitlines()
        shown = next(i for i, line in enumerate(lines) if "SSE pipe burst" in line)
        self.assertEqual(lines[shown][lines[shown + 1].index("^"):], "oos of flow")

    def lint(self, match):
        """stdout and warnings for a signature that is found in a sample by `match`."""
        self.put("my/cost.yaml", SIGNATURE.replace("^(?<transport>[A-Z]+) pipe burst after (?<uptime>\\d+)s of flow", match))
        return run("patterns", "lint", "--patterns", self.patterns, "my.burst", cwd=self.path)

    def test_lint_says_what_a_pattern_costs(self):
        out, err = self.lint("^(?<transport>SSE) pipe burst after (?<uptime>\\d+)s of flow")
        self.assertEqual(err, "")
        row = re.search(r"(?m)^ *(\d+) +(\d+) of +(\d+) +([\d.]+)  plain  my\.burst: begins with `SSE pipe burst after `$", out)
        self.assertIsNotNone(row, out)
        total, tried, records, each = (float(x) for x in row.groups())
        self.assertLessEqual(tried, 2)
        self.assertGreater(records, 50)
        self.assertAlmostEqual(total, 100 * tried * each / records, delta=1)
        wide, err = self.lint("(?<transport>[A-Z]+) pipe burst after (?<uptime>\\d+)s of flow")
        self.assertIn("my.burst: anywhere holds ` pipe burst after `", wide)
        self.assertRegex(err, r"my/cost\.yaml:7:\d+: my\.burst: nothing is known about the first 8 bytes")

    def test_lint_names_a_pattern_that_a_hostile_line_makes_slow(self):
        good = "^(?<transport>[A-Z]{2,9}) pipe burst after (?<uptime>\\d{1,9})s of flow"
        _, err = self.lint(good)
        self.assertEqual(err, "")
        for bad in good.replace("^(", r"^(?:.*:)?.*?\b("), good.replace("^(", r"^(?>x?)(?:.*:)?.*?\b("):
            with self.subTest(bad):
                _, err = self.lint(bad)
                self.assertRegex(err, r"my/cost\.yaml:7:\d+: my\.burst: (?:steps grow faster than the line|a line of 64 KiB)")
                self.assertIn("exclude each other", err)

    def test_a_stolen_sample_is_reported(self):
        self.put("my/thief.yaml", SIGNATURE.replace("^(?<transport>[A-Z]+) pipe burst after (?<uptime>\\d+)s of flow", "^(?<transport>[A-Z]+) connection dropped after (?<uptime>\\d+)s"))
        _, err = run("patterns", "test", "--patterns", self.patterns, cwd=self.path, expect=2)
        self.assertIn("is taken by the signature my.burst", err)


class Newcomer(Folder):
    """docs/adding-a-signature.md: its files are written and its commands are run, in its order."""

    def test_the_page_works(self):
        with open(os.path.join(SOURCE, "docs", "adding-a-signature.md"), encoding="utf-8") as f:
            page = f.read()
        os.symlink(MCPLOG, os.path.join(self.path, "mcplog"))
        self.put("server.log", "2026-11-20 11:10:54,103 ERROR my_server.pool: pool exhausted: 20 of 20 connections in use, waited 30s\n")
        commands = 0
        for language, name, text in re.findall(r"(?ms)^```(\w+)(?: (\S+))?\n(.*?)^```$", page):
            if language == "yaml":
                self.put(name, text)
                continue
            self.assertEqual(language, "sh")
            environment = dict(os.environ, HOME=self.path, PATH=self.path + os.pathsep + os.environ["PATH"])
            for command in text.strip().splitlines():
                commands += 1
                if "patterns" in command and "test" in command or "lint" in command:
                    self.assertTrue(os.path.exists(os.path.join(self.path, "my-patterns", "kinds.yaml")))
                p = subprocess.run(["sh", "-c", command], cwd=self.path, env=environment, capture_output=True, text=True, timeout=300)
                self.assertEqual(p.returncode, 0, f"{command}\n{p.stdout}\n{p.stderr}")
        self.assertGreaterEqual(commands, 5)
        for patterns, events in (["--patterns", "my-patterns"], 1), ([], 0):
            db = os.path.join(self.path, f"timeline{events}.db")
            run("analyze", "--db", db, *patterns, "server.log", cwd=self.path)
            with contextlib.closing(sqlite3.connect(db)) as connection:
                rows = connection.execute("SELECT count(*) FROM events WHERE kind = 'my.pool-exhausted'").fetchone()
            self.assertEqual(rows, (events,))


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
