# SPDX-License-Identifier: Apache-2.0
"""Kiosks with a valid key that do not keep to the rules, at the real service:
what they upload is kept and shown, and in no total."""
import pathlib
import sqlite3
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
from rogue import ACCEPTED, Rogue, rogue  # noqa: E402, F401
from town import service  # noqa: E402, F401

DAY_MS = 86400000


def now_ms():
    return int(time.time() * 1000)


def test_a_right_accept_offline_counts(service, rogue):
    result, = rogue.send(rogue.accept())
    assert result["verdict"] == "accepted-offline" and result["marks"] == []
    assert service.uses() == 1 and rogue.disputed() == {}


def forged(service):
    scanned = bytearray(service.city.issue())
    scanned[-5] ^= 1
    return bytes(scanned)


@pytest.mark.parametrize("reason, make", [
    ("bad-signature", lambda s, r: r.accept(forged(s))),
    ("unknown-key", lambda s, r: r.accept(
        s.city.issue(key=m.key_of("nobody's")))),
    ("unknown-key", lambda s, r: r.accept(
        oapcast.Issuer("busan.example").issue())),
    ("malformed", lambda s, r: r.accept(b"OAP1:no pass")),
    ("expired", lambda s, r: r.accept(s.city.issue(
        exp=int(time.time()) - 10))),
    ("not-yet-valid", lambda s, r: r.accept(s.city.issue(
        nbf=int(time.time()) + 900))),
    ("amount", lambda s, r: r.accept(discount=2400)),
    ("amount", lambda s, r: r.accept(discount=470)),
    ("amount", lambda s, r: r.accept(amount=None)),
    ("no-grant", lambda s, r: r.accept(told=ACCEPTED)),
    ("no-grant", lambda s, r: r.accept(told=ACCEPTED, grant=bytes(24))),
    ("benefit-unknown", lambda s, r: r.accept(benefit="nothing")),
    ("offline-not-allowed", lambda s, r: r.accept(benefit="guided")),
    ("party-too-large", lambda s, r: r.accept(party=11)),
    ("dated-ahead", lambda s, r: r.accept(at=now_ms() + 3600000)),
], ids=lambda v: v if isinstance(v, str) else "")
def test_what_a_right_kiosk_knew_is_disputed(service, rogue, reason, make):
    result, = rogue.send(make(service, rogue))
    other, = rogue.send(rogue.accept())
    if reason == "no-grant":
        assert result["verdict"] == "accepted"
    else:
        assert result["verdict"] == "accepted-offline"
    assert result["marks"] == ["disputed"], result
    assert rogue.disputed() == {reason: 1}
    assert other["verdict"] == "accepted-offline" and other["marks"] == []
    assert service.uses() == 1


def test_where_a_kiosk_is_not_it_redeems_nothing(service, rogue):
    rogue.kiosk.facility = "palace"
    rogue.send(rogue.accept())
    assert rogue.disputed() == {"elsewhere": 1} and service.uses() == 0


def test_a_kiosk_that_was_moved_may_still_say_where_it_was(service, rogue):
    item = rogue.accept()
    service.admin("PATCH", "/v1/kiosks/" + rogue.kiosk.kid.hex(),
                  {"facility": "palace"})
    assert rogue.send(item)[0]["marks"] == []
    assert service.uses() == 1


def test_after_it_was_revoked_nothing_new_of_a_kiosk_counts(service, rogue):
    before = rogue.accept()
    rogue.send(before)
    service.admin("PATCH", "/v1/kiosks/" + rogue.kiosk.kid.hex(),
                  {"state": "revoked"})
    late, again = rogue.accept(), before
    results = rogue.send(late, again)
    assert [r["marks"] for r in results] == [["disputed"], []]
    assert rogue.disputed() == {"revoked-kiosk": 1} and service.uses() == 1


def test_entries_are_judged_in_the_order_of_writing(service, rogue):
    now = now_ms()
    first = rogue.accept(at=now - 50000)
    back = rogue.accept(at=now - 5 * 3600000)
    last = rogue.accept(at=now - 1000)
    # the two later ones come first: nothing can be said yet
    results = rogue.send(last, back, report=rogue.kiosk.report(
        oldest_unsent=1, depth=3))
    assert [r["marks"] for r in results] == [[], []]
    assert service.uses() == 2
    rogue.send(first)
    assert rogue.disputed() == {"backdated": 1} and service.uses() == 2


def test_a_gap_is_given_up_when_the_kiosk_says_that_all_is_sent(service,
                                                                rogue):
    now = now_ms()
    rogue.accept(at=now - 90000)        # is never sent
    later = rogue.accept(at=now - 40000)
    back = rogue.accept(at=now - 2 * 3600000)
    rogue.send(later, back, report=rogue.kiosk.report(oldest_unsent=1,
                                                      depth=3))
    assert rogue.disputed() == {}
    rogue.send()
    assert rogue.disputed() == {"backdated": 1} and service.uses() == 1


def test_over_its_allowance_a_kiosk_is_disputed(service, rogue):
    service.admin("PATCH", "/v1/policy", {"offline_uses": 3})
    rogue.refresh()
    items = [rogue.accept(at=now_ms() - 9000 + i) for i in range(5)]
    marks = [r["marks"] for r in rogue.send(*items)]
    assert marks == [[], [], [], ["disputed"], ["disputed"]]
    assert rogue.disputed() == {"allowance": 2} and service.uses() == 3
    # that report was contact: three more
    items = [rogue.accept() for i in range(4)]
    assert [r["marks"] for r in rogue.send(*items)] == [
        [], [], [], ["disputed"]]
    assert service.uses() == 6


def test_an_answer_is_contact(service, rogue):
    service.admin("PATCH", "/v1/policy", {"offline_uses": 1})
    rogue.refresh()
    scanned, id = service.city.issue(), oapcast.uuid7()
    status, answer = service.ask(rogue.kiosk.question(scanned, "visit", 1,
                                                      2400, id))
    assert status == 200 and answer["verdict"] == "accepted"
    items = [rogue.accept(), rogue.accept(
        scanned, ACCEPTED, id=id, grant=bytes.fromhex(answer["grant"])),
        rogue.accept(), rogue.accept()]
    assert [r["marks"] for r in rogue.send(*items)] == [
        [], [], [], ["disputed"]]
    assert service.uses() == 3


def test_a_fork_and_other_bytes_are_shown_and_the_first_counts(service,
                                                               rogue):
    id = oapcast.uuid7()
    first = rogue.accept(id=id)
    other = rogue.accept(id=id)
    results = rogue.send(first, other)
    assert [r["verdict"] for r in results] == ["accepted-offline",
                                               "id-reused"]
    rogue.kiosk.seq = 0
    assert rogue.send(rogue.accept())[0]["marks"] == []   # a fork at seq 1
    assert service.uses() == 2 and rogue.disputed() == {}


# --------------------------------------- entries of one seq, behind a gap

def behind_a_gap(rogue, *items):
    """Sent before what was written first: nothing can be said yet."""
    results = rogue.send(*items, report=rogue.kiosk.report(
        oldest_unsent=1, depth=9))
    assert all(r["marks"] == [] for r in results), results


def test_entries_of_one_seq_are_each_held_to_the_allowance(service, rogue):
    service.admin("PATCH", "/v1/policy", {"offline_uses": 1})
    rogue.refresh()
    first, second = rogue.accept(), rogue.accept()
    rogue.kiosk.seq = 1
    behind_a_gap(rogue, second, rogue.accept(), rogue.accept())
    assert service.uses() == 3
    assert rogue.send(first)[0]["marks"] == []
    assert rogue.disputed() == {"allowance": 3} and service.uses() == 1


def test_what_is_disputed_dates_nothing_back(service, rogue):
    first = rogue.accept(at=now_ms() - 60000)
    bad = rogue.accept(forged(service), at=now_ms() - 7200000)
    rogue.kiosk.seq = 1
    good = rogue.accept()
    results = rogue.send(good, bad, report=rogue.kiosk.report(
        oldest_unsent=1, depth=9))
    assert [r["marks"] for r in results] == [[], ["disputed"]]
    rogue.send(first)
    assert rogue.disputed() == {"bad-signature": 1} and service.uses() == 2


def test_what_an_older_version_left_to_be_judged_is_judged(service, rogue):
    service.admin("PATCH", "/v1/policy", {"offline_uses": 2})
    rogue.refresh()
    first = rogue.accept(at=now_ms() - 1000)
    behind_a_gap(rogue, rogue.accept(), rogue.accept())
    service.stop()
    db = sqlite3.connect(service.data / "oapd.db")
    with db:
        for sql in ("CREATE TABLE t (kiosk INTEGER NOT NULL, seq INTEGER"
                    " NOT NULL, kind INTEGER NOT NULL, attempt INTEGER,"
                    " at_ms INTEGER NOT NULL, uses_max INTEGER NOT NULL,"
                    " amount_max INTEGER NOT NULL, received_ms INTEGER"
                    " NOT NULL, PRIMARY KEY (kiosk, seq, kind)) STRICT,"
                    " WITHOUT ROWID",
                    "INSERT INTO t SELECT kiosk, seq, min(kind, 1),"
                    " nullif(of, 0), at_ms, uses_max, amount_max,"
                    " received_ms FROM waiting",
                    "DROP TABLE waiting", "ALTER TABLE t RENAME TO waiting",
                    "DROP INDEX fork_of", "DROP INDEX audit_of",
                    "DROP TABLE restored",
                    "PRAGMA user_version = 4"):
            db.execute(sql)
    db.close()
    service.start()
    rogue.send(first)
    assert rogue.disputed() == {"allowance": 1} and service.uses() == 2


def test_a_seq_that_no_kiosk_gets_to_is_no_entry(service, rogue):
    """And holds nobody's turn up."""
    service.admin("PATCH", "/v1/policy", {"offline_uses": 1})
    rogue.refresh()
    for far in ((1 << 53) - 1, 1 << 53, (1 << 63) + 5):
        rogue.kiosk.seq = far - 1
        result, = rogue.send(rogue.accept(), report=m.mac0(
            m.REPORT, {2: 1, 4: now_ms(), 5: rogue.kiosk.epoch, 12: 0, 17: 9,
                       18: "oapmsg 1"}, rogue.kiosk.kid, rogue.kiosk.mac))
        assert (result["verdict"] == "malformed") == (far >= 1 << 53)
    rogue.kiosk.seq = 0
    items = [rogue.accept() for _ in range(3)]
    assert [r["marks"] for r in rogue.send(*items)] == [
        [], ["disputed"], ["disputed"]]


# ------------------------------------------------------- a clock held back

def test_nothing_is_dated_before_the_kiosk_was_enrolled(service, rogue):
    day = now_ms() - DAY_MS
    rogue.send(rogue.accept(at=day), report=rogue.kiosk.report(at=day))
    assert rogue.disputed() == {"backdated": 1} and service.uses() == 0


def test_a_clock_that_is_held_back_has_no_contact(service, rogue):
    """However often it reports: one allowance, and no more."""
    service.admin("PATCH", "/v1/policy", {"offline_uses": 2, "skew_s": 0})
    rogue.refresh()
    db = sqlite3.connect(service.data / "oapd.db")
    with db:        # it has been there for long
        db.execute("UPDATE kiosk SET enrolled_ms = 0")
    db.close()
    service.restart()
    marks = []
    for i in range(4):
        then = now_ms() - 3600000 + i
        results = rogue.send(rogue.accept(at=then),
                             report=rogue.kiosk.report(at=then))
        marks += [r["marks"] for r in results]
    assert marks == [[], [], ["disputed"], ["disputed"]]
    # it says what time it is, and from then on it has to keep to it
    rogue.send()
    results = rogue.send(rogue.accept(at=now_ms() - 3600000), rogue.accept())
    assert [r["marks"] for r in results] == [["disputed"], []]
    assert rogue.disputed() == {"allowance": 2, "backdated": 1}
    assert service.uses() == 3


def test_a_key_that_was_rolled_accepts_nothing_new(service, rogue):
    before = rogue.accept()
    rogue.send(before)
    db = sqlite3.connect(service.data / "oapd.db")
    with db:
        db.execute("UPDATE kiosk SET state = 2 WHERE kid = ?",
                   (rogue.kiosk.kid,))
    db.close()
    service.restart()
    results = rogue.send(before, rogue.accept())
    assert [r["marks"] for r in results] == [[], ["disputed"]]
    assert rogue.disputed() == {"revoked-kiosk": 1} and service.uses() == 1


# ----------------------------------------------- contact that is kept back

def impatient(service, **policy):
    """What is a second old is old."""
    service.admin("PATCH", "/v1/policy", {"skew_s": 0, **policy})


def answered(service, rogue):
    """(pass, id, grant) of a question that was accepted."""
    scanned, id = service.city.issue(), oapcast.uuid7()
    _, answer = service.ask(rogue.kiosk.question(scanned, "visit", 1, 2400,
                                                 id))
    assert answer["verdict"] == "accepted"
    return scanned, id, bytes.fromhex(answer["grant"])


def test_an_old_answer_is_no_contact(service, rogue):
    impatient(service, offline_uses=1)
    rogue.refresh()
    scanned, id, grant = answered(service, rogue)
    time.sleep(1.1)
    items = [rogue.accept(),
             rogue.accept(scanned, ACCEPTED, id=id, grant=grant),
             rogue.accept()]
    assert [r["marks"] for r in rogue.send(*items)] == [
        [], [], ["disputed"]]
    # and the visitor of that answer is in the books all the same
    assert rogue.disputed() == {"allowance": 1} and service.uses() == 2


def test_contact_said_beforehand_is_none(service, rogue):
    impatient(service, offline_uses=1)
    rogue.refresh()
    kiosk = rogue.kiosk
    for seq in (2, 3):
        kiosk.seq = seq - 1
        rogue.send(report=kiosk.report(oldest_unsent=1, depth=seq))
    time.sleep(1.1)
    kiosk.seq = 0
    items = [rogue.accept() for _ in range(4)]
    assert [r["marks"] for r in rogue.send(*items)] == [
        [], ["disputed"], ["disputed"], ["disputed"]]
    assert service.uses() == 1


def test_a_report_that_comes_late_gives_up_nothing_after_it(service, rogue):
    impatient(service)
    rogue.refresh()
    old = rogue.kiosk.report()
    rogue.send(report=old)
    first = rogue.accept()
    time.sleep(1.1)
    behind_a_gap(rogue, rogue.accept())
    rogue.send(report=old)
    rogue.send(first)
    assert rogue.disputed() == {} and service.uses() == 2


# --------------------------------------------------- reversals dated back

@pytest.fixture
def two(service, rogue):
    """What one kiosk accepted a while ago, and another of the same place."""
    impatient(service)
    id = oapcast.uuid7()
    rogue.send(rogue.accept(id=id))
    assert service.uses() == 1
    other = Rogue(service)
    time.sleep(1.1)
    return other, id


def reverse_back(other, of):
    return other.kiosk.reversal(of[1], of_kid=of[0], at=now_ms() - 1000)


def test_a_reversal_is_not_dated_before_what_was_written_before_it(
        service, rogue, two):
    other, id = two
    of = (rogue.kiosk.kid, id)
    results = other.send(other.accept(), reverse_back(other, of))
    assert results[1]["verdict"] == "reversal-not-allowed"
    assert service.uses() == 2


def test_a_reversal_that_a_gap_made_look_right_is_undone(service, rogue,
                                                         two):
    other, id = two
    of = (rogue.kiosk.kid, id)
    first = other.accept()
    back = reverse_back(other, of)
    other.kiosk.seq = 1
    again = reverse_back(other, of)
    gap = other.kiosk.report(oldest_unsent=1, depth=2)
    assert [r["verdict"] for r in other.send(back, again, report=gap)] == [
        "reversed", "already-reversed"]
    assert service.uses() == 0
    # its own kiosk's comes last
    own, = rogue.send(rogue.kiosk.reversal(id))
    assert own["verdict"] == "already-reversed"
    other.send(first)
    shown = service.ctl("attempts", "show", "%s/%s" % (of[0].hex(),
                                                       id.hex()))
    assert [r["result"] for r in shown["reversals"]] == [
        "reversal-not-allowed", "reversal-not-allowed", "reversed"]
    assert service.uses() == 1      # first alone


def test_a_reversal_dated_ahead_is_dated_by_receipt(service, rogue):
    id = oapcast.uuid7()
    rogue.send(rogue.accept(id=id))
    result, = rogue.send(rogue.kiosk.reversal(id, at=now_ms() + 86400000))
    assert result["verdict"] == "reversed" and service.uses() == 0
    shown = service.ctl("attempts", "show", "%s/%s" % (
        rogue.kiosk.kid.hex(), id.hex()))
    assert abs(shown["reversals"][0]["at_ms"] - now_ms()) < 60000


# ----------------------------------------------- what is due all at once

def test_a_conflict_that_ends_while_its_entry_is_written_ends_once(service,
                                                                   rogue):
    scanned, id = service.city.issue(), oapcast.uuid7()
    other = Rogue(service)
    first = rogue.accept(scanned, id=id, at=now_ms() - 10000)
    behind_a_gap(rogue, rogue.accept(scanned, at=now_ms() - 3600000))
    pending, = other.send(other.kiosk.reversal(id, of_kid=rogue.kiosk.kid))
    assert pending["verdict"] == "reversal-pending"
    # the second use; the one before it is disputed then; and it is taken back
    rogue.send(first)
    assert rogue.disputed() == {"backdated": 1} and service.uses() == 0
    assert service.ctl("conflicts")["conflicts"] == []
    other.send(other.accept(scanned), other.accept(scanned))
    conflict, = service.ctl("conflicts")["conflicts"]
    assert conflict["uses"] == 2
