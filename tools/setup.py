"""Makes the Python environment from the hash-locked set, and the Pulumi engine; says nothing when both are there.

Needs nothing but the standard library: it runs before anything is installed. `--dev` adds what tests and checks need,
LiteLLM in an environment of its own.
"""

import argparse
import hashlib
import subprocess
import sys
import time
from pathlib import Path

from tools.engine import EngineError, engine_directory, engine_directory_with_yaml, say

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
INSTALLED = ENVIRONMENT / "installed.sha256"
LOCK = ROOT / "requirements.lock"
DEVELOPMENT_LOCK = ROOT / "requirements-dev.lock"  # holds all of requirements.lock, in the same versions
LITELLM_ENVIRONMENT = ROOT / ".venv-litellm"
LITELLM_LOCK = ROOT / "requirements-litellm.lock"  # wants other versions of some of them

NO_VENV = """\
python: {python} cannot make a virtual environment. Expected one that has the venv module. On Debian and Ubuntu:
  apt-get install python3-venv"""


class SetupError(Exception):
    """The environment cannot be made; the message says why."""


def digest(lock: Path) -> str:
    """Return what an environment made of a lock file is known by."""
    return hashlib.sha256(lock.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()


def is_installed(development: bool) -> bool:
    """Tell whether the environment holds what is asked for."""
    sufficient = {digest(DEVELOPMENT_LOCK)} | (set() if development else {digest(LOCK)})
    return PYTHON.exists() and INSTALLED.exists() and INSTALLED.read_text() in sufficient


def install(lock: Path) -> None:
    """Install a locked set, and this package in place, into the virtual environment. Raises SetupError."""
    start = time.monotonic()
    say("Installing the Python packages into .venv: 1 to 3 minutes, once ...")
    install_locked(lock, ENVIRONMENT)
    package = [*pip(ENVIRONMENT), "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run(package, "pip: could not install this package.")
    INSTALLED.write_text(digest(lock))
    say(f"Installed the Python packages in {time.monotonic() - start:.0f} s.")


def install_litellm() -> None:
    """Install LiteLLM into its own virtual environment, unless that was made of this lock file. Raises SetupError."""
    mark = LITELLM_ENVIRONMENT / "installed.sha256"
    locked = hashlib.sha256(LITELLM_LOCK.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == locked:
        return
    start = time.monotonic()
    say("Installing LiteLLM into .venv-litellm: 1 minute, once ...")
    install_locked(LITELLM_LOCK, LITELLM_ENVIRONMENT)
    mark.write_text(locked)
    say(f"Installed LiteLLM in {time.monotonic() - start:.0f} s.")


def install_locked(lock: Path, environment: Path) -> None:
    """Install exactly what a lock file names into a virtual environment, made if need be. Raises SetupError."""
    if not (environment / "bin" / "python").exists():
        run([sys.executable, "-m", "venv", str(environment)], NO_VENV.format(python=sys.executable))
    unreachable = f"pip: could not install {lock.name}; its message is above. Expected a package index that answers."
    locked = ["--no-compile", "--require-hashes", "--requirement", str(lock)]
    run([*pip(environment), *locked], unreachable + " Run it again.")


def pip(environment: Path) -> list[str]:
    """Return the command that installs into a virtual environment."""
    python = str(environment / "bin" / "python")
    return [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]


def run(command: list[str], failure: str) -> None:
    """Run a command; raises SetupError with the text when it fails."""
    if subprocess.run(command, check=False).returncode:
        raise SetupError(failure)


def main() -> None:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description="Make the Python environment and the Pulumi engine.")
    parser.add_argument("--dev", action="store_true", help="add what tests and checks need")
    development = parser.parse_args().dev
    try:
        if not is_installed(development):
            install(DEVELOPMENT_LOCK if development else LOCK)
        if development:
            install_litellm()
            engine_directory_with_yaml()
        else:
            engine_directory()
    except (EngineError, SetupError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
