"""The page docs/reference/components.md: made of the package's schema, `azure_mistral.package`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from azure_mistral.package import schema

ANY = "pulumi.json#/Any"
INTRODUCTION = """\
# Components

What the package gives to programs in any language. A component's type is `azure-mistral:index:<component>`. Names are
written as YAML, TypeScript and Java spell them; in Python `endpointName` is `endpoint_name`, in Go and .NET
`EndpointName`, and the types of inputs end in `Args`: `Model` is `ModelArgs`.

What is *plain* decides what is made, so its value has to be known when the program runs; everything else may be an
output of another resource, or a secret. What an input accepts is described in the [configuration](configuration.md),
which has the same settings. What is wrong with inputs is reported at once, before Azure is asked for anything.
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


def type_of(property_: Mapping[str, Any], named: Callable[[str], str] = str) -> str:
    """Return a property's type in words; `named` writes the names of the package's own types."""
    plain = "plain " if property_.get("plain") else ""
    if "items" in property_:
        return f"{plain}list of {type_of(property_['items'], named)}"
    if "additionalProperties" in property_:
        return f"{plain}map to {type_of(property_['additionalProperties'], named)}"
    if "$ref" not in property_:
        return f"{plain}{property_['type']}"
    reference = property_["$ref"]
    return f"{plain}{'any' if reference == ANY else named(name_of(reference))}"


def _table(kind: str, properties: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    rows = [
        f"| `{name}` | {type_of(each, named=lambda type_: f'[{type_}](#{type_.lower()})')} | {each['description']} |"
        for name, each in properties
    ]
    return "\n".join([f"| {kind} | type | what it is |", "|---|---|---|", *rows, ""])
