"""What the tests with real consumers share: programs that may be missing, services on loopback that end with the test, a webhook
receiver that can play dead, and logs with a call that hangs now.

Everything listens on 127.0.0.1 with a free port and lives in a scratch directory. A program that is not installed makes the whole
script end with 77, visibly; nothing is passed silently."""
import datetime
import http.server
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from consumerlib import MCPLOG, skip

PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/lib/nagios/plugins"))
LIMIT = 60  # seconds that only a failure takes


def need(*programs):
    """Their places; without one of them the script ends here."""
    missing = [p for p in programs if not shutil.which(p, path=PATH)]
    if missing:
        skip("%s not installed" % ", ".join(missing))
    return [shutil.which(p, path=PATH) for p in programs]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def wait_for(what, why):
    """The first true value of what()."""
    deadline = time.monotonic() + LIMIT
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("waited %d s in vain: %s" % (LIMIT, why))
        time.sleep(0.1)


def stamp(seconds=0.0):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (at.microsecond // 1000)


def says(server, text, seconds=0.0):
    return '%s [DEBUG] MCP server "%s": %s\n' % (stamp(seconds), server, text)


HANG_AGE = 900


def healthy(server):
    return says(server, "Calling MCP tool: ping", -HANG_AGE - 2) + says(server, "Tool 'ping' completed successfully in 100ms", -HANG_AGE - 1.9)


def hanging(server):
    """A call whose stream dropped 15 minutes ago and that the client still counts as running."""
    text = says(server, "Calling MCP tool: list_schemas", -HANG_AGE) + says(server, "SSE connection dropped after 61937s uptime", -HANG_AGE + 0.3)
    for age in range(30, HANG_AGE, 30):
        text += says(server, "Tool 'list_schemas' still running (%ds elapsed)" % age, -HANG_AGE + age)
    return text


def ended(server):
    return says(server, "Tool 'list_schemas' failed after %ds: MCP error -32001: user-cancel" % HANG_AGE) + \
        says(server, "Successfully connected (transport: sse) in 31ms", 0.01) + \
        says(server, "Calling MCP tool: ping", 0.02) + says(server, "Tool 'ping' completed successfully in 1ms", 0.03)


class Sink:
    """A webhook receiver. refuse(n): the next n requests get 503."""

    def __init__(self):
        self.bodies, self.refusals, self.lock = [], 0, threading.Lock()
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                with sink.lock:
                    refused = sink.refusals > 0
                    sink.refusals -= refused
                    if not refused:
                        sink.bodies.append(json.loads(body))
                self.send_response(503 if refused else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/hook" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def refuse(self, n):
        with self.lock:
            self.refusals = n

    def count(self, status, server):
        """Notifications of this status about the server."""
        with self.lock:
            return sum(b["status"] == status and any(a["labels"].get("server") == server for a in b["alerts"]) for b in self.bodies)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class ConsumerTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.logs = self.path("logs")
        os.mkdir(self.logs)
        self.db = self.path("t.db")

    def path(self, *names):
        return os.path.join(self.scratch.name, *names)

    def put(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def log(self, text, name="debug.txt"):
        with open(os.path.join(self.logs, name), "a", encoding="utf-8") as file:
            file.write(text)

    def run_program(self, *command, **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT, cwd=self.scratch.name, **more)

    def mcplog(self, *args):
        return self.run_program(MCPLOG, *args)

    def check(self, *args):
        return self.mcplog("check", "--db", self.db, "--timeout", "0", *args, self.logs)

    def init(self, *args):
        done = self.mcplog("init", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def start(self, *command, ready=None, **more):
        """A service that ends with the test; ready: an address that answers when it is."""
        with open(self.path(os.path.basename(command[0]) + ".log"), "a", encoding="utf-8") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.scratch.name, **more)
        self.addCleanup(self.stop, process)

        def answers():
            self.assertIsNone(process.poll(), "%s ended: %s" % (command[0], open(log.name, encoding="utf-8").read()[-2000:]) if process.poll() is not None else "")
            try:
                return get(ready) is not None
            except (urllib.error.URLError, OSError):
                return False
        if ready:
            wait_for(answers, command[0])
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def sink(self):
        sink = Sink()
        self.addCleanup(sink.close)
        return sink

    def start_alertmanager(self, program, sink, port=None):
        """With the configuration of `mcplog init alertmanager`, in a hurry."""
        port = port or free_port()
        config = self.init("alertmanager").replace("http://127.0.0.1:9099/hook", sink.url).replace("group_wait: 10s", "group_wait: 1s") \
            .replace("group_interval: 1m", "group_interval: 1s")
        self.assertIn(sink.url, config)
        url = "http://127.0.0.1:%d" % port
        self.start(program, "--config.file=" + self.put("am.yml", config), "--storage.path=" + self.path("am"),
                   "--web.listen-address=127.0.0.1:%d" % port, "--cluster.listen-address=", ready=url + "/-/ready")
        return url
