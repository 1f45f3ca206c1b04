"""`broadsheet check`: what an operator is told before a start; and where a server keeps its state
when nobody says so.
"""

import re

import pytest

from certificates import ca_pair, own_pair
from clients import openssl
from program import run


@pytest.fixture
def certs(tmp_path):
    return own_pair(tmp_path / "certs")


def check(capsule, certs, *options):
    return run("check", capsule.root, "--certs", certs, *options)


def counted(errors, warnings):
    told = ((errors, "error"), (warnings, "warning"))
    return "check: " + ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for n, what in told) + "\n"


def test_the_version_is_told():
    assert re.fullmatch(r"broadsheet \d+(\.\d+)+\n", run("--version").check().text)


# Ticket keys

KEYS = {
    "two keys": ("ab" * 80 + "\n" + "cd" * 80 + "\n", 0o600, None),
    "a key that is too short": ("ab" * 79 + "\n", 0o600, "keys"),
    "four keys": (("ab" * 80 + "\n") * 4, 0o600, "keys"),
    "no key": ("", 0o600, "keys"),
    "keys that others can read": ("ab" * 80 + "\n", 0o644, "chmod 600"),
}


@pytest.mark.parametrize(("text", "mode", "why"), KEYS.values(), ids=KEYS)
def test_ticket_keys_are_read(capsule, certs, tmp_path, text, mode, why):
    keys = tmp_path / "keys"
    keys.write_text(text)
    keys.chmod(mode)
    done = check(capsule, certs, "--ticket-keys", keys).check(0 if why is None else 1)
    assert done.text == counted(0 if why is None else 1, 0)
    assert why is None or (str(keys) in done.err and why in done.err)


def test_missing_ticket_keys_are_told(capsule, certs, tmp_path):
    done = check(capsule, certs, "--ticket-keys", tmp_path / "none").check(1)
    assert done.text == counted(1, 0) and f"{tmp_path}/none: No such file" in done.err


# What is private and would be published


@pytest.mark.parametrize("option", ["--certs", "--ticket-keys", "--state"])
@pytest.mark.parametrize("place", ["static", "articles"])
def test_what_is_private_must_not_lie_in_the_capsule(capsule, certs, option, place):
    path = capsule.root / place / "private"
    path.parent.mkdir(exist_ok=True)
    done = check(capsule, certs, option, path).check(1)
    assert f"{path}: lies in {capsule.root}/{place}, which is published" in done.err


def own_files(capsule, certs, tmp_path, key):
    config = tmp_path / "config"
    config.write_text(f'certs = "{certs}"\n'
                      f'vhost "localhost" {{\n  capsule = "{capsule.root}"\n'
                      f'  certificate = "{certs}/localhost.crt"\n  key = "{key}"\n}}\n')
    return run("check", "--config", config)


def test_the_files_of_a_vhost_are_read(capsule, certs, tmp_path):
    own_pair(tmp_path / "other")
    own_files(capsule, certs, tmp_path, certs / "localhost.key").check()
    done = own_files(capsule, certs, tmp_path, tmp_path / "other" / "localhost.key").check(1)
    assert done.text == counted(1, 0) and str(certs / "localhost.crt") in done.err
    published = capsule.static("a.key", "")
    done = own_files(capsule, certs, tmp_path, published).check(1)
    assert f"{published}: lies in {capsule.root}/static, which is published" in done.err


# Certificates


def test_a_certificate_of_another_chain_is_warned_of(capsule, tmp_path):
    ca_pair(tmp_path / "certs")
    own_pair(tmp_path / "other")
    pair = tmp_path / "certs" / "localhost.crt"
    assert check(capsule, pair.parent).check().text == counted(0, 0)
    leaf = pair.read_text().partition("-----END CERTIFICATE-----\n")
    pair.write_text(leaf[0] + leaf[1] + (tmp_path / "other" / "localhost.crt").read_text())
    done = check(capsule, pair.parent).check()
    assert done.text == counted(0, 1)
    assert f"{pair}: certificate 2 in it did not sign the one before it" in done.err


def test_an_authority_that_has_expired_is_warned_of(capsule, certs, tmp_path):
    capsule.static("members/index.gmi", "# For members\n")
    authority, config = tmp_path / "ca.pem", tmp_path / "config"
    config.write_text(f'area "/members/" {{ ca = "{authority}" }}\n')
    for days, warnings in ((100, 0), (0, 1)):
        made = openssl("req", "-x509", "-key", certs / "localhost.key", "-subj", "/CN=Club",
                       "-days", "100")
        if days == 0:
            request = openssl("req", "-new", "-key", certs / "localhost.key", "-subj", "/CN=Club")
            made = openssl("x509", "-req", "-key", certs / "localhost.key", "-days", str(days),
                           data=request)
        authority.write_bytes(made)
        done = check(capsule, certs, "--config", config).check()
        assert done.text == counted(0, warnings)
        assert (f"{authority}: an authority in it has expired" in done.err) == (warnings == 1)


# Folders


def test_a_temporary_folder_that_is_missing_is_told(capsule, certs, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "none"))
    done = check(capsule, certs).check(1)
    assert done.text == counted(1, 0) and f"{tmp_path}/none/" in done.err


HOMES = {
    "systemd's": ("STATE_DIRECTORY", ""),
    "the user's": ("HOME", ".local/state/broadsheet"),
    "the user's own choice": ("XDG_STATE_HOME", "broadsheet"),
}


@pytest.mark.parametrize(("name", "below"), HOMES.values(), ids=HOMES)
def test_state_goes_where_the_system_says(serve, capsule, tmp_path, monkeypatch, name, below):
    home = tmp_path / "home"
    home.mkdir()
    for variable in ("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(name, str(home))
    serve(capsule, workers=1, state=False).fetch("/").check(20)
    (edition,) = home.rglob("edition.db")
    assert edition.is_relative_to(home / below)
