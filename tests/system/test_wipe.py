# SPDX-License-Identifier: Apache-2.0
"""A revoked kiosk wipes itself: on a signed bundle that says so, on no other
answer, and not before what it owes has been sent."""
import os
import pathlib
import sqlite3

import pytest

import oapmsg as m
from door import RETRY, Door, code, door, one_line, service


def revoke(service):
    service.state = 3
    service.newer()


def files(door):
    return sorted(p.name for p in pathlib.Path(door.dir).iterdir())


def everything(door):
    return b"".join(p.read_bytes() for p in pathlib.Path(door.dir).iterdir())


def rows(door, table):
    db = sqlite3.connect(pathlib.Path(door.dir) / "journal.db")
    try:
        return db.execute("SELECT count(*) FROM " + table).fetchone()[0]
    finally:
        db.close()


def test_a_bundle_that_says_revoked_wipes_what_is_secret_or_personal(
        door, service, code):
    door.redeem(code)
    door.ask("sync")
    key = (pathlib.Path(door.dir) / "device.key").read_bytes()[9:]
    db = sqlite3.connect(pathlib.Path(door.dir) / "journal.db")
    hash_key, = db.execute("SELECT hash_key FROM identity").fetchone()
    passed, = db.execute("SELECT pass FROM use").fetchone()
    bundle, = db.execute("SELECT message FROM bundle").fetchone()
    db.close()
    personal = [key, hash_key, passed, m.message_of(code), bundle[-64:],
                service.secret]
    before = everything(door)
    assert all(secret in before for secret in personal)
    revoke(service)
    r = door.run("sync")
    assert r.returncode == RETRY and "was revoked" in one_line(r)
    assert files(door) == ["journal.db", "lock"]
    after = everything(door)
    assert [secret in after for secret in personal] == [False] * 6
    for table in "bundle", "use", "shown", "entry", "rolled_entry":
        assert rows(door, table) == 0, table


def test_every_later_command_says_one_clear_line(door, service, code):
    kid = door.ask("status")["kiosk"]
    revoke(service)
    door.run("sync")
    for command, *args in [
            ("check", "--benefit", "day-kr", code),
            ("redeem", "--benefit", "day-kr", code), ("reverse", "00" * 16),
            ("sync",), ("roll",), ("enrol", service.code())]:
        r = door.run(command, *args)
        text = one_line(r)
        assert r.returncode == RETRY, command
        assert "was revoked" in text and "another directory" in text
    status = door.ask("status")
    assert (status["wiped"], status["kiosk"], status["exit"]) == (True, kid, 0)
    assert (status["enrolled"], status["device"], status["facility"]) == (
        False, "revoked", "nmk")
    assert not status["bundle_damaged"]
    assert 0 <= status["now_ms"] - status["wiped_at_ms"] < 60000
    assert "wiped itself" in door.run("status").stdout.decode()
    assert Door(door.dir + "-2", service).run("enrol", service.code())


def test_what_is_owed_is_kept_until_it_is_sent_then_goes(door, service, code):
    """Under a report made before the key went."""
    door.redeem(code)
    door.redeem("rubbish")
    service.trouble["/v1/entries"] = (502, {}, [])
    revoke(service)
    r = door.run("sync")
    assert r.returncode == RETRY
    assert not (pathlib.Path(door.dir) / "device.key").exists()
    status = door.ask("status")
    assert (status["wiped"], status["unsent"]) == (True, 2)
    r = door.run("redeem", "--benefit", "day-kr", code)
    assert "sends the 2 entries" in one_line(r)
    assert b"2 to be sent" in door.run("status").stdout
    assert m.message_of(code) in everything(door)
    service.trouble.clear()
    r = door.run("sync")
    assert b"2 entries sent, 0 left" in r.stdout and r.returncode == RETRY
    assert "another directory" in one_line(r)
    assert sorted(service.held) == [1, 2]
    assert service.reports[-1][16] == 1 and service.reports[-1][2] == 3
    assert door.ask("status")["unsent"] == 0
    assert m.message_of(code) not in everything(door)
    asked = len(service.reports)
    assert "another directory" in one_line(door.run("sync"))
    assert len(service.reports) == asked


def test_more_than_fits_into_one_upload_is_sent_under_the_one_report(
        door, service):
    lines = "\n".join("rubbish %d" % i for i in range(150))
    door.run("redeem", "--benefit", "day-kr", "-", stdin=lines.encode())
    revoke(service)
    door.run("sync")
    assert len(service.held) == 150 and len(service.reports) == 3
    assert len({str(r) for r in service.reports}) == 1


def test_results_that_are_not_final_leave_it_owed(door, service, code):
    door.redeem(code)
    keep = service.keep
    service.keep = lambda items: [
        {"seq": 1, "verdict": "busy", "number": 112, "marks": []}
        for _ in items]
    revoke(service)
    door.run("sync")
    status = door.ask("status")
    assert (status["wiped"], status["unsent"]) == (True, 1)
    service.keep = keep
    door.run("sync")
    assert door.ask("status")["unsent"] == 0 and sorted(service.held) == [1]


def said(status, verdict):
    return (status, {"title": "No", "status": status, "verdict": verdict,
                     "detail": "kiosk: " + verdict}, [])


@pytest.mark.parametrize("trouble", [
    {"/v1/ask": said(403, "device-revoked")},
    {"/v1/entries": said(403, "device-revoked")},
    {"/v1/entries": said(403, "device-unknown")},
    {"/v1/bundle": said(410, "device-revoked")}])
def test_no_answer_but_a_signed_bundle_makes_it_wipe(door, service, code,
                                                     trouble):
    service.trouble.update(trouble)
    door.run("redeem", "--benefit", "day-kr", code)
    door.run("sync")
    service.trouble.clear()
    assert door.ask("status")["wiped"] is False
    other = m.code(service.issuer.issue())
    assert door.redeem(other)["verdict"] == "accepted"


def test_a_report_answered_with_revoked_makes_it_wipe_not(door, service, code):
    answer = service.answer_entries
    service.answer_entries = lambda body: (
        200, dict(answer(body)[1], device="revoked"))
    door.run("sync")
    assert door.redeem(code)["verdict"] == "accepted"


def test_a_bundle_of_another_key_that_says_revoked_makes_it_wipe_not(
        door, service, code):
    service.state = 3
    service.newer()
    service.served = service.bundle(key=m.key_of(os.urandom(32)))
    assert door.run("sync").returncode == RETRY
    del service.served
    service.state = 1
    assert door.redeem(code)["verdict"] == "accepted"


def test_another_kiosk_that_is_revoked_is_none_of_its_business(door, service,
                                                               code):
    service.newer()
    kid = m.kid(service.kiosk)
    service.served = service.bundle(_9=sorted([
        [kid, "nmk", 1], [bytes(8), "nmk", 3]]))
    assert door.ask("sync")["exit"] == 0
    assert door.redeem(code)["verdict"] == "accepted"


def test_a_scanner_that_goes_on_says_why_nobody_is_let_in(door, service, code):
    revoke(service)
    door.run("sync")
    r = door.run("redeem", "--benefit", "day-kr", "-",
                 stdin=b"%s\n" % code.encode())
    assert r.returncode == RETRY and b"was revoked" in r.stderr
    assert b"accepted" not in r.stdout
