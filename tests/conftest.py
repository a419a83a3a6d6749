"""What all tests share. A missing engine fails the tests that run the real one: they are never skipped."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator.server import EmulatorServer
from tests.support.azure import Azure
from tests.support.project import Project, engine_environment
from tools import stack
from tools.engine import ROOT


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run side by side: those with the real engine wait for it a third of their time."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An engine home of the tests' own, with the stand-in plugin in it."""
    home = tmp_path_factory.mktemp("pulumi-home")
    stack.install_plugin(home)
    return home


@pytest.fixture(scope="session")
def offline(pulumi_home: Path) -> dict[str, str]:
    """The environment of a pulumi command that needs no Azure."""
    return engine_environment(pulumi_home)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    """One emulator for all tests of a worker; each has an Azure subscription of its own in it."""
    with EmulatorServer(tmp_path_factory.mktemp("emulator")) as server:
        yield server


@pytest.fixture
def new_azure(emulator: EmulatorServer) -> Iterator[Callable[[], Azure]]:
    """Makes an Azure subscription that no other test sees."""
    with contextlib.ExitStack() as opened:
        yield lambda: opened.enter_context(Azure(emulator))


@pytest.fixture
def azure_of(emulator: EmulatorServer) -> Iterator[Callable[[str], Azure]]:
    """Makes the Azure subscription of an id, for what was recorded with it."""
    with contextlib.ExitStack() as opened:
        yield lambda subscription_id: opened.enter_context(Azure(emulator, subscription_id))


@pytest.fixture
def azure(new_azure: Callable[[], Azure]) -> Azure:
    """The test's own Azure subscription."""
    return new_azure()


@pytest.fixture
def environment(offline: dict[str, str], azure: Azure) -> dict[str, str]:
    """The environment of a pulumi command that deploys to the test's Azure subscription."""
    return {**offline, **azure.environment}


@pytest.fixture
def repository(environment: dict[str, str], tmp_path: Path) -> Project:
    """A copy of the repository's stack."""
    return Project.of_the_repository(tmp_path / "repository", environment)


@pytest.fixture
def program(environment: dict[str, str], tmp_path: Path) -> Callable[[str], Project]:
    """Makes a project of a program that imports the components."""
    return lambda text: Project.of_program(tmp_path / "program", environment, text)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, as `make wheel` builds it."""
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = directory.glob("*.whl")
    return built
