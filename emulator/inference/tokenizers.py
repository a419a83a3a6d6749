"""Which tokenizer counts the tokens of which model, and its loading. No counting rules of our own: mistral-common's.

The tokenizer files are those inside the mistral-common wheel, so nothing is fetched. The import and a file are
paid for by the first request that needs them: about 1 s for mistral-common, 0.02 s for a SentencePiece file and
0.7 s for a Tekken file (15 to 19 MB of JSON).
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from emulator.inference.schemas import Message

if TYPE_CHECKING:
    from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

    AnyMistralTokenizer: TypeAlias = MistralTokenizer[Any, Any, Any, Any, Any]

Encoding = Literal["v2", "v3", "v3-tekken", "v3-tekken-240911", "v7"]

# Keys: registry names in lower case, because Azure's documents spell them both ways (Mistral-Large-2411).
# Models that are missing (mistral-ocr-2503, mistral-document-ai-2505) have no chat.
TOKENIZERS: Mapping[str, Encoding] = {
    # The models' own: MODEL_NAME_TO_TOKENIZER_CLS in mistral_common.tokens.tokenizers.mistral (1.13.1), and the table
    # of docs.mistral.ai/cookbook/concept-deep-dive-tokenization-templates.
    "mistral-large": "v2",
    "mistral-large-2407": "v3",
    "mistral-large-2411": "v7",
    "mistral-small": "v2",
    "mistral-nemo": "v3-tekken",
    #
    # The nearest in the wheel, so the counts come near those of Azure.
    # That of ministral-8b-2410, released together with it; the 3B's own was not published.
    "ministral-3b": "v3-tekken",
    # The vocabulary of its generation; its own was not published.
    "codestral-2501": "v3-tekken",
    # Mistral-Small-3.1-24B-Instruct-2503 has Tekken with the v7 template, the wheel has Tekken with the v3 template
    # only. 240911 is the file of the models with vision.
    "mistral-small-2503": "v3-tekken-240911",
    # Not published; a model with vision too.
    "mistral-medium-2505": "v3-tekken-240911",
    # Invented, like the model: see emulator/arm/models.toml.
    "mistral-unlisted": "v3-tekken",
}


class ConversationError(Exception):
    """The model's chat template has no place for this sequence of messages. The text says why."""


class ChatTokenizer:
    """Counts and cuts text as one of Mistral's tokenizers does. Safe to use from several threads."""

    def __init__(self, tokenizer: "AnyMistralTokenizer") -> None:
        self._tokenizer = tokenizer
        self._text_tokenizer = tokenizer.instruct_tokenizer.tokenizer

    def prompt_length(self, messages: Sequence[Message]) -> int:
        """Return the number of tokens of the encoded chat request, with the template's control tokens.

        Raises:
            ConversationError: If mistral-common refuses the order of the messages.
        """
        from mistral_common.exceptions import MistralCommonException
        from mistral_common.protocol.instruct.request import ChatCompletionRequest

        try:
            request: ChatCompletionRequest[Any] = ChatCompletionRequest.model_validate(
                {"messages": [message.model_dump(exclude_none=True) for message in messages]}
            )
            return len(self._tokenizer.encode_chat_completion(request).tokens)
        except MistralCommonException as error:
            raise ConversationError(str(error)) from error

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, without any that mark its beginning or end."""
        return self._text_tokenizer.encode(text, bos=False, eos=False)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens. A character whose last bytes are missing at the end is left out."""
        return self._text_tokenizer.decode(list(tokens)).rstrip("\N{REPLACEMENT CHARACTER}")


_loaded: dict[Encoding, ChatTokenizer] = {}
_loading = threading.Lock()


def answers_chat(model: str) -> bool:
    """Return whether a registry model serves chat completions."""
    return model.lower() in TOKENIZERS


def tokenizer_for(model: str) -> ChatTokenizer:
    """Return the tokenizer of a registry model, loading it on its first use. Blocks meanwhile: call it in a thread.

    Raises:
        KeyError: If the model does not serve chat completions (see `answers_chat`).
    """
    encoding = TOKENIZERS[model.lower()]
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
        "v2": MistralTokenizer.v2,
        "v3": MistralTokenizer.v3,
        "v3-tekken": lambda: MistralTokenizer.v3(is_tekken=True),
        "v3-tekken-240911": lambda: MistralTokenizer.v3(is_tekken=True, is_mm=True),
        "v7": MistralTokenizer.v7,
    }
    return loaders[encoding]()
