"""What has to agree before a version is released: its tag, `__version__`, CHANGELOG.md and its recorded state.

`python -m tools.release vX.Y.Z`, which is `make release-check TAG=vX.Y.Z`, ends with what does not.
"""

import re
import sys
from pathlib import Path

from azure_mistral import __version__

ROOT = Path(__file__).resolve().parent.parent
UNRELEASED = "Unreleased"


def sections(changelog: str) -> list[tuple[str, str]]:
    """Return heading and text of each section of a changelog, newest first."""
    parts = re.split(r"^## (.+)$", changelog, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def release_problems(tag: str, version: str, changelog: str, recorded: set[str]) -> list[str]:
    """Return what keeps a tag from being released."""
    problems = []
    if tag != f"v{version}":
        problems.append(
            f"tag: {tag!r} is not the version of the code. v{version} is expected. Tag the commit that raises "
            "__version__ in components/azure_mistral/__init__.py."
        )
    released = [heading for heading, _ in sections(changelog) if heading != UNRELEASED]
    if not released or not re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d", released[0]):
        problems.append(
            f'CHANGELOG.md: its newest release is {released[0] if released else "none"!r}. "{version} - <date>" is '
            f'expected. Write that heading below "{UNRELEASED}".'
        )
    if version not in recorded:
        problems.append(
            f"tests/upgrades/recorded: {version} has no recorded state. One is expected. Make it with: make record"
        )
    return problems


def main() -> None:
    """Check the tag that the command line names."""
    recorded = {path.name for path in (ROOT / "tests" / "upgrades" / "recorded").iterdir()}
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if problems := release_problems(sys.argv[1], __version__, changelog, recorded):
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
