"""Routes of managed online endpoints: which deployment answers a request, and the scoring route of its model.

The chat routes, which models of the task chat-completion have too, are those of `routes`. Sources of statuses and
traffic: azure-ai-docs, articles/machine-learning, how-to-troubleshoot-online-endpoints.md and
how-to-safely-rollout-online-endpoints.md; of bodies: the scoring scripts of the environments in Azure/azureml-assets,
and Azure/azureml-examples, sdk/python/foundation-models/system/inference.
"""

import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from emulator.inference import errors
from emulator.inference.completions import RefusedError, complete_chat, complete_text
from emulator.inference.deployment import Deployment, OnlineDeployment, OnlineEndpoint
from emulator.inference.routes import dispatch
from emulator.inference.schemas import InferenceChatRequest, Message

DEPLOYMENT_HEADER = "azureml-model-deployment"
"""Names the deployment: in a request, the one that is to answer; in an answer, the one that did."""


FindEndpoint = Callable[[str, str], OnlineEndpoint | None]
IsAuthenticated = Callable[[str, OnlineEndpoint], bool]
PickDeployment = Callable[[OnlineEndpoint, str | None], OnlineDeployment | None]


def managed_routes(
    find_endpoint: FindEndpoint, is_authenticated: IsAuthenticated, pick_deployment: PickDeployment
) -> list[BaseRoute]:
    """Return the routes of managed online endpoints, under `/managed/{location}/{name}`.

    Args:
        find_endpoint: Gives the endpoint of a location and name, or None. Called once for each request.
        is_authenticated: Says whether a bearer credential may call the endpoint.
        pick_deployment: Gives the deployment with the given name, or the one whose turn it is by the traffic rules;
            None if there is none.
    """

    async def endpoint(request: Request) -> Response:
        found = find_endpoint(request.path_params["location"], request.path_params["name"])
        if found is None:
            # Invented: on Azure the host name does not resolve.
            return _refused(404, "NotFound", "The endpoint does not exist.")
        if not found.is_public:
            # Invented: the wording. The emulator is always asked from outside of any private network.
            return _refused(403, "Forbidden", "Public network access to the endpoint is disabled.")
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not credential:
            # Seen in public logs, and the next one. Invented: the beginnings for tokens.
            return PlainTextResponse(f"{_PREFIX[found.auth_mode]}_bad_header_forbidden", 401)
        if not is_authenticated(credential, found):
            return PlainTextResponse(f"{_PREFIX[found.auth_mode]}_access_denied", 401)
        deployment = pick_deployment(found, request.headers.get(DEPLOYMENT_HEADER))
        if deployment is None:
            # "The endpoint doesn't have any valid deployment with positive weight." Invented: the body around it.
            return _refused(404, "NotFound", "The endpoint doesn't have any valid deployment with positive weight.")
        response = await _answer(request, found, deployment)
        response.headers[DEPLOYMENT_HEADER] = deployment.name
        return response

    everything = Route("/{path:path}", endpoint, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    return [Mount("/managed/{location}/{name}", routes=[everything])]


_PREFIX = {"Key": "key_auth", "AMLToken": "aml_token_auth", "AADToken": "aad_token_auth"}
_CHAT_PATHS = ("/chat/completions", "/v1/chat/completions")


async def _answer(request: Request, endpoint: OnlineEndpoint, deployment: OnlineDeployment) -> Response:
    path = f"/{request.path_params['path']}"
    match request.method, path:
        case "POST", "/score":
            return await _score(await request.body(), deployment)
        case "GET", "/swagger.json":
            return JSONResponse(_swagger(endpoint, deployment))
        case "POST", path if path in _CHAT_PATHS and deployment.task == "chat-completion":
            view = Deployment(
                name=endpoint.name,
                location=endpoint.location,
                model=deployment.model,
                auth_mode=endpoint.auth_mode,
                keys=None,
                state="Online",
                content_safety=False,
            )
            # Invented: no limits. Those of managed compute depend on what the instances can do.
            return await dispatch(request, view, lambda _deployment, _usage: None)
    known = ["POST /score", "GET /swagger.json"]
    if deployment.task == "chat-completion":
        known += [f"POST {path}" for path in _CHAT_PATHS]
    return errors.not_emulated(
        f"{request.method} {path} of {deployment.model} is not emulated. It has {', '.join(known)}."
    )


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


# Scoring


class _Generation(BaseModel):
    """The parameters that the emulator's answers depend on; the scripts ignore what they do not know."""

    max_new_tokens: int | None = None
    stop: list[str] = []


class _InvalidInputError(Exception):
    """The body has another form than the model's task wants."""


async def _score(body: bytes, deployment: OnlineDeployment) -> Response:
    try:
        value = await run_in_threadpool(_scored, body, deployment)
    except (_InvalidInputError, RefusedError) as error:
        # The scripts catch every exception and return this text, with status 200.
        return JSONResponse(json.dumps({"error": "Error in processing request", "exception": str(error)}))
    return JSONResponse(value)


def _scored(body: bytes, deployment: OnlineDeployment) -> Any:
    given, generation = _input(body)
    if deployment.task == "text-generation":
        texts = _validated(list[str], given)
        answers = [
            complete_text(text, deployment.model, generation.max_new_tokens, tuple(generation.stop)) for text in texts
        ]
        # A table of one row, with a column for each text.
        return [{str(index): completion.text for index, completion in enumerate(answers)}]
    messages = _validated(list[Message], given)
    chat = InferenceChatRequest(messages=messages, max_tokens=generation.max_new_tokens, stop=generation.stop or None)
    return {"output": complete_chat(chat, deployment.model, content_safety=False).text}


def _input(body: bytes) -> tuple[Any, _Generation]:
    try:
        inputs = json.loads(body)["input_data"]
        given, parameters = inputs["input_string"], inputs.get("parameters") or {}
        return given, _Generation.model_validate(parameters)
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise _InvalidInputError(_EXPECTED.format(error=error)) from error


def _validated(kind: Any, value: object) -> Any:
    try:
        if not value:
            raise _InvalidInputError(_EXPECTED.format(error="query is empty"))
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise _InvalidInputError(_EXPECTED.format(error=error)) from error


_EXPECTED = (
    'Expected input format: {{"input_data": {{"input_string": "<query>", "parameters": {{"k1":"v1", "k2":"v2"}}}}}}.'
    ' <query> is ["str1", "str2", ...] for text-generation and [{{"role": "user", "content": "str1"}}, ...] for'
    " chat-completion. {error}"
)


def _swagger(endpoint: OnlineEndpoint, deployment: OnlineDeployment) -> dict[str, Any]:
    items: dict[str, Any] = {"type": "string"}
    if deployment.task == "chat-completion":
        text = {"type": "string"}
        items = {"type": "object", "required": ["role", "content"], "properties": {"role": text, "content": text}}
    inputs = {
        "type": "object",
        "required": ["input_string"],
        "properties": {
            "input_string": {"type": "array", "items": items},
            "parameters": {"type": "object", "additionalProperties": True},
        },
    }
    body = {"type": "object", "required": ["input_data"], "properties": {"input_data": inputs}}
    content = {"application/json": {"schema": body}}
    answers = {"200": {"description": f"What {deployment.model} answers.", "content": {"application/json": {}}}}
    return {
        "openapi": "3.0.0",
        "info": {"title": endpoint.name, "version": "1.0"},
        "security": [{"Bearer": []}],
        "components": {"securitySchemes": {"Bearer": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            "/score": {"post": {"operationId": "score", "requestBody": {"content": content}, "responses": answers}}
        },
    }
