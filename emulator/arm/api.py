"""The way of a management request: what every resource type has in common, before and after its handler.

Routes are tables in the resource providers' modules. This module finds the route, checks token, API version,
authorization, registration, resource group and body in Azure Resource Manager's order, and hands over a `Request`.
"""

import difflib
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from emulator.arm import errors
from emulator.arm.errors import ArmError
from emulator.arm.locations import DISPLAY_NAMES, normalized
from emulator.arm.shapes import Shape, read_body
from emulator.identity import access
from emulator.identity.tokens import TokenError, Tokens
from emulator.lifecycle import Lifecycle
from emulator.resource_id import (
    parent_of,
    resource_group_id_of,
    resource_group_of,
    subscription_of,
    type_of,
)
from emulator.store import Document, Operation, Principal, Resource, Store

ALWAYS_REGISTERED = ("microsoft.resources", "microsoft.authorization")

MANAGEMENT_AUDIENCES = (
    "https://management.core.windows.net/",
    "https://management.core.windows.net",
    "https://management.azure.com/",
    "https://management.azure.com",
)


@dataclass(frozen=True, slots=True)
class Response:
    """Status, JSON body (None: no body) and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A resource type: its name in Azure's case, its API versions and where it is offered."""

    name: str
    api_versions: Sequence[str]
    locations: Sequence[str] = tuple(DISPLAY_NAMES)

    @property
    def namespace(self) -> str:
        """The resource provider's namespace."""
        return self.name.split("/", 1)[0]


@dataclass(frozen=True)
class Route:
    """One operation of the management API. `shape` is what its body may hold; None: it has no body."""

    method: str
    template: str
    type: ResourceType
    handler: Callable[["Request"], Response]
    shape: Shape = None
    action: str = ""
    """The action that authorizes it, where it does not follow from method and type. Braces are filled from the path."""
    is_operation: bool = False
    """A URL of an operation: whoever is signed in and knows it may ask, because those who may start an operation in a
    resource group can follow it, though the URL is one of the Azure subscription."""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The template as an expression that ignores case; `{scope}` stands for any id, also the empty one."""
        escaped = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template)
        return re.compile(escaped.replace("(?P<scope>[^/]+)", "(?P<scope>(?:/.+)?)") + "/?", re.IGNORECASE)

    @property
    def authorized_action(self) -> str:
        """`<type>/read`, `/write`, `/delete`, or `/<name>/action` for a POST."""
        verbs = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
        verb = verbs.get(self.method) or f"{self.template.rsplit('/', 1)[-1]}/action"
        return self.action or f"{self.type.name}/{verb}"

    def scope(self, path: str) -> str:
        """What the action is checked against: the path up to the last name in it."""
        names = [index for index, part in enumerate(self.template.split("/")) if part.startswith("{")]
        extra = len(path.rstrip("/").split("/")) - len(self.template.split("/"))
        return "/".join(path.split("/")[: names[-1] + 1 + extra]) if names else ""

    def resource_path(self, path: str) -> str:
        """The path without the name of a POST's action: the resource that it acts on."""
        return path.rsplit("/", 1)[0] if self.method == "POST" else path


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a handler is given: checked, authorized, parsed."""

    store: Store
    lifecycle: Lifecycle
    routes: Sequence[Route]
    type: ResourceType
    path: str
    parameters: Mapping[str, str]
    query: Mapping[str, str]
    body: Document
    principal: Principal
    origin: str
    now: datetime
    send: Callable[[str, str, str, Document], Response]
    """Sends another request in the same principal's name: method, path, API version, body. Raises ArmError."""
    operation_fault: Document | None = None

    @property
    def api_version(self) -> str:
        """The `api-version` of the query."""
        return self.query["api-version"]

    @property
    def subscription(self) -> str:
        """The Azure subscription's id."""
        return self.parameters["subscription"]

    @property
    def resource_group(self) -> str:
        """The resource group's name as the request spells it."""
        return self.parameters["group"]

    @property
    def id(self) -> str:
        """The id that the path names, its known parts in the case of their creation."""
        existing = self.store.resource(self.path)
        if existing is not None:
            return existing.id
        parent = self.store.resource(parent_of(self.path))
        if parent is None:
            return self.path
        own = self.path[len(parent.id) :].split("/")
        spelling = self.type.name.split("/")
        if own[1].lower() == "providers":
            return "/".join([parent.id, "providers", spelling[0], spelling[-1], own[-1]])
        return "/".join([parent.id, spelling[-1], own[-1]])

    def existing(self) -> Resource:
        """The resource that the path names.

        Raises:
            ArmError: ResourceNotFound.
        """
        resource = self.store.resource(self.path)
        if resource is None:
            raise _not_found(self.type.name, self.path)
        return resource

    def parent(self) -> Resource:
        """The resource that holds the one in the path.

        Raises:
            ArmError: ParentResourceNotFound.
        """
        parent = self.store.resource(parent_of(self.path))
        if parent is None:
            raise errors.parent_resource_not_found(self.type.name, parent_of(self.path))
        return parent

    def parent_of_list(self) -> Resource:
        """The resource whose children a list path names.

        Raises:
            ArmError: ResourceNotFound.
        """
        path = self.path.rsplit("/", 1)[0]
        resource = self.store.resource(path)
        if resource is None:
            raise _not_found(type_of(path), path)
        return resource

    def location(self, existing: Resource | None = None) -> str:
        """The body's location, normalized.

        Raises:
            ArmError: it is missing, not offered, or not where the existing resource is.
        """
        given = self.body.get("location")
        if not given:
            if existing is not None:
                return str(existing.document["location"])
            raise errors.location_required()
        location = normalized(given)
        if location not in self.type.locations:
            raise errors.location_not_available(self.type.name, given, self.type.locations)
        if existing is not None and existing.document["location"] != location:
            raise errors.location_cannot_change(
                self.type.name, existing.name, resource_group_of(existing.id), existing.document["location"], location
            )
        return location

    def system_data(self, existing: Resource | None = None) -> Document:
        """Who made and who last changed a resource, and when."""
        by = self.principal.client_id or self.principal.name
        kind = "Application" if self.principal.client_id else "User"
        when = self.now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
        created: Document = (existing.document.get("systemData") if existing else None) or {
            "createdBy": by,
            "createdByType": kind,
            "createdAt": when,
        }
        return created | {"lastModifiedBy": by, "lastModifiedByType": kind, "lastModifiedAt": when}

    def start(self, resource: Resource, verb: str, **detail: Any) -> Operation:
        """Begin an operation on a resource; a fault of the stage `operation` makes it end in failure."""
        return self.lifecycle.start(resource.id, resource.type, verb, error=self.operation_fault, **detail)

    def url(self, path: str, **query: str) -> str:
        """An absolute URL on this server, with the request's API version."""
        return f"{self.origin}{path}?{urlencode({'api-version': self.api_version, **query})}"


def _not_found(resource_type: str, path: str) -> ArmError:
    depth = resource_type.count("/")
    names = path.rsplit("/providers/", 1)[-1].split("/")[2::2][:depth]
    return errors.resource_not_found(resource_type, "/".join(names), resource_group_of(path))


def shown(resource: Resource) -> Document:
    """A resource as a GET shows it."""
    return {"id": resource.id, "name": resource.name, "type": resource.type, **resource.document}


def page(resources: Sequence[Document]) -> Response:
    """A list answer: one page with everything."""
    return Response(200, {"value": list(resources)})


def get_resource(request: Request) -> Response:
    """The handler of a GET, for types that show all they have."""
    return Response(200, shown(request.existing()))


def list_children(request: Request) -> Response:
    """The handler of a list of a resource's children."""
    parent = request.parent_of_list()
    return page([shown(item) for item in request.store.resources(request.type.name, under=parent.id)])


def list_in_scope(request: Request) -> Response:
    """The handler of a list of what a resource group or an Azure subscription has."""
    scope = request.path.lower().split("/providers/", 1)[0]
    return page([shown(item) for item in request.store.resources(request.type.name, under=scope)])


def wait_headers(seconds: float) -> dict[str, str]:
    """How long to wait before the next poll.

    Go's azcore reads retry-after-ms before Retry-After and Python's azure-core after it, and both take a zero for
    absent and fall back to 10 or 30 seconds. So a fraction of a second is said in milliseconds alone.
    """
    if seconds >= 1 and seconds == int(seconds):
        return {"Retry-After": str(int(seconds))}
    return {"retry-after-ms": str(max(1, round(seconds * 1000)))}


class ManagementApi:
    """Azure Resource Manager over a store: `answer` turns a request into a response, in one step."""

    def __init__(self, store: Store, lifecycle: Lifecycle, tokens: Tokens, routes: Sequence[Route]) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._tokens = tokens
        self.routes = routes
        self.types: Mapping[str, ResourceType] = {route.type.name.lower(): route.type for route in routes}

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        """The route of a request and the names in its path.

        Raises:
            ArmError: NotImplemented, naming the nearest routes.
        """
        other_methods = []
        for route in self.routes:
            match = route.pattern.fullmatch(path)
            if match and route.method == method:
                return route, match.groupdict()
            if match:
                other_methods.append(route.method)
        if other_methods:
            known = ", ".join(sorted(set(other_methods)))
            raise errors.not_implemented(
                f"The emulator does not implement {method} {path}. It implements {known} there."
            )
        raise errors.not_implemented(
            f"The emulator does not implement {method} {path}. Nearest routes: {'; '.join(self.nearest(method, path))}."
        )

    def nearest(self, method: str, path: str) -> list[str]:
        """The three routes that look most like a request."""
        templates = {f"{route.method} {route.template}": _skeleton(route.template) for route in self.routes}
        wanted = _skeleton(path)

        def likeness(name: str) -> float:
            ratio = difflib.SequenceMatcher(None, wanted, templates[name], autojunk=False).ratio()
            return ratio + (0.01 if name.startswith(f"{method} ") else 0.0)

        return sorted(templates, key=likeness, reverse=True)[:3]

    def location(self, path: str) -> str:
        """The location that errors name: that of the resource group in the path, else none."""
        group = self._store.resource(resource_group_id_of(path)) if resource_group_of(path) else None
        return str(group.document["location"]) if group is not None else ""

    def principal(self, authorization: str | None, origin: str) -> Principal:
        """Who sends the request.

        Raises:
            ArmError: 401, as Azure Resource Manager words it.
        """
        authority = f"{origin}/{self._tokens.tenant}"
        if not authorization:
            raise errors.authentication_missing(authority)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise errors.token_scheme_invalid(authority)
        allowed = (*MANAGEMENT_AUDIENCES, f"{origin}/", origin)
        try:
            claims = self._tokens.verified(token, allowed)
        except TokenError as error:
            match error.reason:
                case "audience":
                    raise errors.token_audience_invalid(error.audience, allowed[:4], authority) from None
                case "expired":
                    raise errors.token_expired(error.expired, error.now, authority) from None
                case _:
                    raise errors.token_invalid(authority) from None
        principal = self._store.principal(str(claims["oid"]))
        if principal is None:
            raise errors.token_invalid(authority)
        return principal

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        authorization: str | None,
        body: bytes,
        origin: str,
        now: datetime,
        operation_fault: Document | None = None,
    ) -> Response:
        """Answer one request.

        Raises:
            ArmError: the refusal.
        """
        self._route(method, path)
        principal = self.principal(authorization, origin)
        return self._answer(method, path, query, principal, body, origin, now, operation_fault)

    def _answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        principal: Principal,
        body: bytes,
        origin: str,
        now: datetime,
        operation_fault: Document | None,
    ) -> Response:
        route, parameters = self._route(method, path)
        api_version = query.get("api-version")
        if not api_version:
            raise errors.api_version_missing()
        subscription = self._subscription(path)
        self._check_api_version(route.type, api_version, path)
        self._authorize(principal, route, path)
        self._check_resource_group(route, method, path)
        if subscription is not None:
            self._check_registration(route.type.namespace, subscription)

        def send(method: str, path: str, api_version: str, body: Document) -> Response:
            text = json.dumps(body).encode()
            return self._answer(method, path, {"api-version": api_version}, principal, text, origin, now, None)

        request = Request(
            store=self._store,
            lifecycle=self._lifecycle,
            routes=self.routes,
            type=route.type,
            path=route.resource_path(path.rstrip("/")),
            parameters=parameters,
            query=query,
            body=self._body(route, path, body),
            principal=principal,
            origin=origin,
            now=now,
            send=send,
            operation_fault=operation_fault,
        )
        response = route.handler(request)
        return replace(response, body=None) if method == "HEAD" else response

    def _route(self, method: str, path: str) -> tuple[Route, Mapping[str, str]]:
        return self.find("GET" if method == "HEAD" and not self._has_head(path) else method, path)

    def _body(self, route: Route, path: str, body: bytes) -> dict[str, Any]:
        if route.shape is None:
            return {}
        existing = self._store.resource(path) if route.method == "PUT" else None
        return read_body(body, route.shape, "ResourceDefinition", shown(existing) if existing else {})

    def _has_head(self, path: str) -> bool:
        return any(route.method == "HEAD" and route.pattern.fullmatch(path) for route in self.routes)

    def _subscription(self, path: str) -> Resource | None:
        name = subscription_of(path)
        if not name:
            return None
        try:
            uuid.UUID(name)
        except ValueError:
            raise errors.subscription_id_invalid(name) from None
        subscription = self._store.resource(f"/subscriptions/{name}")
        if subscription is None:
            raise errors.subscription_not_found(name)
        return subscription

    def _check_api_version(self, resource_type: ResourceType, api_version: str, path: str) -> None:
        if api_version.lower() in resource_type.api_versions:
            return
        raise errors.api_version_unsupported(
            resource_type.name, api_version, resource_type.api_versions, self.location(path), resource_type.locations
        )

    def _authorize(self, principal: Principal, route: Route, path: str) -> None:
        named = route.pattern.fullmatch(path)
        scope, action = route.scope(path), route.authorized_action.format_map(named.groupdict() if named else {})
        # Without a scope it is a list of what the principal can see, and the handler filters.
        if scope and not route.is_operation and not access.is_allowed(self._store, principal, action, scope):
            raise errors.authorization_failed(principal.client_id or principal.name, principal.id, action, scope)

    def _check_resource_group(self, route: Route, method: str, path: str) -> None:
        name = resource_group_of(path)
        if not name or route.type.name == "Microsoft.Resources/resourceGroups":
            return
        group = self._store.resource(resource_group_id_of(path))
        if group is None:
            raise errors.resource_group_not_found(name)
        changing = method in ("PUT", "PATCH") or (method == "POST" and type_of(path).count("/") == 1)
        if changing and group.properties["provisioningState"] == "Deleting":
            raise errors.resource_group_being_deleted(group.name)

    def _check_registration(self, namespace: str, subscription: Resource) -> None:
        registered = (*ALWAYS_REGISTERED, *(item.lower() for item in subscription.private["registered"]))
        if namespace.lower() not in registered:
            raise errors.subscription_not_registered(namespace)


def _skeleton(path: str) -> str:
    """A path with a placeholder for each name, so that ids do not decide what is near."""
    words = [part for part in path.lower().split("/") if part]
    start = words.index("providers") + 2 if "providers" in words else len(words)
    return "/".join(
        "*"
        if part.startswith("{")
        or (index and words[index - 1] in ("subscriptions", "resourcegroups"))
        or (index > start and (index - start) % 2)
        else part
        for index, part in enumerate(words)
    )
