"""What tests of faults share: readers that go on all the while, and a press caught at work."""

import os
import signal
import ssl
import threading
import time
from pathlib import Path

from program import SLOW
from samples import article


class Readers:
    """Threads that read pages all the time, and count what they do not get as it was before."""

    def __init__(self, server, paths, threads=3):
        self.server = server
        self.expected = {path: server.fetch(path).data for path in paths}
        self.read = 0
        self.lost = []  # (seconds, path, what came instead)
        self.slowest = 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._go_on, args=(i,)) for i in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        self.wait_more()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def wait_more(self, count=10, seconds=20.0 * SLOW):
        """Wait until so many more pages have been read."""
        before, deadline = self.read, time.monotonic() + seconds
        while self.read < before + count:
            assert time.monotonic() < deadline, f"{self.read - before} pages; lost: {self.lost}"
            self._over.wait(0.01)

    def _go_on(self, number):
        paths = list(self.expected)
        while not self._over.wait(0.005):
            path = paths[number % len(paths)]
            number += 1
            began, instead = time.monotonic(), None
            try:
                answer = self.server.fetch(path)
                if answer.data != self.expected[path]:
                    instead = answer.data[:60]
            except (OSError, ssl.SSLError, AssertionError) as failure:
                instead = repr(failure)
            with self._lock:
                took = time.monotonic() - began
                if instead is None:
                    self.read += 1
                    self.slowest = max(self.slowest, took)
                else:
                    self.lost.append((round(took, 3), path, instead))


def command_line(process):
    try:
        return Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return b""


def workers_of(server):
    return [child for child in server.children()
            if command_line(child).split(b"\0")[1:2] == [b"worker"]]


def leads_into(process, folder):
    """Has a process something open in a folder?"""
    try:
        links = [os.readlink(fd) for fd in Path(f"/proc/{process.pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link.startswith(f"{folder}/") for link in links)


def catch_press(server, capsule, seconds=15.0 * SLOW):
    """Change the capsule until its press is stopped (SIGSTOP) in the midst of the work."""
    deadline = time.monotonic() + seconds
    for turn in range(1000):
        capsule.add("name.txt", article(f"Turn {turn}"))
        pause = time.monotonic() + SLOW
        while time.monotonic() < pause:
            for process in server.children():
                if b"press-job" not in command_line(process):
                    continue
                process.kill(signal.SIGSTOP)
                if process.alive() and leads_into(process, capsule.root):
                    return process
                process.kill(signal.SIGCONT)
        assert time.monotonic() < deadline, "press was never met at work"
    return None
