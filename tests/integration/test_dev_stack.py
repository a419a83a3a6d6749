"""The life of the repository's own stack, from nothing to nothing, with the real engine against the emulator."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.azure import Azure
from tests.support.project import Project

TERMS = "azure-mistral:acceptMarketplaceTerms: true"
LOCATION = "azure-native:location: eastus2"


def models(**options: str) -> list[str]:
    """Return the configuration of a stack with these models, options written as YAML."""
    return [LOCATION, TERMS, "azure-mistral:models:", *(f"  {slug}: {text}" for slug, text in options.items())]


def test_a_stack_comes_up_stays_as_it_is_goes_and_comes_again(repository: Project, azure: Azure) -> None:
    first = repository.up()
    second = repository.up()
    refreshed = repository.refresh()
    destroyed = repository.destroy()
    left = azure.resource_ids(), repository.resources()
    again = repository.up()  # beside its soft-deleted workspace and key vault

    assert set(first.changes) == {"create"}
    assert second.changes == {}
    assert refreshed.changes == {}
    assert set(destroyed.changes) == {"delete"}
    assert left == ([], {})
    assert again.changes == first.changes


def test_the_outputs_tell_a_client_all_it_needs(repository: Project, azure: Azure) -> None:
    repository.up()

    outputs = repository.outputs(secrets=True)

    endpoint = outputs["endpoints"]["ministral-3b"]["eastus2"]
    assert sorted(outputs) == ["endpoints", "keys", "readme", "workspaces"]
    assert sorted(outputs["endpoints"]) == ["codestral-2501", "ministral-3b"]
    assert endpoint["url"].startswith(f"{azure.server.url}/serverless/eastus2/ministral-3b-")
    assert endpoint["chatCompletionsUrl"] == f"{endpoint['url']}/chat/completions"
    assert endpoint["mistralChatUrl"] == f"{endpoint['url']}/v1/chat/completions"
    assert (endpoint["hosting"], endpoint["authMode"]) == ("serverless", "Key")
    assert endpoint["id"] in azure.resource_ids()
    assert endpoint["id"].endswith(f"/serverlessEndpoints/{endpoint['name']}")
    keys = outputs["keys"]["ministral-3b"]["eastus2"]
    listed = azure.arm("POST", f"{endpoint['id']}/listKeys").json()
    assert keys == {"primary": listed["primaryKey"], "secondary": listed["secondaryKey"]}
    assert outputs["workspaces"]["eastus2"]["id"] in azure.resource_ids()
    assert "${outputs." in outputs["readme"]
    assert keys["primary"] not in outputs["readme"]


def test_a_model_line_makes_and_deletes_exactly_that_models_resources(repository: Project) -> None:
    repository.configure(*models(**{"ministral-3b": "{}"}))
    repository.up()

    added = repository.up_with(*models(**{"ministral-3b": "{}", "mistral-small-2503": "{}"}))
    removed = repository.up_with(*models(**{"ministral-3b": "{}"}))

    made = {
        "mistral-mistral-small-2503-eus2",
        "mistral-mistral-small-2503-eus2-subscription",
        "mistral-mistral-small-2503-eus2-endpoint",
    }
    assert added.names("create") == made
    assert removed.names("delete") == made
    assert added.changes == {"create": 3}
    assert removed.changes == {"delete": 3}


def test_tags_and_content_safety_change_in_place(repository: Project, azure: Azure) -> None:
    repository.configure(*models(**{"ministral-3b": "{}"}))
    repository.up()

    changed = repository.up_with(
        *models(**{"ministral-3b": "{contentSafety: Disabled}"}), "azure-mistral:tags: {team: platform}"
    )

    endpoint_id = repository.outputs()["endpoints"]["ministral-3b"]["eastus2"]["id"]
    endpoint = azure.arm("GET", endpoint_id).json()
    assert set(changed.changes) == {"update"}
    assert endpoint["tags"]["team"] == "platform"
    assert endpoint["properties"]["contentSafety"] == {"contentSafetyStatus": "Disabled"}
    assert repository.refresh().changes == {}


@pytest.mark.parametrize("with_keys", ["Key", "KeyAndAAD"])
def test_keys_come_and_go_with_the_auth_mode_in_one_edit_each(
    repository: Project, azure: Azure, with_keys: str
) -> None:
    repository.configure(*models(**{"ministral-3b": "{authMode: AAD}"}))
    repository.up()
    without = repository.outputs(secrets=True)["keys"]
    asked_for_keys = azure.requests("POST", kind="/listKeys")

    to_keys = repository.up_with(*models(**{"ministral-3b": f"{{authMode: {with_keys}}}"}))
    keys = repository.outputs(secrets=True)["keys"]
    back = repository.up_with(*models(**{"ministral-3b": "{authMode: AAD}"}))

    assert without == {}
    assert asked_for_keys == []
    assert set(to_keys.changes) == set(back.changes) == {"update"}
    assert sorted(keys["ministral-3b"]["eastus2"]) == ["primary", "secondary"]
    assert repository.outputs(secrets=True)["keys"] == {}
    assert repository.up().changes == {}


def test_every_change_of_auth_mode_can_be_previewed(repository: Project) -> None:
    repository.configure(*models(**{"ministral-3b": "{authMode: AAD}"}))
    repository.up()
    repository.configure(*models(**{"ministral-3b": "{authMode: Key}"}))

    preview = repository.run("preview")

    assert preview.returncode == 0, preview.stdout + preview.stderr


def test_roles_are_assigned_on_the_resource_group_and_on_an_endpoint(repository: Project, azure: Azure) -> None:
    group = azure.control("POST", "/principals", {"kind": "Group", "name": "data scientists"})["id"]
    person = azure.control("POST", "/principals", {"kind": "User", "name": "a developer"})["id"]
    repository.configure(
        *models(**{"ministral-3b": f"{{roleAssignments: {{me: {{principalId: {person}, principalType: User}}}}}}"}),
        f"azure-mistral:roleAssignments: {{scientists: {{principalId: {group}, principalType: Group}}}}",
    )

    repository.up()

    outputs = repository.outputs()
    workspace_id = outputs["workspaces"]["eastus2"]["id"]
    resource_group_id = workspace_id.partition("/providers/")[0]
    assert azure.role_assignments(resource_group_id) == [(group, "Azure AI Developer")]
    assert azure.role_assignments(outputs["endpoints"]["ministral-3b"]["eastus2"]["id"]) == [
        (person, "Azure AI Developer")
    ]
    assert repository.up().changes == {}
    assert repository.refresh().changes == {}
    repository.destroy()
    assert azure.resource_ids() == []


def test_two_checkouts_with_one_stack_name_in_two_azure_subscriptions_get_their_own_endpoints(
    repository: Project, offline: dict[str, str], new_azure: Callable[[], Azure], tmp_path: Path
) -> None:
    other = Project.of_the_repository(tmp_path / "other", {**offline, **new_azure().environment})

    repository.up()
    other.up()

    names = [
        endpoint["eastus2"]["name"]
        for project in (repository, other)
        for endpoint in project.outputs()["endpoints"].values()
    ]
    assert len(set(names)) == 4
    assert repository.command("chat", "Hello", "--model", "ministral-3b").returncode == 0
    assert other.command("chat", "Hello", "--model", "ministral-3b").returncode == 0
