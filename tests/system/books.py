# SPDX-License-Identifier: Apache-2.0
"""The two sides' books, read from their databases, and what follows from the
rows alone: nothing that the service worked out of them is believed."""
import collections
import sqlite3
from typing import NamedTuple, Optional

import oapmsg as m

ACCEPTED = 1
ACCEPTS = (1, 2)
REVERSED = 128
UNTOLD_MS = 10000   # an answer is given up no earlier by a report


class Attempt(NamedTuple):
    """Of the ledger. What came of it: entry_ms and reversed_ms are when the
    service heard of that, None: never; asked_ms 0: its entry came first."""
    n: int              # rises in the order of first receipt
    kid: bytes
    id: bytes
    scanned: bytes
    benefit: str
    facility: str
    asked_ms: int = 0
    answer: int = 0
    given_up: bool = False
    entry_ms: Optional[int] = None
    told: int = 0
    reversed_ms: Optional[int] = None
    counts: bool = False
    counter: Optional[int] = None
    entry: Optional[tuple] = None       # (seq, bytes)

    def is_use(self):
        return self.told in ACCEPTS and self.reversed_ms is None


class Reversal(NamedTuple):
    kid: bytes
    id: bytes
    of: tuple           # (kid, id)
    message: bytes
    result: int


class Entry(NamedTuple):
    """Of a journal; all but scanned is from the signed bytes."""
    kid: bytes
    id: bytes
    seq: int
    message: bytes
    scanned: bytes
    of: Optional[tuple] = None          # of a reversal: (kid, id)
    told: Optional[int] = None
    discount: Optional[int] = None
    grant: Optional[bytes] = None


class Limit(NamedTuple):
    """Of a benefit, once for ever."""
    uses: int
    per_facility: bool = False


class Ledger:
    def __init__(self, path):
        db = sqlite3.connect(path)
        self.attempts = [
            Attempt(*row[:8], bool(row[8]), *row[9:12], bool(row[12]), row[13],
                    None if row[14] is None else row[14:])
            for row in db.execute(
                "SELECT a.n, d.kid, a.id, a.scanned, a.benefit, a.facility,"
                " a.asked_ms, a.answer, a.given_up, e.received_ms, a.told,"
                " (SELECT min(received_ms) FROM reversal WHERE of_kid = d.kid"
                "  AND of_id = a.id AND result = ?), a.counts, a.counter,"
                " e.seq, e.message"
                " FROM attempt a JOIN device d ON d.n = a.kiosk"
                " LEFT JOIN entry e ON e.attempt = a.n ORDER BY a.n",
                (REVERSED,))]
        self.reversals = [
            Reversal(kid, id, (of_kid, of_id), message, result)
            for kid, id, of_kid, of_id, message, result in db.execute(
                "SELECT kid, id, of_kid, of_id, message, result"
                " FROM reversal")]
        self.counters = {n: (uses, conflicts) for n, uses, conflicts in
                         db.execute("SELECT n, uses, conflicts FROM counter")}
        (self.forks,), (self.runs,), (self.conflicts,) = (
            db.execute("SELECT count(*) FROM " + what).fetchone()
            for what in ("fork", "run", "conflict WHERE closed_ms IS NULL"))
        db.close()


def read_journal(path):
    """Every entry, in the order of writing; those of keys before, too."""
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    rows = db.execute(
        "SELECT message, scanned FROM (SELECT 0 AS chain, n, message, scanned"
        " FROM rolled_entry UNION ALL"
        " SELECT 1, seq, message, scanned FROM entry)"
        " ORDER BY chain, n").fetchall()
    db.close()
    return [entry_of(*row) for row in rows]


def entry_of(message, scanned):
    header, _, payload, _ = m.decode(message).value
    header, payload = m.decode(header), m.decode(payload)
    entry = Entry(header[4], payload[1], payload[2], message, scanned)
    if header[16] == m.REVERSAL:
        return entry._replace(of=tuple(payload[6]))
    return entry._replace(told=payload[10], discount=payload.get(9),
                          grant=payload.get(15))


# ------------------------------------------------------------------ limits
def by_limit(attempts, limits):
    """Those that use the same limit: {what it is of: attempts}."""
    groups = collections.defaultdict(list)
    for a in sorted(attempts, key=lambda a: a.n):
        place = a.facility if limits[a.benefit].per_facility else None
        groups[a.scanned, a.benefit, place].append(a)
    return groups


def surely_counted(other, asked, group):
    """Whether other counted at the moment that asked was answered. Rows that
    two orders of events could have left speak for the one in which it did
    not: what is found over the limit was."""
    if other.n > asked.n:       # not heard of yet
        return False
    now = asked.asked_ms
    # One that came before its attempt was applied as soon as that came.
    if other.reversed_ms is not None and other.reversed_ms <= now:
        return False
    told = other.told in ACCEPTS
    if not other.asked_ms:      # then the entry is what n tells of
        return told
    if other.entry_ms is not None and other.entry_ms < now:
        return told
    by_answer = other.answer in ACCEPTS and \
        not may_be_given_up(other, asked, group)
    if other.entry_ms == now:   # either may have come first
        return told and by_answer
    return by_answer


def may_be_given_up(other, asked, group):
    """When an answer was given up is kept nowhere. Earlier than this it cannot
    have been: at a report ten seconds later, or at the kiosk's next question
    about that pass and benefit."""
    return other.given_up and (
        asked.asked_ms >= other.asked_ms + UNTOLD_MS or
        any(a.kid == other.kid and a.asked_ms and other.n < a.n <= asked.n
            for a in group))


def over_limit(attempts, limits):
    """Questions that were accepted though as many others counted as may:
    [(attempt, how many)]."""
    found = []
    for group in by_limit(attempts, limits).values():
        for a in group:
            if not a.asked_ms or a.answer != ACCEPTED:
                continue
            others = sum(surely_counted(other, a, group)
                         for other in group if other is not a)
            if others >= limits[a.benefit].uses:
                found.append((a, others))
    return found


def is_in_order(attempts):
    """Whether the service's clock was never set back: else no time of the rows
    can be compared with another."""
    times = [a.asked_ms or a.entry_ms
             for a in sorted(attempts, key=lambda a: a.n)]
    return times == sorted(times)
