"""completion: bash, driven through its own completion function; every command and option of -h is offered in all shells."""
import os
import re
import subprocess
import tempfile
import unittest

MCPLOG = os.environ.get("MCPLOG", "mcplog")


def run(*args, data=None):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    return subprocess.run(args, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=60)


class Completion(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.script = os.path.join(self.folder.name, "mcplog.bash")
        with open(self.script, "wb") as file:
            file.write(run(MCPLOG, "completion", "bash").stdout)

    def offers(self, *words):
        """What bash offers for the last word; bash splits --option=value at '='."""
        program = f"source {self.script}; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _mcplog 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        result = run("bash", "--norc", "-c", program, "bash", "mcplog", *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.decode().split()

    def test_bash(self):
        for words, wanted in (
                (("anal",), ["analyze"]), (("analyze", "--for"), ["--force-text", "--format"]), (("completion", ""), ["bash", "fish", "zsh"]),
                (("analyze", "--format", "nd"), ["ndjson"]), (("analyze", "--format", "=", "nd"), ["ndjson"]), (("analyze", "-f", "nd"), ["ndjson"]),
                (("--db", "x", "analyze", "--color", ""), ["always", "auto", "never"]), (("explain", "sse-drop-"), ["sse-drop-silent-hang"]),
                (("analyze", "--fail-on", "sse-drop-"), ["sse-drop-silent-hang"]), (("analyze", "--fail-on", "cri"), ["critical"]),
                (("help", "stat"), ["status"]), (("query", "slowest-t"), ["slowest-tools"]), (("patterns", ""), ["lint", "list", "new", "test"]),
                (("analyze", "--db", self.folder.name + "/mcp"), [self.script]), (("analyze", "x", self.folder.name + "/mcp"), [self.script]),
                (("analyze", "--patterns", self.folder.name + "/mcp"), []), (("analyze", "--since", ""), []), (("nonsense", ""), [])):
            with self.subTest(words=words):
                self.assertEqual(sorted(self.offers(*words)), wanted)

    def test_all_commands_and_options_are_offered(self):
        text = run(MCPLOG, "-h").stdout.decode()
        commands = re.findall(r"(?m)^  ([a-z]+) ", text[text.index("Commands:"):text.index("Options:")])
        self.assertEqual(sorted(self.offers("")), sorted(commands))
        zsh, fish = (run(MCPLOG, "completion", shell).stdout.decode() for shell in ("zsh", "fish"))
        for command in commands:
            page = run(MCPLOG, "help", command).stdout.decode()
            options = re.findall(r"(?m)^  (?:-\w, |    )(--[a-z-]+)", page[page.index("Options:"):])
            self.assertEqual(sorted(self.offers(command, "--")), sorted(options), command)
            self.assertRegex(zsh, rf"(?m)^\t\t{command}\)$")
            for option in options:
                self.assertRegex(fish, rf"(?m)^complete -c mcplog -n '__fish_seen_subcommand_from {command}'.* -l {option[2:]} ")
        self.assertEqual(run("bash", "-n", self.script).stderr, b"")

    def test_unknown_shells(self):
        for args, text in (((), b"missing"), (("zhs",), b"did you mean zsh"), (("powershell",), b"bash, zsh, fish")):
            result = run(MCPLOG, "completion", *args)
            self.assertEqual((result.returncode, result.stdout), (2, b""))
            self.assertIn(text, result.stderr)


if __name__ == "__main__":
    unittest.main()
