"""The `azure-mistral` command, an extra of the package: where it starts. What it does is in `commands`."""

import importlib
import sys


def main() -> None:
    """Run the command line; ends with what to install where the extra is missing."""
    try:
        commands = importlib.import_module("azure_mistral.cli.commands")
    except ModuleNotFoundError as error:
        sys.exit(
            f"azure-mistral: the Python package {error.name} is not installed. Expected the extra cli of this package."
            " Install it with: pip install 'azure-mistral[cli]'"
        )
    commands.app()
