# SPDX-License-Identifier: Apache-2.0
"""A service whose kiosk may roll its key, made from the messages alone: it
knows each key and its state, and keeps apart what each has written."""
import threading

import nacl.signing

import fakeservice
import oapmsg as m

ACTIVE, ROLLED, REVOKED = 1, 2, 3
UNKNOWN = {"title": "Forbidden", "status": 403, "verdict": "device-unknown",
           "detail": "kiosk: not known to this service; enrol it"}


def kid_of(message):
    return m.decode(m.decode(message).value[0])[4]


def seq_of(entry):
    return m.decode(m.decode(entry).value[2])[2]


class Service(fakeservice.Service):
    def __init__(self, **how):
        self.known = {}         # kid -> its public key, in order
        self.states = {}        # kid -> state
        self.before = {}        # kid -> kid of the key that it follows
        self.held_of = {}       # kid -> seq -> entry, as held
        self.versions = {}      # (kid, seq) -> every entry that was ever sent
        self.rolls = []         # bodies, as they came
        self.reported = []      # kids, as they did
        self.request = threading.local()        # whose it is
        super().__init__(**how)

    def know(self, public):
        kid = m.kid(public)
        self.known[kid] = public
        self.states.setdefault(kid, ACTIVE)
        self.held_of.setdefault(kid, {})
        self.speak_to(kid)

    def speak_to(self, kid):
        """From now on, in this request; and whoever asks outside of one."""
        self.kiosk, self.held = self.known[kid], self.held_of[kid]

    @property
    def kiosk(self):
        return getattr(self.request, "kiosk", self.last_kiosk)

    @kiosk.setter
    def kiosk(self, public):
        self.request.kiosk = self.last_kiosk = public

    @property
    def held(self):
        return getattr(self.request, "held", self.last_held)

    @held.setter
    def held(self, held):
        self.request.held = self.last_held = held

    def bundle(self, key=None, **changes):
        rows = sorted([kid, self.facility, self.states[kid]]
                      for kid in self.known)
        return super().bundle(key, **{"_9": rows, **changes})

    def answer_enrolment(self, body):
        public = m.decode(m.decode(body).value[2])[1]
        payload = m.open_message(body, m.ENROLMENT, public)
        if 6 in payload:
            return self.answer_roll(body, public, payload)
        answer = super().answer_enrolment(body)
        if answer[0] == 200:
            self.know(public)
        return answer

    def answer_roll(self, body, public, payload):
        """As the daemon does: a key that follows another stays so."""
        new, old = m.kid(public), payload[6]
        self.rolls.append(body)
        if old not in self.known:
            return 403, {"title": "Forbidden", "status": 403,
                         "detail": "key roll: not signed by a kiosk of this "
                                   "service"}
        nacl.signing.VerifyKey(self.known[old]).verify(new, payload[2])
        if self.before.get(new) != old:
            assert new not in self.known and old not in self.before.values()
            assert self.states[old] == ACTIVE
            self.before[new] = old
            self.know(public)
            self.newer()
        return 200, {"kiosk": new.hex(), "facility": self.facility,
                     "state": "active", "service_ms": self.now_ms(),
                     "epoch": self.epoch}

    def forget(self, kid):
        """As a service that was put back to before that key."""
        for table in self.known, self.states, self.before, self.held_of:
            table.pop(kid, None)
        for old in self.states:
            self.states[old] = ACTIVE
        self.newer()

    def keep(self, items):
        for encoded in items:
            entry = m.decode(encoded)[0]
            self.versions.setdefault((kid_of(entry), seq_of(entry)),
                                     set()).add(entry)
        return super().keep(items)

    def with_sender(self, body, answer):
        kid = kid_of(m.decode(body)[0])
        if kid not in self.known:
            return 403, UNKNOWN
        self.speak_to(kid)
        return answer(body)

    def answer_ask(self, body):
        return self.with_sender(body, super().answer_ask)

    def answer_entries(self, body):
        status, answer = self.with_sender(body, super().answer_entries)
        if status == 200:
            kid = kid_of(m.decode(body)[0])
            self.reported.append(kid)
            old = self.before.get(kid)
            if old in self.states and self.states[old] == ACTIVE:
                self.states[old] = ROLLED
                self.newer()
            state = self.states[kid]
            answer["device"] = ["pending", "active", "rolled",
                                "revoked"][state]
        return status, answer
