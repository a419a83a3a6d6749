"""Waiting for something outside this process, without fixed sleeps."""

import os
import time
from collections.abc import Callable

import pytest


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until a condition holds; fails the test when it never does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"still waiting after {seconds} s")
        os.sched_yield()
