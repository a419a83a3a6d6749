"""The component `Workspace`: an Azure ML workspace in a resource group of its own, or an existing one.

An existing workspace is read by a function of the provider, so that nothing in the stack's state stands for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure_native

from azure_mistral import config, naming
from azure_mistral.aliases import with_few_aliases
from azure_mistral.catalog import load_catalog
from azure_mistral.error_hooks import on_error
from azure_mistral.errors import ExistingResourceError, InputError, azure_words
from azure_mistral.interruption import adopt_pending_creates
from azure_mistral.outputs import answered
from azure_mistral.plan import location_problem, workspace_problems
from azure_mistral.problems import Problem, listed
from azure_mistral.resource_id import ResourceId, parse_resource_id
from azure_mistral.role_assignments import RoleAssignmentArgs, assign_roles
from azure_mistral.settings import Reading, read_group


class WorkspaceArgs(TypedDict):
    """What a `Workspace` is made of."""

    location: str
    """Required. ARM location, such as eastus2. One of those that have serverless endpoints."""

    workspace_id: NotRequired[str]
    """Optional. ARM id of an existing workspace, which is read and never changed or deleted."""

    key_vault_id: NotRequired[pulumi.Input[str]]
    """Optional. ARM id of an existing key vault for a new workspace. By default one is made."""

    storage_account_id: NotRequired[pulumi.Input[str]]
    """Optional. ARM id of an existing storage account for a new workspace. By default one is made."""

    log_analytics_workspace_id: NotRequired[pulumi.Input[str]]
    """Optional. ARM id of an existing Log Analytics workspace for a new workspace. By default one is made."""

    public_network_access: NotRequired[str]
    """Optional. Enabled or Disabled: whether a new workspace is reachable from public networks. By default Enabled."""

    role_assignments: NotRequired[dict[str, RoleAssignmentArgs]]
    """Optional. Roles on the resource group, also that of an existing workspace, under keys of your own."""

    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Optional. Tags of every resource that is made, beside managed-by, pulumi-project and pulumi-stack."""


SETTINGS = (config.LOCATION, config.WORKSPACE_ID, *config.NEW_WORKSPACE, config.ROLE_ASSIGNMENTS, config.TAGS)

_KINDS = ("Default", "Hub", "Project")


class Workspace(pulumi.ComponentResource):
    """An Azure ML workspace for serverless endpoints, in a resource group of its own; or an existing one.

    A new one comes with a storage account, a key vault, Log Analytics and Application Insights, as far as no existing
    ones are given. The workspace reaches them with its system identity: the storage account takes no shared keys, the
    key vault answers to roles alone. Of an existing one nothing is changed but the roles that are asked for.
    """

    workspace_name: pulumi.Output[str]
    """Name of the workspace."""

    workspace_id: pulumi.Output[str]
    """ARM id of the workspace."""

    resource_group_name: pulumi.Output[str]
    """Name of the resource group."""

    location: pulumi.Output[str]
    """ARM location of the workspace."""

    principal_id: pulumi.Output[str]
    """Object id of the workspace's system identity. Null for an existing workspace that has none."""

    def __init__(self, name: str, args: WorkspaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        reading = Reading(snake_case=True)
        given = read_group(args, SETTINGS, "", reading)
        options = config.WorkspaceOptions(
            given["workspace_id"], *(given[setting.snake_name] for setting in config.NEW_WORKSPACE)
        )
        problems = [*reading.problems, *workspace_problems(options, "workspaceId", "")]
        if options.id is None:
            problems.extend(naming.workspace_name_problems(name))
        if given["location"] and (problem := location_problem(given["location"], "location", load_catalog())):
            problems.append(problem)
        if problems:
            raise InputError("Workspace", problems)

        adopt_pending_creates()
        super().__init__("azure-mistral:index:Workspace", name, {}, with_few_aliases(opts))
        self.location = pulumi.Output.from_input(given["location"])
        if options.id is None:
            group_id = self._make(name, given["location"], options, given["tags"], former_names(opts))
        else:
            group_id = self._use(options.id, given["location"])
        assign_roles(name, group_id, given["role_assignments"], self)
        self.register_outputs(
            {
                "workspaceName": self.workspace_name,
                "workspaceId": self.workspace_id,
                "resourceGroupName": self.resource_group_name,
                "location": self.location,
                "principalId": self.principal_id,
            }
        )

    def _use(self, workspace_id: str, location: str) -> pulumi.Output[str]:
        """Take the outputs from an existing workspace, and return the id of its resource group."""
        named = parse_resource_id(workspace_id)
        found = _read_workspace(self, named)
        if problems := list(_existing_workspace_problems(found, location)):
            raise ExistingResourceError("Workspace", problems)
        self.workspace_name = pulumi.Output.from_input(found.name)
        self.workspace_id = pulumi.Output.from_input(found.id)
        self.resource_group_name = pulumi.Output.from_input(named.resource_group_name)
        identity: Any = found.identity
        self.principal_id = pulumi.Output.from_input(identity and identity.principal_id)
        return pulumi.Output.from_input(named.resource_group_id)

    def _make(
        self,
        name: str,
        location: str,
        options: config.WorkspaceOptions,
        own_tags: Mapping[str, Any],
        former: Sequence[str],
    ) -> pulumi.Output[str]:
        """Make a workspace and what it lacks, take the outputs from it, and return the id of its resource group."""
        child = pulumi.ResourceOptions(parent=self, hooks=on_error())
        tags = naming.tags(pulumi.get_project(), pulumi.get_stack(), own_tags)
        group = azure_native.resources.ResourceGroup(
            naming.child_name(name, naming.RESOURCE_GROUP), location=location, tags=tags, opts=child
        )
        storage_account_id = options.storage_account_id
        if storage_account_id is None:
            storage_account_id = azure_native.storage.StorageAccount(
                naming.child_name(name, naming.STORAGE_ACCOUNT),
                resource_group_name=group.name,
                location=location,
                tags=tags,
                kind="StorageV2",
                sku=azure_native.storage.SkuArgs(name="Standard_LRS"),
                enable_https_traffic_only=True,
                minimum_tls_version="TLS1_2",
                allow_blob_public_access=False,
                # The workspace reaches the account with its identity: see system_datastores_auth_mode below.
                allow_shared_key_access=False,
                opts=pulumi.ResourceOptions.merge(child, _storage_account_aliases(former)),
            ).id
        key_vault_id = options.key_vault_id
        if key_vault_id is None:
            client = azure_native.authorization.get_client_config_output(opts=pulumi.InvokeOptions(parent=self))
            key_vault_id = azure_native.keyvault.Vault(
                naming.child_name(name, naming.KEY_VAULT),
                resource_group_name=group.name,
                location=location,
                tags=tags,
                properties=azure_native.keyvault.VaultPropertiesArgs(
                    tenant_id=client.tenant_id,
                    sku=azure_native.keyvault.SkuArgs(family="A", name=azure_native.keyvault.SkuName.STANDARD),
                    enable_rbac_authorization=True,
                    enable_soft_delete=True,
                    soft_delete_retention_in_days=90,
                ),
                opts=child,
            ).id
        log_analytics_workspace_id = options.log_analytics_workspace_id
        if log_analytics_workspace_id is None:
            log_analytics_workspace_id = azure_native.operationalinsights.Workspace(
                naming.child_name(name, naming.LOG_ANALYTICS),
                resource_group_name=group.name,
                location=location,
                tags=tags,
                sku=azure_native.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
                retention_in_days=30,
                opts=child,
            ).id
        application_insights = azure_native.applicationinsights.Component(
            naming.child_name(name, naming.APPLICATION_INSIGHTS),
            resource_group_name=group.name,
            location=location,
            tags=tags,
            kind="web",
            application_type="web",
            ingestion_mode="LogAnalytics",
            workspace_resource_id=log_analytics_workspace_id,
            opts=child,
        )
        workspace = azure_native.machinelearningservices.Workspace(
            naming.child_name(name, naming.ML_WORKSPACE),
            resource_group_name=group.name,
            location=location,
            tags=tags,
            kind="Default",
            sku=azure_native.machinelearningservices.SkuArgs(
                name="Basic", tier=azure_native.machinelearningservices.SkuTier.BASIC
            ),
            identity=azure_native.machinelearningservices.ManagedServiceIdentityArgs(type="SystemAssigned"),
            friendly_name=name,
            storage_account=storage_account_id,
            key_vault=key_vault_id,
            application_insights=application_insights.id,
            public_network_access=options.public_network_access or "Enabled",
            # Needed by a storage account without shared keys. ("Disable shared key access for your workspace's storage
            # account", MicrosoftDocs/azure-docs, how-to-disable-local-auth-storage.md)
            system_datastores_auth_mode="Identity",
            opts=child,
        )
        self.workspace_name = workspace.name
        self.workspace_id = workspace.id
        self.resource_group_name = group.name
        self.principal_id = answered(workspace.identity, "principal_id")
        return group.id


def former_names(opts: pulumi.ResourceOptions | None) -> list[str]:
    """Return the names that a component had before, as its aliases tell."""
    aliases = (opts.aliases if opts else None) or []
    names = [alias.name if isinstance(alias, pulumi.Alias) else alias for alias in aliases]
    return [name.rpartition("::")[2] for name in names if isinstance(name, str)]  # the last part of a URN


def _storage_account_aliases(former: Sequence[str]) -> pulumi.ResourceOptions:
    # The engine finds the children of a renamed component by itself where their names start with the component's, which
    # this one's may not: see naming.child_name. A workspace cannot change its storage account.
    names = [naming.child_name(name, naming.STORAGE_ACCOUNT) for name in former]
    return pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name) for name in names])


def _read_workspace(
    component: pulumi.Resource, named: ResourceId
) -> "azure_native.machinelearningservices.AwaitableGetWorkspaceResult":
    options = pulumi.InvokeOptions(parent=component)
    client = azure_native.authorization.get_client_config(opts=options)
    # The provider's functions take no Azure subscription: another one's workspace would be looked for in its own.
    if named.azure_subscription_id.lower() != client.subscription_id.lower():
        problem = Problem(
            "workspaceId",
            f"the workspace {named.name} is in the Azure subscription {named.azure_subscription_id}, and the provider "
            f"works in {client.subscription_id}",
            "A workspace in the provider's Azure subscription is accepted",
            "Set azure-native:subscriptionId, or give the component a provider for that Azure subscription",
        )
        raise InputError("Workspace", [problem])
    try:
        return azure_native.machinelearningservices.get_workspace(
            resource_group_name=named.resource_group_name, workspace_name=named.name, opts=options
        )
    except Exception as error:  # noqa: BLE001 (the SDK raises nothing more specific)
        problem = Problem(
            "workspaceId",
            f"Azure does not show the workspace {named.name} in the resource group {named.resource_group_name}: "
            f"{azure_words(error)}",
            "The id of an existing workspace that the deploying principal may read is accepted",
            "Correct the id, ask for the role Reader on the workspace, or leave the id out to make a workspace",
        )
        raise ExistingResourceError("Workspace", [problem]) from None


def _existing_workspace_problems(
    found: "azure_native.machinelearningservices.GetWorkspaceResult", location: str
) -> Iterator[Problem]:
    """Yield why an existing workspace cannot be used."""
    is_in = config.location_name(found.location or "")
    if is_in != location:
        yield Problem(
            "workspaceId",
            f"the workspace {found.name} is in {is_in}, not in {location}",
            "A workspace in the location of the deployment is accepted",
            f"Set the location to {is_in}, or name a workspace in {location}",
        )
    if found.kind not in (None, *_KINDS):
        yield Problem(
            "workspaceId",
            f"the workspace {found.name} is of kind {found.kind}",
            f"A workspace of kind {listed(_KINDS, 'or')} is accepted",
            "Name another workspace",
        )
    tags = found.tags or {}
    own = naming.tags(pulumi.get_project(), pulumi.get_stack(), {})
    if own.items() <= tags.items():
        # The program would no longer make it, so the engine would delete it after the deployment, with what is in it.
        yield Problem(
            "workspaceId",
            f"the workspace {found.name} was made by this stack, as its tags say, and would be deleted by it",
            "A workspace that this stack did not make is accepted",
            "Remove the id; or take the workspace and what was made with it out of the stack's state (pulumi state "
            "delete), and remove its tag pulumi-stack",
        )
