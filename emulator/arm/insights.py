"""Microsoft.Insights: Application Insights components."""

import re
import uuid
from dataclasses import replace

from emulator.arm.api import Request, ResourceType, Response, Route, get_resource, list_in_scope, shown
from emulator.arm.errors import ArmError, content_invalid
from emulator.arm.operational_insights import WORKSPACES as LOG_ANALYTICS
from emulator.arm.shapes import TAGS
from emulator.store import Document, Resource

COMPONENTS = ResourceType(
    "Microsoft.Insights/components",
    ("2014-04-01", "2015-05-01", "2018-05-01-preview", "2020-02-02-preview", "2020-02-02"),
)

_NAME = re.compile(r"[^<>*%&:\\?+/]{0,259}[^<>*%&:\\?+/. ]")


def put_component(request: Request) -> Response:
    """Create or change a component: 200 in both cases."""
    existing = request.store.resource(request.path)
    name = request.parameters["component"]
    if not _NAME.fullmatch(name):
        # Invented: the wording. The rule is Microsoft's "Naming rules and restrictions for Azure resources".
        raise ArmError(400, "InvalidResourceName", f"The resource name '{name}' is invalid.")
    location = request.location(existing)
    if not request.body.get("kind") and existing is None:
        raise content_invalid("Required property 'kind' not found in JSON. Path '', line 1, position 1.")
    given = {name: value for name, value in (request.body.get("properties") or {}).items() if value is not None}
    workspace_id = given.get("WorkspaceResourceId")
    if workspace_id is not None:
        workspace = request.store.resource(workspace_id)
        if workspace is None or workspace.type != LOG_ANALYTICS.name:
            # Invented: the wording.
            raise ArmError(400, "BadRequest", f"The Log Analytics workspace '{workspace_id}' could not be found.")
        given["IngestionMode"] = "LogAnalytics"
    properties = (existing.properties if existing else _defaults(request, name)) | given
    properties["ConnectionString"] = (
        f"InstrumentationKey={properties['InstrumentationKey']};"
        f"IngestionEndpoint=https://{location}-1.in.applicationinsights.azure.com/;"
        f"LiveEndpoint=https://{location}.livediagnostics.monitor.azure.com/;"
        f"ApplicationId={properties['AppId']}"
    )
    document: Document = {
        "location": location,
        "kind": request.body.get("kind") or (existing.document["kind"] if existing else None),
        "tags": request.body.get("tags") or {},
        "etag": f'"{uuid.uuid4()}"',
        "properties": properties,
    }
    return Response(200, shown(request.store.put(Resource(request.id, COMPONENTS.name, document))))


def patch_component(request: Request) -> Response:
    """Change tags; the API's PATCH does nothing else."""
    component = request.existing()
    tags = request.body.get("tags")
    changes = {} if tags is None else {"tags": tags}
    return Response(200, shown(request.store.put(replace(component, document=component.document | changes))))


def delete_component(request: Request) -> Response:
    """200 when it existed, else 204."""
    component = request.store.resource(request.path)
    if component is None:
        return Response(204)
    request.store.remove(component.id)
    return Response(200)


def _defaults(request: Request, name: str) -> Document:
    app_id = str(uuid.uuid4())
    return {
        "ApplicationId": name,
        "AppId": app_id,
        "Application_Type": "web",
        "Flow_Type": "Bluefield",
        "Request_Source": "rest",
        "InstrumentationKey": str(uuid.uuid4()),
        "Name": name,
        "CreationDate": request.now.isoformat(),
        "TenantId": request.subscription,
        "provisioningState": "Succeeded",
        "RetentionInDays": 90,
        "IngestionMode": "ApplicationInsights",
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
        "Ver": "v2",
    }


_SHAPE = {
    "id": str,
    "name": str,
    "type": str,
    "location": str,
    "kind": str,
    "tags": TAGS,
    "etag": str,
    "properties": {
        "Application_Type": str,
        "DisableIpMasking": bool,
        "DisableLocalAuth": bool,
        "Flow_Type": str,
        "ForceCustomerStorageForProfiler": bool,
        "HockeyAppId": str,
        "ImmediatePurgeDataOn30Days": bool,
        "IngestionMode": str,
        "Request_Source": str,
        "RetentionInDays": int,
        "SamplingPercentage": float,
        "WorkspaceResourceId": str,
        "publicNetworkAccessForIngestion": str,
        "publicNetworkAccessForQuery": str,
    },
}
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Insights/components"
_COMPONENT = _GROUP + "/{component}"

ROUTES = (
    Route("PUT", _COMPONENT, COMPONENTS, put_component, _SHAPE),
    Route("PATCH", _COMPONENT, COMPONENTS, patch_component, _SHAPE),
    Route("GET", _COMPONENT, COMPONENTS, get_resource),
    Route("DELETE", _COMPONENT, COMPONENTS, delete_component),
    Route("GET", _GROUP, COMPONENTS, list_in_scope),
    Route("GET", "/subscriptions/{subscription}/providers/Microsoft.Insights/components", COMPONENTS, list_in_scope),
)
