# SPDX-License-Identifier: Apache-2.0
"""oapctl over HTTPS: which daemon it trusts, by certificate and by key."""
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))
import oaprun  # noqa: E402
from desk import ok, refused  # noqa: E402


def certificate(directory, name, address="127.0.0.1"):
    """Self-signed, as a museum without a name in the DNS has it."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
         "/CN=oapd", "-addext", "subjectAltName=IP:" + address,
         "-keyout", directory / (name + ".key"),
         "-out", directory / (name + ".crt")],
        check=True, capture_output=True)
    return directory / (name + ".crt")


def pin_of(cert):
    """As the manual page has it."""
    page = (TOP / "deploy/man/oapctl.1").read_text()
    command = re.search(r"^openssl x509 .*?^base64$", page.replace(
        "\\e\n", "\n"), re.S | re.M)[0]
    done = subprocess.run(
        ["sh", "-c", " ".join(command.replace("cert.pem", str(cert)).split())],
        capture_output=True, text=True, check=True)
    return "sha256//" + done.stdout.strip()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    where = tmp_path_factory.mktemp("tls")
    d = oaprun.Daemon(where, "tls_cert = %s\ntls_key = %s\n" % (
        certificate(where, "own"), where / "own.key")).start()
    d.certificate = where / "own.crt"
    d.other = certificate(where, "other")
    d.url = "https://127.0.0.1:%d" % d.port
    token = d.admin("POST", "/v1/operators", {"id": "o", "role": "viewer"})
    d.token = ["--token-file", where / "token"]
    (where / "token").write_text(token["token"] + "\n")
    yield d
    assert d.stop() == 0, d.log()


def test_a_pinned_key_is_trusted_and_no_other(service):
    own, other = pin_of(service.certificate), pin_of(service.other)
    assert own != other
    ask = [*service.token, "facility", "list"]
    assert "no facilities" in ok(service.url, *ask, "--pin", own)
    assert "no facilities" in ok(service.url, *ask, "--pin", other, "--pin",
                                 own)
    refused(4, "another key than --pin says", *ask, "--pin", other,
            server=service.url)


def test_a_certificate_may_be_trusted_instead_of_the_systems(service):
    ask = [*service.token, "facility", "list"]
    assert "no facilities" in ok(service.url, *ask, "--ca",
                                 service.certificate)
    refused(4, "--ca or --pin says what to trust", *ask, server=service.url)
    refused(4, "not trusted", *ask, "--ca", service.other,
            server=service.url)
    # The key counts beside the certificate, not instead of it.
    ok(service.url, *ask, "--ca", service.certificate, "--pin",
       pin_of(service.certificate))
    refused(4, "another key", *ask, "--ca", service.certificate, "--pin",
            pin_of(service.other), server=service.url)
    refused(4, "not trusted", *ask, "--ca", service.other, "--pin",
            pin_of(service.certificate), server=service.url)


def test_trust_comes_from_the_command_line_alone(service):
    for name in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        refused(4, "not trusted", *service.token, "facility", "list",
                server=service.url,
                env={name: str(service.certificate)})


@pytest.fixture
def elsewhere(tmp_path):
    """A daemon with a certificate for another address than its own."""
    cert = certificate(tmp_path, "elsewhere", "192.0.2.1")
    d = oaprun.Daemon(tmp_path, "tls_cert = %s\ntls_key = %s\n" % (
        cert, tmp_path / "elsewhere.key")).start()
    yield cert, "https://127.0.0.1:%d" % d.port
    assert d.stop() == 0, d.log()


def test_a_certificate_for_another_address_is_not_trusted(elsewhere):
    cert, url = elsewhere
    refused(4, "not trusted", "facility", "list", "--ca", cert, server=url)
    refused(1, "token", "facility", "list", "--pin", pin_of(cert),
            server=url)
