"""Aliases of Azure resources: azure-native gives each one for every version of Azure's API, and components drop those.

They are for stacks that were written with types of one version (`azure-native:storage/v20230101:StorageAccount`).
Components of this package never made such a resource, so nobody's state has one below them, and a program with many
models spends a third of its time and memory on them (docs/adr/0005-resources-have-few-aliases.md).
"""

import re

import pulumi

_OF_ONE_VERSION = re.compile(r"azure-native:\w+/v\w+:\w+")


def with_few_aliases(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """Return the options of a component whose resources have no aliases of types of one version; others stay."""
    own = pulumi.ResourceOptions(transformations=[_without_types_of_one_version])
    return pulumi.ResourceOptions.merge(own, opts)  # ours first: aliases that the user's transformations add stay


def _without_types_of_one_version(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult | None:
    args.opts.aliases = [each for each in args.opts.aliases or [] if not _is_of_one_version(each)]
    return pulumi.ResourceTransformationResult(args.props, args.opts)


def _is_of_one_version(alias: object) -> bool:
    if not isinstance(alias, pulumi.Alias) or not isinstance(alias.type_, str):
        return False
    # One that names more than a type is somebody's own.
    names_type_alone = vars(alias) == vars(pulumi.Alias(type_=alias.type_))
    return names_type_alone and _OF_ONE_VERSION.fullmatch(alias.type_) is not None
