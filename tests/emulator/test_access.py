"""Who may do what: role definitions, role assignments, and how they decide about requests."""

import uuid

import pytest

from tests.emulator.arm_client import ArmClient, error

AUTHORIZATION = "/providers/Microsoft.Authorization"


def test_role_definitions_are_found_by_name_and_by_id(arm: ArmClient) -> None:
    definitions = f"{arm.subscription}{AUTHORIZATION}/roleDefinitions"
    (developer,) = arm.get(definitions, **{"$filter": "roleName eq 'Azure AI Developer'"}).json()["value"]
    assert developer["name"] == "64702f94-c441-49e6-a78b-ef80e0188fee"
    assert developer["id"] == f"{definitions}/{developer['name']}"
    assert developer["properties"]["type"] == "BuiltInRole"
    assert arm.get(developer["id"]).json() == developer
    assert len(arm.get(definitions).json()["value"]) > 10
    assert error(arm.get(f"{definitions}/{uuid.uuid4()}"))[1] == "RoleDefinitionDoesNotExist"


def test_a_role_assignment_shows_its_scope_and_who_made_it(arm: ArmClient) -> None:
    group, principal = arm.resource_group(), arm.principal("User")
    answer = arm.assign(group, "Reader", principal)
    assert answer.status_code == 201
    properties = answer.json()["properties"]
    assert (properties["scope"], properties["principalId"]) == (group, principal["id"])
    assert properties["principalType"] == "User"
    assert properties["createdBy"] == "40000000-0000-4000-8000-000000000001"
    again = {name: properties[name] for name in ("roleDefinitionId", "principalId", "principalType")}
    assert arm.put(answer.json()["id"], {"properties": again}).status_code == 200
    assert arm.get(answer.json()["id"]).status_code == 200
    assert arm.delete(answer.json()["id"]).json()["id"] == answer.json()["id"]
    assert arm.delete(answer.json()["id"]).status_code == 204
    assert error(arm.get(answer.json()["id"]))[:2] == (404, "RoleAssignmentNotFound")


def test_the_same_assignment_under_another_name_is_a_conflict_that_names_it(arm: ArmClient) -> None:
    group, principal = arm.resource_group(), arm.principal("User")
    first = arm.assign(group, "Reader", principal).json()["name"]
    assert error(arm.assign(group, "Reader", principal)) == (
        409,
        "RoleAssignmentExists",
        f"The role assignment already exists. The ID of the existing role assignment is {first.replace('-', '')}.",
    )


def test_role_and_principal_of_an_assignment_cannot_change(arm: ArmClient) -> None:
    group = arm.resource_group()
    assignment = arm.assign(group, "Reader", arm.principal("User")).json()
    properties = {name: assignment["properties"][name] for name in ("roleDefinitionId", "principalType")}
    answer = arm.put(assignment["id"], {"properties": properties | {"principalId": arm.principal("User")["id"]}})
    assert error(answer) == (
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )


def test_the_name_of_an_assignment_is_a_guid(arm: ArmClient) -> None:
    path = f"{arm.resource_group()}{AUTHORIZATION}/roleAssignments/mine"
    assert error(arm.put(path, {"properties": {}})) == (
        400,
        "InvalidRoleAssignmentId",
        "The role assignment ID 'mine' is not valid. The role assignment ID must be a GUID.",
    )


def test_an_unknown_role_is_refused(arm: ArmClient) -> None:
    definition = str(uuid.uuid4())
    properties = {
        "roleDefinitionId": f"{arm.subscription}{AUTHORIZATION}/roleDefinitions/{definition}",
        "principalId": arm.principal("User")["id"],
    }
    answer = arm.put(
        f"{arm.resource_group()}{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}", {"properties": properties}
    )
    assert error(answer) == (
        400,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{definition.replace('-', '')}' does not exist.",
    )


@pytest.mark.parametrize(("stated", "status"), [("ServicePrincipal", 201), ("User", 400), ("Group", 400), (None, 400)])
def test_a_principal_that_is_not_there_yet_can_be_assigned_a_role_when_its_type_is_stated(
    arm: ArmClient, stated: str | None, status: int
) -> None:
    reader = f"{arm.subscription}{AUTHORIZATION}/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    principal = str(uuid.uuid4())
    properties = {"roleDefinitionId": reader, "principalId": principal} | ({"principalType": stated} if stated else {})
    answer = arm.put(
        f"{arm.resource_group()}{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}", {"properties": properties}
    )
    assert answer.status_code == status
    if status == 400:
        _, code, message = error(answer)
        assert code == "PrincipalNotFound"
        assert message.startswith(
            f"Principal {principal.replace('-', '')} does not exist in the directory {arm.tenant}. "
        )


def test_a_principal_of_another_type_than_stated_is_refused(arm: ArmClient) -> None:
    group = arm.principal("Group")
    assert error(arm.assign(arm.resource_group(), "Reader", group | {"kind": "User"})) == (
        400,
        "UnmatchedPrincipalType",
        (
            f"The PrincipalId '{group['id'].replace('-', '')}' has type 'Group',"
            " which is different from specified PrincipalType 'User'."
        ),
    )


def test_an_action_without_a_role_is_refused_naming_client_action_and_scope(arm: ArmClient) -> None:
    group, principal = arm.resource_group(), arm.principal()
    stranger = arm.signed_in(principal)
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/kv-1"
    assert error(stranger.put(vault, arm.vault_body())) == (
        403,
        "AuthorizationFailed",
        (
            f"The client '{principal['clientId']}' with object id '{principal['id']}' does not have authorization to"
            f" perform action 'Microsoft.KeyVault/vaults/write' over scope '{vault}' or the scope is invalid. If access"
            " was recently granted, please refresh your credentials."
        ),
    )
    assert error(stranger.get(f"{group}/providers/Microsoft.KeyVault/vaults"))[2].startswith(
        f"The client '{principal['clientId']}' with object id '{principal['id']}' does not have authorization to"
        f" perform action 'Microsoft.KeyVault/vaults/read' over scope '{group}'"
    )
    assert stranger.get("/subscriptions").json()["value"] == []


def test_a_role_reaches_down_from_its_scope_and_not_beside_it(arm: ArmClient) -> None:
    group, other, principal = arm.resource_group(), arm.resource_group(), arm.principal()
    arm.assign(group, "Reader", principal)
    reader = arm.signed_in(principal)
    vault = arm.key_vault(group)
    assert reader.get(vault).status_code == 200
    assert reader.get(other).status_code == 403
    assert reader.delete(vault).status_code == 403


def test_a_contributor_cannot_assign_roles(arm: ArmClient) -> None:
    principal = arm.principal()
    arm.assign(arm.subscription, "Contributor", principal)
    contributor = arm.signed_in(principal)
    group = contributor.resource_group()
    reader = f"{arm.subscription}{AUTHORIZATION}/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    path = f"{group}{AUTHORIZATION}/roleAssignments/{uuid.uuid4()}"
    body = {"properties": {"roleDefinitionId": reader, "principalId": principal["id"]}}
    status, code, message = error(contributor.put(path, body))
    assert (status, code) == (403, "AuthorizationFailed")
    assert "perform action 'Microsoft.Authorization/roleAssignments/write' over scope" in message


def test_an_azure_ai_developer_deploys_but_does_not_touch_the_workspace(arm: ArmClient) -> None:
    group, principal = arm.resource_group(), arm.principal()
    workspace = arm.workspace(group)
    arm.assign(group, "Azure AI Developer", principal)
    developer = arm.signed_in(principal)
    developer.subscribe(workspace)
    endpoint = developer.endpoint(workspace)
    assert developer.post(f"{endpoint}/listKeys").status_code == 200
    assert developer.post(f"{workspace}/listKeys").status_code == 403
    assert developer.delete(workspace).status_code == 403


def test_a_role_on_one_endpoint_gives_no_other(arm: ArmClient) -> None:
    workspace, principal = arm.workspace(), arm.principal()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace)
    arm.assign(endpoint, "Azure AI Developer", principal)
    consumer = arm.signed_in(principal)
    assert consumer.post(f"{endpoint}/listKeys").status_code == 200
    assert consumer.get(f"{workspace}/serverlessEndpoints").status_code == 403


def test_members_of_a_group_have_its_roles(arm: ArmClient) -> None:
    member = arm.principal()
    inner = arm.principal("Group", members=[member["id"]])
    outer = arm.principal("Group", members=[inner["id"]])
    group = arm.resource_group()
    assert arm.signed_in(member).get(group).status_code == 403
    arm.assign(group, "Reader", outer)
    assert arm.signed_in(member).get(group).status_code == 200


def test_assignments_are_listed_at_a_scope_and_for_a_principal(arm: ArmClient) -> None:
    group, principal = arm.resource_group(), arm.principal("User")
    below = arm.assign(arm.key_vault(group), "Reader", principal).json()["id"]
    here = arm.assign(group, "Reader", principal).json()["id"]
    listing = f"{group}{AUTHORIZATION}/roleAssignments"
    at_scope = [item["id"] for item in arm.get(listing, **{"$filter": "atScope()"}).json()["value"]]
    assert here in at_scope
    assert below not in at_scope
    theirs = arm.get(listing, **{"$filter": f"principalId eq '{principal['id']}'"}).json()["value"]
    assert [item["id"] for item in theirs] == [below, here]


def test_assignments_go_with_what_they_are_for(arm: ArmClient) -> None:
    vault = arm.key_vault(arm.resource_group())
    assignment = arm.assign(vault, "Reader", arm.principal("User")).json()["id"]
    arm.remove(vault)
    assert assignment not in [item["id"] for item in arm.control("GET", "resources")["resources"]]
    assert error(arm.assign(vault, "Reader", arm.principal("User")))[:2] == (404, "ResourceNotFound")
