"""Microsoft.Resources: Azure subscriptions, locations, resource providers, resource groups, lists of resources."""

import re
from dataclasses import replace
from datetime import datetime

from emulator.arm import errors
from emulator.arm.api import ALWAYS_REGISTERED, Request, ResourceType, Response, Route, page, shown, wait_headers
from emulator.arm.authorization import put_role_assignment
from emulator.arm.errors import ArmError
from emulator.arm.key_vault import VAULTS, soft_delete_vault
from emulator.arm.locations import DISPLAY_NAMES
from emulator.arm.operational_insights import WORKSPACES as LOG_ANALYTICS
from emulator.arm.operational_insights import soft_delete_log_analytics
from emulator.arm.shapes import TAGS
from emulator.arm.workspaces import WORKSPACES, soft_delete_workspace
from emulator.identity import access
from emulator.identity.directory import DEPLOYER_OBJECT_ID, SUBSCRIPTION_ID, TENANT_ID
from emulator.lifecycle import Effect
from emulator.resource_id import resource_group_of
from emulator.store import Document, Operation, Resource, Store

VERSIONS = (
    "2014-04-01",
    "2016-02-01",
    "2016-06-01",
    "2018-05-01",
    "2019-05-01",
    "2019-05-10",
    "2019-06-01",
    "2019-10-01",
    "2019-11-01",
    "2020-01-01",
    "2020-06-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-01-01",
    "2022-09-01",
    "2022-12-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
    "2026-06-01",
)
SUBSCRIPTIONS = ResourceType("Microsoft.Resources/subscriptions", VERSIONS)
PROVIDERS = ResourceType("Microsoft.Resources/subscriptions/providers", VERSIONS)
RESOURCES = ResourceType("Microsoft.Resources/subscriptions/resources", VERSIONS)
RESOURCE_GROUPS = ResourceType("Microsoft.Resources/resourceGroups", VERSIONS)

NAMESPACES = (
    "Microsoft.Authorization",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.MachineLearningServices",
    "Microsoft.OperationalInsights",
    "Microsoft.Resources",
    "Microsoft.SaaS",
    "Microsoft.Storage",
)

_GROUP_NAME = re.compile(r"[-\w.()]{1,90}")


# Azure subscriptions and locations


def add_subscription(
    store: Store,
    now: datetime,
    subscription_id: str = SUBSCRIPTION_ID,
    *,
    name: str = "azure-mistral emulator",
    quota_id: str = "PayAsYouGo_2014-09-01",
    country: str = "US",
    marketplace_allowed: bool = True,
    payment_method: bool = True,
    registered: tuple[str, ...] = NAMESPACES,
) -> Resource:
    """Add an Azure subscription, or change one, with the deployer as its owner.

    `quota_id` is what Azure's `subscriptionPolicies.quotaId` shows (FreeTrial_2014-09-01, CSP_2015-05-01, ...); with
    `country`, `marketplace_allowed` (the enrolment's policy) and `payment_method` it decides what can be bought.
    """
    subscription = store.put(
        Resource(
            f"/subscriptions/{subscription_id}",
            SUBSCRIPTIONS.name,
            {
                "subscriptionId": subscription_id,
                "tenantId": TENANT_ID,
                "displayName": name,
                "state": "Enabled",
                "authorizationSource": "RoleBased",
                "managedByTenants": [],
                "subscriptionPolicies": {
                    "locationPlacementId": "Public_2014-09-01",
                    "quotaId": quota_id,
                    "spendingLimit": "On" if quota_id.startswith(("FreeTrial", "MSDN", "AzureForStudents")) else "Off",
                },
            },
            {
                "given": True,
                "country": country,
                "marketplaceAllowed": marketplace_allowed,
                "paymentMethod": payment_method,
                "registered": list(registered),
            },
        )
    )
    owner = next(item for item in access.ROLE_DEFINITIONS if item.name == "Owner")
    put_role_assignment(store, subscription.id, owner.id, DEPLOYER_OBJECT_ID, "ServicePrincipal", now, given=True)
    return subscription


def _subscription_shown(subscription: Resource) -> Document:
    return {"id": subscription.id, **subscription.document}


def list_subscriptions(request: Request) -> Response:
    """Those in which the principal may read something."""
    visible = [
        _subscription_shown(item)
        for item in request.store.resources(SUBSCRIPTIONS.name)
        if access.is_allowed(request.store, request.principal, "Microsoft.Resources/subscriptions/read", item.id)
    ]
    return Response(200, {"value": visible, "count": {"type": "Total", "value": len(visible)}})


def get_subscription(request: Request) -> Response:
    """One Azure subscription."""
    return Response(200, _subscription_shown(request.existing()))


def list_locations(request: Request) -> Response:
    """Every location; all are physical ones here."""
    subscription = request.parameters["subscription"]
    return page(
        [
            {
                "id": f"/subscriptions/{subscription}/locations/{name}",
                "name": name,
                "type": "Region",
                "displayName": display_name,
                "regionalDisplayName": display_name,
                "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
            }
            for name, display_name in DISPLAY_NAMES.items()
        ]
    )


def list_tenants(request: Request) -> Response:  # noqa: ARG001
    """The one tenant."""
    return page([{"id": f"/tenants/{TENANT_ID}", "tenantId": TENANT_ID, "tenantCategory": "Home"}])


# Resource providers


def list_providers(request: Request) -> Response:
    """Every resource provider that the emulator has."""
    return page([_provider(request, namespace) for namespace in NAMESPACES])


def get_provider(request: Request) -> Response:
    """One resource provider, with its types and API versions."""
    return Response(200, _provider(request, _namespace(request)))


def register_provider(request: Request) -> Response:
    """Registration takes a moment in Azure; here the next GET says Registered."""
    return _set_registration(request, registered=True)


def unregister_provider(request: Request) -> Response:
    """The inverse; requests to the namespace are refused from now on."""
    namespace = _namespace(request)
    if namespace.lower() in ALWAYS_REGISTERED:
        raise ArmError(
            409, "ResourceProviderUnregistrationFailed", f"The resource provider '{namespace}' cannot be unregistered."
        )
    return _set_registration(request, registered=False)


def _set_registration(request: Request, *, registered: bool) -> Response:
    namespace = _namespace(request)
    subscription = _subscription(request)
    others = [item for item in subscription.private["registered"] if item.lower() != namespace.lower()]
    changed = [*others, namespace] if registered else others
    was_registered = _provider(request, namespace)["registrationState"] == "Registered"
    request.store.put(replace(subscription, private=subscription.private | {"registered": changed}))
    state = "Registered" if registered and was_registered else ("Registering" if registered else "Unregistering")
    return Response(200, _provider(request, namespace) | {"registrationState": state})


def _subscription(request: Request) -> Resource:
    subscription = request.store.resource(f"/subscriptions/{request.subscription}")
    if subscription is None:
        raise errors.subscription_not_found(request.subscription)
    return subscription


def _namespace(request: Request) -> str:
    given = request.parameters["namespace"]
    for namespace in NAMESPACES:
        if namespace.lower() == given.lower():
            return namespace
    raise ArmError(404, "InvalidResourceNamespace", f"The resource namespace '{given}' is invalid.")


def _provider(request: Request, namespace: str) -> Document:
    subscription = _subscription(request)
    registered = {*ALWAYS_REGISTERED, *(item.lower() for item in subscription.private["registered"])}
    types = {route.type.name: route.type for route in request.routes if route.type.namespace == namespace}
    return {
        "id": f"{subscription.id}/providers/{namespace}",
        "namespace": namespace,
        "resourceTypes": [
            {
                "resourceType": name.split("/", 1)[1],
                # "global", where Microsoft.SaaS is, is no location with a name of its own.
                "locations": [DISPLAY_NAMES.get(location, location) for location in kind.locations],
                "apiVersions": sorted(kind.api_versions, reverse=True),
                "capabilities": "None",
            }
            for name, kind in types.items()
        ],
        "registrationState": "Registered" if namespace.lower() in registered else "NotRegistered",
        "registrationPolicy": (
            "RegistrationFree" if namespace.lower() in ALWAYS_REGISTERED else "RegistrationRequired"
        ),
    }


# Resource groups


def put_resource_group(request: Request) -> Response:
    """Create or change a resource group."""
    existing = request.store.resource(request.path)
    if existing is not None and existing.properties["provisioningState"] == "Deleting":
        raise errors.resource_group_being_deleted(existing.name)
    _check_group_name(request.resource_group)
    location = request.location(existing)
    document: Document = {"location": location}
    if request.body.get("tags") is not None:
        document["tags"] = request.body["tags"]
    if request.body.get("managedBy"):
        document["managedBy"] = request.body["managedBy"]
    document["properties"] = {"provisioningState": "Succeeded"}
    group_id = (
        existing.id if existing else f"/subscriptions/{request.subscription}/resourceGroups/{request.resource_group}"
    )
    group = request.store.put(Resource(group_id, RESOURCE_GROUPS.name, document))
    return Response(200 if existing else 201, shown(group))


def _check_group_name(name: str) -> None:
    if _GROUP_NAME.fullmatch(name) and not name.endswith("."):
        return
    if len(name) > 90:
        raise ArmError(
            400,
            "InvalidResourceGroup",
            f"The provided resource group name '{name}' has length {len(name)} which exceeds the maximum of 90.",
        )
    invalid = "".join(dict.fromkeys(re.sub(r"[-\w.()]", "", name))) or "."
    raise ArmError(
        400,
        "InvalidResourceGroup",
        f"The provided resource group name '{name}' has these invalid characters: '{invalid}'."
        " The name can only be a letter, digit, '-', '.', '(', ')' or '_'.",
    )


def patch_resource_group(request: Request) -> Response:
    """Change tags or managedBy."""
    group = _existing_group(request)
    changes = {name: request.body[name] for name in ("tags", "managedBy") if request.body.get(name) is not None}
    return Response(200, shown(request.store.put(replace(group, document=group.document | changes))))


def get_resource_group(request: Request) -> Response:
    """One resource group."""
    return Response(200, shown(_existing_group(request)))


def head_resource_group(request: Request) -> Response:
    """204 if it exists, else 404; neither has a body."""
    return Response(204 if request.store.resource(request.path) else 404)


def list_resource_groups(request: Request) -> Response:
    """The resource groups of an Azure subscription, optionally with a tag."""
    groups = request.store.resources(RESOURCE_GROUPS.name, under=f"/subscriptions/{request.subscription}")
    return page([shown(group) for group in _filtered(request, groups)])


def delete_resource_group(request: Request) -> Response:
    """Accept the deletion; when it ends, everything inside is gone, what can be soft-deleted is soft-deleted."""
    group = _existing_group(request)
    operation = request.lifecycle.running(group.id)
    if operation is None:
        request.lifecycle.abandon(group.id)
        request.store.put(group.with_properties(provisioningState="Deleting"))
        operation = request.start(group, "delete")
    # Azure's tokens in this URL are opaque; the id of the operation is what ours holds.
    location = request.url(f"/subscriptions/{request.subscription}/operationresults/{operation.id}")
    return Response(202, None, {"Location": location, **wait_headers(operation.retry_after)})


def _existing_group(request: Request) -> Resource:
    group = request.store.resource(request.path)
    if group is None:
        raise errors.resource_group_not_found(request.resource_group)
    return group


def get_operation_result(request: Request) -> Response:
    """Where a client waits for the end of a deletion: 202 until it has ended, then 200."""
    operation = request.store.operation(request.parameters["operation"])
    if operation is None or not operation.type.startswith("Microsoft.Resources/"):
        raise ArmError(404, "NotFound", f"The operation '{request.parameters['operation']}' was not found.")
    operation = request.lifecycle.poll(operation)
    if operation.status == "InProgress":
        return Response(202, None, {"Location": request.url(request.path), **wait_headers(operation.retry_after)})
    if operation.error:
        raise ArmError(409, operation.error["code"], operation.error["message"])
    return Response(200)


def _delete_group(store: Store, operation: Operation, now: datetime) -> None:
    group = store.resource(operation.resource_id)
    if group is None:
        return
    if operation.error:
        store.put(group.with_properties(provisioningState="Failed"))
        return
    for workspace in store.resources(WORKSPACES.name, under=group.id):
        soft_delete_workspace(store, workspace, now)
    for vault in store.resources(VAULTS.name, under=group.id):
        soft_delete_vault(store, vault, now)
    for log_analytics in store.resources(LOG_ANALYTICS.name, under=group.id):
        soft_delete_log_analytics(store, log_analytics, now)
    store.remove(group.id)


# All resources

_FILTER = re.compile(r"(resourceType|name|location|tagName|tagValue)\s+eq\s+'([^']*)'", re.IGNORECASE)


def list_resources(request: Request) -> Response:
    """What is in an Azure subscription or resource group, as `az resource list` shows it: tracked resources only."""
    under = request.path.rsplit("/resources", 1)[0]
    tracked = [
        item
        for item in request.store.resources(under=under)
        if "location" in item.document and item.type != RESOURCE_GROUPS.name and resource_group_of(item.id)
    ]
    shown_members = ("kind", "location", "tags", "sku", "identity", "plan", "managedBy")
    return page(
        [
            {"id": item.id, "name": item.name, "type": item.type}
            | {name: item.document[name] for name in shown_members if item.document.get(name) is not None}
            for item in _filtered(request, tracked)
        ]
    )


def _filtered(request: Request, resources: list[Resource]) -> list[Resource]:
    expression = request.query.get("$filter", "").strip()
    if not expression:
        return resources
    conditions = [_FILTER.fullmatch(part.strip()) for part in re.split(r"\s+and\s+", expression, flags=re.IGNORECASE)]
    for condition in conditions:
        if condition is None:
            raise errors.not_implemented(
                f"The emulator does not implement $filter={expression}. It implements resourceType, name, location,"
                " tagName and tagValue, compared with eq and joined with and."
            )
        name, value = condition[1].lower(), condition[2].lower()
        resources = [item for item in resources if value in _filterable(item, name)]
    return resources


def _filterable(resource: Resource, name: str) -> list[str]:
    tags: dict[str, str] = resource.document.get("tags") or {}
    values = {
        "resourcetype": [resource.type],
        "name": [resource.name],
        "location": [resource.document["location"]],
        "tagname": list(tags),
        "tagvalue": list(tags.values()),
    }
    return [value.lower() for value in values[name]]


EFFECTS: dict[tuple[str, str], Effect] = {(RESOURCE_GROUPS.name, "delete"): _delete_group}

_GROUP_SHAPE = {"id": str, "name": str, "type": str, "location": str, "tags": TAGS, "managedBy": str, "properties": {}}
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"
_PROVIDER = "/subscriptions/{subscription}/providers/{namespace}"
_GROUP_ACTION = "Microsoft.Resources/subscriptions/resourceGroups"

ROUTES = (
    Route("GET", "/tenants", SUBSCRIPTIONS, list_tenants),
    Route("GET", "/subscriptions", SUBSCRIPTIONS, list_subscriptions),
    Route("GET", "/subscriptions/{subscription}", SUBSCRIPTIONS, get_subscription),
    Route("GET", "/subscriptions/{subscription}/locations", SUBSCRIPTIONS, list_locations),
    Route("GET", "/subscriptions/{subscription}/providers", PROVIDERS, list_providers),
    Route("GET", _PROVIDER, PROVIDERS, get_provider),
    Route("POST", f"{_PROVIDER}/register", PROVIDERS, register_provider, action="{namespace}/register/action"),
    Route("POST", f"{_PROVIDER}/unregister", PROVIDERS, unregister_provider, action="{namespace}/unregister/action"),
    Route("GET", "/subscriptions/{subscription}/resources", RESOURCES, list_resources),
    Route("GET", f"{_GROUP}/resources", RESOURCES, list_resources),
    Route(
        "GET",
        "/subscriptions/{subscription}/resourceGroups",
        RESOURCE_GROUPS,
        list_resource_groups,
        action=f"{_GROUP_ACTION}/read",
    ),
    Route("PUT", _GROUP, RESOURCE_GROUPS, put_resource_group, _GROUP_SHAPE, f"{_GROUP_ACTION}/write"),
    Route("PATCH", _GROUP, RESOURCE_GROUPS, patch_resource_group, _GROUP_SHAPE, f"{_GROUP_ACTION}/write"),
    Route("GET", _GROUP, RESOURCE_GROUPS, get_resource_group, action=f"{_GROUP_ACTION}/read"),
    Route("HEAD", _GROUP, RESOURCE_GROUPS, head_resource_group, action=f"{_GROUP_ACTION}/read"),
    Route("DELETE", _GROUP, RESOURCE_GROUPS, delete_resource_group, action=f"{_GROUP_ACTION}/delete"),
    Route(
        "GET",
        "/subscriptions/{subscription}/operationresults/{operation}",
        RESOURCE_GROUPS,
        get_operation_result,
        is_operation=True,
    ),
)
