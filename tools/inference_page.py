"""The page docs/reference/emulator-inference.md: made of the tables that the emulator's inference API answers from."""

from collections.abc import Iterable, Sequence

from emulator.arm.models import market
from emulator.inference.content_safety import ANSWER_PHRASES, FAILURE_PHRASE, PROMPT_PHRASES
from emulator.inference.models import traits_of
from emulator.inference.openapi import EXTRA_PARAMETERS, OPERATIONS
from emulator.inference.rate_limits import WINDOW, RateLimits
from emulator.inference.schemas import DEFAULT_MAX_TOKENS

INTRODUCTION = """\
# The emulator's inference API

Each endpoint that is deployed to the emulator answers at its own URL as one on Azure does. No model runs: an answer
says that it is synthetic, repeats the last message, and is the same for the same request and seed. Tokens are
counted by Mistral's own tokenizers, or the nearest that were published.

An endpoint describes itself at `/swagger.json`, an OpenAPI document of what its model serves.
"""

INVENTED = """\
## Invented

No source was found for these; Azure may do otherwise.

- What asks for `logprobs`: the article describes them in an answer and names no parameter. The emulator takes
  `logprobs: true` on `/v1/chat/completions`, or passed through; the numbers are made up.
- Which tool a model calls. With `tool_choice: auto` it calls one when the user spoke last, and answers with text when
  a tool did: the first tool that the last message names, else the first of all. Arguments follow the tool's JSON
  Schema, and are made up.
- A tool call that `max_tokens` cuts is left out.
- That a request counts against the rate limits when it is answered, with the tokens of its prompt and its answer, and
  is refused when its prompt does not fit; the sentences of the 429, and that its headers are those of other Azure AI
  resources.
- The phrases that stand for harmful content.
- The values of `x-ms-error-code`, and the 405 for another method.
- How a model for documents describes itself at `/info`. Documents are not read.

Images in messages are answered with 501 by models with vision, as are routes that are not listed above.
"""


def inference_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([INTRODUCTION, _routes(), _parameters(), _content_safety(), _rate_limits(), INVENTED])


def _routes() -> str:
    # Without the one that exists in the emulator only.
    models = [model.name for model in market().models if model.name != "Mistral-Unlisted"]
    rows = []
    for operation in OPERATIONS:
        serving = [name for name in models if operation.serves(traits_of(name))]
        missing = [name for name in models if name not in serving]
        who = "all" if not missing else ", ".join(serving) if len(serving) < len(missing) else _all_but(missing)
        rows.append([f"`{operation.method} {operation.path}`", operation.summary, who])
    capable = [
        [name, f"{traits.context_length:,}", _yes(traits.tools), _yes(traits.vision)]
        for name, traits in ((name, traits_of(name)) for name in models)
        if traits.chat
    ]
    return "\n".join(
        [
            "## Routes\n",
            _table(["route", "what it does", "models"], rows),
            "Another model answers 404. `/v1/models` is a 404, as on serverless endpoints.\n",
            _table(["model", "context, in tokens", "tools", "images"], capable),
            "A model without tools or images refuses them.\n",
        ]
    )


def _parameters() -> str:
    policies = ", ".join(f"`{policy}`" for policy in EXTRA_PARAMETERS)
    return "\n".join(
        [
            "## Parameters that the two chat routes do not share\n",
            _table(
                ["", "`/chat/completions`", "`/v1/chat/completions`"],
                [
                    ["seed", "`seed`", "`random_seed`"],
                    ["only here", "`frequency_penalty`, `presence_penalty`", "`safe_prompt`, `ignore_eos`, `logprobs`"],
                    ["force a tool", "`tool_choice: required`", "`tool_choice: required` or `any`"],
                    [
                        "unknown parameter",
                        f"header `extra-parameters`: {policies}; `error` is the default, a 400",
                        "422, as pydantic tells it",
                    ],
                    ["wrong value", "422 with the first problem", "422 with all problems"],
                    ["conversation that the model cannot take", "422", "400"],
                ],
            ),
            f"`max_tokens` is {DEFAULT_MAX_TOKENS} by default. With the prompt it has to fit into the context.\n",
        ]
    )


def _content_safety() -> str:
    rows = [
        [f"`{phrase}`", "prompt", f"400 `content_filter` ({category})"] for phrase, category in PROMPT_PHRASES.items()
    ]
    rows += [
        [f"`{phrase}`", "answer", f"ends before it, `finish_reason: content_filter` ({category})"]
        for phrase, category in ANSWER_PHRASES.items()
    ]
    rows.append([f"`{FAILURE_PHRASE}`", "answer", "comes through, `finish_reason: content_filter_error`"])
    return "\n".join(
        [
            "## Phrases that content safety reacts to\n",
            "Nothing is classified. When the endpoint's content safety is on, these phrases stand for harmful",
            "content, in any case and anywhere in a text. An answer repeats the last message, so a phrase for",
            "answers is sent in a message.\n",
            _table(["phrase", "in", "what happens"], rows),
        ]
    )


def _rate_limits() -> str:
    limits, seconds = RateLimits(), int(WINDOW.total_seconds())
    return "\n".join(
        [
            "## Rate limits\n",
            f"Each endpoint answers {limits.requests:,} requests and {limits.tokens:,} tokens within any {seconds}",
            "seconds of the emulator's clock. Then it answers 429 with `Retry-After` in seconds. Every answer tells",
            "what is left in `x-ratelimit-remaining-requests` and `x-ratelimit-remaining-tokens`.\n",
            "The control API sets other limits, for all endpoints or by an endpoint's name:\n",
            "```sh",
            'curl --json \'{"*": {"requests": 10}, "chat-1": {"tokens": 500}}\' \\',
            '  --request PUT "$AZURE_AUTHORITY_HOST/_emulator/rate-limits"',
            "```\n",
        ]
    )


def _all_but(names: Sequence[str]) -> str:
    return f"all but {', '.join(names)}"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
