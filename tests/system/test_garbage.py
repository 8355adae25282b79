# SPDX-License-Identifier: Apache-2.0
"""Damaged requests: real ones with bits flipped, cut, doubled or spliced. The
daemon says no to each in a sentence, stays up, and its ledger does not move."""
import json
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

ROUNDS = int(os.environ.get("OAP_ROUNDS", "250"))


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    d = oaprun.Daemon(tmp_path_factory.mktemp("garbage")).start()
    d.add_facility()
    d.add_benefit()
    d.issuer = oapcast.Issuer()
    d.add_issuer(d.issuer)
    d.kiosk = d.add_kiosk()
    status, answer = d.ask(d.kiosk.question(d.issuer.issue(), "visit"))
    assert (status, answer["verdict"]) == (200, "accepted")
    yield d
    assert d.stop() == 0


def flip(r, data):
    for _ in range(r.choice((1, 1, 2, 8))):
        bit = r.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8


def cut(r, data):
    del data[r.randrange(len(data)):]


def double(r, data):
    at = r.randrange(len(data))
    data[at:at] = data[at:at + r.randint(1, 64)]


def drop(r, data):
    at = r.randrange(len(data))
    del data[at:at + r.randint(1, 16)]


def splice(r, data):
    at = r.randrange(len(data))
    data[at:at + 8] = r.choice((
        b"\x9b" + b"\xff" * 8, b"\x5f", b"\xbf", b"\xfb" + bytes(8),
        b"\x00" * 8, b"\xff" * 8, b"\x81" * 40, r.randbytes(8)))


def damaged(r, good):
    data = bytearray(good)
    while bytes(data) == good:
        r.choice((flip, flip, flip, cut, double, drop, splice))(r, data)
    return bytes(data)


def ledger(daemon):
    """All that counts: what a report would say, and what a search finds."""
    rows = daemon.admin("GET", "/v1/reports/redemptions?from=2020-01-01"
                               "&to=2029-12-31")["total"]
    return rows, [(a["kiosk"], a["id"], a["counts"])
                  for a in daemon.attempts()]


def assert_refused(reply, allowed=()):
    status, headers, body = reply
    assert status in allowed or 400 <= status < 500, (status, body)
    if status >= 400:
        assert headers["Content-Type"] == "application/problem+json", body
        assert len(json.loads(body)["detail"]) > 10


def question(daemon):
    return m.body(daemon.kiosk.question(daemon.issuer.issue(), "visit"))


def upload(daemon):
    kiosk = daemon.kiosk
    seq, prev = kiosk.seq, kiosk.prev
    item = kiosk.attempt(daemon.issuer.issue(), "visit", 64)
    body = m.body(kiosk.report(), [item])
    kiosk.seq, kiosk.prev = seq, prev       # it will not have been written
    return body


def enrolment(daemon):
    return oapcast.Kiosk(daemon.kiosk.service_public, "tnm").enrolment(
        os.urandom(16))


@pytest.mark.parametrize("path, make, allowed", [
    ("/v1/ask", question, ()), ("/v1/entries", upload, (200,)),
    ("/v1/enrolments", enrolment, ())])
def test_no_damaged_message_moves_the_ledger(daemon, dice, path, make,
                                             allowed):
    before = ledger(daemon)
    for _ in range(ROUNDS):
        body = damaged(dice, make(daemon))
        reply = daemon.raw("POST", path, body,
                           {"Content-Type": "application/cbor"})
        assert_refused(reply, allowed)
        if reply[0] == 200:     # the item was damaged, and is kept aside
            results = json.loads(reply[2])["results"]
            assert all(r["verdict"] in ("malformed", "bad-signature") and
                       r["marks"] == ["quarantined"] for r in results), \
                results
    assert ledger(daemon) == before


def bodies(daemon):
    issuer = oapcast.Issuer("tokyo.example")
    return {
        "/v1/facilities": {"id": "mmca", "city": "seoul",
                           "names": {"en": "MMCA", "ko": "국립현대미술관"},
                           "currency": "KRW", "zone": "Asia/Seoul"},
        "/v1/benefits": {
            "id": "half", "names": {"en": "Half"}, "kind": "percent",
            "value": 5000, "rounding_unit": 10, "party_max": 4,
            "limit": {"uses": 1, "per": "day", "scope": "facility"},
            "hours": [{"weekdays": ["mon"], "from": "09:00",
                       "until": "18:00"}],
            "closed_days": ["2026-12-25"], "live": "bound",
            "offline": True, "reversal_minutes": 30, "currency": "JPY"},
        "/v1/issuers": {"root": m.public(issuer.root).hex(),
                        "document": m.as_base64(issuer.document()),
                        "tokens": [m.as_base64(issuer.token())]},
        "/v1/operators": {"id": "kim", "role": "viewer"},
        "/v1/passes/lookup": {"code": m.code(daemon.issuer.issue())},
    }


@pytest.mark.parametrize("path", [
    "/v1/facilities", "/v1/benefits", "/v1/issuers", "/v1/operators",
    "/v1/passes/lookup"])
def test_damaged_json_is_refused_or_means_what_it_says(daemon, dice, path):
    before = ledger(daemon)
    good = json.dumps(bodies(daemon)[path], ensure_ascii=False).encode()
    for _ in range(ROUNDS):
        # Some still say something; then it is done, once.
        reply = daemon.raw("POST", path, damaged(dice, good),
                           {"Content-Type": "application/json"}, unix=True)
        assert_refused(reply, (200, 201))
    assert ledger(daemon) == before
