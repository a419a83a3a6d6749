"""The page docs/reference/troubleshooting.md: made of `azure_mistral.failures`, so that it says what an update says."""

import re

from azure_mistral.failures import FAILURES, Failure

INTRODUCTION = """\
# Troubleshooting by error message

What Azure says when it refuses, why, and what to do. An update shows the same advice on the resource that failed, with
the name of the section here: `(troubleshooting: endpoint-name-taken)`.

Whatever failed, the same command goes on from where it stopped once the cause is gone. Nothing that exists is made
again, and nothing needs to be destroyed first.

A failure that passes by itself is tried again within the same update. `AZURE_MISTRAL_RETRY_PACE` multiplies the waits:
`0.1` for ten times as fast. What Azure accepted and then failed is not tried again within an update: the resource
exists, and the next update finishes it.

## After a killed update

When `pulumi` itself was killed, the stack is locked, and Azure may have resources that the stack does not know:

```sh
pulumi cancel               # gives the stack free; Pulumi Cloud does so by itself after a while
pulumi up                   # imports what Azure has, and goes on
```

The engine notes in the state what it is about to create. The program asks Azure for what is noted, waits until Azure
has finished it, and has it imported; `pulumi preview` shows what. For that it runs `pulumi stack export`, so `pulumi`
has to be on `PATH`, and the passphrase of a stack that has one in `PULUMI_CONFIG_PASSPHRASE` or
`PULUMI_CONFIG_PASSPHRASE_FILE`. Otherwise it warns, what has a random name is made a second time, and what has a name
derived from the configuration is refused with `already-exists`.

What Azure has failed to make is not imported: the update says so, with the command that deletes it. Before `pulumi
destroy` run `pulumi up` once: a destroy imports nothing.

The engine warns of its notes in every update until you confirm that they are dealt with, with
`pulumi refresh --clear-pending-creates`. They do no harm.
"""


def troubleshooting_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([INTRODUCTION, *(_section(failure) for failure in FAILURES)])


def _section(failure: Failure) -> str:
    if failure.waits:
        minutes = round(sum(failure.waits) / 60)
        retried = f"Tried again within the same update, {len(failure.waits)} times in about {minutes} minutes."
    else:
        retried = "Not tried again within an update: it lasts until its cause is gone."
    return "\n".join(
        [
            f"## {failure.name}\n",
            f"> {_literal(failure.example)}\n",
            f"{_literal(failure.why)}\n",
            f"**What to do.** {_literal(_with_placeholders(failure.advice))}\n",
            f"{retried}\n",
            f"Source: {failure.source}.\n",
        ]
    )


def _with_placeholders(advice: str) -> str:
    """Return advice with a placeholder where an update has what Azure named."""
    advice = advice.replace("{import}", "<the pulumi import command that the update shows>")
    return re.sub(r"\{(\w+)\}(\{\w+\})*", r"<\1>", advice)


def _literal(text: str) -> str:
    # Angle brackets would be taken for HTML.
    return text.replace("<", "\\<").replace(">", "\\>")
