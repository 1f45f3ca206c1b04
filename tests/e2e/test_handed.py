"""What a worker and a key process are handed, if something of it is missing or something else."""

import contextlib
import fcntl
import os
import signal
import socket
import time

import pytest

from certificates import own_pair
from program import BINARY, SLOW, check_stderr, run

WORKER = """tls_min = '1.2'
vhost 'localhost' {{
host = {{'localhost'}}
edition = '{folder}/edition.db'
statics = '{folder}/static'
}}
listeners = 1
proxied = 0
proxy_from = {{'127.0.0.1'}}
public_port = 0
sandbox = 'off'
key_process = 'on'
log_addresses = 'cut'
connections = 64
per_address = 100
request_rate = 50
request_burst = 1000
handshake_timeout = 10
request_timeout = 10
close_timeout = 1
stall_timeout = 90
least_rate = 256
log_lines = 60
drain_timeout = 5
exempt = {{}}
"""
KEY = "sockets = 1\nsandbox = 'off'\n"
TICKETS = b"\1" + bytes(range(80)) + bytes(160)
# By their numbers, from 3 on: the control stream and what src/worker/worker.h and key.h have.
WORKER_NAMES = ("control", "settings", "tickets", "certificates", "areas", "log", "key", "listen")
KEY_NAMES = ("control", "settings", "keys", "log", "socket")
HIGH = 100  # descriptors to be handed over are kept from here on, clear of the child's own


class Handed:
    """Descriptors for a child, by their names, and the supervisor's end of its control stream."""

    def __init__(self, subcommand, names, folder, texts):
        self.subcommand, self.names, self.log = subcommand, names, folder / "log"
        self.control, theirs = socket.socketpair()
        self.ends, self.fds = [], {}
        self.put("control", theirs.detach())
        for name in ("log", "key", "socket"):
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.ends.append(ours)
            theirs.setblocking(False)
            self.put(name, theirs.detach())
        self.put("listen", socket.create_server(("127.0.0.1", 0)).detach())
        for name, text in texts.items():
            self.put(name, self.memory(text))

    @staticmethod
    def memory(text):
        fd = os.memfd_create("handed")
        os.write(fd, text)
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def put(self, name, fd):
        if name in self.fds:
            os.close(self.fds[name])
        self.fds[name] = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH)
        os.close(fd)

    def take(self, name):
        os.close(self.fds.pop(name))

    def run(self, told=b""):
        """Let a child begin with them, and tell it something when it works.  Its exit status,
        negative for a signal; None: it works, and was told nothing."""
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC)
        acts = [(os.POSIX_SPAWN_DUP2, log, 2)]
        acts += [(os.POSIX_SPAWN_DUP2, self.fds[name], number)
                 for number, name in enumerate(self.names, 3) if name in self.fds]
        pid = os.posix_spawn(BINARY, ["broadsheet", self.subcommand], os.environ, file_actions=acts)
        os.close(log)
        self.control.settimeout(0.01)
        self.heard, sent = b"", 0
        deadline = time.monotonic() + 10 * SLOW
        try:
            while time.monotonic() < deadline:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done == pid:
                    pid = None
                    return os.waitstatus_to_exitcode(status)
                with contextlib.suppress(TimeoutError):
                    self.heard += self.control.recv(1)
                if b"R" in self.heard and not told:
                    return None
                if b"R" in self.heard and len(told) > sent:
                    sent += self.control.send(told[sent:])
            raise AssertionError(f"it neither works nor ends: {self.said()}")
        finally:
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            check_stderr(self.said())

    def said(self):
        return self.log.read_text()

    def close(self):
        for end in (self.control, *self.ends):
            end.close()
        for fd in self.fds.values():
            os.close(fd)

    def fails(self, said):
        assert self.run() == 1, self.said()
        assert said in self.said(), self.said()


@pytest.fixture
def pair(tmp_path):
    folder = own_pair(tmp_path / "own", kind="P-256")
    key, crt = ((folder / f"localhost.{end}").read_bytes() for end in ("key", "crt"))
    return key, crt


@pytest.fixture
def worker(tmp_path, capsule, pair):
    run("press", capsule.root, "-o", tmp_path / "edition.db").check()
    handed = Handed("worker", WORKER_NAMES, tmp_path, {
        "settings": WORKER.format(folder=tmp_path).encode(), "tickets": TICKETS,
        "certificates": b"".join(pair), "areas": b""})
    yield handed
    handed.close()


@pytest.fixture
def key(tmp_path, pair):
    handed = Handed("key", KEY_NAMES, tmp_path, {"settings": KEY.encode(), "keys": b"".join(pair)})
    yield handed
    handed.close()


def test_a_worker_begins_with_all_of_it(worker):
    assert worker.run() is None


def test_a_key_process_begins_with_all_of_it(key):
    assert key.run() is None


@pytest.mark.parametrize("name", [name for name in WORKER_NAMES if name != "log"])
def test_a_worker_ends_that_misses_one(worker, name):
    worker.take(name)
    worker.fails("error")


@pytest.mark.parametrize("name", [name for name in KEY_NAMES if name != "log"])
def test_a_key_process_ends_that_misses_one(key, name):
    key.take(name)
    key.fails("error")


def others():
    """Descriptors of another kind."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    return {"a file": os.open(os.devnull, os.O_RDONLY), "memory": Handed.memory(b"x"),
            "a socket": made.detach()}


@pytest.mark.parametrize("kind", ["a file", "memory", "a socket"])
@pytest.mark.parametrize("name", ["control", "key", "listen"])
def test_a_worker_ends_that_is_handed_another(worker, name, kind):
    made = others()
    worker.put(name, made.pop(kind))
    worker.fails("error")
    for fd in made.values():
        os.close(fd)


@pytest.mark.parametrize("kind", ["a file", "memory", "a socket"])
@pytest.mark.parametrize("name", ["control", "socket"])
def test_a_key_process_ends_that_is_handed_another(key, name, kind):
    made = others()
    key.put(name, made.pop(kind))
    key.fails("error")
    for fd in made.values():
        os.close(fd)


@pytest.mark.parametrize("name", ["tls_min", "edition", "statics", "listeners", "sandbox",
                                  "key_process", "log_addresses", "request_burst", "vhost"])
def test_a_worker_needs_every_setting(worker, tmp_path, name):
    lines = WORKER.format(folder=tmp_path).splitlines()
    gone = range(1, 6) if name == "vhost" else [
        i for i, line in enumerate(lines) if line.startswith(f"{name} ")]
    assert gone
    text = "\n".join(line for i, line in enumerate(lines) if i not in gone)
    worker.put("settings", Handed.memory(text.encode()))
    worker.fails(f"settings: no {name}")


@pytest.mark.parametrize("name", ["sockets", "sandbox"])
def test_a_key_process_needs_every_setting(key, name):
    text = "\n".join(line for line in KEY.splitlines() if not line.startswith(name))
    key.put("settings", Handed.memory(text.encode()))
    key.fails(f"settings: no {name}")


# As src/process/message.h has it: more bytes are to follow than there is memory for.
TOO_LARGE = b"\xff\xff\xff\xff"


@pytest.mark.parametrize("kind", [b"C", b"T", b"A"])
def test_a_worker_that_cannot_take_what_is_new_makes_room(worker, kind):
    assert worker.run(kind + TOO_LARGE) == 0
    assert b"M" in worker.heard, worker.said()
    assert "a message of the supervisor is lost" in worker.said()
    assert "makes room for another one, which learns what" in worker.said()


def test_a_key_process_that_cannot_take_what_is_new_ends(key):
    assert key.run(b"K" + TOO_LARGE) == 0
    assert "a message of the supervisor is lost" in key.said()
    assert "the next key process has the new keys" in key.said()
