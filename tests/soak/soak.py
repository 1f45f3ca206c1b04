#!/usr/bin/python3
"""Soak broadsheet: `make soak`.

A crowd of bad clients (crowd.c) calls beside a measured load of good ones, mirrors and an editor
who changes the capsule all the time.  Half of the time all processes live; in the other half a
worker is killed every five seconds.  Every answer is checked byte for byte, every connection for
its end (judge.py), and the server's memory and descriptors must not grow.

Clients call from addresses of their own, so that the limits of an address hold for them, as on the
open internet: one floods the server with requests and one with connections, and must be told so;
for all others that would be a wrong answer.

Exit status: 0; 1 when an answer was wrong or lost, something grew, or the server said `error:`.
"""

import argparse
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SLOW_SHARES = {  # of the slow clients
    "slow-hello": 0.16, "slow-line": 0.16, "slow-page": 0.12, "slow-file": 0.12,
    "half-hello": 0.16, "late-line": 0.16, "stalled": 0.12,
}
OTHERS = {"reset": 0.08, "junk": 0.04, "damage": 0.02, "bad": 0.04, "flood": 0.024, "hoard": 0.6}
CROWDS = {  # one process each
    "good": ["normal"], "flood": ["flood", "hoard"], "idle": ["idle"],
    "bad": [*SLOW_SHARES, "reset", "junk", "damage", "bad"],
}
CUT_OFF = ("idle", "half-hello", "late-line", "stalled")
PROBE = "127.5.0.1"  # whence the editor looks
ENDING = 60.0  # seconds that a crowd may take to leave
REST = 25.0  # and then the server to give its memory back
LATE_MOST = 2.0  # seconds that clients may be late, by which they are not to blame
TELLING = 45.0  # seconds of a phase from which on its memory can be judged


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", default="build/release", help="folder of the build")
    parser.add_argument("--seconds", type=float, default=120, help="of both halves together")
    parser.add_argument("--normal", type=int, default=60, help="good clients, a request/s each")
    parser.add_argument("--slow", type=int, default=500, help="slow clients; others in proportion")
    parser.add_argument("--idle", type=int, default=2000, help="clients that shake hands and wait")
    parser.add_argument("--mirrors", type=int, default=3,
                        help="of several, one is a program on gemget's library, if there is one")
    parser.add_argument("--kill-every", type=float, default=5, help="seconds")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for the log and the records")
    return parser.parse_args()


options = arguments()
os.environ["BROADSHEET_BUILD"] = options.build
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

# program.py wants to know the build when it is imported.
# ruff: noqa: E402
from editor import ABSENT, SLOTS, Editor
from judge import EXAMPLES, HANDSHAKE_TIMEOUT, REQUEST_TIMEOUT, STALL_TIMEOUT, Judge, Record
from measure import DESCRIPTORS, Killer, Measurer, sample, workers_of
from mirror import Mirror, fetch, go_client
from program import SLOW, Servers, wait_until
from wire import client_context, client_hello


def counts():
    """How many clients of each kind."""
    kinds = {kind: share * options.slow for kind, share in {**SLOW_SHARES, **OTHERS}.items()}
    kinds = {kind: max(1, round(count)) for kind, count in kinds.items()}
    return {"normal": options.normal, "idle": options.idle, **kinds}


def raise_descriptors():
    """Two for each client on our side and the server's; the server inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * sum(counts().values()) + 500
    if hard != resource.RLIM_INFINITY and hard < needed:
        sys.exit(f"soak: {needed} descriptors are needed, ulimit -Hn is {hard}: fewer clients, "
                 "as with SOAK_ARGS='--idle 500 --slow 100'")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))


# --- what clients say ---------------------------------------------------------------------------

BAD_LINES = (  # the status that is right, a name, and the request; PORT and HOST are put in
    (59, "no-scheme", b"//HOST:PORT/\r\n"),
    (59, "space", b"gemini://HOST:PORT/a b\r\n"),
    (59, "empty", b"\r\n"),
    (59, "user", b"gemini://me@HOST:PORT/\r\n"),
    (59, "fragment", b"gemini://HOST:PORT/#part\r\n"),
    (59, "utf8", b"gemini://HOST:PORT/\xff\xfe\r\n"),
    (59, "lf", b"gemini://HOST:PORT/\n\r\n"),
    (59, "long", b"gemini://HOST:PORT/?" + b"q" * 1100 + b"\r\n"),
    (59, "endless", b"gemini://HOST:PORT/" + b"x" * 3000),
    (59, "http", b"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n"),
    (53, "other-host", b"gemini://other.example/\r\n"),
    (53, "other-port", b"gemini://HOST:1/\r\n"),
    (53, "https", b"https://HOST:PORT/\r\n"),
    (53, "titan", b"titan://HOST:PORT/new.gmi;size=4;mime=text/plain\r\nbody"),
    (51, "missing", b"gemini://HOST:PORT/%25s%25n'--\r\n"),
)


def garbage(dice):
    """What is said to a TLS port instead of TLS."""
    hello = client_hello(0x0303)
    yield "http", b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n"
    yield "gemini", b"gemini://localhost/\r\n"
    yield "tls10", client_hello(0x0301)
    yield "alert", b"\x15\x03\x01\x00\x02\x02\x28"
    yield "proxy", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 1965\r\n" + hello
    for number in range(40):
        yield f"random-{number}", dice.randbytes(dice.randrange(1, 3000))
        cut = bytearray(hello)
        for _ in range(dice.randrange(1, 5)):
            cut[dice.randrange(len(cut))] = dice.randrange(256)
        yield f"hello-{number}", bytes(cut)
        yield f"record-{number}", b"\x16\x03\x01" + dice.randbytes(dice.randrange(3, 900))


def damage(dice):
    """What follows a good handshake and is no record, or none that can be read."""
    for kind in (0x14, 0x15, 0x16, 0x17, 0x18, 0xFF):
        yield f"type-{kind}", bytes([kind, 3, 3, 0, 40]) + dice.randbytes(40)
    yield "long", b"\x17\x03\x03\xff\xff" + dice.randbytes(5000)
    yield "plain", b"gemini://localhost/\r\n"


def requests_write(path, server, history):
    """The file from which the crowd takes what it says, see crowd.c."""
    dice = random.Random(7)
    port = str(server.port).encode()
    lines = []

    def add(kind, label, data):
        lines.append(f"{kind} {label} {data.hex()}\n")

    def ask(kind, target):
        add(kind, target, server.url(target).encode() + b"\r\n")

    pages = sorted(history.paths)
    slots = [f"/edited-{n}{end}.gmi" for n in range(SLOTS) for end in ("", "-summary")]
    slots += [f"/note-{n}.txt" for n in range(SLOTS)]
    for target in [page for page in pages if page != "/large.bin"] + slots:
        ask("normal", target)
    for kind in ("flood", "slow-hello", "slow-line", "late-line"):
        for number in range(10):
            ask(kind, f"/stable-{number:02}.gmi")
    ask("slow-page", "/page.txt")
    for kind in ("slow-file", "stalled", "reset"):
        ask(kind, "/large.bin")
    for status, name, data in BAD_LINES:
        add("bad", f"{status}-{name}", data.replace(b"PORT", port).replace(b"HOST", b"localhost"))
    for label, data in garbage(dice):
        add("junk", label, data)
    for label, data in damage(dice):
        add("damage", label, data)
    path.write_text("".join(lines))


# --- one half -----------------------------------------------------------------------------------


@contextmanager
def running(*members):
    """Each member's run(stop) in a thread; what it raises is raised here at the end."""
    stop = threading.Event()
    failures = []

    def keep(run):
        try:
            run(stop)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=keep, args=(run,), daemon=True) for run in members]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    if failures:
        raise failures[0]


class Half:
    """A part of the soak: everything at once for some seconds."""

    def __init__(self, name, server, editor, folder, program, kills):
        self.name, self.server, self.editor, self.folder = name, server, editor, folder
        self.mirrors = [
            Mirror(server.port, number, editor.history, program if number == 0 else None)
            for number in range(options.mirrors)
        ]
        self.measurer = Measurer(server)
        self.killer = Killer(server, options.kill_every, random.Random(5)) if kills else None
        self.failures = []
        self.late = {}
        self.log_from = len(server.log())

    def run(self, seconds):
        context = client_context()
        probes = []

        def probe(path):
            record, _ = fetch(self.server.port, path, PROBE, context, "probe")
            probes.append(record)
            return ABSENT if record.head.startswith("51 ") else record.digest

        before = len(self.editor.shown), len(self.editor.failures)
        idle = sample(self.server)
        members = [lambda stop: self.editor.run(probe, stop), self.measurer.run]
        members += [mirror.run for mirror in self.mirrors]
        if self.killer is not None:
            members.append(self.killer.run)
        with running(*members):
            lines = self.crowd(seconds)
        self.shown = self.editor.shown[before[0] :]
        self.failures += self.editor.failures[before[1] :]
        records = [Record.read(line) for line in lines]
        records += probes + [record for mirror in self.mirrors for record in mirror.records]
        self.kills = self.killer.kills if self.killer else []
        (self.folder / "kills").write_text("".join(f"{kill}\n" for kill in self.kills))
        self.verdict = Judge(self.editor.history).verdict(records, self.kills)
        self.measurer.count_held(records)
        self.look_at_mirrors()
        self.look_after(idle)
        return self

    def crowd(self, seconds):
        """All that the crowd does.  The good clients are a process of their own, so that what is
        measured of them is not the work of the bad ones; so are those who flood, to be quick.
        """
        requests = self.folder / "requests"
        requests_write(requests, self.server, self.editor.history)
        everybody = counts()
        started = []
        lines = []
        try:
            for name, kinds in CROWDS.items():
                records = self.folder / f"{name}-{'killed' if self.killer else 'alive'}"
                command = [Path(options.build) / "tests/soak/crowd", self.server.port, "localhost",
                           max(1, round(seconds)), requests]
                command += [f"{kind}={everybody[kind]}" for kind in kinds]
                with open(records, "wb") as out:
                    started.append((name, records, subprocess.Popen(
                        [str(word) for word in command], stdout=out, cwd=ROOT)))
            for name, records, process in started:
                if process.wait(seconds + ENDING) != 0:
                    sys.exit(f"soak: the crowd failed: exit status {process.returncode}")
                *told, last = records.read_text().splitlines()
                self.late[name] = int(last.split()[1]) / 1e6
                lines += told
        finally:
            for _, _, process in started:
                process.kill()
                process.wait()
        return lines

    def look_at_mirrors(self):
        for mirror in self.mirrors:
            for began, ended, text in mirror.failures:
                if any(kill.began <= ended and kill.ended >= began for kill in self.kills):
                    self.verdict.broken["mirror"] += 1
                else:
                    self.verdict.lost.append(text)

    def look_after(self, idle):
        """What is left when the crowd has gone; what the log says."""
        wait_until(lambda: len(workers_of(self.server)) == options.workers, 30, "all workers")
        try:
            wait_until(lambda: sample(self.server).descriptors <= idle.descriptors + DESCRIPTORS,
                       15, "the end of all connections")
        except AssertionError as failure:
            self.failures.append(str(failure))
        self.before, self.after = idle, sample(self.server)
        log = self.server.log()[self.log_from :].splitlines()
        self.lines = len(log)
        self.failures += [line for line in log if " error: " in line][:EXAMPLES]
        if options.slow >= 400 and not self.verdict.turned_away:
            self.failures.append("nobody was turned away for too many connections")
        if sum(self.verdict.answers.values()) == 0:
            self.failures.append("no answer was checked")
        # A worker that is killed forgets what it has counted, and whom it waited for.
        if self.telling and self.killer is None:
            for kind in CUT_OFF:
                if not self.verdict.cut_off[kind]:
                    self.failures.append(f"nobody of {kind} was cut off")
            if not self.verdict.slowed:
                self.failures.append("nobody was told 44 for too many requests")
        if self.telling and not self.flat:
            self.failures.append("memory grows")

    def look_at_rest(self, first):
        """Nobody calls any more: is the memory of the crowd given back?"""
        most = (first.before.kib + first.measurer.most("kib")) / 2
        try:
            wait_until(lambda: not self.telling or sample(self.server).kib < most, REST,
                       "the memory of the peak given back")
        except AssertionError as failure:
            self.failures.append(str(failure))
        self.rested = sample(self.server)

    @property
    def telling(self):
        """Can its memory be judged?  A sanitizer keeps what was freed."""
        samples = self.measurer.samples
        return SLOW == 1 and len(samples) > 1 and samples[-1].at - samples[0].at >= TELLING

    @property
    def flat(self):
        """Workers that are killed every few seconds are too young to be judged."""
        return self.measurer.is_flat(workers=self.killer is None)


# --- the report ---------------------------------------------------------------------------------


def ms(seconds):
    return f"{seconds * 1000:.0f} ms"


def percentile(values, share):
    return sorted(values)[int((len(values) - 1) * share)] if values else 0.0


def mib(kib):
    return f"{kib / 1024:.1f}"


def rows(half):
    """(name, value) of everything that is told of a half."""
    v, m = half.verdict, half.measurer
    normal = v.latencies["normal"]
    yield "connections", sum(v.connections.values()) + sum(x.pages for x in half.mirrors)
    yield "answers checked byte for byte", sum(v.answers.values())
    yield "wrong answers", len(v.wrong)
    yield "lost answers", len(v.lost)
    yield "workers killed", len(half.kills)
    slowest = max(((kill.ended - kill.began) / 1e6 for kill in half.kills), default=0)
    yield "  stopped before that, at most", ms(slowest)
    yield "broken with their worker", sum(v.broken.values())
    yield "  of them answers", sum(n for kind, n in v.broken.items() if kind in OWED)
    yield "  of them to good clients", sum(v.broken[kind] for kind in GOOD)
    yield "good clients: requests", len(normal)
    yield "  median", ms(percentile(normal, 0.5))
    yield "  99 of 100 within", ms(percentile(normal, 0.99))
    yield "  worst", ms(max(normal, default=0))
    yield "  the clients' own delay", ms(half.late["good"])
    yield "bad clients' own delay", ms(max(half.late.values()))
    yield "sessions resumed", v.resumed
    for kind in CUT_OFF:
        yield f"cut off: {kind}", v.cut_off[kind]
    yield "44 to the flood", v.slowed
    yield "turned away of the hoard", v.turned_away
    yield "mirrors: passes, pages", (f"{sum(x.passes for x in half.mirrors)}, "
                                     f"{sum(x.pages + len(x.records) for x in half.mirrors)}")
    yield "edits, median to service", (f"{len(half.shown)}, "
                                       f"{ms(statistics.median(half.shown or [0]))}")
    yield "slowest edit, oldest answer", f"{ms(max(half.shown, default=0))}, {ms(v.stale)}"
    yield "MiB before, at most, after", (f"{mib(half.before.kib)}, {mib(m.most('kib'))}, "
                                         f"{mib(half.after.kib)}")
    yield "MiB, 2nd and last third", " to ".join(map(mib, m.thirds("kib"))) + (
        "" if not half.telling else ", flat" if half.flat else ", GROWS")
    yield "TLS connections, likewise", " to ".join(map(str, m.thirds("held")))
    yield "supervisor's, of these", " to ".join(map(mib, m.thirds("supervisor_kib")))
    yield "descriptors, 2nd, last, after", (
        f"{' to '.join(map(str, m.thirds('descriptors')))}, {half.after.descriptors}")
    yield "CPU of the server", f"{m.cpu:.1f} s"
    yield "log lines", half.lines


GOOD = {"normal", "mirror", "probe"}
OWED = {"bad", "flood", "slow-hello", "slow-line", "slow-page", "slow-file", *GOOD}


def report(halves):
    print(f"\n{'':<34}" + "".join(f"{half.name:>24}" for half in halves))
    for cells in zip(*map(rows, halves)):
        print(f"{cells[0][0]:<34}" + "".join(f"{value!s:>24}" for _, value in cells))
    print("\nconnections of")
    for kind in sorted(halves[0].verdict.connections):
        print(f"  {kind:<32}" + "".join(
            f"{half.verdict.connections[kind]:>24}" for half in halves))
    print(f"\nMiB when all had gone: {mib(halves[-1].rested.kib)}")
    failed = False
    for half in halves:
        for what in (half.verdict.wrong, half.verdict.lost, half.failures):
            label = ("wrong" if what is half.verdict.wrong
                     else "lost" if what is half.verdict.lost else "failed")
            for line in what[:EXAMPLES]:
                print(f"soak: {half.name}: {label}: {line}", file=sys.stderr)
            failed = failed or bool(what)
        if half.verdict.bad() and max(half.late.values()) > LATE_MOST:
            print(f"soak: {half.name}: the clients themselves were late by "
                  f"{ms(max(half.late.values()))}: this machine is too busy to tell",
                  file=sys.stderr)
    return failed


def soak(folder):
    editor = Editor(folder)
    program = go_client(folder) if options.mirrors > 1 else None
    print(f"mirrors by Python's ssl{', one by ' + Path(program).name if program else ''}; "
          f"{sum(counts().values())} clients, {options.workers} workers, "
          f"{len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f} before")
    servers = Servers(folder)
    limits = {"handshake-timeout": HANDSHAKE_TIMEOUT, "request-timeout": REQUEST_TIMEOUT,
              "stall-timeout": STALL_TIMEOUT, "request-rate": 15, "request-burst": 50}
    extra = [str(word) for name, value in limits.items() for word in (f"--{name}", value)]
    try:
        server = servers(editor.capsule, workers=options.workers, extra=extra)
        editor.look(server.url("/"))
        halves = []
        for name, kills in (("all live", False), ("workers killed", True)):
            half = Half(name, server, editor, folder, program, kills)
            halves.append(half.run(options.seconds / 2))
        halves[-1].look_at_rest(halves[0])
        servers.stop()  # looks at the exit status, and for processes that are left
        return report(halves)
    finally:
        for server in servers.started:
            server.destroy()


def main():
    raise_descriptors()
    # Anything else than a return would leave processes and the temporary folder behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.stdout.reconfigure(line_buffering=True)
    began = time.monotonic()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        failed = soak(options.keep.resolve())
    else:
        with tempfile.TemporaryDirectory(prefix="broadsheet-soak-") as folder:
            failed = soak(Path(folder))
    print(f"\nsoak: {'FAILED' if failed else 'all is well'} in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
