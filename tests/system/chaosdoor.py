# SPDX-License-Identifier: Apache-2.0
"""A kiosk that is killed at any moment, whoever stands at it, and what they
were told."""
import json
import random
import subprocess
import threading
import time

import books
import oapmsg as m
import oaprun
import powercut

KIOSK = str(oaprun.program("oap-kiosk"))
ROLL_KILLS = 3


class Power:
    """Of one program: it is killed, and every other time what no fsync had
    covered is taken back."""

    def __init__(self, directory, dice):
        self.cut = powercut.PowerCut(oaprun.build(), directory)
        self.dice, self.taken_back = dice, 0
        self.environment = self.cut.environment()

    def lost(self):
        """After a kill."""
        if self.dice.random() < .5:
            self.taken_back += self.cut.apply(
                self.dice if self.dice.random() < .5 else None)
        else:
            self.cut.settle()

    def settle(self):
        """After an end of its own."""
        self.cut.settle()


class Plan:
    """What all doors share. Much happens in the middle of the run: doors that
    are well past it wait until it is over."""

    def __init__(self, benefits, deadline_s):
        self.benefits = benefits    # a door that opens takes one of these
        self.deadline_s = deadline_s
        self.middle_over = threading.Event()


class Door(threading.Thread):
    def __init__(self, number, directory, codes, scans, seed, plan):
        super().__init__()
        self.number, self.dir = number, str(directory)
        self.codes, self.scans, self.plan = codes, scans, plan
        self.dice = random.Random("%s visitors %d" % (seed, number))
        self.power = Power(directory, self.dice)
        self.facility = "museum-%d" % (number // 2)
        self.neighbour = None   # the other door of the facility
        self.rolls = False      # gets a new key on the way
        self.process = self.kid = None
        self.told = {}          # (kid, id) -> what somebody was told
        self.reversals = {}     # (kid, id) -> result
        self.kills = self.done = 0
        self.latencies = []
        self.trouble = None

    def command(self, name, *arguments):
        return subprocess.run([KIOSK, name, "--dir", self.dir, "--json",
                               *arguments], capture_output=True,
                              timeout=oaprun.PATIENCE)

    def learn_kid(self):
        status = json.loads(self.command("status").stdout)
        self.kid = bytes.fromhex(status["kiosk"])

    def enrol(self, service, port):
        made = service.admin("POST", "/v1/kiosks",
                             {"facility": self.facility})
        fields = m.read_enrolment_code(made["code"])
        code = m.enrolment_code("http://127.0.0.1:%d" % port, fields[2],
                                fields[4], fields[5])
        # Through that network, until it is through.
        oaprun.wait_for(lambda: self.command("enrol", code).returncode == 0,
                        "enrolment")
        self.learn_kid()

    # ---------------------------------------------------------- visitors
    def open(self):
        self.process = subprocess.Popen(
            [KIOSK, "redeem", "--dir", self.dir, "--json", "--benefit",
             self.dice.choice(self.plan.benefits), "--amount", "2400", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=self.power.environment)
        # Once it has judged this, which needs nobody else, it is ready.
        self.type("is it ready?")
        assert self.note(self.process.stdout.readline()) is not None

    def type(self, code):
        self.process.stdin.write(code.encode() + b"\n")
        self.process.stdin.flush()

    def shut(self, kill=False):
        if self.process is None:
            return
        if kill:
            self.kills += 1
            self.process.kill()
        self.process.stdin.close()
        self.note(self.process.stdout.read())
        self.process.stdout.close()
        assert self.process.wait(oaprun.PATIENCE) != 2
        self.process = None
        if kill:
            self.power.lost()
        else:
            self.power.settle()

    def note(self, line):
        """What was said, when it was said whole."""
        try:
            told = json.loads(line)
        except ValueError:
            return None
        # nobody goes in without an entry of it
        assert told.get("id") or told["class"] != "accept", told
        if told.get("id"):
            said = told["number"], told.get("discount"), told["by_service"]
            assert self.told.setdefault(
                (self.kid, bytes.fromhex(told["id"])), said) == said
        return told

    def scan(self):
        if self.process is None:
            self.open()
        hit = self.dice.random() < .01
        start = time.monotonic()
        self.type(self.dice.choice(self.codes))
        if hit:
            time.sleep(self.dice.random() * 1.2 * self.plan.deadline_s)
            self.shut(kill=True)
            return
        line = self.process.stdout.readline()
        self.latencies.append(time.monotonic() - start)
        assert self.note(line) is not None, line

    # ------------------------------------------------------------- others
    def take_back(self):
        """A visit of this door, or of the one beside it."""
        door = self.neighbour if self.dice.random() < .3 else self
        visits = [visit for visit, told in list(door.told.items())
                  if told[0] in books.ACCEPTS and visit not in self.reversals]
        if not visits:
            return
        self.shut()
        kid, id = self.dice.choice(visits)
        done = self.command("reverse", "%s/%s" % (kid.hex(), id.hex()))
        self.reversals[kid, id] = json.loads(done.stdout)["verdict"]

    def roll(self):
        """Killed on the way, and then until it is through."""
        self.shut()
        for _ in range(ROLL_KILLS):
            process = subprocess.Popen(
                [KIOSK, "roll", "--dir", self.dir], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=self.power.environment)
            time.sleep(self.dice.random() * .3)
            process.kill()
            process.wait()
            self.power.lost()
        oaprun.wait_for(lambda: self.command("roll").returncode == 0,
                        "the new key of door %d" % self.number)
        self.learn_kid()

    def run(self):
        try:
            for self.done in range(self.scans):
                if self.done == self.scans * 6 // 10:
                    assert self.plan.middle_over.wait(oaprun.PATIENCE)
                if self.rolls and self.done == self.scans // 2:
                    self.roll()
                self.scan()
                if self.dice.random() < .02:
                    self.take_back()
                elif self.dice.random() < .005:
                    self.shut()
            self.shut()
        except BaseException as e:      # seen by the test
            self.trouble = e

    def settle(self):
        """Until the service has all, and has drawn its conclusions."""
        def settled():
            done = self.command("sync")
            return done.returncode == 0 and \
                json.loads(done.stdout)["unsent"] == 0
        oaprun.wait_for(settled, "the last entry of door %d" % self.number)

    def entries(self):
        return books.read_journal(self.dir + "/journal.db")
