"""Serverless deployments in an Azure Machine Learning workspace: Marketplace subscriptions and serverless endpoints.

Also the Microsoft.SaaS resource for cost tracking that appears and goes with a Marketplace subscription. Shapes:
azure-rest-api-specs, stable/2024-10-01/mfe.json; behaviour: azure-ai-docs, deploy-models-serverless.md, and the threads
named below. The bodies of endpoints and subscriptions come from nowhere but the request and models.toml.
"""

import re
import uuid
from dataclasses import replace
from datetime import date, datetime

from emulator.arm.api import (
    Request,
    ResourceType,
    Response,
    Route,
    get_resource,
    list_children,
    list_in_scope,
    shown,
    wait_headers,
)
from emulator.arm.errors import ArmError, content_invalid
from emulator.arm.locations import DISPLAY_NAMES
from emulator.arm.machine_learning import (
    NAMESPACE,
    SERVERLESS_VERSIONS,
    check_idle,
    check_member,
    get_settling,
    keys_shown,
    location_in_workspace,
    new_key,
    operation_headers,
    user_error,
    with_regenerated_key,
)
from emulator.arm.models import REGISTRY, Model, market, parse_model_id
from emulator.arm.shapes import IDENTITY, SKU, TAGS, TRACKED
from emulator.inference.deployment import Deployment
from emulator.lifecycle import Effect, settle, vanish
from emulator.resource_id import key, parent_of, resource_group_id_of
from emulator.store import Document, Operation, Resource, Store

MARKETPLACE_SUBSCRIPTIONS = ResourceType(f"{NAMESPACE}/workspaces/marketplaceSubscriptions", SERVERLESS_VERSIONS)
SERVERLESS_ENDPOINTS = ResourceType(
    f"{NAMESPACE}/workspaces/serverlessEndpoints", ("2023-08-01-preview", *SERVERLESS_VERSIONS)
)
SAAS_RESOURCES = ResourceType("Microsoft.SaaS/resources", ("2018-03-01-beta",), ("global",))

PUBLISHER = "000-000"
"""The publisher id that Azure's messages show (pulumi/pulumi-azure-native#3687)."""

# Letters, digits and hyphens, 3 to 32, starting with a letter: what the studio asks for. ARM's own rule is not known.
_ENDPOINT_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")

_KEYLESS_MODES_SINCE = "2025-12-01"
"""2024-10-01 knows authMode Key only, 2025-12-01 also AAD and KeyAndAAD. Where between them they came is not known."""


# Marketplace subscriptions


def put_subscription(request: Request) -> Response:
    """Subscribe the workspace to a model's offer: 201 and an operation; 200 when it is subscribed already."""
    workspace = request.parent()
    model_id = (request.body.get("properties") or {}).get("modelId")
    if not model_id:
        raise content_invalid("Required property 'modelId' not found in JSON. Path 'properties'.")
    existing = request.store.resource(request.path)
    if existing is not None and key(existing.properties["modelId"]) != key(model_id):
        # Invented: the wording. A subscription is to one offer; the API has no way to move it to another.
        raise user_error("The modelId of a marketplace subscription cannot be changed.", "BadArgument")
    check_idle(request, existing)
    if existing is not None and existing.properties["provisioningState"] == "Succeeded":
        return Response(200, shown(existing))
    model = _offered_model(model_id)
    _check_can_be_deployed(model, model_id, request.now.date(), workspace.document["location"])
    _check_one_subscription(request, workspace, model)
    _check_eligibility(request, model)
    subscription = request.store.put(
        Resource(
            request.id,
            MARKETPLACE_SUBSCRIPTIONS.name,
            {
                "systemData": request.system_data(existing),
                "properties": {
                    "modelId": model_id,
                    "marketplacePlan": {"publisherId": PUBLISHER, "offerId": model.offer, "planId": model.plan},
                    "marketplaceSubscriptionStatus": "Unsubscribed",
                    "provisioningState": "Creating",
                },
            },
        )
    )
    operation = request.start(subscription, "create")
    headers = operation_headers(request, operation, workspace.document["location"], "Azure-AsyncOperation")
    return Response(201, shown(subscription), headers)


def delete_subscription(request: Request) -> Response:
    """Unsubscribe: 202 and an operation, 204 if there is none. Endpoints of the model stop working when it ends."""
    subscription = request.store.resource(request.path)
    if subscription is None:
        return Response(204)
    check_idle(request, subscription)
    subscription = request.store.put(subscription.with_properties(provisioningState="Deleting"))
    operation = request.start(subscription, "delete")
    location = request.parent().document["location"]
    return Response(202, None, operation_headers(request, operation, location, "Location"))


def _end_subscribe(store: Store, operation: Operation, now: datetime) -> None:
    settle(store, operation, now)
    subscription = store.resource(operation.resource_id)
    if subscription is None or operation.error:
        return
    store.put(subscription.with_properties(marketplaceSubscriptionStatus="Subscribed"))
    plan = subscription.properties["marketplacePlan"]
    # Invented: the resource's name and properties. That it exists, and of which type, is documented.
    name = f"{plan['offerId']}-{uuid.uuid5(uuid.NAMESPACE_URL, key(subscription.id)).hex[:8]}"
    store.put(
        Resource(
            f"{resource_group_id_of(subscription.id)}/providers/{SAAS_RESOURCES.name}/{name}",
            SAAS_RESOURCES.name,
            {
                "location": "global",
                "properties": {
                    "saasResourceName": name,
                    "publisherId": plan["publisherId"],
                    "productId": plan["offerId"],
                    "skuId": plan["planId"],
                    "status": "Subscribed",
                    "created": now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
                },
            },
            {"marketplaceSubscription": key(subscription.id)},
        )
    )
    for endpoint in _endpoints_of(store, subscription):
        if endpoint.properties["endpointState"] == "Suspended":
            store.put(endpoint.with_properties(endpointState="Online", marketplaceSubscriptionId=subscription.id))


def _end_unsubscribe(store: Store, operation: Operation, now: datetime) -> None:
    subscription = store.resource(operation.resource_id)
    if subscription is None or operation.error:
        settle(store, operation, now)
        return
    # The documentation and the studio call them Unhealthy; of endpointState's values Suspended is what they mean.
    for endpoint in _endpoints_of(store, subscription):
        if endpoint.properties["endpointState"] == "Online":
            store.put(endpoint.with_properties(endpointState="Suspended"))
    remove_saas_resources(store, subscription)
    store.remove(subscription.id)


def remove_saas_resources(store: Store, scope: Resource) -> None:
    """Remove the SaaS resources of the Marketplace subscriptions at or below a resource."""
    for saas in store.resources(SAAS_RESOURCES.name, under=resource_group_id_of(scope.id)):
        if f"{saas.private['marketplaceSubscription']}/".startswith(f"{key(scope.id)}/"):
            store.remove(saas.id)


def _endpoints_of(store: Store, subscription: Resource) -> list[Resource]:
    workspace = parent_of(subscription.id)
    return [
        item
        for item in store.resources(SERVERLESS_ENDPOINTS.name, under=workspace)
        if key(item.properties["modelSettings"]["modelId"]) == key(subscription.properties["modelId"])
    ]


# Serverless endpoints


def put_endpoint(request: Request) -> Response:
    """Create (201 and an operation) or change (200, settling) an endpoint."""
    workspace = request.parent()
    name = request.parameters["endpoint"]
    if not _ENDPOINT_NAME.fullmatch(name):
        # Invented: the wording.
        raise user_error(
            f"Serverless endpoint name '{name}' is invalid. It must be between 3 and 32 characters long, start with a"
            " letter, end with a letter or digit, and contain only letters, digits and hyphens.",
            "BadArgument",
        )
    existing = request.store.resource(request.path)
    location = location_in_workspace(request, existing, workspace, "A serverless endpoint")
    check_idle(request, existing)
    given = request.body.get("properties") or {}
    _check_offer_style(given)
    auth_mode = _auth_mode(request, given)
    model_id = (given.get("modelSettings") or {}).get("modelId")
    if not model_id:
        raise content_invalid("Required property 'modelId' not found in JSON. Path 'properties.modelSettings'.")
    is_new = existing is None or existing.properties["provisioningState"] == "Failed"
    if existing is not None and key(existing.properties["modelSettings"]["modelId"]) != key(model_id):
        # The specification marks nothing as immutable, so a client may try. Invented: that Azure refuses it, because an
        # endpoint is bound to one Marketplace subscription, and the wording. The strict reading is the safe one for an
        # emulator: a program that replaces the endpoint works either way.
        raise user_error("The modelId of a serverless endpoint cannot be changed.", "BadArgument")
    subscription_id = None
    if existing is None or is_new:
        model = _offered_model(model_id)
        _check_can_be_deployed(model, model_id, request.now.date(), location)
        _check_name_is_free(request, name, location)
        _check_one_endpoint(request, workspace, model_id)
        subscription_id = _subscribed(request, workspace, model_id).id
    safety = (given.get("contentSafety") or {}).get("contentSafetyStatus") or "Enabled"
    check_member("contentSafetyStatus", safety, ("Enabled", "Disabled"))
    before = existing.properties if existing else {}
    document: Document = {
        "location": location,
        "tags": request.body.get("tags") or {},
        "sku": {name: value for name, value in (request.body.get("sku") or {"name": "Consumption"}).items() if value},
        "systemData": request.system_data(existing),
        "properties": {
            "authMode": auth_mode,
            "modelSettings": {"modelId": model_id},
            "contentSafety": {"contentSafetyStatus": safety},
            "endpointState": "Creating" if is_new else before["endpointState"],
            "provisioningState": "Creating" if is_new else "Updating",
            "marketplaceSubscriptionId": subscription_id or before["marketplaceSubscriptionId"],
            # Nothing but its path depends on the server, whose port is kept with this state.
            "inferenceEndpoint": {"uri": f"{request.origin}/serverless/{location}/{name}", "headers": {}},
        },
    }
    document |= {name: request.body[name] for name in ("kind", "identity") if request.body.get(name)}
    private = existing.private if existing else {"keys": [new_key(), new_key()]}
    endpoint = request.store.put(Resource(request.id, SERVERLESS_ENDPOINTS.name, document, private))
    operation = request.start(endpoint, "create" if is_new else "update")
    if not is_new:
        return Response(200, shown(endpoint), wait_headers(operation.retry_after))
    return Response(201, shown(endpoint), operation_headers(request, operation, location, "Azure-AsyncOperation"))


def patch_endpoint(request: Request) -> Response:
    """Change tags, identity and sku; the API's PATCH has no properties."""
    endpoint = request.existing()
    check_idle(request, endpoint)
    changes = {name: request.body[name] for name in ("tags", "identity", "sku") if request.body.get(name) is not None}
    changes["systemData"] = request.system_data(endpoint)
    return Response(200, shown(request.store.put(replace(endpoint, document=endpoint.document | changes))))


def delete_endpoint(request: Request) -> Response:
    """202 and an operation, 204 if there is none."""
    endpoint = request.store.resource(request.path)
    if endpoint is None:
        return Response(204)
    check_idle(request, endpoint)
    endpoint = request.store.put(endpoint.with_properties(provisioningState="Deleting", endpointState="Deleting"))
    operation = request.start(endpoint, "delete")
    location = endpoint.document["location"]
    return Response(202, None, operation_headers(request, operation, location, "Azure-AsyncOperation", "Location"))


def list_keys(request: Request) -> Response:
    """Both inference keys, in modes that have keys."""
    return Response(200, keys_shown(_endpoint_with_keys(request, "list")))


def regenerate_keys(request: Request) -> Response:
    """Replace one key at once; the keys are at Location."""
    endpoint = request.store.put(with_regenerated_key(request, _endpoint_with_keys(request, "regenerate")))
    operation = request.start(endpoint, "action", result=keys_shown(endpoint))
    return Response(202, None, operation_headers(request, operation, endpoint.document["location"], "Location"))


def _endpoint_with_keys(request: Request, what: str) -> Resource:
    endpoint = request.existing()
    if endpoint.properties["authMode"] == "AAD":
        # "Failed to list key" is how Azure's AI services start this refusal (Azure Verified Modules tests for it); the
        # rest is Invented.
        raise user_error(f"Failed to {what} key. authMode of the endpoint is AAD.", code="BadRequest")
    if endpoint.properties["endpointState"] == "Creating":
        # Invented: nobody has written down what Azure answers before an endpoint is online.
        raise user_error(f"Failed to {what} key. The endpoint is being created.", status=409, code="Conflict")
    return endpoint


def _end_create(store: Store, operation: Operation, now: datetime) -> None:
    settle(store, operation, now)
    endpoint = store.resource(operation.resource_id)
    if endpoint is not None:
        store.put(endpoint.with_properties(endpointState="CreationFailed" if operation.error else "Online"))


def _end_delete(store: Store, operation: Operation, now: datetime) -> None:
    vanish(store, operation, now)
    endpoint = store.resource(operation.resource_id)
    if endpoint is not None:
        store.put(endpoint.with_properties(endpointState="DeletionFailed"))


def _end_regenerate(store: Store, operation: Operation, now: datetime) -> None:
    """The keys changed when it was asked; nothing of the endpoint settles."""


def deployment(store: Store, location: str, name: str, today: date) -> Deployment | None:
    """The endpoint that answers inference at this location and name; None also once its model is retired."""
    for endpoint in store.resources(SERVERLESS_ENDPOINTS.name):
        properties = endpoint.properties
        if key(endpoint.name) != key(name) or endpoint.document["location"] != location.lower():
            continue
        model_id = parse_model_id(properties["modelSettings"]["modelId"])
        model = market().model(model_id.name) if model_id else None
        if model is None or (model.retired is not None and model.retired <= today):
            return None
        return Deployment(
            name=endpoint.name,
            location=endpoint.document["location"],
            model=model.name,
            auth_mode=properties["authMode"],
            keys=None
            if properties["authMode"] == "AAD"
            else (endpoint.private["keys"][0], endpoint.private["keys"][1]),
            state=properties["endpointState"],
            content_safety=properties["contentSafety"]["contentSafetyStatus"] == "Enabled",
        )
    return None


def endpoint_id(store: Store, location: str, name: str) -> str | None:
    """The resource id of the endpoint at this location and name."""
    for endpoint in store.resources(SERVERLESS_ENDPOINTS.name):
        if key(endpoint.name) == key(name) and endpoint.document["location"] == location.lower():
            return endpoint.id
    return None


# Rules that both types share


def _offered_model(model_id: str) -> Model:
    parsed = parse_model_id(model_id)
    if parsed is None:
        # Invented: the wording.
        raise user_error(f"The model id '{model_id}' is invalid. Expected {REGISTRY}<model name>.", "BadArgument")
    if parsed.version is not None:
        # Invented: the wording. azure-ai-ml refuses it with nearly these words before it sends anything.
        raise user_error(
            f"The model id '{model_id}' points to a specific model version, which is not supported for serverless"
            f" endpoints. Use {REGISTRY}{parsed.name}.",
            "BadArgument",
        )
    if parsed.registry.lower() == "azureml":
        # Azure/azureml-assets#4017: models that are not sold through the Marketplace have no mapping to an offer.
        raise user_error(f"Model mapping properties not found for modelId: '{model_id}' publisherId:", "NotFound")
    model = market().model(parsed.name) if f"azureml://registries/{parsed.registry}/models/" == REGISTRY else None
    if model is None:
        raise _model_not_available(model_id)
    return model


def _model_not_available(model_id: str) -> ArmError:
    # The sentence of alchemy-run/distilled's error table, for subscription and endpoint alike.
    return user_error(f"The requested model {model_id} is not available.", "BadArgument", "ServerlessModelNotAvailable")


def _check_can_be_deployed(model: Model, model_id: str, today: date, location: str) -> None:
    if not model.can_be_deployed(today):
        raise _model_not_available(model_id)
    if location not in model.locations:
        # Azure/terraform-provider-azapi#662
        raise user_error(
            f"The requested model {model_id} is not available in region {DISPLAY_NAMES[location]}.",
            "BadArgument",
            "ServerlessModelNotAvailableInRegion",
        )


# Rules for Marketplace subscriptions


def _check_one_subscription(request: Request, workspace: Resource, model: Model) -> None:
    for other in request.store.resources(MARKETPLACE_SUBSCRIPTIONS.name, under=workspace.id):
        same = other.properties["marketplacePlan"]["offerId"] == model.offer
        if same and key(other.id) != key(request.path):
            # Invented: status and wording.
            raise user_error(
                f"The workspace already has a marketplace subscription to offer '{model.offer}': {other.name}.",
                status=409,
                code="Conflict",
            )


def _check_eligibility(request: Request, model: Model) -> None:
    """Whether the Azure subscription can buy from the Marketplace.

    The messages in brackets are quoted in microsoft/microsoft-foundry-for-vscode#280 (enrolment),
    microsoft/foundry-dev-tools#440 (payment method) and, for free subscriptions, in public issue logs.
    """
    subscription = request.store.resource(f"/subscriptions/{request.subscription}")
    if subscription is None:
        return
    quota_id = str(subscription.document["subscriptionPolicies"]["quotaId"]).split("_")[0]
    reason = None
    if quota_id in market().refused_quota_ids:
        # Quoted for free trials. Invented: that the other refused offers are answered in the same words.
        reason = (
            f"The plan '{model.plan}' can't be purchased using a free subscription. Please select a different"
            " subscription and try again."
        )
    elif not subscription.private["marketplaceAllowed"]:
        reason = (
            "Cannot complete purchase as your enrollment for this subscription doesn't allow purchase of marketplace"
            " products. Your Azure enrollment administrator can enable purchase of paid marketplace products. for"
            f" details, see https://go.microsoft.com/fwlink/?linkid=2297238. Correlation Id: '{uuid.uuid4()}'."
        )
    elif not subscription.private["paymentMethod"]:
        reason = (
            "Purchase failed because there is no valid payment method associated with this Azure subscription. Please"
            " retry using a subscription that has an active payment instrument. Learn more:"
            " https://aka.ms/SaaSPurchaseErrors"
        )
    if reason is not None:
        raise user_error(
            "Error occurred when subscribing to Marketplace: Marketplace Subscription purchase eligibility check"
            f" failed, error message [{reason}]."
        )
    country = subscription.private["country"]
    if country not in market().countries:
        # MicrosoftDocs/azure-docs#120449
        raise user_error(f"AvailabilityNotInRegion: Product is not available in region: {country}.")


# Rules for endpoints


def _check_offer_style(given: Document) -> None:
    offer = given.get("offer")
    if offer is not None:
        # The form of 2023-08-01-preview, whose offers are gone (pulumi/pulumi-azure-native#3687).
        raise user_error(
            f"Serverless offer '{offer.get('offerName')}' not found in service namespace '{PUBLISHER}'.",
            "NotFound",
            "ServerlessOfferNotFound",
            status=404,
        )


def _auth_mode(request: Request, given: Document) -> str:
    # Required, says the specification; azure-ai-ml 1.35.2 never sends it and works, so its absence has to mean Key.
    mode = given.get("authMode") or "Key"
    modes = ("Key", "AAD", "KeyAndAAD") if request.api_version >= _KEYLESS_MODES_SINCE else ("Key",)
    check_member("authMode", mode, modes)
    return str(mode)


def _check_name_is_free(request: Request, name: str, location: str) -> None:
    for other in request.store.resources(SERVERLESS_ENDPOINTS.name):
        same = key(other.name) == key(name) and other.document["location"] == location
        if same and key(other.id) != key(request.path):
            # Azure-Samples/azureai-foundry-finetuning-raft#45
            raise user_error(
                f"Serverless endpoint name '{name}' is not available. Please select a different name.", "BadArgument"
            )


def _check_one_endpoint(request: Request, workspace: Resource, model_id: str) -> None:
    for other in request.store.resources(SERVERLESS_ENDPOINTS.name, under=workspace.id):
        same = key(other.properties["modelSettings"]["modelId"]) == key(model_id)
        if same and key(other.id) != key(request.path):
            # The rule is documented ("one deployment for each model within a workspace"). Invented: the wording.
            raise user_error(
                f"Model {model_id} is already deployed to serverless endpoint '{other.name}' in this workspace."
                " A workspace can have one serverless deployment of a model.",
                "BadArgument",
            )


def _subscribed(request: Request, workspace: Resource, model_id: str) -> Resource:
    for item in request.store.resources(MARKETPLACE_SUBSCRIPTIONS.name, under=workspace.id):
        subscribed = item.properties["marketplaceSubscriptionStatus"] == "Subscribed"
        if subscribed and key(item.properties["modelId"]) == key(model_id):
            return item
    # The rule is documented. Invented: the wording.
    raise user_error(
        f"The workspace has no marketplace subscription for model {model_id}. Create one before the endpoint.",
        "BadArgument",
    )


EFFECTS: dict[tuple[str, str], Effect] = {
    (MARKETPLACE_SUBSCRIPTIONS.name, "create"): _end_subscribe,
    (MARKETPLACE_SUBSCRIPTIONS.name, "delete"): _end_unsubscribe,
    (SERVERLESS_ENDPOINTS.name, "create"): _end_create,
    (SERVERLESS_ENDPOINTS.name, "delete"): _end_delete,
    (SERVERLESS_ENDPOINTS.name, "action"): _end_regenerate,
}

_SUBSCRIPTION_SHAPE = {"id": str, "name": str, "type": str, "properties": {"modelId": str}}
_ENDPOINT_SHAPE = {
    **TRACKED,
    "properties": {
        "authMode": str,
        "modelSettings": {"modelId": str},
        "contentSafety": {"contentSafetyStatus": str},
        "offer": {"offerName": str, "publisher": str},
    },
}
_PATCH_SHAPE = {"tags": TAGS, "identity": IDENTITY, "sku": SKU}
_WORKSPACE = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{NAMESPACE}/workspaces/{{workspace}}"
_SUBSCRIPTIONS = f"{_WORKSPACE}/marketplaceSubscriptions"
_SUBSCRIPTION = _SUBSCRIPTIONS + "/{marketplace}"
_ENDPOINTS = f"{_WORKSPACE}/serverlessEndpoints"
_ENDPOINT = _ENDPOINTS + "/{endpoint}"
_SAAS = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.SaaS/resources"

ROUTES = (
    Route("PUT", _SUBSCRIPTION, MARKETPLACE_SUBSCRIPTIONS, put_subscription, _SUBSCRIPTION_SHAPE),
    Route("GET", _SUBSCRIPTION, MARKETPLACE_SUBSCRIPTIONS, get_settling),
    Route("DELETE", _SUBSCRIPTION, MARKETPLACE_SUBSCRIPTIONS, delete_subscription),
    Route("GET", _SUBSCRIPTIONS, MARKETPLACE_SUBSCRIPTIONS, list_children),
    Route("PUT", _ENDPOINT, SERVERLESS_ENDPOINTS, put_endpoint, _ENDPOINT_SHAPE),
    Route("PATCH", _ENDPOINT, SERVERLESS_ENDPOINTS, patch_endpoint, _PATCH_SHAPE),
    Route("GET", _ENDPOINT, SERVERLESS_ENDPOINTS, get_settling),
    Route("DELETE", _ENDPOINT, SERVERLESS_ENDPOINTS, delete_endpoint),
    Route("GET", _ENDPOINTS, SERVERLESS_ENDPOINTS, list_children),
    Route("POST", f"{_ENDPOINT}/listKeys", SERVERLESS_ENDPOINTS, list_keys),
    Route(
        "POST", f"{_ENDPOINT}/regenerateKeys", SERVERLESS_ENDPOINTS, regenerate_keys, {"keyType": str, "keyValue": str}
    ),
    Route("GET", _SAAS + "/{saas}", SAAS_RESOURCES, get_resource),
    Route("GET", _SAAS, SAAS_RESOURCES, list_in_scope),
)
