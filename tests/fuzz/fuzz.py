#!/usr/bin/env python3
"""Run every libFuzzer target of a build, two at a time; one line sums up each.

Each works on a copy of tests/fuzz/corpus/NAME in BUILD/fuzz-work/NAME, where its new inputs stay;
an input that makes it fail goes to BUILD/fuzz-artifacts/.  tests/fuzz/NAME.dict, if there is one,
holds words that its inputs are made of.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 2
EXTRA_SECONDS = 120  # to load the corpus and to write the report of a failure
REPORT_LINES = 30
UBSAN_OPTIONS = "print_stacktrace=1:halt_on_error=1"


def prepare(build, name):
    """Make the folders of a target; returns the one it works in."""
    work = build / "fuzz-work" / name
    work.mkdir(parents=True, exist_ok=True)
    (build / "fuzz-artifacts").mkdir(exist_ok=True)
    corpus = ROOT / "tests/fuzz/corpus" / name
    for path in corpus.glob("*"):
        if path.is_file():
            shutil.copy(path, work)
    return work


def run(command, seconds, log):
    """Run one target with its output in a file.  Returns its exit status, or None when late."""
    with open(log, "wb") as out:
        try:
            return subprocess.run(
                command, timeout=seconds, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, env=dict(os.environ, UBSAN_OPTIONS=UBSAN_OPTIONS),
            ).returncode
        except subprocess.TimeoutExpired:
            return None


def last(pattern, text, otherwise="?"):
    found = re.findall(pattern, text)
    return found[-1] if found else otherwise


def report(text):
    """The part of a failed run's output that tells what happened."""
    lines = text.splitlines()
    bad = [n for n, line in enumerate(lines) if re.search("ERROR:|runtime error:|broken promise:", line)]
    start = bad[0] if bad else max(0, len(lines) - REPORT_LINES)
    return "\n".join(lines[start:start + REPORT_LINES])


def fuzz(build, target, seconds):
    """Run one target and print its line.  Returns whether it passed."""
    name = target.name.removeprefix("fuzz_")
    work = prepare(build, name)
    log = build / f"fuzz-work/{name}.log"
    command = [
        target, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=65536",
        "-print_final_stats=1", f"-artifact_prefix={build}/fuzz-artifacts/{name}-",
    ]
    words = ROOT / f"tests/fuzz/{name}.dict"
    if words.exists():
        command.append(f"-dict={words}")
    command.append(work)
    status = run(command, seconds + EXTRA_SECONDS, log)
    text = log.read_text(errors="replace")
    done = last(r"stat::number_of_executed_units:\s*(\d+)", text)
    coverage = last(r"cov: (\d+)", text)
    summary = f"fuzz {name}: {done} executions, coverage {coverage}"
    if status == 0:
        print(summary, flush=True)
        return True
    why = "did not end in time" if status is None else f"exit status {status}"
    artifact = last(r"Test unit written to (\S+)", text, "none written")
    print(report(text))
    print(f"{summary}: FAILED ({why}), artifact: {artifact}, log: {log}", flush=True)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build/fuzz")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    args = parser.parse_args()
    if args.seconds < 1:
        parser.error("--seconds must be at least 1")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    build = args.build.resolve()
    targets = [build / source.relative_to(ROOT).with_suffix("")
               for source in sorted(ROOT.glob("tests/fuzz/fuzz_*.c"))]
    if not targets:
        sys.exit("fuzz: no targets in tests/fuzz")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda target: fuzz(build, target, args.seconds), targets))
    print(f"fuzz: {sum(results)} of {len(results)} targets clean", flush=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
