"""The stack on the emulator: what `make up`, `make preview`, `make down` and `make env` do.

Everything lies in one state folder: the emulator's database, the stack's state, and a working copy of the stack file,
because the engine writes a salt into the file that it is given, and the checkout has to stay clean.
"""

import argparse
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from emulator.process import running_process
from tools.engine import ROOT, EngineError, engine_directory, write_launcher

PLUGIN = "azure-native"
QUESTION = "What is Azure Machine Learning, in one sentence?"

# No secret: it protects nothing but the emulator's keys, and a person who types `pulumi` needs it too.
PASSPHRASE = "emulator"  # noqa: S105

GO_ON = """
Go on with:
  eval "$(make -s env)"            from then on pulumi, curl, Python and azure-mistral talk to the emulator
  azure-mistral chat "..."         ask a model; --model and --stream are options
  make preview                     what an edit of Pulumi.dev.yaml would change
  make down                        destroy everything and stop the emulator"""


def variables(state: Path) -> dict[str, str]:
    """Return what points pulumi, Azure's SDKs and curl to the emulator, beside the caller's own environment."""
    programs = [str(engine_directory()), str(ROOT / ".venv" / "bin")]
    azure: dict[str, str] = json.loads((state / "emulator" / "environment.json").read_text())
    return {
        **azure,
        "PULUMI_HOME": str(state / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{state / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        # A stack file that has no salt is read with the one that the stack's state has.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": os.pathsep.join([*programs, os.environ.get("PATH", os.defpath)]),
    }


def emulator(action: str, state: Path) -> None:
    """Start or stop the emulator; ends this process when that fails, for it has said why."""
    run(sys.executable, "-m", "emulator", action, "--state", str(state / "emulator"), environment=os.environ)


def install_plugin(home: Path) -> None:
    """Put the stand-in for azure-native where the engine looks for the plugin of the installed SDK's version."""
    found = importlib.util.find_spec("pulumi_azure_native")
    if found is None or found.origin is None:
        raise EngineError("pulumi-azure-native: not installed in .venv. Expected the locked set. Run: make setup")
    version = json.loads(Path(found.origin).with_name("pulumi-plugin.json").read_text())["version"]
    write_launcher(
        home / "plugins" / f"resource-{PLUGIN}-v{version}" / f"pulumi-resource-{PLUGIN}",
        ["env", f"PYTHONPATH={ROOT}", str(ROOT / ".venv" / "bin" / "python"), "-m", "emulator.provider"],
    )


def stack_file(stack: str, state: Path, environment: Mapping[str, str]) -> Path:
    """Return the working copy of a stack's file, up to date with the checkout's, making the stack where it is new."""
    copies = state / "project"
    copy = copies / f"Pulumi.{stack}.yaml"
    (state / "backend").mkdir(parents=True, exist_ok=True)
    copies.mkdir(exist_ok=True)
    if not copy.exists():
        # `stack init` writes its salt into the project that it is called in: so not in the checkout.
        shutil.copyfile(ROOT / "Pulumi.yaml", copies / "Pulumi.yaml")
        command = ["pulumi", "stack", "init", stack, "--cwd", str(copies), "--non-interactive"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    original = (ROOT / copy.name).read_text().rstrip()
    # The checkout's file has a salt of its own once somebody has typed `pulumi up` without make.
    salt = "" if salt_of(original) else salt_of(copy.read_text())
    copy.write_text(f"{original}\n{salt}\n")
    return copy


def salt_of(text: str) -> str:
    """Return the line of a stack file that holds the salt of its passphrase, or nothing where it has none."""
    return next((line for line in text.splitlines() if line.startswith("encryptionsalt:")), "")


def run(*command: str, environment: Mapping[str, str]) -> None:
    """Run a command in the checkout; ends this process with its exit code when it fails, for it has said why."""
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def is_running(pid: int) -> bool:
    """Tell whether there is such a process; one that has ended and that nobody has waited for is none."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stat = Path("/proc", str(pid), "stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def unlock(state: Path, environment: Mapping[str, str]) -> None:
    """Where an update was killed, give the stack free; the next one goes on from where it stopped.

    The lock of an update that still runs stays: then the engine says who holds it.
    """
    locks = [json.loads(lock.read_text()) for lock in (state / "backend").glob(".pulumi/locks/**/*.json")]
    if locks and not any(is_running(lock["pid"]) for lock in locks):
        run("pulumi", "cancel", "--yes", environment=environment)


def pulumi(action: str, *flags: str, stack: str, state: Path) -> dict[str, str]:
    """Run a pulumi command on the stack with the emulator running; return the environment that it ran in."""
    if running_process(state / "emulator") is None:
        emulator("start", state)
    environment = {**os.environ, **variables(state), "PULUMI_STACK": stack}
    install_plugin(state / "pulumi")
    file = stack_file(stack, state, environment)
    unlock(state, environment)
    run("pulumi", action, *flags, "--suppress-outputs", "--config-file", str(file), environment=environment)
    return environment


def up(stack: str, state: Path) -> None:
    """Deploy, show the endpoints, ask the first model a question."""
    environment = pulumi("up", "--yes", "--skip-preview", stack=stack, state=state)
    print("\nEndpoints:", flush=True)
    run("azure-mistral", "endpoints", environment=environment)
    print(f"\nA question: {QUESTION}", flush=True)
    run("azure-mistral", "chat", QUESTION, environment=environment)
    print(GO_ON)


def preview(stack: str, state: Path) -> None:
    """Show what `up` would change."""
    pulumi("preview", stack=stack, state=state)


def down(stack: str, state: Path) -> None:
    """Destroy the stack, running its program so that its error hooks work, and stop the emulator."""
    if (state / "emulator").exists():
        pulumi("destroy", "--run-program", "--yes", "--skip-preview", stack=stack, state=state)
        emulator("stop", state)


def env(stack: str, state: Path) -> None:
    """Print the variables as a shell reads them; the caller's PATH stays behind ours."""
    if running_process(state / "emulator") is None:
        sys.exit("env: the emulator does not run. Expected a running one. Start it with: make up")
    for name, value in {**variables(state), "PULUMI_STACK": stack}.items():
        print(f"export {name}={shlex.quote(value)}")


def main() -> None:
    """Do what the command line says."""
    actions = {"up": up, "preview": preview, "down": down, "env": env}
    parser = argparse.ArgumentParser(prog="python -m tools.stack", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("action", choices=actions)
    parser.add_argument("--stack", default=os.environ.get("STACK", "dev"))
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("STATE", ".local")))
    arguments = parser.parse_args()
    try:
        actions[arguments.action](arguments.stack, (ROOT / arguments.state).resolve())
    except EngineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
