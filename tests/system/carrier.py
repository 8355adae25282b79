# SPDX-License-Identifier: Apache-2.0
"""A site without a network, for its tests: a service, a kiosk that cannot reach
it, and the files between them."""
import json
import os
import pathlib
import sqlite3
import subprocess

import pytest

import oapcast
import oapmsg as m
import oaprun
from desk import ok

DONE, REJECT, USAGE, UNDECIDED, RETRY = range(5)
PART = 256          # entries in a part of an export


class Kiosk:
    """oap-kiosk in a directory."""

    def __init__(self, dir):
        self.dir = pathlib.Path(dir)

    def run(self, command, *args, stdin=None, env=None):
        return subprocess.run(
            [oaprun.program("oap-kiosk"), command, "--dir", self.dir,
             *map(str, args)], input=stdin, capture_output=True, text=True,
            timeout=2 * oaprun.PATIENCE,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})})

    def ask(self, command, *args, status=DONE, **how):
        done = self.run(command, "--json", *args, **how)
        assert done.returncode == status, (done.stdout, done.stderr)
        assert done.stderr == ""
        return json.loads(done.stdout)

    def refuses(self, status, words, command, *args, **how):
        """One clear line, and nothing changed."""
        before = self.journal()
        done = self.run(command, *args, **how)
        assert done.returncode == status, (done.stdout, done.stderr)
        assert words in done.stderr and done.stderr.count("\n") == 1, \
            done.stderr
        assert done.stdout == "" and self.journal() == before

    def scan(self, lines):
        """What is no pass is told, and written down, without a network."""
        done = self.run("redeem", "--benefit", "visit", "-",
                        stdin="\n".join(lines) + "\n")
        assert done.returncode in (DONE, REJECT), done.stderr

    def rubbish(self, count):
        self.scan(["ticket %d" % i for i in range(count)])

    def redeem(self, code):
        return self.ask("redeem", "--benefit", "visit", "--amount", "2000",
                        code)

    def rows(self, sql):
        db = sqlite3.connect("file:%s/journal.db?mode=ro" % self.dir,
                             uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def journal(self):
        """All that it holds, of what a file could change."""
        return [self.rows("SELECT * FROM " + table) for table in (
            "entry", "bundle", "held", "clock", "refused", "identity", "use")]

    def messages(self):
        return [row[0] for row in self.rows(
            "SELECT message FROM entry ORDER BY seq")]

    @property
    def kid(self):
        return self.ask("status")["kiosk"]


class Site:
    """A service, and kiosks that could reach it once: then it moved."""

    def __init__(self, directory):
        self.directory = directory
        self.daemon = oaprun.Daemon(directory / "service").start()
        self.server = "unix:%s" % self.daemon.socket
        self.daemon.add_facility()
        self.daemon.add_benefit(uses=1)
        self.issuer = oapcast.Issuer()
        self.daemon.add_issuer(self.issuer)

    def kiosk(self, name):
        code = self.daemon.admin("POST", "/v1/kiosks", {"facility": "tnm"})
        kiosk = Kiosk(self.directory / name)
        kiosk.ask("enrol", code["code"])
        return kiosk

    def cut_off(self):
        """A port of the kernel's choice, which no kiosk knows."""
        assert self.daemon.stop() == 0
        self.daemon.start()

    def pass_code(self):
        return m.code(self.issuer.issue())

    def import_file(self, path, *options):
        return json.loads(ok(self.server, "--json", "import", path, *options))

    def carry(self, kiosk, back="back"):
        """There and back again: what each side said."""
        there, back = self.directory / "there", self.directory / back
        kiosk.ask("export", there)
        said = self.import_file(there, "--receipt", back)
        return said, kiosk.ask("import", back)

    def ledger(self):
        return sorted(self.daemon.attempts(), key=lambda a: a["id"])


@pytest.fixture
def site(tmp_path):
    s = Site(tmp_path)
    yield s
    assert s.daemon.stop() == 0


@pytest.fixture
def door(site):
    """A kiosk with an accepted visit, and many that were none; cut off."""
    kiosk = site.kiosk("door")
    assert kiosk.redeem(site.pass_code())["verdict"] == "accepted"
    site.cut_off()
    kiosk.rubbish(PART + 50)
    return kiosk


@pytest.fixture
def there(site, door):
    door.ask("export", site.directory / "there")
    return site.directory / "there"


@pytest.fixture
def back(site, there):
    site.import_file(there, "--receipt", site.directory / "back")
    return site.directory / "back"


def items_of(path):
    return m.decode(pathlib.Path(path).read_bytes())


def write_items(path, items):
    path.write_bytes(m.encode(items))
    return path
