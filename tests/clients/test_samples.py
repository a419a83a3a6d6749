"""The samples of examples/clients as their readers run them, with each client's real package, against the emulator."""

import subprocess
from pathlib import Path

import pytest
from azure_mistral.clients import CLIENTS, Client, Endpoint

from tests.support.azure import Azure
from tools.engine import ROOT

SAMPLES = ROOT / "examples" / "clients"
ANSWER = "The last one reads: What is the capital of France?"

USER_AGENTS = {
    "curl": "curl/",
    "requests": "python-requests/",
    "openai": "OpenAI/Python ",
    "langchain": "python-httpx/",
    "mistralai": "mistral-client-python/",
    "litellm": "litellm/",
    "azure-ai-inference": "azsdk-python-ai-inference/",
}


def run(sample: Path, environment: dict[str, str]) -> str:
    """Run a sample as it is, with the Python environment that has its client; return what it printed."""
    virtual = ".venv-litellm" if sample.name.startswith("litellm_sdk") else ".venv"
    interpreter = ["bash"] if sample.suffix == ".sh" else [str(ROOT / virtual / "bin" / "python")]
    done = subprocess.run([*interpreter, str(sample)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def calls(azure: Azure, endpoint: Endpoint, since: int) -> list[tuple[str, int, str]]:
    """Return route, status and User-Agent of the requests to an endpoint since then."""
    path = endpoint.url.removeprefix(azure.server.url)
    log = azure.control("GET", f"/requests?plane=inference&since={since}")
    return [
        (f"{entry['method']} {entry['path'].removeprefix(path)}", entry["status"], entry["userAgent"])
        for entry in log
        if entry["path"].startswith(f"{path}/")
    ]


def sequence(azure: Azure) -> int:
    """Return the sequence number of the last request so far."""
    return max((entry["sequence"] for entry in azure.control("GET", "/requests")), default=0)


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_a_sample_chats_whole_streamed_and_with_a_tool_by_the_calls_that_it_shows(
    client: Client, ministral: Endpoint, clients_azure: Azure, terminal: dict[str, str]
) -> None:
    since = sequence(clients_azure)

    printed = run(SAMPLES / client.sample, {**terminal, **client.environment(ministral, ministral.key or "")})

    made = calls(clients_azure, ministral, since)
    # curl shows one tool call and leaves the second round to programs.
    rounds = 3 if client.name == "curl" else 4
    assert [(route, status) for route, status, _ in made] == [(f"POST {client.route}", 200)] * rounds
    assert all(user_agent.startswith(USER_AGENTS[client.name]) for _, _, user_agent in made), made
    assert printed.count(ANSWER) == (1 if client.name == "curl" else 2)  # curl shows a stream's events as they are
    assert "get_weather" in printed
    assert str(ministral.key) not in printed


def test_the_curl_sample_shows_the_events_of_a_stream(ministral: Endpoint, terminal: dict[str, str]) -> None:
    client = CLIENTS["curl"]

    printed = run(SAMPLES / client.sample, {**terminal, **client.environment(ministral, ministral.key or "")})

    events = [line for line in printed.splitlines() if line.startswith("data: ")]
    assert len(events) > 10
    assert events[-1] == "data: [DONE]"
    assert '"finish_reason":"tool_calls"' in printed


@pytest.mark.parametrize(
    ("name", "sample", "rounds"),
    [("curl", "curl_fim.sh", 2), ("mistralai", "mistral_sdk_fim.py", 2), ("litellm", "litellm_sdk_fim.py", 1)],
)
def test_a_sample_fills_in_code(
    name: str, sample: str, rounds: int, codestral: Endpoint, clients_azure: Azure, terminal: dict[str, str]
) -> None:
    since = sequence(clients_azure)
    client = CLIENTS[name]

    printed = run(SAMPLES / sample, {**terminal, **client.environment(codestral, codestral.key or "")})

    made = calls(clients_azure, codestral, since)
    assert [(route, status) for route, status, _ in made] == [("POST /v1/fim/completions", 200)] * rounds
    assert all(user_agent.startswith(USER_AGENTS[name]) for _, _, user_agent in made), made
    assert "Synthetic code of the azure-mistral emulator in the place of Codestral-2501" in printed


def test_every_sample_is_run_by_a_test() -> None:
    run_here = {client.sample for client in CLIENTS.values()}
    run_here |= {"curl_fim.sh", "mistral_sdk_fim.py", "litellm_sdk_fim.py", "litellm_proxy.py"}

    assert {path.name for path in SAMPLES.iterdir() if path.suffix in (".py", ".sh")} == run_here
