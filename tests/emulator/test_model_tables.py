"""The emulator's models against the module's catalogue: two tables from different sources, which check each other."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from azure_mistral.catalog import Hosting, Milestone, Model, Stage, load_catalog

from emulator.arm import compute
from emulator.arm.models import market
from emulator.arm.open_models import open_models

# Every difference there is between the two sides, by entry and fact, and why neither of them is corrected.
EXPLAINED = {
    ("mistral-unlisted", "entry"): "invented by the emulator: a model that Azure sells and the catalogue lacks",
    ("mistral-large-2407", "deprecated"): "the catalogue has a source; the emulator derives it from the retirement",
    ("mistral-small", "deprecated"): "the catalogue has a source; the emulator derives it from the retirement",
    ("mistralai-mistral-7b-instruct-v0-2", "version"): "5 is in the newest spec that was seen; pages link to 6",
    ("mistralai-mixtral-8x22b-instruct-v0-1", "version"): "4 is in the newest spec that was seen; pages link to 5",
    ("standard_nd96isr_h100_v5", "family"): "Aspire's list of sizes and the page of managed endpoints' sizes differ",
}

Table = Mapping[str, Mapping[str, Any]]


def catalogued() -> Table:
    """Return the catalogue's models and instance types by lower-case name."""
    catalog = load_catalog()
    return {
        **{model.name.lower(): _of_the_catalogue(model) for model in catalog.models.values()},
        **{
            each.name.lower(): {
                "name": each.name,
                "family": each.family.lower(),
                "vcpus": each.vcpus,
                "gpus": each.gpus,
                "upgrade reserve": each.upgrade_reserve,
            }
            for each in catalog.instance_types.values()
        },
    }


def _of_the_catalogue(model: Model) -> Mapping[str, Any]:
    if model.hosting is Hosting.MANAGED:
        return {
            "name": model.name,
            "version": model.version,
            "chats": "chat" in model.capabilities,
            "instance types": sorted(model.instance_types),
        }
    return {
        "name": model.name,
        "offer": model.offer.offer if model.offer else None,
        "plan": model.offer.plan if model.offer else None,
        "locations": sorted(model.locations),
        "retired": _day(model.milestones, Stage.RETIRED),
        "deprecated": _day(model.milestones, Stage.DEPRECATED),
    }


def emulated() -> Table:
    """Return the emulator's models and instance types by lower-case name."""
    return {
        **{
            model.name.lower(): {
                "name": model.name,
                "offer": model.offer,
                "plan": model.plan,
                "locations": sorted(model.locations),
                "retired": model.retired,
                "deprecated": model.deprecated,
            }
            for model in market().models
        },
        **{
            name: {
                "name": model.name,
                "version": model.version,
                "chats": model.task == "chat-completion",
                "instance types": sorted(model.instance_types),
            }
            for name, model in open_models().items()
        },
        # The emulator has sizes that no model here runs on, for the samples of Azure's own clients.
        **{
            name: {
                "name": each.name,
                "family": each.family.lower(),
                "vcpus": each.cores,
                "gpus": each.gpus,
                "upgrade reserve": each.reserves,
            }
            for name, each in compute.instance_types().items()
            if load_catalog().instance_type(name)
        },
    }


def differences(ours: Table, theirs: Table) -> set[tuple[str, str]]:
    """Return entry and fact of every difference. The emulator invents offers and plans that no source names."""
    missing = {(name, "entry") for name in ours.keys() ^ theirs.keys()}
    return missing | {
        (name, fact)
        for name in ours.keys() & theirs.keys()
        for fact, value in ours[name].items()
        if value != theirs[name][fact] and not (fact in ("offer", "plan") and value is None)
    }


def _day(milestones: Mapping[Stage, Milestone], stage: Stage) -> dt.date | None:
    return milestones[stage].day if stage in milestones else None


def test_tables_differ_only_where_it_is_explained() -> None:
    found = differences(catalogued(), emulated())

    assert sorted(found - EXPLAINED.keys()) == [], "unexplained: correct a table, or explain it in EXPLAINED"
    assert sorted(EXPLAINED.keys() - found) == [], "explained, but there is no such difference any more"


def test_a_difference_is_found_in_every_fact_and_in_missing_models() -> None:
    theirs = emulated()
    ours = {"mistral-nemo": dict.fromkeys(theirs["mistral-nemo"], "else")}

    assert differences(ours, {"mistral-nemo": theirs["mistral-nemo"], "ministral-3b": theirs["ministral-3b"]}) == {
        ("ministral-3b", "entry"),
        *(("mistral-nemo", fact) for fact in theirs["mistral-nemo"]),
    }
