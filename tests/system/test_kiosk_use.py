# SPDX-License-Identifier: Apache-2.0
"""oap-kiosk used wrongly, in directories that are not right, interrupted, and
with pictures for codes."""
import ctypes
import json
import os
import pathlib
import select
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import time
import zlib

import pytest

import fakeservice
import oapcast
import oapmsg as m
import oaprun
from door import (ACCEPT, KIOSK, RETRY, UNDECIDED, USAGE, Door, code,
                  door, one_line, quick, service)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "fault"))

import fulldisk  # noqa: E402


@pytest.mark.parametrize("args", [
    [], ["fly"], ["redeem"], ["redeem", "--dir", "x", "OAP1:"],
    ["redeem", "--dir", "x", "--benefit"], ["status", "--nonsense"],
    ["status", "--dir"], ["status", "--dir", "x", "more"],
    ["redeem", "--dir", "x", "--benefit", "b", "--party", "0", "c"],
    ["redeem", "--dir", "x", "--benefit", "b", "--party", "-1", "c"],
    ["status", "--dir", "x", "--benefit", "b"],
    ["status", "--dir", "x", "--lang", "xx"],
    ["reverse", "--dir", "x", "--reason", "boredom", "00"],
])
def test_wrong_use_is_one_line_and_status_2(args):
    r = subprocess.run([KIOSK, *args], capture_output=True)
    assert r.returncode == USAGE and not r.stdout
    one_line(r)


@pytest.mark.parametrize("args", [
    ["--benefit", "UPPER"], ["--benefit", "day-kr", "--amount", "1.5"],
    ["--benefit", "day-kr", "--amount", "-1"],
    ["--benefit", "day-kr", "--amount", "99999999999999999999"]])
def test_wrong_values_are_refused(door, code, args):
    r = door.run("redeem", *args, code)
    assert r.returncode == USAGE and one_line(r)


def test_help_and_version():
    for args in (["--help"], ["redeem", "--help"], ["--version"]):
        r = subprocess.run([KIOSK, *args], capture_output=True)
        assert r.returncode == 0 and r.stdout and not r.stderr


def test_missing_directory_is_said(tmp_path):
    r = subprocess.run([KIOSK, "status", "--dir", str(tmp_path / "none")],
                       capture_output=True)
    assert r.returncode == RETRY and "no such kiosk" in one_line(r)


def test_nothing_is_made_where_no_kiosk_is(tmp_path):
    for command in (["status"], ["sync"], ["redeem", "--benefit", "b", "x"]):
        r = subprocess.run([KIOSK, command[0], "--dir", str(tmp_path),
                            *command[1:]], capture_output=True)
        assert r.returncode == USAGE and "oap-kiosk enrol" in one_line(r)
        assert not list(tmp_path.iterdir())


def test_another_programs_files_are_left_alone(tmp_path, service):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    path = theirs / "journal.db"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE entry (mine)")
    db.commit()
    db.close()
    path.chmod(0o644)
    before = path.read_bytes()
    (theirs / "lock").touch()
    d = Door(theirs, service)
    for r in (d.run("status"), d.run("enrol", service.code())):
        assert r.returncode == RETRY and "not a kiosk's" in one_line(r)
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_link_to_the_directory_is_as_good(tmp_path, service):
    """As systemd's StateDirectory= with DynamicUser= is one."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk")
    d = Door(tmp_path / "link" / "k", service).enrolled()
    (tmp_path / "k").symlink_to("disk/k")
    d.dir = str(tmp_path / "k")
    code = m.code(service.issuer.issue())
    assert d.redeem(code)["verdict"] == "accepted"


def spoil(door):
    """A byte of the bundle in its journal turns over."""
    db = sqlite3.connect(pathlib.Path(door.dir) / "journal.db")
    message = bytearray(db.execute("SELECT message FROM bundle").fetchone()[0])
    message[-1] ^= 1
    with db:
        db.execute("UPDATE bundle SET message = ?", (bytes(message),))
    db.close()


def test_a_bundle_that_went_bad_keeps_no_entry_from_the_service(door, service,
                                                                code):
    """It is a copy; the entries beside it are not."""
    assert door.redeem(code)["verdict"] == "accepted"
    spoil(door)
    out = door.ask("status")
    assert (out["unsent"], out["bundle_damaged"]) == (1, True)
    assert "bundle" not in out and out["device"] == "active"
    assert b"damaged; oap-kiosk sync" in door.run("status").stdout
    r = door.run("check", "--benefit", "day-kr", code)
    assert r.returncode == UNDECIDED
    assert "the bundle held is damaged; oap-kiosk sync" in one_line(r)
    service.trouble["/v1/bundle"] = (500, {}, [])
    r = door.run("sync")
    assert r.returncode == RETRY and b"no good bundle; 1 entries" in r.stdout
    assert list(service.held) == [1]
    service.trouble.clear()
    out = door.ask("sync")
    assert out["bundle_changed"] is True and out["epoch"] == service.epoch
    out = door.ask("status")
    assert "bundle" in out and out["bundle_damaged"] is False


def test_a_bundle_that_went_bad_is_fetched_for_the_next_visitor(door, service,
                                                                code):
    spoil(door)
    out = door.redeem(code, "--amount", "24000")
    assert (out["verdict"], out["price"]) == ("accepted", 19200)
    assert door.ask("status")["bundle_damaged"] is False


def test_a_bundle_that_cannot_be_fetched_again_is_one_line(door, service,
                                                           code):
    spoil(door)
    service.trouble["/v1/bundle"] = (500, {}, [])
    r = door.run("redeem", "--benefit", "day-kr", code)
    assert r.returncode == UNDECIDED and not service.asked
    assert "damaged" in one_line(r) and "HTTP 500" in one_line(r)


def test_a_scanner_goes_on_when_its_bundle_can_be_fetched_again(door, service,
                                                                code):
    spoil(door)
    service.trouble["/v1/bundle"] = [(500, {}, [])]
    p = subprocess.Popen([KIOSK, "redeem", "--dir", door.dir, "--benefit",
                          "day-kr", "--amount", "24000", "--json", "-"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)

    def let_in():
        p.stdin.write(code + "\n")
        p.stdin.flush()
        return select.select([p.stdout], [], [], .1)[0]

    oaprun.wait_for(let_in, "a bundle")
    out, err = p.communicate(timeout=60)
    told = json.loads(out.splitlines()[0])
    assert (told["verdict"], told["price"]) == ("accepted", 19200)
    assert err.count("damaged") > 1 and p.returncode == UNDECIDED


def test_a_bundle_that_went_bad_gives_way_to_none_that_is_older(door, service,
                                                                code):
    service.newer()
    door.ask("sync")
    spoil(door)
    service.epoch -= 1
    r = door.run("sync")
    assert r.returncode == RETRY
    assert b"older than the one held, which is damaged" in r.stderr
    assert door.ask("status")["bundle_damaged"] is True
    service.epoch += 1
    assert door.ask("sync")["bundle_changed"] is True


def test_a_moved_kiosk_knows_its_place_without_its_bundle(door, service,
                                                          code):
    id = door.redeem(code)["id"]
    service.facility = "tnm"
    service.newer()
    door.ask("sync")
    spoil(door)
    assert door.ask("status")["facility"] == "tnm"
    assert door.ask("reverse", id)["verdict"] == "reversed"
    assert service.held[2][1][13] == "tnm"


def test_checks_go_on_while_the_disk_is_full(tmp_path, service):
    d = Door(tmp_path / "k", service).enrolled()
    code, other = (m.code(service.issuer.issue()) for _ in range(2))
    assert d.redeem(code)["verdict"] == "accepted"
    disk = fulldisk.FullDisk(oaprun.build(), tmp_path / "k")
    disk.fill()
    env = disk.environment()
    r = d.run("check", "--benefit", "day-kr", "--json", other, env=env)
    assert (r.returncode, json.loads(r.stdout)["verdict"]) == (
        ACCEPT, "accepted"), r.stderr.decode()
    r = d.run("check", "--benefit", "day-kr", "--json", code, env=env)
    assert json.loads(r.stdout)["verdict"] == "already-redeemed"
    assert d.run("status", env=env).returncode == 0
    r = d.run("redeem", "--benefit", "day-kr", "--json", other, env=env)
    out = json.loads(r.stdout)
    assert (out["verdict"], r.returncode) == ("journal-failed", UNDECIDED)
    assert "free some space" in out["detail"]
    disk.empty()
    out = d.redeem(other)
    assert out["verdict"] in ("accepted", "already-redeemed")
    assert d.ask("sync")["unsent"] == 0


def test_damaged_journal_and_key_are_said(tmp_path, service):
    d = Door(tmp_path / "k", service).enrolled()
    key = tmp_path / "k/device.key"
    saved = key.read_bytes()
    key.chmod(0o644)
    r = d.run("status")
    assert r.returncode == RETRY and "chmod 600" in one_line(r)
    key.chmod(0o600)
    key.write_bytes(saved[:20])
    assert "damaged" in one_line(d.run("status"))
    key.write_bytes(saved)
    (tmp_path / "k/journal.db").write_bytes(b"no database at all" * 100)
    for name in ("journal.db-wal", "journal.db-shm"):
        if (tmp_path / "k" / name).exists():
            (tmp_path / "k" / name).unlink()
    r = d.run("status")
    assert r.returncode == RETRY and "journal.db" in one_line(r)


def test_second_process_is_refused(tmp_path):
    service, d = quick(tmp_path, 5000)
    try:
        service.trouble["/v1/ask"] = "silent"
        code = m.code(service.issuer.issue())
        first = subprocess.Popen([KIOSK, "redeem", "--dir", d.dir,
                                  "--benefit", "day-kr", code],
                                 stdout=subprocess.PIPE)
        until = time.monotonic() + 60
        while service.waiting == 0 and time.monotonic() < until:
            time.sleep(0.01)
        r = d.run("status")
        assert r.returncode == RETRY and "another process" in one_line(r)
        service.release.set()
        first.communicate(timeout=60)
    finally:
        service.close()


def test_ctrl_c_while_asking_leaves_a_good_journal(tmp_path):
    service, d = quick(tmp_path, 5000)
    try:
        code = m.code(service.issuer.issue())
        service.trouble["/v1/ask"] = "silent"
        p = subprocess.Popen([KIOSK, "redeem", "--dir", d.dir, "--benefit",
                              "day-kr", code], stdout=subprocess.PIPE)
        arrived = time.monotonic() + 60
        while service.waiting == 0 and time.monotonic() < arrived:
            time.sleep(0.01)
        p.send_signal(signal.SIGINT)
        out, _ = p.communicate(timeout=60)
        assert p.returncode == -signal.SIGINT and out == b""
        service.trouble.clear()
        service.release.set()
        assert d.redeem(code)["verdict"] == "accepted"
        assert d.ask("sync")["unsent"] == 0
    finally:
        service.close()


def test_closed_standard_output_is_no_success(door, code):
    p = subprocess.run([KIOSK, "redeem", "--dir", door.dir, "--benefit",
                        "day-kr", code], stdout=open("/dev/full", "w"),
                       stderr=subprocess.PIPE)
    assert p.returncode == RETRY and b"standard output" in p.stderr

class Symbol(ctypes.Structure):
    _fields_ = [("version", ctypes.c_int), ("width", ctypes.c_int),
                ("data", ctypes.POINTER(ctypes.c_ubyte))]


def qr(path, text, module=4, quiet=4):
    """A PNG of the code, by libqrencode at level M."""
    lib = ctypes.CDLL("libqrencode.so.4")
    lib.QRcode_encodeString.restype = ctypes.POINTER(Symbol)
    symbol = lib.QRcode_encodeString(text.encode(), 0, 1, 2, 1).contents
    side = (symbol.width + 2 * quiet) * module
    rows = [bytearray(b"\xff" * side) for _ in range(side)]
    for i in range(symbol.width ** 2):
        if symbol.data[i] & 1:
            x, y = i % symbol.width + quiet, i // symbol.width + quiet
            for row in rows[y * module:(y + 1) * module]:
                row[x * module:(x + 1) * module] = bytes(module)

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" +
        chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
        chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows))) +
        chunk(b"IEND", b""))


def have(program):
    return subprocess.run(["sh", "-c", "command -v " + program],
                          stdout=subprocess.DEVNULL).returncode == 0


needs_images = pytest.mark.skipif(not have("zbarimg"),
                                  reason="zbar-tools is not installed")


@needs_images
def test_image_of_a_pass_is_redeemed(door, tmp_path, code):
    qr(tmp_path / "pass.png", code)
    out = door.ask("redeem", "--benefit", "day-kr", "--image",
                   str(tmp_path / "pass.png"))
    assert out["verdict"] == "accepted"


@needs_images
def test_malformed_images_are_refused(door, tmp_path):
    for name, data in (("empty.png", b""), ("text.png", b"hello"),
                       ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")):
        path = tmp_path / name
        path.write_bytes(data)
        r = door.run("redeem", "--benefit", "day-kr", "--image", str(path))
        assert r.returncode == RETRY and one_line(r)
    for path in ("/nonexistent.png", str(tmp_path), "/dev/zero"):
        r = door.run("redeem", "--benefit", "day-kr", "--image", path)
        assert r.returncode == RETRY and one_line(r)
    assert door.ask("status")["entries"] == 0


def test_image_reader_that_talks_for_ever_is_stopped(door, tmp_path):
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "zbarimg").write_text("#!/bin/sh\nyes OAP1:ABC\n")
    (bin / "zbarimg").chmod(0o755)
    (tmp_path / "x.png").write_bytes(b"x")
    r = door.run("redeem", "--benefit", "day-kr", "--image",
                 str(tmp_path / "x.png"),
                 env={"PATH": "%s:%s" % (bin, os.environ["PATH"])})
    assert r.returncode == RETRY and "too much" in one_line(r)


def test_image_reader_that_is_missing_is_said(door, tmp_path):
    (tmp_path / "x.png").write_bytes(b"x")
    r = door.run("redeem", "--benefit", "day-kr", "--image",
                 str(tmp_path / "x.png"), env={"PATH": str(tmp_path)})
    assert r.returncode == RETRY and "install zbar-tools" in one_line(r)
