#!/bin/sh
# Do both of the README's commands work on a machine with nothing on it?
#
#   contrib/clean-machine.sh [RELEASE...]        (as root; default: bookworm trixie)
#
# For each Debian release: make a bare tree with debootstrap, put a copy of HEAD into it, and in it
# (1) run the README's line with `make run` and fetch the front page from outside, (2) run its line
# with `make test`.  Everything is kept under build/clean-machine/: the bare trees, packed, for next
# time; the trees; the logs.
#
#   MIRROR=URL     where debootstrap gets Debian (default: as this machine's apt does)
#   BASE_DIR=DIR   take bare trees from DIR/base-RELEASE instead of making them
set -eu

port=1965
start_seconds=900  # for the run command to install, build and say its address
stop_seconds=20    # for the server to end
test_seconds=2400  # for the test command

say() { printf 'clean-machine: %s\n' "$*"; }
die() { printf 'clean-machine: %s\n' "$*" >&2; exit 1; }

cd "$(dirname "$(readlink -f "$0")")/.."
[ "$(id -u)" -eq 0 ] || die 'must be run as root'
# Mounts are made in a mount namespace of our own: whatever happens, they end with us.
if [ "${CLEAN_MACHINE_NAMESPACE-}" != "$PWD" ]; then
    command -v unshare >/dev/null || die 'needs unshare (package util-linux)'
    CLEAN_MACHINE_NAMESPACE=$PWD exec unshare --mount -- "$0" "$@"
fi
[ $# -gt 0 ] || set -- bookworm trixie

store=$PWD/build/clean-machine
tree=
server=

# The first line in a code block of README.md that contains $1.
readme_command() {
    awk -v want="$1" '/^```/ { inside = !inside; next }
        inside && index($0, want) { sub(/^ *\$ /, ""); print; exit }' README.md
}

mirror() {
    apt-get indextargets --format '$(REPO_URI)' | sed -n '\,/debian/*$,{p;q}'
}

# End what still runs in the tree, told by its root folder, and unmount.
leave_tree() {
    [ -n "$tree" ] || return 0
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/root" 2>/dev/null)" != "$tree" ] ||
            kill -KILL "${process#/proc/}" 2>/dev/null || true
    done
    for mounted in dev proc; do
        ! mountpoint -q "$tree/$mounted" || umount --recursive --lazy "$tree/$mounted"
    done
    tree=
}

# Ask the server's process group to end; true when it did so by itself.
stop_server() {
    [ -n "$server" ] || return 0
    group=$server
    server=
    kill -TERM "-$group" 2>/dev/null || true
    for _ in $(seq "$stop_seconds"); do
        kill -0 "-$group" 2>/dev/null || return 0
        sleep 1
    done
    kill -KILL "-$group" 2>/dev/null || true
    return 1
}

finish() {
    status=$?
    trap - EXIT
    stop_server || true
    leave_tree
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Pack a bare tree of release $1 into $store/base-$1.tar, unless it is there.
make_base() {
    [ ! -f "$store/base-$1.tar" ] || return 0
    base=${BASE_DIR:+$BASE_DIR/base-$1}
    if [ -z "$base" ]; then
        command -v debootstrap >/dev/null || die 'needs debootstrap: apt-get install debootstrap'
        from=${MIRROR:-$(mirror)}
        [ -n "$from" ] || die "found no Debian mirror in this machine's apt sources: set MIRROR"
        base=$store/base-$1
        rm -rf --one-file-system "$base"
        say "$1: making a bare tree"
        debootstrap --variant=minbase "$1" "$base" "$from" >"$store/$1-debootstrap.log" 2>&1 ||
            die "$1: debootstrap failed, see $store/$1-debootstrap.log"
    fi
    [ -x "$base/bin/sh" ] || die "$1: no bare tree in $base"
    tar -C "$base" --one-file-system -cf "$store/base-$1.tar.new" .
    mv "$store/base-$1.tar.new" "$store/base-$1.tar"
    [ -n "${BASE_DIR-}" ] || rm -rf --one-file-system "$base"
}

# Lay out $store/$1 anew: a bare tree, a clone of HEAD in /root/broadsheet, /proc and /dev.
enter_tree() {
    make_base "$1"
    rm -rf --one-file-system "${store:?}/$1"
    mkdir -p "$store/$1"
    tar -C "$store/$1" -xf "$store/base-$1.tar"
    git clone --quiet --no-hardlinks "$PWD" "$store/$1/root/broadsheet"
    cp --remove-destination "$(readlink -f /etc/resolv.conf)" "$store/$1/etc/resolv.conf"
    # debootstrap leaves this file to Debian's installer.
    [ -f "$store/$1/etc/hosts" ] ||
        printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' >"$store/$1/etc/hosts"
    tree=$store/$1
    mount -t proc proc "$tree/proc"
    mount --rbind /dev "$tree/dev"
}

# inside COMMAND [LAUNCHER...]: become COMMAND in the tree, its environment clean, by LAUNCHER.
inside() {
    command="cd /root/broadsheet && $1"
    shift
    set -- "$@" env -i HOME=/root TERM=xterm LANG=C.UTF-8 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY GOPROXY GOFLAGS; do
        eval "value=\${$name-}"
        [ -z "$value" ] || set -- "$@" "$name=$value"
    done
    exec "$@" chroot "$tree" /bin/sh -c "$command" </dev/null
}

# Fetch gemini://localhost/ and print the response's header; true when it is a success with a body.
fetch() {
    python3 - "$port" <<'EOF'
import socket
import ssl
import sys

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
with socket.create_connection(("localhost", int(sys.argv[1])), timeout=20) as plain:
    with context.wrap_socket(plain, server_hostname="localhost") as conn:
        conn.sendall(b"gemini://localhost/\r\n")
        answer = b"".join(iter(lambda: conn.recv(65536), b""))
header, _, body = answer.partition(b"\r\n")
print(header.decode(errors="replace"), f"({len(body)} bytes)")
sys.exit(0 if header.startswith(b"20 ") and body else 1)
EOF
}

port_is_free() {
    python3 - "$port" <<'EOF'
import socket
import sys

for address in ("127.0.0.1", "::1"):
    try:
        socket.create_connection((address, int(sys.argv[1])), timeout=5).close()
        sys.exit(1)
    except OSError:
        pass
EOF
}

try_run() {
    log=$store/$1-run.log
    port_is_free || die "port $port is in use on this machine"
    say "$1: run: $run_command"
    : >"$log"
    (inside "$run_command" setsid) >"$log" 2>&1 &
    server=$!
    waited=0
    until grep -q 'gemini://' "$log"; do
        kill -0 "$server" 2>/dev/null || { tail -n 20 "$log"; die "$1: run: ended, see $log"; }
        [ "$waited" -lt "$start_seconds" ] || die "$1: run: no address after $waited s, see $log"
        sleep 1
        waited=$((waited + 1))
    done
    say "$1: run: says after $waited s: $(grep -m 1 'gemini://' "$log")"
    header=$(fetch) || die "$1: run: bad answer: $header"
    say "$1: run: answers $header"
    stop_server || die "$1: run: did not end within $stop_seconds s of SIGTERM"
    port_is_free || die "$1: run: something still listens on port $port"
}

try_test() {
    log=$store/$1-test.log
    say "$1: test: $test_command"
    status=0
    (inside "$test_command" timeout --kill-after=30 "$test_seconds") >"$log" 2>&1 || status=$?
    last=$(tail -n 1 "$log")
    case $status:$last in
    0:[1-9]*' passed, 0 failed'*) say "$1: test: $last" ;;
    *)
        tail -n 40 "$log"
        die "$1: test: failed (exit status $status), see $log"
        ;;
    esac
}

command -v python3 >/dev/null || die 'needs python3'
git rev-parse --quiet --verify HEAD >/dev/null || die 'nothing is committed yet'
[ -z "$(git status --porcelain)" ] || say 'note: what is not committed is not part of this'
run_command=$(readme_command 'make run')
test_command=$(readme_command 'make test')
[ -n "$run_command" ] || die 'README.md has no code block with a line that contains: make run'
[ -n "$test_command" ] || die 'README.md has no code block with a line that contains: make test'
mkdir -p "$store"
for release in "$@"; do
    enter_tree "$release"
    try_run "$release"
    try_test "$release"
    leave_tree
    say "$release: good"
done
