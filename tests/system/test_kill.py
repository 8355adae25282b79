# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the daemon under load: what it acknowledged is there when it
starts again, once, and as it was acknowledged."""
import os
import pathlib
import random
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import oapany  # noqa: E402
import oaprun  # noqa: E402
import siege  # noqa: E402

SEED = oapany.seed()
KILLS = int(os.environ.get("OAP_KILLS", "20"))


@pytest.fixture
def dice(request):
    print("OAP_SEED=%d" % SEED)
    return random.Random("%d %s" % (SEED, request.node.name))


@pytest.fixture
def daemon(tmp_path):
    daemon = oaprun.Daemon(tmp_path, threads=2)
    yield daemon
    daemon.kill()


def test_what_was_answered_before_a_kill_is_there_after_it(daemon, dice):
    load = siege.Siege(daemon, dice.random())
    for _ in range(KILLS):
        before = load.answered()
        daemon.start()
        load.start()
        oaprun.wait_for(lambda: load.failures or
                        load.answered() >= before + 20, "answers")
        time.sleep(dice.random() * .3)      # any moment will do
        assert daemon.kill() == -9
        load.join()
        daemon.start()
        load.check_fresh()
        assert daemon.stop() == 0
    daemon.start()
    load.check_all()
    assert all(door.sent for door in load.doors)


def test_what_was_answered_before_a_stop_is_there_and_nothing_is_half_done(
        daemon, dice):
    load = siege.Siege(daemon, dice.random())
    for _ in range(3):
        before = load.answered()
        daemon.start()
        load.start()
        oaprun.wait_for(lambda: load.failures or
                        load.answered() >= before + 20, "answers")
        assert daemon.stop() == 0           # SIGTERM drains
        load.join()
        daemon.start()
        load.check_fresh()
        assert daemon.stop() == 0
    daemon.start()
    load.check_all()
