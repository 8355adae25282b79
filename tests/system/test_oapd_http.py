# SPDX-License-Identifier: Apache-2.0
"""oapd's HTTP side: what it refuses and how it says so, and that none of it
reaches the ledger."""
import http.client
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from host import CBOR, JSON, daemon, lives, problem, talk  # noqa: E402


def test_an_unknown_path_is_a_problem_that_names_it(daemon):
    assert '"/v1/nothing"' in problem(daemon.raw("GET", "/v1/nothing"), 404)
    for path in ("/", "/v1", "/v1/", "/v1/ask/", "/v1/facilities/",
                 "//v1/ask", "/v1/attempts/a", "/v1/attempts/a/b/c"):
        problem(daemon.raw("GET", path), 404)


def test_a_wrong_method_is_told_the_right_ones(daemon):
    reply = daemon.raw("GET", "/v1/ask")
    problem(reply, 405)
    assert reply[1]["Allow"] == "POST"
    reply = daemon.raw("DELETE", "/v1/facilities", unix=True)
    problem(reply, 405)
    assert reply[1]["Allow"] == "GET, HEAD, POST"
    reply = daemon.raw("BREW", "/v1/bundle")
    assert reply[0] in (405, 501)


def test_head_is_get_without_the_body(daemon):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port,
                                            timeout=oaprun.PATIENCE)
    lengths = []
    for method in ("GET", "HEAD", "GET"):
        connection.request(method, "/v1/bundle")
        reply = connection.getresponse()
        assert reply.status == 200
        body = reply.read()
        assert (body == b"") == (method == "HEAD")
        lengths.append(reply.headers["Content-Length"])
    connection.close()
    assert len(set(lengths)) == 1


def test_the_bundle_has_a_tag_and_is_not_sent_twice(daemon):
    status, headers, body = daemon.raw("GET", "/v1/bundle")
    assert status == 200 and headers["Content-Type"] == "application/cose"
    payload = m.open_message(body, m.BUNDLE, daemon.kiosk.service_public)
    assert [f[1] for f in payload[5]] == ["nmk", "tnm"]
    status, again, body = daemon.raw("GET", "/v1/bundle", headers={
        "If-None-Match": headers["ETag"]})
    assert status == 304 and body == b"" and again["ETag"] == headers["ETag"]
    status, _, body = daemon.raw("GET", "/v1/bundle", headers={
        "If-None-Match": '"other"'})
    assert status == 200 and body


def test_status_lists_are_mirrored_as_they_were_signed(daemon):
    path = "/v1/status-lists/%s/0" % daemon.issuer.iss
    status, headers, body = daemon.raw("GET", path)
    assert status == 200
    assert headers["Content-Type"] == "application/statuslist+cwt"
    assert m.open_message(body, m.STATUS_TOKEN,
                          m.public(daemon.issuer.key))[2] == daemon.issuer.uri
    assert daemon.raw("GET", path, headers={
        "If-None-Match": headers["ETag"]})[0] == 304
    for wrong in ("1", "x", "-1", "99999999999999999999999", "%00"):
        problem(daemon.raw("GET", path[:-1] + wrong), 404)
    problem(daemon.raw("GET", "/v1/status-lists/nobody/0"), 404)


def test_a_wrong_content_type_is_told_the_right_one(daemon):
    for type in ("text/plain", "application/jsonx", ""):
        detail = problem(daemon.raw("POST", "/v1/facilities", b"{}",
                                    {"Content-Type": type}, unix=True), 415)
        assert "application/json" in detail
        detail = problem(daemon.raw("POST", "/v1/ask", b"\x80",
                                    {"Content-Type": type}), 415)
        assert "application/cbor" in detail
    # parameters of a type are none of our business
    problem(daemon.raw("POST", "/v1/facilities", b"{}", {
        "Content-Type": "application/json; charset=utf-8"}, unix=True), 400)


@pytest.mark.parametrize("path,limit,headers", [
    ("/v1/ask", 32768, CBOR), ("/v1/entries", 1048576, CBOR),
    ("/v1/enrolments", 1024, CBOR), ("/v1/facilities", 65536, JSON)])
def test_a_body_over_its_limit_is_told_the_limit(daemon, path, limit, headers):
    unix = headers is JSON
    body = b"\xff" * (limit + 1)
    detail = problem(daemon.raw("POST", path, body, headers, unix=unix), 413)
    assert str(limit) in detail and str(limit + 1) in detail
    problem(daemon.raw("POST", path, body[:-1], headers, unix=unix), 400)


def test_a_body_beyond_every_limit_ends_the_connection(daemon):
    reply = talk(daemon, b"POST /v1/ask HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Type: application/cbor\r\n"
                 b"Content-Length: 999999999\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert lives(daemon)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[1,]", b'{"id":1,"id":2}', b"\xff\xfe", b"nul\x00",
    b'{"id":"\\ud800"}', b"[" * 60000, b'{"a":1e999}',
    b'{"n":99999999999999999999999}', b"{}x"])
def test_broken_json_is_refused_with_its_place(daemon, body):
    detail = problem(daemon.raw("POST", "/v1/facilities", body, JSON,
                                unix=True), 400)
    assert "line " in detail


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"1"])
def test_json_that_is_no_object_is_refused(daemon, body):
    if body == b"[]":
        detail = problem(daemon.raw("POST", "/v1/facilities", body, JSON,
                                    unix=True), 400)
        assert "object" in detail
    else:
        problem(daemon.raw("POST", "/v1/facilities", body, JSON, unix=True),
                400)


def test_an_unknown_field_is_named(daemon):
    with pytest.raises(oaprun.Problem, match="colour") as info:
        daemon.admin("POST", "/v1/facilities", {
            "id": "x", "city": "seoul", "names": {"en": "X"},
            "currency": "KRW", "zone": "Asia/Seoul", "colour": "red"})
    assert info.value.status == 400


@pytest.mark.parametrize("query", [
    "limit=%zz", "limit=%", "limit=1%00", "limit=" + "1" * 300,
    "limit=1&limit=2", "colour=red", "limit",
    "&".join("a%d=1" % i for i in range(17))])
def test_a_broken_query_is_refused(daemon, query):
    problem(daemon.raw("GET", "/v1/attempts?" + query, unix=True), 400)


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/entries", "/v1/enrolments"])
@pytest.mark.parametrize("body", [
    b"", b"\x80", b"\x82", b"\x82\x40\x80", b"\x82\x41\x00\x80",
    b"\x9f\xff", b"\xff" * 100, b"\xa0", b"\x82\x58\xff\x80",
    b"\x82\x40\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"{}"])
def test_broken_cbor_is_refused(daemon, path, body):
    problem(daemon.raw("POST", path, body, CBOR), 400)


@pytest.mark.parametrize("request_", [
    b"\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00" + b"\0" * 64,
    b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/ask HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /v1/ask HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"ffffffffffffffff\r\n",
    b"GET /%00 HTTP/1.1\r\n\r\n", b"GET " + b"/a" * 9000 + b" HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 4000 + b"\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"y" * 20000 + b"\r\n\r\n"])
def test_what_is_no_http_does_no_harm(daemon, request_):
    reply = talk(daemon, request_, shut=True)
    assert reply == b"" or re.match(rb"HTTP/1\.[01] [45]\d\d ", reply) or \
        reply.startswith(b"HTTP/1.1 200")
    assert lives(daemon)
