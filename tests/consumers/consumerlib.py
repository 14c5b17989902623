"""Tests with other programs: what they share. A program that is not installed is said so, and ctest shows the test as skipped."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(os.environ.get("MCPLOG_SOURCE", Path(__file__).resolve().parents[2]))
MCPLOG = os.path.abspath(os.environ.get("MCPLOG", SOURCE / "build" / "mcplog"))
BUILD = Path(os.environ.get("MCPLOG_BUILD", SOURCE / "build"))
SKIPPED = 77


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(SKIPPED)


def need(*programs):
    """Ends the test, visibly skipped, when one of the programs is not installed."""
    for program in programs:
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            skip(f"{program} not installed")


def need_browser():
    """The path of a Chromium."""
    found = next((shutil.which(n) for n in ("chromium", "chromium-browser", "google-chrome", "chrome") if shutil.which(n)), None)
    return found or skip("chromium not installed")


def installed(place, *command):
    """A folder below the build folder that the command fills once. Ends the test, visibly skipped, when it cannot."""
    folder = BUILD / "consumers" / place
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300)
        except (OSError, subprocess.TimeoutExpired) as e:
            skip(f"{place} not installed: {e}")
        if done.returncode:
            skip(f"{place} not installed: {done.stderr.decode(errors='replace')[-300:]}")
        (folder / "complete").touch()
    return folder


def need_npm(place, *packages):
    """The folder node_modules with these npm packages."""
    need("node", "npm")
    return installed(place, "npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", ".", *packages) / "node_modules"


def need_module(name, *packages):
    """A Python module; the packages are installed when they are not there yet."""
    try:
        return __import__(name, fromlist=["_"])
    except ImportError:
        sys.path.append(str(installed(packages[0], sys.executable, "-m", "pip", "install", "--quiet", "--target", ".", *packages)))
    try:
        return __import__(name, fromlist=["_"])
    except ImportError as e:
        skip(f"Python package {packages[0]}: {e}")


def run(*args, home="/nonexistent", data=None, timeout=120, **env):
    environment = {"PATH": os.path.dirname(MCPLOG) + ":" + os.environ["PATH"], "HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8", **env}
    environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    return subprocess.run([str(a) for a in args], input=data, stdin=None if data is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env=environment, timeout=timeout)
