"""The plan: what will exist under which names, and what is refused or warned of before Azure is asked."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from azure_mistral import config, naming
from azure_mistral.catalog import Catalog, Hosting, load_catalog
from azure_mistral.config import Configuration, ModelOptions, WorkspaceOptions
from azure_mistral.naming import Names
from azure_mistral.plan import (
    Plan,
    make_plan,
    review,
    review_deployment,
    review_managed_deployment,
    workspace_problems,
)
from azure_mistral.problems import Review

from tests.support.sentences import one_line

CATALOG = load_catalog()
DAY = dt.date(2026, 11, 22)
NAMES = Names("20000000-0000-4000-8000-000000000001", "azure-mistral", "dev")
ALL_SERVERLESS = "ministral-3b, codestral-2501, mistral-small-2503 or mistral-medium-2505 is accepted"
ALL_MANAGED = (
    "mistral-7b-v01, mistral-7b-instruct-v01, mistral-7b-instruct-v02, mixtral-8x7b-v01, mixtral-8x7b-instruct-v01, "
    "mixtral-8x22b-v01 or mixtral-8x22b-instruct-v01 is accepted"
)
ALL_MODELS = f"{ALL_SERVERLESS.replace(' or ', ', ').removesuffix(' is accepted')}, {ALL_MANAGED}"
ALL_LOCATIONS = "eastus, eastus2, northcentralus, southcentralus, swedencentral, westus or westus3 is accepted"
CARD = "https://ai.azure.com/explore/models"
WORKSPACE_ID = (
    "/subscriptions/20000000-0000-4000-8000-000000000001/resourceGroups/group"
    "/providers/Microsoft.MachineLearningServices/workspaces/ml"
)
MARKETPLACE = "https://azuremarketplace.microsoft.com/en-us/marketplace/apps"


def configured(values: dict[str, Any]) -> Configuration:
    configuration, problems = config.parse({"acceptMarketplaceTerms": True, **values})
    assert problems == []
    return configuration


def reviewed(values: dict[str, Any], day: dt.date = DAY, name: str = "mistral") -> Review:
    return review(configured(values), CATALOG, day, name=name, default_location=values.pop("default", "eastus2"))


def planned(values: dict[str, Any]) -> Plan:
    return make_plan(configured(values), CATALOG, DAY, NAMES, name="mistral", default_location="eastus2")


def test_plan_has_a_workspace_for_the_default_location_and_a_deployment_for_each_model() -> None:
    plan = planned({"models": {"ministral-3b": {}, "codestral-2501": {"endpointName": "code"}}})

    assert [(each.name, each.location) for each in plan.workspaces] == [("mistral-eus2", "eastus2")]
    assert [
        (each.name, each.location, each.endpoint_name, each.marketplace_subscription_name) for each in plan.deployments
    ] == [
        ("mistral-ministral-3b-eus2", "eastus2", "ministral-3b-yx2ee", "ministral-3b"),
        ("mistral-codestral-2501-eus2", "eastus2", "code", "codestral-2501"),
    ]


def test_plan_deploys_each_model_in_every_location_that_offers_it() -> None:
    values = {
        "locations": ["westus3", "swedencentral"],
        "models": {"ministral-3b": {}, "mistral-document-ai-2505": {"allowRetired": True}},
    }

    assert [(each.model.slug, each.location) for each in planned(values).deployments] == [
        ("ministral-3b", "westus3"),
        ("ministral-3b", "swedencentral"),
        ("mistral-document-ai-2505", "swedencentral"),
    ]


def test_plan_follows_a_models_own_locations() -> None:
    plan = planned({"models": {"ministral-3b": {"locations": ["eastus", "westus"]}, "codestral-2501": {}}})

    assert [each.location for each in plan.workspaces] == ["eastus", "westus", "eastus2"]


def test_plan_has_no_workspace_in_a_location_without_a_model() -> None:
    plan = planned({"locations": ["eastus"], "models": {"ministral-3b": {"locations": ["westus"]}}})

    assert [each.location for each in plan.workspaces] == ["westus"]


def test_adding_a_model_changes_nothing_about_the_others() -> None:
    before = planned({"models": {"ministral-3b": {}}})
    after = planned({"models": {"codestral-2501": {}, "ministral-3b": {}}})

    assert set(map(str, before.deployments)) <= set(map(str, after.deployments))


def test_deployments_run_side_by_side_unless_they_are_serialized() -> None:
    values: dict[str, Any] = {
        "locations": ["eastus", "westus"],
        "models": {"ministral-3b": {}, "codestral-2501": {}, "mistral-small-2503": {}},
    }

    assert {each.after for each in planned(values).deployments} == {None}
    serialized = planned({**values, "serializeDeployments": True}).deployments
    assert [(each.name, each.after) for each in serialized] == [
        ("mistral-ministral-3b-eus", None),
        ("mistral-codestral-2501-eus", "mistral-ministral-3b-eus"),
        ("mistral-mistral-small-2503-eus", "mistral-codestral-2501-eus"),
        ("mistral-ministral-3b-wus", None),
        ("mistral-codestral-2501-wus", "mistral-ministral-3b-wus"),
        ("mistral-mistral-small-2503-wus", "mistral-codestral-2501-wus"),
    ]


def test_plan_names_the_marketplace_subscription_that_is_used_or_made() -> None:
    plan = planned({"models": {"ministral-3b": {"marketplaceSubscription": "ours"}, "codestral-2501": {}}})

    assert [each.marketplace_subscription_name for each in plan.deployments] == ["ours", "codestral-2501"]


def test_plan_has_serverless_and_managed_models_side_by_side() -> None:
    plan = planned({"models": {"ministral-3b": {}, "mistral-7b-instruct-v01": {"instanceCount": 2}}})

    assert [
        (
            each.endpoint_name,
            each.marketplace_subscription_name,
            [(online.name, online.instance_count, online.percent) for online in each.online_deployments],
        )
        for each in plan.deployments
    ] == [
        ("ministral-3b-yx2ee", "ministral-3b", []),
        ("mistral-7b-instruct-v01-yx2ee", None, [("blue-b3y6y", 2, 100)]),
    ]


def test_plan_for_an_existing_workspace_has_it_in_the_location_of_the_models() -> None:
    plan = planned({"models": {"ministral-3b": {}}, "workspace": {"id": WORKSPACE_ID}})

    assert plan.workspace_options.id == WORKSPACE_ID
    assert [(each.name, each.location) for each in plan.workspaces] == [("mistral-eus2", "eastus2")]


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    (
        {"models": {"ministral-3B": {}}},
        f"""
        models["ministral-3B"]: there is no model "ministral-3B" among those that Azure deploys.
        {ALL_MODELS}. Write ministral-3b.
        """,
    ),
    (
        {"models": {"gpt": {}}},
        f"""
        models["gpt"]: there is no model "gpt" among those that Azure deploys.
        {ALL_MODELS}. Choose one of them.
        """,
    ),
    (
        {"models": {"ministral-3b": {}}, "default": None},
        f"""
        locations: no location is set, here or as azure-native:location. {ALL_LOCATIONS}. Set
        azure-native:location for the whole stack, or locations.
        """,
    ),
    (
        {"models": {"ministral-3b": {}}, "default": "westeurope"},
        f"""
        azure-native:location: "westeurope" is not a location in which the catalogue has models.
        {ALL_LOCATIONS}. Write westus.
        """,
    ),
    (
        {"models": {"ministral-3b": {}}, "locations": ["mars", "eastus"]},
        f"""
        locations: "mars" is not a location in which the catalogue has models. {ALL_LOCATIONS}.
        Choose one of them.
        """,
    ),
    (
        {"models": {"ministral-3b": {"locations": ["japaneast"]}}},
        f"""
        models["ministral-3b"].locations: "japaneast" is not a location in which the catalogue has
        models. {ALL_LOCATIONS}. Choose one of them.
        """,
    ),
    (
        {"models": {"mistral-document-ai-2505": {"locations": ["westus3"], "allowRetired": True}}},
        """
        models["mistral-document-ai-2505"].locations: mistral-document-ai-2505 is not offered in westus3.
        For this model eastus2 or swedencentral is accepted. Choose another location, or one of the models
        of westus3: ministral-3b, codestral-2501, mistral-small-2503 and mistral-medium-2505.
        """,
    ),
    (
        {"models": {"mistral-document-ai-2505": {"allowRetired": True}}, "default": "westus3"},
        """
        models["mistral-document-ai-2505"]: mistral-document-ai-2505 is not offered in westus3, which
        azure-native:location names. For this model eastus2 or swedencentral is accepted. Add one of them
        to models["mistral-document-ai-2505"].locations.
        """,
    ),
    (
        {"models": {"mistral-nemo-2407": {}}},
        """
        models["mistral-nemo-2407"]: mistral-nemo-2407 is retired since 2026-01-30; Azure refuses to
        deploy it and endpoints answer 404. Models that are available or legacy are accepted. Use
        mistral-small-2503, which replaces it, or try it all the same with
        models["mistral-nemo-2407"].allowRetired: true.
        """,
    ),
    (
        {"models": {"mistral-ocr-2503": {}}},
        """
        models["mistral-ocr-2503"]: mistral-ocr-2503 is retired since 2026-01-30; Azure refuses to deploy
        it and endpoints answer 404. Models that are available or legacy are accepted. Microsoft names
        mistral-document-ai-2512 as its replacement, which is not deployed in a workspace; remove it here,
        or try it all the same with models["mistral-ocr-2503"].allowRetired: true.
        """,
    ),
    (
        {"models": {"ministral-3b": {}, "codestral-2501": {}}, "acceptMarketplaceTerms": False},
        f"""
        acceptMarketplaceTerms: nobody accepted the Marketplace terms and prices of
        ministral-3b (offer ministral-3b-2410-offer), terms at
        {MARKETPLACE}/000-000.ministral-3b-2410-offer?tab=Overview and prices at
        {MARKETPLACE}/000-000.ministral-3b-2410-offer?tab=PlansAndPrice; codestral-2501, terms and prices
        at {CARD}/Codestral-2501/version/2/registry/azureml-mistral. True, or a list that holds these
        slugs, is accepted. Read them, and set acceptMarketplaceTerms if you agree: the deployment
        subscribes the workspace to the offer.
        """,
    ),
    (
        {"models": {"ministral-3b": {}, "codestral-2501": {}}, "acceptMarketplaceTerms": ["ministral-3b"]},
        f"""
        acceptMarketplaceTerms: nobody accepted the Marketplace terms and prices of
        codestral-2501, terms and prices at {CARD}/Codestral-2501/version/2/registry/azureml-mistral.
        True, or a list that holds these slugs, is accepted. Read them, and set acceptMarketplaceTerms if
        you agree: the deployment subscribes the workspace to the offer.
        """,
    ),
    (
        {"models": {"ministral-3b": {}}, "acceptMarketplaceTerms": ["ministral-3b", "codestral-2502"]},
        f"""
        acceptMarketplaceTerms: there is no model "codestral-2502" among those that Azure deploys.
        {ALL_MODELS}. Write codestral-2501.
        """,
    ),
    (
        {"models": {"ministral-3b": {"endpointName": "chat"}, "codestral-2501": {"endpointName": "Chat"}}},
        """
        models["codestral-2501"].endpointName: "Chat" is the name of the endpoint of ministral-3b in
        eastus2 already. Each name is accepted once in a location. Choose another name, or leave it out.
        """,
    ),
    (
        {
            "models": {"ministral-3b": {"locations": ["eastus"]}, "codestral-2501": {}},
            "workspace": {"id": WORKSPACE_ID},
        },
        """
        workspace.id: one existing workspace cannot serve eastus and eastus2. One location, that of the
        workspace, is accepted with it. Leave one location, or make a stack for each workspace.
        """,
    ),
    (
        {"models": {"ministral-3b": {}}, "workspace": {"id": WORKSPACE_ID, "publicNetworkAccess": "Enabled"}},
        """
        workspace.publicNetworkAccess: "Enabled" is for a new workspace, and workspace.id names an existing
        one, which has its own. One of the two is accepted. Remove the other.
        """,
    ),
]


@pytest.mark.parametrize(("values", "sentence"), PROBLEMS, ids=[one_line(sentence)[:70] for _, sentence in PROBLEMS])
def test_review_refuses_what_azure_would_refuse(values: dict[str, Any], sentence: str) -> None:
    default = values.get("default", "eastus2")
    configuration = configured({key: value for key, value in values.items() if key != "default"})

    found = review(configuration, CATALOG, DAY, name="mistral", default_location=default)

    assert [str(problem) for problem in found.problems] == [one_line(sentence)]


def test_every_setting_of_a_new_workspace_is_refused_beside_an_existing_one() -> None:
    options = WorkspaceOptions(WORKSPACE_ID, "kv", "st", "log", "Disabled")

    assert [problem.path for problem in workspace_problems(options, "workspaceId", "")] == [
        "keyVaultId",
        "storageAccountId",
        "logAnalyticsWorkspaceId",
        "publicNetworkAccess",
    ]


def test_existing_workspace_needs_no_short_names() -> None:
    values = {"models": {"ministral-3b": {}}, "workspace": {"id": WORKSPACE_ID}}

    assert reviewed(values, name="a-name-that-is-too-long") == Review((), ())


def test_what_was_bought_before_needs_no_acceptance_of_terms() -> None:
    values = {"models": {"ministral-3b": {"marketplaceSubscription": "ours"}}, "acceptMarketplaceTerms": False}

    assert reviewed(values) == Review((), ())


def open_model() -> Catalog:
    """Return a catalogue with a serverless model of the registry that is not sold in the Marketplace.

    Azure has some, of Microsoft's own; none is Mistral's, so the package's catalogue has none.
    """
    model = replace(CATALOG.models["ministral-3b"], slug="open", registry="azureml", offer=None)
    return replace(CATALOG, models={"open": model})


def test_existing_marketplace_subscription_is_refused_for_a_model_that_is_not_sold() -> None:
    configuration = configured({"models": {"open": {"marketplaceSubscription": "ours"}}})

    found = review(configuration, open_model(), DAY, name="mistral", default_location="eastus2")

    (problem,) = found.problems
    assert str(problem) == one_line(
        """
        models["open"].marketplaceSubscription: "ours" cannot be for open, a model of the registry azureml, which is
        not sold in the Azure Marketplace. No Marketplace subscription is accepted for it. Leave it out.
        """
    )


def test_model_that_is_not_sold_needs_neither_terms_nor_a_marketplace_subscription() -> None:
    configuration = configured({"models": {"open": {}}, "acceptMarketplaceTerms": False})

    assert review(configuration, open_model(), DAY, name="mistral", default_location="eastus2") == Review((), ())
    plan = make_plan(configuration, open_model(), DAY, NAMES, name="mistral", default_location="eastus2")
    assert [each.marketplace_subscription_name for each in plan.deployments] == [None]


def test_model_of_the_other_hosting_is_refused_by_the_component_of_one() -> None:
    serverless = review_deployment(
        "mistral-7b-v01",
        "eastus2",
        marketplace_subscription="create",
        allow_retired=False,
        accepts_terms=True,
        catalog=CATALOG,
        day=DAY,
    )
    managed = review_managed_deployment("ministral-3b", "eastus2", ModelOptions(), CATALOG, DAY)

    assert [str(problem) for problem in serverless.problems] == [
        (
            "model: mistral-7b-v01 is deployed on managed compute, not as serverless endpoints. "
            f"{ALL_SERVERLESS}. Choose one of them, or use ManagedDeployment."
        )
    ]
    assert [str(problem) for problem in managed.problems] == [
        (
            "model: ministral-3b is deployed as serverless endpoints, not on managed compute. "
            f"{ALL_MANAGED}. Choose one of them, or use ServerlessDeployment."
        )
    ]


@pytest.mark.parametrize(
    ("slug", "location", "sentences"),
    [
        (
            "mistral-7b",
            "mars",
            [
                f"""
                model: there is no model "mistral-7b" among those that Azure deploys on managed compute. {ALL_MANAGED}.
                Write mistral-7b-v01.
                """,
                f"""
                location: "mars" is not a location in which the catalogue has models. {ALL_LOCATIONS}. Choose one
                of them.
                """,
            ],
        ),
        (
            "mistral-7b-v01",
            "eastus2",
            ["traffic: it is 50 percent. 100 percent together is accepted. Correct them."],
        ),
    ],
)
def test_managed_deployment_is_refused_with_the_paths_of_its_arguments(
    slug: str, location: str, sentences: list[str]
) -> None:
    found = review_managed_deployment(slug, location, ModelOptions(traffic={"blue": 50}), CATALOG, DAY)

    assert [str(problem) for problem in found.problems] == [one_line(sentence) for sentence in sentences]


SERVERLESS_ONLY = {"contentSafety": "Enabled", "marketplaceSubscription": "create"}
MANAGED_ONLY: dict[str, Any] = {
    "identity": "SystemAssigned",
    "publicNetworkAccess": "Enabled",
    "modelVersion": 12,
    "instanceType": "Standard_NC24ads_A100_v4",
    "instanceCount": 1,
    "requestSettings": {},
    "probes": {},
    "autoscale": {"maximum": 2},
    "applicationInsights": False,
    "deployments": {"blue": {}},
    "traffic": {"blue": 100},
}


@pytest.mark.parametrize("key", [setting.name for setting in config.SERVERLESS_OPTIONS])
def test_setting_of_serverless_endpoints_is_refused_for_a_managed_model(key: str) -> None:
    found = reviewed({"models": {"mistral-7b-v01": {key: SERVERLESS_ONLY[key]}}})

    assert [str(problem) for problem in found.problems] == [
        (
            f'models["mistral-7b-v01"].{key}: it is for models that Azure deploys as serverless endpoints, and '
            "mistral-7b-v01 is deployed on managed compute. It is not accepted here. Remove it."
        )
    ]


@pytest.mark.parametrize("key", [setting.name for setting in config.MANAGED_OPTIONS])
def test_setting_of_managed_compute_is_refused_for_a_serverless_model(key: str) -> None:
    found = reviewed({"models": {"ministral-3b": {key: MANAGED_ONLY[key]}}})

    assert [str(problem) for problem in found.problems] == [
        (
            f'models["ministral-3b"].{key}: it is for models that Azure deploys on managed compute, and ministral-3b '
            "is deployed as serverless endpoints. It is not accepted here. Remove it."
        )
    ]


@pytest.mark.parametrize(
    ("slug", "mode", "reason"),
    [
        (
            "mistral-7b-v01",
            "AAD",
            (
                '"AAD" is no auth mode of models that Azure deploys on managed compute. '
                "Key, AMLToken or AADToken is accepted. Write AADToken."
            ),
        ),
        (
            "ministral-3b",
            "AMLToken",
            (
                '"AMLToken" is no auth mode of models that Azure deploys as serverless endpoints. '
                "Key, AAD or KeyAndAAD is accepted. Write AAD."
            ),
        ),
    ],
)
def test_auth_mode_of_the_other_hosting_is_refused(slug: str, mode: str, reason: str) -> None:
    found = reviewed({"models": {slug: {"authMode": mode}}})

    assert [str(problem) for problem in found.problems] == [f'models["{slug}"].authMode: {reason}']


@pytest.mark.parametrize("name", ["chat-", "chat--7b"])
def test_endpoint_name_that_only_serverless_endpoints_can_have_is_refused_for_a_managed_model(name: str) -> None:
    found = reviewed({"models": {"mistral-7b-v01": {"endpointName": name}}})

    assert [str(problem) for problem in found.problems] == [
        (
            f'models["mistral-7b-v01"].endpointName: "{name}" does not follow the rule of managed endpoints. A name of '
            "3 to 32 letters, digits and single hyphens that starts with a letter and does not end with a hyphen is "
            "accepted. Choose another name, or leave it out."
        )
    ]
    assert reviewed({"models": {"ministral-3b": {"endpointName": name}}}).problems == ()


@pytest.mark.parametrize("slug", [slug for slug, model in CATALOG.models.items() if model.hosting is Hosting.MANAGED])
def test_default_endpoint_name_of_every_managed_model_follows_the_rule(slug: str) -> None:
    assert naming.ONLINE_ENDPOINT_NAME.fullmatch(naming.endpoint_name(slug, "eastus2", NAMES))


def test_managed_models_need_no_acceptance_of_marketplace_terms() -> None:
    assert reviewed({"models": {"mistral-7b-v01": {}}, "acceptMarketplaceTerms": False}).problems == ()


def test_review_reports_every_problem_at_once() -> None:
    found = reviewed(
        {
            "models": {"ministral-3c": {}, "mistral-nemo-2407": {"locations": ["mars"]}},
            "acceptMarketplaceTerms": False,
        },
        name="a-name-that-is-too-long",
    )

    assert [problem.path for problem in found.problems] == [
        'models["ministral-3c"]',
        'models["mistral-nemo-2407"].locations',
        'models["mistral-nemo-2407"]',
        "acceptMarketplaceTerms",
        "name",
    ]


def test_same_endpoint_name_in_two_locations_is_accepted() -> None:
    models = {
        "ministral-3b": {"endpointName": "chat", "locations": ["eastus"]},
        "codestral-2501": {"endpointName": "chat", "locations": ["westus"]},
    }

    assert reviewed({"models": models}) == Review((), ())


def test_dev_stack_has_neither_problem_nor_warning() -> None:
    assert reviewed({"models": {"ministral-3b": {}, "codestral-2501": {}}}) == Review((), ())


@pytest.mark.parametrize(
    ("day", "options", "warning"),
    [
        (
            "2026-11-22",
            {"allowRetired": True},
            """
            models["mistral-nemo-2407"]: mistral-nemo-2407 is retired since 2026-01-30; Azure refuses to
            deploy it and endpoints answer 404. Use mistral-small-2503, which replaces it.
            """,
        ),
        (
            "2025-12-01",
            {"allowRetired": True},
            """
            models["mistral-nemo-2407"]: mistral-nemo-2407 is deprecated since 2025-11-01 (derived from the
            retirement date), to be retired on 2026-01-30; Azure refuses new deployments of it. Use
            mistral-small-2503, which replaces it.
            """,
        ),
        (
            "2025-10-02",
            {},
            """
            models["mistral-nemo-2407"]: mistral-nemo-2407 is legacy since 2025-10-02 (derived from the
            retirement date), to be retired on 2026-01-30. Use mistral-small-2503, which replaces it.
            """,
        ),
    ],
)
def test_review_warns_of_a_model_that_is_on_its_way_out(day: str, options: dict[str, Any], warning: str) -> None:
    found = reviewed({"models": {"mistral-nemo-2407": options}}, dt.date.fromisoformat(day))

    assert found == Review((), (one_line(warning),))


def test_deprecated_model_is_refused_with_its_dates() -> None:
    found = reviewed({"models": {"mistral-large-2407": {}}}, dt.date(2025, 3, 1))

    (problem,) = found.problems
    assert str(problem) == one_line(
        """
        models["mistral-large-2407"]: mistral-large-2407 is deprecated since 2025-02-13, to be retired on
        2025-05-13; Azure refuses new deployments of it. Models that are available or legacy are accepted. Use
        mistral-medium-2505, which replaces it, or try it all the same with
        models["mistral-large-2407"].allowRetired: true.
        """
    )


@pytest.mark.parametrize(
    ("slug", "location", "accepts_terms", "paths"),
    [
        ("ministral-3b", "eastus2", True, []),
        ("ministral-3b", "eastus2", False, ["acceptMarketplaceTerms"]),
        ("ministral", "mars", False, ["model", "location"]),
        ("mistral-document-ai-2505", "westus", True, ["model", "location"]),
    ],
)
def test_one_deployment_is_reviewed_under_the_names_of_its_arguments(
    slug: str, location: str, accepts_terms: bool, paths: list[str]
) -> None:
    found = review_deployment(
        slug,
        location,
        marketplace_subscription="create",
        allow_retired=False,
        accepts_terms=accepts_terms,
        catalog=CATALOG,
        day=DAY,
    )

    assert [problem.path for problem in found.problems] == paths
