# SPDX-License-Identifier: Apache-2.0
"""The example of a till of another maker, built against what is installed and
run at a door."""
import os

import pytest

import oapmsg as m
from door import door, service
from test_installed import SANITIZERS, flags_of, one, prefix, run


@pytest.fixture(scope="module")
def till(prefix, tmp_path_factory):
    """With nothing but the header and pkg-config."""
    program = tmp_path_factory.mktemp("till") / "pos"
    example = one(prefix, "pos.c")
    assert example.parent == prefix / "share/doc/one-asia-pass/examples"
    run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
        *SANITIZERS.get(os.environ.get("OAP_PRESET"), []),
        example, "-o", program, *flags_of(prefix, "--cflags", "--libs"))

    def sell(*args, lines=(), status=0):
        return run(program, *args, status=status, input="".join(
            line + "\n" for line in lines), env=dict(
                os.environ,
                LD_LIBRARY_PATH=str(one(prefix, "liboap.so").parent)))
    return sell


def test_the_example_is_short(prefix):
    assert len(one(prefix, "pos.c").read_text().splitlines()) < 100


@pytest.mark.parametrize("lang,to_pay", [
    ("en", "To pay"), ("ko", "결제 금액"), ("ja", "お支払い"),
    ("zh", "应付")])
def test_a_visitor_reads_what_to_pay(till, door, service, lang, to_pay):
    code = m.code(service.issuer.issue())
    said = till(door.dir, "day-kr", lang, "24000", lines=[code]).stdout
    assert said.splitlines()[1:] == ["%s: 19,200 KRW" % to_pay]
    entry, payload, _ = service.held[1]
    assert (payload[8], payload[9], payload[10]) == (24000, 4800, 1)


def test_a_used_pass_pays_nothing_here_and_is_told_what_to_do(till, door,
                                                              service):
    code = m.code(service.issuer.issue())
    said = till(door.dir, "day-kr", "ko", "24000", lines=[code, code]).stdout
    assert said.count("결제 금액") == 1 and len(said.splitlines()) == 4
    assert [service.held[seq][1][10] for seq in (1, 2)] == [1, 64]


def test_a_visit_is_taken_back_and_the_pass_is_good_again(till, door,
                                                          service):
    code = m.code(service.issuer.issue())
    said = till(door.dir, "day-kr", "en", "24000",
                lines=[code, "undo", code]).stdout
    assert said.count("To pay: 19,200 KRW") == 2
    assert service.held[2][1][6][1] == service.held[1][1][1]
    id = service.held[3][1][1].hex()
    till(door.dir, "day-kr", "en", "24000", lines=["undo " + id])
    assert service.held[4][1][6][1].hex() == id
    assert not service.used


def test_what_cannot_be_done_is_a_line_of_complaint(till, door, tmp_path):
    told = till(tmp_path / "none", "day-kr", "en", "1", status=4)
    assert str(tmp_path / "none") in told.stderr
    told = till(door.dir, "day-kr", "en", "24000", lines=["undo"])
    assert told.stderr.count("\n") == 1 and "not an id" in told.stderr
    told = till(door.dir, "day-kr", "en", "10.5")
    assert "whole number of KRW" in told.stderr
