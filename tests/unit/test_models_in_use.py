"""Models that this repository deploys by default: none of them may be about to retire."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from azure_mistral.catalog import Stage, load_catalog
from azure_mistral.plan import utc_today

from tools.engine import ROOT

CATALOG = load_catalog()
NOTICE = dt.timedelta(days=60)
FILES = [
    ROOT / "Pulumi.dev.yaml",
    *sorted(path for pattern in ("*/Pulumi*.yaml", "*/*.py") for path in (ROOT / "examples").glob(pattern)),
]


def models_in(file: Path) -> Iterator[str]:
    """Yield the slugs that a stack file deploys, or that a program names, without allowing them to be retired."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".yaml" and "azure-mistral:models" in text:
        models: dict[str, Any] = yaml.safe_load(text)["config"]["azure-mistral:models"]
        yield from (slug for slug, options in models.items() if not (options or {}).get("allowRetired"))
    elif not re.search("allow_?retired", text, re.IGNORECASE):
        yield from (slug for slug in CATALOG.models if re.search(rf"(?<![\w-]){slug}(?![\w-])", text))


def retiring(files: Iterable[Path], day: dt.date) -> list[str]:
    """Return a sentence for each model of these files that is retired on a day, or will be within the notice."""
    found = []
    for file in files:
        # A model of the user's own is in no catalogue, so no date is known.
        for slug in set(models_in(file)) & set(CATALOG.models):
            retired = CATALOG.models[slug].milestones.get(Stage.RETIRED)
            if retired and retired.day - NOTICE <= day:
                successor = CATALOG.successor(CATALOG.models[slug], day)
                found.append(f"{file.parent.name}/{file.name}: {slug} retires on {retired}. Use {successor} instead.")
    return found


def test_no_model_of_the_dev_stack_or_of_an_example_is_about_to_retire() -> None:
    assert retiring(FILES, utc_today()) == []


def test_the_dev_stack_and_the_examples_are_looked_at() -> None:
    assert list(models_in(ROOT / "Pulumi.dev.yaml")) == ["ministral-3b", "codestral-2501"]
    assert {file.relative_to(ROOT / "examples").parts[0] for file in FILES[1:]} == {
        folder.name for folder in (ROOT / "examples").iterdir() if folder.is_dir()
    }


@pytest.mark.parametrize(
    ("day", "is_named"), [("2026-05-15", False), ("2026-05-16", True), ("2026-07-15", True), ("2027-01-01", True)]
)
def test_a_model_is_named_from_60_days_before_it_retires(day: str, is_named: bool, tmp_path: Path) -> None:
    stack = tmp_path / "example" / "Pulumi.dev.yaml"
    stack.parent.mkdir()
    models = "{mistral-document-ai-2505: {}, mistral-nemo-2407: {allowRetired: true}, ministral-3b: }"
    stack.write_text(f"config:\n  azure-mistral:models: {models}\n")

    sentence = (
        "example/Pulumi.dev.yaml: mistral-document-ai-2505 retires on 2026-07-15. Use mistral-document-ai-2512 instead."
    )
    assert retiring([stack], dt.date.fromisoformat(day)) == ([sentence] if is_named else [])


def test_a_program_that_names_a_model_is_looked_at(tmp_path: Path) -> None:
    program = tmp_path / "__main__.py"
    program.write_text('MistralModels("mistral", {"models": {"mistral-nemo-2407": {}}})\n')

    (sentence,) = retiring([program], dt.date(2026, 11, 22))
    assert "mistral-nemo-2407 retires on 2026-01-30" in sentence
