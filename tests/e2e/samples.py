"""Capsules to test with, and what is known about them."""

import random
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

from program import REPO

SEED_SLUG = "putin-and-the-prospects-for-negotiations-in-the-ukraine-conflict"
SEED_SOURCE = REPO / "capsule" / "articles" / f"{SEED_SLUG}.txt"
SEED_TITLE = "Putin and the prospects for negotiations in the Ukraine conflict"
PREVIOUS_TITLE = "Presidential veto on 2024 budget and call for urgent budget reform"
PREVIOUS_SLUG = "presidential-veto-on-2024-budget-and-call-for-urgent-budget-reform"
NEXT_TITLE = "Japan Reinforces Defense Push While Expanding Arms Exports"
NEXT_SLUG = "japan-reinforces-defense-push-while-expanding-arms-exports"

SUMMARY_LABEL = "No time to read? Get a summary"
LARGE = random.Random(900).randbytes(900_000)  # of no known type, and no part like another
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc`\0\0\0"
PNG += b"\2\0\1H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82"


def seed_paragraphs():
    """The seven paragraphs of the seed article, as its source has them."""
    lines = SEED_SOURCE.read_text("utf-8").splitlines()
    paragraphs = [line for line in lines if len(line) > 200]
    assert len(paragraphs) == 7
    return paragraphs


def prose(name, paragraphs=3):
    """Text of an article that differs from every other's."""
    sentence = "This is sentence {} of part {} of the piece called {}, and it is like no other."
    return "\n\n".join(
        " ".join(sentence.format(j, i, name) for j in range(1, 5)) for i in range(1, paragraphs + 1)
    )


def article(title, *, body=None, **front):
    """The bytes of a text article; front matter with underscores dropped, so `next_` works."""
    text = f"{title}\n\n{body if body is not None else prose(title)}\n"
    if front:
        lines = "".join(f"{key.strip('_')}: {value}\n" for key, value in front.items())
        text = f"---\n{lines}---\n{text}"
    return text


class Capsule:
    """A capsule folder under construction."""

    def __init__(self, root, *, seed=False, **conf):
        self.root = Path(root)
        self.articles = self.root / "articles"
        self.articles.mkdir(parents=True)
        if conf:
            self.conf(**conf)
        if seed:
            shutil.copy(SEED_SOURCE, self.articles)

    def conf(self, **settings):
        lines = "".join(f'{key} = "{value}"\n' for key, value in settings.items())
        (self.root / "capsule.conf").write_text(lines, "utf-8")

    def add(self, name, text):
        """An article's source; `name` with its suffix, folders allowed."""
        return self._write(self.articles / name, text)

    def static(self, name, data):
        return self._write(self.root / "static" / name, data)

    @staticmethod
    def _write(path, data):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
        return path


def full_capsule(root):
    """The seed, dated articles, and static files of many kinds."""
    capsule = Capsule(root, seed=True, title="The Test Capsule", language="en")
    capsule.add("first-light.txt", article("First light", date="2024-01-05"))
    capsule.add("2024/second-wind.txt", article(
        "Second wind", date="2024-03-09", author="A. Writer"))
    capsule.add("third-rail.txt", article("Third rail", date="2024-03-10"))
    capsule.static("robots.txt", "User-agent: archiver\nDisallow: /\n")
    capsule.static("about.gmi", "# About\n\n=> index.gmi Home\n")
    capsule.static("large.bin", LARGE)
    capsule.static("dot.png", PNG)
    capsule.static("empty.txt", "")
    capsule.static("crlf.txt", b"\xef\xbb\xbfone\r\ntwo\r\n")
    capsule.static("docs/index.gmi", "# Documents\n\n=> manual.gemini Manual\n")
    capsule.static("docs/manual.gemini", "# Manual\n")
    capsule.static("docs/deeper/leaf.gmi", "# Leaf\n")
    for name in LISTED:
        capsule.static(f"files/{name}", f"This is {name!r}.\n")
    capsule.static("two words/inside.txt", "inside\n")
    capsule.static(".hidden.gmi", "# Hidden\n")
    capsule.static("docs/.draft.gmi", "# Draft\n")
    capsule.static(".git/config", "[core]\n")
    capsule.static(".well-known/security.txt", "Contact: mailto:a@example.org\n")
    return capsule


# Names of a folder without index.gmi that are awkward in a URL or in a link line.
LISTED = ("plain.txt", "two  words.txt", "100%.txt", "100%25.txt", "naïve.txt", "question?.txt",
          "hash#.txt", "re:mark.txt", "=> arrow.txt", "a&b+c.txt", "line\nbreak.txt")


def links(text):
    """[(target, label)] of all link lines outside preformatted text."""
    found, preformatted = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            preformatted = not preformatted
        elif match := re.match(r"=>[ \t]*(\S+)[ \t]*(.*)", line):
            if not preformatted:
                found.append((match[1], match[2]))
    return found


def text_lines(text):
    """Lines that are neither links, headings, nor empty."""
    return [line for line in text.splitlines() if line and not line.startswith(("=>", "# "))]


def is_relative(target):
    return not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", target)


def last_segment(target):
    """What gemget names the file of a URL: the last path segment, decoded."""
    path = re.sub(r"[?#].*", "", target)
    return unquote(path.rpartition("/")[2])


def first_links(text, count=3):
    """The first `count` link lines of a page, as they are."""
    return [line for line in text.splitlines() if line.startswith("=>")][:count]


def block(slug, previous, following):
    """The three link lines at the head of an article page."""
    return [f"=> {slug}-summary.gmi {SUMMARY_LABEL}", previous, following]


def previous_link(slug, title):
    return f"=> {slug}.gmi ← Previous article: {title}"


def next_link(slug, title):
    return f"=> {slug}.gmi → Next article: {title}"


NO_PREVIOUS = "=> index.gmi ← No previous article: all articles"
NO_NEXT = "=> index.gmi → No next article: all articles"
ALL_ARTICLES = "=> index.gmi ↑ All articles"
SEED_PREVIOUS = previous_link(PREVIOUS_SLUG, PREVIOUS_TITLE)
SEED_NEXT = next_link(NEXT_SLUG, NEXT_TITLE)
