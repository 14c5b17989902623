"""The lints find what they look for: a small tree is made wrong in one way at a time, and the right lint must fail."""
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LONG = "/* long */\nstatic int f(int a)\n{\n" + "\ta++;\n" * 90 + "\treturn a;\n}\nint g(int a) { return f(a); }\n"
GOOD = {
    "src/main.c": "/* map: base/one, match/two */\nint main(void) { return 0; }\n",
    "src/base/one.c": "/* one */\n#include \"base/one.h\"\nint one(void) { return 1; }\n",
    "src/base/one.h": "/* one */\nint one(void);\n",
    "src/match/two.c": "/* two */\n#include \"base/one.h\"\nint two(void) { return one(); }\n",
    "src/match/two.h": "/* two */\n",
    "src/track/three.h": "/* three */\n",
    "patterns/signatures/a.yaml": "  - line: |-\n      SSE connection dropped after 5s uptime\n",
}
# lint, file, content that must be found, words of the message
BAD = [
    ("test_includes.py", "src/match/two.c", '/* x */\n#include "track/three.h"\n', "must not include track/"),
    ("test_includes.py", "src/base/one.c", '/* x */\n#include "match/two.h"\n', "must not include match/"),
    ("test_includes.py", "src/match/two.c", "/* x */\n#include <sqlite3.h>\n", "belongs in store/"),
    ("test_includes.py", "src/match/two.c", '/* x */\n#include "two.h"\n', "not a path below src/"),
    ("test_ceilings.py", "src/match/two.c", LONG, "f() has 93 lines"),
    ("test_ceilings.py", "src/match/two.c", LONG.replace("f(int a)\n{", "f(int a,\n\tint b)\n{"), "f() has 93 lines"),
    ("test_ceilings.py", "src/match/two.c", LONG.replace("static int f(int a)\n{", "static int f(int a) {"), "f() has 93 lines"),
    ("test_ceilings.py", "src/match/two.c", "/* x */\n" + "int x(void);\n" * 801, "a file has at most 800"),
    ("test_ceilings.py", "src/match/two.h", "/* x */\n" + "int x(void);\n" * 201, "a header has at most 200"),
    ("test_ceilings.py", "src/match/two.c", "int x;\n", "begin the file with a comment"),
    ("test_banned.py", "src/match/two.c", "/* x */\nvoid f(char *a) { strcpy(a, \"\"); }\n", "strcpy()"),
    ("test_banned.py", "src/match/two.c", "/* x */\nlong f(void) { return time(0); }\n", "time() belongs in"),
    ("test_banned.py", "src/match/two.c", "/* x */\nstatic int counter;\n", "counter is mutable"),
    ("test_banned.py", "src/match/two.c", "/* x */\nstatic const char *names[] = {0};\n", "names is mutable"),
    ("test_banned.py", "src/match/two.c", "/* x */\nint f(void)\n{\n\tstatic int n = 0;\n\treturn n++;\n}\n", "n is mutable"),
    ("test_banned.py", "src/match/two.c", "/* " + "TO" + "DO later */\n", "finish it"),
    ("test_banned.py", "src/match/two.h", "/* x */\ntypedef struct two { int a; } two;\n", "no typedef"),
    ("test_file_map.py", "src/base/new.c", "/* new */\n", "does not name base/new.c"),
    ("test_file_map.py", "src/main.c", "/* map: base/one, match/two, old.c */\n", "names old.c"),
    ("test_log_text.py", "src/match/two.c", '/* x */\nconst char *x = "connection dropped after";\n', "is log text"),
]


def run(lint, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        for needed in ("match", "track", "join", "parse", "classify", "ingest"):
            pathlib.Path(folder, "src", needed).mkdir(parents=True, exist_ok=True)
        done = subprocess.run([sys.executable, "-B", HERE / lint], env={**os.environ, "MCPLOG_SOURCE": folder}, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


bad = 0
good = {**GOOD, "src/match/two.c": GOOD["src/match/two.c"] + 'const char *const x = "plain words of ours";\n'}
for lint in sorted({row[0] for row in BAD}):
    code, text = run(lint, good)
    if code != 0:
        bad += 1
        print(f"{lint}:1: fails on a clean tree:\n{text}")
for lint, name, content, words in BAD:
    code, text = run(lint, {**GOOD, name: content})
    if code == 0 or words not in text:
        bad += 1
        print(f"{lint}:1: did not find '{words}' in {name}:\n{content[:200]}\n{text}")
print(f"{len(BAD)} wrong trees, {bad} findings")
sys.exit(1 if bad else 0)
