# SPDX-License-Identifier: Apache-2.0
"""oap-kiosk against a service that is silent, loses answers and lies, and a
network that is not there; for benefits that a kiosk may not grant alone, so
that what the service did not say is seen to be no accept."""
import os
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

import fakeservice
import oapcast
import oapmsg as m
import oaprun
from door import (ACCEPT, KIOSK, REJECT, RETRY, UNDECIDED, USAGE, Door, code,
                  door, one_line, quick)
from test_kiosk import pending_reversal, refuse_reversals


@pytest.fixture
def service():
    made = fakeservice.Service(offline=False)
    yield made
    made.close()


ALONE = "offline-not-allowed", UNDECIDED


def test_silent_service_leaves_it_undecided_and_is_told_so(tmp_path):
    service, d = quick(tmp_path, offline=False)
    try:
        code = m.code(service.issuer.issue())
        service.trouble["/v1/ask"] = "silent"
        out = d.redeem(code)
        assert (out["verdict"], out["exit"]) == ALONE
        assert out["detail"] and not out["by_service"]
        assert d.ask("status")["entries"] == 1
        service.trouble.clear()
        assert d.redeem(code)["verdict"] == "accepted"
        assert d.ask("sync")["unsent"] == 0
        assert [held[1][10] for held in service.held.values()] == [100, 1]
    finally:
        service.close()


def test_no_network_leaves_it_undecided(tmp_path):
    service, d = quick(tmp_path, offline=False)
    code = m.code(service.issuer.issue())
    service.close()
    out = d.redeem(code)
    assert (out["verdict"], out["exit"]) == ALONE
    assert out["detail"]
    r = d.run("sync")
    assert r.returncode == RETRY and b"127.0.0.1" in r.stderr


def test_broken_connection_is_asked_again_with_the_same_bytes(door, service,
                                                              code):
    service.trouble["/v1/ask"] = ["lose", "lose"]
    out = door.redeem(code)
    assert out["verdict"] == "accepted" and out["by_service"] is True
    assert "detail" not in out      # of the tries before, nobody needs to know
    assert len(service.asked) >= 3
    assert len({body for body, _, _ in service.asked}) == 1


def test_busy_is_told(tmp_path):
    service, d = quick(tmp_path, offline=False)
    try:
        service.trouble["/v1/ask"] = (
            503, {"title": "Busy", "status": 503, "verdict": "busy",
                  "detail": "too many questions at once"},
            [("Retry-After", "9")])
        out = d.redeem(m.code(service.issuer.issue()))
        assert (out["verdict"], out["exit"]) == ALONE
        assert out["detail"] == "too many questions at once"
    finally:
        service.close()


def test_revoked_device_is_told(door, service, code):
    service.trouble["/v1/ask"] = (
        403, {"title": "No", "status": 403, "verdict": "device-revoked",
              "detail": "kiosk: revoked"}, [])
    out = door.redeem(code)
    assert (out["verdict"], out["exit"]) == ("device-revoked", RETRY)


def test_revoked_by_the_bundle_asks_nobody(door, service, code):
    service.state = 3
    service.newer()
    door.run("sync")
    for command in "redeem", "check":
        r = door.run(command, "--benefit", "day-kr", "--amount", "24000", code)
        assert r.returncode == RETRY and "was revoked" in one_line(r)
    assert not service.asked


RIGHT = {"verdict": "accepted", "number": 1, "list": 24000,
         "discount": 4800, "price": 19200, "currency": "KRW"}


def judged(service, ms_off=0, **answer):
    """An answer of now, under a grant of ms_off from now."""
    now = service.now_ms()
    grant = ((now + ms_off).to_bytes(8, "big") + bytes(16)).hex()
    return {"grant": grant, "service_ms": now, "items": [], **answer}


def test_answer_that_adds_up_is_taken(door, service, code):
    """So that those below are refused for the one thing that is wrong."""
    service.answer_ask = lambda body: (200, judged(service, **RIGHT))
    out = door.redeem(code, "--amount", "24000")
    assert (out["verdict"], out["price"]) == ("accepted", 19200)


@pytest.mark.parametrize("answer", [
    {}, {"verdict": "accepted", "number": 64}, {"verdict": "accepted"},
    {"verdict": "accepted", "number": 1},
    {"verdict": "accepted", "number": 1, "grant": "00"},
    {"verdict": "accepted", "number": 1, "grant": "00" * 24, "list": 100,
     "discount": 200, "price": -100, "currency": "KRW"},
    {"verdict": "accepted", "number": 1, "grant": "00" * 24, "list": 24000,
     "discount": 4800, "price": 1, "currency": "KRW"},
    {"verdict": "accepted", "number": 1, "grant": "00" * 24},
    dict(RIGHT, currency="JPY"), dict(RIGHT, currency="\x1bcX"),
    dict(RIGHT, ms_off=1), dict(RIGHT, ms_off=-86400000),
    dict(RIGHT, verdict="accepted-offline", number=2),
    dict(RIGHT, verdict="reversed", number=128),
    dict(RIGHT, verdict="reversal-pending", number=132),
    dict(RIGHT, verdict="unavailable", number=113),
])
def test_answer_that_does_not_add_up_is_no_accept(door, service, code,
                                                  answer):
    service.answer_ask = lambda body: (200, judged(service, **answer))
    out = door.redeem(code, "--amount", "24000")
    assert (out["verdict"], out["exit"]) == ALONE


def test_answer_that_is_no_json_is_no_accept(door, service, code):
    for body in (b"", b"{", b"[1]", b"\0" * 300000, b'{"a":1,"a":2}'):
        service.answer_ask = lambda _, body=body: (200, body)
        assert door.redeem(code)["verdict"] == ALONE[0]


def test_answer_without_a_reason_gets_one(door, service, code):
    service.trouble["/v1/ask"] = (404, "<html>no such page</html>", [])
    out = door.redeem(code)
    assert (out["verdict"], out["exit"]) == ALONE
    assert out["detail"] == "http://127.0.0.1:%d: the service answered " \
        "HTTP 404" % service.port


def test_texts_of_a_service_do_nothing_to_a_terminal(door, service, code):
    bad = "a\x1b[2J\x9b2J\u202eb\n"
    service.trouble["/v1/ask"] = (
        503, {"status": 503, "verdict": "busy", "detail": bad * 200}, [])
    r = door.run("redeem", "--benefit", "day-kr", code)
    assert r.returncode == UNDECIDED
    service.trouble.clear()
    service.answer_ask = lambda body: (200, judged(
        service, verdict="already-redeemed", number=64, uses=1, limit=1,
        first_use={"at_ms": 1, "facility": "\x1b]0;x\x07", "city": bad}))
    texts = [r.stdout,
             door.run("redeem", "--benefit", "day-kr", code).stdout,
             door.run("redeem", "--benefit", "day-kr", "-",
                      stdin=code.encode()).stdout]
    service.benefits[1][2] = {"en": bad}
    service.newer()
    door.ask("sync")
    texts.append(door.run("status").stdout)
    for text in texts:
        assert text and b"\x1b" not in text and b"\x07" not in text
        assert "\x9b" not in text.decode() and "\u202e" not in text.decode()
    assert b"a?[2J?2J?b?" in texts[0] and b"a?[2J?2J?b?" in texts[3]


def test_results_of_other_entries_settle_nothing(door, service):
    for _ in range(2):
        door.redeem("rubbish")
    keep = service.keep
    service.keep = lambda items: keep(items)[::-1]
    r = door.run("sync")
    assert r.returncode == RETRY and b"cannot be understood" in r.stderr
    assert door.ask("status")["unsent"] == 2


def test_clock_is_not_learned_from_a_stored_answer(door, service, code):
    old = judged(service, **RIGHT)
    service.answer_ask = lambda body: (200, dict(
        old, stored=True, service_ms=old["service_ms"] - 3600000,
        grant=(old["service_ms"] - 3600000).to_bytes(8, "big").hex() +
        "00" * 16))
    assert door.redeem(code, "--amount", "24000")["verdict"] == "accepted"
    assert abs(door.ask("status")["clock_offset_ms"]) < 60000


def test_bundle_never_goes_back(door, service):
    held = door.ask("status")["bundle"]
    service.epoch -= 1
    r = door.run("sync")
    assert r.returncode == RETRY and b"older than the one held" in r.stderr
    service.epoch += 1
    service.made_at -= 1
    assert door.run("sync").returncode == RETRY
    assert door.ask("status")["bundle"]["epoch"] == held["epoch"]


def test_bundle_of_another_service_is_refused(door, service):
    service.newer()
    service.served = service.bundle(key=m.key_of("somebody else"))
    r = door.run("sync")
    assert r.returncode == RETRY and b"not signed by the service" in r.stderr


def test_bundle_with_a_forged_issuer_is_refused_whole(door, service):
    service.newer()
    other = oapcast.Issuer()
    service.served = service.bundle(_4=[[m.public(service.issuer.root),
                                         other.document(), []]])
    r = door.run("sync")
    assert r.returncode == RETRY and b"does not verify" in r.stderr


def test_older_issuer_document_is_refused(door, service):
    service.issuer.number = 7
    service.newer()
    assert door.run("sync").returncode == 0
    service.issuer.number = 6
    service.newer()
    r = door.run("sync")
    assert r.returncode == RETRY and b"document 6" in r.stderr


def test_service_key_roll_is_followed_when_it_was_announced(door, service):
    new = m.key_of(os.urandom(32))
    service.newer()
    service.served = service.bundle(_8=m.public(new))
    assert door.run("sync").returncode == 0
    service.newer()
    service.served, service.key = None, new
    assert door.run("sync").returncode == 0
    code = m.code(service.issuer.issue())
    assert door.redeem(code)["verdict"] == "accepted"


def test_clock_offset_is_learned(door, service, code):
    service.clock_ms = 90000
    door.redeem(code)
    status = door.ask("status")
    assert 85000 < status["clock_offset_ms"] < 95000
    assert status["clock_anchored"] is True

def test_unix_socket_service(tmp_path):
    """The URL may name a socket of the file system."""
    service = fakeservice.Service()
    path = str(tmp_path / "s.sock")
    server = socket.socket(socket.AF_UNIX)
    try:
        server.bind(path)
        server.listen()
        code = m.enrolment_code("unix:" + path, service.public,
                                service.secret, int(time.time()) + 900)
        p = subprocess.Popen([KIOSK, "enrol", "--dir", str(tmp_path / "k"),
                              code], stderr=subprocess.PIPE)
        connection, _ = server.accept()
        got = connection.recv(65536)
        assert got.startswith(b"POST /v1/enrolments HTTP/1.1\r\n")
        connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        connection.close()
        p.communicate(timeout=60)
        assert p.returncode == RETRY
    finally:
        server.close()
        service.close()


def rows(door, sql):
    db = sqlite3.connect(door.dir + "/journal.db")
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()      # it is the kiosk's alone


def test_a_refusal_that_was_lost_with_its_answer_comes_with_the_next(
        door, service, code):
    """Uploads leave together: that another one's answer says that the entry
    is held settles nothing of it."""
    attempt = pending_reversal(door, service, code)
    service.trouble["/v1/entries"] = ["drop"] * 50
    lines = "\n".join("rubbish %d" % i for i in range(600))
    door.run("redeem", "--benefit", "day-kr", "-", stdin=lines.encode())
    service.trouble.clear()
    refuse_reversals(service)
    answer, kept = service.answer_entries, threading.Event()
    first = rows(door, "SELECT message FROM entry WHERE seq = 1")[0][0]

    def lose_the_first(body):
        if first in body:
            answer(body)
            kept.set()
            return 502, {"title": "Bad Gateway", "status": 502}
        kept.wait(oaprun.PATIENCE)
        return answer(body)

    service.answer_entries = lose_the_first
    out = door.ask("sync")
    assert len(service.held) == 602
    assert (out["unsent"], out["exit"], out["refused"]) == (256, RETRY, 0)
    service.answer_entries = answer
    out = door.ask("sync")
    assert (out["unsent"], out["exit"], out["refused"]) == (0, 0, 1)
    assert out["refusals"][0]["attempt"] == attempt
    assert out["refusals"][0]["verdict"] == "reversal-not-allowed"
    assert rows(door, "SELECT result FROM entry WHERE seq < 3") == [
        (1,), (131,)]
