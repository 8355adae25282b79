#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes seeds of corpus/ again, the same bytes every time: messages of every
typ with few and with all of their optional keys, made from the CDDL alone, and
of each the faults that a random change seldom makes. Other files there were
found by fuzzing and stay as they are.

    tests/fuzz/seeds.py [DIRECTORY]
"""
import os
import random
import sys

import cbor2

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.dont_write_bytecode = True

import oapany  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402

KEY = m.key_of(b"\1" + bytes(31))       # of fuzz.h
NOW = 1795478400
NAMES = {m.PASS: "pass", m.PRESENTATION: "presentation",
         m.ATTEMPT: "attempt", m.REVERSAL: "reversal", m.BUNDLE: "bundle",
         m.ENROLMENT: "enrolment", m.ISSUER_DOCUMENT: "issuerdoc",
         m.QUESTION: "question", m.REPORT: "report", m.RECEIPT: "receipt",
         m.STATUS_TOKEN: "token"}


def small(message, limit=4096):
    return len(message.sealed()) <= limit


def any_message(typ, given, number):
    """The first small one from that number on, signed by KEY."""
    while True:
        message = oapany.Message(random.Random(number), typ, given)
        if typ not in (m.PRESENTATION, m.ENROLMENT):
            message.signer = KEY
        if message.mac:
            message.mac = m.public(KEY)
        if small(message):
            return message
        number += 1000


def messages():
    """(name, message) of every typ."""
    for n, typ in enumerate(m.ALL_TYPS):
        optional = oapany.OPTIONAL[typ]
        yield NAMES[typ] + "-least", any_message(typ, (), n)
        if optional:
            yield NAMES[typ] + "-most", any_message(typ, optional, n)


def pass_of(**how):
    return oapcast.Issuer(seed="0", now=NOW).issue(
        key=KEY, cti=bytes(range(16)), **how)


def scans():
    plain = pass_of(hint="K.M.")
    bound = pass_of(holder=KEY, nbf=NOW + 60)
    live = m.presentation(bound, {3: "tnm", 6: NOW}, KEY)
    yield "plain", plain
    yield "bound", bound
    yield "live", live
    yield "code-plain", m.code(plain).encode()
    yield "code-live", m.code(live).encode() + b"\r\n"
    yield "code-next-version", b"OAP2:ABC"
    yield "code-no-base45", b"OAP1:abc"
    yield "address", b"https://example.org/ticket/42?lang=ko"
    yield "address-utf8", "https://박물관.example/표/42".encode()
    yield "not-utf8", b"\xff\xfe12345678901234567890"
    yield "payload", m.encode(oapany.pass_payload(random.Random(1),
                                                  (5, 8, "hint")))
    yield "payload-live", m.encode({3: "tnm", 6: NOW})
    payload = oapany.pass_payload(random.Random(2), ())
    yield "payload-least", m.encode(payload)
    yield "payload-over-at-once", m.encode({**payload, 5: payload[4]})
    status, own = payload.pop(65535), payload.pop(-65537)
    yield "payload-swallowed", m.encode({**payload, 8: {
        1: m.cose_key(m.public(KEY)), 65535: status, -65537: own}})
    yield "payload-live-least", m.encode({6: NOW})


def entries():
    kiosk = oapcast.Kiosk(m.public(KEY), "tnm", key=KEY)
    scanned = pass_of(hint="K.M.")
    one = kiosk.attempt(scanned, "half", 1, id=bytes(16), party=2,
                        amount=2000, discount=1000, grant=bytes(24),
                        at=NOW * 1000, salt=bytes(16))
    two = kiosk.attempt(b"https://example.", "half", 17, id=bytes(16),
                        at=NOW * 1000, salt=bytes(16))
    back = kiosk.reversal(bytes(16), id=bytes(16), at=NOW * 1000)
    by_office = any_message(m.REVERSAL, (8,), 3).sealed()
    yield "item-attempt", one
    yield "item-reversal", back
    yield "body", m.body(kiosk.report(at=NOW * 1000),
                         [one, two, back, m.item(by_office), b"\xff"])
    yield "body-empty", m.body(b"", [])


def talk():
    for n, typ in enumerate((m.ENROLMENT, m.RECEIPT)):
        for more in range(3):
            yield "%s-%d" % (NAMES[typ], more), any_message(
                typ, oapany.OPTIONAL[typ], 100 * n + more).sealed()
    for typ in (m.QUESTION, m.REPORT, m.ENROLMENT, m.RECEIPT):
        for name, given in (("least", ()), ("most", oapany.OPTIONAL[typ])):
            r = random.Random(7)
            payload = oapany.enrolment_payload(r, given, KEY) \
                if typ == m.ENROLMENT else oapany.MAKERS[typ](r, given)
            yield "payload-%s-%s" % (NAMES[typ], name), m.encode(payload)
    report = oapany.report_payload(random.Random(8), ())
    for name, unsent in (("nothing", 0), ("unwritten", report[2])):
        yield "payload-report-" + name, m.encode({**report, 16: unsent})


def cbor():
    for name, value in (
            ("zero", 0), ("minus", -1), ("largest", oapany.U64),
            ("smallest", -oapany.U64 - 1), ("i63", oapany.I63), ("minus-i63", -oapany.I63 - 1),
            ("text", "표"), ("bytes", bytes(300)), ("null", None),
            ("map", {0: 1, -1: "a", "b": [m.Raw(b"\xf4"), m.Raw(b"\xf5")]}),
            ("tag", cbor2.CBORTag(18, [b"", {}, b"", b""])),
            ("deep", [[[[[[[[]]]]]]]])):
        yield name, m.encode(value)
    for name, value in (
            ("too-deep", "8181818181818181" "80"), ("float", "f93c00"),
            ("undefined", "f7"), ("simple", "f8ff"), ("long-head", "1817"),
            ("long-head-8", "1b00000000ffffffff"), ("indefinite", "9fff"),
            ("reserved", "1c"), ("tag-0", "c000"), ("break", "ff"),
            ("unsorted", "a2010000 00"), ("twice", "a200000000"),
            ("twice-differing", "a200000001"),
            ("half", "59ffff00"), ("not-utf8", "62c328"),
            ("trailing", "0000"), ("huge-array", "9bffffffffffffffff"),
            ("truncated-head", "19ff"), ("nothing", "")):
        yield name, bytes.fromhex(value)


def cose():
    for name, message in messages():
        yield name, message.sealed()
    passes = any_message(m.PASS, (), 0)
    yield "alg-19", m.sign1(m.PASS, passes.payload, KEY, alg=-19)
    yield "untagged", passes.sealed()[1:]
    yield "other-alg", m.sign1(m.PASS, passes.payload, KEY, alg=-7)
    yield "other-typ", m.sign1(0, passes.payload, KEY)
    yield "text-typ", m.sign1("application/cwt", passes.payload, KEY)
    yield "unprotected", passes.sealed(unprotected={4: b"12345678"})
    yield "no-typ", passes.sealed(header=m.encode({1: -8, 4: bytes(8)}))
    yield "short-kid", passes.sealed(header=m.encode({1: -8, 4: bytes(7),
                                                      16: m.PASS}))


def base45():
    for name, text in (("nothing", ""), ("one", "BB8"), ("ietf", "QED8WEX0"),
                       ("hello", "%69 VD92EX0"), ("past", "GGW"),
                       ("past-odd", ":::"), ("single", "A"), ("lower", "a")):
        yield name, text.encode()
    yield "any", bytes(range(256))


BENEFIT = {1: "half", 2: {"en": "Half"}, 3: ["mmca", "tnm"],
           4: ["seoul.example"], 5: [0, 4], 6: 0, 7: 5000, 8: 10, 9: 4,
           10: [1, 0, 0], 11: 20260101, 12: 20261231,
           13: [[127, 0, 1440]], 14: [20261124, 20261125], 15: 0, 16: True,
           17: 30, 18: "KRW"}
FACILITY = {1: "tnm", 2: "tokyo", 3: {"en": "Museum"}, 4: "JPY", 5: 32400,
            6: [[NOW, 36000], [NOW + 1, 32400]]}
POLICY = {1: 129600, 2: 604800, 3: 120, 4: 60, 5: 100, 6: {"JPY": 5},
          7: 800, 8: 2592000}
FAULTS = {  # of one key each
    "benefit": (BENEFIT, {
        1: ["Half", 1], 2: [{}, {"en": ""}, {"xx": "a"}, {"en": 1}, []],
        3: [[], ["tnm", "mmca"], ["tnm", "tnm"], [1], 1], 4: [[], [""], [1]],
        5: [[], [5], [1, 0], ["a"]], 6: [4, "a"], 7: [10001, "a"], 8: [0],
        9: [0, 1000], 10: [[0, 0, 0], [1, 4, 0], [1, 0, 2], [1], 1],
        11: [20260230, 20270101], 12: [20251231, 1],
        13: [[], [[0, 0, 1]], [[1, 1, 1]], [[1, 0, 1441]], [[1]], [1]],
        14: [[], [20260230], [20261125, 20261124], ["a"]], 15: [3],
        16: [1], 17: [1441], 18: ["krw", "KR", 1], 19: [1]}),
    "facility": (FACILITY, {
        1: [""], 2: ["A"], 3: [{}], 4: ["yen"], 5: [64801],
        6: [[[1]], [1], [[NOW, 64801]], [[NOW, 0], [NOW, 0]], [["a", 0]],
            [[n, 0] for n in range(40)], 1], 7: [1]}),
    "policy": (POLICY, {
        1: ["a"], 2: ["a"], 3: [3601], 4: [9], 5: [-1],
        6: [{}, {"yen": 1}, {"JPY": -1}, {1: 1}, 1], 7: [99], 8: [-1],
        9: [1]}),
}


DOCUMENT = {1: "seoul.example", 2: 3, 3: NOW,
            4: [[m.public(KEY), 0, NOW, None]], 5: ["https://a/0"],
            6: {"en": "Seoul"}}
DOCUMENT_FAULTS = {
    1: ["", 1], 2: [-1], 3: ["a"],
    4: [1, [1], [[bytes(31), 0, 0, None]], [[bytes(32), 3, 0, None]],
        [[bytes(32), 1, 0, None]], [[bytes(32), 1, 5, 4]],
        [[bytes(32), 0, "a", None]], [[bytes(32), 0, 0, "a"]],
        [[bytes(32), 0, 0, None]] * 2],
    5: [1, [1], [""], ["a", "a"]], 6: [{}, 1], 7: [1]}
EMPTY = {1: 1, 2: NOW, 3: NOW + 1, 4: [], 5: [], 6: [], 7: POLICY, 9: [],
         10: []}
DOCUMENT_MESSAGE = m.sign1(m.ISSUER_DOCUMENT, DOCUMENT, KEY)
BUNDLE_FAULTS = {
    1: ["a"], 2: ["a"], 3: ["a", NOW - 1],
    4: [1, [1], [[bytes(31), b"", []]], [[bytes(32), b"\x01", []]],
        [[bytes(32), 1, []]], [[bytes(32), DOCUMENT_MESSAGE, 1]],
        [[bytes(32), DOCUMENT_MESSAGE, [1]]],
        [[bytes(32), DOCUMENT_MESSAGE, [b"\x01"]]],
        [[bytes(32), DOCUMENT_MESSAGE, []]] * 2],
    5: [1, [1], [FACILITY, FACILITY]], 6: [1, [1], [BENEFIT, BENEFIT]],
    7: [1], 8: [bytes(31)],
    9: [1, [1], [[bytes(7), "tnm", 0]], [[bytes(8), "", 0]],
        [[bytes(8), "tnm", 4]], [[bytes(8), "tnm", 0, 0]],
        [[bytes(8), "tnm", 1], [bytes(8), "tnm", 3]],
        [[b"kiosk--2", "tnm", 1], [b"kiosk--1", "tnm", 1]],
        [[b"kiosk--1", "tnm", 1], [b"kiosk--2", "tnm", 1]]],
    10: [1, [1], [bytes(31)]], 11: [1]}


def faulty(typ, good, faults):
    for key, values in faults.items():
        for n, value in enumerate(values):
            yield "fault-%d-%d" % (key, n), m.sign1(
                typ, {**good, key: value}, KEY)


def members():
    for kind, (good, faults) in FAULTS.items():
        yield kind + "-good", m.encode(good)
        for key, values in faults.items():
            for n, value in enumerate(values):
                yield "%s-%d-%d" % (kind, key, n), m.encode(
                    {**good, key: value})


def enrolcodes():
    def code(**more):
        return m.enrolment_code("https://pass.seoul.example", m.public(KEY),
                                bytes(16), NOW, **more).encode()
    yield "plain", code()
    yield "pin", b" " + code(pin=bytes(32)) + b"\r\n"
    fields = {1: "http://[::1]:8440", 2: m.public(KEY), 3: bytes(32),
              4: bytes(16), 5: NOW}
    yield "map", m.encode(fields)
    yield "url-blank", m.encode({**fields, 1: "http://a b"})
    yield "url-empty", m.encode({**fields, 1: ""})
    yield "key-short", m.encode({**fields, 2: bytes(31)})
    yield "pin-short", m.encode({**fields, 3: bytes(31)})
    yield "no-map", b"\x80"
    yield "not-shortest", b"\xb8\x05"


def parcels():
    report = any_message(m.REPORT, (), 7).sealed()
    part = m.body(report, [m.item(b"\xd2" * 40)])
    journal = m.encode([part, m.body(report)])
    yield "journal", journal
    yield "way-back", m.encode([any_message(typ, (), 8).sealed()
                                for typ in (m.BUNDLE, m.RECEIPT)])
    yield "many", m.encode([b"\1"] * 300)
    yield "cut", journal[:-1]
    yield "cut-head", b"\x81\x59\x01"
    yield "trailing", journal + b"\0"
    yield "too-long", m.encode([bytes(2000)])
    yield "text", m.encode(["a"])
    yield "none", m.encode([])
    yield "empty-item", m.encode([b""])
    yield "long-head", b"\x98\x01\x41\x01"
    yield "open", b"\x9f\x41\x01\xff"
    yield "no-array", b"PK\3\4"


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "corpus")
    for folder, seeds in (("pass", scans()), ("entry", entries()),
                          ("talk", talk()), ("cbor", cbor()),
                          ("cose", cose()), ("base45", base45()),
                          ("bundle", members()),
                          ("bundle", faulty(m.BUNDLE, EMPTY, BUNDLE_FAULTS)),
                          ("issuerdoc", faulty(m.ISSUER_DOCUMENT, DOCUMENT,
                                               DOCUMENT_FAULTS)),
                          ("enrolcode", enrolcodes()),
                          ("parcel", parcels())):
        os.makedirs(os.path.join(top, folder), exist_ok=True)
        for name, data in seeds:
            with open(os.path.join(top, folder, name), "wb") as out:
                out.write(data)
    wanted = {"entry": (m.ATTEMPT, m.REVERSAL),
              "talk": (m.QUESTION, m.REPORT, m.ENROLMENT, m.RECEIPT),
              "bundle": (m.BUNDLE,), "issuerdoc": (m.ISSUER_DOCUMENT,),
              "statuslist": (m.STATUS_TOKEN,)}
    for name, message in messages():
        for folder, typs in wanted.items():
            if message.typ not in typs:
                continue
            os.makedirs(os.path.join(top, folder), exist_ok=True)
            with open(os.path.join(top, folder, name), "wb") as out:
                out.write(message.sealed())


if __name__ == "__main__":
    main()
