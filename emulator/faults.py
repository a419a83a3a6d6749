"""Which requests are to go wrong or to take long. Only the matching: what then happens is the server's."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from emulator.resource_id import type_of
from emulator.store import Document, Store


@dataclass(frozen=True, slots=True)
class Traits:
    """What a fault or latency can name of a request."""

    method: str
    path: str

    def match(self, matcher: Mapping[str, Any]) -> bool:
        """Whether method, path (a glob without case) and resource type are those of the matcher, where it has them."""
        method, path, kind = matcher.get("method"), matcher.get("path"), matcher.get("type")
        return (
            (method is None or method.upper() == self.method)
            and (path is None or fnmatchcase(self.path.lower(), path.lower()))
            and (kind is None or kind.lower() in self._types())
        )

    def _types(self) -> set[str]:
        # An action's path (.../serverlessEndpoints/x/listKeys) also has the type of the resource it acts on.
        return {type_of(self.path).lower(), type_of(self.path.rsplit("/", 1)[0]).lower()}


def next_fault(store: Store, traits: Traits) -> Document | None:
    """The oldest fault that matches; it is used up once."""
    for fault in store.faults():
        if traits.match(fault):
            if fault["times"] > 1:
                store.put_fault(fault | {"times": fault["times"] - 1})
            else:
                store.remove_fault(fault["id"])
            return fault
    return None


def latency(store: Store, traits: Traits) -> float:
    """Seconds that this request has to wait: the sum of what matches."""
    milliseconds: int = sum(item["milliseconds"] for item in store.setting("latency", []) if traits.match(item))
    return milliseconds / 1000
