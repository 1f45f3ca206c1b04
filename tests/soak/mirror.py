"""Mirrors: readers that start at the front page and follow links until they have every page."""

import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import clients
import wire
from editor import ABSENT, digest, microseconds
from judge import STALE_MOST, Record
from samples import is_relative, links

PAUSE = 0.08  # seconds between two requests: fewer than what an address may make
TIMEOUT = 30.0
PAGES_MOST = 1000


def go_client(folder):
    """gemget, or the client on its library that the tests have, or None where neither can be."""
    found = shutil.which("gemget") or shutil.which("gemget", path=Path.home() / "go" / "bin")
    if found:
        return found
    if shutil.which("go") is None or not clients.LIBRARY.is_dir():
        return None
    return clients.build_mirror(folder)


def fetch(port, path, source, context, kind="mirror"):
    """Ask for a path with Python's ssl; (record, body)."""
    record = Record(kind, source, 0, microseconds(), 0, 0, "none", "refused", False, 0, "-", path,
                    "")
    data = b""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT, (source, 0)) as plain:
            record.port = plain.getsockname()[1]
            record.connected, record.stage, record.end = microseconds(), "connected", "eof"
            with context.wrap_socket(plain, server_hostname="localhost",
                                     suppress_ragged_eofs=False) as tls:
                record.stage = "shaken"
                tls.sendall(f"gemini://localhost:{port}{path}\r\n".encode())
                while part := tls.recv(65536):
                    data += part
                record.stage, record.end = "whole", "notify"
    except ssl.SSLError:
        record.end = "eof"
    except OSError as error:
        record.end = "refused" if record.stage == "none" else type(error).__name__
    record.ended = microseconds()
    header, _, body = data.partition(b"\r\n")
    record.size, record.digest = len(data), digest(data)
    record.head = header.decode("utf-8", "replace")
    return record, body


class Mirror:
    """One reader who mirrors the capsule again and again; with a program, if there is one."""

    def __init__(self, port, number, history, program=None):
        self.port = port
        self.source = f"127.6.0.{number + 1}"
        self.history = history
        self.program = program
        self.context = wire.client_context()
        self.records = []
        self.passes = 0
        self.failures = []  # (began, ended, text)
        self.pages = 0  # of programs, which do not show headers

    def ask(self, path):
        """The page, b"" if there is none."""
        if self.program is not None:
            return self.ask_program(path)
        record, body = fetch(self.port, path, self.source, self.context)
        self.records.append(record)
        return body if record.head.startswith("20 ") else b""

    def ask_program(self, path):
        began = microseconds()
        url = f"gemini://localhost:{self.port}{path}"
        done = subprocess.run([self.program, "-q", "-o", "-", url], capture_output=True,
                              timeout=TIMEOUT, check=False)
        ended = microseconds()
        self.pages += 1
        if done.returncode != 0 and self.history.matching(path, ABSENT, ended) is None:
            said = done.stderr.decode("utf-8", "replace").strip()[:200]
            self.failures.append((began, ended, f"mirror {url}: {said}"))
        return done.stdout

    def run(self, stop):
        while not stop.is_set():
            began = microseconds()
            seen = self.walk(stop)
            if stop.is_set():
                return
            self.passes += 1
            ended = microseconds()
            # What has just been added may not be linked yet.
            missed = self.history.present(began - round(STALE_MOST * 1e6), ended) - seen
            if missed:
                text = f"a mirror did not come to {sorted(missed)[:5]}"
                self.failures.append((began, ended, text))

    def walk(self, stop):
        """Follow all links; the addresses that were asked for."""
        seen, waiting = set(), ["/", "/urls.txt"]
        while waiting and not stop.wait(PAUSE) and len(seen) < PAGES_MOST:
            path = waiting.pop(0)
            if path in seen:
                continue
            seen.add(path)
            body = self.ask(path)
            if path == "/urls.txt":
                waiting += [urlsplit(line).path for line in body.decode().splitlines()]
            elif path == "/" or path.endswith(".gmi"):
                targets = [target for target, _ in links(body.decode("utf-8"))]
                waiting += [urlsplit(urljoin(f"http://x{path}", target)).path
                            for target in targets if is_relative(target)]
        return seen
