"""The stand-in plugin under the real engine: it asks Azure, and what it cannot do it says."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.server import EmulatorServer
from tests.support.azure import Azure
from tests.support.project import Project
from tests.support.waiting import wait_until


@pytest.fixture
def endpoint_id(repository: Project) -> str:
    """The id of a deployed endpoint."""
    repository.up()
    found: str = repository.outputs()["endpoints"]["ministral-3b"]["eastus2"]["id"]
    return found


def test_a_refresh_shows_what_somebody_changed_with_a_raw_request(
    repository: Project, endpoint_id: str, azure: Azure
) -> None:
    endpoint = azure.arm("GET", endpoint_id).json()
    changed = {
        "location": endpoint["location"],
        "sku": {"name": "Consumption"},
        "tags": {**endpoint["tags"], "changed": "by hand"},
        "properties": {
            "authMode": "Key",
            "contentSafety": {"contentSafetyStatus": "Disabled"},
            "modelSettings": endpoint["properties"]["modelSettings"],
        },
    }
    assert azure.arm("PUT", endpoint_id, changed).status_code == 200

    shown = repository.run("refresh", "--preview-only", "--diff").stdout
    refreshed = repository.refresh()
    repaired = repository.up()

    assert '"Enabled" => "Disabled"' in shown
    assert "by hand" in shown
    assert refreshed.changes == {"update": 1}
    assert repaired.names("update") == {"mistral-ministral-3b-eus2-endpoint"}
    assert azure.arm("GET", endpoint_id).json()["properties"]["contentSafety"] == {"contentSafetyStatus": "Enabled"}


def test_an_emulator_that_stops_in_the_middle_of_an_up_fails_it_and_the_next_up_goes_on(
    offline: dict[str, str], tmp_path: Path
) -> None:
    server = EmulatorServer(tmp_path / "emulator").start()
    azure = Azure(server)
    project = Project.of_the_repository(tmp_path / "repository", {**offline, **azure.environment})
    azure.control("PUT", "/transitions", {"Microsoft.MachineLearningServices/workspaces": {"*": {"seconds": 5}}})
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]
    with (tmp_path / "printed").open("w+") as printed:
        process = subprocess.Popen(
            command, cwd=project.directory, env=project.environment, stdout=printed, stderr=subprocess.STDOUT
        )
        wait_until(lambda: azure.requests("PUT", kind="/Microsoft.MachineLearningServices/"))
        server.stop()
        code = process.wait(timeout=120)
        printed.seek(0)
        said = printed.read()

    with EmulatorServer(tmp_path / "emulator") as server, Azure(server) as other:
        other.control("PUT", "/transitions", {})
        again = project.update("up")
        finished = project.up()
        destroyed = project.destroy()

    assert code != 0
    assert "mistral-eus2-mlw" in said
    assert again.code == 0, again.diagnostics
    assert finished.changes == {}
    assert set(destroyed.changes) == {"delete"}


def test_a_resource_type_that_the_stand_in_does_not_know_is_refused_with_those_that_it_knows(
    program: Callable[[str], Project],
) -> None:
    project = program(
        "import pulumi_azure_native as azure_native\n"
        'azure_native.containerregistry.Registry("r", resource_group_name="g", sku={"name": "Basic"})\n'
    )

    update = project.update("up")

    assert update.code != 0
    assert "containerregistry:Registry" in update.diagnostics
    assert "machinelearningservices:ServerlessEndpoint" in update.diagnostics


def test_without_a_metadata_host_the_stand_in_refuses_to_talk_to_public_azure(
    program: Callable[[str], Project],
) -> None:
    project = program('import pulumi_azure_native as azure_native\nazure_native.resources.ResourceGroup("group")\n')

    done = project.run("up", "--yes", "--skip-preview", ARM_METADATA_HOSTNAME="")

    assert done.returncode != 0
    assert "ARM_METADATA_HOSTNAME" in done.stdout + done.stderr
