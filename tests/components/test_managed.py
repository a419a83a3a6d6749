"""The component `ManagedDeployment`: endpoint, deployments, traffic, their order, and what is replaced with what."""

from typing import Any

import pulumi
import pytest
from azure_mistral import ExistingResourceError, InputError, ManagedDeployment

from tests.support.recorder import PRIMARY_KEY, SECONDARY_KEY, Recording, Refusal, record
from tests.support.sentences import one_line

PRINCIPAL = "40000000-0000-4000-8000-000000000001"
IDENTITY = (
    "/subscriptions/20000000-0000-4000-8000-000000000001/resourceGroups/group"
    "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/gpu"
)
ARGS: Any = {
    "model": "mistral-7b-instruct-v01",
    "location": "eastus2",
    "resource_group_name": "group",
    "workspace_name": "ml",
}
BLUE_AND_GREEN: Any = {
    "deployments": {"blue": {}, "green": {"instance_type": "Standard_NC48ads_A100_v4"}},
    "traffic": {"blue": 90, "green": 10},
}
NOTHING: Any = {}
NEW_INSTANCE_TYPE: Any = {"instance_type": "Standard_NC48ads_A100_v4"}
NEW_IDENTITY: Any = {"identity": IDENTITY}
TAGS = {"managed-by": "pulumi", "pulumi-project": "azure-mistral", "pulumi-stack": "dev"}


def deploy(preview: bool = False, existing: bool = False, list_keys: Any = None, **changes: Any) -> Recording:
    def program() -> dict[str, Any]:
        args: Any = {**ARGS, **changes}
        deployment = ManagedDeployment("chat", args)
        names = ["url", "scoring_url", "chat_completions_url", "mistral_chat_url", "hosting", "auth_mode"]
        names += ["endpoint_name", "endpoint_id", "studio_url", "keys"]
        return {name: getattr(deployment, name) for name in names}

    return record(program, preview=preview, existing=existing, **({"list_keys": list_keys} if list_keys else {}))


def refuse_keys() -> dict[str, Any]:
    raise Refusal("AuthorizationFailed")


def warnings(recording: Recording) -> list[tuple[str, str]]:
    return [(level, message) for level, message in recording.log if level != "DEBUG"]


def parameters(recording: Recording) -> dict[str, Any]:
    """Return the values that the template is deployed with."""
    given = recording.one(":Deployment").inputs["properties"]["parameters"]
    return {name: parameter["value"] for name, parameter in given.items()}


def test_deployment_is_an_endpoint_a_deployment_and_the_traffic_to_it() -> None:
    assert deploy().tree() == [
        ("azure-mistral:index:ManagedDeployment", "chat", "azure-mistral-dev"),
        ("azure-native:machinelearningservices:OnlineDeployment", "chat-deployment-blue", "chat"),
        ("azure-native:machinelearningservices:OnlineEndpoint", "chat-endpoint", "chat"),
        ("azure-native:resources:Deployment", "chat-traffic", "chat"),
    ]


def test_logical_names_depend_neither_on_the_model_nor_on_the_instance_type() -> None:
    """Another one of them has to be a replacement that Pulumi orders, not a deletion and a creation."""
    assert deploy().tree() == deploy(model="mistral-7b-v01", instance_type="Standard_NC48ads_A100_v4").tree()


def test_endpoint_is_told_what_azure_never_changes_and_what_it_begins_with() -> None:
    endpoint = deploy().one(":OnlineEndpoint")

    assert endpoint.inputs == {
        "resourceGroupName": "group",
        "workspaceName": "ml",
        "endpointName": "mistral-7b-instruct-v01-yx2ee",
        "location": "eastus2",
        "kind": "Managed",
        "identity": {"type": "SystemAssigned"},
        "tags": TAGS,
        "properties": {"authMode": "Key", "publicNetworkAccess": "Enabled"},
    }


def test_what_azure_changes_about_an_endpoint_is_left_to_the_template() -> None:
    endpoint = deploy().one(":OnlineEndpoint")

    assert endpoint.ignore_changes == (
        "tags",
        "properties.authMode",
        "properties.publicNetworkAccess",
        "properties.traffic",
        "properties.properties",
    )


def test_template_carries_the_whole_endpoint() -> None:
    recording = deploy(
        **BLUE_AND_GREEN, auth_mode="AADToken", public_network_access="Disabled", tags={"team": "search"}
    )

    blue, green = recording.all(":OnlineDeployment")
    assert parameters(recording) == {
        "name": "ml/mistral-7b-instruct-v01-yx2ee",
        "location": "eastus2",
        "identity": {"type": "SystemAssigned"},
        "tags": {**TAGS, "team": "search"},
        "authMode": "AADToken",
        "publicNetworkAccess": "Disabled",
        "traffic": {blue.inputs["deploymentName"]: 90, green.inputs["deploymentName"]: 10},
    }
    template = recording.one(":Deployment").inputs["properties"]["template"]
    (resource,) = template["resources"]
    assert resource["type"] == "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    assert set(template["parameters"]) == set(parameters(recording))


def test_template_does_not_change_with_what_it_carries() -> None:
    one, other = (
        deploy(**changes).one(":Deployment").inputs["properties"] for changes in (NEW_INSTANCE_TYPE, BLUE_AND_GREEN)
    )

    assert one["template"] == other["template"]
    assert one["mode"] == "Incremental"  # Complete would delete everything else in the resource group


def test_traffic_comes_after_all_deployments() -> None:
    traffic = deploy(**BLUE_AND_GREEN).one(":Deployment")

    assert {"chat-endpoint", "chat-deployment-blue", "chat-deployment-green"} <= traffic.dependencies


def test_endpoint_of_another_identity_has_another_name_and_is_up_before_the_old_one_goes() -> None:
    old, new = (deploy(**changes) for changes in (NOTHING, NEW_IDENTITY))

    endpoint = old.one(":OnlineEndpoint")
    assert (endpoint.replace_on_changes, endpoint.delete_before_replace) == (("identity",), False)
    assert endpoint.inputs["endpointName"] != new.one(":OnlineEndpoint").inputs["endpointName"]


def test_deployments_and_traffic_are_replaced_with_their_endpoint() -> None:
    recording = deploy(endpoint_name="ours", autoscale={"maximum": 2})

    assert recording.one(":OnlineDeployment").inputs["endpointName"] == "ours"
    assert recording.one(":Deployment").inputs["deploymentName"] == "ours-traffic"
    assert recording.one(":AutoscaleSetting").inputs["autoscaleSettingName"].startswith("ours-blue-")


def test_deployment_is_replaced_by_one_of_another_name_and_goes_with_its_endpoint() -> None:
    old, new = (deploy(**changes).one(":OnlineDeployment") for changes in (NOTHING, NEW_INSTANCE_TYPE))

    assert old.inputs["deploymentName"] != new.inputs["deploymentName"]
    assert old.delete_before_replace is False
    assert old.deleted_with == "chat-endpoint"


def test_deployment_sends_everything_that_it_is_made_of() -> None:
    deployment = deploy(
        model_version=11,
        instance_type="Standard_NC48ads_A100_v4",
        instance_count=2,
        request_settings={"max_concurrent_requests_per_instance": 4, "request_timeout_seconds": 180},
        probes={"initial_delay_seconds": 3600, "period_seconds": 90, "timeout_seconds": 5, "failure_threshold": 3},
        application_insights=True,
    ).one(":OnlineDeployment")

    name = deployment.inputs.pop("deploymentName")
    assert name.startswith("blue-")
    assert deployment.inputs == {
        "resourceGroupName": "group",
        "workspaceName": "ml",
        "endpointName": "mistral-7b-instruct-v01-yx2ee",
        "location": "eastus2",
        "kind": "Managed",
        "tags": TAGS,
        "sku": {"name": "Default", "capacity": 2},
        "properties": {
            "endpointComputeType": "Managed",
            "model": "azureml://registries/azureml/models/mistralai-Mistral-7B-Instruct-v01/versions/11",
            "instanceType": "Standard_NC48ads_A100_v4",
            "appInsightsEnabled": True,
            "egressPublicNetworkAccess": "Enabled",
            "requestSettings": {
                "maxConcurrentRequestsPerInstance": 4,
                "maxQueueWait": "PT0.5S",
                "requestTimeout": "PT3M",
            },
            "livenessProbe": {
                "initialDelay": "PT1H",
                "period": "PT1M30S",
                "timeout": "PT5S",
                "successThreshold": 1,
                "failureThreshold": 3,
            },
            "readinessProbe": {
                "initialDelay": "PT1M30S",
                "period": "PT1M30S",
                "timeout": "PT5S",
                "successThreshold": 1,
                "failureThreshold": 3,
            },
            "scaleSettings": {"scaleType": "Default"},
        },
    }


def test_a_model_that_loads_for_minutes_is_not_killed_for_it_by_default() -> None:
    properties = deploy().one(":OnlineDeployment").inputs["properties"]

    assert properties["livenessProbe"]["initialDelay"] == "PT10M"
    assert properties["readinessProbe"]["initialDelay"] == "PT10S"


def test_endpoint_acts_as_the_identity_that_is_given_also_when_the_program_creates_it() -> None:
    known = deploy(identity=IDENTITY)
    new = deploy(identity=pulumi.Output.from_input(IDENTITY))

    for recording in (known, new):
        endpoint = recording.one(":OnlineEndpoint")
        assert endpoint.inputs["identity"] == {"type": "UserAssigned", "userAssignedIdentities": [IDENTITY]}
        assert parameters(recording)["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}


def test_autoscale_moves_the_instances_of_its_deployment_and_nobody_else_does() -> None:
    recording = deploy(
        deployments={
            "blue": {"autoscale": {"minimum": 2, "maximum": 4, "cpu": {"scale_out_above": 80}, "gpu": {}}},
            "green": {},
        },
        traffic={"blue": 100},
    )

    setting = recording.one(":AutoscaleSetting")
    blue, green = recording.all(":OnlineDeployment")
    blue_name = blue.inputs["deploymentName"]
    assert (setting.name, setting.inputs["autoscaleSettingName"]) == (
        "chat-autoscale-blue",
        f"mistral-7b-instruct-v01-yx2ee-{blue_name}",
    )
    assert setting.inputs["targetResourceUri"].endswith(f"/OnlineDeployment/{blue_name}")
    (profile,) = setting.inputs["profiles"]
    assert profile["capacity"] == {"minimum": "2", "maximum": "4", "default": "2"}
    assert [
        (
            rule["metricTrigger"]["metricName"],
            rule["metricTrigger"]["operator"],
            rule["metricTrigger"]["threshold"],
            rule["scaleAction"]["direction"],
        )
        for rule in profile["rules"]
    ] == [
        ("CpuUtilizationPercentage", "GreaterThan", 80, "Increase"),
        ("CpuUtilizationPercentage", "LessThan", 30, "Decrease"),
        ("GpuUtilizationPercentage", "GreaterThan", 70, "Increase"),
        ("GpuUtilizationPercentage", "LessThan", 30, "Decrease"),
    ]
    assert blue.inputs["sku"]["capacity"] == 2
    assert (blue.ignore_changes, green.ignore_changes) == (("sku.capacity",), ())


def test_every_azure_resource_has_the_error_hook() -> None:
    recording = deploy(
        autoscale={"maximum": 2},
        role_assignments={"app": {"principal_id": PRINCIPAL, "principal_type": "ServicePrincipal"}},
    )

    azure = [each for each in recording.registrations if each.type.startswith("azure-native:")]
    assert len(azure) == 5
    assert {each.error_hooks for each in azure} == {1}


def test_roles_are_assigned_on_the_endpoint() -> None:
    recording = deploy(role_assignments={"app": {"principal_id": PRINCIPAL, "principal_type": "ServicePrincipal"}})

    assignment = recording.one(":RoleAssignment", "chat-role-app")
    assert f"/{assignment.inputs['scope']}" == recording.outputs["endpoint_id"].value


def test_outputs_are_those_of_a_serverless_deployment_and_the_scoring_url() -> None:
    outputs = deploy().outputs

    url = "https://mistral-7b-instruct-v01-yx2ee.eastus2.inference.ml.azure.com"
    assert {name: output.value for name, output in outputs.items() if name not in ("endpoint_id", "studio_url")} == {
        "url": url,
        "scoring_url": f"{url}/score",
        "chat_completions_url": f"{url}/chat/completions",
        "mistral_chat_url": f"{url}/v1/chat/completions",
        "hosting": "managed",
        "auth_mode": "Key",
        "endpoint_name": "mistral-7b-instruct-v01-yx2ee",
        "keys": {"primary": PRIMARY_KEY, "secondary": SECONDARY_KEY},
    }
    workspace = outputs["endpoint_id"].value.removesuffix("/OnlineEndpoint/mistral-7b-instruct-v01-yx2ee")
    assert outputs["studio_url"].value == f"https://ml.azure.com/endpoints?wsid={workspace}"
    assert {name for name, output in outputs.items() if output.secret} == {"keys"}


def test_model_without_chat_has_no_chat_url() -> None:
    outputs = deploy(model="mistral-7b-v01").outputs

    assert (outputs["chat_completions_url"].value, outputs["mistral_chat_url"].value) == ("", "")
    assert outputs["scoring_url"].value.endswith("/score")


@pytest.mark.parametrize("mode", ["AMLToken", "AADToken"])
def test_endpoint_that_takes_tokens_has_no_keys(mode: str) -> None:
    recording = deploy(auth_mode=mode, list_keys=refuse_keys)

    assert recording.outputs["keys"].value is None
    assert recording.called(":listOnlineEndpointKeys") == []


def test_keys_are_asked_for_once_the_endpoint_is_as_the_template_says() -> None:
    recording = deploy()

    assert recording.called(":listOnlineEndpointKeys") == [
        {"resourceGroupName": "group", "workspaceName": "ml", "endpointName": "mistral-7b-instruct-v01-yx2ee"}
    ]


def test_preview_knows_no_keys_when_they_cannot_be_read_and_says_so() -> None:
    recording = deploy(preview=True, existing=True, list_keys=refuse_keys)

    assert (recording.outputs["keys"].known, recording.outputs["keys"].secret) == (False, True)
    assert warnings(recording) == [
        (
            "WARNING",
            (
                "The keys of mistral-7b-instruct-v01-yx2ee cannot be read, so this preview does not know them: "
                "invoke of azure-native:machinelearningservices:listOnlineEndpointKeys failed: AuthorizationFailed."
            ),
        )
    ]


def test_preview_of_a_new_deployment_registers_everything() -> None:
    recording = deploy(preview=True, **BLUE_AND_GREEN)

    assert recording.tree() == deploy(**BLUE_AND_GREEN).tree()
    assert not recording.outputs["url"].known


def test_everything_that_is_wrong_is_refused_at_once() -> None:
    with pytest.raises(InputError) as refused:
        deploy(auth_mode="AAD", instance_type="large", traffic={"blue": 50}, identity="me", conten_safety="Enabled")

    assert [problem.path for problem in refused.value.problems] == [
        "conten_safety",
        "authMode",
        "identity",
        "instanceType",
        "traffic",
    ]


def test_warning_of_a_retired_instance_type_is_shown_on_the_component() -> None:
    recording = deploy(instance_type="Standard_NC12s_v3", allow_retired=True)

    assert warnings(recording) == [
        (
            "WARNING",
            one_line(
                """
                instanceType: Standard_NC12s_v3 is retired since 2025-09-30; Azure has no such machines any more. Write
                Standard_NC24ads_A100_v4, which is recommended for it.
                """
            ),
        )
    ]


@pytest.mark.parametrize("changes", [{}, {"endpoint_name": "talk"}, {"identity": "an output"}])
def test_the_name_of_another_endpoint_of_the_program_is_refused(changes: dict[str, Any]) -> None:
    def program() -> dict[str, Any]:
        given = {**changes, "identity": pulumi.Output.from_input(IDENTITY)} if "identity" in changes else changes
        for name in ("chat", "more"):
            args: Any = {**ARGS, **given}
            ManagedDeployment(name, args)
        return {}

    with pytest.raises(
        ExistingResourceError, match="is the name of the endpoint of the ManagedDeployment chat in eastus2 already"
    ):
        record(program)
