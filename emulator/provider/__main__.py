"""Serves the plugin as the engine starts any: `python -m emulator.provider <engine address>`, which prints its port."""

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec, module_from_spec

import grpc

if __name__ == "__main__":
    # Of the SDK only the generated protocol is used. In a process of the plugin's own its packages are known, but not
    # run: that takes a quarter of the start.
    for package in ("pulumi", "pulumi.runtime"):
        if spec := find_spec(package):
            sys.modules[package] = module_from_spec(spec)

from pulumi.runtime.proto import provider_pb2_grpc

from emulator.provider.client import MAX_CONNECTIONS
from emulator.provider.provider import AzureNativeProvider

_MAX_MESSAGE_BYTES = 400 * 1024 * 1024
"""What the engine's own gRPC servers and clients allow."""

_SHUTDOWN_GRACE_SECONDS = 1.0


async def start(servicer: AzureNativeProvider) -> tuple[grpc.aio.Server, int]:
    """A started server on a free loopback port, and the port."""
    executor = ThreadPoolExecutor(MAX_CONNECTIONS, thread_name_prefix="request")
    asyncio.get_running_loop().set_default_executor(executor)
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
        ]
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def main(engine_address: str | None) -> None:
    """Serve until the engine ends the process."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    servicer = AzureNativeProvider(version("pulumi-azure-native"), engine_address)
    server, port = await start(servicer)
    print(port, flush=True)  # noqa: T201 - how a plugin tells its port
    await stopped.wait()
    await server.stop(_SHUTDOWN_GRACE_SECONDS)
    await servicer.close()


if __name__ == "__main__":
    asyncio.run(main(next((argument for argument in sys.argv[1:] if not argument.startswith("-")), None)))
