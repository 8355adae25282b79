# SPDX-License-Identifier: Apache-2.0
"""Offsets that bundles carry, against Python's reading of the time-zone
database: every zone with a place's name, at several times of several years."""
import pathlib
import subprocess
import sys
import zoneinfo
from datetime import datetime, timezone

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import oaprun  # noqa: E402

TOOL = oaprun.build() / "tests/unit/tool_zone"
DAY = 86400
BACK, AHEAD = 40 * DAY, 400 * DAY
TIMES = [1795478400, 1775000000, 1799000000, 1830297600, 1711846800]


def place_names():
    return sorted(name for name in zoneinfo.available_timezones()
                  if "/" in name and not name.startswith(("right/", "posix/")))


def offset_at(zone, t):
    at = datetime.fromtimestamp(t, timezone.utc).astimezone(zone)
    return round(at.utcoffset().total_seconds())


def spans(asked):
    lines = "".join(f"{name} {now}\n" for name, now in asked)
    done = subprocess.run([TOOL], input=lines, capture_output=True, text=True,
                          check=True)
    return done.stdout.splitlines()


def read_span(line):
    first, *changes = line.split()
    return int(first), [tuple(map(int, c.split(":"))) for c in changes]


def assert_span(name, now, line):
    """At each end of each run of one offset, and daily between them."""
    zone = zoneinfo.ZoneInfo(name)
    first, changes = read_span(line)
    start, end = now - BACK, now + AHEAD
    edges = [(start, first), *changes, (end + 1, None)]
    for (begin, offset), (until, _) in zip(edges, edges[1:]):
        assert begin < until, (name, now, line)
        days = range(begin, until, DAY)
        for t in {begin, until - 1, *days}:
            assert offset_at(zone, t) == offset, (name, now, t, line)


def test_every_place_has_the_offsets_of_the_database():
    asked = [(name, now) for name in place_names() for now in TIMES]
    assert len(asked) > 400 * len(TIMES)
    lines = spans(asked)
    assert len(lines) == len(asked)
    for (name, now), line in zip(asked, lines):
        assert line != "unknown", name
        assert_span(name, now, line)


def test_local_days_turn_where_python_says():
    """Seoul, Honolulu, Kathmandu, New York over its changes: the local day of
    each hour, worked out from the span alone."""
    names = ["Asia/Seoul", "Pacific/Honolulu", "Asia/Kathmandu",
             "America/New_York"]
    now = TIMES[0]
    for name, line in zip(names, spans([(n, now) for n in names])):
        zone = zoneinfo.ZoneInfo(name)
        first, changes = read_span(line)
        for t in range(now - BACK, now + AHEAD, 3600):
            offset = first
            for begin, later in changes:
                if t >= begin:
                    offset = later
            day = datetime.fromtimestamp(t + offset, timezone.utc).date()
            assert day == datetime.fromtimestamp(t, zone).date(), (name, t)


def test_a_name_that_is_not_there_is_unknown():
    assert spans([("Asia/Nowhere", TIMES[0]), ("KST-9", TIMES[0])]) == [
        "unknown", "unknown"]
