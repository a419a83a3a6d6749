"""Waiting for something outside this process, as long as it takes and no longer."""

import threading
import time
from collections.abc import Callable

import pytest


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until a condition holds; fails the test when it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"still waiting after {seconds} s")
        threading.Event().wait(0.02)  # leaves the processor to what is waited for
