"""Azure subscriptions, locations, resource providers, resource groups and lists of resources."""

import uuid

import pytest

from tests.emulator.arm_client import ArmClient, error


def test_a_subscription_shows_its_offer(arm: ArmClient) -> None:
    shown = arm.get(arm.subscription).json()
    assert shown["id"] == arm.subscription
    assert shown["subscriptionPolicies"]["quotaId"] == "PayAsYouGo_2014-09-01"
    assert [item["id"] for item in arm.get("/subscriptions").json()["value"]] == [arm.subscription]


def test_a_subscription_that_is_none_is_refused(arm: ArmClient) -> None:
    assert error(arm.get("/subscriptions/mine/resourceGroups")) == (
        400,
        "InvalidSubscriptionId",
        "The provided subscription identifier 'mine' is malformed or invalid.",
    )
    unknown = str(uuid.uuid4())
    assert error(arm.get(f"/subscriptions/{unknown}/resourceGroups")) == (
        404,
        "SubscriptionNotFound",
        f"The subscription '{unknown}' could not be found.",
    )


def test_locations_have_names_and_display_names(arm: ArmClient) -> None:
    locations = {item["name"]: item["displayName"] for item in arm.get(f"{arm.subscription}/locations").json()["value"]}
    assert locations["eastus2"] == "East US 2"
    assert locations["swedencentral"] == "Sweden Central"


def test_a_provider_that_is_not_registered_refuses_until_it_is(arm: ArmClient) -> None:
    group = arm.resource_group()
    provider = f"{arm.subscription}/providers/Microsoft.KeyVault"
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/kv-{uuid.uuid4().hex[:8]}"
    assert arm.post(f"{provider}/unregister").json()["registrationState"] == "Unregistering"

    refused = arm.put(vault, arm.vault_body())
    message = (
        "The subscription is not registered to use namespace 'Microsoft.KeyVault'."
        " See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    assert error(refused) == (409, "MissingSubscriptionRegistration", message)
    assert refused.json()["error"]["details"][0]["target"] == "Microsoft.KeyVault"

    assert arm.post(f"{provider}/register").json()["registrationState"] == "Registering"
    shown = arm.get(provider, **{"api-version": "2016-02-01"}).json()
    assert shown["registrationState"] == "Registered"
    assert "vaults" in [item["resourceType"] for item in shown["resourceTypes"]]
    assert arm.put(vault, arm.vault_body()).status_code == 201


def test_an_unknown_provider_is_an_invalid_namespace(arm: ArmClient) -> None:
    assert error(arm.get(f"{arm.subscription}/providers/Microsoft.Nothing")) == (
        404,
        "InvalidResourceNamespace",
        "The resource namespace 'Microsoft.Nothing' is invalid.",
    )


def test_a_resource_group_is_created_changed_and_found(arm: ArmClient) -> None:
    path = f"{arm.subscription}/resourceGroups/rg-1"
    assert arm.send("HEAD", path).status_code == 404
    created = arm.put(path, {"location": "eastus2"})
    assert (created.status_code, created.json()["properties"]) == (201, {"provisioningState": "Succeeded"})
    assert arm.put(path, {"location": "eastus2", "tags": {"a": "b"}}).status_code == 200
    assert arm.send("PATCH", path, {"tags": {"c": "d"}}).json()["tags"] == {"c": "d"}
    assert arm.send("HEAD", path).status_code == 204
    assert [item["name"] for item in arm.get(f"{arm.subscription}/resourceGroups").json()["value"]] == ["rg-1"]


@pytest.mark.parametrize(
    ("name", "body", "status", "code", "message"),
    [
        ("rg-1", {}, 400, "LocationRequired", "The location property is required for this definition."),
        (
            "rg-1",
            {"location": "mars"},
            400,
            "LocationNotAvailableForResourceGroup",
            "The provided location 'mars' is not available for resource group. List of available regions is ",
        ),
        (
            "rg$1",
            {"location": "eastus2"},
            400,
            "InvalidResourceGroup",
            (
                "The provided resource group name 'rg$1' has these invalid characters: '$'."
                " The name can only be a letter, digit, '-', '.', '(', ')' or '_'."
            ),
        ),
    ],
)
def test_a_resource_group_that_cannot_be_is_refused(
    arm: ArmClient, name: str, body: object, status: int, code: str, message: str
) -> None:
    actual = error(arm.put(f"{arm.subscription}/resourceGroups/{name}", body))
    assert actual[:2] == (status, code)
    assert actual[2].startswith(message)


def test_a_resource_group_cannot_move(arm: ArmClient) -> None:
    group = arm.resource_group("rg-1")
    assert error(arm.put(group, {"location": "westus"})) == (
        409,
        "InvalidResourceGroupLocation",
        "Invalid resource group location 'westus'. The Resource group already exists in location 'eastus2'.",
    )


def test_a_request_into_an_unknown_resource_group_is_refused(arm: ArmClient) -> None:
    path = f"{arm.subscription}/resourceGroups/none/providers/Microsoft.KeyVault/vaults/kv-1"
    assert error(arm.get(path)) == (404, "ResourceGroupNotFound", "Resource group 'none' could not be found.")


def test_deleting_a_resource_group_deletes_what_it_contains_and_soft_deletes_what_can_be(arm: ArmClient) -> None:
    workspace = arm.workspace()
    group = workspace.split("/providers/")[0]
    arm.subscribe(workspace)
    arm.endpoint(workspace)

    accepted = arm.delete(group)
    assert accepted.status_code == 202
    assert accepted.headers["location"].startswith(f"{arm.server.url}{arm.subscription}/operationresults/")
    assert arm.finish(accepted).status_code == 200

    left = arm.control("GET", "resources")
    assert left["resources"] == []
    assert [item["type"] for item in left["deleted"]] == [
        "Microsoft.MachineLearningServices/workspaces",
        "Microsoft.KeyVault/vaults",
        "Microsoft.OperationalInsights/workspaces",
    ]
    assert arm.get(group).status_code == 404


def test_a_resource_group_that_is_being_deleted_takes_no_change(arm: ArmClient) -> None:
    arm.control("PUT", "transitions", {"Microsoft.Resources/resourceGroups": {"delete": {"polls": 1}}})
    group = arm.resource_group("rg-1")
    accepted = arm.delete(group)
    vault = arm.put(f"{group}/providers/Microsoft.KeyVault/vaults/kv-1", arm.vault_body())
    assert error(vault) == (
        409,
        "ResourceGroupBeingDeleted",
        "The resource group 'rg-1' is in deprovisioning state and cannot perform this operation.",
    )
    assert arm.get(group).json()["properties"]["provisioningState"] == "Deleting"
    assert arm.finish(accepted).status_code == 200


def test_resources_are_listed_by_group_and_by_filter(arm: ArmClient) -> None:
    group, other = arm.resource_group(), arm.resource_group()
    vault, account = arm.key_vault(group), arm.storage_account(group)
    arm.key_vault(other)
    assert [item["id"] for item in arm.get(f"{group}/resources").json()["value"]] == [vault, account]
    found = arm.get(
        f"{arm.subscription}/resources", **{"$filter": "resourceType eq 'Microsoft.Storage/storageAccounts'"}
    )
    assert [item["id"] for item in found.json()["value"]] == [account]
    assert arm.get(f"{group}/resources", **{"$filter": "substringof('a', name)"}).status_code == 501


def test_a_resource_cannot_move(arm: ArmClient) -> None:
    group = arm.resource_group("rg-1")
    vault = arm.key_vault(group)
    name = vault.rsplit("/", 1)[1]
    assert error(arm.put(vault, arm.vault_body() | {"location": "westus"})) == (
        409,
        "InvalidResourceLocation",
        (
            f"The resource '{name}' already exists in location 'eastus2' in resource group 'rg-1'."
            " A resource with the same name cannot be created in location 'westus'. Please select a new resource name."
        ),
    )


def test_a_location_that_is_none_is_refused_for_a_resource(arm: ArmClient) -> None:
    group = arm.resource_group()
    answer = arm.put(f"{group}/providers/Microsoft.KeyVault/vaults/kv-1", arm.vault_body() | {"location": "mars"})
    status, code, message = error(answer)
    assert (status, code) == (400, "LocationNotAvailableForResourceType")
    assert message.startswith(
        "The provided location 'mars' is not available for resource type 'Microsoft.KeyVault/vaults'."
    )
