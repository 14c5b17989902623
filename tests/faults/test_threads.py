"""Two threads and no data race: the program built with ThreadSanitizer reads small and large logs with --jobs 2, anew, again and grown, and
says what one thread says. That the sanitizer works here is shown by a program with a race."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ.get("MCPLOG_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("MCPLOG_BUILD", ".")).resolve() / "threads"
FLAGS = "-fsanitize=thread -O1 -g1"
RACE = 66
ENVIRONMENT = {**os.environ, "TSAN_OPTIONS": f"halt_on_error=1 exitcode={RACE}"}
# The sanitizer wants the memory where it expects it, which a kernel that scatters it widely does not give.
FIXED = ["setarch", "-R"] if shutil.which("setarch") and subprocess.run(["setarch", "-R", "true"], capture_output=True, check=False).returncode == 0 else []
RACY = """#include <pthread.h>
static int n;
static void *count(void *p) { for (int i = 0; i < 1000; i++) n++; return p; }
int main(void) { pthread_t t; pthread_create(&t, 0, count, 0); count(0); pthread_join(t, 0); return 0; }
"""
HEAD = "2026-05-17T20:%02d:%02d.000Z [DEBUG] "


def skip(why):
    print("SKIPPED:", why)
    sys.exit(77)


def run(*command, **options):
    return subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)


def check_the_sanitizer(folder):
    (folder / "racy.c").write_text(RACY, encoding="ascii")
    built = run("cc", *FLAGS.split(), "-pthread", "racy.c", "-o", "racy", cwd=folder)
    if built.returncode:
        skip(f"no ThreadSanitizer here: {built.stderr.strip()[-200:]}")
    done = run(*FIXED, "./racy", cwd=folder, env=ENVIRONMENT)
    if done.returncode != RACE:
        skip(f"ThreadSanitizer does not work on this machine: a race ended with {done.returncode}: {done.stderr.strip()[:200]}")


def build():
    for step in (("cmake", "-S", SOURCE, "-B", BUILD, "-DCMAKE_BUILD_TYPE=Debug", f"-DCMAKE_C_FLAGS={FLAGS}", "-DMCPLOG_TESTS=OFF"),
                 ("cmake", "--build", BUILD, "--target", "mcplog", "-j2")):
        done = run(*step)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return BUILD / "mcplog"


def lines(count, first=0):
    """Calls between chatter; the last one never ends."""
    text = []
    for i in range(first, first + count):
        head = HEAD % (i // 60 % 60, i % 60)
        text.append(head + f'MCP server "pg": Calling MCP tool: tool_{i % 7}\n')
        text += [head + f"Writing to temp file: /tmp/cache/{i:08x}-{k}.json, with some more words to make a line of it\n" for k in range(40)]
        if i + 1 < first + count:
            text.append(head + f"MCP server \"pg\": Tool 'tool_{i % 7}' completed successfully in 12ms\n")
    return "".join(text)


def make_logs(folder):
    """Large ones between many small ones: each thread reads some, and each waits for the other."""
    for sample in sorted((SOURCE / "samples").iterdir())[:40]:
        shutil.copytree(sample, folder / sample.name, ignore=shutil.ignore_patterns("expected*", "why.md"))
    for i, count in enumerate((900, 30, 30, 1500, 30, 300)):
        (folder / f"own-{i}.log").write_text(lines(count), encoding="ascii")


def analyze(mcplog, db, jobs, logs):
    done = run(*FIXED, mcplog, "analyze", "--db", db, "--jobs", jobs, "--allow-root", "--format", "json", "--as-of", "2026-06-01T00:00:00Z", logs.name, cwd=logs.parent,
               env=ENVIRONMENT)
    assert done.returncode in (0, 1), f"--jobs {jobs} left with {done.returncode}: {done.stderr[:4000]}"
    return done.stdout


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        check_the_sanitizer(folder)
        mcplog = build()
        logs = folder / "logs"
        logs.mkdir()
        make_logs(logs)
        for moment in ("anew", "again", "grown"):
            if moment == "grown":
                for i in (0, 3):
                    with open(logs / f"own-{i}.log", "a", encoding="ascii") as f:
                        f.write(lines(400, 1800))
            one, two = (analyze(mcplog, folder / f"{jobs}.db", jobs, logs) for jobs in (1, 2))
            assert len(two) > 10000 and '"incidents"' in two, two[:500]
            assert one == two, f"{moment}: two threads say something else than one"
        print("no race: logs anew, again and grown, the same reports from one thread and from two")


main()
