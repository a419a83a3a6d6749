"""The component `ManagedDeployment`: one model as a managed online endpoint, on GPU machines of the Azure subscription.

Azure has no resource for the traffic between an endpoint's deployments: it is a property of the endpoint, which cannot
name a deployment that does not exist. docs/adr/0004 tells how they come about in one update all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure_native  # loads a module, slowly, when it is used: annotations wait, as texts
import pulumi_azure_native.machinelearningservices as ml

from azure_mistral import compute, config, naming, plan
from azure_mistral.aliases import with_few_aliases
from azure_mistral.assets import AssetArgs, with_own_models
from azure_mistral.catalog import Model, load_catalog
from azure_mistral.endpoint import EndpointKeys, keys, studio_url, unique_name
from azure_mistral.error_hooks import on_error
from azure_mistral.errors import InputError
from azure_mistral.interruption import adopt_pending_creates
from azure_mistral.outputs import answered
from azure_mistral.problems import Review
from azure_mistral.role_assignments import RoleAssignmentArgs, assign_roles
from azure_mistral.settings import Reading, is_output, read_group
from azure_mistral.stack import names

_LIST_KEYS = "azure-native:machinelearningservices:listOnlineEndpointKeys"


class RequestSettingsArgs(TypedDict):
    """How many requests an instance works on, and for how long."""

    max_concurrent_requests_per_instance: NotRequired[int]
    """Optional. Requests that an instance works on at a time. Azure answers 429 to others. Defaults to 1."""

    request_timeout_seconds: NotRequired[int]
    """Optional. Seconds for one request, at most 180. Defaults to 90."""


class ProbesArgs(TypedDict):
    """How Azure finds out whether an instance lives, and is ready for requests."""

    initial_delay_seconds: NotRequired[int]
    """Optional. Seconds for loading the model, before an instance without answers is restarted. Defaults to 600."""

    period_seconds: NotRequired[int]
    """Optional. Seconds between two probes. Defaults to 10."""

    timeout_seconds: NotRequired[int]
    """Optional. Seconds for one answer. Defaults to 10."""

    failure_threshold: NotRequired[int]
    """Optional. Number of probes without an answer that count. Defaults to 30."""


class UtilizationArgs(TypedDict):
    """Between which percentages of use the number of instances stays as it is."""

    scale_out_above: NotRequired[int]
    """Optional. Average percentage above which an instance is added. Defaults to 70."""

    scale_in_below: NotRequired[int]
    """Optional. Average percentage below which an instance is removed. Defaults to 30."""


class AutoscaleArgs(TypedDict):
    """Number of instances by Azure Monitor."""

    minimum: NotRequired[int]
    """Optional. Instances at least. Defaults to 1."""

    maximum: int
    """Required. Instances at most."""

    cpu: NotRequired[UtilizationArgs]
    """Optional. Scale by the use of the CPUs."""

    gpu: NotRequired[UtilizationArgs]
    """Optional. Scale by the use of the GPUs. So when neither is given."""


class DeploymentArgs(TypedDict):
    """The options of one deployment; what one does not say, the model says."""

    model_version: NotRequired[int]
    """Optional. Version of the model in its registry. Defaults to the catalogue's. A change makes a new deployment."""

    instance_type: NotRequired[str]
    """Optional. VM size. Defaults to the one recommended for the model. A change makes a new deployment."""

    instance_count: NotRequired[int]
    """Optional. Number of instances; with autoscale, to begin with. Defaults to 1."""

    request_settings: NotRequired[RequestSettingsArgs]
    """Optional. How many requests an instance works on, and for how long."""

    probes: NotRequired[ProbesArgs]
    """Optional. How Azure finds out whether an instance lives, and is ready for requests."""

    autoscale: NotRequired[AutoscaleArgs]
    """Optional. Number of instances by Azure Monitor. By default it stays as it is."""

    application_insights: NotRequired[bool]
    """Optional. Whether requests and logs go to the workspace's Application Insights. Defaults to false."""


class ManagedDeploymentArgs(TypedDict):
    """What a `ManagedDeployment` is made of."""

    model: str
    """Required. Slug of the model, such as mistral-7b-instruct-v01. Changing it replaces what is deployed."""

    asset: NotRequired[AssetArgs]
    """Optional. The model itself, when the catalogue does not have it: then the slug is a name of your own."""

    location: str
    """Required. ARM location of the workspace, such as eastus2."""

    resource_group_name: pulumi.Input[str]
    """Required. Resource group of the workspace."""

    workspace_name: pulumi.Input[str]
    """Required. Azure ML workspace that holds the endpoint."""

    auth_mode: NotRequired[str]
    """Optional. Key, AMLToken or AADToken: inference keys, or tokens of Azure ML or Entra. Defaults to Key."""

    endpoint_name: NotRequired[str]
    """Optional. Name of the endpoint, unique in its location. Defaults to slug and suffix. A change replaces it."""

    identity: NotRequired[pulumi.Input[str]]
    """Optional. SystemAssigned, or the ARM id of a user-assigned identity. A change replaces the endpoint."""

    public_network_access: NotRequired[str]
    """Optional. Enabled or Disabled: whether the endpoint is reachable from public networks. Defaults to Enabled."""

    model_version: NotRequired[int]
    """Optional. Version of the model in its registry. Defaults to the catalogue's. A change makes a new deployment."""

    instance_type: NotRequired[str]
    """Optional. VM size. Defaults to the one recommended for the model. A change makes a new deployment."""

    instance_count: NotRequired[int]
    """Optional. Number of instances; with autoscale, to begin with. Defaults to 1."""

    request_settings: NotRequired[RequestSettingsArgs]
    """Optional. How many requests an instance works on, and for how long."""

    probes: NotRequired[ProbesArgs]
    """Optional. How Azure finds out whether an instance lives, and is ready for requests."""

    autoscale: NotRequired[AutoscaleArgs]
    """Optional. Number of instances by Azure Monitor. By default it stays as it is."""

    application_insights: NotRequired[bool]
    """Optional. Whether requests and logs go to the workspace's Application Insights. Defaults to false."""

    deployments: NotRequired[dict[str, DeploymentArgs]]
    """Optional. Deployments side by side, such as blue and green, with options of their own. Defaults to one, blue."""

    traffic: NotRequired[dict[str, int]]
    """Conditional. What each deployment gets of the requests, in percent. Required if there are several."""

    role_assignments: NotRequired[dict[str, RoleAssignmentArgs]]
    """Optional. Roles on the endpoint alone, under keys of your own."""

    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Optional. Tags of every resource that is made, beside managed-by, pulumi-project and pulumi-stack."""

    allow_retired: NotRequired[bool]
    """Optional. Whether a deprecated or retired model or instance type is tried all the same. Defaults to false."""


SETTINGS = (
    replace(config.MODEL, description="Slug of the model, such as mistral-7b-instruct-v01."),
    config.ASSET,
    config.LOCATION,
    config.RESOURCE_GROUP_NAME,
    config.WORKSPACE_NAME,
    config.MANAGED_AUTH_MODE,
    config.MANAGED_ENDPOINT_NAME,
    *config.MANAGED_OPTIONS,
    config.ENDPOINT_ROLE_ASSIGNMENTS,
    config.TAGS,
    config.ALLOW_RETIRED,
)

# What Azure lets one change about an endpoint, the traffic among it, and what Azure notes there itself.
_MUTABLE = [
    "tags",
    "properties.authMode",
    "properties.publicNetworkAccess",
    "properties.traffic",
    "properties.properties",
]

_TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {
        "name": {"type": "string"},
        "location": {"type": "string"},
        "identity": {"type": "object"},
        "tags": {"type": "object"},
        "authMode": {"type": "string"},
        "publicNetworkAccess": {"type": "string"},
        "traffic": {"type": "object"},
    },
    "resources": [
        {
            "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
            "apiVersion": "2025-12-01",
            "name": "[parameters('name')]",
            "location": "[parameters('location')]",
            "kind": "Managed",
            "identity": "[parameters('identity')]",
            "tags": "[parameters('tags')]",
            "properties": {
                "authMode": "[parameters('authMode')]",
                "publicNetworkAccess": "[parameters('publicNetworkAccess')]",
                "traffic": "[parameters('traffic')]",
            },
        }
    ],
}


class ManagedDeployment(pulumi.ComponentResource):
    """One model as a managed online endpoint of a workspace, on GPU machines of the Azure subscription, paid by hour.

    Another instance type or model version is a new deployment, which is up before the traffic moves to it and the old
    one goes. Several deployments side by side share the traffic as configured.
    """

    url: pulumi.Output[str]
    """Base URL of the endpoint, as Azure gives it, without a slash at the end."""

    scoring_url: pulumi.Output[str]
    """URL of the scoring route, which every managed model has."""

    chat_completions_url: pulumi.Output[str]
    """URL of the Azure AI Model Inference API's chat completions. Empty for a model without chat."""

    mistral_chat_url: pulumi.Output[str]
    """URL of the chat completions in the form of Mistral's and OpenAI's APIs. Empty for a model without chat."""

    hosting: pulumi.Output[str]
    """Always managed."""

    auth_mode: pulumi.Output[str]
    """Key, AMLToken or AADToken."""

    endpoint_name: pulumi.Output[str]
    """Name of the endpoint."""

    endpoint_id: pulumi.Output[str]
    """ARM id of the endpoint."""

    studio_url: pulumi.Output[str]
    """Address of the workspace's endpoints in Azure Machine Learning studio."""

    keys: pulumi.Output[EndpointKeys] | None
    """Inference keys, a secret. None when the auth mode is not Key: tokens expire, so they are no output."""

    def __init__(self, name: str, args: ManagedDeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        given, options, warnings = _checked(args)
        adopt_pending_creates()
        super().__init__("azure-mistral:index:ManagedDeployment", name, {}, with_few_aliases(opts))
        for warning in warnings:
            pulumi.log.warn(warning, resource=self)
        catalog = with_own_models(load_catalog(), {given["model"]: options.asset})
        model = catalog.models[given["model"]]
        planned = compute.online_deployments(model, options, catalog)
        place = {"resource_group_name": given["resource_group_name"], "workspace_name": given["workspace_name"]}
        location = given["location"]
        tags = naming.tags(pulumi.get_project(), pulumi.get_stack(), given["tags"])
        auth_mode = options.auth_mode or config.KEY
        public_network_access = options.public_network_access or "Enabled"

        endpoint = ml.OnlineEndpoint(
            f"{name}-endpoint",
            **place,
            endpoint_name=self._endpoint_name(name, model, options, location),
            location=location,
            kind="Managed",
            identity=_identity(options.identity),
            tags=tags,
            properties=ml.OnlineEndpointPropertiesArgs(
                auth_mode=auth_mode, public_network_access=public_network_access
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=on_error(),
                ignore_changes=_MUTABLE,
                # "The identity for an endpoint is immutable." (how-to-access-resources-from-endpoints-managed-
                # identities.md of MicrosoftDocs/azure-docs)
                replace_on_changes=["identity"],
                # The new one, of another name, is up before the old one goes; the provider would delete first.
                delete_before_replace=False,
            ),
        )
        deployments = [self._make_deployment(name, each, endpoint, place, location, tags) for each in planned]
        traffic = azure_native.resources.Deployment(
            f"{name}-traffic",
            resource_group_name=given["resource_group_name"],
            deployment_name=pulumi.Output.concat(endpoint.name, "-traffic"),
            tags=tags,
            properties=azure_native.resources.DeploymentPropertiesArgs(
                mode=azure_native.resources.DeploymentMode.INCREMENTAL,
                template=_TEMPLATE,
                parameters=_parameters(
                    name=pulumi.Output.concat(given["workspace_name"], "/", endpoint.name),
                    location=location,
                    identity=_identity_body(options.identity),
                    tags=tags,
                    authMode=auth_mode,
                    publicNetworkAccess=public_network_access,
                    traffic={each.name: each.percent for each in planned},
                ),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=on_error(),
                # After the new deployments, before the old ones go.
                depends_on=deployments,
                # For `pulumi up --replace`, which writes the template again: Azure forgets the record, and keeps what
                # was deployed; the provider would refuse to create a record that exists.
                delete_before_replace=True,
            ),
        )
        assign_roles(name, endpoint.id, given["role_assignments"], self)
        self._take_outputs(model, endpoint, traffic, place, auth_mode)

    def _endpoint_name(
        self, name: str, model: Model, options: config.ModelOptions, location: str
    ) -> pulumi.Output[str] | str:
        if options.endpoint_name:
            return unique_name(options.endpoint_name, location, ManagedDeployment, name)
        stack = names(self)

        def named(identity: str | None) -> str:
            found = naming.online_endpoint_name(model.slug, location, stack, identity)
            return unique_name(found, location, ManagedDeployment, name)

        # Known at once, where it can be: what an output refuses comes after what it does not depend on.
        if is_output(options.identity):
            return pulumi.Output.from_input(options.identity).apply(named)
        return named(options.identity)

    def _make_deployment(
        self,
        name: str,
        planned: compute.OnlineDeployment,
        endpoint: "ml.OnlineEndpoint",
        place: Mapping[str, Any],
        location: str,
        tags: Mapping[str, pulumi.Input[str]],
    ) -> "ml.OnlineDeployment":
        """Make a deployment and what scales it."""
        probes = planned.probes
        deployment = ml.OnlineDeployment(
            f"{name}-deployment-{planned.key}",
            **place,
            endpoint_name=endpoint.name,
            deployment_name=planned.name,
            location=location,
            kind="Managed",
            tags=tags,
            sku=ml.SkuArgs(name="Default", capacity=planned.instance_count),
            properties=ml.ManagedOnlineDeploymentArgs(
                endpoint_compute_type="Managed",
                model=planned.asset_id,
                instance_type=planned.instance_type,
                app_insights_enabled=planned.application_insights,
                request_settings=ml.OnlineRequestSettingsArgs(
                    max_concurrent_requests_per_instance=planned.request_settings.max_concurrent_requests_per_instance,
                    request_timeout=_duration(planned.request_settings.request_timeout_seconds),
                ),
                # Only the first kills: it gives the model time to load. The second may find it ready earlier.
                liveness_probe=_probe(probes, probes.initial_delay_seconds),
                readiness_probe=_probe(probes, probes.period_seconds),
                scale_settings=ml.DefaultScaleSettingsArgs(scale_type="Default"),
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=on_error(),
                # Azure refuses to delete a deployment that has traffic, which no step before a destroy takes away; and
                # deletes an endpoint with its deployments.
                deleted_with=endpoint,
                # The new one is up, and has the traffic, before the old one goes; the provider would delete first.
                delete_before_replace=False,
                # Azure Monitor's business.
                ignore_changes=["sku.capacity"] if planned.autoscale else [],
            ),
        )
        if planned.autoscale:
            azure_native.monitor.AutoscaleSetting(
                f"{name}-autoscale-{planned.key}",
                resource_group_name=place["resource_group_name"],
                # Named after the deployment, so that both are replaced together: each has one setting.
                autoscale_setting_name=pulumi.Output.concat(endpoint.name, "-", deployment.name),
                location=location,
                tags=tags,
                enabled=True,
                target_resource_uri=deployment.id,
                profiles=[_profile(planned.autoscale, deployment.id)],
                opts=pulumi.ResourceOptions(parent=self, hooks=on_error(), delete_before_replace=False),
            )
        return deployment

    def _take_outputs(
        self,
        model: Model,
        endpoint: "ml.OnlineEndpoint",
        traffic: "azure_native.resources.Deployment",
        place: Mapping[str, pulumi.Input[str]],
        auth_mode: str,
    ) -> None:
        self.scoring_url = answered(endpoint.properties, "scoring_uri")
        self.url = self.scoring_url.apply(lambda uri: uri.removesuffix("/score"))
        has_chat = "chat" in model.capabilities or not model.capabilities  # those of a model of one's own are not known
        self.chat_completions_url = self.url.apply(lambda url: f"{url}/chat/completions" if has_chat else "")
        self.mistral_chat_url = self.url.apply(lambda url: f"{url}/v1/chat/completions" if has_chat else "")
        self.hosting = pulumi.Output.from_input("managed")
        self.auth_mode = pulumi.Output.from_input(auth_mode)
        self.endpoint_name = endpoint.name
        self.endpoint_id = endpoint.id
        self.studio_url = studio_url(endpoint.id)
        self.keys = None
        if auth_mode == config.KEY:
            named = {
                "resourceGroupName": place["resource_group_name"],
                "workspaceName": place["workspace_name"],
                "endpointName": endpoint.name,
            }
            # A change of the auth mode comes with the traffic.
            self.keys = keys(self, _LIST_KEYS, named, traffic.id)
        outputs = {
            "url": self.url,
            "scoringUrl": self.scoring_url,
            "chatCompletionsUrl": self.chat_completions_url,
            "mistralChatUrl": self.mistral_chat_url,
            "hosting": self.hosting,
            "authMode": self.auth_mode,
            "endpointName": self.endpoint_name,
            "endpointId": self.endpoint_id,
            "studioUrl": self.studio_url,
        }
        self.register_outputs(outputs if self.keys is None else {**outputs, "keys": self.keys})


def _checked(args: ManagedDeploymentArgs) -> tuple[dict[str, Any], config.ModelOptions, tuple[str, ...]]:
    """Return the arguments, those of them that are options of a model, and what to warn of; or raise InputError."""
    reading = Reading(snake_case=True)
    given = read_group(args, SETTINGS, "", reading)
    known = {field.name for field in fields(config.ModelOptions)}
    options = config.ModelOptions(**{name: value for name, value in given.items() if name in known})
    found = Review((), ())
    if given["model"] and given["location"]:
        found = plan.review_managed_deployment(
            given["model"], given["location"], options, load_catalog(), plan.utc_today()
        )
    if problems := [*reading.problems, *found.problems]:
        raise InputError("ManagedDeployment", problems)
    return given, options, found.warnings


def _identity(asked: Any) -> "ml.ManagedServiceIdentityArgs":
    if asked in (None, naming.SYSTEM_ASSIGNED):
        return ml.ManagedServiceIdentityArgs(type=naming.SYSTEM_ASSIGNED)
    return ml.ManagedServiceIdentityArgs(type="UserAssigned", user_assigned_identities=[asked])


def _identity_body(asked: Any) -> pulumi.Input[Mapping[str, Any]]:
    """Return the identity as ARM has it, whose ids are keys of a map."""
    if asked in (None, naming.SYSTEM_ASSIGNED):
        return {"type": naming.SYSTEM_ASSIGNED}
    return pulumi.Output.from_input(asked).apply(
        lambda id_: {"type": "UserAssigned", "userAssignedIdentities": {id_: {}}}
    )


def _parameters(**values: Any) -> dict[str, "azure_native.resources.DeploymentParameterArgs"]:
    return {name: azure_native.resources.DeploymentParameterArgs(value=value) for name, value in values.items()}


def _probe(probes: config.Probes, initial_delay_seconds: int) -> "ml.ProbeSettingsArgs":
    return ml.ProbeSettingsArgs(
        initial_delay=_duration(initial_delay_seconds),
        period=_duration(probes.period_seconds),
        timeout=_duration(probes.timeout_seconds),
        success_threshold=1,
        failure_threshold=probes.failure_threshold,
    )


def _duration(seconds: int) -> str:
    """Return seconds as ISO 8601 has them, in the form in which Azure gives them back: PT1M30S."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "H"), (minutes, "M"), (rest, "S"))
    return f"PT{''.join(f'{count}{unit}' for count, unit in parts if count)}"


# How long Azure Monitor looks back, and waits after a change. Azure's documentation of autoscaling online endpoints
# (how-to-autoscale-endpoints.md of MicrosoftDocs/azure-docs) has the same window; instances take minutes to come up.
_WINDOW, _COOLDOWN, _GRAIN = "PT5M", "PT10M", "PT1M"


def _profile(
    autoscale: config.Autoscale, deployment_id: pulumi.Output[str]
) -> "azure_native.monitor.AutoscaleProfileArgs":
    rules = [
        rule
        for metric, use in (("CpuUtilizationPercentage", autoscale.cpu), ("GpuUtilizationPercentage", autoscale.gpu))
        if use
        for rule in _rules(metric, use, deployment_id)
    ]
    return azure_native.monitor.AutoscaleProfileArgs(
        name="utilization",
        capacity=azure_native.monitor.ScaleCapacityArgs(
            minimum=str(autoscale.minimum), maximum=str(autoscale.maximum), default=str(autoscale.minimum)
        ),
        rules=rules,
    )


def _rules(
    metric: str, use: config.Utilization, deployment_id: pulumi.Output[str]
) -> Sequence["azure_native.monitor.ScaleRuleArgs"]:
    monitor = azure_native.monitor
    moves = (
        (monitor.ComparisonOperationType.GREATER_THAN, use.scale_out_above, monitor.ScaleDirection.INCREASE),
        (monitor.ComparisonOperationType.LESS_THAN, use.scale_in_below, monitor.ScaleDirection.DECREASE),
    )
    return [
        monitor.ScaleRuleArgs(
            metric_trigger=monitor.MetricTriggerArgs(
                metric_name=metric,
                metric_resource_uri=deployment_id,
                operator=operator,
                threshold=threshold,
                statistic=monitor.MetricStatisticType.AVERAGE,
                time_aggregation=monitor.TimeAggregationType.AVERAGE,
                time_grain=_GRAIN,
                time_window=_WINDOW,
            ),
            scale_action=monitor.ScaleActionArgs(
                direction=direction, type=monitor.ScaleType.CHANGE_COUNT, value="1", cooldown=_COOLDOWN
            ),
        )
        for operator, threshold, direction in moves
    ]
