# SPDX-License-Identifier: Apache-2.0
"""oapd on the host of a service, for the tests of its HTTP side: one that is
set up, and how they talk to it."""
import contextlib
import json
import re
import socket
import sqlite3

import pytest

import oapcast
import oaprun

JSON = {"Content-Type": "application/json"}
CBOR = {"Content-Type": "application/cbor"}


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


def figure(d, name):
    """One of /metrics."""
    text = d.raw("GET", "/metrics", unix=True)[2].decode()
    return int(re.search(r"^%s (\d+)$" % name, text, re.M).group(1))


def hold(d, count):
    return [socket.create_connection(("127.0.0.1", d.port),
                                     timeout=oaprun.PATIENCE)
            for _ in range(count)]


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
