# SPDX-License-Identifier: Apache-2.0
"""A kiosk whose clock is wrong: it learns how wrong from every answer, and
says that it cannot know rather than accept what may be over."""
import json
import pathlib
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import faketime  # noqa: E402
from town import Door, service  # noqa: E402, F401

class Wrong(Door):
    """Its programs see another time; what counts since boot is not moved."""

    clock = None        # "-1d"; None: the right one

    def env(self):
        env = super().env()
        if self.clock is not None:
            env.update(faketime.env(self.clock))
        return env

    def status(self):
        return json.loads(self.run("status", "--json").stdout)


@pytest.fixture
def door(tmp_path, service):
    return Wrong(tmp_path / "door", service)


def verdict_of(door, scanned):
    return door.redeem(scanned)[1]["verdict"]


@pytest.mark.parametrize("clock", ["-1d", "+5h", "-400d"])
def test_the_offset_is_learned_and_used_alone(service, door, clock):
    door.clock = clock
    assert verdict_of(door, service.city.issue()) == "accepted"
    hours = {"-1d": 24, "+5h": -5, "-400d": 9600}[clock]
    assert abs(door.status()["clock_offset_ms"] - hours * 3600000) < 60000
    service.kill()
    scanned = service.city.issue()
    assert verdict_of(door, scanned) == "accepted-offline"
    service.start()
    door.sync()
    found = {a["told"]: a for a in service.attempts()}
    for attempt in found.values():
        assert abs(attempt["at_ms"] - time.time() * 1000) < 120000
        assert attempt["counts"] and attempt["marks"] == []
    assert set(found) == {"accepted", "accepted-offline"}


def test_set_back_without_contact_it_accepts_nothing(service, door):
    assert verdict_of(door, service.city.issue()) == "accepted"
    service.kill()
    door.clock = "-1h"
    assert verdict_of(door, service.city.issue()) == "clock-untrusted"
    assert door.status()["clock_anchored"] is False
    door.clock = None
    assert verdict_of(door, service.city.issue()) == "accepted-offline"


def test_set_ahead_it_calls_no_good_pass_expired(service, door):
    good = service.city.issue(exp=int(time.time()) + 86400)
    over = service.city.issue(exp=int(time.time()) - 10)
    assert verdict_of(door, over) == "expired"
    service.kill()
    door.clock = "+2d"
    assert verdict_of(door, good) == "clock-untrusted"
    assert verdict_of(door, over) == "expired"      # at whatever time


def test_contact_puts_it_right(service, door):
    door.clock = "-1h"
    assert verdict_of(door, service.city.issue()) == "accepted"
    assert door.status()["clock_anchored"] is True
    door.clock = "-3h"      # moved again
    assert door.status()["clock_anchored"] is False
    assert verdict_of(door, service.city.issue()) == "accepted"
    assert door.status()["clock_anchored"] is True


@pytest.mark.parametrize("contact", [True, False],
                         ids=["with contact", "without"])
@pytest.mark.parametrize("clock", ["-1d", "+1d"])
def test_a_day_off_accepts_nothing_expired_and_calls_nothing_good_bad(
        service, door, clock, contact):
    now = int(time.time())
    over = [service.city.issue(exp=now - 60), service.city.issue(
        exp=now - 12 * 3600)]
    good = [service.city.issue(exp=now + 3600), service.city.issue(
        exp=now + 36 * 3600), service.city.issue(nbf=now - 60)]
    assert verdict_of(door, service.city.issue()) == "accepted"
    door.clock = clock
    if not contact:
        service.kill()
    for scanned in over:
        assert door.redeem(scanned)[1]["class"] != "accept"
    for scanned in good:
        told = door.redeem(scanned)[1]
        assert told["class"] in ("accept", "undecided"), told
        assert not contact or told["class"] == "accept"
    if contact:     # and alone again, by what it has learned
        service.kill()
        for scanned in over:
            assert door.redeem(scanned)[1]["verdict"] == "expired"
        assert verdict_of(door, service.city.issue()) == "accepted-offline"


def test_past_the_hard_age_it_is_undecided_but_not_about_what_is_known(
        service, door):
    revoked, good = service.city.issue(idx=9), service.city.issue()
    service.city.statuses[9] = 1
    service.publish(service.city.token(iat=int(time.time())))
    assert door.run("sync").returncode == 0
    service.kill()
    door.clock = "+6d"
    assert door.redeem(good)[1]["verdict"] == "accepted-offline"
    door.clock = "+8d"
    forged = bytearray(service.city.issue())
    forged[-1] ^= 1
    for scanned, verdict, status in ((service.city.issue(),
                                      "bundle-stale", 3),
                                     (service.city.issue(cls=3),
                                      "bundle-stale", 3),
                                     (bytes(forged), "bad-signature", 1),
                                     (revoked, "revoked", 1)):
        got, told = door.redeem(scanned)
        assert (told["verdict"], got) == (verdict, status), told
        assert told["by_service"] is False
