"""What breaks the programs of others needs a new major version: each rule, on a schema that is changed against it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import azure_mistral
import pytest
from azure_mistral import package

from tools import compatibility
from tools.compatibility import breaking_changes, last_released
from tools.engine import ROOT

RELEASED: dict[str, Any] = json.loads(last_released().read_text(encoding="utf-8"))
# The rules are tried on a version of their own, so that they do not change with a release.
BEFORE = {**package.schema(), "version": "1.2.3"}

type_ = "azure-mistral:index:{}".format


def deployment(schema: dict[str, Any]) -> Any:
    return schema["resources"][type_("ServerlessDeployment")]


def remove_component(schema: dict[str, Any]) -> None:
    del schema["resources"][type_("Workspace")]


def remove_input(schema: dict[str, Any]) -> None:
    del deployment(schema)["inputProperties"]["authMode"]


def rename_output(schema: dict[str, Any]) -> None:
    properties = deployment(schema)["properties"]
    properties["endpointUrl"] = properties.pop("url")


def require_input(schema: dict[str, Any]) -> None:
    deployment(schema)["requiredInputs"].append("authMode")


def add_required_input(schema: dict[str, Any]) -> None:
    deployment(schema)["inputProperties"]["sku"] = {"type": "string", "description": ""}
    deployment(schema)["requiredInputs"].append("sku")


def change_type_of_input(schema: dict[str, Any]) -> None:
    deployment(schema)["inputProperties"]["acceptMarketplaceTerms"]["type"] = "string"


def make_input_plain(schema: dict[str, Any]) -> None:
    deployment(schema)["inputProperties"]["workspaceName"]["plain"] = True


def change_values_of_map(schema: dict[str, Any]) -> None:
    deployment(schema)["inputProperties"]["tags"]["additionalProperties"]["plain"] = True


def change_type_of_output(schema: dict[str, Any]) -> None:
    deployment(schema)["properties"]["url"]["type"] = "object"


def leave_output_out(schema: dict[str, Any]) -> None:
    deployment(schema)["required"].remove("url")


def rename_type(schema: dict[str, Any]) -> None:
    schema.update(json.loads(json.dumps(schema).replace(":EndpointKeys", ":Keys")))


def remove_field_of_input(schema: dict[str, Any]) -> None:
    del schema["types"][type_("RoleAssignment")]["properties"]["role"]


def require_field_of_input(schema: dict[str, Any]) -> None:
    schema["types"][type_("RoleAssignment")]["required"].append("role")


def remove_field_of_output(schema: dict[str, Any]) -> None:
    del schema["types"][type_("EndpointKeys")]["properties"]["secondary"]


def add_output(schema: dict[str, Any]) -> None:
    deployment(schema)["properties"]["sku"] = {"type": "string", "description": ""}


KEEP = "Keep it, or release this as 2.0.0."
UNCHANGED = "What programs written for 1.2.3 can use unchanged is accepted."
BREAKING: dict[Callable[[dict[str, Any]], None], list[str]] = {
    remove_component: ["Workspace: the component is gone, which 1.2.3 has."],
    remove_input: ["ServerlessDeployment.authMode: the input is gone, which 1.2.3 has."],
    rename_output: ["ServerlessDeployment.url: the output is gone, which 1.2.3 has."],
    require_input: ["ServerlessDeployment.authMode: the input is required, and is not in 1.2.3."],
    add_required_input: ["ServerlessDeployment.sku: the input is required, and is not in 1.2.3."],
    change_type_of_input: [
        "ServerlessDeployment.acceptMarketplaceTerms: the input has the type plain string, and plain boolean in 1.2.3."
    ],
    make_input_plain: ["ServerlessDeployment.workspaceName: the input has the type plain string, and string in 1.2.3."],
    change_values_of_map: [
        "ServerlessDeployment.tags: the input has the type plain map to plain string, and plain map to string in 1.2.3."
    ],
    change_type_of_output: ["ServerlessDeployment.url: the output has the type object, and string in 1.2.3."],
    leave_output_out: ["ServerlessDeployment.url: the output may be missing, and is always there in 1.2.3."],
    rename_type: [
        "ManagedDeployment.keys: the output has the type Keys, and EndpointKeys in 1.2.3.",
        "MistralModels.keys: the output has the type map to map to Keys, and map to map to EndpointKeys in 1.2.3.",
        "ServerlessDeployment.keys: the output has the type Keys, and EndpointKeys in 1.2.3.",
    ],
    remove_field_of_input: ["RoleAssignment.role: the input is gone, which 1.2.3 has."],
    require_field_of_input: ["RoleAssignment.role: the input is required, and is not in 1.2.3."],
    remove_field_of_output: ["EndpointKeys.secondary: the output is gone, which 1.2.3 has."],
}


def changed(change: Callable[[dict[str, Any]], None], version: str) -> dict[str, Any]:
    after = {**copy.deepcopy(BEFORE), "version": version}
    change(after)
    return after


@pytest.mark.parametrize(("change", "expected"), BREAKING.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_a_change_that_breaks_programs_is_told(change: Callable[[dict[str, Any]], None], expected: list[str]) -> None:
    found = [str(problem) for problem in breaking_changes(BEFORE, changed(change, "1.3.0"))]

    optional = "Make it optional, or release this as 2.0.0."
    advice = optional if "is required" in expected[0] else KEEP
    assert found == [f"{sentence} {UNCHANGED} {advice}" for sentence in expected]


@pytest.mark.parametrize("change", BREAKING, ids=lambda each: each.__name__)
def test_a_new_major_version_may_break_programs(change: Callable[[dict[str, Any]], None]) -> None:
    assert breaking_changes(BEFORE, changed(change, "2.0.0")) == []


def test_what_only_adds_or_loosens_breaks_nothing() -> None:
    def add(schema: dict[str, Any]) -> None:
        schema["resources"][type_("Another")] = copy.deepcopy(deployment(schema))
        deployment(schema)["inputProperties"]["sku"] = {"type": "string", "description": ""}
        add_output(schema)
        deployment(schema)["requiredInputs"].remove("model")
        deployment(schema)["description"] = "Another one."

    assert breaking_changes(BEFORE, changed(add, "1.3.0")) == []


def test_this_version_breaks_no_program_of_the_last_released_one() -> None:
    assert [str(problem) for problem in breaking_changes(RELEASED, package.schema())] == []


def test_the_check_compares_with_the_newest_release_until_this_version_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compatibility, "RELEASED", tmp_path)
    major = azure_mistral.__version__.partition(".")[0]
    for version in ("0.9", "0.10"):
        released = changed(remove_component if version == "0.9" else add_output, f"{major}.{version}")
        (tmp_path / f"{major}.{version}.json").write_text(json.dumps(released))

    assert compatibility.main([]) == 1
    assert f"ServerlessDeployment.sku: the output is gone, which {major}.0.10 has." in capsys.readouterr().err
    assert compatibility.main(["--record"]) == 0
    assert (tmp_path / f"{azure_mistral.__version__}.json").read_text() == (
        ROOT / "components" / "schema.json"
    ).read_text()
    assert compatibility.main([]) == 0
