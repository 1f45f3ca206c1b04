"""What clients cost in memory while they wait, and that it is given back.

The bounds are generous, about twice what is measured: `make bench` tells the true figures.
"""

import socket
import ssl
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from program import SLOW, wait_until
from wire import both_versions, client_hello

COUNT = 300
BEFORE = 20  # connections that come before these, so that there is what the first ones take
KIB_BEFORE_TLS = 4  # an SSL object takes 45
# A connection of OpenSSL 3.5 takes 28, of which its own objects are 27.5; one of 3.0 takes 14.
KIB_HANDSHAKEN = 24 if ssl.OPENSSL_VERSION_INFO < (3, 2) else 48
GIVEN_BACK = 25 * SLOW  # seconds after the peak
HELLO = client_hello(0x0303)

# AddressSanitizer keeps what was freed, and the pages beside it.
needs_allocator = pytest.mark.skipif(SLOW > 1, reason="the build has an allocator of its own")


@pytest.fixture
def host(serve, capsule):
    server = serve(capsule, workers=1)
    server.workers(1)
    for _ in range(BEFORE):
        server.fetch("/").check(20)
    return server


def memory(host):
    """KiB that the processes have for themselves, without program and libraries."""
    total = 0
    for process in host.family():
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in text.splitlines() if "Pss_Anon:" in line)
    return total


def wait_accepted(host, before, count):
    """All but as many as may have been about to close when those before were counted."""
    wait_until(lambda: host.descriptors() >= before + count - BEFORE, 10 * SLOW,
               f"{count} connections")


def tcp(host, say):
    connection = socket.create_connection(("127.0.0.1", host.port), timeout=20)
    connection.sendall(say)
    return connection


@pytest.mark.parametrize("say", [b"", HELLO[:1], HELLO[:5], HELLO[: len(HELLO) // 2], HELLO[:-1]],
                         ids=lambda say: f"{len(say)} bytes of a hello")
def test_a_client_that_says_half_a_hello_costs_next_to_nothing(host, say):
    before, open_before = memory(host), host.descriptors()
    with ExitStack() as stack:
        connections = [stack.enter_context(tcp(host, say)) for _ in range(COUNT)]
        wait_accepted(host, open_before, COUNT)
        host.fetch("/").check(20)  # by the one worker, behind all that came before
        cost = (memory(host) - before) / COUNT
        assert cost < KIB_BEFORE_TLS, f"{cost:.1f} KiB for each"
        connections[0].sendall(HELLO[len(say) :])
        assert connections[0].recv(1) == b"\x16", "no ServerHello to a hello in two pieces"


def handshaken(host, stack, **options):
    """COUNT clients that have shaken hands; KiB of the server before them and with them."""
    before = memory(host)
    for _ in range(COUNT):
        stack.enter_context(closing(host.connect(**options))).handshake()
    host.fetch("/").check(20)
    return before, memory(host)


@needs_allocator
@both_versions
def test_a_client_that_asks_nothing_costs_little(host, version):
    with ExitStack() as stack:
        before, peak = handshaken(host, stack, version=version)
        assert (peak - before) / COUNT < KIB_HANDSHAKEN, f"{(peak - before) / COUNT:.1f} KiB each"


@needs_allocator
def test_the_memory_of_a_peak_is_given_back(host):
    with ExitStack() as stack:
        before, peak = handshaken(host, stack)
    wait_until(lambda: memory(host) < before + (peak - before) / 2, GIVEN_BACK,
               "the memory of the peak")
