# SPDX-License-Identifier: Apache-2.0
"""Trust in a city, taken back and given again."""
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402


@pytest.fixture
def daemon(tmp_path):
    d = oaprun.Daemon(tmp_path).start()
    try:
        d.add_facility()
        d.add_benefit()
        d.issuer = oapcast.Issuer()
        d.issuer.number = 5
        d.add_issuer(d.issuer)
        d.kiosk = d.add_kiosk()
        yield d
    finally:
        assert d.stop() == 0, d.log()


def change(d, **what):
    return d.admin("PATCH", "/v1/issuers/" + d.issuer.iss, what)


def verdict(d, scanned):
    return d.ask(d.kiosk.question(scanned, "visit"))[1]["verdict"]


def cities(d):
    status, _, message = d.raw("GET", "/v1/bundle")
    assert status == 200
    return len(m.open_message(message, m.BUNDLE,
                              d.kiosk.service_public)[4])


def test_of_a_city_that_is_withdrawn_no_pass_is_trusted_until_it_is_again(
        daemon):
    scanned = daemon.issuer.issue()
    assert verdict(daemon, scanned) == "accepted" and cities(daemon) == 1
    assert change(daemon, withdrawn=True)["withdrawn"] is True
    assert cities(daemon) == 0
    for code in (scanned, daemon.issuer.issue()):
        assert verdict(daemon, code) == "issuer-not-trusted"
    assert daemon.stop() == 0
    daemon.start()
    assert verdict(daemon, daemon.issuer.issue()) == "issuer-not-trusted"
    last = daemon.admin("GET", "/v1/audit?limit=1")["audit"][0]
    assert (last["action"], last["object"]) == ("issuer.set",
                                                daemon.issuer.iss)
    assert [last[side]["withdrawn"] for side in ("before", "after")] == [
        False, True]
    assert change(daemon, withdrawn=False)["withdrawn"] is False
    assert verdict(daemon, scanned) == "already-redeemed"
    assert verdict(daemon, daemon.issuer.issue()) == "accepted"
    assert cities(daemon) == 1


def test_what_was_known_of_it_is_not_forgotten_meanwhile(daemon):
    """Else a document from before a key was compromised would come back."""
    change(daemon, withdrawn=True)
    with pytest.raises(oaprun.Problem) as refused:
        change(daemon, document=m.as_base64(daemon.issuer.document(_2=4)))
    assert refused.value.status == 409 and "rollback" in refused.value.body
    with pytest.raises(oaprun.Problem) as refused:
        daemon.add_issuer(daemon.issuer)
    assert refused.value.status == 409 and "exists" in refused.value.body
    shown = change(daemon,
                   document=m.as_base64(daemon.issuer.document(_2=6)))
    assert (shown["number"], shown["withdrawn"]) == (6, True)
    assert cities(daemon) == 0


def test_what_was_told_before_is_recorded_as_it_was_told(daemon):
    scanned, id = daemon.issuer.issue(), oapcast.uuid7()
    _, answer = daemon.ask(daemon.kiosk.question(scanned, "visit", id=id))
    change(daemon, withdrawn=True)
    entry = daemon.kiosk.attempt(scanned, "visit", answer["number"],
                                 id=id, grant=bytes.fromhex(answer["grant"]))
    status, taken = daemon.upload(daemon.kiosk.report(), [entry])
    assert (status, taken["results"][0]["verdict"],
            taken["results"][0]["marks"]) == (200, "accepted", [])


def booked(d, by="issuers"):
    report = d.admin("GET", "/v1/reports/%s?from=2026-01-01&to=2035-01-01" % by)
    return {(row["key"], row["redemptions"]) for row in report["rows"]}


def test_what_comes_while_it_is_withdrawn_is_booked_to_it(daemon):
    """Its service was restored from before the visit, and the city has left
    when the kiosk sends it again."""
    scanned, id = daemon.issuer.issue(cls=3), oapcast.uuid7()
    assert daemon.stop() == 0
    before = daemon.data.with_name("before")
    shutil.copytree(daemon.data, before)
    daemon.start()
    _, answer = daemon.ask(daemon.kiosk.question(scanned, "visit", id=id))
    assert daemon.stop() == 0
    shutil.rmtree(daemon.data)
    before.rename(daemon.data)
    daemon.start()
    change(daemon, withdrawn=True)
    entry = daemon.kiosk.attempt(scanned, "visit", answer["number"], id=id,
                                 grant=bytes.fromhex(answer["grant"]))
    _, taken = daemon.upload(daemon.kiosk.report(), [entry])
    assert taken["results"][0]["marks"] == []
    shown = daemon.admin("GET", "/v1/attempts/%s/%s" % (
        daemon.kiosk.kid.hex(), id.hex()))
    assert (shown["counts"], shown["issuer"], shown["class"]) == (
        True, daemon.issuer.iss, "senior")
    assert booked(daemon) == {(daemon.issuer.iss, 1)}
    assert verdict(daemon, daemon.issuer.issue()) == "issuer-not-trusted"
    forged = bytearray(daemon.issuer.issue())
    forged[-1] ^= 1
    assert verdict(daemon, bytes(forged)) == "issuer-not-trusted"
    refused = daemon.attempts(verdict="issuer-not-trusted")
    assert sorted(a["issuer"] for a in refused) == ["", daemon.issuer.iss]
