"""Programs of other people that the tests drive, and what to do where one is missing."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest


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
