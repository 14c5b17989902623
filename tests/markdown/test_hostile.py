"""Issues about incidents with 10,000 and more hostile names and texts: fences hold, tables keep their columns, and no markup, mention,
reference, HTML or control byte of a log comes through (J1, J6)."""
import os
import re
import sys

from markdownlib import bodies, split

COUNT = int(os.environ.get("MCPLOG_HOSTILE", "1000"))
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff]")
HEADINGS = {"Timeline", "Sequence", "Evidence", "What it is not", "What helps", "Log lines", "Analyse it again",
            "What the client's log says", "What the server's log says", "What the proxy's log says"}
BLOCKS = [["mermaid", "mermaid", "text", "sh"], ["mermaid", "text", "sh"]]


def without_code(line):
    """The line without its code spans, as CommonMark finds them; a backslash before a backtick is no opener."""
    out, i = [], 0
    while i < len(line):
        if line[i] == "\\" and i + 1 < len(line):
            out.append(line[i:i + 2])
            i += 2
        elif line[i] == "`":
            run = re.match("`+", line[i:]).group(0)
            close = re.search(r"(?<!`)%s(?!`)" % run, line[i + len(run):])
            if not close:
                return None
            out.append(" code ")
            i += len(run) + close.end()
        else:
            out.append(line[i])
            i += 1
    return "".join(out)


def faults_of(body):
    found = FORBIDDEN.search(body)
    if found:
        yield f"forbidden character {found.group(0)!r}"
    outside, blocks = split(body)
    if [language for language, _ in blocks] not in BLOCKS:
        yield f"blocks {[language for language, _ in blocks]}"
    columns = 0
    for number, line in enumerate(outside):
        text = without_code(line)
        if text is None:
            yield f"an open code span: {line!r}"
            continue
        plain = text.replace("<!-- -->", "\x01")
        plain = re.sub(r"<https?://[^<>\s]*>", "", plain)
        if re.search(r"(?<!\\)[<>]", plain):
            yield f"markup: {line!r}"
        if re.search(r"@[A-Za-z0-9]", plain) or re.search(r"(?<!&)#[0-9]", plain) or re.search(r"(?i)\bgh-[0-9]", plain):
            yield f"a mention or reference: {line!r}"
        if number and re.match(r"#{1,6}(?:\s|$)", line) and line.lstrip("# ") not in HEADINGS:
            yield f"a heading: {line!r}"
        if re.search(r"(?<!\\)(?:\\\\)*[*_\[~](?![* ])", re.sub(r"^\* |^\*\*(?:critical|warning|info)\*\*", "", plain)):
            yield f"emphasis or a link: {line!r}"
        if line.startswith("|"):
            bars = len(re.findall(r"(?<!\\)\|", text))
            if columns and bars != columns:
                yield f"{bars} bars in a table of {columns}: {line!r}"
            columns = bars
        else:
            columns = 0


bad = 0
for body in bodies(1, COUNT):
    for fault in faults_of(body.decode("utf-8")):
        bad += 1
        if bad < 10:
            print(fault[:400])
print(f"{COUNT} issues of 24 hostile texts each, {bad} faults")
sys.exit(1 if bad else 0)
