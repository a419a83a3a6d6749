"""The component `ServerlessDeployment`: order, replacement, keys, names."""

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

import pulumi
import pulumi_azure_native as azure_native
import pytest
from azure_mistral import ExistingResourceError, InputError, ServerlessDeployment, plan
from azure_mistral.outputs import answered

from tests.support.recorder import AZURE_SUBSCRIPTION_ID, PRIMARY_KEY, SECONDARY_KEY, Recording, Refusal, record
from tests.support.sentences import one_line

PRINCIPAL = "40000000-0000-4000-8000-000000000001"
ARGS: Any = {
    "model": "ministral-3b",
    "location": "eastus2",
    "resource_group_name": "group",
    "workspace_name": "ml",
    "accept_marketplace_terms": True,
}
ASSET = {
    "id": "azureml://registries/azureml-mistral/models/Mistral-X",
    "terms": "https://example.com/terms",
    "pricing": "https://example.com/pricing",
}
OPEN_ASSET = {
    "id": "azureml://registries/azureml/models/mistralai-X/versions/1",
    "instance_types": ["Standard_NC24ads_A100_v4"],
}


def arguments(**changes: Any) -> Any:
    return {**ARGS, **changes}


def deploy(preview: bool = False, existing: bool = False, list_keys: Any = None, **changes: Any) -> Recording:
    def program() -> dict[str, Any]:
        deployment = ServerlessDeployment("chat", arguments(**changes))
        names = ["url", "chat_completions_url", "mistral_chat_url", "hosting", "auth_mode"]
        names += ["endpoint_name", "endpoint_id", "studio_url", "keys"]
        return {name: getattr(deployment, name) for name in names}

    return record(program, preview=preview, existing=existing, **({"list_keys": list_keys} if list_keys else {}))


def refuse_keys() -> dict[str, Any]:
    raise Refusal("AuthorizationFailed")


def test_deployment_is_a_marketplace_subscription_and_an_endpoint() -> None:
    assert deploy().tree() == [
        ("azure-mistral:index:ServerlessDeployment", "chat", "azure-mistral-dev"),
        ("azure-native:machinelearningservices:MarketplaceSubscription", "chat-subscription", "chat"),
        ("azure-native:machinelearningservices:ServerlessEndpoint", "chat-endpoint", "chat"),
    ]


def test_logical_names_do_not_depend_on_the_model() -> None:
    """A change of model has to be a replacement that Pulumi orders, not a deletion and a creation."""
    assert deploy().tree() == deploy(model="codestral-2501").tree()


def test_marketplace_subscription_comes_first_and_outlives_the_endpoint() -> None:
    recording = deploy()

    assert "chat-subscription" in recording.one(":ServerlessEndpoint").dependencies


def test_marketplace_subscription_is_made_anew_under_another_name_before_the_old_one_goes() -> None:
    old, new = (deploy(model=slug).one(":MarketplaceSubscription") for slug in ("ministral-3b", "codestral-2501"))

    assert old.delete_before_replace is False
    assert (old.inputs["name"], new.inputs["name"]) == ("ministral-3b", "codestral-2501")
    assert new.inputs["properties"] == {"modelId": "azureml://registries/azureml-mistral/models/Codestral-2501"}


def test_endpoint_of_another_model_is_a_replacement_that_deletes_first() -> None:
    endpoint = deploy().one(":ServerlessEndpoint")

    assert endpoint.replace_on_changes == ("properties.modelSettings.modelId",)
    assert endpoint.delete_before_replace is True


def test_endpoint_sends_everything_that_azure_would_fill_in() -> None:
    endpoint = deploy().one(":ServerlessEndpoint")

    assert endpoint.inputs == {
        "resourceGroupName": "group",
        "workspaceName": "ml",
        "name": "ministral-3b-yx2ee",
        "location": "eastus2",
        "sku": {"name": "Consumption"},
        "tags": {"managed-by": "pulumi", "pulumi-project": "azure-mistral", "pulumi-stack": "dev"},
        "properties": {
            "authMode": "Key",
            "contentSafety": {"contentSafetyStatus": "Enabled"},
            "modelSettings": {"modelId": "azureml://registries/azureml-mistral/models/Ministral-3B"},
        },
    }


def test_content_safety_is_turned_off_by_name_only() -> None:
    properties = deploy(content_safety="Disabled").one(":ServerlessEndpoint").inputs["properties"]

    assert properties["contentSafety"] == {"contentSafetyStatus": "Disabled"}


def test_endpoint_name_of_the_users_own_needs_no_question_about_the_azure_subscription() -> None:
    recording = deploy(endpoint_name="my-chat")

    assert recording.one(":ServerlessEndpoint").inputs["name"] == "my-chat"
    assert recording.called(":getClientConfig") == []


def test_urls_are_those_that_azure_gives() -> None:
    outputs = {name: each.value for name, each in deploy().outputs.items()}

    url = "https://ministral-3b-yx2ee.eastus2.models.ai.azure.com"
    assert outputs["url"] == url
    assert outputs["chat_completions_url"] == f"{url}/chat/completions"
    assert outputs["mistral_chat_url"] == f"{url}/v1/chat/completions"


def test_outputs_name_the_endpoint() -> None:
    outputs = {name: each.value for name, each in deploy().outputs.items()}

    assert (outputs["endpoint_name"], outputs["auth_mode"]) == ("ministral-3b-yx2ee", "Key")
    assert outputs["hosting"] == "serverless"
    assert outputs["endpoint_id"].endswith("/workspaces/ml/ServerlessEndpoint/ministral-3b-yx2ee")
    assert outputs["studio_url"].endswith("/providers/Microsoft.MachineLearningServices/workspaces/ml")


@pytest.mark.parametrize("auth_mode", ["Key", "KeyAndAAD"])
def test_keys_are_read_from_the_endpoint_and_secret(auth_mode: str) -> None:
    recording = deploy(auth_mode=auth_mode)

    keys = recording.outputs["keys"]
    assert (keys.value, keys.secret) == ({"primary": PRIMARY_KEY, "secondary": SECONDARY_KEY}, True)
    assert recording.called(":listServerlessEndpointKeys") == [
        {"resourceGroupName": "group", "workspaceName": "ml", "name": "ministral-3b-yx2ee"}
    ]


def test_keys_are_in_no_other_output_and_in_no_log() -> None:
    recording = deploy()

    told = [str(each.value) for name, each in recording.outputs.items() if name != "keys"]
    told += [message for _, message in recording.log]
    assert [text for text in told if PRIMARY_KEY in text or SECONDARY_KEY in text] == []


def test_endpoint_without_keys_is_not_asked_for_any() -> None:
    recording = deploy(auth_mode="AAD")

    assert recording.outputs["keys"].value is None
    assert recording.called(":listServerlessEndpointKeys") == []


def test_preview_of_a_new_endpoint_does_not_ask_for_keys() -> None:
    recording = deploy(preview=True)

    keys = recording.outputs["keys"]
    assert (keys.known, keys.secret) == (False, True)
    assert recording.called(":listServerlessEndpointKeys") == []
    assert not recording.outputs["url"].known


def test_preview_without_permission_to_list_keys_gives_a_secret_unknown() -> None:
    recording = deploy(preview=True, existing=True, list_keys=refuse_keys)

    keys = recording.outputs["keys"]
    assert recording.called(":listServerlessEndpointKeys")
    assert (keys.known, keys.secret) == (False, True)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (
            'Status=404 Code="ResourceNotFound" Message="Gone."',
            " If somebody deleted the endpoint, pulumi up --refresh",
        ),
        ('Status=403 Code="AuthorizationFailed" Message="No."', " To deploy, the principal needs a role that may"),
        ('Status=400 Code="BadRequest" Message="AAD."', ""),
    ],
)
def test_preview_that_cannot_list_keys_says_so_with_azures_words_and_advice(words: str, advice: str) -> None:
    def refuse() -> dict[str, Any]:
        raise Refusal(f"invoke failed: request failed /subscriptions/x: {words}")

    recording = deploy(preview=True, existing=True, list_keys=refuse)

    (warning,) = [message for level, message in recording.log if level == "WARNING"]
    assert warning.startswith(
        f"The keys of ministral-3b-yx2ee cannot be read, so this preview does not know them: {words}.{advice}"
    )


def test_preview_does_not_know_what_azure_has_not_answered_yet_and_neither_does_a_destroy() -> None:
    """`destroy --run-program` of what a failed deployment did not make gets its inputs back, as a preview does."""

    def program() -> dict[str, Any]:
        properties = pulumi.Output.from_input(SimpleNamespace(inference_endpoint=None))
        return {"uri": answered(properties, "inference_endpoint", "uri")}

    assert record(program).outputs["uri"].known is False


def test_deployment_without_permission_to_list_keys_fails() -> None:
    with pytest.raises(Exception, match="AuthorizationFailed"):
        deploy(list_keys=refuse_keys)


def test_workspace_may_be_unknown_at_preview() -> None:
    unknown = pulumi.Output.from_input(pulumi.UNKNOWN)

    recording = deploy(preview=True, resource_group_name=unknown, workspace_name=unknown)

    assert pulumi.contains_unknowns(recording.one(":MarketplaceSubscription").inputs["workspaceName"])
    assert recording.one(":ServerlessEndpoint").inputs["name"] == "ministral-3b-yx2ee"


def test_model_that_the_catalogue_does_not_have_is_deployed_by_its_asset_id() -> None:
    recording = deploy(model="ours", asset=ASSET)

    assert recording.one(":MarketplaceSubscription").inputs["name"] == "ours"
    assert recording.one(":MarketplaceSubscription").inputs["properties"] == {"modelId": ASSET["id"]}
    assert recording.one(":ServerlessEndpoint").inputs["properties"]["modelSettings"] == {"modelId": ASSET["id"]}


def test_roles_are_assigned_on_the_endpoint() -> None:
    recording = deploy(role_assignments={"app": {"principal_id": PRINCIPAL, "principal_type": "ServicePrincipal"}})

    assignment = recording.one(":RoleAssignment")
    assert (assignment.name, assignment.parent) == ("chat-role-app", "chat")
    assert assignment.inputs["scope"].endswith("/ServerlessEndpoint/ministral-3b-yx2ee")


def test_provider_of_the_component_names_the_endpoint_and_reads_the_keys() -> None:
    def program() -> None:
        provider = azure_native.Provider("other")
        options = pulumi.ResourceOptions(providers=[provider])
        ServerlessDeployment("chat", ARGS, options)

    recording = record(program)
    assert len(recording.calls) == 2
    assert all("::other::" in provider for _, _, provider in recording.calls)
    assert all("::other::" in each.provider for each in recording.registrations if each.parent == "chat")


SUBSCRIPTION_ID = (
    f"/subscriptions/{AZURE_SUBSCRIPTION_ID}/resourceGroups/group/providers/Microsoft.MachineLearningServices"
    "/workspaces/ml/marketplaceSubscriptions/ours"
)


def use_subscription(model: str = "Ministral-3B", **changes: Any) -> Recording:
    """Deploy with an existing Marketplace subscription, to this model of the registry."""
    properties = {"properties": {"modelId": f"azureml://registries/azureml-mistral/models/{model}"}}

    def program() -> None:
        ServerlessDeployment("chat", arguments(marketplace_subscription="ours", **changes))

    return record(program, azure={SUBSCRIPTION_ID: properties})


def test_existing_marketplace_subscription_is_read_and_never_managed() -> None:
    recording = use_subscription()

    assert recording.all(":MarketplaceSubscription") == []
    assert recording.reads == [("chat-subscription", "chat", SUBSCRIPTION_ID)]
    assert "chat-subscription" in recording.one(":ServerlessEndpoint").dependencies


def test_existing_marketplace_subscription_is_read_under_the_name_of_the_one_that_would_be_made() -> None:
    """So the engine lets go of one that it made, when it is the same, instead of deleting it below the endpoint."""
    ((name, parent, _),) = use_subscription().reads

    made = deploy().one(":MarketplaceSubscription")
    assert (name, parent) == (made.name, made.parent)


def test_existing_marketplace_subscription_needs_no_acceptance_of_terms() -> None:
    assert use_subscription(accept_marketplace_terms=False).one(":ServerlessEndpoint")


def test_existing_marketplace_subscription_to_another_model_is_refused_before_the_endpoint_is_made() -> None:
    with pytest.raises(ExistingResourceError) as refused:
        use_subscription("Codestral-2501")

    (problem,) = refused.value.problems
    assert str(problem) == one_line(
        """
        marketplaceSubscription: "ours" subscribes the workspace to
        azureml://registries/azureml-mistral/models/Codestral-2501. A Marketplace subscription to
        azureml://registries/azureml-mistral/models/Ministral-3B is accepted. Name another one, or leave it out to
        create one.
        """
    )


def test_two_deployments_in_one_program_do_not_collide() -> None:
    def program() -> None:
        ServerlessDeployment("chat", ARGS)
        ServerlessDeployment("code", arguments(model="codestral-2501"))

    tree = record(program).tree()
    assert len({(type_, name) for type_, name, _ in tree}) == len(tree) == 6


def test_model_on_its_way_out_is_warned_of_on_the_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "utc_today", lambda: dt.date(2025, 10, 2))

    recording = deploy(model="mistral-nemo-2407")

    warnings = [message for level, message in recording.log if level == "WARNING"]
    assert len(warnings) == 1
    assert warnings[0].startswith("model: mistral-nemo-2407 is legacy since 2025-10-02")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"model": "ministral"}, "model"),
        ({"model": None}, "model"),
        ({"model": "mistral-nemo-2407"}, "model"),
        ({"model": pulumi.UNKNOWN}, "model"),
        ({"location": "westeurope"}, "location"),
        ({"workspace_name": None}, "workspaceName"),
        ({"resource_group_name": 3}, "resourceGroupName"),
        ({"accept_marketplace_terms": False}, "acceptMarketplaceTerms"),
        ({"auth_mode": "None"}, "authMode"),
        ({"content_safety": "off"}, "contentSafety"),
        ({"endpoint_name": "no.dots"}, "endpointName"),
        ({"role_assignments": {"a": {"principal_type": "User"}}}, 'roleAssignments["a"].principalId'),
        ({"tags": {"windows": "x"}}, 'tags["windows"]'),
        ({"marketplace_subscription": "a/b"}, "marketplaceSubscription"),
        ({"allow_retired": "true"}, "allowRetired"),
        ({"asset": ASSET}, "asset"),
        ({"model": "ours", "asset": {**ASSET, "terms": None}}, "asset.terms"),
        ({"model": "ours", "asset": {**ASSET, "id": "azureml://registries/nvidia/models/X"}}, "asset.id"),
        ({"model": "ours", "asset": OPEN_ASSET}, "model"),
        ({"authMode": "Key"}, "authMode"),
    ],
)
def test_argument_that_azure_would_refuse_is_refused(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InputError) as refused:
        deploy(**changes)

    assert [problem.path for problem in refused.value.problems] == [path]


@pytest.mark.parametrize("name", ["model", "location", "auth_mode", "content_safety", "endpoint_name"])
def test_output_that_would_decide_which_resources_exist_is_refused(name: str) -> None:
    def program() -> None:
        ServerlessDeployment("chat", arguments(**{name: pulumi.Output.from_input("x")}))

    with pytest.raises(InputError, match="it is an output or a secret, whose value is not known when the program runs"):
        record(program)


@pytest.mark.parametrize(
    ("first", "second", "endpoint"),
    [({}, {}, "ministral-3b-[a-z0-9]{5}"), ({"endpoint_name": "talk"}, {"endpoint_name": "Talk"}, "Talk")],
)
def test_the_name_of_another_endpoint_of_the_program_is_refused(
    first: dict[str, str], second: dict[str, str], endpoint: str
) -> None:
    def program() -> dict[str, Any]:
        ServerlessDeployment("chat", arguments(**first))
        ServerlessDeployment("more", arguments(**second))
        return {}

    with pytest.raises(ExistingResourceError) as refused:
        record(program)

    sentence = (
        f'endpointName: "{endpoint}", for more, is the name of the endpoint of the ServerlessDeployment chat in eastus2'
        " already. Each name is accepted once in a location. Give one of them another name; without one it is made of"
        " the model, the location and the stack."
    )
    assert re.search(sentence, one_line(str(refused.value)))


def test_one_model_is_deployed_twice_with_names_or_locations_of_their_own() -> None:
    def program() -> dict[str, Any]:
        ServerlessDeployment("chat", arguments())
        ServerlessDeployment("far", arguments(location="swedencentral"))
        ServerlessDeployment("more", arguments(endpoint_name="more"))
        return {}

    assert len(record(program).all(":ServerlessEndpoint")) == 3
