#!/usr/bin/env python3
"""valgrind's memcheck over the unit test programs, and over a worker that answers.

What cannot be had under valgrind is told, and judged by its memory alone: valgrind 3.19 does not
know openat2(2), with which sources and static files are opened, and runs itself when a program
starts /proc/self/exe, as the supervisor does; so it is a worker alone that serves here.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MEMCHECK = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect", "--show-leak-kinds=definite,indirect",
            f"--suppressions={Path(__file__).parent / 'memcheck.supp'}"]
FAULT = 99
SECONDS = 600
# They look at what the kernel refuses or how fast it answers; valgrind is between them and it.
APART = {"sandbox/test_sandbox": "valgrind makes system calls of its own, which seccomp ends",
         "process/test_child": "valgrind runs itself where a program starts /proc/self/exe"}


def say(text):
    print(text, flush=True)


def run_unit(program):
    """What is wrong with it (None: nothing), and whether its tests passed, too."""
    try:
        done = subprocess.run([*MEMCHECK, program], capture_output=True, text=True,
                              errors="replace", timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"not ended within {SECONDS} s", False
    output = done.stdout + done.stderr
    if done.returncode == FAULT or done.returncode < 0 or "== Invalid" in output:
        return output, False
    return None, done.returncode == 0


def run_units(build, only, jobs):
    programs = [path for path in sorted(build.glob("tests/unit/*/test_*"))
                if path.suffix == "" and only in str(path)]
    faults = 0
    with ThreadPoolExecutor(jobs) as pool:
        names = [str(program.relative_to(build / "tests/unit")) for program in programs]
        for name, why in APART.items():
            if name in names:
                say(f"valgrind: {name}: left out: {why}")
        pairs = [(name, program) for name, program in zip(names, programs) if name not in APART]
        for (name, _), (wrong, passed) in zip(pairs, pool.map(lambda p: run_unit(p[1]), pairs)):
            if wrong is not None:
                faults += 1
                say(f"valgrind: {name}: {wrong}")
            elif not passed:
                say(f"valgrind: {name}: memory is good; some tests cannot pass under valgrind")
    return len(pairs), faults


def run_worker(build):
    """A worker answers some requests, hears of new things and stops."""
    os.environ["BROADSHEET_BUILD"] = str(build)
    import request  # noqa: PLC0415: it looks at BROADSHEET_BUILD
    from board import Board

    with tempfile.TemporaryDirectory(prefix="broadsheet-memcheck-") as folder:
        home = request.Home(Path(folder), Board(Path(folder) / "board"))
        lane = Path(folder) / "lane"
        lane.mkdir()
        worker = request.Worker(home, lane, None, prefix=MEMCHECK, sandbox="off",
                                handshake=60)
        worker.control.settimeout(60)
        try:
            assert worker.control.recv(1) == b"R", worker.log()
            for scene in request.SCENES:
                if scene.limits or "file" in scene.name:  # openat2(2)
                    continue
                context = request.client_context(home, scene.version, scene.certificate)
                answer = request.ask(worker.port, scene.path, context=context)
                assert request.is_whole(answer, scene.status, None), (scene.name, worker.log())
            for said in (request.new_edition(home, worker),
                         request.message(b"C", home.other.secret),
                         request.message(b"T", home.tickets), request.message(b"A", home.areas)):
                worker.control.sendall(said)
            assert request.is_whole(request.ask(worker.port, "/"), 20, None), worker.log()
            code = worker.stop()
            if code != 0:
                say(f"valgrind: worker: exit status {code}\n{worker.log()}")
            return 0 if code == 0 else 1
        finally:
            worker.control.close()
            worker.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build/valgrind"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("-k", dest="only", default="", metavar="PART", help="part of a path")
    options = parser.parse_args()
    build = options.build.resolve()
    count, faults = run_units(build, options.only, options.jobs)
    if options.only in "worker":
        count, faults = count + 1, faults + run_worker(build)
    say(f"valgrind: {count} programs, {faults} faults")
    return 1 if faults or not count else 0


if __name__ == "__main__":
    sys.exit(main())
