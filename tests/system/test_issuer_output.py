# SPDX-License-Identifier: Apache-2.0
"""Where oap-issuer writes: files are there whole or not at all, what is no file
is never replaced, and nothing is issued that could not be written."""
import fcntl
import os
import pathlib
import stat
import sys
import threading

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import office as o  # noqa: E402

ONE = ("issue", "--class", "adult", "--days", "3")


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "r.csv"
    path.write_text("ref,class,days\nR1,adult,9\nR2,child,9\n")
    return path


def nothing_happened(city, directory, *names):
    assert city.rows() == []
    assert sorted(p.name for p in directory.iterdir()) == \
        sorted(["seoul", "r.csv", *names])


# --------------------------------------------------- what is no file
def test_a_device_is_written_and_not_replaced(seoul, tmp_path):
    device = tmp_path / "null"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        device.open("w").close()
    except OSError:
        pytest.skip("making a device is not allowed here")
    seoul.run(*ONE, "--out", device, "--as", "txt")
    assert stat.S_ISCHR(device.lstat().st_mode)
    assert device.stat().st_rdev == os.makedev(1, 3)
    assert len(seoul.rows()) == 1


def test_a_pipe_gets_the_code_when_somebody_reads(seoul, csv, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for command in ((*ONE, "--as", "txt"), ("issue", "--csv", csv)):
        assert "nobody reads from it" in seoul.refused(
            *command, "--out", pipe, status=4)
    nothing_happened(seoul, tmp_path, "pipe")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    got = []

    def read():
        os.set_blocking(reader, True)
        with os.fdopen(reader) as stream:
            got.append(stream.read())

    thread = threading.Thread(target=read)
    # a writer of our own, so that the reader waits for the program
    keeper = os.open(pipe, os.O_WRONLY)
    thread.start()
    try:
        seoul.run("issue", "--csv", csv, "--out", pipe)
    finally:
        os.close(keeper)
        thread.join()
    assert [row.split(",")[1] for row in got[0].splitlines()[1:]] == \
        ["R1", "R2"]
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


def test_a_link_to_a_pipe_is_followed(seoul, tmp_path):
    link = tmp_path / "stdout.txt"      # as /dev/stdout is one
    link.symlink_to("/proc/self/fd/1")
    code, pass_id = seoul.run(*ONE, "--out", link).stdout.splitlines()
    assert seoul.pass_id(code) == pass_id
    assert link.is_symlink()


def test_a_link_is_neither_replaced_nor_followed_to_a_file(seoul, csv,
                                                           tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("mine")
    for name, target in (("link.txt", letter), ("loose.txt", "nowhere")):
        (tmp_path / name).symlink_to(target)
        for command in (ONE, ("issue", "--csv", csv)):
            assert "symbolic link" in seoul.refused(*command, "--out",
                                                    tmp_path / name)
    nothing_happened(seoul, tmp_path, "letter.txt", "link.txt", "loose.txt")
    assert letter.read_text() == "mine"


def test_a_directory_or_no_name_is_refused_before_anything(seoul, csv,
                                                           tmp_path):
    (tmp_path / "d.txt").mkdir()
    for command in (ONE, ("issue", "--csv", csv)):
        for name, said in ((tmp_path / "d.txt", "is a directory"),
                           ("", '"": ')):
            assert said in seoul.refused(*command, "--out", name, status=2,
                                         cwd=tmp_path)
    nothing_happened(seoul, tmp_path, "d.txt")


def test_what_is_read_is_not_written_over(seoul, csv, tmp_path):
    text = csv.read_bytes()
    (tmp_path / "same.csv").hardlink_to(csv)
    for name in ("r.csv", "./r.csv", "same.csv"):
        assert "is what is read" in seoul.refused(
            "issue", "--csv", "r.csv", "--out", name, status=2, cwd=tmp_path)
    with csv.open() as stdin:
        assert "is what is read" in seoul.refused(
            "issue", "--csv", "-", "--out", csv, status=2, stdin=stdin)
    assert csv.read_bytes() == text
    nothing_happened(seoul, tmp_path, "same.csv")


# ---------------------------------------------- the temporary file
def test_two_runs_do_not_take_each_others_unfinished_file(seoul, csv,
                                                          tmp_path):
    out, part = tmp_path / "out.csv", tmp_path / "out.csv.part"
    part.write_text("half of what the other r")
    with part.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another oap-issuer writes it now" in seoul.refused(
            "issue", "--csv", csv, "--out", out, status=4)
        assert part.read_text() == "half of what the other r"
    nothing_happened(seoul, tmp_path, "out.csv.part")
    # one that nobody holds is left over
    seoul.run("issue", "--csv", csv, "--out", out)
    assert len(o.rows_of(out)) == 2 and not part.exists()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_a_left_over_that_is_no_file_is_not_written_through(seoul, tmp_path):
    letter = tmp_path / "letter"
    letter.write_text("mine")
    out = tmp_path / "pass.txt"
    (tmp_path / "pass.txt.part").symlink_to(letter)
    seoul.run(*ONE, "--out", out)
    assert letter.read_text() == "mine"
    assert out.read_text().startswith("OAP1:") and not out.is_symlink()
