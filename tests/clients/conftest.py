"""Endpoints for the clients: made once by management requests, in an Azure subscription of the tests' own."""

import os
from collections.abc import Callable, Iterator

import pytest
from azure_mistral.clients import Endpoint

from emulator.server import EmulatorServer
from tests.support import studio
from tests.support.azure import Azure

Deploy = Callable[[str, str, str], Endpoint]

REGISTRY_NAMES = {"ministral-3b": "Ministral-3B", "codestral-2501": "Codestral-2501"}
LOCATIONS = ("eastus2", "westus3")


@pytest.fixture(scope="session")
def clients_azure(emulator: EmulatorServer) -> Iterator[Azure]:
    """The Azure subscription of the endpoints."""
    with Azure(emulator) as azure:
        yield azure


@pytest.fixture(scope="session")
def new_workspaces(clients_azure: Azure) -> Callable[[str], dict[str, str]]:
    """Makes workspaces in a resource group, one in each location, subscribed to the models."""
    group = studio.make_group(clients_azure, "clients")
    made: dict[str, dict[str, str]] = {}

    def workspaces(name: str) -> dict[str, str]:
        if name not in made:
            made[name] = {}
            for location in LOCATIONS:
                (workspace,) = studio.make_hubs(clients_azure, group, f"{name}-{location}", location=location)
                for slug, model in REGISTRY_NAMES.items():
                    studio.subscribe(clients_azure, workspace, model, slug)
                made[name][location] = workspace
        return made[name]

    return workspaces


@pytest.fixture(scope="session")
def deploy(clients_azure: Azure, new_workspaces: Callable[[str], dict[str, str]]) -> Deploy:
    """Makes the endpoint of a model in a location, in the workspaces of a name."""

    def endpoint(name: str, slug: str, location: str) -> Endpoint:
        workspace = new_workspaces(name)[location]
        path = studio.deploy(clients_azure, workspace, REGISTRY_NAMES[slug], f"{name}-{slug}", location)
        url = clients_azure.arm("GET", path).json()["properties"]["inferenceEndpoint"]["uri"]
        return Endpoint(
            model=slug,
            location=location,
            id=path,
            hosting="serverless",
            auth_mode="Key",
            url=url,
            chat_completions_url=f"{url}/chat/completions",
            mistral_chat_url=f"{url}/v1/chat/completions",
            key=clients_azure.arm("POST", f"{path}/listKeys").json()["primaryKey"],
        )

    return endpoint


@pytest.fixture(scope="session")
def ministral(deploy: Deploy) -> Endpoint:
    return deploy("samples", "ministral-3b", "eastus2")


@pytest.fixture(scope="session")
def codestral(deploy: Deploy) -> Endpoint:
    return deploy("samples", "codestral-2501", "eastus2")


@pytest.fixture(scope="session")
def terminal(emulator: EmulatorServer) -> dict[str, str]:
    """The environment of a person's shell after `make env`, without the variables of any client."""
    foreign = ("MISTRAL_", "OPENAI_", "LITELLM_", "LANGCHAIN_", "LANGSMITH_", "AZURE_", "ARM_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    # LiteLLM fetches its table of prices from the internet unless it is told to use the one that it came with.
    return {**own, **emulator.environment, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
