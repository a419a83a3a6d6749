"""A small client of the management API for these tests: requests, polling, and a workspace to start from."""

import json
import ssl
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from emulator.server import EmulatorServer

MINISTRAL = "azureml://registries/azureml-mistral/models/Ministral-3B"
CODESTRAL = "azureml://registries/azureml-mistral/models/Codestral-2501"
MISTRAL_7B = "azureml://registries/azureml/models/mistralai-Mistral-7B-Instruct-v01/versions/12"

API_VERSIONS = {
    "microsoft.storage": "2024-01-01",
    "microsoft.keyvault": "2024-11-01",
    "microsoft.operationalinsights": "2023-09-01",
    "microsoft.insights": "2020-02-02",
    "microsoft.insights/autoscalesettings": "2021-05-01-preview",
    "microsoft.machinelearningservices": "2025-12-01",
    "microsoft.authorization": "2022-04-01",
    "microsoft.saas": "2018-03-01-beta",
}
"""What pulumi-azure-native 3.29.0 sends; 2024-03-01 for everything else."""


@dataclass(frozen=True)
class ArmClient:
    """Speaks to an emulator as a service principal, the deployer unless told otherwise."""

    server: EmulatorServer
    client_id: str = ""
    client_secret: str = ""

    @property
    def subscription(self) -> str:
        return "/subscriptions/" + self.server.environment["ARM_SUBSCRIPTION_ID"]

    @property
    def tenant(self) -> str:
        return self.server.environment["ARM_TENANT_ID"]

    @cached_property
    def http(self) -> httpx.Client:
        """Without credentials; trusts the emulator's bundle."""
        context = ssl.create_default_context(cafile=self.server.environment["SSL_CERT_FILE"])
        return httpx.Client(base_url=self.server.url, verify=context, trust_env=False)

    @cached_property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token('https://management.azure.com/.default')}"}

    def token(self, scope: str) -> str:
        answer = self.http.post(
            f"/{self.tenant}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": self.client_id or self.server.environment["ARM_CLIENT_ID"],
                "client_secret": self.client_secret or self.server.environment["ARM_CLIENT_SECRET"],
                "scope": scope,
            },
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def send(self, method: str, path: str, body: Any = None, /, **query: str) -> httpx.Response:
        """One request, with the API version that Pulumi would send."""
        kind = path.lower().rsplit("/providers/", 1)[-1] if "/providers/" in path.lower() else ""
        namespace = "/".join(kind.split("/")[:2]) if "autoscale" in kind else kind.split("/")[0]
        parameters = {"api-version": API_VERSIONS.get(namespace, "2024-03-01")} | query
        return self.http.request(method, path, params=parameters, json=body, headers=self.authorization)

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.send("GET", path, **query)

    def put(self, path: str, body: Any, **query: str) -> httpx.Response:
        return self.send("PUT", path, body, **query)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.send("POST", path, body)

    def delete(self, path: str, **query: str) -> httpx.Response:
        return self.send("DELETE", path, **query)

    def finish(self, answer: httpx.Response) -> httpx.Response:
        """Poll an accepted operation to its end; the last answer."""
        status_url, result_url = answer.headers.get("azure-asyncoperation"), answer.headers.get("location")
        for _ in range(20):
            if status_url:
                polled = self.http.get(status_url, headers=self.authorization)
                if polled.json()["status"] not in ("InProgress", "Accepted", "Running"):
                    return polled
            elif result_url:
                polled = self.http.get(result_url, headers=self.authorization)
                if polled.status_code != 202:
                    return polled
            else:
                return answer
        raise AssertionError(f"{answer.request.url}: not done after 20 polls")

    def create(self, path: str, body: Any) -> dict[str, Any]:
        """PUT, wait, GET."""
        answer = self.put(path, body)
        assert answer.status_code in (200, 201, 202), answer.text
        self.finish(answer)
        return self.settled(path)

    def settled(self, path: str) -> dict[str, Any]:
        """GET until nothing goes on any more."""
        for _ in range(20):
            document: dict[str, Any] = self.get(path).json()
            if document["properties"].get("provisioningState") not in ("Creating", "Updating", "Accepted", "Running"):
                return document
        raise AssertionError(f"{path}: not done after 20 polls")

    def remove(self, path: str) -> None:
        answer = self.delete(path)
        assert answer.status_code in (200, 202), answer.text
        self.finish(answer)

    def control(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """A request to the control API; its JSON."""
        answer = self.http.request(method, f"/_emulator/{path}", json=body, params=query)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def resource_group(self, name: str = "", location: str = "eastus2", subscription: str = "") -> str:
        path = f"{subscription or self.subscription}/resourceGroups/{name or f'rg-{uuid.uuid4().hex[:8]}'}"
        return str(self.create(path, {"location": location})["id"])

    def storage_account(self, group: str) -> str:
        path = f"{group}/providers/Microsoft.Storage/storageAccounts/st{uuid.uuid4().hex[:12]}"
        body = {"location": "eastus2", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
        return str(self.create(path, body)["id"])

    def key_vault(self, group: str) -> str:
        path = f"{group}/providers/Microsoft.KeyVault/vaults/kv-{uuid.uuid4().hex[:12]}"
        return str(self.create(path, self.vault_body())["id"])

    def vault_body(self, **properties: Any) -> dict[str, Any]:
        sku = {"family": "A", "name": "standard"}
        return {"location": "eastus2", "properties": {"tenantId": self.tenant, "sku": sku, **properties}}

    def log_analytics(self, group: str, name: str = "law-1") -> dict[str, Any]:
        path = f"{group}/providers/Microsoft.OperationalInsights/workspaces/{name}"
        return self.create(path, {"location": "eastus2", "properties": {"sku": {"name": "PerGB2018"}}})

    def application_insights(self, group: str) -> str:
        path = f"{group}/providers/Microsoft.Insights/components/appi-1"
        properties = {"Application_Type": "web", "WorkspaceResourceId": self.log_analytics(group)["id"]}
        return str(self.create(path, {"location": "eastus2", "kind": "web", "properties": properties})["id"])

    def workspace_body(self, group: str, **members: Any) -> dict[str, Any]:
        """What a Default workspace needs, and the resources it depends on."""
        return {
            "location": "eastus2",
            "kind": "Default",
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "storageAccount": self.storage_account(group),
                "keyVault": self.key_vault(group),
                "applicationInsights": self.application_insights(group),
            },
            **members,
        }

    def workspace(self, group: str = "", name: str = "mlw-1", location: str = "eastus2") -> str:
        group = group or self.resource_group()
        path = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{name}"
        return str(self.create(path, self.workspace_body(group, location=location))["id"])

    def subscribe(self, workspace: str, model: str = MINISTRAL, name: str = "ministral-3b") -> str:
        path = f"{workspace}/marketplaceSubscriptions/{name}"
        return str(self.create(path, {"properties": {"modelId": model}})["id"])

    def endpoint_body(self, model: str = MINISTRAL, location: str = "eastus2", **properties: Any) -> dict[str, Any]:
        return {
            "location": location,
            "sku": {"name": "Consumption"},
            "properties": {"authMode": "Key", "modelSettings": {"modelId": model}, **properties},
        }

    def endpoint(self, workspace: str, name: str = "", model: str = MINISTRAL, **properties: Any) -> str:
        path = f"{workspace}/serverlessEndpoints/{name or f'ep-{uuid.uuid4().hex[:8]}'}"
        return str(self.create(path, self.endpoint_body(model, **properties))["id"])

    def online_endpoint(self, workspace: str, name: str = "", **properties: Any) -> str:
        path = f"{workspace}/onlineEndpoints/{name or f'oe-{uuid.uuid4().hex[:8]}'}"
        return str(self.create(path, {"location": "eastus2", "properties": {"authMode": "Key", **properties}})["id"])

    def deployment_body(self, model: str = MISTRAL_7B, capacity: int = 1, **properties: Any) -> dict[str, Any]:
        instances = {"endpointComputeType": "Managed", "model": model, "instanceType": "Standard_NC24ads_A100_v4"}
        return {
            "location": "eastus2",
            "sku": {"name": "Default", "capacity": capacity},
            "properties": {**instances, **properties},
        }

    def online_deployment(self, endpoint: str, name: str = "blue", **properties: Any) -> str:
        return str(self.create(f"{endpoint}/deployments/{name}", self.deployment_body(**properties))["id"])

    def route(self, endpoint: str, **traffic: int) -> dict[str, Any]:
        """Set an endpoint's traffic rules, and wait until they hold."""
        document = self.get(endpoint).json()
        return self.create(endpoint, document | {"properties": document["properties"] | {"traffic": traffic}})

    def principal(self, kind: str = "ServicePrincipal", **members: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.control("POST", "principals", {"kind": kind, "name": f"a {kind}", **members})
        return answer

    def signed_in(self, principal: dict[str, Any]) -> "ArmClient":
        """The same server, as another service principal."""
        return ArmClient(self.server, principal["clientId"], principal["clientSecret"])

    def assign(self, scope: str, role: str, principal: dict[str, Any]) -> httpx.Response:
        """Assign a role, by name."""
        definitions = self.get(
            f"{self.subscription}/providers/Microsoft.Authorization/roleDefinitions",
            **{"$filter": f"roleName eq '{role}'"},
        ).json()["value"]
        properties = {
            "roleDefinitionId": definitions[0]["id"],
            "principalId": principal["id"],
            "principalType": principal["kind"],
        }
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        return self.put(path, {"properties": properties})


def error(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    body = answer.json()["error"]
    return answer.status_code, body["code"], body["message"]


def inferencing_errors(answer: httpx.Response) -> dict[str, list[str]]:
    """What the inferencing service says, by field: it is inside the text of the detail of a BadRequest."""
    (detail,) = answer.json()["error"]["details"]
    errors: dict[str, list[str]] = json.loads(detail["message"].split("error detail: ", 1)[-1])["errors"]
    return errors


def inner_error(answer: httpx.Response) -> list[str]:
    """The nested codes of Azure Machine Learning's InnerError, outermost first."""
    information = {item["type"]: item["info"]["value"] for item in answer.json()["error"]["additionalInfo"]}
    codes, item = [], information.get("InnerError")
    while item:
        codes.append(item["code"])
        item = item["innerError"]
    return codes
