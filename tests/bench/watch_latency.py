"""How long from the write of a decisive line to its alert on the stdout of `mcplog watch`, beside `tail -F | grep --line-buffered`.

    python3 tests/bench/watch_latency.py build/mcplog [EVENTS]

Median and 99th percentile, events of both programs in turns, in milliseconds. No test: times are those of the machine. Each event
is a call on a server of its own that its client gives up; sessions have ten of them. "close" lets another line of the call stand
3 ms before the decisive one, as clients write them.
"""
import os
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PER_SESSION, BEFORE, LIMIT = 10, 0.05, 5


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%03dZ" % (at * 1000 % 1000)


def line(server, text):
    return '%s [DEBUG] MCP server "%s": %s\n' % (stamp(time.time()), server, text)


class Follower:
    """A program whose stdout is read as it comes."""

    def __init__(self, argv, greeting, cwd):
        self.process = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        if greeting and not self.wait():
            sys.exit("no greeting from " + argv[0])

    def wait(self, limit=LIMIT):
        """Reads what comes; False: nothing came."""
        ready = bool(select.select([self.process.stdout], [], [], limit)[0])
        return ready and bool(os.read(self.process.stdout.fileno(), 1 << 16))

    def drain(self):
        while self.wait(0):
            pass

    def stop(self):
        os.killpg(self.process.pid, 15)
        self.process.wait()


def event(follower, path, number, close):
    server = "s%d" % number
    with open(path, "a", buffering=1, encoding="utf-8") as log:
        log.write(line(server, "Calling MCP tool: t"))
        time.sleep(BEFORE)
        if close:
            log.write(line(server, "Tool 't' still running (30s elapsed)"))
            time.sleep(0.003)
        follower.drain()
        text = line(server, "Tool 't' failed after 120s: MCP server \"%s\" transport dropped mid-call; response for tool \"t\" was lost" % server)
        begun = time.perf_counter()
        log.write(text)
        told = follower.wait()
        return (time.perf_counter() - begun) * 1000 if told else None


def main():
    binary = os.path.abspath(sys.argv[1])
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    scratch = tempfile.mkdtemp(prefix="mcplog-latency-")
    logs = os.path.join(scratch, "logs")
    os.mkdir(logs)
    followed = os.path.join(scratch, "followed.txt")
    open(followed, "w").close()
    programs = {
        "mcplog watch": Follower([binary, "watch", "--db", os.path.join(scratch, "t.db"), logs], True, scratch),
        "tail | grep": Follower(["sh", "-c", "tail -n 0 -F followed.txt | grep --line-buffered 'failed after'"], False, scratch),
    }
    time.sleep(0.5)
    times = {(name, close): [] for close in (False, True) for name in programs}
    try:
        for number in range(events):
            for name, close in times:
                path = followed if name.startswith("tail") else os.path.join(logs, "session-%d.txt" % (number // PER_SESSION))
                took = event(programs[name], path, 2 * number + close, close)
                if took is None:
                    sys.exit("%s: event %d was not told within %d s" % (name, number, LIMIT))
                times[name, close].append(took)
    finally:
        for program in programs.values():
            program.stop()
        shutil.rmtree(scratch)
    for (name, close), took in times.items():
        took.sort()
        print("%-13s %-6s median %7.3f ms   p99 %7.3f ms   worst %7.3f ms" % (
            name, "close" if close else "alone", statistics.median(took), took[min(len(took) - 1, len(took) * 99 // 100)], took[-1]))


if __name__ == "__main__":
    main()
