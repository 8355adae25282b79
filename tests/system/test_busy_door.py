# SPDX-License-Identifier: Apache-2.0
"""Visits go ahead while their kiosk changes its key or is wiped, in one
process; each is told once, under one key, and is in that key's chain."""
import hashlib
import os
import pathlib
import subprocess
import sys

import pytest

import oapmsg as m
import oaprun
from door import Door
from rollservice import REVOKED, Service
from test_installed import SANITIZERS

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    made = tmp_path_factory.mktemp("busy") / "busydoor"
    library = oaprun.build() / "client/lib"
    subprocess.run(
        ["cc", "-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror",
         *SANITIZERS.get(os.environ.get("OAP_PRESET"), []),
         "-I", TOP / "client/lib/include", TOP / "tests/system/busydoor.c",
         "-L", library, "-loap", "-Wl,-rpath," + str(library), "-pthread",
         "-o", made], check=True)
    return made


@pytest.fixture
def service():
    s = Service()
    yield s
    s.close()


def run(program, door, what, codes):
    done = subprocess.run(
        [program, door.dir, door.benefit, what], input="\n".join(codes) + "\n",
        capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stderr == "", done
    lines = [line.split() for line in done.stdout.splitlines()]
    return lines, int(lines[-1][1])


def held_once(service):
    """id -> number told, from every key's chain, which must be whole."""
    found = {}
    for kid, held in service.held_of.items():
        prev = bytes(32)
        for seq in range(1, len(held) + 1):
            entry, payload, _ = held[seq]
            assert payload[3] == prev
            prev = hashlib.sha256(entry).digest()
            assert payload[1].hex() not in found
            found[payload[1].hex()] = payload[10]
    assert all(len(v) == 1 for v in service.versions.values())
    return found


def test_visits_go_ahead_while_the_key_is_rolled(program, tmp_path, service):
    door = Door(tmp_path / "kiosk", service).enrolled()
    codes = [m.code(service.issuer.issue()) for _ in range(150)]
    lines, rolls = run(program, door, "roll", codes)
    told = {line[2]: int(line[1]) for line in lines if line[0] == "told"}
    assert list(told.values()) == [1] * 150
    assert rolls > 0 and len(service.known) >= rolls + 1
    assert held_once(service) == told


def test_a_wipe_waits_for_the_visit_that_is_under_way(program, tmp_path,
                                                      service):
    door = Door(tmp_path / "kiosk", service).enrolled()
    codes = [m.code(service.issuer.issue()) for _ in range(150)]
    ask = service.answer_ask

    def ask_until_revoked(body):
        if len(service.asked) == 50:
            service.states[m.kid(service.kiosk)] = REVOKED
            service.newer()
        return ask(body)

    service.answer_ask = ask_until_revoked
    lines, _ = run(program, door, "refresh", codes)
    told = {line[2]: int(line[1]) for line in lines
            if line[0] == "told" and len(line) == 3}
    # Then it is revoked by its bundle, at last wiped, and tells nobody.
    assert 50 <= len(told) < 150 and set(told.values()) == {1}
    assert set(map(tuple, lines[len(told):-1])) <= {("told", "121"),
                                                   ("result", "14")}
    assert door.ask("status")["wiped"] is True
    assert held_once(service) == told
