"""The `azure-mistral` command as a whole."""

import sys

import pytest
from azure_mistral import cli
from azure_mistral.cli.commands import app
from typer.testing import CliRunner


@pytest.mark.parametrize("missing", ["openai", "rich.console", "typer"])
def test_without_the_extra_the_command_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("azure_mistral.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(SystemExit) as ended:
        cli.main()

    assert ended.value.code == (
        f"azure-mistral: the Python package {missing} is not installed. Expected the extra cli of this package."
        " Install it with: pip install 'azure-mistral[cli]'"
    )


@pytest.mark.parametrize("command", ["endpoints", "chat", "client", "smoke", "import"])
def test_every_command_tells_what_it_does(command: str) -> None:
    overview = CliRunner().invoke(app, ["--help"]).output
    shown = CliRunner().invoke(app, [command, "--help"])

    assert command in overview
    assert shown.exit_code == 0
    assert "--stack" in shown.output
