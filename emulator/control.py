"""The emulator's own API, under /_emulator: what a test or a demonstration wants to set and see.

It needs no token: who can reach the loopback interface and the state directory may do everything here. Bodies and
answers are JSON; the models below are its reference.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from emulator.arm.api import Route as ArmRoute
from emulator.arm.autoscale import report_metric
from emulator.arm.compute import QUOTA_SETTING, families, limit
from emulator.arm.resources import NAMESPACES, SUBSCRIPTIONS, add_subscription
from emulator.identity.directory import add_principal
from emulator.inference.rate_limits import RateLimits
from emulator.lifecycle import DEFAULT_TRANSITIONS, VERBS, Clock, Lifecycle, parse_transition, transition_as_json
from emulator.store import Document, Store

PREFIX = "/_emulator"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class ClockBody(_Body):
    """`PUT clock`: an ISO 8601 time with its offset; time goes on from there."""

    now: datetime


class AdvanceBody(_Body):
    """`POST clock/advance`."""

    seconds: float


class RetryAfterBody(_Body):
    """`PUT retry-after`: what polling clients are asked to wait."""

    seconds: Annotated[float, Field(gt=0)]


class RateLimitsBody(_Body):
    """One entry of `PUT rate-limits`, by an endpoint's name, or `*` for all that are not named: what it takes a minute.

    A limit that is not given is Azure's.
    """

    requests: Annotated[int, Field(ge=0)] = RateLimits().requests
    tokens: Annotated[int, Field(ge=0)] = RateLimits().tokens


class MatcherBody(_Body):
    """Which requests: all of those given have to match. `path` is a glob such as `*/serverlessEndpoints/*`."""

    method: str | None = None
    path: str | None = None
    type: str | None = None


class LatencyBody(MatcherBody):
    """One entry of `PUT latency`."""

    milliseconds: Annotated[int, Field(ge=0)]


class MetricBody(_Body):
    """`POST metrics`: what Azure Monitor would measure of an online endpoint or deployment; autoscale settings act."""

    resource: str
    metric: str
    value: float


class FaultBody(MatcherBody):
    """`POST faults`.

    `stage` says what goes wrong. `request`: it is answered with status, code and message instead of being handled.
    `operation`: it is handled, and the operation that it starts ends in failure with code and message. `disconnect`:
    the connection is dropped without an answer, `when` before or after the request took effect.
    """

    stage: Literal["request", "operation", "disconnect"] = "request"
    status: Annotated[int, Field(ge=400, le=599)] = 500
    code: str = "InternalServerError"
    message: str = "The server encountered an internal error and was unable to complete the request."
    headers: dict[str, str] = {}
    times: Annotated[int, Field(ge=1)] = 1
    when: Literal["before", "after"] = "before"


class SubscriptionBody(_Body):
    """`PUT subscriptions/{id}`: see `add_subscription`. `registered` lists resource provider namespaces."""

    name: str = "azure-mistral emulator"
    quota_id: str = "PayAsYouGo_2014-09-01"
    country: str = "US"
    marketplace_allowed: bool = True
    payment_method: bool = True
    registered: list[str] = list(NAMESPACES)


class PrincipalBody(_Body):
    """`POST principals`: a service principal's answer holds its client id and secret."""

    kind: Literal["User", "Group", "ServicePrincipal"]
    name: str
    id: str | None = None
    members: list[str] = []


def control_routes(
    store: Store,
    clock: Clock,
    lifecycle: Lifecycle,
    routes: Sequence[ArmRoute],
    seed: Callable[[], None],
) -> Mount:
    """The routes of the control API. `seed` puts a cleared store into the state of a new emulator."""

    async def health() -> Any:
        return {"status": "ok"}

    async def reset() -> None:
        store.clear()
        seed()

    async def get_clock() -> Any:
        return {"now": clock.now().isoformat()}

    async def set_clock(body: ClockBody) -> Any:
        now = body.now if body.now.tzinfo else body.now.replace(tzinfo=UTC)
        clock.set(now)
        return await get_clock()

    async def advance_clock(body: AdvanceBody) -> Any:
        clock.advance(body.seconds)
        return await get_clock()

    async def get_transitions() -> Any:
        defaults = {kind: {"*": transition_as_json(value)} for kind, value in DEFAULT_TRANSITIONS.items()}
        return {"declared": store.setting("transitions", {}), "defaults": defaults}

    async def set_transitions(body: dict[str, dict[str, Any]]) -> Any:
        for verbs in body.values():
            for verb, transition in verbs.items():
                if verb not in (*VERBS, "*"):
                    raise ValueError(f"{verb!r} is no verb. Expected one of {', '.join(VERBS)} or *.")
                parse_transition(transition)
        store.set_setting("transitions", {kind.lower(): verbs for kind, verbs in body.items()})
        return await get_transitions()

    async def get_retry_after() -> Any:
        return {"seconds": lifecycle.retry_after()}

    async def set_retry_after(body: RetryAfterBody) -> Any:
        store.set_setting("retryAfter", body.seconds)
        return await get_retry_after()

    async def get_rate_limits() -> Any:
        return {"*": asdict(RateLimits())} | store.setting("rateLimits", {})

    async def set_rate_limits(body: dict[str, RateLimitsBody]) -> Any:
        store.set_setting("rateLimits", {name.lower(): limits.model_dump() for name, limits in body.items()})
        return await get_rate_limits()

    async def get_latency() -> Any:
        return store.setting("latency", [])

    async def set_latency(body: list[LatencyBody]) -> Any:
        store.set_setting("latency", [item.model_dump(exclude_none=True) for item in body])
        return await get_latency()

    async def get_quota() -> Any:
        return {family: limit(store, family) for family in families()}

    async def set_quota(body: dict[str, Annotated[int, Field(ge=0)]]) -> Any:
        if unknown := sorted(body.keys() - families()):
            raise ValueError(f"{', '.join(unknown)}: no VM family. Expected some of {', '.join(families())}.")
        store.set_setting(QUOTA_SETTING, body)
        return await get_quota()

    async def post_metric(body: MetricBody) -> Any:
        scaled = report_metric(store, body.resource, body.metric, body.value, clock.now())
        return {item.id: item.document["sku"]["capacity"] for item in scaled}

    async def get_faults() -> Any:
        return store.faults()

    async def add_fault(body: FaultBody) -> Any:
        return store.put_fault(body.model_dump(exclude_none=True))

    async def remove_faults(request: Request) -> None:
        store.remove_fault(request.path_params.get("id"))

    async def get_requests(request: Request) -> Any:
        plane = request.query_params.get("plane")
        entries = store.requests(int(request.query_params.get("since", "0")))
        return [entry for entry in entries if plane in (None, entry["plane"])]

    async def clear_requests() -> None:
        store.clear_requests()

    async def get_resources() -> Any:
        lifecycle.advance()
        return {
            "resources": [
                {"id": item.id, "type": item.type} for item in store.resources() if not item.private.get("given")
            ],
            "deleted": [
                {
                    "id": item.resource.id,
                    "type": item.resource.type,
                    "deletedAt": item.deleted_at.isoformat(),
                    "purgeAt": item.purge_at.isoformat(),
                }
                for item in store.all_deleted()
            ],
        }

    async def get_subscriptions() -> Any:
        return [_subscription(item.document, item.private) for item in store.resources(SUBSCRIPTIONS.name)]

    async def put_subscription(request: Request, body: SubscriptionBody) -> Any:
        values = body.model_dump() | {"registered": tuple(body.registered)}
        subscription = add_subscription(store, clock.now(), request.path_params["id"].lower(), **values)
        return _subscription(subscription.document, subscription.private)

    async def get_principals() -> Any:
        return [{"id": item.id, "kind": item.kind, "name": item.name} for item in store.principals()]

    async def post_principal(body: PrincipalBody) -> Any:
        principal = add_principal(store, body.kind, body.name, object_id=body.id, members=tuple(body.members))
        application = {"clientId": principal.client_id, "clientSecret": principal.secret}
        return {"id": principal.id, "kind": principal.kind, "name": principal.name} | (
            application if principal.client_id else {}
        )

    async def remove_principal(request: Request) -> None:
        store.remove_principal(request.path_params["id"])

    async def get_routes() -> Any:
        return [{"method": route.method, "path": route.template, "type": route.type.name} for route in routes]

    def route(method: str, path: str, handler: Callable[..., Awaitable[Any]]) -> BaseRoute:
        hints = handler.__annotations__

        async def endpoint(request: Request) -> Response:
            arguments: dict[str, Any] = {"request": request} if "request" in hints else {}
            try:
                if "body" in hints:
                    arguments["body"] = TypeAdapter(hints["body"]).validate_json(await request.body())
                with store.transaction():
                    answer = await handler(**arguments)
            except (ValidationError, ValueError) as error:
                return _bad_request(error)
            return Response(status_code=204) if answer is None else JSONResponse(answer)

        return Route(path, endpoint, methods=[method])

    return Mount(
        PREFIX,
        routes=[
            route("GET", "/health", health),
            route("POST", "/reset", reset),
            route("GET", "/clock", get_clock),
            route("PUT", "/clock", set_clock),
            route("POST", "/clock/advance", advance_clock),
            route("GET", "/transitions", get_transitions),
            route("PUT", "/transitions", set_transitions),
            route("GET", "/retry-after", get_retry_after),
            route("PUT", "/retry-after", set_retry_after),
            route("GET", "/rate-limits", get_rate_limits),
            route("PUT", "/rate-limits", set_rate_limits),
            route("GET", "/latency", get_latency),
            route("PUT", "/latency", set_latency),
            route("GET", "/quota", get_quota),
            route("PUT", "/quota", set_quota),
            route("POST", "/metrics", post_metric),
            route("GET", "/faults", get_faults),
            route("POST", "/faults", add_fault),
            route("DELETE", "/faults", remove_faults),
            route("DELETE", "/faults/{id:int}", remove_faults),
            route("GET", "/requests", get_requests),
            route("DELETE", "/requests", clear_requests),
            route("GET", "/resources", get_resources),
            route("GET", "/subscriptions", get_subscriptions),
            route("PUT", "/subscriptions/{id}", put_subscription),
            route("GET", "/principals", get_principals),
            route("POST", "/principals", post_principal),
            route("DELETE", "/principals/{id}", remove_principal),
            route("GET", "/routes", get_routes),
        ],
    )


def _subscription(document: Document, private: Document) -> Document:
    return {
        "id": document["subscriptionId"],
        "name": document["displayName"],
        "quotaId": document["subscriptionPolicies"]["quotaId"],
        "country": private["country"],
        "marketplaceAllowed": private["marketplaceAllowed"],
        "paymentMethod": private["paymentMethod"],
        "registered": private["registered"],
    }


def _bad_request(error: ValueError) -> Response:
    if isinstance(error, ValidationError):
        problems = [
            f"{'.'.join(str(part) for part in item['loc']) or 'body'}: {item['msg']}"
            for item in json.loads(error.json(include_url=False, include_input=False))
        ]
        message = "; ".join(problems)
    else:
        message = str(error)
    return JSONResponse({"error": {"code": "BadRequest", "message": message}}, 400)
