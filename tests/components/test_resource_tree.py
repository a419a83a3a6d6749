"""The names of what components make. They are what a consumer's state knows: another name or type is a replacement.

With an alias to the old name the engine keeps the resource, and these tests pass. Without one they say who is hit.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from azure_mistral import package
from azure_mistral.pending_creates import IDENTITIES

from tests.support.recorder import Registration, record

ASSIGNMENT = {"app": {"principal_id": "40000000-0000-4000-8000-000000000001", "principal_type": "ServicePrincipal"}}
# Arguments with which a component makes everything that it can make.
ARGUMENTS: dict[str, Any] = {
    "ManagedDeployment": {
        "model": "mistral-7b-instruct-v01",
        "location": "eastus2",
        "resource_group_name": "group",
        "workspace_name": "ml",
        "autoscale": {"maximum": 2},
        "role_assignments": ASSIGNMENT,
    },
    "MistralModels": {
        "models": {"ministral-3b": {}, "mistral-7b-instruct-v01": {}},
        "locations": ["eastus2"],
        "accept_marketplace_terms": True,
    },
    "ServerlessDeployment": {
        "model": "ministral-3b",
        "location": "eastus2",
        "resource_group_name": "group",
        "workspace_name": "ml",
        "accept_marketplace_terms": True,
        "role_assignments": ASSIGNMENT,
    },
    "Workspace": {"location": "eastus2", "role_assignments": ASSIGNMENT},
}
# Type and name of the children of each component that is called "it". A line is changed only together with an alias.
CHILDREN: dict[str, dict[str, str]] = {
    "ManagedDeployment": {
        "it-endpoint": "azure-native:machinelearningservices:OnlineEndpoint",
        "it-deployment-blue": "azure-native:machinelearningservices:OnlineDeployment",
        "it-autoscale-blue": "azure-native:monitor:AutoscaleSetting",
        "it-traffic": "azure-native:resources:Deployment",
        "it-role-app": "azure-native:authorization:RoleAssignment",
    },
    "MistralModels": {
        "it-eus2": "azure-mistral:index:Workspace",
        "it-mistral-7b-instruct-v01-eus2": "azure-mistral:index:ManagedDeployment",
        "it-ministral-3b-eus2": "azure-mistral:index:ServerlessDeployment",
    },
    "ServerlessDeployment": {
        "it-subscription": "azure-native:machinelearningservices:MarketplaceSubscription",
        "it-endpoint": "azure-native:machinelearningservices:ServerlessEndpoint",
        "it-role-app": "azure-native:authorization:RoleAssignment",
    },
    "Workspace": {
        "it-rg": "azure-native:resources:ResourceGroup",
        "itst": "azure-native:storage:StorageAccount",
        "it-kv": "azure-native:keyvault:Vault",
        "it-log": "azure-native:operationalinsights:Workspace",
        "it-appi": "azure-native:applicationinsights:Component",
        "it-mlw": "azure-native:machinelearningservices:Workspace",
        "it-role-app": "azure-native:authorization:RoleAssignment",
    },
}
COMPONENTS: Mapping[str, Callable[..., Any]] = {each.__name__: each for each in package.COMPONENTS}


def registered(component: str) -> list[Registration]:
    """Return what a component registers below itself."""

    def program() -> None:
        COMPONENTS[component]("it", ARGUMENTS[component])

    return [each for each in record(program).registrations if each.parent == "it"]


def users(component: str) -> list[str]:
    """Return the components in whose stacks a component is: itself, and those that are made of it."""
    type_ = f"azure-mistral:index:{component}"
    return sorted({component, *(user for user, children in CHILDREN.items() if type_ in children.values())})


def replaced(component: str, registrations: list[Registration]) -> list[str]:
    """Return a sentence for each resource that the component made and would no longer keep."""
    kept = {(each.type, name) for each in registrations for name in (each.name, *each.aliases)}
    stacks = " or ".join(users(component))
    return [
        f"{type_.rpartition(':')[2]} {name.replace('it', '<name>', 1)} of {component}: stacks that use {stacks} would "
        "see it deleted and made again"
        for name, type_ in CHILDREN[component].items()
        if (type_, name) not in kept
    ]


def test_every_component_has_its_children_here() -> None:
    assert sorted(CHILDREN) == sorted(COMPONENTS)


@pytest.mark.parametrize("component", CHILDREN)
def test_nothing_that_a_component_makes_is_renamed_without_an_alias(component: str) -> None:
    registrations = registered(component)

    assert replaced(component, registrations) == []
    new = {each.name: each.type for each in registrations}.items() - CHILDREN[component].items()
    assert new == set(), "add what is new to CHILDREN, so that a later change of its name is noticed"


def test_a_renamed_child_is_told_with_the_components_whose_stacks_would_replace_it() -> None:
    registrations = [each for each in registered("Workspace") if each.name != "it-kv"]

    assert replaced("Workspace", registrations) == [
        "Vault <name>-kv of Workspace: stacks that use MistralModels or Workspace would see it deleted and made again"
    ]


def test_each_type_is_taken_in_after_a_killed_update() -> None:
    made = {type_ for children in CHILDREN.values() for type_ in children.values() if type_.startswith("azure-native:")}
    assert made == set(IDENTITIES)
