"""Asking a cloud what a workspace holds: against a scripted one, for what the emulator never answers."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.core.pipeline.policies import RetryPolicy
from azure.core.rest import HttpRequest
from azure_mistral.cli import management
from azure_mistral.cli.adoption import ENDPOINT, MARKETPLACE_SUBSCRIPTION
from azure_mistral.cli.management import ManagementError, existing_in

from tests.provider import arm_server
from tests.provider.arm_server import Answer, ArmServer

WORKSPACE = f"{arm_server.GROUP}/providers/Microsoft.MachineLearningServices/workspaces/studio"
SUBSCRIPTIONS, ENDPOINTS = f"{WORKSPACE}/marketplaceSubscriptions", f"{WORKSPACE}/serverlessEndpoints"


@pytest.fixture
def arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmServer]:
    """A scripted cloud; the environment leads to it."""
    with arm_server.serve(tmp_path) as server:
        environment = {
            **server.environment,
            "AZURE_AUTHORITY_HOST": server.url,
            "AZURE_TENANT_ID": arm_server.TENANT,
            "AZURE_CLIENT_ID": arm_server.CLIENT,
            "AZURE_CLIENT_SECRET": arm_server.SECRET,
            "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
            "REQUESTS_CA_BUNDLE": str(server.bundle),
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        authority = {
            "authorization_endpoint": f"{server.url}/authorize",
            "token_endpoint": f"{server.url}/oauth2/v2.0/token",
        }
        server.answer("GET", "/v2.0/.well-known/openid-configuration", Answer(body={**authority, "issuer": server.url}))
        yield server


def item(collection: str, name: str) -> dict[str, object]:
    return {"id": f"{collection}/{name}", "name": name, "tags": None, "properties": {"modelId": "m"}}


def test_every_page_of_a_list_is_read(arm: ArmServer) -> None:
    arm.answer("GET", SUBSCRIPTIONS, Answer(body={"value": []}))
    next_page = f"{arm.url}{ENDPOINTS}?api-version=2025-12-01&$skip=2"
    first = {"value": [item(ENDPOINTS, "a"), item(ENDPOINTS, "b")], "nextLink": next_page}
    arm.answer("GET", ENDPOINTS, Answer(body=first), Answer(body={"value": [item(ENDPOINTS, "c")]}))

    found = existing_in(WORKSPACE)

    assert [(each.type, each.name, each.tags) for each in found] == [(ENDPOINT, name, {}) for name in "abc"]
    assert arm.last("GET").query == {"api-version": "2025-12-01", "$skip": "2"}


def test_both_collections_are_asked_with_a_token(arm: ArmServer) -> None:
    arm.answer("GET", SUBSCRIPTIONS, Answer(body={"value": [item(SUBSCRIPTIONS, "offer")]}))
    arm.answer("GET", ENDPOINTS, Answer(body={"value": []}))

    found = existing_in(WORKSPACE)

    assert [(each.type, each.id) for each in found] == [(MARKETPLACE_SUBSCRIPTION, f"{SUBSCRIPTIONS}/offer")]
    assert arm.calls() == [("GET", SUBSCRIPTIONS), ("GET", ENDPOINTS)]
    assert arm.last("GET").headers["Authorization"].startswith("Bearer ")


def test_a_refusal_is_told_in_azures_words(arm: ArmServer) -> None:
    arm.answer("GET", SUBSCRIPTIONS, arm_server.error("AuthorizationFailed", "You may not read this.", 403))

    with pytest.raises(ManagementError) as refused:
        existing_in(WORKSPACE)

    assert f"it refused to tell what is in {WORKSPACE}: HTTP 403: AuthorizationFailed: You may not read this. " in str(
        refused.value
    )


def test_a_cloud_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch, arm: ArmServer) -> None:
    monkeypatch.setattr(RetryPolicy, "sleep", lambda *_: None)
    closed = urlsplit(arm.url).hostname
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", f"{closed}:1")

    with pytest.raises(ManagementError, match="Azure: no answer: "):
        existing_in(WORKSPACE)


def test_without_another_cloud_public_azure_is_asked(monkeypatch: pytest.MonkeyPatch, arm: ArmServer) -> None:
    """Where the request would go to, without sending it."""
    monkeypatch.delenv("ARM_METADATA_HOSTNAME")
    asked: list[str] = []

    def answer(_client: object, request: HttpRequest) -> dict[str, list[object]]:
        asked.append(request.url)
        return {"value": []}

    monkeypatch.setattr(management, "_answer", answer)

    existing_in(WORKSPACE)

    assert asked == [
        f"https://management.azure.com{collection}?api-version=2025-12-01" for collection in (SUBSCRIPTIONS, ENDPOINTS)
    ]
