"""Where the Pulumi engine comes from: the one on PATH when it is new enough, else the pinned one built with Go.

Needs nothing but the standard library. `python -m tools.engine` prints the directory to put on PATH.
"""

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools" / "pulumi"
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
EXEC_SCRIPT = "pulumi-language-python-exec"

PROGRESS_SECONDS = 30

MISSING = """\
pulumi: none on PATH that is version {version} or newer with its Python language host, and no Go to build one.
Expected either of the two. Install one with:
  curl -fsSL https://get.pulumi.com | sh      (the Pulumi CLI)
  https://go.dev/doc/install                  (Go {go} or newer)"""


class EngineError(Exception):
    """There is no engine and none can be built; the message says what to install."""


def pinned(module: str) -> str:
    """Return the version of a module that go.mod asks for."""
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} v(\S+)", (SOURCE / "go.mod").read_text(), re.MULTILINE)
    if found is None:
        raise EngineError(f"tools/pulumi/go.mod: no version of {module}. Expected a require line. Restore the file.")
    return found[1]


def version_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of the first version in a text: (3, 259, 0) of "v3.259.0"; none where there is no version."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(number) for number in found.groups()) if found else ()


def installed_engine(required: str) -> Path | None:
    """Return the directory of the `pulumi` on PATH when it is new enough and has its Python language host."""
    pulumi = shutil.which("pulumi")
    if pulumi is None or shutil.which("pulumi-language-python") is None:
        return None
    printed = subprocess.run([pulumi, "version"], capture_output=True, text=True, check=False).stdout
    return Path(pulumi).parent if version_numbers(printed) >= version_numbers(required) else None


def built_engine(version: str, cache: Path) -> Path:
    """Return the directory of the CLI built from the pinned source, building it first where it is missing.

    Raises EngineError when Go is missing or the build fails.
    """
    directory = cache / f"pulumi-{version}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds at once would only slow each other down
        if not (directory / "pulumi").exists():
            build(version, directory)
    python = str(ROOT / ".venv" / "bin" / "python")
    exec_script = str(directory / EXEC_SCRIPT)
    write_launcher(
        directory / "pulumi-language-python",
        [python, str(SOURCE / "language_host.py"), "--exec-script", exec_script],
    )
    return directory


def build(version: str, directory: Path) -> None:
    """Build the CLI with Go, checked against go.sum, and put the SDK's exec script beside it."""
    if shutil.which("go") is None:
        go_version = re.search(r"^go (\S+)", (SOURCE / "go.mod").read_text(), re.MULTILINE)
        raise EngineError(MISSING.format(version=version, go=go_version[1] if go_version else ""))
    directory.mkdir(exist_ok=True)
    start = time.monotonic()
    say(f"Building the Pulumi CLI {version} with Go: 3 to 6 minutes, once ...")
    flags = f"-s -w -X {VERSION_VARIABLE}=v{version}"
    unfinished = directory / "pulumi.unfinished"
    go("build", "-v", "-trimpath", "-ldflags", flags, "-o", str(unfinished), COMMAND)
    sdk = go("list", "-m", "-f", "{{.Dir}}", "github.com/pulumi/pulumi/sdk/v3").strip()
    shutil.copyfile(Path(sdk, "python", "cmd", EXEC_SCRIPT), directory / EXEC_SCRIPT)
    unfinished.rename(directory / "pulumi")
    say(f"Built the Pulumi CLI in {time.monotonic() - start:.0f} s.")


def go(*arguments: str) -> str:
    """Return what a Go command prints on stdout; raises EngineError with its messages when it fails.

    What it says on stderr, a line for each module and package, only shows that it goes on: twice a minute is enough.
    """
    start = shown = time.monotonic()
    said: list[str] = []
    with subprocess.Popen(
        ["go", *arguments], cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr or ():
            said.append(line)
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                say(f"  {len(said)} modules and packages done in {shown - start:.0f} s ...")
        printed = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise EngineError(f"go {arguments[0]}: exit code {process.returncode}. It said:\n{''.join(said[-20:])}")
    return printed


def write_launcher(path: Path, command: list[str]) -> None:
    """Write an executable that runs a command with the arguments it is given, unless it is there already."""
    text = f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)


def engine_directory() -> Path:
    """Return the directory that holds `pulumi` and its Python language host, making it where needed.

    Raises EngineError when neither an engine nor Go is there.
    """
    version = pinned("github.com/pulumi/pulumi/pkg/v3")
    cache = Path(os.environ.get("AZURE_MISTRAL_CACHE", ROOT / ".cache"))
    return installed_engine(version) or built_engine(version, cache)


def say(message: str) -> None:
    """Tell the person at the terminal what happens; stdout is the answer's."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(engine_directory())
    except EngineError as problem:
        sys.exit(str(problem))
