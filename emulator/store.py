"""What the emulator remembers: one SQLite file. Knows nothing of HTTP, nor of Azure's rules.

One connection, used by the server's single thread: a request runs inside one transaction and so happens wholly or not
at all, whatever kills the process.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from emulator.resource_id import key, name_of

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  sequence INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
  document TEXT NOT NULL, private TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS resources_by_type ON resources (type, key);
CREATE TABLE IF NOT EXISTS deleted_resources (
  sequence INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
  document TEXT NOT NULL, private TEXT NOT NULL, deleted_at TEXT NOT NULL, purge_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS operations (
  sequence INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, key TEXT NOT NULL, status TEXT NOT NULL, value TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS operations_by_status ON operations (status, key);
CREATE TABLE IF NOT EXISTS principals (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, client_id TEXT UNIQUE, secret TEXT,
  members TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (sequence INTEGER PRIMARY KEY AUTOINCREMENT, value TEXT NOT NULL);
"""

REQUESTS_KEPT = 50_000
"""Older entries of the request log are dropped, so that an emulator which runs for weeks does not grow."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. `document` is what a GET shows, without id, name and type; `private` is never shown (keys)."""

    id: str
    type: str
    document: Document
    private: Document = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the id, in the case it was created with."""
        return name_of(self.id)

    @property
    def properties(self) -> Document:
        """The `properties` of the document."""
        properties: Document = self.document.get("properties", {})
        return properties

    def with_properties(self, **changes: Any) -> "Resource":
        """The same resource with some of its `properties` replaced."""
        return replace(self, document=self.document | {"properties": self.properties | changes})


@dataclass(frozen=True, slots=True)
class DeletedResource:
    """A soft-deleted resource, which holds its name until `purge_at`."""

    resource: Resource
    deleted_at: datetime
    purge_at: datetime


@dataclass(frozen=True, slots=True)
class Operation:
    """A long-running operation on one resource; `status` is InProgress, Succeeded or Failed."""

    id: str
    resource_id: str
    type: str
    verb: str
    status: str
    started_at: datetime
    ended_at: datetime | None = None
    due_at: datetime | None = None
    polls_left: int = 0
    retry_after: float = 1.0
    error: Document | None = None
    detail: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, group, service principal or managed identity of the directory."""

    id: str
    kind: str
    name: str
    client_id: str | None = None
    secret: str | None = None
    members: tuple[str, ...] = ()


class Store:
    """The database. Every method but `transaction` expects to run inside one."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or, when an exception leaves the block, nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def clear(self) -> None:
        """Forget everything but the settings whose names start with `kept.`."""
        for table in ("resources", "deleted_resources", "operations", "principals", "faults", "requests"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  (names from the line above)
        self._connection.execute("DELETE FROM settings WHERE name NOT LIKE 'kept.%'")

    # Resources

    def resource(self, resource_id: str) -> Resource | None:
        """The resource with this id, compared without case as Azure Resource Manager does."""
        return next(self._resources("key = ?", key(resource_id)), None)

    def resources(self, resource_type: str | None = None, *, under: str = "") -> list[Resource]:
        """Resources in order of creation, of one type if given, and below an id if given (not the id's own)."""
        prefix = key(under)
        # "0" is the character after "/": the range holds exactly the keys that start with the prefix and a slash.
        condition, arguments = "key > ? AND key < ?", [f"{prefix}/", f"{prefix}0"]
        if resource_type is not None:
            condition, arguments = f"type = ? AND {condition}", [resource_type.lower(), *arguments]
        return list(self._resources(condition, *arguments))

    def put(self, resource: Resource) -> Resource:
        """Create or replace a resource; a replaced one keeps its place in the order."""
        self._connection.execute(
            "INSERT INTO resources (key, id, type, document, private) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET document = excluded.document, private = excluded.private",
            (
                key(resource.id),
                resource.id,
                resource.type.lower(),
                json.dumps({"type": resource.type, "document": resource.document}),
                json.dumps(resource.private),
            ),
        )
        return resource

    def remove(self, resource_id: str) -> None:
        """Delete a resource and everything below it."""
        prefix = key(resource_id)
        self._connection.execute(
            "DELETE FROM resources WHERE key = ? OR (key > ? AND key < ?)", (prefix, f"{prefix}/", f"{prefix}0")
        )

    def _resources(self, condition: str, *arguments: str) -> Iterator[Resource]:
        query = f"SELECT id, document, private FROM resources WHERE {condition} ORDER BY sequence"  # noqa: S608
        for resource_id, document, private in self._connection.execute(query, arguments).fetchall():
            yield _resource(resource_id, document, private)

    # Soft-deleted resources

    def deleted(self, resource_id: str) -> DeletedResource | None:
        """The soft-deleted resource with this id."""
        return next((item for item in self.all_deleted() if key(item.resource.id) == key(resource_id)), None)

    def all_deleted(self, resource_type: str | None = None) -> list[DeletedResource]:
        """Soft-deleted resources in order of deletion."""
        rows = self._connection.execute(
            "SELECT id, document, private, deleted_at, purge_at FROM deleted_resources"
            " WHERE ?1 IS NULL OR type = ?1 ORDER BY sequence",
            (resource_type.lower() if resource_type else None,),
        ).fetchall()
        return [
            DeletedResource(
                _resource(resource_id, document, private),
                datetime.fromisoformat(deleted_at),
                datetime.fromisoformat(purge_at),
            )
            for resource_id, document, private, deleted_at, purge_at in rows
        ]

    def soft_delete(self, resource: Resource, deleted_at: datetime, purge_at: datetime) -> None:
        """Move a resource among the soft-deleted ones; what lies below it is gone for good."""
        self.remove(resource.id)
        self._connection.execute(
            "INSERT OR REPLACE INTO deleted_resources (key, id, type, document, private, deleted_at, purge_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key(resource.id),
                resource.id,
                resource.type.lower(),
                json.dumps({"type": resource.type, "document": resource.document}),
                json.dumps(resource.private),
                deleted_at.isoformat(),
                purge_at.isoformat(),
            ),
        )

    def purge(self, resource_id: str) -> None:
        """Forget a soft-deleted resource: its name is free."""
        self._connection.execute("DELETE FROM deleted_resources WHERE key = ?", (key(resource_id),))

    # Operations

    def operation(self, operation_id: str) -> Operation | None:
        """The operation with this id, running or ended."""
        return next(self._operations("id = ?", operation_id), None)

    def running_operations(self, resource_id: str | None = None) -> list[Operation]:
        """Operations in progress, of one resource if given, in order of their start."""
        if resource_id is None:
            return list(self._operations("status = 'InProgress'"))
        return list(self._operations("status = 'InProgress' AND key = ?", key(resource_id)))

    def put_operation(self, operation: Operation) -> Operation:
        """Create or replace an operation."""
        value = {name: getattr(operation, name) for name in Operation.__slots__}
        self._connection.execute(
            "INSERT INTO operations (id, key, status, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET status = excluded.status, value = excluded.value",
            (operation.id, key(operation.resource_id), operation.status, json.dumps(value, default=datetime.isoformat)),
        )
        return operation

    def _operations(self, condition: str, *arguments: str) -> Iterator[Operation]:
        query = f"SELECT value FROM operations WHERE {condition} ORDER BY sequence"  # noqa: S608
        for (text,) in self._connection.execute(query, arguments).fetchall():
            value = json.loads(text)
            for name in ("started_at", "ended_at", "due_at"):
                value[name] = datetime.fromisoformat(value[name]) if value[name] else None
            yield Operation(**value)

    # Principals

    def principal(self, object_id: str) -> Principal | None:
        """The principal with this object id."""
        return next(self._principals("id = ?", object_id.lower()), None)

    def principal_by_client_id(self, client_id: str) -> Principal | None:
        """The service principal of an application."""
        return next(self._principals("client_id = ?", client_id.lower()), None)

    def principals(self) -> list[Principal]:
        """Everyone in the directory."""
        return list(self._principals("TRUE"))

    def put_principal(self, principal: Principal) -> Principal:
        """Create or replace a principal."""
        self._connection.execute(
            "INSERT OR REPLACE INTO principals (id, kind, name, client_id, secret, members) VALUES (?, ?, ?, ?, ?, ?)",
            (
                principal.id.lower(),
                principal.kind,
                principal.name,
                principal.client_id.lower() if principal.client_id else None,
                principal.secret,
                json.dumps([member.lower() for member in principal.members]),
            ),
        )
        return principal

    def remove_principal(self, object_id: str) -> None:
        """Delete a principal; role assignments that name it stay, as in Azure."""
        self._connection.execute("DELETE FROM principals WHERE id = ?", (object_id.lower(),))

    def _principals(self, condition: str, *arguments: str) -> Iterator[Principal]:
        query = f"SELECT id, kind, name, client_id, secret, members FROM principals WHERE {condition}"  # noqa: S608
        for object_id, kind, name, client_id, secret, members in self._connection.execute(query, arguments).fetchall():
            yield Principal(object_id, kind, name, client_id, secret, tuple(json.loads(members)))

    # Settings, faults, request log: plain JSON values

    def setting(self, name: str, default: Any = None) -> Any:
        """A setting's value, or the default."""
        row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a setting."""
        self._connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    def faults(self) -> list[Document]:
        """The faults that are still armed, oldest first."""
        rows = self._connection.execute("SELECT id, value FROM faults ORDER BY id").fetchall()
        return [{"id": fault_id, **json.loads(value)} for fault_id, value in rows]

    def put_fault(self, fault: Document) -> Document:
        """Arm a fault, or replace the one with the same id."""
        value = {name: item for name, item in fault.items() if name != "id"}
        cursor = self._connection.execute(
            "INSERT OR REPLACE INTO faults (id, value) VALUES (?, ?)", (fault.get("id"), json.dumps(value))
        )
        return {"id": cursor.lastrowid, **value}

    def remove_fault(self, fault_id: int | None = None) -> None:
        """Disarm a fault, or all of them."""
        self._connection.execute("DELETE FROM faults WHERE ?1 IS NULL OR id = ?1", (fault_id,))

    def log_request(self, entry: Document) -> None:
        """Append to the request log."""
        cursor = self._connection.execute("INSERT INTO requests (value) VALUES (?)", (json.dumps(entry),))
        self._connection.execute("DELETE FROM requests WHERE sequence <= ?", ((cursor.lastrowid or 0) - REQUESTS_KEPT,))

    def requests(self, since: int = 0) -> list[Document]:
        """The request log after a sequence number."""
        rows = self._connection.execute(
            "SELECT sequence, value FROM requests WHERE sequence > ? ORDER BY sequence", (since,)
        ).fetchall()
        return [{"sequence": sequence, **json.loads(value)} for sequence, value in rows]

    def clear_requests(self) -> None:
        """Empty the request log; sequence numbers go on."""
        self._connection.execute("DELETE FROM requests")


def _resource(resource_id: str, document: str, private: str) -> Resource:
    value = json.loads(document)
    return Resource(resource_id, value["type"], value["document"], json.loads(private))
