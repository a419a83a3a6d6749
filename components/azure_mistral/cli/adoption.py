"""How endpoints that exist come into a stack's state: settings that fit them, and a file for `pulumi import`. Pure.

What a preview would create and what a workspace holds are put together by model: a workspace has one endpoint, and one
Marketplace subscription, of each. `stack` asks for the preview, `management` asks Azure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azure_mistral.catalog import Catalog
from azure_mistral.problems import keyed
from azure_mistral.resource_id import parse_resource_id

ENDPOINT = "azure-native:machinelearningservices:ServerlessEndpoint"
MARKETPLACE_SUBSCRIPTION = "azure-native:machinelearningservices:MarketplaceSubscription"
WORKSPACE = "Microsoft.MachineLearningServices/workspaces"


def is_workspace_id(text: str) -> bool:
    """Tell whether a text is the ARM id of an Azure ML workspace."""
    try:
        return parse_resource_id(text).is_of_type(WORKSPACE)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Existing:
    """An endpoint or a Marketplace subscription of a workspace; `properties` as Azure shows them."""

    type: str
    id: str
    name: str
    properties: Mapping[str, Any]
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def model_id(self) -> str:
        """The id of its model in a registry, in lower case: Azure's ids have none."""
        settings = self.properties["modelSettings"] if self.type == ENDPOINT else self.properties
        return str(settings["modelId"]).lower()

    @property
    def model(self) -> str:
        """The name of its model in the registry, in lower case."""
        return self.model_id.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Planned:
    """A resource that the next `up` would create."""

    urn: str
    inputs: Mapping[str, Any]

    @property
    def type(self) -> str:
        """Its type, without those of its parents."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.split("::", 3)[3]

    @property
    def model_id(self) -> str:
        """The id of its model in a registry, in lower case."""
        properties = self.inputs["properties"]
        settings = properties["modelSettings"] if self.type == ENDPOINT else properties
        return str(settings["modelId"]).lower()

    def is_in(self, workspace_id: str) -> bool:
        """Tell whether it would be created in a workspace."""
        own = f"/resourcegroups/{self.inputs['resourceGroupName']}/providers/{WORKSPACE}/{self.inputs['workspaceName']}"
        return workspace_id.lower().endswith(own.lower())


@dataclass(frozen=True, slots=True)
class Preview:
    """What the next `up` would find and do."""

    planned: tuple[Planned, ...]
    """What it would create."""

    managed: frozenset[str]
    """The ids of what the stack has, in lower case."""

    import_file: Mapping[str, Any]
    """The file of `pulumi preview --import-file`: each planned resource, without ids."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What there is to do."""

    settings: Mapping[str, str]
    """Settings that make the stack want what exists, by their path in the namespace `azure-mistral`."""

    import_file: Mapping[str, Any]
    """What `pulumi import --file` takes."""

    taken: tuple[Existing, ...]
    """What is imported."""

    retagged: tuple[str, ...]
    """The names of the endpoints that get the stack's tags in the next update."""

    unplanned: tuple[Existing, ...]
    """Endpoints of models that the stack does not deploy there."""


def adopt(preview: Preview, existing: Sequence[Existing], workspace_id: str, catalog: Catalog) -> Adoption:
    """Return how the stack takes over what exists.

    Args:
        preview: What the stack has and wants.
        existing: What the workspace holds.
        workspace_id: The ARM id of the workspace.
        catalog: Where a model's slug is looked up.
    """
    slugs = {model.asset_id.lower(): model.slug for model in catalog.models.values()}
    there = {(each.type, each.model_id): each for each in existing}
    pairs = [
        (want, there[want.type, want.model_id])
        for want in preview.planned
        if want.type in (ENDPOINT, MARKETPLACE_SUBSCRIPTION)
        and want.is_in(workspace_id)
        and want.model_id in slugs
        and (want.type, want.model_id) in there
    ]
    settings = {
        f"{keyed('models', slugs[want.model_id])}.{name}": value
        for want, found in pairs
        for name, value in (_endpoint_settings if want.type == ENDPOINT else _subscription_settings)(want, found)
    }
    # A subscription of another name than ours is used as it is: the stack neither owns nor deletes it.
    taken = [(want, found) for want, found in pairs if want.type == ENDPOINT or want.inputs["name"] == found.name]
    endpoints = [(want, found) for want, found in taken if want.type == ENDPOINT]
    wanted = {found.id.lower() for _, found in pairs} | preview.managed
    return Adoption(
        settings=dict(sorted(settings.items())),  # the engine has no order of its own
        import_file=_filled(preview.import_file, {(want.type, want.name): found.id for want, found in taken}),
        taken=tuple(found for _, found in taken),
        retagged=tuple(sorted(found.name for want, found in endpoints if want.inputs.get("tags", {}) != found.tags)),
        unplanned=tuple(each for each in existing if each.type == ENDPOINT and each.id.lower() not in wanted),
    )


def _endpoint_settings(want: Planned, found: Existing) -> Iterator[tuple[str, str]]:
    if want.inputs["name"] != found.name:
        yield "endpointName", found.name
    properties = want.inputs["properties"]
    if properties["authMode"] != found.properties["authMode"]:
        yield "authMode", found.properties["authMode"]
    # Azure leaves it out where it was never set, and filters then: see `serverless`.
    safety = (found.properties.get("contentSafety") or {}).get("contentSafetyStatus", "Enabled")
    if properties["contentSafety"]["contentSafetyStatus"] != safety:
        yield "contentSafety", safety


def _subscription_settings(want: Planned, found: Existing) -> Iterator[tuple[str, str]]:
    if want.inputs["name"] != found.name:
        yield "marketplaceSubscription", found.name


def _filled(import_file: Mapping[str, Any], ids: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Return the file with the ids of what exists, without what does not exist.

    Components stay: Azure has nothing that corresponds to them, so their import only enters them into the state.
    """
    resources = []
    for entry in import_file.get("resources", []):  # without any the engine writes {}
        resource_id = ids.get((entry["type"], entry.get("logicalName") or entry["name"]))
        if entry.get("component"):
            resources.append(entry)
        elif resource_id:
            resources.append({**entry, "id": resource_id})
    return {**import_file, "resources": resources}
