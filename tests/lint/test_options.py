"""The option and command tables, the manual page and the README say the same."""
import re

from lintlib import ROOT, SRC, Report, line_of, read

report = Report()
table = SRC / "cli" / "opts.c"
manual = ROOT / "docs" / "mcplog.1"
source = read(table)
options = {m.group(1): line_of(source, m.start()) for m in re.finditer(r'\[OPT_\w+\]\s*=\s*\{\s*"([a-z-]+)"', source)}
commands = {m.group(1): line_of(source, m.start()) for m in re.finditer(r'\[COMMAND_\w+\]\s*=\s*\{\s*"([a-z-]+)"', source)}
if not manual.exists():
    report.fail(manual, 1, "the manual page is missing")
    report.end(1)

page = re.sub(r"\\-", "-", read(manual))
page = re.sub(r"\\f[BIRP]|\\&", "", page)
flags = lambda text: {m.group(1): line_of(text, m.start()) for m in re.finditer(r"(?<![\w-])--([a-z][a-z-]*[a-z])", text)}
# mdoc writes options as `.Fl -name`
documented = flags(page)
documented.update({m.group(1): line_of(page, m.start()) for m in re.finditer(r"\bFl -([a-z][a-z-]*[a-z])", page)})
for name, line in options.items():
    if name not in documented:
        report.fail(table, line, f"--{name} is not in {report.name(manual)}; describe it there")
for name, line in documented.items():
    if name not in options:
        report.fail(manual, line, f"--{name} is no option of the program; remove it or add it to src/cli/opts.c")
for name, line in commands.items():
    if not re.search(rf"(?m)(?:\b(?:Cm|Ic|Nm mcplog|mcplog|B|SS|BI?)\s+\"?{name}\b|^\.\w+ .*\b{name}\b|^{name}\b)", page):
        report.fail(table, line, f"the command {name} is not in {report.name(manual)}; describe it there")

# Commands and options in the code of README and docs exist. Other programs' options stand behind other commands.
count = len(options) + len(commands)
for doc in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
    if not doc.exists():
        report.fail(doc, 1, "the file is missing")
        continue
    text = read(doc)
    spans = [(m.start(1), m.group(1)) for m in re.finditer(r"```[^\n]*\n(.*?)```", text, re.S)]
    spans += [(m.start(1), m.group(1)) for m in re.finditer(r"(?<!`)`([^`\n]+)`(?!`)", text)]
    for at, code in spans:
        for m in re.finditer(r"(?m)(?:^|[\s/($])mcplog (?!: )([a-z]+)\b([^\n|;`]*)", code):
            count += 1
            line = line_of(text, at + m.start(1))
            if m.group(1) not in commands:
                if re.search(r"^\s*(\$ |# )?(\S*/)?mcplog $", code[: m.start(1)].split("\n")[-1]):
                    report.fail(doc, line, f"`mcplog {m.group(1)}` is no command of the program")
                continue
            for option in re.findall(r"(?<![\w-])--([a-z][a-z-]*[a-z])", m.group(2)):
                if option not in options:
                    report.fail(doc, line, f"--{option} is no option of the program")
        for m in re.finditer(r"(?<![\w/.-])\./(quickstart|\.ci/run)\b", code):
            count += 1
            if not (ROOT / m.group(1)).exists():
                report.fail(doc, line_of(text, at + m.start()), f"./{m.group(1)} does not exist")
        for m in re.finditer(r"(?<![\w/.-])((?:samples|docs|patterns|tests|src)/[\w./-]*\w)(?![\w/<{*…-])", code):
            count += 1
            if not (ROOT / m.group(1)).exists() and "new" not in m.group(1) and "my-" not in m.group(1) and "NNN" not in m.group(1):
                report.warn(doc, line_of(text, at + m.start()), f"{m.group(1)} does not exist; an example?")
report.end(count)
