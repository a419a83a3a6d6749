"""The language host under the real engine: programs, component plugins and policy packs in Python.

Where an official `pulumi` is on PATH these tests hold its own host to the same behaviour.
"""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.project import Project
from tests.support.waiting import wait_until

FAILING = """
import pulumi

def broken():
    raise ValueError("the program's own mistake")

broken()
"""

ECHO = """
import pulumi

config = pulumi.Config()
pulumi.export("plain", config.get("plain"))
pulumi.export("hidden", config.require_secret("hidden"))
pulumi.export("isSecret", config.get_secret("hidden") is not None)
pulumi.log.warn("a word of warning")
print("printed by the program")
"""

PLUGIN = """
import pulumi
from typing import TypedDict
from pulumi.provider.experimental import component_provider_host

class GreetingArgs(TypedDict):
    whom: pulumi.Input[str]

class Greeting(pulumi.ComponentResource):
    text: pulumi.Output[str]

    def __init__(self, name: str, args: GreetingArgs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("greetings:index:Greeting", name, {}, opts)
        self.text = pulumi.Output.concat("Hello, ", args["whom"])
        self.register_outputs({"text": self.text})

if __name__ == "__main__":
    component_provider_host(name="greetings", components=[Greeting], version="1.2.3")
"""

POLICY = """
from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy

def no_stack_may_pass(args, report_violation):
    report_violation("this stack may not pass")

PolicyPack("strict", policies=[
    StackValidationPolicy(
        name="no-pass",
        description="Nothing passes.",
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=no_stack_may_pass,
    ),
])
"""


def test_a_programs_traceback_reaches_the_user_once_and_the_command_fails(
    offline: dict[str, str], tmp_path: Path
) -> None:
    project = Project.of_program(tmp_path / "project", offline, FAILING)

    done = project.run("preview")

    assert done.returncode != 0
    assert done.stdout.count("ValueError: the program's own mistake") == 1
    assert "in broken" in done.stdout
    assert "language_host" not in done.stdout + done.stderr


def test_a_program_gets_its_configuration_and_its_output_is_shown(offline: dict[str, str], tmp_path: Path) -> None:
    project = Project.of_program(tmp_path / "project", offline, ECHO)
    project.run("config", "set", "plain", "as it is")
    project.run("config", "set", "--secret", "hidden", "5ecret-value")

    done = project.run("up", "--yes", "--skip-preview")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "a word of warning" in done.stdout
    assert "printed by the program" in done.stdout
    assert "5ecret-value" not in done.stdout + done.stderr
    assert project.outputs(secrets=True) == {"plain": "as it is", "hidden": "5ecret-value", "isSecret": True}


def test_a_missing_virtual_environment_is_named_with_the_command_that_makes_it(
    offline: dict[str, str], tmp_path: Path
) -> None:
    project = Project.of_program(tmp_path / "project", offline, ECHO)
    (project.directory / ".venv").unlink()

    done = project.run("preview")

    assert done.returncode != 0
    assert "pulumi install" in done.stdout + done.stderr


def test_about_names_the_python_of_the_programs_environment(offline: dict[str, str], tmp_path: Path) -> None:
    project = Project.of_program(tmp_path / "project", offline, ECHO)

    about = json.loads(project.run("about", "--json").stdout)

    assert about["runtime"]["executable"] == str(project.directory / ".venv" / "bin" / "python")
    assert "pulumi-azure-native" in {entry["name"].lower().replace("_", "-") for entry in about["dependencies"]}


def test_a_component_plugin_in_python_serves_its_schema(offline: dict[str, str], tmp_path: Path) -> None:
    project = Project.of_program(tmp_path / "project", offline, ECHO)
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "PulumiPlugin.yaml").write_text("runtime: {name: python, options: {virtualenv: .venv}}\n")
    (plugin / "__main__.py").write_text(PLUGIN)
    (plugin / ".venv").symlink_to(project.directory / ".venv")

    done = project.run("package", "get-schema", str(plugin))

    assert done.returncode == 0, done.stderr
    schema = json.loads(done.stdout)
    assert (schema["name"], schema["version"]) == ("greetings", "1.2.3")
    assert list(schema["resources"]) == ["greetings:index:Greeting"]


def test_a_policy_pack_in_python_stops_a_preview(offline: dict[str, str], tmp_path: Path) -> None:
    project = Project.of_program(tmp_path / "project", offline, "")
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: {name: python, options: {virtualenv: .venv}}\n")
    (pack / "__main__.py").write_text(POLICY)
    (pack / ".venv").symlink_to(project.directory / ".venv")

    done = project.run("preview", "--policy-pack", str(pack))

    assert done.returncode != 0
    assert "this stack may not pass" in done.stdout


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_a_program_and_its_host_end_with_the_engine(offline: dict[str, str], tmp_path: Path, how: int) -> None:
    started = tmp_path / "started"
    program = f"import pathlib, time\npathlib.Path({str(started)!r}).touch()\ntime.sleep(600)\n"
    project = Project.of_program(tmp_path / "project", offline, program)
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]
    process = subprocess.Popen(
        command, cwd=project.directory, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_until(started.exists)

    process.send_signal(how)

    assert process.wait(timeout=30) != 0
    wait_until(lambda: not running_in(project.directory))


def running_in(directory: Path) -> list[int]:
    """Return the processes whose working directory is the given one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == directory:
                found.append(int(entry.name))
        except OSError:
            continue
    return found
