"""Starts the program under test, and ends it; knows its processes."""

import contextlib
import os
import re
import select
import signal
import sqlite3
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import wire

REPO = Path(__file__).resolve().parents[2]
BUILD = REPO / os.environ.get("BROADSHEET_BUILD", "build/release")
BINARY = BUILD / "broadsheet"
SLOW = 5.0 if BUILD.name in ("sanitize", "coverage") else 1.0  # instrumented builds take longer
START = 15.0 * SLOW  # seconds until the listeners stand
STOP = 10.0  # seconds from SIGTERM to the end
NOBODY = 65534
SPARE = 4  # descriptors that a server may open after its first requests, for good
SANITIZER = re.compile(r"ERROR: (Address|Leak|Thread)Sanitizer|runtime error:")


def wait_until(condition, seconds=10.0, what="the condition"):
    """Poll until condition() is true, and return its value."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        select.select([], [], [], 0.01)


def check_stderr(text):
    found = SANITIZER.search(text)
    assert not found, f"a sanitizer complains:\n{text[found.start() :][:4000]}"


@dataclass
class Done:
    """A command that has ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self):
        return self.out.decode("utf-8")

    def check(self, code=0):
        assert self.code == code, f"exit status {self.code}, not {code}; stderr:\n{self.err}"
        return self

    def check_error(self, *names):
        """Exit status 1, nothing on stdout, one line on stderr that holds all names."""
        self.check(1)
        assert self.out == b""
        lines = self.err.splitlines()
        assert len(lines) == 1, f"not one line on stderr:\n{self.err}"
        for name in names:
            assert str(name) in lines[0], f"{name} is not in: {lines[0]}"
        return self

    def check_usage(self):
        """Exit status 2, nothing on stdout, something on stderr."""
        self.check(2)
        assert self.out == b"" and self.err.strip(), "a usage error must say what is wrong"
        return self


def run(*arguments, stdin=b"", timeout=30.0 * SLOW, **options):
    """Run one subcommand to its end."""
    options.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run([BINARY, *arguments], input=stdin, stderr=subprocess.PIPE,
                          timeout=timeout, check=False, **options)
    result = Done(done.returncode, done.stdout or b"", done.stderr.decode("utf-8", "replace"))
    check_stderr(result.err)
    assert result.code >= 0, f"ended by signal {-result.code}; stderr:\n{result.err}"
    return result


@dataclass(frozen=True)
class Process:
    """One line of /proc/PID/stat; pid and start time together name a process for good."""

    pid: int
    started: int
    parent: int
    session: int

    @staticmethod
    def read(pid):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        if fields[0] in "ZX":
            return None
        return Process(pid, int(fields[19]), int(fields[1]), int(fields[3]))

    def alive(self):
        now = Process.read(self.pid)
        return now is not None and now.started == self.started

    def kill(self, number=signal.SIGKILL):
        if self.alive():
            with contextlib.suppress(ProcessLookupError):  # it may end at this very moment
                os.kill(self.pid, number)


def processes():
    found = (Process.read(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [process for process in found if process is not None]


def edition_pages(path):
    """The pages of an edition that are in it: address to bytes."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as edition:
        return dict(edition.execute("SELECT path, body FROM page WHERE status = 20"))


class Server:
    """`broadsheet serve` in a session of its own, so that no process of it can get lost."""

    def __init__(self, folder, capsule, *, listen=("127.0.0.1:0",), proxy_listen=(),
                 hosts=("localhost",), workers=2, certs=None, state=None, extra=(), before=(),
                 handed=0, **options):
        """before  what stands in front of the command, and becomes it
        handed  sockets that it gets from there
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.certs = _made(folder / "certs") if certs is None else certs
        self.state = _made(folder / "state") if state is None else state
        self.capsule = capsule
        self.host = hosts[0] if hosts else "localhost"
        self.log_path = folder / "stderr"
        self.over = False
        command = [*before, BINARY, "serve", *([] if capsule is None else [capsule])]
        for address in listen:
            command += ["--listen", address]
        for address in proxy_listen:
            command += ["--proxy-listen", address]
        for host in hosts:
            command += ["--host", host]
        # What is False is left to the configuration file.
        for name, value in (("certs", self.certs), ("state", self.state), ("workers", workers)):
            if value is not False:
                command += [f"--{name}", str(value)]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*command, *extra], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True, **options)
        self.listeners = []  # (address, port) in the order of --listen, then of --proxy-listen
        self._out = b""
        self._count = len(listen) + len(proxy_listen) + handed

    def wait_ready(self):
        return self.wait_listeners(self._count)

    def wait_listeners(self, count):
        """Wait until so many lines have told what is listened on, since the start."""
        deadline = time.monotonic() + START
        while len(self.listeners) < count:
            left = deadline - time.monotonic()
            assert left > 0, f"not listening after {START:g} s; stderr:\n{self.log()}"
            if not select.select([self.process.stdout], [], [], left)[0]:
                continue
            part = os.read(self.process.stdout.fileno(), 4096)
            assert part, f"ended before it listened; stderr:\n{self.log()}"
            self._out += part
            *lines, self._out = self._out.split(b"\n")
            self.listeners += map(_listener, lines)
        return self

    @property
    def port(self):
        return self.listeners[0][1]

    def log(self):
        return self.log_path.read_text("utf-8", "replace")

    # Talking to it

    def url(self, path="/"):
        return f"gemini://{self.host}:{self.port}{path}"

    def ask(self, chunks, **options):
        """Send bytes, or a list of chunks as records of their own; the answer as it came."""
        return wire.exchange(self.port, chunks, **{"sni": self.host, **options})

    def fetch(self, path="/", **options):
        """A whole answer to a request for a path of this server."""
        return self.ask(self.url(path).encode() + b"\r\n", **options).check()

    def get(self, path="/", **options):
        """The page's text; anything but 20 is a failure."""
        return self.fetch(path, **options).check(20).text

    def connect(self, **options):
        return wire.Connection(self.port, **{"sni": self.host, **options})

    # Its processes

    def family(self):
        """Every living process that came out of this one, itself included."""
        every = processes()
        members = {self.process.pid}
        for _ in range(len(every)):
            more = {p.pid for p in every if p.parent in members or p.session == self.process.pid}
            if more <= members:
                break
            members |= more
        return [process for process in every if process.pid in members]

    def children(self):
        return [p for p in self.family() if p.parent == self.process.pid]

    def workers(self, count):
        """The worker processes, once there are `count` of them and nothing else runs."""
        def settled():
            children = self.children()
            return children if len(children) == count else None

        return wait_until(settled, 10 * SLOW, f"{count} workers")

    def descriptors(self):
        """How many descriptors are open in all processes together, as far as we may look."""
        return sum(len(_links_of_fds(process.pid)) for process in self.family())

    def wait_let_go(self, before, seconds=10.0):
        """Wait until no more descriptors are open than `before`, but for lazily opened files."""
        wait_until(lambda: self.descriptors() <= before + SPARE, seconds * SLOW,
                   "the server lets go of its connections")

    def worker_of(self, connection):
        """The pid of the process that holds the server's end of a connection, or None."""
        inode = _socket_inode(self.port, connection.sock.getsockname()[1])
        for process in self.children() if inode else ():
            if f"socket:[{inode}]" in _links_of_fds(process.pid):
                return process.pid
        return None

    # Ending it

    def wait_end(self, seconds=STOP):
        """Wait until the supervisor has ended; its exit status."""
        code = self.process.wait(seconds)
        self.process.stdout.close()
        return code

    def stop(self, number=signal.SIGTERM):
        """End it as an operator does, and look at what it leaves behind.

        number  the signal to send, or None when it was sent before
        """
        if self.over:
            return
        self.over = True
        family = self.family()
        try:
            if number is not None and self.process.poll() is None:
                self.process.send_signal(number)
            code = self.wait_end()
            assert code == 0, f"exit status {code}; stderr:\n{self.log()}"
            self.check_gone(family)
            check_stderr(self.log())
        finally:
            self.destroy(family)

    def check_gone(self, family, seconds=2.0):
        wait_until(lambda: not any(p.alive() for p in family) and not self.family(), seconds,
                   "the end of every process of the server")

    def destroy(self, family=()):
        """Whatever happened: nothing of it goes on running."""
        self.over = True
        for process in {*family, *self.family()}:
            process.kill()
        if self.process.returncode is None:
            self.process.wait(STOP)
        self.process.stdout.close()


class Servers:
    """Starts servers for a test or a module and ends them all after it."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []

    def launch(self, capsule, **options):
        """Start one on a Capsule, a path, or None (a --config file says which), without waiting for
        its listeners.
        """
        folder = self.folder / f"server{len(self.started)}"
        bare = capsule is None or isinstance(capsule, Path)
        server = Server(folder, capsule if bare else capsule.root, **options)
        self.started.append(server)
        return server

    def __call__(self, capsule, **options):
        return self.launch(capsule, **options).wait_ready()

    def refused(self, capsule, *names, **options):
        """A server that must not start: exit status 1, and one line that holds all names."""
        server = self.launch(capsule, **options)
        family = server.family()
        try:
            code = server.wait_end(START)
            log = server.log()
            assert code == 1, f"exit status {code}; stderr:\n{log}"
            assert any(all(str(n) in line for n in names) for line in log.splitlines()), log
            server.check_gone(family)
            check_stderr(log)
        finally:
            server.destroy(family)

    def stop(self):
        failures = []
        for server in self.started:
            try:
                server.stop()
            except (AssertionError, subprocess.TimeoutExpired) as failure:
                failures.append(str(failure))
        assert not failures, "\n".join(failures)


def _made(folder):
    folder.mkdir()
    return folder


def _listener(line):
    found = re.fullmatch(rb"listening (?:for PROXY )?on (\[[0-9a-f:]+\]|[0-9.]+):([0-9]+)", line)
    assert found, f"not a listener line: {line!r}"
    return found[1].decode().strip("[]"), int(found[2])


def _links_of_fds(pid):
    """What the descriptors of a process lead to; nothing where we may not look."""
    found = []
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except OSError:
        return found
    for name in names:
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            continue  # closed since
    return found


def _socket_inode(local, remote):
    """The inode of the socket of a connection to 127.0.0.1, while it is accepted."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = [int(fields[i].rpartition(":")[2], 16) for i in (1, 2)]
        if ports == [local, remote]:
            return int(fields[9]) or None
    return None
