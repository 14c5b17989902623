"""What lies beside logs and is none: documents that speak of calls, and mcplog's own reports, in folders, pipes and terminals."""
import json
import os
import pty
import subprocess
import tempfile
import termios
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")

# The server's log names a cause that is suspected only: the report has a row about it, the lines alone have not.
CLIENT = "".join(line + "\n" for line in (
    "2026-05-17T20:23:00.766Z [DEBUG] MCP server \"pg\": Calling MCP tool: list_schemas",
    "2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg\": SSE connection dropped after 61937s uptime",
    *("2026-05-17T20:%02d:%02d.000Z [DEBUG] MCP server \"pg\": Tool 'list_schemas' still running (%ds elapsed)"
      % (23 + (30 * n + 1) // 60, (30 * n + 1) % 60, 30 * n) for n in range(1, 8)),
))
SERVER = """INFO:     192.0.2.10:51544 - "POST /messages/?session_id=0f3c7d0e5b5a4a0e9a5b2c1d7e6f8a90 HTTP/1.1" 202 Accepted
ERROR:    Exception in ASGI application
  + Exception Group Traceback (most recent call last):
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/app/mcp/server/session.py", line 163, in _received_request
    |     raise RuntimeError(
    | RuntimeError: Received request before initialization was complete
    +------------------------------------
"""

DOCUMENTS = {
    "package.json": '{\n  "name": "@x/server",\n  "description": "fix: Received request before initialization was complete",\n'
                    '  "scripts": {"start": "node index.js || echo \'MCP error -32000: Connection closed\'"}\n}\n',
    "issues.json": '[\n {"title":"hang",\n  "body":"MCP error -32001: Request timed out"},\n'
                   ' {"title":"SSE stream disconnected: TypeError: terminated",\n  "body":"Error: MCP error -32000: Connection closed"}\n]\n',
    "issue.json": json.dumps({"number": 7, "title": "hangs", "body": "It hangs:\n```\n" + CLIENT + "```\n"}) + "\n",
    ".mcp.json": '{\n  "mcpServers": {\n    "pg": {"command": "pg-mcp", "note": "spawn pg-mcp ENOENT, MCP error -32000: Connection closed"}\n  }\n}\n',
}


class BesideLogs(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="mcplog-beside-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.env = {"HOME": self.dir, "PATH": os.environ.get("PATH", "")}
        if "ASAN_OPTIONS" in os.environ:
            self.env["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
        os.mkdir(os.path.join(self.dir, "logs"))

    def put(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_it(self, *args, data=None):
        return subprocess.run([MCPLOG, *args], cwd=self.dir, env=self.env, input=data, stdin=subprocess.DEVNULL if data is None else None,
                              capture_output=True, timeout=60)

    def analyze(self, *paths, data=None):
        result = self.run_it("analyze", "--db", ":memory:", "-f", "json", *paths, data=data)
        self.assertIn(result.returncode, (0, 3), result.stderr)
        return json.loads(result.stdout)

    def verdicts(self, *paths, data=None):
        return [(i["id"], i["cause"]) for i in self.analyze(*paths, data=data)["incidents"]]

    def write_logs(self):
        self.put("logs/debug.txt", CLIENT)
        self.put("logs/server.log", SERVER)

    # --- documents ---

    def test_documents_tell_nothing(self):
        for name, text in DOCUMENTS.items():
            with self.subTest(name=name):
                self.put("logs/" + name, text)
                for path in ("logs", "logs/" + name):
                    report = self.analyze(path)
                    self.assertEqual([i["cause"] for i in report["incidents"]], ["unmeasured"])
                    self.assertEqual(report["summary"]["calls"], 0)
                os.remove(os.path.join(self.dir, "logs", name))

    def test_documents_change_no_verdict(self):
        self.write_logs()
        alone = self.verdicts("logs")
        self.assertEqual([cause for _, cause in alone], ["sse-drop-silent-hang"])
        for name, text in DOCUMENTS.items():
            self.put("logs/" + name, text)
        self.assertEqual(self.verdicts("logs"), alone)

    def test_json_that_is_a_log_is_read_whatever_its_name(self):
        lines = [json.dumps({"debug": line.split('"pg": ')[1], "timestamp": line[:24], "sessionId": "0b0b0b0b-0000-4000-8000-000000000001"})
                 for line in CLIENT.splitlines()]
        self.put("logs/a.json", "\n".join(lines) + "\n")
        self.assertEqual(self.analyze("logs")["summary"]["calls"], 1)

    # --- own reports ---

    def report(self):
        self.write_logs()
        [(incident, cause)] = self.verdicts("logs")
        result = self.run_it("report", "--db", ":memory:", incident, "logs")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"pre-init-request", result.stdout)
        return incident, cause, result.stdout

    def test_a_whole_report_gives_the_verdict_of_its_lines(self):
        incident, cause, text = self.report()
        self.assertEqual(self.verdicts("-", data=text), [(incident, cause)])
        block = text.split(b"## Log lines")[1].split(b"```text\n")[1].split(b"```")[0]
        self.assertEqual(self.verdicts("-", data=block), [(incident, cause)])

    def test_a_report_pasted_into_a_terminal(self):
        incident, cause, text = self.report()
        terminal, end = pty.openpty()
        mode = termios.tcgetattr(end)
        mode[3] &= ~termios.ECHO  # nobody reads it back
        termios.tcsetattr(end, termios.TCSANOW, mode)
        with subprocess.Popen([MCPLOG, "analyze", "-f", "json", "-"], cwd=self.dir, env=self.env, stdin=end, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as process:
            os.close(end)
            for line in text.splitlines(keepends=True):
                while line:
                    line = line[os.write(terminal, line):]
            os.write(terminal, b"\x04")
            report = json.loads(process.communicate(timeout=60)[0])
        os.close(terminal)
        self.assertEqual([(i["id"], i["cause"]) for i in report["incidents"]], [(incident, cause)])

    def test_a_report_beside_its_logs_changes_nothing(self):
        incident, cause, text = self.report()
        self.put("logs/issue.md", text.decode())
        self.assertEqual(self.verdicts("logs"), [(incident, cause)])

    def test_text_that_only_looks_like_a_report(self):
        """No block of logs in it: read as any text, to its end."""
        text = "# Notes\n\nabout `v1:0123`:\n\n```\nMCP server \"pg\": Tool 'a' failed after 60s: MCP error -32001: Request timed out\n```\n"
        report = self.analyze("-", data=text.encode())
        self.assertEqual(report["sources"][0]["lines"], text.count("\n"))
        self.assertEqual(report["summary"]["by_cause"], {"client-tool-timeout": 1})

    # --- nothing at all ---

    def test_nothing_measured_is_one_verdict_everywhere(self):
        self.put("empty.txt", "")
        for path in ("logs", "empty.txt", "missing"):
            with self.subTest(path=path):
                report = self.analyze(path)
                self.assertTrue(report["summary"]["unmeasured"])
                self.assertEqual(report["summary"]["by_cause"], {"unmeasured": 1})
                self.assertEqual(len(report["incidents"][0]["evidence"]), 1)
                gate = self.run_it("analyze", "--db", ":memory:", "--fail-on", "unmeasured", path)
                self.assertEqual(gate.returncode, 1)
        page = self.run_it("explain", "unmeasured")
        self.assertEqual(page.returncode, 0, page.stderr)
        self.assertIn(b"debug log", page.stdout)


if __name__ == "__main__":
    unittest.main()
