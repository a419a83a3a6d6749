"""One question to an endpoint through the OpenAI SDK, and what came back."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from openai import OpenAI
from openai.types import CompletionUsage

from azure_mistral.clients import ClientError, Endpoint
from azure_mistral.resource_id import parse_resource_id

# What a token for a serverless endpoint is issued for (azure-ai-inference's default credential scope).
TOKEN_SCOPE = "https://ml.azure.com/.default"  # noqa: S105 - an address, no secret


@dataclass(slots=True)
class Conversation:
    """An answer: read `texts` to its end first, then `summary` tells how it ended and what it cost."""

    texts: Iterator[str] = field(default_factory=lambda: iter(()))
    finish_reason: str = ""
    usage: CompletionUsage | None = None

    @property
    def summary(self) -> str:
        """Return finish reason and token counts in one line."""
        if self.usage is None:
            return f"finish reason {self.finish_reason}"
        return (
            f"{self.usage.prompt_tokens} prompt tokens, {self.usage.completion_tokens} completion tokens,"
            f" finish reason {self.finish_reason}"
        )


def answer(endpoint: Endpoint, prompt: str, *, stream: bool) -> Conversation:
    """Ask one question on the native Mistral route; the request is sent when `texts` is read.

    Raises openai.APIError as the SDK does, and ClientError when the endpoint does not have the route or takes a token
    that this command cannot get.
    """
    client = OpenAI(base_url=endpoint.base_url("/v1/chat/completions"), api_key=credential(endpoint))
    conversation = Conversation()
    conversation.texts = (streamed if stream else whole)(client, endpoint.model, prompt, conversation)
    return conversation


def whole(client: OpenAI, model: str, prompt: str, conversation: Conversation) -> Iterator[str]:
    """Yield the answer at once."""
    completion = client.chat.completions.create(model=model, messages=[{"role": "user", "content": prompt}])
    choice = completion.choices[0]
    conversation.finish_reason = choice.finish_reason
    conversation.usage = completion.usage
    yield choice.message.content or ""


def streamed(client: OpenAI, model: str, prompt: str, conversation: Conversation) -> Iterator[str]:
    """Yield the answer piece by piece as it comes."""
    chunks = client.chat.completions.create(model=model, messages=[{"role": "user", "content": prompt}], stream=True)
    for chunk in chunks:
        conversation.usage = chunk.usage or conversation.usage
        for choice in chunk.choices:
            conversation.finish_reason = choice.finish_reason or conversation.finish_reason
            yield choice.delta.content or ""


def credential(endpoint: Endpoint) -> str:
    """Return the key of an endpoint, or a token of the person or workload that runs this command where it has none.

    Raises ClientError where it takes neither keys nor Microsoft Entra tokens.
    """
    if endpoint.key:
        return endpoint.key
    if not endpoint.takes_entra_tokens:
        raise ClientError(
            f"endpoint: {endpoint.label} is in {endpoint.auth_mode} mode, and takes tokens of Azure ML alone. Expected"
            f" one with keys or Microsoft Entra tokens. Get a token for another client with:"
            f" {azure_ml_token_command(endpoint)}"
        )
    from azure.identity import DefaultAzureCredential  # takes longer to import than a chat with a key needs

    # In a cloud of one's own nobody but its own authority can vouch for it; azure-native reads the same variable.
    private = os.environ.get("ARM_DISABLE_INSTANCE_DISCOVERY", "").lower() == "true"
    return DefaultAzureCredential(disable_instance_discovery=private).get_token(TOKEN_SCOPE).token


def azure_ml_token_command(endpoint: Endpoint) -> str:
    """Return the command of Azure's command line that prints a token for a managed endpoint in AMLToken mode."""
    named = parse_resource_id(endpoint.id)
    workspace = endpoint.id.split("/")[-3]
    return (
        f"az ml online-endpoint get-credentials --name {named.name} --workspace-name {workspace}"
        f" --resource-group {named.resource_group_name} --subscription {named.azure_subscription_id}"
        " --query accessToken --output tsv"
    )
