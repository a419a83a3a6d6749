"""Microsoft.MachineLearningServices/workspaces: kinds Default, Hub and Project, with soft delete."""

import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from emulator.arm.api import Request, ResourceType, Response, Route, page, shown
from emulator.arm.errors import ArmError
from emulator.arm.insights import COMPONENTS
from emulator.arm.key_vault import VAULTS
from emulator.arm.machine_learning import (
    NAMESPACE,
    WORKSPACE_VERSIONS,
    check_idle,
    identity_shown,
    operation_headers,
    remove_identity,
    running_headers,
    user_error,
)
from emulator.arm.serverless import remove_saas_resources
from emulator.arm.shapes import TRACKED
from emulator.arm.storage import ACCOUNTS
from emulator.identity.directory import TENANT_ID
from emulator.lifecycle import Effect, settle
from emulator.resource_id import key
from emulator.store import Document, Operation, Resource, Store

WORKSPACES = ResourceType(f"{NAMESPACE}/workspaces", WORKSPACE_VERSIONS)

SOFT_DELETE_RETENTION = timedelta(days=14)
"""azure-ai-docs, articles/machine-learning/concept-soft-delete.md."""

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}")
_KINDS = ("Default", "Hub", "Project")
_DEPENDENCIES = {
    "storageAccount": ACCOUNTS.name,
    "keyVault": VAULTS.name,
    "applicationInsights": COMPONENTS.name,
}
_INHERITED = ("storageAccount", "keyVault", "applicationInsights", "containerRegistry")
_FIXED = ("storageAccount", "keyVault", "hubResourceId", "hbiWorkspace")


def put_workspace(request: Request) -> Response:
    """Create or change a workspace: 202, then the workspace at Location."""
    existing = request.store.resource(request.path)
    name = request.parameters["workspace"]
    if not _NAME.fullmatch(name):
        # Invented: the wording. The rule is Workspace.tsp's name pattern.
        raise user_error(
            f"Workspace name '{name}' is invalid. It must be between 3 and 33 characters long, start with a letter or"
            " digit, and contain only letters, digits, hyphens and underscores.",
            "BadArgument",
        )
    location = request.location(existing)
    check_idle(request, existing)
    if existing is None and request.store.deleted(request.path) is not None:
        # Azure/ResourceModules#3596, Azure/azure-cli#33756
        raise user_error(
            "Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete", code="BadRequest"
        )
    kind = request.body.get("kind") or (existing.document["kind"] if existing else "Default")
    if kind not in _KINDS:
        # Invented: the wording.
        raise user_error(f"Workspace kind '{kind}' is not supported. Supported kinds: {', '.join(_KINDS)}.")
    given = {name: value for name, value in (request.body.get("properties") or {}).items() if value is not None}
    identity = request.body.get("identity") or (existing.document.get("identity") if existing else None)
    properties = (existing.properties if existing else _defaults(request, name, location)) | given
    _check_fixed(existing, properties, kind)
    if kind == "Project":
        properties |= _inherited(request, properties)
    elif identity is None:
        raise _missing_dependencies()
    _check_dependencies(request, properties, needs_insights=kind == "Default")
    document: Document = {
        "location": location,
        "kind": kind,
        "tags": request.body.get("tags") or {},
        "identity": identity_shown(request, name, identity, existing),
        "sku": {"name": "Basic", "tier": "Basic"} | _given(request.body.get("sku")),
        "etag": f'"{uuid.uuid4()}"',
        "systemData": request.system_data(existing),
        "properties": properties | {"provisioningState": "Updating" if existing else "Creating"},
    }
    workspace = request.store.put(Resource(request.id, WORKSPACES.name, document))
    operation = request.start(workspace, "update" if existing else "create")
    return Response(202, None, operation_headers(request, operation, location, "Location"))


def patch_workspace(request: Request) -> Response:
    """Change tags, identity, sku and the properties that can change: 200."""
    workspace = request.existing()
    check_idle(request, workspace)
    given = _given(request.body.get("properties"))
    _check_fixed(workspace, workspace.properties | given, workspace.document["kind"])
    _check_dependencies(request, workspace.properties | given, needs_insights=False)
    changes = {name: request.body[name] for name in ("tags", "sku") if request.body.get(name) is not None}
    if request.body.get("identity"):
        changes["identity"] = identity_shown(request, workspace.name, request.body["identity"], workspace)
    changes["systemData"] = request.system_data(workspace)
    changed = replace(workspace, document=workspace.document | changes).with_properties(**given)
    return Response(200, _workspace_shown(request, request.store.put(changed)))


def get_workspace(request: Request) -> Response:
    """One workspace."""
    request.lifecycle.poll_resource(request.existing().id)
    return Response(200, _workspace_shown(request, request.existing()), running_headers(request))


def list_workspaces(request: Request) -> Response:
    """Those of a resource group or of an Azure subscription, of one kind if asked."""
    under = request.path.lower().split("/providers/", 1)[0]
    kind = request.query.get("kind", "").lower()
    found = request.store.resources(WORKSPACES.name, under=under)
    return page([_workspace_shown(request, item) for item in found if kind in ("", item.document["kind"].lower())])


def delete_workspace(request: Request) -> Response:
    """Soft-delete for 14 days, or with `forceToPurge=true` delete for good, also what is soft-deleted already."""
    purge = request.query.get("forceToPurge", "").lower() == "true"
    workspace = request.store.resource(request.path)
    if workspace is None:
        deleted = request.store.deleted(request.path)
        if deleted is None or not purge:
            return Response(204)
        request.store.purge(deleted.resource.id)
        return Response(200)
    check_idle(request, workspace)
    projects = [
        item
        for item in request.store.resources(WORKSPACES.name)
        if key(item.properties.get("hubResourceId") or "") == key(workspace.id)
    ]
    if projects:
        raise user_error("AI hub still has associated AI projects", code="BadRequest")
    request.lifecycle.abandon(workspace.id)
    workspace = request.store.put(workspace.with_properties(provisioningState="Deleting"))
    operation = request.start(workspace, "delete", purge=purge)
    return Response(202, None, operation_headers(request, operation, workspace.document["location"], "Location"))


def soft_delete_workspace(store: Store, workspace: Resource, now: datetime) -> None:
    """Keep a workspace for 14 days. What is in it, and role assignments on it, are gone for good."""
    remove_saas_resources(store, workspace)
    for resource in (workspace, *store.resources(under=workspace.id)):
        remove_identity(store, resource)
    store.soft_delete(workspace, now, now + SOFT_DELETE_RETENTION)


def list_workspace_keys(request: Request) -> Response:
    """The keys of what the workspace depends on."""
    properties = request.existing().properties
    storage = request.store.resource(properties.get("storageAccount") or "")
    component = request.store.resource(properties.get("applicationInsights") or "")
    return Response(
        200,
        {
            "userStorageKey": storage.private["keys"][0] if storage else None,
            "userStorageResourceId": storage.id if storage else None,
            "appInsightsInstrumentationKey": component.properties["InstrumentationKey"] if component else None,
        },
    )


def _end_delete(store: Store, operation: Operation, now: datetime) -> None:
    workspace = store.resource(operation.resource_id)
    if workspace is None:
        return
    if operation.error:
        settle(store, operation, now)
        return
    soft_delete_workspace(store, workspace, now)
    if operation.detail["purge"]:
        store.purge(workspace.id)


# Rules


def _given(members: Document | None) -> Document:
    return {name: value for name, value in (members or {}).items() if value is not None}


def _missing_dependencies() -> ArmError:
    # The text as in issues of Azure/azure-sdk-for-python; clients print its code as "(Invalid)".
    return user_error("Missing dependent resources in workspace json", code="Invalid")


def _check_dependencies(request: Request, properties: Document, *, needs_insights: bool) -> None:
    for name, resource_type in _DEPENDENCIES.items():
        resource_id = properties.get(name)
        if not resource_id:
            if name == "applicationInsights" and not needs_insights:
                continue
            raise _missing_dependencies()
        resource = request.store.resource(resource_id)
        if resource is None or resource.type != resource_type:
            # Invented: the wording.
            raise user_error(
                f"Dependent resource {resource_id} of the workspace was not found. It has to be a {resource_type}.",
                "NotFound",
            )


def _check_fixed(existing: Resource | None, properties: Document, kind: str) -> None:
    if existing is None:
        return
    changed = [
        name for name in _FIXED if key(str(properties.get(name) or "")) != key(str(existing.properties.get(name) or ""))
    ]
    if kind != existing.document["kind"]:
        changed.insert(0, "kind")
    if changed:
        # Invented: the wording. Microsoft's documentation says that these cannot be changed after creation.
        raise user_error(f"The properties {', '.join(changed)} of a workspace cannot be changed.", "BadArgument")


def _inherited(request: Request, properties: Document) -> Document:
    hub = request.store.resource(properties.get("hubResourceId") or "")
    if hub is None or hub.type != WORKSPACES.name or hub.document["kind"] != "Hub":
        # Invented: the wording.
        raise user_error("A workspace of kind Project needs the id of an existing hub in hubResourceId.", "BadArgument")
    return {name: hub.properties[name] for name in _INHERITED if hub.properties.get(name)}


def _defaults(request: Request, name: str, location: str) -> Document:
    workspace_id = str(uuid.uuid4())
    return {
        "friendlyName": name,
        "description": "",
        "workspaceId": workspace_id,
        "hbiWorkspace": False,
        "v1LegacyMode": False,
        "publicNetworkAccess": "Enabled",
        "systemDatastoresAuthMode": "accesskey",
        "managedNetwork": {"isolationMode": "Disabled"},
        "privateEndpointConnections": [],
        "privateLinkCount": 0,
        "storageHnsEnabled": False,
        "tenantId": TENANT_ID,
        "discoveryUrl": f"https://{location}.api.azureml.ms/discovery",
        "mlFlowTrackingUri": f"azureml://{location}.api.azureml.ms/mlflow/v1.0/subscriptions/{request.subscription}"
        f"/resourceGroups/{request.resource_group}/providers/{WORKSPACES.name}/{name}",
        "notebookInfo": {
            "resourceId": workspace_id.replace("-", ""),
            "fqdn": f"ml-{name.lower()}-{location}-{workspace_id}.{location}.notebooks.azure.net",
            "isPrivateLinkEnabled": False,
            "notebookPreparationError": None,
        },
    }


def _workspace_shown(request: Request, workspace: Resource) -> Document:
    document = shown(workspace)
    if workspace.document["kind"] == "Hub":
        associated = [
            item.id
            for item in request.store.resources(WORKSPACES.name)
            if key(item.properties.get("hubResourceId") or "") == key(workspace.id)
        ]
        document["properties"] = workspace.properties | {"associatedWorkspaces": associated}
    return document


EFFECTS: dict[tuple[str, str], Effect] = {(WORKSPACES.name, "delete"): _end_delete}

_SHAPE = {
    **TRACKED,
    "properties": {
        "allowPublicAccessWhenBehindVnet": bool,
        "allowRoleAssignmentOnRG": bool,
        "applicationInsights": str,
        "associatedWorkspaces": [str],
        "containerRegistry": str,
        "description": str,
        "discoveryUrl": str,
        "enableDataIsolation": bool,
        "enableServiceSideCMKEncryption": bool,
        "encryption": dict,
        "featureStoreSettings": dict,
        "friendlyName": str,
        "hbiWorkspace": bool,
        "hubResourceId": str,
        "imageBuildCompute": str,
        "keyVault": str,
        "managedNetwork": dict,
        "primaryUserAssignedIdentity": str,
        "provisionNetworkNow": bool,
        "publicNetworkAccess": str,
        "serverlessComputeSettings": dict,
        "serviceManagedResourcesSettings": dict,
        "sharedPrivateLinkResources": [dict],
        "storageAccount": str,
        "systemDatastoresAuthMode": str,
        "v1LegacyMode": bool,
        "workspaceHubConfig": dict,
    },
}
_GROUP = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{NAMESPACE}/workspaces"
_WORKSPACE = _GROUP + "/{workspace}"

ROUTES = (
    Route("PUT", _WORKSPACE, WORKSPACES, put_workspace, _SHAPE),
    Route("PATCH", _WORKSPACE, WORKSPACES, patch_workspace, _SHAPE),
    Route("GET", _WORKSPACE, WORKSPACES, get_workspace),
    Route("DELETE", _WORKSPACE, WORKSPACES, delete_workspace),
    Route("GET", _GROUP, WORKSPACES, list_workspaces),
    Route("GET", f"/subscriptions/{{subscription}}/providers/{NAMESPACE}/workspaces", WORKSPACES, list_workspaces),
    Route("POST", f"{_WORKSPACE}/listKeys", WORKSPACES, list_workspace_keys),
)
