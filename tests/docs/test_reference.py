"""The reference pages: made from the tables in the code, and never older than they are."""

import re
from pathlib import Path

import pytest

from tools import reference
from tools.configuration_page import configuration_page, groups


def test_reference_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(["--check"]) == 0, capsys.readouterr().err


def test_stale_pages_are_told_with_the_command_that_makes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "DIRECTORY", tmp_path / "reference")

    assert reference.main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "docs/reference/configuration.md is not up to date. Make it with: make docs",
        "docs/reference/troubleshooting.md is not up to date. Make it with: make docs",
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
