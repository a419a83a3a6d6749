"""How values given by users are read: each setting says once what it is called, means, accepts and defaults to. Pure.

The same tables read stack configuration (camelCase) and component arguments (snake_case), and are the reference page's
source. Reading never stops at a problem: it notes it, goes on with `if_wrong`, and leaves the verdict to the caller.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from azure_mistral.problems import Problem, keyed, listed, nearest, shown


class Kind(Protocol):
    """A kind of value: how it is described in messages and reference pages, and how it is read."""

    @property
    def accepted(self) -> str:
        """Complete "... is accepted"."""

    def read(self, value: Any, path: str, reading: "Reading") -> Any:
        """Return the value as the program wants it, or `WRONG` after noting what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, by its camelCase name. `if_wrong` stands in for a refused value: one mistake is reported once."""

    name: str
    kind: Kind
    description: str
    default: Any = None
    required: bool = False
    if_wrong: Any = None

    @property
    def snake_name(self) -> str:
        """The name as a Python attribute or argument."""
        return re.sub(r"[A-Z]", lambda capital: f"_{capital[0].lower()}", self.name)


@dataclass(slots=True)
class Reading:
    """The problems found so far, and whether settings are spelled in snake_case (arguments) or camelCase (stacks)."""

    snake_case: bool = False
    problems: list[Problem] = field(default_factory=list)

    def spelling(self, setting: Setting) -> str:
        """Return the setting's name as this user writes it. Paths are always written in camelCase."""
        return setting.snake_name if self.snake_case else setting.name

    def refuse(self, path: str, wrong: str, accepted: str, advice: str) -> Any:
        """Note a problem and return `WRONG`."""
        self.problems.append(Problem(path, wrong, accepted, advice))
        return WRONG


WRONG: Any = object()


def is_output(value: object) -> bool:
    """Tell whether a value is known only during the deployment: a Pulumi Output, which this module must not import."""
    return callable(getattr(value, "apply", None))


def read_group(value: Any, settings: Sequence[Setting], path: str, reading: Reading) -> dict[str, Any]:
    """Return every setting's value by `snake_name`, from a map given by the user; absent and null mean the default."""
    given = {} if value is None else value
    if not isinstance(given, Mapping):
        names = listed(reading.spelling(setting) for setting in settings)
        refuse_type(given, "a map", f"A map of {names} is accepted", path, reading)
        return {setting.snake_name: setting.if_wrong for setting in settings}
    known = {reading.spelling(setting): setting for setting in settings}
    for name in given:
        if name not in known:
            near = nearest(str(name), known)
            reading.refuse(
                f"{path}.{name}" if path else str(name),
                "there is no such setting",
                f"{listed(sorted(known))} are accepted",
                f"Write {near} instead" if near else "Remove it",
            )
    return {setting.snake_name: _read_one(given, setting, path, reading) for setting in settings}


def _read_one(given: Mapping[str, Any], setting: Setting, path: str, reading: Reading) -> Any:
    value = given.get(reading.spelling(setting))
    own_path = f"{path}.{setting.name}" if path else setting.name
    if value is None:
        if not setting.required:
            return setting.default
        value = reading.refuse(own_path, "it is missing", f"{capital(setting.kind.accepted)} is accepted", "Add it")
    else:
        value = setting.kind.read(value, own_path, reading)
    return setting.if_wrong if value is WRONG else value


def refuse_type(value: Any, wanted: str, accepted: str, path: str, reading: Reading) -> Any:
    """Note that a value has the wrong type, or is an output where a plain value has to decide."""
    if is_output(value):
        return reading.refuse(
            path,
            "it is an output or a secret, whose value is not known when the program runs",
            f"{accepted}, as a plain value, because it decides which resources exist",
            "Give the value itself",
        )
    return reading.refuse(path, f"{shown(value)} is not {wanted}", accepted, "Correct it")


def capital(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    accepted: str = "true or false"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        """Return a bool."""
        if isinstance(value, bool):
            return value
        return refuse_type(value, "true or false", "True or false, without quotes, is accepted", path, reading)


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number within limits."""

    minimum: int
    maximum: int
    of: str = ""

    @property
    def accepted(self) -> str:
        """What is counted, and the limits."""
        return f"a whole number{f' of {self.of}' if self.of else ''} from {self.minimum} to {self.maximum}"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        """Return an int. A hosted component is given every number as a float."""
        accepted = f"{capital(self.accepted)} is accepted"
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
            return refuse_type(value, "a whole number", accepted, path, reading)
        if not self.minimum <= value <= self.maximum:
            size = "small" if value < self.minimum else "large"
            return reading.refuse(path, f"{shown(int(value))} is too {size}", accepted, "Correct it")
        return int(value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def accepted(self) -> str:
        """The words."""
        return listed(self.words, "or")

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        """Return the word."""
        if not isinstance(value, str):
            return refuse_type(value, "a string", f"{self.accepted} is accepted", path, reading)
        if value in self.words:
            return value
        near = nearest(value, self.words)
        advice = f"Write {near}" if near else "Choose one of them"
        return reading.refuse(path, f"{shown(value)} is none of its values", f"{self.accepted} is accepted", advice)


@dataclass(frozen=True, slots=True)
class Text:
    """A string that follows a rule; `flows` when it decides nothing and may therefore be an output."""

    accepted: str
    pattern: re.Pattern[str] = re.compile(r".+", re.DOTALL)
    advice: str = "Correct it"
    flows: bool = False
    normal: Callable[[str], str] = str

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        """Return the string in its normal form, or the output as it is."""
        if self.flows and is_output(value):
            return value
        accepted = f"{capital(self.accepted)} is accepted"
        if not isinstance(value, str):
            return refuse_type(value, "a string", accepted, path, reading)
        text = self.normal(value)
        if not self.pattern.fullmatch(text):
            return reading.refuse(path, f"{shown(value)} does not follow the rule", accepted, self.advice)
        return text


@dataclass(frozen=True, slots=True)
class Each:
    """A list of values of one kind, without repetitions."""

    item: Kind
    items: str

    @property
    def accepted(self) -> str:
        """The list."""
        return f"a list of {self.items}"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        """Return a tuple, without the items that were refused."""
        if isinstance(value, str) or not isinstance(value, Sequence):
            return refuse_type(value, "a list", f"{capital(self.accepted)} is accepted", path, reading)
        read = [self.item.read(item, f"{path}[{index}]", reading) for index, item in enumerate(value)]
        items = [item for item in read if item is not WRONG]
        for item in sorted({item for item in items if items.count(item) > 1}):
            reading.refuse(path, f"{shown(item)} is listed more than once", "Each is accepted once", "Remove one")
        return tuple(dict.fromkeys(items))


@dataclass(frozen=True, slots=True)
class Table:
    """A map from the user's own keys to values of one kind; keys, unlike positions, stay when another entry goes."""

    item: Kind
    items: str
    check: Callable[[Mapping[str, Any], str], Iterable[Problem]] = lambda _given, _path: ()

    @property
    def accepted(self) -> str:
        """The map."""
        return f"a map from {self.items}"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        """Return a dict, without the entries that were refused."""
        if not isinstance(value, Mapping):
            return refuse_type(value, "a map", f"{capital(self.accepted)} is accepted", path, reading)
        given = {str(key): item for key, item in value.items()}
        reading.problems.extend(self.check(given, path))
        read = {key: self.item.read(item, keyed(path, key), reading) for key, item in given.items()}
        return {key: item for key, item in read.items() if item is not WRONG}


@dataclass(frozen=True, slots=True)
class Group:
    """A map with settings of its own, read into a dataclass; null means none of them is set."""

    settings: tuple[Setting, ...]
    make: Callable[..., Any]

    @property
    def accepted(self) -> str:
        """The settings."""
        return f"a map of {listed(setting.name for setting in self.settings)}"

    def read(self, value: Any, path: str, reading: Reading) -> Any:
        """Return the dataclass."""
        return self.make(**read_group(value, self.settings, path, reading))
