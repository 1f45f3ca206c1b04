"""`broadsheet cert` and `broadsheet check`: what an operator is told, and what stays as it is."""

import re
import stat

import pytest

from certificates import Certificate, ca_pair, own_pair
from clients import openssl
from program import run


@pytest.fixture
def certs(tmp_path):
    return tmp_path / "certs"


def cert(certs, action, *arguments):
    return run("cert", action, *arguments, "--certs", certs)


def facts(text):
    """The `key: value` lines of each certificate."""
    return [dict(line.split(": ", 1) for line in part.splitlines())
            for part in text.rstrip("\n").split("\n\n")]


def shown(certs, *arguments):
    return facts(cert(certs, "show", *arguments).check().text)


def read(certs, name="localhost"):
    return Certificate((certs / f"{name}.crt").read_bytes())


def state(folder):
    """Every name below a folder, and of files what is in them and when they were written."""
    return {path: (path.read_bytes(), path.lstat().st_mtime_ns) if path.is_file() else None
            for path in folder.rglob("*")}


# show


def test_show_tells_what_openssl_tells(certs):
    own_pair(certs, days=100)
    (found,) = shown(certs)
    certificate = read(certs)
    assert found["file"] == str(certs / "localhost.crt")
    assert found["names"] == "localhost"
    assert found["key"] == "ECDSA P-384"
    assert found["chain"] == "self-signed"
    assert found["not-before"] == certificate.date("start").strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found["not-after"] == certificate.date("end").strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found["days-left"] in ("99", "100")
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", found["certificate-sha256"])
    assert found["certificate-sha256"].replace(":", "").lower() == certificate.fingerprint
    assert found["public-key-sha256"].replace(":", "").lower() == certificate.key_fingerprint
    assert found["public-key-hex"] == certificate.key_fingerprint
    said = certificate.says("-fingerprint", "-sha256").strip().partition("=")[2]
    assert found["certificate-sha256"] == said


def test_show_tells_all_of_a_folder_or_those_that_are_named(certs):
    for name in ("b.example", "a.example", "c.example"):
        own_pair(certs, name)
    assert [one["names"] for one in shown(certs)] == ["a.example", "b.example", "c.example"]
    two = shown(certs, "c.example", certs / "a.example.crt")
    assert [one["names"] for one in two] == ["c.example", "a.example"]


def test_show_counts_the_certificates_of_a_chain(certs):
    ca_pair(certs)
    assert shown(certs)[0]["chain"].startswith("2 ")


def test_show_needs_no_key(certs):
    own_pair(certs)
    (certs / "localhost.key").unlink()
    shown(certs)


def test_show_tells_the_others_beside_one_that_is_bad(certs):
    own_pair(certs)
    (certs / "a.crt").write_text("garbage\n")
    done = cert(certs, "show").check(1)
    assert str(certs / "a.crt") in done.err and len(done.err.splitlines()) == 1
    assert facts(done.text)[0]["names"] == "localhost"


def test_show_says_that_there_is_none(certs):
    cert(certs, "show").check_error(certs)
    certs.mkdir()
    cert(certs, "show").check_error(certs)
    cert(certs, "show", "localhost").check_error(certs / "localhost.crt")


def test_the_folder_can_be_that_of_a_configuration(certs, tmp_path):
    own_pair(certs)
    config = tmp_path / "config"
    config.write_text(f'certs = "{certs}"\n')
    assert facts(run("cert", "show", "--config", config).check().text)[0]["names"] == "localhost"
    run("cert", "show", "--config", tmp_path / "none").check_error(tmp_path / "none")


def test_show_tells_what_the_vhosts_of_a_configuration_have_elsewhere(certs, tmp_path):
    own_pair(certs)
    own = own_pair(tmp_path / "own", "b.example") / "b.example"
    config = tmp_path / "config"
    config.write_text(f'certs = "{certs}"\nvhost "b.example" {{\n capsule = x\n'
                      f' certificate = "{own}.crt"\n key = "{own}.key"\n}}\n')
    found = facts(run("cert", "show", "--config", config).check().text)
    assert [one["names"] for one in found] == ["localhost", "b.example"]


# new


@pytest.mark.parametrize(("kind", "key"), [
    (None, "ECDSA P-256"), ("p256", "ECDSA P-256"), ("p384", "ECDSA P-384"),
    ("rsa2048", "RSA 2048"), ("rsa3072", "RSA 3072"), ("rsa4096", "RSA 4096"),
    ("ed25519", "Ed25519")])
def test_new_makes_a_pair_of_the_kind_that_is_asked_for(certs, kind, key):
    options = () if kind is None else ("--key-type", kind)
    (found,) = facts(cert(certs, "new", "localhost", *options).check().text)
    assert found == shown(certs)[0]
    assert found["key"] == key and found["chain"] == "self-signed"
    assert found["not-after"] == "9999-12-31T23:59:59Z"
    assert stat.S_IMODE((certs / "localhost.key").stat().st_mode) == 0o600
    openssl("verify", "-CAfile", certs / "localhost.crt", certs / "localhost.crt")


def test_new_takes_aliases(certs):
    cert(certs, "new", "a.example", "www.a.example", "127.0.0.1", "[::1]").check()
    assert read(certs, "a.example").names == {"DNS:a.example", "DNS:www.a.example",
                                             "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1"}
    assert shown(certs)[0]["names"] == "a.example, www.a.example, 127.0.0.1, ::1"


@pytest.mark.parametrize("lost", [None, "key", "crt"])
def test_new_never_touches_what_is_there(certs, lost):
    own_pair(certs)
    if lost is not None:
        (certs / f"localhost.{lost}").unlink()
    before = state(certs)
    done = cert(certs, "new", "localhost").check_error(certs / "localhost.")
    assert "renew" in done.err
    assert state(certs) == before


# renew


def test_renew_keeps_the_key_and_the_names(certs):
    cert(certs, "new", "localhost", "second.example").check()
    old, key = read(certs), (certs / "localhost.key").read_bytes()
    (found,) = facts(cert(certs, "renew", "localhost").check().text)
    new = read(certs)
    assert new.der != old.der and new.key_fingerprint == old.key_fingerprint
    assert new.names == old.names == {"DNS:localhost", "DNS:second.example"}
    assert (certs / "localhost.key").read_bytes() == key
    assert found["public-key-hex"] == old.key_fingerprint
    cert(certs, "renew", "localhost", "third.example").check()
    assert read(certs).names == {"DNS:localhost", "DNS:third.example"}
    assert {path.name for path in certs.iterdir()} == {"localhost.key", "localhost.crt"}


def test_renew_with_a_new_key_says_what_that_means_and_keeps_the_old_pair(certs):
    own_pair(certs)
    old = {path.name: path.read_bytes() for path in certs.iterdir()}
    done = cert(certs, "renew", "localhost", "--new-key", "--key-type", "p256").check()
    assert "warning" in done.err and "every reader" in done.err and "localhost.key.old" in done.err
    assert facts(done.text)[0]["key"] == "ECDSA P-256"
    for name, data in old.items():
        assert (certs / f"{name}.old").read_bytes() == data
    assert stat.S_IMODE((certs / "localhost.key.old").stat().st_mode) == 0o600
    before = state(certs)
    cert(certs, "renew", "localhost", "--new-key").check_error("localhost.key.old")
    assert state(certs) == before


def test_renew_leaves_the_certificate_of_a_ca_to_the_ca(certs):
    ca_pair(certs)
    before = state(certs)
    done = cert(certs, "renew", "localhost").check_error(certs / "localhost.crt")
    assert "CA" in done.err
    assert state(certs) == before
    cert(certs, "renew", "localhost", "--self-signed").check()
    assert shown(certs)[0]["chain"] == "self-signed"


def test_renew_needs_what_it_renews(certs):
    cert(certs, "renew", "localhost").check_error(certs / "localhost.key")


def test_renew_refuses_a_key_that_others_can_read(certs):
    own_pair(certs)
    (certs / "localhost.key").chmod(0o640)
    cert(certs, "renew", "localhost").check_error(certs / "localhost.key", "chmod 600")


@pytest.mark.parametrize("arguments", [
    (), ("sign",), ("new",), ("renew",), ("new", "a b"), ("new", "../x"), ("renew", "a/b"),
    ("new", "a", "--key-type", "dsa"), ("new", "a", "--new-key"), ("show", "--new-key"),
    ("show", "--key-type", "p256"), ("renew", "a", "--key-type", "p256"),
    ("new", "a", "--self-signed"), ("show", "--nothing")])
def test_wrong_usage_is_told(certs, arguments, tmp_path):
    run("cert", *arguments, cwd=tmp_path).check_usage()
    assert not list(tmp_path.iterdir())


# check


@pytest.fixture
def checked(capsule, certs, tmp_path, monkeypatch):
    """checked(*options) checks the capsule; nothing may change and nothing may stay behind."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))

    def check(*options):
        before = state(tmp_path)
        done = run("check", *(options or (capsule.root, "--certs", certs)), cwd=tmp_path)
        assert state(tmp_path) == before
        return done

    return check


def test_check_is_content_before_the_first_start(checked, certs):
    done = checked().check()
    assert done.text == "check: 0 errors, 0 warnings\n"
    assert f"{certs}/localhost.crt: will be made at the first start" in done.err


def test_check_tells_the_fingerprint(checked, certs):
    own_pair(certs)
    done = checked().check()
    assert read(certs).fingerprint in done.err.replace(":", "").lower()
    assert done.text == "check: 0 errors, 0 warnings\n"


@pytest.mark.parametrize("days", [10, 29])
def test_check_warns_of_an_end_that_is_near(checked, certs, days):
    own_pair(certs, days=days)
    done = checked().check()
    assert "expires in" in done.err and done.text == "check: 0 errors, 1 warning\n"


def test_check_warns_of_names_that_are_not_in_it(checked, capsule, certs):
    own_pair(certs)
    done = checked(capsule.root, "--certs", certs, "--host", "localhost", "--host", "b.example")
    assert "does not name b.example" in done.check().err
    assert done.text == "check: 0 errors, 1 warning\n"


def test_check_tells_articles_that_cannot_be_read(checked, capsule):
    capsule.add("bad.txt", b"\0\1\2\3")
    done = checked().check()
    assert "bad.txt" in done.err and done.text == "check: 0 errors, 1 warning\n"


FAULTS = {
    "a key that others can read": lambda capsule, certs: (certs / "localhost.key").chmod(0o640),
    "garbage": lambda capsule, certs: (certs / "localhost.crt").write_text("garbage\n"),
    "a key that is lost": lambda capsule, certs: (certs / "localhost.key").unlink(),
    "a bad capsule.conf": lambda capsule, certs: (capsule.root / "capsule.conf").write_text("x"),
}


@pytest.mark.parametrize("spoil", FAULTS.values(), ids=FAULTS)
def test_check_fails_with_what_serve_would_refuse(checked, capsule, certs, spoil):
    own_pair(certs)
    spoil(capsule, certs)
    done = checked().check(1)
    assert done.text == "check: 1 error, 0 warnings\n"


def test_check_reads_a_configuration_with_several_capsules(checked, capsule, certs, tmp_path):
    own_pair(certs, "a.example", days=10)
    config = tmp_path / "config"
    config.write_text(f'certs = "{certs}"\n'
                      f'vhost "a.example" {{ capsule = "{capsule.root}" }}\n'
                      f'vhost "b.example" {{ capsule = "{tmp_path}/none" }}\n')
    done = checked("--config", config).check(1)
    assert done.text == "check: 1 error, 1 warning\n"
    assert f"{tmp_path}/none" in done.err and "a.example.crt expires" in done.err
    config.write_text('workers = "many"\n')
    assert checked("--config", config).check(1).text == "check: 1 error, 0 warnings\n"


def test_check_reads_the_lists_of_members(checked, capsule, certs, tmp_path):
    own_pair(certs)
    capsule.static("members/index.gmi", "# For members\n")
    config = tmp_path / "config"
    members = tmp_path / "members"
    config.write_text(f'area "/members/" {{ list = "{members}" }}\n')
    missing = checked("--config", config).check(1)
    assert missing.text == "check: 1 error, 0 warnings\n" and str(members) in missing.err
    members.write_text("no fingerprint\n")
    bad = checked("--config", config).check(1)
    assert bad.text == "check: 1 error, 0 warnings\n" and f"{members}: line 1" in bad.err
