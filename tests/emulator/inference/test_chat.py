"""What both chat routes take beyond the article's tables: tools, formats, stops, seeds, conversations, extras."""

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletionMessageFunctionToolCall
from pydantic import BaseModel

from tests.emulator.inference.deployments import BOTH_CHAT_ROUTES, CODESTRAL, HELLO, MINISTRAL, VISION, user

NATIVE, INFERENCE = "/v1/chat/completions", "/chat/completions"
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Tells the weather.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "days": {"type": "integer", "minimum": 1, "maximum": 5},
            },
            "required": ["city"],
        },
    },
}
TIME: dict[str, Any] = {"type": "function", "function": {"name": "get_time"}}


# Tools


@BOTH_CHAT_ROUTES
def test_model_calls_a_tool_and_answers_when_it_has_the_result(openai_client: Any, base: str) -> None:
    chat = openai_client(base=base).chat.completions
    messages: list[Any] = user("What is the weather in Paris?")

    first = chat.create(model="any", messages=messages, tools=[WEATHER])

    assert first.choices[0].finish_reason == "tool_calls"
    [call] = first.choices[0].message.tool_calls
    arguments = json.loads(call.function.arguments)
    assert arguments["city"] == "synthetic city"
    assert arguments["unit"] in ("celsius", "fahrenheit")
    assert 1 <= arguments["days"] <= 5
    assert call.function.name == "get_weather"
    messages += [
        {"role": "assistant", "content": "", "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "name": "get_weather", "content": '{"celsius": 21}'},
    ]
    second = chat.create(model="any", messages=messages, tools=[WEATHER])
    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.content.endswith('1 tool. The last one reads: {"celsius": 21}')
    assert second.choices[0].message.tool_calls is None
    assert second.usage.prompt_tokens > first.usage.prompt_tokens


@BOTH_CHAT_ROUTES
def test_streamed_tool_call_is_whole_in_the_last_chunk(openai_client: Any, base: str) -> None:
    chat = openai_client(base=base).chat.completions
    plain = chat.create(model="any", messages=HELLO, tools=[WEATHER])

    chunks = list(chat.create(model="any", messages=HELLO, tools=[WEATHER], stream=True))

    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, "tool_calls"]
    [streamed] = chunks[-1].choices[0].delta.tool_calls
    [called] = plain.choices[0].message.tool_calls
    assert isinstance(called, ChatCompletionMessageFunctionToolCall)
    assert (streamed.id, streamed.function.name, streamed.function.arguments) == (
        called.id,
        called.function.name,
        called.function.arguments,
    )
    assert chunks[-1].usage == plain.usage


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        (None, "get_weather"),
        ("auto", "get_weather"),
        ("required", "get_weather"),
        ("none", None),
        ({"type": "function", "function": {"name": "get_time"}}, "get_time"),
    ],
)
@pytest.mark.parametrize("path", [NATIVE, INFERENCE])
def test_tool_choice_decides_which_tool_is_called(ask: Any, path: str, choice: Any, called: str | None) -> None:
    [answer] = ask(path, tools=[WEATHER, TIME], tool_choice=choice).json()["choices"]

    names = [call["function"]["name"] for call in answer["message"].get("tool_calls", [])]
    assert names == ([called] if called else [])


def test_tool_choice_any_is_the_native_routes_word_for_required(ask: Any) -> None:
    assert ask(NATIVE, tools=[TIME], tool_choice="any").json()["choices"][0]["finish_reason"] == "tool_calls"
    assert ask(INFERENCE, tools=[TIME], tool_choice="any").status_code == 422


def test_tool_that_the_last_message_names_is_the_one_called(ask: Any) -> None:
    answer = ask(messages=user("Use get_time."), tools=[WEATHER, TIME]).json()["choices"][0]

    [call] = answer["message"]["tool_calls"]
    assert (call["function"]["name"], call["function"]["arguments"]) == ("get_time", "{}")


def test_tool_call_that_max_tokens_cuts_is_left_out(ask: Any) -> None:
    answer = ask(tools=[WEATHER], max_tokens=5).json()

    assert answer["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": ""},
        "finish_reason": "length",
    }
    assert answer["usage"]["completion_tokens"] == 5


@pytest.mark.parametrize(
    ("body", "location", "reason"),
    [
        (
            {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "x"}}},
            "tool_choice",
            "The tool choice 'x' is not among the tools.",
        ),
        ({"tool_choice": "required"}, "tool_choice", "The tool choice 'required' needs tools."),
        ({"tools": [WEATHER], "deployment": CODESTRAL}, "tools", "Codestral-2501 does not support tools."),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "thing"}}}]},
            "messages",
            "Invalid tool schema",
        ),
    ],
    ids=["unknown tool", "no tools", "model without tools", "no JSON Schema"],
)
def test_tools_that_the_model_cannot_take_are_refused(
    ask: Any, body: dict[str, Any], location: str, reason: str
) -> None:
    native, inference = ask(NATIVE, **body), ask(INFERENCE, **body)

    assert (native.status_code, native.json()["type"]) == (400, "invalid_request_error")
    assert reason in native.json()["message"]
    assert (inference.status_code, inference.json()["detail"]["loc"]) == (422, ["body", location])


def test_tool_call_id_has_to_be_one_of_mistrals(ask: Any) -> None:
    call = {"id": "call_1234567890", "type": "function", "function": {"name": "get_time", "arguments": "{}"}}
    messages = [
        *HELLO,
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "12:00"},
    ]

    assert "with a length of 9" in ask(messages=messages).json()["message"]


# Formats


class City(BaseModel):
    name: str
    inhabitants: int
    twins: list["City"]


@pytest.mark.parametrize("path", [NATIVE, INFERENCE])
@pytest.mark.parametrize("deployment", [MINISTRAL, VISION], ids=lambda deployment: deployment.model)
def test_json_object_format_is_answered_with_a_json_object(ask: Any, path: str, deployment: Any) -> None:
    content = ask(path, deployment, response_format={"type": "json_object"}).json()["choices"][0]["message"]["content"]

    assert json.loads(content)["synthetic"] is True
    assert json.loads(content)["answer"].endswith("Hello")


def test_json_object_format_may_be_the_bare_word_on_the_inference_route(ask: Any) -> None:
    answer = ask(INFERENCE, response_format="json_object").json()["choices"][0]["message"]["content"]

    assert json.loads(answer)["synthetic"] is True
    assert ask(INFERENCE, response_format="text").json()["choices"] == ask(INFERENCE).json()["choices"]
    assert ask(NATIVE, response_format="json_object").status_code == 422


@pytest.mark.parametrize("path", [NATIVE, INFERENCE])
def test_json_schema_format_is_answered_with_what_follows_the_schema(ask: Any, path: str) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "City", "schema": City.model_json_schema()}}

    content = ask(path, response_format=schema).json()["choices"][0]["message"]["content"]

    assert City.model_validate_json(content, strict=True).twins


def test_json_schema_format_that_is_no_json_schema_is_refused(ask: Any) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "integer", "minimum": "one"}}}

    assert "no JSON Schema" in ask(NATIVE, response_format=schema).json()["message"]
    assert ask(INFERENCE, response_format=schema).json()["detail"]["loc"][1] == "response_format"


# Stops and seeds


@pytest.mark.parametrize("stop", ["synthetic", ["no such words", "synthetic"], ["synthetic answer", "synthetic"]])
@pytest.mark.parametrize("path", [NATIVE, INFERENCE])
def test_stop_ends_the_answer_before_the_first_of_its_sequences(ask: Any, path: str, stop: Any) -> None:
    answer = ask(path, stop=stop).json()

    assert answer["choices"][0]["message"]["content"] == "This is a "
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["completion_tokens"] < ask().json()["usage"]["completion_tokens"]


def test_stop_that_does_not_occur_changes_nothing(ask: Any) -> None:
    assert ask(stop="no such words").json()["choices"] == ask().json()["choices"]


@pytest.mark.parametrize(("path", "parameter"), [(NATIVE, "random_seed"), (INFERENCE, "seed")])
def test_seed_makes_another_answer_and_always_the_same(ask: Any, path: str, parameter: str) -> None:
    for tools in ([], [WEATHER]):
        answers = [
            json.dumps(ask(path, tools=tools, **{parameter: seed}).json()["choices"]) for seed in (1, 1, 2, None)
        ]

        assert answers[0] == answers[1]
        assert len(set(answers)) == 3


# Conversations


def test_conversation_of_several_turns_is_answered_from_all_of_it(ask: Any) -> None:
    messages: list[Any] = [{"role": "system", "content": "Be brief."}]
    contents, prompts = [], []
    for turn in ("Hello", "How are you?", "Goodbye"):
        messages += user(turn)
        answer = ask(messages=messages).json()
        messages.append(answer["choices"][0]["message"])
        contents.append(answer["choices"][0]["message"]["content"])
        prompts.append(answer["usage"]["prompt_tokens"])

    assert "1 system, 3 user, 2 assistant" in contents[2]
    assert contents[2].endswith("Goodbye")
    assert prompts == sorted(set(prompts))


def test_prefix_of_the_caller_begins_the_answer(ask: Any) -> None:
    messages = [*HELLO, {"role": "assistant", "content": "Certainly: ", "prefix": True}]

    assert ask(messages=messages).json()["choices"][0]["message"]["content"].startswith("Certainly: This is a synth")


# Extra parameters


def test_extra_parameters_are_dropped_when_the_header_says_so(ask: Any) -> None:
    dropped = ask(INFERENCE, headers={"extra-parameters": "drop"}, safe_prompt=True, n=3)

    assert dropped.json()["choices"] == ask().json()["choices"]
    assert dropped.json()["usage"] == ask().json()["usage"]


def test_extra_parameters_passed_through_have_their_effect(ask: Any) -> None:
    passed = ask(INFERENCE, headers={"extra-parameters": "pass-through"}, safe_prompt=True, random_seed=7)
    native = ask(NATIVE, safe_prompt=True, random_seed=7)

    assert passed.json()["choices"] == native.json()["choices"]
    assert passed.json()["usage"] == native.json()["usage"]


def test_extra_parameters_passed_through_are_refused_by_a_model_that_does_not_know_them(ask: Any) -> None:
    passed = ask(INFERENCE, headers={"extra-parameters": "pass-through"}, n=3, safe_prompt="yes")

    assert passed.status_code == 422
    assert [(problem["type"], problem["loc"]) for problem in passed.json()["detail"]] == [
        ("bool_type", ["body", "safe_prompt"]),
        ("extra_forbidden", ["body", "n"]),
    ]


@pytest.mark.parametrize("policy", ["drop", "pass-through"])
def test_extra_parameters_do_not_excuse_a_wrong_value_of_a_known_one(ask: Any, policy: str) -> None:
    response = ask(INFERENCE, headers={"extra-parameters": policy}, n=3, temperature=3)

    assert response.status_code == 422
    assert response.json()["detail"] == {"loc": ["body", "temperature"], "input": 3}


def test_extra_parameters_header_of_another_value_is_refused(ask: Any) -> None:
    response = ask(INFERENCE, headers={"extra-parameters": "keep"})

    assert response.status_code == 400
    assert response.json()["detail"] == ("The header extra-parameters is 'keep'. Accepted: error, drop, pass-through.")
