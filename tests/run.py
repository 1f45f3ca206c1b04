#!/usr/bin/env python3
"""Run the test suites of a build; the last line counts every test.

unit    the cmocka programs, one for each tests/unit/ROOM/test_FILE.c
fuzz    each fuzz target once over the files of its corpus
golden  tests/golden with pytest
torture a sample of tests/torture, some n of each case
e2e     tests/e2e with pytest, against the real program
"""

import argparse
import importlib.util
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFUSED = ROOT / "build/refused-clients"  # clients that contrib/setup.sh could not get
SUITES = ["unit", "fuzz", "torture", "golden", "e2e"]
PROGRAM_SECONDS = 120  # for one unit test program or fuzz target
PYTEST_SECONDS = 1200  # for one suite
GRACE_SECONDS = 20  # for pytest to stop what it started
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


class Count:
    """Tests of one suite by how they ended."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def total(self):
        return self.passed + self.failed + self.skipped

    def __str__(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def say(text):
    print(text, flush=True)


def whole_lines(output):
    return output + "\n" if output and not output.endswith("\n") else output or ""


def run(command, seconds, env, capture=True):
    """Run a command in a process group of its own.  Returns its exit status and its output (whole
    lines); the status is "late" when it was ended because its time was up."""
    out = subprocess.PIPE if capture else None
    errors = subprocess.STDOUT if capture else None
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=errors,
        text=True, errors="replace", start_new_session=True,
    )
    try:
        output = process.communicate(timeout=seconds)[0]
        return process.returncode, whole_lines(output)
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as reason:
        process.send_signal(signal.SIGINT)  # pytest then ends its servers and writes its report
        try:
            output = process.communicate(timeout=GRACE_SECONDS)[0]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output = process.communicate()[0]
        if isinstance(reason, KeyboardInterrupt):
            raise
        return "late", whole_lines(output)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)  # what it left behind
        except ProcessLookupError:
            pass


def how_it_ended(status):
    if status == "late":
        return "did not end in time"
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"exit status {status}"


def read_tap(output):
    """Count cmocka's TAP lines.  A skipped test may be marked "not ok"; a planned test without a
    result has failed."""
    planned = sum(int(n) for n in re.findall(r"^1\.\.(\d+)$", output, re.MULTILINE))
    count = Count()
    for bad, rest in re.findall(r"^(not )?ok \d+\b(.*)$", output, re.MULTILINE):
        if "# SKIP" in rest:
            count.skipped += 1
        elif bad:
            count.failed += 1
        else:
            count.passed += 1
    count.failed += max(0, planned - count.total())
    return count


def run_unit(build, only, env):
    total = Count()
    for source in sorted(ROOT.glob("tests/unit/*/test_*.c")):
        name = source.relative_to(ROOT).with_suffix("")
        if only and only not in str(name):
            continue
        if not (build / name).exists():
            say(f"unit: {name}: not built")
            total.failed += 1
            continue
        status, output = run([build / name], PROGRAM_SECONDS, env)
        count = read_tap(output)
        if count.total() == 0 or (status != 0 and count.failed == 0):
            count.failed += 1
        if count.failed:
            say(f"{output}unit: {name}: {count} ({how_it_ended(status)})")
        total.add(count)
    return total


def run_fuzz(build, only, env):
    total = Count()
    for source in sorted(ROOT.glob("tests/fuzz/fuzz_*.c")):
        name = source.relative_to(ROOT).with_suffix("")
        if only and only not in str(name):
            continue
        corpus = ROOT / "tests/fuzz/corpus" / name.name.removeprefix("fuzz_")
        files = sorted(path for path in corpus.glob("*") if path.is_file())
        if not files or not (build / name).exists():
            say(f"fuzz: {name}: {'not built' if files else f'no files in {corpus}'}")
            total.failed += 1
            continue
        status, output = run([build / name, *files], PROGRAM_SECONDS, env)
        if status == 0 and not re.search(r"ERROR:|runtime error", output):
            total.passed += 1
        else:
            total.failed += 1
            say(f"{output}fuzz: {name}: {how_it_ended(status)}")
    return total


def run_pytest(suite, build, only, env):
    report = build / f"{suite}.xml"
    report.unlink(missing_ok=True)
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-ra", f"tests/{suite}"]
    command += ["--junitxml", report, "-o", f"cache_dir={ROOT}/build/pytest-cache"]
    if suite == "e2e" and importlib.util.find_spec("xdist") is not None:
        # Most of its time it waits: for deadlines, for processes, for the clock.
        command += ["-n", str((os.cpu_count() or 1) + 1), "--dist", "loadfile"]
    status, _ = run(command + (["-k", only] if only else []), PYTEST_SECONDS, env, capture=False)
    count = Count()
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):
            kinds = {child.tag for child in case}
            if kinds & {"failure", "error"}:
                count.failed += 1
            elif "skipped" in kinds:
                count.skipped += 1
            else:
                count.passed += 1
    nothing_chosen = only and status == 5
    if status != 0 and count.failed == 0 and not nothing_chosen:
        say(f"{suite}: pytest: {how_it_ended(status)}")
        count.failed += 1
    return count


def run_torture(build, only, env):
    """One test: a stride so wide that it is over soon."""
    if only and only not in "torture":
        return Count()
    command = ["/usr/bin/python3", "tests/torture/torture.py", "--growth", "2.2"]
    status, output = run(command, PROGRAM_SECONDS, env)
    if status != 0:
        say(f"{output}torture: {how_it_ended(status)}")
    return Count(passed=int(status == 0), failed=int(status != 0))


def environment(build):
    env = dict(os.environ, BROADSHEET_BUILD=str(build), CMOCKA_MESSAGE_OUTPUT="TAP")
    if build.name == "sanitize":
        env.update(SANITIZERS)
    if REFUSED.exists():
        env["BROADSHEET_REFUSED"] = " ".join(REFUSED.read_text().split())
    return env


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--only", choices=SUITES)
    parser.add_argument("-k", dest="filter", metavar="EXPR",
                        help="pytest's -k; for unit and fuzz a part of the program's path")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    build = args.build.resolve()
    env = environment(build)
    total = Count()
    for suite in [args.only] if args.only else SUITES:
        if suite == "unit":
            count = run_unit(build, args.filter, env)
        elif suite == "fuzz":
            count = run_fuzz(build, args.filter, env)
        elif suite == "torture":
            count = run_torture(build, args.filter, env)
        else:
            count = run_pytest(suite, build, args.filter, env)
        if count.total() == 0 and not args.filter:
            say(f"{suite}: no tests found")
            count.failed += 1
        say(f"{suite}: {count}")
        total.add(count)
    label = "" if build.name == "release" else f"{build.name}: "
    say(f"{label}{total}")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("tests: interrupted")
