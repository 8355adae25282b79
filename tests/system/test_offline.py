# SPDX-License-Identifier: Apache-2.0
"""What kiosks accept by themselves: the real kiosk without its service, and
what the real daemon makes of it afterwards, and its operators."""
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import desk  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
from rogue import ACCEPTED, rogue  # noqa: E402, F401
from town import Door, door, service  # noqa: E402, F401

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


def test_what_a_kiosk_went_by_is_what_its_visits_count_by(service, rogue):
    service.admin("PATCH", "/v1/benefits/visit", {
        "limit": {"uses": 2, "per": "day", "scope": "facility"}})
    rogue.refresh()
    scanned = service.city.issue()
    before = [rogue.accept(scanned), rogue.accept(scanned)]
    service.admin("PATCH", "/v1/benefits/visit", {
        "limit": {"uses": 1, "per": "day", "scope": "service"}})
    assert [r["marks"] for r in rogue.send(*before)] == [[], []]
    assert service.ctl("conflicts")["conflicts"] == []
    rogue.refresh()
    rogue.send(rogue.accept(scanned), rogue.accept(scanned))
    conflict, = service.ctl("conflicts")["conflicts"]
    assert (conflict["uses"], conflict["limit"]) == (2, 1)


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
