"""The day on which component tests run: models age, tests must not."""

import datetime as dt

import pytest
from azure_mistral import plan


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> dt.date:
    """Return the day that the plan takes for today."""
    today = dt.date(2026, 11, 22)
    monkeypatch.setattr(plan, "utc_today", lambda: today)
    return today
