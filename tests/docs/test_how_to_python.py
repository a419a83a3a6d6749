"""docs/how-to/use-from-python.md: its programs are those of the examples, and its links lead somewhere."""

import re

import azure_mistral
from packaging.specifiers import SpecifierSet

from tools.engine import ROOT

PAGE = ROOT / "docs" / "how-to" / "use-from-python.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_programs_are_those_of_the_examples() -> None:
    shown = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)

    examples = [ROOT / "examples" / name / "__main__.py" for name in ("python-consumer", "stack-reference")]
    assert shown == [example.read_text(encoding="utf-8") for example in examples]


def test_the_requirement_is_that_of_the_example_and_takes_this_version() -> None:
    (shown,) = re.findall(r"^azure-mistral(.*)$", TEXT, re.MULTILINE)

    requirements = (ROOT / "examples" / "python-consumer" / "requirements.txt").read_text(encoding="utf-8")
    assert f"azure-mistral{shown}\n" in requirements
    assert SpecifierSet(shown).contains(azure_mistral.__version__)


def test_the_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in link]

    assert links
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
