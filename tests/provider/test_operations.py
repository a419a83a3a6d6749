"""Create, read, update and delete over the wire: what is sent, in which order, and what comes back."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2

from emulator.provider.resource_types import RESOURCE_TYPES
from emulator.provider.wire import UNKNOWN, from_struct
from tests.provider.arm_server import GROUP, SUBSCRIPTION, Answer, ArmServer, error
from tests.provider.plugin import Plugin, initialization_failure
from tests.provider.samples import SAMPLES

ENDPOINT = "azure-native:machinelearningservices:ServerlessEndpoint"
VAULT = "azure-native:keyvault:Vault"
RESOURCE_GROUP = "azure-native:resources:ResourceGroup"
NOW = {"retry-after-ms": "1"}


def made(provider: Plugin, pulumi_type: str, **inputs: Any) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """Inputs, id and outputs of a new resource of that type."""
    checked, failures = provider.check(pulumi_type, {**SAMPLES[pulumi_type].inputs, **inputs}, name="name")
    assert failures == []
    resource_id, outputs = provider.create(pulumi_type, checked)
    return checked, resource_id, outputs


def failure_of(call: Any, *arguments: Any, **named: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as failed:
        call(*arguments, **named)
    return failed.value


@pytest.mark.parametrize("pulumi_type", RESOURCE_TYPES)
def test_life_of_a_resource(arm: ArmServer, provider: Plugin, pulumi_type: str) -> None:
    """Created, unchanged by a refresh, updated in place, found to have drifted, imported, deleted, and gone."""
    sample = SAMPLES[pulumi_type]
    inputs, resource_id, outputs = made(provider, pulumi_type)
    assert [method for method, _ in arm.calls()] == ["GET", "PUT", "GET"]
    assert resource_id.endswith("name") or inputs[RESOURCE_TYPES[pulumi_type].name_parameter] in resource_id
    assert outputs["azureApiVersion"] == RESOURCE_TYPES[pulumi_type].api_version

    assert provider.read(pulumi_type, resource_id, inputs, outputs) == (resource_id, inputs, outputs)

    news = {**inputs, **sample.change}
    diff = provider.diff(pulumi_type, inputs, news, outputs)
    assert (list(diff.detailedDiff), list(diff.replaces)) == ([sample.changed_path], [])
    updated = provider.update(pulumi_type, resource_id, inputs, news, outputs)
    assert provider.diff(pulumi_type, news, news, updated).changes == diff.DIFF_NONE

    drifted_id, drifted, _ = provider.read(pulumi_type, resource_id, inputs, outputs)
    assert drifted_id == resource_id
    assert list(provider.diff(pulumi_type, drifted, inputs, updated).detailedDiff) == [sample.changed_path]

    _, imported, state = provider.read(pulumi_type, resource_id)
    checked, failures = provider.check(pulumi_type, imported, imported)
    assert failures == list(sample.import_failures)
    assert not provider.diff(pulumi_type, imported, checked, state).detailedDiff

    provider.delete(pulumi_type, resource_id)
    assert provider.read(pulumi_type, resource_id, news, updated)[0] == ""
    provider.delete(pulumi_type, resource_id)


@pytest.mark.parametrize("pulumi_type", RESOURCE_TYPES)
def test_preview_sends_nothing(arm: ArmServer, provider: Plugin, pulumi_type: str) -> None:
    checked, _ = provider.check(pulumi_type, SAMPLES[pulumi_type].inputs)

    _, outputs = provider.create(pulumi_type, checked, preview=True)
    provider.update(pulumi_type, "id", checked, checked, outputs, preview=True)

    assert arm.calls() == []
    assert outputs["type"] == UNKNOWN


def test_update_preview_passes_stable_outputs_on(provider: Plugin) -> None:
    outputs = provider.update(RESOURCE_GROUP, "id", {}, {}, {"name": "rg", "location": "eastus2"}, preview=True)

    assert (outputs["name"], outputs["location"]) == ("rg", "eastus2")


def test_existing_resource_is_not_taken_over(arm: ArmServer, provider: Plugin) -> None:
    checked, resource_id, _ = made(provider, ENDPOINT)

    failed = failure_of(provider.create, ENDPOINT, checked)

    assert failed.details() == f"cannot create already existing resource '{resource_id}'"
    assert len(arm.calls("PUT")) == 1


@pytest.mark.parametrize("answer", [Answer(200), Answer(200, {}), Answer(204)])
def test_empty_answer_means_that_nothing_exists(arm: ArmServer, provider: Plugin, answer: Answer) -> None:
    arm.answer("GET", "/serverlessendpoints/name", answer)

    _, resource_id, _ = made(provider, ENDPOINT)

    assert arm.calls("PUT") == [("PUT", resource_id)]


def test_create_stops_where_existence_cannot_be_told(arm: ArmServer, provider: Plugin) -> None:
    arm.answer("GET", "/serverlessendpoints/name", error("AuthorizationFailed", "not you", 403))

    failed = failure_of(made, provider, ENDPOINT)

    assert "cannot check existence of resource" in failed.details()
    assert "status code 403" in failed.details()
    assert arm.calls("PUT") == []


def test_id_is_the_one_that_azure_gives(arm: ArmServer, provider: Plugin) -> None:
    canonical = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/Workspace/serverlessEndpoints/name"
    arm.answer("PUT", "/serverlessendpoints/name", Answer(200, {"id": canonical, "location": "eastus2"}))
    arm.resources[canonical.lower()] = {"id": canonical, "location": "eastus2"}
    arm.answer("GET", "/serverlessendpoints/name", error("ResourceNotFound", "", 404))

    assert made(provider, ENDPOINT)[1] == canonical


def test_refusal_has_azures_code_and_message_and_is_no_initialization_failure(arm: ArmServer, provider: Plugin) -> None:
    arm.answer(
        "PUT", "/serverlessendpoints/name", error("UserError", "Serverless endpoint name 'name' is not available.")
    )

    failed = failure_of(made, provider, ENDPOINT)

    assert failed.details() == (
        'Status=400 Code="UserError" Message="Serverless endpoint name \'name\' is not available."'
    )
    assert initialization_failure(failed) is None


def test_accepted_create_is_polled_to_its_end(arm: ArmServer, provider: Plugin) -> None:
    operation = {"azure_asyncoperation": "{url}/subscriptions/s/operations/1?api-version=1", **NOW}
    body = {"id": f"{GROUP}/x", "properties": {"provisioningState": "Creating"}}
    arm.answer("PUT", "/serverlessendpoints/name", Answer(201, body, operation))
    arm.answer(
        "GET", "/operations/1", Answer(body={"status": "InProgress"}, headers=NOW), Answer(body={"status": "Succeeded"})
    )
    arm.answer("GET", "/serverlessendpoints/name", error("ResourceNotFound", "", 404), *[Answer(body=body)] * 2)
    arm.resources[f"{GROUP}/x".lower()] = body

    made(provider, ENDPOINT)

    assert [(method, path.rpartition("/")[2]) for method, path in arm.calls()] == [
        ("GET", "name"),
        ("PUT", "name"),
        ("GET", "1"),
        ("GET", "1"),
        ("GET", "name"),
        ("GET", "x"),
    ]


def test_accepted_create_that_fails_is_kept_with_its_state(arm: ArmServer, provider: Plugin) -> None:
    """The engine says "1 error occurred", keeps the resource, and the next update goes on with it."""
    operation = {"azure_asyncoperation": "{url}/subscriptions/s/operations/1?api-version=1"}
    arm.answer("PUT", "/serverlessendpoints/name", Answer(201, {"properties": {}}, operation))
    failed_operation = {"status": "Failed", "error": {"code": "UserError", "message": "Model is not available."}}
    arm.answer("GET", "/operations/1", Answer(body=failed_operation))
    state = {"name": "name", "properties": {"endpointState": "CreationFailed", "provisioningState": "Failed"}}
    arm.answer("GET", "/serverlessendpoints/name", error("ResourceNotFound", "", 404), Answer(body=state))

    failed = failure_of(made, provider, ENDPOINT)
    failure = initialization_failure(failed)

    assert failed.details() == 'Status=200 Code="UserError" Message="Model is not available."'
    assert failure is not None
    assert list(failure.reasons) == [failed.details()]
    assert failure.id.endswith("/workspaces/workspace/serverlessEndpoints/name")
    assert from_struct(failure.properties)["properties"]["endpointState"] == "CreationFailed"
    assert from_struct(failure.inputs)["name"] == "name"


def test_accepted_create_whose_state_cannot_be_read_is_kept_too(arm: ArmServer, provider: Plugin) -> None:
    operation = {"azure_asyncoperation": "{url}/subscriptions/s/operations/1?api-version=1"}
    arm.answer("PUT", "/serverlessendpoints/name", Answer(201, {"properties": {}}, operation))
    arm.answer("GET", "/operations/1", Answer(body={"status": "Failed", "error": {"code": "A", "message": "a"}}))

    failed = failure_of(made, provider, ENDPOINT)
    failure = initialization_failure(failed)

    assert failure is not None
    assert "resource created but read failed Status=404" in failed.details()
    assert 'Code="A" Message="a"' in failed.details()


def test_resource_that_cannot_be_read_after_its_create_is_not_lost(arm: ArmServer, provider: Plugin) -> None:
    arm.answer(
        "GET",
        "/serverlessendpoints/name",
        error("ResourceNotFound", "", 404),
        error("AuthorizationFailed", "no read", 403),
    )

    _, resource_id, outputs = made(provider, ENDPOINT)

    assert resource_id.endswith("/serverlessEndpoints/name")
    assert outputs["properties"]["authMode"] == "Key"


def test_update_that_azure_accepted_and_that_failed_is_an_initialization_failure(
    arm: ArmServer, provider: Plugin
) -> None:
    inputs, resource_id, outputs = made(provider, ENDPOINT)
    operation = {"azure_asyncoperation": "{url}/subscriptions/s/operations/1?api-version=1"}
    arm.answer("PUT", "/serverlessendpoints/name", Answer(200, {"properties": {}}, operation))
    arm.answer("GET", "/operations/1", Answer(body={"status": "Failed", "error": {"code": "A", "message": "a"}}))

    failed = failure_of(provider.update, ENDPOINT, resource_id, inputs, {**inputs, "tags": {"x": "y"}}, outputs)
    failure = initialization_failure(failed)

    assert failure is not None
    assert from_struct(failure.inputs)["tags"] == {"x": "y"}


def test_failed_deletion_keeps_azures_words(arm: ArmServer, provider: Plugin) -> None:
    _, resource_id, _ = made(provider, ENDPOINT)
    arm.answer("DELETE", "/serverlessendpoints/name", error("CannotDeleteResource", "it has children", 409))

    failed = failure_of(provider.delete, ENDPOINT, resource_id)

    assert failed.details() == 'Status=409 Code="CannotDeleteResource" Message="it has children"'


def test_deletion_is_polled_to_its_end(arm: ArmServer, provider: Plugin) -> None:
    """A 404 at the end says that it is gone."""
    _, resource_id, _ = made(provider, ENDPOINT)
    arm.answer("DELETE", "/serverlessendpoints/name", Answer(202, headers={"location": "/subscriptions/s/ops/1"}))
    arm.answer("GET", "/ops/1", Answer(202, headers=NOW), error("NotFound", "gone", 404))

    provider.delete(ENDPOINT, resource_id)

    assert arm.calls()[-2:] == [("GET", "/subscriptions/s/ops/1")] * 2


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_status_is_tried_again(arm: ArmServer, provider: Plugin, status: int) -> None:
    arm.answer("PUT", "/serverlessendpoints/name", *[error("Busy", "wait", status, **NOW)] * 3)

    made(provider, ENDPOINT)

    assert len(arm.calls("PUT")) == 4


def test_fourth_failure_is_the_last(arm: ArmServer, provider: Plugin) -> None:
    arm.answer("PUT", "/serverlessendpoints/name", *[error("Busy", "wait", 503, **NOW)] * 9)

    assert 'Status=503 Code="Busy"' in failure_of(made, provider, ENDPOINT).details()
    assert len(arm.calls("PUT")) == 4


def test_conflict_is_tried_again_only_while_another_operation_is_in_progress(arm: ArmServer, provider: Plugin) -> None:
    arm.answer(
        "PUT",
        "/serverlessendpoints/name",
        error("AnotherOperationInProgress", "wait", 409, **NOW),
        error("UserError", "Another operation with ID [1] is already running", 409, **NOW),
    )

    assert 'Status=409 Code="UserError"' in failure_of(made, provider, ENDPOINT).details()
    assert len(arm.calls("PUT")) == 2


def test_unregistered_resource_provider_is_registered(arm: ArmServer, provider: Plugin) -> None:
    arm.answer("PUT", "/serverlessendpoints/name", error("MissingSubscriptionRegistration", "not registered", 409))
    namespace = "/providers/microsoft.machinelearningservices"
    arm.answer("POST", f"{namespace}/register", Answer(body={"registrationState": "Registering"}, headers=NOW))
    arm.answer("GET", namespace, Answer(body={"registrationState": "Registered"}))

    made(provider, ENDPOINT)

    assert arm.calls("POST") == [
        ("POST", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.MachineLearningServices/register")
    ]
    assert len(arm.calls("PUT")) == 2


def test_answer_that_is_no_json_is_shown(arm: ArmServer, provider: Plugin) -> None:
    _, resource_id, _ = made(provider, ENDPOINT)
    arm.answer("GET", "/serverlessendpoints/name", Answer(200, "<html>"))

    failed = failure_of(provider.read, ENDPOINT, resource_id)

    assert failed.details() == "unexpected response from Azure: '<html>', HTTP status: 200"


def test_import_of_an_id_of_another_type_is_refused(arm: ArmServer, provider: Plugin) -> None:
    arm.resources[GROUP.lower()] = {"id": GROUP}

    assert "does not match the expected format" in failure_of(provider.read, ENDPOINT, GROUP).details()


def test_access_policies_that_the_program_leaves_out_stay(arm: ArmServer, provider: Plugin) -> None:
    """They may be managed as resources of their own."""
    inputs, resource_id, outputs = made(provider, VAULT)
    assert arm.last("PUT").body["properties"]["accessPolicies"] == []
    policies = [{"objectId": "o", "tenantId": "t", "permissions": {"keys": ["get"]}}]
    arm.resources[resource_id.lower()]["properties"]["accessPolicies"] = policies

    assert provider.read(VAULT, resource_id, inputs, outputs)[1] == inputs
    provider.update(VAULT, resource_id, inputs, {**inputs, "tags": {"x": "y"}}, outputs)

    assert arm.last("PUT").body["properties"]["accessPolicies"] == policies


def test_removed_user_assigned_identity_is_patched(arm: ArmServer, provider: Plugin) -> None:
    def identity(*ids: str) -> dict[str, Any]:
        return {"type": "UserAssigned", "userAssignedIdentities": list(ids)}

    inputs, resource_id, outputs = made(provider, ENDPOINT, identity=identity("/a", "/b"))

    provider.update(ENDPOINT, resource_id, inputs, {**inputs, "identity": identity("/a")}, outputs)

    assert arm.last("PATCH").body["identity"]["userAssignedIdentities"] == {"/a": {}, "/b": None}


def test_resources_are_made_side_by_side(arm: ArmServer, provider: Plugin) -> None:
    """Thirty creates are all waiting for Azure at the same time, with one token for all."""
    gate = threading.Event()
    names = [f"name{number}" for number in range(30)]
    for name in names:
        arm.answer("PUT", f"/serverlessendpoints/{name}", Answer(200, {"id": f"{GROUP}/{name}"}, until=gate))
        arm.resources[f"{GROUP}/{name}".lower()] = {"id": f"{GROUP}/{name}"}
    checked, _ = provider.check(ENDPOINT, SAMPLES[ENDPOINT].inputs)

    with ThreadPoolExecutor(len(names)) as pool:
        creates = [pool.submit(provider.create, ENDPOINT, {**checked, "name": name}) for name in names]
        deadline = time.monotonic() + 20
        while len(arm.calls("PUT")) < len(names) and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        waiting = len(arm.calls("PUT"))
        gate.set()
        ids = {create.result()[0] for create in creates}

    assert waiting == len(names)
    assert ids == {f"{GROUP}/{name}" for name in names}
    assert arm.tokens_given == 1


def test_cancel_ends_what_is_under_way_and_keeps_what_azure_accepted(arm: ArmServer, provider: Plugin) -> None:
    polled = threading.Event()
    gate = threading.Event()
    operation = {"azure_asyncoperation": "{url}/subscriptions/s/operations/1?api-version=1"}
    arm.answer("PUT", "/serverlessendpoints/name", Answer(201, {"properties": {}}, operation))
    arm.answer("GET", "/operations/1", Answer(body={"status": "InProgress"}, until=gate))
    checked, _ = provider.check(ENDPOINT, {**SAMPLES[ENDPOINT].inputs, "name": "name"})

    with ThreadPoolExecutor(1) as pool:
        create = pool.submit(provider.create, ENDPOINT, checked)
        while not any(path.endswith("/operations/1") for _, path in arm.calls()):
            polled.wait(0.01)
        started = time.monotonic()
        provider.stub.Cancel(empty_pb2.Empty())
        canceled = create.exception(10)
        took = time.monotonic() - started
    gate.set()

    assert isinstance(canceled, grpc.RpcError)
    assert took < 5
    failure = initialization_failure(canceled)
    assert failure is not None
    assert failure.id.endswith("/serverlessEndpoints/name")
    assert failure_of(provider.read, ENDPOINT, failure.id).code() == grpc.StatusCode.CANCELLED


def test_operation_ends_at_its_custom_timeout(arm: ArmServer, provider: Plugin) -> None:
    gate = threading.Event()
    arm.answer("GET", "/serverlessendpoints/name", Answer(until=gate))
    checked, _ = provider.check(ENDPOINT, {**SAMPLES[ENDPOINT].inputs, "name": "name"})

    failed = failure_of(provider.create, ENDPOINT, checked, timeout=0.2)
    gate.set()

    assert failed.details() == "operation timed out"
