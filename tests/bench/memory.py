"""Memory of connections: what each kind of waiting client costs the server, and what is left of it.

Clients are held by a process of their own, several thousand at a time; the figures are those of all
processes of the server together, less the program and the libraries, which are mapped anyway.
"""

import multiprocessing
import resource
import socket
import time
from pathlib import Path

CALM_SECONDS = 1.0  # until the server has taken the last of the clients in
SETTLE_SECONDS = 15.0  # in which what a peak took must have been given back
GROWTH_MARKS = 5
HELLO_SIZE = 512  # bytes that the half-sent hello announces


def tcp(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def silent(port, _context):
    return tcp(port)


def half_hello(port, _context):
    held = tcp(port)
    hello = b"\x16\x03\x01" + HELLO_SIZE.to_bytes(2, "big") + b"\x01\x00"
    held.sendall(hello + (HELLO_SIZE - 4).to_bytes(2, "big") + b"\x03\x03" + bytes(HELLO_SIZE // 2))
    return held


def handshaken(port, context):
    held = tcp(port)
    return context.wrap_socket(held, server_hostname="localhost")


KINDS = (
    ("silent TCP connection", silent),
    ("half-sent ClientHello", half_hello),
    ("idle after the handshake", handshaken),
)


def own_kib(pids):
    """KiB of memory that these processes have for themselves, without program and libraries: the
    client has OpenSSL mapped too, and would take a share of it off them."""
    total = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += next(int(line.split()[1]) for line in text.splitlines() if "Pss_Anon:" in line)
    return total


def hold(port, make, count, pipe):
    """Hold so many clients: tell that they are there, wait for a word, tell how many still were."""
    import ssl

    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(count + 100, most)), most))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    began = time.monotonic()
    held = [make(port, context) for _ in range(count)]
    pipe.send(time.monotonic() - began)
    pipe.recv()
    pipe.send(sum(alive(one) for one in held))


def alive(held):
    """Had the server kept this connection, which ends here? Tickets may lie there unread."""
    plain = socket.socket(fileno=held.detach())
    plain.setblocking(False)
    try:
        while plain.recv(65536):
            pass
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        plain.close()


def held_kib(server_kib, port, make, count, failure):
    """KiB of the server while it holds so many clients."""
    ours, theirs = multiprocessing.Pipe()
    holder = multiprocessing.get_context("fork").Process(
        target=hold, args=(port, make, count, theirs), daemon=True
    )
    holder.start()
    theirs.close()
    try:
        took = ours.recv()
        time.sleep(CALM_SECONDS)
        kib = server_kib()
        ours.send(True)
        kept = ours.recv()
    except EOFError as error:
        raise failure("the process that holds the clients has failed") from error
    finally:
        ours.close()
        holder.join(30)
    if kept < count:
        raise failure(f"{count - kept} of {count} clients were gone after {took:.1f} s: hold fewer")
    return kib


def memory_run(server, load, count, requests, failure):
    """Print what the kinds of clients cost, what is left of them, and what many requests leave.

    server    whose pids() are looked at
    load      called with a number of requests, makes them
    """

    def kib():
        return own_kib(server.pids())

    load(1000)
    before = kib()
    print(f"\nKiB for each of {count} connections, {server.name}")
    for name, make in KINDS:
        most = held_kib(kib, server.port, make, count, failure)
        print(f"  {name:<30}{(most - before) / count:>8.2f}   {most / 1024:>6.1f} MiB in all")
    time.sleep(SETTLE_SECONDS)
    print(f"  {'before, and after the peaks':<30}{before / 1024:>8.1f} {kib() / 1024:>8.1f} MiB")
    marks = [kib()]
    for _ in range(GROWTH_MARKS):
        load(requests // GROWTH_MARKS)
        marks.append(kib())
    print(f"  KiB in all, every {requests // GROWTH_MARKS} requests: {' '.join(map(str, marks))}")
