# SPDX-License-Identifier: Apache-2.0
"""Any message at all that the CDDL allows: random payloads of every typ, edges
preferred.

A maker takes a random.Random and the set of optional keys to give, and returns
the payload; OPTIONAL names those keys for each typ.
"""
import datetime
import hashlib
import os
import zlib

import oapmsg as m

U64 = 2 ** 64 - 1
SEQ = 2 ** 53 - 1
I63 = 2 ** 63 - 1
U32 = 2 ** 32 - 1
SECONDS = 253402300799          # the end of the year 9999
MS = SECONDS * 1000 + 999
AMOUNT = 10 ** 12
OFFSET = 3155760000000          # a century of milliseconds
EDGES = (0, 1, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32)

OPTIONAL = {
    m.PASS: (5, 8, "hint"), m.PRESENTATION: (3,),
    m.ATTEMPT: (8, 9, 15), m.REVERSAL: (8,),
    m.BUNDLE: (8,), m.ENROLMENT: (6,), m.ISSUER_DOCUMENT: (),
    m.QUESTION: (8,), m.REPORT: (16,), m.RECEIPT: (), m.STATUS_TOKEN: (),
}
BENEFIT_OPTIONAL = (3, 4, 5, 11, 12, 13, 14)


def number(r, low, high):
    edges = [e for e in EDGES if low <= e <= high] + [low, high]
    return r.choice(edges) if r.random() < .5 else r.randint(low, high)


def octets(r, n):
    return r.randbytes(n)


def text(r, low, high):
    """UTF-8 of low..high bytes, of one to four bytes a character."""
    want = number(r, low, high)
    out = b""
    while len(out) < want:
        room = want - len(out)
        size = r.randint(1, min(4, room))
        code = {1: r.randint(0x01, 0x7f), 2: r.randint(0x80, 0x7ff),
                3: r.choice([r.randint(0x800, 0xd7ff), 0xffff]),
                4: r.randint(0x10000, 0x10ffff)}[size]
        out += chr(code).encode()
    return out.decode()


def name_id(r):
    first = "abcdefghijklmnopqrstuvwxyz0123456789"
    n = number(r, 1, 32)
    return r.choice(first) + "".join(
        r.choice(first + "-") for _ in range(n - 1))


def names(r):
    given = r.sample(["en", "ja", "ko", "zh"], r.randint(1, 4))
    return {tag: text(r, 1, r.choice([8, 600])) for tag in given}


def currency(r):
    return r.choice(["KRW", "JPY", "EUR", "KWD", "USD",
                     "".join(r.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=3))])


def date(r):
    day = datetime.date.fromordinal(r.randint(
        datetime.date(1970, 1, 1).toordinal(), datetime.date.max.toordinal()))
    return r.choice([19700101, 20000229, 20261231, 99991231,
                     10000 * day.year + 100 * day.month + day.day])


def some(r, make, low, high):
    """low..high values, in any order, the same one twice too."""
    return [make(r) for _ in range(r.randint(low, high))]


def sample(r, make, low, high):
    """low..high distinct values, ascending."""
    found = set()
    while len(found) < r.randint(low, high) or len(found) < low:
        found.add(make(r))
    return sorted(found)


def key(r):
    return m.key_of(octets(r, 32))


# ----------------------------------------------------------- payloads
def pass_payload(r, given):
    iat = number(r, 0, SECONDS - 2)
    exp = number(r, iat + 2, SECONDS)
    out = {1: text(r, 1, 32), 4: exp, 6: iat,
           7: octets(r, 16),
           65535: {"status_list": {"idx": number(r, 0, U64),
                                   "uri": text(r, 1, 128)}},
           -65537: {1: r.randint(0, 4)}}
    if 5 in given:
        out[5] = number(r, iat + 1, exp - 1)
    elif r.random() < .2:
        out[4] = iat + 1
    if 8 in given:
        out[8] = {1: m.cose_key(m.public(key(r)))}
    if "hint" in given:
        out[-65537][2] = text(r, 1, 24)
    return out


def presentation_payload(r, given):
    out = {6: number(r, 0, SECONDS)}
    if 3 in given:
        out[3] = name_id(r)
    return out


def chained(r):
    return {1: octets(r, 16), 2: number(r, 1, SEQ), 3: octets(r, 32),
            4: number(r, 0, MS), 5: number(r, 0, U64),
            12: number(r, -OFFSET, OFFSET), 13: name_id(r)}


def attempt_payload(r, given):
    out = chained(r)
    out.update({6: name_id(r), 7: number(r, 1, 999), 10: number(r, 1, 255),
                11: octets(r, 32)})
    for k, v in ((8, number(r, 0, AMOUNT)), (9, number(r, 0, AMOUNT)),
                 (15, octets(r, 24))):
        if k in given:
            out[k] = v
    return out


def reversal_payload(r, given):
    out = chained(r)
    out.update({6: [octets(r, 8), octets(r, 16)], 7: r.randint(0, 3)})
    if 8 in given:               # an operator's
        out = {k: out[k] for k in (1, 4, 6, 7, 13)}
        out[8] = name_id(r)
    return out


def question_payload(r, given):
    out = {1: octets(r, 16), 4: number(r, 0, MS), 5: number(r, 0, U64),
           6: name_id(r), 7: number(r, 1, 999),
           11: octets(r, number(r, 1, 768)), 12: number(r, -OFFSET, OFFSET),
           13: name_id(r), 14: number(r, 0, 60000)}
    if 8 in given:
        out[8] = number(r, 0, AMOUNT)
    return out


def report_payload(r, given):
    out = {2: number(r, 1, SEQ), 4: number(r, 0, MS), 5: number(r, 0, U64),
           12: number(r, -OFFSET, OFFSET), 17: number(r, 0, U64),
           18: text(r, 1, 32)}
    if 16 in given:
        out[2] = number(r, 2, SEQ)
        out[16] = number(r, 1, out[2] - 1)
    return out


def enrolment_payload(r, given, signer):
    out = {1: m.public(signer), 2: octets(r, 16), 3: number(r, 0, SECONDS),
           4: octets(r, 8), 5: text(r, 1, 32)}
    if 6 in given:
        old = key(r)
        out[2] = old.sign(m.kid(m.public(signer))).signature
        out[6] = m.kid(m.public(old))
    return out


def issuer_key(r):
    state = r.randint(0, 2)
    start = number(r, 0, SECONDS)
    until = number(r, 0, SECONDS)
    if state != 1 and r.random() < .5:
        until = None
    return [m.public(key(r)), state, start, until]


def issuer_payload(r, _given=()):
    uris = sample(r, lambda r: text(r, 1, 128), 0, 4)
    r.shuffle(uris)
    return {1: text(r, 1, 32), 2: number(r, 0, I63),
            3: number(r, 0, SECONDS),
            4: [issuer_key(r) for _ in range(r.choice([0, 1, 2, 23, 24, 64]))],
            5: uris, 6: names(r)}


def status_payload(r, _given=()):
    bits, iat = r.choice([1, 2, 4, 8]), number(r, 0, SECONDS)
    return {2: text(r, 1, 128), 4: number(r, iat, SECONDS), 6: iat,
            65533: {"bits": bits,
                    "lst": zlib.compress(octets(r, number(r, 1, 700)), 9)},
            65534: number(r, 0, SECONDS)}


def receipt_payload(r, _given=()):
    held = number(r, 0, U64)
    return {1: octets(r, 8), 2: number(r, 0, MS), 3: held,
            4: octets(r, 32), 5: number(r, 0, U64),
            6: [[number(r, 0, U64), number(r, 1, 255), number(r, 0, U32)]
                for _ in range(r.choice([0, 1, 23, 24, 256]))]}


# ------------------------------------------------------------- bundle
def facility(r, fid):
    starts = sample(r, lambda r: number(r, 0, SECONDS), 0, 16)
    return {1: fid, 2: name_id(r), 3: names(r), 4: currency(r),
            5: number(r, -64800, 64800),
            6: [[t, number(r, -64800, 64800)] for t in starts]}


def hours(r):
    start = r.randint(0, 1439)
    return [number(r, 1, 127), start, r.randint(start + 1, 1440)]


def benefit(r, bid, given):
    kind = r.randint(0, 3)
    out = {1: bid, 2: names(r), 6: kind,
           7: [number(r, 0, 10000), number(r, 0, AMOUNT),
               number(r, 0, AMOUNT), 0][kind],
           8: number(r, 1, 1000000), 9: number(r, 1, 999),
           10: [number(r, 1, 1000000), r.randint(0, 3), r.randint(0, 1)],
           15: r.randint(0, 2), 16: r.random() < .5,
           17: number(r, 0, 1440), 18: currency(r)}
    first, last = sorted((date(r), date(r)))
    parts = {3: lambda: some(r, name_id, 1, 5),
             4: lambda: some(r, lambda r: text(r, 1, 32), 1, 3),
             5: lambda: sample(r, lambda r: r.randint(0, 4), 1, 5),
             11: lambda: first, 12: lambda: last,
             13: lambda: [hours(r) for _ in range(r.randint(1, 4))],
             14: lambda: sample(r, date, 1, 4)}
    out.update({k: parts[k]() for k in given})
    return out


def policy(r, amounts):
    out = {1: number(r, 0, SECONDS), 2: number(r, 0, SECONDS),
           3: number(r, 0, 3600), 4: number(r, 10, 3600),
           5: number(r, 0, I63), 7: number(r, 100, 5000),
           8: number(r, 0, SECONDS)}
    if amounts:
        out[6] = {currency(r): number(r, 0, AMOUNT)
                  for _ in range(r.randint(1, 4))}
    return out


def bundle_issuer(r, iss):
    """Its document and tokens are messages of their own; a token may be
    anything."""
    root, signer = key(r), key(r)
    document = m.sign1(m.ISSUER_DOCUMENT, {**issuer_payload(r), 1: iss}, root)
    tokens = [octets(r, number(r, 0, 300)) if r.random() < .3
              else m.sign1(m.STATUS_TOKEN, status_payload(r), signer)
              for _ in range(r.randint(0, 2))]
    return [m.public(root), document, tokens]


def bundle_payload(r, given):
    made = number(r, 0, SECONDS)
    out = {1: number(r, 0, I63), 2: made, 3: number(r, made, SECONDS),
           4: [bundle_issuer(r, iss)
               for iss in sample(r, lambda r: text(r, 1, 32), 0, 2)],
           5: [facility(r, f) for f in sample(r, name_id, 0, 3)],
           6: [benefit(r, b, [k for k in BENEFIT_OPTIONAL
                              if r.random() < .5])
               for b in sample(r, name_id, 0, 4)],
           7: policy(r, r.random() < .5),
           9: [[k, name_id(r), r.randint(0, 3)]
               for k in sample(r, lambda r: octets(r, 8), 0, 3)],
           10: [octets(r, 32) for _ in range(r.randint(0, 2))]}
    if 8 in given:
        out[8] = m.public(key(r))
    return out


MAKERS = {
    m.PASS: pass_payload, m.PRESENTATION: presentation_payload,
    m.ATTEMPT: attempt_payload, m.REVERSAL: reversal_payload,
    m.BUNDLE: bundle_payload, m.ISSUER_DOCUMENT: issuer_payload,
    m.QUESTION: question_payload, m.REPORT: report_payload,
    m.RECEIPT: receipt_payload, m.STATUS_TOKEN: status_payload,
}


def full_bundle(r, given):
    one = {**facility(r, "f"), 6: [[8, 0], [9, 1]]}
    offer = benefit(r, "b", BENEFIT_OPTIONAL)
    offer[13] = [hours(r), hours(r)]
    return {**bundle_payload(r, given),
            4: [bundle_issuer(r, "seoul.example")[:2] + [[b"a", b"b"]]],
            5: [one], 6: [offer], 7: policy(r, True),
            9: [[bytes([i]) * 8, name_id(r), i] for i in (1, 2)],
            10: [octets(r, 32), octets(r, 32)]}


def full(r, typ, given):
    """A payload with something in every list, or None where the signer makes
    it."""
    if typ == m.ENROLMENT:
        return None
    if typ == m.BUNDLE:
        return full_bundle(r, given)
    payload = MAKERS[typ](r, given)
    if typ == m.ISSUER_DOCUMENT:
        payload[4] = [[octets(r, 32), state, 8, 9] for state in (0, 1, 2)]
        payload[5] = ["https://seoul.example/%d" % i for i in (0, 1)]
    if typ == m.RECEIPT:
        payload[6] = [[1, 1, 0], [2, 1, 0]]
    return payload


class Message:
    """One message: its typ, payload, the seed that signs it, its bytes."""

    def __init__(self, r, typ, given, payload=None):
        self.typ, self.seed = typ, octets(r, 32)
        self.signer = m.key_of(self.seed)
        self.pass_message = self.mac = self.device = None
        if typ in m.MAC_TYPS:
            self.device, self.mac = octets(r, 8), octets(r, 32)
        if typ == m.PRESENTATION:
            bound = pass_payload(r, [k for k in OPTIONAL[m.PASS]
                                     if k == 8 or r.random() < .5])
            bound[8] = {1: m.cose_key(m.public(self.signer))}
            self.pass_message = m.sign1(m.PASS, bound, key(r))
        if payload is None:
            payload = enrolment_payload(r, given, self.signer) \
                if typ == m.ENROLMENT else MAKERS[typ](r, given)
        self.payload = payload

    def header(self):
        if self.typ == m.PRESENTATION:
            return {1: -8, 13: m.Raw(self.pass_message), 16: self.typ}
        kid = self.device or m.kid(m.public(self.signer))
        return m.header_of(self.typ, kid)

    def sealed(self, payload=None, header=None, unprotected=None):
        """The message, with encoded parts in place of its own if given."""
        payload = m.encode(self.payload) if payload is None else payload
        header = m.encode(self.header()) if header is None else header
        if self.mac:
            return m.mac0_of(header, payload, self.mac, unprotected)
        return m.sign1_of(header, payload, self.signer, unprotected)


def seed():
    """Of this run, from OAP_SEED if that is given; print it."""
    return int(os.environ.get("OAP_SEED") or
               int.from_bytes(os.urandom(4), "big"))


def digest(data):
    return hashlib.sha256(data).hexdigest()
