"""Autoscale settings over the wire: their life, their rules, and what a reported load does to an online deployment."""

import copy
from typing import Any

import pytest

from tests.emulator.arm_client import ArmClient, error


@pytest.fixture
def deployment(arm: ArmClient) -> str:
    """The id of an online deployment of one instance."""
    return arm.online_deployment(arm.online_endpoint(arm.workspace(), "mistral-chat"))


def setting(deployment: str, name: str = "load") -> str:
    """The id of a setting in the deployment's resource group."""
    return f"{deployment.split('/providers/', 1)[0]}/providers/Microsoft.Insights/autoscaleSettings/{name}"


def rule(deployment: str, comparison: str, threshold: float, direction: str) -> dict[str, Any]:
    """A rule about GPU utilization that adds or takes one instance."""
    return {
        "metricTrigger": {
            "metricName": "GpuUtilizationPercentage",
            "metricResourceUri": deployment,
            "operator": comparison,
            "threshold": threshold,
            "statistic": "Average",
            "timeAggregation": "Average",
            "timeGrain": "PT1M",
            "timeWindow": "PT5M",
        },
        "scaleAction": {"direction": direction, "type": "ChangeCount", "value": "1", "cooldown": "PT5M"},
    }


def body(deployment: str) -> dict[str, Any]:
    """One to three instances, by GPU utilization."""
    rules = [rule(deployment, "GreaterThan", 70, "Increase"), rule(deployment, "LessThan", 30, "Decrease")]
    profile = {"name": "load", "capacity": {"minimum": "1", "maximum": "3", "default": "1"}, "rules": rules}
    properties = {"enabled": True, "targetResourceUri": deployment, "profiles": [profile]}
    return {"location": "eastus2", "properties": properties}


def test_a_setting_is_made_read_listed_changed_and_deleted(arm: ArmClient, deployment: str) -> None:
    path = setting(deployment)

    made = arm.put(path, body(deployment))

    assert made.status_code == 201
    assert made.json()["properties"]["name"] == "load"
    assert arm.get(path).json() == made.json()
    assert arm.put(path, body(deployment)).status_code == 200
    assert [each["id"] for each in arm.get(path.rsplit("/", 1)[0]).json()["value"]] == [path]
    patched = arm.send("PATCH", path, {"tags": {"team": "b"}, "properties": {"enabled": False}}).json()
    assert (patched["tags"], patched["properties"]["enabled"]) == ({"team": "b"}, False)
    assert [arm.delete(path).status_code, arm.delete(path).status_code] == [200, 204]


def test_load_changes_the_number_of_instances_within_the_limits(arm: ArmClient, deployment: str) -> None:
    arm.put(setting(deployment), body(deployment))

    def report(value: float) -> int:
        measured = {"resource": deployment, "metric": "GpuUtilizationPercentage", "value": value}
        arm.control("POST", "metrics", measured)
        return int(arm.get(deployment).json()["sku"]["capacity"])

    def wait() -> None:
        arm.control("POST", "clock/advance", {"seconds": 301})

    assert report(50) == 1
    assert report(90) == 2
    assert report(90) == 2  # cooling down
    wait()
    assert report(90) == 3
    wait()
    assert report(90) == 3  # the maximum
    assert report(20) == 2
    wait()
    assert report(20) == 1
    wait()
    assert report(20) == 1  # the minimum


def test_it_does_not_scale_beyond_the_quota(arm: ArmClient, deployment: str) -> None:
    arm.control("PUT", "quota", {"standardNCADSA100v4Family": 24})
    arm.put(setting(deployment), body(deployment))
    measured = {"resource": deployment, "metric": "GpuUtilizationPercentage", "value": 90}

    assert arm.control("POST", "metrics", measured) == {}


def test_a_metric_that_the_resource_does_not_have_is_refused(arm: ArmClient, deployment: str) -> None:
    measured = {"resource": deployment, "metric": "Happiness", "value": 90}

    answer = arm.http.post("/_emulator/metrics", json=measured)

    assert answer.status_code == 400
    assert "GpuUtilizationPercentage" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "value", "code", "reason"),
    [
        ("targetResourceUri", "/subscriptions/none", "TargetResourceNotFound", "could not be found"),
        ("targetResourceUri", None, "InvalidArgument", "resourceId"),
        ("profiles", [], "NotImplemented", "one profile"),
        ("profiles.0.capacity.minimum", "2", "BadRequest", "minimum capacity value '2' that you specified"),
        ("profiles.0.capacity.default", "4", "BadRequest", "default capacity value '4' that you specified"),
        ("profiles.0.capacity.maximum", "many", "BadRequest", "whole numbers"),
        ("profiles.0.rules.0.metricTrigger.metricName", "Happiness", "UnsupportedMetric", "'Happiness'"),
        ("profiles.0.rules.0.metricTrigger.operator", "Above", "BadRequest", "rules[0].metricTrigger.operator"),
        ("profiles.0.rules.1.metricTrigger.timeWindow", "PT1M", "BadRequest", "rules[1].metricTrigger.timeWindow"),
        ("profiles.0.rules.0.scaleAction.value", "3", "InvalidActionValue", "maximum 3 and the capacity minimum 1"),
        ("profiles.0.rules.0.scaleAction.value", "one", "BadRequest", "scaleAction.value"),
    ],
)
def test_a_setting_that_breaks_a_rule_is_refused(
    arm: ArmClient, deployment: str, path: str, value: Any, code: str, reason: str
) -> None:
    asked = copy.deepcopy(body(deployment))
    *parents, last = path.split(".")
    inner: Any = asked["properties"]
    for name in parents:
        inner = inner[int(name)] if name.isdigit() else inner[name]
    inner[last] = value

    answer = arm.put(setting(deployment), asked)

    assert error(answer)[1] == code
    assert reason in error(answer)[2]


def test_a_resource_has_one_setting(arm: ArmClient, deployment: str) -> None:
    arm.put(setting(deployment), body(deployment))

    answer = arm.put(setting(deployment, "other"), body(deployment))

    assert error(answer)[:2] == (409, "Conflict")
