"""Mistral models on Azure Machine Learning, as Pulumi components.

`MistralModels` is what most stacks want; `Workspace`, `ServerlessDeployment` and `ManagedDeployment` are what it is
made of.
Names are imported when they are first used, so that `azure_mistral.plan` can be used without Pulumi.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure_mistral.assets import AssetArgs
    from azure_mistral.errors import AzureMistralError, ConfigError, ExistingResourceError, InputError
    from azure_mistral.managed import ManagedDeployment, ManagedDeploymentArgs
    from azure_mistral.mistral_models import MistralModels, MistralModelsArgs, ModelArgs, WorkspaceOptionsArgs
    from azure_mistral.role_assignments import RoleAssignmentArgs
    from azure_mistral.serverless import ServerlessDeployment, ServerlessDeploymentArgs
    from azure_mistral.stack import load_config
    from azure_mistral.workspace import Workspace, WorkspaceArgs

__version__ = "0.1.0"

__all__ = [
    "AssetArgs",
    "AzureMistralError",
    "ConfigError",
    "ExistingResourceError",
    "InputError",
    "ManagedDeployment",
    "ManagedDeploymentArgs",
    "MistralModels",
    "MistralModelsArgs",
    "ModelArgs",
    "RoleAssignmentArgs",
    "ServerlessDeployment",
    "ServerlessDeploymentArgs",
    "Workspace",
    "WorkspaceArgs",
    "WorkspaceOptionsArgs",
    "__version__",
    "load_config",
]

_MODULES = {
    "AssetArgs": "assets",
    "AzureMistralError": "errors",
    "ConfigError": "errors",
    "ExistingResourceError": "errors",
    "InputError": "errors",
    "ManagedDeployment": "managed",
    "ManagedDeploymentArgs": "managed",
    "MistralModels": "mistral_models",
    "MistralModelsArgs": "mistral_models",
    "ModelArgs": "mistral_models",
    "RoleAssignmentArgs": "role_assignments",
    "ServerlessDeployment": "serverless",
    "ServerlessDeploymentArgs": "serverless",
    "Workspace": "workspace",
    "WorkspaceArgs": "workspace",
    "WorkspaceOptionsArgs": "mistral_models",
    "load_config": "stack",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
