"""The manual pages, the written one and those made from the table of options: mandoc finds nothing to complain about."""
import re
import tempfile
import unittest
from pathlib import Path

from consumerlib import MCPLOG, SOURCE, need, run

need("mandoc")


class Manual(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def clean(self, page):
        result = run("mandoc", "-Tlint", page)
        # The pages refer to each other and to those of the system, which need not be installed here.
        said = [line for line in result.stdout.decode().splitlines() if "referenced manual not found" not in line and "outdated mandoc.db" not in line]
        self.assertEqual(said, [], page)
        text = run("mandoc", "-Tutf8", "-Owidth=80", page)
        self.assertGreater(len(text.stdout), 500)

    def test_written_pages(self):
        pages = sorted((SOURCE / "docs").glob("*.1"))
        self.assertIn("mcplog.1", [page.name for page in pages])
        for page in pages:
            self.clean(page)

    def test_pages_of_commands(self):
        commands = re.findall(r"(?m)^\.It Xr mcplog-(\w+) 1$", run(MCPLOG, "help", "--mdoc").stdout.decode())
        self.assertGreater(len(commands), 5)
        for command in ["", *commands]:
            page = Path(self.folder.name) / f"mcplog-{command or 'commands'}.1"
            page.write_bytes(run(MCPLOG, "help", "--mdoc", *([command] if command else [])).stdout)
            self.clean(page)

    def test_a_fault_is_found(self):
        page = Path(self.folder.name) / "broken.1"
        page.write_text(".Dd November 28, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Nd y\n.Sh OPTIONS\n.Bl -tag\n.It\n", encoding="utf-8")
        with self.assertRaises(AssertionError):
            self.clean(page)


if __name__ == "__main__":
    unittest.main()
