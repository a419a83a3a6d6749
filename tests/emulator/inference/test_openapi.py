"""The OpenAPI document of an endpoint, and schemathesis as its judge: no answer contradicts it."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from emulator.inference.deployment import Deployment
from tests.emulator.inference.deployments import AAD, CODESTRAL, MINISTRAL, OCR, VISION

AUTHORIZATION = {"Authorization": "Bearer primary-key"}
# Always the same cases, few enough to run in a few seconds.
CASES = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(
    ("deployment", "paths"),
    [
        (MINISTRAL, ["/chat/completions", "/v1/chat/completions", "/info", "/swagger.json"]),
        (CODESTRAL, ["/chat/completions", "/v1/chat/completions", "/v1/fim/completions", "/info", "/swagger.json"]),
        (OCR, ["/v1/ocr", "/info", "/swagger.json"]),
    ],
    ids=lambda value: value.model if isinstance(value, Deployment) else "",
)
def test_document_has_the_routes_of_the_endpoints_model_only(
    http: Any, url_of: Callable[[Deployment], str], deployment: Deployment, paths: list[str]
) -> None:
    document = http.get(f"{url_of(deployment)}/swagger.json").json()

    assert list(document["paths"]) == paths
    assert document["servers"] == [{"url": url_of(deployment)}]


def test_document_needs_a_credential(http: Any, url_of: Any) -> None:
    assert http.get(f"{url_of(MINISTRAL)}/swagger.json", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_document_names_the_credentials_of_the_auth_mode(http: Any, url_of: Any) -> None:
    def schemes(deployment: Deployment, credential: str) -> set[str]:
        url = f"{url_of(deployment)}/swagger.json"
        document = http.get(url, headers={"Authorization": f"Bearer {credential}"}).json()
        return set(document["components"]["securitySchemes"])

    assert schemes(MINISTRAL, "primary-key") == {"bearer", "apiKey"}
    assert schemes(AAD, "entra-token") == {"bearer"}


def test_document_says_where_the_emulator_answers_501(http: Any, url_of: Any) -> None:
    def statuses(deployment: Deployment) -> set[str]:
        paths = http.get(f"{url_of(deployment)}/swagger.json").json()["paths"]
        return {status for path in paths.values() for operation in path.values() for status in operation["responses"]}

    assert "501" in statuses(VISION)
    assert "501" not in statuses(MINISTRAL) | statuses(CODESTRAL) | statuses(OCR)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    ("deployment", "path"),
    [
        (MINISTRAL, "/chat/completions"),
        (MINISTRAL, "/v1/chat/completions"),
        (CODESTRAL, "/v1/fim/completions"),
        (OCR, "/v1/ocr"),
        (MINISTRAL, "/info"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_answer_contradicts_the_document(
    url_of: Any, deployment: Deployment, path: str, mode: GenerationMode
) -> None:
    document = schemathesis.openapi.from_url(f"{url_of(deployment)}/swagger.json", headers=AUTHORIZATION)
    operation = document[path]["GET" if path == "/info" else "POST"]

    # What a model takes (the order of messages, its context) is more than a schema says. The refusals are documented.
    excluded: list[Any] = [positive_data_acceptance] if path.endswith("completions") else []

    @given(case=operation.as_strategy(generation_mode=mode))
    @CASES
    def answers(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=AUTHORIZATION, excluded_checks=excluded)

    answers()
