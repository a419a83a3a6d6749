"""Makes up a JSON value that follows a JSON Schema, for tool calls and JSON answers. Pure, and the same for a seed."""

import math
import random
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

DEPTH = 8
"""Levels after which a schema that refers to itself gets the smallest value that has a chance to be valid."""

MOST = 100
"""Items of an array, and tens of characters of a text, at most."""

Schema = Mapping[str, Any]


def value_of(schema: Schema, source: random.Random, name: str = "value") -> JsonValue:
    """Return a value for a schema: its constant, default, enumerated value or example, else one made up of its type.

    Follows types, properties, items, lengths, bounds, combined schemas and references inside the schema. Not `pattern`
    and `not`: such a value may be invalid, as one of a real model may. The schema has to be a valid one.
    """
    return _value(schema, source, name, schema, 0)


def _value(schema: object, source: random.Random, name: str, root: Schema, depth: int) -> JsonValue:
    if not isinstance(schema, Mapping):  # true: anything goes
        return f"synthetic {name}"
    schema = _resolved(schema, root, depth)
    given: list[JsonValue] = [schema[keyword] for keyword in ("const", "default") if keyword in schema]
    given = given or list(schema.get("enum") or schema.get("examples") or ())
    if given:
        return given[0] if "enum" not in schema or "default" in schema else source.choice(given)
    match _type(schema):
        case "object":
            properties = schema.get("properties", {})
            wanted = properties if depth < DEPTH else schema.get("required", ())
            return {key: _value(properties.get(key, True), source, key, root, depth + 1) for key in wanted}
        case "array":
            least = min(schema.get("minItems", 1 if depth < DEPTH else 0), MOST)
            return [_value(schema.get("items", True), source, name, root, depth + 1) for _ in range(int(least))]
        case "integer":
            low, high = _bounds(schema, step=1)
            return source.randint(math.ceil(low), max(math.ceil(low), math.floor(high)))
        case "number":
            return round(source.uniform(*_bounds(schema, step=0.01)), 2)
        case "boolean":
            return source.choice([True, False])
        case "null":
            return None
        case _:
            text = f"synthetic {name}".ljust(int(min(schema.get("minLength", 0), 10 * MOST)), ".")
            return text[: int(schema.get("maxLength", len(text)))]


def _resolved(schema: Schema, root: Schema, depth: int) -> Schema:
    """Return the schema that a reference means, or one schema for a combined one."""
    for _ in range(DEPTH):
        if isinstance(schema.get("$ref"), str):
            target: Any = root
            for part in schema["$ref"].lstrip("#").strip("/").split("/"):
                target = target.get(part, {}) if isinstance(target, Mapping) and part else target
            schema = _mapping(target)
        elif branches := schema.get("anyOf") or schema.get("oneOf"):
            # Deep inside, the last branch: by custom it is null, which ends a schema that refers to itself.
            schema = {**schema, **_mapping(branches[0 if depth < DEPTH else -1]), "anyOf": None, "oneOf": None}
        elif parts := schema.get("allOf"):
            merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
            for part in parts:
                resolved = _resolved(_mapping(part), root, depth)
                properties = {**merged.get("properties", {}), **resolved.get("properties", {})}
                merged = {**resolved, **merged} | ({"properties": properties} if properties else {})
            schema = merged
        else:
            break
    return schema


def _mapping(schema: object) -> Schema:
    return schema if isinstance(schema, Mapping) else {}


def _type(schema: Schema) -> str:
    declared = schema.get("type")
    if isinstance(declared, list):
        return str(declared[0])
    if declared is None and "properties" in schema:
        return "object"
    return str(declared)


def _bounds(schema: Schema, step: float) -> tuple[float, float]:
    given = {key: schema[key] for key in schema if isinstance(schema[key], int | float) and math.isfinite(schema[key])}
    low = given.get("minimum", given["exclusiveMinimum"] + step if "exclusiveMinimum" in given else None)
    high = given.get("maximum", given["exclusiveMaximum"] - step if "exclusiveMaximum" in given else None)
    if low is None:
        low = 0 if high is None else min(0, high)
    return low, max(low, low + 100 if high is None else high)
