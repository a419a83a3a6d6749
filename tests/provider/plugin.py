"""The stand-in plugin in this process, called over a real gRPC channel as the engine calls it."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from emulator.provider.__main__ import start
from emulator.provider.provider import AzureNativeProvider
from emulator.provider.wire import from_struct, to_struct

SEED = b"seed"
DEADLINE_SECONDS = 20


def urn(pulumi_type: str, name: str = "res") -> str:
    """The URN of a resource below a component."""
    return f"urn:pulumi:dev::project::azure-mistral:index:Workspace${pulumi_type}::{name}"


class Stub:
    """The service's methods, each with a deadline: a plugin that waits for too long fails its test."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def __getattr__(self, name: str) -> Any:
        return partial(getattr(self._stub, name), timeout=DEADLINE_SECONDS)


@dataclass
class Plugin:
    """The plugin's methods on plain data."""

    stub: Stub

    def configure(self, **variables: str) -> None:
        """Configure as the engine does, with such `azure-native:` settings."""
        prefixed = {f"azure-native:config:{name}": value for name, value in variables.items()}
        self.stub.Configure(
            provider_pb2.ConfigureRequest(variables=prefixed, sends_old_inputs=True, sends_old_inputs_to_delete=True)
        )

    def check(
        self,
        pulumi_type: str,
        news: Mapping[str, Any],
        olds: Mapping[str, Any] | None = None,
        name: str = "res",
        autonaming: provider_pb2.CheckRequest.AutonamingOptions | None = None,
        seed: bytes = SEED,
    ) -> tuple[dict[str, Any], list[str]]:
        """The inputs with defaults, and the failures."""
        response = self.stub.Check(
            provider_pb2.CheckRequest(
                urn=urn(pulumi_type, name),
                news=to_struct(news),
                olds=to_struct(olds or {}),
                randomSeed=seed,
                autonaming=autonaming,
            )
        )
        return from_struct(response.inputs), [failure.reason for failure in response.failures]

    def diff(
        self,
        pulumi_type: str,
        old_inputs: Mapping[str, Any],
        news: Mapping[str, Any],
        state: Mapping[str, Any] | None = None,
    ) -> provider_pb2.DiffResponse:
        """What changed."""
        request = provider_pb2.DiffRequest(
            urn=urn(pulumi_type),
            id="id",
            olds=to_struct(state or {}),
            old_inputs=to_struct(old_inputs),
            news=to_struct(news),
        )
        response: provider_pb2.DiffResponse = self.stub.Diff(request)
        return response

    def create(
        self, pulumi_type: str, inputs: Mapping[str, Any], *, preview: bool = False, timeout: float = 0
    ) -> tuple[str, dict[str, Any]]:
        """Id and outputs."""
        response = self.stub.Create(
            provider_pb2.CreateRequest(
                urn=urn(pulumi_type), properties=to_struct(inputs), preview=preview, timeout=timeout
            )
        )
        return response.id, from_struct(response.properties)

    def read(
        self,
        pulumi_type: str,
        resource_id: str,
        inputs: Mapping[str, Any] | None = None,
        state: Mapping[str, Any] | None = None,
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Id, inputs and outputs."""
        request = provider_pb2.ReadRequest(urn=urn(pulumi_type), id=resource_id, properties=to_struct(state or {}))
        if inputs is not None:
            request.inputs.CopyFrom(to_struct(inputs))
        response = self.stub.Read(request)
        return response.id, from_struct(response.inputs), from_struct(response.properties)

    def update(
        self,
        pulumi_type: str,
        resource_id: str,
        old_inputs: Mapping[str, Any],
        news: Mapping[str, Any],
        state: Mapping[str, Any] | None = None,
        *,
        preview: bool = False,
    ) -> dict[str, Any]:
        """Outputs."""
        response = self.stub.Update(
            provider_pb2.UpdateRequest(
                urn=urn(pulumi_type),
                id=resource_id,
                olds=to_struct(state or {}),
                old_inputs=to_struct(old_inputs),
                news=to_struct(news),
                preview=preview,
            )
        )
        return from_struct(response.properties)

    def delete(self, pulumi_type: str, resource_id: str) -> None:
        """Delete."""
        self.stub.Delete(provider_pb2.DeleteRequest(urn=urn(pulumi_type), id=resource_id))

    def invoke(self, token: str, **arguments: Any) -> dict[str, Any]:
        """A function's result."""
        response = self.stub.Invoke(provider_pb2.InvokeRequest(tok=token, args=to_struct(arguments)))
        return from_struct(getattr(response, "return"))


@contextmanager
def serve() -> Iterator[Plugin]:
    """A plugin of its own for the length of a with block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)

    servicer = AzureNativeProvider("3.29.0")
    server, port = run(start(servicer))
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Plugin(Stub(channel))
    finally:
        run(server.stop(None))
        run(servicer.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def initialization_failure(error: grpc.RpcError) -> provider_pb2.ErrorResourceInitFailed | None:
    """The detail by which the engine learns that a resource exists although its operation failed."""
    metadata = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    failure = provider_pb2.ErrorResourceInitFailed()
    return failure if any(detail.Unpack(failure) for detail in status.details) else None
