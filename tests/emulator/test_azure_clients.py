"""Azure's own client libraries, as they are: azure-identity and azure-core's pipeline."""

from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RequestIdPolicy, RetryPolicy
from azure.core.polling import LROPoller
from azure.core.polling.base_polling import LocationPolling, LROBasePolling, OperationResourcePolling
from azure.core.rest import HttpRequest
from azure.identity import ClientSecretCredential, DefaultAzureCredential

from tests.emulator.arm_client import MINISTRAL, ArmClient


@pytest.fixture
def credential(arm: ArmClient, monkeypatch: pytest.MonkeyPatch) -> TokenCredential:
    """azure-identity in the emulator's environment."""
    for name, value in arm.server.environment.items():
        monkeypatch.setenv(name, value)
    environment = arm.server.environment
    return ClientSecretCredential(
        environment["AZURE_TENANT_ID"],
        environment["AZURE_CLIENT_ID"],
        environment["AZURE_CLIENT_SECRET"],
        disable_instance_discovery=True,
    )


@pytest.fixture
def client(arm: ArmClient, credential: TokenCredential) -> PipelineClient[Any, Any]:
    """azure-core's pipeline, with the policies of an Azure management client."""
    policies = [
        RequestIdPolicy(),
        RetryPolicy(retry_backoff_factor=0.01),
        BearerTokenCredentialPolicy(credential, "https://management.azure.com/.default"),
    ]
    return PipelineClient(arm.server.url, policies=policies)


def test_azure_identity_signs_in_with_a_client_secret(credential: TokenCredential) -> None:
    assert credential.get_token("https://management.azure.com/.default").token.count(".") == 2


def test_the_default_credential_signs_in_from_the_environment(credential: TokenCredential) -> None:
    default = DefaultAzureCredential(disable_instance_discovery=True)
    assert default.get_token("https://management.azure.com/.default").token.count(".") == 2


def test_azure_core_polls_an_operation_to_its_end_and_reads_the_resource(
    arm: ArmClient, client: PipelineClient[Any, Any]
) -> None:
    workspace = arm.workspace()
    url = f"{workspace}/marketplaceSubscriptions/one?api-version=2025-12-01"
    request = HttpRequest("PUT", url, json={"properties": {"modelId": MINISTRAL}})
    accepted = client.send_request(client_request(client, request), _return_pipeline_response=True)
    poller = LROPoller(client, accepted, lambda answer: answer.http_response.json(), polling())
    assert poller.result()["properties"]["marketplaceSubscriptionStatus"] == "Subscribed"
    sent = [entry for entry in arm.control("GET", "requests", plane="arm") if "mfeOperationsStatus" in entry["path"]]
    assert len(sent) == 2


def test_azure_core_polls_a_location_to_its_end(arm: ArmClient, client: PipelineClient[Any, Any]) -> None:
    group = arm.resource_group()
    body = arm.workspace_body(group)
    url = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/mlw-1?api-version=2025-12-01"
    accepted = client.send_request(
        client_request(client, HttpRequest("PUT", url, json=body)), _return_pipeline_response=True
    )
    poller = LROPoller(client, accepted, lambda answer: answer.http_response.json(), polling())
    assert poller.result()["properties"]["provisioningState"] == "Succeeded"


def test_azure_core_reports_a_failed_operation_with_azures_words(
    arm: ArmClient, client: PipelineClient[Any, Any]
) -> None:
    workspace = arm.workspace()
    arm.control("POST", "faults", {"method": "PUT", "stage": "operation", "code": "Failed", "message": "No luck."})
    url = f"{workspace}/marketplaceSubscriptions/one?api-version=2025-12-01"
    request = HttpRequest("PUT", url, json={"properties": {"modelId": MINISTRAL}})
    accepted = client.send_request(client_request(client, request), _return_pipeline_response=True)
    with pytest.raises(HttpResponseError, match=r"No luck\."):
        LROPoller(client, accepted, lambda answer: answer, polling()).result()


@pytest.mark.parametrize("when", ["before", "after"])
def test_azure_core_gets_over_a_dropped_connection(arm: ArmClient, client: PipelineClient[Any, Any], when: str) -> None:
    arm.control("POST", "faults", {"method": "PUT", "stage": "disconnect", "when": when})
    url = f"{arm.subscription}/resourceGroups/rg-1?api-version=2024-03-01"
    answer = client.send_request(client_request(client, HttpRequest("PUT", url, json={"location": "eastus2"})))
    assert answer.status_code == {"before": 201, "after": 200}[when]


def polling() -> LROBasePolling[Any, Any, Any]:
    """azure-core's polling with the header that Azure Resource Manager uses, as azure-mgmt-core sets it up."""
    status: Any = OperationResourcePolling(operation_location_header="azure-asyncoperation")
    return LROBasePolling(timeout=30, lro_algorithms=[status, LocationPolling()])


def client_request(client: PipelineClient[Any, Any], request: HttpRequest) -> HttpRequest:
    """The request with the server's address before its path."""
    request.url = client.format_url(request.url)
    return request
