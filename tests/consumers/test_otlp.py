"""OTLP in JSON, read by the official protocol buffers; attribute names compared with the published semantic conventions."""
import re
import unittest
from pathlib import Path

from consumerlib import MCPLOG, SOURCE, need_module, run

PACKAGES = ("opentelemetry-proto", "opentelemetry-semantic-conventions")
trace_service = need_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2", *PACKAGES)
logs_service = need_module("opentelemetry.proto.collector.logs.v1.logs_service_pb2", *PACKAGES)
conventions = need_module("opentelemetry.semconv", *PACKAGES)
json_format = need_module("google.protobuf.json_format", *PACKAGES)


def requests(*paths):
    result = run(MCPLOG, "export", "otlp", "-q", "--db", ":memory:", *paths)
    traces, logs = result.stdout.splitlines()
    # OTLP writes trace and span ids in hexadecimal, protobuf's own mapping in base64: ids are checked by tests/cli/test_tables.py.
    return (json_format.Parse(traces, trace_service.ExportTraceServiceRequest()), json_format.Parse(logs, logs_service.ExportLogsServiceRequest()))


class Otlp(unittest.TestCase):
    def test_every_sample_is_read(self):
        spans = records = 0
        for folder in sorted((SOURCE / "samples").iterdir())[::6]:
            traces, logs = requests(folder)
            for resource in traces.resource_spans:
                self.assertEqual({a.key: a.value.string_value for a in resource.resource.attributes}["service.name"], "claude-code")
                for scope in resource.scope_spans:
                    spans += len(scope.spans)
                    for span in scope.spans:
                        self.assertLessEqual(span.start_time_unix_nano, span.end_time_unix_nano)
                        self.assertIn(span.kind, (1, 3))
            for resource in logs.resource_logs:
                for scope in resource.scope_logs:
                    records += len(scope.log_records)
                    for record in scope.log_records:
                        self.assertIn(record.severity_number, (9, 13, 17))
                        self.assertTrue(record.body.string_value)
        self.assertGreater(spans, 40)
        self.assertGreater(records, 10)

    def test_a_hanging_call(self):
        traces, _ = requests(SOURCE / "samples" / "001-sse-drop-silent-hang" / "debug.txt")
        span = traces.resource_spans[0].scope_spans[0].spans[0]
        self.assertEqual((span.name, span.kind, span.status.code), ("tools/call list_schemas", 3, 2))
        self.assertEqual(span.end_time_unix_nano - span.start_time_unix_nano, 1391618 * 10**6)
        attributes = {a.key: a.value for a in span.attributes}
        self.assertEqual(attributes["mcp.method.name"].string_value, "tools/call")
        self.assertEqual(attributes["mcplog.call.heartbeats"].int_value, 46)
        self.assertEqual([e.name for e in span.events], ["transport.dropped", "cancel.user"])

    def test_unknown_members_are_refused(self):
        with self.assertRaises(json_format.ParseError):
            json_format.Parse('{"resourceSpan": []}', trace_service.ExportTraceServiceRequest())

    def test_names_are_those_of_the_conventions(self):
        known = set()
        for folder in conventions.__path__:
            for path in Path(folder).rglob("*_attributes.py"):
                known |= set(re.findall(r'(?m)^[A-Z_]+: Final = "([a-z_.]+)"$', path.read_text(encoding="utf-8")))
        text = (SOURCE / "patterns" / "telemetry.yaml").read_text(encoding="utf-8")
        keys = {line.split("key: ")[1].split(",")[0].rstrip(" }") for line in text.splitlines() if line.startswith("- { on:") and "on: name" not in line}
        self.assertEqual({k for k in keys if not k.startswith("mcplog.")} - known, set())


if __name__ == "__main__":
    unittest.main()
