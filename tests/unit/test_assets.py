"""Models that the catalogue does not have: how their descriptions become models, and what is refused about them."""

import datetime as dt
from typing import Any

import pytest
from azure_mistral import config
from azure_mistral.assets import as_args, with_own_models
from azure_mistral.catalog import Hosting, load_catalog
from azure_mistral.config import Asset
from azure_mistral.naming import Names
from azure_mistral.plan import make_plan, review, review_deployment
from azure_mistral.problems import Review

from tests.support.sentences import one_line

CATALOG = load_catalog()
DAY = dt.date(2026, 11, 22)
SERVERLESS = "azureml://registries/azureml-mistral/models/Mistral-X"
MANAGED = "azureml://registries/azureml/models/mistralai-X/versions/3"
SOLD = {"id": SERVERLESS, "terms": "https://example.com/terms", "pricing": "https://example.com/pricing"}
OPEN = {"id": MANAGED, "instanceTypes": ["Standard_NC48ads_A100_v4", "Standard_NC24ads_A100_v4"]}


def reviewed(asset: dict[str, Any], slug: str = "ours", terms: Any = True, **options: Any) -> Review:
    values = {"models": {slug: {"asset": asset, **options}}, "acceptMarketplaceTerms": terms}
    configuration, problems = config.parse(values)
    assert problems == []
    return review(configuration, CATALOG, DAY, name="mistral", default_location="eastus2")


def sentences(found: Review) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_described_model_is_planned_like_any_other() -> None:
    values = {"models": {"ours": {"asset": {**SOLD, "locations": ["westus"]}}}, "locations": ["eastus", "westus"]}
    configuration, problems = config.parse({**values, "acceptMarketplaceTerms": ["ours"]})
    names = Names("20000000-0000-4000-8000-000000000001", "azure-mistral", "dev")

    plan = make_plan(configuration, CATALOG, DAY, names, name="mistral", default_location=None)

    (deployment,) = plan.deployments
    assert (problems, plan.warnings) == ([], ())
    assert deployment.model.asset_id == SERVERLESS
    assert (deployment.location, deployment.marketplace_subscription_name) == ("westus", "ours")
    assert str(deployment.endpoint_name).startswith("ours-")


def test_registry_of_the_asset_id_tells_the_hosting() -> None:
    instance_types = ("standard_nc48ads_a100_v4",)
    own = with_own_models(CATALOG, {"sold": Asset(SERVERLESS), "open": Asset(MANAGED, instance_types=instance_types)})

    sold, open_ = own.models["sold"], own.models["open"]
    assert (sold.hosting, sold.asset_id, sold.needs_marketplace_subscription) == (Hosting.SERVERLESS, SERVERLESS, True)
    assert (open_.hosting, open_.asset_id, open_.needs_marketplace_subscription) == (Hosting.MANAGED, MANAGED, False)
    assert open_.recommended_instance_type == "Standard_NC48ads_A100_v4"


def test_catalogue_stays_as_it_is_without_descriptions() -> None:
    assert with_own_models(CATALOG, {"ministral-3b": None}) is CATALOG


def test_description_read_as_an_argument_again_is_the_same() -> None:
    for asset in (SOLD, OPEN):
        configuration, _ = config.parse({"models": {"ours": {"asset": asset}}})
        read = configuration.models["ours"].asset
        assert read is not None
        again, problems = config.parse({"models": {"ours": {"asset": as_args(read)}}}, snake_case=True)
        assert problems == []
        assert again.models["ours"].asset == read


def test_terms_of_a_described_model_are_named_with_their_addresses() -> None:
    (sentence,) = sentences(reviewed(SOLD, terms=False))

    assert sentence == one_line(
        """
        acceptMarketplaceTerms: nobody accepted the Marketplace terms and prices of ours, terms at
        https://example.com/terms and prices at https://example.com/pricing. True, or a list that holds these slugs, is
        accepted. Read them, and set acceptMarketplaceTerms if you agree: the deployment subscribes the workspace to
        the offer.
        """
    )


PROBLEMS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "slug-of-the-catalogue": (
        SOLD,
        "ministral-3b",
        [
            """
            models["ministral-3b"].asset: ministral-3b is a model of the catalogue, which has its asset id,
            azureml://registries/azureml-mistral/models/Ministral-3B. An asset is accepted for a model that the
            catalogue does not have. Leave asset out, or call the model something else than ministral-3b.
            """
        ],
    ),
    "asset-of-the-catalogue": (
        {**SOLD, "id": "azureml://registries/azureml-mistral/models/ministral-3B"},
        "ours",
        [
            """
            models["ours"].asset.id: "azureml://registries/azureml-mistral/models/ministral-3B" is ministral-3b of the
            catalogue. An asset is accepted for a model that the catalogue does not have. Call the model ministral-3b,
            and leave asset out.
            """
        ],
    ),
    "slug-that-cannot-be-a-name": (
        SOLD,
        "Our Model",
        [
            """
            models["Our Model"]: "Our Model" cannot be the start of Azure names. A name of 1 to 26 lower-case letters,
            digits and hyphens that starts with a letter is accepted. Rename it.
            """
        ],
    ),
    "sold-model-without-terms": (
        {"id": SERVERLESS, "instanceTypes": ["Standard_NC24ads_A100_v4"]},
        "ours",
        [
            """
            models["ours"].asset.terms: it is missing, and the hosting of a model of the registry azureml-mistral is
            serverless. The address of a page with its Marketplace terms is accepted. Add it.
            """,
            """
            models["ours"].asset.pricing: it is missing, and the hosting of a model of the registry azureml-mistral is
            serverless. The address of a page with its Marketplace prices is accepted. Add it.
            """,
            """
            models["ours"].asset.instanceTypes: ["Standard_NC24ads_A100_v4"] says something about the hosting managed,
            and that of a model of the registry azureml-mistral is serverless. It is accepted where the hosting is
            managed. Remove it.
            """,
        ],
    ),
    "places-and-machines-that-azure-does-not-have": (
        {**OPEN, "locations": ["eastus3"], "instanceTypes": ["Standard_NC24ads_A100_v5"]},
        "ours",
        [
            """
            models["ours"].asset.locations: "eastus3" is not a location known here. eastus, eastus2, northcentralus,
            southcentralus, swedencentral, westus or westus3 is accepted. Write eastus.
            """,
            """
            models["ours"].asset.instanceTypes: "Standard_NC24ads_A100_v5" is not an instance type known here.
            Standard_NC24ads_A100_v4, Standard_NC48ads_A100_v4, Standard_NC96ads_A100_v4, Standard_ND96asr_v4,
            Standard_ND96amsr_A100_v4, Standard_NC12s_v3, Standard_NC24s_v3, Standard_ND40rs_v2,
            Standard_NC40ads_H100_v5, Standard_NC80adis_H100_v5 or Standard_ND96isr_H100_v5 is accepted. Write
            Standard_NC24ads_A100_v4.
            """,
        ],
    ),
}


@pytest.mark.parametrize(("asset", "slug", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_description_that_cannot_be_deployed_is_refused(asset: dict[str, Any], slug: str, expected: list[str]) -> None:
    found = sentences(reviewed(asset, slug))

    # What follows about a model that is described wrongly is not the subject here.
    assert found[: len(expected)] == [one_line(sentence) for sentence in expected]


def test_refused_asset_id_is_reported_once() -> None:
    configuration, problems = config.parse({"models": {"ours": {"asset": {"id": "Mistral-X"}}}})

    assert [problem.path for problem in problems] == ['models["ours"].asset.id']
    assert review(configuration, CATALOG, DAY, name="mistral", default_location="eastus2") == Review((), ())


def test_deployment_of_a_described_model_is_reviewed_with_the_paths_of_its_arguments() -> None:
    found = review_deployment(
        "ours",
        "eastus2",
        asset=Asset(SERVERLESS, pricing="https://example.com/pricing"),
        marketplace_subscription="create",
        allow_retired=False,
        accepts_terms=False,
        catalog=CATALOG,
        day=DAY,
    )

    assert [problem.path for problem in found.problems] == ["asset.terms"]
