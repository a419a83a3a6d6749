"""The server as a thing: state that survives, one process for each state, the command line."""

import json
import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.process import EmulatorRunningError, running_process
from emulator.server import EmulatorServer
from tests.emulator.arm_client import ArmClient


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    with EmulatorServer(tmp_path) as server:
        arm = ArmClient(server)
        workspace = arm.workspace()
        arm.subscribe(workspace)
        path = f"{workspace}/serverlessEndpoints/ep-1"
        created = arm.put(path, arm.endpoint_body())
        keys = arm.post(f"{arm.get(workspace).json()['properties']['storageAccount']}/listKeys").json()
        arm.control("POST", "faults", {"path": "*/nothing"})
        before, headers = server.environment, arm.authorization
    with EmulatorServer(tmp_path) as server:
        arm = ArmClient(server)
        assert server.environment == before
        assert arm.http.get(path, params={"api-version": "2025-12-01"}, headers=headers).status_code == 200
        assert arm.finish(created).json()["status"] == "Succeeded"
        assert arm.get(path).json()["properties"]["endpointState"] == "Online"
        assert arm.post(f"{arm.get(workspace).json()['properties']['storageAccount']}/listKeys").json() == keys
        assert len(arm.control("GET", "faults")) == 1


def test_the_environment_points_every_tool_to_the_server(tmp_path: Path) -> None:
    with EmulatorServer(tmp_path) as server:
        environment = server.environment
    assert set(environment) == {
        "ARM_METADATA_HOSTNAME",
        "ARM_DISABLE_INSTANCE_DISCOVERY",
        "ARM_CLIENT_ID",
        "ARM_CLIENT_SECRET",
        "ARM_TENANT_ID",
        "ARM_SUBSCRIPTION_ID",
        "AZURE_AUTHORITY_HOST",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "AZURE_TENANT_ID",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    }
    assert environment["ARM_METADATA_HOSTNAME"] == f"localhost:{server.port}"
    assert environment["AZURE_AUTHORITY_HOST"] == f"https://localhost:{server.port}"


def test_a_state_belongs_to_one_server(tmp_path: Path) -> None:
    with EmulatorServer(tmp_path) as server:
        with pytest.raises(EmulatorRunningError, match=f"an emulator already runs here at {server.url}"):
            EmulatorServer(tmp_path).start()
        assert running_process(tmp_path) == {"pid": os.getpid(), "url": server.url}
    assert running_process(tmp_path) is None


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with EmulatorServer(tmp_path) as server:
        port = server.port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(OSError, match=f"port {port} is taken by another program"):
            EmulatorServer(tmp_path).start()
    with EmulatorServer(tmp_path) as server:
        assert server.port == port


def test_the_server_listens_on_the_loopback_interface_only(tmp_path: Path) -> None:
    with EmulatorServer(tmp_path) as server:
        addresses = {str(address[4][0]) for address in socket.getaddrinfo(socket.gethostname(), None)} - {"::1"}
        for address in addresses:
            if not address.startswith("127."):
                with pytest.raises(OSError):  # noqa: PT011  (refused or unreachable, as the machine has it)
                    socket.create_connection((address, server.port), timeout=1)
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()


def test_files_with_secrets_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with EmulatorServer(state):
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        assert stat.S_IMODE((state / "environment.json").stat().st_mode) == 0o600


def test_a_reset_keeps_address_and_credentials(tmp_path: Path) -> None:
    with EmulatorServer(tmp_path) as server:
        arm = ArmClient(server)
        arm.resource_group()
        arm.principal()
        arm.control("POST", "reset")
        assert arm.get(f"{arm.subscription}/resourceGroups").json()["value"] == []
        assert [item["name"] for item in arm.control("GET", "principals")] == ["deployer"]
        assert arm.control("GET", "resources") == {"resources": [], "deleted": []}


# The command line


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state directory whose process is ended whatever the test does."""
    yield tmp_path
    process = running_process(tmp_path)
    if process:
        os.kill(process["pid"], signal.SIGKILL)


def emulator(command: str, state: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    return subprocess.run(
        [sys.executable, "-m", "emulator", command, "--state", str(state)], capture_output=True, text=True, check=False
    )


def test_the_command_line_starts_and_stops_in_the_background_as_often_as_asked(state: Path) -> None:
    started, again = emulator("start", state), emulator("start", state)
    process = running_process(state)
    assert process is not None
    assert started.stdout == f"The emulator runs at {process['url']} (state {state}).\n"
    assert again.stdout == f"The emulator already runs at {process['url']} (state {state}).\n"
    assert (started.returncode, again.returncode) == (0, 0)

    exported = dict(line.removeprefix("export ").split("=", 1) for line in emulator("env", state).stdout.splitlines())
    assert shlex.split(exported["ARM_METADATA_HOSTNAME"]) == [process["url"].removeprefix("https://")]
    assert exported == {
        name: shlex.quote(value) for name, value in json.loads((state / "environment.json").read_text()).items()
    }

    assert emulator("stop", state).stdout == "The emulator has stopped.\n"
    assert running_process(state) is None
    assert not Path(f"/proc/{process['pid']}/exe").exists()
    assert emulator("stop", state).stdout == "The emulator does not run.\n"


def test_a_killed_emulator_starts_again_at_its_address(state: Path) -> None:
    emulator("start", state)
    first = running_process(state)
    assert first is not None
    os.kill(first["pid"], signal.SIGKILL)
    assert emulator("start", state).returncode == 0
    second = running_process(state)
    assert second is not None
    assert (second["url"], second["pid"] != first["pid"]) == (first["url"], True)


def test_env_without_a_state_says_what_to_do(state: Path) -> None:
    answer = emulator("env", state)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == (
        f"error: {state}: no emulator has been started here. Start one with: python -m emulator start --state {state}\n"
    )
