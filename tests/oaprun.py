# SPDX-License-Identifier: Apache-2.0
"""Runs the real daemon for a test: own directory, a port of the kernel's
choice, and the calls that set a service up."""
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import time

import oapcast
import oapmsg as m

PATIENCE = float(os.environ.get("OAP_PATIENCE", "60"))  # seconds


def build():
    """Absolute, since programs are started in folders of their own."""
    return pathlib.Path(os.environ["OAP_BUILD"]).resolve()


def program(name):
    folder = {"oapd": "server/daemon", "oapctl": "server/operator",
              "oap-issuer": "server/issuer",
              "oap-kiosk": "client/kiosk"}[name]
    return build() / folder / name


def wait_for(condition, what):
    """Its first true result, asked again until patience is over."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("waited in vain for " + what)


class Problem(Exception):
    def __init__(self, status, body):
        super().__init__("%d: %s" % (status, body))
        self.status, self.body = status, body


def answer_of(status, reply):
    """The JSON of a kiosk's answer, or None: try again later."""
    if status == 503 and json.loads(reply)["verdict"] in ("busy",
                                                          "unavailable"):
        return None
    if status != 200:
        raise Problem(status, reply.decode(errors="replace"))
    return json.loads(reply)


class Dead(AssertionError):
    """The daemon ended before it was ready."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self.path))


RUNNING = set()     # daemons that were started and not ended


class Daemon:
    """An oapd and its directory; it may be started again and again."""

    def __init__(self, directory, config="", threads=2):
        self.directory = pathlib.Path(directory)
        self.data = self.directory / "data"
        # Unix socket names have little room.
        self.socket = pathlib.Path("/tmp/oapd-%d-%x.sock" %
                                   (os.getpid(), id(self) & 0xffffff))
        self.file = self.directory / "oapd.conf"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.file.write_text(
            "[service]\ndata_dir = %s\ncity = seoul\nunix_socket = %s\n"
            "[listen]\naddress = 127.0.0.1\nport = 0\nthreads = %d\n%s\n" %
            (self.data, self.socket, threads, config))
        self.process = self.port = None

    def start(self, env=None, wrapper=()):
        """wrapper: a command that runs it, such as prlimit."""
        with open(self.directory / "oapd.log", "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, program("oapd"), "--config", self.file], env=env,
                stdout=subprocess.PIPE, stderr=log)
        RUNNING.add(self)
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline().decode() if ready else ""
        if not line.startswith(("listening on http://",
                                "listening on https://")):
            status = self.kill()
            raise Dead("oapd did not start (%s): %r\n%s" %
                       (status, line, self.log()[-3000:]))
        self.port = int(line.strip().rsplit(":", 1)[1])
        return self

    def log(self):
        return (self.directory / "oapd.log").read_text(errors="replace")

    def ended(self):
        return self.process is None or self.process.poll() is not None

    def kill(self):
        if not self.ended():
            self.process.kill()
        return self._reap()

    def stop(self):
        """SIGTERM, and its exit status."""
        if not self.ended():
            self.process.send_signal(signal.SIGTERM)
        return self._reap()

    def restore(self, copy):
        """From what oapctl backup wrote, over what there is."""
        self.kill()
        for name in ("oapd.db", "oapd.db-wal", "oapd.db-shm"):
            (self.data / name).unlink(missing_ok=True)
        shutil.copy(copy, self.data / "oapd.db")
        (self.data / "oapd.db").chmod(0o600)
        return self.start()

    def _reap(self):
        if self.process is None:
            return None
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.process = None
        RUNNING.discard(self)
        for line in self.log().splitlines():
            assert "Sanitizer:" not in line and "runtime error:" not in line, \
                self.log()[-20000:]
        return status

    def cpu_seconds(self):
        fields = pathlib.Path("/proc/%d/stat" % self.process.pid) \
            .read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # ---- calls
    def raw(self, method, path, body=None, headers=None, unix=False):
        """Status, headers, bytes."""
        connection = UnixConnection(self.socket) if unix else \
            http.client.HTTPConnection("127.0.0.1", self.port,
                                       timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def admin(self, method, path, value=None):
        """An operator's call over the local socket."""
        body = None if value is None else json.dumps(value)
        headers = {"Content-Type": "application/json"} if body else {}
        status, _, reply = self.raw(method, path, body, headers, unix=True)
        if status >= 300:
            raise Problem(status, reply.decode(errors="replace"))
        return json.loads(reply) if reply else None

    def cbor(self, path, message):
        """A kiosk's call: status and the JSON of the answer."""
        status, _, reply = self.raw(
            "POST", path, message, {"Content-Type": "application/cbor"})
        return status, json.loads(reply) if reply[:1] == b"{" else reply

    # ---- setting up
    def add_facility(self, id="tnm", zone="Asia/Tokyo", currency="JPY",
                     city="tokyo"):
        return self.admin("POST", "/v1/facilities", {
            "id": id, "city": city, "names": {"en": id.upper()},
            "currency": currency, "zone": zone})

    def add_benefit(self, id="visit", currency="JPY", uses=1, per="day",
                    scope="service", **more):
        benefit = {"id": id, "names": {"en": id}, "kind": "percent",
                   "value": 2000, "rounding_unit": 10, "party_max": 10,
                   "limit": {"uses": uses, "per": per, "scope": scope},
                   "live": "bound", "offline": True, "reversal_minutes": 30,
                   "currency": currency}
        benefit.update(more)
        return self.admin("POST", "/v1/benefits", benefit)

    def add_issuer(self, issuer):
        return self.admin("POST", "/v1/issuers", {
            "root": m.public(issuer.root).hex(),
            "document": m.as_base64(issuer.document()),
            "tokens": [m.as_base64(issuer.token())]})

    def add_kiosk(self, facility="tnm", **how):
        """An oapcast.Kiosk, enrolled."""
        code = self.admin("POST", "/v1/kiosks", {"facility": facility})
        fields = m.read_enrolment_code(code["code"])
        kiosk = oapcast.Kiosk(fields[2], facility, **how)
        status, answer = self.cbor("/v1/enrolments",
                                   kiosk.enrolment(fields[4]))
        if status != 200:
            raise Problem(status, str(answer))
        kiosk.epoch = answer["epoch"]
        return kiosk

    # ---- the kiosk's two calls
    def ask(self, question, items=()):
        return self.cbor("/v1/ask", m.body(question, items))

    def upload(self, report, items):
        return self.cbor("/v1/entries", m.body(report, items))

    def attempts(self, **by):
        """All that a search finds, every page of it."""
        found, cursor = [], None
        while True:
            query = "&".join("%s=%s" % (k.strip("_"), v)
                             for k, v in by.items())
            path = "/v1/attempts?limit=500&" + query
            page = self.admin("GET", path + (
                "&cursor=" + cursor if cursor else ""))
            found += page["attempts"]
            cursor = page["cursor"]
            if not cursor:
                return found
