"""convert on input that nobody wrote by hand: large, deep, broken, hostile.  Whatever comes in, the
answer is a page, or exit status 1 and one line, within a time and memory that grow with the input
and no faster."""

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

import program

KIB, MIB = 1 << 10, 1 << 20
BASE = 24 * MIB  # what the program, its libraries and libmagic's database take
TIMES = 15  # bytes of memory for each byte of input
# gumbo takes about 200 bytes for a node, and three bytes of hostile HTML are one; the guard ends that.
TIMES_DENSE = 60
SECONDS = 5.0 * program.SLOW  # of the processor, which others may use, too, for any input below
PLAIN = program.BUILD.name in ("release", "clang")  # sanitizers take memory of their own
N = 50_000
DEEP = 200_000


@dataclass
class Run:
    """One conversion that has ended."""

    code: int
    out: bytes
    err: str
    seconds: float
    memory: int


# A process is born with the size of its parent, and this one is large: a small one starts the program
# and tells its exit status, its seconds of the processor and its memory.
MEASURE = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss,
      file=os.fdopen(3, "w"))
"""


def convert(path, source, text_format):
    """Convert bytes by way of files, so that nothing but the program is measured."""
    files = [path / name for name in ("in", "out", "err", "measured")]
    files[0].write_bytes(source)
    shell = 'exec "$0" -S -c "$@" 3>"$MEASURED"'
    command = ["sh", "-c", shell, sys.executable, MEASURE, program.BINARY, "convert", "--format",
               text_format, files[0]]
    with files[1].open("wb") as out, files[2].open("wb") as err:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, check=True,
                       timeout=600, env=dict(os.environ, MEASURED=str(files[3])))
    code, seconds, memory = files[3].read_text("ascii").split()
    text = files[2].read_text("utf-8", "replace")
    program.check_stderr(text)
    assert int(code) >= 0, f"ended by signal {-int(code)}: {text}"
    return Run(int(code), files[1].read_bytes(), text, float(seconds), int(memory) * KIB)


def check_page(page):
    text = page.decode("utf-8")
    assert text.startswith("# ") and text.endswith("\n")
    assert "\n\n\n" not in text and " \n" not in text
    assert not any(ord(sign) < 0x20 and sign != "\n" for sign in text)
    assert sum(line.startswith("```") for line in text.split("\n")) % 2 == 0


def check(run, size, seconds=SECONDS, times=TIMES):
    if run.code == 0:
        check_page(run.out)
        assert run.err == ""
    else:
        assert run.code == 1 and run.out == b""
        assert len(run.err.splitlines()) == 1
    assert run.seconds <= seconds
    if PLAIN:
        limit = times * size + BASE
        assert run.memory <= limit, f"{run.memory / MIB:.0f} MiB, not {limit / MIB:.0f}"


def tags(opening, text=b"x"):
    """Elements in each other."""
    return b"<p>Text.</p>" + opening * DEEP + text


def page(body):
    return b"<!doctype html><title>T</title><article><h1>T</h1><p>Text.</p>" + body


PROSE = b"The old light at the end of the pier is to be painted white again.\n"
BLOCKS = (b"<p class=\"text wide\">Some <b>text</b> about <a href=\"https://a.example/x\">a place</a>"
          b" that has a name. " + PROSE * 5 + b"</p>\n<ul><li>one thing</li>\n<li>another thing</li>"
          b"</ul>\n")

HOSTILE = {
    "html": {
        **{f"{name.decode()} in each other": tags(b"<" + name + b">")
           for name in (b"div", b"b", b"ul", b"blockquote", b"table", b"a", b"ul><li", b"sub", b"code",
                        b"font size=1", b"h1", b"svg", b"pre")},
        "tables in their cells": tags(b"<table><tr><td>"),
        "attributes": page(b"<p " + b"".join(b"a%d=b " % i for i in range(30_000)) + b">x"),
        "one attribute again and again": page(b"<p " + b"a=b " * 30_000 + b">x"),
        "one long attribute": page(b"<p title=" + b"x" * MIB + b">x"),
        "formatting that is opened again": page((b"<b>" * 50 + b"<p>x") * 2000),
        "unclosed links": page(b"<a href=x>y" * N),
        "a long base": b"<base href=/" + b"x" * 4000 + b">" + page(
            b"".join(b"<a href=%d>y</a>" % i for i in range(N))),
        "unclosed tags": page(b"<a" * N),
        "references": page(b"&" * N + b"&amp" * N + b"&#x" * N),
        "comments": page(b"<!--" * N),
        "declarations": page(b"<!" * N),
        "CDATA": page(b"<![CDATA[" * N),
        "unclosed script": page(b"<script>" + b"x" * MIB),
        "NUL": page(b"a\0b" * N),
        "a wide table": page(b"<table>" + b"<tr>" + b"<td>x" * N + b"<tr><td>y" * 1000),
        "spans of columns": page(b"<table>" + b"<tr><td colspan=64>x" * N),
        "rows that say nothing": page(b"<table>" + b"<tr>" * N),
        "a list as long": page(b"<ol reversed>" + b"<li>x" * N),
        "terms": page(b"<dl>" + b"<dt>x<dd>y" * N),
        "figures without a caption": page(b"<figure><img src=x>" * 500 + b"<i>" * 100),
        "images in one figure": page(b"<figure>" + b"<img src=x>" * N),
    },
    "markdown": {
        **{f"{name} again and again": mark * N for name, mark in (
            ("brackets", b"["), ("images", b"!["), ("quotes", b"> "), ("items", b"* "),
            ("numbers", b"1. "), ("code", b"`"), ("tags", b"<a"), ("references", b"&"),
            ("stars", b"*"), ("waves", b"~"), ("links", b"[a]("), ("angles", b"[a](<"),
            ("comments", b"<!--"), ("CDATA", b"<![CDATA["), ("processing", b"<?"), ("pipes", b"|"),
            ("escapes", b"\\"), ("headings", b"# "), ("URLs", b"http://"), ("hosts", b"www."),
            ("mail", b"a@"), ("marks", b"a_*b*_"), ("bold", b"a**b"), ("definitions", b"[a]:\n"),
            ("titles", b"[a]: b '\n"), ("setext", b"a\n=\n"), ("decimals", b"&#"))},
        "text and brackets": b"x " + b"[" * N + b"a" + b"](b)" * N,
        "code of every length": b"".join(b"`" * (i % 500 + 1) + b" " for i in range(3000)),
        "a fence that is never closed": b"```\n" + PROSE * 10_000,
        "fences": b"```\n" * N,
        "a wide head over many rows": b"|a" * 20_000 + b"\n" + b"|---" * 20_000 + b"\n"
                                      + b"|b\n" * 20_000,
        "one reference often": b"[a]: /" + b"x" * 4000 + b"\n\n" + b"[a] " * 100_000,
        "one long reference often": b"[a]: /" + b"x" * MIB + b"\n\n" + b"[a] " * 20_000,
        "many references": b"".join(b"[a%d]: /b\n" % i for i in range(N)) + b"\n"
                           + b"".join(b"[a%d] " % i for i in range(N)),
        "empty lines in deep lists": b"* " * N + b"a\n" + b"\n" * N + b"b\n",
        "lines in deep quotes": b"> " * N + b"a\n" + b"b\n" * N,
        "deep by indents": b"".join(b"  " * i + b"* a\n" for i in range(1500)),
        "HTML blocks in each other": b"<div>" * DEEP,
        "HTML blocks of every line": b"<div>\n\n" * N,
        "tags in a line": b"x " + b"<b>" * N + b"</b>" * N,
        "tags with attributes": b"x " + b"<b c=d>" * N,
        "a tag with many attributes": b"x <b " + b"".join(b"a%d=b " % i for i in range(30_000)) + b">",
        "NUL": b"a\0b" * N,
    },
    "gemtext": {
        "links": b"=> /a b\n" * N,
        "links without end": b"=> /" + b"a" * MIB,
        "fences": b"```\n" * N,
        "a fence that is never closed": b"```\n" + PROSE * 10_000,
        "headings": b"# a\n" * N,
        "blanks": b" " * MIB + b"a" + b"\t" * MIB,
        "tabs in code": b"```\n" + b"\t" * 100_000 + b"a\n```\n",
        "empty lines": b"a\n" + b"\n" * MIB + b"b\n",
        "NUL": b"a\0b" * N,
    },
    "text": {
        "empty lines": b"a\n" + b"\n" * MIB + b"b\n",
        "items": b"* a\n" * N,
        "one line": b"a " * MIB,
        "URLs": b"http://" * 100_000,
        "cut in a character": b"a\n" + "ä€𝄞".encode() * N + b"\xf0\x9d",
        "bytes": bytes(range(256)) * 2000,
        "marks that combine": b"a" + "\u0301\u0323".encode() * N,
        "escape sequences": b"\x1b[1m\x1b]0;" * N,
        "NUL": b"a\0b" * N,
    },
}


@pytest.mark.parametrize(("text_format", "name"),
                         [(kind, name) for kind, inputs in HOSTILE.items() for name in inputs])
def test_hostile(tmp_path, text_format, name):
    source = HOSTILE[text_format][name]
    check(convert(tmp_path, source, text_format), len(source),
          times=TIMES_DENSE if text_format == "html" else TIMES)


LARGE = {
    "text": PROSE * (8 * MIB // len(PROSE)),
    "markdown": (PROSE * 8 + b"\n## Part\n\n- one *item*\n- [two](/x)\n\n") * 14_000,
    "gemtext": (PROSE + b"\n## Part\n\n* one item\n=> /x two\n") * 60_000,
    "html": page(BLOCKS * (2 * MIB // len(BLOCKS) - 1)),
}


@pytest.mark.parametrize("text_format", LARGE)
def test_large(tmp_path, text_format):
    """The largest inputs that are taken are taken."""
    source = LARGE[text_format]
    run = convert(tmp_path, source, text_format)
    check(run, len(source), 20.0 * program.SLOW)
    assert run.code == 0, run.err


@pytest.mark.parametrize("text_format", LARGE)
def test_too_large(tmp_path, text_format):
    run = convert(tmp_path, PROSE * (10 * MIB // len(PROSE)), text_format)
    check(run, 10 * MIB)
    assert run.code == 1
    assert str(tmp_path / "in") in run.err


def test_a_page_that_is_too_large(tmp_path):
    run = convert(tmp_path, page(BLOCKS * (3 * MIB // len(BLOCKS))), "html")
    check(run, 3 * MIB)
    assert run.code == 1


# Twice the input may take twice the time; more than this is not linear, even on a busy machine.
GROWTH = 5
LEAST = 0.2  # seconds: below, the machine's noise is measured

LINEAR = [
    ("markdown", lambda n: b"> " * n + b"a\n"),
    ("markdown", lambda n: b"* " * n + b"a\n" + b"\n" * n),
    ("markdown", lambda n: b"[" * n),
    ("markdown", lambda n: b"x " + b"<b c=d>" * n),
    ("markdown", lambda n: b"&amp; " * n),
    ("markdown", lambda n: b"[a](/b%d) " * n),
    ("markdown", lambda n: b"http://" * n),
    ("markdown", lambda n: b"- [a](http://b.example/c)\n" * n),
    ("markdown", lambda n: b"| a | b |\n|---|---|\n" + b"| c | d |\n" * n),
    ("html", lambda n: page(b"<p>a <b>b</b>" * n)),
    ("html", lambda n: page(b"<ol><li>a</ol>" * n)),
    ("html", lambda n: page(b"<a href=b>c</a>" * n)),
    ("html", lambda n: page(b"<table><tr><td>a<td>b" + b"<tr><td>c<td>d" * n)),
    ("html", lambda n: page(b"<pre>a\n" + b"b\n" * n)),
    ("gemtext", lambda n: b"=> /a b\n" * n),
    ("text", lambda n: b"a b\n" * n),
]


@pytest.mark.parametrize("case", range(len(LINEAR)))
def test_time_is_linear(tmp_path, case):
    text_format, make = LINEAR[case]
    once, twice = (min(convert(tmp_path, make(n), text_format).seconds for _ in range(2))
                   for n in (N, 2 * N))
    assert twice <= max(once, LEAST) * GROWTH, f"{once:.2f} s, then {twice:.2f} s"


# The longest line of an answer: a message names what is wrong, not all of it.
def test_a_message_is_short(tmp_path):
    run = convert(tmp_path, b"<div>" * DEEP, "markdown")
    check(run, 5 * DEEP)
    if run.code == 1:
        assert len(run.err) < 400 and str(tmp_path / "in") in run.err
