# SPDX-License-Identifier: Apache-2.0
"""What a daemon signs, opened by an implementation made from the CDDL alone:
its bundle, to the last key, as it was set up."""
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

DAY = 86400


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    d = oaprun.Daemon(tmp_path_factory.mktemp("bundle")).start()
    d.add_facility("tnm", "Asia/Tokyo", "JPY", "tokyo")
    d.add_facility("moma", "America/New_York", "USD", "new-york")
    d.add_benefit("half", value=5000, facilities=["tnm"],
                  issuers=["seoul.example"], classes=["adult", "senior"],
                  first_day="2026-01-01", last_day="2030-12-31",
                  closed_days=["2026-12-25"], live="always", offline=False,
                  hours=[{"weekdays": ["mon", "sun"], "from": "09:00",
                          "until": "18:30"}])
    d.add_benefit("free", "USD", kind="free", value=0)
    d.issuer = oapcast.Issuer()
    d.add_issuer(d.issuer)
    d.kiosk = d.add_kiosk()
    yield d
    assert d.stop() == 0


def fetch(daemon, etag=None):
    headers = {"If-None-Match": etag} if etag else {}
    return daemon.raw("GET", "/v1/bundle", headers=headers)


@pytest.fixture
def bundle(daemon):
    status, headers, message = fetch(daemon)
    assert (status, headers["Content-Type"]) == (200, "application/cose")
    return m.open_message(message, m.BUNDLE, daemon.kiosk.service_public)


def test_it_has_the_keys_of_the_cddl(bundle):
    assert set(bundle) - {8} == {1, 2, 3, 4, 5, 6, 7, 9, 10}
    now = time.time()
    assert now - 60 <= bundle[2] <= now + 1
    assert bundle[3] == bundle[2] + bundle[7][2]
    assert bundle[10] == []


def test_an_issuer_is_there_verbatim(daemon, bundle):
    root, document, tokens = bundle[4][0]
    assert len(bundle[4]) == 1
    assert root == m.public(daemon.issuer.root)
    assert m.open_message(document, m.ISSUER_DOCUMENT, root)[1] == \
        "seoul.example"
    assert [m.open_message(t, m.STATUS_TOKEN, m.public(daemon.issuer.key))[2]
            for t in tokens] == [daemon.issuer.uri]


def test_facilities_carry_their_offsets_for_the_next_year(bundle):
    moma, tnm = bundle[5]
    assert tnm == {1: "tnm", 2: "tokyo", 3: {"en": "TNM"}, 4: "JPY",
                   5: 9 * 3600, 6: []}
    assert (moma[1], moma[4]) == ("moma", "USD")
    starts = [start for start, _ in moma[6]]
    assert starts == sorted(starts) and 2 <= len(starts) <= 4
    assert {moma[5]} | {offset for _, offset in moma[6]} == \
        {-5 * 3600, -4 * 3600}
    assert starts[-1] - bundle[2] <= 401 * DAY


def test_benefits_are_as_they_were_set_up(bundle):
    free, half = bundle[6]
    assert half == {
        1: "half", 2: {"en": "half"}, 3: ["tnm"], 4: ["seoul.example"],
        5: [0, 3], 6: 0, 7: 5000, 8: 10, 9: 10, 10: [1, 0, 1],
        11: 20260101, 12: 20301231, 13: [[1 | 64, 540, 1110]],
        14: [20261225], 15: 1, 16: False, 17: 30, 18: "JPY"}
    assert (free[1], free[6], free[7], free[18]) == ("free", 3, 0, "USD")


def test_the_kiosk_is_in_it(daemon, bundle):
    assert [daemon.kiosk.kid, "tnm", 1] in bundle[9]


def test_it_is_told_once_until_it_changes(daemon):
    status, headers, message = fetch(daemon)
    etag = headers["ETag"]
    assert fetch(daemon, etag)[0] == 304
    before = m.open_message(message, m.BUNDLE, daemon.kiosk.service_public)
    daemon.admin("PATCH", "/v1/benefits/free", {"party_max": 9})
    status, headers, message = oaprun.wait_for(
        lambda: (lambda r: r if r[0] == 200 else None)(fetch(daemon, etag)),
        "a bundle with the change")
    after = m.open_message(message, m.BUNDLE, daemon.kiosk.service_public)
    assert headers["ETag"] != etag
    assert after[1] > before[1] and after[2] >= before[2]
    assert after[6][0][9] == 9
