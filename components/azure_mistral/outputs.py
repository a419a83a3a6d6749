"""Outputs of resources that are known only once Azure has answered."""

from typing import Any

import pulumi


def answered(output: pulumi.Output[Any], *names: str) -> pulumi.Output[str]:
    """Return a nested property that Azure adds to what was asked for.

    Where there is no resource yet, the engine may answer with what is asked for alone: in a preview, and in a `destroy
    --run-program` of a stack whose deployment failed half way. The property is then unknown, not missing.
    """

    def find(value: Any) -> Any:
        for name in names:
            value = getattr(value, name)
            if value is None:
                return pulumi.UNKNOWN
        return value

    return output.apply(find)
