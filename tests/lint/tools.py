"""Checks done by other programs: clang-format, clang-tidy, cppcheck."""

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from finding import Finding

LLVM = os.environ.get("LLVM", "19")
AT_ONCE = 2
SECONDS = 600  # for one run of a program
LINE = re.compile(r"^([^\s:]+):(\d+):(?:\d+:)? (?:fatal error|error|warning): (.+)$", re.MULTILINE)


def run(command):
    """Run a program and read its findings.  That it fails without any is a finding too."""
    name = command[0]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=SECONDS)
    except FileNotFoundError:
        return [Finding(name, 0, "not installed: run contrib/setup.sh lint")]
    except subprocess.TimeoutExpired:
        return [Finding(name, 0, f"did not end within {SECONDS} s: {' '.join(command)}")]
    found = []
    for path, line, message in LINE.findall(done.stdout):
        message = message.replace(",-warnings-as-errors]", "]")
        found.append(Finding(os.path.relpath(path), int(line), message))
    if done.returncode != 0 and not found:
        said = done.stdout.strip().splitlines() or [f"exit status {done.returncode}"]
        found.append(Finding(name, 0, said[-1]))
    return found


def makefile_variable(name):
    found = re.search(rf"^{name} := (.*)$", Path("Makefile").read_text(), re.MULTILINE)
    if not found:
        raise SystemExit(f"lint: Makefile: no line that sets {name}")
    return [word for word in found[1].split() if not word.startswith("$")]


def compile_flags():
    packages = makefile_variable("PACKAGES")
    done = subprocess.run(["pkg-config", "--cflags", *packages], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit("lint: pkg-config failed: run contrib/setup.sh lint")
    return ["-std=c17", *makefile_variable("ALL_CPPFLAGS"), *done.stdout.split()]


def clang_format(files):
    return run([f"clang-format-{LLVM}", "--dry-run", "-Werror", *files])


def clang_tidy(files):
    flags = compile_flags()
    tidy = f"clang-tidy-{LLVM}"
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = pool.map(lambda path: run([tidy, "--quiet", path, "--", *flags]), files)
        return [finding for found in runs for finding in found]


def cppcheck(files):
    # Debian 12's cppcheck knows no c17; to it the two are the same language.
    options = ["--std=c11", "--library=posix,gnu", "--enable=warning,performance,portability",
               "--inline-suppr", "--error-exitcode=1", "--quiet", f"-j{AT_ONCE}",
               "--suppress=missingIncludeSystem",
               "--suppress=readdirCalled",  # readdir_r is the obsolete one
               "--template={file}:{line}: warning: {message} [cppcheck {id}]"]
    return run(["cppcheck", *options, *makefile_variable("ALL_CPPFLAGS"), *files])
