"""What the catalogue says about a model, fact by fact, each with its source and its doubts. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from azure_mistral.catalog import Catalog, Hosting, InstanceType, Model

NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. Without `source`, it is this project's own words or follows from the others."""

    name: str
    value: str
    source: str | None
    unverified: str | None


def facts(model: Model, catalog: Catalog) -> Iterator[Fact]:
    """Yield everything that the catalogue says about a model."""

    def fact(name: str, value: str, group: str = "") -> Fact:
        return Fact(name, value or NOT_KNOWN, model.sources.get(group), model.unverified.get(group))

    yield fact("what for", model.purpose)
    yield fact("hosting", model.hosting)
    yield fact("asset id", model.asset_id, "asset_id")
    yield fact("also known as", ", ".join((model.display_name, *model.also_known_as)))
    yield fact("locations", ", ".join(model.locations), "locations")
    yield fact("input", model.input_limit, "limits")
    yield fact("output", model.output_limit, "limits")
    yield fact("capabilities", ", ".join(model.capabilities), "capabilities")
    yield fact("languages", ", ".join(model.languages), "languages")
    yield fact("licence", model.licence, "licence")
    if model.hosting is Hosting.SERVERLESS:
        yield fact("offer", offer(model), "offer")
        yield fact("terms", model.terms)
        yield fact("prices", model.pricing)
    else:
        for number, name in enumerate(model.instance_types):
            value = f"{name}: {machine(catalog.instance_types[name])}"
            yield fact("recommended instance type" if number == 0 else "instance type", value, "instance_types")
        yield fact("needs at least", needs(model), "requirements")
    yield fact("lifecycle", lifecycle(model), "lifecycle")
    if model.replacement:
        yield fact("replacement", model.replacement, "replacement" if "replacement" in model.sources else "lifecycle")


def offer(model: Model) -> str:
    """Return the Marketplace offer by publisher, offer and plan, as far as they are known."""
    if model.offer is None:
        return ""
    plan = f", plan {model.offer.plan}" if model.offer.plan else ""
    return f"{model.offer.offer} of publisher {model.offer.publisher}{plan}"


def machine(instance_type: InstanceType) -> str:
    """Return what an instance type consists of."""
    retired = f"; Azure retired it on {instance_type.retired}" if instance_type.retired else ""
    gpus = f"{instance_type.gpus} x {instance_type.gpu} with {instance_type.gpu_memory_gb} GB"
    return f"{gpus}, {instance_type.vcpus} vCPUs of the {instance_type.family}, {instance_type.memory_gb} GB{retired}"


def needs(model: Model) -> str:
    """Return what one instance needs."""
    least = model.requirements
    if least is None:
        return ""
    return f"{least.gpus} GPU{'s' if least.gpus > 1 else ''}, {least.vcpus} vCPUs, {least.memory_gb} GB"


def lifecycle(model: Model) -> str:
    """Return the days on which stages begin. They, unlike the stage itself, do not depend on the day of asking."""
    return ", ".join(f"{stage} {milestone}" for stage, milestone in model.milestones.items()) or "no end announced"
