"""Names, tags and their limits."""

import pytest
from azure_mistral import naming
from azure_mistral.naming import Names

from tests.support.sentences import one_line

NAMES = Names("20000000-0000-4000-8000-000000000001", "azure-mistral", "dev")


def test_endpoint_name_is_the_slug_and_five_characters() -> None:
    assert naming.endpoint_name("ministral-3b", "eastus2", NAMES) == "ministral-3b-yx2ee"


@pytest.mark.parametrize(
    "other",
    [
        Names("20000000-0000-4000-8000-000000000002", "azure-mistral", "dev"),
        Names(NAMES.azure_subscription_id, "another-project", "dev"),
        Names(NAMES.azure_subscription_id, "azure-mistral", "prod"),
    ],
)
def test_endpoint_name_differs_for_another_subscription_project_or_stack(other: Names) -> None:
    ours, theirs = (naming.endpoint_name("ministral-3b", "eastus2", names) for names in (NAMES, other))

    assert ours != theirs


def test_endpoint_name_differs_between_locations() -> None:
    assert len({naming.endpoint_name("ministral-3b", location, NAMES) for location in ("eastus", "eastus2")}) == 2


def test_endpoint_name_does_not_depend_on_the_case_of_the_azure_subscription_id() -> None:
    upper, lower = (Names(id_, "project", "stack") for id_ in ("ABCD", "abcd"))

    assert naming.endpoint_name("codestral-2501", "eastus", upper) == naming.endpoint_name(
        "codestral-2501", "eastus", lower
    )


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("abc", True),
        ("A-1", True),
        ("a" * 32, True),
        ("ab", False),
        ("a" * 33, False),
        ("1ab", False),
        ("a.bc", False),
        ("a_bc", False),
    ],
)
def test_endpoint_name_rule(name: str, valid: bool) -> None:
    assert bool(naming.ENDPOINT_NAME.fullmatch(name)) is valid


def test_marketplace_subscription_name_carries_the_slug() -> None:
    assert "codestral-2501" in naming.marketplace_subscription_name("codestral-2501")


def test_storage_account_takes_no_hyphens_and_no_capitals() -> None:
    assert naming.child_name("Mistral-eus2", naming.STORAGE_ACCOUNT) == "mistraleus2st"
    assert naming.child_name("Mistral-eus2", naming.KEY_VAULT) == "Mistral-eus2-kv"


@pytest.mark.parametrize("code", ["eus", "eus2", "ncus", "scus", "sdc", "wus", "wus3"])
def test_workspace_of_the_stack_fits_in_every_location(code: str) -> None:
    assert list(naming.workspace_name_problems(f"mistral-{code}")) == []


@pytest.mark.parametrize(
    ("name", "part", "sentence"),
    [
        (
            "mistral-production-eus2",
            "mistral-production",
            """
            name: "mistral-production" is too long: the key vault would be called mistral-production-eus2-kv
            and 8 random characters, and Azure allows 24 in all. At most 8 characters are accepted. Give the
            component a shorter name.
            """,
        ),
        (
            "my.models",
            None,
            """
            name: "my.models" cannot be the start of Azure names. Letters, digits and hyphens are accepted,
            starting with a letter. Rename the component.
            """,
        ),
    ],
)
def test_workspace_name_that_azure_would_refuse(name: str, part: str | None, sentence: str) -> None:
    assert [str(problem) for problem in naming.workspace_name_problems(name, part)] == [one_line(sentence)]


def test_tags_say_what_manages_a_resource_and_users_win() -> None:
    assert naming.tags("p", "s", {"team": "search", "managed-by": "hand"}) == {
        "managed-by": "hand",
        "pulumi-project": "p",
        "pulumi-stack": "s",
        "team": "search",
    }


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        (
            {f"t{number}": "" for number in range(48)},
            "tags: 48 tags are too many. At most 47 are accepted, beside the 3 that every resource gets. Remove some.",
        ),
        (
            {"a/b?": "x"},
            """
            tags["a/b?"]: the name of a tag cannot hold / ?. Any character but % & / < > ? \\ is accepted.
            Choose another name.
            """,
        ),
        (
            {"Azure-owner": "x"},
            """
            tags["Azure-owner"]: the start of the name is reserved for Azure. Names that do not start with
            microsoft, azure or windows are accepted. Choose another name.
            """,
        ),
        (
            {"": "x"},
            'tags[""]: 0 characters are not enough for the name of a tag. 1 to 128 are accepted. Choose another name.',
        ),
        (
            {"note": "x" * 257},
            'tags["note"]: 257 characters are too many for the value of a tag. At most 256 are accepted. Shorten it.',
        ),
        (
            {"team": "a", "Team": "b"},
            """
            tags["Team"]: Azure takes it for the same tag as "team", because the case of tag names does not
            count. Each name is accepted once. Remove one of them.
            """,
        ),
    ],
)
def test_tags_that_azure_would_refuse(tags: dict[str, str], sentence: str) -> None:
    assert [str(problem) for problem in naming.tag_problems(tags, "tags")] == [one_line(sentence)]


def test_tags_within_the_limits_have_no_problem() -> None:
    assert list(naming.tag_problems({f"t{number}": "v" * 256 for number in range(47)}, "tags")) == []
