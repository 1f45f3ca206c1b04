"""The soak (tests/soak), for some seconds; and that it would see what is wrong."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from program import BUILD, REPO, SLOW

sys.path.insert(0, str(REPO / "tests" / "soak"))

from editor import ABSENT, History, digest  # noqa: E402
from judge import Judge, Kill, Record  # noqa: E402
from measure import Measurer  # noqa: E402

PAGE = b"20 text/gemini\r\n# One\n"
NEXT = b"20 text/gemini\r\n# Two\n"
SECOND = 1_000_000
GOOD = Record("normal", "127.16.0.1", 40000, 50 * SECOND, 50 * SECOND + 100, 51 * SECOND, "whole",
              "notify", False, len(PAGE), digest(PAGE), "/page.gmi", "20 text/gemini")
MISSING = replace(GOOD, digest=digest(b"51 no\r\n"), head="51 no")
NOTHING = replace(GOOD, kind="idle", digest="", size=0, head="", stage="shaken", label="-",
                  ended=65 * SECOND)


def test_a_short_soak_ends_well():
    command = [sys.executable, REPO / "tests/soak/soak.py", "--build", BUILD, "--seconds", "6",
               "--normal", "10", "--slow", "40", "--idle", "40", "--mirrors", "1",
               "--kill-every", "1"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=60 * SLOW, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    cells = {line[:34].strip(): line[34:].split() for line in done.stdout.splitlines()}
    assert cells["wrong answers"] == cells["lost answers"] == ["0", "0"]
    assert all(int(cell) > 30 for cell in cells["answers checked byte for byte"])
    killed = [int(cell) for cell in cells["workers killed"]]
    assert killed[0] == 0 and killed[1] >= 1


@pytest.fixture
def history():
    """A page that is there from the start, is another one from second 60 on, and gone at 70."""
    history = History()
    history.add({"/page.gmi": digest(PAGE)}, 0)
    history.add({"/page.gmi": digest(NEXT)}, 60 * SECOND)
    history.add({}, 70 * SECOND)
    return history


def judged(history, record, kills=()):
    """What the record is found to be."""
    verdict = Judge(history).verdict([record], kills)
    assert len(verdict.wrong) + len(verdict.lost) + sum(verdict.broken.values()) <= 1
    return ("wrong" if verdict.wrong else "lost" if verdict.lost
            else "broken" if verdict.broken else "right")


def later(record, seconds):
    return replace(record, began=record.began + seconds * SECOND,
                   ended=record.ended + seconds * SECOND)


NEW = replace(GOOD, digest=digest(NEXT))
CASES = {
    "the page": (GOOD, "right"),
    "the page while it is edited": (later(GOOD, 12), "right"),
    "the page long after an edit": (later(GOOD, 40), "wrong"),
    "a page that is not written yet": (NEW, "wrong"),
    "the next page": (later(NEW, 15), "right"),
    "no page where there is one": (MISSING, "wrong"),
    "no page where there is none": (later(MISSING, 30), "right"),
    "no page at another address": (replace(MISSING, label="/other.gmi"), "right"),
    "a page at another address": (replace(GOOD, label="/other.gmi"), "wrong"),
    "a page that is cut": (replace(GOOD, digest=digest(PAGE[:-1])), "wrong"),
    "no close_notify": (replace(GOOD, end="eof"), "lost"),
    "a reset": (replace(GOOD, end="reset"), "lost"),
    "no connection": (replace(GOOD, end="refused", connected=0), "lost"),
    "no end": (replace(GOOD, end="late"), "lost"),
    "44 to a good client": (replace(GOOD, head="44 1"), "wrong"),
    "44 to the flood": (replace(GOOD, kind="flood", head="44 1"), "right"),
    "44 without seconds": (replace(GOOD, kind="flood", head="44 soon"), "wrong"),
    "59 to a bad line": (replace(GOOD, kind="bad", label="59-lf", head="59 no"), "right"),
    "20 to a bad line": (replace(GOOD, kind="bad", label="59-lf"), "wrong"),
    "an idle client": (NOTHING, "right"),
    "an idle client, cut off early": (replace(NOTHING, ended=55 * SECOND), "lost"),
    "an idle client, reset": (replace(NOTHING, end="reset"), "lost"),
    "an idle client, never cut off": (replace(NOTHING, end="late"), "lost"),
    "a stalled reader": (replace(GOOD, kind="stalled", end="eof"), "right"),
    "a stalled reader that gets all": (replace(GOOD, kind="stalled"), "wrong"),
    "garbage": (replace(NOTHING, kind="junk", end="alert"), "right"),
    "garbage that is answered": (replace(GOOD, kind="damage"), "wrong"),
    "garbage that is kept": (replace(NOTHING, kind="junk", end="late"), "lost"),
    "a reset too late": (replace(NOTHING, kind="reset", end="eof"), "lost"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_connection_is_judged(history, name):
    record, expected = CASES[name]
    assert judged(history, record) == expected


@pytest.mark.parametrize("kill, expected", [
    (Kill(50 * SECOND, 51 * SECOND, {("127.16.0.1", 40000)}), "broken"),
    (Kill(50 * SECOND, 51 * SECOND, {("127.16.0.1", 40001)}), "lost"),
    (Kill(40 * SECOND, 41 * SECOND, {("127.16.0.1", 40000)}), "lost"),
    (Kill(60 * SECOND, 61 * SECOND, {("127.16.0.1", 40000)}), "lost"),
], ids=["its worker", "another connection", "before it", "after it"])
def test_only_a_worker_that_held_it_excuses_a_loss(history, kill, expected):
    assert judged(history, replace(GOOD, end="eof"), [kill]) == expected
    assert judged(history, replace(GOOD, digest="0"), [kill]) == "wrong"
    assert judged(history, replace(GOOD, end="refused", connected=0), [kill]) == "lost"


@pytest.mark.parametrize("growth, own, more, flat", [
    (0, 0, 0, True), (20, 0, 0, True), (100, 0, 0, False), (100, 0, 5, True), (100, 0, -5, False),
    (0, 50, 0, False)])
def test_memory_that_grows_is_seen(growth, own, more, flat):
    """Without more connections, that is; the supervisor's must not grow at all."""
    measurer = Measurer(None)
    measurer.samples = [
        SimpleNamespace(kib=20_000 + growth * i, supervisor_kib=2000 + own * i,
                        held=1000 + more * i) for i in range(90)]
    assert measurer.is_flat() == flat
    assert measurer.is_flat(workers=False) == (own == 0)


def test_held_connections_are_counted():
    measurer = Measurer(None)
    measurer.samples = [SimpleNamespace(at=at) for at in (49.0, 50.5, 60.0)]
    measurer.count_held([GOOD, NOTHING, replace(NOTHING, stage="hello")])
    assert [one.held for one in measurer.samples] == [0, 2, 1]


def test_a_page_that_comes_back_is_absent_in_between(history):
    history.add({"/page.gmi": digest(NEXT)}, 80 * SECOND)
    assert history.matching("/page.gmi", ABSENT, 85 * SECOND).until == 80 * SECOND
    assert history.present(82 * SECOND, 85 * SECOND) == {"/page.gmi"}
    assert history.present(75 * SECOND, 85 * SECOND) == set()
