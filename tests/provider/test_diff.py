"""The detailed diff, and drift."""

from typing import Any

import pytest

from emulator.provider.diff import Action, Change, diff_inputs, drifted_inputs
from emulator.provider.resource_types import (
    RESOURCE_GROUP,
    RESOURCE_TYPES,
    ROLE_ASSIGNMENT,
    SERVERLESS_ENDPOINT,
    STORAGE_ACCOUNT,
    ResourceType,
)
from emulator.provider.wire import UNKNOWN


def changes(
    resource_type: ResourceType, old: dict[str, Any], new: dict[str, Any], state: dict[str, Any] | None = None
) -> dict[str, Change]:
    return dict(diff_inputs(resource_type, old, new, state or {}).changes)


def update(*, replaces: bool = False) -> Change:
    return Change(Action.UPDATE, replaces)


def test_change_is_shown_at_the_leaf() -> None:
    def inputs(status: str) -> dict[str, Any]:
        return {"properties": {"authMode": "Key", "contentSafety": {"contentSafetyStatus": status}}}

    assert {"properties.contentSafety.contentSafetyStatus": update()} == changes(
        SERVERLESS_ENDPOINT, inputs("Enabled"), inputs("Disabled")
    )


def test_elements_of_a_list_are_compared_in_place() -> None:
    def inputs(*addresses: str) -> dict[str, Any]:
        return {"networkRuleSet": {"ipRules": [{"iPAddressOrRange": address} for address in addresses]}}

    assert {
        "networkRuleSet.ipRules[0].iPAddressOrRange": update(),
        "networkRuleSet.ipRules[1]": Change(Action.ADD, replaces=False),
    } == changes(STORAGE_ACCOUNT, inputs("1.1.1.1"), inputs("2.2.2.2", "3.3.3.3"))


def test_tag_that_is_no_identifier_is_quoted() -> None:
    assert {
        'tags["cost-center"]': update(),
        "tags.team": Change(Action.DELETE, replaces=False),
    } == changes(RESOURCE_GROUP, {"tags": {"cost-center": "1", "team": "a"}}, {"tags": {"cost-center": "2"}})


@pytest.mark.parametrize("resource_type", RESOURCE_TYPES.values(), ids=lambda entry: entry.pulumi_type)
def test_every_path_parameter_replaces(resource_type: ResourceType) -> None:
    old = dict.fromkeys(resource_type.path_parameters, "old")
    new = dict.fromkeys(resource_type.path_parameters, "new")

    diff = diff_inputs(resource_type, old, new, {})

    assert sorted(old) == sorted(diff.replaces)
    assert diff.delete_before_replace


@pytest.mark.parametrize(
    ("resource_type", "name"),
    [
        (RESOURCE_GROUP, "location"),
        (SERVERLESS_ENDPOINT, "location"),
        (STORAGE_ACCOUNT, "isHnsEnabled"),
        (ROLE_ASSIGNMENT, "principalId"),
    ],
)
def test_create_only_property_replaces(resource_type: ResourceType, name: str) -> None:
    assert {name: update(replaces=True)} == changes(resource_type, {name: "old"}, {name: "new"})


def test_random_name_lets_the_replacement_be_made_first() -> None:
    old = {"location": "eastus", "__createBeforeDelete": True}

    assert not diff_inputs(RESOURCE_GROUP, old, {"location": "westus"}, {}).delete_before_replace


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"location": "East US 2"}, {"location": "eastus2"}),
        ({"resourceGroupName": "RG"}, {"resourceGroupName": "rg"}),
        ({"tags": {}}, {}),
        ({}, {"tags": {}}),
        ({"__createBeforeDelete": True}, {}),
        ({"identity": {"userAssignedIdentities": ["a", "b"]}}, {"identity": {"userAssignedIdentities": ["b", "a"]}}),
    ],
)
def test_spelling_is_no_change(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert changes(SERVERLESS_ENDPOINT, old, new) == {}


def test_true_is_not_one() -> None:
    assert {"retentionInDays": update()} == changes(STORAGE_ACCOUNT, {"retentionInDays": True}, {"retentionInDays": 1})


def test_unknown_value_is_a_change() -> None:
    assert {"properties.modelSettings.modelId": update()} == changes(
        SERVERLESS_ENDPOINT,
        {"properties": {"modelSettings": {"modelId": "m"}}},
        {"properties": {"modelSettings": {"modelId": UNKNOWN}}},
    )


def test_create_only_property_that_is_only_spelled_out_replaces_nothing() -> None:
    assert {"location": Change(Action.ADD, replaces=False)} == changes(
        SERVERLESS_ENDPOINT, {}, {"location": "eastus2"}, {"location": "eastus2"}
    )


def test_azures_default_that_is_only_spelled_out_is_no_change() -> None:
    assert changes(ROLE_ASSIGNMENT, {}, {"principalType": "User"}) == {}
    assert {"principalType": Change(Action.ADD, replaces=False)} == changes(
        ROLE_ASSIGNMENT, {}, {"principalType": "Group"}
    )


def test_imported_resource_has_its_api_version_in_its_outputs() -> None:
    assert changes(RESOURCE_GROUP, {}, {"azureApiVersion": "2024-03-01"}, {"azureApiVersion": "2024-03-01"}) == {}


def test_drift_enters_the_inputs_and_defaults_of_azure_do_not() -> None:
    inputs = {"location": "East US 2", "properties": {"authMode": "Key"}}
    old = {
        "location": "eastus2",
        "properties": {"authMode": "Key", "contentSafety": {"contentSafetyStatus": "Enabled"}},
    }
    new = {
        "location": "eastus2",
        "properties": {"authMode": "AAD", "contentSafety": {"contentSafetyStatus": "Enabled"}},
    }

    assert drifted_inputs(inputs, old, new) == {"location": "East US 2", "properties": {"authMode": "AAD"}}


def test_removed_and_added_properties_are_drift() -> None:
    assert drifted_inputs({"tags": {"a": "1"}}, {"tags": {"a": "1"}}, {"tags": {"b": "2"}, "kind": "x"}) == {
        "tags": {"b": "2"},
        "kind": "x",
    }


@pytest.mark.parametrize(("old", "new"), [({}, {"tags": {}}), ({"tags": {}}, {})])
def test_missing_and_empty_tags_are_no_drift(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert drifted_inputs({"managedBy": "x"}, old, new) == {"managedBy": "x"}


def test_elements_of_a_drifted_list_keep_what_the_program_left_out() -> None:
    old = {"properties": {"networkAcls": {"ipRules": [{"value": "1", "action": "Allow"}]}}}
    new = {"properties": {"networkAcls": {"ipRules": [{"value": "2", "action": "Allow"}, {"value": "3"}]}}}
    inputs = {"properties": {"networkAcls": {"ipRules": [{"value": "1"}]}}}

    assert drifted_inputs(inputs, old, new) == {
        "properties": {"networkAcls": {"ipRules": [{"value": "2"}, {"value": "3"}]}}
    }
