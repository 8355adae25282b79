# SPDX-License-Identifier: Apache-2.0
"""Servers that fail, and what must not be taken from those that do not: what
the service holds stays, and somebody is told."""
import os
import pathlib
import sys
import zlib

import nacl.signing
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
import publisher  # noqa: E402
from desk import run  # noqa: E402
from publisher import city, hasty, web  # noqa: E402, F401


@pytest.mark.parametrize("way, said", [
    (publisher.status(500), "HTTP 500"), (publisher.status(404), "HTTP 404"),
    (publisher.saying(b"<html>It works!</html>"), "no issuer document"),
    (publisher.saying(b""), "is empty"),
    (publisher.truncated, "10 bytes remaining"),
    (publisher.oversized, "longer than the 65536 bytes"),
    (publisher.elsewhere("/issuer.cose"), "redirects"),
    (publisher.elsewhere("file:///etc/passwd"), "rotocol"),
    (publisher.slow, "did not arrive within 1 s"),
    (publisher.silent, "did not arrive within 1 s")],
    ids=["500", "404", "html", "empty", "truncated", "oversized", "circle",
         "file", "slow", "silent"])
def test_a_server_that_fails_takes_nothing_away(hasty, way, said):
    city = hasty
    code = city.office.issue()
    city.fetch()
    held, epoch = city.shown(), city.epoch()
    city.web.ways["/issuer.cose"] = way
    line = city.fetch_fails()
    assert said in line and "/issuer.cose: " in line
    assert "what is held stays" in line
    shown = city.shown()
    assert shown["fetch"]["failures"] == 1
    assert shown["fetch"]["error"] in line
    assert shown["fetch"]["good_ms"] == held["fetch"]["good_ms"]
    del shown["fetch"], held["fetch"]
    assert shown == held and city.epoch() == epoch
    assert city.alarms() == []
    assert city.verdicts(code) == "accepted"
    assert ", now fails: " in city.ctl("issuer", "list")
    city.web.ways.clear()
    assert city.fetch()["fetch"]["failures"] == 0
    assert city.daemon.log().count("what is held stays") == 1


@pytest.mark.parametrize("way, said", [
    (publisher.status(503), "HTTP 503"),
    (publisher.saying(b"\xd2\x84nonsense"), "no status list token"),
    (publisher.truncated, "10 bytes remaining"),
    (publisher.oversized, "longer than the 524288 bytes"),
    (publisher.slow, "did not arrive")],
    ids=["503", "garbage", "truncated", "oversized", "slow"])
def test_a_list_that_fails_does_not_hold_up_the_document(hasty, way, said):
    city = hasty
    code = city.office.issue()
    city.office.run("rotate", "--no-passphrase")
    new = city.office.issue()
    city.publish()
    city.web.ways["/status"] = way
    assert said in city.fetch_fails()
    assert city.shown()["number"] == 2
    assert city.verdicts(code, new) == ["accepted", "accepted"]


def test_a_server_that_is_gone_is_a_failure_that_is_told_once(tmp_path):
    with publisher.serving() as web:
        city = publisher.City(tmp_path, web, "timeout_s = 5\n").start()
        city.fetch()
    line = city.fetch_fails()
    assert "127.0.0.1" in line
    fetch = city.shown()["fetch"]   # soon at first, then ever later
    assert 20000 < fetch["next_ms"] - fetch["tried_ms"] < 40000
    city.fetch_fails()
    fetch = city.shown()["fetch"]
    assert fetch["failures"] == 2
    assert 50000 < fetch["next_ms"] - fetch["tried_ms"] < 70000
    assert city.daemon.log().count("what is held stays") == 1
    assert city.metric(
        'oapd_fetch_failures{issuer="seoul.example"}') == 2
    assert "fails: " in city.ctl("issuer", "list")
    assert city.daemon.stop() == 0, city.daemon.log()


def test_an_older_document_is_refused_and_alarmed(city):
    first = city.published("issuer.cose")
    code = city.office.issue()
    city.office.run("rotate", "--no-passphrase")
    city.publish()
    city.fetch()
    city.web.files["/issuer.cose"] = first
    line = city.fetch_fails()
    assert "has number 1, but 2 is known" in line
    assert city.alarms() == ["issuer.document-refused"]
    assert city.shown()["number"] == 2
    assert city.verdicts(code) == "accepted"
    # Asked again it is no better: it was not remembered as fetched.
    assert "has number 1" in city.fetch_fails()
    assert city.fetches("refused") == 2


def forged_as(city, number, root=None):
    """A document of the office's own keys, by a hand that has the root key,
    or another one."""
    issuer = oapcast.Issuer(city.iss)
    payload = city.office.document()
    payload[2] = number
    payload[3] -= 1
    return m.sign1(m.ISSUER_DOCUMENT, payload, root or issuer.root)


def root_of(city):
    """The office keeps it unencrypted, knowingly."""
    for path in city.office.dir.glob("*root*"):
        data = path.read_bytes()
        for at in range(len(data) - 31):
            key = nacl.signing.SigningKey(data[at:at + 32])
            if bytes(key.verify_key) == city.office.root:
                return key
    raise AssertionError("no root key in %s" % city.office.dir)


def test_the_same_number_with_other_bytes_is_refused_and_alarmed(city):
    city.fetch()
    city.web.files["/issuer.cose"] = forged_as(city, 1, root_of(city))
    assert "says something else" in city.fetch_fails()
    assert city.alarms() == ["issuer.document-refused"]


def test_another_roots_document_is_refused_and_alarmed(city):
    code = city.office.issue()
    city.web.files["/issuer.cose"] = forged_as(city, 9)
    assert "no issuer document signed by root" in city.fetch_fails()
    assert city.alarms() == ["issuer.document-refused"]
    assert city.shown()["number"] == 1
    assert city.verdicts(code) == "accepted"


def test_another_citys_document_is_refused(city):
    payload = city.office.document()
    payload[1], payload[2] = "busan.example", 9
    city.web.files["/issuer.cose"] = m.sign1(m.ISSUER_DOCUMENT, payload,
                                             root_of(city))
    assert 'is of issuer "busan.example"' in city.fetch_fails()


def test_an_older_list_is_refused_and_alarmed(city):
    code = city.office.issue()
    old = city.published("status-0.cose")
    city.office.run("revoke", city.office.pass_id(code))
    city.publish()
    city.fetch()
    city.web.files["/status"] = old
    line = city.fetch_fails()
    assert "older than the one that is known" in line
    assert city.web.url + "/status: " in line
    assert city.alarms() == ["issuer.token-refused"]
    assert city.verdicts(code) == "revoked"


def test_a_forged_list_is_refused_and_alarmed(city):
    code = city.office.issue()
    forged = bytearray(city.published("status-0.cose"))
    forged[-1] ^= 1     # of the signature
    city.web.files["/status"] = bytes(forged)
    assert "its signature is wrong" in city.fetch_fails()
    assert city.alarms() == ["issuer.token-refused"]
    assert city.verdicts(code) == "accepted"


def test_alarms_of_a_server_that_goes_on_are_bounded(city):
    first = city.published("issuer.cose")
    city.office.run("rotate", "--no-passphrase")
    city.publish()
    city.fetch()
    city.web.files["/issuer.cose"] = first
    for _ in range(6):
        city.fetch_fails()
    assert city.alarms() == ["issuer.document-refused"] * 3


def test_a_list_in_the_place_of_another_is_told(tmp_path, web):
    city = publisher.City(tmp_path, web, capacity=16)
    city.start()
    for _ in range(20):
        city.office.issue()
    city.publish()
    web.files["/status/1"] = web.files["/status"]
    assert "holds the list of %s/status, not of %s/status/1" % (
        web.url, web.url) in city.fetch_fails()
    assert city.daemon.stop() == 0, city.daemon.log()


def test_a_stolen_keys_list_goes_and_the_next_one_comes_with_the_document(
        city):
    """The thief's list was dated as far ahead as is taken; its floor goes with
    the key."""
    first, code = city.signer(), city.office.issue()
    city.office.run("rotate", "--no-passphrase")
    new = city.office.issue()
    city.publish()
    city.fetch()
    city.office.run("compromised", first)
    city.publish()
    lists = city.fetch()["lists"]
    assert {row["signer"] for row in lists} == {city.signer()}
    assert city.verdicts(code, new) == ["key-compromised", "accepted"]


def large_token(issuer, uri, size):
    """Of that many bytes; nothing of it can be compressed."""
    def made(n):
        payload = {2: uri, 4: issuer.now + 86400, 6: issuer.now,
                   65533: {"bits": 2, "lst": zlib.compress(os.urandom(n), 0)},
                   65534: 3600}
        return m.sign1(m.STATUS_TOKEN, payload, issuer.key)
    return made(size - len(made(size)) + size)


@pytest.mark.parametrize("beyond, number", [(-50, 1), (1, 2)],
                         ids=["together", "the last"])
def test_lists_that_fit_no_bundle_are_not_taken(tmp_path, web, beyond,
                                                number):
    """None of what would only fit together, or what was beyond it at once."""
    most, each, count = 8 << 20, 500000, 17
    seoul, d = oapcast.Issuer(), oaprun.Daemon(tmp_path).start()
    d.add_issuer(seoul)
    uris = ["%s/%d" % (seoul.uri, n) for n in range(1, count + 1)]
    web.files["/i"] = seoul.document(_2=2, _5=[seoul.uri] + uris)
    web.files["/l"] = seoul.token(iat=seoul.now)
    rest = most + beyond - sum(map(len, web.files.values()))
    for n, uri in enumerate(uris, 1):
        size = each if n < count else rest - each * (count - 1)
        web.files["/l/%d" % n] = large_token(seoul, uri, size)
    d.admin("PATCH", "/v1/issuers/" + seoul.iss, {
        "document_url": web.url + "/i", "status_url": web.url + "/l"})
    publisher.wait_until_tried(d, seoul.iss)
    done = run("issuer", "fetch", seoul.iss, server="unix:%s" % d.socket)
    assert done.returncode == 4
    assert "not taken: the bundle for kiosks would have 8" in done.stderr
    assert ("longer than the" in d.log()) == (number == 2)
    shown = d.admin("GET", "/v1/issuers/" + seoul.iss)
    assert shown["number"] == number
    assert d.raw("GET", "/readyz")[0] == 200
    assert d.stop() == 0, d.log()
