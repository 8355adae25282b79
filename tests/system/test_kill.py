# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the daemon under load: what it acknowledged is there when it
starts again, once, and as it was acknowledged."""
import os
import pathlib
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import oaprun  # noqa: E402
import siege  # noqa: E402

KILLS = int(os.environ.get("OAP_KILLS", "20"))


@pytest.fixture
def daemon(tmp_path):
    daemon = oaprun.Daemon(tmp_path, threads=2)
    yield daemon
    daemon.kill()


def end_and_check(daemon, load, times, end):
    """Under load, again and again: what was acknowledged is there."""
    for _ in range(times):
        before = load.answered()
        daemon.start()
        load.start()
        oaprun.wait_for(lambda: load.failures or
                        load.answered() >= before + 20, "answers")
        end()
        load.join()
        daemon.start()
        load.check_fresh()
        assert daemon.stop() == 0
    daemon.start()
    load.check_all()


def test_what_was_answered_before_a_kill_is_there_after_it(daemon, dice):
    load = siege.Siege(daemon, dice.random())

    def kill():
        time.sleep(dice.random() * .3)      # any moment will do
        assert daemon.kill() == -9

    end_and_check(daemon, load, KILLS, kill)
    assert all(door.sent for door in load.doors)


def test_what_was_answered_before_a_stop_is_there_and_nothing_is_half_done(
        daemon, dice):
    load = siege.Siege(daemon, dice.random())

    def stop():
        assert daemon.stop() == 0           # SIGTERM drains

    end_and_check(daemon, load, 3, stop)
