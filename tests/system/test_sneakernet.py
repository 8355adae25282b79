# SPDX-License-Identifier: Apache-2.0
"""A kiosk that has no network: what it told its visitors goes to the service
as a file, and a bundle and receipts come back as one."""
import hashlib
import json
import stat
import threading

import pytest

import faketime
import oapcast
import oapmsg as m
from carrier import (DONE, PART, RETRY, back, door, items_of, site,  # noqa
                     there)
from desk import ok


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


def told_of(ledger):
    return {(a["id"], a["told"], a["counts"]) for a in ledger}


@pytest.mark.parametrize("visits", [50, 0])
def test_what_a_restored_service_has_lost_is_carried_there_again(site, door,
                                                                 visits):
    """And a receipt from before does not take it out of the queue."""
    ok(site.server, "backup", site.directory / "copy")
    site.carry(door, "before")
    had = told_of(site.ledger())
    site.daemon.restore(site.directory / "copy")
    if visits:
        door.rubbish(visits)
    said, came = site.carry(door)
    assert (said["entries"], came["sent"]) == (visits, visits)
    assert came["lost"] and came["unsent"] == PART + 51
    for old, lost in ("before", True), ("back", False):
        came = door.ask("import", site.directory / old)
        assert (came["sent"], came["unsent"]) == (0, PART + 51)
        assert came["lost"] is lost
    done = door.run("import", site.directory / "before")
    assert "has lost entries of this kiosk" in done.stdout
    assert "oap-kiosk export --dir %s " % door.dir in done.stdout
    said, came = site.carry(door)
    assert (said["entries"], came["sent"]) == (PART + 51, PART + 51)
    assert not came["lost"] and came["unsent"] == 0
    assert had <= told_of(site.ledger())
    assert len(site.ledger()) == PART + 51 + visits
    door.rubbish(1)
    came = door.ask("import", site.directory / "before")
    assert not came["lost"] and came["unsent"] == 1


def test_a_receipt_that_is_read_after_a_later_one_is_no_loss(site, door,
                                                             back):
    door.rubbish(3)
    site.carry(door, "later")
    for file in (back, site.directory / "later", back):
        came = door.ask("import", file)
        assert (came["sent"], came["unsent"], came["lost"]) == (0, 0, False)


def test_what_the_network_told_is_known_when_a_file_says_less(site, tmp_path):
    """A service that was restored while the kiosk was cut off."""
    kiosk = site.kiosk("door")
    ok(site.server, "backup", site.directory / "copy")
    kiosk.rubbish(4)
    assert kiosk.ask("sync")["sent"] == 4
    site.cut_off()
    site.daemon.restore(site.directory / "copy")
    _, came = site.carry(kiosk)
    assert came["lost"] and came["unsent"] == 4
    _, came = site.carry(kiosk)
    assert not came["lost"] and (came["sent"], came["unsent"]) == (4, 0)


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


def test_a_clock_that_runs_ahead_is_no_reason_to_forget(door, back):
    entries, = door.rows("SELECT count(*) FROM entry")
    assert entries[0] > 0
    came = door.ask("import", back, env=faketime.env("+400d"))
    assert came["unsent"] == 0
    assert door.rows("SELECT count(*) FROM entry") == [entries]


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
