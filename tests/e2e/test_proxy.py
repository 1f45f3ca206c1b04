"""Behind a proxy that hands connections on: HAProxy's own headers, and headers by hand."""

import os
import re
import signal
import socket
import struct
import subprocess
import time
from contextlib import closing

import pytest

import wire
from clients import require_client
from program import REPO, SLOW, run, wait_until
from samples import SEED_SLUG, Capsule
from wire import Connection, both_versions, client_context, exchange

ARTICLE = f"/{SEED_SLUG}.gmi"
PROXY_SECONDS = 5  # that a header has
FOUR = ("198.51.100.9", "203.0.113.1", 50000, 7000)
SIX = ("2001:db8:7::9", "2001:db8:8::1", 50000, 7000)
FOUR_LOGGED, SIX_LOGGED = "198.51.100.0/24", "2001:db8:7::/48"


def header_v1(source, destination, source_port, port):
    kind = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {kind} {source} {destination} {source_port} {port}\r\n".encode()


def header_v2(source, destination, source_port, port, command=1, behind=b""):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    body = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
    body += struct.pack("!HH", source_port, port) + behind
    kind = 0x21 if ":" in source else 0x11
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x20 | command, kind, len(body)) + body


LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
HEADERS = {
    "line, IPv4": (header_v1(*FOUR), FOUR_LOGGED, 7000),
    "line, IPv6": (header_v1(*SIX), SIX_LOGGED, 7000),
    "bytes, IPv4": (header_v2(*FOUR), FOUR_LOGGED, 7000),
    "bytes, IPv6": (header_v2(*SIX), SIX_LOGGED, 7000),
    "bytes with a TLV": (header_v2(*FOUR, behind=b"\x04\0\x04\x16\x03\x01\x02"), FOUR_LOGGED, 7000),
    "line, unknown": (b"PROXY UNKNOWN\r\n", "127.0.0.0/24", None),
    "bytes, the proxy itself": (LOCAL, "127.0.0.0/24", None),
    "bytes, the proxy itself with addresses": (header_v2(*FOUR, command=0), "127.0.0.0/24", None),
}
every_header = pytest.mark.parametrize("header, logged, port", HEADERS.values(), ids=HEADERS)


def log_lines(server, *parts):
    return [line for line in server.log().splitlines() if all(part in line for part in parts)]


def wait_lines(server, *parts, count=1):
    """So many lines with all parts; a line is written when its connection ends."""
    wait_until(lambda: len(log_lines(server, *parts)) >= count, 5 * SLOW,
               f"{count} lines with {parts}")
    found = log_lines(server, *parts)
    assert len(found) == count, found
    return found


@pytest.fixture(scope="module")
def behind(serve_module, tmp_path_factory):
    """A server that only proxies on this machine may call."""
    capsule = Capsule(tmp_path_factory.mktemp("behind") / "capsule", seed=True)
    return serve_module(capsule, listen=(), proxy_listen=("127.0.0.1:0",))


def request(port):
    return f"gemini://localhost:{port}{ARTICLE}\r\n".encode()


# Headers by hand


@every_header
@both_versions
def test_a_header_in_one_segment_with_the_hello(behind, header, logged, port, version):
    line = f" {logged} - localhost {ARTICLE} 20 "
    seen = len(log_lines(behind, line))
    exchange(behind.port, request(port or behind.port), before=header,
             version=version).check(20)
    wait_until(lambda: len(log_lines(behind, line)) > seen, 5 * SLOW, line)


@every_header
def test_a_header_byte_by_byte_and_the_hello_apart(behind, header, logged, port):
    with closing(Connection(behind.port)) as connection:
        for byte in header:
            connection.write_raw(bytes([byte]))
        connection.handshake(segment=1)
        connection.send(request(port or behind.port))
        connection.finish().check(20)


def test_the_port_of_the_header_is_the_port_of_the_server(behind):
    for port, status in ((7000, 20), (1965, 20), (7001, 53), (behind.port, 53)):
        exchange(behind.port, request(port), before=header_v1(*FOUR)).check(status)


def test_a_session_resumes_whatever_the_header_says(behind):
    context = client_context()
    first = exchange(behind.port, request(7000), before=header_v1(*FOUR), context=context).check(20)
    again = exchange(behind.port, request(7000), before=header_v2(*SIX), context=context,
                     session=first.session).check(20)
    assert again.resumed
    wait_lines(behind, f" {SIX_LOGGED} - localhost", " resumed ")


BAD = {
    "a hello without a header": (wire.client_hello(0x0303), "no PROXY header"),
    "a request in the clear": (b"gemini://localhost/\r\n", "no PROXY header"),
    "a line with a leading zero": (header_v1("198.51.100.09", *FOUR[1:]), "bad address"),
    "a line of two blanks": (header_v1(*FOUR).replace(b" ", b"  ", 1), "unknown protocol"),
    "a line without an end": (b"PROXY UNKNOWN " + b"x" * 200, "too long"),
    "a line that ends in LF": (header_v1(*FOUR).replace(b"\r", b""), "not CRLF"),
    "an unknown command": (header_v2(*FOUR, command=7), "unknown command"),
    "a wrong checksum": (header_v2(*FOUR, behind=b"\x03\0\x04\0\0\0\0"), "bad checksum"),
    "a TLV that is cut": (header_v2(*FOUR, behind=b"\x04\0\x09"), "a TLV is cut"),
    "bytes without an end": (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff" + b"\0" * 600, "too long"),
}


@pytest.mark.parametrize("data, reason", BAD.values(), ids=BAD)
def test_what_is_no_header_is_answered_with_nothing(behind, data, reason):
    seen = len(log_lines(behind, "127.0.0.0/24 - - - 0 0B ", reason))
    assert wire.plain(behind.port, data, timeout=PROXY_SECONDS - 1) == b""
    wait_lines(behind, "127.0.0.0/24 - - - 0 0B ", reason, count=seen + 1)


def say_and_close(port, data):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        sock.sendall(data)


@pytest.mark.parametrize("data, reason", [(b"", "no PROXY header"), (b"PROXY TCP4", "cut"),
                                          (header_v2(*FOUR)[:-1], "cut")])
def test_an_end_before_and_in_a_header_is_told(behind, data, reason):
    seen = len(log_lines(behind, reason))
    say_and_close(behind.port, data)
    wait_lines(behind, reason, count=seen + 1)


def test_half_a_header_and_none_have_their_time(behind):
    seen = len(log_lines(behind, "timeout in the PROXY header"))
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", behind.port), timeout=20) as half, \
            socket.create_connection(("127.0.0.1", behind.port), timeout=20) as none:
        half.sendall(b"PROXY TCP4 198.51")
        exchange(behind.port, request(7000), before=header_v1(*FOUR)).check(20)  # meanwhile
        assert half.recv(1) == b"" and none.recv(1) == b""
    assert PROXY_SECONDS - 0.5 < time.monotonic() - started < (PROXY_SECONDS + 3) * SLOW
    wait_lines(behind, "timeout in the PROXY header", count=seen + 2)


def test_a_probe_is_no_line_in_the_log(behind):
    before = len(behind.log().splitlines())
    for _ in range(5):
        say_and_close(behind.port, LOCAL)
    exchange(behind.port, request(7000), before=header_v1(*FOUR)).check(20)
    wait_until(lambda: len(behind.log().splitlines()) > before, 5 * SLOW, "the line of the request")
    assert all("localhost" in line for line in behind.log().splitlines()[before:])


# Who may send one


def test_whoever_is_not_listed_is_turned_away(serve, capsule):
    server = serve(capsule, proxy_listen=("127.0.0.1:0",),
                   extra=("--proxy-from", "127.0.0.2", "--proxy-from", "127.1.0.0/16"))
    (_, plain), (_, port) = server.listeners
    for source, listed in (("127.0.0.1", False), ("127.0.0.2", True), ("127.0.0.3", False),
                           ("127.1.2.3", True), ("127.2.0.1", False)):
        if listed:
            exchange(port, request(7000), source=source, before=header_v1(*FOUR)).check(20)
            continue
        with socket.create_connection(("127.0.0.1", port), 5, (source, 0)) as sock:
            assert sock.recv(1) == b"", "it did not even have to speak"
    wait_lines(server, " 127.0.0.0/24 - - - 0 0B ", "not a listed proxy", count=2)
    wait_lines(server, " 127.2.0.0/24 - - - 0 0B ", "not a listed proxy")
    wait_lines(server, f" {FOUR_LOGGED} - localhost", " 20 ", count=2)
    exchange(plain, request(plain)).check(20)


def test_a_header_on_a_socket_for_clients_is_no_header(serve, capsule):
    server = serve(capsule, proxy_listen=("127.0.0.1:0",))
    assert b"20 text/gemini" not in wire.plain(server.port, header_v1(*FOUR) + b"\r\n" * 20)
    with closing(Connection(server.port, before=header_v2(*FOUR))) as connection:
        with pytest.raises(wire.ssl.SSLError):
            connection.handshake()
    wait_lines(server, " 127.0.0.0/24 - - - 0 0B ", count=2)
    assert FOUR_LOGGED not in server.log()


# Options


@pytest.mark.parametrize("arguments, named", [
    (("--proxy-listen", "nonsense"), "nonsense"),
    (("--proxy-listen", "127.0.0.1:65536"), "127.0.0.1:65536"),
    (("--proxy-from", "localhost"), "proxy-from localhost"),
    (("--proxy-from", "10.0.0.1/8"), "proxy-from 10.0.0.1/8"),
    (("--proxy-from", "::1/129"), "proxy-from ::1/129"),
    (("--public-port", "65536"), "public-port"),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_wrong_options_are_named(arguments, named, tmp_path):
    done = run("serve", *arguments, cwd=tmp_path).check_usage()
    assert named in done.err
    assert not list(tmp_path.iterdir())


def test_alone_it_is_all_that_is_listened_on(behind):
    assert len(behind.listeners) == 1
    assert "open gemini://localhost/ in" in behind.log(), "the port that clients connect to is 1965"


def test_the_public_port_is_in_the_urls(serve, capsule):
    server = serve(capsule, listen=(), proxy_listen=("127.0.0.1:0",),
                   extra=("--public-port", "7070"))
    assert "open gemini://localhost:7070/ in" in server.log()
    answer = exchange(server.port, b"gemini://localhost:7070/urls.txt\r\n", before=LOCAL).check(20)
    assert f"gemini://localhost:7070{ARTICLE}" in answer.text.splitlines()


def test_the_options_may_stand_in_the_configuration(serve, capsule, tmp_path):
    config = tmp_path / "server.conf"
    config.write_text('proxy-from = {"127.0.0.0/8"}\npublic-port = 7000\n')
    server = serve(capsule, listen=(), proxy_listen=("127.0.0.1:0",), extra=("--config", config))
    exchange(server.port, request(7000), before=LOCAL, source="127.9.9.9").check(20)


# HAProxy


def test_the_configuration_in_the_readme_is_one(tmp_path):
    blocks = re.findall(r"^```\n(.*?)^```$", (REPO / "README.md").read_text(), re.S | re.M)
    (config,) = [block for block in blocks if "frontend" in block]
    path = tmp_path / "haproxy.cfg"
    path.write_text(config)
    done = subprocess.run([require_client("haproxy"), "-c", "-f", path], capture_output=True,
                          timeout=20, check=False)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0 and "WARNING" not in said, said


class HAProxy:
    """HAProxy in TCP mode in front of servers; it is handed its bound sockets."""

    def __init__(self, folder, servers, sockets):
        self.sockets = sockets
        binds = "\n".join(f"    bind fd@{sock.fileno()}" for sock in sockets)
        lines = "\n".join(f"    server s{i} 127.0.0.1:{server.port} {options} check inter 500ms"
                          for i, (server, options) in enumerate(servers))
        config = folder / "haproxy.cfg"
        config.write_text(f"""global
    maxconn 200

defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s

frontend gemini
{binds}
    default_backend broadsheet

backend broadsheet
    balance roundrobin
{lines}
""")
        self.log = folder / "haproxy.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [require_client("haproxy"), "-db", "-f", config], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, pass_fds=[sock.fileno() for sock in sockets])

    @property
    def port(self):
        return self.sockets[0].getsockname()[1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            for sock in self.sockets:
                sock.close()


@pytest.fixture
def haproxy(tmp_path):
    started = []

    def start(servers, *sockets):
        require_client("haproxy")
        sockets = sockets or (socket.create_server(("127.0.0.1", 0)),)
        started.append(HAProxy(tmp_path, servers, sockets))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def free_port():
    """A bound socket, so that the port is known before the servers start."""
    return socket.create_server(("127.0.0.1", 0))


@pytest.fixture
def pair(serve, capsule, tmp_path):
    """Two servers behind one name: one key, one certificate, one file of ticket keys."""
    keys = tmp_path / "ticket-keys"
    keys.write_text(os.urandom(80).hex() + "\n")
    keys.chmod(0o600)

    def start(front):
        extra = ("--ticket-keys", keys, "--public-port", str(front.getsockname()[1]))
        first = serve(capsule, listen=(), proxy_listen=("127.0.0.1:0",), extra=extra)
        second = serve(capsule, listen=(), proxy_listen=("127.0.0.1:0",), extra=extra,
                       certs=first.certs)
        return first, second

    return start


@both_versions
def test_two_servers_behind_haproxy_are_one(haproxy, pair, version):
    front = free_port()
    first, second = pair(front)
    proxy = haproxy([(first, "send-proxy"), (second, "send-proxy-v2 proxy-v2-options crc32c")],
                    front)
    context = client_context(version)
    session = None
    for i in range(8):
        answer = exchange(proxy.port, request(proxy.port), context=context, session=session,
                          source=f"127.1.{i}.9").check(20)
        assert answer.resumed == (session is not None), f"visit {i}"
        session = answer.session or session
    for server in (first, second):
        lines = wait_lines(server, f" localhost {ARTICLE} 20 ", count=4)
        assert all(re.search(r" 127\.1\.[0-7]\.0/24 - localhost ", line) for line in lines), lines


@pytest.mark.parametrize("option", ["send-proxy", "send-proxy-v2",
                                    "send-proxy-v2 proxy-v2-options crc32c,unique-id"])
def test_clients_of_ipv6_and_of_a_socket_for_both(haproxy, pair, option):
    front = free_port()
    first, _ = pair(front)
    sockets = [front, _six(("::1", 0)), _six(("::ffff:127.0.0.1", 0))]
    haproxy([(first, option)], *sockets)
    for sock, address, source, logged in ((front, "127.0.0.1", "127.3.4.5", "127.3.4.0/24"),
                                          (sockets[1], "::1", "::1", "::/48"),
                                          (sockets[2], "127.0.0.1", "127.5.6.7", "127.5.6.0/24")):
        port = sock.getsockname()[1]
        exchange(port, request(port), address=address, source=source).check(20)
        wait_lines(first, f" {logged} - localhost {ARTICLE} 20 ")


def _six(address):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(address)
        sock.listen()
    except OSError as failure:
        sock.close()
        pytest.skip(f"no IPv6 here: {failure}")
    return sock


def test_a_server_that_ends_is_replaced_by_the_other(haproxy, pair):
    front = free_port()
    first, second = pair(front)
    proxy = haproxy([(first, "send-proxy-v2"), (second, "send-proxy-v2")], front)
    exchange(proxy.port, request(proxy.port)).check(20)
    first.stop()
    wait_until(lambda: b"s0 is DOWN" in proxy.log.read_bytes(), 10, "HAProxy sees it")
    for _ in range(4):
        exchange(proxy.port, request(proxy.port), source="127.8.8.8").check(20)
    lines = log_lines(second, " - 0 0B ")
    assert not lines, f"the proxy's probes are in the log: {lines}"


def test_large_pages_come_whole_and_slow_readers_wait(haproxy, serve, capsule, tmp_path):
    data = bytes(range(256)) * 12000
    capsule.static("large.bin", data)
    front = free_port()
    server = serve(capsule, listen=(), proxy_listen=("127.0.0.1:0",),
                   extra=("--public-port", str(front.getsockname()[1])))
    proxy = haproxy([(server, "send-proxy-v2")], front)
    answer = exchange(proxy.port, f"gemini://localhost:{proxy.port}/large.bin\r\n".encode(),
                      receive_buffer=4096).check(20)
    assert answer.body == data
