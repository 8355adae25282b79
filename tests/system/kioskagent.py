# SPDX-License-Identifier: Apache-2.0
"""oap-kiosk run, as its tests start, call and end it."""
import contextlib
import http.client
import json
import os
import queue
import select
import signal
import socket
import subprocess
import threading
import time

import door
import oaprun


class Agent:
    """One that runs; args go to it as they are. given: its token, when that
    is not the one that it made."""

    def __init__(self, kiosk, *args, listen="127.0.0.1:0", given=None,
                 **popen):
        self.kiosk, self.given = kiosk, given
        self.log = open(kiosk.dir + ".log", "ab")
        self.process = subprocess.Popen(
            [door.KIOSK, "run", "--dir", kiosk.dir, "--listen", listen,
             *args], stdout=subprocess.PIPE, stderr=self.log, text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"}, **popen)
        oaprun.RUNNING.add(self)
        ready, _, _ = select.select([self.process.stdout], [], [],
                                    oaprun.PATIENCE)
        line = self.process.stdout.readline() if ready else ""
        if not line.startswith("listening on http://"):
            self.kill()
            raise oaprun.Dead(line + self.said())
        self.url = line.split()[2]
        self.host = self.url.removeprefix("http://")
        self.process.stdout.readline()

    @property
    def token(self):
        with open(self.kiosk.dir + "/agent.token") as file:
            return file.read().strip()

    def key(self):
        return self.given or self.token

    @property
    def link(self):
        with open(self.kiosk.dir + "/agent.page") as file:
            return file.read().strip()

    def said(self):
        with open(self.kiosk.dir + ".log") as file:
            return file.read()

    def connect(self):
        return http.client.HTTPConnection(self.host, timeout=oaprun.PATIENCE)

    def raw(self, method, path, body=None, headers=None):
        """Status, headers, bytes."""
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()

    def headers(self, body=None):
        out = {"Authorization": "Bearer " + self.key()}
        if body is not None:
            out["Content-Type"] = "application/json"
        return out

    def call(self, method, path, value=None, **headers):
        """Status and JSON."""
        body = None if value is None else json.dumps(value)
        status, _, reply = self.raw(method, path, body,
                                    {**self.headers(body), **headers})
        return status, json.loads(reply)

    def good(self, method, path, value=None):
        status, answer = self.call(method, path, value)
        assert status == 200, answer
        return answer

    def scan(self, code):
        return self.good("POST", "/scan", {"code": code})

    def status(self):
        return self.good("GET", "/status")

    def ready(self):
        """Its bundle is known."""
        oaprun.wait_for(lambda: "benefit" in self.good("GET", "/desk"),
                        "a benefit to be chosen")
        return self

    def tell(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        return self.reap()

    def reap(self):
        status = self.process.wait(oaprun.PATIENCE)
        self.process.stdout.close()
        self.log.close()
        oaprun.RUNNING.discard(self)
        said = self.said()
        assert "Sanitizer:" not in said and "runtime error:" not in said, said
        return status

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.tell(number)
        return self.reap()


class Events:
    """What GET /events tells, as it comes."""

    def __init__(self, agent):
        self.connection = agent.connect()
        self.connection.request("GET", "/events", headers=agent.headers())
        self.socket = self.connection.sock
        self.reply = self.connection.getresponse()
        assert self.reply.status == 200, self.reply.read()
        self.heard = queue.Queue()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        name = None
        with contextlib.suppress(OSError, ValueError, AttributeError,
                                 http.client.HTTPException):
            for line in self.reply:
                line = line.decode().rstrip("\n")
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    self.heard.put((name, json.loads(line[6:])))
        self.heard.put(("end", None))

    def wait(self, name, such=lambda value: True):
        """The next one of that name for which such() holds."""
        until = time.monotonic() + oaprun.PATIENCE
        while True:
            left = until - time.monotonic()
            assert left > 0, "waited in vain for " + name
            got, value = self.heard.get(timeout=left)
            if got == name and such(value):
                return value
            assert got != "end", "the stream ended before " + name

    def close(self):
        with contextlib.suppress(OSError):  # the other side was first
            self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(oaprun.PATIENCE)
        self.reply.close()
        self.connection.close()
