"""Azure's own management clients, as they are: azure-mgmt-* and azure-ai-ml against the emulator.

They are the judges of the emulator: their models and pollers read its answers. Versions: requirements-dev.lock.
"""

import datetime as dt
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, DefaultAzureCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.monitor import MonitorManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.storage import StorageManagementClient

from tests.emulator.arm_client import CODESTRAL, MINISTRAL, MISTRAL_7B, ArmClient

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", module=r"azure\.ai\.ml|marshmallow")  # its schemas use what marshmallow 4 changes
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import (
        Hub,
        ManagedOnlineDeployment,
        ManagedOnlineEndpoint,
        MarketplaceSubscription,
        OnlineRequestSettings,
        Project,
        ServerlessEndpoint,
        Workspace,
    )

GROUP = "rg-judge"


@pytest.fixture
def environment(arm: ArmClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The emulator's environment, set."""
    for name, value in arm.server.environment.items():
        monkeypatch.setenv(name, value)
    return arm.server.environment


@pytest.fixture
def make(arm: ArmClient, environment: dict[str, str]) -> Callable[[Any], Any]:
    """Makes a management client that asks the emulator instead of public Azure, signed in with a client secret."""
    credential = ClientSecretCredential(
        environment["AZURE_TENANT_ID"],
        environment["AZURE_CLIENT_ID"],
        environment["AZURE_CLIENT_SECRET"],
        disable_instance_discovery=True,
    )
    scopes = ["https://management.azure.com/.default"]
    return lambda client: client(
        credential, environment["ARM_SUBSCRIPTION_ID"], base_url=arm.server.url, credential_scopes=scopes
    )


@pytest.fixture
def new_ml(
    arm: ArmClient, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | None], MLClient]:
    """Makes a client of a workspace, or of the resource group, signed in with the default credential."""
    monkeypatch.setenv("ARM_CLOUD_METADATA_URL", f"{arm.server.url}/metadata/endpoints?api-version=2019-05-01")
    monkeypatch.setenv("AZUREML_CURRENT_CLOUD", "")  # azure-ai-ml sets it; so it is put back when the test ends
    monkeypatch.delenv("AZUREML_CURRENT_CLOUD")
    credential = DefaultAzureCredential(disable_instance_discovery=True)
    return lambda workspace: MLClient(
        credential, environment["ARM_SUBSCRIPTION_ID"], GROUP, workspace, enable_telemetry=False
    )


@pytest.fixture
def ml(arm: ArmClient, new_ml: Callable[[str | None], MLClient]) -> MLClient:
    """A client of an existing workspace `mlw-1`."""
    arm.workspace(arm.resource_group(GROUP))
    return new_ml("mlw-1")


# azure-mgmt-resource


def test_a_resource_group_is_made_found_listed_tagged_and_deleted(make: Callable[[Any], Any]) -> None:
    groups = make(ResourceManagementClient).resource_groups

    made = groups.create_or_update(GROUP, {"location": "eastus2", "tags": {"team": "a"}})

    assert (made.name, made.location, made.tags) == (GROUP, "eastus2", {"team": "a"})
    assert made.properties.provisioning_state == "Succeeded"
    assert groups.check_existence(GROUP)
    assert not groups.check_existence("rg-other")
    assert [each.name for each in groups.list()] == [GROUP]
    assert [each.name for each in groups.list(filter="tagName eq 'team' and tagValue eq 'a'")] == [GROUP]
    assert groups.update(GROUP, {"tags": {"team": "b"}}).tags == {"team": "b"}
    groups.begin_delete(GROUP).result()
    with pytest.raises(ResourceNotFoundError, match="ResourceGroupNotFound"):
        groups.get(GROUP)


def test_the_resources_of_a_group_are_listed_by_type(arm: ArmClient, make: Callable[[Any], Any]) -> None:
    group = arm.resource_group(GROUP)
    storage = arm.storage_account(group)
    arm.key_vault(group)
    resources = make(ResourceManagementClient).resources

    assert len(list(resources.list_by_resource_group(GROUP))) == 2
    only = list(resources.list_by_resource_group(GROUP, filter="resourceType eq 'Microsoft.Storage/storageAccounts'"))
    assert [(each.id, each.type) for each in only] == [(storage, "Microsoft.Storage/storageAccounts")]
    assert resources.get_by_id(storage, api_version="2024-01-01").location == "eastus2"


def test_a_workspace_is_made_and_deleted_by_id(arm: ArmClient, make: Callable[[Any], Any]) -> None:
    group = arm.resource_group(GROUP)
    resources = make(ResourceManagementClient).resources
    path = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/mlw-1"

    made = resources.begin_create_or_update_by_id(path, arm.workspace_body(group), api_version="2025-12-01").result()

    assert made.properties["provisioningState"] == "Succeeded"
    assert made.identity.principal_id
    resources.begin_delete_by_id(path, api_version="2025-12-01").result()
    with pytest.raises(ResourceNotFoundError):
        resources.get_by_id(path, api_version="2025-12-01")


def test_a_resource_is_changed_by_sending_back_what_was_read(arm: ArmClient, make: Callable[[Any], Any]) -> None:
    vault = arm.key_vault(arm.resource_group(GROUP))
    resources = make(ResourceManagementClient).resources
    found = resources.get_by_id(vault, api_version="2024-11-01")
    found.tags = {"team": "a"}

    changed = resources.begin_create_or_update_by_id(vault, found, api_version="2024-11-01").result()

    assert changed.tags == {"team": "a"}


def test_a_resource_provider_is_registered_and_unregistered(make: Callable[[Any], Any]) -> None:
    providers = make(ResourceManagementClient).providers

    assert providers.unregister("Microsoft.Storage").registration_state == "Unregistering"
    assert providers.get("Microsoft.Storage").registration_state == "NotRegistered"
    assert providers.register("Microsoft.Storage").registration_state == "Registering"
    assert providers.get("Microsoft.Storage").registration_state == "Registered"
    kinds = {each.namespace: {kind.resource_type for kind in each.resource_types} for each in providers.list()}
    assert "workspaces/serverlessEndpoints" in kinds["Microsoft.MachineLearningServices"]
    assert kinds["Microsoft.SaaS"] == {"resources"}


# azure-mgmt-storage


def test_a_storage_account_is_made_changed_listed_and_deleted(arm: ArmClient, make: Callable[[Any], Any]) -> None:
    arm.resource_group(GROUP)
    accounts = make(StorageManagementClient).storage_accounts
    name = f"st{uuid.uuid4().hex[:12]}"
    body = {
        "location": "eastus2",
        "sku": {"name": "Standard_LRS"},
        "kind": "StorageV2",
        "properties": {"minimumTlsVersion": "TLS1_2", "allowSharedKeyAccess": True},
    }

    assert accounts.check_name_availability({"name": name, "type": "Microsoft.Storage/storageAccounts"}).name_available
    made = accounts.begin_create(GROUP, name, body).result()

    assert (made.name, made.sku.name, made.sku.tier, made.kind) == (name, "Standard_LRS", "Standard", "StorageV2")
    assert made.properties.provisioning_state == "Succeeded"
    assert made.properties.minimum_tls_version == "TLS1_2"
    assert isinstance(made.properties.creation_time, dt.datetime)
    taken = accounts.check_name_availability({"name": name, "type": "Microsoft.Storage/storageAccounts"})
    assert (taken.name_available, taken.reason) == (False, "AlreadyExists")
    assert not accounts.update(
        GROUP, name, {"properties": {"allowSharedKeyAccess": False}}
    ).properties.allow_shared_key_access
    assert [each.name for each in accounts.list_by_resource_group(GROUP)] == [name]
    assert [each.name for each in accounts.list()] == [name]
    accounts.delete(GROUP, name)
    with pytest.raises(ResourceNotFoundError):
        accounts.get_properties(GROUP, name)


# azure-mgmt-keyvault


def test_a_key_vault_is_made_listed_deleted_recovered_and_purged(arm: ArmClient, make: Callable[[Any], Any]) -> None:
    arm.resource_group(GROUP)
    vaults = make(KeyVaultManagementClient).vaults
    name = f"kv-{uuid.uuid4().hex[:12]}"
    body = arm.vault_body(enableRbacAuthorization=True)

    made = vaults.begin_create_or_update(GROUP, name, body).result()

    assert made.properties.enable_rbac_authorization
    assert made.properties.vault_uri == f"https://{name}.vault.azure.net/"
    assert [each.name for each in vaults.list_by_resource_group(GROUP)] == [name]
    made.tags = {"team": "a"}
    assert vaults.begin_create_or_update(GROUP, name, made).result().tags == {"team": "a"}
    vaults.delete(GROUP, name)
    deleted = vaults.get_deleted(name, "eastus2")
    assert deleted.properties.scheduled_purge_date > deleted.properties.deletion_date
    assert [each.name for each in vaults.list_deleted()] == [name]
    recovered = {"location": "eastus2", "properties": {**body["properties"], "createMode": "recover"}}
    assert vaults.begin_create_or_update(GROUP, name, recovered).result().name == name
    vaults.delete(GROUP, name)
    vaults.begin_purge_deleted(name, "eastus2").result()
    assert list(vaults.list_deleted()) == []
    assert vaults.check_name_availability({"name": name, "type": "Microsoft.KeyVault/vaults"}).name_available


# azure-mgmt-authorization


def test_a_role_is_assigned_found_and_taken_away(arm: ArmClient, make: Callable[[Any], Any]) -> None:
    scope = arm.resource_group(GROUP)
    principal = arm.principal("User")
    client = make(AuthorizationManagementClient)
    (developer,) = client.role_definitions.list(scope, filter="roleName eq 'Azure AI Developer'")
    properties = {"roleDefinitionId": developer.id, "principalId": principal["id"], "principalType": "User"}
    name = str(uuid.uuid4())

    made = client.role_assignments.create(scope, name, {"properties": properties})

    assert (made.name, made.scope, made.principal_id, made.principal_type) == (name, scope, principal["id"], "User")
    assert name in [each.name for each in client.role_assignments.list_for_scope(scope, filter="atScope()")]
    with pytest.raises(ResourceExistsError, match="RoleAssignmentExists"):
        client.role_assignments.create(scope, str(uuid.uuid4()), {"properties": properties})
    assert client.role_assignments.delete(scope, name).name == name
    with pytest.raises(ResourceNotFoundError, match="RoleAssignmentNotFound"):
        client.role_assignments.get(scope, name)


# azure-ai-ml: workspaces


def test_workspaces_of_every_kind_are_listed_and_read(arm: ArmClient, ml: MLClient) -> None:
    group = f"{arm.subscription}/resourceGroups/{GROUP}"
    workspaces = f"{group}/providers/Microsoft.MachineLearningServices/workspaces"
    properties = arm.get(f"{workspaces}/mlw-1").json()["properties"]
    identity = {"type": "SystemAssigned"}
    hub_body = {
        "location": "eastus2",
        "kind": "Hub",
        "identity": identity,
        "properties": {"storageAccount": properties["storageAccount"], "keyVault": properties["keyVault"]},
    }
    hub_id = arm.create(f"{workspaces}/hub-1", hub_body)["id"]
    project_body = {
        "location": "eastus2",
        "kind": "Project",
        "identity": identity,
        "properties": {"hubResourceId": hub_id},
    }
    project_id = arm.create(f"{workspaces}/project-1", project_body)["id"]

    listed = {each.name for each in ml.workspaces.list()}
    hub, project, default = (ml.workspaces.get(name) for name in ("hub-1", "project-1", "mlw-1"))

    assert listed == {"mlw-1", "hub-1", "project-1"}
    assert {each.name for each in ml.workspaces.list(filtered_kinds=["hub"])} == {"hub-1"}
    assert {each.name for each in ml.workspaces.list(filtered_kinds=["project"])} == {"project-1"}
    assert isinstance(hub, Hub)
    assert hub.associated_workspaces == [project_id]
    assert isinstance(project, Project)
    assert project.hub_id == hub_id
    assert isinstance(default, Workspace)
    assert default.discovery_url == "https://eastus2.api.azureml.ms/discovery"
    assert default.identity is not None
    assert default.identity.principal_id


def test_a_workspace_is_deleted_softly_and_then_for_good(arm: ArmClient, ml: MLClient) -> None:
    ml.workspaces.begin_delete("mlw-1", delete_dependent_resources=False).result()
    with pytest.raises(ResourceNotFoundError):
        ml.workspaces.get("mlw-1")
    path = f"{arm.subscription}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-1"
    body = {"location": "eastus2", "kind": "Default", "identity": {"type": "SystemAssigned"}}
    assert "Soft-deleted workspace exists" in arm.put(path, body).text

    arm.delete(path, forceToPurge="true")

    assert "Soft-deleted workspace exists" not in arm.put(path, body).text


def test_a_hub_with_a_project_is_not_deleted(arm: ArmClient, new_ml: Callable[[str | None], MLClient]) -> None:
    group = arm.resource_group(GROUP)
    workspaces = f"{group}/providers/Microsoft.MachineLearningServices/workspaces"
    hub_id = arm.create(f"{workspaces}/hub-1", arm.workspace_body(group, kind="Hub"))["id"]
    body = {
        "location": "eastus2",
        "kind": "Project",
        "identity": {"type": "SystemAssigned"},
        "properties": {"hubResourceId": hub_id},
    }
    arm.create(f"{workspaces}/project-1", body)
    client = new_ml(None)

    with pytest.raises(HttpResponseError, match="AI hub still has associated AI projects"):
        client.workspaces.begin_delete("hub-1", delete_dependent_resources=False).result()

    client.workspaces.begin_delete("project-1", delete_dependent_resources=False).result()
    client.workspaces.begin_delete("hub-1", delete_dependent_resources=False).result()
    assert list(client.workspaces.list()) == []


# azure-ai-ml: serverless deployments


def test_a_marketplace_subscription_is_made_read_listed_and_deleted(ml: MLClient) -> None:
    subscriptions = ml.marketplace_subscriptions

    made = subscriptions.begin_create_or_update(MarketplaceSubscription(name="ministral", model_id=MINISTRAL)).result()

    assert (made.name, made.model_id, made.status) == ("ministral", MINISTRAL, "subscribed")
    assert made.provisioning_state == "succeeded"
    assert made.marketplace_plan.offer_id
    assert subscriptions.get("ministral").id == made.id
    assert [each.name for each in subscriptions.list()] == ["ministral"]
    subscriptions.begin_delete("ministral").result()
    assert list(subscriptions.list()) == []
    with pytest.raises(ResourceNotFoundError):
        subscriptions.get("ministral")


def test_a_serverless_endpoint_is_made_read_listed_and_deleted(arm: ArmClient, ml: MLClient) -> None:
    arm.subscribe(workspace_id(arm))
    endpoints = ml.serverless_endpoints

    made = endpoints.begin_create_or_update(
        ServerlessEndpoint(name="judge-chat", model_id=MINISTRAL, tags={"team": "a"})
    ).result()

    assert (made.name, made.model_id, made.auth_mode, made.location) == ("judge-chat", MINISTRAL, "Key", "eastus2")
    assert made.provisioning_state == "succeeded"
    assert made.tags == {"team": "a"}
    assert made.scoring_uri.startswith("https://")
    assert made.system_data.created_by_type == "Application"
    assert endpoints.get("judge-chat").scoring_uri == made.scoring_uri
    assert [each.name for each in endpoints.list()] == ["judge-chat"]
    made.tags = {"team": "b"}
    assert endpoints.begin_create_or_update(made).result().tags == {"team": "b"}
    endpoints.begin_delete("judge-chat").result()
    assert list(endpoints.list()) == []
    with pytest.raises(ResourceNotFoundError):
        endpoints.get("judge-chat")


def test_an_endpoint_without_a_marketplace_subscription_is_refused_in_the_clients_words(ml: MLClient) -> None:
    endpoint = ServerlessEndpoint(name="judge-none", model_id=CODESTRAL)

    with pytest.raises(HttpResponseError, match="has no marketplace subscription for model"):
        ml.serverless_endpoints.begin_create_or_update(endpoint).result()


def test_keys_are_read_and_one_is_regenerated(arm: ArmClient, ml: MLClient) -> None:
    """azure-ai-ml 1.35.2 cannot regenerate keys itself: it calls the operation that Azure's API definition generated
    with `endpoint_name=`, which is called `name` there, so a TypeError ends it before anything is sent. That operation,
    with its own model and poller, is what is asked here.
    """
    workspace = workspace_id(arm)
    arm.subscribe(workspace)
    arm.endpoint(workspace, "judge-keys")
    before = ml.serverless_endpoints.get_keys("judge-keys")

    asked = {"keyType": "Primary", "keyValue": before.primary_key}
    generated = ml.serverless_endpoints._service_client
    after = generated.begin_regenerate_keys(GROUP, "mlw-1", "judge-keys", asked).result()

    assert after.primary_key != before.primary_key
    assert after.secondary_key == before.secondary_key
    read = ml.serverless_endpoints.get_keys("judge-keys")
    assert (read.primary_key, read.secondary_key) == (after.primary_key, after.secondary_key)


def workspace_id(arm: ArmClient) -> str:
    """The id of the workspace that `ml` made."""
    return f"{arm.subscription}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-1"


# azure-ai-ml: managed online endpoints


def test_an_online_endpoint_lives_from_creation_to_deletion(ml: MLClient, tmp_path: Path) -> None:
    endpoints, deployments = ml.online_endpoints, ml.online_deployments
    asked = ManagedOnlineEndpoint(name="judge-online", auth_mode="key", tags={"team": "a"})

    made = endpoints.begin_create_or_update(asked).result()

    assert (made.name, made.auth_mode, made.provisioning_state) == ("judge-online", "key", "Succeeded")
    assert made.identity.principal_id
    deployment = ManagedOnlineDeployment(
        name="blue",
        endpoint_name="judge-online",
        model=MISTRAL_7B,
        instance_type="Standard_NC24ads_A100_v4",
        instance_count=1,
        request_settings=OnlineRequestSettings(request_timeout_ms=90_000),
    )
    blue = deployments.begin_create_or_update(deployment).result()
    assert (blue.name, blue.model, blue.instance_count) == ("blue", MISTRAL_7B, 1)
    assert blue.request_settings.request_timeout_ms == 90_000
    assert deployments.get("blue", "judge-online").provisioning_state == "Succeeded"
    assert [each.name for each in deployments.list("judge-online")] == ["blue"]
    assert "no InferenceServer runs" in deployments.get_logs("blue", "judge-online", 10)
    made.traffic = {"blue": 100}
    assert endpoints.begin_create_or_update(made).result().traffic == {"blue": 100}
    request_file = tmp_path / "request.json"
    request_file.write_text('{"input_data": {"input_string": [{"role": "user", "content": "Hello"}]}}')
    for name in ("blue", None):
        answer = endpoints.invoke("judge-online", request_file=str(request_file), deployment_name=name)
        assert "in the place of mistralai-Mistral-7B-Instruct-v01" in answer
    assert [each.name for each in endpoints.list()] == ["judge-online"]
    keys = endpoints.get_keys("judge-online")
    endpoints.begin_regenerate_keys("judge-online", key_type="secondary").result()
    after = endpoints.get_keys("judge-online")
    assert after.primary_key == keys.primary_key
    assert after.secondary_key != keys.secondary_key
    with pytest.raises(HttpResponseError, match="Set its traffic to 0 first"):
        deployments.begin_delete("blue", "judge-online").result()
    endpoints.begin_delete("judge-online").result()
    assert list(endpoints.list()) == []


# azure-mgmt-resource-deployments, azure-mgmt-monitor


def test_a_template_is_deployed_read_listed_and_forgotten(
    arm: ArmClient, ml: MLClient, make: Callable[[Any], Any]
) -> None:
    arm.online_endpoint(workspace_id(arm), "judge-online")
    resource = {
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        "apiVersion": "2025-12-01",
        "name": "mlw-1/judge-online",
        "location": "eastus2",
        "properties": {"authMode": "Key", "description": "[parameters('description')]"},
    }
    template = {"parameters": {"description": {"type": "string"}}, "resources": [resource]}
    deployments = make(DeploymentsMgmtClient).deployments

    def deployed(name: str, **parameters: Any) -> Any:
        properties = {"mode": "Incremental", "template": template, "parameters": parameters}
        return deployments.begin_create_or_update(GROUP, name, {"properties": properties}).result()

    made = deployed("judged", description={"value": "by a template"})

    assert (made.name, made.properties.provisioning_state) == ("judged", "Succeeded")
    assert made.properties.output_resources[0].id.endswith("/onlineEndpoints/judge-online")
    assert ml.online_endpoints.get("judge-online").description == "by a template"
    assert deployments.check_existence(GROUP, "judged")
    assert [each.name for each in deployments.list_by_resource_group(GROUP)] == ["judged"]
    with pytest.raises(HttpResponseError, match="InvalidTemplate"):
        deployed("invalid")
    resource["properties"] = {"authMode": "Key", "traffic": {"blue": 100}}
    with pytest.raises(HttpResponseError, match="At least one resource deployment operation failed"):
        deployed("failed", description={"value": ""})
    deployments.begin_delete(GROUP, "judged").result()
    assert not deployments.check_existence(GROUP, "judged")


def test_an_autoscale_setting_is_made_listed_changed_and_deleted(
    arm: ArmClient, ml: MLClient, make: Callable[[Any], Any]
) -> None:
    assert ml.workspace_name
    deployment = arm.online_deployment(arm.online_endpoint(workspace_id(arm), "judge-online"))
    settings = make(MonitorManagementClient).autoscale_settings
    profile = {"name": "load", "capacity": {"minimum": "1", "maximum": "3", "default": "1"}, "rules": []}
    properties = {"enabled": True, "targetResourceUri": deployment, "profiles": [profile]}

    made = settings.create_or_update(GROUP, "judged", {"location": "eastus2", "properties": properties})

    assert (made.name, made.target_resource_uri, made.profiles[0].capacity.maximum) == ("judged", deployment, "3")
    assert [each.name for each in settings.list_by_resource_group(GROUP)] == ["judged"]
    assert settings.update(GROUP, "judged", {"tags": {"team": "a"}}).tags == {"team": "a"}
    settings.delete(GROUP, "judged")
    with pytest.raises(ResourceNotFoundError):
        settings.get(GROUP, "judged")
