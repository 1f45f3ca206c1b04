"""The server's key and certificate: made once, kept, and refused when they do not fit.

The numbers are those of the checklist in test_conformance.py.
"""

import hashlib
import os
import re
import ssl
import stat
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from clients import openssl
from wire import TLS_VERSIONS


class Certificate:
    """What `openssl x509` says about a certificate, as a file or in DER."""

    def __init__(self, data):
        self.pem = data if data.startswith(b"-----") else ssl.DER_cert_to_PEM_cert(data).encode()
        self.der = ssl.PEM_cert_to_DER_cert(self.pem.decode())
        self.text = self.says("-text")

    def says(self, *options):
        return openssl("x509", "-noout", *options, data=self.pem).decode()

    @property
    def common_names(self):
        subject = self.says("-subject", "-nameopt", "multiline")
        return re.findall(r"commonName\s*= (.*)", subject)

    @property
    def names(self):
        """Every subject alternative name, as "DNS:name" or "IP Address:address"."""
        lines = self.says("-ext", "subjectAltName").splitlines()
        return {name.strip() for name in lines[1].split(",")} if len(lines) > 1 else set()

    @property
    def fingerprints(self):
        """SHA-256 of the certificate and of its public key, in hexadecimal."""
        key = openssl("x509", "-noout", "-pubkey", data=self.pem)
        key_der = openssl("pkey", "-pubin", "-outform", "DER", data=key)
        return {hashlib.sha256(der).hexdigest() for der in (self.der, key_der)}

    def date(self, which):
        text = self.says(f"-{which}date").partition("=")[2].strip()
        return datetime.strptime(text, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=timezone.utc)


def presented(server, **options):
    """The certificate that a handshake shows."""
    with closing(server.connect(**options)) as connection:
        return Certificate(connection.handshake().tls.getpeercert(binary_form=True))


def files(server):
    return server.certs / "localhost.crt", server.certs / "localhost.key"


def own_pair(folder, name="localhost"):
    """A key and certificate as an operator may bring them."""
    folder.mkdir(exist_ok=True)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes",
            "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "100",
            "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt")
    (folder / f"{name}.key").chmod(0o600)
    return folder


# Made at the first start


def test_53_the_first_start_makes_a_key_and_the_certificate_it_serves(serve, capsule):
    server = serve(capsule)
    crt, key = files(server)
    assert key.read_text().startswith("-----BEGIN ")
    for version in TLS_VERSIONS:
        assert presented(server, version=version).der == Certificate(crt.read_bytes()).der


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_nobody_else_may_read_the_key(serve, capsule, umask):
    _, key = files(serve(capsule, umask=umask))
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600


def test_a_folder_for_certificates_is_made_when_it_is_missing(serve, capsule, tmp_path):
    server = serve(capsule, certs=tmp_path / "new" / "certs", state=tmp_path / "new" / "state")
    assert all(path.is_file() for path in files(server))


def test_54_the_key_is_ecdsa_on_p256(serve, capsule):
    certificate = presented(serve(capsule))
    assert "id-ecPublicKey" in certificate.text and "prime256v1" in certificate.text
    assert "ecdsa-with-SHA256" in certificate.text


def test_53_the_certificate_is_self_signed_and_fits_its_key(serve, capsule):
    crt, key = files(serve(capsule))
    openssl("verify", "-CAfile", crt, crt)
    pair = openssl("x509", "-noout", "-pubkey", "-in", crt), openssl("pkey", "-pubout", "-in", key)
    assert pair[0] == pair[1]


def test_the_certificate_is_x509_version_3_with_a_random_serial_number(serve, capsule):
    one, other = (presented(serve(capsule)) for _ in range(2))
    assert "Version: 3" in one.text
    assert one.says("-serial") != other.says("-serial")
    assert not one.fingerprints & other.fingerprints, "two servers have one key"


def test_53_the_certificate_is_valid_since_yesterday_and_for_decades(serve, capsule):
    certificate = presented(serve(capsule))
    now = datetime.now(timezone.utc)
    assert certificate.date("start") < now - timedelta(hours=12)
    assert certificate.date("end") > now + timedelta(days=20 * 365)


def test_54_the_certificate_names_its_host(serve, capsule):
    certificate = presented(serve(capsule))
    assert certificate.common_names == ["localhost"]
    assert certificate.names == {"DNS:localhost"}


@pytest.mark.parametrize("hosts", [("localhost", "second.example"),
                                   ("first.example", "second.example", "third.example")])
def test_54_every_host_has_a_certificate_that_names_it(serve, capsule, hosts):
    server = serve(capsule, hosts=hosts)
    for host in hosts:
        certificate = presented(server, sni=host)
        assert f"DNS:{host}" in certificate.names
        assert certificate.common_names and set(certificate.common_names) <= set(hosts)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_54_an_address_is_named_as_an_address(serve, capsule, address):
    server = serve(capsule, hosts=("localhost", address))
    names = {name for sni in (None, "localhost") for name in presented(server, sni=sni).names}
    shown = "0:0:0:0:0:0:0:1" if address == "::1" else address
    assert f"IP Address:{shown}" in names and "DNS:localhost" in names
    assert f"DNS:{address}" not in names


def test_the_log_gives_the_fingerprint(serve, capsule):
    server = serve(capsule)
    lines = [line for line in server.log().splitlines() if "fingerprint" in line.lower()]
    shown = re.sub(r"[^0-9a-f]", "", " ".join(lines).lower().replace("fingerprint", " "))
    assert any(fingerprint in shown for fingerprint in presented(server).fingerprints), lines


# Kept


def test_53_a_later_start_keeps_key_and_certificate(serve, capsule):
    first = serve(capsule)
    before = [path.read_bytes() for path in files(first)]
    first.stop()
    second = serve(capsule, certs=first.certs, state=first.state)
    assert [path.read_bytes() for path in files(second)] == before
    assert presented(second).pem.split() == before[0].split()


def test_a_pair_of_the_operators_own_is_served_and_kept(serve, capsule, tmp_path):
    certs = own_pair(tmp_path / "own")
    before = {path: path.read_bytes() for path in certs.iterdir()}
    server = serve(capsule, certs=certs)
    assert presented(server).der == Certificate(before[certs / "localhost.crt"]).der
    assert {path: path.read_bytes() for path in certs.iterdir()} == before


def test_53_a_lost_certificate_is_made_anew_for_the_same_key(serve, capsule):
    """Browsers pin the key, so nobody notices."""
    first = serve(capsule)
    crt, key = files(first)
    before = key.read_bytes(), crt.read_bytes()
    first.stop()
    crt.unlink()
    second = serve(capsule, certs=first.certs, state=first.state)
    assert key.read_bytes() == before[0]
    old, new = Certificate(before[1]), presented(second)
    assert old.der != new.der and len(old.fingerprints & new.fingerprints) == 1


# Refused


def test_a_key_that_is_garbage_is_named(serve, capsule, tmp_path):
    certs = own_pair(tmp_path / "own")
    (certs / "localhost.key").write_text("this is no key\n")
    serve.refused(capsule, certs / "localhost.key", certs=certs)
    assert (certs / "localhost.key").read_text() == "this is no key\n"


def test_a_certificate_that_is_garbage_is_named(serve, capsule, tmp_path):
    certs = own_pair(tmp_path / "own")
    (certs / "localhost.crt").write_text("this is no certificate\n")
    serve.refused(capsule, certs / "localhost.crt", certs=certs)


def test_a_key_that_cannot_be_read_is_named(serve, capsule, tmp_path):
    certs = own_pair(tmp_path / "own")
    (certs / "localhost.key").unlink()
    (certs / "localhost.key").mkdir()
    serve.refused(capsule, certs / "localhost.key", certs=certs)


def test_a_key_that_does_not_fit_its_certificate_is_named_with_it(serve, capsule, tmp_path):
    certs, other = own_pair(tmp_path / "own"), own_pair(tmp_path / "other")
    (certs / "localhost.key").write_bytes((other / "localhost.key").read_bytes())
    before = {path: path.read_bytes() for path in certs.iterdir()}
    serve.refused(capsule, certs / "localhost.key", certs / "localhost.crt", certs=certs)
    assert {path: path.read_bytes() for path in certs.iterdir()} == before


def test_a_key_that_others_can_read_is_named(serve, capsule, tmp_path):
    certs = own_pair(tmp_path / "own")
    (certs / "localhost.key").chmod(0o644)
    serve.refused(capsule, certs / "localhost.key", certs=certs)
