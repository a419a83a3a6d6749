"""The page docs/reference/models.md: the catalogue, a row for each model. Says nothing that changes by the day."""

from collections.abc import Iterator, Sequence

from azure_mistral.catalog import Catalog, Hosting, Model, load_catalog
from azure_mistral.cli.model_facts import NOT_KNOWN, lifecycle, machine, needs, offer

INTRODUCTION = """\
# Models

What `azure_mistral.catalog` knows. `azure-mistral models` shows the same with the stage of each model today, and
`azure-mistral models MODEL` every fact of one. A model that is not here can be deployed by its asset id: see `asset` in
[Configuration](configuration.md).

**?** marks what no primary source confirms, or what sources contradict each other about; [Doubts](#doubts) tells why.
The numbers lead to [Sources](#sources).
"""

_SHARED = ["model", "what for", "asset id", "input", "output", "capabilities", "languages", "locations"]
_SHARED += ["lifecycle", "licence"]
_COLUMNS = {
    Hosting.SERVERLESS: [*_SHARED, "replacement", "offer", "terms and prices"],
    Hosting.MANAGED: [*_SHARED, "instance types", "one instance needs"],
}
_TITLES = {
    Hosting.SERVERLESS: "Serverless endpoints, paid by token",
    Hosting.MANAGED: "Managed compute, paid by hour",
}


def models_page() -> str:
    """Return the page."""
    catalog = load_catalog()
    sources = list(dict.fromkeys(source for model in catalog.models.values() for source in model.sources.values()))
    lines = [INTRODUCTION]
    for hosting, title in _TITLES.items():
        models = [model for model in catalog.models.values() if model.hosting is hosting]
        lines += [f"## {title}", "", *_table(_COLUMNS[hosting], [_row(model, sources) for model in models]), ""]
    lines += ["## Instance types", "", *_instance_types(catalog), ""]
    lines += ["## Doubts", "", *_doubts(catalog), ""]
    lines += ["## Sources", "", *(f"{number}. {source}" for number, source in enumerate(sources, 1)), ""]
    return "\n".join(lines)


def _row(model: Model, sources: Sequence[str]) -> tuple[str, ...]:
    def cell(value: str, group: str) -> str:
        number = f" [{sources.index(model.sources[group]) + 1}]" if group in model.sources else ""
        return f"{value or NOT_KNOWN}{' **?**' if group in model.unverified else ''}{number}"

    begin = (
        f"`{model.slug}`",
        model.purpose,
        cell(f"`{model.asset_id}`", "asset_id"),
        cell(model.input_limit, "limits"),
        cell(model.output_limit, "limits"),
        cell(", ".join(model.capabilities), "capabilities"),
        cell(", ".join(model.languages), "languages"),
        cell(", ".join(model.locations), "locations"),
        cell(lifecycle(model), "lifecycle"),
        cell(model.licence, "licence"),
    )
    if model.hosting is Hosting.MANAGED:
        names = ", ".join(f"`{name}`" for name in model.instance_types)
        return (*begin, cell(names, "instance_types"), cell(needs(model), "requirements"))
    replacement = cell(model.replacement, "replacement") if model.replacement else ""
    pages = f"[terms]({model.terms}), [prices]({model.pricing})"
    return (*begin, replacement, cell(offer(model), "offer"), pages)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _instance_types(catalog: Catalog) -> Iterator[str]:
    for instance_type in catalog.instance_types.values():
        yield f"- `{instance_type.name}`: {machine(instance_type)}"


def _doubts(catalog: Catalog) -> Iterator[str]:
    for model in catalog.models.values():
        for group, reason in model.unverified.items():
            yield f"- `{model.slug}`, {group.replace('_', ' ')}: {reason}."
