"""patterns/**/*.yaml fit the published JSON Schemas of patterns/schema/, chosen by the line `schema:` of the file."""
import json
import sys

from lintlib import ROOT, Report, read

try:
    import jsonschema
    import yaml
except ImportError:
    print("python3-yaml or python3-jsonschema is not installed, nothing checked")
    sys.exit(77)


class Loader(yaml.SafeLoader):
    """YAML 1.2 habits: `no`, `on` and dates are texts, as the program reads them."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile(r"^(?:true|false)$"), list("tf"))

report = Report()
folder = ROOT / "patterns" / "schema"
schemas = {}
for path in sorted(folder.glob("*.json")):
    schema = json.loads(read(path))
    jsonschema.validators.validator_for(schema).check_schema(schema)
    schemas[path.name.split(".")[0]] = schema
files = sorted(p for p in (ROOT / "patterns").rglob("*.yaml"))
for path in files:
    try:
        document = yaml.load(read(path), Loader=Loader)
    except yaml.YAMLError as e:
        mark = getattr(e, "problem_mark", None)
        report.fail(path, mark.line + 1 if mark else 1, f"no YAML: {getattr(e, 'problem', e)}")
        continue
    what = str((document or {}).get("schema", "")).removeprefix("mcplog.").split("/")[0]
    if what not in schemas:
        report.fail(path, 1, f"`schema: {(document or {}).get('schema')}` has no file in patterns/schema/")
        continue
    validator = jsonschema.validators.validator_for(schemas[what])(schemas[what])
    for error in sorted(validator.iter_errors(document), key=lambda e: list(map(str, e.path))):
        where = "/".join(map(str, error.path)) or "the document"
        entry = document
        for step in list(error.path)[:2]:
            entry = entry[step]
        name = entry.get("id", "") if isinstance(entry, dict) else ""
        report.fail(path, 1, f"{name} {where}: {error.message[:300]}")
report.end(len(files))
