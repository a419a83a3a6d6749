"""A deployed model answers, through the OpenAI SDK with what the outputs hold, and through `azure-mistral chat`."""

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from azure_mistral.clients import CLIENTS
from mistral_common.protocol.instruct.messages import UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from openai import AuthenticationError, DefaultHttpxClient, OpenAI

from emulator.server import EmulatorServer
from tests.support.azure import Azure
from tests.support.project import Project
from tools.engine import ROOT

MODEL = "ministral-3b"
PROMPTS = ["Hi", "What is the capital of France?", "Écris un poème sur la mer, s'il te plaît."]


@pytest.fixture(scope="module")
def deployed(
    emulator: EmulatorServer, offline: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """The repository's stack, deployed once for this file."""
    with Azure(emulator) as azure:
        directory = tmp_path_factory.mktemp("chat") / "repository"
        project = Project.of_the_repository(directory, {**offline, **azure.environment})
        project.up()
        yield project


@pytest.fixture(scope="module")
def outputs(deployed: Project) -> dict[str, Any]:
    return deployed.outputs(secrets=True)


def client(deployed: Project, outputs: dict[str, Any], *, key: str | None = None) -> OpenAI:
    """Return an OpenAI client of the deployed model, as the stack's readme tells to make one."""
    context = ssl.create_default_context(cafile=deployed.environment["SSL_CERT_FILE"])
    return OpenAI(
        base_url=outputs["endpoints"][MODEL]["eastus2"]["url"] + "/v1",
        api_key=key or outputs["keys"][MODEL]["eastus2"]["primary"],
        http_client=DefaultHttpxClient(verify=context),
    )


def test_prompts_are_counted_as_mistral_common_counts_them(deployed: Project, outputs: dict[str, Any]) -> None:
    tokenizer = MistralTokenizer.v3(is_tekken=True)
    requests = [ChatCompletionRequest(messages=[UserMessage(content=prompt)]) for prompt in PROMPTS]
    expected = [len(tokenizer.encode_chat_completion(request).tokens) for request in requests]

    with client(deployed, outputs) as openai:
        answers = [
            openai.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
            for prompt in PROMPTS
        ]

    assert [answer.usage and answer.usage.prompt_tokens for answer in answers] == expected
    assert len(set(expected)) == len(PROMPTS)
    assert {answer.choices[0].finish_reason for answer in answers} == {"stop"}


def test_max_tokens_cuts_the_answer_and_says_so(deployed: Project, outputs: dict[str, Any]) -> None:
    with client(deployed, outputs) as openai:
        answer = openai.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": PROMPTS[1]}], max_tokens=3
        )

    assert answer.choices[0].finish_reason == "length"
    assert answer.usage
    assert answer.usage.completion_tokens == 3


def test_a_wrong_key_is_refused(deployed: Project, outputs: dict[str, Any]) -> None:
    with client(deployed, outputs, key="no key of this endpoint") as openai, pytest.raises(AuthenticationError):
        openai.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}])


@pytest.mark.parametrize("flags", [(), ("--stream",)], ids=["whole", "streamed"])
def test_chat_shows_the_answer_and_its_usage(deployed: Project, flags: tuple[str, ...]) -> None:
    done = deployed.command("chat", "What is 1 + 1?", "--model", MODEL, *flags)

    assert done.returncode == 0, done.stderr
    assert "What is 1 + 1?" in done.stdout
    assert "finish reason stop" in done.stdout
    assert "prompt tokens" in done.stdout


def test_chat_with_an_endpoint_that_the_stack_does_not_have_names_those_that_it_has(deployed: Project) -> None:
    done = deployed.command("chat", "Hi", "--model", "ministral-3")

    assert done.returncode == 1
    assert done.stderr.strip() == (
        "endpoint: the stack has none of ministral-3. It has codestral-2501 in eastus2, ministral-3b in eastus2."
        " Did you mean ministral-3b?"
    )


def test_the_command_says_what_to_do_where_there_is_no_stack(deployed: Project, tmp_path: Path) -> None:
    done = deployed.command("endpoints", "--cwd", str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith("pulumi stack output: ")
    assert "Traceback" not in done.stderr


def test_client_prints_the_variables_of_a_client_with_a_command_that_reads_the_key(
    deployed: Project, outputs: dict[str, Any]
) -> None:
    key = outputs["keys"][MODEL]["eastus2"]["primary"]
    name, client = "openai", CLIENTS["openai"]
    command = f"{ROOT / '.venv' / 'bin' / 'azure-mistral'} client {name} --model {MODEL}"
    shell = f'set -e; eval "$({command})"; echo "${client.url_variable} ${client.key_variable}"'

    printed = deployed.command("client", name, "--model", MODEL).stdout
    shown = deployed.command("client", name, "--model", MODEL, "--show-keys").stdout
    evaluated = subprocess.run(
        ["bash", "-c", shell],
        cwd=deployed.directory,
        env=deployed.environment,
        capture_output=True,
        text=True,
        check=True,
    )

    url, got = evaluated.stdout.split()
    assert url + client.appends == outputs["endpoints"][MODEL]["eastus2"]["url"] + client.route
    assert got == key
    assert key not in printed
    assert f"export {client.key_variable}={key}" in shown


def test_client_without_a_name_shows_the_url_for_every_client(deployed: Project, outputs: dict[str, Any]) -> None:
    url = outputs["endpoints"][MODEL]["eastus2"]["url"]

    rows = deployed.command("client", "--model", MODEL).stdout.splitlines()[1:]

    assert {row.split()[0]: row.split()[1] for row in rows} == {
        name: f"{url}/v1" if client.gets_v1 else url for name, client in CLIENTS.items()
    }


def test_client_prints_a_proxy_configuration_over_all_endpoints(deployed: Project, outputs: dict[str, Any]) -> None:
    printed = deployed.command("client", "litellm-proxy").stdout
    one = deployed.command("client", "litellm-proxy", "--model", MODEL).stdout

    assert [entry["model_name"] for entry in yaml.safe_load(printed)["model_list"]] == list(outputs["endpoints"])
    assert [entry["model_name"] for entry in yaml.safe_load(one)["model_list"]] == [MODEL]
    assert not any(keys["eastus2"]["primary"] in printed for keys in outputs["keys"].values())


def test_client_of_a_name_that_is_none_lists_those_that_are(deployed: Project) -> None:
    done = deployed.command("client", "openai-sdk")

    assert done.returncode == 1
    assert done.stderr.strip() == (
        'client: "openai-sdk" is not known. Expected one of curl, requests, openai, langchain, mistralai, litellm,'
        " azure-ai-inference, litellm-proxy. Did you mean openai?"
    )


def test_info_tells_which_model_an_endpoint_serves(deployed: Project, outputs: dict[str, Any]) -> None:
    context = ssl.create_default_context(cafile=deployed.environment["SSL_CERT_FILE"])
    key = outputs["keys"][MODEL]["eastus2"]["secondary"]
    url = outputs["endpoints"][MODEL]["eastus2"]["url"]

    answer = httpx.get(f"{url}/info", headers={"Authorization": f"Bearer {key}"}, verify=context)

    assert answer.json()["model_name"] == "Ministral-3B"


def test_chat_and_smoke_use_an_entra_token_where_the_endpoint_has_no_keys(repository: Project) -> None:
    stack_file = repository.directory / "Pulumi.dev.yaml"
    stack_file.write_text(stack_file.read_text().replace("ministral-3b: {}", "ministral-3b: {authMode: AAD}"))
    repository.up()

    shown = repository.command("endpoints").stdout
    done = repository.command("chat", "What is 1 + 1?", "--model", MODEL)
    smoke = repository.command("smoke", "--model", MODEL)

    assert "none: Entra tokens" in shown
    assert smoke.returncode == 0, smoke.stderr
    assert smoke.stdout.splitlines()[1].split()[:7] == [MODEL, "eastus2", "Entra", "token", "ok", "ok", "ok"]
    assert done.returncode == 0, done.stderr
    assert "What is 1 + 1?" in done.stdout
