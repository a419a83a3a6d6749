"""Time and trouble: transitions, clock, latency, faults."""

import time
from typing import Any

import httpx
import pytest

from tests.emulator.arm_client import MINISTRAL, ArmClient, error, inner_error

ENDPOINTS = "Microsoft.MachineLearningServices/workspaces/serverlessEndpoints"
SUBSCRIPTIONS = "Microsoft.MachineLearningServices/workspaces/marketplaceSubscriptions"


@pytest.fixture
def workspace(arm: ArmClient) -> str:
    """A workspace with a Marketplace subscription."""
    workspace = arm.workspace()
    arm.subscribe(workspace)
    return workspace


def statuses(arm: ArmClient, accepted: httpx.Response, count: int) -> list[str]:
    """What so many polls of an operation say."""
    url = accepted.headers["azure-asyncoperation"]
    return [arm.http.get(url, headers=arm.authorization).json()["status"] for _ in range(count)]


# Transitions


def test_an_operation_at_once_is_done_at_the_first_poll(arm: ArmClient, workspace: str) -> None:
    arm.control("PUT", "transitions", {ENDPOINTS: {"create": "atOnce"}})
    created = arm.put(f"{workspace}/serverlessEndpoints/ep-1", arm.endpoint_body())
    assert (created.status_code, created.json()["properties"]["provisioningState"]) == (201, "Creating")
    assert statuses(arm, created, 1) == ["Succeeded"]


def test_an_operation_of_two_polls_is_done_at_the_third(arm: ArmClient, workspace: str) -> None:
    arm.control("PUT", "transitions", {ENDPOINTS: {"*": {"polls": 2}}})
    created = arm.put(f"{workspace}/serverlessEndpoints/ep-1", arm.endpoint_body())
    assert statuses(arm, created, 4) == ["InProgress", "InProgress", "Succeeded", "Succeeded"]


def test_a_get_of_the_resource_is_a_poll_too(arm: ArmClient, workspace: str) -> None:
    path = f"{workspace}/serverlessEndpoints/ep-1"
    arm.put(path, arm.endpoint_body())
    states = [arm.get(path).json()["properties"]["provisioningState"] for _ in range(2)]
    assert states == ["Creating", "Succeeded"]


def test_an_operation_in_seconds_is_done_when_the_clock_says_so(arm: ArmClient, workspace: str) -> None:
    arm.control("PUT", "transitions", {ENDPOINTS: {"create": {"seconds": 600}}})
    created = arm.put(f"{workspace}/serverlessEndpoints/ep-1", arm.endpoint_body())
    assert statuses(arm, created, 3) == ["InProgress"] * 3
    arm.control("POST", "clock/advance", {"seconds": 600})
    assert statuses(arm, created, 1) == ["Succeeded"]


def test_an_operation_takes_effect_once(arm: ArmClient, workspace: str) -> None:
    """Its status is asked again after a change that the effect would undo."""
    path = f"{workspace}/serverlessEndpoints/ep-1"
    created = arm.put(path, arm.endpoint_body())
    arm.finish(created)
    arm.remove(f"{workspace}/marketplaceSubscriptions/ministral-3b")
    assert statuses(arm, created, 1) == ["Succeeded"]
    assert arm.get(path).json()["properties"]["endpointState"] == "Suspended"


def test_a_transition_that_is_none_is_refused(arm: ArmClient) -> None:
    answer = arm.http.put("/_emulator/transitions", json={ENDPOINTS: {"create": "soon"}})
    assert error(answer) == (
        400,
        "BadRequest",
        '\'soon\' is no transition. Expected "atOnce", {"polls": n} or {"seconds": t}.',
    )
    answer = arm.http.put("/_emulator/transitions", json={ENDPOINTS: {"destroy": "atOnce"}})
    assert error(answer)[2] == "'destroy' is no verb. Expected one of create, update, delete, action or *."


def test_polling_clients_are_asked_to_wait_as_long_as_is_set(arm: ArmClient, workspace: str) -> None:
    arm.control("PUT", "retry-after", {"seconds": 2})
    created = arm.put(f"{workspace}/serverlessEndpoints/ep-1", arm.endpoint_body())
    assert (created.headers["retry-after"], "retry-after-ms" in created.headers) == ("2", False)


def test_nobody_is_asked_to_wait_longer_than_an_operation_takes(arm: ArmClient, workspace: str) -> None:
    arm.control("PUT", "retry-after", {"seconds": 2})
    arm.control("PUT", "transitions", {ENDPOINTS: {"create": {"seconds": 0.3}}})
    created = arm.put(f"{workspace}/serverlessEndpoints/ep-1", arm.endpoint_body())
    assert created.headers["retry-after-ms"] == "300"


def test_the_clock_can_be_set_and_goes_on(arm: ArmClient) -> None:
    assert arm.control("PUT", "clock", {"now": "2031-05-06T07:08:09Z"})["now"].startswith("2031-05-06T07:08:09")
    first, second = (arm.control("GET", "clock")["now"] for _ in range(2))
    assert first < second
    arm.control("POST", "reset")
    assert not arm.control("GET", "clock")["now"].startswith("2031")


# Faults


def test_a_request_fault_answers_instead_of_azure_as_often_as_it_says(arm: ArmClient, workspace: str) -> None:
    arm.control(
        "POST",
        "faults",
        {
            "method": "PUT",
            "type": ENDPOINTS,
            "status": 429,
            "code": "TooManyRequests",
            "message": "Slow down.",
            "headers": {"Retry-After": "7"},
            "times": 2,
        },
    )
    path = f"{workspace}/serverlessEndpoints/ep-1"
    answers = [arm.put(path, arm.endpoint_body()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 201]
    assert error(answers[0]) == (429, "TooManyRequests", "Slow down.")
    assert answers[0].headers["retry-after"] == "7"
    assert arm.control("GET", "faults") == []


def test_an_operation_fault_lets_azure_accept_and_then_fail(arm: ArmClient, workspace: str) -> None:
    arm.control(
        "POST",
        "faults",
        {
            "method": "PUT",
            "type": ENDPOINTS,
            "stage": "operation",
            "code": "DeploymentTimedOut",
            "message": "Too slow.",
        },
    )
    path = f"{workspace}/serverlessEndpoints/ep-1"
    created = arm.put(path, arm.endpoint_body())
    assert created.status_code == 201
    done = arm.finish(created).json()
    assert (done["status"], done["error"]) == ("Failed", {"code": "DeploymentTimedOut", "message": "Too slow."})
    properties = arm.get(path).json()["properties"]
    assert (properties["provisioningState"], properties["endpointState"]) == ("Failed", "CreationFailed")
    assert arm.put(path, arm.endpoint_body()).status_code == 201
    arm.finish(arm.get(path))
    assert arm.get(path).json()["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize(
    ("when", "exists"), [("before", False), ("after", True)], ids=["before the effect", "after the effect"]
)
def test_a_disconnect_drops_the_connection_without_an_answer(arm: ArmClient, when: str, exists: bool) -> None:
    arm.control("POST", "faults", {"method": "PUT", "path": "*/resourceGroups/*", "stage": "disconnect", "when": when})
    group = f"{arm.subscription}/resourceGroups/rg-1"
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        arm.put(group, {"location": "eastus2"})
    assert (arm.get(group).status_code == 200) is exists
    dropped = [entry for entry in arm.control("GET", "requests", plane="arm") if entry["method"] == "PUT"]
    assert [entry["status"] for entry in dropped] == [None]


def test_faults_match_by_glob_and_are_removed_one_or_all(arm: ArmClient) -> None:
    first = arm.control("POST", "faults", {"path": "*/providers/*", "times": 5})
    arm.control("POST", "faults", {"path": "*/nothing/*"})
    arm.resource_group()
    assert [fault["times"] for fault in arm.control("GET", "faults")] == [5, 1]
    arm.control("DELETE", f"faults/{first['id']}")
    assert [fault["path"] for fault in arm.control("GET", "faults")] == ["*/nothing/*"]
    arm.control("DELETE", "faults")
    assert arm.control("GET", "faults") == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"stage": "never"}, "stage: Input should be 'request', 'operation' or 'disconnect'"),
        ({"statuscode": 400}, "statuscode: Extra inputs are not permitted"),
    ],
)
def test_a_fault_that_is_none_is_refused(arm: ArmClient, body: dict[str, Any], message: str) -> None:
    assert error(arm.http.post("/_emulator/faults", json=body)) == (400, "BadRequest", message)


def test_latency_delays_what_it_matches(arm: ArmClient) -> None:
    arm.control("PUT", "latency", [{"method": "GET", "path": "*/locations", "milliseconds": 120}])
    started = time.monotonic()
    arm.get(f"{arm.subscription}/locations")
    assert time.monotonic() - started >= 0.12


# Failures of the service itself


def test_a_second_change_waits_for_the_first_and_then_goes_through(arm: ArmClient, workspace: str) -> None:
    """The passing 409 of a busy resource: the same request succeeds once the operation is over."""
    path = f"{workspace}/serverlessEndpoints/ep-1"
    arm.put(path, arm.endpoint_body())
    answers = [arm.put(path, arm.endpoint_body()).status_code for _ in range(3)]
    assert answers == [409, 409, 200]


def test_a_failed_operation_of_a_deletion_says_so_at_its_location(arm: ArmClient, workspace: str) -> None:
    arm.control(
        "POST",
        "faults",
        {"method": "DELETE", "type": SUBSCRIPTIONS, "stage": "operation", "code": "InternalError", "message": "Sorry."},
    )
    subscription = f"{workspace}/marketplaceSubscriptions/ministral-3b"
    done = arm.finish(arm.delete(subscription))
    assert error(done) == (400, "InternalError", "Sorry.")
    assert inner_error(done) == []
    shown = arm.get(subscription).json()["properties"]
    assert (shown["provisioningState"], shown["marketplaceSubscriptionStatus"]) == ("Failed", "Subscribed")
    assert shown["modelId"] == MINISTRAL


def test_an_unknown_operation_is_not_found(arm: ArmClient) -> None:
    path = f"{arm.subscription}/providers/Microsoft.MachineLearningServices/locations/eastus2/mfeOperationsStatus/se:x"
    assert arm.get(path).status_code == 404
