"""What each process runs under, looked at from outside, and that it still does its work there.

What they may not do is tried from inside, by tests/unit/sandbox.
"""

import ctypes
import errno
import os
import re
import shutil
import tempfile
import time
from contextlib import closing
from pathlib import Path

import pytest

import program
from program import NOBODY, SLOW, Process, run, wait_until
from samples import LARGE, Capsule, article

LINE = re.compile(r"broadsheet\[(\d+)\] (\w+): sandbox: (.*)")


def facts(pid):
    """What /proc tells of a process that the kernel lets us look at."""
    text = Path(f"/proc/{pid}/status").read_text()
    return {name: int(re.search(rf"^{name}:\s*(\d+)", text, re.MULTILINE)[1])
            for name in ("NoNewPrivs", "Seccomp", "Seccomp_filters")}


def told(server):
    """(pid, process, what it runs under) of each line about it."""
    return [(int(pid), name, text) for pid, name, text in LINE.findall(server.log())]


def require_here(server, what):
    """A kernel without it cannot show that it works; CI must have it."""
    if all(f"{what}: no" not in text for _, _, text in told(server)):
        return
    assert os.environ.get("CI") != "true", f"no {what}: CI must have it\n{server.log()}"
    pytest.skip(f"no {what} here")


def shows(server, path, text):
    wait_until(lambda: text in server.fetch(path).body.decode("utf-8", "replace"), 5 * SLOW,
               f"{path} says {text!r}")


# From outside


def test_each_process_says_what_it_runs_under(serve, capsule):
    server = serve(capsule, workers=2)
    lines = told(server)
    assert sorted(name for _, name, _ in lines) == ["press", "supervisor", "worker", "worker"]
    assert {pid for pid, name, _ in lines if name == "worker"} == {
        worker.pid for worker in server.workers(2)}
    require_here(server, "Landlock")
    require_here(server, "seccomp")
    for _, name, text in lines:
        assert "no_new_privs" in text and "not dumpable" in text and "seccomp" in text
        assert ": no (" not in text
        if name != "supervisor":
            assert re.search(r"Landlock ABI \d", text)


def test_workers_run_under_a_filter(serve, capsule):
    server = serve(capsule, workers=2)
    require_here(server, "seccomp")
    supervisor = facts(server.process.pid)
    assert supervisor["NoNewPrivs"] == 1
    for worker in server.workers(2):
        assert facts(worker.pid) == {"NoNewPrivs": 1, "Seccomp": 2,
                                     "Seccomp_filters": supervisor["Seccomp_filters"] + 1}


def test_press_runs_under_a_filter(serve, capsule):
    server = serve(capsule, workers=1)
    require_here(server, "seccomp")
    seen = []
    inherited = facts(server.process.pid)["Seccomp_filters"]
    deadline = time.monotonic() + 20 * SLOW
    for number in range(100):
        if seen or time.monotonic() > deadline:
            break
        for filler in range(200):
            capsule.add(f"filler-{number}-{filler}.txt", article(f"Filler {number} {filler}"))
        while not seen and f"filler-{number}-199" not in server.get("/urls.txt"):
            seen = [found for child in server.children()
                    if (found := press_facts(child.pid, inherited))]
    assert seen == [{"NoNewPrivs": 1, "Seccomp": 2, "Seccomp_filters": inherited + 1}]


def press_facts(pid, inherited):
    """Those of a press that has more filters than its supervisor, else nothing."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        found = facts(pid)
    except (OSError, TypeError):
        return None  # it has ended since
    return found if b"press-job" in command and found["Seccomp_filters"] > inherited else None


def test_no_process_dumps_its_core_or_can_have_children(serve, capsule):
    server = serve(capsule, workers=1)
    for process in server.family():
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
        if process.pid != server.process.pid and program.SLOW == 1.0:
            assert re.search(r"^Max processes +0 +0 ", limits, re.MULTILINE)


def test_the_supervisor_holds_no_connection(serve, capsule):
    server = serve(capsule, workers=1)
    with closing(server.connect()) as connection:
        holder = wait_until(lambda: server.worker_of(connection), 5, "the worker that accepted")
        assert holder == server.workers(1)[0].pid
        inode = program._socket_inode(server.port, connection.sock.getsockname()[1])
        assert f"socket:[{inode}]" not in program._links_of_fds(server.process.pid)


# Off, and required


def test_off_is_off(serve, capsule):
    server = serve(capsule, workers=1, extra=("--sandbox", "off"))
    assert {text for _, _, text in told(server)} == {"off"}
    ours = facts(os.getpid())
    for process in server.family():
        assert facts(process.pid) == ours
    server.fetch("/").check(20)


def test_it_can_be_required(serve, capsule, tmp_path):
    require_here(serve(capsule), "Landlock")
    server = serve(capsule, workers=1, extra=("--sandbox", "require"))
    server.fetch("/").check(20)
    run("press", capsule.root, "-o", tmp_path / "edition", "--sandbox", "require").check()


def test_a_file_can_say_so(serve, capsule, tmp_path):
    config = tmp_path / "server.conf"
    config.write_text('sandbox = "off"\n')
    server = serve(capsule, workers=1, extra=("--config", config))
    assert {text for _, _, text in told(server)} == {"off"}


# A kernel, or a container, without one of them


class _Condition(ctypes.Structure):
    """struct scmp_arg_cmp of <seccomp.h>."""

    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("value", ctypes.c_uint64),
                ("other", ctypes.c_uint64)]


def lacking(what):
    """For preexec_fn: the calls that make it fail as where there is none."""
    equal, allow, missing, invalid = 4, 0x7FFF0000, 0x50000 | errno.ENOSYS, 0x50000 | errno.EINVAL
    set_seccomp = 22
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(allow)))

    def forbid(action, name, *conditions):
        number = library.seccomp_syscall_resolve_name(name)
        if number < 0 and name.startswith(b"landlock"):
            number = 444  # everywhere; this library is older
        array = (_Condition * len(conditions))(*conditions)
        assert library.seccomp_rule_add_array(context, ctypes.c_uint32(action), number,
                                              len(conditions), array) == 0

    if what == "Landlock":
        forbid(missing, b"landlock_create_ruleset")
    else:
        forbid(missing, b"seccomp")
        forbid(invalid, b"prctl", _Condition(0, equal, set_seccomp, 0))
    return lambda: os._exit(9) if library.seccomp_load(context) else None


@pytest.mark.parametrize("what", ["Landlock", "seccomp"])
def test_without_it_the_server_goes_on_with_the_rest(serve, capsule, what):
    capsule.static("a.txt", "first\n")
    require_here(serve(capsule), "seccomp")
    server = serve(capsule, workers=1, preexec_fn=lacking(what))
    shows(server, "/a.txt", "first")
    for _, name, text in told(server):
        lacks = what == "seccomp" or name != "supervisor"
        assert (f"{what}: no (" if lacks else "no_new_privs") in text
        assert text.count(": no (") == lacks
    (capsule.root / "static").rename(capsule.root / "old")
    capsule.static("a.txt", "second\n")
    shows(server, "/a.txt", "second")


@pytest.mark.parametrize("what", ["Landlock", "seccomp"])
@pytest.mark.parametrize("pressed", [False, True], ids=["at first", "later"])
def test_a_server_that_requires_it_ends_without(serve, capsule, tmp_path, what, pressed):
    state = tmp_path / "state"
    server = serve(capsule, state=state)
    require_here(server, "seccomp")
    server.stop()
    if not pressed:
        (state / "edition.db").unlink()
    serve.refused(capsule, what, "required", state=state, extra=("--sandbox", "require"),
                  preexec_fn=lacking(what))


# What still works


def test_static_files_of_any_size_are_served(serve, capsule):
    capsule.static("large.bin", LARGE)
    capsule.static("sub/small.txt", "small\n")
    (capsule.root / "static" / "link.txt").symlink_to("sub/small.txt")
    server = serve(capsule, workers=1)
    assert server.fetch("/large.bin").body == LARGE
    assert server.fetch("/link.txt").body == b"small\n"


def test_another_static_folder_is_served(serve, capsule):
    """Put in place by renaming, as a deployment does; workers are replaced for it."""
    capsule.static("a.txt", "first\n")
    server = serve(capsule, workers=2)
    shows(server, "/a.txt", "first")
    before = {worker.pid for worker in server.workers(2)}
    static = capsule.root / "static"
    for text in ("second", "third"):
        other = capsule.root / "other"
        other.mkdir()
        (other / "a.txt").write_text(f"{text}\n")
        static.rename(capsule.root / "old")
        other.rename(static)
        shutil.rmtree(capsule.root / "old")
        shows(server, "/a.txt", text)
    assert "ended with status" not in server.log() and "ended by signal" not in server.log()
    if "Landlock: no" not in server.log():
        assert not before & {worker.pid for worker in server.workers(2)}


def test_a_static_folder_that_comes_later_is_served(serve, capsule):
    server = serve(capsule, workers=2)
    capsule.static("a.txt", "first\n")
    shows(server, "/a.txt", "first")


def test_static_and_articles_may_be_links_out_of_the_capsule(serve, tmp_path):
    capsule = Capsule(tmp_path / "capsule")
    capsule.articles.rename(tmp_path / "articles")
    capsule.articles.symlink_to(tmp_path / "articles")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.bin").write_bytes(LARGE)
    (capsule.root / "static").symlink_to(tmp_path / "files")
    capsule.add("a.txt", article("A"))
    server = serve(capsule, workers=1)
    server.fetch("/a.gmi").check(20)
    assert server.fetch("/a.bin").body == LARGE


def test_a_user_without_rights_can_serve(capsule, monkeypatch):
    """Not dumpable means that its own /proc/self is root's."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as name:
        folder = Path(name)
        options = {}
        capsule.static("large.bin", LARGE)
        shutil.copytree(capsule.root, folder / "capsule")
        monkeypatch.setattr(program, "BINARY", shutil.copy(program.BINARY, folder))
        for part in ("server", "server/certs", "server/state"):
            (folder / part).mkdir()
        if os.geteuid() == 0:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
            options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        server = program.Server(folder / "server", folder / "capsule", workers=1,
                                certs=folder / "server" / "certs",
                                state=folder / "server" / "state", **options)
        try:
            server.wait_ready()
            assert server.fetch("/large.bin").body == LARGE
            (folder / "capsule" / "articles" / "new.txt").write_text(article("New"))
            shows(server, "/new.gmi", "# New")
            worker = server.workers(1)[0]
            # Files of a process that is not dumpable are root's.
            assert {os.stat(f"/proc/{pid}/fd").st_uid
                    for pid in (server.process.pid, worker.pid)} == {0}
            worker.kill()
            wait_until(lambda: Process.read(worker.pid) is None and len(server.children()) == 1,
                       5 * SLOW, "a new worker")
            server.fetch("/large.bin").check(20)
            server.stop()
        finally:
            server.destroy()
