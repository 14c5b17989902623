#!/usr/bin/env python3
"""explain reads the lines behind evidence again: whole where the report keeps their beginning, as they are where it keeps none, without
their secrets, and only while the file still holds them."""
import os
import re
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SECRET = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
NOT_KEPT = "[API REQUEST] /v1/messages source=repl_main_thread"
TOOL = "tool=mcp__git__blame toolUseId=toolu_0175PPgJSKuh789bSU35Q2hM"
LOG = f"""\
2026-03-30T10:15:00.496Z [DEBUG] {NOT_KEPT}
2026-03-30T10:15:00.529Z [INFO] [Stall] tool_dispatch_start {TOOL} permissionDecisionMs=1
2026-03-30T10:15:00.529Z [DEBUG] MCP server "git": Calling MCP tool: blame
2026-03-30T10:15:02.629Z [DEBUG] MCP server "git": Tool 'blame' failed after 2s: too shallow{" and so on" * 60} {SECRET} the very end
2026-03-30T10:15:02.630Z [WARN] [Stall] tool_dispatch_end {TOOL} outcome=error durationMs=2101
2026-03-30T10:37:02.630Z [DEBUG] [FileIndex] refresh: 822 files in 32ms
"""


class Explain(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.log = os.path.join(self.scratch.name, "debug.txt")
        self.db = os.path.join(self.scratch.name, "timeline.db")
        self.write(LOG)
        self.id = re.search(r"v1:[0-9a-f]+", self.run_mcplog("analyze", self.log)).group()

    def tearDown(self):
        self.scratch.cleanup()

    def write(self, text):
        with open(self.log, "w", encoding="utf-8") as file:
            file.write(text)

    def run_mcplog(self, command, *args, expect=0):
        environment = {**os.environ, "HOME": self.scratch.name, "XDG_CONFIG_HOME": os.path.join(self.scratch.name, "none")}
        result = subprocess.run([MCPLOG, command, "--db", self.db, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=120, env=environment)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result.stdout.decode()

    def evidence(self, expect=0):
        """The part that shows lines, each run of blanks and line ends as one blank."""
        text = self.run_mcplog("explain", self.id, expect=expect)
        return " ".join(text.split("\nEvidence\n")[1].split("\nAlternatives\n")[0].split())

    def test_a_long_line_is_whole(self):
        self.assertIn("and so on [REDACTED:github] the very end", self.evidence())

    def test_no_secret_comes_back(self):
        self.assertNotIn(SECRET, self.evidence())

    def test_a_line_whose_text_is_not_kept_is_shown(self):
        self.assertIn(NOT_KEPT, self.evidence())

    def test_another_line_at_that_place_is_not_shown(self):
        self.write("2026-03-31T00:00:00.000Z [DEBUG] Some chatter about colours\n" * 40)
        self.assert_only_excerpts(self.evidence())

    def test_without_the_file_the_excerpts_are_shown(self):
        os.remove(self.log)
        self.assert_only_excerpts(self.evidence(expect=3))

    def assert_only_excerpts(self, shown):
        self.assertIn("failed after 2s: too shallow and so on", shown)
        for text in ("the very end", NOT_KEPT, "chatter"):
            self.assertNotIn(text, shown)


if __name__ == "__main__":
    unittest.main()
