"""What an Azure ML workspace holds, asked of Azure Resource Manager as Azure's own command line asks it."""

import logging
import os
from collections.abc import Iterator
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest
from azure.identity import DefaultAzureCredential

from azure_mistral.cli.adoption import ENDPOINT, MARKETPLACE_SUBSCRIPTION, Existing

PUBLIC_AZURE = "https://management.azure.com"
# The version that pulumi-azure-native 3.29 uses for both types.
API_VERSION = "2025-12-01"
METADATA_API_VERSION = "2022-09-01"


class ManagementError(Exception):
    """Azure Resource Manager does not answer; the message says what it was asked and what to do."""


def existing_in(workspace_id: str) -> list[Existing]:
    """Return the Marketplace subscriptions and serverless endpoints of a workspace, by its ARM id.

    The cloud is the one whose metadata document ARM_METADATA_HOSTNAME serves, as for Pulumi's provider, or else public
    Azure. The sign-in is azure-identity's: environment variables, workload identity, managed identity, `az login`.

    Raises ManagementError when Azure cannot be asked or refuses to answer.
    """
    kinds = ((MARKETPLACE_SUBSCRIPTION, "marketplaceSubscriptions"), (ENDPOINT, "serverlessEndpoints"))
    try:
        base, scope = _cloud(os.environ.get("ARM_METADATA_HOSTNAME"))
        with PipelineClient[Any, Any](base, policies=_policies(scope)) as client:
            return [
                Existing(type_, item["id"], item["name"], item["properties"], item.get("tags") or {})
                for type_, collection in kinds
                for item in _items(client, f"{base}{workspace_id}/{collection}?api-version={API_VERSION}")
            ]
    except ClientAuthenticationError as error:
        raise ManagementError(
            f"Azure: the sign-in failed: {error.message} Expected a person or workload that may read what is in"
            f" {workspace_id}. Sign in with: az login"
        ) from None
    except HttpResponseError as error:
        said = f"{error.error.code}: {error.error.message}" if error.error else f"{error.reason}."
        raise ManagementError(
            f"Azure: it refused to tell what is in {workspace_id}: HTTP {error.status_code}: {said} Expected"
            " something that exists and that you may read. Check the id, and your role on it"
        ) from None
    except AzureError as error:
        raise ManagementError(
            f"Azure: no answer: {error.message}. Expected access to Azure Resource Manager. Try again"
        ) from None


def _cloud(metadata_host: str | None) -> tuple[str, str]:
    """Return the address of Azure Resource Manager and the scope of its tokens."""
    if not metadata_host:
        return PUBLIC_AZURE, f"{PUBLIC_AZURE}/.default"
    host = metadata_host if "://" in metadata_host else f"https://{metadata_host}"
    with PipelineClient[Any, Any](host, policies=[RetryPolicy()]) as client:
        request = HttpRequest("GET", f"{host}/metadata/endpoints?api-version={METADATA_API_VERSION}")
        document = _answer(client, request)
    return document["resourceManager"].rstrip("/"), f"{document['authentication']['audiences'][0]}/.default"


def _policies(scope: str) -> list[Any]:
    # Entra ID's list of known authorities is in public Azure: a cloud of its own is not asked for there.
    own_cloud = os.environ.get("ARM_DISABLE_INSTANCE_DISCOVERY") == "true"
    logging.getLogger("azure.identity").addHandler(logging.NullHandler())  # it would print what it raises, too
    credential: TokenCredential = DefaultAzureCredential(disable_instance_discovery=own_cloud)
    return [RetryPolicy(), BearerTokenCredentialPolicy(credential, scope)]


def _items(client: PipelineClient[Any, Any], url: str | None) -> Iterator[dict[str, Any]]:
    while url:
        page = _answer(client, HttpRequest("GET", url))
        yield from page["value"]
        url = page.get("nextLink")


def _answer(client: PipelineClient[Any, Any], request: HttpRequest) -> Any:
    response = client.send_request(request)
    response.raise_for_status()
    return response.json()
