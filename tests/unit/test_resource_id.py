"""ARM ids: what they name, and what is none."""

import pytest
from azure_mistral.resource_id import ResourceId, parse_resource_id

GROUP = "/subscriptions/20000000-0000-4000-8000-000000000001/resourceGroups/group"


def test_id_of_a_resource_names_its_group_type_and_name() -> None:
    named = parse_resource_id(f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv")

    assert named == ResourceId("20000000-0000-4000-8000-000000000001", "group", "Microsoft.KeyVault/vaults", "kv")
    assert named.resource_group_id == GROUP


def test_id_of_a_child_has_the_type_of_the_child() -> None:
    named = parse_resource_id(f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv/secrets/key")

    assert (named.type, named.name) == ("Microsoft.KeyVault/vaults/secrets", "key")


def test_case_of_an_id_does_not_count() -> None:
    named = parse_resource_id(f"{GROUP.lower()}/providers/microsoft.keyvault/vaults/kv")

    assert named.is_of_type("Microsoft.KeyVault/vaults")
    assert not named.is_of_type("Microsoft.KeyVault/managedHSMs")


@pytest.mark.parametrize(
    "text", ["", "kv", GROUP, f"{GROUP}/providers/Microsoft.KeyVault/vaults", f"{GROUP}/providers/a/b/c/", "/a/b/c"]
)
def test_text_that_is_no_id_of_a_resource_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the ARM id of a resource in a resource group"):
        parse_resource_id(text)
