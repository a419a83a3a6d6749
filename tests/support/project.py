"""A Pulumi project in a directory of its own, driven by the real engine as a person would drive it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tools import stack
from tools.engine import ROOT, engine_directory

STACK = "dev"
# What the stack's program is made of; tests work on copies, so that they can edit them.
PROGRAM = ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.README.md", "__main__.py")

_new_stacks: dict[str, tuple[str, str]] = {}
"""State and salt line of a stack without resources, by project; nothing in them tells where the stack was made."""


def engine_environment(home: Path) -> dict[str, str]:
    """Return the environment of a pulumi command that needs no Azure, with an engine home of its own."""
    return {
        "PATH": os.pathsep.join([str(engine_directory()), os.environ["PATH"]]),
        "PULUMI_HOME": str(home),
        "PULUMI_CONFIG_PASSPHRASE": stack.PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "GOGC": "400",  # memory for time: the engine is gone before most of its garbage matters
        "AZURE_MISTRAL_RETRY_PACE": "0.01",
    }


@dataclass(frozen=True)
class Update:
    """What a pulumi command did: its exit code, all that it printed, and its resource steps."""

    code: int
    printed: str
    events: list[dict[str, Any]] = field(repr=False)

    @property
    def changes(self) -> dict[str, int]:
        """Return how many resources had each operation, without those that stayed the same."""
        summaries = [event["summaryEvent"]["resourceChanges"] for event in self.events if "summaryEvent" in event]
        return {
            operation: count for operation, count in (summaries[-1] if summaries else {}).items() if operation != "same"
        }

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Return (operation, URN) of every step that changed something, in the order in which they began."""
        metadata = [event["resourcePreEvent"]["metadata"] for event in self.events if "resourcePreEvent" in event]
        return [(step["op"], step["urn"]) for step in metadata if step["op"] not in ("same", "read")]

    def names(self, operation: str) -> set[str]:
        """Return the logical names of the resources that had an operation."""
        return {urn.rpartition("::")[2] for step, urn in self.steps if step == operation}

    @property
    def diagnostics(self) -> str:
        """Return the messages that a person would read, as one text."""
        found = [event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event]
        return "".join(message["message"] for message in found if message["severity"] != "debug")


class Project:
    """A copy of a program with a stack, its own state and its own engine home."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.directory = directory
        (directory / "backend").mkdir(parents=True)
        self.environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{directory / 'backend'}",
            "PULUMI_STACK": STACK,
            **environment,
        }
        (directory / ".venv").symlink_to(sys.prefix)  # the program runs with the packages that its test runs with

    @classmethod
    def of_the_repository(cls, directory: Path, environment: dict[str, str]) -> "Project":
        """Return a copy of the repository's own stack program."""
        project = cls(directory, environment)
        for name in PROGRAM:
            shutil.copyfile(ROOT / name, directory / name)
        project.initialise()
        return project

    @classmethod
    def of_program(cls, directory: Path, environment: dict[str, str], program: str) -> "Project":
        """Return a project of its own name that runs the given program in eastus2."""
        project = cls(directory, environment)
        (directory / "Pulumi.yaml").write_text(
            "name: consumer\nruntime: {name: python, options: {toolchain: pip, virtualenv: .venv}}\n"
        )
        project.configure("azure-native:location: eastus2")
        project.write_program(program)
        project.initialise()
        return project

    @classmethod
    def of_example(cls, directory: Path, environment: dict[str, str]) -> "Project":
        """Return a copy of the example that is called as the directory."""
        return cls.of_files(directory, environment, ROOT / "examples" / directory.name)

    @classmethod
    def of_files(cls, directory: Path, environment: dict[str, str], source: Path) -> "Project":
        """Return a copy of the project that lies in another directory."""
        project = cls(directory, environment)
        for file in source.iterdir():
            if file.is_file():
                shutil.copyfile(file, directory / file.name)
        project.initialise()
        return project

    def initialise(self) -> None:
        """Make the stack: a project's first with `pulumi stack init`, those after it by writing what that wrote."""
        project = yaml.safe_load((self.directory / "Pulumi.yaml").read_text())["name"]
        settings = Path(self.environment["PULUMI_BACKEND_URL"].removeprefix("file://"), ".pulumi")
        state = settings / "stacks" / project / f"{STACK}.json"
        if project not in _new_stacks:
            self.succeed("stack", "init", STACK)
            _new_stacks[project] = state.read_text(), self._salt()
            return
        new_state, salt = _new_stacks[project]
        state.parent.mkdir(parents=True)
        state.write_text(new_state)
        (settings / "meta.yaml").write_text("version: 1\n")  # without it the engine takes the files for an older layout
        with (self.directory / f"Pulumi.{STACK}.yaml").open("a") as file:
            file.write(salt)

    def write_program(self, program: str) -> None:
        """Replace the program."""
        (self.directory / "__main__.py").write_text(program)

    def configure(self, *lines: str) -> None:
        """Replace the stack's configuration by these lines of YAML, keeping its salt."""
        settings = ["config:", *(f"  {line}" for line in lines), ""]
        (self.directory / f"Pulumi.{STACK}.yaml").write_text(self._salt() + "\n".join(settings))

    def _salt(self) -> str:
        file = self.directory / f"Pulumi.{STACK}.yaml"
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
        return "".join(line for line in lines if line.startswith("encryptionsalt:"))

    def run(self, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a pulumi command in the project."""
        return subprocess.run(
            ["pulumi", *command, "--non-interactive"],
            cwd=self.directory,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def succeed(self, *command: str, **variables: str) -> str:
        """Run a pulumi command that has to succeed, and return what it printed on stdout."""
        done = self.run(*command, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def update(self, action: str, *flags: str, **variables: str) -> Update:
        """Run up, refresh or destroy to its end and return what happened, good or bad."""
        done = self.run(action, "--yes", "--skip-preview", "--json", *flags, **variables)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        return Update(done.returncode, done.stdout + done.stderr, [json.loads(line) for line in lines])

    def up(self, *flags: str) -> Update:
        """Bring the stack up; fails the test when that fails."""
        update = self.update("up", *flags)
        assert update.code == 0, update.diagnostics or update.printed
        return update

    def up_with(self, *lines: str) -> Update:
        """Bring the stack up with another configuration; fails the test when that fails."""
        self.configure(*lines)
        return self.up()

    def refresh(self) -> Update:
        """Refresh the stack; fails the test when that fails."""
        update = self.update("refresh")
        assert update.code == 0, update.diagnostics or update.printed
        return update

    def destroy(self) -> Update:
        """Destroy the stack as `make down` does; fails the test when that fails."""
        update = self.update("destroy", "--run-program")
        assert update.code == 0, update.diagnostics or update.printed
        return update

    def command(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run the package's own command, `azure-mistral`, in the project."""
        return subprocess.run(
            [ROOT / ".venv" / "bin" / "azure-mistral", *arguments],
            cwd=self.directory,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def outputs(self, *, secrets: bool = False) -> dict[str, Any]:
        """Return the stack's outputs."""
        found: dict[str, Any] = json.loads(
            self.succeed("stack", "output", "--json", *(["--show-secrets"] if secrets else []))
        )
        return found

    def export(self) -> str:
        """Return the stack's state as `pulumi stack export` prints it."""
        return self.succeed("stack", "export")

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the resources of the state by logical name."""
        deployment = json.loads(self.export())["deployment"]
        return {entry["urn"].rpartition("::")[2]: entry for entry in deployment.get("resources", [])}
