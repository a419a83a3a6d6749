"""Microsoft.OperationalInsights: Log Analytics workspaces, which a second creation under the same name recovers."""

import base64
import re
import secrets
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from emulator.arm.api import Request, ResourceType, Response, Route, get_resource, list_in_scope, shown
from emulator.arm.errors import ArmError
from emulator.arm.shapes import IDENTITY, TAGS
from emulator.store import Document, Resource, Store

WORKSPACES = ResourceType(
    "Microsoft.OperationalInsights/workspaces",
    (
        "2015-11-01-preview",
        "2020-03-01-preview",
        "2020-08-01",
        "2020-10-01",
        "2021-06-01",
        "2021-12-01-preview",
        "2022-10-01",
        "2023-09-01",
        "2025-02-01",
        "2025-07-01",
    ),
)

RETENTION = timedelta(days=14)
"""How long a deleted workspace can be recovered (Microsoft Learn, "Delete and recover a Log Analytics workspace")."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]")


def put_workspace(request: Request) -> Response:
    """Create (201), recover or change (200) a workspace."""
    existing = request.store.resource(request.path)
    name = request.parameters["workspace"]
    if not _NAME.fullmatch(name):
        # Invented: the wording. The rule is the name pattern of the API's specification.
        raise ArmError(
            400,
            "InvalidParameter",
            f"Invalid workspace name '{name}'. A workspace name has 4 to 63 letters, digits and hyphens and starts and"
            " ends with a letter or digit.",
        )
    location = request.location(existing)
    deleted = request.store.deleted(request.path) if existing is None else None
    if deleted is not None:
        # Same name, resource group and Azure subscription: the old workspace comes back, with its id and its data.
        request.store.purge(deleted.resource.id)
    base = existing or (deleted.resource if deleted and deleted.resource.document["location"] == location else None)
    given = {name: value for name, value in (request.body.get("properties") or {}).items() if value is not None}
    properties = (base.properties if base else _defaults(request)) | given
    now = request.now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    properties["sku"] = {"name": "PerGB2018", "lastSkuUpdate": now} | properties["sku"]
    properties["modifiedDate"] = now
    document: Document = {
        "location": location,
        "tags": request.body.get("tags") or {},
        "etag": f'"{uuid.uuid4()}"',
        "properties": properties,
    }
    private = base.private if base else {"keys": [_new_key(), _new_key()]}
    workspace = request.store.put(Resource(request.id, WORKSPACES.name, document, private))
    return Response(200 if existing else 201, shown(workspace))


def patch_workspace(request: Request) -> Response:
    """Change tags and properties."""
    workspace = request.existing()
    given = {name: value for name, value in (request.body.get("properties") or {}).items() if value is not None}
    changes: Document = {"etag": f'"{uuid.uuid4()}"'}
    if request.body.get("tags") is not None:
        changes["tags"] = request.body["tags"]
    changed = replace(workspace, document=workspace.document | changes).with_properties(**given)
    return Response(200, shown(request.store.put(changed)))


def delete_workspace(request: Request) -> Response:
    """Soft-delete, or with `force=true` delete for good: 200 when it existed, else 204."""
    workspace = request.store.resource(request.path)
    if workspace is None:
        return Response(204)
    if request.query.get("force", "").lower() == "true":
        request.store.remove(workspace.id)
    else:
        soft_delete_log_analytics(request.store, workspace, request.now)
    return Response(200)


def soft_delete_log_analytics(store: Store, workspace: Resource, now: datetime) -> None:
    """Keep a workspace for 14 days."""
    store.soft_delete(workspace, now, now + RETENTION)


def shared_keys(request: Request) -> Response:
    """Both keys."""
    primary, secondary = request.existing().private["keys"]
    return Response(200, {"primarySharedKey": primary, "secondarySharedKey": secondary})


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


def _defaults(request: Request) -> Document:
    now = request.now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    return {
        "customerId": str(uuid.uuid4()),
        "provisioningState": "Succeeded",
        "sku": {},
        "retentionInDays": 30,
        "features": {
            "legacy": 0,
            "searchVersion": 1,
            "enableLogAccessUsingOnlyResourcePermissions": True,
        },
        "workspaceCapping": {"dailyQuotaGb": -1.0, "dataIngestionStatus": "RespectQuota"},
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
        "createdDate": now,
    }


_SHAPE = {
    "id": str,
    "name": str,
    "type": str,
    "location": str,
    "tags": TAGS,
    "etag": str,
    "identity": IDENTITY,
    "properties": {
        "sku": {"name": str, "capacityReservationLevel": int},
        "retentionInDays": int,
        "features": dict,
        "workspaceCapping": {"dailyQuotaGb": float},
        "publicNetworkAccessForIngestion": str,
        "publicNetworkAccessForQuery": str,
        "forceCmkForQuery": bool,
        "defaultDataCollectionRuleResourceId": str,
    },
}
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.OperationalInsights/workspaces"
_WORKSPACE = _GROUP + "/{workspace}"

ROUTES = (
    Route("PUT", _WORKSPACE, WORKSPACES, put_workspace, _SHAPE),
    Route("PATCH", _WORKSPACE, WORKSPACES, patch_workspace, _SHAPE),
    Route("GET", _WORKSPACE, WORKSPACES, get_resource),
    Route("DELETE", _WORKSPACE, WORKSPACES, delete_workspace),
    Route("GET", _GROUP, WORKSPACES, list_in_scope),
    Route(
        "GET",
        "/subscriptions/{subscription}/providers/Microsoft.OperationalInsights/workspaces",
        WORKSPACES,
        list_in_scope,
    ),
    Route("POST", f"{_WORKSPACE}/sharedKeys", WORKSPACES, shared_keys),
)
