"""Records the state that a release makes, for the releases after it to be previewed with: `make record`.

The stack of `stack/` is deployed to an emulator by the code as it is, and kept under `recorded/<version>/` with its
program and configuration. Secrets in it are encrypted with the passphrase of tests.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from azure_mistral import __version__

from emulator.server import EmulatorServer
from tests.support.azure import Azure
from tests.support.project import Project, engine_environment
from tools import stack

DIRECTORY = Path(__file__).parent
RECORDED = DIRECTORY / "recorded"
PROGRAM = ("Pulumi.yaml", "Pulumi.dev.yaml", "__main__.py")
STATE = "state.json"
# Where on this machine the program lies, when it ran, and what azure-native's other API versions call a resource.
UNUSED = ("sourcePosition", "stackTrace", "created", "modified", "aliases")


def main() -> None:
    """Record the version of this checkout; ends with what to do where it is recorded already."""
    target = RECORDED / __version__
    released = subprocess.run(
        ["git", "tag", "--list", f"v{__version__}"], cwd=DIRECTORY, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    if released:
        sys.exit(
            f"record: {__version__} is released, and consumers have its state. Expected a version without a tag. Raise "
            "__version__ first."
        )
    with (
        tempfile.TemporaryDirectory() as name,
        EmulatorServer(Path(name, "emulator")) as server,
        Azure(server) as azure,
    ):
        stack.install_plugin(Path(name, "home"))
        environment = {**engine_environment(Path(name, "home")), **azure.environment}
        project = Project.of_files(Path(name, "project"), environment, DIRECTORY / "stack")
        project.up()
        state = json.loads(project.export())
        project.destroy()
    target.mkdir(parents=True, exist_ok=True)
    for file in PROGRAM:
        shutil.copyfile(DIRECTORY / "stack" / file, target / file)
    for resource in state["deployment"]["resources"]:
        for detail in UNUSED:
            resource.pop(detail, None)
    (target / STATE).write_text(json.dumps(state, indent=1) + "\n")
    print(f"Recorded {target}. Commit it together with the release.")


if __name__ == "__main__":
    main()
