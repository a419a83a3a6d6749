"""The functions (invokes) that the stand-in knows: actions such as listKeys, the getters, and who is signed in.

Every resource type of the table has its getter (`getWorkspace`, ...) without an entry of its own. As with the official
plugin, results are plain: it is for the program to make a key secret.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from emulator.provider import conversion
from emulator.provider.client import ArmClient
from emulator.provider.configuration import ProviderConfiguration
from emulator.provider.errors import ArmError, ProviderError, UnknownTypeError
from emulator.provider.resource_types import (
    LOG_ANALYTICS_WORKSPACE,
    ML_WORKSPACE,
    ONLINE_ENDPOINT,
    RESOURCE_TYPES,
    SERVERLESS_ENDPOINT,
    STORAGE_ACCOUNT,
    find_resource_type,
    split_token,
)
from emulator.provider.schema import NUMBER, STRING, Property, array, obj

CLIENT_CONFIG = "azure-native:authorization:getClientConfig"
CLIENT_TOKEN = "azure-native:authorization:getClientToken"  # noqa: S105 - the name of a function


@dataclass(frozen=True, slots=True)
class Action:
    """A POST that answers at once."""

    path: str
    api_version: str
    result: Property
    query: tuple[str, ...] = ()
    """Arguments that go into the query."""


ACTIONS: Mapping[str, Action] = {
    "azure-native:machinelearningservices:listServerlessEndpointKeys": Action(
        f"{SERVERLESS_ENDPOINT.path}/listKeys",
        SERVERLESS_ENDPOINT.api_version,
        obj(primaryKey=STRING, secondaryKey=STRING),
    ),
    "azure-native:machinelearningservices:listOnlineEndpointKeys": Action(
        f"{ONLINE_ENDPOINT.path}/listKeys",
        ONLINE_ENDPOINT.api_version,
        obj(primaryKey=STRING, secondaryKey=STRING),
    ),
    "azure-native:machinelearningservices:getOnlineEndpointToken": Action(
        f"{ONLINE_ENDPOINT.path}/token",
        ONLINE_ENDPOINT.api_version,
        obj(accessToken=STRING, expiryTimeUtc=NUMBER, refreshAfterTimeUtc=NUMBER, tokenType=STRING),
    ),
    "azure-native:machinelearningservices:listWorkspaceKeys": Action(
        f"{ML_WORKSPACE.path}/listKeys",
        ML_WORKSPACE.api_version,
        obj(
            appInsightsInstrumentationKey=STRING,
            containerRegistryCredentials=obj(
                location=STRING, username=STRING, passwords=array(obj(name=STRING, value=STRING))
            ),
            notebookAccessKeys=obj(primaryAccessKey=STRING, secondaryAccessKey=STRING),
            userStorageArmId=STRING,
            userStorageKey=STRING,
        ),
    ),
    "azure-native:operationalinsights:getSharedKeys": Action(
        f"{LOG_ANALYTICS_WORKSPACE.path}/sharedKeys",
        LOG_ANALYTICS_WORKSPACE.api_version,
        obj(primarySharedKey=STRING, secondarySharedKey=STRING),
    ),
    "azure-native:storage:listStorageAccountKeys": Action(
        f"{STORAGE_ACCOUNT.path}/listKeys",
        STORAGE_ACCOUNT.api_version,
        obj(keys=array(obj(creationTime=STRING, keyName=STRING, permissions=STRING, value=STRING))),
        query=("expand",),
    ),
}


def known_functions() -> list[str]:
    """The tokens of all functions."""
    getters = [_getter(pulumi_type) for pulumi_type in RESOURCE_TYPES]
    return sorted([CLIENT_CONFIG, CLIENT_TOKEN, *ACTIONS, *getters])


async def invoke(
    client: ArmClient, configuration: ProviderConfiguration, token: str, arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of a function.

    Raises:
        UnknownTypeError: no function has that token.
        ProviderError: Azure refused, or an argument is missing.
    """
    plain, api_version = split_token(token)
    if plain == CLIENT_CONFIG:
        return await _client_config(client, configuration)
    if plain == CLIENT_TOKEN:
        endpoint = arguments.get("endpoint") or f"{client.cloud.resource_manager.rstrip('/')}/"
        return {"token": (await client.token(endpoint)).token}
    if plain in ACTIONS:
        action = ACTIONS[plain]
        path = _path(action.path, arguments, configuration, token)
        query = {f"${name}": str(arguments[name]) for name in action.query if name in arguments}
        return conversion.from_wire(
            action.result, await _request(path, client.post(path, api_version or action.api_version, {}, **query))
        )
    module, _, function = token.rpartition(":")
    resource_type = find_resource_type(f"{module}:{function.removeprefix('get')}") if function[:3] == "get" else None
    if resource_type is None:
        raise UnknownTypeError(
            f"Invoke type {token} not found. This stand-in for azure-native knows {', '.join(known_functions())}; "
            "for others install the official plugin: pulumi plugin install resource azure-native"
        )
    path = _path(resource_type.path, arguments, configuration, token)
    response = await _request(path, client.get(path, resource_type.api_version))
    return conversion.outputs(resource_type, response) | {"id": response.get("id")}


def _getter(pulumi_type: str) -> str:
    module, _, name = pulumi_type.rpartition(":")
    return f"{module}:get{name}"


def _path(template: str, arguments: Mapping[str, Any], configuration: ProviderConfiguration, token: str) -> str:
    try:
        return conversion.arm_path(template, arguments, configuration.subscription_id)
    except KeyError as missing:
        raise ProviderError(f"{token}: missing required argument {missing}") from missing


async def _request(path: str, request: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        return await request
    except ArmError as error:
        raise ProviderError(f"request failed {path}: {error}") from error


async def _client_config(client: ArmClient, configuration: ProviderConfiguration) -> dict[str, Any]:
    # The claims of a token for Microsoft Graph say who is signed in.
    token = await client.token(client.cloud.microsoft_graph)
    claims = jwt.decode(token.token, options={"verify_signature": False})
    if "oid" not in claims:
        raise ProviderError("getting client config: the access token has no `oid` claim")
    return {
        "clientId": claims.get("appid") or configuration.client_id,
        "objectId": claims["oid"],
        "subscriptionId": configuration.subscription_id,
        "tenantId": claims.get("tid") or configuration.tenant_id,
    }
