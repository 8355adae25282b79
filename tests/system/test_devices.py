# SPDX-License-Identifier: Apache-2.0
"""A kiosk's life with the real programs: from a code on an operator's screen
to a new key, and to being shut out."""
import json
import pathlib
import re
import shutil
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from desk import ok  # noqa: E402
from door import ACCEPT, REJECT, RETRY, UNDECIDED, Door, one_line  # noqa: E402
from test_oapctl_show import on_a_terminal  # noqa: E402


class Service:
    """What Door wants to know of one."""

    def __init__(self, daemon):
        self.daemon, self.facility = daemon, "tnm"
        self.server = "unix:%s" % daemon.socket

    def code(self, *more):
        return ok(self.server, "kiosk", "add", "--facility", "tnm",
                  *more).strip()

    def restart(self, meanwhile=lambda: None):
        """On the same port: what is due each minute is done at the start."""
        d = self.daemon
        d.file.write_text(d.file.read_text().replace(
            "port = 0", "port = %d" % d.port))
        assert d.stop() == 0, d.log()
        meanwhile()
        d.start()

    def wait_for_states(self, *states):
        self.restart()
        oaprun.wait_for(lambda: sorted(
            k["state"] for k in self.kiosks().values()) == sorted(states),
            "kiosks that are " + ", ".join(states))

    def kiosks(self):
        listed = json.loads(ok(self.server, "--json", "kiosk", "list"))
        return {k["kid"]: k for k in listed["kiosks"]}


@pytest.fixture
def service(tmp_path):
    d = oaprun.Daemon(tmp_path / "service").start()
    try:
        d.add_facility()
        d.add_benefit(id="day-jp")
        d.issuer = oapcast.Issuer()
        d.add_issuer(d.issuer)
        yield Service(d)
        assert d.stop() == 0, d.log()
    finally:
        d.kill()


@pytest.fixture
def door(tmp_path, service):
    return Door(tmp_path / "kiosk", service).enrolled()


def visit(door):
    return door.redeem(m.code(door.service.daemon.issuer.issue()))


def picture(text, path):
    """What a terminal shows of its half blocks, as an image."""
    rows = re.findall(r"\033\[38;5;231;48;5;16m([ █▀▄]+)\033\[0m\n", text)
    light = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    lines = [[light[c][half] for c in row] for row in rows for half in (0, 1)]
    path.write_bytes(b"P5 %d %d 255\n" % (4 * len(lines[0]), 4 * len(lines)) +
                     bytes(v for line in lines for _ in range(4)
                           for v in line for _ in range(4)))


def test_a_kiosk_enrols_with_a_picture_of_the_operators_screen(tmp_path,
                                                               service):
    shown = on_a_terminal(service.server, "kiosk", "add", "--facility", "tnm",
                          "--name", "north door")
    picture(shown, tmp_path / "screen.pgm")
    d = Door(tmp_path / "kiosk", service)
    out = d.ask("enrol", "--image", tmp_path / "screen.pgm")
    assert (out["state"], out["facility"]) == ("active", "tnm")
    row = service.kiosks()[out["kiosk"]]
    assert (row["name"], row["state"]) == ("north door", "active")
    assert visit(d)["verdict"] == "accepted"


def test_with_confirm_a_kiosk_gets_nothing_before_its_digits_were_compared(
        tmp_path, service):
    d = Door(tmp_path / "kiosk", service)
    out = d.ask("enrol", service.code("--confirm"))
    assert out["state"] == "pending"
    told = d.run("enrol", "OAPE1:X").stderr     # other codes do not help
    assert b"OAPE1:" in told
    r = d.run("redeem", "--benefit", "day-jp", "rubbish")
    assert r.returncode == UNDECIDED and "not confirmed" in one_line(r)
    assert d.run("sync").returncode != 0
    # Both sides show the same eight digits.
    listed = ok(service.server, "kiosk", "list")
    assert re.search(r"^%s .*pending" % out["kiosk"], listed, re.M)
    status = d.run("status").stdout.decode()
    assert out["kiosk"] in status and "pending" in status
    ok(service.server, "kiosk", "confirm", out["kiosk"])
    assert d.ask("sync")["exit"] == 0
    assert visit(d)["verdict"] == "accepted"


def test_a_second_kiosk_with_a_code_is_refused_alarmed_and_shown(tmp_path,
                                                                 service):
    code = service.code()
    first = Door(tmp_path / "first", service)
    kid = first.ask("enrol", code)["kiosk"]
    second = Door(tmp_path / "second", service)
    r = second.run("enrol", code)
    text = one_line(r)
    assert r.returncode == REJECT and "used already" in text
    assert "revoke %s" % kid in text
    assert "alarm: enrolment.refused: %s" % kid in service.daemon.log()
    row = service.kiosks()[kid]
    assert abs(row["enrolment_refused_ms"] - time.time() * 1000) < 60000
    assert "code tried again" in ok(service.server, "kiosk", "list")
    # The first may repeat it and gets the same answer.
    assert first.ask("enrol", code)["kiosk"] == kid
    assert len(service.kiosks()) == 1


def test_a_roll_is_seen_by_the_operator_and_keeps_what_was_told(door, service):
    told = visit(door)
    out = door.ask("roll")
    assert out["exit"] == ACCEPT
    service.wait_for_states("rolled", "active")
    rows = service.kiosks()
    assert rows[out["before"]]["state"] == "rolled"
    new = rows[out["kiosk"]]
    assert (new["state"], new["rolled_from"]) == ("active", out["before"])
    assert rows[out["before"]]["held"] == {"seq": 1, "count": 1}
    assert visit(door)["verdict"] == "accepted"
    assert door.ask("reverse", told["id"])["verdict"] == "reversed"
    assert door.ask("sync")["unsent"] == 0
    new = service.kiosks()[out["kiosk"]]
    assert new["held"] == {"seq": 2, "count": 2}
    assert new["chain"]["state"] == "whole"
    attempt = service.daemon.admin("GET", "/v1/attempts/%s/%s" % (
        out["before"], told["id"]))
    assert attempt["counts"] is False and attempt["reversed_ms"]


def test_a_service_restored_to_before_a_roll_learns_the_new_key_by_itself(
        tmp_path, door, service):
    data = service.daemon.data
    visit(door)
    door.ask("sync")
    service.restart(lambda: shutil.copytree(data, tmp_path / "backup"))
    out = door.ask("roll")
    assert visit(door)["verdict"] == "accepted"
    assert door.ask("sync")["unsent"] == 0

    def restore():
        shutil.rmtree(data)
        shutil.copytree(tmp_path / "backup", data)

    service.restart(restore)
    assert set(service.kiosks()) == {out["before"]}
    door.run("sync")    # the bundle of before the roll is older, and refused
    assert door.ask("sync")["exit"] == 0
    rows = service.kiosks()
    assert rows[out["kiosk"]]["rolled_from"] == out["before"]
    assert rows[out["kiosk"]]["state"] == "active"
    assert visit(door)["verdict"] == "accepted"


def test_a_roll_under_a_key_that_is_gone_is_refused(tmp_path, door, service):
    """A copy of the directory from before a roll goes on as nobody."""
    shutil.copytree(door.dir, tmp_path / "copy")
    copy = Door(tmp_path / "copy", service)
    assert door.ask("roll")["exit"] == 0
    r = copy.run("roll")
    assert r.returncode == REJECT and one_line(r)
    service.wait_for_states("rolled", "active")
    copy.run("sync")
    r = copy.run("redeem", "--benefit", "day-jp", "--json",
                 m.code(service.daemon.issuer.issue()))
    assert json.loads(r.stdout)["verdict"].startswith("device-")
    assert r.returncode == RETRY
    assert len(service.kiosks()) == 2


def test_a_revoked_kiosk_sends_what_it_owes_and_is_wiped(door, service):
    kid = door.ask("status")["kiosk"]
    assert visit(door)["verdict"] == "accepted"
    told = visit(door)      # its entry is unsent
    ok(service.server, "kiosk", "revoke", kid)
    r = door.run("sync")
    assert r.returncode == RETRY and "was revoked" in one_line(r)
    assert not list(pathlib.Path(door.dir).glob("device.key*"))
    status = door.ask("status")
    assert (status["wiped"], status["unsent"]) == (True, 0)
    row = service.kiosks()[kid]
    assert row["state"] == "revoked" and row["held"]["seq"] == 2
    attempt = service.daemon.admin("GET", "/v1/attempts/%s/%s" % (
        kid, told["id"]))
    assert attempt["told"] == "accepted"
    # Another directory, another kiosk.
    other = Door(door.dir + "-2", service).enrolled()
    assert visit(other)["verdict"] == "accepted"
