# SPDX-License-Identifier: Apache-2.0
"""The real daemon with places and passes, and the real oap-kiosk at its doors:
fixtures for the tests of both together."""
import json
import os
import subprocess
import time

import pytest

import desk
import oapcast
import oapmsg as m
import oaprun


class Service(oaprun.Daemon):
    """A museum and a palace in Tokyo, and residents of Seoul."""

    def __init__(self, directory):
        super().__init__(directory)
        self.start()
        self.file.write_text(self.file.read_text().replace(
            "port = 0", "port = %d" % self.port))
        # a day ago, so that what happened since can be told
        self.city = oapcast.Issuer(now=int(time.time()) - 86400)
        self.add_facility("tnm")
        self.add_facility("palace")
        self.add_benefit("visit")
        self.add_benefit("guided", offline=False)
        self.add_issuer(self.city)

    def restart(self):
        self.kill()
        return self.start()

    def ctl(self, *arguments):
        return json.loads(desk.ok("unix:%s" % self.socket, "--json",
                                  *arguments))

    def uses(self):
        """Counted, by the report of today and the days around it."""
        days = [time.strftime("%Y-%m-%d", time.gmtime(time.time() + at * 86400))
                for at in (-9, 2)]
        rows = self.admin("GET", "/v1/reports/redemptions?from=%s&to=%s" %
                          tuple(days))["rows"]
        return sum(row["redemptions"] for row in rows)

    def publish(self, token):
        return self.admin("PATCH", "/v1/issuers/seoul.example",
                          {"tokens": [m.as_base64(token)]})


class Door:
    """A real oap-kiosk at a facility of the service."""

    def __init__(self, directory, service, facility="tnm"):
        self.dir = str(directory)
        code = service.admin("POST", "/v1/kiosks", {"facility": facility})
        done = self.run("enrol", code["code"])
        assert done.returncode == 0, done.stderr

    def env(self):
        """Of its programs."""
        return {**os.environ, "LC_ALL": "C.UTF-8"}

    def run(self, command, *arguments):
        return subprocess.run(
            [oaprun.program("oap-kiosk"), command, "--dir", self.dir,
             *arguments], capture_output=True, timeout=oaprun.PATIENCE,
            text=True, env=self.env())

    def redeem(self, scanned, benefit="visit", amount="2400"):
        done = self.run("redeem", "--json", "--benefit", benefit, "--amount",
                        amount, m.code(scanned))
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def sync(self):
        done = self.run("sync", "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path / "service")
    yield made
    assert made.stop() in (0, None)


@pytest.fixture
def door(tmp_path, service):
    return Door(tmp_path / "door", service)
