# SPDX-License-Identifier: Apache-2.0
"""A service changes its key: the next one is announced in bundles for ninety
days, kiosks follow by themselves, and those that come late still speak under
the one before."""
import json
import pathlib
import subprocess
import sys
import time

import cbor2
import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
import powercut  # noqa: E402
from carrier import PART  # noqa: E402
from desk import ok  # noqa: E402
from door import Door  # noqa: E402

NOTICE = 90 * 86400


class Host:
    def __init__(self, directory):
        self.d = oaprun.Daemon(directory).start()
        self.d.file.write_text(self.d.file.read_text().replace(
            "port = 0", "port = %d" % self.d.port))
        self.d.add_facility()
        self.d.add_benefit(id="day-jp")
        self.issuer = oapcast.Issuer()
        self.d.add_issuer(self.issuer)
        self.facility = "tnm"

    def code(self):
        return self.d.admin("POST", "/v1/kiosks", {"facility": "tnm"})["code"]

    def key(self, step, status=0, env=None):
        done = subprocess.run(
            [oaprun.program("oapd"), "--config", self.d.file,
             "--%s-next-key" % step], capture_output=True, text=True, env=env,
            timeout=oaprun.PATIENCE)
        if status is None:
            return done.returncode
        assert done.returncode == status, done
        if status:
            assert done.stdout == "" and done.stderr.count("\n") == 1
        return done.stderr or done.stdout

    def file(self, name):
        return self.d.data / name

    def bundle(self):
        """Its payload, and whose signature it has."""
        message = self.d.raw("GET", "/v1/bundle", unix=True)[2]
        outer = m.decode(message)
        return m.decode(outer.value[2]), m.decode(outer.value[0])[4]

    def announce(self):
        self.key("make")
        assert self.d.stop() == 0
        self.d.start()
        return self.bundle()[0][8]

    def made(self, seconds_ago):
        """As if it had been made so long ago."""
        path = self.file("service.key.next")
        content = cbor2.loads(path.read_bytes())
        content[5] = int(time.time()) - seconds_ago
        path.write_bytes(m.encode(content))

    def change_over(self):
        self.made(NOTICE)
        assert self.d.stop() == 0
        self.key("use")
        self.d.start()


@pytest.fixture
def host(tmp_path):
    h = Host(tmp_path / "service")
    try:
        yield h
        assert h.d.stop() in (0, None), h.d.log()
    finally:
        h.d.kill()


def visit(door):
    return door.redeem(m.code(door.service.issuer.issue()))


def service_of(door):
    return bytes.fromhex(door.ask("status")["service"])


def test_a_key_that_was_made_is_announced_and_changes_nothing_else(host):
    before, signer = host.bundle()
    assert 8 not in before
    mode = host.file("service.key").stat().st_mode
    host.key("make")
    assert host.file("service.key.next").stat().st_mode == mode
    host.d.process.send_signal(1)
    oaprun.wait_for(lambda: 8 in host.bundle()[0], "the announcement")
    after, still = host.bundle()
    assert still == signer and after[1] > before[1]
    assert m.kid(after[8]) != signer
    assert "is there already" in host.key("make", status=4)
    assert host.bundle()[0][8] == after[8]


def test_kiosks_that_were_told_follow_by_themselves(tmp_path, host):
    door = Door(tmp_path / "kiosk", host).enrolled()
    first = service_of(door)
    told = visit(door)
    announced = host.announce()
    assert door.ask("sync")["exit"] == 0 and service_of(door) == first
    host.change_over()
    payload, signer = host.bundle()
    assert signer == m.kid(announced) != first and 8 not in payload
    # Under the key before, until it has fetched the bundle.
    assert visit(door)["verdict"] == "accepted"
    assert door.ask("sync")["exit"] == 0
    assert service_of(door) == signer
    assert visit(door)["verdict"] == "accepted"
    assert door.ask("reverse", told["id"])["verdict"] == "reversed"
    assert door.ask("sync")["unsent"] == 0
    assert door.ask("roll")["exit"] == 0
    assert visit(door)["verdict"] == "accepted"
    # A new kiosk starts with the new key.
    later = Door(tmp_path / "later", host).enrolled()
    assert service_of(later) == signer
    assert visit(later)["verdict"] == "accepted"


def test_a_file_of_before_the_change_is_taken_after_it(tmp_path, host):
    """A site without a network: each part is under the key that it knows."""
    door = Door(tmp_path / "kiosk", host).enrolled()
    host.announce()
    assert door.ask("sync")["exit"] == 0
    assert host.d.stop() == 0
    scans = "".join("ticket %d\n" % i for i in range(PART + 5))
    door.run("redeem", "--benefit", door.benefit, "-", stdin=scans.encode())
    there, back = str(tmp_path / "there"), str(tmp_path / "back")
    assert door.ask("export", there)["exit"] == 0
    host.d.start()
    host.change_over()
    said = json.loads(ok("unix:%s" % host.d.socket, "--json", "import", there,
                         "--receipt", back))
    assert said["entries"] == said["taken"] == PART + 5
    came = door.ask("import", back)
    assert (came["exit"], came["sent"], came["unsent"]) == (0, PART + 5, 0)
    assert service_of(door) == host.bundle()[1]


def test_what_was_known_of_passes_stays_known(tmp_path, host):
    door = Door(tmp_path / "kiosk", host).enrolled()
    code = m.code(host.issuer.issue())
    assert door.redeem(code)["verdict"] == "accepted"
    host.announce()
    door.ask("sync")
    host.change_over()
    assert door.redeem(code)["verdict"] == "already-redeemed"
    assert door.ask("sync")["unsent"] == 0
    assert host.d.attempts()[-1]["marks"] == []


def test_a_kiosk_that_was_never_told_keeps_to_the_old_key(tmp_path, host):
    door = Door(tmp_path / "kiosk", host).enrolled()
    first = service_of(door)
    host.announce()
    host.change_over()
    r = door.run("sync")
    assert r.returncode != 0
    assert b"not signed by the service that this kiosk was enrolled" in \
        r.stderr
    assert service_of(door) == first


def test_a_key_is_not_used_before_its_notice_is_over(host):
    host.announce()
    host.made(NOTICE - 86400)
    assert host.d.stop() == 0
    due = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))
    told = host.key("use", status=4)
    assert "still being told" in told and due in told
    assert not host.file("service.key.before").exists()
    host.d.start()


def test_a_running_daemon_keeps_its_key(host):
    host.announce()
    host.made(NOTICE)
    signer = host.bundle()[1]
    host.key("use", status=4)
    assert host.file("service.key.next").exists()
    assert host.bundle()[1] == signer


def test_without_a_next_key_there_is_none_to_use(tmp_path, host):
    assert host.d.stop() == 0
    assert "--make-next-key" in host.key("use", status=4)
    host.d.start()


def test_a_service_that_never_ran_has_no_key_to_follow(tmp_path):
    d = oaprun.Daemon(tmp_path)
    for step in "make", "use":
        done = subprocess.run(
            [oaprun.program("oapd"), "--config", d.file,
             "--%s-next-key" % step], capture_output=True, text=True)
        assert done.returncode == 4 and done.stderr.count("\n") == 1
        assert "service.key" in done.stderr
    assert not (d.data / "oapd.db").exists()


def test_a_database_of_before_opens_with_the_key_that_followed(tmp_path,
                                                               host):
    """Restored from a backup, with the keys of today."""
    host.announce()
    host.made(NOTICE)
    assert host.d.stop() == 0
    old = {p.name: p.read_bytes() for p in host.d.data.iterdir()
           if p.name.startswith("oapd.db")}
    host.key("use")
    host.d.start()
    signer = host.bundle()[1]
    assert host.d.stop() == 0
    for path in host.d.data.glob("oapd.db*"):
        path.unlink()
    for name, content in old.items():
        host.file(name).write_bytes(content)
    host.d.start()
    assert host.bundle()[1] == signer
    # And none with the key before, once it goes by the new one.
    assert host.d.stop() == 0
    host.file("service.key").write_bytes(
        host.file("service.key.before").read_bytes())
    host.file("service.key.before").unlink()
    with pytest.raises(oaprun.Dead) as refused:
        host.d.start()
    assert "is not the one that this database was used with" in \
        str(refused.value)


def test_no_power_cut_in_a_change_leaves_a_service_without_its_key(
        tmp_path, host, dice):
    door = Door(tmp_path / "kiosk", host).enrolled()
    cut = powercut.PowerCut(oaprun.build(), host.d.data)
    killed, changed = 0, 0
    for _ in range(12):
        next_one = m.kid(host.announce()) if not host.file(
            "service.key.next").exists() else m.kid(host.bundle()[0][8])
        assert door.run("sync").returncode == 0
        present = host.bundle()[1]
        host.made(NOTICE)
        assert host.d.stop() == 0
        cut.settle()
        killed += host.key("use", status=None, env=cut.environment(
            at=dice.randint(1, 14))) == -9
        cut.apply(dice if dice.random() < .5 else None)
        host.d.start()
        signer = host.bundle()[1]
        assert signer in (present, next_one)
        changed += signer == next_one
        assert visit(door)["verdict"] == "accepted"
        assert door.run("sync").returncode == 0
        assert service_of(door) == signer
    assert killed > 0 and changed > 0
