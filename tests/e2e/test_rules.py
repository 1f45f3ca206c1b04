"""Redirects, what is gone and questions, as capsule.conf has them."""

import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from clients import require_client
from program import SLOW, run, wait_until
from samples import Capsule, article
from wire import openssl_client

RULES = {
    "redirect": (
        "/old.gmi /first.gmi", "/2019/* /archive/*", "/2019/special/* /first.gmi",
        "/elsewhere gemini://other.example/x", "/mirror/* gemini://other.example/m/*",
        "/asked.gmi /first.gmi?fixed", "/caf%C3%A9.gmi /first.gmi", "/bare* /*",
        "/to-docs /docs", "/hop1 /hop2", "/hop2 /hop3", "/hop3 /first.gmi", "/a%2Ab /first.gmi",
        "/f/* gemini://another.name.that.is.longer.than.ours.example/*",
        "/f gemini://another.name.that.is.longer.than.ours.example/",
    ),
    "moved": ("/former.gmi /first.gmi", "/old-docs/* /docs/*.gmi", "/cgi/* /first.gmi?page=*"),
    "gone": ("/secret.gmi", "/drafts/*"),
    "input": ("/first-quiz.gmi What is the capital of Sweden?", "/go /*.gmi Which page?",
              "/find /docs/x?*  Größe, bitte", "/deep /docs/* Name?"),
    "sensitive-input": ("/about.gmi The word?", "/login /docs/a.gmi?* The word?"),
}


def conf(capsule, rules, **settings):
    lines = [f'{key} = "{value}"' for key, value in settings.items()]
    for key, items in rules.items():
        lines.append(f"{key} = {{" + ", ".join(f'"{item}"' for item in items) + "}")
    draft = capsule.root / ".capsule.conf.swp"
    draft.write_text("\n".join(lines) + "\n", "utf-8")
    draft.replace(capsule.root / "capsule.conf")


def sample(root):
    capsule = Capsule(root)
    capsule.add("first.txt", article("First", date="2024-01-01"))
    capsule.add("first-quiz.txt", article("Quiz", date="2024-01-02", summary="none"))
    capsule.static("about.gmi", "# About\n")
    capsule.static("drafts/kept.gmi", "# Kept\n")
    capsule.static("docs/x.gmi", "# X\n")
    conf(capsule, RULES)
    return capsule


@pytest.fixture(scope="module")
def ruled(serve_module, tmp_path_factory):
    return serve_module(sample(tmp_path_factory.mktemp("ruled") / "capsule"), workers=1)


ANSWERS = [
    # exact
    ("/old.gmi", 30, "/first.gmi"),
    ("/old.gmi?a=b%20c", 30, "/first.gmi?a=b%20c"),
    ("/old.gmi?", 30, "/first.gmi?"),
    ("/asked.gmi?other", 30, "/first.gmi?fixed"),
    ("/%6Fld.gmi", 30, "/first.gmi"),
    ("/x/../old.gmi", 30, "/first.gmi"),
    ("/caf%c3%a9.gmi", 30, "/first.gmi"),
    ("/a*b", 30, "/first.gmi"),
    ("/elsewhere?q", 30, "gemini://other.example/x?q"),
    ("/former.gmi", 31, "/first.gmi"),
    ("/secret.gmi", 52, "This page is gone"),
    ("/old.gmi/", 51, None),
    ("/Old.gmi", 51, None),
    ("/old%2Fgmi", 51, None),
    # prefixes
    ("/2019/a/b.gmi?q", 30, "/archive/a/b.gmi?q"),
    ("/2019/", 30, "/archive/"),
    ("/2019", 51, None),
    ("/2019/special/x", 30, "/first.gmi"),
    ("/2019/a%2Fb", 30, "/archive/a%2Fb"),
    ("/2019/%0D%0A20%20x", 30, "/archive/%0D%0A20%20x"),
    ("/2019/%41%ff%00", 30, "/archive/A%FF%00"),
    ("/2019/../old.gmi", 30, "/first.gmi"),
    ("/2019/%2e%2e/%2e%2e/etc", 51, None),
    ("/2019/x/../y", 30, "/archive/y"),
    ("/2019//evil.example/", 30, "/archive//evil.example/"),
    ("/mirror//evil.example/", 30, "gemini://other.example/m//evil.example/"),
    ("/bare/evil.example/", 51, None),  # "//evil.example/" would be another host
    ("/barefirst.gmi", 30, "/first.gmi"),
    ("/bare..", 51, None),  # "/.." is no name
    ("/bare%2E/x", 51, None),
    ("/old-docs/x", 31, "/docs/x.gmi"),
    ("/cgi/a/b%3Fc", 31, "/first.gmi?page=a/b%3Fc"),
    ("/drafts/unknown", 52, "This page is gone"),
    ("/drafts/", 20, None),
    ("/drafts/kept.gmi", 20, None),
    ("/drafts", 31, "/drafts/"),
    # questions
    ("/first-quiz.gmi", 10, "What is the capital of Sweden?"),
    ("/first-quiz.gmi?", 10, "What is the capital of Sweden?"),
    ("/first-quiz.gmi?Stockholm", 20, None),
    ("/%66irst-quiz.gmi", 10, "What is the capital of Sweden?"),
    ("/about.gmi", 11, "The word?"),
    ("/about.gmi?word", 20, None),
    ("/go", 10, "Which page?"),
    ("/go?", 10, "Which page?"),
    ("/go?first", 30, "/first.gmi"),
    ("/go?%66irst", 30, "/first.gmi"),
    ("/go?a%2Fb", 30, "/a%2Fb.gmi"),
    ("/go?a/b", 30, "/a%2Fb.gmi"),
    ("/go?/evil.example/", 30, "/%2Fevil.example%2F.gmi"),
    ("/go?a%0D%0A20%20text/gemini%0D%0A", 30, "/a%0D%0A20%20text%2Fgemini%0D%0A.gmi"),
    ("/go?a?b", 30, "/a%3Fb.gmi"),
    ("/go?%2541", 30, "/%2541.gmi"),
    ("/go?%C3%A9", 30, "/%C3%A9.gmi"),
    ("/go?*", 30, "/*.gmi"),
    ("/go/", 51, None),
    ("/find", 10, "Größe, bitte"),
    ("/find?two%20words%26more", 30, "/docs/x?two%20words&more"),
    ("/find?..", 30, "/docs/x?.."),
    ("/deep?..", 51, None),
    ("/deep?%2e%2e", 51, None),
    ("/deep?.", 51, None),
    ("/deep?../..", 30, "/docs/..%2F.."),
    ("/login", 11, "The word?"),
    ("/login?x", 30, "/docs/a.gmi?x"),
    # what stands in the edition under a key that no request has
    ("/*/drafts/", 51, None),
    ("/?/go", 20, None),
    ("/%3F/go", 51, None),
]


@pytest.mark.parametrize("path, status, meta", ANSWERS, ids=[row[0] for row in ANSWERS])
def test_answer(ruled, path, status, meta):
    answer = ruled.fetch(path).check(status)
    assert meta is None or answer.meta == meta


def test_a_redirect_that_grows_too_long_is_a_59(ruled):
    def longest(path, fill):
        return path + fill * ((1024 - len(ruled.url(path))) // len(fill))

    for path in (longest("/go?", "/"), longest("/go?%0A", "/"), longest("/f/", "/%ff"),
                 longest("/f/", "a"), longest("/f?", "a")):
        assert "too long" in ruled.fetch(path).check(59).meta
    assert ruled.fetch(longest("/2019/", "a")).check(30).meta.startswith("/archive/aaa")
    assert len(ruled.fetch("/go?" + "a" * 900).check(30).meta) == 905


def test_lists_have_what_answers_20(ruled):
    urls = [line.partition(f"{ruled.port}")[2] for line in ruled.get("/urls.txt").splitlines()]
    assert "/first.gmi" in urls and "/x.gmi" not in urls
    for path in urls:
        ruled.fetch(path).check(20)
    assert not {"/old.gmi", "/secret.gmi", "/go", "/first-quiz.gmi", "/about.gmi"} & set(urls)
    assert "old.gmi" not in ruled.get("/") and "secret" not in ruled.get("/")


def test_an_edition_behaves_alike_on_another_machine(ruled, tmp_path):
    """The edition that was served, and one pressed there, hold the same rows."""
    def rows(path):
        with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as edition:
            return edition.execute("SELECT path, status, meta, body FROM page"
                                   " WHERE status <> 20 ORDER BY path").fetchall()

    edition = tmp_path / "edition.db"
    run("press", ruled.capsule, "-o", edition, "--base-url", "gemini://other.example/").check()
    served = rows(next(ruled.state.glob("**/edition.db")))
    assert served == rows(edition)
    assert ("*/2019/", 30, "/archive/*", b"") in served
    assert ("?/go", 10, "Which page?", b"/*.gmi") in served


def test_openssl_sees_the_redirect(ruled):
    assert openssl_client(ruled.port, ruled.url("/hop1").encode() + b"\r\n") == b"30 /hop2\r\n"


def test_gemget_follows(ruled):
    done = subprocess.run(
        [require_client("gemget"), "-q", "-i", "-r", "5", "-o", "-", ruled.url("/hop1")],
        capture_output=True, timeout=30, check=False)
    assert done.stdout.startswith(b"# First\n"), done.stderr


# Edits while it serves


def log_has(server, *words):
    return wait_until(lambda: [line for line in server.log().splitlines()
                               if all(word in line for word in words)], 10 * SLOW,
                      f"a log line with {words}")


def answers(server, path, status, meta=None):
    """Wait generously, then judge the time: within a second."""
    def so():
        answer = server.fetch(path)
        return answer.status == status and meta in (None, answer.meta)

    start = time.monotonic()
    wait_until(so, 10 * SLOW, f"{status} {meta} for {path}")
    assert time.monotonic() - start <= SLOW


def test_edits_take_effect(serve, tmp_path):
    capsule = sample(tmp_path / "capsule")
    server = serve(capsule, workers=1)
    conf(capsule, {"redirect": ("/old.gmi /about.gmi",), "gone": ("/2019/*",)})
    answers(server, "/old.gmi", 30, "/about.gmi")
    server.fetch("/2019/x").check(52)
    server.fetch("/go").check(51)
    server.fetch("/first-quiz.gmi").check(20)
    assert server.url("/first-quiz.gmi") in server.get("/urls.txt").splitlines()
    conf(capsule, {"input": ("/first-quiz.gmi Again?",)})
    answers(server, "/first-quiz.gmi", 10, "Again?")
    assert server.url("/first-quiz.gmi") not in server.get("/urls.txt").splitlines()
    server.fetch("/old.gmi").check(51)
    (capsule.root / "capsule.conf").unlink()
    answers(server, "/first-quiz.gmi", 20)


FAULTS = [
    ({"redirect": ("/a /b", "/b /a")}, "redirect /a -> /b -> /a goes round"),
    ({"redirect": ("/a /a?x",)}, "redirect /a -> /a goes round"),
    ({"redirect": ("/y/* /y/z/*",)}, "redirect /y/* -> /y/z/* goes round"),
    ({"moved": ("/y/* /z/*", "/z/* /y/*")}, "moved /y/* -> /z/* -> /y/* goes round"),
    ({"redirect": ("/first.gmi /about.gmi",)},
     'redirect "/first.gmi /about.gmi": the address belongs to articles/first.txt'),
    ({"gone": ("/about.gmi",)}, 'gone "/about.gmi": the address belongs to static/about.gmi'),
    ({"gone": ("/a",), "moved": ("/%61 /b",)}, 'gone "/a": its address has a rule already, in moved'),
    ({"input": ("/none.gmi What?",)}, 'input "/none.gmi What?": there is no page at its address'),
    ({"redirect": ("/a //evil.example/",)}, 'redirect "/a //evil.example/": the target begins'),
]


@pytest.mark.parametrize("rules, message", FAULTS, ids=[row[1][:40] for row in FAULTS])
def test_a_fault_is_named_and_nothing_is_written(tmp_path, rules, message):
    capsule = sample(tmp_path / "capsule")
    conf(capsule, rules)
    edition = tmp_path / "edition.db"
    told = run("press", capsule.root, "-o", edition).check(1).err.splitlines()
    assert any(message in line for line in told)
    assert all(f"{capsule.root}/capsule.conf: " in line for line in told)
    assert not edition.exists()


def test_a_fault_keeps_the_edition_in_service(serve, tmp_path):
    capsule = sample(tmp_path / "capsule")
    server = serve(capsule, workers=1)
    for rules, message in FAULTS:
        conf(capsule, rules)
        log_has(server, "capsule.conf", message)
        server.fetch("/old.gmi").check(30)
        server.fetch("/2019/x").check(30)
    conf(capsule, {"redirect": ("/old.gmi /about.gmi",)})
    answers(server, "/old.gmi", 30, "/about.gmi")


def test_an_article_in_the_place_of_a_redirect_is_told(serve, tmp_path):
    capsule = sample(tmp_path / "capsule")
    server = serve(capsule, workers=1)
    capsule.add("old.txt", article("Old"))
    log_has(server, "capsule.conf", "/old.gmi /first.gmi", "belongs to articles/old.txt")
    server.fetch("/old.gmi").check(30)
    conf(capsule, {})
    answers(server, "/old.gmi", 20)


def test_a_redirect_to_nowhere_is_told_and_served(tmp_path, serve):
    capsule = sample(tmp_path / "capsule")
    conf(capsule, {"redirect": ("/lost /nowhere.gmi",)})
    server = serve(capsule, workers=1)
    log_has(server, "warning", 'redirect "/lost /nowhere.gmi": there is no page at its target')
    assert server.fetch("/lost").check(30).meta == "/nowhere.gmi"


def test_a_rule_takes_the_place_of_a_title_that_is_only_named(serve, tmp_path):
    capsule = sample(tmp_path / "capsule")
    capsule.add("second.txt", article("Second", date="2024-02-01", previous="Before all"))
    conf(capsule, {"redirect": ("/before-all.gmi /first.gmi",)})
    server = serve(capsule, workers=1)
    assert server.fetch("/before-all.gmi").check(30).meta == "/first.gmi"
    assert "=> before-all.gmi ← Previous article: Before all" in server.get("/second.gmi")
    conf(capsule, {"input": ("/before-all.gmi Sure?",)})
    answers(server, "/before-all.gmi", 10)
    assert server.get("/before-all.gmi?yes").startswith("# Before all\n")
