"""Where the Pulumi engine comes from: the one on PATH when it is new enough, else the pinned one built with Go.

Needs nothing but the standard library. `python -m tools.engine` prints the directory to put on PATH. The tests also run
programs in YAML: their language host comes with the engine on PATH, and is built beside the pinned one.
"""

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tools" / "pulumi"
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
VERSION_VARIABLE = f"{SDK_MODULE}/go/common/version.Version"
EXEC_SCRIPT = "pulumi-language-python-exec"
YAML_SOURCE = SOURCE / "yaml"
YAML_MODULE = "github.com/pulumi/pulumi-yaml"
YAML_HOST = "pulumi-language-yaml"

PROGRESS_SECONDS = 30

MISSING = """\
pulumi: none on PATH that is version {version} or newer with its Python language host, and no Go to build one.
Expected either of the two. Install one with:
  curl -fsSL https://get.pulumi.com | sh      (the Pulumi CLI)
  https://go.dev/doc/install                  (Go {go} or newer)"""


class EngineError(Exception):
    """There is no engine and none can be built; the message says what to install."""


def pinned(module: str, source: Path = SOURCE) -> str:
    """Return the version of a module that go.mod asks for."""
    file = source / "go.mod"
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} v(\S+)", file.read_text(), re.MULTILINE)
    if found is None:
        name = file.relative_to(ROOT)
        raise EngineError(f"{name}: no version of {module}. Expected a require line. Restore the file.")
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
    with locked(cache):
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
    say(f"Building the Pulumi CLI {version} with Go: 3 to 6 minutes, once ...")
    go("mod", "download", SDK_MODULE)  # a module that is not there yet has no directory
    sdk = go("list", "-m", "-f", "{{.Dir}}", SDK_MODULE).strip()
    shutil.copyfile(Path(sdk, "python", "cmd", EXEC_SCRIPT), directory / EXEC_SCRIPT)
    go_build(COMMAND, f"-X {VERSION_VARIABLE}=v{version}", directory / "pulumi", SOURCE)


def go_build(package: str, linked: str, file: Path, source: Path) -> None:
    """Build a command of the module in `source`. The file appears when it is whole."""
    start = time.monotonic()
    unfinished = file.with_suffix(".unfinished")
    go("build", "-v", "-trimpath", "-ldflags", f"-s -w {linked}", "-o", str(unfinished), package, source=source)
    unfinished.rename(file)
    say(f"Built {file.name} in {time.monotonic() - start:.0f} s.")


def go(*arguments: str, source: Path = SOURCE) -> str:
    """Return what a Go command prints on stdout; raises EngineError with its messages when it fails.

    What it says on stderr, a line for each module and package, only shows that it goes on: twice a minute is enough.
    """
    start = shown = time.monotonic()
    said: list[str] = []
    with subprocess.Popen(
        ["go", *arguments], cwd=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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


@contextmanager
def locked(cache: Path) -> Iterator[None]:
    """Hold the cache, making it where it is missing: two builds at once would only slow each other down."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def engine_directory() -> Path:
    """Return the directory that holds `pulumi` and its Python language host, making it where needed.

    Raises EngineError when neither an engine nor Go is there.
    """
    version = pinned("github.com/pulumi/pulumi/pkg/v3")
    return installed_engine(version) or built_engine(version, cache_directory())


def engine_directory_with_yaml() -> Path:
    """Return the same directory with the YAML language host in it, for the tests.

    Engine and language hosts look for each other beside themselves, and warn of what they find elsewhere on PATH.
    """
    directory = engine_directory()
    cache = cache_directory()
    if directory.parent == cache:
        version = pinned(YAML_MODULE, YAML_SOURCE)
        host = cache / f"{YAML_HOST}-{version}" / YAML_HOST
        with locked(cache):
            if not host.exists():
                host.parent.mkdir(exist_ok=True)
                say(f"Building the Pulumi YAML language host {version} with Go: 1 to 2 minutes, once ...")
                linked = f"-X {YAML_MODULE}/pkg/version.Version=v{version}"
                go_build(f"{YAML_MODULE}/cmd/{YAML_HOST}", linked, host, YAML_SOURCE)
            # A hard link: a symbolic one would lead the host to look beside the file that it leads to.
            beside = directory / YAML_HOST
            if not (beside.exists() and beside.samefile(host)):
                beside.unlink(missing_ok=True)
                beside.hardlink_to(host)
    return directory


def cache_directory() -> Path:
    """Return where built engines are kept."""
    return Path(os.environ.get("AZURE_MISTRAL_CACHE", ROOT / ".cache"))


def say(message: str) -> None:
    """Tell the person at the terminal what happens; stdout is the answer's."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(engine_directory())
    except EngineError as problem:
        sys.exit(str(problem))
