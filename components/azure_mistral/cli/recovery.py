"""What a killed update left behind: resources that it was creating, which Azure may have and the state does not. Pure.

The engine notes each create in the state before it asks the provider, and the note stays when it is killed. A later
`up` would make resources with random names a second time, and be refused those with names of ours.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_PATHS = {
    "azure-native:resources:ResourceGroup": "{subscription}/resourceGroups/{resourceGroupName}",
    "azure-native:storage:StorageAccount": "{group}/Microsoft.Storage/storageAccounts/{accountName}",
    "azure-native:keyvault:Vault": "{group}/Microsoft.KeyVault/vaults/{vaultName}",
    "azure-native:operationalinsights:Workspace": "{group}/Microsoft.OperationalInsights/workspaces/{workspaceName}",
    "azure-native:applicationinsights:Component": "{group}/Microsoft.Insights/components/{resourceName}",
    "azure-native:machinelearningservices:Workspace": "{workspace}",
    "azure-native:machinelearningservices:MarketplaceSubscription": "{workspace}/marketplaceSubscriptions/{name}",
    "azure-native:machinelearningservices:ServerlessEndpoint": "{workspace}/serverlessEndpoints/{name}",
    "azure-native:authorization:RoleAssignment": (
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}"
    ),
}
"""Where in Azure a resource of the components is, from its inputs."""


@dataclass(frozen=True, slots=True)
class PendingCreate:
    """A resource that a killed update was creating, with the id that it has in Azure if it got so far."""

    type: str
    name: str
    parent: str
    provider: str
    id: str
    api_version: str


def azure_subscription_id(deployment: Mapping[str, Any]) -> str | None:
    """Return the Azure subscription of a state, from the ids or the providers in it; None if it has neither."""
    for resource in deployment.get("resources", []):
        given = resource.get("inputs", {}).get("subscriptionId")
        if found := re.match(r"/subscriptions/([^/]+)/", str(resource.get("id"))):
            return found[1]
        if resource["type"] == "pulumi:providers:azure-native" and isinstance(given, str):
            return given
    return None


def pending_creates(deployment: Mapping[str, Any], subscription_id: str) -> Iterator[PendingCreate]:
    """Yield what was being created, of the types that the components make."""
    for operation in deployment.get("pending_operations") or []:
        resource = operation["resource"]
        path = _PATHS.get(resource["type"])
        if operation["type"] == "creating" and path:
            yield PendingCreate(
                resource["type"],
                resource["urn"].split("::", 3)[3],
                resource.get("parent", ""),
                resource.get("provider", "").rpartition("::")[0],
                _resource_id(path, resource["inputs"], subscription_id),
                resource["inputs"]["azureApiVersion"],
            )


def _resource_id(path: str, inputs: Mapping[str, Any], subscription_id: str) -> str:
    subscription = f"/subscriptions/{subscription_id}"
    group = f"{subscription}/resourceGroups/{inputs.get('resourceGroupName')}/providers"
    workspace = f"{group}/Microsoft.MachineLearningServices/workspaces/{inputs.get('workspaceName')}"
    return path.format_map({**inputs, "subscription": subscription, "group": group, "workspace": workspace})


def import_file(found: Collection[PendingCreate]) -> dict[str, Any]:
    """Return what `pulumi import --file` takes: each resource in the place where the program has it."""
    urns = {each.parent for each in found if each.parent} | {each.provider for each in found if _is_explicit(each)}
    names = {urn: f"urn{index}" for index, urn in enumerate(sorted(urns))}
    return {
        "nameTable": {name: urn for urn, name in names.items()},
        "resources": [
            {"type": each.type, "name": each.name, "id": each.id}
            | ({"parent": names[each.parent]} if each.parent else {})
            | ({"provider": names[each.provider]} if _is_explicit(each) else {})
            for each in found
        ],
    }


def _is_explicit(resource: PendingCreate) -> bool:
    return bool(resource.provider) and not resource.provider.rpartition("::")[2].startswith("default")
