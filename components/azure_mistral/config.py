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
from azure_mistral.problems import Problem, keyed, listed, nearest, shown
from azure_mistral.resource_id import parse_resource_id
from azure_mistral.settings import (
    WRONG,
    Choice,
    Count,
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
AML_TOKEN, AAD_TOKEN = "AMLToken", "AADToken"
SERVERLESS_AUTH_MODES = (KEY, AAD, KEY_AND_AAD)
MANAGED_AUTH_MODES = (KEY, AML_TOKEN, AAD_TOKEN)
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
class RequestSettings:
    """How many requests an instance works on at a time, and for how many seconds on one."""

    max_concurrent_requests_per_instance: int = 1
    request_timeout_seconds: int = 90


@dataclass(frozen=True, slots=True)
class Probes:
    """When Azure begins to ask an instance whether it lives, how often, and when it gives up; in seconds and times."""

    initial_delay_seconds: int = 600
    period_seconds: int = 10
    timeout_seconds: int = 10
    failure_threshold: int = 30


@dataclass(frozen=True, slots=True)
class Utilization:
    """Between which percentages of use the number of instances stays as it is."""

    scale_out_above: int = 70
    scale_in_below: int = 30


@dataclass(frozen=True, slots=True)
class Autoscale:
    """Between which counts Azure Monitor moves the instances; by the use of their GPUs when nothing else is said."""

    minimum: int
    maximum: int
    cpu: Utilization | None = None
    gpu: Utilization | None = None


@dataclass(frozen=True, slots=True)
class DeploymentOptions:
    """The options of one deployment of a managed model; None means what the model says, or the default."""

    model_version: int | None = None
    instance_type: str | None = None
    instance_count: int | None = None
    request_settings: RequestSettings | None = None
    probes: Probes | None = None
    autoscale: Autoscale | None = None
    application_insights: bool | None = None


@dataclass(frozen=True, slots=True)
class ModelOptions(DeploymentOptions):
    """The options of one model; None means that nothing was said. No `locations` means those of the stack.

    Which of them it can have depends on its hosting: see `SERVERLESS_OPTIONS` and `MANAGED_OPTIONS`.
    """

    auth_mode: str | None = None
    endpoint_name: str | None = None
    locations: tuple[str, ...] = ()
    role_assignments: Mapping[str, RoleAssignment] = field(default_factory=dict)
    allow_retired: bool = False
    asset: Asset | None = None
    content_safety: str | None = None
    marketplace_subscription: str | None = None
    identity: Any = None
    public_network_access: str | None = None
    deployments: Mapping[str, DeploymentOptions] | None = None
    traffic: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """A stack of models. `accept_marketplace_terms` is a bool or slugs; no `locations` means the provider's own."""

    models: Mapping[str, ModelOptions]
    accept_marketplace_terms: bool | tuple[str, ...] = False
    locations: tuple[str, ...] = ()
    workspace: WorkspaceOptions = WorkspaceOptions()
    role_assignments: Mapping[str, RoleAssignment] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)
    quota: Mapping[str, int] = field(default_factory=dict)
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


@dataclass(frozen=True, slots=True)
class _Identity:
    accepted: str = f"{naming.SYSTEM_ASSIGNED}, or the ARM id of a user-assigned identity,"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        accepted = f"{self.accepted} is accepted"
        if not isinstance(value, str) and not is_output(value):
            return refuse_type(value, "a string", accepted, path, reading)
        if value == naming.SYSTEM_ASSIGNED:
            return value
        if isinstance(value, str) and not value.startswith("/"):
            advice = f"Write {naming.SYSTEM_ASSIGNED}, or look the id up: az identity list --query [].id"
            return reading.refuse(path, f"{shown(value)} is no identity", accepted, advice)
        return _USER_ASSIGNED_IDENTITY.read(value, path, reading)


_USER_ASSIGNED_IDENTITY = _ArmId(
    "a user-assigned identity", "Microsoft.ManagedIdentity/userAssignedIdentities", flows=True
)


def _some_model(models: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not models:
        yield Problem(
            path, "it names no model", "At least one model is accepted", "Add a line such as ministral-3b: {}"
        )


def _deployment_names(given: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if not given:
        yield Problem(path, "it names no deployment", "At least one is accepted", "Add one, or leave deployments out")
    for key in given:
        yield from naming.deployment_key_problems(key, keyed(path, key))


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
SERVERLESS_AUTH_MODE = Setting(
    "authMode",
    Choice(SERVERLESS_AUTH_MODES),
    "How callers prove who they are: inference keys, Microsoft Entra tokens, or either. AAD has no keys at all.",
    default=KEY,
    if_wrong=KEY,
)
MANAGED_AUTH_MODE = Setting(
    "authMode",
    Choice(MANAGED_AUTH_MODES),
    "How callers prove who they are: inference keys, tokens of Azure Machine Learning, or Microsoft Entra tokens. Only "
    "Key has keys.",
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
    "Whether a deprecated or retired model, or a retired instance type, is tried all the same.",
    default=False,
    if_wrong=True,
)

MODEL = Setting("model", Text("the slug of a model"), "Slug of the model, such as ministral-3b.", required=True)
RESOURCE_GROUP_NAME = Setting(
    "resourceGroupName",
    Text("the name of a resource group", flows=True),
    "Resource group of the workspace.",
    required=True,
)
WORKSPACE_NAME = Setting(
    "workspaceName",
    Text("the name of an Azure ML workspace", flows=True),
    "Azure ML workspace that holds the endpoint.",
    required=True,
)

_UTILIZATION = Group(
    (
        Setting(
            "scaleOutAbove", Count(1, 100, "percent"), "Average above which one is added.", default=70, if_wrong=70
        ),
        Setting(
            "scaleInBelow", Count(1, 100, "percent"), "Average below which one is removed.", default=30, if_wrong=30
        ),
    ),
    Utilization,
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

MANAGED_ENDPOINT_NAME = replace(
    ENDPOINT_NAME,
    kind=Text(naming.ONLINE_NAME_RULE, naming.ONLINE_ENDPOINT_NAME, "Choose another name, or leave it out"),
)
IDENTITY = Setting(
    "identity",
    _Identity(),
    "Whom the endpoint's instances act as: SystemAssigned, or a user-assigned identity by its ARM id. By default "
    "SystemAssigned. Azure never changes it, so a change replaces the endpoint.",
)
MANAGED_PUBLIC_NETWORK_ACCESS = Setting(
    "publicNetworkAccess",
    Choice(("Enabled", "Disabled")),
    "Whether the endpoint can be reached from public networks. By default Enabled.",
)

_SECONDS_OF_A_PROBE = Count(1, 3600, "seconds")
# Defaults of requests: the sample notebook of Mistral 7B in Azure/azureml-examples (text-generation-online-endpoint-
# mistral.ipynb). Limit of the time-out: "Manage and increase quotas", managed online endpoints.
# Defaults of probes: this project's own. A model of 15 to 280 GB is loaded for minutes, and must not be killed for it.
DEPLOYMENT_OPTIONS = (
    Setting(
        "modelVersion",
        Count(1, 9999),
        "Version of the model in its registry. By default that of the catalogue. A change makes a new deployment.",
    ),
    Setting(
        "instanceType",
        Text("the name of an instance type, such as Standard_NC24ads_A100_v4,"),
        "VM size of the instances. By default the one recommended for the model. A change makes a new deployment.",
    ),
    Setting("instanceCount", Count(1, 50), "Number of instances; with autoscale, to begin with. By default 1."),
    Setting(
        "requestSettings",
        Group(
            (
                Setting(
                    "maxConcurrentRequestsPerInstance",
                    Count(1, 10_000),
                    "Requests that an instance works on at a time; Azure answers 429 to those that find no room.",
                    default=1,
                    if_wrong=1,
                ),
                Setting(
                    "requestTimeoutSeconds",
                    Count(1, 180, "seconds"),
                    "Time for one request, after which Azure answers 408.",
                    default=90,
                    if_wrong=90,
                ),
            ),
            RequestSettings,
        ),
        "How many requests an instance works on, and for how long.",
    ),
    Setting(
        "probes",
        Group(
            (
                Setting(
                    "initialDelaySeconds",
                    _SECONDS_OF_A_PROBE,
                    "Time for loading the model, before an instance that does not answer is restarted.",
                    default=600,
                    if_wrong=600,
                ),
                Setting("periodSeconds", _SECONDS_OF_A_PROBE, "Time between two probes.", default=10, if_wrong=10),
                Setting("timeoutSeconds", _SECONDS_OF_A_PROBE, "Time for one answer.", default=10, if_wrong=10),
                Setting(
                    "failureThreshold", Count(1, 1000), "Probes without an answer that count.", default=30, if_wrong=30
                ),
            ),
            Probes,
        ),
        "How Azure finds out whether an instance lives, and is ready for requests.",
    ),
    Setting(
        "autoscale",
        Group(
            (
                Setting("minimum", Count(1, 50), "Instances at least.", default=1, if_wrong=1),
                Setting("maximum", Count(1, 50), "Instances at most.", required=True, if_wrong=50),
                Setting("cpu", _UTILIZATION, "Scale by the use of the CPUs."),
                Setting("gpu", _UTILIZATION, "Scale by the use of the GPUs. So without cpu and gpu."),
            ),
            Autoscale,
        ),
        "Number of instances by Azure Monitor. By default it stays as it is.",
    ),
    Setting(
        "applicationInsights",
        Flag(),
        "Whether requests and logs go to the Application Insights of the workspace. By default false.",
    ),
)
DEPLOYMENTS = Setting(
    "deployments",
    Table(Group(DEPLOYMENT_OPTIONS, DeploymentOptions), "names to options of their own", check=_deployment_names),
    "Deployments side by side, such as blue and green; what one does not say, the model says. By default one, blue.",
)
TRAFFIC = Setting(
    "traffic",
    Table(Count(0, 100, "percent"), "names of deployments to percent"),
    "What each deployment gets of the requests, in percent. Needed for several deployments; by default all to one.",
)

# What only one hosting has; the rest is for both.
SERVERLESS_OPTIONS = (
    replace(
        CONTENT_SAFETY, default=None, if_wrong=None, description=f"{CONTENT_SAFETY.description} By default Enabled."
    ),
    replace(
        MARKETPLACE_SUBSCRIPTION,
        default=None,
        if_wrong=None,
        description=f"{MARKETPLACE_SUBSCRIPTION.description} By default create.",
    ),
)
MANAGED_OPTIONS = (IDENTITY, MANAGED_PUBLIC_NETWORK_ACCESS, *DEPLOYMENT_OPTIONS, DEPLOYMENTS, TRAFFIC)
MODEL_OPTIONS = (
    Setting(
        "authMode",
        Choice(tuple(dict.fromkeys((*SERVERLESS_AUTH_MODES, *MANAGED_AUTH_MODES)))),
        "How callers prove who they are. Serverless: Key, AAD or KeyAndAAD. Managed: Key, AMLToken or AADToken. By "
        "default Key; AAD and the tokens have no keys.",
    ),
    ENDPOINT_NAME,
    Setting(
        "locations",
        Each(_LOCATION, "location names"),
        "Locations of this model. By default those of the stack that offer it.",
        default=(),
        if_wrong=(),
    ),
    ENDPOINT_ROLE_ASSIGNMENTS,
    ALLOW_RETIRED,
    ASSET,
    *(replace(setting, description=f"Serverless. {setting.description}") for setting in SERVERLESS_OPTIONS),
    *(replace(setting, description=f"Managed. {setting.description}") for setting in MANAGED_OPTIONS),
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
        "quota",
        Table(Count(0, 1_000_000, "vCPUs"), "VM families to vCPUs"),
        "What the Azure subscription may use in each location, for managed models: a map from VM family, such as "
        "StandardNCADSA100v4Family, to vCPUs. Look it up: az vm list-usage.",
        default={},
        if_wrong={},
    ),
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
