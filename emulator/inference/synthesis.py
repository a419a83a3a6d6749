"""Makes up a JSON value that follows a JSON Schema, for tool calls and JSON answers. Pure, and the same for a seed."""

import random
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

DEPTH = 8
"""Levels after which a schema that refers to itself gets the smallest value that has a chance to be valid."""

Schema = Mapping[str, Any]


def value_of(schema: Schema, source: random.Random, name: str = "value") -> JsonValue:
    """Return a value for a schema: its constant, default or example, else one made up of its type.

    Follows `type`, `enum`, `const`, `properties`, `items`, lengths and bounds, combined schemas and references inside
    the schema. Not `pattern` and `not`: such a value may be invalid, as one of a real model may.
    """
    return _value(schema, source, name, schema, 0)


def _value(schema: object, source: random.Random, name: str, root: Schema, depth: int) -> JsonValue:
    if not isinstance(schema, Mapping):  # true: anything goes
        return f"synthetic {name}"
    schema = _resolved(schema, root, depth)
    for keyword in ("const", "default"):
        if keyword in schema:
            constant: JsonValue = schema[keyword]
            return constant
    for keyword in ("enum", "examples"):
        if isinstance(schema.get(keyword), list) and schema[keyword]:
            chosen: JsonValue = source.choice(schema[keyword])
            return chosen
    match _type(schema):
        case "object":
            properties = schema.get("properties")
            items = properties.items() if isinstance(properties, Mapping) else ()
            wanted = {key for key, _ in items} if depth < DEPTH else set(schema.get("required", ()))
            return {key: _value(value, source, key, root, depth + 1) for key, value in items if key in wanted}
        case "array":
            least = schema.get("minItems", 1 if depth < DEPTH else 0)
            return [_value(schema.get("items", True), source, name, root, depth + 1) for _ in range(least)]
        case "integer":
            return source.randint(*_bounds(schema))
        case "number":
            low, high = _bounds(schema)
            return round(source.uniform(low, high), 2)
        case "boolean":
            return source.random() < 0.5
        case "null":
            return None
    text = f"synthetic {name}".ljust(schema.get("minLength", 0), ".")
    return text[: schema.get("maxLength", len(text))]


def _resolved(schema: Schema, root: Schema, depth: int) -> Schema:
    for _ in range(DEPTH):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            target: Any = root
            for part in reference.lstrip("#/").split("/"):
                target = target.get(part, {}) if isinstance(target, Mapping) and part else target
            schema = target if isinstance(target, Mapping) else {}
        elif branches := schema.get("anyOf") or schema.get("oneOf"):
            # Deep inside, the last branch: by custom it is null, which ends a schema that refers to itself.
            schema = {**schema, **branches[0 if depth < DEPTH else -1], "anyOf": None, "oneOf": None}
        elif parts := schema.get("allOf"):
            merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
            for part in parts:
                resolved = _resolved(part, root, depth)
                merged["properties"] = {**merged.get("properties", {}), **resolved.get("properties", {})}
                merged = {**resolved, **merged}
            schema = merged
        else:
            break
    return schema


def _type(schema: Schema) -> str:
    declared = schema.get("type")
    if isinstance(declared, list):
        return str(declared[0]) if declared else "string"
    if declared is None and "properties" in schema:
        return "object"
    return str(declared)


def _bounds(schema: Schema) -> tuple[int, int]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 101) - 1)
    return int(low), max(int(low), int(high))
