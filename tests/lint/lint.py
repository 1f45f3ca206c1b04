#!/usr/bin/env python3
"""Check the C sources.  One line per finding, `path:line: message`; those marked `warning:` do not
count.  The last line is `lint: clean` or `lint: N findings`.
"""

import argparse
import os
import sys
from pathlib import Path

import rooms
import text
import tools

ROOT = Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the source tree to check")
    os.chdir(parser.parse_args().root)
    sources = sorted([*Path(".").glob("src/*.[ch]"), *Path(".").glob("src/*/*.[ch]")])
    tests = sorted(Path("tests").rglob("*.[ch]"))
    units = [str(path) for path in sources if path.suffix == ".c"]
    if not units:
        sys.exit("lint: no C files in src/")
    checks = [
        ("format", lambda: tools.clang_format([str(path) for path in sources + tests])),
        ("rooms", lambda: rooms.check(sources)),
        ("sizes and words", lambda: text.check(sources, tests)),
        ("cppcheck", lambda: tools.cppcheck(units)),
        ("clang-tidy", lambda: tools.clang_tidy(units)),
    ]
    count = 0
    for name, check in checks:
        print(f"lint: {name}", flush=True)
        found = sorted(set(check()))
        count += sum(not finding.warning for finding in found)
        for finding in found:
            print(finding, flush=True)
    print(f"lint: {count} finding{'s' if count > 1 else ''}" if count else "lint: clean")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
