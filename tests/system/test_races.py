# SPDX-License-Identifier: Apache-2.0
"""Fifty clients at once, on connections of several loops, after one use of
one pass: as many are accepted as uses are given, whatever the hour and whoever
takes one back meanwhile; and what is sent again has the answer that it had."""
import json
import os
import pathlib
import struct
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

CLIENTS = 50
ROUNDS = int(os.environ.get("OAP_ROUNDS") or
             {"asan": 60, "tsan": 25}.get(os.environ.get("OAP_PRESET"), 200))


def zone_file(path, offset):
    """A time zone that is always that many seconds east (RFC 8536)."""
    block = struct.pack(">4sc15x6I", b"TZif", b"2", 0, 0, 0, 0, 1, 4) + \
        struct.pack(">iBB4s", offset, 0, 0, b"RCE\0")
    west = "%s%d:%02d:%02d" % ("-" if offset > 0 else "+",
                               abs(offset) // 3600, abs(offset) // 60 % 60,
                               abs(offset) % 60)
    path.write_bytes(block + block + ("\n<RCE>%s\n" % west).encode())


def offset_of_midnight(at):
    """Seconds east of a zone in which a day begins at that second."""
    offset = -at % 86400
    return offset if offset <= 43200 else offset - 86400


class Doors:
    """A daemon, fifty kiosks of one facility, a connection for each."""

    def __init__(self, directory):
        self.zones = directory / "zones"
        (self.zones / "Race").mkdir(parents=True)
        zone_file(self.zones / "Race/Noon",
                  offset_of_midnight(int(time.time()) + 43200))
        self.daemon = oaprun.Daemon(directory, threads=3)
        self.daemon.start(dict(os.environ, TZDIR=str(self.zones)))
        self.city = oapcast.Issuer()
        self.daemon.add_facility("tnm", zone="Race/Noon")
        self.daemon.add_benefit("visit", uses=1)
        self.daemon.add_benefit("thrice", uses=3)
        self.daemon.add_issuer(self.city)
        self.kiosks = [self.daemon.add_kiosk("tnm") for _ in range(CLIENTS)]
        self.blaster = subprocess.Popen(
            [oaprun.build() / "tests/bench/tool_blast"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.blaster.stdin.write("%d %d\n" % (self.daemon.port, CLIENTS))

    def pass_of_resident(self):
        return self.city.issue(hint="K.M.", idx=0)

    def blast(self, requests):
        """[(path, body)] leave together: [(status, answer)]."""
        self.blaster.stdin.write(" ".join(
            "%s %s" % (path, body.hex()) for path, body in requests) + "\n")
        self.blaster.stdin.flush()
        line = self.blaster.stdout.readline()
        assert line, "the daemon is gone: " + self.daemon.log()[-2000:]
        return [(status, answer) for status, _, answer in json.loads(line)]

    def questions(self, scanned, benefit, kiosks=None):
        return [("/v1/ask", m.body(kiosk.question(scanned, benefit,
                                                  amount=24000)))
                for kiosk in kiosks or self.kiosks]

    def ask_all(self, *what):
        answers = self.blast(self.questions(*what))
        assert all(status == 200 for status, _ in answers), answers
        return [answer for _, answer in answers]

    def close(self):
        self.blaster.stdin.close()
        self.blaster.wait(oaprun.PATIENCE)
        assert self.daemon.stop() == 0


@pytest.fixture
def doors(tmp_path):
    made = Doors(tmp_path)
    yield made
    made.close()


def split(answers):
    """The accepted, and the others."""
    return ([a for a in answers if a["verdict"] == "accepted"],
            [a for a in answers if a["verdict"] != "accepted"])


def must_name_the_winner(winner, losers):
    for answer in losers:
        assert answer["verdict"] == "already-redeemed", answer
        assert answer["first_use"]["at_ms"] == winner["service_ms"], (
            winner, answer)
        assert answer["first_use"]["facility"] == "tnm"


def recorded(doors, **by):
    return doors.daemon.attempts(**by)


def test_one_of_fifty_is_accepted_and_the_others_learn_when(doors):
    for _ in range(ROUNDS):
        won, lost = split(doors.ask_all(doors.pass_of_resident(), "visit"))
        assert len(won) == 1 and len(lost) == CLIENTS - 1
        must_name_the_winner(won[0], lost)
    assert len(recorded(doors, verdict="accepted")) == ROUNDS
    assert len(recorded(doors, verdict="already-redeemed")) == \
        ROUNDS * (CLIENTS - 1)


def test_three_of_fifty_are_accepted_where_three_uses_are_given(doors):
    for _ in range(ROUNDS):
        won, lost = split(doors.ask_all(doors.pass_of_resident(), "thrice"))
        assert len(won) == 3
        assert {a["verdict"] for a in lost} == {"limit-reached"}
        assert sorted(a["uses"] for a in won) == [1, 2, 3]
    assert len(recorded(doors, verdict="accepted")) == 3 * ROUNDS


def pause_until(ms):
    time.sleep(max(0, ms / 1000 - time.time()))


def questions_around_midnight(doors, passes, midnight_ms):
    """Fifty for one pass, fifty for the next, until the day is new: all the
    answers for each pass."""
    answers = {scanned: [] for scanned in passes}
    pause_until(midnight_ms - 10 * len(passes))
    turn = 0
    while time.time() * 1000 < midnight_ms + 20:
        scanned = passes[turn % len(passes)]
        answers[scanned] += doors.ask_all(scanned, "visit")
        turn += 1
    for scanned in passes:
        answers[scanned] += doors.ask_all(scanned, "visit")
    return answers


def must_have_a_winner_each_day(answers, midnight_ms):
    days = [[a for a in answers if (a["service_ms"] < midnight_ms) == before]
            for before in (True, False)]
    for day in filter(None, days):
        won, lost = split(day)
        assert len(won) == 1, (midnight_ms, won)
        must_name_the_winner(won[0], lost)
    return days[0] and days[1]


def test_one_is_accepted_before_midnight_and_one_after_it(doors):
    both_days = 0
    for round in range(max(5, ROUNDS // 8)):
        # The facility's day ends within two seconds, while all ask.
        name = "Race/Midnight%d" % round
        midnight = int(time.time() + .2) + 1
        zone_file(doors.zones / name, offset_of_midnight(midnight))
        doors.daemon.admin("PATCH", "/v1/facilities/tnm", {"zone": name})
        passes = [doors.pass_of_resident() for _ in range(8)]
        found = questions_around_midnight(doors, passes, midnight * 1000)
        for answers in found.values():
            both_days += bool(must_have_a_winner_each_day(
                answers, midnight * 1000))
    print("%d passes were raced for on both days" % both_days)
    assert both_days >= max(5, ROUNDS // 8)


def redeem(doors, scanned):
    """At the first kiosk, answered, written, uploaded: the attempt's id."""
    kiosk, id = doors.kiosks[0], oapcast.uuid7()
    status, answer = doors.daemon.ask(kiosk.question(scanned, "visit",
                                                     amount=24000, id=id))
    assert status == 200 and answer["verdict"] == "accepted", answer
    item = kiosk.attempt(scanned, "visit", 1, id=id, amount=24000,
                         discount=answer["discount"],
                         grant=bytes.fromhex(answer["grant"]))
    status, taken = doors.daemon.upload(report_of(kiosk, 1), [item])
    assert status == 200 and taken["results"][0]["verdict"] == "accepted"
    return id


def report_of(kiosk, count):
    return kiosk.report(oldest_unsent=kiosk.seq - count + 1, depth=count)


def test_a_use_that_two_take_back_at_once_is_given_to_one_again(doors):
    owner, other = doors.kiosks[:2]
    for _ in range(ROUNDS):
        scanned = doors.pass_of_resident()
        id = redeem(doors, scanned)
        reversals = []
        for kiosk in (owner, other):
            item = kiosk.reversal(id, of_kid=owner.kid)
            reversals.append(("/v1/entries",
                              m.body(report_of(kiosk, 1), [item])))
        answers = doors.blast(doors.questions(
            scanned, "visit", doors.kiosks[2:]) + reversals)
        assert all(status == 200 for status, _ in answers), answers
        results = [a["results"][0]["verdict"] for _, a in answers[-2:]]
        assert sorted(results) == ["already-reversed", "reversed"]
        during = [a for _, a in answers[:-2]]
        after = doors.ask_all(scanned, "visit")
        won, lost = split(during + after)
        assert len(won) == 1, won
        assert {a["verdict"] for a in lost} == {"already-redeemed"}
        must_name_the_winner(won[0], split(after)[1])
    counting = [r for r in recorded(doors) if r["counts"]]
    assert len(counting) == ROUNDS


def test_a_question_sent_fifty_times_has_one_answer_and_one_record(doors):
    for _ in range(max(5, ROUNDS // 10)):
        kiosk, id = doors.kiosks[0], oapcast.uuid7()
        question = ("/v1/ask", m.body(kiosk.question(
            doors.pass_of_resident(), "visit", amount=24000, id=id)))
        answers = doors.blast([question] * CLIENTS)
        assert all(status == 200 for status, _ in answers), answers
        answers = [a for _, a in answers]
        assert sorted(a.pop("stored") for a in answers) == \
            [False] + [True] * (CLIENTS - 1)
        assert all(a == answers[0] for a in answers), answers
        assert answers[0]["verdict"] == "accepted"
    assert len(recorded(doors)) == max(5, ROUNDS // 10)


def test_an_entry_sent_fifty_times_has_one_result_and_one_record(doors):
    rounds = max(5, ROUNDS // 10)
    kiosk = doors.kiosks[0]
    for round in range(rounds):
        scanned, id = doors.pass_of_resident(), oapcast.uuid7()
        _, answer = doors.daemon.ask(kiosk.question(
            scanned, "visit", amount=24000, id=id))
        item = kiosk.attempt(scanned, "visit", 1, id=id, amount=24000,
                             discount=answer["discount"],
                             grant=bytes.fromhex(answer["grant"]))
        upload = ("/v1/entries", m.body(report_of(kiosk, 1), [item]))
        answers = doors.blast([upload] * CLIENTS)
        assert all(status == 200 for status, _ in answers), answers
        results = [a["results"] for _, a in answers]
        assert all(r == results[0] for r in results)
        assert results[0] == [{"seq": round + 1, "verdict": "accepted",
                               "number": 1, "marks": []}]
        assert {a["held"]["count"] for _, a in answers} == {round + 1}
    rows = recorded(doors)
    assert len(rows) == rounds and all(row["counts"] for row in rows)
    total = doors.daemon.admin("GET", "/v1/reports/redemptions"
                               "?from=2026-01-01&to=2035-12-31")["total"]
    assert [t["redemptions"] for t in total] == [rounds]
