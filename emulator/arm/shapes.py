"""What a request body may hold. Knows how to refuse the rest in Azure Resource Manager's words.

A shape is plain data: a type for a value, `Any` for anything, a dict for an object with these members and no others,
a one-element list for an array of that shape, a `Map` for free member names. Read-only properties are left out of
shapes: they are refused like unknown ones, unless the resource has them already.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.arm.errors import content_invalid

Shape = Any
"""One of the forms above. The type checker cannot say it: shapes nest in plain dicts."""


@dataclass(frozen=True, slots=True)
class Map:
    """An object with any member names, all values of one shape."""

    values: Shape


_NAMES = {str: "String", int: "Integer", float: "Number", bool: "Boolean"}

TAGS = Map(str)
IDENTITY = {"type": str, "userAssignedIdentities": Map(dict)}
SKU = {"name": str, "tier": str, "size": str, "family": str, "capacity": int}
TRACKED: Mapping[str, Shape] = {
    "id": str,
    "name": str,
    "type": str,
    "location": str,
    "kind": str,
    "tags": TAGS,
    "identity": IDENTITY,
    "sku": SKU,
}
"""What the resources of Azure Machine Learning that have a location take beside their properties."""


def read_body(text: bytes, shape: Shape, type_name: str, existing: Mapping[str, Any]) -> dict[str, Any]:
    """Parse a body and check it.

    What is read-only and in the `existing` resource is left out of the result: `az resource update`, and Azure's
    clients when they are given what they returned, send all of it with what they change.

    Raises:
        ArmError: InvalidRequestContent, as Newtonsoft.Json words it on Azure's side.
    """
    try:
        body = json.loads(text or b"{}")
    except ValueError as error:
        raise content_invalid(f"{error}") from None
    if not isinstance(body, dict):
        raise content_invalid(f"Cannot deserialize the current JSON value into type '{type_name}'")
    settable: dict[str, Any] = _settable(body, shape, existing)
    for path, reason in _problems(settable, shape, "", type_name):
        line, position = _position(text.decode(), path)
        where = f"Path '{_written(path)}', line {line}, position {position}."
        raise content_invalid(f"{reason} {where}")
    return settable


def _settable(value: Any, shape: Shape, existing: Any) -> Any:
    if not (isinstance(value, dict) and isinstance(shape, dict) and isinstance(existing, dict)):
        return value
    return {
        name: _settable(item, shape.get(name), existing.get(name))
        for name, item in value.items()
        if name in shape or name not in existing
    }


def _problems(value: Any, shape: Shape, path: str, type_name: str) -> Iterator[tuple[str, str]]:
    if value is None or shape is Any:
        return
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            yield path, f"Cannot convert the value to type '{type_name}'."
            return
        for name, item in value.items():
            inner = f"{path}\0{name}" if path else name
            if name not in shape:
                yield inner, f"Could not find member '{name}' on object of type '{type_name}'."
            else:
                yield from _problems(item, shape[name], inner, _nested_type_name(name))
    elif isinstance(shape, Map):
        if not isinstance(value, dict):
            yield path, f"Cannot convert the value to type '{type_name}'."
            return
        for name, item in value.items():
            yield from _problems(item, shape.values, f"{path}\0{name}", "String")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield path, f"Cannot convert the value to an array of type '{type_name}'."
            return
        for index, item in enumerate(value):
            yield from _problems(item, shape[0], f"{path}\0{index}", type_name)
    elif not isinstance(value, (int, float) if shape is float else shape) or (
        isinstance(value, bool) and shape in (int, float)
    ):
        yield path, f"Could not convert {type(value).__name__} to {_NAMES.get(shape, 'object').lower()}: {value}."


def _nested_type_name(name: str) -> str:
    return name[0].upper() + name[1:]


def _written(path: str) -> str:
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", path.replace("\0", "."))


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def _position(text: str, wanted: str) -> tuple[int, int]:
    """Line and column after the colon of a member's name, where Newtonsoft's reader stands when it complains."""
    path: list[str] = []
    indexes: list[int | None] = []
    name = ""
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "{" | "[" as opening:
                if indexes:
                    path.append(name if indexes[-1] is None else str(indexes[-1]))
                indexes.append(None if opening == "{" else 0)
            case "}" | "]":
                indexes.pop()
                if indexes:
                    path.pop()
            case ",":
                if indexes and (index := indexes[-1]) is not None:
                    indexes[-1] = index + 1
            case ":":
                if "\0".join([*path, name]) == wanted:
                    before = text[: token.end()]
                    return before.count("\n") + 1, token.end() - (before.rfind("\n") + 1)
            case word if word.startswith('"') and indexes and indexes[-1] is None:
                following = text[token.end() :].lstrip()[:1]
                if following == ":":
                    name = json.loads(word)
    return 1, len(text)
