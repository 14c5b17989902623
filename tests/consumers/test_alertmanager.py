"""Alerts straight to a real Alertmanager, which tells a webhook receiver: each trouble fires once and resolves once, whatever
happens on the way."""
import time
import unittest

from services import ConsumerTest, ended, free_port, hanging, healthy, need, wait_for

ALERTMANAGER, AMTOOL, _ = need("prometheus-alertmanager", "amtool", "curl")
CURL = "curl -fsS -m 10 -H 'Content-Type: application/json' --data-binary @- %s/api/v2/alerts"


class Alertmanager(ConsumerTest):
    def setUp(self):
        super().setUp()
        self.log(healthy("pg") + healthy("geo"))
        self.assertEqual(self.check().returncode, 0)

    def hang(self, server="pg"):
        self.log(hanging(server))
        done = self.check()
        self.assertEqual(done.returncode, 2, done.stdout)

    def end(self, server="pg"):
        self.log(ended(server))
        self.check("--keep-firing", "0")
        time.sleep(1.1)
        self.check("--keep-firing", "0")

    def send(self, url, after=""):
        return self.mcplog("alerts", "--db", self.db, "--format", "alertmanager", "--send", CURL % url + after)

    def assert_once(self, sink, status, server="pg"):
        wait_for(lambda: sink.count(status, server), "%s was never told" % status)
        time.sleep(3)  # three of its group intervals: a second notification would have come
        self.assertEqual(sink.count(status, server), 1)

    def test_the_configuration_is_accepted(self):
        done = self.run_program(AMTOOL, "check-config", self.put("am.yml", self.init("alertmanager")))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_fires_once_and_resolves_once(self):
        sink = self.sink()
        url = self.start_alertmanager(ALERTMANAGER, sink)
        self.hang()
        for _ in range(3):
            self.assertEqual(self.send(url).returncode, 0)
            self.check()
        self.assert_once(sink, "firing")
        self.assertEqual(sink.count("resolved", "pg"), 0)
        self.end()
        for _ in range(3):
            self.assertEqual(self.send(url).returncode, 0)
            self.check("--keep-firing", "0")
        self.assert_once(sink, "resolved")
        self.assertEqual(sink.count("firing", "pg"), 1)

    def test_alertmanager_is_down_at_first(self):
        sink, port = self.sink(), free_port()
        self.hang()
        done = self.send("http://127.0.0.1:%d" % port)
        self.assertEqual(done.returncode, 4)
        self.assertIn("exit code", done.stderr)
        url = self.start_alertmanager(ALERTMANAGER, sink, port)
        self.assertEqual(self.send(url).returncode, 0)
        self.assert_once(sink, "firing")

    def test_the_receiver_refuses_at_first(self):
        sink = self.sink()
        sink.refuse(2)
        url = self.start_alertmanager(ALERTMANAGER, sink)
        self.hang()
        self.assertEqual(self.send(url).returncode, 0)
        self.assert_once(sink, "firing")

    def test_killed_between_sending_and_remembering(self):
        sink = self.sink()
        url = self.start_alertmanager(ALERTMANAGER, sink)
        self.hang()
        self.assertEqual(self.send(url, " && kill -9 $PPID").returncode, -9)
        wait_for(lambda: sink.count("firing", "pg"), "the alert was sent before the kill")
        self.assertEqual(self.send(url).returncode, 0)
        self.assert_once(sink, "firing")

    def test_two_servers_are_two_alerts(self):
        sink = self.sink()
        url = self.start_alertmanager(ALERTMANAGER, sink)
        self.hang("pg")
        self.hang("geo")
        self.assertEqual(self.send(url).returncode, 0)
        self.assert_once(sink, "firing", "pg")
        self.assert_once(sink, "firing", "geo")


if __name__ == "__main__":
    unittest.main()
