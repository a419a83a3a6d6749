"""ARM ids, taken apart. Pure."""

import re
from dataclasses import dataclass

_ID = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/([^/]+)((?:/[^/]+/[^/]+)+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ResourceId:
    """What an ARM id names. `type` as in `Microsoft.KeyVault/vaults`; the case of an id does not count in Azure."""

    azure_subscription_id: str
    resource_group_name: str
    type: str
    name: str

    def is_of_type(self, type_: str) -> bool:
        """Tell whether the resource is of a type."""
        return self.type.lower() == type_.lower()

    @property
    def resource_group_id(self) -> str:
        """The ARM id of the resource group that the resource is in."""
        return f"/subscriptions/{self.azure_subscription_id}/resourceGroups/{self.resource_group_name}"


def parse_resource_id(text: str) -> ResourceId:
    """Return what the ARM id of a resource in a resource group names.

    Raises:
        ValueError: The text is no such id.
    """
    found = _ID.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not the ARM id of a resource in a resource group")
    azure_subscription_id, resource_group_name, namespace, rest = found.groups()
    _, *parts = rest.split("/")
    return ResourceId(azure_subscription_id, resource_group_name, "/".join([namespace, *parts[::2]]), parts[-1])
