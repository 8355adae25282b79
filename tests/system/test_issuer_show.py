# SPDX-License-Identifier: Apache-2.0
"""oap-issuer show: every field and every check of a code, offline, and an
exit status that says what a door would do."""
import json as j
import pathlib
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import office as o  # noqa: E402


class City(oapcast.Issuer):
    """An issuer made by the other implementation, and its files."""

    def __init__(self, directory, **how):
        super().__init__(**how)
        self.directory = directory
        self.publish()

    def publish(self, **token):
        (self.directory / "issuer.cose").write_bytes(self.document())
        (self.directory / "status-0.cose").write_bytes(self.token(**token))

    def show(self, code, *more, status, json=True, trust=True, list=True):
        given = []
        if trust:
            given += ["--trust", self.directory / "issuer.cose", "--root",
                      m.public(self.root).hex()]
        if list:
            given += ["--status", self.directory / "status-0.cose"]
        return show(code, *given, *more, status=status, json=json)


def show(code, *arguments, status, json=True):
    done = subprocess.run(
        [o.ISSUER, "show", *map(str, arguments),
         *(["--json"] if json else []), "-"], input=code + "\n",
        capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done
    assert done.stderr == ""
    return j.loads(done.stdout) if json else done.stdout


@pytest.fixture
def city(tmp_path):
    return City(tmp_path)


def bad(shown):
    return {c["check"]: c["why"] for c in shown["checks"]
            if c["result"] == "bad"}


def unknown(shown):
    return {c["check"]: c["why"] for c in shown["checks"]
            if c["result"] == "unknown"}


def test_a_good_pass_is_explained_field_by_field(city):
    payload = city.pass_payload(hint="ㅎㄱㄷ", cls=3, idx=77)
    code = m.code(m.sign1(m.PASS, payload, city.key))
    shown = city.show(code, status=0)
    assert shown["verdict"] == "accepted" and shown["kind"] == "pass"
    assert shown["fields"] == {
        "issuer": "seoul.example", "pass_id": payload[7].hex(),
        "class": "senior", "hint": "ㅎㄱㄷ", "issued": payload[6],
        "until": payload[4], "status_list": city.uri, "index": 77,
        "type": 65001, "algorithm": -8, "key": m.kid(m.public(city.key)).hex()}
    assert [c["check"] for c in shown["checks"]] == \
        ["shape", "issuer", "signature", "key", "time", "status", "list age",
         "holder"]
    assert all(c["result"] == "ok" for c in shown["checks"])
    text = city.show(code, status=0, json=False)
    for word in ("seoul.example", payload[7].hex(), "senior", "ㅎㄱㄷ", "77",
                 "signed by the root", "accepted", "65001  (pass)",
                 "-8  (EdDSA)", m.kid(m.public(city.key)).hex()):
        assert word in text
    assert " NO " not in text and "\033" not in text


def test_what_is_not_given_is_unknown_and_not_bad(city):
    code = m.code(city.issue())
    shown = city.show(code, status=3, trust=False, list=False)
    assert shown["verdict"] == "unknown-key"
    assert set(unknown(shown)) == {"issuer", "signature", "status"}
    assert "--trust" in unknown(shown)["issuer"] and not bad(shown)
    shown = city.show(code, status=3, list=False)
    assert shown["verdict"] == "status-stale"
    assert "--status" in unknown(shown)["status"] and not bad(shown)
    shown = show(code, "--trust", city.directory / "issuer.cose", "--status",
                 city.directory / "status-0.cose", status=0)
    assert "taken as given" in shown["checks"][1]["why"]


def forged(city):
    return city.issue(key=m.key_of("forger")), "unknown-key", 3, "signature"


def forged_kid(city):
    header = m.encode(m.header_of(m.PASS, m.kid(m.public(city.key))))
    return m.sign1_of(header, m.encode(city.pass_payload()),
                      m.key_of("forger")), "bad-signature", 1, "signature"


def flipped(city):
    message = bytearray(city.issue(hint="K.M."))
    message[-1] ^= 1
    return bytes(message), "bad-signature", 1, "signature"


def expired(city):
    return city.issue(iat=city.now - 900, exp=city.now - 300), "expired", 1, \
        "time"


def early(city):
    return city.issue(nbf=city.now + 3600), "not-yet-valid", 1, "time"


def with_state(value, verdict):
    def make(city):
        message = city.issue(idx=5)
        city.statuses[5] = value
        city.publish()
        return message, verdict, 1, "status"
    make.__name__ = verdict
    return make


def past_the_end(city):
    return city.issue(idx=len(city.statuses)), "malformed", 1, "status"


def retired(city):
    message = city.issue(iat=city.now - 60)
    city.keys[0][1:] = [1, city.now - 86400, city.now - 600]
    city.number += 1
    city.publish(iat=city.now - 700)
    return message, "key-retired", 1, "key"


def compromised(city):
    message = city.issue()
    city.keys[0][1:] = [2, city.now - 86400, city.now]
    city.number += 1
    city.publish()
    return message, "key-compromised", 1, "key"


def stale(city):
    city.publish(iat=city.now - 9 * 86400, exp=city.now - 60)
    return city.issue(), "status-stale", 3, "list age"


def bare(city):
    return city.issue(holder=m.key_of("holder")), "presentation-required", \
        1, "holder"


def wrong_type(city):
    return city.document(), "malformed", 1, "shape"


def unknown_claim(city):
    return m.sign1(m.PASS, {**city.pass_payload(), 2: "me"}, city.key), \
        "malformed", 1, "shape"


CASES = [forged, forged_kid, flipped, expired, early,
         with_state(1, "revoked"), with_state(2, "suspended"),
         with_state(3, "malformed"), past_the_end, retired, compromised,
         stale, bare, wrong_type, unknown_claim]


@pytest.mark.parametrize("make", CASES, ids=lambda make: make.__name__)
def test_each_fault_is_named_at_its_check(city, make):
    message, verdict, status, check = make(city)
    shown = city.show(m.code(message), status=status)
    assert shown["verdict"] == verdict
    faults = bad(shown) if status == 1 else unknown(shown)
    assert check in faults, shown
    assert shown["fields"]["key"] and shown["fields"]["algorithm"] == -8
    text = city.show(m.code(message), status=status, json=False)
    assert faults[check] in text and verdict in text


def changed(city, **claims):
    """A pass in which some claims are others; None leaves one out."""
    payload = city.pass_payload(hint="K.M.", cls=3)
    payload.update({int(k.replace("m", "-")[1:]): v
                    for k, v in claims.items()})
    return {k: v for k, v in payload.items() if v is not None}


def claims(**how):
    return lambda city: (None, m.encode(changed(city, **how)))


def raw(change):
    return lambda city: (None, change(m.encode(city.pass_payload())))


def header(change):
    def make(city):
        head = m.header_of(m.PASS, m.kid(m.public(city.key)))
        change(head)
        return m.encode(head), m.encode(city.pass_payload())
    return make


SHAPES = {
    "truncated claims": (raw(lambda p: p[:-3]),
                         "claims: CBOR: ", {"issuer"}),
    "a byte after them": (raw(lambda p: p + b"\0"),
                          "claims: CBOR: bytes after", {"issuer", "class"}),
    "a float": (raw(lambda p: p.replace(b"\x06\x1a", b"\x06\xfa", 1)),
                "claims: CBOR: ", {"issuer"}),
    "no map": (raw(lambda p: b"\x80"), "claims: not a map", set()),
    "a text as a key": (raw(lambda p: b"\xa1\x61x\x00"),
                        "claims: a key that is no number", set()),
    "unknown claim": (claims(_2="me"), "claim 2: a pass has none",
                      {"issuer", "class", "until"}),
    "no exp": (claims(_4=None), "claim 4 (exp): missing",
               {"issuer", "issued", "class"}),
    "exp before iat": (claims(_4=1), "claim 4 (exp): not after iat",
                       {"until", "issued"}),
    "nbf before iat": (claims(_5=1), "claim 5 (nbf): not after iat",
                       {"not_before"}),
    "a text as iat": (claims(_6="now"), "claim 6 (iat): not seconds",
                      {"until", "class"}),
    "class 9": (claims(_m65537={1: 9, 2: "K.M."}),
                "claim -65537 (holder): not a class from 0 to 4",
                {"class", "hint"}),
    "a long hint": (claims(_m65537={1: 0, 2: "h" * 25}),
                    "claim -65537 (holder): not", {"class", "hint"}),
    "a long iss": (claims(_1="s" * 40), "claim 1 (iss): not a text of 1 to "
                   "32", {"issuer", "class"}),
    "a short id": (claims(_7=b"12"), "claim 7 (cti): not 16 bytes",
                   {"pass_id"}),
    "no list": (claims(_65535={"status_list": {"idx": 1}}),
                "claim 65535 (status): not", {"class"}),
    "a strange key": (claims(_8={1: {1: 2}}), "claim 8 (cnf): not an "
                      "Ed25519 key", {"class"}),
    "another algorithm": (header(lambda h: h.update({1: -7})),
                          "header 1 (alg): not EdDSA", {"algorithm"}),
    "a short kid": (header(lambda h: h.update({4: b"1234"})),
                    "header 4 (kid): not 8 bytes", {"key"}),
    "no kid": (header(lambda h: h.pop(4)), "header 4 (kid): missing",
               {"type", "issuer"}),
    "one more header": (header(lambda h: h.update({5: b"x"})),
                        "header 5: a pass has none", {"key"}),
    "another type": (header(lambda h: h.update({16: 65003})),
                     "a message of type 65003, no pass", {"type"}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_wrong_with_a_code_is_named_and_the_rest_shown(city, name):
    make, said, fields = SHAPES[name]
    head, payload = make(city)
    if head is None:
        head = m.encode(m.header_of(m.PASS, m.kid(m.public(city.key))))
    code = m.code(m.sign1_of(head, payload, city.key))
    shown = city.show(code, status=1)
    assert shown["verdict"] == "malformed"
    assert bad(shown).keys() == {"shape"} and said in bad(shown)["shape"]
    assert fields <= shown["fields"].keys(), shown["fields"]
    text = city.show(code, status=1, json=False)
    assert said in text and "Not a pass" in text
    for field in fields:
        assert "\n  %s " % field in text
    if name == "class 9":
        assert shown["fields"]["class"] == "9"


LISTS = {
    "none of that URI": (dict(uri="https://other.example"),
                         "none of the lists that were given"),
    "another signer": (dict(key=m.key_of("forger")),
                       "by a key that is not in the issuer document"),
    "damaged": (dict(cut=True), "wrong signature"),
    "not named": (dict(named=False), "whose URI is not in the issuer"),
    "compromised": (dict(state=[2, 0, 0]), "declared compromised"),
    "after its key": (dict(state=[1, 0, 1]), "after its key had retired"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_does_not_count_is_told_why(city, name):
    how, said = dict(LISTS[name][0]), LISTS[name][1]
    code, uri = m.code(city.issue()), city.uri
    if how.pop("named", True) is False:
        city.uri = "https://moved.example/status"
        how["uri"] = uri
    state = how.pop("state", None)
    cut = how.pop("cut", False)
    if state:
        city.keys[0][1:] = state
        city.number += 1
    city.publish(**how)
    path = city.directory / "status-0.cose"
    if cut:
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    shown = city.show(code, status=1 if state else 3)
    assert said in unknown(shown)["status"], shown
    assert "no list was given" in unknown(
        city.show(code, list=False, status=1 if state else 3))["status"]


def test_a_live_pass_is_judged_with_its_presentation(city):
    holder = m.key_of("holder")
    bound = city.issue(holder=holder)
    now = int(time.time())
    for at, key, verdict, status in (
            (now, holder, "accepted", 0),
            (now - 600, holder, "presentation-stale", 1),
            (now, m.key_of("thief"), "presentation-invalid", 1)):
        shown = city.show(m.code(m.presentation(bound, {6: at}, key)),
                          status=status)
        assert shown["verdict"] == verdict
        assert shown["kind"] == "presentation"
        assert shown["fields"]["shown_at"] == at


def test_every_truncation_is_malformed_and_harmless(city):
    code = m.code(city.issue(hint="K.M."))
    for end in range(5, len(code), 13):
        shown = city.show(code[:end], status=1)
        assert shown["verdict"] == "malformed"
        assert bad(shown).keys() == {"shape"}


@pytest.mark.parametrize("text, verdict, why", [
    ("hello", "unknown-format", 'does not begin with "OAP1:"'),
    ("https://example.com/", "unknown-format", "does not begin"),
    ("OAP2:ABC", "unsupported-version", "another version"),
    ("OAP1:", "malformed", "cut short or misread"),
    ("OAP1:abc", "malformed", "cut short or misread"),
    ("OAP1:ABC", "malformed", "cut short or misread"),
])
def test_a_text_that_is_no_code_is_told_why(text, verdict, why):
    shown = show(text, status=1)
    assert shown["verdict"] == verdict and why in bad(shown)["shape"]


def test_another_citys_files_do_not_help(city, tmp_path):
    (tmp_path / "tokyo").mkdir()
    tokyo = City(tmp_path / "tokyo", iss="tokyo.example")
    code = m.code(city.issue())
    assert tokyo.show(code, status=3)["verdict"] == "unknown-key"
    shown = show(code, "--trust", city.directory / "issuer.cose", "--root",
                 m.public(tokyo.root).hex(), status=1)
    assert shown["verdict"] == "issuer-not-trusted"
    assert "no root that was given" in bad(shown)["issuer"]
    # one command may be given the files of all cities
    shown = city.show(code, "--trust", tokyo.directory / "issuer.cose",
                      "--status", tokyo.directory / "status-0.cose", status=0)
    assert shown["verdict"] == "accepted"


def test_the_newest_of_several_files_counts(city, tmp_path):
    code = m.code(city.issue(idx=9))
    old = tmp_path / "old.cose"
    old.write_bytes(city.token(iat=city.now - 500))
    city.statuses[9] = 1
    city.publish()
    for files in ((old, city.directory / "status-0.cose"),
                  (city.directory / "status-0.cose", old)):
        more = [x for file in files for x in ("--status", file)]
        assert city.show(code, *more, status=1,
                         list=False)["verdict"] == "revoked"


def test_a_hostile_hint_cannot_command_the_terminal(city):
    code = m.code(city.issue(hint="a\033[2J\x9bm\n"))
    text = city.show(code, status=0, json=False)
    assert "hint         a?[2J?m?\n" in text
    assert "\033" not in text and "\x9b" not in text


@pytest.mark.parametrize("option, data, status, said", [
    ("--trust", b"", 1, "not an issuer document"),
    ("--status", b"hello", 1, "not a status list token"),
    ("--trust", b"x" * 70000, 1, "over 65536 bytes"),
    ("--trust", None, 4, "No such file"),
    ("--root", "00", 2, "64 hexadecimal digits"),
])
def test_files_that_are_none_are_refused_in_one_line(tmp_path, option, data,
                                                     status, said):
    value = tmp_path / "file" if isinstance(data, bytes) else \
        data or tmp_path / "none"
    if isinstance(data, bytes):
        value.write_bytes(data)
    done = subprocess.run([o.ISSUER, "show", option, value, "OAP1:ABC"],
                          capture_output=True, text=True)
    assert done.returncode == status, done
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert said in done.stderr


def test_nothing_to_show_is_a_usage_error():
    for arguments, text in (((), ""), (("-",), ""), (("-",), "\n"),
                            (("a", "b"), "")):
        done = subprocess.run([o.ISSUER, "show", *arguments], input=text,
                              capture_output=True, text=True)
        assert done.returncode == 2 and done.stdout == "", done
    done = subprocess.run([o.ISSUER, "show", "-"], input="A" * 5000,
                          capture_output=True, text=True)
    assert done.returncode == 1 and "more than any code" in done.stderr
