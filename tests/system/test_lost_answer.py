# SPDX-License-Identifier: Apache-2.0
"""The answer that is lost on its way: whatever the service had said, and
whatever the kiosk then tells, one visit is one use or none, and who was told
nothing is let in when scanned again."""
import json
import pathlib
import subprocess
import sys
import threading
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from line import Behind, Line  # noqa: E402
from town import Door, Service  # noqa: E402

ALONE = {"visit": "accepted-offline", "guided": "offline-not-allowed"}
BENEFITS = sorted(ALONE)


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path / "service")
    made.admin("PATCH", "/v1/policy", {"deadline_ms": 1000})
    yield made
    assert made.stop() in (0, None)


@pytest.fixture
def line(service):
    made = Line(service)
    yield made
    made.close()


@pytest.fixture
def door(tmp_path, service, line):
    return Behind(tmp_path / "door", service, line)


def one_attempt(service):
    attempt, = service.attempts(facility="tnm")
    return attempt


@pytest.mark.parametrize("benefit", BENEFITS)
def test_the_service_had_accepted(service, line, door, benefit):
    scanned = service.city.issue()
    line.how = "answer lost"
    _, told = door.redeem(scanned, benefit)
    assert {a["verdict"] for a in line.answers} == {"accepted"}
    assert told["verdict"] == ALONE[benefit] and told["detail"]
    line.how = "through"
    door.sync()
    attempt = one_attempt(service)
    assert attempt["answer"] == "accepted"
    assert attempt["told"] == ALONE[benefit] and attempt["marks"] == []
    uses = int(benefit == "visit")
    assert service.uses() == uses
    # whoever was not let in has lost nothing
    assert door.redeem(scanned, benefit)[1]["verdict"] == (
        "already-redeemed" if uses else "accepted")


@pytest.mark.parametrize("benefit", BENEFITS)
def test_the_service_had_refused(service, line, door, tmp_path, benefit):
    scanned = service.city.issue()
    other = Door(tmp_path / "other", service, "palace")
    assert other.redeem(scanned, benefit)[1]["verdict"] == "accepted"
    other.sync()
    line.how = "answer lost"
    _, told = door.redeem(scanned, benefit)
    assert {a["verdict"] for a in line.answers} == {"already-redeemed"}
    assert told["verdict"] == ALONE[benefit]
    line.how = "through"
    door.sync()
    attempt = one_attempt(service)
    assert attempt["answer"] == "already-redeemed"
    over = int(benefit == "visit")
    assert attempt["marks"] == ["conflict"] * over
    assert len(service.ctl("conflicts")["conflicts"]) == over
    assert service.uses() == 1 + over


@pytest.mark.parametrize("benefit", BENEFITS)
def test_the_service_never_saw_the_question(service, line, door, benefit):
    line.how = "never arrives"
    _, told = door.redeem(service.city.issue(), benefit)
    assert told["verdict"] == ALONE[benefit]
    line.how = "through"
    door.sync()
    attempt = one_attempt(service)
    assert attempt["answer"] is None and attempt["told"] == ALONE[benefit]
    assert service.uses() == int(benefit == "visit")


@pytest.mark.parametrize("benefit", BENEFITS)
def test_the_question_comes_after_its_entry(service, line, door, benefit):
    line.how = "held"
    _, told = door.redeem(service.city.issue(), benefit)
    assert told["verdict"] == ALONE[benefit]
    line.how = "through"
    door.sync()
    assert line.held
    for answer in line.release():
        assert answer["verdict"] == ALONE[benefit] and answer["stored"]
    attempt = one_attempt(service)
    assert attempt["told"] == ALONE[benefit]
    assert service.uses() == int(benefit == "visit")


def redeem_and_die(line, door, benefit, scanned, how):
    """Killed before its entry: after the service's answer, or while the
    question is on its way. What the service had said, if anything."""
    started, asked = threading.Event(), len(line.answers)
    line.how = how
    line.on_question = line.on_answer = (
        lambda: started.wait(oaprun.PATIENCE) and kiosk.kill())
    kiosk = subprocess.Popen(
        [oaprun.program("oap-kiosk"), "redeem", "--dir", door.dir,
         "--benefit", benefit, "--amount", "2400", m.code(scanned)],
        stdout=subprocess.PIPE)
    started.set()
    assert kiosk.communicate(timeout=oaprun.PATIENCE)[0] == b""
    assert kiosk.returncode == -9
    line.how = "through"
    return [answer["verdict"] for answer in line.answers[asked:]]


def until_told(door, scanned, benefit, verdict):
    """Scanned again, as long as the first question's time is not over."""
    def ask():
        told = door.redeem(scanned, benefit)[1]["verdict"]
        assert told in (verdict, "already-redeemed")
        return told == verdict
    oaprun.wait_for(ask, verdict)
    door.sync()


def assert_in_order(service, uses):
    """Nobody has anything to look into."""
    assert service.uses() == uses
    assert service.ctl("conflicts")["conflicts"] == []
    assert service.ctl("disputed")["disputed"] == []
    assert [a for a in service.attempts() if a["marks"]] == []


@pytest.mark.parametrize("benefit", BENEFITS)
def test_a_kiosk_killed_before_it_wrote_lets_the_visitor_in_again(
        service, line, door, benefit):
    scanned = service.city.issue()
    assert redeem_and_die(line, door, benefit, scanned, "answer lost") == [
        "accepted"]
    assert service.uses() == 1      # as far as anybody knows
    until_told(door, scanned, benefit, "accepted")
    assert_in_order(service, 1)


@pytest.mark.parametrize("benefit", BENEFITS)
def test_killed_before_it_wrote_a_refusal_it_refuses_again(
        service, line, door, tmp_path, benefit):
    scanned = service.city.issue()
    other = Door(tmp_path / "other", service, "palace")
    assert other.redeem(scanned, benefit)[1]["verdict"] == "accepted"
    other.sync()
    assert redeem_and_die(line, door, benefit, scanned, "answer lost") == [
        "already-redeemed"]
    told = door.redeem(scanned, benefit)[1]
    assert told["verdict"] == "already-redeemed" and told["by_service"]
    door.sync()
    assert_in_order(service, 1)
    assert {a["told"] for a in service.attempts(facility="tnm")} == {
        None, "already-redeemed"}


@pytest.mark.parametrize("benefit", BENEFITS)
def test_killed_with_a_question_that_never_came_it_asks_another(
        service, line, door, benefit):
    scanned = service.city.issue()
    assert redeem_and_die(line, door, benefit, scanned,
                          "never arrives") == []
    assert service.attempts() == []
    told = door.redeem(scanned, benefit)[1]
    assert told["verdict"] == "accepted" and told["by_service"]
    door.sync()
    assert_in_order(service, 1)
    assert one_attempt(service)["told"] == "accepted"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("benefit", BENEFITS)
def test_a_dead_kiosks_question_that_comes_late_uses_nothing_in_the_end(
        service, line, door, benefit, when):
    """Whether the visitor was scanned again before it came or after."""
    scanned = service.city.issue()
    redeem_and_die(line, door, benefit, scanned, "held")
    if when == "after":
        told = door.redeem(scanned, benefit)[1]
        assert told["verdict"] == "accepted" and told["by_service"]
    late, = line.release()
    assert late["verdict"] == (
        "accepted" if when == "before" else "already-redeemed")
    if when == "before":
        assert service.uses() == 1
        until_told(door, scanned, benefit, "accepted")
    door.sync()
    assert_in_order(service, 1)
    told, = [a for a in service.attempts(facility="tnm") if a["told"] ==
             "accepted"]
    assert told["counts"]


def test_a_showing_that_nobody_was_told_of_is_good_without_the_service(
        service, line, door):
    holder = m.key_of("a phone")
    shown = m.presentation(service.city.issue(holder=holder),
                           {6: int(time.time())}, holder)
    assert redeem_and_die(line, door, "visit", shown, "answer lost") == [
        "accepted"]
    line.how, line.on_question = "never arrives", lambda: None
    assert door.redeem(shown)[1]["verdict"] == "accepted-offline"
    line.how = "through"
    door.sync()
    assert service.ctl("disputed")["disputed"] == []
    # void as soon as a report comes ten seconds later
    oaprun.wait_for(lambda: door.sync() and service.uses() == 1,
                    "the lost answer to be void")
    assert service.ctl("conflicts")["conflicts"] == []
    told, = [a for a in service.attempts(facility="tnm") if a["told"]]
    assert told["counts"] and told["marks"] == []


@pytest.mark.parametrize("again", [True, False],
                         ids=["scanned again", "gone"])
def test_an_answer_that_was_lost_under_a_key_before_is_given_up(
        service, line, door, again):
    scanned = service.city.issue()
    assert redeem_and_die(line, door, "visit", scanned,
                          "answer lost") == ["accepted"]
    assert door.run("roll").returncode == 0
    if again:
        until_told(door, scanned, "visit", "accepted")
    oaprun.wait_for(lambda: door.sync() and service.uses() == again,
                    "the lost answer to be void")
    assert service.ctl("unconfirmed")["unconfirmed"] == []
    assert service.ctl("conflicts")["conflicts"] == []
