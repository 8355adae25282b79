# SPDX-License-Identifier: Apache-2.0
"""Passes shown live by their holder (tests/holder.py), at a door with its
service and without it: each showing is good once, and for a minute."""
import json
import pathlib
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import oapmsg as m  # noqa: E402
from town import Door, Service, door  # noqa: E402, F401


class Phone:
    """A holder, and the pass that was issued for the holder's key."""

    def __init__(self, service, seed="a resident of Seoul"):
        self.seed = seed
        public = self.run("key", seed)
        assert len(bytes.fromhex(public)) == 32
        self.card = service.city.issue(holder=m.key_of(seed))

    @staticmethod
    def run(*arguments):
        return subprocess.run(
            [sys.executable, HERE.parent / "holder.py", *arguments],
            capture_output=True, check=True, text=True).stdout.strip()

    def show(self, *options, at=None):
        at = ["--at", str(at)] if at is not None else []
        return m.message_of(self.run("show", self.seed, m.code(self.card),
                                     *options, *at))


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path / "service")
    made.add_benefit("thrice", uses=3)
    yield made
    assert made.stop() in (0, None)


@pytest.fixture
def phone(service):
    return Phone(service)


@pytest.fixture(params=["online", "offline"])
def line(request, service, door):
    if request.param == "offline":
        service.kill()
    return {"online": "accepted", "offline": "accepted-offline"}[
        request.param]


def test_a_showing_is_good_once(line, door, phone):
    shown = phone.show()
    assert door.redeem(shown, "thrice")[1]["verdict"] == line
    # remembered by the next process, too
    assert door.redeem(shown, "thrice")[1]["verdict"] == "presentation-stale"
    # for another benefit at this door it is the same moment
    assert door.redeem(shown, "visit")[1]["verdict"] == line
    time.sleep(1.1)
    assert door.redeem(phone.show(), "thrice")[1]["verdict"] == line


def test_a_showing_is_good_for_a_minute(line, door, phone):
    now = int(time.time())
    for at in (now - 90, now + 90):
        _, told = door.redeem(phone.show(at=at))
        assert told["verdict"] == "presentation-stale"
        assert "automatic" in told["text"] + told["next"]
    assert door.redeem(phone.show(at=now - 30))[1]["verdict"] == line


def test_the_paper_alone_is_not_enough(line, door, phone):
    assert door.redeem(phone.card)[1]["verdict"] == "presentation-required"


def test_a_showing_for_a_place_is_good_there_alone(line, door, phone):
    assert door.redeem(phone.show("--for", "palace"))[1]["verdict"] == \
        "presentation-invalid"
    time.sleep(1.1)
    assert door.redeem(phone.show("--for", "tnm"))[1]["verdict"] == line


def test_another_phone_shows_nothing(line, door, service, phone):
    thief = Phone(service, "somebody else")
    thief.card = phone.card
    assert door.redeem(thief.show())[1]["verdict"] == "presentation-invalid"


def test_a_showing_that_was_refused_is_none_either(line, door, service,
                                                   phone):
    shown = phone.show()
    done = door.run("redeem", "--json", "--benefit", "visit", "--party", "11",
                    m.code(shown))
    assert json.loads(done.stdout)["verdict"] == "party-too-large"
    assert door.redeem(shown)[1]["verdict"] == "presentation-stale"
    assert door.redeem(shown, "thrice")[1]["verdict"] == line
    # the service is of the same mind, and so it is of what comes next
    if line == "accepted-offline":
        service.start()
    time.sleep(1.1)
    assert door.redeem(phone.show())[0] == 0
    door.sync()
    assert service.ctl("disputed")["disputed"] == []
    assert service.uses() == 2


def test_a_photograph_at_two_doors_that_could_not_know(service, door, phone,
                                                       tmp_path):
    other = Door(tmp_path / "other", service, "palace")
    service.kill()
    shown = phone.show()
    assert door.redeem(shown, "thrice")[0] == 0
    assert other.redeem(shown, "thrice")[0] == 0
    service.start()
    for each in (door, other):
        each.sync()
    marks = sorted(a["marks"] for a in service.attempts())
    assert marks == [[], ["outdated"]] and service.uses() == 2
    # online it is known
    assert door.redeem(shown, "thrice")[1]["verdict"] == "presentation-stale"
