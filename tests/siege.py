# SPDX-License-Identifier: Apache-2.0
"""Kiosks that never leave a daemon in peace, and forget nothing that it
acknowledged: each asks, writes entries, uploads them, asks again, reverses,
until the daemon is gone. What was acknowledged must be there afterwards."""
import http.client
import random
import threading

import cuts
import oapcast
import oapmsg as m
import oaprun

ACCEPTED, REVERSED = 1, 128
GONE = (OSError, http.client.HTTPException)


class Door:
    """One kiosk on one connection. Everything it heard stays in it."""

    def __init__(self, siege, kiosk, dice):
        self.siege, self.kiosk, self.dice = siege, kiosk, dice
        self.in_doubt = {}   # id -> question that was sent, and no answer
        self.asked = {}      # id -> (question, answer)
        self.entries = []    # (seq, attempt's id or None, told, item)
        self.sent = 0        # of them, those acknowledged
        self.reversals = {}  # seq -> the attempt's id
        self.reversed = set()
        self.refusals = 0
        self.fresh = []      # ids answered, seqs taken since the last check

    # ---- under load
    def run(self):
        self.connection = http.client.HTTPConnection(
            "127.0.0.1", self.siege.daemon.port, timeout=oaprun.PATIENCE)
        try:
            for id in list(self.in_doubt):
                self.ask(id, self.in_doubt[id])
            while not self.siege.over:
                self.act(self.dice.random())
        except GONE:
            pass
        finally:
            self.connection.close()

    def act(self, chance):
        unsent = len(self.entries) - self.sent
        if unsent and (chance < .3 or unsent > 20):
            self.upload()
        elif self.asked and chance < .4:
            self.ask(*self.again())
        elif self.asked and chance < .45:
            self.take_back()
        else:
            id = oapcast.uuid7()
            self.ask(id, self.kiosk.question(
                self.siege.some_pass(self.dice), "visit", amount=24000,
                id=id))

    def again(self):
        id = self.dice.choice(list(self.asked))
        return id, self.asked[id][0]

    def post(self, path, body):
        self.connection.request("POST", path, body,
                                {"Content-Type": "application/cbor"})
        reply = self.connection.getresponse()
        return reply.status, reply.read()

    def ask(self, id, question):
        if id not in self.asked:
            self.in_doubt[id] = question
        status, reply = self.post("/v1/ask", m.body(question))
        answer = oaprun.answer_of(status, reply)
        if answer is None:      # nothing was acknowledged
            self.refusals += 1
            return
        self.in_doubt.pop(id, None)
        if id in self.asked:
            must_agree(self.asked[id][1], answer)
            return
        self.asked[id] = (question, answer)
        self.fresh.append(id)
        scanned = m.decode(m.decode(question).value[2])[11]
        self.write(id, answer["number"], self.kiosk.attempt(
            scanned, "visit", answer["number"], id=id, amount=24000,
            discount=answer.get("discount"),
            grant=bytes.fromhex(answer["grant"])))

    def write(self, id, told, item):
        self.entries.append((self.kiosk.seq, id, told, item))

    def take_back(self):
        id = self.dice.choice(list(self.asked))
        if self.asked[id][1]["number"] == ACCEPTED and \
                id not in self.reversed:
            self.reversed.add(id)
            item = self.kiosk.reversal(id)
            self.reversals[self.kiosk.seq] = id
            self.write(None, REVERSED, item)

    def upload(self):
        part = self.entries[self.sent:self.sent + self.dice.randint(1, 16)]
        report = self.kiosk.report(oldest_unsent=part[0][0],
                                   depth=len(self.entries) - self.sent)
        status, reply = self.post("/v1/entries",
                                  m.body(report, [e[3] for e in part]))
        answer = oaprun.answer_of(status, reply)
        if answer is None:
            self.refusals += 1
            return
        for (seq, _, told, _), result in zip(part, answer["results"]):
            cuts.must_be(result["seq"] == seq and result["number"] == told,
                         "entry %d, told %d: %s" % (seq, told, result))
        cuts.must_be(answer["held"]["seq"] >= part[-1][0] and
                     answer["held"]["count"] == answer["held"]["seq"],
                     "held: %s" % answer["held"])
        self.fresh += [e[1] for e in part if e[1]]
        self.sent += len(part)

    # ---- afterwards
    def check_fresh(self):
        """What was acknowledged since the last check, one by one."""
        told = {id: told for _, id, told, _ in self.entries[:self.sent]}
        for id in set(self.fresh):
            self.check_one(id, told.get(id))
        self.fresh = []

    def check_one(self, id, told):
        path = "/v1/attempts/%s/%s" % (self.kiosk.kid.hex(), id.hex())
        try:
            row = self.siege.daemon.admin("GET", path)
        except oaprun.Problem as why:
            raise cuts.Lost("%s: %s" % (path, why))
        answer = self.asked[id][1]["verdict"]
        cuts.must_be(row["answer"] == answer, "%s, answered %s: %s" %
                     (path, answer, row))
        cuts.must_be(told is None or row["told"] == answer,
                     "%s, its entry was taken: %s" % (path, row))

    def taken_back(self):
        """Attempts whose reversal was acknowledged."""
        return {self.reversals[seq] for seq, id, _, _ in
                self.entries[:self.sent] if id is None}

    def check_all(self, rows):
        """rows: every attempt of this kiosk in the ledger, by id."""
        for id in self.taken_back():
            for row in rows.get(id.hex(), []):
                cuts.must_be(row["reversed_ms"] and not row["counts"],
                             "%s was taken back: %s" % (id.hex(), row))
        for id, (_, answer) in self.asked.items():
            found = rows.pop(id.hex(), [])
            cuts.must_be(len(found) == 1, "%s is in the ledger %d times" %
                         (id.hex(), len(found)))
            cuts.must_be(found[0]["answer"] == answer["verdict"],
                         "%s: %s" % (answer, found[0]))
        for id in self.in_doubt:
            found = rows.pop(id.hex(), [])
            cuts.must_be(len(found) <= 1, "%s is there twice" % id.hex())
        cuts.must_be(not rows, "nobody asked this: %s" % rows)


def must_agree(first, again):
    """No grant is given for what has been told."""
    same = all(first.get(k) == again.get(k)
               for k in ("number", "discount", "price"))
    cuts.must_be(same and again.get("grant") in (None, first["grant"]),
                 "one question, two answers: %s, %s" % (first, again))


class Siege:
    def __init__(self, daemon, seed, doors=8):
        self.daemon, self.over = daemon, False
        self.issuer = oapcast.Issuer()
        self.passes = []
        daemon.start()
        daemon.add_facility("tnm")
        daemon.add_benefit("visit", uses=1)
        daemon.add_issuer(self.issuer)
        self.doors = [Door(self, daemon.add_kiosk("tnm"),
                           random.Random("%s %d" % (seed, i)))
                      for i in range(doors)]
        daemon.stop()

    def some_pass(self, dice):
        """Mostly one that nobody has shown yet."""
        if not self.passes or dice.random() < .7:
            self.passes.append(self.issuer.issue(
                hint="K.M.", idx=dice.randrange(len(self.issuer.statuses))))
            return self.passes[-1]
        return dice.choice(self.passes[-50:])

    def start(self):
        self.over, self.failures = False, []
        self.threads = [threading.Thread(target=self._watch, args=[door])
                        for door in self.doors]
        for thread in self.threads:
            thread.start()

    def _watch(self, door):
        try:
            door.run()
        except Exception as why:
            self.failures.append(why)

    def join(self):
        """Until all doors have seen that the daemon is gone."""
        for thread in self.threads:
            thread.join()
        for why in self.failures:
            raise why

    def check_fresh(self):
        for door in self.doors:
            door.check_fresh()

    def check_all(self):
        """The whole ledger against the whole memory, with the totals."""
        rows = {}
        counting = 0
        for row in self.daemon.attempts():
            rows.setdefault(row["kiosk"], {}).setdefault(
                row["id"], []).append(row)
            counting += row["counts"]
        for door in self.doors:
            door.check_all(rows.pop(door.kiosk.kid.hex(), {}))
        cuts.must_be(not rows, "attempts of nobody: %s" % rows)
        total = self.daemon.admin("GET", "/v1/reports/redemptions"
                                  "?from=2026-01-01&to=2035-12-31")["total"]
        found = sum(t["redemptions"] for t in total)
        cuts.must_be(counting == found, "%d attempts count, the totals say "
                     "%s" % (counting, total))

    def answered(self):
        return sum(len(door.asked) for door in self.doors)
