"""The editor of a soak: changes the capsule all the time, and knows what each address may answer.

An expected page is what `broadsheet press` makes of the capsule at that moment: all soak tests is
that no reader ever gets anything else.  One edit waits until the one before is in service, so the
capsule is always in one of the states that were looked at.
"""

import hashlib
import random
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass

from program import run
from samples import LARGE, Capsule, article

STABLE = 24  # articles that stay as they are
SLOTS = 6  # articles, and as many files, that come, change and go
LARGE_SIZE = 3 << 20  # more than the kernel takes for a slow reader
PAUSE = 1.0  # seconds between two edits
SHOWN_MOST = 15.0  # seconds until an edit must show
ABSENT = "absent"


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def microseconds():
    return time.monotonic_ns() // 1000


@dataclass
class Version:
    """What an address answered for a while: its digest or ABSENT; times in us, None for now."""

    digest: str
    since: int
    until: int | None = None


class History:
    """Every version of every address."""

    def __init__(self):
        self.lock = threading.Lock()
        self.paths = {}

    def add(self, pages, now):
        """The capsule is edited at this moment to have these pages: those that differ now."""
        changed = []
        with self.lock:
            for path in {*pages, *self.paths}:
                new = pages.get(path, ABSENT)
                known = self.paths.setdefault(path, [])
                if known and known[-1].digest == new:
                    continue
                if not known:
                    known.append(Version(ABSENT, 0))
                known[-1].until = now
                known.append(Version(new, now))
                changed.append(path)
        return changed

    def matching(self, path, seen, ended):
        """The newest version that the address had before this moment and that was seen, or None."""
        with self.lock:
            for version in reversed(self.paths.get(path, [Version(ABSENT, 0)])):
                if version.since <= ended and version.digest == seen:
                    return version
        return None

    def present(self, began, ended):
        """The addresses that had a page all that time."""
        with self.lock:
            return {
                path for path, versions in self.paths.items()
                if any(v.digest is not ABSENT and v.since <= began
                       and (v.until is None or v.until >= ended) for v in versions)
            }

    def current(self, path):
        with self.lock:
            return self.paths[path][-1].digest


class Editor:
    """Edits of a capsule, in a thread of its own while it is started."""

    def __init__(self, folder):
        self.capsule = Capsule(folder / "capsule", seed=True, title="The Soaked Capsule")
        self.edition = folder / "expected.db"
        self.history = History()
        self.dice = random.Random(1965)
        self.count = 0
        self.shown = []  # seconds from each edit to its being in service
        self.failures = []
        self.base = None
        for number in range(STABLE):
            self.capsule.add(f"stable-{number:02}.txt", article(
                f"Stable piece {number}", date=f"2024-01-{number + 1:02}"))
        self.capsule.static("medium.bin", LARGE[:100_000])
        self.capsule.static("large.bin", (LARGE * 4)[:LARGE_SIZE])
        self.capsule.static("page.txt", "".join(f"Line {i} of a page.\n" for i in range(900)))

    def look(self, base):
        """Take the capsule as it is as the first version of all its pages."""
        self.base = base
        self.history.add(self.expected(), 0)

    def expected(self):
        """Digest of the answer for each address, by what press makes of the capsule now."""
        run("press", self.capsule.root, "-o", self.edition, "--base-url", self.base).check()
        with closing(sqlite3.connect(f"file:{self.edition}?immutable=1", uri=True)) as edition:
            rows = edition.execute("SELECT path, meta, body, file FROM page WHERE status = 20")
            pages = {}
            for path, meta, body, name in rows:
                if name is not None:
                    body = (self.capsule.root / "static" / name).read_bytes()
                pages[path] = digest(f"20 {meta}\r\n".encode() + (body or b""))
            return pages

    def replace(self, path, text):
        """A new version of a file, in one step."""
        beside = path.parent / f".{path.name}.new"
        beside.write_text(text, "utf-8")
        beside.rename(path)

    def edit(self):
        """Add, change or delete one file."""
        self.count += 1
        slot = self.dice.randrange(SLOTS)
        if self.dice.random() < 0.6:
            path = self.capsule.articles / f"edited-{slot}.md"
            text = f"---\ndate: 2025-02-{slot + 1:02}\n---\n# Edited piece {slot}\n\n"
            text += f"This is what edit {self.count} left of it. " * 20 + "\n"
        else:
            path = self.capsule.root / "static" / f"note-{slot}.txt"
            text = f"A note of edit {self.count}.\n" * self.dice.randrange(1, 4000)
        if path.exists() and self.dice.random() < 0.4:
            path.unlink()
        else:
            self.replace(path, text)

    def run(self, fetch, stop):
        """Edit until the event `stop`; fetch(path) gives the digest of an answer, or ABSENT."""
        while not stop.wait(PAUSE):
            began = microseconds()
            self.edit()
            changed = self.history.add(self.expected(), began)
            path = max(changed)  # any of them will do
            wanted = self.history.current(path)
            while fetch(path) != wanted:
                if microseconds() - began > SHOWN_MOST * 1e6:
                    self.failures.append(f"edit {self.count}, {path}: not in service after "
                                         f"{SHOWN_MOST:g} s")
                    break
                if stop.wait(0.05):
                    return
            else:
                self.shown.append((microseconds() - began) / 1e6)
