"""What the pages of a capsule say, and at which addresses they are.

The numbers are those of the checklist in test_conformance.py.
"""

import re

import pytest

import samples
from samples import (ALL_ARTICLES, LISTED, NEXT_SLUG, NEXT_TITLE, NO_NEXT, NO_PREVIOUS,
                     PREVIOUS_SLUG, PREVIOUS_TITLE, SEED_NEXT, SEED_PREVIOUS, SEED_SLUG,
                     SEED_TITLE, article, block, first_links, last_segment, links, next_link,
                     previous_link, prose, seed_paragraphs, text_lines)

GEMTEXT = "text/gemini; lang=en"
SEED_BLOCK = block(SEED_SLUG, SEED_PREVIOUS, SEED_NEXT)


@pytest.fixture
def dated(empty_capsule):
    """Three dated articles, each named so that slugs are out of order."""
    empty_capsule.add("zebra.txt", article("Zebra", date="2023-01-01"))
    empty_capsule.add("apple.txt", article("Apple", date="2023-06-01"))
    empty_capsule.add("mango.txt", article("Mango", date="2024-01-01"))
    return empty_capsule


# An article's page


def test_an_article_page_is_title_links_article_links(site):
    lines = site.get(f"/{SEED_SLUG}.gmi").splitlines()
    assert lines[:5] == [f"# {SEED_TITLE}", "", *SEED_BLOCK]
    assert lines[5] == ""
    assert lines[-5:] == ["", *SEED_BLOCK, ALL_ARTICLES]


def test_an_article_page_has_every_paragraph_as_one_line_in_order(site):
    page = text_lines(site.get(f"/{SEED_SLUG}.gmi"))
    paragraphs = seed_paragraphs()
    assert page[-len(paragraphs):] == paragraphs
    known = page[: -len(paragraphs)]
    assert len(known) <= 1, f"more than one line of what is known before the text: {known}"


def test_an_article_page_keeps_no_trace_of_the_scrape_markers(site):
    words = "\n".join(text_lines(site.get(f"/{SEED_SLUG}.gmi")))
    for marker in ("No time to read?", "Get a summary", "Previous Article", "Next Article"):
        assert marker not in words


def test_an_article_page_invents_no_date(site):
    page = site.get(f"/{SEED_SLUG}.gmi")
    assert not re.search(r"\b\d{4}-\d{2}-\d{2}\b", page)


@pytest.mark.parametrize("path", [
    "/", "/urls.txt", f"/{SEED_SLUG}.gmi", f"/{SEED_SLUG}-summary.gmi", f"/{PREVIOUS_SLUG}.gmi"])
def test_generated_pages_are_clean_text(site, path):
    page = site.get(path)
    assert page.endswith("\n") and not page.endswith("\n\n")
    assert "\n\n\n" not in page and not re.search(r"[ \t]\n", page)
    assert not re.search(r"[\0-\x09\x0b-\x1f\x7f\ufeff]", page)
    if path != "/urls.txt":
        assert len(re.findall(r"^# ", page, re.M)) == 1


def test_gemtext_pages_carry_the_language_of_the_capsule(site):
    for path in ("/", f"/{SEED_SLUG}.gmi", f"/{SEED_SLUG}-summary.gmi", f"/{NEXT_SLUG}.gmi",
                 "/about.gmi", "/docs/manual.gemini"):
        assert site.fetch(path).meta == GEMTEXT, path


def test_a_capsule_in_german_says_so(serve, empty_capsule):
    empty_capsule.conf(title="Die Kapsel", language="de")
    empty_capsule.add("eins.txt", article("Eins"))
    server = serve(empty_capsule)
    assert server.fetch("/eins.gmi").meta == "text/gemini; lang=de"
    assert server.fetch("/").meta == "text/gemini; lang=de"


def test_a_bare_folder_without_configuration_is_a_capsule(serve, capsule):
    assert serve(capsule).get(f"/{SEED_SLUG}.gmi").startswith(f"# {SEED_TITLE}\n")


def test_text_that_looks_like_markup_stays_text(serve, empty_capsule):
    lines = ["=> gemini://elsewhere.example/ a link", "# no heading", "> no quote", "``` no code"]
    empty_capsule.add("marks.txt", article("Marks", body="\n\n".join(lines)))
    page = serve(empty_capsule).get("/marks.gmi")
    for line in lines:
        assert f"\n {line}\n" in page
    assert "gemini://elsewhere.example/" not in [target for target, _ in links(page)]


# Neighbours


def test_dated_articles_are_neighbours_in_the_order_of_their_dates(serve, dated):
    server = serve(dated)
    wanted = {
        "zebra": (NO_PREVIOUS, next_link("apple", "Apple")),
        "apple": (previous_link("zebra", "Zebra"), next_link("mango", "Mango")),
        "mango": (previous_link("apple", "Apple"), NO_NEXT),
    }
    for slug, neighbours in wanted.items():
        page = server.get(f"/{slug}.gmi")
        assert first_links(page) == block(slug, *neighbours)
        assert page.splitlines()[-4:] == [*block(slug, *neighbours), ALL_ARTICLES]


def test_articles_of_one_day_are_neighbours_in_the_order_of_their_slugs(serve, empty_capsule):
    for name in ("b", "c", "a"):
        empty_capsule.add(f"{name}.txt", article(f"Piece {name}", date="2024-02-02"))
    wanted = block("b", previous_link("a", "Piece a"), next_link("c", "Piece c"))
    assert first_links(serve(empty_capsule).get("/b.gmi")) == wanted


def test_a_lone_article_links_both_empty_places_to_the_index(serve, empty_capsule):
    empty_capsule.add("alone.txt", article("Alone"))
    page = serve(empty_capsule).get("/alone.gmi")
    assert first_links(page) == block("alone", NO_PREVIOUS, NO_NEXT)


def test_front_matter_names_neighbours_that_are_held_by_their_titles(serve, dated):
    dated.add("apple.txt", article("Apple", date="2023-06-01", previous="Mango", next_="Zebra"))
    wanted = block("apple", previous_link("mango", "Mango"), next_link("zebra", "Zebra"))
    assert first_links(serve(dated).get("/apple.gmi")) == wanted


@pytest.mark.parametrize("slug, title, back", [
    (PREVIOUS_SLUG, PREVIOUS_TITLE, next_link(SEED_SLUG, SEED_TITLE)),
    (NEXT_SLUG, NEXT_TITLE, previous_link(SEED_SLUG, SEED_TITLE))], ids=["previous", "next"])
def test_a_neighbour_known_by_title_has_a_page_that_says_so(site, slug, title, back):
    page = site.get(f"/{slug}.gmi")
    assert page.startswith(f"# {title}\n")
    found = [line for line in page.splitlines() if line.startswith("=>")]
    assert back in found and found[-1].startswith("=> index.gmi ")
    sentences = text_lines(page)
    assert sentences and "text" in " ".join(sentences)


def test_an_article_that_arrives_takes_the_place_of_its_title(serve, capsule):
    capsule.add("veto.txt", article(PREVIOUS_TITLE))
    server = serve(capsule)
    links_now = first_links(server.get(f"/{SEED_SLUG}.gmi"))
    assert links_now[1] == previous_link("veto", PREVIOUS_TITLE)
    server.fetch(f"/{PREVIOUS_SLUG}.gmi").check(51)


# A summary's page


def test_a_summary_page_links_article_previous_next_first(site):
    lines = site.get(f"/{SEED_SLUG}-summary.gmi").splitlines()
    wanted = [f"=> {SEED_SLUG}.gmi Read the full article", SEED_PREVIOUS, SEED_NEXT]
    assert lines[:5] == [f"# {SEED_TITLE}", "", *wanted]


def test_a_summary_is_sentences_of_the_article_under_a_label(site):
    lines = text_lines(site.get(f"/{SEED_SLUG}-summary.gmi"))
    source = " ".join(seed_paragraphs())
    own = [line for line in lines if line in source]
    assert own and source.startswith(own[0]), "its first sentence is not in the summary"
    assert sum(len(line.split()) for line in own) <= 100
    assert lines.index(own[0]) >= 1, "no label line above the sentences"


def test_a_summary_page_gives_both_reading_times(site):
    source = " ".join(seed_paragraphs())
    page = site.get(f"/{SEED_SLUG}-summary.gmi")
    furniture = " ".join(line for line in text_lines(page) if line not in source)
    assert len(re.findall(r"\b(?:min|sec)", furniture)) >= 2, furniture


def test_a_summary_of_the_author_goes_before_a_chosen_one(serve, empty_capsule):
    words = "What the author wants to have said about it."
    empty_capsule.add("own.txt", article("Own", summary=words))
    lines = text_lines(serve(empty_capsule).get("/own-summary.gmi"))
    assert words in lines
    assert not any(line in prose("Own") for line in lines)


def without_summary_link(slug, page, previous, following):
    """The page of an article whose first links, above and below, are those of its neighbours."""
    lines = page.splitlines()
    return (first_links(page, 2) == [previous, following]
            and lines[-4:] == ["", previous, following, ALL_ARTICLES]
            and f"{slug}-summary" not in page)


def test_an_article_that_wants_no_summary_has_none(serve, dated):
    dated.add("apple.txt", article("Apple", date="2023-06-01", summary="None"))
    dated.add("mango.meta", "summary: none\n")
    server = serve(dated)
    for slug, previous, following in (
            ("apple", previous_link("zebra", "Zebra"), next_link("mango", "Mango")),
            ("mango", previous_link("apple", "Apple"), NO_NEXT)):
        assert without_summary_link(slug, server.get(f"/{slug}.gmi"), previous, following)
        server.fetch(f"/{slug}-summary.gmi").check(51)
        assert f"{slug}-summary" not in server.get("/urls.txt")
    assert first_links(server.get("/zebra.gmi"))[0] == block("zebra", "", "")[0]
    assert first_links(server.get("/zebra-summary.gmi"))[2] == next_link("apple", "Apple")


def test_the_address_of_a_summary_that_is_not_there_is_free(serve, dated):
    dated.add("apple.txt", article("Apple", date="2023-06-01", summary="none"))
    dated.add("apple-summary.txt", article("The whole apple"))
    server = serve(dated)
    assert server.get("/apple-summary.gmi").startswith("# The whole apple\n")
    assert server.get("/apple.gmi").startswith("# Apple\n")


def test_a_capsule_that_wants_no_summaries_has_none(serve, dated):
    dated.conf(title="No time", summary="none")
    dated.add("apple.txt", article("Apple", date="2023-06-01", summary="In short."))
    server = serve(dated)
    for slug, previous, following in (
            ("zebra", NO_PREVIOUS, next_link("apple", "Apple")),
            ("apple", previous_link("zebra", "Zebra"), next_link("mango", "Mango"))):
        assert without_summary_link(slug, server.get(f"/{slug}.gmi"), previous, following)
        server.fetch(f"/{slug}-summary.gmi").check(51)
    assert "summary" not in server.get("/urls.txt")


# Front matter and sidecars


def test_front_matter_is_known_and_is_no_text(serve, empty_capsule):
    empty_capsule.add("known.txt", article(
        "Known", date="2024-05-06", author="Jo Writer", source="The Daily Example", tags="a, b"))
    page = serve(empty_capsule).get("/known.gmi")
    known = [line for line in page.splitlines() if "2024-05-06" in line]
    assert len(known) == 1
    assert "Jo Writer" in known[0] and "The Daily Example" in known[0]
    assert "---" not in page and "author:" not in page
    assert page.index(known[0]) < page.index("This is sentence 1")


def test_a_sidecar_describes_an_article_whose_bytes_stay(serve, empty_capsule):
    source = empty_capsule.add("foo.txt", article("Foo as it was found"))
    before = source.read_bytes()
    empty_capsule.add("foo.meta", "title: Foo, put right\ndate: 2020-02-02\nnext: Bar\n")
    server = serve(empty_capsule)
    page = server.get("/foo.gmi")
    assert page.startswith("# Foo, put right\n") and "2020-02-02" in page
    assert first_links(page)[2] == next_link("bar", "Bar")
    assert "=> foo.gmi 2020-02-02 Foo, put right" in server.get("/").splitlines()
    assert source.read_bytes() == before
    server.fetch("/foo.meta").check(51)


# The index


def test_58_the_index_lists_dated_articles_newest_first_then_the_others(site):
    page = site.get("/")
    assert page.startswith("# The Test Capsule\n")
    lines = page.splitlines()
    wanted = ["=> third-rail.gmi 2024-03-10 Third rail",
              "=> second-wind.gmi 2024-03-09 Second wind",
              "=> first-light.gmi 2024-01-05 First light"]
    start = lines.index(wanted[0])
    assert lines[start : start + 3] == wanted
    assert f"=> {SEED_SLUG}.gmi {SEED_TITLE}" in lines[start + 3 :]


def test_the_front_page_and_index_gmi_are_the_same_bytes(site):
    assert site.fetch("/").body == site.fetch("/index.gmi").body == site.fetch("").body


def test_an_index_of_the_author_moves_the_generated_one_to_archive(serve, capsule):
    capsule.static("index.gmi", "# My own front page\n")
    server = serve(capsule)
    assert server.get("/") == server.get("/index.gmi") == "# My own front page\n"
    assert f"=> {SEED_SLUG}.gmi {SEED_TITLE}" in server.get("/archive.gmi").splitlines()


def test_without_an_index_of_the_author_there_is_no_archive(site):
    site.fetch("/archive.gmi").check(51)


def test_links_of_generated_pages_are_siblings_that_all_answer(site):
    seen, waiting = set(), {"index.gmi", f"{SEED_SLUG}.gmi"}
    while waiting:
        name = waiting.pop()
        seen.add(name)
        targets = {t for t, _ in links(site.get(f"/{name}")) if samples.is_relative(t)}
        assert not any("/" in target for target in targets), f"no siblings: {targets}"
        waiting |= targets - seen
    assert {f"{SEED_SLUG}-summary.gmi", f"{NEXT_SLUG}.gmi", "third-rail.gmi"} <= seen


# The list for mirrors


def urls(site):
    return site.get("/urls.txt").splitlines()


def test_the_list_of_urls_is_plain_text(site):
    assert site.fetch("/urls.txt").meta == "text/plain; charset=utf-8"


def test_every_listed_url_is_absolute_with_the_port_and_answers(site):
    for url in urls(site):
        assert url.startswith(f"gemini://localhost:{site.port}/"), url
        site.ask(url.encode() + b"\r\n").check(20)


def test_listed_urls_have_last_segments_of_their_own(site):
    names = [last_segment(url) for url in urls(site)]
    assert sorted(set(names)) == sorted(names)
    assert "" not in names, "a folder has no name in a mirror"


def test_the_list_holds_pages_title_only_pages_and_static_files(site):
    base = f"gemini://localhost:{site.port}"
    wanted = ["index.gmi", f"{SEED_SLUG}.gmi", f"{SEED_SLUG}-summary.gmi", f"{PREVIOUS_SLUG}.gmi",
              f"{NEXT_SLUG}.gmi", "second-wind.gmi", "second-wind-summary.gmi", "about.gmi",
              "robots.txt", "dot.png", "docs/manual.gemini", "docs/deeper/leaf.gmi",
              "two%20words/inside.txt"]
    listed = urls(site)
    assert {f"{base}/{path}" for path in wanted} <= set(listed)
    assert f"{base}/" not in listed
    assert not any(".hidden" in url or ".git" in url for url in listed)


# Static files


@pytest.mark.parametrize("path, meta", [
    ("/robots.txt", r"text/plain(; charset=.*)?"), ("/dot.png", "image/png"),
    ("/large.bin", "application/octet-stream"), ("/crlf.txt", r"text/plain(; charset=.*)?"),
    ("/docs/manual.gemini", re.escape(GEMTEXT)), ("/empty.txt", r"[a-z]+/[a-z0-9.+-]+(;.*)?")])
def test_static_files_have_their_media_type(site, path, meta):
    assert re.fullmatch(meta, site.fetch(path).check(20).meta, re.I)


@pytest.mark.parametrize("path", ["robots.txt", "dot.png", "large.bin", "crlf.txt", "empty.txt",
                                  "docs/index.gmi", "docs/deeper/leaf.gmi",
                                  ".well-known/security.txt"])
def test_43_static_files_are_served_byte_for_byte(site, path):
    assert site.fetch(f"/{path}").body == (site.capsule / "static" / path).read_bytes()


@pytest.mark.parametrize("path", ["/.hidden.gmi", "/docs/.draft.gmi", "/.git/config", "/.git",
                                  "/.git/", "/capsule.conf", f"/articles/{SEED_SLUG}.txt",
                                  f"/{SEED_SLUG}.txt", "/static/about.gmi"])
def test_what_is_not_meant_for_readers_is_not_found(site, path):
    site.fetch(path).check(51)


def test_45_a_folder_answers_with_its_index_page(site):
    assert site.get("/docs/") == "# Documents\n\n=> manual.gemini Manual\n"
    assert site.fetch("/docs/").meta == GEMTEXT


def test_47_a_folder_without_an_index_page_lists_its_files(site):
    answer = site.fetch("/files/").check(20)
    assert answer.meta == GEMTEXT
    targets = [target for target, _ in links(answer.text) if target.strip("./")]
    assert all(samples.is_relative(target) for target in targets)
    inside = [t.removeprefix("./") for t in targets if not t.startswith(("..", "/"))]
    for target in inside:
        name = last_segment(target)
        assert site.fetch(f"/files/{target}").text == f"This is {name!r}.\n"
    names = {last_segment(target) for target in inside}
    assert names | {"line\nbreak.txt"} == set(LISTED)


def test_every_folder_on_the_way_answers(site):
    for path in ("/docs/deeper/", "/two%20words/", "/.well-known/"):
        site.fetch(path).check(20)


def test_a_listing_does_not_name_hidden_files(serve, capsule):
    capsule.static("box/.secret", "x")
    capsule.static("box/open.txt", "x")
    page = serve(capsule).get("/box/")
    assert "open.txt" in page and "secret" not in page


def test_a_capsule_may_be_nothing_but_static_files(serve, empty_capsule):
    empty_capsule.static("index.gmi", "# Only this\n")
    assert serve(empty_capsule).get("/") == "# Only this\n"
