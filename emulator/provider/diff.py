"""What changed between two sets of inputs, pure: the detailed diff, and the inputs that drift in Azure amounts to."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from emulator.provider.names import CREATE_BEFORE_DELETE
from emulator.provider.resource_types import ResourceType
from emulator.provider.schema import Kind, Property


class Action(Enum):
    """What happens to one property."""

    ADD = auto()
    DELETE = auto()
    UPDATE = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """One changed property, and whether it replaces the resource."""

    action: Action
    replaces: bool


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes by property path (`properties.contentSafety.contentSafetyStatus`)."""

    changes: Mapping[str, Change]
    delete_before_replace: bool

    @property
    def replaces(self) -> list[str]:
        """The paths that replace the resource."""
        return [path for path, change in self.changes.items() if change.replaces]


_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


def diff_inputs(
    resource_type: ResourceType, old: Mapping[str, Any], new: Mapping[str, Any], old_state: Mapping[str, Any]
) -> Diff:
    """The difference between the inputs of the last update and the new ones."""
    known = {**resource_type.inputs, "azureApiVersion": Property(kind=Kind.STRING)}
    # A state from before the plugin kept the API version in the inputs has it in its outputs.
    old = {"azureApiVersion": old_state["azureApiVersion"], **old} if "azureApiVersion" in old_state else old
    changes = dict(_members(known, _comparable(old), _comparable(new), path="", replaces=False))
    changes = {path: _settled(path, change, known, new, old_state) for path, change in changes.items()}
    shown = {path: change for path, change in changes.items() if not _adds_default(path, change, known, new)}
    any_replaces = any(change.replaces for change in shown.values())
    return Diff(
        changes=shown,
        delete_before_replace=not old[CREATE_BEFORE_DELETE] if CREATE_BEFORE_DELETE in old else any_replaces,
    )


def drifted_inputs(
    inputs: Mapping[str, Any], old_projection: Mapping[str, Any], new_projection: Mapping[str, Any]
) -> dict[str, Any]:
    """The inputs with everything that changed in Azure since the state was last written.

    Azure's outputs hold many defaults that no program set. So what is compared are old and new outputs, in the shape of
    inputs, and only what differs between them enters the inputs.
    """
    return _merged(inputs, _comparable(old_projection), _comparable(new_projection))


def normalized_location(location: str) -> str:
    """`East US 2` and `eastus2` are one location."""
    return location.replace(" ", "").lower()


def _comparable(inputs: Mapping[str, Any]) -> dict[str, Any]:
    # Azure answers a resource without tags with null, with {} or not at all.
    return {
        name: value
        for name, value in inputs.items()
        if not name.startswith("__") and not (name == "tags" and not value)
    }


_SAME: Mapping[str, Callable[[str], str]] = {"location": normalized_location, "resourceGroupName": str.lower}


def _members(
    known: Mapping[str, Property], old: Mapping[str, Any], new: Mapping[str, Any], path: str, *, replaces: bool
) -> Iterator[tuple[str, Change]]:
    for name in sorted(old.keys() | new.keys()):
        prop = known.get(name, Property(kind=Kind.ANY))
        where = _join(path, name)
        same = _SAME.get(where, str)
        if name not in old:
            yield where, Change(Action.ADD, replaces or prop.create_only)
        elif name not in new:
            yield where, Change(Action.DELETE, replaces or prop.create_only)
        elif isinstance(old[name], str) and isinstance(new[name], str) and same(old[name]) == same(new[name]):
            continue
        else:
            yield from _value(prop, old[name], new[name], where, replaces=replaces or prop.create_only)


def _value(prop: Property, old: Any, new: Any, where: str, *, replaces: bool) -> Iterator[tuple[str, Change]]:
    if old == new and isinstance(old, bool) == isinstance(new, bool):
        return
    match old, new:
        case Mapping(), Mapping():
            known = dict(prop.properties) or dict.fromkeys(new, prop.items or Property(kind=Kind.ANY))
            yield from _members(known, old, new, where, replaces=replaces)
        case list(), list() if prop.kind is Kind.STRING_SET and sorted(old) == sorted(new):
            return
        case list(), list():
            shared = min(len(old), len(new))
            item = prop.items or Property(kind=Kind.ANY)
            for index in range(max(len(old), len(new))):
                at = f"{where}[{index}]"
                if index < shared:
                    yield from _value(item, old[index], new[index], at, replaces=replaces)
                else:
                    yield at, Change(Action.ADD if index < len(new) else Action.DELETE, replaces)
        case _:
            yield where, Change(Action.UPDATE, replaces)


def _join(path: str, name: str) -> str:
    # Property paths follow Pulumi's syntax, in which a key that is no identifier is quoted: tags["cost-center"].
    if not _IDENTIFIER.fullmatch(name):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{quoted}"]'
    return f"{path}.{name}" if path else name


def _settled(
    path: str, change: Change, known: Mapping[str, Property], new: Mapping[str, Any], old_state: Mapping[str, Any]
) -> Change:
    # Naming a create-only property for the first time, with the value that Azure has, replaces nothing.
    same = change.action is Action.ADD and path in known and path in old_state and old_state[path] == new.get(path)
    return replace(change, replaces=False) if same else change


def _adds_default(path: str, change: Change, known: Mapping[str, Property], new: Mapping[str, Any]) -> bool:
    prop = known.get(path)
    return change.action is Action.ADD and prop is not None and prop.default is not None and prop.default == new[path]


def _merged(values: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = {name: value for name, value in values.items() if name not in old or name in new}
    for name, value in new.items():
        if name not in old:
            merged[name] = value
        elif old[name] != value:
            merged[name] = _merged_value(values[name], old[name], value) if name in values else value
    return merged


def _merged_value(value: Any, old: Any, new: Any) -> Any:
    match value, old, new:
        case Mapping(), Mapping(), Mapping():
            return _merged(value, old, new)
        case list(), list(), list():
            return [
                _merged_value(value[index], old[index], item) if index < min(len(value), len(old)) else item
                for index, item in enumerate(new)
            ]
        case _:
            return new
