"""Which cloud to talk to and as whom: provider configuration and environment, in the official plugin's precedence.

A value in the stack's configuration (or of an explicit provider) goes before its environment variable. Only a service
principal with a client secret can sign in.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests

from emulator.provider.errors import ConfigurationError

_METADATA_API_VERSION = "2022-09-01"
_METADATA_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfiguration:
    """The provider's configuration, checked."""

    metadata_url: str
    disable_instance_discovery: bool
    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    subscription_id: str
    auxiliary_tenant_ids: tuple[str, ...]
    location: str | None


@dataclass(frozen=True, slots=True)
class Cloud:
    """The endpoints of a cloud, from its metadata document."""

    login_endpoint: str
    audience: str
    resource_manager: str
    microsoft_graph: str


def read_configuration(variables: Mapping[str, str], environment: Mapping[str, str]) -> ProviderConfiguration:
    """The configuration in the engine's variables and the environment.

    Args:
        variables: As in `ConfigureRequest.variables`: `azure-native:config:tenantId` and so on.
        environment: `ARM_TENANT_ID` and so on.

    Raises:
        ConfigurationError: something needed is missing.
    """
    config = {name.removeprefix("azure-native:config:"): value for name, value in variables.items()}

    def get(name: str, environment_name: str) -> str:
        return config.get(name) or environment.get(environment_name, "")

    def require(name: str, environment_name: str, what: str) -> str:
        value = get(name, environment_name)
        if not value:
            raise ConfigurationError(
                f"A {what} must be configured when authenticating as a Service Principal using a Client Secret. "
                f"Set azure-native:{name} or {environment_name}."
            )
        return value

    metadata_host = get("metadataHost", "ARM_METADATA_HOSTNAME")
    if not metadata_host:
        raise ConfigurationError(
            "ARM_METADATA_HOSTNAME (or azure-native:metadataHost) is not set. This plugin stands in for azure-native "
            "where a cloud serves a metadata document, such as the emulator; it never talks to public Azure. "
            "For Azure install the official plugin: pulumi plugin install resource azure-native"
        )
    return ProviderConfiguration(
        metadata_url=metadata_host if "://" in metadata_host else f"https://{metadata_host}",
        disable_instance_discovery=get("disableInstanceDiscovery", "ARM_DISABLE_INSTANCE_DISCOVERY") == "true",
        tenant_id=require("tenantId", "ARM_TENANT_ID", "Tenant ID"),
        client_id=require("clientId", "ARM_CLIENT_ID", "Client ID"),
        client_secret=require("clientSecret", "ARM_CLIENT_SECRET", "Client Secret"),
        subscription_id=require("subscriptionId", "ARM_SUBSCRIPTION_ID", "Subscription ID"),
        auxiliary_tenant_ids=_tenant_ids(get("auxiliaryTenantIds", "ARM_AUXILIARY_TENANT_IDS")),
        location=config.get("location"),
    )


def _tenant_ids(value: str) -> tuple[str, ...]:
    if not value:
        return ()
    try:
        tenants = json.loads(value)
    except ValueError:
        tenants = None
    if not isinstance(tenants, list) or not all(isinstance(tenant, str) for tenant in tenants):
        raise ConfigurationError(f"failed to unmarshal '{value}' as Auxiliary Tenants: expected a JSON list of strings")
    return tuple(tenants)


def read_cloud(metadata_url: str, session: requests.Session) -> Cloud:
    """The endpoints that a cloud's metadata document names.

    Args:
        metadata_url: The host that serves `/metadata/endpoints`, with its scheme.
        session: The connections to use.

    Raises:
        ConfigurationError: the document cannot be had or lacks an endpoint.
    """
    failed = f"failed to get Azure environment metadata from {metadata_url}"
    try:
        response = session.get(
            f"{metadata_url}/metadata/endpoints",
            params={"api-version": _METADATA_API_VERSION},
            timeout=_METADATA_TIMEOUT_SECONDS,
        )
        response.raise_for_status()
        document = response.json()
        return Cloud(
            login_endpoint=document["authentication"]["loginEndpoint"],
            audience=document["authentication"]["audiences"][0],
            resource_manager=document["resourceManager"],
            microsoft_graph=document.get("microsoftGraphResourceId") or "",
        )
    except requests.RequestException as error:
        raise ConfigurationError(f"{failed}: {error}") from error
    except (KeyError, IndexError, TypeError) as error:
        raise ConfigurationError(f"{failed}: the document lacks {error}") from error
