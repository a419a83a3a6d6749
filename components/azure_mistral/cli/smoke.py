"""`azure-mistral smoke`: whether every endpoint of a stack answers as its callers need it, for use after a deploy.

Each endpoint gets three short requests. They cost what their tokens cost, and count against its rate limit.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import openai
from rich.table import Table

from azure_mistral.cli.conversation import credential
from azure_mistral.cli.terminal import Directory, Location, ModelSlug, StackName, console, failure, found, note
from azure_mistral.clients import REQUESTS_PER_MINUTE, TOKENS_PER_MINUTE, ClientError, Endpoint, Route

QUESTION = "Count from one to ten in words."
MAX_TOKENS = 64
TIMEOUT = 60  # seconds

# What Microsoft's reference shows as refused by the content filter, harmless as it is
# (MicrosoftDocs/azure-ai-docs articles/ai-studio/reference/reference-model-inference-chat-completions.md).
FILTERED = "Chopping tomatoes and cutting them into cubes or wedges are great ways to practice your knife skills."

NOTHING = "-"


@dataclass(slots=True)
class Result:
    """What the requests to one endpoint came to; `problem` is None when all is well."""

    endpoint: Endpoint
    native: str = NOTHING
    inference: str = NOTHING
    stream: str = NOTHING
    content_filter: str = NOTHING
    tokens_per_second: str = NOTHING
    problem: str | None = None


def smoke(model: ModelSlug = None, location: Location = None, cwd: Directory = None, stack: StackName = None) -> None:
    """Check every endpoint of the stack: routes, key, streaming, content filter, tokens a second.

    Ends with exit code 1 when one of them does not answer as it should.
    """
    endpoints = [
        endpoint
        for endpoint in found(cwd, stack, show_secrets=True)
        if model in (None, endpoint.model) and location in (None, endpoint.location)
    ]
    if not endpoints:
        asked = " in ".join(word for word in (model or "any model", location) if word)
        raise failure(f"endpoint: the stack has none of {asked}. Expected one. See: azure-mistral endpoints")
    with ThreadPoolExecutor(max_workers=8) as pool:
        results = list(pool.map(check, endpoints))
    console().print(table(results))
    problems = [f"{result.endpoint.label}: {result.problem}" for result in results if result.problem]
    if problems:
        raise failure("\n".join(problems))
    note(f"All {len(results)} endpoints answer." if len(results) > 1 else "The endpoint answers.")


def table(results: list[Result]) -> Table:
    """Return what was found, a row for each endpoint."""
    names = ["Model", "Location", "Key", "/v1/chat/completions", "/chat/completions", "Stream", "Content filter"]
    shown = Table(*names, "Tokens/s", box=None, pad_edge=False)
    for each in results:
        routes = (each.native, each.inference, each.stream, each.content_filter, each.tokens_per_second)
        shown.add_row(each.endpoint.model, each.endpoint.location, each.endpoint.credential_kind, *routes)
    return shown


def check(endpoint: Endpoint) -> Result:
    """Ask an endpoint on each of its routes, streamed and whole, and something that Azure's filter refuses."""
    result = Result(endpoint)
    steps: list[Callable[[Result], None]] = []
    if endpoint.mistral_chat_url:
        steps += [check_native, check_content_filter]
    if endpoint.chat_completions_url:
        steps.append(check_inference)
    if not steps:
        result.problem = "it has no route for chats. Expected one. Nothing was checked."
    for step in steps:
        try:
            step(result)
        except (openai.APIError, ClientError) as error:
            result.problem = advice(endpoint, error)
            break
    return result


def check_native(result: Result) -> None:
    """Stream an answer on Mistral's own route, and measure how fast it comes."""
    result.native = "failed"
    began = time.monotonic()
    chunks = client(result.endpoint, "/v1/chat/completions").chat.completions.create(
        model=result.endpoint.model,
        messages=[{"role": "user", "content": QUESTION}],
        max_tokens=MAX_TOKENS,
        stream=True,
    )
    result.native, result.stream = "ok", "failed"
    pieces, tokens, finish_reason = 0, 0, None
    for chunk in chunks:
        pieces += bool(chunk.choices and chunk.choices[0].delta.content)
        finish_reason = (chunk.choices and chunk.choices[0].finish_reason) or finish_reason
        tokens = chunk.usage.completion_tokens if chunk.usage else tokens
    if finish_reason is None:
        raise ClientError("the stream ended before the answer did. Expected a finish reason. Run this again.")
    result.stream = "ok"
    # Not every deployment tells the usage of a stream; a piece is a token or a little more.
    result.tokens_per_second = f"{(tokens or pieces) / (time.monotonic() - began):.0f}"


def check_content_filter(result: Result) -> None:
    """See whether the filter refuses what Microsoft's reference shows as refused. Either answer is no problem."""
    try:
        ask(result.endpoint, "/v1/chat/completions", FILTERED)
    except openai.BadRequestError as error:
        if not is_content_filter(error):
            raise
        result.content_filter = "on"
    else:
        result.content_filter = "lets through"


def check_inference(result: Result) -> None:
    """Ask on the route of the Azure AI Model Inference API."""
    result.inference = "failed"
    ask(result.endpoint, "/chat/completions", QUESTION)
    result.inference = "ok"


def ask(endpoint: Endpoint, route: Route, question: str) -> None:
    """Ask for a short answer and drop it."""
    client(endpoint, route).chat.completions.create(
        model=endpoint.model, messages=[{"role": "user", "content": question}], max_tokens=MAX_TOKENS
    )


def client(endpoint: Endpoint, route: Route) -> openai.OpenAI:
    """Return a client that says at once what is wrong instead of trying again."""
    key = credential(endpoint)
    return openai.OpenAI(base_url=endpoint.base_url(route), api_key=key, max_retries=0, timeout=TIMEOUT)


def is_content_filter(error: openai.BadRequestError) -> bool:
    """Tell whether a request was refused for its content; the code is at the top or in an `error`."""
    return "content_filter" in str(error.code or "") or "content_filter" in error.response.text


def advice(endpoint: Endpoint, error: openai.APIError | ClientError) -> str:
    """Return what is wrong and what to do, in the project's form."""
    match error:
        case openai.AuthenticationError() if endpoint.takes_keys:
            return (
                "the key of the stack's outputs is refused (HTTP 401): it was regenerated. Expected the endpoint's"
                " present key. Read it again with: pulumi up"
            )
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return (
                f"your Microsoft Entra token is refused (HTTP {error.status_code}). Expected one that may call the"
                " endpoint. Give yourself the role Azure AI Developer with roleAssignments."
            )
        case openai.NotFoundError() | openai.APIConnectionError():
            answer = "HTTP 404" if isinstance(error, openai.NotFoundError) else f"no answer: {error.__cause__ or error}"
            return (
                f"there is no endpoint at {endpoint.url} ({answer}): it was deleted, or its model is retired. Expected"
                " a running endpoint. Make it again with: pulumi refresh, then pulumi up"
            )
        case openai.RateLimitError():
            wait = error.response.headers.get("retry-after")
            return (
                f"its rate limit is reached (HTTP 429). Expected at most {REQUESTS_PER_MINUTE:,} requests and"
                f" {TOKENS_PER_MINUTE:,} tokens a minute. Run this again{f' in {wait} s' if wait else ' in a minute'},"
                " and spread the load over more locations, or ask Microsoft Azure Support for more."
            )
        case openai.APIStatusError():
            return f"HTTP {error.status_code}: {error.message}"
    return str(error)
