# SPDX-License-Identifier: Apache-2.0
"""The kiosk's journal over power cuts: what a visitor was told is in it, and
its chain goes on without a fork."""
import hashlib
import json
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import cuts  # noqa: E402
import fakeservice  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
import powercut  # noqa: E402



class Service(fakeservice.Service):
    """Remembers every version of an entry that it was ever sent."""

    def __init__(self):
        self.versions = {}      # seq -> entry bytes
        super().__init__()

    def keep(self, items):
        for encoded in items:
            entry = m.decode(encoded)[0]
            seq = m.decode(m.decode(entry).value[2])[2]
            self.versions.setdefault(seq, set()).add(entry)
        return super().keep(items)


class Door:
    def __init__(self, service, directory):
        self.service, self.dir = service, directory
        self.cut = powercut.PowerCut(oaprun.build(), directory)
        self.told = {}          # id -> number that a visitor was told
        self.reversed = set()   # perhaps
        self.told_reversed = set()
        self.checked_seq, self.checked_hash = 0, bytes(32)
        self.epoch = 0
        self.run("enrol", service.code())
        self.run("sync")
        self.cut.settle()

    def run(self, command, *arguments, env=None):
        done = subprocess.run(
            [oaprun.program("oap-kiosk"), command, "--json", "--dir",
             self.dir, *arguments], env=env, capture_output=True, text=True,
            timeout=120)
        assert done.returncode in (0, 1, 4, -9), done
        return done

    def visit(self, dice, env):
        """One command, killed at some point or not; what it told stands."""
        accepted = [i for i, n in self.told.items()
                    if n == 1 and i not in self.reversed]
        if accepted and dice.random() < .2:
            self.take_back(dice.choice(accepted), env)
        elif dice.random() < .2:
            self.service.epoch += 1
            self.run("sync", env=env)
        elif dice.random() < .2:
            self.scan("OAP1:NONSENSE", env)
        else:
            self.admit(env)

    def take_back(self, id, env):
        self.reversed.add(id)
        if self.run("reverse", id, env=env).returncode == 0:
            self.told_reversed.add(id)

    def admit(self, env):
        self.scan(m.code(self.service.issuer.issue(hint="K.M.")), env)

    def scan(self, code, env):
        done = self.run("redeem", "--benefit", "day-kr", "--amount", "24000",
                        code, env=env)
        if done.stdout.endswith("\n"):
            told = json.loads(done.stdout)
            if "id" in told:
                self.told[told["id"]] = told["number"]

    def check_bundle(self):
        """What is kept beside it came with it, or neither did."""
        done = self.run("status")
        cuts.must_be(done.returncode == 0, "status: " + done.stderr)
        status = json.loads(done.stdout)
        cuts.must_be(not status["bundle_damaged"], "the bundle went bad")
        epoch = status["bundle"]["epoch"]
        cuts.must_be(epoch >= self.epoch, "the bundle went back")
        self.epoch = epoch

    def check(self):
        self.check_bundle()
        done = self.run("sync")
        cuts.must_be(done.returncode == 0, "sync: " + done.stderr)
        forks = [s for s, v in self.service.versions.items() if len(v) > 1]
        cuts.must_be(not forks, "two entries of one seq: %s" % forks)
        held = {p[1].hex(): p for _, p, _ in self.service.held.values()}
        for id, number in self.told.items():
            cuts.must_be(id in held, "%s was told, and is gone" % id)
            cuts.must_be(held[id][10] == number,
                         "%s was told as %d" % (id, number))
        taken_back = {p[6][1].hex() for p in held.values() if 10 not in p}
        cuts.must_be(self.told_reversed <= taken_back,
                     "a reversal is gone")
        while self.checked_seq + 1 in self.service.held:
            entry, payload, _ = self.service.held[self.checked_seq + 1]
            cuts.must_be(payload[3] == self.checked_hash,
                         "the chain is broken at %d" % payload[2])
            self.checked_seq += 1
            self.checked_hash = hashlib.sha256(entry).digest()
        cuts.must_be(self.checked_seq == len(self.service.held),
                     "the chain has a gap")


def run_cuts(directory, dice, count, visits=2, **options):
    service = Service()
    try:
        door = Door(service, directory)
        door.admit(door.cut.environment(**options))
        door.take_back(next(iter(door.told)), door.cut.environment(**options))
        for _ in range(count):
            for _ in range(visits - 1):
                door.visit(dice, door.cut.environment(**options))
            door.visit(dice, door.cut.environment(
                at=dice.randint(1, 60), **options))
            door.cut.apply(dice if dice.random() < .5 else None)
            door.check()
    finally:
        service.close()
    return door


def test_no_power_cut_loses_what_a_visitor_was_told(tmp_path, dice):
    door = run_cuts(tmp_path / "kiosk", dice, cuts.share(.25))
    assert door.told and door.told_reversed


def test_with_synchronous_off_the_same_test_fails(tmp_path, dice):
    with pytest.raises(cuts.Lost):
        run_cuts(tmp_path / "kiosk", dice, 40, synchronous_off=True)
