"""Counting and cutting text with Mistral's tokenizers, and their loading. The rules are mistral-common's.

The tokenizer files are those inside the mistral-common wheel, so nothing is fetched. The import and a file are
paid for by the first request that needs them: about 1 s for mistral-common, 0.02 s for a SentencePiece file and
0.7 s for a Tekken file (15 to 19 MB of JSON).
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import JsonValue

from emulator.inference.models import Encoding, traits_of
from emulator.inference.schemas import Message, Tool

if TYPE_CHECKING:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    AnyMistralTokenizer: TypeAlias = MistralTokenizer[Any, Any, Any, Any, Any]


class ConversationError(Exception):
    """The model's chat template has no place for this sequence of messages. The text says why."""


class ChatTokenizer:
    """Counts and cuts text as one of Mistral's tokenizers does. Safe to use from several threads."""

    def __init__(self, tokenizer: "AnyMistralTokenizer") -> None:
        self._tokenizer = tokenizer
        self._text_tokenizer = tokenizer.instruct_tokenizer.tokenizer

    def chat_length(self, messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
        """Return the number of tokens of the encoded chat request, with the template's control tokens.

        Raises:
            ConversationError: If mistral-common refuses the messages, their order, or a tool.
        """
        from mistral_common.exceptions import MistralCommonException
        from mistral_common.protocol.instruct.request import ChatCompletionRequest

        body = {
            "messages": [message.model_dump(exclude_none=True) for message in messages],
            "tools": [tool.model_dump(exclude_none=True) for tool in tools] or None,
        }
        try:
            request: ChatCompletionRequest[Any] = ChatCompletionRequest.model_validate(body)
            return len(self._tokenizer.encode_chat_completion(request).tokens)
        except (MistralCommonException, ValueError) as error:
            raise ConversationError(str(error)) from error

    def fim_length(self, prompt: str, suffix: str | None) -> int:
        """Return the number of tokens of the encoded request to fill in the middle."""
        from mistral_common.protocol.fim.request import FIMRequest

        return len(self._tokenizer.encode_fim(FIMRequest(prompt=prompt, suffix=suffix)).tokens)

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, without any that mark its beginning or end."""
        return self._text_tokenizer.encode(text, bos=False, eos=False)

    def parts(self, tokens: Sequence[int]) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the text of tokens as a stream sends it: the new text, and the tokens that it took.

        A token may end inside a character. It waits for the token that completes the character; at the end, a
        character whose last bytes are missing is left out.
        """
        # Decoded from a token before the new ones, because a vocabulary may join a token to the one before it, and
        # never from the beginning, which would take quadratic time.
        start, sent = 0, 0
        for end in range(1, len(tokens) + 1):
            before = self._text_tokenizer.decode(list(tokens[start:sent]))
            text = self._text_tokenizer.decode(list(tokens[start:end]))
            if len(text) > len(before) and not text.endswith("\N{REPLACEMENT CHARACTER}"):
                yield text[len(before) :], tuple(tokens[sent:end])
                start, sent = sent, end

    def piece(self, token: int) -> str:
        """Return the text of one token, as far as it has one of its own."""
        return self._text_tokenizer.id_to_piece(token).replace("\N{LOWER ONE EIGHTH BLOCK}", " ")


def schema_problem(schema: Mapping[str, JsonValue]) -> str | None:
    """Return why a JSON Schema is none, in mistral-common's words, which it also has for tools; None if it is one."""
    from mistral_common.utils.json_utils import validate_json_schema_by_draft7

    try:
        validate_json_schema_by_draft7(value=dict(schema))
    except ValueError as error:
        return str(error)
    return None


_loaded: dict[Encoding, ChatTokenizer] = {}
_loading = threading.Lock()


def tokenizer_for(model: str) -> ChatTokenizer:
    """Return the tokenizer of a registry model, loading it on its first use. Blocks meanwhile: call it in a thread.

    Raises:
        ValueError: If the model has no tokenizer, because it does not chat.
    """
    encoding = traits_of(model).encoding
    if encoding is None:
        raise ValueError(f"{model} does not chat.")
    # Looked up before the lock is taken: a request must not wait for the loading of another model's tokenizer.
    if encoding not in _loaded:
        with _loading:
            if encoding not in _loaded:
                _loaded[encoding] = ChatTokenizer(_load(encoding))
    return _loaded[encoding]


def _load(encoding: Encoding) -> "AnyMistralTokenizer":
    # Imported here, not at the top: it takes a second, which the start of the emulator need not pay.
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    loaders: dict[Encoding, Callable[[], AnyMistralTokenizer]] = {
        "v1": MistralTokenizer.v1,
        "v2": MistralTokenizer.v2,
        "v3": MistralTokenizer.v3,
        "v3-tekken": lambda: MistralTokenizer.v3(is_tekken=True),
        "v3-tekken-240911": lambda: MistralTokenizer.v3(is_tekken=True, is_mm=True),
        "v7": MistralTokenizer.v7,
    }
    return loaders[encoding]()
