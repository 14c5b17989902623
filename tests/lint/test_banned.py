"""Functions and habits that have no place in the code, each with what to use instead."""
import re

from lintlib import SRC, Report, blank, c_files, line_of, read

BANNED = {
    r"strcpy|strcat|stpcpy|strncpy|strncat": "copies without a length; use str, buf_add or arena_str",
    r"sprintf|vsprintf": "use buf_printf or snprintf",
    r"strtok|strtok_r": "use str_word",
    r"atoi|atol|atoll|strtod|strtof|strtol|strtoll|strtoul|strtoull|sscanf|scanf|fscanf": "depends on the locale or hides overflow; use str_u64, str_i64, str_double",
    r"gets|alloca|mktemp|tmpnam|tempnam": "cannot be used safely",
    r"system|popen": "runs a shell",
    r"setlocale|localtime|localtime_r|gmtime|gmtime_r|mktime|timegm|strftime|strptime|tzset|setenv|putenv|unsetenv": "depends on the process; use base/instant.h",
    r"malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf": "may return NULL; use mem_new, mem_grow, str_dupz, arena or buf",
}
# What only the edge of the program may do.
EDGE = r"time|gettimeofday|clock_gettime|getenv|secure_getenv|exit|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|abort"
EDGE_FILES = {"main.c", "base/diag.c", "ingest/source.c", "knowledge/mkpatterns_main.c"}
ALLOCATOR = {"base/mem.c"}
# The only data that changes at file scope, each with the reason in its file.
MUTABLE = {("base/diag.c", "warnings_off"), ("base/diag.c", "last_words"), ("base/regex.c", "jit_off")}
NOTES = re.compile(r"\b(TODO|FIXME|XXX|HACK|TBD)\b")
STATIC = re.compile(r"^([ \t]*)static\s+(?!inline\b|_Noreturn\b|__attribute__)([^;={()]*?)(\w+)\s*(\[[^;={]*)?\s*(=|;)", re.M)

report = Report()
files = c_files()
for path in files:
    text = read(path)
    relative = str(path.relative_to(SRC))
    code = blank(text)
    for names, instead in BANNED.items():
        if relative in ALLOCATOR and "malloc" in names:
            continue
        for m in re.finditer(rf"(?<![\w.>])({names})\s*\(", code):
            report.fail(path, line_of(code, m.start()), f"{m.group(1)}(): {instead}")
    if relative not in EDGE_FILES:
        for m in re.finditer(rf"(?<![\w.>])({EDGE})\s*\(", code):
            if re.search(r"format\s*\(\s*$", code[: m.start()]):
                continue
            report.fail(path, line_of(code, m.start()), f"{m.group(1)}() belongs in {', '.join(sorted(EDGE_FILES))}; take what is needed as an argument, print through base/out or base/diag")
    for m in STATIC.finditer(code):
        kind = m.group(2)
        if "const" in kind and not ("*" in kind and not re.search(r"\*\s*const\b[^*]*$", kind)):
            continue
        if relative == "main.c" or (relative, m.group(3)) in MUTABLE:
            continue
        report.fail(path, line_of(code, m.start()), f"{m.group(3)} is mutable static data; make it const (`const char *const` for tables of texts) or put it into the struct of the module")
    for m in re.finditer(r"^\s*typedef\s+(struct|union|enum)\b[^;{(]*[;{]", code, re.M):
        if relative != "base/str.h":
            report.fail(path, line_of(code, m.start()), "no typedef of structs but str; write `struct name`")
    for m in NOTES.finditer(text):
        report.fail(path, line_of(text, m.start()), f"{m.group(1)}: finish it, or describe the limit where the user meets it")
    for m in re.finditer(r"[ \t]+$", text, re.M):
        report.fail(path, line_of(text, m.start()), "blanks at the end of the line; remove them")
report.end(len(files))
