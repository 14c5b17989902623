"""100,000 lines without a secret stay as they are: the lines of samples/, and lines made of ids, digests, times, paths and names."""
import os
import random
import string
import sys
import uuid

from redactlib import need_driver, redact

SAMPLES = os.path.join(os.environ.get("MCPLOG_SOURCE", "."), "samples")
NO_LOG = {"expect.json", "why.md", "args"}
WANTED = int(os.environ.get("MCPLOG_CLEAN_LINES", "100000"))

LINES = [
    '{time} [INFO] [Stall] tool_dispatch_start tool=mcp__{server}__{tool} toolUseId={toolu} permissionDecisionMs={n}',
    '{time} [INFO] [Stall] tool_dispatch_end tool=mcp__{server}__{tool} toolUseId={toolu} outcome=ok durationMs={n}',
    '{time} [DEBUG] MCP server "{server}": Calling MCP tool: {tool}',
    '{time} [DEBUG] MCP server "{server}": Tool \'{tool}\' still running ({n}s elapsed)',
    '{time} [DEBUG] MCP server "{server}": SSE connection dropped after {n}s uptime',
    '{time} [DEBUG] MCP server "{server}": No token data found',
    '{time} [DEBUG] MCP server "{server}": No client info found, token_endpoint_auth_method=none',
    '{time} [ERROR] MCP server "{server}" Streamable HTTP error: Error POSTing to endpoint (HTTP 404): {{"jsonrpc":"2.0","id":"server-error","error":{{"code":-32600,"message":"Session not found"}}}}',
    'Received a progress notification for an unknown token: {{"method":"notifications/progress","params":{{"progress":1,"progressToken":"{uuid}"}}}}',
    '{{"jsonrpc":"2.0","id":{n},"method":"tools/call","params":{{"name":"{tool}","arguments":{{}},"_meta":{{"progressToken":{n}}}}}}}',
    '{{"type":"assistant","uuid":"{uuid}","sessionId":"{uuid}","message":{{"id":"msg_{id24}","usage":{{"input_tokens":{n},"cache_creation_input_tokens":{n},"output_tokens":{n}}}}}}}',
    '{{"type":"user","message":{{"content":[{{"tool_use_id":"{toolu}","type":"tool_result","content":"{words}"}}]}},"requestId":"req_{id24}"}}',
    'INFO:     127.0.0.1:{port} - "POST /messages/?session_id={hex32} HTTP/1.1" 202 Accepted',
    'INFO:     10.0.0.7:{port} - "GET /sse HTTP/1.1" 200 OK',
    'Processing request of type CallToolRequest {n}',
    'docker.io/library/{server}@sha256:{sha256} pulled in {n}ms',
    'sha256:{sha256}: layer of {path} exists',
    'image digest sha256:{sha256}, token count {n}',
    'commit {sha1} in https://github.com/{server}/{tool}/commit/{sha1}',
    '  File "{path}", line {n}, in {tool}',
    '    at {tool} ({path}:{n}:{n})',
    'Traceback (most recent call last): {tool}Error: {words}',
    'Reading {path} and {path}.{uuid}.json',
    'Writing to temp file: /tmp/{uuid}/{hex32}.json',
    'https://docs.example.com/en/{server}/{tool}?lang=en&page={n}#{server}-{tool}',
    'Connecting to http://127.0.0.1:{port}/mcp failed: ECONNREFUSED after {n} ms',
    'Connecting to https://mcp.example.com/v1/{server}/{tool}/{uuid} with http://[::1]:{port}/sse',
    'Authorization required: the server answered 401 invalid_token for {server}',
    'www-authenticate: Bearer error="invalid_token", error_description="{words}", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource"',
    'Bearer authentication and Basic authentication are supported by {server}; token exchange is not; {words}',
    'Cookie: none was sent to {server}; set-cookie is ignored',
    'keys={n} tokens={n} secrets=false password=required auth=none token={{token}} api_key=${{API_KEY}} apiKey: your-api-key token=<token> password=********',
    'max_tokens: {n}, tokenizer: cl100k_base, author: {words}, keyboard: {words}, monkey={n}',
    'code=-32001 status_code={n} exit_code={n} error_code={n} errorCode: {n}',
    'password: the user did not enter one; secret: {words}; credentials: missing',
    '--token-file {path} --auth-mode none --api-version {n} --secret-name {server}',
    'env: node {n}.{n}.0, cwd={path}, PWD={path}, HOME=/home/{words1}, PATH=/usr/bin:/bin',
    '{{"command":"npx","args":["-y","{server}"],"env":{{}}}}',
    'session {uuid} of {server} ended, trace_id={hex32} span_id={hex16} traceparent: 00-{hex32}-{hex16}-01',
    'etag: "{hex32}", x-request-id: {uuid}, cf-ray: {hex16}-FRA, content-length: {n}',
    'risk-{n} task-{n} sk-learn desk-{n} npm_lifecycle_event npm_config_registry hf_transfer pypi-server glpat- ghp_ AKIA eyJ xoxb-',
    'McpError: MCP error -32001: Request timed out ({tool} on {server}, {n} ms), {words}',
    'starting {camel}.{camel}({n}) in {camel}Factory, listener={camel}@{hex8}',
    'epoch {epoch} iso {time} duration {n}.{n}s pid={port} rss={n}MiB',
]
WORDS = "server stream answer request client session connection handler notification progress result timeout retry the of a and was not while waiting closed open new old first last".split()


class Fields(dict):
    """Each use of a field is another value."""

    def __init__(self, seed):
        super().__init__()
        self.r = random.Random(seed)

    def __missing__(self, key):
        return getattr(self, key)()

    def hex(self, n):
        return "%0*x" % (n, self.r.getrandbits(4 * n))

    def name(self, joint, most=3):
        return joint.join(self.r.choice(WORDS) for _ in range(self.r.randint(1, most)))

    def mixed(self, n):
        return "".join(self.r.choices(string.ascii_letters + string.digits, k=n))

    def time(self):
        r = self.r.randint
        return "2026-%02d-%02dT%02d:%02d:%02d.%03dZ" % (r(1, 12), r(1, 28), r(0, 23), r(0, 59), r(0, 59), r(0, 999))

    def path(self):
        roots = ["/home/anna", "/usr/lib/python3.11/site-packages", "/Users/anna/Library", "C:\\Users\\anna", "./src", "/opt"]
        return self.r.choice(roots) + "/" + "/".join(self.name(self.r.choice("-_")) for _ in range(self.r.randint(1, 4))) + self.r.choice([".py", ".js", "", ".json", ".txt"])

    server = lambda self: self.name("-")
    tool = lambda self: self.name("_")
    words = lambda self: self.name(" ")
    words1 = lambda self: self.name("", 1)
    toolu = lambda self: "toolu_01" + self.mixed(22)
    id24 = lambda self: self.mixed(24)
    n = lambda self: str(self.r.randint(0, 10 ** self.r.randint(1, 7)))
    port = lambda self: str(self.r.randint(1024, 65535))
    epoch = lambda self: str(self.r.randint(10 ** 12, 2 * 10 ** 12))
    uuid = lambda self: str(uuid.UUID(int=self.r.getrandbits(128), version=4))
    hex8 = lambda self: self.hex(8)
    hex16 = lambda self: self.hex(16)
    hex32 = lambda self: self.hex(32)
    sha1 = lambda self: self.hex(40)
    sha256 = lambda self: self.hex(64)
    camel = lambda self: "".join(self.r.choice(WORDS).capitalize() for _ in range(3))


def made(seed):
    fields = Fields(seed)
    while True:
        yield fields.r.choice(LINES).format_map(fields)


def of_samples():
    for folder, _, files in sorted(os.walk(SAMPLES)):
        for file in sorted(set(files) - NO_LOG):
            with open(os.path.join(folder, file), "rb") as f:
                for line in f.read().split(b"\n"):
                    if line and b"\0" not in line:
                        yield line.decode("utf-8", "replace")


need_driver()
lines = list(of_samples())
samples = len(lines)
for line in made(1):
    if len(lines) >= WANTED:
        break
    lines.append(line)
changed = [(a, b) for a, b in zip(lines, redact(lines)) if a != b]
for before, after in changed[:20]:
    print(f"changed: {before[:300]!r}\n     -> {after[:300]!r}")
print(f"{len(changed)} of {len(lines)} clean lines changed, {samples} of them from samples")
sys.exit(1 if changed or samples < 1000 else 0)
