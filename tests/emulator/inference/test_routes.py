"""The inference API as its callers meet it: through the OpenAI SDK, and plain HTTP where a body is the subject."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

import httpx
import openai
import pytest
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from emulator.inference import tokenizers
from emulator.inference.deployment import Deployment
from tests.emulator.inference.deployments import (
    AAD,
    BOTH_CHAT_ROUTES,
    CONVERSATION,
    CREATING,
    HELLO,
    KEY_AND_AAD,
    LARGE,
    MINISTRAL,
    OCR,
    TOKEN,
    VISION,
)


@cache
def tokenizer_of(model: str) -> MistralTokenizer[Any, Any, Any, Any, Any]:
    return MistralTokenizer.v3(is_tekken=model == "Ministral-3B")


def prompt_length(model: str, messages: list[Any]) -> int:
    return len(tokenizer_of(model).encode_chat_completion(ChatCompletionRequest(messages=messages)).tokens)


def text_length(model: str, text: str) -> int:
    return len(tokenizer_of(model).instruct_tokenizer.tokenizer.encode(text, bos=False, eos=False))


# Answers


@BOTH_CHAT_ROUTES
def test_chat_answers_with_a_synthetic_text_that_reflects_the_prompt(openai_client: Any, base: str) -> None:
    completion = openai_client(base=base).chat.completions.create(model="Ministral-3B", messages=HELLO)

    [choice] = completion.choices
    assert choice.message.role == "assistant"
    assert choice.message.content.endswith("Hello")
    assert "synthetic" in choice.message.content
    assert "Ministral-3B" in choice.message.content
    assert choice.finish_reason == "stop"
    assert completion.object == "chat.completion"
    assert completion.model == "Ministral-3B"


def test_chat_gives_the_same_text_for_the_same_messages_under_another_id(openai_client: Any) -> None:
    first, second = (
        openai_client().chat.completions.create(model="any", messages=CONVERSATION, temperature=2) for _ in range(2)
    )

    assert first.choices == second.choices
    assert first.id != second.id


@BOTH_CHAT_ROUTES
@pytest.mark.parametrize("deployment", [MINISTRAL, LARGE], ids=lambda deployment: deployment.model)
@pytest.mark.parametrize("messages", [HELLO, CONVERSATION], ids=["one message", "conversation"])
def test_chat_counts_tokens_as_mistral_common_does(
    openai_client: Any, deployment: Deployment, messages: list[Any], base: str
) -> None:
    completion = openai_client(deployment, base).chat.completions.create(model="any", messages=messages)

    usage = completion.usage
    assert usage.prompt_tokens == prompt_length(deployment.model, messages)
    assert usage.completion_tokens == text_length(deployment.model, completion.choices[0].message.content)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_chat_counts_differ_between_prompts_and_between_tokenizers(openai_client: Any) -> None:
    counts = {
        openai_client(deployment).chat.completions.create(model="any", messages=messages).usage.prompt_tokens
        for deployment in (MINISTRAL, LARGE)
        for messages in (HELLO, CONVERSATION)
    }

    # "Hello" alone is the same number of tokens in both vocabularies.
    assert len(counts) == 3


@BOTH_CHAT_ROUTES
def test_max_tokens_cuts_the_answer_at_that_many_tokens(openai_client: Any, base: str) -> None:
    completion = openai_client(base=base).chat.completions.create(model="any", messages=HELLO, max_tokens=3)

    assert completion.choices[0].finish_reason == "length"
    assert completion.usage.completion_tokens == 3
    assert text_length("Ministral-3B", completion.choices[0].message.content) == 3


def test_max_tokens_of_exactly_the_whole_answer_ends_with_stop(openai_client: Any) -> None:
    chat = openai_client().chat.completions
    whole = chat.create(model="any", messages=HELLO)

    limited = chat.create(model="any", messages=HELLO, max_tokens=whole.usage.completion_tokens)
    cut = chat.create(model="any", messages=HELLO, max_tokens=whole.usage.completion_tokens - 1)

    assert limited.choices == whole.choices
    assert cut.choices[0].finish_reason == "length"


def test_other_requests_are_answered_while_a_tokenizer_loads(
    http: httpx.Client, url_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading, may_finish = threading.Event(), threading.Event()

    def load(_encoding: str) -> MistralTokenizer[Any, Any, Any, Any, Any]:
        loading.set()
        may_finish.wait(timeout=30)
        return tokenizer_of("Mistral-large-2407")

    monkeypatch.setattr(tokenizers, "_loaded", {})
    monkeypatch.setattr(tokenizers, "_load", load)
    with ThreadPoolExecutor() as pool:
        chat = pool.submit(http.post, f"{url_of(LARGE)}/v1/chat/completions", json={"messages": HELLO}, timeout=60)
        try:
            assert loading.wait(timeout=30)
            assert http.get(f"{url_of(LARGE)}/info").status_code == 200
            assert not chat.done()
        finally:
            may_finish.set()
        assert chat.result().status_code == 200


# Streams


@BOTH_CHAT_ROUTES
def test_stream_carries_the_same_text_and_usage_as_the_plain_answer(openai_client: Any, base: str) -> None:
    chat = openai_client(base=base).chat.completions
    plain = chat.create(model="any", messages=CONVERSATION)

    chunks = list(chat.create(model="any", messages=CONVERSATION, stream=True))

    assert "".join(chunk.choices[0].delta.content for chunk in chunks) == plain.choices[0].message.content
    assert chunks[-1].usage == plain.usage
    assert len(chunks) > 10


def test_stream_finishes_in_its_last_chunk_and_nowhere_else(openai_client: Any) -> None:
    chunks = list(openai_client().chat.completions.create(model="any", messages=HELLO, stream=True, max_tokens=3))

    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["length"]
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant"] + [None] * (len(chunks) - 1)
    assert [chunk.usage is None for chunk in chunks] == [True] * (len(chunks) - 1) + [False]
    assert len({(chunk.id, chunk.created, chunk.model, chunk.object) for chunk in chunks}) == 1


@BOTH_CHAT_ROUTES
def test_stream_is_server_sent_events_that_end_with_done(http: httpx.Client, url_of: Any, base: str) -> None:
    response = http.post(f"{url_of(MINISTRAL)}{base}/chat/completions", json={"messages": HELLO, "stream": True})

    assert response.headers["content-type"].startswith("text/event-stream")
    *events, rest = response.text.split("\n\n")
    assert rest == ""
    assert events[-1] == "data: [DONE]"
    first = json.loads(events[0].removeprefix("data: "))
    assert first["object"] == "chat.completion.chunk"
    assert first["choices"] == [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]
    assert "usage" not in first


# Info


def test_info_names_the_model(http: httpx.Client, url_of: Any) -> None:
    response = http.get(f"{url_of(MINISTRAL)}/info")

    assert response.json() == {
        "model_name": "Ministral-3B",
        "model_type": "chat-completions",
        "model_provider_name": "Mistral AI",
    }


# Credentials

UNAUTHORIZED = {
    "statusCode": 401,
    "message": (
        "Unauthorized. Access token is missing, invalid, audience is incorrect (https://ml.azure.com), or have expired."
    ),
}


@BOTH_CHAT_ROUTES
def test_wrong_key_is_the_sdks_authentication_error(openai_client: Any, base: str) -> None:
    with pytest.raises(openai.AuthenticationError):
        openai_client(base=base, key="wrong").chat.completions.create(model="any", messages=HELLO)


@pytest.mark.parametrize(
    ("deployment", "headers", "status"),
    [
        (MINISTRAL, {"Authorization": "Bearer primary-key"}, 200),
        (MINISTRAL, {"Authorization": "bearer secondary-key"}, 200),
        (MINISTRAL, {"api-key": "secondary-key"}, 200),
        (MINISTRAL, {}, 401),
        (MINISTRAL, {"Authorization": "primary-key"}, 401),
        (MINISTRAL, {"Authorization": "Basic primary-key"}, 401),
        (MINISTRAL, {"Authorization": "Bearer"}, 401),
        (MINISTRAL, {"Authorization": "Bearer primary-ke"}, 401),
        (MINISTRAL, {"Authorization": f"Bearer {TOKEN}"}, 401),
        (AAD, {"Authorization": f"Bearer {TOKEN}"}, 200),
        (AAD, {"Authorization": "Bearer other-token"}, 401),
        (AAD, {"api-key": TOKEN}, 401),
        (AAD, {"Authorization": "Bearer primary-key"}, 401),
        (KEY_AND_AAD, {"Authorization": f"Bearer {TOKEN}"}, 200),
        (KEY_AND_AAD, {"Authorization": "Bearer secondary-key"}, 200),
        (KEY_AND_AAD, {"Authorization": "Bearer other"}, 401),
    ],
)
def test_credential_is_taken_as_the_auth_mode_says(
    url_of: Any, deployment: Deployment, headers: dict[str, str], status: int
) -> None:
    response = httpx.get(f"{url_of(deployment)}/info", headers=headers, trust_env=False)

    assert response.status_code == status
    if status == 401:
        assert response.json() == UNAUTHORIZED


def test_keys_of_a_deployment_are_not_in_its_repr() -> None:
    assert "primary-key" not in repr(MINISTRAL)


# Endpoints and routes that are not there


@pytest.mark.parametrize("deployment", [replace(MINISTRAL, name="absent"), CREATING], ids=["unknown", "not Online"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions", "/anything"])
def test_endpoint_that_is_unknown_or_not_online_is_a_404_before_its_key_is_checked(
    url_of: Any, deployment: Deployment, path: str
) -> None:
    response = httpx.post(url_of(deployment) + path, json={"messages": HELLO}, trust_env=False)

    assert response.status_code == 404
    assert response.json() == {"statusCode": 404, "message": "Resource not found"}


def test_list_of_models_is_a_404_as_on_serverless_endpoints(openai_client: Any) -> None:
    with pytest.raises(openai.NotFoundError):
        openai_client().models.list()


def test_chat_of_a_model_without_chat_is_a_404(openai_client: Any) -> None:
    with pytest.raises(openai.NotFoundError) as refusal:
        openai_client(OCR).chat.completions.create(model="any", messages=HELLO)

    assert refusal.value.response.json()["message"].startswith("Modality not supported by the model.")


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("POST", "/v1/v1/chat/completions", "POST /v1/chat/completions"),
        ("POST", "/chat/completion", "POST /chat/completions"),
        ("GET", "/", "GET /info"),
    ],
)
def test_route_that_is_not_emulated_is_a_501_that_names_the_nearest(
    http: httpx.Client, url_of: Any, method: str, path: str, nearest: str
) -> None:
    response = http.request(method, url_of(MINISTRAL) + path)

    assert response.status_code == 501
    assert response.json()["error"]["message"] == f"{method} {path} is not emulated. The nearest route is {nearest}."


# Requests that are refused


def test_native_route_refuses_an_unknown_field_as_pydantic_does(openai_client: Any) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refusal:
        openai_client().chat.completions.create(model="any", messages=HELLO, user="default_user_id")

    assert refusal.value.body == {
        "detail": [
            {
                "type": "extra_forbidden",
                "loc": ["body", "user"],
                "msg": "Extra inputs are not permitted",
                "input": "default_user_id",
                "url": "https://errors.pydantic.dev/2.6/v/extra_forbidden",
            }
        ]
    }


def test_native_route_refuses_stream_options_as_mistral_does(openai_client: Any) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refusal:
        openai_client().chat.completions.create(
            model="any", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )

    assert refusal.value.response.json()["detail"][0]["loc"] == ["body", "stream_options"]


def test_inference_route_refuses_extra_parameters_in_azures_words(openai_client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        openai_client(base="").chat.completions.create(model="any", messages=HELLO, n=1)

    assert refusal.value.body == {
        "detail": (
            "Extra parameters ['n'] are not allowed when extra-parameters is not set or set to be 'error'. "
            "Set extra-parameters to 'pass-through' to pass to the model."
        )
    }


@pytest.mark.parametrize(
    ("field", "value", "location"),
    [
        ("temperature", "0.7", ["temperature"]),
        ("temperature", 2.5, ["temperature"]),
        ("top_p", 1.5, ["top_p"]),
        ("max_tokens", 0, ["max_tokens"]),
        ("max_tokens", 1.5, ["max_tokens"]),
        ("stream", "yes", ["stream"]),
        ("messages", "Hello", ["messages"]),
        ("tool_choice", "sometimes", ["tool_choice"]),
        ("stop", 3, ["stop"]),
        ("tools", [{"function": {"name": "with space"}}], ["tools", 0, "function", "name"]),
        ("messages", [{"role": "user", "content": 3}], ["messages", 0, "user", "content"]),
        ("messages", [{"role": "user", "content": "Hello", "name": "x"}], ["messages", 0, "user", "name"]),
        ("messages", [{"role": "robot", "content": "Hello"}], ["messages", 0]),
    ],
)
def test_wrong_value_is_a_422_that_says_where(
    http: httpx.Client, url_of: Any, field: str, value: object, location: list[str | int]
) -> None:
    body = {"messages": HELLO, field: value}
    native = http.post(f"{url_of(MINISTRAL)}/v1/chat/completions", json=body)
    inference = http.post(f"{url_of(MINISTRAL)}/chat/completions", json=body)

    assert native.status_code == inference.status_code == 422
    # Where a value may be of several kinds, there is a problem for each, with the kind at the end.
    for problem in native.json()["detail"]:
        assert problem["loc"][: len(location) + 1] == ["body", *location]
    assert inference.json()["code"] == "parameter_not_supported"
    assert inference.json()["detail"]["loc"][: len(location) + 1] == ["body", *location]


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"messages": [{"role": "user", "content": "x"}], "temperature": NaN}']
)
@BOTH_CHAT_ROUTES
def test_body_that_is_no_request_at_all_is_a_422(http: httpx.Client, url_of: Any, base: str, body: str) -> None:
    response = http.post(f"{url_of(MINISTRAL)}{base}/chat/completions", content=body)

    assert response.status_code == 422


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([], "at least one message"),
        ([*HELLO, {"role": "assistant", "content": "Hi"}], "Expected last role User or Tool"),
    ],
    ids=["empty", "assistant last"],
)
def test_conversation_that_the_template_cannot_hold_is_refused_with_mistral_commons_reason(
    http: httpx.Client, url_of: Any, messages: list[Any], reason: str
) -> None:
    native = http.post(f"{url_of(MINISTRAL)}/v1/chat/completions", json={"messages": messages})
    inference = http.post(f"{url_of(MINISTRAL)}/chat/completions", json={"messages": messages})

    assert native.status_code == 400
    assert reason in native.json()["message"]
    assert inference.status_code == 422
    assert inference.json()["detail"]["loc"] == ["body", "messages"]


def test_images_are_a_501_where_the_model_takes_them_and_are_refused_elsewhere(ask: Any) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}]

    assert ask(deployment=VISION, messages=messages).status_code == 501
    assert ask(messages=messages).json()["message"] == "Ministral-3B does not support images."
    inference = ask("/chat/completions", messages=messages)
    assert inference.status_code == 422
    assert inference.json()["detail"]["loc"] == ["body", "messages", 0, "content", 1]


def test_sdk_does_not_repeat_a_request_that_is_not_emulated(url_of: Any) -> None:
    attempts: list[object] = []
    http_client = openai.DefaultHttpxClient(trust_env=False, event_hooks={"request": [attempts.append]})
    client = openai.OpenAI(base_url=f"{url_of(MINISTRAL)}/v2", api_key="primary-key", http_client=http_client)

    with client, pytest.raises(openai.InternalServerError, match="is not emulated"):
        client.chat.completions.create(model="any", messages=HELLO)

    assert len(attempts) == 1
