"""The configuration file and MCPLOG_ variables: what wins, what is said about mistakes (bad-inputs I6), what cannot be set."""
import os
import re
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")


class Config(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.home = self.scratch.name
        os.makedirs(os.path.join(self.home, ".config", "mcplog"))
        self.file = os.path.join(self.home, ".config", "mcplog", "config")

    def write(self, text, mode=0o600):
        with open(self.file, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        os.chmod(self.file, mode)

    def run_mcplog(self, *args, **env):
        environment = {"PATH": os.environ["PATH"], "HOME": self.home, "TZ": "UTC", **env}
        environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        return subprocess.run([MCPLOG, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, timeout=60)

    def values(self, *args, **env):
        """{key: (value, origin)}"""
        result = self.run_mcplog(*(args or ("config",)), **env)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        rows = (re.match(r"(\S+) +(.*?) +(default|command line|/\S+:\d+|\$\w+)$", line) for line in result.stdout.decode().splitlines()[1:])
        return {m.group(1): (m.group(2), m.group(3)) for m in rows}

    def refused(self, text, line, message, hint=b""):
        self.write(text)
        result = self.run_mcplog("status")
        self.assertEqual((result.returncode, result.stdout), (2, b""), text)
        place = b"" if line is None else f"{self.file}:{line}:".encode()
        self.assertIn(place, result.stderr, text)
        self.assertIn(message, result.stderr, text)
        self.assertIn(hint, result.stderr, text)

    def test_the_later_origin_wins(self):
        self.assertEqual(self.values()["lock-wait"], ("5", "default"))
        self.write("lock-wait = 7\n")
        self.assertEqual(self.values()["lock-wait"], ("7", self.file + ":1"))
        self.assertEqual(self.values(MCPLOG_LOCK_WAIT="8")["lock-wait"], ("8", "$MCPLOG_LOCK_WAIT"))
        self.assertEqual(self.values("config", "--lock-wait", "9", MCPLOG_LOCK_WAIT="8")["lock-wait"], ("9", "command line"))
        self.assertEqual(self.values("analyze", "--lock-wait=9", "--show-config")["lock-wait"], ("9", "command line"))
        self.assertEqual(self.values(MCPLOG_LOCK_WAIT="")["lock-wait"], ("7", self.file + ":1"))

    def test_the_shapes_of_lines(self):
        self.write("\ufeff# a comment\r\n\r\n  jobs=2\r\n\tcolor\t=\t never \r\nascii = yes\nquiet = off\npager = \"less -F # x\"\ndb = ~/here.db")
        got = self.values()
        self.assertEqual(got["jobs"], ("2", self.file + ":3"))
        self.assertEqual(got["color"], ("never", self.file + ":4"))
        self.assertEqual(got["ascii"], ("true", self.file + ":5"))
        self.assertEqual(got["quiet"], ("false", self.file + ":6"))
        self.assertEqual(got["pager"], ("less -F # x", self.file + ":7"))
        self.assertEqual(got["db"], (self.home + "/here.db", self.file + ":8"))

    def test_a_key_for_one_command(self):
        self.write("analyze.format = json\nformat = ndjson\nanalyze.ascii = false\nascii = true\n")
        self.assertEqual(self.values("analyze", "--show-config")["format"], ("json", self.file + ":1"))
        self.assertEqual(self.values("analyze", "--show-config")["ascii"], ("false", self.file + ":3"))
        self.assertEqual(self.values("explain", "--show-config")["ascii"], ("true", self.file + ":4"))

    def test_settings_work(self):
        log = os.path.join(self.home, "debug.txt")
        with open(log, "w", encoding="utf-8") as file:
            file.write('2026-05-17T20:23:00.766Z [DEBUG] MCP server "pg": Calling MCP tool: list_schemas\n')
        self.write("format = json\ndb = :memory:\n")
        self.assertTrue(self.run_mcplog("analyze", log).stdout.startswith(b"{"))
        self.assertFalse(os.path.exists(os.path.join(self.home, ".local")))
        self.assertFalse(self.run_mcplog("analyze", log, MCPLOG_FORMAT="text").stdout.startswith(b"{"))
        self.assertTrue(self.run_mcplog("status").stdout.startswith(b"no timeline"))

    def test_patterns_add_up(self):
        folders = []
        for name in ("a", "b", "c"):
            folders.append(os.path.join(self.home, name))
            os.mkdir(folders[-1])
        self.write("patterns = ~/a\npatterns = ~/b\n")
        self.assertEqual(self.values("config", "--patterns", folders[2])["patterns"][0], " ".join(folders))

    def test_i6_mistakes_have_a_place(self):
        for text, line, message, hint in (
                ("db = /x\nformt = json\n", 2, b"unknown key 'formt'", b"did you mean format?"),
                ("jobs = 10x\n", 1, b"'10x' is no number", b"from 1 to 256"),
                ("jobs = nan\n", 1, b"'nan'", b"from 1 to 256"),
                ("jobs = -1\n", 1, b"'-1'", b"from 1 to 256"),
                ("jobs = 99999999999999999999999\n", 1, b"is no number", b"from 1 to 256"),
                ("jobs = 1e2\n", 1, b"is no number", b""),
                ("\n\njobs = 4,\n", 3, b"a comma", b"leave it out"),
                ("jobs =\n", 1, b"'' is no number", b""),
                ("db =\n", 1, b"is empty", b""),
                ("jobs = 4 # four\n", 1, b"a comment behind a value", b"line of its own"),
                ("color = sometimes\n", 1, b"none of the choices", b"auto|always|never"),
                ("ascii = maybe\n", 1, b"neither true nor false", b""),
                ("format = xml\n", 1, b"none of the choices", b""),
                ("status.format = json\n", 1, b"status has no option format", b""),
                ("tz = Nowhere/Land\n", 1, b"no time zone", b""),
                ("db = here.db\n", 1, b"no absolute path", b""),
                ("analyse.format = json\n", 1, b"unknown command 'analyse'", b"analyze.format"),
                ("jobs = 1\njobs = 2\n", 2, b"a second time", b"line 1"),
                ("ascii\n", 1, b"no key = value", b""),
                ("[analyze]\n", 1, b"no key = value", b""),
                (b"jobs = 1\0\n", 1, b"a NUL byte", b""),
                (b"# \x1b[31m\n", 1, b"a control character", b""),
                ("pager = \"less\n", 1, b"a double quote", b""),
                ("no-redact = true\n", 1, b"cannot be set here", b"command line"),
                ("since = yesterday\n", 1, b"cannot be set here", b""),
                ("allow-root = true\n", 1, b"cannot be set here", b"")):
            with self.subTest(text=text):
                self.refused(text, line, message, hint)

    def test_a_place_points_into_the_line(self):
        self.write("# x\njobs = 10x\n")
        result = self.run_mcplog("status")
        self.assertIn(b":2:8: ", result.stderr)
        self.assertIn(b"  | jobs = 10x\n  |        ^\n", result.stderr)

    def test_mistakes_in_the_environment(self):
        result = self.run_mcplog("status", MCPLOG_JOBS="10x")
        self.assertEqual(result.returncode, 2)
        self.assertIn(b"$MCPLOG_JOBS: '10x' is no number", result.stderr)
        self.assertEqual(self.run_mcplog("status", MCPLOG_NO_REDACT="1", MCPLOG_SOMETHING="x").returncode, 0)

    def test_help_works_while_the_file_is_broken(self):
        self.write("nonsense\n")
        for args in (("-h",), ("--version",), ("help", "config"), ("completion", "bash")):
            self.assertEqual(self.run_mcplog(*args).returncode, 0, args)
        self.assertEqual(self.run_mcplog("config").returncode, 2)

    def test_files_that_are_none(self):
        os.mkdir(self.file)
        self.assertIn(b"no regular file", self.run_mcplog("status").stderr)
        os.rmdir(self.file)
        os.mkfifo(self.file)
        self.assertEqual(self.run_mcplog("status").returncode, 2)
        os.remove(self.file)
        self.write(b"#" * (2 << 20))
        self.assertEqual(self.run_mcplog("status").returncode, 4)

    def test_i4_files_that_others_may_write(self):
        self.write("jobs = 2\n", 0o666)
        result = self.run_mcplog("config")
        self.assertEqual(result.returncode, 2 if os.geteuid() == 0 else 0)
        self.assertIn(b"may be written by others", result.stderr)

    def test_config_home(self):
        other = os.path.join(self.home, "other")
        os.makedirs(os.path.join(other, "mcplog"))
        with open(os.path.join(other, "mcplog", "config"), "w", encoding="utf-8") as file:
            file.write("jobs = 3\n")
        self.write("jobs = 2\n")
        self.assertEqual(self.values(XDG_CONFIG_HOME=other)["jobs"][0], "3")
        self.assertEqual(self.values(XDG_CONFIG_HOME="other")["jobs"][0], "2")


if __name__ == "__main__":
    unittest.main()
