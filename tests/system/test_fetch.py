# SPDX-License-Identifier: Apache-2.0
"""What a city publishes reaches the doors of another: fetched by the service
itself, checked as if an operator had brought it, and with nothing
restarted."""
import copy
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import oaprun  # noqa: E402
import publisher  # noqa: E402
from publisher import city, web  # noqa: E402, F401


# --------------------------------- end to end
def test_keys_rotate_with_overlap_retire_and_are_declared_stolen(city):
    office_, process = city.office, city.daemon.process.pid
    first, old = city.signer(), office_.issue()
    assert city.verdicts(old) == "accepted"
    office_.run("rotate", "--no-passphrase")
    new = office_.issue()
    assert city.verdicts(new) == "unknown-key"
    city.publish()
    assert city.fetch()["number"] == 2
    assert city.verdicts(old, new) == ["accepted", "accepted"]
    office_.run("retire", first)
    city.publish()
    assert [k["state"] for k in city.fetch()["keys"]] == ["retired", "active"]
    assert city.verdicts(old, new) == ["accepted", "accepted"]
    office_.run("compromised", first)
    city.publish()
    city.fetch()
    assert city.verdicts(old, new) == ["key-compromised", "accepted"]
    again = office_.run("reissue", office_.pass_id(old)).stdout[:-1]
    city.publish()
    city.fetch()
    assert city.verdicts(old, again) == ["key-compromised", "accepted"]
    assert city.daemon.process.pid == process and city.alarms() == []


def test_what_a_retired_key_signs_afterwards_is_refused(city, tmp_path):
    thief = copy.copy(city.office)
    thief.dir = tmp_path / "carried off"
    shutil.copytree(city.office.dir, thief.dir)
    first, old = city.signer(), city.office.issue()
    city.office.run("rotate", "--no-passphrase")
    city.publish()
    city.office.run("retire", first)
    city.publish()
    assert [k["state"] for k in city.fetch()["keys"]] == ["retired", "active"]
    oaprun.wait_for(lambda: time.time() > city.office.document()[3] + 1,
                    "the second after it")
    late = thief.issue()
    assert city.verdicts(old, late) == ["accepted", "key-retired"]
    # and at a door that is alone
    file = city.daemon.file
    file.write_text(file.read_text().replace(
        "port = 0", "port = %d" % city.daemon.port))
    city.daemon.kill()
    for code, verdict in ((old, "accepted-offline"), (late, "key-retired")):
        said = city.kiosk("redeem", "--json", "--benefit", "visit", code,
                          may=(0, 1))
        assert json.loads(said)["verdict"] == verdict
    city.daemon.start()
    city.kiosk("sync")
    assert json.loads(city.ctl("--json", "disputed"))["disputed"] == []


def test_a_pass_is_suspended_restored_revoked_and_issued_again(city):
    code = city.office.issue()
    pass_id = city.office.pass_id(code)
    city.publish()
    city.fetch()
    assert city.verdicts(code) == "accepted"
    for command, verdict in (("suspend", "suspended"),
                             ("restore", "accepted"), ("revoke", "revoked")):
        city.office.run(command, pass_id)
        city.publish()
        before = city.epoch()
        city.fetch()
        assert city.epoch() == before + 1
        assert city.verdicts(code) == verdict
    lost = city.office.issue()
    found = city.office.run("reissue", city.office.pass_id(lost)).stdout[:-1]
    city.publish()
    city.fetch()
    assert city.verdicts(lost, found) == ["revoked", "accepted"]


def test_it_is_fetched_on_a_timer_and_at_once_when_it_is_told_where(
        tmp_path, web):
    city = publisher.City(tmp_path, web)
    city.daemon.file.write_text(city.daemon.file.read_text().replace(
        "interval_s = 3600", "interval_s = 1"))
    city.start("--document-url", web.url + "/issuer.cose")
    code = city.office.issue()
    city.office.run("suspend", city.office.pass_id(code))
    city.publish()
    assert city.office.document()[2] == 1
    oaprun.wait_for(lambda: city.fetches("taken") > 0, "the new list")
    assert city.verdicts(code) == "suspended"
    city.office.run("restore", city.office.pass_id(code))
    city.publish()
    oaprun.wait_for(lambda: city.fetches("taken") > 1, "the next one")
    assert city.verdicts(code) == "accepted"
    fetch = city.shown()["fetch"]
    assert fetch["failures"] == 0 and fetch["error"] is None
    assert fetch["good_ms"] == fetch["tried_ms"] <= fetch["next_ms"]
    # From now on once in a long time; but another place is asked at once.
    city.daemon.file.write_text(city.daemon.file.read_text().replace(
        "interval_s = 1", "interval_s = 86400"))
    city.daemon.process.send_signal(signal.SIGHUP)
    oaprun.wait_for(lambda: city.shown()["fetch"]["next_ms"] >
                    time.time() * 1000 + 70000000, "the long interval")
    web.files["/moved.cose"] = web.files["/issuer.cose"]
    city.ctl("issuer", "set", city.iss, "--document-url",
             web.url + "/moved.cose")
    oaprun.wait_for(lambda: ("/moved.cose", None) in web.asked,
                    "the new place")
    assert city.daemon.stop() == 0, city.daemon.log()


def test_a_folder_serves_as_well_as_a_web_server(tmp_path, web):
    city = publisher.City(tmp_path, web)
    out = city.office.out
    city.start("--document-url", "file://%s/issuer.cose" % out,
               "--status-url", "file://%s/" % out)
    code = city.office.issue()
    city.office.run("rotate", "--no-passphrase")
    city.office.run("revoke", city.office.pass_id(code))
    new = city.office.issue()
    city.office.publish()
    assert city.fetch()["number"] == 2
    assert city.verdicts(code, new) == ["revoked", "accepted"]
    assert web.asked == []

    def are_left_alone():
        before = city.fetches("not-modified")
        city.fetch()
        return city.fetches("not-modified") == before + 2
    oaprun.wait_for(are_left_alone, "files that lie still for a while")
    (out / "issuer.cose").unlink()
    os.mkfifo(out / "issuer.cose")
    assert "no regular file" in city.fetch_fails()
    (out / "issuer.cose").unlink()
    assert "No such file" in city.fetch_fails()
    (out / "status-0.cose").write_bytes(b"x" * (512 * 1024 + 1))
    said = city.fetch_fails()
    assert "No such file" in said and "(and 1 more)" in said
    (out / "issuer.cose").write_bytes(b"")
    assert "is empty" in city.fetch_fails()
    assert city.verdicts(code, new) == ["revoked", "accepted"]
    assert city.daemon.stop() == 0, city.daemon.log()


def test_a_web_folder_has_the_files_as_they_are_published(city):
    """--status-url with a slash at its end."""
    for path in list(city.web.files):
        del city.web.files[path]
    city.ctl("issuer", "set", city.iss, "--document-url",
             city.web.url + "/public/issuer.cose", "--status-url",
             city.web.url + "/public/")
    code = city.office.issue()
    city.office.run("revoke", city.office.pass_id(code))
    city.office.publish()
    for name in ("issuer.cose", "status-0.cose"):
        city.web.files["/public/" + name] = city.published(name)
    city.fetch()
    assert city.verdicts(code) == "revoked"


def test_more_lists_than_one_are_found_by_the_documents_uris(tmp_path, web):
    city = publisher.City(tmp_path, web, capacity=16)
    city.start()
    codes = [city.office.issue() for _ in range(20)]
    city.publish()
    assert len(city.fetch()["lists"]) == 2
    assert set(city.verdicts(*codes)) == {"accepted"}
    # The second is gone before a new service has ever had it.
    del web.files["/status/1"]
    city.daemon.stop()
    shutil.rmtree(city.daemon.data)
    shutil.rmtree(city.dir / "kiosk")
    city.start()
    assert "HTTP 404" in city.fetch_fails()
    assert set(city.verdicts(*codes)) == {"accepted", "status-stale"}
    assert city.metric(
        'oapd_status_lists_missing{issuer="seoul.example"}') == 1
    city.show_files()
    city.fetch()
    assert set(city.verdicts(*codes)) == {"accepted"}
    assert city.daemon.stop() == 0, city.daemon.log()


# ------------------------------- nothing is new
def test_what_has_not_changed_is_not_sent_again_and_nothing_is_written(city):
    city.fetch()
    before, epoch = len(city.web.asked), city.epoch()
    rows = len(city.daemon.admin("GET", "/v1/audit?limit=500")["audit"])
    counted = city.fetches("not-modified")
    commits = city.metric("oapd_ledger_calls_total")
    city.fetch()
    assert len(city.web.asked) == before + 2
    assert all(tag for _, tag in city.web.asked[before:])
    assert city.fetches("not-modified") == counted + 2
    assert city.epoch() == epoch
    assert city.metric("oapd_ledger_calls_total") == commits
    assert len(city.daemon.admin("GET", "/v1/audit?limit=500")[
        "audit"]) == rows
    # A server without tags is asked for all, and what it says is compared.
    city.web.ways["*"] = lambda h: h.reply(200, h.server.files[h.path])
    city.fetch()
    city.fetch()
    assert city.fetches("same") >= 2
    assert city.metric("oapd_ledger_calls_total") == commits
    # One that says "not modified" of what it was not asked so for is wrong.
    city.web.ways["*"] = publisher.status(304)
    assert "HTTP 304" in city.fetch_fails()


def test_what_is_held_no_longer_is_fetched_whole(city):
    """A service that was put back to a day before."""
    city.office.run("rotate", "--no-passphrase")
    city.daemon.stop()
    before = city.daemon.data.with_name("before")
    shutil.copytree(city.daemon.data, before)
    city.daemon.start()
    city.publish()
    assert city.fetch()["number"] == 2
    city.daemon.stop()
    shutil.rmtree(city.daemon.data)
    before.rename(city.daemon.data)
    city.daemon.start()
    oaprun.wait_for(lambda: city.shown()["number"] == 2, "what was known")


def test_who_is_told_of_a_change_sees_it_in_the_audit_trail(city):
    city.office.run("rotate", "--no-passphrase")
    city.publish()
    city.fetch()
    row = next(r for r in city.daemon.admin("GET", "/v1/audit")["audit"]
               if r["action"] == "issuer.fetch")
    assert (row["actor"], row["object"]) == ("fetch", city.iss)
    assert (row["before"]["number"], row["after"]["number"]) == (1, 2)
    assert not row["alarm"]


def test_a_place_that_has_moved_is_followed(city):
    city.office.run("rotate", "--no-passphrase")
    city.publish()
    city.web.files["/moved.cose"] = city.web.files.pop("/issuer.cose")
    city.web.ways["/issuer.cose"] = publisher.elsewhere("/moved.cose")
    assert city.fetch()["number"] == 2
    before = city.fetches("not-modified")
    city.fetch()
    assert city.fetches("not-modified") == before + 2


def test_operators_who_ask_together_are_all_answered(city):
    calls = [subprocess.Popen(
        [oaprun.program("oapctl"), "--server", city.server, "issuer",
         "fetch", city.iss], stdout=subprocess.DEVNULL) for _ in range(8)]
    assert [call.wait(oaprun.PATIENCE) for call in calls] == [0] * 8
