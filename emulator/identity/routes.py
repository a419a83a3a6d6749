"""Microsoft Entra ID's endpoints, as far as a service principal needs them, and the cloud's metadata document."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulator.identity.tokens import LIFETIME, Tokens, secret_matches
from emulator.store import Store

CLOUD_NAME = "AzureMistralEmulator"
"""Not AzureCloud: azure-ai-ml takes a cloud whose name it knows for the real one, whatever its metadata."""


class SignInError(Exception):
    """A refused token request: HTTP status, OAuth error and Entra ID's AADSTS text."""

    def __init__(self, status: int, error: str, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.code = code
        self.message = message

    def response(self) -> Response:
        """The JSON that Entra ID sends, and MSAL shows."""
        now = datetime.now(UTC)
        trace, correlation = uuid.uuid4(), uuid.uuid4()
        description = (
            f"AADSTS{self.code}: {self.message} Trace ID: {trace} Correlation ID: {correlation}"
            f" Timestamp: {now:%Y-%m-%d %H:%M:%SZ}"
        )
        return JSONResponse(
            {
                "error": self.error,
                "error_description": description,
                "error_codes": [self.code],
                "timestamp": f"{now:%Y-%m-%d %H:%M:%SZ}",
                "trace_id": str(trace),
                "correlation_id": str(correlation),
            },
            self.status,
        )


def identity_routes(store: Store, tokens: Tokens, origin: Callable[[], str]) -> list[BaseRoute]:
    """The routes under the tenant's id, instance discovery, and /metadata/endpoints."""

    def check_tenant(tenant: str) -> None:
        if tenant.lower() != tokens.tenant:
            raise SignInError(
                400,
                "invalid_request",
                90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into"
                " the correct cloud. Check with your subscription administrator, this may happen if there are no active"
                " subscriptions for the tenant.",
            )

    def issuer() -> str:
        return f"{origin()}/{tokens.tenant}/v2.0"

    async def token(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        try:
            check_tenant(request.path_params["tenant"])
            with store.transaction():
                return JSONResponse(_token(store, tokens, form, issuer()), headers={"Cache-Control": "no-store"})
        except SignInError as error:
            return error.response()

    async def openid_configuration(request: Request) -> Response:
        try:
            check_tenant(request.path_params["tenant"])
        except SignInError as error:
            return error.response()
        base = f"{origin()}/{tokens.tenant}"
        return JSONResponse(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": issuer(),
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "tenant_region_scope": None,
                "cloud_instance_name": "localhost",
            }
        )

    async def keys(request: Request) -> Response:  # noqa: ARG001
        return JSONResponse(tokens.key_set())

    async def instance_discovery(request: Request) -> Response:  # noqa: ARG001
        host = origin().removeprefix("https://")
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{issuer()}/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
            }
        )

    async def metadata(request: Request) -> Response:
        match request.query_params.get("api-version"):
            case "2022-09-01":
                return JSONResponse(_metadata(origin()))
            case "2019-05-01" | "2020-06-01":
                return JSONResponse([_metadata(origin())])
            case other:
                message = f"The api-version '{other}' is invalid. The supported versions are '2022-09-01,2019-05-01'."
                return JSONResponse({"error": {"code": "InvalidApiVersionParameter", "message": message}}, 400)

    return [
        Route("/metadata/endpoints", metadata),
        Route("/common/discovery/instance", instance_discovery),
        Route("/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        Route("/{tenant}/v2.0/.well-known/openid-configuration", openid_configuration),
        Route("/{tenant}/discovery/v2.0/keys", keys),
    ]


def _token(store: Store, tokens: Tokens, form: dict[str, str], issuer: str) -> dict[str, Any]:
    if form.get("grant_type") != "client_credentials":
        given = form.get("grant_type", "")
        raise SignInError(
            400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{given}'."
        )
    client_id, secret, scope = form.get("client_id", ""), form.get("client_secret", ""), form.get("scope", "")
    principal = store.principal_by_client_id(client_id)
    if principal is None:
        raise SignInError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client_id}' was not found in the directory '{tokens.tenant}'. This can"
            " happen if the application has not been installed by the administrator of the tenant or consented to by"
            " any user in the tenant. You may have sent your authentication request to the wrong tenant.",
        )
    if not secret_matches(principal, secret):
        raise SignInError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value,"
            f" not the client secret ID, for a secret added to app '{client_id}'.",
        )
    audience = scope.removesuffix("/.default")
    if audience == scope or " " in scope:
        raise SignInError(
            400,
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with"
            " /.default suffixed to the resource identifier (application ID URI).",
        )
    lifetime = int(LIFETIME.total_seconds())
    return {
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": tokens.sign(principal, audience, issuer),
    }


def _metadata(origin: str) -> dict[str, Any]:
    """The cloud's endpoints. The services that the emulator does not have keep Azure's names."""
    return {
        "name": CLOUD_NAME,
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": origin,
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "resourceManager": f"{origin}/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "graph": "https://graph.windows.net/",
        "graphAudience": "https://graph.windows.net/",
        "batch": "https://batch.core.windows.net/",
        "media": "https://rest.media.azure.net",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "vmImageAliasDoc": "",
        "gallery": "https://gallery.azure.com/",
        "logAnalyticsResourceId": "https://api.loganalytics.io",
        "appInsightsResourceId": "https://api.applicationinsights.io",
        "appInsightsTelemetryChannelResourceId": "https://dc.applicationinsights.azure.com/v2/track",
        "attestationResourceId": "https://attest.azure.net",
        "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
        "ossrDbmsResourceId": "https://ossrdbms-aad.database.windows.net",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "attestationEndpoint": "attest.azure.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyVaultDns": "vault.azure.net",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
    }
