#!/usr/bin/env python3
"""Causes are complete: every id of the vocabulary is there, has a page, and names samples that really prove and deny it."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from test_schemas import PATTERNS, SOURCE, load

MCPLOG = os.environ["MCPLOG"]

# The vocabulary of diagnosis. Scripts and alerts rely on these ids: new ones may be added, none is renamed or taken away.
CAUSES = """
sse-drop-silent-hang remote-silent-wedge server-unresponsive stdio-hang-no-drop stdio-drop-invalid-message-hang dispatch-never-happened
post-error-freeze unexplained-hang unknown-progress-token-drop cancel-then-stale-progress cancel-reply-drops-transport
late-response-unknown-id receive-loop-killed-by-cancel respond-assert-crash esc-closes-stdio-server schema-invalid-notification
stdio-server-died-during-call remote-server-died-during-call connection-reset-during-call server-http-error
stdio-server-exited-on-start stdio-spawn-failed server-restart-stale-session pre-init-request sse-dropped-server-side
route-gap-404-permanent reconnect-gave-up server-down-fast-fail bridge-child-dead tools-removed-after-disconnect
connected-but-tools-list-failed connector-poisoned connect-close-respawn-loop session-contention client-tool-timeout connect-timeout
initialize-timeout proxy-gateway-timeout keepalive-race get-stream-conflict-409 transport-mismatch config-bad-url needs-auth
host-header-rejected server-app-misconfigured-lifespan orphan-tool-use unexplained-failure http-request-refused
""".split()
NOTES = """
slow-healthy-tool waiting-for-permission waiting-for-elicitation model-api-stall host-sleep-gap auto-backgrounded
session-expired-recovered idle-stream-cut get-stream-exhausted-benign slow-server-start user-cancelled aborted-unknown-initiator
invalid-arguments tool-returned-error result-too-large clean-shutdown client-disconnect-noise protocol-noise
""".split()

ENTRIES = [(path, entry) for path in sorted((PATTERNS / "causes").glob("*.yaml")) for entry in load(path)["causes"]]


def run(*arguments):
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, XDG_STATE_HOME=home)
        return subprocess.run([MCPLOG, *arguments], env=environment, capture_output=True, text=True, timeout=300)


def proven_by(expect, cause):
    """Is it an expected verdict, or note, of this sample?"""
    named = [c for i in expect["incidents"] for c in ([i["cause"]] if isinstance(i["cause"], str) else i["cause"])]
    return cause in named + [n if isinstance(n, str) else n["kind"] for n in expect["notes"]]


class Vocabulary(unittest.TestCase):
    def test_every_id_is_there_and_stays_what_it_is(self):
        self.assertEqual(sorted({e["id"] for _, e in ENTRIES if not e.get("note")} & set(CAUSES)), sorted(CAUSES))
        self.assertEqual(sorted({e["id"] for _, e in ENTRIES if e.get("note")} & set(NOTES)), sorted(NOTES))
        self.assertEqual({e["id"] for _, e in ENTRIES if e.get("note")} & set(CAUSES), set())

    def test_lint_finds_no_gap(self):
        p = run("patterns", "lint")
        self.assertEqual([line for line in p.stderr.splitlines() if "patterns/causes/" in line], [])

    def test_every_id_has_a_page(self):
        for cause in CAUSES + NOTES:
            with self.subTest(cause):
                p = run("explain", cause)
                self.assertEqual(p.returncode, 0, p.stderr)
                self.assertIn("What it is", p.stdout)


class Samples(unittest.TestCase):
    def test_they_exist_and_agree(self):
        for path, entry in ENTRIES:
            for key, good in ("proves", True), ("denies", False):
                for sample in entry.get(key, []):
                    with self.subTest(cause=entry["id"], sample=sample):
                        expectation = SOURCE / sample / "expect.json"
                        self.assertTrue(expectation.is_file(), f"{path.name}: `{key}` names {sample}, which is no directory with an expect.json")
                        expect = json.loads(expectation.read_text(encoding="utf-8"))
                        if good:
                            self.assertTrue(proven_by(expect, entry["id"]), f"{sample}/expect.json does not expect {entry['id']}")
                        else:
                            self.assertIn(entry["id"], expect["must_not"], f"{sample}/expect.json does not forbid {entry['id']}")


CAUSE = """\
schema: mcplog.causes/1
causes:
- {{ id: my-first, title: one, scope: call, when: [ {{ call: {{ beats: '>=2' }} }} ], yields_to: [{0}] }}
- {{ id: my-second, title: two, scope: call, when: [ {{ call: {{ beats: '>=3' }} }} ], {1} }}
"""


class Relations(unittest.TestCase):
    def lint(self, only, *relations):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "cause.yaml").write_text(CAUSE.format(*relations), encoding="utf-8")
            return run("patterns", "lint", "--patterns", folder, only)

    def test_an_unknown_cause_is_named_with_the_nearest(self):
        for relation in "absorbs", "rules_out", "yields_to":
            p = self.lint("my-second", "unexplained-hang", f"{relation}: [unexplained-hung]")
            self.assertEqual(p.returncode, 2)
            self.assertRegex(p.stderr, rf"cause\.yaml:4:3: my-second: {relation} names an unknown cause `unexplained-hung`\n.*did you mean `unexplained-hang`\?")

    def test_a_circle_is_shown(self):
        p = self.lint("my-first", "my-second", "yields_to: [my-first]")
        self.assertEqual(p.returncode, 2)
        self.assertIn("yields_to goes in a circle: my-first → my-second → my-first", p.stderr)

    def test_a_cause_does_not_yield_to_itself(self):
        p = self.lint("my-first", "my-first", "absorbs: []")
        self.assertEqual(p.returncode, 2)
        self.assertIn("my-first: yields_to names itself", p.stderr)

    def test_a_page_with_gaps_is_a_warning(self):
        p = self.lint("my-second", "my-second", "absorbs: []")
        self.assertEqual(p.returncode, 0, p.stderr)
        for key in "says", "what", "looks_like", "mistaken_for", "proves", "denies":
            self.assertIn(f"my-second: `{key}` is missing", p.stderr)


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
