# SPDX-License-Identifier: Apache-2.0
"""Messages of every typ, between the shipped code and an implementation made
from the CDDL alone: byte for byte both ways, and what must be refused."""
import itertools
import json
import os
import pathlib
import subprocess
import sys

import cbor2
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapany as a  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

ROUNDS = int(os.environ.get("OAP_ROUNDS", "12"))


@pytest.fixture(scope="module")
def tool():
    path = oaprun.build() / "tests/unit/tool_message"
    process = subprocess.Popen([path], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)

    def ask(**request):
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, "tool_message ended (%s)" % process.poll()
        return json.loads(line)

    yield ask
    process.stdin.close()
    assert process.wait(30) == 0


def number_of(typ):
    return -1 if typ == m.STATUS_TOKEN else typ


def plain(value):
    """A payload as the tool's JSON has it."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in sorted(
            value.items(), key=lambda pair: m.encode(pair[0]))}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def fields_of(message):
    fields = plain(message.payload)
    if message.pass_message:
        fields["pass"] = message.pass_message.hex()
    return fields


def asked(message):
    request = {"typ": number_of(message.typ), "seed": message.seed.hex()}
    if message.mac:
        request.update(kid=message.device.hex(), mac=message.mac.hex())
    return request


def read(tool, message, data=None):
    data = message.sealed() if data is None else data
    return tool(op="read", message=data.hex(), **asked(message))


def combinations(keys):
    for n in range(len(keys) + 1):
        yield from itertools.combinations(keys, n)


def messages(r, typ, rounds=ROUNDS):
    for given in combinations(a.OPTIONAL[typ]):
        for _ in range(rounds):
            yield a.Message(r, typ, given)


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_made_by_python_is_taken_and_made_again_to_the_byte(tool, dice, typ):
    for message in messages(dice, typ):
        data = message.sealed()
        answer = read(tool, message, data)
        assert answer.get("fields") == fields_of(message), \
            (answer, data.hex(), message.payload)
        assert answer["again"] == data.hex()


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_made_by_c_is_the_same_to_the_byte_and_verifies(tool, dice, typ):
    for message in messages(dice, typ):
        answer = tool(op="make", fields=fields_of(message), **asked(message))
        assert answer.get("message") == message.sealed().hex(), \
            (answer, message.payload)
        made = bytes.fromhex(answer["message"])
        key = message.mac or m.public(message.signer)
        assert m.open_message(made, typ, key) == message.payload


def test_every_combination_of_a_benefits_optional_keys(tool, dice):
    for given in combinations(a.BENEFIT_OPTIONAL):
        payload = a.bundle_payload(dice, ())
        payload[6] = [a.benefit(dice, "b", given)]
        message = a.Message(dice, m.BUNDLE, (), payload)
        answer = read(tool, message)
        assert answer.get("fields") == fields_of(message)
        assert answer["again"] == message.sealed().hex()


@pytest.mark.parametrize("typ", [t for t in m.ALL_TYPS
                                 if t not in m.MAC_TYPS])
def test_algorithm_19_is_taken_too(tool, dice, typ):
    message = a.Message(dice, typ, ())
    header = message.header()
    header[1] = -19
    answer = read(tool, message, message.sealed(header=m.encode(header)))
    assert answer.get("fields") == fields_of(message)


def test_kiosk_and_service_derive_the_key_of_the_cddl(tool, dice):
    derived = set()
    for _ in range(ROUNDS):
        seeds = [a.octets(dice, 32) for _ in range(2)]
        kiosk, service = map(m.key_of, seeds)
        key = m.mac_key(kiosk, m.public(service))
        for seed, peer in ((seeds[0], service), (seeds[1], kiosk)):
            answer = tool(op="derive", seed=seed.hex(),
                          peer=m.public(peer).hex())
            assert answer == {"mac": key.hex()}
        derived.add(key)
    assert len(derived) == ROUNDS


@pytest.mark.parametrize("peer", [
    bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f",
    b"\xff" * 32])
def test_no_key_is_derived_with_what_is_no_usable_key(tool, peer):
    assert tool(op="derive", seed=bytes(32).hex(), peer=peer.hex()) == \
        {"refused": "unusable"}


# ------------------------------------------------------------- refusals
def pairs(mapping):
    return sorted(((m.encode(k), m.encode(v)) for k, v in mapping.items()))


def map_of(encoded_pairs):
    return m.head(5, len(encoded_pairs)) + b"".join(
        k + v for k, v in encoded_pairs)


def long_head(item):
    """The same item with a head one size over the shortest."""
    first, info = item[0] & 0xe0, item[0] & 0x1f
    if info < 24:
        return bytes([first | 24, info]) + item[1:]
    size = {24: 1, 25: 2, 26: 4}[info]
    return bytes([first | info + 1]) + bytes(size) + item[1:]


def spoiled_maps(mapping):
    """Each rule of the CDDL's head comment broken once, by name."""
    good = pairs(mapping)
    whole = map_of(good)
    key, value = good[0]
    extra = lambda item: map_of(sorted(good + [(b"\x18\x63", item)]))
    deep = b"\x81" * 8 + b"\x00"
    yield "indefinite map", b"\xbf" + whole[1:] + b"\xff"
    yield "long head of the map", long_head(whole)
    yield "long head of a key", map_of([(long_head(key), value)] + good[1:])
    if len(good) > 1:
        yield "unsorted keys", map_of(good[1:] + good[:1])
    yield "repeated key", map_of([good[0]] + good)
    yield "bytes after the end", whole + b"\x00"
    yield "cut at the end", whole[:-1]
    yield "length past the end", m.head(5, len(good) + 1) + whole[1:]
    yield "unknown key", extra(b"\x00")
    yield "float", extra(b"\xf9\x00\x00")
    yield "undefined", extra(b"\xf7")
    yield "simple value", extra(b"\xe0")
    yield "tag", extra(b"\xd8\x19\x00")
    yield "indefinite text", extra(b"\x7f\x61\x61\xff")
    yield "bad UTF-8", extra(b"\x62\xc3\x28")
    yield "nesting over 8", extra(deep)
    for i, (k, v) in enumerate(good):
        at = good[:i], good[i + 1:]
        yield "key %s twice" % k.hex(), map_of(
            at[0] + [(k, v), (k, v)] + at[1])
        yield "value of %s of another kind" % k.hex(), map_of(
            at[0] + [(k, b"\xf4" if v[0] != 0xf4 else b"\x00")] + at[1])
        yield "value of %s as null" % k.hex(), map_of(
            at[0] + [(k, b"\xf6")] + at[1])
        yield "value of %s as a float" % k.hex(), map_of(
            at[0] + [(k, b"\xfb" + bytes(8))] + at[1])
        if v[0] & 0x1f < 27 and v[0] < 0xe0:
            yield "value of %s with a long head" % k.hex(), map_of(
                at[0] + [(k, long_head(v))] + at[1])
        if v[0] >> 5 in (2, 3):
            yield "value of %s in chunks" % k.hex(), map_of(
                at[0] + [(k, bytes([v[0] & 0xe0 | 31]) + v + b"\xff")]
                + at[1])
        if v[0] >> 5 == 3:
            broken = m.encode(m.decode(v).encode()[:-1] + b"\xff")
            yield "value of %s not UTF-8" % k.hex(), map_of(
                at[0] + [(k, bytes([broken[0] | 0x20]) + broken[1:])]
                + at[1])


def with_swallowed(value):
    """The same run of heads and items, but for the counts of two containers:
    one has taken its neighbours of the one around it."""
    if isinstance(value, dict):
        value = [part for pair in sorted(
            value.items(), key=lambda pair: m.encode(pair[0]))
            for part in pair]
        step, build = 2, lambda parts: m.Pairs(zip(parts[::2], parts[1::2]))
    elif isinstance(value, list):
        step, build = 1, list
    else:
        return
    for i, part in enumerate(value):
        if not isinstance(part, (dict, list)):
            continue
        for inner in with_swallowed(part):
            yield build(value[:i] + [inner] + value[i + 1:])
        for end in range(i + 1 + step, len(value) + 1, step):
            taken = value[i + 1:end]
            if isinstance(part, list):
                more = part + taken
            elif len(taken) % 2:
                continue
            else:
                more = m.Pairs(sorted(part.items(), key=lambda pair:
                                      m.encode(pair[0])))
                more += zip(taken[::2], taken[1::2])
            yield build(value[:i] + [more] + value[end:])


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_a_member_that_swallows_its_neighbours_is_refused(tool, dice, typ):
    given = a.OPTIONAL[typ]
    message = a.Message(dice, typ, given, a.full(dice, typ, given))
    whole = m.encode(message.payload)
    for other in with_swallowed(message.payload):
        data = m.encode(other)
        assert data != whole and len(data) <= len(whole) + 2
        answer = read(tool, message, message.sealed(data))
        assert answer.get("refused") == "unreadable", other


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_each_rule_broken_once_in_a_payload_is_refused(tool, dice, typ):
    for given in combinations(a.OPTIONAL[typ]):
        message = a.Message(dice, typ, given)
        assert "fields" in read(tool, message)
        for name, payload in spoiled_maps(message.payload):
            answer = read(tool, message, message.sealed(payload))
            assert answer.get("refused") == "unreadable", (name, answer)


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_each_rule_broken_once_in_a_header_is_refused(tool, dice, typ):
    message = a.Message(dice, typ, a.OPTIONAL[typ])
    for name, header in spoiled_maps(message.header()):
        answer = read(tool, message, message.sealed(header=header))
        assert answer.get("refused") == "unreadable", (name, answer)


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_a_payload_without_some_of_its_keys_is_refused(tool, dice, typ):
    message = a.Message(dice, typ, ())
    for kept in combinations(message.payload):
        if len(kept) == len(message.payload):
            continue
        less = {k: message.payload[k] for k in kept}
        answer = read(tool, message, message.sealed(m.encode(less)))
        assert answer.get("refused") == "unreadable", kept


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_a_payload_that_is_no_map_is_refused(tool, dice, typ):
    message = a.Message(dice, typ, ())
    values = list(message.payload.values())
    for payload in (0, -1, b"", "", [], values, None,
                    m.Raw(b"\xf4"), cbor2.CBORTag(18, message.payload)):
        answer = read(tool, message, message.sealed(m.encode(payload)))
        assert answer.get("refused") == "unreadable", payload


def spoiled_envelopes(message):
    data = message.sealed()
    tag, parts = data[0], m.decode(data).value
    encoded = [m.encode(part) for part in parts]
    proof = parts[3]
    join = lambda items, n=4: m.head(4, n) + b"".join(items)
    yield "no tag", data[1:]
    yield "the other tag", bytes([tag ^ 3]) + data[1:]
    yield "a tag around it", b"\xd8\x3d" + data
    yield "long head of the tag", bytes([0xd8, tag & 0x1f]) + data[1:]
    yield "long head of the array", bytes([tag, 0x98, 4]) + data[2:]
    yield "indefinite array", bytes([tag, 0x9f]) + data[2:] + b"\xff"
    yield "bytes after the end", data + b"\x00"
    yield "three parts", bytes([tag]) + join(encoded[:3], 3)
    yield "five parts", bytes([tag]) + join(encoded + [b"\xa0"], 5)
    yield "payload detached", bytes([tag]) + join(
        encoded[:2] + [b"\xf6"] + encoded[3:])
    yield "short proof", bytes([tag]) + join(
        encoded[:3] + [m.encode(proof[:-1])])
    yield "long proof", bytes([tag]) + join(
        encoded[:3] + [m.encode(proof + b"\x00")])
    yield "unprotected header", message.sealed(unprotected={4: bytes(8)})
    header = message.header()
    for name, change in (("alg of another kind", {1: -7}),
                         ("no alg", {1: None}),
                         ("short kid", {4: bytes(7)}),
                         ("no kid", {4: None}), ("no typ", {16: None}),
                         ("critical", {2: [99]})):
        if message.typ == m.PRESENTATION and 4 in change:
            change = {4: bytes(8)} if change[4] else {13: None}
        changed = {k: v for k, v in {**header, **change}.items()
                   if v is not None}
        yield name, message.sealed(header=m.encode(changed))
    if message.typ == m.PRESENTATION:
        wrapped = {**header, 13: message.pass_message}
        yield "pass in a byte string", message.sealed(
            header=m.encode(wrapped))


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_each_rule_of_the_envelope_broken_once_is_refused(tool, dice, typ):
    message = a.Message(dice, typ, ())
    for name, data in spoiled_envelopes(message):
        assert data != message.sealed()
        answer = read(tool, message, data)
        assert answer.get("refused") == "unreadable", (name, answer)


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_a_message_under_another_typ_is_refused(tool, dice, typ):
    message = a.Message(dice, typ, ())
    for other in m.ALL_TYPS + (65011, 0, "application/cwt"):
        if other == typ:
            continue
        header = {**message.header(), 16: other}
        answer = read(tool, message, message.sealed(header=m.encode(header)))
        assert "refused" in answer, other


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_a_flipped_bit_anywhere_is_refused(tool, dice, typ):
    message = a.Message(dice, typ, a.OPTIONAL[typ])
    data = message.sealed()
    bits = range(8 * len(data))
    for bit in sorted(dice.sample(bits, min(len(bits), 400))):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert "refused" in read(tool, message, bytes(flipped)), bit


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_a_message_cut_at_any_length_is_refused(tool, dice, typ):
    message = a.Message(dice, typ, a.OPTIONAL[typ])
    data = message.sealed()
    lengths = range(len(data))
    for n in dice.sample(lengths, min(len(lengths), 400)):
        assert read(tool, message, data[:n]).get("refused") == \
            "unreadable", n


@pytest.mark.parametrize("typ", m.ALL_TYPS)
def test_another_key_does_not_verify(tool, dice, typ):
    message = a.Message(dice, typ, ())
    data = message.sealed()
    stranger = a.Message(dice, typ, ())
    if typ == m.PRESENTATION:       # signed by another than the pass's cnf
        data = m.presentation(message.pass_message, message.payload,
                              stranger.signer)
    assert "refused" in read(tool, stranger, data)


def ranges():
    """typ, where, and values just past what the CDDL allows."""
    for typ in (m.ATTEMPT, m.QUESTION):
        yield typ, (7,), (0, 1000)
        yield typ, (8,), (10 ** 12 + 1, -1)
        yield typ, (6,), ("", "A", "-a", "a_b", "a" * 33)
        yield typ, (13,), ("", "a b", "a" * 33)
        yield typ, (1,), (bytes(15), bytes(17))
    yield m.ATTEMPT, (2,), (0,)
    yield m.ATTEMPT, (3,), (bytes(31),)
    yield m.ATTEMPT, (10,), (0, 256)
    yield m.ATTEMPT, (11,), (bytes(33),)
    yield m.ATTEMPT, (15,), (bytes(23), bytes(25))
    yield m.ATTEMPT, (4,), (-1, a.MS + 1)
    yield m.QUESTION, (11,), (b"", bytes(769))
    yield m.QUESTION, (14,), (60001, -1)
    yield m.PASS, (1,), ("", "x" * 33)
    yield m.PASS, (7,), (bytes(15),)
    yield m.PASS, (-65537, 1), (5, -1)
    yield m.PASS, (-65537, 2), ("", "x" * 25)
    yield m.PASS, (65535, "status_list", "uri"), ("", "x" * 129)
    yield m.PASS, (65535, "status_list", "idx"), (-1,)
    yield m.PASS, (65535, "status_list", "more"), (1,)
    yield m.PASS, (8, 1, -2), (bytes(31),)
    yield m.PASS, (8, 1, -1), (4,)
    yield m.PASS, (8, 1, 1), (2,)
    yield m.PASS, (4,), (a.SECONDS + 1,)
    yield m.PRESENTATION, (3,), ("", "A")
    yield m.REVERSAL, (6,), ([bytes(8)], [bytes(16), bytes(8)], [])
    yield m.REVERSAL, (7,), (4,)
    yield m.REPORT, (2,), (0,)
    yield m.REPORT, (18,), ("", "x" * 33)
    yield m.ENROLMENT, (2,), (bytes(17), bytes(64))
    yield m.ENROLMENT, (5,), ("x" * 33,)
    yield m.ISSUER_DOCUMENT, (4,), (
        [[bytes(32), 3, 0, None]], [[bytes(32), 1, 0, None]],
        [[bytes(31), 0, 0, None]], [[bytes(32), 0, 0]])
    yield m.ISSUER_DOCUMENT, (5,), ([""], ["x" * 129], [1])
    yield m.ISSUER_DOCUMENT, (6,), ({}, {"fr": "x"}, {"en": ""},
                                    {"en": "x" * 601})
    yield m.STATUS_TOKEN, (65533, "bits"), (0, 3, 16)
    yield m.STATUS_TOKEN, (65533, "aggregation_uri"), ("x",)
    yield m.RECEIPT, (6,), ([[1, 0, 0]], [[1, 256, 0]], [[1, 1]])
    yield m.BUNDLE, (9,), ([[bytes(8), "a", 4]], [[bytes(7), "a", 1]])
    yield m.BUNDLE, (10,), ([bytes(31)],)
    yield m.BUNDLE, (7, 3), (3601,)
    yield m.BUNDLE, (7, 4), (9, 3601)
    yield m.BUNDLE, (7, 6), ({}, {"KR": 1}, {"KRW": 10 ** 12 + 1})
    yield m.BUNDLE, (7, 7), (99, 5001)
    yield m.BUNDLE, (5, 0, 5), (-64801, 64801)
    yield m.BUNDLE, (5, 0, 4), ("krw", "KR", "KRWX")
    yield m.BUNDLE, (5, 0, 6), ([[5, 0], [5, 1]], [[6, 0], [5, 0]],
                                [[i, 0] for i in range(17)])
    yield m.BUNDLE, (6, 0, 3), ([], ["A"])
    yield m.BUNDLE, (6, 0, 5), ([], [5])
    yield m.BUNDLE, (6, 0, 6), (4,)
    yield m.BUNDLE, (6, 0, 8), (0, 1000001)
    yield m.BUNDLE, (6, 0, 9), (0, 1000)
    yield m.BUNDLE, (6, 0, 10), ([0, 0, 0], [1, 4, 0], [1, 0, 2], [1, 0])
    yield m.BUNDLE, (6, 0, 11), (20260230, 20261301, 0)
    yield m.BUNDLE, (6, 0, 13), ([], [[0, 0, 1]], [[128, 0, 1]],
                                 [[1, 1440, 1440]], [[1, 0, 1441]])
    yield m.BUNDLE, (6, 0, 14), ([], [20260102, 20260101],
                                 [20260101, 20260101])
    yield m.BUNDLE, (6, 0, 15), (3,)
    yield m.BUNDLE, (6, 0, 17), (1441,)


def bundle_of_one(r):
    payload = a.bundle_payload(r, ())
    payload[5] = [a.facility(r, "f")]
    payload[6] = [a.benefit(r, "b", ())]
    payload[6][0].update({6: 3, 7: 0})
    payload[7] = a.policy(r, False)
    return payload


@pytest.mark.parametrize("case", ranges(), ids=lambda c: "%s-%s" % (
    c[0], ".".join(map(str, c[1]))))
def test_values_past_their_range_are_refused(tool, dice, case):
    typ, path, values = case
    payload = bundle_of_one(dice) if typ == m.BUNDLE else None
    for value in values:
        message = a.Message(dice, typ, (8,) if path[0] == 8 else (), payload)
        assert "fields" in read(tool, message)
        inner = message.payload = cbor2.loads(m.encode(message.payload))
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        assert read(tool, message).get("refused") == "unreadable", value


def test_lists_of_a_bundle_are_ascending_and_each_once(tool, dice):
    for key, make in ((5, a.facility), (6, lambda r, i: a.benefit(r, i, ()))):
        for order in (("a", "b"), ("b", "a"), ("a", "a")):
            payload = bundle_of_one(dice)
            payload[key] = [make(dice, name) for name in order]
            message = a.Message(dice, m.BUNDLE, (), payload)
            answer = read(tool, message)
            assert ("fields" in answer) == (order == ("a", "b")), order


@pytest.mark.parametrize("item, strict", [
    ("00", True), ("1817", False), ("1818", True), ("1900ff", False),
    ("1a0000ffff", False), ("1b00000000ffffffff", False), ("40", True),
    ("5f4100ff", False), ("7f6161ff", False), ("9f00ff", False),
    ("bf0000ff", False), ("a200000100", True), ("a201000000", False),
    ("a200000000", False), ("a200000001", False), ("a21818000000", False),
    ("a21903e8002000", True),
    ("f4", True), ("f5", True), ("f6", True), ("f7", False), ("e0", False),
    ("f820", False), ("f90000", False), ("fa00000000", False),
    ("fb" + 8 * "00", False), ("c000", False), ("d100", True),
    ("d200", True), ("d300", False), ("d81100", False), ("0000", False),
    ("", False), ("62c328", False), ("62e282", False), ("64f0908d88", True),
    ("63eda080", False), ("62c080", False), ("81" * 8 + "00", True),
    ("81" * 9 + "00", False), ("1c", False), ("3bffffffffffffffff", True),
    ("9bffffffffffffffff", False), ("5bffffffffffffffff00", False)])
def test_an_item_is_deterministic_cbor_or_not(tool, item, strict):
    assert tool(op="strict", item=item)["strict"] == strict
