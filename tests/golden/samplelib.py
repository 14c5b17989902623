"""What the tests over samples/ share: find the samples, run the program on a clean copy, compare reports with expectations."""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

SOURCE = os.environ.get("MCPLOG_SOURCE") or os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BINARY = os.environ.get("MCPLOG") or os.path.join(SOURCE, "build", "mcplog")
SAMPLES = os.path.join(SOURCE, "samples")
NO_INPUT = {"expect.json", "expect.txt", "why.md", "args", "known-bug"}
LOUD = ("warning", "critical")
SKIP = 77  # what ctest could read as "not run"; used when there is no program yet


def names(selected=()):
    found = sorted(n for n in os.listdir(SAMPLES) if os.path.isdir(os.path.join(SAMPLES, n)))
    if not selected:
        return found
    picked = [n for n in found if any(n == s or n.startswith(s) for s in selected)]
    for s in selected:
        if not any(n == s or n.startswith(s) for n in found):
            sys.exit(f"no sample is called {s}; see {SAMPLES}")
    return picked


def folder(name):
    return os.path.join(SAMPLES, name)


def expectation(name):
    with open(os.path.join(folder(name), "expect.json"), encoding="utf-8") as f:
        return json.load(f)


def arguments(name):
    path = os.path.join(folder(name), "args")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return shlex.split(f.read())


def copy_inputs(name, target):
    """Copies a sample's inputs, and nothing else of it, to the new folder target."""
    shutil.copytree(folder(name), target, symlinks=True,
                    ignore=lambda d, entries: NO_INPUT & set(entries) if os.path.samefile(d, folder(name)) else set())


def analyze(cwd, paths, args=(), form="json", db=":memory:"):
    """Runs `mcplog analyze` in cwd; the exit code must be 0 or 3 (some input was left out)."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MCPLOG_", "XDG_", "CLAUDE"))}
    env.update(HOME=cwd, TZ="UTC", LC_ALL="C.UTF-8", COLUMNS="80", NO_COLOR="1")
    command = [BINARY, "analyze", "--db", db, "--format", form, "--allow-root", *args, *paths]
    run = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    if run.returncode not in (0, 3):
        said = run.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"exit {run.returncode}: {said[-1][:300] if said else 'nothing on stderr'}")
    return run.stdout


def report(cwd, paths, args=(), db=":memory:"):
    return json.loads(analyze(cwd, paths, args, db=db))


def need_program():
    if not os.path.exists(BINARY):
        print(f"no program at {BINARY}: build first, or set MCPLOG")
        sys.exit(SKIP)


def each(work, items, jobs=2):
    """Runs work(item) for all items, two at a time, in the order of the items."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(work, items))


def word(value):
    return value.get("kind") if isinstance(value, dict) else value


def choices(value):
    return value if isinstance(value, list) else [value]


def affected(incident):
    return {c.get("tool_use_id") for c in incident.get("calls", []) if c.get("tool_use_id")}


def judge_set(expected, want, got):
    """Differences between one set of expected incidents and a report."""
    faults = []
    left = list(got["incidents"])
    involved = {i for e in expected for i in e.get("tool_use_ids", [])}
    for e in expected:
        causes = [e["cause"], *e.get("accept", [])]
        ids = set(e.get("tool_use_ids", []))
        fits = [i for i in left if i["cause"] in causes and ids <= affected(i) and (not ids or affected(i) <= involved)]
        fits.sort(key=lambda i: (causes.index(i["cause"]), len(affected(i))))
        if not fits:
            near = [i["cause"] + ("" if ids <= affected(i) else " (other calls)") for i in left]
            faults.append(f"missed {e['cause']}; said: {', '.join(near) or 'nothing'}")
            continue
        i = fits[0]
        left.remove(i)
        for key in ("trigger", "ending", "state", "severity", "confidence", "server", "title"):
            if key in e and word(i.get(key)) not in choices(e[key]):
                faults.append(f"{i['cause']}: {key} is {word(i.get(key))}, not {'/'.join(map(str, choices(e[key])))}")
        if ids and affected(i) != ids:
            faults.append(f"{i['cause']}: affects {len(affected(i))} calls, not {len(ids)}")
        for cause in e.get("suspected", []):
            if cause not in [s.get("cause") for s in i.get("suspected", [])]:
                faults.append(f"{i['cause']}: does not suspect {cause}")
    allowed = set(want.get("may", []))
    faults += [f"false alarm {i['cause']}" for i in left if i.get("severity") in LOUD and i["cause"] not in allowed]
    named = {c for e in expected for c in (e["cause"], *e.get("accept", []))}
    said = [i["cause"] for i in got["incidents"]] + [n["kind"] for n in got.get("notes", [])]
    faults += [f"must not say {c}" for c in sorted(set(said)) if c in want.get("must_not", []) and c not in named]
    return faults


def judge(want, got):
    """Differences between an expectation and a report, as a list of short sentences; empty when it is right."""
    tries = [judge_set(s, want, got) for s in (want["incidents"], *want.get("alternatives", []))]
    faults = min(tries, key=len)
    kinds = {n["kind"] for n in got.get("notes", [])}
    faults += [f"note {k} is missing" for k in want.get("notes", []) if k not in kinds]
    for key, value in want.get("summary", {}).items():
        if got["summary"].get(key) != value:
            faults.append(f"summary.{key} is {got['summary'].get(key)}, not {value}")
    for i in got["incidents"]:
        if not i.get("evidence"):
            faults.append(f"{i['cause']}: no evidence")
        if i.get("started_at") and i.get("ended_at") and i["ended_at"] < i["started_at"]:
            faults.append(f"{i['cause']}: ended at {i['ended_at']}, before it began")
        faults += [f"{i['cause']}: a log line stands for the error of a call" for c in i.get("calls", [])
                   if re.match(r"\d{4}-\d\d-\d\dT", c.get("error") or "")]
    return faults


def fingerprint(got, rename=lambda s: s, without=()):
    """What must stay the same when names, times and packaging change."""
    out = []
    for i in got["incidents"]:
        if i.get("server") in without:
            continue
        calls = tuple(sorted(rename(c["tool_use_id"]) if c.get("tool_use_id") else "-" for c in i.get("calls", [])))
        out.append((i["cause"], word(i.get("trigger")), i.get("ending"), i.get("state"), calls))
    return sorted(out, key=repr)


def contract_ids():
    """(causes, notes): from patterns/causes/ when it is there, else the vocabulary as of this test."""
    causes, notes = set(CAUSES), set(NOTES)
    folder_ = os.path.join(SOURCE, "patterns", "causes")
    found = set()
    if os.path.isdir(folder_):
        for n in sorted(os.listdir(folder_)):
            if n.endswith(".yaml"):
                with open(os.path.join(folder_, n), encoding="utf-8") as f:
                    found |= set(re.findall(r"^(?:- )?id: *([a-z0-9-]+)", f.read(), re.M))
    if not found:
        return causes, notes
    return {c for c in found if c not in notes}, {n for n in found if n in notes} or notes


CAUSES = """sse-drop-silent-hang remote-silent-wedge server-unresponsive stdio-hang-no-drop stdio-drop-invalid-message-hang
dispatch-never-happened post-error-freeze unexplained-hang unknown-progress-token-drop cancel-then-stale-progress
cancel-reply-drops-transport late-response-unknown-id receive-loop-killed-by-cancel respond-assert-crash
esc-closes-stdio-server schema-invalid-notification stdio-server-died-during-call remote-server-died-during-call
connection-reset-during-call server-http-error stdio-server-exited-on-start stdio-spawn-failed server-restart-stale-session
pre-init-request sse-dropped-server-side route-gap-404-permanent reconnect-gave-up server-down-fast-fail bridge-child-dead
tools-removed-after-disconnect connected-but-tools-list-failed connector-poisoned connect-close-respawn-loop
session-contention client-tool-timeout connect-timeout initialize-timeout proxy-gateway-timeout keepalive-race
get-stream-conflict-409 transport-mismatch config-bad-url needs-auth host-header-rejected
server-app-misconfigured-lifespan orphan-tool-use unexplained-failure http-request-refused unmeasured""".split()
NOTES = """slow-healthy-tool waiting-for-permission waiting-for-elicitation model-api-stall host-sleep-gap auto-backgrounded
session-expired-recovered idle-stream-cut get-stream-exhausted-benign slow-server-start user-cancelled
aborted-unknown-initiator invalid-arguments tool-returned-error result-too-large clean-shutdown client-disconnect-noise
protocol-noise""".split()
