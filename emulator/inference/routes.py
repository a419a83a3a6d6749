"""Routes of the inference API of every deployed endpoint: from a request to its answer or error.

How an answer comes about is in `completions`, the bodies are in `schemas` and `errors`, what exists is in `openapi`.
"""

import difflib
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route

from emulator.inference import errors
from emulator.inference.authentication import TokenIsValid, is_authenticated
from emulator.inference.completions import (
    Completion,
    FilteredError,
    NotEmulatedError,
    RefusedError,
    chat_completion,
    chat_completion_chunks,
    complete_chat,
    complete_fim,
)
from emulator.inference.deployment import Deployment
from emulator.inference.models import traits_of
from emulator.inference.ocr import read
from emulator.inference.openapi import EXTRA_PARAMETERS, OPERATIONS, openapi_document
from emulator.inference.rate_limits import Allowance
from emulator.inference.schemas import (
    ChatCompletionChunk,
    FimRequest,
    InferenceChatRequest,
    MistralChatRequest,
    ModelInfo,
    OcrRequest,
    PassThroughChatRequest,
    Usage,
)

FindDeployment = Callable[[str, str], Deployment | None]
Admit = Callable[[Deployment, Usage], Allowance | None]
"""Counts a request that is about to be answered; None where there are no rate limits."""
Refuse = Callable[[RefusedError], Response]
Handler = Callable[[Request, Deployment, Admit], Awaitable[Response]]


def inference_routes(find_deployment: FindDeployment, token_is_valid: TokenIsValid, admit: Admit) -> list[BaseRoute]:
    """Return the routes of the inference API, under `/serverless/{location}/{name}`.

    Args:
        find_deployment: Gives the endpoint of a location and name, or None. Called once for each request, so that a
            deleted endpoint or a regenerated key stops working at once.
        token_is_valid: Says whether a bearer token is an Entra token that may call the endpoint. Asked in the modes
            `AAD` and `KeyAndAAD` only.
        admit: Counts a request that is about to be answered, and says whether the endpoint's rate limits let it.
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
            return await handler(request, deployment, admit)

        return endpoint

    everything = Route("/{path:path}", authenticated(dispatch), methods=_ALL_METHODS)
    return [Mount("/serverless/{location}/{name}", routes=[everything])]


_ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def dispatch(request: Request, deployment: Deployment, admit: Admit) -> Response:
    """Answer a request for a model that may be sent."""
    path = f"/{request.path_params['path']}"
    found = [operation for operation in OPERATIONS if operation.path == path]
    if not found:
        # No list of models (SillyTavern/SillyTavern#1877); no embeddings: no Mistral model of this registry has them.
        if path == "/v1/models":
            return errors.not_found()
        if path in ("/embeddings", "/images/embeddings"):
            return errors.modality_not_supported()
        known = [f"{operation.method} {operation.path}" for operation in OPERATIONS]
        nearest = difflib.get_close_matches(f"{request.method} {path}", known, n=1, cutoff=0)[0]
        return errors.not_emulated(f"{request.method} {path} is not emulated. The nearest route is {nearest}.")
    operation = next((operation for operation in found if operation.method == request.method), None)
    if operation is None:
        return errors.method_not_allowed([operation.method for operation in found])
    if not operation.serves(traits_of(deployment.model)):
        return errors.modality_not_supported()
    return await _HANDLERS[operation.name](request, deployment, admit)


# Handlers


async def _inference_chat(request: Request, deployment: Deployment, admit: Admit) -> Response:
    """Answer the Azure AI Model Inference API.

    The reference has `api-version` as required. It is not asked for here: the OpenAI SDK calls the route without it.
    """
    policy = request.headers.get("extra-parameters", EXTRA_PARAMETERS[0])
    if policy not in EXTRA_PARAMETERS:
        return errors.unknown_policy(policy, EXTRA_PARAMETERS)
    body = await _text(request)
    try:
        if policy == "pass-through":
            chat: InferenceChatRequest = PassThroughChatRequest.model_validate_json(body)
        else:
            chat = InferenceChatRequest.model_validate_json(_without_extra(body) if policy == "drop" else body)
    except ValidationError as error:
        return _refused_parameters(errors.problems_of(error), policy)
    return await _answer(partial(complete_chat, chat), chat.stream, deployment, admit, _unprocessable)


def _refused_parameters(problems: list[dict[str, Any]], policy: str) -> Response:
    known = InferenceChatRequest.model_fields
    extra = [problem for problem in problems if problem["loc"] and problem["loc"][0] not in known]
    if extra and policy == "error":
        return errors.extra_parameters([str(problem["loc"][0]) for problem in extra])
    if own := [problem for problem in problems if problem not in extra]:
        return errors.unprocessable_parameter(own[0]["loc"], own[0]["input"])
    # Passed through, so that the model refuses them. Invented: that its words come through as they are.
    return errors.validation_failed(extra)


def _without_extra(body: str) -> str:
    try:
        parameters = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(parameters, dict):
        return body
    return json.dumps({name: parameters[name] for name in parameters if name in InferenceChatRequest.model_fields})


def _unprocessable(refusal: RefusedError) -> Response:
    # "Returns a 422 error if at least some of the messages can't be understood by the model" (reference).
    return errors.unprocessable_parameter(refusal.location, refusal.value)


def _bad_request(refusal: RefusedError) -> Response:
    return errors.request_refused(str(refusal))


async def _text(request: Request) -> str:
    # What is not UTF-8 is no JSON either, and is refused as such.
    return (await request.body()).decode(errors="replace")


async def _mistral_chat(request: Request, deployment: Deployment, admit: Admit) -> Response:
    try:
        chat = MistralChatRequest.model_validate_json(await _text(request))
    except ValidationError as error:
        return errors.validation_failed(errors.problems_of(error))
    return await _answer(partial(complete_chat, chat), chat.stream, deployment, admit, _bad_request)


async def _fim(request: Request, deployment: Deployment, admit: Admit) -> Response:
    try:
        fim = FimRequest.model_validate_json(await _text(request))
    except ValidationError as error:
        return errors.validation_failed(errors.problems_of(error))
    return await _answer(partial(complete_fim, fim), fim.stream, deployment, admit, _bad_request)


async def _ocr(request: Request, deployment: Deployment, admit: Admit) -> Response:
    try:
        asked = OcrRequest.model_validate_json(await _text(request))
    except ValidationError as error:
        return errors.validation_failed(errors.problems_of(error))
    # It is billed by the page: no tokens.
    allowance = admit(deployment, Usage(prompt_tokens=0, completion_tokens=0, total_tokens=0))
    if allowance and allowance.exceeded:
        return errors.too_many_requests(allowance)
    return _json(read(asked, deployment.model), _headers(allowance))


async def _info(_request: Request, deployment: Deployment, _admit: Admit) -> Response:
    kind = "chat-completions" if traits_of(deployment.model).chat else "ocr"
    info = {"model_name": deployment.model, "model_type": kind, "model_provider_name": "Mistral AI"}
    return _json(ModelInfo.model_validate(info))


async def _openapi(request: Request, deployment: Deployment, _admit: Admit) -> Response:
    url = f"{request.url.scheme}://{request.url.netloc}{request.scope['root_path']}"
    return JSONResponse(openapi_document(deployment, url))


_HANDLERS: Mapping[str, Handler] = {
    "chat_completions": _inference_chat,
    "mistral_chat_completions": _mistral_chat,
    "fim_completions": _fim,
    "ocr": _ocr,
    "info": _info,
    "openapi": _openapi,
}


# Answers


async def _answer(
    complete: Callable[..., Completion], stream: bool, deployment: Deployment, admit: Admit, refuse: Refuse
) -> Response:
    try:
        # In a thread, because the first answer loads the tokenizer.
        completion = await run_in_threadpool(complete, deployment.model, content_safety=deployment.content_safety)
    except RefusedError as refusal:
        return refuse(refusal)
    except FilteredError:
        return errors.prompt_filtered()
    except NotEmulatedError as error:
        return errors.not_emulated(str(error))
    allowance = admit(deployment, completion.usage)
    if allowance and allowance.exceeded:
        return errors.too_many_requests(allowance)
    headers = _headers(allowance)
    # Invented: `model` is spelled as in the registry. The tables say "the model_id used", their example is empty.
    envelope: dict[str, Any] = {
        "completion_id": str(uuid.uuid4()),
        "created": int(time.time()),
        "model": deployment.model,
    }
    if stream:
        chunks = chat_completion_chunks(completion, **envelope)
        return StreamingResponse(_events(chunks), media_type="text/event-stream", headers=headers)
    return _json(chat_completion(completion, **envelope), headers)


def _headers(allowance: Allowance | None) -> Mapping[str, str] | None:
    return errors.rate_limit_headers(allowance) if allowance else None


def _json(body: BaseModel, headers: Mapping[str, str] | None = None) -> Response:
    # What an answer does not say is absent, not null.
    return JSONResponse(body.model_dump(exclude_unset=True), headers=headers)


async def _events(chunks: Iterable[ChatCompletionChunk]) -> AsyncIterator[str]:
    for chunk in chunks:
        # What a chunk does not say is absent, except the finish reason, which is null until the last.
        yield f"data: {chunk.model_dump_json(exclude_unset=True)}\n\n"
    yield "data: [DONE]\n\n"
