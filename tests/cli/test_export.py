"""export: formats by name, scopes, what is refused."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = Path(os.environ.get("MCPLOG_SOURCE", Path(__file__).resolve().parents[2]))
HANG = SOURCE / "samples" / "001-sse-drop-silent-hang" / "debug.txt"


class Export(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.database = os.path.join(self.scratch.name, "timeline.db")

    def run_mcplog(self, *args, data=None, **env):
        environment = {"PATH": os.environ["PATH"], "HOME": self.scratch.name, "TZ": "UTC", **env}
        environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        return subprocess.run([MCPLOG, *map(str, args)], input=data, stdin=None if data is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, timeout=120)

    def export(self, name, *args):
        result = self.run_mcplog("export", name, "--db", ":memory:", *args)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_wrong_formats_name_the_nearest(self):
        for args, text in (((), b"is missing"), (("ndjsn",), b"did you mean ndjson"), (("parquet",), b"choose one of")):
            result = self.run_mcplog("export", *args)
            self.assertEqual((result.returncode, result.stdout), (2, b""))
            self.assertIn(text, result.stderr)

    def test_ndjson_is_the_report(self):
        wanted = self.run_mcplog("analyze", "--db", ":memory:", "-f", "ndjson", HANG).stdout
        self.assertEqual(self.export("ndjson", HANG), wanted)
        self.assertEqual(json.loads(wanted.splitlines()[0])["type"], "report")

    def test_without_paths_it_is_everything(self):
        self.assertEqual(self.run_mcplog("analyze", "--db", self.database, HANG).returncode, 0)
        other = os.path.join(self.scratch.name, "other.txt")
        with open(other, "wb") as file:
            file.write(HANG.read_bytes().replace(b"pg-mcp", b"zz-mcp"))
        self.assertEqual(self.run_mcplog("analyze", "--db", self.database, other).returncode, 0)
        result = self.run_mcplog("export", "ndjson", "--db", self.database)
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual(sorted(x["path"] for x in lines if x["type"] == "source"), sorted([str(HANG), other]))
        one = self.run_mcplog("export", "ndjson", "--db", self.database, other)
        self.assertEqual([json.loads(x)["path"] for x in one.stdout.splitlines() if b'"type":"source"' in x], [other])

    def test_a_connection_in_a_trace_ends_when_its_client_leaves(self):
        log = (SOURCE / "samples" / "014-stdio-hang-esc-next-call-fine" / "debug.txt").read_bytes()
        left = os.path.join(self.scratch.name, "left.txt")
        stays = os.path.join(self.scratch.name, "stays.txt")
        with open(left, "wb") as file:
            file.write(log)
        with open(stays, "wb") as file:
            file.writelines(line for line in log.splitlines(True) if b"REPL unmounting" not in line and b"hutdown" not in line and
                            b"hutting down" not in line and b"shut down" not in line)
        for path, still_open in ((left, False), (stays, True)):
            names = [e["name"] for e in json.loads(self.export("chrome-trace", path))["traceEvents"] if e.get("cat") == "connection"]
            self.assertTrue(names)
            self.assertEqual(any("(still open)" in name for name in names), still_open, names)

    def test_nothing_of_a_trace_stands_far_before_it(self):
        """Lines without a time, before all that have one, lie where their session begins: not in 1970, days before it."""
        for name in ("001-sse-drop-silent-hang", "252-granian-worker-dies-in-call", "335-pino-http-restart"):
            trace = json.loads(self.run_mcplog("export", "chrome-trace", "--db", ":memory:", "--allow-root", SOURCE / "samples" / name).stdout)
            times = [e["ts"] for e in trace["traceEvents"] if "ts" in e]
            self.assertLess(max(times) - min(times), 86400 * 10**6, name)

    def test_a_pipe_is_read_and_not_kept(self):
        result = self.run_mcplog("export", "ndjson", "--db", self.database, data=HANG.read_bytes())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b'"sse-drop-silent-hang"', result.stdout)
        self.assertFalse(os.path.exists(self.database))


if __name__ == "__main__":
    unittest.main()
