"""What importing the components costs beside pulumi and the azure-native modules, which they cannot do without.

`.venv/bin/python -m bench.import_time` prints the median of both in milliseconds, and their ratio. The budget is 50 ms.
"""

import statistics
import subprocess
import sys

ROUNDS = 15
# What azure_mistral imports of others. azure-native loads a module when the first name of it is used.
OTHERS = "import pulumi, pulumi_azure_native\npulumi_azure_native.machinelearningservices.Workspace\n"
OURS = OTHERS + "from azure_mistral import MistralModels, ServerlessDeployment, Workspace, load_config\n"
TIMED = "import time; start = time.perf_counter()\n{}\nprint(time.perf_counter() - start)"


def seconds(program: str) -> float:
    """Return how long a program takes in a Python of its own, without the start of Python."""
    command = [sys.executable, "-c", TIMED.format(program)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure both in turns, so that what else the machine does hits them alike."""
    rounds = [(seconds(OTHERS), seconds(OURS)) for _ in range(ROUNDS)]
    others = statistics.median(each for each, _ in rounds) * 1000
    added = statistics.median(ours - each for each, ours in rounds) * 1000
    print(f"pulumi and azure-native: {others:.0f} ms")
    print(f"azure_mistral adds {added:.0f} ms, {added / others:.0%} of it; the budget is 50 ms")


if __name__ == "__main__":
    main()
