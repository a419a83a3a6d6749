"""Property values as the engine sends them (protobuf structs) to and from plain Python data; nothing about Azure.

The stand-in tells the engine that it accepts neither secrets nor resource references nor outputs, so a value is JSON or
the marker of an unknown. As with the official plugin it is the engine that makes outputs of secret inputs secret.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is only known after an update (pulumi: sdk/go/common/resource/plugin, UnknownStringValue)."""


def is_unknown(value: Any) -> bool:
    """Whether the value will only be known after an update."""
    return isinstance(value, str) and value == UNKNOWN


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The properties in a struct, without those that are null; whole numbers become `int`."""
    return {name: _from_value(value) for name, value in struct.fields.items() if not value.HasField("null_value")}


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return from_struct(value.struct_value)
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """A struct of the properties, without those that are None."""
    struct = struct_pb2.Struct()
    struct.update({name: value for name, value in properties.items() if value is not None})
    return struct
