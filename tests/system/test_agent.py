# SPDX-License-Identifier: Apache-2.0
"""oap-kiosk run: what it answers, whom it refuses, what it puts up with, and
how it ends."""
import contextlib
import json
import os
import pathlib
import pty
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from door import (KIOSK, RETRY, USAGE, code, door,  # noqa: E402, F401
                  one_line, quick, service)
from fakeservice import benefit  # noqa: E402
from kioskagent import Agent, Events  # noqa: E402


@contextlib.contextmanager
def running(kiosk, *args, **how):
    agent = Agent(kiosk, *args, **how)
    yield agent.ready()
    assert agent.stop() == 0


@pytest.fixture
def agent(door):
    with running(door) as a:
        yield a


@pytest.fixture
def events(agent):
    e = Events(agent)
    e.wait("status")
    yield e
    e.close()


def refused(agent, status, slug, method, path, body=None, **headers):
    """The problem's detail."""
    got, reply, text = agent.raw(method, path, body, headers)
    problem = json.loads(text)
    assert got == status == problem["status"], text
    assert reply["Content-Type"] == "application/problem+json"
    assert problem["type"] == "urn:oap:agent:" + slug
    return problem["detail"]


# ------------------------------------------------------------- a visit

def test_a_scan_is_judged_for_what_stands_at_the_desk(agent, service, code):
    desk = agent.good("PATCH", "/desk", {"party": 2, "amount": "3000"})
    assert (desk["list"], desk["list_text"]) == (6000, "6,000 KRW")
    told = agent.scan(code)
    assert (told["verdict"], told["by_service"]) == ("accepted", True)
    assert told["amounts"] == {"list": "6,000 KRW", "discount": "1,200 KRW",
                               "price": "4,800 KRW"}
    assert (told["party"], told["reversible"]) == (2, True)
    assert service.asked[0][1][6] == "day-kr"
    # the next visitor is one person, at the same price each
    desk = agent.good("GET", "/desk")
    assert (desk["party"], desk["list"]) == (1, 3000)


def test_an_amount_for_all_is_not_taken_for_the_next_party(agent, code):
    agent.good("PATCH", "/desk", {"party": 3, "amount": "8000",
                                  "per_person": False})
    assert agent.scan(code)["list"] == 8000
    assert "amount" not in agent.good("GET", "/desk")


def test_a_used_pass_is_told_with_time_and_place_in_each_language(agent, code):
    agent.scan(code)
    told = agent.scan(code)
    assert told["verdict"] == "already-redeemed"
    assert told["first_use"]["facility"] == "nmk"
    assert told["texts"]["ko"]["first_use_at"] == "국립중앙박물관"
    assert set(told["texts"]) == {"en", "ko", "ja", "zh"}
    assert len({t["text"] for t in told["texts"].values()}) == 4
    assert not told["reversible"]


def test_a_reversal_gives_the_use_back(agent, code):
    first = agent.scan(code)
    told = agent.good("POST", "/reverse", {"id": first["id"],
                                           "reason": "visitor-left"})
    assert (told["verdict"], told["id"]) == ("reversed", first["id"])
    assert agent.scan(code)["verdict"] == "accepted"


def test_redeem_takes_everything_from_the_caller(agent, service, code):
    told = agent.good("POST", "/redeem", {
        "code": code, "benefit": "day-kr", "party": 2, "list": 5000,
        "deadline_ms": 4000})
    assert (told["verdict"], told["price"]) == ("accepted", 4000)
    assert agent.good("GET", "/desk")["party"] == 1
    other = m.code(service.issuer.issue())
    told = agent.good("POST", "/redeem", {"code": other, "benefit": "none"})
    assert told["verdict"] in ("benefit-unknown", "accepted")


def test_a_code_keeps_its_spaces_and_a_forged_one_is_refused(agent, code):
    assert " " in code
    assert agent.scan(code)["verdict"] == "accepted"
    assert agent.scan(code.replace(" ", "", 1))["class"] == "reject-code"
    assert agent.scan("rubbish")["verdict"] == "unknown-format"
    assert agent.scan("\x01\u202e").get("class") == "reject-code"


def test_without_the_service_no_pass_is_called_bad(door, service, code):
    with running(door) as agent:
        oaprun.wait_for(lambda: agent.status()["link"]["state"] == "up",
                        "a connection")
        service.trouble["/v1/ask"] = ["drop"] * 50
        told = agent.scan(code)
        assert told["class"] in ("retry", "undecided", "accept")
        assert not told["by_service"]
        assert agent.status()["link"]["state"] == "down"
        service.trouble.clear()
        # it is asked again a moment after it was missed
        oaprun.wait_for(lambda: agent.scan(m.code(service.issuer.issue()))[
            "by_service"], "the service to be asked")
        assert agent.status()["link"]["state"] == "up"


def test_status_says_what_the_kiosk_is_and_how_old_its_data_are(agent):
    status = agent.status()
    assert status["facility_names"]["ko"] == "국립중앙박물관"
    assert status["bundle"]["age_ms"] >= 0
    assert status["bundle"]["status_age_ms"] >= 0
    assert status["scanner"] == {"state": "none"}
    assert [b["id"] for b in status["benefits"]] == ["day-kr"]
    assert agent.good("GET", "/benefits")["benefits"] == status["benefits"]


def test_with_more_than_one_benefit_somebody_chooses(door, service, code):
    service.benefits.append(benefit("night-kr", "KRW", ["nmk"]))
    service.newer()
    agent = Agent(door)
    oaprun.wait_for(lambda: len(agent.status()["benefits"]) == 2,
                    "the new bundle")
    agent.good("PATCH", "/desk", {"benefit": "night-kr"})
    assert agent.scan(code)["benefit"] == "night-kr"
    service.benefits.pop()
    service.newer()
    agent.stop()
    # one that is gone is chosen no more
    agent = Agent(door, "--benefit", "night-kr")
    oaprun.wait_for(lambda: agent.good("GET", "/desk").get("benefit") ==
                    "day-kr", "the benefit that is left")
    assert agent.stop() == 0


def test_a_benefit_that_is_none_is_complained_of(door):
    with running(door, "--benefit", "day-kx") as agent:
        oaprun.wait_for(lambda: agent.good("GET", "/desk").get("benefit") ==
                        "day-kr", "the benefit that there is")
        assert "--benefit day-kx: none of this facility" in agent.said()


def test_a_scan_for_no_benefit_is_refused(door, service, code):
    service.benefits.append(benefit("night-kr", "KRW", ["nmk"]))
    service.newer()
    assert door.run("sync").returncode == 0
    agent = Agent(door)
    oaprun.wait_for(lambda: len(agent.status()["benefits"]) == 2,
                    "the benefits")
    refused(agent, 409, "no-benefit", "POST", "/scan",
            json.dumps({"code": code}), **agent.headers("x"))
    assert agent.stop() == 0


# ------------------------------------------------------------ who may call

def test_a_call_needs_the_token(agent):
    for headers in ({}, {"Authorization": "Bearer "},
                    {"Authorization": "Bearer " + "0" * 64},
                    {"Authorization": "Basic " + agent.token},
                    {"Authorization": "Bearer " + agent.token + "0"},
                    {"Authorization": "Bearer " + "x" * 5000}):
        for method, path in (("GET", "/status"), ("POST", "/scan"),
                             ("GET", "/events"), ("PATCH", "/desk")):
            refused(agent, 401, "token", method, path, **headers)


def test_the_page_has_a_key_of_its_own(agent):
    key = agent.link.partition("#")[2]
    assert key != agent.token and agent.link.startswith(agent.url + "/#")
    assert agent.call("GET", "/status",
                      Authorization="Bearer " + key)[0] == 200
    # and what anybody can load does not hold it
    for path in ("/", "/main.js", "/api.js"):
        status, headers, body = agent.raw("GET", path)
        assert status == 200 and key.encode() not in body
        assert "Set-Cookie" not in headers


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1",
    "127.0.0.1:{port}.evil.example", "localhost.evil.example:{port}", ""])
def test_a_name_that_leads_here_by_dns_rebinding_is_refused(agent, host):
    host = host.format(port=agent.host.rsplit(":", 1)[1])
    for path in ("/", "/status"):
        refused(agent, 403, "host", "GET", path, Host=host,
                **agent.headers())


def test_its_own_names_are_taken(agent):
    port = agent.host.rsplit(":", 1)[1]
    for host in ("127.0.0.1:" + port, "localhost:" + port,
                 "LOCALHOST:" + port):
        assert agent.call("GET", "/status", Host=host)[0] == 200
    assert agent.call("GET", "/status", Origin=agent.url)[0] == 200


@pytest.mark.parametrize("origin", [
    "http://evil.example", "null", "http://127.0.0.1:1", "https://{host}",
    "http://{host}.evil.example", ""])
def test_a_page_of_others_is_refused(agent, origin):
    origin = origin.format(host=agent.host)
    for path in ("/", "/status"):
        refused(agent, 403, "origin", "GET", path, Origin=origin,
                **agent.headers())
    refused(agent, 403, "origin", "GET", "/status",
            **{"Sec-Fetch-Site": "same-site"}, **agent.headers())


def test_no_other_page_may_frame_or_read_it(agent):
    _, headers, _ = agent.raw("GET", "/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers
    status, headers, _ = agent.raw("OPTIONS", "/status", headers={
        "Origin": agent.url})
    assert status == 405 and "Access-Control-Allow-Origin" not in headers


def test_secrets_are_files_of_the_owner_alone(agent, door):
    for name in ("agent.token", "agent.page"):
        mode = os.stat(door.dir + "/" + name).st_mode
        assert stat.S_IMODE(mode) == 0o600


def test_secrets_stay_from_one_start_to_the_next(door):
    with running(door) as a:
        before = a.token, a.link.partition("#")[2]
    with running(door) as a:
        assert (a.token, a.link.partition("#")[2]) == before


def test_a_token_may_be_given(door, tmp_path):
    file = tmp_path / "token"
    file.write_text("t" * 40 + "\n")
    file.chmod(0o600)
    with running(door, "--token-file", str(file), given="t" * 40) as agent:
        assert agent.status() and not os.path.exists(
            door.dir + "/agent.token")


@pytest.mark.parametrize("text, mode, says", [
    ("t" * 40, 0o644, "others may read it"), ("short", 0o600, "no token"),
    ("t" * 31 + " " + "t" * 31, 0o600, "no token"), ("", 0o600, "no token")])
def test_a_bad_token_file_is_refused(door, tmp_path, text, mode, says):
    file = tmp_path / "token"
    file.write_text(text)
    file.chmod(mode)
    r = door.run("run", "--listen", "127.0.0.1:0", "--token-file", str(file))
    assert r.returncode == RETRY and says in one_line(r)


# -------------------------------------------------------- what is no call

def post(agent, path, body, **headers):
    return {"method": "POST", "path": path, "body": body,
            **agent.headers(body), **headers}


@pytest.mark.parametrize("path, body, says", [
    ("/scan", "", "no JSON"), ("/scan", "{", "no JSON"),
    ("/scan", "[]", "an object"), ("/scan", "{}", "code"),
    ("/scan", '{"code": ""}', "code"), ("/scan", '{"code": 1}', "code"),
    ("/scan", '{"code": "x", "code": "y"}', "no JSON"),
    ("/scan", '{"code": "x", "bogus": 1}', '"bogus": unknown'),
    ("/scan", '{"code": "%s"}' % ("x" * 4096), "code"),
    ("/scan", '{"code": "\\ud800"}', "no JSON"),
    ("/scan", "\xff\xfe", "no JSON"),
    ("/redeem", '{"code": "x"}', "benefit"),
    ("/redeem", '{"code": "x", "benefit": "b", "party": 0}', "party"),
    ("/redeem", '{"code": "x", "benefit": "b", "party": 1.5}', "party"),
    ("/redeem", '{"code": "x", "benefit": "b", "party": 1000}', "party"),
    ("/redeem", '{"code": "x", "benefit": "b", "list": -1}', "list"),
    ("/redeem", '{"code": "x", "benefit": "b", "list": 1e3}', "list"),
    ("/redeem", '{"code": "x", "benefit": "b", "deadline_ms": 9}',
     "deadline_ms"),
    ("/reverse", "{}", "id"), ("/reverse", '{"id": "xyz"}', "id"),
    ("/reverse", '{"id": "%s"}' % ("0" * 90), "id"),
    ("/reverse", '{"id": "x", "reason": "mood"}', "reason")])
def test_a_body_that_is_wrong_is_told_what(agent, path, body, says):
    detail = refused(agent, 400, "body", "POST", path,
                     body.encode("latin-1"), **agent.headers(body))
    assert says in detail


def test_a_wrong_change_of_the_desk_changes_nothing(agent):
    before = agent.good("GET", "/desk")
    for value in ({"party": 2, "amount": "x"}, {"party": 0},
                  {"benefit": "none", "party": 2}, {"amount": 3000},
                  {"amount": "1" * 13}, {"amount": "-5"},
                  {"per_person": 1, "party": 2}, {"other": 1}):
        assert agent.call("PATCH", "/desk", value)[0] == 400
    assert agent.good("GET", "/desk") == before


def test_an_attempt_that_is_not_there_is_not_found(agent):
    detail = refused(agent, 404, "attempt", "POST", "/reverse",
                     '{"id": "%s"}' % ("00" * 16), **agent.headers("x"))
    assert "not in this kiosk" in detail


def test_only_json_is_taken(agent):
    for kind in ("text/plain", "application/x-www-form-urlencoded",
                 "application/jsonp", "multipart/form-data"):
        refused(agent, 415, "content-type", "POST", "/scan", '{"code": "x"}',
                **{**agent.headers(), "Content-Type": kind})


def test_what_is_too_large_is_refused(agent):
    refused(agent, 413, "body", "POST", "/scan", b" " * 9000,
            **agent.headers("x"))
    status, _, _ = agent.raw("POST", "/scan", b" " * 200000,
                             agent.headers("x"))
    assert status == 413
    with contextlib.suppress(OSError):
        status, _, _ = agent.raw("GET", "/status", headers={
            "X": "y" * 20000})
        assert status == 400
    assert agent.status()


def test_other_paths_and_methods_are_named(agent):
    for path in ("/nothing", "/status/", "/../etc/passwd",
                 "/page/index.html", "/index.html"):
        refused(agent, 404, "path", "GET", path, **agent.headers())
    status, headers, _ = agent.raw("DELETE", "/desk")
    assert (status, headers["Allow"]) == (405, "GET, HEAD, PATCH")
    status, headers, _ = agent.raw("POST", "/")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert agent.raw("BREW", "/scan")[0] in (405, 501)


def test_head_is_get_without_the_body(agent):
    with contextlib.closing(agent.connect()) as connection:
        for path in ("/", "/desk", "/main.js"):
            lengths = set()
            for method in ("GET", "HEAD", "GET"):
                connection.request(method, path, headers=agent.headers())
                reply = connection.getresponse()
                body = reply.read()
                assert reply.status == 200
                assert (body == b"") == (method == "HEAD")
                lengths.add(reply.headers["Content-Length"])
            assert len(lengths) == 1


# ------------------------------------------------------------- events

def test_events_tell_each_visit_to_every_page(agent, events, code):
    second = Events(agent)
    second.wait("hello")
    told = agent.scan(code)
    for e in (events, second):
        assert e.wait("judging") == {"via": "scan"}
        assert e.wait("told") == told
    second.close()
    third = Events(agent)
    assert third.wait("hello")["last_told"] == told
    third.close()


def test_a_change_at_the_desk_is_told_to_every_page(agent, events):
    agent.good("PATCH", "/desk", {"party": 3})
    assert events.wait("desk")["party"] == 3


def test_readers_of_events_that_went_make_room(agent):
    for _ in range(3):
        open_now = [Events(agent) for _ in range(8)]
        for e in open_now:
            e.wait("hello")
        refused(agent, 503, "too-many-streams", "GET", "/events",
                **agent.headers())
        for e in open_now:
            e.close()

        def has_room():
            status, _, _ = agent.raw("HEAD", "/events",
                                     headers=agent.headers())
            with contextlib.suppress(AssertionError):
                e = Events(agent)
                e.close()
                return status == 200
        oaprun.wait_for(has_room, "room for readers")


def test_a_reader_that_takes_nothing_holds_nobody_up(agent, events):
    s = socket.create_connection(agent.host.split(":"))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.sendall(b"GET /events HTTP/1.1\r\nHost: %s\r\nAuthorization: "
              b"Bearer %s\r\n\r\n" % (agent.host.encode(),
                                      agent.token.encode()))
    for n in range(40):
        assert agent.scan("rubbish %d" % n)["class"] == "reject-code"
        events.wait("told")
    s.close()


# ---------------------------------------------------- slow and too many

def closes(s, since):
    with contextlib.suppress(ConnectionResetError):
        while s.recv(65536):
            pass
    return time.monotonic() - since


def hold(agent):
    s = socket.create_connection(agent.host.split(":"))
    s.settimeout(oaprun.PATIENCE)
    return s


def test_slow_clients_are_cut_off(agent):
    starts = (b"", b"GET / HT", b"POST /scan HTTP/1.1\r\nHost: x\r\n"
              b"Content-Length: 500\r\n\r\n{")
    since, held = time.monotonic(), []
    for start in starts:
        held.append(hold(agent))
        held[-1].sendall(start)
    for s in held:
        assert closes(s, since) > 4.5
    assert agent.status()


def test_over_the_connection_limit_callers_are_told_so(agent):
    held = [hold(agent) for _ in range(34)]

    def is_refused():
        with contextlib.suppress(OSError):
            return agent.raw("GET", "/")[0] == 503
    oaprun.wait_for(is_refused, "a refusal")
    for s in held:
        s.close()
    oaprun.wait_for(lambda: agent.raw("GET", "/")[0] == 200, "room")


def test_far_over_the_limit_it_lives_on(agent):
    held = []
    with contextlib.suppress(OSError):
        for _ in range(120):
            held.append(socket.create_connection(agent.host.split(":"), 1))
    for s in held:
        s.close()
    oaprun.wait_for(lambda: lives(agent), "connections to be taken again")


def lives(agent):
    with contextlib.suppress(OSError):
        return agent.raw("GET", "/desk", headers=agent.headers())[0] == 200


@pytest.mark.skipif("san" in os.environ.get("OAP_PRESET", ""),
                    reason="a sanitizer's memory says nothing")
def test_endless_headers_and_chunks_take_no_memory(agent):
    def memory_kib():
        text = pathlib.Path("/proc/%d/status" % agent.process.pid).read_text()
        return int(text.partition("VmRSS:")[2].split()[0])
    before = memory_kib()
    for start in (b"GET / HTTP/1.1\r\nX: ",
                  b"POST /scan HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                  b"\r\n"):
        s = hold(agent)
        with contextlib.suppress(OSError):
            s.sendall(start)
            for _ in range(32):
                s.sendall(b"1" * (1 << 20))
        s.close()
    assert memory_kib() - before < 4096 and agent.status()


def test_broken_requests_leave_it_as_it_was(agent, dice):
    for _ in range(60):
        s = hold(agent)
        with contextlib.suppress(OSError):
            whole = (b"POST /scan HTTP/1.1\r\nHost: %s\r\nContent-Type: "
                     b"application/json\r\nContent-Length: 12\r\n"
                     b"Authorization: Bearer %s\r\n\r\n{\"code\":\"x\"}" %
                     (agent.host.encode(), agent.token.encode()))
            broken = bytearray(whole[:dice.randrange(len(whole))])
            for _ in range(dice.randrange(4)):
                if broken:
                    broken[dice.randrange(len(broken))] = dice.randrange(256)
            s.sendall(bytes(broken))
        s.close()

    def is_judged():
        """It may not have seen all of them end yet."""
        status, told = agent.call("POST", "/scan", {"code": "rubbish"})
        assert status == 200 or told["type"].endswith(":too-many-connections")
        return status == 200 and told["class"] == "reject-code"
    oaprun.wait_for(is_judged, "a verdict")


# ------------------------------------------------------------ scanners

def test_standard_input_is_a_scanner(door, service, code):
    with running(door, "--scanner", "-", stdin=subprocess.PIPE) as agent:
        events = Events(agent)
        events.wait("status", lambda s: s["scanner"]["state"] == "ready")
        agent.process.stdin.write("\r\n" + code + "\r\n")
        agent.process.stdin.flush()
        told = events.wait("told")
        assert (told["verdict"], told["via"]) == ("accepted", "scanner")
        # garbage, without an end
        agent.process.stdin.write("x" * 10000 + "\n\t\x7f \nlast")
        agent.process.stdin.close()
        classes = [events.wait("told")["class"] for _ in range(3)]
        assert set(classes) == {"reject-code"}
        events.wait("status", lambda s: s["scanner"]["state"] == "ended")
        assert agent.scan(code)["verdict"] == "already-redeemed"
        agent.process.stdin = None
        events.close()


def test_a_code_that_a_camera_sees_again_at_once_is_told_once(
        door, service, code):
    with running(door, "--scanner", "-", stdin=subprocess.PIPE) as agent:
        events = Events(agent)
        other = m.code(service.issuer.issue())
        agent.process.stdin.write((code + "\n") * 5 + other + "\n")
        agent.process.stdin.flush()
        assert [events.wait("told")["verdict"] for _ in range(2)] == \
            ["accepted", "accepted"]
        assert len(service.asked) == 2
        agent.process.stdin.close()
        agent.process.stdin = None
        events.close()


def test_a_serial_scanner_is_read_raw_and_opened_again(door, code, tmp_path):
    link = tmp_path / "scanner"
    master, slave = pty.openpty()
    link.symlink_to(os.ttyname(slave))
    os.close(slave)
    with running(door, "--scanner", str(link)) as agent:
        events = Events(agent)
        events.wait("status", lambda s: s["scanner"]["state"] == "ready")
        # ^D and ^C are bytes, CR ends a line
        os.write(master, b"\x04\x03x\r")
        assert events.wait("told")["class"] == "reject-code"
        os.write(master, code.encode() + b"\r")
        assert events.wait("told")["verdict"] == "accepted"
        os.close(master)
        events.wait("status", lambda s: s["scanner"]["state"] == "down")
        master, slave = pty.openpty()
        link.unlink()
        link.symlink_to(os.ttyname(slave))
        os.close(slave)
        events.wait("status", lambda s: s["scanner"]["state"] == "ready")
        os.write(master, b"another\r")
        assert events.wait("told")["verdict"] == "unknown-format"
        events.close()
    os.close(master)


def test_a_child_that_dies_is_shown_and_started_again(door, code, tmp_path):
    (tmp_path / "code").write_text(code + "\n")
    command = ("exec:if mkdir %s/once 2>/dev/null; then exit 7; fi; cat "
               "%s/code; exec sleep 300" % (tmp_path, tmp_path))
    agent = Agent(door, "--scanner", command)
    events = Events(agent)
    told = events.wait("told")
    assert told["verdict"] == "accepted"
    events.wait("status", lambda s: s["scanner"]["state"] == "ready")
    assert "ended with status 7; it is tried again" in agent.said()
    children = pathlib.Path("/proc/%d/task/%d/children" % (
        (agent.process.pid,) * 2))
    pids = [int(p) for t in pathlib.Path(
        "/proc/%d/task" % agent.process.pid).iterdir()
        for p in (t / "children").read_text().split()]
    assert children.exists() and len(pids) == 1
    os.kill(pids[0], signal.SIGKILL)
    down = events.wait("status", lambda s: s["scanner"]["state"] == "down")
    assert down["scanner"]["detail"] == "was ended by signal 9"
    events.wait("status", lambda s: s["scanner"]["state"] == "ready")
    events.close()
    pids = [int(p) for t in pathlib.Path(
        "/proc/%d/task" % agent.process.pid).iterdir()
        for p in (t / "children").read_text().split()]
    assert agent.stop() == 0
    for pid in pids:
        assert not pathlib.Path("/proc/%d" % pid).exists()


def test_a_scanner_gone_mad_leaves_room_for_others(door, code):
    with running(door, "--scanner", "exec:yes rubbish") as agent:
        assert agent.scan(code)["verdict"] == "accepted"
        assert agent.status()["entries"] < 50


@pytest.mark.parametrize("scanner", ["", "zbarcam", "exec:", "dev/ttyS0"])
def test_what_is_no_scanner_is_refused(door, scanner):
    r = door.run("run", "--listen", "127.0.0.1:0", "--scanner", scanner)
    assert r.returncode == USAGE and "--scanner" in one_line(r)


# ----------------------------------------------------- start and end

@pytest.mark.parametrize("listen", [
    "0.0.0.0:0", "192.168.0.1:80", "[::]:0", "127.0.0.1", ":80",
    "127.0.0.1:65536", "127.0.0.1:x", "example.org:80", ""])
def test_it_listens_on_this_machine_alone(door, listen):
    r = door.run("run", "--listen", listen)
    assert r.returncode == USAGE and "--listen" in one_line(r)


def test_ipv6_loopback_will_do(door):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with running(door, listen="[::1]:0") as agent:
        assert agent.url.startswith("http://[::1]:")


def test_a_port_that_is_taken_is_told(door):
    with socket.create_server(("127.0.0.1", 0)) as s:
        r = door.run("run", "--listen", "127.0.0.1:%d" % s.getsockname()[1])
    assert r.returncode == RETRY and "listens there already" in one_line(r)


def test_a_second_one_on_the_same_directory_is_refused(agent, door):
    r = door.run("run", "--listen", "127.0.0.1:0")
    assert r.returncode == RETRY
    one_line(r)
    assert agent.status()


def test_a_kiosk_that_is_not_enrolled_is_told_how(tmp_path, door):
    (tmp_path / "new").mkdir(mode=0o700)
    door.dir = str(tmp_path / "new")
    r = door.run("run", "--listen", "127.0.0.1:0")
    assert r.returncode == USAGE and "oap-kiosk enrol" in one_line(r)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_answer_in_flight_is_finished_before_it_ends(tmp_path, number,
                                                        at_once):
    """Be it while the streams that were ended are still open."""
    service, door = quick(tmp_path, 3000)
    code = m.code(service.issuer.issue())
    agent = Agent(door).ready()
    events = Events(agent)
    service.trouble["/v1/ask"] = ["silent"]
    answers = []
    caller = threading.Thread(target=lambda: answers.append(
        agent.call("POST", "/scan", {"code": code})))
    caller.start()
    oaprun.wait_for(lambda: service.waiting == 1, "the question")
    agent.tell(number)
    events.wait("bye")
    if at_once:
        service.release.set()
    with pytest.raises(OSError):
        agent.raw("GET", "/")
    caller.join(oaprun.PATIENCE)
    assert answers[0][0] == 200 and answers[0][1]["class"] in (
        "retry", "undecided", "accept")
    service.close()
    assert agent.stop() == 0
    events.close()
    # and it can be started again at once
    agent = Agent(door)
    assert agent.status()["enrolled"] and agent.stop() == 0


def test_killed_while_it_judges_it_starts_again(door, service, code):
    agent = Agent(door).ready()
    agent.scan(code)
    agent.kill()
    with running(door) as again:
        assert again.scan(code)["verdict"] == "already-redeemed"


def test_what_was_told_is_sent_soon(agent, service, code):
    agent.scan(code)
    oaprun.wait_for(lambda: 1 in service.held, "the entry")
    oaprun.wait_for(lambda: agent.status()["unsent"] == 0, "the answer")


def test_a_refused_reversal_stands_until_somebody_read_of_it(
        door, service, code):
    agent = Agent(door).ready()
    first = agent.scan(code)
    service.trouble.update({"/v1/ask": ["drop"] * 50,
                            "/v1/entries": ["drop"] * 50})
    told = agent.good("POST", "/reverse", {"id": first["id"]})
    assert told["verdict"] == "reversal-pending"
    keep = service.keep

    def refuse(items):
        return [dict(r, verdict="reversal-not-allowed", number=131)
                if r["verdict"] == "reversed" else r for r in keep(items)]
    service.keep = refuse
    assert agent.stop() == 0
    service.trouble.clear()
    agent = Agent(door).ready()
    agent.scan(m.code(service.issuer.issue()))
    refusals = oaprun.wait_for(lambda: agent.status()["refusals"],
                               "the refusal")
    assert refusals[0]["attempt"].endswith(first["id"])
    assert agent.stop() == 0
    agent = Agent(door).ready()
    agent.scan(m.code(service.issuer.issue()))
    oaprun.wait_for(lambda: agent.status()["refusals"], "it again")
    assert agent.good("POST", "/refusals/told", {}) == {}
    assert agent.status()["refusals"] == []
    assert agent.stop() == 0


def test_help_tells_of_it():
    r = subprocess.run([KIOSK, "run", "--help"], capture_output=True,
                       text=True)
    assert r.returncode == 0 and "--scanner" in r.stdout
