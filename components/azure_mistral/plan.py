"""What will exist, where, under which names; and what Azure would refuse, before it is asked. Pure, without Pulumi.

configuration + catalogue + day  ->  review     problems and warnings
the same + names                 ->  make_plan  workspaces and deployments
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azure_mistral import compute, naming
from azure_mistral.assets import asset_problems, with_own_models
from azure_mistral.catalog import Catalog, Hosting, Model, Stage
from azure_mistral.compute import OnlineDeployment
from azure_mistral.config import (
    AAD,
    AAD_TOKEN,
    CREATE,
    MANAGED_AUTH_MODES,
    MANAGED_OPTIONS,
    NEW_WORKSPACE,
    SERVERLESS_AUTH_MODES,
    SERVERLESS_OPTIONS,
    Asset,
    Configuration,
    ModelOptions,
    RoleAssignment,
    WorkspaceOptions,
)
from azure_mistral.naming import Names
from azure_mistral.problems import Problem, Review, keyed, listed, nearest, shown
from azure_mistral.settings import capital, is_output


@dataclass(frozen=True, slots=True)
class PlannedDeployment:
    """One model in one location. `after` is the deployment that must be complete first, when they are serialised.

    `online_deployments` are those behind the endpoint of a model on managed compute; a serverless one has none. The
    name of its endpoint is None when it depends on an identity that is not known yet.
    """

    name: str
    model: Model
    location: str
    endpoint_name: str | None
    options: ModelOptions
    after: str | None
    online_deployments: tuple[OnlineDeployment, ...]

    @property
    def marketplace_subscription_name(self) -> str | None:
        """The name of the Marketplace subscription, existing or not, or None when the model needs none."""
        if not self.model.needs_marketplace_subscription:
            return None
        asked = self.options.marketplace_subscription
        return naming.marketplace_subscription_name(self.model.slug) if asked in (None, CREATE) else asked


@dataclass(frozen=True, slots=True)
class PlannedWorkspace:
    """The workspace of one location, and what is deployed in it."""

    name: str
    location: str
    deployments: tuple[PlannedDeployment, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a stack of models will contain; roles, tags and `workspace_options` are for every workspace."""

    workspaces: tuple[PlannedWorkspace, ...]
    workspace_options: WorkspaceOptions
    role_assignments: Mapping[str, RoleAssignment]
    tags: Mapping[str, Any]
    warnings: tuple[str, ...]

    @property
    def deployments(self) -> tuple[PlannedDeployment, ...]:
        """Every deployment of every workspace."""
        return tuple(deployment for workspace in self.workspaces for deployment in workspace.deployments)


def utc_today() -> dt.date:
    """Return the day by which models are legacy, deprecated or retired. Azure's dates are UTC."""
    return dt.datetime.now(dt.UTC).date()


def review(
    configuration: Configuration, catalog: Catalog, day: dt.date, *, name: str, default_location: str | None
) -> Review:
    """Return everything that would be refused, and what to be warned of.

    Args:
        configuration: As read, even when its reading found problems.
        catalog: What Azure offers.
        day: The UTC day of the deployment.
        name: The start of every logical name.
        default_location: The provider's location, for a configuration that names none.
    """
    locations, path = _stack_locations(configuration, default_location)
    known, catalog = catalog, with_own_models(catalog, _assets(configuration))
    problems = [
        *_stack_location_problems(configuration, locations, path, catalog),
        *_terms_list_problems(configuration, catalog, day),
        *workspace_problems(configuration.workspace, "workspace.id", "workspace."),
    ]
    warnings: list[str] = []
    unaccepted: list[Model] = []
    for slug, options in configuration.models.items():
        model_path = keyed("models", slug)
        model = catalog.models.get(slug)
        if options.asset:
            problems.extend(asset_problems(slug, options.asset, known, model_path, f"{model_path}.asset"))
            if model is None:
                continue  # the asset's id was refused
        if model is None:
            problems.append(unknown_model_problem(slug, model_path, catalog, day))
            continue
        problems.extend(_model_location_problems(model, options, locations, path, model_path, catalog, day))
        lifecycle = review_lifecycle(
            model, options.allow_retired, day, catalog, model_path, f"{model_path}.allowRetired"
        )
        problems.extend(lifecycle.problems)
        warnings.extend(lifecycle.warnings)
        problems.extend(_hosting_problems(model, options, model_path))
        if model.hosting is Hosting.MANAGED:
            found = compute.review_compute(model, options, catalog, day, model_path)
            problems.extend(found.problems)
            warnings.extend(found.warnings)
            continue
        subscription = options.marketplace_subscription or CREATE
        if problem := existing_subscription_problem(model, subscription, f"{model_path}.marketplaceSubscription"):
            problems.append(problem)
        if _buys(model, subscription) and not configuration.accepts_terms_of(slug):
            unaccepted.append(model)
    if unaccepted:
        problems.append(unaccepted_terms_problem(unaccepted))
    quota = review_quota(configuration, known, default_location)
    problems.extend(quota.problems)
    warnings.extend(quota.warnings)
    problems.extend(_repeated_endpoint_names(configuration, catalog, locations))
    used = _used(configuration, catalog, locations)
    if configuration.workspace.id is None:
        longest = max((catalog.locations[location].code for location in used), key=len, default="")
        problems.extend(naming.workspace_name_problems(f"{name}-{longest}", name))
    elif len(used) > 1:
        problems.append(
            Problem(
                "workspace.id",
                f"one existing workspace cannot serve {listed(used)}",
                "One location, that of the workspace, is accepted with it",
                "Leave one location, or make a stack for each workspace",
            )
        )
    return Review(tuple(problems), tuple(warnings))


def review_quota(configuration: Configuration, catalog: Catalog, default_location: str | None) -> Review:
    """Return where managed models need more than the quota, for all models of a location together."""
    catalog = with_own_models(catalog, _assets(configuration))
    stack_locations, _ = _stack_locations(configuration, default_location)
    needed: list[compute.Need] = []
    for slug, options in configuration.models.items():
        model = catalog.models.get(slug)
        if model and model.hosting is Hosting.MANAGED:
            deployments = compute.online_deployments(model, options, catalog)
            for location in _locations_of(model, options, stack_locations):
                needed.extend(compute.needs(slug, location, deployments, catalog))
    return compute.review_quota(needed, configuration.quota)


def make_plan(
    configuration: Configuration,
    catalog: Catalog,
    day: dt.date,
    names: Names,
    *,
    name: str,
    default_location: str | None,
) -> Plan:
    """Return what will exist. Only for a configuration that `review` has no problem with.

    Args:
        configuration: What is asked for.
        catalog: What Azure offers.
        day: The UTC day of the deployment.
        names: What the names of endpoints are made of.
        name: The start of every logical name.
        default_location: The provider's location, for a configuration that names none.
    """
    stack_locations, _ = _stack_locations(configuration, default_location)
    known, catalog = catalog, with_own_models(catalog, _assets(configuration))
    workspaces = []
    for location in _used(configuration, catalog, stack_locations):
        code = catalog.locations[location].code
        deployments: list[PlannedDeployment] = []
        for slug, options in configuration.models.items():
            model = catalog.models[slug]
            if location in _locations_of(model, options, stack_locations):
                previous = deployments[-1].name if deployments and configuration.serialize_deployments else None
                endpoint_name: str | None = options.endpoint_name or naming.endpoint_name(slug, location, names)
                online: tuple[OnlineDeployment, ...] = ()
                if model.hosting is Hosting.MANAGED:
                    endpoint_name = options.endpoint_name or _online_endpoint_name(slug, location, names, options)
                    online = compute.online_deployments(model, options, catalog)
                logical_name = f"{name}-{slug}-{code}"
                deployments.append(
                    PlannedDeployment(logical_name, model, location, endpoint_name, options, previous, online)
                )
        workspaces.append(PlannedWorkspace(f"{name}-{code}", location, tuple(deployments)))
    findings = review(configuration, known, day, name=name, default_location=default_location)
    return Plan(
        tuple(workspaces),
        configuration.workspace,
        configuration.role_assignments,
        configuration.tags,
        findings.warnings,
    )


def review_deployment(
    slug: str,
    location: str,
    *,
    asset: Asset | None = None,
    marketplace_subscription: str,
    allow_retired: bool,
    accepts_terms: bool,
    catalog: Catalog,
    day: dt.date,
) -> Review:
    """Return what `review` would say about one model in one location, with the paths of a deployment's arguments."""
    described = tuple(asset_problems(slug, asset, catalog, "model", "asset")) if asset else ()
    catalog = with_own_models(catalog, {slug: asset})
    model = catalog.models.get(slug)
    wrong_location = location_problem(location, "location", catalog)
    if model is None or wrong_location or described:
        unknown = None if model or asset else unknown_model_problem(slug, "model", catalog, day, Hosting.SERVERLESS)
        return Review((*described, *(problem for problem in (unknown, wrong_location) if problem)), ())
    if model.hosting is not Hosting.SERVERLESS:
        return Review((_other_hosting_problem(model, "model", catalog, day),), ())
    lifecycle = review_lifecycle(model, allow_retired, day, catalog, "model", "allowRetired")
    problems = list(lifecycle.problems)
    if location not in model.locations:
        problems.append(not_offered_problem(model, location, "location", catalog, day))
    if problem := existing_subscription_problem(model, marketplace_subscription, "marketplaceSubscription"):
        problems.append(problem)
    if _buys(model, marketplace_subscription) and not accepts_terms:
        problems.append(unaccepted_terms_problem([model]))
    return Review(tuple(problems), lifecycle.warnings)


def review_managed_deployment(
    slug: str, location: str, options: ModelOptions, catalog: Catalog, day: dt.date
) -> Review:
    """Return what `review` would say about one managed model in one location, with the paths of its arguments.

    What its instances need of the quota is not among it: that is counted for all models of a stack together.
    """
    asset = options.asset
    described = tuple(asset_problems(slug, asset, catalog, "model", "asset")) if asset else ()
    catalog = with_own_models(catalog, {slug: asset})
    model = catalog.models.get(slug)
    wrong_location = location_problem(location, "location", catalog)
    if model is None or wrong_location or described:
        unknown = None if model or asset else unknown_model_problem(slug, "model", catalog, day, Hosting.MANAGED)
        return Review((*described, *(problem for problem in (unknown, wrong_location) if problem)), ())
    if model.hosting is not Hosting.MANAGED:
        return Review((_other_hosting_problem(model, "model", catalog, day),), ())
    lifecycle = review_lifecycle(model, options.allow_retired, day, catalog, "model", "allowRetired")
    problems = list(lifecycle.problems)
    if location not in model.locations:
        problems.append(not_offered_problem(model, location, "location", catalog, day))
    found = compute.review_compute(model, options, catalog, day, "")
    return Review((*problems, *found.problems), (*lifecycle.warnings, *found.warnings))


_DEPLOYED = {Hosting.SERVERLESS: "as serverless endpoints", Hosting.MANAGED: "on managed compute"}


def unknown_model_problem(
    slug: str, path: str, catalog: Catalog, day: dt.date, hosting: Hosting | None = None
) -> Problem:
    """Return the problem of a slug that is not in the catalogue, or not in that part of it."""
    near = catalog.nearest_model(slug, hosting)
    return Problem(
        path,
        f"there is no model {shown(slug)} among those that Azure deploys{f' {_DEPLOYED[hosting]}' if hosting else ''}",
        f"{listed(catalog.deployable(day, hosting=hosting), 'or')} is accepted",
        f"Write {near.slug}" if near else "Choose one of them",
    )


def review_lifecycle(
    model: Model, allow_retired: bool, day: dt.date, catalog: Catalog, path: str, switch: str
) -> Review:
    """Return what a model's age means for its deployment on a day.

    Args:
        model: The model.
        allow_retired: Whether a deprecated or retired model is tried all the same.
        day: The UTC day of the deployment.
        catalog: Where the model's replacement is looked up.
        path: What to blame.
        switch: The path of the setting that turns the refusal into a warning.
    """
    stage = model.stage(day)
    if stage is Stage.AVAILABLE:
        return Review((), ())
    since = model.milestones[stage]
    retirement = f", to be retired on {model.milestones[Stage.RETIRED]}" if Stage.RETIRED in model.milestones else ""
    found = {
        Stage.LEGACY: f"{model.slug} is legacy since {since}{retirement}",
        Stage.DEPRECATED: f"{model.slug} is deprecated since {since}{retirement}; Azure refuses new deployments of it",
        Stage.RETIRED: f"{model.slug} is retired since {since}; Azure refuses to deploy it and endpoints answer 404",
    }[stage]
    successor = catalog.successor(model, day)
    if successor in catalog.models:
        advice = f"Use {successor}, which replaces it"
    elif successor:
        advice = f"Microsoft names {successor} as its replacement, which is not deployed in a workspace; remove it here"
    else:
        advice = "Choose another model"
    if stage is Stage.LEGACY or allow_retired:
        return Review((), (f"{path}: {found}. {advice}.",))
    accepted = "Models that are available or legacy are accepted"
    return Review((Problem(path, found, accepted, f"{advice}, or try it all the same with {switch}: true"),), ())


def workspace_problems(options: WorkspaceOptions, id_path: str, prefix: str) -> Iterator[Problem]:
    """Yield the problems of settings for a new workspace beside the id of an existing one.

    Args:
        options: The settings.
        id_path: The path of the id.
        prefix: What the paths of the other settings start with.
    """
    if options.id is None:
        return
    for setting in NEW_WORKSPACE:
        value = getattr(options, setting.snake_name)
        if value is not None:
            yield Problem(
                f"{prefix}{setting.name}",
                f"{shown(value)} is for a new workspace, and {id_path} names an existing one, which has its own",
                "One of the two is accepted",
                "Remove the other",
            )


def existing_subscription_problem(model: Model, marketplace_subscription: str, path: str) -> Problem | None:
    """Return the problem of an existing Marketplace subscription for a model that has no offer there, or None."""
    if marketplace_subscription == CREATE or model.needs_marketplace_subscription:
        return None
    return Problem(
        path,
        f"{shown(marketplace_subscription)} cannot be for {model.slug}, a model of the registry {model.registry}, "
        "which is not sold in the Azure Marketplace",
        "No Marketplace subscription is accepted for it",
        "Leave it out",
    )


def unaccepted_terms_problem(models: Iterable[Model]) -> Problem:
    """Return the problem of Marketplace offers whose terms nobody accepted."""
    offers = "; ".join(_offer(model) for model in models)
    return Problem(
        "acceptMarketplaceTerms",
        f"nobody accepted the Marketplace terms and prices of {offers}",
        "True, or a list that holds these slugs, is accepted",
        "Read them, and set acceptMarketplaceTerms if you agree: the deployment subscribes the workspace to the offer",
    )


def location_problem(location: str, path: str, catalog: Catalog) -> Problem | None:
    """Return the problem of a location in which the catalogue has no models, or None."""
    if location in catalog.locations:
        return None
    near = nearest(location, catalog.locations)
    return Problem(
        path,
        f"{shown(location)} is not a location in which the catalogue has models",
        f"{listed(catalog.locations, 'or')} is accepted",
        f"Write {near}" if near else "Choose one of them",
    )


def not_offered_problem(model: Model, location: str, path: str, catalog: Catalog, day: dt.date) -> Problem:
    """Return the problem of a model that is not deployed in a location."""
    others = listed(catalog.deployable(day, location, model.hosting))
    return Problem(
        path,
        f"{model.slug} is not offered in {location}",
        f"For this model {listed(model.locations, 'or')} is accepted",
        f"Choose another location, or one of the models of {location}: {others}",
    )


def _other_hosting_problem(model: Model, path: str, catalog: Catalog, day: dt.date) -> Problem:
    """Return the problem of a model for which there is another component."""
    component, other = {
        Hosting.SERVERLESS: ("ServerlessDeployment", Hosting.MANAGED),
        Hosting.MANAGED: ("ManagedDeployment", Hosting.SERVERLESS),
    }[model.hosting]
    return Problem(
        path,
        f"{model.slug} is deployed {_DEPLOYED[model.hosting]}, not {_DEPLOYED[other]}",
        f"{listed(catalog.deployable(day, hosting=other), 'or')} is accepted",
        f"Choose one of them, or use {component}",
    )


def _hosting_problems(model: Model, options: ModelOptions, path: str) -> Iterator[Problem]:
    """Yield the problems of options that only the other hosting has."""
    managed = model.hosting is Hosting.MANAGED
    for setting in SERVERLESS_OPTIONS if managed else MANAGED_OPTIONS:
        if getattr(options, setting.snake_name) is not None:
            yield Problem(
                f"{path}.{setting.name}",
                f"it is for models that Azure deploys {_DEPLOYED[Hosting.SERVERLESS if managed else Hosting.MANAGED]}, "
                f"and {model.slug} is deployed {_DEPLOYED[model.hosting]}",
                "It is not accepted here",
                "Remove it",
            )
    modes = MANAGED_AUTH_MODES if managed else SERVERLESS_AUTH_MODES
    if options.auth_mode is not None and options.auth_mode not in modes:
        yield Problem(
            f"{path}.authMode",
            f"{shown(options.auth_mode)} is no auth mode of models that Azure deploys {_DEPLOYED[model.hosting]}",
            f"{listed(modes, 'or')} is accepted",
            f"Write {AAD_TOKEN if managed else AAD}",
        )
    if managed and options.endpoint_name and not naming.ONLINE_ENDPOINT_NAME.fullmatch(options.endpoint_name):
        yield Problem(
            f"{path}.endpointName",
            f"{shown(options.endpoint_name)} does not follow the rule of managed endpoints",
            f"{capital(naming.ONLINE_NAME_RULE)} is accepted",
            "Choose another name, or leave it out",
        )


def _buys(model: Model, marketplace_subscription: str) -> bool:
    """Tell whether a deployment subscribes the workspace to an offer, instead of using what was bought before."""
    return model.needs_marketplace_subscription and marketplace_subscription == CREATE


def _offer(model: Model) -> str:
    name = f"{model.slug} (offer {model.offer.offer})" if model.offer else model.slug
    if model.terms == model.pricing:
        return f"{name}, terms and prices at {model.terms}"
    return f"{name}, terms at {model.terms} and prices at {model.pricing}"


def _assets(configuration: Configuration) -> dict[str, Asset | None]:
    return {slug: options.asset for slug, options in configuration.models.items()}


def _stack_locations(configuration: Configuration, default_location: str | None) -> tuple[tuple[str, ...], str]:
    """Return the locations for models that name none, and the path of the setting they come from."""
    if configuration.locations or not default_location:
        return configuration.locations, "locations"
    return (default_location,), "azure-native:location"


def _stack_location_problems(
    configuration: Configuration, locations: tuple[str, ...], path: str, catalog: Catalog
) -> Iterator[Problem]:
    if not locations and not all(options.locations for options in configuration.models.values()):
        yield Problem(
            path,
            "no location is set, here or as azure-native:location",
            f"{listed(catalog.locations, 'or')} is accepted",
            "Set azure-native:location for the whole stack, or locations",
        )
    for location in locations:
        if problem := location_problem(location, path, catalog):
            yield problem


def _terms_list_problems(configuration: Configuration, catalog: Catalog, day: dt.date) -> Iterator[Problem]:
    if not isinstance(configuration.accept_marketplace_terms, bool):
        for slug in configuration.accept_marketplace_terms:
            if slug not in catalog.models:
                yield unknown_model_problem(slug, "acceptMarketplaceTerms", catalog, day)


def _model_location_problems(
    model: Model,
    options: ModelOptions,
    stack_locations: tuple[str, ...],
    stack_path: str,
    model_path: str,
    catalog: Catalog,
    day: dt.date,
) -> Iterator[Problem]:
    path = f"{model_path}.locations"
    for location in options.locations:
        if problem := location_problem(location, path, catalog):
            yield problem
        elif location not in model.locations:
            yield not_offered_problem(model, location, path, catalog, day)
    # The stack's locations are looked at once they are locations, so that one mistake is reported once.
    comparable = stack_locations and all(location in catalog.locations for location in stack_locations)
    if not options.locations and comparable and not _locations_of(model, options, stack_locations):
        where = listed(stack_locations, "or")
        yield Problem(
            model_path,
            f"{model.slug} is not offered in {where}, which {stack_path} names",
            f"For this model {listed(model.locations, 'or')} is accepted",
            f"Add one of them to {path}",
        )


def _repeated_endpoint_names(
    configuration: Configuration, catalog: Catalog, stack_locations: tuple[str, ...]
) -> Iterator[Problem]:
    taken: dict[tuple[str, str], str] = {}
    for slug, options in configuration.models.items():
        if options.endpoint_name and slug in catalog.models:
            for location in _locations_of(catalog.models[slug], options, stack_locations):
                owner = taken.setdefault((location, options.endpoint_name.lower()), slug)
                if owner != slug:
                    yield Problem(
                        f"{keyed('models', slug)}.endpointName",
                        f"{shown(options.endpoint_name)} is the name of the endpoint of {owner} in {location} already",
                        "Each name is accepted once in a location",
                        "Choose another name, or leave it out",
                    )


def _locations_of(model: Model, options: ModelOptions, stack_locations: tuple[str, ...]) -> tuple[str, ...]:
    wanted = options.locations or stack_locations
    return tuple(location for location in wanted if location in model.locations)


def _online_endpoint_name(slug: str, location: str, names: Names, options: ModelOptions) -> str | None:
    if is_output(options.identity):
        return None
    return naming.online_endpoint_name(slug, location, names, options.identity)


def _used(configuration: Configuration, catalog: Catalog, stack_locations: tuple[str, ...]) -> tuple[str, ...]:
    """Return the locations that get a workspace: those in which at least one model is deployed."""
    own = (
        location
        for slug, options in configuration.models.items()
        if slug in catalog.models
        for location in _locations_of(catalog.models[slug], options, stack_locations)
    )
    return tuple(dict.fromkeys(own))
