"""Managed online endpoints and their deployments over the wire: lives, traffic, quota, names, keys and tokens."""

from typing import Any

import pytest

from emulator.arm.compute import instance_types
from tests.emulator.arm_client import MISTRAL_7B, ArmClient, error, inferencing_errors, inner_error

A100 = "standardNCADSA100v4Family"


@pytest.fixture
def workspace(arm: ArmClient) -> str:
    """The id of a workspace in eastus2."""
    return arm.workspace()


@pytest.fixture
def endpoint(arm: ArmClient, workspace: str) -> str:
    """The id of an endpoint without deployments."""
    return arm.online_endpoint(workspace, "mistral-chat")


# Endpoints


def test_an_endpoint_is_created_in_azures_shape(arm: ArmClient, workspace: str) -> None:
    path = f"{workspace}/onlineEndpoints/mistral-chat"
    body = {"location": "East US 2", "tags": {"team": "a"}, "properties": {"authMode": "Key"}}

    accepted = arm.put(path, body)
    polled = arm.finish(accepted)
    document = arm.get(path).json()

    assert accepted.status_code == 201
    assert accepted.json()["properties"]["provisioningState"] == "Creating"
    assert "/mfeOperationsStatus/oe:" in accepted.headers["azure-asyncoperation"]
    assert polled.json()["status"] == "Succeeded"
    assert (document["kind"], document["location"], document["tags"]) == ("Managed", "eastus2", {"team": "a"})
    assert document["identity"]["type"] == "SystemAssigned"
    assert document["identity"]["principalId"] in [each["id"] for each in arm.control("GET", "principals")]
    properties = document["properties"]
    assert properties["scoringUri"] == f"{arm.server.url}/managed/eastus2/mistral-chat/score"
    assert properties["properties"].keys() == {"azureml.onlineendpointid", "AzureAsyncOperationUri"}
    assert properties["traffic"] == properties["mirrorTraffic"] == {}
    assert "keys" not in properties


def test_an_endpoint_is_changed_listed_and_deleted_with_its_deployments(arm: ArmClient, endpoint: str) -> None:
    deployment = arm.online_deployment(endpoint)
    arm.route(endpoint, blue=100)

    changed = arm.send("PATCH", endpoint, {"tags": {"team": "b"}})
    assert (changed.status_code, changed.json()["tags"]) == (200, {"team": "b"})
    assert [each["id"] for each in arm.get(endpoint.rsplit("/", 1)[0]).json()["value"]] == [endpoint]
    identity = arm.get(endpoint).json()["identity"]["principalId"]
    accepted = arm.delete(endpoint)
    assert (accepted.status_code, arm.finish(accepted).status_code) == (202, 200)
    assert arm.get(endpoint).status_code == arm.get(deployment).status_code == 404
    assert identity not in [each["id"] for each in arm.control("GET", "principals")]
    assert arm.delete(endpoint).status_code == 204


def test_a_name_is_given_once_in_a_location(arm: ArmClient, endpoint: str) -> None:
    other = arm.workspace(name="mlw-2")

    answer = arm.put(
        f"{other}/onlineEndpoints/mistral-chat", {"location": "eastus2", "properties": {"authMode": "Key"}}
    )

    assert error(answer)[:2] == (400, "BadRequest")
    (reason,) = inferencing_errors(answer)[""]
    assert reason.startswith("There is already an endpoint with this name")


@pytest.mark.parametrize("name", ["ab", "1st", "under_score", "ends-", "a" * 33])
def test_a_name_that_breaks_the_rule_is_refused(arm: ArmClient, workspace: str, name: str) -> None:
    body = {"location": "eastus2", "properties": {"authMode": "Key"}}

    assert "3 and 32 characters" in error(arm.put(f"{workspace}/onlineEndpoints/{name}", body))[2]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"authMode": "AAD"}, "'AAD' is not a valid value for authMode. Valid values: Key, AMLToken, AADToken."),
        ({"publicNetworkAccess": "Maybe"}, "Valid values: Enabled, Disabled."),
        ({"scoringUri": "https://x"}, "Could not find member 'scoringUri'"),
    ],
)
def test_a_body_that_breaks_a_rule_is_refused(
    arm: ArmClient, workspace: str, changes: dict[str, str], reason: str
) -> None:
    body = {"location": "eastus2", "properties": {"authMode": "Key", **changes}}

    answer = arm.put(f"{workspace}/onlineEndpoints/mistral-chat", body)

    assert answer.status_code == 400
    assert reason in error(answer)[2]


def test_an_endpoint_belongs_into_an_existing_workspace_and_its_location(arm: ArmClient, workspace: str) -> None:
    body = {"location": "westus", "properties": {"authMode": "Key"}}

    assert "in the location of its workspace, eastus2" in error(arm.put(f"{workspace}/onlineEndpoints/oe-1", body))[2]
    missing = workspace.replace("mlw-1", "mlw-none")
    assert error(arm.put(f"{missing}/onlineEndpoints/oe-1", body))[1] == "ParentResourceNotFound"


def test_an_endpoint_whose_creation_failed_has_to_be_deleted_first(arm: ArmClient, workspace: str) -> None:
    arm.control("POST", "faults", {"stage": "operation", "path": "*/oe-1", "code": "Oops"})
    path = f"{workspace}/onlineEndpoints/oe-1"
    body = {"location": "eastus2", "properties": {"authMode": "Key"}}
    arm.finish(arm.put(path, body))

    assert arm.get(path).json()["properties"]["provisioningState"] == "Failed"
    assert "has not been created successfully" in inferencing_errors(arm.put(path, body))[""][0]
    deployed = arm.put(f"{path}/deployments/blue", arm.deployment_body())
    assert "Please recreate endpoint" in inferencing_errors(deployed)[""][0]
    arm.remove(path)
    assert arm.create(path, body)["properties"]["provisioningState"] == "Succeeded"


# Keys and tokens


def test_keys_are_given_listed_and_regenerated(arm: ArmClient, workspace: str) -> None:
    endpoint = arm.online_endpoint(workspace, keys={"primaryKey": "p" * 32, "secondaryKey": "s" * 32})

    assert arm.post(f"{endpoint}/listKeys").json() == {"primaryKey": "p" * 32, "secondaryKey": "s" * 32}
    after = arm.finish(arm.post(f"{endpoint}/regenerateKeys", {"keyType": "Primary"})).json()
    assert after["primaryKey"] != "p" * 32
    assert arm.post(f"{endpoint}/listKeys").json() == after
    assert after["primaryKey"] not in arm.get(endpoint).text
    assert error(arm.post(f"{endpoint}/token"))[:2] == (400, "BadRequest")


def test_a_token_is_given_in_its_mode_only(arm: ArmClient, workspace: str) -> None:
    tokens = arm.online_endpoint(workspace, authMode="AMLToken")
    entra = arm.online_endpoint(workspace, authMode="AADToken")

    token = arm.post(f"{tokens}/token").json()

    assert token["tokenType"] == "Bearer"
    assert token["expiryTimeUtc"] > token["refreshAfterTimeUtc"]
    assert "authMode of the endpoint is AMLToken" in error(arm.post(f"{tokens}/listKeys"))[2]
    assert "authMode of the endpoint is AADToken" in error(arm.post(f"{entra}/token"))[2]


# Deployments


def test_a_deployment_is_created_in_azures_shape(arm: ArmClient, endpoint: str) -> None:
    path = f"{endpoint}/deployments/blue"
    body = arm.deployment_body(requestSettings={"requestTimeout": "PT90S"}, livenessProbe={"initialDelay": "PT10M"})

    accepted = arm.put(path, body)
    assert "/mfeOperationsStatus/odidp:" in accepted.headers["azure-asyncoperation"]
    assert arm.finish(accepted).json()["status"] == "Succeeded"
    document = arm.get(path).json()

    assert accepted.status_code == 201
    assert document["sku"] == {"name": "Default", "capacity": 1}
    properties = document["properties"]
    assert (properties["model"], properties["instanceType"]) == (MISTRAL_7B, "Standard_NC24ads_A100_v4")
    assert properties["requestSettings"] == {
        "maxConcurrentRequestsPerInstance": 1,
        "maxQueueWait": "PT0.5S",
        "requestTimeout": "PT90S",
    }
    assert properties["livenessProbe"]["initialDelay"] == "PT10M"
    assert properties["readinessProbe"]["failureThreshold"] == 30
    assert properties["scaleSettings"] == {"scaleType": "Default"}
    assert [each["id"] for each in arm.get(f"{endpoint}/deployments").json()["value"]] == [path]
    assert arm.get(f"{path}/skus").json()["value"][0]["capacity"]["maximum"] == 50
    assert "no InferenceServer runs" in arm.post(f"{path}/getLogs", {"tail": 10}).json()["content"]


def test_a_missing_deployment_is_not_found_in_the_providers_words(arm: ArmClient, endpoint: str) -> None:
    answer = arm.get(f"{endpoint}/deployments/green")

    assert error(answer) == (
        404,
        "UserError",
        "Deployment green not found in endpoint mistral-chat, workspace mlw-1",
    )


def test_a_deployment_is_scaled_by_patch_and_by_put(arm: ArmClient, endpoint: str) -> None:
    path = arm.online_deployment(endpoint)

    accepted = arm.send("PATCH", path, {"sku": {"name": "Default", "capacity": 3}})
    assert accepted.status_code == 202
    assert arm.get(path).json()["properties"]["provisioningState"] == "Scaling"
    assert arm.finish(accepted).json()["sku"]["capacity"] == 3
    assert arm.create(path, arm.deployment_body(capacity=2))["sku"]["capacity"] == 2


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"model": MISTRAL_7B.replace("/12", "/99")}, "UserError", "was not found"),
        ({"model": MISTRAL_7B.rsplit("/versions", 1)[0]}, "UserError", "was not found"),
        ({"instanceType": "Standard_NC1"}, "BadRequest", "not supported by managed online endpoints"),
        ({"instanceType": "Standard_DS3_v2"}, "BadRequest", "not supported for model mistralai-Mistral-7B-Instruct"),
        ({"capacity": 0}, "BadRequest", "instance count 0 is invalid"),
        ({"requestSettings": {"requestTimeout": "PT4M"}}, "UserError", "PT3M at most"),
        ({"livenessProbe": {"period": "10"}}, "UserError", "no ISO 8601 duration, at properties.livenessProbe.period"),
        ({"scaleSettings": {"scaleType": "TargetUtilization"}}, "UserError", "not supported for managed"),
        ({"endpointComputeType": "Kubernetes"}, "NotImplemented", "Kubernetes"),
        ({"environmentId": "azureml://registries/azureml/environments/x"}, "NotImplemented", "environmentId"),
    ],
)
def test_a_deployment_that_breaks_a_rule_is_refused(
    arm: ArmClient, endpoint: str, changes: dict[str, Any], code: str, reason: str
) -> None:
    answer = arm.put(f"{endpoint}/deployments/blue", arm.deployment_body(**changes))

    assert error(answer)[1] == code
    assert reason in answer.text


def test_a_deployment_whose_creation_failed_has_to_be_deleted_first(arm: ArmClient, endpoint: str) -> None:
    path = f"{endpoint}/deployments/blue"
    arm.control("POST", "faults", {"stage": "operation", "path": "*/deployments/blue", "code": "ResourceNotReady"})
    assert arm.finish(arm.put(path, arm.deployment_body())).json()["error"]["code"] == "ResourceNotReady"

    assert "unrecoverable state" in inferencing_errors(arm.put(path, arm.deployment_body()))[""][0]
    arm.remove(path)
    assert arm.online_deployment(endpoint) == path


# Quota


def test_cores_are_counted_by_family_with_the_reserve(arm: ArmClient, endpoint: str) -> None:
    """Azure reserves 20 % of some sizes, in whole instances; the A100 sizes are exempt."""
    arm.online_deployment(endpoint, "blue", capacity=2)
    arm.online_deployment(endpoint, "green", instanceType="Standard_NC12s_v3", capacity=2)
    location = f"{arm.subscription}/providers/Microsoft.MachineLearningServices/locations/eastus2"

    usages = {each["name"]["value"]: each["currentValue"] for each in arm.get(f"{location}/usages").json()["value"]}

    assert usages[A100] == 2 * 24
    assert usages["standardNCSv3Family"] == 3 * 12
    assert [instance_types()["standard_nc12s_v3"].quota_for(n) for n in (1, 5, 6, 10)] == [24, 72, 96, 144]


def test_a_deployment_beyond_the_quota_is_refused_in_azures_words(arm: ArmClient, endpoint: str) -> None:
    arm.control("PUT", "quota", {A100: 72})
    blue = arm.online_deployment(endpoint)

    refused = arm.put(f"{endpoint}/deployments/green", arm.deployment_body(capacity=3))

    subscription = arm.server.environment["ARM_SUBSCRIPTION_ID"]
    assert error(refused) == (400, "BadRequest", "The request is invalid.")
    assert refused.json()["error"]["details"][0]["code"] == "InferencingClientCreateDeploymentFailed"
    (reason,) = inferencing_errors(refused)["VmSize"]
    assert reason == (
        f"Not enough quota available for Standard_NC24ads_A100_v4 in SubscriptionId {subscription}. Current"
        " usage/limit: 24/72. Additional needed: 72 Please see troubleshooting guide, available here:"
        " https://aka.ms/oe-tsg#error-outofquota"
    )
    assert arm.create(blue, arm.deployment_body(capacity=3))["sku"]["capacity"] == 3
    grown = arm.send("PATCH", blue, {"sku": {"capacity": 4}})
    assert "Current usage/limit: 72/72. Additional needed: 24" in inferencing_errors(grown)["VmSize"][0]
    assert arm.control("GET", "quota")[A100] == 72
    assert arm.create(blue, arm.deployment_body(capacity=1))["sku"]["capacity"] == 1


def test_a_quota_of_an_unknown_family_is_refused(arm: ArmClient) -> None:
    answer = arm.http.put("/_emulator/quota", json={"standardNC": 1})

    assert answer.status_code == 400
    assert "standardNCADSA100v4Family" in answer.json()["error"]["message"]


# Traffic


def test_traffic_goes_to_finished_deployments_and_sums_to_a_hundred(arm: ArmClient, endpoint: str) -> None:
    arm.online_deployment(endpoint, "blue")
    arm.put(f"{endpoint}/deployments/green", arm.deployment_body())

    def refused(**properties: object) -> dict[str, list[str]]:
        body = {"location": "eastus2", "properties": {"authMode": "Key", **properties}}
        return inferencing_errors(arm.put(endpoint, body))

    assert "[red] in the traffic rules does not exist" in refused(traffic={"red": 100})["Traffic"][0]
    assert "[green] in the traffic rules is not ready" in refused(traffic={"green": 100})["Traffic"][0]
    assert "need to sum to 100" in refused(traffic={"blue": 50})["Traffic"][0]
    assert "need to sum to 100" in refused(traffic={"blue": 101})["Traffic"][0]
    assert "is not ready" in refused(mirrorTraffic={"green": 10})["MirrorTraffic"][0]
    assert "50 at most" in refused(mirrorTraffic={"blue": 60})["MirrorTraffic"][0]
    live = refused(traffic={"blue": 100}, mirrorTraffic={"blue": 10})
    assert "has live traffic" in live["MirrorTraffic"][0]
    assert arm.route(endpoint, blue=100)["properties"]["traffic"] == {"blue": 100}
    assert arm.route(endpoint, blue=0)["properties"]["traffic"] == {"blue": 0}


def test_a_deployment_with_traffic_is_not_deleted(arm: ArmClient, endpoint: str) -> None:
    blue, green = arm.online_deployment(endpoint, "blue"), arm.online_deployment(endpoint, "green")
    arm.route(endpoint, blue=100)

    assert "has 100 % of the traffic" in inferencing_errors(arm.delete(blue))["Traffic"][0]
    document = arm.get(endpoint).json()
    switching = arm.put(endpoint, document | {"properties": document["properties"] | {"traffic": {"green": 100}}})
    assert switching.json()["properties"]["provisioningState"] == "Updating"
    assert "has 100 % of the traffic" in inferencing_errors(arm.delete(blue))["Traffic"][0]  # not switched yet
    assert "has 100 % of the traffic" in inferencing_errors(arm.delete(green))["Traffic"][0]
    arm.settled(endpoint)
    arm.remove(blue)
    assert arm.get(blue).status_code == 404


def test_a_failed_switch_leaves_the_traffic_where_it_was(arm: ArmClient, endpoint: str) -> None:
    arm.online_deployment(endpoint, "blue")
    arm.online_deployment(endpoint, "green")
    arm.route(endpoint, blue=100)
    arm.control("POST", "faults", {"stage": "operation", "method": "PUT", "path": "*/mistral-chat", "code": "Oops"})

    failed = arm.route(endpoint, green=100)

    assert failed["properties"]["provisioningState"] == "Failed"
    assert failed["properties"]["traffic"] == {"blue": 100}
    assert arm.route(endpoint, green=100)["properties"]["provisioningState"] == "Succeeded"


def test_a_change_while_another_runs_is_a_conflict(arm: ArmClient, endpoint: str) -> None:
    body = arm.get(endpoint).json()
    arm.put(endpoint, body)

    answer = arm.put(endpoint, body)

    assert error(answer)[:2] == (409, "Conflict")
    assert inner_error(answer) == []


# Permissions


def test_reading_and_writing_endpoints_need_their_own_actions(arm: ArmClient, endpoint: str) -> None:
    group = endpoint.split("/providers/", 1)[0]
    reader = arm.principal()
    arm.assign(group, "Reader", reader)
    developer = arm.principal()
    arm.assign(group, "Azure AI Developer", developer)

    reads, develops = arm.signed_in(reader), arm.signed_in(developer)

    assert reads.get(endpoint).status_code == 200
    for method, path, action in (
        ("POST", f"{endpoint}/listKeys", "onlineEndpoints/listKeys/action"),
        ("POST", f"{endpoint}/token", "onlineEndpoints/token/action"),
        ("DELETE", f"{endpoint}/deployments/blue", "onlineEndpoints/deployments/delete"),
    ):
        status, code, message = error(reads.send(method, path))
        assert (status, code) == (403, "AuthorizationFailed")
        assert f"Microsoft.MachineLearningServices/workspaces/{action}" in message
    assert develops.post(f"{endpoint}/listKeys").status_code == 200
    assert develops.online_deployment(endpoint).endswith("/blue")
