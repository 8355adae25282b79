# SPDX-License-Identifier: Apache-2.0
"""What the checks of books.py and heard.py find in made-up rows, and what they
leave alone."""
import base64
import json

import books
import heard
import oapcast
import oapmsg as m
from books import Attempt, Entry, Limit
from heard import Answer

LIMITS = {"visit": Limit(1), "tour": Limit(2, per_facility=True)}
REFUSED = 64        # already-redeemed
OFFLINE = 2
A, B = b"kiosk A.", b"kiosk B."
GRANT = bytes(24)


def attempt(n, kid=A, benefit="visit", facility="museum", **more):
    return Attempt(n, kid, bytes([n]) * 16, b"pass", benefit, facility, **more)


def accepted(n, at, **more):
    """By the service, and told at once unless that is said otherwise."""
    return attempt(n, asked_ms=at, answer=1, **{"told": 1, "entry_ms": at + 1,
                                                **more})


def untold(n, at, **more):
    return accepted(n, at, told=0, entry_ms=None, **more)


def over(*attempts):
    return [(a.n, others) for a, others in books.over_limit(attempts, LIMITS)]


# ------------------------------------------------------------------ limits
def test_a_second_accept_is_found():
    assert over(accepted(1, 1000), accepted(2, 1000)) == [(2, 1)]
    assert over(accepted(1, 1000), accepted(2, 5000, kid=B)) == [(2, 1)]


def test_a_limit_is_of_a_pass_a_benefit_and_a_place_where_it_says_so():
    first = accepted(1, 1000)
    assert over(first, accepted(2, 2000)._replace(scanned=b"other")) == []
    assert over(first, accepted(2, 2000, benefit="tour")) == []
    assert over(first, accepted(2, 2000, facility="castle")) == [(2, 1)]
    tours = [accepted(n, n * 1000, benefit="tour") for n in (1, 2, 3)]
    assert over(*tours) == [(3, 2)]
    tours[1] = tours[1]._replace(facility="castle")
    assert over(*tours) == []


def test_what_was_told_offline_counts_from_its_receipt():
    offline = attempt(2, kid=B, told=OFFLINE, entry_ms=2000)
    assert over(accepted(1, 1000), offline) == []
    assert over(offline, accepted(3, 2000)) == [(3, 1)]
    refused = offline._replace(told=REFUSED)
    assert over(refused, accepted(3, 2000)) == []


def test_a_refusal_that_was_told_gives_back_what_the_answer_had_used():
    other = accepted(1, 1000, kid=B, told=REFUSED, entry_ms=2000)
    assert over(other, accepted(2, 1999)) == [(2, 1)]
    assert over(other, accepted(2, 2000)) == []     # in whatever order
    assert over(other, accepted(2, 2001)) == []


def test_an_accept_that_was_told_counts_whatever_the_answer_was():
    other = attempt(1, kid=B, asked_ms=1000, answer=REFUSED, told=OFFLINE,
                    entry_ms=2000)
    assert over(other, accepted(2, 1999)) == []
    assert over(other, accepted(2, 2000)) == []     # in whatever order
    assert over(other, accepted(2, 2001)) == [(2, 1)]


def test_what_was_taken_back_counts_until_then():
    other = accepted(1, 1000, kid=B, reversed_ms=2000)
    assert over(other, accepted(2, 1999)) == [(2, 1)]
    assert over(other, accepted(2, 2000)) == []     # in whatever order
    assert over(accepted(1, 1000, reversed_ms=900), accepted(2, 3000)) == []


def test_an_answer_counts_until_it_can_have_been_given_up():
    other = untold(1, 1000, kid=B)
    assert over(other, accepted(2, 50000)) == [(2, 1)]
    other = other._replace(given_up=True)
    assert over(other, accepted(2, 10999)) == [(2, 1)]
    assert over(other, accepted(2, 11000)) == []


def test_an_answer_counts_until_its_kiosk_asks_again():
    other = untold(1, 1000, kid=B, given_up=True)
    again = attempt(2, kid=B, asked_ms=1500, answer=REFUSED)
    assert over(other, again, accepted(3, 1500)) == []
    assert over(other, again._replace(n=4), accepted(3, 1500)) == [(3, 1)]
    assert over(other, again._replace(kid=A), accepted(3, 1500)) == [(3, 1)]
    assert over(other, accepted(2, 1500, kid=B)) == []


def test_what_was_given_up_and_told_in_the_end_counts_again():
    other = untold(1, 1000, kid=B, given_up=True)._replace(told=1,
                                                           entry_ms=20000)
    assert over(other, accepted(2, 15000)) == []
    assert over(other, accepted(2, 20001)) == [(2, 1)]


def test_a_clock_that_was_set_back_is_seen():
    rows = [accepted(1, 1000), attempt(2, told=OFFLINE, entry_ms=1000),
            accepted(3, 1001)]
    assert books.is_in_order(rows)
    assert not books.is_in_order([rows[0], rows[1], accepted(3, 999)])


# ----------------------------------------------------------------- answers
QUESTION = A, bytes(16)
FIRST = Answer(*QUESTION, 1, 480, GRANT)
TOLD = Entry(*QUESTION, 1, b"", b"", None, 1, 480, GRANT)


def wrong(answers, entry=TOLD, stored=1):
    entries = {} if entry is None else {QUESTION: entry}
    return len(heard.contradictions(answers, entries, {QUESTION: stored}))


def test_one_answer_however_often_is_none_too_many():
    assert wrong([FIRST] * 3) == 0
    assert wrong([FIRST] * 3, entry=None) == 0


def test_two_answers_to_a_question_are_found():
    for other in ({"verdict": REFUSED}, {"discount": 490},
                  {"grant": bytes([1] * 24)}):
        assert wrong([FIRST, FIRST._replace(**other)]) > 0, other


def test_after_the_entry_the_answer_is_what_was_told():
    offline = TOLD._replace(told=OFFLINE, grant=None)
    later = FIRST._replace(verdict=OFFLINE, grant=None)
    assert wrong([FIRST, later], offline) == 0
    assert wrong([FIRST, later._replace(verdict=1)], offline) == 1
    assert wrong([FIRST, later._replace(discount=0)], offline) == 1
    assert wrong([FIRST, later], None) == 1


def test_an_answer_that_the_ledger_lost_is_found():
    assert wrong([FIRST], stored=REFUSED) == 1
    assert wrong([FIRST], stored=None) == 1


def test_a_kiosk_that_told_another_answer_than_the_services_is_found():
    assert wrong([FIRST], TOLD._replace(discount=500)) == 1
    assert wrong([FIRST], TOLD._replace(told=REFUSED)) == 1
    assert wrong([]) == 1
    assert wrong([], TOLD._replace(told=OFFLINE, grant=None)) == 0


def test_repetitions_are_counted_by_question():
    other = FIRST._replace(id=bytes([1] * 16))
    copy = FIRST._replace(repeated=True)
    assert heard.repetitions([FIRST, copy, other, other]) == (2, 2, 1)


def test_an_answer_is_read_from_the_line():
    kiosk = oapcast.Kiosk(m.public(m.key_of("service")), "museum")
    question = kiosk.question(b"pass", "visit", id=bytes(16))
    body = base64.b64encode(m.body(question)).decode()
    text = json.dumps({"verdict": "accepted", "number": 1, "discount": 480,
                       "grant": GRANT.hex()})
    assert heard.answer_of(True, body, 200, text) == Answer(
        kiosk.kid, bytes(16), 1, 480, GRANT, True)
    busy = json.dumps({"verdict": "busy"})
    assert heard.answer_of(False, body, 503, busy) is None
