#!/usr/bin/env python3
"""Every ready-made question is answered for its samples as patterns/queries says, and people can add their own."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import yaml
except ImportError as e:
    sys.exit(f"{e.name} is missing: install the Debian package python3-yaml (./quickstart does)")

MCPLOG = os.environ["MCPLOG"]
SOURCE = Path(os.environ["MCPLOG_SOURCE"])
QUERIES = [q for path in sorted((SOURCE / "patterns" / "queries").glob("*.yaml")) for q in yaml.safe_load(path.read_text(encoding="utf-8"))["queries"]]


def run(*arguments, expect=0, home=str(SOURCE)):
    environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=os.path.join(home, "no-config"), XDG_STATE_HOME=os.path.join(home, "no-state"))
    p = subprocess.run([MCPLOG, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert expect is None or p.returncode == expect, f"mcplog {' '.join(arguments)}: exit code {p.returncode}\n{p.stdout}\n{p.stderr}"
    return p.stdout, p.stderr


def ask(name, *arguments):
    return json.loads(run("query", name, "--format", "json", *arguments)[0])


class Queries(unittest.TestCase):
    def test_each_is_proven_by_a_sample(self):
        self.assertGreater(len(QUERIES), 8)
        for query in QUERIES:
            self.assertTrue(query.get("samples"), f"{query['id']} has no sample")
            for sample in query["samples"]:
                with self.subTest(query["id"], sample=sample["in"]):
                    rows = ask(query["id"], str(SOURCE / "samples" / sample["in"]))
                    self.assertEqual(len(rows), sample["rows"], rows)
                    first = sample.get("first", {})
                    self.assertEqual({k: rows[0].get(k, "no such column") for k in first}, first)

    def test_they_take_the_options_that_narrow(self):
        sample = str(SOURCE / "samples" / "001-sse-drop-silent-hang")
        for query in QUERIES:
            for name, value in ("server", "nobody"), ("tool", "nothing"), ("session", "ffff"), ("since", "2030-01-01"), ("until", "2000-01-01"):
                with self.subTest(query["id"], option=name):
                    if f":{name}" in query["sql"]:
                        self.assertEqual(ask(query["id"], f"--{name}", value, sample), [])
                    else:
                        _, err = run("query", query["id"], f"--{name}", value, sample, expect=2)
                        self.assertIn(f"has no --{name}", err)

    def test_no_call_is_counted_twice(self):
        for path in sorted((SOURCE / "samples").iterdir())[:60]:
            if not path.is_dir():
                continue
            with self.subTest(path.name):
                counted = ask("SELECT count(*) AS n FROM distinct_calls", str(path))[0]["n"]
                report = json.loads(run("analyze", "--db", ":memory:", "--format", "json", str(path), expect=None)[0])
                total = report["summary"]["calls"]
                # A call that only an error text of another log speaks of has no row.
                others = sum(1 for s in report["sources"] if s["kind"] not in ("claude-debug", "mcp-cache", "transcript"))
                self.assertTrue(total - others <= counted <= total, (counted, total, others))

    def assert_not_read_again(self, folder, sample):
        """A new question changes nothing about what was read."""
        with tempfile.TemporaryDirectory() as place:
            db = os.path.join(place, "t.db")
            log = os.path.join(place, "debug.txt")
            Path(log).write_bytes(Path(sample, "debug.txt").read_bytes())
            run("analyze", "--db", db, place, "--quiet")
            os.unlink(log)
            run("analyze", "--db", db, place, "--quiet", "--patterns", folder, expect=None)
            self.assertNotIn("old-knowledge", run("status", "--db", db, "--patterns", folder)[0])

    def test_people_add_their_own(self):
        with tempfile.TemporaryDirectory() as folder:
            def put(text):
                Path(folder, "mine.yaml").write_text("schema: mcplog.queries/1\nqueries:\n" + text, encoding="utf-8")
            put("- id: mine\n  title: How many?\n  parameters: { least: at least so many }\n"
                "  sql: SELECT count(*) AS n FROM calls HAVING n >= coalesce(:least, 0)\n")
            sample = str(SOURCE / "samples" / "001-sse-drop-silent-hang")
            run("patterns", "test", "mine", "--patterns", folder)
            self.assertIn("How many?", run("query", "--list", "--patterns", folder)[0])
            self.assertEqual(ask("mine", sample, "--patterns", folder), [{"n": 1}])
            self.assertEqual(ask("mine", "least=2", sample, "--patterns", folder), [])
            self.assert_not_read_again(folder, sample)
            self.assertIn("did you mean least?", run("query", "mine", "leest=2", sample, "--patterns", folder, expect=2)[1])
            put("- id: mine\n  title: Wrong\n  sql: SELECT servr FROM calls WHERE tool = :tol\n")
            _, err = run("patterns", "test", "mine", "--patterns", folder, expect=2)
            self.assertIn("no such column: servr", err)
            self.assertIn("mine.yaml:5", err)
            put("- id: mine\n  title: Not described\n  sql: SELECT 1 WHERE 'a' = :other\n")
            self.assertIn(":other", run("patterns", "test", "mine", "--patterns", folder, expect=2)[1])


if __name__ == "__main__":
    unittest.main()
