"""The component `ServerlessDeployment`: one model as a serverless endpoint of a workspace, paid by token."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native.machinelearningservices as ml  # loads when it is used: annotations wait, as texts

from azure_mistral import config, naming, plan
from azure_mistral.aliases import with_few_aliases
from azure_mistral.assets import AssetArgs, with_own_models
from azure_mistral.catalog import Model, load_catalog
from azure_mistral.endpoint import EndpointKeys, keys, studio_url, unique_name
from azure_mistral.error_hooks import on_error
from azure_mistral.errors import ExistingResourceError, InputError
from azure_mistral.interruption import adopt_pending_creates
from azure_mistral.outputs import answered
from azure_mistral.problems import Problem, Review, shown
from azure_mistral.role_assignments import RoleAssignmentArgs, assign_roles
from azure_mistral.settings import Flag, Reading, Setting, read_group
from azure_mistral.stack import names

_LIST_KEYS = "azure-native:machinelearningservices:listServerlessEndpointKeys"


class ServerlessDeploymentArgs(TypedDict):
    """What a `ServerlessDeployment` is made of."""

    model: str
    """Required. Slug of the model, such as ministral-3b. Changing it replaces what is deployed."""

    asset: NotRequired[AssetArgs]
    """Optional. The model itself, when the catalogue does not have it: then the slug is a name of your own."""

    location: str
    """Required. ARM location of the workspace, such as eastus2."""

    resource_group_name: pulumi.Input[str]
    """Required. Resource group of the workspace."""

    workspace_name: pulumi.Input[str]
    """Required. Azure ML workspace that subscribes to the model and holds the endpoint."""

    accept_marketplace_terms: NotRequired[bool]
    """Conditional. Has to be true where a Marketplace subscription is created: terms and prices are accepted."""

    auth_mode: NotRequired[str]
    """Optional. Key, AAD or KeyAndAAD: inference keys, Microsoft Entra tokens, or either. Defaults to Key."""

    content_safety: NotRequired[str]
    """Optional. Enabled or Disabled: whether prompts and completions are filtered. Defaults to Enabled."""

    endpoint_name: NotRequired[str]
    """Optional. Name of the endpoint, unique in its location. Defaults to slug and suffix. A change replaces it."""

    role_assignments: NotRequired[dict[str, RoleAssignmentArgs]]
    """Optional. Roles on the endpoint alone, under keys of your own."""

    marketplace_subscription: NotRequired[str]
    """Optional. Name of an existing Marketplace subscription, which is read and never changed or deleted; or create."""

    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Optional. Tags of the endpoint, beside managed-by, pulumi-project and pulumi-stack."""

    allow_retired: NotRequired[bool]
    """Optional. Whether a deprecated or retired model is tried all the same. Defaults to false."""


SETTINGS = (
    config.MODEL,
    config.ASSET,
    config.LOCATION,
    config.RESOURCE_GROUP_NAME,
    replace(
        config.WORKSPACE_NAME, description="Azure ML workspace that subscribes to the model and holds the endpoint."
    ),
    Setting(
        "acceptMarketplaceTerms",
        Flag(),
        "Acceptance of the terms and prices of the model's Marketplace offer.",
        default=False,
        if_wrong=True,
    ),
    config.SERVERLESS_AUTH_MODE,
    config.CONTENT_SAFETY,
    config.ENDPOINT_NAME,
    config.ENDPOINT_ROLE_ASSIGNMENTS,
    config.MARKETPLACE_SUBSCRIPTION,
    config.TAGS,
    config.ALLOW_RETIRED,
)


class ServerlessDeployment(pulumi.ComponentResource):
    """One model as a serverless endpoint of a workspace, paid by token.

    The workspace first subscribes to the model's offer in the Azure Marketplace. Content safety is on unless it is
    turned off. Azure allows one deployment for each model and workspace.
    """

    url: pulumi.Output[str]
    """Base URL of the endpoint, as Azure gives it, without a slash at the end."""

    chat_completions_url: pulumi.Output[str]
    """URL of the Azure AI Model Inference API's chat completions."""

    mistral_chat_url: pulumi.Output[str]
    """URL of Mistral's own chat API."""

    hosting: pulumi.Output[str]
    """Always serverless."""

    auth_mode: pulumi.Output[str]
    """Key, AAD or KeyAndAAD."""

    endpoint_name: pulumi.Output[str]
    """Name of the endpoint."""

    endpoint_id: pulumi.Output[str]
    """ARM id of the endpoint."""

    studio_url: pulumi.Output[str]
    """Address of the workspace's endpoints in Azure Machine Learning studio."""

    keys: pulumi.Output[EndpointKeys] | None
    """Inference keys, a secret. None when the auth mode is AAD."""

    def __init__(self, name: str, args: ServerlessDeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        wanted, warnings = _checked(args)
        adopt_pending_creates()
        super().__init__("azure-mistral:index:ServerlessDeployment", name, {}, with_few_aliases(opts))
        for warning in warnings:
            pulumi.log.warn(warning, resource=self)
        model = with_own_models(load_catalog(), {wanted.model: wanted.asset}).models[wanted.model]
        hooks = on_error()

        endpoint_name = wanted.endpoint_name or naming.endpoint_name(model.slug, wanted.location, names(self))
        endpoint_name = unique_name(endpoint_name, wanted.location, ServerlessDeployment, name)
        subscription = _subscription(name, wanted, model, self)
        endpoint = ml.ServerlessEndpoint(
            f"{name}-endpoint",
            resource_group_name=wanted.resource_group_name,
            workspace_name=wanted.workspace_name,
            name=endpoint_name,
            location=wanted.location,
            sku=ml.SkuArgs(name="Consumption"),
            tags=naming.tags(pulumi.get_project(), pulumi.get_stack(), wanted.tags),
            properties=ml.ServerlessEndpointPropertiesArgs(
                auth_mode=wanted.auth_mode,
                # Always sent: Azure turns it on when it is left out, and the next refresh would find a difference.
                content_safety=ml.ContentSafetyArgs(content_safety_status=wanted.content_safety),
                model_settings=ml.ModelSettingsArgs(model_id=_subscribed_model_id(model, subscription, wanted)),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=hooks,
                depends_on=[subscription] if subscription else [],
                # Azure's API definition (Workspace.tsp, 2025-12-01) calls nothing immutable, so the provider would send
                # another model as an update. The old endpoint goes first: its name is unique in the location, and a
                # workspace has one deployment of a model.
                replace_on_changes=["properties.modelSettings.modelId"],
                delete_before_replace=True,
            ),
        )
        assign_roles(name, endpoint.id, wanted.role_assignments, self)

        self.url = answered(endpoint.properties, "inference_endpoint", "uri").apply(lambda uri: uri.rstrip("/"))
        self.chat_completions_url = pulumi.Output.concat(self.url, "/chat/completions")
        self.mistral_chat_url = pulumi.Output.concat(self.url, "/v1/chat/completions")
        self.hosting = pulumi.Output.from_input("serverless")
        self.auth_mode = pulumi.Output.from_input(wanted.auth_mode)
        self.endpoint_name = endpoint.name
        self.endpoint_id = endpoint.id
        self.studio_url = studio_url(endpoint.id)
        self.keys = None
        if wanted.auth_mode != config.AAD:
            named = {
                "resourceGroupName": wanted.resource_group_name,
                "workspaceName": wanted.workspace_name,
                "name": endpoint.name,
            }
            # The id is there once the endpoint has been created or updated, so keys are read after AAD was turned off.
            self.keys = keys(self, _LIST_KEYS, named, endpoint.id)
        outputs = {
            "url": self.url,
            "chatCompletionsUrl": self.chat_completions_url,
            "mistralChatUrl": self.mistral_chat_url,
            "hosting": self.hosting,
            "authMode": self.auth_mode,
            "endpointName": self.endpoint_name,
            "endpointId": self.endpoint_id,
            "studioUrl": self.studio_url,
        }
        self.register_outputs(outputs if self.keys is None else {**outputs, "keys": self.keys})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The arguments as they were read, of which the workspace's names and the values of tags may be outputs."""

    model: str
    asset: config.Asset | None
    location: str
    resource_group_name: pulumi.Input[str]
    workspace_name: pulumi.Input[str]
    accept_marketplace_terms: bool
    auth_mode: str
    content_safety: str
    endpoint_name: str | None
    role_assignments: Mapping[str, config.RoleAssignment]
    marketplace_subscription: str
    tags: Mapping[str, pulumi.Input[str]]
    allow_retired: bool


def _checked(args: ServerlessDeploymentArgs) -> tuple[_Wanted, tuple[str, ...]]:
    """Return the arguments and what to warn of, or raise InputError."""
    reading = Reading(snake_case=True)
    wanted = _Wanted(**read_group(args, SETTINGS, "", reading))
    found = Review((), ())
    if wanted.model and wanted.location:
        found = plan.review_deployment(
            wanted.model,
            wanted.location,
            asset=wanted.asset,
            marketplace_subscription=wanted.marketplace_subscription,
            allow_retired=wanted.allow_retired,
            accepts_terms=wanted.accept_marketplace_terms,
            catalog=load_catalog(),
            day=plan.utc_today(),
        )
    if problems := [*reading.problems, *found.problems]:
        raise InputError("ServerlessDeployment", problems)
    return wanted, found.warnings


def _subscription(
    name: str, wanted: _Wanted, model: Model, component: ServerlessDeployment
) -> "ml.MarketplaceSubscription | None":
    """Return the Marketplace subscription, made or read, or None when the model needs none."""
    if not model.needs_marketplace_subscription:
        return None
    logical_name = f"{name}-subscription"
    if wanted.marketplace_subscription == config.CREATE:
        # An endpoint whose Marketplace subscription goes first turns Unhealthy (deploy-models-serverless.md of
        # MicrosoftDocs/azure-ai-docs). So a change of model makes the new one, under a new name, and deletes the old
        # one last; the provider would delete first.
        return ml.MarketplaceSubscription(
            logical_name,
            resource_group_name=wanted.resource_group_name,
            workspace_name=wanted.workspace_name,
            name=naming.marketplace_subscription_name(model.slug),
            properties=ml.MarketplaceSubscriptionPropertiesArgs(model_id=model.asset_id),
            opts=pulumi.ResourceOptions(parent=component, hooks=on_error(), delete_before_replace=False),
        )
    # Under the same logical name: the engine lets go of a resource that it made when the program reads the same id
    # instead. Under another name, or read by a function, it would delete it below the endpoint.
    id_ = pulumi.Output.format(
        "/subscriptions/{0}/resourceGroups/{1}/providers/Microsoft.MachineLearningServices/workspaces/{2}"
        "/marketplaceSubscriptions/{3}",
        names(component).azure_subscription_id,
        wanted.resource_group_name,
        wanted.workspace_name,
        wanted.marketplace_subscription,
    )
    return ml.MarketplaceSubscription.get(logical_name, id_, pulumi.ResourceOptions(parent=component))


def _subscribed_model_id(
    model: Model, subscription: "ml.MarketplaceSubscription | None", wanted: _Wanted
) -> pulumi.Input[str]:
    """Return the model's id; known for an existing Marketplace subscription only once it turns out to be for it."""
    if subscription is None or wanted.marketplace_subscription == config.CREATE:
        return model.asset_id

    def check(properties: "ml.outputs.MarketplaceSubscriptionPropertiesResponse") -> str:
        if properties.model_id.lower() != model.asset_id.lower():
            problem = Problem(
                "marketplaceSubscription",
                f"{shown(wanted.marketplace_subscription)} subscribes the workspace to {properties.model_id}",
                f"A Marketplace subscription to {model.asset_id} is accepted",
                "Name another one, or leave it out to create one",
            )
            raise ExistingResourceError("ServerlessDeployment", [problem])
        return model.asset_id

    return subscription.properties.apply(check)
