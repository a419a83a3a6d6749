"""What can go wrong, in the official plugin's words.

ProviderError
├── ConfigurationError       the plugin cannot reach or sign in to a cloud as it is configured
├── UnknownTypeError         a resource type or function that the stand-in does not know
├── AlreadyExistsError       a create would take over a resource that is there
├── ArmError                 Azure answered with an error
└── InitializationError      Azure accepted the request, and the operation then failed
"""

import json
from collections.abc import Mapping
from typing import Any

from azure.core.rest import AsyncHttpResponse


class ProviderError(Exception):
    """The base of everything that the stand-in reports to the engine."""


class ConfigurationError(ProviderError):
    """The plugin cannot reach or sign in to a cloud as it is configured."""


class UnknownTypeError(ProviderError):
    """A resource type or function that is not in the stand-in's tables."""


class AlreadyExistsError(ProviderError):
    """A create would take over a resource that is there."""

    def __init__(self, resource_id: str) -> None:
        super().__init__(f"cannot create already existing resource '{resource_id}'")


class ArmError(ProviderError):
    """Azure answered with an error; the text is that of the official plugin (pulumi-azure-native#3778)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        with_code = f' Code="{code}"' if code else ""
        super().__init__(f'Status={status}{with_code} Message="{message}"')
        self.status = status
        self.code = code

    @classmethod
    def from_response(cls, response: AsyncHttpResponse) -> "ArmError":
        """The error in a response, whatever its body holds."""
        body = response.text()
        error = error_body(response)
        code = response.headers.get("x-ms-error-code") or error.get("code") or ""
        return cls(response.status_code, str(code), str(error.get("message") or body))


def error_body(response: AsyncHttpResponse) -> Mapping[str, Any]:
    """The `error` object of a response, or the body itself where a service sends code and message bare."""
    try:
        body = json.loads(response.text())
    except ValueError:
        return {}
    if not isinstance(body, Mapping):
        return {}
    inner = body.get("error")
    return inner if isinstance(inner, Mapping) else body


class InitializationError(ProviderError):
    """Azure accepted the request, and the operation then failed: the resource exists and belongs into the state.

    The engine shows it as "1 error occurred", keeps the resource, and the next update goes on from there.
    """

    def __init__(
        self, resource_id: str, reason: str, inputs: Mapping[str, Any], state: Mapping[str, Any] | None
    ) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.reason = reason
        self.inputs = inputs
        self.state = state
