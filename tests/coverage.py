#!/usr/bin/env python3
"""Run every test on the coverage build, and tell which share of each room's lines they ran.

The counters of a process are a file that it maps before main() (LLVM's continuous mode, %c): those
of one that is killed, that ends through _exit() or that may open no file any more count as well.
All processes of one program share one file (%m).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LLVM = os.environ.get("LLVM", "19")
LEAST = 85  # per cent of the lines of each room


def seed(folder, program):
    """Make the program's file of counters.  Tests run it as nobody too, and in a checkout where
    nobody may enter: so the file is elsewhere, and everybody's."""
    subprocess.run([program, "--help"], check=True, stdout=subprocess.DEVNULL)
    files = list(folder.iterdir())
    if len(files) != 1:
        sys.exit(f"coverage: {program} made {len(files)} files of counters, not 1")
    files[0].chmod(0o666)


def run_tests(build, arguments):
    """Run the tests; returns whether they passed, and leaves the counters in BUILD/profiles."""
    profiles = build / "profiles"
    shutil.rmtree(profiles, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="coverage-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        os.environ["LLVM_PROFILE_FILE"] = f"{folder}/%c%m.profraw"
        seed(folder, build / "broadsheet")
        tests = [sys.executable, ROOT / "tests/run.py", "--build", build, *arguments]
        passed = subprocess.run(tests, check=False).returncode == 0
        del os.environ["LLVM_PROFILE_FILE"]
        shutil.copytree(folder, profiles)
    return passed


def measure(build):
    """Write the report of lines; returns the files of the rooms and their count of lines."""
    merged = build / "coverage.profdata"
    report = build / "report"
    subprocess.run([f"llvm-profdata-{LLVM}", "merge", "-o", merged, *build.glob("profiles/*")],
                   check=True)
    # Each unit test links all of src/, as the program does: its map of lines is that of them all.
    what = [build / "broadsheet", f"-instr-profile={merged}", "src"]
    shutil.rmtree(report, ignore_errors=True)
    subprocess.run([f"llvm-cov-{LLVM}", "show", "-format=html", f"-output-dir={report}", *what],
                   check=True, cwd=ROOT)
    told = subprocess.run([f"llvm-cov-{LLVM}", "export", "-summary-only", *what],
                          check=True, cwd=ROOT, stdout=subprocess.PIPE)
    return {Path(file["filename"]).relative_to(ROOT): file["summary"]["lines"]
            for file in json.loads(told.stdout)["data"][0]["files"]}


def judge(files):
    """Print the table; returns the rooms with less than LEAST."""
    rooms = {path.parent.name: [0, 0] for path in ROOT.glob("src/*/*.c")}
    for path, lines in files.items():
        if len(path.parts) == 3:  # src/ROOM/FILE; main.c is in no room
            rooms[path.parts[1]][0] += lines["count"]
            rooms[path.parts[1]][1] += lines["covered"]
    print(f"{'room':12}{'lines':>8}{'covered':>9}{'%':>8}")
    low = []
    for room, (count, covered) in sorted(rooms.items()):
        share = 1000 * covered // count / 10 if count else 0  # 84.96 is less than 85
        if share < LEAST:
            low.append(room)
        print(f"{room:12}{count:8}{covered:9}{share:8.1f}{'  too few' if share < LEAST else ''}")
    return low


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="other arguments are for tests/run.py")
    parser.add_argument("--build", type=Path, default=ROOT / "build/coverage")
    parser.add_argument("--again", action="store_true", help="tell of the last run, without tests")
    args, others = parser.parse_known_args()
    build = args.build.resolve()
    passed = args.again or run_tests(build, others)
    low = judge(measure(build))
    print(f"coverage: line by line in {build.relative_to(ROOT)}/report/index.html")
    if low:
        print(f"coverage: less than {LEAST} %: {', '.join(low)}")
    if not passed:
        print("coverage: tests failed")
    return 0 if passed and not low else 1


if __name__ == "__main__":
    sys.exit(main())
