#!/usr/bin/env python3
"""Checks patterns/ without the program: every file loads, every regex compiles, every sample holds.

Usage: check_signatures.py [PATTERNS_DIR] [--corpus DIR]

An independent reading of the rules that `mcplog patterns test` applies with the runtime loader: unique ids, known kinds and
classes, an anchor or a literal, one matching and one near-miss sample each, every named group exercised, no sample stolen by
an earlier signature of the same class, advice only for known causes. With --corpus it also lists the client lines of a folder
of debug logs that no signature explains, and the class that each error text gets.
"""
import collections
import json
import os
import re
import sys

try:
    import yaml
except ImportError:
    print("check_signatures: python3-yaml is not installed, nothing checked")
    sys.exit(77)

BODIES = "mcp debug server access proxy traceback desktop list wire transcript error".split()
SOURCES = "claude-debug mcp-cache transcript ide desktop mcp-list server proxy bridge wire excerpt".split()
KEYS = set("id event in source level keep class core set frame literal match meaning public constructed samples".split())
KEEPS = {"event", "mark", "call", "count"}
LEVELS = {"debug", "info", "warn", "error"}
GROUPS_MAX = 23


def to_python(pattern):
    return re.sub(r"\(\?<(?![=!])", "(?P<", pattern)


def with_pieces(pattern, pieces):
    return re.sub(r"\(\?&([^)]*)\)", lambda found: pieces.get(found[1], found[0]), pattern)


class Checker:
    def __init__(self, root):
        self.root = root
        self.problems = []
        self.signatures = []
        self.kinds, self.classes, self.groups = {}, {}, {}

    def problem(self, where, text):
        self.problems.append("%s: %s" % (where, text))

    def load(self, path, schema):
        with open(path, encoding="utf-8") as f:
            data = yaml.safe_load(f)
        if not isinstance(data, dict) or data.get("schema") != "mcplog.%s/1" % schema:
            self.problem(path, "schema is not mcplog.%s/1" % schema)
            return {}
        return data

    def load_kinds(self):
        path = os.path.join(self.root, "kinds.yaml")
        data = self.load(path, "kinds")
        for key, into in (("kinds", self.kinds), ("classes", self.classes), ("groups", self.groups)):
            for entry in data.get(key) or []:
                if entry["id"] in into:
                    self.problem(path, "%s named twice in %s" % (entry["id"], key))
                into[entry["id"]] = entry
                if not entry.get("what"):
                    self.problem(path, "%s has no text" % entry["id"])
        for group in self.groups.values():
            for name in group["of"]:
                if name not in self.classes:
                    self.problem(path, "group %s names the unknown class %s" % (group["id"], name))

    def check_kind_list(self):
        header = os.path.join(self.root, "..", "src", "model", "kinds.h")
        if not os.path.exists(header):
            return
        with open(header, encoding="utf-8") as f:
            for name in re.findall(r'X\([A-Z_]+, *"([a-z.-]+)"\)', f.read()):
                if name not in self.kinds:
                    self.problem("kinds.yaml", "src/model/kinds.h has %s" % name)

    def load_signatures(self):
        folder = os.path.join(self.root, "signatures")
        seen = {}
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".yaml"):
                continue
            data = self.load(os.path.join(folder, name), "signatures")
            for s in data.get("signatures") or []:
                where = "%s: %s" % (name, s.get("id"))
                if s.get("id") in seen:
                    self.problem(where, "id is also in %s" % seen[s["id"]])
                seen[s.get("id")] = name
                s["where"] = where
                s["match"] = with_pieces(s.get("match") or "", data.get("pieces") or {})
                if self.check_shape(s):
                    self.signatures.append(s)

    def check_shape(self, s):
        where = s["where"]
        for key in set(s) - KEYS - {"where"}:
            self.problem(where, "unknown key %s" % key)
        for key in ("id", "event", "in", "keep", "match", "meaning", "samples"):
            if not s.get(key):
                self.problem(where, "%s is missing" % key)
                return False
        if s["event"] not in self.kinds:
            self.problem(where, "unknown kind %s" % s["event"])
        if s.get("class") and s["class"] not in self.classes:
            self.problem(where, "unknown class %s" % s["class"])
        if "error" in s["in"] and not s.get("class"):
            self.problem(where, "an error signature needs a class")
        for key, known in (("in", BODIES), ("source", SOURCES)):
            for name in s.get(key) or []:
                if name not in known:
                    self.problem(where, "%s: unknown %s" % (key, name))
        if s["keep"] not in KEEPS:
            self.problem(where, "keep: unknown %s" % s["keep"])
        if s.get("level") and s["level"] not in LEVELS:
            self.problem(where, "level: unknown %s" % s["level"])
        if s.get("public") and not s["public"].startswith("https://"):
            self.problem(where, "public is no https link")
        try:
            s["regex"] = re.compile(to_python(s["match"]))
        except re.error as error:
            self.problem(where, "%s at %s in %s" % (error.msg, error.pos, s["match"]))
            return False
        if s["regex"].groups > GROUPS_MAX:
            self.problem(where, "more than %d groups" % GROUPS_MAX)
        if not s["match"].startswith("^") and len(s.get("literal") or "") < 4:
            self.problem(where, "neither anchor nor literal")
        return True

    @staticmethod
    def matches(s, line):
        return s["regex"].search(line)

    def check_samples(self, s):
        where, yes, no, exercised = s["where"], 0, 0, set()
        for sample in s["samples"]:
            line, expected = sample["line"], sample["is"]
            found = self.matches(s, line)
            if expected is False:
                no += 1
                if found:
                    self.problem(where, "near miss matches: %r" % line)
                continue
            yes += 1
            if not found:
                self.problem(where, "sample does not match: %r" % line)
                continue
            if s.get("literal") and s["literal"] not in line:
                self.problem(where, "literal %r is not in %r" % (s["literal"], line))
            fields = dict(s.get("set") or {})
            fields.update({k: v for k, v in found.groupdict().items() if v is not None})
            exercised.update(fields)
            for key, value in expected.items():
                if fields.get(key) != value:
                    self.problem(where, "%s is %r, not %r, in %r" % (key, fields.get(key), value, line))
            self.check_stolen(s, line)
        for name in set(s["regex"].groupindex) - exercised:
            self.problem(where, "no sample exercises the group %s" % name)
        if not yes or not no:
            self.problem(where, "needs a matching and a near-miss sample")

    def check_stolen(self, s, line):
        for other in self.signatures:
            if other is s:
                return
            if not set(other["in"]) & set(s["in"]) or other.get("frame") != s.get("frame") and other.get("frame"):
                continue
            if other.get("level") and other.get("level") != s.get("level") or other.get("source") and not s.get("source"):
                continue
            if self.matches(other, line):
                self.problem(s["where"], "%s comes first and takes the sample %r" % (other["id"], line))

    def check_advice(self):
        folder = os.path.join(self.root, "advice")
        causes = self.cause_ids()
        told = collections.defaultdict(set)
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if not name.endswith(".yaml"):
                continue
            for a in self.load(os.path.join(folder, name), "advice").get("advice") or []:
                where = "%s: %s" % (name, a.get("cause"))
                for key in set(a) - set("cause when client sdk transport call text see".split()):
                    self.problem(where, "unknown key %s" % key)
                if a.get("when") not in ("now", "later"):
                    self.problem(where, "when is neither now nor later")
                if not a.get("text") or not a["text"].rstrip().endswith("."):
                    self.problem(where, "text is no sentence: %r" % a.get("text"))
                if a.get("see") and not a["see"].startswith("https://"):
                    self.problem(where, "see is no https link")
                for key in ("client", "sdk"):
                    for part in (a.get(key) or "").split():
                        if not re.fullmatch(r"(?:>=|<=|<|>|=)\d+(?:\.\d+)*", part):
                            self.problem(where, "%s: cannot read %r" % (key, part))
                if re.search(r"\{(?!server\}|tool\}|duration\})", a.get("text") or ""):
                    self.problem(where, "unknown placeholder in %r" % a["text"])
                if causes and a.get("cause") not in causes:
                    self.problem(where, "unknown cause")
                told[a.get("cause")].add(a.get("when"))
        return told

    def cause_ids(self):
        """Ids of patterns/causes, whatever the layout of those files is."""
        found = set()
        folder = os.path.join(self.root, "causes")
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.endswith(".yaml"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    found.update(re.findall(r"^(?:\s*- )?id: *([a-z0-9-]+)", f.read(), re.M))
        return found

    def run(self):
        self.load_kinds()
        self.check_kind_list()
        self.load_signatures()
        for s in self.signatures:
            self.check_samples(s)
        self.check_advice()

    def explain(self, body, line, level=None):
        for s in self.signatures:
            if body in s["in"] and not s.get("frame") and not (s.get("level") and s["level"] != level) and self.matches(s, line):
                return s
        return None

    def error_class(self, text):
        s = self.explain("error", text)
        return s["class"] if s else None


HEAD = re.compile(r"^\ufeff?(?:(\d{4}-\d\d-\d\dT[\d:.]+Z)[ \t]+)?\[([A-Z]*)\][ \t]+(.*)", re.S)
MCP = re.compile(r'^MCP server "([^"]*)":? (.*)', re.S)


def debug_records(path):
    record = None
    with open(path, encoding="utf-8", errors="replace", newline="\n") as f:
        for line in f:
            line = line.rstrip("\n").rstrip("\r")
            head = HEAD.match(line)
            if head and (head.group(1) or head.group(2) in ("DEBUG", "INFO", "WARN", "ERROR")):
                if record:
                    yield record
                record = [head.group(2), head.group(3)]
            elif record:
                record[1] += "\n" + line
    if record:
        yield record


def corpus(checker, root):
    unexplained, classes = collections.Counter(), collections.Counter()
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if not name.endswith(".txt") or os.path.islink(path) or "mcp-logs" in path:
                continue
            for level, text in debug_records(path):
                if text.startswith('"') and text.endswith('"'):
                    try:
                        text = json.loads(text)
                    except ValueError:
                        pass
                mcp = MCP.match(text)
                body, text = ("mcp", mcp.group(2)) if mcp else ("debug", text)
                s = checker.explain(body, text, level.lower())
                if not s:
                    if body == "mcp" or "mcp" in text.lower():
                        unexplained[(body, level, re.sub(r"\d+", "0", text[:120]))] += 1
                    continue
                err = checker.matches(s, text).groupdict().get("err")
                if err is not None:
                    classes[(s.get("class") or checker.error_class(err) or "-", s["id"], re.sub(r"\d+", "0", err[:100]))] += 1
    print("\n== error texts")
    for (name, sig, text), n in sorted(classes.items()):
        print("%5d %-18s %-22s %s" % (n, name, sig, text.replace("\n", "\\n")))
    print("\n== not explained")
    for (body, level, text), n in unexplained.most_common():
        print("%5d %-6s %-6s %s" % (n, body, level, text.replace("\n", "\\n")))


def main():
    args = sys.argv[1:]
    logs = None
    if "--corpus" in args:
        i = args.index("--corpus")
        logs = args[i + 1]
        del args[i:i + 2]
    here = os.path.dirname(os.path.abspath(__file__))
    checker = Checker(args[0] if args else os.path.join(here, "..", "..", "patterns"))
    checker.run()
    if logs:
        corpus(checker, logs)
    for text in checker.problems:
        print(text)
    print("%d signatures, %d problems" % (len(checker.signatures), len(checker.problems)))
    return 1 if checker.problems else 0


if __name__ == "__main__":
    sys.exit(main())
