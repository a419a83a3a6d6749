"""What exists already and is used: workspaces, their parts, Marketplace subscriptions. Never changed, never deleted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.arm_client import MINISTRAL, ArmClient
from tests.support.azure import Azure
from tests.support.project import Project

MINISTRAL_MODEL = "{ministral-3b: {}}"
CODESTRAL_MODEL = "{codestral-2501: {}}"
FRESH = [
    "azure-native:location: eastus2",
    "azure-mistral:acceptMarketplaceTerms: true",
    f"azure-mistral:models: {MINISTRAL_MODEL}",
]


class Theirs:
    """Somebody else's workspace, made with raw requests."""

    def __init__(self, azure: Azure, kind: str = "Default") -> None:
        self.arm = ArmClient(azure.server)
        self.group = self.arm.resource_group(subscription=f"/subscriptions/{azure.subscription_id}")
        body = self.arm.workspace_body(self.group)
        self.parts: dict[str, str] = body["properties"]
        self.log_analytics = f"{self.group}/providers/Microsoft.OperationalInsights/workspaces/law-1"
        if kind == "Project":
            hub = self._make("hub", {**body, "kind": "Hub"})
            body = {**body, "kind": kind, "properties": {"hubResourceId": hub}}
        self.id = self._make("theirs", body)
        azure.clear_requests()

    def _make(self, name: str, body: dict[str, Any]) -> str:
        path = f"{self.group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
        return str(self.arm.create(path, body)["id"])

    def show(self, path: str = "") -> dict[str, Any]:
        """Return what Azure has: the workspace, or what is below it."""
        shown: dict[str, Any] = self.arm.get(f"{self.id}{path}").json()
        return shown

    def names(self, kind: str) -> list[str]:
        """Return the names of the workspace's children of a type."""
        return sorted(each["name"] for each in self.show(f"/{kind}")["value"])

    def endpoint_states(self) -> dict[str, str]:
        """Return the state of every endpoint by the slug that its generated name starts with."""
        return {
            each["name"].rpartition("-")[0]: each["properties"]["endpointState"]
            for each in self.show("/serverlessEndpoints")["value"]
        }


@pytest.fixture
def theirs(azure: Azure) -> Theirs:
    """Somebody else's workspace in eastus2."""
    return Theirs(azure)


@pytest.fixture
def second(environment: dict[str, str], tmp_path: Path) -> Project:
    """Another checkout of the repository's stack, with a state of its own."""
    return Project.of_the_repository(tmp_path / "second", environment)


def on(workspace: Theirs, models: str, *more: str, location: str = "eastus2") -> list[str]:
    """Return the configuration of a stack that deploys models, written as YAML, in an existing workspace."""
    return [
        f"azure-native:location: {location}",
        "azure-mistral:acceptMarketplaceTerms: true",
        f"azure-mistral:models: {models}",
        f"azure-mistral:workspace: {{id: {workspace.id}}}",
        *more,
    ]


def ours(endpoint_name: str = "") -> str:
    """Return ministral-3b with the Marketplace subscription that another stack or nobody's stack made."""
    name = f", endpointName: {endpoint_name}" if endpoint_name else ""
    return f"{{ministral-3b: {{marketplaceSubscription: ministral-3b{name}}}}}"


def test_the_project_of_an_ai_hub_is_used_and_never_changed(repository: Project, azure: Azure) -> None:
    theirs = Theirs(azure, "Project")
    before = theirs.show()
    team = azure.control("POST", "/principals", {"kind": "Group", "name": "data scientists"})["id"]
    roles = f"azure-mistral:roleAssignments: {{team: {{principalId: {team}, principalType: Group}}}}"

    repository.up_with(*on(theirs, MINISTRAL_MODEL, roles))
    refreshed, outputs = repository.up("--refresh"), repository.outputs()
    endpoints, assigned = theirs.endpoint_states(), azure.role_assignments(theirs.group)
    repository.destroy()

    assert refreshed.changes == {}
    assert outputs["workspaces"]["eastus2"]["id"] == theirs.id
    assert endpoints == {"ministral-3b": "Online"}
    assert assigned == [(team, "Azure AI Developer")]
    assert theirs.show() == before
    changed = {path.split("/")[-2] for _, path in azure.requests("PUT", "PATCH", "DELETE")}
    assert changed == {"marketplaceSubscriptions", "serverlessEndpoints", "roleAssignments"}
    assert theirs.names("serverlessEndpoints") == theirs.names("marketplaceSubscriptions") == []
    assert azure.role_assignments(theirs.group) == []


@pytest.mark.parametrize("first_to_go", [0, 1])
def test_two_stacks_on_one_workspace_leave_each_others_models_alone(
    first_to_go: int, repository: Project, second: Project, theirs: Theirs
) -> None:
    repository.up_with(*on(theirs, MINISTRAL_MODEL))
    second.up_with(*on(theirs, CODESTRAL_MODEL))
    going, staying = (repository, second) if first_to_go == 0 else (second, repository)

    going.destroy()

    model = "codestral-2501" if first_to_go == 0 else "ministral-3b"
    assert theirs.endpoint_states() == {model: "Online"}
    staying.destroy()
    assert theirs.names("serverlessEndpoints") == theirs.names("marketplaceSubscriptions") == []


@pytest.mark.parametrize("first_to_go", ["creator", "user"])
def test_a_second_deployment_of_a_model_is_refused_and_either_order_of_destroy_is_safe(
    first_to_go: str, repository: Project, second: Project, theirs: Theirs
) -> None:
    """Azure allows one deployment of a model in a workspace, whoever has the Marketplace subscription."""
    repository.up_with(*on(theirs, MINISTRAL_MODEL))
    second.configure(*on(theirs, ours(f"existing-second-{first_to_go}")))

    refused = second.update("up")

    assert refused.code != 0
    assert f"Model {MINISTRAL} is already deployed to serverless endpoint" in refused.diagnostics
    assert theirs.endpoint_states() == {"ministral-3b": "Online"}
    if first_to_go == "user":
        second.destroy()
        assert theirs.endpoint_states() == {"ministral-3b": "Online"}
        assert repository.up().changes == {}
        return
    repository.destroy()
    gone = second.run("preview")
    assert gone.returncode != 0
    assert "marketplaceSubscriptions/ministral-3b' does not exist" in gone.stdout
    # What the program names is gone, and so is nothing but the state.
    assert second.update("destroy").code == 0
    assert theirs.names("serverlessEndpoints") == []


def test_the_stack_that_created_a_marketplace_subscription_lets_go_of_it(
    repository: Project, second: Project, azure: Azure, theirs: Theirs
) -> None:
    """In one edit, without a request that changes anything: `create` becomes the name of what was created."""
    repository.up_with(*on(theirs, MINISTRAL_MODEL))
    azure.clear_requests()

    relinquished = repository.up_with(*on(theirs, ours()))
    changed = azure.requests("PUT", "PATCH", "DELETE")
    repository.destroy()

    assert (relinquished.changes, changed) == ({}, [])
    assert theirs.names("marketplaceSubscriptions") == ["ministral-3b"]
    second.up_with(*on(theirs, ours("existing-taken-over")))
    assert theirs.endpoint_states() == {"existing-taken": "Online"}


def test_creating_a_marketplace_subscription_that_exists_is_refused_with_the_way_to_take_it_over(
    repository: Project, theirs: Theirs
) -> None:
    theirs.arm.subscribe(theirs.id)
    repository.configure(*on(theirs, MINISTRAL_MODEL))

    refused = repository.update("up")

    assert refused.code != 0
    assert f"cannot create already existing resource '{theirs.id}/marketplaceSubscriptions/ministral-3b'" in (
        refused.diagnostics
    )
    repository.up_with(*on(theirs, ours()))
    assert theirs.endpoint_states() == {"ministral-3b": "Online"}


def test_an_endpoint_whose_marketplace_subscription_went_with_another_stack_is_told_and_healed(
    repository: Project, second: Project, theirs: Theirs
) -> None:
    """What Azure does not refuse: the creating stack's own endpoint was deleted behind its back, another made."""
    repository.up_with(*on(theirs, MINISTRAL_MODEL))
    theirs.arm.remove(f"{theirs.id}/serverlessEndpoints/{theirs.names('serverlessEndpoints')[0]}")
    second.up_with(*on(theirs, ours("existing-healed-x")))
    assert repository.update("destroy", "--refresh", "--run-program").code == 0

    told = second.run("preview")

    assert told.returncode != 0
    assert "marketplaceSubscriptions/ministral-3b' does not exist" in told.stdout
    second.up_with(*on(theirs, "{ministral-3b: {endpointName: existing-healed-x}}"))
    assert theirs.endpoint_states() == {"existing-healed": "Online"}


def test_a_marketplace_subscription_to_another_model_is_refused_before_anything_is_made(
    repository: Project, azure: Azure, theirs: Theirs
) -> None:
    theirs.arm.subscribe(theirs.id)
    azure.clear_requests()
    repository.configure(*on(theirs, "{codestral-2501: {marketplaceSubscription: ministral-3b}}"))

    refused = repository.update("up")

    assert refused.code != 0
    assert f'marketplaceSubscription: "ministral-3b" subscribes the workspace to {MINISTRAL}.' in refused.diagnostics
    assert "Traceback" not in refused.diagnostics
    assert azure.requests("PUT", "PATCH", "DELETE") == []


def test_a_workspace_in_another_location_is_refused_with_both_locations(
    repository: Project, azure: Azure, theirs: Theirs
) -> None:
    repository.configure(*on(theirs, MINISTRAL_MODEL, location="westus"))

    refused = repository.run("up", "--yes", "--skip-preview")

    assert refused.returncode != 0
    assert "workspaceId: the workspace theirs is in eastus2, not in westus." in refused.stdout
    assert "Traceback" not in refused.stdout
    assert azure.requests("PUT", "PATCH", "DELETE") == []


def test_a_workspace_that_does_not_exist_is_refused_with_azures_words(
    repository: Project, azure: Azure, theirs: Theirs
) -> None:
    theirs.id += "-not"
    repository.configure(*on(theirs, MINISTRAL_MODEL))

    refused = repository.run("preview")

    assert refused.returncode != 0
    assert "workspaceId: Azure does not show the workspace theirs-not in the resource group" in refused.stdout
    assert 'Status=404 Code="ResourceNotFound"' in refused.stdout
    assert "Traceback" not in refused.stdout


def test_a_new_workspace_uses_existing_parts_and_leaves_them(repository: Project, azure: Azure, theirs: Theirs) -> None:
    lines = [
        *FRESH,
        "azure-mistral:workspace:",
        f"  keyVaultId: {theirs.parts['keyVault']}",
        f"  storageAccountId: {theirs.parts['storageAccount']}",
        f"  logAnalyticsWorkspaceId: {theirs.log_analytics}",
    ]
    repository.up_with(*lines)

    closed = repository.up_with(*lines, "  publicNetworkAccess: Disabled")

    made = azure.arm("GET", repository.outputs()["workspaces"]["eastus2"]["id"]).json()["properties"]
    repository.destroy()
    assert closed.changes == {"update": 1}
    assert made["publicNetworkAccess"] == "Disabled"
    assert (made["keyVault"], made["storageAccount"]) == (theirs.parts["keyVault"], theirs.parts["storageAccount"])
    left = azure.resource_ids()
    assert {theirs.parts["keyVault"], theirs.parts["storageAccount"], theirs.log_analytics, theirs.id} <= set(left)
    assert [each for each in left if not each.startswith(theirs.group)] == []


def test_a_stack_of_several_locations_has_a_workspace_in_each(repository: Project, azure: Azure) -> None:
    repository.up_with(
        "azure-native:location: eastus2",
        "azure-mistral:acceptMarketplaceTerms: true",
        "azure-mistral:locations: [eastus, swedencentral]",
        "azure-mistral:models: {ministral-3b: {}, codestral-2501: {locations: [westus3]}}",
    )

    outputs = repository.outputs()

    assert sorted(outputs["workspaces"]) == ["eastus", "swedencentral", "westus3"]
    assert {model: sorted(found) for model, found in outputs["endpoints"].items()} == {
        "codestral-2501": ["westus3"],
        "ministral-3b": ["eastus", "swedencentral"],
    }
    repository.destroy()
    assert azure.resource_ids() == []


def test_a_preview_that_cannot_read_keys_works_and_says_why(repository: Project, azure: Azure) -> None:
    """For a principal that may not list them, and for an endpoint that was deleted behind Pulumi's back."""
    repository.configure(*FRESH)
    repository.up()
    keys = repository.outputs(secrets=True)["keys"]["ministral-3b"]["eastus2"]
    endpoint = repository.outputs()["endpoints"]["ministral-3b"]["eastus2"]["id"]
    reader = azure.control("POST", "/principals", {"kind": "ServicePrincipal", "name": "reader"})
    azure.assign_role(azure.READER, reader["id"])

    forbidden = repository.run("preview", ARM_CLIENT_ID=reader["clientId"], ARM_CLIENT_SECRET=reader["clientSecret"])
    ArmClient(azure.server).remove(endpoint)
    deleted, failed = repository.run("preview"), repository.update("up")
    repaired = repository.up("--refresh")

    assert (forbidden.returncode, deleted.returncode) == (0, 0)
    on_the_deployment = (
        "azure-mistral:index:ServerlessDeployment (mistral-ministral-3b-eus2):\n    warning: The keys of"
    )
    assert on_the_deployment in forbidden.stdout
    assert on_the_deployment in deleted.stdout
    assert "so this preview does not know them: Status=403" in forbidden.stdout
    assert "so this preview does not know them: Status=404" in deleted.stdout
    assert "If somebody deleted the endpoint, pulumi up --refresh makes it again" in deleted.stdout
    assert failed.code != 0
    assert "cannot be read: Status=404" in failed.diagnostics
    assert "Traceback" not in failed.diagnostics
    assert repaired.names("create") == {"mistral-ministral-3b-eus2-endpoint"}
    assert azure.arm("GET", endpoint).json()["properties"]["endpointState"] == "Online"
    printed = forbidden.stdout + forbidden.stderr + deleted.stdout + deleted.stderr + failed.printed
    assert not [key for key in keys.values() if key in printed]


def test_a_deployment_that_failed_half_way_is_destroyed_by_the_program_too(repository: Project, azure: Azure) -> None:
    """`destroy --run-program` asks the program for what was never made."""
    repository.configure(*FRESH)
    path = f"/subscriptions/{azure.subscription_id}/*/workspaces/*"
    refusal = {"status": 400, "code": "UserError", "message": "No.", "times": 1}
    azure.control("POST", "/faults", {"method": "PUT", "path": path, **refusal})
    assert repository.update("up").code != 0

    repository.destroy()

    assert azure.resource_ids() == []


def test_a_change_of_model_leaves_the_existing_marketplace_subscription_and_deletes_the_created_one_last(
    program: Callable[[str], Project], azure: Azure, theirs: Theirs
) -> None:
    def deploy(model: str, subscription: str) -> str:
        return f"""
from azure_mistral import ServerlessDeployment, Workspace

workspace = Workspace("team", {{"location": "eastus2", "workspace_id": "{theirs.id}"}})
ServerlessDeployment(
    "chat",
    {{
        "model": "{model}",
        "location": "eastus2",
        "resource_group_name": workspace.resource_group_name,
        "workspace_name": workspace.workspace_name,
        "accept_marketplace_terms": True,
        "endpoint_name": "existing-changed-model",
        "marketplace_subscription": "{subscription}",
    }},
)
"""

    theirs.arm.subscribe(theirs.id)
    project = program(deploy("ministral-3b", "ministral-3b"))
    project.up()
    project.write_program(deploy("codestral-2501", "create"))
    project.up()
    both = theirs.names("marketplaceSubscriptions")
    azure.clear_requests()

    project.write_program(deploy("ministral-3b", "ministral-3b"))
    project.up()

    assert both == ["codestral-2501", "ministral-3b"]
    changed = [(method, "/".join(path.split("/")[-2:])) for method, path in azure.requests("PUT", "DELETE")]
    assert changed == [
        ("DELETE", "serverlessEndpoints/existing-changed-model"),
        ("PUT", "serverlessEndpoints/existing-changed-model"),
        ("DELETE", "marketplaceSubscriptions/codestral-2501"),
    ]
