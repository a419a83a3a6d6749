"""The component `MistralModels`: a workspace in each location and a deployment for each model and location."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NotRequired, TypedDict, cast

import pulumi

from azure_mistral import config, plan
from azure_mistral.aliases import with_few_aliases
from azure_mistral.assets import AssetArgs
from azure_mistral.assets import as_args as asset_args
from azure_mistral.catalog import Hosting, load_catalog
from azure_mistral.endpoint import EndpointKeys
from azure_mistral.errors import InputError
from azure_mistral.interruption import adopt_pending_creates
from azure_mistral.managed import (
    AutoscaleArgs,
    DeploymentArgs,
    ManagedDeployment,
    ManagedDeploymentArgs,
    ProbesArgs,
    RequestSettingsArgs,
)
from azure_mistral.role_assignments import RoleAssignmentArgs, as_args
from azure_mistral.serverless import ServerlessDeployment, ServerlessDeploymentArgs
from azure_mistral.stack import default_location, names
from azure_mistral.workspace import Workspace, WorkspaceArgs, former_names

_Deployment = ServerlessDeployment | ManagedDeployment


class WorkspaceOptionsArgs(TypedDict):
    """Which workspace: an existing one, by its id, or what the new ones use; none of them is required."""

    id: NotRequired[str]
    """Optional. ARM id of an existing workspace, which is read and never changed or deleted."""

    key_vault_id: NotRequired[pulumi.Input[str]]
    """Optional. ARM id of an existing key vault for a new workspace. By default one is made."""

    storage_account_id: NotRequired[pulumi.Input[str]]
    """Optional. ARM id of an existing storage account for a new workspace. By default one is made."""

    log_analytics_workspace_id: NotRequired[pulumi.Input[str]]
    """Optional. ARM id of an existing Log Analytics workspace for a new workspace. By default one is made."""

    public_network_access: NotRequired[str]
    """Optional. Enabled or Disabled: whether a new workspace is reachable from public networks. By default Enabled."""


class ModelArgs(TypedDict):
    """The options of one model; none of them is required. Which it can have depends on how Azure hosts it."""

    asset: NotRequired[AssetArgs]
    """Optional. The model itself, when the catalogue does not have it: then the slug is a name of your own."""

    auth_mode: NotRequired[str]
    """Optional. Serverless: Key, AAD or KeyAndAAD. Managed: Key, AMLToken or AADToken. Defaults to Key."""

    endpoint_name: NotRequired[str]
    """Optional. Name of the endpoint, unique in its location. Defaults to slug and suffix. A change replaces it."""

    locations: NotRequired[list[str]]
    """Optional. Locations of this model. Defaults to those of the stack that offer it."""

    role_assignments: NotRequired[dict[str, RoleAssignmentArgs]]
    """Optional. Roles on the endpoint alone, under keys of your own."""

    allow_retired: NotRequired[bool]
    """Optional. Whether a deprecated or retired model or instance type is tried all the same. Defaults to false."""

    content_safety: NotRequired[str]
    """Optional. Serverless. Enabled or Disabled: whether prompts and completions are filtered. Defaults to Enabled."""

    marketplace_subscription: NotRequired[str]
    """Optional. Serverless. Name of an existing Marketplace subscription, which is only read; or create."""

    identity: NotRequired[pulumi.Input[str]]
    """Optional. Managed. SystemAssigned, or ARM id of a user-assigned identity. A change replaces the endpoint."""

    public_network_access: NotRequired[str]
    """Optional. Managed. Enabled or Disabled: whether the endpoint is reachable from public networks."""

    model_version: NotRequired[int]
    """Optional. Managed. Version of the model. Defaults to the catalogue's. A change makes a new deployment."""

    instance_type: NotRequired[str]
    """Optional. Managed. VM size. Defaults to the recommended one. A change makes a new deployment."""

    instance_count: NotRequired[int]
    """Optional. Managed. Number of instances; with autoscale, to begin with. Defaults to 1."""

    request_settings: NotRequired[RequestSettingsArgs]
    """Optional. Managed. How many requests an instance works on, and for how long."""

    probes: NotRequired[ProbesArgs]
    """Optional. Managed. How Azure finds out whether an instance lives, and is ready for requests."""

    autoscale: NotRequired[AutoscaleArgs]
    """Optional. Managed. Number of instances by Azure Monitor. By default it stays as it is."""

    application_insights: NotRequired[bool]
    """Optional. Managed. Whether requests and logs go to the workspace's Application Insights. Defaults to false."""

    deployments: NotRequired[dict[str, DeploymentArgs]]
    """Optional. Managed. Deployments side by side, such as blue and green. Defaults to one, blue."""

    traffic: NotRequired[dict[str, int]]
    """Conditional. Managed. What each deployment gets of the requests, in percent. Required if there are several."""


class MistralModelsArgs(TypedDict):
    """What a `MistralModels` is made of: the same settings as in stack configuration."""

    models: dict[str, ModelArgs]
    """Required. The models to deploy: a map from slug to options."""

    accept_marketplace_terms: NotRequired[Any]
    """Conditional. Acceptance of Marketplace terms and prices, where something is bought: true, or a list of slugs."""

    locations: NotRequired[list[str]]
    """Optional. Locations, with one workspace in each. Defaults to azure-native:location."""

    workspace: NotRequired[WorkspaceOptionsArgs]
    """Optional. Which workspace: an existing one, by its id, or what the new ones use."""

    role_assignments: NotRequired[dict[str, RoleAssignmentArgs]]
    """Optional. Roles on the resource group of each workspace, also of an existing one, under keys of your own."""

    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Optional. Tags of every resource that can have some, beside managed-by, pulumi-project and pulumi-stack."""

    quota: NotRequired[dict[str, int]]
    """Optional. vCPUs that the Azure subscription may use in each location, by VM family. Managed models need them."""

    serialize_deployments: NotRequired[bool]
    """Optional. Whether the deployments of one workspace are made one after another. Defaults to false."""


# Fields of outputs are camelCase, as the state and other languages read them: nothing renames what is nested in a map.
class Endpoint(TypedDict):
    """What a client needs to know about an endpoint, keys aside."""

    url: str
    """Base URL of the endpoint, without a slash at the end."""

    chatCompletionsUrl: str
    """URL of the Azure AI Model Inference API's chat completions. Empty for a managed model without chat."""

    mistralChatUrl: str
    """URL of Mistral's own chat API. Empty for a managed model without chat."""

    scoringUrl: NotRequired[str]
    """URL of the scoring route of a managed model."""

    hosting: str
    """Serverless or managed, in lower case."""

    authMode: str
    """Serverless: Key, AAD or KeyAndAAD. Managed: Key, AMLToken or AADToken."""

    name: str
    """Name of the endpoint."""

    id: str
    """ARM id of the endpoint."""

    studioUrl: str
    """Address of the workspace's endpoints in Azure Machine Learning studio."""


class WorkspaceSummary(TypedDict):
    """The workspace of one location."""

    name: str
    """Name of the workspace."""

    id: str
    """ARM id of the workspace."""

    resourceGroupName: str
    """Name of its resource group."""

    location: str
    """ARM location of the workspace."""

    principalId: str
    """Object id of the workspace's system identity. Null for an existing workspace that has none."""


class MistralModels(pulumi.ComponentResource):
    """Mistral models on Azure Machine Learning: a workspace in each location, a deployment for each model and location.

    Everything that Azure would refuse for reasons known beforehand is refused before it is asked, all at once.
    """

    endpoints: pulumi.Output[dict[str, dict[str, Endpoint]]]
    """The endpoints, by model and location."""

    keys: pulumi.Output[dict[str, dict[str, EndpointKeys]]]
    """The inference keys, by model and location; a secret. Endpoints that take tokens only have none."""

    workspaces: pulumi.Output[dict[str, WorkspaceSummary]]
    """The workspaces, by location."""

    def __init__(self, name: str, args: MistralModelsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        configuration, problems = config.parse(args, snake_case=True)
        catalog, day, location = load_catalog(), plan.utc_today(), default_location()
        found = plan.review(configuration, catalog, day, name=name, default_location=location)
        if refused := [*problems, *found.problems]:
            raise InputError("MistralModels", refused)

        adopt_pending_creates()
        super().__init__("azure-mistral:index:MistralModels", name, {}, with_few_aliases(opts))
        # The deployments themselves warn of what is about one of them.
        for warning in plan.review_quota(configuration, catalog, location).warnings:
            pulumi.log.warn(warning, resource=self)
        planned = plan.make_plan(configuration, catalog, day, names(self), name=name, default_location=location)

        workspaces: dict[str, Any] = {}
        endpoints: dict[str, dict[str, Any]] = {}
        keys: dict[str, dict[str, Any]] = {}
        made: dict[str, _Deployment] = {}
        for each in planned.workspaces:
            aliases = [pulumi.Alias(name=f"{old}{each.name.removeprefix(name)}") for old in former_names(opts)]
            workspace = self._make_workspace(each, planned, pulumi.ResourceOptions(parent=self, aliases=aliases))
            workspaces[each.location] = _workspace_summary(workspace)
            for wanted in each.deployments:
                deployment = self._make_deployment(wanted, planned, workspace, made)
                made[wanted.name] = deployment
                endpoints.setdefault(wanted.model.slug, {})[wanted.location] = _endpoint(deployment)
                if deployment.keys is not None:
                    keys.setdefault(wanted.model.slug, {})[wanted.location] = deployment.keys

        self.endpoints = pulumi.Output.from_input(endpoints)
        self.keys = pulumi.Output.secret(keys)
        self.workspaces = pulumi.Output.from_input(workspaces)
        self.register_outputs({"endpoints": self.endpoints, "keys": self.keys, "workspaces": self.workspaces})

    def _make_workspace(
        self, planned: plan.PlannedWorkspace, whole: plan.Plan, opts: pulumi.ResourceOptions
    ) -> Workspace:
        options = whole.workspace_options
        args = {
            "location": planned.location,
            "workspace_id": options.id,
            **{setting.snake_name: getattr(options, setting.snake_name) for setting in config.NEW_WORKSPACE},
            "role_assignments": as_args(whole.role_assignments),
            "tags": dict(whole.tags),
        }
        return Workspace(planned.name, cast("WorkspaceArgs", args), opts)

    def _make_deployment(
        self,
        planned: plan.PlannedDeployment,
        whole: plan.Plan,
        workspace: Workspace,
        made: dict[str, _Deployment],
    ) -> _Deployment:
        options = planned.options
        common = {
            "model": planned.model.slug,
            "location": planned.location,
            "resource_group_name": workspace.resource_group_name,
            "workspace_name": workspace.workspace_name,
            "auth_mode": options.auth_mode,
            "endpoint_name": planned.endpoint_name,
            "role_assignments": as_args(options.role_assignments),
            "tags": dict(whole.tags),
            "allow_retired": options.allow_retired,
        }
        if options.asset:
            common["asset"] = asset_args(options.asset)
        own = pulumi.ResourceOptions(parent=self, depends_on=[made[planned.after]] if planned.after else [])
        if planned.model.hosting is Hosting.MANAGED:
            managed = {setting.snake_name: getattr(options, setting.snake_name) for setting in config.MANAGED_OPTIONS}
            return ManagedDeployment(planned.name, cast("ManagedDeploymentArgs", {**common, **_plain(managed)}), own)
        serverless = {
            "accept_marketplace_terms": True,  # `review` has seen to it, for the stack as a whole
            "content_safety": options.content_safety,
            "marketplace_subscription": options.marketplace_subscription,
        }
        return ServerlessDeployment(planned.name, cast("ServerlessDeploymentArgs", {**common, **serverless}), own)


def _plain(value: Any) -> Any:
    """Return options that were read as arguments again."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return value


def _endpoint(deployment: _Deployment) -> dict[str, Any]:
    endpoint = {
        "url": deployment.url,
        "chatCompletionsUrl": deployment.chat_completions_url,
        "mistralChatUrl": deployment.mistral_chat_url,
        "scoringUrl": deployment.scoring_url if isinstance(deployment, ManagedDeployment) else None,
        "hosting": deployment.hosting,
        "authMode": deployment.auth_mode,
        "name": deployment.endpoint_name,
        "id": deployment.endpoint_id,
        "studioUrl": deployment.studio_url,
    }
    return {name: value for name, value in endpoint.items() if value is not None}


def _workspace_summary(workspace: Workspace) -> dict[str, Any]:
    return {
        "name": workspace.workspace_name,
        "id": workspace.workspace_id,
        "resourceGroupName": workspace.resource_group_name,
        "location": workspace.location,
        "principalId": workspace.principal_id,
    }
