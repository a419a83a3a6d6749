"""The make targets, as a person types them in a fresh checkout."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.process import read_environment, running_process
from emulator.server import EmulatorServer
from tests.support.checkout import Checkout
from tests.support.processes import kill_session
from tests.support.waiting import wait_until


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the checkout whose emulator is stopped at the end."""
    copy = Checkout(tmp_path / "checkout")
    yield copy
    copy.run("make down")


def control(state: Path, method: str, path: str, body: Any = None) -> Any:
    """Call the control API of the emulator that runs on a state directory."""
    environment = read_environment(state) or {}
    context = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
    url = f"https://{environment['ARM_METADATA_HOSTNAME']}/_emulator{path}"
    return httpx.request(method, url, json=body, verify=context).raise_for_status().json()


def remaining_resources(state: Path) -> list[str]:
    """Return the ids of what exists in a stopped emulator's state."""
    with EmulatorServer(state):
        return [each["id"] for each in control(state, "GET", "/resources")["resources"]]


def test_up_and_down_three_times_in_a_row_show_what_they_do_and_leave_nothing(checkout: Checkout) -> None:
    state = checkout.directory / ".local" / "emulator"
    for _ in range(3):
        first = checkout.succeed("make up")
        second = checkout.succeed("make up")
        down = checkout.succeed("make down")

        for said in (first, second):
            assert "codestral-2501" in said
            assert "ministral-3b" in said
            assert "hidden" in said
            assert "This is a synthetic answer" in said
            assert "make down" in said
        assert "15 created" in first
        assert "15 unchanged" in second
        assert "The emulator runs at" in first
        assert "The emulator" not in second.partition("Endpoints:")[0]
        assert "15 deleted" in down
        assert running_process(state) is None

    assert checkout.succeed("git status --porcelain") == ""
    assert remaining_resources(state) == []


def test_up_after_a_killed_up_goes_on(checkout: Checkout) -> None:
    state = checkout.directory / ".local" / "emulator"
    checkout.succeed(".venv/bin/python -m emulator start --state .local/emulator")
    control(state, "PUT", "/transitions", {"Microsoft.Storage/storageAccounts": {"create": {"seconds": 2}}})
    with checkout.started("make up") as killed:
        wait_until(lambda: any(is_storage_request(entry) for entry in control(state, "GET", "/requests?plane=arm")))
        kill_session(killed.pid)

    said = checkout.succeed("make up")

    assert "This is a synthetic answer" in said
    assert "15 unchanged" in checkout.succeed("make up")
    checkout.succeed("make down")
    assert remaining_resources(state) == []
    assert checkout.succeed("git status --porcelain") == ""


def is_storage_request(entry: dict[str, Any]) -> bool:
    """Tell whether Azure was asked to make the storage account."""
    return entry["method"] == "PUT" and "/storageAccounts/" in entry["path"]


def test_preview_shows_what_an_edit_would_change_and_changes_nothing(checkout: Checkout) -> None:
    checkout.succeed("make up")
    stack_file = checkout.directory / "Pulumi.dev.yaml"
    stack_file.write_text(stack_file.read_text() + "    mistral-small-2503: {}\n")

    preview = checkout.succeed("make preview")
    up = checkout.succeed("make up")

    assert "3 to create" in preview
    assert "3 created" in up
    assert "mistral-small-2503" in up


def test_the_variables_let_a_person_type_pulumi_curl_and_python(checkout: Checkout) -> None:
    checkout.succeed("make up")
    here = 'eval "$(make -s env)" && '

    unchanged = checkout.succeed(here + "pulumi preview --expect-no-changes")
    curl = checkout.succeed(
        here + "curl --silent --fail"
        ' -H "Authorization: Bearer $(pulumi stack output keys --show-secrets --json | python -c'
        ' \'import json, sys; print(json.load(sys.stdin)["ministral-3b"]["eastus2"]["primary"])\')"'
        " $(pulumi stack output endpoints --json | python -c"
        ' \'import json, sys; print(json.load(sys.stdin)["ministral-3b"]["eastus2"]["url"])\')/info'
    )
    (checkout.directory / "sign_in.py").write_text(
        "from azure.identity import DefaultAzureCredential\n"
        "credential = DefaultAzureCredential(disable_instance_discovery=True)\n"
        'print(credential.get_token("https://management.azure.com/.default").token.count("."))\n'
    )
    python = checkout.succeed(here + "python sign_in.py")

    assert "15 unchanged" in unchanged
    assert json.loads(curl)["model_name"] == "Ministral-3B"
    assert python == "2\n"  # the dots of a JSON Web Token


def test_env_without_an_emulator_says_how_to_start_one(checkout: Checkout) -> None:
    done = checkout.run("make -s env")

    assert done.returncode != 0
    assert "make up" in done.stderr
    assert done.stdout == ""


def test_down_where_nothing_is_up_does_nothing_and_says_nothing(checkout: Checkout) -> None:
    assert checkout.succeed("make down") == ""


def test_help_names_every_target(checkout: Checkout) -> None:
    shown = checkout.succeed("make")

    for target in ("up", "preview", "down", "env", "test", "check", "help"):
        assert f"make {target} " in shown


def test_an_old_python_is_named_with_what_to_do(checkout: Checkout) -> None:
    old = checkout.directory / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    done = checkout.run("make up PYTHON=./old-python")

    assert done.returncode != 0
    assert "./old-python: not Python 3.11 or newer." in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
