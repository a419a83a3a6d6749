"""What requirements.txt installs, as `pulumi install` gives it to a user, is all that the stack needs.

The packages that it asks for are not downloaded again: they are linked from the locked environment, those and no more.
"""

import subprocess
from importlib.metadata import requires
from pathlib import Path

import pytest

from tests.support.environments import make_environment, required
from tests.support.project import Project
from tools.engine import ROOT

# Whatever pip downloads to build a package of the checkout: it is no part of what the program can import.
BUILD = "hatchling"


@pytest.fixture
def project(environment: dict[str, str], tmp_path: Path) -> Project:
    """A copy of the checkout whose environment holds what the package requires, and the package not yet."""
    project = Project.of_the_repository(tmp_path / "checkout", environment)
    (project.directory / ".venv").unlink()
    make_environment(project.directory / ".venv", required([BUILD, *(requires("azure-mistral") or [])]).values())
    for name in ("requirements.txt", "pyproject.toml", "README.md", "components"):
        (project.directory / name).symlink_to(ROOT / name)
    return project


def test_pulumi_install_and_preview_need_nothing_but_requirements_txt(project: Project) -> None:
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}  # 0: pip's own reading of "no isolation: yes"
    python = project.directory / ".venv" / "bin" / "python"

    other = subprocess.run([python, "-c", "import starlette"], capture_output=True, text=True, check=False)
    installed = project.run("install", **offline)
    preview = project.run("preview")

    assert "No module named 'starlette'" in other.stderr  # which the package does not require, and this checkout has
    assert installed.returncode == 0, installed.stdout + installed.stderr
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "15 to create" in preview.stdout
