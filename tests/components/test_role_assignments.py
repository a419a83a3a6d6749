"""Role assignments: what Azure is told, and under which names."""

import uuid
from typing import Any

import pulumi
import pytest
from azure_mistral import Workspace
from azure_mistral.role_assignments import RoleAssignmentArgs

from tests.support.recorder import AZURE_SUBSCRIPTION_ID, Recording, record

PRINCIPAL = "40000000-0000-4000-8000-000000000001"


def assign(assignments: dict[str, RoleAssignmentArgs], *, preview: bool = False) -> Recording:
    def program() -> None:
        Workspace("ml", {"location": "eastus2", "role_assignments": assignments})

    return record(program, preview=preview)


@pytest.mark.parametrize("principal_type", ["User", "Group", "ServicePrincipal"])
def test_assignment_states_principal_and_type(principal_type: str) -> None:
    inputs = assign({"a": {"principal_id": PRINCIPAL, "principal_type": principal_type}}).one(":RoleAssignment").inputs

    assert (inputs["principalId"], inputs["principalType"]) == (PRINCIPAL, principal_type)


@pytest.mark.parametrize(
    ("role", "guid"),
    [
        ({}, "64702f94-c441-49e6-a78b-ef80e0188fee"),
        ({"role": "Azure AI Developer"}, "64702f94-c441-49e6-a78b-ef80e0188fee"),
        ({"role": "Reader"}, "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
        ({"role": "0F0E0D0C-0000-4000-8000-000000000000"}, "0f0e0d0c-0000-4000-8000-000000000000"),
    ],
)
def test_role_is_given_by_name_or_guid_and_is_azure_ai_developer_by_default(role: Any, guid: str) -> None:
    assignment: Any = {**role, "principal_id": PRINCIPAL, "principal_type": "User"}
    recording = assign({"a": assignment})

    assert recording.one(":RoleAssignment").inputs["roleDefinitionId"] == (
        f"/subscriptions/{AZURE_SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    )


def test_name_is_a_guid_made_of_scope_role_and_principal() -> None:
    def name(**changes: Any) -> str:
        assignment: Any = {"principal_id": PRINCIPAL, "principal_type": "User", **changes}
        return str(assign({"a": assignment}).one(":RoleAssignment").inputs["roleAssignmentName"])

    assert str(uuid.UUID(name())) == name()
    assert name() == name(role="Azure AI Developer") == name(role="64702F94-C441-49E6-A78B-EF80E0188FEE")
    assert name() == name(principal_id=PRINCIPAL.upper())
    assert len({name(), name(role="Reader"), name(principal_id=PRINCIPAL.replace("4", "5"))}) == 3


def test_changed_assignment_is_deleted_before_it_is_made_again() -> None:
    assignment = assign({"a": {"principal_id": PRINCIPAL, "principal_type": "User"}}).one(":RoleAssignment")

    assert assignment.delete_before_replace is True
    assert assignment.replace_on_changes == ("principalType",)


def test_assignments_are_called_after_the_users_own_keys() -> None:
    assignment: RoleAssignmentArgs = {"principal_id": PRINCIPAL, "principal_type": "User"}

    recording = assign({"zoe": assignment, "adam": {**assignment, "role": "Reader"}})

    assert [each.name for each in recording.all(":RoleAssignment")] == ["ml-role-adam", "ml-role-zoe"]


def test_principal_of_the_same_program_may_be_unknown_at_preview() -> None:
    identity: pulumi.Output[str] = pulumi.Output.from_input(pulumi.UNKNOWN)  # type: ignore[arg-type]

    recording = assign({"app": {"principal_id": identity, "principal_type": "ServicePrincipal"}}, preview=True)

    inputs = recording.one(":RoleAssignment").inputs
    assert pulumi.contains_unknowns(inputs["principalId"])
    assert pulumi.contains_unknowns(inputs["roleAssignmentName"])
