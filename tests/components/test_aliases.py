"""Which of azure-native's own aliases the resources of a component keep."""

import pulumi
import pulumi_azure_native as azure_native
import pytest
from azure_mistral import Workspace

from tests.components.test_resource_tree import CHILDREN, registered
from tests.support.recorder import Recording, record

OF_ONE_VERSION = "azure-native:storage/v20230101:StorageAccount"


def deploy(opts: pulumi.ResourceOptions | None = None) -> Recording:
    def program() -> None:
        Workspace("ml", {"location": "eastus2"}, opts)

    return record(program)


@pytest.mark.parametrize("component", CHILDREN)
def test_nothing_that_a_component_makes_has_aliases_for_versions_of_azures_api(component: str) -> None:
    types = {type_ for each in registered(component) for type_ in each.alias_types}

    assert {type_ for type_ in types if "/v" in type_} == set()


def test_alias_of_a_type_that_azure_native_renamed_stays() -> None:
    assert deploy().one(":Component").alias_types == ("azure-native:insights:Component",)


def test_aliases_that_users_add_stay() -> None:
    def migrate(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.endswith(":StorageAccount"):
            return None
        added = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=OF_ONE_VERSION)])
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, added))

    recording = deploy(pulumi.ResourceOptions(transformations=[migrate]))

    assert recording.one(":StorageAccount").alias_types == (OF_ONE_VERSION,)


def test_resources_outside_of_the_component_keep_theirs() -> None:
    def program() -> None:
        Workspace("ml", {"location": "eastus2"})
        azure_native.resources.ResourceGroup("theirs")

    recording = record(program)

    assert len(recording.one(":ResourceGroup", "theirs").alias_types) > 1
    assert recording.one(":ResourceGroup", "ml-rg").alias_types == ()
