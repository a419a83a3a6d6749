"""Answers a request for a model, and makes the bodies of the answer. Pure: no HTTP, no clock, no limits.

`complete_chat`, `complete_fim` and `complete_text` are the entrances. No model runs: an answer says that it is
synthetic, and is a function of the model's name, the request and its seed.
"""

import itertools
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from emulator.inference.content_safety import harm_in_answer, moderation_fails, prompt_category
from emulator.inference.models import ModelTraits, traits_of
from emulator.inference.schemas import (
    DEFAULT_MAX_TOKENS,
    AnsweredToolCall,
    AnswerMessage,
    AssistantMessage,
    CalledFunction,
    ChatCompletion,
    ChatCompletionChunk,
    ChatRequest,
    Choice,
    ChunkChoice,
    CompletionRequest,
    Delta,
    FimRequest,
    FinishReason,
    Function,
    ImagePart,
    InferenceChatRequest,
    Logprobs,
    Message,
    MistralChatRequest,
    NamedToolChoice,
    NativeParameters,
    SystemMessage,
    Usage,
    UserMessage,
    json_schema_of,
    stops_of,
    text_of,
)
from emulator.inference.synthesis import value_of
from emulator.inference.tokenizers import ChatTokenizer, ConversationError, schema_problem, tokenizer_for

EXCERPT_LENGTH = 200
"""Characters of the last message that an answer repeats, so that a long prompt does not make a long answer."""

SAFETY_PROMPT = (
    "Always assist with care, respect, and truth. Respond with utmost utility yet securely. Avoid harmful, unethical, "
    "prejudiced, or negative content. Ensure replies promote fairness and positivity."
)
"""What `safe_prompt` puts before the conversation (docs.mistral.ai/deprecated/safe_prompt)."""


class RefusedError(Exception):
    """The model cannot take the request. The text says why, in a sentence for the caller.

    `location` and `value` are the part of the body that it cannot take.
    """

    def __init__(self, message: str, location: Sequence[str | int], value: JsonValue) -> None:
        super().__init__(message)
        self.location = tuple(location)
        self.value = value


class FilteredError(Exception):
    """Content safety refuses the prompt."""

    def __init__(self, category: str) -> None:
        super().__init__(category)
        self.category = category


class NotEmulatedError(Exception):
    """Azure would answer; the emulator does not. The text names what it lacks."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one event of a stream adds to an answer's text."""

    text: str
    tokens: tuple[int, ...]
    logprobs: Logprobs | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer: its text in parts, or the tool call that the model asks for first."""

    parts: tuple[Part, ...]
    finish_reason: FinishReason
    usage: Usage
    tool_calls: tuple[AnsweredToolCall, ...] = ()

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Prompt:
    """What generating takes besides the text: the tokenizer, the prompt's length and the limits of the answer."""

    tokenizer: ChatTokenizer
    length: int
    max_tokens: int
    min_tokens: int = 0
    stops: tuple[str, ...] = ()
    logprobs: bool = False
    content_safety: bool = False
    source: random.Random = field(default_factory=random.Random)


def complete_chat(chat: ChatRequest, model: str, *, content_safety: bool) -> Completion:
    """Answer a conversation. Blocks while the model's tokenizer loads: call it in a thread.

    Args:
        chat: The request, of either chat route.
        model: Name in the registry of a model that chats.
        content_safety: Whether prompt and answer are filtered.

    Raises:
        RefusedError: If the model cannot take the conversation, its tools, or so many tokens.
        FilteredError: If content safety refuses the prompt.
        NotEmulatedError: If it holds an image, and the model takes images.
    """
    traits, tokenizer = traits_of(model), tokenizer_for(model)
    native = chat if isinstance(chat, NativeParameters) else NativeParameters()
    messages = list(chat.messages)
    if native.safe_prompt:
        messages.insert(0, SystemMessage(role="system", content=SAFETY_PROMPT))
    _refuse_images(chat.messages, model, traits)
    if chat.tools and not traits.tools:
        names: list[JsonValue] = [tool.function.name for tool in chat.tools]
        raise RefusedError(f"{model} does not support tools.", ["tools"], names)
    function = _function_to_call(chat)
    schema = _answer_schema(chat)
    try:
        length = tokenizer.chat_length(messages, chat.tools or ())
    except ConversationError as error:
        roles: list[JsonValue] = [message.role for message in chat.messages]
        raise RefusedError(str(error), ["messages"], roles) from error
    max_tokens = _max_tokens(chat, length, model, traits)
    if content_safety:
        _filter("\n".join(text_of(message.content) for message in chat.messages))
    seed = _seed(chat)
    prompt = _Prompt(
        tokenizer,
        length,
        max_tokens,
        min_tokens=max_tokens if native.ignore_eos else 0,
        stops=stops_of(chat.stop),
        logprobs=native.logprobs,
        content_safety=content_safety,
        source=_source(seed, model, [message.model_dump() for message in messages]),
    )
    if function is not None:
        return _tool_call(function, prompt)
    return _generated(_chat_text(messages, model, seed, schema, prompt.source), prompt)


def complete_fim(fim: FimRequest, model: str, *, content_safety: bool) -> Completion:
    """Fill in code between a prompt and a suffix. Blocks while the model's tokenizer loads: call it in a thread.

    Raises:
        RefusedError: If prompt, suffix and answer do not fit into the model's context.
        FilteredError: If content safety refuses the prompt.
    """
    tokenizer = tokenizer_for(model)
    length = tokenizer.fim_length(fim.prompt, fim.suffix)
    max_tokens = _max_tokens(fim, length, model, traits_of(model))
    if content_safety:
        _filter(f"{fim.prompt}\n{fim.suffix or ''}")
    prompt = _Prompt(
        tokenizer,
        length,
        max_tokens,
        min_tokens=fim.min_tokens or 0,
        stops=stops_of(fim.stop),
        content_safety=content_safety,
    )
    last_line = fim.prompt.rpartition("\n")[2][-EXCERPT_LENGTH:]
    seeded = "" if fim.random_seed is None else f" Seed: {fim.random_seed}."
    text = (
        f"  # Synthetic code of the azure-mistral emulator in the place of {model}; no model was asked.{seeded}\n"
        f"  # It fills in between {len(fim.prompt)} and {len(fim.suffix or '')} characters, after: {last_line}\n"
    )
    return _generated(text, prompt)


def complete_text(text: str, model: str, max_tokens: int | None, stops: tuple[str, ...]) -> Completion:
    """Continue a text, as a base model does. Blocks while the model's tokenizer loads: call it in a thread.

    Raises:
        RefusedError: If text and answer do not fit into the model's context.
    """
    tokenizer = tokenizer_for(model)
    length = len(tokenizer.encode(text))
    wanted = _max_tokens(CompletionRequest(max_tokens=max_tokens), length, model, traits_of(model))
    excerpt = text if len(text) <= EXCERPT_LENGTH else f"{text[:EXCERPT_LENGTH]}..."
    answer = f"This is a synthetic answer of the azure-mistral emulator in the place of {model}; no model was asked."
    return _generated(f"{answer} The text begins: {excerpt}", _Prompt(tokenizer, length, wanted, stops=stops))


# Bodies


def chat_completion(completion: Completion, *, completion_id: str, created: int, model: str) -> ChatCompletion:
    """Return the body of an answer that is not streamed. What it does not say is unset."""
    message = AnswerMessage(role="assistant", content=completion.text)
    if completion.tool_calls:
        message.tool_calls = list(completion.tool_calls)
    choice = Choice(index=0, message=message, finish_reason=completion.finish_reason)
    if logprobs := _joined(completion.parts):
        choice.logprobs = logprobs
    return ChatCompletion(
        id=completion_id,
        object="chat.completion",
        created=created,
        model=model,
        choices=[choice],
        usage=completion.usage,
    )


def chat_completion_chunks(
    completion: Completion, *, completion_id: str, created: int, model: str
) -> Iterator[ChatCompletionChunk]:
    """Return the chunks of a streamed answer: the role, the text, then the finish reason with the usage."""

    def chunk(
        delta: Delta, finish_reason: FinishReason | None, logprobs: Logprobs | None = None
    ) -> ChatCompletionChunk:
        choice = ChunkChoice(index=0, delta=delta, finish_reason=finish_reason)
        if logprobs is not None:
            choice.logprobs = logprobs
        return ChatCompletionChunk(
            id=completion_id, object="chat.completion.chunk", created=created, model=model, choices=[choice]
        )

    yield chunk(Delta(role="assistant", content=""), None)
    for part in completion.parts:
        yield chunk(Delta(content=part.text), None, part.logprobs)
    end = Delta(content="")
    if completion.tool_calls:
        end.tool_calls = list(completion.tool_calls)
    last = chunk(end, completion.finish_reason)
    last.usage = completion.usage
    yield last


# What is answered


def _chat_text(
    messages: Sequence[Message],
    model: str,
    seed: int | None,
    schema: Mapping[str, JsonValue] | None,
    source: random.Random,
) -> str:
    roles = Counter(message.role for message in messages)
    received = ", ".join(f"{count} {role}" for role, count in roles.items())
    last = text_of(messages[-1].content)
    excerpt = last if len(last) <= EXCERPT_LENGTH else f"{last[:EXCERPT_LENGTH]}..."
    seeded = "" if seed is None else f"Seed: {seed}. "
    text = (
        f"This is a synthetic answer of the azure-mistral emulator in the place of {model}; no model was asked. "
        f"{seeded}Messages received: {received}. The last one reads: {excerpt}"
    )
    if schema is not None:
        value = value_of(schema, source) if schema else {"synthetic": True, "answer": text}
        return json.dumps(value, ensure_ascii=False)
    last_message = messages[-1]
    # An answer that the caller began has that beginning (Mistral's API reference, `prefix`).
    begun = isinstance(last_message, AssistantMessage) and last_message.prefix
    return f"{last}{text}" if begun else text


def _answer_schema(chat: ChatRequest) -> Mapping[str, JsonValue] | None:
    """Return the JSON Schema that the answer has to follow; `{}` for any object, None for a text."""
    if not isinstance(chat, MistralChatRequest | InferenceChatRequest):
        return None
    schema = json_schema_of(chat.response_format)
    if schema and (problem := schema_problem(schema)):
        location = ["response_format", "json_schema", "schema"]
        raise RefusedError(f"The response format's schema is no JSON Schema: {problem}", location, dict(schema))
    return schema


def _function_to_call(chat: ChatRequest) -> Function | None:
    """Return the function that the model calls; None if it answers with text.

    Invented, as only a model would know: with `auto`, it calls a function when the user spoke last, and answers when a
    function did. It calls the first function that the last message names, else the first of all.
    """
    functions = [tool.function for tool in chat.tools or ()]
    choice = chat.tool_choice if isinstance(chat, MistralChatRequest | InferenceChatRequest) else None
    if isinstance(choice, NamedToolChoice):
        name = choice.function.name
        named = next((function for function in functions if function.name == name), None)
        if named is None:
            raise RefusedError(f"The tool choice {name!r} is not among the tools.", ["tool_choice"], name)
        return named
    if choice in ("any", "required") and not functions:
        raise RefusedError(f"The tool choice {choice!r} needs tools.", ["tool_choice"], choice)
    if not functions or choice == "none" or not chat.messages:
        return None
    last = chat.messages[-1]
    if choice in ("any", "required") or isinstance(last, UserMessage):
        return next((function for function in functions if function.name in text_of(last.content)), functions[0])
    return None


def _tool_call(function: Function, prompt: _Prompt) -> Completion:
    arguments = value_of({**function.parameters, "type": "object"}, prompt.source)
    called = CalledFunction(name=function.name, arguments=json.dumps(arguments, ensure_ascii=False))
    # Mistral's chat templates want nine letters and digits.
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    call = AnsweredToolCall(id="".join(prompt.source.choices(letters, k=9)), type="function", function=called, index=0)
    # The model writes a control token, then the calls as JSON (mistral_common.tokens.tokenizers.instruct).
    generated = 1 + len(prompt.tokenizer.encode(json.dumps([{"name": function.name, "arguments": arguments}])))
    if generated > prompt.max_tokens:
        # Invented: that half a call is left out, and not text.
        return Completion((), "length", _usage(prompt, prompt.max_tokens))
    return Completion((), "tool_calls", _usage(prompt, generated), (call,))


def _generated(text: str, prompt: _Prompt) -> Completion:
    """Return a text as the model generates it: within its limits, up to a stop sequence, and moderated."""
    whole = prompt.tokenizer.encode(text)
    wanted = min(max(len(whole), prompt.min_tokens), prompt.max_tokens)
    tokens = list(itertools.islice(itertools.cycle(whole), wanted)) if whole else []
    parts = [Part(text, tokens) for text, tokens in prompt.tokenizer.parts(tokens)]
    reason: FinishReason = "stop" if wanted == len(whole) else "length"
    generated = len(tokens)
    text = "".join(part.text for part in parts)
    found = [position for stop in prompt.stops if (position := text.find(stop)) >= 0]
    if found:
        # What it took to write the stop sequence was generated too.
        end = min(position + len(stop) for stop in prompt.stops if (position := text.find(stop)) == min(found))
        generated = sum(len(part.tokens) for part in _until(parts, end))
        reason, parts = "stop", _until(parts, min(found))
    if prompt.content_safety:
        text = "".join(part.text for part in parts)
        harm = harm_in_answer(text)
        if harm is not None:
            reason, parts = "content_filter", _until(parts, harm)
            generated = sum(len(part.tokens) for part in parts)
        elif moderation_fails(text):
            reason = "content_filter_error"
    if prompt.logprobs:
        parts = _with_logprobs(parts, prompt.tokenizer)
    return Completion(tuple(parts), reason, _usage(prompt, generated))


def _until(parts: Sequence[Part], length: int) -> list[Part]:
    """Return the first characters of parts, so many as are asked for."""
    cut, position = [], 0
    for part in parts:
        if position >= length:
            break
        cut.append(Part(part.text[: length - position], part.tokens))
        position += len(part.text)
    return cut


def _with_logprobs(parts: Sequence[Part], tokenizer: ChatTokenizer) -> list[Part]:
    """Return the parts with log probabilities: made up, the same for the same text, and of the chosen tokens only."""
    answered, position = [], 0
    for part in parts:
        pieces = [tokenizer.piece(token) for token in part.tokens]
        values = [round(-2 * random.Random(f"{position} {token}").random(), 4) for token in part.tokens]  # noqa: S311
        logprobs = Logprobs(
            text_offsets=[position] * len(pieces),
            token_logprobs=values,
            tokens=pieces,
            top_logprobs=[{piece: value} for piece, value in zip(pieces, values, strict=True)],
        )
        answered.append(Part(part.text, part.tokens, logprobs))
        position += len(part.text)
    return answered


def _joined(parts: Sequence[Part]) -> Logprobs | None:
    each = [part.logprobs for part in parts if part.logprobs is not None]
    if not each:
        return None
    return Logprobs(
        text_offsets=[offset for logprobs in each for offset in logprobs.text_offsets],
        token_logprobs=[value for logprobs in each for value in logprobs.token_logprobs],
        tokens=[token for logprobs in each for token in logprobs.tokens],
        top_logprobs=[top for logprobs in each for top in logprobs.top_logprobs],
    )


# What is refused


def _max_tokens(request: CompletionRequest, prompt_length: int, model: str, traits: ModelTraits) -> int:
    """Return how many tokens the answer may have: the token count of the prompt plus it is within the context."""
    room = traits.context_length - prompt_length
    max_tokens = request.max_tokens
    if max_tokens is None:
        max_tokens = min(DEFAULT_MAX_TOKENS, max(room, 1))
    if max_tokens > room:
        message = (
            f"The prompt has {prompt_length} tokens and max_tokens is {max_tokens}: together more than the context of "
            f"{model}, {traits.context_length} tokens."
        )
        raise RefusedError(message, ["max_tokens"], request.max_tokens)
    return max_tokens


def _refuse_images(messages: Sequence[Message], model: str, traits: ModelTraits) -> None:
    for index, message in enumerate(messages):
        if isinstance(message.content, str) or message.content is None:
            continue
        for number, part in enumerate(message.content):
            if isinstance(part, ImagePart):
                if traits.vision:
                    raise NotEmulatedError("Images are not emulated: they count as tokens in a way of their own.")
                location: list[str | int] = ["messages", index, "content", number]
                raise RefusedError(f"{model} does not support images.", location, "image_url")


def _filter(text: str) -> None:
    category = prompt_category(text)
    if category is not None:
        raise FilteredError(category)


def _usage(prompt: _Prompt, generated: int) -> Usage:
    return Usage(prompt_tokens=prompt.length, completion_tokens=generated, total_tokens=prompt.length + generated)


def _seed(chat: ChatRequest) -> int | None:
    seed = chat.seed if isinstance(chat, InferenceChatRequest) else None
    if seed is None and isinstance(chat, NativeParameters):
        return chat.random_seed
    return seed


def _source(seed: int | None, *parts: object) -> random.Random:
    return random.Random(json.dumps([seed, *parts]))  # noqa: S311
