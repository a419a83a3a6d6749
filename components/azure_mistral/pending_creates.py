"""What a killed update was creating, from the state that it left. Pure; `interruption` takes it into the next update.

The engine notes each create in the state, with its final inputs, before it asks the provider, and the note stays when
the engine is killed. Azure may have the resource or not; the resources of the state do not have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

IDENTITIES = {
    "azure-native:resources:ResourceGroup": ("resourceGroupName",),
    "azure-native:storage:StorageAccount": ("resourceGroupName", "accountName"),
    "azure-native:keyvault:Vault": ("resourceGroupName", "vaultName"),
    "azure-native:operationalinsights:Workspace": ("resourceGroupName", "workspaceName"),
    "azure-native:applicationinsights:Component": ("resourceGroupName", "resourceName"),
    "azure-native:machinelearningservices:Workspace": ("resourceGroupName", "workspaceName"),
    "azure-native:machinelearningservices:MarketplaceSubscription": ("resourceGroupName", "workspaceName", "name"),
    "azure-native:machinelearningservices:ServerlessEndpoint": ("resourceGroupName", "workspaceName", "name"),
    "azure-native:machinelearningservices:OnlineEndpoint": ("resourceGroupName", "workspaceName", "endpointName"),
    "azure-native:machinelearningservices:OnlineDeployment": (
        "resourceGroupName",
        "workspaceName",
        "endpointName",
        "deploymentName",
    ),
    "azure-native:resources:Deployment": ("resourceGroupName", "deploymentName"),
    "azure-native:monitor:AutoscaleSetting": ("resourceGroupName", "autoscaleSettingName"),
    "azure-native:authorization:RoleAssignment": ("scope", "roleAssignmentName"),
}
"""The types that the components make, and the inputs that say which resource it is."""

_COMPONENTS = "azure-mistral:index:"
_FAILED = ("Failed", "Canceled")


@dataclass(frozen=True, slots=True)
class PendingCreate:
    """A resource that was being created: the function of the provider that tells whether it exists."""

    getter: str
    arguments: Mapping[str, str]


def pending_creates(deployment: Mapping[str, Any]) -> dict[str, list[PendingCreate]]:
    """Return what the components of this package were creating, by URN, the latest first.

    A URN has several when a later update did not find the first one and was killed as well. What the state has as a
    resource is left out: the engine keeps its notes until `pulumi refresh --clear-pending-creates`.
    """
    known = {resource["urn"] for resource in deployment.get("resources") or []}
    found: dict[str, list[PendingCreate]] = {}
    for operation in deployment.get("pending_operations") or []:
        resource = operation["resource"]
        urn, type_ = resource["urn"], resource["type"]
        if operation["type"] == "creating" and urn not in known and type_ in IDENTITIES and _is_ours(urn):
            arguments = {name: resource["inputs"][name] for name in IDENTITIES[type_]}
            module, _, class_name = type_.rpartition(":")
            found.setdefault(urn, []).append(PendingCreate(f"{module}:get{class_name}", arguments))
    return found


def child_urn(parent_urn: str, type_: str, name: str) -> str:
    """Return the URN of a resource below another one."""
    # urn:pulumi:<stack>::<project>::<types from the outermost to its own, with $ between>::<name>
    stack, project, types, _ = parent_urn.split("::", 3)
    return "::".join([stack, project, f"{types}${type_}", name])


def is_at_work(resource: Mapping[str, Any]) -> bool:
    """Tell whether Azure is still making a resource."""
    return _provisioning_state(resource) not in (None, "Succeeded", *_FAILED)


def has_failed(resource: Mapping[str, Any]) -> bool:
    """Tell whether Azure has a resource that it took and then failed to make."""
    return _provisioning_state(resource) in _FAILED


def _provisioning_state(resource: Mapping[str, Any]) -> str | None:
    # The provider's functions take the properties of some types out of `properties`.
    state: str | None = {**(resource.get("properties") or {}), **resource}.get("provisioningState")
    return state


def _is_ours(urn: str) -> bool:
    """Tell whether the parent of a resource is a component of this package."""
    *_, parent_type, _ = ["", "", *urn.split("::", 3)[2].split("$")]
    return parent_type.startswith(_COMPONENTS)
