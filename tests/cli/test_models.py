"""`azure-mistral models`: the catalogue as a table, one model in full, and both as JSON; offline."""

import datetime as dt
import json
import subprocess
import sys
from typing import Any

import pytest
from azure_mistral import plan
from azure_mistral.catalog import load_catalog
from azure_mistral.cli.commands import app
from typer.testing import CliRunner, Result

from tests.support.sentences import one_line


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "utc_today", lambda: dt.date(2026, 11, 22))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["models", *arguments])


def printed_json(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


def rows(*arguments: str) -> dict[str, str]:
    """Return the lines of the table by slug."""
    _, *lines, _ = run(*arguments).stdout.splitlines()
    return {line.split()[0]: " ".join(line.split()) for line in lines}


def test_table_has_a_row_for_every_model() -> None:
    table = rows()

    assert list(table) == list(load_catalog().models)
    assert table["ministral-3b"] == one_line(
        "ministral-3b serverless available 131072 tokens chat, tools, json, fine-tuning all 7"
    )
    assert table["mistral-document-ai-2505"] == one_line(
        "mistral-document-ai-2505 serverless retired 2026-07-15 30 pages, 30 MB ? ocr ? eastus2, swedencentral"
    )


def test_table_marks_what_is_unverified() -> None:
    assert rows()["mistral-large-2402"] == one_line(
        "mistral-large-2402 serverless retired 2025-04-15 ? 32768 tokens chat, tools, json all 7"
    )
    assert rows()["mixtral-8x7b-v01"].endswith("completions ? all 7 ? 4 GPUs, 40 vCPUs, 672 GB ?")


@pytest.mark.parametrize(
    ("filters", "slugs"),
    [
        (["--capability", "fim"], ["codestral-2501"]),
        (["--capability", "ocr"], ["mistral-document-ai-2505", "mistral-ocr-2503"]),
        (["--capability", "ocr", "--location", "East US"], ["mistral-ocr-2503"]),
        (
            ["--hosting", "serverless", "--stage", "available"],
            ["ministral-3b", "codestral-2501", "mistral-small-2503", "mistral-medium-2505"],
        ),
        (["--hosting", "managed", "--capability", "tools"], []),
    ],
)
def test_filters_narrow_the_table_and_the_json_alike(filters: list[str], slugs: list[str]) -> None:
    assert list(rows(*filters)) == slugs
    assert [model["slug"] for model in printed_json(*filters)] == slugs


def test_stage_is_that_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "utc_today", lambda: dt.date(2024, 11, 15))

    assert printed_json("mistral-large-2402")["stage"] == "available"
    assert run("mistral-large-2402").stdout.startswith("mistral-large-2402: available today\n")


def test_one_model_is_shown_with_sources_and_doubts() -> None:
    shown = " ".join(run("mixtral-8x7b-v01").stdout.split())

    assert "azureml://registries/azureml/models/mistralai-Mixtral-8x7B-v01/versions/11" in shown
    assert "unverified: its spec was not found: the version is that of the Instruct model" in shown
    assert "recommended instance type Standard_NC96ads_A100_v4: 4 x A100 with 80 GB, 96 vCPUs" in shown
    assert "from MicrosoftDocs/azure-docs articles/machine-learning/concept-model-catalog.md" in shown


@pytest.mark.parametrize("model", load_catalog().models.values(), ids=lambda model: model.slug)
def test_every_model_is_shown_with_all_its_facts(model: Any) -> None:
    shown = " ".join(run(model.slug).stdout.split())
    told = [model.asset_id, model.purpose, model.licence, *model.instance_types, *model.also_known_as]

    assert [fact for fact in (*told, *model.sources.values(), *model.unverified.values()) if fact not in shown] == []
    printed = printed_json(model.slug)
    assert (printed["assetId"], printed["unverified"]) == (model.asset_id, dict(model.unverified))


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        (["Mistral-large"], ('model: the catalogue has no model "Mistral-large".', "Write mistral-large-2402.")),
        (["Mixtral-8x7B-v01"], ('model: the catalogue has no model "Mixtral-8x7B-v01".', "Write mixtral-8x7b-v01.")),
        (["gpt"], ('model: the catalogue has no model "gpt".', "Choose one of them.")),
        (["--capability", "tool"], ('--capability: no model of the catalogue has "tool".', "Write tools.")),
        (["--location", "eastus3"], ('--location: no model of the catalogue has "eastus3".', "Write eastus.")),
    ],
)
def test_unknown_word_is_refused_with_the_nearest(arguments: list[str], refused: tuple[str, str]) -> None:
    result = run(*arguments)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(refused[0])
    assert result.stderr.rstrip().endswith(refused[1])


def test_neither_pulumi_nor_azure_is_needed() -> None:
    program = (
        "import sys; sys.modules['pulumi'] = sys.modules['pulumi_azure_native'] = None;"
        "from azure_mistral.cli.commands import app; app(['models', 'ministral-3b'])"
    )
    environment = {"PATH": "", "HOME": ""}

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ministral-3b: ")
