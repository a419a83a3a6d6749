"""Error answers of the inference API: one function each, with the source of its body. Not when to give them."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from starlette.responses import JSONResponse

# The reference documents the header for these errors, and no value of it. Invented: the values.
_ERROR_CODE_HEADER = "x-ms-error-code"


def unauthorized() -> JSONResponse:
    """Return the 401 for a missing or wrong credential.

    Seen with other audiences on services.ai.azure.com (danny-avila/LibreChat#4767, Azure/azure-sdk-for-net#55036);
    the audience of serverless endpoints is azure-ai-inference's default scope. The reference documents
    `{error, message, status}` instead, without an example; what was seen holds.
    """
    message = (
        "Unauthorized. Access token is missing, invalid, audience is incorrect (https://ml.azure.com), or have expired."
    )
    return JSONResponse(
        {"statusCode": 401, "message": message}, status_code=401, headers={_ERROR_CODE_HEADER: "Unauthorized"}
    )


def not_found() -> JSONResponse:
    """Return the front door's 404, for what it routes nowhere: "Resource not found" (SillyTavern/SillyTavern#1877).

    Invented: the body around the text, taken from the front door's 401.
    """
    return JSONResponse(
        {"statusCode": 404, "message": "Resource not found"}, status_code=404, headers={_ERROR_CODE_HEADER: "NotFound"}
    )


def modality_not_supported() -> JSONResponse:
    """Return the 404 for a route that the model does not serve (reference: NotFoundError). Invented: `error`."""
    message = (
        "Modality not supported by the model. Check the documentation of the model to see which routes are available."
    )
    return JSONResponse(
        {"error": "Not Found", "message": message, "status": 404},
        status_code=404,
        headers={_ERROR_CODE_HEADER: "NotFound"},
    )


def extra_parameters(names: Sequence[str]) -> JSONResponse:
    """Return the inference API's 400 for parameters that it does not define (langchain-ai/langchain#29679)."""
    detail = (
        f"Extra parameters {list(names)} are not allowed when extra-parameters is not set or set to be 'error'. "
        "Set extra-parameters to 'pass-through' to pass to the model."
    )
    return JSONResponse({"detail": detail}, status_code=400)


def unprocessable_parameter(location: Sequence[str | int], value: object) -> JSONResponse:
    """Return the inference API's 422 for a value that it cannot take (reference-model-inference-api.md's example)."""
    body = {
        "status": 422,
        "code": "parameter_not_supported",
        "detail": {"loc": ["body", *location], "input": value},
        "message": "One of the parameters contain invalid values.",
    }
    return JSONResponse(body, status_code=422, headers={_ERROR_CODE_HEADER: "parameter_not_supported"})


def validation_failed(problems: Sequence[dict[str, Any]]) -> JSONResponse:
    """Return the native route's 422: pydantic's own list (BerriAI/litellm#3899, microsoft/promptflow#3343)."""
    detail = [
        {
            "type": problem["type"],
            "loc": ["body", *problem["loc"]],
            "msg": problem["msg"],
            "input": problem["input"],
            # The version is the one that answers on Azure.
            "url": f"https://errors.pydantic.dev/2.6/v/{problem['type']}",
        }
        for problem in problems
    ]
    return JSONResponse({"detail": detail}, status_code=422)


def conversation_refused(message: str) -> JSONResponse:
    """Return the native route's 400 for an impossible order of messages.

    The envelope is that of Mistral's own API (dnakov/anon-kode#53). Invented: that Azure passes it on unchanged.
    """
    body = {"object": "error", "message": message, "type": "invalid_request_error", "param": None, "code": None}
    return JSONResponse(body, status_code=400)


def not_emulated(message: str) -> JSONResponse:
    """Return the emulator's own 501: Azure may well answer here, the emulator does not yet. Invented as a whole."""
    return JSONResponse(
        {"error": {"code": "NotEmulated", "message": message}},
        status_code=501,
        # Without it the OpenAI SDK repeats the request, as after any other 5xx.
        headers={"x-should-retry": "false"},
    )


def problems_of(error: ValidationError) -> list[dict[str, Any]]:
    """Return pydantic's problems as plain JSON values."""
    # NaN and Infinity, which pydantic and Python read although JSON does not have them, become text.
    problems: list[dict[str, Any]] = json.loads(
        error.json(include_url=False, include_context=False), parse_constant=str
    )
    return problems
