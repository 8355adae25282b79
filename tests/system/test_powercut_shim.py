# SPDX-License-Identifier: Apache-2.0
"""The power cut itself, on a program that does nothing but commit: what was
acknowledged stays where fsync was used, and goes where it was not."""
import pathlib
import sqlite3
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import oaprun  # noqa: E402
import powercut  # noqa: E402

BUILD = oaprun.build()
ROWS = BUILD / "tests/fault/tool_rows"


@pytest.fixture
def cut(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    return powercut.PowerCut(BUILD, data)


def run_until_cut(cut, arguments, at, **options):
    """The last row that was acknowledged before the process died."""
    done = subprocess.run([ROWS, *map(str, arguments)],
                          env=cut.environment(at=at, **options),
                          stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == -9, done
    lines = done.stdout.splitlines()
    return int(lines[-1]) if lines else 0


def rows_of(path):
    if not path.exists() or path.stat().st_size == 0:
        return []
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    has = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    rows = [r[0] for r in db.execute("SELECT id FROM rows ORDER BY id")] \
        if has else []
    db.close()
    return rows


def lost_rows(cut, dice, journal, synchronous="FULL", cuts=15, survive=True,
              **options):
    """Acknowledged rows that are gone after each of some power cuts."""
    path, acknowledged, lost = cut.directory / "rows.db", 0, 0
    for _ in range(cuts):
        last = run_until_cut(cut, ["db", path, journal, synchronous],
                             dice.randint(1, 400), **options)
        acknowledged = max(acknowledged, last)
        cut.apply(dice if survive and dice.random() < .5 else None)
        rows = rows_of(path)
        assert rows == list(range(1, len(rows) + 1))
        lost += max(0, acknowledged - len(rows))
        # It may have been committed and not yet acknowledged.
        assert len(rows) <= acknowledged + 1
        acknowledged = len(rows)
    return lost


def test_power_is_cut_where_the_path_to_the_shim_has_a_space(tmp_path):
    (tmp_path / "a build").symlink_to(BUILD)
    cut = powercut.PowerCut(tmp_path / "a build", tmp_path / "data")
    run_until_cut(cut, ["files", cut.directory], 20)
    cut.apply()


def test_no_acknowledged_row_is_lost_with_a_write_ahead_log(cut, dice):
    assert lost_rows(cut, dice, "wal") == 0


def test_no_acknowledged_row_is_lost_with_a_rollback_journal(cut, dice):
    assert lost_rows(cut, dice, "delete", "EXTRA") == 0


def test_a_deleted_journal_comes_back_when_its_directory_was_not_synced(
        cut, dice):
    # What SQLite's documentation says of FULL, and why EXTRA is there.
    assert lost_rows(cut, dice, "delete", "FULL", survive=False) > 0


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_acknowledged_rows_are_lost_with_synchronous_off(cut, dice, journal):
    path, lost = cut.directory / "rows.db", 0
    for _ in range(5):
        last = run_until_cut(cut, ["db", path, journal, "FULL"],
                             dice.randint(100, 400), synchronous_off=True)
        assert cut.apply() > 0
        lost += last - len(rows_of(path))
        for file in cut.directory.iterdir():
            file.unlink()
    assert lost > 0


def files_of(directory):
    return {f.name: f.read_text() for f in directory.iterdir()
            if f.name != "new"}


def expected_files(last):
    return {"file-%d" % (n % 5): "%d\n" % n
            for n in range(max(1, last - 4), last + 1)}


def test_a_file_that_was_synced_and_renamed_stays(cut, dice):
    for _ in range(15):
        for file in cut.directory.iterdir():
            file.unlink()
        cut.settle()
        last = run_until_cut(cut, ["files", cut.directory],
                             dice.randint(1, 200))
        cut.apply(dice if dice.random() < .5 else None)
        assert files_of(cut.directory) in (expected_files(last),
                                           expected_files(last + 1))


def test_a_file_that_nobody_synced_is_gone(cut, dice):
    last = run_until_cut(cut, ["careless", cut.directory], 200)
    assert last > 5
    assert cut.apply() > 0
    assert list(cut.directory.iterdir()) == []
