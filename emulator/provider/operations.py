"""Create, read, update and delete of one resource, as the official plugin does them; inputs and outputs are the SDK's.

What is sent and how answers are read is pure (`conversion`, `diff`); how requests go out is `client`'s.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError

from emulator.provider import conversion
from emulator.provider.client import ArmClient
from emulator.provider.diff import drifted_inputs
from emulator.provider.errors import ArmError, InitializationError, ProviderError
from emulator.provider.resource_types import ResourceType

CANCELED = "the operation was canceled or timed out while Azure was working on it"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the engine keeps it."""

    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    warning: str | None = None
    """Something that the user should hear of although the operation succeeded."""


async def create(
    client: ArmClient, resource_type: ResourceType, inputs: Mapping[str, Any], subscription_id: str
) -> Resource:
    """Make a resource that does not exist yet.

    Raises:
        AlreadyExistsError: it exists.
        ArmError: Azure refused.
        InitializationError: Azure accepted, and the operation failed or did not end in time.
    """
    resource_id = conversion.arm_path(resource_type.path, inputs, subscription_id)
    await client.check_absent(resource_id, resource_type.api_version)
    body = conversion.request_body(resource_type, _with_maintained(resource_type, inputs, {}))
    return await _write(client, resource_type, resource_id, inputs, body)


async def update(
    client: ArmClient,
    resource_type: ResourceType,
    resource_id: str,
    inputs: Mapping[str, Any],
    old_inputs: Mapping[str, Any],
) -> Resource:
    """Bring an existing resource to its new inputs.

    Raises:
        ArmError: Azure refused.
        InitializationError: Azure accepted, and the operation failed or did not end in time.
    """
    unset = [path for path in conversion.maintained_paths(resource_type) if conversion.get_path(inputs, path) is None]
    current = await _outputs(client, resource_type, resource_id) if unset else {}
    kept = _with_maintained(resource_type, inputs, current)
    body = conversion.request_body(resource_type, kept, old_inputs)
    return await _write(client, resource_type, resource_id, inputs, body)


async def read(
    client: ArmClient,
    resource_type: ResourceType,
    resource_id: str,
    inputs: Mapping[str, Any] | None,
    state: Mapping[str, Any],
) -> Resource | None:
    """A resource as Azure has it now, or None if it is gone.

    Args:
        client: Sends the requests.
        resource_type: What it is.
        resource_id: Where it is.
        inputs: The inputs of the last update; None for a resource that is being imported.
        state: The outputs of the last update.

    Raises:
        ArmError: Azure did not answer with the resource.
        ProviderError: the id is not one of this type.
    """
    try:
        outputs = await _outputs(client, resource_type, resource_id)
    except ArmError as error:
        if error.status == 404:
            return None
        raise
    if inputs is None:
        try:
            return Resource(resource_id, conversion.imported_inputs(resource_type, resource_id, outputs), outputs)
        except ValueError as error:
            raise ProviderError(str(error)) from error
    old_projection = conversion.input_projection(resource_type, state)
    new_projection = conversion.input_projection(resource_type, outputs)
    for path in conversion.maintained_paths(resource_type):
        if conversion.get_path(inputs, path) is None:
            old_projection = conversion.without_path(old_projection, path)
            new_projection = conversion.without_path(new_projection, path)
    return Resource(resource_id, drifted_inputs(inputs, old_projection, new_projection), outputs)


async def delete(client: ArmClient, resource_type: ResourceType, resource_id: str) -> None:
    """Delete a resource.

    Raises:
        ArmError: Azure refused, or the operation failed.
    """
    await client.delete(resource_id, resource_type.api_version, long_running=resource_type.long_running_delete)


async def _write(
    client: ArmClient,
    resource_type: ResourceType,
    resource_id: str,
    inputs: Mapping[str, Any],
    body: Mapping[str, Any],
) -> Resource:
    accepted = await client.put(resource_id, resource_type.api_version, body, merge=conversion.contains_null(body))
    # From here on the resource is on its way, so whatever happens the engine must hear of it.
    try:
        response = await client.result(accepted, long_running=resource_type.long_running_put)
        return await _after_write(client, resource_type, resource_id, inputs, response)
    except asyncio.CancelledError:
        raise InitializationError(resource_id, CANCELED, inputs, state=None) from None
    except (ProviderError, AzureError) as failure:
        reason = str(failure)
        try:
            state = await _outputs(client, resource_type, resource_id)
        except asyncio.CancelledError:
            raise InitializationError(resource_id, reason, inputs, state=None) from None
        except (ProviderError, AzureError) as error:
            reason = f"resource created but read failed {error}: {reason}"
            raise InitializationError(resource_id, reason, inputs, state=None) from error
        raise InitializationError(resource_id, reason, inputs, state) from failure


async def _after_write(
    client: ArmClient,
    resource_type: ResourceType,
    resource_id: str,
    inputs: Mapping[str, Any],
    response: Mapping[str, Any],
) -> Resource:
    # Azure's spelling of the id is the canonical one.
    resource_id = response.get("id") or resource_id
    # The answer to a PUT may differ from that to a GET, which is what later refreshes are compared with.
    try:
        return Resource(resource_id, inputs, await _outputs(client, resource_type, resource_id))
    except (ProviderError, AzureError) as error:
        outputs = conversion.outputs(resource_type, response)
        return Resource(resource_id, inputs, outputs, warning=f"Failed to read resource after writing it: {error}")


async def _outputs(client: ArmClient, resource_type: ResourceType, resource_id: str) -> dict[str, Any]:
    return conversion.outputs(resource_type, await client.get(resource_id, resource_type.api_version))


def _with_maintained(
    resource_type: ResourceType, inputs: Mapping[str, Any], current: Mapping[str, Any]
) -> Mapping[str, Any]:
    for path in conversion.maintained_paths(resource_type):
        if conversion.get_path(inputs, path) is None:
            inputs = conversion.with_path(inputs, path, conversion.get_path(current, path) or [])
    return inputs
