"""The edition and its folder are damaged, replaced or deleted: the server notices and mends it."""

import contextlib
import os
import shutil
import sqlite3
import time

import pytest

from faults import Readers, workers_of
from program import SLOW, edition_pages, wait_until
from samples import SEED_SLUG, article

ARTICLE = f"/{SEED_SLUG}.gmi"
PIECES = 80
PORT = ("--public-port", "1965")  # the same in all addresses
MEND = 20 * SLOW  # seconds for a reader to meet the damage, and for another edition


@pytest.fixture
def big(capsule):
    """More pages than SQLite keeps in memory."""
    for i in range(PIECES):
        capsule.add(f"piece-{i}.txt",
                    article(f"Piece {i}", body=f"Words of {i}. " * 5000, summary="none"))
    return capsule


def flip_a_word(edition):
    """Other letters in a page that is nowhere else looked at."""
    data = edition.read_bytes()
    at = data.index(b"Words of 7. ")
    edition.write_bytes(data[:at] + b"Werds" + data[at + 5 :])


def cut(edition):
    os.truncate(edition, edition.stat().st_size // 2)


def overwrite(edition):
    size = edition.stat().st_size
    with open(edition, "r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * (size - 8192))


def newer(edition):
    with contextlib.closing(sqlite3.connect(edition)) as database:
        database.execute("PRAGMA user_version = 99")


def not_even_one(edition):
    edition.write_bytes(b"no edition")


def fifo(edition):
    """Nobody will ever write to it."""
    edition.unlink()
    os.mkfifo(edition)


DAMAGES = {
    flip_a_word: "damaged: its pages",
    cut: "damaged",
    overwrite: "damaged",
    newer: "edition of schema 99, this program reads",
    not_even_one: "damaged",
    fifo: "not a regular file",
}
IN_SERVICE = pytest.mark.parametrize("damage", [cut, overwrite], ids=lambda d: d.__name__)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
def test_damage_before_the_start_is_told_and_mended(serve, big, damage):
    first = serve(big, extra=PORT)
    edition = first.state / "edition.db"
    first.stop()
    pages = edition_pages(edition)
    damage(edition)
    server = serve(big, state=first.state, extra=PORT)
    assert edition_pages(edition) == pages
    assert "Words of 7. " in server.get("/piece-7.gmi")
    assert f"{edition}: {DAMAGES[damage]}" in server.log()
    assert "all of the capsule is pressed anew" in server.log()


def test_a_good_edition_is_not_made_again_at_the_start(serve, capsule):
    time.sleep(2.5)  # until the times of the files can be trusted
    first = serve(capsule, extra=PORT)
    first.stop()
    edition = first.state / "edition.db"
    before = edition.stat()
    second = serve(capsule, state=first.state, extra=PORT)
    second.get(ARTICLE)
    assert edition.stat() == before
    assert "anew" not in second.log()


@IN_SERVICE
def test_damage_in_service_is_told_and_mended(serve, big, damage):
    server = serve(big, workers=2)
    edition = server.state / "edition.db"
    pages = edition_pages(edition)
    damage(edition)
    paths = [f"/piece-{i}.gmi" for i in range(PIECES)]

    def all_are_right():
        """No wrong word meanwhile: a page comes as it was, or not."""
        right = 0
        for path in paths:
            answer = server.ask(server.url(path).encode() + b"\r\n")
            if answer.data.startswith(b"20") and answer.clean:
                assert answer.body == pages[path]
                right += 1
            else:
                assert not answer.clean or answer.status == 40, answer.data[:80]
        return right == len(paths)

    wait_until(all_are_right, MEND, "every page")
    assert "an edition in service is damaged" in server.log()
    assert edition_pages(edition) == pages


def test_damage_that_cannot_be_mended_is_told_in_moderation(serve, big):
    server = serve(big, workers=2)
    away = big.root.rename(big.root.with_name("away"))
    wait_until(lambda: "last good edition stays" in server.log(), 15 * SLOW, "the log")
    overwrite(server.state / "edition.db")

    def ask():
        return server.ask(server.url("/piece-50.gmi").encode() + b"\r\n")

    wait_until(lambda: b"40 " in ask().data[:3], 5 * SLOW, "a page that cannot be read")
    end = time.monotonic() + 6
    while time.monotonic() < end:
        ask()
        time.sleep(0.1)
    assert server.log().count("an edition in service is damaged") == 1
    away.rename(big.root)
    (big.articles / "piece-0.txt").touch()
    wait_until(lambda: ask().data.startswith(b"20"), MEND, "the page")


@pytest.mark.parametrize("change", [newer, not_even_one, fifo, os.unlink],
                         ids=lambda change: change.__name__)
def test_what_takes_the_place_of_the_edition_disturbs_nobody(serve, big, change, tmp_path):
    """The one in service stays open; a worker that is started then cannot have it."""
    server = serve(big, workers=2)
    edition = server.state / "edition.db"
    pages, version = edition_pages(edition), _version(edition)
    names = {newer: "schema 99", not_even_one: "damaged", fifo: "not a regular file",
             os.unlink: f"{edition} is gone"}
    with Readers(server, [ARTICLE, "/piece-7.gmi"]) as readers:
        if change is os.unlink:
            edition.unlink()
        else:
            other = shutil.copy(edition, tmp_path / "other.db")
            change(tmp_path / "other.db")
            os.replace(other, edition)
        readers.wait_more(20)
        assert not readers.lost
        workers_of(server)[0].kill()
        wait_until(lambda: edition.exists() and edition.stat().st_size > 10000
                   and _is_whole(edition, pages) and _version(edition) == version, MEND,
                   "a good edition")
        wait_until(lambda: names[change] in server.log(), MEND, "the log")
        readers.wait_more(20)
    told = [answer for _, _, answer in readers.lost if b"41 " not in bytes(str(answer), "utf-8")]
    assert len(told) <= 3, readers.lost  # what the victim had at that moment


def _version(edition):
    with contextlib.closing(sqlite3.connect(f"file:{edition}?immutable=1", uri=True)) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


def _is_whole(edition, pages):
    try:
        return edition_pages(edition) == pages
    except sqlite3.Error:
        return False


# The folder


@pytest.mark.parametrize("comes", [False, True], ids=["deleted", "exchanged"])
def test_a_state_folder_that_goes_is_made_again(serve, big, comes):
    server = serve(big, workers=2)
    with Readers(server, [ARTICLE, "/piece-7.gmi"]) as readers:
        server.state.rename(server.state.with_name("away"))
        if comes:
            server.state.mkdir(mode=0o700)
        shutil.rmtree(server.state.with_name("away"))
        wait_until(lambda: (server.state / "edition.db").exists(), MEND, "another edition")
        big.add("after.txt", article("After it"))
        wait_until(lambda: server.fetch("/after.gmi").status == 20, MEND, "what came after it")
        for worker in server.children():
            worker.kill()
        wait_until(lambda: len(workers_of(server)) == 2, 5 * SLOW, "other workers")
        readers.wait_more(20)
        server.fetch("/after.gmi").check(20)
    assert len(readers.lost) <= 3 * 2, readers.lost  # only what was with killed workers
    assert f"{server.state}: deleted or replaced while it was in use" in server.log()


def test_a_state_folder_that_another_server_took_is_left_to_it(serve, big, capsule):
    first = serve(big, workers=1)
    place = first.state
    place.rename(place.with_name("away"))
    second = serve(big, workers=1, state=place)
    wait_until(lambda: "another server uses this --state folder" in first.log(), MEND, "the log")
    for server in (first, second):
        server.fetch(ARTICLE).check(20)
    assert first.log().count("another server uses") == 1
    second.stop()
    place.rename(place.with_name("theirs"))
    place.with_name("away").rename(place)
    first.fetch(ARTICLE).check(20)
