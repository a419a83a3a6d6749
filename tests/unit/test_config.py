"""Configuration: what is read from it, and the sentence for everything that cannot be."""

import re
from dataclasses import asdict
from typing import Any

import pytest
from azure_mistral import config
from azure_mistral.config import Asset, Configuration, ModelOptions, RoleAssignment, WorkspaceOptions
from azure_mistral.settings import Setting

from tests.support.sentences import one_line
from tools.configuration_page import groups

PRINCIPAL = "40000000-0000-4000-8000-000000000001"
MODELS: dict[str, Any] = {"ministral-3b": {}}
LIST_OF_SETTINGS = (
    "acceptMarketplaceTerms, locations, models, roleAssignments, serializeDeployments, tags and workspace are accepted"
)
LIST_OF_OPTIONS = one_line(
    """
    allowRetired, asset, authMode, contentSafety, endpointName, locations, marketplaceSubscription and roleAssignments
    are accepted
    """
)
ASSET_ID = "azureml://registries/azureml-mistral/models/Mistral-X"
ASSET_IDS = one_line(
    """
    An asset id, azureml://registries/azureml-mistral/models/<name>, or
    azureml://registries/azureml/models/<name>/versions/<n> for managed compute, is accepted
    """
)
GROUP = "/subscriptions/20000000-0000-4000-8000-000000000001/resourceGroups/group"
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

    assert configuration.models["ministral-3b"] == ModelOptions(
        auth_mode="Key",
        content_safety="Enabled",
        endpoint_name=None,
        locations=(),
        role_assignments={},
        marketplace_subscription="create",
        allow_retired=False,
    )
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
            "serializeDeployments": True,
        }
    )

    assert problems == []
    assert configuration == Configuration(
        models={
            "ministral-3b": ModelOptions(
                "KeyAndAAD",
                "Disabled",
                "chat",
                ("eastus2",),
                {"app": RoleAssignment("Reader", PRINCIPAL, "ServicePrincipal")},
                "ours",
                True,
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
        serialize_deployments=True,
    )
    assert config.parse(asdict(configuration), snake_case=True) == (configuration, [])


def test_arguments_are_spelled_in_snake_case_only() -> None:
    _, problems = config.parse({"models": {"ministral-3b": {"authMode": "AAD"}}}, snake_case=True)

    (problem,) = problems
    assert str(problem) == one_line(
        """
        models["ministral-3b"].authMode: there is no such setting. allow_retired, asset, auth_mode, content_safety,
        endpoint_name, locations, marketplace_subscription and role_assignments are accepted. Write auth_mode instead.
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
        models["ministral-3b"]: "Key" is not a map. A map of authMode, contentSafety, endpointName, locations,
        roleAssignments, marketplaceSubscription, allowRetired and asset is accepted. Correct it.
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
        'models["ministral-3b"].authMode: "aad" is none of its values. Key, AAD or KeyAndAAD is accepted. Write AAD.',
    ),
    (
        {"models": {"ministral-3b": {"authMode": 1}}},
        'models["ministral-3b"].authMode: 1 is not a string. Key, AAD or KeyAndAAD is accepted. Correct it.',
    ),
    (
        {"models": {"ministral-3b": {"authMode": Output()}}},
        """
        models["ministral-3b"].authMode: it is an output or a secret, whose value is not known when the
        program runs. Key, AAD or KeyAndAAD is accepted, as a plain value, because it decides which resources
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
        {"models": MODELS, "serializeDeployments": 1},
        "serializeDeployments: 1 is not true or false. True or false, without quotes, is accepted. Correct it.",
    ),
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
