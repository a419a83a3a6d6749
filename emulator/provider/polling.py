"""How a long-running operation is followed to its end; all it sends are GET requests to where Azure says.

The rules are those of Azure's SDK for Go (azure-sdk-for-go sdk/azcore/internal/pollers), which the official plugin
uses: poll at once, or after the first Retry-After; then after each answer's Retry-After, or else at the plugin's
own interval. As there, a Retry-After of 0 counts as none.
"""

import json
from asyncio import sleep
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from azure.core.rest import AsyncHttpResponse

from emulator.provider.errors import ArmError, ProviderError

Get = Callable[[str], Awaitable[AsyncHttpResponse]]
"""Sends a GET request to a URL and returns the response, whatever its status is."""

_FAILED = frozenset({"failed", "canceled", "cancelled"})


class _Style(Enum):
    """What an answer to a poll means."""

    STATUS_RESOURCE = auto()
    """The body's `status` (header Azure-AsyncOperation or Operation-Location); the resource is read at the end."""
    LOCATION = auto()
    """The HTTP status, 202 meaning not yet; the last answer is the result (header Location)."""
    RESOURCE = auto()
    """The resource's own provisioning state."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a response asks to wait, None if it does not say or says 0."""
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name)
        if value is not None and (seconds := _seconds(value) * unit) > 0:
            return seconds
    return None


def _seconds(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        try:
            return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except ValueError:
            return 0.0


async def follow(first: AsyncHttpResponse, get: Get, interval: float) -> AsyncHttpResponse:
    """Poll until the operation that `first` began has ended, and return the response that holds its result.

    Args:
        first: The answer to the PUT, PATCH or DELETE.
        get: Sends the polls.
        interval: Seconds between polls where Azure does not say.

    Raises:
        ArmError: the operation failed.
    """
    request_url = first.request.url
    creates = first.request.method in {"PUT", "PATCH"}
    status_url = first.headers.get("azure-asyncoperation") or first.headers.get("operation-location")
    location = first.headers.get("location")
    if status_url:
        style, url = _Style.STATUS_RESOURCE, urljoin(request_url, status_url)
    elif location:
        style, url = _Style.LOCATION, _location_url(request_url, location)
    elif creates and _pending(first):
        style, url = _Style.RESOURCE, request_url
    else:
        return first

    delay = retry_after(first.headers)
    while True:
        if delay is not None:
            await sleep(delay)
        response = await get(url)
        if _ended(style, response):
            break
        if style is _Style.LOCATION and (moved := response.headers.get("location")):
            url = _location_url(request_url, moved)
        delay = retry_after(response.headers) or interval
    if style is not _Style.STATUS_RESOURCE or not creates:
        return response
    resource = await get(request_url)
    if resource.status_code >= 400:
        raise ArmError.from_response(resource)
    return resource


def _ended(style: _Style, response: AsyncHttpResponse) -> bool:
    state = _status(response) if style is _Style.STATUS_RESOURCE else _provisioning_state(response)
    if response.status_code >= 400 or state.lower() in _FAILED:
        raise ArmError.from_response(response)
    match style:
        case _Style.STATUS_RESOURCE:
            if not state and response.status_code != 204:
                raise ProviderError("the response did not contain a status")
            return response.status_code == 204 or state.lower() == "succeeded"
        case _Style.LOCATION:
            return state.lower() == "succeeded" if state else response.status_code != 202
        case _Style.RESOURCE:
            return not state or state.lower() == "succeeded"


def _pending(first: AsyncHttpResponse) -> bool:
    state = _provisioning_state(first).lower()
    if state in _FAILED:
        raise ArmError.from_response(first)
    return state != "succeeded" if state else first.status_code not in {200, 204}


def _status(response: AsyncHttpResponse) -> str:
    return str(_body(response).get("status") or "")


def _provisioning_state(response: AsyncHttpResponse) -> str:
    properties = _body(response).get("properties")
    return str(properties.get("provisioningState") or "") if isinstance(properties, Mapping) else ""


def _body(response: AsyncHttpResponse) -> Mapping[str, Any]:
    try:
        body = json.loads(response.text())
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _location_url(request_url: str, location: str) -> str:
    # Some services send a relative URL or one without api-version (Azure/azure-sdk-for-go#23385).
    url = urlsplit(urljoin(request_url, location))
    query = parse_qs(url.query)
    if "api-version" not in query:
        query["api-version"] = parse_qs(urlsplit(request_url).query)["api-version"]
    return urlunsplit(url._replace(query=urlencode(query, doseq=True)))
