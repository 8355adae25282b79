# SPDX-License-Identifier: Apache-2.0
"""Every verdict that a question can bring about, from the daemon itself: each
has an attempt here, or a test elsewhere that is named here."""
import os
import pathlib
import re
import sys
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests"))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

DAY = 86400
REVOKED, SUSPENDED, THREE = 100, 101, 102       # indices of the status list

# What a question to the service cannot bring about: the test that does, by its
# file and its function, or its table of attempts.
UNDECIDED = ("unit/attempts_undecided.c", "ATTEMPTS_UNDECIDED")
ELSEWHERE = {
    # of a kiosk that cannot ask, or knows less than the service
    "accepted-offline": ("unit/attempts_accepted.c", "ATTEMPTS_ACCEPTED"),
    "bundle-stale": UNDECIDED,
    "clock-untrusted": UNDECIDED,
    "offline-not-allowed": UNDECIDED,
    "offline-allowance-spent": UNDECIDED,
    "journal-failed": ("system/test_kiosk_use.py",
                       "test_checks_go_on_while_the_disk_is_full"),
    # of a service in trouble
    "busy": ("system/test_oapd_ask.py",
             "test_a_full_queue_is_answered_busy_at_once"),
    "unavailable": ("system/test_oapd_ask.py",
                    "test_a_full_queue_is_answered_busy_at_once"),
    # of reversals
    "reversed": ("system/test_kiosk.py", "test_reversal_gives_the_use_back"),
    "already-reversed": ("system/test_kiosk.py",
                         "test_reversal_gives_the_use_back"),
    "nothing-to-reverse": (
        "system/test_kiosk.py",
        "test_reversal_of_a_refusal_has_nothing_to_reverse"),
    "reversal-not-allowed": ("unit/daemon_reversal.c",
                             "another_facility_may_not"),
    "reversal-pending": (
        "system/test_kiosk.py",
        "test_reversal_without_network_is_pending_and_sent_later"),
}


class Door:
    """A daemon, two cities, a benefit of every kind of refusal, one kiosk."""

    def __init__(self, directory):
        self.daemon = oaprun.Daemon(directory).start()
        self.now = int(time.time())
        self.seoul = oapcast.Issuer()
        self.tokyo = oapcast.Issuer("tokyo.example", {"en": "Tokyo"})
        self.stranger = oapcast.Issuer("busan.example", {"en": "Busan"})
        self.holder = m.key_of(os.urandom(32))
        self.make_keys()
        for index, value in ((REVOKED, 1), (SUSPENDED, 2), (THREE, 3)):
            self.seoul.statuses[index] = value
        self.daemon.add_facility()
        self.daemon.add_facility("mmca", "Asia/Seoul", "KRW", "seoul")
        self.make_benefits()
        for issuer in (self.seoul, self.tokyo):
            self.daemon.add_issuer(issuer)
        self.kiosk = self.daemon.add_kiosk()

    def make_keys(self):
        self.retired = m.key_of(os.urandom(32))
        self.compromised = m.key_of(os.urandom(32))
        start = self.now - 400 * DAY
        self.until = self.now - 100 * DAY
        self.seoul.keys += [[m.public(self.retired), 1, start, self.until],
                            [m.public(self.compromised), 2, start, None]]

    def make_benefits(self):
        today = time.strftime("%Y-%m-%d", time.gmtime(self.now + 9 * 3600))
        tomorrow = time.strftime(
            "%Y-%m-%d", time.gmtime(self.now + 9 * 3600 + DAY))
        add = self.daemon.add_benefit
        add("visit", uses=1)
        add("thrice", uses=3)
        add("live", live="always")
        add("photo", live="never")
        add("children", classes=["child"])
        add("locals", issuers=["tokyo.example"])
        add("elsewhere", "KRW", facilities=["mmca"])
        add("over", first_day="2020-01-01", last_day="2020-12-31")
        add("to-come", first_day=tomorrow)
        add("closed", closed_days=[today, tomorrow])
        add("couples", party_max=2)

    def live(self, iat=None, aud=None, key=None, **how):
        payload = {6: self.now_s() if iat is None else iat}
        if aud:
            payload[3] = aud
        return m.presentation(self.seoul.issue(holder=self.holder, **how),
                              payload, key or self.holder)

    @staticmethod
    def now_s():
        return int(time.time())

    def forged(self, kid, key):
        """A pass of Seoul that names one key and is signed by another."""
        return m.sign1_of(m.encode(m.header_of(m.PASS, m.kid(m.public(kid)))),
                          m.encode(self.seoul.pass_payload()), key)

    def ask(self, scanned, benefit="visit", kiosk=None, **how):
        """The verdict's name, whatever the status it came with."""
        kiosk = kiosk or self.kiosk
        status, answer = self.daemon.ask(
            kiosk.question(scanned, benefit, **how))
        assert status == {"device-unknown": 403, "device-revoked": 403,
                          "id-reused": 409}.get(answer["verdict"], 200)
        return answer["verdict"]


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(tmp_path_factory.mktemp("verdicts"))
    yield made
    assert made.daemon.stop() == 0


# ------------------------------------------------------------ the attempts
def twice(door):
    scanned = door.seoul.issue()
    assert door.ask(scanned) == "accepted"
    return door.ask(scanned)


def two_papers_of_one_pass(door):
    cti = os.urandom(16)
    assert door.ask(door.seoul.issue(cti=cti)) == "accepted"
    return door.ask(door.seoul.issue(cti=cti))


def four_times(door):
    scanned = door.seoul.issue()
    for _ in range(3):
        assert door.ask(scanned, "thrice") == "accepted"
    return door.ask(scanned, "thrice")


def shown_twice(door):
    scanned = door.live()
    assert door.ask(scanned, "thrice") == "accepted"
    return door.ask(scanned, "thrice")


def unknown_device(door):
    other = oapcast.Kiosk(door.kiosk.service_public, "tnm")
    return door.ask(door.seoul.issue(), kiosk=other)


def revoked_device(door):
    other = door.daemon.add_kiosk()
    door.daemon.admin("PATCH", "/v1/kiosks/" + other.kid.hex(),
                      {"state": "revoked"})
    return door.ask(door.seoul.issue(), kiosk=other)


def same_id_for_another_pass(door):
    number = oapcast.uuid7()
    assert door.ask(door.seoul.issue(), id=number) == "accepted"
    return door.ask(door.seoul.issue(), id=number)


def payload_with(door, **how):
    uri = how.pop("uri", None)
    payload = door.seoul.pass_payload(**how)
    if uri:
        payload[65535]["status_list"]["uri"] = uri
    return payload


ATTEMPTS = {
    "accepted": {
        "a pass": lambda d: d.ask(d.seoul.issue()),
        "the other city's pass": lambda d: d.ask(d.tokyo.issue()),
        "shown live": lambda d: d.ask(d.live(), "live"),
        "shown live for this door": lambda d: d.ask(d.live(aud="tnm")),
        "a bound pass where a photo will do": lambda d: d.ask(
            d.seoul.issue(holder=d.holder), "photo"),
        "an old pass of a retired key": lambda d: d.ask(
            d.seoul.issue(d.retired, iat=d.until)),
    },
    "malformed": {
        "an index past the list": lambda d: d.ask(d.seoul.issue(idx=4096)),
        "status 3": lambda d: d.ask(d.seoul.issue(idx=THREE)),
        "another typ": lambda d: d.ask(m.sign1(
            m.RECEIPT, d.seoul.pass_payload(), d.seoul.key)),
        "cut off": lambda d: d.ask(d.seoul.issue()[:-1]),
    },
    "unknown-format": {
        "an address": lambda d: d.ask(b"https://example."),
    },
    "unsupported-version": {
        "the next version": lambda d: d.ask(b"OAP2:6BFOXN"),
    },
    "bad-signature": {
        "a stranger under the city's kid": lambda d: d.ask(
            d.forged(d.seoul.key, d.stranger.key)),
        "the retired key under the active one's": lambda d: d.ask(
            d.forged(d.seoul.key, d.retired)),
    },
    "not-yet-valid": {
        "issued tomorrow": lambda d: d.ask(
            d.seoul.issue(iat=d.now + DAY)),
        "valid from tomorrow": lambda d: d.ask(
            d.seoul.issue(nbf=d.now + DAY)),
    },
    "expired": {
        "since a second": lambda d: d.ask(
            d.seoul.issue(iat=d.now - DAY, exp=d.now - 1)),
    },
    "revoked": {"revoked": lambda d: d.ask(d.seoul.issue(idx=REVOKED))},
    "suspended": {"suspended": lambda d: d.ask(d.seoul.issue(idx=SUSPENDED))},
    "issuer-not-trusted": {
        "an unknown city": lambda d: d.ask(d.stranger.issue()),
    },
    "key-retired": {
        "a second too late": lambda d: d.ask(
            d.seoul.issue(d.retired, iat=d.until + 1)),
    },
    "key-compromised": {
        "however old": lambda d: d.ask(
            d.seoul.issue(d.compromised, iat=d.now - 300 * DAY)),
    },
    "presentation-required": {
        "a bound pass as a photo": lambda d: d.ask(
            d.seoul.issue(holder=d.holder)),
        "a bare pass where live is due": lambda d: d.ask(
            d.seoul.issue(), "live"),
    },
    "presentation-stale": {
        "too old": lambda d: d.ask(d.live(d.now_s() - 75)),
        "too new": lambda d: d.ask(d.live(d.now_s() + 75)),
        "shown twice": shown_twice,
    },
    "presentation-invalid": {
        "by another phone": lambda d: d.ask(d.live(key=d.stranger.key)),
        "by the city": lambda d: d.ask(d.live(key=d.seoul.key)),
        "for another door": lambda d: d.ask(d.live(aud="mmca")),
        "around an unbound pass": lambda d: d.ask(m.presentation(
            d.seoul.issue(), {6: d.now_s()}, d.holder)),
    },
    "already-redeemed": {"twice": twice,
                         "two papers of one pass": two_papers_of_one_pass},
    "limit-reached": {"four times of three": four_times},
    "not-eligible": {
        "for children": lambda d: d.ask(d.seoul.issue(), "children"),
        "for another city": lambda d: d.ask(d.seoul.issue(), "locals"),
    },
    "benefit-unknown": {
        "no such benefit": lambda d: d.ask(d.seoul.issue(), "nothing"),
    },
    "benefit-not-here": {
        "at another facility": lambda d: d.ask(d.seoul.issue(), "elsewhere"),
    },
    "benefit-not-running": {
        "over": lambda d: d.ask(d.seoul.issue(), "over"),
        "from tomorrow": lambda d: d.ask(d.seoul.issue(), "to-come"),
    },
    "closed-now": {"today": lambda d: d.ask(d.seoul.issue(), "closed")},
    "party-too-large": {
        "three for two": lambda d: d.ask(d.seoul.issue(), "couples",
                                         party=3),
    },
    "unknown-key": {
        "a key of nobody": lambda d: d.ask(d.seoul.issue(d.stranger.key)),
        "another city's key": lambda d: d.ask(d.seoul.issue(d.tokyo.key)),
        "the city's root": lambda d: d.ask(d.seoul.issue(d.seoul.root)),
    },
    "status-stale": {
        "another city's list": lambda d: d.ask(m.sign1(
            m.PASS, payload_with(d, uri=d.tokyo.uri), d.seoul.key)),
        "a list that nobody has": lambda d: d.ask(m.sign1(
            m.PASS, payload_with(d, uri=d.seoul.uri + "0"), d.seoul.key)),
    },
    "device-unknown": {"a kiosk never enrolled": unknown_device},
    "device-revoked": {"a revoked kiosk": revoked_device},
    "id-reused": {"for another pass": same_id_for_another_pass},
}


def cases():
    for verdict, attempts in ATTEMPTS.items():
        for name, attempt in attempts.items():
            yield pytest.param(verdict, attempt,
                               id="%s: %s" % (verdict, name))


@pytest.mark.parametrize("verdict, attempt", cases())
def test_the_daemon_answers_with(door, verdict, attempt):
    assert attempt(door) == verdict


def brings_about(file, name, verdict):
    """Whether that test function, or that table, names the verdict."""
    found = re.search(
        r"^(?:static void %s\(|def %s\(|const struct attempt %s\[\]).*\n"
        r"((?:[ \t{].*\n|\n)*)" % (name, name, name),
        (TOP / "tests" / file).read_text(), re.M)
    word = "VERDICT_" + verdict.upper().replace("-", "_") \
        if file.endswith(".c") else '"%s"' % verdict
    return found is not None and re.search(
        r"(?<!\w)%s(?!\w)" % re.escape(word), found[1]) is not None


@pytest.mark.parametrize("verdict", ELSEWHERE)
def test_a_test_elsewhere_brings_about(verdict):
    file, name = ELSEWHERE[verdict]
    assert file.endswith(".c") or name.startswith("test_")
    assert brings_about(file, name, verdict), (file, name)
    assert not brings_about(file, name + "x", verdict)


def test_every_verdict_has_an_attempt_or_comes_from_elsewhere():
    text = (TOP / "common/verdict.h").read_text()
    known = {name.lower().replace("_", "-")
             for name in re.findall(r"\bVERDICT_([A-Z_]+)\b", text)}
    known -= {"none"}
    assert len(known) > 40
    assert set(ATTEMPTS) | set(ELSEWHERE) == known
    assert not set(ATTEMPTS) & set(ELSEWHERE)


def test_a_refusal_uses_nothing(door):
    scanned = door.seoul.issue()
    assert door.ask(scanned, "couples", party=3) == "party-too-large"
    assert door.ask(scanned, "couples", party=2) == "accepted"


@pytest.mark.parametrize("step", [1, 8])
def test_no_flipped_bit_of_a_pass_is_accepted(door, step):
    message = bytearray(door.live() if step == 8 else door.seoul.issue())
    for bit in range(step - 1, 8 * len(message), step * 5):
        message[bit // 8] ^= 1 << bit % 8
        assert door.ask(bytes(message)) not in ("accepted", "unavailable")
        message[bit // 8] ^= 1 << bit % 8
