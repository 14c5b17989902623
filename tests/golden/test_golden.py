#!/usr/bin/env python3
"""Golden samples: each directory of samples/ is one story with its expected verdict.

    test_golden.py [--update] [--coverage-only] [NAME-OR-PREFIX...]

For each sample the program reads a copy of the inputs and its JSON report is compared with expect.json: causes, affected
calls, trigger, ending, state, severity, confidence and title where given, notes that must be there, words that must not be said.
expect.txt, where it exists, must equal the text report (80 columns, no colour); --update writes it anew for review.
A sample with a file known-bug must fail; when it passes, the file has to go. One line per failing sample.
"""
import argparse
import difflib
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import samplelib as lib

FIELDS = {"cause", "trigger", "ending", "state", "severity", "confidence", "server", "title", "tool_use_ids", "accept", "suspected"}
KEYS = {"incidents", "notes", "must_not", "may", "alternatives", "summary"}


def text_report(name):
    with tempfile.TemporaryDirectory() as scratch:
        lib.copy_inputs(name, os.path.join(scratch, "logs"))
        return lib.analyze(scratch, ["logs"], lib.arguments(name), "text").decode(errors="replace")


def check(name, update):
    """Faults of one sample, [] when it is right; known-bug turns it round."""
    with tempfile.TemporaryDirectory() as scratch:
        lib.copy_inputs(name, os.path.join(scratch, "logs"))
        try:
            got = lib.report(scratch, ["logs"], lib.arguments(name))
        except Exception as e:
            faults = [f"no report: {e}"]
        else:
            faults = lib.judge(lib.expectation(name), got)
    golden = os.path.join(lib.folder(name), "expect.txt")
    if update and not faults:
        with open(golden, "w", encoding="utf-8") as f:
            f.write(text_report(name))
    elif not faults and os.path.exists(golden):
        with open(golden, encoding="utf-8") as f:
            want = f.read().splitlines()
        have = text_report(name).splitlines()
        if want != have:
            diff = [d for d in difflib.unified_diff(want, have, lineterm="", n=0) if not d.startswith(("---", "+++", "@@"))]
            faults = [f"text differs from expect.txt: {diff[0] if diff else 'line ends'} (--update after review)"]
    if os.path.exists(os.path.join(lib.folder(name), "known-bug")):
        return [] if faults else ["passes although it is marked known-bug: remove that file"]
    return faults


def check_shape(name, causes, notes):
    """Faults of a sample's own files."""
    faults = []
    why = os.path.join(lib.folder(name), "why.md")
    if not os.path.exists(why):
        faults.append("why.md is missing")
    want = lib.expectation(name)
    faults += [f"expect.json: unknown key {k}" for k in want if k not in KEYS]
    known = causes | notes
    sets = [want["incidents"], *want.get("alternatives", [])]
    for incident in (i for s in sets for i in s):
        faults += [f"expect.json: unknown field {k}" for k in incident if k not in FIELDS]
        faults += [f"unknown cause {c}" for c in (incident["cause"], *incident.get("accept", [])) if c not in causes]
    faults += [f"unknown note {n}" for n in want["notes"] if n not in notes]
    faults += [f"unknown word in must_not: {w}" for w in want["must_not"] if w not in known]
    faults += [f"{n} both wanted and forbidden" for n in want["notes"] if n in want["must_not"]]
    return faults


def check_coverage(names, causes, notes):
    proven, denied, noted = set(), set(), set()
    for name in names:
        want = lib.expectation(name)
        proven |= {i["cause"] for i in want["incidents"]}
        denied |= set(want["must_not"])
        noted |= set(want["notes"])
    return ([f"no sample proves {c}" for c in sorted(causes - proven)] + [f"no sample denies {c}" for c in sorted(causes - denied)]
            + [f"no sample shows the note {n}" for n in sorted(notes - noted)])


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--update", action="store_true")
    ap.add_argument("--coverage-only", action="store_true", help="check the samples themselves, run nothing")
    ap.add_argument("names", nargs="*")
    args = ap.parse_args()
    names = lib.names(args.names)
    causes, notes = lib.contract_ids()
    bad = 0
    if not args.names:
        for fault in check_coverage(names, causes, notes):
            print(f"coverage: {fault}")
            bad += 1
    shapes = {n: check_shape(n, set(lib.CAUSES) | causes, set(lib.NOTES) | notes) for n in names}
    if args.coverage_only:
        runs = [[] for _ in names]
    else:
        lib.need_program()
        runs = lib.each(lambda n: check(n, args.update), names)
    for name, faults in zip(names, runs):
        faults = shapes[name] + faults
        if faults:
            print(f"wrong {name}: {'; '.join(faults)}")
            bad += 1
    print(f"{len(names)} samples, {bad} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
