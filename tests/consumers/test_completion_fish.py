"""A real fish completes commands, options, choices, ids and files."""
import tempfile
import unittest
from pathlib import Path

from consumerlib import MCPLOG, need, run

need("fish")


class Fish(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.script = Path(self.folder.name) / "mcplog.fish"
        self.script.write_bytes(run(MCPLOG, "completion", "fish").stdout)

    def offers(self, line):
        result = run("fish", "-c", f'source {self.script}; complete -C "{line}"', home=self.folder.name)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return [row.split("\t")[0] for row in result.stdout.decode().split("\n")[:-1]]

    def test_offers(self):
        for line, wanted in (("mcplog anal", ["analyze"]), ("mcplog analyze --for", ["--force-text", "--format"]), ("mcplog completion z", ["zsh"]),
                             ("mcplog explain sse-d", ["sse-drop-silent-hang", "sse-dropped-server-side"]), ("mcplog help stat", ["status"]),
                             ("mcplog analyze --format nd", ["ndjson"]), ("mcplog analyze -f nd", ["-fndjson"]),
                             ("mcplog analyze --min-severity ", ["info", "warning", "critical"])):
            with self.subTest(line=line):
                got = self.offers(line)
                self.assertEqual(sorted(x.replace("-fnd", "nd") for x in got), sorted(x.replace("-fnd", "nd") for x in wanted))
        self.assertIn(f"{self.folder.name}/mcplog.fish", self.offers(f"mcplog analyze {self.folder.name}/mcp"))


if __name__ == "__main__":
    unittest.main()
