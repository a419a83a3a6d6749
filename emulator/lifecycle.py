"""Time in the emulator: its clock, how long operations take, and what happens when they end.

Operations move on lazily, when a request comes in. There is no timer and no thread: a test decides what happens.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.resource_id import is_within
from emulator.store import Document, Operation, Store

Effect = Callable[[Store, Operation, datetime], None]
"""What an operation does to the store when it ends, exactly once. A failed operation carries its `error`."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Done when it was asked for; clients still poll, and the first poll says so."""


@dataclass(frozen=True, slots=True)
class Polls:
    """Still running for this many polls; a poll is a status request, or a request to the resource itself."""

    count: int


@dataclass(frozen=True, slots=True)
class Seconds:
    """Done after this time by the emulator's clock."""

    seconds: float


Transition = AtOnce | Polls | Seconds

_ML = "Microsoft.MachineLearningServices/workspaces"
DEFAULT_TRANSITIONS: Mapping[str, Transition] = {
    _ML: Polls(1),
    f"{_ML}/marketplaceSubscriptions": Polls(1),
    f"{_ML}/serverlessEndpoints": Polls(1),
    f"{_ML}/onlineEndpoints": Polls(1),
    f"{_ML}/onlineEndpoints/deployments": Polls(2),
}
"""By resource type. In Azure a workspace takes a minute, a Marketplace subscription six, a serverless endpoint five to
ten, an online endpoint two, an online deployment of a model ten to twenty."""

DEFAULT_RETRY_AFTER = 0.2
"""Seconds between polls that clients are asked to wait."""

VERBS = ("create", "update", "delete", "action")


def parse_transition(value: object) -> Transition:
    """Read `"atOnce"`, `{"polls": 2}` or `{"seconds": 1.5}`.

    Raises:
        ValueError: for anything else.
    """
    match value:
        case "atOnce":
            return AtOnce()
        case {"polls": int(count)} if count >= 0:
            return Polls(count)
        case {"seconds": int(seconds) | float(seconds)} if seconds >= 0:
            return Seconds(float(seconds))
    raise ValueError(f'{value!r} is no transition. Expected "atOnce", {{"polls": n}} or {{"seconds": t}}.')


def transition_as_json(transition: Transition) -> object:
    """The inverse of `parse_transition`."""
    match transition:
        case AtOnce():
            return "atOnce"
        case Polls(count):
            return {"polls": count}
        case Seconds(seconds):
            return {"seconds": seconds}


class Clock:
    """The emulator's time: real time plus an offset that the control API sets.

    It moves resources (soft delete, retirement of models, operations), not credentials: tokens live in real time,
    because clients keep theirs by their own clock.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def now(self) -> datetime:
        """The emulator's time, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._store.setting("clock.offset", 0.0))

    def set(self, now: datetime) -> None:
        """Let it be this time now; time goes on from there."""
        self._store.set_setting("clock.offset", (now - datetime.now(UTC)).total_seconds())

    def advance(self, seconds: float) -> None:
        """Move on by some seconds."""
        self._store.set_setting("clock.offset", self._store.setting("clock.offset", 0.0) + seconds)


class Lifecycle:
    """Starts operations and ends them with their effects."""

    def __init__(self, store: Store, clock: Clock, effects: Mapping[tuple[str, str], Effect]) -> None:
        """Take effects by resource type and verb; a type without its own gets `settle` and `vanish`."""
        self._store = store
        self._clock = clock
        self._effects = {(kind.lower(), verb): effect for (kind, verb), effect in effects.items()}

    def transition(self, resource_type: str, verb: str) -> Transition:
        """How an operation of this type and verb goes: what the control API says, else the default."""
        declared: dict[str, dict[str, Any]] = self._store.setting("transitions", {})
        for kind in (resource_type.lower(), "*"):
            for chosen in (verb, "*"):
                if chosen in declared.get(kind, {}):
                    return parse_transition(declared[kind][chosen])
        defaults = {kind.lower(): value for kind, value in DEFAULT_TRANSITIONS.items()}
        return defaults.get(resource_type.lower(), AtOnce())

    def retry_after(self) -> float:
        """Seconds that a polling client is asked to wait."""
        return float(self._store.setting("retryAfter", DEFAULT_RETRY_AFTER))

    def start(
        self, resource_id: str, resource_type: str, verb: str, *, error: Document | None = None, **detail: Any
    ) -> Operation:
        """Begin an operation; `error` is how it will end if it is to fail."""
        now = self._clock.now()
        operation = Operation(
            id=str(uuid.uuid4()),
            resource_id=resource_id,
            type=resource_type,
            verb=verb,
            status="InProgress",
            started_at=now,
            retry_after=self.retry_after(),
            error=error,
            detail=detail,
        )
        match self.transition(resource_type, verb):
            case AtOnce():
                operation = replace(operation, due_at=now)
            case Polls(count):
                operation = replace(operation, polls_left=count)
            case Seconds(seconds):
                # Who is asked to wait longer than it takes would make it take longer.
                wait = min(operation.retry_after, seconds)
                operation = replace(operation, due_at=now + timedelta(seconds=seconds), retry_after=wait)
        return self._store.put_operation(operation)

    def advance(self) -> None:
        """End what is due by the clock, and forget soft-deleted resources whose time is over."""
        now = self._clock.now()
        for operation in self._store.running_operations():
            if operation.due_at is not None and operation.due_at <= now:
                self._end(operation, now)
        for item in self._store.all_deleted():
            if item.purge_at <= now:
                self._store.purge(item.resource.id)

    def poll(self, operation: Operation) -> Operation:
        """Count a poll of a running operation; the one after the last ends it."""
        if operation.status != "InProgress" or operation.due_at is not None:
            return operation
        if operation.polls_left > 0:
            return self._store.put_operation(replace(operation, polls_left=operation.polls_left - 1))
        return self._end(operation, self._clock.now())

    def poll_resource(self, resource_id: str) -> None:
        """Count a request to a resource as a poll of what runs on it."""
        for operation in self._store.running_operations(resource_id):
            self.poll(operation)

    def running(self, resource_id: str) -> Operation | None:
        """The operation that runs on this resource, if any."""
        return next(iter(self._store.running_operations(resource_id)), None)

    def abandon(self, scope: str) -> None:
        """End, without effect, what still runs on or below an id that is being deleted."""
        for operation in self._store.running_operations():
            if is_within(operation.resource_id, scope):
                self._store.put_operation(replace(operation, status="Canceled", ended_at=self._clock.now()))

    def _end(self, operation: Operation, now: datetime) -> Operation:
        status = "Failed" if operation.error else "Succeeded"
        ended = self._store.put_operation(replace(operation, status=status, ended_at=now))
        default = vanish if operation.verb == "delete" else settle
        self._effects.get((operation.type.lower(), operation.verb), default)(self._store, ended, now)
        return ended


def settle(store: Store, operation: Operation, now: datetime) -> None:  # noqa: ARG001  (an Effect)
    """The usual end of a create or update: `provisioningState` says how it went."""
    resource = store.resource(operation.resource_id)
    if resource is not None:
        store.put(resource.with_properties(provisioningState=operation.status))


def vanish(store: Store, operation: Operation, now: datetime) -> None:
    """The usual end of a delete: the resource and all below it are gone, or it failed and is still there."""
    if operation.error:
        settle(store, operation, now)
    else:
        store.remove(operation.resource_id)
