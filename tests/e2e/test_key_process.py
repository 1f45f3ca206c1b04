"""The private keys in a process of their own, which signs for the workers: --key-process on."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from certificates import KINDS, Certificate, own_pair, presented
from clients import openssl
from program import BUILD, SLOW, Process, _links_of_fds, run, wait_until
from wire import TLS_VERSIONS, Connection, both_versions, client_context, openssl_client

KEY = re.compile(r"broadsheet\[(\d+)\] key: sandbox: (.*)")
ON = ("--key-process", "on")
CONTROL_FD = 3  # src/process/child.h
WORKER_KEY_FD = 9  # src/worker/worker.h
PIDFD_GETFD = 438  # the system call's number
CLIENTS = 4  # that shake hands at the same time, under load


def key_process(server):
    """The newest key process of a server, once it is in its sandbox."""
    def found():
        pids = [int(pid) for pid, _ in KEY.findall(server.log())]
        process = Process.read(pids[-1]) if pids else None
        return process if process and process.parent == server.process.pid else None

    return wait_until(found, 10 * SLOW, "a key process")


def workers(server):
    pids = {int(pid) for pid in re.findall(r"broadsheet\[(\d+)\] worker: ", server.log())}
    return [process for pid in pids if (process := Process.read(pid))]


class Load:
    """Clients that shake hands and ask, one connection after the other, until they are stopped."""

    def __init__(self, server):
        self.server = server
        self.good, self.failures, self.slowest = 0, [], 0.0
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]

    def _run(self):
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                assert self.server.get("/").startswith("# ")
                self.good += 1
            except Exception as failure:  # whatever it is, it is a request that was lost
                self.failures.append(failure)
            self.slowest = max(self.slowest, time.monotonic() - began)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.wait(CLIENTS)
        return self

    def wait(self, more):
        """Until so many more requests have been answered."""
        wanted = self.good + more
        wait_until(lambda: self.good >= wanted or self.failures, 20 * SLOW, f"{more} answers")

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


# Signatures


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_key_is_served(serve, capsule, tmp_path, kind):
    server = serve(capsule, certs=own_pair(tmp_path / "own", kind=kind), workers=1, extra=ON)
    shown = Certificate((tmp_path / "own/localhost.crt").read_bytes()).fingerprint
    for version in TLS_VERSIONS:
        assert server.fetch(version=version).check(20).version == version.name.replace("_", ".")
        assert presented(server, version=version).fingerprint == shown
    request = server.url().encode() + b"\r\n"
    for version in ("-tls1_2", "-tls1_3"):
        assert openssl_client(server.port, request, version).startswith(b"20 text/gemini")


def test_rsa_signs_as_a_client_of_tls12_wishes(serve, capsule, tmp_path):
    certs = own_pair(tmp_path / "own", kind="RSA 2048")
    server = serve(capsule, certs=certs, workers=1, extra=ON)
    request = server.url().encode() + b"\r\n"
    for scheme in ("RSA+SHA256", "RSA+SHA384", "RSA+SHA512", "RSA-PSS+SHA256", "RSA-PSS+SHA512"):
        answer = openssl_client(server.port, request, "-tls1_2", "-sigalgs", scheme)
        assert answer.startswith(b"20 text/gemini"), scheme


@both_versions
def test_sessions_are_resumed_without_a_signature(serve, capsule, version):
    server = serve(capsule, workers=2, extra=ON)
    context = client_context(version)
    session = server.fetch(context=context).check(20).session
    process = key_process(server)
    process.kill(signal.SIGSTOP)
    try:
        assert server.fetch(context=context, session=session).check(20).resumed
    finally:
        process.kill(signal.SIGCONT)


# Where the keys are


def secrets(key):
    """The private number of a P-256 key as it may stand in memory: its bytes in either order."""
    text = openssl("pkey", "-in", key, "-noout", "-text").decode()
    digits = re.search(r"priv:\n([0-9a-f:\s]+)pub:", text)[1]
    number = int(re.sub(r"[:\s]", "", digits), 16).to_bytes(32, "big")
    return number, number[::-1]


def holds(pid, needles):
    """Is one of these in a part of the process's memory that can be written?"""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            bounds, rights = line.split()[:2]
            start, end = (int(number, 16) for number in bounds.split("-"))
            if "w" not in rights or end - start > 1 << 32:
                continue
            try:
                memory.seek(start)
                part = memory.read(end - start)
            except (OSError, OverflowError):
                continue
            if any(needle in part for needle in needles):
                return True
    return False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read another process's memory")
@pytest.mark.parametrize("apart", ["on", "off"])
def test_the_key_is_in_the_memory_of_the_key_process_alone(serve, capsule, apart):
    server = serve(capsule, workers=2, extra=("--sandbox", "off", "--key-process", apart))
    for version in TLS_VERSIONS * 4:
        server.fetch(version=version).check(20)
    needles = secrets(server.certs / "localhost.key")
    children = {child.pid: Path(f"/proc/{child.pid}/cmdline").read_bytes().split(b"\0")[1]
                for child in server.children()}
    assert sorted(children.values()) == ([b"key"] if apart == "on" else []) + [b"worker"] * 2
    for pid, name in children.items():
        expected = name == b"key" or apart == "off"
        assert holds(pid, needles) == expected, f"{name.decode()} {pid}"


def test_the_key_process_can_do_next_to_nothing(serve, capsule):
    server = serve(capsule, workers=2, extra=ON)
    process = key_process(server)
    told = KEY.findall(server.log())[-1][1]
    assert "not dumpable" in told
    if ": no (" not in told:
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search(r"^Seccomp:\s+2$", status, re.MULTILINE)
    links = _links_of_fds(process.pid)
    assert not [link for link in links if link.startswith("/") and "memfd" not in link
                and link not in ("/dev/null", str(server.log_path))], links
    inode = [link for link in links if link.startswith("socket:")]
    assert len(inode) == 4, "the control stream, one for the log, and a socket for each worker"


# When it dies or hangs


def test_handshakes_survive_the_death_of_the_key_process(serve, capsule):
    server = serve(capsule, workers=2, extra=ON)
    with Load(server) as load:
        for _ in range(3):
            before = key_process(server)
            before.kill()
            load.wait(50)
            wait_until(lambda before=before: key_process(server).pid != before.pid, 10 * SLOW,
                       "another key process")
    assert not load.failures, load.failures[0]
    assert load.slowest < 3 * SLOW, "a handshake waited longer than it takes to ask again"
    assert server.log().count("ended by signal 9; another one takes its place") == 3


def test_a_worker_that_dies_finds_the_key_process_again(serve, capsule):
    server = serve(capsule, workers=1, extra=ON)
    server.fetch().check(20)
    before = workers(server)[0]
    before.kill()
    server.fetch().check(20)
    assert workers(server)[0].pid != before.pid


def test_a_hung_key_process_disturbs_nobody_who_has_shaken_hands(serve, capsule):
    server = serve(capsule, workers=1, extra=ON)
    request = server.url().encode() + b"\r\n"
    with closing(server.connect()) as ready, closing(server.connect()) as late:
        ready.handshake()
        process = key_process(server)
        process.kill(signal.SIGSTOP)
        try:
            with closing(Connection(server.port, timeout=0.3)) as waits:
                with pytest.raises(TimeoutError):
                    waits.handshake()
            ready.send(request)
            assert ready.finish().check(20)
        finally:
            process.kill(signal.SIGCONT)
        late.handshake()
        late.send(request)
        assert late.finish().check(20)


def test_a_key_process_that_stays_silent_ends_the_handshake(serve, capsule):
    server = serve(capsule, workers=1, extra=ON)
    process = key_process(server)
    process.kill(signal.SIGSTOP)
    try:
        answer = openssl_client(server.port, server.url().encode() + b"\r\n")
    finally:
        process.kill(signal.SIGCONT)
    assert answer == b""
    wait_until(lambda: "the key process does not answer" in server.log(), 5, "the line in the log")
    server.fetch().check(20)


def test_a_hung_key_process_is_killed_and_another_one_signs(serve, capsule):
    server = serve(capsule, workers=1, extra=(*ON, "--hang-timeout", "1"))
    before = key_process(server)
    before.kill(signal.SIGSTOP)
    server.fetch().check(20)
    assert key_process(server).pid != before.pid
    assert f"key process {before.pid} has said nothing for 1 s and is killed" in server.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_for_all_processes_ends_no_handshake(serve, capsule, number):
    """The workers get it, too, and have handshakes to finish: it ends when they have."""
    server = serve(capsule, workers=1, extra=ON)
    process = key_process(server)
    process.kill(number)
    server.fetch().check(20)
    assert key_process(server) == process


def taken(process, number):
    """A socket that a process has: what we do with it, it could do itself."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(os.pidfd_open(process.pid)) as pidfd:
        fd = libc.syscall(PIDFD_GETFD, pidfd.fileno(), number, 0)
    assert fd >= 0, os.strerror(ctypes.get_errno())
    return socket.socket(fileno=fd)


def shut(process, number):
    with taken(process, number) as theirs:
        theirs.shutdown(socket.SHUT_WR)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take another process's descriptor")
def test_a_socket_that_a_worker_has_shut_is_another_for_the_next_one(serve, capsule):
    server = serve(capsule, workers=1, extra=ON)
    process, victim = key_process(server), workers(server)[0]
    shut(victim, WORKER_KEY_FD)
    wait_until(lambda: key_process(server).pid != process.pid, 10 * SLOW, "another key process")
    victim.kill()
    server.fetch().check(20)
    assert "a worker has shut its socket" in server.log()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take another process's descriptor")
def test_a_worker_that_shuts_its_socket_and_dies_leaves_the_next_a_whole_one(serve, capsule):
    server = serve(capsule, workers=1, extra=ON)
    process, victim = key_process(server), workers(server)[0]
    shut(victim, WORKER_KEY_FD)
    victim.kill()
    wait_until(lambda: key_process(server).pid != process.pid, 10 * SLOW, "another key process")
    server.fetch().check(20)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take another process's descriptor")
def test_a_worker_whose_socket_another_one_shuts_makes_room(serve, capsule):
    """The one before it in its place, which finishes what it has begun, has the same socket."""
    def another(*known):
        wait_until(lambda: {*workers(server)} - {*known}, 10 * SLOW, "another worker")
        return ({*workers(server)} - {*known}).pop()

    server = serve(capsule, workers=1, extra=ON)
    process, first = key_process(server), workers(server)[0]
    first.kill(signal.SIGSTOP)
    with taken(first, CONTROL_FD) as control:
        control.send(b"M")
    second = another(first)
    shut(first, WORKER_KEY_FD)
    wait_until(lambda: key_process(server).pid != process.pid, 10 * SLOW, "another key process")
    first.kill()
    another(first, second)
    server.fetch().check(20)
    assert f"worker {second.pid} makes room" in server.log()


# Another log, another configuration


def renew(server):
    run("cert", "renew", "--certs", server.certs, "localhost", "--new-key").check()
    for old in server.certs.glob("*.old"):
        old.unlink()


def test_a_key_process_that_dies_of_new_keys_finishes_with_the_old_ones(serve, capsule):
    """Who has begun to shake hands was shown the certificate before."""
    server = serve(capsule, workers=1, extra=(*ON, "--hang-timeout", "0"))
    before, process = presented(server).fingerprint, key_process(server)
    with closing(server.connect()) as begun:
        process.kill(signal.SIGSTOP)
        waits = threading.Thread(target=begun.handshake)
        waits.start()
        renew(server)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "another certificate is in use" in server.log(), 5 * SLOW, "the log")
        process.kill()
        waits.join(20 * SLOW)
        begun.send(server.url().encode() + b"\r\n")
        begun.finish().check(20)
        shown = begun.tls.getpeercert(binary_form=True)
    assert Certificate(shown).fingerprint == before
    wait_until(lambda: presented(server).fingerprint != before, 5 * SLOW, "another certificate")


def test_its_lines_go_to_another_log(serve, capsule, tmp_path):
    log = tmp_path / "log"
    server = serve(capsule, workers=1, extra=(*ON, "--log", log, "--hang-timeout", "0"))
    process, = (child for child in server.children()
                if Path(f"/proc/{child.pid}/cmdline").read_bytes().split(b"\0")[1] == b"key")
    log.rename(tmp_path / "before")
    server.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: os.readlink(f"/proc/{process.pid}/fd/2") == str(log), 5 * SLOW,
               "the new file")
    # It hears of two other keys at once, then of a handshake with the first.
    process.kill(signal.SIGSTOP)
    try:
        for count in (1, 2):
            renew(server)
            wait_until(lambda count=count: log.read_text().count("another certificate") == count,
                       10 * SLOW, "the new certificate is seen")
        late = server.connect(timeout=20 * SLOW)
        late.deadline = time.monotonic() + SLOW
        with pytest.raises(TimeoutError):
            late.handshake()
    finally:
        process.kill(signal.SIGCONT)
    said = f"broadsheet[{process.pid}] key: warning: a signature was asked for with a key"
    wait_until(lambda: said in log.read_text(), 10 * SLOW, "its line")
    late.close()
    assert said not in (tmp_path / "before").read_text()


DIES = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* A key process ends as soon as it begins. */
__attribute__((constructor)) static void begin(void)
{
    char line[64] = {0};
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, line, sizeof line - 1);
    close(fd);
    if (n > 0 && strcmp(line + strlen(line) + 1, "key") == 0)
        _exit(1);
}
"""


def test_no_configuration_is_taken_whose_key_process_does_not_start(serve, capsule, tmp_path,
                                                                    monkeypatch):
    """Nor does any worker start, which would take callers away and keep them waiting."""
    if BUILD.name == "sanitize":
        pytest.skip("the sanitizer wants to be the first library")
    (tmp_path / "dies.c").write_text(DIES)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "dies.so", tmp_path / "dies.c"],
                   check=True, timeout=60)
    monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "dies.so"))
    conf = tmp_path / "conf"
    conf.write_text("")
    server = serve(capsule, workers=1, extra=("--config", conf))
    conf.write_text('key-process = "on"\n')
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the key process does not start" in server.log(), 20 * SLOW, "it is told")
    assert "the configuration before stays in service" in server.log()
    assert len(workers(server)) == 1
    server.fetch().check(20)


def test_a_handshake_outlives_the_configuration(serve, capsule, tmp_path):
    conf = tmp_path / "conf"
    conf.write_text('key-process = "on"\n')
    server = serve(capsule, workers=1, extra=("--config", conf))
    process = key_process(server)
    worker = workers(server)[0]
    process.kill(signal.SIGSTOP)
    try:
        with closing(server.connect(timeout=20 * SLOW)) as late:
            late.deadline = time.monotonic() + 0.3 * SLOW
            with pytest.raises(TimeoutError):
                late.handshake()
            late.deadline = time.monotonic() + 20 * SLOW
            conf.write_text('key-process = "off"\n')
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "configuration read again" in server.log(), 20 * SLOW, "it is read")
            server.fetch().check(20)
            assert process.alive() and worker.alive()
            process.kill(signal.SIGCONT)
            late.handshake()
            late.send(server.url().encode() + b"\r\n")
            late.finish().check(20)
    finally:
        process.kill(signal.SIGCONT)
    wait_until(lambda: not process.alive() and not worker.alive(), 10 * SLOW, "both have ended")
    assert "ended by signal" not in server.log()


def test_a_worker_that_makes_room_leaves_the_answers_to_the_next_one(serve, capsule):
    """Both have the same socket to the key process for as long as the first has a client."""
    static = capsule.root / "static"
    capsule.static("large.bin", bytes(64) * 1024 * 1024)
    server = serve(capsule, workers=1, extra=ON)
    with closing(server.connect(receive_buffer=4096, timeout=60 * SLOW)) as slow:
        slow.handshake()
        slow.send(server.url("/large.bin").encode() + b"\r\n")
        slow.read_some()
        other = static.with_name("other")
        other.mkdir()
        (other / "word.txt").write_text("word\n")
        static.rename(static.with_name("old"))
        other.rename(static)
        wait_until(lambda: len(workers(server)) == 2, 10 * SLOW, "the next worker")
        with Load(server) as load:
            load.wait(200)
        assert not load.failures, load.failures[0]
        assert load.slowest < 0.5 * SLOW, "an answer was lost and asked for again"


# Other certificates


def test_another_key_is_taken_under_load(serve, capsule):
    server = serve(capsule, workers=2, extra=ON)
    with Load(server) as load:
        for _ in range(2):
            renew(server)
            shown = Certificate((server.certs / "localhost.crt").read_bytes()).fingerprint
            wait_until(lambda shown=shown: presented(server).fingerprint == shown, 10 * SLOW,
                       "the new certificate")
            load.wait(20)
    assert not load.failures, load.failures[0]
    assert "not here" not in server.log(), "workers heard of the key before the key process"


def test_it_is_on_or_off(capsule):
    done = run("serve", capsule.root, "--key-process", "maybe").check(2)
    assert "key-process: neither on nor off: maybe" in done.err
