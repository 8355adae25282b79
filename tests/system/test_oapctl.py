# SPDX-License-Identifier: Apache-2.0
"""oapctl as an operator types it: what it refuses before it asks a daemon."""
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import desk  # noqa: E402
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
    ("--percent \"100.01\": more than the whole price", [
        "benefit", "add", "--id", "x", "--name", "en=x", "--limit", "1/day",
        "--currency", "USD", "--percent", "100.01"]),
    ("no-such-file", ["issuer", "add", "--root", "00", "--document",
                      "no-such-file"]),
    ("--format", ["report", "redemptions", "--from", "2026-11-01", "--to",
                  "2026-11-02", "--format", "xml"]),
    ("--from", ["report", "redemptions", "--to", "2026-11-02"]),
    *[("one of en, ko, ja, zh", ["--lang", lang, "facility", "list"])
      for lang in ("fr", "", "kor", "english", "fr-KO")],
    *[("sha256//", ["--server", "https://x", "--pin", pin, "facility",
                    "list"])
      for pin in ("", "x", "a" * 44, "sha256//" + "a" * 44,
                  "sha256//" + "A" * 43, "sha256//%s=x" % ("A" * 43),
                  "sha256//%s=;x" % ("A" * 43))],
    *[("--ca and --pin", ["--server", server, "facility", "list", *option])
      for server in ("http://127.0.0.1:1", "unix:/nowhere")
      for option in (["--pin", "sha256//%s=" % ("A" * 43)],
                     ["--ca", "/dev/null"])],
    ("no-such-file", ["--server", "https://x", "--ca", "no-such-file",
                      "facility", "list"]),
    ("a verb is missing", ["facility"]),
    ("no verb \"mend\"", ["facility", "mend"]),
    ("--colour", ["--colour", "red", "facility", "list"]),
    ("--colour", ["facility", "--colour", "list"]),
    ("--server: wants URL", ["facility", "list", "--server"]),
    ("--json: takes no value", ["facility", "list", "--json=yes"]),
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


def test_options_may_stand_before_between_and_behind_the_words():
    words = ["facility", "show", "tnm"]
    option = ["--server", "unix:/nowhere/at-all"]
    for at in range(len(words) + 1):
        for how in (option, ["=".join(option)]):
            refused(4, "/nowhere/at-all", *words[:at], *how, *words[at:])
    report = ["report", "redemptions", "--from", "2026-11-01", "--to",
              "2026-11-02"]
    for at in (0, 1, 2, 4, 6):
        refused(4, "/nowhere/at-all", *report[:at], *option, *report[at:])


@pytest.mark.parametrize("line", [["--version"], ["facility", "--version"],
                                  ["facility", "list", "--version"]])
def test_the_version_is_told_wherever_it_is_asked_for(line):
    done = run(*line)
    assert done.returncode == 0 and done.stdout.startswith("oapctl ")


def test_help_is_there_for_all_for_a_noun_and_for_each_command():
    names = desk.commands_of_help()
    assert len(names) > 25
    assert max(map(len, run("--help").stdout.splitlines())) <= 80
    for noun in {name.split()[0] for name in names}:
        done = run(noun, "--help")
        assert done.returncode == 0 and done.stderr == ""
        assert done.stdout.startswith("Usage: oapctl [OPTION…] " + noun)
        for name in names:
            told = "\n  %s" % name in done.stdout
            assert told == (name.split()[0] == noun and " " in name), name
    for name, argument in names.items():
        for line in ([*name.split(), "--help"], ["--help", *name.split()]):
            done = run(*line)
            assert done.returncode == 0 and done.stderr == ""
            assert max(map(len, done.stdout.splitlines())) <= 80, name
            usage = done.stdout.splitlines()[0]
            assert usage.startswith("Usage: oapctl [OPTION…] %s" %
                                    " ".join([name, argument]).strip())


def test_help_marks_as_required_what_a_command_insists_on():
    names = desk.commands_of_help()
    for name, argument in names.items():
        required = re.findall(r"^  --(\S+).*\(required\)$",
                              run(*name.split(), "--help").stdout, re.M)
        line = [*name.split(), *(["x"] if argument else [])]
        if required:
            refused(2, "--%s is missing" % required[0], *line)
        assert required or not name.endswith(" add"), name
        assert not (required and name.endswith(" set")), name


def manual():
    """The options that the page lists for each noun, under "" those that may
    stand anywhere, and the words of its headings."""
    page = (pathlib.Path(__file__).resolve().parents[2]
            / "deploy/man/oapctl.1").read_text()
    options, headings, noun = {"": set()}, {}, ""
    for line in page.splitlines():
        heading = re.match(r"\.It Cm (\w+) (.*)", line)
        if heading:
            noun = heading[1]
            options.setdefault(noun, set())
            headings[noun] = headings.get(noun, "") + " " + heading[2]
        elif line.startswith(".It Fl"):
            options[noun] |= set(re.findall(r"Fl -([a-z-]+)", line))
    return options, headings


def options_in(text):
    return set(re.findall(r"^  --([a-z-]+)", text, re.M))


def test_the_manual_lists_each_command_and_the_options_that_it_takes():
    options, headings = manual()
    assert options.pop("") == options_in(run("--help").stdout)
    takes = {}
    for name in desk.commands_of_help():
        noun, *verb = name.split()
        for word in verb:
            assert re.search(r"\b%s\b" % word, headings[noun]), name
        takes.setdefault(noun, set()).update(
            options_in(run(*name.split(), "--help").stdout))
    assert takes == options
