"""Configuration: what is read from it, and the sentence for everything that cannot be."""

import re
from dataclasses import asdict
from typing import Any

import pytest
from azure_mistral import config
from azure_mistral.config import (
    Asset,
    Autoscale,
    Configuration,
    DeploymentOptions,
    ModelOptions,
    Probes,
    RequestSettings,
    RoleAssignment,
    Utilization,
    WorkspaceOptions,
)
from azure_mistral.settings import Setting

from tests.support.sentences import one_line
from tools.configuration_page import groups

PRINCIPAL = "40000000-0000-4000-8000-000000000001"
MODELS: dict[str, Any] = {"ministral-3b": {}}
LIST_OF_SETTINGS = one_line(
    """
    acceptMarketplaceTerms, locations, models, quota, roleAssignments, serializeDeployments, tags and workspace are
    accepted
    """
)
ASSET_ID = "azureml://registries/azureml-mistral/models/Mistral-X"
ASSET_IDS = one_line(
    """
    An asset id, azureml://registries/azureml-mistral/models/<name>, or
    azureml://registries/azureml/models/<name>/versions/<n> for managed compute, is accepted
    """
)
LIST_OF_OPTIONS = one_line(
    """
    allowRetired, applicationInsights, asset, authMode, autoscale, contentSafety, deployments, endpointName, identity,
    instanceCount, instanceType, locations, marketplaceSubscription, modelVersion, probes, publicNetworkAccess,
    requestSettings, roleAssignments and traffic are accepted
    """
)
AUTH_MODES = "Key, AAD, KeyAndAAD, AMLToken or AADToken is accepted"
GROUP = "/subscriptions/20000000-0000-4000-8000-000000000001/resourceGroups/group"
IDENTITY_ID = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/gpu"
WORKSPACE_ID = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ml"


class Output:
    """Stands for a Pulumi output, which `config` recognises without importing Pulumi."""

    def apply(self) -> None: ...


def test_one_line_a_model_is_enough() -> None:
    configuration, problems = config.parse({"models": {"ministral-3b": None, "codestral-2501": {}}})

    assert problems == []
    assert configuration == Configuration({"ministral-3b": ModelOptions(), "codestral-2501": ModelOptions()})


def test_defaults_are_the_safe_ones() -> None:
    configuration, _ = config.parse({"models": MODELS})

    options = configuration.models["ministral-3b"]
    assert (options.allow_retired, options.role_assignments, options.locations) == (False, {}, ())
    # What only one hosting has is unset, so that `plan` can refuse it for the other; the components have the defaults.
    assert (options.auth_mode, options.content_safety, options.public_network_access) == (None, None, None)
    assert configuration.accept_marketplace_terms is False


def test_every_setting_is_read() -> None:
    assignment = {"role": "Reader", "principalId": PRINCIPAL, "principalType": "ServicePrincipal"}
    configuration, problems = config.parse(
        {
            "acceptMarketplaceTerms": ["ministral-3b"],
            "locations": ["East US 2", "swedencentral"],
            "models": {
                "ministral-3b": {
                    "authMode": "KeyAndAAD",
                    "contentSafety": "Disabled",
                    "endpointName": "chat",
                    "locations": ["eastus2"],
                    "roleAssignments": {"app": assignment},
                    "marketplaceSubscription": "ours",
                    "allowRetired": True,
                },
                "ours": {
                    "asset": {
                        "id": ASSET_ID,
                        "locations": ["East US 2"],
                        "terms": "https://example.com/terms",
                        "pricing": "https://example.com/pricing",
                        "instanceTypes": ["Standard_NC24ads_A100_v4"],
                    }
                },
            },
            "workspace": {
                "id": WORKSPACE_ID,
                "keyVaultId": f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv",
                "storageAccountId": f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st",
                "logAnalyticsWorkspaceId": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log",
                "publicNetworkAccess": "Disabled",
            },
            "roleAssignments": {"team": {"principalId": PRINCIPAL, "principalType": "Group"}},
            "tags": {"team": "search"},
            "quota": {"StandardNCADSA100v4Family": 96},
            "serializeDeployments": True,
        }
    )

    assert problems == []
    assert configuration == Configuration(
        models={
            "ministral-3b": ModelOptions(
                auth_mode="KeyAndAAD",
                content_safety="Disabled",
                endpoint_name="chat",
                locations=("eastus2",),
                role_assignments={"app": RoleAssignment("Reader", PRINCIPAL, "ServicePrincipal")},
                marketplace_subscription="ours",
                allow_retired=True,
            ),
            "ours": ModelOptions(
                asset=Asset(
                    ASSET_ID,
                    ("eastus2",),
                    "https://example.com/terms",
                    "https://example.com/pricing",
                    ("Standard_NC24ads_A100_v4",),
                )
            ),
        },
        accept_marketplace_terms=("ministral-3b",),
        locations=("eastus2", "swedencentral"),
        workspace=WorkspaceOptions(
            WORKSPACE_ID,
            f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv",
            f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st",
            f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log",
            "Disabled",
        ),
        role_assignments={"team": RoleAssignment("Azure AI Developer", PRINCIPAL, "Group")},
        tags={"team": "search"},
        quota={"StandardNCADSA100v4Family": 96},
        serialize_deployments=True,
    )
    assert config.parse(asdict(configuration), snake_case=True) == (configuration, [])


def test_every_setting_of_a_managed_model_is_read() -> None:
    own = {
        "modelVersion": 11,
        "instanceType": "Standard_NC48ads_A100_v4",
        "instanceCount": 2,
        "requestSettings": {"maxConcurrentRequestsPerInstance": 8, "requestTimeoutSeconds": 180},
        "probes": {"initialDelaySeconds": 900, "periodSeconds": 5, "timeoutSeconds": 4, "failureThreshold": 3},
        "autoscale": {"minimum": 2, "maximum": 4, "cpu": {"scaleOutAbove": 80, "scaleInBelow": 20}, "gpu": {}},
        "applicationInsights": True,
    }
    configuration, problems = config.parse(
        {
            "models": {
                "mistral-7b-instruct-v01": {
                    **own,
                    "identity": IDENTITY_ID,
                    "publicNetworkAccess": "Disabled",
                    "deployments": {"blue": {}, "green": own},
                    "traffic": {"blue": 90, "green": 10.0},  # a hosted component is given every number as a float
                }
            }
        }
    )

    read: dict[str, Any] = {
        "model_version": 11,
        "instance_type": "Standard_NC48ads_A100_v4",
        "instance_count": 2,
        "request_settings": RequestSettings(8, 180),
        "probes": Probes(900, 5, 4, 3),
        "autoscale": Autoscale(2, 4, Utilization(80, 20), Utilization(70, 30)),
        "application_insights": True,
    }
    options = ModelOptions(
        **read,
        identity=IDENTITY_ID,
        public_network_access="Disabled",
        deployments={"blue": DeploymentOptions(), "green": DeploymentOptions(**read)},
        traffic={"blue": 90, "green": 10},
    )
    assert problems == []
    assert configuration == Configuration({"mistral-7b-instruct-v01": options})
    assert config.parse(asdict(configuration), snake_case=True) == (configuration, [])


def test_arguments_are_spelled_in_snake_case_only() -> None:
    _, problems = config.parse({"models": {"ministral-3b": {"authMode": "AAD"}}}, snake_case=True)

    (problem,) = problems
    assert str(problem) == one_line(
        """
        models["ministral-3b"].authMode: there is no such setting. allow_retired, application_insights, asset,
        auth_mode, autoscale, content_safety, deployments, endpoint_name, identity, instance_count, instance_type,
        locations,
        marketplace_subscription, model_version, probes, public_network_access, request_settings, role_assignments and
        traffic are accepted. Write auth_mode instead.
        """
    )


def test_outputs_may_flow_through_what_decides_nothing() -> None:
    identity, owner, vault, storage, log = (Output() for _ in range(5))
    configuration, problems = config.parse(
        {
            "models": MODELS,
            "roleAssignments": {"app": {"principalId": identity, "principalType": "ServicePrincipal"}},
            "tags": {"owner": owner},
            "workspace": {"keyVaultId": vault, "storageAccountId": storage, "logAnalyticsWorkspaceId": log},
        }
    )

    assert problems == []
    assert configuration.role_assignments["app"].principal_id is identity
    assert configuration.tags["owner"] is owner
    assert configuration.workspace == WorkspaceOptions(None, vault, storage, log)


@pytest.mark.parametrize(
    ("terms", "slug", "accepted"),
    [
        (True, "ministral-3b", True),
        (False, "ministral-3b", False),
        (("ministral-3b",), "ministral-3b", True),
        (("ministral-3b",), "codestral-2501", False),
    ],
)
def test_terms_are_accepted_for_all_or_by_slug(terms: bool | tuple[str, ...], slug: str, accepted: bool) -> None:
    assert Configuration({}, accept_marketplace_terms=terms).accepts_terms_of(slug) is accepted


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    (
        {},
        "models: it is missing. A map from model slugs to options is accepted. Add it.",
    ),
    (
        {"models": {}},
        "models: it names no model. At least one model is accepted. Add a line such as ministral-3b: {}.",
    ),
    (
        {"models": "ministral-3b"},
        'models: "ministral-3b" is not a map. A map from model slugs to options is accepted. Correct it.',
    ),
    (
        {"models": Output()},
        """
        models: it is an output or a secret, whose value is not known when the program runs. A map from model
        slugs to options is accepted, as a plain value, because it decides which resources exist. Give the
        value itself.
        """,
    ),
    (
        {"models": MODELS, "model": {}},
        f"model: there is no such setting. {LIST_OF_SETTINGS}. Write models instead.",
    ),
    (
        {"models": MODELS, "zzz": 1},
        f"zzz: there is no such setting. {LIST_OF_SETTINGS}. Remove it.",
    ),
    (
        {"models": {"ministral-3b": "Key"}},
        """
        models["ministral-3b"]: "Key" is not a map. A map of authMode, endpointName, locations, roleAssignments,
        allowRetired, asset, contentSafety, marketplaceSubscription, identity, publicNetworkAccess, modelVersion,
        instanceType, instanceCount, requestSettings, probes, autoscale, applicationInsights, deployments and traffic is
        accepted.
        Correct it.
        """,
    ),
    (
        {"models": {"ours": {"asset": "Mistral-X"}}},
        """
        models["ours"].asset: "Mistral-X" is not a map. A map of id, locations, terms, pricing and instanceTypes is
        accepted. Correct it.
        """,
    ),
    (
        {"models": {"ours": {"asset": {}}}},
        f'models["ours"].asset.id: it is missing. {ASSET_IDS}. Add it.',
    ),
    (
        {"models": {"ours": {"asset": {"id": 7}}}},
        f'models["ours"].asset.id: 7 is not a string. {ASSET_IDS}. Correct it.',
    ),
    (
        {"models": {"ours": {"asset": {"id": "Mistral-X"}}}},
        f"""
        models["ours"].asset.id: "Mistral-X" is not the asset id of a model. {ASSET_IDS}. Copy the asset id from the
        model's card in the studio.
        """,
    ),
    (
        {"models": {"ours": {"asset": {"id": "azureml://registries/azureml-mistrl/models/Mistral-X"}}}},
        f"""
        models["ours"].asset.id: "azureml-mistrl" is not a registry with models of Mistral. {ASSET_IDS}. Write
        azureml-mistral.
        """,
    ),
    (
        {"models": {"ours": {"asset": {"id": "azureml://registries/nvidia/models/Mistral-X"}}}},
        f"""
        models["ours"].asset.id: "nvidia" is not a registry with models of Mistral. {ASSET_IDS}. Copy the asset id
        from the model's card in the studio.
        """,
    ),
    (
        {"models": {"ours": {"asset": {"id": "azureml://registries/azureml/models/Mistral-X"}}}},
        f"""
        models["ours"].asset.id: "azureml://registries/azureml/models/Mistral-X" has no version, and managed compute
        runs one version of a model. {ASSET_IDS}. Add /versions/ and the number on the model's card.
        """,
    ),
    (
        {"models": {"ours": {"asset": {"id": "azureml://registries/azureml-mistral/models/X/versions/2"}}}},
        f"""
        models["ours"].asset.id: "azureml://registries/azureml-mistral/models/X/versions/2" has a version, and a
        serverless endpoint always has the latest. {ASSET_IDS}. Remove /versions/2.
        """,
    ),
    (
        {"models": {"ours": {"asset": {"id": ASSET_ID, "locations": "eastus2"}}}},
        'models["ours"].asset.locations: "eastus2" is not a list. A list of location names is accepted. Correct it.',
    ),
    (
        {"models": {"ours": {"asset": {"id": ASSET_ID, "terms": True}}}},
        """
        models["ours"].asset.terms: true is not a string. An address that starts with https:// is accepted. Correct it.
        """,
    ),
    (
        {"models": {"ours": {"asset": {"id": ASSET_ID, "pricing": "free"}}}},
        """
        models["ours"].asset.pricing: "free" does not follow the rule. An address that starts with https:// is
        accepted. Correct it.
        """,
    ),
    (
        {"models": {"ours": {"asset": {"id": ASSET_ID, "instanceTypes": "Standard_NC24ads_A100_v4"}}}},
        """
        models["ours"].asset.instanceTypes: "Standard_NC24ads_A100_v4" is not a list. A list of names of instance
        types is accepted. Correct it.
        """,
    ),
    (
        {"models": {"ministral-3b": {"authmode": "Key"}}},
        f'models["ministral-3b"].authmode: there is no such setting. {LIST_OF_OPTIONS}. Write authMode instead.',
    ),
    (
        {"models": {"ministral-3b": {"authMode": "aad"}}},
        f'models["ministral-3b"].authMode: "aad" is none of its values. {AUTH_MODES}. Write AAD.',
    ),
    (
        {"models": {"ministral-3b": {"authMode": 1}}},
        f'models["ministral-3b"].authMode: 1 is not a string. {AUTH_MODES}. Correct it.',
    ),
    (
        {"models": {"ministral-3b": {"authMode": Output()}}},
        f"""
        models["ministral-3b"].authMode: it is an output or a secret, whose value is not known when the
        program runs. {AUTH_MODES}, as a plain value, because it decides which resources
        exist. Give the value itself.
        """,
    ),
    (
        {"models": {"ministral-3b": {"contentSafety": "Off"}}},
        """
        models["ministral-3b"].contentSafety: "Off" is none of its values. Enabled or Disabled is accepted.
        Choose one of them.
        """,
    ),
    (
        {"models": {"ministral-3b": {"contentSafety": False}}},
        'models["ministral-3b"].contentSafety: false is not a string. Enabled or Disabled is accepted. Correct it.',
    ),
    (
        {"models": {"ministral-3b": {"endpointName": "2-models"}}},
        """
        models["ministral-3b"].endpointName: "2-models" does not follow the rule.
        A name of 3 to 32 letters, digits and hyphens that starts with a letter is accepted.
        Choose another name, or leave it out.
        """,
    ),
    (
        {"models": {"ministral-3b": {"endpointName": "a" * 33}}},
        f"""
        models["ministral-3b"].endpointName: "{"a" * 33}" does not follow the rule.
        A name of 3 to 32 letters, digits and hyphens that starts with a letter is accepted.
        Choose another name, or leave it out.
        """,
    ),
    (
        {"models": {"ministral-3b": {"endpointName": ["chat"]}}},
        """
        models["ministral-3b"].endpointName: ["chat"] is not a string.
        A name of 3 to 32 letters, digits and hyphens that starts with a letter is accepted. Correct it.
        """,
    ),
    (
        {"models": {"ministral-3b": {"locations": "eastus2"}}},
        'models["ministral-3b"].locations: "eastus2" is not a list. A list of location names is accepted. Correct it.',
    ),
    (
        {"models": {"ministral-3b": {"locations": [2]}}},
        """
        models["ministral-3b"].locations[0]: 2 is not a string. The name of a location, such as eastus2, is
        accepted. Correct it.
        """,
    ),
    (
        {"models": {"ministral-3b": {"roleAssignments": []}}},
        """
        models["ministral-3b"].roleAssignments: [] is not a map. A map from a key of your own to {role,
        principalId, principalType} is accepted. Correct it.
        """,
    ),
    (
        {"models": {"ministral-3b": {"allowRetired": "yes"}}},
        """
        models["ministral-3b"].allowRetired: "yes" is not true or false. True or false, without quotes, is
        accepted. Correct it.
        """,
    ),
    (
        {"models": MODELS, "acceptMarketplaceTerms": "ministral-3b"},
        """
        acceptMarketplaceTerms: "ministral-3b" is not true or a list. True, or a list of model slugs, is
        accepted. Correct it.
        """,
    ),
    (
        {"models": MODELS, "acceptMarketplaceTerms": [1]},
        "acceptMarketplaceTerms[0]: 1 is not a string. A model slug is accepted. Correct it.",
    ),
    (
        {"models": MODELS, "locations": {"eastus2": True}},
        'locations: {"eastus2": true} is not a list. A list of location names is accepted. Correct it.',
    ),
    (
        {"models": MODELS, "locations": ["eastus2", "East US 2"]},
        'locations: "eastus2" is listed more than once. Each is accepted once. Remove one.',
    ),
    (
        {"models": MODELS, "locations": [Output()]},
        """
        locations[0]: it is an output or a secret, whose value is not known when the program runs. The name of
        a location, such as eastus2, is accepted, as a plain value, because it decides which resources exist.
        Give the value itself.
        """,
    ),
    (
        {"models": {"ministral-3b": {"marketplaceSubscription": True}}},
        """
        models["ministral-3b"].marketplaceSubscription: true is not a string. The name of a Marketplace
        subscription that the workspace has, or create, is accepted. Correct it.
        """,
    ),
    (
        {"models": {"ministral-3b": {"marketplaceSubscription": "marketplaceSubscriptions/ours"}}},
        """
        models["ministral-3b"].marketplaceSubscription: "marketplaceSubscriptions/ours" does not follow the rule.
        The name of a Marketplace subscription that the workspace has, or create, is accepted. Give the last
        part of its id, or leave it out.
        """,
    ),
    (
        {"models": MODELS, "workspace": WORKSPACE_ID},
        f"""
        workspace: "{WORKSPACE_ID[:76]}... is not a map. A map of id, keyVaultId, storageAccountId,
        logAnalyticsWorkspaceId and publicNetworkAccess is accepted. Correct it.
        """,
    ),
    (
        {"models": MODELS, "workspace": {"name": "ml"}},
        """
        workspace.name: there is no such setting. id, keyVaultId, logAnalyticsWorkspaceId, publicNetworkAccess and
        storageAccountId are accepted. Remove it.
        """,
    ),
    (
        {"models": MODELS, "workspace": {"id": "ml"}},
        """
        workspace.id: "ml" is no ARM id. The ARM id of an Azure ML workspace,
        /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.MachineLearningServices/workspaces/<name>, is
        accepted. Look it up: az resource list --resource-type Microsoft.MachineLearningServices/workspaces
        --query [].id.
        """,
    ),
    (
        {"models": MODELS, "workspace": {"id": Output()}},
        """
        workspace.id: it is an output or a secret, whose value is not known when the program runs. The ARM id of an
        Azure ML workspace,
        /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.MachineLearningServices/workspaces/<name>, is
        accepted, as a plain value, because it decides which resources exist. Give the value itself.
        """,
    ),
    (
        {"models": MODELS, "workspace": {"id": f"{WORKSPACE_ID}/serverlessEndpoints/chat"}},
        """
        workspace.id: it is the id of "chat", which is a
        Microsoft.MachineLearningServices/workspaces/serverlessEndpoints. The ARM id of an Azure ML workspace,
        /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.MachineLearningServices/workspaces/<name>, is
        accepted. Look it up: az resource list --resource-type Microsoft.MachineLearningServices/workspaces
        --query [].id.
        """,
    ),
    (
        {"models": MODELS, "workspace": {"keyVaultId": f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st"}},
        """
        workspace.keyVaultId: it is the id of "st", which is a Microsoft.Storage/storageAccounts. The ARM id of a key
        vault, /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.KeyVault/vaults/<name>, is accepted. Look
        it up: az resource list --resource-type Microsoft.KeyVault/vaults --query [].id.
        """,
    ),
    (
        {"models": MODELS, "workspace": {"storageAccountId": ["st"]}},
        """
        workspace.storageAccountId: ["st"] is not a string. The ARM id of a storage account,
        /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.Storage/storageAccounts/<name>, is accepted.
        Correct it.
        """,
    ),
    (
        {"models": MODELS, "workspace": {"logAnalyticsWorkspaceId": WORKSPACE_ID}},
        """
        workspace.logAnalyticsWorkspaceId: it is the id of "ml", which is a
        Microsoft.MachineLearningServices/workspaces. The ARM id of a Log Analytics workspace,
        /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.OperationalInsights/workspaces/<name>, is
        accepted. Look it up: az resource list --resource-type Microsoft.OperationalInsights/workspaces
        --query [].id.
        """,
    ),
    (
        {"models": MODELS, "workspace": {"publicNetworkAccess": "Disable"}},
        """
        workspace.publicNetworkAccess: "Disable" is none of its values. Enabled or Disabled is accepted. Write
        Disabled.
        """,
    ),
    (
        {"models": MODELS, "roleAssignments": "all"},
        """
        roleAssignments: "all" is not a map. A map from a key of your own to {role, principalId,
        principalType} is accepted. Correct it.
        """,
    ),
    (
        {"models": MODELS, "roleAssignments": {"team": {"principalId": PRINCIPAL}}},
        'roleAssignments["team"].principalType: it is missing. User, Group or ServicePrincipal is accepted. Add it.',
    ),
    (
        {"models": MODELS, "roleAssignments": {"team": {"principalType": "Group"}}},
        """
        roleAssignments["team"].principalId: it is missing. The object id (a GUID) of a user, group or service
        principal is accepted. Add it.
        """,
    ),
    (
        {"models": MODELS, "roleAssignments": {"me": {"principalId": "me@example.com", "principalType": "User"}}},
        """
        roleAssignments["me"].principalId: "me@example.com" does not follow the rule. The object id (a GUID)
        of a user, group or service principal is accepted. Look it up: az ad user show, az ad group show or az
        ad sp show, then take id.
        """,
    ),
    (
        {"models": MODELS, "roleAssignments": {"a": {"principalId": PRINCIPAL, "principalType": "ManagedIdentity"}}},
        """
        roleAssignments["a"].principalType: "ManagedIdentity" is none of its values. User, Group or
        ServicePrincipal is accepted. Choose one of them.
        """,
    ),
    (
        {
            "models": MODELS,
            "roleAssignments": {"a": {"role": "AI Developer", "principalId": PRINCIPAL, "principalType": "User"}},
        },
        """
        roleAssignments["a"].role: "AI Developer" is not a role known here. Azure AI Administrator, Azure AI
        Developer, Azure AI Inference Deployment Operator, Azure ML Workspace Connection Secrets Reader,
        AzureML Compute Operator, AzureML Data Scientist, AzureML Registry User, Cognitive Services User or
        Reader is accepted, or the GUID of any role definition. Write "Azure AI Developer".
        """,
    ),
    (
        {
            "models": MODELS,
            "roleAssignments": {"a": {"who": 1, "principalId": PRINCIPAL, "principalType": "User"}},
        },
        """
        roleAssignments["a"].who: there is no such setting. principalId, principalType and role are accepted.
        Remove it.
        """,
    ),
    (
        {"models": MODELS, "tags": ["team"]},
        'tags: ["team"] is not a map. A map from tag names to values is accepted. Correct it.',
    ),
    (
        {"models": MODELS, "tags": {"cost": 3}},
        'tags["cost"]: 3 is not a string. A string is accepted. Correct it.',
    ),
    (
        {"models": MODELS, "quota": ["StandardNCADSA100v4Family"]},
        """
        quota: ["StandardNCADSA100v4Family"] is not a map. A map from VM families to vCPUs is accepted. Correct it.
        """,
    ),
    (
        {"models": MODELS, "quota": {"StandardNCADSA100v4Family": "96"}},
        """
        quota["StandardNCADSA100v4Family"]: "96" is not a whole number. A whole number of vCPUs from 0 to 1000000 is
        accepted. Correct it.
        """,
    ),
    (
        {"models": MODELS, "serializeDeployments": 1},
        "serializeDeployments: 1 is not true or false. True or false, without quotes, is accepted. Correct it.",
    ),
]


# Of a managed model, or of one of its deployments; each sentence goes on after the path of the options.
DEPLOYMENT_PROBLEMS: list[tuple[dict[str, Any], str]] = [
    (
        {"modelVersion": "12"},
        'modelVersion: "12" is not a whole number. A whole number from 1 to 9999 is accepted. Correct it.',
    ),
    (
        {"instanceType": 24},
        """
        instanceType: 24 is not a string. The name of an instance type, such as Standard_NC24ads_A100_v4, is accepted.
        Correct it.
        """,
    ),
    (
        {"instanceCount": 0},
        "instanceCount: 0 is too small. A whole number from 1 to 50 is accepted. Correct it.",
    ),
    (
        {"instanceCount": 51},
        "instanceCount: 51 is too large. A whole number from 1 to 50 is accepted. Correct it.",
    ),
    (
        {"instanceCount": 1.5},
        "instanceCount: 1.5 is not a whole number. A whole number from 1 to 50 is accepted. Correct it.",
    ),
    (
        {"instanceCount": True},
        "instanceCount: true is not a whole number. A whole number from 1 to 50 is accepted. Correct it.",
    ),
    (
        {"instanceCount": Output()},
        """
        instanceCount: it is an output or a secret, whose value is not known when the program runs. A whole number from
        1 to 50 is accepted, as a plain value, because it decides which resources exist. Give the value itself.
        """,
    ),
    (
        {"requestSettings": 90},
        """
        requestSettings: 90 is not a map. A map of maxConcurrentRequestsPerInstance and requestTimeoutSeconds is
        accepted. Correct it.
        """,
    ),
    (
        {"requestSettings": {"maxConcurrentRequestsPerInstance": 0}},
        """
        requestSettings.maxConcurrentRequestsPerInstance: 0 is too small. A whole number from 1 to 10000 is accepted.
        Correct it.
        """,
    ),
    (
        {"requestSettings": {"requestTimeoutSeconds": 181}},
        """
        requestSettings.requestTimeoutSeconds: 181 is too large. A whole number of seconds from 1 to 180 is accepted.
        Correct it.
        """,
    ),
    (
        {"probes": "slow"},
        """
        probes: "slow" is not a map. A map of initialDelaySeconds, periodSeconds, timeoutSeconds and failureThreshold
        is accepted. Correct it.
        """,
    ),
    (
        {"probes": {"initialDelaySeconds": "PT10M"}},
        """
        probes.initialDelaySeconds: "PT10M" is not a whole number. A whole number of seconds from 1 to 3600 is
        accepted. Correct it.
        """,
    ),
    (
        {"probes": {"periodSeconds": 0}},
        "probes.periodSeconds: 0 is too small. A whole number of seconds from 1 to 3600 is accepted. Correct it.",
    ),
    (
        {"probes": {"timeoutSeconds": 3601}},
        "probes.timeoutSeconds: 3601 is too large. A whole number of seconds from 1 to 3600 is accepted. Correct it.",
    ),
    (
        {"probes": {"failureThreshold": 0}},
        "probes.failureThreshold: 0 is too small. A whole number from 1 to 1000 is accepted. Correct it.",
    ),
    (
        {"autoscale": 3},
        "autoscale: 3 is not a map. A map of minimum, maximum, cpu and gpu is accepted. Correct it.",
    ),
    (
        {"autoscale": {}},
        "autoscale.maximum: it is missing. A whole number from 1 to 50 is accepted. Add it.",
    ),
    (
        {"autoscale": {"minimum": 0, "maximum": 3}},
        "autoscale.minimum: 0 is too small. A whole number from 1 to 50 is accepted. Correct it.",
    ),
    (
        {"autoscale": {"maximum": 3, "cpu": 70}},
        "autoscale.cpu: 70 is not a map. A map of scaleOutAbove and scaleInBelow is accepted. Correct it.",
    ),
    (
        {"autoscale": {"maximum": 3, "gpu": "70 %"}},
        'autoscale.gpu: "70 %" is not a map. A map of scaleOutAbove and scaleInBelow is accepted. Correct it.',
    ),
    *(
        (
            {"autoscale": {"maximum": 3, unit: {name: 101}}},
            f"""
            autoscale.{unit}.{name}: 101 is too large. A whole number of percent from 1 to 100 is accepted. Correct it.
            """,
        )
        for unit in ("cpu", "gpu")
        for name in ("scaleOutAbove", "scaleInBelow")
    ),
    (
        {"applicationInsights": "on"},
        """
        applicationInsights: "on" is not true or false. True or false, without quotes, is accepted. Correct it.
        """,
    ),
]
PROBLEMS += [
    ({"models": {"m": options}}, f'models["m"].{one_line(sentence)}') for options, sentence in DEPLOYMENT_PROBLEMS
]
PROBLEMS += [
    ({"models": {"m": {"deployments": {"blue": options}}}}, f'models["m"].deployments["blue"].{one_line(sentence)}')
    for options, sentence in DEPLOYMENT_PROBLEMS
]
PROBLEMS += [
    ({"models": {"m": options}}, f'models["m"].{one_line(sentence)}')
    for options, sentence in (
        (
            {"identity": "UserAssigned"},
            """
            identity: "UserAssigned" is no identity. SystemAssigned, or the ARM id of a user-assigned identity, is
            accepted. Write SystemAssigned, or look the id up: az identity list --query [].id.
            """,
        ),
        (
            {"identity": True},
            """
            identity: true is not a string. SystemAssigned, or the ARM id of a user-assigned identity, is accepted.
            Correct it.
            """,
        ),
        (
            {"identity": WORKSPACE_ID},
            """
            identity: it is the id of "ml", which is a Microsoft.MachineLearningServices/workspaces. The ARM id of a
            user-assigned identity,
            /subscriptions/<id>/resourceGroups/<name>/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>,
            is accepted. Look it up: az resource list --resource-type Microsoft.ManagedIdentity/userAssignedIdentities
            --query [].id.
            """,
        ),
        (
            {"publicNetworkAccess": False},
            "publicNetworkAccess: false is not a string. Enabled or Disabled is accepted. Correct it.",
        ),
        (
            {"deployments": ["blue"]},
            'deployments: ["blue"] is not a map. A map from names to options of their own is accepted. Correct it.',
        ),
        (
            {"deployments": {}},
            """
            deployments: it names no deployment. At least one is accepted. Add one, or leave deployments out.
            """,
        ),
        *(
            (
                {"deployments": {name: {}}},
                f"""
                deployments["{name}"]: "{name}" cannot be the start of a deployment's name. 1 to 26 letters, digits
                and single hyphens are accepted, starting with a letter. Choose another name.
                """,
            )
            for name in ("2nd", "blue-", "blue--green", "b_lue", "a" * 27)
        ),
        (
            {"deployments": {"blue": {"authMode": "Key"}}},
            """
            deployments["blue"].authMode: there is no such setting. applicationInsights, autoscale, instanceCount,
            instanceType, modelVersion, probes and requestSettings are accepted. Remove it.
            """,
        ),
        (
            {"traffic": {"blue": 100.5}},
            """
            traffic["blue"]: 100.5 is not a whole number. A whole number of percent from 0 to 100 is accepted.
            Correct it.
            """,
        ),
        (
            {"traffic": "blue"},
            'traffic: "blue" is not a map. A map from names of deployments to percent is accepted. Correct it.',
        ),
    )
]


@pytest.mark.parametrize(("values", "sentence"), PROBLEMS, ids=[one_line(sentence)[:60] for _, sentence in PROBLEMS])
def test_problem_says_what_is_wrong_what_is_accepted_and_what_to_do(values: dict[str, Any], sentence: str) -> None:
    _, problems = config.parse(values)

    assert [str(problem) for problem in problems] == [one_line(sentence)]


def test_every_problem_is_reported_at_once() -> None:
    every: dict[str, Any] = {
        "models": {"ministral-3b": {"authMode": "aad", "allowRetired": "no"}},
        "tags": [],
        "typo": 1,
    }
    _, problems = config.parse(every)

    assert sorted(problem.path for problem in problems) == [
        'models["ministral-3b"].allowRetired',
        'models["ministral-3b"].authMode',
        "tags",
        "typo",
    ]


@pytest.mark.parametrize("terms", ["yes", [1], ["codestral-2501", "codestral-2501"]])
def test_refused_value_is_not_reported_again_by_what_follows_from_it(terms: Any) -> None:
    configuration, problems = config.parse({"models": MODELS, "acceptMarketplaceTerms": terms})

    assert len(problems) == 1
    assert configuration.accepts_terms_of("ministral-3b")


SETTINGS = {f"{path}.{setting.name}".removeprefix("."): setting for path, settings in groups() for setting in settings}


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_a_case_in_which_its_value_is_wrong(name: str) -> None:
    refused = {re.sub(r"\[[^\]]*\]", "[*]", one_line(sentence).split(": ")[0]) for _, sentence in PROBLEMS}

    # The roles of a model are read by the same table as those of the stack.
    assert name in refused or name.removeprefix("models[*].") in refused


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_describes_itself_in_whole_sentences(setting: Setting) -> None:
    assert setting.description.endswith(".")
    assert setting.description[0].isupper()
    assert setting.kind.accepted
