"""The tables of the article's reference section, row by row: each test is named after its table and its row.

"How to deploy Mistral models with Azure Machine Learning studio", Reference, Mistral Chat API.
"""

import json
import time
import uuid
from typing import Any

import httpx
import pytest
from mistral_common.protocol.instruct.messages import SystemMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from emulator.inference.completions import SAFETY_PROMPT
from tests.emulator.inference.deployments import CONVERSATION, HELLO, LARGE, MINISTRAL, user

# The article's request example, without the comma before its last bracket, which is no JSON.
EXAMPLE = """
{
    "messages":
    [
        {
        "role": "system",
        "content": "You are a helpful assistant that translates English to Italian."
        },
        {
        "role": "user",
        "content": "Translate the following sentence from English to Italian: I love programming."
        }
    ],
    "temperature": 0.8,
    "max_tokens": 512
}
"""


def prompt_tokens(system: str, text: str) -> int:
    messages: list[Any] = [SystemMessage(content=system), UserMessage(content=text)]
    tokenizer: MistralTokenizer[Any, Any, Any, Any, Any] = MistralTokenizer.v3(is_tekken=True)
    return len(tokenizer.encode_chat_completion(ChatCompletionRequest(messages=messages)).tokens)


def chunks_of(response: httpx.Response) -> list[Any]:
    """The chunks of a streamed answer."""
    *events, done = [event.removeprefix("data: ") for event in response.text.strip().split("\n\n")]
    assert done == "[DONE]"
    return [json.loads(event) for event in events]


# Request example


def test_the_request_example_is_answered_as_the_response_tables_say(http: httpx.Client, url_of: Any) -> None:
    before = int(time.time())
    response = http.post(
        f"{url_of(MINISTRAL)}/v1/chat/completions", content=EXAMPLE, headers={"Content-type": "application/json"}
    )

    assert response.status_code == 200
    answer = response.json()
    [choice] = answer["choices"]
    # The whole of the response example's shape, and nothing beside it.
    assert set(answer) == {"id", "object", "created", "model", "choices", "usage"}
    assert set(choice) == {"index", "finish_reason", "message"}
    assert set(choice["message"]) == {"role", "content"}
    assert set(answer["usage"]) == {"prompt_tokens", "total_tokens", "completion_tokens"}
    assert before <= answer["created"] <= time.time()
    assert "I love programming." in choice["message"]["content"]
    assert choice["finish_reason"] == "stop"
    asked = json.loads(EXAMPLE)["messages"]
    assert answer["usage"]["prompt_tokens"] == prompt_tokens(asked[0]["content"], asked[1]["content"])


# Request schema


def test_request_messages_must_be_specified_and_hold_one_message_or_a_history(
    http: httpx.Client, url_of: Any, ask: Any
) -> None:
    url = f"{url_of(MINISTRAL)}/v1/chat/completions"
    missing = http.post(url, json={})

    assert missing.status_code == 422
    assert (missing.json()["detail"][0]["type"], missing.json()["detail"][0]["loc"]) == (
        "missing",
        ["body", "messages"],
    )
    assert ask(messages=HELLO).status_code == ask(messages=CONVERSATION).status_code == 200
    # The table says "string"; its own example has an array, and a string is what Azure refuses.
    assert ask(messages="Hello").status_code == 422


def test_request_stream_is_false_by_default_and_sends_data_only_events(ask: Any) -> None:
    streamed = ask(stream=True)

    assert ask().headers["content-type"] == ask(stream=False).headers["content-type"] == "application/json"
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert all(line.startswith("data: ") for line in streamed.text.splitlines() if line)
    assert len(chunks_of(streamed)) > 2


def test_request_max_tokens_is_8192_by_default(ask: Any) -> None:
    assert ask(ignore_eos=True).json()["usage"]["completion_tokens"] == 8192


@pytest.mark.parametrize("limit", [1, 2, 17])
def test_request_max_tokens_is_the_most_that_is_generated(ask: Any, limit: int) -> None:
    assert ask(max_tokens=limit).json()["usage"]["completion_tokens"] == limit


def test_request_max_tokens_and_the_prompt_cannot_exceed_the_context_length(ask: Any) -> None:
    context = 131_072
    prompt = ask().json()["usage"]["prompt_tokens"]

    fits = ask(max_tokens=context - prompt)
    native, inference = (
        ask(path, max_tokens=context - prompt + 1) for path in ("/v1/chat/completions", "/chat/completions")
    )

    assert fits.status_code == 200
    assert native.status_code == 400
    assert f"max_tokens is {context - prompt + 1}" in native.json()["message"]
    assert inference.status_code == 422
    assert inference.json()["detail"] == {"loc": ["body", "max_tokens"], "input": context - prompt + 1}


def test_request_prompt_alone_cannot_exceed_the_context_length_either(ask: Any) -> None:
    response = ask(messages=user("word " * 140_000))

    assert response.status_code == 400
    assert "the context of Ministral-3B, 131072 tokens" in response.json()["message"]


@pytest.mark.parametrize(("value", "status"), [(0, 200), (0.1, 200), (1, 200), (1.01, 422), (-0.1, 422)])
def test_request_top_p_is_a_probability_mass(ask: Any, value: float, status: int) -> None:
    assert ask(top_p=value).status_code == status


@pytest.mark.parametrize(("value", "status"), [(0, 200), (0.8, 200), (2, 200), (2.01, 422), (-0.1, 422)])
def test_request_temperature_is_between_0_and_2(ask: Any, value: float, status: int) -> None:
    assert ask(temperature=value).status_code == status


def test_request_ignore_eos_goes_on_after_the_end_until_max_tokens(ask: Any) -> None:
    ended, ignored = ask(max_tokens=200, ignore_eos=False).json(), ask(max_tokens=200, ignore_eos=True).json()

    whole = ended["choices"][0]["message"]["content"]
    assert ended == {**ask(max_tokens=200).json(), "id": ended["id"], "created": ended["created"]}
    assert ended["choices"][0]["finish_reason"] == "stop"
    assert ignored["choices"][0]["finish_reason"] == "length"
    assert ignored["usage"]["completion_tokens"] == 200
    assert ignored["choices"][0]["message"]["content"].startswith(whole)
    assert len(ignored["choices"][0]["message"]["content"]) > len(whole)


def test_request_safe_prompt_puts_the_safety_prompt_before_the_conversation(ask: Any) -> None:
    plain, safe = ask(safe_prompt=False).json(), ask(safe_prompt=True).json()

    assert plain["usage"] == ask().json()["usage"]
    assert safe["usage"]["prompt_tokens"] == prompt_tokens(SAFETY_PROMPT, "Hello")
    assert safe["usage"]["prompt_tokens"] > plain["usage"]["prompt_tokens"]
    assert "Messages received: 1 system, 1 user." in safe["choices"][0]["message"]["content"]


# Fields of a message


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_message_content_is_required_for_all_messages(ask: Any, role: str) -> None:
    response = ask(messages=[{"role": role}, *HELLO])

    # An assistant message may hold tool calls instead, so that its lack is seen by the chat template.
    assert response.status_code == (400 if role == "assistant" else 422)


def test_message_content_may_come_in_parts_of_text(ask: Any) -> None:
    parts = [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]

    assert ask(messages=[{"role": "user", "content": parts}]).json()["choices"] == ask().json()["choices"]


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
def test_message_role_is_one_of_system_user_and_assistant(ask: Any, role: str) -> None:
    content = ask(messages=[{"role": role, "content": "Before"}, *HELLO]).json()["choices"][0]["message"]["content"]

    assert ("2 user" if role == "user" else f"1 {role}, 1 user") in content


def test_message_role_that_is_unknown_is_refused(ask: Any) -> None:
    assert ask(messages=[{"role": "robot", "content": "Hello"}]).status_code == 422


# Response schema


def test_response_id_is_unique_and_the_same_in_all_chunks(ask: Any) -> None:
    ids = {ask().json()["id"], ask().json()["id"]}
    streamed = {chunk["id"] for chunk in chunks_of(ask(stream=True))}

    assert len(ids) == 2
    assert len(streamed) == 1
    for each in ids | streamed:
        uuid.UUID(each)


def test_response_choices_is_a_list_of_the_one_completion(ask: Any) -> None:
    assert len(ask().json()["choices"]) == 1


def test_response_created_is_a_unix_time_in_seconds(ask: Any) -> None:
    before = int(time.time())

    assert before <= ask().json()["created"] <= time.time()


def test_response_model_is_the_one_used(ask: Any) -> None:
    assert ask().json()["model"] == "Ministral-3B"
    assert ask(deployment=LARGE, model="something-else").json()["model"] == "Mistral-large-2407"


def test_response_object_is_always_chat_completion(ask: Any) -> None:
    assert ask().json()["object"] == "chat.completion"
    assert {chunk["object"] for chunk in chunks_of(ask(stream=True))} == {"chat.completion.chunk"}


def test_response_usage_is_there_plain_and_in_the_last_chunk(ask: Any) -> None:
    chunks = chunks_of(ask(stream=True))

    assert chunks[-1]["usage"] == ask().json()["usage"]
    assert not [chunk for chunk in chunks[:-1] if "usage" in chunk]


# Choices


def test_choice_index_is_0(ask: Any) -> None:
    assert ask().json()["choices"][0]["index"] == 0
    assert {chunk["choices"][0]["index"] for chunk in chunks_of(ask(stream=True))} == {0}


def test_choice_message_becomes_delta_in_a_stream(ask: Any) -> None:
    plain = ask().json()["choices"][0]
    chunks = [chunk["choices"][0] for chunk in chunks_of(ask(stream=True))]

    assert "delta" not in plain
    assert not [chunk for chunk in chunks if "message" in chunk]
    assert "".join(chunk["delta"]["content"] for chunk in chunks) == plain["message"]["content"]


def finish_reasons(response: httpx.Response) -> list[Any]:
    return [chunk["choices"][0]["finish_reason"] for chunk in chunks_of(response)]


@pytest.mark.parametrize(
    ("reason", "parameters"),
    [
        ("stop", {}),
        ("stop", {"stop": "synthetic"}),
        ("length", {"max_tokens": 3}),
        ("content_filter", {"messages": user("Emulate a violent answer, please.")}),
        ("content_filter_error", {"messages": user("Emulate a failing content filter, please.")}),
    ],
    ids=["stop", "stop sequence", "length", "content_filter", "content_filter_error"],
)
def test_choice_finish_reason_says_why_it_ended_and_is_null_until_then(
    ask: Any, reason: str, parameters: dict[str, Any]
) -> None:
    plain = ask(**parameters).json()
    streamed = ask(stream=True, **parameters)

    assert plain["choices"][0]["finish_reason"] == reason
    assert finish_reasons(streamed) == [None] * (len(chunks_of(streamed)) - 1) + [reason]
    assert chunks_of(streamed)[-1]["usage"] == plain["usage"]


def test_choice_logprobs_are_there_when_they_are_asked_for(ask: Any) -> None:
    asked = ask(logprobs=True, max_tokens=7).json()

    assert set(asked["choices"][0]["logprobs"]) == {"text_offsets", "token_logprobs", "tokens", "top_logprobs"}
    assert "logprobs" not in ask().json()["choices"][0]


# Usage


def test_usage_prompt_tokens_is_what_mistrals_tokenizer_counts(ask: Any) -> None:
    messages = [{"role": "system", "content": "Be brief."}, *user("Ciao, come stai?")]

    assert ask(messages=messages).json()["usage"]["prompt_tokens"] == prompt_tokens("Be brief.", "Ciao, come stai?")


def test_usage_completion_tokens_is_the_number_of_tokens_generated(ask: Any) -> None:
    answer = ask(logprobs=True).json()

    assert answer["usage"]["completion_tokens"] == len(answer["choices"][0]["logprobs"]["tokens"])


def test_usage_total_tokens_is_the_sum(ask: Any) -> None:
    usage = ask().json()["usage"]

    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


# Logprobs


@pytest.fixture
def logprobs(ask: Any) -> Any:
    choice = ask(logprobs=True).json()["choices"][0]
    return {"text": choice["message"]["content"], **choice["logprobs"]}


def test_logprobs_text_offsets_is_where_each_token_is_in_the_answer(logprobs: Any) -> None:
    for offset, token in zip(logprobs["text_offsets"], logprobs["tokens"], strict=True):
        assert logprobs["text"][offset : offset + len(token)] == token


def test_logprobs_token_logprobs_are_the_chosen_ones_of_top_logprobs(logprobs: Any) -> None:
    chosen = [top[token] for top, token in zip(logprobs["top_logprobs"], logprobs["tokens"], strict=True)]

    assert logprobs["token_logprobs"] == chosen
    assert all(value <= 0 for value in chosen)


def test_logprobs_tokens_join_to_the_answer(logprobs: Any) -> None:
    assert "".join(logprobs["tokens"]) == logprobs["text"]


def test_logprobs_top_logprobs_has_a_dictionary_for_each_token(logprobs: Any) -> None:
    assert len(logprobs["top_logprobs"]) == len(logprobs["tokens"])
    assert all(isinstance(top, dict) and top for top in logprobs["top_logprobs"])


def test_logprobs_of_a_stream_join_to_those_of_the_plain_answer(ask: Any) -> None:
    parts = [chunk["choices"][0].get("logprobs") for chunk in chunks_of(ask(stream=True, logprobs=True))]
    plain = ask(logprobs=True).json()["choices"][0]["logprobs"]

    for row, values in plain.items():
        assert [value for part in parts if part for value in part[row]] == values
