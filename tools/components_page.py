"""The page docs/reference/components.md: made of the package's schema, `azure_mistral.package`."""

from collections.abc import Iterable, Mapping
from typing import Any

from azure_mistral.package import schema

INTRODUCTION = """\
# Components

What the package gives to programs in any language. Names are written as YAML, TypeScript, .NET and Java spell them; in
Python `endpointName` is `endpoint_name`, in Go `EndpointName`. An input of a *plain* type decides what is made, so its
value has to be known when the program runs; all others may be outputs of other resources, or secrets.

A component's type is `azure-mistral:index:<component>`. What an input accepts is described in the
[configuration](configuration.md), which has the same settings. What is wrong with inputs is reported at once, before
Azure is asked for anything.
"""


def components_page() -> str:
    """Return the page."""
    package = schema()
    components = {name_of(token): each for token, each in package["resources"].items()}
    types = {name_of(token): each for token, each in package["types"].items()}
    sections = [INTRODUCTION]
    for name, component in components.items():
        sections += [
            f"## {name}\n\n{component['description']}\n",
            _table("input", component["inputProperties"].items()),
            _table("output", component["properties"].items()),
        ]
    sections.append("## Types of inputs and outputs\n")
    for name, each in sorted(types.items()):
        sections += [f"### {name}\n\n{each['description']}\n", _table("field", each["properties"].items())]
    return "\n".join(sections)


def name_of(token: str) -> str:
    """Return what a token or a reference to a type ends with: its name."""
    return token.rpartition(":")[2]


def type_of(property_: Mapping[str, Any]) -> str:
    """Return a property's type in words."""
    if "$ref" in property_:
        reference = property_["$ref"]
        if reference == "pulumi.json#/Any":
            return "any"
        name = name_of(reference)
        return f"[{name}](#{name.lower()})"
    if "items" in property_:
        return f"list of {type_of(property_['items'])}"
    if "additionalProperties" in property_:
        return f"map to {type_of(property_['additionalProperties'])}"
    return str(property_["type"])


def _table(kind: str, properties: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    rows = [
        f"| `{name}` | {'plain ' if each.get('plain') else ''}{type_of(each)} | {each['description']} |"
        for name, each in properties
    ]
    return "\n".join([f"| {kind} | type | what it is |", "|---|---|---|", *rows, ""])
