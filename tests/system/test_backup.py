# SPDX-License-Identifier: Apache-2.0
"""A copy of the database while doors go on; and back again, by the manual's
own words."""
import contextlib
import fcntl
import hashlib
import http.client
import http.server
import json
import os
import pathlib
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import fulldisk  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from desk import ok, refused, run  # noqa: E402
from host import JSON  # noqa: E402

DONE, REJECT, USAGE, RETRY = 0, 1, 2, 4
TYPE = "application/vnd.sqlite3"
ROW = 16 * 1024     # the most that is kept of what nobody can read


class City:
    """A service with one door, and how a visitor comes to it."""

    def __init__(self, directory, config="", env=None):
        self.daemon = oaprun.Daemon(directory, config=config).start(env)
        self.server = "unix:%s" % self.daemon.socket
        self.daemon.add_facility()
        self.daemon.add_benefit(uses=1000)
        self.issuer = oapcast.Issuer()
        self.daemon.add_issuer(self.issuer)
        self.kiosk = self.daemon.add_kiosk()

    def question(self):
        id = oapcast.uuid7()
        return id, self.kiosk.question(self.issuer.issue(), "visit", 1, 2000,
                                       id)

    def visit(self):
        id, question = self.question()
        status, answer = self.daemon.ask(question)
        assert (status, answer["verdict"]) == (200, "accepted"), answer
        return id

    def fill(self, mib):
        """Makes the database so large: with what nobody can read."""
        kiosks = [self.daemon.add_kiosk() for _ in range(-(-mib // 15))]
        for kiosk in kiosks:
            for _ in range(1000 // 50):
                items = [os.urandom(ROW - 16) for _ in range(50)]
                status, _ = self.daemon.upload(kiosk.report(), items)
                assert status == 200

    def token(self, role):
        made = self.daemon.admin("POST", "/v1/operators",
                                 {"id": role, "role": role})
        return made["token"]


@pytest.fixture
def city(tmp_path):
    c = City(tmp_path / "city", "[limits]\ndrain_s = 1\n")
    yield c
    assert c.daemon.stop() == 0
    assert "backup.part" not in os.listdir(c.daemon.data)


def attempts_in(path):
    """The ids of a copy's attempts; and the copy is whole."""
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    with contextlib.closing(db):
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        return {row[0] for row in db.execute("SELECT id FROM attempt")}


def left_in(directory):
    return sorted(p.name for p in directory.iterdir())


def test_a_copy_of_a_service_at_work_has_all_that_was_answered_before(
        city, tmp_path):
    stop, asked, during = threading.Event(), [], []

    def door():
        while not stop.is_set():
            asked.append(city.visit())

    def copy(number):
        before = set(asked)
        out = tmp_path / ("copy-%d" % number)
        ok(city.server, "backup", out)
        during.append(len(asked) - len(before))
        held = attempts_in(out)
        assert before <= held and stat.S_IMODE(out.stat().st_mode) == 0o600
        return held

    city.fill(15)
    guest = threading.Thread(target=door)
    guest.start()
    try:
        oaprun.wait_for(lambda: len(asked) > 5, "visitors")
        first, second = copy(1), copy(2)
    finally:
        stop.set()
        guest.join()
    assert first <= second and sum(during) > 0
    assert second <= set(asked)
    assert left_in(tmp_path) == ["city", "copy-1", "copy-2"]


def test_the_copy_needs_no_file_beside_it_and_replaces_an_older_one(
        city, tmp_path):
    out = tmp_path / "oapd.db"
    out.write_bytes(b"the last one")
    id = city.visit()
    said = ok(city.server, "backup", out)
    assert said == "%s: %d bytes, checked\n" % (out, out.stat().st_size)
    assert out.read_bytes()[18:20] == b"\1\1"       # no write-ahead log
    assert attempts_in(out) == {id}
    said = json.loads(ok(city.server, "--json", "backup", out))
    assert said == {"size": out.stat().st_size}
    assert left_in(tmp_path) == ["city", "oapd.db"]


def test_who_made_a_copy_is_in_the_audit_trail_and_in_the_copy(city, tmp_path):
    out = tmp_path / "oapd.db"
    ok(city.server, "backup", out)
    last = city.daemon.admin("GET", "/v1/audit")["audit"][0]
    assert (last["action"], last["actor"]) == ("backup",
                                               "uid:%d" % os.geteuid())
    db = sqlite3.connect(out)
    with contextlib.closing(db):
        assert db.execute("SELECT action FROM audit ORDER BY n DESC LIMIT 1"
                          ).fetchone() == ("backup",)


def test_the_digest_is_of_what_is_sent(city):
    status, headers, body = city.daemon.raw("POST", "/v1/backup", b"{}", JSON,
                                            unix=True)
    assert status == 200 and headers["Content-Type"] == TYPE
    assert headers["Repr-Digest"] == "sha-256=:%s:" % m.as_base64(
        hashlib.sha256(body).digest())
    assert int(headers["Content-Length"]) == len(body)


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_it_is_for_admins(city, tmp_path, role):
    (tmp_path / "token").write_text(city.token(role))
    refused(REJECT, "needs the role admin", "backup", tmp_path / "oapd.db",
            "--token-file", tmp_path / "token",
            server="http://127.0.0.1:%d" % city.daemon.port)
    assert left_in(tmp_path) == ["city", "token"]


def test_an_admin_gets_it_over_tcp(city, tmp_path):
    (tmp_path / "token").write_text(city.token("admin"))
    ok("http://127.0.0.1:%d" % city.daemon.port, "backup",
       tmp_path / "oapd.db", "--token-file", tmp_path / "token")
    attempts_in(tmp_path / "oapd.db")


def test_what_is_no_file_is_never_replaced(city, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("elsewhere")
    for name, why in (("fifo", "it is no file"), ("link", "it is no file"),
                      ("city", "it is a directory"),
                      ("none/oapd.db", "No such file"), ("", "not a file's")):
        refused(RETRY, why, "backup", tmp_path / name if name else "",
                server=city.server)
    actions = [a["action"] for a in city.daemon.admin("GET", "/v1/audit")[
        "audit"]]
    assert "backup" not in actions      # the daemon was not even asked


def test_what_a_killed_run_left_is_replaced_but_not_what_another_is_at(
        city, tmp_path):
    part = tmp_path / "oapd.db.part"
    part.write_bytes(b"half")
    with open(part, "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused(RETRY, "another program writes it now", "backup",
                tmp_path / "oapd.db", server=city.server)
    assert part.read_bytes() == b"half"
    ok(city.server, "backup", tmp_path / "oapd.db")
    assert left_in(tmp_path) == ["city", "oapd.db"]


def test_a_full_disk_of_the_daemon_leaves_nothing_and_is_told(tmp_path):
    city = City(tmp_path / "city",
                env=fulldisk.FullDisk(oaprun.build(),
                                      tmp_path / "city/data").environment())
    disk = fulldisk.FullDisk(oaprun.build(), city.daemon.data)
    disk.fill()
    refused(RETRY, "try again", "backup", tmp_path / "oapd.db",
            server=city.server)
    disk.empty()
    oaprun.wait_for(lambda: run("backup", tmp_path / "oapd.db",
                                server=city.server).returncode == DONE,
                    "room on the disk")
    attempts_in(tmp_path / "oapd.db")
    assert city.daemon.stop() == 0


def test_a_copy_that_cannot_be_written_is_told_and_hinders_nobody(city,
                                                                  tmp_path):
    in_the_way = city.daemon.data / "backup.part"
    in_the_way.mkdir()
    refused(RETRY, "no backup was made: ", "backup", tmp_path / "oapd.db",
            server=city.server)
    city.visit()
    in_the_way.rmdir()
    ok(city.server, "backup", tmp_path / "oapd.db")


def test_a_full_disk_of_the_operator_leaves_nothing(city, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    disk = fulldisk.FullDisk(oaprun.build(), place)
    disk.fill()
    refused(RETRY, "cannot be written: No space left", "backup",
            place / "oapd.db", server=city.server, env=disk.environment())
    assert left_in(place) == []


def test_two_at_once_are_one_too_many_and_a_client_that_left_is_not_one(
        city, tmp_path):
    city.fill(15)
    files = len(os.listdir("/proc/%d/fd" % city.daemon.process.pid))
    slow = oaprun.UnixConnection(city.daemon.socket)
    slow.request("POST", "/v1/backup", b"{}", JSON)
    reply = slow.getresponse()
    assert reply.status == 200 and len(reply.read(1000)) == 1000
    refused(RETRY, "another backup is being made", "backup",
            tmp_path / "oapd.db", server=city.server)
    city.visit()
    reply.close()
    slow.close()
    oaprun.wait_for(lambda: run("backup", tmp_path / "oapd.db",
                                server=city.server).returncode == DONE,
                    "the place of the one who left")
    attempts_in(tmp_path / "oapd.db")
    oaprun.wait_for(
        lambda: len(os.listdir("/proc/%d/fd" % city.daemon.process.pid)) <=
        files, "the copy to be let go")


def test_a_daemon_that_ends_in_the_middle_breaks_off(city, tmp_path):
    city.fill(15)
    slow = http.client.HTTPConnection("127.0.0.1", city.daemon.port,
                                      timeout=oaprun.PATIENCE)
    # What the kernel would hold for a reader that does not read.
    slow.connect()
    slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.request("POST", "/v1/backup", b"{}", {
        **JSON, "Authorization": "Bearer " + city.token("admin")})
    reply = slow.getresponse()
    assert reply.status == 200
    assert city.daemon.stop() == 0
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        reply.read()
    slow.close()
    city.daemon.start()
    city.visit()


class Broken(http.server.BaseHTTPRequestHandler):
    """Answers as the daemon does, but for what server.reply says."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        type, length, digest, body = self.server.reply
        self.send_response(200)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(length))
        if digest:
            self.send_header("Repr-Digest", "sha-256=:%s:" % digest)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


BODY = b"SQLite format 3\0" + bytes(100000)
DIGEST = m.as_base64(hashlib.sha256(BODY).digest())
OTHER = m.as_base64(hashlib.sha256(b"").digest())


@pytest.mark.parametrize("reply,why", [
    ((TYPE, 2 * len(BODY), DIGEST, BODY), "broke off before the end"),
    ((TYPE, len(BODY), OTHER, BODY), "changed on the way"),
    ((TYPE, len(BODY), None, BODY), "changed on the way"),
    (("text/html", len(BODY), DIGEST, BODY), "not from oapd")])
def test_what_is_not_whole_or_not_the_same_never_gets_the_name(tmp_path, reply,
                                                               why):
    out = tmp_path / "oapd.db"
    out.write_bytes(b"the last one")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken) as web:
        web.reply = reply
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        try:
            refused(RETRY, why, "backup", out,
                    server="http://127.0.0.1:%d" % web.server_address[1])
        finally:
            web.shutdown()
            thread.join()
    assert out.read_bytes() == b"the last one"
    assert left_in(tmp_path) == ["oapd.db"]


# ------------------------------------------------------------ restore
def blocks_of_the_manual():
    """What oapd(8) has an administrator type, under Backup and restore."""
    text = (TOP / "deploy/man/oapd.8").read_text()
    part = text.split(".Ss Backup and restore\n")[1]
    part = re.split(r"^\.S[sh] ", part, flags=re.M)[0]
    found = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", part,
                       re.M | re.S)
    assert len(found) == 2
    return found


class Administrator:
    """Types the manual's lines, as they stand, in a shell whose directories
    are those of the test and whose systemctl runs the test's daemon."""

    def __init__(self, city, tmp_path):
        self.daemon, self.server = city.daemon, city.server
        self.places = {"/var/lib/oapd": city.daemon.data,
                       "/var/backups/oapd": tmp_path / "backups",
                       "/root/oapd-key": tmp_path / "key"}
        self.bin = tmp_path / "bin"
        self.bin.mkdir()
        (self.bin / "oapctl").symlink_to(oaprun.program("oapctl"))

    def line(self, line, cwd):
        for place, ours in self.places.items():
            line = line.replace(place, str(ours))
        env = {**os.environ, "OAPCTL_SERVER": self.server,
               "PATH": "%s:%s" % (self.bin, os.environ["PATH"])}
        subprocess.run(["sh", "-ec", line], cwd=cwd, env=env, check=True,
                       timeout=oaprun.PATIENCE)

    def type(self, block):
        cwd = "/"
        for line in block.splitlines():
            if line == "systemctl stop oapd":
                assert self.daemon.stop() == 0
            elif line == "systemctl start oapd":
                self.daemon.start()
            elif line.startswith("cd "):
                cwd = self.places[line[3:]]
            else:
                self.line(line, cwd)


def test_who_follows_the_manual_gets_the_service_back(city, tmp_path):
    admin = Administrator(city, tmp_path)
    backup, restore = blocks_of_the_manual()
    id, question = city.question()
    status, told = city.daemon.ask(question)
    assert status == 200 and told["verdict"] == "accepted"
    before = city.daemon.admin("GET", "/v1/kiosks")
    admin.type(backup)
    city.visit()
    city.daemon.add_facility("later")
    admin.type(restore)
    found = {a["id"] for a in city.daemon.attempts()}
    assert found == {id.hex()}
    assert [f["id"] for f in city.daemon.admin("GET", "/v1/facilities")[
        "facilities"]] == ["tnm"]
    kiosks = city.daemon.admin("GET", "/v1/kiosks")
    assert [k["kid"] for k in kiosks["kiosks"]] == \
        [k["kid"] for k in before["kiosks"]]
    # The same question has the same answer, and others are answered.
    status, again = city.daemon.ask(question)
    assert again["stored"] and again["grant"] == told["grant"]
    city.visit()
    mode = (city.daemon.data / "oapd.db").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert "oapd.db" in left_in(city.daemon.data / "before")


def test_a_copy_with_another_services_key_is_refused_at_the_start(city,
                                                                  tmp_path):
    admin = Administrator(city, tmp_path)
    backup, restore = blocks_of_the_manual()
    admin.type(backup)
    other = oaprun.Daemon(tmp_path / "other").start()
    assert other.stop() == 0
    key = (other.data / "service.key").read_bytes()
    (tmp_path / "key/service.key").write_bytes(key)
    with pytest.raises(oaprun.Dead, match="restore that from the backup"):
        admin.type(restore)
    (city.daemon.data / "before/service.key").rename(
        city.daemon.data / "service.key")
    city.daemon.start()
