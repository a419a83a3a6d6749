"""Microsoft.MachineLearningServices: what its resource types share: API versions, errors, keys, identity, operations.

The types are in `workspaces`, `serverless`, `online_endpoints` and `online_deployments`. Shapes and status codes:
azure-rest-api-specs, machinelearningservices, stable/2024-10-01/mfe.json and machineLearningServices.json.
"""

import json
import secrets
import uuid
from dataclasses import replace

from emulator.arm.api import Request, ResourceType, Response, Route, shown, wait_headers
from emulator.arm.errors import ArmError
from emulator.identity.directory import TENANT_ID, add_managed_identity
from emulator.resource_id import subscription_of
from emulator.store import Document, Operation, Resource, Store

NAMESPACE = "Microsoft.MachineLearningServices"
SERVERLESS_VERSIONS = (
    "2024-01-01-preview",
    "2024-04-01",
    "2024-04-01-preview",
    "2024-07-01-preview",
    "2024-10-01",
    "2024-10-01-preview",
    "2025-01-01-preview",
    "2025-04-01",
    "2025-04-01-preview",
    "2025-06-01",
    "2025-07-01-preview",
    "2025-09-01",
    "2025-10-01-preview",
    "2025-12-01",
    "2026-01-15-preview",
    "2026-03-01",
    "2026-03-15-preview",
    "2026-05-01",
    "2026-05-15-preview",
    "2026-07-01",
    "2026-07-15-preview",
    "2026-09-01",
)
_EARLIER_VERSIONS = (
    "2020-08-01",
    "2021-01-01",
    "2021-04-01",
    "2021-07-01",
    "2022-02-01-preview",
    "2022-05-01",
    "2022-10-01",
    "2022-10-01-preview",
    "2022-12-01-preview",
    "2023-02-01-preview",
    "2023-04-01",
    "2023-04-01-preview",
    "2023-06-01-preview",
    "2023-08-01-preview",
    "2023-10-01",
)
WORKSPACE_VERSIONS = (*_EARLIER_VERSIONS, *SERVERLESS_VERSIONS)
LOCATIONS = ResourceType(f"{NAMESPACE}/locations", WORKSPACE_VERSIONS)


# Errors


def user_error(message: str, *inner: str, status: int = 400, code: str = "UserError") -> ArmError:
    """A refusal in the provider's envelope, with the codes of its nested InnerError, outermost first."""
    return ArmError(status, code, message, machine_learning=inner)


def inferencing_refused(message: str, *, field: str = "", code: str = "InferencingClientCallFailed") -> ArmError:
    """A refusal of the inferencing service behind online endpoints, as the management API wraps it.

    Quoted in MicrosoftLearning/mslearn-azure-ml#30 (a deployment) and Azure/azureml-examples#1931 (an endpoint). The
    reason is inside the text of the detail, which is JSON; `field` is what it is about, empty for the whole.
    """
    problem = {
        "errors": {field: [message]},
        "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "traceId": f"00-{uuid.uuid4().hex}-{secrets.token_hex(8)}-01",
    }
    text = json.dumps(problem, separators=(",", ":"))
    if code == "InferencingClientCreateDeploymentFailed":
        text = f"InferencingClient HttpRequest error, error detail: {text}"
    details = [{"code": code, "message": text, "details": [], "additionalInfo": []}]
    return ArmError(400, "BadRequest", "The request is invalid.", machine_learning=(), details=details)


def check_member(name: str, value: object, accepted: tuple[str, ...]) -> None:
    """Refuse a value that is none of an enumeration's."""
    if value not in accepted:
        # Invented: the wording.
        raise user_error(
            f"'{value}' is not a valid value for {name}. Valid values: {', '.join(accepted)}.", "BadArgument"
        )


def location_in_workspace(request: Request, existing: Resource | None, workspace: Resource, what: str) -> str:
    """The body's location, which is the workspace's."""
    location = request.location(existing)
    if location != workspace.document["location"]:
        # Invented: the wording.
        raise user_error(
            f"{what} has to be in the location of its workspace, {workspace.document['location']}, not in {location}.",
            "BadArgument",
        )
    return location


def operation_running(operation: Operation, resource: Resource) -> ArmError:
    """A change while another one runs.

    The text is that of alchemy-run/distilled's error table; the code Azure sends with it is not
    AnotherOperationInProgress, so Pulumi's provider does not retry. Invented: that the code is Conflict.
    """
    return user_error(
        f"Another operation with ID [{operation.id}] is already running on {resource.id}.", status=409, code="Conflict"
    )


def check_idle(request: Request, resource: Resource | None) -> None:
    """Refuse a change while an operation runs on the resource; the attempt counts as a poll of it."""
    if resource is None:
        return
    operation = request.lifecycle.running(resource.id)
    if operation is not None:
        request.lifecycle.poll(operation)
        raise operation_running(operation, resource)


# Keys and identity


def new_key() -> str:
    """An inference key: 32 letters and digits, as the keys in the documentation's examples."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(32))


def keys_shown(resource: Resource) -> Document:
    """Both keys of an endpoint, as listKeys answers."""
    primary, secondary = resource.private["keys"]
    return {"primaryKey": primary, "secondaryKey": secondary}


def with_regenerated_key(request: Request, endpoint: Resource) -> Resource:
    """The endpoint with one key replaced, as the body of regenerateKeys asks.

    `keyValue` is what the key is set to, says the specification, but azure-ai-ml sends the current key with it when it
    asks for a new one. So a value that is the current key means a new key.
    """
    kind = request.body.get("keyType")
    check_member("keyType", kind, ("Primary", "Secondary"))
    index = ("Primary", "Secondary").index(str(kind))
    keys = list(endpoint.private["keys"])
    asked = request.body.get("keyValue")
    keys[index] = asked if asked and asked != keys[index] else new_key()
    return replace(endpoint, private=endpoint.private | {"keys": keys})


def identity_shown(request: Request, name: str, given: Document | None, existing: Resource | None) -> Document:
    """The identity with what Azure adds to it: the principal that the directory has for a system-assigned one."""
    kind = (given or {}).get("type") or "SystemAssigned"
    before = (existing.document.get("identity") or {}) if existing else {}
    identity: Document = {"type": kind}
    if (given or {}).get("userAssignedIdentities"):
        identity["userAssignedIdentities"] = (given or {})["userAssignedIdentities"]
    if "SystemAssigned" in kind:
        principal_id = before.get("principalId") or add_managed_identity(request.store, name).id
        identity |= {"principalId": principal_id, "tenantId": TENANT_ID}
    return identity


def remove_identity(store: Store, resource: Resource) -> None:
    """Take a resource's system-assigned identity out of the directory."""
    principal_id = (resource.document.get("identity") or {}).get("principalId")
    if principal_id:
        store.remove_principal(principal_id)


# Operations

_ID_PREFIXES = {"onlineendpoints": "oe", "deployments": "odidp"}
"""How the ids of operations begin, by the last part of the resource type: seen in URLs of live online endpoints
(Azure/azureml-examples' notebook of the Mistral online endpoint) and deployments. Invented: `se` for all others."""


def operation_url(request: Request, operation: Operation, location: str, collection: str) -> str:
    """Where to ask about an operation: `mfeOperationsStatus` or `mfeOperationResults`."""
    kind = operation.type.rsplit("/", 1)[-1].lower()
    prefix = _ID_PREFIXES.get(kind)
    name = f"{prefix}:{operation.id}:{uuid.uuid4()}" if prefix else f"se:{operation.id}"
    base = f"/subscriptions/{subscription_of(operation.resource_id)}/providers/{NAMESPACE}/locations/{location}"
    return request.url(f"{base}/{collection}/{name}")


def operation_headers(request: Request, operation: Operation, location: str, *names: str) -> dict[str, str]:
    """The headers of an accepted operation: `Azure-AsyncOperation` for its status, `Location` for its result."""
    collections = {"Azure-AsyncOperation": "mfeOperationsStatus", "Location": "mfeOperationResults"}
    urls = {name: operation_url(request, operation, location, collections[name]) for name in names}
    return urls | {"x-ms-async-operation-timeout": "PT1H"} | wait_headers(operation.retry_after)


def get_operation_status(request: Request) -> Response:
    """The state of an operation, as an Azure-AsyncOperation URL shows it."""
    operation = request.lifecycle.poll(_operation(request))
    body: Document = {
        "id": request.path,
        "name": request.parameters["operation"],
        "status": operation.status,
        "startTime": operation.started_at.isoformat(),
    }
    if operation.ended_at is not None:
        body["endTime"] = operation.ended_at.isoformat()
    if operation.error is not None and operation.status == "Failed":
        body["error"] = {"code": operation.error["code"], "message": operation.error["message"]}
    return Response(200, body, wait_headers(operation.retry_after) if operation.status == "InProgress" else {})


def get_operation_result(request: Request) -> Response:
    """The result of an operation, as a Location URL shows it: 202 while it runs."""
    operation = request.lifecycle.poll(_operation(request))
    if operation.status == "InProgress":
        return Response(202, None, {"Location": request.url(request.path), **wait_headers(operation.retry_after)})
    if operation.error is not None:
        raise user_error(operation.error["message"], status=400, code=operation.error["code"])
    if operation.verb == "action":
        return Response(200, operation.detail["result"])
    for route in request.routes:
        match = route.pattern.fullmatch(operation.resource_id)
        if route.method == "GET" and match and operation.verb != "delete":
            # The result of a PUT or PATCH is what a GET of the resource shows.
            own = replace(request, type=route.type, path=operation.resource_id, parameters=match.groupdict())
            return route.handler(own)
    return Response(200)


def get_settling(request: Request) -> Response:
    """The handler of a GET that counts as a poll of what runs on the resource."""
    request.lifecycle.poll_resource(request.existing().id)
    return Response(200, shown(request.existing()), running_headers(request))


def running_headers(request: Request) -> dict[str, str]:
    """Retry-After while something runs on the resource in the path: clients that poll it take their pace from this."""
    operation = request.lifecycle.running(request.path)
    return wait_headers(operation.retry_after) if operation else {}


def _operation(request: Request) -> Operation:
    operation = request.store.operation(f"{request.parameters['operation']}:".split(":")[1])
    if operation is None or not operation.type.startswith(NAMESPACE):
        name = request.parameters["operation"]
        raise user_error(f"Operation {name} not found.", "NotFound", status=404)
    return operation


_LOCATION = f"/subscriptions/{{subscription}}/providers/{NAMESPACE}/locations/{{location}}"

ROUTES = (
    Route("GET", _LOCATION + "/mfeOperationsStatus/{operation}", LOCATIONS, get_operation_status, is_operation=True),
    Route("GET", _LOCATION + "/mfeOperationResults/{operation}", LOCATIONS, get_operation_result, is_operation=True),
)
