"""Clients that stall, break off or send garbage, and many clients at once.

The numbers are those of the checklist in test_conformance.py.
"""

import os
import random
import re
import resource
import select
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from program import SLOW, wait_until
from samples import LARGE, SEED_SLUG, article, full_capsule
from wire import TLS12, TLS13, TLS_VERSIONS, both_versions, client_hello, plain

ARTICLE = f"/{SEED_SLUG}.gmi"
CRLF = b"\r\n"
LIMIT = 60.0  # seconds after which the most patient server must have ended a silent client


@pytest.fixture(scope="module")
def host(serve_module, tmp_path_factory):
    """A server of this file's own, for its processes are counted."""
    server = serve_module(full_capsule(tmp_path_factory.mktemp("strain") / "capsule"))
    server.workers(2)
    return server


@pytest.fixture(autouse=True)
def unharmed(host):
    """After every test: the same processes as before it, no descriptor more, and it answers."""
    before, open_before = {p.pid for p in host.family()}, host.descriptors()
    yield
    host.fetch(ARTICLE).check(20)
    assert {p.pid for p in host.family()} == before, f"a process died:\n{host.log()[-2000:]}"
    host.wait_let_go(open_before)


def tcp(host):
    return socket.create_connection(("127.0.0.1", host.port), timeout=10)


def half_hello():
    hello = client_hello(0x0303)
    return hello[: len(hello) // 2]


# Many


def test_55_a_hundred_requests_in_a_row_are_answered(host):
    whole = host.fetch(ARTICLE).data
    for _ in range(100):
        assert host.fetch(ARTICLE).data == whole


def test_55_fifty_clients_at_once_are_answered(host):
    whole = host.fetch(ARTICLE).data
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: host.fetch(ARTICLE), range(50)))
    assert all(answer.data == whole for answer in answers)


def test_55_a_burst_of_connects_that_say_nothing_is_survived(host):
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(tcp(host))
        host.fetch(ARTICLE).check(20)


def test_55_it_recovers_from_1500_connections(host):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    try:
        with ExitStack() as stack:
            for _ in range(1500):
                stack.enter_context(tcp(host))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    for version in TLS_VERSIONS * 5:
        assert host.fetch(ARTICLE, version=version).check(20).seconds < 3 * SLOW


# Stalled


def stalled(host, stack):
    """100 idle TCP, 100 idle TLS, 50 half requests and 20 stalled downloads."""
    def opened(**options):
        connection = stack.enter_context(closing(host.connect(timeout=60, **options)))
        return connection.handshake()

    for _ in range(100):
        stack.enter_context(tcp(host))
    for i in range(100):
        opened(version=TLS_VERSIONS[i % 2])
    for i in range(50):
        opened(version=TLS_VERSIONS[i % 2]).send(host.url(ARTICLE).encode()[:20])
    for i in range(20):
        connection = opened(version=TLS_VERSIONS[i % 2], receive_buffer=4096)
        connection.send(host.url("/large.bin").encode() + CRLF)
        connection.read_some()


def test_55_stalled_clients_do_not_hold_up_others(host):
    with ExitStack() as stack:
        stalled(host, stack)
        for version in TLS_VERSIONS * 5:
            answer = host.fetch(ARTICLE, version=version).check(20)
            assert answer.seconds < 3 * SLOW
        assert host.fetch("/large.bin").body == LARGE


def drip(connection):
    """One byte more of a request that never ends."""
    connection.send(b"g")


DESCRIPTORS = 160  # of each process of a server that is to run short of them


def fill(server, stack):
    """Stalled downloads until no more are begun, and idle callers behind them."""
    for held in range(DESCRIPTORS):
        connection = server.connect(timeout=2 * SLOW, receive_buffer=4096)
        stack.enter_context(closing(connection))
        try:
            connection.handshake()
            connection.send(server.url("/huge.bin").encode() + CRLF)
            first = connection.read_some()
        except (AssertionError, TimeoutError):
            break  # closed, or not let in
        if first == b"4":
            break  # told to come back
        assert first == b"2", "a download that cannot begin"
    else:
        pytest.fail("there is no limit")
    for _ in range(DESCRIPTORS):
        stack.enter_context(tcp(server))
    return held


def editions(server):
    """The names of the edition that the worker has open; one that was replaced is "(deleted)"."""
    worker, = server.workers(1)
    links = []
    for fd in Path(f"/proc/{worker.pid}/fd").iterdir():
        try:
            links.append(os.readlink(fd))
        except OSError:
            continue  # closed since
    return {link for link in links if "edition.db" in link}


@pytest.mark.parametrize("soft", [DESCRIPTORS, DESCRIPTORS // 2])
def test_downloads_that_take_every_place_stop_neither_requests_nor_editions(serve, capsule, soft):
    huge = LARGE * 10  # more than the kernel takes for a client that does not
    capsule.static("huge.bin", huge)
    capsule.add("edited.txt", article("Before"))
    with ExitStack() as stack:
        server = serve(capsule, workers=1, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (soft, DESCRIPTORS)))
        edition = server.state / "edition.db"
        before = os.stat(edition).st_ino
        assert editions(server) == {str(edition)}
        assert fill(server, stack) >= DESCRIPTORS // 4
        capsule.add("edited.txt", article("After"))
        wait_until(lambda: os.stat(edition).st_ino != before, 15, "a new edition")
        wait_until(lambda: editions(server) == {str(edition)} or "stays in service" in server.log(),
                   15, "a word about it from the worker")
    start = time.monotonic()
    server.fetch(ARTICLE).check(20)
    wait_until(lambda: server.get("/edited.gmi").startswith("# After\n"), 15, "the edit")
    assert time.monotonic() - start < 2 * SLOW
    assert server.fetch("/huge.bin").check(20).body == huge


def test_an_edition_that_cannot_be_opened_at_once_is_taken_up_later(serve, capsule):
    capsule.add("edited.txt", article("Before"))
    server = serve(capsule, workers=1)
    worker, = server.workers(1)
    limit = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (0, limit[1]))  # no descriptor more
    capsule.add("edited.txt", article("After"))
    wait_until(lambda: "stays in service" in server.log(), 15, "a word about it from the worker")
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, limit)
    start = time.monotonic()
    wait_until(lambda: server.get("/edited.gmi").startswith("# After\n"), 15, "the edit")
    assert time.monotonic() - start < 2 * SLOW
    assert server.log().count("stays in service") == 1
    assert server.workers(1) == [worker]


SILENT = {
    "no hello": (False, None),
    "half a hello": (False, None),
    "a drip of hello": (False, lambda sock: sock.send(b"\0")),
    "no request": (True, None),
    "half a request": (True, None),
    "a drip of request": (True, drip),
}


def test_24_clients_that_never_finish_are_ended_even_if_they_drip(host):
    """All kinds at once, for this takes as long as the server's patience."""
    ended = {}

    def suffer(kind, handshaken, drop):
        with closing(host.connect(timeout=LIMIT) if handshaken else tcp(host)) as client:
            sock = client.handshake().sock if handshaken else client
            if kind == "half a hello":
                sock.send(half_hello())
            elif kind == "a drip of hello":
                sock.send(b"\x16\x03\x01\x10\x00")
            elif kind == "half a request":
                client.send(host.url(ARTICLE).encode()[:20])
            start = time.monotonic()
            while time.monotonic() - start < LIMIT:
                try:
                    if select.select([sock], [], [], 0.5)[0]:
                        if not sock.recv(4096):
                            break
                    elif drop is not None:
                        drop(client)
                except OSError:
                    break
            else:
                return
            ended[kind] = time.monotonic() - start

    threads = [threading.Thread(target=suffer, args=(kind, *how)) for kind, how in SILENT.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT + 10)
    assert set(ended) == set(SILENT), f"never ended: {set(SILENT) - set(ended)}"


# Breaking off


def reset_at(host, stage, version):
    if stage in ("connected", "half a hello"):
        with tcp(host) as sock:
            if stage == "half a hello":
                sock.send(half_hello())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return
    connection = host.connect(version=version, receive_buffer=4096).handshake()
    if stage == "half a request":
        connection.send(b"gemini://local")
    elif stage != "shaken hands":
        connection.send(host.url("/large.bin").encode() + CRLF)
    if stage == "in the answer":
        connection.read_some()
    connection.abort()


@both_versions
@pytest.mark.parametrize("stage", ["connected", "half a hello", "shaken hands", "half a request",
                                   "requested", "in the answer"])
def test_56_a_reset_harms_nobody_else(host, version, stage):
    for _ in range(20):
        reset_at(host, stage, version)
    host.fetch("/large.bin", version=version).check(20)


@both_versions
def test_56_one_clients_failure_is_not_blamed_on_another(host, version):
    """A half-read request beside failing handshakes (OpenSSL's error queue is shared)."""
    request = host.url(ARTICLE).encode() + CRLF
    connections = [host.connect(version=version).handshake() for _ in range(8)]
    for connection in connections:
        connection.send(request[:10])
    for _ in range(20):
        plain(host.port, client_hello(0x0301))
        plain(host.port, b"GET / HTTP/1.0\r\n\r\n")
    for connection in connections:
        connection.send(request[10:])
        connection.finish().check(20)
        connection.close()


# Garbage


def test_56_random_bytes_are_survived(host):
    dice = random.Random(1)
    for length in [*range(1, 20), 100, 517, 1024, 5000] * 3:
        with tcp(host) as sock:
            try:
                sock.sendall(dice.randbytes(length))
            except OSError:
                pass


def test_56_mutated_hellos_are_survived(host):
    dice = random.Random(2)
    for _ in range(300):
        hello = bytearray(client_hello(0x0303))
        for _ in range(dice.randint(1, 4)):
            hello[dice.randrange(len(hello))] = dice.randrange(256)
        with tcp(host) as sock:
            sock.sendall(hello)
            sock.shutdown(socket.SHUT_WR)


@both_versions
def test_56_damaged_records_after_the_handshake_are_survived(host, version):
    dice = random.Random(3)
    for kind in (0x14, 0x15, 0x16, 0x17, 0x18, 0xFF):
        connection = host.connect(version=version).handshake()
        connection.write_raw(bytes([kind, 3, 3, 0, 40]) + dice.randbytes(40))
        try:
            assert not connection.finish().data.startswith(b"20")
        except (ssl.SSLError, AssertionError) as failure:
            assert "20" not in str(failure)
        connection.close()


def test_56_random_lines_get_an_answer_each(host):
    dice = random.Random(4)
    alphabet = b"gemini://localhost:1965/%25?#@[]a.~ \r\n\t\xff"
    for i in range(150):
        line = bytes(dice.choice(alphabet) for _ in range(dice.randint(0, 60)))
        prefix = b"gemini://localhost/" if i % 2 else b""
        answer = host.ask(prefix + line + CRLF, version=(TLS12, TLS13)[i % 3 == 0]).check()
        assert answer.status in (20, 31, 51, 53, 59)


@pytest.mark.parametrize("text", ["%25s%25n%25p%25x", "%s%n%p", "%2525n" * 100, "'%3B--", "%27",
                                  "%22%20OR%201%3D1", "$(id)", "%60id%60", "%1b%5b2J"],
                         ids=lambda text: text[:12])
def test_56_directives_and_quotes_in_a_request_are_just_names(host, text):
    before = len(host.log())
    assert host.ask(f"gemini://localhost/{text}".encode() + CRLF).check().status in (51, 59)
    assert "\x1b" not in host.log()[before:]


def test_13_a_slow_client_that_says_something_late_gets_its_page(serve, capsule):
    """Bytes that come to a socket that is closed already would reset what is on its way."""
    capsule.static("large.bin", LARGE)  # the kernel takes it whole
    server = serve(capsule, workers=1)
    with closing(server.connect(receive_buffer=32768)) as client:
        client.handshake()
        client.send(server.url("/large.bin").encode() + b"\r\n")
        # Longer than lingering lasts when nothing is on its way any more.
        time.sleep(2.5)
        assert server.worker_of(client) is not None, "closed while the client had not read"
        client.write_raw(b"late bytes")
        answer = client.finish().check(20)
        assert answer.body == LARGE


def test_the_log_tells_of_an_answer_while_the_client_stays(serve, capsule):
    server = serve(capsule, workers=1)
    start = time.monotonic()
    with closing(server.connect()) as client:  # as Amfora, which never closes its side
        client.handshake()
        client.send(server.url("/urls.txt").encode() + b"\r\n")
        line = wait_until(lambda: re.search(r"/urls\.txt 20 \d+B (\d+)ms", server.log()), 10 * SLOW,
                          "the line of the request")
        took = (time.monotonic() - start) * 1000
        assert server.worker_of(client) is not None, "the line came with the close"
    assert int(line[1]) <= took
