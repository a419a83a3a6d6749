"""Microsoft.Storage: storage accounts, as far as an Azure Machine Learning workspace needs them. No data plane."""

import base64
import re
import secrets
from dataclasses import replace

from emulator.arm.api import Request, ResourceType, Response, Route, page, shown, wait_headers
from emulator.arm.errors import ArmError, content_invalid
from emulator.arm.shapes import IDENTITY, TAGS
from emulator.resource_id import key, subscription_of
from emulator.store import Document, Resource

ACCOUNTS = ResourceType(
    "Microsoft.Storage/storageAccounts",
    (
        "2021-09-01",
        "2022-05-01",
        "2022-09-01",
        "2023-01-01",
        "2023-04-01",
        "2023-05-01",
        "2024-01-01",
        "2025-01-01",
        "2025-06-01",
        "2025-08-01",
        "2026-04-01",
        "2026-09-01",
    ),
)

_NAME = re.compile(r"[a-z0-9]{3,24}")
_SKUS = {
    f"{tier}_{replication}": tier
    for tier in ("Standard", "StandardV2")
    for replication in ("LRS", "ZRS", "GRS", "GZRS", "RAGRS", "RAGZRS")
} | {"Premium_LRS": "Premium", "Premium_ZRS": "Premium"}
_KINDS = ("Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage")
_FIXED = ("isHnsEnabled", "isNfsV3Enabled", "dnsEndpointType")


def put_account(request: Request) -> Response:
    """Create (202, then the account at Location) or change (200) a storage account."""
    existing = request.store.resource(request.path)
    name = request.parameters["account"]
    _check_name(name)
    location = request.location(existing)
    sku = _sku(request, existing)
    kind = request.body.get("kind") or (existing.document["kind"] if existing else None)
    if kind not in _KINDS:
        raise ArmError(400, "InvalidRequestPropertyValue", f"The value '{kind}' is not allowed for property kind.")
    given = request.body.get("properties") or {}
    if existing is None:
        _check_name_is_free(request, name)
    else:
        _check_fixed_properties(given, existing)
    properties = _defaults(name, location, request) | (existing.properties if existing else {}) | given
    document: Document = {
        "sku": sku,
        "kind": kind,
        "location": location,
        "tags": request.body.get("tags") or {},
        "properties": properties,
    }
    if request.body.get("identity"):
        document["identity"] = request.body["identity"]
    if existing is not None:
        return Response(200, shown(request.store.put(replace(existing, document=document))))
    keys = {"keys": [_new_key(), _new_key()]}
    account = Resource(request.id, ACCOUNTS.name, document, keys).with_properties(provisioningState="Creating")
    operation = request.start(request.store.put(account), "create")
    location_url = request.url(
        f"/subscriptions/{request.subscription}/providers/Microsoft.Storage/locations/{location}"
        f"/asyncoperations/{operation.id}",
        monitor="true",
    )
    return Response(202, None, {"Location": location_url, **wait_headers(operation.retry_after)})


def patch_account(request: Request) -> Response:
    """Change what the body names."""
    account = request.existing()
    given = request.body.get("properties") or {}
    _check_fixed_properties(given, account)
    changes = {name: request.body[name] for name in ("tags", "kind", "identity") if request.body.get(name) is not None}
    if request.body.get("sku"):
        changes["sku"] = _sku(request, account)
    changed = replace(account, document=account.document | changes).with_properties(**given)
    return Response(200, shown(request.store.put(changed)))


def get_account(request: Request) -> Response:
    """One storage account."""
    account = request.existing()
    request.lifecycle.poll_resource(account.id)
    return Response(200, shown(request.existing()))


def list_accounts(request: Request) -> Response:
    """Those of a resource group or of an Azure subscription."""
    return page([shown(item) for item in request.store.resources(ACCOUNTS.name, under=_group_or_subscription(request))])


def delete_account(request: Request) -> Response:
    """200 when it existed, else 204."""
    account = request.store.resource(request.path)
    if account is None:
        return Response(204)
    request.lifecycle.abandon(account.id)
    request.store.remove(account.id)
    return Response(200)


def list_keys(request: Request) -> Response:
    """Both access keys."""
    account = request.existing()
    return Response(
        200,
        {
            "keys": [
                {
                    "keyName": f"key{number}",
                    "value": value,
                    "permissions": "FULL",
                    "creationTime": account.properties["creationTime"],
                }
                for number, value in enumerate(account.private["keys"], start=1)
            ]
        },
    )


def check_name_availability(request: Request) -> Response:
    """Whether an account of this name could be created; names are unique in all of Azure."""
    name = str(request.body.get("name") or "")
    try:
        _check_name(name)
    except ArmError as error:
        return Response(200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": error.message})
    if _holder(request, name) is not None:
        message = f"The storage account named {name} is already taken."
        return Response(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": message})
    return Response(200, {"nameAvailable": True})


def get_operation(request: Request) -> Response:
    """Where a client waits for a new account: 202 until it is there, then 200 with it."""
    operation = request.store.operation(request.parameters["operation"])
    if operation is None or operation.type != ACCOUNTS.name:
        raise ArmError(404, "OperationNotFound", "The operation was not found.")
    operation = request.lifecycle.poll(operation)
    if operation.status == "InProgress":
        return Response(202, None, {"Location": request.url(request.path), **wait_headers(operation.retry_after)})
    if operation.error:
        raise ArmError(409, operation.error["code"], operation.error["message"])
    account = request.store.resource(operation.resource_id)
    return Response(200, shown(account)) if account else Response(204)


def _group_or_subscription(request: Request) -> str:
    return request.path.lower().split("/providers/", 1)[0]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ArmError(
            400,
            "AccountNameInvalid",
            f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in"
            " length and use numbers and lower-case letters only.",
        )


def _holder(request: Request, name: str) -> Resource | None:
    return next((item for item in request.store.resources(ACCOUNTS.name) if key(item.name) == key(name)), None)


def _check_name_is_free(request: Request, name: str) -> None:
    holder = _holder(request, name)
    if holder is None:
        return
    if key(subscription_of(holder.id)) == key(request.subscription):
        raise ArmError(
            409,
            "StorageAccountInAnotherResourceGroup",
            f"The account {name} is already in another resource group in this subscription.",
        )
    raise ArmError(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")


def _sku(request: Request, existing: Resource | None) -> Document:
    sku = request.body.get("sku") or (existing.document["sku"] if existing else {})
    name = sku.get("name")
    if not name:
        raise content_invalid("Required property 'sku' not found in JSON. Path '', line 1, position 1.")
    for known, tier in _SKUS.items():
        if known.lower() == name.lower():
            return {"name": known, "tier": tier.removesuffix("V2")}
    raise ArmError(400, "InvalidRequestPropertyValue", f"The value '{name}' is not allowed for property sku.name.")


def _check_fixed_properties(given: Document, account: Resource) -> None:
    for name in _FIXED:
        if name in given and given[name] is not None and given[name] != account.properties.get(name, False):
            raise ArmError(
                400,
                "AccountPropertyCannotBeUpdated",
                f"The property '{name}' was specified in the input, but it cannot be updated.",
            )


def _defaults(name: str, location: str, request: Request) -> Document:
    now = request.now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    enabled = {"keyType": "Account", "enabled": True, "lastEnabledTime": now}
    return {
        "provisioningState": "Succeeded",
        "creationTime": now,
        "keyCreationTime": {"key1": now, "key2": now},
        "primaryLocation": location,
        "statusOfPrimary": "available",
        "primaryEndpoints": {
            service: f"https://{name}.{'z13.web' if service == 'web' else service}.core.windows.net/"
            for service in ("dfs", "web", "blob", "queue", "table", "file")
        },
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "minimumTlsVersion": "TLS1_0",
        "supportsHttpsTrafficOnly": True,
        "networkAcls": {
            "bypass": "AzureServices",
            "defaultAction": "Allow",
            "ipRules": [],
            "virtualNetworkRules": [],
        },
        "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": enabled, "file": enabled}},
        "privateEndpointConnections": [],
    }


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


_PROPERTIES = {
    "accessTier": str,
    "allowBlobPublicAccess": bool,
    "allowCrossTenantReplication": bool,
    "allowSharedKeyAccess": bool,
    "allowedCopyScope": str,
    "azureFilesIdentityBasedAuthentication": dict,
    "customDomain": dict,
    "defaultToOAuthAuthentication": bool,
    "dnsEndpointType": str,
    "enableExtendedGroups": bool,
    "encryption": dict,
    "immutableStorageWithVersioning": dict,
    "isHnsEnabled": bool,
    "isLocalUserEnabled": bool,
    "isNfsV3Enabled": bool,
    "isSftpEnabled": bool,
    "keyPolicy": {"keyExpirationPeriodInDays": int},
    "largeFileSharesState": str,
    "minimumTlsVersion": str,
    "networkAcls": {
        "bypass": str,
        "defaultAction": str,
        "ipRules": [dict],
        "ipv6Rules": [dict],
        "resourceAccessRules": [dict],
        "virtualNetworkRules": [dict],
    },
    "publicNetworkAccess": str,
    "routingPreference": dict,
    "sasPolicy": dict,
    "supportsHttpsTrafficOnly": bool,
}
_SHAPE = {
    "id": str,
    "name": str,
    "type": str,
    "sku": {"name": str, "tier": str},
    "kind": str,
    "location": str,
    "tags": TAGS,
    "identity": IDENTITY,
    "extendedLocation": dict,
    "properties": _PROPERTIES,
}
_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.Storage"
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts"
_ACCOUNT = _GROUP + "/{account}"

ROUTES = (
    Route("PUT", _ACCOUNT, ACCOUNTS, put_account, _SHAPE),
    Route("PATCH", _ACCOUNT, ACCOUNTS, patch_account, _SHAPE),
    Route("GET", _ACCOUNT, ACCOUNTS, get_account),
    Route("DELETE", _ACCOUNT, ACCOUNTS, delete_account),
    Route("GET", _GROUP, ACCOUNTS, list_accounts),
    Route("GET", f"{_SUBSCRIPTION}/storageAccounts", ACCOUNTS, list_accounts),
    Route("POST", f"{_ACCOUNT}/listKeys", ACCOUNTS, list_keys),
    Route(
        "POST",
        f"{_SUBSCRIPTION}/checkNameAvailability",
        ACCOUNTS,
        check_name_availability,
        {"name": str, "type": str},
        "Microsoft.Storage/checknameavailability/read",
    ),
    Route(
        "GET",
        _SUBSCRIPTION + "/locations/{location}/asyncoperations/{operation}",
        ACCOUNTS,
        get_operation,
        is_operation=True,
    ),
)
