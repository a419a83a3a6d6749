"""Azure Machine Learning workspaces: what they need, kinds, changes, soft delete."""

import pytest

from tests.emulator.arm_client import ArmClient, error

WORKSPACES = "/providers/Microsoft.MachineLearningServices/workspaces"


def test_a_workspace_is_accepted_and_then_found_at_its_location_url(arm: ArmClient) -> None:
    group = arm.resource_group()
    accepted = arm.put(f"{group}{WORKSPACES}/mlw-1", arm.workspace_body(group))
    assert (accepted.status_code, accepted.content) == (202, b"")
    assert "x-ms-async-operation-timeout" in accepted.headers
    assert arm.get(f"{group}{WORKSPACES}/mlw-1").json()["properties"]["provisioningState"] == "Creating"
    workspace = arm.finish(accepted).json()
    assert workspace["properties"]["provisioningState"] == "Succeeded"
    assert workspace["properties"]["discoveryUrl"] == "https://eastus2.api.azureml.ms/discovery"
    assert workspace["sku"] == {"name": "Basic", "tier": "Basic"}
    assert workspace["identity"]["tenantId"] == arm.tenant
    assert workspace["systemData"]["createdByType"] == "Application"
    assert workspace["properties"]["workspaceId"]
    assert workspace["etag"]


def test_the_identity_of_a_workspace_is_in_the_directory_and_goes_with_it(arm: ArmClient) -> None:
    workspace = arm.workspace()
    principal_id = arm.get(workspace).json()["identity"]["principalId"]
    assert principal_id in [item["id"] for item in arm.control("GET", "principals")]
    arm.remove(workspace)
    assert principal_id not in [item["id"] for item in arm.control("GET", "principals")]


@pytest.mark.parametrize("missing", ["storageAccount", "keyVault", "applicationInsights"])
def test_a_workspace_without_a_dependency_is_refused(arm: ArmClient, missing: str) -> None:
    group = arm.resource_group()
    body = arm.workspace_body(group)
    del body["properties"][missing]
    answer = arm.put(f"{group}{WORKSPACES}/mlw-1", body)
    assert error(answer) == (400, "Invalid", "Missing dependent resources in workspace json")


def test_a_dependency_of_a_workspace_has_to_exist(arm: ArmClient) -> None:
    group = arm.resource_group()
    body = arm.workspace_body(group)
    body["properties"]["keyVault"] += "x"
    status, code, message = error(arm.put(f"{group}{WORKSPACES}/mlw-1", body))
    assert (status, code) == (400, "UserError")
    assert body["properties"]["keyVault"] in message


@pytest.mark.parametrize("name", ["ab", "_ab", "a" * 34, "a.b.c"])
def test_a_workspace_name_that_breaks_the_rule_is_refused(arm: ArmClient, name: str) -> None:
    status, code, message = error(arm.put(f"{arm.resource_group()}{WORKSPACES}/{name}", {"location": "eastus2"}))
    assert (status, code) == (400, "UserError")
    assert message.startswith(f"Workspace name '{name}' is invalid.")


def test_a_change_while_another_runs_is_a_conflict_in_the_services_envelope(arm: ArmClient) -> None:
    group = arm.resource_group()
    body = arm.workspace_body(group)
    path = f"{group}{WORKSPACES}/mlw-1"
    arm.put(path, body)
    refused = arm.put(path, body)
    status, code, message = error(refused)
    assert (status, code) == (409, "Conflict")
    assert message.startswith("Another operation with ID [")
    assert message.endswith(f"] is already running on {path}.")
    kinds = [item["type"] for item in refused.json()["error"]["additionalInfo"]]
    assert kinds == ["ComponentName", "Correlation", "Environment", "Location", "Time"]


def test_tags_and_properties_of_a_workspace_change_in_place(arm: ArmClient) -> None:
    workspace = arm.workspace()
    assert arm.send("PATCH", workspace, {"tags": {"a": "b"}}).json()["tags"] == {"a": "b"}
    patched = arm.send("PATCH", workspace, {"properties": {"publicNetworkAccess": "Disabled"}})
    assert patched.json()["properties"]["publicNetworkAccess"] == "Disabled"


def test_the_storage_account_of_a_workspace_cannot_change(arm: ArmClient) -> None:
    workspace = arm.workspace()
    other = arm.storage_account(workspace.split("/providers/")[0])
    answer = arm.send("PATCH", workspace, {"properties": {"storageAccount": other}})
    assert error(answer) == (400, "UserError", "The properties storageAccount of a workspace cannot be changed.")


def test_a_soft_deleted_workspace_holds_its_name_until_it_is_purged(arm: ArmClient) -> None:
    group = arm.resource_group()
    workspace = arm.workspace(group)
    arm.remove(workspace)
    assert arm.get(workspace).status_code == 404
    body = arm.workspace_body(group)
    assert error(arm.put(workspace, body)) == (
        400,
        "BadRequest",
        "Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete",
    )
    assert arm.delete(workspace).status_code == 204
    assert arm.delete(workspace, forceToPurge="true").status_code == 200
    assert arm.put(workspace, body).status_code == 202


def test_a_workspace_deleted_with_force_leaves_its_name_free(arm: ArmClient) -> None:
    group = arm.resource_group()
    workspace = arm.workspace(group)
    arm.finish(arm.delete(workspace, forceToPurge="true"))
    assert arm.put(workspace, arm.workspace_body(group)).status_code == 202


def test_a_workspaces_name_is_free_after_14_days(arm: ArmClient) -> None:
    group = arm.resource_group()
    workspace = arm.workspace(group)
    arm.remove(workspace)
    arm.control("POST", "clock/advance", {"seconds": 14 * 86400})
    assert arm.put(workspace, arm.workspace_body(group)).status_code == 202


def test_deleting_a_workspace_deletes_what_is_in_it_for_good(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace)
    arm.assign(endpoint, "Azure AI Developer", arm.principal())
    arm.remove(workspace)
    kinds = {item["type"] for item in arm.control("GET", "resources")["resources"]}
    assert kinds == {
        "Microsoft.Resources/resourceGroups",
        "Microsoft.Storage/storageAccounts",
        "Microsoft.KeyVault/vaults",
        "Microsoft.OperationalInsights/workspaces",
        "Microsoft.Insights/components",
    }
    assert [item["id"] for item in arm.control("GET", "resources")["deleted"]] == [workspace]


def test_a_hub_shows_its_projects_and_stays_while_it_has_some(arm: ArmClient) -> None:
    group = arm.resource_group()
    body = arm.workspace_body(group, kind="Hub")
    del body["properties"]["applicationInsights"]
    hub = arm.create(f"{group}{WORKSPACES}/hub-1", body)["id"]
    project = arm.create(
        f"{group}{WORKSPACES}/project-1",
        {"location": "eastus2", "kind": "Project", "properties": {"hubResourceId": hub}},
    )
    assert project["properties"]["storageAccount"] == body["properties"]["storageAccount"]
    assert arm.get(hub).json()["properties"]["associatedWorkspaces"] == [project["id"]]
    assert error(arm.delete(hub)) == (400, "BadRequest", "AI hub still has associated AI projects")
    arm.remove(project["id"])
    arm.remove(hub)


def test_a_project_needs_a_hub(arm: ArmClient) -> None:
    body = {"location": "eastus2", "kind": "Project", "properties": {}}
    assert error(arm.put(f"{arm.resource_group()}{WORKSPACES}/project-1", body))[:2] == (400, "UserError")


def test_the_keys_of_a_workspace_are_those_of_its_dependencies(arm: ArmClient) -> None:
    workspace = arm.workspace()
    properties = arm.get(workspace).json()["properties"]
    keys = arm.post(f"{workspace}/listKeys").json()
    assert keys["userStorageResourceId"] == properties["storageAccount"]
    assert keys["userStorageKey"] == arm.post(f"{properties['storageAccount']}/listKeys").json()["keys"][0]["value"]


def test_workspaces_are_listed_by_kind(arm: ArmClient) -> None:
    workspace = arm.workspace()
    listing = f"{arm.subscription}{WORKSPACES}"
    assert [item["id"] for item in arm.get(listing).json()["value"]] == [workspace]
    assert arm.get(listing, kind="Hub").json()["value"] == []
