"""What consumers give components in `opts`, in one life with the real engine."""

from collections.abc import Callable
from typing import Any

from azure_mistral import naming

from tests.support.azure import Azure
from tests.support.project import Project

OWNER = "owner-that-nobody-may-read"
# The components below a component of the consumer's own, which has a provider for another Azure subscription and a
# transform; one waits for a resource of the consumer's.
PROGRAM = """
import pulumi
import pulumi_azure_native as azure_native
from azure_mistral import ServerlessDeployment, Workspace


def add_cost_centre(args):
    if "tags" in args.props:
        args.props["tags"]["cost-centre"] = "42"
    return pulumi.ResourceTransformResult(props=args.props, opts=args.opts)


other = azure_native.Provider("other", subscription_id=pulumi.Config().require("otherSubscriptionId"))
first = azure_native.resources.ResourceGroup("first", location="eastus2")
{platform}
workspace = Workspace(
    "{name}",
    {{"location": "eastus2", "tags": {{"owner": pulumi.Output.secret("{owner}"), "group": first.name}}}},
    pulumi.ResourceOptions({workspace_options}),
)
chat = ServerlessDeployment(
    "chat",
    {{
        "model": "ministral-3b",
        "location": "eastus2",
        "resource_group_name": workspace.resource_group_name,
        "workspace_name": workspace.workspace_name,
        "accept_marketplace_terms": True,
    }},
    pulumi.ResourceOptions({chat_options}),
)
pulumi.export("endpoint", chat.endpoint_id)
"""
BELOW = """
platform = pulumi.ComponentResource(
    "consumer:index:Platform",
    "platform",
    None,
    pulumi.ResourceOptions(providers=[other], transforms=[add_cost_centre]),
)
"""


def program_below_a_component() -> str:
    return PROGRAM.format(
        platform=BELOW,
        name="our-team",
        owner=OWNER,
        workspace_options="parent=platform, depends_on=[first]",
        chat_options="parent=platform, protect=True",
    )


def program_renamed_and_moved_out() -> str:
    given = "providers=[other], transforms=[add_cost_centre]"
    old = "urn:pulumi:dev::consumer::consumer:index:Platform"
    return PROGRAM.format(
        platform="",
        name="their-people",
        owner=OWNER,
        workspace_options=f'{given}, aliases=["{old}$azure-mistral:index:Workspace::our-team"], depends_on=[first]',
        chat_options=f'{given}, aliases=["{old}$azure-mistral:index:ServerlessDeployment::chat"]',
    )


def test_the_options_of_a_component_hold_for_what_it_makes(
    program: Callable[[str], Project], azure: Azure, new_azure: Callable[[], Azure]
) -> None:
    other = new_azure()
    project = program(program_below_a_component())
    project.succeed("config", "set", "otherSubscriptionId", other.subscription_id)

    project.up()
    outputs, resources = project.outputs(), project.resources()
    told = project.export() + project.succeed("stack", "--show-urns")
    tags = other.arm("GET", outputs["endpoint"].partition("/serverlessEndpoints")[0]).json()["tags"]
    protected = project.update("destroy")
    deleted_protected = other.requests("DELETE")
    project.write_program(program_renamed_and_moved_out())
    moved = project.up()
    destroyed = project.destroy()

    # provider: all that the components make is in its Azure subscription, and names are made of that one
    assert project_groups(resources) == {"first": azure.subscription_id, "our-team-rg": other.subscription_id}
    name = naming.endpoint_name("ministral-3b", "eastus2", naming.Names(other.subscription_id, "consumer", "dev"))
    assert outputs["endpoint"].startswith(f"/subscriptions/{other.subscription_id}/")
    assert outputs["endpoint"].endswith(f"/{name}")
    # transforms reach the children; a secret tag reaches Azure, and the state holds it encrypted
    assert (tags["cost-centre"], tags["owner"]) == ("42", OWNER)
    assert OWNER not in told
    # protect
    assert protected.code != 0
    assert "chat-endpoint" in protected.diagnostics
    assert deleted_protected == []
    # aliases: the component has another name and parent now, and what it made stays
    assert moved.changes == {"update": 1, "delete": 1}
    assert moved.names("delete") == {"platform"}
    assert moved.names("update") == {"their-people-mlw"}  # its friendly name is the component's
    # depends_on: what was there first is the last to go
    deleted = [urn.rpartition("::")[2] for _, urn in destroyed.steps]
    assert deleted.index("first") > deleted.index("their-people-rg")
    assert (azure.resource_ids(), other.resource_ids()) == ([], [])


def project_groups(resources: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the Azure subscription of each resource group of a state."""
    kind = "azure-native:resources:ResourceGroup"
    return {name: each["id"].split("/")[2] for name, each in resources.items() if each["type"] == kind}
