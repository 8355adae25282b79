# SPDX-License-Identifier: Apache-2.0
"""A kiosk that does as it likes, at the real service."""
import pytest

import oapmsg as m
from town import service  # noqa: F401

ACCEPTED, OFFLINE = 1, 2


class Rogue:
    """A kiosk with a valid key, and code of its own."""

    def __init__(self, service, facility="tnm"):
        self.service, self.kiosk = service, service.add_kiosk(facility)

    def accept(self, scanned=None, told=OFFLINE, amount=2400, discount=480,
               benefit="visit", **how):
        return self.kiosk.attempt(scanned or self.service.city.issue(),
                                  benefit, told, amount=amount,
                                  discount=discount, **how)

    def send(self, *items, report=None):
        status, answer = self.service.upload(
            report or self.kiosk.report(), items)
        assert status == 200, answer
        return answer["results"]

    def refresh(self):
        bundle = self.service.raw("GET", "/v1/bundle")[2]
        self.kiosk.epoch = m.decode(m.decode(bundle).value[2])[1]

    def disputed(self):
        """{reason: how many}, and none of them in a total."""
        found = self.service.ctl("disputed")["disputed"]
        reasons = {}
        for attempt in found:
            assert not attempt["counts"]
            assert "disputed" in attempt["marks"]
            reasons[attempt["dispute"]] = reasons.get(attempt["dispute"],
                                                      0) + 1
        return reasons


@pytest.fixture
def rogue(service):  # noqa: F811
    return Rogue(service)
