# SPDX-License-Identifier: Apache-2.0
"""The tour of deploy/quickstart.sh, as a new user sees it."""
import os
import pathlib
import signal
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import oaprun  # noqa: E402

SCRIPT = TOP / "deploy/quickstart.sh"
# Longer than the name of a local socket may be, and a shell takes it apart.
FAR_DOWN = "/".join(["a long way down"] * 8)


def environment(directory, build=None):
    return dict(os.environ, OAP_BUILD=str(build or oaprun.build()),
                OAP_QUICKSTART_DIR=str(directory))


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
    """Called through a link, with relative paths, as good as in any way."""
    (tmp_path / "tour").symlink_to(SCRIPT)
    build = os.path.relpath(oaprun.build(), tmp_path)
    run = subprocess.run(["./tour", "--once"], cwd=tmp_path,
                         env=environment(FAR_DOWN, build),
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
    for why in ("Why", "이유", "理由", "原因"):
        assert why not in text      # the service was asked, and answered
    assert running_in(tmp_path) == []


class Tour:
    """One that goes on until it is interrupted."""

    def __init__(self, top):
        self.directory = top / FAR_DOWN
        self.out = top / "out"
        with open(self.out, "w") as out:
            self.process = subprocess.Popen(
                [SCRIPT], env=environment(self.directory), stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True)

    def invitation(self):
        text = self.out.read_text()
        assert self.process.poll() is None, text[-3000:]
        if "oap-kiosk status --dir" not in text:
            return None
        return text[text.index("cd ", text.index("In another terminal")):]

    def interrupt(self):
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(oaprun.PATIENCE)


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    top = tmp_path_factory.mktemp("tour")
    tour = Tour(top)
    try:
        oaprun.wait_for(tour.invitation, "the last lines of the tour")
        yield tour
    finally:
        assert tour.interrupt() == 0
    assert running_in(top) == []


def test_what_it_invites_to_is_done_as_it_stands_there(tour):
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c",
                           tour.invitation()],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, text=True)
    assert done.returncode == 0, done.stdout


def test_a_second_one_in_the_same_folder_is_refused(tour):
    before = sorted(tour.directory.rglob("*"))
    second = subprocess.run([SCRIPT, "--once"],
                            env=environment(tour.directory),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            timeout=120, text=True)
    assert second.returncode == 4 and second.stdout == ""
    assert second.stderr.count("\n") == 1
    assert str(tour.directory) in second.stderr
    assert sorted(tour.directory.rglob("*")) == before


def test_a_folder_that_it_did_not_make_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("")
    run = subprocess.run([SCRIPT, "--once"], env=environment(tmp_path),
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=120, text=True)
    assert run.returncode == 4 and run.stderr.count("\n") == 1
    assert "was not made by the quickstart" in run.stderr
    assert [f.name for f in tmp_path.iterdir()] == ["mine"]


def test_an_interrupt_while_it_waits_ends_it_without_a_word(tmp_path):
    run = subprocess.Popen([SCRIPT], env=environment(tmp_path / "q"),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           start_new_session=True, text=True)
    for line in run.stdout:
        if "A pass that is over" in line:
            break
    os.killpg(run.pid, signal.SIGINT)
    _, told = run.communicate(timeout=oaprun.PATIENCE)
    assert run.returncode == 130
    # What the issuers said goes there, too, and nothing of the shell's.
    assert str(SCRIPT) not in told, told
    assert running_in(tmp_path) == []


@pytest.mark.parametrize("options", [["--twice"], ["--once", "--twice"]])
def test_an_unknown_option_is_refused(options):
    run = subprocess.run([SCRIPT, *options], stderr=subprocess.PIPE,
                         text=True)
    assert run.returncode == 2
    assert "--twice" in run.stderr


def test_a_daemon_that_ends_by_itself_is_told(tmp_path):
    tour = Tour(tmp_path)
    oaprun.wait_for(tour.invitation, "the last lines of the tour")
    daemon = [int(process) for process in running_in(tmp_path)
              if pathlib.Path("/proc", process, "comm").read_text() ==
              "oapd\n"]
    assert len(daemon) == 1
    os.kill(daemon[0], signal.SIGKILL)
    assert tour.process.wait(oaprun.PATIENCE) == 4
    last = tour.out.read_text().splitlines()[-1]
    assert last.startswith("quickstart: oapd ended by itself; ")
    assert pathlib.Path(last.split("; ")[1].split(" says why")[0]).is_file()
    assert running_in(tmp_path) == []
