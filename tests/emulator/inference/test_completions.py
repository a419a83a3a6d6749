"""Making and counting answers, without a server."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

from emulator.inference import tokenizers
from emulator.inference.completions import EXCERPT_LENGTH, Completion, complete_chat
from emulator.inference.models import MODELS, traits_of
from emulator.inference.schemas import AssistantMessage, Message, MistralChatRequest, SystemMessage, UserMessage

EVERY_MODEL = pytest.mark.parametrize("model", [model for model, traits in MODELS.items() if traits.chat])
# Characters of one to four bytes, in both vocabularies and in neither.
WORLD = "Grüße, 世界 🎉 👩‍👩‍👧‍👦 𐎠𐎡 \t  end\n"


def complete(model: str, messages: list[Message], max_tokens: int | None = None, **parameters: Any) -> Completion:
    chat = MistralChatRequest(messages=messages, max_tokens=max_tokens, **parameters)
    return complete_chat(chat, model, content_safety=False)


def user(content: str) -> UserMessage:
    return UserMessage(role="user", content=content)


@EVERY_MODEL
def test_deltas_of_an_answer_join_to_its_text_in_every_vocabulary(model: str) -> None:
    completion = complete(model, [user(WORLD)])

    assert completion.text.endswith(WORLD)
    assert len(completion.parts) > 10
    assert completion.finish_reason == "stop"


@EVERY_MODEL
def test_answer_cut_inside_a_character_leaves_that_character_out(model: str) -> None:
    whole = complete(model, [user(WORLD)])

    for max_tokens in range(1, whole.usage.completion_tokens):
        cut = complete(model, [user(WORLD)], max_tokens)

        assert whole.text.startswith(cut.text)
        assert cut.usage.completion_tokens == max_tokens
        assert cut.finish_reason == "length"


def test_answer_repeats_a_long_message_in_part() -> None:
    completion = complete("Ministral-3B", [user("x" * 1000)])

    assert completion.text.endswith("x" * EXCERPT_LENGTH + "...")


@pytest.mark.parametrize(
    "other",
    [
        [user("Hello!")],
        [SystemMessage(role="system", content="Be brief."), user("Hello")],
        [user("Hi"), AssistantMessage(role="assistant", content="Hi."), user("Hello")],
    ],
    ids=["other text", "with a system message", "with a history"],
)
def test_answer_differs_between_conversations(other: list[Message]) -> None:
    hello = complete("Mistral-large", [user("Hello")])

    assert complete("Mistral-large", other).text != hello.text


def test_tokenizer_of_a_model_is_found_in_either_spelling_of_its_name() -> None:
    assert tokenizers.tokenizer_for("Mistral-Large-2411") is tokenizers.tokenizer_for("Mistral-large-2411")


def test_tokenizer_is_loaded_once_when_several_threads_ask_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizers, "_loaded", {})
    loads: list[str] = []
    everyone_asks = threading.Barrier(4)

    def load(encoding: Any) -> Any:
        loads.append(encoding)
        return MistralTokenizer.v7()

    monkeypatch.setattr(tokenizers, "_load", load)

    def ask(_number: int) -> object:
        everyone_asks.wait()
        return tokenizers.tokenizer_for("Mistral-Large-2411")

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(ask, range(4)))

    assert loads == ["v7"]
    assert len(answers) == 1


@pytest.mark.parametrize("model", ["mistral-ocr-2503", "gpt-4o"])
def test_model_without_a_tokenizer_does_not_answer_chat(model: str) -> None:
    assert not traits_of(model).chat
