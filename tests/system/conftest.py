# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import random
import signal
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import oapany  # noqa: E402
import oaprun  # noqa: E402
import office  # noqa: E402

SEED = oapany.seed()
os.environ["OAP_SEED"] = str(SEED)      # of all workers, too


def pytest_report_header():
    return "OAP_SEED=%d" % SEED


# Whoever runs the suite in the background (nohup, a shell's &) has SIGINT
# ignored, and every program started from here would inherit that: Ctrl-C could
# not be tried. A signal with a handler goes back to its default at exec.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def dice(request):
    """Another sequence for each test, the same again with OAP_SEED."""
    print("OAP_SEED=%d" % SEED)
    return random.Random("%d %s" % (SEED, request.node.name))


@pytest.fixture
def seoul(tmp_path):
    """A city's office, of this test alone."""
    return office.Office(tmp_path / "seoul")


@pytest.fixture(autouse=True)
def no_daemon_outlives_its_test():
    """Also not that of a test that failed. What a module started for all of
    its tests was there before."""
    before = set(oaprun.RUNNING)
    yield
    for daemon in oaprun.RUNNING - before:
        daemon.kill()
