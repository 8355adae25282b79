# SPDX-License-Identifier: Apache-2.0
"""oapctl as an operator types it: what it refuses before it asks a daemon."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from desk import FACILITY, refused, run  # noqa: E402


@pytest.mark.parametrize("words, arguments", [
    ("no command", []),
    ("faculty", ["faculty", "list"]),
    ("--colour", ["facility", "list", "--colour", "red"]),
    ("--currency", ["facility", "add", "--id", "tnm", "--city", "tokyo",
                    "--zone", "Asia/Tokyo", "--name", "en=x"]),
    ("LANG=TEXT", ["facility", "add", "--name", "Tokyo"]),
    ("there is no name yet", [*FACILITY, "--name", "ko="]),
    *[("say what to change", [noun, "set", *argument])
      for noun, argument in (("facility", ["x"]), ("benefit", ["x"]),
                             ("issuer", ["x"]), ("kiosk", ["x"]),
                             ("operator", ["x"]), ("policy", []))],
    ("--id", ["facility", "set", "tnm", "--id", "other"]),
    *[("--offline-amount \"%s\"" % amount, ["policy", "set",
                                            "--offline-amount", amount])
      for amount in ("500", "KRW", "KRW=1.5", "USD=-1", "XXX=1", "KRW=1,000",
                     "=5", "krw=5", "ANY")],
    *[("any, or amounts", ["policy", "set", "--offline-amount", one,
                           "--offline-amount", other])
      for one, other in (("any", "KRW=5"), ("KRW=5", "any"),
                         ("any", "any"))],
    ("amount-off \"1.5\"", ["benefit", "add", "--id", "x", "--name", "en=x",
                      "--limit", "1/day", "--currency", "JPY",
                      "--amount-off", "1.5"]),
    ("--percent", ["benefit", "add", "--id", "x", "--name", "en=x",
                   "--limit", "1/day", "--currency", "JPY",
                   "--percent", "20.005"]),
    *[("--limit \"%s\"" % limit, ["benefit", "add", "--limit", limit])
      for limit in ("often", "0/day", "-1/day", "1", "1/", "/day", "1/day/",
                    "1/week", "1 /day", "2/month/Facility",
                    "1/day per facility", "1/day-facility",
                    "1/day/service/facility", "1/day/facility ",
                    "99999999999999999999/day")],
    *[("--hours \"%s\"" % hours, ["benefit", "add", "--hours", hours])
      for hours in ("", "mon", "mon ", " 09:00-18:00", "09:00-18:00",
                    "fri-mon 09:00-18:00", "mon, 09:00-18:00",
                    "mon,,tue 09:00-18:00", "mon-fri 9:00-18:00",
                    "mon-fri 09:00-18:000", "mon-fri 09:00-18:00 ",
                    "mon-fri 09:00", "mon-fri 09:00-", "mon-fri 0900-1800",
                    "mon-fri 09:00-18:00 sat 10:00-14:00",
                    "mon-fri 09:00 - 18:00", "daily09:00-18:00")],
    ("--percent \"20%\": write a number", [
        "benefit", "add", "--id", "x", "--name", "en=x", "--limit", "1/day",
        "--currency", "USD", "--percent", "20%"]),
    ("no-such-file", ["issuer", "add", "--root", "00", "--document",
                      "no-such-file"]),
    ("--format", ["report", "redemptions", "--from", "2026-11-01", "--to",
                  "2026-11-02", "--format", "xml"]),
    ("--from", ["report", "redemptions", "--to", "2026-11-02"]),
    ("neither http", ["--server", "ftp://x", "facility", "list"]),
    ("no-token-here", ["--token-file", "no-token-here", "facility", "list"]),
])
def test_wrong_usage_is_one_line_and_status_2(words, arguments):
    refused(2, words, *arguments)


def test_a_daemon_that_is_away_is_named_with_status_4(tmp_path):
    refused(4, "nobody.sock", "facility", "list",
            server="unix:%s/nobody.sock" % tmp_path)
    refused(4, "http://127.0.0.1:1", "facility", "list",
            server="http://127.0.0.1:1")


def test_help_and_version():
    assert "oapctl" in run("--version").stdout
    listed = run("--help").stdout
    for line in listed.splitlines():
        words = line.split()
        if line.startswith("  ") and words and words[0] in (
                "facility", "benefit", "issuer", "kiosk", "operator",
                "policy", "attempts"):
            done = run(words[0], words[1], "--help")
            assert done.returncode == 0 and "Usage" in done.stdout
