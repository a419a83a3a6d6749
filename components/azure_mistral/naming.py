"""Names, tags and their limits. Pure: the same arguments give the same names.

Endpoints and Marketplace subscriptions get their names from here. What a workspace consists of is named by
azure-native, which appends 8 random characters to the logical name and keeps the result in the state: so a re-creation
never meets its own soft-deleted predecessor.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from azure_mistral.problems import Problem, keyed, listed, shown

# A name becomes the first label of the endpoint's URL, and is unique in its location.
# 3 to 32 characters, a letter first: observed by others against Azure; Microsoft's documentation does not state it.
ENDPOINT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{2,31}")
ENDPOINT_NAME_RULE = "a name of 3 to 32 letters, digits and hyphens that starts with a letter"

# What endpoints are called after: room is left for a hyphen and the suffix.
SLUG = re.compile(r"[a-z][a-z0-9-]{0,25}")
SLUG_RULE = "A name of 1 to 26 lower-case letters, digits and hyphens that starts with a letter is accepted"

# "Manage and increase quotas for resources with Azure Machine Learning", managed online endpoints: names of endpoints
# and deployments begin with a letter, have 3 to 32 letters and digits, and single hyphens between them.
ONLINE_ENDPOINT_NAME = re.compile(r"(?=.{3,32}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
ONLINE_NAME_RULE = (
    "a name of 3 to 32 letters, digits and single hyphens that starts with a letter and does not end with a hyphen"
)
_DEPLOYMENT_NAME_LENGTH = 32

SYSTEM_ASSIGNED = "SystemAssigned"
"""The identity of an endpoint that has one of its own."""

_SUFFIX_LENGTH = 5
_AUTO_NAME_LENGTH = 8
_COMPONENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Names:
    """What names are made of: they differ as soon as one of these does."""

    azure_subscription_id: str
    project: str
    stack: str


def endpoint_name(slug: str, location: str, names: Names) -> str:
    """Return the endpoint's name: the slug, and a suffix that keeps two stacks in one location apart."""
    identity = "/".join((names.azure_subscription_id.lower(), names.project, names.stack, location))
    return f"{slug}-{_suffix(identity)}"


def online_endpoint_name(slug: str, location: str, names: Names, identity: str | None) -> str:
    """Return the name of a managed endpoint: another one for each user-assigned identity.

    Azure never changes an endpoint's identity. So a new endpoint takes its place, and is there before the old one goes.
    """
    if identity in (None, SYSTEM_ASSIGNED):
        return endpoint_name(slug, location, names)
    return endpoint_name(slug, f"{location}/{identity.lower()}", names)


def _suffix(identity: str) -> str:
    return base64.b32encode(hashlib.sha256(identity.encode()).digest()).decode().lower()[:_SUFFIX_LENGTH]


def deployment_name(key: str, asset_id: str, instance_type: str) -> str:
    """Return the name of a managed deployment: the user's key, and a suffix for what Azure cannot change in place.

    So another model version or instance type is another deployment, which is there before the old one goes.
    """
    return f"{key}-{_suffix(f'{asset_id}/{instance_type}'.lower())}"


def deployment_key_problems(key: str, path: str) -> Iterator[Problem]:
    """Yield what is wrong with the user's name of a deployment, which begins its name in Azure."""
    room = _DEPLOYMENT_NAME_LENGTH - _SUFFIX_LENGTH - 1
    if not re.fullmatch(rf"(?=.{{1,{room}}}$)[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*", key):
        yield Problem(
            path,
            f"{shown(key)} cannot be the start of a deployment's name",
            f"1 to {room} letters, digits and single hyphens are accepted, starting with a letter",
            "Choose another name",
        )


def marketplace_subscription_name(slug: str) -> str:
    """Return the name of a workspace's Marketplace subscription to a model.

    It carries the slug so that a change of model replaces the subscription instead of changing it.
    """
    return slug


@dataclass(frozen=True, slots=True)
class AutoNamed:
    """A child of `Workspace` that azure-native names: its role in the logical name, and Azure's limit in characters."""

    role: str
    kind: str
    limit: int


# Limits: "Naming rules and restrictions for Azure resources"; the workspace's is its pattern in Workspace.tsp.
RESOURCE_GROUP = AutoNamed("rg", "resource group", 90)
STORAGE_ACCOUNT = AutoNamed("st", "storage account", 24)
KEY_VAULT = AutoNamed("kv", "key vault", 24)
LOG_ANALYTICS = AutoNamed("log", "Log Analytics workspace", 63)
APPLICATION_INSIGHTS = AutoNamed("appi", "Application Insights component", 260)
ML_WORKSPACE = AutoNamed("mlw", "Azure ML workspace", 33)

_AUTO_NAMED = (RESOURCE_GROUP, STORAGE_ACCOUNT, KEY_VAULT, LOG_ANALYTICS, APPLICATION_INSIGHTS, ML_WORKSPACE)


def child_name(name: str, kind: AutoNamed) -> str:
    """Return the logical name of the child of `Workspace` called `name`."""
    if kind is STORAGE_ACCOUNT:
        # The exception to f"{name}-<role>": Azure takes lower-case letters and digits only, and the logical name starts
        # the real one.
        return f"{name.replace('-', '').lower()}{kind.role}"
    return f"{name}-{kind.role}"


def workspace_name_problems(name: str, part: str | None = None) -> Iterator[Problem]:
    """Yield what is wrong with the logical name of a `Workspace`, or with the `part` of it that the user chose."""
    blamed = part or name
    if not _COMPONENT_NAME.fullmatch(blamed):
        yield Problem(
            "name",
            f"{shown(blamed)} cannot be the start of Azure names",
            "Letters, digits and hyphens are accepted, starting with a letter",
            "Rename the component",
        )
        return
    tightest = min(_AUTO_NAMED, key=lambda kind: kind.limit - len(child_name(name, kind)))
    spare = tightest.limit - _AUTO_NAME_LENGTH - len(child_name(name, tightest))
    if spare < 0:
        yield Problem(
            "name",
            f"{shown(blamed)} is too long: the {tightest.kind} would be called {child_name(name, tightest)} and "
            f"{_AUTO_NAME_LENGTH} random characters, and Azure allows {tightest.limit} in all",
            f"At most {len(blamed) + spare} characters are accepted",
            "Give the component a shorter name",
        )


# "Use tags to organize your Azure resources", limits; a storage account's are the narrowest.
_TAG_COUNT = 50
_TAG_NAME_LENGTH = 128
_TAG_VALUE_LENGTH = 256
_TAG_FORBIDDEN = frozenset("<>%&\\?/")
_TAG_RESERVED = ("microsoft", "azure", "windows")


def tags(project: str, stack: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tags of every resource: what manages it, and the user's own, which win."""
    return {"managed-by": "pulumi", "pulumi-project": project, "pulumi-stack": stack, **own}


def tag_problems(own: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Yield what Azure would refuse about the user's own tags."""
    room = _TAG_COUNT - len(tags("", "", {}))
    if len(own) > room:
        yield Problem(
            path,
            f"{len(own)} tags are too many",
            f"At most {room} are accepted, beside the {_TAG_COUNT - room} that every resource gets",
            "Remove some",
        )
    seen: dict[str, str] = {}
    for name, value in own.items():
        entry = keyed(path, name)
        if not 1 <= len(name) <= _TAG_NAME_LENGTH:
            yield Problem(
                entry,
                f"{len(name)} characters are {'too many' if name else 'not enough'} for the name of a tag",
                f"1 to {_TAG_NAME_LENGTH} are accepted",
                "Choose another name",
            )
        if forbidden := sorted(_TAG_FORBIDDEN.intersection(name)):
            yield Problem(
                entry,
                f"the name of a tag cannot hold {' '.join(forbidden)}",
                f"Any character but {' '.join(sorted(_TAG_FORBIDDEN))} is accepted",
                "Choose another name",
            )
        if name.lower().startswith(_TAG_RESERVED):
            yield Problem(
                entry,
                "the start of the name is reserved for Azure",
                f"Names that do not start with {listed(_TAG_RESERVED, 'or')} are accepted",
                "Choose another name",
            )
        if isinstance(value, str) and len(value) > _TAG_VALUE_LENGTH:
            yield Problem(
                entry,
                f"{len(value)} characters are too many for the value of a tag",
                f"At most {_TAG_VALUE_LENGTH} are accepted",
                "Shorten it",
            )
        if (twin := seen.setdefault(name.lower(), name)) != name:
            yield Problem(
                entry,
                f"Azure takes it for the same tag as {shown(twin)}, because the case of tag names does not count",
                "Each name is accepted once",
                "Remove one of them",
            )
