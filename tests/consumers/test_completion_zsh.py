"""A real zsh completes commands, options, choices, ids and files."""
import tempfile
import unittest
from pathlib import Path

from consumerlib import MCPLOG, need, run

need("zsh")
HERE = Path(__file__).resolve().parent


class Zsh(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.script = Path(self.folder.name) / "_mcplog"
        self.script.write_bytes(run(MCPLOG, "completion", "zsh").stdout)

    def offers(self, line):
        result = run("zsh", "-f", HERE / "completing.zsh", self.folder.name, line, home=self.folder.name, timeout=60)
        return result.stdout.decode().split("\n")[:-1]

    def test_syntax(self):
        result = run("zsh", "-n", self.script)
        self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_offers(self):
        for line, wanted in (("mcplog anal", ["analyze"]), ("mcplog analyze --for", ["--force-text", "--format"]), ("mcplog completion z", ["zsh"]),
                             ("mcplog explain sse-d", ["sse-drop-silent-hang", "sse-dropped-server-side"]), ("mcplog help stat", ["status"]),
                             ("mcplog analyze --format=nd", ["ndjson"]), ("mcplog analyze -f nd", ["ndjson"]),
                             ("mcplog analyze --min-severity ", ["info", "warning", "critical"])):
            with self.subTest(line=line):
                self.assertEqual(sorted(self.offers(line)), sorted(wanted))
        self.assertIn("_mcplog", self.offers(f"mcplog analyze {self.folder.name}/"))


if __name__ == "__main__":
    unittest.main()
