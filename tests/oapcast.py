# SPDX-License-Identifier: Apache-2.0
"""The cast of a test: a city that issues, a service, kiosks; all of it made
with oapmsg, so that a real program can be met by the other side of it."""
import hashlib
import os
import time
import zlib

import oapmsg as m

SEOUL = {"en": "Seoul", "ko": "서울", "ja": "ソウル", "zh": "首尔"}


def uuid7(at_ms=None, rand=os.urandom):
    """RFC 9562 section 5.7."""
    at_ms = int(time.time() * 1000) if at_ms is None else at_ms
    raw = bytearray(at_ms.to_bytes(6, "big") + rand(10))
    raw[6] = raw[6] & 0x0f | 0x70
    raw[8] = raw[8] & 0x3f | 0x80
    return bytes(raw)


class Issuer:
    """A city office: a root key, signing keys, one status list of 2 bits."""

    def __init__(self, iss="seoul.example", names=SEOUL, capacity=4096,
                 seed=None, now=None):
        seed = seed or os.urandom(16).hex()
        self.iss, self.names = iss, names
        self.root = m.key_of(iss + seed + "root")
        self.key = m.key_of(iss + seed + "key")
        self.uri = "https://%s/status/0" % iss
        self.number, self.next_index = 1, 0
        self.now = int(time.time()) if now is None else now
        self.keys = [[m.public(self.key), 0, self.now - 86400, None]]
        self.statuses = bytearray(capacity)  # one byte a pass, 0..3

    def document(self, **changes):
        payload = {1: self.iss, 2: self.number, 3: self.now - 60,
                   4: self.keys, 5: [self.uri], 6: self.names}
        payload.update({int(k[1:]): v for k, v in changes.items()})
        return m.sign1(m.ISSUER_DOCUMENT, payload, self.root)

    def token(self, iat=None, exp=None, ttl=129600, key=None, uri=None):
        iat = self.now - 60 if iat is None else iat
        packed = bytearray(len(self.statuses) // 4)
        for i, value in enumerate(self.statuses):
            packed[i // 4] |= value << 2 * (i % 4)
        payload = {2: uri or self.uri, 4: exp or iat + 14 * 86400, 6: iat,
                   65533: {"bits": 2, "lst": zlib.compress(bytes(packed), 9)},
                   65534: ttl}
        return m.sign1(m.STATUS_TOKEN, payload, key or self.key)

    def pass_payload(self, days=365, cls=0, hint=None, holder=None, cti=None,
                     iat=None, exp=None, nbf=None, idx=None):
        iat = self.now - 60 if iat is None else iat
        if idx is None:
            idx, self.next_index = self.next_index, self.next_index + 1
        payload = {1: self.iss, 4: exp or iat + days * 86400, 6: iat,
                   7: cti or os.urandom(16),
                   65535: {"status_list": {"idx": idx, "uri": self.uri}},
                   -65537: {1: cls}}
        if hint is not None:
            payload[-65537][2] = hint
        if holder is not None:
            payload[8] = {1: m.cose_key(m.public(holder))}
        if nbf is not None:
            payload[5] = nbf
        return payload

    def issue(self, key=None, **how):
        return m.sign1(m.PASS, self.pass_payload(**how), key or self.key)


class Kiosk:
    """A device: its key, its chain of entries, its questions."""

    def __init__(self, service_public, facility, key=None, epoch=0):
        self.key = key or m.key_of(os.urandom(32))
        self.kid = m.kid(m.public(self.key))
        self.facility, self.epoch = facility, epoch
        self.meet(service_public)
        self.seq, self.prev = 0, bytes(32)

    def meet(self, service_public):
        self.service_public = service_public
        self.mac = m.mac_key(self.key, service_public)

    def enrolment(self, secret, version="oapmsg 1", made_at=None):
        payload = {1: m.public(self.key), 2: secret,
                   3: int(time.time()) if made_at is None else made_at,
                   4: m.kid(self.service_public), 5: version}
        return m.sign1(m.ENROLMENT, payload, self.key)

    @staticmethod
    def now_ms():
        return int(time.time() * 1000)

    def question(self, scanned, benefit, party=1, amount=None, id=None,
                 left=5000, at=None, **changes):
        at = self.now_ms() if at is None else at
        payload = {1: id or uuid7(at), 4: at, 5: self.epoch, 6: benefit,
                   7: party, 11: scanned, 12: 0, 13: self.facility, 14: left}
        if amount is not None:
            payload[8] = amount
        payload.update({int(k[1:]): v for k, v in changes.items()})
        return m.mac0(m.QUESTION, payload, self.kid, self.mac)

    def _chained(self, payload, typ):
        self.seq += 1
        payload.update({2: self.seq, 3: self.prev})
        message = m.sign1(typ, payload, self.key)
        self.prev = hashlib.sha256(message).digest()
        return message

    def attempt(self, scanned, benefit, told, id=None, party=1, amount=None,
                discount=None, grant=None, at=None, salt=None):
        """An upload's item."""
        at = self.now_ms() if at is None else at
        salt = salt or os.urandom(16)
        payload = {1: id or uuid7(at), 4: at, 5: self.epoch, 6: benefit,
                   7: party, 10: told, 11: m.commitment(salt, scanned),
                   12: 0, 13: self.facility}
        for key, value in ((8, amount), (9, discount), (15, grant)):
            if value is not None:
                payload[key] = value
        return m.item(self._chained(payload, m.ATTEMPT), salt, scanned)

    def reversal(self, of_id, of_kid=None, reason=0, id=None, at=None):
        at = self.now_ms() if at is None else at
        payload = {1: id or uuid7(at), 4: at, 5: self.epoch,
                   6: [of_kid or self.kid, of_id], 7: reason, 12: 0,
                   13: self.facility}
        return m.item(self._chained(payload, m.REVERSAL))

    def report(self, oldest_unsent=None, depth=0, version="oapmsg 1",
               at=None):
        payload = {2: self.seq + 1,
                   4: self.now_ms() if at is None else at, 5: self.epoch,
                   12: 0, 17: depth, 18: version}
        if oldest_unsent is not None:
            payload[16] = oldest_unsent
        return m.mac0(m.REPORT, payload, self.kid, self.mac)
