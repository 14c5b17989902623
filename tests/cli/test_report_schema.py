"""The JSON report keeps to its published schema: on hand-made logs, on the samples, with and without incidents."""
import glob
import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = os.environ.get("MCPLOG_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed", file=sys.stderr)
    sys.exit(77)

DROP = "".join(line + "\n" for line in (
    "2026-05-17T20:23:00.766Z [DEBUG] MCP server \"pg\": Calling MCP tool: list_schemas",
    "2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg\": SSE connection dropped after 61937s uptime",
    "2026-05-17T20:23:31.000Z [DEBUG] MCP server \"pg\": Tool 'list_schemas' still running (30s elapsed)",
    "2026-05-17T20:24:01.000Z [DEBUG] MCP server \"pg\": Tool 'list_schemas' still running (60s elapsed)",
))


def run(*args, data=None):
    return subprocess.run([MCPLOG, *args], input=data, stdin=None if data is not None else subprocess.DEVNULL,
                          capture_output=True, timeout=120)


class ReportSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with open(os.path.join(SOURCE, "docs", "report.schema.json"), encoding="utf-8") as file:
            cls.schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def check(self, output):
        self.assertTrue(all(byte < 0x7F for byte in output), "not ASCII")
        report = json.loads(output, parse_constant=lambda name: self.fail(f"{name} is no JSON number"))
        errors = [f"{error.json_path}: {error.message}" for error in self.validator.iter_errors(report)]
        self.assertEqual(errors, [])
        return report

    def analyze(self, path):
        result = run("analyze", "--db", ":memory:", "--format", "json", path)
        self.assertIn(result.returncode, (0, 2, 3), result.stderr)
        return self.check(result.stdout)

    def test_incident(self):
        result = run("analyze", "--format", "json", "-", data=DROP.encode())
        report = self.check(result.stdout)
        self.assertEqual(report["summary"]["calls"], 1)
        self.assertEqual(len(report["incidents"]), 1)
        self.assertEqual(report["summary"]["by_cause"], {report["incidents"][0]["cause"]: 1})

    def test_nothing_to_read(self):
        with tempfile.TemporaryDirectory() as folder:
            self.analyze(os.path.join(folder, "missing.txt"))
            self.analyze(folder)

    def test_broken_inputs_name_known_problems(self):
        with tempfile.TemporaryDirectory() as folder:
            def put(name, data):
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(data)
            whole = gzip.compress(DROP.encode() * 50)
            put("cut.txt.gz", whole[:-20])
            put("tail.txt.gz", whole + b"garbage")
            put("wide.txt", DROP.encode("utf-16"))
            put("long.txt", DROP.encode() + b"x" * 2_000_000 + b"\n" + DROP.encode())
            put("nul.txt", DROP.encode().replace(b"Calling", b"\0Calling"))
            put("half.txt", DROP.encode()[:-10])
            put("picture.txt", bytes(range(256)) * 100)
            os.symlink("nowhere", os.path.join(folder, "loose.txt"))
            os.mkfifo(os.path.join(folder, "pipe.txt"))
            report = self.analyze(folder)
            self.assertTrue(any(source["problems"] for source in report["sources"]))
            for name in sorted(os.listdir(folder)):
                if name != "pipe.txt":
                    self.analyze(os.path.join(folder, name))

    def test_every_id_of_the_knowledge_fits(self):
        listing = run("patterns", "list").stdout.decode()
        known = {"cause": self.schema["$defs"]["cause"]["anyOf"][0]["enum"], "note": self.schema["$defs"]["note_kind"]["anyOf"][0]["enum"]}
        for line in listing.splitlines():
            kind, name = line.split()[:2]
            if kind in known:
                self.assertIn(name, known[kind], f"{kind} {name} is not in docs/report.schema.json")

    def test_samples(self):
        for folder in sorted(glob.glob(os.path.join(SOURCE, "samples", "[0-9]*")))[::5]:
            with self.subTest(folder=os.path.basename(folder)):
                self.analyze(folder)

    def test_ndjson_holds_the_same_objects(self):
        whole = json.loads(run("analyze", "--format", "json", "-", data=DROP.encode()).stdout)
        lines = [json.loads(line) for line in run("analyze", "--format", "ndjson", "-", data=DROP.encode()).stdout.splitlines()]
        self.assertEqual(lines[0]["type"], "report")
        self.assertEqual(lines[0]["summary"], whole["summary"])
        for kind, key in (("source", "sources"), ("server", "servers"), ("incident", "incidents"), ("note", "notes"),
                          ("stale-session", "stale_sessions"), ("clock-offset", "clock_offsets")):
            objects = [{k: v for k, v in line.items() if k != "type"} for line in lines if line["type"] == kind]
            self.assertEqual(objects, whole[key])


if __name__ == "__main__":
    unittest.main()
