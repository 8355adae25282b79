# SPDX-License-Identifier: Apache-2.0
"""oap-kiosk as it is run at a door, against an obedient service."""
import json
import os
import pathlib
import sqlite3
import stat
import subprocess
import time

import pytest

import fakeservice
import oapcast
import oapmsg as m
from oaprun import wait_for
from door import (ACCEPT, KIOSK, REJECT, RETRY, UNDECIDED, USAGE, Door, code,
                  door, one_line, quick, service)


def test_enrol_makes_a_private_key_and_shows_the_kid(tmp_path, service):
    d = Door(tmp_path / "k", service)
    out = d.ask("enrol", service.code())
    assert out["kiosk"] == m.kid(service.kiosk).hex()
    assert (out["facility"], out["state"]) == ("nmk", "active")
    for name in ("device.key", "journal.db"):
        mode = os.stat(tmp_path / "k" / name).st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "k").st_mode) == 0o700


def test_enrol_again_after_a_lost_answer_keeps_the_key(tmp_path, service):
    d = Door(tmp_path / "k", service)
    service.trouble["/v1/enrolments"] = ["lose"]
    r = d.run("enrol", service.code())
    assert r.returncode == RETRY and one_line(r)
    first = service.kiosk
    assert d.ask("enrol", service.code())["kiosk"] == m.kid(first).hex()
    assert service.kiosk == first


def test_enrol_with_another_code_is_refused(door, service):
    service.secret = os.urandom(16)
    r = door.run("enrol", service.code())
    assert r.returncode == USAGE and "already enrolled" in one_line(r)


def test_enrol_again_with_the_same_code_changes_nothing(door, service):
    first = service.kiosk
    assert door.ask("enrol", service.code())["kiosk"] == m.kid(first).hex()
    assert service.kiosk == first


def test_enrolled_without_a_bundle_is_said_and_mended(tmp_path, service,
                                                      code):
    d = Door(tmp_path / "k", service)
    service.trouble["/v1/bundle"] = (502, {}, [])
    r = d.run("enrol", service.code())
    text = one_line(r)
    assert r.returncode == UNDECIDED and "oap-kiosk sync" in text
    assert "enrolled as kiosk " + m.kid(service.kiosk).hex() in text
    assert "HTTP 502" in text
    service.trouble.clear()
    assert d.ask("sync")["bundle_changed"] is True
    out = d.redeem(code)
    assert out["verdict"] == "accepted" and "detail" not in out


def test_enrol_refuses_a_pin_that_nothing_would_check(tmp_path, service):
    code = m.enrolment_code("http://127.0.0.1:%d" % service.port,
                            service.public, service.secret,
                            int(time.time()) + 900, pin=bytes(32))
    r = Door(tmp_path / "k", service).run("enrol", code)
    assert r.returncode == USAGE and "TLS pin" in one_line(r)


def test_enrol_with_a_used_code_says_so(tmp_path, service, door):
    r = Door(tmp_path / "other", service).run("enrol", service.code())
    assert r.returncode == REJECT and "used by another kiosk" in one_line(r)


@pytest.mark.parametrize("bad", ["", "OAPE1:", "OAPE1:%%%", "OAP1:ABC",
                                 "OAPE1:" + "A" * 5000])
def test_enrol_refuses_what_is_no_code(tmp_path, service, bad):
    r = Door(tmp_path / "k", service).run("enrol", bad)
    assert r.returncode == USAGE and "OAPE1:" in one_line(r)
    assert not (tmp_path / "k").exists()


def test_enrol_refuses_other_protocols(tmp_path, service):
    code = m.enrolment_code("ftp://127.0.0.1/", service.public, bytes(16), 0)
    r = Door(tmp_path / "k", service).run("enrol", code)
    assert r.returncode == USAGE and "http://" in one_line(r)


def test_pending_kiosk_is_not_usable_until_it_is_confirmed(tmp_path, service,
                                                           code):
    d = Door(tmp_path / "k", service)
    service.state = 0
    assert d.ask("enrol", service.code())["state"] == "pending"
    r = d.run("enrol", service.code())
    assert r.returncode == 0
    assert b"oapctl kiosk confirm " + m.kid(service.kiosk).hex().encode() in \
        r.stdout
    r = d.run("redeem", "--benefit", "day-kr", code)
    assert r.returncode == UNDECIDED and "not confirmed" in one_line(r)
    service.state = 1
    service.newer()
    assert d.ask("sync")["bundle_changed"] is True
    out = d.redeem(code)
    assert out["verdict"] == "accepted" and "detail" not in out


def test_wrapped_key_needs_its_wrapping_key(tmp_path, service):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "oap-kiosk.key").write_bytes(bytes(range(32)))
    with_key = {"CREDENTIALS_DIRECTORY": str(credentials)}
    d = Door(tmp_path / "k", service)
    assert d.run("enrol", service.code(), env=with_key).returncode == 0
    assert b"OAPKEY1\nw" == (tmp_path / "k/device.key").read_bytes()[:9]
    assert d.run("status", env=with_key).returncode == 0
    r = d.run("status")
    assert r.returncode == RETRY and "wrapped" in one_line(r)
    (credentials / "oap-kiosk.key").write_bytes(bytes(32))
    r = d.run("status", env=with_key)
    assert r.returncode == RETRY and "unwrapped" in one_line(r)

def test_accepted_visit_shows_the_prices_and_is_journalled(door, code):
    out = door.redeem(code, "--amount", "24000")
    assert (out["verdict"], out["exit"]) == ("accepted", ACCEPT)
    assert (out["list"], out["discount"], out["price"]) == (24000, 4800, 19200)
    assert out["pass"]["hint"] == "K.M."
    assert door.ask("status")["unsent"] == 1
    assert door.ask("sync")["sent"] == 1
    entry, payload, scanned = door.service.held[1]
    assert payload[10] == 1 and payload[9] == 4800 and payload[8] == 24000
    assert payload[1].hex() == out["id"]
    assert len(payload[15]) == 24 and m.code(scanned) == code


def test_screen_has_currency_without_decimals(door, code):
    r = door.run("redeem", "--benefit", "day-kr", "--amount", "24000", code)
    text = r.stdout.decode()
    assert "24,000 KRW" in text and "19,200 KRW" in text
    assert "\033" not in text


@pytest.mark.parametrize("lang,word", [("ko", "결제 금액"), ("ja", "お支払い"),
                                       ("zh", "应付"), ("en", "To pay")])
def test_screen_speaks_four_languages(door, code, lang, word):
    r = door.run("check", "--benefit", "day-kr", "--amount", "9990",
                 "--lang", lang, code)
    assert r.returncode == ACCEPT and word in r.stdout.decode()


def test_a_facility_in_yen(tmp_path):
    service = fakeservice.Service(facility="tnm")
    try:
        d = Door(tmp_path / "k", service).enrolled()
        out = d.redeem(m.code(service.issuer.issue()), "--amount", "1000")
        assert (out["price"], out["currency"]) == (800, "JPY")
        r = d.run("redeem", "--benefit", "day-jp", "--amount", "10.5", "x")
        assert r.returncode == USAGE and "whole number of JPY" in one_line(r)
    finally:
        service.close()


def test_second_use_tells_when_and_where(door, code):
    door.redeem(code)
    out = door.redeem(code)
    assert (out["verdict"], out["exit"]) == ("already-redeemed", REJECT)
    use = out["first_use"]
    assert use["facility_name"] == "National Museum of Korea"
    local = time.gmtime(use["at_ms"] / 1000 + 9 * 3600)
    assert use["local"] == time.strftime("%Y-%m-%d %H:%M", local)


def test_entries_are_chained_and_signed(door, service):
    for _ in range(5):
        door.redeem(m.code(service.issuer.issue()))
    door.redeem("nonsense")
    door.ask("sync")
    prev = bytes(32)
    for seq in range(1, 7):
        entry, payload, _ = service.held[seq]
        assert payload[3] == prev
        prev = fakeservice.hashlib.sha256(entry).digest()
    assert service.reports[-1].get(16) is None


def seqs_asked_with(service, n=-1):
    """Of the entries that went with a question, in their order."""
    return [m.open_message(m.decode(item)[0], m.ATTEMPT, service.kiosk)[2]
            for item in m.decode(service.asked[n][0])[1]]


def test_a_busy_door_sends_each_entry_with_the_next_question(door, service):
    for _ in range(4):
        door.redeem(m.code(service.issuer.issue()))
    assert [seqs_asked_with(service, n) for n in range(4)] == [
        [], [1], [2], [3]]
    assert door.ask("status")["unsent"] == 1
    assert not service.reports


def test_unsent_entries_of_the_pass_go_first_and_a_backlog_waits(door,
                                                                 service):
    code = m.code(service.issuer.issue())
    rubbish = "\n".join("rubbish %d" % i for i in range(6)).encode()
    door.run("redeem", "--benefit", "day-kr", "-", stdin=rubbish)
    door.redeem(code)
    assert seqs_asked_with(service) == [1, 2, 3, 4]
    door.run("redeem", "--benefit", "day-kr", "-", stdin=rubbish)
    door.redeem(code)
    assert seqs_asked_with(service) == [7, 5, 6, 8]
    assert door.ask("status")["unsent"] == 6


def test_an_accept_goes_with_the_question_before_what_used_nothing(door,
                                                                   service):
    """Else the service would take it for one that nobody was told of."""
    code = m.code(service.issuer.issue())
    door.redeem(code)
    keep = service.keep
    service.keep = lambda items: []     # answers, and settles nothing
    for _ in range(20):
        assert door.redeem(code)["verdict"] == "already-redeemed"
    seqs = seqs_asked_with(service)
    assert len(seqs) == 16 and seqs[0] == 1
    assert seqs[1:] == sorted(seqs[1:]) and seqs[-1] == 20
    service.keep = keep
    assert door.ask("sync")["unsent"] == 0


def test_forged_code_is_told_without_asking(door, service, code):
    message = bytearray(m.message_of(code))
    message[-1] ^= 1
    out = door.redeem(m.code(bytes(message)))
    assert (out["verdict"], out["exit"]) == ("bad-signature", REJECT)
    assert not service.asked and door.ask("status")["unsent"] == 1


@pytest.mark.parametrize("text,verdict", [
    ("https://example.org/", "unknown-format"), ("OAP9:AB", "unsupported"
                                                 "-version"),
    ("OAP1:", "malformed"), ("OAP1:A", "malformed"), ("OAP1:abc", "malformed"),
    ("\x01\x7f", "unknown-format"), ("가" * 400, "unknown-format")])
def test_what_is_no_pass_is_told_without_asking(door, service, text, verdict):
    out = door.redeem(text)
    assert (out["verdict"], out["exit"]) == (verdict, REJECT)
    assert not service.asked
    assert door.ask("sync")["unsent"] == 0
    assert service.held[1][1][10] == fakeservice.NUMBERS[verdict]


def test_every_truncation_of_a_code_is_refused(door, code):
    lines = "\n".join(code[:n] for n in range(1, len(code), 7))
    r = door.run("redeem", "--benefit", "day-kr", "--json", "-",
                 stdin=lines.encode())
    said = [json.loads(line) for line in r.stdout.splitlines()]
    assert r.returncode == REJECT and len(said) == len(lines.split("\n"))
    assert all(s["class"] == "reject-code" for s in said)


def test_check_uses_and_writes_nothing(door, service, code):
    for _ in range(2):
        out = door.ask("check", "--benefit", "day-kr", code)
        assert (out["verdict"], out["checked_only"]) == ("accepted", True)
    assert not service.asked and door.ask("status")["entries"] == 0


def test_nothing_read_is_no_success(door, tmp_path):
    for stdin in (b"", b"\n\r\n"):
        for command in ("redeem", "check"):
            r = door.run(command, "--benefit", "day-kr", "-", stdin=stdin)
            assert r.returncode == RETRY and "no code" in one_line(r)
            assert r.stdout == b""
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        r = subprocess.run([KIOSK, "redeem", "--dir", door.dir, "--benefit",
                            "day-kr", "-"], stdin=directory,
                           capture_output=True)
    finally:
        os.close(directory)
    assert r.returncode == RETRY and "Is a directory" in one_line(r)


def test_check_knows_what_was_used_here(door, code):
    first = door.redeem(code)
    out = door.ask("check", "--benefit", "day-kr", code)
    assert out["verdict"] == "already-redeemed"
    assert out["first_use"]["at_ms"] == first["at_ms"]
    assert (out["first_use"]["facility"], out["first_use"]["city"]) == (
        "nmk", "seoul")
    assert (out["uses"], out["limit"]) == (1, 1)


def test_a_scanner_all_day_is_in_touch_with_the_service(door, service):
    """Without anybody running sync beside it, which could not."""
    fetched = service.bundles
    p = subprocess.Popen([KIOSK, "redeem", "--dir", door.dir, "--benefit",
                          "day-kr", "-"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
    try:
        p.stdin.write(m.code(service.issuer.issue()).encode() + b"\n")
        p.stdin.flush()
        assert b"accepted" in p.stdout.readline()
        wait_for(lambda: 1 in service.held, "the entry")
        wait_for(lambda: service.reports and service.reports[-1].get(16) ==
                 (None if len(service.reports) > 1 else 1), "a report")
        wait_for(lambda: service.bundles > fetched, "the bundle")
        p.stdin.write(b"rubbish\n")
        p.stdin.close()
        assert b"unknown-format" in p.stdout.readline()
        assert p.wait(60) == REJECT
    finally:
        p.kill()
        p.stdout.close()


def test_a_kiosk_that_is_moved_while_it_asks_writes_what_it_asked(door,
                                                                   service):
    """Of another place, the entry would be about something else."""
    fetched, judge = service.bundles, service.answer_ask

    def moved_meanwhile(body):
        answer = judge(body)
        service.facility = "tnm"
        service.newer()
        wait_for(lambda: service.bundles > fetched, "the bundle")
        time.sleep(.5)          # for the kiosk to take it
        return answer

    service.answer_ask = moved_meanwhile
    p = subprocess.Popen([KIOSK, "redeem", "--dir", door.dir, "--benefit",
                          "day-kr", "--json", "-"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
    time.sleep(.7)              # it fetches the bundle after two seconds
    try:
        p.stdin.write(m.code(service.issuer.issue()).encode() + b"\n")
        p.stdin.flush()
        assert json.loads(p.stdout.readline())["verdict"] == "accepted"
        p.stdin.close()
        assert p.wait(60) == ACCEPT
    finally:
        p.kill()
        p.stdout.close()
    assert door.ask("status")["facility"] == "tnm"
    service.answer_ask = judge
    assert door.ask("sync")["unsent"] == 0
    assert service.held[1][1][13] == service.asked[0][1][13] == "nmk"


def test_what_an_operator_changed_holds_from_the_next_visitor_on(door,
                                                                  service):
    """The answer tells of a newer bundle; nobody has to run sync."""
    held = door.ask("status")["bundle"]["epoch"]
    codes = [m.code(service.issuer.issue()) for _ in range(2)]
    service.newer()
    assert door.redeem(codes[0])["verdict"] == "accepted"
    assert door.ask("status")["bundle"]["epoch"] == held + 1
    fetched = service.bundles
    assert door.redeem(codes[1])["verdict"] == "accepted"
    assert service.bundles == fetched


def test_a_scanner_all_day_has_what_an_operator_changed(door, service):
    reports = len(service.reports)
    p = subprocess.Popen([KIOSK, "redeem", "--dir", door.dir, "--benefit",
                          "day-kr", "-"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
    try:
        # once it has the bundle
        wait_for(lambda: len(service.reports) > reports, "its first report")
        service.newer()
        fetched = service.bundles
        p.stdin.write(m.code(service.issuer.issue()).encode() + b"\n")
        p.stdin.flush()
        assert b"accepted" in p.stdout.readline()
        wait_for(lambda: service.bundles > fetched, "the newer bundle")
        p.stdin.close()
        assert p.wait(60) == ACCEPT
    finally:
        p.kill()
        p.stdout.close()
    assert door.ask("status")["bundle"]["epoch"] == service.epoch


def test_only_benefits_in_our_currency_are_offered(door, service):
    service.benefits[0][3] = ["nmk", "tnm"]
    service.newer()
    assert door.ask("sync")["bundle_changed"] is True
    assert [b["id"] for b in door.ask("status")["benefits"]] == ["day-kr"]


def test_time_of_a_use_elsewhere_is_that_citys(door, service, code):
    """When the service does not tell the place: 2026-11-24 00:30 in Seoul is
    05:30 of the day before in Honolulu."""
    fakeservice.FACILITIES.insert(
        0, {1: "aloha", 2: "honolulu", 3: {"en": "Iolani Palace"}, 4: "USD",
            5: -36000, 6: []})
    try:
        service.newer()
        assert door.ask("sync")["bundle_changed"] is True
    finally:
        fakeservice.FACILITIES.pop(0)
    now = service.now_ms()
    service.answer_ask = lambda body: (200, {
        "verdict": "already-redeemed", "number": 64, "uses": 1, "limit": 1,
        "first_use": {"at_ms": 1795447800000, "city": "honolulu"},
        "service_ms": now, "items": [],
        "grant": now.to_bytes(8, "big").hex() + "00" * 16})
    use = door.redeem(code)["first_use"]
    assert use["local"] == "2026-11-23 05:30"


def test_lines_from_a_scanner_get_a_line_each(door, service):
    good = m.code(service.issuer.issue())
    lines = "%s\r\n\n%s\nrubbish\n" % (good, good)
    r = door.run("redeem", "--benefit", "day-kr", "-", stdin=lines.encode())
    said = r.stdout.decode().splitlines()
    assert [line.split()[1] for line in said] == [
        "accepted", "already-redeemed", "unknown-format"]
    assert r.returncode == REJECT


def test_live_presentation_is_redeemed(door, service):
    holder = m.key_of(os.urandom(32))
    shown = m.presentation(service.issuer.issue(holder=holder),
                           {6: int(time.time())}, holder)
    out = door.ask("check", "--benefit", "day-kr", m.code(shown))
    assert out["verdict"] == "accepted"
    service.answer_ask = lambda body: (200, {
        "verdict": "accepted", "number": 1, "service_ms": service.now_ms(),
        "items": [], "grant":
        service.now_ms().to_bytes(8, "big").hex() + "00" * 16})
    assert door.redeem(m.code(shown))["verdict"] == "accepted"

def test_reversal_gives_the_use_back(door, service, code):
    id = door.redeem(code)["id"]
    out = door.ask("reverse", "--reason", "visitor-left", id)
    assert (out["verdict"], out["exit"]) == ("reversed", ACCEPT)
    assert door.ask("check", "--benefit", "day-kr", code)["verdict"] == \
        "accepted"
    assert door.redeem(code)["verdict"] == "accepted"
    out = door.ask("reverse", id)
    assert out["verdict"] == "already-reversed"


def test_reversal_without_network_is_pending_and_sent_later(door, service,
                                                            code):
    id = door.redeem(code)["id"]
    service.trouble["/v1/entries"] = ["drop"] * 50
    out = door.ask("reverse", id)
    assert (out["verdict"], out["exit"]) == ("reversal-pending", ACCEPT)
    service.trouble.clear()
    assert door.ask("sync")["sent"] == 2
    assert service.held[2][1][7] == 0 and service.held[2][1][6][1].hex() == id


def pending_reversal(door, service, code):
    """The attempt, its reversal kept; nothing is taken off the queue yet."""
    id = door.redeem(code)["id"]
    service.trouble["/v1/entries"] = ["drop"] * 50
    assert door.ask("reverse", id)["verdict"] == "reversal-pending"
    service.trouble.clear()
    return "%s/%s" % (m.kid(service.kiosk).hex(), id)


def refuse_reversals(service, number=131):
    keep = service.keep
    service.take_back = lambda id: None
    service.keep = lambda items: [
        dict(r, verdict=fakeservice.NAMES[number], number=number)
        if r["number"] == 128 else r for r in keep(items)]


def test_sync_says_that_a_pending_reversal_was_refused(door, service, code):
    attempt = pending_reversal(door, service, code)
    refuse_reversals(service)
    out = door.ask("sync")
    assert (out["sent"], out["refused"], out["exit"]) == (2, 1, 0)
    assert out["refusals"] == [{
        "attempt": attempt, "verdict": "reversal-not-allowed", "number": 131,
        "counts": True}]
    out = door.ask("sync")
    assert (out["refused"], out["refusals"]) == (0, [])
    assert door.ask("check", "--benefit", "day-kr", code)["verdict"] == \
        "already-redeemed"


def test_sync_says_who_has_to_act_on_a_refused_reversal(door, service, code):
    attempt = pending_reversal(door, service, code)
    refuse_reversals(service)
    r = door.run("sync")
    assert ("attempt %s: its reversal was refused (reversal-not-allowed), and "
            "the visit still counts; an operator takes it back with oapctl "
            "attempts reverse %s\n" % (attempt, attempt)) in r.stdout.decode()


def test_nobody_has_to_act_where_there_was_nothing_to_reverse(door, service,
                                                              code):
    service.trouble["/v1/entries"] = ["drop"] * 50
    other = "%s/%s" % ("ab" * 8, "cd" * 16)
    assert door.ask("reverse", other)["verdict"] == "reversal-pending"
    service.trouble.clear()
    refuse_reversals(service, 130)
    r = door.run("sync")
    assert b"(nothing-to-reverse): the visit did not count" in r.stdout
    assert b"operator" not in r.stdout


def test_a_visit_that_was_told_here_counts_though_it_was_forgotten(
        door, service, code):
    """The service has purged whose it was: only an operator takes it back."""
    attempt = pending_reversal(door, service, code)
    refuse_reversals(service, 130)
    out = door.ask("sync")
    assert [(r["attempt"], r["verdict"], r["counts"])
            for r in out["refusals"]] == [
                (attempt, "nothing-to-reverse", True)]


@pytest.mark.parametrize("args", [[], ["--json"]])
def test_a_refusal_that_nobody_could_read_is_told_again(door, service, code,
                                                        args):
    attempt = pending_reversal(door, service, code)
    refuse_reversals(service)
    with open("/dev/full", "wb") as full:
        subprocess.run([KIOSK, "sync", "--dir", door.dir, *args], stdout=full)
    out = door.ask("sync")
    assert [r["attempt"] for r in out["refusals"]] == [attempt]
    assert door.ask("sync")["refusals"] == []


def damage(door, seq):
    db = sqlite3.connect(pathlib.Path(door.dir) / "journal.db")
    message = bytearray(db.execute("SELECT message FROM entry WHERE seq = ?",
                                   (seq,)).fetchone()[0])
    message[1] ^= 0x40
    with db:
        db.execute("UPDATE entry SET message = ? WHERE seq = ?",
                   (bytes(message), seq))
    db.close()


@pytest.mark.parametrize("how", ["sync", "redeem"])
def test_a_reversal_that_went_bad_holds_nothing_up(door, service, code, how):
    pending_reversal(door, service, code)
    service.trouble["/v1/entries"] = ["drop"] * 50
    door.redeem("rubbish")
    service.trouble.clear()
    damage(door, 2)
    keep = service.keep

    def keep_each(items):
        results = []
        for item in items:
            try:
                results += keep([item])
            except Exception:
                results.append({"seq": None, "verdict": "malformed",
                                "number": 16, "marks": ["quarantined"]})
        return results

    service.keep = keep_each
    if how == "redeem":
        other = m.code(service.issuer.issue())
        assert door.redeem(other)["verdict"] == "accepted"
    out = door.ask("sync")
    assert (out["exit"], out["unsent"]) == (0, 0)
    assert out["refusals"][0]["verdict"] == "malformed"
    assert door.redeem(code)["verdict"] == "already-redeemed"


def test_refusal_that_came_with_an_answer_is_told_by_the_next_sync(
        door, service, code):
    attempt = pending_reversal(door, service, code)
    refuse_reversals(service)
    other = m.code(service.issuer.issue())
    assert door.redeem(other)["verdict"] == "accepted"
    service.trouble["/v1/entries"] = ["drop"] * 50
    out = door.ask("sync")
    assert (out["exit"], out["refused"]) == (RETRY, 1)
    assert out["refusals"][0]["attempt"] == attempt


def test_refusal_told_at_once_is_not_told_again(door, service, code):
    id = door.redeem(code)["id"]
    refuse_reversals(service)
    out = door.ask("reverse", id)
    assert (out["verdict"], out["exit"]) == ("reversal-not-allowed", REJECT)
    assert door.ask("sync")["refused"] == 0


def test_more_refusals_than_one_sync_tells_come_with_the_next(door, service):
    refuse_reversals(service)
    for _ in range(20):
        pending_reversal(door, service, m.code(service.issuer.issue()))
    first, second = door.ask("sync"), door.ask("sync")
    assert (first["refused"], second["refused"]) == (16, 4)
    attempts = {r["attempt"] for r in first["refusals"] + second["refusals"]}
    assert len(attempts) == 20


def test_scanner_says_that_a_pending_reversal_was_refused(door, service, code):
    attempt = pending_reversal(door, service, code)
    refuse_reversals(service)
    p = subprocess.Popen([KIOSK, "redeem", "--dir", door.dir, "--benefit",
                          "day-kr", "-"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True)
    line = p.stderr.readline()
    p.communicate("rubbish\n", timeout=60)
    assert "attempt %s: its reversal was refused" % attempt in line


def test_reversal_of_a_refusal_has_nothing_to_reverse(door, code):
    id = door.redeem("rubbish")["id"]
    out = door.ask("reverse", id)
    assert (out["verdict"], out["exit"]) == ("nothing-to-reverse", REJECT)
    assert door.ask("status")["entries"] == 1


def test_reversal_of_what_is_not_there(door):
    r = door.run("reverse", "00" * 16)
    assert r.returncode == REJECT and "not in this kiosk" in one_line(r)
    r = door.run("reverse", "xyz")
    assert r.returncode == USAGE and "not an id" in one_line(r)

def test_retry_results_stay_unsent(door, service, code):
    door.redeem(code)
    service.keep = lambda items: [
        {"seq": 1, "verdict": "busy", "number": 112, "marks": []}
        for _ in items]
    out = door.ask("sync")
    assert (out["unsent"], out["exit"]) == (1, RETRY)


def test_sync_says_what_the_service_says_of_the_kiosk(door, service):
    answer = service.answer_entries
    service.answer_entries = lambda body: (
        200, dict(answer(body)[1], device="revoked"))
    r = door.run("sync")
    assert r.returncode == 0
    assert b"the service says that this kiosk is revoked" in r.stdout


def test_marks_are_reported(door, service, code):
    door.redeem(code)
    keep = service.keep
    service.keep = lambda items: [dict(result, marks=["conflict"])
                                  for result in keep(items)]
    out = door.ask("sync")
    assert (out["sent"], out["marked"]) == (1, 1)


def test_more_than_one_batch(door, service):
    lines = "\n".join("rubbish %d" % i for i in range(300))
    r = door.run("redeem", "--benefit", "day-kr", "-", stdin=lines.encode())
    assert r.returncode == REJECT
    assert door.ask("sync")["sent"] == 300
    assert len(service.held) == 300
    assert [r.get(16) for r in service.reports] == [1, 1, None]
