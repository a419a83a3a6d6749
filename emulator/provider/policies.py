"""The two steps of the request pipeline that azure-core does not have: the official plugin's retries, and registration.

Everything else in the pipeline is azure-core's own (see `client`).
"""

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy, AsyncRetryPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest

from emulator.provider.errors import ArmError, error_body
from emulator.provider.polling import retry_after

Request = PipelineRequest[HttpRequest]
Response = PipelineResponse[HttpRequest, AsyncHttpResponse]

_RETRIED_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_RETRIED_CONFLICT = "AnotherOperationInProgress"

# As in azure-sdk-for-go sdk/azcore/arm/runtime/policy_register_rp.go.
_UNREGISTERED = frozenset({"missingsubscriptionregistration", "missingregistrationforresourceprovider"})
_REGISTRATION_API_VERSION = "2019-05-01"
_REGISTRATION_POLL_SECONDS = 10
_REGISTRATION_TIMEOUT_SECONDS = 300
_PROVIDER_PATH = re.compile(r"(/subscriptions/[^/]+)/.*?providers/([^/]+)/", re.IGNORECASE)


class ArmRetryPolicy(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """Retries what the official plugin retries: three times, after 20, 60 and 120 seconds or what Azure asks for.

    A connection that cannot be made is retried with azure-core's shorter delays (0.8 to 3.2 seconds), where the
    official plugin waits as long as for an answer: an emulator that was stopped does not come back by itself.
    """

    def __init__(self, delay: float = 20.0, max_delay: float = 120.0) -> None:
        super().__init__(retry_total=3)
        self._delay = delay
        self._max_delay = max_delay

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:  # noqa: ARG002
        """Whether Azure's answer is one that may be another at the next try."""
        status = response.http_response.status_code
        if status == 409:
            return error_body(response.http_response).get("code") == _RETRIED_CONFLICT
        return status in _RETRIED_STATUSES

    def get_backoff_time(self, settings: dict[str, Any]) -> float:
        """Seconds until the next try."""
        history = settings["history"]
        if history and history[-1].error is not None:
            return float(super().get_backoff_time(settings))
        return float(min(self._delay * (2 ** len(history) - 1), self._max_delay))

    def get_retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        """Seconds that Azure asks to wait."""
        return retry_after(response.http_response.headers)


class RegistrationPolicy(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Registers a resource provider with the Azure subscription when Azure says that it is not, and tries again."""

    async def send(self, request: Request) -> Response:
        """Send the request, and again once its resource provider is registered."""
        response = await self._next(request)
        http_response = response.http_response
        if http_response.status_code != 409:
            return response
        code = str(error_body(http_response).get("code", ""))
        path = _PROVIDER_PATH.match(urlsplit(request.http_request.url).path)
        if code.lower() not in _UNREGISTERED or path is None:
            return response
        async with asyncio.timeout(_REGISTRATION_TIMEOUT_SECONDS):
            await self._register(request, f"{path[1]}/providers/{path[2]}")
        return await self._next(request)

    async def _register(self, request: Request, provider_path: str) -> None:
        registration = await self._call(request, "POST", f"{provider_path}/register")
        while registration.json().get("registrationState") != "Registered":
            await asyncio.sleep(retry_after(registration.headers) or _REGISTRATION_POLL_SECONDS)
            registration = await self._call(request, "GET", provider_path)

    async def _call(self, request: Request, method: str, path: str) -> AsyncHttpResponse:
        url = urlsplit(request.http_request.url)
        call = HttpRequest(
            method, f"{url.scheme}://{url.netloc}{path}", params={"api-version": _REGISTRATION_API_VERSION}
        )
        context = PipelineContext(request.context.transport)
        response = (await self._next(PipelineRequest(call, context))).http_response
        if response.status_code >= 400:
            raise ArmError.from_response(response)
        return response

    async def _next(self, request: Request) -> Response:
        return await self.next.send(request)
