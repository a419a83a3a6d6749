"""Outputs of resources that are known only once Azure has answered."""

from typing import Any

import pulumi


def answered(output: pulumi.Output[Any], *names: str) -> pulumi.Output[str]:
    """Return a nested property that Azure adds to what was asked for.

    The preview of a new resource may know what is asked for alone; the property is then unknown, not missing.
    """

    def find(value: Any) -> Any:
        for name in names:
            value = getattr(value, name)
            if value is None and pulumi.runtime.is_dry_run():
                return pulumi.UNKNOWN
        return value

    return output.apply(find)
