"""Session tickets: one ring of keys for all workers, its own or a file's that servers share."""

import hashlib
import hmac
import os
import re
import signal
import subprocess
import time

import pytest

from program import SLOW, wait_until
from samples import SEED_SLUG
from wire import TLS_VERSIONS, both_versions, client_context

ARTICLE = f"/{SEED_SLUG}.gmi"
OTHERS = "other ticket keys"  # what the log says of them
NAME, AES, MAC = slice(0, 16), slice(16, 48), slice(48, 80)  # parts of a key
IV, STATE = slice(16, 32), slice(32, -32)  # of a ticket, behind the name of its key


class Reader:
    """A client of one TLS version that comes back with the session it got."""

    def __init__(self, version):
        self.context = client_context(version)
        self.session = None

    def visit(self, server, session=None):
        """One request; was the session (its newest, or the one that is given) resumed?"""
        answer = server.fetch(ARTICLE, context=self.context, session=session or self.session)
        self.session = answer.check(20).session or self.session
        return answer.resumed


def put_keys(path, *keys):
    """Replace a file of keys as a careful operator does; returns it."""
    new = path.with_suffix(".new")
    new.write_text("".join(f"{key.hex()}\n" for key in keys))
    new.chmod(0o600)
    os.replace(new, path)
    return path


def make_keys(count):
    return [os.urandom(80) for _ in range(count)]


def renew(server):
    """SIGHUP, until it shows that the file of keys was read."""
    seen = server.log().count(OTHERS)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.log().count(OTHERS) > seen, 5 * SLOW, "a line about the keys")


def replace_workers(server, count):
    for old in server.workers(count):
        old.kill()
        wait_until(lambda o=old: not o.alive(), 5)
    server.workers(count)


# Keys of its own


@both_versions
def test_one_session_resumes_on_every_connection(serve, capsule, version):
    server = serve(capsule, workers=2)
    server.workers(2)
    reader = Reader(version)
    assert not reader.visit(server)
    first = reader.session
    assert all(reader.visit(server, first) for _ in range(100))
    assert all(reader.visit(server) for _ in range(20))


@both_versions
def test_a_session_resumes_when_every_worker_was_replaced(serve, capsule, version):
    server = serve(capsule, workers=2)
    reader = Reader(version)
    reader.visit(server)
    first = reader.session
    replace_workers(server, 2)
    assert all(reader.visit(server, first) for _ in range(20))


def test_sessions_live_through_rotations_and_die_of_them(serve, capsule):
    seconds = 2
    server = serve(capsule, workers=2, extra=("--ticket-rotation", str(seconds)))
    readers = [Reader(version) for version in TLS_VERSIONS]
    for reader in readers:
        assert not reader.visit(server)
    firsts = [reader.session for reader in readers]
    end = time.monotonic() + seconds * 4.5
    replaced = False
    while time.monotonic() < end:
        time.sleep(0.3)
        assert all(reader.visit(server) for reader in readers)
        if not replaced and time.monotonic() > end - seconds * 2:
            replace_workers(server, 2)
            replaced = True
    for reader, first in zip(readers, firsts):
        assert not reader.visit(server, first), "a ticket outlived its key"


# Keys of a file


@both_versions
def test_servers_with_one_file_of_keys_resume_each_others_sessions(serve, capsule, tmp_path,
                                                                   version):
    path = put_keys(tmp_path / "keys", *make_keys(2))
    servers = [serve(capsule, workers=2, extra=("--ticket-keys", path)) for _ in range(2)]
    reader = Reader(version)
    assert not reader.visit(servers[0])
    first = reader.session
    for server in servers * 10:
        assert reader.visit(server, first)


@both_versions
def test_other_keys_in_the_file_are_used_after_sighup(serve, capsule, tmp_path, version):
    old, new = make_keys(2)
    path = put_keys(tmp_path / "keys", old)
    server = serve(capsule, workers=2, extra=("--ticket-keys", path))
    reader = Reader(version)
    reader.visit(server)
    first = reader.session
    put_keys(path, new, old)
    renew(server)
    assert all(reader.visit(server, first) for _ in range(20)), "the key before is forgotten"
    other = serve(capsule, extra=("--ticket-keys", put_keys(tmp_path / "new-keys", new)))

    def renewed():
        """Does a visit with the first session end with a ticket under the newest key?"""
        return reader.visit(server, first) and reader.visit(other)

    wait_until(renewed, 5 * SLOW, "a ticket under the newest key")
    put_keys(path, new)
    renew(server)
    replace_workers(server, 2)
    assert reader.visit(server), "the newest key is forgotten"
    assert not reader.visit(server, first), "a key that is gone still opens"


@both_versions
def test_keys_that_cannot_be_read_change_nothing(serve, capsule, tmp_path, version):
    path = put_keys(tmp_path / "keys", *make_keys(3))
    server = serve(capsule, workers=2, extra=("--ticket-keys", path))
    reader = Reader(version)
    reader.visit(server)
    path.write_text("\n\nnot a key\n")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: f"{path}: line 3: " in server.log(), 5 * SLOW, "a line that names the file")
    path.unlink()
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "No such file" in server.log(), 5 * SLOW, "a line that says it is missing")
    replace_workers(server, 2)
    assert all(reader.visit(server) for _ in range(10))
    assert OTHERS not in server.log()


def test_a_file_of_keys_that_is_as_it_was_is_not_worth_a_line(serve, capsule, tmp_path):
    keys = make_keys(2)
    path = put_keys(tmp_path / "keys", *keys)
    server = serve(capsule, extra=("--ticket-keys", path))
    put_keys(path, *keys)
    server.process.send_signal(signal.SIGHUP)
    time.sleep(0.5 * SLOW)
    assert OTHERS not in server.log()
    put_keys(path, *reversed(keys))
    renew(server)
    assert server.log().count(OTHERS) == 1


LARGE_MAP = 1 << 28  # bytes; what is larger is a sanitizer's


def copies(process, secret):
    """How often a secret is in the writable memory of a process, which may change meanwhile."""
    for _ in range(20):
        try:
            return copies_now(process, secret)
        except PermissionError:
            raise
        except OSError:
            continue  # a part was given back while it was read
    raise AssertionError("the memory of the process does not stand still")


def copies_now(process, secret):
    count = 0
    folder = f"/proc/{process.pid}"
    with open(f"{folder}/maps") as maps, open(f"{folder}/mem", "rb", 0) as mem:
        for start, end in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) rw", maps.read(), re.MULTILINE):
            start, end = int(start, 16), int(end, 16)
            if end - start < LARGE_MAP:
                mem.seek(start)
                count += mem.read(end - start).count(secret)
    return count


def test_no_process_keeps_a_key_that_is_gone(serve, capsule, tmp_path):
    old, new = make_keys(2)
    path = put_keys(tmp_path / "keys", old)
    server = serve(capsule, workers=2, extra=("--ticket-keys", path))
    workers = server.workers(2)
    processes = [process for process in server.family() if process.pid == server.process.pid]
    processes += workers
    readers = [Reader(version) for version in TLS_VERSIONS]
    for reader in readers * 10:
        reader.visit(server)
    try:
        assert all(copies(process, old[AES]) == 1 for process in processes)
    except PermissionError:
        pytest.skip("this user may not look into the processes")
    put_keys(path, new)
    renew(server)
    wait_until(lambda: all(copies(process, new[AES]) == 1 for process in processes),
               5 * SLOW, "the new key in every process")
    for part in (AES, MAC):
        left = [copies(process, old[part]) for process in processes]
        assert not any(left), f"copies in the supervisor and the workers: {left}"


BAD = {
    "others can read": (lambda path: path.chmod(0o644), "others can read"),
    "the group can read": (lambda path: path.chmod(0o640), "others can read"),
    "missing": (lambda path: path.unlink(), "No such file"),
    "a short key": (lambda path: path.write_text("ab" * 80 + "\nabcd\n"), "line 2: 4 hexadecimal"),
    "no key": (lambda path: path.write_text("\n"), "no ticket key"),
}


@pytest.mark.parametrize("spoil, said", BAD.values(), ids=BAD)
def test_a_bad_file_of_keys_is_named_at_the_start(serve, capsule, tmp_path, spoil, said):
    path = put_keys(tmp_path / "keys", *make_keys(1))
    spoil(path)
    serve.refused(capsule, path, said, extra=("--ticket-keys", path))


def test_a_file_of_keys_is_not_published(serve, capsule):
    capsule.static("about.gmi", "# About\n")
    path = put_keys(capsule.root / "static" / "keys", *make_keys(1))
    serve.refused(capsule, path, "published", extra=("--ticket-keys", path))


def test_the_options_may_stand_in_the_configuration(serve, capsule, tmp_path):
    path = put_keys(tmp_path / "keys", *make_keys(1))
    config = tmp_path / "server.conf"
    config.write_text(f'ticket-keys = "{path}"\ntls-min = "1.3"\nticket-rotation = 60\n')
    servers = [serve(capsule, extra=("--config", config)) for _ in range(2)]
    reader = Reader(None)
    reader.visit(servers[0])
    assert reader.visit(servers[1])


# What a ticket is


def saved_session(server, folder, *options):
    """What `openssl sess_id` tells of the session that s_client got with one request."""
    path = folder / "session"
    subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-quiet",
                    "-sess_out", path, *options], input=server.url(ARTICLE).encode() + b"\r\n",
                   capture_output=True, timeout=20, check=True)
    return subprocess.run(["openssl", "sess_id", "-in", path, "-noout", "-text"], timeout=20,
                          capture_output=True, check=True).stdout.decode("ascii", "replace")


@pytest.mark.parametrize("option", ["-tls1_2", "-tls1_3"])
def test_a_ticket_is_sealed_as_rfc_5077_recommends(serve, capsule, tmp_path, option):
    newest, older = make_keys(2)
    path = put_keys(tmp_path / "keys", newest, older)
    server = serve(capsule, extra=("--ticket-keys", path))
    dump = re.findall(r"^ +[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -]){1,16})",
                      saved_session(server, tmp_path, option), re.MULTILINE)
    ticket = bytes.fromhex("".join(dump).replace("-", " "))
    assert ticket[NAME] == newest[NAME]
    assert ticket[-32:] == hmac.new(newest[MAC], ticket[:-32], hashlib.sha256).digest()
    state = subprocess.run(["openssl", "enc", "-d", "-aes-256-cbc", "-K", newest[AES].hex(),
                            "-iv", ticket[IV].hex()], input=ticket[STATE], capture_output=True,
                           timeout=20, check=True).stdout
    assert b"broadsheet" in state, "the session id context"


def test_a_ticket_promises_no_early_data(serve, capsule, tmp_path):
    server = serve(capsule)
    text = saved_session(server, tmp_path, "-tls1_3")
    assert re.search(r"Max Early Data: 0$", text, re.MULTILINE), text
    early = tmp_path / "early"
    early.write_bytes(server.url(ARTICLE).encode() + b"\r\n")
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
                           "-tls1_3", "-sess_in", tmp_path / "session", "-early_data", early],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    assert b"Reused, TLSv1.3" in done.stdout and b"Early data was not sent" in done.stdout
    assert b"20 text/gemini" not in done.stdout
