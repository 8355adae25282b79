# SPDX-License-Identifier: Apache-2.0
"""What oapctl makes of what it is answered: by a server that is no oapd, and
with text in it that a terminal would obey."""
import json
import pathlib
import sys
import unicodedata

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import desk  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
from desk import answering, answering_json, refused, run  # noqa: E402

EVIL = "\x1b[31mEVIL\a\x7f\x9b31m\n"


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    issuer = oapcast.Issuer("kobe.example")
    files = desk.files_of(issuer, tmp_path_factory.mktemp("kobe"))
    return desk.each_command(["kobe.example", "--root",
                              m.public(issuer.root).hex(), *files])


@pytest.mark.parametrize("status, type, body", [
    (200, "text/html", b"<html>It works!</html>"),
    (200, None, b""),
    (204, None, b""),
    (200, "application/json", b"[]"),
    (200, "application/json", b'"yes"'),
    (200, "application/json", b'{"status": "ok"}'),
    (200, "application/json", b'{"broken'),
], ids=["html", "empty", "204", "array", "string", "object", "broken"])
def test_an_answer_of_something_else_is_no_success(lines, status, type, body):
    with answering(status, type, body) as (url, asked):
        for name, arguments in lines.items():
            for how in ([], ["--json"]):
                refused(4, "not from oapd", *how, *name.split(), *arguments,
                        server=url)
        for change in (["--round-to", "10"], ["--name", "en=x"]):
            refused(4, "not from oapd", "benefit", "set", "x", *change,
                    server=url)
        refused(4, "not from oapd", "report", "issuers", "--from",
                "2026-11-01", "--to", "2026-11-02", "--format", "csv",
                server=url)
    assert len(asked) == 2 * len(lines) + 3


@pytest.mark.parametrize("status, exit", [(404, 1), (302, 4), (502, 4)])
def test_an_error_of_something_else_is_told_with_its_status(status, exit):
    with answering(status, "text/html", b"<html></html>") as (url, _):
        refused(exit, "HTTP status %d" % status, "facility", "list",
                server=url)


def controls_in(text):
    return [c for c in text if unicodedata.category(c) == "Cc" and c != "\n"]


@pytest.mark.parametrize("name", ["kiosk show", "kiosk list", "kiosk revoke",
                                  "issuer show", "issuer add", "issuer list",
                                  "facility set", "attempts list"])
def test_a_terminal_obeys_nothing_that_comes_from_others(lines, name):
    one = {"kid": "0123456789abcdef", "id": "x", "iss": "kobe.example",
           "version": EVIL, "name": EVIL, "names": {"en": EVIL}, EVIL: EVIL,
           "keys": [{"kid": EVIL}], "facility": EVIL, "number": 1}
    answer = dict(one, kiosks=[one], issuers=[one], attempts=[one],
                  cursor=EVIL)
    with answering_json(answer) as (url, _):
        done = run(*name.split(), *lines[name], server=url)
        assert done.returncode == 0, done
        assert "EVIL" in done.stdout and not controls_in(done.stdout)
        as_json = run("--json", *name.split(), *lines[name],
                      server=url).stdout
        assert json.loads(as_json) == answer and not controls_in(as_json)


def test_a_page_without_a_find_is_not_the_end_of_the_search():
    """The service looks at so many rows a call."""
    for cursor, told in (("20261126-1050", "--cursor 20261126-1050\n"),
                         (None, "no attempts\n")):
        with answering_json({"attempts": [], "cursor": cursor}) as (url, _):
            done = run("attempts", "list", server=url)
        assert done.returncode == 0 and done.stdout.endswith(told)
        assert ("no attempts" in done.stdout) == (cursor is None)


def test_a_code_and_a_token_are_shown_without_what_a_terminal_obeys(lines):
    with answering_json({"id": "x", "code": EVIL, "token": EVIL}) as (url, _):
        for name in ("kiosk add", "operator add"):
            done = run(*name.split(), *lines[name], server=url)
            assert done.returncode == 0 and "EVIL" in done.stdout
            assert done.stdout.count("\n") == 1
            assert not controls_in(done.stdout + done.stderr)


def test_a_complaint_is_one_clean_line(lines):
    with answering_json({"detail": EVIL}, 409) as (url, _):
        done = run("facility", "list", server=url)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert "EVIL" in done.stderr and not controls_in(done.stderr)
    done = run("facility", EVIL)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "EVIL" in done.stderr and not controls_in(done.stderr)


@pytest.mark.parametrize("argument, path", [
    ("../policy", "..%2Fpolicy"), ("a/b", "a%2Fb"), ("a?b#c", "a%3Fb%23c"),
    ("%2e%2e", "%252e%252e"), ("tnm ", "tnm%20"), ("궁", "%EA%B6%81")])
def test_an_id_is_one_segment_of_the_path_whatever_is_in_it(argument, path):
    with answering_json({"id": "x"}) as (url, asked):
        assert run("facility", "show", argument,
                   server=url).returncode == 0
        assert run("facility", "set", argument, "--city", "x",
                   server=url).returncode == 0
    assert asked == ["GET /v1/facilities/" + path,
                     "PATCH /v1/facilities/" + path]


@pytest.mark.parametrize("argument", ["", ".", "..", "x" * 600])
def test_what_is_no_id_is_not_asked_for(argument):
    refused(2, "no id of anything", "facility", "show", argument,
            server="http://127.0.0.1:1")
    refused(2, "no id of anything", "operator", "set", argument,
            "--new-token", server="http://127.0.0.1:1")


@pytest.mark.parametrize("argument", [
    "", "/", "0123456789abcdef", "0123456789abcdef0/ab"])
def test_an_attempt_is_named_by_kiosk_and_id(argument):
    for verb in ("show", "reverse"):
        refused(2, "no id" if argument == "/" else "KIOSK/ID", "attempts",
                verb, argument, server="http://127.0.0.1:1")
