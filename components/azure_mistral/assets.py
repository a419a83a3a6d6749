"""Models that the catalogue does not have, described by their asset ids and what is known of them. Pure.

`config` reads the descriptions, as the setting `asset` of a model; here they become models like any other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NotRequired, TypedDict

from azure_mistral import naming
from azure_mistral.catalog import HOSTINGS, Catalog, Hosting, Model, parse_asset_id
from azure_mistral.config import Asset
from azure_mistral.problems import Problem, listed, nearest, shown


class AssetArgs(TypedDict):
    """A model that the catalogue does not have."""

    id: str
    """Required. Asset id of the model. Its registry tells the hosting: azureml-mistral serverless, azureml managed."""

    locations: NotRequired[list[str]]
    """Optional. Locations that offer the model. Defaults to every location known for its hosting."""

    terms: NotRequired[str]
    """Conditional. Address of the Marketplace terms. Required for a serverless model."""

    pricing: NotRequired[str]
    """Conditional. Address of the Marketplace prices. Required for a serverless model."""

    instance_types: NotRequired[list[str]]
    """Conditional. VM sizes that the model may run on, the default first. Required for a managed model."""


# What the description of a model has to say, and may say, in one hosting only: by field, with the setting's name.
_NEEDED = {
    "terms": ("terms", Hosting.SERVERLESS, "The address of a page with its Marketplace terms is accepted"),
    "pricing": ("pricing", Hosting.SERVERLESS, "The address of a page with its Marketplace prices is accepted"),
    "instance_types": ("instanceTypes", Hosting.MANAGED, "A list of the instance types that it runs on is accepted"),
}


def as_args(asset: Asset) -> AssetArgs:
    """Return a description that was read as an argument again."""
    args: AssetArgs = {
        "id": asset.id,
        "locations": list(asset.locations),
        "instance_types": list(asset.instance_types),
    }
    if asset.terms:
        args["terms"] = asset.terms
    if asset.pricing:
        args["pricing"] = asset.pricing
    return args


def with_own_models(catalog: Catalog, assets: Mapping[str, Asset | None]) -> Catalog:
    """Return the catalogue with the described models under their slugs. Those that it has already stay as they are."""
    own = {
        slug: _model(slug, asset, catalog)
        for slug, asset in assets.items()
        if asset is not None and asset.id and slug not in catalog.models
    }
    return replace(catalog, models=MappingProxyType({**catalog.models, **own})) if own else catalog


def asset_problems(slug: str, asset: Asset, catalog: Catalog, slug_path: str, path: str) -> Iterator[Problem]:
    """Yield what is wrong with the description of a model beyond the form of its values.

    Args:
        slug: The name that the user gave the model.
        asset: Its description.
        catalog: The models that are known, without the user's own.
        slug_path: What to blame for the slug.
        path: The path of the description.
    """
    if not asset.id:
        return  # it was refused when it was read
    known = next((model for model in catalog.models.values() if model.asset_id.lower() == asset.id.lower()), None)
    if slug in catalog.models:
        yield Problem(
            path,
            f"{slug} is a model of the catalogue, which has its asset id, {catalog.models[slug].asset_id}",
            "An asset is accepted for a model that the catalogue does not have",
            f"Leave asset out, or call the model something else than {slug}",
        )
        return
    if known:
        yield Problem(
            f"{path}.id",
            f"{shown(asset.id)} is {known.slug} of the catalogue",
            "An asset is accepted for a model that the catalogue does not have",
            f"Call the model {known.slug}, and leave asset out",
        )
    if not naming.SLUG.fullmatch(slug):
        yield Problem(slug_path, f"{shown(slug)} cannot be the start of Azure names", naming.SLUG_RULE, "Rename it")
    yield from _hosting_problems(asset, path)
    for location in asset.locations:
        if location not in catalog.locations:
            near = nearest(location, catalog.locations)
            yield Problem(
                f"{path}.locations",
                f"{shown(location)} is not a location known here",
                f"{listed(catalog.locations, 'or')} is accepted",
                f"Write {near}" if near else "Choose one of them",
            )
    for name in asset.instance_types:
        if catalog.instance_type(name) is None:
            near = nearest(name, catalog.instance_types)
            yield Problem(
                f"{path}.instanceTypes",
                f"{shown(name)} is not an instance type known here",
                f"{listed(catalog.instance_types, 'or')} is accepted",
                f"Write {near}" if near else "Choose one of them",
            )


def _hosting_problems(asset: Asset, path: str) -> Iterator[Problem]:
    registry = parse_asset_id(asset.id).registry
    for field, (name, hosting, accepted) in _NEEDED.items():
        given = getattr(asset, field)
        if not given and HOSTINGS[registry] is hosting:
            yield Problem(
                f"{path}.{name}",
                f"it is missing, and the hosting of a model of the registry {registry} is {hosting}",
                accepted,
                "Add it",
            )
        elif given and HOSTINGS[registry] is not hosting:
            yield Problem(
                f"{path}.{name}",
                f"{shown(given)} says something about the hosting {hosting}, and that of a model of the registry "
                f"{registry} is {HOSTINGS[registry]}",
                f"It is accepted where the hosting is {hosting}",
                "Remove it",
            )


def _model(slug: str, asset: Asset, catalog: Catalog) -> Model:
    parsed = parse_asset_id(asset.id)
    known = (catalog.instance_type(name) for name in asset.instance_types)
    return Model(
        slug=slug,
        name=parsed.name,
        display_name=parsed.name,
        hosting=HOSTINGS[parsed.registry],
        registry=parsed.registry,
        version=parsed.version,
        locations=asset.locations or tuple(catalog.locations),
        instance_types=tuple(each.name for each in known if each),
        terms=asset.terms or "",
        pricing=asset.pricing or "",
    )
