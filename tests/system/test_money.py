# SPDX-License-Identifier: Apache-2.0
"""Prices, compared with an implementation in exact fractions."""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "vectors")]

import money  # noqa: E402
import oaprun  # noqa: E402


def price_in_c(lines):
    tool = oaprun.build() / "tests/unit/tool_benefit"
    done = subprocess.run([tool], input="\n".join(lines) + "\n", text=True,
                          capture_output=True, check=True, timeout=120)
    return done.stdout.splitlines()


def test_every_rounding_edge_has_the_exact_price():
    questions = list(money.questions())
    expected = [money.answer_line(q) for q in questions]
    assert len(expected) > 20000
    got = price_in_c([money.question_line(q) for q in questions])
    wrong = [f"{ours}\n  exact: {theirs}"
             for ours, theirs in zip(got, expected) if ours != theirs]
    assert not wrong, "\n".join(wrong[:5])
    assert got == expected


def test_all_currencies_and_kinds_are_asked_about():
    asked = {(q[0], q[1]) for q in money.questions()}
    assert asked == {(currency, kind) for currency in money.CURRENCIES
                     for kind in money.RULES}


def test_no_price_leaves_the_list():
    for _, kind, value, unit, amount, party in money.questions():
        discount, to_pay = money.price(kind, value, unit, amount, party)
        assert 0 <= to_pay <= amount
        assert discount + to_pay == amount
