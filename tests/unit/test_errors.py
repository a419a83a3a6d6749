"""Exceptions, and the sentences that they are made of."""

import pulumi
import pytest
from azure_mistral.errors import AzureMistralError, ConfigError, ExistingResourceError, InputError, azure_words
from azure_mistral.problems import Problem, keyed, listed, nearest, shown

PROBLEM = Problem("models", "3 is not a map", "A map is accepted", "Correct it")
ANOTHER = Problem("tags", "[] is not a map", "A map is accepted", "Correct it")


def test_config_error_lists_every_problem() -> None:
    assert str(ConfigError([PROBLEM, ANOTHER])) == (
        "The configuration of this stack cannot be deployed (2 problems). Nothing was changed.\n"
        "  - models: 3 is not a map. A map is accepted. Correct it.\n"
        "  - tags: [] is not a map. A map is accepted. Correct it."
    )


def test_input_error_points_the_engine_at_the_properties() -> None:
    error = InputError("Workspace", [PROBLEM])

    assert isinstance(error, pulumi.InputPropertiesError)
    assert error.errors == [{"property_path": "models", "reason": "3 is not a map. A map is accepted. Correct it."}]
    assert str(error) == (
        "Workspace cannot be deployed (1 problem). Nothing was changed.\n"
        "  - models: 3 is not a map. A map is accepted. Correct it."
    )


@pytest.mark.parametrize(
    "error",
    [ConfigError([PROBLEM]), InputError("Workspace", [PROBLEM]), ExistingResourceError("Workspace", [PROBLEM])],
)
def test_errors_are_shown_without_a_traceback(error: AzureMistralError) -> None:
    """Pulumi prints the message of a RunError alone."""
    assert isinstance(error, AzureMistralError)
    assert isinstance(error, pulumi.RunError)


def test_what_exists_in_the_wrong_form_is_not_said_to_have_changed_nothing() -> None:
    """Azure was asked already, so other resources may have been changed."""
    assert (
        str(ExistingResourceError("Workspace", [PROBLEM])).splitlines()[0]
        == "Workspace cannot be deployed (1 problem)."
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            'invoke of x failed: request failed /subscriptions/y: Status=404 Code="NotFound" Message="Gone."',
            'Status=404 Code="NotFound" Message="Gone."',
        ),
        ("no such host", "no such host"),
    ],
)
def test_azures_words_are_what_the_provider_puts_last(error: str, words: str) -> None:
    assert azure_words(Exception(error)) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        (True, "true"),
        (None, "null"),
        ([1, "é"], '[1, "é"]'),
        ({"a": object()}, '{"a": "<object>"}'),
        (object(), "<object>"),
        ("x" * 100, f'"{"x" * 76}...'),
    ],
)
def test_value_is_shown_as_the_user_would_write_it(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("word", "found"), [("authmode", "authMode"), ("auth_mode", "authMode"), ("AUTHMODE", "authMode"), ("x", None)]
)
def test_nearest_spelling_does_not_depend_on_case(word: str, found: str | None) -> None:
    assert nearest(word, ["authMode", "contentSafety"]) == found


def test_path_of_an_entry_can_be_pasted_into_pulumi_config_set() -> None:
    assert keyed("models", "ministral-3b") == 'models["ministral-3b"]'


@pytest.mark.parametrize(("words", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")])
def test_words_are_listed(words: list[str], text: str) -> None:
    assert listed(words, "or") == text
