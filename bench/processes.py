"""Runs a command and tells what it and all the processes that it starts took; memory is looked up in Linux's /proc."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.engine import EXEC_SCRIPT

_BETWEEN_LOOKS = 0.1  # more often, and looking takes a tenth of a processor from what is measured
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
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.ended.set()
        watch.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Usage(seconds, used.ru_utime + used.ru_stime, watch.program, watch.total)


class _Watch(threading.Thread):
    """Looks at the memory of a process and its descendants until `ended` is set."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.ended = threading.Event()
        self.program = self.total = 0
        self._pid = pid

    def run(self) -> None:
        while not self.ended.wait(_BETWEEN_LOOKS):
            total = 0
            for pid in _descendants(self._pid):
                # A process may end between two looks at it.
                with contextlib.suppress(OSError):
                    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
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
