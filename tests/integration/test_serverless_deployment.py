"""The component `ServerlessDeployment` in a program of somebody else's, against the requests that Azure gets."""

from collections.abc import Callable

from tests.support.azure import Azure
from tests.support.project import Project

PROGRAM = """
import pulumi
from azure_mistral import ServerlessDeployment, Workspace

workspace = Workspace("team", {{"location": "eastus2"}})
deployment = ServerlessDeployment(
    "chat",
    {{
        "model": "{model}",
        "location": "eastus2",
        "resource_group_name": workspace.resource_group_name,
        "workspace_name": workspace.workspace_name,
        "accept_marketplace_terms": True,
        {options}
    }},
)
pulumi.export("url", deployment.url)
pulumi.export("id", deployment.endpoint_id)
"""


def program_for(model: str, options: str = "") -> str:
    return PROGRAM.format(model=model, options=options)


def changes(azure: Azure) -> list[tuple[str, str]]:
    """Return method and last two parts of the path of each request that changes something in the workspace."""
    return [(method, "/".join(path.split("/")[-2:])) for method, path in azure.requests("PUT", "PATCH", "DELETE")]


def test_a_model_change_replaces_the_endpoint_and_lets_the_old_marketplace_subscription_outlive_it(
    program: Callable[[str], Project], azure: Azure
) -> None:
    project = program(program_for("ministral-3b", '"endpoint_name": "our-chat",'))
    project.up()
    azure.clear_requests()

    project.write_program(program_for("mistral-small-2503", '"endpoint_name": "our-chat",'))
    project.up()

    assert changes(azure) == [
        ("PUT", "marketplaceSubscriptions/mistral-small-2503"),
        ("DELETE", "serverlessEndpoints/our-chat"),
        ("PUT", "serverlessEndpoints/our-chat"),
        ("DELETE", "marketplaceSubscriptions/ministral-3b"),
    ]
    assert project.up().changes == {}


def test_destroy_deletes_the_endpoint_before_its_marketplace_subscription(
    program: Callable[[str], Project], azure: Azure
) -> None:
    project = program(program_for("ministral-3b", '"endpoint_name": "their-chat",'))
    project.up()
    azure.clear_requests()

    project.destroy()

    deleted = [path for method, path in changes(azure) if method == "DELETE"]
    assert deleted[:2] == ["serverlessEndpoints/their-chat", "marketplaceSubscriptions/ministral-3b"]


def test_the_tree_of_resources_names_every_child_after_its_component(program: Callable[[str], Project]) -> None:
    project = program(program_for("ministral-3b"))
    project.up()

    names = {name for name in project.resources() if not name.startswith(("consumer-dev", "default"))}

    assert names == {
        "team",
        "team-rg",
        "teamst",
        "team-kv",
        "team-log",
        "team-appi",
        "team-mlw",
        "chat",
        "chat-subscription",
        "chat-endpoint",
    }


def test_a_refused_deployment_asks_azure_nothing_and_changes_nothing(
    program: Callable[[str], Project], azure: Azure
) -> None:
    project = program(
        "from azure_mistral import ServerlessDeployment\n"
        'ServerlessDeployment("chat", {"model": "ministral-3", "location": "eastus2"})\n'
    )

    update = project.update("up")

    assert update.code != 0
    assert "ministral-3b" in update.diagnostics
    assert "Traceback" not in update.diagnostics
    assert azure.requests() == []
