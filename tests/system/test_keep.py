# SPDX-License-Identifier: Apache-2.0
"""How long a kiosk keeps what it has sent: as its operator says, in the
journal, and whatever then uses it."""
import sqlite3

import pytest

from carrier import (DONE, PART, USAGE, back, door, site,  # noqa: F401
                     there)


def age(kiosk, days):
    db = sqlite3.connect(kiosk.dir / "journal.db")
    db.execute("UPDATE entry SET effective_ms = effective_ms - ?1,"
               " settled_ms = settled_ms - ?1", (days * 86400000,))
    db.commit()
    db.close()


def count(kiosk):
    return kiosk.rows("SELECT count(*) FROM entry")[0][0]


def test_the_days_are_set_once_and_shown(door):
    assert door.ask("status")["keep_days"] == 35
    assert door.ask("keep", "--days", "400") == {"keep_days": 400}
    assert door.ask("status")["keep_days"] == 400
    assert "kept for 400 days" in door.run("status").stdout
    assert "400 days" in door.run("keep", "--days", "400").stdout


@pytest.mark.parametrize("days", ["29", "3651", "0", "-40", "forty", "40d",
                                  ""])
def test_what_is_no_number_of_days_is_refused(door, days):
    door.refuses(USAGE, "must be a number of days, 30 to 3650", "keep",
                 "--days", days)


def test_the_days_must_be_said(door):
    door.refuses(USAGE, "--days: must say for how long", "keep")


def test_sent_entries_go_with_the_first_receipt_after_that_time(site, door):
    """All of them: a kiosk without a network has few occasions."""
    door.rubbish(900)
    written = PART + 51 + 900
    site.carry(door)
    door.ask("keep", "--days", "100")
    age(door, 99)
    site.carry(door)
    assert count(door) == written
    age(door, 2)
    site.carry(door)
    assert count(door) == 1     # the last, to which the next is chained
    door.rubbish(1)
    site.carry(door)
    assert count(door) == 1
    assert len(site.ledger()) == written + 1


def test_sent_entries_go_with_the_reports_after_that_time(site):
    kiosk = site.kiosk("door")
    kiosk.rubbish(1500)
    assert kiosk.ask("sync")["unsent"] == 0
    age(kiosk, 36)
    left = [count(kiosk)]
    while left[-1] > 1:
        assert kiosk.run("sync").returncode == DONE
        left.append(count(kiosk))
    assert left == [1500, 1500 - 1024, 1]


def test_what_is_not_sent_does_not_go(site, door, back):
    """And what is sent after a long time stays from then on."""
    door.rubbish(3)
    age(door, 4000)
    came = door.ask("import", back)
    assert (came["sent"], came["unsent"]) == (PART + 51, 3)
    assert count(door) == PART + 54
    age(door, 36)
    site.carry(door)
    assert count(door) == 3
    assert len(site.ledger()) == PART + 54


def test_what_came_late_is_there_for_a_service_that_was_restored(site):
    kiosk = site.kiosk("door")
    kiosk.rubbish(20)
    age(kiosk, 36)
    assert kiosk.ask("sync")["unsent"] == 0
    kiosk.run("sync")
    assert count(kiosk) == 20
