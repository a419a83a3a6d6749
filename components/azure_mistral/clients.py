"""What each client of the inference API needs to be told to call an endpoint. Pure; `azure-mistral client` prints it.

Which URL, with or without /v1, and which argument takes it, is what users ask most after a deployment. The samples in
examples/clients run in exactly the environments that this module gives, and make the client exactly as it says.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from azure_mistral.problems import nearest

REQUESTS_PER_MINUTE = 1_000
"""What a serverless deployment answers; more is a 429 ("Cost and quotas" of Microsoft's how-to on Mistral models)."""

TOKENS_PER_MINUTE = 200_000
"""Prompt and completion tokens that a serverless deployment takes, from the same source."""

Route = Literal["/chat/completions", "/v1/chat/completions"]


class ClientError(Exception):
    """A client or an endpoint does not fit; the message says what does."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model's endpoint in one location: an entry of the stack output `endpoints`, with its key when it was read."""

    model: str
    location: str
    id: str
    """ARM id."""
    hosting: str
    auth_mode: str
    url: str
    """Without a route and without a slash at the end."""
    chat_completions_url: str | None
    """None where the endpoint does not have the Azure AI Model Inference API."""
    mistral_chat_url: str | None
    """None where the endpoint does not have Mistral's own chat API."""
    key: str | None = field(default=None, repr=False)

    @property
    def label(self) -> str:
        """Return how messages name it."""
        return f"{self.model} in {self.location}"

    @property
    def takes_keys(self) -> bool:
        """Tell whether it has inference keys; without them it takes tokens."""
        return self.auth_mode in ("Key", "KeyAndAAD")

    @property
    def takes_entra_tokens(self) -> bool:
        """Tell whether it takes Microsoft Entra tokens; a managed endpoint in AMLToken mode takes Azure ML's own."""
        return self.auth_mode in ("AAD", "KeyAndAAD", "AADToken")

    @property
    def credential_kind(self) -> str:
        """Return what a caller proves itself with, in words."""
        if self.takes_keys:
            return "key"
        return "Entra token" if self.takes_entra_tokens else "Azure ML token"

    def base_url(self, route: Route) -> str:
        """Return what precedes `/chat/completions` in a URL. Raises ClientError where there is no such route."""
        url = self.mistral_chat_url if route == "/v1/chat/completions" else self.chat_completions_url
        if url is None:
            raise ClientError(
                f"endpoint: {self.label} has no route {route}, being hosted as {self.hosting}. Expected an endpoint"
                " that has it. Choose another client or model."
            )
        return url.removesuffix("/chat/completions")


@dataclass(frozen=True, slots=True)
class Refusals:
    """The exceptions in which a client's user meets what an endpoint refuses."""

    wrong_key: str
    """HTTP 401."""
    rate_limit: str
    """HTTP 429."""
    content_filter: str
    """HTTP 400 with the code content_filter."""


@dataclass(frozen=True, slots=True)
class Client:
    """What one client reads, and how it is made."""

    name: str
    title: str
    route: Route
    """Where its calls arrive."""
    appends: str
    """What the client appends to the URL that it is given."""
    url_variable: str
    key_variable: str
    constructor: str
    """As in the sample. `{model}` stands for the slug."""
    sample: str
    """File name in examples/clients."""
    note: str
    refusals: Refusals

    def url(self, endpoint: Endpoint) -> str:
        """Return the URL that the client is given. Raises ClientError when the endpoint has no route for it."""
        url = endpoint.base_url(self.route)
        return url if self.appends == "/chat/completions" else url.removesuffix("/v1")

    @property
    def gets_v1(self) -> bool:
        """Tell whether the URL that the client is given ends in /v1."""
        return self.route.startswith("/v1") and self.appends == "/chat/completions"

    def environment(self, endpoint: Endpoint, key: str) -> dict[str, str]:
        """Return the environment variables for an endpoint. Raises ClientError when it has no route for the client."""
        return {self.url_variable: self.url(endpoint), self.key_variable: key}


PROXY = "litellm-proxy"
"""The name under which the commands know LiteLLM's proxy, which is configured for all endpoints of a stack."""

_ALL = (
    Client(
        name="curl",
        title="curl",
        route="/v1/chat/completions",
        appends="/v1/chat/completions",
        url_variable="MISTRAL_URL",
        key_variable="MISTRAL_API_KEY",
        constructor='curl "$MISTRAL_URL/v1/chat/completions" -H "Authorization: Bearer $MISTRAL_API_KEY" ...',
        sample="curl.sh",
        note="The variables are this sample's own.",
        refusals=Refusals(
            "curl: (22) The requested URL returned error: 401",
            "curl: (22) The requested URL returned error: 429",
            "curl: (22) The requested URL returned error: 400",
        ),
    ),
    Client(
        name="requests",
        title="Python requests",
        route="/v1/chat/completions",
        appends="/v1/chat/completions",
        url_variable="MISTRAL_URL",
        key_variable="MISTRAL_API_KEY",
        constructor='requests.post(f"{url}/v1/chat/completions", headers={{"Authorization": f"Bearer {{key}}"}}, ...)',
        sample="web_requests.py",
        note="The variables are this sample's own.",
        refusals=Refusals(
            "requests.exceptions.HTTPError", "requests.exceptions.HTTPError", "requests.exceptions.HTTPError"
        ),
    ),
    Client(
        name="openai",
        title="OpenAI SDK",
        route="/v1/chat/completions",
        appends="/chat/completions",
        url_variable="OPENAI_BASE_URL",
        key_variable="OPENAI_API_KEY",
        constructor="OpenAI()",
        sample="openai_sdk.py",
        note="`OpenAI`, not `AzureOpenAI`, which adds the routes of the Azure OpenAI service. Arguments that Mistral's"
        " API does not have, such as `stream_options` or `max_completion_tokens`, are refused with a 422.",
        refusals=Refusals("openai.AuthenticationError", "openai.RateLimitError", "openai.BadRequestError"),
    ),
    Client(
        name="langchain",
        title="LangChain",
        route="/v1/chat/completions",
        appends="/chat/completions",
        url_variable="MISTRAL_BASE_URL",
        key_variable="MISTRAL_API_KEY",
        constructor='ChatMistralAI(model_name="{model}")',
        sample="langchain_mistral.py",
        note="`langchain-mistralai` trusts the certificate authorities of certifi alone. Where another"
        " one vouches, as behind a company's proxy, give it an HTTP client, as the sample does.",
        refusals=Refusals("httpx.HTTPStatusError", "httpx.HTTPStatusError", "httpx.HTTPStatusError"),
    ),
    Client(
        name="mistralai",
        title="Mistral SDK",
        route="/v1/chat/completions",
        appends="/v1/chat/completions",
        url_variable="MISTRAL_URL",
        key_variable="MISTRAL_API_KEY",
        constructor='Mistral(server_url=os.environ["MISTRAL_URL"], api_key=os.environ["MISTRAL_API_KEY"])',
        sample="mistral_sdk.py",
        note="`Mistral`, not `MistralAzure`, which calls `/models/chat/completions`, a route of Foundry resources. The"
        " first variable is this sample's own.",
        refusals=Refusals(
            "mistralai.client.errors.sdkerror.SDKError",
            "mistralai.client.errors.sdkerror.SDKError",
            "mistralai.client.errors.sdkerror.SDKError",
        ),
    ),
    Client(
        name="litellm",
        title="LiteLLM",
        route="/v1/chat/completions",
        appends="/chat/completions",
        url_variable="MISTRAL_AZURE_API_BASE",
        key_variable="MISTRAL_AZURE_API_KEY",
        constructor='litellm.completion(model="mistral/{model}", messages=[...])',
        sample="litellm_sdk.py",
        note="The provider `mistral/` leaves out what Mistral's API does not have. `azure_ai/` works too, with the URL"
        " without /v1, on the other route.",
        refusals=Refusals(
            "litellm.exceptions.AuthenticationError",
            "litellm.exceptions.RateLimitError",
            "litellm.exceptions.BadRequestError",
        ),
    ),
    Client(
        name="azure-ai-inference",
        title="Azure AI Inference SDK",
        route="/chat/completions",
        appends="/chat/completions",
        url_variable="AZURE_AI_CHAT_ENDPOINT",
        key_variable="AZURE_AI_CHAT_KEY",
        constructor="ChatCompletionsClient(endpoint, AzureKeyCredential(key))",
        sample="azure_ai_inference.py",
        note="It adds an api-version by itself. The variables are those of its own samples.",
        refusals=Refusals(
            "azure.core.exceptions.ClientAuthenticationError",
            "azure.core.exceptions.HttpResponseError",
            "azure.core.exceptions.HttpResponseError",
        ),
    ),
)

CLIENTS: Mapping[str, Client] = MappingProxyType({client.name: client for client in _ALL})
"""The clients by the name that `azure-mistral client` takes."""


def find_client(name: str) -> Client:
    """Return the client of that name. Raises ClientError, which names them all, when there is none."""
    if name not in CLIENTS:
        names = [*CLIENTS, PROXY]
        near = nearest(name, names)
        advice = f"Did you mean {near}?" if near else "Choose one of these."
        raise ClientError(f'client: "{name}" is not known. Expected one of {", ".join(names)}. {advice}')
    return CLIENTS[name]


def proxy_key_variable(endpoint: Endpoint) -> str:
    """Return the environment variable from which LiteLLM's proxy reads an endpoint's key."""
    return f"{endpoint.model}_{endpoint.location}_KEY".replace("-", "_").replace(".", "_").upper()


def proxy_endpoints(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return the endpoints that LiteLLM's proxy can call: those with keys and Mistral's own chat API.

    Raises ClientError when there is none.
    """
    found = [endpoint for endpoint in endpoints if endpoint.takes_keys and endpoint.mistral_chat_url]
    if not found:
        raise ClientError(
            "endpoints: none has both a key and the route /v1/chat/completions, which LiteLLM's proxy needs. Expected"
            " one. Deploy one with authMode Key or KeyAndAAD."
        )
    return found


def proxy_config(
    endpoints: Iterable[Endpoint],
    key_of: Callable[[Endpoint], str] = lambda endpoint: f"os.environ/{proxy_key_variable(endpoint)}",
) -> dict[str, Any]:
    """Return the `config.yaml` of LiteLLM's proxy over all endpoints of a stack.

    The locations of a model are one group under the model's slug, over which requests are spread. When an endpoint
    fails, the request goes on to the others; `<slug>-<location>` calls one location alone. Each entry says what its
    endpoint answers in a minute, so that the proxy spreads requests before Azure refuses them.

    Args:
        endpoints: Those that the proxy can call; see `proxy_endpoints`.
        key_of: Gives what stands for an endpoint's key. By default LiteLLM's reference to an environment variable.
    """
    by_model: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        by_model.setdefault(endpoint.model, []).append(endpoint)
    several = {model: group for model, group in by_model.items() if len(group) > 1}
    entries = [_proxy_entry(model, endpoint, key_of) for model, group in by_model.items() for endpoint in group]
    pinned = [_proxy_entry(_pinned(endpoint), endpoint, key_of) for group in several.values() for endpoint in group]
    # LiteLLM tries another endpoint of the same group by itself only after some errors; a 404, which is what a deleted
    # endpoint or a retired model answers, is not among them. A group may not fall back on itself.
    fallbacks = [{model: [_pinned(endpoint) for endpoint in group]} for model, group in several.items()]
    return {
        "model_list": [*entries, *pinned],
        "router_settings": {"routing_strategy": "simple-shuffle", "num_retries": 2, "fallbacks": fallbacks},
        "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
        # What Mistral's API does not have is left out instead of refused: OpenAI's clients send more than it takes.
        "litellm_settings": {"drop_params": True},
    }


def _pinned(endpoint: Endpoint) -> str:
    return f"{endpoint.model}-{endpoint.location}"


def _proxy_entry(name: str, endpoint: Endpoint, key_of: Callable[[Endpoint], str]) -> dict[str, Any]:
    limits = {"rpm": REQUESTS_PER_MINUTE, "tpm": TOKENS_PER_MINUTE} if endpoint.hosting == "serverless" else {}
    parameters = {
        "model": f"mistral/{endpoint.model}",
        "api_base": CLIENTS["litellm"].url(endpoint),
        "api_key": key_of(endpoint),
        **limits,
    }
    return {"model_name": name, "litellm_params": parameters}
