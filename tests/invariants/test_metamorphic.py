#!/usr/bin/env python3
"""Things that must not matter: on every sample, each change below leaves the set of (cause, trigger, ending, state, affected
calls) as it was.

    test_metamorphic.py [--only CHANGE] [NAME-OR-PREFIX...]

renamed       other server names, tool names, toolUseIds and session ids
shifted       every date some weeks earlier
gzip, crlf    the same bytes packed; the same lines with CRLF
colours       the head of every record of debug.txt coloured, as on a terminal
line-prefix   `Line N:  ` before every line of debug.txt
filenames     other names for files whose name says nothing
argument-order  each file named on the command line, last one first
interleaved   healthy calls of another server between the lines of debug.txt
eight-sessions  eight unrelated, earlier, healthy sessions with the same server names in the same folder
"""
import argparse
import datetime as dt
import gzip
import os
import re
import sys
import tempfile
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden"))
import samplelib as lib

DAYS = dt.timedelta(days=-21)
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
OTHER = "quartz-clock"


class Unsuited(Exception):
    """The change makes no sense for this sample."""


def files_of(top):
    for base, _, names in sorted(os.walk(top)):
        for n in sorted(names):
            path = os.path.join(base, n)
            if not os.path.islink(path):
                yield path


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def edit(top, change):
    for path in files_of(top):
        write(path, change(read(path).decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape"))


# --- renamed ---------------------------------------------------------------

def new_word(word, salt):
    """Another word of the same kind: letters and digits move on, punctuation stays."""
    out = []
    for k, c in enumerate(word):
        step = (salt + 3 * k) % 24 + 1
        if c.islower():
            out.append(chr((ord(c) - 97 + step) % 26 + 97))
        elif c.isupper():
            out.append(chr((ord(c) - 65 + step) % 26 + 65))
        elif c.isdigit():
            out.append(chr((ord(c) - 48 + step % 9 + 1) % 10 + 48))
        else:
            out.append(c)
    return "".join(out)


def new_id(m):
    return m.group(1) + new_word(m.group(2), 7)


def rename_ids(text):
    return re.sub(r"\b(toolu_01)([0-9A-Za-z]{8,})", new_id, text)


def rename_uuids(text):
    return re.sub(r"\b([0-9a-f]{8})(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b",
                  lambda m: "%08x" % (int(m.group(1), 16) ^ 0x5A5A5A5A) + m.group(2), text)


def rename(top, base):
    servers = {i["server"] for i in base["incidents"] if i.get("server")} | {s["name"] for s in base["servers"] if s.get("name")}
    blob = "".join(read(p).decode("utf-8", "replace") for p in files_of(top))
    tools = set(re.findall(r"Calling MCP tool: ([\w-]+)", blob)) | set(re.findall(r"Tool '([\w-]+)' ", blob))
    words = {}
    for s in servers:
        if s.startswith("claude.ai "):
            words[s] = "claude.ai " + new_word(s[10:], 5)
        else:
            words[s] = new_word(s, 5)
    tool_words = {t: new_word(t, 9) for t in tools}
    norm = {re.sub(r"[^A-Za-z0-9_-]", "_", s): re.sub(r"[^A-Za-z0-9_-]", "_", w) for s, w in words.items()}
    dirs = {re.sub(r"[^A-Za-z0-9-]", "-", s): re.sub(r"[^A-Za-z0-9-]", "-", w) for s, w in words.items()}

    def one(text):
        for s, w in words.items():
            for left, right in (('"', '"'), ('\\"', '\\"'), ("'", "'"), ("“", "”"), ('\\\\\\"', '\\\\\\"'), ("&quot;", "&quot;")):
                text = re.sub(r"((?:[Ss]erver|name\W+) ?)" + re.escape(left + s + right), lambda m: m.group(1) + left + w + right, text)
            text = text.replace(f"[{s}] [", f"[{w}] [").replace(f'MCP tool "{s}/', f'MCP tool "{w}/')
            text = re.sub(rf"^{re.escape(s)}: ", f"{w}: ", text, flags=re.M) if "claude mcp list" in text else text
        text = re.sub(r"mcp__([A-Za-z0-9_-]+?)__([\w-]+)",
                      lambda m: f"mcp__{norm.get(m.group(1), m.group(1))}__{tool_words.get(m.group(2), m.group(2))}", text)
        for t, w in tool_words.items():
            text = re.sub(rf"(Calling MCP\s+tool: ){re.escape(t)}\b", lambda m: m.group(1) + w, text)
            text = re.sub(rf"(Calling MCP\n> +tool: ){re.escape(t)}\b", lambda m: m.group(1) + w, text)
            text = re.sub(rf"([Tt]ool ['\"]|[Tt]ool \\+\"|[Tt]ool &#39;){re.escape(t)}(?=['\"\\]|&#39;)", lambda m: m.group(1) + w, text)
            text = re.sub(rf'(MCP tool "[^"/]*/){re.escape(t)}"', lambda m: m.group(1) + w + '"', text)
        return rename_uuids(rename_ids(text))

    edit(top, one)
    for path in list(files_of(top)):
        new = rename_uuids(path)
        for s, w in dirs.items():
            new = re.sub(rf"mcp-logs-{re.escape(s)}(?=[-/])", f"mcp-logs-{w}", new)
        new = re.sub(r"mcp-server-(.+)\.log$", lambda m: f"mcp-server-{words.get(m.group(1), m.group(1))}.log", new)
        if new != path:
            os.makedirs(os.path.dirname(new), exist_ok=True)
            os.rename(path, new)
    for base_dir, _, names in os.walk(top):
        for n in names:
            link = os.path.join(base_dir, n)
            if os.path.islink(link):
                target = rename_uuids(os.readlink(link))
                os.unlink(link)
                os.symlink(target, link)


# --- shifted ---------------------------------------------------------------

def shift_text(text):
    def iso(m):
        try:
            d = dt.date(int(m.group(1)), int(m.group(3)), int(m.group(4))) + DAYS
        except ValueError:
            return m.group(0)
        return d.strftime(f"%Y{m.group(2)}%m{m.group(2)}%d")

    def clf(m):
        return (dt.datetime.strptime(m.group(0), "[%d/%b/%Y:") + DAYS).strftime("[%d/%b/%Y:")

    def rich(m):
        return (dt.datetime.strptime(m.group(0), "[%m/%d/%y ") + DAYS).strftime("[%m/%d/%y ")

    def sys_(m):
        d = dt.date(2026, MONTHS.index(m.group(1)) + 1, int(m.group(2))) + DAYS
        return d.strftime("%b %d") + m.group(3)

    text = re.sub(r"(?<!\d)(20\d\d)([-/])(\d\d)\2(\d\d)(?=[T ])", iso, text)
    text = re.sub(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:", clf, text)
    text = re.sub(r"\[\d\d/\d\d/\d\d ", rich, text)
    text = re.sub(rf"^({'|'.join(MONTHS)}) (\d\d)( \d\d:\d\d:\d\d )", sys_, text, flags=re.M)
    return re.sub(r'("__REALTIME_TIMESTAMP": ")(\d+)"',
                  lambda m: m.group(1) + str(int(m.group(2)) + int(DAYS.total_seconds()) * 10**6) + '"', text)


def shift(top, base):
    edit(top, shift_text)
    for path in list(files_of(top)):
        new = os.path.join(os.path.dirname(path), shift_text(os.path.basename(path)))
        if new != path:
            os.rename(path, new)


# --- packaging ---------------------------------------------------------------

def pack(top, base):
    for path in list(files_of(top)):
        with open(path + ".gz", "wb") as f:
            f.write(gzip.compress(read(path), mtime=0))
        os.unlink(path)
    if any(os.path.islink(os.path.join(b, n)) for b, _, ns in os.walk(top) for n in ns):
        for b, _, ns in os.walk(top):
            for n in ns:
                p = os.path.join(b, n)
                if os.path.islink(p):
                    target = os.readlink(p) + ".gz"
                    os.unlink(p)
                    os.symlink(target, p)


def crlf(top, base):
    edit(top, lambda t: re.sub(r"(?<!\r)\n", "\r\n", t))


def line_prefix(top, base):
    path = os.path.join(top, "debug.txt")
    if not os.path.exists(path):
        raise Unsuited
    lines = read(path).split(b"\n")
    last = lines.pop() if lines[-1] == b"" else None
    out = [b"Line %d:  %s" % (n, x) for n, x in enumerate(lines, 1)]
    write(path, b"\n".join(out + ([b""] if last is not None else [])))


def colours(top, base):
    path = os.path.join(top, "debug.txt")
    if not os.path.exists(path):
        raise Unsuited
    head = re.compile(rb"^(20\d\d-\d\d-\d\dT[\d:.]+Z) (\[[A-Z]+\]) ", re.M)
    write(path, head.sub(b"\x1b[2m\\1\x1b[0m \x1b[36m\\2\x1b[39m ", read(path)))


PLAIN = {"debug.txt": "monday.log", "transcript.jsonl": "conversation.data", "server.log": "out.1", "proxy-error.log": "front-err.txt",
         "proxy-access.log": "front-acc.txt", "input.txt": "paste", "issue.md": "report-from-a-user.text"}


def file_names(top, base):
    done = 0
    for path in list(files_of(top)):
        new = PLAIN.get(os.path.basename(path))
        if new and os.path.dirname(path) == top:
            os.rename(path, os.path.join(top, new))
            done += 1
    if not done:
        raise Unsuited


# --- other traffic -------------------------------------------------------------

def healthy_call(stamp, old_client, generic, n):
    ident = "toolu_01" + format(n, "022d")
    server = f'MCP server "{OTHER}": '
    mid = [f"{stamp} [DEBUG] {server}Calling MCP tool: tick", f"{stamp} [DEBUG] {server}Tool 'tick' completed successfully in 3ms"]
    if old_client:
        return [f"{stamp} [DEBUG] executePreToolHooks called for tool: mcp__{OTHER}__tick", *mid,
                f"{stamp} [DEBUG] Getting matching hook commands for PostToolUse with query: mcp__{OTHER}__tick"]
    tool = "mcp_tool" if generic else f"mcp__{OTHER}__tick"
    return [f"{stamp} [INFO] [Stall] tool_dispatch_start tool={tool} toolUseId={ident} permissionDecisionMs=1", *mid,
            f"{stamp} [INFO] [Stall] tool_dispatch_end tool={tool} toolUseId={ident} outcome=ok durationMs=4"]


def interleave(top, base):
    path = os.path.join(top, "debug.txt")
    if not os.path.exists(path) or "unmeasured" in {i["cause"] for i in base["incidents"]}:
        raise Unsuited
    lines = read(path).decode("utf-8", "surrogateescape").split("\n")
    record = re.compile(r"(20\d\d-\d\d-\d\dT[\d:.]+Z) \[[A-Z]+\] ")
    if not any(record.match(x) for x in lines):
        raise Unsuited
    blob = "\n".join(lines)
    generic, old = "tool=mcp_tool" in blob, "[Stall]" not in blob
    out, count, since = [], 0, 0
    for k, line in enumerate(lines):
        out.append(line)
        m = record.match(line)
        ends = k + 1 >= len(lines) or not lines[k + 1] or record.match(lines[k + 1])
        since += 1
        if m and ends and since >= 4 and "tool_dispatch_start" not in line and "executePreToolHooks" not in line:
            count, since = count + 1, 0
            out += healthy_call(m.group(1), old, generic, count)
    write(path, "\n".join(out).encode("utf-8", "surrogateescape"))


def healthy_session(server, transport, start, ident):
    t = [start]
    rows = []

    def put(text, level="DEBUG", ms=5):
        t[0] += dt.timedelta(milliseconds=ms)
        rows.append(f"{t[0].strftime('%Y-%m-%dT%H:%M:%S.')}{t[0].microsecond // 1000:03d}Z [{level}] {text}")

    mcp = f'MCP server "{server}": '
    if transport == "sse":
        put(mcp + "SSE transport initialized, awaiting connection")
    if transport == "http":
        put(mcp + "Initializing HTTP transport to http://127.0.0.1:9555/mcp")
    put(mcp + "Starting connection with timeout of 30000ms")
    put(mcp + f"Successfully connected (transport: {transport}) in 61ms", ms=61)
    put(f'[MCP] Server "{server}" connected with subscribe=false')
    for n in range(3):
        call = "toolu_01" + (ident.replace("-", "") + format(n, "02d"))[-22:]
        full = f"mcp__{re.sub(r'[^A-Za-z0-9_-]', '_', server)}__ping_{n}"
        put("[API REQUEST] /v1/messages source=sdk", ms=400)
        put(f"[Stall] tool_dispatch_start tool={full} toolUseId={call} permissionDecisionMs=0", "INFO", 90)
        put(mcp + f"Calling MCP tool: ping_{n}", ms=0)
        put(mcp + f"Tool 'ping_{n}' completed successfully in 20ms", ms=20)
        put(f"[Stall] tool_dispatch_end tool={full} toolUseId={call} outcome=ok durationMs=21", "INFO", 1)
    kind = {"sse": "SSE", "http": "HTTP"}.get(transport, "UNKNOWN")
    put("[API REQUEST] /v1/messages source=sdk")
    put(mcp + f"{kind} connection closed after 2s (cleanly)", ms=30)
    put("LSP server manager shut down successfully")
    return "\n".join(rows) + "\n"


def eight_sessions(top, base):
    if "unmeasured" in {i["cause"] for i in base["incidents"]}:
        raise Unsuited
    servers = sorted({s["name"] for s in base["servers"] if s.get("name")})[:2] or ["files"]
    transports = {s.get("name"): s.get("transport") for s in base["servers"]}
    where = os.path.join(top, "earlier")
    os.mkdir(where)
    for k in range(8):
        ident = str(uuid.UUID(int=(0xACE0 + k) << 96 | 0x4000 << 64 | 0x8000 << 48 | k))
        server = servers[k % len(servers)]
        transport = transports.get(server)
        if transport not in ("sse", "http", "stdio"):
            transport = "stdio"
        write(os.path.join(where, ident + ".txt"),
              healthy_session(server, transport, dt.datetime(2025, 3, 3 + k, 9, 30), ident).encode())


CHANGES = {"renamed": rename, "shifted": shift, "gzip": pack, "crlf": crlf, "colours": colours, "line-prefix": line_prefix, "filenames": file_names,
           "argument-order": None, "interleaved": interleave, "eight-sessions": eight_sessions}


def changed_report(name, change, base):
    args = lib.arguments(name)
    with tempfile.TemporaryDirectory() as scratch:
        top = os.path.join(scratch, "logs")
        lib.copy_inputs(name, top)
        paths = ["logs"]
        if change == "argument-order":
            paths = [os.path.relpath(p, scratch) for p in files_of(top)][::-1]
            if len(paths) < 2:
                raise Unsuited
        else:
            CHANGES[change](top, base)
        if change == "shifted":
            args = [shift_text(a) for a in args]
        return lib.report(scratch, paths, args)


def check(job):
    name, wanted = job
    faults = []
    try:
        with tempfile.TemporaryDirectory() as scratch:
            lib.copy_inputs(name, os.path.join(scratch, "logs"))
            base = lib.report(scratch, ["logs"], lib.arguments(name))
    except Exception as e:
        return [f"{name}: no report: {e}"]
    for change in CHANGES:
        if wanted and change != wanted:
            continue
        want = lib.fingerprint(base, rename_ids if change == "renamed" else lambda s: s)
        try:
            got = lib.fingerprint(changed_report(name, change, base), without=(OTHER,) if change == "interleaved" else ())
        except Unsuited:
            continue
        except Exception as e:
            faults.append(f"{name}: {change}: no report: {e}")
            continue
        if got != want:
            lost = [w[:4] for w in want if w not in got]
            new = [g[:4] for g in got if g not in want]
            faults.append(f"{name}: {change}: lost {lost or 'nothing'}, new {new or 'nothing'}")
    return faults


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--only", choices=sorted(CHANGES))
    ap.add_argument("names", nargs="*")
    args = ap.parse_args()
    lib.need_program()
    names = lib.names(args.names)
    faults = [f for r in lib.each(check, [(n, args.only) for n in names]) for f in r]
    for f in faults:
        print(f)
    print(f"{len(names)} samples, {len(CHANGES) if not args.only else 1} changes, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
