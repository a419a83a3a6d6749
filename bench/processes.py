"""Runs a command and tells what it and all the processes that it starts took, from Linux's /proc."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.engine import EXEC_SCRIPT

_BETWEEN_LOOKS = 0.025
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command took: seconds by the clock and of processors, and bytes of memory at their highest.

    `program` is the memory of the process that runs the Pulumi program, `total` that of all processes together, where
    pages that several share count several times.
    """

    seconds: float
    processor: float
    program: int
    total: int


def run_measured(command: Sequence[str], directory: Path, environment: Mapping[str, str], log: Path) -> Usage:
    """Run a command to its end.

    Raises:
        subprocess.CalledProcessError: it failed. What it printed is in the log.
    """
    with log.open("wb") as output:
        start = time.monotonic()
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT)
        watch = _Watch(process.pid)
        watch.start()
        code = process.wait()
        seconds = time.monotonic() - start
        watch.ended.set()
        watch.join()
    if code:
        raise subprocess.CalledProcessError(code, command)
    return Usage(seconds, sum(watch.processor.values()), watch.program, watch.total)


class _Watch(threading.Thread):
    """Looks at a process and its descendants until `ended` is set; what one does after the last look is not seen."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.processor: dict[int, float] = {}
        self.program = self.total = 0
        self._pid = pid

    def run(self) -> None:
        while not self.ended.wait(_BETWEEN_LOOKS):
            total = 0
            for pid in _descendants(self._pid):
                # A process may end between two looks at it.
                with contextlib.suppress(OSError):
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    user, system, resident = int(fields[11]), int(fields[12]), int(fields[21]) * _PAGE
                    self.processor[pid] = (user + system) / _TICKS
                    total += resident
                    if _is_program(pid):
                        self.program = max(self.program, resident)
            self.total = max(self.total, total)


def _descendants(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _is_program(pid: int) -> bool:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return any(word.endswith(EXEC_SCRIPT) for word in words[1:3])
