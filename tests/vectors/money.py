#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prices by exact fractions, from the rule in words and not from the code:

price = max(0, rule(list)) rounded down to the unit; discount = list - price,
never under 0. Percent is of the list; amount off and fixed price are for each
person of the party.

Prints questions (one a line: currency, kind, value, unit, list, party), with
--answers each with its list, discount and price behind an equals sign.
"""

import argparse
from fractions import Fraction
from math import floor

AMOUNT_MAX = 10**12
BASIS_POINTS = 10000
PARTY_MAX = 999
UNIT_MAX = 10**6

# Currency: decimals, the units that its tills round to, values of a benefit
# per person in minor units.
CURRENCIES = {
    "KRW": (0, (1, 10, 100, 1000), (0, 1, 999, 1000, 3333, 24000)),
    "EUR": (2, (1, 5, 10, 100), (0, 1, 99, 250, 333, 1250)),
    "BHD": (3, (1, 5, 25, 1000), (0, 1, 125, 333, 2500)),
}
PERCENTS = (0, 1, 333, 1000, 2500, 3333, 5000, 6667, 9999, 10000)
PARTIES = (1, 2, 3, 4, 7, 100, PARTY_MAX)


def percent(value, list_amount, party):
    return Fraction(list_amount) * (1 - Fraction(value, BASIS_POINTS))


def amount_off(value, list_amount, party):
    return Fraction(list_amount - value * party)


def fixed_price(value, list_amount, party):
    return Fraction(value * party)


def free(value, list_amount, party):
    return Fraction(0)


RULES = {
    "percent": percent,
    "amount-off": amount_off,
    "fixed-price": fixed_price,
    "free": free,
}


def price(kind, value, unit, list_amount, party):
    exact = max(Fraction(0), RULES[kind](value, list_amount, party))
    rounded = floor(exact / unit) * unit
    discount = max(0, list_amount - rounded)
    return discount, list_amount - discount


def written(amount, currency):
    decimals = CURRENCIES[currency][0]
    whole, part = divmod(amount, 10**decimals)
    text = f"{whole:,}"
    if decimals:
        text += f".{part:0{decimals}}"
    return f"{text} {currency}"


def around(*amounts):
    """Each amount and its neighbours, as far as they are amounts."""
    found = {0, 1, AMOUNT_MAX - 1, AMOUNT_MAX}
    for amount in amounts:
        for near in (amount - 1, amount, amount + 1):
            if 0 <= near <= AMOUNT_MAX:
                found.add(near)
    return sorted(found)


def percent_edges(value, unit):
    """Lists whose price falls on a unit, and just beside it."""
    left = BASIS_POINTS - value
    edges = [unit, 24000, 1250]
    for units in (1, 2, 3, 7, 1000):
        if left:
            edges.append(units * unit * BASIS_POINTS // left)
            edges.append(-(-units * unit * BASIS_POINTS // left))
    return around(*edges)


def person_edges(value, unit, party):
    total = value * party
    down = total // unit * unit
    return around(unit, total, total + unit, total + 2 * unit, down,
                  down + unit, 24000)


def questions():
    for currency, (_, units, values) in CURRENCIES.items():
        for unit in (*units, UNIT_MAX):
            for value in PERCENTS:
                for amount in percent_edges(value, unit):
                    yield currency, "percent", value, unit, amount, 1
                yield currency, "percent", value, unit, 24000, PARTY_MAX
            for kind in ("amount-off", "fixed-price"):
                for value in (*values, AMOUNT_MAX):
                    for party in PARTIES:
                        for amount in person_edges(value, unit, party):
                            yield currency, kind, value, unit, amount, party
            for amount in around(unit, 24000):
                for party in PARTIES:
                    yield currency, "free", 0, unit, amount, party
        # Every party size once, at one price.
        for party in range(1, PARTY_MAX + 1):
            for kind, value in (("amount-off", values[-1]),
                                ("fixed-price", values[-1])):
                yield currency, kind, value, units[1], 24000 * party, party


def question_line(question):
    return " ".join(str(part) for part in question)


def answer_line(question):
    currency, kind, value, unit, amount, party = question
    discount, to_pay = price(kind, value, unit, amount, party)
    return (f"{question_line(question)} = {amount} {discount} {to_pay} "
            f"{written(to_pay, currency)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", action="store_true",
                        help="with the prices")
    line = answer_line if parser.parse_args().answers else question_line
    for question in questions():
        print(line(question))


if __name__ == "__main__":
    main()
