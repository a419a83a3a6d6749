"""Requests to Azure Resource Manager: sign-in, pipeline, verbs and waiting; no knowledge of resource types.

One pipeline and one connection pool serve all operations of the plugin, and its bearer token is fetched once.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import AsyncPipeline
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    HeadersPolicy,
    HttpLoggingPolicy,
    RequestIdPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.identity.aio import ClientSecretCredential
from requests.adapters import HTTPAdapter

from emulator.provider.configuration import Cloud, ProviderConfiguration
from emulator.provider.errors import AlreadyExistsError, ArmError, ProviderError
from emulator.provider.policies import ArmRetryPolicy, RegistrationPolicy
from emulator.provider.polling import follow

MAX_CONNECTIONS = 64
"""Requests that are under way at the same time; further ones wait. Waiting between polls takes no connection."""

_USER_AGENT = "azure-native-stand-in"


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds to wait where Azure does not say how long: the official plugin's."""

    update_poll: float = 10.0
    delete_poll: float = 30.0
    first_retry: float = 20.0
    longest_retry: float = 120.0


class _Adapter(HTTPAdapter):
    """Verifies all servers in one TLS context; requests would read all authorities again for each connection.

    It trusts the file in `SSL_CERT_FILE`, as the official plugin does, or else the system's authorities.
    """

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, ssl_context=ssl.create_default_context())

    def build_connection_pool_key_attributes(self, request: Any, _verify: Any, cert: Any = None) -> Any:
        return super().build_connection_pool_key_attributes(request, True, cert)

    def cert_verify(self, conn: Any, _url: str, _verify: Any, _cert: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"


def connections() -> requests.Session:
    """The connections of the plugin, kept open between its requests."""
    session = requests.Session()
    session.mount("https://", _Adapter(pool_connections=4, pool_maxsize=MAX_CONNECTIONS))
    return session


def service_principal(
    configuration: ProviderConfiguration, cloud: Cloud, transport: AsyncHttpTransport[Any, Any]
) -> ClientSecretCredential:
    """The credential of the configured service principal in that cloud."""
    return ClientSecretCredential(
        configuration.tenant_id,
        configuration.client_id,
        configuration.client_secret,
        authority=cloud.login_endpoint,
        disable_instance_discovery=configuration.disable_instance_discovery,
        additionally_allowed_tenants=list(configuration.auxiliary_tenant_ids),
        transport=transport,
    )


class ArmClient:
    """Sends requests to one cloud's Resource Manager. Paths are those after the host; every request is signed in."""

    def __init__(
        self,
        cloud: Cloud,
        credential: AsyncTokenCredential,
        transport: AsyncHttpTransport[Any, Any],
        waits: Waits | None = None,
    ) -> None:
        self.cloud = cloud
        self._credential = credential
        self._waits = waits or Waits()
        policies: list[Any] = [
            HeadersPolicy({"Accept": "application/json"}),
            RequestIdPolicy(),
            UserAgentPolicy(_USER_AGENT),
            RegistrationPolicy(),
            ArmRetryPolicy(self._waits.first_retry, self._waits.longest_retry),
            AsyncBearerTokenCredentialPolicy(credential, f"{cloud.audience}/.default"),
            HttpLoggingPolicy(),
        ]
        self._pipeline = AsyncPipeline[HttpRequest, AsyncHttpResponse](transport, policies)

    async def token(self, resource: str) -> AccessToken:
        """A bearer token of the provider's principal for a resource such as `https://graph.microsoft.com/`."""
        return await self._credential.get_token(f"{resource}/.default")

    async def check_absent(self, resource_id: str, api_version: str) -> None:
        """Pass if nothing exists at the id.

        Raises:
            AlreadyExistsError: something does.
            ProviderError: Azure does not say.
        """
        response = await self._send("GET", resource_id, api_version)
        match response.status_code:
            case 200 if response.text().strip() not in {"", "{}"}:
                raise AlreadyExistsError(resource_id)
            case 200 | 204 | 404:
                # Some services answer 200 without a body, or 204, for what does not exist.
                return
            case status:
                raise ProviderError(
                    f"cannot check existence of resource '{resource_id}': status code {status}, {response.text()}"
                )

    async def get(self, path: str, api_version: str) -> dict[str, Any]:
        """The resource at the path.

        Raises:
            ArmError: any status but 200.
        """
        return self._body(await self._send("GET", path, api_version), 200)

    async def post(self, path: str, api_version: str, body: Mapping[str, Any], **query: str) -> dict[str, Any]:
        """What an action answers at once.

        Raises:
            ArmError: any status but 200 and 201.
        """
        return self._body(await self._send("POST", path, api_version, body, **query), 200, 201)

    async def put(
        self, resource_id: str, api_version: str, body: Mapping[str, Any], *, merge: bool = False
    ) -> AsyncHttpResponse:
        """Create or update a resource; with `merge` only what the body names. The operation may still be going on.

        Raises:
            ArmError: Azure did not accept the request.
        """
        response = await self._send("PATCH" if merge else "PUT", resource_id, api_version, body)
        if response.status_code not in {200, 201, 202}:
            raise ArmError.from_response(response)
        return response

    async def result(self, accepted: AsyncHttpResponse, *, long_running: bool) -> dict[str, Any]:
        """The body with which an accepted operation ends.

        Raises:
            ArmError: the operation failed.
        """
        # A 202 is polled even where the API is not marked as long-running, since such marks are missing at times.
        if long_running or accepted.status_code == 202:
            accepted = await follow(accepted, self._poll, self._waits.update_poll)
        return self._body(accepted, 200, 201, 202, 204)

    async def delete(self, resource_id: str, api_version: str, *, long_running: bool) -> None:
        """Delete a resource, to the end; one that does not exist is as good as deleted.

        Raises:
            ArmError: Azure refused, or the operation failed.
        """
        response = await self._send("DELETE", resource_id, api_version)
        if response.status_code == 404:
            return
        if response.status_code not in {200, 202, 204}:
            raise ArmError.from_response(response)
        if long_running:
            try:
                await follow(response, self._poll, self._waits.delete_poll)
            except ArmError as error:
                if error.status != 404:
                    raise

    async def _send(
        self, method: str, path: str, api_version: str, body: Mapping[str, Any] | None = None, **query: str
    ) -> AsyncHttpResponse:
        parameters = urlencode({"api-version": api_version, **query})
        url = f"{self.cloud.resource_manager.rstrip('/')}/{path.lstrip('/')}?{parameters}"
        return await self._run(HttpRequest(method, url, json=None if body is None else dict(body)))

    async def _poll(self, url: str) -> AsyncHttpResponse:
        return await self._run(HttpRequest("GET", url))

    async def _run(self, request: HttpRequest) -> AsyncHttpResponse:
        return (await self._pipeline.run(request)).http_response

    @staticmethod
    def _body(response: AsyncHttpResponse, *expected: int) -> dict[str, Any]:
        if response.status_code not in expected:
            raise ArmError.from_response(response)
        if not response.text().strip():
            return {}
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ProviderError(
                f"unexpected response from Azure: '{response.text()}', HTTP status: {response.status_code}"
            )
        return body
