"""What managed online endpoints answer: scoring, chat, credentials, and the split of traffic between deployments."""

import json
import ssl
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from openai import DefaultHttpxClient, OpenAI

from tests.emulator.arm_client import MISTRAL_7B, ArmClient

BASE = "azureml://registries/azureml/models/mistralai-Mistral-7B-v01/versions/8"
USER = {"role": "user", "content": "Hello"}
CHAT = {"input_data": {"input_string": [USER], "parameters": {"max_new_tokens": 64}}}


class Caller:
    """Calls one endpoint."""

    def __init__(self, arm: ArmClient, endpoint: str, credential: str = "") -> None:
        self.url = str(arm.get(endpoint).json()["properties"]["scoringUri"])
        self._http = arm.http
        self._credential = credential or arm.post(f"{endpoint}/listKeys").json()["primaryKey"]

    def score(self, body: Any = CHAT, **headers: str) -> httpx.Response:
        """One request to the scoring route."""
        return self.post("/score", body, **headers)

    def post(self, route: str, body: Any, **headers: str) -> httpx.Response:
        """One request to a route."""
        url = self.url.removesuffix("/score") + route
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._http.post(url, json=body, headers={"Authorization": f"Bearer {self._credential}", **names})


@pytest.fixture
def endpoint(arm: ArmClient) -> str:
    """An endpoint of which `blue`, the chat model, has all the traffic."""
    endpoint = arm.online_endpoint(arm.workspace(), "mistral-chat")
    arm.online_deployment(endpoint, "blue")
    arm.route(endpoint, blue=100)
    return endpoint


@pytest.fixture
def caller(arm: ArmClient, endpoint: str) -> Caller:
    """Calls the endpoint with its primary key."""
    return Caller(arm, endpoint)


# Scoring


def test_a_chat_model_scores_a_conversation(caller: Caller) -> None:
    answer = caller.score()

    assert (answer.status_code, answer.headers["azureml-model-deployment"]) == (200, "blue")
    assert answer.json().keys() == {"output"}
    assert "in the place of mistralai-Mistral-7B-Instruct-v01" in answer.json()["output"]
    short = caller.score({"input_data": {"input_string": [USER], "parameters": {"max_new_tokens": 4}}}).json()
    assert answer.json()["output"].startswith(short["output"])
    assert len(short["output"]) < 40


def test_a_base_model_scores_texts(arm: ArmClient, endpoint: str, caller: Caller) -> None:
    arm.online_deployment(endpoint, "base", model=BASE)
    body = {"input_data": {"input_string": ["One", "Two"], "parameters": {"stop": ["begins"], "top_k": 5}}}

    (row,) = caller.score(body, azureml_model_deployment="base").json()

    assert row.keys() == {"0", "1"}
    assert row["0"].endswith("The text ")
    assert caller.post("/v1/chat/completions", {"messages": [USER]}, azureml_model_deployment="base").status_code == 501


@pytest.mark.parametrize("body", [{}, {"input_data": {"input_string": "Hello"}}, {"input_data": {"input_string": []}}])
def test_a_body_of_another_form_is_answered_as_the_script_does(caller: Caller, body: Any) -> None:
    """With 200 and a text that holds JSON: the script catches every exception."""
    answer = caller.score(body)

    assert answer.status_code == 200
    assert json.loads(answer.json())["error"] == "Error in processing request"
    assert "Expected input format" in json.loads(answer.json())["exception"]


def test_the_swagger_document_describes_the_scoring_route(arm: ArmClient, endpoint: str, caller: Caller) -> None:
    properties = arm.get(endpoint).json()["properties"]
    key = arm.post(f"{endpoint}/listKeys").json()["primaryKey"]

    document = arm.http.get(properties["swaggerUri"], headers={"Authorization": f"Bearer {key}"}).json()

    assert document["paths"].keys() == {"/score"}
    assert caller.post("/embeddings", {}).status_code == 501


# Chat


def test_openais_client_chats_with_it_and_streams(arm: ArmClient, endpoint: str, caller: Caller) -> None:
    key = arm.post(f"{endpoint}/listKeys").json()["primaryKey"]
    context = ssl.create_default_context(cafile=arm.server.environment["SSL_CERT_FILE"])
    base_url = caller.url.removesuffix("/score") + "/v1"
    http_client = DefaultHttpxClient(verify=context, trust_env=False)

    with OpenAI(base_url=base_url, api_key=key, http_client=http_client) as client:
        chat = client.chat.completions
        whole = chat.create(model="any", messages=[{"role": "user", "content": "Hello"}])
        stream = chat.create(model="any", messages=[{"role": "user", "content": "Hello"}], stream=True)
        streamed = "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    text = whole.choices[0].message.content
    assert whole.model == "mistralai-Mistral-7B-Instruct-v01"
    assert text == streamed
    assert caller.post("/chat/completions", {"messages": [USER]}).json()["choices"][0]["message"]["content"] == text


# Credentials


def test_a_key_is_checked(arm: ArmClient, endpoint: str, caller: Caller) -> None:
    wrong = Caller(arm, endpoint, "wrong")
    secondary = Caller(arm, endpoint, arm.post(f"{endpoint}/listKeys").json()["secondaryKey"])

    assert (wrong.score().status_code, wrong.score().text) == (401, "key_auth_access_denied")
    assert secondary.score().status_code == 200
    bare = arm.http.post(caller.url, json=CHAT)
    assert (bare.status_code, bare.text) == (401, "key_auth_bad_header_forbidden")


def test_a_token_is_checked(arm: ArmClient) -> None:
    workspace = arm.workspace()
    first, second = (arm.online_endpoint(workspace, name, authMode="AMLToken") for name in ("oe-1", "oe-2"))
    arm.online_deployment(first)
    arm.route(first, blue=100)
    tokens = [arm.post(f"{endpoint}/token").json()["accessToken"] for endpoint in (first, second)]

    assert [Caller(arm, first, token).score().status_code for token in tokens] == [200, 401]


def test_an_entra_token_needs_the_score_action(arm: ArmClient) -> None:
    endpoint = arm.online_endpoint(arm.workspace(), authMode="AADToken")
    arm.online_deployment(endpoint)
    arm.route(endpoint, blue=100)
    stranger = arm.principal()
    consumer = arm.principal()
    arm.assign(endpoint, "AzureML Data Scientist", consumer)
    tokens = [arm.signed_in(each).token("https://ml.azure.com/.default") for each in (stranger, consumer)]

    assert [Caller(arm, endpoint, token).score().status_code for token in tokens] == [401, 200]


def test_an_endpoint_without_public_access_is_not_reached(arm: ArmClient) -> None:
    endpoint = arm.online_endpoint(arm.workspace(), publicNetworkAccess="Disabled")

    assert Caller(arm, endpoint).score().status_code == 403


# Traffic


def test_without_traffic_nothing_answers_unless_named(arm: ArmClient, endpoint: str, caller: Caller) -> None:
    arm.online_deployment(endpoint, "green")
    arm.route(endpoint)

    answer = caller.score()

    assert answer.status_code == 404
    assert "valid deployment with positive weight" in answer.json()["error"]["message"]
    assert caller.score(azureml_model_deployment="green").headers["azureml-model-deployment"] == "green"
    assert caller.score(azureml_model_deployment="red").status_code == 404


def test_requests_are_split_as_the_traffic_says(arm: ArmClient, endpoint: str, caller: Caller) -> None:
    arm.online_deployment(endpoint, "green")
    arm.route(endpoint, blue=90, green=10)

    answered = [caller.score().headers["azureml-model-deployment"] for _ in range(100)]

    assert Counter(answered) == {"blue": 90, "green": 10}
    assert "green" in answered[:20]


def test_a_blue_green_switch_fails_no_request(arm: ArmClient, endpoint: str, caller: Caller) -> None:
    """Under load: a second deployment, a split, the switch, and the deletion of the first."""
    stopped: list[bool] = []

    def load() -> Iterator[tuple[int, str]]:
        while not stopped:
            answer = caller.score()
            yield answer.status_code, answer.headers.get("azureml-model-deployment", "")

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: list(load()))
        try:
            arm.online_deployment(endpoint, "green", model=MISTRAL_7B.replace("/12", "/11"))
            arm.route(endpoint, blue=50, green=50)
            arm.route(endpoint, green=100)
            arm.remove(f"{endpoint}/deployments/blue")
            assert caller.score().headers["azureml-model-deployment"] == "green"
        finally:
            stopped.append(True)
        answers = running.result()

    assert {status for status, _ in answers} == {200}
    assert {name for _, name in answers} <= {"blue", "green"}
