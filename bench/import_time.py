"""What importing the components costs beside pulumi and the azure-native modules, which they cannot do without.

`.venv/bin/python -m bench.import_time` prints both in milliseconds, and their ratio. The budget is 50 ms.
"""

import subprocess
import sys

ROUNDS = 20
# What azure_mistral imports of others. azure-native loads a module when the first name of it is used.
OTHERS = "import pulumi, pulumi_azure_native\npulumi_azure_native.machinelearningservices.Workspace\n"
OURS = OTHERS + "from azure_mistral import MistralModels, ServerlessDeployment, Workspace, load_config\n"
TIMED = "import time; start = time.perf_counter()\n{}\nprint(time.perf_counter() - start)"


def seconds(program: str) -> float:
    """Return how long a program takes in a Python of its own, without the start of Python."""
    command = [sys.executable, "-c", TIMED.format(program)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measured() -> tuple[float, float]:
    """Return the seconds that the others take, and those that ours adds.

    The fastest of several rounds counts, for what else the machine does can only add to it.
    """
    rounds = [(seconds(OTHERS), seconds(OURS)) for _ in range(ROUNDS)]
    others = min(each for each, _ in rounds)
    return others, min(each for _, each in rounds) - others


def main() -> None:
    """Measure, and show it."""
    others, added = measured()
    print(f"pulumi and azure-native: {others * 1000:.0f} ms")
    print(f"azure_mistral adds {added * 1000:.0f} ms, {added / others:.0%} of it; the budget is 50 ms")


if __name__ == "__main__":
    main()
