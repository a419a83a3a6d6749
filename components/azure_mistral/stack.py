"""What the engine knows about the stack: its configuration, its location, and what names are made of."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pulumi_azure_native as azure_native
from pulumi.runtime.config import CONFIG, get_config_env

from azure_mistral import config, plan
from azure_mistral.catalog import load_catalog
from azure_mistral.errors import ConfigError
from azure_mistral.naming import Names

if TYPE_CHECKING:
    from azure_mistral.mistral_models import MistralModelsArgs

NAMESPACE = "azure-mistral"


def load_config(name: str) -> "MistralModelsArgs":
    """Return the stack's configuration as the arguments of a `MistralModels` of that name.

    Raises:
        ConfigError: The configuration cannot be deployed. It names every problem, and nothing was asked of Azure.
    """
    configuration, problems = config.parse(_settings(NAMESPACE))
    found = plan.review(configuration, load_catalog(), plan.utc_today(), name=name, default_location=default_location())
    if refused := [*problems, *found.problems]:
        raise ConfigError(refused)
    return cast("MistralModelsArgs", asdict(configuration))


def default_location() -> str | None:
    """Return the location of the default Azure provider, for stacks and components that name none."""
    location = _settings("azure-native").get("location")
    return config.location_name(location) if isinstance(location, str) else None


def names(component: pulumi.ComponentResource) -> Names:
    """Return what names are made of, with the Azure subscription of the component's provider, explicit or default."""
    client = azure_native.authorization.get_client_config(opts=pulumi.InvokeOptions(parent=component))
    return Names(client.subscription_id, pulumi.get_project(), pulumi.get_stack())


def _settings(namespace: str) -> dict[str, Any]:
    """Return every value of a namespace; nothing else touches pulumi.Config.

    Structured values and flags arrive as JSON text. A secret stays an output, and is refused as such.
    """
    bag = pulumi.Config(namespace)
    prefix = f"{namespace}:"
    # pulumi.Config answers for names that it is asked for; unknown ones are found where it looks them up.
    names = {key.removeprefix(prefix) for key in (*CONFIG.get(), *get_config_env()) if key.startswith(prefix)}
    return {
        name: bag.get_secret(name)
        if pulumi.runtime.is_config_secret(f"{prefix}{name}")
        else _decoded(bag.require(name))
        for name in sorted(names)
    }


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
