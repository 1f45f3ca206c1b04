"""A reader with the real Amfora, in a terminal of tmux's."""

import pytest

from client_certificates import Maker
from samples import (NEXT_SLUG, NEXT_TITLE, PREVIOUS_SLUG, PREVIOUS_TITLE, SEED_SLUG, SEED_TITLE,
                     article, seed_paragraphs)

ARTICLE = f"{SEED_SLUG}.gmi"


@pytest.fixture
def reader(browse, site):
    """Amfora with the article drawn."""
    amfora = browse(site.url(f"/{ARTICLE}"))
    amfora.wait_for_page(ARTICLE, SEED_TITLE)
    return amfora


def test_amfora_draws_the_article_with_its_links_first(reader):
    opening = " ".join(seed_paragraphs()[0].split()[:20])
    screen = reader.wait_for("[1] No time to read? Get a summary",
                             f"[2] ← Previous article: {PREVIOUS_TITLE}",
                             f"[3] → Next article: {NEXT_TITLE}", opening)
    assert screen.index("[1]") < screen.index("[2]") < screen.index("[3]") < screen.index(opening)


def test_key_1_opens_the_summary_and_its_key_1_the_article(reader):
    reader.press("1")
    reader.wait_for_page(f"{SEED_SLUG}-summary.gmi", SEED_TITLE, "[1] Read the full article")
    reader.press("1")
    reader.wait_for_page(ARTICLE, SEED_TITLE, "[1] No time to read?")


def test_key_2_opens_the_previous_piece_and_back_returns(reader):
    reader.press("2")
    reader.wait_for_page(f"{PREVIOUS_SLUG}.gmi", PREVIOUS_TITLE, f"→ Next article: {SEED_TITLE}")
    reader.press("b")
    reader.wait_for_page(ARTICLE, SEED_TITLE, "[1] No time to read?")


def test_key_3_opens_the_next_piece_and_back_returns(reader):
    reader.press("3")
    reader.wait_for_page(f"{NEXT_SLUG}.gmi", NEXT_TITLE, f"← Previous article: {SEED_TITLE}")
    reader.press("b")
    reader.wait_for_page(ARTICLE, SEED_TITLE, "[1] No time to read?")


def test_a_reader_goes_from_the_front_page_through_the_articles(browse, site):
    amfora = browse(site.url("/index.gmi"))
    amfora.wait_for_page("index.gmi", "The Test Capsule", "[1] 2024-03-10 Third rail",
                         "[2] 2024-03-09 Second wind")
    amfora.press("1")
    amfora.wait_for_page("third-rail.gmi", "Third rail", "[2] ← Previous article: Second wind")
    amfora.press("2")
    amfora.wait_for_page("second-wind.gmi", "Second wind", "[3] → Next article: Third rail")
    amfora.press("3")
    amfora.wait_for_page("third-rail.gmi", "Third rail")


def test_amfora_says_that_a_page_was_not_found(browse, site):
    browse(site.url("/nothing.gmi")).wait_for("This page was not found")


def test_a_restarted_server_is_still_trusted(browse, serve, capsule):
    first = serve(capsule)
    amfora = browse(first.url(f"/{SEED_SLUG}.gmi"))
    amfora.wait_for_page(ARTICLE, SEED_TITLE)
    first.stop()
    capsule.add("later.txt", article("Written later", date="2024-05-05"))
    serve(capsule, certs=first.certs, state=first.state, listen=(f"127.0.0.1:{first.port}",))
    amfora.press("Space")
    amfora.press("C-u")
    amfora.press("-l", first.url("/later.gmi"))
    amfora.press("Enter")
    amfora.wait_for_page("later.gmi", "Written later")


def test_52_a_member_reads_what_others_are_asked_a_certificate_for(browse, serve, capsule,
                                                                   tmp_path):
    member = Maker(tmp_path / "certificates")("member")
    capsule.static("members/index.gmi", "# For members\n\nHello.\n")
    conf = tmp_path / "serve.conf"
    conf.write_text(f'area "/members/" {{ fingerprint = {{"{member.key_print}"}} }}\n')
    server = serve(capsule, extra=("--config", conf))
    certificate = (f"[auth.certs]\n'localhost:{server.port}' = '{member.crt}'\n"
                   f"[auth.keys]\n'localhost:{server.port}' = '{member.key}'\n")
    amfora = browse(server.url("/members/"), certificate)
    amfora.wait_for_page("members/", "For members", "Hello.")


def test_a_reader_without_a_certificate_is_told_what_is_missing(browse, serve, capsule, tmp_path):
    capsule.static("members/index.gmi", "# For members\n")
    conf = tmp_path / "serve.conf"
    conf.write_text('area "/members/" { prompt = "Please show who you are" }\n')
    server = serve(capsule, extra=("--config", conf))
    browse(server.url("/members/")).wait_for("Please show who you are")
