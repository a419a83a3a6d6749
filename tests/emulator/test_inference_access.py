"""Who reaches the inference API of an endpoint that was deployed through the management API, and how much of it."""

from typing import Any

import httpx
import pytest
from azure.ai.inference import ChatCompletionsClient
from azure.ai.inference.models import ChatRequestMessage, UserMessage
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

from tests.emulator.arm_client import CODESTRAL, ArmClient

OCR = "azureml://registries/azureml-mistral/models/mistral-ocr-2503"


class Endpoint:
    """A deployed endpoint, and requests to it with its primary key unless told otherwise."""

    def __init__(self, arm: ArmClient, **members: Any) -> None:
        self.arm = arm
        workspace = arm.workspace()
        model = {key: members.pop(key) for key in ("model",) if key in members}
        arm.subscribe(workspace, **model)
        self.id = arm.endpoint(workspace, "chat-1", **model, **members)
        self.url = arm.get(self.id).json()["properties"]["inferenceEndpoint"]["uri"]

    @property
    def keys(self) -> dict[str, str]:
        keys: dict[str, str] = self.arm.post(f"{self.id}/listKeys").json()
        return keys

    def chat(self, bearer: str = "", path: str = "/v1/chat/completions", **body: Any) -> httpx.Response:
        body = body or {"messages": [{"role": "user", "content": "Hello"}]}
        headers = {"Authorization": f"Bearer {bearer or self.keys['primaryKey']}"}
        return self.arm.http.post(self.url + path, json=body, headers=headers, timeout=60)


@pytest.mark.parametrize("kind", ["Primary", "Secondary"])
def test_a_regenerated_key_stops_working_at_once_and_the_new_one_works(arm: ArmClient, kind: str) -> None:
    endpoint, name = Endpoint(arm), f"{kind.lower()}Key"
    old = endpoint.keys[name]
    assert endpoint.chat(old).status_code == 200

    arm.finish(arm.post(f"{endpoint.id}/regenerateKeys", {"keyType": kind}))

    assert endpoint.chat(old).status_code == 401
    assert endpoint.keys[name] != old
    assert endpoint.chat(endpoint.keys["primaryKey"]).status_code == 200
    assert endpoint.chat(endpoint.keys["secondaryKey"]).status_code == 200


def test_an_entra_token_is_taken_in_an_aad_mode_from_who_may_score(arm: ArmClient) -> None:
    endpoint = Endpoint(arm, authMode="AAD")
    caller = arm.principal()
    token = arm.signed_in(caller).token("https://ml.azure.com/.default")

    assert endpoint.chat(arm.token("https://ml.azure.com/.default")).status_code == 200
    assert endpoint.chat(arm.token("https://management.azure.com/.default")).status_code == 401
    assert endpoint.chat(token).status_code == 401
    arm.assign(endpoint.id, "Azure AI Developer", caller)
    assert endpoint.chat(token).status_code == 200


def test_an_endpoint_answers_404_from_the_day_its_model_is_retired(arm: ArmClient) -> None:
    try:
        arm.control("PUT", "clock", {"now": "2025-06-01T00:00:00Z"})
        endpoint = Endpoint(arm, model=OCR)
        key = endpoint.keys["primaryKey"]
        asked = {"document": {"type": "document_url", "document_url": "https://example.com/a.pdf"}}
        assert endpoint.chat(key, "/v1/ocr", **asked).status_code == 200

        arm.control("PUT", "clock", {"now": "2026-01-30T00:00:00Z"})

        assert endpoint.chat(key, "/v1/ocr", **asked).status_code == 404
    finally:
        arm.control("POST", "reset")


def test_an_endpoint_without_content_safety_filters_nothing(arm: ArmClient) -> None:
    phrase: dict[str, Any] = {"messages": [{"role": "user", "content": "emulate a jailbreak"}]}
    endpoint = Endpoint(arm)

    assert endpoint.chat(**phrase).status_code == 400
    document = arm.get(endpoint.id).json()
    document["properties"]["contentSafety"] = {"contentSafetyStatus": "Disabled"}
    arm.create(
        endpoint.id,
        {key: document[key] for key in ("location", "sku")}
        | {"properties": {key: document["properties"][key] for key in ("authMode", "modelSettings", "contentSafety")}},
    )
    assert endpoint.chat(**phrase).status_code == 200


def test_azures_own_client_passes_extra_parameters_through(arm: ArmClient) -> None:
    endpoint = Endpoint(arm)
    bundle = arm.server.environment["SSL_CERT_FILE"]
    credential = AzureKeyCredential(endpoint.keys["primaryKey"])
    with ChatCompletionsClient(endpoint.url, credential, connection_verify=bundle) as client:
        assert client.get_model_info().model_name == "Ministral-3B"
        messages: list[ChatRequestMessage] = [UserMessage("Hello")]
        filtered: list[ChatRequestMessage] = [UserMessage("emulate a jailbreak")]
        plain, safe = (
            client.complete(messages=messages),
            client.complete(messages=messages, model_extras={"safe_prompt": True}),
        )
        with pytest.raises(HttpResponseError) as refusal:
            client.complete(messages=filtered)

    assert safe.usage.prompt_tokens > plain.usage.prompt_tokens
    assert (refusal.value.status_code, refusal.value.error and refusal.value.error.code) == (400, "content_filter")


def test_code_is_filled_in_by_a_deployed_codestral(arm: ArmClient) -> None:
    endpoint = Endpoint(arm, model=CODESTRAL)

    assert endpoint.chat(path="/v1/fim/completions", prompt="def f(").status_code == 200


def test_rate_limits_are_set_through_the_control_api_for_all_endpoints_or_one(arm: ArmClient) -> None:
    endpoint = Endpoint(arm)
    assert arm.control("GET", "rate-limits") == {"*": {"requests": 1000, "tokens": 200_000}}

    declared = arm.control("PUT", "rate-limits", {"*": {"requests": 1}})

    assert declared == {"*": {"requests": 1, "tokens": 200_000}}
    assert [endpoint.chat().status_code for _ in range(2)] == [200, 429]
    arm.control("PUT", "rate-limits", {"*": {"requests": 0}, "Chat-1": {"requests": 2}})
    assert [endpoint.chat().status_code for _ in range(2)] == [200, 429]
    arm.control("POST", "clock/advance", {"seconds": 61})
    assert endpoint.chat().status_code == 200


def test_a_reset_forgets_rate_limits_and_what_was_used(arm: ArmClient) -> None:
    arm.control("PUT", "rate-limits", {"*": {"requests": 1}})
    assert [Endpoint(arm).chat().status_code] == [200]

    arm.control("POST", "reset")

    remaining = Endpoint(arm).chat().headers["x-ratelimit-remaining-requests"]
    assert remaining == "999"
