"""What requirements.txt installs, as `pulumi install` gives it to a user, is all that the stack needs.

The packages that it asks for are not downloaded again: they are linked from the locked environment, those and no more.
"""

import subprocess
import venv
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.project import Project
from tools.engine import ROOT

PACKAGE = "azure-mistral"
# Whatever pip downloads to build a package of the checkout: it is no part of what the program can import.
BUILD = "hatchling"


def required(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Return a distribution and all that it requires on this Python, without extras that nobody asks for."""
    requirements = [Requirement(text) for text in distribution(name).requires or []]
    for requirement in requirements:
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if applies and requirement.name not in found:
            found[requirement.name] = distribution(requirement.name)
            required(requirement.name, found)
    return found


def link(dependency: Distribution, site_packages: Path) -> None:
    """Make a distribution importable from another environment."""
    for file in dependency.files or []:
        top = file.parts[0]
        if top not in ("..", "__pycache__") and not (site_packages / top).exists():
            source = Path(str(dependency.locate_file(top)))
            if source.exists():
                (site_packages / top).symlink_to(source)


@pytest.fixture
def project(environment: dict[str, str], tmp_path: Path) -> Project:
    """A copy of the checkout whose environment holds what the package requires, and the package not yet."""
    project = Project.of_the_repository(tmp_path / "checkout", environment)
    (project.directory / ".venv").unlink()
    venv.create(project.directory / ".venv", with_pip=True)
    (site_packages,) = (project.directory / ".venv" / "lib").glob("python*/site-packages")
    for dependency in required(PACKAGE, required(BUILD, {BUILD: distribution(BUILD)})).values():
        link(dependency, site_packages)
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
