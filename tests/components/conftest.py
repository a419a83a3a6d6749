"""What component tests start from: a day, since models age and tests must not, and an event loop."""

import asyncio
import datetime as dt
from collections.abc import Iterator

import pytest
from azure_mistral import plan


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> dt.date:
    """Return the day that the plan takes for today."""
    today = dt.date(2026, 11, 22)
    monkeypatch.setattr(plan, "utc_today", lambda: today)
    return today


@pytest.fixture(autouse=True)
def event_loop() -> Iterator[None]:
    """Run with a loop of its own. The SDK takes the thread's, and `asyncio.run` in another test leaves none."""
    loop = asyncio.new_event_loop()
    # A refused program leaves outputs that nobody waits for. Python 3.11 fails when it says so amid a compilation.
    loop.set_exception_handler(lambda *_: None)
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()
