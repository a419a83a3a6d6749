"""Microsoft.Authorization: role definitions (built-in ones) and role assignments, at any scope."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime

from emulator.arm.api import Request, ResourceType, Response, Route, page, shown
from emulator.arm.errors import ArmError
from emulator.identity.access import ROLE_ASSIGNMENT, ROLE_DEFINITIONS, RoleDefinition, role_definition
from emulator.identity.directory import TENANT_ID
from emulator.resource_id import is_within, key, name_of, subscription_of
from emulator.store import Document, Principal, Resource, Store

ROLE_ASSIGNMENTS = ResourceType(
    ROLE_ASSIGNMENT,
    (
        "2015-07-01",
        "2018-01-01-preview",
        "2018-09-01-preview",
        "2020-04-01-preview",
        "2020-08-01-preview",
        "2020-10-01-preview",
        "2022-04-01",
    ),
)
ROLE_DEFINITION_TYPE = ResourceType(
    "Microsoft.Authorization/roleDefinitions",
    ("2015-07-01", "2018-01-01-preview", "2022-04-01", "2022-05-01-preview"),
)

_PRINCIPAL_TYPES = ("User", "Group", "ServicePrincipal")
_GIVEN_ALWAYS = ("roleDefinitionId", "principalId")
_GIVEN_SOMETIMES = ("description", "condition", "conditionVersion", "delegatedManagedIdentityResourceId")


def put_role_assignment(
    store: Store,
    scope: str,
    definition_id: str,
    principal_id: str,
    principal_type: str,
    now: datetime,
    *,
    name: str | None = None,
    by: str = "",
    given: bool = False,
    **members: str | None,
) -> Resource:
    """Store a role assignment. `given` marks those that every Azure subscription of the emulator has from the start."""
    definition = name_of(definition_id).lower()
    assignment_name = name or str(uuid.uuid5(uuid.NAMESPACE_URL, f"{key(scope)}|{definition}|{principal_id.lower()}"))
    when = now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    properties: Document = {
        "roleDefinitionId": _definition_id(subscription_of(scope), definition),
        "principalId": principal_id,
        "principalType": principal_type,
        "scope": scope,
        "condition": None,
        "conditionVersion": None,
        "createdOn": when,
        "updatedOn": when,
        "createdBy": by,
        "updatedBy": by,
        "delegatedManagedIdentityResourceId": None,
        "description": None,
    }
    return store.put(
        Resource(
            f"{scope}/providers/{ROLE_ASSIGNMENT}/{assignment_name}",
            ROLE_ASSIGNMENT,
            {"properties": properties | members},
            {"given": given},
        )
    )


def _definition_id(subscription: str, definition: str) -> str:
    prefix = f"/subscriptions/{subscription}" if subscription else ""
    return f"{prefix}/providers/Microsoft.Authorization/roleDefinitions/{definition}"


# Role assignments


def put(request: Request) -> Response:
    """Assign a role. Nothing of an assignment can be changed but its description and condition."""
    name = request.parameters["name"]
    try:
        uuid.UUID(name)
    except ValueError:
        raise ArmError(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
        ) from None
    scope = _scope(request)
    given = request.body.get("properties") or {}
    for member in _GIVEN_ALWAYS:
        if not given.get(member):
            raise ArmError(
                400,
                "InvalidCreateRoleAssignmentRequest",
                f"The request to create role assignment '{name}' is not valid. Role assignment property '{member}'"
                " is missing.",
            )
    if role_definition(given["roleDefinitionId"]) is None:
        definition = name_of(given["roleDefinitionId"]).replace("-", "")
        raise ArmError(
            400,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{definition}' does not exist.",
        )
    principal_type = _principal_type(request, given["principalId"], given.get("principalType"))
    existing = request.store.resource(request.path)
    if existing is not None:
        changed = key(name_of(given["roleDefinitionId"])) != name_of(existing.properties["roleDefinitionId"])
        if changed or key(given["principalId"]) != key(existing.properties["principalId"]):
            raise ArmError(
                400,
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
            )
    _check_unique(request, scope, given)
    assignment = put_role_assignment(
        request.store,
        scope,
        given["roleDefinitionId"],
        given["principalId"],
        principal_type,
        request.now,
        name=existing.name if existing else name,
        by=request.principal.id,
        **{member: given[member] for member in _GIVEN_SOMETIMES if given.get(member) is not None},
    )
    return Response(200 if existing else 201, shown(assignment))


def _scope(request: Request) -> str:
    path = request.parameters["scope"]
    resource = request.store.resource(path)
    if resource is None:
        raise ArmError(404, "ResourceNotFound", f"The resource '{path}' was not found.")
    return resource.id


def _principal_type(request: Request, principal_id: str, stated: str | None) -> str:
    """The assignment's principal type.

    A service principal may be too new for the directory's replica that is asked; stating its type lets Azure skip the
    question (aka.ms/docs-principaltype). Users and groups have to exist.
    """
    if stated is not None and stated not in _PRINCIPAL_TYPES:
        raise ArmError(400, "InvalidPrincipalType", f"The principal type '{stated}' is not valid.")
    principal: Principal | None = request.store.principal(principal_id)
    if principal is None:
        if stated == "ServicePrincipal":
            return stated
        raise ArmError(
            400,
            "PrincipalNotFound",
            f"Principal {principal_id.replace('-', '')} does not exist in the directory {TENANT_ID}. Check that you"
            " have the correct principal ID. If you are creating this principal and then immediately assigning a role,"
            " this error might be related to a replication delay. In this case, set the role assignment principalType"
            " property to a value, such as ServicePrincipal, User, or Group. "
            " See https://aka.ms/docs-principaltype",
        )
    if stated is not None and stated != principal.kind:
        raise ArmError(
            400,
            "UnmatchedPrincipalType",
            f"The PrincipalId '{principal_id.replace('-', '')}' has type '{principal.kind}',"
            f" which is different from specified PrincipalType '{stated}'.",
        )
    return principal.kind


def _check_unique(request: Request, scope: str, given: Document) -> None:
    wanted = (key(scope), key(name_of(given["roleDefinitionId"])), key(given["principalId"]))
    for other in request.store.resources(ROLE_ASSIGNMENT):
        properties = other.properties
        same = (key(properties["scope"]), name_of(properties["roleDefinitionId"]), key(properties["principalId"]))
        if same == wanted and key(other.id) != key(request.path):
            raise ArmError(
                409,
                "RoleAssignmentExists",
                "The role assignment already exists. The ID of the existing role assignment is"
                f" {other.name.replace('-', '')}.",
            )


def get(request: Request) -> Response:
    """One role assignment."""
    assignment = request.store.resource(request.path)
    if assignment is None:
        name = request.parameters["name"]
        raise ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{name.replace('-', '')}' is not found.")
    return Response(200, shown(assignment))


def delete(request: Request) -> Response:
    """Remove a role assignment: 200 with what it was, or 204 if there was none."""
    assignment = request.store.resource(request.path)
    if assignment is None:
        return Response(204)
    request.store.remove(assignment.id)
    return Response(200, shown(assignment))


def list_assignments(request: Request) -> Response:
    """Role assignments at, above and below a scope; `$filter=atScope()` leaves out those below."""
    scope = request.parameters["scope"]
    expression = request.query.get("$filter", "").strip()
    accepts = _assignment_filter(expression, scope)
    found = [
        shown(item)
        for item in request.store.resources(ROLE_ASSIGNMENT)
        if (is_within(item.properties["scope"], scope) or is_within(scope, item.properties["scope"])) and accepts(item)
    ]
    return page(found)


def _assignment_filter(expression: str, scope: str) -> Callable[[Resource], bool]:
    if not expression:
        return lambda _: True
    if expression.replace(" ", "").lower() == "atscope()":
        return lambda item: is_within(scope, item.properties["scope"])
    match = re.fullmatch(r"(?:principalId\s+eq\s+|assignedTo\()'([^']+)'\)?", expression, re.IGNORECASE)
    if match is None:
        raise ArmError(
            501,
            "NotImplemented",
            f"The emulator does not implement $filter={expression}. It implements atScope(), principalId eq '...' and"
            " assignedTo('...').",
        )
    return lambda item: key(item.properties["principalId"]) == key(match[1])


# Role definitions


def get_definition(request: Request) -> Response:
    """One built-in role."""
    definition = role_definition(request.parameters["name"])
    if definition is None:
        raise ArmError(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{request.parameters['name'].replace('-', '')}' does not exist.",
        )
    return Response(200, _definition_shown(request, definition))


def list_definitions(request: Request) -> Response:
    """The built-in roles, or the one that `$filter=roleName eq '...'` names."""
    expression = request.query.get("$filter", "").strip()
    match = re.fullmatch(r"roleName\s+eq\s+'([^']*)'", expression, re.IGNORECASE)
    if expression and match is None:
        raise ArmError(
            501,
            "NotImplemented",
            f"The emulator does not implement $filter={expression}. It implements roleName eq '...'.",
        )
    return page(
        [
            _definition_shown(request, definition)
            for definition in ROLE_DEFINITIONS
            if match is None or definition.name.lower() == match[1].lower()
        ]
    )


def _definition_shown(request: Request, definition: RoleDefinition) -> Document:
    subscription = subscription_of(request.path)
    return {
        "id": _definition_id(subscription, definition.id),
        "name": definition.id,
        "type": ROLE_DEFINITION_TYPE.name,
        "properties": {
            "roleName": definition.name,
            "type": "BuiltInRole",
            "description": definition.description,
            "assignableScopes": ["/"],
            "permissions": [
                {
                    "actions": list(definition.actions),
                    "notActions": list(definition.not_actions),
                    "dataActions": list(definition.data_actions),
                    "notDataActions": [],
                }
            ],
        },
    }


_ASSIGNMENT_SHAPE = {
    "properties": {
        "roleDefinitionId": str,
        "principalId": str,
        "principalType": str,
        "description": str,
        "condition": str,
        "conditionVersion": str,
        "delegatedManagedIdentityResourceId": str,
    }
}
_ASSIGNMENTS = "{scope}/providers/Microsoft.Authorization/roleAssignments"
_DEFINITIONS = "{scope}/providers/Microsoft.Authorization/roleDefinitions"

ROUTES = (
    Route("PUT", _ASSIGNMENTS + "/{name}", ROLE_ASSIGNMENTS, put, _ASSIGNMENT_SHAPE),
    Route("GET", _ASSIGNMENTS + "/{name}", ROLE_ASSIGNMENTS, get),
    Route("DELETE", _ASSIGNMENTS + "/{name}", ROLE_ASSIGNMENTS, delete),
    Route("GET", _ASSIGNMENTS, ROLE_ASSIGNMENTS, list_assignments),
    Route("GET", _DEFINITIONS + "/{name}", ROLE_DEFINITION_TYPE, get_definition),
    Route("GET", _DEFINITIONS, ROLE_DEFINITION_TYPE, list_definitions),
)
