"""Error answers of the inference API: their bodies as typed models, and one function for each, with its source.

Not when to give them. The models also are in the OpenAPI document.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, JsonValue, ValidationError
from starlette.responses import JSONResponse

from emulator.inference.rate_limits import Allowance

# The reference documents the header for these errors, and no value of it. Invented: the values.
ERROR_CODE_HEADER = "x-ms-error-code"


class GatewayError(BaseModel):
    """What the front door says, before the model is asked."""

    statusCode: int  # noqa: N815  (its name on the wire)
    message: str


class InferenceError(BaseModel):
    """An error of the inference API (reference: UnauthorizedError, NotFoundError, TooManyRequestsError)."""

    error: str
    message: str
    status: int


class ParameterDetail(BaseModel):
    """Where a parameter is in the body, and what was sent."""

    loc: list[str | int]
    input: JsonValue


class ParameterError(BaseModel):
    """A parameter that the inference API cannot take (reference: UnprocessableContentError)."""

    status: int
    code: str
    detail: ParameterDetail
    message: str


class ValidationProblem(BaseModel):
    """One problem of a body, as pydantic tells it."""

    type: str
    loc: list[str | int]
    msg: str
    input: JsonValue
    url: str


class ValidationProblems(BaseModel):
    """All problems of a body."""

    detail: list[ValidationProblem]


class Detail(BaseModel):
    """One sentence."""

    detail: str


class FilteredPrompt(BaseModel):
    """Why content safety refused a prompt."""

    message: str
    type: None
    param: Literal["prompt"]
    code: Literal["content_filter"]
    status: Literal[400]


class ContentFilterError(BaseModel):
    """A prompt that content safety refused."""

    error: FilteredPrompt


class MistralError(BaseModel):
    """An error of Mistral's own API."""

    object: Literal["error"]
    message: str
    type: str
    param: str | None
    code: str | None


class NotEmulated(BaseModel):
    """What the emulator lacks."""

    code: Literal["NotEmulated"]
    message: str


class NotEmulatedAnswer(BaseModel):
    """The emulator's own error. Invented as a whole."""

    error: NotEmulated


def unauthorized() -> JSONResponse:
    """Return the 401 for a missing or wrong credential.

    Seen with other audiences on services.ai.azure.com (danny-avila/LibreChat#4767, Azure/azure-sdk-for-net#55036);
    the audience of serverless endpoints is azure-ai-inference's default scope. The reference documents
    `{error, message, status}` instead, without an example; what was seen holds.
    """
    message = (
        "Unauthorized. Access token is missing, invalid, audience is incorrect (https://ml.azure.com), or have expired."
    )
    return _answer(GatewayError(statusCode=401, message=message), 401, "Unauthorized")


def not_found() -> JSONResponse:
    """Return the front door's 404, for what it routes nowhere: "Resource not found" (SillyTavern/SillyTavern#1877).

    Invented: the body around the text, taken from the front door's 401.
    """
    return _answer(GatewayError(statusCode=404, message="Resource not found"), 404, "NotFound")


def modality_not_supported() -> JSONResponse:
    """Return the 404 for a route that the model does not serve (reference: NotFoundError). Invented: `error`."""
    message = (
        "Modality not supported by the model. Check the documentation of the model to see which routes are available."
    )
    return _answer(InferenceError(error="Not Found", message=message, status=404), 404, "NotFound")


def method_not_allowed(allowed: Sequence[str]) -> JSONResponse:
    """Return the 405 for a known route and another method. Invented: the body, as FastAPI has it."""
    return _answer(Detail(detail="Method Not Allowed"), 405, None, {"Allow": ", ".join(allowed)})


def extra_parameters(names: Sequence[str]) -> JSONResponse:
    """Return the inference API's 400 for parameters that it does not define (langchain-ai/langchain#29679)."""
    detail = (
        f"Extra parameters {list(names)} are not allowed when extra-parameters is not set or set to be 'error'. "
        "Set extra-parameters to 'pass-through' to pass to the model."
    )
    return _answer(Detail(detail=detail), 400)


def unknown_policy(policy: str, accepted: Sequence[str]) -> JSONResponse:
    """Return the 400 for a value of the header `extra-parameters` that does not exist. Invented: all of it."""
    detail = f"The header extra-parameters is {policy!r}. Accepted: {', '.join(accepted)}."
    return _answer(Detail(detail=detail), 400)


def unprocessable_parameter(location: Sequence[str | int], value: JsonValue) -> JSONResponse:
    """Return the inference API's 422 for a value that it cannot take (reference-model-inference-api.md's example)."""
    body = ParameterError(
        status=422,
        code="parameter_not_supported",
        detail=ParameterDetail(loc=["body", *location], input=value),
        message="One of the parameters contain invalid values.",
    )
    return _answer(body, 422, "parameter_not_supported")


def validation_failed(problems: Sequence[Mapping[str, Any]]) -> JSONResponse:
    """Return the native routes' 422: pydantic's own list (BerriAI/litellm#3899, microsoft/promptflow#3343)."""
    detail = [
        ValidationProblem(
            type=problem["type"],
            loc=["body", *problem["loc"]],
            msg=problem["msg"],
            input=problem["input"],
            # The version is the one that answers on Azure.
            url=f"https://errors.pydantic.dev/2.6/v/{problem['type']}",
        )
        for problem in problems
    ]
    return _answer(ValidationProblems(detail=detail), 422)


def request_refused(message: str) -> JSONResponse:
    """Return the native routes' 400 for what the model cannot take, such as an impossible order of messages.

    The envelope is that of Mistral's own API (dnakov/anon-kode#53). Invented: that Azure passes it on unchanged.
    """
    return _answer(
        MistralError(object="error", message=message, type="invalid_request_error", param=None, code=None), 400
    )


def prompt_filtered() -> JSONResponse:
    """Return the 400 for a prompt that content safety refuses.

    The body is that of Microsoft's how-to pages for chat models as serverless APIs (section "Apply content safety").
    The reference has the same without the envelope; Microsoft's samples for the SDKs read the one with it.
    """
    message = (
        "The response was filtered due to the prompt triggering Microsoft's content management policy. "
        "Please modify your prompt and retry."
    )
    body = FilteredPrompt(message=message, type=None, param="prompt", code="content_filter", status=400)
    return _answer(ContentFilterError(error=body), 400, "content_filter")


def too_many_requests(allowance: Allowance) -> JSONResponse:
    """Return the 429 (reference: TooManyRequestsError). Invented: the sentences and the value of `error`."""
    limit = allowance.limits.requests if allowance.exceeded == "requests" else allowance.limits.tokens
    seconds = f"{allowance.retry_after} second{'' if allowance.retry_after == 1 else 's'}"
    message = (
        f"This deployment's limit of {limit:,} {allowance.exceeded} per minute is exceeded. Retry after {seconds}. "
        "If the current rate limits aren't sufficient, contact Microsoft Azure Support."
    )
    body = InferenceError(error="Too Many Requests", message=message, status=429)
    headers = {"Retry-After": str(allowance.retry_after), **rate_limit_headers(allowance)}
    return _answer(body, 429, "TooManyRequests", headers)


def rate_limit_headers(allowance: Allowance) -> dict[str, str]:
    """Return the headers that tell a caller what is left.

    Seen on Azure AI resources (mastra-ai/mastra#10310). Invented: that serverless endpoints send them too.
    """
    return {
        "x-ratelimit-limit-requests": str(allowance.limits.requests),
        "x-ratelimit-limit-tokens": str(allowance.limits.tokens),
        "x-ratelimit-remaining-requests": str(allowance.remaining_requests),
        "x-ratelimit-remaining-tokens": str(allowance.remaining_tokens),
    }


def not_emulated(message: str) -> JSONResponse:
    """Return the emulator's own 501: Azure may well answer here, the emulator does not. Invented as a whole."""
    # Without the header the OpenAI SDK repeats the request, as after any other 5xx.
    body = NotEmulatedAnswer(error=NotEmulated(code="NotEmulated", message=message))
    return _answer(body, HTTPStatus.NOT_IMPLEMENTED, None, {"x-should-retry": "false"})


def problems_of(error: ValidationError) -> list[dict[str, Any]]:
    """Return pydantic's problems as plain JSON values."""
    # NaN and Infinity, which pydantic and Python read although JSON does not have them, become text.
    problems: list[dict[str, Any]] = json.loads(
        error.json(include_url=False, include_context=False), parse_constant=str
    )
    return problems


def _answer(
    body: BaseModel, status: int, code: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    coded = {} if code is None else {ERROR_CODE_HEADER: code}
    return JSONResponse(body.model_dump(), status_code=status, headers={**coded, **(headers or {})})
