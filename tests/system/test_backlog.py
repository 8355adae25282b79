# SPDX-License-Identifier: Apache-2.0
"""A door that was alone for long: several uploads under way at once, whose
answers overtake each other, get lost, or tell of a service that was put
back."""
import collections
import signal
import subprocess
import threading
import time

import pytest

import fakeservice
import oapmsg as m
import oaprun
from door import KIOSK, RETRY, Door

UPLOAD = 256    # ITEMS_PER_UPLOAD_MAX
FLIGHTS = 4     # KIOSK_FLIGHTS
VISITS = 6 * UPLOAD + 10
BAD_GATEWAY = 502, {"title": "Bad Gateway", "status": 502}


class Service(fakeservice.Service):
    """Notes which entries came how often, and how many uploads were in hand
    at once. before(first seq, how many uploads came before): runs ahead of
    an upload's answer. broken: for an upload by that number, whether it was
    taken before a gateway said that the service cannot be reached."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.came = collections.Counter()
        self.in_hand = self.most = self.uploads = 0
        self.before = lambda first, n: None
        self.broken = {}
        self.sizes = []

    def seqs(self, items):
        entries = (m.decode(encoded)[0] for encoded in items)
        return [m.open_message(entry, m.decode(m.decode(entry).value[0])[16],
                               self.kiosk)[2] for entry in entries]

    def answer_entries(self, body):
        seqs = self.seqs(m.decode(body)[1])
        with self.lock:
            self.came.update(seqs)
            self.in_hand += 1
            self.most = max(self.most, self.in_hand)
            n = self.uploads
            self.uploads += 1
            self.sizes.append(len(seqs))
        if seqs:
            self.before(seqs[0], n)
        with self.lock:
            self.in_hand -= 1
            if self.broken.get(n, True):
                answer = super().answer_entries(body)
        return BAD_GATEWAY if n in self.broken else answer


@pytest.fixture
def service():
    made = Service()
    yield made
    made.close()


@pytest.fixture
def door(tmp_path, service):
    """With its backlog, and the service there again."""
    made = Door(tmp_path / "kiosk", service).enrolled()
    service.trouble["/v1/ask"] = service.trouble["/v1/entries"] = "drop"
    made.run("redeem", "--benefit", made.benefit, "-",
             stdin=b"no pass\n" * VISITS)
    assert made.ask("status")["unsent"] == VISITS
    service.trouble.clear()
    return made


def holds_all(service):
    assert sorted(service.held) == list(range(1, VISITS + 1))


def test_four_are_under_way_at_once_and_nothing_is_sent_twice(door, service):
    full = threading.Event()

    def before(first, n):
        """None is answered before as many are here as there may be."""
        if service.in_hand == FLIGHTS:
            full.set()
        assert full.wait(oaprun.PATIENCE)
    service.before = before
    out = door.ask("sync")
    assert (out["exit"], out["sent"], out["unsent"]) == (0, VISITS, 0)
    assert service.most == FLIGHTS
    holds_all(service)
    assert set(service.came.values()) == {1}
    # and the last one said that there is nothing left
    assert service.reports[-1][17] == 0 and 16 not in service.reports[-1]


def test_an_answer_that_was_overtaken_is_no_loss(door, service):
    """The first upload is answered after the three that left with it: what
    they say that the service holds is less than what the kiosk knows by
    then."""
    def before(first, n):
        if first == 1:
            oaprun.wait_for(
                lambda: len(service.held) == (FLIGHTS - 1) * UPLOAD,
                "the others")
    service.before = before
    out = door.ask("sync")
    assert (out["exit"], out["unsent"]) == (0, 0)
    holds_all(service)
    assert set(service.came.values()) == {1}


def test_one_that_hangs_does_not_set_the_clock_back(door, service):
    """The answers of the others are as old as they are when they are read."""
    def before(first, n):
        if first == 1:
            oaprun.wait_for(
                lambda: len(service.held) == (FLIGHTS - 1) * UPLOAD,
                "the others")
            time.sleep(4)
            service.broken[n] = False
    service.before = before
    assert door.run("sync").returncode == RETRY
    assert service.came[1] == 1
    assert abs(door.ask("status")["clock_offset_ms"]) < 1000


@pytest.mark.parametrize("which", [0, 2, 5])
@pytest.mark.parametrize("taken", [False, True])
def test_one_that_gets_no_answer_is_sent_again(door, service, which, taken):
    service.broken[which] = taken
    assert door.run("sync").returncode == RETRY
    first = set(service.came)
    size = service.sizes[which]
    left = door.ask("status")["unsent"]
    # of the others, those that were under way with it among them, all
    # is done
    assert left == VISITS - len(first) + size
    out = door.ask("sync")
    assert (out["exit"], out["sent"], out["unsent"]) == (0, left, 0)
    holds_all(service)
    again = {s for s, n in service.came.items() if n > 1}
    assert len(again) == size and again < first


def test_a_service_put_back_meanwhile_gets_all_of_it_again(door, service):
    def before(first, n):
        if n == 3:
            with service.lock:
                service.held.clear()
    service.before = before
    out = door.ask("sync")
    assert (out["exit"], out["unsent"]) == (0, 0)
    holds_all(service)


def test_what_was_lost_before_anybody_heard_of_it_is_sent_again(door,
                                                                service):
    """One upload is taken, and the service put back before it takes the
    others: what it holds only grows, as far as the kiosk is told."""
    gone = threading.Event()

    def before(first, n):
        if gone.is_set() or first == UPLOAD + 1:
            return
        oaprun.wait_for(lambda: service.held or gone.is_set(), "the second")
        with service.lock:
            if not gone.is_set():
                assert sorted(service.held)[0] == UPLOAD + 1
                service.held.clear()
            gone.set()
    service.before = before
    out = door.ask("sync")
    assert (out["exit"], out["unsent"]) == (0, 0)
    holds_all(service)


def test_a_service_that_keeps_nothing_is_not_asked_for_ever(door, service):
    answer = service.answer_entries

    def forgets(body):
        status, said = answer(body)
        with service.lock:
            service.held.clear()
        said["held"] = {"seq": 0, "count": 0, "hash": "00" * 32}
        return status, said
    service.answer_entries = forgets
    out = door.ask("sync")
    assert out["exit"] == RETRY and out["unsent"] > 0
    assert max(service.came.values()) <= 5


@pytest.mark.parametrize("after", [1, 4, 6])
def test_killed_in_the_middle_it_goes_on(door, service, after):
    def before(first, n):
        if n == after:
            kiosk.send_signal(signal.SIGKILL)
            kiosk.wait()
    with subprocess.Popen([KIOSK, "sync", "--dir", door.dir],
                          stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as kiosk:
        service.before = before
        kiosk.wait(oaprun.PATIENCE)
    assert kiosk.returncode == -signal.SIGKILL
    service.before = lambda first, n: None
    out = door.ask("sync")
    assert (out["exit"], out["unsent"]) == (0, 0)
    holds_all(service)
