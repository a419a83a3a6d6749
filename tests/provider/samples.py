"""One resource of each type in the table: what a program sets, and one change that needs no replacement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.provider.arm_server import CLIENT, GROUP, OBJECT, SUBSCRIPTION, TENANT

_PROVIDERS = f"{GROUP}/providers"
_READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@dataclass(frozen=True)
class Sample:
    """Inputs as a program gives them."""

    inputs: Mapping[str, Any]
    change: Mapping[str, Any]
    """Top-level inputs of an update in place."""
    changed_path: str
    """The path at which a detailed diff shows the change."""
    import_failures: Sequence[str] = ()
    """What the inputs that an import finds lack, because Azure's answer has it elsewhere or not at all."""


_TAGGED: dict[str, Any] = {"change": {"tags": {"team": "b"}}, "changed_path": "tags.team"}
_ROLE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{_READER}"

SAMPLES: Mapping[str, Sample] = {
    "azure-native:resources:ResourceGroup": Sample({"tags": {"team": "a"}}, **_TAGGED),
    "azure-native:storage:StorageAccount": Sample(
        {
            "resourceGroupName": "rg",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "allowBlobPublicAccess": False,
            "enableHttpsTrafficOnly": True,
            "minimumTlsVersion": "TLS1_2",
            "networkRuleSet": {
                "defaultAction": "Deny",
                "bypass": "AzureServices",
                "ipRules": [{"iPAddressOrRange": "1.2.3.4", "action": "Allow"}],
            },
            "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": True}}},
            "tags": {"team": "a"},
        },
        **_TAGGED,
    ),
    "azure-native:keyvault:Vault": Sample(
        {
            "resourceGroupName": "rg",
            "tags": {"team": "a"},
            "properties": {
                "tenantId": TENANT,
                "sku": {"family": "A", "name": "standard"},
                "enableRbacAuthorization": True,
                "enableSoftDelete": True,
                "softDeleteRetentionInDays": 7,
                "publicNetworkAccess": "Enabled",
            },
        },
        **_TAGGED,
    ),
    "azure-native:operationalinsights:Workspace": Sample(
        {
            "resourceGroupName": "rg",
            "sku": {"name": "PerGB2018"},
            "retentionInDays": 30,
            "features": {"disableLocalAuth": True},
            "tags": {"team": "a"},
        },
        {"retentionInDays": 60},
        "retentionInDays",
    ),
    "azure-native:applicationinsights:Component": Sample(
        {
            "resourceGroupName": "rg",
            "kind": "web",
            "applicationType": "web",
            "ingestionMode": "LogAnalytics",
            "workspaceResourceId": f"{_PROVIDERS}/Microsoft.OperationalInsights/workspaces/log",
            "disableLocalAuth": True,
            "tags": {"team": "a"},
        },
        **_TAGGED,
    ),
    "azure-native:machinelearningservices:Workspace": Sample(
        {
            "resourceGroupName": "rg",
            "kind": "Default",
            "identity": {"type": "SystemAssigned"},
            "sku": {"name": "Basic", "tier": "Basic"},
            "friendlyName": "models",
            "storageAccount": f"{_PROVIDERS}/Microsoft.Storage/storageAccounts/store",
            "keyVault": f"{_PROVIDERS}/Microsoft.KeyVault/vaults/vault",
            "applicationInsights": f"{_PROVIDERS}/Microsoft.Insights/components/insights",
            "tags": {"team": "a"},
        },
        {"friendlyName": "others"},
        "friendlyName",
    ),
    "azure-native:machinelearningservices:MarketplaceSubscription": Sample(
        {
            "resourceGroupName": "rg",
            "workspaceName": "workspace",
            "properties": {"modelId": "azureml://registries/azureml-mistral/models/Ministral-3B"},
        },
        {"properties": {"modelId": "azureml://registries/azureml-mistral/models/Codestral-2501"}},
        "properties.modelId",
    ),
    "azure-native:machinelearningservices:ServerlessEndpoint": Sample(
        {
            "resourceGroupName": "rg",
            "workspaceName": "workspace",
            "sku": {"name": "Consumption"},
            "properties": {
                "authMode": "Key",
                "contentSafety": {"contentSafetyStatus": "Enabled"},
                "modelSettings": {"modelId": "azureml://registries/azureml-mistral/models/Ministral-3B"},
            },
            "tags": {"team": "a"},
        },
        {
            "properties": {
                "authMode": "Key",
                "contentSafety": {"contentSafetyStatus": "Disabled"},
                "modelSettings": {"modelId": "azureml://registries/azureml-mistral/models/Ministral-3B"},
            }
        },
        "properties.contentSafety.contentSafetyStatus",
    ),
    "azure-native:machinelearningservices:OnlineEndpoint": Sample(
        {
            "resourceGroupName": "rg",
            "workspaceName": "workspace",
            "kind": "Managed",
            "identity": {"type": "SystemAssigned"},
            "properties": {"authMode": "Key", "publicNetworkAccess": "Enabled", "traffic": {"blue": 100}},
            "tags": {"team": "a"},
        },
        {"properties": {"authMode": "Key", "publicNetworkAccess": "Enabled", "traffic": {"blue": 100, "green": 0}}},
        "properties.traffic.green",
    ),
    "azure-native:machinelearningservices:OnlineDeployment": Sample(
        {
            "resourceGroupName": "rg",
            "workspaceName": "workspace",
            "endpointName": "mistral-7b",
            "kind": "Managed",
            "sku": {"name": "Default", "capacity": 1},
            "properties": {
                "endpointComputeType": "Managed",
                "model": "azureml://registries/azureml/models/mistralai-Mistral-7B-Instruct-v01/versions/12",
                "instanceType": "Standard_NC24ads_A100_v4",
                "requestSettings": {"maxConcurrentRequestsPerInstance": 2, "requestTimeout": "PT90S"},
                "livenessProbe": {"initialDelay": "PT10M"},
                "scaleSettings": {"scaleType": "Default"},
            },
            "tags": {"team": "a"},
        },
        {"sku": {"name": "Default", "capacity": 2}},
        "sku.capacity",
    ),
    "azure-native:resources:Deployment": Sample(
        {
            "resourceGroupName": "rg",
            "properties": {
                "mode": "Incremental",
                "template": {
                    "contentVersion": "1.0.0.0",
                    "parameters": {"traffic": {"type": "object"}},
                    "resources": [],
                },
                "parameters": {"traffic": {"value": {"blue": 100}}},
            },
            "tags": {"team": "a"},
        },
        **_TAGGED,
    ),
    "azure-native:monitor:AutoscaleSetting": Sample(
        {
            "resourceGroupName": "rg",
            "enabled": True,
            "targetResourceUri": f"{_PROVIDERS}/Microsoft.MachineLearningServices/workspaces/workspace"
            "/onlineEndpoints/mistral-7b/deployments/blue",
            "profiles": [
                {"name": "default", "capacity": {"minimum": "1", "maximum": "3", "default": "1"}, "rules": []}
            ],
            "tags": {"team": "a"},
        },
        **_TAGGED,
        import_failures=("missing required property 'profiles'",),
    ),
    "azure-native:authorization:RoleAssignment": Sample(
        {"scope": GROUP, "principalId": OBJECT, "principalType": "ServicePrincipal", "roleDefinitionId": _ROLE},
        {"description": "reads"},
        "description",
    ),
    "azure-native:authorization:RoleDefinition": Sample(
        {
            "scope": GROUP,
            "roleName": f"Subscriber {CLIENT}",
            "roleType": "CustomRole",
            "assignableScopes": [GROUP],
            "permissions": [{"actions": ["Microsoft.SaaS/register/action"], "notActions": []}],
        },
        {"description": "subscribes"},
        "description",
    ),
}
