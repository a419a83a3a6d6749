"""Whether inputs fit their resource type, pure; the messages are the official plugin's.

Two are invented, because the official plugin lets these pass: unknown properties, and booleans and objects where
something else is due.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.provider.resource_types import ResourceType
from emulator.provider.schema import Kind, Property
from emulator.provider.wire import is_unknown


def check_failures(resource_type: ResourceType, inputs: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with the inputs, at once. Names that start with `__` are not the program's."""
    known = {name: prop for name, prop in resource_type.inputs.items() if not prop.read_only}
    given = {name: value for name, value in inputs.items() if not name.startswith("__") and name != "azureApiVersion"}
    return list(_members(known, given, path="", owner=resource_type.pulumi_type))


def _members(known: Mapping[str, Property], given: Mapping[str, Any], path: str, owner: str) -> Iterator[str]:
    for name, prop in known.items():
        where = f"{path}.{name}" if path else name
        if name in given:
            yield from _value(prop, given[name], where)
        elif prop.required:
            yield _missing(where)
    for name in sorted(given.keys() - known.keys()):
        where = f"{path}.{name}" if path else name
        yield f"'{where}' is not a property of {owner}. Known are: {', '.join(sorted(known))}"


def _missing(where: str) -> str:
    message = f"missing required property '{where}'"
    if where == "location":
        message += ". Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'."
    return message


def _value(prop: Property, value: Any, where: str) -> Iterator[str]:
    if is_unknown(value) or prop.kind is Kind.ANY:
        return
    match prop.kind, value:
        case Kind.OBJECT, Mapping():
            yield from _members(dict(prop.inputs), value, where, owner=f"'{where}'")
        case Kind.MAP, Mapping():
            for key, item in value.items():
                yield from _value(prop.items or prop, item, f"{where}.{key}")
        case ((Kind.ARRAY | Kind.STRING_SET), list()):
            item_prop = prop.items if prop.kind is Kind.ARRAY else None
            for index, item in enumerate(value):
                yield from _value(item_prop or Property(kind=Kind.STRING), item, f"{where}[{index}]")
        case Kind.STRING, str():
            yield from _string(prop, value, where)
        case Kind.BOOLEAN, bool():
            pass
        case ((Kind.NUMBER | Kind.INTEGER), bool()):
            yield _wrong_type(prop, value, where)
        case Kind.INTEGER, float():
            yield f"'{where}' must be an integer but got {value:f}"
        case ((Kind.NUMBER | Kind.INTEGER), int() | float()):
            pass
        case _:
            yield _wrong_type(prop, value, where)


def _string(prop: Property, value: str, where: str) -> Iterator[str]:
    if prop.min_length is not None and len(value) < prop.min_length:
        yield f"'{where}' is too short ({len(value)}): at least {prop.min_length} characters required"
    if prop.max_length is not None and len(value) > prop.max_length:
        yield f"'{where}' is too long ({len(value)}): at most {prop.max_length} characters allowed"
    if prop.pattern is not None and not re.search(prop.pattern, value):
        yield f"'{where}' does not match expression '{prop.pattern}'"


def _wrong_type(prop: Property, value: Any, where: str) -> str:
    expected = {Kind.MAP: "object", Kind.STRING_SET: "array"}.get(prop.kind, str(prop.kind))
    match value:
        case bool():
            got = "a boolean"
        case str():
            got = "a string"
        case int() | float():
            got = "a number"
        case list():
            got = "an array"
        case _:
            got = "an object"
    return f"'{where}' should be of type '{expected}' but got {got}"
