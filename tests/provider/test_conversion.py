"""Between the SDK's shape and Azure's."""

import pytest

from emulator.provider import conversion
from emulator.provider.resource_types import (
    APPLICATION_INSIGHTS_COMPONENT,
    ML_WORKSPACE,
    ROLE_ASSIGNMENT,
    SERVERLESS_ENDPOINT,
    STORAGE_ACCOUNT,
    VAULT,
)
from emulator.provider.wire import UNKNOWN

ENDPOINT_ID = (
    "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.MachineLearningServices"
    "/workspaces/ws/serverlessEndpoints/ep"
)


def test_path_has_every_parameter_as_one_segment() -> None:
    path = conversion.arm_path(
        SERVERLESS_ENDPOINT.path, {"resourceGroupName": "rg", "workspaceName": "ws", "name": "a/b"}, "sub"
    )

    assert ENDPOINT_ID.replace("/ep", "/a%2Fb") == path


def test_scope_is_a_path_of_its_own() -> None:
    path = conversion.arm_path(ROLE_ASSIGNMENT.path, {"scope": ENDPOINT_ID, "roleAssignmentName": "guid"}, "sub")

    assert f"{ENDPOINT_ID}/providers/Microsoft.Authorization/roleAssignments/guid" == path


def test_parameters_are_read_back_from_an_id_in_any_letter_case() -> None:
    assert conversion.path_parameters(
        SERVERLESS_ENDPOINT.path, ENDPOINT_ID.replace("resourceGroups", "RESOURCEGROUPS")
    ) == {"resourceGroupName": "rg", "workspaceName": "ws", "name": "ep"}


def test_scope_is_read_back_from_the_id_of_a_role_assignment() -> None:
    role_assignment = f"{ENDPOINT_ID}/providers/Microsoft.Authorization/roleAssignments/guid"

    found = conversion.path_parameters(ROLE_ASSIGNMENT.path, role_assignment)

    assert {"scope": ENDPOINT_ID.lstrip("/"), "roleAssignmentName": "guid"} == found


def test_id_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match="does not match the expected format"):
        conversion.path_parameters(STORAGE_ACCOUNT.path, ENDPOINT_ID)


def test_body_puts_flattened_properties_where_azure_has_them() -> None:
    body = conversion.request_body(
        STORAGE_ACCOUNT,
        {
            "resourceGroupName": "rg",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "enableHttpsTrafficOnly": True,
            "networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "1.2.3.4"}]},
            "azureApiVersion": "2024-01-01",
            "__createBeforeDelete": True,
        },
    )

    assert body == {
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {
            "supportsHttpsTrafficOnly": True,
            "networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "1.2.3.4"}]},
        },
    }


def test_outputs_are_flattened_and_leave_out_what_the_sdk_does_not_declare() -> None:
    outputs = conversion.outputs(
        APPLICATION_INSIGHTS_COMPONENT,
        {
            "id": "/x",
            "name": "insights",
            "type": "microsoft.insights/components",
            "tags": None,
            "properties": {
                "Application_Type": "web",
                "InstrumentationKey": "key",
                "Ver": "v2",
                "PrivateLinkScopedResources": [{"ResourceId": "r", "ScopeId": "s"}],
            },
        },
    )

    assert outputs == {
        "name": "insights",
        "type": "microsoft.insights/components",
        "applicationType": "web",
        "instrumentationKey": "key",
        "privateLinkScopedResources": [{"resourceId": "r", "scopeId": "s"}],
        "azureApiVersion": "2020-02-02",
    }


def test_user_assigned_identities_are_a_list_for_the_program_and_keys_for_azure() -> None:
    inputs = {"identity": {"type": "UserAssigned", "userAssignedIdentities": ["/id/a"]}}
    state = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id/a": {"clientId": "c"}}}}

    assert conversion.request_body(ML_WORKSPACE, inputs) == {
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id/a": {}}}
    }
    assert state["identity"] == conversion.outputs(ML_WORKSPACE, state)["identity"]
    assert inputs == conversion.input_projection(ML_WORKSPACE, state)


def test_removed_user_assigned_identity_is_null() -> None:
    body = conversion.request_body(
        ML_WORKSPACE,
        {"identity": {"type": "UserAssigned", "userAssignedIdentities": ["/id/a"]}},
        {"identity": {"type": "UserAssigned", "userAssignedIdentities": ["/id/a", "/id/b"]}},
    )

    assert body["identity"]["userAssignedIdentities"] == {"/id/a": {}, "/id/b": None}
    assert conversion.contains_null(body)


def test_preview_knows_inputs_and_no_more() -> None:
    preview = conversion.preview_outputs(
        SERVERLESS_ENDPOINT,
        {"name": "ep", "properties": {"authMode": "Key", "modelSettings": {"modelId": UNKNOWN}}},
    )

    assert (preview["name"], preview["location"], preview["tags"]) == ("ep", UNKNOWN, UNKNOWN)
    assert preview["properties"] == {
        "authMode": "Key",
        "contentSafety": UNKNOWN,
        "modelSettings": {"modelId": UNKNOWN},
        "endpointState": UNKNOWN,
        "inferenceEndpoint": UNKNOWN,
        "marketplaceSubscriptionId": UNKNOWN,
        "provisioningState": UNKNOWN,
    }


def test_projection_leaves_out_what_only_azure_sets() -> None:
    projection = conversion.input_projection(
        SERVERLESS_ENDPOINT,
        {
            "name": "ep",
            "location": "eastus2",
            "systemData": {"createdBy": "me"},
            "properties": {"authMode": "Key", "endpointState": "Online", "contentSafety": {"contentSafetyStatus": "E"}},
        },
    )

    assert projection == {
        "location": "eastus2",
        "properties": {"authMode": "Key", "contentSafety": {"contentSafetyStatus": "E"}},
    }


def test_imported_inputs_have_the_path_and_no_empty_collections() -> None:
    inputs = conversion.imported_inputs(
        SERVERLESS_ENDPOINT, ENDPOINT_ID, {"tags": {}, "properties": {"authMode": "Key", "contentSafety": {}}}
    )

    assert inputs == {
        "resourceGroupName": "rg",
        "workspaceName": "ws",
        "name": "ep",
        "properties": {"authMode": "Key"},
    }


def test_access_policies_are_what_azure_keeps_apart_in_a_vault() -> None:
    assert list(conversion.maintained_paths(VAULT)) == [("properties", "accessPolicies")]
