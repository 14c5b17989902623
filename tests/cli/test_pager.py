"""Long text on a terminal goes through a pager, and nowhere else."""
import os
import pty
import select
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

MCPLOG = os.environ.get("MCPLOG", "mcplog")
SOURCE = Path(os.environ.get("MCPLOG_SOURCE", Path(__file__).resolve().parents[2]))
HANG = str(SOURCE / "samples" / "001-sse-drop-silent-hang" / "debug.txt")


def on_terminal(*args, keys=b"", **env):
    """(exit code, what a terminal got)"""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm", "LC_ALL": "C.UTF-8", **env}
    environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    master, slave = pty.openpty()
    child = subprocess.Popen([MCPLOG, *args], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True)
    os.close(slave)
    seen, deadline = b"", time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.2)
        if not ready:
            if child.poll() is not None:
                break
            continue
        try:
            block = os.read(master, 65536)
        except OSError:
            break
        if not block:
            break
        seen += block
        if keys and b"<<paged>>" in seen:
            os.write(master, keys)
            keys = b""
    os.close(master)
    return child.wait(timeout=60), seen


MARK = "printf '<<paged>>'; cat"


class Pager(unittest.TestCase):
    def test_text_on_a_terminal_is_paged(self):
        for args in (("-h",), ("help", "analyze"), ("explain", "sse-drop-silent-hang"), ("analyze", "--db", ":memory:", HANG), ("patterns", "list"), ("config",)):
            with self.subTest(args=args):
                code, seen = on_terminal(*args, PAGER=MARK)
                self.assertEqual(code, 0, seen)
                self.assertTrue(b"<<paged>>" in seen)

    def test_which_pager(self):
        self.assertIn(b"<<paged>>", on_terminal("-h", MCPLOG_PAGER=MARK, PAGER="false")[1])
        self.assertIn(b"<<paged>>", on_terminal("-h", "--pager", MARK, MCPLOG_PAGER="false")[1])
        code, seen = on_terminal("-h", PAGER="printf \"<$LESS>\"; cat >/dev/null")
        self.assertEqual((code, seen), (0, b"<FRX>"))
        self.assertIn(b"<-S>", on_terminal("-h", PAGER="printf \"<$LESS>\"; cat >/dev/null", LESS="-S")[1])

    def test_where_there_is_none(self):
        for args, env in ((("-h", "--no-pager"), {}), (("-h",), {"TERM": "dumb"}), (("-h",), {"MCPLOG_PAGER": "cat"}),
                          (("analyze", "--db", ":memory:", "-f", "json", HANG), {}), (("export", "ndjson", "--db", ":memory:", HANG), {}), (("version",), {})):
            with self.subTest(args=args):
                code, seen = on_terminal(*args, **{"PAGER": MARK, **env})
                self.assertEqual(code, 0, seen)
                self.assertNotIn(b"<<paged>>", seen)
                self.assertIn(b"mcplog", seen)

    def test_never_in_a_pipe_or_a_file(self):
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PAGER": MARK, "TERM": "xterm"}
        env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        result = subprocess.run([MCPLOG, "-h"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=60)
        self.assertNotIn(b"<<paged>>", result.stdout)
        with tempfile.TemporaryDirectory() as folder:
            place = os.path.join(folder, "report.txt")
            self.assertEqual(on_terminal("analyze", "--db", ":memory:", "-o", place, HANG, PAGER=MARK), (0, b""))
            with open(place, "rb") as file:
                self.assertNotIn(b"<<paged>>", file.read())

    def test_a_pager_that_cannot_run_loses_nothing(self):
        code, seen = on_terminal("version", "-h", PAGER="/nonexistent/pager")
        self.assertEqual(code, 0)
        self.assertIn(b"Usage: mcplog version", seen)

    def test_a_reader_that_stops_early_is_no_error(self):
        self.assertEqual(on_terminal("patterns", "list", PAGER="head -c 5 >/dev/null")[0], 0)

    def test_an_interrupt_belongs_to_the_pager(self):
        code, seen = on_terminal("-h", PAGER="trap 'echo stopped; exit 0' INT; printf '<<paged>>'; cat >/dev/null; kill -INT $$; sleep 5")
        self.assertEqual(code, 0, seen)
        self.assertIn(b"stopped", seen)


if __name__ == "__main__":
    unittest.main()
