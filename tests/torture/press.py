"""A whole press while memory fails: every edition is the right one, or the one before."""

import contextlib
import shutil
import signal
import sqlite3
import time
from pathlib import Path

from board import Process, complaint

TEMPORARY = 75  # JOB_TEMPORARY of src/serve/job.h: the supervisor tries again
# uchardet lets its exception through to us, who are C: the process ends, as by any signal.
THROWN = "std::bad_alloc"
BASE = "gemini://news.example/"
DUMP = (
    "SELECT * FROM capsule WHERE key NOT IN ('looked', 'read') ORDER BY key",
    "SELECT path, status, meta, body, file, size, mtime FROM page ORDER BY path",
    "SELECT * FROM piece ORDER BY source",
    "SELECT * FROM source ORDER BY path",
)

FILES = {
    "capsule.conf": """title = "Torture"
subtitle = "What is left of it"
author = "A. Writer"
language = "en"
redirect = {"/old.gmi /plain.gmi", "/2019/* /archive/*"}
moved = {"/former.gmi /page.gmi"}
gone = {"/secret.gmi", "/drafts/*"}
input = {"/quiz.gmi /*.gmi What is the capital of Sweden?"}
sensitive-input = {"/docs/ The word?"}
""",
    "articles/plain.txt": """No time to read? Get a summary

A day at the harbour

The boats came in before the storm, and nobody had thought that they would. The harbour master
counted them twice, as he always did, and wrote the number down in his book. "All of them," he said,
but he did not smile.

In the evening the wind turned. It tore at the roofs of the old town until the lights went out, and
Dr. Reed had to look for her instruments by the light of a candle. The council met in the morning to
count what had been lost. It was less than people had feared.

Previous Article
A page that was saved
Next Article
Nobody has this one
""",
    "articles/plain.txt.meta": "---\ndate: 2024-03-02\nauthor: Jo Reed\ntags: harbour, storm\n---\n",
    "articles/notes.md": """---
title: Notes
date: 2024-03-03
summary: What the notes say, in a sentence of their author.
---
# Notes

Some *words* with [a link](https://news.example/a) and `code`.

| Boat | Crew |
|------|------|
| Anna | 3    |

* one
* two

<p>And a <b>little</b> HTML.</p>
""",
    "articles/page.html": """<!DOCTYPE html><html lang="en"><head><title>A page that was saved</title>
<meta name="author" content="Jo Reed"><meta property="og:description" content="What it is about.">
<script type="application/ld+json">{"@type":"NewsArticle","headline":"A page that was saved",
"datePublished":"2024-03-01T10:00:00Z"}</script></head><body><nav><a href="/">Home</a></nav>
<article><h1>A page that was saved</h1><p>The first paragraph of it has <a href="/x">a link</a> and
enough words that everybody can see that it belongs to the text, and not to what is around it.</p>
<p>The second paragraph is as long as that, so that there is a main text, and it has commas, too.</p>
<ul><li>one</li><li>two</li></ul></article><footer>All rights reserved</footer></body></html>
""",
    "articles/deep/verse.gmi": "# Verse\n\nA line.\n=> /plain.gmi Plain\n```\nas it is\n```\n",
    "articles/latin.txt": b"Caf\xe9 au lait\n\nUn caf\xe9, s'il vous pla\xeet. C'\xe9tait d\xe9j\xe0 tard.\n",
    "static/robots.txt": "User-agent: archiver\nDisallow: /\n",
    "static/picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU",
    "static/words": "Sm\u00f8rrebr\u00f8d\n",
    "static/docs/index.gmi": "# Documents\n",
    "static/docs/deeper/leaf.gmi": "# Leaf\n",
    "static/large.bin": bytes(range(256)) * 1200,
}


def write(root, files):
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def edit(root):
    """What the second edition is about: a new piece, a changed one, one less; the same in static/."""
    write(root, {
        "articles/new.txt": "Something new\n\nIt came in the night.\n",
        "articles/notes.md": "# Notes\n\nAll of them are changed.\n",
        "static/words": "Otherwise\n",
        "static/more.gmi": "# More\n",
    })
    (root / "articles/latin.txt").unlink()
    (root / "static/docs/deeper/leaf.gmi").unlink()


def dump(edition):
    """All that is in an edition, but for the numbers of rows and the times of its making."""
    with contextlib.closing(sqlite3.connect(f"file:{edition}?immutable=1", uri=True)) as db:
        if db.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            return "damaged"
        return [db.execute(query).fetchall() for query in DUMP]


def command(capsule, edition, *extra):
    return ["press-job", *extra, capsule, "-o", edition, "--base-url", BASE, "--area", "/docs/"]


def press(capsule, edition, board):
    """One that must go well."""
    board.arm(0, 0)
    process = Process(command(capsule, edition), board, edition.parent / "log")
    assert process.end() == 0, process.log()


class Case:
    """One press, with an edition before or without."""

    def __init__(self, name, folder, board, *, before, edited, extra=()):
        self.name = f"press {name}"
        self.extra = extra
        self.capsule = folder / "capsule"
        self.before = None
        write(self.capsule, FILES)
        if before:
            self.before = folder / "before.db"
            time.sleep(2.1)  # what is younger than two seconds would be read again
            press(self.capsule, self.before, board)
        if edited:
            edit(self.capsule)
        press(self.capsule, folder / "expected.db", board)
        self.expected = dump(folder / "expected.db")

    def attempt(self, lane, board, nth, rest):
        """Returns what is wrong, or None, and the log."""
        state = lane / "state"
        edition = state / "edition.db"
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir()
        if self.before is not None:
            shutil.copyfile(self.before, edition)
        board.arm(nth, rest)
        process = Process(command(self.capsule, edition, *self.extra), board, lane / "log")
        code = process.end()
        log = process.log()
        if code == -signal.SIGABRT and THROWN in log:
            return self.unchanged(edition) or self.sweep(state, edition, board), log
        if "damaged" in log:
            return "an edition that is whole is called damaged", log
        return complaint(code, log) or self.judge(state, edition, code, log, board), log

    def unchanged(self, edition):
        """Is the edition before still there, byte for byte?"""
        old = self.before.read_bytes() if self.before is not None else None
        now = edition.read_bytes() if edition.exists() else None
        return None if now == old else "the edition before is another one"

    def sweep(self, state, edition, board):
        """The next press goes well, and takes away what a dead one has left."""
        failed = board.failed
        press(self.capsule, edition, board)
        board.arm(0, 0, failed)
        wrong = {path.name for path in state.iterdir()} - {edition.name, "log"}
        return f"not swept: {', '.join(wrong)}" if wrong else None

    def judge(self, state, edition, code, log, board):
        left = {path.name for path in state.iterdir()} - {edition.name}
        if left:
            return f"left behind: {', '.join(left)}"
        if code == 0:
            if not edition.exists():
                return "success without an edition"
            return None if dump(edition) == self.expected else "another edition came out"
        if not board.failed:
            return f"exit status {code}, though all memory was there"
        if code != TEMPORARY:
            return f"exit status {code}"
        if "memory" not in log.lower():
            return "the log does not say that it was memory"
        return self.unchanged(edition)


def cases(folder, board):
    for name, before, edited, extra in (("anew", False, False, ()), ("again", True, True, ()),
                                        ("of nothing new", True, False, ()),
                                        ("that looks it through", True, True, ("--verify",))):
        home = Path(folder) / name.replace(" ", "-")
        home.mkdir()
        yield Case(name, home, board, before=before, edited=edited, extra=extra)
