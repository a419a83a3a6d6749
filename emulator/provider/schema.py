"""The vocabulary in which `resource_types` describes a resource's properties; no resource type is described here.

One tree serves both directions: what the SDK sends is everything that is not read-only, what it expects back is
everything that is not write-only. Names are the SDK's (camelCase); a `wire_name` is given where Azure's differs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Kind(StrEnum):
    """The JSON type of a property, in the words of the official plugin's messages."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    OBJECT = "object"
    ARRAY = "array"
    MAP = "map"
    STRING_SET = "string set"
    """A list of strings in the SDK's inputs; on the wire and in outputs an object with those strings as its keys."""
    ANY = "any"
    """Passed through as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of a resource or of an object inside it."""

    kind: Kind
    properties: Mapping[str, "Property"] = field(default_factory=lambda: MappingProxyType({}))
    """The members of an `OBJECT`."""
    items: "Property | None" = None
    """What an `ARRAY`, a `MAP` or the output form of a `STRING_SET` holds."""
    required: bool = False
    read_only: bool = False
    write_only: bool = False
    create_only: bool = False
    """A change replaces the resource."""
    maintained: bool = False
    """Azure also offers it as a resource type of its own, so an update that does not mention it must not reset it."""
    wire_name: str | None = None
    """Where Azure keeps it, when not under its own name: `name`, or `container.name` for one that the SDK flattened."""
    default: Any = None
    """What Azure assumes when it is left out: adding it with this value is no change."""
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None

    @property
    def inputs(self) -> Iterator[tuple[str, "Property"]]:
        """The members that a program may set."""
        return ((name, member) for name, member in self.properties.items() if not member.read_only)

    @property
    def outputs(self) -> Iterator[tuple[str, "Property"]]:
        """The members that Azure returns."""
        return ((name, member) for name, member in self.properties.items() if not member.write_only)


STRING = Property(kind=Kind.STRING)
INTEGER = Property(kind=Kind.INTEGER)
NUMBER = Property(kind=Kind.NUMBER)
BOOLEAN = Property(kind=Kind.BOOLEAN)
ANY = Property(kind=Kind.ANY)


def obj(**properties: Property) -> Property:
    """An object with these members."""
    return Property(kind=Kind.OBJECT, properties=MappingProxyType(properties))


def array(items: Property) -> Property:
    """A list of such items."""
    return Property(kind=Kind.ARRAY, items=items)


def mapping(items: Property) -> Property:
    """An object whose keys are the user's."""
    return Property(kind=Kind.MAP, items=items)


def string_set(items: Property) -> Property:
    """A list of strings that Azure keeps as the keys of an object with such values."""
    return Property(kind=Kind.STRING_SET, items=items)


def text(*, min_length: int | None = None, max_length: int | None = None, pattern: str | None = None) -> Property:
    """A string within these limits."""
    return Property(kind=Kind.STRING, min_length=min_length, max_length=max_length, pattern=pattern)


def required(prop: Property) -> Property:
    """The same, and a program must set it."""
    return replace(prop, required=True)


def read_only(prop: Property) -> Property:
    """The same, but only Azure sets it."""
    return replace(prop, read_only=True)


def write_only(prop: Property) -> Property:
    """The same, but Azure never returns it."""
    return replace(prop, write_only=True)


def create_only(prop: Property) -> Property:
    """The same, but a change replaces the resource."""
    return replace(prop, create_only=True)


def maintained(prop: Property) -> Property:
    """The same, but kept as Azure has it while the program leaves it out."""
    return replace(prop, maintained=True)


def wire(name: str, prop: Property) -> Property:
    """The same, under another name on the wire."""
    return replace(prop, wire_name=name)


def default(value: Any, prop: Property) -> Property:
    """The same, with what Azure assumes when it is left out."""
    return replace(prop, default=value)
