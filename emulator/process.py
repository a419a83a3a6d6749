"""Which process runs an emulator on a state directory, and what it has told. Light: the command line starts with it.

The process holds a lock on a file for as long as it lives; the file says its pid and address. A second file holds the
environment variables that point tools to it.
"""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO, Any

_PAUSE = 0.02
_ATTEMPTS = 10
"""Who asks whether a process has the lock holds it for a moment; an emulator that starts then tries again."""


class EmulatorRunningError(Exception):
    """Another process runs an emulator on this state directory; `process` has its pid and url."""

    def __init__(self, state: Path, process: dict[str, Any]) -> None:
        super().__init__(f"{state}: an emulator already runs here at {process.get('url')} (pid {process.get('pid')}).")
        self.process = process


def lock(state: Path) -> IO[str]:
    """Take the state directory; it is given back when the file is closed, at the latest with the process.

    Raises:
        EmulatorRunningError: another process has it.
    """
    file = (state / "lock").open("a+", encoding="utf-8")
    for attempt in range(_ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if attempt == _ATTEMPTS - 1:
                file.close()
                raise EmulatorRunningError(state, _announced(state)) from None
            time.sleep(_PAUSE)
    announce(file)
    return file


def announce(locked: IO[str], url: str | None = None) -> None:
    """Say in the lock's file who has it, and where it answers once it does."""
    locked.truncate(0)
    locked.write(json.dumps({"pid": os.getpid(), "url": url}))
    locked.flush()


def running_process(state: Path) -> dict[str, Any] | None:
    """The pid and url of the emulator that runs on a state directory, or None. The url is None while it is starting."""
    try:
        with (state / "lock").open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return _announced(state)
    return None


def wait_for_end(state: Path, seconds: float) -> bool:
    """Wait until no process has the state directory; False when that takes longer."""
    deadline = time.monotonic() + seconds
    while running_process(state) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _announced(state: Path) -> dict[str, Any]:
    text = (state / "lock").read_text(encoding="utf-8")
    process: dict[str, Any] = json.loads(text) if text else {"pid": None, "url": None}
    return process


def write_environment(state: Path, environment: dict[str, str]) -> None:
    """Keep the variables for `read_environment`; one is a secret, so only the owner can read the file."""
    path = state / "environment.json"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(environment, file)


def read_environment(state: Path) -> dict[str, str] | None:
    """The variables of the emulator that was started last on a state directory; None if none was."""
    try:
        environment: dict[str, str] = json.loads((state / "environment.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return environment
