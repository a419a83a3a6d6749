"""Automatic names, pure: the Azure name of a resource whose program gives none."""

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from emulator.provider.resource_types import AutoName

CREATE_BEFORE_DELETE = "__createBeforeDelete"
"""The input in which the plugin notes that the name is random, so that a replacement can exist beside the old one."""

_SUFFIX_LENGTH = 8


class AutoNamingMode(Enum):
    """What the engine's `pulumi:autonaming` configuration asks of the provider."""

    PROPOSE = auto()
    ENFORCE = auto()
    DISABLE = auto()


@dataclass(frozen=True, slots=True)
class AutoNaming:
    """The engine's wish for this resource's name."""

    mode: AutoNamingMode
    proposed_name: str


@dataclass(frozen=True, slots=True)
class DefaultName:
    """A name, and whether another one would be chosen for a second copy of the resource."""

    name: str
    random: bool


def default_name(
    strategy: AutoName,
    parameter: str,
    urn: str,
    random_seed: bytes,
    auto_naming: AutoNaming | None,
    old_inputs: Mapping[str, Any],
) -> DefaultName | None:
    """The name of a resource that has none, or None where the user has turned automatic names off.

    A name once given stays. The random part is a function of the engine's seed, so that preview and update agree; the
    official plugin draws it from another generator over the same seed.
    """
    if parameter in old_inputs:
        return DefaultName(old_inputs[parameter], random=bool(old_inputs.get(CREATE_BEFORE_DELETE, False)))
    match auto_naming:
        case AutoNaming(AutoNamingMode.DISABLE):
            return None
        case AutoNaming(AutoNamingMode.ENFORCE, proposed_name):
            return DefaultName(proposed_name, random=True)
        case AutoNaming(AutoNamingMode.PROPOSE, proposed_name) if strategy is not AutoName.UUID:
            return DefaultName(proposed_name, random=True)
    logical_name = urn.rpartition("::")[2]
    digits = hashlib.sha256(random_seed or secrets.token_bytes()).hexdigest()
    match strategy:
        case AutoName.RANDOM:
            return DefaultName(logical_name + digits[:_SUFFIX_LENGTH], random=True)
        case AutoName.UUID:
            return DefaultName(str(uuid.UUID(hex=digits[:32])), random=True)
        case AutoName.COPY:
            return DefaultName(logical_name, random=False)
