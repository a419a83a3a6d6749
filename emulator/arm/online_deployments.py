"""Deployments of managed online endpoints: an open-weights model on instances of a VM size, taken from a quota.

Shapes: azure-rest-api-specs, stable/2024-10-01/mfe.json; rules: azure-ai-docs, articles/machine-learning/
how-to-deploy-online-endpoints.md, how-to-manage-quotas.md and how-to-troubleshoot-online-endpoints.md.
"""

from dataclasses import replace
from datetime import datetime

from emulator.arm.api import Request, ResourceType, Response, Route, list_children, page, shown, wait_headers
from emulator.arm.compute import ONLINE_DEPLOYMENTS, InstanceType, instance_types, limit, usage
from emulator.arm.durations import seconds_of
from emulator.arm.errors import ArmError, not_implemented
from emulator.arm.machine_learning import (
    NAMESPACE,
    WORKSPACE_VERSIONS,
    check_idle,
    check_member,
    inferencing_refused,
    location_in_workspace,
    operation_headers,
    running_headers,
    user_error,
)
from emulator.arm.online_endpoints import check_name, share_of, with_operation_uri
from emulator.arm.open_models import OpenModel, find_open_model
from emulator.arm.shapes import SKU, TAGS, TRACKED, Map
from emulator.inference.deployment import OnlineDeployment
from emulator.lifecycle import Effect, settle
from emulator.resource_id import parent_of
from emulator.store import Document, Operation, Resource, Store

DEPLOYMENTS = ResourceType(ONLINE_DEPLOYMENTS, ("2021-03-01-preview", *WORKSPACE_VERSIONS))

DEFAULT_INSTANCE_TYPE = "Standard_F4s_v2"
"""The specification's default of instanceType."""

MAXIMUM_INSTANCES = 50
"""Instances of a deployment (azure-ai-docs, how-to-manage-quotas.md)."""

_CREATE_FAILED = "InferencingClientCreateDeploymentFailed"
_NOT_IMPLEMENTED = ("codeConfiguration", "dataCollector", "environmentId", "modelMountPath")

# The specification's defaults, which a live deployment shows.
_PROBE = {"failureThreshold": 30, "initialDelay": "PT10S", "period": "PT10S", "successThreshold": 1, "timeout": "PT2S"}
_REQUEST_SETTINGS = {"maxConcurrentRequestsPerInstance": 1, "maxQueueWait": "PT0.5S", "requestTimeout": "PT5S"}
_LONGEST_REQUEST = 180.0
"""Seconds (azure-ai-docs, reference-yaml-deployment-managed-online.md: request_timeout_ms is 180000 at most)."""


def put_deployment(request: Request) -> Response:
    """Create (201 and an operation) or change (200, settling) a deployment. One that had started keeps answering."""
    endpoint = request.parent()
    workspace = request.store.resource(parent_of(endpoint.id))
    name = request.parameters["deployment"]
    check_name("Deployment", name)
    existing = request.store.resource(request.path)
    location = location_in_workspace(request, existing, workspace or endpoint, "An online deployment")
    check_idle(request, existing)
    if not endpoint.private["isCreated"] or endpoint.properties["provisioningState"] == "Deleting":
        raise inferencing_refused(
            "This endpoint has not been created successfully or is in deleting provisioning state. Please recreate"
            " endpoint and then try again to create deployment."
        )
    if existing is not None and not existing.private["isCreated"]:
        # "AML Endpoint Deployment troubleshooting" in a public log of promptflow.
        raise inferencing_refused(
            f"Specified deployment [{existing.name}] failed during initial provisioning and is in an unrecoverable"
            " state. Delete and re-create."
        )
    given = {name: value for name, value in (request.body.get("properties") or {}).items() if value is not None}
    _check_kind(given)
    model = _model(given)
    size = _instance_type(given.get("instanceType") or DEFAULT_INSTANCE_TYPE, model)
    capacity = _capacity(request.body.get("sku"))
    requests = _REQUEST_SETTINGS | _set(given.get("requestSettings"))
    _check_durations(requests, given)
    _check_quota(request, size, capacity, location, existing)
    check_member("egressPublicNetworkAccess", given.get("egressPublicNetworkAccess") or "Enabled", _SWITCH)
    document: Document = {
        "location": location,
        "kind": request.body.get("kind") or "Managed",
        "tags": request.body.get("tags") or {},
        "sku": {"name": "Default", "capacity": capacity},
        "systemData": request.system_data(existing),
        "properties": {
            "endpointComputeType": "Managed",
            "model": given["model"],
            "instanceType": size.name,
            "description": given.get("description"),
            "environmentVariables": given.get("environmentVariables") or {},
            "appInsightsEnabled": given.get("appInsightsEnabled") or False,
            "egressPublicNetworkAccess": given.get("egressPublicNetworkAccess") or "Enabled",
            "requestSettings": requests,
            "scaleSettings": {"scaleType": "Default"},
            "livenessProbe": _PROBE | _set(given.get("livenessProbe")),
            "readinessProbe": _PROBE | _set(given.get("readinessProbe")),
            "provisioningState": "Updating" if existing else "Creating",
            "properties": (given.get("properties") or {}) | (existing.properties["properties"] if existing else {}),
        },
    }
    document |= {name: request.body[name] for name in ("identity",) if request.body.get(name)}
    if given.get("startupProbe"):
        document["properties"]["startupProbe"] = _PROBE | _set(given["startupProbe"])
    deployment = Resource(
        request.id, DEPLOYMENTS.name, document, existing.private if existing else {"isCreated": False}
    )
    operation = request.start(deployment, "update" if existing else "create")
    deployment = request.store.put(with_operation_uri(request, deployment, operation))
    if existing is not None:
        return Response(200, shown(deployment), wait_headers(operation.retry_after))
    return Response(201, shown(deployment), operation_headers(request, operation, location, "Azure-AsyncOperation"))


def patch_deployment(request: Request) -> Response:
    """Change tags (200) or the number of instances (202 and an operation)."""
    deployment = _existing(request)
    check_idle(request, deployment)
    changes: Document = {"systemData": request.system_data(deployment)}
    if request.body.get("tags") is not None:
        changes["tags"] = request.body["tags"]
    sku = request.body.get("sku")
    if not sku:
        return Response(200, shown(request.store.put(replace(deployment, document=deployment.document | changes))))
    operation = scale(request, replace(deployment, document=deployment.document | changes), _capacity(sku))
    location = deployment.document["location"]
    return Response(202, None, operation_headers(request, operation, location, "Location"))


def scale(request: Request, deployment: Resource, capacity: int) -> Operation:
    """Change the number of a deployment's instances, if the quota has them."""
    size = instance_types()[deployment.properties["instanceType"].lower()]
    _check_quota(request, size, capacity, deployment.document["location"], deployment)
    document = deployment.document | {"sku": {"name": "Default", "capacity": capacity}}
    deployment = replace(deployment, document=document).with_properties(provisioningState="Scaling")
    operation = request.start(deployment, "update")
    request.store.put(with_operation_uri(request, deployment, operation))
    return operation


def get_deployment(request: Request) -> Response:
    """One deployment."""
    request.lifecycle.poll_resource(_existing(request).id)
    return Response(200, shown(_existing(request)), running_headers(request))


def delete_deployment(request: Request) -> Response:
    """202 and an operation, 204 if there is none; refused while the endpoint's traffic rules name it."""
    deployment = request.store.resource(request.path)
    if deployment is None:
        return Response(204)
    check_idle(request, deployment)
    endpoint = request.parent()
    live = max(share_of(endpoint.properties["traffic"], deployment.name), _routed(endpoint, deployment))
    mirrored = share_of(endpoint.properties["mirrorTraffic"], deployment.name)
    if live or mirrored:
        # The rule is documented ("set the traffic to 0 first"). Invented: the wording.
        raise inferencing_refused(
            f"Deployment [{deployment.name}] cannot be deleted because it has {live or mirrored} % of the"
            f" {'' if live else 'mirror '}traffic of endpoint [{endpoint.name}]. Set its traffic to 0 first.",
            field="Traffic",
        )
    deployment = request.store.put(deployment.with_properties(provisioningState="Deleting"))
    operation = request.start(deployment, "delete")
    return Response(202, None, operation_headers(request, operation, deployment.document["location"], "Location"))


def get_logs(request: Request) -> Response:
    """What a container would have printed: here none runs, and the text says so."""
    deployment = _existing(request)
    kind = request.body.get("containerType") or "InferenceServer"
    check_member("containerType", kind, ("StorageInitializer", "InferenceServer", "ModelDataCollector"))
    model = deployment.properties["model"]
    return Response(
        200, {"content": f"Instance status:\nThe emulator answers in the place of {model}; no {kind} runs."}
    )


def list_skus(request: Request) -> Response:
    """What the number of instances can be."""
    path = request.path.rsplit("/", 1)[0]
    deployment = request.store.resource(path)
    if deployment is None:
        raise _not_found(path)
    capacity = {"default": 1, "minimum": 1, "maximum": MAXIMUM_INSTANCES, "scaleType": "Manual"}
    return page([{"resourceType": DEPLOYMENTS.name, "sku": {"name": "Default"}, "capacity": capacity}])


def picked_deployment(store: Store, endpoint_id: str, wanted: str | None) -> OnlineDeployment | None:
    """The deployment that answers the endpoint's next request: the wanted one, or one by the traffic rules.

    Any hundred requests in a row are split exactly as the rules say, and the shares are spread evenly over them.
    """
    endpoint = store.resource(endpoint_id)
    if endpoint is None:
        return None
    name = wanted
    if wanted is None:
        number = endpoint.private["requests"]
        store.put(replace(endpoint, private=endpoint.private | {"requests": number + 1}))
        point = number * 61 % 100  # 61 and 100 have no common divisor: each of 100 points comes once
        shares = [name for name, share in endpoint.private["routing"].items() for _ in range(share)]
        if not shares:
            return None
        name = shares[point]
    deployment = store.resource(f"{endpoint.id}/deployments/{name}")
    if deployment is None or deployment.type != DEPLOYMENTS.name or not deployment.private["isCreated"]:
        return None
    model = find_open_model(deployment.properties["model"])
    return OnlineDeployment(deployment.name, model.name, model.task) if model else None


def _existing(request: Request) -> Resource:
    deployment = request.store.resource(request.path)
    if deployment is None:
        raise _not_found(request.path)
    return deployment


def _not_found(path: str) -> ArmError:
    # Azure-Samples/contoso-chat#139: not Azure Resource Manager's words, but the resource provider's.
    *_, workspace, _, endpoint, _, name = path.split("/")
    message = f"Deployment {name} not found in endpoint {endpoint}, workspace {workspace}"
    return user_error(message, "NotFound", status=404)


def _routed(endpoint: Resource, deployment: Resource) -> int:
    return share_of(endpoint.private["routing"], deployment.name)


def _end_write(store: Store, operation: Operation, now: datetime) -> None:
    settle(store, operation, now)
    deployment = store.resource(operation.resource_id)
    if deployment is not None and not operation.error:
        store.put(replace(deployment, private={"isCreated": True}))


# Rules


def _set(members: Document | None) -> Document:
    return {name: value for name, value in (members or {}).items() if value is not None}


def _check_kind(given: Document) -> None:
    check_member("endpointComputeType", given.get("endpointComputeType"), ("Managed", "Kubernetes"))
    scale_type = (given.get("scaleSettings") or {}).get("scaleType") or "Default"
    if given["endpointComputeType"] == "Kubernetes":
        raise not_implemented("The emulator does not implement Kubernetes online deployments.")
    if scale_type != "Default":
        # Managed deployments scale by Azure Monitor (how-to-autoscale-endpoints.md). Invented: the wording.
        raise user_error(
            f"Scale type '{scale_type}' is not supported for managed online deployments. Use Default, and autoscale"
            " settings of Azure Monitor.",
            "BadArgument",
        )
    for name in _NOT_IMPLEMENTED:
        if given.get(name):
            raise not_implemented(
                f"The emulator does not implement {name}: it deploys models of the registry azureml as they are."
            )


def _model(given: Document) -> OpenModel:
    model_id = given.get("model")
    if not model_id:
        # Invented: the wording.
        raise user_error("A managed online deployment needs a model.", "BadArgument")
    model = find_open_model(model_id)
    if model is None:
        # Invented: the wording.
        raise user_error(
            f"Model {model_id} was not found. Expected azureml://registries/azureml/models/<name>/versions/<version>.",
            "ResourceNotFound",
        )
    return model


def _instance_type(name: str, model: OpenModel) -> InstanceType:
    size = instance_types().get(name.lower())
    if size is None:
        # Invented: the wording.
        raise inferencing_refused(
            f"The VM size {name} is not supported by managed online endpoints.", field="VmSize", code=_CREATE_FAILED
        )
    if size.name not in model.instance_types:
        # The list is the model's tag inference_compute_allow_list. Invented: that the service enforces it, as the
        # studio does, and the wording.
        raise inferencing_refused(
            f"The VM size {size.name} is not supported for model {model.name}. Supported:"
            f" {', '.join(model.instance_types)}.",
            field="VmSize",
            code=_CREATE_FAILED,
        )
    return size


def _capacity(sku: Document | None) -> int:
    capacity = (sku or {}).get("capacity")
    capacity = 1 if capacity is None else int(capacity)
    if not 1 <= capacity <= MAXIMUM_INSTANCES:
        # Invented: the wording.
        raise inferencing_refused(
            f"The instance count {capacity} is invalid. It must be between 1 and {MAXIMUM_INSTANCES}.",
            field="InstanceCount",
            code=_CREATE_FAILED,
        )
    return capacity


def _check_durations(requests: Document, given: Document) -> None:
    probes = {name: _PROBE | _set(given.get(name)) for name in ("livenessProbe", "readinessProbe", "startupProbe")}
    durations = {f"requestSettings.{name}": requests[name] for name in ("maxQueueWait", "requestTimeout")} | {
        f"{probe}.{name}": probes[probe][name] for probe in probes for name in ("initialDelay", "period", "timeout")
    }
    for path, value in durations.items():
        if seconds_of(value) is None:
            # Invented: the wording.
            raise user_error(f"'{value}' is no ISO 8601 duration, at properties.{path}.", "BadArgument")
    timeout = requests["requestTimeout"]
    if (seconds_of(timeout) or 0.0) > _LONGEST_REQUEST:
        # Invented: the wording.
        raise user_error(f"requestTimeout {timeout} is invalid. It can be PT3M at most.", "BadArgument")


def _check_quota(request: Request, size: InstanceType, capacity: int, location: str, existing: Resource | None) -> None:
    used = usage(request.store, request.subscription, location, size.family)
    others = usage(request.store, request.subscription, location, size.family, without=existing)
    needed = size.quota_for(capacity) - (used - others)
    allowed = limit(request.store, size.family)
    if needed > 0 and used + needed > allowed:
        # MicrosoftLearning/mslearn-azure-ml#30
        raise inferencing_refused(
            f"Not enough quota available for {size.name} in SubscriptionId {request.subscription}."
            f" Current usage/limit: {used}/{allowed}. Additional needed: {needed} Please see troubleshooting guide,"
            " available here: https://aka.ms/oe-tsg#error-outofquota",
            field="VmSize",
            code=_CREATE_FAILED,
        )


EFFECTS: dict[tuple[str, str], Effect] = {
    (DEPLOYMENTS.name, "create"): _end_write,
    (DEPLOYMENTS.name, "update"): _end_write,
}

_SWITCH = ("Enabled", "Disabled")
_PROBE_SHAPE = {
    "failureThreshold": int,
    "initialDelay": str,
    "period": str,
    "successThreshold": int,
    "timeout": str,
}
_SHAPE = {
    **TRACKED,
    "properties": {
        "appInsightsEnabled": bool,
        "codeConfiguration": {"codeId": str, "scoringScript": str},
        "dataCollector": dict,
        "description": str,
        "egressPublicNetworkAccess": str,
        "endpointComputeType": str,
        "environmentId": str,
        "environmentVariables": Map(str),
        "instanceType": str,
        "livenessProbe": _PROBE_SHAPE,
        "model": str,
        "modelMountPath": str,
        "properties": Map(str),
        "readinessProbe": _PROBE_SHAPE,
        "requestSettings": {"maxConcurrentRequestsPerInstance": int, "maxQueueWait": str, "requestTimeout": str},
        "scaleSettings": {
            "scaleType": str,
            "maxInstances": int,
            "minInstances": int,
            "pollingInterval": str,
            "targetUtilizationPercentage": int,
        },
        "startupProbe": _PROBE_SHAPE,
    },
}
_ENDPOINT = (
    f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{NAMESPACE}/workspaces/{{workspace}}"
    "/onlineEndpoints/{endpoint}"
)
_DEPLOYMENTS = f"{_ENDPOINT}/deployments"
_DEPLOYMENT = _DEPLOYMENTS + "/{deployment}"
_LOGS_SHAPE = {"containerType": str, "tail": int}

ROUTES = (
    Route("PUT", _DEPLOYMENT, DEPLOYMENTS, put_deployment, _SHAPE),
    Route("PATCH", _DEPLOYMENT, DEPLOYMENTS, patch_deployment, {"tags": TAGS, "sku": SKU}),
    Route("GET", _DEPLOYMENT, DEPLOYMENTS, get_deployment),
    Route("DELETE", _DEPLOYMENT, DEPLOYMENTS, delete_deployment),
    Route("GET", _DEPLOYMENTS, DEPLOYMENTS, list_children),
    Route("POST", f"{_DEPLOYMENT}/getLogs", DEPLOYMENTS, get_logs, _LOGS_SHAPE),
    Route("GET", f"{_DEPLOYMENT}/skus", DEPLOYMENTS, list_skus),
)
