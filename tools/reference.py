"""Writes what is made from the code, pages of docs/ and the package's schema, or checks that it is.

python -m tools.reference            writes the files
python -m tools.reference --check    fails when a file is not what it would write
"""

import argparse
import json
import sys
from collections.abc import Sequence

from azure_mistral import package

from tools.clients_page import clients_page
from tools.components_page import components_page
from tools.configuration_page import configuration_page
from tools.engine import ROOT
from tools.inference_page import inference_page
from tools.models_page import models_page
from tools.troubleshooting_page import troubleshooting_page

DIRECTORY = ROOT

# What each page of docs/ is made of, and where it comes from.
PAGES = {
    "how-to/call-your-model.md": (clients_page, "components/azure_mistral/clients.py and examples/clients"),
    "reference/components.md": (components_page, "components/azure_mistral/package.py"),
    "reference/configuration.md": (configuration_page, "components/azure_mistral/config.py"),
    "reference/emulator-inference.md": (inference_page, "emulator/inference/"),
    "reference/models.md": (models_page, "components/azure_mistral/catalog.toml"),
    "reference/troubleshooting.md": (troubleshooting_page, "components/azure_mistral/failures.py"),
}


def files() -> dict[str, str]:
    """Return the text of every file by its path in the repository."""
    mark = "<!-- Made by `make docs` from {source}: edit that instead. -->\n"
    pages = {f"docs/{name}": mark.format(source=source) + page() for name, (page, source) in PAGES.items()}
    return {**pages, "components/schema.json": json.dumps(package.schema(), indent=2) + "\n"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the files; the exit code is 1 when one is not up to date."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, and fail when a file is not up to date")
    check = parser.parse_args(arguments).check
    stale = {
        name: text
        for name, text in files().items()
        if not (DIRECTORY / name).is_file() or (DIRECTORY / name).read_text(encoding="utf-8") != text
    }
    for name, text in stale.items():
        if check:
            print(f"{name} is not up to date. Make it with: make docs", file=sys.stderr)
        else:
            (DIRECTORY / name).parent.mkdir(parents=True, exist_ok=True)
            (DIRECTORY / name).write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
