"""The lnav formats of share/lnav, in the real lnav: debug logs and mcplog's own ndjson become tables."""
import csv
import io
import json
import tempfile
import unittest
from pathlib import Path

from consumerlib import MCPLOG, SOURCE, need, run

need("lnav")
FORMATS = sorted((SOURCE / "share" / "lnav").glob("*.json"))
LOG = SOURCE / "samples" / "001-sse-drop-silent-hang" / "debug.txt"


class Lnav(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.TemporaryDirectory()
        self.addCleanup(self.home.cleanup)
        result = run("lnav", "-i", *FORMATS, home=self.home.name)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("✘", result.stderr.decode())

    def ask(self, sql, path):
        result = run("lnav", "-n", "-c", ";" + sql, "-c", ":write-csv-to -", path, home=self.home.name)
        self.assertEqual(result.stderr, b"")
        text = result.stdout.decode()
        self.assertNotIn("✘", text)
        return list(csv.DictReader(io.StringIO(text)))

    def test_the_formats_are_in_order(self):
        self.assertEqual([path.name for path in FORMATS], ["claude_debug.json", "mcplog.json"])
        result = run("lnav", "-C", home=self.home.name)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_a_debug_log_is_a_table(self):
        rows = self.ask("SELECT log_level, server, tool, tool_use_id FROM claude_debug WHERE tool IS NOT NULL", LOG)
        self.assertEqual(len(rows), 50)
        self.assertEqual(rows[0]["tool_use_id"], "toolu_01T2JSzbbHXsXm4jAAdEnuxv")
        self.assertEqual({row["server"] for row in rows if row["tool"] == "list_schemas"}, {"pg-mcp"})
        self.assertEqual(rows[1]["tool"], "list_schemas")
        levels = self.ask("SELECT log_level, count(*) AS n FROM claude_debug GROUP BY log_level ORDER BY 2 DESC, 1", LOG)
        self.assertEqual(sorted((row["log_level"], row["n"]) for row in levels), [("debug", "52"), ("error", "1"), ("info", "1"), ("warning", "1")])

    def test_incidents_are_a_table(self):
        found = run(MCPLOG, "analyze", "-q", "-f", "ndjson", "--db", ":memory:", SOURCE / "samples").stdout.splitlines(True)
        found = [line for line in found if json.loads(line)["type"] in ("incident", "note") and json.loads(line)["started_at"]]
        path = Path(self.home.name) / "found.ndjson"
        path.write_bytes(b"".join(found))
        rows = self.ask("SELECT log_level, type, cause, kind, server FROM mcplog_ndjson", path)
        self.assertEqual(len(rows), len(found))
        self.assertEqual(sorted(row["cause"] for row in rows if row["type"] == "incident"),
                         sorted(json.loads(line)["cause"] for line in found if json.loads(line)["type"] == "incident"))
        self.assertIn("critical", {row["log_level"] for row in rows})


if __name__ == "__main__":
    unittest.main()
