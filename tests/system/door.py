# SPDX-License-Identifier: Apache-2.0
"""oap-kiosk at a door, and the service that it asks: fixtures for its
tests."""
import json
import os
import pathlib
import subprocess

import pytest

import fakeservice
import oapmsg as m
import oaprun

KIOSK = str(oaprun.program("oap-kiosk"))
SLOW = 5 if "san" in os.environ.get("OAP_PRESET", "asan") else 1
ACCEPT, REJECT, USAGE, UNDECIDED, RETRY = range(5)


class Door:
    def __init__(self, dir, service):
        self.dir, self.service = str(dir), service
        self.benefit = {"nmk": "day-kr", "tnm": "day-jp"}[service.facility]

    def run(self, command, *args, stdin=None, env=None):
        return subprocess.run(
            [KIOSK, command, "--dir", self.dir, *args], input=stdin,
            capture_output=True, timeout=120,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})

    def ask(self, command, *args):
        r = self.run(command, "--json", *args)
        assert r.stdout, r.stderr.decode()
        out = json.loads(r.stdout)
        out["exit"] = r.returncode
        return out

    def redeem(self, code, *args):
        return self.ask("redeem", "--benefit", self.benefit, *args, code)

    def enrolled(self):
        r = self.run("enrol", self.service.code())
        assert r.returncode == 0, r.stderr.decode()
        return self


@pytest.fixture
def service():
    s = fakeservice.Service()
    yield s
    s.close()


@pytest.fixture
def door(tmp_path, service):
    return Door(tmp_path / "kiosk", service).enrolled()


@pytest.fixture
def code(service):
    return m.code(service.issuer.issue(hint="K.M."))


def one_line(r):
    """What a refusal is: one line on stderr that names the program."""
    text = r.stderr.decode()
    assert text.startswith("oap-kiosk: ") and text.count("\n") == 1, text
    return text


def quick(tmp_path, deadline_ms=600, offline=True):
    """Sanitizers take their time; nobody waits over 5 s."""
    service = fakeservice.Service(deadline_ms=min(5000, deadline_ms * SLOW),
                                  offline=offline)
    return service, Door(tmp_path / "k", service).enrolled()
