"""Programs of other people that the tests drive, and what to do where one is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

GOCODE = Path("/usr/share/gocode")
LIBRARY = GOCODE / "src" / "github.com" / "makeworld-the-better-one" / "go-gemini"
TIMEOUT = 60  # for one URL


def missing(name, what):
    """A client cannot be had: CI fails, any other machine skips, and both say so.

    BROADSHEET_REFUSED lists clients that the package registry itself refused to the set-up script:
    nobody can do anything about those, in CI either.
    """
    refused = re.split(r"[\s,:]+", os.environ.get("BROADSHEET_REFUSED", ""))
    if name in refused:
        pytest.skip(f"{name}: the package registry refused it to the set-up script")
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}: CI must have it; is the set-up script complete?")
    pytest.skip(what)


def require_client(name):
    """The path of a client program, or of another that stands between it and the server."""
    places = f"{Path.home() / 'go' / 'bin'}:/usr/sbin"
    found = shutil.which(name) or shutil.which(name, path=places)
    return found or missing(name, f"{name} is not installed")


def require_folder(name, path):
    """A folder that a package brings."""
    return path if Path(path).is_dir() else missing(name, f"{path} is missing")


def openssl(*arguments, data=None):
    """What the openssl program prints; that it fails is an error."""
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True,
                          timeout=30).stdout


def build_mirror(folder):
    """Build mirror/mirror.go with Debian's library, from whichever Go is there."""
    go = require_client("go")
    require_folder("go-gemini", LIBRARY)
    program = folder / "mirror"
    environment = {**os.environ, "HOME": str(Path.home()), "CGO_ENABLED": "0", "GOFLAGS": "",
                   "GO111MODULE": "off", "GOPATH": f"{folder}:{GOCODE}", "GOTOOLCHAIN": "local"}
    source = Path(__file__).parent / "mirror" / "mirror.go"
    done = subprocess.run([go, "build", "-o", program, source], env=environment,
                          capture_output=True, text=True, timeout=540, check=False)
    assert done.returncode == 0, done.stderr
    return program


def fetch(fetcher, url):
    """What gemget, or our own client in its place, prints of a URL; that it fails is an error."""
    return subprocess.run([fetcher, "-q", "-o", "-", url], capture_output=True, timeout=TIMEOUT,
                          check=True).stdout
