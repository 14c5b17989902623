#!/usr/bin/env python3
"""The HTML report read by a parser: only the tags and attributes that the program writes, also when 10,000 names of tools, servers,
files and errors try to bring their own (J3); nothing is loaded; a thousand incidents fit into 300 KB."""
import datetime
import os
import re
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser

SOURCE = os.environ.get("MCPLOG_SOURCE") or os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.environ.get("MCPLOG_BUILD") or os.path.join(SOURCE, "build")
MCPLOG = os.path.abspath(os.environ.get("MCPLOG") or os.path.join(BUILD, "mcplog"))
WRITER = os.path.join(BUILD, "tests", "test_html")
NAMES = int(os.environ.get("MCPLOG_HTML_NAMES", "10000"))

TAGS = set("html head meta title style body a header h1 h2 h3 h4 p nav ul li main section table caption thead tbody tr th td article dl dt dd div "
           "figure figcaption span button output label select option input small svg rect line text path details summary code b wbr footer script".split())
ATTRIBUTES = set("lang charset http-equiv content name class id href rel aria-label aria-labelledby aria-hidden data-severity data-kind data-bad data-server "
                 "data-zoom role tabindex type value hidden open x y x1 x2 y1 y2 d rx width height overflow opacity text-anchor".split())
VOID = {"meta", "input", "wbr"}
OPTIONAL_END = {"li", "th", "tr", "td", "option"}


class Page(HTMLParser):
    def __init__(self, test):
        super().__init__(convert_charrefs=True)
        self.test, self.open, self.ids, self.scripts, self.links = test, [], [], 0, []

    def handle_starttag(self, tag, attrs):
        self.test.assertIn(tag, TAGS)
        for name, value in attrs:
            self.test.assertIn(name, ATTRIBUTES, (tag, value))
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)
            self.test.assertFalse(name.startswith("on"))
        self.scripts += tag == "script"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open[-1] != tag and self.open[-1] in OPTIONAL_END:
            self.open.pop()
        self.test.assertTrue(self.open and self.open[-1] == tag, (tag, self.open[-5:]))
        self.open.pop()

    def handle_comment(self, data):
        self.test.fail("a comment: " + data)

    def handle_pi(self, data):
        self.test.fail("an instruction: " + data)


def read(test, text):
    page = Page(test)
    page.feed(text)
    page.close()
    test.assertEqual(page.open, [])
    test.assertEqual(page.scripts, 1)
    for link in page.links:
        test.assertRegex(link, r"^(#[a-z]+|https://)")
    for c in set(text):
        test.assertFalse((ord(c) < 32 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0 or c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b", repr(c))
    return page


def run(*args, **keywords):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    return subprocess.run([MCPLOG, *args], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=True, **keywords).stdout.decode("utf-8")


def hang(at, number):
    stamp = lambda s: (at + datetime.timedelta(seconds=s)).strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (int(s * 1000) % 1000)
    server, use = "server-%d" % (number % 40), "toolu_%024d" % number
    lines = [(0, f'[DEBUG] MCP server "{server}": Successfully connected (transport: sse) in 63ms'),
             (0, f'[INFO] [Stall] tool_dispatch_start tool=mcp__{server}__list_schemas toolUseId={use} permissionDecisionMs=1'),
             (0, f'[DEBUG] MCP server "{server}": Calling MCP tool: list_schemas'),
             (.3, f'[DEBUG] MCP server "{server}": SSE connection dropped after {60 + number % 3}s uptime'),
             (.3, f'[DEBUG] MCP server "{server}": Connection error: SSE error: undefined')]
    lines += [(30 * k, f"[DEBUG] MCP server \"{server}\": Tool 'list_schemas' still running ({30 * k}s elapsed)") for k in (1, 2, 3, 4)]
    lines += [(125, '[DEBUG] [onCancel] source=local focusedInputDialog=undefined streamMode=tool-use'),
              (125, f"[DEBUG] MCP server \"{server}\": Tool 'list_schemas' failed after 125s: MCP error -32001: user-cancel"),
              (125, f'[WARN] [Stall] tool_dispatch_end tool=mcp__{server}__list_schemas toolUseId={use} outcome=error durationMs=125300'),
              (130, f'[DEBUG] MCP server "{server}": Calling MCP tool: ping'),
              (130.1, f"[DEBUG] MCP server \"{server}\": Tool 'ping' completed successfully in 100ms")]
    return "".join(f"{stamp(s)} {text}\n" for s, text in lines)


class Html(unittest.TestCase):
    def test_samples(self):
        for name in "001-sse-drop-silent-hang", "007-idle-drops-at-60s-healthy", "162-proxy-clock-is-local-time", "024-permission-prompt-open":
            page = read(self, run("analyze", "--db", ":memory:", "--allow-root", "--format", "html", os.path.join(SOURCE, "samples", name)))
            self.assertEqual(len(page.ids), len(set(page.ids)))
            read(self, run("timeline", "--db", ":memory:", "--allow-root", "--format", "html", os.path.join(SOURCE, "samples", name)))

    def test_names_bring_no_markup(self):
        output = subprocess.run([WRITER, "emit", str(NAMES)], capture_output=True, timeout=600, check=True).stdout
        documents = output.split(b"\0")[:-1]
        self.assertGreaterEqual(len(documents) * 34, NAMES)
        style = script = None
        for document in documents:
            text = document.decode("utf-8")
            style = style or re.search("<style>\n(.*?)</style>", text, re.S).group(1)
            script = script or re.search("<script>(.*?)</script>", text, re.S).group(1)
            read(self, text.replace(style, "", 1).replace(script, "", 1))

    def test_all_samples_at_once(self):
        text = run("analyze", "--quiet", "--db", ":memory:", "--allow-root", "--format", "html", os.path.join(SOURCE, "samples", "001-sse-drop-silent-hang"),
                   *[os.path.join(SOURCE, "samples", n) for n in sorted(os.listdir(os.path.join(SOURCE, "samples")))[:40]])
        read(self, text)
        self.assertLess(len(text.encode()), 300 * 1024)

    def test_a_thousand_incidents_fit(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "debug.txt")
            begin = datetime.datetime(2026, 5, 1)
            with open(log, "w", encoding="utf-8") as f:
                for i in range(1000):
                    f.write(hang(begin + datetime.timedelta(seconds=600 * i), i))
            text = run("analyze", "--db", ":memory:", "--allow-root", "--format", "html", log)
        read(self, text)
        self.assertLess(len(text.encode()), 300 * 1024)
        cards, rows, left = map(int, re.search(r"(\d+) incidents have a card, the most severe ones; (\d+) a line; (\d+) are left out", text).groups())
        self.assertEqual(cards + rows + left, 1000)
        self.assertGreaterEqual(cards, 5)


if __name__ == "__main__":
    if not os.path.exists(MCPLOG):
        sys.exit(77)
    unittest.main()
