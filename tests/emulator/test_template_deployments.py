"""Microsoft.Resources/deployments over the wire: a template's parameters, order, progress, and how it fails."""

from typing import Any

import pytest

from tests.emulator.arm_client import ArmClient, error

ENDPOINT = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"


@pytest.fixture
def endpoint(arm: ArmClient) -> str:
    """The id of an endpoint with two deployments and no traffic."""
    endpoint = arm.online_endpoint(arm.workspace(), "mistral-chat")
    arm.online_deployment(endpoint, "blue")
    arm.online_deployment(endpoint, "green")
    return endpoint


def deployment(endpoint: str, name: str = "traffic") -> str:
    """The id of a deployment in the endpoint's resource group."""
    return f"{endpoint.split('/providers/', 1)[0]}/providers/Microsoft.Resources/deployments/{name}"


def body(traffic: dict[str, int], **changes: Any) -> dict[str, Any]:
    """A template that sets the traffic of an endpoint."""
    resource = {
        "type": ENDPOINT,
        "apiVersion": "2025-12-01",
        "name": "mlw-1/mistral-chat",
        "location": "[parameters('location')]",
        "identity": {"type": "SystemAssigned"},
        "properties": {"authMode": "Key", "traffic": "[parameters('traffic')]", "description": "[[not evaluated]"},
    }
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"traffic": {"type": "object"}, "location": {"type": "string", "defaultValue": "eastus2"}},
        "resources": [resource | changes],
    }
    parameters = {"traffic": {"value": traffic}}
    return {"properties": {"mode": "Incremental", "template": template, "parameters": parameters}}


def test_a_template_sets_the_traffic_and_is_done_when_the_endpoint_is(arm: ArmClient, endpoint: str) -> None:
    path = deployment(endpoint)

    accepted = arm.put(path, body({"blue": 100}))
    running = arm.http.get(accepted.headers["azure-asyncoperation"], headers=arm.authorization).json()
    assert (accepted.status_code, accepted.json()["properties"]["provisioningState"]) == (201, "Accepted")
    assert running == {"status": "Running"}
    assert arm.finish(accepted).json() == {"status": "Succeeded"}
    properties = arm.get(path).json()["properties"]
    assert properties["provisioningState"] == "Succeeded"
    assert properties["outputResources"] == [{"id": endpoint}]
    assert properties["parameters"] == {
        "traffic": {"type": "object", "value": {"blue": 100}},
        "location": {"type": "string", "value": "eastus2"},
    }
    changed = arm.get(endpoint).json()["properties"]
    assert (changed["traffic"], changed["description"]) == ({"blue": 100}, "[not evaluated]")

    again = arm.put(path, body({"green": 100}))
    assert (again.status_code, arm.finish(again).json()) == (200, {"status": "Succeeded"})
    assert arm.get(endpoint).json()["properties"]["traffic"] == {"green": 100}


def test_a_refused_resource_fails_the_deployment_with_azures_reason(arm: ArmClient, endpoint: str) -> None:
    path = deployment(endpoint)

    status = arm.finish(arm.put(path, body({"red": 100}))).json()

    assert status["status"] == arm.get(path).json()["properties"]["provisioningState"] == "Failed"
    assert status["error"]["code"] == "DeploymentFailed"
    (detail,) = status["error"]["details"]
    assert (detail["code"], detail["target"]) == ("BadRequest", endpoint)
    assert "[red] in the traffic rules does not exist" in detail["details"][0]["message"]
    (operation,) = arm.get(f"{path}/operations").json()["value"]
    assert operation["properties"]["provisioningState"] == "Failed"
    assert arm.get(endpoint).json()["properties"]["traffic"] == {}
    assert arm.create(path, body({"blue": 100}))["properties"]["provisioningState"] == "Succeeded"


def test_a_resource_whose_operation_fails_fails_the_deployment(arm: ArmClient, endpoint: str) -> None:
    arm.control("POST", "faults", {"stage": "operation", "path": "*/deployments/traffic", "code": "Oops"})
    assert arm.finish(arm.put(deployment(endpoint), body({"blue": 100}))).json()["error"]["code"] == "Oops"


def test_resources_are_sent_after_those_they_depend_on(arm: ArmClient, endpoint: str) -> None:
    """Here: a third deployment of the model, before the traffic that goes to it."""
    template = body({"third": 100}, dependsOn=["mlw-1/mistral-chat/third"])
    third = arm.deployment_body() | {
        "type": f"{ENDPOINT}/deployments",
        "apiVersion": "2025-12-01",
        "name": "mlw-1/mistral-chat/third",
    }
    template["properties"]["template"]["resources"].append(third)

    done = arm.create(deployment(endpoint), template)["properties"]

    assert done["provisioningState"] == "Succeeded"
    assert [each["id"] for each in done["outputResources"]] == [f"{endpoint}/deployments/third", endpoint]


def test_what_was_deployed_outlives_the_deployment(arm: ArmClient, endpoint: str) -> None:
    path = deployment(endpoint)
    arm.create(path, body({"blue": 100}))

    arm.remove(path)

    assert error(arm.get(path))[:2] == (404, "DeploymentNotFound")
    assert arm.get(endpoint).json()["properties"]["traffic"] == {"blue": 100}
    assert arm.delete(path).status_code == 204


def test_a_running_deployment_is_not_replaced(arm: ArmClient, endpoint: str) -> None:
    arm.put(deployment(endpoint), body({"blue": 100}))

    assert error(arm.put(deployment(endpoint), body({"green": 100})))[:2] == (409, "DeploymentActive")


@pytest.mark.parametrize(
    ("change", "code", "reason"),
    [
        ({"location": "eastus2"}, "InvalidDeployment", "not allowed for 'traffic' at resource group scope"),
        ({"properties.mode": "Complete"}, "NotImplemented", "mode Complete"),
        ({"properties.templateLink": {"uri": "https://x"}}, "NotImplemented", "templateLink"),
        ({"properties.parameters": {}}, "InvalidTemplate", "template parameter 'traffic' at line"),
        ({"properties.parameters": {"x": {"value": 1}}}, "InvalidTemplate", "'x' in the parameters file are not valid"),
        ({"properties.parameters": {"traffic": {"value": "a"}}}, "InvalidTemplate", "Expected 'object'. Actual 'str'"),
        ({"name": "mistral-chat"}, "InvalidTemplate", "incorrect segment lengths"),
        ({"dependsOn": ["mlw-1/other"]}, "InvalidTemplate", "'mlw-1/other' is not defined in the template"),
        ({"dependsOn": ["mlw-1/mistral-chat"]}, "InvalidTemplate", "Circular dependency"),
        ({"copy": {"count": 2}}, "NotImplemented", "'copy' of a template resource"),
        ({"location": "[parameters('where')]", "in": 0}, "InvalidTemplate", "parameter 'where' is not found"),
        ({"location": "[resourceGroup().location]", "in": 0}, "NotImplemented", "[resourceGroup().location]"),
    ],
)
def test_a_template_that_cannot_be_deployed_is_refused(
    arm: ArmClient, endpoint: str, change: dict[str, Any], code: str, reason: str
) -> None:
    name, value = next(iter(change.items()))
    if name.startswith("properties."):
        asked = body({"blue": 100})
        asked["properties"][name.removeprefix("properties.")] = value
    elif name == "location" and "in" not in change:
        asked = body({"blue": 100}) | change
    else:
        asked = body({"blue": 100}, **{name: value})

    answer = arm.put(deployment(endpoint), asked)

    assert error(answer)[1] == code
    assert reason in error(answer)[2]


def test_the_resources_of_a_template_need_their_own_permissions(arm: ArmClient, endpoint: str) -> None:
    """A role that may deploy templates may not, by that alone, change what is in them."""
    operator = arm.principal()
    arm.assign(endpoint.split("/providers/", 1)[0], "Azure AI Inference Deployment Operator", operator)

    status = arm.signed_in(operator).finish(arm.signed_in(operator).put(deployment(endpoint), body({"blue": 100})))

    assert status.json()["error"]["details"][0]["code"] == "AuthorizationFailed"
