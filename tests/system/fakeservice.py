# SPDX-License-Identifier: Apache-2.0
"""A service for one kiosk, made from the messages alone: small, obedient, and
able to be silent, to break off, to answer nonsense and to go back in time.
What the real daemon does is tested against the real daemon."""
import hashlib
import http.server
import json
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402

NUMBERS = {"accepted": 1, "malformed": 16, "unknown-format": 17,
           "unsupported-version": 18, "bad-signature": 19, "already-redeemed": 64,
           "accepted-offline": 2, "offline-not-allowed": 100,
           "journal-failed": 102, "busy": 112, "unavailable": 113,
           "device-revoked": 121, "reversed": 128,
           "nothing-to-reverse": 130, "reversal-not-allowed": 131}
NAMES = {number: name for name, number in NUMBERS.items()}
FACILITIES = [
    {1: "nmk", 2: "seoul", 3: {"en": "National Museum of Korea",
                               "ko": "국립중앙박물관"},
     4: "KRW", 5: 32400, 6: []},
    {1: "tnm", 2: "tokyo", 3: {"en": "Tokyo National Museum",
                               "ja": "東京国立博物館"},
     4: "JPY", 5: 32400, 6: []},
]
POLICY = {1: 129600, 2: 604800, 3: 120, 4: 60, 5: 50, 7: 5000, 8: 2592000}


def benefit(id, currency, facilities, **changes):
    out = {1: id, 2: {"en": "Residents of sister cities"}, 3: facilities,
           6: 0, 7: 2000, 8: 10, 9: 4, 10: [1, 0, 1], 15: 0, 16: True,
           17: 30, 18: currency}
    out.update({int(k[1:]): v for k, v in changes.items()})
    return out


class Service:
    """deadline_ms: what the policy gives a question. offline: whether a kiosk
    may accept alone."""

    def __init__(self, facility="nmk", deadline_ms=5000, offline=True):
        self.key = m.key_of(os.urandom(32))
        self.public = m.public(self.key)
        self.issuer = oapcast.Issuer()
        self.secret = os.urandom(16)
        self.facility, self.state = facility, 1
        self.policy = dict(POLICY)
        self.policy[7] = deadline_ms
        self.benefits = [benefit("day-jp", "JPY", ["tnm"], _16=offline),
                         benefit("day-kr", "KRW", ["nmk"], _16=offline)]
        self.epoch = self.made_at = int(time.time()) - 5
        self.clock_ms = 0       # ahead of the real time
        self.kiosk = None       # its public key
        self.used = {}          # (cti, benefit) -> ms
        self.asked = []         # (body, question, items)
        self.held = {}          # seq -> (entry bytes, payload, scanned)
        self.reports = []
        self.bundles = 0        # times that it was asked for
        self.trouble = {}       # path -> what to do instead of answering
        self.waiting = 0        # requests that meet silence
        self.release = threading.Event()  # ends a silence
        handler = type("Handler", (Handler,), {"service": self})
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever,
                                       args=(0.05,), daemon=True)
        self.thread.start()

    def close(self):
        self.release.set()
        if self.http is not None:
            self.http.shutdown()
            self.http.server_close()
            self.thread.join()
            self.http = None

    @property
    def port(self):
        return self.http.server_address[1]

    def code(self):
        return m.enrolment_code("http://127.0.0.1:%d" % self.port,
                                self.public, self.secret,
                                int(time.time()) + 900)

    def now_ms(self):
        return int(time.time() * 1000) + self.clock_ms

    def bundle(self, key=None, **changes):
        kiosks = []
        if self.kiosk is not None:
            kiosks = [[m.kid(self.kiosk), self.facility, self.state]]
        payload = {1: self.epoch, 2: self.made_at,
                   3: self.made_at + self.policy[2],
                   4: [[m.public(self.issuer.root), self.issuer.document(),
                        [self.issuer.token()]]],
                   5: FACILITIES, 6: self.benefits, 7: self.policy,
                   9: kiosks, 10: []}
        payload.update({int(k[1:]): v for k, v in changes.items()})
        return m.sign1(m.BUNDLE, payload, key or self.key)

    def newer(self):
        self.epoch += 1
        self.made_at += 1

    def mac(self):
        return m.mac_key(self.key, self.kiosk)

    # ------------------------------------------------------ answers
    def answer_enrolment(self, body):
        outer = m.decode(body)
        public = m.decode(outer.value[2])[1]
        payload = m.open_message(body, m.ENROLMENT, public)
        if payload[2] != self.secret or self.kiosk not in (None, public):
            return 403, {"title": "Forbidden", "status": 403,
                         "detail": "enrolment code: used by another kiosk; "
                                   "make a new one with oapctl kiosk add"}
        self.kiosk = public
        return 200, {"kiosk": m.kid(public).hex(), "facility": self.facility,
                     "state": "active" if self.state == 1 else "pending",
                     "service_ms": self.now_ms(), "epoch": self.epoch}

    def keep(self, items):
        results = []
        for encoded in items:
            entry, salt, scanned = m.decode(encoded)
            typ = m.decode(m.decode(entry).value[0])[16]
            payload = m.open_message(entry, typ, self.kiosk)
            if typ == m.ATTEMPT:
                assert m.commitment(salt, scanned) == payload[11]
            number = payload.get(10, NUMBERS["reversed"])
            # "not now" is told to nobody as a verdict
            assert number < 112 or typ == m.REVERSAL
            if typ == m.REVERSAL:
                self.take_back(payload[6][1])
            self.held[payload[2]] = (entry, payload, scanned)
            results.append({"seq": payload[2], "verdict": NAMES[number],
                            "number": number, "marks": []})
        return results

    def take_back(self, id):
        for key, use in list(self.used.items()):
            if use[1] == id:
                del self.used[key]

    def answer_ask(self, body):
        question, items = m.decode(body)
        q = m.open_message(question, m.QUESTION, self.mac())
        self.asked.append((body, q, items))
        results = self.keep(items)
        cti = m.decode(m.decode(q[11]).value[2])[7]
        key = (cti, q[6])
        now = self.now_ms()
        out = {"service_ms": now, "items": results, "stale": [],
               "stored": False, "id": q[1].hex(), "epoch": self.epoch,
               "grant": (now.to_bytes(8, "big") + os.urandom(16)).hex()}
        if key in self.used and self.used[key][1] != q[1]:
            out.update(verdict="already-redeemed", number=64, uses=1, limit=1,
                       first_use={"at_ms": self.used[key][0],
                                  "facility": self.facility,
                                  "city": "seoul"})
            return 200, out
        self.used.setdefault(key, (now, q[1]))
        out.update(verdict="accepted", number=1, uses=1, limit=1)
        if 8 in q:
            price = q[8] * 8000 // 10000 // 10 * 10
            out.update(list=q[8], discount=q[8] - price, price=price,
                       currency={"nmk": "KRW", "tnm": "JPY"}[q[13]])
        return 200, out

    def answer_entries(self, body):
        report, items = m.decode(body)
        self.reports.append(m.open_message(report, m.REPORT, self.mac()))
        results = self.keep(items)
        top = 0
        while top + 1 in self.held:
            top += 1
        digest = hashlib.sha256(self.held[top][0]) if top else None
        return 200, {"results": results, "device": "active",
                     "service_ms": self.now_ms(),
                     "held": {"seq": top, "count": len(self.held),
                              "hash": digest.hexdigest() if digest
                              else "00" * 32},
                     "epoch": self.epoch}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def reply(self, status, body, kind="application/json", headers=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def in_trouble(self, answer):
        """True: nothing more is to be said."""
        what = self.service.trouble.get(self.path)
        if isinstance(what, list):  # one after the other
            what = what.pop(0) if what else None
        if what is None:
            return False
        if what == "silent":
            self.service.waiting += 1
            self.service.release.wait(30)
            self.close_connection = True
        elif what == "drop":  # before it is looked at
            self.close_connection = True
        elif what == "lose":  # done, but the answer never arrives
            answer()
            self.close_connection = True
        else:
            status, body, headers = what
            self.reply(status, body, "application/problem+json", headers)
        return True

    def do_POST(self):
        service = self.service
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = {"/v1/enrolments": service.answer_enrolment,
                  "/v1/ask": service.answer_ask,
                  "/v1/entries": service.answer_entries}[self.path]
        if not self.in_trouble(lambda: answer(body)):
            self.reply(*answer(body))

    def do_GET(self):
        if self.in_trouble(lambda: None):
            return
        assert self.path == "/v1/bundle"
        self.service.bundles += 1
        message = getattr(self.service, "served", None)
        message = message or self.service.bundle()
        etag = '"%s"' % hashlib.sha256(message).hexdigest()
        if self.headers.get("If-None-Match") == etag:
            self.reply(304, b"", headers=[("ETag", etag)])
        else:
            self.reply(200, message, "application/cose",
                       [("ETag", etag)])
