"""The package as others see it: its names, and what importing it costs."""

import re
import subprocess
import sys
from pathlib import Path

import azure_mistral
import pytest
import yaml
from azure_mistral.config import CONFIGURATION

ROOT = Path(__file__).parents[2]
PURE = ["catalog", "config", "naming", "plan", "problems", "resource_id", "roles", "settings"]


def test_public_names_are_sorted_and_exist() -> None:
    assert azure_mistral.__all__ == sorted(azure_mistral.__all__)
    assert all(getattr(azure_mistral, name) for name in azure_mistral.__all__)
    assert set(azure_mistral.__all__) <= set(dir(azure_mistral))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'azure_mistral' has no attribute 'Workspaces'"):
        azure_mistral.__getattr__("Workspaces")


@pytest.mark.parametrize("module", PURE)
def test_pure_module_does_not_import_pulumi(module: str) -> None:
    program = f"import azure_mistral.{module}, sys; print(sorted(m for m in sys.modules if m.startswith('pulumi')))"

    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert printed == "[]\n"


def test_pulumi_yaml_describes_every_setting_as_config_does_and_types_none() -> None:
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))

    described = {each.name: {"description": each.description, "default": each.default} for each in CONFIGURATION}
    described["models"]["default"] = {}  # none, which is refused
    described["locations"]["default"] = []
    described["workspace"]["default"] = {}
    assert project["config"] == described


def test_program_is_short() -> None:
    assert len((ROOT / "__main__.py").read_text(encoding="utf-8").splitlines()) <= 40


def test_program_and_stack_files_do_not_know_of_the_emulator() -> None:
    files = [*ROOT.glob("Pulumi*"), ROOT / "__main__.py", *(ROOT / "components").rglob("*.*")]
    text = [path for path in files if path.is_file() and path.suffix in {".py", ".toml", ".yaml", ".md"}]

    telling = [path.name for path in text if re.search("emulator|localhost", path.read_text(encoding="utf-8"))]
    assert len(text) > 15
    assert telling == []
