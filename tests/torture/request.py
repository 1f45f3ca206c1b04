"""A worker while memory fails: its start, what its supervisor says to it, and whole connections."""

import fcntl
import os
import re
import select
import shutil
import socket
import ssl
import struct
import subprocess
import sys
from contextlib import closing

from board import PROGRAM, REPO, SECONDS, Process, complaint
from press import FILES, command, write

sys.path.insert(0, str(REPO / "tests/e2e"))
import wire  # noqa: E402

SETTINGS = """tls_min = '1.2'
vhost 'localhost' {{
host = {{'localhost'}}
edition = '{edition}'
statics = '{statics}'
}}
listeners = {listeners}
proxied = {proxied}
proxy_from = {{'127.0.0.1'}}
public_port = 0
sandbox = '{sandbox}'
key_process = 'off'
log_addresses = 'cut'
drain_timeout = 5
connections = {connections}
per_address = 100
request_rate = {rate}
request_burst = {burst}
handshake_timeout = {handshake}
request_timeout = 10
close_timeout = 1
stall_timeout = 90
least_rate = 256
log_lines = 60
exempt = {{}}
"""
LIMITS = {"listeners": 1, "proxied": 0, "connections": 64, "rate": 50, "burst": 1000,
          "sandbox": "try", "handshake": 10}
HIGH = 100  # descriptors to be handed over are kept from here on, clear of a worker's own
PATIENCE = SECONDS / 2  # seconds that one connection may take
PAGE = "/plain.gmi"
MORE = {"static/large.bin": bytes(range(256)) * 1200, "static/docs/secret.gmi": "# Secret\n"}
PROXY = b"PROXY TCP4 192.0.2.7 192.0.2.8 40000 1965\r\n"


def memory_file(data):
    fd = os.memfd_create("handed")
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def message(kind, data=b""):
    """As src/process/message.h has it."""
    return kind + struct.pack("!I", len(data)) + data


class Home:
    """An edition, certificates and what else a worker is handed."""

    def __init__(self, folder, board):
        self.capsule = folder / "capsule"
        self.edition = folder / "edition.db"
        write(self.capsule, {**FILES, **MORE})
        board.arm(0, 0)
        process = Process(command(self.capsule, self.edition), board, folder / "log")
        assert process.end() == 0, process.log()
        self.certificates = self.pair(folder, "localhost")
        self.others = self.pair(folder, "other")
        self.client = (folder / "client.crt", folder / "client.key")
        self.pair(folder, "client")
        self.tickets = b"\1" + bytes(range(80)) + bytes(160)
        self.areas = struct.pack("=6I", 0, 1, 5, 7, 0, 0) + b"/docs" + b"Members"

    @staticmethod
    def pair(folder, name):
        """Make a key and a certificate; both, as a worker is handed them."""
        subprocess.run([PROGRAM, "cert", "new", name, "--certs", folder], check=True,
                       stdout=subprocess.DEVNULL)
        return b"".join((folder / f"{name}.{end}").read_bytes() for end in ("key", "crt"))


class Worker(Process):
    """A worker, and its supervisor's end of the control stream."""

    def __init__(self, home, folder, board, prefix=(), **limits):
        self.edition = folder / "edition.db"
        shutil.copyfile(home.edition, self.edition)
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        self.control, theirs = socket.socketpair()
        self.relay, log = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        log.setblocking(False)
        text = SETTINGS.format(edition=self.edition, statics=home.capsule / "static",
                               **{**LIMITS, **limits})
        mine = [theirs.detach(), memory_file(text.encode()), memory_file(home.tickets),
                memory_file(home.certificates), memory_file(home.areas), log.detach(),
                memory_file(b""),  # no key process
                listener.detach()]
        handed = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH) for fd in mine]
        super().__init__(["worker"], board, folder / "log", handed, prefix)
        for fd in mine + handed:
            os.close(fd)

    def ready(self):
        """Has it said that it answers?  It may also have ended instead."""
        self.control.settimeout(PATIENCE)
        try:
            return self.control.recv(1) == b"R"
        except OSError:
            return False

    def makes_room(self):
        """Has it said that another one shall take its place?"""
        return b"M" in self.control.recv(100)

    def settle(self):
        """Wait until it waits for the next event, or has ended."""
        while not self.ended():
            with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
                if file.read().rpartition(")")[2].split()[0] in "SZ":
                    break
            select.select([], [], [], 0.0005)

    def stop(self):
        """Without a supervisor it ends.  Returns its exit status."""
        self.control.close()
        self.relay.close()
        return self.end()


def client_context(home, version=None, certificate=False):
    context = wire.client_context(version)
    if certificate:
        context.load_cert_chain(*home.client)
    return context


def ask(port, path, **options):
    """A whole answer, or None where the connection ended before."""
    line = f"gemini://localhost{path}\r\n" if path.startswith("/") else f"{path}\r\n"
    try:
        return wire.exchange(port, line.encode(), timeout=PATIENCE, **options)
    except TimeoutError:
        raise
    except (ssl.SSLError, ConnectionError):
        return None


def is_whole(answer, status, body):
    """The right one, from its header to close_notify."""
    if answer is None or not answer.clean or not answer.data.startswith(b"%d " % status):
        return False
    return body is None or answer.data.partition(b"\r\n")[2] == body


class Scene:
    """What one client does, and what it must get when all goes well."""

    def __init__(self, name, path, status, *, body=None, version=wire.TLS13, certificate=False,
                 resumed=False, before=b"", limits=None):
        self.name, self.path, self.status, self.body = name, path, status, body
        self.version, self.certificate, self.resumed = version, certificate, resumed
        self.before, self.limits = before, limits or {}


class Request:
    """One connection while memory fails, and one after it."""

    def __init__(self, home, scene):
        self.name = f"request {scene.name}"
        self.home, self.scene = home, scene
        self.context = self.session = None

    def prepare(self, worker):
        """A session to resume: one for each time, for some libraries use it only once."""
        if self.context is None:
            self.context = client_context(self.home, self.scene.version, self.scene.certificate)
        self.session = None
        if self.scene.resumed:
            self.session = self.exchange(worker).session

    def exchange(self, worker):
        return ask(worker.port, self.scene.path, context=self.context, session=self.session,
                   before=self.scene.before)

    def attempt(self, lane, board, nth, rest):
        """Returns what is wrong, or None, and the log."""
        board.arm(0, 0)
        worker = Worker(self.home, lane, board, **self.scene.limits)
        try:
            assert worker.ready(), worker.log()
            self.prepare(worker)
            worker.settle()
            board.arm(nth, rest)
            answer = self.exchange(worker)
            worker.settle()
            failed = board.failed
            board.arm(0, 0, failed)
            wrong = self.judge(answer, failed) or self.after(worker)
            code = worker.stop()
            log = worker.log()
            return complaint(code, log) or wrong or self.told(code, log), log
        except TimeoutError:
            return complaint(worker.stop(), worker.log()) or "a client waits in vain", worker.log()
        finally:
            worker.control.close()
            worker.kill()

    def judge(self, answer, failed):
        scene = self.scene
        if is_whole(answer, scene.status, scene.body):
            if scene.resumed and not failed and not answer.resumed:
                return "the session is not resumed"
            return None
        if not failed:
            return f"not answered: {answer and answer.data[:80]}"
        if answer is None or not answer.data or not answer.clean:
            return None  # closed, and the client can tell
        return None if answer.data[:3] in (b"40 ", b"41 ") else f"answered: {answer.data[:80]}"

    def after(self, worker):
        """The next one is answered in full."""
        answer = ask(worker.port, PAGE, before=self.scene.before)
        return None if is_whole(answer, 20, None) and b"harbour" in answer.data else (
            f"the next one is not answered: {answer and answer.data[:80]}")

    def told(self, code, log):
        if code != 0:
            return f"exit status {code}"
        lines = [line for line in log.splitlines() if " worker: " in line]
        return None if len(lines) >= 3 else "the log has no line for the connection"


class Said:
    """A message of the supervisor while memory fails: the next request is answered, or the worker
    has made room for another one, which learns what it could not."""

    def __init__(self, home, name, say):
        self.name = f"worker {name}"
        self.home, self.say = home, say

    def attempt(self, lane, board, nth, rest):
        board.arm(0, 0)
        worker = Worker(self.home, lane, board)
        try:
            assert worker.ready(), worker.log()
            worker.settle()
            board.arm(nth, rest)
            worker.control.sendall(self.say(self.home, worker))
            worker.settle()
            board.arm(0, 0, board.failed)
            failed = board.failed
            if failed and "makes room for another one" in worker.log():
                wrong = None if worker.makes_room() else "its supervisor does not hear of it"
            else:
                answer = ask(worker.port, PAGE)
                wrong = None if is_whole(answer, 20, None) else "the next request is not answered"
            if not failed and "stays in" in worker.log():
                wrong = "refused, though all memory was there"
            code = worker.stop()
            log = worker.log()
            return complaint(code, log) or wrong or (f"exit status {code}" if code else None), log
        except TimeoutError:
            return complaint(worker.stop(), worker.log()) or "a client waits in vain", worker.log()
        finally:
            worker.control.close()
            worker.kill()


class Start:
    """The start of a worker: it answers, or says why not and ends."""

    name = "worker starts"

    def __init__(self, home):
        self.home = home

    def attempt(self, lane, board, nth, rest):
        board.arm(nth, rest)
        worker = Worker(self.home, lane, board)
        try:
            ready = worker.ready()
            board.arm(0, 0, board.failed)
            answer = ask(worker.port, PAGE) if ready else None
            code = worker.stop()
            log = worker.log()
            wrong = None if not ready and only_openssl_leaks(log) else complaint(code, log)
            if ready and code != 0:
                wrong = wrong or f"exit status {code}"
            if ready and not is_whole(answer, 20, None):
                wrong = wrong or "no answer"
            if not ready and code == 0:
                wrong = wrong or "ended without having been ready"
            if not ready and "memory" not in log.lower():
                wrong = wrong or "the log does not say that it was memory"
            return wrong, log
        except TimeoutError:
            return complaint(worker.stop(), worker.log()) or "a client waits in vain", worker.log()
        finally:
            worker.control.close()
            worker.kill()


def only_openssl_leaks(log):
    """Of what OpenSSL 3.0 was making when it was refused memory, it loses a name.  The process is
    at its end then; a leak with a call of ours in it counts."""
    ours = "/src/" in re.sub(r"\S*/libsanitizer/\S*", "", log)
    callers = re.findall(r"#1 .*", log)
    return "LeakSanitizer" in log and not ours and all("libcrypto" in line for line in callers)


def new_edition(home, worker):
    copy = worker.edition.with_suffix(".new")
    shutil.copyfile(home.edition, copy)
    copy.rename(worker.edition)
    return message(b"E")


SCENES = (
    Scene("with TLS 1.3", PAGE, 20),
    Scene("with TLS 1.2", PAGE, 20, version=wire.TLS12),
    Scene("resumed with TLS 1.3", PAGE, 20, resumed=True),
    Scene("resumed with TLS 1.2", PAGE, 20, version=wire.TLS12, resumed=True),
    Scene("without a certificate", "/docs/secret.gmi", 60),
    Scene("with a certificate", "/docs/secret.gmi", 20, certificate=True, body=b"# Secret\n"),
    Scene("with a certificate, resumed", "/docs/secret.gmi", 20, certificate=True, resumed=True,
          body=b"# Secret\n"),
    Scene("for a small file", "/robots.txt", 20, body=FILES["static/robots.txt"].encode()),
    Scene("for a large file", "/large.bin", 20, body=MORE["static/large.bin"]),
    Scene("that is redirected", "/old.gmi", 30),
    Scene("that is redirected by a prefix", "/2019/x", 30),
    Scene("that is asked", "/quiz.gmi", 10),
    Scene("for what is not there", "/nothing", 51),
    Scene("that is bad", "words", 59),
    Scene("for another host", "gemini://elsewhere.example/", 53),
    Scene("by a proxy", PAGE, 20, before=PROXY, limits={"proxied": 1}),
)


def cases(folder, board):
    home = Home(folder, board)
    yield Start(home)
    yield Said(home, "hears of an edition", new_edition)
    yield Said(home, "hears of certificates", lambda home, worker: message(b"C", home.others))
    yield Said(home, "hears of ticket keys", lambda home, worker: message(b"T", home.tickets))
    yield Said(home, "hears of areas", lambda home, worker: message(b"A", home.areas))
    for scene in SCENES:
        yield Request(home, scene)
