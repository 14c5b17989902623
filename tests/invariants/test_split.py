#!/usr/bin/env python3
"""A log that grew between two runs tells the same as one that was read at once.

    test_split.py [NAME-OR-PREFIX...]

Each sample's debug.txt is cut at a few line boundaries. The first run sees the head, the second the whole file, both with one
database; its JSON report must equal, byte for byte, that of a single run with --db :memory: on the same paths.
"""
import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import samplelib as lib

CUTS = (0.2, 0.5, 0.8)


def first_difference(a, b):
    for n, (x, y) in enumerate(zip(a.splitlines(), b.splitlines()), 1):
        if x != y:
            k = next((i for i, (p, q) in enumerate(zip(x, y)) if p != q), min(len(x), len(y)))
            cut = slice(max(0, k - 40), k + 60)
            return f"line {n}: {x[cut].decode(errors='replace')!r} against {y[cut].decode(errors='replace')!r}"
    return f"{len(a)} bytes against {len(b)}"


def check(name):
    debug = os.path.join(lib.folder(name), "debug.txt")
    if not os.path.exists(debug):
        return []
    args = lib.arguments(name)
    with open(debug, "rb") as f:
        lines = f.read().splitlines(keepends=True)
    faults = []
    with tempfile.TemporaryDirectory() as scratch:
        logs = os.path.join(scratch, "logs")
        grown = os.path.join(logs, "debug.txt")
        lib.copy_inputs(name, logs)
        try:
            once = lib.analyze(scratch, ["logs"], args)
            for cut in CUTS:
                db = os.path.join(scratch, f"{cut}.db")
                with open(grown, "wb") as f:
                    f.write(b"".join(lines[:int(len(lines) * cut)]))
                lib.analyze(scratch, ["logs"], args, db=db)
                with open(grown, "ab") as f:
                    f.write(b"".join(lines[int(len(lines) * cut):]))
                twice = lib.analyze(scratch, ["logs"], args, db=db)
                again = lib.analyze(scratch, ["logs"], args, db=db)
                if twice != once:
                    faults.append(f"{name}: cut at {int(len(lines) * cut)} of {len(lines)} lines: {first_difference(once, twice)}")
                elif again != once:
                    faults.append(f"{name}: a third run, without news, differs: {first_difference(once, again)}")
        except Exception as e:
            faults.append(f"{name}: no report: {e}")
    return faults


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("names", nargs="*")
    args = ap.parse_args()
    lib.need_program()
    names = lib.names(args.names)
    faults = [f for r in lib.each(check, names) for f in r]
    for f in faults:
        print(f)
    print(f"{len(names)} samples, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
