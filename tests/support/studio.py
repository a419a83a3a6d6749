"""What somebody made without Pulumi: resources of a test's Azure subscription, by raw requests."""

from typing import Any

from tests.support.azure import Azure
from tests.support.waiting import wait_until

REGISTRY = "azureml://registries/azureml-mistral/models/"
MACHINE_LEARNING = "Microsoft.MachineLearningServices/workspaces"
GROUPS, STORAGE_ACCOUNTS, VAULTS = "2024-03-01", "2024-01-01", "2024-11-01"  # API versions


def make(azure: Azure, path: str, body: dict[str, Any], version: str = "2025-12-01") -> str:
    """Make a resource, wait until it is there, and return its id."""
    answer = azure.arm("PUT", path, body, version=version)
    assert answer.status_code in (200, 201, 202), answer.text
    wait_until(lambda: azure.arm("GET", path, version=version).json()["properties"]["provisioningState"] == "Succeeded")
    return str(azure.arm("GET", path, version=version).json()["id"])


def remove(azure: Azure, path: str, version: str = "2025-12-01", **query: str) -> None:
    """Delete a resource and wait until it is gone."""
    answer = azure.arm("DELETE", path, version=version, **query)
    assert answer.status_code in (200, 202, 204), answer.text
    wait_until(lambda: azure.arm("GET", path, version=version).status_code == 404)


def make_group(azure: Azure, name: str = "studio") -> str:
    return make(azure, f"/subscriptions/{azure.subscription_id}/resourceGroups/{name}", {"location": "eastus2"}, GROUPS)


def make_vault(azure: Azure, group: str, name: str) -> str:
    properties = {"tenantId": azure.environment["ARM_TENANT_ID"], "sku": {"family": "A", "name": "standard"}}
    path = f"{group}/providers/Microsoft.KeyVault/vaults/{name}"
    return make(azure, path, {"location": "eastus2", "properties": properties}, VAULTS)


def purge_vault(azure: Azure, name: str) -> None:
    """Delete a soft-deleted key vault for good."""
    deleted = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.KeyVault/locations/eastus2/deletedVaults"
    answer = azure.arm("POST", f"{deleted}/{name}/purge", version=VAULTS)
    assert answer.status_code == 202, answer.text


def unique_name(azure: Azure, prefix: str) -> str:
    """Return a name for a storage account or a key vault that no other test uses."""
    return f"{prefix}{azure.subscription_id.replace('-', '')[:16]}"


def make_hubs(azure: Azure, group: str, *names: str, location: str = "eastus2") -> list[str]:
    """Make workspaces of kind Hub, which share a storage account and a key vault in eastus2."""
    storage = make(
        azure,
        f"{group}/providers/Microsoft.Storage/storageAccounts/{unique_name(azure, 'st')}",
        {"location": "eastus2", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"},
        STORAGE_ACCOUNTS,
    )
    body = {
        "location": location,
        "kind": "Hub",
        "identity": {"type": "SystemAssigned"},
        "properties": {"storageAccount": storage, "keyVault": make_vault(azure, group, unique_name(azure, "kv"))},
    }
    return [make(azure, f"{group}/providers/{MACHINE_LEARNING}/{name}", body) for name in names]


def subscribe(azure: Azure, workspace: str, model: str, name: str) -> str:
    """Subscribe a workspace to the offer of a model, named as in the registry."""
    body = {"properties": {"modelId": f"{REGISTRY}{model}"}}
    return make(azure, f"{workspace}/marketplaceSubscriptions/{name}", body)


def deploy(azure: Azure, workspace: str, model: str, name: str, location: str = "eastus2", **more: Any) -> str:
    """Make a serverless endpoint of a model, named as in the registry, with more properties than it needs."""
    properties = {"authMode": "Key", "modelSettings": {"modelId": f"{REGISTRY}{model}"}, **more}
    body = {"location": location, "sku": {"name": "Consumption"}, "properties": properties}
    return make(azure, f"{workspace}/serverlessEndpoints/{name}", body)


def regenerate_key(azure: Azure, endpoint: str) -> None:
    """Have Azure make a new primary key for a serverless endpoint, and wait until the old one is void."""
    answer = azure.arm("POST", f"{endpoint}/regenerateKeys", {"keyType": "Primary"})
    assert answer.status_code in (200, 202), answer.text
    if "location" in answer.headers:
        wait_until(lambda: azure.arm("GET", answer.headers["location"]).status_code != 202)
