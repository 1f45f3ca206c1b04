"""How fast each importer is, beside lowdown where the same Markdown is read by both."""

import random
import shutil
import statistics

from prose import document

SIZE = 1 << 20  # bytes of each document
RUNS = 15
FORMATS = {"txt": "text", "html": "html", "md": "markdown", "gmi": "gemtext"}


def convert_run(build, temporary, timed):
    """Print MB/s of each format, the start of the program included; all of them in turns."""
    commands, sizes = {}, {}
    for suffix, name in FORMATS.items():
        source = temporary / f"large.{suffix}"
        sizes[name] = source.write_bytes(document(suffix, random.Random(1965), 0, 160_000).encode())
        commands[name] = [build / "broadsheet", "convert", source]
    if shutil.which("lowdown"):
        commands["lowdown"] = ["lowdown", "-Tgemini", temporary / "large.md"]
        sizes["lowdown"] = sizes["markdown"]
    times = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            took, out = timed(command, 60)
            if len(out) < sizes[name] // 2:
                raise ValueError(f"{name}: {len(out)} bytes out of {sizes[name]}")
            times[name].append(took)
    print(f"\n{'convert, 1 MiB':<16}{'MB/s':>8}{'ms (min-max)':>22}")
    for name, took in times.items():
        middle = statistics.median(took)
        spread = f"{middle * 1000:.0f} ({min(took) * 1000:.0f}-{max(took) * 1000:.0f})"
        print(f"{name:<16}{sizes[name] / 1e6 / middle:>8.1f}{spread:>22}")
    if "lowdown" in times:
        ratios = [mine / its for mine, its in zip(times["markdown"], times["lowdown"])]
        print(f"markdown takes {statistics.median(ratios):.2f} of lowdown's time "
              f"({min(ratios):.2f}-{max(ratios):.2f})")
    else:
        print("lowdown is not installed: nothing to compare with")
