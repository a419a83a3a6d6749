"""Makes an answer of a conversation, and the response bodies of an completion. Pure: no requests, no clock, no loading.

No model runs. An answer says that it is synthetic, and is a function of the model's name and the messages.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from emulator.inference.schemas import (
    AnswerMessage,
    ChatCompletion,
    ChatCompletionChunk,
    Choice,
    ChunkChoice,
    Delta,
    FinishReason,
    Message,
    Usage,
)
from emulator.inference.tokenizers import ChatTokenizer

EXCERPT_LENGTH = 200
"""Characters of the last message that an answer repeats, so that a long prompt does not make a long answer."""


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer. `deltas` is its text, split where a stream may split it: at most one part a token."""

    deltas: tuple[str, ...]
    finish_reason: FinishReason
    usage: Usage


def complete(model: str, messages: Sequence[Message], max_tokens: int | None, tokenizer: ChatTokenizer) -> Completion:
    """Answer a conversation with at most `max_tokens` tokens.

    Raises:
        ConversationError: If the model's chat template has no place for this sequence of messages.
    """
    prompt_length = tokenizer.prompt_length(messages)
    whole = tokenizer.encode(_text(model, messages))
    generated = whole[:max_tokens]
    return Completion(
        deltas=tuple(_deltas(generated, tokenizer)),
        finish_reason="stop" if generated == whole else "length",
        usage=Usage(
            prompt_tokens=prompt_length,
            completion_tokens=len(generated),
            total_tokens=prompt_length + len(generated),
        ),
    )


def chat_completion(completion: Completion, *, completion_id: str, created: int, model: str) -> ChatCompletion:
    """Return the body of an answer that is not streamed."""
    message = AnswerMessage(role="assistant", content="".join(completion.deltas))
    return ChatCompletion(
        id=completion_id,
        object="chat.completion",
        created=created,
        model=model,
        choices=[Choice(index=0, message=message, finish_reason=completion.finish_reason)],
        usage=completion.usage,
    )


def chat_completion_chunks(
    completion: Completion, *, completion_id: str, created: int, model: str
) -> Iterator[ChatCompletionChunk]:
    """Return the chunks of a streamed answer: the role, the text, then the finish reason with the usage."""

    def chunk(delta: Delta, finish_reason: FinishReason | None) -> ChatCompletionChunk:
        return ChatCompletionChunk(
            id=completion_id,
            object="chat.completion.chunk",
            created=created,
            model=model,
            choices=[ChunkChoice(index=0, delta=delta, finish_reason=finish_reason)],
        )

    yield chunk(Delta(role="assistant", content=""), None)
    for content in completion.deltas:
        yield chunk(Delta(content=content), None)
    yield chunk(Delta(content=""), completion.finish_reason).model_copy(update={"usage": completion.usage})


def _text(model: str, messages: Sequence[Message]) -> str:
    roles = Counter(message.role for message in messages)
    received = ", ".join(f"{count} {role}" for role, count in roles.items())
    last = messages[-1].content
    excerpt = last if len(last) <= EXCERPT_LENGTH else f"{last[:EXCERPT_LENGTH]}..."
    return (
        f"This is a synthetic answer of the azure-mistral emulator in the place of {model}; no model was asked. "
        f"Messages received: {received}. The last one reads: {excerpt}"
    )


def _deltas(tokens: Sequence[int], tokenizer: ChatTokenizer) -> Iterator[str]:
    # A token may end inside a character. Its bytes wait for the token that completes it, as in any stream of a model.
    sent = ""
    for end in range(1, len(tokens) + 1):
        text = tokenizer.decode(tokens[:end])
        if len(text) > len(sent):
            yield text[len(sent) :]
            sent = text
