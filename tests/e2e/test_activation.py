"""A service manager starts the server: it hands sockets over, and is told what becomes of it.

The tests are the manager: the sockets are theirs, as they are systemd's.
"""

import os
import re
import signal
import socket
import sys
import threading
from contextlib import ExitStack, closing

import pytest

import wire
from program import SLOW, Servers, wait_until
from samples import LARGE, SEED_SLUG, article
from test_proxy import header_v2

ARTICLE = f"/{SEED_SLUG}.gmi"

# What systemd does between fork and exec: sockets from 3 on, and the variables.
ACTIVATE = """
import os, sys
fds, names = sys.argv[1].split(","), sys.argv[2]
kept = [os.dup(int(fd)) for fd in fds]
high = [os.dup2(fd, 200 + i) for i, fd in enumerate(kept)]
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
    os.set_inheritable(3 + i, True)
os.closerange(3 + len(fds), 300)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))
if names:
    os.environ["LISTEN_FDNAMES"] = names
os.execv(sys.argv[3], sys.argv[3:])
"""


def listener(stack, address="127.0.0.1", *, both=False):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = stack.enter_context(socket.socket(family))
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
    sock.bind((address, 0))
    sock.listen(4096)
    return sock


def handed(*sockets, names=""):
    """Options of a server that gets these sockets."""
    fds = [sock.fileno() for sock in sockets]
    return {"listen": (), "handed": len(fds), "pass_fds": fds,
            "before": [sys.executable, "-c", ACTIVATE, ",".join(map(str, fds)), names]}


@pytest.fixture
def stack():
    with ExitStack() as opened:
        yield opened


def told_by(sock):
    """The next message to the manager."""
    return sock.recv(4096).decode()


# Sockets


def test_sockets_that_are_handed_over_take_the_place_of_listen(serve, capsule, stack):
    one, other = listener(stack), listener(stack, "::1")
    free = listener(stack)
    address = "127.0.0.1:%d" % free.getsockname()[1]
    free.close()
    server = serve(capsule, extra=["--listen", address], **handed(one, other))
    assert server.listeners == [("127.0.0.1", one.getsockname()[1]), ("::1", other.getsockname()[1])]
    server.fetch(ARTICLE).check(20)
    wire.exchange(server.listeners[1][1], server.url().encode() + b"\r\n",
                  address="::1").check(20)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=5)
    server.fetch(ARTICLE).check(20)


def environment_of(process):
    """Nothing of one that has ended since, as a press does."""
    try:
        with open(f"/proc/{process.pid}/environ", "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_children_do_not_think_that_sockets_are_theirs(serve, capsule, stack):
    server = serve(capsule, workers=1, **handed(listener(stack), names="gemini"))
    for process in server.family():
        if process.pid != server.process.pid:
            assert b"LISTEN_" not in environment_of(process)


def test_a_socket_for_proxies_is_told_by_its_name(serve, capsule, stack):
    clients, proxies = listener(stack), listener(stack)
    server = serve(capsule, workers=1, **handed(proxies, clients, names="proxy:gemini"))
    assert [port for _, port in server.listeners] == [
        clients.getsockname()[1], proxies.getsockname()[1]]
    server.fetch(ARTICLE).check(20)
    before = header_v2("203.0.113.9", "203.0.113.1", 40000, 1965)
    wire.exchange(server.listeners[1][1], server.url(ARTICLE).encode() + b"\r\n",
                  before=before).check(20)
    wait_until(lambda: "203.0.113.0/24" in server.log(), 5 * SLOW, "the reader's address")


def test_ipv4_readers_of_an_ipv6_socket_are_ipv4_readers(serve, capsule, stack):
    """systemd's sockets take both unless they are told not to."""
    both = listener(stack, "::", both=True)
    server = serve(capsule, workers=1, extra=["--log-addresses", "whole"], **handed(both))
    server.fetch(ARTICLE, source="127.0.0.2").check(20)
    wait_until(lambda: f" 127.0.0.2 - localhost {ARTICLE} 20 " in server.log(), 5 * SLOW, "a line")


def test_what_is_no_listening_socket_is_an_error(serve, capsule, stack):
    datagrams = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    serve.refused(capsule, "descriptor 3", "no listening TCP socket", **handed(datagrams))
    serve.refused(capsule, "LISTEN_FDNAMES", "web", **handed(listener(stack), names="web"))


# One server after another


def test_no_reader_is_refused_while_one_server_replaces_another(capsule, stack, tmp_path):
    sock = listener(stack)
    port = sock.getsockname()[1]
    servers = Servers(tmp_path)
    stack.callback(servers.stop)
    failures, count, over = [], [0], threading.Event()

    def read():
        while not over.is_set():
            try:
                wire.exchange(port, f"gemini://localhost:{port}{ARTICLE}\r\n".encode(),
                              timeout=30 * SLOW).check(20)
                count[0] += 1
            except Exception as failure:  # whatever it is, a reader has seen it
                failures.append(failure)

    server = servers(capsule, **handed(sock))
    folders = {"certs": server.certs, "state": server.state}
    readers = [threading.Thread(target=read) for _ in range(6)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(4):
            before = count[0]
            wait_until(lambda b=before: count[0] > b + 20, 20 * SLOW, "some answers")
            server.stop()
            server = servers(capsule, **folders, **handed(sock))
        before = count[0]
        wait_until(lambda: count[0] > before + 20, 20 * SLOW, "some answers")
    finally:
        over.set()
        for reader in readers:
            reader.join(60)
    assert not failures, failures[0]


def test_who_calls_while_there_is_no_server_is_answered_by_the_next(serve, capsule, stack):
    sock = listener(stack)
    port = sock.getsockname()[1]
    first = serve(capsule, **handed(sock))
    first.fetch(ARTICLE).check(20)
    first.stop()
    with closing(wire.Connection(port, timeout=60)) as early:
        capsule.add("new.txt", article("New"))
        second = serve(capsule, certs=first.certs, state=first.state, **handed(sock))
        early.handshake()
        early.send(f"gemini://localhost:{port}/new.gmi\r\n".encode())
        early.finish().check(20)
    second.fetch(ARTICLE).check(20)


def test_who_was_let_in_is_answered_when_the_server_stops(serve, capsule, stack):
    """In every stage: before TLS, before the request, in the answer."""
    capsule.static("large.bin", LARGE * 10)
    sock = listener(stack)
    server = serve(capsule, workers=1, **handed(sock))
    with ExitStack() as connections:
        new, ready, busy = (connections.enter_context(closing(
            server.connect(receive_buffer=4096))) for _ in range(3))
        ready.handshake()
        busy.handshake()
        busy.send(server.url("/large.bin").encode() + b"\r\n")
        busy.read_some()
        wait_until(lambda: server.worker_of(new), 5 * SLOW, "the last one let in")
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in server.log(), 5 * SLOW, "the stop")
        new.handshake()
        for connection in (new, ready):
            connection.send(server.url(ARTICLE).encode() + b"\r\n")
            connection.finish().check(20)
        assert busy.finish(b"2").check(20).body == LARGE * 10
    server.stop(None)


def test_sockets_stay_when_the_configuration_is_read_again(serve, capsule, stack, manager,
                                                            tmp_path):
    conf = tmp_path / "conf"
    conf.write_text('log-addresses = "none"\n')
    server = serve(capsule, extra=["--config", conf], env=environment(manager),
                   **handed(listener(stack), listener(stack, "::1")))
    told_by(manager)
    conf.write_text('log-addresses = "whole"\n')
    server.process.send_signal(signal.SIGHUP)
    assert told_by(manager).startswith("RELOADING=1\n")
    for _ in range(20):
        server.fetch(ARTICLE).check(20)
    assert told_by(manager).startswith("READY=1\n")
    wait_until(lambda: "configuration read again" in server.log(), 10 * SLOW, "the new one")
    server.fetch("/new").check(51)
    wait_until(lambda: " 127.0.0.1 - localhost /new 51 " in server.log(), 5 * SLOW, "its line")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.stdout.read() == b""  # no socket was told of again
    server.stop(None)


# What the manager hears


@pytest.fixture
def manager(tmp_path, stack):
    sock = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    sock.bind(str(tmp_path / "notify"))
    sock.settimeout(20 * SLOW)
    return sock


def environment(manager, **more):
    return {**os.environ, "NOTIFY_SOCKET": manager.getsockname(), **more}


def test_the_manager_hears_what_becomes_of_the_server(serve, capsule, manager):
    server = serve(capsule, workers=1, env=environment(manager))
    assert told_by(manager).startswith("READY=1\nSTATUS=serving")
    server.fetch(ARTICLE).check(20)
    server.process.send_signal(signal.SIGHUP)
    assert re.match(r"RELOADING=1\nMONOTONIC_USEC=\d+\n", told_by(manager))
    assert told_by(manager).startswith("READY=1\n")
    for process in server.children():
        assert b"NOTIFY_SOCKET" not in environment_of(process)
    server.stop()
    assert told_by(manager).startswith("STOPPING=1\n")


def test_a_server_that_does_not_start_says_why(serve, empty_capsule, manager):
    (empty_capsule.root / "capsule.conf").write_text("title = {")
    serve.refused(empty_capsule, "nothing to serve", env=environment(manager))
    told = told_by(manager)
    assert told.startswith("STOPPING=1\nSTATUS=") and "nothing to serve" in told


def test_signs_of_life_are_given_when_they_are_wanted(serve, capsule, manager):
    server = serve(capsule, workers=1, env=environment(manager, WATCHDOG_USEC="200000"))
    signs = 0
    while signs < 5:
        signs += told_by(manager) == "WATCHDOG=1\n"
    os.kill(server.process.pid, signal.SIGSTOP)
    manager.settimeout(1)
    try:
        with pytest.raises(TimeoutError):
            while True:  # what was on its way, and then nothing
                told_by(manager)
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    manager.settimeout(20 * SLOW)
    assert told_by(manager) == "WATCHDOG=1\n"
