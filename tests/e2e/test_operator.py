"""What an operator does to a server by mistake, or a machine by itself: it says so and goes on."""

import os
import shutil
import signal
import subprocess
import time

import pytest

import program
from program import SLOW, run, wait_until
from samples import Capsule, article

NOBODY = 65534


def shows(server, path, text, seconds=5):
    wait_until(lambda: text in server.get(path), seconds * SLOW, f"{path} says {text!r}")


# Folders


@pytest.mark.parametrize("option", ["certs", "state"])
def test_a_folder_that_is_published_holds_no_secrets(serve, capsule, option):
    capsule.static("about.gmi", "# About\n")
    place = capsule.root / "static" / "private"
    serve.refused(capsule, place, "published", **{option: place})
    assert not place.exists()


@pytest.mark.parametrize("option", ["certs", "state"])
def test_a_folder_that_would_be_published_is_not_made(serve, capsule, tmp_path, option):
    static = capsule.root / "static"
    assert not static.exists()
    serve.refused(capsule, static / "private", "published", **{option: static / "private"})
    done = run("check", capsule.root, f"--{option}", static / "private", cwd=tmp_path).check(1)
    assert f"{static}/private: lies in {static}, which is published" in done.err
    assert not static.exists()


def test_nobody_else_may_read_what_is_in_the_state_folder(serve, capsule, tmp_path):
    state = tmp_path / "shared"
    state.mkdir()
    state.chmod(0o755)  # as systemd makes it
    serve(capsule, umask=0o022, state=state)
    modes = {path.name: path.stat().st_mode & 0o777 for path in state.iterdir()}
    assert "edition.db" in modes and not any(mode & 0o077 for mode in modes.values()), modes


def test_two_servers_do_not_share_one_state(serve, capsule, tmp_path):
    first = serve(capsule)
    other = Capsule(tmp_path / "other")
    other.add("b.txt", article("B"))
    serve.refused(other, first.state, "another server", state=first.state)
    first.stop()
    serve(other, state=first.state).get("/b.gmi")


def test_a_state_whose_path_begins_with_two_slashes_is_fine(serve, capsule, tmp_path):
    assert serve(capsule, state=f"/{tmp_path}/twice").fetch("/").status == 20


def test_servers_that_start_at_the_same_moment_agree_on_one_key(serve, capsule, tmp_path):
    certs = tmp_path / "shared"
    servers = [serve.launch(capsule, certs=certs) for _ in range(4)]
    for server in servers:
        server.wait_ready()
    prints = {line.rpartition(" ")[2] for server in servers for line in server.log().splitlines()
              if "public key fingerprint" in line}
    assert len(prints) == 1, prints


# A capsule that moves


def test_a_link_above_the_capsule_may_be_swapped(serve, tmp_path):
    for name in ("one", "two"):
        Capsule(tmp_path / name / "capsule").add("a.txt", article("A", body=f"From {name}."))
    (tmp_path / "now").symlink_to("one")
    server = serve(tmp_path / "now" / "capsule", workers=1)
    assert "From one." in server.get("/a.gmi")
    (tmp_path / "next").symlink_to("two")
    os.replace(tmp_path / "next", tmp_path / "now")
    shows(server, "/a.gmi", "From two.")
    (tmp_path / "two" / "capsule" / "articles" / "a.txt").write_text(article("A", body="Edited."))
    shows(server, "/a.gmi", "Edited.")


# Files that may not be read: as root everything may


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


@pytest.fixture
def open_folders(tmp_path):
    """tmp_path and what is above it may be entered by anybody, as the test's server does."""
    if os.getuid() != 0:
        yield
        return
    changed = []
    for folder in [tmp_path, *tmp_path.parents]:
        mode = folder.stat().st_mode
        if not mode & 0o005 == 0o005:
            changed.append((folder, mode))
            folder.chmod(mode | 0o055)
    yield
    for folder, mode in changed:
        folder.chmod(mode)


def press_as_nobody(capsule, edition):
    """Run press without rights; the lines that it says."""
    options = {"preexec_fn": as_nobody} if os.getuid() == 0 else {}
    # A copy: nobody may not enter a checkout below /root.
    binary = shutil.copy(program.BINARY, edition.parent)
    done = subprocess.run([binary, "press", capsule.root, "-o", edition], timeout=60,
                          capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()


def test_an_unreadable_front_page_leaves_the_generated_one(serve, capsule, tmp_path, open_folders):
    for name in ("index.gmi", "notes/index.gmi", "notes/one.gmi", "secret.txt"):
        capsule.static(name, "# Mine\n")
    for name in ("index.gmi", "notes/index.gmi", "secret.txt"):
        (capsule.root / "static" / name).chmod(0)
    out = tmp_path / "out"
    out.mkdir(mode=0o777)
    out.chmod(0o777)
    lines = press_as_nobody(capsule, out / "edition.db")
    for name in ("index.gmi", "notes/index.gmi", "secret.txt"):
        assert sum(f"static/{name}: Permission denied" in line for line in lines) == 1, lines
    pages = program.edition_pages(out / "edition.db")
    assert b"# Mine" not in pages["/"]
    assert pages["/"] == pages["/index.gmi"] and "/archive.gmi" not in pages
    assert b"one.gmi" in pages["/notes/"] and b"# Mine" not in pages["/notes/"]
    assert b"secret" not in pages["/urls.txt"] and "/secret.txt" not in pages


# The log


def test_a_log_that_nobody_reads_stops_nothing(capsule, tmp_path):
    """As `make run 2>&1 | less` does: a pipe that is full."""
    reader, writer = os.pipe()
    server = program.Server(tmp_path / "server", capsule.root, workers=1)
    server.destroy()
    command = server.process.args
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=writer, start_new_session=True)
    server.process, server.over = process, False
    os.close(writer)
    try:
        server.wait_ready()
        for _ in range(1000):  # about 100 bytes of log each, 64 KiB in the pipe
            assert server.fetch("/").status == 20
        capsule.add("late.txt", article("Late"))
        wait_until(lambda: server.fetch("/late.gmi").status == 20, 5 * SLOW, "the new article")
        family = server.family()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10 * SLOW) == 0
        server.check_gone(family)
    finally:
        os.close(reader)
        server.destroy()


def test_closed_standard_descriptors_are_no_trap(capsule, tmp_path):
    edition = tmp_path / "edition.db"
    script = 'exec "$0" press "$1" -o "$2" <&- >&- 2>&-'
    done = subprocess.run(["/bin/sh", "-c", script, program.BINARY, capsule.root, edition],
                          timeout=60)
    assert done.returncode == 0
    assert program.edition_pages(edition)["/"].startswith(b"# ")


# Causes that pass


def test_a_press_that_was_killed_is_made_again(serve, capsule):
    """Nothing in the capsule changes after it: the server comes back to it by itself."""
    server = serve(capsule, workers=1)
    for number in range(300):
        capsule.add(f"filler-{number}.txt", article(f"Filler {number}"))
    capsule.add("a.txt", article("A"))
    deadline = time.monotonic() + 5 * SLOW
    killed = False
    while not killed and time.monotonic() < deadline:
        for child in server.children():
            try:
                command = open(f"/proc/{child.pid}/cmdline", "rb").read()
            except OSError:
                continue
            if b"press-job" in command:
                child.kill()
                killed = True
    if not killed:
        pytest.skip("press was too quick to be caught")
    wait_until(lambda: server.fetch("/a.gmi").status == 20, 15 * SLOW, "the article")
