"""Work in proportion: logs that once were judged in the square of their calls, incidents, servers or files, by counting instructions at one,
two and four times their number. What each step adds must double, not quadruple."""
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

CALL = [("x", "Calling MCP tool: y"), ("x", ANSWER)]
ACCESS = '{time} INFO:     127.0.0.1:44744 - "POST /messages/?session_id={n:032x} HTTP/1.1" 202 Accepted\n'


def time_at(seconds):
    return (EPOCH + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def write_log(path, turn, count, seconds=0):
    with open(path, "w", encoding="utf-8") as log:
        for n in range(count):
            for server, text in turn:
                seconds += 5
                log.write(f'{time_at(seconds)} [DEBUG] MCP server "{server.format(n=n)}": {text}\n')


def one_log(turn):
    return lambda folder, count: write_log(os.path.join(folder, "a.log"), turn, count)


def sessions_with_a_server_each(folder, count):
    for n in range(count):
        write_log(os.path.join(folder, f"00000000-0000-4000-8000-{n:012}.txt"), CALL, 1, n * 600)
        with open(os.path.join(folder, f"server-{n}.log"), "w", encoding="utf-8") as log:
            log.write(ACCESS.format(time=time_at(n * 600 + 6), n=n))


WRITERS = {what: one_log(turn) for what, turn in TURNS.items()} | {
    "sessions, each with its server's log": sessions_with_a_server_each,
}


def instructions(folder, write, count):
    path = os.path.join(folder, str(count))
    os.mkdir(path)
    write(path, count)
    refs, done = callgrind.run([MCPLOG, "analyze", "--db", ":memory:", "--jobs", "1", "--output", os.devnull, path])
    assert refs, f"valgrind says nothing of instructions: {done.stderr}"
    return refs


def main():
    if callgrind.skipped():
        return 77
    faults = 0
    for what, write in WRITERS.items():
        with tempfile.TemporaryDirectory() as folder:
            once, twice, fourfold = (instructions(folder, write, FEW * times) for times in (1, 2, 4))
            growth = (fourfold - twice) / (twice - once)
            print(f"{growth:.2f} {what}: {once / 1e6:.0f}, {twice / 1e6:.0f}, {fourfold / 1e6:.0f} million instructions")
            faults += growth > MOST
    if faults:
        print(f"fault: {faults} of them grow by more than {MOST} for twice the work")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
