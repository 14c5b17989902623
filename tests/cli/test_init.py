"""mcplog init: what it prints is complete, names this program, and follows the interval; tests/consumers tries it on the real ones."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

MCPLOG = os.path.realpath(os.environ.get("MCPLOG", "mcplog"))
KINDS = ("cron", "systemd", "nagios", "prometheus", "alertmanager", "claude-hook")


def init(*args, program=MCPLOG):
    return subprocess.run([program, "init", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


class Init(unittest.TestCase):
    def text(self, *args):
        done = init(*args)
        self.assertEqual((done.returncode, done.stderr), (0, ""), args)
        return done.stdout

    def test_no_placeholder_is_left(self):
        for what in (*[[k] for k in KINDS], ["prometheus", "--tests"]):
            text = self.text(*what)
            self.assertNotRegex(text, r"@[A-Z]\w*@", what)
            self.assertTrue(text.endswith("\n"), what)

    def test_the_program_is_named_by_its_place(self):
        for what in ("cron", "systemd", "nagios", "alertmanager", "claude-hook"):
            self.assertIn(MCPLOG + " check", self.text(what), what)

    def test_the_interval(self):
        self.assertIn("*/7 * * * *", self.text("cron", "--interval", "7"))
        self.assertIn("OnCalendar=*:0/7", self.text("systemd", "timer", "--interval", "7"))
        self.assertIn("> 1260", self.text("prometheus", "--interval", "7"))
        self.assertEqual(init("cron", "--interval", "0").returncode, 2)

    def test_parts(self):
        service, timer = self.text("systemd", "service"), self.text("systemd", "timer")
        self.assertEqual(self.text("systemd"), service + "\n" + timer)
        self.assertEqual(self.text("prometheus", "tests"), self.text("prometheus", "--tests"))
        self.assertNotIn("rule_files", self.text("prometheus"))

    def test_options_that_it_prints_exist(self):
        for what in KINDS:
            for command, rest in re.findall(re.escape(MCPLOG) + r" (\w+)([^\n|;>\\]*)", self.text(what)):
                known = subprocess.run([MCPLOG, "help", command], stdout=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual(known.returncode, 0, command)
                for option in re.findall(r"(?<!\S)(--[a-z-]+|-[a-z])(?!\S)", rest):
                    self.assertRegex(known.stdout, r"(?m)^  .*(?<!\w)%s\b" % re.escape(option), (what, command))

    def test_the_hook_is_json(self):
        hooks = json.loads(self.text("claude-hook"))["hooks"]
        for entries in hooks.values():
            for hook in entries[0]["hooks"]:
                self.assertEqual(hook["type"], "command")
                # exit code 2 would block the prompt
                self.assertTrue(hook["command"].endswith("|| true"))

    def test_usage(self):
        for args, hint in ((["cronn"], "did you mean cron?"), (["systemd", "tiemr"], "did you mean timer?"), ([], "mcplog init cron|"), (["cron", "--tests"], "crontab")):
            done = init(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertIn(hint, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_a_path_that_needs_quotes_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            place = os.path.join(folder, "my programs")
            os.mkdir(place)
            program = shutil.copy(MCPLOG, place)
            done = init("cron", program=program)
            self.assertEqual(done.returncode, 2)
            self.assertIn("my programs", done.stderr)


if __name__ == "__main__":
    unittest.main()
