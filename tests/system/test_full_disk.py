# SPDX-License-Identifier: Apache-2.0
"""A full disk and a locked database: `unavailable` and never a verdict; what
was acknowledged stays, what can be read is read, and when the trouble is over
the same questions get their answers."""
import json
import pathlib
import signal
import sqlite3
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "fault")]

import fulldisk  # noqa: E402
import oapcast  # noqa: E402
import oaprun  # noqa: E402
import siege  # noqa: E402



class Museum:
    """A service with one kiosk, and the trouble that its disk can make."""

    def __init__(self, directory):
        self.daemon = oaprun.Daemon(directory, threads=2)
        self.disk = fulldisk.FullDisk(oaprun.build(), self.daemon.data)
        self.city = oapcast.Issuer()
        self.daemon.start(self.disk.environment())
        self.daemon.add_facility("tnm")
        self.daemon.add_benefit("visit")
        self.daemon.add_issuer(self.city)
        self.kiosk = self.daemon.add_kiosk("tnm")
        self.lock = None

    def fill(self):
        self.disk.fill()

    def empty(self):
        self.disk.empty()

    def lock_database(self):
        files = [f for f in self.daemon.data.iterdir()
                 if f.read_bytes()[:15] == b"SQLite format 3"]
        assert len(files) == 1, files
        self.lock = sqlite3.connect(files[0], isolation_level=None)
        self.lock.execute("BEGIN EXCLUSIVE")

    def unlock_database(self):
        self.lock.execute("ROLLBACK")
        self.lock.close()

    # ---- a visit
    def question(self):
        id = oapcast.uuid7()
        scanned = self.city.issue(hint="K.M.")
        return id, scanned, self.kiosk.question(scanned, "visit",
                                                amount=24000, id=id)

    def entry(self, id, scanned, answer):
        return self.kiosk.attempt(
            scanned, "visit", answer["number"], id=id, amount=24000,
            discount=answer["discount"],
            grant=bytes.fromhex(answer["grant"]))

    def visit(self):
        """Asked, answered and uploaded: the attempt's id."""
        id, scanned, question = self.question()
        status, answer = self.daemon.ask(question)
        assert status == 200 and answer["verdict"] == "accepted", answer
        entry = self.entry(id, scanned, answer)
        status, taken = self.daemon.upload(
            self.kiosk.report(oldest_unsent=self.kiosk.seq, depth=1), [entry])
        assert status == 200, taken
        assert taken["results"][0]["verdict"] == "accepted"
        return id

    def attempt(self, id):
        return self.daemon.admin("GET", "/v1/attempts/%s/%s" %
                                 (self.kiosk.kid.hex(), id.hex()))


@pytest.fixture
def museum(tmp_path):
    made = Museum(tmp_path / "tnm")
    yield made
    assert made.daemon.stop() == 0


TROUBLES = {"a full disk": (Museum.fill, Museum.empty),
            "a locked database": (Museum.lock_database,
                                  Museum.unlock_database)}


@pytest.fixture(params=TROUBLES)
def trouble(request, museum):
    begin, end = TROUBLES[request.param]
    return lambda: begin(museum), lambda: end(museum)


def must_be_unavailable(status, answer):
    assert status == 503, answer
    assert answer["verdict"] == "unavailable", answer
    assert "grant" not in answer and "results" not in answer


def test_no_verdict_while_nothing_can_be_written(museum, trouble):
    begin, end = trouble
    before = museum.visit()
    begin()
    asked = [museum.question() for _ in range(2)]
    for _, _, question in asked:
        must_be_unavailable(*museum.daemon.ask(question))
    entry = museum.kiosk.attempt(museum.city.issue(), "visit", 16)
    report = museum.kiosk.report(oldest_unsent=museum.kiosk.seq, depth=1)
    must_be_unavailable(*museum.daemon.upload(report, [entry]))
    end()
    # The same questions and the same upload, and now they are answered; what
    # was committed without anybody knowing would be found again here.
    for id, _, question in asked:
        status, answer = museum.daemon.ask(question)
        assert status == 200 and answer["verdict"] == "accepted", answer
        assert museum.attempt(id)["answer"] == "accepted"
    status, taken = museum.daemon.upload(report, [entry])
    assert status == 200 and taken["results"][0]["verdict"] == "malformed"
    assert museum.attempt(before)["told"] == "accepted"
    assert len(museum.daemon.attempts()) == len(asked) + 2


def test_what_only_reads_goes_on(museum, trouble):
    begin, end = trouble
    before = museum.visit()
    begin()
    must_be_unavailable(*museum.daemon.ask(museum.question()[2]))
    # A kiosk checks against the bundle, an operator looks things up.
    assert museum.daemon.raw("GET", "/v1/bundle")[0] == 200
    assert museum.daemon.raw("GET", "/healthz")[0] == 200
    assert museum.attempt(before)["told"] == "accepted"
    assert museum.daemon.admin("GET", "/v1/kiosks")["kiosks"]
    assert museum.daemon.raw("GET", "/metrics")[0] == 200
    end()
    museum.visit()


def test_setting_up_fails_whole_or_not_at_all(museum, trouble):
    begin, end = trouble
    begin()
    with pytest.raises(oaprun.Problem) as refused:
        museum.daemon.add_facility("nmk", zone="Asia/Seoul", currency="KRW",
                                   city="seoul")
    assert refused.value.status == 503
    assert json.loads(refused.value.body)["detail"]
    end()
    ids = [f["id"] for f in
           museum.daemon.admin("GET", "/v1/facilities")["facilities"]]
    assert ids in (["tnm"], ["nmk", "tnm"])
    museum.visit()


def test_a_kill_in_the_trouble_loses_nothing(museum, trouble):
    begin, end = trouble
    done = [museum.visit() for _ in range(3)]
    begin()
    must_be_unavailable(*museum.daemon.ask(museum.question()[2]))
    assert museum.daemon.kill() == -9
    end()
    museum.daemon.start()
    for id in done:
        row = museum.attempt(id)
        assert (row["answer"], row["told"]) == ("accepted", "accepted")
    museum.visit()


def test_readiness_tells_of_the_trouble_for_as_long_as_it_lasts(museum,
                                                                 trouble):
    """A quiet hour does not make it ready, and it needs no question to."""
    def ready():
        return museum.daemon.raw("GET", "/readyz")[0] == 200

    def given_up():
        return museum.daemon.log().count("transaction given up")

    begin, end = trouble
    assert ready()
    begin()
    must_be_unavailable(*museum.daemon.ask(museum.question()[2]))
    assert not ready()
    before = given_up()
    # what a minute brings comes now, too
    museum.daemon.process.send_signal(signal.SIGHUP)
    oaprun.wait_for(lambda: given_up() >= before + 2, "two more tries")
    assert not ready()
    end()
    oaprun.wait_for(ready, "the end of it")
    museum.visit()


def test_a_disk_that_fills_up_under_load_loses_nothing(tmp_path, dice):
    daemon = oaprun.Daemon(tmp_path / "tnm", threads=2)
    load = siege.Siege(daemon, dice.random())
    disk = fulldisk.FullDisk(oaprun.build(), daemon.data)

    def refused():
        return sum(door.refusals for door in load.doors)

    def progress(measure, by):
        begun = measure()
        oaprun.wait_for(lambda: load.failures or measure() >= begun + by,
                        measure.__name__)

    daemon.start(disk.environment())
    try:
        load.start()
        for _ in range(5):
            progress(load.answered, 50)
            disk.fill()
            progress(refused, 20)
            disk.empty()
        progress(load.answered, 50)
        load.over = True
        load.join()
        load.check_fresh()
        load.check_all()
    finally:
        load.over = True
        daemon.kill()
