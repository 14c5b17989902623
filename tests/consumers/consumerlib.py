"""Tests with other programs: what they share. A program that is not installed is said so, and ctest shows the test as skipped."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("MCPLOG_SOURCE", Path(__file__).resolve().parents[2]))
MCPLOG = os.path.abspath(os.environ.get("MCPLOG", SOURCE / "build" / "mcplog"))
SKIPPED = 77


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def need(*programs):
    """Ends the test, visibly skipped, when one of the programs is not installed."""
    for program in programs:
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            skip(f"{program} not installed")


def need_module(name, package=None):
    """A Python module, or the end of the test."""
    try:
        return __import__(name, fromlist=["_"])
    except ImportError:
        skip(f"Python package {package or name} not installed")


def run(*args, home="/nonexistent", data=None, timeout=120, **env):
    environment = {"PATH": os.path.dirname(MCPLOG) + ":" + os.environ["PATH"], "HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8", **env}
    environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    return subprocess.run([str(a) for a in args], input=data, stdin=None if data is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment, timeout=timeout)
