# SPDX-License-Identifier: Apache-2.0
"""A service that was restored from a copy of its database has every visit
again, with the verdict that was told, without a hand's turn; and a kiosk whose
directory was restored decides nothing alone."""
import json
import pathlib
import shutil
import sqlite3
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import oaprun  # noqa: E402
from test_offline import Door, Service  # noqa: E402

VISITS = 60


@pytest.fixture
def service(tmp_path):
    made = Service(tmp_path / "service")
    yield made
    assert made.stop() in (0, None)


@pytest.fixture
def doors(tmp_path, service):
    return [Door(tmp_path / ("door-%d" % i), service, where)
            for i, where in enumerate(("tnm", "palace"))]


def copy_database(service, to):
    """As a backup is made, while it runs."""
    source = sqlite3.connect(service.data / "oapd.db")
    target = sqlite3.connect(to)
    with target:
        source.backup(target)
    source.close()
    target.close()


def restore(service, copy):
    service.kill()
    for name in ("oapd.db", "oapd.db-wal", "oapd.db-shm"):
        (service.data / name).unlink(missing_ok=True)
    shutil.copy(copy, service.data / "oapd.db")
    service.start()


def visits(service, doors, number):
    """{id: verdict told}, some of them decided at the door."""
    told = {}
    for i in range(number):
        if i == number // 2:
            service.kill()
        if i == number // 2 + 4:
            service.start()
        scanned = service.city.issue()
        status, out = doors[i % 2].redeem(scanned)
        assert status == 0, out
        told[out["id"]] = out["verdict"]
        if i % 7 == 0:
            status, out = doors[(i + 1) % 2].redeem(scanned)
            told[out["id"]] = out["verdict"]
        if i % 11 == 0 and not service.ended():
            for door in doors:
                door.sync()
    return told


def known(service):
    return {a["id"]: a["told"] for a in service.attempts()}


def test_after_a_restore_every_visit_is_there_again(service, doors,
                                                    tmp_path):
    before = visits(service, doors, 12)
    for door in doors:
        door.sync()
    copy_database(service, tmp_path / "copy.db")
    after = visits(service, doors, VISITS)
    for door in doors:
        assert door.sync()["unsent"] == 0
    uses, told = service.uses(), known(service)
    conflicts = len(service.ctl("conflicts")["conflicts"])
    assert {id: told[id] for id in {**before, **after}} == {**before, **after}
    restore(service, tmp_path / "copy.db")
    assert len(known(service)) < len(told)
    for _ in range(2):      # what a running kiosk does every five minutes
        for door in doors:
            door.sync()
    assert known(service) == told
    assert service.uses() == uses
    assert len(service.ctl("conflicts")["conflicts"]) == conflicts
    assert service.ctl("disputed")["disputed"] == []
    # the doors go on as ever, also alone
    assert doors[0].redeem(service.city.issue())[1]["by_service"]
    service.kill()
    assert doors[0].redeem(service.city.issue())[1]["verdict"] == \
        "accepted-offline"


def test_a_kiosk_that_was_restored_decides_nothing_alone(service, doors,
                                                         tmp_path):
    door = doors[0]
    door.redeem(service.city.issue())
    door.sync()
    shutil.copytree(door.dir, tmp_path / "copy")
    for _ in range(3):
        door.redeem(service.city.issue())
    door.sync()
    shutil.rmtree(door.dir)
    shutil.copytree(tmp_path / "copy", door.dir)
    # until it hears of it, it cannot know; then it asks for every visit
    door.sync()
    assert door.redeem(service.city.issue())[1]["verdict"] == "accepted"
    service.kill()
    status, told = door.redeem(service.city.issue())
    assert told["verdict"] == "offline-not-allowed" and status == 3
    service.start()
    door.sync()
    kid = json.loads(door.run("status", "--json").stdout)["kiosk"]
    # its new entries are under numbers that are taken: kept, and shown
    assert {a["told"] for a in service.attempts(kiosk=kid)} == {
        "accepted", "offline-not-allowed"}
