"""What the tests of bad inputs share: a scratch directory, logs whose lines can be counted, and one run of the program.

Every log line names a server of its own, so `servers` of the report tells exactly which lines were read. The program under
test is named by the environment variable MCPLOG."""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

NOBODY = 65534


def line(name, second=0, end=b"\n"):
    """Two log lines: a call of the server `name` and its good end."""
    stamp = "2026-05-17T%02d:%02d:%02d" % (second // 3600, second // 60 % 60, second % 60)
    return ("%s.100Z [DEBUG] MCP server \"%s\": Calling MCP tool: ping" % (stamp, name)).encode() + end + \
        ("%s.200Z [DEBUG] MCP server \"%s\": Tool 'ping' completed successfully in 100ms" % (stamp, name)).encode() + end


def log(*names, **options):
    return b"".join(line(name, i, **options) for i, name in enumerate(names))


class Result:
    def __init__(self, code, out, err, usage, form):
        self.code, self.out, self.err, self.usage = code, out, err.decode("utf-8", "backslashreplace"), usage
        try:
            self.report = json.loads(out.decode("ascii")) if form == "json" and out else None
        except ValueError as e:
            raise AssertionError("the report is no valid ASCII JSON: %s\n%r" % (e, out[:400]))

    @property
    def servers(self):
        return sorted(s["name"] for s in self.report["servers"])

    @property
    def sources(self):
        return self.report["sources"]

    @property
    def problems(self):
        """All problems of the report, wherever they stand."""
        found = []

        def walk(value):
            if isinstance(value, dict):
                found.extend(value.get("problems") or [])
                for v in value.values():
                    walk(v)
            elif isinstance(value, list):
                for v in value:
                    walk(v)
        walk(self.report)
        return found


class BadInput(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.binary = os.path.abspath(os.environ["MCPLOG"])
        self.dir = tempfile.mkdtemp(prefix="mcplog-bad-")
        self.addCleanup(self.remove)
        self.old = os.getcwd()
        os.chdir(self.dir)
        self.addCleanup(os.chdir, self.old)

    def remove(self):
        subprocess.run(["chmod", "-R", "u+rwx", self.dir], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.dir.encode())

    def put(self, name, content=b""):
        directory = os.path.dirname(name)
        if directory:
            os.makedirs(directory, exist_ok=True)
        with open(name, "wb") as f:
            f.write(content)
        return name

    def start(self, *args, command="analyze", db=":memory:", form="json", user=None, **options):
        argv = [self.binary, command, "--db", db, "--format", form] + list(args)
        if user is not None and os.geteuid() == 0:
            options.update(user=user, group=user, extra_groups=[])
        environment = dict(os.environ, HOME=self.dir, XDG_STATE_HOME=self.dir + "/state")
        environment.update(options.pop("env", {}))
        # Not the pipe's 64 KiB but a file: a report never blocks the program while the test still writes its input.
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        options.setdefault("stdin", subprocess.DEVNULL)
        p = subprocess.Popen(argv, stdout=out, stderr=err, env=environment, **options)
        p.files, p.form = (out, err), form
        return p

    def finish(self, p, timeout=120):
        try:
            p.wait(timeout)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            self.fail("the program hangs: %s" % (p.args,))
        texts = []
        for f in p.files:
            f.seek(0)
            texts.append(f.read())
            f.close()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = Result(p.returncode, texts[0], texts[1], usage, p.form)
        for sign in ("AddressSanitizer", "runtime error:", "LeakSanitizer"):
            self.assertNotIn(sign, result.err)
        return result

    def run_it(self, *args, stdin=None, timeout=120, **options):
        if stdin is not None:
            options["stdin"] = subprocess.PIPE
        p = self.start(*args, **options)
        if stdin is not None:
            try:
                p.stdin.write(stdin)
                p.stdin.close()
            except BrokenPipeError:
                pass
        return self.finish(p, timeout)

    def assert_code(self, result, code):
        self.assertEqual(result.code, code, "stderr: %s\nstdout: %r" % (result.err, result.out[:600]))

    def assert_read(self, result, *names, code=0):
        self.assert_code(result, code)
        self.assertEqual(result.servers, sorted(names), result.err)

    def assert_error(self, result, *texts):
        """An error: exit 3 and one line on stderr with the texts."""
        self.assert_code(result, 3)
        self.assert_told(result, *texts)

    def assert_told(self, result, *texts):
        lines = [l for l in result.err.splitlines() if all(t in l for t in texts)]
        self.assertEqual(len(lines), 1, "wanted one line with %r:\n%s" % (texts, result.err))

    def assert_problem(self, result, code, text=""):
        """Listed in the report (notes are shown nowhere else)."""
        found = [p for p in result.problems if p["code"] == code]
        self.assertTrue(found, "no problem %s in %r" % (code, result.problems))
        self.assertIn(text, found[0]["text"])
        return found[0]

    def assert_silent(self, result):
        self.assertEqual(result.err, "")

    def as_nobody(self):
        """Options for a run without root's rights; the scratch directory is handed over."""
        if os.geteuid() != 0:
            return {}
        os.chmod(self.dir, 0o755)
        for folder, folders, files in os.walk(self.dir):
            for name in folders + files:
                os.chown(os.path.join(folder, name), NOBODY, NOBODY, follow_symlinks=False)
        os.chown(self.dir, NOBODY, NOBODY)
        probe = subprocess.run([self.binary, "--version"], user=NOBODY, group=NOBODY, extra_groups=[], stdout=subprocess.DEVNULL) \
            if self.reachable() else None
        if probe is None or probe.returncode != 0:
            self.skipTest("run as root, and %s cannot be run by another user" % self.binary)
        return {"user": NOBODY}

    def reachable(self):
        at = self.binary
        while at != "/":
            if not os.stat(at).st_mode & 0o001:
                return False
            at = os.path.dirname(at)
        return True


def main():
    if "MCPLOG" not in os.environ:
        sys.exit("MCPLOG must name the program under test")
    unittest.main(verbosity=2)
