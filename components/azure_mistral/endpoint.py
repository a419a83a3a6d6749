"""What serverless and managed deployments share: endpoint names, inference keys, and the address in the studio."""

import importlib.metadata
import weakref
from collections.abc import Mapping
from typing import Any, TypedDict

import pulumi

from azure_mistral.errors import AzureMistralError, ExistingResourceError, azure_words
from azure_mistral.problems import Problem, shown

_owners: weakref.WeakKeyDictionary[Any, dict[tuple[str, str], str]] = weakref.WeakKeyDictionary()
"""What has which endpoint name in which location, for each of the engine's monitors: one for each run of a program."""


class EndpointKeys(TypedDict):
    """The inference keys of an endpoint. Either one works; with two, one can be changed while the other is in use."""

    primary: str
    """The primary key."""

    secondary: str
    """The secondary key."""


def unique_name(endpoint_name: str, location: str, component: type[pulumi.ComponentResource], name: str) -> str:
    """Return the name of the endpoint of a component, which no other component of the program has in the location.

    Azure refuses such a name only when the endpoint is made.

    Raises:
        ExistingResourceError: Another one has it.
    """
    owners = _owners.setdefault(pulumi.runtime.settings.get_monitor(), {})
    owner = owners.setdefault((location, endpoint_name.lower()), f"{component.__name__} {name}")
    if owner != f"{component.__name__} {name}":
        problem = Problem(
            "endpointName",
            f"{shown(endpoint_name)}, for {name}, is the name of the endpoint of the {owner} in {location} already",
            "Each name is accepted once in a location",
            "Give one of them another name; without one it is made of the model, the location and the stack",
        )
        raise ExistingResourceError(component.__name__, [problem])
    return endpoint_name


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
