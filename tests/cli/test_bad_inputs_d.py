#!/usr/bin/env python3
"""Compressed and archived input: one test for each row of group D."""
import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import time
import zipfile

from bad_inputs import BadInput, line, log, main

SKIPPABLE = b"\x50\x2a\x4d\x18"


def zstd(content, window=None, dictionary=None):
    """A zstd frame of raw blocks. window: exponent of the window descriptor (size 2^(10+n)) instead of a content size."""
    if window is not None:
        head = bytes([0, window << 3])
    elif dictionary is not None:
        head = bytes([0xa0 | 3]) + struct.pack("<I", dictionary) + struct.pack("<I", len(content))
    else:
        head = bytes([0xa0]) + struct.pack("<I", len(content))
    blocks = [content[i:i + 100000] for i in range(0, len(content), 100000)] or [b""]
    out = b"\x28\xb5\x2f\xfd" + head
    for i, block in enumerate(blocks):
        out += struct.pack("<I", (len(block) << 3) | (i == len(blocks) - 1))[:3] + block
    return out


def zstd_bomb(size):
    """Run-length blocks: 128 KiB from 4 bytes each."""
    count = size >> 17
    head = b"\x28\xb5\x2f\xfd" + bytes([0, 7 << 3])
    return head + b"".join(struct.pack("<I", (1 << 20) | 2 | (i == count - 1))[:3] + b"a" for i in range(count))


class Compressed(BadInput):
    def aged(self, name):
        """Not changed within the last ten minutes."""
        then = time.time() - 3600
        os.utime(name, (then, then))
        return name

    def test_D1_members(self):
        packed = gzip.compress(log("one")) + gzip.compress(b"") + gzip.compress(line("two", 5))
        self.put("a.log.gz", packed)
        r = self.run_it("a.log.gz")
        self.assert_read(r, "one", "two")
        self.assertEqual(r.sources[0]["bytes"], len(log("one")) + len(line("two")))
        self.put("a.log.gz", packed + b"\0" * 512)
        r = self.run_it("a.log.gz")
        self.assert_read(r, "one", "two")
        self.assert_silent(r)
        self.assert_problem(r, "trailing-garbage", "512 bytes")

    def test_D2_truncated(self):
        names = ["s%03d" % i for i in range(300)]
        packed = gzip.compress(log(*names))
        self.put("a.log.gz", packed[:len(packed) * 3 // 4])
        r = self.run_it(self.aged("a.log.gz"))
        self.assert_error(r, "a.log.gz", "ends in the middle")
        self.assert_problem(r, "truncated-gzip")
        self.assertGreater(len(r.servers), 100)
        self.assertLess(len(r.servers), 300)

    def test_D2_bad_checksum(self):
        packed = bytearray(gzip.compress(log("one")))
        packed[-6] ^= 1
        self.put("a.log.gz", bytes(packed))
        r = self.run_it("a.log.gz")
        self.assert_read(r, "one", code=3)
        self.assert_told(r, "a.log.gz", "damaged")
        self.assert_problem(r, "corrupt-gzip")

    def test_D2_bad_header(self):
        self.put("a.log.gz", b"\x1f\x8b\x07\x00" + b"x" * 100)
        r = self.run_it("a.log.gz")
        self.assert_error(r, "a.log.gz", "damaged")

    def test_D3_bombs(self):
        out = io.BytesIO()
        with gzip.GzipFile(fileobj=out, mode="wb") as f:
            f.write(log("one"))
            for _ in range(100):
                f.write(b"a" * (1 << 20))
        self.put("a.log.gz", out.getvalue())
        r = self.run_it("a.log.gz")
        self.assert_read(r, "one", code=3)
        self.assert_told(r, "a.log.gz", "decompression limit")
        self.put("a.log.zst", zstd(log("two")) + zstd_bomb(2 << 30))
        r = self.run_it("a.log.zst")
        self.assert_read(r, "two", code=3)
        self.assert_told(r, "a.log.zst", "decompression limit")
        self.assertLess(r.usage.ru_maxrss, 512 << 10)

    def test_D4_skippable_frames(self):
        self.put("a.log.zst", SKIPPABLE + struct.pack("<I", 7) + b"skipped" + zstd(log("one")) + SKIPPABLE + struct.pack("<I", 0) + zstd(line("two", 5)))
        self.assert_read(self.run_it("a.log.zst"), "one", "two")

    def test_D4_window(self):
        self.put("a.log.zst", zstd(log("one"), window=17))
        self.assert_read(self.run_it("a.log.zst"), "one")
        self.put("a.log.zst", zstd(log("one"), window=18))
        self.assert_error(self.run_it("a.log.zst"), "a.log.zst", "128 MiB")

    def test_D4_dictionary(self):
        self.put("a.log.zst", zstd(log("one"), dictionary=4711))
        self.assert_error(self.run_it("a.log.zst"), "a.log.zst", "dictionary")

    def test_D4_truncated(self):
        self.put("a.log.zst", zstd(log(*["s%04d" % i for i in range(3000)]))[:-5])
        r = self.run_it(self.aged("a.log.zst"))
        self.assert_error(r, "a.log.zst", "ends in the middle")
        self.assertGreater(len(r.servers), 500)

    def test_D5_first_bytes_decide(self):
        self.put("plain.log.gz", log("one"))
        self.put("packed.txt", gzip.compress(log("two")))
        self.put("packed.log.gz", zstd(log("three")))
        r = self.run_it("plain.log.gz", "packed.txt", "packed.log.gz")
        self.assert_read(r, "one", "two", "three")
        self.assert_silent(r)

    def test_D6_archives(self):
        z = io.BytesIO()
        with zipfile.ZipFile(z, "w") as f:
            f.writestr("a.log", log("one"))
        t = io.BytesIO()
        with tarfile.open(fileobj=t, mode="w") as f:
            info = tarfile.TarInfo("a.log")
            info.size = len(log("one"))
            f.addfile(info, io.BytesIO(log("one")))
        archives = {"xz": lzma.compress(log("one")), "bz2": bz2.compress(log("one")), "zip": z.getvalue(), "tar": t.getvalue()}
        for ending, content in archives.items():
            self.put("named/backup.%s" % ending, content)
            self.assert_error(self.run_it("named/backup.%s" % ending), "not supported")
            self.put("logs/%s/app.log.%s" % (ending, ending), content)
            self.assert_error(self.run_it("logs/%s" % ending), "app.log.%s" % ending, "not supported")
        self.put("named/a.txt", log("two"))
        r = self.run_it("named")
        self.assert_read(r, "two")
        self.assert_silent(r)
        self.assertEqual(sorted(os.listdir(".")), ["logs", "named"])

    def test_D7_still_written(self):
        packed = gzip.compress(log(*["s%03d" % i for i in range(300)]))
        self.put("a.log.gz", packed[:-20])
        r = self.run_it("a.log.gz")
        self.assert_code(r, 0)
        self.assert_silent(r)
        self.assert_problem(r, "pending")
        self.assertGreater(len(r.servers), 100)
        self.assert_error(self.run_it(self.aged("a.log.gz")), "ends in the middle")


if __name__ == "__main__":
    main()
