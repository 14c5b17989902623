"""JUnit reports of all samples fit the schema that CI systems read, says xmllint."""
import unittest
from pathlib import Path

from consumerlib import MCPLOG, SOURCE, need, run

need("xmllint")
SCHEMA = Path(__file__).resolve().parent / "junit.xsd"


class Junit(unittest.TestCase):
    def valid(self, document):
        return run("xmllint", "--noout", "--nonet", "--schema", SCHEMA, "-", data=document)

    def test_samples_fit(self):
        for folder in [SOURCE / "samples", *sorted((SOURCE / "samples").iterdir())[::20], SOURCE / "samples" / "nothing-here"]:
            document = run(MCPLOG, "analyze", "-q", "-f", "junit", "--db", ":memory:", folder).stdout
            result = self.valid(document)
            self.assertEqual(result.returncode, 0, (folder, result.stderr[:500]))

    def test_hostile_texts_fit(self):
        lines = []
        for i in range(500):
            text = bytes((i * 7 + k * 13) % 256 for k in range(30)).replace(b"\n", b"").replace(b"\r", b"")
            lines.append(f'2026-05-17T20:23:{i % 60:02d}.000Z [DEBUG] MCP server "p{i}": Calling MCP tool: t{i}'.encode())
            lines.append(f'2026-05-17T20:23:{i % 60:02d}.000Z [DEBUG] MCP server "p{i}": Tool \'t{i}\' failed after 0s: '.encode() + text)
        document = run(MCPLOG, "analyze", "-q", "-f", "junit", "-", data=b"\n".join(lines) + b"\n").stdout
        self.assertGreater(document.count(b"<testcase"), 400)
        result = self.valid(document)
        self.assertEqual(result.returncode, 0, result.stderr[:500])

    def test_the_schema_refuses(self):
        self.assertNotEqual(self.valid(b'<testsuites name="x" tests="-1" failures="0" errors="0"/>').returncode, 0)
        self.assertNotEqual(self.valid(b'<testsuites name="x" tests="0" failures="0" errors="0"><case/></testsuites>').returncode, 0)


if __name__ == "__main__":
    unittest.main()
