"""The key process while memory fails, and a worker that has its signatures made there while its
own fails: what a client gets is signed properly, or a connection that ends."""

import re
import socket
from functools import partial

from board import Board, complaint
from request import Request, Said, Scene, Start, Trial
from worker import (PAGE, PATIENCE, Child, Home, Identity, Worker, ask, is_whole, memory_file,
                    message, tells_of_memory, wire)

SETTINGS = b"sockets = 1\nsandbox = 'try'\n"
KINDS = {"p256": "an ECDSA key", "rsa2048": "an RSA key", "ed25519": "an Ed25519 key"}
VERSIONS = {"TLS 1.3": wire.TLS13, "TLS 1.2": wire.TLS12}
HANDSHAKE = 90  # seconds: a client that waits for what will not come waits for longer than it may
STACK = 32768  # bytes of one that OpenSSL gives a handshake


class Key(Child):
    """A key process with a socket to one worker, of which the supervisor keeps both ends."""

    def __init__(self, folder, board, text):
        """text: its keys"""
        self.worker_end, key_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.key_end = key_end.dup()
        for end in self.worker_end, self.key_end:
            end.setblocking(False)
        super().__init__("key", board, folder / "key-log", [
            memory_file(SETTINGS), memory_file(text), self.relay_end(), key_end.detach()])

    def heard(self):
        """What it has said since it was asked last."""
        self.control.setblocking(False)
        try:
            return self.control.recv(4096)
        except (BlockingIOError, ConnectionResetError):
            return b""

    def __exit__(self, *_):
        super().__exit__()
        self.worker_end.close()
        self.key_end.close()


def secrets(identities):
    return b"".join(identity.secret for identity in identities)


class Signed(Worker):
    """A worker without a private key, and the key process that signs for it; both are one here."""

    def __init__(self, home, folder, board, *, text, identity=None, failing="worker", **limits):
        """text: keys of the key process; failing: whose memory the board is for"""
        sound = Board(folder / "sound")
        self.key = Key(folder, board if failing == "key" else sound, text)
        try:
            super().__init__(home, folder, board if failing == "worker" else sound,
                             identity=identity, signer=self.key.worker_end,
                             handshake=HANDSHAKE, **limits)
        except BaseException:
            self.key.__exit__()
            raise

    def ready(self):
        """The worker, that is; the key process nothing has failed yet."""
        assert self.key.ready(), self.key.log()
        return super().ready()

    def settle(self):
        self.key.settle()
        super().settle()
        self.key.settle()

    def stop(self):
        """The worker's exit status, or that of the key process if only that one failed."""
        code = super().stop()
        last = self.key.stop()
        return last if code == 0 else code

    def log(self):
        return super().log() + self.key.log()

    def __exit__(self, *_):
        super().__exit__()
        self.key.__exit__()


def serve(home, lane, key, identity):
    """A worker that has its signatures made by this key process answers once.  What is wrong, or
    None."""
    with Worker(home, lane, Board(lane / "sound"), identity=identity,
                signer=key.worker_end) as worker:
        assert worker.ready(), worker.log()
        wrong = None
        if not is_whole(ask(worker.port, PAGE), 20, None):
            wrong = "no answer with its signature"
        code = worker.stop()
        return complaint(code, worker.log()) or wrong


class KeyStart(Start):
    """The start of the key process: it signs with every key, or says why not and ends."""

    def __init__(self, name, home, identities):
        super().__init__(name, home, self.start)
        self.identities = identities
        self.lane = None

    def start(self, _home, lane, board):
        self.lane = lane
        return Key(lane, board, secrets(self.identities))

    def run(self, key, board, nth, rest):
        self.ready = key.ready()
        board.arm(0, 0, board.failed)
        wrong = None
        for identity in self.identities if self.ready else ():
            wrong = wrong or serve(self.home, self.lane, key, identity)
        return wrong


class KeySaid(Trial):
    """It hears of other keys: it signs with them and those before, or has ended, for the next key
    process has them."""

    def __init__(self, name, home, after):
        """after: the identities that come in the place of home's"""
        super().__init__(name, home, partial(Signed, text=home.identity.secret, failing="key"))
        self.after = after
        self.ended = False

    def run(self, worker, board, nth, rest):
        assert worker.ready(), worker.log()
        worker.settle()
        worker.key.heard()
        self.ended = False
        board.arm(nth, rest)
        worker.key.control.sendall(message(b"K", secrets(self.after)))
        worker.key.settle()
        failed = board.failed
        board.arm(0, 0, failed)
        if b"K" in worker.key.heard():
            return self.use(worker)
        if not worker.key.ended(PATIENCE):  # a sanitizer looks for leaks first
            return "neither taken, nor has it ended so that another one takes them"
        self.ended = True
        return None if failed else "ended, though all memory was there"

    def use(self, worker):
        """Those before are there, too: handshakes have begun with them."""
        if not is_whole(ask(worker.port, PAGE), 20, None):
            return "it does not sign with the keys before"
        for identity in self.after:
            worker.control.sendall(message(b"C", identity.public))
            worker.settle()
            if not is_whole(ask(worker.port, PAGE), 20, None):
                return "it does not sign with the new keys"
        return None

    def judge_end(self, code, log):
        if not self.ended:
            return f"exit status {code}" if code else None
        return None if tells_of_memory(log) else "the log does not say that it was memory"


class SignedRequest(Request):
    """A connection to a worker without a key."""

    def complain(self, code, log):
        return None if code == 99 and only_a_stack_leaks(log) else complaint(code, log)

    def judge_end(self, code, log):
        return None if only_a_stack_leaks(log) else super().judge_end(code, log)


def only_a_stack_leaks(log):
    """Without memory to put the stack of a handshake aside OpenSSL 3.0 loses it, and what it knows
    of it; src/tls/signer.c begins them anew when there is no other."""
    leaks = sorted(int(n) for n in re.findall(r"leak of (\d+) byte\(s\) in 1 object", log))
    return len(leaks) == 2 and leaks[0] < 4096 and leaks[1] == STACK and (
        f"{sum(leaks)} byte(s) leaked in 2 allocation(s)" in log)


def cases(folder, board):
    home = Home(folder, board)
    identities = {kind: Identity(folder, kind, kind) for kind in KINDS}
    yield KeyStart("key process starts", home, identities.values())
    yield KeySaid("key process hears of keys", home, identities.values())
    for kind, name in KINDS.items():
        make = partial(Signed, text=identities[kind].secret, identity=identities[kind],
                       failing="key")
        for version, number in VERSIONS.items():
            yield Request(home, Scene(f"with {name} for {version}", PAGE, 20, version=number),
                          "key process signs", make)
        yield Request(home, Scene(f"with {name} again", PAGE, 20, warm=True),
                      "key process signs", make)
    make = partial(Signed, text=home.identity.secret + home.other.secret)
    yield Start("worker without a key starts", home, make)
    yield Said("worker without a key hears of certificates", home,
               lambda home, worker: message(b"C", home.other.public), make)
    for version, number in VERSIONS.items():
        yield SignedRequest(home, Scene(f"with {version}", PAGE, 20, version=number),
                            "request to a worker without a key", make)
