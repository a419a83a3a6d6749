"""Managed online endpoints of an Azure Machine Learning workspace: who may call them, and which deployment answers.

Their deployments are in `online_deployments`, the answers in `emulator.inference`. Shapes: azure-rest-api-specs,
stable/2024-10-01/mfe.json; rules: azure-ai-docs, articles/machine-learning/how-to-deploy-online-endpoints.md,
how-to-safely-rollout-online-endpoints.md and concept-endpoints-online-auth.md.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt

from emulator.arm.api import Request, ResourceType, Response, Route, list_children, shown, wait_headers
from emulator.arm.compute import ONLINE_DEPLOYMENTS
from emulator.arm.errors import not_implemented
from emulator.arm.machine_learning import (
    NAMESPACE,
    WORKSPACE_VERSIONS,
    check_idle,
    check_member,
    get_settling,
    identity_shown,
    inferencing_refused,
    keys_shown,
    location_in_workspace,
    new_key,
    operation_headers,
    operation_url,
    remove_identity,
    user_error,
    with_regenerated_key,
)
from emulator.arm.shapes import IDENTITY, TAGS, TRACKED, Map
from emulator.lifecycle import Effect, settle, vanish
from emulator.resource_id import key
from emulator.store import Document, Operation, Resource, Store

ONLINE_ENDPOINTS = ResourceType(f"{NAMESPACE}/workspaces/onlineEndpoints", ("2021-03-01-preview", *WORKSPACE_VERSIONS))

TOKEN_LIFETIME = timedelta(hours=1)
"""How long an Azure Machine Learning token is valid. Invented: Microsoft only says that it expires."""

# azure-ai-docs, how-to-manage-quotas.md: 3 to 32 characters, a letter first, then letters, digits and hyphens.
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")
_AUTH_MODES = ("Key", "AMLToken", "AADToken")


def put_endpoint(request: Request) -> Response:
    """Create (201 and an operation) or change (200, settling) an endpoint; traffic moves when the operation ends."""
    workspace = request.parent()
    name = request.parameters["endpoint"]
    check_name("Endpoint", name)
    existing = request.store.resource(request.path)
    location = location_in_workspace(request, existing, workspace, "An online endpoint")
    check_idle(request, existing)
    if existing is not None and not existing.private["isCreated"]:
        # Code and text: "AML Endpoint Creating troubleshooting" in a public log of promptflow.
        raise inferencing_refused(
            f"Specified endpoint [{existing.name}] has not been created successfully. Please recreate the endpoint."
        )
    given = {name: value for name, value in (request.body.get("properties") or {}).items() if value is not None}
    if given.get("compute"):
        raise not_implemented("The emulator does not implement Kubernetes online endpoints. Leave out compute.")
    check_member("authMode", given.get("authMode"), _AUTH_MODES)
    access = given.get("publicNetworkAccess") or "Enabled"
    check_member("publicNetworkAccess", access, ("Enabled", "Disabled"))
    _check_name_is_free(request, name, location)
    # Strict: what a PUT leaves out is reset. Invented, because no source says what Azure does; a client that sends all
    # of the traffic works either way.
    traffic, mirror = given.get("traffic") or {}, given.get("mirrorTraffic") or {}
    _check_traffic(request, traffic)
    _check_mirror_traffic(request, mirror, traffic)
    private: Document = existing.private if existing else {"isCreated": False, "routing": {}, "requests": 0}
    if existing is None:
        keys = given.get("keys") or {}
        private |= {
            "keys": [keys.get("primaryKey") or new_key(), keys.get("secondaryKey") or new_key()],
            "tokenSecret": new_key(),
        }
    uri = f"{request.origin}/managed/{location}/{name}"
    document: Document = {
        "location": location,
        "kind": request.body.get("kind") or "Managed",
        "tags": request.body.get("tags") or {},
        "identity": identity_shown(request, name, request.body.get("identity"), existing),
        "systemData": request.system_data(existing),
        "properties": {
            "authMode": given["authMode"],
            "description": given.get("description"),
            "compute": None,
            "traffic": traffic,
            "mirrorTraffic": mirror,
            "publicNetworkAccess": access,
            "scoringUri": f"{uri}/score",
            "swaggerUri": f"{uri}/swagger.json",
            "provisioningState": "Updating" if existing else "Creating",
            # "Properties can be added, but not removed or altered", says the specification.
            "properties": (given.get("properties") or {})
            | (existing.properties["properties"] if existing else {"azureml.onlineendpointid": request.id.lower()}),
        },
    }
    if request.body.get("sku"):
        document["sku"] = request.body["sku"]
    endpoint = Resource(request.id, ONLINE_ENDPOINTS.name, document, private)
    operation = request.start(endpoint, "update" if existing else "create")
    endpoint = request.store.put(with_operation_uri(request, endpoint, operation))
    if existing is not None:
        return Response(200, shown(endpoint), wait_headers(operation.retry_after))
    return Response(201, shown(endpoint), operation_headers(request, operation, location, "Azure-AsyncOperation"))


def patch_endpoint(request: Request) -> Response:
    """Change tags and identity; the API's PATCH has no properties."""
    endpoint = request.existing()
    check_idle(request, endpoint)
    changes: Document = {"systemData": request.system_data(endpoint)}
    if request.body.get("tags") is not None:
        changes["tags"] = request.body["tags"]
    if request.body.get("identity"):
        changes["identity"] = identity_shown(request, endpoint.name, request.body["identity"], endpoint)
    return Response(200, shown(request.store.put(replace(endpoint, document=endpoint.document | changes))))


def delete_endpoint(request: Request) -> Response:
    """202 and an operation, 204 if there is none. Its deployments go with it, also those with traffic."""
    endpoint = request.store.resource(request.path)
    if endpoint is None:
        return Response(204)
    check_idle(request, endpoint)
    request.lifecycle.abandon(endpoint.id)
    endpoint = request.store.put(endpoint.with_properties(provisioningState="Deleting"))
    operation = request.start(endpoint, "delete")
    location = endpoint.document["location"]
    return Response(202, None, operation_headers(request, operation, location, "Location"))


def list_keys(request: Request) -> Response:
    """Both keys, in the mode that has keys."""
    return Response(200, keys_shown(_endpoint_in_mode(request, "Key", "list keys")))


def regenerate_keys(request: Request) -> Response:
    """Replace one key at once; the keys are at Location."""
    endpoint = _endpoint_in_mode(request, "Key", "regenerate keys")
    endpoint = request.store.put(with_regenerated_key(request, endpoint))
    operation = request.start(endpoint, "action", result=keys_shown(endpoint))
    return Response(202, None, operation_headers(request, operation, endpoint.document["location"], "Location"))


def get_token(request: Request) -> Response:
    """A token for the endpoint, in the mode that has Azure Machine Learning tokens."""
    endpoint = _endpoint_in_mode(request, "AMLToken", "get a token")
    now = datetime.now(UTC)  # Not the emulator's clock: clients keep tokens by their own.
    expires = now + TOKEN_LIFETIME
    token = jwt.encode({"iat": now, "exp": expires, "sub": key(endpoint.id)}, endpoint.private["tokenSecret"])
    return Response(
        200,
        {
            "accessToken": token,
            "tokenType": "Bearer",
            "expiryTimeUtc": int(expires.timestamp()),
            "refreshAfterTimeUtc": int((now + TOKEN_LIFETIME / 2).timestamp()),
        },
    )


def key_is_valid(endpoint: Resource, credential: str) -> bool:
    """Whether this is one of the endpoint's keys."""
    # Both are compared in full: the time taken tells nothing.
    matches = [hmac.compare_digest(credential.encode(), item.encode()) for item in endpoint.private["keys"]]
    return any(matches)


def token_is_valid(endpoint: Resource, token: str) -> bool:
    """Whether this is a token for the endpoint whose time is not over."""
    try:
        claims = jwt.decode(token, endpoint.private["tokenSecret"], algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return False
    return bool(claims["sub"] == key(endpoint.id))


def find_endpoint(store: Store, location: str, name: str) -> Resource | None:
    """The endpoint with this name, which is unique in its location."""
    for endpoint in store.resources(ONLINE_ENDPOINTS.name):
        if key(endpoint.name) == key(name) and endpoint.document["location"] == location.lower():
            return endpoint
    return None


def with_operation_uri(request: Request, resource: Resource, operation: Operation) -> Resource:
    """The resource as live ones are, with the URL of its last operation among its `properties.properties`."""
    url = operation_url(request, operation, resource.document["location"], "mfeOperationsStatus")
    return resource.with_properties(properties=resource.properties["properties"] | {"AzureAsyncOperationUri": url})


def share_of(traffic: Mapping[str, int], deployment: str) -> int:
    """The percentage of a deployment, 0 if the rules do not name it."""
    return next((share for name, share in traffic.items() if key(name) == key(deployment)), 0)


def _endpoint_in_mode(request: Request, mode: str, what: str) -> Resource:
    endpoint = request.existing()
    if endpoint.properties["authMode"] != mode:
        # Invented: the wording.
        actual = endpoint.properties["authMode"]
        raise user_error(f"Failed to {what}. authMode of the endpoint is {actual}, not {mode}.", code="BadRequest")
    if not endpoint.private["isCreated"]:
        # Invented: nobody has written down what Azure answers before an endpoint is there.
        raise user_error(f"Failed to {what}. The endpoint is being created.", status=409, code="Conflict")
    return endpoint


def _end_write(store: Store, operation: Operation, now: datetime) -> None:
    settle(store, operation, now)
    endpoint = store.resource(operation.resource_id)
    if endpoint is None:
        return
    if operation.error:
        store.put(endpoint.with_properties(traffic=endpoint.private["routing"]))
        return
    private = endpoint.private | {"isCreated": True, "routing": endpoint.properties["traffic"]}
    store.put(replace(endpoint, private=private))


def _end_delete(store: Store, operation: Operation, now: datetime) -> None:
    endpoint = store.resource(operation.resource_id)
    if endpoint is not None and not operation.error:
        remove_identity(store, endpoint)
    vanish(store, operation, now)


def _end_regenerate(store: Store, operation: Operation, now: datetime) -> None:
    """The keys changed when it was asked; nothing of the endpoint settles."""


# Rules


def check_name(kind: str, name: str) -> None:
    """Refuse what is no name of an endpoint or a deployment."""
    if not _NAME.fullmatch(name):
        # Invented: the wording.
        raise user_error(
            f"{kind} name '{name}' is invalid. It must be between 3 and 32 characters long, start with a letter, end"
            " with a letter or digit, and contain only letters, digits and hyphens.",
            "BadArgument",
        )


def _check_name_is_free(request: Request, name: str, location: str) -> None:
    other = find_endpoint(request.store, location, name)
    if other is not None and key(other.id) != key(request.path):
        # Azure/azureml-examples#1931
        raise inferencing_refused(
            "There is already an endpoint with this name, Endpoint name needs to be unique within a region. Try some"
            " other name."
        )


def _check_traffic(request: Request, traffic: Mapping[str, int]) -> None:
    # The rules are documented. Invented: the wordings.
    _check_are_deployed(request, "Traffic", traffic)
    if any(not 0 <= share <= 100 for share in traffic.values()) or sum(traffic.values()) not in (0, 100):
        raise inferencing_refused(
            f"Traffic values need to sum to 100, or to 0. They are {dict(traffic)}.", field="Traffic"
        )


def _check_mirror_traffic(request: Request, mirror: Mapping[str, int], traffic: Mapping[str, int]) -> None:
    # how-to-safely-rollout-online-endpoints.md: to one deployment, which has no live traffic, at most 50 %.
    _check_are_deployed(request, "MirrorTraffic", mirror)
    mirrored = [name for name, share in mirror.items() if share]
    problem = None
    if len(mirrored) > 1:
        problem = "Traffic can be mirrored to one deployment only"
    elif any(not 0 <= share <= 50 for share in mirror.values()):
        problem = "Mirror traffic values need to be 50 at most"
    elif any(share_of(traffic, name) for name in mirrored):
        problem = "Traffic cannot be mirrored to a deployment that has live traffic"
    if problem:
        raise inferencing_refused(f"{problem}. It is {dict(mirror)}.", field="MirrorTraffic")


def _check_are_deployed(request: Request, field: str, traffic: Mapping[str, int]) -> None:
    for name in traffic:
        deployment = request.store.resource(f"{request.path}/deployments/{name}")
        if deployment is None or deployment.type != ONLINE_DEPLOYMENTS:
            raise inferencing_refused(f"Deployment [{name}] in the traffic rules does not exist.", field=field)
        if not deployment.private["isCreated"] or deployment.properties["provisioningState"] == "Deleting":
            raise inferencing_refused(
                f"Deployment [{name}] in the traffic rules is not ready. Its provisioning state is"
                f" {deployment.properties['provisioningState']}.",
                field=field,
            )


EFFECTS: dict[tuple[str, str], Effect] = {
    (ONLINE_ENDPOINTS.name, "create"): _end_write,
    (ONLINE_ENDPOINTS.name, "update"): _end_write,
    (ONLINE_ENDPOINTS.name, "delete"): _end_delete,
    (ONLINE_ENDPOINTS.name, "action"): _end_regenerate,
}

_SHAPE = {
    **TRACKED,
    "properties": {
        "authMode": str,
        "compute": str,
        "description": str,
        "keys": {"primaryKey": str, "secondaryKey": str},
        "mirrorTraffic": Map(int),
        "properties": Map(str),
        "publicNetworkAccess": str,
        "traffic": Map(int),
    },
}
_WORKSPACE = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{NAMESPACE}/workspaces/{{workspace}}"
_ENDPOINTS = f"{_WORKSPACE}/onlineEndpoints"
_ENDPOINT = _ENDPOINTS + "/{endpoint}"
_KEY_SHAPE = {"keyType": str, "keyValue": str}

ROUTES = (
    Route("PUT", _ENDPOINT, ONLINE_ENDPOINTS, put_endpoint, _SHAPE),
    Route("PATCH", _ENDPOINT, ONLINE_ENDPOINTS, patch_endpoint, {"tags": TAGS, "identity": IDENTITY}),
    Route("GET", _ENDPOINT, ONLINE_ENDPOINTS, get_settling),
    Route("DELETE", _ENDPOINT, ONLINE_ENDPOINTS, delete_endpoint),
    Route("GET", _ENDPOINTS, ONLINE_ENDPOINTS, list_children),
    Route("POST", f"{_ENDPOINT}/listKeys", ONLINE_ENDPOINTS, list_keys),
    Route("POST", f"{_ENDPOINT}/regenerateKeys", ONLINE_ENDPOINTS, regenerate_keys, _KEY_SHAPE),
    Route("POST", f"{_ENDPOINT}/token", ONLINE_ENDPOINTS, get_token),
)
