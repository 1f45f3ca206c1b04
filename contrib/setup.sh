#!/bin/sh
# Install what broadsheet needs on Debian, then run a command in the repository's root:
#
#   contrib/setup.sh run|test|lint [COMMAND [ARGUMENT...]]
#
# run: build and serve; test: also the test suites; lint: also what the checks of the source need.
# What is installed already is left alone.  Root, or sudo, is needed only to install packages.
set -eu

run_packages='make gcc libc6-dev pkg-config libssl-dev libmagic-dev libuv1-dev libsqlite3-dev
    libunistring-dev libconfuse-dev libgumbo-dev libmd4c-dev libcjson-dev libuchardet-dev
    liburiparser-dev libstemmer-dev libseccomp-dev'
test_packages='libcmocka-dev python3 python3-pytest python3-pytest-xdist openssl tmux amfora lowdown
    haproxy git valgrind ca-certificates golang-github-makeworld-the-better-one-go-gemini-dev'
lint_packages='clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev llvm-19 cppcheck'
gemget=github.com/makeworld-the-better-one/gemget@v1.9.0
refused=build/refused-clients # names of test clients that the registry does not have
log=build/setup.log           # what the tools said

say() { printf 'setup: %s\n' "$*"; }
warn() { printf 'setup: warning: %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

installed() {
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) in
    *ii*) return 0 ;;
    *) return 1 ;;
    esac
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Use-Pty=0 "$@" >>"$log" 2>&1 </dev/null
}

install_packages() {
    missing=
    for package in "$@"; do
        installed "$package" || missing="$missing $package"
    done
    [ -n "$missing" ] || { say 'all packages are installed'; return; }
    command -v apt-get >/dev/null || die "no apt-get here; install by other means:$missing"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
        die "needs root: run it as root, or install sudo, to install$missing"
    say "installing$missing"
    # A foreign source that fails to update need not matter; what matters is the next step.
    apt update || warn "apt-get update failed, see $log"
    apt install --no-install-recommends $missing || {
        tail -n 20 "$log" >&2
        die "apt-get install failed, see $log"
    }
    say 'packages installed'
}

# Is the go at $1 1.19 or newer?
go_will_do() {
    version=$("$1" version 2>/dev/null | sed -n 's/^go version go\([0-9]*\.[0-9]*\).*/\1/p')
    [ -n "$version" ] || return 1
    [ "${version%%.*}" -gt 1 ] || [ "${version#*.}" -ge 19 ]
}

forget_refusal() {
    [ -f "$refused" ] || return 0
    sed -i '/^gemget$/d' "$refused"
}

# gemget is not in Debian.  Without it the tests that need it say so; nothing else suffers.
install_gemget() {
    go=go
    go_will_do go || go=/usr/bin/go
    bin=$("$go" env GOBIN)
    [ -n "$bin" ] || bin=$("$go" env GOPATH | cut -d: -f1)/bin
    PATH=$PATH:$bin
    export PATH
    if command -v gemget >/dev/null; then
        forget_refusal
        return
    fi
    if grep -qsx gemget "$refused"; then
        warn "gemget is missing: the registry does not have it (to ask again, delete $refused)"
        return
    fi
    say 'installing gemget'
    if output=$(GO111MODULE=on timeout 300 "$go" install "$gemget" 2>&1 </dev/null); then
        say 'gemget installed'
        return
    fi
    printf '%s\n' "$output" >>"$log"
    case $output in
    *'403 Forbidden'* | *'404 Not Found'* | *'410 Gone'*)
        echo gemget >>"$refused"
        warn "gemget is missing: the registry answers that this module is not available"
        ;;
    *)
        warn "gemget is missing: go install failed, see $log"
        ;;
    esac
}

usage='usage: contrib/setup.sh run|test|lint [COMMAND [ARGUMENT...]]'
level=${1-}
case $level in
run) packages=$run_packages ;;
test) packages="$run_packages $test_packages" ;;
lint) packages="$run_packages $test_packages $lint_packages" ;;
*) printf '%s\n' "$usage" >&2; exit 2 ;;
esac
script=$(readlink -f "$0")
cd "$(dirname "$script")/.."
mkdir -p build 2>/dev/null && [ -w build ] || die "cannot write to $PWD/build"

[ "$level" = run ] || go_will_do go || packages="$packages golang-go"
install_packages $packages

# Called with sudo in a user's checkout: the rest is that user's, so that nothing becomes root's.
if [ "$(id -u)" -eq 0 ] && [ "${SUDO_UID:-0}" -ne 0 ] && [ "$(stat -c %u .)" = "$SUDO_UID" ]; then
    chown -R "$SUDO_UID:$SUDO_GID" build
    exec sudo -H -u "#$SUDO_UID" -- "$script" "$@"
fi

[ "$level" = run ] || install_gemget
shift
[ $# -eq 0 ] || exec "$@"
