"""The models that can be bought and deployed: reads models.toml. Decides nothing about requests."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

REGISTRY = "azureml://registries/azureml-mistral/models/"
DEPRECATED_BEFORE_RETIREMENT = timedelta(days=90)

_MODEL_ID = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/models/(?P<name>[^/]+)(?:/(?P<version>versions/[^/]+|labels/[^/]+))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ModelId:
    """The parts of `azureml://registries/<registry>/models/<name>[/versions/<n>]`."""

    registry: str
    name: str
    version: str | None


@dataclass(frozen=True, slots=True)
class Model:
    """A serverless model of the registry azureml-mistral."""

    name: str
    offer: str
    plan: str
    locations: Sequence[str]
    retired: date | None

    @property
    def deprecated(self) -> date | None:
        """The day from which there are no new deployments."""
        return self.retired - DEPRECATED_BEFORE_RETIREMENT if self.retired else None

    def can_be_deployed(self, today: date) -> bool:
        """Whether a new subscription or endpoint is accepted on this day."""
        return self.deprecated is None or today < self.deprecated


@dataclass(frozen=True, slots=True)
class Market:
    """What can be bought, where and by whom."""

    models: Sequence[Model]
    countries: Sequence[str]
    refused_quota_ids: Sequence[str]

    def model(self, name: str) -> Model | None:
        """The model with this name, compared without case."""
        return next((model for model in self.models if model.name.lower() == name.lower()), None)


def parse_model_id(model_id: str) -> ModelId | None:
    """Take a model id apart; None if it is none."""
    match = _MODEL_ID.fullmatch(model_id)
    return ModelId(match["registry"], match["name"], match["version"]) if match else None


@cache
def market() -> Market:
    """The emulator's Marketplace."""
    data = tomllib.loads(Path(__file__).with_name("models.toml").read_text(encoding="utf-8"))
    models = [
        Model(
            name=entry["name"],
            offer=entry.get("offer", f"{entry['name'].lower()}-offer"),
            plan=entry.get("plan", f"{entry['name'].lower()}-plan"),
            locations=tuple(entry.get("locations", data["locations"])),
            retired=entry.get("retired"),
        )
        for entry in data["models"]
    ]
    return Market(tuple(models), tuple(data["countries"]), tuple(data["refused_quota_ids"]))
