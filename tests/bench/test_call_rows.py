"""What it costs to store a call, in instructions: against a loop around one prepared INSERT of the same values, and in bytes."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("MCPLOG_BUILD", "build")
MOST = 1.5        # times the bare loop
MOST_BYTES = 100  # of the file
FEW, MANY = 1000, 5000


def run(folder, how, count, prefix=()):
    path = os.path.join(folder, f"{how}{count}.db")
    done = subprocess.run([*prefix, os.path.join(BUILD, "tests", "call_rows"), how, path, str(count)], capture_output=True, text=True)
    assert done.returncode == 0, f"call_rows {how} {count}: {done.stderr}"
    return done.stderr, os.path.getsize(path)


def per_call(folder, how):
    """Between few and many: without start, schema and end."""
    counts = []
    for count in (FEW, MANY):
        text, size = run(folder, how, count, ("valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"))
        refs = re.search(r"I\s+refs:\s+([\d,]+)", text)
        assert refs, f"valgrind says nothing of instructions: {text}"
        counts.append((int(refs[1].replace(",", "")), size))
        os.remove(os.path.join(folder, f"{how}{count}.db"))
    return [(many - few) / (MANY - FEW) for few, many in zip(*counts)]


def main():
    if os.environ.get("MCPLOG_SANITIZE") == "ON":
        print("SKIPPED: a build with sanitizers says nothing about instructions")
        return 77
    if not shutil.which("valgrind"):
        print("SKIPPED: valgrind is not installed")
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
