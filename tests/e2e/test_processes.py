"""The processes of a server: one that dies is replaced, and none outlives the server."""

import os
import signal
import socket
import ssl
import subprocess
import time
from contextlib import closing
from concurrent.futures import ThreadPoolExecutor

import pytest

from faults import catch_press
from program import BINARY, SLOW, STOP, Server, wait_until
from samples import LARGE, SEED_SLUG, Capsule, article
from wire import both_versions

ARTICLE = f"/{SEED_SLUG}.gmi"
CRLF = b"\r\n"


@pytest.fixture
def server(serve, capsule):
    capsule.static("large.bin", LARGE)
    return serve(capsule, workers=2)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_there_are_as_many_workers_as_asked_for(serve, capsule, count):
    server = serve(capsule, workers=count)
    assert len(server.workers(count)) == count
    server.fetch(ARTICLE).check(20)


def test_each_worker_that_is_killed_is_replaced(server):
    for victim in server.workers(2):
        victim.kill()
        server.fetch(ARTICLE).check(20)
        wait_until(lambda v=victim: not v.alive() and len(server.children()) == 2, 3 * SLOW,
                   "a new worker")
        server.fetch(ARTICLE).check(20)
    assert len(server.workers(2)) == 2


def test_the_death_of_a_worker_is_logged(server):
    victim = server.workers(2)[0]
    before = len(server.log())
    victim.kill()
    wait_until(lambda: "worker" in server.log()[before:], 5, "a line about it")


def test_requests_go_on_when_all_workers_die_at_once(server):
    for victim in server.workers(2):
        victim.kill()
    wait_until(lambda: answers(server), 5 * SLOW, "an answer")
    server.workers(2)
    server.fetch(ARTICLE).check(20)


def answers(server):
    try:
        return server.fetch(ARTICLE).status == 20
    except (OSError, ssl.SSLError, AssertionError):
        return False


def test_a_worker_that_is_killed_again_and_again_comes_back(server):
    for _ in range(4):
        workers = server.workers(2)
        workers[0].kill()
        wait_until(lambda w=workers: not w[0].alive(), 5)
    assert len(server.workers(2)) == 2
    server.fetch(ARTICLE).check(20)


def test_a_worker_that_dies_now_and_then_is_replaced_at_once(serve, capsule):
    """One that dies again and again at its start is not: each time it takes twice as long."""
    server = serve(capsule, workers=1)
    for _ in range(6):
        worker, = server.workers(1)
        server.fetch(ARTICLE).check(20)
        time.sleep(1.1)  # it has lived long enough to be no hopeless one
        worker.kill()
        start = time.monotonic()
        wait_until(lambda w=worker: not w.alive(), 5)
        server.fetch(ARTICLE).check(20)
        took = time.monotonic() - start
    assert took < 1.4 * SLOW, f"{took:.1f} s"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_a_signal_to_stop_ends_every_process_with_success(server, number):
    server.workers(2)
    server.fetch(ARTICLE).check(20)
    server.stop(number)  # looks at exit status, processes and stderr
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)


@both_versions
def test_stalled_clients_do_not_delay_the_end(server, version):
    with socket.create_connection(("127.0.0.1", server.port)):
        idle = server.connect(version=version).handshake()
        half = server.connect(version=version).handshake()
        half.send(b"gemini://localhost")
        stalled = server.connect(version=version, receive_buffer=4096).handshake()
        stalled.send(server.url("/large.bin").encode() + CRLF)
        stalled.read_some()
        server.stop()
        for connection in (idle, half, stalled):
            connection.close()


@both_versions
def test_a_download_in_progress_is_finished_before_the_end(server, version):
    with closing(server.connect(version=version, receive_buffer=4096)) as connection:
        connection.handshake()
        connection.send(server.url("/large.bin").encode() + CRLF)
        first = connection.read_some()
        server.process.send_signal(signal.SIGTERM)
        assert connection.finish(first).check(20).body == LARGE
    server.stop(None)


def test_the_end_of_the_supervisor_ends_the_workers(server):
    family = server.family()
    server.workers(2)
    server.process.kill()
    server.process.wait(STOP)
    server.check_gone(family, 5 * SLOW)
    server.destroy(family)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
def test_more_signals_during_the_end_do_no_harm(server, number):
    """An impatient Ctrl-C, or a service manager that signals every process there is."""
    family = server.family()
    for _ in range(50):
        for process in family:
            process.kill(number)
    server.stop(None)


def test_a_signal_to_stop_during_the_start_is_obeyed(serve, capsule):
    server = serve.launch(capsule)
    family = server.family()
    server.process.send_signal(signal.SIGTERM)
    code = server.wait_end()
    server.check_gone(family)
    server.destroy()
    assert code in (0, -signal.SIGTERM)


def test_a_server_restarts_at_once_on_its_port(serve, capsule):
    first = serve(capsule)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: first.fetch(ARTICLE), range(20)))
    first.stop()
    second = serve(capsule, listen=(f"127.0.0.1:{first.port}",))
    second.fetch(ARTICLE).check(20)


# Where a server keeps its edition


class Stateless(Server):
    """A server without --state, which finds the place itself."""

    def __init__(self, folder, capsule, home):
        folder.mkdir()
        self.log_path, self.host, self.over = folder / "stderr", "localhost", False
        self.listeners, self._out, self._count = [], b"", 1
        command = [BINARY, "serve", capsule, "--listen", "127.0.0.1:0", "--host", self.host,
                   "--certs", folder, "--workers", "1"]
        environment = {**os.environ, "XDG_STATE_HOME": str(home)}
        environment.pop("STATE_DIRECTORY", None)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True, env=environment)


@pytest.fixture
def serve_stateless(serve, tmp_path):
    """serve_stateless(capsule): all of them in one home, and ended as `serve` ends its own."""
    def start(capsule):
        folder = tmp_path / f"stateless{len(serve.started)}"
        serve.started.append(Stateless(folder, capsule.root, tmp_path / "home"))
        return serve.started[-1].wait_ready()

    return start


def test_capsules_with_like_paths_do_not_share_an_edition(serve_stateless, tmp_path):
    servers = {}
    for name in ("a/b", "a-b"):
        capsule = Capsule(tmp_path / "x" / name)
        capsule.add("name.txt", article(f"The capsule in {name}"))
        servers[name] = serve_stateless(capsule)
    for name, server in servers.items():
        victim = server.workers(1)[0]
        victim.kill()
        wait_until(lambda v=victim: not v.alive(), 5)
        server.workers(1)  # its successor opens the edition anew
        assert server.fetch("/name.gmi").check(20).title == f"The capsule in {name}"
    assert len(list((tmp_path / "home").rglob("edition.db"))) == 2


def test_a_capsule_finds_its_edition_again(serve_stateless, tmp_path):
    capsule = Capsule(tmp_path / "x")
    source = capsule.add("name.txt", article("The only one"))
    serve_stateless(capsule).stop()
    source.unlink()  # nothing is left that could be served but for the edition
    assert serve_stateless(capsule).fetch("/name.gmi").check(20).title == "The only one"


# Press


def test_the_end_of_the_supervisor_ends_its_press(serve, capsule):
    for i in range(200):
        capsule.add(f"piece-{i}.txt", article(f"Piece {i}"))
    server = serve(capsule, workers=1)
    press = catch_press(server, capsule)
    family = server.family()
    assert press.pid in {process.pid for process in family}
    server.process.kill()
    server.process.wait(STOP)
    server.check_gone(family, 5 * SLOW)
    server.destroy(family)


# The log


def test_a_log_that_nobody_reads_ends_nothing(serve, capsule):
    """Press, worker and supervisor write into a pipe whose reader is gone."""
    reader, writer = os.pipe()
    server = serve(capsule, workers=1, preexec_fn=lambda: os.dup2(writer, 2))
    os.close(writer)
    os.close(reader)
    worker, = server.workers(1)
    capsule.add("broken.txt", bytes(range(256)))
    capsule.add("healthy.txt", article("Healthy"))
    wait_until(lambda: server.fetch("/healthy.gmi").status == 20, 15, "the healthy one")
    server.fetch("/broken.gmi").check(51)
    assert worker.alive()
