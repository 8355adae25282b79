# SPDX-License-Identifier: Apache-2.0
"""What goes wrong with files that are carried by hand: cut, forged, another's,
in the wrong place, or on a full disk. One clear line, and nothing changed."""
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import threading

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import fulldisk  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from carrier import (DONE, PART, REJECT, RETRY, USAGE, Kiosk,  # noqa: E402
                     Site, back, door, items_of, site, there, write_items)
from desk import ok, refused, run  # noqa: E402
from host import CBOR, problem  # noqa: E402


def test_an_entry_that_the_disk_has_spoiled_hinders_no_other(site, door):
    db = sqlite3.connect(door.dir / "journal.db")
    db.execute("UPDATE entry SET message = x'00' WHERE seq = 7")
    db.commit()
    db.close()
    said, came = site.carry(door)
    assert (said["unreadable"], said["taken"]) == (1, PART + 50)
    assert (came["sent"], came["unsent"], came["marked"]) == (PART + 51, 0, 1)
    assert door.rows("SELECT seq, result, marks FROM entry WHERE marks") == [
        (7, 16, 16)]
    assert len(site.ledger()) == PART + 50


@pytest.mark.parametrize("spoil, why", [
    (lambda data: data[:-1], "it ends in the middle"),
    (lambda data: data[:1], "it ends in the middle"),
    (lambda data: data[:5000], "it ends in the middle"),
    (lambda data: b"", "it ends in the middle"),
    (lambda data: data + b"\0", "something follows after its end"),
    (lambda data: b"PK\3\4" + bytes(100), "no file that oap-kiosk export"),
    (lambda data: m.encode([b"\0"]), "no file that oap-kiosk export"),
    (lambda data: m.encode([]), "no file that oap-kiosk export"),
    (lambda data: b"\x81\x5a\x7f\xff\xff\xff", "longer than any may be"),
    (lambda data: b"\x98\x02" + data[1:], "no file that oap-kiosk export")])
def test_a_file_that_is_no_whole_export_is_refused_before_it_is_sent(
        site, there, spoil, why):
    there.write_bytes(spoil(there.read_bytes()))
    before = site.ledger()
    refused(REJECT, why, "import", there, "--receipt",
            site.directory / "back", server=site.server)
    assert not (site.directory / "back").exists()
    assert site.ledger() == before


def test_a_forged_part_is_refused_and_nothing_before_it_taken(site, door,
                                                              there):
    parts = items_of(there)
    head, items = m.decode(parts[1])
    forged = bytearray(head)
    forged[-1] ^= 1
    write_items(there, [parts[0], m.encode([bytes(forged), items])])
    before = site.ledger()
    refused(REJECT, "MAC is not under the kiosk's key", "import", there,
            server=site.server)
    write_items(there, [m.encode([bytes(forged), items])])
    refused(REJECT, "MAC is not under its key", "import", there,
            server=site.server)
    assert site.ledger() == before


def test_parts_of_two_kiosks_are_no_journal(site, door, there):
    other = site.daemon.add_kiosk()
    parts = items_of(there) + [m.body(other.report())]
    write_items(there, parts)
    refused(REJECT, "it is of two kiosks", "import", there,
            server=site.server)
    status = site.daemon.raw("POST", "/v1/import", there.read_bytes(), CBOR,
                             unix=True)
    assert "it is of two kiosks" in problem(status, 400)


def test_a_kiosk_that_the_service_does_not_know_is_told_so(site, there,
                                                           tmp_path):
    other = Site(tmp_path / "other")
    refused(REJECT, "not known to this service", "import", there,
            server=other.server)
    assert other.daemon.stop() == 0


def test_an_import_is_for_operators(site, there):
    web = "http://127.0.0.1:%d" % site.daemon.port
    for role in ("viewer", "operator"):
        token = site.daemon.admin("POST", "/v1/operators",
                                  {"id": role, "role": role})["token"]
        (site.directory / role).write_text(token)
    refused(REJECT, "needs the role operator", "import", there, "--receipt",
            site.directory / "back", "--token-file",
            site.directory / "viewer", server=web)
    assert not (site.directory / "back").exists()
    ok(web, "import", there, "--token-file", site.directory / "operator")


def test_the_journal_is_not_replaced_by_its_own_receipt(site, there):
    data = there.read_bytes()
    refused(USAGE, "it is the journal", "import", there, "--receipt", there,
            server=site.server)
    assert there.read_bytes() == data


def flipped(items, at):
    """The item with one bit of its signature changed."""
    data = bytearray(items[at])
    data[-1] ^= 1
    return items[:at] + [bytes(data)] + items[at + 1:]


@pytest.mark.parametrize("spoil, why", [
    (lambda i: flipped(i, 1), "damaged or forged"),
    (lambda i: flipped(i, 0), "damaged or forged"),
    (lambda i: i[1:], "no file that oapctl import"),
    (lambda i: i[:1] * 2, "no file that oapctl import"),
    (lambda i: [i[1], i[0]], "no file that oapctl import"),
    (lambda i: i + [b"\xd2\x84"], "no file that oapctl import")])
def test_a_way_back_that_is_not_the_services_changes_nothing(site, door, back,
                                                             spoil, why):
    site.daemon.add_facility("annex")   # a bundle that would be news
    ok(site.server, "bundle", site.directory / "newer")
    news = items_of(site.directory / "newer")[0]
    receipt = items_of(back)[1]
    write_items(back, spoil([news, receipt]))
    door.refuses(REJECT, why, "import", back)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_way_back_that_was_cut_changes_nothing(door, back, cut):
    back.write_bytes(back.read_bytes()[:cut])
    door.refuses(REJECT, "it ends in the middle", "import", back)


def test_a_receipt_of_another_kiosk_or_service_changes_nothing(site, door,
                                                               back, tmp_path):
    other = site.kiosk("other")
    other.refuses(REJECT, "it is for another kiosk, " + door.kid, "import",
                  back)
    elsewhere = Site(tmp_path / "elsewhere")
    stranger = elsewhere.kiosk("stranger")
    stranger.refuses(REJECT, "another service than this kiosk's", "import",
                     back)
    assert elsewhere.daemon.stop() == 0


def test_files_in_the_wrong_place_are_told(site, door, there, back):
    door.refuses(REJECT, "no file that oapctl import", "import", there)
    refused(REJECT, "no file that oap-kiosk export wrote", "import", back,
            server=site.server)
    door.refuses(RETRY, "No such file", "import", site.directory / "none")
    refused(RETRY, "No such file", "import", site.directory / "none",
            server=site.server)
    door.refuses(REJECT, "it is no file", "import", site.directory)
    door.refuses(RETRY, "it is a directory", "export", site.directory)
    door.refuses(RETRY, "No such file", "export",
                 site.directory / "none/there")


def test_a_journal_that_was_brought_back_from_a_copy_takes_no_receipt(
        site, door):
    """Its numbers were given twice: which visit the service has, a receipt
    does not say."""
    copy = Kiosk(site.directory / "copy")
    shutil.copytree(door.dir, copy.dir)
    door.rubbish(5)
    site.carry(door)
    copy.refuses(REJECT, "brought back from a copy", "import",
                 site.directory / "back")     # the service has more
    copy.rubbish(9)
    copy.refuses(REJECT, "brought back from a copy", "import",
                 site.directory / "back")     # the service has others
    assert copy.ask("status")["unsent"] == PART + 60


def test_a_kiosk_that_is_not_enrolled_has_nothing_to_carry(tmp_path):
    done = Kiosk(tmp_path / "none").run("export", tmp_path / "there")
    assert done.returncode != DONE and done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_no_file_and_changes_nothing(site, door, there,
                                                        back):
    for place in ("stick", "door"):
        (site.directory / place).mkdir(exist_ok=True)
    stick = fulldisk.FullDisk(oaprun.build(), site.directory / "stick")
    stick.fill()
    door.refuses(RETRY, "No space left", "export",
                 site.directory / "stick/there", env=stick.environment())
    refused(RETRY, "No space left", "import", there, "--receipt",
            site.directory / "stick/back", server=site.server,
            env=stick.environment())
    assert os.listdir(site.directory / "stick") == []
    disk = fulldisk.FullDisk(oaprun.build(), door.dir)
    disk.fill()
    done = door.run("import", back, env=disk.environment())
    assert done.returncode == RETRY and done.stderr.count("\n") == 1
    assert door.ask("status")["unsent"] == PART + 51
    disk.empty()
    assert door.ask("import", back)["unsent"] == 0


def test_what_is_no_journal_file_is_refused_over_http(site):
    kiosk = site.daemon.add_kiosk()
    part = m.body(kiosk.report())

    def post(body):
        return site.daemon.raw("POST", "/v1/import", body, CBOR, unix=True)

    for body in (b"", b"\0", m.encode([]), m.encode([1]), part,
                 m.encode([part, b"\0"]), m.encode([part] * 17),
                 m.encode([part]) + b"\0"):
        assert "journal-file" in problem(post(body), 400)
    assert post(m.encode([part] * 16))[0] == 200
    assert run("import", "--help").stdout.startswith("Usage: oapctl")


class Busy(http.server.BaseHTTPRequestHandler):
    """Has no room at first; then takes what comes."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        if self.server.asked < 3:
            self.reply(503, "application/problem+json", json.dumps(
                {"title": "x", "detail": "full", "verdict": "busy"}).encode())
        else:
            self.reply(200, "application/cose", self.server.receipt)

    def reply(self, status, type, body):
        self.send_response(status)
        self.send_header("Content-Type", type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def busy_at_first(receipt):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy) as web:
        web.asked, web.receipt = 0, receipt
        thread = threading.Thread(target=web.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield web
        finally:
            web.shutdown()
            thread.join()


def test_a_service_without_room_is_asked_again(door, there, back):
    with busy_at_first(items_of(back)[1]) as web:
        ok("http://127.0.0.1:%d" % web.server_address[1], "import", there)
        assert web.asked == 3


def test_a_receipt_of_another_kiosk_is_none(site, door, there, back):
    other = m.open_message(items_of(back)[1], m.RECEIPT,
                           site.daemon.add_kiosk().service_public)
    other[1] = bytes(8)
    with busy_at_first(m.sign1(m.RECEIPT, other, m.key_of("nobody"))) as web:
        refused(RETRY, "no receipt for this kiosk", "import", there,
                server="http://127.0.0.1:%d" % web.server_address[1])


def test_a_service_that_is_killed_meanwhile_takes_the_rest_the_next_time(
        site, door):
    door.rubbish(5000)
    there, back = site.directory / "there", site.directory / "back"
    door.ask("export", there)
    sending = subprocess.Popen(
        [oaprun.program("oapctl"), "--server", site.server, "import", there,
         "--receipt", back], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    oaprun.wait_for(lambda: len(site.daemon.admin(
        "GET", "/v1/attempts?limit=2")["attempts"]) > 1, "the first of them")
    site.daemon.kill()
    out, error = sending.communicate(timeout=oaprun.PATIENCE)
    if sending.returncode != DONE:  # else it was faster than we
        assert (sending.returncode, out) == (RETRY, b"")
        assert b"does not answer" in error
        assert not back.exists() and not list(site.directory.glob("*.part"))
    site.daemon.start()
    said, came = site.carry(door)
    written = PART + 51 + 5000
    assert (said["taken"], came["sent"], came["unsent"]) == (written, written,
                                                             0)
    assert len(site.ledger()) == written
