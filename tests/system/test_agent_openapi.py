# SPDX-License-Identifier: Apache-2.0
"""What client/kiosk/openapi.yaml says of the agent, asked of the running
agent."""
import json
import pathlib
import sys

import jsonschema
import pytest
import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))

import fakeservice  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from door import Door  # noqa: E402
from kioskagent import Agent, Events  # noqa: E402

TEXT = (TOP / "client/kiosk/openapi.yaml").read_text()
FILE = yaml.safe_load(TEXT)
METHODS = ("get", "post", "patch", "put", "delete")
CALLS = [(method, path) for path, item in FILE["paths"].items()
         for method in METHODS if method in item]


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


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        node = node.values()
    if not isinstance(node, (str, bytes)) and hasattr(node, "__iter__"):
        for inner in node:
            yield from references(inner)


class Observer:
    """Makes calls, compares each with the file, remembers which were made."""

    def __init__(self, agent, service):
        self.agent, self.service, self.seen = agent, service, set()

    def call(self, method, path, value=None, **headers):
        body = value if value is None or isinstance(value, bytes) else \
            json.dumps(value)
        status, reply, text = self.agent.raw(method, path, body, {
            **self.agent.headers(body), **headers})
        operation = FILE["paths"][path][method.lower()]
        what = "%s: %d %r" % (operation["operationId"], status, text[:300])
        assert str(status) in operation["responses"], what
        response = resolved(operation["responses"][str(status)])
        kind = reply["Content-Type"].split(";")[0]
        assert kind in response["content"], what
        answer = json.loads(text)
        validate(answer, response["content"][kind]["schema"])
        if status == 200 and isinstance(value, dict):
            validate(value, operation["requestBody"]["content"][
                "application/json"]["schema"])
        self.seen.add((method.lower(), path, status))
        return status, answer

    def good(self, *args):
        status, answer = self.call(*args)
        assert status == 200, answer
        return answer


@pytest.fixture(scope="module")
def observer(tmp_path_factory):
    service = fakeservice.Service()
    kiosk = Door(tmp_path_factory.mktemp("api") / "kiosk", service)
    agent = Agent(kiosk.enrolled()).ready()
    yield Observer(agent, service)
    service.close()
    assert agent.stop() == 0


def test_the_file_refers_to_nothing_that_is_not_in_it():
    found = set(references(FILE))
    for reference in found:
        assert resolved({"$ref": reference}), reference
    for part in ("schemas", "responses"):
        used = {r.rsplit("/", 1)[1] for r in found if "/%s/" % part in r}
        assert used == set(FILE["components"][part])
    for schema in FILE["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert "<<:" not in TEXT and "&" not in TEXT


def test_a_day_at_the_door_is_as_described(observer):
    good, issue = observer.good, observer.service.issuer.issue
    desk = good("PATCH", "/desk", {"benefit": "day-kr", "party": 2,
                                   "amount": "3000", "per_person": True})
    assert desk == good("GET", "/desk")
    code = m.code(issue(hint="K.M."))
    first = good("POST", "/scan", {"code": code})
    assert good("POST", "/scan", {"code": code})["first_use"]
    good("POST", "/scan", {"code": "rubbish"})
    good("POST", "/redeem", {"code": m.code(issue()), "benefit": "day-kr",
                             "party": 2, "list": 6000, "deadline_ms": 5000})
    good("POST", "/reverse", {"id": first["id"], "reason": "other"})
    good("GET", "/status")
    good("GET", "/benefits")
    good("POST", "/refusals/told", {})
    assert {(method, path) for method, path, status in observer.seen
            if status == 200} == set(CALLS) - {("get", "/events")}


def test_events_are_as_described(observer):
    text = FILE["paths"]["/events"]["get"]["description"]
    schemas = FILE["components"]["schemas"]
    events = Events(observer.agent)
    hello = events.wait("hello")
    validate(hello["desk"], schemas["Desk"])
    validate(events.wait("status"), schemas["Status"])
    observer.agent.scan("rubbish")
    assert set(events.wait("judging")) == {"via"}
    validate(events.wait("told"), schemas["Told"])
    events.close()
    source = "".join(p.read_text() for p in
                     (TOP / "client/kiosk/agent").glob("*.c"))
    for name in ("hello", "status", "desk", "judging", "told", "notice",
                 "bye"):
        assert "`%s`" % name in text and '"%s"' % name in source


@pytest.mark.parametrize("method,path", CALLS,
                         ids=["%s %s" % call for call in CALLS])
def test_a_refusal_is_as_described(observer, method, path):
    verb, call = method.upper(), observer.call
    assert call(verb, path, Authorization="Bearer x")[0] == 401
    assert call(verb, path, Origin="http://evil.example")[0] == 403
    assert call(verb, path, Host="evil.example")[0] == 403
    if method == "get":
        return
    assert call(verb, path, b"{}", **{"Content-Type": "text/plain"})[0] == 415
    assert call(verb, path, b" " * 9000)[0] == 413
    for body in (b"", b"{", b"[]", b'{"unheard-of": 1}'):
        assert call(verb, path, body)[0] == 400


def test_other_methods_are_refused_and_the_right_ones_named(observer):
    for path, item in FILE["paths"].items():
        takes = {method for method in METHODS if method in item}
        for method in set(METHODS) - takes:
            status, headers, _ = observer.agent.raw(method.upper(), path)
            assert status == 405, (method, path)
            allowed = {a.strip().lower() for a in headers["Allow"].split(",")}
            assert allowed - {"head"} == takes


def test_what_there_is_no_attempt_of_and_a_busy_desk(observer):
    assert observer.call("POST", "/reverse", {"id": "00" * 16})[0] == 404
    held = [Events(observer.agent) for _ in range(8)]
    assert observer.call("GET", "/events")[0] == 503
    for events in held:
        events.close()
    assert oaprun.wait_for(lambda: observer.agent.status(), "a status")
