"""Microsoft.KeyVault: vaults and soft-deleted vaults. No secrets: nothing that the emulator hosts reads them."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from emulator.arm.api import Request, ResourceType, Response, Route, page, shown, wait_headers
from emulator.arm.errors import ArmError, content_invalid
from emulator.arm.shapes import TAGS
from emulator.resource_id import key, subscription_of
from emulator.store import DeletedResource, Document, Resource, Store

_VERSIONS = (
    "2019-09-01",
    "2021-10-01",
    "2022-07-01",
    "2023-02-01",
    "2023-07-01",
    "2024-04-01-preview",
    "2024-11-01",
    "2024-12-01-preview",
    "2025-05-01",
    "2026-02-01",
    "2026-03-01-preview",
    "2026-05-15",
)
VAULTS = ResourceType("Microsoft.KeyVault/vaults", _VERSIONS)
DELETED_VAULTS = ResourceType("Microsoft.KeyVault/deletedVaults", _VERSIONS)

_RBAC_BY_DEFAULT_SINCE = "2026-02-01"
"""Microsoft's announcement of this API version: new vaults use Azure RBAC unless told otherwise."""

_NAME = re.compile(r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]")


def put_vault(request: Request) -> Response:
    """Create (201), change (200) or, with createMode recover, bring back a vault."""
    existing = request.store.resource(request.path)
    name = request.parameters["vault"]
    _check_name(name)
    location = request.location(existing)
    given = {name: value for name, value in (request.body.get("properties") or {}).items() if value is not None}
    if existing is None and given.get("createMode") == "recover":
        return _recover(request, location)
    given.pop("createMode", None)
    for required in ("tenantId", "sku"):
        if required not in given and existing is None:
            raise content_invalid(f"Required property '{required}' not found in JSON. Path 'properties'.")
    _check_properties(given, existing)
    if existing is None:
        _check_name_is_free(request, name)
    properties = (existing.properties if existing else _defaults(request, name)) | given
    document: Document = {"location": location, "tags": request.body.get("tags") or {}, "properties": properties}
    document["systemData"] = request.system_data(existing)
    vault = request.store.put(Resource(request.id, VAULTS.name, document))
    return Response(200 if existing else 201, shown(vault))


def patch_vault(request: Request) -> Response:
    """Change tags and properties."""
    vault = request.existing()
    given = {name: value for name, value in (request.body.get("properties") or {}).items() if value is not None}
    given.pop("createMode", None)
    _check_properties(given, vault)
    changes = {"systemData": request.system_data(vault)}
    if request.body.get("tags") is not None:
        changes["tags"] = request.body["tags"]
    changed = replace(vault, document=vault.document | changes).with_properties(**given)
    return Response(200, shown(request.store.put(changed)))


def get_vault(request: Request) -> Response:
    """One vault."""
    return Response(200, shown(request.existing()))


def list_vaults(request: Request) -> Response:
    """Those of a resource group or of an Azure subscription."""
    under = request.path.lower().split("/providers/", 1)[0]
    return page([shown(item) for item in request.store.resources(VAULTS.name, under=under)])


def delete_vault(request: Request) -> Response:
    """Soft-delete: 200 when it existed, else 204."""
    vault = request.store.resource(request.path)
    if vault is None:
        return Response(204)
    soft_delete_vault(request.store, vault, request.now)
    return Response(200)


def soft_delete_vault(store: Store, vault: Resource, now: datetime) -> None:
    """Keep a vault for its retention period; its name stays taken."""
    store.soft_delete(vault, now, now + timedelta(days=vault.properties["softDeleteRetentionInDays"]))


def check_name_availability(request: Request) -> Response:
    """Whether a vault of this name could be created; soft-deleted vaults hold their names."""
    name = str(request.body.get("name") or "")
    try:
        _check_name(name)
    except ArmError as error:
        return Response(200, {"nameAvailable": False, "reason": "AccountNameInvalid", "message": error.message})
    try:
        _check_name_is_free(request, name)
    except ArmError as error:
        return Response(200, {"nameAvailable": False, "reason": "AlreadyExists", "message": error.message})
    return Response(200, {"nameAvailable": True})


# Soft-deleted vaults


def get_deleted_vault(request: Request) -> Response:
    """One soft-deleted vault of this Azure subscription."""
    return Response(200, _deleted_shown(_deleted(request)))


def list_deleted_vaults(request: Request) -> Response:
    """The soft-deleted vaults of this Azure subscription."""
    return page(
        [
            _deleted_shown(item)
            for item in request.store.all_deleted(VAULTS.name)
            if key(subscription_of(item.resource.id)) == key(request.subscription)
        ]
    )


def purge_deleted_vault(request: Request) -> Response:
    """Give the name free, unless purge protection forbids it."""
    item = _deleted(request)
    if item.resource.properties.get("enablePurgeProtection"):
        raise ArmError(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed.")
    request.store.purge(item.resource.id)
    operation = request.lifecycle.start(item.resource.id, DELETED_VAULTS.name, "delete")
    location = request.url(request.path.rsplit("/deletedVaults/", 1)[0] + f"/operationResults/{operation.id}")
    return Response(202, None, {"Location": location, **wait_headers(operation.retry_after)})


def get_operation_result(request: Request) -> Response:
    """Where a client waits for the end of a purge."""
    operation = request.store.operation(request.parameters["operation"])
    if operation is None or operation.type != DELETED_VAULTS.name:
        raise ArmError(404, "OperationNotFound", "The operation was not found.")
    operation = request.lifecycle.poll(operation)
    if operation.status == "InProgress":
        return Response(202, None, {"Location": request.url(request.path), **wait_headers(operation.retry_after)})
    return Response(200)


def _deleted(request: Request) -> DeletedResource:
    for item in request.store.all_deleted(VAULTS.name):
        if (
            key(item.resource.name) == key(request.parameters["vault"])
            and item.resource.document["location"] == request.parameters["location"].lower()
            and key(subscription_of(item.resource.id)) == key(request.subscription)
        ):
            return item
    raise ArmError(
        404, "DeletedVaultNotFound", f"The specified deleted vault '{request.parameters['vault']}' does not exist."
    )


def _deleted_shown(item: DeletedResource) -> Document:
    vault = item.resource
    location = vault.document["location"]
    return {
        "id": f"/subscriptions/{subscription_of(vault.id)}/providers/Microsoft.KeyVault/locations/{location}"
        f"/deletedVaults/{vault.name}",
        "name": vault.name,
        "type": DELETED_VAULTS.name,
        "properties": {
            "vaultId": vault.id,
            "location": location,
            "deletionDate": item.deleted_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "scheduledPurgeDate": item.purge_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tags": vault.document["tags"],
            "purgeProtectionEnabled": vault.properties.get("enablePurgeProtection"),
        },
    }


def _recover(request: Request, location: str) -> Response:
    item = request.store.deleted(request.path)
    if item is None or item.resource.document["location"] != location:
        raise ArmError(
            404, "DeletedVaultNotFound", f"The specified deleted vault '{request.parameters['vault']}' does not exist."
        )
    request.store.purge(item.resource.id)
    return Response(200, shown(request.store.put(item.resource)))


# Rules


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ArmError(
            400,
            "VaultNameNotValid",
            f"The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name"
            " must begin with a letter, end with a letter or digit, and not contain consecutive hyphens. Follow this"
            " link for more information: https://go.microsoft.com/fwlink/?linkid=2147742",
        )


def _check_name_is_free(request: Request, name: str) -> None:
    for item in request.store.all_deleted(VAULTS.name):
        mine = key(subscription_of(item.resource.id)) == key(request.subscription)
        if key(item.resource.name) == key(name) and mine:
            raise ArmError(
                409,
                "ConflictError",
                "A vault with the same name already exists in deleted state. You need to either recover or purge"
                " existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more"
                " information on soft delete.",
            )
    live = request.store.resources(VAULTS.name)
    held = [*live, *(item.resource for item in request.store.all_deleted(VAULTS.name))]
    if any(key(item.name) == key(name) for item in held):
        # "globaly" is Azure's spelling (Azure/ARO-Landing-Zone-Accelerator#28).
        raise ArmError(
            409,
            "VaultAlreadyExists",
            f"The vault name '{name}' is already in use. Vault names are globaly unique so it is possible that the name"
            " is already taken. If you are sure that the vault name was not taken then it is possible that a vault with"
            " the same name was recently deleted but not purged after being placed in a recoverable state. If the vault"
            " is in a recoverable state then the vault will need to be purged before reusing the name. For more"
            " information on soft delete and purging a vault follow this link"
            " https://go.microsoft.com/fwlink/?linkid=2147740.",
        )


def _check_properties(given: Document, existing: Resource | None) -> None:
    if given.get("enableSoftDelete") is False:
        raise _bad_request(
            'The property "enableSoftDelete" can be set to false only for creating new vault. Enabling the'
            " 'soft delete' functionality is an irreversible action."
        )
    if given.get("enablePurgeProtection") is False:
        raise _bad_request(
            'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is'
            " an irreversible action."
        )
    retention = given.get("softDeleteRetentionInDays")
    if retention is not None and not 7 <= retention <= 90:
        raise _bad_request(
            f"The parameter softDeleteRetentionInDays has an invalid value '{retention}'."
            " It must be between 7 and 90 days."
        )
    if existing is not None and retention not in (None, existing.properties["softDeleteRetentionInDays"]):
        raise _bad_request('The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.')


def _bad_request(message: str) -> ArmError:
    return ArmError(400, "BadRequest", message)


def _defaults(request: Request, name: str) -> Document:
    return {
        "accessPolicies": [],
        "enabledForDeployment": False,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
        "enableRbacAuthorization": request.api_version >= _RBAC_BY_DEFAULT_SINCE,
        "vaultUri": f"https://{name.lower()}.vault.azure.net/",
        "provisioningState": "Succeeded",
        "publicNetworkAccess": "Enabled",
    }


_SHAPE = {
    "id": str,
    "name": str,
    "type": str,
    "location": str,
    "tags": TAGS,
    "properties": {
        "tenantId": str,
        "sku": {"family": str, "name": str},
        "accessPolicies": [dict],
        "createMode": str,
        "enablePurgeProtection": bool,
        "enableRbacAuthorization": bool,
        "enableSoftDelete": bool,
        "enabledForDeployment": bool,
        "enabledForDiskEncryption": bool,
        "enabledForTemplateDeployment": bool,
        "networkAcls": {"bypass": str, "defaultAction": str, "ipRules": [dict], "virtualNetworkRules": [dict]},
        "publicNetworkAccess": str,
        "softDeleteRetentionInDays": int,
    },
}
_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.KeyVault"
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults"
_VAULT = _GROUP + "/{vault}"
_DELETED = _SUBSCRIPTION + "/locations/{location}/deletedVaults/{vault}"

ROUTES = (
    Route("PUT", _VAULT, VAULTS, put_vault, _SHAPE),
    Route("PATCH", _VAULT, VAULTS, patch_vault, _SHAPE),
    Route("GET", _VAULT, VAULTS, get_vault),
    Route("DELETE", _VAULT, VAULTS, delete_vault),
    Route("GET", _GROUP, VAULTS, list_vaults),
    Route("GET", f"{_SUBSCRIPTION}/vaults", VAULTS, list_vaults),
    Route("GET", f"{_SUBSCRIPTION}/deletedVaults", DELETED_VAULTS, list_deleted_vaults),
    Route("GET", _DELETED, DELETED_VAULTS, get_deleted_vault, action="Microsoft.KeyVault/locations/deletedVaults/read"),
    Route(
        "POST",
        f"{_DELETED}/purge",
        DELETED_VAULTS,
        purge_deleted_vault,
        action="Microsoft.KeyVault/locations/deletedVaults/purge/action",
    ),
    Route(
        "GET",
        _SUBSCRIPTION + "/locations/{location}/operationResults/{operation}",
        DELETED_VAULTS,
        get_operation_result,
        is_operation=True,
    ),
    Route(
        "POST",
        f"{_SUBSCRIPTION}/checkNameAvailability",
        VAULTS,
        check_name_availability,
        {"name": str, "type": str},
        "Microsoft.KeyVault/checkNameAvailability/read",
    ),
)
