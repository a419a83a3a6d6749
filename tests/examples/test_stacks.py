"""examples/article, defaults and max: each comes up, stays as it is, answers at every endpoint, and goes."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from emulator.server import EmulatorServer
from tests.support.azure import Azure
from tests.support.project import Project
from tools.configuration_page import groups
from tools.engine import ROOT

USER = {"role": "user", "content": "Hello"}


@pytest.fixture
def azure_in_2024(tmp_path: Path) -> Iterator[Azure]:
    """An Azure subscription on the day on which all models of the article could be deployed."""
    with EmulatorServer(tmp_path / "emulator") as server, Azure(server) as azure:
        azure.control("PUT", "/clock", {"now": "2024-11-15T12:00:00+00:00"})
        yield azure


def ask(azure: Azure, endpoint: dict[str, Any], keys: dict[str, str] | None) -> httpx.Response:
    """Ask an endpoint one question, by the route that its model has."""
    chat = endpoint["chatCompletionsUrl"]
    body: dict[str, Any] = {"messages": [USER], "max_tokens": 16}
    if not chat:
        body = {"input_data": {"input_string": ["Hello"], "parameters": {"max_new_tokens": 16}}}
    context = ssl.create_default_context(cafile=azure.server.environment["SSL_CERT_FILE"])
    headers = {"Authorization": f"Bearer {(keys or {}).get('primary', 'none')}"}
    with httpx.Client(verify=context, timeout=30) as http:
        return http.post(chat or endpoint["scoringUrl"], json=body, headers=headers)


def deployed_twice(project: Project, azure: Azure) -> dict[tuple[str, str], int]:
    """Bring an example up, ask every endpoint, see that a second up changes nothing, and destroy it."""
    project.up()
    outputs = project.outputs(secrets=True)
    answers = {
        (slug, location): ask(azure, endpoint, outputs["keys"].get(slug, {}).get(location)).status_code
        for slug, by_location in outputs["endpoints"].items()
        for location, endpoint in by_location.items()
    }
    again = project.up()
    project.destroy()

    assert again.changes == {}
    assert azure.resource_ids() == []
    return answers


def test_the_least_configuration_deploys_one_model(environment: dict[str, str], azure: Azure, tmp_path: Path) -> None:
    project = Project.of_example(tmp_path / "defaults", environment)

    assert deployed_twice(project, azure) == {("ministral-3b", "eastus2"): 200}


def test_all_nine_models_of_the_article_answer(offline: dict[str, str], azure_in_2024: Azure, tmp_path: Path) -> None:
    project = Project.of_example(tmp_path / "article", {**offline, **azure_in_2024.environment})

    answers = deployed_twice(project, azure_in_2024)

    assert len(answers) == 9
    assert set(answers.values()) == {200}


def test_every_option_is_deployed_together(environment: dict[str, str], azure: Azure, tmp_path: Path) -> None:
    for number, kind in ((1, "Group"), (2, "ServicePrincipal")):
        identity = f"50000000-0000-4000-8000-{number:012}"
        azure.control("POST", "/principals", {"kind": kind, "name": f"of examples/max, {kind}", "id": identity})
    project = Project.of_example(tmp_path / "max", environment)

    answers = deployed_twice(project, azure)

    # codestral-2501 takes Microsoft Entra tokens only, and is asked with none.
    refused = {model for model, status in answers.items() if status != 200}
    assert refused == {("codestral-2501", "eastus2"), ("codestral-2501", "swedencentral")}


OPTIONS = {f"{path}.{setting.name}".removeprefix(".") for path, settings in groups() for setting in settings}
TEXT = (ROOT / "examples" / "max" / "Pulumi.dev.yaml").read_text(encoding="utf-8")


def given(value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of everything that a configuration says, with `[*]` for the keys of maps."""
    yield path
    if isinstance(value, dict):
        for key, each in value.items():
            own = f"{path}.{key}".removeprefix(".")
            yield from given(each, own if own in OPTIONS else f"{path}[*]")


def test_max_says_everything_that_can_be_said() -> None:
    config = yaml.safe_load(TEXT)["config"]
    said = set(given({key.removeprefix("azure-mistral:"): value for key, value in config.items()}))
    # What needs something that exists already is there as a comment; terms and pricing are for a serverless model.
    commented = {f"workspace.{key}" for key in ("id", "keyVaultId", "storageAccountId", "logAnalyticsWorkspaceId")}

    assert all(f"# {path.removeprefix('workspace.')}: /" in TEXT for path in commented)
    assert OPTIONS - said - commented == {"models[*].asset.terms", "models[*].asset.pricing"}
