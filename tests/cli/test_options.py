"""Options and commands: what -h lists works, what it does not list is refused with the nearest name (I7, H8)."""
import json
import os
import re
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = os.environ.get("MCPLOG_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))

LOG = "".join(line + "\n" for line in (
    "2026-05-17T20:23:00.766Z [DEBUG] MCP server \"pg\": Calling MCP tool: list_schemas",
    "2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg\": SSE connection dropped after 61937s uptime",
    "2026-05-17T20:23:31.000Z [DEBUG] MCP server \"pg\": Tool 'list_schemas' still running (30s elapsed)",
    "2026-05-17T20:24:01.000Z [DEBUG] MCP server \"pg\": Tool 'list_schemas' still running (60s elapsed)",
))


class Options(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.home = os.path.join(self.scratch.name, "home")
        os.mkdir(self.home)
        self.log = os.path.join(self.scratch.name, "debug.txt")
        with open(self.log, "w", encoding="utf-8") as file:
            file.write(LOG)

    def tearDown(self):
        self.scratch.cleanup()

    def run_mcplog(self, *args, data=None, **env):
        environment = {"HOME": self.home, "PATH": os.environ.get("PATH", ""), **env}
        if "ASAN_OPTIONS" in os.environ:
            environment["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"]
        return subprocess.run([MCPLOG, *args], input=data, stdin=None if data is not None else subprocess.DEVNULL, env=environment,
                              capture_output=True, timeout=60, cwd=self.scratch.name)

    def report(self, *args, **env):
        result = self.run_mcplog("analyze", "--db", ":memory:", "--format", "json", *args, self.log, **env)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return json.loads(result.stdout)

    # --- help ---

    def test_help_names_every_command_and_each_exists(self):
        text = self.run_mcplog("-h").stdout.decode()
        commands = re.findall(r"^  ([a-z]+) ", text[text.index("Commands:"):text.index("Options:")], re.M)
        self.assertIn("analyze", commands)
        for command in commands:
            self.assertEqual(self.run_mcplog(command, "-h").returncode, 3 if command == "check" else 0)  # plugins leave with UNKNOWN
            self.assertEqual(self.run_mcplog("help", command).returncode, 0)
            self.assertIn(f"Usage: mcplog {command}" if command != "help" else "Usage: mcplog COMMAND", self.run_mcplog(command, "-h").stdout.decode())

    def test_help_lines_fit_a_terminal(self):
        for args in [("-h",)] + [(command, "-h") for command in self.commands()]:
            for line in self.run_mcplog(*args).stdout.decode().splitlines():
                self.assertLessEqual(len(line), 80, args)

    def test_the_overview_has_only_what_belongs_to_every_command(self):
        overview = self.run_mcplog("-h").stdout.decode()
        self.assertLess(len(overview.splitlines()), 80)
        for option in re.findall(r"(?m)^  (?:-\w, |    )(--[a-z-]+)", overview[overview.index("Options:"):]):
            for command in self.commands():
                self.assertIn(f"{option} ", self.run_mcplog(command, "-h").stdout.decode() + " ", command)

    def test_long_help_is_never_empty(self):
        result = self.run_mcplog("--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn(b"analyze", result.stdout)

    def test_version(self):
        for args in (("--version",), ("-V",), ("version",)):
            result = self.run_mcplog(*args)
            self.assertEqual(result.returncode, 0)
            self.assertRegex(result.stdout.decode(), r"^mcplog \d+\.\d+\.\d+\n$")

    def test_manual_has_every_option_and_command(self):
        with open(os.path.join(SOURCE, "docs", "mcplog.1"), encoding="utf-8") as file:
            manual = file.read()
        described = set(re.findall(r"^\.It Fl (\S+)", manual, re.M)) | set(re.findall(r" , Fl (\S+)", manual))
        text = self.run_mcplog("-h").stdout.decode()
        options = "".join(self.run_mcplog(command, "-h").stdout.decode().partition("Options:")[2] for command in self.commands())
        for letter, name in re.findall(r"^  (?:-(\w), |    )--([a-z-]+)", options, re.M):
            self.assertIn("-" + name, described, f"--{name} is not in docs/mcplog.1")
            if letter:
                self.assertIn(letter, described, f"-{letter} is not in docs/mcplog.1")
        known = set(re.findall(r"--([a-z-]+)", options)) | {"help", "mdoc"}  # mdoc: of help, whose -h is the overview
        for name in described:
            if name.startswith("-"):
                self.assertIn(name[1:], known, f"docs/mcplog.1 describes -{name}, which does not exist")
        for command in re.findall(r"^  ([a-z]+) ", text[text.index("Commands:"):text.index("Options:")], re.M):
            self.assertRegex(manual, rf"(?m)^\.It Cm {command}\b")

    # --- wrong command lines (I7) ---

    def test_i7_wrong_command_lines(self):
        for args, hint in (
                (("analyze", "--formt=json"), b"--format"),
                (("analyze", "--format=yaml"), b"text|json|ndjson"),
                (("analyse",), b"mcplog analyze"),
                (("analyze", "--jobs=10x"), b"whole number"),
                (("analyze", "--lock-wait=-1"), b"whole number"),
                (("analyze", "--jobs=99999999999999999999"), b"whole number"),
                (("analyze", "--db"), b"needs a value"),
                (("analyze", "--final=1"), b"takes no value"),
                (("analyze", "-Z"), b"unknown option"),
                (("analyze", "--since=soon"), b"30 min ago"),
                (("analyze", "--tz=Nowhere/Land"), b"time zone"),
                (("analyze", "--cause=sse-drop-silent-hangs"), b"sse-drop-silent-hang"),
                (("analyze", "--fail-on=never"), b"cause"),
                (("status", "extra"), b"extra"),
                (("patterns",), b"list"),
                (("patterns", "tset"), b"test"),
                (("explain",), b"missing"),
                (("explain", "sse-drop-silent-hong"), b"sse-drop-silent-hang"),
                ((), b"no command")):
            with self.subTest(args=args):
                result = self.run_mcplog(*args)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertEqual(result.stdout, b"")
                self.assertIn(hint, result.stderr)

    def test_every_command_of_the_contract_is_there(self):
        overview = self.run_mcplog("-h").stdout.decode()
        for command in ("analyze", "check", "watch", "timeline", "explain", "report", "query", "export", "patterns", "unknown", "doctor", "status",
                        "alerts", "init", "diff", "prune", "completion"):
            self.assertRegex(overview, rf"(?m)^  {command}\b")

    def test_incidents_that_nothing_tells_apart_are_all_explained(self):
        """Excerpts without session, server and time: no longer id would tell one from the other."""
        paths = []
        for command in ("npx", "uvx"):
            paths.append(os.path.join(self.scratch.name, command + ".txt"))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(f"Error: spawn {command} ENOENT\n")
        report = json.loads(self.run_mcplog("analyze", "--db", ":memory:", "--format", "json", *paths).stdout)
        ids = {i["id"] for i in report["incidents"]}
        self.assertEqual((len(ids), len(report["incidents"])), (1, 2))
        result = self.run_mcplog("explain", "--db", ":memory:", ids.pop(), *paths)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"spawn npx", result.stdout)
        self.assertIn(b"spawn uvx", result.stdout)

    def test_no_time_is_invented_for_lines_without_one(self):
        excerpt = ('MCP server "pg": Calling MCP tool: list\nMCP server "pg": SSE connection dropped after 9s uptime\n'
                   + "".join(f"MCP server \"pg\": Tool 'list' still running ({30 * n}s elapsed)\n" for n in (1, 2, 3)))
        out = self.run_mcplog("analyze", "--format", "json", "-", data=excerpt.encode()).stdout.decode()
        incident = json.loads(out)["incidents"][0]
        self.assertEqual(incident["cause"], "sse-drop-silent-hang")
        self.assertNotIn('"1970-', out)
        self.assertIsNone(incident["calls"][0]["started_at"])
        self.assertIn("some time after", incident["summary"])

    def test_an_empty_place_beside_logs_is_no_warning(self):
        home = os.path.join(self.scratch.name, "home")
        os.makedirs(os.path.join(home, ".claude", "debug"))
        os.makedirs(os.path.join(home, ".claude", "projects"))
        self.assertIn(b"no log files in", self.run_mcplog("analyze", "--db", ":memory:", HOME=home).stderr)
        os.rename(self.log, os.path.join(home, ".claude", "debug", "a.txt"))
        result = self.run_mcplog("analyze", "--db", ":memory:", HOME=home)
        self.assertIn(b"1 call", result.stdout)
        self.assertEqual(result.stderr, b"")

    def test_double_dash_ends_options(self):
        os.rename(self.log, os.path.join(self.scratch.name, "-rf"))
        result = self.run_mcplog("analyze", "--db", ":memory:", "--", "-rf")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"1 call", result.stdout)

    def test_options_may_stand_anywhere(self):
        copy = os.path.join(self.scratch.name, "copy.txt")
        with open(copy, "w", encoding="utf-8") as file:
            file.write(LOG.replace("pg", "other"))
        for number, args in enumerate((("--db={}", "analyze", self.log, copy), ("analyze", self.log, copy, "--db", "{}"), ("analyze", "--db", "{}", self.log, copy),
                                       ("analyze", self.log, "--db={}", copy))):
            database = os.path.join(self.scratch.name, f"{number}.db")
            result = self.run_mcplog(*(a.format(database) for a in args))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(b"2 calls", result.stdout)
            self.assertTrue(os.path.exists(database))

    def commands(self):
        text = self.run_mcplog("-h").stdout.decode()
        return re.findall(r"^  ([a-z]+) ", text[text.index("Commands:"):text.index("Options:")], re.M)

    def test_common_options_belong_to_every_command(self):
        """As in `alias mcplog='mcplog --color never --db x.db'`."""
        for command in self.commands():
            with self.subTest(command=command):
                result = self.run_mcplog("--color", "never", "--db", "x.db", command, "--show-config")
                self.assertEqual(result.returncode, 3 if command == "check" else 0, result.stderr)  # plugins leave with UNKNOWN
                self.assertIn(b"x.db", result.stdout)
                usage = self.run_mcplog("help", command).stdout
                self.assertIn(b"--color", usage)
                self.assertIn(b"--db", usage)

    def test_a_full_disk_is_told(self):
        """/dev/full is written to, never replaced."""
        what = {"explain": ("sse-drop-silent-hang",), "report": None, "init": ("cron",), "patterns": ("list",), "query": ("--list",), "completion": ("bash",),
                "export": ("ndjson",), "diff": ("yesterday", "today"), "prune": None, "analyze": (self.log,), "timeline": (self.log,), "unknown": (self.log,),
                "watch": (self.log,)}
        with open("/dev/full", "wb", buffering=0) as full:
            for command in self.commands():
                if what.get(command, ()) is None:
                    continue
                result = subprocess.run([MCPLOG, "--db", "x.db", command, *what.get(command, ())], cwd=self.scratch.name, stdout=full, stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, timeout=60, env={"HOME": self.home, "PATH": os.environ.get("PATH", "")})
                with self.subTest(command=command):
                    self.assertEqual(result.returncode, 3 if command == "check" else 4, result.stderr)
                    self.assertIn(b"write error on stdout: No space left on device", result.stderr)

    # --- places (H8) ---

    def test_h8_unusable_homes_name_the_variable(self):
        for env, name in (({"HOME": ""}, b"$HOME"), ({"HOME": "/"}, b"$HOME"), ({"HOME": "here"}, b"$HOME"),
                          ({"XDG_STATE_HOME": "state"}, b"$XDG_STATE_HOME")):
            with self.subTest(env=env):
                result = self.run_mcplog("analyze", self.log, **env)
                self.assertEqual(result.returncode, 2)
                self.assertIn(name, result.stderr)
                self.assertIn(b"--db", result.stderr)

    def test_h8_one_hint_says_all_that_a_missing_home_needs(self):
        for command in ("analyze", "check", "watch", "timeline"):
            with self.subTest(command=command):
                result = self.run_mcplog(command, HOME="")
                self.assertEqual(result.returncode, 3 if command == "check" else 2)
                said = result.stdout + result.stderr
                self.assertIn(f"mcplog {command} PATH --db FILE".encode(), said)
                self.assertIn(b"$HOME is not set", said)

    def test_database_in_the_state_directory(self):
        self.assertEqual(self.run_mcplog("analyze", self.log).returncode, 0)
        place = os.path.join(self.home, ".local", "state", "mcplog")
        self.assertEqual(os.stat(place).st_mode & 0o777, 0o700)
        self.assertEqual(os.stat(os.path.join(place, "timeline.db")).st_mode & 0o777, 0o600)
        state = os.path.join(self.scratch.name, "state")
        self.assertEqual(self.run_mcplog("analyze", self.log, XDG_STATE_HOME=state).returncode, 0)
        self.assertTrue(os.path.exists(os.path.join(state, "mcplog", "timeline.db")))

    def test_nothing_is_kept_of_standard_input(self):
        for args, told in ((("analyze", "-"), 1), (("analyze", "/dev/stdin"), 1), (("analyze",), 1)):
            result = self.run_mcplog(*args, data=LOG.encode(), HOME="")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(result.stderr.count(b"no checkpoint"), told)
            self.assertIn(b"1 call", result.stdout)

    def test_own_logs_are_found(self):
        result = self.run_mcplog("analyze", "--db", ":memory:")
        self.assertEqual(result.returncode, 0)
        self.assertIn(b"claude --debug", result.stderr)
        self.assertNotIn(b"No incidents", result.stdout)
        self.assertEqual(self.run_mcplog("analyze", "--db", ":memory:", "--require-files").returncode, 3)
        debug = os.path.join(self.home, ".claude", "debug")
        os.makedirs(debug)
        os.rename(self.log, os.path.join(debug, "0b0b0b0b-0000-4000-8000-000000000001.txt"))
        result = self.run_mcplog("analyze", "--db", ":memory:")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"1 call", result.stdout)

    # --- what options do ---

    def test_filters(self):
        everything = self.report()
        self.assertEqual(len(everything["incidents"]), 1)
        cause = everything["incidents"][0]["cause"]
        for keep in (("--server", "pg"), ("--tool", "list_schemas"), ("--cause", cause), ("--since", "2026-05-17"), ("--until", "2026-05-18"),
                     ("--since", "5 min ago"), ("--min-severity", everything["incidents"][0]["severity"])):
            self.assertEqual(len(self.report(*keep)["incidents"]), 1, keep)
        for drop in (("--server", "other"), ("--tool", "other"), ("--cause", "needs-auth"), ("--since", "2026-05-18"), ("--until", "2026-05-17"),
                     ("--since", "1 s ago"), ("--session", "other")):
            report = self.report(*drop)
            self.assertEqual(report["incidents"], [], drop)
            self.assertEqual(report["summary"]["incidents"], 0)

    def test_as_of(self):
        early = self.report("--as-of", "2026-05-17T20:24:10Z")["incidents"][0]
        late = self.report("--as-of", "2026-05-17T23:00:00Z")["incidents"][0]
        self.assertEqual((early["state"], late["state"]), ("ongoing", "abandoned"))
        self.assertEqual(early["id"], late["id"])

    def test_output_file_is_whole_and_private(self):
        place = os.path.join(self.scratch.name, "report.json")
        result = self.run_mcplog("analyze", "--db", ":memory:", "-f", "json", "-o", place, self.log)
        self.assertEqual((result.returncode, result.stdout), (0, b""))
        self.assertEqual(os.stat(place).st_mode & 0o777, 0o600)
        with open(place, encoding="utf-8") as file:
            json.load(file)
        self.assertEqual(sorted(os.listdir(self.scratch.name)), ["debug.txt", "home", "report.json"])

    def test_quiet(self):
        result = self.run_mcplog("analyze", "--quiet", "-", data=LOG.encode())
        self.assertEqual(result.stderr, b"")

    def test_parts_of_sentences_that_nobody_can_fill(self):
        for sample, words in (("212-response-lost-text-alone", b"execute_sql on supabase hung  "), ("276-python-agent-cannot-connect", b"Start the server (check"),
                              ("001-sse-drop-silent-hang", b"list_schemas on pg-mcp hung for 23 min 11 s\n")):
            report = self.run_mcplog("analyze", "--db", ":memory:", os.path.join(SOURCE, "samples", sample)).stdout
            self.assertIn(words, report)
            self.assertNotIn(b"unknown time", report)

    def test_explain(self):
        page = self.run_mcplog("explain", "sse-drop-silent-hang")
        self.assertEqual(page.returncode, 0)
        for title in (b"What it is", b"How it looks", b"mistaken", b"What to do", b"TOOL on SERVER hung for DURATION"):
            self.assertIn(title, page.stdout)
        database = os.path.join(self.scratch.name, "timeline.db")
        report = json.loads(self.run_mcplog("analyze", "--db", database, "-f", "json", self.log).stdout)
        name = report["incidents"][0]["id"]
        for args in (("--db", database, name), ("--db", database, name[:15]), ("--db", database, name[3:15]), ("--db", ":memory:", name, self.log)):
            result = self.run_mcplog("explain", *args)
            self.assertEqual(result.returncode, 0, result.stderr)
            for line in report["incidents"][0]["evidence"]:
                self.assertIn(f"debug.txt:{line['line']} @{line['offset']}".encode(), result.stdout)
        self.assertEqual(self.run_mcplog("explain", "--db", database, "v1:ffffffffffff").returncode, 2)

    def test_status_lists_every_source(self):
        database = os.path.join(self.scratch.name, "timeline.db")
        with open(self.log, "a", encoding="utf-8") as file:
            file.write("2026-05-17T20:24:02.000Z [DEBUG] half a li")
        self.run_mcplog("analyze", "--db", database, self.log)
        result = self.run_mcplog("status", "--db", database)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"debug.txt", result.stdout)
        self.assertIn(b"42 bytes pending", result.stdout)
        self.assertIn(b"no timeline yet", self.run_mcplog("status", "--db", database + "2").stdout)

    def test_patterns(self):
        listing = self.run_mcplog("patterns", "list")
        self.assertEqual(listing.returncode, 0)
        self.assertIn(b"sse-drop-silent-hang", listing.stdout)
        self.assertIn(b".yaml:", self.run_mcplog("patterns", "list", "--origin").stdout)
        folder = os.path.join(self.scratch.name, "mine")
        os.mkdir(folder)
        with open(os.path.join(folder, "mine.yaml"), "wb") as file:
            file.write(self.run_mcplog("patterns", "new", "my.line").stdout.replace(b"KIND ", b"server.started "))
        result = self.run_mcplog("patterns", "test", "my.line", "--patterns", folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"my.line", self.run_mcplog("patterns", "list", "--patterns", folder).stdout)
        self.assertEqual(self.run_mcplog("patterns", "list", "--patterns", folder + "-missing").returncode, 2)


if __name__ == "__main__":
    unittest.main()
