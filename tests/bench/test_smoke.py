"""Speed and memory at a glance, in the release build: bounds with room, so that only a real loss turns it red.

The figures asked for are measured on larger inputs and a quiet machine; here a run may be disturbed, so times are CPU times of
the program alone, the best of several runs counts, and growth is compared, not seconds.
"""
import os
import subprocess
import sys
import tempfile

MCPLOG = os.environ.get("MCPLOG", "mcplog")
if os.environ.get("MCPLOG_SANITIZE") == "ON":
    print("a build with sanitizers says nothing about speed; use the release build")
    sys.exit(77)
MIB = 1 << 20
RSS_MAX = 24 * MIB
SECONDS_PER_MIB = 0.1  # about twenty times what it takes
COLD_START = 12  # times /bin/true: twice the figure asked for
faults = 0


def fault(text):
    global faults
    faults += 1
    print("fault:", text)


def run(arguments, stdin=None):
    """(cpu seconds, peak resident bytes, exit code) of one run."""
    child = subprocess.Popen(arguments, stdin=stdin or subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), child.returncode


def analyze(*paths):
    cpu, rss, code = run([MCPLOG, "analyze", "--db", ":memory:", "--format", "json", "--final", *paths])
    if code != 0:
        fault(f"analyze {paths[0]} left with {code}")
    return cpu, rss


def stamp(ms):
    days, ms = divmod(ms, 86400000)
    return "2026-05-%02dT%02d:%02d:%02d.%03dZ" % (1 + days % 28, ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000)


def write_log(path, size, first=0):
    """A debug log of healthy calls between chatter that no signature wants."""
    with open(path, "w") as f:
        ms, n = 0, first
        while f.tell() < size:
            n += 1
            server, tool, use = "srv%d" % (n % 7), "tool_%d" % (n % 13), "toolu_%024d" % n
            f.write(f"{stamp(ms)} [INFO] [Stall] tool_dispatch_start tool=mcp__{server}__{tool} toolUseId={use} permissionDecisionMs=2\n")
            f.write(f'{stamp(ms + 1)} [DEBUG] MCP server "{server}": Calling MCP tool: {tool}\n')
            for i in range(30):
                f.write(f"{stamp(ms + 2 + i)} [DEBUG] Writing to temp file: /tmp/cache/{n:08x}-{i}.json with some more words to make a line\n")
            f.write(f"{stamp(ms + 150)} [DEBUG] MCP server \"{server}\": Tool '{tool}' completed successfully in 148ms\n")
            f.write(f"{stamp(ms + 151)} [INFO] [Stall] tool_dispatch_end tool=mcp__{server}__{tool} toolUseId={use} outcome=ok durationMs=149\n")
            ms += 1000


def growth(folder):
    sizes, cpus, peaks = (8 * MIB, 32 * MIB), [], []
    for size in sizes:
        path = os.path.join(folder, "%d.txt" % size)
        write_log(path, size)
        runs = [analyze(path) for _ in range(3)]
        cpus.append(min(cpu for cpu, _ in runs))
        peaks.append(max(rss for _, rss in runs))
    print("8 MiB: %.2f s, %.1f MiB; 32 MiB: %.2f s, %.1f MiB" % (cpus[0], peaks[0] / MIB, cpus[1], peaks[1] / MIB))
    if cpus[1] > 32 * SECONDS_PER_MIB:
        fault("32 MiB took %.1f s of CPU, more than %.1f" % (cpus[1], 32 * SECONDS_PER_MIB))
    if cpus[1] > 6 * cpus[0] + 0.2:
        fault("four times the input took %.1f times the CPU" % (cpus[1] / cpus[0]))
    if max(peaks) > RSS_MAX:
        fault("peak memory %.1f MiB, more than %d" % (max(peaks) / MIB, RSS_MAX // MIB))


def many_files(folder):
    many = os.path.join(folder, "many")
    os.mkdir(many)
    for i in range(300):
        write_log(os.path.join(many, "%04d.txt" % i), 20000, i * 100)
    cpu, rss = analyze(many)
    print("300 files: %.2f s, %.1f MiB" % (cpu, rss / MIB))
    if rss > RSS_MAX:
        fault("peak memory %.1f MiB over 300 files, more than %d" % (rss / MIB, RSS_MAX // MIB))


def cold_start(folder):
    path = os.path.join(folder, "one.txt")
    with open(path, "w") as f:
        f.write(f"{stamp(0)} [DEBUG] Starting\n")
    true, ours = [], []
    for _ in range(40):
        true.append(run(["true"])[0])
        ours.append(run([MCPLOG, "analyze", "--db", ":memory:", "--final", path])[0])
    print("cold start: %.1f ms of CPU, true: %.1f ms" % (min(ours) * 1000, min(true) * 1000))
    if min(ours) > COLD_START * min(true) + 0.001:
        fault("a start takes %.1f ms of CPU, more than %d times /bin/true" % (min(ours) * 1000, COLD_START))


with tempfile.TemporaryDirectory() as folder:
    growth(folder)
    many_files(folder)
    cold_start(folder)
print(faults, "faults")
sys.exit(1 if faults else 0)
