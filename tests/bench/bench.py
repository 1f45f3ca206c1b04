#!/usr/bin/python3
"""Measure broadsheet beside a bare OpenSSL server: `make bench`.

Serving: the floor (floor.c) and broadsheet with one and with two workers, and with one and a key
process, answer the same page with the same certificate, in alternating bursts from the same load
generator (load.c). What counts is
the server's CPU per request as a ratio to the floor's of the same round: on a small virtual
machine the absolute figures drift by 20 % between minutes, and ratios under 5 % mean nothing.
A second floor runs as control: how far its ratio is from 1.00 is the noise of this run.
Then memory of an idle broadsheet, of clients that wait (memory.py) and after many requests, how
fast it presses and converts, and how soon one changed article of many is in service.

Exit status: 0; 1 if something did not run or an answer was wrong, never because of a speed.
"""

import argparse
import json
import multiprocessing
import os
import random
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import convert
import memory
import summaries
from prose import article, document

ROOT = Path(__file__).resolve().parents[2]
HOST = "localhost"
PAGE = "/putin-and-the-prospects-for-negotiations-in-the-ukraine-conflict.gmi"
START_SECONDS = 60  # a server may take this long to listen, press included
STOP_SECONDS = 15  # and this long to leave after SIGTERM
ANSWER_LIMIT = 16 << 20  # bytes of one answer
ARTICLES = 1000
RUNS = 5  # of press, of convert and of an edit; the median counts
LARGE = 10_000  # articles of the capsule in which one is edited
LARGE_KINDS = ("txt", "html", "md", "gmi")
SETTLE_SECONDS = 2.5  # after that long a file that was written is known by its times
MODES = (("full handshakes", []), ("resumed handshakes", ["--resume"]))
NAGLE_REQUESTS = 20
NAGLE_MODES = (
    ("TLS 1.3", []),
    ("TLS 1.3 resumed", ["--resume"]),
    ("TLS 1.2 resumed", ["--tls12", "--resume"]),
)


class Failure(Exception):
    """Something did not run, or an answer was wrong."""


# --- what /proc knows ---------------------------------------------------------------------------


def stat_fields(pid):
    """The fields of /proc/PID/stat from the state on (field 3 of proc(5) is [0]); None if gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def process_tree(root):
    """The process ids of root and all that descend from it, each with its start time."""
    parents, starts = {}, {}
    for name in os.listdir("/proc"):
        fields = stat_fields(name) if name.isdigit() else None
        if fields and fields[0] != "Z":
            parents[int(name)] = int(fields[1])
            starts[int(name)] = fields[19]
    found = [root] if root in parents else []
    for pid in found:  # grows while it is walked
        found += [child for child, parent in parents.items() if parent == pid]
    return {pid: starts[pid] for pid in found}


def process_cpu_ns(pid):
    """CPU time of one process in ns: what the scheduler counted for its tasks, else clock ticks."""
    total = 0
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(path.read_text().split()[0])
        except (OSError, IndexError, ValueError):
            continue  # the task left between the listing and the reading
    if total == 0:
        fields = stat_fields(pid)
        ticks = int(fields[11]) + int(fields[12]) if fields else 0
        total = ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    return total


def process_memory_kib(pid):
    """(KiB, "PSS"); where another user may not look, (KiB, "RSS"). (0, "gone") without it."""
    for name, field, label in (("smaps_rollup", "Pss:", "PSS"), ("status", "VmRSS:", "RSS")):
        try:
            text = Path(f"/proc/{pid}/{name}").read_text()
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith(field):
                return int(line.split()[1]), label
    return 0, "gone"


def process_name(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "gone"
    return " ".join([os.path.basename(words[0]), *words[1:]]).strip()


def machine_line():
    cpu = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    version = apart(openssl_version)
    return (
        f"{len(os.sched_getaffinity(0))} x {cpu}, {gib:.1f} GiB, "
        f"{os.uname().sysname} {os.uname().release}, {version}"
    )


# --- one request by hand ------------------------------------------------------------------------


def apart(function, *arguments):
    """Run it in a child process, so that libssl is not mapped here and PSS tells the truth."""
    calm = (signal.SIGTERM, signal.SIG_DFL)
    with multiprocessing.get_context("fork").Pool(1, signal.signal, calm) as pool:
        return pool.apply_async(function, arguments).get(timeout=60)


def openssl_version():
    import ssl

    return ssl.OPENSSL_VERSION


def fetch(port, url):
    """The whole answer, header and body, as Python's ssl sees it; it insists on close_notify."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(
            plain, server_hostname=HOST, suppress_ragged_eofs=False
        ) as tls:
            tls.sendall(url.encode() + b"\r\n")
            while len(answer) <= ANSWER_LIMIT:
                chunk = tls.recv(65536)
                if not chunk:
                    return answer
                answer += chunk
    raise ValueError(f"{url}: more than {ANSWER_LIMIT} bytes")


# --- servers ------------------------------------------------------------------------------------


class Server:
    """One server under test, with every process that it starts."""

    def __init__(self, name, command, log):
        self.name = name
        self.log = Path(log)
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        try:
            self.port = self._wait_for_port()
        except BaseException:
            self.stop()
            raise
        self.url = f"gemini://{HOST}:{self.port}{PAGE}"
        self.answer_bytes = 0

    def _wait_for_port(self):
        deadline = time.monotonic() + START_SECONDS
        fd = self.process.stdout.fileno()
        text = b""
        while time.monotonic() < deadline:
            if not select.select([fd], [], [], deadline - time.monotonic())[0]:
                break
            chunk = os.read(fd, 4096)
            if not chunk:
                break
            text += chunk
            for line in text.split(b"\n")[:-1]:
                if line.startswith(b"listening on "):
                    return int(line.rpartition(b":")[2])
        raise Failure(f"{self.name} did not say where it listens{self.log_tail()}")

    def log_tail(self):
        lines = self.log.read_text(errors="replace").splitlines()[-5:]
        return "".join(f"\n    {line}" for line in lines)

    def fetch(self):
        try:
            answer = apart(fetch, self.port, self.url)
        except Exception as error:
            raise Failure(f"{self.name}: {self.url}: {error}{self.log_tail()}") from error
        header, found, body = answer.partition(b"\r\n")
        if not found or not header.startswith(b"20 "):
            raise Failure(f"{self.name}: {self.url}: answered {header[:80]!r}")
        self.answer_bytes = len(answer)
        return header.decode(), body

    def cpu(self):
        return {key: process_cpu_ns(key[0]) for key in process_tree(self.process.pid).items()}

    def pids(self):
        return list(process_tree(self.process.pid))

    def stop(self):
        """SIGTERM and wait; what is left of its tree after that is killed and is a failure."""
        if self.process.returncode is not None:
            return
        tree = process_tree(self.process.pid)
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        left = [pid for pid, start in tree.items() if self._still_runs(pid, start)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        if left or self.process.returncode == -signal.SIGKILL:
            raise Failure(f"{self.name} did not stop on SIGTERM within {STOP_SECONDS} s")

    @staticmethod
    def _still_runs(pid, start):
        fields = stat_fields(pid)
        return fields is not None and fields[0] != "Z" and fields[19] == start


# --- bursts -------------------------------------------------------------------------------------


def burst(load, server, requests, concurrency, flags):
    """One run of the load generator against one server: its JSON, and `cpu_us` per request."""
    command = [load, "127.0.0.1", server.port, server.url, requests, concurrency, *flags]
    before = server.cpu()
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60 + requests / 10,
        )
        result = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise Failure(f"{server.name}: load: {error}") from error
    time.sleep(0.05)  # the last closes happen after the last answer
    after = server.cpu()
    wanted = requests * server.answer_bytes
    if result["errors"] or result["requests"] != requests or result["bytes"] != wanted:
        raise Failure(
            f"{server.name}: {result['errors']} errors in {requests} requests, {result['bytes']} "
            f"bytes of {wanted}: {done.stderr.strip()}{server.log_tail()}"
        )
    if before.keys() - after.keys():
        raise Failure(f"{server.name}: a process died under load{server.log_tail()}")
    used = sum(ns - before.get(key, 0) for key, ns in after.items())
    result["cpu_us"] = used / 1000 / requests
    result["per_second"] = requests / result["seconds"]
    return result


def rounds_run(load, servers, options, flags):
    """Bursts in turn, each round starting with another server; a list of results per server."""
    results = {server: [] for server in servers}
    for server in servers:
        burst(load, server, max(1, options.requests // 10), options.concurrency, flags)
    for number in range(options.rounds):
        turn = number % len(servers)
        for server in servers[turn:] + servers[:turn]:
            results[server].append(
                burst(load, server, options.requests, options.concurrency, flags)
            )
    return results


def rounds_print(title, results):
    print(
        f"\n{title:<24}{'requests/s':>10}{'CPU us/request':>16}{'ratio to floor (min-max)':>26}"
        f"{'p50 us':>9}{'p99 us':>9}"
    )
    floor = next(iter(results.values()))
    for server, own in results.items():
        ratios = [mine["cpu_us"] / its["cpu_us"] for mine, its in zip(own, floor)]
        ratio = f"{statistics.median(ratios):.2f}"
        if own is not floor:
            ratio += f" ({min(ratios):.2f}-{max(ratios):.2f})"
        middle = {key: statistics.median(result[key] for result in own) for key in own[0]}
        print(
            f"{server.name:<24}{middle['per_second']:>10.0f}{middle['cpu_us']:>16.0f}{ratio:>26}"
            f"{middle['p50_us']:>9.0f}{middle['p99_us']:>9.0f}"
        )


def key_process_print(with_it, without):
    """What it costs to have the key elsewhere: CPU of all processes together, round by round."""
    ratios = [one["cpu_us"] / other["cpu_us"] for one, other in zip(with_it, without)]
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    print(f"  a key process: {middle:.3f} of the CPU without it (quartiles {low:.3f}-{high:.3f})")


def resumed_print(results):
    """Whoever refuses tickets was not measured resuming: say so."""
    for server, own in results.items():
        resumed = sum(result["resumed"] for result in own)
        asked = sum(result["requests"] for result in own)
        if resumed < asked:
            print(f"  note: {server.name} resumed only {resumed} of {asked}")


def nagle_print(load, servers):
    """Latency for clients that leave Nagle's algorithm on, as plain OpenSSL clients do."""
    print("\np50 us, Nagle client    " + "".join(f"{title:>18}" for title, _ in NAGLE_MODES))
    for server in servers:
        cells = [
            f"{burst(load, server, NAGLE_REQUESTS, 1, [*flags, '--nagle'])['p50_us']:>18}"
            for _, flags in NAGLE_MODES
        ]
        print(f"{server.name:<24}{''.join(cells)}")


def memory_settled(server):
    """Memory per process once two looks half a second apart agree, 5 s at most."""
    seen = None
    for _ in range(10):
        time.sleep(0.5)
        pids = process_tree(server.process.pid)
        found = {pid: process_memory_kib(pid) for pid in pids}
        total = sum(kib for kib, _ in found.values())
        if seen is not None and abs(total - seen) * 100 <= total:
            break
        seen = total
    return found


def memory_print(server):
    found = memory_settled(server)
    if not found:
        raise Failure(f"{server.name}: gone before its memory was measured{server.log_tail()}")
    print(f"\n{'MiB idle after the load, alone':<40}{server.name:>24}")
    for pid, (kib, label) in found.items():
        print(f"{kib / 1024:>8.1f} {label}  {process_name(pid)[:78]}")
    print(f"{sum(kib for kib, _ in found.values()) / 1024:>8.1f} total")


def memory_run(load, server, options):
    def ask(requests):
        burst(load, server, requests, options.concurrency, [])

    memory.memory_run(server, ask, options.connections, options.growth, Failure)


def serving_run(options, build, temporary):
    load = build / "tests/bench/load"
    certs = temporary / "certs"
    servers = []

    def broadsheet(workers, *extra):
        plural = "s" if workers > 1 else ""
        label = "key process, 1 worker" if extra else f"broadsheet, {workers} worker{plural}"
        number = len(servers)
        state = temporary / f"state-{number}"
        command = [build / "broadsheet", "serve", "capsule", "--listen", "127.0.0.1:0"]
        command += ["--host", HOST, "--certs", certs, "--state", state, "--workers", workers]
        servers.append(Server(label, [*command, *extra], temporary / f"broadsheet-{number}.log"))
        return servers[-1].fetch()

    try:
        header, body = broadsheet(1)
        if broadsheet(1, "--key-process", "on") != (header, body):
            raise Failure("broadsheet answers differently with a key process")
        if broadsheet(2) != (header, body):
            raise Failure("broadsheet answers differently with one worker and with two")
        (temporary / "body").write_bytes(body)
        pair = [certs / f"{HOST}.crt", certs / f"{HOST}.key"]
        command = [build / "tests/bench/floor", 0, *pair, temporary / "body"]
        for name in ("floor again (control)", "floor"):
            servers.insert(0, Server(name, command, temporary / f"{name}.log"))
            servers[0].fetch()
        print(
            f"{header} ({len(body)} bytes); {options.rounds} rounds of {options.requests} requests,"
            f" {options.concurrency} at once, the client on the same machine"
        )
        for title, flags in MODES:
            results = rounds_run(load, servers, options, flags)
            rounds_print(title, results)
            key_process_print(results[servers[3]], results[servers[2]])
            if "--resume" in flags:
                resumed_print(results)
        nagle_print(load, [servers[0], *servers[2:]])
        while len(servers) > 1:  # PSS divides what servers share: measure the last one alone
            servers.pop(0).stop()
        memory_print(servers[0])
        memory_run(load, servers[0], options)
    finally:
        stop_all(servers)


def stop_all(servers):
    """Stop every server, whatever the first of them says about it."""
    failures = []
    for server in servers:
        try:
            server.stop()
        except Failure as failure:
            failures.append(str(failure))
    if failures:
        raise Failure("; ".join(failures))


# --- press and convert --------------------------------------------------------------------------

def timed(command, seconds, source=None):
    """Run it; (wall seconds, stdout). A status other than 0 is a Failure."""
    name = f"{Path(command[0]).name} {command[1]}"
    with open(source or os.devnull, "rb") as stdin:
        began = time.perf_counter()
        try:
            done = subprocess.run(
                [str(word) for word in command],
                cwd=ROOT,
                stdin=stdin,
                capture_output=True,
                timeout=seconds,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"{name}: {error}") from error
        took = time.perf_counter() - began
    if done.returncode != 0:
        tail = done.stderr.decode(errors="replace").strip()[-400:]
        raise Failure(f"{name}: exit status {done.returncode}: {tail}")
    return took, done.stdout


def press_run(_options, build, temporary):
    chance = random.Random(1965)
    folder = temporary / "generated"
    (folder / "articles").mkdir(parents=True)
    size = 0
    for number in range(ARTICLES):
        text = article(chance, number, 650)
        size += (folder / "articles" / f"generated-{number:04}.txt").write_bytes(text.encode())
    times = []
    for number in range(RUNS):
        edition = temporary / f"edition-{number}"
        times.append(timed([build / "broadsheet", "press", folder, "-o", edition], 300)[0])
        if not edition.is_file() or edition.stat().st_size == 0:
            raise Failure("broadsheet press: ended well but made no edition")
    took = statistics.median(times)
    print(
        f"\npress    {ARTICLES / took:>8.0f} articles/s  ({ARTICLES} articles, "
        f"{size / 1e6:.1f} MB of text, {took:.2f} s; the edition has "
        f"{edition.stat().st_size / 1e6:.1f} MB)"
    )


def peak(command):
    """Run it; (wall seconds, most resident MiB). A status other than 0 is a Failure."""
    began = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], cwd=ROOT, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise Failure(f"broadsheet {command[1]}: exit status {process.returncode}")
    return took, usage.ru_maxrss / 1024


def edit(path, number):
    """Write the article anew, as an editor without a temporary file does; what to look for."""
    mark = f"Edited for the {number}th time."
    path.write_text(article(random.Random(number), number, 650) + f"\n{mark}\n")
    return mark.encode()


def edits_shown(port, path):
    """Seconds from the writing of the file to the end of the first answer with its new text."""
    url = f"gemini://{HOST}:{port}/{path.stem}.gmi"
    times = []
    for number in range(RUNS):
        time.sleep(SETTLE_SECONDS)
        began = time.perf_counter()
        mark = edit(path, 100 + number)
        while mark not in fetch(port, url):
            if time.perf_counter() - began > 30:
                raise Failure("an edit does not show within 30 s")
        times.append(time.perf_counter() - began)
    return times


def edit_run(_options, build, temporary):
    chance = random.Random(1965)
    folder, edition = temporary / "large", temporary / "large.db"
    (folder / "articles").mkdir(parents=True)
    for number in range(LARGE):
        suffix = LARGE_KINDS[number % len(LARGE_KINDS)]
        path = folder / "articles" / f"generated-{number:05}.{suffix}"
        path.write_text(document(suffix, chance, number, 650))
    command = [build / "broadsheet", "press", folder, "-o", edition]
    cold, again = [], []
    for _ in range(RUNS):
        edition.unlink(missing_ok=True)
        cold.append(peak(command))
    path = folder / "articles" / f"generated-{LARGE // 2:05}.{LARGE_KINDS[0]}"
    for number in range(RUNS):
        time.sleep(SETTLE_SECONDS)
        edit(path, number)
        again.append(peak(command))
    serve = [build / "broadsheet", "serve", folder, "--listen", "127.0.0.1:0", "--host", HOST]
    serve += ["--certs", temporary / "large-certs", "--state", temporary / "large-state"]
    server = Server("broadsheet", serve, temporary / "large.log")
    try:
        shown = apart(edits_shown, server.port, path)
    finally:
        server.stop()
    print(f"\npress of {LARGE} articles; the edition has {edition.stat().st_size / 1e6:.1f} MB")
    for name, runs in (("cold", cold), ("after one change", again)):
        took, mib = (statistics.median(column) for column in zip(*runs))
        print(f"  {name:<18}{took * 1000:>6.0f} ms {mib:>6.1f} MiB at most")
    print(
        f"  {'edit to service':<18}{statistics.median(shown) * 1000:>6.0f} ms "
        f"({min(shown) * 1000:.0f}-{max(shown) * 1000:.0f}, by {len(shown)} edits)"
    )


def convert_run(_options, build, temporary):
    convert.convert_run(build, temporary, timed)


def summaries_run(_options, build, temporary):
    summaries.summaries_run(build, ROOT, temporary)


# --- all of it ----------------------------------------------------------------------------------


def positive(text):
    number = int(text)
    if not 1 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError("must be 1 to 1000000")
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--build", default="build/release", help="folder of the build")
    parser.add_argument("--requests", type=positive, default=300, help="per burst")
    parser.add_argument("--rounds", type=positive, default=15)
    parser.add_argument("--concurrency", type=positive, default=4, help="connections at once")
    parser.add_argument("--connections", type=positive, default=1000, help="held at a time")
    parser.add_argument("--growth", type=positive, default=10_000, help="requests of that part")
    options = parser.parse_args()
    build = Path(options.build).resolve()
    failures = []

    # Anything else than a return would leave servers and the temporary folder behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.stdout.reconfigure(line_buffering=True)
    print(machine_line())
    with tempfile.TemporaryDirectory(prefix="broadsheet-bench-") as temporary:
        for part in (serving_run, press_run, convert_run, summaries_run, edit_run):
            try:
                part(options, build, Path(temporary))
            except (Failure, OSError, subprocess.SubprocessError) as failure:
                failures.append(f"{part.__name__}: {failure}")
    for failure in failures:
        print(f"bench: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
