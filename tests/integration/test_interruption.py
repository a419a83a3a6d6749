"""An `up` that is killed at any point: the same command again finishes, with nothing left over or made twice.

The engine, the language host and the plugin die together, by SIGKILL. Then `pulumi cancel` gives the stack free, which
the engine asks for, and `pulumi up` goes on: the program itself lets the engine take in what Azure was making.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Callable

import pytest

from tests.support.azure import Azure
from tests.support.processes import kill_session
from tests.support.project import Project
from tests.support.studio import make_group, make_hubs
from tests.support.waiting import wait_until
from tools.engine import engine_directory

PROGRAM = """
from azure_mistral import ServerlessDeployment, Workspace

team = Workspace(
    "team",
    {
        "location": "eastus2",
        "role_assignments": {
            "app": {"principal_id": "50000000-0000-4000-8000-0000000000ff", "principal_type": "ServicePrincipal"},
        },
    },
)
ServerlessDeployment(
    "chat",
    {
        "model": "ministral-3b",
        "location": "eastus2",
        "resource_group_name": team.resource_group_name,
        "workspace_name": team.workspace_name,
        "accept_marketplace_terms": True,
    },
)
"""

MANAGED_PROGRAM = """
from azure_mistral import ManagedDeployment

ManagedDeployment(
    "open",
    {
        "model": "mistral-7b-instruct-v01",
        "location": "eastus2",
        "resource_group_name": "studio",
        "workspace_name": "hub",
        "autoscale": {"maximum": 2},
    },
)
"""

GROUPS, STORAGE = "Microsoft.Resources/resourceGroups", "Microsoft.Storage/storageAccounts"
VAULTS, ROLES = "Microsoft.KeyVault/vaults", "Microsoft.Authorization/roleAssignments"
LOGS, INSIGHTS = "Microsoft.OperationalInsights/workspaces", "Microsoft.Insights/components"
WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
SUBSCRIPTIONS, ENDPOINTS = f"{WORKSPACES}/marketplaceSubscriptions", f"{WORKSPACES}/serverlessEndpoints"
ONLINE_ENDPOINTS = f"{WORKSPACES}/onlineEndpoints"
ONLINE_DEPLOYMENTS, TEMPLATES = f"{ONLINE_ENDPOINTS}/deployments", "Microsoft.Resources/deployments"
TYPES = (GROUPS, STORAGE, VAULTS, ROLES, LOGS, INSIGHTS, WORKSPACES, SUBSCRIPTIONS, ENDPOINTS)
OPERATIONS = "Microsoft.MachineLearningServices/locations"

Point = tuple[str, str]
"""Method and type of the request after which everything is killed. GET of a resource: Azure has said that it does not
exist, and the request to make it is on its way. PUT: Azure has taken that request, and its answer is on its way. GET of
OPERATIONS: Azure is at work. POST: everything is made, and keys are read."""

LIVES: tuple[tuple[Point, ...], ...] = (
    (("GET", GROUPS), ("PUT", STORAGE), ("PUT", WORKSPACES), ("PUT", SUBSCRIPTIONS), ("PUT", ENDPOINTS)),
    (("PUT", GROUPS), ("PUT", VAULTS), ("GET", WORKSPACES), ("GET", SUBSCRIPTIONS), ("GET", ENDPOINTS)),
    (("GET", STORAGE), ("PUT", INSIGHTS), ("GET", OPERATIONS), ("POST", ENDPOINTS)),
    (("GET", VAULTS), ("GET", INSIGHTS)),
    (("GET", LOGS),),
    (("PUT", LOGS),),
    (("GET", ROLES),),
    (("PUT", ROLES),),
)
"""The points at which one stack after another is killed, while it comes up: 20 in all."""


def kill_an_up(project: Project, azure: Azure, method: str, type_: str) -> None:
    """Start `pulumi up` and kill all of its processes when Azure has answered this request."""
    # What would follow waits, so that the kill comes first: the PUT, or what the plugin asks after it.
    hold = {"method": "GET", "type": type_} if method == "PUT" else {"method": "PUT"}
    path = f"/subscriptions/{azure.subscription_id}/*"
    azure.control("PUT", "/latency", [{**hold, "path": path, "milliseconds": 500}])
    azure.clear_requests()
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]
    with subprocess.Popen(
        command,
        cwd=project.directory,
        env=project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as up:
        try:
            wait_until(lambda: up.poll() is not None or answered(azure, method, type_))
            assert up.poll() is None, "the update ended before the point"
        finally:
            kill_session(up.pid)
            azure.control("PUT", "/latency", [])


def answered(azure: Azure, method: str, type_: str) -> bool:
    """Whether Azure has answered such a request since the requests were cleared."""
    root = f"/subscriptions/{azure.subscription_id}/"
    return any(
        (entry["method"], (entry["type"] or "").lower()) == (method, type_.lower()) and entry["path"].startswith(root)
        for entry in azure.control("GET", f"/requests?plane=arm&since={azure.since}")
    )


def run(project: Project, line: str) -> None:
    [_, *arguments] = shlex.split(line)
    done = project.run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def in_state(project: Project) -> list[str]:
    """Return the ids of the stack's resources."""
    state = json.loads(project.export())["deployment"]
    found = [entry.get("id", "") for entry in state.get("resources", []) if entry["type"].startswith("azure-native:")]
    return sorted(each.lower() for each in found)


def in_azure(azure: Azure) -> list[str]:
    # The SaaS resource comes and goes with its Marketplace subscription.
    return sorted(each.lower() for each in azure.resource_ids() if "/microsoft.saas/" not in each.lower())


@pytest.mark.parametrize("life", LIVES, ids=lambda life: "-".join(f"{method}{kind[9:]}" for method, kind in life)[:60])
def test_a_stack_that_is_killed_again_and_again_comes_up_with_nothing_left_over_or_made_twice(
    life: tuple[Point, ...], program: Callable[[str], Project], azure: Azure
) -> None:
    project = program(PROGRAM)

    for point in life:
        kill_an_up(project, azure, *point)
        run(project, "pulumi cancel --yes")

    project.up()
    assert in_azure(azure) == in_state(project)
    assert len(in_azure(azure)) == len(TYPES)
    assert project.update("destroy").code == 0
    assert azure.resource_ids() == []


def test_a_managed_deployment_that_is_killed_again_and_again_comes_up_with_nothing_left_over(
    program: Callable[[str], Project], azure: Azure
) -> None:
    group = make_group(azure)
    [workspace] = make_hubs(azure, group, "hub")
    before = in_azure(azure)
    project = program(MANAGED_PROGRAM)

    for type_ in (ONLINE_ENDPOINTS, ONLINE_DEPLOYMENTS, TEMPLATES):
        kill_an_up(project, azure, "PUT", type_)
        run(project, "pulumi cancel --yes")

    project.up()
    assert sorted({*in_azure(azure)} - {*before}) == in_state(project)
    assert len([each for each in in_state(project) if each.startswith(workspace.lower())]) == 2
    assert project.up().changes == {}
    assert project.update("destroy").code == 0
    assert in_azure(azure) == before


def test_there_are_twenty_points_and_each_resource_is_among_them() -> None:
    points = [point for life in LIVES for point in life]
    assert len(set(points)) == len(points) == 20
    assert {kind for _, kind in points} == {*TYPES, OPERATIONS}


def test_the_engine_asks_for_cancel_after_a_kill(program: Callable[[str], Project], azure: Azure) -> None:
    project = program(PROGRAM)
    kill_an_up(project, azure, "GET", GROUPS)

    update = project.update("up")

    assert update.code != 0
    assert "pulumi cancel" in update.printed


def test_a_preview_says_what_comes_in_and_the_notes_that_the_engine_keeps_do_no_harm(
    program: Callable[[str], Project], azure: Azure
) -> None:
    """Azure is still making the endpoint: the preview does not wait for it, the update does."""
    project = program(PROGRAM)
    azure.control("PUT", "/transitions", {ENDPOINTS: {"create": {"polls": 5}}})
    try:
        kill_an_up(project, azure, "PUT", ENDPOINTS)
        run(project, "pulumi cancel --yes")
        azure.clear_requests()

        preview = project.run("preview")
        # The engine by its path, and out of the program's reach.
        blind = subprocess.run(
            [engine_directory() / "pulumi", "preview", "--non-interactive"],
            cwd=project.directory,
            env={**project.environment, "PATH": os.defpath},
            capture_output=True,
            text=True,
            check=False,
        )
        update = project.up()
    finally:
        azure.control("PUT", "/transitions", {})

    endpoint = next(each for each in azure.resource_ids() if "/serverlessEndpoints/" in each)
    assert f"chat-endpoint: a killed update was creating it, and Azure has it: {endpoint}" in preview.stdout
    assert "The state of this stack cannot be read" in blind.stdout
    assert "1 to create" in blind.stdout
    assert update.names("import") == {"chat-endpoint"}
    assert "chat-endpoint: waiting for Azure" in update.diagnostics
    assert azure.requests("PUT") == []
    assert project.up().changes == {}
    run(project, "pulumi refresh --clear-pending-creates --yes")
    assert "pending_operations" not in json.loads(project.export())["deployment"]
    assert in_azure(azure) == in_state(project)


def test_what_azure_failed_to_make_is_no_part_of_the_stack(program: Callable[[str], Project], azure: Azure) -> None:
    project = program(PROGRAM)
    path = f"/subscriptions/{azure.subscription_id}/*/serverlessEndpoints/*"
    azure.control("POST", "/faults", {"stage": "operation", "method": "PUT", "path": path, "code": "Conflict"})
    kill_an_up(project, azure, "PUT", ENDPOINTS)
    run(project, "pulumi cancel --yes")

    update = project.update("up")

    endpoint = next(each for each in azure.resource_ids() if "/serverlessEndpoints/" in each)
    assert update.code != 0
    assert "chat-endpoint: a killed update was creating it, and Azure failed to." in update.diagnostics
    assert f"az resource delete --ids '{endpoint}'" in update.diagnostics
    assert "chat-endpoint" not in project.resources()
    assert azure.arm("DELETE", endpoint).is_success
    assert project.up().names("create") == {"chat-endpoint"}
    assert in_azure(azure) == in_state(project)
