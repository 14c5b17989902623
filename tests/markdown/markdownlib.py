"""Bodies of issues about hostile incidents, and what stands where in them."""
import os
import re
import subprocess
import sys

DRIVER = os.path.join(os.environ.get("MCPLOG_BUILD", "build"), "tests", "hostile_issues")


def bodies(seed, count):
    if not os.path.exists(DRIVER):
        print(f"SKIPPED: no {DRIVER}: build first")
        sys.exit(77)
    made = subprocess.run([DRIVER, str(seed), str(count)], capture_output=True, check=True, timeout=600).stdout.split(b"\0")[:-1]
    assert len(made) == count, f"{len(made)} bodies of {count}"
    return made


def split(body):
    """(lines outside of fences, [(language, text)]); ValueError when a fence is not closed."""
    outside, blocks, fence, language, lines = [], [], None, "", []
    for line in body.split("\n"):
        if fence is None:
            m = re.match(r"(`{3,})([^`]*)$", line)
            if m:
                fence, language, lines = m.group(1), m.group(2), []
            else:
                outside.append(line)
        elif re.match(r" {0,3}`{%d,}\s*$" % len(fence), line):
            blocks.append((language, "\n".join(lines)))
            fence = None
        else:
            lines.append(line)
    if fence is not None:
        raise ValueError("a fence is not closed")
    return outside, blocks
