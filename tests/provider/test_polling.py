"""Long-running operations are followed as Azure's SDK for Go follows them."""

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from azure.core.rest import AsyncHttpResponse, HttpRequest

from emulator.provider import polling
from emulator.provider.errors import ArmError, ProviderError

RESOURCE = "https://arm/resource?api-version=2025-12-01"
STATUS = "https://arm/operations/1?api-version=1"


@dataclass
class Response:
    """As much of a response as polling looks at."""

    status_code: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "PUT"

    @property
    def request(self) -> HttpRequest:
        return HttpRequest(self.method, RESOURCE)

    def text(self) -> str:
        return "" if self.body is None else json.dumps(self.body)


@dataclass
class Followed:
    """What following an operation came to."""

    result: Response
    urls: list[str]
    slept: list[float]


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Follow an operation whose polls are answered in this order, without waiting."""

    def run(first: Response, *polls: Response, interval: float = 10.0) -> Followed:
        urls: list[str] = []
        slept: list[float] = []
        answers = deque(polls)

        async def get(url: str) -> AsyncHttpResponse:
            urls.append(url)
            return cast("AsyncHttpResponse", answers.popleft())

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        # Not that of asyncio itself: the emulator of another test may run in this process.
        monkeypatch.setattr("emulator.provider.polling.sleep", sleep)
        result = asyncio.run(polling.follow(cast("AsyncHttpResponse", first), get, interval))
        return Followed(cast("Response", result), urls, slept)

    return run


def status(text: str, **headers: str) -> Response:
    return Response(body={"status": text}, headers=headers)


@pytest.mark.parametrize("header", ["azure-asyncoperation", "operation-location"])
def test_status_resource_is_polled_and_then_the_resource_read(follow: Any, header: str) -> None:
    resource = Response(body={"id": "x"})

    followed = follow(
        Response(201, headers={header: STATUS}), status("InProgress"), status("Running"), status("Succeeded"), resource
    )

    assert followed.urls == [STATUS, STATUS, STATUS, RESOURCE]
    assert followed.slept == [10.0, 10.0]
    assert followed.result is resource


def test_status_resource_goes_before_the_location(follow: Any) -> None:
    first = Response(
        202, headers={"azure-asyncoperation": STATUS, "location": "https://arm/elsewhere"}, method="DELETE"
    )

    assert follow(first, status("Succeeded")).urls == [STATUS]


def test_deletion_ends_with_the_last_poll(follow: Any) -> None:
    first = Response(202, headers={"azure-asyncoperation": STATUS}, method="DELETE")

    assert follow(first, status("InProgress"), status("Succeeded"), interval=30.0).slept == [30.0]


def test_retry_after_of_each_answer_is_honoured(follow: Any) -> None:
    first = Response(201, headers={"azure-asyncoperation": STATUS, "retry-after": "2"})

    followed = follow(
        first,
        status("InProgress", **{"retry-after-ms": "300"}),
        status("InProgress", **{"x-ms-retry-after-ms": "400", "retry-after": "7"}),
        status("InProgress", **{"retry-after": "0"}),
        status("Succeeded"),
        Response(),
    )

    assert followed.slept == pytest.approx([2.0, 0.3, 0.4, 10.0])


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_failed_status_is_an_error_with_azures_words(follow: Any, state: str) -> None:
    failed = Response(body={"status": state, "error": {"code": "UserError", "message": "no quota"}})

    with pytest.raises(ArmError, match='Status=200 Code="UserError" Message="no quota"'):
        follow(Response(201, headers={"azure-asyncoperation": STATUS}), failed)


def test_status_resource_without_status_is_an_error(follow: Any) -> None:
    with pytest.raises(ProviderError, match="did not contain a status"):
        follow(Response(201, headers={"azure-asyncoperation": STATUS}), Response(body={}))


def test_location_is_polled_while_it_answers_202(follow: Any) -> None:
    moved = Response(202, headers={"location": "https://arm/second?api-version=2"})
    result = Response(body={"id": "x"})

    followed = follow(Response(202, headers={"location": "/first"}), Response(202), moved, result)

    assert followed.urls == [
        "https://arm/first?api-version=2025-12-01",
        "https://arm/first?api-version=2025-12-01",
        "https://arm/second?api-version=2",
    ]
    assert followed.result is result


def test_location_of_a_resource_is_polled_until_its_provisioning_ends(follow: Any) -> None:
    def state(text: str) -> Response:
        return Response(body={"properties": {"provisioningState": text}})

    followed = follow(Response(202, headers={"location": "/first"}), state("Deleting"), state("Succeeded"))

    assert len(followed.urls) == 2


def test_location_that_fails_is_an_error(follow: Any) -> None:
    with pytest.raises(ArmError, match='Status=409 Code="Conflict"'):
        follow(
            Response(202, headers={"location": "/first"}),
            Response(409, {"error": {"code": "Conflict", "message": "busy"}}),
        )


def test_resource_that_is_being_provisioned_is_polled_itself(follow: Any) -> None:
    def state(text: str, code: int = 200) -> Response:
        return Response(code, {"properties": {"provisioningState": text}})

    followed = follow(state("Creating", 201), state("Creating"), state("Succeeded"))

    assert followed.urls == [RESOURCE, RESOURCE]


@pytest.mark.parametrize(
    "first",
    [
        Response(200, {"properties": {"provisioningState": "Succeeded"}}),
        Response(200, {"properties": {}}),
        Response(204, method="DELETE"),
        Response(200, method="DELETE"),
    ],
)
def test_answer_that_is_final_is_not_polled(follow: Any, first: Response) -> None:
    assert follow(first).result is first


def test_retry_after_may_be_a_date() -> None:
    assert polling.retry_after({"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}) is not None
    assert polling.retry_after({"retry-after": "Fri, 01 Jan 1999 00:00:00 GMT"}) is None
    assert polling.retry_after({"retry-after": "soon"}) is None
    assert polling.retry_after({}) is None
