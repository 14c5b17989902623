"""Metrics before promtool, node_exporter, and the whole chain: node_exporter, Prometheus with the shipped rules, Alertmanager, webhook."""
import collections
import os
import re
import time
import unittest

from services import ConsumerTest, ended, free_port, get, hanging, healthy, need, wait_for

PROMETHEUS, PROMTOOL, NODE_EXPORTER, ALERTMANAGER = need("prometheus", "promtool", "prometheus-node-exporter", "prometheus-alertmanager")
HOSTILE = 'we"ird\\ser}ver'


class Prometheus(ConsumerTest):
    def setUp(self):
        super().setUp()
        self.textfiles = self.path("textfiles")
        os.mkdir(self.textfiles)
        self.prom = os.path.join(self.textfiles, "mcplog.prom")

    def export(self, *args):
        done = self.mcplog("export", "prom", "--db", self.db, "-o", self.prom, *args, self.logs)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.prom, encoding="utf-8") as file:
            return file.read()

    def start_node_exporter(self):
        url = "http://127.0.0.1:%d/metrics" % free_port()
        self.start(NODE_EXPORTER, "--web.listen-address=" + url.split("/")[2], "--collector.disable-defaults", "--collector.textfile",
                   "--collector.textfile.directory=" + self.textfiles, ready=url)
        return url

    def start_prometheus(self, node, alertmanager):
        rules = re.sub(r"keep_firing_for: \w+", "keep_firing_for: 2s", self.init("prometheus"))
        self.put("mcplog.rules.yml", rules)
        config = self.put("prom.yml", """
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [mcplog.rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['%s']}]}]}
scrape_configs: [{job_name: node, static_configs: [{targets: ['%s']}]}]
""" % (alertmanager.split("/")[2], node.split("/")[2]))
        url = "http://127.0.0.1:%d" % free_port()
        self.start(PROMETHEUS, "--config.file=" + config, "--storage.tsdb.path=" + self.path("tsdb"), "--web.listen-address=" + url.split("/")[2],
                   "--log.level=warn", ready=url + "/-/ready")
        return url

    def test_metrics_are_clean(self):
        self.log(healthy("pg") + healthy(HOSTILE))
        self.export()
        self.log(hanging("pg") + hanging(HOSTILE))
        text = self.export()
        with open(self.prom, encoding="utf-8") as file:
            done = self.run_program(PROMTOOL, "check", "metrics", stdin=file)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        self.assertEqual(os.stat(self.prom).st_mode & 0o777, 0o644)
        # promtool does not see these, and node_exporter drops them silently
        series = collections.Counter(line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#"))
        self.assertEqual([s for s, n in series.items() if n > 1], [])
        self.assertRegex(text, r'mcplog_stuck_calls\{server="pg",cause="sse-drop-silent-hang"\} 1\n')

    def test_rules_and_their_tests(self):
        for minutes in ("1", "5", "30"):
            with self.subTest(minutes=minutes):
                rules = self.put("mcplog.rules.yml", self.init("prometheus", "--interval", minutes))
                tests = self.put("mcplog.test.yml", self.init("prometheus", "--tests", "--interval", minutes))
                for command in (("check", "rules", rules), ("test", "rules", tests)):
                    done = self.run_program(PROMTOOL, *command)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_rules_speak_of_metrics_that_exist(self):
        self.log(healthy("pg"))
        metrics = set(re.findall(r"(?m)^# TYPE (mcplog_\w+)", self.export()))
        used = set(re.findall(r"\b(mcplog_[a-z_]+)\b", "".join(re.findall(r"(?m)^ +expr: (.*)$", self.init("prometheus")))))
        self.assertTrue(used)
        self.assertLessEqual(used, metrics)

    def test_node_exporter_serves_every_series(self):
        self.log(healthy("pg") + healthy(HOSTILE))
        text = self.export()
        served = get(self.start_node_exporter())
        self.assertIn("node_textfile_scrape_error 0", served)
        value = {s: float(v) for s, v in (line.rsplit(" ", 1) for line in served.splitlines() if line.startswith("mcplog_"))}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, wanted = line.rsplit(" ", 1)
                self.assertAlmostEqual(value[self.sorted_labels(name)], float(wanted), msg=line)

    @staticmethod
    def sorted_labels(series):
        """As node_exporter writes them."""
        name, _, labels = series.partition("{")
        pairs = sorted(re.findall(r'\w+="(?:[^"\\]|\\.)*"', labels), key=lambda p: (p.startswith("le="), p))
        return name + ("{%s}" % ",".join(pairs) if pairs else "")

    def test_the_whole_chain_fires_once_and_resolves_once(self):
        sink = self.sink()
        self.log(healthy("pg"))
        self.export()
        node = self.start_node_exporter()
        prometheus = self.start_prometheus(node, self.start_alertmanager(ALERTMANAGER, sink))
        wait_for(lambda: '"health":"up"' in get(prometheus + "/api/v1/targets").replace(" ", ""), "Prometheus never scraped")
        self.log(hanging("pg"))
        self.export()
        wait_for(lambda: sink.count("firing", "pg"), "no alert for a hanging call")
        self.export()
        self.log(ended("pg"))
        self.export()
        wait_for(lambda: sink.count("resolved", "pg"), "the alert was never resolved")
        time.sleep(3)
        self.assertEqual((sink.count("firing", "pg"), sink.count("resolved", "pg")), (1, 1))


if __name__ == "__main__":
    unittest.main()
