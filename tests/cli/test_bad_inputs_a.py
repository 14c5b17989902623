#!/usr/bin/env python3
"""Files and directories: one test for each row of group A (A19, network file systems, needs one and is not here)."""
import os
import pty
import resource
import socket
import subprocess
import tty

from bad_inputs import BadInput, line, log, main


class FilesAndDirectories(BadInput):
    def test_A1_missing(self):
        self.put("here.txt", log("one"))
        r = self.run_it("missing.txt", "here.txt")
        self.assert_read(r, "one", code=3)
        self.assert_error(r, "cannot read missing.txt: No such file or directory")

    def test_A2_empty_directory(self):
        os.makedirs("empty/inner")
        r = self.run_it("empty")
        self.assert_code(r, 0)
        self.assert_told(r, "no log files in empty", "--debug")
        self.assert_error(self.run_it("--require-files", "empty"), "no log files in empty")

    def test_A3_unreadable_file(self):
        self.put("d/a.txt", log("one"))
        self.put("d/b.txt", log("two"))
        self.put("d/c.txt", log("three"))
        options = self.as_nobody()
        os.chmod("d/b.txt", 0)
        r = self.run_it("d", **options)
        self.assert_read(r, "one", "three", code=3)
        self.assert_error(r, "cannot read d/b.txt: Permission denied")
        self.assert_told(r, "  help: ", "let this one read them")

    def test_A3_resumes(self):
        self.put("d/a.txt", log("one"))
        options = dict(self.as_nobody(), db="t.db")
        self.assert_read(self.run_it("d", **options), "one")
        os.chmod("d/a.txt", 0)
        self.assert_code(self.run_it("d", **options), 3)
        os.chmod("d/a.txt", 0o644)
        with open("d/a.txt", "ab") as f:
            f.write(line("two", 9))
        self.assert_read(self.run_it("d", **options), "one", "two")

    def test_A4_unreadable_directory(self):
        self.put("d/a.txt", log("one"))
        self.put("d/closed/b.txt", log("two"))
        self.put("d/no-x/c.txt", log("three"))
        options = dict(self.as_nobody(), db="t.db")
        self.assert_read(self.run_it("d", **options), "one", "two", "three")
        os.chmod("d/closed", 0)
        os.chmod("d/no-x", 0o600)
        r = self.run_it("d", **options)
        self.assert_error(r, "cannot read d/closed: Permission denied")
        self.assert_told(r, "cannot read d/no-x: Permission denied")
        os.chmod("d/closed", 0o755)
        os.chmod("d/no-x", 0o755)
        self.assert_read(self.run_it("d", **options), "one", "two", "three")

    def test_A5_fifo(self):
        self.put("d/a.txt", log("one"))
        os.mkfifo("d/fifo.txt")
        r = self.run_it("d", timeout=20)
        self.assert_read(r, "one")
        self.assert_silent(r)
        self.assert_problem(r, "not-a-file")
        self.assert_error(self.run_it("d/fifo.txt", timeout=20), "not a regular file, use - for standard input")

    def test_A5_socket_and_device(self):
        self.put("d/a.txt", log("one"))
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.bind("d/socket.txt")
        self.assert_read(self.run_it("d", timeout=20), "one")
        self.assert_error(self.run_it("d/socket.txt", timeout=20), "not a regular file")
        self.assert_error(self.run_it("/dev/zero", timeout=20), "not a regular file")

    def test_A5_directory_like_a_file(self):
        self.put("d/x.txt/a.txt", log("one"))
        self.assert_read(self.run_it("d"), "one")
        self.assert_read(self.run_it("d/x.txt"), "one")

    def test_A6_latest_link(self):
        self.put("d/0f.txt", log("one"))
        os.symlink("0f.txt", "d/latest")
        os.symlink(os.path.abspath("d/0f.txt"), "d/absolute")
        r = self.run_it("d")
        self.assert_read(r, "one")
        self.assertEqual([s["path"] for s in r.sources], ["d/0f.txt"])
        r = self.run_it("d", "d/latest")
        self.assert_read(r, "one")
        self.assertEqual(len(r.sources), 1)
        self.assertEqual(r.report["summary"]["calls"], 1)

    def test_A7_broken_links(self):
        self.put("d/a.txt", log("one"))
        os.symlink("nowhere", "d/dangling.txt")
        os.symlink("loop2.txt", "d/loop1.txt")
        os.symlink("loop1.txt", "d/loop2.txt")
        r = self.run_it("d")
        self.assert_read(r, "one")
        self.assert_silent(r)
        self.assert_problem(r, "symlink-broken")
        self.assert_error(self.run_it("d/dangling.txt"), "cannot read d/dangling.txt: No such file or directory")
        self.assert_error(self.run_it("d/loop1.txt"), "cannot read d/loop1.txt: ")

    def test_A8_links_that_leave(self):
        self.put("d/a.txt", log("one"))
        self.put("outside.txt", log("two"))
        self.put("other/b.txt", log("three"))
        os.symlink("../outside.txt", "d/out.txt")
        os.symlink("../other", "d/other")
        os.symlink("../d", "other/back")
        os.link("d/a.txt", "d/hard.txt")
        r = self.run_it("d")
        self.assert_read(r, "one")
        self.assertEqual(r.report["summary"]["calls"], 1)
        self.assert_silent(r)
        self.assert_problem(r, "symlink-outside")
        self.assert_read(self.run_it("--follow-symlinks", "d"), "one", "two", "three")
        self.assert_read(self.run_it("d/../d/a.txt"), "one")

    def test_A9_odd_names(self):
        names = [b"-rf", b"a b.txt", b"esc\x1b[31m.txt", b"line\nbreak.txt", b"\xff\xfe.txt", b"..x.txt", b"n" * 251 + b".txt"]
        os.mkdir("d")
        for i, name in enumerate(names):
            with open(b"d/" + name, "wb") as f:
                f.write(line("s%d" % i, i))
        expected = ["s%d" % i for i in range(len(names))]
        self.assert_read(self.run_it("d"), *expected)
        os.chdir("d")
        r = self.run_it("--", *names)
        self.assert_read(r, *expected)
        for name in (b"esc\x1b[31m.txt", b"line\nbreak.txt", b"\xff\xfe.txt"):
            os.unlink(name)
            r = self.run_it(name, form="text")
            self.assert_code(r, 3)
            self.assertNotIn("\x1b", r.err)
            self.assertEqual(len([l for l in r.err.splitlines() if "cannot read" in l]), 1, r.err)
            self.assertEqual(len(r.err.splitlines()), 2, r.err)
            self.assertNotIn(b"\x1b", r.out)

    def test_A9_long_path(self):
        name = "d" * 200
        top = os.getcwd()
        for _ in range(30):
            os.mkdir(name)
            os.chdir(name)
        self.put("deep.txt", log("one"))
        os.chdir(top)
        self.addCleanup(subprocess.run, ["rm", "-rf", os.path.join(top, name)])
        self.assert_read(self.run_it(name), "one")

    def test_A10_deleted_before_open(self):
        """Standard input comes first and is held open: meanwhile the listed file goes."""
        self.put("d/a.txt", log("one"))
        self.put("d/b.txt", log("two"))
        p = self.start("-", "d", stdin=subprocess.PIPE)
        p.stdin.write(log("zero") + b"\n" * (1 << 20))  # more than a pipe holds: once written, the files were listed
        os.unlink("d/b.txt")
        p.stdin.close()
        r = self.finish(p)
        self.assert_read(r, "zero", "one")
        self.assert_problem(r, "gone")

    def test_A11_grows_while_read(self):
        self.put("d/a.txt", log("one"))
        p = self.start("-", "d", stdin=subprocess.PIPE)
        p.stdin.write(b"\n" * (1 << 20))
        with open("d/a.txt", "ab") as f:
            f.write(line("two", 5) + b"2026-05-17T01:00:00.000Z [DEBUG] MCP server \"three\": Calling")
        p.stdin.close()
        r = self.finish(p)
        self.assert_read(r, "one", "two")
        self.assertEqual([s["pending_bytes"] for s in r.sources if s["path"] == "d/a.txt"], [60])

    def test_A12_replaced_while_read(self):
        self.put("d/a.txt", log("one"))
        self.put("new.txt", log("two"))
        p = self.start("-", "d", stdin=subprocess.PIPE)
        p.stdin.write(b"\n" * (1 << 20))
        os.rename("new.txt", "d/a.txt")
        p.stdin.close()
        self.assert_read(self.finish(p), "two")

    def test_A13_empty_files(self):
        self.put("d/a.txt")
        self.put("d/b.txt")
        r = self.run_it("d")
        self.assert_code(r, 0)
        self.assert_silent(r)
        self.assertEqual([(s["path"], s["bytes"], s["lines"]) for s in r.sources], [("d/a.txt", 0, 0), ("d/b.txt", 0, 0)])

    def test_A14_hole(self):
        with open("a.txt", "wb") as f:
            f.write(log("one"))
            offset = f.tell()
            f.seek(30 << 30)
            f.write(log("two"))
        r = self.run_it("a.txt", timeout=20)
        self.assert_read(r, "one", "two")
        self.assert_silent(r)
        p = self.assert_problem(r, "nul-bytes", "%d NUL bytes at offset %d" % ((30 << 30) - offset, offset))
        self.assertEqual((p["line"], p["offset"]), (3, offset))

    def test_A15_read_error(self):
        """The far side of a closed terminal gives what was written, and then EIO."""
        try:
            near, far = pty.openpty()
        except OSError:
            self.skipTest("no terminals here: a bare chroot without /dev/pts")
        tty.setraw(far)
        text = log("one")
        os.write(far, text + b"half a line")
        os.close(far)
        p = self.start("-", stdin=near)
        os.close(near)
        r = self.finish(p, timeout=20)
        self.assert_read(r, "one", code=3)
        self.assert_told(r, "read error at byte %d" % (len(text) + 11))
        self.assert_problem(r, "read-error")
        self.assertEqual(r.sources[0]["lines"], 2)

    def test_A16_many_files(self):
        names = []
        for i in range(40):
            os.makedirs("d/%02d/inner/deeper" % i)
            for j in range(50):
                names.append("s%02d%02d" % (i, j))
                self.put("d/%02d/inner/deeper/%02d.txt" % (i, j), b"")
                self.put("d/%02d/%02d.txt" % (i, j), line(names[-1], j))
        r = self.run_it("d")
        self.assert_read(r, *names)
        self.assertEqual(len(r.sources), 4000)
        self.assertEqual(r.report["summary"]["calls"], 2000)

    def test_A16_linear(self):
        """Four times the files, not much more than four times the CPU."""
        used = []
        few = 250 if os.environ.get("MCPLOG_SANITIZE") == "ON" else 1000  # the sanitizers are slow, not less linear
        for n in (few, 4 * few):
            for i in range(n):
                self.put("d%d/%02d/%04d.txt" % (n, i % 16, i), line("pg", i) + b"2026-05-17T23:00:00.000Z [DEBUG] %d\n" % i)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            r = self.run_it("d%d" % n)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.assert_read(r, "pg")
            used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        self.assertLess(used[1], 8 * used[0] + 0.5)

    def test_A17_few_descriptors(self):
        for i in range(100):
            self.put("d/%d/%d.txt" % (i % 7, i), line("s%d" % i, i))

        def limit(n):
            return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))
        self.assert_read(self.run_it("d", preexec_fn=limit(16)), *["s%d" % i for i in range(100)])
        for n in (3, 4, 5, 6):
            r = self.run_it("d", preexec_fn=limit(n), env={"ASAN_OPTIONS": "detect_leaks=0"})
            self.assertIn(r.code, (0, 3, 4, 127), r.err)
            if r.code == 0:
                self.assertEqual(len(r.servers), 100)

    def test_A18_standard_input(self):
        text = log("one", "two")
        for name in ("-", "/dev/stdin"):
            r = self.run_it(name, stdin=text[:-1])  # the last line without newline counts
            self.assert_read(r, "one", "two")
            self.assert_told(r, "standard input")
            self.assertEqual(r.report["summary"]["calls"], 2)
            self.assertEqual(r.sources[0]["path"], "-")
            self.assertEqual(r.sources[0]["pending_bytes"], 0)
        self.put("a.txt", text)
        with open("a.txt", "rb") as f:
            self.assert_read(self.finish(self.start("-", stdin=f)), "one", "two")

    def test_A20_read_only(self):
        self.put("logs/a.txt", log("one"))
        os.mkdir("state")
        os.mkdir("closed")
        options = self.as_nobody()
        os.chmod("logs", 0o555)
        os.chmod("closed", 0o555)
        self.assert_read(self.run_it("logs", db="state/t.db", **options), "one")
        r = self.run_it("logs", db="closed/t.db", **options)
        self.assert_code(r, 4)
        self.assertIn("closed", r.err)

    def test_A21_locale(self):
        self.put("a.txt", log("one", "INFO-i") + b"2026-05-17T20:00:00.5Z [ERROR] odd I i \xc4\xb0\n")
        plain = self.run_it("a.txt", env={"LC_ALL": "C"})
        self.assert_read(plain, "one", "INFO-i")
        for locale in ("tr_TR.UTF-8", "de_DE.UTF-8", "C.UTF-8", "no_SUCH"):
            r = self.run_it("a.txt", env={"LC_ALL": locale, "LANG": locale})
            self.assertEqual(r.out, plain.out)

    def test_A22_own_files(self):
        self.put("d/a.txt", log("one"))
        self.assert_read(self.run_it("d", db="d/t.db"), "one")
        for name in ("d/t.db", "d/../d/t.db"):
            r = self.run_it(name, db="d/t.db")
            self.assert_code(r, 2)
            self.assertIn("t.db", r.err)
        self.assert_read(self.run_it("d", db="d/t.db"), "one")
        self.put("d/out.json", log("two"))
        self.assert_code(self.run_it("d/out.json", "-o", "d/out.json"), 2)
        with open("d/out.json", "rb") as f:
            self.assertEqual(f.read(), log("two"))


if __name__ == "__main__":
    main()
