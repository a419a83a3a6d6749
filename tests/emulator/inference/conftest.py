"""A server with the inference routes and nothing else, and its callers."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import httpx
import openai
import pytest
import uvicorn
from starlette.applications import Starlette

from emulator.inference.deployment import Deployment
from emulator.inference.rate_limits import Allowance, RateLimits, RateWindows
from emulator.inference.routes import inference_routes
from emulator.inference.schemas import Usage
from tests.emulator.inference.deployments import DEPLOYMENTS, MINISTRAL, TOKEN


class Quota:
    """The rate limits of all endpoints, at a time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.limits = RateLimits()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self._windows = RateWindows()

    def admit(self, deployment: Deployment, usage: Usage) -> Allowance:
        return self._windows.admit(deployment.name, self.limits, usage, self.now)


@pytest.fixture(scope="package")
def _quota() -> Quota:
    return Quota()


@pytest.fixture
def quota(_quota: Quota) -> Quota:
    _quota.reset()
    return _quota


@pytest.fixture(scope="package")
def _server(_quota: Quota) -> Iterator[str]:
    app = Starlette(
        routes=inference_routes(
            lambda location, name: DEPLOYMENTS.get((location, name)),
            lambda token, _deployment: token == TOKEN,
            _quota.admit,
        )
    )
    uvicorn_server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    # The socket listens before the server runs, so the first request waits in its backlog: nothing to poll for.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=uvicorn_server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        uvicorn_server.should_exit = True
        thread.join()


@pytest.fixture
def server(_server: str, quota: Quota) -> str:
    """Base URL of a server with the inference routes and nothing else; no endpoint has used any of its quota."""
    return _server


@pytest.fixture
def url_of(server: str) -> Callable[[Deployment], str]:
    return lambda deployment: f"{server}/serverless/{deployment.location}/{deployment.name}"


@pytest.fixture
def openai_client(url_of: Callable[[Deployment], str]) -> Iterator[Callable[..., openai.OpenAI]]:
    with ExitStack() as clients:

        def make(deployment: Deployment = MINISTRAL, base: str = "/v1", key: str = "primary-key") -> openai.OpenAI:
            client = openai.OpenAI(
                base_url=url_of(deployment) + base,
                api_key=key,
                max_retries=0,
                http_client=openai.DefaultHttpxClient(trust_env=False),
            )
            return clients.enter_context(client)

        yield make


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    # The first answer of a vocabulary loads it, which on a busy machine may take longer than the 5 s of the default.
    with httpx.Client(headers={"Authorization": "Bearer primary-key"}, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def ask(http: httpx.Client, url_of: Callable[[Deployment], str]) -> Callable[..., httpx.Response]:
    """Sends a chat request with a greeting, and whatever else is given, to the native route or the one given."""

    def post(
        path: str = "/v1/chat/completions",
        deployment: Deployment = MINISTRAL,
        headers: dict[str, str] | None = None,
        **body: Any,
    ) -> httpx.Response:
        body = (
            {"messages": [{"role": "user", "content": "Hello"}]} | body if path.endswith("chat/completions") else body
        )
        return http.post(url_of(deployment) + path, json=body, headers=headers)

    return post
