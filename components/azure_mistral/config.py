"""What a stack of models is asked to be: its settings, and their reading into frozen dataclasses. Pure.

The tables here own names, types, defaults, descriptions and messages. `stack` fetches the values from the engine,
`plan` says what they lead to.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from azure_mistral import naming, roles
from azure_mistral.catalog import HOSTINGS, Hosting, parse_asset_id
from azure_mistral.problems import Problem, listed, nearest, shown
from azure_mistral.resource_id import parse_resource_id
from azure_mistral.settings import (
    WRONG,
    Choice,
    Each,
    Flag,
    Group,
    Reading,
    Setting,
    Table,
    Text,
    capital,
    is_output,
    read_group,
    refuse_type,
)

KEY, AAD, KEY_AND_AAD = "Key", "AAD", "KeyAndAAD"
CREATE = "create"


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """Who gets which role. `principal_id` may be a Pulumi output, for an identity that the same program creates."""

    role: str
    principal_id: Any
    principal_type: str


@dataclass(frozen=True, slots=True)
class WorkspaceOptions:
    """Which workspace: the existing one of an ARM id, or a new one, with what else is said here.

    The ids of what a new workspace uses may be Pulumi outputs. What is None is made, or is Azure's own default.
    """

    id: str | None = None
    key_vault_id: Any = None
    storage_account_id: Any = None
    log_analytics_workspace_id: Any = None
    public_network_access: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """A model that the catalogue does not have. Its `id` is empty when it was refused."""

    id: str
    locations: tuple[str, ...] = ()
    terms: str | None = None
    pricing: str | None = None
    instance_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The options of one model. No `locations` means those of the stack."""

    auth_mode: str = KEY
    content_safety: str = "Enabled"
    endpoint_name: str | None = None
    locations: tuple[str, ...] = ()
    role_assignments: Mapping[str, RoleAssignment] = field(default_factory=dict)
    marketplace_subscription: str = CREATE
    allow_retired: bool = False
    asset: Asset | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """A stack of models. `accept_marketplace_terms` is a bool or slugs; no `locations` means the provider's own."""

    models: Mapping[str, ModelOptions]
    accept_marketplace_terms: bool | tuple[str, ...] = False
    locations: tuple[str, ...] = ()
    workspace: WorkspaceOptions = WorkspaceOptions()
    role_assignments: Mapping[str, RoleAssignment] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)
    serialize_deployments: bool = False

    def accepts_terms_of(self, slug: str) -> bool:
        """Tell whether the terms of this model's Marketplace offer were accepted."""
        accepted = self.accept_marketplace_terms
        return accepted if isinstance(accepted, bool) else slug in accepted


def location_name(text: str) -> str:
    """Return a location as ARM writes it: `East US 2` is `eastus2`."""
    return text.replace(" ", "").lower()


@dataclass(frozen=True, slots=True)
class _Terms:
    accepted: str = "true, or a list of model slugs,"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, list | tuple):
            slugs = Each(Text("a model slug"), "model slugs").read(value, path, reading)
            # What is missing from a list that was refused is not missing acceptance.
            return slugs if len(slugs) == len(value) else WRONG
        return refuse_type(value, "true or a list", "True, or a list of model slugs, is accepted", path, reading)


@dataclass(frozen=True, slots=True)
class _Role:
    accepted: str = "the name of a built-in role, or the GUID of a role definition,"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        accepted = f"{listed(roles.ROLES, 'or')} is accepted, or the GUID of any role definition"
        if not isinstance(value, str):
            return refuse_type(value, "a string", accepted, path, reading)
        if roles.role_definition_guid(value):
            return value
        near = nearest(value, roles.ROLES)
        advice = (
            f'Write "{near}"' if near else "Choose one of them, or look its GUID up: az role definition list --name"
        )
        return reading.refuse(path, f"{shown(value)} is not a role known here", accepted, advice)


@dataclass(frozen=True, slots=True)
class _ArmId:
    """The ARM id of a resource of one type; `flows` when it may be an output."""

    noun: str
    type: str
    flows: bool = False

    @property
    def accepted(self) -> str:
        return f"the ARM id of {self.noun}, /subscriptions/<id>/resourceGroups/<name>/providers/{self.type}/<name>,"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        if self.flows and is_output(value):
            return value
        accepted = f"{capital(self.accepted)} is accepted"
        advice = f"Look it up: az resource list --resource-type {self.type} --query [].id"
        if not isinstance(value, str):
            return refuse_type(value, "a string", accepted, path, reading)
        try:
            named = parse_resource_id(value)
        except ValueError:
            return reading.refuse(path, f"{shown(value)} is no ARM id", accepted, advice)
        if not named.is_of_type(self.type):
            return reading.refuse(
                path, f"it is the id of {shown(named.name)}, which is a {named.type}", accepted, advice
            )
        return value


@dataclass(frozen=True, slots=True)
class _AssetId:
    accepted: str = (
        "an asset id, azureml://registries/azureml-mistral/models/<name>, or "
        "azureml://registries/azureml/models/<name>/versions/<n> for managed compute,"
    )

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        accepted = f"{capital(self.accepted)} is accepted"
        if not isinstance(value, str):
            return refuse_type(value, "a string", accepted, path, reading)
        try:
            parsed = parse_asset_id(value)
        except ValueError:
            advice = "Copy the asset id from the model's card in the studio"
            return reading.refuse(path, f"{shown(value)} is not the asset id of a model", accepted, advice)
        hosting = HOSTINGS.get(parsed.registry)
        if hosting is None:
            near = nearest(parsed.registry, HOSTINGS)
            advice = f"Write {near}" if near else "Copy the asset id from the model's card in the studio"
            wrong = f"{shown(parsed.registry)} is not a registry with models of Mistral"
            return reading.refuse(path, wrong, accepted, advice)
        if hosting is Hosting.MANAGED and parsed.version is None:
            wrong = f"{shown(value)} has no version, and managed compute runs one version of a model"
            return reading.refuse(path, wrong, accepted, "Add /versions/ and the number on the model's card")
        if hosting is Hosting.SERVERLESS and parsed.version is not None:
            wrong = f"{shown(value)} has a version, and a serverless endpoint always has the latest"
            return reading.refuse(path, wrong, accepted, f"Remove /versions/{parsed.version}")
        return value


def _some_model(models: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not models:
        yield Problem(
            path, "it names no model", "At least one model is accepted", "Add a line such as ministral-3b: {}"
        )


_LOCATION = Text("the name of a location, such as eastus2,", normal=location_name)

_ROLE_ASSIGNMENT = Group(
    (
        Setting(
            "role",
            _Role(),
            "Name of a built-in role, or GUID of any role definition.",
            default=roles.DEFAULT_ROLE,
            if_wrong=roles.DEFAULT_ROLE,
        ),
        Setting(
            "principalId",
            Text(
                "the object id (a GUID) of a user, group or service principal",
                roles.GUID,
                "Look it up: az ad user show, az ad group show or az ad sp show, then take id",
                flows=True,
            ),
            "Object id of who gets the role. For an application: of its service principal, not its client id.",
            required=True,
        ),
        Setting(
            "principalType",
            Choice(("User", "Group", "ServicePrincipal")),
            "What the principal is. A managed identity is a ServicePrincipal.",
            required=True,
        ),
    ),
    RoleAssignment,
)

ROLE_ASSIGNMENTS = Setting(
    "roleAssignments",
    Table(_ROLE_ASSIGNMENT, "a key of your own to {role, principalId, principalType}"),
    "Roles on the resource group of each workspace, also of an existing one, under keys of your own.",
    default={},
    if_wrong={},
)
WORKSPACE_ID = Setting(
    "workspaceId",
    _ArmId("an Azure ML workspace", "Microsoft.MachineLearningServices/workspaces"),
    "ARM id of an existing workspace, of kind Default, Hub or Project, which is read and never changed or deleted.",
)
# What a new workspace may be told, and an existing one decides for itself.
NEW_WORKSPACE = (
    Setting(
        "keyVaultId",
        _ArmId("a key vault", "Microsoft.KeyVault/vaults", flows=True),
        "ARM id of an existing key vault for a new workspace. By default one is made.",
    ),
    Setting(
        "storageAccountId",
        _ArmId("a storage account", "Microsoft.Storage/storageAccounts", flows=True),
        "ARM id of an existing storage account for a new workspace. By default one is made.",
    ),
    Setting(
        "logAnalyticsWorkspaceId",
        _ArmId("a Log Analytics workspace", "Microsoft.OperationalInsights/workspaces", flows=True),
        "ARM id of an existing Log Analytics workspace for a new workspace. By default one is made.",
    ),
    Setting(
        "publicNetworkAccess",
        Choice(("Enabled", "Disabled")),
        "Whether a new workspace and its endpoints can be reached from public networks. By default Enabled.",
    ),
)
WORKSPACE = Setting(
    "workspace",
    Group((replace(WORKSPACE_ID, name="id"), *NEW_WORKSPACE), WorkspaceOptions),
    "Which workspace: an existing one, by its id, or what the new ones use.",
    default=WorkspaceOptions(),
    if_wrong=WorkspaceOptions(),
)
MARKETPLACE_SUBSCRIPTION = Setting(
    "marketplaceSubscription",
    Text(
        "the name of a Marketplace subscription that the workspace has, or create,",
        re.compile(r"[^/]+"),
        "Give the last part of its id, or leave it out",
    ),
    "Name of an existing Marketplace subscription, which is read and never changed or deleted; or create, for one of "
    "the stack's own.",
    default=CREATE,
    if_wrong=CREATE,
)
ENDPOINT_ROLE_ASSIGNMENTS = Setting(
    "roleAssignments",
    ROLE_ASSIGNMENTS.kind,
    "Roles on the endpoint alone, under keys of your own.",
    default={},
    if_wrong={},
)
TAGS = Setting(
    "tags",
    Table(Text("a string", flows=True), "tag names to values", check=naming.tag_problems),
    "Tags of every resource that can have some, beside managed-by, pulumi-project and pulumi-stack.",
    default={},
    if_wrong={},
)
AUTH_MODE = Setting(
    "authMode",
    Choice((KEY, AAD, KEY_AND_AAD)),
    "How callers prove who they are: inference keys, Microsoft Entra tokens, or either. AAD has no keys at all.",
    default=KEY,
    if_wrong=KEY,
)
CONTENT_SAFETY = Setting(
    "contentSafety",
    Choice(("Enabled", "Disabled")),
    "Whether Azure AI Content Safety filters prompts and completions.",
    default="Enabled",
    if_wrong="Enabled",
)
ENDPOINT_NAME = Setting(
    "endpointName",
    Text(naming.ENDPOINT_NAME_RULE, naming.ENDPOINT_NAME, "Choose another name, or leave it out"),
    "Name of the endpoint, first label of its URL, unique in its location. By default the slug and a suffix.",
)
ALLOW_RETIRED = Setting(
    "allowRetired",
    Flag(),
    "Whether a deprecated or retired model is tried all the same.",
    default=False,
    if_wrong=True,
)

LOCATION = Setting(
    "location",
    _LOCATION,
    "ARM location, such as eastus2. One of those that have serverless endpoints.",
    required=True,
)

_PAGE = re.compile(r"https://\S+")
ASSET = Setting(
    "asset",
    Group(
        (
            Setting(
                "id",
                _AssetId(),
                "Asset id of the model. Its registry tells the hosting: azureml-mistral has the serverless models, "
                "azureml those for managed compute.",
                required=True,
                if_wrong="",
            ),
            Setting(
                "locations",
                Each(_LOCATION, "location names"),
                "Locations that offer the model. By default every one that is known for its hosting.",
                default=(),
                if_wrong=(),
            ),
            Setting(
                "terms",
                Text("an address that starts with https://", _PAGE),
                "Address of the Marketplace terms that acceptMarketplaceTerms accepts. Required where something is "
                "bought: for a serverless model.",
            ),
            Setting(
                "pricing",
                Text("an address that starts with https://", _PAGE),
                "Address of the Marketplace prices that acceptMarketplaceTerms accepts. Required for a serverless "
                "model.",
            ),
            Setting(
                "instanceTypes",
                Each(Text("the name of an instance type"), "names of instance types"),
                "VM sizes that the model may run on, the default first. Required for a model on managed compute.",
                default=(),
                if_wrong=(),
            ),
        ),
        Asset,
    ),
    "The model itself, when the catalogue does not have it: then the slug is a name of your own.",
)

MODEL_OPTIONS = (
    AUTH_MODE,
    CONTENT_SAFETY,
    ENDPOINT_NAME,
    Setting(
        "locations",
        Each(_LOCATION, "location names"),
        "Locations of this model. By default those of the stack that offer it.",
        default=(),
        if_wrong=(),
    ),
    ENDPOINT_ROLE_ASSIGNMENTS,
    MARKETPLACE_SUBSCRIPTION,
    ALLOW_RETIRED,
    ASSET,
)

CONFIGURATION = (
    Setting(
        "models",
        Table(Group(MODEL_OPTIONS, ModelOptions), "model slugs to options", check=_some_model),
        "The models to deploy: a map from slug to options. One line a model is enough.",
        required=True,
        if_wrong={},
    ),
    Setting(
        "acceptMarketplaceTerms",
        _Terms(),
        "Acceptance of the Marketplace terms and prices, where a Marketplace subscription is created: true for every "
        "model, or a list of slugs.",
        default=False,
        if_wrong=True,
    ),
    Setting(
        "locations",
        Each(_LOCATION, "location names"),
        "Locations, with one workspace in each. By default azure-native:location.",
        default=(),
        if_wrong=(),
    ),
    WORKSPACE,
    ROLE_ASSIGNMENTS,
    TAGS,
    Setting(
        "serializeDeployments",
        Flag(),
        "Whether the deployments of one workspace are made one after another, where Azure answers 409 to several.",
        default=False,
        if_wrong=False,
    ),
)


def parse(values: Mapping[str, Any], *, snake_case: bool = False) -> tuple[Configuration, list[Problem]]:
    """Return the configuration that the values describe, and everything that is wrong with them.

    With problems the configuration is what could be read: good enough to look for further problems, not to deploy.

    Args:
        values: From stack configuration, in camelCase, or from component arguments.
        snake_case: The values are component arguments.
    """
    reading = Reading(snake_case)
    return Configuration(**read_group(values, CONFIGURATION, "", reading)), reading.problems
