#!/usr/bin/env python3
"""10,000 healthy calls give no alarm: 0 incidents of severity warning or above, and every call counted once.

    test_healthy.py [--keep DIR]

The calls come from three client generations over SSE, HTTP and stdio, headless and interactive: quick ones, long ones with heartbeats,
parallel calls of one tool, sub-agents, permission waits, application errors, calls moved to the background, idle drops
with a silent re-open, an expired session that recovers, clean shutdowns of every kind. No randomness: call n is always the same.
"""
import argparse
import datetime as dt
import hashlib
import os
import sys
import tempfile
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import samplelib as lib

CALLS = 10000
SESSIONS = 100
TOOLS = ("read_row", "list_files", "search", "render", "export_all")


class Dice:
    """A repeatable stream of small numbers."""

    def __init__(self, seed):
        self.state, self.k = str(seed), 0

    def roll(self, n):
        self.k += 1
        return int(hashlib.md5(f"{self.state}/{self.k}".encode()).hexdigest()[:8], 16) % n


def took(ms):
    s = ms // 1000
    return f"{ms}ms" if s < 1 else f"{s}s" if s < 60 else f"{s // 60}m {s % 60}s"


class Session:
    def __init__(self, number):
        self.dice = Dice(number)
        self.client = (60, 143, 329)[number % 3]
        self.transport = ("sse", "http", "stdio")[number // 3 % 3]
        self.interactive = number % 7 == 3
        self.server = ("files", "web search", "pg-mcp", "plugin:crm:crm")[number % 4]
        self.ident = str(uuid.UUID(int=number << 80 | 0x4000 << 64 | 0x8000 << 48 | number))
        self.start = dt.datetime(2026, 1, 1, 7) + dt.timedelta(hours=7 * number)
        self.ms, self.rows, self.calls, self.connected = 0, [], 0, 0

    def put(self, text, level="DEBUG", at=None):
        self.rows.append((self.ms if at is None else at, len(self.rows), level, text))

    def mcp(self, text, at=None):
        self.put(f'MCP server "{self.server}": {text}', at=at)

    def wait(self, ms):
        self.ms += ms

    def token(self, times=1):
        if self.transport != "stdio":
            for _ in range(times):
                self.mcp("No token data found")

    def connect(self):
        if self.transport == "sse":
            self.mcp("SSE transport initialized, awaiting connection")
        if self.transport == "http":
            self.mcp("Initializing HTTP transport to http://127.0.0.1:9700/mcp")
        self.mcp("Starting connection with timeout of 30000ms")
        self.token()
        self.wait(58)
        if self.client == 60:
            self.mcp(f"Successfully connected to {'undefined' if self.transport == 'stdio' else self.transport} server in 60ms")
        else:
            self.mcp(f"Successfully connected (transport: {self.transport}) in 60ms")
            self.put(f'[MCP] Server "{self.server}" connected with subscribe=false')
        self.connected = self.ms

    def full(self, tool):
        name = "".join(c if c.isalnum() or c in "_-" else "_" for c in self.server)
        return f"mcp__{name}__{tool}"

    def ask(self):
        self.wait(40)
        if self.client != 60:
            self.put(f"[API REQUEST] /v1/messages source={'repl_main_thread' if self.interactive else 'sdk'}")
        self.wait(25)
        self.put("Stream started - received first chunk")

    def begin(self, tool, permission=1):
        self.calls += 1
        self.wait(3)
        ident = "toolu_01" + format(self.calls, "06d") + hashlib.md5(f"{self.ident}{self.calls}".encode()).hexdigest()[:16]
        if self.client == 60:
            self.put(f"executePreToolHooks called for tool: {self.full(tool)}")
        else:
            shown = self.full(tool) if self.client == 143 else "mcp_tool"
            self.put(f"[Stall] tool_dispatch_start tool={shown} toolUseId={ident} permissionDecisionMs={permission}", "INFO")
        self.mcp(f"Calling MCP tool: {tool}")
        self.token()
        return tool, ident, self.ms

    def beats(self, call, until):
        tool, _, begun = call
        for n in range(1, until // 30000 + 1):
            if begun + 30000 * n < begun + until:
                self.mcp(f"Tool '{tool}' still running ({30 * n}s elapsed)", begun + 30000 * n + n)

    def end(self, call, ms, error=None):
        tool, ident, begun = call
        at = begun + ms
        if error:
            self.put(f'MCP server "{self.server}" {error}', "ERROR", at)
            self.mcp(f"Tool '{tool}' failed after {ms // 1000}s: {error}", at)
        else:
            self.mcp(f"Tool '{tool}' completed successfully in {took(ms)}", at)
        if self.client == 60:
            self.put(f"Getting matching hook commands for PostToolUse{'Failure' if error else ''} with query: {self.full(tool)}", at=at + 1)
        else:
            shown = self.full(tool) if self.client == 143 else "mcp_tool"
            self.put(f"[Stall] tool_dispatch_end tool={shown} toolUseId={ident} outcome={'error' if error else 'ok'} durationMs={ms + 1}",
                     "WARN" if error else "INFO", at + 1)
        self.ms = max(self.ms, at + 2)

    # kinds of healthy traffic; each returns the number of calls it made
    def quick(self):
        self.ask()
        self.end(self.begin(TOOLS[self.dice.roll(3)]), 2 + self.dice.roll(900))
        return 1

    def long(self):
        self.ask()
        ms = 31000 + self.dice.roll(100000 if self.client == 329 and self.interactive else 900000)
        if self.client == 329 and self.interactive:
            ms = min(ms, 119000)
        call = self.begin(TOOLS[3 + self.dice.roll(2)])
        self.beats(call, ms)
        self.end(call, ms)
        return 1

    def parallel(self):
        self.ask()
        calls = [self.begin("search") for _ in range(3)]
        ms = [20 + self.dice.roll(95000) for _ in calls]
        for c, t in zip(calls, ms):
            self.beats(c, t)
        for t, c in sorted(zip(ms, calls)):
            self.end(c, t)
        return 3

    def permission(self):
        self.ask()
        ms = 4000 + self.dice.roll(240000)
        if self.client == 143:
            name = self.full("export_all")
            self.put(f'Permission suggestions for {name}: [\n  {{\n    "type": "addRules",\n    "behavior": "allow"\n  }}\n]')
            self.put(f"executePermissionRequestHooks called for tool: {name}")
        self.wait(ms)
        self.end(self.begin("export_all", ms), 30)
        return 1

    def tool_error(self):
        self.ask()
        self.end(self.begin("read_row"), 12, 'relation "foo" does not exist (connection closed after timeout of 30s)')
        return 1

    def idle_drop(self):
        if self.transport == "stdio":
            return self.quick()
        self.wait(240000)
        up = (self.ms - self.connected) // 1000
        self.mcp(f"{self.transport.upper()} connection dropped after {up}s uptime")
        reset = "The socket connection was closed unexpectedly. For more information, pass `verbose: true` in the second argument to fetch()"
        if self.client == 60:
            self.mcp("Connection error: SSE error: TypeError: terminated: other side closed")
        elif self.client == 143:
            self.mcp(f"Connection error: {'SSE error' if self.transport == 'sse' else 'SSE stream disconnected: Error'}: {reset}")
        else:
            self.mcp("Connection reset - server may have crashed or restarted")
            self.mcp("Terminal connection error 1/3")
        self.wait(3000)
        self.token(2)
        self.wait(20000)
        return self.quick()

    def backgrounded(self):
        if self.client != 329 or not self.interactive:
            return self.quick()
        self.ask()
        call = self.begin("export_all")
        self.beats(call, 119000)
        _, ident, begun = call
        self.put(f"[Stall] tool_dispatch_end tool=mcp_tool toolUseId={ident} outcome=ok durationMs=120026", "INFO", begun + 120026)
        self.mcp("Tool 'export_all' still running (120s elapsed)", begun + 120100)
        self.mcp("Tool 'export_all' completed successfully in 2m 21s", begun + 141000)
        self.ms = begun + 141500
        return 1

    def recovered(self):
        if self.transport != "http" or self.client != 143:
            return self.quick()
        self.ask()
        call = self.begin("read_row")
        up = (self.ms - self.connected) // 1000
        self.wait(8)
        self.mcp(f"HTTP connection dropped after {up}s uptime")
        self.mcp('Connection error: Streamable HTTP error: Error POSTing to endpoint: {"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}')
        self.mcp("MCP session expired (server returned 404 with session-not-found), triggering reconnection")
        self.mcp("Closing transport (session expired)")
        self.mcp(f"HTTP connection closed after {up}s (with errors)")
        self.mcp("Tool 'read_row' failed after 0s: MCP error -32000: Connection closed")
        self.mcp("MCP session expired during tool call (connection closed), clearing connection cache for re-initialization")
        self.mcp("Retrying tool 'read_row' after session recovery")
        self.connect()
        self.mcp("Calling MCP tool: read_row")
        tool, ident, begun = call
        self.end((tool, ident, self.ms), 9)
        return 1

    def leave(self):
        self.wait(30)
        word = {"sse": "SSE", "http": "HTTP", "stdio": "UNKNOWN"}[self.transport]
        up = (self.ms - self.connected) // 1000
        if self.client == 329:
            if self.interactive:
                self.put("[REPL:unmount] REPL unmounting")
            self.put("[uds-messaging] Shutting down")
            if self.transport == "stdio":
                self.mcp("Sending SIGINT to MCP server process")
        if self.client == 60:
            self.put("Getting matching hook commands for SessionEnd with query: other")
        if self.interactive and self.client != 329 and self.transport == "sse":
            self.mcp("SSE transport closed/disconnected, attempting automatic reconnection")
            self.put("LSP server manager shut down successfully")
            self.mcp("SSE transport initialized, awaiting connection")
            self.mcp("Starting connection with timeout of 30000ms")
            return
        self.mcp(f"{word} connection closed after {up}s (cleanly)")
        if self.transport == "http" and self.client == 143:
            self.mcp(f"HTTP connection dropped after {up}s uptime")
            self.mcp("Connection error: SSE stream disconnected: AbortError: The operation was aborted.")
            self.mcp("Terminal connection error 1/3")
        self.put("LSP server manager shut down successfully")

    def text(self):
        out = []
        for ms, _, level, text in sorted(self.rows):
            t = self.start + dt.timedelta(milliseconds=ms)
            out.append(f"{t.strftime('%Y-%m-%dT%H:%M:%S.')}{t.microsecond // 1000:03d}Z [{level}] {text}\n")
        return "".join(out)


def build(top):
    per = CALLS // SESSIONS
    for number in range(SESSIONS):
        s = Session(number)
        kinds = (s.quick, s.quick, s.long, s.parallel, s.permission, s.quick, s.tool_error, s.idle_drop, s.backgrounded, s.recovered)
        s.connect()
        quota = per
        while quota:
            kind = kinds[s.dice.roll(len(kinds))]
            if kind == s.parallel and quota < 3:
                kind = s.quick
            quota -= kind()
        s.leave()
        with open(os.path.join(top, s.ident + ".txt"), "w", encoding="utf-8") as f:
            f.write(s.text())


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--keep", metavar="DIR", help="write the logs there and leave them")
    args = ap.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        top = os.path.abspath(args.keep) if args.keep else os.path.join(scratch, "debug")
        os.makedirs(top, exist_ok=True)
        build(top)
        if args.keep:
            print(f"{CALLS} calls in {SESSIONS} sessions under {top}")
        lib.need_program()
        try:
            got = lib.report(scratch, [top if args.keep else "debug"])
        except Exception as e:
            sys.exit(f"no report: {e}")
    faults = [f"false alarm: {i['cause']} ({i['severity']}) on {i.get('server')}, {i.get('summary', '')[:100]}"
              for i in got["incidents"] if i.get("severity") in lib.LOUD]
    calls = got["summary"]["calls"]
    if calls != CALLS:
        faults.append(f"{calls} calls counted, {CALLS} were made")
    if got["summary"].get("calls_open"):
        faults.append(f"{got['summary']['calls_open']} calls taken for open")
    for f in faults[:40]:
        print(f)
    print(f"{CALLS} healthy calls, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
