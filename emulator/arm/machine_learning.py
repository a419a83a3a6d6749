"""Microsoft.MachineLearningServices: what its resource types share, which is API versions, errors and operations.

The types are in `workspaces` and `serverless`. Shapes and status codes: azure-rest-api-specs, machinelearningservices,
stable/2024-10-01/mfe.json and machineLearningServices.json.
"""

from dataclasses import replace

from emulator.arm.api import Request, ResourceType, Response, Route, wait_headers
from emulator.arm.errors import ArmError
from emulator.resource_id import subscription_of
from emulator.store import Document, Operation, Resource

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


# Operations


def operation_headers(request: Request, operation: Operation, location: str, *names: str) -> dict[str, str]:
    """The headers of an accepted operation: `Azure-AsyncOperation` for its status, `Location` for its result."""
    collections = {"Azure-AsyncOperation": "mfeOperationsStatus", "Location": "mfeOperationResults"}
    base = f"/subscriptions/{subscription_of(operation.resource_id)}/providers/{NAMESPACE}/locations/{location}"
    # Invented: the prefix. A live online endpoint's ids look like oe:<guid>:<guid>.
    urls = {name: request.url(f"{base}/{collections[name]}/se:{operation.id}") for name in names}
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


def running_headers(request: Request) -> dict[str, str]:
    """Retry-After while something runs on the resource in the path: clients that poll it take their pace from this."""
    operation = request.lifecycle.running(request.path)
    return wait_headers(operation.retry_after) if operation else {}


def _operation(request: Request) -> Operation:
    operation = request.store.operation(request.parameters["operation"].removeprefix("se:"))
    if operation is None or not operation.type.startswith(NAMESPACE):
        name = request.parameters["operation"]
        raise user_error(f"Operation {name} not found.", "NotFound", status=404)
    return operation


_LOCATION = f"/subscriptions/{{subscription}}/providers/{NAMESPACE}/locations/{{location}}"

ROUTES = (
    Route("GET", _LOCATION + "/mfeOperationsStatus/{operation}", LOCATIONS, get_operation_status, is_operation=True),
    Route("GET", _LOCATION + "/mfeOperationResults/{operation}", LOCATIONS, get_operation_result, is_operation=True),
)
