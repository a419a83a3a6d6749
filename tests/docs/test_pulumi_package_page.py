"""The page for users of the Pulumi package: it shows the example that is tested, and names that exist."""

import re
import tomllib
from pathlib import Path

import azure_mistral
import pytest
import yaml
from azure_mistral.package import schema

from tools.engine import ROOT, pinned

PAGE = ROOT / "docs" / "how-to" / "use-the-pulumi-package.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples" / "yaml-consumer" / "Pulumi.yaml"


def blocks(language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return found


def test_the_program_in_yaml_is_the_example_that_the_tests_deploy() -> None:
    assert blocks("yaml") == [EXAMPLE.read_text(encoding="utf-8")]


def test_the_example_takes_the_package_from_this_checkout() -> None:
    packages = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["packages"]

    assert (EXAMPLE.parent / packages["azure-mistral"] / "PulumiPlugin.yaml").resolve().is_file()


@pytest.mark.parametrize("file", [PAGE, EXAMPLE], ids=lambda file: file.name)
def test_the_tag_is_that_of_this_version(file: Path) -> None:
    tags = re.findall(r"\.git/components@v([\w.]+)", file.read_text(encoding="utf-8"))

    assert set(tags) == {azure_mistral.__version__}


def test_versions_that_are_needed_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = project["requires-python"].removeprefix(">=")
    cli = pinned("github.com/pulumi/pulumi/pkg/v3").removesuffix(".0")

    assert f"Python {python} or newer, and the\nPulumi CLI {cli} or newer" in TEXT


@pytest.mark.parametrize("language", ["typescript", "go"])
def test_programs_in_other_languages_name_what_the_schema_has(language: str) -> None:
    (program,) = blocks(language)
    component = schema()["resources"]["azure-mistral:index:MistralModels"]
    model = schema()["types"]["azure-mistral:index:Model"]
    known = {
        "MistralModels",
        *component["inputProperties"],
        *component["properties"],
        *model["properties"],
        *schema()["types"]["azure-mistral:index:Endpoint"]["properties"],
    }
    pascal = {f"{name[0].upper()}{name[1:]}" for name in known}

    used = re.findall(r"\b(\w+):|models\.(\w+)|\]\.(\w+)", program)
    names = {name for groups in used for name in groups if name} - {"Models" if language == "typescript" else "models"}

    assert len(names) >= 4
    assert names - {"apply"} <= (known if language == "typescript" else pascal)


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT)

    assert links
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
