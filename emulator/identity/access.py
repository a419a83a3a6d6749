"""Who may do what: built-in role definitions, and how role assignments grant actions over scopes.

Ids, actions and notActions are those of Microsoft's "Azure built-in roles". Roles that the emulator only has to know by
id, because no management action in it depends on them, carry no actions.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from emulator.identity.directory import groups_of
from emulator.resource_id import is_within, name_of
from emulator.store import Principal, Store

ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"

_ML = "Microsoft.MachineLearningServices"


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A built-in role."""

    id: str
    name: str
    description: str = ""
    actions: Sequence[str] = ()
    not_actions: Sequence[str] = ()
    data_actions: Sequence[str] = ()


ROLE_DEFINITIONS = (
    RoleDefinition(
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        "Owner",
        "Grants full access to manage all resources, including the ability to assign roles in Azure RBAC.",
        actions=("*",),
    ),
    RoleDefinition(
        "b24988ac-6180-42a0-ab88-20f7382dd24c",
        "Contributor",
        "Grants full access to manage all resources, but does not allow you to assign roles in Azure RBAC.",
        actions=("*",),
        not_actions=(
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
        ),
    ),
    RoleDefinition(
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "Reader",
        "View all resources, but does not allow you to make any changes.",
        actions=("*/read",),
    ),
    RoleDefinition(
        "64702f94-c441-49e6-a78b-ef80e0188fee",
        "Azure AI Developer",
        "Can perform all actions within an Azure AI resource besides managing the resource itself.",
        actions=(
            f"{_ML}/workspaces/*/read",
            f"{_ML}/workspaces/*/action",
            f"{_ML}/workspaces/*/delete",
            f"{_ML}/workspaces/*/write",
            f"{_ML}/locations/*/read",
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/deployments/*",
        ),
        not_actions=(
            f"{_ML}/workspaces/delete",
            f"{_ML}/workspaces/write",
            f"{_ML}/workspaces/listKeys/action",
            f"{_ML}/workspaces/hubs/write",
            f"{_ML}/workspaces/hubs/delete",
            f"{_ML}/workspaces/featurestores/write",
            f"{_ML}/workspaces/featurestores/delete",
        ),
        data_actions=(
            "Microsoft.CognitiveServices/accounts/OpenAI/*",
            "Microsoft.CognitiveServices/accounts/SpeechServices/*",
            "Microsoft.CognitiveServices/accounts/ContentSafety/*",
        ),
    ),
    RoleDefinition(
        "f6c7c914-8db3-469d-8ca1-694a8f32e121",
        "AzureML Data Scientist",
        "Can perform all actions within an Azure Machine Learning workspace, except for creating or deleting compute"
        " resources and modifying the workspace itself.",
        actions=(
            f"{_ML}/workspaces/*/read",
            f"{_ML}/workspaces/*/action",
            f"{_ML}/workspaces/*/delete",
            f"{_ML}/workspaces/*/write",
        ),
        not_actions=(
            f"{_ML}/workspaces/delete",
            f"{_ML}/workspaces/write",
            f"{_ML}/workspaces/computes/*/write",
            f"{_ML}/workspaces/computes/*/delete",
            f"{_ML}/workspaces/computes/listKeys/action",
            f"{_ML}/workspaces/listKeys/action",
            f"{_ML}/workspaces/hubs/write",
            f"{_ML}/workspaces/hubs/delete",
            f"{_ML}/workspaces/featurestores/write",
            f"{_ML}/workspaces/featurestores/delete",
        ),
    ),
    RoleDefinition(
        "3afb7f49-54cb-416e-8c09-6dc049efa503",
        "Azure AI Inference Deployment Operator",
        "Can perform all actions required to create a resource deployment within a resource group.",
        actions=("Microsoft.Authorization/*/read", "Microsoft.Resources/deployments/*"),
    ),
    RoleDefinition(
        "b78c5d69-af96-48a3-bf8d-a8b4d589de94",
        "Azure AI Administrator",
        "A Built-In Role that has all control plane permissions to work with Azure AI and its dependencies.",
        actions=(
            "Microsoft.Authorization/*/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Resources/subscriptions/resourceGroups/write",
            "Microsoft.Insights/*/read",
            "Microsoft.Insights/*/write",
            "Microsoft.KeyVault/*",
            "Microsoft.Storage/storageAccounts/*",
            f"{_ML}/workspaces/*",
            f"{_ML}/locations/*",
        ),
    ),
    RoleDefinition("e503ece1-11d0-4e8e-8e2c-7a6c3bf38815", "AzureML Compute Operator"),
    RoleDefinition("1823dd4f-9b8c-4ab6-ab4e-7397a3684615", "AzureML Registry User"),
    RoleDefinition("ea01e6af-a1c1-4350-9563-ad00f8c72ec5", "Azure ML Workspace Connection Secrets Reader"),
    RoleDefinition("53ca6127-db72-4b80-b1b0-d745d6d5456d", "Foundry User"),
    RoleDefinition("eadc314b-1a2d-4efa-be10-5d325db5065e", "Foundry Project Manager"),
    RoleDefinition("e47c6f54-e4a2-4754-9501-8e0985b135e1", "Foundry Account Owner"),
    RoleDefinition("c883944f-8b7b-4483-af10-35834be79c4a", "Foundry Owner"),
    RoleDefinition("a97b65f3-24c7-4388-baec-2e87135dc908", "Cognitive Services User"),
    RoleDefinition("25fbc0a9-bd7c-42a3-aa1a-3b75d497ee68", "Cognitive Services Contributor"),
    RoleDefinition("5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", "Cognitive Services OpenAI User"),
    RoleDefinition("a001fd3d-188f-4b5d-821b-7da978bf7442", "Cognitive Services OpenAI Contributor"),
    RoleDefinition("4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User"),
    RoleDefinition("b86a8fe4-44ce-4948-aee5-eccb2c155cd7", "Key Vault Secrets Officer"),
)

_BY_ID = {definition.id: definition for definition in ROLE_DEFINITIONS}


def role_definition(definition_id: str) -> RoleDefinition | None:
    """The role with this GUID, or with an id that ends in it."""
    return _BY_ID.get(name_of(definition_id).lower())


def is_allowed(store: Store, principal: Principal, action: str, scope: str) -> bool:
    """Whether a role assignment at the scope or above, of the principal or a group of theirs, grants the action."""
    return any(_grants(definition, action) for definition in _roles(store, principal, scope))


def _roles(store: Store, principal: Principal, scope: str) -> Iterator[RoleDefinition]:
    who = {principal.id, *groups_of(store, principal)}
    for assignment in store.resources(ROLE_ASSIGNMENT):
        properties = assignment.properties
        if properties["principalId"].lower() in who and is_within(scope, properties["scope"]):
            definition = role_definition(properties["roleDefinitionId"])
            if definition is not None:
                yield definition


def _grants(definition: RoleDefinition, action: str) -> bool:
    granted = any(_matches(pattern, action) for pattern in definition.actions)
    return granted and not any(_matches(pattern, action) for pattern in definition.not_actions)


@lru_cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE)


def _matches(pattern: str, action: str) -> bool:
    return _expression(pattern).fullmatch(action) is not None
