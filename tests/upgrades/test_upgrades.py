"""States that releases made, previewed with the code as it is: an upgrade replaces and deletes nothing.

`make record` adds a release. A resource that is called otherwise now needs an alias: see tests/components.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import azure_mistral
import pytest

from tests.support.azure import Azure
from tests.support.project import Project
from tests.upgrades.record import RECORDED, STATE

VERSIONS = sorted(path.name for path in RECORDED.iterdir())


def recorded_subscription(state: str) -> str:
    """Return the Azure subscription in which a state was made: names are made of it."""
    (found,) = set(re.findall(r"/subscriptions/([0-9a-f-]{36})/", state))
    return str(found)


def previewed(project: Project) -> list[tuple[str, str]]:
    """Return (operation, URN) of each step of a preview."""
    steps = json.loads(project.succeed("preview", "--json"))["steps"]
    return [(step["op"], step["urn"]) for step in steps]


def lost(steps: list[tuple[str, str]]) -> list[str]:
    """Return a sentence for each resource that a preview would delete or replace, and whose consumers would see it."""
    return [
        f"{operation} {urn.rpartition('::')[2]}, in stacks that use {components_of(urn)}"
        for operation, urn in steps
        if "delete" in operation or "replace" in operation
    ]


def components_of(urn: str) -> str:
    """Return the components that a resource is below."""
    return " in ".join(reversed(re.findall(r"azure-mistral:index:(\w+)", urn))) or "no component"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_upgrade_replaces_and_deletes_nothing(
    version: str, offline: dict[str, str], azure_of: Callable[[str], Azure], tmp_path: Path
) -> None:
    recording = RECORDED / version
    azure = azure_of(recorded_subscription((recording / STATE).read_text()))
    project = Project.of_files(tmp_path / "stack", {**offline, **azure.environment}, recording)
    project.succeed("stack", "import", "--file", str(recording / STATE))

    steps = previewed(project)

    assert lost(steps) == []
    if version == azure_mistral.__version__:
        assert [(operation, urn) for operation, urn in steps if operation not in ("same", "read")] == []


def test_the_message_names_the_resource_and_the_components_of_its_stacks() -> None:
    parent = "urn:pulumi:dev::upgrades::azure-mistral:index:MistralModels$azure-mistral:index:Workspace"

    told = lost([("same", f"{parent}::a"), ("delete", f"{parent}$azure-native:keyvault:Vault::mistral-eus2-kv")])

    assert told == ["delete mistral-eus2-kv, in stacks that use Workspace in MistralModels"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recording_holds_no_secret_in_plain_text_and_no_path_of_a_machine(version: str) -> None:
    state = (RECORDED / version / STATE).read_text()

    secrets = re.findall(r'"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",\s+"(\w+)"', state)
    assert secrets
    assert set(secrets) == {"ciphertext"}
    assert not re.search("project:/|file:/|site-packages", state)
