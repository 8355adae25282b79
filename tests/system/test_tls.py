# SPDX-License-Identifier: Apache-2.0
"""TLS between kiosk and service: one version of it, certificates that change
under living connections, and keys that a kiosk was told of, which are all that
it trusts."""
import base64
import contextlib
import hashlib
import http.client
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import fakeservice  # noqa: E402
import oapcast  # noqa: E402
import oapmsg as m  # noqa: E402
import oaprun  # noqa: E402
from door import ACCEPT, RETRY, Door, one_line  # noqa: E402

CA = """[ca]
default_ca = me
[me]
database = {dir}/index.txt
serial = {dir}/serial
new_certs_dir = {dir}
default_md = sha256
policy = any
[any]
commonName = supplied
"""


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True,
                          capture_output=True).stdout


def make_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-out", path)
    return path


def self_signed(key, path, name="oapd"):
    openssl("req", "-x509", "-key", key, "-days", "30", "-subj", "/CN=" + name,
            "-addext", "subjectAltName=IP:127.0.0.1", "-out", path)
    return path


def expired(key, path):
    """One that was good for a month in 2020."""
    where = path.parent / "ca"
    where.mkdir()
    (where / "index.txt").touch()
    (where / "serial").write_text("01\n")
    (where / "ca.cnf").write_text(CA.format(dir=where))
    openssl("req", "-new", "-key", key, "-subj", "/CN=oapd", "-out",
            where / "csr.pem")
    openssl("ca", "-batch", "-selfsign", "-config", where / "ca.cnf",
            "-keyfile", key, "-in", where / "csr.pem", "-startdate",
            "200101000000Z", "-enddate", "200201000000Z", "-notext", "-out",
            path)
    return path


def by_authority(directory, key, path):
    """The authority's certificate, by which that of key is a right one."""
    root = make_key(directory / "root.key")
    self_signed(root, directory / "root.crt", "authority")
    openssl("req", "-new", "-key", key, "-subj", "/CN=127.0.0.1", "-out",
            directory / "csr.pem")
    (directory / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", directory / "csr.pem", "-CA",
            directory / "root.crt", "-CAkey", root, "-CAcreateserial",
            "-days", "30", "-extfile", directory / "san", "-out", path)
    return directory / "root.crt"


def pin_of(cert):
    public = openssl("x509", "-in", cert, "-pubkey", "-noout").decode()
    der = base64.b64decode("".join(public.split("\n")[1:-2]))
    return hashlib.sha256(der).digest()


def der_of(cert):
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(cert).read_text())


# ----------------------------------------------------- oapd as it listens
class Host:
    """A daemon whose certificate is now.crt with now.key."""

    def __init__(self, directory):
        self.directory = directory
        self.key = make_key(directory / "one.key")
        self.cert = self_signed(self.key, directory / "one.crt")
        self.use(self.cert, self.key)
        self.d = oaprun.Daemon(directory, "tls_cert = %s\ntls_key = %s\n" % (
            directory / "now.crt", directory / "now.key")).start()
        self.d.add_facility()
        self.d.add_benefit(id="day-jp")
        self.issuer = oapcast.Issuer()
        self.d.add_issuer(self.issuer)
        self.facility = "tnm"

    def use(self, cert, key):
        (self.directory / "now.crt").write_bytes(cert.read_bytes())
        (self.directory / "now.key").write_bytes(key.read_bytes())

    def code(self):
        return self.d.admin("POST", "/v1/kiosks", {"facility": "tnm"})["code"]

    def reload(self, said="configuration read again"):
        before = self.d.log().count(said)
        self.d.process.send_signal(signal.SIGHUP)
        oaprun.wait_for(lambda: self.d.log().count(said) > before, said)

    def announce(self, cert):
        """The next key in the bundle."""
        before = self.etag()
        lines = [line for line in self.d.file.read_text().splitlines()
                 if not line.startswith("tls_next_cert")]
        lines.append("tls_next_cert = %s" % cert)
        self.d.file.write_text("\n".join(lines) + "\n")
        self.reload()
        oaprun.wait_for(lambda: self.etag() != before, "another bundle")

    def etag(self):
        return self.d.raw("GET", "/v1/bundle", unix=True)[1]["ETag"]

    def connect(self):
        c = http.client.HTTPSConnection(
            "127.0.0.1", self.d.port, timeout=oaprun.PATIENCE,
            context=ssl._create_unverified_context())
        c.connect()
        return c


def healthy(connection):
    connection.request("GET", "/healthz")
    reply = connection.getresponse()
    reply.read()
    return reply.status == 200


def shown(connection):
    return connection.sock.getpeercert(binary_form=True)


@pytest.fixture
def host(tmp_path):
    h = Host(tmp_path)
    yield h
    assert h.d.stop() == 0, h.d.log()


@pytest.mark.parametrize("version, good", [
    (ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_2, False)])
def test_it_speaks_tls_1_3_and_nothing_older(host, version, good):
    context = ssl._create_unverified_context()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = version
    with socket.create_connection(("127.0.0.1", host.d.port),
                                  oaprun.PATIENCE) as plain:
        if good:
            with context.wrap_socket(plain) as tls:
                assert tls.version() == "TLSv1.3"
        else:
            with pytest.raises(ssl.SSLError, match="(?i)version"):
                context.wrap_socket(plain)


def test_plain_http_on_its_port_gets_no_answer(host):
    with socket.create_connection(("127.0.0.1", host.d.port),
                                  oaprun.PATIENCE) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert b"HTTP" not in plain.recv(4096)


def test_a_new_certificate_is_for_new_connections_and_old_ones_go_on(host):
    kept = host.connect()
    assert healthy(kept) and shown(kept) == der_of(host.cert)
    again = self_signed(host.key, host.directory / "again.crt", "renewed")
    host.use(again, host.key)
    host.reload()
    assert healthy(kept) and shown(kept) == der_of(host.cert)
    fresh = host.connect()
    assert healthy(fresh) and shown(fresh) == der_of(again)
    assert healthy(kept)
    kept.close()
    fresh.close()


def spoil_certificate(host):
    (host.directory / "now.crt").write_text("nonsense\n")
    return str(host.directory / "now.crt")


def spoil_key(host):
    (host.directory / "now.key").write_bytes(
        make_key(host.directory / "other.key").read_bytes())
    return str(host.directory / "now.key")


def take_away(host):
    (host.directory / "now.crt").unlink()
    return str(host.directory / "now.crt")


@pytest.mark.parametrize("harm", [spoil_certificate, spoil_key, take_away])
def test_a_certificate_that_is_none_leaves_the_old_one_and_is_told(host, harm):
    named = harm(host)
    host.reload("the old certificate goes on")
    said = [line for line in host.d.log().splitlines()
            if "the old certificate goes on" in line]
    assert len(said) == 1 and named in said[0]
    fresh = host.connect()
    assert healthy(fresh) and shown(fresh) == der_of(host.cert)
    fresh.close()


def test_plain_http_is_for_loopback_unless_it_is_told(tmp_path):
    d = oaprun.Daemon(tmp_path)
    here = d.file.read_text()
    d.file.write_text(here.replace("127.0.0.1", "0.0.0.0"))
    with pytest.raises(oaprun.Dead) as refused:
        d.start()
    assert "allow_plain_http" in str(refused.value)
    d.file.write_text(here.replace("127.0.0.1", "0.0.0.0") +
                      "allow_plain_http = yes\n")
    d.file.write_text(d.file.read_text().replace(
        "[service]\n", "[service]\npublic_url = http://127.0.0.1\n"))
    d.start()
    assert d.raw("GET", "/healthz")[0] == 200
    assert d.stop() == 0


# --------------------------------------------------- what a kiosk trusts
def visit(door):
    return door.redeem(m.code(door.service.issuer.issue()))


def test_a_kiosk_follows_the_service_from_key_to_key(tmp_path, host):
    door = Door(tmp_path / "kiosk", host).enrolled()
    assert visit(door)["verdict"] == "accepted"
    keys, certs = [], []
    for n in range(2):
        keys.append(make_key(tmp_path / ("next%d.key" % n)))
        certs.append(self_signed(keys[n], tmp_path / ("next%d.crt" % n)))
        # Announced, fetched, changed over to, and the only one left.
        host.announce(certs[n])
        assert door.ask("sync")["bundle_changed"] is True
        before = host.etag()
        host.use(certs[n], keys[n])
        host.reload()
        oaprun.wait_for(lambda: host.etag() != before, "another bundle")
        fresh = host.connect()
        assert shown(fresh) == der_of(certs[n])
        fresh.close()
        assert visit(door)["verdict"] == "accepted"
        assert door.ask("sync")["exit"] == 0    # it has fetched that one
        assert visit(door)["verdict"] == "accepted"
    assert door.ask("sync")["unsent"] == 0
    # The code that it came with names a key that is of no use any more.
    with impostor(host.cert, host.key, host.d) as fake:
        refused_by(door, fake)
    assert Door(tmp_path / "later", host).enrolled()


def test_a_kiosk_that_was_not_told_of_the_next_key_asks_nobody_else(tmp_path,
                                                                    host):
    door = Door(tmp_path / "kiosk", host).enrolled()
    key = make_key(tmp_path / "next.key")
    cert = self_signed(key, tmp_path / "next.crt")
    host.announce(cert)     # and it is not there to hear
    host.use(cert, key)
    host.reload()
    r = door.run("sync")
    assert r.returncode == RETRY and b"another TLS key" in r.stderr
    host.use(host.cert, host.key)


class Impostor:
    """Speaks TLS and HTTP with a key of its own where the service was, and
    keeps whatever comes after the handshake."""

    def __init__(self, cert, key, port):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(cert, key)
        self.socket = socket.create_server(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.handshakes, self.heard, self.stop = 0, b"", False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.stop:
            plain, _ = self.socket.accept()
            plain.settimeout(oaprun.PATIENCE)
            try:
                with self.context.wrap_socket(plain, server_side=True) as tls:
                    self.handshakes += 1
                    while piece := tls.recv(65536):
                        self.heard += piece
                        tls.sendall(b"HTTP/1.1 200 OK\r\n"
                                    b"Content-Length: 0\r\n\r\n")
            except (OSError, ssl.SSLError):
                pass

    def close(self):
        self.stop = True
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        self.thread.join()
        self.socket.close()


@contextlib.contextmanager
def impostor(cert, key, daemon=None):
    """daemon: the one that goes, so that this can take its place."""
    port = 0
    if daemon is not None:
        port = daemon.port
        daemon.file.write_text(daemon.file.read_text().replace(
            "port = 0", "port = %d" % port))
        assert daemon.stop() == 0, daemon.log()
    fake = Impostor(cert, key, port)
    try:
        yield fake
    finally:
        fake.close()
        if daemon is not None:
            daemon.start()


def refused_by(door, fake, env=None):
    """Every way of talking to it ends before a word is said, in a line that
    says why; what was told is kept."""
    unsent = door.ask("status")["unsent"]
    r = door.run("sync", env=env)
    lines = r.stderr.decode().splitlines()
    assert r.returncode == RETRY and len(lines) == 2
    for line in lines:
        assert "https://127.0.0.1:%d" % fake.port in line
        assert "another TLS key" in line and "nothing was sent" in line
    r = door.run("roll", env=env)
    assert r.returncode == RETRY and "another TLS key" in one_line(r)
    out = visit(door)
    assert "another TLS key" in out["detail"] or out["verdict"] != "accepted"
    r = door.run("reverse", "%s/%s" % ("ab" * 8, "cd" * 16), env=env)
    assert r.returncode == ACCEPT       # kept, and pending
    assert door.ask("status")["unsent"] >= unsent + 1
    assert fake.handshakes > 0 and fake.heard == b""


def other_key(directory):
    key = make_key(directory / "impostor.key")
    return self_signed(key, directory / "impostor.crt"), key


def test_another_key_gets_no_word_and_no_entry_is_lost(tmp_path, host):
    door = Door(tmp_path / "kiosk", host).enrolled()
    assert visit(door)["verdict"] == "accepted"
    cert, key = other_key(tmp_path)
    with impostor(cert, key, host.d) as fake:
        refused_by(door, fake)
    # The right one is back, and gets everything.
    assert door.ask("sync")["unsent"] == 0


def test_a_right_certificate_of_an_authority_with_another_key_is_refused(
        tmp_path, host):
    """Though every library on the machine trusts that authority."""
    door = Door(tmp_path / "kiosk", host).enrolled()
    key = make_key(tmp_path / "impostor.key")
    root = by_authority(tmp_path, key, tmp_path / "impostor.crt")
    trusted = {"SSL_CERT_FILE": str(root), "CURL_CA_BUNDLE": str(root)}
    with impostor(tmp_path / "impostor.crt", key, host.d) as fake:
        refused_by(door, fake, env=trusted)


def code_for(url, pin):
    service = m.key_of(bytes(range(32)))
    return m.enrolment_code(url, m.public(service), bytes(16),
                            int(time.time()) + 900, pin=pin)


def test_a_code_with_another_pin_sends_its_secret_to_nobody(tmp_path):
    cert, key = other_key(tmp_path)
    with impostor(cert, key) as fake:
        url = "https://127.0.0.1:%d" % fake.port
        door = Door(tmp_path / "kiosk", fakeservice.Service())
        door.service.close()
        r = door.run("enrol", code_for(url, bytes(32)))
        assert r.returncode == RETRY and "another TLS key" in one_line(r)
        assert fake.handshakes == 1 and fake.heard == b""
        # Without any pin it is the system's authorities that count.
        r = Door(tmp_path / "other", door.service).run(
            "enrol", code_for(url, None))
        assert r.returncode == RETRY and "certificate" in one_line(r)
        assert fake.heard == b""
        # With the right one it would have been said.
        Door(tmp_path / "third", door.service).run(
            "enrol", code_for(url, pin_of(cert)))
        assert fake.heard.startswith(b"POST /v1/enrolments ")


def test_a_pin_is_the_trust_and_no_date_and_no_name(tmp_path, host):
    """A kiosk in a museum without internet has nobody to ask, and a clock that
    may be wrong: what is over is for the operator to see, not for the door."""
    door = Door(tmp_path / "kiosk", host).enrolled()
    old = expired(host.key, tmp_path / "expired.crt")
    host.use(old, host.key)
    host.reload()
    fresh = host.connect()
    assert shown(fresh) == der_of(old)
    fresh.close()
    assert visit(door)["verdict"] == "accepted"
    assert door.ask("sync")["exit"] == 0
    elsewhere = self_signed(host.key, tmp_path / "elsewhere.crt", "elsewhere")
    host.use(elsewhere, host.key)
    host.reload()
    assert visit(door)["verdict"] == "accepted"
    # A new code pins the key, too.
    assert Door(tmp_path / "later", host).enrolled()


def test_a_kiosk_speaks_to_no_older_tls(tmp_path, host):
    door = Door(tmp_path / "kiosk", host).enrolled()
    with impostor(host.cert, host.key, host.d) as fake:
        fake.context.minimum_version = ssl.TLSVersion.TLSv1_2
        fake.context.maximum_version = ssl.TLSVersion.TLSv1_2
        r = door.run("sync")
        assert r.returncode == RETRY and fake.heard == b""
        assert fake.handshakes == 0
