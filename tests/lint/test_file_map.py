"""src/main.c opens with a map of every source file; this keeps it complete, and free of files that are gone."""
import re

from lintlib import SRC, Report, c_files, line_of, read

report = Report()
main = SRC / "main.c"
text = read(main)
head = text[: text.find("*/")]
files = [p for p in c_files(".c") if p != main]
for path in files:
    relative = path.relative_to(SRC)
    # A folder's line lists names without the folder and the ending; top-level files stand by their own.
    if not re.search(rf"(?<![\w-]){re.escape(path.stem)}(?![\w-])", head):
        report.fail(main, 1, f"the map does not name {relative}; add it with the phase it serves")
for m in re.finditer(r"\b(\w+/\w+|\w+)\.c\b", head):
    name = m.group(0)
    if name != "main.c" and not (SRC / name).exists() and not list(SRC.rglob(name)):
        report.fail(main, line_of(text, m.start()), f"the map names {name}, which does not exist; remove it")
report.end(len(files))
