"""Routes of the inference API of every deployed endpoint: from a request to its answer or error.

How an answer comes about is in `completions`, the bodies are in `schemas` and `errors`.
"""

import difflib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route

from emulator.inference import errors
from emulator.inference.authentication import TokenIsValid, is_authenticated
from emulator.inference.completions import Completion, chat_completion, chat_completion_chunks, complete
from emulator.inference.deployment import Deployment
from emulator.inference.schemas import (
    NOT_EMULATED,
    ChatCompletionChunk,
    ChatRequest,
    InferenceChatRequest,
    MistralChatRequest,
    ModelInfo,
)
from emulator.inference.tokenizers import ConversationError, answers_chat, tokenizer_for

FindDeployment = Callable[[str, str], Deployment | None]
Handler = Callable[[Request, Deployment], Awaitable[Response]]


def inference_routes(find_deployment: FindDeployment, token_is_valid: TokenIsValid) -> list[BaseRoute]:
    """Return the routes of the inference API, under `/serverless/{location}/{name}`.

    Args:
        find_deployment: Gives the endpoint of a location and name, or None. Called once for each request, so that a
            deleted endpoint or a regenerated key stops working at once.
        token_is_valid: Says whether a bearer token is an Entra token that may call the endpoint. Asked in the modes
            `AAD` and `KeyAndAAD` only.
    """

    def authenticated(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            deployment = find_deployment(request.path_params["location"], request.path_params["name"])
            # Invented: on Azure the host name of an unknown endpoint does not resolve, and how one answers that is
            # not Online was not found. Both are like a retired model's, which is a 404 (model-lifecycle-retirement.md).
            if deployment is None or deployment.state != "Online":
                return errors.not_found()
            if not is_authenticated(request.headers, deployment, token_is_valid):
                return errors.unauthorized()
            return await handler(request, deployment)

        return endpoint

    routes = [Route(path, authenticated(handler), methods=[method]) for method, path, handler in _ROUTES]
    models = Route("/v1/models", authenticated(_list_models))
    unknown = Route("/{path:path}", authenticated(_unknown_route), methods=_ALL_METHODS)
    return [Mount("/serverless/{location}/{name}", routes=[*routes, models, unknown])]


async def _inference_chat(request: Request, deployment: Deployment) -> Response:
    """Answer the Azure AI Model Inference API.

    The reference has `api-version` as required. It is not asked for here: the OpenAI SDK calls the route without it.
    """
    policy = request.headers.get("extra-parameters", "error")
    if policy != "error":
        return errors.not_emulated(f"The header extra-parameters: {policy} is not emulated yet. Emulated: error.")
    try:
        chat = InferenceChatRequest.model_validate_json(await request.body())
    except ValidationError as error:
        problems = errors.problems_of(error)
        if extra := [problem["loc"][0] for problem in problems if _is_extra_parameter(problem)]:
            return errors.extra_parameters(extra)
        if invalid := [problem for problem in problems if problem["type"] != NOT_EMULATED]:
            return errors.unprocessable_parameter(invalid[0]["loc"], invalid[0]["input"])
        return _parameters_not_emulated(problems)
    try:
        return await _chat(chat, deployment)
    except ConversationError:
        # "Returns a 422 error if at least some of the messages can't be understood by the model" (reference).
        roles = [message.role for message in chat.messages]
        return errors.unprocessable_parameter(["messages"], roles)


async def _mistral_chat(request: Request, deployment: Deployment) -> Response:
    """Answer the native Mistral chat API."""
    try:
        chat = MistralChatRequest.model_validate_json(await request.body())
    except ValidationError as error:
        problems = errors.problems_of(error)
        if invalid := [problem for problem in problems if problem["type"] != NOT_EMULATED]:
            return errors.validation_failed(invalid)
        return _parameters_not_emulated(problems)
    try:
        return await _chat(chat, deployment)
    except ConversationError as error:
        return errors.conversation_refused(str(error))


async def _info(_request: Request, deployment: Deployment) -> Response:
    """Tell which model the endpoint serves (reference-model-inference-info.md)."""
    if not answers_chat(deployment.model):
        return errors.not_emulated(f"GET /info of {deployment.model}, which has no chat, is not emulated yet.")
    info = ModelInfo(model_name=deployment.model, model_type="chat-completions", model_provider_name="Mistral AI")
    return JSONResponse(info.model_dump())


async def _list_models(_request: Request, _deployment: Deployment) -> Response:
    """Answer 404, as serverless endpoints do (SillyTavern/SillyTavern#1877)."""
    return errors.not_found()


async def _unknown_route(request: Request, _deployment: Deployment) -> Response:
    asked = f"{request.method} /{request.path_params['path']}"
    known = [f"{method} {path}" for method, path, _ in _ROUTES]
    nearest = difflib.get_close_matches(asked, known, n=1, cutoff=0)[0]
    return errors.not_emulated(f"{asked} is not emulated. The nearest route is {nearest}.")


_ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/chat/completions", _inference_chat),
    ("POST", "/v1/chat/completions", _mistral_chat),
    ("GET", "/info", _info),
]
_ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def _chat(chat: ChatRequest, deployment: Deployment) -> Response:
    if not answers_chat(deployment.model):
        return errors.modality_not_supported()
    # In a thread, because the first answer loads the tokenizer.
    completion = await run_in_threadpool(_complete, chat, deployment.model)
    # Invented: `model` is spelled as in the registry. The tables say "the model_id used", their example is empty.
    envelope: dict[str, Any] = {
        "completion_id": str(uuid.uuid4()),
        "created": int(time.time()),
        "model": deployment.model,
    }
    if chat.stream:
        return StreamingResponse(
            _events(chat_completion_chunks(completion, **envelope)), media_type="text/event-stream"
        )
    return JSONResponse(chat_completion(completion, **envelope).model_dump())


def _complete(chat: ChatRequest, model: str) -> Completion:
    return complete(model, chat.messages, chat.max_tokens, tokenizer_for(model))


async def _events(chunks: Iterable[ChatCompletionChunk]) -> AsyncIterator[str]:
    for chunk in chunks:
        # What a chunk does not say is absent, except the finish reason, which is null until the last.
        yield f"data: {chunk.model_dump_json(exclude_unset=True)}\n\n"
    yield "data: [DONE]\n\n"


def _is_extra_parameter(problem: dict[str, Any]) -> bool:
    return problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1


def _parameters_not_emulated(problems: list[dict[str, Any]]) -> Response:
    names = ", ".join(".".join(str(part) for part in problem["loc"]) for problem in problems)
    return errors.not_emulated(f"Not emulated yet: {names}. Leave it out; on Azure it has an effect.")
