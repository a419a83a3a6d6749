"""A copy of this checkout for tests of its make targets and of the README, which write into the folder they run in."""

import os
import shutil
import subprocess
from pathlib import Path

from tools.engine import ROOT, engine_directory


class Checkout:
    """A git repository with the files of this one as they are now, using this one's environments and engine."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).exists():
                (directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, directory / name)
        for name in (".venv", ".venv-litellm"):
            (directory / name).symlink_to(ROOT / name)
        (directory / ".git").mkdir()
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        for command in (["init", "--quiet"], ["add", "--all"], [*identity, "commit", "--quiet", "--message", "all"]):
            subprocess.run(["git", *command], cwd=directory, check=True)
        # Of what may point elsewhere nothing is inherited; the engine is found on PATH, so that none is built.
        foreign = ("ARM_", "AZURE_", "PULUMI_", "STACK", "STATE", "MAKE", "MFLAGS")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.environment["PATH"] = os.pathsep.join([str(engine_directory()), os.environ["PATH"]])

    def run(self, command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a shell command in the checkout."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.directory,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def started(self, command: str) -> "subprocess.Popen[bytes]":
        """Start a shell command in the checkout, in a session of its own."""
        return subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def succeed(self, command: str, **variables: str) -> str:
        """Run a shell command that has to succeed, and return all that it printed."""
        done = self.run(command, **variables)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr
