"""What comes into a stack's state, from what a preview plans and what a workspace holds."""

from typing import Any

import pytest
from azure_mistral.catalog import load_catalog
from azure_mistral.cli.adoption import (
    ENDPOINT,
    MARKETPLACE_SUBSCRIPTION,
    Adoption,
    Existing,
    Planned,
    Preview,
    adopt,
    is_workspace_id,
)

WORKSPACE = "/subscriptions/s/resourceGroups/Team/providers/Microsoft.MachineLearningServices/workspaces/studio"
MODEL = load_catalog().models["ministral-3b"].asset_id
COMPONENT = {"type": "azure-mistral:index:ServerlessDeployment", "name": "chat", "component": True}
PARENTS = "azure-mistral:index:ServerlessDeployment$"
TAGS = {"managed-by": "pulumi"}


def planned_endpoint(workspace: str = "studio", **properties: Any) -> Planned:
    wanted = {
        "authMode": "Key",
        "contentSafety": {"contentSafetyStatus": "Enabled"},
        "modelSettings": {"modelId": MODEL},
        **properties,
    }
    inputs = {
        "resourceGroupName": "team",
        "workspaceName": workspace,
        "name": "ours",
        "tags": TAGS,
        "properties": wanted,
    }
    return Planned(f"urn:pulumi:dev::p::{PARENTS}{ENDPOINT}::chat-endpoint", inputs)


def planned_subscription() -> Planned:
    inputs = {
        "resourceGroupName": "team",
        "workspaceName": "studio",
        "name": "ministral-3b",
        "properties": {"modelId": MODEL},
    }
    return Planned(f"urn:pulumi:dev::p::{PARENTS}{MARKETPLACE_SUBSCRIPTION}::chat-subscription", inputs)


def existing_endpoint(name: str = "ours", model: str = MODEL, **properties: Any) -> Existing:
    shown = {"authMode": "Key", "modelSettings": {"modelId": model}, **properties}
    return Existing(ENDPOINT, f"{WORKSPACE}/serverlessEndpoints/{name}", name, shown, TAGS)


def existing_subscription(name: str) -> Existing:
    return Existing(MARKETPLACE_SUBSCRIPTION, f"{WORKSPACE}/marketplaceSubscriptions/{name}", name, {"modelId": MODEL})


def adoption_of(planned: list[Planned], existing: list[Existing], managed: frozenset[str] = frozenset()) -> Adoption:
    entries = [{"type": each.type, "name": each.name, "parent": "chat", "id": "<PLACEHOLDER>"} for each in planned]
    preview = Preview(tuple(planned), managed, {"nameTable": {}, "resources": [COMPONENT, *entries]})
    return adopt(preview, existing, WORKSPACE, load_catalog())


def test_the_import_file_has_the_components_and_the_ids_of_what_exists() -> None:
    adoption = adoption_of([planned_endpoint(), planned_subscription()], [existing_endpoint()])

    assert adoption.import_file == {
        "nameTable": {},
        "resources": [
            COMPONENT,
            {
                "type": ENDPOINT,
                "name": "chat-endpoint",
                "parent": "chat",
                "id": f"{WORKSPACE}/serverlessEndpoints/ours",
            },
        ],
    }


def test_an_entry_is_found_by_its_logical_name_where_the_engine_had_to_make_names_unique() -> None:
    entry = {"type": ENDPOINT, "name": "chat-endpoint-1", "logicalName": "chat-endpoint", "id": "<PLACEHOLDER>"}
    preview = Preview((planned_endpoint(),), frozenset(), {"resources": [entry]})

    adoption = adopt(preview, [existing_endpoint()], WORKSPACE, load_catalog())

    assert [each["id"] for each in adoption.import_file["resources"]] == [f"{WORKSPACE}/serverlessEndpoints/ours"]


@pytest.mark.parametrize(
    ("properties", "settings"),
    [
        ({}, {}),
        ({"authMode": "AAD"}, {"authMode": "AAD"}),
        ({"contentSafety": {"contentSafetyStatus": "Disabled"}}, {"contentSafety": "Disabled"}),
        ({"contentSafety": {"contentSafetyStatus": "Enabled"}}, {}),
        ({"contentSafety": None}, {}),
        ({"name": "theirs"}, {"endpointName": "theirs"}),
    ],
)
def test_the_settings_are_those_in_which_an_endpoint_differs(
    properties: dict[str, Any], settings: dict[str, str]
) -> None:
    adoption = adoption_of([planned_endpoint()], [existing_endpoint(**properties)])

    assert adoption.settings == {f'models["ministral-3b"].{name}': value for name, value in settings.items()}


def test_model_ids_are_compared_without_their_case() -> None:
    assert adoption_of([planned_endpoint()], [existing_endpoint(model=MODEL.upper())]).taken


def test_a_marketplace_subscription_of_our_name_is_imported() -> None:
    adoption = adoption_of([planned_subscription()], [existing_subscription("ministral-3b")])

    assert [each.name for each in adoption.taken] == ["ministral-3b"]
    assert adoption.settings == {}


def test_a_marketplace_subscription_of_another_name_is_used_and_not_imported() -> None:
    adoption = adoption_of([planned_subscription()], [existing_subscription("Ministral-3B-xyz")])

    assert adoption.taken == ()
    assert adoption.settings == {'models["ministral-3b"].marketplaceSubscription': "Ministral-3B-xyz"}


def test_an_endpoint_that_is_planned_for_another_workspace_is_not_taken_from_this_one() -> None:
    adoption = adoption_of([planned_endpoint(workspace="other")], [existing_endpoint()])

    assert adoption.taken == ()
    assert [each.name for each in adoption.unplanned] == ["ours"]


def test_an_endpoint_that_the_stack_has_already_is_not_reported() -> None:
    existing = existing_endpoint()

    adoption = adoption_of([], [existing], frozenset({existing.id.lower()}))

    assert adoption.unplanned == ()


@pytest.mark.parametrize(("tags", "retagged"), [(TAGS, ()), ({}, ("ours",)), ({**TAGS, "team": "a"}, ("ours",))])
def test_endpoints_whose_tags_differ_are_named(tags: dict[str, str], retagged: tuple[str, ...]) -> None:
    found = existing_endpoint()

    adoption = adoption_of([planned_endpoint()], [Existing(found.type, found.id, found.name, found.properties, tags)])

    assert adoption.retagged == retagged


@pytest.mark.parametrize(
    ("text", "expected"),
    [(WORKSPACE, True), (WORKSPACE.upper(), True), ("studio", False), (f"{WORKSPACE}/serverlessEndpoints/e", False)],
)
def test_a_workspace_is_told_by_its_id(text: str, expected: bool) -> None:
    assert is_workspace_id(text) is expected
