#!/usr/bin/env python3
"""Every file of patterns/ fits its published JSON Schema, and the schemas refuse what the program refuses."""
import copy
import json
import os
import re
import sys
import unittest
from pathlib import Path

try:
    import jsonschema
    import yaml
except ImportError as e:
    sys.exit(f"{e.name} is missing: install the Debian packages python3-jsonschema and python3-yaml (./quickstart does)")

SOURCE = Path(os.environ.get("MCPLOG_SOURCE", Path(__file__).resolve().parents[2]))
PATTERNS = SOURCE / "patterns"


class Loader(yaml.SafeLoader):
    """As the program reads YAML: only true and false are no texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))

SCHEMAS = {path.name.split(".")[0]: json.loads(path.read_text(encoding="utf-8")) for path in sorted((PATTERNS / "schema").glob("*.json"))}
FILES = sorted(PATTERNS.rglob("*.yaml"))


def problems(what, document):
    schema = SCHEMAS[what]
    return [e.message for e in jsonschema.validators.validator_for(schema)(schema).iter_errors(document)]


def load(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)


GOOD = {
    "schema": "mcplog.signatures/1",
    "signatures": [{
        "id": "my.one", "event": "call.sent", "in": ["mcp"], "match": "^one (?<n>\\d+)", "meaning": "x",
        "samples": [{"line": "one 1", "is": {"n": "1"}}, {"line": "two", "is": "no"}],
    }],
}


class Schemas(unittest.TestCase):
    def test_all_are_published(self):
        self.assertEqual(sorted(SCHEMAS), ["advice", "causes", "formats", "kinds", "limits", "places", "queries", "redactions", "signatures", "telemetry"])
        for schema in SCHEMAS.values():
            jsonschema.validators.validator_for(schema).check_schema(schema)

    def test_every_file_fits(self):
        self.assertGreater(len(FILES), 20)
        for path in FILES:
            document = load(path)
            what = document["schema"].removeprefix("mcplog.").removesuffix("/1")
            with self.subTest(path=path.relative_to(SOURCE)):
                self.assertEqual(problems(what, document), [])

    def test_they_refuse_what_the_program_refuses(self):
        self.assertEqual(problems("signatures", GOOD), [])
        changes = {
            "unknown key": lambda s: s.update(mach="x"),
            "no match": lambda s: s.pop("match"),
            "unknown class of bodies": lambda s: s.update({"in": ["mcpp"]}),
            "empty list": lambda s: s.update({"in": []}),
            "unknown level": lambda s: s.update(level="fatal"),
            "a text for a bool": lambda s: s.update(core="maybe"),
            "no near miss": lambda s: s["samples"].pop(),
            "no match among the samples": lambda s: s["samples"][0].update({"is": "no"}),
            "bad id": lambda s: s.update(id="my one"),
        }
        for name, change in changes.items():
            document = copy.deepcopy(GOOD)
            change(document["signatures"][0])
            with self.subTest(name):
                self.assertNotEqual(problems("signatures", document), [])
        self.assertNotEqual(problems("signatures", {"schema": "mcplog.signatures/1", "signature": []}), [])
        self.assertNotEqual(problems("signatures", dict(GOOD, schema="mcplog.signatures/2")), [])

    def test_they_name_the_keys_that_the_program_reads(self):
        for what in "signatures", "formats", "redactions", "advice", "causes", "queries", "places", "telemetry":
            text = (SOURCE / "src" / "knowledge" / f"{what}.c").read_text(encoding="utf-8")
            table = re.search(r"entry_key keys\[\] = \{(.*?)\n\};", text, re.S).group(1)
            keys = re.findall(r'\{"(\w+)", ENTRY_', table)
            items = SCHEMAS[what]["properties"][what]["items"]["properties"]
            self.assertEqual(sorted(keys), sorted(items), what)

    def test_the_words_of_conditions_are_those_of_the_program(self):
        text = (SOURCE / "src" / "knowledge" / "conditions.c").read_text(encoding="utf-8")
        words = SCHEMAS["causes"]["$defs"]
        for table, name in ("call_words", "call"), ("cond_words", "condition"):
            rows = re.search(rf"{table}\[\] = \{{(.*?)\n\}};", text, re.S).group(1)
            self.assertEqual(sorted(re.findall(r'\{"(\w+)", w_', rows)), sorted(words[name]["properties"]), name)
        for table, values in ("flag_words", words["call"]["properties"]["flags"]), ("transport_words", words["call"]["properties"]["transport"]):
            rows = re.search(rf"{table}\[\] = \{{(.*?)\n\}};", text, re.S).group(1)
            self.assertEqual(sorted(re.findall(r'\{"([\w-]+)", ', rows)), sorted(values["oneOf"][0]["enum"]), table)

    def test_a_cause_is_checked_down_to_its_conditions(self):
        good = {"schema": "mcplog.causes/1", "causes": [{"id": "my-cause", "title": "x", "scope": "call", "when": [
            {"call": {"beats": ">=2", "ends": "still-open"}, "else": "it was answered"},
            {"as": "drop", "event": ["transport.dropped"], "from": "start - 5s", "to": "end"},
            {"any": [{"span": {"from": "drop", "to": "end", "lasted": ">=20s"}}, {"none": {"later": {"outcome": "ok"}}}]}]}]}
        self.assertEqual(problems("causes", good), [])
        changes = {
            "unknown word": lambda c: c["when"][0].update(cal={}),
            "unknown word of a call": lambda c: c["when"][0]["call"].update(beat=2),
            "unknown ending": lambda c: c["when"][0]["call"].update(ends="ended"),
            "no range": lambda c: c["when"][0]["call"].update(beats="two"),
            "no point in time": lambda c: c["when"][1].update({"from": "start minus 5s"}),
            "no list": lambda c: c["when"][2].update(any={}),
            "no bound": lambda c: c["when"][2]["any"][0]["span"].pop("lasted"),
            "an event without a subject": lambda c: c.update(scope="event"),
            "no condition": lambda c: c.update(when=[]),
            "conditions of a whole run": lambda c: c.update(scope="run"),
            "a subject without an event": lambda c: c.update(subject={"event": "transport.dropped"}),
            "unknown trigger": lambda c: c.update(trigger="bad-luck"),
            "unknown key": lambda c: c.update(yields=[]),
        }
        for name, change in changes.items():
            document = copy.deepcopy(good)
            change(document["causes"][0])
            with self.subTest(name):
                self.assertNotEqual(problems("causes", document), [])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
