"""How a program goes on after an update that was killed: what Azure made of it comes into the state.

The next update would make resources with random names a second time, and be refused those with names of ours. So the
program reads its stack's state, and where that says that something was being created which Azure has, it tells the
engine to import it. Only what this stack's own state names is taken, and only below components of this package.
"""

import asyncio
import json
import os
import subprocess
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from azure_mistral.error_hooks import PACE
from azure_mistral.errors import AzureMistralError, azure_words
from azure_mistral.pending_creates import PendingCreate, child_urn, has_failed, is_at_work, pending_creates

_BETWEEN_LOOKS = 5.0
_LOOKS = 360
"""How often Azure is asked whether it has finished: half an hour, three times what the slowest, an endpoint, takes."""

_looked: weakref.WeakSet[Any] = weakref.WeakSet()
"""The engine's monitors, one for each run of a program and for each component that a plugin hosts."""


def adopt_pending_creates() -> None:
    """Let the engine import what a killed update of this stack was creating.

    Components call it before they make their first resource. It asks `pulumi` for the state, once in each run; where no
    update was killed that is all. An inline program of the Automation API, and one that runs with mocks, have no
    project directory: there it does nothing.
    """
    monitor, directory = pulumi.runtime.settings.get_monitor(), pulumi.get_root_directory()
    if pulumi.runtime.get_root_resource() is None:
        directory = str(Path.cwd())  # a hosted component: its process is started where the program is
    if monitor in _looked or not (directory and Path(directory).is_dir()):
        return
    _looked.add(monitor)
    pending = pending_creates(_deployment(directory))
    if not pending:
        return

    # The engine calls it for each resource that the program registers from now on.
    async def adopt(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        parent = args.opts.parent and await args.opts.parent.urn.future()
        creates = pending.get(child_urn(parent, args.type_, args.name), []) if parent else []
        if args.opts.import_ or not creates:
            return None
        existing = [id_ for each in creates if (id_ := await _existing(each, args.name, args.opts))]
        if not existing:
            return None
        args.opts.import_, *left_over = existing
        pulumi.log.info(f"{args.name}: a killed update was creating it, and Azure has it: {args.opts.import_}")
        for id_ in left_over:
            pulumi.log.warn(
                f"{args.name}: another killed update made one as well. Delete it: az resource delete --ids '{id_}'"
            )
        return pulumi.ResourceTransformResult(args.props, args.opts)

    pulumi.runtime.register_resource_transform(adopt)


def _deployment(directory: str) -> Mapping[str, Any]:
    """Return the state of the program's stack; an empty one, with a warning, where it cannot be read."""
    stack, organization = pulumi.get_stack(), pulumi.get_organization()
    if organization not in (None, "organization"):  # which is what backends without organizations call theirs
        stack = f"{organization}/{pulumi.get_project()}/{stack}"
    command = ["pulumi", "stack", "export", "--non-interactive", "--cwd", directory, "--stack", stack]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        words = getattr(error, "stderr", None) or str(error)
        pulumi.log.warn(
            "The state of this stack cannot be read, so what a killed update left in Azure is not taken in. Expected "
            "pulumi on PATH, and a passphrase, where the stack has one, in PULUMI_CONFIG_PASSPHRASE or "
            f"PULUMI_CONFIG_PASSPHRASE_FILE. It said: {words.strip()}"
        )
        return {}
    deployment: Mapping[str, Any] = json.loads(done.stdout)["deployment"]
    return deployment


async def _existing(create: PendingCreate, name: str, options: pulumi.ResourceOptions) -> str | None:
    """Return the id of a resource when Azure has finished it, None if Azure does not have it."""
    pause = _BETWEEN_LOOKS * float(os.environ.get(PACE, "1"))
    for look in range(_LOOKS):
        found = await _get(create, name, options)
        if found is None:
            return None
        if has_failed(found):
            raise _refusal(
                f"{name}: a killed update was creating it, and Azure failed to. Delete what there is of it and run the "
                f"same command again: az resource delete --ids '{found['id']}'"
            )
        if not is_at_work(found) or pulumi.runtime.is_dry_run():
            return str(found["id"])
        if look == 0:
            pulumi.log.info(f"{name}: waiting for Azure, which is still making what a killed update asked for")
        await asyncio.sleep(pause)
    raise _refusal(f"{name}: Azure is still making what a killed update asked for. Run the same command again later")


async def _get(create: PendingCreate, name: str, options: pulumi.ResourceOptions) -> Mapping[str, Any] | None:
    asked = pulumi.InvokeOptions(provider=options.provider, version=options.version)
    try:
        found: Mapping[str, Any] = await pulumi.runtime.invoke_async(create.getter, dict(create.arguments), asked)
    except Exception as error:  # noqa: BLE001 (the SDK raises nothing more specific)
        words = azure_words(error)
        if words.startswith("Status=404"):
            return None
        raise _refusal(
            f"{name}: a killed update was creating it, and Azure does not tell whether it exists: {words}. Run the "
            "same command again, as somebody who may read it"
        ) from None
    return found


def _refusal(message: str) -> AzureMistralError:
    # What is raised here comes out of the engine again, in the middle of a traceback.
    pulumi.log.error(message)
    return AzureMistralError(message)
