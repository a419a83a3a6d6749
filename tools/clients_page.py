"""The page docs/how-to/call-your-model.md: made of `azure_mistral.clients` and of the samples in examples/clients."""

import dataclasses
from collections.abc import Iterator

from azure_mistral.clients import CLIENTS, REQUESTS_PER_MINUTE, TOKENS_PER_MINUTE, Client

from tools.engine import ROOT

SAMPLES = ROOT / "examples" / "clients"
LANGUAGES = {".py": "python", ".sh": "sh"}

INTRODUCTION = """\
# Call your model

An endpoint has one URL, and two routes for chats:

| route | API | which clients |
|---|---|---|
| `<url>/v1/chat/completions` | Mistral's own chat API | {native} |
| `<url>/chat/completions` | Azure AI Model Inference API | {inference} |

Codestral also has `<url>/v1/fim/completions`, which fills in code between a prompt and a suffix. There is no
`/v1/models`: it answers 404. `<url>/info` tells which model an endpoint serves; `model` in a request changes nothing.

## Which URL, with or without /v1

| client | give it | in the variable | it appends | the key in |
|---|---|---|---|---|
{table}

`azure-mistral client` prints this table with the URLs of your stack; with a client's name it prints its variables, for
a shell to evaluate, and a command in the place of the key. `--show-keys` prints the key itself.

```sh
azure-mistral client --model ministral-3b
eval "$(azure-mistral client openai --model ministral-3b --location eastus2)"
```

An endpoint in `AAD` mode has no keys. There the command gets a Microsoft Entra token, which every client takes in the
place of the key and which expires after about an hour.

To see whether all is well without writing a line:

```sh
azure-mistral chat "What is Azure Machine Learning?" --model ministral-3b --stream
azure-mistral smoke
```

`chat` shows the answer and its tokens. `smoke` asks every endpoint of the stack on each of its routes, streamed and
whole; its exit code is 1 when one does not answer, and it says what to do. It also sends a sentence that Microsoft's
reference shows as refused by the content filter, and shows whether yours refuses it.

Everything on this page works with the emulator too: `make up`, then `eval "$(make -s env)"`.
"""

LIMITS = """\
## Limits

A serverless deployment answers {requests:,} requests and {tokens:,} tokens, of prompts and completions, in a minute.
More is a 429; the header `Retry-After` says how many seconds to wait. The limit is each deployment's, and a workspace
can deploy a model once: for more, deploy the model in more `locations` and put [LiteLLM's proxy](#litellms-proxy) in
front of them, or ask Microsoft Azure Support. What a managed endpoint answers depends on its instances.

Prompt and `max_tokens` together have to fit into the model's context.

## Errors

| status | what it means | what to do |
|---|---|---|
{errors}

What a client's user gets:

| client | wrong key | limit reached | content filter |
|---|---|---|---|
{table}

The OpenAI SDK and the Azure AI Inference SDK try again after a 429 by themselves before they raise.
"""

ERRORS = (
    (
        "400, code `content_filter`",
        "Azure AI content safety refused the prompt. An answer that it cuts off has this as its finish reason",
        "rephrase, or set `contentSafety: Disabled` on the model",
    ),
    (
        '400, "Extra parameters ... are not allowed"',
        "`/chat/completions` does not know an argument",
        "leave it out, or send the header `extra-parameters: drop` or `pass-through`",
    ),
    ("401", "the key was regenerated, or is another endpoint's", "`pulumi up` reads the keys again"),
    (
        "404",
        "the endpoint was deleted, its model is retired, or there is no such route",
        "compare the URL with the table above; `pulumi refresh`, then `pulumi up`",
    ),
    (
        "422",
        "`/v1/chat/completions` does not know an argument, or its value is wrong; the body names it",
        "leave it out",
    ),
    ("429", "the limit is reached", "wait as long as `Retry-After` says; see above"),
)

PROXY = """\
### LiteLLM's proxy

`azure-mistral client litellm-proxy` prints a `config.yaml` over all endpoints of the stack. The locations of a model
are one group, over which requests are spread; when one of them fails, a request goes on to the others. Each entry has
the limits of its deployment.
"""


def clients_page() -> str:
    """Return the page."""
    clients = list(CLIENTS.values())
    rows = [
        f"| [{each.title}](#{anchor(each.title)}) | the URL {'**with** `/v1`' if each.gets_v1 else 'as it is'} "
        f"| `{each.url_variable}` | `{each.appends}` | `{each.key_variable}` |"
        for each in clients
    ]
    introduction = INTRODUCTION.format(
        native=", ".join(each.title for each in clients if each.route.startswith("/v1")),
        inference=", ".join(each.title for each in clients if not each.route.startswith("/v1")),
        table="\n".join(rows),
    )
    refusals = [
        f"| {each.title} | {' | '.join(f'`{name}`' for name in dataclasses.astuple(each.refusals))} |"
        for each in clients
    ]
    limits = LIMITS.format(
        requests=REQUESTS_PER_MINUTE,
        tokens=TOKENS_PER_MINUTE,
        errors="\n".join(f"| {' | '.join(row)} |" for row in ERRORS),
        table="\n".join(refusals),
    )
    samples = [part for each in clients for part in _samples(each)]
    return "\n".join([introduction, limits, "## Samples\n", *samples, PROXY, _included("litellm_proxy.py")])


def anchor(heading: str) -> str:
    """Return the name under which a heading is linked to."""
    return heading.lower().replace(" ", "-")


def _samples(client: Client) -> Iterator[str]:
    yield f"### {client.title}\n"
    yield f"{client.note}\n"
    yield _included(client.sample)
    fill_in = SAMPLES / client.sample.replace(".", "_fim.")
    if fill_in.exists():
        yield "Codestral, filling in code:\n"
        yield _included(fill_in.name)


def _included(name: str) -> str:
    path = SAMPLES / name
    source = f"[examples/clients/{name}](../../examples/clients/{name})"
    return f"{source}:\n\n```{LANGUAGES[path.suffix]}\n{path.read_text(encoding='utf-8').rstrip()}\n```\n"
