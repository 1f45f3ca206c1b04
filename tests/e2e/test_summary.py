"""The summary page of articles as they are written, and of texts that nobody would write."""

import os
import re

import pytest

from program import REPO, run

ARTICLES = sorted((REPO / "tests/eval/articles").glob("*.txt"))
CHOSEN = re.compile(r"(\d+) of (\d+) sentences, chosen automatically:")
HOSTILE = {
    "one sentence of a megabyte": "word " * 200_000 + "end.",
    "a hundred thousand sentences of a word": "Yes. " * 100_000,
    "no end of a sentence": "word " * 200_000,
    "the same sentence": "The council of the town voted for a new wooden pier. " * 20_000,
    "paragraphs of a word": "Yes.\n\n" * 100_000,
    "initials": "A. " * 300_000,
    "quotes that stay open": "“Yes. " * 100_000,
    "brackets that stay open": "(Yes. " * 100_000,
    "signs without blanks": "雨が降った。" * 50_000,
}


def summary(path, **options):
    """The label and the lines of a summary."""
    page = run("convert", "--view", "summary", "--format", "text", path, **options).check().text
    lines = [line for line in page.splitlines() if line and not line.startswith(("=>", "# "))]
    assert lines[-1].startswith("Reading time: ")
    return lines[0], lines[1:-1]


@pytest.mark.parametrize("path", ARTICLES, ids=lambda path: path.stem)
def test_a_summary_of_an_article(path):
    source = path.read_text("utf-8")
    label, own = summary(path)
    chosen, of = (int(number) for number in CHOSEN.fullmatch(label).groups())
    assert 1 <= chosen <= (3 if len(source.split()) < 1000 else 5) < of
    assert sum(len(line.split()) for line in own) <= 105  # a no-break space parts no words of ours
    places = [source.index(line) for line in own]  # word for word,
    assert places == sorted(places)  # in the order of the text
    assert not any(line.rstrip("“”»\" ").endswith(("?", ":")) for line in own)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_summary_of_a_hostile_text(tmp_path, name):
    path = tmp_path / "hostile.txt"
    path.write_text("Title\n\n" + HOSTILE[name] + "\n", "utf-8")
    label, own = summary(path)
    assert label.endswith(":") and own
    assert len(" ".join(own)) < 2_000


def test_every_locale_has_the_same_summaries():
    for path in ARTICLES[::5]:
        pages = {run("convert", "--view", "summary", path, env={**os.environ, "LC_ALL": locale}).out
                 for locale in ("C", "C.UTF-8", "tr_TR.UTF-8", "de_DE.ISO-8859-1")}
        assert len(pages) == 1 and pages.pop()
