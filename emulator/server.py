"""The emulator put together: the ASGI application, and the server that runs it over TLS on the loopback interface."""

import asyncio
import os
import socket
import threading
import uuid
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from emulator import faults
from emulator.arm import (
    authorization,
    autoscale,
    compute,
    insights,
    key_vault,
    machine_learning,
    online_deployments,
    online_endpoints,
    operational_insights,
    resources,
    serverless,
    storage,
    template_deployments,
    workspaces,
)
from emulator.arm.api import ManagementApi
from emulator.arm.errors import ArmError
from emulator.certificates import ensure_certificates
from emulator.control import PREFIX, control_routes
from emulator.identity import access
from emulator.identity.directory import (
    DEPLOYER_CLIENT_ID,
    DEPLOYER_OBJECT_ID,
    SUBSCRIPTION_ID,
    TENANT_ID,
    add_deployer,
)
from emulator.identity.routes import identity_routes
from emulator.identity.tokens import TokenError, Tokens
from emulator.inference.deployment import Deployment, OnlineDeployment, OnlineEndpoint
from emulator.inference.managed import managed_routes
from emulator.inference.rate_limits import Allowance, RateLimits, RateWindows
from emulator.inference.routes import inference_routes
from emulator.inference.schemas import Usage
from emulator.lifecycle import Clock, Lifecycle
from emulator.process import announce, lock, write_environment
from emulator.resource_id import type_of
from emulator.store import Document, Store

ARM_ROUTES = (
    *resources.ROUTES,
    *authorization.ROUTES,
    *storage.ROUTES,
    *key_vault.ROUTES,
    *operational_insights.ROUTES,
    *insights.ROUTES,
    *machine_learning.ROUTES,
    *workspaces.ROUTES,
    *serverless.ROUTES,
    *online_endpoints.ROUTES,
    *online_deployments.ROUTES,
    *compute.ROUTES,
    *autoscale.ROUTES,
    *template_deployments.ROUTES,
)
EFFECTS = {
    **resources.EFFECTS,
    **workspaces.EFFECTS,
    **serverless.EFFECTS,
    **online_endpoints.EFFECTS,
    **online_deployments.EFFECTS,
}

INFERENCE_AUDIENCES = ("https://ml.azure.com", "https://ml.azure.com/", "https://cognitiveservices.azure.com")
"""azure-ai-inference asks for the first by default; Microsoft's samples also use the last."""

SCORE_ACTION = "Microsoft.MachineLearningServices/workspaces/serverlessEndpoints/score/action"
"""Invented, after the documented .../onlineEndpoints/score/action: what a caller with an Entra token needs."""

ONLINE_SCORE_ACTION = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action"
"""What a caller of a managed online endpoint needs in mode AADToken (concept-endpoints-online-auth.md)."""

_IDLE_SECONDS = 240
"""How long a connection without requests is kept. Unverified for Resource Manager: what Azure Load Balancer does unless
told otherwise ("Load Balancer TCP Reset and Idle Timeout", Microsoft Learn)."""

_METHODS = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS"]


class Emulator:
    """The ASGI application over a store: management API, identity, inference and control."""

    def __init__(self, store: Store, origin: str) -> None:
        self._store = store
        self._origin = origin
        self._clock = Clock(store)
        self._lifecycle = Lifecycle(store, self._clock, EFFECTS)
        self._rate_windows = RateWindows()
        with store.transaction():
            self._tokens = Tokens(store, TENANT_ID)
            if store.principal(DEPLOYER_OBJECT_ID) is None:
                self._seed()
        self._api = ManagementApi(store, self._lifecycle, self._tokens, ARM_ROUTES)
        self._application = Starlette(
            routes=[
                control_routes(store, self._clock, self._lifecycle, ARM_ROUTES, self._seed),
                *identity_routes(store, self._tokens, lambda: self._origin),
                *inference_routes(self._find_deployment, self._token_is_valid, self._admit),
                *managed_routes(self._find_endpoint, self._is_authenticated, self._pick_deployment),
                Route("/{path:path}", self._management, methods=_METHODS),
            ],
            exception_handlers={Exception: _internal_error},
        )
        self.transports: dict[tuple[str, int], asyncio.BaseTransport] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request as the armed faults want it, and log it."""
        if scope["type"] != "http":
            return
        traits = faults.Traits(scope["method"], scope["path"])
        plane = _plane(traits.path)
        fault, seconds = None, 0.0
        if plane != "control":
            with self._store.transaction():
                fault = faults.next_fault(self._store, traits)
                seconds = faults.latency(self._store, traits)
        if seconds:
            await asyncio.sleep(seconds)
        answer: ASGIApp = self._application
        if fault and fault["stage"] == "request":
            answer = _fault_response(fault)
        elif fault and fault["stage"] == "operation":
            scope["emulator.operation_fault"] = {"code": fault["code"], "message": fault["message"]}
        elif fault:
            if fault["when"] == "after":
                await self._application(scope, receive, _nowhere)
            self._log(scope, plane, None)
            self.transports[scope["client"]].abort()  # type: ignore[attr-defined]
            return
        await answer(scope, receive, self._logged(scope, plane, send))

    def _logged(self, scope: Scope, plane: str, send: Send) -> Send:
        client_request_id = _header(scope, b"x-ms-client-request-id")

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log(scope, plane, message["status"])
                headers = [
                    (b"x-ms-request-id", str(uuid.uuid4()).encode()),
                    (b"x-ms-correlation-request-id", (_correlation(scope) or str(uuid.uuid4())).encode()),
                ]
                if client_request_id:
                    headers.append((b"x-ms-client-request-id", client_request_id.encode()))
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        return sending

    def _log(self, scope: Scope, plane: str, status: int | None) -> None:
        """Append to the request log. Status None: the connection was dropped. No bodies, no credentials."""
        entry: Document = {
            "time": self._now().isoformat(),
            "plane": plane,
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "status": status,
            "userAgent": _header(scope, b"user-agent"),
            "principal": scope.get("emulator.principal"),
            "type": scope.get("emulator.type"),
        }
        with self._store.transaction():
            self._store.log_request(entry)

    def _now(self) -> Any:
        return self._clock.now()

    async def _management(self, request: Request) -> Response:
        body = await request.body()
        path = request.url.path
        headers: dict[str, str] = {"Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "-1"}
        # One transaction for each request. A refusal is an answer: what was done before it (a poll counted) stays.
        with self._store.transaction():
            self._lifecycle.advance()
            try:
                route, _ = self._api.find(request.method, path)
                request.scope["emulator.type"] = route.type.name
                principal = self._api.principal(request.headers.get("authorization"), self._origin)
                request.scope["emulator.principal"] = principal.id
            except ArmError:
                request.scope.setdefault("emulator.type", type_of(path))
            try:
                response = self._api.answer(
                    request.method,
                    path,
                    dict(request.query_params),
                    request.headers.get("authorization"),
                    body,
                    self._origin,
                    self._clock.now(),
                    request.scope.get("emulator.operation_fault"),
                )
            except ArmError as error:
                location = self._api.location(path)
                content = error.body(uuid.uuid4().hex, uuid.uuid4().hex[:16], self._clock.now(), location)
                failure = {"x-ms-failure-cause": "gateway" if error.machine_learning is None else "service"}
                return JSONResponse(content, error.status, headers | failure | error.headers)
            # What is due at once is done before the next request, whoever sends it.
            self._lifecycle.advance()
        if response.body is None:
            return Response(status_code=response.status, headers=headers | dict(response.headers))
        return JSONResponse(response.body, response.status, headers | dict(response.headers))

    def _find_deployment(self, location: str, name: str) -> Deployment | None:
        with self._store.transaction():
            self._lifecycle.advance()
            return serverless.deployment(self._store, location, name, self._clock.now().date())

    def _token_is_valid(self, token: str, deployment: Deployment) -> bool:
        with self._store.transaction():
            scope = serverless.endpoint_id(self._store, deployment.location, deployment.name)
            return scope is not None and self._may_score(token, SCORE_ACTION, scope)

    def _find_endpoint(self, location: str, name: str) -> OnlineEndpoint | None:
        with self._store.transaction():
            self._lifecycle.advance()
            endpoint = online_endpoints.find_endpoint(self._store, location, name)
            if endpoint is None or not endpoint.private["isCreated"]:
                return None
            is_public = endpoint.properties["publicNetworkAccess"] == "Enabled"
            return OnlineEndpoint(endpoint.id, endpoint.name, location, endpoint.properties["authMode"], is_public)

    def _is_authenticated(self, credential: str, endpoint: OnlineEndpoint) -> bool:
        with self._store.transaction():
            resource = self._store.resource(endpoint.id)
            if resource is None:
                return False
            match endpoint.auth_mode:
                case "Key":
                    return online_endpoints.key_is_valid(resource, credential)
                case "AMLToken":
                    return online_endpoints.token_is_valid(resource, credential)
            return self._may_score(credential, ONLINE_SCORE_ACTION, endpoint.id)

    def _pick_deployment(self, endpoint: OnlineEndpoint, wanted: str | None) -> OnlineDeployment | None:
        with self._store.transaction():
            return online_deployments.picked_deployment(self._store, endpoint.id, wanted)

    def _may_score(self, token: str, action: str, scope: str) -> bool:
        try:
            claims = self._tokens.verified(token, INFERENCE_AUDIENCES)
        except TokenError:
            return False
        principal = self._store.principal(str(claims["oid"]))
        return principal is not None and access.is_allowed(self._store, principal, action, scope)

    def _admit(self, deployment: Deployment, usage: Usage) -> Allowance:
        with self._store.transaction():
            declared = self._store.setting("rateLimits", {})
            limits = RateLimits(**declared.get(deployment.name.lower(), declared.get("*", {})))
            now = self._clock.now()
        return self._rate_windows.admit((deployment.location, deployment.name), limits, usage, now)

    def _seed(self) -> None:
        self._rate_windows.clear()
        add_deployer(self._store)
        resources.add_subscription(self._store, self._clock.now())


def _plane(path: str) -> str:
    """Which part of the emulator answers a path: control, metadata, identity, inference or arm."""
    first = path.strip("/").split("/", 1)[0].lower()
    if f"/{first}" == PREFIX:
        return "control"
    if first in ("metadata", "serverless", "managed"):
        return "metadata" if first == "metadata" else "inference"
    is_identity = first == "common" or any(
        part in path for part in ("/oauth2/v2.0/", "/v2.0/.well-known/", "/discovery/v2.0/")
    )
    return "identity" if is_identity else "arm"


def _header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def _correlation(scope: Scope) -> str | None:
    return _header(scope, b"x-ms-correlation-request-id")


def _fault_response(fault: Document) -> Response:
    error = {"error": {"code": fault["code"], "message": fault["message"]}}
    return JSONResponse(error, fault["status"], fault["headers"])


async def _nowhere(message: Message) -> None:
    """Send nothing: the client is about to lose its connection."""


async def _internal_error(request: Request, error: Exception) -> Response:  # noqa: ARG001
    message = "The emulator failed to answer; its log has the traceback. This is a defect of the emulator."
    return JSONResponse({"error": {"code": "InternalServerError", "message": message}}, 500)


# Running it


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class EmulatorServer:
    """An emulator with its state in a directory, served by a thread of this process.

    The port is the one given, else the one that the state was made with, else a free one: endpoints' URLs hold it. A
    state directory belongs to one process at a time.

    Raises:
        EmulatorRunningError: at the start, when another process has the state directory.
        OSError: at the start, when another program has the port.
    """

    def __init__(self, state: Path, port: int = 0) -> None:
        self.state = state
        self.keeps_lock_until_exit = False
        self._wanted_port = port
        self._lock: IO[str] | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on, at 127.0.0.1."""
        return self._port

    @property
    def url(self) -> str:
        """Where it is: `https://localhost:<port>`."""
        return f"https://localhost:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point Azure's tools, SDKs and Pulumi's provider to it; one is a secret."""
        return environment(self._port, self._secret, self.state / "certificates" / "bundle.pem")

    def start(self) -> Self:
        """Start to serve; returns when it answers."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = lock(self.state)
        try:
            certificates = ensure_certificates(self.state.absolute() / "certificates")
            self._store = Store(self.state / "emulator.db")
            with self._store.transaction():
                listener = _listener(self._wanted_port or self._store.setting("kept.port", 0))
                self._port = int(listener.getsockname()[1])
                self._store.set_setting("kept.port", self._port)
            emulator = Emulator(self._store, self.url)
            with self._store.transaction():
                self._secret = str(self._store.setting("kept.deployerSecret"))
            config = uvicorn.Config(
                emulator,
                http=_protocol(emulator),
                ssl_certfile=certificates.certificate,
                ssl_keyfile=certificates.private_key,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=2,
                timeout_keep_alive=_IDLE_SECONDS,
            )
            self._server = _Server(config)
            self._thread = threading.Thread(
                target=self._server.run, kwargs={"sockets": [listener]}, name="emulator", daemon=True
            )
            self._thread.start()
            while not self._server.ready.wait(0.1):
                if not self._thread.is_alive():
                    raise RuntimeError("The emulator's server did not start.")
            write_environment(self.state, self.environment)
            announce(self._lock, self.url)
        except BaseException:
            self._lock.close()
            raise
        return self

    def stop(self) -> None:
        """Stop to serve and let go of the state directory."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
            self._store.close()
        if self._lock is not None:
            if self.keeps_lock_until_exit:
                os.dup(self._lock.fileno())  # Never closed: a lock holds until the last descriptor of its file is gone.
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def environment(port: int, secret: str, bundle: Path) -> dict[str, str]:
    """The environment contract: what the official Pulumi provider and Azure's SDKs read."""
    return {
        "ARM_METADATA_HOSTNAME": f"localhost:{port}",
        "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
        "ARM_CLIENT_ID": DEPLOYER_CLIENT_ID,
        "ARM_CLIENT_SECRET": secret,
        "ARM_TENANT_ID": TENANT_ID,
        "ARM_SUBSCRIPTION_ID": SUBSCRIPTION_ID,
        "AZURE_AUTHORITY_HOST": f"https://localhost:{port}",
        "AZURE_CLIENT_ID": DEPLOYER_CLIENT_ID,
        "AZURE_CLIENT_SECRET": secret,
        "AZURE_TENANT_ID": TENANT_ID,
        "SSL_CERT_FILE": str(bundle.absolute()),
        "REQUESTS_CA_BUNDLE": str(bundle.absolute()),
        "CURL_CA_BUNDLE": str(bundle.absolute()),
    }


def _listener(port: int) -> socket.socket:
    # Only of a socket that says TCP does asyncio turn off Nagle's algorithm, which costs 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno,
            f"port {port} is taken by another program. The state's endpoints have it in their URLs. Stop that program,"
            " or start with --port and deploy again",
        ) from None
    return listener


def _protocol(emulator: Emulator) -> type[asyncio.Protocol]:
    """uvicorn's HTTP protocol, which also tells the emulator the transport of each client, for it to drop."""

    class Protocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._peer = transport.get_extra_info("peername")[:2]
            emulator.transports[self._peer] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            emulator.transports.pop(self._peer, None)
            super().connection_lost(exc)

        def shutdown(self) -> None:
            super().shutdown()
            # A connection that is closed by now was idle. Over TLS, closing waits for the client's goodbye.
            if self.transport.is_closing():
                emulator.transports[self._peer].abort()  # type: ignore[attr-defined]

    return Protocol
