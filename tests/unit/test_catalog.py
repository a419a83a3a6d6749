"""The catalogue: what is known about each model, and what can be asked about it."""

import datetime as dt

import pytest
from azure_mistral.catalog import Hosting, InstanceType, Location, Milestone, Model, Stage, load_catalog
from azure_mistral.naming import ENDPOINT_NAME, Names, endpoint_name

CATALOG = load_catalog()
SERVERLESS = [
    "ministral-3b",
    "codestral-2501",
    "mistral-small-2503",
    "mistral-medium-2505",
    "mistral-document-ai-2505",
    "mistral-large-2402",
    "mistral-large-2407",
    "mistral-large-2411",
    "mistral-small-2402",
    "mistral-nemo-2407",
    "mistral-ocr-2503",
]
MANAGED = [
    "mistral-7b-v01",
    "mistral-7b-instruct-v01",
    "mistral-7b-instruct-v02",
    "mixtral-8x7b-v01",
    "mixtral-8x7b-instruct-v01",
    "mixtral-8x22b-v01",
    "mixtral-8x22b-instruct-v01",
]
SLUGS = SERVERLESS + MANAGED


def test_catalog_has_every_model_of_each_hosting() -> None:
    assert {slug: model.hosting for slug, model in CATALOG.models.items()} == {
        **dict.fromkeys(SERVERLESS, Hosting.SERVERLESS),
        **dict.fromkeys(MANAGED, Hosting.MANAGED),
    }


def test_catalog_is_read_once() -> None:
    assert load_catalog() is load_catalog()


@pytest.mark.parametrize(
    ("slug", "asset_id"),
    [
        ("ministral-3b", "azureml://registries/azureml-mistral/models/Ministral-3B"),
        ("codestral-2501", "azureml://registries/azureml-mistral/models/Codestral-2501"),
        ("mistral-large-2402", "azureml://registries/azureml-mistral/models/Mistral-large"),
        ("mistral-large-2411", "azureml://registries/azureml-mistral/models/Mistral-Large-2411"),
        ("mistral-nemo-2407", "azureml://registries/azureml-mistral/models/Mistral-Nemo"),
    ],
)
def test_serverless_asset_id_carries_the_registry_spelling_and_no_version(slug: str, asset_id: str) -> None:
    assert CATALOG.models[slug].asset_id == asset_id


@pytest.mark.parametrize(
    ("slug", "asset_id"),
    [
        ("mistral-7b-v01", "azureml://registries/azureml/models/mistralai-Mistral-7B-v01/versions/8"),
        ("mixtral-8x22b-v01", "azureml://registries/azureml/models/mistralai-Mixtral-8x22B-v0-1/versions/4"),
    ],
)
def test_managed_asset_id_carries_the_version(slug: str, asset_id: str) -> None:
    assert CATALOG.models[slug].asset_id == asset_id


@pytest.mark.parametrize("slug", MANAGED)
def test_instance_types_of_a_managed_model_meet_its_requirements(slug: str) -> None:
    model = CATALOG.models[slug]

    assert model.requirements is not None
    assert [name for name in model.instance_types if not model.requirements.met_by(CATALOG.instance_types[name])] == []


@pytest.mark.parametrize("slug", MANAGED)
def test_recommended_instance_type_is_one_that_azure_still_has(slug: str) -> None:
    recommended = CATALOG.models[slug].recommended_instance_type

    assert recommended is not None
    assert CATALOG.instance_types[recommended].retired is None


def test_instance_type_is_found_whatever_its_case() -> None:
    found = CATALOG.instance_type("standard_nc24ads_a100_v4")

    family = "StandardNCADSA100v4Family"
    assert found == InstanceType("Standard_NC24ads_A100_v4", family, 24, 220, 1, "A100", 80, False, None)
    assert CATALOG.instance_type("Standard_NC25ads_A100_v4") is None


@pytest.mark.parametrize("slug", SERVERLESS)
def test_serverless_model_has_no_instance_types(slug: str) -> None:
    model = CATALOG.models[slug]

    assert (model.instance_types, model.recommended_instance_type, model.requirements) == ((), None, None)


# The groups of facts that `sources` and `unverified` speak of.
GROUPS = {"asset_id", "limits", "capabilities", "languages", "licence", "locations", "lifecycle"}
GROUPS_OF = {Hosting.SERVERLESS: GROUPS | {"offer"}, Hosting.MANAGED: GROUPS | {"instance_types", "requirements"}}


@pytest.mark.parametrize("model", CATALOG.models.values(), ids=SLUGS)
def test_every_fact_of_a_model_has_a_source_or_is_marked_as_unverified(model: Model) -> None:
    told = set(model.sources) | set(model.unverified)

    assert told - {"replacement"} == GROUPS_OF[model.hosting]
    assert ("offer" in model.sources) == (model.offer is not None)


@pytest.mark.parametrize("model", CATALOG.models.values(), ids=SLUGS)
def test_every_model_says_what_it_is_for_and_under_which_licence(model: Model) -> None:
    assert model.purpose
    assert not model.purpose.endswith(".")
    assert model.licence
    assert set(model.capabilities) <= {"chat", "completions", "tools", "json", "vision", "fim", "ocr", "fine-tuning"}
    assert model.languages or "languages" in model.unverified


@pytest.mark.parametrize("model", CATALOG.models.values(), ids=SLUGS)
def test_model_has_a_generated_endpoint_name_within_the_rule(model: Model) -> None:
    assert ENDPOINT_NAME.fullmatch(endpoint_name(model.slug, "swedencentral", Names("id", "project", "stack")))


def test_serverless_models_need_a_marketplace_subscription_and_open_ones_do_not() -> None:
    assert [slug for slug, model in CATALOG.models.items() if model.needs_marketplace_subscription] == SERVERLESS


def test_offer_without_a_source_leads_to_the_model_card() -> None:
    codestral = CATALOG.models["codestral-2501"]

    card = "https://ai.azure.com/explore/models/Codestral-2501/version/2/registry/azureml-mistral"
    assert (codestral.terms, codestral.pricing) == (card, card)


def test_offer_leads_to_its_own_pages() -> None:
    ministral = CATALOG.models["ministral-3b"]

    page = "https://azuremarketplace.microsoft.com/en-us/marketplace/apps/000-000.ministral-3b-2410-offer"
    assert (ministral.terms, ministral.pricing) == (f"{page}?tab=Overview", f"{page}?tab=PlansAndPrice")


def test_locations_are_the_seven_with_serverless_endpoints() -> None:
    codes = {location.name: location.code for location in CATALOG.locations.values()}

    assert codes == {
        "eastus": "eus",
        "eastus2": "eus2",
        "northcentralus": "ncus",
        "southcentralus": "scus",
        "swedencentral": "sdc",
        "westus": "wus",
        "westus3": "wus3",
    }
    assert CATALOG.locations["swedencentral"] == Location("swedencentral", "Sweden Central", "sdc")


def test_document_ai_is_offered_in_two_locations_only() -> None:
    day = dt.date(2026, 3, 1)
    offered = [name for name in CATALOG.locations if "mistral-document-ai-2505" in CATALOG.deployable(day, name)]

    assert offered == ["eastus2", "swedencentral"]


def test_deployable_models_are_those_that_are_not_on_their_way_out() -> None:
    four = ("ministral-3b", "codestral-2501", "mistral-small-2503", "mistral-medium-2505")

    assert CATALOG.deployable(dt.date(2026, 11, 22), hosting=Hosting.SERVERLESS) == four
    assert CATALOG.deployable(dt.date(2026, 3, 1)) == (*four, "mistral-document-ai-2505", *MANAGED)


@pytest.mark.parametrize(
    ("word", "slug"),
    [
        ("Ministral-3B", "ministral-3b"),
        ("ministral3b", "ministral-3b"),
        ("codestral", "codestral-2501"),
        ("Mistral-large-2407", "mistral-large-2407"),
        ("Mistral-large", "mistral-large-2402"),
        ("Mistral-Nemo", "mistral-nemo-2407"),
        ("mistral-nemo-12b-2407", "mistral-nemo-2407"),
        ("Mistral Large (2407)", "mistral-large-2407"),
        ("mistral-medium-3", "mistral-medium-2505"),
        # The nine models as the article spells them.
        ("Mistral Large (2402)", "mistral-large-2402"),
        ("Mistral Small", "mistral-small-2402"),
        ("Mistral Nemo", "mistral-nemo-2407"),
        ("Mixtral-8x7B-Instruct-v01", "mixtral-8x7b-instruct-v01"),
        ("Mixtral-8x7B-v01", "mixtral-8x7b-v01"),
        ("Mistral-7B-Instruct-v01", "mistral-7b-instruct-v01"),
        ("Mistral-7B-v01", "mistral-7b-v01"),
        # As the registry does.
        ("mistralai-Mixtral-8x22B-v0-1", "mixtral-8x22b-v01"),
    ],
)
def test_nearest_model_knows_slugs_registry_names_and_other_names(word: str, slug: str) -> None:
    nearest = CATALOG.nearest_model(word)

    assert nearest is not None
    assert nearest.slug == slug


def test_nearest_model_of_something_else_is_none() -> None:
    assert CATALOG.nearest_model("gpt") is None


@pytest.mark.parametrize(
    ("slug", "day", "stage"),
    [
        ("ministral-3b", "2026-11-22", Stage.AVAILABLE),
        ("mistral-large-2407", "2025-01-12", Stage.AVAILABLE),
        ("mistral-large-2407", "2025-01-13", Stage.LEGACY),
        ("mistral-large-2407", "2025-02-13", Stage.DEPRECATED),
        ("mistral-large-2407", "2025-05-12", Stage.DEPRECATED),
        ("mistral-large-2407", "2025-05-13", Stage.RETIRED),
        ("mistral-nemo-2407", "2025-10-01", Stage.AVAILABLE),
        ("mistral-nemo-2407", "2025-10-02", Stage.LEGACY),
        ("mistral-nemo-2407", "2025-11-01", Stage.DEPRECATED),
        ("mistral-nemo-2407", "2026-01-30", Stage.RETIRED),
    ],
)
def test_stage_begins_on_its_day(slug: str, day: str, stage: Stage) -> None:
    assert CATALOG.models[slug].stage(dt.date.fromisoformat(day)) is stage


def test_milestones_that_no_source_states_are_derived_and_say_so() -> None:
    nemo = CATALOG.models["mistral-nemo-2407"].milestones

    assert nemo == {
        Stage.LEGACY: Milestone(dt.date(2025, 10, 2), derived=True),
        Stage.DEPRECATED: Milestone(dt.date(2025, 11, 1), derived=True),
        Stage.RETIRED: Milestone(dt.date(2026, 1, 30)),
    }
    assert str(nemo[Stage.DEPRECATED]) == "2025-11-01 (derived from the retirement date)"
    assert str(nemo[Stage.RETIRED]) == "2026-01-30"


@pytest.mark.parametrize(
    ("slug", "day", "successor"),
    [
        ("mistral-nemo-2407", "2026-11-22", "mistral-small-2503"),
        ("mistral-ocr-2503", "2026-02-01", "mistral-document-ai-2505"),
        ("mistral-ocr-2503", "2026-11-22", "mistral-document-ai-2512"),
        ("ministral-3b", "2026-11-22", None),
    ],
)
def test_successor_is_the_first_replacement_that_is_not_on_its_way_out(
    slug: str, day: str, successor: str | None
) -> None:
    assert CATALOG.successor(CATALOG.models[slug], dt.date.fromisoformat(day)) == successor
