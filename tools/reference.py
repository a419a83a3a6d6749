"""Writes the pages of docs/reference from the tables in the code, or checks that they are up to date.

python -m tools.reference            writes the pages
python -m tools.reference --check    fails when a page is not what it would write
"""

import argparse
import sys
from collections.abc import Sequence

from tools.configuration_page import configuration_page
from tools.engine import ROOT
from tools.troubleshooting_page import troubleshooting_page

DIRECTORY = ROOT / "docs" / "reference"

# What each page is made of, and the module that it comes from.
PAGES = {
    "configuration.md": (configuration_page, "components/azure_mistral/config.py"),
    "troubleshooting.md": (troubleshooting_page, "components/azure_mistral/failures.py"),
}


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    mark = "<!-- Made by `make docs` from {source}: edit that instead. -->\n"
    return {name: mark.format(source=source) + page() for name, (page, source) in PAGES.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages; the exit code is 1 when one is not up to date."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, and fail when a page is not up to date")
    check = parser.parse_args(arguments).check
    stale = [
        DIRECTORY / name
        for name, text in pages().items()
        if not (DIRECTORY / name).is_file() or (DIRECTORY / name).read_text(encoding="utf-8") != text
    ]
    if check:
        for page in stale:
            print(f"docs/reference/{page.name} is not up to date. Make it with: make docs", file=sys.stderr)
        return 1 if stale else 0
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for page in stale:
        page.write_text(pages()[page.name], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
