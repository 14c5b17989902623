"""Runs the redactor over many texts at once."""
import os
import subprocess
import sys

DRIVER = os.path.join(os.environ.get("MCPLOG_BUILD", "build"), "tests", "redact_lines")
FRAGMENT = 8  # no piece of a secret as long as this may stay


def need_driver():
    if not os.path.exists(DRIVER):
        print(f"SKIPPED: no {DRIVER}: build first")
        sys.exit(77)


def redact(texts, *arguments):
    given = b"".join(text.encode() + b"\0" for text in texts)
    done = subprocess.run([DRIVER, *arguments], input=given, capture_output=True, check=True, timeout=600)
    out = [text.decode() for text in done.stdout.split(b"\0")[:-1]]
    assert len(out) == len(texts), f"{len(texts)} texts in, {len(out)} out"
    return out


def left(secret, output):
    """A piece of the secret that still stands in the output, or None."""
    if len(secret) < FRAGMENT:
        return secret if secret in output else None
    return next((secret[i:i + FRAGMENT] for i in range(len(secret) - FRAGMENT + 1) if secret[i:i + FRAGMENT] in output), None)
