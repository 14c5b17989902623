#!/usr/bin/env python3
"""The HTML report in real Chromium: it loads nothing, its console stays silent, axe-core has no serious finding in light, dark and
at the width of a telephone, nothing is wider than the page, the controls do what they say, and without scripts the text is the
same. Screenshots (light, dark, phone, print) and a PDF are left in the build folder, to be looked at."""
import json
import subprocess
import unittest

from consumerlib import BUILD, MCPLOG, SOURCE, need_browser, need_npm, run

PLACE = BUILD / "consumers" / "browser"
CHROMIUM = need_browser()
SAMPLES = SOURCE / "samples"
MODULES = need_npm("browser-modules", "playwright-core@1", "axe-core@4")


class Browser(unittest.TestCase):
    def look(self, name, *arguments):
        folder = PLACE / name
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / "page.html"
        made = run(MCPLOG, *arguments, "--quiet", "--db", ":memory:", "--allow-root", "--format", "html", "-o", page)
        self.assertIn(made.returncode, (0, 3), made.stderr)
        seen = subprocess.run(["node", SOURCE / "tests" / "consumers" / "browser.cjs", MODULES, CHROMIUM, page, folder], capture_output=True, timeout=240)
        self.assertEqual(seen.returncode, 0, seen.stderr.decode())
        results = json.loads(seen.stdout)
        for mode, r in results.items():
            with self.subTest(name=name, mode=mode):
                self.assertEqual(r["requests"], ["file://" + str(page)])
                self.assertEqual(r["console"], [])
                self.assertEqual(r["errors"], [])
                self.assertLessEqual(r.get("overflow", 0), 0)
                self.assertEqual([v for v in r.get("axe", []) if v["impact"] in ("serious", "critical")], [])
        self.assertEqual(results["plain"]["text"] > 300, True)
        use = results["light"]["use"]
        self.assertEqual(use["refused"], "img-src")
        return use, results

    def test_one_incident(self):
        use, _ = self.look("incident", "analyze", SAMPLES / "001-sse-drop-silent-hang")
        self.assertEqual([round(z) for z in use["zoom"]], [2, 4, 1])
        self.assertEqual(use["badShown"], 1)

    def test_a_session_with_calls_that_went_well(self):
        use, _ = self.look("session", "timeline", SAMPLES / "006-proxy-cuts-sse-every-15s")
        self.assertEqual([round(z) for z in use["zoom"]], [2, 4, 1])
        self.assertEqual((use["wellShown"], use["badShown"]), (0, 1))

    def test_many_incidents(self):
        use, _ = self.look("many", "analyze", *sorted(p for p in SAMPLES.iterdir() if p.is_dir())[:25])
        every, none, critical = use["incidents"]
        self.assertGreater(every, critical)
        self.assertGreater(critical, 0)
        self.assertEqual(none, 0)


if __name__ == "__main__":
    unittest.main()
