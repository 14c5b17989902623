"""The units of `mcplog init systemd` before systemd's own judges; none of this needs a running systemd."""
import re
import unittest

from services import ConsumerTest, need

ANALYZE, = need("systemd-analyze")
MOST_EXPOSURE = 1.5


class Systemd(ConsumerTest):
    def units(self, *args):
        service, timer = self.put("mcplog.service", self.init("systemd", "service", *args)), self.put("mcplog.timer", self.init("systemd", "timer", *args))
        return service, timer

    def verify(self, *units):
        # the user manager looks for units below XDG_RUNTIME_DIR
        return self.run_program(ANALYZE, "verify", "--user", "--man=no", *units, env={"PATH": "/usr/bin:/bin", "HOME": self.scratch.name, "XDG_RUNTIME_DIR": self.scratch.name})

    def test_verify_is_silent(self):
        done = self.verify(*self.units())
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_verify_would_have_complained(self):
        service = self.put("mcplog.service", self.init("systemd", "service").replace("NoNewPrivileges", "NoNewPriviledges"))
        self.assertIn("NoNewPriviledges", self.verify(service).stderr)

    def test_exposure(self):
        done = self.run_program(ANALYZE, "security", "--offline=true", "--no-pager", self.units()[0])
        found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        self.assertTrue(found, done.stdout + done.stderr)
        self.assertLessEqual(float(found[1]), MOST_EXPOSURE)

    def test_the_calendar_means_the_interval(self):
        for minutes in ("1", "5", "15", "30"):
            when = re.search(r"(?m)^OnCalendar=(.*)$", self.init("systemd", "timer", "--interval", minutes))[1]
            done = self.run_program(ANALYZE, "calendar", "--iterations=2", when, env={"PATH": "/usr/bin:/bin", "TZ": "UTC"})
            self.assertEqual(done.returncode, 0, done.stderr)
            first, second = (60 * int(h) + int(m) for h, m in re.findall(r"(?:Next elapse|Iter\. #2): \w+ \S+ (\d\d):(\d\d)", done.stdout))
            self.assertEqual((second - first) % 1440, int(minutes))


if __name__ == "__main__":
    unittest.main()
