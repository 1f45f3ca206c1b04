"""A worker as its supervisor starts it, with all that it is handed, and its clients."""

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

from board import PROGRAM, REPO, SECONDS, Process
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
key_process = '{key_process}'
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


def memory_file(data):
    fd = os.memfd_create("handed")
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def message(kind, data=b""):
    """As src/process/message.h has it."""
    return kind + struct.pack("!I", len(data)) + data


class Identity:
    """A key with its certificate, as they are handed over."""

    def __init__(self, folder, name, kind="p256"):
        subprocess.run([PROGRAM, "cert", "new", name, "--certs", folder, "--key-type", kind],
                       check=True, stdout=subprocess.DEVNULL)
        self.files = (folder / f"{name}.crt", folder / f"{name}.key")
        certificate, key = (path.read_bytes() for path in self.files)
        self.secret = key + certificate  # as identity_pack has it
        half = subprocess.run(["openssl", "x509", "-in", self.files[0], "-noout", "-pubkey"],
                              check=True, stdout=subprocess.PIPE).stdout
        self.public = half + certificate  # as identity_pack_public has it


class Home:
    """An edition, certificates and what else a worker is handed."""

    def __init__(self, folder, board):
        self.capsule = folder / "capsule"
        self.edition = folder / "edition.db"
        write(self.capsule, {**FILES, **MORE})
        board.arm(0, 0)
        process = Process(command(self.capsule, self.edition), board, folder / "log")
        assert process.end() == 0, process.log()
        self.identity = Identity(folder, "localhost")
        self.other = Identity(folder, "other")
        self.client = Identity(folder, "client")
        self.tickets = b"\1" + bytes(range(80)) + bytes(160)
        self.areas = struct.pack("=6I", 0, 1, 5, 7, 0, 0) + b"/docs" + b"Members"


class Child(Process):
    """What the supervisor keeps running, and his end of the control stream."""

    def __init__(self, name, board, log, handed, prefix=()):
        """handed: descriptors behind the control stream; they are closed here."""
        self.control, theirs = socket.socketpair()
        mine = [theirs.detach(), *handed]
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, HIGH) for fd in mine]
        super().__init__([name], board, log, high, prefix)
        for fd in mine + high:
            os.close(fd)

    def relay_end(self):
        """Its end of the socket over which another log would come."""
        self.relay, log = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        log.setblocking(False)
        return log.detach()

    def ready(self):
        """Has it said that it does its work?  It may also have ended instead."""
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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.control.close()
        self.kill()


class Worker(Child):
    """A process that answers requests."""

    def __init__(self, home, folder, board, prefix=(), *, identity=None, signer=None, **limits):
        """identity: home's, unless another is given
        signer: socket to the key process, which then has the private key; stays the caller's"""
        identity = identity or home.identity
        self.edition = folder / "edition.db"
        shutil.copyfile(home.edition, self.edition)
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        text = SETTINGS.format(edition=self.edition, statics=home.capsule / "static",
                               key_process="off" if signer is None else "on",
                               **{**LIMITS, **limits})
        certificates = identity.secret if signer is None else identity.public
        super().__init__("worker", board, folder / "log", [
            memory_file(text.encode()), memory_file(home.tickets), memory_file(certificates),
            memory_file(home.areas), self.relay_end(),
            memory_file(b"") if signer is None else os.dup(signer.fileno()),
            listener.detach()], prefix)


def client_context(home, version=None, certificate=False):
    context = wire.client_context(version)
    if certificate:
        context.load_cert_chain(*home.client.files)
    return context


def ask(port, path, **options):
    """A whole answer, or None where the connection ended before.  A wrong signature is an
    ssl.SSLError: nobody can tell it from somebody in between."""
    line = f"gemini://localhost{path}\r\n" if path.startswith("/") else f"{path}\r\n"
    try:
        return wire.exchange(port, line.encode(), timeout=PATIENCE, **options)
    except TimeoutError:
        raise
    except (ssl.SSLError, ConnectionError) as error:
        if "SIGNATURE" in (getattr(error, "reason", None) or ""):
            raise
        return None


def is_whole(answer, status, body):
    """The right one, from its header to close_notify."""
    if answer is None or not answer.clean or not answer.data.startswith(b"%d " % status):
        return False
    return body is None or answer.data.partition(b"\r\n")[2] == body


def only_openssl_leaks(log):
    """Of what OpenSSL 3.0 was making when it was refused memory, it loses a name.  The process is
    at its end then; a leak with a call of ours in it counts."""
    ours = "/src/" in re.sub(r"\S*/libsanitizer/\S*", "", log)
    callers = re.findall(r"#1 .*", log)
    return "LeakSanitizer" in log and not ours and all("libcrypto" in line for line in callers)


def tells_of_memory(log):
    """That is: other than a key process whose keys may be swapped, all being well."""
    return "memory" in log.replace("keys are not locked in memory", "").lower()
