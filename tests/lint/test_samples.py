"""Every directory in samples/ can be judged by a reader: a story in its name, why.md, what is expected, and logs."""
import json
import re

from lintlib import ROOT, Report, read

OWN_FILES = {"why.md", "expect.json", "expect.txt", "args", "known-bug"}
report = Report()
directories = sorted(p for p in (ROOT / "samples").iterdir() if p.is_dir())
numbers = {}
for directory in directories:
    m = re.fullmatch(r"(\d{3})-[a-z0-9]+(?:-[a-z0-9]+)*", directory.name)
    if not m:
        report.fail(directory, 1, "the name is not NNN-slug in lower case; rename it")
    elif m.group(1) in numbers:
        report.fail(directory, 1, f"the number {m.group(1)} is also used by {numbers[m.group(1)]}; take a free one")
    else:
        numbers[m.group(1)] = directory.name
    why = directory / "why.md"
    if not why.exists() or len(read(why).split()) < 10:
        report.fail(why, 1, "say in a few sentences what happened here and why the verdict is right")
    expect = directory / "expect.json"
    try:
        json.loads(read(expect))
    except (OSError, ValueError) as e:
        report.fail(expect, 1, f"not readable as JSON ({e}); write the expected incidents and notes")
    if not any(p.is_file() and p.name not in OWN_FILES for p in directory.rglob("*")):
        report.fail(directory, 1, "there is no log in it")
    for path in directory.rglob("*"):
        if path.is_file() and re.search(rb"/(?:home|Users)/(?!user\b|u\b|me\b|dev\b|alice\b|bob\b|[a-z]\b)(?:root|ubuntu|runner)/", path.read_bytes()):
            report.warn(path, 1, "holds a home directory of a real machine?")
if len(directories) < 70:
    report.fail(ROOT / "samples", 1, f"only {len(directories)} directories, 70 are wanted")
report.end(len(directories))
