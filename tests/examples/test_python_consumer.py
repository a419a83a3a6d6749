"""examples/python-consumer: another project that installs the wheel and adds a model to an existing workspace."""

import shutil
from pathlib import Path

import pytest

from tests.support.azure import Azure
from tests.support.environments import make_environment, metadata, required
from tests.support.project import Project
from tests.support.studio import make_group, make_hubs
from tools.engine import ROOT


@pytest.fixture
def project(environment: dict[str, str], wheel: Path, tmp_path: Path) -> Project:
    """A copy of the example two folders below one that has `dist`, as in a checkout, but nothing else of it."""
    (tmp_path / "dist").mkdir()
    shutil.copy(wheel, tmp_path / "dist")
    project = Project.of_example(tmp_path / "examples" / "python-consumer", environment)
    (project.directory / ".venv").unlink()
    make_environment(project.directory / ".venv", required(metadata(wheel).get_all("Requires-Dist", [])).values())
    return project


def test_the_consumer_installs_the_wheel_and_adds_a_model_to_a_workspace(project: Project, azure: Azure) -> None:
    (workspace,) = make_hubs(azure, make_group(azure), "theirs")
    before = azure.resource_ids(), azure.arm("GET", workspace).json()
    project.succeed("config", "set", "workspaceId", workspace)

    project.succeed("install", PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    up = project.up()
    outputs = project.outputs(secrets=True)
    state = project.export()
    again = project.up()
    destroyed = project.destroy()

    assert up.names("create") >= {"chat", "chat-subscription", "chat-endpoint"}
    assert outputs["url"].startswith(f"{azure.server.url}/serverless/eastus2/mistral-small-2503-")
    assert sorted(outputs["keys"]) == ["primary", "secondary"]
    assert outputs["keys"]["primary"] not in state
    assert again.changes == {}
    assert set(destroyed.changes) == {"delete"}
    assert (azure.resource_ids(), azure.arm("GET", workspace).json()) == before


def test_the_consumer_runs_the_wheel_and_not_this_checkout(project: Project) -> None:
    project.succeed("install", PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1")

    (installed,) = project.directory.glob(".venv/lib/python*/site-packages/azure_mistral")
    assert not installed.is_symlink()
    assert not installed.resolve().is_relative_to(ROOT)
