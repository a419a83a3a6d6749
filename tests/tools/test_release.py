"""Tag, version, changelog and recorded state have to agree before a release."""

import re
import subprocess

import pytest
from azure_mistral import __version__

from tools.engine import ROOT, version_numbers
from tools.release import UNRELEASED, release_problems, sections

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
RELEASED = [heading for heading, _ in sections(CHANGELOG) if heading != UNRELEASED]
GOOD = "# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-12-01\n\n### Changes\n\n## 1.1.0 - 2026-11-23\n"


def test_what_agrees_is_released() -> None:
    assert release_problems("v1.2.0", "1.2.0", GOOD, {"1.1.0", "1.2.0"}) == []


@pytest.mark.parametrize(
    ("tag", "version", "changelog", "recorded", "place"),
    [
        ("v1.3.0", "1.2.0", GOOD, {"1.2.0"}, "tag"),
        ("1.2.0", "1.2.0", GOOD, {"1.2.0"}, "tag"),
        ("v1.2.0", "1.2.0", GOOD.replace("1.2.0 - 2026-12-01", "1.2.0"), {"1.2.0"}, "CHANGELOG.md"),
        ("v1.1.0", "1.1.0", GOOD, {"1.1.0"}, "CHANGELOG.md"),
        ("v1.2.0", "1.2.0", "# Changelog\n\n## Unreleased\n", {"1.2.0"}, "CHANGELOG.md"),
        ("v1.2.0", "1.2.0", GOOD, {"1.1.0"}, "tests/upgrades/recorded"),
    ],
)
def test_what_does_not_agree_is_told_with_its_place(
    tag: str, version: str, changelog: str, recorded: set[str], place: str
) -> None:
    (problem,) = release_problems(tag, version, changelog, recorded)

    assert problem.startswith(f"{place}: ")


def test_the_changelog_begins_with_what_is_unreleased_and_goes_back_in_time() -> None:
    versions = [version_numbers(heading) for heading in RELEASED]

    assert sections(CHANGELOG)[0][0] == UNRELEASED
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", heading) for heading in RELEASED)
    assert versions == sorted(versions, reverse=True)
    assert version_numbers(__version__) >= max(versions, default=(0, 0, 0))


def test_every_section_says_what_changed_and_what_breaks() -> None:
    for heading, text in sections(CHANGELOG):
        assert re.findall(r"^### (.+)$", text, re.MULTILINE) == ["Changes", "Breaking Changes"], heading


def test_every_tag_has_its_section() -> None:
    tags = subprocess.run(
        ["git", "tag", "--list", "v*"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()

    assert [tag for tag in tags if tag.removeprefix("v") not in {each.partition(" ")[0] for each in RELEASED}] == []
