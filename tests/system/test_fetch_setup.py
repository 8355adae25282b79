# SPDX-License-Identifier: Apache-2.0
"""Where a service fetches from: what operators set, and what holds up
nothing."""
import os
import pathlib
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import host  # noqa: E402
import oapcast  # noqa: E402
import oaprun  # noqa: E402
import publisher  # noqa: E402
from desk import refused, run  # noqa: E402
from publisher import city, web  # noqa: E402, F401
from test_oapctl_tls import certificate  # noqa: E402


# --------------------------------- operators
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
    good = time.gmtime(ask()["fetch"]["good_ms"] // 1000)
    assert city.ctl("issuer", "list").splitlines()[1].endswith(
        time.strftime("%Y-%m-%d %H:%M:%SZ", good))
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
    with publisher.serving(cert) as web:
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


# --------------------------------- the others
def test_a_silent_city_holds_up_no_other_and_no_door(tmp_path, web):
    city = publisher.City(tmp_path, web, "timeout_s = 300\n").start()
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
    # SIGTERM does not wait for it either: patience is shorter.
    assert city.daemon.stop() == 0, city.daemon.log()


def test_who_waits_for_a_fetch_when_the_daemon_ends_is_answered(tmp_path,
                                                                web):
    city = publisher.City(tmp_path, web, "timeout_s = 300\n").start()
    city.fetch()
    web.ways["*"] = publisher.silent
    asked = len(web.asked)
    waiting = subprocess.Popen(
        [oaprun.program("oapctl"), "--server", city.server, "issuer",
         "fetch", city.iss], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True)
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
