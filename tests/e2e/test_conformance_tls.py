"""What a Gemini server owes its clients in TLS, items 1 to 13 of the checklist in
test_conformance.py: versions, names, suites, resumption, the end of every answer.
"""

import os
import re
import ssl
import subprocess
from contextlib import closing

import pytest

from clients import openssl
from program import run, wait_until
from samples import LARGE, SEED_SLUG, SEED_TITLE, full_capsule
from wire import (TIMEOUT, TLS12, TLS13, TLS_VERSIONS, both_versions, client_context, client_hello,
                  openssl_client, plain)

ARTICLE = f"/{SEED_SLUG}.gmi"
CRLF = b"\r\n"

# One request for each way in which an answer can come about.
ANSWERS = {
    "a page": ("gemini://localhost{}", 20),
    "a small file": ("gemini://localhost/robots.txt{}", 20),
    "an empty file": ("gemini://localhost/empty.txt{}", 20),
    "a large file": ("gemini://localhost/large.bin{}", 20),
    "a listing": ("gemini://localhost/files/{}", 20),
    "a redirect": ("gemini://localhost/docs{}", 31),
    "a missing page": ("gemini://localhost/nothing{}", 51),
    "another host": ("gemini://example.org/{}", 53),
    "a fragment": ("gemini://localhost/#x{}", 59),
    "an empty line": ("{}", 59),
    "a line without an end": ("x" * 1025, 59),
    "a line that is far too long": ("x" * 9000 + "{}", 59),
}


# What is no TLS

STRANGERS = {
    "01 Gemini": b"gemini://localhost/\r\n", "01 HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "01 zeros": bytes(64), "01 SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "02 a hello of SSL 2": b"\x80\x2e\x01\x03\x01" + bytes(43),
}


@pytest.mark.parametrize("data", STRANGERS.values(), ids=STRANGERS)
def test_bytes_that_are_no_tls_get_no_readable_answer(site, data):
    answer = plain(site.port, data)
    assert len(answer) < 64
    for word in (b"20 ", b"59 ", b"gemini", b"HTTP", b"text", SEED_TITLE.encode()):
        assert word not in answer


def test_01_the_port_is_1965_unless_told_otherwise():
    help_text = run("serve", "--help").check().text
    assert re.search(r"--listen .*default \[::\]:1965,0\.0\.0\.0:1965", help_text)


@both_versions
def test_03_both_versions_are_served(site, version):
    answer = site.fetch(ARTICLE, version=version).check(20)
    assert answer.version == version.name.replace("_", ".")
    assert answer.title == SEED_TITLE


@both_versions
@pytest.mark.parametrize("request_line, status", ANSWERS.values(), ids=ANSWERS)
def test_10_every_answer_ends_with_close_notify_and_a_close(site, version, request_line, status):
    answer = site.ask(request_line.format("\r\n").encode(), version=version).check(status)
    assert answer.seconds < 5, "the end waits for the client's"


# Old versions

VERSIONS = {"SSL 3.0": 0x0300, "TLS 1.0": 0x0301, "TLS 1.1": 0x0302}


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
def test_02_an_old_version_gets_an_alert_or_a_close(site, version):
    for record_version in (0x0301, version):
        answer = plain(site.port, client_hello(version, record_version))
        assert answer == b"" or answer[0] == 0x15, f"no alert: {answer[:20]!r}"


def test_02_the_hello_of_the_tests_for_old_versions_is_good_for_tls_1_2(site):
    answer = plain(site.port, client_hello(0x0303), enough=6)
    assert answer[0] == 0x16 and answer[5] == 2, "a ServerHello"


@pytest.mark.parametrize("option", ["-tls1", "-tls1_1"])
def test_02_openssl_cannot_talk_to_it_with_an_old_version(site, option):
    request = site.url("/robots.txt").encode() + CRLF
    assert openssl_client(site.port, request, option, "-cipher", "ALL:@SECLEVEL=0") == b""
    assert openssl_client(site.port, request, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0") != b""


# The name in the handshake


@pytest.mark.parametrize("sni", [None, "LOCALHOST", "LocalHost", "localhost."])
@both_versions
def test_04_a_name_in_the_handshake_may_be_written_in_any_way_or_be_missing(site, version, sni):
    answer = site.ask(site.url(ARTICLE).encode() + CRLF, sni=sni, version=version)
    assert answer.check(20).title == SEED_TITLE


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_04_an_address_as_name_in_the_handshake_is_fine(site, option, address):
    request = site.url("/robots.txt").encode() + CRLF
    seen = openssl_client(site.port, request, option, "-servername", address)
    assert seen == site.fetch("/robots.txt").data


@pytest.mark.parametrize("sni", [None, "unknown.example", "www.localhost", "xn--bcher-kva.example",
                                 "a" * 60, ".".join(["a" * 60] * 4)], ids=lambda sni: str(sni)[:24])
@both_versions
def test_05_the_host_of_the_url_counts_and_not_the_name_in_the_handshake(site, version, sni):
    for host, status in (("localhost", 20), ("unknown.example", 53), ("www.localhost", 53)):
        request = f"gemini://{host}/robots.txt".encode() + CRLF
        site.ask(request, sni=sni, version=version).check(status)


@both_versions
def test_05_every_host_is_served_whatever_the_name_in_the_handshake(serve, tmp_path, version):
    hosts = ("localhost", "second.example")
    server = serve(full_capsule(tmp_path / "capsule"), hosts=hosts)
    for host in hosts:
        for sni in hosts:
            request = f"gemini://{host}:{server.port}/".encode() + CRLF
            server.ask(request, sni=sni, version=version).check(20)


# Suites


@both_versions
def test_06_the_suite_is_forward_secret_and_authenticates_data(site, version):
    name, protocol, _ = site.fetch("/", version=version).cipher
    assert re.search("GCM|CHACHA20|CCM", name), name
    assert protocol == "TLSv1.3" or name.startswith("ECDHE-")


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA"])
def test_06_suites_that_do_not_authenticate_data_as_they_encrypt_it_are_refused(site, suite):
    context = client_context(TLS12, f"{suite}:@SECLEVEL=0")
    with closing(site.connect(context=context)) as connection, pytest.raises(ssl.SSLError):
        connection.handshake()


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                   "ECDHE-ECDSA-CHACHA20-POLY1305"])
def test_06_the_good_suites_of_tls_1_2_are_taken(site, suite):
    assert site.fetch("/", context=client_context(TLS12, suite)).cipher[0] == suite


def test_06_suites_that_are_not_forward_secret_are_refused_with_an_rsa_key_too(serve, capsule,
                                                                           tmp_path):
    certs = tmp_path / "rsa"
    certs.mkdir()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "100",
                    "-keyout", certs / "localhost.key", "-out", certs / "localhost.crt"],
                   capture_output=True, timeout=60, check=True)
    (certs / "localhost.key").chmod(0o600)
    server = serve(capsule, certs=certs)
    request = server.url("/").encode() + CRLF
    for suite in ("AES128-GCM-SHA256", "AES256-SHA256", "DHE-RSA-AES128-GCM-SHA256",
                  "ECDHE-RSA-AES128-SHA256"):
        options = ("-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
        assert openssl_client(server.port, request, *options) == b"", suite
    for suite in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"):
        assert server.fetch("/", context=client_context(TLS12, suite)).cipher[0] == suite


# The least version


def test_02_tls_1_2_can_be_switched_off(serve, capsule):
    server = serve(capsule, extra=("--tls-min", "1.3"))
    assert server.fetch(ARTICLE, version=TLS13).check(20).version == "TLSv1.3"
    answer = plain(server.port, client_hello(0x0303))
    assert answer[:1] == b"\x15" and answer[-2:] == b"\x02\x46", "a fatal protocol_version alert"


def test_03_tls_1_2_is_served_unless_it_is_switched_off(serve, capsule):
    server = serve(capsule, extra=("--tls-min", "1.2"))
    for version in TLS_VERSIONS:
        server.fetch(ARTICLE, version=version).check(20)


# Extras of the handshake


@both_versions
def test_08_unknown_application_protocols_are_ignored(site, version):
    context = client_context(version, alpn=["h2", "http/1.1"])
    site.fetch(ARTICLE, context=context).check(20)


def test_08_a_client_cannot_renegotiate(site):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{site.port}", "-tls1_2"],
                          input=b"R\n", capture_output=True, timeout=TIMEOUT, check=False)
    assert b"RENEGOTIATING" in done.stderr, "the client did not try"
    assert b"no renegotiation" in done.stderr, done.stderr
    site.fetch("/").check(20)


def test_08_no_early_data_is_taken(site, tmp_path):
    session, early = tmp_path / "session", tmp_path / "early"
    request = site.url(ARTICLE).encode() + CRLF
    early.write_bytes(request)
    address = ["-connect", f"127.0.0.1:{site.port}", "-tls1_3", "-ign_eof"]
    said = openssl("s_client", *address, "-sess_out", session, data=request).decode()
    assert "Max Early Data: 0" in said and SEED_TITLE in said
    said = openssl("s_client", *address, "-sess_in", session, "-early_data", early,
                   data=request).decode()
    assert "Reused" in said and "Early data was not sent" in said


@both_versions
@pytest.mark.parametrize("segment", [1, 7, 100])
def test_16_a_handshake_may_come_in_any_number_of_pieces(site, version, segment):
    answer = site.fetch(ARTICLE, version=version, segment=segment).check(20)
    assert answer.title == SEED_TITLE


# What follows the line

BEHIND = {
    "09 a second request": b"gemini://localhost/nothing" + CRLF,
    "09 the same request": b"gemini://localhost/robots.txt" + CRLF,
    "13 10 KiB": bytes(10240), "23 a byte": b"x", "23 an empty line": CRLF,
}


@pytest.mark.parametrize("rest", BEHIND.values(), ids=BEHIND)
@both_versions
def test_bytes_behind_the_line_are_nobodys(site, version, rest):
    request = site.url("/robots.txt").encode() + CRLF
    alone = site.ask(request).check(20).data
    assert site.ask([request + rest], version=version).check().data == alone
    assert site.ask([request, rest], version=version).check().data == alone


def test_13_64_kib_behind_the_line_do_not_cost_the_client_its_file(site):
    for version in TLS_VERSIONS * 5:
        request = site.url("/large.bin").encode() + CRLF
        answer = site.ask([request] + [bytes(4096)] * 16, version=version).check(20)
        assert answer.body == LARGE


def test_13_a_line_of_64_kib_is_answered_in_full(site):
    for version in TLS_VERSIONS * 5:
        site.ask([b"x" * 4096] * 16, version=version).check(59)


# Clients that close early, or never


@pytest.mark.parametrize("version, how", [(TLS12, "fin"), (TLS13, "fin"), (TLS13, "close_notify")],
                         ids=["TLS 1.2, FIN", "TLS 1.3, FIN", "TLS 1.3, close_notify"])
@pytest.mark.parametrize("path", [ARTICLE, "/large.bin", "/nothing"])
def test_12_a_client_that_half_closes_still_gets_its_answer(site, version, how, path):
    whole = site.fetch(path).data
    assert site.fetch(path, version=version, half_close=how).data == whole


def test_11_a_client_that_never_closes_is_not_waited_for(serve, capsule):
    server = serve(capsule)
    server.workers(2)
    before = server.descriptors()
    kept = []
    for version in TLS_VERSIONS * 8:
        connection = server.connect(version=version).handshake()
        connection.send(server.url(ARTICLE).encode() + CRLF)
        assert connection.finish().check(20).seconds < 5
        kept.append(connection)
    server.wait_let_go(before, 5)
    for connection in kept:
        connection.close()


@both_versions
def test_46_a_slow_reader_gets_the_whole_file(site, version):
    with closing(site.connect(version=version, receive_buffer=4096)) as connection:
        connection.handshake()
        connection.send(site.url("/large.bin").encode() + CRLF)
        first = connection.read_some()
        for _ in range(3):
            site.fetch(ARTICLE).check(20)
        assert connection.finish(first).check(20).body == LARGE


# Resumption


@both_versions
def test_07_a_resumed_session_behaves_like_a_new_one(site, version):
    context = client_context(version)
    first = site.fetch(ARTICLE, context=context).check(20)
    assert not first.resumed and first.session is not None
    second = site.fetch(ARTICLE, context=context, session=first.session).check(20)
    assert second.resumed and second.data == first.data
    third = site.fetch("/nothing", context=context, session=second.session or first.session)
    assert third.check(51).resumed


@both_versions
def test_07_a_client_with_a_certificate_resumes_as_others_do(site, version, tmp_path):
    key, crt = tmp_path / "me.key", tmp_path / "me.crt"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=me", "-keyout", key, "-out", crt)
    context = client_context(version)
    context.load_cert_chain(crt, key)
    first = site.fetch(ARTICLE, context=context).check(20)
    again = site.fetch(ARTICLE, context=context, session=first.session).check(20)
    assert again.resumed and again.data == first.data == site.fetch(ARTICLE).data


@both_versions
def test_07_a_session_of_one_worker_resumes_at_the_other(serve, capsule, version):
    server = serve(capsule, workers=2)
    server.workers(2)
    context = client_context(version)
    request = server.url(ARTICLE).encode() + CRLF

    def talk(session):
        with closing(server.connect(context=context, session=session)) as connection:
            connection.handshake()
            worker = server.worker_of(connection)
            connection.send(request)
            return worker, connection.finish().check(20)

    issuer, first = talk(None)
    if issuer is None and os.geteuid() != 0:
        pytest.skip("this user may not look into the workers")
    assert issuer is not None, "the worker of a connection could not be found"
    for _ in range(300):
        worker, answer = talk(first.session)
        assert answer.resumed, f"worker {worker} did not resume a session of worker {issuer}"
        if worker not in (None, issuer):
            return
    pytest.fail("the other worker never took a connection")


@both_versions
def test_07_a_session_outlives_the_worker_that_made_it(serve, capsule, version):
    server = serve(capsule, workers=1)
    context = client_context(version)
    first = server.fetch(ARTICLE, context=context)
    old = server.workers(1)[0]
    old.kill()
    wait_until(lambda: server.children() and not old.alive(), 10, "a new worker")
    again = server.fetch(ARTICLE, context=context, session=first.session).check(20)
    assert again.resumed, "the new worker has other ticket keys"


def test_07_a_session_of_another_server_is_just_a_new_handshake(serve, capsule):
    one, other = serve(capsule), serve(capsule)
    context = client_context(TLS13)
    session = one.fetch(ARTICLE, context=context).session
    answer = other.fetch(ARTICLE, context=context, session=session).check(20)
    assert not answer.resumed
