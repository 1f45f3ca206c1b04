#!/usr/bin/env python3
"""Fail the n-th allocation of whole presses and whole requests, for n = 1, 2, 3 and so on until a
run has not had so many: only that one, and then that one and all behind it.

The last line counts.  TORTURE_STRIDE=N tries every N-th only.
"""

import argparse
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import key
import press
import request
from board import BUILD, PROGRAM, Board, say

HOW = ("only the n-th", "the n-th and all after it")
TELL = 30  # seconds between two lines that tell how far it is
FAULTS_MAX = 10  # that are told of one case


class Shared:
    """What the lanes of one round know together."""

    def __init__(self):
        self.runs, self.faults, self.clean = (multiprocessing.Value("q") for _ in range(3))
        self.lock = multiprocessing.Lock()


def numbers(options, lane):
    """Without an end, the n that this lane tries."""
    nth, turn = options.first, 0
    while True:
        if turn % options.jobs == lane:
            yield nth
        nth = max(nth + options.stride, int(nth * options.growth))
        turn += 1


def lane_run(case, folder, rest, those, shared):
    """Try those n until one run had fewer allocations."""
    folder.mkdir(exist_ok=True)
    board = Board(folder / "board")
    for nth in those:
        if shared.faults.value >= FAULTS_MAX:
            break
        wrong, log = case.attempt(folder, board, nth, rest)
        reached = board.failed > 0
        with shared.lock:
            shared.runs.value += 1
            if wrong is not None:
                shared.faults.value += 1
                say(f"torture: {case.name}: {HOW[rest]}, n = {nth}: {wrong}")
                say("".join(f"    {line}\n" for line in log.splitlines()[:60]).rstrip("\n"))
        if not reached:
            with shared.lock:
                shared.clean.value = min(shared.clean.value or nth, nth)
            break


def round_run(case, folder, rest, options):
    """All n of one case in one way.  Returns how many runs, and how many of them were wrong."""
    shared = Shared()
    began = told = time.monotonic()
    lanes = [multiprocessing.Process(target=lane_run, args=(
        case, folder / f"lane{i}", rest, numbers(options, i), shared)) for i in range(options.jobs)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        while lane.is_alive():
            lane.join(1)
            if time.monotonic() - told > TELL:
                told = time.monotonic()
                say(f"torture: {case.name}: {HOW[rest]}: {shared.runs.value} runs ...")
        if lane.exitcode != 0:
            shared.faults.value += 1
    seconds = time.monotonic() - began
    end = f"none at n = {shared.clean.value}" if shared.clean.value else "given up"
    if shared.clean.value == options.first:  # what fails them is not there, or n is out of reach
        shared.faults.value += 1
        end = "not one failed"
    say(f"torture: {case.name}: {HOW[rest]}: {shared.runs.value} runs, {end}, "
        f"{shared.faults.value} faults, {seconds:.0f} s")
    return shared.runs.value, shared.faults.value


def trace(case, folder, options):
    """One n alone, with the calls that led to the failure on standard error."""
    os.environ["TORTURE_TRACE"] = "1"
    board = Board(folder / "board")
    for rest in range(2):
        wrong, log = case.attempt(folder, board, options.at, rest)
        say(f"torture: {case.name}: {HOW[rest]}, n = {options.at}: {wrong or 'good'}")
        say(resolve(log))


def resolve(log):
    """Addresses in the program to functions and lines."""
    lines = []
    for line in log.splitlines():
        if line.startswith(f"{PROGRAM}(+"):
            address = line.partition("(+")[2].partition(")")[0]
            line = subprocess.run(["addr2line", "-Cpfie", PROGRAM, address], text=True,
                                  capture_output=True, check=False).stdout.rstrip("\n")
        lines.append("    " + line)
    return "\n".join(lines)


def every_case(home):
    board = Board(home / "board")
    for module in press, request, key:
        folder = home / module.__name__
        folder.mkdir()
        yield from module.cases(folder, board)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stride", type=int, default=int(os.environ.get("TORTURE_STRIDE", "1")))
    parser.add_argument("--growth", type=float, default=1, metavar="F",
                        help="the next n is at least F times the one before")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="the least n")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at the same time")
    parser.add_argument("--at", type=int, metavar="N", help="only this n, and trace it")
    parser.add_argument("-k", dest="only", default="", metavar="PART", help="part of a case's name")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    memory = Path("/dev/shm")  # the files are synced often, which a disk takes its time for
    home = Path(tempfile.mkdtemp(prefix="broadsheet-torture-",
                                 dir=memory if os.access(memory, os.W_OK) else None))
    runs = faults = 0
    try:
        for case in every_case(home):
            if options.only not in case.name:
                continue
            if options.at is not None:
                trace(case, home, options)
                continue
            for rest in range(2):
                more = round_run(case, home, rest, options)
                runs, faults = runs + more[0], faults + more[1]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    say(f"torture: {BUILD.name}: {runs} runs, {faults} faults")
    return 1 if faults or not (runs or options.at) else 0


if __name__ == "__main__":
    sys.exit(main())
