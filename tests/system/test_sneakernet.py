# SPDX-License-Identifier: Apache-2.0
"""A kiosk that has no network: what it told its visitors goes to the service
as a file, and a bundle and receipts come back as one."""
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import fulldisk  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from desk import ok, refused, run  # noqa: E402
from host import CBOR, problem  # noqa: E402

DONE, REJECT, USAGE, UNDECIDED, RETRY = range(5)
PART = 256          # entries in a part of an export


class Kiosk:
    """oap-kiosk in a directory."""

    def __init__(self, dir):
        self.dir = pathlib.Path(dir)

    def run(self, command, *args, stdin=None, env=None):
        return subprocess.run(
            [oaprun.program("oap-kiosk"), command, "--dir", self.dir,
             *map(str, args)], input=stdin, capture_output=True, text=True,
            timeout=2 * oaprun.PATIENCE,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})

    def ask(self, command, *args, status=DONE, **how):
        done = self.run(command, "--json", *args, **how)
        assert done.returncode == status, (done.stdout, done.stderr)
        assert done.stderr == ""
        return json.loads(done.stdout)

    def refuses(self, status, words, command, *args, **how):
        """One clear line, and nothing changed."""
        before = self.journal()
        done = self.run(command, *args, **how)
        assert done.returncode == status, (done.stdout, done.stderr)
        assert words in done.stderr and done.stderr.count("\n") == 1, \
            done.stderr
        assert done.stdout == "" and self.journal() == before

    def scan(self, lines):
        """What is no pass is told, and written down, without a network."""
        done = self.run("redeem", "--benefit", "visit", "-",
                        stdin="\n".join(lines) + "\n")
        assert done.returncode in (DONE, REJECT), done.stderr

    def rubbish(self, count):
        self.scan(["ticket %d" % i for i in range(count)])

    def redeem(self, code):
        return self.ask("redeem", "--benefit", "visit", "--amount", "2000",
                        code)

    def rows(self, sql):
        db = sqlite3.connect("file:%s/journal.db?mode=ro" % self.dir,
                             uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def journal(self):
        """All that it holds, of what a file could change."""
        return [self.rows("SELECT * FROM " + table) for table in (
            "entry", "bundle", "held", "clock", "refused", "identity", "use")]

    def messages(self):
        return [row[0] for row in self.rows(
            "SELECT message FROM entry ORDER BY seq")]

    @property
    def kid(self):
        return self.ask("status")["kiosk"]


class Site:
    """A service, and kiosks that could reach it once: then it moved."""

    def __init__(self, directory):
        self.directory = directory
        self.daemon = oaprun.Daemon(directory / "service").start()
        self.server = "unix:%s" % self.daemon.socket
        self.daemon.add_facility()
        self.daemon.add_benefit(uses=1)
        self.issuer = oapcast.Issuer()
        self.daemon.add_issuer(self.issuer)

    def kiosk(self, name):
        code = self.daemon.admin("POST", "/v1/kiosks", {"facility": "tnm"})
        kiosk = Kiosk(self.directory / name)
        kiosk.ask("enrol", code["code"])
        return kiosk

    def cut_off(self):
        """A port of the kernel's choice, which no kiosk knows."""
        assert self.daemon.stop() == 0
        self.daemon.start()

    def pass_code(self):
        return m.code(self.issuer.issue())

    def import_file(self, path, *options):
        return json.loads(ok(self.server, "--json", "import", path, *options))

    def carry(self, kiosk, back="back"):
        """There and back again: what each side said."""
        there, back = self.directory / "there", self.directory / back
        kiosk.ask("export", there)
        said = self.import_file(there, "--receipt", back)
        return said, kiosk.ask("import", back)

    def ledger(self):
        return sorted(self.daemon.attempts(), key=lambda a: a["id"])


@pytest.fixture
def site(tmp_path):
    s = Site(tmp_path)
    yield s
    assert s.daemon.stop() == 0


@pytest.fixture
def door(site):
    """A kiosk with an accepted visit, and many that were none; cut off."""
    kiosk = site.kiosk("door")
    assert kiosk.redeem(site.pass_code())["verdict"] == "accepted"
    site.cut_off()
    kiosk.rubbish(PART + 50)
    return kiosk


@pytest.fixture
def there(site, door):
    door.ask("export", site.directory / "there")
    return site.directory / "there"


@pytest.fixture
def back(site, there):
    site.import_file(there, "--receipt", site.directory / "back")
    return site.directory / "back"


def items_of(path):
    return m.decode(pathlib.Path(path).read_bytes())


def write_items(path, items):
    path.write_bytes(m.encode(items))
    return path


# -------------------------------------------------------- there and back
def test_what_was_told_without_a_network_is_in_the_ledger_and_receipted(
        site, door):
    written = PART + 51
    assert door.ask("status")["unsent"] == written
    assert door.run("sync").returncode == RETRY     # there is no network
    said, came = site.carry(door)
    assert (said["kiosk"], said["entries"], said["taken"]) == (
        door.kid, written, written)
    assert (said["marked"], said["unreadable"]) == (0, 0)
    assert (came["sent"], came["unsent"]) == (written, 0)
    told = {m.decode(m.decode(e).value[2])[1].hex():
            m.decode(m.decode(e).value[2])[10] for e in door.messages()}
    found = {a["id"]: a["told"] for a in site.ledger()}
    assert set(found) == set(told)
    assert sorted(found.values()).count("accepted") == 1
    status = door.ask("status")
    assert status["unsent"] == 0
    results = door.rows("SELECT DISTINCT told, result, sent, marks FROM entry")
    assert {(t, r) for t, r, _, _ in results} == {(1, 1), (17, 17)}
    assert {(s, k) for _, _, s, k in results} == {(1, 0)}


def test_the_file_is_what_the_cddl_says_and_for_its_user_alone(site, door,
                                                               there):
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    parts, messages = items_of(there), []
    for part in parts:
        head, items = m.decode(part)
        assert len(items) <= PART
        report = m.decode(m.decode(head).value[2])
        assert (report[16], report[17]) == (1, PART + 51)
        messages += [m.decode(item)[0] for item in items]
    assert len(parts) == 2 and messages == door.messages()


def test_the_way_back_is_the_bundle_and_a_receipt_under_the_services_key(
        site, door, back):
    bundle, *receipts = items_of(back)
    status, _, now = site.daemon.raw("GET", "/v1/bundle")
    assert status == 200 and bundle == now
    kiosk = site.daemon.add_kiosk()     # knows the service's key
    assert len(receipts) == 1
    receipt = m.open_message(receipts[0], m.RECEIPT, kiosk.service_public)
    last = door.messages()[-1]
    assert receipt[1].hex() == door.kid
    assert (receipt[3], receipt[5]) == (PART + 51, PART + 51)
    assert receipt[4] == hashlib.sha256(last).digest()
    assert [r[0] for r in receipt[6]] == list(range(1, PART + 52))


def test_everything_twice_and_in_any_order_changes_nothing_and_says_so(
        site, door, there, back):
    ledger = site.ledger()
    door.ask("import", back)
    journal = door.journal()
    again = site.import_file(there, "--receipt", site.directory / "again")
    assert (again["entries"], again["taken"]) == (PART + 51, PART + 51)
    assert site.ledger() == ledger
    for file in (back, site.directory / "again", back):
        done = door.run("import", file)
        assert done.returncode == DONE
        assert done.stdout.startswith("nothing new in it: "), done.stdout
        assert [t for i, t in enumerate(door.journal()) if i != 3] == \
            [t for i, t in enumerate(journal) if i != 3]    # but the floor


def test_an_older_bundle_is_passed_over_and_its_receipts_are_taken(site, door,
                                                                   back):
    site.daemon.add_facility("annex")       # the bundle changes
    ok(site.server, "bundle", site.directory / "newer")
    newer = door.ask("import", site.directory / "newer")
    assert newer["bundle_changed"] and newer["receipts"] == 0
    assert newer["sent"] == 0 and newer["unsent"] == PART + 51
    came = door.ask("import", back)
    assert came["bundle_older"] and not came["bundle_changed"]
    assert came["epoch"] == newer["epoch"]
    assert (came["sent"], came["unsent"]) == (PART + 51, 0)


def test_a_bundle_alone_brings_what_was_set_up_since(site, door):
    site.daemon.add_benefit("second", uses=2)
    ok(site.server, "bundle", site.directory / "bundle")
    assert door.ask("import", site.directory / "bundle")["bundle_changed"]
    assert {b["id"] for b in door.ask("status")["benefits"]} == {"visit",
                                                                 "second"}
    done = door.run("import", site.directory / "bundle")
    assert done.stdout.startswith("nothing new in it: bundle ")
    assert "no receipt in it" in done.stdout


def test_visits_after_the_export_stay_in_the_queue(site, door, back):
    door.rubbish(3)
    came = door.ask("import", back)
    assert (came["sent"], came["unsent"]) == (PART + 51, 3)
    said, came = site.carry(door, "second")
    assert (said["entries"], came["sent"], came["unsent"]) == (3, 3, 0)
    assert len(site.ledger()) == PART + 54


def test_a_file_that_was_lost_is_made_good_by_the_next(site, door, there):
    there.unlink()
    door.rubbish(2)
    said, came = site.carry(door)
    assert (said["entries"], came["unsent"]) == (PART + 53, 0)


def test_a_receipt_that_was_lost_is_made_good_by_the_next(site, door, back):
    back.unlink()
    door.rubbish(2)
    said, came = site.carry(door)
    assert (said["taken"], came["sent"]) == (PART + 53, PART + 53)
    assert len(site.ledger()) == PART + 53


def test_nothing_to_send_is_a_file_with_a_report(site, door, back):
    door.ask("import", back)
    done = door.run("export", site.directory / "there")
    assert done.returncode == DONE and "no entries" in done.stdout
    head, items = m.decode(items_of(site.directory / "there")[0])
    assert items == []
    said, came = site.carry(door)
    assert (said["entries"], came["receipts"], came["sent"]) == (0, 1, 0)


def test_a_reversal_goes_the_same_way(site, door):
    id = [a["id"] for a in site.ledger() if a["told"] is None or
          a["told"] == "accepted"][0]
    told = door.run("reverse", "--json", id)
    assert json.loads(told.stdout)["verdict"] == "reversal-pending"
    site.carry(door)
    kid = door.kid
    found = site.daemon.admin("GET", "/v1/attempts/%s/%s" % (kid, id))
    assert found["reversals"] and not found["counts"]
    assert door.rows("SELECT result FROM entry WHERE of_id IS NOT NULL") == [
        (128,)]


def test_a_refused_reversal_is_told_once_when_the_receipt_comes(site, door):
    site.daemon.add_facility("annex")
    other, id = site.daemon.add_kiosk("annex"), oapcast.uuid7()
    status, answer = site.daemon.ask(other.question(
        site.issuer.issue(), "visit", 1, 2000, id))
    assert (status, answer["verdict"]) == (200, "accepted")
    attempt = "%s/%s" % (other.kid.hex(), id.hex())
    told = json.loads(door.run("reverse", "--json", attempt).stdout)
    assert told["verdict"] == "reversal-pending"
    _, came = site.carry(door)
    assert came["refused"] == 1 and came["unsent"] == 0
    assert came["refusals"][0]["attempt"] == attempt
    assert came["refusals"][0]["verdict"] == "reversal-not-allowed"
    again = door.ask("import", site.directory / "back")
    assert again["refused"] == again["sent"] == 0


def test_a_receipt_is_contact_it_sets_the_floor_and_not_the_offset(site, door,
                                                                   back):
    before = door.rows("SELECT offset_ms, floor_ms, contact_ms FROM clock")
    came = door.ask("import", back)
    (offset, floor, contact), = door.rows(
        "SELECT offset_ms, floor_ms, contact_ms FROM clock")
    assert floor == max(came["receipt_ms"], before[0][1])
    assert floor >= came["receipt_ms"]
    assert (offset, contact) == (before[0][0], before[0][2])


def test_a_large_journal_is_sent_in_pieces_while_doors_go_on(site, door):
    guard = site.daemon.add_kiosk()
    stop, verdicts = threading.Event(), []

    def visits():
        while not stop.is_set():
            status, answer = site.daemon.ask(guard.question(
                site.issuer.issue(), "visit", 1, 2000))
            verdicts.append((status, answer.get("verdict")))

    door.rubbish(6000)
    guest = threading.Thread(target=visits)
    guest.start()
    try:
        said, came = site.carry(door)
    finally:
        stop.set()
        guest.join()
    written = PART + 51 + 6000
    assert (said["entries"], came["sent"], came["unsent"]) == (
        written, written, 0)
    assert came["receipts"] > 1
    assert set(verdicts) == {(200, "accepted")}
    assert len(site.ledger()) == written + len(verdicts)


# ------------------------------------------------------ what goes wrong
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
