"""Signing in: the token endpoint's answers and refusals, discovery, and the metadata document."""

import jwt
import pytest

from tests.emulator.arm_client import ArmClient


def test_the_metadata_document_points_to_this_server(arm: ArmClient) -> None:
    document = arm.http.get("/metadata/endpoints?api-version=2022-09-01").json()
    assert document["resourceManager"] == f"{arm.server.url}/"
    assert document["authentication"]["loginEndpoint"] == arm.server.url
    assert "https://management.core.windows.net/" in document["authentication"]["audiences"]
    assert arm.http.get("/metadata/endpoints?api-version=2019-05-01").json() == [document]
    assert arm.http.get("/metadata/endpoints").status_code == 400


def test_a_token_can_be_verified_with_the_published_keys(arm: ArmClient) -> None:
    configuration = arm.http.get(f"/{arm.tenant}/v2.0/.well-known/openid-configuration").json()
    keys = jwt.PyJWKSet.from_dict(arm.http.get(configuration["jwks_uri"]).json())
    token = arm.token("https://management.core.windows.net//.default")
    claims = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        audience="https://management.core.windows.net/",
        issuer=configuration["issuer"],
    )
    assert (claims["tid"], claims["appid"]) == (arm.tenant, arm.server.environment["ARM_CLIENT_ID"])
    assert claims["oid"] == "40000000-0000-4000-8000-000000000001"


def test_instance_discovery_knows_this_host(arm: ArmClient) -> None:
    answer = arm.http.get("/common/discovery/instance?api-version=1.1").json()
    assert answer["metadata"][0]["aliases"] == [arm.server.url.removeprefix("https://")]


@pytest.mark.parametrize(
    ("changes", "status", "oauth_error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "99999999-0000-4000-8000-000000000001"}, 400, "unauthorized_client", 700016),
        ({"scope": "https://management.azure.com"}, 400, "invalid_scope", 1002012),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
def test_a_refused_sign_in_has_entra_ids_code(
    arm: ArmClient, changes: dict[str, str], status: int, oauth_error: str, code: int
) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": arm.server.environment["ARM_CLIENT_ID"],
        "client_secret": arm.server.environment["ARM_CLIENT_SECRET"],
        "scope": "https://management.azure.com/.default",
    } | changes
    answer = arm.http.post(f"/{arm.tenant}/oauth2/v2.0/token", data=form)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, oauth_error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert arm.server.environment["ARM_CLIENT_SECRET"] not in answer.text


def test_an_unknown_tenant_is_refused(arm: ArmClient) -> None:
    answer = arm.http.get("/99999999-0000-4000-8000-000000000001/v2.0/.well-known/openid-configuration")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_a_new_service_principal_can_sign_in_and_a_removed_one_cannot(arm: ArmClient) -> None:
    principal = arm.principal()
    client = arm.signed_in(principal)
    assert client.get("/subscriptions").status_code == 200
    arm.control("DELETE", f"principals/{principal['id']}")
    assert client.get("/subscriptions").status_code == 401
