"""Orders to fail.c, and the running of programs under it."""

import mmap
import os
import re
import select
import signal
import struct
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = REPO / os.environ.get("BROADSHEET_BUILD", "build/release")
PROGRAM = BUILD / "broadsheet"
FAIL = BUILD / "tests/torture/fail.so"
SECONDS = 20 if BUILD.name == "release" else 60  # that one program may take
BOARD = struct.Struct("=QQQQ")  # struct fail_board of fail.c
COMPLAINT = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error:")


class Board:
    """What fail.c reads and writes, in a file of its own."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(BOARD.size))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), BOARD.size)

    def arm(self, nth, rest, failed=0):
        """From now on: the nth allocation fails, with rest=1 all behind it, too.  0: none."""
        BOARD.pack_into(self.map, 0, 0, 0, 0, 0)
        BOARD.pack_into(self.map, 0, 0, nth, rest, failed)

    @property
    def count(self):
        return BOARD.unpack_from(self.map)[0]

    @property
    def failed(self):
        return BOARD.unpack_from(self.map)[3]


def environment(board):
    env = dict(os.environ, LD_PRELOAD=str(FAIL), TORTURE_BOARD=str(board.path))
    env["ASAN_OPTIONS"] = ("verify_asan_link_order=0:allocator_may_return_null=1:exitcode=99:"
                           "abort_on_error=0:detect_leaks=1")
    env["UBSAN_OPTIONS"] = "print_stacktrace=1:halt_on_error=1"
    return env


class Process:
    """The program with fail.c preloaded, its standard error in a file."""

    def __init__(self, arguments, board, log, descriptors=(), prefix=()):
        """descriptors: what is handed over, from 3 on; prefix: what runs the program, instead of
        fail.c."""
        self.log_path = log
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                   (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                   (os.POSIX_SPAWN_DUP2, out, 2)]
        actions += [(os.POSIX_SPAWN_DUP2, fd, 3 + i) for i, fd in enumerate(descriptors)]
        command = [*prefix, PROGRAM, *arguments]
        env = dict(os.environ) if prefix else environment(board)
        self.pid = os.posix_spawnp(command[0], command, env, file_actions=actions)
        self.fd = os.pidfd_open(self.pid)
        self.code = None
        os.close(out)

    def ended(self, seconds=0):
        """Has it ended, within that time?"""
        if self.code is not None:
            return True
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(seconds * 1000):
            return False
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return True

    def end(self, seconds=SECONDS):
        """Its exit status: negative for a signal, None when it had to be killed."""
        if self.ended(seconds):
            return self.code
        self.kill()
        return None

    def kill(self):
        if self.code is None:
            signal.pidfd_send_signal(self.fd, signal.SIGKILL)
            self.ended(SECONDS)

    def log(self):
        return self.log_path.read_text("utf-8", "replace")


def complaint(code, log):
    """What is wrong with an end whatever was failing, or None."""
    if code is None:
        return f"did not end within {SECONDS} s"
    if COMPLAINT.search(log):
        return "a sanitizer complains"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return None


def say(text):
    print(text, flush=True)


