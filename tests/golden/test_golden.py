"""Inputs beside the pages that they must become: README.md tells how to add one."""

import base64
import collections
import difflib
import html
import html.parser
import json
import os
import re
import subprocess
import time
import unicodedata
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
BUILD = REPO / os.environ.get("BROADSHEET_BUILD", "build/release")
BINARY = BUILD / "broadsheet"
SLOW = 5.0 if BUILD.name in ("sanitize", "coverage") else 1.0  # instrumented builds take longer
TIMEOUT = 60.0 * SLOW
FORMATS = {".txt": "text", ".html": "html", ".md": "markdown", ".gemini": "gemtext"}
VIEWS = ("body", "article", "summary")
# Cases that name no view and expect what stands on the page: date and author, or a neighbour. The
# body is title and text.
OF_THE_PAGE = {"html-002", "html-027", "text-047"}
CASES = json.loads((HERE / "cases.json").read_text("utf-8"))
FIELDS = {"id", "format", "note", "input", "input_base64", "input_repeat", "view", "options",
          "expect_contains", "expect_not_contains", "expect_status", "expect_summary_contains",
          "max_seconds"}
CASE_OPTIONS = {"base_url", "assume_wrapped", "max_pre_columns"}
FURNITURE = {"No time to read?", "Get a summary", "Previous Article", "Next Article"}
UNSPACED = "\u3000-\u30ff\u3400-\u9fff\uff00-\uffef"  # scripts that have no blanks
TERMINAL = r"\x1b(\[[0-?]*[ -/]*[@-~]|\].*?(\x1b\\|\x07)|[ -/]*.)"  # ECMA-48


def inputs():
    """Name to path of every input; a name is one input's alone."""
    found = {}
    for path in sorted(HERE.iterdir()):
        if path.suffix == ".ref":
            found.setdefault(path.stem, []).append(REPO / path.read_text("utf-8").strip())
        elif path.suffix in FORMATS and path.name != "README.md":
            found.setdefault(path.stem, []).append(path)
    twice = [name for name, paths in found.items() if len(paths) > 1]
    assert not twice, f"more than one input: {twice}"
    return {name: paths[0] for name, paths in found.items()}


INPUTS = inputs()
PAGES = [(page.name.removesuffix(f".{view}.gmi"), view)
         for view in VIEWS for page in sorted(HERE.glob(f"*.{view}.gmi"))]
METAS = [page.name.removesuffix(".meta") for page in sorted(HERE.glob("*.meta"))]


def convert(source, view="body", stdin=b"", text_format="text", options=()):
    return subprocess.run([BINARY, "convert", "--format", text_format, "--view", view, *options,
                           source],
                          input=stdin, capture_output=True, timeout=TIMEOUT, check=False)


def page_of(done):
    """The page of a conversion that must have worked."""
    stderr = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, f"exit status {done.returncode}:\n{stderr}"
    assert stderr == ""
    return done.stdout


def options_of(name):
    path = HERE / f"{name}.options"
    return path.read_text("utf-8").splitlines() if path.exists() else []


def convert_input(name, view="body", text_format=None):
    path = INPUTS[name]
    text_format = text_format or FORMATS[path.suffix]
    return page_of(convert(path, view, text_format=text_format, options=options_of(name)))


def expected_page(name, view="body"):
    return (HERE / f"{name}.{view}.gmi").read_bytes()


def difference(expected, got, name):
    """The lines that differ, with what cannot be seen written out."""
    sides = [[ascii(line)[1:-1] if line.strip() != line.rstrip("\n") or "\\x" in ascii(line)
              else line.rstrip("\n")
              for line in text.decode("utf-8", "backslashreplace").splitlines(True)]
             for text in (expected, got)]
    return "\n".join(difflib.unified_diff(*sides, name, "the program", lineterm="", n=1))


def check_equal(expected, got, name):
    if got != expected:
        pytest.fail(difference(expected, got, name) or "line ends differ", False)


# What every page keeps, whatever it was made of.


def split_pre(page):
    """Lines outside of preformatted blocks, and the blocks, each with the line that opens it."""
    outside, blocks, inside = [], [], False
    for line in page.splitlines():
        if line.startswith("```"):
            inside = not inside
            if inside:
                blocks.append([line])
        elif inside:
            blocks[-1].append(line)
        else:
            outside.append(line)
    assert not inside, "a preformatted block has no end"
    return outside, blocks


def check_invariants(data):
    page = data.decode("utf-8")
    assert unicodedata.is_normalized("NFC", page)
    strange = {char for char in page
               if char != "\n" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")}
    assert not strange, f"control characters: {ascii(strange)}"
    assert "\ufeff" not in page and "\u00ad" not in page
    assert re.match(r"# \S", page), "the first line is no title"
    assert page.endswith("\n") and not page.endswith("\n\n")
    for line in page.split("\n"):
        assert line == line.rstrip(), f"blanks at the end of {line!r}"
    assert "\n\n\n" not in page
    outside, _ = split_pre(page)
    assert sum(line.startswith("# ") for line in outside) == 1, "not exactly one title"
    for before, line in zip([""] + outside, outside):
        if line.startswith("#"):
            assert re.match(r"#{1,3} \S", line), f"no heading: {line!r}"
            assert before == "", f"no empty line before {line!r}"
        if line.startswith("=>"):
            assert re.match(r"=> [!-~]+( \S.*)?$", line), f"no link line: {line!r}"
        if line.startswith(" "):
            assert re.match(r" (=>|#|>|\* |```)", line), f"a blank for nothing: {line!r}"


class Reader(html.parser.HTMLParser):
    """All text of an HTML page, shown or not, with the values of attributes that may be shown."""

    INLINE = set("a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q ruby s "
                 "samp small span strike strong sub sup time tt u var wbr".split())
    SHOWN = ("alt", "content", "title", "value", "start")

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.INLINE:
            self.text.append("\n\n")
        shown = [value for key, value in attrs if key in self.SHOWN and value]
        if shown:
            self.text.append("\n\n".join(["", *shown, ""]))

    def handle_endtag(self, tag):
        if tag not in self.INLINE:
            self.text.append("\n\n")

    def handle_data(self, data):
        self.text.append(data)


def words_of(text):
    """Words without marks; those that Unicode writes in several ways are written in one."""
    text = re.sub("[\u00ad\u200b\ufeff]", "", unicodedata.normalize("NFC", text))
    text = re.sub(f"(?<=[{UNSPACED}])[^\\S\n]*\n?[^\\S\n]*(?=[{UNSPACED}])", "", text)
    text = re.sub(r"[_^](\(([^()]*)\)|(?=\w))", r"\2", text)  # x_(max), as subscripts are written
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text))


def meta_of(name):
    path = HERE / f"{name}.meta"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return dict(line.split(": ", 1) for line in lines)


def input_words(name):
    """The words of an input; several lists where it can be read in several ways."""
    path = INPUTS[name]
    text = path.read_bytes().decode(meta_of(name).get("charset", "utf-8"), "replace")
    text = re.sub(TERMINAL, "", text)
    text = re.sub("[\0-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]", lambda c: " " if c[0] in "\t\r\f" else "",
                  text)
    if FORMATS[path.suffix] == "html":
        reader = Reader()
        reader.feed(text)
        reader.close()
        text = "".join(reader.text)
    elif FORMATS[path.suffix] == "markdown":
        reader = Reader()  # for the HTML in it
        reader.feed(text)
        reader.close()
        unmarked = re.sub(r"\[([^][]*)\]\([^()]*\)|\*", r"\1", text)
        return [words_of("".join(reader.text)), words_of(html.unescape(text)), words_of(unmarked)]
    return [words_of(text)]


def missing_words(words, source):
    """Those that are not in the source, or not in its order."""
    words_left = iter(source)
    return next(([word, *words[i + 1:i + 6]] for i, word in enumerate(words)
                 if word not in words_left), [])


def is_facts(line, i):
    """Is this the line of date, author and source, which stands above the text?"""
    return i <= 8 and bool(re.match(r"\d{4}-\d\d-\d\d( · |$)|.* · Source: |Source: ", line) or
                           re.search(r" · \d+ min read$", line))


def check_words(name, view, data):
    """Every word is the input's, in its order; what stands in tables and code may be woven."""
    page = data.decode("utf-8")
    outside, blocks = split_pre(page)
    title, *lines = [line for i, line in enumerate(outside)
                     if not line.startswith("=>") and not (view == "article" and is_facts(line, i))]
    mark = re.compile(r"(> )*(\* )?(– )*([☐☑] )?(\d+\. )?(Image: )?")
    between = "\n" if FORMATS[INPUTS[name].suffix] == "text" else "\n\n"
    words = words_of(between.join(mark.sub(lambda m: "* " if m[0] else "", line, count=1)
                                  for line in lines))
    sources = input_words(name)
    parts = [words]
    if words_of(title.casefold()) != words_of(name.casefold()):  # a page without one gets that
        parts.append(words_of(title))
    for part in parts:
        missing = [missing_words(part, source) for source in sources]
        assert not all(missing), f"not the input's words: {missing[-1]}"
    bag = collections.Counter()
    for source in sources:
        bag |= collections.Counter(source)
    for block in blocks:
        cells = re.split(r"\n|  +", "\n".join(block[1:]))
        lost = collections.Counter(words_of("\n\n".join(cells))) - bag
        assert not lost, f"not the input's words: {lost}"


@pytest.mark.parametrize("name", INPUTS)
def test_every_input_has_its_body(name):
    assert INPUTS[name].is_file()
    assert (name, "body") in PAGES


@pytest.mark.parametrize(("name", "view"), PAGES, ids=[f"{name}.{view}" for name, view in PAGES])
def test_expected_page_is_sound(name, view):
    """An editor can err too."""
    page = expected_page(name, view)
    check_invariants(page)
    if view != "summary":
        check_words(name, view, page)


@pytest.mark.parametrize(("name", "view"), PAGES, ids=[f"{name}.{view}" for name, view in PAGES])
def test_page(name, view):
    check_equal(expected_page(name, view), convert_input(name, view), f"{name}.{view}.gmi")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", INPUTS)
def test_page_keeps_the_rules(name, view):
    page = convert_input(name, view)
    check_invariants(page)
    if view != "summary":
        check_words(name, view, page)


@pytest.mark.parametrize("name", INPUTS)
def test_page_as_input_is_itself(name):
    expected = expected_page(name)
    got = page_of(convert("-", "body", expected, "gemtext"))
    check_equal(expected, got, f"{name}.body.gmi")


@pytest.mark.parametrize("name", INPUTS)
def test_format_is_found(name):
    check_equal(convert_input(name), convert_input(name, text_format="auto"), name)


@pytest.mark.parametrize("name", METAS)
def test_meta(name):
    """All lines but the number of words, of which only is asked that there are some."""
    expected = (HERE / f"{name}.meta").read_text("utf-8").splitlines(True)
    got = convert_input(name, "meta").decode("utf-8").splitlines(True)
    words = [line for line in got if line.startswith("words: ")]
    assert len(words) == 1 and int(words[0].removeprefix("words: ")) > 0
    sides = ["".join("words: some\n" if line.startswith("words: ") else line
                     for line in lines).encode("utf-8") for lines in (expected, got)]
    check_equal(*sides, f"{name}.meta")


def test_seed_keeps_every_word():
    """The words of the page are those of the source without its furniture, in order."""
    lines = [line.strip() for line in INPUTS["seed"].read_text("utf-8").splitlines()]
    lines = [line for line in lines if line]
    kept = [line for before, line in zip([""] + lines, lines)
            if line not in FURNITURE and before not in ("Previous Article", "Next Article")]
    page = convert_input("seed").decode("utf-8")
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


def options_of_case(case):
    options = case.get("options", {})
    assert set(options) <= CASE_OPTIONS, "an option that this test does not know"
    arguments = ["--base-url", options["base_url"]] if "base_url" in options else []
    return arguments + (["--wrapped"] if options.get("assume_wrapped") else [])


def columns(line):
    """Columns of a terminal that a line takes."""
    return sum(0 if unicodedata.combining(char) else
               2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def check_case_page(case, data):
    check_invariants(data)
    page = data.decode("utf-8")
    for text in case["expect_contains"]:
        assert text in page
    for text in case["expect_not_contains"]:
        assert text not in page
    if "max_pre_columns" in case.get("options", {}):
        for block in split_pre(page)[1]:
            for line in block[1:]:
                assert columns(line) <= case["options"]["max_pre_columns"], line


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case):
    assert set(case) <= FIELDS, "a field that this test does not know"
    data = input_of_case(case)
    options = options_of_case(case)
    view = case.get("view", "article" if case["id"] in OF_THE_PAGE else "body")
    started = time.monotonic()
    done = convert("-", view, data, case["format"], options)
    seconds = time.monotonic() - started
    status = case.get("expect_status", "ok")
    if status == "reject" or (status == "any" and done.returncode == 1):
        assert done.returncode == 1
        assert done.stdout == b"" and len(done.stderr.splitlines()) == 1
    else:
        check_case_page(case, page_of(done))
    assert seconds <= case.get("max_seconds", TIMEOUT) * SLOW
    if "expect_summary_contains" in case:
        page = page_of(convert("-", "summary", data, case["format"], options)).decode("utf-8")
        for text in case["expect_summary_contains"]:
            assert text in page
