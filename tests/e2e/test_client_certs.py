"""Areas of a capsule that only clients with a certificate may see."""

import os
import re
import signal
from contextlib import closing

import pytest

from client_certificates import Maker
from clients import fetch, openssl
from program import SLOW, edition_pages, run, wait_until
from samples import LARGE, SEED_SLUG, Capsule, article
from wire import Connection, both_versions, client_context

PUBLIC = f"/{SEED_SLUG}.gmi"
DEFAULT_PROMPT = "A client certificate is needed for this page"


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    return Maker(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def people(make):
    """Certificates by name; each is made once."""
    root = make("Root", authority=True)
    middle = make("Middle", authority=True, signer=root)
    listed = make("listed")
    return {
        "root": root,
        "listed": listed,
        "renewed": make("renewed", key=listed),  # another certificate, the same key
        "other": make("other"),
        "expired": make("expired", start=-7200, end=-3600),
        "listed, expired": make("listed", key=listed, start=-7200, end=-3600),
        "early": make("early", start=3600, end=7200),
        "signed": make("signed", signer=root),
        "by way": make("by way", signer=middle),
        "signed, expired": make("signed", signer=root, start=-7200, end=-3600),
        "edwards": make("edwards", kind=("ED25519", None)),
        "rsa": make("rsa", kind=("RSA", "rsa_keygen_bits:2048")),
        "same name": make("listed"),
    }


def members_capsule(root):
    capsule = Capsule(root, seed=True)
    capsule.add("open-day.txt", article("Open day"))
    capsule.add("minutes.txt", article("Minutes", summary="What was decided."))
    capsule.static("members/index.gmi", "# Members\n")
    capsule.static("members/large.bin", LARGE * 8)
    capsule.static("members/board/index.gmi", "# Board\n")
    capsule.static("any/index.gmi", "# Any\n")
    capsule.static("signed/index.gmi", "# Signed\n")
    capsule.static("nobody/index.gmi", "# Nobody\n")
    capsule.static("closed/index.gmi", "# Closed\n")
    capsule.static("council/index.gmi", "# Council\n")
    capsule.static("rules/index.gmi", "# Rules\n")
    capsule.static("membership.gmi", "# How to become a member\n")
    return capsule


def put_list(path, *prints):
    new = path.with_suffix(".new")
    new.write_text("# who may enter\n" + "".join(f"SHA256:{one}  a name\n" for one in prints))
    os.replace(new, path)
    return path


def colons(text):
    return ":".join(re.findall("..", text.upper()))


def config_of(folder, people):
    """A configuration with an area of each kind; returns its file and its list."""
    listed = put_list(folder / "members.list", people["rsa"].print)
    nobody = put_list(folder / "nobody.list")
    path = folder / "serve.conf"
    path.write_text(f"""
area "/members/" {{
    fingerprint = {{"{colons(people["listed"].key_print)}", "{people["edwards"].print}"}}
    list = "{listed}"
    prompt = "Members only"
}}
area "/members/board" {{ fingerprint = {{"SHA256:{people["other"].print}"}} }}
area "/any/" {{ }}
area "/signed" {{ ca = "{people["root"].crt}" }}
area "/nobody/" {{ list = "{nobody}" }}
area "/closed/" {{ fingerprint = {{}} }}
area "/council/" {{
    fingerprint = {{}}
    ca = "{people["root"].crt}"
}}
area "/minutes.gmi" {{ }}
area "/rules/index.gmi" {{ }}
""")
    return path, listed


@pytest.fixture(scope="module")
def club(serve_module, tmp_path_factory, people):
    """A server with areas; tests must leave it as it is."""
    folder = tmp_path_factory.mktemp("club")
    path, _ = config_of(folder, people)
    return serve_module(members_capsule(folder / "capsule"), extra=("--config", path))


def visit(server, path, person=None, version=None, **options):
    context = person.context(version) if person else client_context(version)
    return server.fetch(path, context=context, **options)


def logged(server, path, who):
    """Wait for the line of a request, whose client is `who`."""
    wanted = re.compile(rf"/24 {who} localhost {re.escape(path)} ", re.M)
    wait_until(lambda: wanted.search(server.log()), 5 * SLOW, f"{who} asking for {path}")


# Who sees what

ROWS = {  # name: (path, who, status)
    "50 a page for all, without a certificate": (PUBLIC, None, 20),
    "50 a page for all, with a certificate": (PUBLIC, "other", 20),
    "50 a page for all, with an expired one": (PUBLIC, "expired", 20),
    "50 a page for all, with a future one": (PUBLIC, "early", 20),
    "35 no certificate": ("/members/", None, 60),
    "35 a certificate that is not listed": ("/members/", "other", 61),
    "35 one that has expired": ("/any/", "expired", 62),
    "35 one that is not valid yet": ("/any/", "early", 62),
    "52 a listed key": ("/members/", "listed", 20),
    "52 a listed key in a new certificate": ("/members/", "renewed", 20),
    "52 a listed key in a certificate that has expired": ("/members/", "listed, expired", 62),
    "52 a listed certificate, Ed25519": ("/members/", "edwards", 20),
    "52 a certificate in the file, RSA": ("/members/", "rsa", 20),
    "52 the same name, another key": ("/members/", "same name", 61),
    "51 below": ("/members/large.bin", "listed", 20),
    "51 the folder without its slash": ("/members", "listed", 31),
    "51 the folder without its slash, for nobody": ("/members", None, 60),
    "51 nothing beside it": ("/membership.gmi", None, 20),
    "51 an area within, for another": ("/members/board/", "other", 20),
    "51 an area within, not for all of the outer": ("/members/board/", "listed", 61),
    "any certificate": ("/any/", "other", 20),
    "an authority's": ("/signed/", "signed", 20),
    "an authority's by way of another": ("/signed/", "by way", 20),
    "no authority's": ("/signed/", "other", 61),
    "an authority's that has expired": ("/signed/", "signed, expired", 62),
    "an empty list": ("/nobody/", "listed", 61),
    "no fingerprint": ("/closed/", None, 60),
    "no fingerprint, for a certificate": ("/closed/", "listed", 61),
    "no fingerprint, for one that has expired": ("/closed/", "expired", 62),
    "no fingerprint, but an authority": ("/council/", "signed", 20),
    "no fingerprint, and not the authority's": ("/council/", "listed", 61),
    "an article": ("/minutes.gmi", None, 60),
    "an article, with a certificate": ("/minutes.gmi", "other", 20),
    "an article's summary": ("/minutes-summary.gmi", None, 60),
    "an article's summary, with a certificate": ("/minutes-summary.gmi", "other", 20),
    "an index": ("/rules/index.gmi", None, 60),
    "an index at its folder's address": ("/rules/", None, 60),
    "an index at its folder's address, with a certificate": ("/rules/", "other", 20),
    "a page that does not exist": ("/members/none", None, 60),
    "a page that does not exist, for a member": ("/members/none", "listed", 51),
}


@both_versions
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_who_sees_what(club, people, row, version):
    path, who, status = row
    visit(club, path, people.get(who), version).check(status)


def test_50_the_words_of_a_refusal(club, people):
    assert visit(club, "/members/").meta == "Members only"
    assert visit(club, "/any/").meta == DEFAULT_PROMPT
    assert "not among those" in visit(club, "/members/", people["other"]).meta
    assert "has expired" in visit(club, "/any/", people["expired"]).meta
    assert "not valid yet" in visit(club, "/any/", people["early"]).meta


BYPASSES = {  # name: (path, status of what is asked for without a certificate)
    "an escaped letter": ("/%6Dembers/", 60),
    "all escaped": ("/%6d%65%6d%62%65%72%73/%69ndex.gmi", 60),
    "a dot segment": ("/./members/", 60),
    "an escaped dot segment": ("/%2e/members/", 60),
    "up and down": ("/any/../members/", 60),
    "up and down, escaped": ("/any/%2E%2e/members/", 60),
    "above the root": ("/../../members/", 60),
    "up from a page for all": ("/open-day.gmi/../members/", 60),
    "a dot behind it": ("/members/.", 60),
    "dots back into it": ("/members/board/..", 60),
    "a query": ("/members/?x", 60),
    "a query that looks like a path": ("/members/?/../../open-day.gmi", 60),
    "a slash more before it": ("//members/", 51),
    "a slash more behind it": ("/members//", 60),
    "an escaped slash": ("/members%2F", 51),
    "an escaped slash within": ("/members%2Findex.gmi", 51),
    "capitals": ("/MEMBERS/", 51),
    "a dot at the end of its name": ("/members./", 51),
    "a blank at the end of its name": ("/members%20/", 51),
    "a NUL": ("/members%00/", 51),
    "parameters": ("/members;x/", 51),
    "a backslash": ("/members%5C", 51),
    "an escaped percent sign": ("/%256Dembers/", 51),
    "the summary's escaped spelling": ("/minutes%2Dsummary%2egmi", 60),
    "the summary by dot segments": ("/any/../minutes-summary.gmi", 60),
}


@pytest.mark.parametrize("row", BYPASSES.values(), ids=BYPASSES)
def test_51_no_spelling_gets_around_an_area(club, row):
    path, status = row
    answer = visit(club, path).check(status)
    assert b"# Members" not in answer.data


def test_what_is_wrong_with_a_request_is_said_first(club):
    port = club.port
    assert club.ask(f"gemini://localhost:{port}/members/#x\r\n".encode()).check().status == 59
    assert club.ask(f"gemini://elsewhere:{port}/members/\r\n".encode()).check().status == 53
    assert club.ask(b"gemini://localhost:7/members/\r\n").check().status == 53


def test_52_the_log_tells_who_it_was(club, people):
    path = "/any/?who"
    visit(club, path, people["other"]).check(20)
    logged(club, "/any/", f"SHA256:{people['other'].print}")
    visit(club, "/membership.gmi").check(20)
    logged(club, "/membership.gmi", "-")


def test_openssl_shows_a_certificate(club, people):
    said = openssl("s_client", "-connect", f"127.0.0.1:{club.port}", "-quiet", "-cert",
                   people["listed"].crt, "-key", people["listed"].key,
                   data=f"gemini://localhost:{club.port}/members/\r\n".encode())
    assert said.startswith(b"20 text/gemini") and said.endswith(b"\r\n# Members\n")


def test_50_gemget_has_no_certificate_and_needs_none(club, fetcher):
    assert fetch(fetcher, club.url("/membership.gmi")) == b"# How to become a member\n"


def test_without_areas_nobody_is_asked(serve, capsule, people):
    server = serve(capsule)
    visit(server, PUBLIC, people["other"]).check(20)
    logged(server, PUBLIC, "-")


# Sessions


class Member:
    """A client with a certificate, or without, that comes back with the session it got."""

    def __init__(self, person, version):
        self.context = person.context(version) if person else client_context(version)
        self.session = None

    def visit(self, server, path, status):
        answer = server.fetch(path, context=self.context, session=self.session).check(status)
        self.session = answer.session or self.session
        return answer.resumed


@both_versions
@pytest.mark.parametrize("row", [("listed", "/members/"), ("by way", "/signed/")],
                         ids=("a listed key", "a chain"))
def test_07_a_resumed_session_keeps_the_identity(serve, tmp_path, people, row, version):
    who, path = row
    conf, _ = config_of(tmp_path, people)
    server = serve(members_capsule(tmp_path / "capsule"), extra=("--config", conf))
    member = Member(people[who], version)
    assert not member.visit(server, path, 20)
    for _ in range(10):  # both workers
        assert member.visit(server, path, 20)
    for old in server.workers(2):
        old.kill()
        wait_until(lambda o=old: not o.alive(), 5)
    server.workers(2)
    for _ in range(5):
        assert member.visit(server, path, 20)
    found = re.findall(rf" SHA256:{people[who].print} localhost {path} 20 ", server.log())
    assert len(found) >= 10
    reader = Member(None, version)
    assert not reader.visit(server, PUBLIC, 20)
    assert reader.visit(server, PUBLIC, 20)
    assert reader.visit(server, path, 60)


@both_versions
def test_35_a_session_that_outlives_its_certificate_gets_62(club, make, version):
    member = Member(make("brief", end=3 + SLOW), version)
    assert not member.visit(club, "/any/", 20)
    seen = set()

    def over():
        answer = club.fetch("/any/", context=member.context, session=member.session).check()
        assert answer.resumed
        seen.add(answer.status)
        return answer.status == 62

    wait_until(over, 10 * SLOW, "a 62")
    assert seen <= {20, 62}


# Lists that change


def hang_up(server, words):
    """SIGHUP, and wait until the log says so once more."""
    seen = server.log().count(words)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.log().count(words) > seen, 5 * SLOW, words)


def settle(server, path, person, status):
    """Until every worker answers so: 20 times in a row."""
    def settled():
        context = person.context()
        return all(server.fetch(path, context=context).check().status == status
                   for _ in range(20))

    wait_until(settled, 10 * SLOW, f"{status} for {path}")


@both_versions
def test_a_list_is_read_again_at_hup(serve, tmp_path, people, version):
    conf, members = config_of(tmp_path, people)
    server = serve(members_capsule(tmp_path / "capsule"), extra=("--config", conf))
    rsa, other = people["rsa"], people["other"]
    member = Member(rsa, version)
    assert not member.visit(server, "/members/", 20)
    with closing(Connection(server.port, context=rsa.context(version),
                            receive_buffer=4096)) as slow:
        slow.handshake()
        slow.send(server.url("/members/large.bin").encode() + b"\r\n")
        first = slow.read_some()
        put_list(members, other.print)
        hang_up(server, "area /members/: 3 fingerprints")
        settle(server, "/members/", rsa, 61)
        settle(server, "/members/", other, 20)
        answer = slow.finish(first).check(20)  # what was begun is finished
        assert answer.body == LARGE * 8
    assert member.visit(server, "/members/", 61), "judged by a session, not by the list"
    server.workers(2)[0].kill()
    server.workers(2)
    settle(server, "/members/", rsa, 61)


def test_a_list_that_cannot_be_read_changes_nothing(serve, tmp_path, people):
    conf, members = config_of(tmp_path, people)
    server = serve(members_capsule(tmp_path / "capsule"), extra=("--config", conf))
    members.write_text(f"{people['other'].print}\nSHA256:12345 cut\n")
    hang_up(server, f"{members}: line 2: 5 hexadecimal digits")
    members.unlink()
    hang_up(server, f"{members}: No such file")
    settle(server, "/members/", people["rsa"], 20)
    settle(server, "/members/", people["other"], 61)
    put_list(members, people["other"].print)
    hang_up(server, "area /members/: 3 fingerprints")
    settle(server, "/members/", people["other"], 20)


def test_authorities_are_read_again_at_hup(serve, tmp_path, people, make):
    new = make("New root", authority=True)
    member = make("member", signer=new)
    ca = tmp_path / "ca.pem"
    ca.write_text(people["root"].crt.read_text())
    conf = tmp_path / "serve.conf"
    conf.write_text(f'area "/signed/" {{ ca = "{ca}" }}\n')
    server = serve(members_capsule(tmp_path / "capsule"), extra=("--config", conf))
    settle(server, "/signed/", member, 61)
    ca.write_text(people["root"].crt.read_text() + new.crt.read_text())
    hang_up(server, "area /signed/: ")
    settle(server, "/signed/", member, 20)
    settle(server, "/signed/", people["signed"], 20)


def test_a_long_list(serve, tmp_path, people):
    members = put_list(tmp_path / "list", *(f"{i:064x}" for i in range(50000)),
                       people["rsa"].print)
    conf = tmp_path / "serve.conf"
    conf.write_text(f'area "/members/" {{ list = "{members}" }}\n')
    server = serve(members_capsule(tmp_path / "capsule"), extra=("--config", conf))
    settle(server, "/members/", people["rsa"], 20)
    put_list(members, *(f"{i:064x}" for i in range(60000)), people["other"].print)
    hang_up(server, "area /members/: 60001 fingerprints")
    settle(server, "/members/", people["other"], 20)
    settle(server, "/members/", people["rsa"], 61)


# Several capsules


@both_versions
def test_50_every_name_of_a_server_is_asked(serve, tmp_path, people, version):
    members_capsule(tmp_path / "one")
    members_capsule(tmp_path / "two")
    conf = tmp_path / "serve.conf"
    conf.write_text(f"""
vhost "one.example" {{ capsule = "{tmp_path}/one" }}
vhost "two.example" {{ capsule = "{tmp_path}/two"
                       area "/members/" {{ fingerprint = {{"{people["listed"].print}"}} }} }}
""")
    server = serve(None, hosts=(), extra=("--config", conf))
    context = people["listed"].context(version)
    for sni in ("one.example", "two.example", "unknown.example", None):
        for host, who, status in (("one", context, 20), ("two", context, 20),
                                  ("one", client_context(version), 20),
                                  ("two", client_context(version), 60)):
            line = f"gemini://{host}.example:{server.port}/members/\r\n".encode()
            assert server.ask(line, sni=sni, context=who).check().status == status


# What everybody is told of


def listed_paths(server):
    """The paths in /urls.txt, each of which a client without a certificate gets."""
    urls = server.get("/urls.txt").splitlines()
    for url in urls:
        server.ask(url.encode() + b"\r\n").check(20)
    return {url.removeprefix(server.url("")) for url in urls}


def test_urls_txt_lists_what_everybody_gets(club, people):
    listed = listed_paths(club)
    assert {"/index.gmi", PUBLIC, "/open-day.gmi", "/open-day-summary.gmi",
            "/membership.gmi"} <= listed
    guarded = re.compile("/(members|any|signed|nobody|closed|council|minutes)[/.-]")
    assert not [path for path in listed if guarded.match(path)]
    assert "=> minutes.gmi" in club.get("/"), "members find their pages"
    visit(club, "/minutes.gmi", people["other"]).check(20)


def test_urls_txt_is_made_anew_for_other_areas(serve, tmp_path):
    capsule = members_capsule(tmp_path / "capsule")
    state = tmp_path / "state"
    state.mkdir()
    conf = tmp_path / "serve.conf"
    seen = {}
    for prefix in (None, "/minutes.gmi", "/%6dembership.gmi", None):
        conf.write_text(f'area "{prefix}" {{ }}\n' if prefix else "")
        server = serve(capsule, state=state, extra=("--config", conf))
        seen[prefix] = listed_paths(server)
        server.stop()
    minutes = {"/minutes.gmi", "/minutes-summary.gmi"}
    assert minutes | {"/membership.gmi"} <= seen[None]
    assert seen["/minutes.gmi"] == seen[None] - minutes
    assert seen["/%6dembership.gmi"] == seen[None] - {"/membership.gmi"}


def test_urls_txt_of_one_capsule_knows_its_own_areas_only(serve, tmp_path):
    members_capsule(tmp_path / "capsule")
    conf = tmp_path / "serve.conf"
    conf.write_text(f"""
vhost "one.example" {{ capsule = "{tmp_path}/capsule" area "/members/" {{ }} }}
vhost "two.example" {{ capsule = "{tmp_path}/capsule" area "/membership.gmi" {{ }} }}
""")
    server = serve(None, hosts=(), extra=("--config", conf))

    def urls(host):
        line = f"gemini://{host}:{server.port}/urls.txt\r\n".encode()
        return server.ask(line, sni=host).check(20).text

    assert "/membership.gmi" in urls("one.example") and "/members/" not in urls("one.example")
    assert "/members/large.bin" in urls("two.example")
    assert "/membership.gmi" not in urls("two.example")


def test_an_area_without_a_page_is_told(tmp_path):
    capsule = members_capsule(tmp_path / "capsule")
    done = run("press", capsule.root, "-o", tmp_path / "edition.db", "--area", "/members/",
               "--area", "/member").check()
    assert "no page lies in the area /member\n" in done.err
    assert "area /members" not in done.err


def test_a_press_by_hand_is_told_of_areas(tmp_path):
    capsule = members_capsule(tmp_path / "capsule")
    edition = tmp_path / "edition.db"
    run("press", capsule.root, "-o", edition, "--area", "/members/", "--area=/minutes.gmi").check()
    urls = edition_pages(edition)["/urls.txt"].decode()
    assert "/membership.gmi\n" in urls and "/open-day.gmi\n" in urls
    assert "/members/" not in urls and "minutes" not in urls
    run("press", capsule.root, "-o", edition, "--area", "members").check_usage()


# What a configuration cannot say

BAD = {  # name: (configuration, files, words)
    "a prefix that is no path": ('area "members" { }', {}, ("area members", "path of a URL")),
    "a prefix with a query": ('area "/a?b" { }', {}, ("area /a?b", "path of a URL")),
    "a prefix with a blank": ('area "/a b" { }', {}, ("area /a b", "path of a URL")),
    "the same area twice": ('area "/a/" { }\narea "/%61" { }', {}, ("area /%61", "area /a/")),
    "a bad fingerprint": ('area "/a/" { fingerprint = {"SHA256:12"} }', {},
                          ("area /a/", "2 hexadecimal digits")),
    "no such list": ('area "/a/" { list = "FOLDER/list" }', {}, ("FOLDER/list", "No such file")),
    "a bad line in a list": ('area "/a/" { list = "FOLDER/list" }', {"list": "# x\n\nzz\n"},
                             ("FOLDER/list", "line 3", "character 1")),
    "a list that is a folder": ('area "/a/" { list = "FOLDER" }', {}, ("FOLDER", "regular file")),
    "a list among the pages": ('area "/a/" { list = "FOLDER/capsule/static/list" }',
                               {"capsule/static/list": ""}, ("static/list", "published")),
    "no authority in a file": ('area "/a/" { ca = "FOLDER/ca" }', {"ca": "x\n"},
                               ("FOLDER/ca", "no certificate")),
    "no such authorities": ('area "/a/" { ca = "FOLDER/ca" }', {}, ("FOLDER/ca", "No such file")),
    "an empty prompt": ('area "/a/" { prompt = "" }', {}, ("area /a/", "prompt")),
}


@pytest.mark.parametrize("row", BAD.values(), ids=BAD)
def test_a_bad_area_is_an_error_at_the_start(serve, tmp_path, row):
    text, files, words = row
    capsule = Capsule(tmp_path / "capsule", seed=True)
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    conf = tmp_path / "serve.conf"
    conf.write_text(text.replace("FOLDER", str(tmp_path)))
    serve.refused(capsule, *(word.replace("FOLDER", str(tmp_path)) for word in words),
                  extra=("--config", conf))


def test_a_list_that_everybody_writes_is_refused(serve, tmp_path, capsule):
    (tmp_path / "list").write_text("")
    (tmp_path / "list").chmod(0o666)
    conf = tmp_path / "serve.conf"
    conf.write_text(f'area "/a/" {{ list = "{tmp_path}/list" }}')
    serve.refused(capsule, tmp_path / "list", "everybody can write", extra=("--config", conf))
