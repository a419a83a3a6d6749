"""The table of Azure's refusals: which row an error meets, what the user is told, what is tried again."""

import re

import pytest
from azure_mistral.failures import ACCEPTED, FAILURES, FailedOperation, Reaction, react

ENDPOINT = "azure-native:machinelearningservices:ServerlessEndpoint"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
GROUP = "/subscriptions/20000000-0000-4000-8000-000000000001/resourceGroups/team-rg"
BUSY = (
    'Status=409 Code="Conflict" Message="Another operation with ID [7] is already running on '
    '/subscriptions/x/serverlessEndpoints/chat."'
)
TAKEN = (
    'Status=400 Code="UserError" Message="Serverless endpoint name \'chat\' is not available. Please select a different'
    ' name."'
)


def failed(*errors: str, type_: str = ENDPOINT, name: str = "chat-endpoint", **inputs: object) -> FailedOperation:
    urn = f"urn:pulumi:dev::project::azure-mistral:index:ServerlessDeployment${type_}::{name}"
    return FailedOperation(urn, type_, name, inputs, errors)


def reaction(*errors: str, **what: object) -> Reaction:
    found = react(failed(*errors, **what))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_a_lasting_failure_gets_advice_with_what_azure_named_and_is_not_tried_again() -> None:
    assert reaction(TAKEN) == Reaction(
        "Give the endpoint another name than chat: the setting endpointName of the model. "
        "(troubleshooting: endpoint-name-taken)"
    )


def test_a_passing_failure_is_tried_again_after_longer_and_longer_waits_until_it_gets_its_advice() -> None:
    found = [reaction(*[BUSY] * tries) for tries in range(1, 27)]

    waits = [each.wait for each in found]
    assert waits[:6] == [1, 2, 5, 10, 20, 30]
    assert waits[24:] == [30, None]
    assert found[0].message == f"{BUSY} This passes by itself as a rule. Trying again in 1 s (1 of 25)."
    assert found[1].message == "Trying again in 2 s (2 of 25)."
    assert found[25].message.endswith("(troubleshooting: operation-running) It did not pass in 26 tries.")


def test_tries_are_counted_for_each_failure_by_itself() -> None:
    elsewhere = 'Status=400 Code="PrincipalNotFound" Message="Principal 1 does not exist in the directory 2."'

    assert reaction(BUSY, elsewhere, elsewhere).wait == 1


def test_the_pace_scales_every_wait() -> None:
    found = react(failed(BUSY), pace=0.5)

    assert found is not None
    assert found.wait == 0.5
    assert found.message.endswith("Trying again in 0.5 s (1 of 25).")


@pytest.mark.parametrize("error", [BUSY, TAKEN, 'Status=500 Message="novel"'])
def test_what_azure_had_accepted_is_never_tried_again(error: str) -> None:
    found = reaction(f"1 error occurred:\n\t* {error}\n")

    assert found.wait is None
    assert found.message.endswith(ACCEPTED)


def test_an_unknown_failure_is_left_to_azures_words() -> None:
    assert react(failed('Status=400 Code="Novel" Message="Something new."')) is None


def test_a_refused_existence_check_is_recognised_within_its_json() -> None:
    message = (
        "The client 'a' with object id 'b' does not have authorization to perform action "
        f"'Microsoft.Storage/storageAccounts/read' over scope '{GROUP}' or the scope is invalid."
    )
    error = (
        f"cannot check existence of resource '{GROUP}': status code 403, "
        f'{{"error":{{"code":"AuthorizationFailed","message":"{message}"}}}}'
    )

    assert f"a role with Microsoft.Storage/storageAccounts/read on {GROUP}:" in reaction(error).message


@pytest.mark.parametrize(
    ("type_", "name", "parent"),
    [
        (ENDPOINT, "chat-endpoint", "chat"),
        ("azure-native:machinelearningservices:MarketplaceSubscription", "chat-subscription", "chat"),
        (ROLE_ASSIGNMENT, "my-role-model-role-app", "my-role-model"),
    ],
)
def test_the_import_command_names_the_component_that_has_the_resource(type_: str, name: str, parent: str) -> None:
    found = reaction(f"cannot create already existing resource '{GROUP}/x'", type_=type_, name=name)

    assert found.message.endswith(
        "pulumi import --yes --protect=false --generate-code=false --parent "
        f"'parent=urn:pulumi:dev::project::azure-mistral:index:ServerlessDeployment::{parent}' {type_} {name} "
        f"'{GROUP}/x' (troubleshooting: already-exists)"
    )


def test_the_import_command_of_a_resource_outside_of_components_names_no_parent() -> None:
    urn = f"urn:pulumi:dev::project::{ENDPOINT}::chat"
    error = f"cannot create already existing resource '{GROUP}/x'"

    found = react(FailedOperation(urn, ENDPOINT, "chat", {}, [error]))

    assert found is not None
    assert "--parent" not in found.message


def test_the_digits_of_an_existing_role_assignment_become_its_id() -> None:
    error = (
        'Status=409 Code="RoleAssignmentExists" Message="The role assignment already exists. The ID of the existing '
        'role assignment is 2f826ae117284c63bbb7a8a150a5a52d."'
    )

    found = reaction(error, type_=ROLE_ASSIGNMENT, name="chat-role-app", scope=GROUP)

    assignment = f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/2f826ae1-1728-4c63-bbb7-a8a150a5a52d"
    assert f"az role assignment delete --ids '{assignment}'" in found.message
    assert f"chat-role-app '{assignment}'" in found.message


def test_an_older_body_without_the_digits_still_gets_advice() -> None:
    error = 'Status=409 Code="RoleAssignmentExists" Message="The role assignment already exists."'

    assert "az role assignment delete" in reaction(error, type_=ROLE_ASSIGNMENT, name="x-role-y", scope=GROUP).message


def test_rows_have_names_of_their_own_and_fill_every_brace_of_their_advice() -> None:
    names = [failure.name for failure in FAILURES]
    assert len(set(names)) == len(names)
    for failure in FAILURES:
        braces = set(re.findall(r"{(\w+)}", failure.advice)) - {"import", "id"}
        assert braces <= set(failure.says.groupindex), failure.name
