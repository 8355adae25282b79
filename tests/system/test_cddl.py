# SPDX-License-Identifier: Apache-2.0
"""messages.cddl and the shipped readers say the same: what the file allows, to
both ends of every member, is taken, and what is just past it is refused."""
import datetime
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapany as a  # noqa: E402
import oapcddl  # noqa: E402
import oapmsg as m  # noqa: E402
from test_messages import combinations, messages, read, tool  # noqa: E402

__all__ = ["tool"]      # a fixture

CDDL = oapcddl.Messages()
NAMES = {m.PASS: "pass", m.PRESENTATION: "presentation",
         m.ATTEMPT: "attempt", m.REVERSAL: "reversal", m.BUNDLE: "bundle",
         m.ENROLMENT: "enrolment", m.ISSUER_DOCUMENT: "issuer-document",
         m.QUESTION: "question", m.REPORT: "report", m.RECEIPT: "receipt",
         m.STATUS_TOKEN: "status-token"}
PAYLOADS = {m.ISSUER_DOCUMENT: "issuer-payload",
            m.STATUS_TOKEN: "status-payload"}


def rule(name):
    return "name", name, []


def payload_rule(typ):
    return rule(PAYLOADS.get(typ, NAMES[typ] + "-payload"))


# ------------------------------------------- what only the comments say
def ascending(values):
    return all(x < y for x, y in zip(values, values[1:]))


def is_day(number):
    try:
        datetime.date(number // 10000, number // 100 % 100, number % 100)
    except ValueError:
        return False
    return True


def benefit_fits(b):
    days = [b[k] for k in (11, 12) if k in b] + b.get(14, [])
    return all(map(is_day, days)) and ascending(b.get(5, [])) and \
        ascending(b.get(14, [])) and \
        all(start < until for _, start, until in b.get(13, [])) and \
        b.get(11, 0) <= b.get(12, 99991231)


def bundle_fits(p, _signer):
    return p[3] >= p[2] and all(map(benefit_fits, p[6])) and \
        all(ascending([t for t, _ in f[6]]) for f in p[5]) and \
        all(ascending([row[1] for row in p[key]]) for key in (5, 6)) and \
        ascending([kid for kid, _, _ in p[9]])


FITS = {
    m.PASS: lambda p, _: p[4] > p.get(5, p[6]) and (
        5 not in p or p[5] > p[6]),
    m.ENROLMENT: lambda p, signer: p[1] == m.public(signer),
    m.ISSUER_DOCUMENT: lambda p, _: len({k[0] for k in p[4]}) == len(p[4]),
    m.STATUS_TOKEN: lambda p, _: p[4] >= p[6],
    m.REPORT: lambda p, _: p.get(16, 0) < p[2],
    m.BUNDLE: bundle_fits,
}


def allowed(typ, payload, signer):
    return CDDL.has(payload_rule(typ), payload) and \
        FITS.get(typ, lambda *_: True)(payload, signer)


# ------------------------------------------------------------- the tests
def test_every_name_is_defined_once_and_used():
    used = {name for _, type_ in CDDL.rules.values()
            for name in oapcddl.names_in(type_)}
    alone = set(NAMES.values()) | {"ask-body", "entries-body",
                                   "enrolment-code", "journal-file",
                                   "return-file"}
    assert set(CDDL.rules) - used <= alone
    assert alone <= set(CDDL.rules)


@pytest.mark.parametrize("text", [
    "a = b<1 / 2, 3> b<c, d> = [c, d]", "a = { 1 => 2", "a = [ * ]",
    "uri = tstr", "a = 1 a = 2", "a = [ b ]", "a = 1..", "a = \\"])
def test_what_is_no_cddl_is_told_from_it(text):
    with pytest.raises(SyntaxError):
        oapcddl.Messages(text)


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_what_we_make_at_random_is_what_the_cddl_says(dice, typ):
    for message in messages(dice, typ, 4):
        assert CDDL.has(rule(NAMES[typ]), m.decode(message.sealed()))
        assert allowed(typ, message.payload, message.signer)


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_each_end_of_each_member_is_taken_and_no_more(tool, dice, typ):
    good = bad = 0
    for given in combinations(a.OPTIONAL[typ]):
        payload = a.full(dice, typ, given)
        message = a.Message(dice, typ, given, payload)
        assert allowed(typ, message.payload, message.signer)
        moved = set()
        for path, value in CDDL.ends(payload_rule(typ), message.payload):
            other = oapcddl.replaced(message.payload, path, value)
            takes = allowed(typ, other, message.signer)
            answer = read(tool, message, message.sealed(m.encode(other)))
            assert ("fields" in answer) == takes, (path, value, answer)
            moved.add(path[0])
            good, bad = good + takes, bad + (not takes)
        assert moved == set(message.payload)
    assert good and bad


def test_each_end_of_an_enrolment_codes_members(tool, dice):
    fields = {1: "http://127.0.0.1:8440", 2: a.octets(dice, 32),
              3: a.octets(dice, 32), 4: a.octets(dice, 16), 5: 1}
    for path, value in CDDL.ends(rule("enrolment-code"), fields):
        other = oapcddl.replaced(fields, path, value)
        answer = tool(op="enrolcode",
                      text="OAPE1:" + m.base45_encode(m.encode(other)))
        assert ("fields" in answer) == CDDL.has(
            rule("enrolment-code"), other), (path, value)


def days(n):
    first = datetime.date(2026, 1, 1).toordinal()
    found = map(datetime.date.fromordinal, range(first, first + n))
    return [10000 * d.year + 100 * d.month + d.day for d in found]


# typ, rule, key in it, where it is, n items that may stand in one list
LISTS = [
    (m.ISSUER_DOCUMENT, "issuer-payload", 4, (4,),
     lambda n: [[i.to_bytes(32, "big"), 0, 0, None] for i in range(n)]),
    (m.ISSUER_DOCUMENT, "issuer-payload", 5, (5,),
     lambda n: ["https://seoul.example/%d" % i for i in range(n)]),
    (m.BUNDLE, "issuer", "tokens", (4, 0, 2), lambda n: [b""] * n),
    (m.BUNDLE, "facility", 6, (5, 0, 6),
     lambda n: [[i, 0] for i in range(n)]),
    (m.BUNDLE, "benefit", 3, (6, 0, 3), lambda n: ["tnm"] * n),
    (m.BUNDLE, "benefit", 4, (6, 0, 4), lambda n: ["seoul.example"] * n),
    (m.BUNDLE, "benefit", 13, (6, 0, 13), lambda n: [[1, 0, 1]] * n),
    (m.BUNDLE, "benefit", 14, (6, 0, 14), days),
    (m.BUNDLE, "policy", 6, (7, 6),
     lambda n: {"%s%s%s" % tuple("ABCDEFGHIJ"[int(c)] for c in "%03d" % i): 1
                for i in range(n)}),
]


@pytest.mark.parametrize("typ, name, key, path, make", LISTS, ids=[
    "%s-%s" % row[1:3] for row in LISTS])
def test_a_list_is_as_long_as_it_may_be(tool, dice, typ, name, key, path,
                                        make):
    most = CDDL.most(name, key)
    assert 2 < most < oapcddl.MANY
    message = a.Message(dice, typ, (), a.full(dice, typ, (8,)))
    for count in (1, most - 1, most, most + 1):
        payload = oapcddl.replaced(message.payload, path, make(count))
        answer = read(tool, message, message.sealed(m.encode(payload)))
        assert ("fields" in answer) == (count <= most), count
