"""What a client may take: connections, requests, time.  127.0.0.1 is exempt unless told otherwise,
so most clients here call from 127.0.0.2.
"""

import os
import re
import resource
import select
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from program import SLOW, run, wait_until
from samples import LARGE, SEED_SLUG
from test_proxy import header_v2

ARTICLE = f"/{SEED_SLUG}.gmi"
OTHER = "127.0.0.2"
THIRD = "127.0.0.3"


def options(**values):
    return [str(part) for name, value in values.items()
            for part in ("--" + name.replace("_", "-"), value)]


def idle(server, stack, source=OTHER):
    """A caller that says nothing and stays."""
    sock = stack.enter_context(socket.create_connection(
        ("127.0.0.1", server.port), timeout=10, source_address=(source, 0)))
    return sock


def ended(sock, seconds):
    """Does the server end it within so many seconds, without a byte?"""
    if not select.select([sock], [], [], seconds)[0]:
        return False
    try:
        return sock.recv(100) == b""
    except ConnectionResetError:
        return True


def lines(server, text):
    return sum(text in line for line in server.log().splitlines())


def is_served(server):
    """Is an article to be had?  A full server says no, or closes without a word."""
    try:
        return server.fetch(ARTICLE).status == 20
    except (AssertionError, OSError):  # ssl's errors are OSErrors
        return False


def cpu(server):
    """Seconds of processor time that the worker has taken."""
    worker, = server.workers(1)
    fields = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# Requests


def test_requests_over_the_rate_are_answered_44_with_seconds(serve, capsule):
    server = serve(capsule, workers=1, extra=options(request_rate=1, request_burst=3))
    for _ in range(3):
        server.fetch(ARTICLE, source=OTHER).check(20)
    slow = server.fetch(ARTICLE, source=OTHER).check(44)
    assert re.fullmatch("[1-9][0-9]*", slow.meta) and int(slow.meta) <= 2
    server.fetch(ARTICLE, source=THIRD).check(20)
    server.fetch(ARTICLE).check(20)
    wait_until(lambda: server.fetch(ARTICLE, source=OTHER).status == 20, int(slow.meta) + 2 * SLOW,
               "an answer for whoever waits")
    assert lines(server, " 44 0B ") >= 1 and "too many requests" in server.log()


def test_this_machine_is_limited_too_when_told(serve, capsule):
    server = serve(capsule, workers=1, extra=options(
        request_rate=1, request_burst=1, unlimited="none"))
    assert [server.fetch(ARTICLE).status for _ in range(2)] == [20, 44]


def test_as_many_requests_as_a_mirror_makes_are_answered_by_default(serve, capsule):
    server = serve(capsule, workers=1)
    for _ in range(300):
        server.fetch("/urls.txt", source=OTHER).check(20)


def test_no_limits_let_everybody_in(serve, capsule):
    server = serve(capsule, workers=1, extra=options(
        request_rate=0, request_burst=1, max_per_address=0, log_lines=0))
    with ExitStack() as stack:
        held = [idle(server, stack) for _ in range(150)]
        for _ in range(20):
            server.fetch(ARTICLE, source=OTHER).check(20)
        assert not ended(held[-1], 0)
    wait_until(lambda: lines(server, "client closed") >= 150, 10 * SLOW, "a line for each")


# Connections of an address


def test_connections_of_an_address_are_limited(serve, capsule):
    server = serve(capsule, workers=1, extra=options(max_per_address=3))
    with ExitStack() as stack:
        held = [idle(server, stack) for _ in range(3)]
        assert ended(idle(server, stack), 5 * SLOW)
        assert "127.0.0.0/24 - - - 0 0B 0ms - too many connections of one address" in server.log()
        server.fetch(ARTICLE, source=THIRD).check(20)
        server.fetch(ARTICLE).check(20)
        assert not any(ended(sock, 0) for sock in held)
        held[0].close()
        wait_until(lambda: not ended(idle(server, stack), 0.3), 5 * SLOW, "a place for the next")


def test_a_client_that_has_its_answer_and_stays_takes_no_place(serve, capsule):
    server = serve(capsule, workers=1, extra=options(max_per_address=1, close_timeout=60))
    with ExitStack() as stack:
        for _ in range(5):  # as Amfora, which never closes its side
            client = stack.enter_context(closing(server.connect(source=OTHER)))
            client.handshake().send(server.url(ARTICLE).encode() + b"\r\n")
            client.read_through(1000)
            wait_until(lambda: client._receive() or client.ended, 5 * SLOW, "the server's end")


@pytest.fixture
def behind(serve, capsule):
    """Only the reader's own address counts, that of the proxy does not."""
    return serve(capsule, workers=1, listen=(), proxy_listen=("127.0.0.1:0",),
                 extra=options(max_per_address=2, request_rate=1, request_burst=2,
                               unlimited="none"))


def called(server, stack, source):
    """A connection of this reader's that the proxy hands on, and nothing said on it."""
    destination = "2001:db8:8::1" if ":" in source else "203.0.113.1"
    sock = idle(server, stack, "127.0.0.1")
    sock.sendall(header_v2(source, destination, 50000, 1965))
    return sock


@pytest.mark.parametrize("two, other", [
    (("198.51.100.9", "198.51.100.9"), "198.51.100.10"),
    (("2001:db8:7::9", "2001:db8:7::a:b"), "2001:db8:7:1::9"),
], ids=("IPv4", "IPv6"))
def test_behind_a_proxy_the_address_of_the_reader_counts(behind, two, other):
    with ExitStack() as stack:
        for _ in range(10):
            idle(behind, stack, "127.0.0.1")  # no header yet
        held = [called(behind, stack, source) for source in two]
        wait_until(lambda: ended(called(behind, stack, two[0]), 0.5), 5 * SLOW, "a refusal")
        assert not ended(called(behind, stack, other), 0.5)
        assert not any(ended(sock, 0) for sock in held)
        header = header_v2(other, "2001:db8:8::1" if ":" in other else "203.0.113.1", 50000, 1965)
        request = b"gemini://localhost:1965" + ARTICLE.encode() + b"\r\n"
        statuses = [behind.ask(request, before=header).status for _ in range(3)]
        assert statuses == [20, 20, 44]


# All connections


def test_at_the_limit_callers_are_told_and_nothing_else_happens(serve, capsule):
    server = serve(capsule, workers=1, extra=options(max_connections=8, log_lines=5))
    with ExitStack() as stack:
        held = [idle(server, stack) for _ in range(8)]
        full = server.fetch(ARTICLE).check(41)
        assert "Too many readers" in full.meta
        wait_until(lambda: lines(server, " 41 0B ") == 1, 5 * SLOW, "its line")
        before, start = cpu(server), time.monotonic()
        over = [idle(server, stack) for _ in range(200)]
        # One is kept, to be told if it says something.
        wait_until(lambda: sum(ended(sock, 0) for sock in over) == 199, 5 * SLOW, "their ends")
        time.sleep(max(0, start + 1 - time.monotonic()))
        assert cpu(server) - before < 0.3 * SLOW
        assert lines(server, " too many connections") <= 5
        assert not any(ended(sock, 0) for sock in held)
    wait_until(lambda: is_served(server), 5 * SLOW, "a place")
    server.stop()
    assert re.search(r'\d+ more lines like "too many connections" were left out', server.log())


def test_without_descriptors_the_server_rests_and_comes_back(serve, capsule):
    server = serve(capsule, workers=1, extra=options(log_lines=5))
    server.fetch(ARTICLE).check(20)
    worker, = server.workers(1)
    limit = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (0, limit[1]))
        try:
            waiting = [idle(server, stack) for _ in range(100)]
            before = cpu(server)
            time.sleep(1.5)
            assert cpu(server) - before < 0.2 * SLOW
            assert len(server.log().splitlines()) < 40
            assert waiting
        finally:
            resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, limit)
    start = time.monotonic()
    server.fetch(ARTICLE).check(20)
    assert time.monotonic() - start < 4 * SLOW
    assert server.workers(1) == [worker]


# Time


def test_a_drip_renews_no_deadline(serve, capsule):
    server = serve(capsule, workers=1, extra=options(handshake_timeout=1, request_timeout=1))
    with ExitStack() as stack:
        raw = idle(server, stack)
        raw.sendall(b"\x16\x03\x01\x10\x00")
        asking = stack.enter_context(closing(server.connect(source=OTHER))).handshake()
        start = time.monotonic()
        over = {}
        while len(over) < 2 and time.monotonic() - start < 10 * SLOW:
            for name, sock in (("handshake", raw), ("request", asking.sock)):
                if name not in over and select.select([sock], [], [], 0.1)[0]:
                    try:
                        over[name] = None if sock.recv(4096) else time.monotonic() - start
                    except ConnectionResetError:
                        over[name] = time.monotonic() - start
                    if over[name] is None:
                        del over[name]  # a goodbye, or the session's ticket
                elif name not in over and name == "handshake":
                    raw.send(b"\0")
                elif name not in over:
                    asking.send(b"g")
    assert set(over) == {"handshake", "request"}
    assert all(0.8 < seconds < 4 * SLOW for seconds in over.values()), over
    assert "timeout in the handshake" in server.log()
    wait_until(lambda: "timeout before a request" in server.log(), 5 * SLOW, "its line")


def test_a_stalled_reader_is_cut_and_a_slow_one_is_not(serve, capsule):
    capsule.static("huge.bin", LARGE * 10)
    server = serve(capsule, workers=1, extra=options(stall_timeout=4))
    with ExitStack() as stack:
        def opened():
            client = stack.enter_context(closing(
                server.connect(source=OTHER, receive_buffer=2048, timeout=60)))
            client.handshake().send(server.url("/huge.bin").encode() + b"\r\n")
            client.read_some()
            return client

        opened()
        slow = opened()
        start = time.monotonic()
        while time.monotonic() - start < 10:
            time.sleep(0.5)
            assert slow.sock.recv(512), "the slow reader was cut"
        wait_until(lambda: lines(server, "timeout in the answer") == 1, 10 * SLOW, "the cut")
        assert slow.sock.recv(512)
        assert lines(server, "timeout in the answer") == 1


# The log


def test_lines_of_a_kind_are_limited_and_answers_are_not(serve, capsule):
    server = serve(capsule, workers=1, extra=options(log_lines=4))
    for _ in range(50):
        with ExitStack() as stack:
            idle(server, stack)
    for _ in range(10):
        server.fetch(ARTICLE).check(20)
    wait_until(lambda: lines(server, f"{ARTICLE} 20 ") == 10, 5 * SLOW, "a line for each answer")
    assert lines(server, "client closed") <= 4
    server.stop()
    assert re.search(r'\d+ more lines like "client closed in the handshake" were left out', server.log())


@pytest.mark.parametrize("option, value", [
    ("max-connections", "7"), ("max-per-address", "-1"), ("request-rate", "x"),
    ("request-burst", "0"), ("handshake-timeout", "0"), ("request-timeout", "3601"),
    ("close-timeout", "0"), ("stall-timeout", "0"), ("least-rate", "1.5"), ("log-lines", ""),
    ("unlimited", "localhost"), ("unlimited", "None"), ("unlimited", "10.0.0.1/8")])
def test_limits_that_make_no_sense_are_refused(option, value):
    assert option in run("serve", f"--{option}", value).check_usage().err
