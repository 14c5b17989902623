"""Made-up secrets in every place that the design names: recall by group, also where the text ends inside the secret.

MCPLOG_VECTORS=2000 makes more of them (rounds; one round holds about thirty).
"""
import collections
import itertools
import os
import re
import sys

from redactlib import FRAGMENT, left, need_driver, redact
from vectors import STRICT, vectors

ROUNDS = int(os.environ.get("MCPLOG_VECTORS", "200"))
CUT_ROUNDS = max(10, ROUNDS // 10)
RECALL = 0.99
# What everybody may know of a token: only what comes behind it is secret.
PUBLIC = re.compile(r"sk-ant-[a-z0-9]+-|sk-(?:proj|svcacct|or-v1|lf)-|sk-|[sr]k_(?:live|test)_|gh._|github_pat_|gl[a-z]+-|A[KSBC][ICA]A|AIza|xox[a-z](?:\.xox[a-z])?-|xapp-1-A|hf_|npm_|pypi-AgEIcHlwaS5vcmc|eyJ")
# A value without any mark of its own is told from a word by digits or mixed case, which its first bytes may not show yet.
CUT_RECALL = collections.defaultdict(lambda: 0.99, {"value": 0.97, "aws": 0.96, "url-path": 0.98})
# What programs put where they cut a text off.
MARKS = ("", "…", "...", "…\"", "... [truncated]", "… +1234 chars", " [TRUNCATED]", "...(truncated)")


def measure(items, wanted):
    total, missed = collections.Counter(), collections.defaultdict(list)
    for (group, text, secret), output in zip(items, redact([text for _, text, _ in items])):
        total[group] += 1
        if left(secret, output):
            missed[group].append((text, output))
    faults = 0
    for group in sorted(total):
        recall = 1 - len(missed[group]) / total[group]
        print(f"  {group:14} {total[group]:7} {recall:8.3%}")
        if recall < wanted(group):
            faults += 1
            for text, output in missed[group][:3]:
                print(f"    left: {text[-160:]!r}\n       -> {output[-160:]!r}")
    return faults


def cut(items):
    marks = itertools.cycle(MARKS)
    for group, text, secret in items:
        at, public = text.index(secret), PUBLIC.match(secret)
        known = public.end() if public else 0
        for n in range(known + FRAGMENT, len(secret), 37 if group == "pem" else 3):
            yield group, text[:at + n] + next(marks), secret[known:n]


def without_token(group, text):
    return group != "scheme" or not re.search(r"(?i)\btoken ", text)


need_driver()
print(f"whole secrets, {ROUNDS} rounds")
faults = measure(list(vectors(1, ROUNDS)), lambda group: 1.0 if group in STRICT else RECALL)
print(f"cut secrets, {CUT_ROUNDS} rounds")
faults += measure([v for v in cut(vectors(2, CUT_ROUNDS)) if without_token(v[0], v[1])], lambda group: 1.0 if group in STRICT else CUT_RECALL[group])
print("across the windows of a long text")
long = []
for number, (group, text, secret) in enumerate(vectors(3, 3)):
    before = 52 * 1024 - len(text) // 2 + (number % 5 - 2) * 40
    long.append((group, "." * before + " " + text + " " + "." * 70000, secret))
faults += measure(long, lambda group: 1.0 if group in STRICT else 0.9)
print("hidden twice")
once = redact([text for _, text, _ in vectors(4, 20)])
faults += sum(1 for a, b in zip(once, redact(once)) if a != b and print(f"    {a[-160:]!r}\n -> {b[-160:]!r}") is None)
print(f"{faults} faults")
sys.exit(1 if faults else 0)
