"""Sizes that keep a file readable: functions 50 lines (80 fail), .c files 500 (800 fail), headers 200."""
import re

from lintlib import Report, blank, c_files, read

FUNCTION_WARN, FUNCTION_FAIL = 50, 80
FILE_WARN, FILE_FAIL, HEADER_FAIL = 500, 800, 200


def functions(text):
    """(name, first line, lines) of every function, found by its braces in the first column."""
    lines = blank(text).split("\n")
    start, name, head = None, None, ""
    for number, line in enumerate(lines, 1):
        if start is None:
            if line[:1] not in ("", " ", "\t", "{", "}", "#", ")"):
                head = line if not head or head.rstrip().endswith((";", "}")) else head + line
            elif line[:1] in (" ", "\t") and head:
                head += line
            opens = line.rstrip() == "{" or (line[:1] not in (" ", "\t", "}", "#") and line.rstrip().endswith("{"))
            if opens and "(" in head and "=" not in head.split("(")[0]:
                m = re.search(r"(\w+)\s*\(", head)
                start, name = number, m.group(1) if m else "?"
            elif line.rstrip().endswith((";", "{", "}")) or line.strip() == "":
                head = "" if line.rstrip().endswith((";", "}")) or line.strip() == "" else head
        elif line[:1] == "}":
            yield name, start, number - start + 1
            start, head = None, ""


report = Report()
files = c_files()
for path in files:
    text = read(path)
    count = text.count("\n")
    if path.suffix == ".h" and count > HEADER_FAIL:
        report.fail(path, count, f"{count} lines; a header has at most {HEADER_FAIL}: split it by noun")
    if path.suffix == ".c" and count > FILE_FAIL:
        report.fail(path, count, f"{count} lines; a file has at most {FILE_FAIL}: split it by noun")
    elif path.suffix == ".c" and count > FILE_WARN:
        report.warn(path, count, f"{count} lines, more than {FILE_WARN}")
    for name, line, length in functions(text):
        if length > FUNCTION_FAIL:
            report.fail(path, line, f"{name}() has {length} lines, at most {FUNCTION_FAIL} are allowed: take steps out, or use a table")
        elif length > FUNCTION_WARN:
            report.warn(path, line, f"{name}() has {length} lines, more than {FUNCTION_WARN}")
    if path.suffix == ".c" and not text.startswith("/*"):
        report.fail(path, 1, "begin the file with a comment: its place in the pipeline, its invariants, what it refuses to do")
    if path.suffix == ".h" and not text.startswith("/*"):
        report.fail(path, 1, "begin the header with a comment that says what it is for")
report.end(len(files))
