"""A full disk, a capsule that goes, a clock that is set back, descriptors and memory that run out,
a power cut: what is in service stays, and the log says what is wrong.
"""

import ctypes
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

import program
from faults import Readers, command_line, workers_of
from program import NOBODY, SLOW, edition_pages, wait_until
from samples import LARGE, SEED_SLUG, Capsule, article
from wire import client_context

ARTICLE = f"/{SEED_SLUG}.gmi"
CRLF = b"\r\n"
KEPT = "could not be pressed; the last good edition stays in service"
CLONE_NEWNS, MS_PRIVATE_REC = 0x00020000, 0x44000


def shows(server, path, text, seconds=10.0 * SLOW):
    wait_until(lambda: server.ask(server.url(path).encode() + CRLF).data.find(text.encode()) >= 0,
               seconds, f"{path} says {text!r}")


# The disk


def small_disk(folder):
    """Let this process see a disk of 2 MiB there; to be called between fork and exec."""
    libc = ctypes.CDLL(None, use_errno=True)

    def mount():
        if (libc.unshare(CLONE_NEWNS) != 0
                or libc.mount(b"none", b"/", None, MS_PRIVATE_REC, None) != 0
                or libc.mount(b"none", bytes(folder), b"tmpfs", 0, b"size=2m,mode=700") != 0):
            raise OSError(ctypes.get_errno(), "mount")
    return mount


def test_a_full_disk_keeps_the_last_good_edition(serve, capsule, tmp_path):
    state = tmp_path / "disk"
    state.mkdir()
    try:
        server = serve(capsule, state=state, workers=2, preexec_fn=small_disk(state))
    except subprocess.SubprocessError:
        pytest.skip("nothing can be mounted here")
    disk = Path(f"/proc/{server.process.pid}/root{state}")
    with Readers(server, [ARTICLE]) as readers:
        for i in range(40):
            capsule.add(f"long-{i}.txt",
                        article(f"Long {i}", body="Words. " * 10000, summary="none"))
        capsule.add("late.txt", article("Late"))
        wait_until(lambda: KEPT in server.log(), 20 * SLOW, "the log")
        readers.wait_more()
        assert "database or disk is full" in server.log() or "No space left" in server.log()
        wait_until(lambda: not list(disk.glob("*.new")), 5, "nothing is left of it")
        for path in capsule.articles.glob("long-*"):
            path.unlink()
        wait_until(lambda: server.fetch("/late.gmi").status == 20, 20 * SLOW, "what came late")
    assert not readers.lost


def test_a_disk_that_is_full_for_a_while_needs_nobody(serve, capsule, tmp_path):
    """Nothing in the capsule changes when there is room again."""
    state = tmp_path / "disk"
    state.mkdir()
    try:
        server = serve(capsule, state=state, workers=1, preexec_fn=small_disk(state))
    except subprocess.SubprocessError:
        pytest.skip("nothing can be mounted here")
    filler = Path(f"/proc/{server.process.pid}/root{state}/filler")
    with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"x" * 4096)
    capsule.add("late.txt", article("Late"))
    wait_until(lambda: KEPT in server.log(), 20 * SLOW, "the log")
    server.fetch(ARTICLE).check(20)
    filler.unlink()
    wait_until(lambda: server.fetch("/late.gmi").status == 20, 20 * SLOW, "what came late")


# The capsule


def take_away(capsule):
    shutil.rmtree(capsule.root)


def move_away(capsule):
    capsule.root.rename(capsule.root.with_name("away"))


def replace_by_a_file(capsule):
    move_away(capsule)
    capsule.root.write_text("no folder")


def bring_back(capsule):
    if capsule.root.is_file():
        capsule.root.unlink()
    if capsule.root.with_name("away").exists():
        capsule.root.with_name("away").rename(capsule.root)
    else:
        capsule.articles.mkdir(parents=True)


@pytest.mark.parametrize("change", [take_away, move_away, replace_by_a_file],
                         ids=lambda change: change.__name__)
def test_a_capsule_that_goes_stays_in_service_until_it_is_back(serve, capsule, change):
    for i in range(50):
        capsule.add(f"piece-{i}.txt", article(f"Piece {i}"))
    capsule.static("large.bin", LARGE)
    server = serve(capsule, workers=2)
    with Readers(server, [ARTICLE, "/", "/piece-7.gmi"]) as readers:
        change(capsule)
        wait_until(lambda: KEPT in server.log(), 15 * SLOW, "the log")
        readers.wait_more(20)
        assert f"{capsule.root}: " in server.log()
        assert not readers.lost
    bring_back(capsule)
    capsule.add("back.txt", article("It is back"))
    shows(server, "/back.gmi", "It is back", 15 * SLOW)
    if change is not take_away:
        assert server.fetch("/large.bin").check(20).body == LARGE


@pytest.mark.skipif(os.geteuid() != 0, reason="not root")
def test_a_capsule_that_may_not_be_read_stays_in_service(monkeypatch):
    """As root everything may be read, so the server is nobody, in a folder that he may enter."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as name:
        place = Path(name)
        capsule = Capsule(place / "capsule", seed=True)
        monkeypatch.setattr(program, "BINARY", shutil.copy(program.BINARY, place))
        for part in ("server", "server/certs", "server/state"):
            (place / part).mkdir()
        for path in (place, *place.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        server = program.Server(place / "server", capsule.root, certs=place / "server" / "certs",
                                state=place / "server" / "state", user=NOBODY, group=NOBODY,
                                extra_groups=[])
        try:
            server.wait_ready()
            capsule.root.chmod(0)
            wait_until(lambda: KEPT in server.log(), 15 * SLOW, "the log")
            assert "Permission denied" in server.log()
            server.fetch(ARTICLE).check(20)
            server.process.send_signal(signal.SIGHUP)  # whoever looks now may not watch it
            wait_until(lambda: "cannot watch" in server.log(), 15 * SLOW, "the look")
            capsule.root.chmod(0o755)
            capsule.add("back.txt", article("It is back"))
            shows(server, "/back.gmi", "It is back", 15 * SLOW)
            server.stop()
        finally:
            server.destroy()


# The clock


CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
/* The system's clock, by as many seconds off as a file says, which is open before any sandbox. */
static volatile long *off;
__attribute__((constructor)) static void begin(void)
{
    int fd = open(getenv("CLOCK_OFF"), O_RDONLY | O_CLOEXEC);
    off = mmap(NULL, sizeof *off, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
}
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        now->tv_sec += *off;
    return result;
}
time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
int gettimeofday(struct timeval *out, void *zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}
"""
YEAR = 365 * 24 * 3600


@pytest.fixture
def clock(tmp_path, monkeypatch):
    """clock(seconds) sets the clock of all servers that start now off by that."""
    if program.BUILD.name == "sanitize":
        pytest.skip("the sanitizer wants to be the first library")
    source, library, off = tmp_path / "clock.c", tmp_path / "clock.so", tmp_path / "off"
    source.write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True,
                   timeout=60)

    def put(seconds):
        with open(off, "r+b") as file:
            file.write(seconds.to_bytes(8, sys.byteorder, signed=True))

    off.write_bytes(bytes(8))
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("CLOCK_OFF", str(off))
    return put


def test_a_clock_set_back_by_a_year_changes_nothing_but_the_log(serve, capsule, clock):
    capsule.add("edited.txt", article("Before"))
    server = serve(capsule, workers=2, extra=("--ticket-rotation", "1"))
    context = client_context()
    session = server.fetch(ARTICLE, context=context).session
    with Readers(server, [ARTICLE]) as readers:
        clock(-YEAR)
        readers.wait_more(20)
        answer = server.fetch(ARTICLE, context=context, session=session)
        assert answer.status == 20 and answer.session is not None
        again = server.fetch(ARTICLE, context=context, session=answer.session)
        assert again.resumed, "a ticket of the new time opens nothing"
        for turn in range(3):
            capsule.add("edited.txt", article(f"After {turn}"))
            shows(server, "/edited.gmi", f"# After {turn}", 5 * SLOW)
        victim = workers_of(server)[0]
        victim.kill()
        wait_until(lambda: not victim.alive() and len(workers_of(server)) == 2, 5 * SLOW)
        readers.wait_more(20)
        clock(0)
        readers.wait_more(20)
        capsule.add("edited.txt", article("At last"))
        shows(server, "/edited.gmi", "# At last", 5 * SLOW)
    assert len(readers.lost) <= 3, readers.lost  # what the victim had
    year = time.gmtime(time.time() - YEAR).tm_year
    stamps = [int(line[:4]) for line in server.log().splitlines() if line[:4].isdigit()]
    assert year in stamps and stamps[-1] == time.gmtime().tm_year


def test_a_start_a_year_ago_serves_the_edition_and_its_certificate(serve, capsule, clock):
    first = serve(capsule)
    first.fetch(ARTICLE).check(20)
    first.stop()
    clock(-YEAR)
    second = serve(capsule, state=first.state, certs=first.certs)
    second.fetch(ARTICLE).check(20)
    capsule.add("new.txt", article("A new one"))
    shows(second, "/new.gmi", "A new one")


# Descriptors and memory


def cpu_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_worker_without_descriptors_is_polite_and_idle(serve, capsule):
    server = serve(capsule, workers=1)
    worker, = server.workers(1)
    server.fetch(ARTICLE).check(20)
    before = resource.prlimit(worker.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (0, before[1]))
    used = cpu_seconds(worker)
    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(lambda _: turned_away(server), range(16)))
    time.sleep(2)
    assert cpu_seconds(worker) - used < SLOW, "it looks at what it cannot take again and again"
    assert all(ends)
    assert "no descriptor is left" in server.log() or "nobody is let in" in server.log()
    resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, before)
    wait_until(lambda: answers(server), 5 * SLOW, "an answer")
    assert server.workers(1) == [worker]


def turned_away(server):
    """Is a caller closed, or let wait, rather than told something wrong?"""
    try:
        with closing(server.connect(timeout=1)) as connection:
            connection.handshake()
            return False
    except (OSError, AssertionError):  # TimeoutError and ssl.SSLError are OSErrors
        return True


def answers(server):
    try:
        return server.fetch(ARTICLE).status == 20
    except (OSError, AssertionError):
        return False


@pytest.mark.skipif(program.SLOW > 1, reason="instrumented builds need all there is")
def test_a_worker_without_memory_turns_callers_away_and_recovers(serve, capsule):
    capsule.static("large.bin", LARGE)
    server = serve(capsule, workers=2, extra=("--hang-timeout", "5"))
    victim, other = server.workers(2)
    before = resource.prlimit(victim.pid, resource.RLIMIT_AS)
    size = int(Path(f"/proc/{victim.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(victim.pid, resource.RLIMIT_AS, (size + 512 * 1024, before[1]))
    resource.prlimit(victim.pid, resource.RLIMIT_DATA, (512 * 1024, before[1]))
    used = cpu_seconds(victim)
    start = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(lambda _: answers_whole(server), range(200)))
    took = time.monotonic() - start
    assert any(got), "the other worker is there"
    assert any(why in server.log() for why in ("malloc failure", "out of memory", "init fail"))
    assert other.alive()
    wait_until(lambda: answers(server), 5 * SLOW, "an answer")
    if victim.alive():
        assert cpu_seconds(victim) - used < took + 1.0
        resource.prlimit(victim.pid, resource.RLIMIT_AS, before)
        resource.prlimit(victim.pid, resource.RLIMIT_DATA, before)
    with Readers(server, [ARTICLE, "/large.bin"]) as readers:
        readers.wait_more(60)
    assert not readers.lost
    assert len(workers_of(server)) == 2


def answers_whole(server):
    """Whether a page came; half a page that claims to be whole is a failure."""
    try:
        answer = server.fetch("/large.bin")
    except (OSError, AssertionError):
        return False
    assert answer.status in (20, 40, 41)
    assert answer.status != 20 or answer.body == LARGE
    return answer.status == 20


# Power


def test_a_power_cut_while_pressing_leaves_a_good_edition(serve, tmp_path):
    """All processes at once, at any moment of a press, again and again."""
    dice = random.Random(5)
    capsule = Capsule(tmp_path / "capsule")
    for i in range(300):
        capsule.add(f"piece-{i}.txt", article(f"Piece {i}"))
    state = None
    cut_short = 0
    for turn in range(12):
        server = serve(capsule, workers=1, **({"state": state} if state else {}))
        state = server.state
        server.fetch("/piece-7.gmi").check(20)
        assert [path.name for path in sorted(state.iterdir())] == ["edition.db", "lock"], turn
        before = (state / "edition.db").stat().st_ino
        capsule.conf(language="en" if turn % 2 else "fr")  # all is made anew
        wait_until(lambda s=server, b=before: any(b"press-job" in command_line(p)
                                                  for p in s.children())
                   or (state / "edition.db").stat().st_ino != b, 10 * SLOW, "a press")
        time.sleep(dice.random() * 0.3 * SLOW if turn % 3 else 0)
        family = server.family()
        for process in family:
            process.kill(signal.SIGSTOP)
        for process in family:
            process.kill()
        server.process.wait(5)
        server.check_gone(family)
        server.destroy(family)
        cut_short += (state / "edition.db").stat().st_ino == before
        pages = edition_pages(state / "edition.db")
        assert len(pages) > 300 and all(pages.values()), turn
    assert cut_short > 0, "no press was ever cut short"
    assert "damaged" not in serve(capsule, state=state).log()
