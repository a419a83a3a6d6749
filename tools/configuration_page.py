"""The page docs/reference/configuration.md: made of the tables that read the configuration, `azure_mistral.config`."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import Any

from azure_mistral.config import CONFIGURATION
from azure_mistral.settings import Group, Setting, Table, capital

INTRODUCTION = """\
# Configuration

The keys of a stack file, `Pulumi.<stack>.yaml`, under the namespace `azure-mistral`. `[*]` stands for a key of a map: a
model's slug, or one of your own. Everything that is wrong is reported at once, before Azure is asked for anything.
`MistralModels` takes the same settings as arguments, in snake_case.
"""


def groups(settings: Sequence[Setting] = CONFIGURATION, path: str = "") -> Iterator[tuple[str, Sequence[Setting]]]:
    """Yield every group of settings with its path, outermost first: `""`, then `models[*]` and so on."""
    yield path, settings
    for setting in settings:
        own_path = f"{path}.{setting.name}" if path else setting.name
        kind = setting.kind
        if isinstance(kind, Table):
            own_path, kind = f"{own_path}[*]", kind.item
        if isinstance(kind, Group):
            yield from groups(kind.settings, own_path)


def configuration_page() -> str:
    """Return the page."""
    paths: dict[int, list[str]] = {}
    tables: dict[int, Sequence[Setting]] = {}
    for path, settings in groups():
        paths.setdefault(id(settings), []).append(path)
        tables[id(settings)] = settings
    sections = [_section(paths[key], settings) for key, settings in tables.items()]
    return "\n".join([INTRODUCTION, *sections])


def _section(paths: Sequence[str], settings: Sequence[Setting]) -> str:
    title = " and ".join(f"`{path}`" for path in paths if path) or "The stack"
    rows = [
        f"| `{setting.name}` | {_cell(capital(setting.kind.accepted.rstrip(',')))} | {_default(setting)} "
        f"| {_cell(setting.description)} |"
        for setting in settings
    ]
    return "\n".join([f"## {title}", "", "| key | accepted | default | what it is |", "|---|---|---|---|", *rows, ""])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _default(setting: Setting) -> str:
    if setting.required:
        return "required"
    if setting.default is None:
        return ""
    value: Any = {} if dataclasses.is_dataclass(setting.default) else setting.default
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"
