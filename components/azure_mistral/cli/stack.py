"""What `pulumi` tells about a stack: the endpoints that it deployed, and what it would create next."""

import difflib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from azure_mistral.cli.adoption import Planned, Preview
from azure_mistral.clients import Endpoint


class StackError(Exception):
    """The stack cannot be read, or does not have what was asked for; the message says what to do."""


def deployed_endpoints(directory: Path, stack: str | None, *, show_secrets: bool) -> list[Endpoint]:
    """Return the stack's endpoints in the order of its output, with their primary keys only when asked.

    Raises StackError when `pulumi` is missing or fails, or the stack has no endpoints.
    """
    outputs = stack_outputs(directory, stack, show_secrets=show_secrets)
    keys = outputs.get("keys") if show_secrets else {}
    endpoints = [
        Endpoint(
            model=model,
            location=location,
            id=values["id"],
            hosting=values["hosting"],
            auth_mode=values["authMode"],
            url=values["url"],
            # Empty where the model has no chat.
            chat_completions_url=values["chatCompletionsUrl"] or None,
            mistral_chat_url=values["mistralChatUrl"] or None,
            key=((keys or {}).get(model, {}).get(location) or {}).get("primary"),
        )
        for model, locations in outputs.get("endpoints", {}).items()
        for location, values in locations.items()
    ]
    if not endpoints:
        raise StackError("endpoints: the stack has none. Expected a deployed stack. Deploy it with: pulumi up")
    return endpoints


def stack_outputs(directory: Path, stack: str | None, *, show_secrets: bool) -> dict[str, Any]:
    """Return the outputs of a stack by name."""
    done = run_pulumi(
        "stack", "output", "--json", *(["--show-secrets"] if show_secrets else []), *where(directory, stack)
    )
    if done.returncode:
        raise StackError(f"pulumi stack output: {done.stderr.strip()}")
    outputs: dict[str, Any] = json.loads(done.stdout)
    return outputs


def configured_workspace_id(directory: Path | None, stack: str | None) -> str | None:
    """Return the id of the existing workspace that the stack is configured with, or None."""
    done = run_pulumi("config", "--json", *where(directory, stack))
    if done.returncode:
        raise StackError(f"pulumi config: {done.stderr.strip()}")
    workspace = json.loads(done.stdout).get("azure-mistral:workspace", {}).get("objectValue") or {}
    found: str | None = workspace.get("id")
    return found


def preview(directory: Path | None, stack: str | None) -> Preview:
    """Return what the next `up` would find and do.

    Raises StackError with the program's own words when the preview fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "import.json"
        done = run_pulumi("preview", "--json", "--show-sames", "--import-file", str(file), *where(directory, stack))
        printed = json.loads(done.stdout or "{}")
        if done.returncode:
            said = [each["message"] for each in printed.get("diagnostics", []) if each["severity"] == "error"]
            raise StackError(f"pulumi preview: {''.join(said).strip() or done.stderr.strip()}")
        steps = printed["steps"]
        return Preview(
            tuple(Planned(step["urn"], step["newState"].get("inputs", {})) for step in steps if step["op"] == "create"),
            frozenset(step["oldState"].get("id", "").lower() for step in steps if "oldState" in step),
            json.loads(file.read_text(encoding="utf-8")),
        )


def run_pulumi(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a pulumi command that asks nothing. Raises StackError when there is no pulumi."""
    try:
        return subprocess.run(["pulumi", *arguments, "--non-interactive"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise StackError(
            "pulumi: not found on PATH. Expected the Pulumi CLI. In a checkout of azure-mistral run:"
            ' eval "$(make -s env)"'
        ) from None


def where(directory: Path | None, stack: str | None) -> list[str]:
    """Return the flags with which pulumi finds a stack."""
    return [*(["--cwd", str(directory)] if directory else []), *(["--stack", stack] if stack else [])]


def choose(endpoints: list[Endpoint], model: str | None, location: str | None) -> Endpoint:
    """Return the first endpoint of the model and location that are asked for.

    Raises StackError that names what there is when nothing fits.
    """
    for endpoint in endpoints:
        if model in (None, endpoint.model) and location in (None, endpoint.location):
            return endpoint
    there = sorted({f"{endpoint.model} in {endpoint.location}" for endpoint in endpoints})
    near = difflib.get_close_matches(model or "", [endpoint.model for endpoint in endpoints], n=1)
    advice = f"Did you mean {near[0]}?" if near and near[0] != model else "Choose one of these."
    asked = " in ".join(word for word in (model or "any model", location) if word)
    raise StackError(f"endpoint: the stack has none of {asked}. It has {', '.join(there)}. {advice}")
