"""Azure's refusals under the real engine: Azure's words and our advice on the right resource, and the way out.

Every row of `failures.FAILURES` is provoked: most by the emulator's own rules, some by a fault with Azure's words.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from azure_mistral.failures import ACCEPTED, FAILURES

from tests.support import studio
from tests.support.azure import Azure
from tests.support.project import Project, Update
from tests.support.studio import REGISTRY

KNOWN = {failure.name: failure for failure in FAILURES}

NOT_REACHED = {
    "old offer-style body": "the module sends modelSettings.modelId only",
    "versioned model id": "the catalogue's ids have no version, and a test of the catalogue says so",
    "Marketplace subscription deleted before its endpoint": "deletes are ordered; Azure accepts this one",
    "hub deletion with projects": "the module makes and deletes workspaces of kind Default only",
    "online endpoint name": "the module makes no online endpoints",
    "Key Vault secret in deleted state": "the module makes no secrets",
    "RoleAssignmentUpdateNotPermitted": "a changed assignment is replaced under another name",
    "role assignment name that is no GUID": "names are uuid5",
    "managedNetwork and systemData in a refresh": "a difference that a refresh shows, no failure",
    "portal texts": "the studio's, for marketplace-country and marketplace-not-eligible, which are here",
}
"""Failures that are known of these APIs and not in the table, and why each cannot come up."""

HEAD = """
import pulumi
import pulumi_azure_native as azure_native
from azure_mistral.error_hooks import on_error
from pulumi_azure_native import machinelearningservices as ml

options = pulumi.ResourceOptions(hooks=on_error())
GROUP = "studio"


def subscription(name, model, workspace):
    properties = ml.MarketplaceSubscriptionPropertiesArgs(model_id=model)
    where = {"resource_group_name": GROUP, "workspace_name": workspace}
    ml.MarketplaceSubscription(name, name=name, properties=properties, opts=options, **where)


def endpoint(name, model, workspace):
    settings = ml.ModelSettingsArgs(model_id=model)
    properties = ml.ServerlessEndpointPropertiesArgs(auth_mode="Key", model_settings=settings)
    where = {"resource_group_name": GROUP, "workspace_name": workspace, "location": "eastus2"}
    ml.ServerlessEndpoint(name, name=name, properties=properties, opts=options, **where)


def vault(name):
    sku = azure_native.keyvault.SkuArgs(family="A", name=azure_native.keyvault.SkuName.STANDARD)
    tenant = azure_native.authorization.get_client_config().tenant_id
    properties = azure_native.keyvault.VaultPropertiesArgs(tenant_id=tenant, sku=sku)
    azure_native.keyvault.Vault(
        name,
        vault_name=f"{name}-SUFFIX",
        resource_group_name=GROUP,
        location="eastus2",
        properties=properties,
        opts=options,
    )


def hub(name):
    group = azure_native.resources.get_resource_group(resource_group_name=GROUP).id
    ml.Workspace(
        name,
        workspace_name=name,
        resource_group_name=GROUP,
        location="eastus2",
        kind="Hub",
        identity=ml.ManagedServiceIdentityArgs(type="SystemAssigned"),
        storage_account=f"{group}/providers/Microsoft.Storage/storageAccounts/STORAGE",
        key_vault=f"{group}/providers/Microsoft.KeyVault/vaults/VAULT",
        opts=options,
    )


def storage(name):
    sku = azure_native.storage.SkuArgs(name="Standard_LRS")
    where = {"resource_group_name": GROUP, "location": "eastus2"}
    azure_native.storage.StorageAccount(name, sku=sku, kind="StorageV2", opts=options, **where)


def group(name):
    azure_native.resources.ResourceGroup(name, resource_group_name=name, location="eastus2", opts=options)


def role(name, guid, principal_id, principal_type="User", definition="64702f94-c441-49e6-a78b-ef80e0188fee"):
    client = azure_native.authorization.get_client_config()
    root = f"/subscriptions/{client.subscription_id}"
    azure_native.authorization.RoleAssignment(
        name,
        scope=f"{root}/resourceGroups/{GROUP}",
        role_assignment_name=guid,
        role_definition_id=f"{root}/providers/Microsoft.Authorization/roleDefinitions/{definition}",
        principal_id=principal_id,
        principal_type=principal_type,
        opts=options,
    )
"""


def guid(number: int) -> str:
    return f"60000000-0000-4000-8000-{number:012d}"


AI_DEVELOPER, NO_ROLE = "64702f94-c441-49e6-a78b-ef80e0188fee", guid(999)


@dataclass(frozen=True)
class Case:
    """One resource that Azure refuses: the line that declares it, and what Azure says."""

    failure: str
    resource: str
    line: str
    words: str
    cured: str = ""
    """The line once its cause is gone, where that lies in the program and not in Azure."""
    fault: tuple[int, str] | None = None
    """Status and code, where no rule of the emulator says the words."""
    tries: int = 1
    passes: bool = False

    @property
    def path(self) -> str:
        return f"/{self.resource}*"


CASES = (
    Case(
        "model-not-in-location",
        "nowhere",
        f'subscription("nowhere", "{REGISTRY}Codestral-2501", "hub-b")',
        f"The requested model {REGISTRY}Codestral-2501 is not available in region East US 2.",
        fault=(400, "UserError"),
    ),
    Case(
        "model-not-available",
        "retired",
        f'subscription("retired", "{REGISTRY}Mistral-Nemo", "hub-a")',
        f"The requested model {REGISTRY}Mistral-Nemo is not available.",
        cured=f'subscription("retired", "{REGISTRY}mistral-small-2503", "hub-a")',
    ),
    Case(
        "endpoint-name-taken",
        "failures-taken",
        f'endpoint("failures-taken", "{REGISTRY}Ministral-3B", "hub-a")',
        "Serverless endpoint name 'failures-taken' is not available. Please select a different name.",
    ),
    Case(
        "model-already-deployed",
        "failures-second",
        f'endpoint("failures-second", "{REGISTRY}Ministral-3B", "hub-b")',
        "is already deployed to serverless endpoint 'failures-first'",
    ),
    Case(
        "marketplace-subscription-exists",
        "codestral-2501",
        f'subscription("codestral-2501", "{REGISTRY}Codestral-2501", "hub-a")',
        "already has a marketplace subscription to offer",
    ),
    Case(
        "model-without-offer",
        "unsold",
        'subscription("unsold", "azureml://registries/azureml/models/Phi-4", "hub-a")',
        "Model mapping properties not found for modelId: 'azureml://registries/azureml/models/Phi-4' publisherId:",
        cured=f'subscription("unsold", "{REGISTRY}mistral-medium-2505", "hub-a")',
    ),
    Case(
        "marketplace-not-eligible",
        "ineligible",
        f'subscription("ineligible", "{REGISTRY}mistral-medium-2505", "hub-b")',
        "Marketplace Subscription purchase eligibility check failed, error message [something new].",
        fault=(400, "UserError"),
    ),
    Case(
        "operation-running",
        "busy",
        f'subscription("busy", "{REGISTRY}mistral-small-2503", "hub-b")',
        "Another operation with ID [7] is already running on busy.",
        fault=(409, "Conflict"),
        tries=3,
        passes=True,
    ),
    Case(
        "principal-not-found",
        guid(5),
        f'role("{guid(5)}", "{guid(5)}", "{guid(105)}")',
        f"Principal {guid(105).replace('-', '')} does not exist in the directory",
        fault=(400, "PrincipalNotFound"),
        tries=3,
        passes=True,
    ),
    Case(
        "principal-not-found",
        guid(6),
        f'role("{guid(6)}", "{guid(6)}", "{guid(106)}")',
        f"Principal {guid(106).replace('-', '')} does not exist in the directory",
        tries=10,
    ),
    Case(
        "principal-type-wrong",
        guid(1),
        f'role("{guid(1)}", "{guid(1)}", "{guid(101)}")',
        "has type 'Group', which is different from specified PrincipalType 'User'",
        cured=f'role("{guid(1)}", "{guid(1)}", "{guid(101)}", "Group")',
    ),
    Case(
        "role-not-found",
        guid(2),
        f'role("{guid(2)}", "{guid(2)}", "{guid(102)}", definition="{NO_ROLE}")',
        f"The specified role definition with ID '{NO_ROLE.replace('-', '')}' does not exist.",
        cured=f'role("{guid(2)}", "{guid(2)}", "{guid(102)}")',
    ),
    Case(
        "role-assignment-exists",
        guid(3),
        f'role("{guid(3)}", "{guid(3)}", "{guid(103)}")',
        f"The ID of the existing role assignment is {guid(4).replace('-', '')}.",
    ),
    Case(
        "denied-by-policy",
        "forbidden",
        'group("forbidden")',
        "Resource 'forbidden' was disallowed by policy. Policy identifiers: '[...]'.",
        fault=(403, "RequestDisallowedByPolicy"),
    ),
    Case(
        "storage-account-quota",
        "toomany",
        'storage("toomany")',
        "Subscription x already contains 250 storage accounts in location eastus2 and the maximum allowed is 250.",
        fault=(400, "MaxStorageAccountsCountPerSubscriptionExceeded"),
    ),
    Case(
        "workspace-soft-deleted",
        "hub-c",
        'hub("hub-c")',
        "Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete",
    ),
    Case(
        "key-vault-soft-deleted",
        "revenant",
        'vault("revenant")',
        "A vault with the same name already exists in deleted state.",
    ),
    Case(
        "name-in-use",
        "namesake",
        'vault("namesake")',
        "Vault names are globaly unique so it is possible that the name is already taken.",
    ),
    Case("already-exists", "existing", 'group("existing")', "cannot create already existing resource", tries=0),
)
LASTING = [case for case in CASES if not case.passes]
OTHERS_HERE = {
    "marketplace-free-subscription",
    "marketplace-disabled",
    "marketplace-payment-method",
    "marketplace-country",
    "provider-not-registered",
    "not-authorized",
    "not-authorized-to-assign-roles",
}
"""Rows with tests of their own below: their causes concern everything in an Azure subscription."""


class World:
    """Two Azure subscriptions with the causes of all failures in them."""

    def __init__(self, mine: Azure, others: Azure) -> None:
        self.mine, self.others = mine, others
        self.group, self.other_group = studio.make_group(mine), studio.make_group(others)
        self.hub_a, self.hub_b, self.hub_c = studio.make_hubs(mine, self.group, "hub-a", "hub-b", "hub-c")
        [self.other_hub] = studio.make_hubs(others, self.other_group, "hub-a")
        self.suffix = mine.subscription_id[:8]

        for hub in (self.hub_a, self.hub_b):
            studio.subscribe(mine, hub, "Ministral-3B", "ministral-3b")
        studio.subscribe(others, self.other_hub, "Ministral-3B", "ministral-3b")
        self.taken = studio.deploy(others, self.other_hub, "Ministral-3B", "failures-taken")
        self.first = studio.deploy(mine, self.hub_b, "Ministral-3B", "failures-first")
        self.subscribed = studio.subscribe(mine, self.hub_a, "Codestral-2501", "from-the-studio")
        studio.remove(mine, self.hub_c)
        studio.remove(mine, studio.make_vault(mine, self.group, f"revenant-{self.suffix}"), studio.VAULTS)
        self.namesake = studio.make_vault(others, self.other_group, f"namesake-{self.suffix}")
        self.existing = studio.make_group(mine, "existing")
        self.add_principal(101, "Group")
        for number in (102, 103, 105):
            self.add_principal(number)
        properties = {
            "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{AI_DEVELOPER}",
            "principalId": guid(103),
            "principalType": "User",
        }
        self.assigned = f"{self.group}/providers/Microsoft.Authorization/roleAssignments/{guid(4)}"
        assert mine.arm("PUT", self.assigned, {"properties": properties}, version=Azure.ROLES_VERSION).is_success
        for case in CASES:
            if case.fault:
                status, code = case.fault
                path = f"/subscriptions/{mine.subscription_id}/*{case.path}"
                times = case.tries - 1 if case.passes else 1
                fault = {"method": "PUT", "path": path, "status": status, "code": code, "message": case.words}
                mine.control("POST", "/faults", {**fault, "times": times})
        mine.clear_requests()

    def add_principal(self, number: int, kind: str = "User") -> None:
        self.mine.control("POST", "/principals", {"kind": kind, "name": f"number {number}", "id": guid(number)})

    def put_right(self) -> None:
        """Take away the causes that lie in Azure. Faults are used up, and the rest is the program's."""
        studio.remove(self.others, self.taken)
        studio.remove(self.mine, self.first)
        studio.remove(self.mine, self.subscribed)
        studio.remove(self.mine, self.hub_c, forceToPurge="true")
        studio.purge_vault(self.mine, f"revenant-{self.suffix}")
        studio.remove(self.others, self.namesake, studio.VAULTS)
        studio.purge_vault(self.others, f"namesake-{self.suffix}")
        studio.remove(self.mine, self.assigned, Azure.ROLES_VERSION)
        studio.remove(self.mine, self.existing, studio.GROUPS)
        self.add_principal(106)

    def program(self, *, cured: bool) -> str:
        lines = [case.cured if cured and case.cured else case.line for case in CASES]
        names = {"SUFFIX": self.suffix}
        names |= {"STORAGE": studio.unique_name(self.mine, "st"), "VAULT": studio.unique_name(self.mine, "kv")}
        return "\n".join([re.sub("|".join(names), lambda match: names[match[0]], HEAD), *lines])


def diagnostics(update: Update, resource: str) -> str:
    """Return what the engine shows on one resource."""
    found = [event["diagnosticEvent"] for event in update.events if "diagnosticEvent" in event]
    return "".join(each["message"] for each in found if each.get("urn", "").endswith(f"::{resource}"))


def test_every_refusal_shows_azures_words_and_our_advice_and_the_same_command_finishes_once_its_cause_is_gone(
    program: Callable[[str], Project], new_azure: Callable[[], Azure], azure: Azure
) -> None:
    world = World(azure, new_azure())
    project = program(world.program(cured=False))

    first = project.update("up", "--continue-on-error")

    assert first.code != 0
    assert shortcomings(first, azure) == []
    assert {name for name in project.resources() if name in {case.resource for case in CASES}} == {
        case.resource for case in CASES if case.passes
    }

    world.put_right()
    project.write_program(world.program(cured=True))
    project.up()

    assert {case.resource for case in CASES} < set(project.resources())
    assert project.up().changes == {}


def shortcomings(update: Update, azure: Azure) -> list[str]:
    """Return what is wrong about an update in which every case failed."""
    found = []
    for case in CASES:
        shown = diagnostics(update, case.resource)
        if case.words not in shown:
            found.append(f"{case.resource}: {case.words!r} is not in {shown!r}")
        advised = f"(troubleshooting: {case.failure})" in shown
        if advised is case.passes:
            found.append(f"{case.resource}: {'needless' if advised else 'no'} advice in {shown!r}")
        tries = sum(f"/{case.resource}" in path for _, path in azure.requests("PUT"))
        if tries != case.tries:
            found.append(f"{case.resource}: {tries} tries instead of {case.tries}")
    return found


def test_every_failure_of_the_table_is_provoked_here() -> None:
    assert {case.failure for case in CASES} | OTHERS_HERE == {failure.name for failure in FAILURES}
    assert all(NOT_REACHED.values())


# Causes that concern everything in an Azure subscription

ONE_SUBSCRIPTION = f'''{HEAD}
subscription("ministral-3b", "{REGISTRY}Ministral-3B", "hub-a")
'''


def refused(project: Project, resource: str, words: str, failure: str, *, others: int = 0) -> None:
    """Bring the stack up, and check that exactly this resource is refused with these words and this advice."""
    update = project.update("up")
    shown = diagnostics(update, resource)
    assert update.code != 0
    assert words in shown
    assert f"(troubleshooting: {failure})" in shown
    assert update.printed.count("(troubleshooting: ") == 1 + others, update.diagnostics


def test_an_azure_subscription_that_may_not_buy_hears_why_until_it_may(
    program: Callable[[str], Project], azure: Azure
) -> None:
    studio.make_hubs(azure, studio.make_group(azure), "hub-a")
    azure.clear_requests()
    project = program(ONE_SUBSCRIPTION)

    for settings, words, failure in (
        ({"quotaId": "FreeTrial_2014-09-01"}, "purchased using a free subscription", "marketplace-free-subscription"),
        ({"marketplaceAllowed": False}, "enrollment for this subscription doesn't allow", "marketplace-disabled"),
        ({"paymentMethod": False}, "no valid payment method", "marketplace-payment-method"),
        ({"country": "JP"}, "Product is not available in region: JP.", "marketplace-country"),
    ):
        azure.control("PUT", f"/subscriptions/{azure.subscription_id}", settings)
        refused(project, "ministral-3b", words, failure)

    assert len(azure.requests("PUT")) == 4
    azure.control("PUT", f"/subscriptions/{azure.subscription_id}", {})
    project.up()


RIGHTS = f'''{HEAD}
storage("kept")
role("{guid(201)}", "{guid(201)}", "{guid(202)}", "ServicePrincipal")
'''
READER, CONTRIBUTOR = Azure.READER, "b24988ac-6180-42a0-ab88-20f7382dd24c"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


def test_a_principal_without_rights_hears_which_it_needs_until_it_has_them(
    program: Callable[[str], Project], azure: Azure
) -> None:
    """Reader, then Contributor, then Owner of the Azure subscription."""
    studio.make_group(azure)
    azure.control("PUT", f"/subscriptions/{azure.subscription_id}", {"registered": ["Microsoft.Resources"]})
    deployer = azure.control("POST", "/principals", {"kind": "ServicePrincipal", "name": "pipeline"})
    azure.assign_role(READER, deployer["id"])
    project = program(RIGHTS)
    project.environment |= {"ARM_CLIENT_ID": deployer["clientId"], "ARM_CLIENT_SECRET": deployer["clientSecret"]}

    update = project.update("up", "--continue-on-error")
    assert "az provider register --namespace Microsoft.Storage (troubleshooting: " in diagnostics(update, "kept")
    assert "(troubleshooting: not-authorized-to-assign-roles)" in diagnostics(update, guid(201))

    azure.control("PUT", f"/subscriptions/{azure.subscription_id}", {})
    update = project.update("up", "--continue-on-error")
    assert "a role with Microsoft.Storage/storageAccounts/write on" in diagnostics(update, "kept")
    assert "(troubleshooting: not-authorized)" in diagnostics(update, "kept")

    azure.assign_role(CONTRIBUTOR, deployer["id"])
    refused(project, guid(201), "'Microsoft.Authorization/roleAssignments/write'", "not-authorized-to-assign-roles")

    azure.assign_role(OWNER, deployer["id"])
    project.up()
    assert project.up().changes == {}


# What Azure accepts and then fails; deletes; hosted components; what nobody knows

DEPLOYMENT = """
from azure_mistral import ServerlessDeployment

ServerlessDeployment(
    "chat",
    {
        "model": "ministral-3b",
        "location": "eastus2",
        "resource_group_name": "studio",
        "workspace_name": "hub-a",
        "accept_marketplace_terms": True,
        "endpoint_name": "ENDPOINT",
    },
)
"""


def test_a_create_that_azure_accepted_and_then_failed_is_not_tried_again_before_the_next_up(
    program: Callable[[str], Project], azure: Azure
) -> None:
    """Also where the words are those of a failure that passes by itself."""
    studio.make_hubs(azure, studio.make_group(azure), "hub-a")
    project = program(DEPLOYMENT.replace("ENDPOINT", "accepted-chat"))
    words = "Another operation with ID [7] is already running on it."
    for kind in ("marketplaceSubscriptions", "serverlessEndpoints"):
        fault = {"stage": "operation", "method": "PUT", "path": f"/subscriptions/{azure.subscription_id}/*/{kind}/*"}
        azure.control("POST", "/faults", {**fault, "code": "Conflict", "message": words})
    azure.clear_requests()

    for kind, resource in (("marketplaceSubscriptions", "chat-subscription"), ("serverlessEndpoints", "chat-endpoint")):
        update = project.update("up")
        assert update.code != 0
        assert words in diagnostics(update, resource)
        assert ACCEPTED in diagnostics(update, resource)
        assert len(azure.requests("PUT", kind=kind)) == 1
        assert resource in project.resources()

    project.up()
    assert project.up().changes == {}
    assert len(azure.requests("PUT", kind="serverlessEndpoints")) == 2


def test_a_passing_failure_of_a_delete_passes_within_the_same_destroy(
    program: Callable[[str], Project], azure: Azure
) -> None:
    [hub] = studio.make_hubs(azure, studio.make_group(azure), "hub-a")
    project = program(DEPLOYMENT.replace("ENDPOINT", "deleted-chat"))
    project.up()
    words = "Another operation with ID [7] is already running on it."
    fault = {"method": "DELETE", "path": f"{hub}/serverlessEndpoints/*", "status": 409, "code": "Conflict"}
    fault["message"] = words

    azure.control("POST", "/faults", fault)
    update = project.update("destroy")  # without the program there are no hooks
    assert update.code != 0
    assert words in diagnostics(update, "chat-endpoint")

    azure.control("POST", "/faults", {**fault, "times": 2})
    azure.clear_requests()
    project.destroy()

    assert len(azure.requests("DELETE", kind="serverlessEndpoints")) == 3


def test_a_preview_with_hooks_asks_azure_for_no_change(program: Callable[[str], Project], azure: Azure) -> None:
    studio.make_hubs(azure, studio.make_group(azure), "hub-a")
    azure.clear_requests()
    project = program(DEPLOYMENT.replace("ENDPOINT", "previewed-chat"))

    done = project.run("preview")

    assert done.returncode == 0, done.stderr
    assert azure.requests("PUT", "PATCH", "DELETE") == []


def test_a_refusal_that_nobody_knows_keeps_azures_words_alone(program: Callable[[str], Project], azure: Azure) -> None:
    project = program(f'{HEAD}\ngroup("novel")')
    fault = {"method": "PUT", "path": f"/subscriptions/{azure.subscription_id}/*", "status": 400, "code": "Novel"}
    azure.control("POST", "/faults", {**fault, "message": "Something new."})

    update = project.update("up")

    assert 'Status=400 Code="Novel" Message="Something new."' in diagnostics(update, "novel")
    assert "troubleshooting" not in update.printed
    project.up()


PLUGIN = """
from azure_mistral import ServerlessDeployment
from pulumi.provider.experimental import component_provider_host

if __name__ == "__main__":
    component_provider_host(name="azure-mistral", components=[ServerlessDeployment], version="0.1.0")
"""

CONSUMER = """
import pulumi


def deployment(name, workspace):
    inputs = {
        "model": "ministral-3b",
        "location": "eastus2",
        "resourceGroupName": "studio",
        "workspaceName": workspace,
        "acceptMarketplaceTerms": True,
        "endpointName": f"hosted-{name}",
    }
    pulumi.ComponentResource("azure-mistral:index:ServerlessDeployment", name, inputs, remote=True)


deployment("first", "hub-a")
deployment("second", "hub-b")
"""


def hosted(directory: Path, environment: dict[str, str]) -> Project:
    """Return a project whose program gets the component from a plugin, in a process of its own."""
    project = Project.of_program(directory / "program", environment, CONSUMER)
    plugin = directory / "plugin"
    plugin.mkdir()
    (plugin / "PulumiPlugin.yaml").write_text("runtime: {name: python, options: {virtualenv: .venv}}\n")
    (plugin / "__main__.py").write_text(PLUGIN)
    (plugin / ".venv").symlink_to(project.directory / ".venv")
    with (project.directory / "Pulumi.yaml").open("a") as file:
        file.write(f"plugins: {{providers: [{{name: azure-mistral, path: {plugin}}}]}}\n")
    return project


def test_a_hosted_component_shows_advice_and_retries_as_well(
    environment: dict[str, str], azure: Azure, tmp_path: Path
) -> None:
    """Two instances in one process, whose hooks need names of their own."""
    studio.make_hubs(azure, studio.make_group(azure), "hub-a", "hub-b")
    root = f"/subscriptions/{azure.subscription_id}"
    busy = {"method": "PUT", "path": f"{root}/*/hub-a/serverlessEndpoints/*", "status": 409, "code": "Conflict"}
    taken = {"method": "PUT", "path": f"{root}/*/hub-b/serverlessEndpoints/*", "status": 400, "code": "UserError"}
    message = "Another operation with ID [7] is already running on it."
    azure.control("POST", "/faults", {**busy, "message": message})
    message = "Serverless endpoint name 'x' is not available. Please select a different name."
    azure.control("POST", "/faults", {**taken, "message": message})
    project = hosted(tmp_path, environment)

    update = project.update("up", "--continue-on-error")

    assert "Trying again in 0.01 s" in diagnostics(update, "first-endpoint")
    assert "(troubleshooting: endpoint-name-taken)" in diagnostics(update, "second-endpoint")
    assert len(azure.requests("PUT", kind="hub-a/serverlessEndpoints")) == 2
    project.up()
    assert project.update("destroy").code == 0
