# SPDX-License-Identifier: Apache-2.0
"""Where a city's office publishes: a web server that knows ETags and can fail
in every way, and the whole of a city with the service that fetches from it."""
import contextlib
import hashlib
import http.server
import json
import re
import ssl
import subprocess
import threading

import pytest

import oaprun
import office
from desk import ok, run

SLOW_S = 0.05       # between two bytes of a server that never ends


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = oaprun.PATIENCE

    def do_GET(self):
        if self.server.over.is_set():   # who was left open has to go
            self.close_connection = True
            return
        tag = self.headers.get("If-None-Match")
        way = self.server.ways.get(self.path) or self.server.ways.get("*")
        self.server.asked.append((self.path, tag))
        with contextlib.suppress(OSError):
            (way or Handler.serve)(self)

    def reply(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(
            len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        body = self.server.files.get(self.path)
        if body is None:
            return self.reply(404, b"<html>no</html>")
        tag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        if self.headers.get("If-None-Match") == tag:
            return self.reply(304, ETag=tag)
        self.reply(200, body, ETag=tag)

    def log_message(self, *_):
        pass


# ---- ways to fail
def status(number):
    return lambda h: h.reply(number, b"x" * 200000)


def saying(body):
    return lambda h: h.reply(200, body, ETag='"garbage"')


def truncated(h):
    body = h.server.files[h.path]
    h.close_connection = True
    h.reply(200, body[:-10], len(body))


def oversized(h):
    """It does not say how much there is."""
    h.close_connection = True
    h.send_response(200)
    h.end_headers()
    for _ in range(100):
        h.wfile.write(b"x" * 65536)


def slow(h):
    """Byte after byte, for ever."""
    h.close_connection = True
    h.send_response(200)
    h.end_headers()
    while not h.server.over.wait(SLOW_S):
        h.wfile.write(b"x")


def silent(h):
    h.close_connection = True
    h.server.over.wait(oaprun.PATIENCE)


def elsewhere(place):
    return lambda h: h.reply(302, Location=place)


@contextlib.contextmanager
def serving(tls=None):
    """tls: a certificate's file, its key beside it."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as w:
        w.daemon_threads = True
        w.files, w.ways, w.asked = {}, {}, []
        w.over = threading.Event()
        w.url = "http://127.0.0.1:%d" % w.server_address[1]
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls, tls.with_suffix(".key"))
            w.socket = context.wrap_socket(w.socket, server_side=True)
            w.url = w.url.replace("http:", "https:")
        thread = threading.Thread(target=w.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield w
        finally:
            w.over.set()
            w.shutdown()
            thread.join()


def wait_until_tried(daemon, iss):
    """Who is new is fetched at once: then what follows is another time."""
    def tried():
        fetch = daemon.admin("GET", "/v1/issuers/" + iss)["fetch"]
        return fetch and fetch["tried_ms"]
    oaprun.wait_for(tried, "the first fetch")


class City:
    """An office, its web server, a service that fetches from it, a door."""

    def __init__(self, directory, w, config="", capacity=None):
        self.dir, self.web = directory, w
        self.office = office.Office(
            directory / "seoul", "--status-uri", w.url + "/status",
            *(["--capacity", capacity] if capacity else []))
        self.iss = "seoul.example"
        self.daemon = oaprun.Daemon(
            directory / "service",
            "[fetch]\ninterval_s = 3600\n" + config)
        self.server = "unix:%s" % self.daemon.socket
        self.publish()

    def publish(self, *arguments):
        """What is published is what the web server has."""
        self.office.publish(*arguments)
        self.show_files()

    def show_files(self):
        self.web.files["/issuer.cose"] = self.published("issuer.cose")
        for path in self.office.out.glob("status-*.cose"):
            n = path.stem.split("-")[1]
            self.web.files["/status" + ("" if n == "0" else "/" + n)] = \
                path.read_bytes()

    def published(self, name):
        return (self.office.out / name).read_bytes()

    def start(self, *where):
        self.daemon.start()
        self.daemon.add_facility()
        self.daemon.add_benefit(uses=1000)
        out = self.office.out
        self.ctl("issuer", "add", "--root", self.office.root.hex(),
                 "--document", out / "issuer.cose",
                 "--status", out / "status-0.cose",
                 *(where or ["--document-url", self.web.url +
                             "/issuer.cose"]))
        code = self.daemon.admin("POST", "/v1/kiosks", {"facility": "tnm"})
        self.kiosk("enrol", code["code"])
        wait_until_tried(self.daemon, self.iss)
        return self

    def ctl(self, *arguments):
        return ok(self.server, *arguments)

    def kiosk(self, command, *arguments, may=(0,)):
        done = subprocess.run(
            [oaprun.program("oap-kiosk"), command, "--dir",
             self.dir / "kiosk", *arguments], capture_output=True, text=True,
            timeout=oaprun.PATIENCE)
        assert done.returncode in may, (command, done)
        return done.stdout

    def signer(self):
        """Of the office's keys, the one that signs now."""
        return re.search(r"key   ([0-9a-f]{16}) .*signs now",
                         self.office.run("keys").stdout)[1]

    # ---- what became of it
    def fetch(self):
        return json.loads(self.ctl("--json", "issuer", "fetch", self.iss))

    def fetch_fails(self):
        """The one line that says why."""
        done = run("issuer", "fetch", self.iss, server=self.server)
        assert done.returncode == 4 and done.stdout == "", done
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def shown(self):
        return self.daemon.admin("GET", "/v1/issuers/" + self.iss)

    def epoch(self):
        return self.metric("oapd_bundle_epoch")

    def metric(self, name):
        text = self.daemon.raw("GET", "/metrics", unix=True)[2].decode()
        for line in text.splitlines():
            if line.startswith(name + " "):
                return int(line.split()[-1])
        raise AssertionError(name)

    def fetches(self, result):
        return self.metric('oapd_fetches_total{result="%s"}' % result)

    def alarms(self):
        audit = self.daemon.admin("GET", "/v1/audit?limit=500")["audit"]
        return [row["action"] for row in audit if row["alarm"]]

    def verdicts(self, *codes):
        """Of the kiosk, which syncs before; the service must agree."""
        self.kiosk("sync")
        found = []
        for code in codes:
            said = [json.loads(self.kiosk(
                command, "--json", "--benefit", "visit", code,
                may=(0, 1, 3)))["verdict"] for command in ("check", "redeem")]
            assert said[0] == said[1], said
            found.append(said[0])
        return found[0] if len(found) == 1 else found


@pytest.fixture
def web():
    with serving() as w:
        yield w


@pytest.fixture
def city(tmp_path, web):
    c = City(tmp_path, web).start()
    yield c
    assert c.daemon.stop() == 0, c.daemon.log()


@pytest.fixture
def hasty(tmp_path, web):
    """One that waits for nobody."""
    c = City(tmp_path, web, "timeout_s = 1\n").start()
    yield c
    assert c.daemon.stop() == 0, c.daemon.log()
