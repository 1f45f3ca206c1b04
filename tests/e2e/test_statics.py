"""Files of static/: what is served of them, what never is, and files that change meanwhile."""

import os
import re
import shutil
import signal
import socket
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from program import SLOW, run, wait_until
from samples import LARGE, Capsule, links
from wire import both_versions

BIG = LARGE * 20  # more than the kernel takes for a client that does not read
SECRET = b"This is nobody else's business.\n" * 20_000  # large: read from the folder
MIB = 1024 * 1024


@contextmanager
def no_press(server):
    """No change in the folder is noticed meanwhile: only the workers run."""
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


def access_lines(server, path):
    return [line for line in server.log().splitlines() if f" localhost {path} " in line]


# A file that changes while it is sent


def append(path):
    with open(path, "ab") as file:
        file.write(b"one more line\n")


def overwrite(path):
    with open(path, "r+b") as file:
        file.seek(len(BIG) - 10)
        file.write(b"other")


def shrink(path):
    os.truncate(path, len(BIG) - 1)


def rewrite(path):
    path.write_bytes(BIG[::-1])


def replace(path):
    draft = path.with_name(".draft")
    draft.write_bytes(b"short")
    os.replace(draft, path)


@pytest.fixture
def big(empty_capsule):
    """A capsule with a file that was written long ago."""
    path = empty_capsule.static("big.bin", BIG)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return empty_capsule


def download(server, change, version=None):
    """The answer to a slow reader, with `change` made when it has begun to read."""
    with closing(server.connect(receive_buffer=4096, version=version)) as connection:
        connection.handshake()
        connection.send(server.url("/big.bin\r\n").encode())
        first = connection.read_some()
        change(server.capsule / "static" / "big.bin")
        return connection.finish(first)


@both_versions
@pytest.mark.parametrize("change", [append, overwrite, shrink, rewrite])
def test_a_file_that_changes_while_it_is_sent_is_cut(serve, big, change, version):
    server = serve(big)
    answer = download(server, change, version)
    assert not answer.clean and answer.closed and not answer.reset, "the client must know"
    assert answer.status == 20 and len(answer.body) < len(BIG)
    assert BIG.startswith(answer.body), "not a byte of the other file"
    wait_until(lambda: access_lines(server, "/big.bin"), what="the access log")
    assert access_lines(server, "/big.bin")[0].endswith(" body changed")
    assert re.search(r"static/big\.bin: (changed|became shorter) while it was sent", server.log())


@both_versions
@pytest.mark.parametrize("change", [Path.stat, Path.read_bytes, replace, Path.unlink])
def test_a_file_that_stays_or_loses_its_name_arrives_whole(serve, big, change, version):
    server = serve(big)
    assert download(server, change, version).check(20).body == BIG
    wait_until(lambda: access_lines(server, "/big.bin"), what="the access log")
    assert access_lines(server, "/big.bin")[0].endswith(" done")


def test_a_log_that_grows_between_requests_is_served_as_it_is_now(serve, empty_capsule):
    path = empty_capsule.static("growing.log", b"line\n" * 100_000)
    server = serve(empty_capsule)
    with no_press(server):
        append(path)
        answer = server.fetch("/growing.log").check(20)
        assert answer.body == path.read_bytes()
        os.truncate(path, 5)
        assert server.fetch("/growing.log").check(20).body == b"line\n"


# Size


def peak(pid):
    """The most memory that a process ever had, in bytes."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) * 1024


def test_a_file_of_5_gib_costs_no_memory(serve, empty_capsule):
    head = b"It begins like this.\n"
    for name in ("huge.bin", "huge.txt", "huge.gmi", "huge"):
        path = empty_capsule.static(name, head)
        os.truncate(path, 5 * 1024 * MIB)  # a hole: it takes no room
        assert path.stat().st_blocks * 512 < MIB
    start = time.monotonic()
    server = serve(empty_capsule, workers=1)
    assert time.monotonic() - start < 5 * SLOW, "a large file is not read to press it"
    server.fetch("/").check(20)
    worker, = server.workers(1)
    before = peak(worker.pid)
    with closing(server.connect(timeout=60 * SLOW)) as connection:
        connection.handshake()
        connection.send(server.url("/huge.bin\r\n").encode())
        first = connection.read_through(200 * MIB)
        assert first.startswith(b"20 application/octet-stream\r\n" + head + b"\0\0\0")
    if SLOW == 1:  # a sanitizer keeps much of what was freed
        assert peak(worker.pid) - before < 4 * MIB
    server.fetch("/").check(20)
    line = wait_until(lambda: access_lines(server, "/huge.bin"), what="the access log")[0]
    assert int(re.search(r" 20 (\d+)B ", line)[1]) >= 200 * MIB


# What is hidden


@pytest.fixture(scope="module")
def guarded(serve_module, tmp_path_factory):
    """A server on a folder full of what must not be served, and the ways to it."""
    capsule = Capsule(tmp_path_factory.mktemp("guarded") / "capsule", seed=True)
    for name in (".hidden", ".git/config", "sub/.hidden/x", "sub/#x.txt#", "sub/x.txt~", ".x.swp",
                 ".well-known/.hidden", "sub/.well-known/x", ".well-known/sub/.git/config"):
        capsule.static(name, SECRET)
    (capsule.root / "outside").write_bytes(SECRET)
    capsule.static("open/a.txt", "open\n")
    capsule.static(".well-known/known.txt", "known\n")
    static = capsule.root / "static"
    for name, target in LINKS.items():
        (static / name).symlink_to(str(target).format(root=capsule.root))
    os.link(static / "open" / "a.txt", static / "hard.txt")
    os.mkfifo(static / "fifo")
    os.mkfifo(capsule.articles / "fifo.txt")
    (static / "to-fifo").symlink_to("fifo")
    with closing(socket.socket(socket.AF_UNIX)) as unix:
        here = os.open(static, os.O_RDONLY)
        unix.bind(f"/proc/self/fd/{here}/socket")  # the name itself may be too long
        os.close(here)
    return serve_module(capsule)


LINKS = {
    "out": "../outside", "out-absolute": "{root}/outside", "in-absolute": "{root}/static/open/a.txt",
    "passwd": "/etc/passwd", "root": "/", "up": "..", "up-down": "../static/open",
    "proc": "/proc/self/environ", "loop": "loop", "loop-a": "loop-b", "loop-b": "loop-a",
    "self": ".", "nowhere": "nothing", "peek": ".hidden", "peek-folder": ".git",
    "peek-in": "open/../.git/config", "peek-backup": "sub/x.txt~", "conf": "../capsule.conf",
    "zero": "/dev/zero",
    "file.txt": "open/a.txt", "folder": "open", "chain": "folder",  "known": ".well-known",
}
GOOD = {"/file.txt": "open\n", "/folder/a.txt": "open\n", "/chain/a.txt": "open\n",
        "/hard.txt": "open\n", "/.well-known/known.txt": "known\n", "/known/known.txt": "known\n",
        "/%2Ewell-known/known.txt": "known\n", "/x/%2e%2e/.well-known/./known.txt": "known\n"}
HIDDEN = [
    "/.hidden", "/%2ehidden", "/%2Ehidden", "/open/../.hidden", "/open/%2e%2e/.hidden",
    "/./.hidden", "/.git/config", "/%2egit/config", "/.git%2fconfig", "/.git", "/.git/",
    "/sub/.hidden/x", "/sub/.hidden", "/sub/%23x.txt%23", "/sub/x.txt~", "/sub/x.txt%7E", "/.x.swp",
    "/.well-known/.hidden", "/.well-known/%2Ehidden", "/known/.hidden", "/sub/.well-known/x",
    "/.well-known/sub/.git/config", "/.hidden/", "/.hidden?x", "/..%2foutside", "/../outside",
    "/%2e%2e/outside", "/open/..%2f..%2foutside", "/self/open/a.txt", "/up/outside",
    "/up/articles/", "/up-down/a.txt", "/root/etc/passwd", "/peek-folder/config", "/fifo",
    "/to-fifo", "/socket", "/hard.txt/", "/hard.txt/x", "/file.txt/", "/file.txt/..%2f",
]


@pytest.mark.parametrize("path", GOOD)
def test_what_is_open_is_served_by_every_way(guarded, path):
    assert guarded.get(path) == GOOD[path]


@pytest.mark.parametrize("path", [*HIDDEN, *(f"/{n}" for n in LINKS if f"/{n}" not in GOOD
                                             and n not in ("folder", "chain", "known"))])
def test_what_is_hidden_or_outside_is_found_by_no_way(guarded, path):
    guarded.fetch(path).check(51)


def test_nothing_hidden_is_named_in_a_listing_or_in_the_list(guarded):
    pages = [guarded.get(path) for path in ("/urls.txt", "/sub/", "/.well-known/", "/known/")]
    for page in pages:
        assert not re.search(r"hidden|git|x\.txt|swp|fifo|socket|peek|out", page), page
    assert [target for target, _ in links(pages[1])] == ["../"]


def test_what_is_left_out_is_told_once_by_its_name(guarded):
    for name, why in {"static/out": "leads out of its folder", "static/loop": "circle",
                      "static/peek": "hidden", "static/fifo": "neither a file nor a folder",
                      "static/nowhere": "No such file", "static/self": "a folder that it is in",
                      "articles/fifo.txt": "neither a file nor a folder"}.items():
        told = [line for line in guarded.log().splitlines() if f"/{name}: " in line]
        assert len(told) == 1 and why in told[0], told


# What takes the place of a file after it was pressed


def swap_link(target):
    def swap(path):
        path.unlink()
        path.symlink_to(target)
    return swap


def swap_folder(path):
    shutil.rmtree(path.parent)
    path.parent.symlink_to("../elsewhere")


def swap_hidden_folder(path):
    path.parent.rename(path.parents[1] / ".hidden")
    path.parent.symlink_to(".hidden")


def swap_fifo(path):
    path.unlink()
    os.mkfifo(path)


def swap_own_folder(path):
    path.unlink()
    path.mkdir()


SWAPS = {
    "a link out": swap_link("../../elsewhere/big.bin"), "an absolute link": swap_link("/etc/passwd"),
    "a link to what is hidden": swap_link("../.secret"), "a link to itself": swap_link("big.bin"),
    "a device": swap_link("/dev/zero"), "a folder out": swap_folder,
    "a hidden folder": swap_hidden_folder, "a FIFO": swap_fifo, "a folder": swap_own_folder,
    "nothing": Path.unlink,
}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
def test_what_takes_the_place_of_a_file_is_not_sent(serve, empty_capsule, swap):
    path = empty_capsule.static("box/big.bin", LARGE)
    empty_capsule.static(".secret", SECRET)
    (empty_capsule.root / "elsewhere").mkdir()
    (empty_capsule.root / "elsewhere" / "big.bin").write_bytes(SECRET)
    server = serve(empty_capsule)
    assert server.fetch("/box/big.bin").check(20).body == LARGE
    with no_press(server):
        swap(path)
        answer = server.fetch("/box/big.bin", timeout=5 * SLOW).check(51)
        assert answer.meta == "This page was not found"
    wait_until(lambda: server.fetch("/box/big.bin").status == 51, what="the next edition")


def test_a_link_that_takes_the_place_of_a_file_and_stays_inside_is_followed(serve, empty_capsule):
    path = empty_capsule.static("big.bin", LARGE)
    empty_capsule.static("other.bin", SECRET)
    server = serve(empty_capsule)
    with no_press(server):
        swap_link("other.bin")(path)
        assert server.fetch("/big.bin").check(20).body == SECRET


def test_a_link_out_is_not_watched(serve, empty_capsule, tmp_path):
    empty_capsule.static("a.txt", "a")
    outside = tmp_path / "outside"
    outside.mkdir()
    (empty_capsule.root / "static" / "out").symlink_to(outside)
    server = serve(empty_capsule)
    (outside / "new").mkdir()
    empty_capsule.static("b.txt", "b")
    wait_until(lambda: server.fetch("/b.txt").status == 20, what="the new file")
    watched = [Path(f"/proc/{p.pid}/fdinfo").glob("*") for p in [server.process]]
    inodes = {int(found, 16) for files in watched for file in files
              for found in re.findall(r"^inotify .*?ino:([0-9a-f]+)", file.read_text(), re.M)}
    assert (empty_capsule.root / "static").stat().st_ino in inodes
    assert outside.stat().st_ino not in inodes


def test_changes_in_well_known_and_behind_links_show(serve, empty_capsule):
    real = empty_capsule.static("real/a.txt", "a")
    (empty_capsule.root / "static" / "alias").symlink_to("real")
    server = serve(empty_capsule)
    assert server.get("/alias/a.txt") == "a"
    empty_capsule.static(".well-known/new.txt", "new")
    wait_until(lambda: server.fetch("/.well-known/new.txt").status == 20, what="the new folder")
    empty_capsule.static(".well-known/new.txt", "newer")
    wait_until(lambda: server.get("/.well-known/new.txt") == "newer", what="the change")
    real.write_bytes(LARGE)
    wait_until(lambda: server.fetch("/alias/a.txt").body == LARGE, what="the change at its alias")
    assert server.fetch("/real/a.txt").body == LARGE


# Names

NAMES = {
    "a line break": b"line\nbreak.txt", "a carriage return": b"re\rturn.txt",
    "no UTF-8": b"latin-\xe9.txt", "a control": b"\x1b[31mred.txt", "blanks": b" a  b .txt",
    "255 bytes": b"n" * 251 + b".txt", "255 bytes of two": "ñ".encode() * 125 + b"x.txt",
    "dots": b"...txt"[::-1], "a percent": b"%41.txt", "a query": b"what?.txt", "a colon": b"a:b.txt",
    "a backslash": b"back\\slash.txt", "bidirectional": "\u202egpj.txt".encode(),
}


def escaped(name):
    return "".join(f"%{byte:02X}" for byte in name)


@pytest.mark.parametrize("size", [10, len(LARGE)], ids=["small", "large"])
def test_files_of_any_name_are_served(serve, empty_capsule, size):
    folder = os.fsencode(empty_capsule.static("names/plain.txt", "x").parent)
    for name in NAMES.values():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(name + LARGE[: size - len(name)] if size > 300 else name)
    server = serve(empty_capsule)
    for what, name in NAMES.items():
        if len(escaped(name)) < 950:
            body = server.fetch(f"/names/{escaped(name)}").check(20).body
            assert body.startswith(name), what
    page = server.fetch("/names/").check(20)
    assert "\r" not in page.text and "\x1b" not in page.text and "\u202e" not in page.text
    assert all(line.startswith(("=> ", "# ")) for line in page.text.splitlines() if line)
    targets = [target for target, _ in links(page.text)]
    assert len(targets) == len(NAMES) + 2
    for target in targets[1:]:
        if len(target) < 950:
            server.fetch(f"/names/{target}").check(20)


def test_a_folder_of_an_awkward_name_has_a_listing(serve, empty_capsule):
    for name in (b"line\nbreak", b"latin-\xe9", b"\x1bred", b"# heading", b"=> link", b"```"):
        folder = os.path.join(os.fsencode(empty_capsule.root), b"static", name)
        os.makedirs(folder)
        Path(os.fsdecode(folder), "x.txt").write_bytes(b"x")
    server = serve(empty_capsule)
    for target, _ in links(server.get("/")):
        assert target
    for name in (b"line\nbreak", b"latin-\xe9", b"\x1bred", b"# heading", b"=> link", b"```"):
        page = server.get(f"/{escaped(name)}/")
        assert len(page.splitlines()) == 4 and page.startswith("# ") and "\x1b" not in page, page


def test_names_too_long_for_a_request_harm_nothing(serve, empty_capsule):
    name = "ñ" * 127
    empty_capsule.static(f"{name}/{name}/{name}/deep.txt", "deep")
    empty_capsule.static("good.txt", "good\n")
    server = serve(empty_capsule)
    assert server.get("/good.txt") == "good\n"
    listed = server.get("/urls.txt").splitlines()
    assert server.url("/good.txt") in listed
    assert all(len(url) <= 1024 for url in listed), "no client may ask for it"
    told = [line for line in server.log().splitlines() if "longer than a request may be" in line]
    assert len(told) == 1 and f"/static/{name[:50]}" in told[0], told
    assert links(server.get(f"/{escaped(name.encode())}/")) == [("../", "↑ One folder up")]


def test_names_with_line_breaks_do_not_break_the_log(empty_capsule, tmp_path):
    os.mkfifo(empty_capsule.static("a.txt", "a").with_name("fi\nfo\x1b[31m"))
    done = run("press", empty_capsule.root, "--output", tmp_path / "edition.db").check()
    assert len(done.err.splitlines()) == 1 and "\x1b" not in done.err, done.err


# Media types as they arrive


TYPES = {
    "README": (b"Read me.\n", "text/plain; charset=utf-8"),
    "LICENSE": (b"MIT License\n\nCopyright, of course, is ours.\n", "text/plain; charset=utf-8"),
    "Makefile": (b"all:\n\tcc x.c\n.PHONY: all\n", "text/plain; charset=utf-8"),
    "bom.gmi": (b"\xef\xbb\xbf# Mark\r\n", "text/gemini; lang=pt-BR"),
    "crlf.gmi": (b"# Ends\r\nof lines\r\n", "text/gemini; lang=pt-BR"),
    "page.md": (b"# Markdown\n", "text/markdown; charset=utf-8"),
    "wide.txt": ("\ufeffwide\n".encode("utf-16-le"), "text/plain; charset=utf-16"),
    "feed.xml": (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "application/atom+xml"),
    "feed.atom": (b"<?xml version='1.0'?><feed/>", "application/atom+xml"),
    "liar.png": (b"# In truth this is gemtext\n", "image/png"),
    "noise": (LARGE[:5000], "application/octet-stream"),
    "noise.gmx": (LARGE[5000:9000], "application/octet-stream"),
    "empty": (b"", "application/octet-stream"), "empty.gmi": (b"", "text/gemini; lang=pt-BR"),
    "a.JXL": (b"x", "image/jxl"), "a.yml": (b"a: b\n", "application/yaml"),
    "a.py": (b"import os\n", "text/plain; charset=utf-8"),
}


def test_media_types_are_what_the_clients_want(serve, empty_capsule):
    empty_capsule.conf(title="Types", language="pt-BR")
    for name, (data, _) in TYPES.items():
        empty_capsule.static(name, data)
    server = serve(empty_capsule)
    for name, (data, meta) in TYPES.items():
        answer = server.fetch(f"/{name}").check(20)
        assert (name, answer.meta, answer.body) == (name, meta, data)
