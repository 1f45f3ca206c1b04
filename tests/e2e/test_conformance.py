"""What a Gemini server owes its clients, item by item: requests, addresses, answers, companions.

The numbers are those of a checklist of what the specification (0.24.1), its companions, RFC 3986
and the habits of clients ask of a server; ITEMS below is its headings.  A test carries the number
of the item that it shows in its name or, where a table makes the tests, in its id:
`test_09_...`, `[18 words]`.  TLS has a file of its own, test_conformance_tls.py; some items are
shown in other files of this folder, by a number in the same place.
"""

import re
from pathlib import Path
from string import ascii_letters, digits

import pytest

from samples import (LARGE, SEED_SLUG, SEED_TITLE, Capsule, article, full_capsule, links,
                     text_lines)
from wire import TLS_VERSIONS, both_versions

ITEMS = {
    # Transport and TLS
    1: "TLS on every connection, port 1965", 2: "nothing older than TLS 1.2",
    3: "both TLS 1.2 and 1.3", 4: "a name in the handshake, or none, or an address",
    5: "that name and the URL's host disagree", 6: "suites with forward secrecy and AEAD only",
    7: "a resumed session is like a new one", 8: "no early data, no renegotiation, unknown ALPN",
    9: "one request, one answer, close", 10: "close_notify and a close after every answer",
    11: "nobody waits for the client's close_notify", 12: "a client that half-closes is answered",
    13: "bytes that nobody reads do not destroy the answer",
    # The request line
    14: "1024 bytes are taken", 15: "1025 are not, and at once",
    16: "borders of records and segments mean nothing", 17: "CRLF alone ends the line",
    18: "an absolute URL with a host", 19: "no user information", 20: "no fragment",
    21: "no bytes outside the URI alphabet", 22: "a NUL cuts no name",
    23: "bytes behind the line are nobody's", 24: "time limits that no drip renews",
    # The address
    25: "case of scheme and host, a dot behind the host", 26: "an empty path is /",
    27: "the port is 1965, or the own one", 28: "bad ports, and other ports",
    29: "addresses for a host", 30: "escapes are decoded once", 31: "dot segments lead nowhere",
    32: "empty segments", 33: "case, queries and slashes behind files", 34: "international names",
    # The answer
    35: "statuses of the specification only", 36: "syntax is judged first, then scheme and host",
    37: "two digits, one space, meta, CRLF", 38: "a header is UTF-8 without control characters",
    39: "meta of at most 1024 bytes", 40: "a body with success only", 41: "a true media type",
    42: "errors say why", 43: "the body is the file", 44: "text without BOM, one kind of line end",
    45: "suffixes of gemtext, index.gmi", 46: "large files, slow readers, clients that give up",
    47: "listings that no file name can break",
    48: "redirects: few, and to a URL of this place", 49: "a folder without its slash",
    # Certificates
    50: "asking for a client's certificate", 51: "where such a certificate is good",
    52: "whom it stands for", 53: "a self-signed certificate that lasts",
    54: "the certificate's names and key",
    # Standing up, and companions
    55: "many clients at once", 56: "garbage and resets", 57: "robots.txt", 58: "subscriptions",
    59: "Titan, which is not served",
}

NOT_YET = {}  # item: what of it is missing, and why

ARTICLE = f"/{SEED_SLUG}.gmi"
CRLF = b"\r\n"
STATUSES = {10, 11, 20, 30, 31, 40, 41, 42, 43, 44, 50, 51, 52, 53, 59, 60, 61, 62}


def test_every_item_has_a_test():
    sources = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    found = re.findall(r"^def test_(\d\d)_|[ ({\[]\"(\d\d) [A-Za-z]", sources, re.M)
    shown = {int(one or other) for one, other in found}
    later = {int(name) for name in NOT_YET if name.isdigit()}
    assert shown == set(ITEMS) - later, "items without a test, or tests without an item"


def line(site, template):
    """A request line's bytes; PORT stands for the server's port, FAR for one it cannot be."""
    port = str(site.port).encode()
    far = str(site.port + 65536).encode()
    return template.replace(b"PORT", port).replace(b"FAR", far)


BAD_LINES = {
    "17 a LF inside": b"gemini://localhost:PORT/\nx",
    "17 a CR inside": b"gemini://localhost:PORT/\rx",
    "17 a LF before the CRLF": b"gemini://localhost:PORT/\n",
    "17 CR CR LF": b"gemini://localhost:PORT/\r",
    "17 a LF before the line": b"\ngemini://localhost:PORT/",
    "18 an empty line": b"",
    "18 words": b"hello there",
    "18 a path": b"/" + SEED_SLUG.encode() + b".gmi",
    "18 a reference without scheme": b"//localhost:PORT/",
    "18 a host without scheme": b"localhost/",
    "18 no slashes": b"gemini:localhost/",
    "18 no authority": b"gemini:/",
    "18 an empty host": b"gemini:///",
    "18 an empty host with a port": b"gemini://:PORT/",
    "18 a scheme and no more": b"gemini:",
    "18 an empty scheme": b"://localhost/",
    "18 HTTP": b"GET / HTTP/1.1",
    "18 a leading space": b" gemini://localhost:PORT/",
    "18 a trailing space": b"gemini://localhost:PORT/ ",
    "19 a user": b"gemini://user@localhost:PORT/",
    "19 a user and password": b"gemini://user:word@localhost:PORT/",
    "19 an empty user": b"gemini://@localhost:PORT/",
    "19 a user with an escape": b"gemini://us%40er@localhost:PORT/",
    "20 a fragment": b"gemini://localhost:PORT/#top",
    "20 an empty fragment": b"gemini://localhost:PORT/#",
    "20 a fragment behind a query": b"gemini://localhost:PORT/?q#top",
    "20 a fragment behind the host": b"gemini://localhost#top",
    "21 a space in the path": b"gemini://localhost:PORT/a b",
    "21 a space in the query": b"gemini://localhost:PORT/?a b",
    "21 a space in the host": b"gemini://local host:PORT/",
    "21 a backslash in the host": b"gemini://localhost\\@example.org/",
    "21 UTF-8": "gemini://localhost:PORT/naïve".encode(),
    "21 UTF-8 in the query": "gemini://localhost:PORT/?naïve".encode(),
    "21 bytes over 0x7F": b"gemini://localhost:PORT/\xff\xfe",
    "21 a byte order mark": b"\xef\xbb\xbfgemini://localhost:PORT/",
    "21 brackets in the path": b"gemini://localhost:PORT/a[1]",
    "22 a NUL": b"gemini://localhost:PORT/index.gmi\0.txt",
    "22 a NUL at the end": b"gemini://localhost:PORT/\0",
    "22 a NUL behind the host": b"gemini://localhost\0.example.org/",
    "28 a port over 65535": b"gemini://localhost:99999/",
    "28 the port and 65536": b"gemini://localhost:FAR/",
    "28 a port over 32 bits": b"gemini://localhost:4294969261/",
    "28 letters for a port": b"gemini://localhost:port/",
    "28 hexadecimal": b"gemini://localhost:0x7ad/",
    "28 a negative port": b"gemini://localhost:-PORT/",
    "28 a port with a plus": b"gemini://localhost:+PORT/",
    "28 two ports": b"gemini://localhost:PORT:PORT/",
    "29 an open bracket": b"gemini://[::1/",
    "29 a closed bracket": b"gemini://::1]/",
    "29 an address without brackets": b"gemini://::1/",
    "29 empty brackets": b"gemini://[]/",
    "29 words behind the brackets": b"gemini://[::1]x/",
    "29 brackets around a name": b"gemini://[localhost]/",
    "29 brackets around IPv4": b"gemini://[127.0.0.1]/",
    "29 a zone": b"gemini://[fe80::1%25lo]/",
    "30 a cut escape": b"gemini://localhost:PORT/%4",
    "30 a lone percent": b"gemini://localhost:PORT/%",
    "30 an escape that is no number": b"gemini://localhost:PORT/%zz",
    "30 a bad escape in the query": b"gemini://localhost:PORT/?%g0",
    "30 a bad escape in the host": b"gemini://local%host/",
    "34 a U-label": "gemini://bücher.example/".encode(),
    "36 a fragment with another scheme": b"https://localhost/#x",
    "36 a fragment with another host": b"gemini://example.org/#x",
    "36 a user with another host": b"gemini://user@example.org/",
    "36 a bad port with another host": b"gemini://example.org:99999/",
    "36 a space with another scheme": b"https://localhost/a b",
    "36 an open bracket with another scheme": b"https://[::1/",
    "36 brackets in the path with another scheme": b"https://localhost/a[1]",
    "36 letters for a port with another scheme": b"https://localhost:port/",
}


@pytest.mark.parametrize("template", BAD_LINES.values(), ids=BAD_LINES)
def test_a_line_that_breaks_the_rules_is_59(site, template):
    site.ask(line(site, template) + CRLF).check(59)


FOREIGN = {
    "28 another port": b"gemini://localhost:1/",
    "28 port 0": b"gemini://localhost:0/",
    "28 the highest port": b"gemini://localhost:65535/",
    "29 an address that is no host here": b"gemini://127.0.0.1:PORT/",
    "29 an IPv6 address": b"gemini://[::1]:PORT/",
    "29 an address of the future": b"gemini://[v1.a:b]:PORT/",
    "34 an A-label": b"gemini://xn--bcher-kva.example/",
    "35 another host": b"gemini://example.org/",
    "35 a longer host": b"gemini://localhost.example.org:PORT/",
    "35 a host below ours": b"gemini://www.localhost:PORT/",
    "35 https": b"https://localhost:PORT/",
    "35 http": b"http://localhost/",
    "35 gopher": b"gopher://localhost/",
    "35 mailto": b"mailto:jo@localhost",
    "36 a missing page of another host": b"gemini://example.org/nothing",
    "36 a user with another scheme": b"ftp://user@localhost/",
    "22 an escaped NUL behind the host": b"gemini://localhost%00.example.org/",
    "25 two dots behind the host": b"gemini://localhost../",
}


@pytest.mark.parametrize("template", FOREIGN.values(), ids=FOREIGN)
def test_an_address_that_is_not_served_here_is_53(site, template):
    assert site.port != 65535
    site.ask(line(site, template) + CRLF).check(53)


FRONT_PAGE = {
    "25 a scheme in capitals": b"GEMINI://localhost:PORT/",
    "25 a host in capitals": b"gemini://LocalHost:PORT/",
    "25 a dot behind the host": b"gemini://localhost.:PORT/",
    "25 an escape in the host": b"gemini://%6cocalhost:PORT/",
    "26 as it is": b"gemini://localhost:PORT/",
    "26 an empty path": b"gemini://localhost:PORT",
    "26 no port and no path": b"gemini://localhost",
    "26 a query": b"gemini://localhost:PORT/?name",
    "26 a query behind an empty path": b"gemini://localhost:PORT?name",
    "26 an empty query": b"gemini://localhost:PORT/?",
    "26 an empty query behind an empty path": b"gemini://localhost?",
    "27 no port": b"gemini://localhost/",
    "27 the default port": b"gemini://localhost:1965/",
    "27 an empty port": b"gemini://localhost:/",
    "27 zeros before the port": b"gemini://localhost:000PORT/",
    "30 an escaped letter": b"gemini://localhost:PORT/%69ndex.gmi",
    "31 a dot segment": b"gemini://localhost:PORT/./index.gmi",
    "31 up and down": b"gemini://localhost:PORT/docs/../index.gmi",
    "31 above the root": b"gemini://localhost:PORT/../../index.gmi",
    "31 escaped dots": b"gemini://localhost:PORT/%2e%2E/index.gmi",
    "31 a dot and an escaped one": b"gemini://localhost:PORT/docs/.%2e/index.gmi",
    "31 dots that end the path": b"gemini://localhost:PORT/docs/..",
    "31 above the root and no more": b"gemini://localhost:PORT/..",
    "45 index.gmi": b"gemini://localhost:PORT/index.gmi",
}


@pytest.mark.parametrize("template", FRONT_PAGE.values(), ids=FRONT_PAGE)
def test_every_spelling_of_the_front_page_is_served(site, template):
    answer = site.ask(line(site, template) + CRLF).check(20)
    assert answer.meta == "text/gemini; lang=en"
    assert answer.body == site.fetch("/").body


MISSING = {
    "22 an escaped NUL": "/index.gmi%00", "22 an escaped NUL inside": "/index.gmi%00.txt",
    "30 an escape of an escape": "/%2569ndex.gmi", "30 a plus": "/two+words/inside.txt",
    "30 an escaped slash": "/docs%2fmanual.gemini", "30 a space behind": "/index.gmi%20",
    "30 directives": "/%25s%25n%25p",
    "31 an escaped slash behind dots": "/docs/..%2findex.gmi",
    "31 a file of the capsule": "/%2e%2e/capsule.conf",
    "31 a file of the machine": "/../../../../etc/passwd",
    "31 the same with escapes": "/..%2f..%2fetc/passwd",
    "31 the same with backslashes": "/..%5c..%5cetc/passwd",
    "31 the same in overlong UTF-8": "/..%c0%af..%c0%afetc/passwd",
    "31 the same with escapes of escapes": "/%252e%252e/%252e%252e/etc/passwd",
    "31 four dots": "/..../....//etc/passwd", "31 dots with a parameter": "/..;/capsule.conf",
    "33 capitals": ARTICLE.upper(), "33 a slash behind a page": ARTICLE + "/",
    "33 a path below a page": ARTICLE + "/x", "33 a slash behind a file": "/large.bin/",
    "33 a path below a file": "/robots.txt/x?y",
    "35 no page": "/nothing.gmi", "35 a user's page": "/~user",
    "35 half a name": "/docs/manual", "35 a dot behind": "/index.gmi.",
}


@pytest.mark.parametrize("path", MISSING.values(), ids=MISSING)
def test_an_address_without_a_page_is_51(site, path):
    assert site.fetch(path).check(51).meta == "This page was not found"


# The request line


def padded(site, length, path="/", fill="q"):
    """A URL of exactly `length` bytes, filled up with a letter."""
    url = site.url(path)
    return (url + fill * (length - len(url))).encode()


FULL = {
    "14 a long query": ("/?", 20), "14 a long query of an article": (f"{ARTICLE}?a=%20", 20),
    "14 a long query of a folder": ("/docs?", 31), "14 a name of a thousand bytes": ("/", 51),
    "14 a deep path": ("/" + "d/" * 470, 51), "14 many empty segments": ("/" * 900, 51),
    "14 many steps up": ("/" + "../" * 300, 51), "14 escapes": ("/" + "%0A" * 320, 51),
}


@pytest.mark.parametrize("path, status", FULL.values(), ids=FULL)
def test_a_url_of_1024_bytes_is_taken(site, path, status):
    url = padded(site, 1024, path)
    assert len(url) == 1024
    site.ask(url + CRLF).check(status)
    site.ask([url, b"\r", b"\n"]).check(status)


def test_15_a_url_of_1025_bytes_is_59(site):
    for length in (1025, 1026, 1027, 5000):
        site.ask(padded(site, length, "/?") + CRLF).check(59)
    site.ask([padded(site, 1024, "/?"), b"q", CRLF]).check(59)


def test_15_1025_bytes_without_a_line_end_are_59_at_once(site):
    for version in TLS_VERSIONS:
        assert site.ask(padded(site, 1025, "/?"), version=version).check(59).seconds < 3


@both_versions
def test_16_records_and_segments_mean_nothing(site, version):
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


def test_17_a_bare_lf_is_59_at_once(site):
    for end in (b"\n", b"\n\r", b"\n\n"):
        assert site.ask(site.url("/").encode() + end).check(59).seconds < 3


def test_17_a_bare_cr_or_no_end_is_no_request(site):
    for end in (b"\r", b""):
        site.ask(site.url("/").encode() + end, half_close="fin").check(59)


def test_21_each_byte_that_no_uri_has_is_59(site):
    allowed = f"{ascii_letters}{digits}-._~:/?#[]@!$&'()*+,;=%\r\n".encode()
    for byte in {*range(256)} - {*allowed}:
        sign = bytes([byte])
        answer = site.ask(site.url("/?a").encode() + sign + b"b" + CRLF).check()
        assert answer.status == 59, sign


def test_23_a_line_end_behind_the_line_asks_for_nothing(site):
    alone = site.fetch("/robots.txt").check(20).data
    for rest in (CRLF, CRLF * 100, b"\n", b"\0"):
        assert site.ask(site.url("/robots.txt").encode() + CRLF + rest).check().data == alone


# The address


def test_29_an_address_that_is_configured_is_a_host(serve, tmp_path):
    server = serve(full_capsule(tmp_path / "capsule"), hosts=("localhost", "127.0.0.1", "::1"))
    for host in ("localhost", "127.0.0.1", "[::1]", "[0:0::0:1]", "[0000::0001]"):
        server.ask(f"gemini://{host}:{server.port}/".encode() + CRLF, sni=None).check(20)
    for host in ("127.0.0.2", "127.1", "[::2]", "[::7f00:1]"):
        server.ask(f"gemini://{host}:{server.port}/".encode() + CRLF, sni=None).check(53)


def test_30_bytes_that_are_no_utf8_are_51_or_59(site):
    for path in ("/%ff", "/%c3", "/%ff%fe.gmi", "/files/na%efve.txt"):
        assert site.fetch(path).status in (51, 59)


def test_30_escapes_are_decoded_once_after_splitting(site):
    assert site.get("/files/two%20%20words.txt") == "This is 'two  words.txt'.\n"
    assert site.get("/files/na%C3%AFve.txt") == "This is 'naïve.txt'.\n"
    assert site.get("/files/100%25.txt") == "This is '100%.txt'.\n"
    assert site.get("/files/100%2525.txt") == "This is '100%25.txt'.\n"
    assert site.get("/files/question%3F.txt") == "This is 'question?.txt'.\n"
    assert site.get("/files/a&b+c.txt") == site.get("/files/%61%26b%2Bc.txt")


@pytest.mark.parametrize("path", ["//", "//docs", "//example.org", "//example.org/", "/docs//",
                                  "/docs//manual.gemini", "/.//docs", "/x/..//example.org",
                                  "/docs%0d%0a20", "/%2fexample.org", "/%5cexample.org"])
def test_32_slashes_and_line_ends_cannot_turn_a_redirect_away(site, path):
    answer = site.fetch(path)
    assert answer.status in (20, 31, 51, 59)
    if answer.status == 31:
        assert answer.meta.startswith("/docs/")


def test_33_a_query_on_a_page_is_ignored(site):
    assert site.fetch("/robots.txt?indexer").body == site.fetch("/robots.txt").body
    assert site.fetch(f"{ARTICLE}?a=b&c/../d?e").title == SEED_TITLE
    assert site.fetch("/files/?x").body == site.fetch("/files/").body


def test_33_paths_keep_their_case(serve, empty_capsule):
    empty_capsule.static("Name.txt", "upper\n")
    empty_capsule.static("name.txt", "lower\n")
    server = serve(empty_capsule)
    assert (server.get("/Name.txt"), server.get("/name.txt")) == ("upper\n", "lower\n")
    server.fetch("/NAME.txt").check(51)


def test_34_an_international_name_is_served_as_its_a_label(serve, capsule):
    server = serve(capsule, hosts=("xn--bcher-kva.example",))
    server.fetch("/").check(20)
    server.ask(b"gemini://XN--Bcher-KVA.example/\r\n").check(20)
    server.ask("gemini://bücher.example/\r\n".encode()).check(59)
    server.ask(b"gemini://b%C3%BCcher.example/\r\n").check(53)


# The answer

REPLIES = ["gemini://localhost/", "gemini://localhost/docs?%0d%0a20%20text/gemini",
           "gemini://localhost/two%20words", "gemini://localhost/robots.txt",
           "gemini://localhost/large.bin", "gemini://localhost/empty.txt",
           "gemini://localhost/nothing%0d%0a20%20text/gemini",
           "gemini://localhost/%1b%5b2J%ef%bb%bf",
           "gemini://localhost/docs?" + "%0a" * 333, "gemini://localhost/#\x1b[2J",
           "gemini://example.org/%c2%85", "gemini://localhost:1/", "https://localhost/", "\ufeff",
           "x" * 2000, "%n%s", ""]


@pytest.fixture(scope="module")
def replies(site):
    """Answers of every kind, as they came."""
    return [site.ask(request.encode() + CRLF).check() for request in REPLIES]


def header(reply):
    return reply.data.partition(CRLF)[0]


def test_35_no_other_statuses_are_sent(replies):
    seen = {reply.status for reply in replies}
    assert seen == {20, 31, 51, 53, 59} and seen <= STATUSES


def test_37_a_header_is_two_digits_one_space_and_meta(replies):
    for reply in replies:
        assert re.fullmatch(rb"[1-6]\d [^\s][^\r\n]*(?<!\s)", header(reply)), header(reply)


def test_38_a_header_is_clean_utf8_whatever_it_was_asked(replies):
    for reply in replies:
        text = header(reply).decode("utf-8")
        assert text.isprintable() and "\ufeff" not in text, text


def test_39_meta_is_never_longer_than_1024_bytes(replies, site):
    longest = site.ask(padded(site, 1024, "/docs?") + CRLF).check(31)
    for reply in [*replies, longest]:
        assert 0 < len(header(reply)) - 3 <= 1024


def test_40_nothing_follows_the_header_of_a_failure_or_redirect(replies):
    for reply in replies:
        assert reply.status == 20 or reply.data == header(reply) + CRLF


def test_42_errors_say_why_in_a_short_plain_sentence(replies):
    for reply in replies:
        if reply.status >= 40:
            meta = reply.meta
            assert 10 <= len(meta) <= 100 and meta[0].isupper() and " " in meta, meta


TOKEN = r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]+"
MEDIA_TYPE = re.compile(rf"(?:text|image|audio|video|font|application)/{TOKEN}"
                        rf"((?:; ?{TOKEN}=(?:{TOKEN}|\"[^\"\r\n]*\"))*)")
SENTENCE = "Déjà vu: un café à l'hôtel, très près de la forêt. "


@pytest.fixture(scope="module")
def texts(serve_module, tmp_path_factory):
    """A server on text of several charsets and kinds of line end, and files of awkward sizes."""
    capsule = Capsule(tmp_path_factory.mktemp("texts") / "capsule", language="fr-CA")
    for charset in ("utf-8", "latin-1", "utf-16"):
        capsule.static(f"{charset}.txt", (SENTENCE * 20 + "\n").encode(charset))
    capsule.static("caps.GMI", "# Capitals\n")
    capsule.static("latin-1.gmi", f"# {SENTENCE}\n".encode("latin-1"))
    capsule.add("mixed.txt", b"\xef\xbb\xbf" + article("Mixed").encode().replace(b"\n", b"\r\n"))
    capsule.add("old.txt", article("Old").encode().replace(b"\n", b"\r"))
    capsule.add("gem.gmi", b"\xef\xbb\xbf# Gem\r\n\r\nOne line.\rAnd one more.\r\n")
    for size in SIZES:
        capsule.static(f"{size}.bin", LARGE[:size])
    capsule.static("bytes.bin", bytes(range(256)) * 5 + b"\r\n.\r\n")
    return serve_module(capsule)


SIZES = (1, 16383, 16384, 16385, 65535, 65536, 65537, 131072)


def test_41_every_media_type_is_one_and_its_charset_is_true(site, texts):
    for server in (site, texts):
        for url in server.get("/urls.txt").splitlines():
            answer = server.ask(url.encode() + CRLF).check(20)
            match = MEDIA_TYPE.fullmatch(answer.meta)
            assert match, answer.meta
            parameters = dict(re.findall(r"; ?([a-z]+)=\"?([^;\"]*)", match[1]))
            if answer.meta.startswith("text/"):
                answer.body.decode(parameters.get("charset", "utf-8"))
            language = parameters.get("lang", "en")
            assert re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{4})?(-[A-Z]{2}|-\d{3})?", language)


def test_41_each_charset_is_named(texts):
    for charset in ("utf-8", "latin-1", "utf-16"):
        answer = texts.fetch(f"/{charset}.txt").check(20)
        named = re.search(r"charset=([\w-]+)", answer.meta)[1]
        assert answer.body.decode(named).strip("\ufeff\n") == SENTENCE * 20
    meta = texts.fetch("/latin-1.gmi").check(20).meta
    assert meta == "text/gemini; charset=iso-8859-1; lang=fr-CA"


def test_43_a_body_is_the_file_and_ends_with_the_connection(texts):
    for size in SIZES:
        assert texts.fetch(f"/{size}.bin").check(20).body == LARGE[:size]
    assert texts.fetch("/bytes.bin").body == bytes(range(256)) * 5 + b"\r\n.\r\n"


def test_44_pages_have_no_byte_order_mark_and_one_kind_of_line_end(texts):
    for path in ("/", "/mixed.gmi", "/mixed-summary.gmi", "/old.gmi", "/gem.gmi", "/urls.txt"):
        page = texts.get(path)
        assert "\ufeff" not in page and "\r" not in page and page.endswith("\n")
    assert "One line." in text_lines(texts.get("/gem.gmi"))


def test_45_the_suffixes_of_gemtext_are_known(site, texts):
    for path in ("/about.gmi", "/docs/manual.gemini", ARTICLE):
        assert site.fetch(path).check(20).meta == "text/gemini; lang=en"
    assert texts.fetch("/caps.GMI").check(20).meta == "text/gemini; lang=fr-CA"


# Redirects

FOLDERS = {
    "49 a folder": ("/docs", "/docs/"), "49 a folder in it": ("/docs/deeper", "/docs/deeper/"),
    "49 a query": ("/docs?a=b%20c", "/docs/?a=b%20c"), "49 an empty query": ("/docs?", "/docs/?"),
    "49 a query with line ends": ("/docs?%0d%0ax", "/docs/?%0d%0ax"),
    "49 a query that is a URL": ("/docs?//example.org/", "/docs/?//example.org/"),
    "49 a name with a space": ("/two%20words", "/two%20words/"),
    "49 dots before it": ("/x/../docs", "/docs/"), "49 escaped letters": ("/%64ocs", "/docs/"),
}


@pytest.mark.parametrize("path, target", FOLDERS.values(), ids=FOLDERS)
def test_a_folder_without_its_slash_redirects_to_it(site, path, target):
    assert site.fetch(path).check(31).meta == target
    site.fetch(target).check(20)


def test_49_a_folders_name_cannot_break_its_redirect(serve, empty_capsule):
    names = {"line\nend": "/line%0Aend", "re\rturn": "/re%0Dturn", "back\\slash": "/back%5Cslash",
             "naïve": "/na%C3%AFve", "a:b": "/a:b", "%2f": "/%252f"}
    for name in names:
        empty_capsule.static(f"{name}/file.txt", "x")
    server = serve(empty_capsule)
    for path in names.values():
        assert server.fetch(path).check(31).meta == f"{path}/"
        assert server.fetch(f"{path}/").check(20).meta.startswith("text/gemini")
        server.fetch(f"{path}/file.txt").check(20)


@pytest.mark.parametrize("path", ["/docs", "/docs/deeper?q", "/files", "/.well-known"])
def test_48_one_redirect_is_the_last(site, path):
    answer = site.fetch(path).check(31)
    assert re.fullmatch(r"/(?!/)[^\s#]*", answer.meta), "no reference that stays at this place"
    site.fetch(answer.meta).check(20)


# Companions


def test_57_robots_txt_is_plain_text_word_for_word(serve, empty_capsule):
    text = "User-agent: archiver\nUser-agent: indexer\nUser-agent: researcher\n"
    text += "User-agent: webproxy\nDisallow: /private\n\nUser-agent: *\nDisallow:\n"
    empty_capsule.static("robots.txt", text)
    server = serve(empty_capsule)
    for query in ("", "?", "?indexer", "?robot=a%20b"):
        answer = server.fetch(f"/robots.txt{query}").check(20)
        assert re.fullmatch(r"text/plain(; charset=[\w-]+)?", answer.meta)
        assert answer.text == text


def test_57_without_robots_txt_there_is_none(serve, capsule):
    serve(capsule).fetch("/robots.txt?indexer").check(51)


def test_58_the_front_page_can_be_subscribed_to(site):
    page = site.get("/")
    assert page.startswith("# ") and page.count("\n# ") == 0
    entries = [label for _, label in links(page) if re.match(r"\d{4}-\d{2}-\d{2}\b", label)]
    assert len(entries) == 3 and entries == sorted(entries, reverse=True)
    assert all(re.match(r"\d{4}-\d{2}-\d{2} \S", entry) for entry in entries)


@both_versions
@pytest.mark.parametrize("size", [0, 10240, 262144])
def test_59_an_upload_over_titan_is_53_even_when_its_body_follows(site, version, size):
    head = line(site, b"titan://localhost:PORT/new.gmi;size=%d;mime=text/gemini;token=x" % size)
    for chunks in ([head + CRLF + bytes(size)], [head + CRLF] + [bytes(4096)] * (size // 4096)):
        assert site.ask(chunks, version=version).check(53).meta
