"""Work in proportion: logs that once were judged in the square of their calls, incidents or servers, by counting instructions at one, two
and four times their number. What each step adds must double, not quadruple."""
import datetime
import os
import sys
import tempfile

import callgrind

MCPLOG = os.environ.get("MCPLOG", "build/mcplog")
FEW = 300
MOST = 2.3  # (four times - two times) / (two times - once): 2 is linear, 4 the square
EPOCH = datetime.datetime(2026, 5, 17, 6)

CLOSED = "Tool 'y' failed after 3s: MCP error -32000: Connection closed"
ABORTED = "Tool 'y' failed after 3s: MCP error -32001: AbortError: The operation was aborted."
ANSWER = "Tool 'y' completed successfully in 3000ms"

# One turn: lines of a server, each five seconds behind the last; {n} counts turns.
TURNS = {
    "calls that were cancelled, without dispatch lines": [("x", ABORTED)],
    "failed calls, each with an answer behind it: incidents": [("x", CLOSED), ("x", ANSWER)],
    "cancelled calls, each with an answer behind it: notes": [("x", ABORTED), ("x", ANSWER)],
    "servers with one failed call each": [("x{n}", CLOSED)],
    "servers with one answered call each": [("x{n}", ANSWER)],
    "a server that goes and comes": [("x", "UNKNOWN connection closed after 5s (cleanly)"), ("x", "Successfully connected (transport: stdio) in 300ms")],
}


def write_log(path, turn, count):
    seconds = 0
    with open(path, "w", encoding="utf-8") as log:
        for n in range(count):
            for server, text in turn:
                seconds += 5
                time = (EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
                log.write(f'{time} [DEBUG] MCP server "{server.format(n=n)}": {text}\n')


def instructions(folder, turn, count):
    path = os.path.join(folder, "a.log")
    write_log(path, turn, count)
    refs, done = callgrind.run([MCPLOG, "analyze", "--db", ":memory:", "--jobs", "1", "--output", os.devnull, path])
    assert refs, f"valgrind says nothing of instructions: {done.stderr}"
    return refs


def main():
    if callgrind.skipped():
        return 77
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for what, turn in TURNS.items():
            once, twice, fourfold = (instructions(folder, turn, FEW * times) for times in (1, 2, 4))
            growth = (fourfold - twice) / (twice - once)
            print(f"{growth:.2f} {what}: {once / 1e6:.0f}, {twice / 1e6:.0f}, {fourfold / 1e6:.0f} million instructions")
            faults += growth > MOST
    if faults:
        print(f"fault: {faults} of them grow by more than {MOST} for twice the work")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
