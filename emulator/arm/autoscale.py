"""Microsoft.Insights/autoscaleSettings: how many instances an online deployment has, by metrics.

Nothing is measured here. The control API reports a metric, and the settings that watch it act at once. Shapes and
limits: azure-rest-api-specs, monitor, preview/2021-05-01-preview/autoscale_API.json. How rules act together, and which
metrics there are: "Understand autoscale settings" and "Supported metrics" on Microsoft Learn.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from emulator.arm.api import Request, ResourceType, Response, Route, get_resource, list_in_scope, shown
from emulator.arm.compute import ONLINE_DEPLOYMENTS, instance_types, limit, usage
from emulator.arm.durations import seconds_of
from emulator.arm.errors import ArmError, not_implemented
from emulator.arm.online_endpoints import ONLINE_ENDPOINTS
from emulator.arm.shapes import TAGS, Map
from emulator.resource_id import key, subscription_of
from emulator.store import Document, Resource, Store

AUTOSCALE_SETTINGS = ResourceType(
    "Microsoft.Insights/autoscaleSettings", ("2014-04-01", "2015-04-01", "2021-05-01-preview", "2022-10-01")
)

METRICS: Mapping[str, tuple[str, ...]] = {
    ONLINE_DEPLOYMENTS: (
        "CpuMemoryUtilizationPercentage",
        "CpuUtilizationPercentage",
        "DeploymentCapacity",
        "DiskUtilization",
        "GpuEnergyJoules",
        "GpuMemoryUtilizationPercentage",
        "GpuUtilizationPercentage",
    ),
    ONLINE_ENDPOINTS.name: (
        "ConnectionsActive",
        "NetworkBytes",
        "NewConnectionsPerSecond",
        "RequestLatency",
        "RequestLatency_P50",
        "RequestLatency_P90",
        "RequestLatency_P95",
        "RequestLatency_P99",
        "RequestsPerMinute",
    ),
}
"""What a rule can watch, by the type of the resource."""

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
}
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "metricTrigger.operator": tuple(_OPERATORS),
    "metricTrigger.statistic": ("Average", "Min", "Max", "Sum", "Count"),
    "metricTrigger.timeAggregation": ("Average", "Minimum", "Maximum", "Total", "Count", "Last"),
    "scaleAction.direction": ("None", "Increase", "Decrease"),
    "scaleAction.type": ("ChangeCount", "PercentChangeCount", "ExactCount"),
}
_RANGES: Mapping[str, tuple[timedelta, timedelta]] = {
    "metricTrigger.timeGrain": (timedelta(minutes=1), timedelta(hours=12)),
    "metricTrigger.timeWindow": (timedelta(minutes=5), timedelta(hours=12)),
    "scaleAction.cooldown": (timedelta(minutes=1), timedelta(weeks=1)),
}


def put_setting(request: Request) -> Response:
    """Create (201) or replace (200) a setting."""
    existing = request.store.resource(request.path)
    location = request.location(existing)
    properties = _checked(request, request.body.get("properties") or {})
    document: Document = {
        "location": location,
        "tags": request.body.get("tags") or {},
        "systemData": request.system_data(existing),
        "properties": {"name": request.parameters["setting"]} | properties,
    }
    private = existing.private if existing else {"metrics": {}, "scaledAt": None}
    setting = request.store.put(Resource(request.id, AUTOSCALE_SETTINGS.name, document, private))
    return Response(200 if existing else 201, shown(setting))


def patch_setting(request: Request) -> Response:
    """Change tags and properties."""
    setting = request.existing()
    changes: Document = {"systemData": request.system_data(setting)}
    if request.body.get("tags") is not None:
        changes["tags"] = request.body["tags"]
    if request.body.get("properties"):
        changes["properties"] = _checked(request, setting.properties | request.body["properties"])
    return Response(200, shown(request.store.put(replace(setting, document=setting.document | changes))))


def delete_setting(request: Request) -> Response:
    """200 when it existed, else 204. The number of instances stays as it is."""
    setting = request.store.resource(request.path)
    if setting is None:
        return Response(204)
    request.store.remove(setting.id)
    return Response(200)


# Scaling


def report_metric(store: Store, resource_id: str, metric: str, value: float, now: datetime) -> list[Resource]:
    """Take the value of a resource's metric, let the settings that watch it act, and return what they scaled.

    Raises:
        ValueError: the resource does not exist or has no such metric.
    """
    resource = store.resource(resource_id)
    known = METRICS.get(resource.type, ()) if resource else ()
    if metric not in known:
        expected = f"Expected one of {', '.join(known)}." if known else "Expected an online deployment or endpoint."
        raise ValueError(f"{resource_id} has no metric {metric!r}. {expected}")
    scaled: list[Resource] = []
    for setting in store.resources(AUTOSCALE_SETTINGS.name):
        if _watches(setting, resource_id, metric):
            metrics = setting.private["metrics"] | {_metric_key(resource_id, metric): value}
            setting = store.put(replace(setting, private=setting.private | {"metrics": metrics}))
            scaled += _act(store, setting, now)
    return scaled


def _act(store: Store, setting: Resource, now: datetime) -> Iterator[Resource]:
    deployment = store.resource(setting.properties["targetResourceUri"])
    if not setting.properties.get("enabled") or deployment is None or not deployment.private["isCreated"]:
        return
    (profile,) = setting.properties["profiles"]
    before = int(deployment.document["sku"]["capacity"])
    after, rule = _wanted_capacity(profile, before, setting.private["metrics"])
    scaled_at = setting.private["scaledAt"]
    if rule and scaled_at and (now - datetime.fromisoformat(scaled_at)).total_seconds() < _cooldown(rule):
        return
    size = instance_types()[deployment.properties["instanceType"].lower()]
    location, subscription_id = deployment.document["location"], subscription_of(deployment.id)
    others = usage(store, subscription_id, location, size.family, without=deployment)
    if after == before or (after > before and others + size.quota_for(after) > limit(store, size.family)):
        return
    store.put(replace(setting, private=setting.private | {"scaledAt": now.isoformat()}))
    sku = deployment.document["sku"] | {"capacity": after}
    yield store.put(replace(deployment, document=deployment.document | {"sku": sku}))


def _wanted_capacity(profile: Document, capacity: int, metrics: Mapping[str, float]) -> tuple[int, Document | None]:
    """The capacity that a profile asks for, and the rule that decides, if one does.

    One rule is enough to scale out, and the one that asks for most counts; to scale in, all of them have to agree.
    """
    low, high = int(profile["capacity"]["minimum"]), int(profile["capacity"]["maximum"])
    out = [rule for rule in profile["rules"] if rule["scaleAction"]["direction"] == "Increase"]
    into = [rule for rule in profile["rules"] if rule["scaleAction"]["direction"] == "Decrease"]
    candidates = [(_after(rule, capacity), rule) for rule in out if _is_triggered(rule, metrics)]
    if candidates:
        wanted, rule = max(candidates, key=lambda candidate: candidate[0])
    elif into and all(_is_triggered(rule, metrics) for rule in into):
        wanted, rule = max(((_after(rule, capacity), rule) for rule in into), key=lambda candidate: candidate[0])
    else:
        wanted, rule = capacity, None
    return min(max(wanted, low), high), rule


def _after(rule: Document, capacity: int) -> int:
    action = rule["scaleAction"]
    value = int(action.get("value") or 1)
    if action["type"] == "ExactCount":
        return value
    step = value if action["type"] == "ChangeCount" else -(-capacity * value // 100)
    return capacity + step if action["direction"] == "Increase" else capacity - step


def _is_triggered(rule: Document, metrics: Mapping[str, float]) -> bool:
    trigger = rule["metricTrigger"]
    value = metrics.get(_metric_key(trigger["metricResourceUri"], trigger["metricName"]))
    return value is not None and _OPERATORS[trigger["operator"]](value, float(trigger["threshold"]))


def _cooldown(rule: Document) -> float:
    return seconds_of(rule["scaleAction"]["cooldown"]) or 0.0


def _watches(setting: Resource, resource_id: str, metric: str) -> bool:
    watched = [rule["metricTrigger"] for rule in setting.properties["profiles"][0]["rules"]]
    wanted = _metric_key(resource_id, metric)
    return any(_metric_key(trigger["metricResourceUri"], trigger["metricName"]) == wanted for trigger in watched)


def _metric_key(resource_id: str, metric: str) -> str:
    return f"{key(resource_id)}#{metric}"


# Rules


def _checked(request: Request, given: Document) -> Document:
    properties = {name: value for name, value in given.items() if value is not None}
    target = request.store.resource(properties.get("targetResourceUri") or "")
    if not properties.get("targetResourceUri"):
        # Azure/azure-powershell#11710 has code and text, for a target that is none.
        raise ArmError(400, "InvalidArgument", "The property 'resourceId' has an invalid value.")
    if target is None:
        # The code: Azure/azure-powershell#11710. Invented: the wording.
        missing = properties["targetResourceUri"]
        raise ArmError(404, "TargetResourceNotFound", f"The target resource '{missing}' could not be found.")
    if target.type != ONLINE_DEPLOYMENTS:
        raise not_implemented(f"The emulator scales online deployments only, not {target.type}.")
    _check_is_the_only_one(request, target)
    profiles = properties.get("profiles") or []
    if len(profiles) != 1 or profiles[0].get("fixedDate") or profiles[0].get("recurrence"):
        raise not_implemented("The emulator implements autoscale settings of one profile, without a schedule.")
    for name in ("notifications", "predictiveAutoscalePolicy"):
        if properties.get(name):
            raise not_implemented(f"The emulator does not implement {name} of autoscale settings. Leave it out.")
    capacity = _check_capacity(profiles[0])
    for index, rule in enumerate(profiles[0].get("rules") or []):
        _check_rule(request, rule, f"profiles[0].rules[{index}]", capacity)
    return {"enabled": True, "notifications": []} | properties


def _check_is_the_only_one(request: Request, target: Resource) -> None:
    for other in request.store.resources(AUTOSCALE_SETTINGS.name):
        same = key(other.properties["targetResourceUri"]) == key(target.id)
        if same and key(other.id) != key(request.path):
            # The rule is documented. Invented: status, code and wording.
            raise ArmError(
                409,
                "Conflict",
                f"The resource '{target.id}' has an autoscale setting already, and can have one: '{other.name}'.",
            )


def _check_capacity(profile: Document) -> tuple[int, int]:
    given = profile.get("capacity") or {}
    try:
        low, start, high = (int(given[name]) for name in ("minimum", "default", "maximum"))
    except (KeyError, TypeError, ValueError):
        # Invented: the wording.
        message = f"The capacity {given} of the profile is invalid. minimum, default and maximum are whole numbers."
        raise ArmError(400, "BadRequest", message) from None
    if low > start:
        # microsoft/onefuzz#2249
        raise ArmError(
            400,
            "BadRequest",
            f"The minimum capacity value '{low}' that you specified in the autoscale setting is greater than the"
            f" default capacity of '{start}'.  Enter a minimum capacity less than '{start}'.",
        )
    if start > high:
        # Invented: the wording, after the one above.
        raise ArmError(
            400,
            "BadRequest",
            f"The default capacity value '{start}' that you specified in the autoscale setting is greater than the"
            f" maximum capacity of '{high}'.  Enter a default capacity less than '{high}'.",
        )
    if low < 1:
        # Invented: the wording. An online deployment has at least one instance.
        raise ArmError(400, "BadRequest", f"The minimum capacity value '{low}' is below 1.")
    return low, high


def _check_rule(request: Request, rule: Document, where: str, capacity: tuple[int, int]) -> None:
    for path, accepted in _MEMBERS.items():
        part, name = path.split(".")
        value = (rule.get(part) or {}).get(name)
        if value not in accepted:
            raise _invalid(f"'{value}' is not a valid value for {where}.{path}. Valid values: {', '.join(accepted)}.")
    for path, (shortest, longest) in _RANGES.items():
        part, name = path.split(".")
        value = rule[part].get(name)
        seconds = seconds_of(str(value))
        if seconds is None or not shortest.total_seconds() <= seconds <= longest.total_seconds():
            raise _invalid(f"'{value}' is not valid for {where}.{path}: it must be from {shortest} to {longest}.")
    trigger, action = rule["metricTrigger"], rule["scaleAction"]
    if not str(action.get("value") or 1).isdecimal():
        raise _invalid(f"'{action['value']}' is not valid for {where}.scaleAction.value: it must be a whole number.")
    watched = request.store.resource(trigger.get("metricResourceUri") or "")
    if watched is None or trigger.get("metricName") not in METRICS.get(watched.type, ()):
        # The code is that of Azure. Invented: the wording.
        raise ArmError(
            400,
            "UnsupportedMetric",
            f"The metric '{trigger.get('metricName')}' is not supported for '{trigger.get('metricResourceUri')}'.",
        )
    low, high = capacity
    if action["type"] == "ChangeCount" and int(action.get("value") or 1) > high - low:
        # Azure/bicep-types-az#1859
        raise ArmError(
            400,
            "InvalidActionValue",
            f"The autoscale setting you provided has an invalid scale action value ('{action.get('value') or 1}')."
            f" Specify a scale value less than or equal to the difference between the capacity maximum {high} and the"
            f" capacity minimum {low}.",
        )


def _invalid(message: str) -> ArmError:
    # Invented: the wordings.
    return ArmError(400, "BadRequest", message)


_SCHEDULE = {"timeZone": str, "days": [str], "hours": [int], "minutes": [int]}
_RULE = {
    "metricTrigger": {
        "dimensions": [{"DimensionName": str, "Operator": str, "Values": [str]}],
        "dividePerInstance": bool,
        "metricName": str,
        "metricNamespace": str,
        "metricResourceLocation": str,
        "metricResourceUri": str,
        "operator": str,
        "statistic": str,
        "threshold": float,
        "timeAggregation": str,
        "timeGrain": str,
        "timeWindow": str,
    },
    "scaleAction": {"cooldown": str, "direction": str, "type": str, "value": str},
}
_PROPERTIES: dict[str, Any] = {
    "enabled": bool,
    "name": str,
    "notifications": [{"operation": str, "email": dict, "webhooks": [{"serviceUri": str, "properties": Map(str)}]}],
    "predictiveAutoscalePolicy": {"scaleMode": str, "scaleLookAheadTime": str},
    "profiles": [
        {
            "name": str,
            "capacity": {"default": str, "maximum": str, "minimum": str},
            "fixedDate": {"timeZone": str, "start": str, "end": str},
            "recurrence": {"frequency": str, "schedule": _SCHEDULE},
            "rules": [_RULE],
        }
    ],
    "targetResourceLocation": str,
    "targetResourceUri": str,
}
_SHAPE = {"id": str, "name": str, "type": str, "location": str, "tags": TAGS, "properties": _PROPERTIES}
_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Insights/autoscaleSettings"
_SETTING = _GROUP + "/{setting}"
_SUBSCRIPTION = "/subscriptions/{subscription}/providers/Microsoft.Insights/autoscaleSettings"

ROUTES = (
    Route("PUT", _SETTING, AUTOSCALE_SETTINGS, put_setting, _SHAPE),
    Route("PATCH", _SETTING, AUTOSCALE_SETTINGS, patch_setting, {"tags": TAGS, "properties": _PROPERTIES}),
    Route("GET", _SETTING, AUTOSCALE_SETTINGS, get_resource),
    Route("DELETE", _SETTING, AUTOSCALE_SETTINGS, delete_setting),
    Route("GET", _GROUP, AUTOSCALE_SETTINGS, list_in_scope),
    Route("GET", _SUBSCRIPTION, AUTOSCALE_SETTINGS, list_in_scope),
)
