"""The Grafana dashboard: every expression is PromQL that promtool accepts and speaks of metrics that mcplog exports; panels lie
side by side. Grafana itself is not packaged by Debian."""
import json
import re
import tempfile
import unittest
from pathlib import Path

from consumerlib import SOURCE, need, run

need("promtool")
DASHBOARD = json.loads((SOURCE / "share" / "grafana" / "mcplog.json").read_text(encoding="utf-8"))
WRITER = (SOURCE / "src" / "report" / "prom.c").read_text(encoding="utf-8") if (SOURCE / "src" / "report" / "prom.c").exists() else None


class Grafana(unittest.TestCase):
    def test_every_expression_is_promql(self):
        rules, count = [], 0
        for panel in DASHBOARD["panels"]:
            for target in panel["targets"]:
                expression = target["expr"].replace("$__rate_interval", "5m").replace("$server", ".*")
                self.assertNotIn("$", expression)
                rules.append({"record": f"panel:{panel['id']}_{target['refId'].lower()}:value", "expr": expression})
                count += 1
        self.assertGreater(count, 10)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rules.yml"
            path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
            result = run("promtool", "check", "rules", path)
            self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
            rules[0]["expr"] += ")"
            path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
            self.assertNotEqual(run("promtool", "check", "rules", path).returncode, 0)

    def test_its_metrics_are_exported(self):
        if WRITER is None:
            self.skipTest("this version exports no metrics")
        exported = set(re.findall(r"mcplog_[a-z_]+", WRITER))
        used = set(re.findall(r"\bmcplog_[a-z_]+", json.dumps([[t["expr"] for t in p["targets"]] for p in DASHBOARD["panels"]])))
        self.assertGreater(len(used), 8)
        self.assertEqual(used - exported, set())

    def test_panels_lie_side_by_side(self):
        taken = set()
        for panel in DASHBOARD["panels"]:
            g = panel["gridPos"]
            self.assertLessEqual(g["x"] + g["w"], 24)
            cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells
        self.assertEqual(len({p["id"] for p in DASHBOARD["panels"]}), len(DASHBOARD["panels"]))
        self.assertEqual({v["name"] for v in DASHBOARD["templating"]["list"]}, {"datasource", "server"})


if __name__ == "__main__":
    unittest.main()
