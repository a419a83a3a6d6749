"""The operations of the inference API, and the OpenAPI document that each endpoint gives of its own.

The document is made of the models that validate requests and shape answers. How requests are handled is in `routes`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from emulator.inference import errors
from emulator.inference.deployment import Deployment
from emulator.inference.models import ModelTraits, traits_of
from emulator.inference.schemas import (
    ChatCompletion,
    ChatCompletionChunk,
    FimRequest,
    InferenceChatRequest,
    MistralChatRequest,
    ModelInfo,
    OcrAnswer,
    OcrRequest,
)

EXTRA_PARAMETERS = ("error", "drop", "pass-through")
"""Values of the header `extra-parameters`; the first one is the default."""

Models = tuple[type[BaseModel], ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """A route of the inference API, with its bodies."""

    name: str
    method: str
    path: str
    summary: str
    serves: Callable[[ModelTraits], bool]
    """Whether a model has it. Another model's endpoint answers that it does not."""
    request: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    streams: bool = False
    errors: Mapping[int, Models] = field(default_factory=dict)
    """Error bodies by status, besides those that every operation has."""


_NATIVE_ERRORS: Mapping[int, Models] = {
    400: (errors.MistralError, errors.ContentFilterError),
    422: (errors.ValidationProblems,),
    429: (errors.InferenceError,),
}
# 501 is the emulator's own: images, which only models with vision take.
OPERATIONS = (
    Operation(
        "chat_completions",
        "POST",
        "/chat/completions",
        "Azure AI Model Inference API: answers a conversation.",
        lambda traits: traits.chat,
        InferenceChatRequest,
        ChatCompletion,
        streams=True,
        errors={
            400: (errors.Detail, errors.ContentFilterError),
            # The second: extra parameters that were passed through, and that the model refuses.
            422: (errors.ParameterError, errors.ValidationProblems),
            429: (errors.InferenceError,),
        },
    ),
    Operation(
        "mistral_chat_completions",
        "POST",
        "/v1/chat/completions",
        "Mistral's own chat API: answers a conversation.",
        lambda traits: traits.chat,
        MistralChatRequest,
        ChatCompletion,
        streams=True,
        errors=_NATIVE_ERRORS,
    ),
    Operation(
        "fim_completions",
        "POST",
        "/v1/fim/completions",
        "Mistral's own API to fill in the middle: completes code between a prompt and a suffix.",
        lambda traits: traits.fim,
        FimRequest,
        ChatCompletion,
        streams=True,
        errors=_NATIVE_ERRORS,
    ),
    Operation(
        "ocr",
        "POST",
        "/v1/ocr",
        "Mistral's own API to read documents.",
        lambda traits: traits.ocr,
        OcrRequest,
        OcrAnswer,
        errors={422: (errors.ValidationProblems,), 429: (errors.InferenceError,)},
    ),
    Operation("info", "GET", "/info", "Names the model.", lambda _traits: True, answer=ModelInfo),
    Operation("openapi", "GET", "/swagger.json", "This document.", lambda _traits: True),
)

# OpenAPI 3.1 has no word for streams. This describes each event, as 3.2 and schemathesis read it.
_EVENT = {
    "type": "object",
    "description": "One event of the stream. The data of the last one is [DONE].",
    "properties": {
        "data": {
            "anyOf": [
                {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": "#/components/schemas/ChatCompletionChunk"},
                },
                {"const": "[DONE]"},
            ]
        }
    },
    "required": ["data"],
}
_RATE_LIMIT_HEADERS = {
    f"x-ratelimit-{kind}-{unit}": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}
    for kind in ("limit", "remaining")
    for unit in ("requests", "tokens")
}


def openapi_document(deployment: Deployment, url: str) -> dict[str, Any]:
    """Return the OpenAPI document of an endpoint at this URL: only what its model serves."""
    traits = traits_of(deployment.model)
    operations = [operation for operation in OPERATIONS if operation.serves(traits)]
    used = {model for operation in operations for model in _models(operation)}
    _, schemas = models_json_schema(
        [(model, "validation") for model in sorted(used, key=str)],
        ref_template="#/components/schemas/{model}",
    )
    components = schemas["$defs"]
    if "InferenceChatRequest" in components:
        # What becomes of parameters that it does not name is up to the header extra-parameters.
        components["InferenceChatRequest"]["additionalProperties"] = True
    schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
    if deployment.auth_mode != "AAD":
        schemes["apiKey"] = {"type": "apiKey", "in": "header", "name": "api-key"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{deployment.model}, emulated",
            "version": "2024-05-01-preview",
            "description": "The inference API of a serverless endpoint of the azure-mistral emulator.",
        },
        "servers": [{"url": url}],
        "security": [{scheme: []} for scheme in schemes],
        "paths": {
            operation.path: {operation.method.lower(): _operation(operation, traits)} for operation in operations
        },
        "components": {"schemas": components, "securitySchemes": schemes},
    }


def _models(operation: Operation) -> Models:
    own = [model for model in (operation.request, operation.answer) if model is not None]
    chunks = [ChatCompletionChunk] if operation.streams else []
    return (
        *own,
        *chunks,
        *(model for models in operation.errors.values() for model in models),
        errors.GatewayError,
        errors.NotEmulatedAnswer,
    )


def _operation(operation: Operation, traits: ModelTraits) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
    if operation.request is InferenceChatRequest:
        described["parameters"] = [
            {"name": "api-version", "in": "query", "schema": {"type": "string"}},
            {"name": "extra-parameters", "in": "header", "schema": {"enum": list(EXTRA_PARAMETERS)}},
        ]
    if operation.request is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": _schema((operation.request,))}}
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    if operation.answer is not None:
        content["application/json"] = _schema((operation.answer,))
    if operation.streams:
        content["text/event-stream"] = {"schema": _EVENT}
    limited = 429 in operation.errors
    responses = {"200": _response("The answer.", content, _RATE_LIMIT_HEADERS if limited else {})}
    refusals: dict[int, Models] = {401: (errors.GatewayError,), 404: (errors.GatewayError,), **operation.errors}
    if operation.streams and traits.vision:
        refusals[501] = (errors.NotEmulatedAnswer,)
    for status, models in sorted(refusals.items()):
        headers = {**_RATE_LIMIT_HEADERS, "Retry-After": {"schema": {"type": "string"}}} if status == 429 else {}
        responses[str(status)] = _response("Refused.", {"application/json": _schema(models)}, headers)
    return {**described, "responses": responses}


def _response(description: str, content: Mapping[str, Any], headers: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": content} | ({"headers": headers} if headers else {})


def _schema(models: Models) -> dict[str, Any]:
    references = [{"$ref": f"#/components/schemas/{model.__name__}"} for model in models]
    return {"schema": references[0] if len(references) == 1 else {"anyOf": references}}
