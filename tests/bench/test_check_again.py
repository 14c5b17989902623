"""`check` with nothing new costs about what `analyze` with nothing new does: both look at every file's size and times, and at no row. And
a run in which one file grew writes little, and waits for the disk as often as it must. By counting instructions and calls that write."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import callgrind

MCPLOG = os.environ.get("MCPLOG", "build/mcplog")
FILES = 300
MOST = 1.35       # instructions of check / of analyze: it also remembers that it ran
WRITES = 32       # calls that write or wait for the disk: marks, counters and the run, and no verdict
GROWN = 100       # the same of an analysis in which one file grew, the median of several: where rows lie, and which page splits, is chance
WAITS = 3         # of them that wait: the log with its directory, and the database
CALL = """2026-05-17T06:{0:02}:{1:02}.000Z [DEBUG] MCP server "x": Calling MCP tool: y
2026-05-17T06:{0:02}:{1:02}.900Z [DEBUG] MCP server "x": Tool 'y' {2}
"""
ENDS = ["completed successfully in 900ms", "failed after 0s: MCP error -32000: Connection closed"]


def again(folder, command):
    """Instructions of a run that finds everything as it was. The program is known by its file, which is valgrind's here."""
    args = [MCPLOG, command, "--db", os.path.join(folder, command + ".db"), os.path.join(folder, "logs")]
    for _ in range(3):
        refs, done = callgrind.run(args)
        assert refs, f"valgrind says nothing of instructions: {done.stderr}"
    return refs


def writes(folder, command):
    """Calls that write to the database, and those of them that wait for the disk."""
    args = [MCPLOG, command, "--db", os.path.join(folder, command + ".db"), os.path.join(folder, "logs")]
    trace = subprocess.run(["strace", "-f", "-e", "trace=pwrite64,fsync,fdatasync,ftruncate,unlink", *args], capture_output=True, text=True, check=False).stderr
    return trace.count("("), trace.count("sync(")


def grows(folder):
    """The same of analyses before each of which one file grew: the median of calls that write, the most that wait."""
    logs = os.path.join(folder, "logs")
    done = []
    for n, name in enumerate(sorted(os.listdir(logs))[7::40]):
        with open(os.path.join(logs, name), "a", encoding="utf-8") as log:
            log.write(CALL.format(59, n, ENDS[0]))
        done.append(writes(folder, "analyze"))
    return statistics.median(written for written, _ in done[1:]), max(waits for _, waits in done[1:])


def main():
    if callgrind.skipped():
        return 77
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "logs"))
        for n in range(FILES):
            with open(os.path.join(folder, "logs", f"{n:08}-5eed-4000-8000-000000000001.txt"), "w", encoding="utf-8") as log:
                log.write(CALL.format(n // 60, n % 60, ENDS[n % 20 == 0]))
        analyze, check = again(folder, "analyze"), again(folder, "check")
        print(f"{check / analyze:.2f}: check {check / 1e6:.2f}, analyze {analyze / 1e6:.2f} million instructions")
        faults = check > analyze * MOST
        if shutil.which("strace"):
            writes(folder, "check")  # the program is another one again
            found, waits = writes(folder, "check")
            grown, grown_waits = grows(folder)
            print(f"check: {found} calls that write, {waits} of them wait; one file grew: {grown} and {grown_waits}")
            faults += found > WRITES or grown > GROWN or max(waits, grown_waits) > WAITS
    if faults:
        print(f"fault: more than {MOST} times the instructions, {WRITES} or {GROWN} writes, or {WAITS} waits")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
