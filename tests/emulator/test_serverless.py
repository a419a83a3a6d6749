"""Marketplace subscriptions and serverless endpoints: their life and every rule about them."""

import uuid
from typing import Any

import pytest

from tests.emulator.arm_client import CODESTRAL, MINISTRAL, ArmClient, error, inner_error

REGISTRY = "azureml://registries/azureml-mistral/models/"


# Marketplace subscriptions


def test_a_subscription_is_created_by_an_operation(arm: ArmClient) -> None:
    workspace = arm.workspace()
    path = f"{workspace}/marketplaceSubscriptions/ministral-3b"
    created = arm.put(path, {"properties": {"modelId": MINISTRAL}})
    assert created.status_code == 201
    assert created.json()["properties"]["provisioningState"] == "Creating"
    assert created.headers["x-ms-async-operation-timeout"]
    status_url = created.headers["azure-asyncoperation"]
    assert status_url.startswith(
        f"{arm.server.url}{arm.subscription}/providers/Microsoft.MachineLearningServices/locations/eastus2"
        "/mfeOperationsStatus/"
    )
    running = arm.http.get(status_url, headers=arm.authorization)
    assert running.json()["status"] == "InProgress"
    assert running.headers["retry-after-ms"] == "200"
    done = arm.finish(created).json()
    assert (done["status"], "startTime" in done, "endTime" in done) == ("Succeeded", True, True)
    shown = arm.get(path).json()
    assert shown["type"] == "Microsoft.MachineLearningServices/workspaces/marketplaceSubscriptions"
    assert shown["properties"] == {
        "modelId": MINISTRAL,
        "marketplacePlan": {
            "publisherId": "000-000",
            "offerId": "ministral-3b-2410-offer",
            "planId": "ministral-3b-plan",
        },
        "marketplaceSubscriptionStatus": "Subscribed",
        "provisioningState": "Succeeded",
    }


def test_the_same_subscription_again_changes_nothing(arm: ArmClient) -> None:
    subscription = arm.subscribe(arm.workspace())
    before = arm.get(subscription).json()
    again = arm.put(subscription, {"properties": {"modelId": MINISTRAL}})
    assert (again.status_code, again.json()) == (200, before)


def test_a_subscription_is_to_one_model(arm: ArmClient) -> None:
    subscription = arm.subscribe(arm.workspace())
    assert error(arm.put(subscription, {"properties": {"modelId": CODESTRAL}}))[:2] == (400, "UserError")


def test_a_workspace_subscribes_to_an_offer_once(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    answer = arm.put(f"{workspace}/marketplaceSubscriptions/second", {"properties": {"modelId": MINISTRAL}})
    assert error(answer) == (
        409,
        "Conflict",
        "The workspace already has a marketplace subscription to offer 'ministral-3b-2410-offer': ministral-3b.",
    )


def test_a_saas_resource_tracks_the_cost_of_a_subscription_and_goes_with_it(arm: ArmClient) -> None:
    workspace = arm.workspace()
    subscription = arm.subscribe(workspace)
    listing = f"{workspace.split('/providers/')[0]}/providers/Microsoft.SaaS/resources"
    (saas,) = arm.get(listing).json()["value"]
    assert saas["properties"]["productId"] == "ministral-3b-2410-offer"
    assert arm.get(saas["id"]).status_code == 200
    arm.remove(subscription)
    assert arm.get(listing).json()["value"] == []


def test_a_deleted_subscription_leaves_its_endpoint_suspended_until_it_is_back(arm: ArmClient) -> None:
    workspace = arm.workspace()
    subscription = arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace)
    arm.remove(subscription)
    assert arm.get(endpoint).json()["properties"]["endpointState"] == "Suspended"
    arm.subscribe(workspace)
    assert arm.get(endpoint).json()["properties"]["endpointState"] == "Online"


@pytest.mark.parametrize(
    ("azure_subscription", "reason"),
    [
        (
            {"quotaId": "FreeTrial_2014-09-01"},
            (
                "The plan 'ministral-3b-plan' can't be purchased using a free subscription. Please select a different"
                " subscription and try again."
            ),
        ),
        ({"quotaId": "MSDN_2014-09-01"}, "The plan 'ministral-3b-plan' can't be purchased"),
        ({"quotaId": "AzureForStudents_2018-01-01"}, "The plan 'ministral-3b-plan' can't be purchased"),
        ({"quotaId": "CSP_2015-05-01"}, "The plan 'ministral-3b-plan' can't be purchased"),
        (
            {"marketplaceAllowed": False},
            (
                "Cannot complete purchase as your enrollment for this subscription doesn't allow purchase of"
                " marketplace products."
            ),
        ),
        (
            {"paymentMethod": False},
            "Purchase failed because there is no valid payment method associated with this Azure subscription.",
        ),
    ],
)
def test_an_azure_subscription_that_cannot_buy_is_refused(
    arm: ArmClient, azure_subscription: dict[str, Any], reason: str
) -> None:
    workspace = arm.workspace()
    arm.control("PUT", arm.subscription.lstrip("/"), azure_subscription)
    status, code, message = error(
        arm.put(f"{workspace}/marketplaceSubscriptions/one", {"properties": {"modelId": MINISTRAL}})
    )
    assert (status, code) == (400, "UserError")
    assert message.startswith(
        "Error occurred when subscribing to Marketplace: Marketplace Subscription purchase eligibility check failed,"
        f" error message [{reason}"
    )


def test_a_country_that_is_not_served_is_refused(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.control("PUT", arm.subscription.lstrip("/"), {"country": "JP"})
    answer = arm.put(f"{workspace}/marketplaceSubscriptions/one", {"properties": {"modelId": MINISTRAL}})
    assert error(answer) == (
        400,
        "UserError",
        "AvailabilityNotInRegion: Product is not available in region: JP.",
    )


# Models, for both types


@pytest.mark.parametrize("kind", ["marketplaceSubscriptions", "serverlessEndpoints"])
@pytest.mark.parametrize(
    ("model_id", "message"),
    [
        (f"{REGISTRY}Mistral-Nemo", f"The requested model {REGISTRY}Mistral-Nemo is not available."),
        (f"{REGISTRY}No-Such-Model", f"The requested model {REGISTRY}No-Such-Model is not available."),
        (
            "azureml://registries/azureml/models/mistralai-Mistral-7B-v01",
            (
                "Model mapping properties not found for modelId:"
                " 'azureml://registries/azureml/models/mistralai-Mistral-7B-v01' publisherId:"
            ),
        ),
        (
            f"{REGISTRY}Ministral-3B/versions/1",
            (
                f"The model id '{REGISTRY}Ministral-3B/versions/1' points to a specific model version, which is not"
                f" supported for serverless endpoints. Use {REGISTRY}Ministral-3B."
            ),
        ),
        ("Ministral-3B", f"The model id 'Ministral-3B' is invalid. Expected {REGISTRY}<model name>."),
    ],
    ids=["retired", "unknown", "not of the Marketplace", "with a version", "no model id"],
)
def test_a_model_that_cannot_be_deployed_is_refused(arm: ArmClient, kind: str, model_id: str, message: str) -> None:
    workspace = arm.workspace()
    body = {"properties": {"modelId": model_id}}
    if kind == "serverlessEndpoints":
        body = arm.endpoint_body(model_id)
    assert error(arm.put(f"{workspace}/{kind}/one", body)) == (400, "UserError", message)


def test_a_location_without_the_model_is_refused_in_words_of_the_location(arm: ArmClient) -> None:
    workspace = arm.workspace(location="westeurope")
    answer = arm.put(f"{workspace}/marketplaceSubscriptions/one", {"properties": {"modelId": MINISTRAL}})
    assert error(answer) == (
        400,
        "UserError",
        f"The requested model {MINISTRAL} is not available in region West Europe.",
    )
    assert inner_error(answer)[-1] == "ServerlessModelNotAvailableInRegion"
    endpoint = arm.put(f"{workspace}/serverlessEndpoints/one", arm.endpoint_body(location="westeurope"))
    assert error(endpoint) == error(answer)


def test_a_model_is_refused_from_90_days_before_its_retirement_and_answers_until_it(arm: ArmClient) -> None:
    """mistral-document-ai-2505 retires on 2026-07-15, so it is deprecated from 2026-04-16."""
    workspace = arm.workspace()
    model = f"{REGISTRY}mistral-document-ai-2505"
    path = f"{workspace}/marketplaceSubscriptions/one"
    arm.control("PUT", "clock", {"now": "2026-04-15T12:00:00Z"})
    arm.subscribe(workspace, model)
    arm.endpoint(workspace, "reader", model)
    arm.control("PUT", "clock", {"now": "2026-04-16T12:00:00Z"})
    assert error(arm.put(path, {"properties": {"modelId": model}})) == (
        400,
        "UserError",
        f"The requested model {model} is not available.",
    )
    info = f"{arm.server.url}/serverless/eastus2/reader/info"
    assert arm.http.get(info).status_code == 401
    arm.control("PUT", "clock", {"now": "2026-07-15T00:00:00Z"})
    assert arm.http.get(info).status_code == 404


# Endpoints


def test_an_endpoint_is_created_by_an_operation(arm: ArmClient) -> None:
    workspace = arm.workspace()
    subscription = arm.subscribe(workspace)
    path = f"{workspace}/serverlessEndpoints/ep-1"
    created = arm.put(path, arm.endpoint_body())
    assert created.status_code == 201
    assert created.json()["properties"]["endpointState"] == "Creating"
    assert arm.finish(created).json()["status"] == "Succeeded"
    shown = arm.get(path).json()
    assert (shown["location"], shown["sku"]) == ("eastus2", {"name": "Consumption"})
    assert shown["properties"] == {
        "authMode": "Key",
        "modelSettings": {"modelId": MINISTRAL},
        "contentSafety": {"contentSafetyStatus": "Enabled"},
        "endpointState": "Online",
        "provisioningState": "Succeeded",
        "marketplaceSubscriptionId": subscription,
        "inferenceEndpoint": {"uri": f"{arm.server.url}/serverless/eastus2/ep-1", "headers": {}},
    }
    assert [item["id"] for item in arm.get(f"{workspace}/serverlessEndpoints").json()["value"]] == [shown["id"]]


def test_a_resource_that_is_not_ready_tells_its_pollers_how_long_to_wait(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace)
    changed = arm.put(endpoint, arm.endpoint_body(contentSafety={"contentSafetyStatus": "Disabled"}))
    assert (changed.status_code, changed.headers["retry-after-ms"]) == (200, "200")
    assert changed.json()["properties"]["provisioningState"] == "Updating"
    first, second = arm.get(endpoint), arm.get(endpoint)
    assert (first.json()["properties"]["provisioningState"], "retry-after-ms" in first.headers) == ("Updating", True)
    assert (second.json()["properties"]["provisioningState"], "retry-after-ms" in second.headers) == (
        "Succeeded",
        False,
    )
    assert second.json()["properties"]["contentSafety"] == {"contentSafetyStatus": "Disabled"}


def test_an_endpoint_answers_with_its_keys_and_both_are_replaced_one_at_a_time(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace, "ep-1")
    keys = arm.post(f"{endpoint}/listKeys").json()
    info = f"{arm.server.url}/serverless/eastus2/ep-1/info"

    def answers(key: str) -> bool:
        return arm.http.get(info, headers={"Authorization": f"Bearer {key}"}).status_code == 200

    assert answers(keys["primaryKey"])
    assert answers(keys["secondaryKey"])
    replaced = arm.post(f"{endpoint}/regenerateKeys", {"keyType": "Primary", "keyValue": keys["primaryKey"]})
    assert replaced.status_code == 202
    new = arm.finish(replaced).json()
    assert new["primaryKey"] != keys["primaryKey"]
    assert new["secondaryKey"] == keys["secondaryKey"]
    assert new == arm.post(f"{endpoint}/listKeys").json()
    assert not answers(keys["primaryKey"])
    assert answers(new["primaryKey"])
    chosen = arm.finish(arm.post(f"{endpoint}/regenerateKeys", {"keyType": "Secondary", "keyValue": "chosen"}))
    assert chosen.json()["secondaryKey"] == "chosen"


def test_an_endpoint_without_keys_answers_tokens_of_who_may_use_it(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace, "ep-1", authMode="AAD")
    assert error(arm.post(f"{endpoint}/listKeys")) == (
        400,
        "BadRequest",
        "Failed to list key. authMode of the endpoint is AAD.",
    )
    principal = arm.principal()
    consumer = arm.signed_in(principal)
    token = {"Authorization": f"Bearer {consumer.token('https://ml.azure.com/.default')}"}
    info = f"{arm.server.url}/serverless/eastus2/ep-1/info"
    assert arm.http.get(info, headers=token).status_code == 401
    assert arm.assign(endpoint, "Azure AI Developer", principal).status_code == 201
    assert arm.http.get(info, headers=token).status_code == 200
    assert arm.http.get(info, headers=consumer.authorization).status_code == 401


def test_the_mode_of_an_endpoint_changes_in_place_and_keeps_its_keys(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace)
    keys = arm.post(f"{endpoint}/listKeys").json()
    arm.create(endpoint, arm.endpoint_body(authMode="AAD"))
    arm.create(endpoint, arm.endpoint_body(authMode="Key"))
    assert arm.post(f"{endpoint}/listKeys").json() == keys


@pytest.mark.parametrize(
    ("api_version", "mode", "status"),
    [
        ("2024-10-01", "Key", 201),
        ("2024-10-01", "AAD", 400),
        ("2024-10-01", "KeyAndAAD", 400),
        ("2025-12-01", "KeyAndAAD", 201),
        ("2025-12-01", "Keyless", 400),
    ],
)
def test_modes_depend_on_the_api_version(arm: ArmClient, api_version: str, mode: str, status: int) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    body = arm.endpoint_body(authMode=mode)
    answer = arm.put(f"{workspace}/serverlessEndpoints/ep-1", body, **{"api-version": api_version})
    assert answer.status_code == status
    if status == 400:
        assert error(answer)[2].startswith(f"'{mode}' is not a valid value for authMode.")


def test_the_mode_is_key_when_a_client_does_not_say(arm: ArmClient) -> None:
    """azure-ai-ml never sends authMode."""
    workspace = arm.workspace()
    arm.subscribe(workspace)
    body = arm.endpoint_body()
    del body["properties"]["authMode"]
    assert arm.create(f"{workspace}/serverlessEndpoints/ep-1", body)["properties"]["authMode"] == "Key"


def test_an_endpoint_needs_the_marketplace_subscription_first(arm: ArmClient) -> None:
    workspace = arm.workspace()
    path = f"{workspace}/serverlessEndpoints/ep-1"
    message = f"The workspace has no marketplace subscription for model {MINISTRAL}. Create one before the endpoint."
    assert error(arm.put(path, arm.endpoint_body())) == (400, "UserError", message)
    arm.put(f"{workspace}/marketplaceSubscriptions/one", {"properties": {"modelId": MINISTRAL}})
    assert error(arm.put(path, arm.endpoint_body())) == (400, "UserError", message)


@pytest.mark.parametrize("name", ["ab", "1-ep", "ep_1", "ep-", "e" * 33])
def test_an_endpoint_name_that_breaks_the_rule_is_refused(arm: ArmClient, name: str) -> None:
    workspace = arm.workspace()
    status, code, message = error(arm.put(f"{workspace}/serverlessEndpoints/{name}", arm.endpoint_body()))
    assert (status, code) == (400, "UserError")
    assert message.startswith(f"Serverless endpoint name '{name}' is invalid.")


def test_an_endpoint_name_is_taken_in_its_location_across_azure_subscriptions(arm: ArmClient) -> None:
    first = arm.workspace()
    arm.subscribe(first)
    arm.endpoint(first, "taken")
    other = f"/subscriptions/{uuid.uuid4()}"
    arm.control("PUT", other.lstrip("/"), {})
    second = arm.workspace(arm.resource_group(subscription=other))
    arm.subscribe(second)
    assert error(arm.put(f"{second}/serverlessEndpoints/taken", arm.endpoint_body())) == (
        400,
        "UserError",
        "Serverless endpoint name 'taken' is not available. Please select a different name.",
    )
    third = arm.workspace(arm.resource_group(), location="westus3")
    arm.subscribe(third)
    elsewhere = arm.put(f"{third}/serverlessEndpoints/taken", arm.endpoint_body(location="westus3"))
    assert elsewhere.status_code == 201


def test_a_workspace_deploys_a_model_once(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    arm.endpoint(workspace, "first")
    status, code, message = error(arm.put(f"{workspace}/serverlessEndpoints/second", arm.endpoint_body()))
    assert (status, code) == (400, "UserError")
    assert message.startswith(
        f"Model {MINISTRAL} is already deployed to serverless endpoint 'first' in this workspace."
    )


def test_the_model_of_an_endpoint_cannot_change(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    arm.subscribe(workspace, CODESTRAL, "codestral-2501")
    endpoint = arm.endpoint(workspace)
    answer = arm.put(endpoint, arm.endpoint_body(CODESTRAL))
    assert error(answer) == (400, "UserError", "The modelId of a serverless endpoint cannot be changed.")


def test_an_endpoint_is_in_the_location_of_its_workspace(arm: ArmClient) -> None:
    workspace = arm.workspace()
    answer = arm.put(f"{workspace}/serverlessEndpoints/ep-1", arm.endpoint_body(location="westus"))
    assert error(answer)[2] == (
        "A serverless endpoint has to be in the location of its workspace, eastus2, not in westus."
    )


def test_an_endpoint_needs_its_workspace(arm: ArmClient) -> None:
    workspace = f"{arm.resource_group()}/providers/Microsoft.MachineLearningServices/workspaces/none"
    assert error(arm.put(f"{workspace}/serverlessEndpoints/ep-1", arm.endpoint_body())) == (
        404,
        "ParentResourceNotFound",
        (
            "Failed to perform 'write' on resource(s) of type 'workspaces/serverlessEndpoints',"
            f" because the parent resource '{workspace}' could not be found."
        ),
    )
    assert arm.get(f"{workspace}/serverlessEndpoints").status_code == 404


def test_an_endpoint_in_the_form_of_the_first_preview_finds_no_offer(arm: ArmClient) -> None:
    workspace = arm.workspace()
    offer = {"offerName": "mistral-ai-large-2407-offer", "publisher": "000-000"}
    answer = arm.put(
        f"{workspace}/serverlessEndpoints/ep-1",
        {"location": "eastus2", "properties": {"authMode": "Key", "offer": offer}},
        **{"api-version": "2023-08-01-preview"},
    )
    assert error(answer) == (
        404,
        "UserError",
        "Serverless offer 'mistral-ai-large-2407-offer' not found in service namespace '000-000'.",
    )
    assert inner_error(answer) == ["NotFound", "ServerlessOfferNotFound"]


def test_an_unknown_endpoint_is_not_found(arm: ArmClient) -> None:
    workspace = arm.workspace(arm.resource_group("rg-1"))
    assert error(arm.get(f"{workspace}/serverlessEndpoints/none")) == (
        404,
        "ResourceNotFound",
        (
            "The Resource 'Microsoft.MachineLearningServices/workspaces/mlw-1/serverlessEndpoints/none' under resource"
            " group 'rg-1' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        ),
    )
    assert arm.delete(f"{workspace}/serverlessEndpoints/none").status_code == 204


def test_a_patch_changes_tags_and_takes_no_properties(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace)
    assert arm.send("PATCH", endpoint, {"tags": {"a": "b"}}).json()["tags"] == {"a": "b"}
    refused = arm.send("PATCH", endpoint, {"properties": {"authMode": "AAD"}})
    assert error(refused)[1] == "InvalidRequestContent"


def test_keys_are_refused_before_the_endpoint_is_there(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    path = f"{workspace}/serverlessEndpoints/ep-1"
    arm.put(path, arm.endpoint_body())
    assert error(arm.post(f"{path}/listKeys")) == (
        409,
        "Conflict",
        "Failed to list key. The endpoint is being created.",
    )


def test_a_deleted_endpoint_answers_at_both_urls_and_no_more(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace, "ep-1")
    accepted = arm.delete(endpoint)
    assert accepted.status_code == 202
    assert {"azure-asyncoperation", "location", "x-ms-async-operation-timeout"} <= set(accepted.headers)
    assert arm.finish(accepted).json()["status"] == "Succeeded"
    assert arm.http.get(accepted.headers["location"], headers=arm.authorization).status_code == 200
    assert arm.get(endpoint).status_code == 404
    assert arm.http.get("/serverless/eastus2/ep-1/info").status_code == 404


def test_resources_that_come_and_go_leave_the_name_free(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    arm.remove(arm.endpoint(workspace, "again"))
    assert arm.get(arm.endpoint(workspace, "again")).json()["properties"]["endpointState"] == "Online"
