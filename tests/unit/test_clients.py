"""What each client is told about an endpoint, and the configuration of LiteLLM's proxy."""

import dataclasses

import pytest
from azure_mistral.cli.client import key_command
from azure_mistral.cli.conversation import credential
from azure_mistral.clients import (
    CLIENTS,
    Client,
    ClientError,
    Endpoint,
    find_client,
    proxy_config,
    proxy_endpoints,
    proxy_key_variable,
)

WORKSPACE = "/subscriptions/s/resourceGroups/group/providers/Microsoft.MachineLearningServices/workspaces/ml"
URL = "https://ministral-3b-1a2b3.eastus2.models.ai.azure.com"


def endpoint(model: str = "ministral-3b", location: str = "eastus2", **fields: str | None) -> Endpoint:
    url = f"https://{model}-1a2b3.{location}.models.ai.azure.com"
    return dataclasses.replace(
        Endpoint(
            model=model,
            location=location,
            id=f"{WORKSPACE}/serverlessEndpoints/{model}-1a2b3",
            hosting="serverless",
            auth_mode="Key",
            url=url,
            chat_completions_url=f"{url}/chat/completions",
            mistral_chat_url=f"{url}/v1/chat/completions",
        ),
        **fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("curl", {"MISTRAL_URL": URL, "MISTRAL_API_KEY": "key"}),
        ("requests", {"MISTRAL_URL": URL, "MISTRAL_API_KEY": "key"}),
        ("openai", {"OPENAI_BASE_URL": f"{URL}/v1", "OPENAI_API_KEY": "key"}),
        ("langchain", {"MISTRAL_BASE_URL": f"{URL}/v1", "MISTRAL_API_KEY": "key"}),
        ("mistralai", {"MISTRAL_URL": URL, "MISTRAL_API_KEY": "key"}),
        ("litellm", {"MISTRAL_AZURE_API_BASE": f"{URL}/v1", "MISTRAL_AZURE_API_KEY": "key"}),
        ("azure-ai-inference", {"AZURE_AI_CHAT_ENDPOINT": URL, "AZURE_AI_CHAT_KEY": "key"}),
    ],
)
def test_a_client_gets_the_url_as_it_wants_it_with_or_without_v1(name: str, environment: dict[str, str]) -> None:
    assert CLIENTS[name].environment(endpoint(), "key") == environment
    assert CLIENTS[name].gets_v1 == any(value.endswith("/v1") for value in environment.values())


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_what_a_client_gets_and_what_it_appends_make_its_route(client: Client) -> None:
    assert client.url(endpoint()) + client.appends == URL + client.route


def test_a_route_that_the_endpoint_does_not_have_is_refused_with_its_hosting() -> None:
    managed = endpoint(hosting="managed", mistral_chat_url=None)

    with pytest.raises(ClientError) as refused:
        CLIENTS["openai"].url(managed)

    assert str(refused.value) == (
        "endpoint: ministral-3b in eastus2 has no route /v1/chat/completions, being hosted as managed. Expected an"
        " endpoint that has it. Choose another client or model."
    )
    assert CLIENTS["azure-ai-inference"].url(managed) == URL


def test_an_unknown_client_is_refused_with_the_nearest_spelling() -> None:
    with pytest.raises(
        ClientError, match=r'client: "mistral" is not known\. Expected one of .*\. Did you mean mistral'
    ):
        find_client("mistral")


def test_a_key_is_not_in_what_an_endpoint_prints_as() -> None:
    assert "very-secret" not in repr(endpoint(key="very-secret"))


def test_the_locations_of_a_model_are_one_group_that_falls_back_on_each_of_them() -> None:
    config = proxy_config([endpoint(), endpoint("codestral-2501"), endpoint(location="westus3")])

    entries = [(entry["model_name"], entry["litellm_params"]["api_base"]) for entry in config["model_list"]]
    east, west = f"{URL}/v1", f"{URL.replace('eastus2', 'westus3')}/v1"
    assert entries == [
        ("ministral-3b", east),
        ("ministral-3b", west),
        ("codestral-2501", f"{endpoint('codestral-2501').url}/v1"),
        ("ministral-3b-eastus2", east),
        ("ministral-3b-westus3", west),
    ]
    assert config["router_settings"]["fallbacks"] == [
        {"ministral-3b": ["ministral-3b-eastus2", "ministral-3b-westus3"]}
    ]


def test_the_proxy_is_told_the_limits_of_a_serverless_deployment_and_none_of_a_managed_one() -> None:
    serverless, managed = proxy_config([endpoint(), endpoint("mistral-7b-v01", hosting="managed")])["model_list"]

    assert (serverless["litellm_params"]["rpm"], serverless["litellm_params"]["tpm"]) == (1_000, 200_000)
    assert {"rpm", "tpm"}.isdisjoint(managed["litellm_params"])


def test_the_proxy_reads_keys_from_the_environment_unless_they_are_given() -> None:
    (referring,) = proxy_config([endpoint(key="very-secret")])["model_list"]
    (holding,) = proxy_config([endpoint(key="very-secret")], lambda each: each.key or "")["model_list"]

    assert referring["litellm_params"]["api_key"] == "os.environ/MINISTRAL_3B_EASTUS2_KEY"
    assert proxy_key_variable(endpoint()) == "MINISTRAL_3B_EASTUS2_KEY"
    assert holding["litellm_params"]["api_key"] == "very-secret"


def test_the_proxy_leaves_out_endpoints_that_it_cannot_call() -> None:
    called = endpoint()

    assert proxy_endpoints([endpoint(auth_mode="AAD"), called, endpoint(mistral_chat_url=None)]) == [called]
    with pytest.raises(ClientError, match="none has both a key and the route"):
        proxy_endpoints([endpoint(auth_mode="AAD")])


@pytest.mark.parametrize(
    ("mode", "keys", "entra", "kind"),
    [
        ("Key", True, False, "key"),
        ("AAD", False, True, "Entra token"),
        ("KeyAndAAD", True, True, "key"),
        ("AADToken", False, True, "Entra token"),
        ("AMLToken", False, False, "Azure ML token"),
    ],
)
def test_every_auth_mode_says_what_a_caller_needs(mode: str, keys: bool, entra: bool, kind: str) -> None:
    found = endpoint(auth_mode=mode)

    assert (found.takes_keys, found.takes_entra_tokens, found.credential_kind) == (keys, entra, kind)


def test_who_needs_a_token_of_azure_ml_is_told_how_to_get_one() -> None:
    managed = endpoint(auth_mode="AMLToken", hosting="managed", id=f"{WORKSPACE}/onlineEndpoints/open-1a2b3")
    command = (
        "az ml online-endpoint get-credentials --name open-1a2b3 --workspace-name ml --resource-group group"
        " --subscription s --query accessToken --output tsv"
    )

    assert key_command(managed, []) == f'"$({command})"'
    with pytest.raises(ClientError) as refused:
        credential(managed)
    assert str(refused.value) == (
        "endpoint: ministral-3b in eastus2 is in AMLToken mode, and takes tokens of Azure ML alone. Expected one with"
        f" keys or Microsoft Entra tokens. Get a token for another client with: {command}"
    )
