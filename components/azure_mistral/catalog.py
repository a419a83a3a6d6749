"""The models, instance types and locations that Azure offers, and questions about them. Pure; data: `catalog.toml`."""

import datetime as dt
import functools
import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from azure_mistral.problems import nearest

# Microsoft's lifecycle policy, in model-lifecycle-retirement.md of MicrosoftDocs/azure-ai-docs: a model is legacy for
# at least 30 days, then deprecated for at least 90, before it is retired.
_DEPRECATED_BEFORE_RETIRED = dt.timedelta(days=90)
_LEGACY_BEFORE_RETIRED = dt.timedelta(days=120)

# Models of this registry are Microsoft's own or open: no Marketplace offer, so no Marketplace subscription. The Bicep
# sample in deploy-models-serverless.md of MicrosoftDocs/azure-ai-docs has the same rule.
OPEN_REGISTRY = "azureml"


class Hosting(StrEnum):
    """How Azure runs a model."""

    SERVERLESS = "serverless"  # a serverless endpoint: Azure's own compute, paid by token
    MANAGED = "managed"  # a managed online endpoint: GPU machines of the Azure subscription, paid by hour


# The registries that Mistral's models are in, and how Azure runs those of each.
HOSTINGS = {"azureml-mistral": Hosting.SERVERLESS, OPEN_REGISTRY: Hosting.MANAGED}


class Stage(StrEnum):
    """Where a model is in its life on Azure."""

    AVAILABLE = "available"
    LEGACY = "legacy"  # new deployments are still allowed
    DEPRECATED = "deprecated"  # no new deployments; existing ones answer
    RETIRED = "retired"  # existing endpoints answer 404


@dataclass(frozen=True, slots=True)
class Milestone:
    """The UTC day on which a stage begins; `derived` when only the policy says so, not a source about this model."""

    day: dt.date
    derived: bool = False

    def __str__(self) -> str:
        return f"{self.day.isoformat()}{' (derived from the retirement date)' if self.derived else ''}"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a Marketplace subscription subscribes to."""

    publisher: str
    offer: str
    plan: str | None = None

    @property
    def page(self) -> str:
        """The address of the offer's page in the Azure Marketplace."""
        return f"https://azuremarketplace.microsoft.com/en-us/marketplace/apps/{self.publisher}.{self.offer}"


@dataclass(frozen=True, slots=True)
class AssetId:
    """The parts of `azureml://registries/<registry>/models/<name>[/versions/<version>]`."""

    registry: str
    name: str
    version: int | None


_ASSET_ID = re.compile(r"azureml://registries/([^/\s]+)/models/([^/\s]+)(?:/versions/(\d+))?")


def parse_asset_id(text: str) -> AssetId:
    """Return the parts of a model's asset id; raises ValueError when the text is none."""
    match = _ASSET_ID.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not the asset id of a model")
    return AssetId(match[1], match[2], int(match[3]) if match[3] else None)


@dataclass(frozen=True, slots=True)
class InstanceType:
    """A VM size that managed online endpoints can have, and the family whose quota of vCPUs it uses.

    With `upgrade_reserve`, Azure wants quota for 20 % more instances than are deployed, for upgrades.
    """

    name: str
    family: str
    vcpus: int
    memory_gb: int
    gpus: int
    gpu: str
    gpu_memory_gb: int
    upgrade_reserve: bool
    retired: dt.date | None


@dataclass(frozen=True, slots=True)
class Requirements:
    """What one instance of a model needs at least."""

    vcpus: int
    gpus: int
    memory_gb: int

    def met_by(self, instance_type: InstanceType) -> bool:
        """Tell whether an instance type is large enough."""
        return (
            instance_type.vcpus >= self.vcpus
            and instance_type.gpus >= self.gpus
            and instance_type.memory_gb >= self.memory_gb
        )


@dataclass(frozen=True, slots=True)
class Model:
    """One model that Azure deploys.

    `instance_types`, the first of which is recommended, and `requirements` are of models on managed compute; `offer`,
    and the addresses of its `terms` and `pricing`, are of serverless ones. What has a default is not known of a model
    that a user describes by its asset id.
    """

    slug: str
    name: str
    display_name: str
    hosting: Hosting
    registry: str
    version: int | None
    locations: tuple[str, ...]
    instance_types: tuple[str, ...]
    terms: str
    pricing: str
    also_known_as: tuple[str, ...] = ()
    purpose: str = ""
    input_limit: str = ""
    output_limit: str = ""
    capabilities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licence: str = ""
    requirements: Requirements | None = None
    offer: Offer | None = None
    milestones: Mapping[Stage, Milestone] = field(default_factory=dict)
    replacement: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    unverified: Mapping[str, str] = field(default_factory=dict)

    @property
    def asset_id(self) -> str:
        """The id that a deployment names. A serverless one has no version: Azure always deploys the latest."""
        asset_id = f"azureml://registries/{self.registry}/models/{self.name}"
        return f"{asset_id}/versions/{self.version}" if self.hosting is Hosting.MANAGED else asset_id

    @property
    def recommended_instance_type(self) -> str | None:
        """The instance type of a managed deployment that names none; None for a serverless model."""
        return self.instance_types[0] if self.instance_types else None

    @property
    def needs_marketplace_subscription(self) -> bool:
        """Whether the workspace has to subscribe to an offer before it can deploy the model."""
        return self.registry != OPEN_REGISTRY

    def stage(self, day: dt.date) -> Stage:
        """Return the stage in which the model is on a UTC day."""
        for stage in (Stage.RETIRED, Stage.DEPRECATED, Stage.LEGACY):
            if stage in self.milestones and self.milestones[stage].day <= day:
                return stage
        return Stage.AVAILABLE

    def is_outgoing(self, day: dt.date) -> bool:
        """Tell whether Azure refuses new deployments of the model on a UTC day."""
        return self.stage(day) in (Stage.DEPRECATED, Stage.RETIRED)


@dataclass(frozen=True, slots=True)
class Location:
    """An ARM location in which a workspace can have serverless endpoints."""

    name: str
    display_name: str
    code: str


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every model by slug, every location and every instance type by name."""

    models: Mapping[str, Model]
    locations: Mapping[str, Location]
    instance_types: Mapping[str, InstanceType]

    def instance_type(self, name: str) -> InstanceType | None:
        """Return the instance type of a name, whose case Azure doesn't mind, or None when it is not known here."""
        return next((each for each in self.instance_types.values() if each.name.lower() == name.lower()), None)

    def nearest_model(self, word: str, hosting: Hosting | None = None) -> Model | None:
        """Return the model, of any hosting or of one, whose slug, registry name or other name is or is near `word`."""
        models = [model for model in self.models.values() if hosting is None or hosting is model.hosting]
        names = {model.slug: model for model in models}
        for model in models:
            for name in (model.name, *model.also_known_as):
                names.setdefault(name.lower(), model)
        found = nearest(word, names)
        return names[found] if found else None

    def deployable(self, day: dt.date, location: str | None = None, hosting: Hosting | None = None) -> tuple[str, ...]:
        """Return the slugs of the models that Azure deploys anew on a day, with a hosting and in a location or any."""
        return tuple(
            model.slug
            for model in self.models.values()
            if not model.is_outgoing(day)
            and (location is None or location in model.locations)
            and (hosting is None or hosting is model.hosting)
        )

    def successor(self, model: Model, day: dt.date) -> str | None:
        """Return the slug that replaces `model` on a day: the first replacement that is not itself on its way out."""
        slug = model.replacement
        while slug and slug in self.models and self.models[slug].is_outgoing(day):
            slug = self.models[slug].replacement
        return slug


@functools.cache
def load_catalog() -> Catalog:
    """Return the catalogue of this package, read on the first call."""
    text = importlib.resources.files(__package__).joinpath("catalog.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    locations = {entry["name"]: Location(**entry) for entry in data["location"]}
    instance_types = {entry["name"]: _instance_type(entry) for entry in data["instance_type"]}
    models = (_model(entry, tuple(locations), data["source"]) for entry in data["model"])
    return Catalog(
        MappingProxyType({model.slug: model for model in models}),
        MappingProxyType(locations),
        MappingProxyType(instance_types),
    )


def _instance_type(entry: Mapping[str, Any]) -> InstanceType:
    return InstanceType(**{"retired": None, **entry})


def _model(entry: Mapping[str, Any], everywhere: tuple[str, ...], sources: Mapping[str, str]) -> Model:
    registry, name, version = entry["registry"], entry["name"], entry["version"]
    # Every model has a card, with a tab for pricing and terms.
    card = f"https://ai.azure.com/explore/models/{name}/version/{version}/registry/{registry}"
    offer = Offer(**entry["offer"]) if "offer" in entry else None
    lifecycle = entry.get("lifecycle", {})
    return Model(
        slug=entry["slug"],
        name=name,
        display_name=entry["display_name"],
        hosting=Hosting(entry["hosting"]),
        registry=registry,
        version=version,
        locations=tuple(entry.get("locations", everywhere)),
        instance_types=tuple(entry.get("instance_types", ())),
        terms=f"{offer.page}?tab=Overview" if offer else card,
        pricing=f"{offer.page}?tab=PlansAndPrice" if offer else card,
        also_known_as=tuple(entry["also_known_as"]),
        purpose=entry["purpose"],
        input_limit=entry["input_limit"],
        output_limit=entry["output_limit"],
        capabilities=tuple(entry["capabilities"]),
        languages=tuple(entry["languages"]),
        licence=entry["licence"],
        requirements=Requirements(**entry["requirements"]) if "requirements" in entry else None,
        offer=offer,
        milestones=MappingProxyType(_milestones(lifecycle)),
        replacement=lifecycle.get("replacement"),
        sources=MappingProxyType({fact: sources[source] for fact, source in entry["sources"].items()}),
        unverified=MappingProxyType(entry.get("unverified", {})),
    )


def _milestones(lifecycle: Mapping[str, Any]) -> dict[Stage, Milestone]:
    known = {stage: Milestone(lifecycle[stage]) for stage in Stage if stage in lifecycle}
    if Stage.RETIRED not in known:
        return known
    retired = known[Stage.RETIRED].day
    return {
        Stage.LEGACY: Milestone(retired - _LEGACY_BEFORE_RETIRED, derived=True),
        Stage.DEPRECATED: Milestone(retired - _DEPRECATED_BEFORE_RETIRED, derived=True),
        **known,
    }
