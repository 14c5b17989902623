"""csv, junit, Chrome traces and OTLP of real logs: read by Python's own parsers, and compared with the JSON report."""
import csv
import io
import json
import os
import re
import subprocess
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = Path(os.environ.get("MCPLOG_SOURCE", Path(__file__).resolve().parents[2]))
SAMPLES = SOURCE / "samples"
FIRST = SAMPLES / "001-sse-drop-silent-hang" / "debug.txt"
CHOSEN = sorted(SAMPLES.iterdir())[::9]  # a ninth of all stories; the whole lot takes a minute


def run(*args, data=None):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "UTC"}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    result = subprocess.run([MCPLOG, *map(str, args)], input=data, stdin=None if data is not None else subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=120)
    if result.returncode not in (0, 3):
        raise AssertionError(f"{args}: {result.stderr}")
    return result.stdout


def analyze(form, *paths, data=None):
    return run("analyze", "-q", "--db", ":memory:", "-f", form, *paths, data=data)


def export(form, *paths, data=None):
    return run("export", form, "-q", "--db", ":memory:", *paths, data=data)


def check_trace(document):
    """The rules of the Trace Event Format that viewers rely on; returns the number of async pairs."""
    names, open_spans, pairs = set(), {}, 0
    for event in sorted(document["traceEvents"], key=lambda event: event.get("ts", 0)):  # viewers sort, and keep the order of equal times
        assert event["ph"] in "Mbei", event
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int), event
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name") and event["args"]["name"], event
            names.add((event["name"], event["pid"], event["tid"] if event["name"] == "thread_name" else None))
            continue
        assert isinstance(event["ts"], int) and 0 <= event["ts"] < 2 ** 53, event  # what a viewer's double holds
        if event["ph"] == "i":
            assert event["s"] == "t", event
            continue
        stack = open_spans.setdefault((event["cat"], event["id2"]["local"], event["pid"]), [])
        if event["ph"] == "b":
            assert not stack or stack[-1]["ts"] <= event["ts"], event
            stack.append(event)
        else:
            begin = stack.pop()
            assert begin["name"] == event["name"] and begin["ts"] <= event["ts"], event
            pairs += 1
    assert not any(open_spans.values()), open_spans
    for event in document["traceEvents"]:
        if event["ph"] == "M":
            assert event["args"]["name"], event
        assert event["ph"] == "M" or ("process_name", event["pid"], None) in names, event
        assert event["ph"] != "i" or ("thread_name", event["pid"], event["tid"]) in names, event
    return pairs


class Tables(unittest.TestCase):
    def test_calls_incidents_and_tables_agree(self):
        for folder in CHOSEN:
            with self.subTest(sample=folder.name):
                report = json.loads(analyze("json", folder))
                incidents = list(csv.DictReader(io.StringIO(analyze("csv", folder).decode(), newline="")))
                self.assertEqual([x["id"] for x in incidents if x["type"] == "incident"], [x["id"] for x in report["incidents"]])
                self.assertEqual([x["cause"] for x in incidents if x["type"] == "note"], [x["kind"] for x in report["notes"]])
                calls = list(csv.DictReader(io.StringIO(export("csv", folder).decode(), newline="")))
                self.assertEqual(len(calls), report["summary"]["calls"])
                self.assertEqual(sum(x["open"] == "true" for x in calls), report["summary"]["calls_open"])
                for incident in report["incidents"]:
                    for call in incident["calls"]:
                        if call["tool_use_id"]:
                            self.assertTrue(any(x["tool_use_id"] == call["tool_use_id"] and x["ending"] == call["ending"] for x in calls), call)

    def test_junit(self):
        for folder in CHOSEN:
            with self.subTest(sample=folder.name):
                report = json.loads(analyze("json", folder))
                root = xml.fromstring(analyze("junit", folder))
                cases = root.findall("./testsuite/testcase")
                self.assertEqual(int(root.get("tests")), len(cases))
                self.assertEqual(int(root.get("failures")), len(root.findall(".//failure")))
                self.assertEqual({x.get("type") for x in root.findall(".//failure")}, {x["cause"] for x in report["incidents"]})
                told = "".join(x.text for x in root.findall(".//failure"))
                for incident in report["incidents"]:
                    self.assertIn(incident["id"], told)
                self.assertEqual(len(root.findall("./testsuite[@name='inputs']/testcase")), report["summary"]["sources"])

    def test_junit_is_a_gate(self):
        good = xml.fromstring(analyze("junit", "--cause", "needs-auth", FIRST))
        self.assertEqual(good.get("failures"), "0")
        cut = xml.fromstring(analyze("junit", SAMPLES / "no-such-file"))
        self.assertEqual(cut.get("errors"), "1")

    def test_traces(self):
        pairs = 0
        for folder in CHOSEN:
            with self.subTest(sample=folder.name):
                pairs += check_trace(json.loads(export("chrome-trace", folder)))
        self.assertGreater(pairs, 50)

    def test_an_open_call_ends_at_the_as_of_time(self):
        head = b"".join(FIRST.read_bytes().splitlines(True)[:20])
        document = json.loads(export("chrome-trace", "-", data=head))
        check_trace(document)
        ends = [x for x in document["traceEvents"] if x["ph"] == "e" and x["name"].startswith("pg-mcp/list_schemas")]
        self.assertEqual([x["args"].get("closed_at", "")[:10] for x in ends if x["cat"] == "call"], ["as-of time"])
        late = json.loads(run("export", "chrome-trace", "-q", "--db", ":memory:", "--as-of", "2026-05-17T21:00:00Z", "-", data=head))
        self.assertGreater(max(x["ts"] for x in late["traceEvents"] if x["ph"] == "e"), max(x["ts"] for x in ends))

    def test_otlp(self):
        traces, logs = (json.loads(line) for line in export("otlp", FIRST).splitlines())
        self.assertEqual(traces, json.loads(export("otlp-traces", FIRST)))
        self.assertEqual(logs, json.loads(export("otlp-logs", FIRST)))
        spans = traces["resourceSpans"][0]["scopeSpans"][0]["spans"]
        record = logs["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
        self.assertEqual((record["traceId"], record["spanId"]), (spans[0]["traceId"], spans[0]["spanId"]))
        for span in spans:
            self.assertRegex(span["traceId"], "^[0-9a-f]{32}$")
            self.assertRegex(span["spanId"], "^[0-9a-f]{16}$")
            self.assertLessEqual(int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]))
            self.assertIn(span.get("parentSpanId", ""), ("", spans[0]["spanId"]))
        self.assertEqual([e["name"] for e in spans[0]["events"]], ["transport.dropped", "cancel.user"])

    def test_a_call_keeps_its_ids_while_its_log_grows(self):
        lines = FIRST.read_bytes().splitlines(True)
        ids = set()
        for count in (10, 30, len(lines)):
            span = json.loads(export("otlp-traces", "-", data=b"".join(lines[:count])))["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
            ids.add((span["traceId"], span["spanId"]))
        self.assertEqual(len(ids), 1)

    def test_names_of_attributes_are_data(self):
        import tempfile
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "mine.yaml"), "w", encoding="utf-8") as file:
                file.write("schema: mcplog.telemetry/1\ntelemetry:\n- { on: name, key: call }\n- { on: span, key: my.tool, fact: call.tool }\n"
                           "- { on: resource, key: service.name, value: my-agent }\n")
            text = run("export", "otlp", "-q", "--db", ":memory:", "--patterns", folder, FIRST).decode()
        self.assertIn('"name":"call list_schemas"', text)
        self.assertIn('{"key":"my.tool","value":{"stringValue":"list_schemas"}}', text)
        self.assertIn('{"key":"service.name","value":{"stringValue":"my-agent"}}', text)
        self.assertNotIn("claude-code", text)

    def test_hostile_log_texts(self):
        """Error texts of a log in every format; the writer's own test takes 10,000 of them."""
        words = ["=cmd|' /C calc'!A0", "</failure><x>", "]]>", "\"quoted\"", "\x1b]0;x\x07", "\u202egnp", "@SUM(1)", "-1+1", "&amp;", "a,b;c", "\ufffe"]
        lines = []
        for i, word in enumerate(words):
            stamp = f"2026-05-17T20:23:{i:02d}.000Z"
            lines += [f'{stamp} [DEBUG] MCP server "pg": Calling MCP tool: t{i}', f'{stamp} [DEBUG] MCP server "pg": Tool \'t{i}\' failed after 0s: {word}']
        data = ("\n".join(lines) + "\n").encode()
        root = xml.fromstring(analyze("junit", "-", data=data))
        self.assertEqual({x.tag for x in root.iter()}, {"testsuites", "testsuite", "testcase"} | {x.tag for x in root.findall("./testsuite/testcase/*")})
        for row in csv.reader(io.StringIO(export("csv", "-", data=data).decode(), newline="")):
            for cell in row:
                self.assertNotRegex(cell, r"\A[=+@\t\r\0]|\A-[^0-9]")
                self.assertIsNone(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", cell))
        check_trace(json.loads(export("chrome-trace", "-", data=data)))


if __name__ == "__main__":
    unittest.main()
