"""The server's key and certificate: made once, kept, and refused when they do not fit.

The numbers are those of the checklist in test_conformance.py.
"""

import os
import re
import signal
import stat
import subprocess
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

import samples
from certificates import CHAIN, KINDS, Certificate, ca_pair, make_key, own_pair, presented, shows
from clients import fetch, openssl
from program import run, wait_until
from wire import TIMEOUT, TLS_VERSIONS


def files(server):
    return server.certs / "localhost.crt", server.certs / "localhost.key"


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


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_is_named(serve, capsule, tmp_path, mode):
    certs = own_pair(tmp_path / "own")
    (certs / "localhost.key").chmod(mode)
    serve.refused(capsule, certs / "localhost.key", "chmod 600", certs=certs)


def test_a_key_that_clients_refuse_is_named(serve, capsule, tmp_path):
    certs = own_pair(tmp_path / "own")
    openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=localhost", "-keyout",
            certs / "localhost.key", "-out", certs / "localhost.crt")
    serve.refused(capsule, certs / "localhost.key", "1024 bits", certs=certs)


def test_a_chain_in_the_wrong_order_is_named(serve, capsule, tmp_path):
    certs = tmp_path / "own"
    ca_pair(certs)
    chain = (certs / "localhost.crt").read_text()
    leaf, middle = chain.split("-----END CERTIFICATE-----\n")[:2]
    end = "-----END CERTIFICATE-----\n"
    (certs / "localhost.crt").write_text(middle + end + leaf + end)
    serve.refused(capsule, certs / "localhost.crt", "must be the first", certs=certs)


# Every kind, for every client


@pytest.fixture(scope="module", params=[*KINDS, CHAIN])
def brought(request, serve_module, tmp_path_factory):
    """A server with a certificate of such a kind, and what a client that checks it trusts."""
    folder = tmp_path_factory.mktemp("brought")
    certs = folder / "certs"
    trusted = certs / "localhost.crt"
    if request.param == CHAIN:
        trusted = ca_pair(certs)
    else:
        own_pair(certs, kind=request.param)
    capsule = samples.Capsule(folder / "capsule", seed=True)
    return serve_module(capsule, certs=certs), trusted


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_54_openssl_verifies_every_kind(brought, version):
    server, trusted = brought
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-servername", "localhost",
         version, "-CAfile", trusted, "-verify_hostname", "localhost", "-verify_return_error",
         "-ign_eof"], input=server.url().encode() + b"\r\n", capture_output=True, timeout=TIMEOUT,
        check=False)
    assert b"Verify return code: 0 (ok)" in done.stdout, done.stderr.decode()
    assert b"\n20 text/gemini" in done.stdout


def test_54_amfora_draws_the_page_with_every_kind(browse, brought):
    server, _ = brought
    browse(server.url(f"/{samples.SEED_SLUG}.gmi")).wait_for_page(f"{samples.SEED_SLUG}.gmi",
                                                               samples.SEED_TITLE)


def test_54_gemget_fetches_with_every_kind(brought, fetcher):
    server, _ = brought
    assert fetch(fetcher, server.url()) == server.fetch().body


def test_a_key_behind_its_parameters_is_read(serve, capsule, tmp_path):
    """As `openssl ecparam -genkey` writes it."""
    certs = tmp_path / "own"
    certs.mkdir()
    key = certs / "localhost.key"
    key.write_bytes(openssl("ecparam", "-name", "prime256v1", "-genkey"))
    key.chmod(0o600)
    assert b"EC PARAMETERS" in key.read_bytes()
    serve(capsule, certs=certs).get()


# Taken while the server runs


def renewed(server, *options):
    """Renew its certificate; the new one's fingerprint."""
    run("cert", "renew", "localhost", "--certs", server.certs, *options).check()
    return Certificate((server.certs / "localhost.crt").read_bytes()).fingerprint


def wait_shown(server, fingerprint):
    wait_until(lambda: shows(server, fingerprint), what="the new certificate")


def test_53_a_renewed_certificate_is_shown_without_a_restart(serve, capsule):
    server = serve(capsule)
    before = presented(server)
    workers = {process.pid for process in server.workers(2)}
    new = renewed(server)
    wait_shown(server, new)
    assert presented(server).key_fingerprint == before.key_fingerprint
    assert {process.pid for process in server.workers(2)} == workers
    assert "another key" not in server.log()
    assert new in server.log().replace(":", "").lower()


def test_a_renewed_certificate_is_shown_at_sighup(serve, capsule):
    server = serve(capsule)
    new = renewed(server)
    server.process.send_signal(signal.SIGHUP)
    wait_shown(server, new)


def test_53_a_new_key_is_told_loudly(serve, capsule):
    server = serve(capsule)
    before = presented(server)
    wait_shown(server, renewed(server, "--new-key"))
    assert presented(server).key_fingerprint != before.key_fingerprint
    assert "warning" in server.log() and "has another key" in server.log()


def test_a_link_that_is_led_elsewhere_is_seen(serve, capsule, tmp_path):
    """As certbot does it: names stay, the links lead to the next files."""
    certs, archive = tmp_path / "certs", tmp_path / "archive"
    certs.mkdir()
    for number in "12":
        own_pair(tmp_path / number)
    archive.symlink_to(tmp_path / "1")
    for suffix in ("key", "crt"):
        (certs / f"localhost.{suffix}").symlink_to(archive / f"localhost.{suffix}")
    server = serve(capsule, certs=certs)
    (tmp_path / "next").symlink_to(tmp_path / "2")
    (tmp_path / "next").replace(archive)
    wait_shown(server, Certificate((tmp_path / "2" / "localhost.crt").read_bytes()).fingerprint)


def test_a_running_transfer_outlives_the_change(serve, capsule):
    size = 8 << 20
    capsule.static("large.bin", os.urandom(size))
    server = serve(capsule)
    with closing(server.connect(receive_buffer=4096)) as connection:
        connection.handshake().send(server.url("/large.bin").encode() + b"\r\n")
        first = connection.read_some()
        wait_shown(server, renewed(server, "--new-key"))
        answer = connection.finish(first).check(20)
    assert len(answer.body) == size


BAD = {
    "garbage for a certificate": lambda certs: (certs / "localhost.crt").write_text("garbage\n"),
    "garbage for a key": lambda certs: (certs / "localhost.key").write_text("garbage\n"),
    "no certificate": lambda certs: (certs / "localhost.crt").unlink(),
    "a key that others can read": lambda certs: (certs / "localhost.key").chmod(0o644),
    "a key of another certificate": lambda certs: make_key(certs / "localhost.key"),
}


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD)
def test_what_is_bad_keeps_the_certificate_before(serve, capsule, spoil):
    server = serve(capsule)
    before = presented(server).fingerprint
    pair = {path: path.read_bytes() for path in files(server)}
    spoil(server.certs)
    wait_until(lambda: "the certificate before stays in use" in server.log(), what="the complaint")
    assert shows(server, before)
    for process in server.workers(2):  # one that starts now shows what the others show
        process.kill()
    wait_until(lambda: server.log().count("another one takes its place") == 2, what="the ends")
    server.workers(2)
    assert shows(server, before)
    server.get()
    for path, data in pair.items():  # and what is good again is taken
        path.write_bytes(data)
        path.chmod(0o600)
    wait_shown(server, renewed(server))


def test_53_amfora_says_nothing_of_a_renewal_and_warns_of_a_new_key(browse, serve, capsule):
    """Trust on first use, seen from outside."""
    for name in ("One", "Two", "Three"):
        capsule.add(f"{name.lower()}.gmi", samples.article(name, body="Text."))
    server = serve(capsule)
    amfora = browse(server.url("/one.gmi"))
    amfora.wait_for_page("one.gmi", "One")
    wait_shown(server, renewed(server))
    amfora.open(server.url("/two.gmi"))
    amfora.wait_for_page("two.gmi", "Two")
    wait_shown(server, renewed(server, "--new-key"))
    amfora.open(server.url("/three.gmi"))
    amfora.wait_for("TOFU", "certificate has", "would have expired")


# Warned of


@pytest.mark.parametrize(("days", "warned"), [(20, True), (40, False)])
def test_an_end_that_is_near_is_told_at_the_start(serve, capsule, tmp_path, days, warned):
    certs = own_pair(tmp_path / "own", days=days)
    server = serve(capsule, certs=certs)
    assert any("warning" in line and "expires in" in line
               for line in server.log().splitlines()) == warned
