"""The `azure-mistral` command: looks at a deployed stack and talks to its endpoints. It deploys nothing: `pulumi` does.

Commands find the stack as `pulumi` does, from the working directory or from `--cwd` and `--stack`.
"""

from pathlib import Path
from typing import Annotated

import openai
import typer
from rich.console import Console
from rich.table import Table

from azure_mistral.cli.conversation import answer
from azure_mistral.cli.stack import Endpoint, StackError, choose, deployed_endpoints

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_show_locals=False)

Directory = Annotated[Path | None, typer.Option("--cwd", help="The project's directory. Default: this one.")]
StackName = Annotated[str | None, typer.Option("--stack", help="The stack. Default: the one that pulumi has selected.")]


@app.callback()
def main() -> None:
    """Look at a deployed stack of Mistral models and talk to its endpoints."""


@app.command()
def endpoints(cwd: Directory = None, stack: StackName = None) -> None:
    """Show the stack's endpoints as a table; keys stay hidden."""
    table = Table("Model", "Location", "Auth", "URL", "Key", box=None, pad_edge=False)
    for endpoint in found(cwd, stack):
        key = "[dim]none: Entra tokens[/]" if endpoint.auth_mode == "AAD" else "[dim]hidden[/]"
        table.add_row(endpoint.model, endpoint.location, endpoint.auth_mode, endpoint.url, key)
    console().print(table)


@app.command()
def chat(
    prompt: Annotated[str, typer.Argument(help="What to ask.")],
    model: Annotated[str | None, typer.Option(help="The model's slug. Default: the first that chats.")] = None,
    location: Annotated[str | None, typer.Option(help="The endpoint's location. Default: the first.")] = None,
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
    except StackError as error:
        raise failure(str(error)) from None
    except openai.APIStatusError as error:
        raise failure(f"{endpoint.url}: HTTP {error.status_code}: {error.message}") from None
    except openai.APIConnectionError as error:
        raise failure(f"{endpoint.url}: no answer: {error.__cause__ or error}. Expected a running endpoint.") from None
    out.print()
    out.print(f"[dim]{endpoint.model} in {endpoint.location}: {conversation.summary}[/]", highlight=False)


def found(cwd: Path | None, stack: str | None, *, show_secrets: bool = False) -> list[Endpoint]:
    """Return the stack's endpoints, or end the command with what `pulumi` or the stack lacks."""
    try:
        return deployed_endpoints(cwd or Path.cwd(), stack, show_secrets=show_secrets)
    except StackError as error:
        raise failure(str(error)) from None


def failure(message: str) -> typer.Exit:
    """Show an error and return what ends the command with exit code 1."""
    Console(stderr=True, soft_wrap=True).print(message, markup=False, highlight=False, style="red")
    return typer.Exit(1)


def console() -> Console:
    """Return stdout; where it is no terminal, one that is wide enough to cut no URL."""
    out = Console()
    return out if out.is_terminal else Console(width=200)
