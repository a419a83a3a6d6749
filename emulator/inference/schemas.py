"""Bodies of the inference API, as typed models: what a request may hold, and what an answer holds. No behaviour.

The same models validate requests, shape answers and make the OpenAPI document. Error bodies are in `errors`.

Sources: the request, response, choices, usage and logprobs tables of "How to deploy Mistral models with Azure Machine
Learning studio"; Azure/azure-docs articles/ai-studio/reference/reference-model-inference-chat-completions.md; for what
they leave out of the native routes, Mistral's API reference, docs.mistral.ai/api.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

DEFAULT_MAX_TOKENS = 8192


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# JSON has no integers of its own: 3.0 is one too.
Integer = Annotated[int, BeforeValidator(_whole)]
NotNegative = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Positive = Annotated[int, Field(ge=1), BeforeValidator(_whole)]


class _RequestModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


# Messages


class TextPart(_RequestModel):
    """A text inside a content of several parts."""

    type: Literal["text"]
    text: str


class ImageUrl(_RequestModel):
    """Where an image is: a URL, or the image itself as a `data:` URL."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class ImagePart(_RequestModel):
    """An image inside a content of several parts, for models with vision."""

    type: Literal["image_url"]
    image_url: str | ImageUrl


TextContent = str | list[TextPart]
Content = str | list[Annotated[TextPart | ImagePart, Field(discriminator="type")]]


class FunctionCall(_RequestModel):
    """Which function the model wants called, and with what: JSON in a string."""

    name: str
    arguments: str


class ToolCall(_RequestModel):
    """A call that the model asked for."""

    id: str
    type: Literal["function"] = "function"
    function: FunctionCall
    index: Annotated[Integer | None, Field(exclude=True)] = None
    """Position among the calls of an answer. Clients send back what they got; the chat template has no place for it."""


class SystemMessage(_RequestModel):
    """Instructions that apply to the whole conversation."""

    role: Literal["system"]
    content: TextContent


class UserMessage(_RequestModel):
    """What the caller says."""

    role: Literal["user"]
    content: Content


class AssistantMessage(_RequestModel):
    """An earlier answer of the model; or, as the last message and with `prefix`, the beginning of the next one."""

    role: Literal["assistant"]
    content: TextContent | None = None
    tool_calls: list[ToolCall] | None = None
    prefix: bool = False


class ToolMessage(_RequestModel):
    """The result of a tool call."""

    role: Literal["tool"]
    content: TextContent
    tool_call_id: str | None = None
    name: str | None = None


# The role is part of an error's location, as in what Mistral's API answers:
# ["body", "messages", 0, "user", "name"] (Gage-Technologies/mistral-go#2).
Message = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


# Tools and formats


class Function(_RequestModel):
    """A function that the model may call. `parameters` is a JSON Schema of its arguments; absent: it has none."""

    name: Annotated[str, Field(pattern="^[a-zA-Z0-9_-]{1,64}$")]
    description: str = ""
    parameters: dict[str, JsonValue] = {}
    strict: bool | None = None


class Tool(_RequestModel):
    """A tool that the model may call. Only functions exist."""

    type: Literal["function"] = "function"
    function: Function


class FunctionName(_RequestModel):
    """Names the function that has to be called."""

    name: str


class NamedToolChoice(_RequestModel):
    """Has one function called, whatever the conversation."""

    type: Literal["function"] = "function"
    function: FunctionName


class JsonSchema(_RequestModel):
    """What a JSON answer has to look like."""

    name: str
    description: str | None = None
    schema_: Annotated[dict[str, JsonValue], Field(alias="schema")]
    strict: bool | None = None


class ResponseFormat(_RequestModel):
    """Form of the answer: `text`, any JSON object, or JSON by a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


# Requests

Stop = Annotated[str, Field(min_length=1)]


class CompletionRequest(_RequestModel):
    """What all routes that generate text take. Nothing is sampled: `temperature` and `top_p` are only validated."""

    model: str | None = None
    """Ignored: an endpoint serves one model. The OpenAI SDK insists on sending it."""
    stream: bool = False
    max_tokens: Positive | None = None
    """Absent: 8192, or what the context leaves. With the prompt it has to fit into the model's context."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    stop: Stop | list[Stop] | None = None


class NativeParameters(_RequestModel):
    """What only Mistral's own API takes; on `/chat/completions` it comes with `extra-parameters: pass-through`."""

    safe_prompt: bool = False
    """Puts Mistral's safety prompt before the conversation."""
    ignore_eos: bool = False
    """Goes on after the end of the answer, until `max_tokens`."""
    random_seed: Integer | None = None
    logprobs: bool = False
    """Invented: the article documents the `logprobs` of an answer, and nothing that asks for them."""


class ChatRequest(CompletionRequest):
    """What both chat routes take."""

    messages: list[Message]
    tools: list[Tool] | None = None


class MistralChatRequest(ChatRequest, NativeParameters):
    """Body of `POST /v1/chat/completions`, the native Mistral chat API.

    It knows neither `stream_options` (dnakov/anon-kode#53) nor `frequency_penalty` (mistralai/platform-docs-public#7),
    and calls the seed `random_seed`.
    """

    response_format: ResponseFormat | None = None
    tool_choice: Literal["auto", "none", "any", "required"] | NamedToolChoice | None = None


class InferenceChatRequest(ChatRequest):
    """Body of `POST /chat/completions`, the Azure AI Model Inference API."""

    # The reference's own request has the bare word, its 422 the object.
    response_format: Literal["text", "json_object"] | ResponseFormat | None = None
    tool_choice: Literal["auto", "none", "required"] | NamedToolChoice | None = None
    seed: Integer | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None


class PassThroughChatRequest(InferenceChatRequest, NativeParameters):
    """Body of `POST /chat/completions` with `extra-parameters: pass-through`."""


class FimRequest(CompletionRequest):
    """Body of `POST /v1/fim/completions`: code to fill in between a prompt and a suffix."""

    prompt: str
    suffix: str | None = None
    min_tokens: NotNegative | None = None
    random_seed: Integer | None = None


# Answers

FinishReason = Literal["stop", "length", "content_filter", "content_filter_error", "tool_calls"]


class Usage(BaseModel):
    """Tokens of the encoded request, of the answer, and both together."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Logprobs(BaseModel):
    """Log probabilities of the tokens of an answer, or of a part of it."""

    text_offsets: list[int]
    """Where each token begins in the text of the answer, in characters."""
    token_logprobs: list[float]
    tokens: list[str]
    top_logprobs: list[dict[str, float]]


class CalledFunction(BaseModel):
    """The function to call, with its arguments as JSON in a string."""

    name: str
    arguments: str


class AnsweredToolCall(BaseModel):
    """A call that the model asks for."""

    id: str
    type: Literal["function"]
    function: CalledFunction
    index: int


class AnswerMessage(BaseModel):
    """The whole answer: its text, or the calls that the model asks for first."""

    role: Literal["assistant"]
    content: str
    tool_calls: list[AnsweredToolCall] = []


class Choice(BaseModel):
    """One answer. The emulator gives exactly one."""

    index: int
    message: AnswerMessage
    finish_reason: FinishReason
    logprobs: Logprobs | None = None


class ChatCompletion(BaseModel):
    """Answer to a request that does not stream."""

    id: str
    object: Literal["chat.completion"]
    created: int
    """Unix time, in seconds."""
    model: str
    choices: list[Choice]
    usage: Usage


class Delta(BaseModel):
    """What a chunk adds to the answer. Only the first chunk has the role, only the last one may have tool calls."""

    role: Literal["assistant"] | None = None
    content: str
    tool_calls: list[AnsweredToolCall] = []


class ChunkChoice(BaseModel):
    """A part of the one answer. `finish_reason` is null in all chunks but the last."""

    index: int
    delta: Delta
    finish_reason: FinishReason | None
    logprobs: Logprobs | None = None


class ChatCompletionChunk(BaseModel):
    """One server-sent event of a streamed answer. Only the last one has the usage, which Mistral always sends."""

    id: str
    object: Literal["chat.completion.chunk"]
    created: int
    """Unix time, in seconds; the same in all chunks of an answer."""
    model: str
    choices: list[ChunkChoice]
    usage: Usage | None = None


class ModelInfo(BaseModel):
    """Answer of `GET /info` (reference-model-inference-info.md)."""

    model_config = ConfigDict(protected_namespaces=())

    model_name: str
    # Invented: "ocr". The reference has chat-completions and kinds that no Mistral model is.
    model_type: Literal["chat-completions", "ocr"]
    model_provider_name: Literal["Mistral AI"]


def text_of(content: str | Sequence[TextPart | ImagePart] | None) -> str:
    """Return the text of a message's content."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.text for part in content if isinstance(part, TextPart))


def json_schema_of(response_format: ResponseFormat | str | None) -> Mapping[str, JsonValue] | None:
    """Return the schema that an answer has to follow: `{}` for any JSON object, None for a text."""
    if response_format is None or response_format == "text":
        return None
    if isinstance(response_format, ResponseFormat):
        if response_format.type == "text":
            return None
        if response_format.json_schema is not None:
            return response_format.json_schema.schema_
    return {}


def stops_of(stop: str | list[str] | None) -> tuple[str, ...]:
    """Return the stop sequences."""
    if stop is None:
        return ()
    return (stop,) if isinstance(stop, str) else tuple(stop)


# Documents


class DocumentUrl(_RequestModel):
    """A document: a URL, or the document itself as a `data:` URL."""

    type: Literal["document_url"]
    document_url: str
    document_name: str | None = None


class DocumentImage(_RequestModel):
    """An image of a document."""

    type: Literal["image_url"]
    image_url: str | ImageUrl


class OcrRequest(_RequestModel):
    """Body of `POST /v1/ocr` (azureml-examples, sdk/python/foundation-models/mistral/mistralai-ocr.ipynb).

    Invented: that a parameter it does not know is ignored. mistralai 3.7 sends more than the sample.
    """

    model_config = ConfigDict(extra="ignore")

    model: str | None = None
    document: Annotated[DocumentUrl | DocumentImage, Field(discriminator="type")]
    pages: list[NotNegative] | None = None
    """Which pages to read, from 0."""
    include_image_base64: bool | None = None
    image_limit: Integer | None = None
    image_min_size: Integer | None = None


class OcrImage(BaseModel):
    """An image found on a page."""

    id: str
    image_base64: str | None = None


class OcrDimensions(BaseModel):
    """Size of a page, in pixels."""

    dpi: int
    height: int
    width: int


class OcrPage(BaseModel):
    """What was read of a page."""

    index: int
    markdown: str
    images: list[OcrImage]
    dimensions: OcrDimensions


class OcrUsage(BaseModel):
    """What was read."""

    pages_processed: int
    doc_size_bytes: int | None = None


class OcrAnswer(BaseModel):
    """Answer of `POST /v1/ocr`."""

    pages: list[OcrPage]
    model: str
    usage_info: OcrUsage
