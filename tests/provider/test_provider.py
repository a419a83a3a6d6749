"""The plugin as a process and as a gRPC service: handshake, checks, functions, and what it refuses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from emulator.provider.resource_types import RESOURCE_TYPES
from emulator.provider.wire import UNKNOWN
from tests.provider.arm_server import CLIENT, GROUP, OBJECT, SUBSCRIPTION, TENANT, Answer, ArmServer, error
from tests.provider.plugin import Plugin, urn
from tests.provider.samples import SAMPLES

ENDPOINT = "azure-native:machinelearningservices:ServerlessEndpoint"
STORAGE = "azure-native:storage:StorageAccount"
ENDPOINT_ARGUMENTS = {"resourceGroupName": "rg", "workspaceName": "workspace", "name": "name"}
Autonaming = provider_pb2.CheckRequest.AutonamingOptions


def details_of(call: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(grpc.RpcError) as failed:
        call(*arguments, **named)
    return str(failed.value.details())


def test_plugin_prints_its_port_and_ends_when_asked_to() -> None:
    """As the engine starts any plugin; it must find nothing but the port on the first line."""
    command = [sys.executable, "-m", "emulator.provider", "127.0.0.1:9"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."}) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            info = provider_pb2_grpc.ResourceProviderStub(channel).GetPluginInfo(empty_pb2.Empty())
        process.terminate()
        assert process.wait(20) == 0

    assert info.version == "3.29.0"


def test_plugin_accepts_what_the_official_one_accepts(arm: ArmServer, unconfigured: Plugin) -> None:
    """No secrets, so that the engine itself keeps the outputs of secret inputs secret."""
    handshake = unconfigured.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:9"))
    configured = unconfigured.stub.Configure(provider_pb2.ConfigureRequest())

    assert not handshake.accept_secrets
    assert not handshake.accept_resources
    assert handshake.supports_autonaming_configuration
    assert not configured.acceptSecrets
    assert configured.supportsPreview
    assert configured.supports_autonaming_configuration


def test_plugin_can_be_attached_to(unconfigured: Plugin) -> None:
    assert unconfigured.stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:9")) == empty_pb2.Empty()


def test_provider_configuration_is_taken_as_it_is(unconfigured: Plugin) -> None:
    request = provider_pb2.CheckRequest(urn="urn")
    request.news["location"] = "eastus2"

    assert unconfigured.stub.CheckConfig(request).inputs == request.news
    assert list(unconfigured.stub.DiffConfig(provider_pb2.DiffRequest()).replaces) == []


def test_schema_names_the_resource_types(unconfigured: Plugin) -> None:
    schema = json.loads(unconfigured.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)

    assert schema["name"] == "azure-native"
    assert schema["resources"].keys() == RESOURCE_TYPES.keys()


def test_parameterization_and_methods_are_refused_clearly(unconfigured: Plugin) -> None:
    assert "cannot be parameterized" in details_of(unconfigured.stub.Parameterize, provider_pb2.ParameterizeRequest())
    assert "no methods" in details_of(unconfigured.stub.Call, provider_pb2.CallRequest())


def test_unknown_type_is_refused_with_those_that_are_known(unconfigured: Plugin) -> None:
    refusal = details_of(unconfigured.check, "azure-native:network:VirtualNetwork", {})

    assert refusal.startswith("Resource type azure-native:network:VirtualNetwork not found.")
    assert all(pulumi_type in refusal for pulumi_type in RESOURCE_TYPES)


def test_unconfigured_plugin_says_so(unconfigured: Plugin) -> None:
    assert details_of(unconfigured.read, ENDPOINT, "id") == "the provider is not configured"


def test_name_is_made_of_the_logical_name(provider: Plugin) -> None:
    inputs, failures = provider.check(STORAGE, SAMPLES[STORAGE].inputs, name="store")

    assert failures == []
    assert inputs["accountName"].startswith("store")
    assert inputs["__createBeforeDelete"] is True


def test_name_that_is_given_is_kept(provider: Plugin) -> None:
    inputs, _ = provider.check(STORAGE, {**SAMPLES[STORAGE].inputs, "accountName": "mine"})

    assert inputs["accountName"] == "mine"
    assert "__createBeforeDelete" not in inputs


def test_name_of_a_child_is_the_logical_name(provider: Plugin) -> None:
    inputs, _ = provider.check(ENDPOINT, SAMPLES[ENDPOINT].inputs, name="chat")

    assert inputs["name"] == "chat"
    assert "__createBeforeDelete" not in inputs


def test_autonaming_of_the_engine_is_honoured(provider: Plugin) -> None:
    enforced = Autonaming(mode=Autonaming.ENFORCE, proposed_name="wish")
    disabled = Autonaming(mode=Autonaming.DISABLE)

    assert provider.check(STORAGE, SAMPLES[STORAGE].inputs, autonaming=enforced)[0]["accountName"] == "wish"
    assert provider.check(STORAGE, SAMPLES[STORAGE].inputs, autonaming=disabled)[1] == [
        "missing required property 'accountName'"
    ]


def test_location_is_the_old_one_then_the_configured_one(provider: Plugin) -> None:
    def location(**olds: str) -> object:
        return provider.check(STORAGE, SAMPLES[STORAGE].inputs, olds)[0]["location"]

    assert location() == "eastus2"
    assert location(location="westus") == "westus"


def test_location_is_that_of_the_resource_group_without_configuration(arm: ArmServer, unconfigured: Plugin) -> None:
    unconfigured.configure()
    arm.resources[GROUP.lower()] = {"location": "swedencentral"}

    first, _ = unconfigured.check(STORAGE, SAMPLES[STORAGE].inputs)
    second, _ = unconfigured.check(STORAGE, SAMPLES[STORAGE].inputs)

    assert (first["location"], second["location"]) == ("swedencentral", "swedencentral")
    assert len(arm.calls("GET")) == 1


def test_location_is_unknown_while_the_resource_group_is(arm: ArmServer, unconfigured: Plugin) -> None:
    unconfigured.configure()

    inputs, failures = unconfigured.check(STORAGE, {**SAMPLES[STORAGE].inputs, "resourceGroupName": UNKNOWN})

    assert (inputs["location"], failures) == (UNKNOWN, [])


def test_missing_location_is_reported_with_the_way_to_set_it(arm: ArmServer, unconfigured: Plugin) -> None:
    unconfigured.configure()

    (failure,) = unconfigured.check(STORAGE, SAMPLES[STORAGE].inputs)[1]

    assert "pulumi config set azure-native:location" in failure


def test_diff_replaces_and_deletes_first_what_has_no_random_name(provider: Plugin) -> None:
    old, _ = provider.check(ENDPOINT, SAMPLES[ENDPOINT].inputs)

    diff = provider.diff(ENDPOINT, old, {**old, "workspaceName": "other"})

    assert list(diff.replaces) == ["workspaceName"]
    assert diff.deleteBeforeReplace
    assert diff.detailedDiff["workspaceName"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    assert diff.detailedDiff["workspaceName"].inputDiff
    assert list(diff.diffs) == ["workspaceName"]


def test_versioned_type_is_asked_for_at_its_version(arm: ArmServer, provider: Plugin) -> None:
    versioned = "azure-native:machinelearningservices/v20241001:ServerlessEndpoint"
    inputs, _ = provider.check(versioned, SAMPLES[ENDPOINT].inputs)

    provider.create(versioned, inputs)

    assert arm.last("PUT").query == {"api-version": "2024-10-01"}


def test_client_config_tells_who_is_signed_in(provider: Plugin) -> None:
    assert provider.invoke("azure-native:authorization:getClientConfig") == {
        "clientId": CLIENT,
        "objectId": OBJECT,
        "subscriptionId": SUBSCRIPTION,
        "tenantId": TENANT,
    }


def test_client_token_is_a_token(provider: Plugin) -> None:
    assert provider.invoke("azure-native:authorization:getClientToken")["token"].count(".") == 2


def test_keys_are_listed_by_post(arm: ArmServer, provider: Plugin) -> None:
    arm.answer("POST", "/serverlessendpoints/name/listkeys", Answer(body={"primaryKey": "a", "secondaryKey": "b"}))

    keys = provider.invoke("azure-native:machinelearningservices:listServerlessEndpointKeys", **ENDPOINT_ARGUMENTS)

    assert keys == {"primaryKey": "a", "secondaryKey": "b"}
    assert (arm.last("POST").query, arm.last("POST").body) == ({"api-version": "2025-12-01"}, {})


def test_expansion_goes_into_the_query(arm: ArmServer, provider: Plugin) -> None:
    arm.answer("POST", "/storageaccounts/store/listkeys", Answer(body={"keys": [{"keyName": "key1", "value": "v"}]}))

    keys = provider.invoke(
        "azure-native:storage:listStorageAccountKeys", resourceGroupName="rg", accountName="store", expand="kerb"
    )

    assert keys == {"keys": [{"keyName": "key1", "value": "v"}]}
    assert arm.last("POST").query["$expand"] == "kerb"


def test_every_resource_type_has_a_getter(arm: ArmServer, provider: Plugin) -> None:
    path = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/workspace/serverlessEndpoints/name"
    arm.resources[path.lower()] = {"id": path, "properties": {"authMode": "Key"}}

    found = provider.invoke("azure-native:machinelearningservices:getServerlessEndpoint", **ENDPOINT_ARGUMENTS)

    assert found == {"id": path, "properties": {"authMode": "Key"}, "azureApiVersion": "2025-12-01"}


def test_refused_function_shows_path_and_azures_words(arm: ArmServer, provider: Plugin) -> None:
    arm.answer("POST", "/listkeys", error("AuthorizationFailed", "no listKeys", 403))

    refusal = details_of(
        provider.invoke, "azure-native:machinelearningservices:listServerlessEndpointKeys", **ENDPOINT_ARGUMENTS
    )

    assert refusal.startswith(f"request failed {GROUP}/providers/")
    assert refusal.endswith('Status=403 Code="AuthorizationFailed" Message="no listKeys"')


def test_function_without_a_needed_argument_is_refused(provider: Plugin) -> None:
    refusal = details_of(provider.invoke, "azure-native:resources:getResourceGroup")

    assert refusal == "azure-native:resources:getResourceGroup: missing required argument 'resourceGroupName'"


@pytest.mark.parametrize("token", ["azure-native:network:getVirtualNetwork", "azure-native:storage:listAccountSAS"])
def test_unknown_function_is_refused_with_those_that_are_known(provider: Plugin, token: str) -> None:
    refusal = details_of(provider.invoke, token)

    assert refusal.startswith(f"Invoke type {token} not found.")
    assert "azure-native:machinelearningservices:listServerlessEndpointKeys" in refusal


def test_requests_carry_the_ids_and_agent_that_azure_expects(arm: ArmServer, provider: Plugin) -> None:
    details_of(provider.invoke, "azure-native:resources:getResourceGroup", resourceGroupName="none")

    headers = {name.lower(): value for name, value in arm.last("GET").headers.items()}
    assert headers["authorization"].startswith("Bearer ")
    assert headers["x-ms-client-request-id"]
    assert "azure-native" in headers["user-agent"]


def test_resource_below_a_component_is_found_by_the_last_part_of_its_type() -> None:
    assert urn(ENDPOINT).split("::")[2] == f"azure-mistral:index:Workspace${ENDPOINT}"


def test_plugin_imports_no_other_part_of_the_emulator() -> None:
    """It asks Azure, not the emulator's internals."""
    imported = {
        name
        for module in Path("emulator/provider").glob("*.py")
        for name in re.findall(r"^(?:from|import) (emulator[\w.]*)", module.read_text(), re.MULTILINE)
    }

    assert {name for name in imported if not name.startswith("emulator.provider")} == set()
