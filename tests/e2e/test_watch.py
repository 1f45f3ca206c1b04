"""A running server and its capsule: what changes in the folder shows in the next request."""

import os
import re
import signal
import threading
import time
from contextlib import closing

import pytest

from program import SLOW, wait_until
from samples import LARGE, SEED_SLUG, SEED_TITLE, article, next_link, previous_link

WITHIN = 1.0 * SLOW  # seconds from a change in the folder to the page that shows it
ARTICLE = f"/{SEED_SLUG}.gmi"


@pytest.fixture
def server(serve, capsule):
    """One worker: two may take up a new edition some milliseconds apart."""
    capsule.add("stable.txt", article("Stable", date="2024-01-01"))
    return serve(capsule, workers=1)


def shows(condition, what):
    """Wait generously, then judge the time: a slow change and a lost one read differently."""
    start = time.monotonic()
    wait_until(condition, 15, what)
    took = time.monotonic() - start
    assert took <= WITHIN, f"{what}: after {took:.2f} s"


def status(server, path):
    return server.fetch(path).status


def reported(server, *words, before=0):
    """The log lines, after its first `before` characters, that hold all words."""
    return [line for line in server.log()[before:].splitlines() if all(w in line for w in words)]


def replace(path, text):
    """Change a file in one step, as careful editors do."""
    draft = path.with_name(f".{path.name}.swp")
    draft.write_text(text, "utf-8")
    os.replace(draft, path)


# Changes


def test_an_edited_article_shows_within_a_second(server, capsule):
    capsule.add("stable.txt", article("Stable", body="Now it says this."))
    shows(lambda: "\nNow it says this.\n" in server.get("/stable.gmi"), "the edit")
    assert "2024-01-01" not in server.get("/"), "the date went with the front matter"


def test_an_article_replaced_by_renaming_shows_within_a_second(server, capsule):
    replace(capsule.articles / "stable.txt", article("Stable", body="Renamed into place."))
    shows(lambda: "\nRenamed into place.\n" in server.get("/stable.gmi"), "the edit")


def test_a_title_changed_in_a_settled_capsule_shows_on_all_pages(server, capsule):
    """Two seconds later nothing else is read again: the other pages are made around their text."""
    capsule.add("before.txt", article("Before", date="2023-12-31", body="Text before."))
    capsule.add("after.txt", article("After", date="2024-01-02", body="Text after."))
    shows(lambda: status(server, "/after.gmi") == 20, "the new articles")
    time.sleep(2.5)
    capsule.add("stable.txt", article("Renamed", date="2024-01-01"))
    shows(lambda: server.get("/stable.gmi").startswith("# Renamed\n"), "the title")
    links = {"before": next_link("stable", "Renamed"), "after": previous_link("stable", "Renamed")}
    for slug, link in links.items():
        page = server.get(f"/{slug}.gmi")
        assert link in page and f"\n\nText {slug}.\n\n" in page
        assert link in server.get(f"/{slug}-summary.gmi")
    assert "=> stable.gmi 2024-01-01 Renamed\n" in server.get("/")


def test_what_an_editor_saves_beside_an_article_presses_nothing(server, capsule):
    edition = next(server.state.glob("**/edition.db"))
    before = edition.stat().st_ino
    capsule.add(".stable.txt.swp", "half a sent")
    capsule.add("stable.txt~", "the text before")
    time.sleep(0.5)
    assert edition.stat().st_ino == before


def test_an_added_article_shows_within_a_second_everywhere(server, capsule):
    server.fetch("/fresh.gmi").check(51)
    capsule.add("fresh.txt", article("Fresh", date="2024-02-01"))
    shows(lambda: status(server, "/fresh.gmi") == 20, "the new article")
    assert "=> fresh.gmi 2024-02-01 Fresh\n" in server.get("/")
    assert next_link("fresh", "Fresh") in server.get("/stable.gmi")
    assert previous_link("stable", "Stable") in server.get("/fresh.gmi")
    assert server.url("/fresh-summary.gmi") in server.get("/urls.txt").splitlines()


def test_a_removed_article_is_gone_within_a_second_everywhere(server, capsule):
    (capsule.articles / "stable.txt").unlink()
    shows(lambda: status(server, "/stable.gmi") == 51, "the removal")
    server.fetch("/stable-summary.gmi").check(51)
    assert "stable.gmi" not in server.get("/") + server.get("/urls.txt")


def test_a_renamed_article_moves_within_a_second(server, capsule):
    (capsule.articles / "stable.txt").rename(capsule.articles / "moved.txt")
    shows(lambda: status(server, "/moved.gmi") == 20, "the new name")
    server.fetch("/stable.gmi").check(51)


def test_a_folder_of_articles_made_later_is_watched_too(server, capsule):
    capsule.add("later/one.txt", article("One"))
    shows(lambda: status(server, "/one.gmi") == 20, "the article in a new folder")
    capsule.add("later/two.txt", article("Two"))
    shows(lambda: status(server, "/two.gmi") == 20, "the second article there")
    capsule.add("later/deeper/three.txt", article("Three"))
    shows(lambda: status(server, "/three.gmi") == 20, "an article two folders down")


def test_a_sidecar_added_or_removed_shows_within_a_second(server, capsule):
    meta = capsule.add(f"{SEED_SLUG}.meta", "date: 2023-12-31\n")
    shows(lambda: f"=> {SEED_SLUG}.gmi 2023-12-31 {SEED_TITLE}" in server.get("/"), "the date")
    meta.unlink()
    shows(lambda: "2023-12-31" not in server.get("/"), "the removal")


def test_static_files_show_change_and_go_within_a_second(server, capsule):
    path = capsule.static("notes/new.gmi", "# New\n")
    shows(lambda: status(server, "/notes/new.gmi") == 20, "the new file")
    path.write_text("# Changed, and longer\n")
    shows(lambda: server.get("/notes/new.gmi") == "# Changed, and longer\n", "the change")
    path.unlink()
    shows(lambda: status(server, "/notes/new.gmi") == 51, "the removal")


def test_a_change_of_the_same_length_is_seen(server, capsule):
    path = capsule.static("same.txt", "one")
    shows(lambda: status(server, "/same.txt") == 20, "the new file")
    path.write_text("two")
    shows(lambda: server.get("/same.txt") == "two", "the change")


def test_a_file_replaced_during_its_download_arrives_whole(server, capsule):
    path = capsule.static("large.bin", LARGE)
    wait_until(lambda: server.fetch("/large.bin").body == LARGE, 15, "the new file")
    with closing(server.connect(receive_buffer=4096)) as connection:
        connection.handshake()
        connection.send(server.url("/large.bin\r\n").encode())
        first = connection.read_some()
        replace(path, "It is short now.\n")
        shows(lambda: server.fetch("/large.bin").body == b"It is short now.\n", "the new file")
        assert connection.finish(first).check(20).body == LARGE


def test_the_capsules_settings_show_within_a_second(server, capsule):
    capsule.conf(title="Another Name", language="en")
    shows(lambda: server.get("/").startswith("# Another Name\n"), "the title")


def test_summaries_turned_off_and_on_show_within_a_second(server, capsule):
    capsule.conf(title="T", summary="none")
    shows(lambda: status(server, "/stable-summary.gmi") == 51, "no summaries")
    server.fetch(f"/{SEED_SLUG}-summary.gmi").check(51)
    assert "-summary.gmi" not in server.get(ARTICLE) + server.get("/urls.txt")
    capsule.conf(title="T", summary="auto")
    shows(lambda: status(server, "/stable-summary.gmi") == 20, "summaries again")
    assert f"=> {SEED_SLUG}-summary.gmi " in server.get(ARTICLE)
    capsule.add("stable.txt", article("Stable", date="2024-01-01", summary="none"))
    shows(lambda: status(server, "/stable-summary.gmi") == 51, "no summary of one")
    assert "-summary.gmi" not in server.get("/stable.gmi")
    server.fetch(f"/{SEED_SLUG}-summary.gmi").check(20)


def test_a_wrong_word_on_summaries_is_told_and_changes_nothing(server, capsule):
    capsule.conf(title="Another", summary="maybe")
    wait_until(lambda: reported(server, "capsule.conf", "summary", "maybe"), 15, "the message")
    assert not server.get("/").startswith("# Another\n")
    server.fetch("/stable-summary.gmi").check(20)


def test_every_worker_shows_a_change_within_a_second(serve, capsule):
    server = serve(capsule, workers=3)
    unseen = {process.pid for process in server.workers(3)}

    def ask():
        """The worker that took the connection, and the status of its answer."""
        with closing(server.connect()) as connection:
            connection.handshake()
            worker = server.worker_of(connection)
            connection.send(server.url("/fresh.gmi\r\n").encode())
            return worker, connection.finish().check().status

    if ask()[0] is None and os.geteuid() != 0:
        pytest.skip("this user may not look into the workers")
    capsule.add("fresh.txt", article("Fresh"))
    end = time.monotonic() + WITHIN
    while time.monotonic() < end:
        ask()
    stopped = []
    try:
        while unseen:  # whoever has answered is stopped, so that the next connection is another's
            worker, seen = ask()
            assert seen == 20, f"worker {worker} still has the old edition"
            assert worker in unseen, f"worker {worker} was not to take a connection"
            unseen.discard(worker)
            os.kill(worker, signal.SIGSTOP)
            stopped.append(worker)
    finally:
        for worker in stopped:
            os.kill(worker, signal.SIGCONT)


def test_many_changes_at_once_all_show(server, capsule):
    for i in range(100):
        capsule.add(f"many-{i}.txt", article(f"Many {i}", date="2024-03-01"))
    wait_until(lambda: status(server, "/many-99.gmi") == 20, 15 * SLOW, "the last of them")
    listed = server.get("/urls.txt")
    assert all(server.url(f"/many-{i}.gmi\n") in listed for i in range(100))


def test_no_request_ever_sees_a_half_made_capsule(serve, capsule):
    capsule.add("stable.txt", article("Stable"))
    server = serve(capsule, workers=2)
    parts = 200

    def write(number):
        body = "\n\n".join(f"Part {i} of edition {number}." for i in range(parts))
        replace(capsule.articles / "stable.txt", article("Stable", body=body))

    def is_live(number):
        return f" of edition {number}.\n" in server.get("/stable.gmi")

    stop, problems, seen = threading.Event(), [], set()
    part = re.compile(r"^Part \d+ of edition (\d+)\.$", re.M)

    def read():
        while not stop.is_set():
            try:
                found = part.findall(server.get("/stable.gmi"))
                if len(found) != parts or len(set(found)) != 1:
                    problems.append(f"{len(found)} parts of {set(found)}")
                seen.update(found)
                for path in ("/", ARTICLE, "/stable-summary.gmi", "/urls.txt"):
                    server.get(path)
            except (AssertionError, OSError) as failure:
                problems.append(repr(failure))

    write(0)
    wait_until(lambda: is_live(0), 15, "edition 0")
    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(1, 11):
            write(number)
            wait_until(lambda n=number: is_live(n), 15, f"edition {number}")
    finally:
        stop.set()
        reader.join(30)
    assert not problems, problems[:3]
    assert len(seen) >= 3, f"the reader saw too little: {seen}"


# Mistakes


BAD = {"empty": b"", "blank": b" \n\n", "binary": bytes(range(256)) * 8}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_a_broken_article_is_reported_and_left_out(server, capsule, data):
    before = len(server.log())
    capsule.add("broken.txt", data)
    capsule.add("healthy.txt", article("Healthy"))
    wait_until(lambda: status(server, "/healthy.gmi") == 20, 15, "the healthy one")
    assert reported(server, "broken.txt", before=before)
    server.fetch("/broken.gmi").check(51)
    assert "broken" not in server.get("/") + server.get("/urls.txt")
    assert server.get(ARTICLE).startswith(f"# {SEED_TITLE}\n")


def test_an_unreadable_article_is_reported_and_left_out(server, capsule):
    os.symlink("/nowhere/at/all.txt", capsule.articles / "dangling.txt")
    wait_until(lambda: reported(server, "dangling.txt"), 15, "the report")
    server.fetch("/dangling.gmi").check(51)
    server.get("/stable.gmi")


def test_an_article_that_breaks_and_heals_comes_back(server, capsule):
    capsule.add("stable.txt", b"\0\1\2\3" * 100)
    wait_until(lambda: status(server, "/stable.gmi") == 51, 15, "it is left out")
    capsule.add("stable.txt", article("Stable", body="Whole again."))
    shows(lambda: status(server, "/stable.gmi") == 20, "the repair")


def test_a_second_article_of_one_address_is_reported_with_both_names(server, capsule):
    capsule.add("zz/stable.txt", article("The second of its name"))
    wait_until(lambda: reported(server, "articles/stable.txt", "zz/stable.txt"), 15,
               "a line with both names")
    assert server.get("/stable.gmi").startswith("# Stable\n")


def test_an_emptied_capsule_keeps_the_last_good_edition(serve, capsule):
    server = serve(capsule, workers=1)
    pages = {path: server.get(path) for path in ("/", ARTICLE, "/urls.txt")}
    before = len(server.log())
    (capsule.articles / f"{SEED_SLUG}.txt").unlink()
    wait_until(lambda: reported(server, str(capsule.root), before=before), 15,
               "a report that names the capsule")
    assert {path: server.get(path) for path in pages} == pages
    capsule.add("again.txt", article("Again"))
    shows(lambda: status(server, "/again.gmi") == 20, "the first article of a new beginning")
    server.fetch(ARTICLE).check(51)


def test_a_capsule_that_vanishes_keeps_the_last_good_edition(server, capsule):
    before = len(server.log())
    capsule.root.rename(capsule.root.with_name("elsewhere"))
    wait_until(lambda: len(server.log()) > before, 15, "a report")
    server.fetch(ARTICLE).check(20)


def test_after_a_mistake_the_next_start_says_so_and_serves_the_rest(serve, capsule):
    capsule.add("broken.txt", bytes(range(256)))
    server = serve(capsule)
    assert reported(server, "broken.txt")
    server.fetch(ARTICLE).check(20)
