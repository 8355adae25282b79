# SPDX-License-Identifier: Apache-2.0
"""Kills and power cuts while a kiosk rolls its key, and while it wipes itself:
there is one key or the other, and never none; or all is gone, but for what it
owes."""
import hashlib
import json
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import cuts  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
import powercut  # noqa: E402
from rollservice import ACTIVE, REVOKED, ROLLED, Service  # noqa: E402

# About as many changes and syncs as there are in one.
POINTS = {"roll": 150, "sync": 90}


class Door:
    def __init__(self, service, directory):
        self.service, self.dir = service, directory
        self.cut = powercut.PowerCut(oaprun.build(), directory)
        self.told = {}      # id -> number
        self.run("enrol", service.code())
        self.cut.settle()

    def run(self, command, *arguments, env=None):
        return subprocess.run(
            [oaprun.program("oap-kiosk"), command, "--json", "--dir",
             self.dir, *arguments], env=env, capture_output=True, text=True,
            timeout=120)

    def asked(self, command, *arguments):
        done = self.run(command, *arguments)
        cuts.must_be(done.returncode == 0, "%s: %s" % (command, done.stderr))
        return json.loads(done.stdout)

    def admit(self):
        told = self.asked("redeem", "--benefit", "day-kr", "--amount", "24000",
                          m.code(self.service.issuer.issue()))
        cuts.must_be(told["verdict"] == "accepted", str(told))
        self.told[told["id"]] = told["number"]

    def cut_in(self, dice, command, **options):
        """Killed at some point of it; then the power goes, or does not."""
        done = self.run(command, env=self.cut.environment(
            at=dice.randint(1, POINTS[command]), **options))
        if dice.random() < .7:
            self.cut.apply(dice if dice.random() < .5 else None)
        self.cut.settle()
        return done.returncode == -9

    def check_entries(self):
        """Each in one version, and each key's chain whole from its first."""
        service = self.service
        forks = [k for k, v in service.versions.items() if len(v) > 1]
        cuts.must_be(not forks, "two entries of one seq: %s" % forks)
        found = {}
        for kid, held in service.held_of.items():
            prev = bytes(32)
            for seq in range(1, len(held) + 1):
                cuts.must_be(seq in held and held[seq][1][3] == prev,
                             "the chain is broken at %d" % seq)
                prev = hashlib.sha256(held[seq][0]).digest()
                found[held[seq][1][1].hex()] = held[seq][1][10]
        for id, number in self.told.items():
            cuts.must_be(found.get(id) == number, "%s was told" % id)


def roll_under_cuts(directory, dice, count, **options):
    service = Service()
    killed = 0
    try:
        door = Door(service, directory)
        for _ in range(count):
            door.admit()
            killed += door.cut_in(dice, "roll", **options)
            # One key or the other: the door goes on, and it is one that the
            # service takes.
            door.admit()
            door.asked("sync")
            now = bytes.fromhex(door.asked("status")["kiosk"])
            cuts.must_be(service.states[now] == ACTIVE, "a key that is not")
            if dice.random() < .7:
                door.asked("roll")
                after = bytes.fromhex(door.asked("status")["kiosk"])
                cuts.must_be(after != now, "the key stayed")
                cuts.must_be(service.states[now] == ROLLED and
                             service.states[after] == ACTIVE, "not rolled")
            door.check_entries()
    finally:
        service.close()
    return killed


def test_no_cut_in_a_roll_leaves_a_kiosk_without_its_key(tmp_path, dice):
    assert roll_under_cuts(tmp_path / "kiosk", dice, cuts.share(.2)) > 0


def wipe_under_cuts(directory, dice, owed):
    """Whether it was killed."""
    service = Service()
    try:
        door = Door(service, directory)
        door.admit()
        door.asked("sync")
        for _ in range(owed):
            door.admit()
        owed = door.asked("status")["unsent"]   # questions carry some
        service.trouble["/v1/entries"] = (502, {}, [])
        kid = next(iter(service.known))
        service.states[kid] = REVOKED
        service.newer()
        killed = door.cut_in(dice, "sync")
        # Whatever is left of it sends what it owes, and is gone.
        door.run("sync")
        cuts.must_be(not list(directory.glob("device.key*")), "a key")
        done = door.run("sync")
        cuts.must_be(done.returncode == 4, "sync: %s" % done.stderr)
        status = door.asked("status")
        cuts.must_be(status["wiped"] and status["unsent"] == owed,
                     str(status))
        service.trouble.clear()
        cuts.must_be("was revoked" in door.run("sync").stderr, "no word")
        cuts.must_be(door.asked("status")["unsent"] == 0, "still unsent")
        door.check_entries()
    finally:
        service.close()
    return killed


def test_no_cut_in_a_wipe_loses_what_is_owed_or_leaves_a_key(tmp_path, dice):
    killed = [wipe_under_cuts(tmp_path / str(n), dice, owed=n % 3)
              for n in range(cuts.share(.1))]
    assert any(killed)


def test_with_synchronous_off_a_roll_under_cuts_fails(tmp_path, dice):
    with pytest.raises((cuts.Lost, AssertionError, json.JSONDecodeError,
                        KeyError)):
        roll_under_cuts(tmp_path / "kiosk", dice, 60, synchronous_off=True)
