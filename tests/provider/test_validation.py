"""What Check says about inputs."""

from typing import Any

import pytest

from emulator.provider.resource_types import RESOURCE_TYPES, SERVERLESS_ENDPOINT, STORAGE_ACCOUNT
from emulator.provider.validation import check_failures
from emulator.provider.wire import UNKNOWN
from tests.provider.samples import SAMPLES

STORAGE = {
    "resourceGroupName": "rg",
    "accountName": "store",
    "location": "eastus2",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
}


@pytest.mark.parametrize("pulumi_type", SAMPLES)
def test_sample_fits(pulumi_type: str) -> None:
    resource_type = RESOURCE_TYPES[pulumi_type]
    filled_in = {resource_type.name_parameter: "name1", "location": "eastus2"}
    inputs = {name: value for name, value in filled_in.items() if name in resource_type.inputs}

    assert check_failures(resource_type, {**inputs, **SAMPLES[pulumi_type].inputs}) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": 1}, "'kind' should be of type 'string' but got a number"),
        ({"kind": ["x"]}, "'kind' should be of type 'string' but got an array"),
        ({"isHnsEnabled": "yes"}, "'isHnsEnabled' should be of type 'boolean' but got a string"),
        ({"tags": "x"}, "'tags' should be of type 'object' but got a string"),
        ({"tags": {"a": True}}, "'tags.a' should be of type 'string' but got a boolean"),
        ({"keyPolicy": {"keyExpirationPeriodInDays": 1.5}}, "'keyPolicy.keyExpirationPeriodInDays' must be an integer"),
        ({"keyPolicy": {"keyExpirationPeriodInDays": True}}, "but got a boolean"),
        ({"keyPolicy": {}}, "missing required property 'keyPolicy.keyExpirationPeriodInDays'"),
        (
            {"networkRuleSet": {"defaultAction": "Deny", "ipRules": [{}]}},
            "'networkRuleSet.ipRules[0].iPAddressOrRange'",
        ),
        ({"accountName": "ab"}, "'accountName' is too short (2): at least 3 characters required"),
        ({"accountName": "a" * 25}, "'accountName' is too long (25): at most 24 characters allowed"),
        ({"akind": "x"}, "'akind' is not a property of azure-native:storage:StorageAccount"),
        ({"sku": {"name": "x", "tier": "y"}}, "'sku.tier' is not a property of 'sku'"),
    ],
)
def test_wrong_value_is_named_with_its_path(wrong: dict[str, Any], message: str) -> None:
    (failure,) = check_failures(STORAGE_ACCOUNT, STORAGE | wrong)

    assert message in failure


def test_all_failures_are_reported_at_once() -> None:
    assert sorted(check_failures(STORAGE_ACCOUNT, {})) == [
        "missing required property 'accountName'",
        "missing required property 'kind'",
        (
            "missing required property 'location'. "
            "Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'."
        ),
        "missing required property 'resourceGroupName'",
        "missing required property 'sku'",
    ]


def test_name_must_match_its_pattern() -> None:
    (failure,) = check_failures(
        SERVERLESS_ENDPOINT,
        {
            "resourceGroupName": "rg",
            "workspaceName": "-",
            "name": "ep",
            "location": "eastus2",
            "properties": {"authMode": "Key"},
        },
    )

    assert "'workspaceName' does not match expression" in failure


def test_unknown_values_pass() -> None:
    assert check_failures(STORAGE_ACCOUNT, STORAGE | {"sku": UNKNOWN, "isHnsEnabled": UNKNOWN}) == []
