#!/usr/bin/env python3
"""Waterfalls of some samples, byte for byte (`--update` writes them anew: look at them before you commit), and what holds for
the waterfall of every sample: no line wider than the page, nothing but ASCII with --ascii, no forbidden byte."""
import json
import os
import subprocess
import sys
import tempfile
import unicodedata
import unittest

import samplelib

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "timeline")
SHOWN = ["001-sse-drop-silent-hang", "004-parallel-subagents-one-drop", "006-proxy-cuts-sse-every-15s", "018-long-call-like-the-one-before",
         "021-session-expired-recovered", "024-permission-prompt-open", "032-cancel-then-stale-progress-kills-stdio"]
EVERY = 1 if not os.environ.get("MCPLOG_SANITIZE", "OFF") in ("ON", "1") else 5


def draw(name, *args):
    with tempfile.TemporaryDirectory() as home:
        samplelib.copy_inputs(name, os.path.join(home, name))
        env = {"PATH": os.environ["PATH"], "HOME": home, "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        run = subprocess.run([samplelib.BINARY, "timeline", "--db", ":memory:", "--allow-root", *args, name], cwd=home, env=env,
                             stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
        if run.returncode not in (0, 3):
            raise AssertionError(f"{name}: exit {run.returncode}: {run.stderr.decode()}")
        return run.stdout.decode("utf-8")


def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


class Timeline(unittest.TestCase):
    def test_pictures_are_as_they_were_looked_at(self):
        for name in SHOWN:
            with self.subTest(name):
                with open(os.path.join(GOLDEN, name + ".txt"), encoding="utf-8") as f:
                    self.assertEqual(draw(name), f.read())

    def test_lines_fit_the_page(self):
        for name in samplelib.names()[::EVERY]:
            with self.subTest(name):
                for line in draw(name, "--width", "80").split("\n"):
                    self.assertLessEqual(width(line), 80, line)
                    self.assertFalse([c for c in line if ord(c) < 32 or 127 <= ord(c) < 160], line)

    def test_wide_and_narrow_pages(self):
        for name in SHOWN:
            for columns in 60, 120, 200:
                for line in draw(name, "--width", str(columns)).split("\n"):
                    self.assertLessEqual(width(line), columns, (name, columns, line))

    def test_forms_for_other_programs(self):
        trace = json.loads(draw("006-proxy-cuts-sse-every-15s", "--format", "chrome-trace"))
        self.assertIn("deep_crawl", {e["name"].split(" ")[0] for e in trace["traceEvents"]})
        self.assertTrue(draw("006-proxy-cuts-sse-every-15s", "--format", "mermaid").startswith("gantt\n"))
        self.assertNotIn("gantt", draw("012-slow-tool-server-works", "--format", "mermaid"))

    def test_ascii_is_ascii_and_keeps_the_columns(self):
        for name in SHOWN:
            text = draw(name, "--ascii")
            self.assertTrue(text.isascii(), name)
            for line in text.split("\n"):
                self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    if not os.path.exists(samplelib.BINARY):
        sys.exit(samplelib.SKIP)
    if "--update" in sys.argv:
        for shown in SHOWN:
            with open(os.path.join(GOLDEN, shown + ".txt"), "w", encoding="utf-8") as out:
                out.write(draw(shown))
        sys.exit(0)
    unittest.main()
