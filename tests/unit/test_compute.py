"""Managed models: which deployments they come to, what is refused about them, and what they need of the quota."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from azure_mistral import config
from azure_mistral.catalog import load_catalog
from azure_mistral.compute import OnlineDeployment, online_deployments, review_compute
from azure_mistral.config import Autoscale, ModelOptions, Probes, RequestSettings, Utilization
from azure_mistral.plan import review
from azure_mistral.problems import Review

from tests.support.sentences import one_line

CATALOG = load_catalog()
SLUG = "mistral-7b-instruct-v01"
MODEL = CATALOG.models[SLUG]
PATH = f'models["{SLUG}"]'
DAY = dt.date(2026, 11, 22)
NC24, NC48, NC12 = "Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4", "Standard_NC12s_v3"
CURRENT = one_line(
    """
    For this model Standard_NC24ads_A100_v4, Standard_NC48ads_A100_v4, Standard_NC96ads_A100_v4, Standard_ND96asr_v4,
    Standard_ND96amsr_A100_v4 or Standard_ND40rs_v2 is accepted
    """
)
RECOMMENDED = "Write Standard_NC24ads_A100_v4, which is recommended for it"


def options(**values: Any) -> ModelOptions:
    configuration, problems = config.parse({"models": {SLUG: values}})
    assert problems == []
    return configuration.models[SLUG]


def deployments(**values: Any) -> tuple[OnlineDeployment, ...]:
    return online_deployments(MODEL, options(**values), CATALOG)


def names(**values: Any) -> list[str]:
    return [each.name for each in deployments(**values)]


def reviewed(values: dict[str, Any], day: dt.date = DAY) -> Review:
    return review_compute(MODEL, options(**values), CATALOG, day, PATH)


def reviewed_quota(models: dict[str, Any], quota: dict[str, int], *locations: str) -> Review:
    configuration, problems = config.parse({"models": models, "quota": quota, "locations": locations or ["eastus2"]})
    assert problems == []
    return review(configuration, CATALOG, DAY, name="mistral", default_location=None)


def test_one_line_is_one_deployment_on_the_recommended_instance_type_with_all_the_traffic() -> None:
    assert deployments() == (
        OnlineDeployment(
            key="blue",
            name="blue-b3y6y",
            asset_id="azureml://registries/azureml/models/mistralai-Mistral-7B-Instruct-v01/versions/12",
            instance_type=NC24,
            instance_count=1,
            percent=100,
            request_settings=RequestSettings(1, 90),
            probes=Probes(600, 10, 10, 30),
            autoscale=None,
            application_insights=False,
        ),
    )


@pytest.mark.parametrize("change", [{"instanceType": NC48}, {"modelVersion": 11}])
def test_what_azure_cannot_change_in_place_makes_another_deployment(change: dict[str, Any]) -> None:
    assert names(**change) != names()


@pytest.mark.parametrize(
    "change",
    [
        {"instanceCount": 3},
        {"requestSettings": {"requestTimeoutSeconds": 60}},
        {"probes": {"periodSeconds": 5}},
        {"autoscale": {"maximum": 3}},
        {"applicationInsights": True},
        {"instanceType": NC24.upper()},
        {"deployments": {"blue": {}}, "traffic": {"blue": 100}},
    ],
)
def test_what_azure_changes_in_place_keeps_the_deployment(change: dict[str, Any]) -> None:
    assert names(**change) == names()


def test_a_green_deployment_joins_the_blue_one_of_a_model_that_named_none() -> None:
    both = deployments(deployments={"blue": {}, "green": {"instanceType": NC48}}, traffic={"blue": 90, "green": 10})

    assert [(each.key, each.instance_type, each.percent) for each in both] == [("blue", NC24, 90), ("green", NC48, 10)]
    assert both[0].name == names()[0]


def test_a_deployment_has_what_it_says_itself_and_else_what_the_model_says() -> None:
    blue, green = deployments(
        instanceCount=2,
        autoscale={"minimum": 2, "maximum": 4},
        applicationInsights=True,
        deployments={"blue": {}, "green": {"instanceCount": 3, "applicationInsights": False}},
        traffic={"blue": 100},
    )

    assert (blue.instance_count, blue.application_insights) == (2, True)
    assert (green.instance_count, green.application_insights, green.percent) == (3, False, 0)
    assert blue.autoscale == green.autoscale == Autoscale(2, 4, gpu=Utilization(70, 30))


def test_autoscale_begins_with_its_minimum_and_looks_at_the_gpus_unless_told_otherwise() -> None:
    (by_gpu,) = deployments(autoscale={"minimum": 2, "maximum": 4})
    (by_cpu,) = deployments(autoscale={"maximum": 4, "cpu": {"scaleOutAbove": 80}})

    assert (by_gpu.instance_count, by_gpu.autoscale) == (2, Autoscale(2, 4, gpu=Utilization(70, 30)))
    assert (by_cpu.instance_count, by_cpu.autoscale) == (1, Autoscale(1, 4, cpu=Utilization(80, 30)))


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    (
        {"instanceType": "Standard_NC24ads_A100_v5"},
        f"""
        {PATH}.instanceType: there is no instance type "Standard_NC24ads_A100_v5" among those known here.
        {CURRENT}. Write Standard_NC24ads_A100_v4.
        """,
    ),
    (
        {"instanceType": "large"},
        f"""
        {PATH}.instanceType: there is no instance type "large" among those known here. {CURRENT}. Choose one of them.
        """,
    ),
    (
        {"instanceType": NC12},
        f"""
        {PATH}.instanceType: Standard_NC12s_v3 is retired since 2025-09-30; Azure has no such machines any more.
        {CURRENT}. {RECOMMENDED}, or try it all the same with {PATH}.allowRetired: true.
        """,
    ),
    (
        {"deployments": {"blue": {}, "green": {"instanceType": "large"}}, "traffic": {"blue": 100}},
        f"""
        {PATH}.deployments["green"].instanceType: there is no instance type "large" among those known here. {CURRENT}.
        Choose one of them.
        """,
    ),
    (
        {"instanceType": "large", "deployments": {"blue": {}, "green": {}}, "traffic": {"blue": 100}},
        f"""
        {PATH}.instanceType: there is no instance type "large" among those known here. {CURRENT}. Choose one of them.
        """,
    ),
    (
        {"deployments": {"blue": {}, "green": {}}},
        f"""
        {PATH}.traffic: it is missing, and there are 2 deployments. A map from deployments to percent, 100 together,
        is accepted. Add it, such as {{blue: 100, green: 0}}.
        """,
    ),
    (
        {"deployments": {"blue": {}, "green": {}}, "traffic": {"blue": 90, "green": 5}},
        f"{PATH}.traffic: 90 + 5 is 95 percent. 100 percent together is accepted. Correct them.",
    ),
    (
        {"traffic": {"blue": 50}},
        f"{PATH}.traffic: it is 50 percent. 100 percent together is accepted. Correct them.",
    ),
    (
        {"deployments": {"blue": {}, "green": {}}, "traffic": {"blue": 90, "gren": 10}},
        f"""
        {PATH}.traffic["gren"]: there is no such deployment. blue or green is accepted. Write green.
        """,
    ),
    (
        {"traffic": {"red": 100}},
        f"""
        {PATH}.traffic["red"]: there is no such deployment. blue is accepted. Remove it, or add it to deployments.
        """,
    ),
    (
        {"autoscale": {"minimum": 4, "maximum": 2}},
        f"""
        {PATH}.autoscale.minimum: 4 is not less than the maximum, 2: nothing would scale. Less than 2 is accepted.
        Correct one of them, or write instanceCount instead of autoscale.
        """,
    ),
    (
        {"autoscale": {"maximum": 1}},
        f"""
        {PATH}.autoscale.minimum: 1 is not less than the maximum, 1: nothing would scale. A maximum of 2 or more is
        accepted. Correct one of them, or write instanceCount instead of autoscale.
        """,
    ),
    (
        {"autoscale": {"minimum": 2, "maximum": 4}, "instanceCount": 1},
        f"""
        {PATH}.instanceCount: 1 is not between the minimum and the maximum of autoscale. 2 to 4 is accepted. Correct it,
        or leave it out to begin with the minimum.
        """,
    ),
    (
        {"autoscale": {"maximum": 4, "gpu": {"scaleOutAbove": 30}}},
        f"""
        {PATH}.autoscale.gpu.scaleInBelow: 30 percent is not below scaleOutAbove, 30 percent: instances would come and
        go without end. Less than 30 is accepted. Correct one of them.
        """,
    ),
    (
        {"deployments": {"blue": {"autoscale": {"maximum": 4, "cpu": {"scaleInBelow": 80}}}}},
        f"""
        {PATH}.deployments["blue"].autoscale.cpu.scaleInBelow: 80 percent is not below scaleOutAbove, 70 percent:
        instances would come and go without end. Less than 70 is accepted. Correct one of them.
        """,
    ),
]


@pytest.mark.parametrize(("values", "sentence"), PROBLEMS, ids=[one_line(sentence)[:90] for _, sentence in PROBLEMS])
def test_review_refuses_what_azure_would_refuse(values: dict[str, Any], sentence: str) -> None:
    assert [str(problem) for problem in reviewed(values).problems] == [one_line(sentence)]


def test_an_instance_type_that_is_too_small_is_refused_with_what_is_needed() -> None:
    slug = "mixtral-8x7b-instruct-v01"
    found = review_compute(CATALOG.models[slug], options(instanceType=NC24), CATALOG, DAY, f'models["{slug}"]')

    assert [str(problem) for problem in found.problems] == [
        one_line(
            """
            models["mixtral-8x7b-instruct-v01"].instanceType: Standard_NC24ads_A100_v4 is too small for
            mixtral-8x7b-instruct-v01: it has 24 vCPUs, 1 GPU and 220 GB of memory, and an instance needs at least 40
            vCPUs, 4 GPUs and 672 GB of memory. For this model Standard_NC96ads_A100_v4, Standard_ND96asr_v4,
            Standard_ND96amsr_A100_v4 or Standard_ND40rs_v2 is accepted. Write Standard_NC96ads_A100_v4, which is
            recommended for it.
            """
        )
    ]


def test_an_instance_type_that_is_large_enough_is_refused_unless_the_card_of_the_model_allows_it() -> None:
    model = replace(MODEL, instance_types=(NC24,))
    found = review_compute(model, options(instanceType=NC48), CATALOG, DAY, PATH)

    assert [str(problem) for problem in found.problems] == [
        (
            f"{PATH}.instanceType: Standard_NC48ads_A100_v4 is not among the instance types that the card of {SLUG} "
            f"allows. For this model Standard_NC24ads_A100_v4 is accepted. {RECOMMENDED}."
        )
    ]


def test_a_retired_instance_type_is_tried_when_that_is_allowed_and_accepted_while_it_lived() -> None:
    allowed = reviewed({"instanceType": NC12, "allowRetired": True})

    assert allowed.problems == ()
    assert allowed.warnings == (
        (
            f"{PATH}.instanceType: Standard_NC12s_v3 is retired since 2025-09-30; Azure has no such machines any more. "
            f"{RECOMMENDED}."
        ),
    )
    assert reviewed({"instanceType": NC12}, dt.date(2024, 11, 15)) == Review((), ())


A100, V100 = "StandardNCADSA100v4Family", "standardNCSv3Family"


def test_quota_is_compared_with_the_sum_of_all_deployments_of_a_location() -> None:
    models = {
        SLUG: {
            "instanceCount": 2,
            "deployments": {"blue": {}, "green": {"instanceType": NC48}},
            "traffic": {"blue": 100},
        },
        "mistral-7b-v01": {"autoscale": {"maximum": 3}},
    }

    assert [str(problem) for problem in reviewed_quota(models, {A100: 200}, "eastus", "eastus2").problems] == [
        one_line(
            f"""
            quota["{A100}"]: 200 vCPUs are not enough for {location} ({SLUG} blue: 2 of {NC24} x 24 vCPUs = 48; {SLUG}
            green: 2 of {NC48} x 48 vCPUs = 96; mistral-7b-v01 blue: 3 of {NC24} x 24 vCPUs = 72; together 216). At
            least 216 is accepted. Ask Azure for more, or take fewer or smaller instances.
            """
        )
        for location in ("eastus", "eastus2")
    ]
    assert reviewed_quota(models, {A100: 216}, "eastus", "eastus2") == Review((), ())


def test_quota_has_room_for_the_upgrades_of_the_instance_types_for_which_azure_reserves_some() -> None:
    models = {SLUG: {"instanceType": NC12, "instanceCount": 3, "allowRetired": True}}

    assert [str(problem) for problem in reviewed_quota(models, {V100: 36}).problems] == [
        one_line(
            f"""
            quota["{V100}"]: 36 vCPUs are not enough for eastus2 ({SLUG} blue: (3 of {NC12} + 20 %, rounded up to 4) x
            12 vCPUs = 48). At least 48 is accepted. Ask Azure for more, or take fewer or smaller instances.
            """
        )
    ]
    assert reviewed_quota(models, {V100: 48}).problems == ()


def test_quota_that_does_not_name_the_family_is_refused() -> None:
    sums = f"{SLUG} blue: 1 of {NC24} x 24 vCPUs = 24"

    assert [str(problem) for problem in reviewed_quota({SLUG: {}}, {V100: 36}).problems] == [
        (
            f"quota: it says nothing about {A100}, of which 24 vCPUs are needed in eastus2 ({sums}). "
            f"At least 24 is accepted. Add {A100}."
        )
    ]


def test_case_of_a_family_does_not_count() -> None:
    assert reviewed_quota({SLUG: {}}, {A100.upper(): 24}) == Review((), ())


def test_without_a_quota_a_warning_names_the_need() -> None:
    found = reviewed_quota({SLUG: {"instanceCount": 2}}, {})

    assert found.problems == ()
    assert found.warnings == (
        one_line(
            f"""
            quota: it is not set, so nobody checked that eastus2 has 48 vCPUs of {A100} ({SLUG} blue: 2 of {NC24} x 24
            vCPUs = 48). Compare with az vm list-usage --location eastus2, and set quota to what you find.
            """
        ),
    )
