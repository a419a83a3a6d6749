"""What a model on managed compute will consist of, and what Azure would refuse about it. Pure, without Pulumi.

Deployments with their instances, the traffic between them, autoscaling, and the vCPUs that they need. What is common
to every model (location, age, names of endpoints) is in `plan`.
"""

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from azure_mistral import naming
from azure_mistral.catalog import Catalog, InstanceType, Model
from azure_mistral.config import Autoscale, DeploymentOptions, ModelOptions, Probes, RequestSettings, Utilization
from azure_mistral.problems import Problem, Review, keyed, listed, nearest, shown

ONLY_DEPLOYMENT = "blue"
"""What the deployment of a model that names none is called, so that a green one can join it."""

# "Manage and increase quotas for resources with Azure Machine Learning", virtual machine quota allocation.
_RESERVE = 1.2


@dataclass(frozen=True, slots=True)
class OnlineDeployment:
    """One deployment of an online endpoint: `key` is the user's name for it, `name` Azure's."""

    key: str
    name: str
    asset_id: str
    instance_type: str
    instance_count: int
    percent: int
    request_settings: RequestSettings
    probes: Probes
    autoscale: Autoscale | None
    application_insights: bool

    @property
    def most_instances(self) -> int:
        """How many instances there may be at a time."""
        return max(self.instance_count, self.autoscale.maximum if self.autoscale else 0)


@dataclass(frozen=True, slots=True)
class Need:
    """The vCPUs of one family that a deployment needs in a location, and how they add up."""

    location: str
    family: str
    vcpus: int
    sum: str


def online_deployments(model: Model, options: ModelOptions, catalog: Catalog) -> tuple[OnlineDeployment, ...]:
    """Return the deployments of a model, without those whose instance type is not known."""
    traffic = _traffic(options)
    made = []
    for key, asked in _options_by_key(options).items():
        instance_type = catalog.instance_type(asked.instance_type or model.recommended_instance_type or "")
        if instance_type is None:
            continue
        version = asked.model_version or model.version
        asset_id = replace(model, version=version).asset_id
        autoscale = asked.autoscale and _with_rules(asked.autoscale)
        made.append(
            OnlineDeployment(
                key,
                naming.deployment_name(key, asset_id, instance_type.name),
                asset_id,
                instance_type.name,
                asked.instance_count or (autoscale.minimum if autoscale else 1),
                traffic.get(key, 0),
                asked.request_settings or RequestSettings(),
                asked.probes or Probes(),
                autoscale,
                bool(asked.application_insights),
            )
        )
    return tuple(made)


def review_compute(model: Model, options: ModelOptions, catalog: Catalog, day: dt.date, path: str) -> Review:
    """Return what Azure would refuse about the deployments of a model, and what to be warned of.

    Args:
        model: A model on managed compute.
        options: Its options, as read, even when their reading found problems.
        catalog: What Azure offers.
        day: The UTC day of the deployment.
        path: The path of the options, "" for the arguments of a component.
    """
    problems: list[Problem] = []
    warnings: list[str] = []
    for key, asked in _options_by_key(options).items():
        own = (options.deployments or {}).get(key)
        blamed = _Blamed(path, key, own)
        found = _review_instance_type(model, asked, options.allow_retired, catalog, day, blamed)
        problems.extend(found.problems)
        warnings.extend(found.warnings)
        if asked.autoscale:
            problems.extend(_autoscale_problems(asked.autoscale, asked.instance_count, blamed))
    problems.extend(_traffic_problems(options, path))
    # Deployments share what the model says: one mistake is reported once.
    return Review(tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(warnings)))


def needs(slug: str, location: str, deployments: Iterable[OnlineDeployment], catalog: Catalog) -> Iterator[Need]:
    """Yield what each deployment of a model needs of the quota in a location."""
    for each in deployments:
        if instance_type := catalog.instance_type(each.instance_type):
            count = math.ceil(each.most_instances * _RESERVE) if instance_type.upgrade_reserve else each.most_instances
            vcpus = count * instance_type.vcpus
            instances = f"{each.most_instances} of {each.instance_type}"
            if count > each.most_instances:
                instances = f"({instances} + 20 %, rounded up to {count})"
            sum_ = f"{slug} {each.key}: {instances} x {instance_type.vcpus} vCPUs = {vcpus}"
            yield Need(location, instance_type.family, vcpus, sum_)


def review_quota(needed: Iterable[Need], quota: Mapping[str, int]) -> Review:
    """Return where the quota of a location's VM family is too small; without a quota, a warning of what is needed."""
    # The case of a family does not count: Azure itself spells some in two ways.
    limits = {family.lower(): (family, vcpus) for family, vcpus in quota.items()}
    by_family: dict[tuple[str, str], list[Need]] = {}
    for need in needed:
        by_family.setdefault((need.location, need.family), []).append(need)
    problems: list[Problem] = []
    warnings: list[str] = []
    for (location, family), each in by_family.items():
        total = sum(need.vcpus for need in each)
        sums = "; ".join(need.sum for need in each)
        if len(each) > 1:
            sums = f"{sums}; together {total}"
        if not quota:
            warnings.append(
                f"quota: it is not set, so nobody checked that {location} has {total} vCPUs of {family} ({sums}). "
                f"Compare with az vm list-usage --location {location}, and set quota to what you find."
            )
        elif family.lower() not in limits:
            problems.append(
                Problem(
                    "quota",
                    f"it says nothing about {family}, of which {total} vCPUs are needed in {location} ({sums})",
                    f"At least {total} is accepted",
                    f"Add {family}",
                )
            )
        elif (limit := limits[family.lower()])[1] < total:
            problems.append(
                Problem(
                    keyed("quota", limit[0]),
                    f"{limit[1]} vCPUs are not enough for {location} ({sums})",
                    f"At least {total} is accepted",
                    "Ask Azure for more, or take fewer or smaller instances",
                )
            )
    return Review(tuple(problems), tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Blamed:
    """Whose setting is at fault: the deployment's, or the model's that it shares."""

    path: str
    key: str
    own: DeploymentOptions | None

    def __call__(self, setting: str, attribute: str) -> str:
        place = self.path
        if self.own is not None and getattr(self.own, attribute) is not None:
            deployments = f"{place}.deployments" if place else "deployments"
            place = keyed(deployments, self.key)
        return f"{place}.{setting}" if place else setting


def _options_by_key(options: ModelOptions) -> dict[str, DeploymentOptions]:
    """Return the options of each deployment: its own, else the model's."""
    own = options.deployments or {ONLY_DEPLOYMENT: DeploymentOptions()}
    return {key: _merged(each, options) for key, each in own.items()}


def _merged(own: DeploymentOptions, shared: DeploymentOptions) -> DeploymentOptions:
    def first(name: str) -> Any:
        return next((value for each in (own, shared) if (value := getattr(each, name)) is not None), None)

    return DeploymentOptions(**{field.name: first(field.name) for field in fields(DeploymentOptions)})


def _with_rules(autoscale: Autoscale) -> Autoscale:
    return autoscale if autoscale.cpu or autoscale.gpu else replace(autoscale, gpu=Utilization())


def _traffic(options: ModelOptions) -> Mapping[str, int]:
    if options.traffic is not None:
        return options.traffic
    keys = list(_options_by_key(options))
    return {keys[0]: 100} if len(keys) == 1 else {}


def _traffic_problems(options: ModelOptions, path: str) -> Iterator[Problem]:
    keys = list(_options_by_key(options))
    own_path = f"{path}.traffic" if path else "traffic"
    if options.traffic is None:
        if len(keys) > 1:
            shares = ", ".join(f"{key}: {100 if key == keys[0] else 0}" for key in keys)
            yield Problem(
                own_path,
                f"it is missing, and there are {len(keys)} deployments",
                "A map from deployments to percent, 100 together, is accepted",
                f"Add it, such as {{{shares}}}",
            )
        return
    for key in options.traffic:
        if key not in keys:
            near = nearest(key, keys)
            yield Problem(
                keyed(own_path, key),
                "there is no such deployment",
                f"{listed(keys, 'or')} is accepted",
                f"Write {near}" if near else "Remove it, or add it to deployments",
            )
    total = sum(options.traffic.values())
    if total != 100:
        sums = " + ".join(str(percent) for percent in options.traffic.values()) or "nothing"
        yield Problem(
            own_path,
            f"{sums} is {total} percent" if len(options.traffic) > 1 else f"it is {total} percent",
            "100 percent together is accepted",
            "Correct them",
        )


def _autoscale_problems(autoscale: Autoscale, count: int | None, blamed: _Blamed) -> Iterator[Problem]:
    path = blamed("autoscale", "autoscale")
    if autoscale.minimum >= autoscale.maximum:
        # Azure refuses rules that have no room for one instance (InvalidActionValue, Azure/bicep-types-az#1859).
        accepted = f"Less than {autoscale.maximum} is accepted"
        yield Problem(
            f"{path}.minimum",
            f"{autoscale.minimum} is not less than the maximum, {autoscale.maximum}: nothing would scale",
            accepted if autoscale.maximum > 1 else "A maximum of 2 or more is accepted",
            "Correct one of them, or write instanceCount instead of autoscale",
        )
    elif count is not None and not autoscale.minimum <= count <= autoscale.maximum:
        yield Problem(
            blamed("instanceCount", "instance_count"),
            f"{count} is not between the minimum and the maximum of autoscale",
            f"{autoscale.minimum} to {autoscale.maximum} is accepted",
            "Correct it, or leave it out to begin with the minimum",
        )
    for name, rule in (("cpu", autoscale.cpu), ("gpu", autoscale.gpu)):
        if rule and rule.scale_in_below >= rule.scale_out_above:
            yield Problem(
                f"{path}.{name}.scaleInBelow",
                f"{rule.scale_in_below} percent is not below scaleOutAbove, {rule.scale_out_above} percent: instances "
                "would come and go without end",
                f"Less than {rule.scale_out_above} is accepted",
                "Correct one of them",
            )


def _review_instance_type(
    model: Model, asked: DeploymentOptions, allow_retired: bool, catalog: Catalog, day: dt.date, blamed: _Blamed
) -> Review:
    if asked.instance_type is None:
        return Review((), ())
    path = blamed("instanceType", "instance_type")
    found = catalog.instance_type(asked.instance_type)
    current = [name for name in model.instance_types if not _is_retired(catalog.instance_types[name], day)]
    accepted = f"For this model {listed(current or model.instance_types, 'or')} is accepted"
    if found is None:
        near = nearest(asked.instance_type, current)
        wrong = f"there is no instance type {shown(asked.instance_type)} among those known here"
        return Review((Problem(path, wrong, accepted, f"Write {near}" if near else "Choose one of them"),), ())
    advice = f"Write {model.recommended_instance_type}, which is recommended for it"
    least = model.requirements
    if found.name not in model.instance_types:
        wrong = f"{found.name} is not among the instance types that the card of {model.slug} allows"
        if least and not least.met_by(found):
            wrong = (
                f"{found.name} is too small for {model.slug}: it has {_size(found)}, and an instance needs at least "
                f"{_size(least)}"
            )
        return Review((Problem(path, wrong, accepted, advice),), ())
    if _is_retired(found, day):
        wrong = f"{found.name} is retired since {found.retired}; Azure has no such machines any more"
        if allow_retired:
            return Review((), (f"{path}: {wrong}. {advice}.",))
        switch = f"{blamed.path}.allowRetired" if blamed.path else "allowRetired"
        return Review((Problem(path, wrong, accepted, f"{advice}, or try it all the same with {switch}: true"),), ())
    return Review((), ())


def _is_retired(instance_type: InstanceType, day: dt.date) -> bool:
    return instance_type.retired is not None and instance_type.retired <= day


def _size(of: Any) -> str:
    return f"{of.vcpus} vCPUs, {of.gpus} GPU{'' if of.gpus == 1 else 's'} and {of.memory_gb} GB of memory"
