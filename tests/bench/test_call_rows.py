"""What it costs to store a call, in instructions: against a loop around one prepared INSERT of the same values, and in bytes."""
import os
import sys
import tempfile

import callgrind

BUILD = os.environ.get("MCPLOG_BUILD", "build")
MOST = 1.5        # times the bare loop
MOST_BYTES = 100  # of the file
FEW, MANY = 1000, 5000


def per_call(folder, how):
    """Between few and many: without start, schema and end."""
    counts = []
    for count in (FEW, MANY):
        path = os.path.join(folder, f"{how}{count}.db")
        instructions, done = callgrind.run([os.path.join(BUILD, "tests", "call_rows"), how, path, str(count)])
        assert done.returncode == 0 and instructions, f"call_rows {how} {count}: {done.stderr}"
        counts.append((instructions, os.path.getsize(path)))
        os.remove(path)
    return [(many - few) / (MANY - FEW) for few, many in zip(*counts)]


def main():
    if callgrind.skipped():
        return 77
    with tempfile.TemporaryDirectory() as folder:
        bare, bare_bytes = per_call(folder, "bare")
        ours, our_bytes = per_call(folder, "timeline")
    print(f"a call: {ours:.0f} instructions and {our_bytes:.0f} bytes; a bare INSERT: {bare:.0f} and {bare_bytes:.0f}; {ours / bare:.2f} times")
    faults = [text for wrong, text in ((ours > MOST * bare, f"fault: more than {MOST} times the bare loop"),
                                       (our_bytes > MOST_BYTES, f"fault: more than {MOST_BYTES} bytes a call")) if wrong]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
