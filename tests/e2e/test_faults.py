"""Processes of a server that die or hang while clients read: nobody else notices."""

import shutil
import signal
import time
from contextlib import closing

import pytest

from faults import Readers, catch_press, workers_of
from program import BUILD, SLOW, wait_until
from samples import LARGE, SEED_SLUG, article

ARTICLE = f"/{SEED_SLUG}.gmi"
CRLF = b"\r\n"
HANG = ("--hang-timeout", "2")
# AddressSanitizer makes an exit status of a SIGSEGV.
ENDINGS = pytest.mark.parametrize("number", [
    signal.SIGKILL,
    pytest.param(signal.SIGSEGV, marks=pytest.mark.skipif(BUILD.name == "sanitize",
                                                          reason="the sanitizer's own")),
], ids=lambda n: n.name)


@pytest.fixture
def big(capsule):
    """A capsule whose press takes a moment, with a file that takes a reader one."""
    for i in range(200):
        capsule.add(f"piece-{i}.txt", article(f"Piece {i}"))
    capsule.static("large.bin", LARGE)
    return capsule


def held(server, worker, **options):
    """A connection that this worker has accepted and has shaken hands with."""
    for _ in range(200):
        connection = server.connect(**options).handshake()
        if server.worker_of(connection) == worker.pid:
            return connection
        connection.close()
    raise AssertionError("this worker takes no connection")


def finish(server, connection, path=ARTICLE):
    connection.send(server.url(path).encode() + CRLF)
    return connection.finish().check(20)


# Workers


@ENDINGS
def test_a_worker_that_dies_under_load_takes_only_its_own_along(serve, big, number):
    server = serve(big, workers=2)
    victim, other = server.workers(2)
    with Readers(server, [ARTICLE, "/large.bin"]) as readers:
        with closing(held(server, other)) as connection:
            victim.kill(number)
            finish(server, connection)
        wait_until(lambda: len(workers_of(server)) == 2 and not victim.alive(), SLOW, "a new one")
        readers.wait_more(30)
    assert len(readers.lost) <= 3, readers.lost  # what the victim had at that moment
    assert f"worker {victim.pid} ended by signal {int(number)}" in server.log()
    assert other.alive()


@ENDINGS
def test_the_only_worker_is_back_within_a_second(serve, capsule, number):
    server = serve(capsule, workers=1)
    victim, = server.workers(1)
    victim.kill(number)
    wait_until(lambda: not victim.alive(), 5 * SLOW)
    start = time.monotonic()
    server.fetch(ARTICLE).check(20)  # the kernel keeps the caller until then
    assert time.monotonic() - start < SLOW


def test_a_worker_that_hangs_is_replaced_and_the_others_go_on(serve, big):
    server = serve(big, workers=2, extra=HANG)
    victim, other = server.workers(2)
    with Readers(server, [ARTICLE, "/large.bin"]) as readers:
        with closing(held(server, victim)) as stuck:
            victim.kill(signal.SIGSTOP)
            start = time.monotonic()
            readers.wait_more(30, 1.5 * SLOW)  # whoever comes now comes to the other one
            wait_until(lambda: not victim.alive(), 10 * SLOW, "the end of the one that hangs")
            assert time.monotonic() - start >= 1.9
            wait_until(lambda: len(workers_of(server)) == 2, SLOW, "a new one")
            assert not stuck.finish().clean  # its end, at last
        readers.wait_more(30)
    assert len(readers.lost) <= 3, readers.lost
    assert f"worker {victim.pid} has said nothing for 2 s and is killed" in server.log()
    assert other.alive()


def test_processes_that_were_stopped_together_are_not_thought_to_hang(serve, capsule):
    """A machine that slept, or Ctrl-Z: nobody's time has passed."""
    server = serve(capsule, workers=2, extra=HANG)
    family = server.family()
    workers = server.workers(2)
    for process in family:
        process.kill(signal.SIGSTOP)
    time.sleep(4)  # twice as long as a worker may be silent
    for process in reversed(family):
        process.kill(signal.SIGCONT)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        server.fetch(ARTICLE).check(20)
        time.sleep(0.1)
    assert server.workers(2) == workers
    assert "is killed" not in server.log()


def test_with_no_limit_a_silent_worker_is_left_alone(serve, capsule):
    """As for a debugger."""
    server = serve(capsule, workers=2, extra=("--hang-timeout", "0"))
    victim, _ = server.workers(2)
    victim.kill(signal.SIGSTOP)
    time.sleep(3)
    assert victim.alive()
    victim.kill(signal.SIGCONT)
    server.fetch(ARTICLE).check(20)


def test_a_worker_that_hangs_at_the_end_does_not_delay_it(serve, capsule):
    server = serve(capsule, workers=2, extra=HANG)
    server.workers(2)[0].kill(signal.SIGSTOP)
    start = time.monotonic()
    server.stop()
    assert time.monotonic() - start < 9.5


def test_workers_that_die_again_and_again_are_started_ever_later(serve, capsule):
    server = serve(capsule, workers=1)
    gaps = []
    for _ in range(6):
        victim, = wait_until(lambda: workers_of(server), 10 * SLOW, "a worker")
        victim.kill()
        wait_until(lambda v=victim: not v.alive(), 5)
        start = time.monotonic()
        wait_until(lambda: workers_of(server), 10 * SLOW, "another one")
        gaps.append(time.monotonic() - start)
    least = [0.05 * 2**i for i in range(6)]
    assert all(gap > 0.8 * wanted for gap, wanted in zip(gaps, least)), gaps
    assert "worker: 6 have died in a row; the next one starts in 1600 ms" in server.log()
    server.fetch(ARTICLE).check(20)


# Press


@ENDINGS
def test_a_press_that_dies_under_load_is_made_again(serve, big, number):
    server = serve(big, workers=2)
    with Readers(server, [ARTICLE, "/large.bin"]) as readers:
        press = catch_press(server, big)
        press.kill(signal.SIGCONT)
        press.kill(number)
        wait_until(lambda: server.fetch("/name.gmi").status == 20, 20 * SLOW, "the article")
        readers.wait_more()
    assert not readers.lost
    assert f"press ended by signal {int(number)}" in server.log()
    assert "the last good edition stays in service" in server.log()
    assert sorted(path.name for path in server.state.iterdir()) == ["edition.db", "lock"]


def test_a_press_that_hangs_is_ended_and_made_again(serve, big):
    server = serve(big, workers=2, extra=("--press-timeout", "3"))
    with Readers(server, [ARTICLE, "/large.bin"]) as readers:
        press = catch_press(server, big)
        wait_until(lambda: not press.alive(), 10 * SLOW, "its end")
        wait_until(lambda: server.fetch("/name.gmi").status == 20, 20 * SLOW, "the article")
        readers.wait_more()
    assert not readers.lost
    assert "press has not ended after 3 s and is killed" in server.log()


# Another static/ in place


def swap(static, text):
    other = static.with_name("other")
    shutil.copytree(static, other)
    (other / "word.txt").write_text(text)
    static.rename(static.with_name("old"))
    other.rename(static)
    shutil.rmtree(static.with_name("old"))


def shows(server, text):
    wait_until(lambda: server.get("/word.txt") == text, 10 * SLOW, "the word")


def test_no_caller_is_turned_away_while_all_workers_make_room(serve, big):
    big.static("word.txt", "word 0\n")
    server = serve(big, workers=2)
    before = {worker.pid for worker in server.workers(2)}
    with Readers(server, [ARTICLE], threads=4) as readers:
        for turn in range(1, 6):
            swap(big.root / "static", f"word {turn}\n")
            shows(server, f"word {turn}\n")
    assert not readers.lost
    assert not before & {worker.pid for worker in server.workers(2)}
    assert "in a row" not in server.log()


def test_slow_readers_keep_nobody_waiting_and_are_not_cut_off_by_a_swap(serve, big):
    big.static("word.txt", "word 0\n")
    server = serve(big, workers=2)
    slow = []
    for worker in server.workers(2):
        slow.append(held(server, worker, receive_buffer=4096, timeout=60))
        slow[-1].send(server.url("/large.bin").encode() + CRLF)
    first = [connection.read_some() for connection in slow]
    with Readers(server, [ARTICLE]) as readers:
        swap(big.root / "static", "word 1\n")
        shows(server, "word 1\n")
        time.sleep(6)  # longer than a server that stops would wait for them
        readers.wait_more()
    assert not readers.lost
    assert readers.slowest < 2 * SLOW, "callers waited for slow readers"
    for connection, start in zip(slow, first):
        assert connection.finish(start).check(20).body == LARGE
        connection.close()
    wait_until(lambda: len(workers_of(server)) == 2, 10 * SLOW, "the end of those that made room")


def test_a_server_stops_while_workers_make_room(serve, big):
    server = serve(big, workers=1)
    worker, = server.workers(1)
    with closing(held(server, worker, receive_buffer=4096)) as slow:
        slow.send(server.url("/large.bin").encode() + CRLF)
        slow.read_some()
        swap(big.root / "static", "word 1\n")
        wait_until(lambda: len(workers_of(server)) == 2, 10 * SLOW, "the next one")
        server.stop()
