"""Values made up for a JSON Schema: tool calls and JSON answers hold them."""

import random
from typing import Any

import pytest

from emulator.inference.synthesis import value_of


def made(schema: dict[str, Any], seed: int = 1) -> Any:
    return value_of(schema, random.Random(seed))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 3}, 3),
        ({"type": "string", "default": "x"}, "x"),
        ({"type": "string", "examples": ["first", "second"]}, "first"),
        ({"enum": ["only"]}, "only"),
        ({"type": "null"}, None),
        ({}, "synthetic value"),
        ({"type": "string", "minLength": 20}, "synthetic value....."),
        ({"type": "string", "maxLength": 3}, "syn"),
        ({"type": ["string", "null"]}, "synthetic value"),
        ({"type": "integer", "exclusiveMinimum": 3, "maximum": 4}, 4),
        ({"type": "integer", "maximum": -5, "minimum": -5}, -5),
        ({"type": "array", "items": {"const": 1}, "minItems": 2}, [1, 1]),
        ({"properties": {"a": {"const": 1}, "b": True}}, {"a": 1, "b": "synthetic b"}),
        ({"anyOf": [{"const": 1}, {"type": "null"}]}, 1),
        ({"anyOf": [True]}, "synthetic value"),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}, {"a": 1, "b": 2}),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"const": 5}}}, 5),
        ({"$ref": "#/$defs/absent"}, "synthetic value"),
    ],
)
def test_value_follows_its_schema(schema: dict[str, Any], value: object) -> None:
    assert made(schema) == value


@pytest.mark.parametrize("seed", range(20))
def test_number_is_within_its_bounds(seed: int) -> None:
    assert 0.2 <= made({"type": "number", "minimum": 0.2, "exclusiveMaximum": 0.4}, seed) < 0.4
    assert made({"type": "integer", "maximum": -7}, seed) <= -7


def test_values_differ_by_the_seed_only() -> None:
    schema = {"type": "integer", "maximum": 1_000_000}

    assert made(schema, 1) == made(schema, 1) != made(schema, 2)


def test_schema_that_refers_to_itself_comes_to_an_end() -> None:
    schema = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}
        },
    }

    value, depth = made(schema), 0
    while value and value.get("next"):
        value, depth = value["next"], depth + 1
    assert 3 < depth < 20


def test_size_of_a_value_has_an_end() -> None:
    assert len(made({"type": "array", "minItems": 10**9})) == 100
    assert len(made({"type": "string", "minLength": 10**9})) == 1000
