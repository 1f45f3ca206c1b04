"""Inputs beside the pages that they must become: README.md tells how to add one."""

import base64
import difflib
import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
BUILD = REPO / os.environ.get("BROADSHEET_BUILD", "build/release")
BINARY = BUILD / "broadsheet"
SLOW = 5.0 if BUILD.name in ("sanitize", "coverage") else 1.0  # instrumented builds take longer
TIMEOUT = 60.0 * SLOW
VIEWS = ("body", "article", "summary")
PAGES = [(page.name.removesuffix(f".{view}.gmi"), view)
         for view in VIEWS for page in sorted(HERE.glob(f"*.{view}.gmi"))]
INPUTS = sorted({path.stem for suffix in ("txt", "ref") for path in HERE.glob(f"*.{suffix}")})
CASES = json.loads((HERE / "cases.json").read_text("utf-8"))
FIELDS = {"id", "format", "note", "input", "input_base64", "input_repeat", "view",
          "expect_contains", "expect_not_contains", "expect_status", "expect_summary_contains",
          "max_seconds"}
FURNITURE = {"No time to read?", "Get a summary", "Previous Article", "Next Article"}


def convert(source, view="body", stdin=b"", text_format="text"):
    return subprocess.run([BINARY, "convert", "--format", text_format, "--view", view, source],
                          input=stdin, capture_output=True, timeout=TIMEOUT, check=False)


def page_of(done):
    """The page of a conversion that must have worked."""
    stderr = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, f"exit status {done.returncode}:\n{stderr}"
    assert stderr == ""
    return done.stdout


def input_of(name):
    reference = HERE / f"{name}.ref"
    if reference.exists():
        return REPO / reference.read_text("utf-8").strip()
    return HERE / f"{name}.txt"


def difference(expected, got, name):
    """The lines that differ, with what cannot be seen written out."""
    sides = [[ascii(line)[1:-1] if line.strip() != line.rstrip("\n") or "\\x" in ascii(line)
              else line.rstrip("\n")
              for line in text.decode("utf-8", "backslashreplace").splitlines(True)]
             for text in (expected, got)]
    return "\n".join(difflib.unified_diff(*sides, name, "the program", lineterm="", n=1))


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_has_its_body(name):
    assert input_of(name).is_file()
    assert (name, "body") in PAGES


@pytest.mark.parametrize(("name", "view"), PAGES, ids=[f"{name}.{view}" for name, view in PAGES])
def test_page(name, view):
    expected = (HERE / f"{name}.{view}.gmi").read_bytes()
    got = page_of(convert(input_of(name), view))
    if got != expected:
        pytest.fail(difference(expected, got, f"{name}.{view}.gmi") or "line ends differ", False)


def test_seed_keeps_every_word():
    """The words of the page are those of the source without its furniture, in order."""
    lines = [line.strip() for line in input_of("seed").read_text("utf-8").splitlines()]
    lines = [line for line in lines if line]
    kept = [line for before, line in zip([""] + lines, lines)
            if line not in FURNITURE and before not in ("Previous Article", "Next Article")]
    page = page_of(convert(input_of("seed"))).decode("utf-8")
    assert page.startswith("# ")
    assert page[2:].split() == " ".join(kept).split()


def input_of_case(case):
    if "input_base64" in case:
        return base64.b64decode(case["input_base64"], validate=True)
    if "input_repeat" in case:
        repeat = case["input_repeat"]
        text = repeat["prefix"] + repeat["unit"] * repeat["count"] + repeat["suffix"]
        return text.encode("utf-8")
    return case["input"].encode("utf-8")


def check_page(case, page):
    assert re.match(r"# \S", page), "the first line is no title"
    assert page.endswith("\n") and not page.endswith("\n\n")
    assert not re.search(r"[ \t]\n|\n\n\n", page)
    for text in case["expect_contains"]:
        assert text in page
    for text in case["expect_not_contains"]:
        assert text not in page


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case):
    assert set(case) <= FIELDS, "a field that this test does not know"
    data = input_of_case(case)
    started = time.monotonic()
    done = convert("-", case.get("view", "body"), data, case["format"])
    seconds = time.monotonic() - started
    status = case.get("expect_status", "ok")
    if status == "reject" or (status == "any" and done.returncode == 1):
        assert done.returncode == 1
        assert done.stdout == b"" and len(done.stderr.splitlines()) == 1
    else:
        check_page(case, page_of(done).decode("utf-8"))
    assert seconds <= case.get("max_seconds", TIMEOUT) * SLOW
    if "expect_summary_contains" in case:
        page = page_of(convert("-", "summary", data, case["format"])).decode("utf-8")
        for text in case["expect_summary_contains"]:
            assert text in page
