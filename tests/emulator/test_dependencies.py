"""What a workspace depends on: storage accounts, key vaults, Log Analytics workspaces, Application Insights."""

import uuid

import pytest

from tests.emulator.arm_client import ArmClient, error

ACCOUNTS = "/providers/Microsoft.Storage/storageAccounts"
VAULTS = "/providers/Microsoft.KeyVault/vaults"


def test_a_storage_account_is_accepted_and_then_found_at_its_location_url(arm: ArmClient) -> None:
    group = arm.resource_group()
    body = {"location": "eastus2", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    accepted = arm.put(f"{group}{ACCOUNTS}/stone", body)
    assert (accepted.status_code, accepted.content) == (202, b"")
    assert f"{arm.subscription}/providers/Microsoft.Storage/locations/eastus2/asyncoperations/" in str(
        accepted.headers["location"]
    )
    account = arm.finish(accepted).json()
    assert account["properties"]["provisioningState"] == "Succeeded"
    assert account["properties"]["primaryEndpoints"]["blob"] == "https://stone.blob.core.windows.net/"
    assert account["sku"] == {"name": "Standard_LRS", "tier": "Standard"}
    assert arm.put(f"{group}{ACCOUNTS}/stone", body | {"tags": {"a": "b"}}).status_code == 200


def test_a_storage_accounts_keys_are_listed(arm: ArmClient) -> None:
    keys = arm.post(f"{arm.storage_account(arm.resource_group())}/listKeys").json()["keys"]
    assert [key["keyName"] for key in keys] == ["key1", "key2"]
    assert keys[0]["value"] != keys[1]["value"]


@pytest.mark.parametrize("name", ["ab", "Upper", "has-hyphen", "a" * 25])
def test_a_storage_account_name_that_breaks_the_rule_is_refused(arm: ArmClient, name: str) -> None:
    body = {"location": "eastus2", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    message = (
        f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in"
        " length and use numbers and lower-case letters only."
    )
    group = arm.resource_group()
    assert error(arm.put(f"{group}{ACCOUNTS}/{name}", body)) == (400, "AccountNameInvalid", message)
    check = arm.post(
        f"{arm.subscription}/providers/Microsoft.Storage/checkNameAvailability",
        {"name": name, "type": "Microsoft.Storage/storageAccounts"},
    )
    assert check.json() == {"nameAvailable": False, "reason": "AccountNameInvalid", "message": message}


def test_a_storage_account_name_is_taken_in_all_of_azure(arm: ArmClient) -> None:
    taken = arm.storage_account(arm.resource_group()).rsplit("/", 1)[1]
    body = {"location": "eastus2", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    assert error(arm.put(f"{arm.resource_group()}{ACCOUNTS}/{taken}", body)) == (
        409,
        "StorageAccountInAnotherResourceGroup",
        f"The account {taken} is already in another resource group in this subscription.",
    )
    other = f"/subscriptions/{uuid.uuid4()}"
    arm.control("PUT", other.lstrip("/"), {})
    assert error(arm.put(f"{arm.resource_group(subscription=other)}{ACCOUNTS}/{taken}", body)) == (
        409,
        "StorageAccountAlreadyTaken",
        f"The storage account named {taken} is already taken.",
    )
    check = arm.post(f"{other}/providers/Microsoft.Storage/checkNameAvailability", {"name": taken})
    assert (check.json()["nameAvailable"], check.json()["reason"]) == (False, "AlreadyExists")


def test_a_fixed_property_of_a_storage_account_cannot_be_updated(arm: ArmClient) -> None:
    account = arm.storage_account(arm.resource_group())
    assert error(arm.send("PATCH", account, {"properties": {"isHnsEnabled": True}})) == (
        400,
        "AccountPropertyCannotBeUpdated",
        "The property 'isHnsEnabled' was specified in the input, but it cannot be updated.",
    )


def test_deleting_what_does_not_exist_is_a_204(arm: ArmClient) -> None:
    group = arm.resource_group()
    for path in (
        "Microsoft.Storage/storageAccounts/stx",
        "Microsoft.KeyVault/vaults/kvx",
        "Microsoft.Insights/components/x",
    ):
        assert arm.delete(f"{group}/providers/{path}").status_code == 204


def test_a_vault_is_created_with_safe_defaults(arm: ArmClient) -> None:
    vault = arm.get(arm.key_vault(arm.resource_group())).json()
    properties = vault["properties"]
    assert properties["vaultUri"] == f"https://{vault['name']}.vault.azure.net/"
    assert (properties["enableSoftDelete"], properties["softDeleteRetentionInDays"]) == (True, 90)
    assert properties["provisioningState"] == "Succeeded"


@pytest.mark.parametrize("name", ["kv", "1kv", "kv--1", "kv-", "k" * 25])
def test_a_vault_name_that_breaks_the_rule_is_refused(arm: ArmClient, name: str) -> None:
    status, code, message = error(arm.put(f"{arm.resource_group()}{VAULTS}/{name}", arm.vault_body()))
    assert (status, code) == (400, "VaultNameNotValid")
    assert message.startswith(f"The vault name '{name}' is invalid.")


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        (
            {"enableSoftDelete": False},
            'The property "enableSoftDelete" can be set to false only for creating new vault.',
        ),
        ({"enablePurgeProtection": False}, 'The property "enablePurgeProtection" cannot be set to false.'),
        ({"softDeleteRetentionInDays": 6}, "The parameter softDeleteRetentionInDays has an invalid value '6'."),
    ],
)
def test_a_vault_property_that_cannot_be_is_refused(arm: ArmClient, properties: dict[str, object], text: str) -> None:
    status, code, message = error(arm.put(f"{arm.resource_group()}{VAULTS}/kv-1", arm.vault_body(**properties)))
    assert (status, code) == (400, "BadRequest")
    assert message.startswith(text)


def test_the_retention_of_a_vault_is_set_once(arm: ArmClient) -> None:
    vault = arm.key_vault(arm.resource_group())
    assert error(arm.put(vault, arm.vault_body(softDeleteRetentionInDays=7)))[2] == (
        'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.'
    )


def test_a_soft_deleted_vault_holds_its_name(arm: ArmClient) -> None:
    group = arm.resource_group()
    vault = arm.key_vault(group)
    arm.remove(vault)
    assert error(arm.put(vault, arm.vault_body())) == (
        409,
        "ConflictError",
        (
            "A vault with the same name already exists in deleted state. You need to either recover or purge existing"
            " key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft"
            " delete."
        ),
    )
    name = vault.rsplit("/", 1)[1]
    check = arm.post(
        f"{arm.subscription}/providers/Microsoft.KeyVault/checkNameAvailability",
        {"name": name, "type": "Microsoft.KeyVault/vaults"},
    )
    assert check.json()["nameAvailable"] is False


def test_a_vault_name_is_taken_in_all_of_azure(arm: ArmClient) -> None:
    name = arm.key_vault(arm.resource_group()).rsplit("/", 1)[1]
    other = f"/subscriptions/{uuid.uuid4()}"
    arm.control("PUT", other.lstrip("/"), {})
    status, code, message = error(arm.put(f"{arm.resource_group(subscription=other)}{VAULTS}/{name}", arm.vault_body()))
    assert (status, code) == (409, "VaultAlreadyExists")
    assert message.startswith(f"The vault name '{name}' is already in use. Vault names are globaly unique")


def test_a_soft_deleted_vault_is_recovered_as_it_was(arm: ArmClient) -> None:
    vault = arm.key_vault(arm.resource_group())
    before = arm.get(vault).json()
    arm.remove(vault)
    assert arm.put(vault, arm.vault_body(createMode="recover")).status_code == 200
    assert arm.get(vault).json() == before


def test_a_soft_deleted_vault_is_listed_and_purged(arm: ArmClient) -> None:
    vault = arm.key_vault(arm.resource_group())
    arm.remove(vault)
    deleted = arm.get(f"{arm.subscription}/providers/Microsoft.KeyVault/deletedVaults").json()["value"]
    assert [item["properties"]["vaultId"] for item in deleted] == [vault]
    purged = arm.post(f"{deleted[0]['id']}/purge")
    assert purged.status_code == 202
    assert arm.finish(purged).status_code == 200
    assert arm.get(deleted[0]["id"]).status_code == 404
    assert arm.put(vault, arm.vault_body()).status_code == 201


def test_purge_protection_forbids_the_purge(arm: ArmClient) -> None:
    vault = f"{arm.resource_group()}{VAULTS}/kv-{uuid.uuid4().hex[:8]}"
    arm.create(vault, arm.vault_body(enablePurgeProtection=True))
    arm.remove(vault)
    deleted = arm.get(f"{arm.subscription}/providers/Microsoft.KeyVault/deletedVaults").json()["value"][0]
    assert error(arm.post(f"{deleted['id']}/purge")) == (
        405,
        "MethodNotAllowed",
        "Operation 'DeletedVaultPurge' is not allowed.",
    )


def test_a_vaults_name_is_free_after_90_days(arm: ArmClient) -> None:
    vault = arm.key_vault(arm.resource_group())
    arm.remove(vault)
    arm.control("POST", "clock/advance", {"seconds": 90 * 86400 - 60})
    assert arm.put(vault, arm.vault_body()).status_code == 409
    arm.control("POST", "clock/advance", {"seconds": 60})
    assert arm.put(vault, arm.vault_body()).status_code == 201


def test_a_log_analytics_workspace_comes_back_under_its_name(arm: ArmClient) -> None:
    group = arm.resource_group()
    first = arm.log_analytics(group)
    keys = arm.post(f"{first['id']}/sharedKeys").json()
    arm.remove(first["id"])
    again = arm.log_analytics(group)
    assert again["properties"]["customerId"] == first["properties"]["customerId"]
    assert arm.post(f"{first['id']}/sharedKeys").json() == keys


def test_a_log_analytics_workspace_deleted_by_force_does_not_come_back(arm: ArmClient) -> None:
    group = arm.resource_group()
    first = arm.log_analytics(group)
    assert arm.delete(first["id"], force="true").status_code == 200
    assert arm.log_analytics(group)["properties"]["customerId"] != first["properties"]["customerId"]


def test_an_application_insights_component_needs_its_log_analytics_workspace(arm: ArmClient) -> None:
    group = arm.resource_group()
    properties = {
        "Application_Type": "web",
        "WorkspaceResourceId": f"{group}/providers/Microsoft.OperationalInsights/workspaces/none",
    }
    answer = arm.put(
        f"{group}/providers/Microsoft.Insights/components/appi-1",
        {"location": "eastus2", "kind": "web", "properties": properties},
    )
    assert error(answer)[:2] == (400, "BadRequest")


def test_an_application_insights_component_shows_how_to_connect(arm: ArmClient) -> None:
    component = arm.get(arm.application_insights(arm.resource_group())).json()
    key = component["properties"]["InstrumentationKey"]
    assert component["properties"]["ConnectionString"].startswith(
        f"InstrumentationKey={key};IngestionEndpoint=https://"
    )
