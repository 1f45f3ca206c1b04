"""What is right: every connection of the crowd and of the mirrors is judged here, after its end.

    wrong   an answer with other bytes than the address had, or one that nobody should have got
    lost    a connection that the server should have answered, or kept, and did not
    broken  as lost, but a worker that held the connection was killed: nothing can save those
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from editor import ABSENT

HANDSHAKE_TIMEOUT = 10  # seconds; what the server is told
REQUEST_TIMEOUT = 15
STALL_TIMEOUT = 20  # kernels tell of what a slow reader takes every 14 KiB or so
EARLY = 0.9  # of its time: whoever is cut off before that is lost
STALE_MOST = 15.0  # seconds that an old version may go on being answered
EXAMPLES = 12
ENDED_BY_SERVER = {"notify", "eof", "reset", "alert"}


@dataclass
class Record:
    """One connection; times in us."""

    kind: str
    address: str
    port: int
    began: int
    connected: int
    ended: int
    stage: str
    end: str
    resumed: bool
    size: int
    digest: str
    label: str
    head: str

    @staticmethod
    def read(line):
        fields = line.rstrip("\n").split(" ", 12)
        numbers = [int(fields[i]) for i in (2, 3, 4, 5)]
        return Record(fields[0], fields[1], *numbers, fields[6], fields[7], fields[8] == "1",
                      int(fields[9]), fields[10], fields[11], fields[12])

    @property
    def seconds(self):
        return (self.ended - self.began) / 1e6

    def __str__(self):
        return (f"{self.kind} {self.address}:{self.port} {self.label}: {self.end} after "
                f"{self.stage}, {self.seconds:.2f} s, {self.size} bytes, {self.head[:60]!r}")


@dataclass
class Kill:
    """A worker that was killed; times in us, held: (address, port) of its connections."""

    began: int
    ended: int
    held: set


@dataclass
class Verdict:
    """What is counted in one phase."""

    connections: Counter = field(default_factory=Counter)
    answers: Counter = field(default_factory=Counter)  # by kind, checked byte for byte
    resumed: int = 0
    wrong: list = field(default_factory=list)
    lost: list = field(default_factory=list)
    broken: Counter = field(default_factory=Counter)
    latencies: dict = field(default_factory=lambda: defaultdict(list))  # seconds
    cut_off: Counter = field(default_factory=Counter)  # by kind, those who had to be
    slowed: int = 0  # 44s of the flood
    turned_away: int = 0  # of the hoard
    stale: float = 0.0  # seconds, the oldest answer

    def bad(self):
        return bool(self.wrong or self.lost)


class Judge:
    def __init__(self, history):
        self.history = history

    def verdict(self, records, kills):
        verdict = Verdict()
        for record in records:
            verdict.connections[record.kind] += 1
            verdict.resumed += record.resumed
            fault, what = self.look(record, verdict)
            if fault == "lost" and self.was_killed(record, kills):
                verdict.broken[record.kind] += 1
            elif fault is not None:
                getattr(verdict, fault).append(f"{what}: {record}")
        return verdict

    @staticmethod
    def was_killed(record, kills):
        """Was it open, on the worker that was killed, when that one was?  A busy client may see
        only later that it was connected, so what counts is when it tried to be.
        """
        return record.connected != 0 and any(
            (record.address, record.port) in kill.held
            and record.began <= kill.ended and record.ended >= kill.began for kill in kills)

    def look(self, r, verdict):
        """("wrong" or "lost", why), or (None, None) for what is right."""
        if r.end == "refused":
            return "lost", "no connection"
        if r.kind in ("junk", "damage"):
            return self.look_at_garbage(r)
        if r.kind in WAITING:
            return WAITING[r.kind](r, verdict)
        return self.look_at_answer(r, verdict)

    def look_at_answer(self, r, verdict):
        if r.end != "notify":
            return "lost", "no whole answer"
        status = r.head[:2]
        if r.kind == "bad":
            if status != r.label[:2]:
                return "wrong", f"not {r.label[:2]}"
        elif r.kind == "flood" and status == "44":
            verdict.slowed += 1
            return (None, None) if re.fullmatch("44 [1-9][0-9]*", r.head) else ("wrong", "meta")
        else:
            seen = r.digest if status == "20" else ABSENT if status == "51" else None
            version = self.history.matching(r.label, seen, r.ended)
            if version is None:
                return "wrong", "never an answer of this address"
            stale = 0 if version.until is None else (r.began - version.until) / 1e6
            verdict.stale = max(verdict.stale, stale)
            if stale > STALE_MOST:
                return "wrong", f"{stale:.1f} s old"
        verdict.answers[r.kind] += 1
        verdict.latencies[r.kind].append(r.seconds)
        return None, None

    @staticmethod
    def look_at_garbage(r):
        if r.end not in ENDED_BY_SERVER | {"ours"}:
            return "lost", "not ended"
        return ("wrong", "answered") if r.head.startswith("20 ") else (None, None)


def cut_off(seconds, ends):
    """Whoever must be cut off after so many seconds, and in one of these ways."""
    def look(r, verdict):
        if r.end == "ours":
            return None, None
        if r.size > 0:
            return "wrong", "answered"
        if r.end not in ends:
            return "lost", "not ended as it should be"
        if r.seconds < EARLY * seconds:
            return "lost", "cut off early"
        verdict.cut_off[r.kind] += 1
        return None, None

    return look


def look_at_stalled(r, verdict):
    if r.end == "ours":
        return None, None
    if r.end == "notify":
        return "wrong", "a stalled reader got everything"
    if r.end not in ENDED_BY_SERVER or r.size == 0:
        return "lost", "not ended as it should be"
    verdict.cut_off[r.kind] += 1
    return None, None


def look_at_hoard(r, verdict):
    """Some are turned away, as soon as the server comes to them; others after a while."""
    verdict.turned_away += r.end in ("eof", "reset") and r.seconds < EARLY * HANDSHAKE_TIMEOUT
    return cut_off(0, {"eof", "reset"})(r, verdict)


def look_at_reset(r, _verdict):
    return (None, None) if r.end == "ours" else ("lost", "ended before it could reset")


WAITING = {  # those that are owed no answer
    "idle": cut_off(REQUEST_TIMEOUT, {"notify"}),
    "late-line": cut_off(REQUEST_TIMEOUT, {"notify"}),
    "half-hello": cut_off(HANDSHAKE_TIMEOUT, {"eof", "reset"}),
    "hoard": look_at_hoard,
    "stalled": look_at_stalled,
    "reset": look_at_reset,
}
