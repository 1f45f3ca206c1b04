"""Several capsules in one server: who answers, with which certificate, and what one of them does
to the others.

The numbers are those of the checklist in test_conformance.py.
"""

import os
import re
import signal
import subprocess
from contextlib import closing, contextmanager

import pytest

from certificates import Certificate, own_pair, presented
from clients import fetch, openssl
from program import BINARY, STOP, run, wait_until
from samples import LARGE, Capsule, article
from wire import both_versions, client_context

CRLF = b"\r\n"
NEWS, BOOKS, ADDRESS = "news.example", "xn--bcher-kva.example", "127.0.0.1"


def section(name, capsule, **settings):
    """A vhost section; a list becomes one of the file's."""
    def value(of):
        if isinstance(of, (list, tuple)):
            return "{" + ", ".join(map(value, of)) + "}"
        return f'"{of}"'

    lines = "".join(f"  {key} = {value(of)}\n" for key, of in settings.items())
    return f'vhost "{name}" {{\n  capsule = "{capsule}"\n{lines}}}\n'


def capsule_of(root, title):
    """A capsule whose pages have the same addresses as those of every other."""
    capsule = Capsule(root, title=title)
    capsule.add("same.txt", article(f"The piece of {title}"))
    capsule.static("name.txt", f"{title}\n")
    capsule.static("large.bin", title.encode() + LARGE)
    return capsule


def launch(serve, folder, *sections, **options):
    """A server with a configuration of these sections; it may not be ready yet."""
    path = folder / "broadsheet.conf"
    path.write_text("".join(sections), "utf-8")
    return serve.launch(None, hosts=(), extra=("--config", path), **options)


def ask(server, host, path="/name.txt", **options):
    """The answer for a URL of this host; the handshake names it unless `sni` says otherwise."""
    request = f"gemini://{host}{path}".encode() + CRLF
    return server.ask(request, **{"sni": host, **options}).check()


def get(server, host, path="/name.txt", **options):
    return ask(server, host, path, **options).check(20).text


@pytest.fixture(scope="module")
def two(serve_module, tmp_path_factory):
    """News, with aliases, is the default host; books have an IDN; tests leave them as they are."""
    folder = tmp_path_factory.mktemp("two")
    capsule_of(folder / "news", "News")
    capsule_of(folder / "books", "Books")
    return launch(
        serve_module, folder,
        section(NEWS, folder / "news", alias=["www.news.example", ADDRESS, "::1"]),
        section(BOOKS, folder / "books", alias=["books.example"])).wait_ready()


def stored(server, name):
    return Certificate((server.certs / f"{name}.crt").read_bytes())


# Certificates

SHOWN = {
    NEWS: NEWS, "NEWS.Example": NEWS, "www.news.example": NEWS,
    BOOKS: BOOKS, "XN--BCHER-KVA.EXAMPLE": BOOKS, "books.example": BOOKS,
    None: NEWS, "unknown.example": NEWS, "www.books.example": NEWS, "example": NEWS,
}


@both_versions
@pytest.mark.parametrize("sni, name", SHOWN.items(), ids=map(str, SHOWN))
def test_05_each_host_shows_its_own_certificate(two, version, sni, name):
    assert presented(two, sni=sni, version=version).der == stored(two, name).der


# What Python does not send: a dot at the end, an address.
@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("sni, name", [(f"{NEWS}.", NEWS), (f"{BOOKS}.", BOOKS), (ADDRESS, NEWS),
                                       ("192.0.2.7", NEWS), ("Books.Example.", BOOKS)])
def test_05_a_dot_or_an_address_in_the_handshake_is_fine(two, option, sni, name):
    shown = openssl("s_client", "-connect", f"127.0.0.1:{two.port}", option, "-servername", sni,
                    data=b"").decode()
    pem = re.search("-----BEGIN CERT.*?-----END CERTIFICATE-----\n", shown, re.S)[0]
    assert Certificate(pem.encode()).der == stored(two, name).der


# Go's clients check the address of a URL against the certificate, and name no server for it.
@both_versions
@pytest.mark.parametrize("sni", [None, "unknown.example"])
def test_05_who_comes_to_an_address_sees_the_certificate_that_has_it(serve, tmp_path, version, sni):
    for name in ("news", "books"):
        capsule_of(tmp_path / name, name)
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news", alias=["::1"]),
                    section(BOOKS, tmp_path / "books", alias=[ADDRESS])).wait_ready()
    shown = presented(server, sni=sni, version=version)
    assert shown.der == stored(server, BOOKS).der
    assert f"IP Address:{ADDRESS}" in shown.names
    assert presented(server, sni=NEWS, version=version).der == stored(server, NEWS).der


def test_54_a_certificate_names_its_own_host_and_no_other(two):
    assert stored(two, NEWS).names == {f"DNS:{NEWS}", "DNS:www.news.example",
                                       f"IP Address:{ADDRESS}", "IP Address:0:0:0:0:0:0:0:1"}
    assert stored(two, NEWS).common_names == [NEWS]
    assert stored(two, BOOKS).names == {f"DNS:{BOOKS}", "DNS:books.example"}
    assert stored(two, BOOKS).common_names == [BOOKS]


def test_a_certificate_of_ones_own_is_shown_for_its_host_alone(serve, tmp_path):
    own = own_pair(tmp_path / "own", BOOKS)
    for name in ("news", "books"):
        capsule_of(tmp_path / name, name)
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section(BOOKS, tmp_path / "books", certificate=own / f"{BOOKS}.crt",
                            key=own / f"{BOOKS}.key")).wait_ready()
    assert presented(server, sni=BOOKS).pem == (own / f"{BOOKS}.crt").read_bytes()
    assert presented(server, sni=NEWS).der == stored(server, NEWS).der
    assert not (server.certs / f"{BOOKS}.crt").exists()


def test_a_renewed_certificate_is_shown_at_its_own_host_alone(serve, tmp_path):
    own = own_pair(tmp_path / "own", BOOKS)
    for name in ("news", "books"):
        capsule_of(tmp_path / name, name)
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section(BOOKS, tmp_path / "books", certificate=own / f"{BOOKS}.crt",
                            key=own / f"{BOOKS}.key")).wait_ready()
    books = presented(server, sni=BOOKS).der

    def all_show(name, der):
        return all(presented(server, sni=name).der == der for _ in range(8))

    # One host's is spoilt, which does not keep the other's from being taken.
    (own / f"{BOOKS}.crt").write_text("garbage\n")
    run("cert", "renew", NEWS, "--certs", server.certs).check()
    wait_until(lambda: all_show(NEWS, stored(server, NEWS).der), what="the first host's")
    assert all_show(BOOKS, books)
    own_pair(own, BOOKS)
    new = Certificate((own / f"{BOOKS}.crt").read_bytes()).der
    wait_until(lambda: all_show(BOOKS, new), what="the second host's")


def test_the_log_tells_the_fingerprints_and_addresses_of_all(two):
    lines = two.log().splitlines()
    for name, folder in ((NEWS, "news"), (BOOKS, "books")):
        told = [line for line in lines if f"certificate {two.certs}/{name}.crt" in line]
        assert len(told) == 1
        digits = told[0].rpartition(" ")[2].replace(":", "").lower()
        assert digits in stored(two, name).fingerprints
        assert any(f"/{folder}: open gemini://{name}:{two.port}/ in" in line for line in lines)


# Answers

ANSWERED = {
    NEWS: "News", "NEWS.EXAMPLE": "News", f"{NEWS}.": "News", "www.news.example": "News",
    ADDRESS: "News", "[::1]": "News", "[0:0::0001]": "News",
    BOOKS: "Books", "Xn--Bcher-Kva.Example.": "Books", "books.example": "Books",
    "%62ooks.example": "Books",
}


@both_versions
@pytest.mark.parametrize("sni", [NEWS, BOOKS, None, "unknown.example"], ids=str)
def test_05_the_host_of_the_url_chooses_whatever_the_handshake_named(two, version, sni):
    for host, title in ANSWERED.items():
        assert get(two, host, sni=sni, version=version) == f"{title}\n", host
    for host in ("unknown.example", "www.books.example", "[::2]", "127.0.0.2"):
        assert ask(two, host, sni=sni, version=version).status == 53, host


def test_the_same_address_has_other_pages(two):
    for host, title in ((NEWS, "News"), (BOOKS, "Books")):
        assert f"# {title}" in get(two, host, "/")
        assert get(two, host, "/same.gmi").startswith(f"# The piece of {title}")
        assert ask(two, host, "/large.bin").body == title.encode() + LARGE
        assert ask(two, host, "/nothing").status == 51


def test_a_name_that_is_not_written_as_its_a_label_is_no_request(two):
    assert ask(two, "bücher.example", sni=BOOKS).status == 59


def test_the_list_of_urls_names_its_own_host(two):
    for host, title in ((NEWS, "News"), (BOOKS, "Books")):
        urls = get(two, host, "/urls.txt").split()
        assert f"gemini://{host}:{two.port}/same.gmi" in urls, title
        assert all(url.startswith(f"gemini://{host}:{two.port}/") for url in urls)


def test_the_access_log_names_the_host(two):
    get(two, BOOKS, "/same.gmi")
    wait_until(lambda: f" {BOOKS} /same.gmi 20 " in two.log(), what="the line of the request")


# Sessions


@both_versions
def test_a_session_is_resumed_at_its_own_host(two, version):
    context = client_context(version)
    for host, title in ((NEWS, "News"), (BOOKS, "Books")):
        first = ask(two, host, context=context)
        again = ask(two, host, context=context, session=first.session).check(20)
        assert again.resumed and again.text == f"{title}\n"


@both_versions
def test_a_session_is_not_resumed_at_another_host(two, version):
    context = client_context(version)
    for own, other, title in ((NEWS, BOOKS, "Books"), (BOOKS, NEWS, "News")):
        first = ask(two, own, context=context)
        with closing(two.connect(sni=other, context=context, session=first.session)) as connection:
            connection.handshake()
            shown = connection.tls.getpeercert(binary_form=True)
            connection.send(f"gemini://{other}/name.txt".encode() + CRLF)
            answer = connection.finish().check(20)
        assert not answer.resumed
        assert shown == stored(two, other).der
        assert answer.text == f"{title}\n"


# One of them changes, breaks, goes, comes


def test_a_change_shows_at_its_own_host_alone(serve, tmp_path):
    capsules = {name: capsule_of(tmp_path / name, name) for name in ("news", "books")}
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section(BOOKS, tmp_path / "books")).wait_ready()
    before = (server.state / f"{NEWS}.db").stat()
    capsules["books"].static("name.txt", "changed\n")
    capsules["books"].add("new.txt", article("A new piece"))
    wait_until(lambda: ask(server, BOOKS, "/new.gmi").status == 20, what="the new piece")
    assert get(server, BOOKS) == "changed\n"
    assert ask(server, NEWS, "/new.gmi").status == 51
    assert get(server, NEWS) == "news\n"
    after = (server.state / f"{NEWS}.db").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_hangup_presses_all_again(serve, tmp_path):
    for name in ("news", "books"):
        capsule_of(tmp_path / name, name)
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section(BOOKS, tmp_path / "books")).wait_ready()
    editions = [server.state / f"{name}.db" for name in (NEWS, BOOKS)]
    for edition in editions:
        edition.unlink()
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: all(edition.exists() for edition in editions), what="both editions")


def test_a_capsule_that_goes_stays_in_service_beside_the_others(serve, tmp_path):
    capsules = {name: capsule_of(tmp_path / name, name) for name in ("news", "books")}
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section(BOOKS, tmp_path / "books")).wait_ready()
    capsules["news"].root.rename(tmp_path / "away")
    wait_until(lambda: "news could not be pressed; the last good edition stays" in server.log(),
               what="the log tells it")
    assert get(server, NEWS, "/same.gmi").startswith("# The piece of news")
    capsules["books"].add("new.txt", article("A new piece"))
    wait_until(lambda: ask(server, BOOKS, "/new.gmi").status == 20, what="the new piece")
    (tmp_path / "away").rename(capsules["news"].root)
    capsules["news"].add("back.txt", article("We are back"))
    wait_until(lambda: ask(server, NEWS, "/back.gmi").status == 20, what="the piece that came")


@pytest.mark.parametrize("missing", [NEWS, BOOKS])
def test_a_capsule_that_is_missing_at_the_start_is_served_when_it_comes(serve, tmp_path, missing):
    there = BOOKS if missing == NEWS else NEWS
    for name in (NEWS, BOOKS):
        capsule_of(tmp_path / name, name)
    (tmp_path / missing).rename(tmp_path / "away")
    server = launch(serve, tmp_path, section(NEWS, tmp_path / NEWS),
                    section(BOOKS, tmp_path / BOOKS)).wait_ready()
    assert get(server, there) == f"{there}\n"
    assert ask(server, missing).status == 41
    assert f"{missing} has no edition yet" in server.log()
    (tmp_path / "away").rename(tmp_path / missing)
    wait_until(lambda: ask(server, missing).status == 20, what="the capsule that came")
    wait_until(lambda: f"{missing}: open gemini://{missing}" in server.log(), what="the log")
    assert get(server, there) == f"{there}\n"


def test_a_broken_edition_is_replaced_and_its_neighbour_served(serve, tmp_path):
    for name in ("news", "books"):
        capsule_of(tmp_path / name, name)
    state = tmp_path / "state"
    state.mkdir()
    (state / f"{NEWS}.db").write_bytes(b"no edition")
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section(BOOKS, tmp_path / "books"), state=state).wait_ready()
    assert get(server, NEWS) == "news\n" and get(server, BOOKS) == "books\n"


def test_a_worker_that_is_replaced_serves_all_again(serve, tmp_path):
    for name in ("news", "books"):
        capsule_of(tmp_path / name, name)
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section(BOOKS, tmp_path / "books"), workers=1).wait_ready()
    (old,) = server.workers(1)
    (server.state / f"{BOOKS}.db").write_bytes(b"broken")  # as a failing disk may leave it
    old.kill()
    wait_until(lambda: any(p.pid != old.pid for p in server.workers(1)), what="another worker")
    assert get(server, NEWS) == "news\n"
    assert ask(server, BOOKS).status in (41, 20)  # it may have been mended already
    wait_until(lambda: ask(server, BOOKS).status == 20, what="the edition that was pressed again")
    assert "an edition in service is damaged" in server.log()


def test_many_capsules_start_together(serve, tmp_path):
    names = [f"n{number}.example" for number in range(30)]
    for name in names:
        capsule_of(tmp_path / name, name)
    server = launch(serve, tmp_path, *(section(name, tmp_path / name) for name in names))
    most = 0
    while not server.listeners:
        most = max(most, sum(b"press-job" in command_line(p.pid) for p in server.children()))
        if "serving" in server.log():
            server.wait_ready()
    assert 1 <= most <= 4
    for name in names:
        assert get(server, name) == f"{name}\n"
        assert presented(server, sni=name).common_names == [name]


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def press_of(server, capsule):
    """The process that presses this capsule, or None."""
    for process in server.children():
        if str(capsule).encode() in command_line(process.pid).split(b"\0"):
            return process
    return None


def test_a_press_that_hangs_at_the_start_does_not_keep_the_others_waiting(serve, tmp_path):
    books = capsule_of(tmp_path / "books", "books")
    for number in range(300):
        books.add(f"piece-{number}.txt", article(f"Piece {number}"))
    capsule_of(tmp_path / "news", "news")
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section(BOOKS, tmp_path / "books"))
    press = wait_until(lambda: press_of(server, books.root), what="the press")
    press.kill(signal.SIGSTOP)
    server.wait_ready()
    assert press.alive()
    assert get(server, NEWS) == "news\n"
    assert ask(server, BOOKS).status == 41
    press.kill(signal.SIGCONT)
    wait_until(lambda: ask(server, BOOKS).status == 20, 30.0, "the capsule that came late")


# Readers


@pytest.fixture
def second(serve, tmp_path):
    """A server whose second host can be resolved everywhere; the URL of its piece."""
    for name in ("news", "local"):
        capsule_of(tmp_path / name, name)
    server = launch(serve, tmp_path, section(NEWS, tmp_path / "news"),
                    section("localhost", tmp_path / "local")).wait_ready()
    return server, f"gemini://localhost:{server.port}/same.gmi"


def test_gemget_reads_the_second_host(second, fetcher):
    server, url = second
    assert fetch(fetcher, url).decode() == get(server, "localhost", "/same.gmi")


def test_amfora_reads_the_second_host(second, browse):
    browse(second[1]).wait_for_page("same.gmi", "The piece of local")


# Where editions are


def test_editions_have_the_names_of_their_hosts(two):
    assert {path.name for path in two.state.glob("*.db")} == {f"{NEWS}.db", f"{BOOKS}.db"}


# What is refused

REFUSED = {
    "no capsule": ('vhost "a" {}', "vhost a: no capsule"),
    "a certificate alone": ('vhost "a" { capsule = "c" certificate = "x" }', "without a key"),
    "a raw IDN": ('vhost "bücher.example" { capsule = "c" }', "xn--"),
    "a raw IDN as alias": ('vhost "a" { capsule = "c" alias = {"bücher.example"} }', "xn--"),
    "a path as name": ('vhost "../a" { capsule = "c" }', "host ../a: not a host name"),
    "an empty name": ('vhost "" { capsule = "c" }', "not a host name"),
    "a title twice": ('vhost "a" { capsule = "c" }\nvhost "a" { capsule = "d" }',
                      "line 2: found duplicate title 'a'"),
    "a name twice": ('vhost "A.example" { capsule = "c" }\nvhost "a.example." { capsule = "d" }',
                     "host a.example. of vhost a.example. is A.example of vhost A.example"),
    "an alias of another": (
        'vhost "a" { capsule = "c" }\nvhost "b" { capsule = "d" alias = {"A"} }',
        "host A of vhost b is a of vhost a"),
    "an address in another spelling": (
        'vhost "a" { capsule = "c" alias = {"[::0:1]"} }\nvhost "::1" { capsule = "d" }',
        "host ::1 of vhost ::1 is [::0:1] of vhost a"),
    "an alias of itself": ('vhost "a" { capsule = "c" alias = {"a."} }', "host a. of vhost a is a"),
    "host beside sections": ('host = {"b"}\nvhost "a" { capsule = "c" }',
                             "host: the vhost sections"),
    "an unknown key": ('vhost "a" {\n  capsul = "c"\n}', "line 2: no such option 'capsul'"),
    "a missing brace": ('vhost "a" {\n  capsule = "c"\n', "a section has no }"),
}


@pytest.mark.parametrize("text, message", REFUSED.values(), ids=REFUSED)
def test_a_bad_configuration_is_told(tmp_path, text, message):
    path = tmp_path / "bad.conf"
    path.write_text(text, "utf-8")
    done = run("serve", "--config", path, cwd=tmp_path)
    assert done.code in (1, 2) and message in done.err, done.err
    assert not list(tmp_path.glob("certs*")), "nothing is made"


def test_a_capsule_on_the_command_line_beside_sections_is_wrong_usage(tmp_path):
    path = tmp_path / "hosts.conf"
    path.write_text(section(NEWS, tmp_path))
    for words in (["folder"], ["--host", "a"]):
        done = run("serve", *words, "--config", path, cwd=tmp_path).check_usage()
        assert f"the vhost sections in {path} say what is served" in done.err


@pytest.mark.parametrize("place", ["static", "articles"])
def test_keys_and_editions_do_not_lie_in_any_published_folder(serve, tmp_path, place):
    for name in ("news", "books"):
        capsule_of(tmp_path / name, name)
    folder = tmp_path / "books" / place / "private"
    sections = section(NEWS, tmp_path / "news"), section(BOOKS, tmp_path / "books")
    path = tmp_path / "hosts.conf"
    folder.mkdir(parents=True)
    own_pair(folder, NEWS)
    path.write_text("".join(sections))
    extra = ("--config", path)
    refused = (folder, f"books/{place}, which is published")
    serve.refused(None, *refused, hosts=(), extra=extra, certs=folder)
    serve.refused(None, *refused, hosts=(), extra=extra, state=folder)
    path.write_text(section(NEWS, tmp_path / "news", certificate=folder / f"{NEWS}.crt",
                            key=folder / f"{NEWS}.key") + sections[1])
    serve.refused(None, *refused, hosts=(), extra=extra)


def test_without_any_edition_there_is_no_server(serve, tmp_path):
    path = tmp_path / "hosts.conf"
    path.write_text(section(NEWS, tmp_path / "news") + section(BOOKS, tmp_path / "books"))
    serve.refused(None, path, "nothing to serve", hosts=(), extra=("--config", path))


def test_the_state_folder_is_named_by_the_configuration_unless_told(tmp_path):
    """Two configurations of the same capsules do not share a folder; the second start finds its."""
    capsule_of(tmp_path / "news", "News")
    for name in ("one.conf", "two.conf"):
        path = tmp_path / name
        path.write_text(section(NEWS, tmp_path / "news") + 'listen = {"127.0.0.1:0"}\n'
                        f'certs = "{tmp_path / "certs"}"\nworkers = 1\n')
        with serving(path, tmp_path):
            pass
    with serving(tmp_path / "one.conf", tmp_path):
        pass
    found = sorted(p.parent.name.rpartition("-")[0] for p in tmp_path.rglob(f"{NEWS}.db"))
    assert found == ["one.conf", "two.conf"]


@contextmanager
def serving(path, folder):
    """A server that finds its state folder itself, from its first line to its end."""
    process = subprocess.Popen([BINARY, "serve", "--config", path], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
                               env={**os.environ, "XDG_STATE_HOME": str(folder / "home")})
    try:
        assert process.stdout.readline().startswith(b"listening on ")
        yield process
        process.terminate()
        assert process.wait(STOP) == 0
    finally:
        process.kill()
        process.communicate(timeout=STOP)


def test_help_tells_where_several_capsules_are_written():
    assert "vhost" in run("serve", "--help").check().text
