# SPDX-License-Identifier: Apache-2.0
"""The tour of deploy/quickstart.sh, as a new user sees it."""
import os
import pathlib
import signal
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import oaprun  # noqa: E402

SCRIPT = TOP / "deploy/quickstart.sh"


def environment(tmp_path):
    # A Unix socket's name has little room: a short directory.
    return dict(os.environ, OAP_BUILD=str(oaprun.build()),
                OAP_QUICKSTART_DIR=str(tmp_path / "q"))


def running_in(directory):
    """Processes whose working directory is below that one."""
    found = []
    for process in pathlib.Path("/proc").iterdir():
        try:
            if str((process / "cwd").resolve()).startswith(str(directory)):
                found.append(process.name)
        except OSError:
            continue
    return found


def test_the_tour_shows_each_case_and_leaves_nothing_running(tmp_path):
    run = subprocess.run([SCRIPT, "--once"], env=environment(tmp_path),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=300, text=True)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    text = run.stdout
    order = ["accepted", "1,600 JPY", "already-redeemed",
             "Tokyo National Museum", "1,500 KRW", "bad-signature",
             "expired", "suspended", "revoked", "reversed", "400 JPY",
             "gyeongbok"]
    at = 0
    for words in order:
        found = text.find(words, at)
        assert found >= 0, "no %r after character %d of\n%s" % (
            words, at, text)
        at = found
    assert running_in(tmp_path) == []


def test_without_once_it_goes_on_until_interrupted(tmp_path):
    with open(tmp_path / "out", "w+") as out:
        run = subprocess.Popen([SCRIPT], env=environment(tmp_path),
                               stdout=out, stderr=subprocess.STDOUT,
                               start_new_session=True)
        try:
            def invited():
                text = (tmp_path / "out").read_text()
                assert run.poll() is None, text[-3000:]
                return "oap-kiosk status --dir" in text and text
            text = oaprun.wait_for(invited, "the last lines of the tour")
            # What it invites to is done as it stands there.
            begin = text.index("\tcd ") if "\tcd " in text else \
                text.index("cd " + str(tmp_path))
            done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c",
                                   text[begin:]],
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=120,
                                  text=True)
            assert done.returncode == 0, done.stdout
        finally:
            os.killpg(run.pid, signal.SIGINT)
            assert run.wait(60) == 0
    assert running_in(tmp_path) == []


def test_an_unknown_option_is_refused():
    run = subprocess.run([SCRIPT, "--twice"], stderr=subprocess.PIPE,
                         text=True)
    assert run.returncode == 2
    assert "--twice" in run.stderr
