"""One emulator for each test module, as a server with TLS; its state is new for each test."""

from collections.abc import Iterator

import pytest

from emulator.server import EmulatorServer
from tests.emulator.arm_client import ArmClient


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorServer]:
    """A running emulator."""
    with EmulatorServer(tmp_path_factory.mktemp("emulator")) as server:
        yield server


@pytest.fixture(scope="module")
def deployer(emulator: EmulatorServer) -> ArmClient:
    """A client signed in as the deployer."""
    return ArmClient(emulator)


@pytest.fixture
def arm(deployer: ArmClient) -> ArmClient:
    """The deployer's client, of an emulator that holds nothing yet."""
    deployer.control("POST", "reset")
    return deployer
