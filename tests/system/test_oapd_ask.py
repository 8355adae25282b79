# SPDX-License-Identifier: Apache-2.0
"""Questions at oapd's HTTP side: what of them is refused, what becomes of them
in trouble, and what an answer tells to whom."""
import concurrent.futures
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from host import (CBOR, daemon, figure, lives, locked,  # noqa: E402
                  problem)


def test_every_truncation_of_a_question_is_refused(daemon):
    body = m.body(daemon.kiosk.question(daemon.issuer.issue(), "visit"))
    for n in range(len(body)):
        problem(daemon.raw("POST", "/v1/ask", body[:n], CBOR), 400)


def test_a_message_of_another_typ_is_refused(daemon):
    question = daemon.kiosk.question(daemon.issuer.issue(), "visit")
    report = daemon.kiosk.report()
    for path, message in (("/v1/ask", report), ("/v1/entries", question)):
        problem(daemon.raw("POST", path, m.body(message), CBOR), 400)
    problem(daemon.raw("POST", "/v1/enrolments", report, CBOR), 400)


def test_a_locked_database_is_unavailable_and_never_a_verdict(daemon):
    question = daemon.kiosk.question(daemon.issuer.issue(), "visit",
                                     left=60000)
    with locked(daemon):
        status, answer = daemon.ask(question)
        assert status == 503 and answer["verdict"] == "unavailable"
        # what needs no write goes on
        assert daemon.raw("GET", "/v1/bundle")[0] == 200
        problem(daemon.raw("GET", "/readyz"), 503)
        assert lives(daemon)
    status, answer = daemon.ask(question)
    assert (status, answer["verdict"], answer["stored"]) == \
        (200, "accepted", False)
    oaprun.wait_for(lambda: daemon.raw("GET", "/readyz")[0] == 200,
                    "the next look at the disk")


def test_a_full_queue_is_answered_busy_at_once(tmp_path):
    d = oaprun.Daemon(tmp_path, "[limits]\nquestions = 1\n", 1).start()
    d.add_facility()
    d.add_benefit()
    issuer = oapcast.Issuer()
    d.add_issuer(issuer)
    kiosk = d.add_kiosk()
    with concurrent.futures.ThreadPoolExecutor(12) as pool, locked(d):
        futures = [pool.submit(d.raw, "POST", "/v1/ask", m.body(
            kiosk.question(issuer.issue(), "visit", left=60000)), CBOR)
            for _ in range(12)]
        replies = [f.result() for f in futures]
    verdicts = [json.loads(body)["verdict"] for _, _, body in replies]
    assert set(verdicts) == {"busy", "unavailable"}
    for status, headers, body in replies:
        assert status == 503 and int(headers["Retry-After"]) >= 1
    assert d.attempts() == []
    assert d.stop() == 0


def ask_until_it_is_over(daemon, question):
    """Its answer, which the ledger can give only after its time."""
    verified = figure(daemon, "oapd_pass_cache_misses_total")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with locked(daemon):
            waiting = pool.submit(daemon.ask, question)
            # Its time has begun when its pass is looked at.
            oaprun.wait_for(lambda: figure(
                daemon, "oapd_pass_cache_misses_total") > verified, "it")
            over = time.time_ns() + 2000000
            oaprun.wait_for(lambda: time.time_ns() > over, "its time")
        return waiting.result()


def test_a_question_whose_time_is_over_uses_nothing(daemon):
    kiosk, scanned, id = daemon.kiosk, daemon.issuer.issue(), oapcast.uuid7()
    status, answer = ask_until_it_is_over(
        daemon, kiosk.question(scanned, "visit", id=id, left=0))
    assert status == 503 and answer["verdict"] == "busy"
    problem(daemon.raw("GET", "/v1/attempts/%s/%s" % (
        kiosk.kid.hex(), id.hex()), unix=True), 404)
    status, answer = daemon.ask(kiosk.question(scanned, "visit"))
    assert (answer["verdict"], answer["uses"]) == ("accepted", 1)


def test_where_a_pass_was_used_is_told_to_its_own_facility_alone(daemon):
    """To others, the city: no museum keeps watch on the visitors of another,
    not even of one in its own city."""
    daemon.add_facility("nmwa")
    daemon.add_facility("kobe-harbour", city="kobe")
    daemon.add_benefit("ever", per="lifetime")
    scanned = daemon.issuer.issue()
    _, first = daemon.ask(daemon.kiosk.question(scanned, "ever"))
    assert first["verdict"] == "accepted"
    told = {}
    for facility in ("tnm", "nmwa", "kobe-harbour"):
        kiosk = daemon.add_kiosk(facility)
        _, answer = daemon.ask(kiosk.question(scanned, "ever"))
        assert answer["verdict"] == "already-redeemed"
        told[facility] = answer["first_use"]
    elsewhere = {"at_ms": first["service_ms"], "city": "tokyo"}
    assert told == {"nmwa": elsewhere, "kobe-harbour": elsewhere, "tnm": {
        **elsewhere, "facility": "tnm", "facility_names": {"en": "TNM"}}}
