"""Azure resource ids, as text: their parts, parents and how they compare. Looks nothing up."""


def key(resource_id: str) -> str:
    """The form in which ids are compared: Azure Resource Manager ignores case and a trailing slash."""
    return resource_id.rstrip("/").lower()


def name_of(resource_id: str) -> str:
    """The last segment: the resource's own name."""
    return resource_id.rstrip("/").rsplit("/", 1)[-1]


def subscription_of(resource_id: str) -> str:
    """The Azure subscription's id (a GUID), or an empty string."""
    return _segment_after(resource_id, "subscriptions")


def resource_group_of(resource_id: str) -> str:
    """The resource group's name, or an empty string."""
    return _segment_after(resource_id, "resourcegroups")


def resource_group_id_of(resource_id: str) -> str:
    """The id of the resource group that a resource is in."""
    return "/".join(resource_id.split("/")[:5])


def parent_of(resource_id: str) -> str:
    """The id one level up: a child's parent resource, a resource's group or (for an extension) what it extends."""
    segments = resource_id.rstrip("/").split("/")
    above = segments[:-2]
    if len(above) >= 2 and above[-2].lower() == "providers":
        above = above[:-2]
    return "/".join(above)


def type_of(resource_id: str) -> str:
    """The resource type, for example `Microsoft.KeyVault/vaults`, in the case in which the id spells it."""
    segments = resource_id.strip("/").split("/")
    lowered = [segment.lower() for segment in segments]
    if "providers" not in lowered:
        return "Microsoft.Resources/resourceGroups" if len(segments) >= 4 else "Microsoft.Resources/subscriptions"
    start = len(lowered) - 1 - lowered[::-1].index("providers")
    return "/".join([segments[start + 1], *segments[start + 2 :: 2]])


def is_within(resource_id: str, scope: str) -> bool:
    """Whether the id is the scope itself or lies below it."""
    return key(resource_id) == key(scope) or key(resource_id).startswith(key(scope) + "/")


def _segment_after(resource_id: str, collection: str) -> str:
    segments = resource_id.split("/")
    for index, segment in enumerate(segments[:-1]):
        if segment.lower() == collection:
            return segments[index + 1]
    return ""
