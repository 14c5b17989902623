"""Instructions of a command, for tests and figures that must not depend on how busy the machine is."""
import os
import re
import shutil
import subprocess


def skipped():
    """Prints why instructions say nothing here, and is true then."""
    why = "a build with sanitizers says nothing about instructions" if os.environ.get("MCPLOG_SANITIZE") == "ON" else \
        "" if shutil.which("valgrind") else "valgrind is not installed"
    if why:
        print(f"SKIPPED: {why}")
    return bool(why)


def run(command, out=os.devnull, options=()):
    """Instructions, None when valgrind tells none; and the run. `out`: callgrind's own file."""
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *options, *command], capture_output=True, text=True)
    refs = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    return (int(refs[1].replace(",", "")) if refs else None), done
