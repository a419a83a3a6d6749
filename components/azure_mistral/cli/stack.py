"""The endpoints of a deployed stack, read from the outputs that `pulumi stack output` gives."""

import difflib
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class StackError(Exception):
    """The stack cannot be read, or does not have what was asked for; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model's endpoint in one location."""

    model: str
    location: str
    auth_mode: str
    url: str
    mistral_chat_url: str
    key: str | None = field(repr=False)


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
            auth_mode=values["authMode"],
            url=values["url"],
            mistral_chat_url=values["mistralChatUrl"],
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
    command = ["pulumi", "stack", "output", "--json", "--non-interactive", "--cwd", str(directory)]
    command += ["--show-secrets"] if show_secrets else []
    command += ["--stack", stack] if stack else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise StackError(
            "pulumi: not found on PATH. Expected the Pulumi CLI. In a checkout of azure-mistral run:"
            ' eval "$(make -s env)"'
        ) from None
    if done.returncode:
        raise StackError(f"pulumi stack output: {done.stderr.strip()}")
    outputs: dict[str, Any] = json.loads(done.stdout)
    return outputs


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
