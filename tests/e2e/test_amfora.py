"""A reader with the real Amfora, in a terminal of tmux's."""

import os
import re
import subprocess
import tempfile

import pytest

from clients import require_client
from program import Process, wait_until
from samples import (NEXT_SLUG, NEXT_TITLE, PREVIOUS_SLUG, PREVIOUS_TITLE, SEED_SLUG, SEED_TITLE,
                     article, seed_paragraphs)

ARTICLE = f"{SEED_SLUG}.gmi"
PATIENCE = 15.0  # seconds until a page is drawn; Amfora itself gives up after 10
NUDGES = 15  # Amfora can miss a redraw on a busy machine; a new size makes it draw what it has
COLUMNS, LINES = 110, 40


class Amfora:
    """Amfora on a screen of its own, with a home and a tmux server of its own."""

    def __init__(self, home, url):
        self.home = home
        self.tmux = [require_client("tmux"), "-u", "-L", f"amfora-{os.getpid()}", "-f", "/dev/null"]
        environment = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "screen-256color",
                       "LANG": "C.UTF-8"}
        for name, folder in (("CONFIG", "config"), ("CACHE", "cache"), ("DATA", "data")):
            environment[f"XDG_{name}_HOME"] = f"{home}/{folder}"
        command = ["env", "-i", *(f"{key}={value}" for key, value in environment.items())]
        self._run("new-session", "-d", "-x", str(COLUMNS), "-y", str(LINES),
                  *command, require_client("amfora"), url)
        pid = int(self._run("list-panes", "-F", "#{pane_pid}"))
        self.process = Process.read(pid)

    def _run(self, *arguments):
        done = subprocess.run(
            [*self.tmux, *arguments], capture_output=True, text=True, timeout=20, check=True,
            env={**os.environ, "TMUX_TMPDIR": self.home, "LC_ALL": "C.UTF-8"})
        return done.stdout

    def press(self, *keys):
        self._run("send-keys", *keys)

    def screen(self):
        return self._run("capture-pane", "-p")

    def wait_for(self, *texts):
        """Wait until all texts are drawn, wherever their lines are broken; the screen's text."""
        def drawn():
            flat = " ".join(re.sub("[░▒▓]", " ", self.screen()).split())
            return flat if all(text in flat for text in texts) else None

        for step in range(1, NUDGES + 1):
            try:
                return wait_until(drawn, PATIENCE / NUDGES, f"{texts} on the screen")
            except AssertionError:
                self._run("resize-window", "-x", str(COLUMNS + step % 2))
        raise AssertionError(f"{texts} not within {PATIENCE:g} s; this is:\n{self.screen()}")

    def wait_for_page(self, name, title, *texts):
        """Wait until a page is drawn and its address is in the bottom bar.

        Amfora sets that last of all; a key that comes before it may be lost.
        """
        return self.wait_for(f"# {title}", *texts, f"/{name}")

    def end(self):
        self._run("kill-server")
        if self.process is not None:
            wait_until(lambda: not self.process.alive(), 10, "the end of Amfora")


@pytest.fixture
def browse():
    """browse(url) opens Amfora there; it is ended after the test."""
    with tempfile.TemporaryDirectory(prefix="amfora-") as home:
        opened = []

        def start(url):
            opened.append(Amfora(home, url))
            return opened[-1]

        yield start
        for amfora in opened:
            amfora.end()


@pytest.fixture
def reader(browse, site):
    """Amfora with the article drawn."""
    amfora = browse(site.url(f"/{ARTICLE}"))
    amfora.wait_for_page(ARTICLE, SEED_TITLE)
    return amfora


def test_amfora_draws_the_article_with_its_links_first(reader):
    opening = " ".join(seed_paragraphs()[0].split()[:20])
    screen = reader.wait_for("[1] No time to read? Get a summary",
                             f"[2] ← Previous article: {PREVIOUS_TITLE}",
                             f"[3] → Next article: {NEXT_TITLE}", opening)
    assert screen.index("[1]") < screen.index("[2]") < screen.index("[3]") < screen.index(opening)


def test_key_1_opens_the_summary_and_its_key_1_the_article(reader):
    reader.press("1")
    reader.wait_for_page(f"{SEED_SLUG}-summary.gmi", SEED_TITLE, "[1] Read the full article")
    reader.press("1")
    reader.wait_for_page(ARTICLE, SEED_TITLE, "[1] No time to read?")


def test_key_2_opens_the_previous_piece_and_back_returns(reader):
    reader.press("2")
    reader.wait_for_page(f"{PREVIOUS_SLUG}.gmi", PREVIOUS_TITLE, f"→ Next article: {SEED_TITLE}")
    reader.press("b")
    reader.wait_for_page(ARTICLE, SEED_TITLE, "[1] No time to read?")


def test_key_3_opens_the_next_piece_and_back_returns(reader):
    reader.press("3")
    reader.wait_for_page(f"{NEXT_SLUG}.gmi", NEXT_TITLE, f"← Previous article: {SEED_TITLE}")
    reader.press("b")
    reader.wait_for_page(ARTICLE, SEED_TITLE, "[1] No time to read?")


def test_a_reader_goes_from_the_front_page_through_the_articles(browse, site):
    amfora = browse(site.url("/index.gmi"))
    amfora.wait_for_page("index.gmi", "The Test Capsule", "[1] 2024-03-10 Third rail",
                         "[2] 2024-03-09 Second wind")
    amfora.press("1")
    amfora.wait_for_page("third-rail.gmi", "Third rail", "[2] ← Previous article: Second wind")
    amfora.press("2")
    amfora.wait_for_page("second-wind.gmi", "Second wind", "[3] → Next article: Third rail")
    amfora.press("3")
    amfora.wait_for_page("third-rail.gmi", "Third rail")


def test_amfora_says_that_a_page_was_not_found(browse, site):
    browse(site.url("/nothing.gmi")).wait_for("This page was not found")


def test_a_restarted_server_is_still_trusted(browse, serve, capsule):
    first = serve(capsule)
    amfora = browse(first.url(f"/{SEED_SLUG}.gmi"))
    amfora.wait_for_page(ARTICLE, SEED_TITLE)
    first.stop()
    capsule.add("later.txt", article("Written later", date="2024-05-05"))
    serve(capsule, certs=first.certs, state=first.state, listen=(f"127.0.0.1:{first.port}",))
    amfora.press("Space")
    amfora.press("C-u")
    amfora.press("-l", first.url("/later.gmi"))
    amfora.press("Enter")
    amfora.wait_for_page("later.gmi", "Written later")
