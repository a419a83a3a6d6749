"""`make bench`: measures the module beside the same resources without it, and writes docs/reference/performance.md.

Both programs run in turns on one emulator. The exit code is 1 when a budget is not met.
"""

import datetime as dt
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from bench import import_time
from bench.report import Machine, Row, longest_chain, page, verdicts
from bench.stacks import Emulator, Pairs, Program, module, straight_line
from tools import stack
from tools.engine import ROOT, pinned

PAGE = ROOT / "docs" / "reference" / "performance.md"

ROUNDS = 3
ROUNDS_WITH_WAITS = 2

LOCATIONS = ("eastus", "eastus2", "swedencentral", "westus", "westus3")
AVAILABLE = ("ministral-3b", "codestral-2501", "mistral-small-2503", "mistral-medium-2505")
RETIRED = (
    "mistral-large-2402",
    "mistral-large-2407",
    "mistral-large-2411",
    "mistral-small-2402",
    "mistral-nemo-2407",
    "mistral-ocr-2503",
)
FIFTY = Pairs(AVAILABLE + RETIRED, LOCATIONS)
TWENTY = Pairs(AVAILABLE, LOCATIONS)

# The emulator still deploys what has been retired since.
DAY = "2024-11-15T00:00:00Z"

_ML = "Microsoft.MachineLearningServices/workspaces"
# Seconds, a thirtieth of what Azure takes (design budget), by resource type in the state and in the emulator.
WAITS = {
    "azure-native:machinelearningservices:Workspace": 4.0,
    "azure-native:machinelearningservices:MarketplaceSubscription": 12.0,
    "azure-native:machinelearningservices:ServerlessEndpoint": 16.0,
}
TRANSITIONS = dict(
    zip((_ML, f"{_ML}/marketplaceSubscriptions", f"{_ML}/serverlessEndpoints"), WAITS.values(), strict=True)
)
# Polls that come when something ends, as far as the emulator can have it: how often Azure wants to be asked is not what
# is measured.
RETRY_AFTER = 4.0


def prepare(emulator: Emulator, waits: dict[str, float]) -> None:
    """Empty the emulator, and let its resources take their time."""
    emulator.control("POST", "/reset")
    emulator.control("PUT", "/clock", {"now": DAY})
    emulator.control("PUT", "/retry-after", {"seconds": RETRY_AFTER})
    transitions = {"*": {"create": {"seconds": 0.0}}}
    transitions |= {kind: {"create": {"seconds": seconds}} for kind, seconds in waits.items()}
    emulator.control("PUT", "/transitions", transitions)


def measured(what: str, action: str, programs: tuple[Program, Program]) -> Row:
    """Return what both programs took for an action, in turns."""
    ours, other = programs
    row = Row(what, tuple((ours.measure(action), other.measure(action)) for _ in range(ROUNDS)))
    print(f"{what}: {row.summary()}", flush=True)
    return row


def measured_with_waits(emulator: Emulator, programs: tuple[Program, Program]) -> tuple[Row, float]:
    """Return what an `up` of 20 pairs with life-like waits took, and the longest chain of those waits."""
    usages = []
    for _ in range(ROUNDS_WITH_WAITS):
        both = []
        for program in programs:
            prepare(emulator, TRANSITIONS)
            program.start_anew(TWENTY)
            both.append(program.measure("up"))
        usages.append((both[0], both[1]))
    chain = longest_chain(programs[0].resources(), WAITS)
    row = Row("`up` of 20 pairs with life-like waits", tuple(usages))
    print(f"{row.what}: {row.summary()}", flush=True)
    return row, chain


def machine() -> Machine:
    """Return what the numbers were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        processors=os.cpu_count() or 1,
        memory_gb=round(memory / 2**30),
        python=platform.python_version(),
        engine=pinned("github.com/pulumi/pulumi/pkg/v3"),
        load=os.getloadavg()[1],
        day=dt.datetime.now(dt.UTC).date(),
    )


def main() -> int:
    """Measure everything, show and write it."""
    state = Path(tempfile.mkdtemp(prefix="azure-mistral-bench-"))
    emulator = Emulator(state)
    try:
        stack.install_plugin(state / "pulumi")
        programs = (module(state, emulator), straight_line(state, emulator))
        prepare(emulator, {})
        for program in programs:
            program.start_anew(FIFTY)
        rows = [measured("preview of 50 pairs", "preview", programs)]
        for program in programs:
            program.measure("up")  # of which nothing is left to do in the next row
        rows.append(measured("`up` of 50 pairs without a change", "up", programs))
        with_waits, chain = measured_with_waits(emulator, programs)
    finally:
        emulator.stop()
    shutil.rmtree(state)
    rows.append(with_waits)
    _, added = import_time.measured()
    PAGE.write_text(page(rows, chain, added, machine()), encoding="utf-8")
    judged = verdicts(rows, chain, added)
    print(*(verdict.line for verdict in judged), f"Written to {PAGE.relative_to(ROOT)}", sep="\n")
    return 0 if all(verdict.met for verdict in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
