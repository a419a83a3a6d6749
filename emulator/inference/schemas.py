"""Bodies of the chat routes, as typed models: what a request may hold, and what an answer holds. No behaviour.

Sources: the request, response, choices and usage tables of "How to deploy Mistral models with Azure Machine Learning
studio", and Azure/azure-docs articles/ai-studio/reference/reference-model-inference-chat-completions.md.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

NOT_EMULATED = "not_emulated"
"""Error type of a parameter that Azure takes and the emulator does not have yet. It never reaches the wire."""


def _refuse_value(value: object) -> None:
    if value is not None:
        raise PydanticCustomError(NOT_EMULATED, "not emulated yet")


def _refuse_true(value: bool) -> bool:
    if value:
        raise PydanticCustomError(NOT_EMULATED, "not emulated yet")
    return value


def _refuse_content_parts(value: object) -> object:
    if isinstance(value, list):
        raise PydanticCustomError(NOT_EMULATED, "not emulated yet")
    return value


def _refuse_role(_role: str) -> str:
    raise PydanticCustomError(NOT_EMULATED, "not emulated yet")


NotEmulated = Annotated[Any, BeforeValidator(_refuse_value)]
NotEmulatedSwitch = Annotated[bool, AfterValidator(_refuse_true)]
Text = Annotated[str, BeforeValidator(_refuse_content_parts)]


class _RequestModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SystemMessage(_RequestModel):
    """Instructions that apply to the whole conversation."""

    role: Literal["system"]
    content: Text


class UserMessage(_RequestModel):
    """What the caller says."""

    role: Literal["user"]
    content: Text


class AssistantMessage(_RequestModel):
    """An earlier answer of the model."""

    role: Literal["assistant"]
    content: Text
    prefix: NotEmulated = None
    tool_calls: NotEmulated = None


class ToolMessage(_RequestModel):
    """The result of a tool call. Not emulated yet, so none gets past validation."""

    model_config = ConfigDict(extra="ignore")

    role: Annotated[Literal["tool"], AfterValidator(_refuse_role)]
    content: Text


# The role is part of an error's location, as in what Mistral's API answers:
# ["body", "messages", 0, "user", "name"] (Gage-Technologies/mistral-go#2).
Message = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


class ChatRequest(_RequestModel):
    """What both chat routes take. A synthetic answer is not sampled: `temperature` and `top_p` are only validated."""

    messages: list[Message]
    model: str | None = None
    """Ignored: an endpoint serves one model. The OpenAI SDK insists on sending it."""
    stream: bool = False
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    response_format: NotEmulated = None
    seed: NotEmulated = None
    stop: NotEmulated = None
    tool_choice: NotEmulated = None
    tools: NotEmulated = None


class MistralChatRequest(ChatRequest):
    """Body of `POST /v1/chat/completions`, the native Mistral chat API.

    It knows neither `stream_options` (dnakov/anon-kode#53) nor `frequency_penalty` (mistralai/platform-docs-public#7).
    """

    safe_prompt: NotEmulatedSwitch = False
    ignore_eos: NotEmulatedSwitch = False
    random_seed: NotEmulated = None


class InferenceChatRequest(ChatRequest):
    """Body of `POST /chat/completions`, the Azure AI Model Inference API."""

    frequency_penalty: NotEmulated = None
    presence_penalty: NotEmulated = None


FinishReason = Literal["stop", "length"]


class Usage(BaseModel):
    """Tokens of the encoded chat request, of the answer, and both together."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(BaseModel):
    """The whole answer."""

    role: Literal["assistant"]
    content: str


class Choice(BaseModel):
    """One answer. The emulator gives exactly one."""

    index: int
    message: AnswerMessage
    finish_reason: FinishReason


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
    """What a chunk adds to the answer. Only the first chunk has the role."""

    role: Literal["assistant"] | None = None
    content: str


class ChunkChoice(BaseModel):
    """A part of the one answer. `finish_reason` is null in all chunks but the last."""

    index: int
    delta: Delta
    finish_reason: FinishReason | None


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
    """Answer of `GET /info`."""

    model_config = ConfigDict(protected_namespaces=())

    model_name: str
    model_type: Literal["chat-completions"]
    model_provider_name: Literal["Mistral AI"]
