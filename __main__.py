"""The stack: the models that its configuration names, with what they need."""

import gc
from pathlib import Path

import pulumi
from azure_mistral import MistralModels, load_config

NAME = "mistral"

# The first component loads azure-native's modules: some 100,000 objects that live as long as the program. Looking for
# garbage among them would take a third of its time.
gc.disable()
models = MistralModels(NAME, load_config(NAME))
gc.freeze()
gc.enable()

pulumi.export("endpoints", models.endpoints)
pulumi.export("keys", models.keys)
pulumi.export("workspaces", models.workspaces)
pulumi.export("readme", Path(__file__).with_name("Pulumi.README.md").read_text(encoding="utf-8"))
