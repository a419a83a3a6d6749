"""Runs a program under Pulumi's mocks and records what it registers, as plain data that tests compare."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import pulumi
from pulumi.runtime.mocks import MockMonitor

AZURE_SUBSCRIPTION_ID = "20000000-0000-4000-8000-000000000001"
TENANT_ID = "10000000-0000-4000-8000-000000000001"
SUFFIX = "1a2b3c4d"  # what azure-native appends to a logical name is random; here it is this
PRIMARY_KEY, SECONDARY_KEY = "primary-key-of-the-recorder", "secondary-key-of-the-recorder"

Inputs = dict[str, Any]


class Refusal(grpc.RpcError):  # type: ignore[misc]  # grpc has no types
    """A failure of a provider's function, as it comes from the engine."""

    def code(self) -> Any:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Registration:
    """A resource that the program registered, with everything that the engine is told about it."""

    type: str
    name: str
    parent: str
    inputs: Inputs
    dependencies: frozenset[str]
    delete_before_replace: bool | None
    replace_on_changes: tuple[str, ...]
    ignore_changes: tuple[str, ...]
    deleted_with: str
    provider: str
    protect: bool
    error_hooks: int
    aliases: tuple[str, ...]
    """The names that it had before, as far as they are given, and not derived from its parent's by the engine."""
    alias_types: tuple[str, ...]
    """The types that it had before."""


@dataclass(frozen=True)
class Resolved:
    """What an output came to: its value, None when unknown."""

    value: Any
    known: bool
    secret: bool


@dataclass
class Recording:
    """Everything that a program did."""

    registrations: list[Registration] = field(default_factory=list)
    reads: list[tuple[str, str, str]] = field(default_factory=list)
    """Logical name, parent and ARM id of the existing resources that the program read."""
    calls: list[tuple[str, Inputs, str]] = field(default_factory=list)
    outputs: dict[str, Resolved] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)

    def tree(self) -> list[tuple[str, str, str]]:
        """Return type, logical name and parent of every resource, sorted."""
        return sorted((each.type, each.name, each.parent) for each in self.registrations)

    def one(self, type_: str, name: str | None = None) -> Registration:
        """Return the only resource of a type, or of a type and name."""
        found = [each for each in self.registrations if each.type.endswith(type_) and name in (None, each.name)]
        assert len(found) == 1, f"{len(found)} resources of type {type_} in {self.tree()}"
        return found[0]

    def all(self, type_: str) -> list[Registration]:
        """Return the resources of a type in the order of their names."""
        return sorted((each for each in self.registrations if each.type.endswith(type_)), key=lambda each: each.name)

    def called(self, function: str) -> list[Inputs]:
        """Return the arguments of each call of a provider's function."""
        return [arguments for token, arguments, _ in self.calls if token.endswith(function)]


def record(
    program: Callable[[], Mapping[str, Any] | None],
    *,
    preview: bool = False,
    existing: bool = False,
    config: Mapping[str, str] | None = None,
    secret_config: list[str] | None = None,
    project: str = "azure-mistral",
    stack: str = "dev",
    list_keys: Callable[[], Inputs] = lambda: {"primaryKey": PRIMARY_KEY, "secondaryKey": SECONDARY_KEY},
    azure: Mapping[str, Inputs] | None = None,
) -> Recording:
    """Run a program, as `up`, or as a preview of what does not exist yet or does, and return what it did.

    The mapping that the program returns are its outputs. `list_keys` answers for Azure, or raises `Refusal`. `azure` is
    what exists already, by ARM id.
    """
    recording = Recording()
    logger = logging.Logger("recorder")
    logger.addHandler(_LogHandler(recording.log))
    monitor = _Monitor(_Azure(recording, preview and not existing, list_keys, azure or {}), recording)
    pulumi.runtime.set_mocks(monitor.mocks, project, stack, preview, logger, monitor)
    pulumi.runtime.set_all_config(dict(config or {}), secret_config or [])

    async def resolve(outputs: Mapping[str, Any]) -> None:
        for name, value in outputs.items():
            output: pulumi.Output[Any] = pulumi.Output.from_input(value)
            known = await output.is_known()
            recording.outputs[name] = Resolved(
                await output.future() if known else None, known, await output.is_secret()
            )

    pulumi.runtime.test(lambda: resolve(program() or {}))()  # type: ignore[no-untyped-call]
    return recording


# What the inputs call the name of a resource, the last part of its id.
_NAMES = ("name", "roleAssignmentName", "autoscaleSettingName", "deploymentName", "endpointName")


class _Azure(pulumi.runtime.Mocks):
    """Answers as azure-native does: names, ids and the outputs that components read."""

    def __init__(
        self, recording: Recording, pending: bool, list_keys: Callable[[], Inputs], azure: Mapping[str, Inputs]
    ) -> None:
        self._recording, self._pending, self._list_keys, self._azure = recording, pending, list_keys, azure

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, Inputs]:
        if not args.typ.startswith("azure-native:"):
            return None, {}
        if args.resource_id:
            return args.resource_id, self._azure[args.resource_id]
        if self._pending:
            return None, dict(args.inputs)
        name = next((args.inputs[key] for key in _NAMES if key in args.inputs), f"{args.name}{SUFFIX}")
        arm_id = f"{_scope(args)}/{args.typ.split(':')[-1]}/{name}"
        return arm_id, {**args.inputs, "name": name, **_answered(args.typ, name, args.inputs)}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[Inputs, list[tuple[str, str]] | None]:
        self._recording.calls.append((args.token, args.args, args.provider))
        match args.token:
            case "azure-native:authorization:getClientConfig":
                return {"subscriptionId": AZURE_SUBSCRIPTION_ID, "tenantId": TENANT_ID}, []
            case (
                "azure-native:machinelearningservices:listServerlessEndpointKeys"
                | "azure-native:machinelearningservices:listOnlineEndpointKeys"
            ):
                return self._list_keys(), []
            case "azure-native:machinelearningservices:getWorkspace":
                group = f"/subscriptions/{AZURE_SUBSCRIPTION_ID}/resourceGroups/{args.args['resourceGroupName']}"
                path = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{args.args['workspaceName']}"
                if path not in self._azure:
                    raise Refusal(f'request failed {path}: Status=404 Code="ResourceNotFound" Message="Not found."')
                return {"id": path, "name": args.args["workspaceName"], **self._azure[path]}, []
        raise AssertionError(f"nobody expected a call of {args.token}")


def _scope(args: pulumi.runtime.MockResourceArgs) -> str:
    parts = [f"/subscriptions/{AZURE_SUBSCRIPTION_ID}"]
    if group := args.inputs.get("resourceGroupName"):
        parts.append(f"resourceGroups/{group}")
    if workspace := args.inputs.get("workspaceName"):
        parts.append(f"providers/Microsoft.MachineLearningServices/workspaces/{workspace}")
    if "deploymentName" in args.inputs and (endpoint := args.inputs.get("endpointName")):
        parts.append(f"OnlineEndpoint/{endpoint}")
    return "/".join(parts)


def _answered(type_: str, name: str, inputs: Inputs) -> Inputs:
    match type_:
        case "azure-native:machinelearningservices:Workspace":
            return {"identity": {**inputs["identity"], "principalId": f"principal-of-{name}"}}
        case "azure-native:machinelearningservices:ServerlessEndpoint":
            uri = f"https://{name}.{inputs['location']}.models.ai.azure.com/"
            return {"properties": {**inputs["properties"], "inferenceEndpoint": {"uri": uri, "headers": {}}}}
        case "azure-native:machinelearningservices:OnlineEndpoint":
            uri = f"https://{name}.{inputs['location']}.inference.ml.azure.com/score"
            identity = inputs["identity"]
            if assigned := identity.get("userAssignedIdentities"):
                identity = {**identity, "userAssignedIdentities": {id_: {} for id_ in assigned}}
            return {"properties": {**inputs["properties"], "scoringUri": uri}, "identity": identity}
    return {}


class _Monitor(MockMonitor):
    """Notes what the mocks are not told: parents, dependencies and resource options."""

    def __init__(self, mocks: pulumi.runtime.Mocks, recording: Recording) -> None:
        super().__init__(mocks)
        self._recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (the name of the method in Pulumi's protocol)
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self._recording.registrations.append(
                Registration(
                    type=request.type,
                    name=request.name,
                    parent=_logical_name(request.parent),
                    inputs=pulumi.runtime.rpc.deserialize_properties(request.object),
                    dependencies=frozenset(map(_logical_name, request.dependencies)),
                    delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
                    replace_on_changes=tuple(request.replaceOnChanges),
                    ignore_changes=tuple(request.ignoreChanges),
                    deleted_with=_logical_name(request.deletedWith),
                    provider=request.provider,
                    protect=request.protect,
                    error_hooks=len(request.hooks.on_error),
                    aliases=tuple(alias.spec.name for alias in request.aliases if alias.spec.name),
                    alias_types=tuple(alias.spec.type for alias in request.aliases if alias.spec.type),
                )
            )
        return response

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 (the name of the method in Pulumi's protocol)
        self._recording.reads.append((request.name, _logical_name(request.parent), request.id))
        return super().ReadResource(request)  # type: ignore[no-untyped-call]


class _LogHandler(logging.Handler):
    def __init__(self, log: list[tuple[str, str]]) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.append((record.levelname, record.getMessage()))


def _logical_name(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]
