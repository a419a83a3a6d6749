"""What `__main__.py` of the checkout deploys, written down resource by resource: no component, no plan, no check.

`make bench` runs it beside the module, which should cost no more. It has no advice on failures, no aliases, no state of
its own to look after, and names that only one team can use.
"""

import pulumi
import pulumi_azure_native as azure_native
from pulumi_azure_native import machinelearningservices as ml

settings = pulumi.Config("straight-line")
models = settings.require_object("models")  # from a short name to the model's name in the registry
locations = settings.require_object("locations")  # from a location to a short name

tags = {"managed-by": "pulumi", "pulumi-project": pulumi.get_project(), "pulumi-stack": pulumi.get_stack()}
tenant_id = azure_native.authorization.get_client_config_output().tenant_id
endpoints: dict[str, dict[str, object]] = {}
keys: dict[str, dict[str, object]] = {}
workspaces: dict[str, object] = {}

for location, code in locations.items():
    group = azure_native.resources.ResourceGroup(f"line-{code}-rg", location=location, tags=tags)
    storage_account = azure_native.storage.StorageAccount(
        f"line{code}st",
        resource_group_name=group.name,
        location=location,
        tags=tags,
        kind="StorageV2",
        sku=azure_native.storage.SkuArgs(name="Standard_LRS"),
        enable_https_traffic_only=True,
        minimum_tls_version="TLS1_2",
        allow_blob_public_access=False,
        allow_shared_key_access=False,
    )
    key_vault = azure_native.keyvault.Vault(
        f"line-{code}-kv",
        resource_group_name=group.name,
        location=location,
        tags=tags,
        properties=azure_native.keyvault.VaultPropertiesArgs(
            tenant_id=tenant_id,
            sku=azure_native.keyvault.SkuArgs(family="A", name=azure_native.keyvault.SkuName.STANDARD),
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=90,
        ),
    )
    log_analytics = azure_native.operationalinsights.Workspace(
        f"line-{code}-log",
        resource_group_name=group.name,
        location=location,
        tags=tags,
        sku=azure_native.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
        retention_in_days=30,
    )
    application_insights = azure_native.applicationinsights.Component(
        f"line-{code}-appi",
        resource_group_name=group.name,
        location=location,
        tags=tags,
        kind="web",
        application_type="web",
        ingestion_mode="LogAnalytics",
        workspace_resource_id=log_analytics.id,
    )
    workspace = ml.Workspace(
        f"line-{code}-mlw",
        resource_group_name=group.name,
        location=location,
        tags=tags,
        kind="Default",
        sku=ml.SkuArgs(name="Basic", tier=ml.SkuTier.BASIC),
        identity=ml.ManagedServiceIdentityArgs(type="SystemAssigned"),
        friendly_name=f"line-{code}",
        storage_account=storage_account.id,
        key_vault=key_vault.id,
        application_insights=application_insights.id,
        public_network_access="Enabled",
        system_datastores_auth_mode="Identity",
    )
    workspaces[location] = {"name": workspace.name, "id": workspace.id, "resourceGroupName": group.name}
    for model, registry_name in models.items():
        asset_id = f"azureml://registries/azureml-mistral/models/{registry_name}"
        subscription = ml.MarketplaceSubscription(
            f"line-{model}-{code}-subscription",
            resource_group_name=group.name,
            workspace_name=workspace.name,
            name=model,
            properties=ml.MarketplaceSubscriptionPropertiesArgs(model_id=asset_id),
        )
        endpoint = ml.ServerlessEndpoint(
            f"line-{model}-{code}-endpoint",
            resource_group_name=group.name,
            workspace_name=workspace.name,
            name=f"{model}-line",
            location=location,
            sku=ml.SkuArgs(name="Consumption"),
            tags=tags,
            properties=ml.ServerlessEndpointPropertiesArgs(
                auth_mode="Key",
                content_safety=ml.ContentSafetyArgs(content_safety_status="Enabled"),
                model_settings=ml.ModelSettingsArgs(model_id=asset_id),
            ),
            opts=pulumi.ResourceOptions(
                depends_on=[subscription],
                replace_on_changes=["properties.modelSettings.modelId"],
                delete_before_replace=True,
            ),
        )
        # In a preview Azure has not answered yet, so there is no address.
        url = endpoint.properties.inference_endpoint.apply(lambda answer: answer.uri.rstrip("/") if answer else "")
        endpoints.setdefault(model, {})[location] = {
            "url": url,
            "chatCompletionsUrl": pulumi.Output.concat(url, "/chat/completions"),
            "mistralChatUrl": pulumi.Output.concat(url, "/v1/chat/completions"),
            "hosting": "serverless",
            "authMode": "Key",
            "name": endpoint.name,
            "id": endpoint.id,
        }
        read = ml.list_serverless_endpoint_keys_output(
            resource_group_name=group.name,
            workspace_name=workspace.name,
            name=endpoint.name,
            # Without it a first `up` would ask for keys before the endpoint is there: its name is known beforehand.
            opts=pulumi.InvokeOutputOptions(depends_on=[endpoint]),
        )
        keys.setdefault(model, {})[location] = {"primary": read.primary_key, "secondary": read.secondary_key}

pulumi.export("endpoints", endpoints)
pulumi.export("keys", pulumi.Output.secret(keys))
pulumi.export("workspaces", workspaces)
