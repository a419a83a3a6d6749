"""What the outputs of serverless and managed deployments share: inference keys, and the address in the studio."""

import importlib.metadata
from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi

from azure_mistral.errors import AzureMistralError, azure_words


class EndpointKeys(TypedDict):
    """The inference keys of an endpoint. Either one works; with two, one can be changed while the other is in use."""

    primary: str
    """The primary key."""

    secondary: str
    """The secondary key."""


def studio_url(endpoint_id: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the address of the workspace's endpoints in Azure Machine Learning studio.

    The page that the article's step 14 leads to; no source gives an address for a single endpoint.
    """
    return endpoint_id.apply(lambda id_: f"https://ml.azure.com/endpoints?wsid={id_.rsplit('/', 2)[0]}")


def keys(
    component: pulumi.ComponentResource,
    function: str,
    arguments: Mapping[str, pulumi.Input[str]],
    after: pulumi.Output[str],
) -> pulumi.Output[EndpointKeys]:
    """Return the keys of an endpoint, a secret.

    Args:
        component: On which warnings are shown, and whose provider asks.
        function: Token of the provider's function that lists the keys.
        arguments: What names the endpoint.
        after: Id of the resource that says whether the endpoint has keys: they are read once it is up to date.
    """
    known = pulumi.Output.all(dict(arguments), after)
    return pulumi.Output.secret(known.apply(lambda values: _read_keys(component, function, values[0])))


async def _read_keys(component: pulumi.ComponentResource, function: str, arguments: Mapping[str, str]) -> Any:
    """Return the endpoint's keys, or unknown when a preview cannot read them.

    A preview has to work for a principal that may not list keys, for an endpoint that has none until it is updated, and
    for one that somebody deleted; it says so. The function of azure-native itself ends the program when it fails.
    """
    options = pulumi.InvokeOptions(parent=component, version=importlib.metadata.version("pulumi_azure_native"))
    name = next(value for key, value in arguments.items() if key in ("name", "endpointName"))
    try:
        found = await pulumi.runtime.invoke_async(function, dict(arguments), options)
        return EndpointKeys(primary=found["primaryKey"], secondary=found["secondaryKey"])
    except Exception as error:  # noqa: BLE001 (the SDK raises nothing more specific)
        words = azure_words(error)
        if not pulumi.runtime.is_dry_run():
            message = f"The keys of {name} cannot be read: {words}. {_advice(words)}".rstrip()
            raise AzureMistralError(message) from None
        message = f"The keys of {name} cannot be read, so this preview does not know them: {words}."
        pulumi.log.warn(f"{message} {_advice(words)}".rstrip(), resource=component)
        return pulumi.UNKNOWN


def _advice(words: str) -> str:
    if words.startswith("Status=404"):
        return "If somebody deleted the endpoint, pulumi up --refresh makes it again, and destroy --refresh forgets it."
    if words.startswith("Status=403"):
        return "To deploy, the principal needs a role that may list them, such as Azure AI Developer."
    return ""
