# SPDX-License-Identifier: Apache-2.0
"""Every message of One-Asia Pass, made a second time from the CDDL alone.

Nothing here looks at the C code: where both agree, byte for byte, the text in
common/messages.cddl says enough. A payload is a dict with the CDDL's keys.
"""
import base64
import hashlib
import hmac

import cbor2
import nacl.bindings
import nacl.signing

PASS, PRESENTATION, ATTEMPT, REVERSAL, BUNDLE = range(65001, 65006)
ENROLMENT, ISSUER_DOCUMENT, QUESTION, REPORT, RECEIPT = range(65006, 65011)
STATUS_TOKEN = "application/statuslist+cwt"
MAC_TYPS = (QUESTION, REPORT)
ALL_TYPS = tuple(range(65001, 65011)) + (STATUS_TOKEN,)

CLASSES = ("adult", "youth", "child", "senior", "disabled")
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class Raw(bytes):
    """Encoded CBOR that stands as it is: for making what is not allowed."""


class Pairs(list):
    """A map whose pairs keep their order, for the same purpose."""


# ------------------------------------------------ deterministic CBOR
def head(major, value):
    """The shortest head of a major type."""
    if value < 24:
        return bytes([major << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError("over 64 bits: %d" % value)


def encode(value):
    """RFC 8949 section 4.2.1: map keys in bytewise order of their encoding
    (cbor2's own canonical mode sorts as RFC 7049 did, shorter first)."""
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, Pairs):
        return head(5, len(value)) + b"".join(
            encode(k) + encode(v) for k, v in value)
    if isinstance(value, dict):
        pairs = sorted((encode(k), encode(v)) for k, v in value.items())
        return head(5, len(pairs)) + b"".join(k + v for k, v in pairs)
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, cbor2.CBORTag):
        return head(6, value.tag) + encode(value.value)
    if isinstance(value, (int, str, bytes)) or value is None:
        return cbor2.dumps(value)
    raise TypeError("no CBOR for %r" % (value,))


def decode(data):
    """What deterministic bytes say; refuses others."""
    value = cbor2.loads(data)
    if encode(value) != bytes(data):
        raise ValueError("not deterministic CBOR: %s" % data.hex())
    return value


# ------------------------------------------------------------- keys
def cose_key(public):
    return {1: 1, -1: 6, -2: bytes(public)}


def kid(public):
    """First 8 bytes of the RFC 9679 thumbprint."""
    return hashlib.sha256(encode(cose_key(public))).digest()[:8]


def key_of(seed):
    """A signing key of a 32-byte seed, or of any text."""
    if isinstance(seed, str):
        seed = hashlib.sha256(seed.encode()).digest()
    return nacl.signing.SigningKey(seed)


def public(key):
    return bytes(key.verify_key)


def mac_key(own, peer_public):
    """The COSE_Mac0 key of a kiosk and its service."""
    shared = nacl.bindings.crypto_box_beforenm(
        nacl.bindings.crypto_sign_ed25519_pk_to_curve25519(peer_public),
        nacl.bindings.crypto_sign_ed25519_sk_to_curve25519(
            bytes(own) + public(own)))
    # crypto_kdf_derive_from_key, as libsodium's documentation defines it.
    return hashlib.blake2b(b"", digest_size=32, key=shared,
                           salt=(1).to_bytes(8, "little") + bytes(8),
                           person=b"OAPMAC01" + bytes(8)).digest()


# ------------------------------------------------------- envelopes
def header_of(typ, key_id, alg=None):
    if alg is None:
        alg = 5 if typ in MAC_TYPS else -8
    return {1: alg, 4: key_id, 16: typ}


def sign1_of(header, payload, key, unprotected=None):
    """header and payload encoded already."""
    tbs = encode(["Signature1", header, b"", payload])
    return encode(cbor2.CBORTag(18, [header, unprotected or {}, payload,
                                     key.sign(tbs).signature]))


def mac0_of(header, payload, key, unprotected=None):
    tbs = encode(["MAC0", header, b"", payload])
    tag = hmac.new(key, tbs, hashlib.sha256).digest()
    return encode(cbor2.CBORTag(17, [header, unprotected or {}, payload,
                                     tag]))


def sign1(typ, payload, key, alg=-8):
    return sign1_of(encode(header_of(typ, kid(public(key)), alg)),
                    encode(payload), key)


def mac0(typ, payload, device_kid, key):
    return mac0_of(encode(header_of(typ, device_kid)), encode(payload), key)


def presentation(pass_message, payload, holder, alg=-8):
    header = {1: alg, 13: Raw(pass_message), 16: PRESENTATION}
    return sign1_of(encode(header), encode(payload), holder)


def open_message(message, typ, key):
    """Verifies (key: 32 public bytes, or the MAC key) and gives the payload."""
    outer = decode(message)
    mac = typ in MAC_TYPS
    if outer.tag != (17 if mac else 18):
        raise ValueError("tag %d" % outer.tag)
    protected, unprotected, payload, proof = outer.value
    header = decode(protected)
    if unprotected != {} or header[16] != typ:
        raise ValueError("typ %r" % header.get(16))
    if mac:
        tbs = encode(["MAC0", protected, b"", payload])
        good = hmac.new(key, tbs, hashlib.sha256).digest()
        if header[1] != 5 or not hmac.compare_digest(good, proof):
            raise ValueError("MAC")
    else:
        tbs = encode(["Signature1", protected, b"", payload])
        if header[1] not in (-8, -19):
            raise ValueError("alg %r" % header[1])
        nacl.signing.VerifyKey(key).verify(tbs, proof)
    return decode(payload)


# ------------------------------------------------------------ codes
def base45_encode(data):
    out = []
    for i in range(0, len(data) - 1, 2):
        n = data[i] << 8 | data[i + 1]
        out += (n % 45, n // 45 % 45, n // 2025)
    if len(data) % 2:
        out += (data[-1] % 45, data[-1] // 45)
    return "".join(BASE45[v] for v in out)


def base45_decode(text):
    values = [BASE45.index(c) for c in text]
    out = bytearray()
    while len(values) >= 3:
        n = values[0] + 45 * values[1] + 2025 * values[2]
        out += n.to_bytes(2, "big")
        del values[:3]
    if values:
        out += (values[0] + 45 * values[1]).to_bytes(1, "big")
    return bytes(out)


def code(message):
    return "OAP1:" + base45_encode(message)


def message_of(text):
    if not text.startswith("OAP1:"):
        raise ValueError("no code: %r" % text)
    return base45_decode(text[5:])


def enrolment_code(url, service_public, secret, expires, pin=None):
    fields = {1: url, 2: service_public, 4: secret, 5: expires}
    if pin is not None:
        fields[3] = pin
    return "OAPE1:" + base45_encode(encode(fields))


def read_enrolment_code(text):
    if not text.startswith("OAPE1:"):
        raise ValueError("no enrolment code: %r" % text)
    return decode(base45_decode(text[6:]))


# ----------------------------------------------------------- bodies
def item(entry, salt=b"", scanned=b""):
    return encode([entry, salt, scanned])


def body(head_message, items=()):
    """Of POST /v1/ask and /v1/entries."""
    return encode([head_message, list(items)])


def commitment(salt, scanned):
    return hashlib.sha256(salt + scanned).digest()


def etag_of(headers):
    return headers["ETag"].strip('"')


def as_base64(message):
    return base64.b64encode(message).decode()
