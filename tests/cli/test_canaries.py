"""Secrets planted in every field of a log stand in no output: not on stdout or stderr, not in the database or its -wal, not in any format."""
import glob
import json
import os
import random
import re
import string
import subprocess
import sys
import tempfile

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SESSION = "1868a90c-2f6d-4c5e-9a55-0b1b8f1c2d3e"
FRAGMENT = 8


def secret(n):
    """A GitHub token of our own making, another one for each place."""
    r = random.Random(n)
    return "ghp_" + "".join(r.choices(string.ascii_letters + string.digits, k=36))


class Log:
    """Lines with a planted secret in each place; self.canaries says which stands where."""

    def __init__(self):
        self.canaries = {}

    def plant(self, where, form="{}"):
        token = secret(len(self.canaries) + 1)
        self.canaries[where] = token
        return form.format(token)

    def debug(self):
        p, lines, second = self.plant, [], [0]

        def say(text, level="DEBUG", step=1):
            second[0] += step
            lines.append("2026-05-17T20:%02d:%02d.%03dZ [%s] %s" % (second[0] // 60 % 60, second[0] % 60, 7, level, text))

        say(f'MCP server "srv": Starting connection with timeout of 30000ms, Authorization: Bearer {p("bearer header")}')
        say(f'MCP server "srv": Connecting to https://user:{p("url password")}@mcp.example.com/{p("url path")}/sse?api_key={p("url query")}')
        say('MCP server "srv": Successfully connected to sse server in 12ms')
        say(f'MCP server "srv" Server stderr: Cookie: sid={p("cookie")}; -----BEGIN PRIVATE KEY-----{p("pem")}', "ERROR")
        say(f'MCP server "{p("server name")}": Calling MCP tool: list')
        say(f'MCP server "srv": Calling MCP tool: {p("tool name")}')
        say(f'[Stall] tool_dispatch_start tool=mcp__srv__list toolUseId=toolu_01AAAAAAAAAAAAAAAAAAAAAA permissionDecisionMs={1} x={p("dispatch")}', "INFO")
        say('MCP server "srv": Calling MCP tool: list')
        say(f'MCP server "srv": SSE connection dropped after 61937s uptime {p("drop")}')
        say(f'MCP server "srv": Connection error: SSE error: {p("connection error")}')
        for beat in range(1, 5):
            say(f"MCP server \"srv\": Tool 'list' still running ({beat * 30}s elapsed) {p(f'beat {beat}') if beat < 3 else ''}", step=30)
        say(f"MCP server \"srv\": Tool 'list' failed after 121s: MCP error -32001: {p('error text')} token={p('error token')}", step=1)
        say(f'[Stall] tool_dispatch_end tool=mcp__srv__list toolUseId=toolu_01AAAAAAAAAAAAAAAAAAAAAA outcome=error durationMs=121000 why={p("dispatch end")}', "WARN")
        say(f'MCP server "srv": Streamable HTTP error: Error POSTing to endpoint (HTTP 404): {{"error":"{p("http body")}"}}')
        say(f'MCP server "srv": some line that nothing explains {p("unexplained")}', "ERROR")
        say("x" * 390 + " " + p("at the limit of an excerpt"), "ERROR")
        say(f"MCP server \"srv\": Tool 'list' failed after 1s: " + "y" * 300 + " " + p("at the limit of an error"))
        say('MCP server "srv": Calling MCP tool: open')
        say(f'MCP server "srv" Server stderr: Traceback (most recent call last):\n  File "/x/{p("open traceback")}.py", line 1, in f\nValueError: {p("last line")}', "ERROR")
        return "\n".join(lines) + f"\n2026-05-17T21:00:00.000Z [DEBUG] MCP server \"srv\": Tool 'open' failed after 3s: {p('line without end')}"

    def transcript(self):
        p = self.plant
        rows = [
            {"type": "assistant", "sessionId": SESSION, "version": "2.1.143", "cwd": "/home/anna/" + p("cwd"), "timestamp": "2026-05-17T20:00:07.000Z",
             "message": {"content": [{"type": "tool_use", "id": "toolu_01AAAAAAAAAAAAAAAAAAAAAA", "name": "mcp__srv__list", "input": {"key": p("tool input")}}]}},
            {"type": "user", "sessionId": SESSION, "timestamp": "2026-05-17T20:02:20.000Z",
             "message": {"content": [{"type": "tool_result", "tool_use_id": "toolu_01AAAAAAAAAAAAAAAAAAAAAA", "is_error": True, "content": "MCP error -32001: " + p("tool result")}]}},
        ]
        return "".join(json.dumps(row) + "\n" for row in rows)

    def server(self):
        p = self.plant
        return (f"2026-05-17 20:00:08,001 INFO mcp.server: Processing request of type CallToolRequest {p('server line')}\n"
                f'INFO:     127.0.0.1:51234 - "POST /messages/?session_id=00&token={p("access line")} HTTP/1.1" 202 Accepted\n'
                "Traceback (most recent call last):\n"
                f'  File "/srv/{p("traceback path")}.py", line 3, in run\n'
                f"RuntimeError: cannot reach https://x:{p('exception')}@db/\n")


def run(cwd, *arguments, stdin=None):
    env = {**os.environ, "HOME": cwd, "XDG_STATE_HOME": os.path.join(cwd, "state"), "XDG_CONFIG_HOME": os.path.join(cwd, "config")}
    done = subprocess.run([MCPLOG, *arguments], cwd=cwd, env=env, stdin=subprocess.DEVNULL if stdin is None else None, input=stdin, capture_output=True, timeout=120)
    return done.returncode, done.stdout + b"\n" + done.stderr


def left(canary, data):
    return next((canary[i:i + FRAGMENT] for i in range(4, len(canary) - FRAGMENT + 1) if canary[i:i + FRAGMENT].encode() in data), None)


def main():
    log, outputs, missing = Log(), {}, []
    with tempfile.TemporaryDirectory() as scratch:
        logs, db = os.path.join(scratch, "logs"), os.path.join(scratch, "timeline.db")
        os.makedirs(os.path.join(logs, "debug"))
        name = log.plant("file name", "server-{}.log")
        for path, text in ((f"debug/{SESSION}.txt", log.debug()), (f"{SESSION}.jsonl", log.transcript()), (name, log.server())):
            with open(os.path.join(logs, path), "w", encoding="utf-8") as f:
                f.write(text)
        base = ("--db", db, "--allow-root")
        code, out = run(scratch, "analyze", *base, "-f", "json", "logs")
        assert code in (0, 3), out
        outputs["analyze json"] = out
        report = json.loads(out[:out.rindex(b"}") + 1])
        assert report["incidents"], "nothing was found in the log with canaries"
        identity = report["incidents"][0]["id"]
        help_text = run(scratch, "help")[1].decode()
        commands = set(re.findall(r"^  ([a-z]+)", help_text, re.M))
        wanted = [("analyze", "-f", form, "logs") for form in ("text", "ndjson", "html", "markdown", "csv", "junit")]
        wanted += [("analyze", "--verbose", "logs"), ("explain", identity), ("timeline", identity), ("timeline", "logs"), ("report", identity), ("report", identity, "--for", "server", "logs"),
                   ("status",), ("check", "logs"), ("alerts",), ("unknown", "logs"), ("doctor",), ("query", "SELECT * FROM events"), ("query", "SELECT * FROM calls"), ("query", "SELECT * FROM sources"), ("diff", "logs", "logs")]
        wanted += [("export", form) for form in ("ndjson", "csv", "csv-calls", "chrome-trace", "otlp", "otlp-traces", "otlp-logs", "prom", "alertmanager", "webhook", "slack")]
        for arguments in wanted:
            if arguments[0] not in commands:
                missing.append(arguments[0])
                continue
            options = () if arguments[0] == "unknown" else ("--db", db) if arguments[0] in ("status", "query", "doctor", "alerts", "diff") else base
            code, out = run(scratch, arguments[0], *options, *arguments[1:])
            outputs[" ".join(a for a in arguments if a != identity)] = out
            if code == 2:
                missing.append(" ".join(arguments[:3]))
        with open(os.path.join(logs, "debug", SESSION + ".txt"), encoding="utf-8") as f:
            outputs["analyze -"] = run(scratch, "analyze", "-", stdin=f.read().encode())[1]
        for path in glob.glob(db + "*"):
            with open(path, "rb") as f:
                outputs[os.path.basename(path)] = f.read()
    faults = 0
    for place, canary in log.canaries.items():
        for output, data in outputs.items():
            piece = left(canary, data)
            if piece and not (place == "file name" and output.startswith("timeline.db")):  # files must be found again
                faults += 1
                at = data.index(piece.encode())
                print(f"{place} in {output}: {data[max(0, at - 60):at + 50]!r}")
    print(f"{len(log.canaries)} canaries, {len(outputs)} outputs, {faults} found; not there: {', '.join(sorted(set(missing))) or 'nothing'}")
    return 1 if faults or len(outputs) < 10 else 0


sys.exit(main())
