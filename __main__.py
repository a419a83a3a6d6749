"""The stack: the models that its configuration names, with what they need."""

from pathlib import Path

import pulumi
from azure_mistral import MistralModels, load_config

NAME = "mistral"

models = MistralModels(NAME, load_config(NAME))

pulumi.export("endpoints", models.endpoints)
pulumi.export("keys", models.keys)
pulumi.export("workspaces", models.workspaces)
pulumi.export("readme", Path(__file__).with_name("Pulumi.README.md").read_text(encoding="utf-8"))
