"""The `azure-mistral` command: looks at a stack, talks to its endpoints, tells how to take over those that exist.

It deploys nothing and changes no stack: `pulumi` does.

Commands find the stack as `pulumi` does, from the working directory or from `--cwd` and `--stack`.
"""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import openai
import typer
from rich.table import Table

from azure_mistral.catalog import load_catalog
from azure_mistral.cli.adoption import WORKSPACE, Adoption, adopt, is_workspace_id
from azure_mistral.cli.client import client
from azure_mistral.cli.conversation import answer
from azure_mistral.cli.management import ManagementError, existing_in
from azure_mistral.cli.models import models
from azure_mistral.cli.smoke import smoke
from azure_mistral.cli.stack import StackError, choose, configured_workspace_id, preview, where
from azure_mistral.cli.terminal import Directory, Location, ModelSlug, StackName, console, failure, found, note
from azure_mistral.clients import ClientError
from azure_mistral.problems import listed

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)
app.command()(models)
app.command()(client)
app.command()(smoke)

IMPORT_FILE = Path("azure-mistral-import.json")


@app.callback()
def main() -> None:
    """Look at a stack of Mistral models, talk to its endpoints, take over those that exist already."""


@app.command()
def endpoints(cwd: Directory = None, stack: StackName = None) -> None:
    """Show the stack's endpoints as a table; keys stay hidden."""
    table = Table("Model", "Location", "Auth", "URL", "Key", box=None, pad_edge=False)
    for endpoint in found(cwd, stack):
        key = "[dim]hidden[/]" if endpoint.takes_keys else f"[dim]none: {endpoint.credential_kind}s[/]"
        table.add_row(endpoint.model, endpoint.location, endpoint.auth_mode, endpoint.url, key)
    console().print(table)


@app.command()
def chat(
    prompt: Annotated[str, typer.Argument(help="What to ask.")],
    model: ModelSlug = None,
    location: Location = None,
    stream: Annotated[bool, typer.Option("--stream", help="Show the answer while it is being written.")] = False,
    cwd: Directory = None,
    stack: StackName = None,
) -> None:
    """Ask a deployed model a question and show its answer and usage."""
    out = console()
    try:
        endpoint = choose(found(cwd, stack, show_secrets=True), model, location)
        conversation = answer(endpoint, prompt, stream=stream)
        for text in conversation.texts:
            out.print(text, end="", markup=False, highlight=False, soft_wrap=True)
    except (StackError, ClientError) as error:
        raise failure(str(error)) from None
    except openai.APIStatusError as error:
        raise failure(f"{endpoint.url}: HTTP {error.status_code}: {error.message}") from None
    except openai.APIConnectionError as error:
        raise failure(f"{endpoint.url}: no answer: {error.__cause__ or error}. Expected a running endpoint.") from None
    out.print()
    out.print(f"[dim]{endpoint.model} in {endpoint.location}: {conversation.summary}[/]", highlight=False)


@app.command("import")
def import_(
    workspace: Annotated[
        str | None, typer.Option(help="ARM id of the workspace. Default: the one that the stack is configured with.")
    ] = None,
    file: Annotated[Path, typer.Option(help="Where the file for `pulumi import` is written.")] = IMPORT_FILE,
    cwd: Directory = None,
    stack: StackName = None,
) -> None:
    """Print the commands that take endpoints made in the studio over into the stack.

    The stack's configuration names the workspace and the models. Nothing changes until you run the commands.
    """
    try:
        workspace_id = workspace or configured_workspace_id(cwd, stack)
        if workspace_id is None:
            raise StackError(
                "workspace: the stack makes its own, in which nothing can exist yet. Expected the workspace that holds"
                " the endpoints. Set it with: pulumi config set --path azure-mistral:workspace.id <ARM id>"
            )
        if not is_workspace_id(workspace_id):
            raise StackError(
                f'workspace: "{workspace_id}" is not the id of an Azure ML workspace. Expected /subscriptions/<id>/'
                f"resourceGroups/<name>/providers/{WORKSPACE}/<name>. Look it up: az ml workspace show --query id"
            )
        adoption = adopt(preview(cwd, stack), existing_in(workspace_id), workspace_id, load_catalog())
    except (StackError, ManagementError) as error:
        raise failure(str(error)) from None
    for endpoint in adoption.unplanned:
        note(f"{endpoint.name} is left alone: the stack does not deploy {endpoint.model} there. Add it to models.")
    if not adoption.taken:
        note(f"There is nothing to take over in {workspace_id}.")
    else:
        file.write_text(json.dumps(adoption.import_file, indent=2) + "\n", encoding="utf-8")
    for line in commands(adoption, file.resolve() if cwd else file, where(cwd, stack)):
        typer.echo(line)


def commands(adoption: Adoption, file: Path, stack_flags: list[str]) -> Iterator[str]:
    """Yield the lines of a shell script that takes over what exists."""
    for path, value in adoption.settings.items():
        yield shlex.join(["pulumi", "config", "set", *stack_flags, "--path", f"azure-mistral:{path}", value])
    if adoption.taken:
        flags = ["--generate-code=false", "--protect=false", *stack_flags]
        yield shlex.join(["pulumi", "import", "--file", str(file), *flags])
    if adoption.retagged:
        up = shlex.join(["pulumi", "up", *stack_flags])
        yield f"{up}  # sets the stack's tags on {listed(adoption.retagged)}"
