"""The reference pages and the schema: made from the code, and never older than it."""

import re
from pathlib import Path

import pytest
from azure_mistral.package import schema

from tools import reference
from tools.components_page import components_page
from tools.configuration_page import configuration_page, groups


def test_reference_pages_and_schema_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(["--check"]) == 0, capsys.readouterr().err


def test_stale_files_are_told_with_the_command_that_makes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "DIRECTORY", tmp_path / "checkout")

    assert reference.main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "docs/how-to/call-your-model.md is not up to date. Make it with: make docs",
        "docs/reference/components.md is not up to date. Make it with: make docs",
        "docs/reference/configuration.md is not up to date. Make it with: make docs",
        "docs/reference/emulator-inference.md is not up to date. Make it with: make docs",
        "docs/reference/models.md is not up to date. Make it with: make docs",
        "docs/reference/troubleshooting.md is not up to date. Make it with: make docs",
        "components/schema.json is not up to date. Make it with: make docs",
    ]
    assert not reference.DIRECTORY.exists()
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0


def test_configuration_page_has_a_row_with_the_description_of_every_setting() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| ([^|]+) \|$", configuration_page(), re.MULTILINE))

    expected = {setting.name: setting.description for _, settings in groups() for setting in settings}
    # locations and roleAssignments mean one thing for the stack and another for a model.
    shared = {"locations", "roleAssignments"}
    assert {name: rows[name] for name in expected if name not in shared} == {
        name: text for name, text in expected.items() if name not in shared
    }


def test_configuration_page_has_a_section_for_every_group_of_settings() -> None:
    headings = " ".join(re.findall(r"^## (.*)$", configuration_page(), re.MULTILINE))

    assert [path for path, _ in groups() if path and f"`{path}`" not in headings] == []


def test_components_page_has_every_component_input_and_output_with_its_description() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([^|]+) \|$", components_page(), re.MULTILINE)
    headings = re.findall(r"^###? (\w+)$", components_page(), re.MULTILINE)

    found = schema()
    groups = [*found["resources"].values(), *found["types"].values()]
    properties = [each.get(kind, {}) for each in groups for kind in ("inputProperties", "properties")]
    expected = [(name, each["description"]) for group in properties for name, each in group.items()]
    assert sorted(rows) == sorted(expected)
    assert sorted(headings) == sorted(
        token.rpartition(":")[2] for kind in ("resources", "types") for token in found[kind]
    )


def test_every_type_on_the_components_page_links_to_its_section() -> None:
    page = components_page()
    sections = {heading.lower() for heading in re.findall(r"^###? (\w+)$", page, re.MULTILINE)}

    assert {anchor for anchor in re.findall(r"\]\(#(\w+)\)", page) if anchor not in sections} == set()
