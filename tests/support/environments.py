"""Python environments of a test's own, made without a package index.

What pip would download is linked from the locked environment, distribution by distribution: those that are required,
and no more. So what is missing in a list of requirements is missing in the environment, too.
"""

import venv
import zipfile
from collections.abc import Iterable
from email.message import Message
from email.parser import Parser
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement


def metadata(wheel: Path) -> Message:
    """Return what a wheel says about itself."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def required(requirements: Iterable[str], extra: str = "") -> dict[str, Distribution]:
    """Return what the requirements of a package and of an extra of it install on this Python, by name."""
    found: dict[str, Distribution] = {}
    _collect(requirements, {"", extra}, found)
    return found


def _collect(requirements: Iterable[str], extras: set[str], found: dict[str, Distribution]) -> None:
    for requirement in map(Requirement, requirements):
        applies = requirement.marker is None or any(requirement.marker.evaluate({"extra": each}) for each in extras)
        if applies and requirement.name not in found:
            found[requirement.name] = distribution(requirement.name)
            _collect(found[requirement.name].requires or [], {"", *requirement.extras}, found)


def make_environment(directory: Path, distributions: Iterable[Distribution]) -> Path:
    """Make a virtual environment that holds pip and these distributions; return its interpreter."""
    venv.create(directory)
    (site_packages,) = directory.glob("lib/python*/site-packages")
    for each in (distribution("pip"), *distributions):
        _link(each, site_packages)
    return directory / "bin" / "python"


def _link(dependency: Distribution, site_packages: Path) -> None:
    for file in dependency.files or []:
        top = file.parts[0]
        if top not in ("..", "__pycache__") and not (site_packages / top).exists():
            source = Path(str(dependency.locate_file(top)))
            if source.exists():
                (site_packages / top).symlink_to(source)
