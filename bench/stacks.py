"""The programs that are compared, as Pulumi projects with stacks of their own, and the emulator that they deploy to."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure_mistral.catalog import load_catalog

from bench.processes import Usage, run_measured
from tools import stack
from tools.engine import ROOT

STACK = "bench"

PARALLEL = "64"
"""How many resources the engine works on at a time. By default it is 4 for each processor: on a small machine most of
what could wait for Azure side by side would wait in a queue."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The models and the locations that are deployed: each model in each location."""

    models: tuple[str, ...]
    locations: tuple[str, ...]


class Emulator:
    """The emulator of this run, in a process of its own."""

    def __init__(self, state: Path) -> None:
        self._state = state
        stack.emulator("start", state)
        environment = stack.variables(state)
        self._control = f"https://{environment['ARM_METADATA_HOSTNAME']}/_emulator"
        self._context = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])

    def control(self, method: str, path: str, body: Any = None) -> None:
        """Call the control API."""
        request = urllib.request.Request(  # noqa: S310  (the emulator's own address)
            self._control + path, None if body is None else json.dumps(body).encode(), method=method
        )
        urllib.request.urlopen(request, context=self._context).close()  # noqa: S310

    def stop(self) -> None:
        """End the process."""
        stack.emulator("stop", self._state)


class Program:
    """One of the programs, in a project with a stack that can be made anew."""

    def __init__(
        self,
        name: str,
        files: Mapping[str, Path],
        configuration: Callable[[Pairs], Mapping[str, Any]],
        state: Path,
        emulator: Emulator,
    ) -> None:
        """Take the files of its project by their names there, and what configures it."""
        self.name = name
        self._directory = state / name
        self._files = files
        self._configuration = configuration
        self._emulator = emulator
        self._azure_subscription_id = str(uuid.uuid4())
        self._environment = {
            **os.environ,
            **stack.variables(state),
            "ARM_SUBSCRIPTION_ID": self._azure_subscription_id,
            "PULUMI_BACKEND_URL": f"file://{self._directory / 'backend'}",
            "PULUMI_PARALLEL": PARALLEL,
            "PULUMI_STACK": STACK,
        }

    def start_anew(self, pairs: Pairs) -> None:
        """Make its Azure subscription and its stack, forgetting the stack that it has."""
        self._emulator.control("PUT", f"/subscriptions/{self._azure_subscription_id}", {})
        shutil.rmtree(self._directory, ignore_errors=True)
        (self._directory / "backend").mkdir(parents=True)
        (self._directory / ".venv").symlink_to(ROOT / ".venv")
        for name, source in self._files.items():
            shutil.copyfile(source, self._directory / name)
        self._ask("pulumi", "stack", "init", STACK)
        file = self._directory / f"Pulumi.{STACK}.yaml"
        # JSON is YAML, too.
        file.write_text(f"{stack.salt_of(file.read_text())}\nconfig: {json.dumps(self._configuration(pairs))}\n")

    def measure(self, action: str) -> Usage:
        """Run `up` or `preview`, and return what it took; ends this process when it fails."""
        flags = ["--yes", "--skip-preview"] if action == "up" else []
        command = ["pulumi", action, *flags, "--non-interactive", "--suppress-outputs"]
        log = self._directory / f"{action}.log"
        try:
            return run_measured(command, self._directory, self._environment, log)
        except subprocess.CalledProcessError:
            sys.exit(log.read_text())

    def resources(self) -> list[Mapping[str, Any]]:
        """Return the resources in the stack's state."""
        found: list[Mapping[str, Any]] = json.loads(self._ask("pulumi", "stack", "export"))["deployment"]["resources"]
        return found

    def _ask(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self._directory, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(done.stderr)
        return done.stdout


def module(state: Path, emulator: Emulator) -> Program:
    """Return the stack of this checkout."""
    files = {name: ROOT / name for name in ("Pulumi.yaml", "Pulumi.README.md", "__main__.py")}
    return Program("module", files, _module_configuration, state, emulator)


def straight_line(state: Path, emulator: Emulator) -> Program:
    """Return the same resources without the module."""
    here = Path(__file__).parent
    files = {"Pulumi.yaml": here / "straight_line.yaml", "__main__.py": here / "straight_line.py"}
    return Program("straight-line", files, _straight_line_configuration, state, emulator)


def _module_configuration(pairs: Pairs) -> dict[str, Any]:
    return {
        "azure-mistral:acceptMarketplaceTerms": True,
        "azure-mistral:locations": list(pairs.locations),
        "azure-mistral:models": {slug: {"allowRetired": True} for slug in pairs.models},
    }


def _straight_line_configuration(pairs: Pairs) -> dict[str, Any]:
    catalog = load_catalog()
    return {
        "straight-line:models": {slug: catalog.models[slug].name for slug in pairs.models},
        "straight-line:locations": {name: catalog.locations[name].code for name in pairs.locations},
    }
