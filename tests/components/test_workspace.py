"""The component `Workspace`: what it registers, and how safe that is."""

from typing import Any

import pulumi
import pulumi_azure_native as azure_native
import pytest
from azure_mistral import ExistingResourceError, InputError, Workspace, WorkspaceArgs

from tests.support.recorder import AZURE_SUBSCRIPTION_ID, TENANT_ID, Recording, record
from tests.support.sentences import one_line

PRINCIPAL = "40000000-0000-4000-8000-000000000001"


GROUP = f"/subscriptions/{AZURE_SUBSCRIPTION_ID}/resourceGroups/group"
EXISTING = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/theirs"
THEIRS: dict[str, Any] = {
    "location": "eastus2",
    "kind": "Hub",
    "identity": {"type": "SystemAssigned", "principalId": "principal-of-theirs"},
}


def deploy(
    args: WorkspaceArgs,
    *,
    preview: bool = False,
    name: str = "ml",
    azure: dict[str, dict[str, Any]] | None = None,
) -> Recording:
    def program() -> dict[str, Any]:
        workspace = Workspace(name, args)
        return {
            "name": workspace.workspace_name,
            "id": workspace.workspace_id,
            "resourceGroupName": workspace.resource_group_name,
            "location": workspace.location,
            "principalId": workspace.principal_id,
        }

    return record(program, preview=preview, azure=azure)


def test_workspace_comes_with_what_it_needs_in_a_group_of_its_own() -> None:
    recording = deploy({"location": "eastus2"})

    assert recording.tree() == [
        ("azure-mistral:index:Workspace", "ml", "azure-mistral-dev"),
        ("azure-native:applicationinsights:Component", "ml-appi", "ml"),
        ("azure-native:keyvault:Vault", "ml-kv", "ml"),
        ("azure-native:machinelearningservices:Workspace", "ml-mlw", "ml"),
        ("azure-native:operationalinsights:Workspace", "ml-log", "ml"),
        ("azure-native:resources:ResourceGroup", "ml-rg", "ml"),
        ("azure-native:storage:StorageAccount", "mlst", "ml"),
    ]


def test_workspace_uses_its_storage_key_vault_and_insights() -> None:
    recording = deploy({"location": "eastus2"})

    workspace = recording.one("machinelearningservices:Workspace")
    assert workspace.inputs["storageAccount"].endswith("/StorageAccount/mlst1a2b3c4d")
    assert workspace.inputs["keyVault"].endswith("/Vault/ml-kv1a2b3c4d")
    assert workspace.inputs["applicationInsights"].endswith("/Component/ml-appi1a2b3c4d")
    assert workspace.inputs["resourceGroupName"] == "ml-rg1a2b3c4d"
    insights = recording.one("applicationinsights:Component").inputs
    assert insights["workspaceResourceId"].endswith("/Workspace/ml-log1a2b3c4d")


def test_workspace_names_nothing_itself() -> None:
    """A re-creation must not meet its own soft-deleted predecessor."""
    names = {"workspaceName", "vaultName", "accountName", "resourceName", "name"}

    assert [each.name for each in deploy({"location": "eastus2"}).registrations if names & set(each.inputs)] == []


def test_workspace_has_an_identity_and_reaches_its_storage_with_it() -> None:
    recording = deploy({"location": "eastus2"})

    workspace = recording.one("machinelearningservices:Workspace").inputs
    assert workspace["kind"] == "Default"
    assert workspace["identity"] == {"type": "SystemAssigned"}
    assert workspace["systemDatastoresAuthMode"] == "Identity"
    storage = recording.one(":StorageAccount").inputs
    assert storage["allowSharedKeyAccess"] is False


def test_storage_account_is_closed_to_anonymous_and_unencrypted_access() -> None:
    storage = deploy({"location": "eastus2"}).one(":StorageAccount").inputs

    assert storage["allowBlobPublicAccess"] is False
    assert storage["enableHttpsTrafficOnly"] is True
    assert storage["minimumTlsVersion"] == "TLS1_2"


def test_key_vault_answers_to_roles_and_deletes_softly() -> None:
    vault = deploy({"location": "eastus2"}).one(":Vault").inputs

    properties = vault["properties"]
    assert properties["tenantId"] == TENANT_ID
    assert properties["enableRbacAuthorization"] is True
    assert properties["enableSoftDelete"] is True
    assert properties["softDeleteRetentionInDays"] == 90


def test_every_resource_is_tagged_and_in_the_location() -> None:
    owner = pulumi.Output.from_input("search")
    recording = deploy({"location": "eastus2", "tags": {"owner": owner}})

    azure = [each for each in recording.registrations if each.type.startswith("azure-native:")]
    tags = {"managed-by": "pulumi", "pulumi-project": "azure-mistral", "pulumi-stack": "dev", "owner": "search"}
    assert [(each.inputs["tags"], each.inputs["location"]) for each in azure] == [(tags, "eastus2")] * 6


def test_location_may_be_spelled_as_the_portal_does() -> None:
    assert deploy({"location": "East US 2"}).one(":ResourceGroup").inputs["location"] == "eastus2"


def test_outputs_are_those_of_the_workspace() -> None:
    outputs = {name: each.value for name, each in deploy({"location": "eastus2"}).outputs.items()}

    assert outputs.pop("id").endswith("/Workspace/ml-mlw1a2b3c4d")
    assert outputs == {
        "name": "ml-mlw1a2b3c4d",
        "resourceGroupName": "ml-rg1a2b3c4d",
        "location": "eastus2",
        "principalId": "principal-of-ml-mlw1a2b3c4d",
    }


def test_preview_of_a_new_workspace_knows_its_location_only() -> None:
    recording = deploy({"location": "eastus2"}, preview=True)

    assert [name for name, output in recording.outputs.items() if output.known] == ["location"]
    assert len(recording.registrations) == 7


def test_roles_are_assigned_on_the_resource_group() -> None:
    recording = deploy(
        {
            "location": "eastus2",
            "role_assignments": {"team": {"principal_id": PRINCIPAL, "principal_type": "Group"}},
        }
    )

    assignment = recording.one(":RoleAssignment")
    assert (assignment.name, assignment.parent) == ("ml-role-team", "ml")
    assert assignment.inputs["scope"].endswith("/ResourceGroup/ml-rg1a2b3c4d")


def test_two_workspaces_in_one_program_do_not_collide() -> None:
    def program() -> None:
        Workspace("one", {"location": "eastus"})
        Workspace("two", {"location": "westus"})

    tree = record(program).tree()
    assert len({(type_, name) for type_, name, _ in tree}) == len(tree) == 14


def test_provider_of_the_component_is_that_of_its_resources_and_of_its_questions() -> None:
    def program() -> None:
        provider = azure_native.Provider("other", subscription_id="20000000-0000-4000-8000-000000000002")
        Workspace("ml", {"location": "eastus2"}, pulumi.ResourceOptions(providers=[provider], protect=True))

    recording = record(program)
    azure = [each for each in recording.registrations if each.parent == "ml"]
    assert len(azure) == 6
    assert all("::other::" in each.provider for each in azure)
    assert all(each.protect for each in azure)
    assert ["::other::" in provider for _, _, provider in recording.calls] == [True]


def test_everything_wrong_is_refused_at_once_before_anything_is_registered() -> None:
    args: Any = {"location": pulumi.Output.from_input("eastus2"), "tag": {}}

    with pytest.raises(InputError) as refused:
        deploy(args, name="a-rather-long-name")

    assert str(refused.value).splitlines() == [
        "Workspace cannot be deployed (3 problems). Nothing was changed.",
        "  - "
        + one_line(
            """
            tag: there is no such setting. key_vault_id, location, log_analytics_workspace_id, public_network_access,
            role_assignments, storage_account_id, tags and workspace_id are accepted. Write tags instead.
            """
        ),
        "  - "
        + one_line(
            """
            location: it is an output or a secret, whose value is not known when the program runs. The name of a
            location, such as eastus2, is accepted, as a plain value, because it decides which resources exist.
            Give the value itself.
            """
        ),
        "  - "
        + one_line(
            """
            name: "a-rather-long-name" is too long: the key vault would be called a-rather-long-name-kv and 8 random
            characters, and Azure allows 24 in all. At most 13 characters are accepted.
            Give the component a shorter name.
            """
        ),
    ]


def test_location_without_serverless_endpoints_is_refused() -> None:
    with pytest.raises(InputError, match='location: "westeurope" is not a location in which the catalogue has'):
        deploy({"location": "westeurope"})


def use(theirs: dict[str, Any] | None = None, **args: Any) -> Recording:
    """Use an existing workspace, of which Azure says this."""
    wanted: Any = {"location": "eastus2", "workspace_id": EXISTING, **args}
    return deploy(wanted, azure={EXISTING: {**THEIRS, **(theirs or {})}})


@pytest.mark.parametrize("kind", ["Default", "Hub", "Project"])
def test_existing_workspace_is_asked_for_and_nothing_is_made(kind: str) -> None:
    recording = use({"kind": kind})

    assert recording.tree() == [("azure-mistral:index:Workspace", "ml", "azure-mistral-dev")]
    assert recording.called(":getWorkspace") == [{"resourceGroupName": "group", "workspaceName": "theirs"}]


def test_outputs_are_those_of_the_existing_workspace() -> None:
    outputs = {name: each.value for name, each in use().outputs.items()}

    assert outputs == {
        "name": "theirs",
        "id": EXISTING,
        "resourceGroupName": "group",
        "location": "eastus2",
        "principalId": "principal-of-theirs",
    }


@pytest.mark.parametrize("identity", [None, {"type": "UserAssigned"}])
def test_existing_workspace_without_a_system_identity_has_no_principal(identity: dict[str, Any] | None) -> None:
    assert use({"identity": identity}).outputs["principalId"].value is None


def test_roles_are_assigned_on_the_resource_group_of_an_existing_workspace() -> None:
    recording = use(role_assignments={"team": {"principal_id": PRINCIPAL, "principal_type": "Group"}})

    assert recording.one(":RoleAssignment").inputs["scope"] == GROUP.removeprefix("/")


@pytest.mark.parametrize(
    ("theirs", "problem"),
    [
        (
            {"location": "West US"},
            """
            workspaceId: the workspace theirs is in westus, not in eastus2. A workspace in the location of the
            deployment is accepted. Set the location to westus, or name a workspace in eastus2.
            """,
        ),
        (
            {"kind": "FeatureStore"},
            """
            workspaceId: the workspace theirs is of kind FeatureStore. A workspace of kind Default, Hub or Project is
            accepted. Name another workspace.
            """,
        ),
        (
            {"tags": {"managed-by": "pulumi", "pulumi-project": "azure-mistral", "pulumi-stack": "dev", "a": "b"}},
            """
            workspaceId: the workspace theirs was made by this stack, as its tags say, and would be deleted by it.
            A workspace that this stack did not make is accepted. Remove the id; or take the workspace and what was
            made with it out of the stack's state (pulumi state delete), and remove its tag pulumi-stack.
            """,
        ),
    ],
)
def test_existing_workspace_that_cannot_be_used_is_refused(theirs: dict[str, Any], problem: str) -> None:
    with pytest.raises(ExistingResourceError) as refused:
        use(theirs)

    assert str(refused.value).splitlines() == [
        "Workspace cannot be deployed (1 problem).",
        f"  - {one_line(problem)}",
    ]


def test_workspace_of_another_stack_of_the_same_project_is_accepted() -> None:
    tags = {"managed-by": "pulumi", "pulumi-project": "azure-mistral", "pulumi-stack": "prod"}

    assert use({"tags": tags}).outputs["name"].value == "theirs"


def test_existing_workspace_that_azure_does_not_show_is_refused_with_azures_words() -> None:
    with pytest.raises(ExistingResourceError) as refused:
        deploy({"location": "eastus2", "workspace_id": EXISTING})

    (problem,) = refused.value.problems
    assert str(problem) == one_line(
        """
        workspaceId: Azure does not show the workspace theirs in the resource group group: Status=404
        Code="ResourceNotFound" Message="Not found.". The id of an existing workspace that the deploying principal may
        read is accepted. Correct the id, ask for the role Reader on the workspace, or leave the id out to make a
        workspace.
        """
    )


def test_workspace_of_another_azure_subscription_is_refused() -> None:
    other = EXISTING.replace(AZURE_SUBSCRIPTION_ID, "20000000-0000-4000-8000-000000000002")

    with pytest.raises(InputError, match="is in the Azure subscription 20000000-0000-4000-8000-000000000002, and the"):
        use(workspace_id=other)


def test_settings_of_a_new_workspace_are_refused_beside_an_existing_one() -> None:
    with pytest.raises(InputError, match=r'publicNetworkAccess: "Disabled" is for a new workspace, and workspaceId'):
        use(public_network_access="Disabled")


def test_new_workspace_uses_existing_parts_and_makes_none_of_their_kind() -> None:
    args: Any = {
        "location": "eastus2",
        "key_vault_id": pulumi.Output.from_input(f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv"),
        "storage_account_id": f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st",
        "log_analytics_workspace_id": f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log",
    }
    recording = deploy(args)

    assert sorted(each.name for each in recording.registrations) == ["ml", "ml-appi", "ml-mlw", "ml-rg"]
    workspace = recording.one("machinelearningservices:Workspace").inputs
    assert workspace["keyVault"].endswith("/vaults/kv")
    assert workspace["storageAccount"] == args["storage_account_id"]
    insights = recording.one("applicationinsights:Component").inputs
    assert insights["workspaceResourceId"] == args["log_analytics_workspace_id"]


def test_workspace_is_open_to_public_networks_unless_it_is_closed() -> None:
    open_, closed = (
        deploy(args).one("machinelearningservices:Workspace").inputs["publicNetworkAccess"]
        for args in (
            WorkspaceArgs(location="eastus2"),
            WorkspaceArgs(location="eastus2", public_network_access="Disabled"),
        )
    )

    assert (open_, closed) == ("Enabled", "Disabled")
