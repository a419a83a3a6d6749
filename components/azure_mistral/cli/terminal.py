"""What all commands share: the options that find a stack and an endpoint, and how they speak to the terminal."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from azure_mistral.cli.stack import StackError, deployed_endpoints
from azure_mistral.clients import Endpoint

Directory = Annotated[Path | None, typer.Option("--cwd", help="The project's directory. Default: this one.")]
StackName = Annotated[str | None, typer.Option("--stack", help="The stack. Default: the one that pulumi has selected.")]
ModelSlug = Annotated[str | None, typer.Option("--model", help="The model's slug. Default: the first of the stack.")]
Location = Annotated[str | None, typer.Option("--location", help="The endpoint's location. Default: the first.")]


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


def note(message: str) -> None:
    """Say something beside the output."""
    Console(stderr=True, soft_wrap=True).print(message, markup=False, highlight=False)


def console() -> Console:
    """Return stdout; where it is no terminal, one that is wide enough to cut no URL."""
    out = Console()
    return out if out.is_terminal else Console(width=200)
