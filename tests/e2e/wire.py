"""A Gemini client that sees the wire.

TLS runs over memory buffers, so a test decides how bytes are cut into segments and records, can
half-close, and sees whether the answer ended with close_notify, a bare FIN or a reset.
"""

import re
import select
import socket
import ssl
import struct
import subprocess
import time
import warnings
from contextlib import closing

import pytest

TIMEOUT = 20.0  # seconds; the longest that any single exchange may take
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
TLS_VERSIONS = (TLS12, TLS13)
both_versions = pytest.mark.parametrize("version", TLS_VERSIONS, ids=("TLS 1.2", "TLS 1.3"))
HEADER = re.compile(rb"([1-6]\d) ([^\r\n]{1,1024})\r\n")


def client_context(version=None, ciphers=None, alpn=None):
    """A context that trusts every certificate; `version` pins the protocol version."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Python takes a bare FIN for a close_notify unless it is told not to.
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    if version is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
    if ciphers is not None:
        context.set_ciphers(ciphers)
    if alpn is not None:
        context.set_alpn_protocols(alpn)
    return context


class Answer:
    """What came back on one connection, and how it ended."""

    def __init__(self, data, *, clean, closed, reset, error, seconds, tls):
        self.data = data  # all decrypted bytes
        self.clean = clean  # did close_notify come?
        self.closed = closed  # did the TCP connection end after it?
        self.reset = reset  # did it end in a reset?
        self.error = error  # text of a TLS alert or error, or None
        self.seconds = seconds  # from connect to the end of the TCP connection
        self.version = tls.version()
        self.cipher = tls.cipher()
        self.resumed = tls.session_reused
        self.session = tls.session

    def _header(self):
        found = HEADER.match(self.data)
        assert found, f"no response header in {self.data[:80]!r} ({self.error or 'no TLS error'})"
        return found

    @property
    def status(self):
        return int(self._header()[1])

    @property
    def meta(self):
        meta = self._header()[2].decode("utf-8")
        assert meta.isprintable(), f"control characters in {meta!r}"
        return meta

    @property
    def body(self):
        body = self.data[self._header().end() :]
        assert self.status == 20 or not body, f"a {self.status} with a body: {body[:80]!r}"
        return body

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def title(self):
        """Text of the page's first heading line."""
        return self.text.partition("\n")[0].removeprefix("# ")

    def check(self, status=None):
        """A whole answer: header, close_notify, TCP end, no reset.  Returns itself."""
        seen = (self.status, self.meta, len(self.body))
        assert self.clean, f"no close_notify after {seen} ({self.error})"
        assert self.closed and not self.reset, f"no orderly end after {seen}"
        assert status in (None, self.status), f"{status} expected, got {seen}"
        return self


class Connection:
    """One TLS connection from the client's side."""

    def __init__(self, port, *, address="127.0.0.1", sni="localhost", version=None, context=None,
                 session=None, timeout=TIMEOUT, receive_buffer=None, source=None, before=b""):
        """Connect.

        source  address to call from
        before  bytes that are sent in front of the first ones of TLS, in one segment with them
        """
        self.started = time.monotonic()
        self.deadline = self.started + timeout
        self.reset = False
        self.ended = False
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        self.before = before
        if source is not None:
            self.sock.bind((source, 0))
        self.sock.connect((address, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = context or client_context(version)
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=sni,
                                    session=session)

    def close(self):
        self.sock.close()

    def abort(self):
        """End the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _left(self):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the server neither answered nor closed in time")
        return left

    def _receive(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except ConnectionError:
            self.reset, data = True, b""
        if data:
            self.incoming.write(data)
        else:
            self.ended = True
            self.incoming.write_eof()

    def _wait(self):
        if not self.ended and select.select([self.sock], [], [], self._left())[0]:
            self._receive()

    def write_raw(self, data):
        """Bytes below TLS, as they are; what comes in meanwhile is kept."""
        view = memoryview(data)
        while view and not self.reset:
            readers = [] if self.ended else [self.sock]
            readable, writable, _ = select.select(readers, [self.sock], [], self._left())
            if readable:
                self._receive()
            if writable:
                try:
                    view = view[self.sock.send(view) :]
                except BlockingIOError:
                    continue
                except ConnectionError:
                    self.reset = True

    def flush(self, segment=None):
        data, self.before = self.before + self.outgoing.read(), b""
        step = segment or max(len(data), 1)
        for start in range(0, len(data), step):
            self.write_raw(data[start : start + step])

    def handshake(self, segment=None):
        """Shake hands, in TCP segments of `segment` bytes if given.  Returns itself."""
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush(segment)
                self._wait()
        self.flush(segment)
        return self

    def send(self, *chunks, segment=None):
        """Each chunk becomes a record of its own, sent at once."""
        for chunk in chunks:
            self.tls.write(chunk)
            self.flush(segment)

    def send_together(self, *chunks):
        """Each chunk a record, all records in one segment."""
        for chunk in chunks:
            self.tls.write(chunk)
        self.flush()

    def half_close(self):
        """FIN: nothing more will be sent; no close_notify before it."""
        self.sock.shutdown(socket.SHUT_WR)

    def send_close_notify(self):
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        self.flush()

    def read_some(self):
        """At least one byte of the answer."""
        while True:
            try:
                return self.tls.read(1)
            except ssl.SSLWantReadError:
                assert not self.ended, "the connection ended before any answer"
                self._wait()

    def read_through(self, size, keep=1024):
        """Read `size` bytes of the answer; the first `keep` of them."""
        first, seen = b"", 0
        while seen < size:
            try:
                part = self.tls.read(65536)
            except ssl.SSLWantReadError:
                assert not self.ended, f"the connection ended after {seen} bytes"
                self._wait()
                continue
            assert part, f"the answer ended after {seen} bytes"
            first += part[: keep - len(first)]
            seen += len(part)
        return first

    def finish(self, data=b""):
        """Read to the end of the connection; `data` is what was read before."""
        parts, clean, error = [data], False, None
        while True:
            try:
                part = self.tls.read(65536)
            except ssl.SSLWantReadError:
                self.flush()
                self._wait()
                continue
            except ssl.SSLZeroReturnError:
                part = b""
            except ssl.SSLError as failure:
                error = str(failure)
                break
            if not part:
                clean = True
                break
            parts.append(part)
        behind = self._await_end()
        assert not (clean and behind), f"{len(behind)} bytes after close_notify: {behind[:40]!r}"
        return Answer(b"".join(parts), clean=clean, closed=self.ended, reset=self.reset,
                      error=error, seconds=time.monotonic() - self.started, tls=self.tls)

    def _await_end(self):
        while not self.ended:
            self._wait()
        return self.incoming.read()


def exchange(port, chunks, *, segment=None, half_close=None, **options):
    """Connect, send each chunk as a record, read to the end.

    half_close  None, "fin" or "close_notify": what follows the last chunk
    options     as for Connection
    """
    with closing(Connection(port, **options)) as connection:
        connection.handshake(segment)
        connection.send(*([chunks] if isinstance(chunks, bytes) else chunks), segment=segment)
        if half_close == "close_notify":
            connection.send_close_notify()
        if half_close is not None:
            connection.half_close()
        return connection.finish()


def plain(port, data, *, enough=None, timeout=TIMEOUT):
    """What the server sends to raw bytes, until it closes or `enough` bytes are there."""
    seen = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        deadline = time.monotonic() + timeout
        try:
            sock.sendall(data)
            while (enough is None or len(seen) < enough) and (part := sock.recv(65536)):
                seen += part
                sock.settimeout(max(deadline - time.monotonic(), 0.001))
        except ConnectionError:
            pass
    return seen


def openssl_client(port, request, *options):
    """What `openssl s_client` reads: for what Python's ssl cannot send."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", *options]
    done = subprocess.run(command, input=request, capture_output=True, timeout=TIMEOUT,
                          check=False)
    return done.stdout


def client_hello(version, record_version=0x0301):
    """A hand-made ClientHello of SSL 3.0 to TLS 1.2 (`version` as on the wire), in one record."""
    suites = struct.pack("!7H", 0xC02B, 0xC02C, 0xCCA9, 0xC009, 0xC00A, 0x002F, 0x00FF)
    extensions = b"".join(
        struct.pack("!HH", kind, len(body)) + body
        for kind, body in (
            (0, b"\x00\x0c\x00\x00\x09localhost"),  # server_name
            (10, struct.pack("!HHH", 4, 23, 29)),  # supported_groups: P-256, X25519
            (11, b"\x01\x00"),  # ec_point_formats: uncompressed
            (13, struct.pack("!HHH", 4, 0x0403, 0x0203)),  # ecdsa with SHA-256, SHA-1
        )
    )
    hello = struct.pack("!H", version) + bytes(range(32)) + b"\x00"
    hello += struct.pack("!H", len(suites)) + suites + b"\x01\x00"
    hello += struct.pack("!H", len(extensions)) + extensions
    handshake = b"\x01" + struct.pack("!I", len(hello))[1:] + hello
    return b"\x16" + struct.pack("!HH", record_version, len(handshake)) + handshake
