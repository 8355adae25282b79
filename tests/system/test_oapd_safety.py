# SPDX-License-Identifier: Apache-2.0
"""What must not be possible, whoever asks: set-up that no bundle can carry, a
trail that strangers fill, a revoked kiosk that still gives uses back, replies
that are never taken, a TLS key that kiosks do not know."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import zlib

import cbor2
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from host import figure  # noqa: E402

ALARMS_PER_OBJECT = 3  # an hour; limits.h
LIST_STATES = 1 << 20


def service(tmp_path, config=""):
    d = oaprun.Daemon(tmp_path, config).start()
    d.add_facility()
    d.add_benefit()
    d.issuer = oapcast.Issuer()
    d.add_issuer(d.issuer)
    return d


# ------------------------------------------------------------- bundle
def large_issuer(n):
    """One whose list of 2^20 passes is all noise: 256 KiB, deflated or not."""
    issuer = oapcast.Issuer(iss="city%d.example" % n)
    iat = issuer.now - 60
    noise = zlib.compress(os.urandom(LIST_STATES // 4), 0)
    token = m.sign1(m.STATUS_TOKEN, {
        2: issuer.uri, 4: iat + 14 * 86400, 6: iat,
        65533: {"bits": 2, "lst": noise}, 65534: 129600}, issuer.key)
    return {"root": m.public(issuer.root).hex(),
            "document": m.as_base64(issuer.document()),
            "tokens": [m.as_base64(token)]}


def test_what_no_bundle_can_carry_is_not_taken_in(tmp_path):
    d = service(tmp_path)
    kiosk = d.add_kiosk()
    taken = 0
    with pytest.raises(oaprun.Problem) as refused:
        while taken < 64:
            d.admin("POST", "/v1/issuers", large_issuer(taken))
            taken += 1
    assert refused.value.status == 409
    assert "bundle-too-large" in refused.value.body
    assert "nothing was changed" in refused.value.body
    assert 8 < taken < 64
    issuers = [i["iss"] for i in d.admin("GET", "/v1/issuers")["issuers"]]
    assert len(issuers) == taken + 1
    # Nobody is locked in with it: a revocation holds at once, and a restart
    # finds what it left.
    assert d.raw("GET", "/readyz")[0] == 200
    assert d.admin("PATCH", "/v1/kiosks/" + kiosk.kid.hex(),
                   {"state": "revoked"})["state"] == "revoked"
    status, answer = d.ask(kiosk.question(d.issuer.issue(), "visit"))
    assert (status, answer["verdict"]) == (403, "device-revoked")
    assert d.stop() == 0
    d.start()
    assert len(d.admin("GET", "/v1/issuers")["issuers"]) == taken + 1
    other = d.add_kiosk()
    status, answer = d.ask(other.question(d.issuer.issue(), "visit"))
    assert (status, answer["verdict"]) == (200, "accepted")
    assert d.stop() == 0


# -------------------------------------------------------- audit trail
def test_strangers_do_not_fill_the_audit_trail(tmp_path):
    d = service(tmp_path)
    code = d.admin("POST", "/v1/kiosks", {"facility": "tnm"})
    fields = m.read_enrolment_code(code["code"])
    first = oapcast.Kiosk(fields[2], "tnm")
    assert d.cbor("/v1/enrolments", first.enrolment(fields[4]))[0] == 200
    for _ in range(ALARMS_PER_OBJECT + 60):
        other = oapcast.Kiosk(fields[2], "tnm")
        status, reply = d.cbor("/v1/enrolments", other.enrolment(fields[4]))
        assert (status, reply["type"]) == (403, "urn:oap:code-used")
    rows = d.admin("GET", "/v1/audit?limit=500")["audit"]
    alarms = [r for r in rows if r["alarm"]]
    assert len(alarms) == ALARMS_PER_OBJECT
    assert {r["object"] for r in alarms} == {m.kid(m.public(first.key)).hex()}
    # nor do they drown what happens elsewhere
    d.issuer.number = 5
    d.admin("PATCH", "/v1/issuers/" + d.issuer.iss,
            {"document": m.as_base64(d.issuer.document())})
    with pytest.raises(oaprun.Problem):
        d.admin("PATCH", "/v1/issuers/" + d.issuer.iss,
                {"document": m.as_base64(d.issuer.document(_2=4))})
    rows = d.admin("GET", "/v1/audit?limit=1")["audit"]
    assert (rows[0]["action"], rows[0]["object"], rows[0]["alarm"]) == (
        "issuer.document-refused", d.issuer.iss, True)
    assert "issuer.document-refused: " + d.issuer.iss in d.log()
    assert d.stop() == 0


def test_an_operators_reversal_says_who_and_why(tmp_path):
    d = service(tmp_path)
    kiosk = d.add_kiosk()
    question = kiosk.question(d.issuer.issue(), "visit")
    assert d.ask(question)[1]["verdict"] == "accepted"
    found = d.attempts()[0]
    path = "/v1/attempts/%s/%s" % (found["kiosk"], found["id"])
    token = d.admin("POST", "/v1/operators", {"id": "tower", "role":
                                              "operator"})["token"]
    status, _, reply = d.raw(
        "POST", path + "/reversal", json.dumps({"reason": "wrong-benefit"}),
        {"Content-Type": "application/json",
         "Authorization": "Bearer " + token})
    assert (status, json.loads(reply)) == (200, {"result": "reversed"})
    row = d.admin("GET", "/v1/audit?limit=1")["audit"][0]
    assert (row["actor"], row["action"], row["object"]) == (
        "tower", "attempt.reversal", "%s/%s" % (found["kiosk"], found["id"]))
    assert row["after"] == {"reason": "wrong-benefit"}
    reversals = d.admin("GET", path)["reversals"]
    assert [(r["operator"], r["kiosk"], r["reason"], r["result"])
            for r in reversals] == [("tower", None, "wrong-benefit",
                                     "reversed")]
    with pytest.raises(oaprun.Problem):
        d.admin("POST", "/v1/operators", {"id": "uid-0", "role": "viewer"})
    assert d.stop() == 0


# ----------------------------------------------------- revoked kiosks
def test_a_revoked_kiosk_gives_nothing_back(tmp_path):
    d = service(tmp_path)
    kiosk = d.add_kiosk()
    scanned, id = d.issuer.issue(), oapcast.uuid7()
    at = kiosk.now_ms()
    _, answer = d.ask(kiosk.question(scanned, "visit", amount=24000, id=id))
    told = kiosk.attempt(scanned, "visit", 1, id=id, amount=24000,
                         discount=answer["discount"],
                         grant=bytes.fromhex(answer["grant"]))
    _, reply = d.upload(kiosk.report(oldest_unsent=kiosk.seq, depth=1),
                        [told])
    assert reply["results"][0]["verdict"] == "accepted"
    d.admin("PATCH", "/v1/kiosks/" + kiosk.kid.hex(), {"state": "revoked"})
    late = kiosk.reversal(id, at=at)
    for _ in range(2):  # kept, and answered again the same
        _, reply = d.upload(kiosk.report(oldest_unsent=kiosk.seq, depth=1),
                            [late])
        assert reply["results"][0]["verdict"] == "reversal-not-allowed"
    assert reply["held"]["seq"] == 2
    early = kiosk.reversal(oapcast.uuid7(), at=at)  # of what is to come
    _, reply = d.upload(kiosk.report(oldest_unsent=kiosk.seq, depth=1),
                        [early])
    assert reply["results"][0]["verdict"] == "reversal-not-allowed"
    other = d.add_kiosk()
    _, answer = d.ask(other.question(scanned, "visit", amount=24000))
    assert answer["verdict"] == "already-redeemed"
    # An operator may still do it.
    assert d.admin("POST", "/v1/attempts/%s/%s/reversal" % (
        kiosk.kid.hex(), id.hex()), {"reason": "mistake"}) == {
            "result": "reversed"}
    assert d.stop() == 0


# -------------------------------------------------------- slow readers
def test_a_reply_that_is_taken_drop_by_drop_ends(tmp_path):
    d = service(tmp_path, "[limits]\nwrite_s = 4\nwrite_kib_s = 4096\n"
                          "idle_s = 3600\n")
    for n in range(28):
        d.admin("POST", "/v1/issuers", large_issuer(n))
    s = socket.create_connection(("127.0.0.1", d.port), oaprun.PATIENCE)
    s.sendall(b"GET /v1/bundle HTTP/1.1\r\nHost: x\r\n\r\n")
    # 7 MB at half a MB a second: enough for write_s, too slow for the whole.
    until, got = time.monotonic() + oaprun.PATIENCE, 0
    while figure(d, "oapd_requests_timed_out_total") == 0:
        assert time.monotonic() < until
        got += len(s.recv(65536))
        time.sleep(0.12)
    assert 65536 < got < 28 * LIST_STATES // 4
    oaprun.wait_for(lambda: figure(d, "oapd_connections") == 0, "its end")
    s.close()
    # Who takes it as it comes gets it.
    status, _, bundle = d.raw("GET", "/v1/bundle")
    assert status == 200 and len(bundle) > 28 * LIST_STATES // 4
    assert d.stop() == 0


# ----------------------------------------------------------------- TLS
def certificate(directory, name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
         "/CN=localhost", "-keyout", directory / (name + ".key"), "-out",
         directory / (name + ".crt")], check=True, capture_output=True)


def use(directory, name):
    for end in ("key", "crt"):
        (directory / ("now." + end)).write_bytes(
            (directory / (name + "." + end)).read_bytes())


class Door:
    """oap-kiosk, as a facility runs it."""

    def __init__(self, d, directory):
        self.d, self.directory = d, directory
        code = d.admin("POST", "/v1/kiosks", {"facility": "tnm"})["code"]
        assert self.run("enrol", code).returncode == 0

    def run(self, command, *arguments):
        return subprocess.run(
            [oaprun.program("oap-kiosk"), command, "--dir", self.directory,
             *arguments], capture_output=True, text=True,
            timeout=oaprun.PATIENCE)


def test_a_tls_key_changes_only_after_kiosks_were_told(tmp_path):
    for name in ("one", "two", "three"):
        certificate(tmp_path, name)
    use(tmp_path, "one")
    tls = "tls_cert = %s\ntls_key = %s\n" % (tmp_path / "now.crt",
                                             tmp_path / "now.key")
    d = oaprun.Daemon(tmp_path, tls).start()
    d.add_facility()

    def reload(said):
        before = d.log().count(said)
        d.process.send_signal(signal.SIGHUP)
        oaprun.wait_for(lambda: d.log().count(said) > before, said)

    door = Door(d, tmp_path / "first")
    use(tmp_path, "two")
    reload("kiosks have not been told of")
    assert door.run("sync").returncode == 0
    # Announced, fetched, and then changed over to.
    plain = d.file.read_text()
    d.file.write_text(plain.replace(
        tls, tls + "tls_next_cert = %s\n" % (tmp_path / "three.crt")))
    use(tmp_path, "one")
    before = d.raw("GET", "/v1/bundle", unix=True)[1]["ETag"]
    reload("configuration read again")
    oaprun.wait_for(lambda: d.raw("GET", "/v1/bundle", unix=True)[1]["ETag"]
                    != before, "a bundle with the next key")
    assert door.run("sync").returncode == 0
    use(tmp_path, "three")
    refused = d.log().count("have not been told of")
    reload("configuration read again")
    assert d.log().count("have not been told of") == refused
    assert door.run("sync").returncode == 0
    # A new kiosk's code has the key in use.
    assert Door(d, tmp_path / "second").run("sync").returncode == 0
    assert d.stop() == 0


# ----------------------------------------------------------- retention
def test_after_retention_days_nobody_knows_whose_pass_it_was(tmp_path):
    d = service(tmp_path)
    d.stop()
    d.file.write_text(d.file.read_text().replace(
        "city = seoul", "city = seoul\nretention_days = 60"))
    d.start()
    kiosk = d.add_kiosk()
    scanned, id = d.issuer.issue(), oapcast.uuid7()
    _, answer = d.ask(kiosk.question(scanned, "visit", amount=24000, id=id))
    told = kiosk.attempt(scanned, "visit", 1, id=id, amount=24000,
                         discount=answer["discount"],
                         grant=bytes.fromhex(answer["grant"]))
    assert d.upload(kiosk.report(), [told])[0] == 200
    path = "/v1/attempts/%s/%s" % (kiosk.kid.hex(), id.hex())
    report = "/v1/reports/redemptions?from=2026-01-01&to=2035-12-31"
    before = d.admin("GET", path), d.admin("GET", report)["rows"]
    assert d.stop() == 0

    def holds(what):
        return any(what in f.read_bytes() for f in d.data.iterdir()
                   if f.name.startswith("oapd.db"))
    salt = cbor2.loads(told)[1]
    assert holds(scanned) and holds(salt)
    # The same, 64 days ago.
    with contextlib.closing(sqlite3.connect(d.data / "oapd.db")) as db, db:
        db.execute("UPDATE attempt SET asked_ms = asked_ms - ?1,"
                   " received_ms = received_ms - ?1", (64 * 86400000,))
        db.execute("UPDATE counter SET period = period - 64")
    d.start()
    oaprun.wait_for(lambda: d.admin("POST", "/v1/passes/lookup", {
        "code": m.code(scanned)})["attempts"] == [], "the purge")
    after = d.admin("GET", path), d.admin("GET", report)["rows"]
    assert d.stop() == 0
    # Nothing of it is left, in free pages neither.
    assert not holds(scanned) and not holds(salt)
    for attempt in before[0], after[0]:
        for name in "asked_ms", "received_ms":
            attempt.pop(name, None)
    assert before == after
    with contextlib.closing(sqlite3.connect(d.data / "oapd.db")) as db:
        assert db.execute("SELECT count(*) FROM counter").fetchone() == (0,)
        assert db.execute("SELECT count(*) FROM entry").fetchone() == (1,)
