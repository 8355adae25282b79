# SPDX-License-Identifier: Apache-2.0
"""What a city publishes reaches the doors of another: fetched by the service
itself, checked as if an operator had brought it, and with nothing
restarted."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import nacl.signing
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
import host  # noqa: E402
import publisher  # noqa: E402
from desk import refused, run  # noqa: E402
from test_issuer_keys import kid_of  # noqa: E402
from test_oapctl_tls import certificate  # noqa: E402


@pytest.fixture
def web():
    with publisher.web() as w:
        yield w


@pytest.fixture
def city(tmp_path, web):
    c = publisher.City(tmp_path, web).start()
    yield c
    assert c.daemon.stop() == 0, c.daemon.log()


@pytest.fixture
def hasty(tmp_path, web):
    """One that waits for nobody."""
    c = publisher.City(tmp_path, web, "timeout_s = 1\n").start()
    yield c
    assert c.daemon.stop() == 0, c.daemon.log()


# ------------------------------------------------------------ end to end
def test_keys_rotate_with_overlap_retire_and_are_declared_stolen(city):
    office_, process = city.office, city.daemon.process.pid
    first, old = kid_of(office_), office_.issue()
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
    # What lies still is not read again.
    for name in ("issuer.cose", "status-0.cose"):
        long_ago = out / (name + ".new")
        shutil.copy(out / name, long_ago)
        long_ago.rename(out / name)
    time.sleep(2.1)     # a file of this moment may change unseen
    city.fetch()
    before = city.fetches("same"), city.fetches("not-modified")
    city.fetch()
    assert (city.fetches("same"), city.fetches("not-modified")) == \
        (before[0], before[1] + 2)
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


# --------------------------------------------------------- nothing is new
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


# ----------------------------------------------------------- what is wrong
def other_root(city):
    other = oapcast.Issuer(city.iss)
    other.number = 9
    return other.document()


@pytest.mark.parametrize("way, said", [
    (publisher.status(500), "HTTP 500"), (publisher.status(404), "HTTP 404"),
    (publisher.saying(b"<html>It works!</html>"), "no issuer document"),
    (publisher.saying(b""), "is empty"),
    (publisher.truncated, "10 bytes remaining"),
    (publisher.oversized, "longer than the 65536 bytes"),
    (publisher.elsewhere("/issuer.cose"), "redirects"),
    (publisher.elsewhere("file:///etc/passwd"), "rotocol"),
    (publisher.slow, "did not arrive within 1 s"),
    (publisher.silent, "did not arrive within 1 s")],
    ids=["500", "404", "html", "empty", "truncated", "oversized", "circle",
         "file", "slow", "silent"])
def test_a_server_that_fails_takes_nothing_away(hasty, way, said):
    city = hasty
    code = city.office.issue()
    city.fetch()
    held, epoch = city.shown(), city.epoch()
    city.web.ways["/issuer.cose"] = way
    line = city.fetch_fails()
    assert said in line and "/issuer.cose: " in line
    assert "what is held stays" in line
    shown = city.shown()
    assert shown["fetch"]["failures"] == 1
    assert shown["fetch"]["error"] in line
    assert shown["fetch"]["good_ms"] == held["fetch"]["good_ms"]
    del shown["fetch"], held["fetch"]
    assert shown == held and city.epoch() == epoch
    assert city.alarms() == []
    assert city.verdicts(code) == "accepted"
    assert ", now fails: " in city.ctl("issuer", "list")
    city.web.ways.clear()
    assert city.fetch()["fetch"]["failures"] == 0
    assert city.daemon.log().count("what is held stays") == 1


@pytest.mark.parametrize("way, said", [
    (publisher.status(503), "HTTP 503"),
    (publisher.saying(b"\xd2\x84nonsense"), "no status list token"),
    (publisher.truncated, "10 bytes remaining"),
    (publisher.oversized, "longer than the 524288 bytes"),
    (publisher.slow, "did not arrive")],
    ids=["503", "garbage", "truncated", "oversized", "slow"])
def test_a_list_that_fails_does_not_hold_up_the_document(hasty, way, said):
    city = hasty
    code = city.office.issue()
    city.office.run("rotate", "--no-passphrase")
    new = city.office.issue()
    city.publish()
    city.web.ways["/status"] = way
    assert said in city.fetch_fails()
    assert city.shown()["number"] == 2
    assert city.verdicts(code, new) == ["accepted", "accepted"]


def test_a_server_that_is_gone_is_a_failure_that_is_told_once(tmp_path):
    with publisher.web() as web:
        city = publisher.City(tmp_path, web, "timeout_s = 5\n").start()
        city.fetch()
    line = city.fetch_fails()
    assert "127.0.0.1" in line
    fetch = city.shown()["fetch"]   # soon at first, then ever later
    assert 20000 < fetch["next_ms"] - fetch["tried_ms"] < 40000
    city.fetch_fails()
    fetch = city.shown()["fetch"]
    assert fetch["failures"] == 2
    assert 50000 < fetch["next_ms"] - fetch["tried_ms"] < 70000
    assert city.daemon.log().count("what is held stays") == 1
    assert city.metric(
        'oapd_fetch_failures{issuer="seoul.example"}') == 2
    assert "fails: " in city.ctl("issuer", "list")
    assert city.daemon.stop() == 0, city.daemon.log()


def test_an_older_document_is_refused_and_alarmed(city):
    first = city.published("issuer.cose")
    code = city.office.issue()
    city.office.run("rotate", "--no-passphrase")
    city.publish()
    city.fetch()
    city.web.files["/issuer.cose"] = first
    line = city.fetch_fails()
    assert "has number 1, but 2 is known" in line
    assert city.alarms() == ["issuer.document-refused"]
    assert city.shown()["number"] == 2
    assert city.verdicts(code) == "accepted"
    # Asked again it is no better: it was not remembered as fetched.
    assert "has number 1" in city.fetch_fails()
    assert city.fetches("refused") == 2


def forged_as(city, number, root=None):
    """A document of the office's own keys, by a hand that has the root key,
    or another one."""
    issuer = oapcast.Issuer(city.iss)
    payload = city.office.document()
    payload[2] = number
    payload[3] -= 1
    return m.sign1(m.ISSUER_DOCUMENT, payload, root or issuer.root)


def root_of(city):
    """The office keeps it unencrypted, knowingly."""
    for path in city.office.dir.glob("*root*"):
        data = path.read_bytes()
        for at in range(len(data) - 31):
            key = nacl.signing.SigningKey(data[at:at + 32])
            if bytes(key.verify_key) == city.office.root:
                return key
    raise AssertionError("no root key in %s" % city.office.dir)


def test_the_same_number_with_other_bytes_is_refused_and_alarmed(city):
    city.fetch()
    city.web.files["/issuer.cose"] = forged_as(city, 1, root_of(city))
    assert "says something else" in city.fetch_fails()
    assert city.alarms() == ["issuer.document-refused"]


def test_another_roots_document_is_refused_and_alarmed(city):
    code = city.office.issue()
    city.web.files["/issuer.cose"] = forged_as(city, 9)
    assert "no issuer document signed by root" in city.fetch_fails()
    assert city.alarms() == ["issuer.document-refused"]
    assert city.shown()["number"] == 1
    assert city.verdicts(code) == "accepted"


def test_another_citys_document_is_refused(city):
    payload = city.office.document()
    payload[1], payload[2] = "busan.example", 9
    city.web.files["/issuer.cose"] = m.sign1(m.ISSUER_DOCUMENT, payload,
                                             root_of(city))
    assert 'is of issuer "busan.example"' in city.fetch_fails()


def test_an_older_list_is_refused_and_alarmed(city):
    code = city.office.issue()
    old = city.published("status-0.cose")
    city.office.run("revoke", city.office.pass_id(code))
    city.publish()
    city.fetch()
    city.web.files["/status"] = old
    line = city.fetch_fails()
    assert "older than the one that is known" in line
    assert city.web.url + "/status: " in line
    assert city.alarms() == ["issuer.token-refused"]
    assert city.verdicts(code) == "revoked"


def test_a_forged_list_is_refused_and_alarmed(city):
    code = city.office.issue()
    forged = bytearray(city.published("status-0.cose"))
    forged[-1] ^= 1     # of the signature
    city.web.files["/status"] = bytes(forged)
    assert "its signature is wrong" in city.fetch_fails()
    assert city.alarms() == ["issuer.token-refused"]
    assert city.verdicts(code) == "accepted"


def test_alarms_of_a_server_that_goes_on_are_bounded(city):
    first = city.published("issuer.cose")
    city.office.run("rotate", "--no-passphrase")
    city.publish()
    city.fetch()
    city.web.files["/issuer.cose"] = first
    for _ in range(6):
        city.fetch_fails()
    assert city.alarms() == ["issuer.document-refused"] * 3


def test_a_list_in_the_place_of_another_is_told(tmp_path, web):
    city = publisher.City(tmp_path, web, capacity=16)
    city.start()
    for _ in range(20):
        city.office.issue()
    city.publish()
    web.files["/status/1"] = web.files["/status"]
    assert "holds the list of %s/status, not of %s/status/1" % (
        web.url, web.url) in city.fetch_fails()
    assert city.daemon.stop() == 0, city.daemon.log()


def test_a_stolen_keys_list_goes_and_the_next_one_comes_with_the_document(
        city):
    """The thief's list was dated as far ahead as is taken; its floor goes with
    the key."""
    first, code = kid_of(city.office), city.office.issue()
    city.office.run("rotate", "--no-passphrase")
    new = city.office.issue()
    city.publish()
    city.fetch()
    city.office.run("compromised", first)
    city.publish()
    lists = city.fetch()["lists"]
    assert {row["signer"] for row in lists} == {kid_of(city.office)}
    assert city.verdicts(code, new) == ["key-compromised", "accepted"]


# ---------------------------------------------------------------- operators
def test_where_it_is_fetched_is_set_shown_and_taken_away(city):
    ask = city.shown
    assert ask()["document_url"] == city.web.url + "/issuer.cose"
    assert ask()["status_url"] is None
    city.ctl("issuer", "set", city.iss, "--status-url",
             city.web.url + "/status")
    assert ask()["status_url"] == city.web.url + "/status"
    assert ask()["document_url"] == city.web.url + "/issuer.cose"
    city.fetch()
    shown = city.ctl("issuer", "show", city.iss)
    for words in ("document_url ", "status_url ", "fetch.tried_ms ",
                  "fetch.good_ms ", "fetch.next_ms ", "fetch.failures ",
                  "fetch.error "):
        assert words in shown
    assert time.strftime("%Y-%m-%d ", time.gmtime()) in \
        city.ctl("issuer", "list").splitlines()[1]
    city.ctl("issuer", "set", city.iss, "--clear", "document_url")
    assert ask()["document_url"] is None
    before = len(city.web.asked)
    city.fetch()        # the lists alone
    assert {path for path, _ in city.web.asked[before:]} == {"/status"}
    city.ctl("issuer", "set", city.iss, "--clear", "status_url")
    assert ask()["fetch"] is None
    refused(1, "nobody has said from where", "issuer", "fetch", city.iss,
            server=city.server)
    refused(1, "unknown", "issuer", "fetch", "busan.example",
            server=city.server)


def test_a_city_that_is_withdrawn_is_not_fetched(city):
    city.ctl("issuer", "set", city.iss, "--withdrawn", "yes")
    refused(1, "withdrawn", "issuer", "fetch", city.iss, server=city.server)
    assert city.shown()["fetch"] is None
    before = len(city.web.asked)
    city.ctl("issuer", "set", city.iss, "--withdrawn", "no")
    oaprun.wait_for(lambda: len(city.web.asked) > before, "a fetch")


@pytest.mark.parametrize("option, url, rule", [
    ("document-url", "ftp://x/y", "must begin with"),
    ("document-url", "https://", "must name a host"),
    ("document-url", "https://user:secret@x/y", "user name"),
    ("document-url", "https://x/a b", "blanks"),
    ("document-url", "https://x/" + "a" * 250, "256"),
    ("document-url", "file://etc/passwd", "must begin with"),
    ("document-url", "file:///srv/", "a file, not a folder"),
    ("document-url", "file:///srv/%zz", "hexadecimal"),
    ("document-url", "file:///srv/%00", "hexadecimal"),
    ("status-url", "file:///srv/status", "folder"),
    ("status-url", "https://x/y?z=", "numbers of lists")])
def test_a_place_that_cannot_be_is_refused(city, option, url, rule):
    refused(1, rule, "issuer", "set", city.iss, "--" + option, url,
            server=city.server)


def test_uris_that_cannot_be_fetched_are_told_what_to_do(tmp_path, web):
    """A city's own document never makes the service open its files."""
    seoul = oapcast.Issuer()
    seoul.uri = "file:///etc/hostname"
    d = oaprun.Daemon(tmp_path).start()
    web.files["/i"] = seoul.document()
    d.add_issuer(seoul)
    d.admin("PATCH", "/v1/issuers/" + seoul.iss,
            {"document_url": web.url + "/i"})
    done = run("issuer", "fetch", seoul.iss, server="unix:%s" % d.socket)
    assert done.returncode == 4
    assert "file:///etc/hostname: nothing can be fetched" in done.stderr
    assert "--status-url" in done.stderr
    assert d.stop() == 0, d.log()


def test_https_is_trusted_by_certificate(tmp_path):
    cert = certificate(tmp_path, "own")
    with publisher.web(cert) as web:
        city = publisher.City(tmp_path, web).start()
        assert "certificate" in city.fetch_fails()
        city.daemon.stop()
        city.daemon.file.write_text(city.daemon.file.read_text().replace(
            "[fetch]", "[fetch]\nca = %s" % cert))
        city.daemon.start()
        assert city.fetch()["fetch"]["error"] is None
        assert city.daemon.stop() == 0, city.daemon.log()


def test_a_proxy_of_the_environment_is_not_used(tmp_path, web):
    city = publisher.City(tmp_path, web)
    real = city.daemon.start
    city.daemon.start = lambda: real(env=dict(
        os.environ, http_proxy="http://127.0.0.1:1",
        ALL_PROXY="http://127.0.0.1:1"))
    city.start()
    city.fetch()
    assert city.daemon.stop() == 0, city.daemon.log()


# --------------------------------------------------------------- the others
def test_a_silent_city_holds_up_no_other_and_no_door(tmp_path, web):
    city = publisher.City(tmp_path, web, "timeout_s = 60\n").start()
    silent = oapcast.Issuer("silent.example")
    city.daemon.add_issuer(silent)
    web.ways["/silent"] = publisher.silent
    city.daemon.admin("PATCH", "/v1/issuers/silent.example", {
        "document_url": web.url + "/silent"})
    oaprun.wait_for(lambda: ("/silent", None) in web.asked, "the silent one")
    code = city.office.issue()
    city.office.run("revoke", city.office.pass_id(code))
    city.publish()
    city.fetch()
    assert city.verdicts(code) == "revoked"
    # SIGTERM does not wait for it either.
    began = time.monotonic()
    assert city.daemon.stop() == 0, city.daemon.log()
    assert time.monotonic() - began < 30


def test_who_waits_for_a_fetch_when_the_daemon_ends_is_answered(tmp_path,
                                                                web):
    city = publisher.City(tmp_path, web, "timeout_s = 60\n").start()
    city.fetch()
    web.ways["*"] = publisher.silent
    waiting = subprocess.Popen(
        [oaprun.program("oapctl"), "--server", city.server, "issuer",
         "fetch", city.iss], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True)
    asked = len(web.asked)
    oaprun.wait_for(lambda: len(web.asked) > asked, "the fetch")
    assert city.daemon.stop() == 0, city.daemon.log()
    _, said = waiting.communicate(timeout=oaprun.PATIENCE)
    assert waiting.returncode == 4 and said.count("\n") == 1, said


def test_metrics_tell_how_old_what_is_known_is(city):
    city.fetch()
    age = city.metric('oapd_status_age_seconds{issuer="seoul.example"}')
    made = city.shown()["lists"][0]["made_at_ms"] // 1000
    assert abs(time.time() - made - age) < oaprun.PATIENCE
    assert city.metric(
        'oapd_status_lists_missing{issuer="seoul.example"}') == 0


def test_a_full_database_leaves_what_is_held_and_is_tried_again(city):
    city.fetch()
    city.office.run("rotate", "--no-passphrase")
    city.publish()
    with host.locked(city.daemon):
        assert "cannot reach its storage" in city.fetch_fails()
    assert city.shown()["number"] == 1
    assert city.fetch()["number"] == 2
