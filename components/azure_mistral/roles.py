"""Azure's built-in roles by name. Pure; `role_assignments` assigns them."""

import re
from collections.abc import Mapping
from types import MappingProxyType

DEFAULT_ROLE = "Azure AI Developer"

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# MicrosoftDocs/azure-docs, articles/role-based-access-control/built-in-roles.md.
# Owner and Contributor are left out: a stack of models has no reason to hand them out. Their GUIDs are accepted.
ROLES: Mapping[str, str] = MappingProxyType(
    {
        "Azure AI Administrator": "b78c5d69-af96-48a3-bf8d-a8b4d589de94",
        "Azure AI Developer": "64702f94-c441-49e6-a78b-ef80e0188fee",
        "Azure AI Inference Deployment Operator": "3afb7f49-54cb-416e-8c09-6dc049efa503",
        "Azure ML Workspace Connection Secrets Reader": "ea01e6af-a1c1-4350-9563-ad00f8c72ec5",
        "AzureML Compute Operator": "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815",
        "AzureML Data Scientist": "f6c7c914-8db3-469d-8ca1-694a8f32e121",
        "AzureML Registry User": "1823dd4f-9b8c-4ab6-ab4e-7397a3684615",
        "Cognitive Services User": "a97b65f3-24c7-4388-baec-2e87135dc908",
        "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    }
)


def role_definition_guid(role: str) -> str | None:
    """Return the definition GUID of a role given by name or GUID (a custom role's, too), or None when it is neither."""
    if GUID.fullmatch(role):
        return role.lower()
    return ROLES.get(role)
