"""The exceptions of this package; what they say is put together in `problems`.

Exception
└── pulumi.RunError                  the engine shows the message alone, without a traceback
    └── AzureMistralError            everything that this package raises on purpose
        ├── ConfigError              the stack's configuration cannot be deployed
        ├── InputError               a component's arguments cannot be deployed
        │                            (also a pulumi.InputPropertiesError: the engine points at the properties)
        └── ExistingResourceError    what the arguments name exists already, in no form that can be used
"""

import re
from collections.abc import Sequence

import pulumi

from azure_mistral.problems import Problem


class AzureMistralError(pulumi.RunError):
    """Base of everything that this package raises on purpose."""


class ConfigError(AzureMistralError):
    """The stack's configuration cannot be deployed. Raised before anything is asked of Azure, with all problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(_report("The configuration of this stack cannot be deployed", self.problems))


class InputError(AzureMistralError, pulumi.InputPropertiesError):
    """A component's arguments cannot be deployed. Raised before it asks Azure anything, with all problems."""

    def __init__(self, component: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        pulumi.InputPropertiesError.__init__(
            self,
            _report(f"{component} cannot be deployed", self.problems),
            [{"property_path": problem.path, "reason": problem.reason} for problem in self.problems],
        )


class ExistingResourceError(AzureMistralError):
    """What a component's arguments name exists already, in Azure or in the program, in no form that can be used.

    Raised after Azure was asked, so other resources of the program may have been changed already.
    """

    def __init__(self, component: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(_listing(f"{component} cannot be deployed", self.problems, ""))


def azure_words(error: Exception) -> str:
    """Return what Azure said, from the error of a function of azure-native: status, code and message.

    The provider puts it last, as `Status=404 Code="ResourceNotFound" Message="..."`; other errors are returned whole.
    """
    text = str(error)
    found = re.search(r"Status=\d{3} .*", text, re.DOTALL)
    return found[0] if found else text


def _report(headline: str, problems: Sequence[Problem]) -> str:
    return _listing(headline, problems, " Nothing was changed.")


def _listing(headline: str, problems: Sequence[Problem], consequence: str) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join([f"{headline} ({count}).{consequence}", *(f"  - {problem}" for problem in problems)])
