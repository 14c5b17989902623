#!/usr/bin/env python3
"""unknown groups what no signature explains, and nothing else; its templates become signatures that prove themselves."""
import csv
import io
import json
import os
import random
import re
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SECRET = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
LOG = """\
2026-05-17T20:23:00.766Z [DEBUG] MCP server "pg": Calling MCP tool: list
2026-05-17T20:23:01.000Z [DEBUG] MCP server "pg": Warp core breached after 31ms in /srv/a/b
2026-05-17T20:23:02.000Z [DEBUG] MCP server "pg": Warp core breached after 45ms in /srv/c/d
2026-05-17T20:23:03.000Z [DEBUG] Some chatter about colours
2026-05-17T20:23:04.000Z [ERROR] Flux capacitor overflow with SECRET
2026-05-17T20:23:05.000Z [DEBUG] MCP server "pg": Tool 'list' failed after 5s: the hamster is tired
""".replace("SECRET", SECRET)


class Unknown(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.log = self.put("debug.txt", LOG)

    def tearDown(self):
        self.scratch.cleanup()

    def put(self, name, text):
        path = os.path.join(self.scratch.name, name)
        with open(path, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        return path

    def run_mcplog(self, *args, expect=0):
        environment = {**os.environ, "HOME": self.scratch.name, "XDG_CONFIG_HOME": os.path.join(self.scratch.name, "none")}
        result = subprocess.run([MCPLOG, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, env=environment)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result.stdout.decode()

    def rows(self, *args):
        return json.loads(self.run_mcplog("unknown", "--format", "json", *args))

    def test_what_matters_and_only_that(self):
        rows = self.rows(self.log)
        self.assertEqual([(r["count"], r["class"], r["template"]) for r in rows], [
            (2, "mcp", "Warp core breached after <num> in <path>"),
            (1, "debug", "Flux capacitor overflow with <id>"),
            (1, "error", "the hamster is tired"),
        ])
        self.assertEqual((rows[0]["first"], rows[0]["last"]), ("2026-05-17T20:23:01.000Z", "2026-05-17T20:23:02.000Z"))
        self.assertEqual((rows[0]["line"], rows[0]["offset"], rows[0]["n"]), (2, LOG.index("\n") + 1, 1))

    def test_all_takes_the_rest_too(self):
        self.assertIn("Some chatter about colours", [r["template"] for r in self.rows("--all", self.log)])

    def test_secrets_stay_hidden(self):
        for form in "text", "json", "csv":
            self.assertNotIn(SECRET, self.run_mcplog("unknown", "--all", "--format", form, self.log))
        self.assertIn(SECRET, self.run_mcplog("unknown", "--format", "json", "--no-redact", self.log))

    def test_text_for_people(self):
        text = self.run_mcplog("unknown", self.log)
        self.assertTrue(text.startswith("4 unexplained lines in 3 templates · 6 records of 1 log\n"), text)
        self.assertIn("Warp core breached after <num> in <path>", text)
        self.assertLessEqual(max(map(len, text.split("\n"))), 100)
        self.assertIn("Everything about MCP servers, and every error, is explained", self.run_mcplog("unknown", self.put("x.txt", LOG.split("\n")[0] + "\n")))

    def test_versions_and_limit(self):
        head = '2026-05-17T20:22:00.000Z [DEBUG] MCP server "pg": Starting connection with timeout of 30000ms\n'
        self.put("debug.txt", head + LOG)
        text = self.run_mcplog("unknown", "--limit", "1", self.log)
        self.assertIn("--limit 0", text)
        self.assertEqual(len(list(csv.reader(io.StringIO(self.run_mcplog("unknown", "--limit", "2", "--format", "csv", self.log))))), 3)

    def test_missing_files_are_told(self):
        self.run_mcplog("unknown", self.log + ".gone", expect=3)

    def prove(self, number, *paths):
        folder = tempfile.mkdtemp(dir=self.scratch.name)
        skeleton = self.run_mcplog("patterns", "new", "my.id", "--all", "--from", str(number), *paths)
        with open(os.path.join(folder, "mine.yaml"), "w", encoding="utf-8") as file:
            file.write(skeleton)
        self.assertIn(" 0 errors", self.run_mcplog("patterns", "test", "my.id", "--patterns", folder), skeleton)
        return folder, skeleton

    def test_a_template_becomes_a_signature(self):
        for row in self.rows("--all", self.log):
            folder, skeleton = self.prove(row["n"], self.log)
            self.assertNotIn(SECRET, skeleton)
            left = [r["template"] for r in self.rows("--all", "--patterns", folder, self.log)]
            if SECRET not in LOG.split("\n")[row["line"] - 1]:  # [REDACTED] is not what the log says
                self.assertNotIn(row["template"], left)
        self.assertIn("there is no template 99", self.fails("patterns", "new", "my.id", "--from", "99", self.log))
        self.assertIn("the id comes first", self.fails("patterns", "new", self.log, "--from", "1"))

    def fails(self, *args):
        environment = {**os.environ, "HOME": self.scratch.name}
        result = subprocess.run([MCPLOG, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env=environment)
        self.assertEqual(result.returncode, 2)
        return result.stderr.decode()

    def test_hostile_lines_become_signatures_too(self):
        pick = random.Random(7)
        pieces = list("abcXYZ019 _-./:'\"[]{}()<>#*?+\\|^$%\t") + ["\x1b[31m", "\u202e", "é", "😀", "\u2028", "mcp", "\x07", "\udcff", "=", "@"]
        lines = ["".join(pick.choice(pieces) for _ in range(pick.randint(1, 60))) for _ in range(200)]
        path = self.put("fuzz.txt", "".join(f'2026-05-17T20:23:{i % 60:02}.766Z [DEBUG] MCP server "pg": zz{line}\n' for i, line in enumerate(lines)))
        text = self.run_mcplog("unknown", "--limit", "0", path)
        self.assertIsNone(re.search("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e]", text))
        rows = self.rows(path)
        self.assertGreater(len(rows), 100)
        for cells in csv.reader(io.StringIO(self.run_mcplog("unknown", "--format", "csv", path), newline="")):
            self.assertEqual(len(cells), 13)
            self.assertNotIn(cells[2][:1], tuple("=+-@\t\r"))
        for row in rows[:: len(rows) // 12]:
            self.prove(row["n"], path)


if __name__ == "__main__":
    unittest.main()
