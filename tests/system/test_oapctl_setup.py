# SPDX-License-Identifier: Apache-2.0
"""oapctl against a running daemon: what is set up."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import desk  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from desk import FACILITY, ok, refused, run  # noqa: E402


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    d = oaprun.Daemon(tmp_path_factory.mktemp("oapctl")).start()
    yield d
    assert d.stop() == 0, d.log()


@pytest.fixture(scope="module")
def server(daemon):
    return "unix:%s" % daemon.socket


@pytest.fixture(scope="module")
def museum(server, tmp_path_factory):
    issuer = oapcast.Issuer("seoul.example")
    desk.open_museum(server, issuer, tmp_path_factory.mktemp("city"))
    return issuer


def test_what_is_added_is_listed_shown_and_changed(server, museum):
    assert "Tokyo National Museum" in ok(server, "facility", "list")
    for lang in ("ja", "ja-JP", "JA_jp.UTF-8"):
        assert "東京国立博物館" in ok(server, "facility", "list", "--lang", lang)
    shown = json.loads(ok(server, "--json", "facility", "show", "tnm"))
    assert shown["zone"] == "Asia/Tokyo" and shown["currency"] == "JPY"
    ok(server, "facility", "set", "tnm", "--city", "taito")
    assert json.loads(ok(server, "--json", "facility", "show", "tnm"))[
        "city"] == "taito"
    ok(server, "facility", "set", "tnm", "--city", "tokyo")
    shown = json.loads(ok(server, "--json", "benefit", "show", "museum-20"))
    assert shown["value"] == 2000 and shown["rounding_unit"] == 10
    assert shown["limit"]["uses"] == 1 and shown["limit"]["per"] == "day"
    ok(server, "benefit", "set", "museum-20", "--percent", "25")
    assert json.loads(ok(server, "--json", "benefit", "show", "museum-20"))[
        "value"] == 2500
    ok(server, "benefit", "set", "museum-20", "--percent", "20")
    assert "seoul.example" in ok(server, "issuer", "list")
    keys = json.loads(ok(server, "--json", "issuer", "show",
                         "seoul.example"))["keys"]
    assert [k["state"] for k in keys] == ["active"]
    assert "withdrawn" not in ok(server, "issuer", "list")
    ok(server, "issuer", "set", "seoul.example", "--withdrawn", "yes")
    assert "withdrawn" in ok(server, "issuer", "list")
    ok(server, "issuer", "set", "seoul.example", "--withdrawn", "no")


@pytest.mark.parametrize("typed, kept", [
    ("1/day", [1, "day", "service"]), ("2/month", [2, "month", "service"]),
    ("12/year/service", [12, "year", "service"]),
    ("1/lifetime/facility", [1, "lifetime", "facility"])])
def test_a_limit_is_kept_as_it_is_typed(server, museum, typed, kept):
    changed = json.loads(ok(server, "--json", "benefit", "set", "museum-20",
                            "--limit", typed))
    assert [changed["limit"][k] for k in ("uses", "per", "scope")] == kept


def test_hours_are_kept_as_they_are_typed(server, museum):
    changed = json.loads(ok(
        server, "--json", "benefit", "set", "museum-20", "--hours",
        "mon-wed,fri 09:00-18:00", "--hours", "sat  10:00-24:00"))
    assert changed["hours"] == [
        {"weekdays": ["mon", "tue", "wed", "fri"], "from": "09:00",
         "until": "18:00"},
        {"weekdays": ["sat"], "from": "10:00", "until": "24:00"}]
    week = json.loads(ok(server, "--json", "benefit", "set", "museum-20",
                         "--hours", "daily 00:00-24:00"))["hours"]
    assert len(week) == 1 and len(week[0]["weekdays"]) == 7


def test_a_condition_may_be_cleared_and_given_anew_in_one_call(server,
                                                               museum):
    clear = ["--clear", "hours", "--clear", "classes", "--clear", "last_day"]
    anew = ["--hours", "sun 10:00-12:00", "--class", "adult", "--until",
            "2126-01-01"]
    for how in (clear + anew, anew + clear):
        changed = json.loads(ok(server, "--json", "benefit", "set",
                                "museum-20", *how))
        assert changed["hours"][0]["weekdays"] == ["sun"]
        assert changed["classes"] == ["adult"]
        assert changed["last_day"] == "2126-01-01"
    changed = json.loads(ok(server, "--json", "benefit", "set", "museum-20",
                            *clear))
    assert not {"hours", "classes", "last_day"} & set(changed)


@pytest.mark.parametrize("kind, id", [("facility", "tnm"),
                                      ("benefit", "museum-20")])
def test_names_in_other_languages_stay_until_they_are_taken_away(
        server, museum, kind, id):
    def change(*names):
        options = [word for name in names for word in ("--name", name)]
        return json.loads(ok(server, "--json", kind, "set", id,
                             *options))["names"]

    assert change("en=One", "ja=一", "ko=하나") == {
        "en": "One", "ja": "一", "ko": "하나"}
    assert change("en=Two") == {"en": "Two", "ja": "一", "ko": "하나"}
    assert change("ja=", "zh=二") == {"en": "Two", "ko": "하나", "zh": "二"}
    refused(1, "a name in en, ko, ja or zh", kind, "set", id, "--name", "en=", "--name", "ko=",
            "--name", "zh=", server=server)
    assert change("en=", "zh=", "ko=둘") == {"ko": "둘"}
    refused(1, "unknown", kind, "set", "nowhere", "--name", "en=x",
            server=server)
    change("en=Tokyo National Museum", "ja=東京国立博物館")


def test_every_part_of_the_policy_can_be_set(server):
    def change(*options):
        return json.loads(ok(server, "--json", "policy", "set", *options))

    before = json.loads(ok(server, "--json", "policy", "show"))
    told = run("policy", "set", "--help").stdout
    for member in before:
        option = "--" + member.removesuffix("_s").removesuffix(
            "_ms").removesuffix("s").replace("_", "-")
        assert option in told, member
    now = change("--bundle-soft-age", "50000", "--bundle-hard-age", "86400",
                 "--skew", "60", "--presentation-window", "90",
                 "--offline-uses", "7", "--deadline", "1500",
                 "--status-hard-cap", "864000", "--offline-amount",
                 "KRW=500000", "--offline-amount", "USD=99.50")
    assert now == {
        "bundle_soft_age_s": 50000, "bundle_hard_age_s": 86400, "skew_s": 60,
        "presentation_window_s": 90, "offline_uses": 7, "deadline_ms": 1500,
        "status_hard_cap_s": 864000,
        "offline_amounts": {"KRW": 500000, "USD": 9950}}
    assert change("--offline-amount", "JPY=0", "--offline-amount", "USD=")[
        "offline_amounts"] == {"KRW": 500000, "JPY": 0}
    refused(1, "at least one amount", "policy", "set", "--offline-amount",
            "KRW=", "--offline-amount", "JPY=", server=server)
    assert "0 JPY, 500,000 KRW" in ok(server, "policy", "show")
    assert change("--offline-amount", "any")["offline_amounts"] is None


def test_a_kiosk_is_moved_and_named(daemon, server, museum):
    kid = daemon.add_kiosk("tnm").kid.hex()
    moved = json.loads(ok(server, "--json", "kiosk", "set", kid, "--name",
                          "north door"))
    assert (moved["name"], moved["facility"]) == ("north door", "tnm")
    refused(1, "nowhere", "kiosk", "set", kid, "--facility", "nowhere",
            server=server)
    refused(1, "oapctl kiosk list", "kiosk", "set", "00" * 8, "--name", "x",
            server=server)


def test_what_a_kiosk_says_of_itself_reaches_no_terminal_raw(daemon, server,
                                                             museum):
    kiosk = daemon.add_kiosk("tnm")
    status, _ = daemon.upload(kiosk.report(version="\x1b[31mEVIL\a"), [])
    assert status == 200
    for how in (["show", kiosk.kid.hex()], ["list"],
                ["set", kiosk.kid.hex(), "--name", "x"]):
        told = ok(server, "kiosk", *how)
        assert "EVIL" in told and "\x1b" not in told and "\a" not in told


def test_a_refusal_of_the_daemon_is_its_sentence_and_status_1(server, museum):
    refused(1, "tnm", *FACILITY, server=server)
    refused(1, "nowhere", "facility", "show", "nowhere", server=server)
    refused(1, "time-zone", "facility", "add", "--id", "base", "--city",
            "mars", "--currency", "JPY", "--zone", "Mars/Base", "--name",
            "en=Base", server=server)


def test_never_live_is_said_to_let_a_photo_do(server, museum):
    done = run("benefit", "add", "--id", "never-live", "--name", "en=x",
               "--currency", "JPY", "--free", "--limit", "1/day", "--live",
               "never", server=server)
    assert done.returncode == 0, done.stderr
    assert "photo" in done.stderr
    ok(server, "benefit", "set", "never-live", "--withdrawn", "yes")


def test_tokens_carry_roles(daemon, server, museum, tmp_path):
    made = ok(server, "operator", "add", "--id", "desk", "--role", "viewer")
    token = made.split()[-1]
    (tmp_path / "token").write_text(token + "\n")
    url = "http://127.0.0.1:%d" % daemon.port
    by_token = ["--token-file", tmp_path / "token"]
    assert "tnm" in ok(url, *by_token, "facility", "list")
    refused(1, "operator", *by_token, *FACILITY, server=url)
    refused(1, "token", "facility", "list", server=url)
    (tmp_path / "wrong").write_text("x" * len(token))
    refused(1, "token", "--token-file", tmp_path / "wrong", "facility",
            "list", server=url)
    ok(server, "operator", "set", "desk", "--disabled", "yes")
    refused(1, "token", *by_token, "facility", "list", server=url)
    assert token not in daemon.log()


@pytest.mark.parametrize("words", [
    ["facility", "list"], ["--help"], ["facility", "--help"],
    ["facility", "add", "--help"], ["--version"]])
def test_a_full_standard_output_is_said(server, museum, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [oaprun.program("oapctl"), *words],
            env=dict(os.environ, OAPCTL_SERVER=server), stdout=full,
            stderr=subprocess.PIPE, text=True)
    assert done.returncode == 4 and "standard output" in done.stderr


@pytest.fixture
def own_daemon(tmp_path):
    d = oaprun.Daemon(tmp_path / "service").start()
    yield d
    assert d.stop() == 0, d.log()


def test_every_command_of_the_help_does_its_work(own_daemon, tmp_path):
    """Each line of --help is run once, with an argument where it wants
    one."""
    d, server = own_daemon, "unix:%s" % own_daemon.socket
    seoul, kobe = oapcast.Issuer("seoul.example"), oapcast.Issuer(
        "kobe.example")
    desk.open_museum(server, seoul, tmp_path)
    kiosk, card, id = d.add_kiosk("tnm"), seoul.issue(), oapcast.uuid7()
    assert d.ask(kiosk.question(card, "museum-20", amount=2000, id=id))[1][
        "verdict"] == "accepted"
    other = oapcast.uuid7()
    assert d.upload(kiosk.report(), [kiosk.attempt(
        card, "museum-20", 2, id=other, amount=2000, discount=2000)])[1][
            "results"][0]["marks"] == ["disputed"]
    d.upload(kiosk.report(), [b"rubbish"])
    code = m.read_enrolment_code(json.loads(ok(
        server, "--json", "kiosk", "add", "--facility", "tnm",
        "--confirm"))["code"])
    pending = oapcast.Kiosk(code[2], "tnm")
    assert d.cbor("/v1/enrolments", pending.enrolment(code[4]))[0] == 200
    (tmp_path / "kobe").mkdir()
    lines = desk.each_command(
        ["kobe.example", "--root", m.public(kobe.root).hex(),
         *desk.files_of(kobe, tmp_path / "kobe")],
        kiosk=kiosk.kid.hex(), pending=pending.kid.hex(),
        attempt="%s/%s" % (kiosk.kid.hex(), id.hex()),
        disputed="%s/%s" % (kiosk.kid.hex(), other.hex()), code=m.code(card),
        journal=m.encode([m.body(kiosk.report())]))
    listed = desk.commands_of_help()
    assert set(lines) == set(listed)
    for name, arguments in lines.items():
        assert bool(listed[name]) <= bool(arguments), name
        assert ok(server, *name.split(), *arguments), name
    state = {k["kid"]: k for k in d.admin("GET", "/v1/kiosks")["kiosks"]}
    assert state[pending.kid.hex()]["state"] == "revoked"
    assert state[kiosk.kid.hex()]["facility"] == "annex"
