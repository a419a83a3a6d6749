"""Which cloud the plugin talks to, and as whom."""

import grpc
import pytest

from emulator.provider.configuration import read_configuration
from emulator.provider.errors import ConfigurationError
from tests.provider.arm_server import SECRET, Answer, ArmServer
from tests.provider.plugin import Plugin

ENVIRONMENT = {
    "ARM_METADATA_HOSTNAME": "localhost:1",
    "ARM_TENANT_ID": "tenant",
    "ARM_CLIENT_ID": "client",
    "ARM_CLIENT_SECRET": SECRET,
    "ARM_SUBSCRIPTION_ID": "subscription",
}


def test_environment_is_read() -> None:
    found = read_configuration({}, ENVIRONMENT | {"ARM_DISABLE_INSTANCE_DISCOVERY": "true"})

    assert found.metadata_url == "https://localhost:1"
    assert (found.tenant_id, found.client_id, found.subscription_id) == ("tenant", "client", "subscription")
    assert found.disable_instance_discovery
    assert found.location is None


def test_configuration_goes_before_the_environment() -> None:
    found = read_configuration(
        {
            "azure-native:config:tenantId": "other",
            "azure-native:config:metadataHost": "http://localhost:2",
            "azure-native:config:auxiliaryTenantIds": '["a", "b"]',
            "azure-native:config:location": "eastus2",
        },
        ENVIRONMENT,
    )

    assert (found.tenant_id, found.metadata_url, found.location) == ("other", "http://localhost:2", "eastus2")
    assert found.auxiliary_tenant_ids == ("a", "b")
    assert not found.disable_instance_discovery


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("ARM_TENANT_ID", "A Tenant ID must be configured"),
        ("ARM_CLIENT_ID", "A Client ID must be configured"),
        ("ARM_CLIENT_SECRET", "A Client Secret must be configured"),
        ("ARM_SUBSCRIPTION_ID", "A Subscription ID must be configured"),
    ],
)
def test_missing_credential_is_named_with_its_variable(name: str, what: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(ConfigurationError, match=f"{what} .* or {name}"):
        read_configuration({}, environment)


def test_auxiliary_tenants_must_be_a_list() -> None:
    with pytest.raises(ConfigurationError, match="'nonsense' as Auxiliary Tenants"):
        read_configuration({"azure-native:config:auxiliaryTenantIds": "nonsense"}, ENVIRONMENT)


def test_secret_is_not_shown() -> None:
    assert SECRET not in repr(read_configuration({}, ENVIRONMENT))


def test_plugin_never_talks_to_public_azure(unconfigured: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARM_METADATA_HOSTNAME", raising=False)

    with pytest.raises(grpc.RpcError) as refused:
        unconfigured.configure(tenantId="t", clientId="c", clientSecret="s", subscriptionId="s")

    assert "ARM_METADATA_HOSTNAME (or azure-native:metadataHost) is not set" in refused.value.details()
    assert "pulumi plugin install resource azure-native" in refused.value.details()


def test_metadata_document_that_cannot_be_had_is_named(arm: ArmServer, unconfigured: Plugin) -> None:
    arm.answer("GET", "/metadata/endpoints", Answer(503, {}))

    with pytest.raises(grpc.RpcError) as failed:
        unconfigured.configure()

    assert f"failed to get Azure environment metadata from {arm.url}: 503" in failed.value.details()


def test_metadata_document_that_lacks_an_endpoint_is_named(arm: ArmServer, unconfigured: Plugin) -> None:
    arm.answer("GET", "/metadata/endpoints", Answer(200, {"authentication": {}}))

    with pytest.raises(grpc.RpcError) as failed:
        unconfigured.configure()

    assert "the document lacks 'loginEndpoint'" in failed.value.details()


def test_authority_that_nobody_trusts_is_refused(
    arm: ArmServer, unconfigured: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    # Variables of Python's own clients, which the official plugin does not know.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(arm.bundle))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(arm.bundle))

    with pytest.raises(grpc.RpcError) as refused:
        unconfigured.configure()

    assert "CERTIFICATE_VERIFY_FAILED" in refused.value.details()


def test_metadata_is_asked_for_at_the_official_version(arm: ArmServer, provider: Plugin) -> None:
    (request,) = [request for request in arm.requests if request.path == "/metadata/endpoints"]

    assert request.query == {"api-version": "2022-09-01"}


def test_refused_sign_in_is_shown_without_the_secret(arm: ArmServer, provider: Plugin) -> None:
    refusal = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
    arm.answer("POST", "/oauth2/v2.0/token", Answer(401, refusal))

    with pytest.raises(grpc.RpcError) as failed:
        provider.read("azure-native:resources:ResourceGroup", "/subscriptions/s/resourceGroups/rg")

    assert "AADSTS7000215" in failed.value.details()
    assert SECRET not in str(failed.value)
