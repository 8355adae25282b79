# SPDX-License-Identifier: Apache-2.0
"""oapctl against a running daemon: reports, and attempts one by one."""
import csv
import datetime
import io
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import desk  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from desk import ok  # noqa: E402


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    d = oaprun.Daemon(tmp_path_factory.mktemp("oapctl")).start()
    yield d
    assert d.stop() == 0, d.log()


@pytest.fixture(scope="module")
def server(daemon):
    return "unix:%s" % daemon.socket


@pytest.fixture(scope="module")
def museum(server, tmp_path_factory):
    issuer = oapcast.Issuer("seoul.example")
    desk.open_museum(server, issuer, tmp_path_factory.mktemp("city"))
    return issuer


def test_the_columns_of_a_csv_report_are_described(server, museum):
    text = (pathlib.Path(__file__).resolve().parents[2]
            / "server/daemon/openapi.yaml").read_text()
    for name in ("redemptions", "verdicts"):
        header = ok(server, "report", name, "--from", "2026-11-01", "--to",
                    "2026-11-02", "--format", "csv").splitlines()[0]
        columns = header.split(",")
        assert columns[0] in ("day", "facility")
        assert ", ".join(columns[1:]) in " ".join(text.split()), header


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
