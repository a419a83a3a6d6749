"""`azure-mistral models`: shows the catalogue. Offline; needs neither Pulumi nor Azure, and no stack."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from azure_mistral import plan
from azure_mistral.catalog import Catalog, Hosting, Model, Stage, load_catalog
from azure_mistral.cli.model_facts import facts, needs
from azure_mistral.config import location_name
from azure_mistral.problems import Problem, listed, nearest, shown

_COLOURS = {Stage.AVAILABLE: "green", Stage.LEGACY: "yellow", Stage.DEPRECATED: "red", Stage.RETIRED: "red dim"}
_DOUBT = " ?"


def models(
    slug: Annotated[str | None, typer.Argument(help="The model to show in full. Default: a table of all.")] = None,
    hosting: Annotated[Hosting | None, typer.Option(help="Only those that Azure runs so.")] = None,
    location: Annotated[str | None, typer.Option(help="Only those that this location offers.")] = None,
    capability: Annotated[str | None, typer.Option(help="Only those that can do this, such as tools or ocr.")] = None,
    stage: Annotated[Stage | None, typer.Option(help="Only those that are in this stage today.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the models that Azure deploys, or all that is known about one of them."""
    catalog = load_catalog()
    if slug is not None:
        _show_one(_found(slug, catalog), catalog, as_json=as_json)
        return
    where = location_name(location) if location else None
    capabilities = sorted({each for model in catalog.models.values() for each in model.capabilities})
    _check("--location", where, list(catalog.locations))
    _check("--capability", capability, capabilities)
    chosen = [
        model
        for model in catalog.models.values()
        if (hosting is None or model.hosting is hosting)
        and (where is None or where in model.locations)
        and (capability is None or capability in model.capabilities)
        and (stage is None or model.stage(plan.utc_today()) is stage)
    ]
    if as_json:
        typer.echo(json.dumps([_as_json(model) for model in chosen], indent=2, ensure_ascii=False))
    else:
        _show_table(chosen)


def _show_table(chosen: list[Model]) -> None:
    table = Table(
        "Model", "Hosting", "Stage", "Retires", "Input", "Capabilities", "Locations", "Needs", box=None, pad_edge=False
    )
    everywhere = len(load_catalog().locations)
    for model in chosen:
        stage = model.stage(plan.utc_today())
        retired = model.milestones.get(Stage.RETIRED)
        locations = f"all {everywhere}" if len(model.locations) == everywhere else ", ".join(model.locations)
        doubts = dict.fromkeys(model.unverified, _DOUBT)
        table.add_row(
            model.slug,
            model.hosting,
            Text(stage, style=_COLOURS[stage]),
            (retired.day.isoformat() if retired else "") + doubts.get("lifecycle", ""),
            model.input_limit + doubts.get("limits", ""),
            ", ".join(model.capabilities) + doubts.get("capabilities", ""),
            locations + doubts.get("locations", ""),
            needs(model) + doubts.get("requirements", ""),
        )
    out = _console()
    out.print(table)
    out.print("? is unverified: `azure-mistral models MODEL` tells why, and where the rest comes from.", style="dim")


def _show_one(model: Model, catalog: Catalog, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_as_json(model), indent=2, ensure_ascii=False))
        return
    out = _console()
    out.print(Text(f"{model.slug}: {model.stage(plan.utc_today())} today"), style="bold")
    table = Table(box=None, show_header=False, pad_edge=False)
    for fact in facts(model, catalog):
        value = Text(fact.value)
        if fact.unverified:
            value.append(f"\nunverified: {fact.unverified}", style="yellow")
        if fact.source:
            value.append(f"\nfrom {fact.source}", style="dim")
        table.add_row(Text(fact.name), value)
    out.print(table)


def _as_json(model: Model) -> dict[str, Any]:
    offer = model.offer
    return {
        "slug": model.slug,
        "name": model.name,
        "alsoKnownAs": list(model.also_known_as),
        "purpose": model.purpose,
        "hosting": model.hosting,
        "assetId": model.asset_id,
        "stage": model.stage(plan.utc_today()),
        "lifecycle": {
            stage: {"day": milestone.day.isoformat(), "derived": milestone.derived}
            for stage, milestone in model.milestones.items()
        },
        "replacement": model.replacement,
        "locations": list(model.locations),
        "inputLimit": model.input_limit,
        "outputLimit": model.output_limit,
        "capabilities": list(model.capabilities),
        "languages": list(model.languages),
        "licence": model.licence,
        "offer": {"publisher": offer.publisher, "offer": offer.offer, "plan": offer.plan} if offer else None,
        "terms": model.terms,
        "pricing": model.pricing,
        "recommendedInstanceType": model.recommended_instance_type,
        "instanceTypes": list(model.instance_types),
        "requirements": {
            "vcpus": model.requirements.vcpus,
            "gpus": model.requirements.gpus,
            "memoryGb": model.requirements.memory_gb,
        }
        if model.requirements
        else None,
        "sources": dict(model.sources),
        "unverified": dict(model.unverified),
    }


def _found(slug: str, catalog: Catalog) -> Model:
    model = catalog.models.get(slug)
    if model is None:
        near = catalog.nearest_model(slug)
        raise _refusal(
            "model",
            f"the catalogue has no model {shown(slug)}",
            catalog.models,
            f"Write {near.slug}" if near else "Choose one of them",
        )
    return model


def _check(option: str, value: str | None, words: list[str]) -> None:
    if value is not None and value not in words:
        near = nearest(value, words)
        advice = f"Write {near}" if near else "Choose one of them"
        raise _refusal(option, f"no model of the catalogue has {shown(value)}", words, advice)


def _refusal(path: str, wrong: str, words: Any, advice: str) -> typer.Exit:
    problem = Problem(path, wrong, f"{listed(words, 'or')} is accepted", advice)
    Console(stderr=True, soft_wrap=True).print(str(problem), markup=False, highlight=False, style="red")
    return typer.Exit(1)


def _console() -> Console:
    """Return stdout; where it is no terminal, one that is wide enough for every row."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(width=240, highlight=False)
