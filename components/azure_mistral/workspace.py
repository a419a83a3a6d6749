"""The component `Workspace`: an Azure ML workspace with what it needs, in a resource group of its own."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure_native

from azure_mistral import config, naming
from azure_mistral.catalog import load_catalog
from azure_mistral.errors import InputError
from azure_mistral.outputs import answered
from azure_mistral.plan import location_problem
from azure_mistral.role_assignments import RoleAssignmentArgs, assign_roles
from azure_mistral.settings import Reading, read_group


class WorkspaceArgs(TypedDict):
    """What a `Workspace` is made of."""

    location: str
    """Required. ARM location, such as eastus2. One of those that have serverless endpoints."""

    role_assignments: NotRequired[dict[str, RoleAssignmentArgs]]
    """Optional. Roles on the resource group, under keys of your own."""

    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Optional. Tags of every resource, beside managed-by, pulumi-project and pulumi-stack."""


SETTINGS = (config.LOCATION, config.ROLE_ASSIGNMENTS, config.TAGS)


class Workspace(pulumi.ComponentResource):
    """An Azure ML workspace for serverless endpoints, in a resource group of its own.

    It comes with a storage account, a key vault, Log Analytics and Application Insights. The workspace reaches them
    with its system identity: the storage account takes no shared keys, the key vault answers to roles alone.
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
    """Object id of the workspace's system identity."""

    def __init__(self, name: str, args: WorkspaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        reading = Reading(snake_case=True)
        given = read_group(args, SETTINGS, "", reading)
        problems = [*reading.problems, *naming.workspace_name_problems(name)]
        if given["location"] and (problem := location_problem(given["location"], "location", load_catalog())):
            problems.append(problem)
        if problems:
            raise InputError("Workspace", problems)

        super().__init__("azure-mistral:index:Workspace", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        location = given["location"]
        tags = naming.tags(pulumi.get_project(), pulumi.get_stack(), given["tags"])
        client = azure_native.authorization.get_client_config_output(opts=pulumi.InvokeOptions(parent=self))

        group = azure_native.resources.ResourceGroup(
            naming.child_name(name, naming.RESOURCE_GROUP), location=location, tags=tags, opts=child
        )
        storage = azure_native.storage.StorageAccount(
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
            opts=child,
        )
        vault = azure_native.keyvault.Vault(
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
        )
        log_analytics = azure_native.operationalinsights.Workspace(
            naming.child_name(name, naming.LOG_ANALYTICS),
            resource_group_name=group.name,
            location=location,
            tags=tags,
            sku=azure_native.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
            retention_in_days=30,
            opts=child,
        )
        application_insights = azure_native.applicationinsights.Component(
            naming.child_name(name, naming.APPLICATION_INSIGHTS),
            resource_group_name=group.name,
            location=location,
            tags=tags,
            kind="web",
            application_type="web",
            ingestion_mode="LogAnalytics",
            workspace_resource_id=log_analytics.id,
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
            storage_account=storage.id,
            key_vault=vault.id,
            application_insights=application_insights.id,
            public_network_access="Enabled",
            # Needed by a storage account without shared keys. ("Disable shared key access for your workspace's storage
            # account", MicrosoftDocs/azure-docs, how-to-disable-local-auth-storage.md)
            system_datastores_auth_mode="Identity",
            opts=child,
        )
        assign_roles(name, group.id, given["role_assignments"], self)

        self.workspace_name = workspace.name
        self.workspace_id = workspace.id
        self.resource_group_name = group.name
        self.location = pulumi.Output.from_input(location)
        self.principal_id = answered(workspace.identity, "principal_id")
        self.register_outputs(
            {
                "workspaceName": self.workspace_name,
                "workspaceId": self.workspace_id,
                "resourceGroupName": self.resource_group_name,
                "location": self.location,
                "principalId": self.principal_id,
            }
        )
