# SPDX-License-Identifier: Apache-2.0
"""Too many connections, too slow, too much at once: what oapd puts up with."""
import contextlib
import json
import os
import pathlib
import re
import socket
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from host import daemon, figure, hold, lives, talk  # noqa: E402

LIMITS = """
[limits]
connections = 20
connections_hard = 24
request_s = 1
idle_s = 2
"""


@pytest.fixture
def limited(tmp_path):
    d = oaprun.Daemon(tmp_path, LIMITS, threads=1).start()
    yield d
    assert d.stop() == 0


def test_over_the_connection_limit_requests_are_answered_busy(limited):
    held = hold(limited, 20)
    oaprun.wait_for(lambda: figure(limited, "oapd_connections") >= 20,
                    "connections")
    status, headers, body = limited.raw("GET", "/v1/bundle")
    assert status == 503 and json.loads(body)["verdict"] == "busy"
    assert headers["Retry-After"] and headers["Connection"] == "close"
    for s in held:
        s.close()
    oaprun.wait_for(lambda: limited.raw("GET", "/v1/bundle")[0] == 200,
                    "connections to be free again")


def test_over_the_hard_limit_nobody_is_taken_until_some_go(limited):
    held = hold(limited, 40)
    oaprun.wait_for(lambda: figure(limited, "oapd_connections") >= 24,
                    "connections")
    assert figure(limited, "oapd_connections") == 24
    for s in held:
        s.close()
    oaprun.wait_for(lambda: limited.raw("GET", "/v1/bundle")[0] == 200,
                    "connections to be free again")


def closes(s, since):
    """Seconds until the other side closes, counted from before it began to."""
    with contextlib.suppress(ConnectionResetError):
        while s.recv(65536):
            pass
    return time.monotonic() - since


def test_a_client_that_sends_byte_after_byte_is_cut_off(limited):
    start, closed = time.monotonic(), False
    s = hold(limited, 1)[0]
    s.settimeout(0.1)
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
    since = time.monotonic()
    s = hold(limited, 1)[0]
    s.sendall(b"POST /v1/ask HTTP/1.1\r\nHost: x\r\n"
              b"Content-Type: application/cbor\r\nContent-Length: 500\r\n\r\n"
              b"\x82")
    assert 0.9 < closes(s, since) < oaprun.PATIENCE / 2


def test_a_silent_client_is_cut_off(limited):
    since = time.monotonic()
    s = hold(limited, 1)[0]
    assert 0.9 < closes(s, since) < oaprun.PATIENCE / 2
    # after an answer it may be idle for longer
    since = time.monotonic()
    s = hold(limited, 1)[0]
    s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert s.recv(65536).endswith(b"ok\n")
    assert 1.9 < closes(s, since) < oaprun.PATIENCE / 2


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
    oaprun.wait_for(lambda: figure(d, "oapd_requests_too_much_total"),
                    "a connection to be given up")
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
