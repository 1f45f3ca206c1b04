"""The log: where its lines go, what they tell, and that none is lost when its file is exchanged."""

import os
import re
import resource
import shutil
import signal
import socket
import threading
from contextlib import closing

import pytest

from program import SLOW, run, wait_until
from samples import LARGE, SEED_SLUG, Capsule
from wire import client_context, plain

ARTICLE = f"/{SEED_SLUG}.gmi"
STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ broadsheet\[\d+\] "
LINE = re.compile(STAMP + r"(supervisor|worker|press): .+")
ANSWER = re.compile(STAMP + r"worker: (?P<client>\S+) (?P<certificate>\S+) (?P<host>\S+) "
                    r"(?P<path>\S+) (?P<status>\d+) (?P<bytes>\d+)B (?P<ms>\d+)ms "
                    r"(?P<tls>TLSv1\.\d|-)(?P<resumed> resumed)? (?P<reason>\D.*)")


def lines_of(*paths):
    """The lines of files, each whole; the last one has its end, too."""
    found = []
    for path in paths:
        text = path.read_text()
        assert not text or text.endswith("\n"), f"{path}: the last line is cut: {text[-200:]!r}"
        found += text.splitlines()
    return found


def answers(*paths):
    return [found for line in lines_of(*paths) if (found := ANSWER.fullmatch(line))]


def wait_answers(count, *paths):
    return wait_until(lambda: len(answers(*paths)) >= count and answers(*paths), 10 * SLOW,
                      f"{count} lines")


def rotate(server, log, away):
    """What logrotate does; waits until every process writes to the new file."""
    os.rename(log, away)
    server.process.send_signal(signal.SIGUSR1)
    wait_until(lambda: all(os.readlink(f"/proc/{process.pid}/fd/2") == str(log)
                           for process in server.family()), 5 * SLOW, "the new file")


@pytest.fixture
def log(tmp_path):
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs" / "broadsheet.log"


# A file


def test_the_log_can_be_a_file(serve, capsule, log):
    server = serve(capsule, extra=["--log", log])
    server.fetch(ARTICLE).check(20)
    server.fetch("/nothing").check(51)
    found = wait_answers(2, log)
    assert [(a["path"], a["status"]) for a in found] == [(ARTICLE, "20"), ("/nothing", "51")]
    assert log.stat().st_mode & 0o777 == 0o640
    server.stop()
    assert all(LINE.fullmatch(line) for line in lines_of(log))
    assert "stopping" in lines_of(log)[-1]
    assert server.log() == ""


def test_a_log_goes_on_where_it_was(serve, capsule, log):
    log.write_text("what was there\n")
    log.chmod(0o600)
    serve(capsule, extra=["--log", log])
    assert lines_of(log)[0] == "what was there" and len(lines_of(log)) > 1
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_configuration_can_say_it(serve, capsule, log, tmp_path):
    conf = tmp_path / "conf"
    conf.write_text(f'log = "{log}"\nlog-addresses = "none"\n')
    server = serve(capsule, extra=["--config", conf])
    server.fetch(ARTICLE).check(20)
    assert wait_answers(1, log)[0]["client"] == "-"


@pytest.mark.parametrize("make, told", [
    (lambda path: shutil.rmtree(path.parent), "No such file or directory"),
    (lambda path: path.mkdir(), "not a regular file"),
    (os.mkfifo, "not a regular file"),
    (lambda path: path.symlink_to("elsewhere"), "a link"),
], ids=["no folder", "a folder", "a FIFO", "a link"])
def test_a_name_that_can_be_no_log_is_an_error(serve, capsule, log, make, told):
    make(log)
    serve.refused(capsule, log, told, extra=["--log", log])


def test_the_log_is_not_published(serve, capsule):
    capsule.static("about.gmi", "# About\n")
    log = capsule.root / "static" / "log"
    serve.refused(capsule, log, "published", extra=["--log", log])
    assert not log.exists()
    done = run("check", capsule.root, "--log", log).check(1)
    assert "published" in done.err


@pytest.mark.parametrize("options", [["--log", ""], ["--log-addresses", "some"]])
def test_bad_options_are_usage_errors(capsule, options):
    run("serve", capsule.root, *options).check_usage()


def test_what_keeps_it_from_serving_is_told_twice(serve, empty_capsule, log):
    """In the file, and where whoever starts it looks."""
    (empty_capsule.root / "capsule.conf").write_text("title = {")
    serve.refused(empty_capsule, "nothing to serve", extra=["--log", log])
    assert "nothing to serve" in lines_of(log)[-1]


# Another file


def test_no_line_is_lost_when_the_file_is_exchanged(serve, capsule, log):
    server = serve(capsule, workers=2, extra=["--log", log])
    server.workers(2)
    asked, failures, over = [], [], threading.Event()

    def ask(name):
        number = 0
        while not over.is_set():
            path = f"/{name}-{number}"
            number += 1
            try:
                server.fetch(path).check(51)
            except (AssertionError, OSError) as failure:
                failures.append(failure)
            asked.append(path)

    threads = [threading.Thread(target=ask, args=(f"reader{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    files = [log]
    for number in range(8):
        before = len(asked)
        wait_until(lambda n=before + 10: len(asked) >= n, 10 * SLOW, "some answers")
        away = log.with_name(f"broadsheet.log.{number}")
        rotate(server, log, away)
        files.append(away)
    over.set()
    for thread in threads:
        thread.join(20)
    assert not failures, failures[0]
    told = [found["path"] for found in wait_answers(len(asked), *files)]
    assert sorted(told) == sorted(asked)
    assert all(LINE.fullmatch(line) for line in lines_of(*files))
    assert sum(bool(answers(path)) for path in files) > 4
    assert len(server.workers(2)) == 2


def test_a_worker_that_comes_later_writes_to_the_new_file(serve, capsule, log):
    server = serve(capsule, workers=1, extra=["--log", log])
    rotate(server, log, log.with_name("old"))
    victim = server.workers(1)[0]
    victim.kill()
    wait_until(lambda: not victim.alive() and len(server.children()) == 1, 5 * SLOW, "another one")
    server.fetch(ARTICLE).check(20)
    wait_answers(1, log)
    rotate(server, log, log.with_name("older"))
    server.fetch("/b").check(51)
    assert wait_answers(1, log)[0]["path"] == "/b"


def test_the_word_of_a_new_file_harms_nobody_who_gets_it(serve, capsule, log):
    """As `systemctl kill -s USR1` sends it: to all processes."""
    server = serve(capsule, workers=2, extra=["--log", log])
    before = {process.pid for process in server.workers(2)}
    log.rename(log.with_name("old"))
    for process in server.family():
        process.kill(signal.SIGUSR1)
    wait_until(log.exists, 5 * SLOW, "the new file")
    for _ in range(4):
        server.fetch(ARTICLE).check(20)
    assert {process.pid for process in server.workers(2)} == before


def test_without_a_file_there_is_nothing_to_open_again(serve, capsule):
    server = serve(capsule, workers=1)
    server.process.send_signal(signal.SIGUSR1)
    for _ in range(3):
        server.fetch(ARTICLE).check(20)
    wait_answers(3, server.log_path)
    assert server.process.poll() is None


def test_a_folder_that_is_gone_stops_nothing(serve, capsule, log):
    server = serve(capsule, workers=1, extra=["--log", log])
    with open(log, "rb") as before:
        shutil.rmtree(log.parent)
        server.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: f"{log}: No such file or directory" in server.log(), 5 * SLOW,
                   "an error on standard error")
        server.fetch("/gone").check(51)
        wait_until(lambda: os.pread(before.fileno(), 1 << 20, 0).count(b" /gone 51 ") == 1,
                   5 * SLOW, "a line in the file before")
        assert b"the log goes on in the file before" in os.pread(before.fileno(), 1 << 20, 0)
    log.parent.mkdir()
    server.process.send_signal(signal.SIGUSR1)
    wait_until(log.exists, 5 * SLOW, "the new file")
    wait_until(lambda: os.readlink(f"/proc/{server.workers(1)[0].pid}/fd/2") == str(log),
               5 * SLOW, "the worker's new file")
    server.fetch("/back").check(51)
    assert wait_answers(1, log)[0]["path"] == "/back"


def test_a_full_disk_stops_nothing_and_what_is_lost_is_counted(serve, capsule, log):
    """A limit of the size of files is to the log what a full disk is."""
    size = 4 * 1024 * 1024  # more than an edition has
    start = size - 1500
    with open(log, "wb") as file:
        file.truncate(start)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    server = serve(capsule, workers=1, extra=["--log", log], preexec_fn=limit)
    for number in range(50):
        server.fetch(f"/before-{number}").check(51)
    wait_until(lambda: log.stat().st_size == size, 5 * SLOW, "a full file")
    whole = len(ANSWER.findall(log.read_bytes()[start:].rpartition(b"\n")[0].decode()))
    os.truncate(log, 0)
    server.fetch("/after").check(51)
    wait_until(lambda: any(answer["path"] == "/after" for answer in answers(log)), 10 * SLOW, "it")
    late = len(answers(log)) - 1
    note = next(line for line in lines_of(log) if "lines of this log were lost" in line)
    assert int(re.search(r"warning: (\d+) lines", note)[1]) == 50 - whole - late
    assert all(LINE.fullmatch(line) for line in lines_of(log) if line)


def test_another_configuration_may_name_another_log(serve, capsule, log, tmp_path):
    conf = tmp_path / "conf"
    conf.write_text(f'log = "{log}"\n')
    server = serve(capsule, workers=1, extra=["--config", conf])
    other = log.with_name("other.log")
    conf.write_text(f'log = "{other}"\nlog-addresses = "whole"\n')
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: other.exists() and "configuration read again" in other.read_text(),
               10 * SLOW, "the other log")
    server.fetch("/a").check(51)
    assert wait_answers(1, other)[0]["client"] == "127.0.0.1"
    conf.write_text(f'log = "{tmp_path}/none/log"\n')
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the log stays where it was" in other.read_text(), 10 * SLOW, "an error")
    wait_until(lambda: other.read_text().count("configuration read again") == 2, 10 * SLOW, "it")
    server.fetch("/b").check(51)
    assert wait_answers(2, other)[1]["path"] == "/b"
    (tmp_path / "none").mkdir()  # the next look finds what the configuration has wanted since
    server.process.send_signal(signal.SIGHUP)
    wait_until((tmp_path / "none/log").exists, 10 * SLOW, "the log that could not be had")
    server.fetch("/late").check(51)
    assert wait_answers(1, tmp_path / "none/log")[0]["path"] == "/late"
    conf.write_text("")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "configuration read again" in server.log(), 10 * SLOW, "standard error")
    server.fetch("/c").check(51)
    assert wait_answers(1, server.log_path)[0]["path"] == "/c"
    assert not answers(log)


# What lines tell


@pytest.mark.parametrize("how, client", [
    ("cut", "127.0.0.0/24"), ("whole", "127.0.0.7"), ("none", "-")])
def test_addresses_are_told_as_wanted(serve, capsule, how, client):
    server = serve(capsule, workers=1, extra=["--log-addresses", how])
    server.fetch(ARTICLE, source="127.0.0.7").check(20)
    assert wait_answers(1, server.log_path)[0]["client"] == client
    assert how == "whole" or "127.0.0.7" not in server.log()


def test_an_answer_is_told_in_one_line(serve, capsule):
    server = serve(capsule, workers=1)
    context = client_context()
    first = server.fetch(ARTICLE, context=context)
    assert server.fetch(ARTICLE, context=context, session=first.session).resumed
    one, two = wait_answers(2, server.log_path)
    assert (one["host"], one["path"], one["status"]) == ("localhost", ARTICLE, "20")
    assert one["certificate"] == "-" and one["reason"] == "done"
    assert int(one["bytes"]) == len(first.body) and int(one["ms"]) < 20000
    assert one["tls"] == first.version and not one["resumed"]
    assert two["tls"] == first.version and two["resumed"]


def test_the_journal_gets_priorities_and_no_time(serve, capsule, tmp_path):
    folder = tmp_path / "server0"  # where standard error will be
    folder.mkdir()
    (folder / "stderr").touch()
    st = (folder / "stderr").stat()
    server = serve(capsule, workers=1,
                   env={**os.environ, "JOURNAL_STREAM": f"{st.st_dev}:{st.st_ino}"})
    server.fetch(ARTICLE).check(20)
    wait_until(lambda: f" {ARTICLE} 20 " in server.log(), 5 * SLOW, "the line")
    (capsule.root / "articles" / "bad.html").write_bytes(b"<" * 3_000_000)
    wait_until(lambda: "bad.html" in server.log(), 10 * SLOW, "a complaint")
    lines = server.log().splitlines()
    assert all(re.match(r"<[346]>(supervisor|worker|press): ", line) for line in lines), lines
    assert any(re.match(r"<[34]>press: (error|warning): .*bad.html", line) for line in lines)
    assert any(line.startswith("<6>worker: 127.0.0.0/24 ") for line in lines)


def test_nothing_secret_is_in_the_log(serve, capsule):
    (capsule.root / "capsule.conf").write_text(
        'redirect = {"/old/* /new/*"}\ninput = {"/go /*.gmi Which page?"}\n'
        'sensitive-input = {"/quiz.gmi What?"}\n')
    capsule.static("quiz.gmi", "# Right\n")
    server = serve(capsule, workers=1)
    port = server.port
    requests = [
        "gemini://localhost/?sekrit", f"gemini://localhost:{port}{ARTICLE}?sekrit",
        "gemini://localhost?sekrit", "gemini://localhost/quiz.gmi?sekrit",
        "gemini://localhost/go?sekrit", "gemini://localhost/old/a?sekrit",
        "gemini://localhost/none?sekrit", "gemini://elsewhere.example/?sekrit",
        "https://localhost/?sekrit", "gemini://localhost/#sekrit", "gemini://sekrit@localhost/",
        "gemini://localhost/%zz?sekrit", "sekrit", "gemini://localhost/ ?sekrit",
        f"titan://localhost:{port}/a;token=sekrit;mime=text/plain;size=3",
        "titan://localhost/a;size=3;token=sekrit?sekrit", "titan://localhost;token=sekrit",
        "titan://localhost/a/b;token=sekrit#sekrit", "titan://elsewhere/;token=sekrit;size=0",
        "TITAN://localhost/;token=sekrit", "gemini://localhost/?a=1&b=sekrit" + "x" * 1100,
    ]
    for request in requests:
        server.ask(request.encode() + b"\r\n")
    wait_until(lambda: len(server.log().splitlines()) >= len(requests), 5 * SLOW, "all lines")
    assert len(wait_answers(12, server.log_path)) <= len(requests)
    assert "sekrit" not in server.log()


# Why connections end


def reset(server, *, handshake=True, path=None):
    """Break a connection; with a path, in the middle of its answer."""
    connection = server.connect(receive_buffer=4096)
    if handshake:
        connection.handshake()
    if path is not None:
        connection.send(server.url(path).encode() + b"\r\n")
        connection.read_some()
    connection.abort()


def leave(server):
    """End it without a request, in good order."""
    with closing(server.connect()) as connection:
        connection.handshake().half_close()
        connection.finish()


@pytest.mark.parametrize("end, reason", [
    (lambda s: s.fetch(ARTICLE), "done"),
    (lambda s: s.ask(b"nonsense\r\n"), "The request must be an absolute URL"),
    (lambda s: s.ask(b"gemini://localhost/\n"), "The request must be one line that ends in CRLF"),
    (lambda s: plain(s.port, b"", enough=0), "client closed in the handshake"),
    (lambda s: reset(s, handshake=False), "connection reset in the handshake"),
    (leave, "client closed before a request"),
    (reset, "connection reset before a request"),
    (lambda s: reset(s, path="/large.bin"), "connection reset in the answer"),
    (lambda s: plain(s.port, b"GET / HTTP/1.0\r\n\r\n"), "http request"),
    (lambda s: plain(s.port, b"\x16\x03\x01\x00\x04\x63\0\0\0"), "unexpected message"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_each_end_has_its_reason(reasons, end, reason):
    def told():
        return sum(line.endswith(f" {reason}") for line in reasons.log().splitlines())

    before = told()
    end(reasons)
    wait_until(lambda: told() == before + 1, 5 * SLOW, f"a line that says {reason!r}")


@pytest.fixture(scope="module")
def reasons(serve_module, tmp_path_factory):
    capsule = Capsule(tmp_path_factory.mktemp("reasons") / "capsule", seed=True)
    capsule.static("large.bin", LARGE * 20)
    return serve_module(capsule, workers=1)


def test_who_waits_too_long_is_told_where(serve, capsule):
    server = serve(capsule, workers=1, extra=["--handshake-timeout", "1", "--request-timeout", "1"])
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=10)) as silent, \
            closing(server.connect()) as half:
        half.handshake()
        for reason in ("timeout in the handshake", "timeout before a request"):
            wait_until(lambda r=reason: r in server.log(), 10 * SLOW, reason)
        silent.recv(10)


def test_who_is_there_when_the_server_stops_is_told(serve, capsule):
    server = serve(capsule, workers=1)
    with closing(server.connect()) as waits:
        waits.handshake()
        server.process.send_signal(signal.SIGTERM)
        waits.finish()
        server.stop(None)
    assert [a["reason"] for a in answers(server.log_path)] == ["server stops"]
