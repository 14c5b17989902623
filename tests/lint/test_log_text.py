"""Meaning lives in patterns/, mechanism in src/: no sentence of a log stands in the C code of the stages that read logs."""
import re

from lintlib import ROOT, SRC, Report, blank, line_of, read

STAGES = ["match", "track", "join", "parse", "classify", "ingest"]
WORDS = 3


def normal(text):
    return " ".join(re.findall(r"[a-z0-9_]+", text.lower()))


def sample_lines():
    """The text of every sample and pattern in patterns/signatures, one normalised text per line."""
    for path in sorted((ROOT / "patterns" / "signatures").glob("*.yaml")):
        for line in read(path).split("\n"):
            yield normal(line)


report = Report()
known = "\n".join(f" {line} " for line in sample_lines())
checked = 0
for stage in STAGES:
    for path in sorted((SRC / stage).glob("*.[ch]")):
        text = read(path)
        code = blank(text, strings=False)
        for m in re.finditer(r'"((?:\\.|[^"\\\n])*)"', code):
            checked += 1
            words = normal(re.sub(r"\\[nrt]|%[-.*0-9]*l*[a-z]", " ", m.group(1))).split()
            if len(words) >= WORDS and m.group(1).strip().count(" ") >= WORDS - 1 and f" {' '.join(words)} " in known:
                report.fail(path, line_of(code, m.start()), f'"{m.group(1)}" is log text: it belongs in patterns/*.yaml, and the code asks for the event kind or class')
report.end(checked)
