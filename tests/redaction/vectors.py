"""Made-up secrets in the places where they stand in logs, from a seed: what redaction must hide (docs: privacy).

vectors() yields (group, kind, text, secret). A group is a row of the design's table; `strict` groups must be hidden without exception,
also when the text ends inside the secret.
"""
import base64
import random
import string

LOWER, UPPER, DIGIT = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM, HEX = LOWER + UPPER + DIGIT, DIGIT + "abcdef"
BASE64, BASE64URL = ALNUM + "+/", ALNUM + "-_"
STRICT = {"anthropic", "authorization", "scheme", "cookie", "url-password", "url-token", "pem", "jwt"}


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, alphabet, low, high=None):
        n = self.random.randint(low, high or low)
        return "".join(self.random.choice(alphabet) for _ in range(n))

    def pick(self, *items):
        return self.random.choice(items)

    def opaque(self, low=16, high=64):
        """A token as services hand them out. Letters and digits occur, as they nearly always do."""
        while True:
            alphabet = self.pick(HEX, ALNUM, BASE64URL, LOWER + DIGIT)
            value = self.text(alphabet, low, high)
            if any(c in DIGIT for c in value) and any(c not in DIGIT for c in value) and value[0] not in "-_" and value[-1] not in "-_":
                return value

    def basic(self):
        user, password = self.text(LOWER, 3, 10), self.text(ALNUM + "!$%&*_-", 6, 20)
        return base64.b64encode(f"{user}:{password}".encode()).decode()

    def jwt(self):
        def part(text):
            return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

        head = part(self.pick('{"alg":"HS256","typ":"JWT"}', '{"alg":"RS256","kid":"%s"}' % self.text(HEX, 8), '{"typ":"JWT","alg":"none"}'))
        body = part('{"sub":"%s","iat":%d,"scope":"%s"}' % (self.text(ALNUM, 4, 20), self.random.randint(1, 2 * 10**9), self.text(LOWER, 3, 9)))
        return f"{head}.{body}.{self.text(BASE64URL, 30, 86)}"

    def pem_body(self, line_end):
        lines = [self.text(BASE64, 64) for _ in range(self.random.randint(2, 12))] + [self.text(BASE64, 8, 60) + self.pick("", "=", "==")]
        return line_end.join(lines)


# How a header with a value is written in logs; {n} is its name, {v} its value.
HEADER_FORMS = [
    "{n}: {v}", "> {n}: {v}", "{n}:{v}", '"{n}": "{v}"', '"{n}":"{v}"', "'{n}': '{v}'", '\\"{n}\\":\\"{v}\\"', '\\\\\\"{n}\\\\\\": \\\\\\"{v}\\\\\\"',
    "{n}={v}", "{n} = {v}", "{n} => {v}", "curl -H '{n}: {v}' https://mcp.example.com/mcp", 'curl -sS -H "{n}: {v}" https://a.example.com',
    "curl --header '{n}: {v}'", "(b'{n}', b'{v}')", "('{n}', '{v}')", "[['{n}', '{v}']]", "'{n}', '{v}',", '"{n}","{v}"', "map[{n}:[{v}]]", '{{"key":"{n}","value":"{v}"}}',
    "npx -y mcp-remote https://a.example.com/sse --header {n}:{v}", '"--header","{n}: {v}"', "header {n}: {v}", "request.headers.{n}={v}",
]
# Where such a piece stands.
PLACES = [
    "{}", "2026-05-17T20:23:01.090Z [DEBUG] MCP server \"pg-mcp\": {}", '2026-05-17T20:23:01.090Z [ERROR] MCP server "x" Server stderr: {}',
    "INFO:     mcp.server: sent {} to the server", '{{"level":"debug","message":"{}"}}', "    {}", "request failed ({}) after 12 ms", "{}, retrying",
]


def placed(m, piece, plain=False):
    place = PLACES[0] if plain else m.random.choice(PLACES)
    if '"message"' in place and '"' in piece and '\\"' not in piece:
        piece = piece.replace("\\", "\\\\").replace('"', '\\"')
    return place.format(piece)


def case(m, name):
    return m.pick(name, name, name.lower(), name.upper())


def headers(m):
    auth = case(m, m.pick("Authorization", "Authorization", "Proxy-Authorization"))
    form = m.random.choice(HEADER_FORMS)
    value = m.pick(m.opaque(), m.text(LOWER, 12, 30), m.text(DIGIT, 10, 20), m.basic(), m.jwt(), m.text(ALNUM + "!$^*.:_~+/", 12, 40))
    scheme = m.pick("", "Bearer ", "Basic ", "Token ", "bearer ", "Negotiate ", "ApiKey ", "Hawk ") if ":[" not in form else m.pick("", "Bearer ")
    yield "authorization", form.format(n=auth, v=scheme + value), value
    name = case(m, m.pick("X-Api-Key", "X-API-Key", "X-Auth-Token", "X-Access-Token", "X-Goog-Api-Key", "X-Client-Secret", "X-Gitlab-Token", "X-Vault-Token", "X-Amz-Security-Token", "X-Hub-Secret", "x-functions-key"))
    value = m.pick(m.opaque(), m.text(LOWER, 10, 30), m.text(DIGIT, 8, 20), m.text(HEX, 8) + "-" + m.text(HEX, 4) + "-4" + m.text(HEX, 3) + "-a" + m.text(HEX, 3) + "-" + m.text(HEX, 12))
    yield "header", m.random.choice(HEADER_FORMS).format(n=name, v=value), value
    name = case(m, m.pick("Cookie", "Cookie", "Set-Cookie"))
    secret = m.opaque(12, 40)
    value = m.pick(f"sid={secret}", f"theme=dark; session={secret}", f"session={secret}; Path=/; HttpOnly; Secure", f"__Host-id={secret}; Max-Age=3600", f"a=1; b=2; connect.sid=s%3A{secret}")
    yield "cookie", m.random.choice(HEADER_FORMS).format(n=name, v=value), secret
    form = m.pick("curl -u {u}:{p} https://a.example.com/mcp", "curl -sS --user {u}:{p} https://a.example.com", "curl -u '{u}:{p}' -X POST https://x.example.com", 'curl https://a.example.com -u "{u}:{p}"',
                  "curl --proxy-user {u}:{p} https://a.example.com", "curl -u{u}:{p} https://a.example.com", "curl --user={u}:{p} -v https://a.example.com")
    secret = m.text(ALNUM + "!_.-", 8, 24)
    yield "curl", form.format(u=m.text(LOWER, 3, 8), p=secret), secret


def schemes(m):
    token = m.pick(m.opaque(), m.jwt(), m.text(LOWER + UPPER, 20, 50), m.opaque(20, 40) + "=", m.opaque(10, 20) + "." + m.opaque(10, 20))
    form = m.pick("sending Bearer {}", "bearer {} was refused", "'Bearer {}'", "auth header is Bearer {}", "BEARER {}", "Bearer {}", '["Bearer {}"]', "value=Bearer {}", "Bearer  {}", "Bearer%20{}")
    yield "scheme", form.format(token), token
    token = m.basic()
    yield "scheme", m.pick("credentials Basic {}", "'Basic {}'", "basic {} again", "sent as Basic {}").format(token), token
    token = m.opaque(20, 40)
    yield "scheme", m.pick("header value Token {}", "'Token {}'", "used token {} for it").format(token), token
    token = m.text(HEX, 32)
    yield "scheme", m.pick('Digest username="u", realm="r", nonce="n1", uri="/x", response="{}"', 'Authorization: Digest username="anna", nonce="{}", response="00"').format(token), token


def known(m):
    token = "sk-ant-" + m.pick("api03-{}AA", "admin01-{}AA", "oat01-{}AA", "ort01-{}AA", "sid01-{}", "api04-{}").format(m.text(BASE64URL, 80, 100))
    yield "anthropic", token, token
    token = m.pick(
        "sk-" + m.text(ALNUM, 20) + "T3BlbkFJ" + m.text(ALNUM, 20), "sk-proj-" + m.text(BASE64URL, 60, 150), "sk-svcacct-" + m.text(BASE64URL, 60), "sk-or-v1-" + m.text(HEX, 64), "sk-lf-" + m.text(HEX, 8) + "-" + m.text(HEX, 4) + "-" + m.text(HEX, 12),
        "sk_live_" + m.text(ALNUM, 24, 99), "rk_live_" + m.text(ALNUM, 24), "sk_test_" + m.text(ALNUM, 24))
    yield "sk", token, token
    token = m.pick("ghp_", "gho_", "ghu_", "ghs_", "ghr_") + m.text(ALNUM, 36)
    yield "github", token, token
    token = "github_pat_" + m.text(ALNUM, 22) + "_" + m.text(ALNUM, 59)
    yield "github", token, token
    token = m.pick("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-1_", "glimt-", "glft-", "glsoat-", "gloas-", "glagent-", "glffct-") + m.text(ALNUM, 20, 50)
    yield "gitlab", token, token
    token = m.pick("AKIA", "ASIA", "ABIA", "ACCA") + m.text(UPPER + "234567", 16)
    yield "aws", token, token
    token = m.text(BASE64, 40)
    yield "aws", m.pick("aws_secret_access_key = {}", "AWS_SECRET_ACCESS_KEY={}", '"SecretAccessKey": "{}"', "secretAccessKey: '{}'", '"aws_secret_access_key":"{}"', "aws_session_token={}").format(token), token
    token = "AIza" + m.text(BASE64URL, 35)
    yield "google", token, token
    token = m.pick("xoxb-", "xoxp-", "xoxa-2-", "xoxr-", "xoxs-", "xoxe-1-", "xoxe.xoxp-1-") + m.text(DIGIT, 10, 13) + "-" + m.text(DIGIT, 10, 13) + "-" + m.text(ALNUM, 24, 36)
    yield "slack", token, token
    token = "xapp-1-A" + m.text(UPPER + DIGIT, 10) + "-" + m.text(DIGIT, 13) + "-" + m.text(HEX, 64)
    yield "slack", token, token
    token = "hf_" + m.text(LOWER + UPPER, 34)
    yield "hf", token, token
    token = "npm_" + m.text(ALNUM, 36)
    yield "npm", token, token
    token = "pypi-AgEIcHlwaS5vcmc" + m.text(BASE64URL, 50, 150)
    yield "pypi", token, token


WHERE = ["{}", "key {} is set", "using {} now", "token: {}", "({})", '"{}"', "'{}'", "={}", "--api-key {}", "{}, next", "\\\"{}\\\"", "key={}&x=1", "https://a.example.com/?k={}", "[{}]", "<{}>"]


def structures(m):
    token = m.jwt()
    yield "jwt", m.random.choice(WHERE).format(token), token
    name = m.pick("RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "DSA PRIVATE KEY")
    end = m.pick("\n", "\n", "\\n", "\r\n", "\\\\n", " ", "\n    ")
    body = m.pem_body(end)
    head = m.pick("", "", f"Proc-Type: 4,ENCRYPTED{end}DEK-Info: AES-128-CBC,{m.text(HEX.upper(), 32)}{end}{end}")
    yield "pem", m.pick("{}", "key: {} loaded", '"key":"{}"', "PRIVATE='{}'").format(f"-----BEGIN {name}-----{end}{head}{body}{end}-----END {name}-----"), body
    body = m.pem_body("\n")
    yield "pem", f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{body}\n=aB3d\n-----END PGP PRIVATE KEY BLOCK-----", body
    secret = m.text(UPPER + DIGIT, 9, 11) + "/B" + m.text(UPPER + DIGIT, 8, 10) + "/" + m.text(ALNUM, 24)
    yield "webhook", m.pick("https://hooks.slack.com/services/T{}", "POST https://hooks.slack.com/services/T{} 200", '"url":"https://hooks.slack.com/services/T{}"', "https://hooks.slack-gov.com/services/T{}").format(secret), secret
    secret = m.text(UPPER + DIGIT, 9) + "/" + m.text(DIGIT, 18) + "/" + m.text(ALNUM, 24)
    yield "webhook", m.pick("https://hooks.slack.com/workflows/T{}", "https://hooks.slack.com/triggers/T{}").format(secret), secret
    secret = m.text(DIGIT, 18, 19) + "/" + m.text(BASE64URL, 68)
    yield "webhook", m.pick("https://discord.com/api/webhooks/{}", "https://discordapp.com/api/webhooks/{}", "https://canary.discord.com/api/v10/webhooks/{}", "https://ptb.discord.com/api/webhooks/{}?wait=true").format(secret), secret
    uuid = "-".join(m.text(HEX, n) for n in (8, 4, 4, 4, 12))
    secret = f"{uuid}@{uuid}/IncomingWebhook/{m.text(HEX, 32)}/{uuid}"
    yield "webhook", m.pick("https://contoso.webhook.office.com/webhookb2/{}", "https://outlook.office.com/webhook/{}", "https://outlook.office365.com/webhook/{}").format(secret), secret


def urls(m):
    scheme = m.pick("https", "http", "postgres", "postgresql", "mysql", "redis", "amqp", "mongodb+srv", "ftp", "ssh", "ws", "postgresql+asyncpg")
    password = m.pick(m.text(LOWER, 8, 20), m.opaque(8, 30), m.text(ALNUM + "!$*_.~%+-", 8, 24), m.text(ALNUM, 6, 12) + ":" + m.text(ALNUM, 6, 12), m.text(DIGIT, 8, 12))
    user = m.pick("app", "anna", "", "user%40corp", "svc-mcp", "u.ser", "x-access-token", "oauth2")
    host = m.pick("db.example.com:5432/x", "localhost:6379", "10.0.0.5/mcp", "[::1]:5432/db", "api.example.com/mcp?x=1", "db")
    yield "url-password", m.random.choice(["{}", "connecting to {}", '"{}"', "DATABASE_URL={}", "'{}',", "({})", "\\\"{}\\\""]).format(f"{scheme}://{user}:{password}@{host}"), password
    name = m.pick("token", "access_token", "api_key", "apikey", "key", "secret", "client_secret", "sig", "signature", "password", "code", "auth", "auth_token", "X-Amz-Signature", "X-Amz-Security-Token", "refresh_token", "id_token", "subscription-key", "authkey", "hmac_sig", "authorization_code", "passwordHash", "tokenValue")
    secret = m.pick(m.opaque(8, 40), m.text(HEX, 16, 64), m.text(LOWER, 12, 20), m.text(DIGIT, 10, 16), m.text(ALNUM, 10) + "%2B" + m.text(ALNUM, 10) + "%3D")
    before, after = m.pick("", "x=1&", "session_id=00&v=2&"), m.pick("", "&y=2", "#top", "&redirect_uri=https%3A%2F%2Fa")
    form = m.pick("GET /mcp?{} HTTP/1.1", "https://mcp.example.com/sse?{}", '"url":"https://mcp.example.com/mcp?{}"', "connecting to https://a.example.com/x?{} failed", "https://a.example.com/cb#{}", '127.0.0.1:51234 - "POST /messages/?{} HTTP/1.1" 202')
    if "cb#" in form:
        after = after.replace("#top", "")
    yield "url-token", form.format(f"{before}{name}={secret}{after}"), secret
    key = m.pick(m.text(HEX, 32), m.text(HEX, 64), m.text(ALNUM, 32, 48), m.text(BASE64URL, 43), base64.urlsafe_b64encode(m.text(HEX, 36).encode()).decode())
    form = m.pick("https://mcp.example.com/{}/sse", "https://mcp.example.com/s/{}/mcp", "https://mcp.zapier.com/api/mcp/s/{}/mcp", "https://api.example.com/mcp/{}", "https://server.example.com/sse/{}", "npx mcp-remote https://mcp.example.com/v1/{}/sse",
                  "Using automatically selected callback port; connecting to https://remote.mcp.example.com/{}", "wss://mcp.example.com/{}/ws")
    yield "url-path", form.format(key), key


NAMES = ["api_key", "apiKey", "API_KEY", "api-key", "OPENWEATHER_API_KEY", "access_key", "accessKey", "AWS_ACCESS_KEY", "secret", "client_secret", "clientSecret", "SECRET_KEY", "secretKey", "passw", "password", "db_password", "DB_PASSWORD", "dbPassword", "passwd", "PGPASSWORD",
         "pwd", "DB_PWD", "token", "access_token", "accessToken", "GITHUB_TOKEN", "authToken", "auth_token", "auth", "credential", "credentials", "private_key", "privateKey", "refreshToken", "x_auth", "jwt_secret", "webhook_secret", "service_token", "BOT_TOKEN"]
ASSIGNED = ["{n}={v}", "{n} = {v}", "{n}: {v}", '"{n}": "{v}"', '"{n}":"{v}"', "'{n}': '{v}'", "{n}='{v}'", '{n} = "{v}"', "{n} => {v}", "'{n}' => '{v}'", "'{n}', '{v}'", '"{n}","{v}"', '\\"{n}\\":\\"{v}\\"', "export {n}={v}", "{n}={v};", "{n}:{v}", "{n}: '{v}'", "{n} := \"{v}\"",
            "--{n}={v}", "--{n} {v}", '"--{n}","{v}"', "-e {n}={v}"]


def values(m):
    name = m.random.choice(NAMES)
    value = m.pick(m.opaque(10, 60), m.opaque(20, 150), m.text(ALNUM, 16, 40), m.text(BASE64, 20, 60), m.opaque(8, 12) + m.pick("!", ".", "/", "+", "=") + m.opaque(8, 12))
    yield "value", m.random.choice(ASSIGNED).format(n=name, v=value), value
    one, two = m.pick(m.opaque(10, 40), m.text(LOWER + " ", 8, 20).strip() + "abcdefgh"), m.opaque(10, 40)
    form = m.pick('{{"command":"npx","env":{{"A_B":"{a}","LEVEL":"{b}"}},"args":["-y"]}}', '"env": {{ "USERNAME": "{a}", "HOST_X": "{b}" }}', "{{\\\"env\\\":{{\\\"FOO\\\":\\\"{a}\\\",\\\"BAR\\\":\\\"{b}\\\"}}}}", "{{'command': 'uvx', 'env': {{'FOO': '{a}', 'BAR': '{b}'}}}}",
                  '"env": {{\n  "FOO": "{a}",\n  "BAR": "{b}"\n}}', "env: {{ FOO: '{a}', BAR: '{b}' }}", 'env = {{ "FOO" = "{a}", "BAR" = "{b}" }}')
    yield "env", form.format(a=one, b=two), one
    yield "env", form.format(a=one, b=two), two
    value = m.pick(m.text(HEX, 32), "-".join(m.text(HEX, n) for n in (8, 4, 4, 4, 12)), m.text(BASE64URL, 22, 43), "sess-" + m.text(HEX, 16))
    yield "mcp-session", m.random.choice(HEADER_FORMS).format(n=m.pick("mcp-session-id", "Mcp-Session-Id", "MCP-Session-Id"), v=value), value


def vectors(seed=1, rounds=200):
    m = Maker(seed)
    for _ in range(rounds):
        for group, piece, secret in headers(m):
            yield group, placed(m, piece, "\\" in piece or "map[" in piece), secret
        for group, piece, secret in schemes(m):
            yield group, placed(m, piece), secret
        for group, token, secret in known(m):
            text = token if group == "aws" and token != secret else m.random.choice(WHERE).format(token)
            yield group, placed(m, text, "\\" in text), secret
        for group, piece, secret in structures(m):
            yield group, placed(m, piece, "\\" in piece or "\n" in piece), secret
        for group, piece, secret in urls(m):
            yield group, placed(m, piece, "\\" in piece), secret
        for group, piece, secret in values(m):
            yield group, placed(m, piece, "\\" in piece or "\n" in piece), secret
