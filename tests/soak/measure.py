"""What a soak sees of the server's processes, and how it kills one of them."""

import bisect
import os
import re
import signal
import socket
import statistics
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from editor import microseconds
from judge import Kill
from program import Process, wait_until

SAMPLE = 0.5  # seconds between two looks
GROWTH_SHARE = 0.05  # that the last third may lie over the second
GROWTH_KIB = 1024
DESCRIPTORS = 8  # more than before that may stay open, for files that are opened lazily
TLS_STAGES = {"shaken", "line", "answer", "whole"}
TICKS = os.sysconf("SC_CLK_TCK")
TIME_WAIT, LISTEN = "06", "0A"  # states of tcp(7), as /proc has them


@dataclass
class Sample:
    """All processes of the server at one moment, without those that press."""

    at: float  # seconds, monotonic
    kib: int  # of memory that is theirs alone, not the program's and the libraries'
    supervisor_kib: int
    descriptors: int  # 0 where we may not look
    held: int = 0  # TLS connections, see count_held


def command_of(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return words[1].decode("utf-8", "replace") if len(words) > 1 else ""


def own_kib(pid):
    """RssAnon of a process, which every user may see; 0 when it is gone."""
    try:
        found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def descriptors_of(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def workers_of(server):
    """The worker processes that live, the eldest first."""
    members = [p for p in server.children() if command_of(p.pid) == "worker"]
    return sorted(members, key=lambda process: (process.started, process.pid))


def sample(server):
    found = Sample(time.monotonic(), 0, 0, 0)
    for process in server.family():
        if command_of(process.pid) == "press":
            continue
        kib = own_kib(process.pid)
        if process.pid == server.process.pid:
            found.supervisor_kib = kib
        found.kib += kib
        found.descriptors += descriptors_of(process.pid)
    return found


def cpu_seconds(server):
    """Processor time of the whole server, with that of its processes that have ended."""
    total = 0
    for process in server.family():
        try:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        count = 15 if process.pid == server.process.pid else 13
        total += sum(int(field) for field in fields[11:count])
    return total / TICKS


class Measurer:
    """Looks at the server now and then, in a thread of its own."""

    def __init__(self, server):
        self.server = server
        self.samples = []
        self.cpu = 0.0

    def run(self, stop):
        began = cpu_seconds(self.server)
        while not stop.wait(SAMPLE):
            self.samples.append(sample(self.server))
        self.cpu = cpu_seconds(self.server) - began

    def thirds(self, field):
        """Medians of the second and of the last third."""
        values = [getattr(one, field) for one in self.samples]
        third = len(values) // 3
        if third == 0:
            return 0, 0
        return (int(statistics.median(values[third : 2 * third])),
                int(statistics.median(values[2 * third :])))

    def most(self, field):
        return max((getattr(one, field) for one in self.samples), default=0)

    def count_held(self, records):
        """Tell for each sample how many TLS connections there were, as the clients saw it."""
        shaken = [record for record in records if record.stage in TLS_STAGES]
        begun = sorted(record.connected for record in shaken)
        ended = sorted(record.ended for record in shaken)
        for one in self.samples:
            now = one.at * 1e6
            one.held = bisect.bisect(begun, now) - bisect.bisect(ended, now)

    def is_flat(self, workers=True):
        """No more than before, but for more connections that there are to be held.

        workers  are they old enough to be judged, or only the supervisor?
        """
        second, last = self.thirds("supervisor_kib")
        flat = last <= second * (1 + GROWTH_SHARE) + GROWTH_KIB
        second, last = self.thirds("kib")
        held, held_last = self.thirds("held")
        more = max(1, held_last / max(1, held))
        return flat and (
            not workers or last <= second * more * (1 + GROWTH_SHARE) + GROWTH_KIB)


def held_by_server(port):
    """{inode: (client's address, port)} of the sockets that the server has accepted."""
    # There may be tens of thousands of others, most of which only wait for their time to be over.
    line = re.compile(rf"^ *\d+: [0-9A-F]{{8}}:{port:04X} ([0-9A-F]{{8}}):([0-9A-F]{{4}}) "
                      rf"(?!{TIME_WAIT}|{LISTEN})\S+ \S+ \S+ \S+ +\d+ +\d+ (\d+)", re.MULTILINE)
    held = {}
    for found in line.finditer(Path("/proc/net/tcp").read_text()):
        address = socket.inet_ntoa(struct.pack("=I", int(found[1], 16)))
        held[int(found[3])] = (address, int(found[2], 16))
    held.pop(0, None)  # not accepted yet, or no process's any more
    return held


def is_stopped(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "TZX"
    except OSError:
        return True


def kill_worker(server, process: Process):
    """Kill it with SIGKILL.  It is stopped before, so that its connections can be told."""
    began = microseconds()
    process.kill(signal.SIGSTOP)
    wait_until(lambda: is_stopped(process.pid), 5, "a stopped worker")
    before = held_by_server(server.port)
    process.kill()
    wait_until(lambda: not process.alive(), 5, "the worker's end")
    after = held_by_server(server.port)
    held = {client for inode, client in before.items() if inode not in after}
    return Kill(began, microseconds(), held)


class Killer:
    """Kills a worker every so many seconds: any of them, in a thread of its own."""

    def __init__(self, server, every, dice):
        self.server = server
        self.every = every
        self.dice = dice
        self.kills = []

    def run(self, stop):
        due = time.monotonic() + self.every
        while not stop.wait(max(0, due - time.monotonic())):
            due += self.every
            if workers := workers_of(self.server):
                self.kills.append(kill_worker(self.server, self.dice.choice(workers)))
