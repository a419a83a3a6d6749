"""Cores: the VM sizes of managed online endpoints (instance_types.toml), how many an Azure subscription may use, and
how many its online deployments do use (Microsoft.MachineLearningServices/locations/usages).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from emulator.arm.api import Request, Response, Route, page
from emulator.arm.errors import location_not_available
from emulator.arm.locations import DISPLAY_NAMES, normalized
from emulator.arm.machine_learning import LOCATIONS, NAMESPACE
from emulator.resource_id import subscription_of
from emulator.store import Resource, Store

ONLINE_DEPLOYMENTS = f"{NAMESPACE}/workspaces/onlineEndpoints/deployments"

QUOTA_SETTING = "quota"
"""The setting that holds limits by VM family, which the control API changes."""


@dataclass(frozen=True, slots=True)
class InstanceType:
    """A VM size."""

    name: str
    family: str
    cores: int
    gpus: int
    reserves: bool
    """Whether Azure keeps 20 % more of it free for upgrades."""

    def quota_for(self, instances: int) -> int:
        """The cores that so many instances of a deployment take from the quota.

        `ceil(1.2 * instances) * cores`, says azure-ai-docs, articles/machine-learning/how-to-manage-quotas.md ("Virtual
        machine quota allocation for deployment"), unless the size is exempt.
        """
        reserved = -(-instances * 12 // 10) if self.reserves else instances
        return reserved * self.cores


@cache
def instance_types() -> Mapping[str, InstanceType]:
    """All VM sizes, by their names in lower case: Azure compares them without case."""
    return {
        name.lower(): InstanceType(name, family, cores, gpus, family not in _table()["skip_reservation"])
        for family, sizes in _table()["families"].items()
        for name, (cores, gpus) in sizes.items()
    }


def families() -> list[str]:
    """The names of all VM families."""
    return list(_table()["families"])


def limit(store: Store, family: str) -> int:
    """The cores of a VM family that an Azure subscription may use in a location."""
    return int(store.setting(QUOTA_SETTING, {}).get(family, _table()["limit"]))


def usage(store: Store, subscription_id: str, location: str, family: str, *, without: Resource | None = None) -> int:
    """The cores of a VM family that the online deployments of a location take, one of them left out if given."""
    used = 0
    for deployment in store.resources(ONLINE_DEPLOYMENTS, under=f"/subscriptions/{subscription_id}"):
        size = instance_types()[deployment.properties["instanceType"].lower()]
        is_other = without is None or deployment.id != without.id
        if is_other and size.family == family and deployment.document["location"] == location:
            used += size.quota_for(deployment.document["sku"]["capacity"])
    return used


def list_usages(request: Request) -> Response:
    """Cores used and allowed in a location, by VM family."""
    location = normalized(request.parameters["location"])
    if location not in DISPLAY_NAMES:
        raise location_not_available(f"{NAMESPACE}/locations/usages", location, tuple(DISPLAY_NAMES))
    subscription_id = subscription_of(request.path)
    return page(
        [
            {
                "id": f"/subscriptions/{subscription_id}/usages/{family.strip().replace(' ', '_')}",
                "type": f"{NAMESPACE}/vmFamily/usages",
                "unit": "Count",
                "currentValue": usage(request.store, subscription_id, location, family),
                "limit": limit(request.store, family),
                "name": {"value": family, "localizedValue": family},
            }
            for family in families()
        ]
    )


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("instance_types.toml").read_text(encoding="utf-8"))


ROUTES = (
    Route(
        "GET",
        f"/subscriptions/{{subscription}}/providers/{NAMESPACE}/locations/{{location}}/usages",
        LOCATIONS,
        list_usages,
        action=f"{NAMESPACE}/locations/usages/read",
    ),
)
