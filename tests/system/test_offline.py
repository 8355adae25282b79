# SPDX-License-Identifier: Apache-2.0
"""What kiosks accept by themselves: the real kiosk without its service, and
what the real daemon makes of it afterwards; and kiosks with a valid key that
do not keep to the rules."""
import json
import pathlib
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import desk  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
from town import Door, door, service  # noqa: E402, F401

ACCEPTED, OFFLINE = 1, 2
DAY_MS = 86400000


# ------------------------------------------------------- the kiosk itself

def test_without_its_service_a_kiosk_decides_and_sends_it_later(service,
                                                                door):
    first, second = service.city.issue(), service.city.issue()
    assert door.redeem(first)[1]["by_service"]
    service.kill()
    status, told = door.redeem(second)
    assert status == 0 and told["verdict"] == "accepted-offline"
    assert not told["by_service"] and told["price"] == 1920
    assert told["detail"]
    assert DAY_MS <= told["key_age_ms"] < 2 * DAY_MS, told
    assert DAY_MS <= told["status_age_ms"] < 2 * DAY_MS
    assert 0 <= told["bundle_age_ms"] < DAY_MS
    for again, counted in ((second, 1), (first, 1)):
        status, told = door.redeem(again)
        assert status == 1 and told["verdict"] == "already-redeemed", told
        assert told["first_use"]["facility"] == "tnm"
    forged = bytearray(service.city.issue())
    forged[-1] ^= 1
    assert door.redeem(bytes(forged))[1]["verdict"] == "bad-signature"
    status, told = door.redeem(first, "guided")
    assert status == 3 and told["verdict"] == "offline-not-allowed"
    service.start()
    assert door.sync()["unsent"] == 0
    assert service.uses() == 2
    told = {a["verdict"] for a in service.attempts(kiosk=json.loads(
        door.run("status", "--json").stdout)["kiosk"])}
    assert told == {"accepted", "accepted-offline", "already-redeemed",
                    "bad-signature", "offline-not-allowed"}
    assert service.ctl("disputed")["disputed"] == []
    assert service.ctl("conflicts")["conflicts"] == []
    # and asks again, by itself
    assert door.redeem(service.city.issue())[1]["by_service"]


def test_the_allowance_holds_until_the_service_is_heard(service, door):
    service.admin("PATCH", "/v1/policy", {"offline_uses": 2,
                                          "offline_amounts": {"JPY": 960}})
    door.sync()
    service.kill()
    verdicts = [door.redeem(service.city.issue(), amount=amount)[1]["verdict"]
                for amount in ("2400", "2500", "2400", "2400")]
    assert verdicts == ["accepted-offline", "offline-allowance-spent",
                        "accepted-offline", "offline-allowance-spent"]
    service.start()
    assert door.sync()["unsent"] == 0
    service.kill()
    assert door.redeem(service.city.issue())[1]["verdict"] == \
        "accepted-offline"
    service.start()
    door.sync()
    assert service.uses() == 3
    assert service.ctl("disputed")["disputed"] == []


def test_two_doors_alone_make_a_conflict_that_is_told(service, door,
                                                      tmp_path):
    other = Door(tmp_path / "other", service, "palace")
    scanned = service.city.issue()
    service.kill()
    assert door.redeem(scanned)[0] == 0
    status, told = other.redeem(scanned)
    assert status == 0
    service.start()
    door.sync()
    assert service.ctl("conflicts")["conflicts"] == []
    other.sync()
    conflict, = service.ctl("conflicts")["conflicts"]
    assert conflict["uses"] == 2 and conflict["limit"] == 1
    assert conflict["attempt"]["facility"] == "palace"
    assert conflict["against"]["facility"] == "tnm"
    assert "conflict" in conflict["attempt"]["marks"]
    assert service.uses() == 2
    table = desk.ok("unix:%s" % service.socket, "conflicts")
    assert "palace" in table and "tnm" in table
    # whoever sees the pass next, online, hears of it
    _, again = door.redeem(scanned, "guided")
    assert again["verdict"] == "accepted" and again["marks"] == ["conflict"]
    done = door.run("redeem", "--benefit", "guided", m.code(scanned))
    assert "more often than it may be" in done.stdout
    # taken back at one door, it is over
    assert other.run("reverse", told["id"]).returncode == 0
    assert service.ctl("conflicts")["conflicts"] == []
    assert service.uses() == 2
    _, calm = door.redeem(scanned)
    assert calm["marks"] == []


def test_a_revoked_pass_at_a_door_that_could_not_know_counts(service, door):
    scanned = service.city.issue(idx=7)
    service.city.statuses[7] = 1
    service.publish(service.city.token(iat=int(time.time())))
    service.kill()
    time.sleep(1.1)
    assert door.redeem(scanned)[1]["verdict"] == "accepted-offline"
    service.start()
    door.sync()
    attempt, = service.attempts()
    assert attempt["counts"] and attempt["marks"] == ["outdated"]
    assert service.uses() == 1
    assert door.redeem(scanned)[1]["verdict"] == "revoked"
    service.kill()      # and now it has heard
    assert door.redeem(scanned)[1]["verdict"] == "revoked"


# ---------------------------------------------------------- hostile kiosks

class Rogue:
    """A kiosk with a valid key, and code of its own."""

    def __init__(self, service, facility="tnm"):
        self.service, self.kiosk = service, service.add_kiosk(facility)

    def accept(self, scanned=None, told=OFFLINE, amount=2400, discount=480,
               benefit="visit", **how):
        return self.kiosk.attempt(scanned or self.service.city.issue(),
                                  benefit, told, amount=amount,
                                  discount=discount, **how)

    def send(self, *items, report=None):
        status, answer = self.service.upload(
            report or self.kiosk.report(), items)
        assert status == 200, answer
        return answer["results"]

    def refresh(self):
        bundle = self.service.raw("GET", "/v1/bundle")[2]
        self.kiosk.epoch = m.decode(m.decode(bundle).value[2])[1]

    def disputed(self):
        """{reason: how many}, and none of them in a total."""
        found = self.service.ctl("disputed")["disputed"]
        reasons = {}
        for attempt in found:
            assert not attempt["counts"]
            assert "disputed" in attempt["marks"]
            reasons[attempt["dispute"]] = reasons.get(attempt["dispute"],
                                                      0) + 1
        return reasons


@pytest.fixture
def rogue(service):
    return Rogue(service)


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


# ------------------------------------------------------- what operators do

def test_a_disputed_accept_is_admitted_or_rejected_with_a_trace(service,
                                                                rogue):
    rogue.send(rogue.accept(discount=2400), rogue.accept(discount=2300))
    two = service.ctl("disputed")["disputed"]
    names = ["%s/%s" % (a["kiosk"], a["id"]) for a in two]
    assert service.ctl("attempts", "admit", names[0], "--note",
                       "seen on camera") == {"admission": "admitted",
                                             "counts": True}
    assert service.ctl("attempts", "reject", names[1]) == {
        "admission": "rejected", "counts": False}
    assert service.ctl("disputed")["disputed"] == []
    assert service.uses() == 1
    shown = service.ctl("attempts", "show", names[0])
    assert shown["admission"] == "admitted" and shown["counts"]
    assert shown["dispute"] == "amount" and shown["marks"] == []
    trail = [(row["action"], row["object"], row["after"])
             for row in service.admin("GET", "/v1/audit")["audit"][:2]]
    assert trail == [
        ("attempt.rejection", names[1], {"note": None}),
        ("attempt.admission", names[0], {"note": "seen on camera"})]
    # the other way round, and twice
    for _ in range(2):
        assert service.ctl("attempts", "reject", names[0])["counts"] is False
    assert service.uses() == 0
    good, = rogue.send(rogue.accept())
    one = service.attempts(kiosk=rogue.kiosk.kid.hex(),
                           verdict="accepted-offline")[0]
    desk.refused(1, "not disputed", "attempts", "admit",
                 "%s/%s" % (one["kiosk"], one["id"]),
                 server="unix:%s" % service.socket)


def test_the_next_door_hears_of_a_dispute(service, rogue, door):
    scanned = service.city.issue()
    rogue.send(rogue.accept(scanned, discount=2400))
    _, told = door.redeem(scanned)
    assert told["verdict"] == "accepted" and told["marks"] == ["disputed"]


def test_an_answer_without_an_entry_is_listed_until_it_comes(service, rogue):
    scanned, id = service.city.issue(), oapcast.uuid7()
    _, answer = service.ask(rogue.kiosk.question(scanned, "visit", 1, 2400,
                                                 id))
    one, = service.ctl("unconfirmed")["unconfirmed"]
    assert one["id"] == id.hex() and one["answer"] == "accepted"
    assert one["told"] is None and one["counts"]
    rogue.send(rogue.accept(scanned, ACCEPTED, id=id,
                            grant=bytes.fromhex(answer["grant"])))
    assert service.ctl("unconfirmed")["unconfirmed"] == []


def test_lists_are_read_in_pages(service, rogue):
    rogue.send(*[rogue.accept(discount=2400) for _ in range(5)])
    seen, cursor = [], None
    for _ in range(3):
        page = service.ctl("disputed", "--limit", "2", *(
            ["--cursor", cursor] if cursor else []))
        seen += [a["id"] for a in page["disputed"]]
        cursor = page["cursor"]
    assert cursor is None and len(set(seen)) == 5
    desk.refused(1, "cursor", "disputed", "--cursor", "x",
                 server="unix:%s" % service.socket)
