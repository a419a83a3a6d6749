"""The inputs that a program may leave out: name, location and API version."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from emulator.provider.names import CREATE_BEFORE_DELETE, AutoNaming, default_name
from emulator.provider.resource_types import ResourceType
from emulator.provider.wire import UNKNOWN, is_unknown

ResourceGroupLocation = Callable[[str], Awaitable[str | None]]
"""Tells the location of a resource group by its name, None if it cannot be told."""


async def with_defaults(
    resource_type: ResourceType,
    inputs: Mapping[str, Any],
    old_inputs: Mapping[str, Any],
    *,
    urn: str,
    random_seed: bytes,
    auto_naming: AutoNaming | None,
    configured_location: str | None,
    resource_group_location: ResourceGroupLocation,
) -> dict[str, Any]:
    """The inputs with everything that the official plugin fills in."""
    completed = dict(inputs)
    parameter = resource_type.name_parameter
    if parameter not in completed:
        name = default_name(resource_type.auto_name, parameter, urn, random_seed, auto_naming, old_inputs)
        if name is not None:
            completed[parameter] = name.name
            if name.random:
                completed[CREATE_BEFORE_DELETE] = True
    if resource_type.auto_location and "location" in resource_type.inputs and "location" not in completed:
        location = await _location(completed, old_inputs, configured_location, resource_group_location)
        if location is not None:
            completed["location"] = location
    return {"azureApiVersion": resource_type.api_version, **completed}


async def _location(
    inputs: Mapping[str, Any],
    old_inputs: Mapping[str, Any],
    configured: str | None,
    resource_group_location: ResourceGroupLocation,
) -> str | None:
    # The old location goes first: a changed default does not move what exists.
    if location := old_inputs.get("location") or configured:
        return str(location)
    resource_group = inputs.get("resourceGroupName")
    if resource_group is None:
        return None
    return UNKNOWN if is_unknown(resource_group) else await resource_group_location(resource_group)
