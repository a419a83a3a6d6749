"""examples/stack-reference: a web service of another project, on URL and key of the platform's stack."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.azure import occurrences
from tests.support.project import Project
from tests.support.waiting import wait_until


@pytest.fixture
def application(repository: Project, environment: dict[str, str], tmp_path: Path) -> Project:
    """A copy of the example, in the backend of the platform's stack."""
    backend = {"PULUMI_BACKEND_URL": repository.environment["PULUMI_BACKEND_URL"]}
    return Project.of_example(tmp_path / "stack-reference", {**environment, **backend})


@contextmanager
def running_service(application: Project) -> Iterator[httpx.Client]:
    """Run the service as its README says, on a port that is free."""
    log = application.directory / "service.log"
    command = [sys.executable, "serve.py", "--port", "0"]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=application.directory, env=application.environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            wait_until(lambda: process.poll() is not None or "running on" in log.read_text())
            address = log.read_text().partition("running on ")[2].split()
            assert address, log.read_text()
            with httpx.Client(base_url=address[0], trust_env=False) as client:
                yield client
        finally:
            process.terminate()


def test_the_service_answers_with_url_and_key_of_the_platform(repository: Project, application: Project) -> None:
    repository.up()
    key = repository.outputs(secrets=True)["keys"]["ministral-3b"]["eastus2"]["primary"]

    application.up()
    with running_service(application) as client:
        answer = client.post("/answers", json={"question": "What is Azure Machine Learning?"})
        log = (application.directory / "service.log").read_text()
    again = application.up()
    shown = application.succeed("stack", "output") + application.succeed("preview", "--diff")
    states = [repository.export(), application.export()]
    destroyed = application.destroy()
    platform = repository.up()

    assert answer.status_code == 200
    assert "synthetic answer" in answer.json()["answer"]
    assert again.changes == {}
    assert [text for text in (shown, log, *states) if key in text] == []
    assert occurrences(application.directory, key.encode()) == []
    assert destroyed.changes == {"delete": 1, "discard": 1}  # the stack, and what it read of the other one
    assert platform.changes == {}
