# SPDX-License-Identifier: Apache-2.0
"""What a kiosk sends that is no record: an operator sees that it is there, of
which kiosk, and what it is."""
import hashlib
import json
import pathlib
import re
import sqlite3
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from desk import ok, refused  # noqa: E402

KEPT = 16384        # bytes of an item
LONG = bytes(range(256)) * 100
REJECT = 1


@pytest.fixture
def daemon(tmp_path):
    d = oaprun.Daemon(tmp_path / "service").start()
    try:
        d.add_facility()
        d.add_benefit()
        d.issuer = oapcast.Issuer()
        d.add_issuer(d.issuer)
        d.kiosk = d.add_kiosk()
        yield d
    finally:
        assert d.stop() == 0, d.log()


@pytest.fixture
def server(daemon):
    return "unix:%s" % daemon.socket


def quarantine(d, query=""):
    return d.admin("GET", "/v1/quarantine" + query)


def send(d, *items, kiosk=None):
    kiosk = kiosk or d.kiosk
    status, answer = d.upload(kiosk.report(), items)
    assert status == 200
    return [r["verdict"] for r in answer["results"]]


def reused(d):
    """An entry, and another under its id."""
    id, code = oapcast.uuid7(), d.issuer.issue()
    first, second = (d.kiosk.attempt(code, "visit", told, id=id)
                     for told in (64, 66))
    return first, second


def gauge(d):
    text = d.raw("GET", "/metrics", unix=True)[2].decode()
    return int(re.search(r"^oapd_quarantined_items (\d+)$", text, re.M)[1])


def told_of(d, kiosk):
    return d.admin("GET", "/v1/kiosks/" + kiosk.kid.hex())["quarantined"]


def test_nothing_is_in_quarantine_at_first(daemon, server):
    assert quarantine(daemon) == {"quarantine": [], "cursor": None}
    assert ok(server, "quarantine", "list") == "none\n"
    assert gauge(daemon) == told_of(daemon, daemon.kiosk) == 0
    assert "quarantined" not in ok(server, "kiosk", "list")


def test_what_is_no_record_is_listed_with_its_kiosk_and_why(daemon):
    first, second = reused(daemon)
    assert send(daemon, b"rubbish", first)[0] == "malformed"
    assert send(daemon, second) == ["id-reused"]
    assert send(daemon, LONG) == ["malformed"]
    rows = quarantine(daemon)["quarantine"]
    assert [r["kind"] for r in rows] == ["unreadable", "id-reused",
                                         "unreadable"]
    assert [r["sha256"] for r in rows] == [
        hashlib.sha256(b).hexdigest() for b in (LONG, second, b"rubbish")]
    assert [r["size"] for r in rows] == [KEPT, len(second), 7]
    for row in rows:
        assert (row["kiosk"], row["facility"]) == (daemon.kiosk.kid.hex(),
                                                   "tnm")
        assert abs(row["received_ms"] - time.time() * 1000) < 60000
        assert "raw" not in row


def test_one_is_shown_with_the_bytes_that_are_kept(daemon):
    send(daemon, b"rubbish", LONG)
    long, rubbish = quarantine(daemon)["quarantine"]
    for row, raw in ((rubbish, b"rubbish"), (long, LONG[:KEPT])):
        one = quarantine(daemon, "/%d" % row["n"])
        assert one == {**row, "raw": m.as_base64(raw)}
    for n in ("4711", "x", "-1", "9" * 30):
        status, _, body = daemon.raw("GET", "/v1/quarantine/" + n, unix=True)
        assert status == 404 and b"oapctl quarantine list" in body


def test_pages_go_on_where_the_one_before_ended(daemon):
    send(daemon, *(b"item %d" % i for i in range(7)))
    found, query = [], "?limit=3"
    while query:
        page = quarantine(daemon, query)
        found.append([r["n"] for r in page["quarantine"]])
        query = page["cursor"] and "?limit=3&cursor=" + page["cursor"]
    assert [len(page) for page in found] == [3, 3, 1]
    numbers = sum(found, [])
    assert numbers == sorted(numbers, reverse=True)
    for query in ("?limit=0", "?limit=501", "?cursor=x", "?kiosk=all"):
        assert daemon.raw("GET", "/v1/quarantine" + query,
                          unix=True)[0] == 400


def test_who_reads_lists_does_not_get_codes_of_passes(daemon):
    send(daemon, b"rubbish")
    token = {role: daemon.admin("POST", "/v1/operators", {
        "id": role, "role": role})["token"] for role in ("viewer", "operator")}

    def status(path, role):
        return daemon.raw("GET", path, headers={
            "Authorization": "Bearer " + token[role]})[0]
    assert status("/v1/quarantine", "viewer") == 200
    assert status("/v1/quarantine/1", "viewer") == 403
    assert status("/v1/quarantine/1", "operator") == 200


def test_it_is_counted_as_it_comes_and_after_a_new_start(daemon, server):
    other = daemon.add_kiosk()
    send(daemon, b"rubbish", b"more of it")
    send(daemon, b"rubbish", kiosk=other)
    for _ in range(2):
        assert send(daemon, b"rubbish") == ["malformed"]    # once is enough
        assert gauge(daemon) == 3
        assert told_of(daemon, daemon.kiosk) == 2
        assert told_of(daemon, other) == 1
        assert "quarantined" in ok(server, "kiosk", "list").splitlines()[0]
        assert daemon.stop() == 0
        daemon.start()


def test_an_operator_looks_at_it(daemon, server, tmp_path):
    first, second = reused(daemon)
    send(daemon, first, second)
    listed = ok(server, "quarantine", "list").splitlines()
    row, = quarantine(daemon)["quarantine"]
    n = str(row["n"])
    for word in ("tnm", daemon.kiosk.kid.hex(), "id-reused", row["sha256"]):
        assert word in listed[-1]
    shown = ok(server, "quarantine", "show", n)
    assert re.search(r"^sha256 +%s$" % row["sha256"], shown, re.M)
    assert re.search(r"^received_ms +\d{4}-\d\d-\d\d ", shown, re.M)
    assert "raw" not in shown
    out = tmp_path / "item"
    assert ok(server, "quarantine", "show", n, "--out", out) == shown
    assert out.read_bytes() == second
    assert out.stat().st_mode & 0o777 == 0o600
    one = json.loads(ok(server, "--json", "quarantine", "show", n))
    assert one["raw"] == m.as_base64(second)
    refused(REJECT, "no item 99 is in quarantine", "quarantine", "show", "99",
            "--out", tmp_path / "none", server=server)
    assert not (tmp_path / "none").exists()


def test_what_has_been_purged_keeps_its_hash(daemon, server, tmp_path):
    send(daemon, b"rubbish")
    assert daemon.stop() == 0
    db = sqlite3.connect(daemon.data / "oapd.db")
    with db:
        db.execute("UPDATE quarantine SET raw = x''")
    db.close()
    daemon.start()
    row, = quarantine(daemon)["quarantine"]
    one = quarantine(daemon, "/%d" % row["n"])
    assert (one["size"], one["raw"]) == (0, None)
    assert one["sha256"] == hashlib.sha256(b"rubbish").hexdigest()
    refused(REJECT, "no longer kept", "quarantine", "show", str(row["n"]),
            "--out", tmp_path / "item", server=server)
    assert not (tmp_path / "item").exists()
