"""The workflows: pinned actions, the least permissions, and the same make targets that people type."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.engine import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+)(?: [a-z-]+)*:", (ROOT / "Makefile").read_text(), re.MULTILINE)) | set(
    re.findall(r"^[a-z-]+ ([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
)

every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text())["jobs"]
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(path).values() for step in job.get("steps", [])]


def commands(path: Path) -> list[str]:
    """Return what a workflow runs, with each value of a matrix in its place."""
    found = []
    for job in jobs(path).values():
        matrix = job.get("strategy", {}).get("matrix", {})
        for values in itertools.product(*matrix.values()):
            for step in job.get("steps", []):
                text = step.get("run", "")
                for name, value in zip(matrix, values, strict=True):
                    text = text.replace(f"${{{{ matrix.{name} }}}}", str(value))
                found.append(text)
    return [text for text in found if text]


def test_there_are_a_release_and_a_test_of_versions() -> None:
    assert {"release", "versions"} <= {path.stem for path in WORKFLOWS}


@every_workflow
def test_actions_are_pinned_by_commit_with_their_version_beside_it(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())

    assert used
    assert [each for each in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


@every_workflow
def test_a_job_has_no_permission_that_it_does_not_name(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    assert all("permissions" in job and "write-all" not in str(job["permissions"]) for job in jobs(path).values())


@every_workflow
def test_a_job_ends_and_leaves_no_credentials_in_the_checkout(path: Path) -> None:
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]

    assert all("timeout-minutes" in job for job in jobs(path).values())
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@every_workflow
def test_nothing_that_an_outsider_writes_becomes_a_command(path: Path) -> None:
    """What a pull request or a branch is called reaches a shell as a variable only."""
    assert [command for command in commands(path) if "${{" in command] == []


@every_workflow
def test_the_make_targets_exist(path: Path) -> None:
    called = {target for command in commands(path) for target in re.findall(r"\bmake ([a-z-]+)", command)}

    assert called <= TARGETS


def test_a_release_tests_everything_before_it_keeps_anything() -> None:
    release = ROOT / ".github" / "workflows" / "release.yml"
    (job,) = jobs(release).values()

    assert commands(release) == ['make release-check TAG="$GITHUB_REF_NAME"', "make check", "make test", "make wheel"]
    assert job["permissions"] == {"contents": "read"}
    kept = job["steps"][-1]["with"]
    assert kept["path"].split() == ["dist/*.whl", "components/schema.json"]
    assert kept["if-no-files-found"] == "error"
