# SPDX-License-Identifier: Apache-2.0
"""What openapi.yaml says of the daemon, asked of the running daemon: each
reply has a status, a type and a body that the file describes, and each body
that the daemon takes is one that the file allows."""
import json
import os
import pathlib
import re
import sys
import time

import jsonschema
import pytest
import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

TEXT = (TOP / "server/daemon/openapi.yaml").read_text()
FILE = yaml.safe_load(TEXT)
METHODS = ("get", "post", "patch", "put", "delete")
CALLS = [(method, path) for path, item in FILE["paths"].items()
         for method in METHODS if method in item]


def is_raw(value):
    return value is None or isinstance(value, bytes)


def resolved(node):
    while "$ref" in node:
        at = FILE
        for name in node["$ref"].removeprefix("#/").split("/"):
            at = at[name]
        node = at
    return node


def validate(value, schema):
    jsonschema.Draft202012Validator(
        schema, resolver=jsonschema.RefResolver("", FILE)).validate(value)


def described(method, target):
    """The template of a request's path, and what the file says of it."""
    path = target.split("?")[0]
    for template, item in FILE["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) and \
                method.lower() in item:
            return template, item[method.lower()]
    raise AssertionError("%s %s is not described" % (method, path))


class Observer:
    """Makes calls, compares each with the file, remembers which were made."""

    def __init__(self, daemon):
        self.daemon, self.seen = daemon, set()

    def call(self, method, target, value=None, unix=True, headers=None,
             type="application/json"):
        body = value if is_raw(value) else json.dumps(value)
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", type)
        status, reply_headers, reply = self.daemon.raw(
            method, target, body, headers, unix=unix)
        template, operation = described(method, target)
        self.seen.add((method.lower(), template, status))
        if isinstance(value, dict) and status < 300:
            validate(value, operation["requestBody"]["content"][
                "application/json"]["schema"])
        return status, self.compare(operation, status, reply_headers, reply)

    def compare(self, operation, status, headers, reply):
        what = "%s: %d %r" % (operation["operationId"], status, reply[:300])
        assert str(status) in operation["responses"], what
        response = resolved(operation["responses"][str(status)])
        for name in response.get("headers", {}):
            assert headers[name], what
        if "content" not in response:
            assert reply == b"", what
            return None
        kind = headers["Content-Type"].split(";")[0]
        assert kind in response["content"], what
        if not kind.endswith("json"):
            return reply
        value = json.loads(reply)
        validate(value, response["content"][kind]["schema"])
        return value


@pytest.fixture(scope="module")
def observer(tmp_path_factory):
    daemon = oaprun.Daemon(tmp_path_factory.mktemp("service")).start()
    try:
        yield Observer(daemon)
    finally:
        assert daemon.stop() == 0


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        node = node.values()
    if not isinstance(node, (str, bytes)) and hasattr(node, "__iter__"):
        for inner in node:
            yield from references(inner)


def test_the_file_refers_to_nothing_that_is_not_in_it():
    found = set(references(FILE))
    assert len(found) > 30
    for reference in found:
        assert resolved({"$ref": reference}), reference
    used = {r.rsplit("/", 1)[1] for r in found if "/schemas/" in r}
    assert used == set(FILE["components"]["schemas"])
    for name, schema in FILE["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_day_of_set_up_scans_and_reports_is_as_described(observer,
                                                           tmp_path):
    call, seoul = observer.call, oapcast.Issuer()

    def good(method, target, value=None, **how):
        status, answer = call(method, target, value, **how)
        assert status < 300, (target, answer)
        return answer

    good("POST", "/v1/facilities", {
        "id": "tnm", "city": "tokyo", "names": {"en": "National Museum"},
        "currency": "JPY", "zone": "Asia/Tokyo"})
    good("PATCH", "/v1/facilities/tnm", {"names": {"en": "M", "ja": "館"}})
    assert good("PATCH", "/v1/facilities/tnm", {
        "names": {"en": None, "ko": "관"}})["names"] == {
            "ja": "館", "ko": "관"}
    good("POST", "/v1/benefits", {
        "id": "visit", "names": {"en": "Visit"}, "facilities": ["tnm"],
        "issuers": ["seoul.example"], "classes": ["adult", "senior"],
        "kind": "percent", "value": 2000, "rounding_unit": 10,
        "party_max": 4, "first_day": "2026-01-01", "last_day": "2126-01-01",
        "hours": [{"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat",
                                "sun"], "from": "00:00", "until": "24:00"}],
        "limit": {"uses": 1, "per": "day", "scope": "service"},
        "closed_days": ["2026-01-01"], "live": "bound", "offline": True,
        "reversal_minutes": 30, "currency": "JPY"})
    good("PATCH", "/v1/benefits/visit", {"closed_days": None, "value": 1000})
    good("POST", "/v1/issuers", {
        "root": m.public(seoul.root).hex(),
        "document": m.as_base64(seoul.document()),
        "tokens": [m.as_base64(seoul.token())]})
    good("PATCH", "/v1/issuers/seoul.example",
         {"tokens": [m.as_base64(seoul.token(iat=int(time.time()) + 1))]})
    for name, message in (("issuer.cose", seoul.document(_2=2)),
                          ("status-0.cose", seoul.token(iat=int(
                              time.time()) + 2))):
        (tmp_path / name).write_bytes(message)
    shown = good("PATCH", "/v1/issuers/seoul.example", {
        "document_url": "file://%s/issuer.cose" % tmp_path,
        "status_url": "file://%s/" % tmp_path})
    assert shown["status_url"].endswith("/")
    shown = good("POST", "/v1/issuers/seoul.example/fetch", {})
    assert shown["number"] == 2 and shown["fetch"]["error"] is None
    assert good("GET", "/v1/issuers")["issuers"][0]["fetch"]["good_ms"] > 0
    (tmp_path / "issuer.cose").unlink()
    status, answer = call("POST", "/v1/issuers/seoul.example/fetch", {})
    assert (status, answer["title"]) == (502, "Bad Gateway")
    assert good("PATCH", "/v1/issuers/seoul.example", {
        "document_url": None, "status_url": None})["status_url"] is None
    made = good("POST", "/v1/kiosks", {"facility": "tnm", "name": "Gate",
                                       "confirm": True})
    fields = m.read_enrolment_code(made["code"])
    kiosk = oapcast.Kiosk(fields[2], "tnm")
    cbor = {"type": "application/cbor", "unix": False}
    enrolled = good("POST", "/v1/enrolments", kiosk.enrolment(fields[4]),
                    **cbor)
    assert enrolled["state"] == "pending"
    good("PATCH", "/v1/kiosks/" + enrolled["kiosk"], {
        "state": "active", "facility": "tnm", "name": "North gate"})
    good("POST", "/v1/operators", {"id": "op", "role": "viewer"})
    good("PATCH", "/v1/operators/op", {"disabled": False, "new_token": True})
    assert good("GET", "/v1/policy")["offline_amounts"] is None
    good("PATCH", "/v1/policy", {"offline_uses": 20,
                                 "offline_amounts": {"JPY": 100000}})
    assert good("PATCH", "/v1/policy", {"offline_amounts": {
        "KRW": 5000, "JPY": None}})["offline_amounts"] == {"KRW": 5000}
    assert good("PATCH", "/v1/benefits/visit", {"limit": {"uses": 2}})[
        "limit"] == {"uses": 2, "per": "day", "scope": "service"}
    good("PATCH", "/v1/benefits/visit", {"limit": {"uses": 1}})
    bundle = good("GET", "/v1/bundle", unix=False)
    assert bundle[:1] == b"\xd2"
    scanned = seoul.issue(hint="K.M.")
    for number, verdict in ((1, "accepted"), (2, "already-redeemed")):
        id = oapcast.uuid7()
        question = kiosk.question(scanned, "visit", 2, 2000, id)
        answer = good("POST", "/v1/ask", m.body(question), **cbor)
        assert answer["verdict"] == verdict, answer
        assert ("first_use" in answer) == (number == 2)
        if number == 1:
            first = id, answer
    id, answer = first
    item = kiosk.attempt(scanned, "visit", 1, id=id, party=2,
                         amount=2000, discount=answer["discount"],
                         grant=bytes.fromhex(answer["grant"]))
    uploaded = good("POST", "/v1/entries",
                    m.body(kiosk.report(), [item, b"\x00"]), **cbor)
    assert [r["verdict"] for r in uploaded["results"]] == ["accepted",
                                                          "malformed"]
    alone, kiosk.epoch = oapcast.uuid7(), answer["epoch"]
    lone = kiosk.attempt(scanned, "visit", 2, id=alone, party=2, amount=2000,
                         discount=2000)
    good("POST", "/v1/entries", m.body(kiosk.report(), [lone]), **cbor)
    assert [a["dispute"] for a in good("GET", "/v1/disputed?limit=1")[
        "disputed"]] == ["offline-allowance-spent"]
    there = "/v1/attempts/%s/%s" % (enrolled["kiosk"], alone.hex())
    good("POST", there + "/rejection", {})
    assert good("POST", there + "/admission", {"note": "seen"})["counts"]
    assert len(good("GET", "/v1/conflicts")["conflicts"]) == 1
    assert good("GET", "/v1/unconfirmed")["unconfirmed"] == []
    aside, = good("GET", "/v1/quarantine?limit=1")["quarantine"]
    assert good("GET", "/v1/quarantine/%d" % aside["n"])["raw"] == "AA=="
    one = "/v1/attempts/%s/%s" % (enrolled["kiosk"], id.hex())
    assert good("GET", one)["told"] == "accepted"
    assert good("POST", one + "/reversal",
                {"reason": "mistake"})["result"] == "reversed"
    good("POST", "/v1/passes/lookup", {"code": m.code(scanned)})
    assert len(good("GET", "/v1/attempts?limit=500")["attempts"]) >= 2
    assert len(good("GET", "/v1/audit")["audit"]) > 5
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 3600))
    for name in ("redemptions", "facilities", "benefits", "issuers",
                 "verdicts"):
        where = "/v1/reports/%s?from=%s" % (name, day)
        assert good("GET", where)["rows"]
        assert good("GET", where + "&format=csv").count(b"\r\n") > 1
    for path in ("/healthz", "/readyz", "/metrics", "/v1/policy",
                 "/v1/status-lists/seoul.example/0"):
        good("GET", path)
    journal = m.encode([m.body(kiosk.report(), [item, b"\x00"])])
    receipt = m.open_message(
        good("POST", "/v1/import", journal, type="application/cbor"),
        m.RECEIPT, fields[2])
    assert [r[:2] for r in receipt[6]] == [[1, 1], [0, 16]]
    assert good("POST", "/v1/backup", {})[:15] == b"SQLite format 3"
    for kind, id in (("facilities", "tnm"), ("benefits", "visit"),
                     ("issuers", "seoul.example"), ("operators", "op"),
                     ("kiosks", enrolled["kiosk"])):
        assert good("GET", "/v1/" + kind)[kind]
        good("GET", "/v1/%s/%s" % (kind, id))
    succeeded = {(method, path) for method, path, status in observer.seen
                 if status < 300}
    assert succeeded == set(CALLS)


@pytest.mark.parametrize("path, body, named", [
    ("benefits/visit", {"limit": {"scope": None}}, "limit.scope"),
    ("benefits/visit", {"limit": {"bogus": None}}, "limit.bogus"),
    ("benefits/visit", {"names": {"xx": None}}, "names.xx"),
    ("facilities/tnm", {"names": {"KO": None}}, "names.KO"),
    ("policy", {"offline_amounts": {"KWR": None}}, "offline_amounts.KWR")])
def test_null_takes_nothing_away_that_cannot_be_there(observer, path, body,
                                                      named):
    status, answer = observer.call("PATCH", "/v1/" + path, body)
    assert status == 400 and named in answer["detail"]


def test_the_file_needs_nothing_of_yaml_that_others_lack():
    assert "<<:" not in TEXT


NOBODY = {"id": "nobody", "kid": "00" * 8, "iss": "nobody.example",
          "issuer": "nobody.example", "n": "7", "name": "nothing"}


@pytest.mark.parametrize("method,path", CALLS,
                         ids=["%s %s" % call for call in CALLS])
def test_a_refusal_is_as_described(observer, method, path):
    """Without a token, with a body that is wrong in each way, and of what
    does not exist."""
    target = re.sub(r"{(\w+)}", lambda name: NOBODY[name[1]] * (
        2 if name[1] == "id" and "attempts" in path else 1), path)
    operation = FILE["paths"][path][method]
    verb = method.upper()
    status, _ = observer.call(verb, target, {} if method != "get" else None,
                              unix=False)
    if "security" in operation:
        assert status == 401
        status, _ = observer.call(verb, target, unix=False, headers={
            "Authorization": "Bearer nonsense"})
        assert status == 401
    if method == "get":
        observer.call("GET", target)
        return
    status, _ = observer.call(verb, target, b"{}", type="text/plain")
    assert status == 415
    largest = 1 << 20 if path == "/v1/entries" else 1 << 17
    kind = next(iter(operation["requestBody"]["content"]))
    status, _ = observer.call(verb, target, b" " * (largest + 1), type=kind)
    assert status in (400, 413)
    for body in (b"", b"{", b"[]", b'{"unheard-of": 1}', os.urandom(64)):
        status, _ = observer.call(verb, target, body, type=kind)
        assert 400 <= status < 500


def test_other_methods_are_refused_and_the_right_ones_named(observer):
    for path, item in FILE["paths"].items():
        target = re.sub(r"{(\w+)}", lambda name: NOBODY[name[1]], path)
        takes = {m for m in METHODS if m in item}
        for method in set(METHODS) - takes:
            status, headers, _ = observer.daemon.raw(
                method.upper(), target, unix=True)
            assert status == 405, (method, path)
            allowed = {a.strip().lower() for a in headers["Allow"].split(",")}
            assert allowed - {"head"} == takes
