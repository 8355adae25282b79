# SPDX-License-Identifier: Apache-2.0
"""oapctl as an operator types it: its own refusals, and each command against
a running daemon."""
import csv
import datetime
import io
import json
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

FACILITY = ["facility", "add", "--id", "tnm", "--city", "tokyo", "--currency",
            "JPY", "--zone", "Asia/Tokyo", "--name",
            "en=Tokyo National Museum", "--name", "ja=東京国立博物館"]
BENEFIT = ["benefit", "add", "--id", "museum-20", "--facility", "tnm",
           "--name", "en=20 % off", "--currency", "JPY", "--percent", "20",
           "--round-to", "10", "--limit", "1/day", "--party-max", "4"]


def run(*arguments, server=None, stdin=None, env=None):
    environment = {k: v for k, v in os.environ.items()
                   if not k.startswith("OAPCTL_")}
    environment.update(env or {})
    if server:
        environment["OAPCTL_SERVER"] = server
    return subprocess.run([oaprun.program("oapctl"), *map(str, arguments)],
                          env=environment, input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=oaprun.PATIENCE, text=True)


def refused(status, words, *arguments, **how):
    """One clear line on standard error, and nothing on standard output."""
    done = run(*arguments, **how)
    assert done.returncode == status, (done.stdout, done.stderr)
    assert words in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("words, arguments", [
    ("no command", []),
    ("faculty", ["faculty", "list"]),
    ("--colour", ["facility", "list", "--colour", "red"]),
    ("--currency", ["facility", "add", "--id", "tnm", "--city", "tokyo",
                    "--zone", "Asia/Tokyo", "--name", "en=x"]),
    ("LANG=TEXT", ["facility", "add", "--name", "Tokyo"]),
    ("amount-off \"1.5\"", ["benefit", "add", "--id", "x", "--name", "en=x",
                      "--limit", "1/day", "--currency", "JPY",
                      "--amount-off", "1.5"]),
    ("--percent", ["benefit", "add", "--id", "x", "--name", "en=x",
                   "--limit", "1/day", "--currency", "JPY",
                   "--percent", "20.005"]),
    ("--limit", ["benefit", "add", "--currency", "JPY", "--limit", "often"]),
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


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    d = oaprun.Daemon(tmp_path_factory.mktemp("oapctl")).start()
    yield d
    assert d.stop() == 0, d.log()


@pytest.fixture(scope="module")
def server(daemon):
    return "unix:%s" % daemon.socket


def ok(server, *arguments, **how):
    done = run(*arguments, server=server, **how)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def museum(server, tmp_path_factory):
    """A museum that has redeemed one pass, and refused it once."""
    where = tmp_path_factory.mktemp("city")
    issuer = oapcast.Issuer("seoul.example")
    (where / "issuer.cose").write_bytes(issuer.document())
    (where / "status-0.cose").write_bytes(issuer.token())
    ok(server, *FACILITY)
    ok(server, *BENEFIT)
    ok(server, "issuer", "add", "--root", m.public(issuer.root).hex(),
       "--document", where / "issuer.cose",
       "--status", where / "status-0.cose")
    return issuer


def test_what_is_added_is_listed_shown_and_changed(server, museum):
    assert "Tokyo National Museum" in ok(server, "facility", "list")
    assert "東京国立博物館" in ok(server, "--lang", "ja", "facility", "list")
    shown = json.loads(ok(server, "--json", "facility", "show", "tnm"))
    assert shown["zone"] == "Asia/Tokyo" and shown["currency"] == "JPY"
    ok(server, "facility", "set", "tnm", "--city", "taito")
    assert json.loads(ok(server, "--json", "facility", "show", "tnm"))[
        "city"] == "taito"
    ok(server, "facility", "set", "tnm", "--city", "tokyo")
    shown = json.loads(ok(server, "--json", "benefit", "show", "museum-20"))
    assert shown["value"] == 2000 and shown["rounding_unit"] == 10
    assert shown["limit"]["uses"] == 1 and shown["limit"]["per"] == "day"
    ok(server, "benefit", "set", "museum-20", "--percent", "25")
    assert json.loads(ok(server, "--json", "benefit", "show", "museum-20"))[
        "value"] == 2500
    ok(server, "benefit", "set", "museum-20", "--percent", "20")
    assert "seoul.example" in ok(server, "issuer", "list")
    keys = json.loads(ok(server, "--json", "issuer", "show",
                         "seoul.example"))["keys"]
    assert [k["state"] for k in keys] == ["active"]


def test_a_refusal_of_the_daemon_is_its_sentence_and_status_1(server, museum):
    refused(1, "tnm", *FACILITY, server=server)
    refused(1, "nowhere", "facility", "show", "nowhere", server=server)
    refused(1, "time-zone", "facility", "add", "--id", "base", "--city",
            "mars", "--currency", "JPY", "--zone", "Mars/Base", "--name",
            "en=Base", server=server)


def test_never_live_is_said_to_let_a_photo_do(server, museum):
    done = run("benefit", "add", "--id", "never-live", "--name", "en=x",
               "--currency", "JPY", "--free", "--limit", "1/day", "--live",
               "never", server=server)
    assert done.returncode == 0, done.stderr
    assert "photo" in done.stderr
    ok(server, "benefit", "set", "never-live", "--withdrawn", "yes")


def test_tokens_carry_roles(daemon, server, museum, tmp_path):
    made = ok(server, "operator", "add", "--id", "desk", "--role", "viewer")
    token = made.split()[-1]
    (tmp_path / "token").write_text(token + "\n")
    url = "http://127.0.0.1:%d" % daemon.port
    by_token = ["--token-file", tmp_path / "token"]
    assert "tnm" in ok(url, *by_token, "facility", "list")
    refused(1, "operator", *by_token, *FACILITY, server=url)
    refused(1, "token", "facility", "list", server=url)
    (tmp_path / "wrong").write_text("x" * len(token))
    refused(1, "token", "--token-file", tmp_path / "wrong", "facility",
            "list", server=url)
    ok(server, "operator", "set", "desk", "--disabled", "yes")
    refused(1, "token", *by_token, "facility", "list", server=url)
    assert token not in daemon.log()


def test_reports_and_attempts(daemon, server, museum):
    kiosk = daemon.add_kiosk("tnm")
    card = museum.issue()
    for _ in range(2):
        status, answer = daemon.ask(kiosk.question(card, "museum-20",
                                                   party=2, amount=2000))
        assert status == 200, answer
    today = datetime.datetime.now(
        datetime.timezone(datetime.timedelta(hours=9))).date()
    first, last = (str(today - datetime.timedelta(1)),
                   str(today + datetime.timedelta(1)))
    days = ["--from", first, "--to", last]
    for name in ("redemptions", "facilities", "benefits", "issuers"):
        for by in (None, "day", "month", "facility", "benefit", "issuer"):
            how = ["--by", by] if by else []
            report = json.loads(ok(server, "report", name, *days, *how,
                                   "--format", "json"))
            assert len(report["rows"]) == 1
            for row in report["rows"] + report["total"]:
                assert row["currency"] == "JPY"
                assert row["redemptions"] == 1 and row["persons"] == 2
                assert row["list"] == 2000 and row["discount"] == 400
                assert row["refused_by"] == {"already-redeemed": 1}
            rows = list(csv.DictReader(io.StringIO(ok(
                server, "report", name, *days, *how, "--format", "csv"))))
            assert rows[0]["redemptions"] == "1"
            assert rows[0]["discount"] == "400"
            table = ok(server, "report", name, *days, *how)
            assert "400 JPY" in table and "already-redeemed 1" in table
    verdicts = ok(server, "report", "verdicts", *days)
    assert "accepted" in verdicts and "already-redeemed" in verdicts
    assert "nothing" in ok(server, "report", "redemptions", "--from",
                           "2020-01-01", "--to", "2020-01-02")

    found = json.loads(ok(server, "--json", "attempts", "list", *days))
    assert [a["verdict"] for a in found["attempts"]] == [
        "already-redeemed", "accepted"]
    first = found["attempts"][1]
    name = "%s/%s" % (first["kiosk"], first["id"])
    assert "accepted" in ok(server, "attempts", "show", name)
    assert "accepted" in ok(server, "pass", "lookup", "-",
                            stdin=m.code(card))
    assert "reversed" in ok(server, "attempts", "reverse", name)
    assert "already-reversed" in ok(server, "attempts", "reverse", name)
    report = json.loads(ok(server, "report", "redemptions", *days,
                           "--format", "json"))
    assert report["total"][0]["redemptions"] == 0
    assert report["total"][0]["reversed"] == 1


def test_a_full_standard_output_is_said(server, museum):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [oaprun.program("oapctl"), "facility", "list"],
            env=dict(os.environ, OAPCTL_SERVER=server), stdout=full,
            stderr=subprocess.PIPE, text=True)
    assert done.returncode == 4 and "standard output" in done.stderr
