# SPDX-License-Identifier: Apache-2.0
"""How oapctl shows what it is told: values as they are typed, times as dates,
and each of them as openapi.yaml says they come."""
import os
import pathlib
import pty
import re
import subprocess
import sys

import pytest
import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import oaprun  # noqa: E402
from desk import answering_json, run  # noqa: E402
from office import scan_one  # noqa: E402

SCHEMAS = yaml.safe_load((TOP / "server/daemon/openapi.yaml").read_text())[
    "components"]["schemas"]
# 2026-11-23 14:05:09 UTC
MS, DATE = 1795442709000, "2026-11-23 14:05:09Z"
SHOWN = {"Facility": "facility", "Benefit": "benefit", "Issuer": "issuer",
         "Kiosk": "kiosk", "Operator": "operator", "Policy": "policy",
         "Attempt": "attempts"}
BENEFIT = {"id": "b", "names": {"en": "B"}, "kind": "percent", "value": 1250,
           "rounding_unit": 10, "currency": "USD", "withdrawn": False,
           "limit": {"uses": 2, "per": "month", "scope": "facility"}}
ATTEMPT = "0123456789abcdef/" + "ab" * 16


def shown(noun, value):
    """Each name with its value."""
    argument = {"policy": [], "attempts": [ATTEMPT]}.get(noun, ["x"])
    with answering_json(value) as (url, _):
        done = run(noun, "show", *argument, server=url)
    assert done.returncode == 0, done
    return {line[:26].split()[0]: line[26:].strip()
            for line in done.stdout.splitlines()}


def times_of(schema):
    """A value of that schema with a time in each member that is one, and the
    names of all members in milliseconds."""
    value, names = {}, []
    for name, member in schema["properties"].items():
        if name.endswith("_ms"):
            value[name] = MS
            names.append(name)
        elif member.get("type") == "array" and "$ref" in member["items"]:
            inner, more = times_of(
                SCHEMAS[member["items"]["$ref"].rsplit("/", 1)[1]])
            value[name] = [inner]
            names += ["%s[0].%s" % (name, m) for m in more]
    return value, names


@pytest.mark.parametrize("schema", SHOWN)
def test_a_time_is_a_date_and_a_span_is_none(schema):
    value, names = times_of(SCHEMAS[schema])
    keys = {"id": "x", "iss": "x", "kid": "x", "deadline_ms": MS}
    found = shown(SHOWN[schema], dict(keys, **value))
    for name in names:
        assert found[name] == ("%d ms" % MS if name in (
            "deadline_ms", "clock_offset_ms") else DATE), name


def test_a_span_may_be_negative_and_what_there_is_none_of_is_said():
    found = shown("kiosk", {"kid": "x", "clock_offset_ms": -1,
                            "last_report_ms": None, "held": {"seq": 0}})
    assert found == {"kid": "x", "clock_offset_ms": "-1 ms",
                     "last_report_ms": "-", "held.seq": "0"}


@pytest.mark.parametrize("kind, currency, value, expected", [
    ("percent", "USD", 1250, "12.5 %"), ("percent", "KRW", 2000, "20 %"),
    ("percent", "KRW", 5, "0.05 %"), ("percent", "KRW", 1205, "12.05 %"),
    ("amount-off", "USD", 1250, "12.50 USD"),
    ("amount-off", "KWD", 1250, "1.250 KWD"),
    ("fixed-price", "KRW", 24000, "24,000 KRW"),
    ("free", "KRW", 0, "-")])
def test_a_benefit_gives_what_was_typed(kind, currency, value, expected):
    found = shown("benefit", dict(BENEFIT, kind=kind, currency=currency,
                                  value=value))
    assert found["value"] == expected
    assert found["rounding_unit"] == {
        "USD": "0.10 USD", "KWD": "0.010 KWD", "KRW": "10 KRW"}[currency]


def test_a_benefits_conditions_are_shown_as_they_are_typed():
    found = shown("benefit", dict(
        BENEFIT, facilities=["tnm", "nmwa"], classes=[], hours=[
            {"weekdays": ["mon", "tue"], "from": "09:00", "until": "18:00"},
            {"weekdays": ["sat"], "from": "10:00", "until": "14:00"}]))
    assert found["limit"] == "2/month/facility"
    assert found["hours"] == "mon,tue 09:00-18:00; sat 10:00-14:00"
    assert found["facilities"] == "tnm, nmwa" and found["classes"] == "-"


def test_a_thousand_facilities_are_shown_whole():
    many = ["facility-%04d" % n for n in range(1024)]
    found = shown("benefit", dict(BENEFIT, facilities=many))
    assert found["facilities"] == ", ".join(many)


def test_an_attempt_shows_amounts_in_its_currency():
    found = shown("attempts", {"id": "x", "list": 2500, "discount": None,
                               "currency": "EUR", "reversed_ms": None,
                               "marks": ["conflict", "late"]})
    assert (found["list"], found["discount"]) == ("25.00 EUR", "-")
    assert found["marks"] == "conflict, late"


@pytest.mark.parametrize("amounts, expected", [
    (None, "any"), ({"KRW": 500000}, "500,000 KRW"),
    ({"JPY": 0, "USD": 12345}, "0 JPY, 123.45 USD")])
def test_the_policy_says_what_a_kiosk_may_give_alone(amounts, expected):
    found = shown("policy", {"deadline_ms": 2000, "offline_amounts": amounts})
    assert found == {"deadline_ms": "2000 ms", "offline_amounts": expected}


def test_the_list_says_which_benefits_are_withdrawn():
    rows = [dict(BENEFIT, id="in-use"), dict(BENEFIT, id="gone",
                                             withdrawn=True)]
    with answering_json({"benefits": rows}) as (url, _):
        listed = run("benefit", "list", server=url).stdout.splitlines()
    by_id = {line.split()[0]: line for line in listed}
    assert "withdrawn" in by_id["gone"]
    assert "withdrawn" not in by_id["in-use"]
    assert "12.5 % off" in by_id["gone"]
    with answering_json({"benefits": rows[:1]}) as (url, _):
        assert "state" not in run("benefit", "list", server=url).stdout


def on_a_terminal(server, *arguments):
    """All that a command writes to one."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [oaprun.program("oapctl"), "--server", server, *arguments],
        stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 65536):
            text += piece
    except OSError:     # how Linux tells that nobody has the other end
        pass
    os.close(ours)
    assert process.wait(oaprun.PATIENCE) == 0
    return text.decode().replace("\r\n", "\n")


def test_an_enrolment_code_is_dark_on_light_whatever_colours_there_are(
        tmp_path):
    code = "OAPE1:" + "A1B2" * 40
    with answering_json({"code": code, "expires_ms": MS}) as (url, _):
        text = on_a_terminal(url, "kiosk", "add", "--facility", "tnm",
                             "--name", "gate")
    assert text.endswith("\n" + code + "\n")
    # white on black, set for each line and given back
    rows = re.findall(r"\033\[38;5;231;48;5;16m([ █▀▄]+)\033\[0m\n", text)
    light = {"█": (255, 255), "▀": (255, 0), "▄": (0, 255), " ": (0, 0)}
    lines = [[light[c][half] for c in row] for row in rows for half in (0, 1)]
    assert lines[:4] == [[255] * len(lines[0])] * 4
    pixels = bytes(v for line in lines for _ in range(4)
                   for v in line for _ in range(4))
    image = tmp_path / "code.pgm"
    image.write_bytes(b"P5 %d %d 255\n" % (4 * len(lines[0]), 4 * len(lines))
                      + pixels)
    assert scan_one(image) == code
