# SPDX-License-Identifier: Apache-2.0
"""The daemon over power cuts: every question that was answered is in the
ledger once, with that answer, and every entry that was acknowledged."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import cuts  # noqa: E402
import oaprun  # noqa: E402
import powercut  # noqa: E402
import siege  # noqa: E402



class Cut:
    """A daemon besieged on a disk that loses its power."""

    def __init__(self, directory, dice):
        self.dice = dice
        self.daemon = oaprun.Daemon(directory, threads=2)
        self.siege = siege.Siege(self.daemon, dice.random())
        self.power = powercut.PowerCut(oaprun.build(), self.daemon.data)
        self.power.settle()
        self.taken_back = 0     # changes that a cut undid
        self.unborn = 0         # cuts in the middle of a start

    def once(self, **options):
        at = self.dice.randint(1, self.dice.choice((10, 150, 4000)))
        if self.started(self.power.environment(at=at, **options)):
            self.siege.start()
            self.siege.join()
        status = self.daemon.kill()
        assert status in (-9, None), self.daemon.log()[-3000:]
        self.taken_back += self.power.apply(
            self.dice if self.dice.random() < .5 else None)
        self.check()

    def started(self, env):
        try:
            self.daemon.start(env)
        except oaprun.Dead as why:
            assert "(-9)" in str(why), why
            self.unborn += 1
            return False
        return True

    def check(self):
        try:
            self.daemon.start()
        except oaprun.Dead as why:
            raise cuts.Lost("it does not start again: %s" % why)
        self.siege.check_fresh()
        assert self.daemon.stop() == 0

    def end(self):
        self.daemon.start()
        self.siege.check_all()
        self.daemon.stop()


@pytest.fixture
def cut(tmp_path, dice):
    made = Cut(tmp_path / "service", dice)
    yield made
    made.daemon.kill()


def test_no_power_cut_loses_what_was_answered(cut):
    for _ in range(cuts.share(1)):
        cut.once()
    cut.end()
    print("%d answers, %d changes undone, %d cuts in a start" %
          (cut.siege.answered(), cut.taken_back, cut.unborn))
    assert cut.taken_back > 0 and cut.siege.answered() > 0


def test_with_synchronous_off_the_same_test_fails(cut):
    with pytest.raises(cuts.Lost):
        for _ in range(20):
            cut.once(synchronous_off=True)
        cut.end()
