"""Every command in the README is run, in its order, in a fresh checkout."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.server import EmulatorServer
from tests.support.azure import Azure
from tests.support.checkout import Checkout
from tools import stack
from tools.engine import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
# These would run the tests in the tests.
NOT_NESTED = ["make test", "make check"]
# What a person does on Azure is done with the emulator as Azure, for which the stand-in plugin is installed.
ON_AZURE = [command for command in COMMANDS if not command.startswith("make ")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[Azure]:
    with EmulatorServer(tmp_path / "azure") as server, Azure(server) as azure:
        yield azure


def test_the_readme_has_the_two_commands_and_those_for_azure() -> None:
    assert COMMANDS[:2] == ["make up", "make down"]
    assert "pulumi up" in ON_AZURE
    assert [command for command in COMMANDS if command not in ("make up", "make down", *ON_AZURE)] == NOT_NESTED


def test_the_two_commands_work_and_print_what_the_readme_shows(checkout: Checkout) -> None:
    up, down = re.findall(r"```text\n(.*?)```", README, re.DOTALL)

    printed = {up: checkout.succeed("make up"), down: checkout.succeed("make down")}

    for shown, text in printed.items():
        lines = [line.strip() for line in shown.splitlines() if line.strip() not in ("", "...")]
        assert [line for line in lines if not pattern(line).search(text)] == []


def pattern(line: str) -> "re.Pattern[str]":
    """Return what a line of the README stands for: numbers, names with a suffix and spaces may differ."""
    escaped = re.escape(line)
    escaped = re.sub(r"(?:\\ )+", r"\\s+", escaped)
    escaped = re.sub(r"localhost:\d+", r"localhost:\\d+", escaped)
    escaped = re.sub(r"(codestral\\-2501|ministral\\-3b)\\-[0-9a-z]{5}", r"\1\\-[0-9a-z]{5}", escaped)
    return re.compile(re.sub(r"\d+s", r"\\d+s", escaped))


def test_the_commands_for_azure_work(checkout: Checkout, azure: Azure, tmp_path: Path) -> None:
    home = tmp_path / "home"
    stack.install_plugin(home)
    (tmp_path / "backend").mkdir()
    variables = {
        **azure.environment,
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": stack.PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PATH": f"{ROOT / '.venv' / 'bin'}:{checkout.environment['PATH']}",
    }

    for command in ON_AZURE:
        if command == "pulumi install":  # test_requirements runs it: here it would change this checkout's environment
            continue
        checkout.succeed(command, **variables)

    assert len([each for each in azure.resource_ids() if "serverlessEndpoints" in each]) == 2


@pytest.mark.parametrize("command", NOT_NESTED)
def test_the_commands_for_contributors_exist(checkout: Checkout, command: str) -> None:
    assert checkout.succeed(command.replace("make", "make --dry-run"))


def test_every_link_to_a_file_leads_to_one() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_folder_in_the_table_exists() -> None:
    assert [
        folder for folder in re.findall(r"^\| `(.*?)` \|", README, re.MULTILINE) if not (ROOT / folder).exists()
    ] == []
