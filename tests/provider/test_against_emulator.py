"""The stand-in plugin against the emulator: neither knows the other but through Azure's protocol."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests

from emulator.provider.resource_types import RESOURCE_TYPES
from emulator.server import EmulatorServer
from tests.provider.plugin import Plugin, serve
from tests.provider.samples import SAMPLES

RESOURCE_GROUP = "azure-native:resources:ResourceGroup"
STORAGE_ACCOUNT = "azure-native:storage:StorageAccount"
VAULT = "azure-native:keyvault:Vault"
LOG_ANALYTICS = "azure-native:operationalinsights:Workspace"
INSIGHTS = "azure-native:applicationinsights:Component"
WORKSPACE = "azure-native:machinelearningservices:Workspace"
SUBSCRIPTION = "azure-native:machinelearningservices:MarketplaceSubscription"
ENDPOINT = "azure-native:machinelearningservices:ServerlessEndpoint"
ONLINE_ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"
ONLINE_DEPLOYMENT = "azure-native:machinelearningservices:OnlineDeployment"
DEPLOYMENT = "azure-native:resources:Deployment"
AUTOSCALE_SETTING = "azure-native:monitor:AutoscaleSetting"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
MODEL = "azureml://registries/azureml-mistral/models/Ministral-3B"
OPEN_MODEL = "azureml://registries/azureml/models/mistralai-Mistral-7B-Instruct-v01/versions/12"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@dataclass(frozen=True)
class Made:
    """A resource in the emulator, as the engine would keep it."""

    pulumi_type: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass(frozen=True)
class Cloud:
    """The emulator, and a plugin that is configured for it."""

    emulator: EmulatorServer
    provider: Plugin

    def make(self, pulumi_type: str, name: str, **inputs: Any) -> Made:
        """Check and create, as an update does."""
        checked, failures = self.provider.check(pulumi_type, inputs, name=name, seed=name.encode())
        assert failures == []
        resource_id, outputs = self.provider.create(pulumi_type, checked)
        return Made(pulumi_type, resource_id, checked, outputs)

    def token(self) -> str:
        """A bearer token of the deployer."""
        return str(self.provider.invoke("azure-native:authorization:getClientToken")["token"])

    def change(self, resource: Made, body: Mapping[str, Any]) -> None:
        """Change a resource behind the plugin's back."""
        api_version = RESOURCE_TYPES[resource.pulumi_type].api_version
        response = requests.put(
            f"{self.emulator.url}{resource.id}?api-version={api_version}",
            json=body,
            headers={"Authorization": f"Bearer {self.token()}"},
            verify=self.emulator.environment["SSL_CERT_FILE"],
            timeout=30,
        )
        response.raise_for_status()


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An emulator of the test's own."""
    with EmulatorServer(tmp_path) as emulator, serve() as provider:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        provider.configure(location="eastus2")
        yield Cloud(emulator, provider)


@pytest.fixture
def estate(cloud: Cloud) -> dict[str, Made]:
    """One resource of each type, each on top of those before it."""
    group = cloud.make(RESOURCE_GROUP, "rg", tags={"team": "a"})
    here = {"resourceGroupName": group.outputs["name"], "tags": {"team": "a"}}
    store = cloud.make(
        STORAGE_ACCOUNT,
        "store",
        **here,
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
        allowBlobPublicAccess=False,
        enableHttpsTrafficOnly=True,
        minimumTlsVersion="TLS1_2",
    )
    vault = cloud.make(
        VAULT,
        "vault",
        **here,
        properties={
            "tenantId": cloud.emulator.environment["ARM_TENANT_ID"],
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 7,
        },
    )
    log = cloud.make(LOG_ANALYTICS, "logs", **here, sku={"name": "PerGB2018"}, retentionInDays=30)
    insights = cloud.make(
        INSIGHTS,
        "insights",
        **here,
        kind="web",
        applicationType="web",
        ingestionMode="LogAnalytics",
        workspaceResourceId=log.id,
    )
    workspace = cloud.make(
        WORKSPACE,
        "workspace",
        **here,
        kind="Default",
        identity={"type": "SystemAssigned"},
        sku={"name": "Basic", "tier": "Basic"},
        friendlyName="models",
        storageAccount=store.id,
        keyVault=vault.id,
        applicationInsights=insights.id,
    )
    within = {"resourceGroupName": group.outputs["name"], "workspaceName": workspace.outputs["name"]}
    subscription = cloud.make(SUBSCRIPTION, "ministral", **within, properties={"modelId": MODEL})
    endpoint = cloud.make(
        ENDPOINT,
        "ministral-chat",
        **within,
        sku={"name": "Consumption"},
        tags={"team": "a"},
        properties={
            "authMode": "Key",
            "contentSafety": {"contentSafetyStatus": "Enabled"},
            "modelSettings": {"modelId": MODEL},
        },
    )
    online = cloud.make(ONLINE_ENDPOINT, "mistral-chat", **within, tags={"team": "a"}, properties={"authMode": "Key"})
    blue = cloud.make(
        ONLINE_DEPLOYMENT,
        "blue",
        **within,
        endpointName=online.outputs["name"],
        sku={"name": "Default", "capacity": 1},
        properties={
            "endpointComputeType": "Managed",
            "model": OPEN_MODEL,
            "instanceType": "Standard_NC24ads_A100_v4",
        },
    )
    template = cloud.make(
        DEPLOYMENT,
        "template",
        **here,
        properties={"mode": "Incremental", "template": {"contentVersion": "1.0.0.0", "resources": []}},
    )
    autoscale = cloud.make(
        AUTOSCALE_SETTING,
        "instances",
        **here,
        enabled=True,
        targetResourceUri=blue.id,
        profiles=[{"name": "load", "capacity": {"minimum": "1", "maximum": "3", "default": "1"}, "rules": []}],
    )
    assignment = cloud.make(
        ROLE_ASSIGNMENT,
        "reads",
        scope=group.id,
        principalId=workspace.outputs["identity"]["principalId"],
        principalType="ServicePrincipal",
        roleDefinitionId=f"/subscriptions/{cloud.emulator.environment['ARM_SUBSCRIPTION_ID']}"
        f"/providers/Microsoft.Authorization/roleDefinitions/{READER}",
    )
    models = (subscription, endpoint, online, blue, template, autoscale)
    everything = (group, store, vault, log, insights, workspace, *models, assignment)
    return {made.pulumi_type: made for made in everything}


UPDATES: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    LOG_ANALYTICS: lambda _: {"retentionInDays": 60},
    WORKSPACE: lambda _: {"friendlyName": "others"},
    ENDPOINT: lambda inputs: {
        "properties": {**inputs["properties"], "contentSafety": {"contentSafetyStatus": "Disabled"}}
    },
    ONLINE_DEPLOYMENT: lambda _: {"sku": {"name": "Default", "capacity": 2}},
    **{
        pulumi_type: lambda _: {"tags": {"team": "b"}}
        for pulumi_type in (
            RESOURCE_GROUP,
            STORAGE_ACCOUNT,
            VAULT,
            INSIGHTS,
            ONLINE_ENDPOINT,
            DEPLOYMENT,
            AUTOSCALE_SETTING,
        )
    },
}
"""What can change in place; a Marketplace subscription and a role assignment have nothing."""


def test_every_type_lives_through_its_whole_life(cloud: Cloud, estate: Mapping[str, Made]) -> None:
    """Refreshed and imported without a difference, updated in place, deleted in reverse order, and gone."""
    provider = cloud.provider
    for made in estate.values():
        assert provider.read(made.pulumi_type, made.id, made.inputs, made.outputs)[:2] == (made.id, made.inputs)
        _, imported, state = provider.read(made.pulumi_type, made.id)
        checked, failures = provider.check(made.pulumi_type, imported, imported)
        assert failures == list(SAMPLES[made.pulumi_type].import_failures)
        assert not provider.diff(made.pulumi_type, imported, checked, state).detailedDiff

    for pulumi_type, change in UPDATES.items():
        made = estate[pulumi_type]
        news = {**made.inputs, **change(made.inputs)}
        updated = provider.update(pulumi_type, made.id, made.inputs, news, made.outputs)
        assert provider.read(pulumi_type, made.id, news, updated)[:2] == (made.id, news)

    for made in reversed(list(estate.values())):
        provider.delete(made.pulumi_type, made.id)
        assert provider.read(made.pulumi_type, made.id, made.inputs, made.outputs)[0] == ""


def test_endpoint_has_its_url_and_keys(cloud: Cloud, estate: Mapping[str, Made]) -> None:
    endpoint = estate[ENDPOINT]

    keys = cloud.provider.invoke(
        "azure-native:machinelearningservices:listServerlessEndpointKeys",
        **{name: endpoint.inputs[name] for name in ("resourceGroupName", "workspaceName", "name")},
    )

    assert endpoint.outputs["properties"]["endpointState"] == "Online"
    assert endpoint.outputs["properties"]["inferenceEndpoint"]["uri"].startswith(cloud.emulator.url)
    assert keys.keys() == {"primaryKey", "secondaryKey"}
    assert keys["primaryKey"] not in str(endpoint.outputs)


def test_traffic_is_switched_by_a_template_with_parameters(cloud: Cloud, estate: Mapping[str, Made]) -> None:
    """As ManagedDeployment does it, since Azure has no resource for an endpoint's traffic."""
    blue, endpoint = estate[ONLINE_DEPLOYMENT], estate[ONLINE_ENDPOINT]
    green = cloud.make(ONLINE_DEPLOYMENT, "green", **{**blue.inputs, "deploymentName": "green"})
    resource = {
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        "apiVersion": "2025-12-01",
        "name": f"{endpoint.inputs['workspaceName']}/{endpoint.inputs['endpointName']}",
        "location": "eastus2",
        "properties": {"authMode": "Key", "traffic": "[parameters('traffic')]"},
    }
    template = {"parameters": {"traffic": {"type": "object"}}, "resources": [resource]}

    def properties(**traffic: int) -> dict[str, Any]:
        return {"mode": "Incremental", "template": template, "parameters": {"traffic": {"value": traffic}}}

    made = cloud.make(
        DEPLOYMENT, "traffic", resourceGroupName=blue.inputs["resourceGroupName"], properties=properties(blue=100)
    )
    switched = {**made.inputs, "properties": properties(green=100)}
    assert list(cloud.provider.diff(DEPLOYMENT, made.inputs, switched, made.outputs).detailedDiff) == [
        "properties.parameters.traffic.value.blue",
        "properties.parameters.traffic.value.green",
    ]
    cloud.provider.update(DEPLOYMENT, made.id, made.inputs, switched, made.outputs)
    found = cloud.provider.read(ONLINE_ENDPOINT, endpoint.id, endpoint.inputs, endpoint.outputs)[2]
    assert found["properties"]["traffic"] == {"green": 100}
    cloud.provider.delete(ONLINE_DEPLOYMENT, blue.id)
    with pytest.raises(grpc.RpcError):
        cloud.provider.delete(ONLINE_DEPLOYMENT, green.id)
    cloud.provider.delete(DEPLOYMENT, made.id)
    cloud.provider.delete(ONLINE_ENDPOINT, endpoint.id)


def test_online_endpoint_has_its_keys(cloud: Cloud, estate: Mapping[str, Made]) -> None:
    endpoint = estate[ONLINE_ENDPOINT]
    parameters = {name: endpoint.inputs[name] for name in ("resourceGroupName", "workspaceName", "endpointName")}

    keys = cloud.provider.invoke("azure-native:machinelearningservices:listOnlineEndpointKeys", **parameters)

    assert endpoint.outputs["properties"]["scoringUri"].startswith(cloud.emulator.url)
    assert keys.keys() == {"primaryKey", "secondaryKey"}
    assert keys["primaryKey"] not in str(endpoint.outputs)
    with pytest.raises(grpc.RpcError, match="authMode of the endpoint is Key"):
        cloud.provider.invoke("azure-native:machinelearningservices:getOnlineEndpointToken", **parameters)


def test_drift_is_seen(cloud: Cloud, estate: Mapping[str, Made]) -> None:
    """The plugin asks Azure, not itself."""
    group = estate[RESOURCE_GROUP]
    cloud.change(group, {"location": "eastus2", "tags": {"team": "b"}})

    _, inputs, outputs = cloud.provider.read(RESOURCE_GROUP, group.id, group.inputs, group.outputs)

    assert inputs["tags"] == outputs["tags"] == {"team": "b"}
    assert list(cloud.provider.diff(RESOURCE_GROUP, inputs, group.inputs, outputs).detailedDiff) == ["tags.team"]


def test_getters_give_what_the_resource_gave(cloud: Cloud, estate: Mapping[str, Made]) -> None:
    for made in estate.values():
        module, _, name = made.pulumi_type.rpartition(":")
        parameters = RESOURCE_TYPES[made.pulumi_type].path_parameters

        found = cloud.provider.invoke(f"{module}:get{name}", **{key: made.inputs[key] for key in parameters})

        assert found == {**made.outputs, "id": made.id}


def test_refusal_reaches_the_user_in_azures_words(cloud: Cloud) -> None:
    group = cloud.make(RESOURCE_GROUP, "rg")

    with pytest.raises(grpc.RpcError) as refused:
        cloud.make(
            SUBSCRIPTION,
            "ministral",
            resourceGroupName=group.outputs["name"],
            workspaceName="missing",
            properties={"modelId": MODEL},
        )

    assert refused.value.details().startswith('Status=404 Code="')


def test_principal_is_the_deployer(cloud: Cloud) -> None:
    environment = cloud.emulator.environment

    config = cloud.provider.invoke("azure-native:authorization:getClientConfig")

    assert (config["clientId"], config["tenantId"], config["subscriptionId"]) == (
        environment["ARM_CLIENT_ID"],
        environment["ARM_TENANT_ID"],
        environment["ARM_SUBSCRIPTION_ID"],
    )
    assert config["objectId"]
