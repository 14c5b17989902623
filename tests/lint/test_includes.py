"""Who may include whom (docs/architecture.md), and the fences around outside libraries."""
import re

from lintlib import SRC, Report, c_files, read

STAGES = set("knowledge ingest parse match track store join classify redact alert report".split())
# Folders a folder may include besides its own; None: any.
ALLOWED = {"base": set(), "model": {"base"}, "pipeline": None, "prove": None, "cli": None, "main": {"base", "model", "cli"}}
ALLOWED.update({stage: {"base", "model"} for stage in STAGES})
NEVER = {"pipeline": {"cli", "prove"}, "prove": {"cli"}, "cli": set()}
# Header of a library: where it may stand.
FENCES = {
    r"pcre2": ["base/regex.c"],
    r"jansson": ["base/json.c"],
    r"sqlite3": ["store/"],
    r"yaml": ["knowledge/"],
    r"xxhash": ["base/hash.c"],
    r"utf8proc": ["base/utf8.c"],
    r"zlib": ["ingest/"],
    r"zstd": ["ingest/", "base/squeeze.c"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def folder_of(relative):
    """Top-level files but main.c are the pipeline."""
    if "/" in relative:
        return relative.split("/")[0]
    return "main" if relative == "main.c" else "pipeline"


report = Report()
files = c_files()
for path in files:
    relative = str(path.relative_to(SRC))
    own = folder_of(relative)
    if own not in ALLOWED:
        report.fail(path, 1, f"folder {own}/ is not in the architecture; add it to tests/lint/test_includes.py and docs/architecture.md")
        continue
    for number, line in enumerate(read(path).split("\n"), 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        quote, what = m.groups()
        if quote == "<":
            for library, places in FENCES.items():
                if re.fullmatch(rf"(?:{library})\w*\.h", what) and not any(relative.startswith(p) for p in places):
                    report.fail(path, number, f"<{what}> belongs in {', '.join(places)} only; use the functions that stand there")
            continue
        if not (SRC / what).exists():
            report.fail(path, number, f'"{what}" is not a path below src/; write includes relative to src/')
            continue
        other = folder_of(what)
        allowed = ALLOWED[own]
        if other == own or (allowed is None and other not in NEVER[own]):
            continue
        if allowed is None or other not in allowed:
            report.fail(path, number, f"{own}/ must not include {other}/; a stage sees base/, model/ and itself: move the shared part to model/ or base/")
report.end(len(files))
