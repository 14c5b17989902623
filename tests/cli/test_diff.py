#!/usr/bin/env python3
"""diff compares two periods or two logs, worse first, and does not claim what few numbers cannot show."""
import json
import os
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")


def log(day, good, bad, ms, server="pg"):
    lines, number = [], 0
    for i in range(good + bad):
        number += 1
        at = f"{day}T{10 + i // 60:02}:{i % 60:02}:0"
        lines.append(f'{at}0.000Z [DEBUG] MCP server "{server}": Calling MCP tool: list')
        if i < good:
            lines.append(f'{at}1.000Z [DEBUG] MCP server "{server}": Tool \'list\' completed successfully in {ms}ms')
        else:
            lines.append(f'{at}1.000Z [DEBUG] MCP server "{server}": Tool \'list\' failed after 1s: it broke')
    return "\n".join(lines) + "\n"


class Diff(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.old = self.put("old.txt", log("2026-05-01", 40, 2, 100))
        self.new = self.put("new.txt", log("2026-05-02", 30, 12, 450))

    def tearDown(self):
        self.scratch.cleanup()

    def put(self, name, text):
        path = os.path.join(self.scratch.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_mcplog(self, *args, expect=0):
        environment = {**os.environ, "HOME": self.scratch.name, "XDG_STATE_HOME": os.path.join(self.scratch.name, "state")}
        result = subprocess.run([MCPLOG, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=environment)
        self.assertEqual(result.returncode, expect, result.stderr)
        return result.stdout + result.stderr

    def diff(self, *args):
        return json.loads(self.run_mcplog("diff", "--format", "json", *args))

    def test_two_logs(self):
        result = self.diff(self.old, self.new)
        self.assertEqual((result["a"]["calls"], result["b"]["calls"], result["a"]["failed"], result["b"]["failed"]), (42, 42, 2, 12))
        first = result["differences"][0]
        self.assertEqual(first["trend"], "worse")
        self.assertEqual({(d["figure"], d["sure"]) for d in result["differences"] if d["trend"] == "worse" and d["server"] == "pg"} & {("failed", "clear"), ("p50", "clear")},
                         {("failed", "clear"), ("p50", "clear")})
        back = self.diff(self.new, self.old)
        self.assertEqual({d["trend"] for d in back["differences"] if d["figure"] in ("failed", "p50")}, {"better"})
        text = self.run_mcplog("diff", self.old, self.new)
        self.assertLess(text.index("Worse"), text.index("pg/list"))
        self.assertIn("2 of 42, 5 %", text)

    def test_equal_logs_differ_in_nothing(self):
        self.assertEqual(self.diff(self.old, self.old)["differences"], [])
        self.assertIn("Nothing differs.", self.run_mcplog("diff", self.old, self.old))

    def test_periods_of_a_timeline_and_of_logs(self):
        self.run_mcplog("analyze", self.old, self.new)
        wanted = (42, 42)
        for periods in ("2026-05-01", "2026-05-02"), ("yesterday", "today"), ("..2026-05-01", "2026-05-02.."), ("2026-04-20..2026-05-01", "2026-05-02..2026-05-09"):
            with self.subTest(periods):
                result = self.diff(*periods)
                self.assertEqual((result["a"]["calls"], result["b"]["calls"]), wanted)
        result = self.diff("yesterday", "today", "--db", ":memory:", self.old, self.new)
        self.assertEqual((result["a"]["calls"], result["b"]["calls"]), wanted)
        self.assertEqual(self.diff("yesterday", "today", "--server", "nobody")["a"]["calls"], 0)

    def test_wrong_arguments_say_what_is_meant(self):
        self.assertIn("two periods or two logs", self.run_mcplog("diff", "yesterday", expect=2))
        self.assertIn("one side is a log", self.run_mcplog("diff", self.old, "yesterday", expect=2))
        self.assertIn("does not exist", self.run_mcplog("diff", self.old + ".gone", self.new, expect=2))
        self.assertIn("is no time", self.run_mcplog("diff", "last-tuesday", "today", expect=2))
        self.assertIn("one argument too many", self.run_mcplog("diff", self.old, self.new, self.new, expect=2))
        self.assertIn("no timeline yet", self.run_mcplog("diff", "yesterday", "today", expect=4))


if __name__ == "__main__":
    unittest.main()
