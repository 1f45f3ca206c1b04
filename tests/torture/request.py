"""A worker while memory fails: its start, what its supervisor says to it, and whole connections."""

import shutil
import socket
import ssl
from contextlib import ExitStack, suppress

from board import complaint
from press import FILES
from worker import (MORE, PAGE, PATIENCE, Home, Worker, ask, client_context, is_whole, message,
                    only_openssl_leaks, tells_of_memory, wire)

PROXY = b"PROXY TCP4 192.0.2.7 192.0.2.8 40000 1965\r\n"


class Trial:
    """A worker with something that it does while memory fails."""

    from_start = False  # else memory fails when it is ready, and what is tried begins

    def __init__(self, name, home, make=Worker, **limits):
        """make: makes what is served by, a Worker or what can be used as one"""
        self.name, self.home, self.make, self.limits = name, home, make, limits

    def attempt(self, lane, board, nth, rest):
        """Returns what is wrong, or None, and the log."""
        board.arm(*((nth, rest) if self.from_start else (0, 0)))
        with self.make(self.home, lane, board, **self.limits) as worker:
            try:
                wrong = self.run(worker, board, nth, rest)
            except TimeoutError:
                wrong = "a client waits in vain"
            except ssl.SSLError as error:
                wrong = f"signed wrongly: {error}"
            code = worker.stop()
            log = worker.log()
            return self.complain(code, log) or wrong or self.judge_end(code, log), log

    def complain(self, code, log):
        return complaint(code, log)

    def judge_end(self, code, log):
        return f"exit status {code}" if code else None


class Scene:
    """What one client does, and what it must get when all goes well."""

    def __init__(self, name, path, status, *, body=None, version=wire.TLS13, certificate=False,
                 resumed=False, warm=False, crowd=0, before=b"", limits=None):
        """warm: not the first connection, for which more has to be made; crowd: so many silent
        ones come just before"""
        self.name, self.path, self.status, self.body = name, path, status, body
        self.version, self.certificate, self.resumed = version, certificate, resumed
        self.warm, self.crowd, self.before, self.limits = warm, crowd, before, limits or {}


class Request(Trial):
    """One connection while memory fails, and one after it."""

    def __init__(self, home, scene, subject="request", make=Worker):
        super().__init__(f"{subject} {scene.name}", home, make, **scene.limits)
        self.scene = scene
        self.context = self.session = None

    def prepare(self, worker):
        """A session to resume: one for each time, for some libraries use it only once."""
        if self.context is None:
            self.context = client_context(self.home, self.scene.version, self.scene.certificate)
        self.session = None
        if self.scene.resumed:
            self.session = self.exchange(worker).session
        if self.scene.warm:
            self.exchange(worker)

    def exchange(self, worker):
        with ExitStack() as stack:
            for _ in range(self.scene.crowd):
                with suppress(ConnectionError):
                    stack.enter_context(
                        socket.create_connection(("127.0.0.1", worker.port), PATIENCE))
            return ask(worker.port, self.scene.path, context=self.context, session=self.session,
                       before=self.scene.before)

    def run(self, worker, board, nth, rest):
        assert worker.ready(), worker.log()
        self.prepare(worker)
        worker.settle()
        board.arm(nth, rest)
        answer = self.exchange(worker)
        worker.settle()
        failed = board.failed
        board.arm(0, 0, failed)
        return self.judge(answer, failed) or self.after(worker)

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
        answer = ask(worker.port, PAGE, context=self.context, before=self.scene.before)
        return None if is_whole(answer, 20, None) and b"harbour" in answer.data else (
            f"the next one is not answered: {answer and answer.data[:80]}")

    def judge_end(self, code, log):
        if code != 0:
            return f"exit status {code}"
        lines = [line for line in log.splitlines() if " worker: " in line]
        return None if len(lines) >= 3 else "the log has no line for the connection"


class Said(Trial):
    """A message of the supervisor while memory fails: the next request is answered, or the worker
    has made room for another one, which learns what it could not."""

    def __init__(self, name, home, say, make=Worker):
        super().__init__(name, home, make)
        self.say = say

    def run(self, worker, board, nth, rest):
        assert worker.ready(), worker.log()
        worker.settle()
        board.arm(nth, rest)
        worker.control.sendall(self.say(self.home, worker))
        worker.settle()
        failed = board.failed
        board.arm(0, 0, failed)
        if failed and "makes room for another one" in worker.log():
            return None if worker.makes_room() else "its supervisor does not hear of it"
        if not failed and "stays in" in worker.log():
            return "refused, though all memory was there"
        answer = ask(worker.port, PAGE)
        return None if is_whole(answer, 20, None) else "the next request is not answered"

    @staticmethod
    def ends_without(log):
        """Has it ended while there still was no memory?  OpenSSL takes some to give a provider's
        back, and leaves that to the end of the process."""
        return "makes room for another one" in log and only_openssl_leaks(log)

    def complain(self, code, log):
        return None if self.ends_without(log) else complaint(code, log)

    def judge_end(self, code, log):
        return None if self.ends_without(log) else super().judge_end(code, log)


class Start(Trial):
    """The start of a worker: it answers, or says why not and ends."""

    from_start = True
    ready = False

    def run(self, worker, board, nth, rest):
        self.ready = worker.ready()
        board.arm(0, 0, board.failed)
        if not self.ready or is_whole(ask(worker.port, PAGE), 20, None):
            return None
        return "no answer"

    def complain(self, code, log):
        return None if not self.ready and only_openssl_leaks(log) else complaint(code, log)

    def judge_end(self, code, log):
        if self.ready:
            return f"exit status {code}" if code else None
        if code == 0:
            return "ended without having been ready"
        return None if tells_of_memory(log) else "the log does not say that it was memory"


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
    Scene("among many", PAGE, 20, crowd=60),
    Scene("by a proxy", PAGE, 20, before=PROXY, limits={"proxied": 1}),
)


def cases(folder, board):
    home = Home(folder, board)
    yield Start("worker starts", home)
    yield Said("worker hears of an edition", home, new_edition)
    yield Said("worker hears of certificates", home,
               lambda home, worker: message(b"C", home.other.secret))
    yield Said("worker hears of ticket keys", home,
               lambda home, worker: message(b"T", home.tickets))
    yield Said("worker hears of areas", home, lambda home, worker: message(b"A", home.areas))
    for scene in SCENES:
        yield Request(home, scene)
