"""A scripted cloud and the stand-in plugin configured for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provider import arm_server, plugin


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose certificates serve all tests of this process."""
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def arm(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[arm_server.ArmServer]:
    """A scripted cloud; the environment leads to it."""
    with arm_server.serve(certificates) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def unconfigured() -> Iterator[plugin.Plugin]:
    """A plugin that the engine has not configured yet."""
    with plugin.serve() as served:
        yield served


@pytest.fixture
def provider(arm: arm_server.ArmServer, unconfigured: plugin.Plugin) -> plugin.Plugin:
    """A plugin that is configured for the scripted cloud."""
    unconfigured.configure(location="eastus2")
    return unconfigured
