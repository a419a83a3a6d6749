"""Between the SDK's shape of a resource and Azure's, pure: paths, request bodies, outputs, previews and projections.

Driven by `resource_types` alone. Nothing is sent, and no values are judged (see `validation`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from emulator.provider.resource_types import ResourceType
from emulator.provider.schema import ANY, Kind, Property
from emulator.provider.wire import UNKNOWN

_PARAMETER = re.compile(r"\{(\w+)\}")


def arm_path(template: str, parameters: Mapping[str, Any], subscription_id: str) -> str:
    """The path with its parameters filled in; `scope` is a path itself, every other parameter one segment.

    Raises:
        KeyError: a parameter is missing.
    """

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name == "subscriptionId":
            return subscription_id
        value = str(parameters[name])
        return value.strip("/") if name == "scope" else quote(value, safe="")

    return _PARAMETER.sub(fill, template)


def path_parameters(template: str, resource_id: str) -> dict[str, str]:
    """The parameters that lead from the template to the id, without the Azure subscription; letter case is ignored.

    Raises:
        ValueError: the id is not of that form.
    """
    groups = (
        part if index % 2 == 0 else f"(?P<{part}>{'.*?' if part == 'scope' else '[^/]+'})"
        for index, part in enumerate(_PARAMETER.split(template))
    )
    match = re.fullmatch("".join(groups), resource_id, re.IGNORECASE)
    if match is None:
        raise ValueError(f"'{resource_id}' does not match the expected format '{template}'")
    return {name: unquote(value) for name, value in match.groupdict().items() if name != "subscriptionId"}


def request_body(
    resource_type: ResourceType, inputs: Mapping[str, Any], previous_inputs: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What to PUT. Members of a string set that were there before and are not any more are null: Azure merges them."""
    return _to_wire(resource_type.members, inputs, previous_inputs or {})


def contains_null(body: Mapping[str, Any]) -> bool:
    """Whether a member is null, which Azure accepts in a PATCH only."""
    return any(value is None or (isinstance(value, Mapping) and contains_null(value)) for value in body.values())


def outputs(resource_type: ResourceType, response: Mapping[str, Any]) -> dict[str, Any]:
    """A response in the shape of the SDK's outputs: what the SDK does not declare is left out."""
    return from_wire(resource_type.members, response) | {"azureApiVersion": resource_type.api_version}


def from_wire(prop: Property, value: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an object of Azure's that the SDK declares, under the SDK's names."""
    found = ((name, member, _get(value, _wire_path(name, member))) for name, member in prop.outputs)
    return {name: _from_wire_value(member, item) for name, member, item in found if item is not None}


def preview_outputs(resource_type: ResourceType, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs as far as the inputs tell them; everything else is unknown."""
    return _preview(resource_type.members, inputs)


def input_projection(resource_type: ResourceType, state: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the outputs that inputs could have caused, in the shape of inputs."""
    return _project(resource_type.members, state)


def imported_inputs(resource_type: ResourceType, resource_id: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a resource that a program takes over, from its id and outputs; empty collections are left out.

    Raises:
        ValueError: the id is not one of this type.
    """
    projection = _without_empty(input_projection(resource_type, state)) or {}
    return path_parameters(resource_type.path, resource_id) | projection


def maintained_paths(resource_type: ResourceType) -> Iterator[tuple[str, ...]]:
    """Where the properties are that Azure also keeps as resources of their own, in the SDK's names."""
    return _maintained(resource_type.members, ())


def get_path(value: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What is at the path, or None."""
    return _get(value, path)


def without_path(value: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The same without what is at the path."""
    name, *rest = path
    if not rest:
        return {key: item for key, item in value.items() if key != name}
    inner = value.get(name)
    return dict(value) | ({name: without_path(inner, tuple(rest))} if isinstance(inner, Mapping) else {})


def with_path(value: Mapping[str, Any], path: tuple[str, ...], item: Any) -> dict[str, Any]:
    """The same with the item at the path."""
    name, *rest = path
    return dict(value) | {name: with_path(value.get(name) or {}, tuple(rest), item) if rest else item}


def _wire_path(name: str, member: Property) -> tuple[str, ...]:
    return tuple((member.wire_name or name).split("."))


def _get(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _to_wire(prop: Property, values: Mapping[str, Any], previous: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name, member in prop.inputs:
        if name in values:
            *containers, wire_name = _wire_path(name, member)
            target = body
            for container in containers:
                target = target.setdefault(container, {})
            target[wire_name] = _to_wire_value(member, values[name], previous.get(name))
    return body


def _to_wire_value(prop: Property, value: Any, previous: Any) -> Any:
    match prop.kind, value:
        case Kind.OBJECT, Mapping():
            return _to_wire(prop, value, previous if isinstance(previous, Mapping) else {})
        case Kind.ARRAY, list():
            return [_to_wire_value(_items(prop), item, None) for item in value]
        case Kind.MAP, Mapping():
            return {key: _to_wire_value(_items(prop), item, None) for key, item in value.items()}
        case Kind.STRING_SET, list():
            removed = set(previous if isinstance(previous, list) else ()) - set(value)
            return {key: {} for key in value} | dict.fromkeys(sorted(removed))
        case _:
            return value


def _from_wire_value(prop: Property, value: Any) -> Any:
    match prop.kind, value:
        case Kind.OBJECT, Mapping():
            return from_wire(prop, value)
        case Kind.ARRAY, list():
            return [_from_wire_value(_items(prop), item) for item in value]
        case ((Kind.MAP | Kind.STRING_SET), Mapping()):
            return {key: _from_wire_value(_items(prop), item) for key, item in value.items()}
        case _:
            return value


def _preview(prop: Property, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _preview_value(member, inputs.get(name, UNKNOWN)) for name, member in prop.outputs}


def _preview_value(prop: Property, value: Any) -> Any:
    match prop.kind, value:
        case Kind.OBJECT, Mapping():
            return _preview(prop, value)
        case Kind.ARRAY, list():
            return [_preview_value(_items(prop), item) for item in value]
        case Kind.MAP, Mapping():
            return {key: _preview_value(_items(prop), item) for key, item in value.items()}
        case Kind.STRING_SET, _:
            return UNKNOWN
        case _:
            return value


def _project(prop: Property, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _project_value(member, values[name]) for name, member in prop.inputs if name in values}


def _project_value(prop: Property, value: Any) -> Any:
    match prop.kind, value:
        case Kind.OBJECT, Mapping():
            return _project(prop, value)
        case Kind.ARRAY, list():
            return [_project_value(_items(prop), item) for item in value]
        case Kind.MAP, Mapping():
            return {key: _project_value(_items(prop), item) for key, item in value.items()}
        case Kind.STRING_SET, Mapping():
            return sorted(value)
        case _:
            return value


def _maintained(prop: Property, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, member in prop.inputs:
        if member.maintained:
            yield (*path, name)
        elif member.kind is Kind.OBJECT:
            yield from _maintained(member, (*path, name))


def _without_empty(value: Any) -> Any:
    match value:
        case Mapping():
            kept = {key: _without_empty(item) for key, item in value.items()}
            return {key: item for key, item in kept.items() if item is not None} or None
        case list():
            return [item for item in map(_without_empty, value) if item is not None] or None
        case _:
            return value


def _items(prop: Property) -> Property:
    return prop.items or ANY
