"""Endpoints that the studio made: taken over into a stack, by `azure-mistral import` or by Pulumi's own means."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.azure import Azure
from tests.support.project import Project
from tests.support.studio import REGISTRY, deploy, make_group, make_hubs, subscribe
from tools.engine import ROOT

MINISTRAL, CODESTRAL = "Ministral-3B", "Codestral-2501"
COMMAND = ROOT / ".venv" / "bin" / "azure-mistral"


@pytest.fixture
def studio(azure: Azure) -> str:
    """The id of a workspace that somebody made without Pulumi."""
    (workspace,) = make_hubs(azure, make_group(azure), "studio-hub")
    return workspace


def configure(project: Project, workspace: str, *slugs: str) -> None:
    models = ", ".join(f"{slug}: {{}}" for slug in slugs)
    project.configure(
        "azure-native:location: eastus2",
        "azure-mistral:acceptMarketplaceTerms: true",
        f"azure-mistral:workspace: {{id: {workspace}}}",
        f"azure-mistral:models: {{{models}}}",
    )


def run_script(project: Project, script: str, directory: Path | None = None) -> None:
    """Run printed commands as a shell would, answering yes to pulumi's questions."""
    environment = {**project.environment, "PULUMI_SKIP_CONFIRMATIONS": "true"}
    done = subprocess.run(
        ["sh", "-e"],
        input=script,
        cwd=directory or project.directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def planned_changes(project: Project) -> set[tuple[str, str]]:
    """Return (operation, property) of everything that a preview would change."""
    steps = json.loads(project.run("preview", "--json").stdout)["steps"]
    changing = [step for step in steps if step["op"] not in ("same", "read")]
    return {(step["op"], path.partition(".")[0]) for step in changing for path in step["detailedDiff"] or [""]}


def test_the_printed_commands_take_over_endpoints_of_the_studio_and_the_stack_then_shows_no_change(
    repository: Project, azure: Azure, studio: str
) -> None:
    subscribe(azure, studio, MINISTRAL, "ministral-3b")
    subscribe(azure, studio, CODESTRAL, "studio-offer")
    chat = deploy(azure, studio, MINISTRAL, "studio-chat", authMode="KeyAndAAD")
    code = deploy(azure, studio, CODESTRAL, "studio-code", contentSafety={"contentSafetyStatus": "Disabled"})
    configure(repository, studio, "ministral-3b", "codestral-2501")
    azure.clear_requests()

    printed = repository.command("import")
    *before, last = printed.stdout.splitlines()
    run_script(repository, "\n".join(before))
    changed_by_import = azure.requests("PUT", "PATCH", "DELETE")
    left = planned_changes(repository)
    run_script(repository, last)
    expected = repository.run("preview", "--expect-no-changes")

    assert printed.stdout.splitlines() == [
        """pulumi config set --path 'azure-mistral:models["codestral-2501"].contentSafety' Disabled""",
        """pulumi config set --path 'azure-mistral:models["codestral-2501"].endpointName' studio-code""",
        """pulumi config set --path 'azure-mistral:models["codestral-2501"].marketplaceSubscription' studio-offer""",
        """pulumi config set --path 'azure-mistral:models["ministral-3b"].authMode' KeyAndAAD""",
        """pulumi config set --path 'azure-mistral:models["ministral-3b"].endpointName' studio-chat""",
        "pulumi import --file azure-mistral-import.json --generate-code=false --protect=false",
        "pulumi up  # sets the stack's tags on studio-chat and studio-code",
    ]
    assert changed_by_import == []
    assert left == {("update", "tags")}
    assert expected.returncode == 0, expected.stdout
    assert {path.rsplit("/", 1)[1] for _, path in azure.requests("PUT", "PATCH", "DELETE")} == {
        "studio-chat",
        "studio-code",
    }
    assert {chat, code} < {entry.get("id") for entry in repository.resources().values()}
    assert repository.outputs()["endpoints"]["ministral-3b"]["eastus2"]["id"] == chat


def test_a_second_import_has_nothing_left_to_take_over(repository: Project, azure: Azure, studio: str) -> None:
    subscribe(azure, studio, MINISTRAL, "ministral-3b")
    deploy(azure, studio, MINISTRAL, "studio-twice")
    configure(repository, studio, "ministral-3b")
    run_script(repository, repository.command("import").stdout)

    again = repository.command("import")

    assert again.returncode == 0, again.stderr
    assert again.stdout == ""
    assert "There is nothing to take over" in again.stderr


def test_an_endpoint_is_taken_over_into_a_stack_that_has_others_already(
    repository: Project, azure: Azure, studio: str
) -> None:
    configure(repository, studio, "ministral-3b")
    repository.up()
    subscribe(azure, studio, CODESTRAL, "codestral-2501")
    endpoint = deploy(azure, studio, CODESTRAL, "studio-late")
    configure(repository, studio, "ministral-3b", "codestral-2501")
    azure.clear_requests()

    run_script(repository, repository.command("import").stdout)

    assert endpoint in {entry.get("id") for entry in repository.resources().values()}
    assert [path.rsplit("/", 1)[1] for _, path in azure.requests("PUT", "PATCH", "DELETE")] == ["studio-late"]
    assert planned_changes(repository) == set()


def test_a_marketplace_subscription_without_an_endpoint_is_used_and_not_imported(
    repository: Project, azure: Azure, studio: str
) -> None:
    subscribe(azure, studio, MINISTRAL, "studio-offer")
    configure(repository, studio, "ministral-3b")
    azure.clear_requests()

    printed = repository.command("import").stdout
    run_script(repository, printed)
    repository.up()

    assert printed.splitlines() == [
        """pulumi config set --path 'azure-mistral:models["ministral-3b"].marketplaceSubscription' studio-offer"""
    ]
    assert azure.requests("PUT", kind="/marketplaceSubscriptions/") == []


def test_the_commands_work_from_another_directory(repository: Project, azure: Azure, studio: str) -> None:
    subscribe(azure, studio, MINISTRAL, "ministral-3b")
    endpoint = deploy(azure, studio, MINISTRAL, "studio-elsewhere")
    configure(repository, studio, "ministral-3b")
    elsewhere = repository.directory.parent

    printed = subprocess.run(
        [COMMAND, "import", "--cwd", repository.directory, "--stack", "dev"],
        cwd=elsewhere,
        env=repository.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    run_script(repository, printed.stdout, directory=elsewhere)

    assert endpoint in {entry.get("id") for entry in repository.resources().values()}


def test_what_the_stack_does_not_deploy_is_left_alone_and_named(repository: Project, azure: Azure, studio: str) -> None:
    subscribe(azure, studio, CODESTRAL, "codestral-2501")
    deploy(azure, studio, CODESTRAL, "studio-other")
    configure(repository, studio, "ministral-3b")

    done = repository.command("import")

    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "studio-other is left alone: the stack does not deploy codestral-2501 there." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "workspace: the stack makes its own, in which nothing can exist yet."),
        (["--workspace", "studio"], 'workspace: "studio" is not the id of an Azure ML workspace.'),
        (
            [
                "--workspace",
                "{subscription}/resourceGroups/no/providers/Microsoft.MachineLearningServices/workspaces/no",
            ],
            "HTTP 404: ",
        ),
    ],
)
def test_an_import_without_a_workspace_to_look_into_says_what_to_do(
    repository: Project, azure: Azure, arguments: list[str], said: str
) -> None:
    here = [each.format(subscription=f"/subscriptions/{azure.subscription_id}") for each in arguments]

    done = repository.command("import", *here)

    assert done.returncode == 1
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_import_of_a_stack_that_is_refused_shows_the_refusal(repository: Project, studio: str) -> None:
    configure(repository, studio, "ministral-3")

    done = repository.command("import")

    assert done.returncode == 1
    assert 'there is no model "ministral-3"' in done.stderr


def test_an_import_that_cannot_sign_in_says_so(repository: Project, studio: str) -> None:
    configure(repository, studio, "ministral-3b")

    done = repository.command("import", AZURE_CLIENT_SECRET="wrong", AZURE_TOKEN_CREDENTIALS="EnvironmentCredential")

    assert done.returncode == 1
    assert "Azure: the sign-in failed: " in done.stderr
    assert "az login" in done.stderr
    assert "Traceback" not in done.stderr


PLAIN = """
import pulumi
import pulumi_azure_native.machinelearningservices as ml

where = {{"resource_group_name": "studio", "workspace_name": "studio-hub"}}
subscription = ml.MarketplaceSubscription(
    "subscription",
    **where,
    name="ministral-3b",
    properties={{"model_id": "{model}"}},
    opts=pulumi.ResourceOptions(import_="{subscription}"),
)
ml.ServerlessEndpoint(
    "endpoint",
    **where,
    name="{name}",
    location="eastus2",
    sku={{"name": "Consumption"}},
    properties={{
        "auth_mode": "Key",
        "model_settings": {{"model_id": "{model}"}},
        "content_safety": {{"content_safety_status": "Enabled"}},
    }},
    opts=pulumi.ResourceOptions(import_="{endpoint}", depends_on=[subscription]),
)
"""


def test_the_import_option_of_plain_resources_takes_them_over(
    program: Callable[[str], Project], azure: Azure, studio: str
) -> None:
    subscription = subscribe(azure, studio, MINISTRAL, "ministral-3b")
    endpoint = deploy(azure, studio, MINISTRAL, "studio-option")
    text = PLAIN.format(
        model=f"{REGISTRY}{MINISTRAL}", subscription=subscription, endpoint=endpoint, name="studio-option"
    )
    project = program(text)
    azure.clear_requests()

    update = project.up()

    assert update.names("import") == {"subscription", "endpoint"}
    assert azure.requests("PUT", "PATCH", "DELETE") == []
    assert project.up().changes == {}


def test_pulumi_import_without_code_enters_a_single_endpoint_into_the_state(
    program: Callable[[str], Project], azure: Azure, studio: str
) -> None:
    subscribe(azure, studio, MINISTRAL, "ministral-3b")
    endpoint = deploy(azure, studio, MINISTRAL, "studio-single")
    project = program("")

    done = project.run(
        "import",
        "azure-native:machinelearningservices:ServerlessEndpoint",
        "endpoint",
        endpoint,
        "--generate-code=false",
        "--yes",
    )

    assert done.returncode == 0, done.stdout + done.stderr
    entry = project.resources()["endpoint"]
    assert entry["id"] == endpoint
    assert entry["inputs"]["properties"]["authMode"] == "Key"
