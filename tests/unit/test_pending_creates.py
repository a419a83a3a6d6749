"""What is read from the state that a killed update left; with the real engine it is tested in tests/integration."""

from typing import Any

import pytest
from azure_mistral.pending_creates import PendingCreate, child_urn, has_failed, is_at_work, pending_creates

COMPONENT = "urn:pulumi:dev::project::azure-mistral:index:Workspace::team"
VAULT = "azure-native:keyvault:Vault"
URN = f"urn:pulumi:dev::project::azure-mistral:index:Workspace${VAULT}::team-kv"


def note(vault_name: str, *, operation: str = "creating", urn: str = URN, type_: str = VAULT) -> Any:
    inputs = {"azureApiVersion": "2024-11-01", "resourceGroupName": "team-rg", "vaultName": vault_name, "tags": {}}
    return {"type": operation, "resource": {"urn": urn, "type": type_, "inputs": inputs}}


def vault(name: str) -> PendingCreate:
    return PendingCreate("azure-native:keyvault:getVault", {"resourceGroupName": "team-rg", "vaultName": name})


def test_what_was_being_created_is_found_by_its_urn_the_latest_first() -> None:
    state = {"resources": [], "pending_operations": [note("second"), note("first")]}

    assert pending_creates(state) == {child_urn(COMPONENT, VAULT, "team-kv"): [vault("second"), vault("first")]}


@pytest.mark.parametrize("state", [{}, {"resources": None, "pending_operations": None}])
def test_a_state_without_notes_has_nothing(state: dict[str, Any]) -> None:
    assert pending_creates(state) == {}


def test_a_note_of_what_the_state_has_by_now_is_stale() -> None:
    assert pending_creates({"resources": [{"urn": URN}], "pending_operations": [note("first")]}) == {}


def test_updates_deletes_and_what_is_not_of_the_components_are_left_to_pulumi() -> None:
    notes = [
        note("changed", operation="updating"),
        note("gone", operation="deleting"),
        note("of-the-program", urn=f"urn:pulumi:dev::project::{VAULT}::kv"),
        note("of-another-component", urn=f"urn:pulumi:dev::project::other:index:Workspace${VAULT}::kv"),
        note("random", urn=URN.replace(VAULT, "random:index:RandomId"), type_="random:index:RandomId"),
    ]

    assert pending_creates({"pending_operations": notes}) == {}


@pytest.mark.parametrize(
    ("state", "at_work", "failed"),
    [
        ("Succeeded", False, False),
        ("Creating", True, False),
        ("RegisteringDns", True, False),
        ("Failed", False, True),
        ("Canceled", False, True),
    ],
)
def test_azure_says_whether_it_has_finished(state: str, at_work: bool, failed: bool) -> None:
    for answer in ({"provisioningState": state}, {"properties": {"provisioningState": state}}):
        assert (is_at_work(answer), has_failed(answer)) == (at_work, failed)


def test_a_role_assignment_has_no_state_and_is_there_at_once() -> None:
    assert not is_at_work({"id": "x"})
    assert not has_failed({"id": "x"})
