#!/usr/bin/env python3
"""Bytes and lines: one test for each row of group C."""
import json
import random
import subprocess

from bad_inputs import BadInput, line, log, main


class BytesAndLines(BadInput):
    def test_C1_any_chunking(self):
        """The same bytes, whole and in small pieces through a pipe."""
        text = b"\xef\xbb\xbf" + log("one", "gr\u00fcn", end=b"\r\n") + "2026-05-17T20:00:00.500Z [ERROR] \u2028\u20ac\r\n".encode() + line("two", 9)[:-1]
        whole = self.run_it("-", stdin=text)
        self.assert_read(whole, "gr\u00fcn", "one", "two")
        for size in (1, 2, 3, 7):
            p = self.start("-", stdin=subprocess.PIPE, bufsize=0)
            for i in range(0, len(text), size):
                p.stdin.write(text[i:i + size])
            p.stdin.close()
            self.assertEqual(self.finish(p).out, whole.out)

    def test_C1_cut_at_the_end(self):
        text = log("one") + "2026-05-17T20:00:00.500Z [ERROR] \u20ac\r\n".encode()
        for cut in range(1, 8):
            self.put("a.txt", text[:-cut])
            r = self.run_it("a.txt")
            self.assert_read(r, "one")
            self.assertEqual(r.sources[0]["lines"], 2)
            self.assertGreater(r.sources[0]["pending_bytes"], 30)
            self.assertEqual(self.run_it("--final", "a.txt").sources[0]["lines"], 3)

    def test_C2_line_ends(self):
        self.put("a.txt", log("one", end=b"\r\n") + log("two") + b"2026-05-17T20:00:00.500Z [ERROR] a\rb\vc\fd\xc2\x85e\xe2\x80\xa8f\n" + line("three", 9))
        r = self.run_it("a.txt")
        self.assert_read(r, "one", "three", "two")
        self.assertEqual(r.sources[0]["lines"], 7)
        self.assertEqual(r.report["summary"]["calls_failed"], 0)

    def test_C3_nul_in_a_line(self):
        self.put("a.txt", log("one") + b"2026-05-17T20:00:00.100Z [ERROR] a\0b\0\0c\n" + line("x\0y", 7) + line("two", 8))
        r = self.run_it("a.txt")
        self.assert_read(r, "one", "two", "x\0y")
        text = self.run_it("a.txt", form="text")
        self.assert_code(text, 0)
        self.assertNotIn(b"\0", text.out)

    def test_C4_invalid_utf8(self):
        odd = [b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"caf\xe9", b"\xf4\x90\x80\x80", b"\xe2\x82"]
        body = b"".join(line("@", i).replace(b"@", name) for i, name in enumerate(odd))
        self.put("a.txt", log("one") + body)
        r = self.run_it("a.txt")
        self.assert_code(r, 0)
        self.assertEqual(r.report["summary"]["calls"], 7)
        self.assertIn("caf\ufffd", r.servers)
        text = self.run_it("a.txt", form="text", env={"LC_ALL": "C.UTF-8"})
        text.out.decode("utf-8")

    def test_C5_byte_order_marks(self):
        self.put("bom.txt", b"\xef\xbb\xbf" + log("one"))
        self.assert_read(self.run_it("bom.txt"), "one")
        for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
            self.put("d/wide.txt", log("one").decode().encode(encoding))
            for path in ("d", "d/wide.txt"):
                r = self.run_it(path)
                self.assert_error(r, "looks like UTF-16, convert with iconv -f UTF-16")
                self.assert_problem(r, "utf-16")
        self.put("d/wide.txt", log("one").decode().encode("utf-32"))
        self.assert_error(self.run_it("d"), "looks like UTF-32")

    def test_C6_long_lines(self):
        head = b"2026-05-17T10:00:00.000Z [DEBUG] tool result: "
        for size in (65536, 100000, (1 << 20) + 1, 16 << 20):
            self.put("a.txt", log("one") + head + b"x" * size + b"\n" + line("two", 50000))
            r = self.run_it("a.txt")
            self.assert_read(r, "one", "two")
            self.assert_silent(r)
            self.assertEqual(r.sources[0]["lines"], 5)
            if size > 65536:
                at = [p for p in r.problems if p["line"] == 3]
                self.assertTrue(at, "a cut line is noted, size %d: %r" % (size, r.problems))
                self.assertEqual(at[0]["offset"], len(log("one")))

    def test_C6_one_GiB(self):
        with open("a.txt", "wb") as f:
            f.write(log("one") + b"2026-05-17T10:00:00.000Z [DEBUG] x")
            f.seek(1 << 30, 1)
            f.write(b"\n" + line("two", 50000))
        r = self.run_it("a.txt")
        self.assert_read(r, "one", "two")
        self.assert_problem(r, "line-too-long", str((1 << 30) + 34))
        self.assertLess(r.usage.ru_maxrss, 512 << 10)  # KiB; the sanitizers' own memory counts too

    def test_C6_no_newline_at_all(self):
        self.put("a.txt", b"y" * (3 << 20))
        r = self.run_it("a.txt")
        self.assert_code(r, 0)
        self.assertEqual(r.sources[0]["pending_bytes"], 3 << 20)
        r = self.run_it("--final", "a.txt")
        self.assert_code(r, 0)
        self.assertEqual(r.sources[0]["lines"], 1)

    def test_C7_large_offsets(self):
        with open("a.txt", "wb") as f:
            f.write(log("one"))
            f.seek((5 << 30) - 1)
            f.write(b"\n" + log("two") + b"\0z\n")
        r = self.run_it("a.txt")
        self.assert_read(r, "one", "two")
        self.assertEqual(r.sources[0]["bytes"], (5 << 30) + len(log("two")) + 3)
        self.assertEqual(r.sources[0]["lines"], 6)

    def test_C8_binary(self):
        noise = random.Random(1).randbytes(200000)
        with open(self.binary, "rb") as f:
            program = f.read(100000)
        picture = b"\x89PNG\r\n\x1a\n" + noise[:5000]
        for content in (noise, program, picture):
            self.put("d/a.txt", log("one"))
            self.put("d/binary.txt", content)
            r = self.run_it("d")
            self.assert_read(r, "one")
            self.assert_silent(r)
            self.assert_problem(r, "binary")
            self.assert_error(self.run_it("d/binary.txt"), "binary file", "--force-text")
            self.assert_code(self.run_it("--force-text", "d/binary.txt"), 0)

    def test_C9_torn_lines(self):
        torn = b"2026-05-17T00:00:05.1002026-05-17T00:00:05.100Z [DEBUG] MCP ser\nver \"x\": Call\n"
        self.put("a.txt", log("one") + torn + line("two", 9))
        r = self.run_it("a.txt")
        self.assert_read(r, "one", "two")
        self.assertEqual(r.sources[0]["lines"], 6)

    def test_C10_odd_json(self):
        record = {"type": "user", "timestamp": "2026-05-17T10:00:00.000Z", "sessionId": "s", "message": {"content": "hi"}}
        good = json.dumps(record).encode() + b"\n"
        lines = [b"[" * 1000000 + b"\n", b'{"a":' * 1000000 + b"\n", b'{"a":1,"a":2,"type":"user","type":"x"}\n', b'{"n":1' + b"0" * 5000 + b"e99999}\n",
                 b'{"timestamp":"\n', b"plain text\n", b'{"\\u0000":"\\ud800"}\n', b"{}\n", b"null\n"]
        self.put("a.jsonl", good + b"".join(l + good for l in lines))
        r = self.run_it("a.jsonl")
        self.assert_code(r, 0)
        self.assertEqual(r.sources[0]["lines"], 2 * len(lines) + 1)
        self.assertEqual(r.sources[0]["kind"], "transcript")

    def test_C11_colours(self):
        body = log("one").replace(b"[DEBUG]", b"\x1b[36m[DEBUG]\x1b[0m") + b"\x1b[32mINFO\x1b[0m:     Started server process [\x1b[36m7\x1b[0m]\n"
        self.put("a.txt", body)
        r = self.run_it("a.txt")
        self.assert_read(r, "one")
        self.assertNotIn(b"\\u001b", r.out)
        for form in ("text", "ndjson"):
            self.assertNotIn(b"\x1b", self.run_it("a.txt", form=form).out)

    def test_C12_wrapped_lines(self):
        call = "toolu_01T2JSzbbHXsXm4jAAdEnuxv"
        start = "2026-05-17T20:23:00.776Z [DEBUG] [Stall] tool_dispatch_start tool=mcp__pg__list\n    toolUseId=%s\n" % call
        end = "2026-05-17T20:23:01.776Z [DEBUG] [Stall] tool_dispatch_end tool=mcp__pg__list\n    toolUseId=%s outcome=ok durationMs=1000\n" % call
        filler = "".join("    continuation %d\n" % i for i in range(12000))
        self.put("a.txt", (start + end + "2026-05-17T20:23:02.000Z [ERROR] Error: long\n" + filler).encode() + line("two", 80000))
        r = self.run_it("a.txt")
        self.assert_code(r, 0)
        self.assertIn("two", r.servers)
        self.assertEqual(r.report["summary"]["calls"], 2)
        self.assertEqual(r.report["summary"]["calls_open"], 0)


if __name__ == "__main__":
    main()
