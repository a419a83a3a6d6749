"""The components as a Pulumi package: what other languages see."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import azure_mistral
import pytest
import yaml
from azure_mistral import config, managed, package, serverless, workspace
from azure_mistral.settings import Group, Setting

from tools import compatibility
from tools.components_page import name_of
from tools.engine import ROOT

SCHEMA = package.schema()
INPUT_TYPES = {compatibility.owner(path) for path in compatibility.inputs(SCHEMA)} - set(azure_mistral.__all__)
SETTINGS = {
    "ManagedDeployment": managed.SETTINGS,
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
    options = SCHEMA["types"]["azure-mistral:index:Model"]["properties"]

    assert set(options) == {setting.name for setting in config.MODEL_OPTIONS}


def test_settings_of_a_workspace_are_those_that_it_reads() -> None:
    options = SCHEMA["types"]["azure-mistral:index:WorkspaceOptions"]["properties"]

    assert isinstance(config.WORKSPACE.kind, Group)
    assert set(options) == {setting.name for setting in config.WORKSPACE.kind.settings}


def test_every_public_component_is_in_the_package() -> None:
    public = {name for name in azure_mistral.__all__ if f"{name}Args" in azure_mistral.__all__}

    assert {component.__name__ for component in package.COMPONENTS} == public == set(SETTINGS)


def inputs() -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Yield every input of components and fields of input types: path, property, whether it is required."""
    for token, each in SCHEMA["resources"].items():
        for name, property_ in each["inputProperties"].items():
            yield f"{token}.{name}", property_, name in each["requiredInputs"]
    for token, each in SCHEMA["types"].items():
        if name_of(token) in INPUT_TYPES:
            for name, property_ in each["properties"].items():
                yield f"{token}.{name}", property_, name in each.get("required", ())


def outputs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every output of components and fields of output types."""
    for token, each in (*SCHEMA["resources"].items(), *SCHEMA["types"].items()):
        if name_of(token) not in INPUT_TYPES:
            for name, property_ in each["properties"].items():
                yield f"{token}.{name}", property_


def test_every_input_is_described_with_the_word_that_says_whether_it_is_needed() -> None:
    words = {True: ("Required. ",), False: ("Optional. ", "Conditional. ")}

    assert [path for path, each, required in inputs() if not each["description"].startswith(words[required])] == []


def test_every_output_is_described() -> None:
    assert [path for path, each in outputs() if not each["description"].endswith(".")] == []


def test_every_component_and_type_is_described_in_lines_that_markdown_takes_for_text() -> None:
    described = [SCHEMA, *SCHEMA["resources"].values(), *SCHEMA["types"].values()]

    assert [each for each in described if not re.fullmatch(r"(\S.*\n|\n)*\S.*", each["description"])] == []


def test_names_are_camel_case_in_all_languages() -> None:
    paths = [*(path for path, _, _ in inputs()), *(path for path, _ in outputs())]

    assert [path for path in paths if not re.fullmatch(r"azure-mistral:index:[A-Z]\w+\.[a-z][a-zA-Z0-9]*", path)] == []


def test_sdks_get_names_and_types_that_compile() -> None:
    """Found by making them: `ModelArgs` became ModelArgsArgs, and in Go there was none for the values of plain maps."""
    assert [token for token in SCHEMA["types"] if token.endswith("Args")] == []
    assert {"Model", "RoleAssignment", "WorkspaceOptions"} <= {name_of(token) for token in SCHEMA["types"]}
    assert SCHEMA["language"]["go"]["generateExtraInputTypes"] is True


def test_the_plugin_requires_what_the_package_does() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "components" / "requirements.txt").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not line.startswith("#")] == project["dependencies"]


def test_the_plugin_has_the_name_of_the_package() -> None:
    plugin = yaml.safe_load((ROOT / "components" / "PulumiPlugin.yaml").read_text(encoding="utf-8"))

    assert plugin["name"] == SCHEMA["name"] == package.NAME
    assert SCHEMA["version"] == azure_mistral.__version__


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        (
            "ManagedDeployment",
            {"model", "location", "authMode", "instanceType", "instanceCount", "deployments", "traffic"},
        ),
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
    principal = SCHEMA["types"]["azure-mistral:index:RoleAssignment"]["properties"]["principalId"]
    assert not principal.get("plain")
