# SPDX-License-Identifier: Apache-2.0
"""A kiosk gives itself a new key: either key works at any moment, and nothing
that was told is lost or told twice."""
import json
import os
import pathlib
import stat
import subprocess
import threading

import pytest

import fakeservice
import oapmsg as m
import oaprun
from door import (ACCEPT, KIOSK, REJECT, RETRY, UNDECIDED, Door, code,
                  one_line)
from rollservice import ACTIVE, ROLLED, Service, kid_of, seq_of


@pytest.fixture
def service():
    s = Service()
    yield s
    s.close()


@pytest.fixture
def door(tmp_path, service):
    return Door(tmp_path / "kiosk", service).enrolled()


def key_files(door):
    return sorted(p.name for p in pathlib.Path(door.dir).iterdir()
                  if "key" in p.name)


def kiosk_of(door):
    return bytes.fromhex(door.ask("status")["kiosk"])


def test_a_roll_sends_what_waits_and_begins_a_new_chain(door, service, code):
    old = kiosk_of(door)
    door.redeem(code)
    door.redeem("rubbish")
    out = door.ask("roll")
    assert out["exit"] == 0 and out["before"] == old.hex()
    new = bytes.fromhex(out["kiosk"])
    assert new != old and kiosk_of(door) == new
    assert len(service.held_of[old]) == 2 and not service.held_of[new]
    # It has reported, so the service goes by it alone.
    assert service.reported[-1] == new and service.states[old] == ROLLED
    assert key_files(door) == ["device.key"]
    mode = os.stat(pathlib.Path(door.dir) / "device.key").st_mode
    assert stat.S_IMODE(mode) == 0o600
    status = door.ask("status")
    assert (status["entries"], status["unsent"], status["rolling"],
            status["device"]) == (0, 0, False, "active")
    assert door.redeem(m.code(service.issuer.issue()))["verdict"] == "accepted"
    door.redeem("rubbish")
    assert door.ask("sync")["unsent"] == 0
    first, second = (service.held_of[new][seq] for seq in (1, 2))
    assert kid_of(first[0]) == new and first[1][3] == bytes(32)
    assert second[1][3] == fakeservice.hashlib.sha256(first[0]).digest()


def test_every_roll_rolls(door, service, code):
    kids = [kiosk_of(door)]
    for _ in range(3):
        door.redeem(m.code(service.issuer.issue()))
        assert door.ask("roll")["exit"] == 0
        kids.append(kiosk_of(door))
    assert len(set(kids)) == 4
    assert [service.states[k] for k in kids] == [ROLLED] * 3 + [ACTIVE]
    assert [len(service.held_of[k]) for k in kids] == [1, 1, 1, 0]


def test_a_visit_told_under_the_old_key_is_known_and_can_be_taken_back(
        door, service, code):
    old = kiosk_of(door)
    first = door.redeem(code)
    other = m.code(service.issuer.issue())
    second = door.redeem(other)
    door.run("roll")
    new = kiosk_of(door)
    out = door.ask("check", "--benefit", "day-kr", code)
    assert out["verdict"] == "already-redeemed"
    assert out["first_use"]["at_ms"] == first["at_ms"]
    assert door.ask("reverse", first["id"])["verdict"] == "reversed"
    out = door.ask("reverse", "%s/%s" % (old.hex(), second["id"]))
    assert out["verdict"] == "reversed"
    assert [service.held_of[new][seq][1][6] for seq in (1, 2)] == [
        [old, bytes.fromhex(first["id"])], [old, bytes.fromhex(second["id"])]]
    for c in code, other:
        assert door.ask("check", "--benefit", "day-kr", c)["verdict"] == \
            "accepted"
    assert door.ask("reverse", first["id"])["verdict"] == "already-reversed"
    # Under the new key's name there is no such visit.
    r = door.run("reverse", "%s/%s" % (new.hex(), "00" * 16))
    assert r.returncode == REJECT and "not in this kiosk" in one_line(r)


def test_a_visit_taken_back_before_a_roll_is_not_taken_back_again(door, code):
    id = door.redeem(code)["id"]
    assert door.ask("reverse", id)["verdict"] == "reversed"
    door.run("roll")
    assert door.ask("reverse", id)["verdict"] == "already-reversed"


def test_a_refusal_that_nobody_read_is_told_after_a_roll(door, service, code):
    """And stays apart from one of the new chain."""
    old = kiosk_of(door)
    keep = service.keep
    service.take_back = lambda id: None
    service.keep = lambda items: [
        dict(r, verdict="reversal-not-allowed", number=131)
        if r["number"] == 128 else r for r in keep(items)]
    attempts = []
    for _ in range(2):
        id = door.redeem(m.code(service.issuer.issue()))["id"]
        service.trouble["/v1/entries"] = ["drop"] * 50
        door.ask("reverse", id)
        service.trouble.clear()
        attempts.append("%s/%s" % (kiosk_of(door).hex(), id))
        if len(attempts) == 1:
            assert door.ask("roll")["exit"] == 0
    assert attempts[0].startswith(old.hex())
    out = door.ask("sync")
    assert sorted(r["attempt"] for r in out["refusals"]) == sorted(attempts)
    assert all(r["counts"] for r in out["refusals"])
    assert door.ask("sync")["refusals"] == []


def test_entries_that_cannot_be_sent_keep_the_key(door, service, code):
    old = kiosk_of(door)
    door.redeem(code)
    service.trouble["/v1/entries"] = (502, {}, [])
    r = door.run("roll")
    assert r.returncode == RETRY and "502" in one_line(r)
    service.trouble.clear()
    keep = service.keep
    service.keep = lambda items: [
        {"seq": 1, "verdict": "busy", "number": 112, "marks": []}
        for _ in items]
    r = door.run("roll")
    text = one_line(r)
    assert r.returncode == UNDECIDED and "1 entries are not sent" in text
    assert "oap-kiosk sync" in text
    assert not service.rolls and key_files(door) == ["device.key"]
    assert kiosk_of(door) == old
    service.keep = keep
    assert door.ask("roll")["exit"] == 0


def test_after_a_lost_answer_the_same_message_is_sent_again(door, service,
                                                            code):
    old = kiosk_of(door)
    for trouble in "lose", "drop":
        service.trouble["/v1/enrolments"] = [trouble] * 9
        r = door.run("roll")
        assert r.returncode == RETRY and one_line(r)
        status = door.ask("status")
        assert status["rolling"] and status["kiosk"] == old.hex()
        assert b"oap-kiosk roll" in door.run("status").stdout
        # The old one goes on writing.
        visit = m.code(service.issuer.issue())
        assert door.redeem(visit)["verdict"] == "accepted"
    assert key_files(door) == ["device.key", "device.key.next"]
    service.trouble.clear()
    assert door.ask("roll")["exit"] == 0
    assert len(service.rolls) >= 2 and len(set(service.rolls)) == 1
    assert service.reported[-1] == kiosk_of(door) != old
    assert sorted(service.held_of[old]) == [1, 2]
    assert door.ask("status")["rolling"] is False


def test_a_refused_roll_leaves_the_old_key_at_work(door, service, code):
    old = kiosk_of(door)
    service.trouble["/v1/enrolments"] = [
        (403, {"title": "No", "status": 403,
               "detail": "key roll: the old key has a successor already"},
         [])]
    r = door.run("roll")
    assert r.returncode == REJECT and "has a successor" in one_line(r)
    assert door.ask("status")["rolling"] is False
    assert kiosk_of(door) == old
    assert door.redeem(code)["verdict"] == "accepted"
    assert door.ask("roll")["exit"] == 0


def test_the_old_key_goes_on_until_the_bundle_has_the_new_one(door, service,
                                                              code):
    old = kiosk_of(door)
    service.trouble["/v1/bundle"] = (502, {}, [])
    r = door.run("roll")
    assert r.returncode == RETRY and "bundle" in one_line(r)
    assert door.ask("status")["rolling"] and kiosk_of(door) == old
    assert door.redeem(code)["verdict"] == "accepted"
    assert door.ask("status")["unsent"] == 1
    service.trouble.clear()
    assert door.ask("roll")["exit"] == 0
    assert len(service.rolls) == 1 and len(service.held_of[old]) == 1


def test_a_service_put_back_to_before_the_roll_is_told_again(door, service,
                                                             code):
    old = kiosk_of(door)
    door.run("roll")
    new = kiosk_of(door)
    service.forget(new)
    told = door.redeem(code)
    assert told["verdict"] == "accepted-offline"
    assert "does not know this kiosk's key" in told["detail"]
    out = door.ask("sync")
    assert (out["exit"], out["unsent"]) == (0, 0)
    assert len(service.rolls) == 2 and len(set(service.rolls)) == 1
    assert service.states == {old: ROLLED, new: ACTIVE}
    other = m.code(service.issuer.issue())
    assert door.redeem(other)["verdict"] == "accepted"


def test_where_only_the_service_may_accept_an_unknown_key_accepts_nothing(
        tmp_path):
    service = Service(offline=False)
    try:
        door = Door(tmp_path / "kiosk", service).enrolled()
        door.run("roll")
        service.forget(kiosk_of(door))
        told = door.redeem(m.code(service.issuer.issue()))
        assert told["verdict"] == "offline-not-allowed"
        assert "does not know this kiosk's key" in told["detail"]
    finally:
        service.close()


def not_now(items):
    return [{"seq": seq_of(m.decode(item)[0]), "verdict": "busy",
             "number": 112, "marks": []} for item in items]


def taken_and_lost(items):
    return [dict(r, verdict="accepted", number=1, marks=[])
            for r in not_now(items)]


@pytest.mark.parametrize("answer", [not_now, taken_and_lost])
def test_no_key_is_introduced_before_all_that_the_one_before_wrote(
        door, service, answer):
    """Once the service has the next key, nobody asks for what is missing."""
    before = kiosk_of(door)
    for _ in range(3):
        door.redeem(m.code(service.issuer.issue()))
    door.run("roll")
    last = kiosk_of(door)
    service.forget(last)
    service.held_of[before].clear()
    rolls, keep = len(service.rolls), service.keep
    service.keep = answer
    for _ in range(2):
        assert door.run("sync").returncode == RETRY
    assert len(service.rolls) == rolls and last not in service.states
    service.keep = keep
    assert door.ask("sync")["exit"] == 0
    assert sorted(service.held_of[before]) == [1, 2, 3]
    assert service.states[last] == ACTIVE


def test_at_a_busy_door_it_is_told_again_by_itself(door, service):
    """Visitor after visitor, and nobody who runs sync."""
    door.run("roll")
    new = kiosk_of(door)
    service.forget(new)
    done = threading.Event()

    def crowd(out):
        while not done.wait(.2):
            out.write(m.code(service.issuer.issue()).encode() + b"\n")
            out.flush()
        out.close()

    kiosk = subprocess.Popen(
        [KIOSK, "redeem", "--dir", door.dir, "--benefit", door.benefit,
         "--json", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    queue = threading.Thread(target=crowd, args=(kiosk.stdin,))
    queue.start()
    try:
        told = [json.loads(kiosk.stdout.readline())["verdict"]]
        assert told == ["accepted-offline"]
        oaprun.wait_for(lambda: new in service.states, "the key")
        while told[-1] != "accepted" and len(told) < 100:
            told.append(json.loads(kiosk.stdout.readline())["verdict"])
        assert set(told) == {"accepted-offline", "accepted"}
    finally:
        done.set()
        queue.join()
        kiosk.stdout.read()
        kiosk.stdout.close()
        kiosk.wait(oaprun.PATIENCE)


def test_a_kiosk_that_never_rolled_has_nothing_to_tell_again(door, service):
    service.forget(kiosk_of(door))
    r = door.run("sync")
    assert r.returncode != 0 and b"not known to this service" in r.stderr
    assert not service.rolls


def test_a_wrapped_key_is_followed_by_a_wrapped_one(tmp_path, service):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "oap-kiosk.key").write_bytes(bytes(range(32)))
    env = {"CREDENTIALS_DIRECTORY": str(credentials)}
    d = Door(tmp_path / "k", service)
    assert d.run("enrol", service.code(), env=env).returncode == 0
    service.trouble["/v1/enrolments"] = ["lose"] * 9
    assert d.run("roll", env=env).returncode == RETRY
    service.trouble.clear()
    for name in key_files(d):
        assert (tmp_path / "k" / name).read_bytes()[:9] == b"OAPKEY1\nw"
    assert d.run("roll", env=env).returncode == ACCEPT
    assert (tmp_path / "k/device.key").read_bytes()[:9] == b"OAPKEY1\nw"
    assert service.reported[-1] == list(service.known)[1]


def test_a_kiosk_whose_key_was_rolled_elsewhere_does_not_roll(door, service):
    """A copy of the directory, from before."""
    service.states[kiosk_of(door)] = ROLLED
    service.newer()
    door.run("sync")
    r = door.run("roll")
    assert r.returncode == REJECT and "is rolled" in one_line(r)
    assert not service.rolls


def test_a_directory_that_is_no_kiosk_has_no_key_to_roll(tmp_path, service):
    d = Door(tmp_path / "k", service)
    r = d.run("roll")
    assert r.returncode == RETRY and "no such kiosk" in one_line(r)
