"""The commands: what they print, what they write, how they fail."""

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from program import BINARY, NOBODY, run, wait_until
from samples import (ALL_ARTICLES, NO_NEXT, SEED_NEXT, SEED_PREVIOUS, SEED_SLUG, SEED_SOURCE,
                     SEED_TITLE, article, block, first_links, previous_link, prose, seed_paragraphs,
                     text_lines)
from wire import exchange

# Usage


def test_help_names_every_subcommand():
    text = run("--help").check().text
    for name in ("serve", "press", "convert"):
        assert name in text


@pytest.mark.parametrize("name, options", [
    ("serve", ["--config", "--listen", "--host", "--certs", "--state", "--workers",
               "--tls-min", "--ticket-keys", "--ticket-rotation", "--sandbox", "--proxy-listen",
               "--proxy-from", "--public-port", "--max-connections", "--max-per-address",
               "--request-rate", "--request-burst", "--unlimited", "--handshake-timeout",
               "--request-timeout", "--close-timeout", "--stall-timeout", "--least-rate",
               "--log-lines"]),
    ("press", ["-o", "--base-url", "--area", "--sandbox"]),
    ("convert", ["--format", "--view", "--sentences", "--words"])])
def test_help_of_a_subcommand_names_its_options(name, options):
    text = run(name, "--help").check().text
    for option in options:
        assert option in text


@pytest.mark.parametrize("arguments", [
    [], ["unknown"], ["--unknown"], ["press"], ["press", "capsule"], ["press", "-o", "edition"],
    ["press", "a", "b", "-o", "edition"], ["press", "capsule", "-o"],
    ["press", "capsule", "-o", "edition", "--area", "members"], ["convert"],
    ["convert", "a", "b"], ["convert", "--format", "unknown", "-"],
    ["convert", "--sentences", "3", "-"], ["convert", "--view", "article", "--words", "50", "-"],
    ["convert", "--view", "meta", "--words", "50", "--sentences", "3", "-"],
    *(["convert", "--view", "summary", f"--{option}={number}", "-"]
      for option in ("sentences", "words")
      for number in ("0", "-1", "10001", "few", "3x", "", "99999999999999999999")),
    ["convert", "--view", "summary", "--words"],
    ["convert", "--view", "unknown", "-"], ["convert", "--unknown", "-"], ["serve", "a", "b"],
    ["serve", "--unknown"], ["serve", "--workers", "many"], ["serve", "--workers", "-1"],
    ["serve", "--listen", "nonsense"], ["serve", "--listen", "127.0.0.1:65536"],
    ["serve", "--listen"], ["serve", "--tls-min", "1.1"], ["serve", "--tls-min", ""],
    ["serve", "--ticket-keys", ""], ["serve", "--ticket-rotation", "0"],
    ["serve", "--sandbox", "on"], ["press", "capsule", "-o", "e.db", "--sandbox", ""]],
    ids=" ".join)
def test_wrong_usage_says_so_and_ends_with_2(arguments, tmp_path):
    run(*arguments, cwd=tmp_path).check_usage()
    assert not list(tmp_path.iterdir()), "wrong usage left something behind"


# convert


def body_of_the_seed():
    return "\n\n".join([f"# {SEED_TITLE}", *seed_paragraphs()]) + "\n"


def test_convert_prints_title_and_text_without_link_lines():
    assert run("convert", SEED_SOURCE).check().text == body_of_the_seed()


def test_convert_reads_standard_input():
    done = run("convert", "--format", "text", "-", stdin=SEED_SOURCE.read_bytes()).check()
    assert done.text == body_of_the_seed()


def test_the_default_view_is_the_body():
    assert run("convert", "--view", "body", SEED_SOURCE).check().text == body_of_the_seed()


def test_the_article_view_is_the_whole_page():
    page = run("convert", "--view", "article", SEED_SOURCE).check().text
    wanted = block(SEED_SLUG, SEED_PREVIOUS, SEED_NEXT)
    assert first_links(page) == wanted
    assert page.splitlines()[-4:] == [*wanted, ALL_ARTICLES]
    assert all(f"\n\n{paragraph}\n" in page for paragraph in seed_paragraphs())


def test_the_summary_view_is_the_summary_page():
    page = run("convert", "--view", "summary", SEED_SOURCE).check().text
    assert page.startswith(f"# {SEED_TITLE}\n\n=> {SEED_SLUG}.gmi Read the full article\n")
    assert re.search(r"\n\n\d+ of 23 sentences, chosen automatically:\n\n", page)
    assert seed_paragraphs()[0][:60] in page and seed_paragraphs()[-1] not in page


def test_the_views_are_what_the_server_sends(serve, capsule):
    server = serve(capsule)
    for view, path in (("article", f"/{SEED_SLUG}.gmi"), ("summary", f"/{SEED_SLUG}-summary.gmi")):
        assert run("convert", "--view", view, SEED_SOURCE).check().text == server.get(path)


def test_the_same_input_always_gives_the_same_bytes():
    for view in ("body", "article", "summary"):
        outputs = {run("convert", "--view", view, SEED_SOURCE).check().out for _ in range(3)}
        assert len(outputs) == 1


def summary_of(source, *options):
    """The lines of a summary page that stand between its link lines."""
    page = run("convert", "--view", "summary", *options, "-", stdin=source.encode()).check().text
    return text_lines(page)


@pytest.mark.parametrize("option", ["sentences", "words"])
def test_numbers_from_1_to_10000_are_lengths_of_a_summary(option):
    for number in ("1", "10000"):
        assert len(summary_of(article("Long"), f"--{option}", number)) >= 3


def test_words_bound_the_summary():
    for words in (10, 20, 60, 150):  # each of the sentences has 18
        label, *own, times = summary_of(article("Long"), "--words", str(words))
        assert label.endswith(":") and "min" in times
        assert 0 < len(" ".join(own).split()) <= words


@pytest.mark.parametrize("key", ["summary", "description"])
def test_the_length_of_what_the_author_says_is_left_alone(key):
    words = "One sentence. Another sentence. A third one."
    for options in ((), ("--sentences", "1"), ("--words", "1", "--sentences", "2")):
        assert words in summary_of(article("Own", **{key: words}), *options)


def test_an_article_that_wants_no_summary_has_no_summary_view(tmp_path):
    path = tmp_path / "busy.txt"
    path.write_text(article("Busy", summary="None", previous="Before"), "utf-8")
    page = run("convert", "--view", "article", path).check().text
    before = previous_link("before", "Before")
    assert first_links(page, 2) == [before, NO_NEXT]
    assert page.splitlines()[-3:] == [before, NO_NEXT, ALL_ARTICLES]
    assert "summary" not in page
    run("convert", "--view", "summary", path).check_error(path, "wants no summary")
    run("convert", "--view", "summary", "-", stdin=path.read_bytes()).check_error(
        "standard input", "wants no summary")


def test_convert_escapes_text_that_looks_like_markup():
    done = run("convert", "-", stdin=b"Title\n\n=> nowhere at all\n\n# not a heading\n").check()
    assert done.text == "# Title\n\n => nowhere at all\n\n # not a heading\n"


@pytest.mark.parametrize("data", [b"", b"\n \n", bytes(range(256)) * 4],
                         ids=["empty", "blank", "binary"])
def test_convert_refuses_what_is_no_article(tmp_path, data):
    path = tmp_path / "strange.txt"
    path.write_bytes(data)
    run("convert", path).check_error("strange.txt")
    run("convert", "-", stdin=data).check_error()


def test_convert_names_a_file_that_cannot_be_read(tmp_path):
    run("convert", tmp_path / "missing.txt").check_error("missing.txt", "No such file")
    run("convert", tmp_path).check_error(tmp_path, "irectory")


def test_convert_reports_output_that_cannot_be_written():
    with open("/dev/full", "wb") as full:
        done = run("convert", SEED_SOURCE, stdout=full).check(1)
    assert "No space left" in done.err


# press


@pytest.fixture
def edition(tmp_path):
    """Where to write an edition: a folder with nothing else in it."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "capsule.edition"


def contents(edition):
    """All values of all tables as one text, after a look at the soundness of the file."""
    assert list(edition.parent.iterdir()) == [edition], "something besides the edition was left"
    with closing(sqlite3.connect(f"file:{edition}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA user_version").fetchone()[0] > 0
        tables = [name for name, sql in database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'") if "VIRTUAL" not in sql]
        values = [value for table in tables
                  for row in database.execute(f'SELECT * FROM "{table}"') for value in row]
    return "\n".join(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                     for value in values)


def test_press_writes_an_edition_in_one_file(capsule, edition):
    done = run("press", capsule.root, "-o", edition).check()
    assert done.err == ""
    assert SEED_TITLE in contents(edition)


def test_press_changes_nothing_in_the_capsule(capsule, edition):
    def listing():
        return {path: path.stat().st_mtime_ns for path in capsule.root.rglob("*")}

    before = listing()
    run("press", capsule.root, "-o", edition).check()
    assert listing() == before


def test_press_replaces_an_older_edition(capsule, edition):
    run("press", capsule.root, "-o", edition).check()
    capsule.add("newer.txt", article("A newer piece"))
    run("press", capsule.root, "-o", edition).check()
    assert "A newer piece" in contents(edition)


BROKEN = {"empty": b"", "binary": bytes(range(256)) * 8}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_press_reports_a_bad_article_and_leaves_it_out(capsule, edition, data):
    capsule.add("broken.txt", data)
    done = run("press", capsule.root, "-o", edition).check()
    lines = done.err.splitlines()
    assert len(lines) == 1 and "broken.txt" in lines[0]
    dump = contents(edition)
    assert SEED_TITLE in dump and "broken-summary" not in dump


def test_press_reports_every_bad_article(capsule, edition):
    for name in ("one.txt", "two.txt", "three.txt"):
        capsule.add(name, b"")
    lines = run("press", capsule.root, "-o", edition).check().err.splitlines()
    assert [any(name in line for line in lines) for name in ("one", "two", "three")] == [True] * 3


def test_press_keeps_the_first_of_two_sources_with_one_address(capsule, edition):
    capsule.add("a/same.txt", article("The first", body=prose("first words")))
    capsule.add("b/same.txt", article("The second", body=prose("second words")))
    done = run("press", capsule.root, "-o", edition).check()
    lines = done.err.splitlines()
    assert len(lines) == 1 and "a/same.txt" in lines[0] and "b/same.txt" in lines[0]
    dump = contents(edition)
    assert "called first words" in dump and "called second words" not in dump


def test_press_reports_an_article_and_a_static_file_of_one_address(capsule, edition):
    capsule.static(f"{SEED_SLUG}.gmi", "# Mine\n")
    done = run("press", capsule.root, "-o", edition)
    lines = done.err.splitlines()
    assert len(lines) == 1
    assert f"{SEED_SLUG}.txt" in lines[0] and f"static/{SEED_SLUG}.gmi" in lines[0]


def test_press_reports_an_article_that_may_not_be_read():
    """Run as nobody where this user may read everything."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as folder:
        capsule = Path(folder) / "capsule"
        (capsule / "articles").mkdir(parents=True)
        shutil.copy(SEED_SOURCE, capsule / "articles")
        secret = capsule / "articles" / "secret.txt"
        secret.write_text(article("Secret"))
        program, options = BINARY, {}
        if os.geteuid() == 0:
            program = shutil.copy(BINARY, folder)
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            os.chown(folder, NOBODY, NOBODY)
        secret.chmod(0)
        done = subprocess.run(
            [program, "press", capsule, "-o", Path(folder) / "edition"], capture_output=True,
            timeout=30, check=False, cwd=folder, **options)
        assert done.returncode == 0
        assert b"secret.txt" in done.stderr and b"Permission denied" in done.stderr
        assert (Path(folder) / "edition").is_file()


@pytest.fixture(params=["missing", "a file", "empty", "no articles", "only bad articles"])
def useless(request, tmp_path):
    """A path that is no capsule to press."""
    path = tmp_path / "useless"
    if request.param == "a file":
        path.write_text("not a folder")
    elif request.param != "missing":
        path.mkdir()
    if request.param in ("no articles", "only bad articles"):
        (path / "articles").mkdir()
    if request.param == "only bad articles":
        (path / "articles" / "bad.txt").write_bytes(b"")
    return path


def test_press_of_what_is_no_capsule_writes_nothing(useless, edition):
    done = run("press", useless, "-o", edition).check(1)
    assert str(useless) in done.err.splitlines()[-1]
    assert not list(edition.parent.iterdir())


def test_press_of_what_is_no_capsule_keeps_the_older_edition(useless, capsule, edition):
    run("press", capsule.root, "-o", edition).check()
    before = edition.read_bytes()
    run("press", useless, "-o", edition).check(1)
    assert edition.read_bytes() == before
    assert list(edition.parent.iterdir()) == [edition]


def test_press_names_an_edition_that_cannot_be_written(capsule, tmp_path):
    run("press", capsule.root, "-o", tmp_path / "no" / "edition").check_error(
        tmp_path / "no" / "edition", "No such file")
    (tmp_path / "folder").mkdir()
    run("press", capsule.root, "-o", tmp_path / "folder").check_error(tmp_path / "folder")
    assert not list((tmp_path / "folder").iterdir())


# serve


def test_serve_prints_one_line_for_each_listener_and_serves_on_each(serve, capsule):
    server = serve(capsule, listen=("127.0.0.1:0", "127.0.0.2:0"))
    assert [address for address, _ in server.listeners] == ["127.0.0.1", "127.0.0.2"]
    for address, port in server.listeners:
        request = f"gemini://localhost:{port}/\r\n".encode()
        exchange(port, request, address=address).check(20)


def test_serve_listens_on_ipv6(serve, capsule):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as failure:
        pytest.skip(f"no IPv6 here: {failure}")
    server = serve(capsule, listen=("[::1]:0",))
    assert server.listeners[0][0] == "::1"
    server.fetch("/", address="::1").check(20)


def test_serve_says_at_last_which_address_to_open(serve, capsule):
    server = serve(capsule)
    wait_until(lambda: f"gemini://localhost:{server.port}" in server.log().splitlines()[-1], 5,
               f"the address at the end of:\n{server.log()}")


def test_serve_refuses_what_is_no_capsule(serve, useless):
    serve.refused(useless, useless)


def test_serve_names_an_address_that_is_taken(serve, capsule):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        serve.refused(capsule, address, "in use", listen=(address,))


def test_serve_names_an_address_that_is_not_of_this_machine(serve, capsule):
    serve.refused(capsule, "192.0.2.1:0", listen=("192.0.2.1:0",))


def test_serve_names_a_state_folder_that_cannot_be_used(serve, capsule, tmp_path):
    (tmp_path / "state").write_text("a file")
    serve.refused(capsule, tmp_path / "state", state=tmp_path / "state")
