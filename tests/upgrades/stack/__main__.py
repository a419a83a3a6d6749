"""Every component: as a stack's configuration declares it, and as a program does."""

import pulumi
from azure_mistral import MistralModels, ServerlessDeployment, Workspace, load_config

models = MistralModels("mistral", load_config("mistral"))
workspace = Workspace("my-team", {"location": "westus"})
chat = ServerlessDeployment(
    "chat",
    {
        "model": "mistral-small-2503",
        "location": "westus",
        "resource_group_name": workspace.resource_group_name,
        "workspace_name": workspace.workspace_name,
        "accept_marketplace_terms": True,
        "allow_retired": True,
        "role_assignments": {
            "app": {"principal_id": "40000000-0000-4000-8000-000000000001", "principal_type": "ServicePrincipal"}
        },
    },
)

pulumi.export("endpoints", models.endpoints)
pulumi.export("keys", models.keys)
pulumi.export("workspaces", models.workspaces)
pulumi.export("chat", {"url": chat.url, "keys": chat.keys})
