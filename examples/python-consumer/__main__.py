"""A Mistral model in an Azure ML workspace that exists already, for the stack of a team of its own."""

import pulumi
from azure_mistral import ServerlessDeployment, Workspace

location = pulumi.Config("azure-native").require("location")

workspace = Workspace("team", {"location": location, "workspace_id": pulumi.Config().require("workspaceId")})
chat = ServerlessDeployment(
    "chat",
    {
        "model": "mistral-small-2503",
        "location": location,
        "resource_group_name": workspace.resource_group_name,
        "workspace_name": workspace.workspace_name,
        "accept_marketplace_terms": True,
    },
)

pulumi.export("url", chat.url)
pulumi.export("keys", chat.keys)  # a secret
