"""The table of resource types against the classes of the pulumi-azure-native SDK: a gap on either side fails."""

import collections.abc
import enum
import importlib
import inspect
import re
import typing
from typing import Any

import pulumi
import pytest
from pulumi import _types

from emulator.provider.invokes import ACTIONS, known_functions
from emulator.provider.resource_types import RESOURCE_TYPES, ResourceType, find_resource_type
from emulator.provider.schema import Kind, Property
from tests.provider.samples import SAMPLES

TABLE = pytest.mark.parametrize("resource_type", RESOURCE_TYPES.values(), ids=lambda entry: entry.pulumi_type)


def sdk_classes(resource_type: ResourceType) -> tuple[type, type]:
    """The resource class and its args class."""
    _, module, name = resource_type.pulumi_type.split(":")
    sdk = importlib.import_module(f"pulumi_azure_native.{module}")
    return getattr(sdk, name), getattr(sdk, f"{name}Args")


def members(cls: type) -> dict[str, Any]:
    """The members of an SDK input or output class by their wire names, with their Python types."""
    return _types.input_type_types(cls) if _types.is_input_type(cls) else _types.output_type_types(cls)


def alternatives(annotation: Any) -> list[Any]:
    """The plain types in an annotation such as `Input[Optional[Union[str, Enum]]]`."""
    if typing.get_origin(annotation) is not typing.Union:
        return [annotation]
    wrappers = (pulumi.Output, collections.abc.Awaitable)
    parts = [part for part in typing.get_args(annotation) if typing.get_origin(part) not in wrappers]
    flat = [plain for part in parts for plain in alternatives(part)]
    return [
        plain
        for plain in dict.fromkeys(flat)
        if plain is not type(None) and not getattr(plain, "__name__", "").endswith("ArgsDict")
    ]


def mismatches(prop: Property, annotation: Any, path: str, *, inputs: bool) -> list[str]:
    """Where the table's description of a value differs from the SDK's."""
    if prop.kind is Kind.ANY:
        return []
    plain = alternatives(annotation)
    if plain == [Any]:
        return []  # The SDK says nothing of it.
    kinds = {
        Kind.STRING: (str,),
        Kind.INTEGER: (int,),
        Kind.NUMBER: (float,),
        Kind.BOOLEAN: (bool,),
    }
    if prop.kind in kinds:
        fits = all(p in kinds[prop.kind] or (isinstance(p, type) and issubclass(p, enum.Enum)) for p in plain)
        return [] if fits else [f"{path}: {prop.kind} in the table, {plain} in the SDK"]
    if len(plain) != 1:
        if prop.kind is Kind.OBJECT and inputs and all(_types.is_input_type(p) for p in plain):
            return union_mismatches(dict(prop.inputs), plain, path)
        return [f"{path}: {prop.kind} in the table, {plain} in the SDK"]
    origin, arguments = typing.get_origin(plain[0]), typing.get_args(plain[0])
    if prop.kind is Kind.OBJECT:
        if not (_types.is_input_type(plain[0]) or _types.is_output_type(plain[0])):
            return [f"{path}: an object in the table, {plain[0]} in the SDK"]
        return object_mismatches(dict(prop.inputs if inputs else prop.outputs), plain[0], path, inputs=inputs)
    listed = prop.kind is Kind.ARRAY or (prop.kind is Kind.STRING_SET and inputs)
    if origin not in ((list, collections.abc.Sequence) if listed else (dict, collections.abc.Mapping)):
        return [f"{path}: {prop.kind} in the table, {plain[0]} in the SDK"]
    assert prop.items is not None
    items = Property(kind=Kind.STRING) if prop.kind is Kind.STRING_SET and inputs else prop.items
    return mismatches(items, arguments[-1], f"{path}[]", inputs=inputs)


def object_mismatches(known: dict[str, Property], cls: type, path: str, *, inputs: bool) -> list[str]:
    """Where the table's description of an object differs from an SDK class."""
    declared = members(cls)
    found = [f"{path}.{name}: in the table only" for name in known.keys() - declared.keys()]
    found += [f"{path}.{name}: in the SDK only" for name in declared.keys() - known.keys()]
    for name in known.keys() & declared.keys():
        found += mismatches(known[name], declared[name], f"{path}.{name}", inputs=inputs)
    if inputs:
        names = _types.input_type_py_to_pulumi_names(cls)
        signature = inspect.signature(cls)
        defaults = sdk_defaults(cls)
        for python_name, name in names.items():
            if name not in known:
                continue
            demanded = signature.parameters[python_name].default is inspect.Parameter.empty
            # What the SDK fills in is optional in its constructors.
            may_be_required = demanded or python_name in defaults or name in FILLED_IN
            if (demanded and not known[name].required) or (known[name].required and not may_be_required):
                found.append(f"{path}.{name}: required is {known[name].required} in the table only")
            if known[name].default != defaults.get(python_name):
                found.append(
                    f"{path}.{name}: default is {known[name].default!r}, {defaults.get(python_name)!r} in the SDK"
                )
    return found


def union_mismatches(known: dict[str, Property], classes: list[type], path: str) -> list[str]:
    """Where the table's description of an object of several forms, which has the members of all, differs from them."""
    declared = {name for cls in classes for name in members(cls)}
    found = [f"{path}.{name}: in the table only" for name in known.keys() - declared]
    for cls in classes:
        own = {name: prop for name, prop in known.items() if name in members(cls)}
        found += object_mismatches(own, cls, path, inputs=True)
    return found


FILLED_IN = {"location", *(entry.name_parameter for entry in RESOURCE_TYPES.values())}
"""Required inputs that the plugin fills in."""


def sdk_defaults(cls: type) -> dict[str, Any]:
    """The values that an SDK class fills in for arguments that are left out."""
    constructor = inspect.getsource(cls.__init__)  # type: ignore[misc]  # the source of a whole class takes seconds
    assignments = re.findall(r"if (\w+) is None:\n\s+\1 = (.+)", constructor)
    return {name: {"True": True, "False": False}.get(value, value.strip("'")) for name, value in assignments} | {
        name: int(value) for name, value in assignments if value.isdigit()
    }


@TABLE
def test_inputs_are_those_that_the_sdk_sends(resource_type: ResourceType) -> None:
    _, args = sdk_classes(resource_type)

    assert object_mismatches(dict(resource_type.inputs), args, resource_type.pulumi_type, inputs=True) == []


@TABLE
def test_outputs_are_those_that_the_sdk_declares(resource_type: ResourceType) -> None:
    resource, _ = sdk_classes(resource_type)
    known = dict(resource_type.members.outputs) | {"azureApiVersion": Property(kind=Kind.STRING)}
    declared = _types.resource_types(resource)

    found = [
        mismatch
        for name in known.keys() & declared.keys()
        for mismatch in mismatches(known[name], declared[name], name, inputs=False)
    ]
    assert known.keys() == declared.keys()
    assert found == []


@TABLE
def test_api_version_is_the_sdks_default(resource_type: ResourceType) -> None:
    resource, _ = sdk_classes(resource_type)

    documented = re.search(r"Uses Azure REST API version (\S+?)\.\s", inspect.getsource(resource))

    assert documented is not None
    assert documented[1] == resource_type.api_version


@TABLE
def test_type_is_the_one_that_the_sdk_registers(resource_type: ResourceType) -> None:
    resource, _ = sdk_classes(resource_type)

    assert resource.pulumi_type == resource_type.pulumi_type  # type: ignore[attr-defined]


@TABLE
def test_versioned_tokens_are_the_same_type_at_that_version(resource_type: ResourceType) -> None:
    """The aliases that the SDK sends are such tokens."""
    module, _, name = resource_type.pulumi_type.rpartition(":")

    found = find_resource_type(f"{module}/v20240401preview:{name}")

    assert found is not None
    assert ("2024-04-01-preview", resource_type.path) == (found.api_version, found.path)


def test_every_type_has_a_sample() -> None:
    assert RESOURCE_TYPES.keys() == SAMPLES.keys()


@pytest.mark.parametrize("token", known_functions())
def test_functions_exist_in_the_sdk(token: str) -> None:
    _, module, name = token.split(":")
    sdk = importlib.import_module(f"pulumi_azure_native.{module}")
    result = getattr(sdk, f"{name[0].upper()}{name[1:]}Result")

    if token in ACTIONS:
        found = object_mismatches(dict(ACTIONS[token].result.outputs), result, token, inputs=False)
        assert found == []
