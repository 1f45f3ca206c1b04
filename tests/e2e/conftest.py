"""Fixtures: capsules, and servers that are looked at again when they end."""

import tempfile
from pathlib import Path

import pytest

import program
import samples
from amfora import Amfora
from clients import build_mirror, require_client


@pytest.fixture(scope="session", autouse=True)
def _the_program_is_built():
    if not program.BINARY.is_file():
        pytest.exit(f"{program.BINARY} is missing: run make first", 2)


@pytest.fixture
def capsule(tmp_path):
    """A capsule that holds the seed article and nothing else."""
    return samples.Capsule(tmp_path / "capsule", seed=True)


@pytest.fixture
def empty_capsule(tmp_path):
    """A capsule with an empty folder of articles."""
    return samples.Capsule(tmp_path / "capsule")


@pytest.fixture
def serve(tmp_path):
    """serve(capsule, ...) starts a server that is ended, and checked, after the test."""
    servers = program.Servers(tmp_path)
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def serve_module(tmp_path_factory):
    """As `serve`, for servers that a whole file of tests shares."""
    servers = program.Servers(tmp_path_factory.mktemp("servers"))
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def site(serve_module, tmp_path_factory):
    """A server on the full sample capsule; tests must leave it as it is."""
    return serve_module(samples.full_capsule(tmp_path_factory.mktemp("site") / "capsule"))


@pytest.fixture(scope="session", params=["gemget", "our own client"])
def fetcher(request, tmp_path_factory):
    """The real gemget; and mirror/mirror.go, which is ours, on gemget's library, for machines that
    cannot have gemget."""
    if request.param == "gemget":
        return require_client("gemget")
    return build_mirror(tmp_path_factory.mktemp("go"))


@pytest.fixture
def browse():
    """browse(url, configuration) opens Amfora there; it is ended after the test."""
    with tempfile.TemporaryDirectory(prefix="amfora-") as home:
        opened = []

        def start(url, configuration=None):
            if configuration is not None:
                path = Path(home) / "config" / "amfora" / "config.toml"
                path.parent.mkdir(parents=True)
                path.write_text(configuration)
            opened.append(Amfora(home, url))
            return opened[-1]

        yield start
        for amfora in opened:
            amfora.end()
