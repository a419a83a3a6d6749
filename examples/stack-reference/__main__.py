"""What the service of `service.py` needs to know, from the outputs of the stack that deploys the models."""

import pulumi

config = pulumi.Config()
model, location = config.require("model"), config.require("location")
platform = pulumi.StackReference(config.require("platform"))

endpoint = platform.require_output("endpoints")[model][location]
keys = platform.require_output("keys")[model][location]

# In Azure these are the settings of a container app or of an App Service. A secret, since one of them is.
pulumi.export(
    "environment",
    pulumi.Output.secret({"CHAT_COMPLETIONS_URL": endpoint["chatCompletionsUrl"], "MODEL_KEY": keys["primary"]}),
)
