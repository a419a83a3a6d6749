"""Checks that programs written for the last released version of the package run with this one, by their schemas.

python -m tools.compatibility             fails when this version breaks programs and is no new major version
python -m tools.compatibility --record    keeps the schema of this version, as `make record` does for a release

Programs in Python use the same components under the same names, so the check holds for them as well.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure_mistral import package
from azure_mistral.problems import Problem

from tools.components_page import name_of, type_of
from tools.engine import ROOT, version_numbers

RELEASED = ROOT / "tests" / "schema" / "released"


@dataclass(frozen=True, slots=True)
class Property:
    """What programs rely on: the type of an input or output, and whether it has to be given, or is always there."""

    type: str
    required: bool


def breaking_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Problem]:
    """Return what a program written for one version may miss in another. A new major version may break programs."""
    version = before["version"]
    major, *_ = version_numbers(version)
    if version_numbers(after["version"])[0] > major:
        return []
    accepted = f"What programs written for {version} can use unchanged is accepted"
    advice = {
        "keep": f"Keep it, or release this as {major + 1}.0.0",
        "optional": f"Make it optional, or release this as {major + 1}.0.0",
    }
    return [Problem(path, wrong, accepted, advice[what]) for path, wrong, what in _changes(before, after, version)]


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], version: str) -> Iterator[tuple[str, str, str]]:
    """Yield the path of every breaking change, what it is, and what to do with it."""
    for token in before["resources"]:
        if token not in after["resources"]:
            yield name_of(token), f"the component is gone, which {version} has", "keep"
    for kind, read in (("input", inputs), ("output", outputs)):
        old, new = read(before), read(after)
        for path, was in old.items():
            if path not in new:
                # What is gone with its component is said above; what is gone with its type, by what had that type.
                if owner(path) in map(owner, new):
                    yield path, f"the {kind} is gone, which {version} has", "keep"
            elif new[path].type != was.type:
                yield path, f"the {kind} has the type {new[path].type}, and {was.type} in {version}", "keep"
            elif kind == "output" and was.required and not new[path].required:
                yield path, f"the output may be missing, and is always there in {version}", "keep"
        for path, now in new.items():
            added = owner(path) in map(owner, old) and (path not in old or not old[path].required)
            if kind == "input" and now.required and added:
                yield path, f"the input is required, and is not in {version}", "optional"


def owner(path: str) -> str:
    """Return the component or type that a path starts with."""
    return path.partition(".")[0]


def inputs(schema: Mapping[str, Any]) -> dict[str, Property]:
    """Return the inputs of every component and of the types that they use, by path."""
    return _properties(schema, "inputProperties", "requiredInputs")


def outputs(schema: Mapping[str, Any]) -> dict[str, Property]:
    """Return the outputs of every component and of the types that they use, by path."""
    return _properties(schema, "properties", "required")


def _properties(schema: Mapping[str, Any], properties: str, required: str) -> dict[str, Property]:
    found: dict[str, Property] = {}
    waiting = [(token, each[properties], each.get(required, ())) for token, each in schema["resources"].items()]
    while waiting:
        token, given, needed = waiting.pop(0)
        for name, each in given.items():
            path = f"{name_of(token)}.{name}"
            if path in found:
                break  # a type that was seen before
            found[path] = Property(type_of(each), name in needed)
            waiting += [
                (used, schema["types"][used]["properties"], schema["types"][used].get("required", ()))
                for used in _used(each)
            ]
    return found


def _used(property_: Mapping[str, Any]) -> Iterator[str]:
    """Yield the package's own types that a property's type is made of."""
    if property_.get("$ref", "").startswith("#/types/"):
        yield property_["$ref"].removeprefix("#/types/")
    for values in (property_.get("items"), property_.get("additionalProperties")):
        if values is not None:
            yield from _used(values)


def last_released() -> Path:
    """Return the recorded schema of the newest version."""
    return max(RELEASED.glob("*.json"), key=lambda file: version_numbers(file.name))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check or record; the exit code is 1 when something breaks."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.compatibility", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--record", action="store_true", help="keep the schema of this version instead")
    schema = package.schema()
    if parser.parse_args(arguments).record:
        file = RELEASED / f"{schema['version']}.json"
        file.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
        return 0
    problems = breaking_changes(json.loads(last_released().read_text(encoding="utf-8")), schema)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
