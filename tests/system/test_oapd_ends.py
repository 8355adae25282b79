# SPDX-License-Identifier: Apache-2.0
"""How connections end: broken off over TLS at any byte, when there are too
few descriptors, and when the daemon stops while somebody still reads."""
import os
import pathlib
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import zlib

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import oapany  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402

SEED = oapany.seed()
LIST_STATES = 1 << 20
RECORD = 16000  # bytes; TLS carries 16,384 in one


def service(directory, config="", threads=2, **start):
    d = oaprun.Daemon(directory, config, threads).start(**start)
    d.add_facility()
    d.add_benefit()
    d.issuer = oapcast.Issuer()
    d.add_issuer(d.issuer)
    return d


@pytest.fixture
def ended():
    """Daemons that a test started, stopped whatever came of it."""
    daemons = []
    yield daemons.append
    for d in daemons:
        d.kill()


def figure(d, name):
    text = d.raw("GET", "/metrics", unix=True)[2].decode()
    return int(float(re.search(r"^%s (\S+)$" % name, text, re.M).group(1)))


# ------------------------------------------------------------------- TLS
def with_tls(directory):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
         "/CN=localhost", "-keyout", directory / "tls.key", "-out",
         directory / "tls.crt"], check=True, capture_output=True)
    return "tls_cert = %s\ntls_key = %s\n" % (directory / "tls.crt",
                                              directory / "tls.key")


class Client:
    """TLS by hand: what is written stays here until it is let go, so that
    several records, or half of one, make a segment."""

    def __init__(self, d):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = socket.create_connection(("127.0.0.1", d.port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.coming, self.going = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.coming, self.going)

    def shake_hands(self):
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.let_go()
                got = self.socket.recv(65536)
                if not got:
                    raise ConnectionResetError
                self.coming.write(got)
        self.let_go()

    def let_go(self, most=None):
        self.socket.sendall(self.going.read() if most is None
                            else self.going.read(most))

    def write(self, data):
        for at in range(0, len(data), RECORD):
            self.tls.write(data[at:at + RECORD])

    def say_goodbye(self):
        try:
            self.tls.unwrap()
        except (ssl.SSLWantReadError, ssl.SSLError):
            pass

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               b"\1\0\0\0\0\0\0\0")
        self.socket.close()


def upload(length):
    return (b"POST /v1/entries HTTP/1.1\r\nHost: x\r\nContent-Type: "
            b"application/cbor\r\nContent-Length: %d\r\n\r\n" % length)


def test_an_upload_that_says_goodbye_in_the_middle(tmp_path, ended):
    """The last bytes and the farewell in one segment: they are read at once,
    and the connection is gone before its bytes are counted."""
    d = service(tmp_path, with_tls(tmp_path))
    ended(d)
    for sent in range(40):
        c = Client(d)
        c.shake_hands()
        c.write(upload(500000) + b"a" * (9000 + 300 * sent))
        c.let_go()
        c.write(b"a" * 9000)
        c.let_go()
        c.write(b"b" * 12000)
        c.say_goodbye()
        c.let_go()
        c.socket.close()
    oaprun.wait_for(lambda: figure(d, "oapd_connections") == 0, "their ends")
    assert not d.ended()
    assert d.stop() == 0


def half_a_handshake(c, dice):
    try:
        c.tls.do_handshake()
    except ssl.SSLWantReadError:
        c.let_go(dice.randrange(1, 500))


def broken_off(c, dice):
    c.shake_hands()
    c.write(upload(dice.randrange(1, 900000)) +
            b"x" * dice.randrange(0, 60000))
    if dice.random() < 0.5:
        c.say_goodbye()
    c.let_go(dice.choice((None, dice.randrange(1, 60000))))


def gone_before_the_reply(c, dice):
    c.shake_hands()
    c.write(b"GET /v1/bundle HTTP/1.1\r\nHost: x\r\n\r\n" *
            dice.randrange(1, 5))
    if dice.random() < 0.5:
        c.say_goodbye()
    c.let_go()


def rubbish(c, dice):
    c.shake_hands()
    c.write(bytes(dice.randrange(256) for _ in range(300)) + b"\r\n\r\n")
    c.let_go()
    c.socket.sendall(bytes(dice.randrange(256) for _ in range(50)))


def test_clients_that_end_in_the_middle_of_tls_do_no_harm(tmp_path, ended):
    print("seed %d" % SEED)
    dice = random.Random(SEED)
    d = service(tmp_path, with_tls(tmp_path))
    ended(d)
    for _ in range(120):
        c = Client(d)
        try:
            dice.choice((half_a_handshake, broken_off, gone_before_the_reply,
                         rubbish))(c, dice)
        except (ConnectionError, ssl.SSLError):
            pass  # it was not wanted any more
        if dice.random() < 0.5:
            c.reset()
        else:
            c.socket.close()
    oaprun.wait_for(lambda: figure(d, "oapd_connections") == 0, "their ends")
    c = Client(d)
    c.shake_hands()
    c.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    c.let_go()
    assert c.socket.recv(65536)
    c.socket.close()
    assert d.stop() == 0


# ----------------------------------------------------------- descriptors
def test_an_operator_gets_in_where_descriptors_are_few(tmp_path, ended):
    d = service(tmp_path, "[limits]\nidle_s = 300\n",
                wrapper=["prlimit", "--nofile=160:160"])
    ended(d)
    assert "connections_hard is 32, not 1200" in d.log()
    crowd = [socket.create_connection(("127.0.0.1", d.port), 30)
             for _ in range(60)]
    # each loop may take one before it sees what the others took
    oaprun.wait_for(lambda: figure(d, "oapd_connections") >= 32, "a crowd")
    assert figure(d, "oapd_connections") <= 34
    assert d.admin("GET", "/v1/facilities")["facilities"]
    for s in crowd:
        s.close()
    oaprun.wait_for(lambda: figure(d, "oapd_connections") == 0, "its end")
    assert d.stop() == 0


def test_without_descriptors_the_local_socket_waits_quietly(tmp_path, ended):
    d = service(tmp_path, wrapper=["prlimit", "--nofile=160:160"])
    ended(d)
    since = time.monotonic()
    crowd = []
    for _ in range(200):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)
        s.connect(str(d.socket))
        crowd.append(s)
    said = "no connection is taken for a second"
    oaprun.wait_for(lambda: d.log().count(said) >= 2, "a pause and another")
    # a line a second and loop, and not one for every try
    assert d.log().count(said) <= 2 * (time.monotonic() - since + 2)
    for s in crowd:
        s.close()
    assert d.admin("GET", "/v1/facilities")["facilities"]
    assert d.stop() == 0


def test_too_few_descriptors_are_refused_at_once(tmp_path, ended):
    d = oaprun.Daemon(tmp_path)
    with pytest.raises(oaprun.Dead) as dead:
        d.start(wrapper=["prlimit", "--nofile=60:60"])
    assert "only 60 descriptors may be open; allow 144" in str(dead.value)


# ------------------------------------------------------------- stopping
def large_issuer(n):
    """One whose list of 2^20 passes is all noise: 256 KiB, deflated or not."""
    issuer = oapcast.Issuer(iss="city%d.example" % n)
    iat = issuer.now - 60
    noise = zlib.compress(os.urandom(LIST_STATES // 4), 0)
    token = m.sign1(m.STATUS_TOKEN, {
        2: issuer.uri, 4: iat + 14 * 86400, 6: iat,
        65533: {"bits": 2, "lst": noise}, 65534: 129600}, issuer.key)
    return {"root": m.public(issuer.root).hex(),
            "document": m.as_base64(issuer.document()),
            "tokens": [m.as_base64(token)]}


def ask_for_much(d):
    """A client that has begun to read a reply that no buffer holds."""
    for n in range(28):
        d.admin("POST", "/v1/issuers", large_issuer(n))
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.settimeout(60)
    s.connect(("127.0.0.1", d.port))
    s.sendall(b"GET /v1/bundle HTTP/1.1\r\nHost: x\r\n\r\n")
    return s, s.recv(65536)


def test_a_reply_on_its_way_is_finished_before_the_end(tmp_path, ended):
    d = service(tmp_path, "[limits]\ndrain_s = 120\n")
    ended(d)
    s, got = ask_for_much(d)
    length = int(re.search(rb"\r\nContent-Length: (\d+)\r\n", got).group(1))
    d.process.send_signal(signal.SIGTERM)
    oaprun.wait_for(lambda: "stopping" in d.log(), "the signal")
    whole = got.index(b"\r\n\r\n") + 4 + length
    n = len(got)
    while n < whole:
        part = s.recv(65536)
        assert part, "%d of %d bytes" % (n, whole)
        n += len(part)
    s.close()
    assert d.stop() == 0
    assert "still in hand" not in d.log()


def test_a_changed_time_to_drain_is_taken(tmp_path, ended):
    """Somebody has begun to read, and does not go on."""
    d = service(tmp_path, "[limits]\ndrain_s = 300\n")
    ended(d)
    s, _ = ask_for_much(d)
    d.file.write_text(d.file.read_text().replace("drain_s = 300",
                                                 "drain_s = 1"))
    d.process.send_signal(signal.SIGHUP)
    oaprun.wait_for(lambda: "read again" in d.log(), "the reload")
    d.process.send_signal(signal.SIGTERM)
    assert d.stop() == 0
    assert "still in hand after 1 s" in d.log()
    s.close()


# -------------------------------------------------------------- sockets
def test_a_file_where_the_socket_should_be_is_left_alone(tmp_path):
    d = oaprun.Daemon(tmp_path)
    d.socket.write_text("mine")
    try:
        with pytest.raises(oaprun.Dead) as dead:
            d.start()
        assert "is no socket; name another" in str(dead.value)
        assert d.socket.read_text() == "mine"
    finally:
        d.socket.unlink()


def test_a_port_of_another_program_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        d = oaprun.Daemon(tmp_path)
        d.file.write_text(d.file.read_text().replace("port = 0",
                                                     "port = %d" % port))
        with pytest.raises(oaprun.Dead) as dead:
            d.start()
    assert "127.0.0.1:%d: somebody listens there already" % port in \
        str(dead.value)


@pytest.mark.parametrize("config,said", [
    ("tls_cert = /none.pem\ntls_key = /none.key\n",
     "/none.pem: No such file or directory"),
    ("tls_cert = {file}\ntls_key = {file}\n", "{file}: no start line"),
    ("[fetch]\nca = /none.pem\n",
     "[fetch] ca: /none.pem: No such file or directory"),
])
def test_a_check_looks_at_the_certificates_too(tmp_path, config, said):
    d = oaprun.Daemon(tmp_path, config.format(file=tmp_path / "oapd.conf"))
    done = subprocess.run([oaprun.program("oapd"), "-n", "--config", d.file],
                          capture_output=True, text=True)
    assert done.returncode == 2 and not done.stdout
    assert done.stderr == "oapd: %s\n" % said.format(file=d.file)
