# SPDX-License-Identifier: Apache-2.0
"""oapd's HTTP side: what it refuses and how it says so, its limits, and that
none of it reaches the ledger."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

JSON = {"Content-Type": "application/json"}
CBOR = {"Content-Type": "application/cbor"}
LIMITS = """
[limits]
connections = 20
connections_hard = 24
request_s = 1
idle_s = 2
"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    d = oaprun.Daemon(tmp_path_factory.mktemp("http")).start()
    d.add_facility()
    d.add_facility("nmk", "Asia/Seoul", "KRW", "seoul")
    d.add_benefit()
    d.issuer = oapcast.Issuer()
    d.add_issuer(d.issuer)
    d.kiosk = d.add_kiosk()
    yield d
    assert d.stop() == 0


@pytest.fixture
def limited(tmp_path):
    d = oaprun.Daemon(tmp_path, LIMITS, threads=1).start()
    yield d
    assert d.stop() == 0


def problem(reply, status):
    """Its detail, when it is a problem of that status as RFC 9457 has it."""
    got, headers, body = reply
    assert got == status, (got, body)
    assert headers["Content-Type"] == "application/problem+json"
    value = json.loads(body)
    assert value["status"] == status
    assert value["type"] == "about:blank" or \
        re.fullmatch("urn:oap:[a-z-]+", value["type"])
    assert value["title"] and len(value["detail"]) > 10
    return value["detail"]


def talk(daemon, request, shut=False):
    """Bytes over a connection of its own; all that comes until it closes."""
    with socket.create_connection(("127.0.0.1", daemon.port),
                                  timeout=oaprun.PATIENCE) as s:
        s.sendall(request)
        if shut:
            s.shutdown(socket.SHUT_WR)
        reply = b""
        with contextlib.suppress(ConnectionResetError):
            while True:
                more = s.recv(65536)
                if not more:
                    break
                reply += more
        return reply


def lives(daemon):
    status, _, body = daemon.raw("GET", "/healthz")
    return status == 200 and body == b"ok\n"


# ------------------------------------------------------------- start
def test_it_says_where_it_listens_and_writes_it_down(daemon):
    assert (daemon.data / "port").read_text() == "%d\n" % daemon.port
    assert lives(daemon)
    assert daemon.raw("GET", "/readyz")[0] == 200


def test_its_secrets_are_its_own(daemon):
    assert daemon.data.stat().st_mode & 0o777 == 0o700
    for name in ("service.key", "oapd.db"):
        assert (daemon.data / name).stat().st_mode & 0o077 == 0, name


def run_oapd(*args):
    return subprocess.run([oaprun.program("oapd"), *args], text=True,
                          capture_output=True, timeout=oaprun.PATIENCE)


def test_help_and_version_go_to_standard_output():
    for option in ("--help", "-h"):
        done = run_oapd(option)
        assert done.returncode == 0 and done.stdout.startswith("usage: oapd")
    assert re.fullmatch(r"oapd \d+\.\d+\.\d+\n", run_oapd("-V").stdout)
    assert "[service]" in run_oapd("--help-config").stdout


def test_a_wrong_command_line_is_told_the_right_one():
    for args in ((), ("-n",), ("--config",), ("--what",),
                 ("-c", "x", "more")):
        done = run_oapd(*args)
        assert done.returncode == 2 and done.stdout == ""
        assert "oapd" in done.stderr and done.stderr.count("\n") == 1
    assert "--config FILE" in run_oapd("-n").stderr


def test_check_shows_what_is_in_force_and_starts_nothing(tmp_path):
    file = tmp_path / "c"
    file.write_text("[service]\ndata_dir = %s/d\n[limits]\nreads = 7\n" %
                    tmp_path)
    done = run_oapd("--config", file, "-n")
    assert done.returncode == 0 and done.stderr == ""
    assert "reads = 7\n" in done.stdout and "port = 8440\n" in done.stdout
    assert not (tmp_path / "d").exists()


def test_a_wrong_configuration_is_one_line_with_file_and_line(tmp_path):
    file = tmp_path / "c"
    file.write_text("[service]\ndata_dir = /d\n[listen]\nport = http\n")
    done = run_oapd("--config", file)
    assert done.returncode == 2
    assert done.stderr == "oapd: %s:4: [listen] port: \"http\" is no whole " \
        "number\n" % file


def start_beside(daemon, tmp_path, data, port):
    file = tmp_path / "second.conf"
    file.write_text("[service]\ndata_dir = %s\nunix_socket = none\n"
                    "[listen]\nport = %d\n" % (data, port))
    return run_oapd("--config", file)


def test_a_second_daemon_on_the_same_directory_is_refused(daemon, tmp_path):
    done = start_beside(daemon, tmp_path, daemon.data, 0)
    assert done.returncode == 4 and done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert str(daemon.data) in done.stderr
    assert lives(daemon)


def test_a_second_daemon_on_the_same_port_is_refused(daemon, tmp_path):
    done = start_beside(daemon, tmp_path, tmp_path / "other", daemon.port)
    assert done.returncode == 4 and done.stdout == ""
    assert done.stderr == "oapd: error: 127.0.0.1:%d: another oapd listens " \
        "there; stop it, or set another [listen] port\n" % daemon.port
    assert lives(daemon)


def test_plain_http_beyond_loopback_must_be_asked_for(tmp_path):
    file = tmp_path / "c"
    file.write_text("[service]\ndata_dir = %s/d\n[listen]\nport = 0\n"
                    "address = 0.0.0.0\n" % tmp_path)
    done = run_oapd("--config", file)
    assert done.returncode == 2 and "allow_plain_http" in done.stderr


# ---------------------------------------------------------- refusals
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


def test_every_truncation_of_a_question_is_refused(daemon):
    body = m.body(daemon.kiosk.question(daemon.issuer.issue(), "visit"))
    for n in range(len(body)):
        problem(daemon.raw("POST", "/v1/ask", body[:n], CBOR), 400)


def test_a_message_of_another_typ_is_refused(daemon):
    question = daemon.kiosk.question(daemon.issuer.issue(), "visit")
    report = daemon.kiosk.report()
    for path, message in (("/v1/ask", report), ("/v1/entries", question)):
        problem(daemon.raw("POST", path, m.body(message), CBOR), 400)
    problem(daemon.raw("POST", "/v1/enrolments", report, CBOR), 400)


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


# -------------------------------------------------------- who may ask
def test_without_a_token_operators_calls_are_401(daemon):
    for method, path in (("GET", "/v1/facilities"), ("GET", "/v1/attempts"),
                         ("GET", "/v1/reports/redemptions"),
                         ("POST", "/v1/facilities")):
        reply = daemon.raw(method, path, b"{}", JSON)
        problem(reply, 401)
        assert reply[1]["WWW-Authenticate"] == "Bearer"
    for value in ("Bearer", "Bearer ", "Bearer x", "Basic eDp5", "x"):
        problem(daemon.raw("GET", "/v1/facilities", headers={
            "Authorization": value}), 401)


def test_each_role_may_do_its_part_and_no_more(daemon):
    facility = json.dumps({"id": "roles", "city": "seoul",
                           "names": {"en": "R"}, "currency": "KRW",
                           "zone": "Asia/Seoul"})
    allowed = {"viewer": 1, "operator": 2, "admin": 3}
    for role, level in allowed.items():
        made = daemon.admin("POST", "/v1/operators",
                            {"id": "a-" + role, "role": role})
        login = {"Authorization": "Bearer " + made["token"]}
        calls = [("GET", "/v1/facilities", None, 1),
                 ("POST", "/v1/facilities", facility, 2),
                 ("GET", "/v1/operators", None, 3),
                 ("PATCH", "/v1/policy", "{}", 3),
                 ("POST", "/v1/operators", '{"id": "x"}', 3)]
        for method, path, body, needed in calls:
            status, _, reply = daemon.raw(method, path, body,
                                          {**JSON, **login})
            if level >= needed:
                assert status in (200, 201, 400, 409), reply
            else:
                assert "role" in problem((status, _, reply), 403)


def test_a_disabled_operator_and_an_old_token_are_refused(daemon):
    made = daemon.admin("POST", "/v1/operators",
                        {"id": "leaver", "role": "viewer"})

    def status(token):
        return daemon.raw("GET", "/v1/facilities", headers={
            "Authorization": "Bearer " + token})[0]
    assert status(made["token"]) == 200
    new = daemon.admin("PATCH", "/v1/operators/leaver", {"new_token": True})
    assert status(made["token"]) == 401 and status(new["token"]) == 200
    daemon.admin("PATCH", "/v1/operators/leaver", {"disabled": True})
    assert status(new["token"]) == 401


def test_no_secret_reaches_the_log(daemon):
    made = daemon.admin("POST", "/v1/operators",
                        {"id": "quiet", "role": "viewer"})
    code = daemon.admin("POST", "/v1/kiosks", {"facility": "tnm"})["code"]
    daemon.raw("GET", "/v1/attempts", headers={
        "Authorization": "Bearer " + made["token"]})
    assert made["token"] not in daemon.log() and code not in daemon.log()


def test_metrics_can_be_kept_to_the_local_socket(tmp_path):
    d = oaprun.Daemon(tmp_path, "metrics = no").start()
    problem(d.raw("GET", "/metrics"), 403)
    status, headers, body = d.raw("GET", "/metrics", unix=True)
    assert status == 200 and b"oapd_connections " in body
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert d.stop() == 0


def test_metrics_are_well_formed_and_count(daemon):
    def answers():
        text = daemon.raw("GET", "/metrics")[2].decode()
        got = re.search(r'oapd_answers_total\{verdict="accepted"\} (\d+)',
                        text)
        return text, int(got.group(1)) if got else 0
    text, before = answers()
    status, answer = daemon.ask(daemon.kiosk.question(
        daemon.issuer.issue(), "visit"))
    assert (status, answer["verdict"]) == (200, "accepted")
    assert answers()[1] == before + 1
    seen = set()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert line.split()[2] not in seen
            seen.add(line.split()[2])
        elif not line.startswith("#"):
            assert re.fullmatch(
                r'[a-z_]+(\{[a-z]+="[0-9a-z-]+"\})? [0-9.]+', line), line
            name = re.match("[a-z_]+", line).group(0)
            assert re.sub("_(sum|count)$", "", name) in seen


# ------------------------------------------------------------- limits
def hold(d, count):
    return [socket.create_connection(("127.0.0.1", d.port),
                                     timeout=oaprun.PATIENCE)
            for _ in range(count)]


def open_connections(d):
    text = d.raw("GET", "/metrics", unix=True)[2].decode()
    return int(re.search(r"^oapd_connections (\d+)$", text, re.M).group(1))


def test_over_the_connection_limit_requests_are_answered_busy(limited):
    held = hold(limited, 20)
    oaprun.wait_for(lambda: open_connections(limited) >= 20, "connections")
    status, headers, body = limited.raw("GET", "/v1/bundle")
    assert status == 503 and json.loads(body)["verdict"] == "busy"
    assert headers["Retry-After"] and headers["Connection"] == "close"
    for s in held:
        s.close()
    oaprun.wait_for(lambda: limited.raw("GET", "/v1/bundle")[0] == 200,
                    "connections to be free again")


def test_over_the_hard_limit_nobody_is_taken_until_some_go(limited):
    held = hold(limited, 40)
    oaprun.wait_for(lambda: open_connections(limited) >= 24, "connections")
    assert open_connections(limited) == 24
    for s in held:
        s.close()
    oaprun.wait_for(lambda: limited.raw("GET", "/v1/bundle")[0] == 200,
                    "connections to be free again")


def closes(s):
    """Seconds until the other side closes."""
    start = time.monotonic()
    with contextlib.suppress(ConnectionResetError):
        while s.recv(65536):
            pass
    return time.monotonic() - start


def test_a_client_that_sends_byte_after_byte_is_cut_off(limited):
    s = hold(limited, 1)[0]
    s.settimeout(0.1)
    start, closed = time.monotonic(), False
    while not closed and time.monotonic() - start < oaprun.PATIENCE:
        try:
            s.sendall(b"G")
            closed = s.recv(1) == b""
        except socket.timeout:
            pass
        except OSError:
            closed = True
    assert closed and 0.9 < time.monotonic() - start
    assert lives(limited)


def test_a_client_that_never_sends_its_body_is_cut_off(limited):
    s = hold(limited, 1)[0]
    s.sendall(b"POST /v1/ask HTTP/1.1\r\nHost: x\r\n"
              b"Content-Type: application/cbor\r\nContent-Length: 500\r\n\r\n"
              b"\x82")
    assert 0.9 < closes(s) < oaprun.PATIENCE / 2


def test_a_silent_client_is_cut_off(limited):
    s = hold(limited, 1)[0]
    assert 0.9 < closes(s) < oaprun.PATIENCE / 2
    # after an answer it may be idle for longer
    s = hold(limited, 1)[0]
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert s.recv(65536).endswith(b"ok\n")
    assert 1.9 < closes(s) < oaprun.PATIENCE / 2


def memory_kib(d):
    text = pathlib.Path("/proc/%d/status" % d.process.pid).read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))


@pytest.mark.skipif(os.environ.get("OAP_PRESET") in ("asan", "tsan"),
                    reason="a sanitizer's memory says nothing")
def test_an_endless_header_or_chunk_line_takes_no_memory(limited):
    before = memory_kib(limited)
    for start in (b"GET / HTTP/1.1\r\nX: ",
                  b"POST /v1/ask HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                  b"\r\n"):
        s = hold(limited, 1)[0]
        with contextlib.suppress(OSError):
            s.sendall(start)
            for _ in range(64):
                s.sendall(b"0" * 1048576)
        s.close()
    assert memory_kib(limited) - before < 32 * 1024
    assert lives(limited)


def test_too_much_arriving_at_once_is_given_up(tmp_path):
    d = oaprun.Daemon(tmp_path, "[limits]\nreceiving_mib = 8\n", 1).start()
    held = hold(d, 4)
    with contextlib.suppress(OSError):
        for s in held:
            s.sendall(b"POST /v1/entries HTTP/1.1\r\nHost: x\r\n"
                      b"Content-Type: application/cbor\r\n"
                      b"Content-Length: 4000000\r\n\r\n")
        for _ in range(39):
            for s in held:
                s.sendall(b"\xff" * 100000)

    def given_up():
        text = d.raw("GET", "/metrics", unix=True)[2].decode()
        return int(re.search(r"^oapd_requests_too_much_total (\d+)$", text,
                             re.M).group(1))
    oaprun.wait_for(given_up, "a connection to be given up")
    for s in held:
        s.close()
    assert lives(d) and d.stop() == 0


def test_many_requests_in_one_write_are_answered_in_order(daemon):
    one = b"GET /v1/bundle HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    reply = talk(daemon, one * 50 + last)
    assert reply.count(b"HTTP/1.1 304 ") == 50
    assert reply.endswith(b"ok\n")


def test_clients_that_vanish_while_they_wait_do_no_harm(daemon):
    body = m.body(daemon.kiosk.question(daemon.issuer.issue(), "visit"))
    head = (b"POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Type: "
            b"application/cbor\r\nContent-Length: %d\r\n\r\n" % len(body))
    for cut in range(0, len(body), 7):
        s = hold(daemon, 1)[0]
        s.sendall(head + body[:cut])
        s.close()
    for _ in range(20):
        s = hold(daemon, 1)[0]
        s.sendall(head + body)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     b"\x01\0\0\0\0\0\0\0")
        s.close()
    assert lives(daemon)


# ---------------------------------------------------------- in trouble
@contextlib.contextmanager
def locked(d):
    """Another program holds the database's write lock."""
    db = sqlite3.connect(d.data / "oapd.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.execute("ROLLBACK")
        db.close()


def test_a_locked_database_is_unavailable_and_never_a_verdict(daemon):
    question = daemon.kiosk.question(daemon.issuer.issue(), "visit",
                                     left=60000)
    with locked(daemon):
        status, answer = daemon.ask(question)
        assert status == 503 and answer["verdict"] == "unavailable"
        # what needs no write goes on
        assert daemon.raw("GET", "/v1/bundle")[0] == 200
        problem(daemon.raw("GET", "/readyz"), 503)
        assert lives(daemon)
    status, answer = daemon.ask(question)
    assert (status, answer["verdict"], answer["stored"]) == \
        (200, "accepted", False)
    oaprun.wait_for(lambda: daemon.raw("GET", "/readyz")[0] == 200,
                    "the next look at the disk")


def test_a_full_queue_is_answered_busy_at_once(tmp_path):
    d = oaprun.Daemon(tmp_path, "[limits]\nquestions = 1\nothers = 3\n",
                      1).start()
    d.add_facility()
    d.add_benefit()
    issuer = oapcast.Issuer()
    d.add_issuer(issuer)
    kiosk = d.add_kiosk()
    with concurrent.futures.ThreadPoolExecutor(12) as pool, locked(d):
        futures = [pool.submit(d.raw, "POST", "/v1/ask", m.body(
            kiosk.question(issuer.issue(), "visit", left=60000)), CBOR)
            for _ in range(12)]
        replies = [f.result() for f in futures]
    verdicts = [json.loads(body)["verdict"] for _, _, body in replies]
    assert set(verdicts) == {"busy", "unavailable"}
    for status, headers, body in replies:
        assert status == 503 and int(headers["Retry-After"]) >= 1
    assert d.attempts() == []
    assert d.stop() == 0


def test_a_question_whose_time_is_over_uses_nothing(daemon):
    question = daemon.kiosk.question(daemon.issuer.issue(), "visit", left=0)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with locked(daemon):
            waiting = pool.submit(daemon.ask, question)
            time.sleep(0.3)  # longer than it may wait
        status, answer = waiting.result()
    assert status == 503 and answer["verdict"] == "busy"


# -------------------------------------------------------------- signals
def test_sighup_applies_what_it_can_and_names_the_rest(tmp_path):
    d = oaprun.Daemon(tmp_path, "[limits]\nconnections = 7\n").start()
    text = d.file.read_text()
    d.file.write_text(text.replace("connections = 7", "connections = 2") +
                      "reads = 3\n[log]\nlevel = debug\n")
    d.process.send_signal(signal.SIGHUP)
    oaprun.wait_for(lambda: "configuration read again" in d.log(), "SIGHUP")
    assert "[limits] reads: changed; a restart applies it" in d.log()
    held = hold(d, 3)
    oaprun.wait_for(lambda: d.raw("GET", "/v1/bundle")[0] == 503, "limit")
    for s in held:
        s.close()
    d.file.write_text("nonsense\n")
    d.process.send_signal(signal.SIGHUP)
    oaprun.wait_for(lambda: "nothing was changed" in d.log(), "SIGHUP")
    oaprun.wait_for(lambda: d.raw("GET", "/v1/bundle")[0] == 200, "an answer")
    assert d.stop() == 0


def test_sigterm_answers_what_it_has_taken_and_keeps_it(tmp_path):
    d = oaprun.Daemon(tmp_path).start()
    d.add_facility()
    d.add_benefit()
    issuer = oapcast.Issuer()
    d.add_issuer(issuer)
    kiosk = d.add_kiosk()
    bodies = [m.body(kiosk.question(issuer.issue(), "visit"))
              for _ in range(200)]

    def ask(body):
        try:
            status, _, reply = d.raw("POST", "/v1/ask", body, CBOR)
        except (OSError, http.client.HTTPException):
            return None
        return json.loads(reply) if status == 200 else None
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        futures = [pool.submit(ask, body) for body in bodies]
        oaprun.wait_for(lambda: sum(f.done() for f in futures) > 20, "some")
        d.process.send_signal(signal.SIGTERM)
        answers = [f.result() for f in futures]
    assert d.process.wait(oaprun.PATIENCE) == 0
    assert d.stop() == 0
    answered = [a for a in answers if a]
    assert len(answered) >= 20
    d.start()
    for body, answer in zip(bodies, answers):
        if answer:
            status, again = d.cbor("/v1/ask", body)
            assert again["stored"] and again["grant"] == answer["grant"]
    assert d.stop() == 0


def test_a_dead_daemons_socket_is_taken_over(tmp_path):
    d = oaprun.Daemon(tmp_path).start()
    d.kill()
    assert d.socket.exists()
    d.start()
    assert d.admin("GET", "/v1/facilities") == {"facilities": []}
    assert d.stop() == 0
    assert not d.socket.exists()
