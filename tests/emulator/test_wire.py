"""What every management request has in common: headers, sign-in, API versions, bodies, unknown routes, case."""

import json
import re
import uuid
from datetime import timedelta

import pytest

from emulator.identity.directory import DEPLOYER_OBJECT_ID, TENANT_ID
from emulator.identity.tokens import Tokens
from emulator.store import Principal, Store
from tests.emulator.arm_client import ArmClient, error


def test_every_answer_has_request_ids_and_echoes_the_clients(arm: ArmClient) -> None:
    mine = str(uuid.uuid4())
    answer = arm.http.get("/subscriptions/x", headers={"x-ms-client-request-id": mine})
    assert uuid.UUID(answer.headers["x-ms-request-id"])
    assert uuid.UUID(answer.headers["x-ms-correlation-request-id"])
    assert answer.headers["x-ms-client-request-id"] == mine


def test_a_request_without_token_is_challenged(arm: ArmClient) -> None:
    answer = arm.http.get(f"{arm.subscription}/resourceGroups?api-version=2024-03-01")
    assert error(answer) == (
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
    )
    assert answer.headers["www-authenticate"].startswith(f'Bearer authorization_uri="{arm.server.url}/{arm.tenant}"')


def test_a_token_that_was_not_signed_here_is_refused(arm: ArmClient) -> None:
    head, body, _ = arm.authorization["Authorization"].split(".")
    answer = arm.http.get(arm.subscription, headers={"Authorization": f"{head}.{body}.c2lnbmF0dXJl"})
    assert error(answer) == (401, "InvalidAuthenticationToken", "The access token is invalid.")


def test_a_token_for_another_resource_is_refused(arm: ArmClient) -> None:
    token = arm.token("https://graph.microsoft.com/.default")
    status, code, message = error(arm.http.get(arm.subscription, headers={"Authorization": f"Bearer {token}"}))
    assert (status, code) == (401, "InvalidAuthenticationTokenAudience")
    assert message.startswith(
        "The access token has been obtained for wrong audience or resource 'https://graph.microsoft.com'."
    )


def test_an_expired_token_is_refused_with_both_times(arm: ArmClient) -> None:
    store = Store(arm.server.state / "emulator.db")
    deployer = Principal(DEPLOYER_OBJECT_ID, "ServicePrincipal", "deployer")
    expired = Tokens(store, TENANT_ID).sign(deployer, "https://management.azure.com", "issuer", timedelta(seconds=-1))
    store.close()
    status, code, message = error(arm.http.get(arm.subscription, headers={"Authorization": f"Bearer {expired}"}))
    assert (status, code) == (401, "ExpiredAuthenticationToken")
    time = r"\d+/\d+/\d{4} \d+:\d\d:\d\d [AP]M"
    assert re.fullmatch(
        f"The access token expiry UTC time '{time}' is earlier than current UTC time '{time}'.", message
    )


def test_a_request_without_api_version_is_refused(arm: ArmClient) -> None:
    answer = arm.http.get(arm.subscription, headers=arm.authorization)
    assert error(answer) == (
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def test_an_unknown_api_version_names_those_of_the_type(arm: ArmClient) -> None:
    group = arm.resource_group()
    path = f"{group}/providers/Microsoft.KeyVault/vaults/kv-1"
    status, code, message = error(arm.get(path, **{"api-version": "2001-01-01"}))
    assert (status, code) == (400, "NoRegisteredProviderFound")
    assert message.startswith(
        "No registered resource provider found for location 'eastus2' and API version '2001-01-01' for type 'vaults'."
        " The supported api-versions are '2019-09-01, "
    )
    assert error(arm.get(group, **{"api-version": "2001-01-01"}))[1] == "InvalidApiVersionParameter"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            '{"location": "eastus2", "colour": 1}',
            (
                "Could not find member 'colour' on object of type 'ResourceDefinition'."
                " Path 'colour', line 1, position 33."
            ),
        ),
        (
            '{"location": "eastus2",\n "properties": {"provisioningState": "Succeeded"}}',
            (
                "Could not find member 'provisioningState' on object of type 'Properties'."
                " Path 'properties.provisioningState', line 2, position 36."
            ),
        ),
        (
            '{"location": 7}',
            "Could not convert int to string: 7. Path 'location', line 1, position 12.",
        ),
    ],
    ids=["unknown", "read-only", "wrong type"],
)
def test_a_body_that_does_not_fit_the_type_is_refused_with_its_place(arm: ArmClient, body: str, reason: str) -> None:
    answer = arm.http.put(
        f"{arm.subscription}/resourceGroups/rg-1?api-version=2024-03-01", content=body, headers=arm.authorization
    )
    assert error(answer) == (
        400,
        "InvalidRequestContent",
        f"The request content was invalid and could not be deserialized: '{reason}'.",
    )


def test_what_a_get_shows_can_be_put_back_with_a_change(arm: ArmClient) -> None:
    """As `az resource update` does: read-only properties come along and change nothing."""
    workspace = arm.workspace()
    arm.subscribe(workspace)
    group = workspace.split("/providers/")[0]
    dependencies = arm.get(workspace).json()["properties"]
    ids = [
        group,
        dependencies["storageAccount"],
        dependencies["keyVault"],
        dependencies["applicationInsights"],
        f"{group}/providers/Microsoft.OperationalInsights/workspaces/law-1",
        workspace,
        arm.endpoint(workspace),
    ]
    for id_ in ids:
        before = arm.get(id_).json()
        changed = arm.create(id_, {**before, "tags": {"changed": "a"}})
        assert changed["tags"] == {"changed": "a"}, id_
        assert changed["properties"].keys() == before["properties"].keys(), id_


def test_a_read_only_property_that_is_put_back_with_another_value_is_ignored(arm: ArmClient) -> None:
    workspace = arm.workspace()
    arm.subscribe(workspace)
    endpoint = arm.endpoint(workspace)
    before = arm.get(endpoint).json()
    properties = {**before["properties"], "inferenceEndpoint": {"uri": "https://example.org", "headers": {}}}

    changed = arm.create(endpoint, {**before, "properties": properties})

    assert changed["properties"]["inferenceEndpoint"] == before["properties"]["inferenceEndpoint"]


def test_an_unknown_property_is_refused_of_an_existing_resource_too(arm: ArmClient) -> None:
    group = arm.resource_group()
    answer = arm.put(group, {**arm.get(group).json(), "colour": 1})
    assert error(answer)[1] == "InvalidRequestContent"
    assert "Could not find member 'colour'" in error(answer)[2]


def test_a_body_that_is_no_json_is_refused(arm: ArmClient) -> None:
    answer = arm.http.put(
        f"{arm.subscription}/resourceGroups/rg-1?api-version=2024-03-01", content="{", headers=arm.authorization
    )
    assert error(answer)[:2] == (400, "InvalidRequestContent")


def test_an_unknown_route_is_a_501_that_names_the_nearest(arm: ArmClient) -> None:
    workspace = f"{arm.subscription}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
    status, code, message = error(arm.get(f"{workspace}/serverlessEndpoint/x"))
    assert (status, code) == (501, "NotImplemented")
    nearest = message.split("Nearest routes: ")[1].split("; ")[0]
    assert nearest.startswith("GET ")
    assert nearest.endswith("/workspaces/{workspace}/serverlessEndpoints/{endpoint}")


def test_an_unknown_method_is_a_501_that_names_the_known(arm: ArmClient) -> None:
    status, code, message = error(arm.send("PATCH", f"{arm.subscription}/locations"))
    assert (status, code) == (501, "NotImplemented")
    assert message.endswith("It implements GET there.")


def test_ids_are_compared_without_case_and_answered_in_the_case_of_creation(arm: ArmClient) -> None:
    group = arm.resource_group("Rg-Mixed")
    vault = f"{group}/providers/microsoft.keyvault/VAULTS/Kv-Mixed1"
    created = arm.create(vault, arm.vault_body())
    assert created["id"] == f"{group}/providers/Microsoft.KeyVault/vaults/Kv-Mixed1"
    shouted = arm.get(vault.upper().replace("/SUBSCRIPTIONS", "/Subscriptions"))
    assert shouted.json()["id"] == created["id"]
    assert arm.put(vault.lower(), arm.vault_body()).json()["name"] == "Kv-Mixed1"


def test_locations_may_be_written_as_display_names(arm: ArmClient) -> None:
    answer = arm.put(f"{arm.subscription}/resourceGroups/rg-1", {"location": "East US 2"})
    assert answer.json()["location"] == "eastus2"


def test_the_request_log_says_who_did_what_and_holds_no_credential(arm: ArmClient) -> None:
    group = arm.resource_group()
    entries = arm.control("GET", "requests", plane="arm")
    assert [(entry["method"], entry["path"], entry["status"]) for entry in entries] == [
        ("PUT", group, 201),
        ("GET", group, 200),
    ]
    assert entries[0]["principal"] == DEPLOYER_OBJECT_ID
    assert entries[0]["type"] == "Microsoft.Resources/resourceGroups"
    assert entries[0]["query"] == "api-version=2024-03-01"
    assert entries[0]["userAgent"].startswith("python-httpx/")
    everything = json.dumps(arm.control("GET", "requests"))
    for secret in (arm.server.environment["ARM_CLIENT_SECRET"], arm.authorization["Authorization"]):
        assert secret not in everything


def test_the_request_log_can_be_read_from_a_number_on_and_cleared(arm: ArmClient) -> None:
    first = arm.control("GET", "requests")[-1]["sequence"]
    arm.resource_group()
    assert [entry["sequence"] > first for entry in arm.control("GET", "requests", since=first)]
    planes = {entry["plane"] for entry in arm.control("GET", "requests", since=first)}
    assert planes == {"control", "arm"}
    arm.control("DELETE", "requests")
    assert [entry["plane"] for entry in arm.control("GET", "requests")] == ["control"]
