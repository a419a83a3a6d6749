"""The open-weights models that can be deployed to managed compute: reads open_models.toml."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emulator.arm.models import parse_model_id

_VERSION = re.compile(r"versions/([1-9]\d*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OpenModel:
    """An open-weights model of the registry azureml."""

    name: str
    version: int
    """The newest; those before it exist too."""
    task: str
    """`chat-completion` or `text-generation`."""
    instance_types: Sequence[str]
    """What it can be deployed to."""


def find_open_model(model_id: str) -> OpenModel | None:
    """The model of `azureml://registries/azureml/models/<name>/versions/<n>`, if registry, name and version exist."""
    parsed = parse_model_id(model_id)
    if parsed is None or parsed.registry.lower() != "azureml":
        return None
    model = open_models().get(parsed.name.lower())
    version = _VERSION.fullmatch(parsed.version or "")
    return model if model and version and int(version[1]) <= model.version else None


@cache
def open_models() -> Mapping[str, OpenModel]:
    """All of them, by their names in lower case."""
    data = tomllib.loads(Path(__file__).with_name("open_models.toml").read_text(encoding="utf-8"))
    return {entry["name"].lower(): OpenModel(**entry) for entry in data["models"]}
