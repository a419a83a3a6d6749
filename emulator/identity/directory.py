"""The directory (tenant): who exists in it, and the ids that every emulator has from the start."""

import secrets
import uuid

from emulator.store import Principal, Store

TENANT_ID = "10000000-0000-4000-8000-000000000001"
SUBSCRIPTION_ID = "20000000-0000-4000-8000-000000000001"
DEPLOYER_CLIENT_ID = "30000000-0000-4000-8000-000000000001"
DEPLOYER_OBJECT_ID = "40000000-0000-4000-8000-000000000001"

KINDS = ("User", "Group", "ServicePrincipal")
"""The kinds of principals that a role can be assigned to; a managed identity is a service principal."""


def add_deployer(store: Store) -> Principal:
    """The service principal that deploys. Its secret is made at first and kept over a reset: clients have it."""
    secret = store.setting("kept.deployerSecret")
    if secret is None:
        secret = secrets.token_urlsafe(30)
        store.set_setting("kept.deployerSecret", secret)
    return store.put_principal(
        Principal(DEPLOYER_OBJECT_ID, "ServicePrincipal", "deployer", DEPLOYER_CLIENT_ID, secret)
    )


def add_principal(
    store: Store, kind: str, name: str, *, object_id: str | None = None, members: tuple[str, ...] = ()
) -> Principal:
    """Add a user, a group or a service principal; the last gets an application (client) id and a secret.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is no kind of principal. Expected one of {', '.join(KINDS)}.")
    is_application = kind == "ServicePrincipal"
    return store.put_principal(
        Principal(
            id=object_id or str(uuid.uuid4()),
            kind=kind,
            name=name,
            client_id=str(uuid.uuid4()) if is_application else None,
            secret=secrets.token_urlsafe(30) if is_application else None,
            members=members,
        )
    )


def add_managed_identity(store: Store, name: str) -> Principal:
    """The service principal of a resource's system-assigned identity: no secret, nobody signs in with it here."""
    return store.put_principal(Principal(str(uuid.uuid4()), "ServicePrincipal", name, str(uuid.uuid4())))


def groups_of(store: Store, principal: Principal) -> set[str]:
    """The object ids of the groups that a principal is a member of, also through other groups."""
    groups = [item for item in store.principals() if item.kind == "Group"]
    found: set[str] = set()
    reached = {principal.id}
    while reached:
        reached = {group.id for group in groups if reached & set(group.members)} - found
        found |= reached
    return found
