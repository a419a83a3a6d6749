"""Configuration that cannot be deployed: preview and up say all that is wrong with it, and ask nothing of Azure.

One table holds all cases. What is wrong is reported at once, so the cases of a stack file share its two runs. The
engine gives the keys of maps in alphabetical order.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from azure_mistral.settings import Setting

from tests.support.azure import Azure
from tests.support.project import Project
from tests.support.sentences import one_line
from tools.configuration_page import groups

REGISTRY = "azureml://registries/azureml-mistral/models"
PRINCIPAL = "40000000-0000-4000-8000-000000000001"
GROUP = "/subscriptions/20000000-0000-4000-8000-000000000001/resourceGroups/group"
MODELS_ACCEPTED = (
    "ministral-3b, codestral-2501, mistral-small-2503, mistral-medium-2505, mistral-7b-v01, mistral-7b-instruct-v01, "
    "mistral-7b-instruct-v02, mixtral-8x7b-v01, mixtral-8x7b-instruct-v01, mixtral-8x22b-v01 or "
    "mixtral-8x22b-instruct-v01 is accepted"
)
LOCATIONS_ACCEPTED = "eastus, eastus2, northcentralus, southcentralus, swedencentral, westus or westus3 is accepted"
CARDS = "https://ai.azure.com/explore/models"
OFFER = "https://azuremarketplace.microsoft.com/en-us/marketplace/apps/000-000.ministral-3b-2410-offer"
ROLES_ACCEPTED = one_line(
    """
    Azure AI Administrator, Azure AI Developer, Azure AI Inference Deployment Operator, Azure ML Workspace Connection
    Secrets Reader, AzureML Compute Operator, AzureML Data Scientist, AzureML Registry User, Cognitive Services User or
    Reader is accepted, or the GUID of any role definition
    """
)
PRINCIPAL_ACCEPTED = "The object id (a GUID) of a user, group or service principal is accepted"
ASSET_ACCEPTED = one_line(
    """
    An asset id, azureml://registries/azureml-mistral/models/<name>, or
    azureml://registries/azureml/models/<name>/versions/<n> for managed compute, is accepted
    """
)
NAME_ACCEPTED = "A name of 3 to 32 letters, digits and hyphens that starts with a letter is accepted"
ROLE_MAP = "A map from a key of your own to {role, principalId, principalType} is accepted"
SUBSCRIPTION_ACCEPTED = "The name of a Marketplace subscription that the workspace has, or create, is accepted"
TOO_LONG = "a-name-that-no-endpoint-can-have-x"


def on_day(day: str) -> str:
    """Return the start of a program that takes a day for today. Models age; tests must not."""
    return f"""
import datetime
from azure_mistral import plan

plan.utc_today = lambda: datetime.date.fromisoformat("{day}")
"""


def arm_id(noun: str, type_: str) -> str:
    """Return what is accepted for an id of this type."""
    return f"The ARM id of {noun}, /subscriptions/<id>/resourceGroups/<name>/providers/{type_}/<name>, is accepted"


# What is wrong with the settings of a managed model's deployment: the model's own, or those of one of several.
WHOLE = "is not a whole number. A whole number"
WRONG_DEPLOYMENTS: Sequence[tuple[Mapping[str, Any], Sequence[str]]] = (
    (
        {
            "modelVersion": "12",
            "instanceType": 24,
            "instanceCount": 1.5,
            "requestSettings": "fast",
            "probes": "slow",
            "autoscale": 3,
            "applicationInsights": "on",
        },
        [
            f'modelVersion: "12" {WHOLE} from 1 to 9999 is accepted. Correct it.',
            """
            instanceType: 24 is not a string. The name of an instance type, such as Standard_NC24ads_A100_v4, is
            accepted. Correct it.
            """,
            f"instanceCount: 1.5 {WHOLE} from 1 to 50 is accepted. Correct it.",
            """
            requestSettings: "fast" is not a map. A map of maxConcurrentRequestsPerInstance and requestTimeoutSeconds
            is accepted. Correct it.
            """,
            """
            probes: "slow" is not a map. A map of initialDelaySeconds, periodSeconds, timeoutSeconds and
            failureThreshold is accepted. Correct it.
            """,
            "autoscale: 3 is not a map. A map of minimum, maximum, cpu and gpu is accepted. Correct it.",
            """
            applicationInsights: "on" is not true or false. True or false, without quotes, is accepted. Correct it.
            """,
        ],
    ),
    (
        {
            "requestSettings": {"maxConcurrentRequestsPerInstance": "8", "requestTimeoutSeconds": "90 s"},
            "probes": {
                "initialDelaySeconds": "PT10M",
                "periodSeconds": [],
                "timeoutSeconds": {},
                "failureThreshold": True,
            },
            "autoscale": {"minimum": "1", "maximum": "2", "cpu": 70, "gpu": 70},
        },
        [
            f'requestSettings.maxConcurrentRequestsPerInstance: "8" {WHOLE} from 1 to 10000 is accepted. Correct it.',
            f'requestSettings.requestTimeoutSeconds: "90 s" {WHOLE} of seconds from 1 to 180 is accepted. Correct it.',
            f'probes.initialDelaySeconds: "PT10M" {WHOLE} of seconds from 1 to 3600 is accepted. Correct it.',
            f"probes.periodSeconds: [] {WHOLE} of seconds from 1 to 3600 is accepted. Correct it.",
            f"probes.timeoutSeconds: {{}} {WHOLE} of seconds from 1 to 3600 is accepted. Correct it.",
            f"probes.failureThreshold: true {WHOLE} from 1 to 1000 is accepted. Correct it.",
            f'autoscale.minimum: "1" {WHOLE} from 1 to 50 is accepted. Correct it.',
            f'autoscale.maximum: "2" {WHOLE} from 1 to 50 is accepted. Correct it.',
            "autoscale.cpu: 70 is not a map. A map of scaleOutAbove and scaleInBelow is accepted. Correct it.",
            "autoscale.gpu: 70 is not a map. A map of scaleOutAbove and scaleInBelow is accepted. Correct it.",
        ],
    ),
    (
        {
            "autoscale": {
                "maximum": 2,
                "cpu": {"scaleOutAbove": "70 %", "scaleInBelow": "30 %"},
                "gpu": {"scaleOutAbove": "70 %", "scaleInBelow": "30 %"},
            }
        },
        [
            f'autoscale.{unit}.{name}: "{value}" {WHOLE} of percent from 1 to 100 is accepted. Correct it.'
            for unit in ("cpu", "gpu")
            for name, value in (("scaleOutAbove", "70 %"), ("scaleInBelow", "30 %"))
        ],
    ),
)
UNKNOWN_IN_A_DEPLOYMENT: tuple[Mapping[str, Any], Sequence[str]] = (
    {
        "requestSettings": {"zzz": 1},
        "probes": {"zzz": 1},
        "autoscale": {"maximum": 2, "zzz": 1, "cpu": {"zzz": 1}, "gpu": {"zzz": 1}},
    },
    [
        """
        requestSettings.zzz: there is no such setting. maxConcurrentRequestsPerInstance and requestTimeoutSeconds are
        accepted. Remove it.
        """,
        """
        probes.zzz: there is no such setting. failureThreshold, initialDelaySeconds, periodSeconds and timeoutSeconds
        are accepted. Remove it.
        """,
        "autoscale.zzz: there is no such setting. cpu, gpu, maximum and minimum are accepted. Remove it.",
        "autoscale.cpu.zzz: there is no such setting. scaleInBelow and scaleOutAbove are accepted. Remove it.",
        "autoscale.gpu.zzz: there is no such setting. scaleInBelow and scaleOutAbove are accepted. Remove it.",
    ],
)
A100, NC24 = "StandardNCADSA100v4Family", "Standard_NC24ads_A100_v4"
# Managed models, one for each of the cases above.
SHARED = ("mistral-7b-v01", "mistral-7b-instruct-v01", "mistral-7b-instruct-v02")
OWN = ("mixtral-8x7b-v01", "mixtral-8x7b-instruct-v01", "mixtral-8x22b-v01")
LAST = "mixtral-8x22b-instruct-v01"


def below(path: str, sentences: Sequence[str]) -> list[str]:
    """Return sentences with the path of what they are about."""
    return [f"{path}.{one_line(sentence)}" for sentence in sentences]


@dataclass(frozen=True)
class Stack:
    """A stack file, and the sentences that it is refused with. `program` runs before the repository's own."""

    configuration: Mapping[str, Any]
    sentences: Sequence[str]
    location: str = "eastus2"
    program: str = field(default="", repr=False)

    @property
    def lines(self) -> list[str]:
        """The lines of its configuration."""
        own = {f"azure-mistral:{key}": value for key, value in self.configuration.items()}
        return yaml.safe_dump({"azure-native:location": self.location, **own}, width=1000).splitlines()


STACKS = {
    "wrong-type-of-every-key-of-the-stack": Stack(
        {
            "models": ["ministral-3b"],
            "acceptMarketplaceTerms": "yes",
            "locations": "eastus2",
            "workspace": "ml",
            "roleAssignments": "all",
            "tags": ["team"],
            "quota": 96,
            "serializeDeployments": 1,
        },
        [
            'models: ["ministral-3b"] is not a map. A map from model slugs to options is accepted. Correct it.',
            """
            acceptMarketplaceTerms: "yes" is not true or a list. True, or a list of model slugs, is accepted.
            Correct it.
            """,
            'locations: "eastus2" is not a list. A list of location names is accepted. Correct it.',
            """
            workspace: "ml" is not a map. A map of id, keyVaultId, storageAccountId, logAnalyticsWorkspaceId and
            publicNetworkAccess is accepted. Correct it.
            """,
            f'roleAssignments: "all" is not a map. {ROLE_MAP}. Correct it.',
            'tags: ["team"] is not a map. A map from tag names to values is accepted. Correct it.',
            "quota: 96 is not a map. A map from VM families to vCPUs is accepted. Correct it.",
            """
            serializeDeployments: 1 is not true or false. True or false, without quotes, is accepted. Correct it.
            """,
        ],
    ),
    "wrong-type-of-every-key-below": Stack(
        {
            "acceptMarketplaceTerms": [1],
            "locations": [2],
            "models": {
                "codestral-2501": "Key",
                "ministral-3b": {
                    "authMode": 1,
                    "contentSafety": False,
                    "endpointName": ["chat"],
                    "locations": "eastus2",
                    "roleAssignments": {"app": {"role": 5, "principalId": {}, "principalType": True}},
                    "marketplaceSubscription": 7,
                    "allowRetired": "yes",
                    "asset": "Mistral-X",
                },
                **{slug: options for slug, (options, _) in zip(SHARED, WRONG_DEPLOYMENTS, strict=True)},
                **{
                    slug: {"deployments": {"blue": options}}
                    for slug, (options, _) in zip(OWN, WRONG_DEPLOYMENTS, strict=True)
                },
                LAST: {"identity": 1, "publicNetworkAccess": True, "deployments": ["blue"], "traffic": 100},
                "ours": {
                    "asset": {"id": 1, "locations": 2, "terms": 3, "pricing": 4, "instanceTypes": 5},
                },
            },
            "roleAssignments": {"team": {"role": [], "principalId": 1, "principalType": 2}, "other": "me"},
            "tags": {"cost": 3},
            "quota": {"StandardNCADSA100v4Family": "96"},
            "workspace": {
                "id": 1,
                "keyVaultId": 2,
                "storageAccountId": 3,
                "logAnalyticsWorkspaceId": 4,
                "publicNetworkAccess": True,
            },
        },
        [
            *(
                sentence
                for slug, (_, sentences) in zip(SHARED, WRONG_DEPLOYMENTS, strict=True)
                for sentence in below(f'models["{slug}"]', sentences)
            ),
            *(
                sentence
                for slug, (_, sentences) in zip(OWN, WRONG_DEPLOYMENTS, strict=True)
                for sentence in below(f'models["{slug}"].deployments["blue"]', sentences)
            ),
            *below(
                f'models["{LAST}"]',
                [
                    """
                    identity: 1 is not a string. SystemAssigned, or the ARM id of a user-assigned identity, is accepted.
                    Correct it.
                    """,
                    "publicNetworkAccess: true is not a string. Enabled or Disabled is accepted. Correct it.",
                    """
                    deployments: ["blue"] is not a map. A map from names to options of their own is accepted.
                    Correct it.
                    """,
                    "traffic: 100 is not a map. A map from names of deployments to percent is accepted. Correct it.",
                ],
            ),
            f'quota["StandardNCADSA100v4Family"]: "96" {WHOLE} of vCPUs from 0 to 1000000 is accepted. Correct it.',
            "acceptMarketplaceTerms[0]: 1 is not a string. A model slug is accepted. Correct it.",
            """
            locations[0]: 2 is not a string. The name of a location, such as eastus2, is accepted. Correct it.
            """,
            """
            models["codestral-2501"]: "Key" is not a map. A map of authMode, endpointName, locations, roleAssignments,
            allowRetired, asset, contentSafety, marketplaceSubscription, identity, publicNetworkAccess, modelVersion,
            instanceType, instanceCount, requestSettings, probes, autoscale, applicationInsights, deployments and
            traffic is accepted. Correct it.
            """,
            """
            models["ministral-3b"].authMode: 1 is not a string. Key, AAD, KeyAndAAD, AMLToken or AADToken is accepted.
            Correct it.
            """,
            """
            models["ministral-3b"].contentSafety: false is not a string. Enabled or Disabled is accepted. Correct it.
            """,
            f'models["ministral-3b"].endpointName: ["chat"] is not a string. {NAME_ACCEPTED}. Correct it.',
            """
            models["ministral-3b"].locations: "eastus2" is not a list. A list of location names is accepted.
            Correct it.
            """,
            f'models["ministral-3b"].roleAssignments["app"].role: 5 is not a string. {ROLES_ACCEPTED}. Correct it.',
            f"""
            models["ministral-3b"].roleAssignments["app"].principalId: {{}} is not a string. {PRINCIPAL_ACCEPTED}.
            Correct it.
            """,
            """
            models["ministral-3b"].roleAssignments["app"].principalType: true is not a string. User, Group or
            ServicePrincipal is accepted. Correct it.
            """,
            f'models["ministral-3b"].marketplaceSubscription: 7 is not a string. {SUBSCRIPTION_ACCEPTED}. Correct it.',
            """
            models["ministral-3b"].allowRetired: "yes" is not true or false. True or false, without quotes, is
            accepted. Correct it.
            """,
            """
            models["ministral-3b"].asset: "Mistral-X" is not a map. A map of id, locations, terms, pricing and
            instanceTypes is accepted. Correct it.
            """,
            f'models["ours"].asset.id: 1 is not a string. {ASSET_ACCEPTED}. Correct it.',
            'models["ours"].asset.locations: 2 is not a list. A list of location names is accepted. Correct it.',
            """
            models["ours"].asset.terms: 3 is not a string. An address that starts with https:// is accepted. Correct
            it.
            """,
            """
            models["ours"].asset.pricing: 4 is not a string. An address that starts with https:// is accepted. Correct
            it.
            """,
            """
            models["ours"].asset.instanceTypes: 5 is not a list. A list of names of instance types is accepted.
            Correct it.
            """,
            f'roleAssignments["team"].role: [] is not a string. {ROLES_ACCEPTED}. Correct it.',
            f'roleAssignments["team"].principalId: 1 is not a string. {PRINCIPAL_ACCEPTED}. Correct it.',
            """
            roleAssignments["team"].principalType: 2 is not a string. User, Group or ServicePrincipal is accepted.
            Correct it.
            """,
            """
            roleAssignments["other"]: "me" is not a map. A map of role, principalId and principalType is accepted.
            Correct it.
            """,
            'tags["cost"]: 3 is not a string. A string is accepted. Correct it.',
            f"""
            workspace.id: 1 is not a string.
            {arm_id("an Azure ML workspace", "Microsoft.MachineLearningServices/workspaces")}. Correct it.
            """,
            f"""
            workspace.keyVaultId: 2 is not a string. {arm_id("a key vault", "Microsoft.KeyVault/vaults")}. Correct it.
            """,
            f"""
            workspace.storageAccountId: 3 is not a string.
            {arm_id("a storage account", "Microsoft.Storage/storageAccounts")}. Correct it.
            """,
            f"""
            workspace.logAnalyticsWorkspaceId: 4 is not a string.
            {arm_id("a Log Analytics workspace", "Microsoft.OperationalInsights/workspaces")}. Correct it.
            """,
            """
            workspace.publicNetworkAccess: true is not a string. Enabled or Disabled is accepted. Correct it.
            """,
        ],
    ),
    "wrong-type-of-the-roles-of-a-model": Stack(
        {"acceptMarketplaceTerms": True, "models": {"ministral-3b": {"roleAssignments": []}}},
        [f'models["ministral-3b"].roleAssignments: [] is not a map. {ROLE_MAP}. Correct it.'],
    ),
    "unknown-key-at-every-level": Stack(
        {
            "acceptMarketplaceTerms": True,
            "model": {},
            "models": {
                SHARED[0]: UNKNOWN_IN_A_DEPLOYMENT[0],
                OWN[0]: {"deployments": {"blue": {**UNKNOWN_IN_A_DEPLOYMENT[0], "zzz": 1}}},
                "ministral-3b": {
                    "authmode": "Key",
                    "asset": {"term": "https://example.com", "id": f"{REGISTRY}/Mistral-X"},
                    "roleAssignments": {"app": {"who": 1, "principalId": PRINCIPAL, "principalType": "User"}},
                },
            },
            "roleAssignments": {"team": {"principal": 1, "principalId": PRINCIPAL, "principalType": "Group"}},
            "workspace": {"vaultId": "kv"},
        },
        [
            """
            model: there is no such setting. acceptMarketplaceTerms, locations, models, quota, roleAssignments,
            serializeDeployments, tags and workspace are accepted. Write models instead.
            """,
            *below(f'models["{SHARED[0]}"]', UNKNOWN_IN_A_DEPLOYMENT[1]),
            *below(f'models["{OWN[0]}"].deployments["blue"]', UNKNOWN_IN_A_DEPLOYMENT[1]),
            f"""
            models["{OWN[0]}"].deployments["blue"].zzz: there is no such setting. applicationInsights, autoscale,
            instanceCount, instanceType, modelVersion, probes and requestSettings are accepted. Remove it.
            """,
            """
            models["ministral-3b"].authmode: there is no such setting. allowRetired, applicationInsights, asset,
            authMode, autoscale, contentSafety, deployments, endpointName, identity, instanceCount, instanceType,
            locations, marketplaceSubscription, modelVersion, probes, publicNetworkAccess, requestSettings,
            roleAssignments and traffic are accepted. Write authMode instead.
            """,
            """
            models["ministral-3b"].asset.term: there is no such setting. id, instanceTypes, locations, pricing and terms
            are accepted. Write terms instead.
            """,
            f"""
            models["ministral-3b"].asset: ministral-3b is a model of the catalogue, which has its asset id,
            {REGISTRY}/Ministral-3B. An asset is accepted for a model that the catalogue does not have. Leave asset
            out, or call the model something else than ministral-3b.
            """,
            """
            models["ministral-3b"].roleAssignments["app"].who: there is no such setting. principalId, principalType
            and role are accepted. Remove it.
            """,
            """
            workspace.vaultId: there is no such setting. id, keyVaultId, logAnalyticsWorkspaceId, publicNetworkAccess
            and storageAccountId are accepted. Write keyVaultId instead.
            """,
            """
            roleAssignments["team"].principal: there is no such setting. principalId, principalType and role are
            accepted. Write principalId instead.
            """,
        ],
    ),
    "no-model": Stack(
        {"acceptMarketplaceTerms": True},
        ["models: it names no model. At least one model is accepted. Add a line such as ministral-3b: {}."],
    ),
    "terms-of-no-model-accepted": Stack(
        {"models": {"ministral-3b": None, "codestral-2501": {}}},
        [
            f"""
            acceptMarketplaceTerms: nobody accepted the Marketplace terms and prices of codestral-2501, terms and
            prices at {CARDS}/Codestral-2501/version/2/registry/azureml-mistral; ministral-3b (offer
            ministral-3b-2410-offer), terms at {OFFER}?tab=Overview and prices at {OFFER}?tab=PlansAndPrice. True, or
            a list that holds these slugs, is accepted. Read them, and set acceptMarketplaceTerms if you agree: the
            deployment subscribes the workspace to the offer.
            """
        ],
    ),
    "terms-of-one-model-accepted": Stack(
        {"acceptMarketplaceTerms": ["ministral-3b"], "models": {"ministral-3b": {}, "codestral-2501": {}}},
        [
            f"""
            acceptMarketplaceTerms: nobody accepted the Marketplace terms and prices of codestral-2501, terms and
            prices at {CARDS}/Codestral-2501/version/2/registry/azureml-mistral. True, or a list that holds these
            slugs, is accepted. Read them, and set acceptMarketplaceTerms if you agree: the deployment subscribes the
            workspace to the offer.
            """
        ],
    ),
    "stack-in-a-location-that-does-not-offer-the-model": Stack(
        {
            "acceptMarketplaceTerms": True,
            "models": {"mistral-document-ai-2505": {"allowRetired": True}},
        },
        [
            """
            models["mistral-document-ai-2505"]: mistral-document-ai-2505 is not offered in westus3, which
            azure-native:location names. For this model eastus2 or swedencentral is accepted. Add one of them to
            models["mistral-document-ai-2505"].locations.
            """
        ],
        location="westus3",
    ),
    "stack-in-a-location-that-is-none": Stack(
        {"acceptMarketplaceTerms": True, "models": {"ministral-3b": {}}},
        [
            f"""
            azure-native:location: "eastus3" is not a location in which the catalogue has models.
            {LOCATIONS_ACCEPTED}. Write eastus.
            """
        ],
        location="eastus3",
    ),
    "managed-models-that-azure-would-refuse": Stack(
        {
            "quota": {A100: 96},
            "models": {
                SHARED[0]: {"contentSafety": "Enabled", "marketplaceSubscription": "create", "authMode": "AAD"},
                SHARED[1]: {"instanceType": "large", "endpointName": "chat-"},
                SHARED[2]: {"deployments": {"blue": {}, "green": {}}, "traffic": {"blue": 90, "gren": 5}},
                OWN[0]: {"instanceType": NC24, "autoscale": {"minimum": 3, "maximum": 2}},
                OWN[1]: {"instanceType": "Standard_ND40rs_v2", "instanceCount": 3, "autoscale": {"maximum": 2}},
                "mistral-small-2503": {"instanceCount": 1, "authMode": "AMLToken"},
            },
            "acceptMarketplaceTerms": True,
        },
        [
            *(
                f"""
                models["{SHARED[0]}"].{key}: it is for models that Azure deploys as serverless endpoints, and
                {SHARED[0]} is deployed on managed compute. It is not accepted here. Remove it.
                """
                for key in ("contentSafety", "marketplaceSubscription")
            ),
            f"""
            models["{SHARED[0]}"].authMode: "AAD" is no auth mode of models that Azure deploys on managed compute. Key,
            AMLToken or AADToken is accepted. Write AADToken.
            """,
            f"""
            models["{SHARED[1]}"].instanceType: there is no instance type "large" among those known here. For
            this model Standard_NC24ads_A100_v4, Standard_NC48ads_A100_v4, Standard_NC96ads_A100_v4,
            Standard_ND96asr_v4, Standard_ND96amsr_A100_v4 or Standard_ND40rs_v2 is accepted. Choose one
            of them.
            """,
            f"""
            models["{SHARED[1]}"].endpointName: "chat-" does not follow the rule of managed endpoints. A name of 3 to 32
            letters, digits and single hyphens that starts with a letter and does not end with a hyphen is accepted.
            Choose another name, or leave it out.
            """,
            f"""
            models["{SHARED[2]}"].traffic["gren"]: there is no such deployment. blue or green is accepted. Write green.
            """,
            f"""
            models["{SHARED[2]}"].traffic: 90 + 5 is 95 percent. 100 percent together is accepted. Correct them.
            """,
            f"""
            models["{OWN[0]}"].instanceType: {NC24} is too small for {OWN[0]}: it has 24 vCPUs, 1 GPU and 220 GB of
            memory, and an instance needs at least 40 vCPUs, 4 GPUs and 672 GB of memory. For this model
            Standard_NC96ads_A100_v4, Standard_ND96asr_v4, Standard_ND96amsr_A100_v4 or Standard_ND40rs_v2 is accepted.
            Write Standard_NC96ads_A100_v4, which is recommended for it.
            """,
            f"""
            models["{OWN[0]}"].autoscale.minimum: 3 is not less than the maximum, 2: nothing would scale. Less than 2
            is accepted. Correct one of them, or write instanceCount instead of autoscale.
            """,
            f"""
            models["{OWN[1]}"].instanceCount: 3 is not between the minimum and the maximum of autoscale. 1 to 2 is
            accepted. Correct it, or leave it out to begin with the minimum.
            """,
            """
            models["mistral-small-2503"].instanceCount: it is for models that Azure deploys on managed compute, and
            mistral-small-2503 is deployed as serverless endpoints. It is not accepted here. Remove it.
            """,
            """
            models["mistral-small-2503"].authMode: "AMLToken" is no auth mode of models that Azure deploys as serverless
            endpoints. Key, AAD or KeyAndAAD is accepted. Write AAD.
            """,
            f"""
            quota["{A100}"]: 96 vCPUs are not enough for eastus2 ({SHARED[2]} blue: 1 of {NC24} x 24 vCPUs = 24;
            {SHARED[2]} green: 1 of {NC24} x 24 vCPUs = 24; {SHARED[0]} blue: 1 of {NC24} x 24 vCPUs = 24; {OWN[0]}
            blue:
            3 of {NC24} x 24 vCPUs = 72; together 144). At least 144 is accepted. Ask Azure for more, or take fewer or
            smaller instances.
            """,
            f"""
            quota: it says nothing about standardNDSv2Family, of which 120 vCPUs are needed in eastus2 ({OWN[1]} blue: 3
            of Standard_ND40rs_v2 x 40 vCPUs = 120). At least 120 is accepted. Add standardNDSv2Family.
            """,
        ],
    ),
    "values-that-azure-would-refuse": Stack(
        {
            "acceptMarketplaceTerms": True,
            "models": {
                "ministral-3B": {},
                "mistral-nemo-2407": {},
                "mistral-document-ai-2505": {"allowRetired": True, "locations": ["westus3"]},
                "mistral-medium-2505": {"locations": ["atlantis"], "endpointName": "2-models"},
                "ministral-3b": {"endpointName": "chat"},
                "codestral-2501": {"endpointName": "Chat"},
                "mistral-small-2503": {"endpointName": TOO_LONG},
            },
            "roleAssignments": {
                "me": {"principalId": "me@example.com", "principalType": "User"},
                "app": {"role": "AI Developer", "principalId": PRINCIPAL, "principalType": "User"},
                "job": {"principalId": PRINCIPAL, "principalType": "ManagedIdentity"},
            },
            "workspace": {"id": f"{GROUP}/workspaces/ml"},
        },
        [
            f"""
            models["ministral-3B"]: there is no model "ministral-3B" among those that Azure deploys.
            {MODELS_ACCEPTED}. Write ministral-3b.
            """,
            """
            models["mistral-nemo-2407"]: mistral-nemo-2407 is retired since 2026-01-30; Azure refuses to deploy it and
            endpoints answer 404. Models that are available or legacy are accepted. Use mistral-small-2503, which
            replaces it, or try it all the same with models["mistral-nemo-2407"].allowRetired: true.
            """,
            """
            models["mistral-document-ai-2505"].locations: mistral-document-ai-2505 is not offered in westus3. For this
            model eastus2 or swedencentral is accepted. Choose another location, or one of the models of westus3:
            ministral-3b, codestral-2501, mistral-small-2503 and mistral-medium-2505.
            """,
            f"""
            models["mistral-medium-2505"].locations: "atlantis" is not a location in which the catalogue has
            models. {LOCATIONS_ACCEPTED}. Choose one of them.
            """,
            f"""
            models["mistral-medium-2505"].endpointName: "2-models" does not follow the rule. {NAME_ACCEPTED}. Choose
            another name, or leave it out.
            """,
            f"""
            models["mistral-small-2503"].endpointName: "{TOO_LONG}" does not follow the rule. {NAME_ACCEPTED}. Choose
            another name, or leave it out.
            """,
            """
            models["ministral-3b"].endpointName: "chat" is the name of the endpoint of codestral-2501 in eastus2
            already. Each name is accepted once in a location. Choose another name, or leave it out.
            """,
            f"""
            roleAssignments["me"].principalId: "me@example.com" does not follow the rule. {PRINCIPAL_ACCEPTED}. Look
            it up: az ad user show, az ad group show or az ad sp show, then take id.
            """,
            f"""
            roleAssignments["app"].role: "AI Developer" is not a role known here. {ROLES_ACCEPTED}. Write "Azure AI
            Developer".
            """,
            """
            roleAssignments["job"].principalType: "ManagedIdentity" is none of its values. User, Group or
            ServicePrincipal is accepted. Choose one of them.
            """,
            f"""
            workspace.id: "{GROUP}/wor... is no ARM id.
            {arm_id("an Azure ML workspace", "Microsoft.MachineLearningServices/workspaces")}. Look it up: az resource
            list --resource-type Microsoft.MachineLearningServices/workspaces --query [].id.
            """,
        ],
    ),
    "models-that-the-catalogue-does-not-have": Stack(
        {
            "acceptMarketplaceTerms": True,
            "models": {
                "free": {"asset": {"id": f"{REGISTRY}/Mistral-Y", "instanceTypes": ["Standard_NC24ads_A100_v4"]}},
                "nvidia": {"asset": {"id": "azureml://registries/nvidia/models/Mistral-X"}},
                "Our-Model": {
                    "asset": {
                        "id": f"{REGISTRY}/Codestral-2501",
                        "terms": "https://example.com/terms",
                        "pricing": "https://example.com/pricing",
                        "locations": ["eastus3", "eastus2"],
                    }
                },
                "versioned": {"asset": {"id": f"{REGISTRY}/Mistral-X/versions/1"}},
            },
        },
        [
            """
            models["free"].asset.terms: it is missing, and the hosting of a model of the registry azureml-mistral is
            serverless. The address of a page with its Marketplace terms is accepted. Add it.
            """,
            """
            models["free"].asset.pricing: it is missing, and the hosting of a model of the registry azureml-mistral is
            serverless. The address of a page with its Marketplace prices is accepted. Add it.
            """,
            """
            models["free"].asset.instanceTypes: ["Standard_NC24ads_A100_v4"] says something about the hosting managed,
            and that of a model of the registry azureml-mistral is serverless. It is accepted where the hosting is
            managed. Remove it.
            """,
            f"""
            models["nvidia"].asset.id: "nvidia" is not a registry with models of Mistral. {ASSET_ACCEPTED}. Copy the
            asset id from the model's card in the studio.
            """,
            f"""
            models["Our-Model"].asset.id: "{REGISTRY}/Codestral-2501" is codestral-2501 of the catalogue. An asset is
            accepted for a model that the catalogue does not have. Call the model codestral-2501, and leave asset out.
            """,
            """
            models["Our-Model"]: "Our-Model" cannot be the start of Azure names. A name of 1 to 26 lower-case letters,
            digits and hyphens that starts with a letter is accepted. Rename it.
            """,
            f"""
            models["Our-Model"].asset.locations: "eastus3" is not a location known here. {LOCATIONS_ACCEPTED}. Write
            eastus.
            """,
            f"""
            models["versioned"].asset.id: "{REGISTRY}/Mistral-X/versions/1" has a version, and a serverless endpoint
            always has the latest. {ASSET_ACCEPTED}. Remove /versions/1.
            """,
        ],
    ),
    "workspace-that-cannot-be-combined": Stack(
        {
            "acceptMarketplaceTerms": True,
            "models": {"ministral-3b": {}},
            "locations": ["eastus", "eastus2"],
            "workspace": {
                "id": f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ml",
                "publicNetworkAccess": "Disabled",
            },
        },
        [
            """
            workspace.id: one existing workspace cannot serve eastus and eastus2. One location, that of the workspace,
            is accepted with it. Leave one location, or make a stack for each workspace.
            """,
            """
            workspace.publicNetworkAccess: "Disabled" is for a new workspace, and workspace.id names an existing one,
            which has its own. One of the two is accepted. Remove the other.
            """,
        ],
    ),
    # Azure has serverless models of the registry azureml, but none of them is Mistral's: so the stack's program gets a
    # catalogue that has one, and is otherwise the repository's own.
    "marketplace-subscription-for-a-model-that-is-not-sold": Stack(
        {"models": {"open": {"marketplaceSubscription": "ours"}}},
        [
            """
            models["open"].marketplaceSubscription: "ours" cannot be for open, a model of the registry azureml, which
            is not sold in the Azure Marketplace. No Marketplace subscription is accepted for it. Leave it out.
            """
        ],
        program="""
from dataclasses import replace
from azure_mistral import catalog

real = catalog.load_catalog()
model = replace(real.models["ministral-3b"], slug="open", registry="azureml", offer=None)
catalog.load_catalog = lambda: replace(real, models={"open": model})
""",
    ),
}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_refused_stack_is_told_all_that_is_wrong_and_azure_is_asked_nothing(
    stack: Stack, repository: Project, azure: Azure
) -> None:
    repository.configure(*stack.lines)
    repository.write_program(
        "\n".join([on_day("2026-11-22"), stack.program, (repository.directory / "__main__.py").read_text()])
    )

    for command in (["preview"], ["up", "--yes", "--skip-preview"]):
        done = repository.run(*command)

        assert done.returncode != 0
        shown = {line.strip().removeprefix("- ") for line in done.stdout.splitlines() if line.strip().startswith("- ")}
        assert shown == {one_line(sentence) for sentence in stack.sentences}
        assert "Nothing was changed." in done.stdout
        assert "Traceback" not in done.stdout + done.stderr
    assert azure.requests() == []


@pytest.mark.parametrize(
    ("day", "options", "warning"),
    [
        (
            "2026-11-22",
            "{allowRetired: true}",
            """
            model: mistral-nemo-2407 is retired since 2026-01-30; Azure refuses to deploy it and endpoints answer 404.
            Use mistral-small-2503, which replaces it.
            """,
        ),
        (
            "2025-10-02",
            "{}",
            """
            model: mistral-nemo-2407 is legacy since 2025-10-02 (derived from the retirement date), to be retired on
            2026-01-30. Use mistral-small-2503, which replaces it.
            """,
        ),
    ],
    ids=["retired-but-allowed", "legacy"],
)
def test_model_on_its_way_out_is_previewed_with_a_warning_on_its_deployment(
    day: str, options: str, warning: str, repository: Project
) -> None:
    repository.configure(
        "azure-native:location: eastus2",
        "azure-mistral:acceptMarketplaceTerms: true",
        f"azure-mistral:models: {{mistral-nemo-2407: {options}}}",
    )
    repository.write_program(on_day(day) + (repository.directory / "__main__.py").read_text())

    done = repository.run("preview")

    assert done.returncode == 0, done.stdout
    deployment = "azure-mistral:index:ServerlessDeployment (mistral-mistral-nemo-2407-eus2)"
    assert f"  {deployment}:\n    warning: {one_line(warning)}\n" in done.stdout


def refused_paths(complaint: str) -> set[str]:
    """Return the paths of the table's sentences with this complaint, with `[*]` for the keys of maps."""
    sentences = [one_line(sentence) for stack in STACKS.values() for sentence in stack.sentences]
    paths = [sentence.partition(": ")[0] for sentence in sentences if re.search(complaint, sentence)]
    return {re.sub(r'\["[^]]*"\]', "[*]", path) for path in paths}


SETTINGS = {f"{path}.{setting.name}".removeprefix("."): setting for path, settings in groups() for setting in settings}


@pytest.mark.parametrize("setting", SETTINGS.items(), ids=SETTINGS)
def test_table_has_a_case_with_the_wrong_type_of_every_key(setting: tuple[str, Setting]) -> None:
    path, _ = setting

    assert path in refused_paths("is not (a string|a map|a list|a whole number|true or)")


@pytest.mark.parametrize("path", [path for path, _ in groups()], ids=lambda path: path or "the stack")
def test_table_has_a_case_with_an_unknown_key_at_every_level(path: str) -> None:
    assert path in {unknown.rpartition(".")[0] for unknown in refused_paths("there is no such setting")}


def test_values_reach_the_engine_as_they_are_written() -> None:
    """The table is only worth something when YAML keeps its types."""
    for stack in STACKS.values():
        read = yaml.safe_load("\n".join(stack.lines))
        own = {key.removeprefix("azure-mistral:"): value for key, value in read.items() if "mistral:" in key}
        assert json.dumps(own, sort_keys=True) == json.dumps(stack.configuration, sort_keys=True)
