"""Automatic names."""

import uuid

import pytest

from emulator.provider.names import AutoNaming, AutoNamingMode, DefaultName, default_name
from emulator.provider.resource_types import AutoName

URN = "urn:pulumi:dev::project::azure-native:storage:StorageAccount::store"


def name_of(
    strategy: AutoName,
    auto_naming: AutoNaming | None = None,
    seed: bytes = b"seed",
    olds: dict[str, object] | None = None,
) -> DefaultName | None:
    return default_name(strategy, "accountName", URN, seed, auto_naming, olds or {})


def test_random_name_is_the_logical_name_and_eight_hexadecimal_digits() -> None:
    found = name_of(AutoName.RANDOM)

    assert found is not None
    assert found.random
    assert found.name.startswith("store")
    assert len(found.name) == len("store") + 8
    int(found.name.removeprefix("store"), 16)


def test_random_name_is_a_function_of_the_seed() -> None:
    """Preview and update agree on a name, two resources do not."""
    assert name_of(AutoName.RANDOM) == name_of(AutoName.RANDOM)
    assert name_of(AutoName.RANDOM) != name_of(AutoName.RANDOM, seed=b"other")


def test_random_name_without_a_seed_differs_each_time() -> None:
    assert name_of(AutoName.RANDOM, seed=b"") != name_of(AutoName.RANDOM, seed=b"")


def test_uuid_name_is_a_uuid() -> None:
    found = name_of(AutoName.UUID)

    assert found is not None
    assert str(uuid.UUID(found.name)) == found.name


def test_copied_name_is_the_logical_name_and_not_random() -> None:
    assert DefaultName("store", random=False) == name_of(AutoName.COPY)


def test_old_name_stays() -> None:
    assert DefaultName("old", random=False) == name_of(AutoName.RANDOM, olds={"accountName": "old"})
    assert DefaultName("old", random=True) == name_of(
        AutoName.RANDOM, olds={"accountName": "old", "__createBeforeDelete": True}
    )


@pytest.mark.parametrize("strategy", [AutoName.RANDOM, AutoName.COPY])
def test_proposed_name_is_taken(strategy: AutoName) -> None:
    assert DefaultName("wish", random=True) == name_of(strategy, AutoNaming(AutoNamingMode.PROPOSE, "wish"))


def test_proposed_name_is_no_uuid() -> None:
    assert name_of(AutoName.UUID) == name_of(AutoName.UUID, AutoNaming(AutoNamingMode.PROPOSE, "wish"))


def test_enforced_name_goes_before_a_uuid() -> None:
    assert DefaultName("wish", random=True) == name_of(AutoName.UUID, AutoNaming(AutoNamingMode.ENFORCE, "wish"))


@pytest.mark.parametrize("strategy", AutoName)
def test_disabled_naming_gives_no_name(strategy: AutoName) -> None:
    assert name_of(strategy, AutoNaming(AutoNamingMode.DISABLE, "")) is None
