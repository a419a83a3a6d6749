"""What `azure-mistral recover` reads from a state; with the real engine it is tested in tests/integration."""

from typing import Any

from azure_mistral.cli.recovery import azure_subscription_id, import_file, pending_creates

SUBSCRIPTION = "20000000-0000-4000-8000-000000000001"
COMPONENT = "urn:pulumi:dev::project::azure-mistral:index:Workspace::team"
VAULT = "azure-native:keyvault:Vault"
ENDPOINT = "azure-native:machinelearningservices:ServerlessEndpoint"


def pending(type_: str, logical: str, operation: str = "creating", provider: str = "default_3", **inputs: Any) -> Any:
    resource = {
        "urn": f"urn:pulumi:dev::project::azure-mistral:index:Workspace${type_}::{logical}",
        "type": type_,
        "inputs": {"azureApiVersion": "2025-12-01", "resourceGroupName": "team-rg", **inputs},
        "parent": COMPONENT,
        "provider": f"urn:pulumi:dev::project::pulumi:providers:azure-native::{provider}::an-id",
    }
    return {"resource": resource, "type": operation}


def test_what_was_being_created_gets_the_id_that_it_has_in_azure() -> None:
    operations = [
        pending(VAULT, "team-kv", vaultName="team-kv1"),
        pending(ENDPOINT, "chat-endpoint", workspaceName="mlw", name="chat"),
    ]

    found = list(pending_creates({"pending_operations": operations}, SUBSCRIPTION))

    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/team-rg/providers"
    assert [(each.name, each.id) for each in found] == [
        ("team-kv", f"{group}/Microsoft.KeyVault/vaults/team-kv1"),
        ("chat-endpoint", f"{group}/Microsoft.MachineLearningServices/workspaces/mlw/serverlessEndpoints/chat"),
    ]


def test_updates_deletes_and_what_is_not_of_the_components_are_left_to_pulumi() -> None:
    operations = [
        pending(VAULT, "team-kv", "updating", vaultName="team-kv1"),
        pending(ENDPOINT, "chat-endpoint", "deleting", workspaceName="mlw", name="chat"),
        pending("random:index:RandomId", "other"),
    ]

    assert list(pending_creates({"pending_operations": operations}, SUBSCRIPTION)) == []
    assert list(pending_creates({}, SUBSCRIPTION)) == []


def test_the_import_file_puts_a_resource_under_its_component_and_its_own_provider() -> None:
    operations = [
        pending(VAULT, "team-kv", provider="other-cloud", vaultName="team-kv1"),
        pending(VAULT, "team-kv2", vaultName="team-kv2"),
    ]

    file = import_file(list(pending_creates({"pending_operations": operations}, SUBSCRIPTION)))

    own, default = file["resources"]
    assert file["nameTable"][own["parent"]] == COMPONENT
    assert file["nameTable"][own["provider"]] == "urn:pulumi:dev::project::pulumi:providers:azure-native::other-cloud"
    assert default["parent"] == own["parent"]
    assert "provider" not in default


def test_the_azure_subscription_is_read_from_an_id_or_a_provider() -> None:
    provider = {"type": "pulumi:providers:azure-native", "inputs": {"subscriptionId": SUBSCRIPTION}}
    group = {"type": "azure-native:resources:ResourceGroup", "id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"}

    assert azure_subscription_id({"resources": [provider]}) == SUBSCRIPTION
    assert azure_subscription_id({"resources": [group]}) == SUBSCRIPTION
    assert azure_subscription_id({}) is None
