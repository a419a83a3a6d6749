"""The components as a Pulumi package for programs in any language: its schema, and the provider that hosts them.

Programs in Python import the components themselves and need nothing of this.
"""

import inspect
import json
import re
from typing import Any

import pulumi
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

import azure_mistral
from azure_mistral.errors import AzureMistralError
from azure_mistral.managed import ManagedDeployment
from azure_mistral.mistral_models import MistralModels
from azure_mistral.serverless import ServerlessDeployment
from azure_mistral.workspace import Workspace

NAME = "azure-mistral"
COMPONENTS: list[type[pulumi.ComponentResource]] = [ManagedDeployment, MistralModels, ServerlessDeployment, Workspace]


class Provider(ComponentProvider):
    """The provider of the SDK's `component_provider_host`, with clean descriptions and with errors as we wrote them."""

    def __init__(self) -> None:
        super().__init__(COMPONENTS, NAME, version=azure_mistral.__version__)
        self.schema = json.dumps(_tidy(json.loads(_named(str(self.schema)))))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: pulumi.Inputs,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make a component. What it refuses reaches the user as in Python: the message alone, without a traceback."""
        try:
            return super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, AzureMistralError):
                # Without property errors: the engine would show each of them again, with the value, be it secret.
                raise pulumi.InputPropertiesError(str(error.inner), []) from None
            raise


def schema() -> dict[str, Any]:
    """Return the package's schema, as `pulumi package get-schema` prints it."""
    found: dict[str, Any] = json.loads(str(Provider().schema))
    return found


def _named(schema: str) -> str:
    """Return the schema, as text, with types named as schemas do: SDKs make `ModelArgs` of `Model`."""
    return re.sub(rf"\b({NAME}:index:\w+)Args\b", r"\1", schema)


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of the SDK as the engine understands it, with descriptions as documentation has them."""
    summary = (azure_mistral.__doc__ or "").partition("\n")[0]
    tidy = {**schema, "description": summary, "config": {}}
    if not tidy["dependencies"]:
        del tidy["dependencies"]
    # Else the Go SDK does not compile: it uses input types of the values of plain maps, and has none (pulumi 3.259).
    tidy["language"]["go"]["generateExtraInputTypes"] = True
    for each in (*tidy["resources"].values(), *tidy["types"].values()):
        # Before Python 3.13 the lines of a docstring are indented, which Markdown takes for code.
        each["description"] = inspect.cleandoc(each["description"])
        for given in (*each.get("inputProperties", {}).values(), *each["properties"].values()):
            _describe_once(given)
    return tidy


def _describe_once(property_: dict[str, Any]) -> None:
    """Remove the description that the SDK gives to the values of a map or list, too."""
    for values in (property_.get("items"), property_.get("additionalProperties")):
        if values is not None:
            values.pop("description", None)
            _describe_once(values)
