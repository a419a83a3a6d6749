"""The wheel: what is in it, what it says about itself, and how it is used where nothing else of the repository is."""

import shutil
import subprocess
import zipfile
from pathlib import Path

import azure_mistral
import pytest

from tests.support.environments import make_environment, metadata, required
from tools.engine import ROOT

PACKAGE = ROOT / "components" / "azure_mistral"
TYPED_CONSUMER = """\
import pulumi
from azure_mistral import ServerlessDeployment, ServerlessDeploymentArgs, Workspace

workspace = Workspace("team", {"location": "eastus2"})
args: ServerlessDeploymentArgs = {
    "model": "ministral-3b",
    "location": "eastus2",
    "resource_group_name": workspace.resource_group_name,
    "workspace_name": workspace.workspace_name,
}
deployment = ServerlessDeployment("chat", args, pulumi.ResourceOptions(protect=True))
reveal_type(deployment.url)
reveal_type(deployment.keys)
ServerlessDeployment(
    "typo",
    {"model": "a", "location": "b", "resource_group_name": "c", "workspace_name": "d", "auth_mod": "AAD"},
)
ServerlessDeployment("wrong", {"model": 3})
"""


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment into which pip installed the wheel, and where its requirements are, no more."""
    requirements = metadata(wheel).get_all("Requires-Dist", [])
    python = make_environment(tmp_path_factory.mktemp("environment"), required(requirements).values())
    install = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-index", str(wheel)]
    subprocess.run(install, check=True)
    return python


def run(python: Path, directory: Path, program: str, *, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run a program in a directory, with the interpreter's own packages alone."""
    command = [str(python), "-I", "-c", program]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=check)


def test_the_wheel_holds_the_package_whole_and_nothing_else(wheel: Path) -> None:
    sources = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}

    assert held == sources
    assert {"azure_mistral/py.typed", "azure_mistral/catalog.toml"} <= held


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    said = metadata(wheel)

    assert wheel.name == f"azure_mistral-{azure_mistral.__version__}-py3-none-any.whl"
    assert (said["Name"], said["Version"]) == ("azure-mistral", azure_mistral.__version__)
    assert said["Summary"]
    assert said["Requires-Python"] == ">=3.11"
    assert said["Description-Content-Type"] == "text/markdown"
    assert "Typing :: Typed" in said.get_all("Classifier", [])


def test_the_wheel_asks_for_three_packages_and_for_more_only_with_the_extra(wheel: Path) -> None:
    requirements = metadata(wheel).get_all("Requires-Dist", [])

    needed = [each for each in requirements if "extra ==" not in each]
    assert sorted(each.split("<")[0] for each in needed) == ["azure-identity", "pulumi", "pulumi-azure-native"]
    assert all("<" in each and ">=" in each for each in needed)  # a floor and a ceiling


def test_the_installed_wheel_is_imported_from_its_environment_alone(python: Path, tmp_path: Path) -> None:
    printed = run(
        python,
        tmp_path,
        "import azure_mistral, sys; from azure_mistral.catalog import load_catalog;"
        "print(azure_mistral.__file__); print(len(load_catalog().models)); print(*sys.path, sep='\\n')",
    ).stdout

    file, models, *path = printed.splitlines()
    assert Path(file).is_relative_to(python.parent.parent)
    assert int(models) > 0
    assert [entry for entry in path if Path(entry).is_relative_to(ROOT)] == []


def test_every_public_name_comes_without_what_only_the_command_needs(python: Path, tmp_path: Path) -> None:
    imported = run(
        python,
        tmp_path,
        "import azure_mistral, sys; [getattr(azure_mistral, name) for name in azure_mistral.__all__];"
        "print(*{name.partition('.')[0] for name in sys.modules} | set(sys.modules), sep='\\n')",
    ).stdout.split()

    assert "pulumi_azure_native" in imported
    assert {"typer", "rich", "openai", "azure.identity", "azure.core"}.isdisjoint(imported)


def test_the_command_without_its_extra_says_what_to_install(python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python.with_name("azure-mistral"), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "azure-mistral[cli]" in done.stderr
    assert "Traceback" not in done.stderr


def test_mypy_sees_the_types_of_the_installed_package(python: Path, tmp_path: Path) -> None:
    (tmp_path / "consumer.py").write_text(TYPED_CONSUMER)
    shutil.copy(ROOT / "examples" / "python-consumer" / "__main__.py", tmp_path / "example.py")
    # Everything of azure-native would take mypy a minute; the package's own types do not come from there.
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nstrict = true\npython_executable = {python}\n[mypy-pulumi_azure_native.*]\nfollow_imports = skip\n"
    )

    said = subprocess.run(
        [ROOT / ".venv" / "bin" / "mypy", "consumer.py", "example.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert 'Revealed type is "pulumi.output.Output[str]"' in said
    assert "azure_mistral.endpoint.EndpointKeys" in said
    assert 'Extra key "auth_mod" for TypedDict "ServerlessDeploymentArgs"' in said
    assert 'Missing keys ("location", "resource_group_name", "workspace_name") for TypedDict' in said
    assert "example.py" not in said
    assert "import-untyped" not in said
