"""Assignments of Azure roles to people, groups and service principals, on a resource group or on one endpoint."""

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure_native

from azure_mistral import config, roles
from azure_mistral.error_hooks import on_error


class RoleAssignmentArgs(TypedDict):
    """Who gets which role."""

    role: NotRequired[str]
    """Optional. Name of a built-in role, or GUID of any role definition. Defaults to Azure AI Developer."""

    principal_id: pulumi.Input[str]
    """Required. Object id of who gets the role. For an application: of its service principal, not its client id."""

    principal_type: str
    """Required. User, Group or ServicePrincipal. A managed identity is a ServicePrincipal."""


def as_args(assignments: Mapping[str, config.RoleAssignment]) -> dict[str, RoleAssignmentArgs]:
    """Return assignments that were read as arguments again."""
    return {
        key: {"role": each.role, "principal_id": each.principal_id, "principal_type": each.principal_type}
        for key, each in assignments.items()
    }


def assign_roles(
    name: str, scope: pulumi.Output[str], assignments: Mapping[str, config.RoleAssignment], parent: pulumi.Resource
) -> None:
    """Assign roles on the scope, an ARM id, as children of `parent` called `<name>-role-<key>`."""
    for key, assignment in assignments.items():
        azure_native.authorization.RoleAssignment(
            f"{name}-role-{key}",
            # The provider's spelling (pulumi/pulumi-azure-native#1348). With the slash that ids begin with, an imported
            # assignment would be replaced: the provider reads its scope without.
            scope=scope.apply(lambda id_: id_.removeprefix("/")),
            role_definition_id=scope.apply(partial(_role_definition_id, assignment.role)),
            principal_id=assignment.principal_id,
            # Without it Azure looks the principal up, and fails for one that is so new that it is not replicated yet
            # (PrincipalNotFound, aka.ms/docs-principaltype).
            principal_type=assignment.principal_type,
            role_assignment_name=pulumi.Output.all(scope, assignment.principal_id).apply(
                partial(_assignment_name, assignment.role)
            ),
            # Azure changes no assignment in place (RoleAssignmentUpdateNotPermitted), and the new one may have the name
            # of the old one (RoleAssignmentExists).
            opts=pulumi.ResourceOptions(
                parent=parent, hooks=on_error(), delete_before_replace=True, replace_on_changes=["principalType"]
            ),
        )


def _role_definition_id(role: str, scope: str) -> str:
    _, _, azure_subscription_id, *_ = scope.split("/")
    definition = roles.role_definition_guid(role)
    return f"/subscriptions/{azure_subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{definition}"


def _assignment_name(role: str, scope_and_principal: Sequence[str]) -> str:
    """Return the GUID that names the assignment: the same assignment has the same name, whoever makes it."""
    scope, principal_id = scope_and_principal
    identity = f"{scope}|{_role_definition_id(role, scope)}|{principal_id}".lower()
    return str(uuid.uuid5(uuid.NAMESPACE_URL, identity))
