"""The gRPC face of the plugin: each method unpacks a request, has it done elsewhere, and packs the answer.

Work on resources goes through `operations`, functions through `invokes`; what goes wrong is reported as the engine
expects it.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Any, NoReturn, TypeAlias, TypeVar

import grpc
from azure.core.exceptions import AzureError
from azure.core.pipeline.transport import AsyncioRequestsTransport
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from emulator.provider import conversion, operations
from emulator.provider.client import ArmClient, connections, service_principal
from emulator.provider.configuration import ProviderConfiguration, read_cloud, read_configuration
from emulator.provider.defaults import with_defaults
from emulator.provider.diff import Action, diff_inputs
from emulator.provider.errors import InitializationError, ProviderError, UnknownTypeError
from emulator.provider.invokes import invoke
from emulator.provider.names import AutoNaming, AutoNamingMode
from emulator.provider.resource_types import RESOURCE_GROUP, RESOURCE_TYPES, ResourceType, find_resource_type
from emulator.provider.validation import check_failures
from emulator.provider.wire import from_struct, to_struct

Context: TypeAlias = grpc.aio.ServicerContext
_Answer = TypeVar("_Answer")

_DEFAULT_TIMEOUT_SECONDS = 120 * 60.0

_STABLE_OUTPUTS = ("name", "location")
"""Outputs that an update never changes, so that a preview may pass them on."""

_AUTO_NAMING_MODES = {
    provider_pb2.CheckRequest.AutonamingOptions.PROPOSE: AutoNamingMode.PROPOSE,
    provider_pb2.CheckRequest.AutonamingOptions.ENFORCE: AutoNamingMode.ENFORCE,
    provider_pb2.CheckRequest.AutonamingOptions.DISABLE: AutoNamingMode.DISABLE,
}

_DIFF_KINDS = {
    (Action.ADD, False): provider_pb2.PropertyDiff.ADD,
    (Action.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (Action.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (Action.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (Action.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (Action.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class AzureNativeProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The `ResourceProvider` service for azure-native."""

    def __init__(self, version: str, engine_address: str | None = None) -> None:
        self._version = version
        self._engine: engine_pb2_grpc.EngineStub | None = None
        self._configuration: ProviderConfiguration | None = None
        self._client: ArmClient | None = None
        self._locations: dict[str, str] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._canceled = False
        self._connections = AsyncExitStack()
        if engine_address:
            self._attach(engine_address)

    async def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Say what the plugin understands: as the official one, no secrets, resource references or outputs."""
        if request.engine_address:
            self._attach(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    async def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        """Take the address of the engine, where the plugin was started before it."""
        self._attach(request.address)
        return empty_pb2.Empty()

    async def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        """The version of azure-native that the plugin stands in for."""
        return plugin_pb2.PluginInfo(version=self._version)

    async def GetSchema(
        self, request: provider_pb2.GetSchemaRequest, context: Context
    ) -> provider_pb2.GetSchemaResponse:
        """The names of the resource types; SDKs are generated from the official schema only."""
        schema = {
            "name": "azure-native",
            "version": self._version,
            "resources": {pulumi_type: {} for pulumi_type in RESOURCE_TYPES},
        }
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    async def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        """Take the provider's inputs as they are; what is missing is found when it is configured."""
        return provider_pb2.CheckResponse(inputs=request.news)

    async def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        """A changed configuration never replaces what it was used for."""
        return provider_pb2.DiffResponse()

    async def Configure(
        self, request: provider_pb2.ConfigureRequest, context: Context
    ) -> provider_pb2.ConfigureResponse:
        """Find the cloud and prepare to sign in to it."""
        await self._answer(context, self._configure(dict(request.variables)))
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    async def Parameterize(
        self, request: provider_pb2.ParameterizeRequest, context: Context
    ) -> provider_pb2.ParameterizeResponse:
        """Not supported."""
        await _abort(
            context,
            "The stand-in for azure-native cannot be parameterized; the official plugin can: "
            "pulumi plugin install resource azure-native",
            grpc.StatusCode.UNIMPLEMENTED,
        )

    async def Call(self, request: provider_pb2.CallRequest, context: Context) -> provider_pb2.CallResponse:
        """Not supported: azure-native has no methods."""
        await _abort(context, "azure-native has no methods to call", grpc.StatusCode.UNIMPLEMENTED)

    async def Invoke(self, request: provider_pb2.InvokeRequest, context: Context) -> provider_pb2.InvokeResponse:
        """The result of a function."""
        result = await self._answer(context, self._invoke(request))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(result))  # `return` is a keyword
        return response

    async def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        """The inputs with their defaults, and all that is wrong with them."""
        return await self._answer(context, self._check(request))

    async def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        """What an update would change, down to the leaf."""
        return await self._answer(context, self._diff(request))

    async def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        """Make a resource, or say what it would look like."""
        return await self._answer(context, self._create(request))

    async def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        """A resource as Azure has it, for a refresh or an import; without an id if it is gone."""
        return await self._answer(context, self._read(request))

    async def Update(self, request: provider_pb2.UpdateRequest, context: Context) -> provider_pb2.UpdateResponse:
        """Bring a resource to its new inputs, or say what it would look like."""
        return await self._answer(context, self._update(request))

    async def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        """Delete a resource."""
        await self._answer(context, self._delete(request))
        return empty_pb2.Empty()

    async def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        """End everything that is under way, and refuse what comes after."""
        self._canceled = True
        for task in self._running:
            task.cancel()
        return empty_pb2.Empty()

    async def close(self) -> None:
        """Let go of all connections."""
        await self._connections.aclose()

    def _attach(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(address))

    async def _configure(self, variables: Mapping[str, str]) -> None:
        self._configuration = read_configuration(variables, os.environ)
        session = connections()
        cloud = await asyncio.to_thread(read_cloud, self._configuration.metadata_url, session)
        transport = await self._connections.enter_async_context(AsyncioRequestsTransport(session=session))
        self._client = ArmClient(cloud, service_principal(self._configuration, cloud, transport), transport)

    async def _invoke(self, request: provider_pb2.InvokeRequest) -> dict[str, Any]:
        client, configuration = self._configured()
        return await invoke(client, configuration, request.tok, from_struct(request.args))

    async def _check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        resource_type = _resource_type(request.urn)
        inputs = await with_defaults(
            resource_type,
            from_struct(request.news),
            from_struct(request.olds),
            urn=request.urn,
            random_seed=request.randomSeed,
            auto_naming=_auto_naming(request),
            configured_location=self._configuration.location if self._configuration else None,
            resource_group_location=self._resource_group_location,
        )
        failures = [provider_pb2.CheckFailure(reason=reason) for reason in check_failures(resource_type, inputs)]
        return provider_pb2.CheckResponse(inputs=to_struct(inputs), failures=failures)

    async def _diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        diff = diff_inputs(
            _resource_type(request.urn),
            from_struct(request.old_inputs),
            from_struct(request.news),
            from_struct(request.olds),
        )
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if diff.changes else provider_pb2.DiffResponse.DIFF_NONE,
            replaces=diff.replaces,
            deleteBeforeReplace=diff.delete_before_replace,
            diffs=sorted({path.partition(".")[0].partition("[")[0] for path in diff.changes}),
            detailedDiff={
                path: provider_pb2.PropertyDiff(kind=_DIFF_KINDS[change.action, change.replaces], inputDiff=True)
                for path, change in diff.changes.items()
            },
            hasDetailedDiff=True,
        )

    async def _create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        resource_type = _resource_type(request.urn)
        inputs = from_struct(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(conversion.preview_outputs(resource_type, inputs)))
        client, configuration = self._configured()
        created = await _in_time(
            operations.create(client, resource_type, inputs, configuration.subscription_id), request.timeout
        )
        await self._warn(request.urn, created.warning)
        return provider_pb2.CreateResponse(id=created.id, properties=to_struct(created.outputs))

    async def _read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        resource_type = _resource_type(request.urn)
        client, _ = self._configured()
        inputs = from_struct(request.inputs) if request.HasField("inputs") else None
        state = from_struct(request.properties)
        found = await _in_time(operations.read(client, resource_type, request.id, inputs, state), request.timeout)
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id, properties=to_struct(found.outputs), inputs=to_struct(found.inputs)
        )

    async def _update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        resource_type = _resource_type(request.urn)
        inputs = from_struct(request.news)
        if request.preview:
            state = from_struct(request.olds)
            outputs = conversion.preview_outputs(resource_type, inputs)
            outputs |= {name: state[name] for name in _STABLE_OUTPUTS if name in state}
            return provider_pb2.UpdateResponse(properties=to_struct(outputs))
        client, _ = self._configured()
        updated = await _in_time(
            operations.update(client, resource_type, request.id, inputs, from_struct(request.old_inputs)),
            request.timeout,
        )
        await self._warn(request.urn, updated.warning)
        return provider_pb2.UpdateResponse(properties=to_struct(updated.outputs))

    async def _delete(self, request: provider_pb2.DeleteRequest) -> None:
        client, _ = self._configured()
        await _in_time(operations.delete(client, _resource_type(request.urn), request.id), request.timeout)

    async def _resource_group_location(self, name: str) -> str | None:
        if name not in self._locations:
            if self._client is None or self._configuration is None:
                return None
            path = conversion.arm_path(
                RESOURCE_GROUP.path, {"resourceGroupName": name}, self._configuration.subscription_id
            )
            try:
                group = await self._client.get(path, RESOURCE_GROUP.api_version)
            except (ProviderError, AzureError):
                # Without it the check says that the location is missing, and how to set it.
                return None
            self._locations[name] = str(group["location"])
        return self._locations[name]

    async def _warn(self, urn: str, message: str | None) -> None:
        if message is not None and self._engine is not None:
            await self._engine.Log(engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=message, urn=urn))

    def _configured(self) -> tuple[ArmClient, ProviderConfiguration]:
        if self._client is None or self._configuration is None:
            raise ProviderError("the provider is not configured")
        return self._client, self._configuration

    async def _answer(self, context: Context, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Do the work so that `Cancel` can end it, and report what goes wrong as the engine expects it."""
        task = asyncio.create_task(work)
        self._running.add(task)
        if self._canceled:
            task.cancel()
        try:
            return await task
        except InitializationError as error:
            await _abort(context, error.reason, details=_initialization_details(error))
        except TimeoutError:
            await _abort(context, "operation timed out")
        except (ProviderError, AzureError) as error:
            await _abort(context, str(error))
        except asyncio.CancelledError:
            if not self._canceled:
                raise
            await _abort(context, "the operation was canceled", grpc.StatusCode.CANCELLED)
        finally:
            self._running.discard(task)


def _resource_type(urn: str) -> ResourceType:
    # urn:pulumi:<stack>::<project>::<parent type$...><type>::<name>
    pulumi_type = urn.split("::")[2].rpartition("$")[2]
    resource_type = find_resource_type(pulumi_type)
    if resource_type is None:
        raise UnknownTypeError(
            f"Resource type {pulumi_type} not found. This stand-in for azure-native knows "
            f"{', '.join(sorted(RESOURCE_TYPES))}; for others install the official plugin: "
            "pulumi plugin install resource azure-native"
        )
    return resource_type


def _auto_naming(request: provider_pb2.CheckRequest) -> AutoNaming | None:
    if not request.HasField("autonaming"):
        return None
    return AutoNaming(_AUTO_NAMING_MODES[request.autonaming.mode], request.autonaming.proposed_name)


async def _in_time(work: Awaitable[_Answer], seconds: float) -> _Answer:
    async with asyncio.timeout(seconds or _DEFAULT_TIMEOUT_SECONDS):
        return await work


async def _abort(
    context: Context,
    message: str,
    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
    details: Message | None = None,
) -> NoReturn:
    status = status_pb2.Status(code=code.value[0], message=message)
    if details is not None:
        status.details.add().Pack(details)
    await context.abort(code, message, (("grpc-status-details-bin", status.SerializeToString()),))
    raise AssertionError("abort raises")


def _initialization_details(error: InitializationError) -> provider_pb2.ErrorResourceInitFailed:
    # From these the engine learns what exists after all, and keeps it in the state.
    return provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id,
        properties=to_struct(error.state or {}),
        reasons=[error.reason],
        inputs=to_struct(error.inputs),
    )
