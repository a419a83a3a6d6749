"""The components as a Pulumi package: examples/yaml-consumer, a stack in YAML under the official YAML language host."""

import json
import re
from pathlib import Path

import pytest

from tests.support.azure import Azure, occurrences
from tests.support.project import Project
from tools.engine import ROOT, engine_directory_with_yaml

COMPONENTS = ROOT / "components"

# One mistake of each kind: a model that does not exist, a location without serverless endpoints, a value that is none.
MISTAKEN_MODELS = {"ministral-3": {}, "codestral-2501": {"locations": ["eastus9"], "authMode": "Keys"}}

PROGRAM = """
import azure_mistral

azure_mistral.MistralModels("models", {
    "accept_marketplace_terms": True,
    "models": {"ministral-3": {}, "codestral-2501": {"locations": ["eastus9"], "auth_mode": "Keys"}},
})
"""


@pytest.fixture
def consumer(environment: dict[str, str], tmp_path: Path) -> Project:
    """A copy of the example beside the plugin, whose environment is this checkout's: nothing is downloaded."""
    engine_directory_with_yaml()
    plugin = tmp_path / "components"
    plugin.mkdir()
    for entry in COMPONENTS.iterdir():
        if entry.name != "venv":
            (plugin / entry.name).symlink_to(entry)
    (plugin / "venv").symlink_to(ROOT / ".venv")
    return Project.of_example(tmp_path / "examples" / "yaml-consumer", environment)


def test_the_stack_is_made_stays_as_it_is_and_goes_without_showing_a_key(consumer: Project, azure: Azure) -> None:
    consumer.succeed("install", PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    preview = consumer.run("preview")
    up = consumer.up()
    again = consumer.up()

    outputs = consumer.outputs(secrets=True)
    key = outputs["key"]
    question = {"messages": [{"role": "user", "content": "What is YAML?"}]}
    answer = azure.http.post(outputs["url"], json=question, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    assert outputs["codestralUrl"].endswith("/chat/completions")
    assert "codestral" in outputs["codestralUrl"]
    assert preview.returncode == 0, preview.stdout
    assert "warning" not in preview.stdout
    assert again.changes == {}
    assert consumer.outputs()["key"] == "[secret]"
    assert key not in preview.stdout + up.printed + again.printed + consumer.export()
    assert occurrences(consumer.directory, key.encode()) == []

    consumer.destroy()

    assert azure.resource_ids() == []


def test_mistakes_are_told_in_the_same_sentences_in_all_three_doors(
    consumer: Project, environment: dict[str, str], azure: Azure, tmp_path: Path
) -> None:
    own = Project.of_the_repository(tmp_path / "own", environment)
    own.configure(
        "azure-native:location: eastus2",
        "azure-mistral:acceptMarketplaceTerms: true",
        f"azure-mistral:models: {json.dumps(MISTAKEN_MODELS)}",
    )
    imported = Project.of_program(tmp_path / "imported", environment, PROGRAM)
    file = consumer.directory / "Pulumi.yaml"
    file.write_text(
        file.read_text().replace("models:\n        ministral-3b: {}", f"models: {json.dumps(MISTAKEN_MODELS)}")
    )

    printed = {door: door.run("preview") for door in (own, imported, consumer)}

    # In the order of the models, which the engine sorts in a stack's configuration.
    sentences = [sorted(re.findall(r"^ *- (.*)$", done.stdout, re.MULTILINE)) for done in printed.values()]
    assert sentences[0] == sentences[1] == sentences[2]
    assert [sentence.partition(":")[0] for sentence in sentences[0]] == [
        'models["codestral-2501"].authMode',
        'models["codestral-2501"].locations',
        'models["ministral-3"]',
    ]
    assert [done.returncode for done in printed.values()].count(0) == 0
    hosted = printed[consumer].stdout
    assert "MistralModels resource 'models' has a problem: MistralModels cannot be deployed (3 problems)." in hosted
    assert [word for word in ("Traceback", 'File "', "Unexpected") if word in hosted] == []
    assert azure.requests("PUT", "POST", "DELETE") == []


def test_the_engine_reads_the_schema_that_is_committed_and_finds_it_fit_for_every_language(consumer: Project) -> None:
    read = consumer.run("package", "get-schema", "../../components", PIP_NO_INDEX="1")
    checked = consumer.run("schema", "check", str(COMPONENTS / "schema.json"))

    assert json.loads(read.stdout) == json.loads((COMPONENTS / "schema.json").read_text(encoding="utf-8"))
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
