"""The stack: the models that its configuration names, with what they need."""

import pulumi
from azure_mistral import MistralModels, load_config

NAME = "mistral"

models = MistralModels(NAME, load_config(NAME))

pulumi.export("endpoints", models.endpoints)
pulumi.export("keys", models.keys)
