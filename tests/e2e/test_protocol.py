"""What the server answers to a request line: statuses, addresses, the form of the line.

The numbers in brackets are the items of the conformance list that a test covers.
"""

import pytest

from samples import LARGE, SEED_SLUG, SEED_TITLE, full_capsule
from wire import TLS_VERSIONS, both_versions, openssl_client, plain

ARTICLE = f"/{SEED_SLUG}.gmi"
CRLF = b"\r\n"


def line(site, template):
    """A request line's bytes; PORT stands for the server's port, FAR for one it cannot be."""
    port = str(site.port).encode()
    far = str(site.port + 65536).encode()
    return template.replace(b"PORT", port).replace(b"FAR", far)


# [14-22, 28-30] Lines that cannot be parsed or break a rule of requests.
BAD_LINES = {
    "an empty line": b"",
    "words": b"hello there",
    "a path": b"/" + SEED_SLUG.encode() + b".gmi",
    "a reference without scheme": b"//localhost:PORT/",
    "a host without scheme": b"localhost/",
    "no authority": b"gemini:/",
    "an empty host": b"gemini:///",
    "an empty host with a port": b"gemini://:PORT/",
    "HTTP": b"GET / HTTP/1.1",
    "a leading space": b" gemini://localhost:PORT/",
    "a trailing space": b"gemini://localhost:PORT/ ",
    "a user": b"gemini://user@localhost:PORT/",
    "a user and password": b"gemini://user:word@localhost:PORT/",
    "an empty user": b"gemini://@localhost:PORT/",
    "a fragment": b"gemini://localhost:PORT/#top",
    "an empty fragment": b"gemini://localhost:PORT/#",
    "a fragment behind a query": b"gemini://localhost:PORT/?q#top",
    "a space in the path": b"gemini://localhost:PORT/a b",
    "a space in the query": b"gemini://localhost:PORT/?a b",
    "a tab": b"gemini://localhost:PORT/a\tb",
    "a control character": b"gemini://localhost:PORT/a\x01b",
    "a NUL": b"gemini://localhost:PORT/index.gmi\0.txt",
    "a NUL at the end": b"gemini://localhost:PORT/\0",
    "DEL": b"gemini://localhost:PORT/a\x7fb",
    "UTF-8": "gemini://localhost:PORT/naïve".encode(),
    "bytes over 0x7F": b"gemini://localhost:PORT/\xff\xfe",
    "a U-label": "gemini://bücher.example/".encode(),
    "a byte order mark": b"\xef\xbb\xbfgemini://localhost:PORT/",
    "a cut escape": b"gemini://localhost:PORT/%4",
    "a lone percent": b"gemini://localhost:PORT/%",
    "an escape that is no number": b"gemini://localhost:PORT/%zz",
    "a bad escape in the query": b"gemini://localhost:PORT/?%g0",
    "a port over 65535": b"gemini://localhost:99999/",
    "the port and 65536": b"gemini://localhost:FAR/",
    "letters for a port": b"gemini://localhost:port/",
    "a negative port": b"gemini://localhost:-PORT/",
    "an open bracket": b"gemini://[::1/",
    "a closed bracket": b"gemini://::1]/",
    "brackets around a name": b"gemini://[localhost]/",
    "a LF inside": b"gemini://localhost:PORT/\nx",
    "a CR inside": b"gemini://localhost:PORT/\rx",
    "a LF before the CRLF": b"gemini://localhost:PORT/\n",
    "CR CR LF": b"gemini://localhost:PORT/\r",
    **{f"the character {c}": b"gemini://localhost:PORT/a" + c.encode() + b"b"
       for c in '"<>\\^`{|}'},
}


@pytest.mark.parametrize("template", BAD_LINES.values(), ids=BAD_LINES)
def test_a_line_that_breaks_the_rules_is_59(site, template):
    site.ask(line(site, template) + CRLF).check(59)


# [28, 29, 35, 36, 59] Well-formed addresses of somebody else.
FOREIGN = {
    "another host": b"gemini://example.org/",
    "a longer host": b"gemini://localhost.example.org:PORT/",
    "a host below ours": b"gemini://www.localhost:PORT/",
    "an address that is no host here": b"gemini://127.0.0.1:PORT/",
    "an IPv6 address": b"gemini://[::1]:PORT/",
    "https": b"https://localhost:PORT/",
    "http": b"http://localhost/",
    "gopher": b"gopher://localhost/",
    "another port": b"gemini://localhost:1/",
    "the highest port": b"gemini://localhost:65535/",
}


@pytest.mark.parametrize("template", FOREIGN.values(), ids=FOREIGN)
def test_an_address_that_is_not_served_here_is_53(site, template):
    assert site.port != 65535
    site.ask(line(site, template) + CRLF).check(53)


def test_an_upload_over_titan_is_53_even_when_its_body_follows(site):
    head = line(site, b"titan://localhost:PORT/new.gmi;size=10240;mime=text/gemini") + CRLF
    assert site.ask([head, bytes(10240)]).check(53).meta


def test_syntax_is_judged_before_host_and_scheme(site):
    for bad in (b"gemini://example.org/#x", b"gemini://u@example.org/", b"https://localhost/a b"):
        site.ask(bad + CRLF).check(59)


# [25-27, 31] Spellings of the front page.
FRONT_PAGE = {
    "as it is": b"gemini://localhost:PORT/",
    "an empty path": b"gemini://localhost:PORT",
    "no port": b"gemini://localhost/",
    "no port and no path": b"gemini://localhost",
    "the default port": b"gemini://localhost:1965/",
    "an empty port": b"gemini://localhost:/",
    "a scheme in capitals": b"GEMINI://localhost:PORT/",
    "a host in capitals": b"gemini://LocalHost:PORT/",
    "a dot behind the host": b"gemini://localhost.:PORT/",
    "a query": b"gemini://localhost:PORT/?name",
    "a query behind an empty path": b"gemini://localhost:PORT?name",
    "an empty query": b"gemini://localhost:PORT/?",
    "index.gmi": b"gemini://localhost:PORT/index.gmi",
    "an escaped letter": b"gemini://localhost:PORT/%69ndex.gmi",
    "a dot segment": b"gemini://localhost:PORT/./index.gmi",
    "up and down": b"gemini://localhost:PORT/docs/../index.gmi",
    "above the root": b"gemini://localhost:PORT/../../index.gmi",
    "escaped dots": b"gemini://localhost:PORT/%2e%2E/index.gmi",
    "dots that end the path": b"gemini://localhost:PORT/docs/..",
}


@pytest.mark.parametrize("template", FRONT_PAGE.values(), ids=FRONT_PAGE)
def test_every_spelling_of_the_front_page_is_served(site, template):
    answer = site.ask(line(site, template) + CRLF).check(20)
    assert answer.meta == "text/gemini; lang=en"
    assert answer.body == site.fetch("/").body


# [15, 22, 30-33] Addresses at which there is nothing.
MISSING = ("/nothing.gmi", ARTICLE + "/", ARTICLE + "/x", ARTICLE.upper(), "/" + "x" * 990,
           "/a" * 450, "/docs/..%2findex.gmi", "/docs%2fmanual.gemini", "/index.gmi%00",
           "/index.gmi%00.txt", "/%2569ndex.gmi", "/index.gmi%20", "/two+words/inside.txt",
           "/%2e%2e/capsule.conf", "/..%2f..%2fetc/passwd", "/../../../../etc/passwd",
           "/large.bin/", "/%25s%25n%25p", "/~user", "/docs/manual", "/index.gmi.")


@pytest.mark.parametrize("path", MISSING, ids=[path[:40] for path in MISSING])
def test_an_address_without_a_page_is_51(site, path):
    assert site.fetch(path).check(51).meta == "This page was not found"


def test_bytes_that_are_no_utf8_are_51_or_59(site):
    for path in ("/%ff", "/%c3", "/%ff%fe.gmi", "/files/na%efve.txt"):
        assert site.fetch(path).status in (51, 59)


def test_errors_say_why_in_a_short_plain_sentence(site):
    for request in (b"gemini://localhost/#x", b"gemini://example.org/", b"gemini://localhost/no"):
        meta = site.ask(request + CRLF).check().meta
        assert 10 <= len(meta) <= 100 and meta[0].isupper() and " " in meta, meta


def test_a_query_on_a_page_is_ignored(site):
    assert site.fetch("/robots.txt?indexer").body == site.fetch("/robots.txt").body
    assert site.fetch(f"{ARTICLE}?a=b&c/../d?e").title == SEED_TITLE


def test_escapes_are_decoded_once_after_splitting(site):
    assert site.get("/files/two%20%20words.txt") == "This is 'two  words.txt'.\n"
    assert site.get("/files/na%C3%AFve.txt") == "This is 'naïve.txt'.\n"
    assert site.get("/files/100%25.txt") == "This is '100%.txt'.\n"
    assert site.get("/files/100%2525.txt") == "This is '100%25.txt'.\n"
    assert site.get("/files/question%3F.txt") == "This is 'question?.txt'.\n"
    assert site.get("/files/a&b+c.txt") == site.get("/files/%61%26b%2Bc.txt")


# [48, 49] Redirects


@pytest.mark.parametrize("path, target", [
    ("/docs", "/docs/"), ("/docs/deeper", "/docs/deeper/"), ("/docs?a=b%20c", "/docs/?a=b%20c"),
    ("/two%20words", "/two%20words/"), ("/x/../docs", "/docs/"), ("/%64ocs", "/docs/")])
def test_a_folder_without_its_slash_redirects_to_it(site, path, target):
    assert site.fetch(path).check(31).meta == target
    site.fetch(target).check(20)


@pytest.mark.parametrize("path", ["//", "//docs", "//example.org", "//example.org/", "/docs//",
                                  "/docs//manual.gemini", "/.//docs", "/x/..//example.org",
                                  "/docs%0d%0a20", "/%2fexample.org", "/%5cexample.org"])
def test_slashes_and_line_ends_cannot_turn_a_redirect_away(site, path):
    answer = site.fetch(path)
    assert answer.status in (20, 31, 51, 59)
    if answer.status == 31:
        assert answer.meta.startswith("/docs/")


# [14-16] Length and pieces of the request line


def padded(site, length, path="/"):
    """A URL of exactly `length` bytes, filled with a query."""
    url = site.url(f"{path}?").encode()
    return url + b"q" * (length - len(url))


def test_a_url_of_1024_bytes_is_taken(site):
    assert len(padded(site, 1024)) == 1024
    site.ask(padded(site, 1024) + CRLF).check(20)
    site.ask([padded(site, 1024), b"\r", b"\n"]).check(20)
    site.fetch("/" + "d/" * 495 + "x").check(51)


def test_a_url_of_1025_bytes_is_59(site):
    site.ask(padded(site, 1025) + CRLF).check(59)
    site.ask(padded(site, 5000) + CRLF).check(59)


def test_1025_bytes_without_a_line_end_are_59_at_once(site):
    answer = site.ask(padded(site, 1025)).check(59)
    assert answer.seconds < 3


@both_versions
def test_records_and_segments_mean_nothing(site, version):
    request = site.url(ARTICLE).encode() + CRLF
    whole = site.ask(request, version=version).check(20).data
    pieces = [request[i : i + 1] for i in range(len(request))]
    cut = [request[:-1], request[-1:]]
    assert site.ask(pieces, version=version).check().data == whole, "byte by byte"
    assert site.ask(cut, version=version).check().data == whole, "CR and LF apart"
    connection = site.connect(version=version).handshake()
    connection.send_together(*pieces)
    assert connection.finish().check().data == whole, "many records in one segment"
    connection.close()


# [9, 13, 23] What follows the line


@pytest.mark.parametrize("rest", [b"x", CRLF, b"gemini://localhost/nothing" + CRLF, bytes(10240)],
                         ids=["a byte", "an empty line", "a second request", "10 KiB"])
@both_versions
def test_bytes_behind_the_line_are_nobodys(site, version, rest):
    request = site.url("/robots.txt").encode() + CRLF
    alone = site.ask(request).check(20).data
    assert site.ask([request + rest], version=version).check().data == alone
    assert site.ask([request, rest], version=version).check().data == alone


def test_64_kib_behind_the_line_do_not_cost_the_client_its_file(site):
    for version in TLS_VERSIONS * 5:
        request = site.url("/large.bin").encode() + CRLF
        answer = site.ask([request] + [bytes(4096)] * 16, version=version).check(20)
        assert answer.body == LARGE


def test_a_line_of_64_kib_is_answered_in_full(site):
    for version in TLS_VERSIONS * 5:
        site.ask([b"x" * 4096] * 16, version=version).check(59)


# [4, 5] The name in the handshake


@pytest.mark.parametrize("sni", [None, "LOCALHOST", "unknown.example", "localhost.", "a" * 60])
@both_versions
def test_the_name_in_the_handshake_does_not_matter(site, version, sni):
    answer = site.ask(site.url(ARTICLE).encode() + CRLF, sni=sni, version=version)
    assert answer.check(20).title == SEED_TITLE


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_an_address_as_name_in_the_handshake_is_fine(site, option, address):
    request = site.url("/robots.txt").encode() + CRLF
    seen = openssl_client(site.port, request, option, "-servername", address)
    assert seen == site.fetch("/robots.txt").data


def test_an_address_that_is_configured_is_a_host(serve, tmp_path):
    server = serve(full_capsule(tmp_path / "capsule"), hosts=("localhost", "127.0.0.1"))
    for host in ("localhost", "127.0.0.1"):
        server.ask(f"gemini://{host}:{server.port}/".encode() + CRLF, sni=None).check(20)
    server.ask(f"gemini://127.0.0.2:{server.port}/".encode() + CRLF, sni=None).check(53)


def test_every_host_is_served_whatever_the_name_in_the_handshake(serve, tmp_path):
    hosts = ("localhost", "second.example")
    server = serve(full_capsule(tmp_path / "capsule"), hosts=hosts)
    for host in hosts:
        for sni in hosts:
            server.ask(f"gemini://{host}:{server.port}/".encode() + CRLF, sni=sni).check(20)


# [1] What is no TLS


@pytest.mark.parametrize("data", [b"gemini://localhost/\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64,
                                  b"\x80\x2e\x01\x03\x01" + bytes(43)],
                         ids=["gemini", "http", "zeros", "an SSL 2 hello"])
def test_bytes_that_are_no_tls_get_no_readable_answer(site, data):
    answer = plain(site.port, data)
    assert len(answer) < 64
    for word in (b"20 ", b"59 ", b"gemini", b"HTTP", b"text", SEED_TITLE.encode()):
        assert word not in answer
