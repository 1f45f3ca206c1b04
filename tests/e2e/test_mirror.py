"""The one-line mirror of a whole capsule, and reading it offline, with gemget or our own client."""

import os
import subprocess

import pytest

from samples import SEED_SLUG, is_relative, last_segment, links

# The line of the README; $GET is gemget there.
ONE_LINE = '"$GET" -q -o - "$URL" | "$GET" -s -d "$DIR" -f /dev/stdin'


@pytest.fixture(scope="module")
def mirror(fetcher, site, tmp_path_factory):
    """The folder that the one line fills."""
    folder = tmp_path_factory.mktemp("mirror")
    done = subprocess.run(
        ["sh", "-c", ONE_LINE], capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "GET": str(fetcher), "URL": site.url("/urls.txt"), "DIR": str(folder)})
    assert done.returncode == 0, done.stderr
    return folder


def pages(mirror):
    return [path for path in mirror.iterdir() if path.suffix in (".gmi", ".gemini")]


def local_links(path):
    """Names of the files that a mirrored page links to."""
    targets = [target for target, _ in links(path.read_text("utf-8"))]
    return {last_segment(target) for target in targets if is_relative(target)}


def test_a_mirror_holds_one_file_for_every_listed_url(mirror, site):
    names = [last_segment(url) for url in site.get("/urls.txt").splitlines()]
    assert sorted(path.name for path in mirror.iterdir()) == sorted(names)


def test_every_mirrored_file_is_what_a_direct_request_gives(mirror, site):
    for url in site.get("/urls.txt").splitlines():
        answer = site.ask(url.encode() + b"\r\n").check(20)
        assert (mirror / last_segment(url)).read_bytes() == answer.body, url


def test_every_link_between_mirrored_files_resolves_in_the_folder(mirror):
    assert len(pages(mirror)) > 5
    for page in pages(mirror):
        for name in local_links(page):
            assert (mirror / name).is_file(), f"{page.name} links to {name}, which is not there"


def test_a_mirror_can_be_read_from_its_index(mirror):
    seen, waiting = set(), {"index.gmi"}
    while waiting:
        name = waiting.pop()
        seen.add(name)
        waiting |= local_links(mirror / name) - seen
    articles = {path.name.replace("-summary.gmi", ".gmi") for path in mirror.glob("*-summary.gmi")}
    assert f"{SEED_SLUG}.gmi" in articles and len(articles) == 4
    assert articles | {f"{SEED_SLUG}-summary.gmi"} <= seen


def test_a_mirror_stops_at_the_first_url_that_fails(fetcher, site, tmp_path):
    """Why the list must hold nothing but answers of 20."""
    urls = [site.url(path) for path in ("/robots.txt", "/nothing.gmi", "/about.gmi")]
    (tmp_path / "list").write_text("# a comment\n\n" + "".join(f"{url}\n" for url in urls))
    (tmp_path / "out").mkdir()
    subprocess.run([fetcher, "-s", "-d", tmp_path / "out", "-f", tmp_path / "list"],
                   capture_output=True, timeout=60, check=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["robots.txt"]
