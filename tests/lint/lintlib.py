"""What the lints share: finding files, taking comments and strings out of C, reporting.

A lint prints `file:line: what is wrong; what to do` for every finding and ends with exit code 1 when there was one.
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("MCPLOG_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
SRC = ROOT / "src"


class Report:
    def __init__(self):
        self.failures = 0

    def fail(self, path, line, text):
        self.failures += 1
        print(f"{self.name(path)}:{line}: {text}")

    def warn(self, path, line, text):
        print(f"{self.name(path)}:{line}: warning: {text}")

    def name(self, path):
        try:
            return pathlib.Path(path).relative_to(ROOT)
        except ValueError:
            return path

    def end(self, checked):
        if not checked:
            print("nothing was checked: is MCPLOG_SOURCE the checkout?")
            sys.exit(1)
        print(f"{checked} checked, {self.failures} findings")
        sys.exit(1 if self.failures else 0)


def c_files(*suffixes):
    suffixes = suffixes or (".c", ".h")
    return sorted(p for p in SRC.rglob("*") if p.suffix in suffixes)


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text, comments=True, strings=True):
    """Replaces comments and the inside of literals by blanks; lines keep their numbers."""

    def replace(m):
        t = m.group(0)
        if t.startswith("/"):
            return re.sub(r"[^\n]", " ", t) if comments else t
        return t[0] + " " * (len(t) - 2) + t[-1] if strings else t

    return TOKEN.sub(replace, text)


def read(path):
    return path.read_text(encoding="utf-8", errors="surrogateescape")


def line_of(text, position):
    return text.count("\n", 0, position) + 1
