"""What is wrong with an input, as data. Pure; raising is left to `errors`.

Every message has one form: `<path>: <what is wrong, with the value>. <what is accepted>. <what to do>.`
"""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where, what, what is accepted, what to do (each without a full stop)."""

    path: str
    wrong: str
    accepted: str
    advice: str

    @property
    def reason(self) -> str:
        """The three sentences without the path."""
        return f"{self.wrong}. {self.accepted}. {self.advice}."

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Review:
    """What is wrong with an input, and what is merely worth knowing."""

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


def shown(value: object) -> str:
    """Return `value` as the user would have written it, shortened when it is long."""
    if isinstance(value, list | tuple | dict | str | bool | int | float) or value is None:
        text = json.dumps(value, ensure_ascii=False, default=lambda other: f"<{type(other).__name__}>")
    else:
        text = f"<{type(value).__name__}>"  # never the value of an object that we don't know: it may hold a secret
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 3]}..."


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    *most, final = words
    return f"{', '.join(most)} {last} {final}" if most else final


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate whose spelling is nearest to `word`, whatever its case, or None when none is near."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[matches[0]] if matches else None


def keyed(path: str, key: str) -> str:
    """Return the path of an entry of a map, as `pulumi config set --path` takes it: `models["ministral-3b"]`."""
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"
