"""The error hook that every Azure resource has; what it does with real failures is in tests/integration."""

from typing import Any

import pulumi
import pytest
from azure_mistral import MistralModels, RoleAssignmentArgs, error_hooks

from tests.support.recorder import record

URN = "urn:pulumi:dev::project::azure-native:resources:ResourceGroup::team-rg"


def models() -> None:
    role: RoleAssignmentArgs = {
        "principal_id": "50000000-0000-4000-8000-000000000001",
        "principal_type": "ServicePrincipal",
    }
    MistralModels(
        "mistral",
        {
            "models": {"ministral-3b": {"role_assignments": {"app": role}}},
            "locations": ["eastus2"],
            "accept_marketplace_terms": True,
            "role_assignments": {"team": role},
        },
    )


def test_every_azure_resource_has_the_hook_and_no_component_has() -> None:
    registered = record(models).registrations

    assert {each.error_hooks for each in registered if each.type.startswith("azure-native:")} == {1}
    assert {each.error_hooks for each in registered if each.type.startswith("azure-mistral:")} == {0}
    assert len(registered) == 13


def answer_of_a_hook(args: Any) -> Any:
    """Return what a hook answers the engine."""

    def program() -> dict[str, Any]:
        [hook] = error_hooks.on_error().on_error or []
        return {"retry": hook.callback(args)}

    return record(program).outputs["retry"].value


def test_a_hook_that_fails_itself_leaves_the_update_with_azures_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a defect of ours")

    monkeypatch.setattr(error_hooks, "react", broken)
    args = pulumi.ErrorHookArgs(URN, "", "team-rg", "azure-native:resources:ResourceGroup", errors=["Status=400"])

    assert answer_of_a_hook(args) is False


def test_a_hook_asks_for_another_try_after_it_has_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(error_hooks.PACE, "0")
    busy = "Another operation with ID [7] is already running on it."
    args = pulumi.ErrorHookArgs(URN, "", "team-rg", "azure-native:resources:ResourceGroup", errors=[busy])

    assert answer_of_a_hook(args) is True
