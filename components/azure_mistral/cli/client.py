"""`azure-mistral client`: what a client needs to be told, from a stack's outputs, as a shell or LiteLLM reads it."""

import shlex
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
import yaml
from rich.table import Table

from azure_mistral.cli.conversation import TOKEN_SCOPE, azure_ml_token_command
from azure_mistral.cli.stack import StackError, choose, where
from azure_mistral.cli.terminal import Directory, Location, ModelSlug, StackName, console, failure, found
from azure_mistral.clients import (
    CLIENTS,
    PROXY,
    Client,
    ClientError,
    Endpoint,
    find_client,
    proxy_config,
    proxy_endpoints,
    proxy_key_variable,
)


def client(
    name: Annotated[
        str | None, typer.Argument(help=f"One of {', '.join([*CLIENTS, PROXY])}. Default: a table of them all.")
    ] = None,
    model: ModelSlug = None,
    location: Location = None,
    show_keys: Annotated[
        bool, typer.Option("--show-keys", help="Print the keys. Default: the commands that read them.")
    ] = False,
    cwd: Directory = None,
    stack: StackName = None,
) -> None:
    """Print what a client needs to call an endpoint: its variables, for a shell to eval, and how it is made.

    For litellm-proxy it is the config.yaml over all endpoints of the stack.
    """
    try:
        chosen = None if name in (None, PROXY) else find_client(name or "")
        endpoints = found(cwd, stack, show_secrets=show_keys)
        flags = where(cwd, stack)
        if name == PROXY:
            asked = choose(endpoints, model, location) if model or location else None
            within = [each for each in endpoints if asked is None or fits(each, model, location)]
            lines = proxy_lines(within, flags, show_keys=show_keys)
        elif chosen:
            lines = client_lines(chosen, choose(endpoints, model, location), flags)
        else:
            console().print(overview(choose(endpoints, model, location)))
            return
        for line in list(lines):
            typer.echo(line)
    except (StackError, ClientError) as error:
        raise failure(str(error)) from None


def fits(endpoint: Endpoint, model: str | None, location: str | None) -> bool:
    """Tell whether an endpoint is of the model and location that are asked for."""
    return model in (None, endpoint.model) and location in (None, endpoint.location)


def overview(endpoint: Endpoint) -> Table:
    """Return the URL of an endpoint for each client."""
    table = Table("Client", "URL", "Variable", "Key", "Appends", box=None, pad_edge=False)
    for each in CLIENTS.values():
        try:
            url = each.url(endpoint)
        except ClientError:
            url = f"none: {endpoint.hosting}"
        table.add_row(each.name, url, each.url_variable, each.key_variable, each.appends)
    return table


def client_lines(client: Client, endpoint: Endpoint, flags: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a shell script that sets a client's variables, and comments that tell how to make it."""
    yield f"# {client.title}: {client.route} of {endpoint.label}"
    url = shlex.quote(client.url(endpoint))
    key = shlex.quote(endpoint.key) if endpoint.key else key_command(endpoint, flags)
    yield f"export {client.url_variable}={url}"
    yield f"export {client.key_variable}={key}"
    yield f"# {client.constructor.format(model=endpoint.model)}"


def key_command(endpoint: Endpoint, flags: Sequence[str]) -> str:
    """Return a shell word that comes to an endpoint's key, or to a token where it has none."""
    if not endpoint.takes_keys and not endpoint.takes_entra_tokens:
        return f'"$({azure_ml_token_command(endpoint)})"'
    if not endpoint.takes_keys:
        return f'"$(az account get-access-token --scope {TOKEN_SCOPE} --query accessToken --output tsv)"'
    pulumi = shlex.join(["pulumi", "stack", "output", "keys", "--json", "--show-secrets", *flags])
    return f'"$({pulumi} | jq --raw-output \'.["{endpoint.model}"]["{endpoint.location}"].primary\')"'


def proxy_lines(endpoints: Sequence[Endpoint], flags: Sequence[str], *, show_keys: bool) -> Iterator[str]:
    """Yield the proxy's config.yaml; comments say what it leaves out, and how to set the variables that it reads."""
    called = proxy_endpoints(endpoints)
    yield "# LiteLLM's proxy over the endpoints of a stack. Start it with: litellm --config config.yaml"
    for endpoint in endpoints:
        if endpoint not in called:
            why = (
                "it has no such route" if endpoint.takes_keys else f"it takes {endpoint.credential_kind}s, which expire"
            )
            yield f"# {endpoint.label} is left out: {why}."
    if not show_keys:
        yield "# It reads the keys from these variables:"
        for endpoint in called:
            yield f"#   export {proxy_key_variable(endpoint)}={key_command(endpoint, flags)}"
    config = proxy_config(called, lambda endpoint: endpoint.key or "") if show_keys else proxy_config(called)
    yield yaml.safe_dump(config, sort_keys=False, width=200).rstrip()
