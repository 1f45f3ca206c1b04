"""SIGHUP reads the configuration again: what is new in it takes effect, what is wrong changes
nothing, and whoever calls meanwhile is served.
"""

import os
import re
import shutil
import signal
import socket
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import wire
from program import SLOW, Process, wait_until
from samples import LARGE, Capsule, article
from wire import TLS12, TLS13, Connection, both_versions, client_context

CRLF = b"\r\n"
NEWS, BOOKS, MUSIC = "news.example", "books.example", "music.example"
TAKEN = "configuration read again: "
KEPT = "the configuration before stays in service"
HUGE = LARGE * 24  # more than the kernel's buffers of a connection hold


def value(of):
    if isinstance(of, (list, tuple)):
        return "{" + ", ".join(map(value, of)) + "}"
    return str(of) if isinstance(of, int) else f'"{of}"'


def lines(settings, indent=""):
    return "".join(f"{indent}{key.replace('_', '-')} = {value(of)}\n" for key, of in settings.items())


class Conf:
    """A configuration file: options, and vhosts with their settings and areas."""

    def __init__(self, folder):
        self.path = folder / "broadsheet.conf"
        self.folder = folder
        self.options = {"listen": ["127.0.0.1:0"], "workers": 2}
        self.vhosts = {}
        self.areas = {}  # of a vhost: the prefixes

    def capsule(self, name):
        """The capsule of this name, which is made when it is missing; all have the same pages."""
        root = self.folder / f"capsule-{name}"
        if not root.exists():
            capsule = Capsule(root, title=name)
            capsule.add("piece.txt", article(f"The piece of {name}"))
            capsule.static("name.txt", f"{name}\n")
            capsule.static("members/rules.gmi", "# Rules\n")
            capsule.static("huge.bin", HUGE)
        return root

    def add(self, name, **settings):
        self.vhosts[name] = {"capsule": self.capsule(name), **settings}

    def text(self):
        sections = []
        for name, settings in self.vhosts.items():
            areas = "".join(f'  area "{prefix}" {{}}\n' for prefix in self.areas.get(name, ()))
            sections.append(f'vhost "{name}" {{\n{lines(settings, "  ")}{areas}}}\n')
        return lines(self.options) + "".join(sections)

    def write(self, text=None):
        """All of it at once: one that is cut may be a configuration, too."""
        new = self.path.with_suffix(".new")
        if isinstance(text, Path):
            new = text  # it is there already
        else:
            new.write_text(self.text() if text is None else text, "utf-8")
        new.replace(self.path)


class Site:
    """A server whose configuration file is changed under it."""

    def __init__(self, serve, folder):
        self.conf = Conf(folder)
        self.conf.add(NEWS)
        self.serve = serve
        self.server = None

    def start(self, **options):
        self.conf.write()
        extra = ("--config", self.conf.path, *options.pop("extra", ()))
        self.server = self.serve.launch(options.pop("capsule", None), hosts=options.pop("hosts", ()),
                                        listen=(), workers=False, extra=extra, **options)
        self.server.wait_listeners(len(self.conf.options["listen"]))
        return self.server

    def hup(self):
        self.server.process.send_signal(signal.SIGHUP)

    def told(self, what):
        return self.server.log().count(what)

    def reload(self, what=TAKEN):
        """Write the configuration, send SIGHUP, and wait until it has taken effect, or not."""
        before = self.told(what)
        self.conf.write()
        self.hup()
        wait_until(lambda: self.told(what) > before, 20 * SLOW, what)

    def status(self, host=NEWS, path="/name.txt", **options):
        return self.ask(host, path, **options).status

    def ask(self, host=NEWS, path="/name.txt", *, port=None, **options):
        request = f"gemini://{host}:{self.server.port}{path}".encode() + CRLF
        return wire.exchange(port or self.server.port, request, **{"sni": host, **options}).check()


@pytest.fixture
def site(serve, tmp_path):
    return Site(serve, tmp_path)


@contextmanager
def load(site, *, threads=3, host=NEWS, least=10):
    """Clients that call all the time; each connection must bring the whole answer."""
    outcomes, failures = [], []
    over = threading.Event()
    address, port = site.server.listeners[0]

    def call():
        request = f"gemini://{host}:{port}/name.txt".encode() + CRLF
        while not over.is_set():
            try:
                answer = wire.exchange(port, request, sni=host, timeout=20 * SLOW,
                                       address=address).check()
                outcomes.append((answer.status, answer.text))
            except (OSError, AssertionError) as failure:
                failures.append(repr(failure))

    callers = [threading.Thread(target=call) for _ in range(threads)]
    for caller in callers:
        caller.start()
    try:
        wait_until(lambda: len(outcomes) + len(failures) > least, 20 * SLOW, "the first answers")
        yield outcomes
        seen = len(outcomes)
        wait_until(lambda: len(outcomes) + len(failures) > seen + least, 20 * SLOW,
                   "answers after all")
    finally:
        over.set()
        for caller in callers:
            caller.join(30 * SLOW)
    assert not failures, f"{len(failures)} of {len(outcomes)}: {failures[:3]}"
    assert set(outcomes) == {(20, f"{host}\n")}


# What a configuration can say


def test_a_vhost_is_added(site):
    server = site.start()
    assert site.status(BOOKS) == 53
    with load(site):
        site.conf.add(BOOKS)
        site.reload()
        assert site.ask(BOOKS).check(20).text == f"{BOOKS}\n"
    assert (server.certs / f"{BOOKS}.crt").is_file()
    assert len(server.listeners) == 1, "the socket is not another one"
    assert "configuration read again: 2 vhosts, 2 workers" in server.log()


def test_a_vhost_is_removed(site):
    site.conf.add(BOOKS)
    site.start()
    assert site.status(BOOKS) == 20
    with load(site):
        del site.conf.vhosts[BOOKS]
        site.reload()
        assert site.status(BOOKS) == 53


def test_a_vhost_gets_another_name(site):
    site.conf.add(BOOKS, alias=["old.example"])
    site.start()
    with load(site):
        site.conf.vhosts[MUSIC] = {**site.conf.vhosts.pop(BOOKS), "alias": ["new.example"]}
        site.reload()
        assert [site.status(host) for host in (BOOKS, "old.example")] == [53, 53]
        for host in (MUSIC, "new.example"):
            assert site.ask(host).check(20).text == f"{BOOKS}\n"


def test_a_vhost_gets_another_capsule(site):
    site.conf.add(BOOKS)
    site.start()
    with load(site):
        site.conf.vhosts[BOOKS]["capsule"] = site.conf.capsule(MUSIC)
        site.reload()
        assert site.ask(BOOKS).check(20).text == f"{MUSIC}\n"
        assert f"The piece of {MUSIC}" in site.ask(BOOKS, "/piece.gmi").check(20).text


def test_an_area_comes_and_goes(site):
    site.start()
    sheet = f"gemini://{NEWS}:{site.server.port}/members/rules.gmi"
    assert site.status(path="/members/rules.gmi") == 20
    assert sheet in site.ask(path="/urls.txt").text
    with load(site):
        site.conf.areas[NEWS] = ["/members/"]
        site.reload()
        assert site.status(path="/members/rules.gmi") == 60
        assert sheet not in site.ask(path="/urls.txt").text
        site.conf.areas.clear()
        site.reload()
        assert site.status(path="/members/rules.gmi") == 20
        assert sheet in site.ask(path="/urls.txt").text


def test_an_address_comes_and_goes(site):
    server = site.start()
    with load(site):
        site.conf.options["listen"].append("127.0.0.2:0")
        site.reload()
        server.wait_listeners(2)
        address, port = server.listeners[1]
        assert site.status(address=address, port=port) == 20
        site.conf.options["listen"].pop()
        site.reload()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, port), timeout=5)
    assert len(server.listeners) == 2, "what stays is not told again"


def test_the_same_address_with_other_words_stays_open(site):
    server = site.start()
    with load(site):
        for words in (f"127.0.0.1:{server.port}", f"127.0.0.1:0{server.port}"):
            if len(words.rpartition(":")[2]) > 5:
                continue
            site.conf.options["listen"] = [words]
            site.conf.options["request-timeout"] = 10 + len(words)
            site.reload()
    assert len(server.listeners) == 1


def test_one_address_becomes_all_of_them_and_one_again(site):
    """The two are in each other's way: the one before is closed when the other one answers."""
    server = site.start()
    for words in ("0.0.0.0", "127.0.0.1"):
        site.conf.options["listen"] = [f"{words}:{server.port}"]
        site.reload()
        assert site.status() == 20
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError):  # another server is told that it is taken
                probe.bind(("127.0.0.1", server.port))
        if words == "127.0.0.1":
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.2", server.port), timeout=5)
        else:
            assert site.status(address="127.0.0.2") == 20


def test_a_limit_changes(site):
    site.conf.options["unlimited"] = "127.0.0.1"
    site.start()
    other = {"source": "127.0.0.3"}
    assert [site.status(**other) for _ in range(4)] == [20] * 4
    with load(site):
        site.conf.options.update({"request-burst": 1, "request-rate": 1})
        site.reload()
        assert 44 in [site.status(**other) for _ in range(8)]


def test_the_least_version_of_tls_changes(site):
    site.start()
    assert site.status(version=TLS12) == 20
    with load(site):
        site.conf.options["tls-min"] = "1.3"
        site.reload()
        with pytest.raises((OSError, AssertionError)):
            site.status(version=TLS12)
        assert site.status(version=TLS13) == 20


def test_the_number_of_workers_changes(site):
    server = site.start()
    assert len(server.workers(2)) == 2
    with load(site):
        for count in (4, 1):
            site.conf.options["workers"] = count
            site.reload()
            wait_until(lambda: len(server.children()) == count, 20 * SLOW, f"{count} workers")
    assert "configuration read again: 1 vhost, 1 worker\n" in server.log()


def test_the_keys_move_to_a_process_of_their_own_and_back(site):
    server = site.start()
    descriptors = Path(f"/proc/{server.process.pid}/fd")
    opened = []
    with load(site):
        for how, workers, count in (("on", 2, 3), ("on", 1, 2), ("on", 3, 4), ("off", 3, 3),
                                    ("on", 2, 3)):
            site.conf.options.update({"key-process": how, "workers": workers})
            site.reload()
            wait_until(lambda count=count: len(server.children()) == count, 20 * SLOW,
                       f"{count} processes")
            assert site.status(version=TLS12) == 20
            opened.append(len(list(descriptors.iterdir())))
        wait_until(lambda: len(list(descriptors.iterdir())) <= opened[0] + 2, 10 * SLOW,
                   "descriptors are closed")
    assert "signature" not in server.log() and "ended" not in server.log()


def test_a_proxy_may_call(site):
    server = site.start()
    with load(site):
        site.conf.options["proxy-listen"] = ["127.0.0.1:0"]
        site.reload()
        server.wait_listeners(2)
        header = b"PROXY TCP4 192.0.2.9 127.0.0.1 40000 1965\r\n"
        assert site.status(port=server.listeners[1][1], before=header) == 20
        wait_until(lambda: "192.0.2.0/24" in server.log(), 5 * SLOW, "its line of the log")
        site.conf.options["proxy-from"] = "192.0.2.200"
        site.reload()
        with pytest.raises((OSError, AssertionError)):
            site.status(port=server.listeners[1][1], before=header)


def test_folders_change(site, tmp_path):
    """Certificates and editions are found elsewhere; the lock of the folder before is let go."""
    site.conf.options.update(certs=tmp_path / "certs-one", state=tmp_path / "state-one")
    site.start(certs=False, state=False)
    with load(site):
        site.conf.options.update(certs=tmp_path / "certs-two", state=tmp_path / "state-two")
        site.reload()
        for name in ("certs-two", "state-two"):
            assert any((tmp_path / name).iterdir())
    site.serve.refused(site.conf.capsule(MUSIC), "another server", state=tmp_path / "state-two")
    site.serve(site.conf.capsule(MUSIC), state=tmp_path / "state-one").stop()


def test_who_serves_looks_after_the_folder_of_editions(site, tmp_path):
    """A server that reloads makes a folder again that is deleted: the one that serves, alone."""
    state = tmp_path / "state-one"
    site.conf.options["state"] = state
    server = site.start(state=False)
    good = site.conf.vhosts

    def come_again():
        before = site.told("deleted or replaced")
        shutil.rmtree(state)
        wait_until(lambda: (state / f"{NEWS}.db").exists(), 20 * SLOW, "the edition")
        assert site.told("deleted or replaced") == before + 1
        for worker in server.workers(2):
            worker.kill()
        wait_until(lambda: site.status() == 20, 10 * SLOW, "workers that can read it")

    come_again()
    site.conf.options["max-connections"] = 100
    site.reload()
    come_again()
    (site.conf.folder / "nothing").mkdir()
    site.conf.vhosts = {BOOKS: {"capsule": site.conf.folder / "nothing" / "either"}}
    site.reload(KEPT)
    site.conf.vhosts = good
    come_again()
    assert "another server" not in server.log()


def test_the_command_line_still_counts(site):
    server = site.start(extra=("--max-connections", "8", "--workers", "1"))
    with load(site, threads=1):
        site.conf.options.update({"workers": 3, "max-connections": 4000})
        site.conf.add(BOOKS)
        site.reload()
        assert site.status(BOOKS) == 20
    assert len(server.workers(1)) == 1


def test_hosts_of_a_sole_capsule_change(site):
    capsule = site.conf.vhosts.pop(NEWS)["capsule"]
    site.conf.options["host"] = [NEWS]
    site.start(capsule=Path(capsule))
    with load(site):
        site.conf.options["host"] = [NEWS, BOOKS]
        site.reload()
        assert site.ask(BOOKS).check(20).text == f"{NEWS}\n"


# What is wrong with it


def syntax(conf):
    return conf.text() + "vhost broken {\n", "line "


def option(conf):
    return "colour = 7\n" + conf.text(), "line 1: "


def number(conf):
    return "\nworkers = 1000\n" + conf.text(), "line 2: "


def certificate(conf):
    conf.add(BOOKS, certificate=conf.folder / "none.crt", key=conf.folder / "none.key")
    return conf.text(), "none."


def nameless(conf):
    return conf.text() + 'vhost "music.example" {}\n', "music.example"


def address(conf):
    conf.options["listen"].append("192.0.2.1:1965")  # of no machine
    return conf.text(), "192.0.2.1:1965"


def busy(conf):
    conf.busy = socket.create_server(("127.0.0.1", 0))
    name = f"127.0.0.1:{conf.busy.getsockname()[1]}"
    conf.options["listen"].append(name)
    return conf.text(), name


def members(conf):
    return conf.text() + f'vhost "{BOOKS}" {{ capsule = "{conf.folder}"\n area "/x/" ' \
        '{ list = "no-such-list" } }\n', "no-such-list"


def tickets(conf):
    return f'ticket-keys = "{conf.folder}/no-keys"\n' + conf.text(), "no-keys"


def half(conf):
    return lines({"listen": conf.options["listen"]}), "is it still being written?"


def nothing(_):
    return "", "is it still being written?"


def fifo(conf):
    os.mkfifo(conf.folder / "fifo")
    return conf.folder / "fifo", "a FIFO"


@pytest.mark.parametrize("spoil", [syntax, half, nothing, option, number, certificate, nameless,
                                   address, busy, members, tickets, fifo])
def test_a_bad_file_changes_nothing(site, spoil):
    server = site.start()
    vhosts, options = dict(site.conf.vhosts), {**site.conf.options, "listen": ["127.0.0.1:0"]}
    workers = {process.pid for process in server.workers(2)}
    text, what = spoil(site.conf)
    with load(site):
        site.conf.write(text)
        site.hup()
        wait_until(lambda: KEPT in server.log(), 10 * SLOW, KEPT)
        line, = [line for line in server.log().splitlines() if KEPT in line]
        assert str(site.conf.path) in line and what in line, line
    assert {process.pid for process in server.workers(2)} == workers
    if hasattr(site.conf, "busy"):
        site.conf.busy.close()
    site.conf.vhosts, site.conf.options = vhosts, options
    site.conf.add(MUSIC)
    site.reload()
    assert site.status(MUSIC) == 20


def test_a_file_that_is_gone_changes_nothing(site):
    server = site.start()
    site.conf.path.unlink()
    site.hup()
    wait_until(lambda: KEPT in server.log(), 10 * SLOW, KEPT)
    assert str(site.conf.path) in server.log() and site.status() == 20


def test_a_bad_file_still_brings_new_lists(site):
    """What SIGHUP did before: files that the configuration in service names are read again."""
    server = site.start()
    site.conf.capsule(NEWS)
    (site.conf.capsule(NEWS) / "articles" / "late.txt").write_text(article("Late"))
    site.conf.write("nonsense\n")
    site.hup()
    wait_until(lambda: KEPT in server.log(), 10 * SLOW, KEPT)
    wait_until(lambda: site.status(path="/late.gmi") == 20, 10 * SLOW, "the article")


def test_what_cannot_be_served_is_given_up(site):
    """The capsule of all vhosts that there would be has nothing to press."""
    server = site.start()
    (site.conf.folder / "nothing").mkdir()
    with load(site):
        good = site.conf.vhosts
        site.conf.vhosts = {BOOKS: {"capsule": site.conf.folder / "nothing" / "either"}}
        site.reload(KEPT)
        assert "there is nothing to serve" in server.log()
        site.conf.vhosts = good
    (site.conf.capsule(NEWS) / "articles" / "late.txt").write_text(article("Late"))
    wait_until(lambda: site.status(path="/late.gmi") == 20, 10 * SLOW, "the article")


def test_nothing_new_disturbs_nobody(site):
    server = site.start()
    workers = {process.pid for process in server.workers(2)}
    site.conf.write("# a comment\n" + site.conf.text())
    (site.conf.capsule(NEWS) / "articles" / "late.txt").write_text(article("Late"))
    site.hup()
    wait_until(lambda: site.status(path="/late.gmi") == 20, 10 * SLOW, "the article")
    assert {process.pid for process in server.workers(2)} == workers
    assert TAKEN not in server.log() and f"{site.conf.path}: nothing in it is new" in server.log()


# At a bad moment


def test_many_signals_in_a_row(site):
    server = site.start()
    with load(site):
        for number in range(40):
            site.conf.options["close-timeout"] = 1 + number
            site.conf.vhosts.pop(BOOKS, None)
            if number % 2:
                site.conf.add(BOOKS)
            site.conf.write()
            site.hup()
            time.sleep(0.01 * (number % 4))
        wait_until(lambda: site.status(BOOKS) == 20, 20 * SLOW, "the last configuration")
        site.conf.add(MUSIC)
        site.reload()
        wait_until(lambda: site.status(MUSIC) == 20, 20 * SLOW, "the last configuration")
    wait_until(lambda: len(server.children()) == 2, 20 * SLOW, "two workers")
    assert KEPT not in server.log()


def test_a_signal_while_a_capsule_is_pressed(site):
    server = site.start()
    root = site.conf.capsule(NEWS)
    pressing = f"{NEWS}.db"
    with load(site):
        for round_ in range(3):
            assert any(meet_press(server, root, round_, turn, pressing) for turn in range(20))
            site.conf.options["close-timeout"] = 2 + round_
            site.reload()
    for round_ in range(3):
        wait_until(lambda: site.status(path=f"/r{round_}-119.gmi") == 20, 20 * SLOW, "all articles")
    assert "could not be pressed" not in server.log() and "ended by signal" not in server.log()


def meet_press(server, root, round_, turn, pressing):
    """Write articles and see the press that they bring about; it may be over before we look."""
    for number in range(120):
        text = article(f"Round {round_} {turn} {number}")
        (root / "articles" / f"r{round_}-{number}.txt").write_text(text)
    deadline = time.monotonic() + 2 * SLOW
    while time.monotonic() < deadline:
        if any(command_has(process, pressing) for process in server.children()):
            return True
    return False


def command_has(process, what):
    try:
        return what.encode() in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_a_new_capsule_keeps_nobody_waiting(site):
    """It takes long to press; what is served meanwhile is what was."""
    site.start()
    root = site.conf.capsule(BOOKS)
    for number in range(400):
        (root / "articles" / f"{number}.txt").write_text(article(f"Piece {number}"))
    with load(site):
        site.conf.add(BOOKS)
        site.conf.write()
        site.hup()
        (site.conf.capsule(NEWS) / "articles" / "late.txt").write_text(article("Late"))
        wait_until(lambda: site.status(BOOKS) == 20, 30 * SLOW, "the new capsule")
        wait_until(lambda: site.status(path="/late.gmi") == 20, 10 * SLOW, "the article")


# Those who are there


@both_versions
def test_a_session_resumes_across_it(site, version):
    site.start()
    context = client_context(version)
    first = site.ask(context=context).session
    site.conf.add(BOOKS)
    site.reload()
    answer = site.ask(context=context, session=first)
    assert answer.check(20).resumed
    site.conf.areas[NEWS] = ["/members/"]
    site.reload()
    again = site.ask(path="/members/rules.gmi", context=context, session=answer.session or first)
    assert again.status == 60


def test_a_slow_download_is_not_cut(site):
    site.conf.options["drain-timeout"] = 1
    server = site.start()
    with closing(server.connect(sni=NEWS, timeout=60 * SLOW)) as slow:
        slow.handshake()
        slow.send(f"gemini://{NEWS}:{server.port}/huge.bin".encode() + CRLF)
        first = slow.read_some()
        old = Process.read(server.worker_of(slow))
        for _ in range(3):
            site.conf.options["close-timeout"] = site.conf.options.get("close-timeout", 1) + 1
            site.reload()
        time.sleep(2 * SLOW)  # longer than a server that stops would wait
        assert old.alive(), "its worker serves it on"
        answer = slow.finish(first).check(20)
        assert answer.body == HUGE
    wait_until(lambda: not old.alive(), 10 * SLOW, "its worker ends")


def test_only_so_many_workers_stay_behind_slow_readers(site):
    site.conf.options.update({"drain-timeout": 0, "workers": 1})
    server = site.start()
    readers = []
    for number in range(7):
        slow = server.connect(sni=NEWS, timeout=60 * SLOW).handshake()
        slow.send(f"gemini://{NEWS}:{server.port}/huge.bin".encode() + CRLF)
        readers.append((slow, slow.read_some()))
        site.conf.options["close-timeout"] = 2 + number
        site.reload()
    wait_until(lambda: len(server.children()) <= 5, 10 * SLOW, "the oldest have ended")
    assert readers[-1][0].finish(readers[-1][1]).check(20).body == HUGE
    oldest = readers[0][0].finish(readers[0][1])
    assert not oldest.clean and len(oldest.body) < len(HUGE), "cut, and that can be seen"
    for slow, _ in readers:
        slow.close()


def test_who_has_not_asked_yet_is_answered(site):
    server = site.start()
    with closing(server.connect(sni=NEWS)) as early:
        early.handshake()
        old = Process.read(server.worker_of(early))
        site.conf.add(BOOKS)
        site.reload()
        assert old.alive()
        early.send(f"gemini://{NEWS}:{server.port}/name.txt".encode() + CRLF)
        assert early.finish().check(20).text == f"{NEWS}\n"


# What it costs


def memory(process):
    """Resident bytes that are the process's own."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(text.partition("RssAnon:")[2].split()[0]) * 1024


def seccomp_filters(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"^Seccomp_filters:\s*(\d+)", status, re.MULTILINE)[1])


def test_a_hundred_reloads_take_no_memory(site):
    server = site.start()
    supervisor = Process.read(server.process.pid)
    descriptors = Path(f"/proc/{supervisor.pid}/fd")
    filters = seccomp_filters(supervisor)

    def turn(number):
        site.conf.options["close-timeout"] = 2 + number % 50
        site.conf.vhosts.pop(BOOKS, None)
        if number % 2:
            site.conf.add(BOOKS)
        site.reload()

    with load(site, threads=1):
        for number in range(10):
            turn(number)
        wait_until(lambda: len(server.children()) == 2, 20 * SLOW, "two workers")
        before, open_before = memory(supervisor), len(list(descriptors.iterdir()))
        for number in range(10, 110):
            turn(number)
    wait_until(lambda: len(server.children()) == 2, 20 * SLOW, "two workers")
    wait_until(lambda: len(list(descriptors.iterdir())) <= open_before + 2, 10 * SLOW,
               "descriptors are closed")
    assert seccomp_filters(supervisor) == filters  # each one makes every system call slower
    if SLOW == 1.0:  # a sanitizer keeps what was freed for a while
        wait_until(lambda: memory(supervisor) < before + 256 * 1024, 10, "memory is given back")


# The end


def download(server, host=NEWS):
    slow = server.connect(sni=host, timeout=60 * SLOW).handshake()
    slow.send(f"gemini://{host}:{server.port}/huge.bin".encode() + CRLF)
    return slow, slow.read_some()


def refused(server):
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it was closed while we came
        pass
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_end_lets_running_answers_finish(site, number):
    site.conf.options["drain-timeout"] = 60
    server = site.start()
    slow, first = download(server)
    with closing(slow), closing(server.connect(sni=NEWS)) as idle:
        idle.handshake()
        server.process.send_signal(number)
        wait_until(lambda: refused(server), 5 * SLOW, "new connections are refused")
        assert server.process.poll() is None
        assert idle.finish().data == b"", "who has not asked is let go, without an answer"
        assert slow.finish(first).check(20).body == HUGE
    server.stop(None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_answers_that_take_longer_are_cut_and_that_can_be_seen(site, number):
    site.conf.options["drain-timeout"] = 1
    server = site.start()
    slow, first = download(server)
    with closing(slow):
        start = time.monotonic()
        server.process.send_signal(number)
        server.stop(None)
        assert 0.9 < time.monotonic() - start < 3 * SLOW
        answer = slow.finish(first)
    assert not answer.clean and len(answer.body) < len(HUGE)
    assert "server stops" in server.log()


@pytest.mark.parametrize("numbers", [(signal.SIGTERM, signal.SIGTERM),
                                     (signal.SIGINT, signal.SIGINT)])
def test_a_second_signal_waits_for_nobody(site, numbers):
    site.conf.options["drain-timeout"] = 60
    server = site.start()
    slow, first = download(server)
    with closing(slow):
        server.process.send_signal(numbers[0])
        wait_until(lambda: refused(server), 5 * SLOW, "new connections are refused")
        start = time.monotonic()
        server.process.send_signal(numbers[1])
        server.stop(None)
        assert time.monotonic() - start < 3 * SLOW
        assert not slow.finish(first).clean
    assert "ended by signal" not in server.log()


@pytest.mark.parametrize("pause", [0, 0.005, 0.02, 0.05, 0.1, 0.2])
def test_the_end_in_the_midst_of_it(site, pause):
    server = site.start()
    slow, _ = download(server)
    with closing(slow):
        site.conf.options["drain-timeout"] = 0
        site.reload()
        site.conf.add(BOOKS)
        site.conf.write()
        site.hup()
        time.sleep(pause)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refused(server), 5 * SLOW, "new connections are refused")
    server.stop(None)


def test_a_server_that_reloads_at_its_start(site):
    """The signal comes before anything is served."""
    site.conf.write()
    server = site.serve.launch(None, hosts=(), listen=(), workers=False,
                               extra=("--config", site.conf.path))
    site.server = server
    wait_until(lambda: "sandbox:" in server.log(), 10 * SLOW, "the start")
    site.conf.add(BOOKS)
    site.conf.write()
    wait_until(lambda: hears(server.process.pid, signal.SIGHUP), 10 * SLOW, "a signal is heard")
    os.kill(server.process.pid, signal.SIGHUP)
    server.wait_listeners(1)
    wait_until(lambda: site.status(BOOKS) == 20, 20 * SLOW, "the new vhost")


def hears(pid, number):
    """Does the process catch this signal?"""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("SigCgt:")[2].split()[0], 16) >> (number - 1) & 1
