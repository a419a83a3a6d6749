"""LiteLLM's proxy, started from the file that `azure-mistral client` prints, in front of two locations."""

import secrets
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from azure_mistral.cli.client import proxy_lines
from azure_mistral.clients import Endpoint
from openai import OpenAI

from tests.clients.conftest import LOCATIONS, Deploy
from tests.clients.test_samples import SAMPLES, run, sequence
from tests.support import studio
from tests.support.azure import Azure
from tests.support.waiting import wait_until
from tools.engine import ROOT


@pytest.fixture
def endpoints(deploy: Deploy) -> list[Endpoint]:
    """A model in two locations, for this file alone: one of them is deleted."""
    return [deploy("proxy", "ministral-3b", location) for location in LOCATIONS]


@pytest.fixture
def proxy(endpoints: list[Endpoint], terminal: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The proxy; what it gives is the environment of its users."""
    config = tmp_path / "config.yaml"
    config.write_text("\n".join(proxy_lines(endpoints, [], show_keys=True)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    key = f"sk-{secrets.token_hex(16)}"
    program = str(ROOT / ".venv-litellm" / "bin" / "litellm")
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environment = {**terminal, "LITELLM_MASTER_KEY": key, "LITELLM_TELEMETRY": "False"}
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=tmp_path)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: process.poll() is not None or answers(f"{url}/health/liveliness"), seconds=180)
            assert process.poll() is None, Path(log.name).read_text()
            yield {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": key}
        finally:
            process.terminate()
            process.wait()


def answers(url: str) -> bool:
    """Tell whether something answers there."""
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_requests_are_spread_over_the_locations_and_go_on_after_the_deletion_of_one(
    proxy: dict[str, str], endpoints: list[Endpoint], clients_azure: Azure, terminal: dict[str, str]
) -> None:
    client = OpenAI(base_url=proxy["OPENAI_BASE_URL"], api_key=proxy["OPENAI_API_KEY"], max_retries=0)

    def ask(times: int) -> Counter[tuple[str, int]]:
        """Ask that often; return how often which location answered with which status."""
        since = sequence(clients_azure)
        for _ in range(times):
            client.chat.completions.create(model="ministral-3b", messages=[{"role": "user", "content": "Hi"}])
        log = clients_azure.control("GET", f"/requests?plane=inference&since={since}")
        assert all(entry["userAgent"].startswith("litellm/") for entry in log)
        return Counter((entry["path"].split("/")[2], entry["status"]) for entry in log)

    sample = run(SAMPLES / "litellm_proxy.py", {**terminal, **proxy})
    both = ask(30)
    workspaces = "/subscriptions/{}/resourceGroups/clients/providers/Microsoft.MachineLearningServices/workspaces/"
    hub = workspaces.format(clients_azure.subscription_id) + "proxy-westus3"
    studio.remove(clients_azure, f"{hub}/serverlessEndpoints/proxy-ministral-3b")
    one = ask(30)

    assert sample.count("The last one reads: What is the capital of France?") == 2
    assert set(both) == {("eastus2", 200), ("westus3", 200)}
    assert both.total() == 30
    assert one[("eastus2", 200)] == 30
    assert one[("westus3", 200)] == 0


def test_the_printed_file_refers_to_the_keys_unless_it_is_told_to_show_them(endpoints: list[Endpoint]) -> None:
    referring = "\n".join(proxy_lines(endpoints, ["--stack", "dev"], show_keys=False))
    holding = "\n".join(proxy_lines(endpoints, [], show_keys=True))

    keys = [entry["litellm_params"]["api_key"] for entry in yaml.safe_load(referring)["model_list"]]
    assert set(keys) == {"os.environ/MINISTRAL_3B_EASTUS2_KEY", "os.environ/MINISTRAL_3B_WESTUS3_KEY"}
    assert all(str(endpoint.key) not in referring and str(endpoint.key) in holding for endpoint in endpoints)
    assert (
        '#   export MINISTRAL_3B_EASTUS2_KEY="$(pulumi stack output keys --json --show-secrets --stack dev'
        ' | jq --raw-output \'.["ministral-3b"]["eastus2"].primary\')"'
    ) in referring
