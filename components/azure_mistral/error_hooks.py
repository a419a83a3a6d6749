"""The error hook of every Azure resource: it shows the advice of `failures` on the resource, and waits to try again.

Nothing depends on it: without hooks the same command finishes the same stack, with Azure's words alone.
"""

import asyncio
import os
import uuid
import weakref
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime.proto import engine_pb2

from azure_mistral.failures import FailedOperation, Reaction, react

PACE = "AZURE_MISTRAL_RETRY_PACE"
"""Environment variable: what the waits before further tries are multiplied with, 1 if it is not set."""

_hooks: weakref.WeakKeyDictionary[pulumi.Resource, pulumi.ErrorHook] = weakref.WeakKeyDictionary()


def on_error() -> pulumi.ResourceHookBinding:
    """Return what goes into the options (`hooks`) of every Azure resource."""
    stack = pulumi.runtime.get_root_resource()
    if stack is None:
        # A hosted component: its process is told of no stack, may host several instances, and names are the engine's.
        return pulumi.ResourceHookBinding(on_error=[_new_hook(f"azure-mistral:{uuid.uuid4()}")])
    if stack not in _hooks:
        # The name is kept in the state: a `destroy --run-program` finds the hook by it.
        _hooks[stack] = _new_hook("azure-mistral")
    return pulumi.ResourceHookBinding(on_error=[_hooks[stack]])


def _new_hook(name: str) -> pulumi.ErrorHook:
    engine = pulumi.log.get_engine()  # type: ignore[no-untyped-call]  # of this program; a hook runs outside of it

    # Async, because the engine calls hooks side by side, and sync ones would wait for each other.
    async def advise(args: pulumi.ErrorHookArgs) -> bool:
        try:
            failed = FailedOperation(args.urn, args.type, args.name, _plain(args.new_inputs or {}), args.errors)
            reaction = react(failed, float(os.environ.get(PACE, "1")))
            if reaction is not None:
                _show(engine, args.urn, reaction)
            if reaction is None or reaction.wait is None:
                return False
            await asyncio.sleep(reaction.wait)
        except Exception as error:  # noqa: BLE001 (whatever a hook raises would take the place of Azure's words)
            pulumi.log.debug(f"azure-mistral has no advice: {error!r}")
            return False
        return True

    return pulumi.ErrorHook(name, advise)


def _plain(inputs: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in inputs.items() if not isinstance(value, pulumi.Output)}


def _show(engine: Any, urn: str, reaction: Reaction) -> None:
    # What pulumi.log does once it knows a resource's URN. It takes resource objects only, and prints nothing when a
    # hook gives it one.
    severity = engine_pb2.ERROR if reaction.wait is None else engine_pb2.WARNING
    engine.Log(engine_pb2.LogRequest(severity=severity, message=reaction.message, urn=urn, streamId=0, ephemeral=False))
