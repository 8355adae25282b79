# SPDX-License-Identifier: Apache-2.0
"""What an operator changes of a kiosk that is enrolled: its place, its name
and its state."""
import os
import pathlib
import re
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from desk import ok  # noqa: E402


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    d = oaprun.Daemon(tmp_path_factory.mktemp("kiosks")).start()
    try:
        d.add_facility()
        d.add_facility("nmwa")
        d.add_benefit()
        d.issuer = oapcast.Issuer()
        d.add_issuer(d.issuer)
        yield d
    finally:
        assert d.stop() == 0, d.log()


def change(d, kiosk, **what):
    return d.admin("PATCH", "/v1/kiosks/" + kiosk.kid.hex(), what)


def verdict(d, kiosk, facility):
    kiosk.facility = facility
    return d.ask(kiosk.question(d.issuer.issue(), "visit"))[1]["verdict"]


def test_a_moved_kiosk_speaks_for_its_new_place_and_no_longer_for_the_old(
        daemon):
    kiosk = daemon.add_kiosk("tnm")
    assert verdict(daemon, kiosk, "tnm") == "accepted"
    assert verdict(daemon, kiosk, "nmwa") == "bundle-stale"
    moved = change(daemon, kiosk, facility="nmwa")
    assert moved["facility"] == "nmwa" and moved["state"] == "active"
    assert verdict(daemon, kiosk, "nmwa") == "accepted"
    assert verdict(daemon, kiosk, "tnm") == "bundle-stale"


def test_a_name_changes_alone_and_the_audit_trail_says_so(daemon):
    kiosk = daemon.add_kiosk("tnm")
    named = change(daemon, kiosk, name="north door")
    assert (named["name"], named["facility"], named["state"]) == (
        "north door", "tnm", "active")
    last = daemon.admin("GET", "/v1/audit?limit=1")["audit"][0]
    assert last["action"] == "kiosk.set"
    assert last["before"]["name"] == ""
    assert last["after"]["name"] == "north door"


@pytest.mark.parametrize("what, status, words", [
    ({"facility": "nowhere"}, 409, "oapctl facility list"),
    ({"facility": "NO ID"}, 400, "facility"),
    ({"name": ""}, 400, "name"),
    ({"state": "rolled"}, 400, "revoked"),
    ({"kid": "00" * 8}, 400, "kid"),
    ({}, 400, "changes nothing"),
])
def test_a_wrong_change_is_refused_and_changes_nothing(daemon, what, status,
                                                       words):
    kiosk = daemon.add_kiosk("tnm")
    before = daemon.admin("GET", "/v1/kiosks/" + kiosk.kid.hex())
    with pytest.raises(oaprun.Problem) as refused:
        change(daemon, kiosk, **what)
    assert refused.value.status == status and words in refused.value.body
    assert daemon.admin("GET", "/v1/kiosks/" + kiosk.kid.hex()) == before


def test_a_revoked_kiosk_stays_revoked_wherever_it_is_put(daemon):
    kiosk = daemon.add_kiosk("tnm")
    change(daemon, kiosk, state="revoked", facility="nmwa")
    with pytest.raises(oaprun.Problem):
        change(daemon, kiosk, state="active")
    assert change(daemon, kiosk, name="cupboard")["state"] == "revoked"
    assert verdict(daemon, kiosk, "nmwa") == "device-revoked"


def test_a_live_code_shown_to_it_before_it_knew_is_good_for_another_try(
        daemon):
    kiosk = daemon.add_kiosk()
    holder = m.key_of(os.urandom(32))
    shown = m.presentation(daemon.issuer.issue(holder=holder),
                           {6: int(time.time())}, holder)

    def ask(facility):
        kiosk.facility = facility
        return daemon.ask(kiosk.question(shown, "visit"))[1]["verdict"]

    change(daemon, kiosk, facility="nmwa")
    assert ask("tnm") == "bundle-stale"
    assert ask("nmwa") == "accepted"
    assert ask("nmwa") == "presentation-stale"


# ------------------------------------------------------------ the chain
def refusals(kiosk, n):
    """Entries that tell refusals: only their place matters."""
    return [kiosk.attempt(b"rubbish", "visit", 17) for _ in range(n)]


def told_of(d, kiosk):
    return d.admin("GET", "/v1/kiosks/" + kiosk.kid.hex())


def gap(missing, first, last):
    return {"missing": missing, "from": first, "to": last}


def test_a_chain_in_order_is_whole_and_what_waits_is_a_queue(daemon):
    kiosk = daemon.add_kiosk()
    whole = {"state": "whole", "fork": None, "gap": None}
    assert told_of(daemon, kiosk)["chain"] == whole
    items = refusals(kiosk, 5)
    daemon.upload(kiosk.report(oldest_unsent=1, depth=5, version="2.0"),
                  items[:2])
    row = told_of(daemon, kiosk)
    assert row["chain"] == whole and row["held"] == {"seq": 2, "count": 2}
    assert (row["queue_depth"], row["oldest_unsent"], row["version"]) == (
        5, 1, "2.0")
    assert (row["bundle_epoch"], row["clock_offset_ms"]) == (kiosk.epoch, 0)
    assert abs(row["last_report_ms"] - time.time() * 1000) < 60000
    daemon.upload(kiosk.report(oldest_unsent=3, depth=3), items[2:])
    daemon.upload(kiosk.report(), [])
    row = told_of(daemon, kiosk)
    assert row["chain"] == whole and row["oldest_unsent"] is None


def test_a_report_that_was_overtaken_is_not_what_is_listed(daemon):
    kiosk = daemon.add_kiosk()
    items = refusals(kiosk, 3)
    early = kiosk.report(oldest_unsent=1, depth=3,
                         at=int(time.time() * 1000) - 50)
    daemon.upload(kiosk.report(), items)
    daemon.upload(early, [])
    row = told_of(daemon, kiosk)
    assert (row["queue_depth"], row["oldest_unsent"]) == (0, None)
    daemon.stop()
    daemon.start()      # it is in no memory, but in the row
    daemon.upload(early, [])
    assert told_of(daemon, kiosk)["queue_depth"] == 0
    # a clock that was ahead, and has been set since, is believed
    daemon.upload(kiosk.report(oldest_unsent=3, depth=1, at=int(
        time.time() * 1000) + 600000), [])
    assert told_of(daemon, kiosk)["queue_depth"] == 1
    daemon.upload(kiosk.report(), [])
    assert told_of(daemon, kiosk)["queue_depth"] == 0


def test_a_gap_is_open_while_it_may_be_filled_then_missing(daemon):
    kiosk = daemon.add_kiosk()
    items = refusals(kiosk, 9)
    daemon.upload(kiosk.report(oldest_unsent=1, depth=9),
                  items[:2] + items[7:])
    chain = told_of(daemon, kiosk)["chain"]
    assert chain == {"state": "open", "fork": None, "gap": gap(False, 3, 7)}
    # It has given up 3 and 4; the others may still come.
    daemon.upload(kiosk.report(oldest_unsent=5, depth=3), [])
    chain = told_of(daemon, kiosk)["chain"]
    assert chain == {"state": "missing", "fork": None, "gap": gap(True, 3, 4)}
    daemon.upload(kiosk.report(), [])
    assert told_of(daemon, kiosk)["chain"]["gap"] == gap(True, 3, 7)
    daemon.upload(kiosk.report(), items[2:7])
    assert told_of(daemon, kiosk)["chain"]["state"] == "whole"


def test_what_a_kiosk_says_was_sent_and_is_not_here_is_missing(daemon):
    kiosk = daemon.add_kiosk()
    items = refusals(kiosk, 4)
    daemon.upload(kiosk.report(), items[:1])
    assert told_of(daemon, kiosk)["chain"]["gap"] == gap(True, 2, 4)
    first = daemon.add_kiosk()
    refusals(first, 3)
    daemon.upload(first.report(), [])
    assert told_of(daemon, first)["chain"]["gap"] == gap(True, 1, 3)


def test_an_entry_newer_than_the_last_report_leaves_an_open_gap(daemon):
    kiosk = daemon.add_kiosk()
    daemon.upload(kiosk.report(), [])
    items = refusals(kiosk, 2)
    question = kiosk.question(daemon.issuer.issue(), "visit")
    assert daemon.ask(question, items[1:])[0] == 200
    assert told_of(daemon, kiosk)["chain"]["gap"] == gap(False, 1, 1)


def test_a_fork_is_shown_with_its_place_beside_a_gap(daemon):
    kiosk = daemon.add_kiosk()
    items = refusals(kiosk, 2)
    daemon.upload(kiosk.report(oldest_unsent=1, depth=2), items)
    seq, prev = kiosk.seq, kiosk.prev
    items = refusals(kiosk, 1)
    kiosk.seq, kiosk.prev = seq, prev   # a copy of it goes on
    items += refusals(kiosk, 3)
    daemon.upload(kiosk.report(oldest_unsent=3, depth=3),
                  items[:2] + items[3:])
    chain = told_of(daemon, kiosk)["chain"]
    assert chain == {"state": "fork", "fork": 3, "gap": gap(False, 4, 4)}
    listed = {k["kid"]: k for k in daemon.admin("GET", "/v1/kiosks")["kiosks"]}
    assert listed[kiosk.kid.hex()]["chain"] == chain


def test_an_operator_sees_chain_queue_and_a_code_that_was_tried_again(daemon):
    kiosk = daemon.add_kiosk()
    items = refusals(kiosk, 4)
    daemon.upload(kiosk.report(oldest_unsent=1, depth=4), items[:1] + items[3:])
    server = "unix:%s" % daemon.socket
    line = line_of(server, kiosk)
    assert "open 2-3" in line
    assert re.search(r"\s4\s+1\s+%d\s+0\s" % kiosk.epoch,
                     line.replace(",", ""))
    shown = ok(server, "kiosk", "show", kiosk.kid.hex())
    assert re.search(r"^chain.gap.from +2$", shown, re.M)
    assert re.search(r"^enrolment_refused_ms +-$", shown, re.M)
    code = daemon.admin("POST", "/v1/kiosks", {"facility": "tnm"})["code"]
    secret = m.read_enrolment_code(code)[4]
    first, second = (oapcast.Kiosk(kiosk.service_public, "tnm")
                     for _ in range(2))
    assert daemon.cbor("/v1/enrolments", first.enrolment(secret))[0] == 200
    status, refused = daemon.cbor("/v1/enrolments", second.enrolment(secret))
    assert status == 403 and refused["type"] == "urn:oap:code-used"
    # The same key may repeat it, and gets the same answer.
    assert daemon.cbor("/v1/enrolments", first.enrolment(secret))[0] == 200
    at = told_of(daemon, first)["enrolment_refused_ms"]
    date = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(at // 1000))
    assert re.search("whole +%s$" % date, line_of(server, first))
    assert told_of(daemon, kiosk)["enrolment_refused_ms"] is None


def line_of(server, kiosk):
    lines = ok(server, "kiosk", "list").splitlines()
    return next(line for line in lines if kiosk.kid.hex() in line)
