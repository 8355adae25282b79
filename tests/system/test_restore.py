# SPDX-License-Identifier: Apache-2.0
"""A service that was restored from a copy of its database has every visit
again, with the verdict that was told, without a hand's turn; and a kiosk whose
directory was restored decides nothing alone."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import desk  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from line import Behind, Line  # noqa: E402
from rogue import Rogue  # noqa: E402
from town import Door, service  # noqa: E402, F401

# after the copy was made
VISITS = int(os.environ.get("OAP_VISITS") or
             (5000 if os.environ.get("OAP_LONG") == "yes" else 300))


@pytest.fixture
def doors(tmp_path, service):
    return [Door(tmp_path / ("door-%d" % i), service, where)
            for i, where in enumerate(("tnm", "palace"))]


def stream(door, passes):
    """{id: verdict told}, of a scanner that types one after another."""
    done = subprocess.run(
        [oaprun.program("oap-kiosk"), "redeem", "--json", "--dir", door.dir,
         "--benefit", "visit", "--amount", "2400", "-"],
        input="".join(m.code(p) + "\n" for p in passes).encode(),
        capture_output=True, timeout=600)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(passes), done.stderr
    return {out["id"]: out["verdict"] for out in told}


def visits(service, doors, number):
    """Some of them decided at the door, some at both doors."""
    told = {}
    for part, alone in ((number // 2, False), (number // 5, True),
                        (number - number // 2 - number // 5, False)):
        passes = [service.city.issue(idx=i % 4096) for i in range(part)]
        if alone:
            service.kill()
        told.update(stream(doors[0], passes[:part * 2 // 3]))
        told.update(stream(doors[1], passes[part // 2:]))
        if alone:
            service.start()
    return told


def known(service):
    return {a["id"]: a["told"] for a in service.attempts()}


def count_conflicts(service):
    found, cursor = 0, ""
    while cursor is not None:
        page = service.admin("GET", "/v1/conflicts?limit=500" + (
            "&cursor=" + cursor if cursor else ""))
        found, cursor = found + len(page["conflicts"]), page["cursor"]
    return found


def test_after_a_restore_every_visit_is_there_again(service, doors,
                                                    tmp_path):
    before = visits(service, doors, 30)
    for door in doors:
        door.sync()
    copy = tmp_path / "copy.db"
    desk.ok("unix:%s" % service.socket, "backup", copy)
    after = visits(service, doors, VISITS)
    for door in doors:
        assert door.sync()["unsent"] == 0
    uses, told = service.uses(), known(service)
    conflicts = count_conflicts(service)
    assert conflicts > 0
    assert {id: told[id] for id in {**before, **after}} == {**before, **after}
    service.restore(copy)
    assert len(known(service)) < len(told)
    for _ in range(2):      # what a running kiosk does every five minutes
        for door in doors:
            door.sync()
    assert known(service) == told
    assert service.uses() == uses
    assert count_conflicts(service) == conflicts
    assert service.ctl("disputed")["disputed"] == []
    # the doors go on as ever, also alone
    assert doors[0].redeem(service.city.issue())[1]["by_service"]
    service.kill()
    assert doors[0].redeem(service.city.issue())[1]["verdict"] == \
        "accepted-offline"


def test_what_was_told_under_keys_that_were_rolled_since_is_there_again(
        service, doors, tmp_path):
    door, copy = doors[0], tmp_path / "copy.db"
    told = stream(door, [service.city.issue() for _ in range(5)])
    door.sync()
    desk.ok("unix:%s" % service.socket, "backup", copy)
    for visits in (300, 0, 3):       # two uploads; a key that wrote nothing
        told.update(stream(door, [service.city.issue()
                                  for _ in range(visits)]))
        service.kill()
        told.update(stream(door, [service.city.issue()
                                  for _ in range(min(visits, 2))]))
        service.start()
        assert door.run("roll").returncode == 0
    told.update(stream(door, [service.city.issue() for _ in range(4)]))
    door.sync()
    assert known(service) == told and service.uses() == len(told)
    service.restore(copy)
    assert len(known(service)) == 5
    oaprun.wait_for(lambda: door.run("sync").returncode == 0,
                    "a bundle that is newer than what the kiosk has")
    assert known(service) == told and service.uses() == len(told)
    assert service.ctl("disputed")["disputed"] == []
    keys = [k["kid"] for k in service.admin("GET", "/v1/kiosks")["kiosks"]
            if k["facility"] == "tnm"]
    assert len(keys) == 4
    assert door.redeem(service.city.issue())[1]["by_service"]


def test_a_door_that_rolled_since_the_copy_turns_nobody_away(
        service, tmp_path):
    """It was out of reach before, so that the next report waits its time."""
    service.admin("PATCH", "/v1/policy", {"offline_uses": 1000})
    door, copy = Door(tmp_path / "door", service), tmp_path / "copy.db"
    desk.ok("unix:%s" % service.socket, "backup", copy)
    assert door.run("roll").returncode == 0
    door.sync()
    kiosk = subprocess.Popen(
        [oaprun.program("oap-kiosk"), "redeem", "--json", "--dir", door.dir,
         "--benefit", "visit", "--amount", "2400", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)

    def visit():
        kiosk.stdin.write(m.code(service.city.issue()) + "\n")
        kiosk.stdin.flush()
        time.sleep(.1)      # as visitors come
        return json.loads(kiosk.stdout.readline())["verdict"]
    try:
        assert visit() == "accepted"
        service.kill()
        # three reports in a row fail: the fourth is due 8 s later or more
        end = time.time() + 12
        alone = [visit() for _ in iter(lambda: time.time() < end, False)]
        assert set(alone) == {"accepted-offline"}
        service.restore(copy)
        back, told = time.time(), []
        while told[-1:] != ["accepted"] and time.time() < back + 90:
            told.append(visit())
        assert set(told) <= {"accepted-offline", "accepted"}
        assert told[-1] == "accepted" and len(told) > 1
    finally:
        kiosk.stdin.close()
        kiosk.stdout.read()
        kiosk.stdout.close()
        kiosk.wait(oaprun.PATIENCE)
    oaprun.wait_for(lambda: door.run("sync").returncode == 0, "the rest")
    assert service.ctl("disputed")["disputed"] == []


@pytest.mark.parametrize("later", [0, 3])
def test_what_was_told_while_a_key_waited_for_its_turn_is_there_again(
        service, tmp_path, later):
    """The service knew the next key when the copy was made, and the kiosk did
    not know that it did: what the key before wrote since is missing, though
    the key in use is not."""
    line, copy = Line(service), tmp_path / "copy.db"
    try:
        door = Behind(tmp_path / "door", service, line)
        told = stream(door, [service.city.issue() for _ in range(3)])
        line.about, line.how = {"/v1/enrolments"}, "answer lost"
        assert door.run("roll").returncode != 0
        line.how = "through"
        desk.ok("unix:%s" % service.socket, "backup", copy)
        told.update(stream(door, [service.city.issue() for _ in range(7)]))
        service.kill()
        told.update(stream(door, [service.city.issue() for _ in range(5)]))
        service.start()
        assert door.run("roll").returncode == 0
        told.update(stream(door, [service.city.issue()
                                  for _ in range(later)]))
        door.sync()
        assert known(service) == told and service.uses() == len(told)
        service.restore(copy)
        assert len(known(service)) == 3
        door.sync()
        door.sync()
        assert known(service) == told and service.uses() == len(told)
        assert service.ctl("disputed")["disputed"] == []
    finally:
        line.close()


def test_what_was_set_up_after_the_copy_is_set_up_again_and_counts(
        service, doors, tmp_path):
    """The epochs of in between are nobody's any more."""
    door, copy = doors[0], tmp_path / "copy.db"
    desk.ok("unix:%s" % service.socket, "backup", copy)
    service.add_benefit("late")
    door.sync()
    service.kill()
    assert door.redeem(service.city.issue(), "late")[1]["verdict"] == \
        "accepted-offline"
    service.start()
    door.sync()
    assert service.uses() == 1
    service.restore(copy)
    # an epoch is named for its second, or is the one after the last
    status = json.loads(door.run("status", "--json").stdout)
    lost = status["bundle"]["epoch"]
    oaprun.wait_for(lambda: time.time() > lost + 1, "another second")
    service.add_benefit("late")
    door.sync()
    door.sync()
    assert service.ctl("disputed")["disputed"] == [] and service.uses() == 1


def test_the_contacts_that_a_restore_took_are_held_against_nobody(
        service, doors, tmp_path):
    """Each of these was within the allowance, since the service was heard of
    in between; but only the kiosk remembers that."""
    service.admin("PATCH", "/v1/policy", {"offline_uses": 5})
    door, copy = doors[0], tmp_path / "copy.db"
    door.sync()

    def offline(visits):
        told = stream(door, [service.city.issue() for _ in range(visits)])
        assert set(told.values()) <= {"accepted-offline"}

    def alone(visits):
        service.kill()
        offline(visits)
        service.start()
    alone(3)
    door.sync()
    service.kill()          # a stretch that the copy is in the middle of
    offline(2)
    service.start()
    desk.ok("unix:%s" % service.socket, "backup", copy)
    alone(2)
    door.sync()
    for visits in (5, 4, 0, 5):
        alone(visits)
        door.sync()
    alone(4)                # nobody has heard of these when it is lost
    uses = service.uses()
    assert uses == 3 + 4 + 14
    service.restore(copy)
    assert service.uses() == 3
    door.sync()
    door.sync()
    assert service.ctl("disputed")["disputed"] == []
    assert service.uses() == uses + 4
    service.stop()
    assert "restored from a copy of 2" in service.log()
    service.start()
    trail = service.admin("GET", "/v1/audit")["audit"]
    assert [a["after"]["copied_ms"] > 0 for a in trail
            if a["action"] == "restored"] == [True]


def test_after_a_restore_a_kiosk_is_held_to_its_allowance_again(service,
                                                                tmp_path):
    service.admin("PATCH", "/v1/policy", {"offline_uses": 5, "skew_s": 0})
    rogue, copy = Rogue(service), tmp_path / "copy.db"
    desk.ok("unix:%s" % service.socket, "backup", copy)
    service.restore(copy)
    oaprun.wait_for(lambda: rogue.kiosk.now_ms() > restored_ms(service),
                    "another millisecond")
    rogue.send(*(rogue.accept() for _ in range(8)))
    assert rogue.disputed() == {"allowance": 3}
    # nor does a copy that nobody restored change anything
    other = Rogue(service)
    desk.ok("unix:%s" % service.socket, "backup", tmp_path / "other.db")
    other.send(*(other.accept() for _ in range(8)))
    assert rogue.disputed() == {"allowance": 6}


def restored_ms(service):
    trail = service.admin("GET", "/v1/audit")["audit"]
    return max(a["at_ms"] for a in trail if a["action"] == "restored")


def test_a_kiosk_that_was_restored_decides_nothing_alone(service, doors,
                                                         tmp_path):
    door = doors[0]
    door.redeem(service.city.issue())
    door.sync()
    shutil.copytree(door.dir, tmp_path / "copy")
    for _ in range(3):
        door.redeem(service.city.issue())
    door.sync()
    shutil.rmtree(door.dir)
    shutil.copytree(tmp_path / "copy", door.dir)
    # until it hears of it, it cannot know; then it asks for every visit
    door.sync()
    assert door.redeem(service.city.issue())[1]["verdict"] == "accepted"
    service.kill()
    status, told = door.redeem(service.city.issue())
    assert told["verdict"] == "offline-not-allowed" and status == 3
    service.start()
    door.sync()
    kid = json.loads(door.run("status", "--json").stdout)["kiosk"]
    # its new entries are under numbers that are taken: kept, and shown
    assert {a["told"] for a in service.attempts(kiosk=kid)} == {
        "accepted", "offline-not-allowed"}
