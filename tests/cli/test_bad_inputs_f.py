#!/usr/bin/env python3
"""Content and correlation: one test for each row of group F."""
import itertools

from bad_inputs import BadInput, log, main

HEAD = "2026-05-17T20:%02d:%02d.%03dZ "


def at(second, text, level="DEBUG"):
    return HEAD % (second // 60, second % 60, 0) + "[%s] %s\n" % (level, text)


def mcp(second, text, server="pg"):
    return at(second, 'MCP server "%s": %s' % (server, text))


def start(second, ident, tool="mcp__pg__ls"):
    return at(second, "[Stall] tool_dispatch_start tool=%s toolUseId=%s permissionDecisionMs=0" % (tool, ident), "INFO")


def end(second, ident, ms, tool="mcp__pg__ls", outcome="ok"):
    return at(second, "[Stall] tool_dispatch_end tool=%s toolUseId=%s outcome=%s durationMs=%d" % (tool, ident, outcome, ms), "INFO")


def whole(second, ident, seconds=1):
    return start(second, ident) + mcp(second, "Calling MCP tool: ls") + mcp(second + seconds, "Tool 'ls' completed successfully in %ds" % seconds) + \
        end(second + seconds, ident, seconds * 1000)


class Content(BadInput):
    def analyze(self, text, *args, name="a.txt", **options):
        self.put(name, text.encode())
        r = self.run_it(name, *args, **options)
        self.assert_code(r, 0)
        return r

    def incidents(self, r):
        return [i["cause"] for i in r.report["incidents"]]

    def test_F1_end_without_start(self):
        r = self.analyze(mcp(0, "No token data found") + mcp(10, "Tool 'ls' completed successfully in 1m 15s") + end(10, "toolu_1", 75000))
        self.assertEqual(r.report["summary"]["calls_open"], 0)
        self.assertLessEqual(r.report["summary"]["calls"], 1)

    def test_F2_ongoing(self):
        r = self.analyze(start(0, "toolu_1") + mcp(0, "Calling MCP tool: ls") + mcp(0, "SSE connection dropped after 60s uptime") +
                         mcp(0, "Connection error: SSE error: undefined") +
                         "".join(mcp(30 * i, "Tool 'ls' still running (%ds elapsed)" % (30 * i)) for i in range(1, 9)))
        self.assertEqual(r.report["summary"]["calls_open"], 1)
        self.assertEqual([i["state"] for i in r.report["incidents"]], ["ongoing"])

    def test_F3_abandoned(self):
        r = self.analyze(start(0, "toolu_1") + mcp(0, "Calling MCP tool: ls") + mcp(0, "SSE connection dropped after 60s uptime") +
                         mcp(0, "Connection error: SSE error: undefined") + mcp(30, "Tool 'ls' still running (30s elapsed)") +
                         at(900, "Getting matching hook commands for Stop"))
        self.assertEqual(r.report["summary"]["calls_open"], 1)
        self.assertEqual([i["state"] for i in r.report["incidents"]], ["abandoned"])

    def test_F4_same_id_twice(self):
        r = self.analyze(whole(0, "toolu_1") + whole(100, "toolu_1"))
        self.assertEqual(r.report["summary"]["calls"], 2)
        self.assertEqual(r.report["summary"]["calls_open"], 0)
        self.put("b.txt", whole(200, "toolu_1").encode())
        r = self.run_it("a.txt", "b.txt")
        self.assertEqual(r.report["summary"]["calls"], 3)

    def test_F5_many_parallel_calls(self):
        n = 2000
        text = "".join(start(0, "toolu_%d" % i) + mcp(0, "Calling MCP tool: ls") for i in range(n))
        text += "".join(mcp(5, "Tool 'ls' completed successfully in 5s") + end(5, "toolu_%d" % i, 5000) for i in range(n))
        r = self.analyze(text)
        self.assertEqual((r.report["summary"]["calls"], r.report["summary"]["calls_open"]), (n, 0))
        self.assertEqual(self.incidents(r), [])

    def test_F6_beats_of_two_calls(self):
        text = start(0, "toolu_1") + mcp(0, "Calling MCP tool: ls") + start(10, "toolu_2") + mcp(10, "Calling MCP tool: ls")
        beats = [(30, 30), (40, 30), (60, 60), (70, 60)]
        text += "".join(mcp(s, "Tool 'ls' still running (%ds elapsed)" % e) for s, e in beats)
        text += mcp(75, "Tool 'ls' completed successfully in 1m 15s") + end(75, "toolu_1", 75000)
        text += mcp(80, "Tool 'ls' completed successfully in 1m 10s") + end(80, "toolu_2", 70000)
        r = self.analyze(text)
        self.assertEqual((r.report["summary"]["calls"], r.report["summary"]["calls_open"]), (2, 0))

    def test_F7_quoted_log_text(self):
        drop = 'MCP server \\"pg\\": SSE connection dropped after 61937s uptime\\n MCP error -32001: user-cancel'
        r = self.analyze(whole(0, "toolu_1") + at(1, 'tool_result summary tool=Read preview="2026-05-17T20:23:01.090Z [DEBUG] %s"' % drop) +
                         at(2, "Hook output:\n> 2026-05-17T20:00:02.000Z [DEBUG] MCP server \"other\": SSE connection dropped after 5s uptime\n"
                               "[ERROR] MCP server \"other\" Connection failed: MCP error -32000: Connection closed\n"
                               "    2026-05-17T20:00:02.000Z [DEBUG] MCP server \"third\": Calling MCP tool: x") + whole(10, "toolu_2"))
        self.assertEqual(r.servers, ["pg"])
        self.assertEqual(self.incidents(r), [])

    def test_F8_hostile_names(self):
        """A name cannot forge a line that has no time of its own."""
        names = ["a\"b", "[ERROR] x", "x\n[ERROR] MCP server \"evil\" Connection failed: MCP error -32000: Connection closed", "': y", "-" * 3000]
        text = "".join(mcp(i, "Calling MCP tool: %s" % name) + mcp(i, "Tool '%s' completed successfully in 5ms" % name) for i, name in enumerate(names))
        r = self.analyze(text + whole(50, "toolu_1"))
        self.assertEqual(r.servers, ["pg"])
        self.assertEqual(self.incidents(r), [])
        r = self.analyze(mcp(0, "Calling MCP tool: ls", server="[ERROR] MCP server ") + whole(5, "toolu_1"))
        self.assertNotIn("evil", r.servers)

    def test_F9_tracebacks(self):
        group = ["ERROR:    Exception in ASGI application", "  + Exception Group Traceback (most recent call last):",
                 '  |   File "server.py", line 485, in handle_sse', "  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)",
                 "  +-+---------------- 1 ----------------", '    |   File "session.py", line 163, in _received_request',
                 "    | RuntimeError: Received request before initialization was complete", "    +------------------------------------"]
        for cut in range(1, len(group) + 1):
            with self.subTest(cut=cut):
                self.analyze("INFO:     Started server process [1]\n" + "\n".join(group[:cut]) + "\n", "--final", name="server.log")
        deep = group[:3] * 1 + ['  |   File "x.py", line %d, in f' % i for i in range(10000)] + group[3:]
        mixed = list(itertools.chain.from_iterable((l, 'INFO:     127.0.0.1:1 - "POST /messages/ HTTP/1.1" 202 Accepted') for l in group))
        nested = ["ERROR:    Exception in ASGI application", "  + Exception Group Traceback (most recent call last):"] + \
            ["%s| ExceptionGroup: e (1 sub-exception)\n%s+-+---------------- 1 ----------------" % (" " * 2 * d, " " * 2 * d) for d in range(1, 200)] + \
            [" " * 400 + "| RuntimeError: Received request before initialization was complete"]
        for lines in (deep, mixed, nested):
            r = self.analyze("INFO:     Started server process [1]\n" + "\n".join(lines) + "\n", name="server.log")
            self.assertIn(b"Received request before", r.out)

    def test_F10_unknown_format(self):
        r = self.analyze("".join("2027-05-17 20:00:%02d;DEBUG;something that nobody described\n" % i for i in range(50)))
        p = self.assert_problem(r, "unrecognized-lines", "100 %")
        self.assertIn("offset", p["text"])
        self.assert_told(r, "a.txt", "not recognised")
        r = self.analyze(log(*("s%d" % i for i in range(50))).decode())
        self.assert_silent(r)
        box = "╭────────╮\n" + "│ banner │\n" * 40 + "╰────────╯\n"
        r = self.analyze(box + "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\n" * 3, name="banner.log")
        self.assert_silent(r)

    def test_F11_order_of_files(self):
        """The same rows for any order of the arguments."""
        for i in range(3):
            self.put("%d.txt" % i, whole(i * 100, "toolu_%d" % i).encode())
        reports = set()
        for order in itertools.permutations(["0.txt", "1.txt", "2.txt"]):
            r = self.run_it(*order)
            self.assert_code(r, 0)
            reports.add(r.out)
        self.assertEqual(len(reports), 1)


if __name__ == "__main__":
    main()
