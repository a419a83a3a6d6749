"""The component `MistralModels` and the stack's program: one plan, all resources."""

import json
import runpy
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from azure_mistral import ConfigError, InputError, MistralModels, load_config

from tests.support.recorder import AZURE_SUBSCRIPTION_ID, PRIMARY_KEY, SECONDARY_KEY, Recording, record

ROOT = Path(__file__).parents[2]
PRINCIPAL = "40000000-0000-4000-8000-000000000001"
LOCATION = {"azure-native:location": "eastus2"}


def deploy(args: dict[str, Any], *, config: dict[str, str] = LOCATION, preview: bool = False) -> Recording:
    def program() -> dict[str, Any]:
        models = MistralModels("mistral", {"accept_marketplace_terms": True, **args})  # type: ignore[typeddict-item]
        return {"endpoints": models.endpoints, "keys": models.keys, "workspaces": models.workspaces}

    return record(program, config=config, preview=preview)


def dev_stack() -> dict[str, str]:
    """Return the configuration of Pulumi.dev.yaml as the engine hands it over: structured values as JSON text."""
    values = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8"))["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def run_program(config: dict[str, str]) -> Recording:
    exported: dict[str, Any] = {}

    def program() -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pulumi, "export", exported.__setitem__)
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        return exported

    return record(program, config=config)


def test_dev_stack_registers_these_resources() -> None:
    """Types, names and parents are what the state is made of: a changed one needs an alias."""
    assert run_program(dev_stack()).tree() == [
        ("azure-mistral:index:MistralModels", "mistral", "azure-mistral-dev"),
        ("azure-mistral:index:ServerlessDeployment", "mistral-codestral-2501-eus2", "mistral"),
        ("azure-mistral:index:ServerlessDeployment", "mistral-ministral-3b-eus2", "mistral"),
        ("azure-mistral:index:Workspace", "mistral-eus2", "mistral"),
        ("azure-native:applicationinsights:Component", "mistral-eus2-appi", "mistral-eus2"),
        ("azure-native:keyvault:Vault", "mistral-eus2-kv", "mistral-eus2"),
        (
            "azure-native:machinelearningservices:MarketplaceSubscription",
            "mistral-codestral-2501-eus2-subscription",
            "mistral-codestral-2501-eus2",
        ),
        (
            "azure-native:machinelearningservices:MarketplaceSubscription",
            "mistral-ministral-3b-eus2-subscription",
            "mistral-ministral-3b-eus2",
        ),
        (
            "azure-native:machinelearningservices:ServerlessEndpoint",
            "mistral-codestral-2501-eus2-endpoint",
            "mistral-codestral-2501-eus2",
        ),
        (
            "azure-native:machinelearningservices:ServerlessEndpoint",
            "mistral-ministral-3b-eus2-endpoint",
            "mistral-ministral-3b-eus2",
        ),
        ("azure-native:machinelearningservices:Workspace", "mistral-eus2-mlw", "mistral-eus2"),
        ("azure-native:operationalinsights:Workspace", "mistral-eus2-log", "mistral-eus2"),
        ("azure-native:resources:ResourceGroup", "mistral-eus2-rg", "mistral-eus2"),
        ("azure-native:storage:StorageAccount", "mistraleus2st", "mistral-eus2"),
    ]


def test_dev_stack_exports_endpoints_keys_workspaces_and_readme() -> None:
    outputs = run_program(dev_stack()).outputs

    assert set(outputs) == {"endpoints", "keys", "workspaces", "readme"}
    assert {name for name, output in outputs.items() if output.secret} == {"keys"}
    assert outputs["readme"].value.startswith("# Mistral models on Azure Machine Learning\n")
    assert "${outputs.keys}" not in outputs["readme"].value


def test_endpoints_are_given_by_model_and_location() -> None:
    endpoints = deploy({"models": {"ministral-3b": {}}, "locations": ["eastus2", "westus"]}).outputs["endpoints"].value

    assert list(endpoints) == ["ministral-3b"]
    assert list(endpoints["ministral-3b"]) == ["eastus2", "westus"]
    endpoint = endpoints["ministral-3b"]["eastus2"]
    url = "https://ministral-3b-yx2ee.eastus2.models.ai.azure.com"
    workspace = endpoint["id"].removesuffix("/ServerlessEndpoint/ministral-3b-yx2ee")
    assert endpoint == {
        "url": url,
        "chatCompletionsUrl": f"{url}/chat/completions",
        "mistralChatUrl": f"{url}/v1/chat/completions",
        "hosting": "serverless",
        "authMode": "Key",
        "name": "ministral-3b-yx2ee",
        "id": endpoint["id"],
        "studioUrl": f"https://ml.azure.com/endpoints?wsid={workspace}",
    }


def test_keys_are_a_secret_by_model_and_location_of_the_endpoints_that_have_some() -> None:
    keys = deploy({"models": {"ministral-3b": {}, "codestral-2501": {"auth_mode": "AAD"}}}).outputs["keys"]

    assert keys.secret
    assert keys.value == {"ministral-3b": {"eastus2": {"primary": PRIMARY_KEY, "secondary": SECONDARY_KEY}}}


def test_keys_of_a_stack_without_any_are_empty() -> None:
    keys = deploy({"models": {"ministral-3b": {"auth_mode": "AAD"}}}).outputs["keys"]

    assert (keys.value, keys.secret) == ({}, True)


def test_workspaces_are_given_by_location() -> None:
    workspaces = deploy({"models": {"ministral-3b": {}}}).outputs["workspaces"].value

    assert workspaces["eastus2"].pop("id").endswith("/Workspace/mistral-eus2-mlw1a2b3c4d")
    assert workspaces == {
        "eastus2": {
            "name": "mistral-eus2-mlw1a2b3c4d",
            "resourceGroupName": "mistral-eus2-rg1a2b3c4d",
            "location": "eastus2",
            "principalId": "principal-of-mistral-eus2-mlw1a2b3c4d",
        }
    }


def test_preview_of_a_new_stack_registers_everything_and_knows_no_key() -> None:
    args: dict[str, Any] = {"models": {"ministral-3b": {}}}
    recording = deploy(args, preview=True)

    assert recording.tree() == deploy(args).tree()
    assert (recording.outputs["keys"].known, recording.outputs["keys"].secret) == (False, True)


def test_model_that_is_added_adds_its_own_resources_only() -> None:
    before = deploy({"models": {"ministral-3b": {}}}).registrations
    after = deploy({"models": {"codestral-2501": {}, "ministral-3b": {}}}).registrations

    added = [each for each in after if each not in before]
    assert [each for each in before if each not in after] == []
    assert sorted(each.name for each in added) == [
        "mistral-codestral-2501-eus2",
        "mistral-codestral-2501-eus2-endpoint",
        "mistral-codestral-2501-eus2-subscription",
    ]


def test_options_reach_their_model_and_roles_their_scope() -> None:
    assignment = {"principal_id": PRINCIPAL, "principal_type": "ServicePrincipal"}
    recording = deploy(
        {
            "models": {
                "ministral-3b": {
                    "auth_mode": "KeyAndAAD",
                    "content_safety": "Disabled",
                    "endpoint_name": "chat",
                    "role_assignments": {"app": assignment},
                },
            },
            "role_assignments": {"team": {**assignment, "principal_type": "Group", "role": "Reader"}},
            "tags": {"owner": "search"},
        }
    )

    endpoint = recording.one(":ServerlessEndpoint").inputs
    assert endpoint["name"] == "chat"
    assert endpoint["properties"]["authMode"] == "KeyAndAAD"
    assert endpoint["properties"]["contentSafety"] == {"contentSafetyStatus": "Disabled"}
    assert endpoint["tags"]["owner"] == "search"
    assert [(each.name, each.inputs["scope"].split("/")[-2]) for each in recording.all(":RoleAssignment")] == [
        ("mistral-eus2-role-team", "ResourceGroup"),
        ("mistral-ministral-3b-eus2-role-app", "ServerlessEndpoint"),
    ]


def test_existing_workspace_and_marketplace_subscription_of_the_stack_are_read() -> None:
    group = f"/subscriptions/{AZURE_SUBSCRIPTION_ID}/resourceGroups/group"
    workspace = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/theirs"
    subscription = f"{workspace}/marketplaceSubscriptions/ours"
    model = {"modelId": "azureml://registries/azureml-mistral/models/Ministral-3B"}
    config = {
        "azure-mistral:models": '{"ministral-3b": {"marketplaceSubscription": "ours"}}',
        "azure-mistral:workspace": json.dumps({"id": workspace}),
        **LOCATION,
    }

    def program() -> dict[str, Any]:
        return {"workspaces": MistralModels("mistral", load_config("mistral")).workspaces}

    recording = record(
        program,
        config=config,
        azure={workspace: {"location": "eastus2", "kind": "Default"}, subscription: {"properties": model}},
    )

    assert recording.tree() == [
        ("azure-mistral:index:MistralModels", "mistral", "azure-mistral-dev"),
        ("azure-mistral:index:ServerlessDeployment", "mistral-ministral-3b-eus2", "mistral"),
        ("azure-mistral:index:Workspace", "mistral-eus2", "mistral"),
        (
            "azure-native:machinelearningservices:ServerlessEndpoint",
            "mistral-ministral-3b-eus2-endpoint",
            "mistral-ministral-3b-eus2",
        ),
    ]
    assert recording.outputs["workspaces"].value["eastus2"]["name"] == "theirs"


def test_parts_of_a_new_workspace_reach_it() -> None:
    vault = f"/subscriptions/{AZURE_SUBSCRIPTION_ID}/resourceGroups/group/providers/Microsoft.KeyVault/vaults/kv"
    options = {"key_vault_id": pulumi.Output.from_input(vault), "public_network_access": "Disabled"}
    recording = deploy({"models": {"ministral-3b": {}}, "workspace": options})

    workspace = recording.one("machinelearningservices:Workspace").inputs
    assert (workspace["keyVault"], workspace["publicNetworkAccess"]) == (vault, "Disabled")
    assert recording.all(":Vault") == []


def test_deployments_of_a_workspace_depend_on_each_other_only_when_serialized() -> None:
    def depends(serialize: bool) -> bool:
        models: dict[str, Any] = {"ministral-3b": {}, "codestral-2501": {}}
        recording = deploy({"models": models, "serialize_deployments": serialize})
        second = recording.one(":ServerlessDeployment", "mistral-codestral-2501-eus2")
        return "mistral-ministral-3b-eus2-endpoint" in second.dependencies

    assert (depends(False), depends(True)) == (False, True)


def test_names_differ_between_two_stacks() -> None:
    def name(stack: str) -> str:
        def program() -> None:
            MistralModels("mistral", {"models": {"ministral-3b": {}}, "accept_marketplace_terms": True})

        return str(record(program, config=LOCATION, stack=stack).one(":ServerlessEndpoint").inputs["name"])

    assert name("dev") != name("prod")


def test_two_instances_in_one_program_do_not_collide() -> None:
    def program() -> None:
        for name in ("one", "two"):
            models = {"ministral-3b": {"endpoint_name": f"{name}-chat"}}
            args: Any = {"models": models, "accept_marketplace_terms": True, "locations": ["westus"]}
            MistralModels(name, args)

    tree = record(program).tree()
    assert len({(type_, name) for type_, name, _ in tree}) == len(tree) == 22


@pytest.mark.parametrize(
    "alias",
    [pulumi.Alias(name="mistral"), "urn:pulumi:dev::azure-mistral::azure-mistral:index:MistralModels::mistral"],
    ids=["by name", "by URN"],
)
def test_renamed_component_keeps_its_storage_account(alias: pulumi.Alias | str) -> None:
    """The engine finds the other children itself: their names start with the component's."""

    def program() -> None:
        args: Any = {"models": {"ministral-3b": {}}, "accept_marketplace_terms": True}
        MistralModels("our-ai", args, pulumi.ResourceOptions(aliases=[alias]))

    recording = record(program, config=LOCATION)
    children = [each for each in recording.registrations if each.parent == "our-ai-eus2"]
    assert recording.one("index:Workspace").aliases == ("mistral-eus2",)
    assert recording.one(":StorageAccount").aliases == ("mistraleus2st",)
    assert [each.name for each in children if not each.name.startswith(each.parent)] == ["ouraieus2st"]


def test_retired_model_that_is_allowed_is_warned_of_once() -> None:
    recording = deploy({"models": {"mistral-nemo-2407": {"allow_retired": True}}})

    warnings = [message for level, message in recording.log if level == "WARNING"]
    assert len(warnings) == 1
    assert "mistral-nemo-2407 is retired since 2026-01-30" in warnings[0]


def test_everything_wrong_is_refused_at_once_before_azure_is_asked() -> None:
    recording: list[Recording] = []

    with pytest.raises(InputError) as refused:
        recording.append(deploy({"models": {"ministral": {"authMode": "AAD"}}, "tags": {"a?": "b"}}))

    assert [problem.path for problem in refused.value.problems] == [
        'models["ministral"].authMode',
        'tags["a?"]',
        'models["ministral"]',
    ]


def test_configuration_is_refused_at_once_with_the_spelling_of_stacks() -> None:
    config = {
        "azure-mistral:models": '{"ministral-3b": {"auth_mode": "AAD"}, "mistral-large-2407": {}}',
        "azure-mistral:acceptMarketplaceTerm": "true",
        **LOCATION,
    }

    with pytest.raises(ConfigError) as refused:
        record(lambda: {"config": load_config("mistral")}, config=config)

    assert [problem.path for problem in refused.value.problems] == [
        "acceptMarketplaceTerm",
        'models["ministral-3b"].auth_mode',
        'models["mistral-large-2407"]',
        "acceptMarketplaceTerms",
    ]
    assert "Write acceptMarketplaceTerms instead." in str(refused.value)
    assert "Write authMode instead." in str(refused.value)


def test_secret_configuration_is_refused_without_its_value() -> None:
    config = {"azure-mistral:models": '{"ministral-3b": {}}', "azure-mistral:tags": '{"owner": "hush"}', **LOCATION}

    with pytest.raises(ConfigError) as refused:
        record(lambda: {"config": load_config("mistral")}, config=config, secret_config=["azure-mistral:tags"])

    assert "tags: it is an output or a secret" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_configuration_of_other_namespaces_is_left_alone() -> None:
    config = {**dev_stack(), "azure-native:tenantId": "x", "azure-mistral-extras:models": "3"}

    assert run_program(config).tree() == run_program(dev_stack()).tree()


def test_location_of_the_provider_is_the_default() -> None:
    recording = deploy({"models": {"ministral-3b": {}}}, config={"azure-native:location": "West US 3"})

    assert recording.one(":ResourceGroup").name == "mistral-wus3-rg"
