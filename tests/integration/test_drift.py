"""What somebody changes behind Pulumi's back: every property that the components set is found again and repaired.

One stack, many drifts at once. The tables are compared with what the stack's state says that the components set, so a
new managed property without a case fails.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from emulator.provider.resource_types import RESOURCE_TYPES
from emulator.server import EmulatorServer
from tests.support.azure import Azure
from tests.support.project import Project, Update
from tests.support.studio import make, remove
from tests.support.waiting import wait_until

ENDPOINT = "machinelearningservices:ServerlessEndpoint"
SUBSCRIPTION = "machinelearningservices:MarketplaceSubscription"
ASSIGNMENT = "authorization:RoleAssignment"

# What can be changed in Azure, by type and property: where it is in a request, and another value. Also what the
# provider sets by default.
CHANGES: Mapping[tuple[str, str], tuple[str, Any]] = {
    ("resources:ResourceGroup", "tags"): ("tags", {"changed": "by hand"}),
    ("storage:StorageAccount", "tags"): ("tags", {"changed": "by hand"}),
    ("storage:StorageAccount", "sku.name"): ("sku.name", "Standard_GRS"),
    ("storage:StorageAccount", "allowBlobPublicAccess"): ("properties.allowBlobPublicAccess", True),
    ("storage:StorageAccount", "allowSharedKeyAccess"): ("properties.allowSharedKeyAccess", True),
    ("storage:StorageAccount", "enableHttpsTrafficOnly"): ("properties.supportsHttpsTrafficOnly", False),
    ("storage:StorageAccount", "minimumTlsVersion"): ("properties.minimumTlsVersion", "TLS1_0"),
    ("keyvault:Vault", "tags"): ("tags", {"changed": "by hand"}),
    ("keyvault:Vault", "properties.sku.name"): ("properties.sku", {"family": "A", "name": "premium"}),
    ("keyvault:Vault", "properties.enableRbacAuthorization"): ("properties.enableRbacAuthorization", False),
    ("keyvault:Vault", "properties.enabledForDeployment"): ("properties.enabledForDeployment", True),
    ("keyvault:Vault", "properties.enabledForDiskEncryption"): ("properties.enabledForDiskEncryption", True),
    ("keyvault:Vault", "properties.enabledForTemplateDeployment"): ("properties.enabledForTemplateDeployment", True),
    ("keyvault:Vault", "properties.publicNetworkAccess"): ("properties.publicNetworkAccess", "Disabled"),
    ("operationalinsights:Workspace", "tags"): ("tags", {"changed": "by hand"}),
    ("operationalinsights:Workspace", "retentionInDays"): ("properties.retentionInDays", 60),
    ("operationalinsights:Workspace", "sku.name"): ("properties.sku.name", "Standalone"),
    ("applicationinsights:Component", "tags"): ("tags", {"changed": "by hand"}),
    ("applicationinsights:Component", "kind"): ("kind", "other"),
    ("applicationinsights:Component", "applicationType"): ("properties.Application_Type", "other"),
    ("applicationinsights:Component", "publicNetworkAccessForIngestion"): (
        "properties.publicNetworkAccessForIngestion",
        "Disabled",
    ),
    ("applicationinsights:Component", "publicNetworkAccessForQuery"): (
        "properties.publicNetworkAccessForQuery",
        "Disabled",
    ),
    ("applicationinsights:Component", "workspaceResourceId"): ("properties.WorkspaceResourceId", "{log analytics}"),
    ("machinelearningservices:Workspace", "tags"): ("tags", {"changed": "by hand"}),
    ("machinelearningservices:Workspace", "friendlyName"): ("properties.friendlyName", "renamed by hand"),
    ("machinelearningservices:Workspace", "publicNetworkAccess"): ("properties.publicNetworkAccess", "Disabled"),
    ("machinelearningservices:Workspace", "systemDatastoresAuthMode"): (
        "properties.systemDatastoresAuthMode",
        "accesskey",
    ),
    ("machinelearningservices:Workspace", "applicationInsights"): ("properties.applicationInsights", "{insights}"),
    (ENDPOINT, "tags"): ("tags", {"changed": "by hand"}),
    (ENDPOINT, "properties.authMode"): ("properties.authMode", "KeyAndAAD"),
    (ENDPOINT, "properties.contentSafety.contentSafetyStatus"): (
        "properties.contentSafety.contentSafetyStatus",
        "Disabled",
    ),
}

# What Azure lets nobody change, or has one value for.
FIXED = {
    ("storage:StorageAccount", "kind"),
    ("keyvault:Vault", "properties.enableSoftDelete"),
    ("keyvault:Vault", "properties.softDeleteRetentionInDays"),
    ("keyvault:Vault", "properties.sku.family"),
    ("keyvault:Vault", "properties.tenantId"),  # changes when the Azure subscription moves to another directory
    ("applicationinsights:Component", "flowType"),
    ("applicationinsights:Component", "ingestionMode"),  # follows from the Log Analytics workspace
    ("applicationinsights:Component", "requestSource"),
    ("machinelearningservices:Workspace", "kind"),
    ("machinelearningservices:Workspace", "keyVault"),
    ("machinelearningservices:Workspace", "storageAccount"),
    ("machinelearningservices:Workspace", "identity.type"),
    ("machinelearningservices:Workspace", "sku.name"),
    ("machinelearningservices:Workspace", "sku.tier"),
    (SUBSCRIPTION, "properties.modelId"),
    (ENDPOINT, "properties.modelSettings.modelId"),
    (ENDPOINT, "sku.name"),
    (ASSIGNMENT, "principalId"),
    (ASSIGNMENT, "principalType"),
    (ASSIGNMENT, "roleDefinitionId"),
}

# Azure's PATCH of these has no properties.
REPLACED_AS_A_WHOLE = ("applicationinsights:Component", ENDPOINT)

CHANGED, UNSUBSCRIBED, DELETED = "ministral-3b", "mistral-small-2503", "codestral-2501"


@dataclass(frozen=True)
class Resource:
    """A custom resource of the stack's state."""

    name: str
    type: str
    id: str
    inputs: Mapping[str, Any]

    @property
    def version(self) -> str:
        return RESOURCE_TYPES[f"azure-native:{self.type}"].api_version

    @property
    def managed(self) -> set[str]:
        """The properties that the components set, without those that make up its id and its place."""
        own = {path for path in leaves(self.inputs) if not path.startswith("__") and path != "azureApiVersion"}
        addressing = RESOURCE_TYPES[f"azure-native:{self.type}"].path_parameters
        return own - set(addressing) - {"location"}


Steps = Mapping[str, tuple[str, set[str]]]
"""Operation and changed properties of each step that changes something, by logical name."""


@dataclass(frozen=True)
class Drift:
    """A stack with everything changed that can be: what Azure showed before, then, and after the repair."""

    resources: list[Resource]
    deleted: set[str]
    before: Mapping[str, Any]
    changed: Mapping[str, Any]
    refreshed: Steps
    planned: Steps
    update: Update
    after: Mapping[str, Any]
    endpoint_states: list[str]
    left: Steps


def leaves(value: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of the values in nested maps; tags are one value."""
    for name, item in value.items():
        where = f"{path}.{name}" if path else name
        if isinstance(item, dict) and name != "tags":
            yield from leaves(item, where)
        else:
            yield where


def get(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = (document or {}).get(part)
    return document


def put(document: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        document = document.setdefault(part, {})
    document[last] = value


def changes_of(resource: Resource) -> dict[str, tuple[str, Any]]:
    return {path: change for (type_, path), change in CHANGES.items() if type_ == resource.type}


def managed_part(azure: Azure, resource: Resource) -> dict[str, Any] | None:
    answer = azure.arm("GET", resource.id, version=resource.version)
    if answer.status_code == 404:
        return None
    return {path: get(answer.json(), where) for path, (where, _) in changes_of(resource).items()}


def custom_resources(project: Project) -> list[Resource]:
    deployment = json.loads(project.export())["deployment"]
    return [
        Resource(entry["urn"].rpartition("::")[2], entry["type"].partition(":")[2], entry["id"], entry["inputs"])
        for entry in deployment["resources"]
        if entry["type"].startswith("azure-native:")
    ]


def change(azure: Azure, resource: Resource, others: Mapping[str, str]) -> None:
    """Change everything that CHANGES has for a resource, with one raw request."""
    whole = resource.type in REPLACED_AS_A_WHOLE
    body = azure.arm("GET", resource.id, version=resource.version).json() if whole else {}
    for where, value in changes_of(resource).values():
        put(body, where, others.get(value, value) if isinstance(value, str) else value)
    answer = azure.arm("PUT" if whole else "PATCH", resource.id, body, version=resource.version)
    assert answer.status_code in (200, 201, 202), f"{resource.type}: {answer.text}"
    wait_until(lambda: is_settled(azure.arm("GET", resource.id, version=resource.version).json()))


def is_settled(document: Any) -> bool:
    """Tell whether no operation runs on a resource; Vault and others show no state at all."""
    return get(document, "properties.provisioningState") in (None, "Succeeded")


def planned_steps(project: Project, *command: str) -> Steps:
    done = project.run(*command, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    steps = json.loads(done.stdout)["steps"]
    return {
        step["urn"].rpartition("::")[2]: (step["op"], {property_of(path) for path in step["detailedDiff"] or []})
        for step in steps
        if step["op"] not in ("same", "read", "refresh")
    }


def property_of(path: str) -> str:
    """Return the managed property that a path of a diff is in: `tags["managed-by"]` is `tags`."""
    return "tags" if path.startswith("tags") else path


def make_others(azure: Azure, group: str) -> dict[str, str]:
    """Make what the drifted resources point at instead; return the ids by their place in CHANGES."""
    log = f"{group}/providers/Microsoft.OperationalInsights/workspaces/by-hand"
    insights = f"{group}/providers/Microsoft.Insights/components/by-hand"
    make(azure, log, {"location": "eastus2", "properties": {"sku": {"name": "PerGB2018"}}}, "2023-09-01")
    properties = {"Application_Type": "web", "WorkspaceResourceId": log}
    make(azure, insights, {"location": "eastus2", "kind": "web", "properties": properties}, "2020-02-02")
    return {"{log analytics}": log, "{insights}": insights}


@pytest.fixture(scope="module")
def drift(emulator: EmulatorServer, offline: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Drift:
    """The stack, deployed, changed behind its back and repaired."""
    with Azure(emulator) as azure:
        directory = tmp_path_factory.mktemp("drift") / "repository"
        project = Project.of_the_repository(directory, {**offline, **azure.environment})
        readers = azure.control("POST", "/principals", {"kind": "Group", "name": "readers"})["id"]
        roles = f"{{readers: {{role: Reader, principalId: {readers}, principalType: Group}}}}"
        project.up_with(
            "azure-native:location: eastus2",
            "azure-mistral:acceptMarketplaceTerms: true",
            f"azure-mistral:roleAssignments: {roles}",
            "azure-mistral:tags: {team: a}",
            "azure-mistral:models:",
            f"  {CHANGED}: {{roleAssignments: {roles}}}",
            f"  {UNSUBSCRIBED}: {{}}",
            f"  {DELETED}: {{}}",
        )
        resources = custom_resources(project)
        endpoints = [each for each in resources if each.type == ENDPOINT]

        def shown() -> dict[str, Any]:
            return {each.name: managed_part(azure, each) for each in resources}

        before = shown()
        deleted = change_everything(azure, resources)
        return Drift(
            resources,
            deleted,
            before,
            changed=shown(),
            refreshed=planned_steps(project, "refresh", "--preview-only"),
            planned=planned_steps(project, "preview", "--refresh"),
            update=project.update("up", "--refresh"),
            after=shown(),
            endpoint_states=[get(azure.arm("GET", each.id).json(), "properties.endpointState") for each in endpoints],
            left=planned_steps(project, "preview", "--refresh"),
        )


def change_everything(azure: Azure, resources: list[Resource]) -> set[str]:
    """Change and delete, with raw requests; return the logical names of what was deleted."""
    others = make_others(azure, next(each.id for each in resources if each.type == "resources:ResourceGroup"))
    gone = [
        each
        for each in resources
        if each.type == ASSIGNMENT
        or (each.type in (ENDPOINT, SUBSCRIPTION) and f"-{DELETED}-" in each.name)
        or (each.type == SUBSCRIPTION and f"-{UNSUBSCRIBED}-" in each.name)
    ]
    for each in sorted(gone, key=lambda each: each.type != ENDPOINT):  # endpoints before their subscriptions
        remove(azure, each.id, each.version)
    for each in resources:
        if each not in gone and changes_of(each):
            change(azure, each, others)
    return {each.name for each in gone}


def test_every_managed_property_has_a_case(drift: Drift) -> None:
    assert {(each.type, path) for each in drift.resources for path in each.managed} == CHANGES.keys() | FIXED


def test_every_case_changes_what_azure_shows(drift: Drift) -> None:
    """The cases themselves: a change that Azure ignores would prove nothing."""
    unchanged = {
        (each.type, path)
        for each in drift.resources
        if drift.changed[each.name]
        for path, value in drift.changed[each.name].items()
        if value == drift.before[each.name][path]
    }

    assert unchanged == set()


def test_a_refresh_finds_every_drift(drift: Drift) -> None:
    changed = {each.name for each in drift.resources if changes_of(each)} - drift.deleted

    assert {name for name, (operation, _) in drift.refreshed.items() if operation == "update"} >= changed
    assert {name for name, (operation, _) in drift.refreshed.items() if operation == "delete"} == drift.deleted


def test_a_preview_with_refresh_names_every_property_that_an_update_would_repair(drift: Drift) -> None:
    found = {(each.type, path) for each in drift.resources for path in drift.planned.get(each.name, ("", set()))[1]}

    assert found == set(CHANGES)
    assert {name for name, (operation, _) in drift.planned.items() if operation == "create"} == drift.deleted
    assert {operation for operation, _ in drift.planned.values()} == {"create", "update"}


def test_an_update_with_refresh_repairs_every_drift(drift: Drift) -> None:
    assert drift.update.code == 0, drift.update.diagnostics
    assert drift.after == drift.before
    assert drift.endpoint_states == ["Online"] * 3
    assert drift.left == {}
