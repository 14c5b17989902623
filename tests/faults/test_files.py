"""Random sequences of file operations and runs against a model: every line counts once, whatever happened to its file.

Operations: append, partial append, rename, copytruncate, truncate and rewrite, delete, re-create, replace with the same or other
content, copy, gzip, a `latest` link laid anew, a run, a run that is killed. Every line is a finished call on a server of its own;
at the end the view `calls` must hold each exactly once. Lines that were destroyed before any run could see them may be missing,
and may not come twice. What no reader can tell the model does not do: a copy that goes its own way, or is compressed, before any run
saw it, and lines written inside copytruncate.

    MCPLOG_FILE_SEQUENCES=20000 ctest -R test_files     for a longer run; a failing sequence is printed with its number
"""
import gzip
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

MCPLOG = os.environ.get("MCPLOG", "mcplog")
COUNT = int(os.environ.get("MCPLOG_FILE_SEQUENCES", "25"))
FIRST = int(os.environ.get("MCPLOG_FILE_FIRST", "0"))
SCRATCH = os.environ.get("MCPLOG_SCRATCH")
STEPS = 14


def line(number):
    t = 1_790_000_000_000 + number * 1000
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t // 1000))
    return f"{stamp}.{t % 1000:03}Z [DEBUG] MCP server \"s{number:06}\": Tool 'ping' completed successfully in 5ms\n".encode()


class World:
    def __init__(self, number, folder):
        self.r = random.Random(number)
        self.folder, self.logs = folder, os.path.join(folder, "logs")
        os.mkdir(self.logs)
        self.db = os.path.join(folder, "t.db")
        self.next = 0
        self.files = {}       # name → ids whose whole line stands in it, in order
        self.open = {}        # name → id of a line that is not complete
        self.seen = set()     # ids that stood complete in a readable file during a finished run
        self.written = set()  # ids whose line was once complete
        self.fresh = set()    # copies that no run has seen
        self.trace = []

    def path(self, name):
        return os.path.join(self.logs, name)

    def plain(self):
        return [n for n in self.files if not n.endswith(".gz")]

    def new_name(self):
        return f"app-{self.r.randrange(6)}{self.r.choice(('', '.1', '.2'))}.log"

    def lines(self, name, count):
        """Appends whole lines, the end of an open one first."""
        text = b""
        if name in self.open:
            number = self.open.pop(name)
            text += line(number)[40:]
            self.files[name].append(number)
            self.written.add(number)
        for _ in range(count):
            text += line(self.next)
            self.files[name].append(self.next)
            self.written.add(self.next)
            self.next += 1
        return text

    def write(self, name, text, mode="ab"):
        with open(self.path(name), mode) as f:
            f.write(text)

    def forget(self, name):
        self.files.pop(name, None)
        self.open.pop(name, None)
        self.fresh.discard(name)

    # --- operations; each returns False when it does not fit ---

    def op_create(self):
        name = self.new_name()
        if name in self.files:
            return False
        self.files[name] = []
        self.write(name, self.lines(name, self.r.choice((0, 1, 2, 30))), "wb")

    def op_append(self):
        name = self.pick(lambda n: n not in self.fresh)
        if not name:
            return False
        self.write(name, self.lines(name, self.r.choice((1, 3, 40))))

    def op_partial(self):
        name = self.pick(lambda n: n not in self.open and n not in self.fresh)
        if not name:
            return False
        self.open[name] = self.next
        self.write(name, line(self.next)[:40])
        self.next += 1

    def op_rename(self):
        name, to = self.pick(), self.new_name()
        if not name or to in self.files:
            return False
        os.rename(self.path(name), self.path(to))
        for table in (self.files, self.open):
            if name in table:
                table[to] = table.pop(name)
        if name in self.fresh:
            self.fresh.discard(name)
            self.fresh.add(to)

    def copy(self, name, to):
        shutil.copyfile(self.path(name), self.path(to))
        self.files[to] = list(self.files[name])

    def op_copytruncate(self):
        name, to = self.pick(lambda n: n not in self.open), self.new_name()
        if not name or to in self.files:
            return False
        self.copy(name, to)
        fresh = name in self.fresh
        self.forget(name)
        os.truncate(self.path(name), 0)
        self.files[name] = []
        if fresh:
            self.fresh.add(to)
        if self.r.random() < 0.7:
            self.write(name, self.lines(name, self.r.choice((1, 2, 60))))

    def op_rewrite(self):
        name = self.pick()
        if not name:
            return False
        count = self.r.choice((1, len(self.files[name]), len(self.files[name]) + 5))
        self.forget(name)
        self.files[name] = []
        self.write(name, self.lines(name, count), "wb")

    def op_delete(self):
        name = self.r.choice(list(self.files) or [None])
        if not name:
            return False
        os.unlink(self.path(name))
        self.forget(name)

    def op_recreate(self):
        name = self.pick()
        if not name:
            return False
        os.unlink(self.path(name))
        self.forget(name)
        self.files[name] = []
        self.write(name, self.lines(name, self.r.choice((1, 20, 50))), "wb")

    def op_replace(self):
        name = self.pick(lambda n: n not in self.open and n not in self.fresh)
        if not name:
            return False
        temporary = self.path(".new")
        if self.r.random() < 0.6:
            shutil.copyfile(self.path(name), temporary)
        else:
            self.files[name] = []
        with open(temporary, "ab") as f:
            f.write(self.lines(name, self.r.choice((0, 2, 30))))
        os.rename(temporary, self.path(name))

    def op_copy(self):
        """Of a short file only when a run comes before anything else: see above."""
        name, to = self.pick(lambda n: n not in self.open and n not in self.fresh), self.new_name()
        if not name or to in self.files:
            return False
        self.copy(name, to)
        self.fresh.add(to)
        if os.path.getsize(self.path(to)) < 2048:
            self.run()

    def op_gzip(self):
        name = self.pick(lambda n: n not in self.open)
        if not name or name + ".gz" in self.files or self.fresh:
            return False
        with open(self.path(name), "rb") as f, gzip.open(self.path(name + ".gz"), "wb") as z:
            z.write(f.read())
        os.unlink(self.path(name))
        os.utime(self.path(name + ".gz"), (1_700_000_000, 1_700_000_000))
        self.files[name + ".gz"] = self.files.pop(name)

    def op_relink(self):
        name, link = self.pick(), self.path("latest")
        if not name:
            return False
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(name, link)

    def op_kill(self):
        p = subprocess.Popen(self.command(), cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.r.random() * 0.02)
        p.send_signal(signal.SIGKILL)
        p.wait()

    def op_run(self):
        self.run()

    def pick(self, fits=lambda n: True):
        names = sorted(n for n in self.plain() if fits(n))
        return self.r.choice(names) if names else None

    def command(self):
        return [MCPLOG, "analyze", "--db", "t.db", "--allow-root", "-q", "--format", "json", "-o", "/dev/null", "logs"]

    def run(self):
        done = subprocess.run(self.command(), cwd=self.folder, capture_output=True, timeout=60)
        if done.returncode not in (0, 3):
            raise RuntimeError(f"exit {done.returncode}: {done.stderr.decode(errors='replace')[:300]}")
        for ids in self.files.values():
            self.seen.update(ids)
        self.fresh.clear()

    def verdict(self):
        self.run()
        with sqlite3.connect(self.db) as c:
            counts = dict(c.execute("SELECT server, count(*) FROM calls GROUP BY 1"))
        lost = sorted(n for n in self.seen if f"s{n:06}" not in counts)
        more = sorted(n for n, k in counts.items() if k > 1)
        never = sorted(n for n in counts if int(n[1:]) not in self.written and int(n[1:]) >= self.next)
        return lost, more, never


def sequence(number):
    operations = sorted(n for n in dir(World) if n.startswith("op_"))
    weights = [{"op_append": 5, "op_run": 5, "op_create": 4}.get(n, 2) for n in operations]
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        w = World(number, folder)
        for _ in range(STEPS):
            name = w.r.choices(operations, weights)[0]
            if getattr(w, name)() is not False:
                w.trace.append(name[3:])
        lost, more, never = w.verdict()
        if lost or more or never:
            return f"sequence {number} ({' '.join(w.trace)}): lost {lost[:5]}, repeated {more[:5]}, never written {never[:5]}"
    return None


def main():
    faults = 0
    for number in range(FIRST, FIRST + COUNT):
        fault = sequence(number)
        if fault:
            faults += 1
            print(fault, flush=True)
    print(f"{COUNT} sequences, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
