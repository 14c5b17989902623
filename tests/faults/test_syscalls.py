"""System calls that fail: whatever call fails, once or from then on for ever, a run is complete, or says with its exit code that
it is not; never 0 with missing rows. The run after it completes. With a second thread that reads, and without; it may not be had.

    MCPLOG_SYSCALL_STEP=1 ctest -R test_syscalls     for every call; the default looks at some
"""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_kill as lib

STEP = int(os.environ.get("MCPLOG_SYSCALL_STEP", "13"))
FAULTS = (("read", "EIO"), ("pread64", "EIO"), ("openat", "EMFILE"), ("openat", "EACCES"), ("newfstatat", "EIO"), ("statx", "EIO"), ("pwrite64", "ENOSPC"),
          ("pwrite64", "EIO"), ("fdatasync", "EIO"), ("fsync", "EIO"), ("ftruncate", "EIO"), ("rename", "EIO"), ("unlink", "EACCES"), ("fcntl", "ENOLCK"),
          ("flock", "ENOLCK"), ("flock", "EINTR"), ("mmap", "ENOMEM"), ("getdents64", "EIO"), ("lseek", "EIO"), ("write", "ENOSPC"), ("clone3", "EAGAIN"))
SECONDS = 30
ALLOWED = (0, 3, 4, 75)
RUNTIME = ("mmap",)  # the sanitizers' own memory: they end or spin without it
LOADER = (127, -11, 139)
SANITIZER = b"LeakSanitizer has encountered a fatal error"  # it could not read that it is switched off


def inject(folder, call, errno, when, jobs):
    return subprocess.run(["strace", "-f", "-qq", "-o", "trace", "-e", f"trace={call}", "-e", f"inject={call}:error={errno}:when={when}", *lib.command("s.db", jobs)],
                          cwd=folder, capture_output=True, timeout=SECONDS, env=lib.ENVIRONMENT)


def judge(folder, reference, call, errno, when, jobs):
    """None: the call did not come that often."""
    try:
        done = inject(folder, call, errno, when, jobs)
    except subprocess.TimeoutExpired:
        return f"--jobs {jobs}: {call} {errno} when={when}: still running after {SECONDS} s"
    if "INJECTED" not in pathlib.Path(folder, "trace").read_text(errors="replace"):
        return None
    what, code = f"--jobs {jobs}: {call} {errno} when={when}", done.returncode
    if code in LOADER or SANITIZER in done.stderr:
        return ""
    if code not in ALLOWED:
        return f"{what}: exit {code}: {done.stderr.decode(errors='replace')[:200]}"
    if code and not done.stderr and call != "write":
        return f"{what}: exit {code} without a word"
    database = os.path.join(folder, "s.db")
    if code == 0 and (not os.path.exists(database) or lib.dump(database) != reference):
        return f"{what}: exit 0, and the timeline is not complete"
    return lib.settle(folder, "s.db", reference, what) or ""


def main():
    if lib.lacks_strace(""):
        return 77
    with lib.workplace() as (folder, logs):
        for n, name in enumerate(("001*/debug.txt", "003*/debug.txt")):
            shutil.copy(sorted(lib.SOURCE.glob("samples/" + name))[0], logs / f"{n}.txt")
        subprocess.run(lib.command("clean.db"), cwd=folder, check=False, stdout=subprocess.DEVNULL)
        reference = lib.dump(os.path.join(folder, "clean.db"))
        faults, points = [], 0
        for call, errno in FAULTS:
            if call in RUNTIME and os.environ.get("MCPLOG_SANITIZE") == "ON":
                continue
            for forever, jobs in itertools.product(("", "+"), (1, 2)):
                n = 1
                while n < 400:
                    fault = judge(folder, reference, call, errno, f"{n}{forever}", jobs)
                    lib.remove(folder, "s.db")
                    if fault is None:
                        break
                    points += 1
                    n += STEP
                    if fault:
                        faults.append(fault)
    for f in faults:
        print("fault:", f)
    print(f"{points} failing calls, {len(faults)} faults")
    return 1 if faults or points < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
