"""A wrong key, a rate limit and the content filter, as each client's user meets them: that client's own exceptions."""

import json
import subprocess
from pathlib import Path

import pytest
from azure_mistral.cli.smoke import FILTERED
from azure_mistral.clients import CLIENTS, Client, Endpoint

from tests.clients.conftest import Deploy
from tests.support.azure import Azure
from tools.engine import ROOT


@pytest.fixture(scope="session")
def limited(deploy: Deploy, clients_azure: Azure) -> Endpoint:
    """An endpoint that has no requests left in this minute."""
    endpoint = deploy("limited", "ministral-3b", "eastus2")
    clients_azure.control("PUT", "/rate-limits", {"limited-ministral-3b": {"requests": 0}})
    return endpoint


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_a_refusal_is_the_exception_that_the_page_says(
    client: Client, ministral: Endpoint, limited: Endpoint, terminal: dict[str, str]
) -> None:
    python = ROOT / (".venv-litellm" if client.name == "litellm" else ".venv") / "bin" / "python"
    environment = {
        **terminal,
        "URL": client.url(ministral),
        "KEY": ministral.key or "",
        "LIMITED_URL": client.url(limited),
        "LIMITED_KEY": limited.key or "",
        "FILTERED": FILTERED,
    }
    command = [str(python), str(Path(__file__).with_name("refusals.py")), client.name]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    refusals = client.refusals
    assert got["wrong_key"].startswith(refusals.wrong_key), got
    assert got["rate_limit"].startswith(refusals.rate_limit), got
    assert got["content_filter"].startswith(refusals.content_filter), got
    assert str(ministral.key) not in done.stdout + done.stderr
