#!/usr/bin/env python3
"""The documents show what the program does. Every fenced block

    ```console
    $ mcplog …
    output
    ```

of README.md, docs/ and patterns/README.md is run, in the order of its page, in a folder that holds samples/ and nothing else;
output and standard error must be those of the page. A line `…` stands for any lines, `…` in a line for any text. A block with a
name behind its language (```yaml my-patterns/pool.yaml) is a file that is written first. `test_docs.py --update` writes what the
program says now into the pages (a block that ends with `…` keeps its length); read the difference before you commit it."""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(os.environ.get("MCPLOG_SOURCE", Path(__file__).resolve().parents[2]))
MCPLOG = os.path.abspath(os.environ.get("MCPLOG", SOURCE / "build" / "mcplog"))
PAGES = [SOURCE / "README.md", SOURCE / "patterns" / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?ms)^```(\w+)(?: (\S+))?\n(.*?)^```$")


def matches(wanted, got):
    """Is `got` what the page shows, with its elisions filled?"""
    parts = []
    if not wanted.strip():
        return not got
    for line in wanted.rstrip("\n").split("\n"):
        parts.append("(?:.*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + "\n")
    return re.fullmatch("".join(parts), got if got.endswith("\n") or not got else got + "\n") is not None


class Workplace:
    """A folder of its own for one page."""

    def __enter__(self):
        self.holder = tempfile.TemporaryDirectory()
        self.home = self.holder.name
        self.path = os.path.join(self.home, "here")
        os.mkdir(os.path.join(self.home, "bin"))
        os.symlink(MCPLOG, os.path.join(self.home, "bin", "mcplog"))
        shutil.copytree(SOURCE / "samples", os.path.join(self.path, "samples"))
        return self

    def __exit__(self, *_):
        self.holder.cleanup()

    def write(self, name, text):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def run(self, command):
        environment = {"HOME": self.home, "PATH": os.path.join(self.home, "bin") + os.pathsep + os.environ["PATH"], "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        p = subprocess.run(["sh", "-c", command], cwd=self.path, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        return p.stdout


def commands(block):
    """(command, output shown) of a console block."""
    for part in re.split(r"(?m)^(?=\$ )", block):
        if part.startswith("$ "):
            command, _, output = part.partition("\n")
            yield command[2:], output


def differing(page):
    """(what the page shows, what the program says, command) wherever they differ; and the number of commands."""
    count, wrong = 0, []
    with Workplace() as place:
        for language, name, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if name:
                place.write(name, text)
            if language != "console" or not text.startswith("$ mcplog "):
                continue
            for command, output in commands(text):
                got = place.run(command)
                count += 1
                if not matches(output.rstrip("\n"), got):
                    wrong.append((output, got, command))
    return count, wrong


STUBS = ("curl", "notify-send")  # programs of examples that must reach nobody
FOREVER = {"watch": "timeout -s INT 3 "}


def manual_examples():
    """The commands of the manual pages: `.Dl $ mcplog …`, and `$ mcplog …` of several lines, which end in `\\e` or `|` but for the last."""
    for page in sorted((SOURCE / "docs").glob("*.1")):
        for line in re.findall(r"(?m)^(?:\.Dl )?\$ ((?:.*(?:\\e|\|)\n)*.*)$", page.read_text(encoding="utf-8")):
            line = re.sub(r"(?:\\e)?\n\s*", " ", line)
            yield page.name, line.replace(r"\(dq", '"').replace(r"\(aq", "'").replace(r"\e", "\\").replace(r"\&", "").replace(r"\-", "-")


class Documents(unittest.TestCase):
    def test_examples_of_the_manual_pages_run(self):
        """None is refused: no unknown option or command, no wrong usage. The logs are those of a sample, incident ids a real one."""
        examples = list(manual_examples())
        self.assertGreater(len(examples), 5)
        with Workplace() as place:
            log = (SOURCE / "samples" / "001-sse-drop-silent-hang" / "debug.txt").read_text(encoding="utf-8")
            place.write("debug.txt", log)
            os.makedirs(os.path.join(place.home, ".claude", "debug"))
            shutil.copy(os.path.join(place.path, "debug.txt"), os.path.join(place.home, ".claude", "debug", "debug.txt"))
            for name in STUBS:
                with open(os.path.join(place.home, "bin", name), "w", encoding="utf-8") as file:
                    file.write("#!/bin/sh\ncat >/dev/null\n")
                os.chmod(file.name, 0o755)
            incident = re.search(r"v1:[0-9a-f]+", place.run("mcplog analyze -f json")).group()
            for page, command in examples:
                command = re.sub(r"v1:[0-9a-f.]+", incident, command)
                for name, prefix in FOREVER.items():
                    command = re.sub(rf"(?<![\w-])mcplog {name}\b", f"{prefix}mcplog {name}", command)
                with self.subTest(page=page, command=command):
                    # What check finds is its exit code: 0 to 2 are answers.
                    said = place.run(f"{command}\ncode=$?; [ $code = 127 ] && echo 'command not found'; [ $code = 2 ] && echo 'exit code 2'; true")
                    self.assertNotRegex(said, r"command not found|mcplog: (unknown|usage|no command|this version)|has no option|is no (format|choice)")
                    if "mcplog check" not in command:
                        self.assertNotIn("exit code 2", said)

    def test_examples_are_real(self):
        total = 0
        for page in PAGES:
            count, wrong = differing(page)
            total += count
            for output, got, command in wrong:
                with self.subTest(page=page.name, command=command):
                    self.maxDiff = None
                    self.assertEqual(output, got, f"{page.name}: {command}")
        self.assertGreater(total, 10)

    def test_no_example_escapes(self):
        for page in PAGES:
            for language, _, text in BLOCK.findall(page.read_text(encoding="utf-8")):
                if re.search(r"(?m)^\$ mcplog", text):
                    self.assertEqual(language, "console", f"{page.name}: an example with `$ mcplog` is not in a console block, so nothing checks it")
            self.assertNotRegex(page.read_text(encoding="utf-8"), r"(?m)^```\n\$ mcplog", f"{page.name}: call this block `console`")

    def test_the_views_are_those_of_the_database(self):
        page = (SOURCE / "docs" / "database.md").read_text(encoding="utf-8")
        shown = {}
        for names, columns in re.findall(r"(?m)^\| ((?:`\w+`(?:, )?)+) \| [^|]+ \| (\w+, [^|]+) \|$", page):
            columns = re.sub(r"(\w+)\(_ms\)", r"\1_ms, \1", columns.replace(" (JSON)", "")).split(", ")
            shown.update({name: sorted(columns) for name in re.findall(r"`(\w+)`", names)})
        shown.update({name: shown[other] for name, other in re.findall(r"(?m)^\| `(\w+)` \| [^|]+ \| as `(\w+)` \|$", page)})
        with Workplace() as place:
            place.run("mcplog analyze --db timeline.db samples/001-*")
            database = sqlite3.connect(os.path.join(place.path, "timeline.db"))
            views = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
            real = {view: sorted(row[1] for row in database.execute(f"PRAGMA table_info({view})")) for view in views}
            database.close()
        self.assertEqual(shown, real)

    def test_links_lead_somewhere(self):
        for page in PAGES:
            for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
                if not re.match(r"[a-z]+:", target):
                    self.assertTrue((page.parent / target).exists(), f"{page.name}: {target} does not exist")

    def test_elisions(self):
        self.assertTrue(matches("a\n…\nd", "a\nb\nc\nd\n"))
        self.assertTrue(matches("a … c", "a b c\n"))
        self.assertFalse(matches("a\n…\nd", "a\nb\n"))
        self.assertFalse(matches("a", "a\nb\n"))
        self.assertTrue(matches("", ""))


def shortened(output, got):
    lines = output.rstrip("\n").split("\n")
    return "".join(line + "\n" for line in got.split("\n")[: len(lines) - 1]) + "…\n" if lines[-1] == "…" else got


def update():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for output, got, command in differing(page)[1]:
            old = f"$ {command}\n{output}"
            if text.count(old) == 1:
                text = text.replace(old, f"$ {command}\n{shortened(output, got)}" + ("\n" if output.endswith("\n\n") else ""))
                print(f"{page.name}: {command}")
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if "--update" in sys.argv:
        sys.exit(update())
    sys.exit(unittest.main(verbosity=2))
