"""Retention: prune removes rows by age and size, says so, and nothing comes back (bad-inputs G8, G11)."""
import json
import os
import sqlite3
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")


def call(day, number):
    return (f"2026-{day}T10:00:00.{number:03}Z [DEBUG] MCP server \"s\": Calling MCP tool: t{number}\n"
            f"2026-{day}T10:00:01.{number:03}Z [DEBUG] MCP server \"s\": Tool 't{number}' completed successfully in 1s\n")


class Prune(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.log = os.path.join(self.folder.name, "debug.txt")
        self.write("w", "".join(call("05-01", n) for n in range(50)) + "".join(call("11-01", n) for n in range(30)))
        self.run_it("analyze", "debug.txt")

    def write(self, mode, text):
        with open(self.log, mode, encoding="utf-8") as f:
            f.write(text)

    def run_it(self, *args, code=0):
        more = ["--allow-root"] if args[0] == "analyze" else []
        done = subprocess.run([MCPLOG, args[0], "--db", "t.db", *more, *args[1:]], cwd=self.folder.name, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr)
        return (done.stdout if code == 0 else done.stderr).decode()

    def calls(self):
        with sqlite3.connect(os.path.join(self.folder.name, "t.db")) as c:
            return c.execute("SELECT count(*), min(started) FROM calls").fetchone()

    def age(self):
        """So many days that only the calls of May are older."""
        import datetime
        return f"{(datetime.datetime.now() - datetime.datetime(2026, 8, 1)).days}d"

    def test_old_rows_go_and_do_not_come_back(self):
        self.assertIn("would remove 50 calls", self.run_it("prune", "--older-than", self.age(), "--dry-run"))
        self.assertEqual(self.calls()[0], 80)
        self.assertIn("removed 50 calls", self.run_it("prune", "--older-than", self.age()))
        self.assertEqual(self.calls(), (30, "2026-11-01T10:00:00.000Z"))
        self.run_it("analyze", "debug.txt")
        self.assertEqual(self.calls()[0], 30)
        self.write("a", call("11-02", 1))
        self.run_it("analyze", "debug.txt")
        self.assertEqual(self.calls()[0], 31)
        self.assertIn("removed 0 calls", self.run_it("prune", "--older-than", self.age()))

    def test_size(self):
        with open(self.log, "a", encoding="utf-8") as f:
            f.write("".join(call("11-03", n % 1000) for n in range(3000)))
        self.run_it("analyze", "debug.txt")
        before = os.path.getsize(os.path.join(self.folder.name, "t.db"))
        self.run_it("prune", "--max-size", "150K")
        self.assertLess(os.path.getsize(os.path.join(self.folder.name, "t.db")), before)
        self.assertEqual(self.calls()[0], 0)
        self.run_it("analyze", "debug.txt")
        self.assertEqual(self.calls()[0], 0)

    def test_what_was_pruned_is_not_called_absent(self):
        self.assertIn("it gets no smaller", self.run_it("prune", "--max-size", "1K"))
        self.assertIn("it gets no smaller", self.run_it("prune", "--max-size", "1K"))
        self.assertNotIn("no smaller", self.run_it("prune", "--max-size", "1G"))
        text = " ".join(self.run_it("analyze", "debug.txt").split())
        self.assertIn("removed from the timeline by prune", text)
        self.assertIn("note pruned", self.run_it("status"))
        problems = json.loads(self.run_it("analyze", "--format", "json", "debug.txt"))["sources"][0]["problems"]
        self.assertIn(("pruned", "note"), [(p["code"], p["severity"]) for p in problems])
        drawn = " ".join(self.run_it("timeline", "debug.txt").split())
        self.assertIn("prune removed", drawn)
        self.assertIn("--db :memory:", drawn)
        self.assertIn("--db :memory:", self.run_it("explain", "v1:abc", "debug.txt", code=2))
        whole = subprocess.run([MCPLOG, "analyze", "--allow-root", "--db", ":memory:", "debug.txt"], cwd=self.folder.name, capture_output=True, timeout=60)
        self.assertIn(b"80 calls", whole.stdout)
        self.assertNotIn(b"prune", whole.stdout)

    def test_a_copy_is_not_called_pruned(self):
        self.write_copy("copy.txt")
        self.run_it("analyze", "debug.txt", "copy.txt")
        os.unlink(self.log)
        self.run_it("analyze", "copy.txt")
        self.assertNotIn("pruned", self.run_it("status"))

    def test_a_copy_of_a_pruned_file_is_called_pruned(self):
        self.run_it("prune", "--max-size", "1K")
        self.write_copy("copy.txt")
        self.assertIn("removed from the timeline by prune", " ".join(self.run_it("analyze", "copy.txt").split()))

    def test_a_pruned_file_that_grew_keeps_its_lines(self):
        self.run_it("prune", "--max-size", "1K")
        self.write("a", call("11-02", 1))
        source = json.loads(self.run_it("analyze", "--format", "json", "debug.txt"))["sources"][0]
        self.assertEqual(source["lines"], 162)
        self.assertIn("pruned", [p["code"] for p in source["problems"]])

    def write_copy(self, name):
        with open(self.log, "rb") as old, open(os.path.join(self.folder.name, name), "wb") as new:
            new.write(old.read())

    def test_a_missing_database_is_not_made(self):
        done = subprocess.run([MCPLOG, "prune", "--db", "other.db", "--older-than", "1d"], cwd=self.folder.name, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"no database yet", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder.name, "other.db")))

    def test_usage(self):
        self.assertIn("--older-than 90d", self.run_it("prune", code=2))
        self.assertIn("no duration", self.run_it("prune", "--older-than", "soon", code=2))
        self.assertIn("no size", self.run_it("prune", "--max-size", "10Q", code=2))


if __name__ == "__main__":
    unittest.main()
