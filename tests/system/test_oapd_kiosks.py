# SPDX-License-Identifier: Apache-2.0
"""What an operator changes of a kiosk that is enrolled: its place, its name
and its state."""
import os
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402


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
