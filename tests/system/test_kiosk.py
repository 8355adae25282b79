# SPDX-License-Identifier: Apache-2.0
"""oap-kiosk as it is run at a door, against a service that can be told to be
silent, to lose answers and to lie."""
import ctypes
import json
import os
import pathlib
import signal
import socket
import stat
import struct
import subprocess
import time
import zlib

import pytest

import fakeservice
import oapcast
import oapmsg as m

BUILD = pathlib.Path(os.environ["OAP_BUILD"])
KIOSK = str(BUILD / "client/kiosk/oap-kiosk")
SLOW = 5 if "san" in os.environ.get("OAP_PRESET", "asan") else 1
ACCEPT, REJECT, USAGE, UNDECIDED, RETRY = range(5)


class Door:
    def __init__(self, dir, service):
        self.dir, self.service = str(dir), service
        self.benefit = {"nmk": "day-kr", "tnm": "day-jp"}[service.facility]

    def run(self, command, *args, stdin=None, env=None):
        return subprocess.run(
            [KIOSK, command, "--dir", self.dir, *args], input=stdin,
            capture_output=True, timeout=120,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})

    def ask(self, command, *args):
        r = self.run(command, "--json", *args)
        assert r.stdout, r.stderr.decode()
        out = json.loads(r.stdout)
        out["exit"] = r.returncode
        return out

    def redeem(self, code, *args):
        return self.ask("redeem", "--benefit", self.benefit, *args, code)

    def enrolled(self):
        r = self.run("enrol", self.service.code())
        assert r.returncode == 0, r.stderr.decode()
        return self


@pytest.fixture
def service():
    s = fakeservice.Service()
    yield s
    s.close()


@pytest.fixture
def door(tmp_path, service):
    return Door(tmp_path / "kiosk", service).enrolled()


@pytest.fixture
def code(service):
    return m.code(service.issuer.issue(hint="K.M."))


def one_line(r):
    """What a refusal is: one line on stderr that names the program."""
    text = r.stderr.decode()
    assert text.startswith("oap-kiosk: ") and text.count("\n") == 1, text
    return text


# ------------------------------------------------------------ enrolment
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


def test_enrol_twice_is_refused(door):
    r = door.run("enrol", door.service.code())
    assert r.returncode == USAGE and "already enrolled" in one_line(r)


def test_enrol_with_a_used_code_says_so(tmp_path, service, door):
    r = Door(tmp_path / "other", service).run("enrol", service.code())
    assert r.returncode == REJECT and "used by another kiosk" in one_line(r)


@pytest.mark.parametrize("bad", ["", "OAPE1:", "OAPE1:%%%", "OAP1:ABC",
                                 "OAPE1:" + "A" * 5000])
def test_enrol_refuses_what_is_no_code(tmp_path, service, bad):
    r = Door(tmp_path / "k", service).run("enrol", bad)
    assert r.returncode == USAGE and "OAPE1:" in one_line(r)


def test_enrol_refuses_other_protocols(tmp_path, service):
    code = m.enrolment_code("ftp://127.0.0.1/", service.public, bytes(16), 0)
    r = Door(tmp_path / "k", service).run("enrol", code)
    assert r.returncode == USAGE and "http://" in one_line(r)


def test_pending_kiosk_is_not_usable_until_it_is_confirmed(tmp_path, service,
                                                           code):
    d = Door(tmp_path / "k", service)
    service.state = 0
    assert d.ask("enrol", service.code())["state"] == "pending"
    r = d.run("redeem", "--benefit", "day-kr", code)
    assert r.returncode == UNDECIDED and "not confirmed" in one_line(r)
    service.state = 1
    service.newer()
    assert d.ask("sync")["bundle_changed"] is True
    assert d.redeem(code)["verdict"] == "accepted"


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


# ------------------------------------------------------------ redeeming
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
    assert door.ask("sync")["unsent"] == (0 if verdict in fakeservice.NUMBERS
                                          else 1)


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


def test_check_knows_what_was_used_here(door, code):
    door.redeem(code)
    out = door.ask("check", "--benefit", "day-kr", code)
    assert out["verdict"] == "already-redeemed"


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
        "items": [], "grant": "00" * 24})
    assert door.redeem(m.code(shown))["verdict"] == "accepted"


# ------------------------------------------------------------- trouble
def quick(tmp_path, deadline_ms=600):
    """Sanitizers take their time; nobody waits over 5 s."""
    service = fakeservice.Service(deadline_ms=min(5000, deadline_ms * SLOW))
    return service, Door(tmp_path / "k", service).enrolled()


def test_silent_service_is_unavailable_and_journalled(tmp_path):
    service, d = quick(tmp_path)
    try:
        code = m.code(service.issuer.issue())
        service.trouble["/v1/ask"] = "silent"
        out = d.redeem(code)
        assert (out["verdict"], out["exit"]) == ("unavailable", RETRY)
        assert d.ask("status")["unsent"] == 1
        service.trouble.clear()
        assert d.redeem(code)["verdict"] == "accepted"
        assert d.ask("sync")["unsent"] == 0
        assert [service.held[i][1][10] for i in (1, 2)] == [113, 1]
    finally:
        service.close()


def test_no_network_is_unavailable(tmp_path):
    service, d = quick(tmp_path)
    code = m.code(service.issuer.issue())
    service.close()
    out = d.redeem(code)
    assert (out["verdict"], out["exit"]) == ("unavailable", RETRY)
    assert out["detail"]
    r = d.run("sync")
    assert r.returncode == RETRY and b"127.0.0.1" in r.stderr


def test_broken_connection_is_asked_again_with_the_same_bytes(door, service,
                                                              code):
    service.trouble["/v1/ask"] = ["lose", "lose"]
    assert door.redeem(code)["verdict"] == "accepted"
    assert len(service.asked) >= 3
    assert len({body for body, _, _ in service.asked}) == 1


def test_busy_is_told_and_journalled(tmp_path):
    service, d = quick(tmp_path)
    try:
        service.trouble["/v1/ask"] = (
            503, {"title": "Busy", "status": 503, "verdict": "busy",
                  "detail": "too many questions at once"},
            [("Retry-After", "9")])
        out = d.redeem(m.code(service.issuer.issue()))
        assert (out["verdict"], out["exit"]) == ("busy", RETRY)
        assert out["detail"] == "too many questions at once"
    finally:
        service.close()


def test_revoked_device_is_told(door, service, code):
    service.trouble["/v1/ask"] = (
        403, {"title": "No", "status": 403, "verdict": "device-revoked",
              "detail": "kiosk: revoked"}, [])
    out = door.redeem(code)
    assert (out["verdict"], out["exit"]) == ("device-revoked", RETRY)


def test_revoked_by_the_bundle_asks_nobody(door, service, code):
    service.state = 3
    service.newer()
    door.ask("sync")
    assert door.redeem(code)["verdict"] == "device-revoked"
    assert not service.asked


@pytest.mark.parametrize("answer", [
    {}, {"verdict": "accepted", "number": 64}, {"verdict": "accepted"},
    {"verdict": "accepted", "number": 1},
    {"verdict": "accepted", "number": 1, "grant": "00"},
    {"verdict": "accepted", "number": 1, "grant": "00" * 24, "list": 100,
     "discount": 200, "price": -100, "currency": "KRW"},
    {"verdict": "accepted", "number": 1, "grant": "00" * 24, "list": 24000,
     "discount": 4800, "price": 1, "currency": "KRW"},
    {"verdict": "accepted", "number": 1, "grant": "00" * 24},
])
def test_answer_that_does_not_add_up_is_no_accept(door, service, code,
                                                  answer):
    answer = dict(answer, service_ms=service.now_ms(), items=[])
    service.answer_ask = lambda body: (200, answer)
    out = door.redeem(code, "--amount", "24000")
    assert out["verdict"] == "unavailable" and out["exit"] == RETRY


def test_answer_that_is_no_json_is_no_accept(door, service, code):
    for body in (b"", b"{", b"[1]", b"\0" * 300000, b'{"a":1,"a":2}'):
        service.answer_ask = lambda _, body=body: (200, body)
        assert door.redeem(code)["verdict"] == "unavailable"


def test_bundle_never_goes_back(door, service):
    held = door.ask("status")["bundle"]
    service.epoch -= 1
    r = door.run("sync")
    assert r.returncode == RETRY and b"older than the one held" in r.stderr
    service.epoch += 1
    service.made_at -= 1
    assert door.run("sync").returncode == RETRY
    assert door.ask("status")["bundle"]["epoch"] == held["epoch"]


def test_bundle_of_another_service_is_refused(door, service):
    service.newer()
    service.served = service.bundle(key=m.key_of("somebody else"))
    r = door.run("sync")
    assert r.returncode == RETRY and b"not signed by the service" in r.stderr


def test_bundle_with_a_forged_issuer_is_refused_whole(door, service):
    service.newer()
    other = oapcast.Issuer()
    service.served = service.bundle(_4=[[m.public(service.issuer.root),
                                         other.document(), []]])
    r = door.run("sync")
    assert r.returncode == RETRY and b"does not verify" in r.stderr


def test_older_issuer_document_is_refused(door, service):
    service.issuer.number = 7
    service.newer()
    assert door.run("sync").returncode == 0
    service.issuer.number = 6
    service.newer()
    r = door.run("sync")
    assert r.returncode == RETRY and b"document 6" in r.stderr


def test_service_key_roll_is_followed_when_it_was_announced(door, service):
    new = m.key_of(os.urandom(32))
    service.newer()
    service.served = service.bundle(_8=m.public(new))
    assert door.run("sync").returncode == 0
    service.newer()
    service.served, service.key = None, new
    assert door.run("sync").returncode == 0
    code = m.code(service.issuer.issue())
    assert door.redeem(code)["verdict"] == "accepted"


def test_clock_offset_is_learned(door, service, code):
    service.clock_ms = 90000
    door.redeem(code)
    status = door.ask("status")
    assert 85000 < status["clock_offset_ms"] < 95000
    assert status["clock_anchored"] is True


# ------------------------------------------------------------ reversals
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


# --------------------------------------------------------------- upload
def test_retry_results_stay_unsent(door, service, code):
    door.redeem(code)
    service.keep = lambda items: [
        {"seq": 1, "verdict": "busy", "number": 112, "marks": []}
        for _ in items]
    assert door.ask("sync")["unsent"] == 1


def test_marks_are_reported(door, service, code):
    door.redeem(code)
    service.keep = lambda items: [
        {"seq": 1, "verdict": "accepted", "number": 1, "marks": ["conflict"]}
        for _ in items]
    out = door.ask("sync")
    assert (out["sent"], out["marked"]) == (1, 1)


def test_more_than_one_batch(door, service):
    lines = "\n".join("rubbish %d" % i for i in range(300))
    r = door.run("redeem", "--benefit", "day-kr", "-", stdin=lines.encode())
    assert r.returncode == REJECT
    assert door.ask("sync")["sent"] == 300
    assert len(service.held) == 300
    assert [r.get(16) for r in service.reports] == [1, 257, None]


# ------------------------------------------------------------- bad use
@pytest.mark.parametrize("args", [
    [], ["fly"], ["redeem"], ["redeem", "--dir", "x", "OAP1:"],
    ["redeem", "--dir", "x", "--benefit"], ["status", "--nonsense"],
    ["status", "--dir"], ["status", "--dir", "x", "more"],
    ["redeem", "--dir", "x", "--benefit", "b", "--party", "0", "c"],
    ["redeem", "--dir", "x", "--benefit", "b", "--party", "-1", "c"],
    ["status", "--dir", "x", "--benefit", "b"],
    ["status", "--dir", "x", "--lang", "xx"],
    ["reverse", "--dir", "x", "--reason", "boredom", "00"],
])
def test_wrong_use_is_one_line_and_status_2(args):
    r = subprocess.run([KIOSK, *args], capture_output=True)
    assert r.returncode == USAGE and not r.stdout
    one_line(r)


@pytest.mark.parametrize("args", [
    ["--benefit", "UPPER"], ["--benefit", "day-kr", "--amount", "1.5"],
    ["--benefit", "day-kr", "--amount", "-1"],
    ["--benefit", "day-kr", "--amount", "99999999999999999999"]])
def test_wrong_values_are_refused(door, code, args):
    r = door.run("redeem", *args, code)
    assert r.returncode == USAGE and one_line(r)


def test_help_and_version():
    for args in (["--help"], ["redeem", "--help"], ["--version"]):
        r = subprocess.run([KIOSK, *args], capture_output=True)
        assert r.returncode == 0 and r.stdout and not r.stderr


def test_missing_directory_and_no_enrolment(tmp_path):
    r = subprocess.run([KIOSK, "status", "--dir", str(tmp_path / "none")],
                       capture_output=True)
    assert r.returncode == RETRY and "no such kiosk" in one_line(r)
    r = subprocess.run([KIOSK, "sync", "--dir", str(tmp_path)],
                       capture_output=True)
    assert r.returncode == USAGE and "not enrolled" in one_line(r)


def test_damaged_journal_and_key_are_said(tmp_path, service):
    d = Door(tmp_path / "k", service).enrolled()
    key = tmp_path / "k/device.key"
    saved = key.read_bytes()
    key.chmod(0o644)
    r = d.run("status")
    assert r.returncode == RETRY and "chmod 600" in one_line(r)
    key.chmod(0o600)
    key.write_bytes(saved[:20])
    assert "damaged" in one_line(d.run("status"))
    key.write_bytes(saved)
    (tmp_path / "k/journal.db").write_bytes(b"no database at all" * 100)
    for name in ("journal.db-wal", "journal.db-shm"):
        if (tmp_path / "k" / name).exists():
            (tmp_path / "k" / name).unlink()
    r = d.run("status")
    assert r.returncode == RETRY and "journal.db" in one_line(r)


def test_second_process_is_refused(tmp_path):
    service, d = quick(tmp_path, 5000)
    try:
        service.trouble["/v1/ask"] = "silent"
        code = m.code(service.issuer.issue())
        first = subprocess.Popen([KIOSK, "redeem", "--dir", d.dir,
                                  "--benefit", "day-kr", code],
                                 stdout=subprocess.PIPE)
        until = time.monotonic() + 60
        while service.waiting == 0 and time.monotonic() < until:
            time.sleep(0.01)
        r = d.run("status")
        assert r.returncode == RETRY and "another process" in one_line(r)
        service.release.set()
        first.communicate(timeout=60)
    finally:
        service.close()


def test_ctrl_c_while_asking_leaves_a_good_journal(tmp_path):
    service, d = quick(tmp_path, 5000)
    try:
        code = m.code(service.issuer.issue())
        service.trouble["/v1/ask"] = "silent"
        p = subprocess.Popen([KIOSK, "redeem", "--dir", d.dir, "--benefit",
                              "day-kr", code], stdout=subprocess.PIPE)
        arrived = time.monotonic() + 60
        while service.waiting == 0 and time.monotonic() < arrived:
            time.sleep(0.01)
        p.send_signal(signal.SIGINT)
        out, _ = p.communicate(timeout=60)
        assert p.returncode == -signal.SIGINT and out == b""
        service.trouble.clear()
        service.release.set()
        assert d.redeem(code)["verdict"] == "accepted"
        assert d.ask("sync")["unsent"] == 0
    finally:
        service.close()


def test_closed_standard_output_is_no_success(door, code):
    p = subprocess.run([KIOSK, "redeem", "--dir", door.dir, "--benefit",
                        "day-kr", code], stdout=open("/dev/full", "w"),
                       stderr=subprocess.PIPE)
    assert p.returncode == RETRY and b"standard output" in p.stderr


# --------------------------------------------------------------- images
class Symbol(ctypes.Structure):
    _fields_ = [("version", ctypes.c_int), ("width", ctypes.c_int),
                ("data", ctypes.POINTER(ctypes.c_ubyte))]


def qr(path, text, module=4, quiet=4):
    """A PNG of the code, by libqrencode at level M."""
    lib = ctypes.CDLL("libqrencode.so.4")
    lib.QRcode_encodeString.restype = ctypes.POINTER(Symbol)
    symbol = lib.QRcode_encodeString(text.encode(), 0, 1, 2, 1).contents
    side = (symbol.width + 2 * quiet) * module
    rows = [bytearray(b"\xff" * side) for _ in range(side)]
    for i in range(symbol.width ** 2):
        if symbol.data[i] & 1:
            x, y = i % symbol.width + quiet, i // symbol.width + quiet
            for row in rows[y * module:(y + 1) * module]:
                row[x * module:(x + 1) * module] = bytes(module)

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" +
        chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)) +
        chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows))) +
        chunk(b"IEND", b""))


def have(program):
    return subprocess.run(["sh", "-c", "command -v " + program],
                          stdout=subprocess.DEVNULL).returncode == 0


needs_images = pytest.mark.skipif(not have("zbarimg"),
                                  reason="zbar-tools is not installed")


@needs_images
def test_image_of_a_pass_is_redeemed(door, tmp_path, code):
    qr(tmp_path / "pass.png", code)
    out = door.ask("redeem", "--benefit", "day-kr", "--image",
                   str(tmp_path / "pass.png"))
    assert out["verdict"] == "accepted"


@needs_images
def test_malformed_images_are_refused(door, tmp_path):
    for name, data in (("empty.png", b""), ("text.png", b"hello"),
                       ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")):
        path = tmp_path / name
        path.write_bytes(data)
        r = door.run("redeem", "--benefit", "day-kr", "--image", str(path))
        assert r.returncode in (REJECT, RETRY) and one_line(r)
    for path in ("/nonexistent.png", str(tmp_path), "/dev/zero"):
        r = door.run("redeem", "--benefit", "day-kr", "--image", path)
        assert r.returncode == RETRY and one_line(r)
    assert door.ask("status")["entries"] == 0


def test_image_reader_that_talks_for_ever_is_stopped(door, tmp_path):
    bin = tmp_path / "bin"
    bin.mkdir()
    (bin / "zbarimg").write_text("#!/bin/sh\nyes OAP1:ABC\n")
    (bin / "zbarimg").chmod(0o755)
    (tmp_path / "x.png").write_bytes(b"x")
    r = door.run("redeem", "--benefit", "day-kr", "--image",
                 str(tmp_path / "x.png"),
                 env={"PATH": "%s:%s" % (bin, os.environ["PATH"])})
    assert r.returncode == RETRY and "too much" in one_line(r)


def test_image_reader_that_is_missing_is_said(door, tmp_path):
    (tmp_path / "x.png").write_bytes(b"x")
    r = door.run("redeem", "--benefit", "day-kr", "--image",
                 str(tmp_path / "x.png"), env={"PATH": str(tmp_path)})
    assert r.returncode == RETRY and "install zbar-tools" in one_line(r)


# -------------------------------------------------------------- network
def test_unix_socket_service(tmp_path):
    """The URL may name a socket of the file system."""
    service = fakeservice.Service()
    path = str(tmp_path / "s.sock")
    server = socket.socket(socket.AF_UNIX)
    try:
        server.bind(path)
        server.listen()
        code = m.enrolment_code("unix:" + path, service.public,
                                service.secret, int(time.time()) + 900)
        p = subprocess.Popen([KIOSK, "enrol", "--dir", str(tmp_path / "k"),
                              code], stderr=subprocess.PIPE)
        connection, _ = server.accept()
        got = connection.recv(65536)
        assert got.startswith(b"POST /v1/enrolments HTTP/1.1\r\n")
        connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        connection.close()
        p.communicate(timeout=60)
        assert p.returncode == RETRY
    finally:
        server.close()
        service.close()
