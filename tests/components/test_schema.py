"""The components as a Pulumi package: what other languages will see."""

import json
from typing import Any

import pytest
from azure_mistral import MistralModels, ServerlessDeployment, Workspace, config, serverless, workspace
from azure_mistral.settings import Group, Setting
from pulumi.provider.experimental.component import ComponentProvider

COMPONENTS = [MistralModels, ServerlessDeployment, Workspace]
SCHEMA: dict[str, Any] = json.loads(str(ComponentProvider(COMPONENTS, "azure-mistral", version="0.0.1").schema))
SETTINGS = {
    "MistralModels": config.CONFIGURATION,
    "ServerlessDeployment": serverless.SETTINGS,
    "Workspace": workspace.SETTINGS,
}


def resource(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA["resources"][f"azure-mistral:index:{name}"]
    return found


@pytest.mark.parametrize(("name", "settings"), SETTINGS.items(), ids=SETTINGS)
def test_inputs_of_a_component_are_the_settings_that_it_reads(name: str, settings: tuple[Setting, ...]) -> None:
    inputs = resource(name)

    assert set(inputs["inputProperties"]) == {setting.name for setting in settings}
    assert set(inputs["requiredInputs"]) == {setting.name for setting in settings if setting.required}


def test_options_of_a_model_are_the_settings_that_it_reads() -> None:
    options = SCHEMA["types"]["azure-mistral:index:ModelArgs"]["properties"]

    assert set(options) == {setting.name for setting in config.MODEL_OPTIONS}


def test_settings_of_a_workspace_are_those_that_it_reads() -> None:
    options = SCHEMA["types"]["azure-mistral:index:WorkspaceOptionsArgs"]["properties"]

    assert isinstance(config.WORKSPACE.kind, Group)
    assert set(options) == {setting.name for setting in config.WORKSPACE.kind.settings}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_input_is_described_with_the_word_that_says_whether_it_is_needed(name: str) -> None:
    described = [each["description"] for each in resource(name)["inputProperties"].values()]

    assert [text for text in described if not text.startswith(("Required. ", "Optional. ", "Conditional. "))] == []


@pytest.mark.parametrize("name", SETTINGS)
def test_every_output_is_described(name: str) -> None:
    assert all(each["description"] for each in resource(name)["properties"].values())


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("ServerlessDeployment", {"model", "location", "authMode", "contentSafety", "endpointName", "allowRetired"}),
        ("Workspace", {"location"}),
        ("MistralModels", {"models", "locations", "acceptMarketplaceTerms", "serializeDeployments"}),
    ],
)
def test_what_decides_which_resources_exist_is_plain(name: str, plain: set[str]) -> None:
    inputs = resource(name)["inputProperties"]

    assert {input_ for input_ in plain if not inputs[input_].get("plain")} == set()


def test_what_flows_through_may_be_an_output() -> None:
    inputs = resource("ServerlessDeployment")["inputProperties"]

    assert not inputs["workspaceName"].get("plain")
    assert not inputs["tags"]["additionalProperties"].get("plain")
    principal = SCHEMA["types"]["azure-mistral:index:RoleAssignmentArgs"]["properties"]["principalId"]
    assert not principal.get("plain")
