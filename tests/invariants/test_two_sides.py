"""A session told by its debug log and by the client's cache logs has each call once, however large it is: the report's counts are those
of the debug log alone. Above some thousand calls healthy ones are kept in short, which must not make two of one."""
import datetime
import json
import os
import subprocess
import sys
import tempfile

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SESSION = "f1024f1c-016e-47b6-bf19-31660358a7dd"
EPOCH = datetime.datetime(2026, 5, 17, 6)
SERVERS = ("pg mcp", "files")


def time(ms):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class Session:
    """Each line of a server in both logs, a few milliseconds apart."""

    def __init__(self):
        self.debug, self.cache = [], {s: [] for s in SERVERS}

    def line(self, ms, server, text, cache=True):
        self.debug.append(f'{time(ms)} [DEBUG] MCP server "{server}": {text}\n')
        if cache:
            self.cache[server].append(json.dumps({"debug": text, "timestamp": time(ms + ms % 4), "sessionId": SESSION, "cwd": "/work"},
                                                 separators=(",", ":")) + "\n")

    def call(self, ms, server, tool, took):
        self.line(ms, server, f"Calling MCP tool: {tool}")
        self.line(ms + took, server, f"Tool '{tool}' completed successfully in {took}ms")

    def write(self, folder, sides):
        files = {f"{SESSION}.txt": self.debug} if "debug" in sides else {}
        if "cache" in sides:
            files |= {f"mcp-logs/mcp-logs-{s.replace(' ', '-')}/2026-05-17T06-00-00-000Z.jsonl": lines for s, lines in self.cache.items()}
        for name, lines in files.items():
            os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
            with open(os.path.join(folder, name), "w", encoding="utf-8") as log:
                log.writelines(lines)


def session(calls):
    s = Session()
    for server in SERVERS:
        s.line(0, server, "Successfully connected (transport: stdio) in 431ms")
    for n in range(calls):
        at, server = 1000 + 700 * n, SERVERS[n % 3 == 0]
        if n == calls // 2:  # a hang
            s.line(at, server, "Calling MCP tool: hang")
            for beat in range(1, 10):
                s.line(at + 30000 * beat, server, f"Tool 'hang' still running ({30 * beat}s elapsed)")
            s.line(at + 300000, server, "Tool 'hang' failed after 300s: MCP error -32001: Request timed out")
        elif n % 500 == 13:  # one that fails
            s.line(at, server, "Calling MCP tool: read")
            s.line(at + 200, server, "Tool 'read' failed after 0s: MCP error -32602: Invalid arguments")
        else:
            s.call(at, server, ("read", "list")[n % 2], 10 + n % 400)
    s.debug.sort()
    for lines in s.cache.values():
        lines.sort(key=lambda line: json.loads(line)["timestamp"])
    return s


def report(folder, s, sides):
    logs = os.path.join(folder, "-".join(sides))
    s.write(logs, sides)
    done = subprocess.run([MCPLOG, "analyze", "--db", ":memory:", "--format", "json", logs], stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def counted(r):
    return {"summary": {k: v for k, v in r["summary"].items() if k.startswith("calls")},
            "servers": sorted((s["name"], s["calls"], s["failed"], s["open"]) for s in r["servers"]),
            "incidents": sorted((i["cause"], i["severity"]) for i in r["incidents"])}


def main():
    faults = 0
    for calls in (1000, 5000):
        with tempfile.TemporaryDirectory() as folder:
            s = session(calls)
            alone, both = counted(report(folder, s, ["debug"])), counted(report(folder, s, ["debug", "cache"]))
            print(calls, both)
            if alone != both or alone["summary"]["calls"] != calls or not alone["incidents"]:
                faults += 1
                print(f"fault: {calls} calls, the debug log alone: {alone}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
