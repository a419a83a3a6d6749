"""How many requests and tokens an endpoint takes in a minute, and who has to wait. Pure but for the windows it keeps.

The limits are the article's, for each deployment. Invented: that a request counts when it is answered (not when it is
refused), with the tokens of its prompt and its answer, and that it is refused when its prompt does not fit.
"""

import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from emulator.inference.schemas import Usage

WINDOW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What one endpoint takes within any 60 seconds."""

    requests: int = 1_000
    tokens: int = 200_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a request may be answered, and what is left after it."""

    limits: RateLimits
    remaining_requests: int
    remaining_tokens: int
    exceeded: str | None = None
    """`requests` or `tokens`. None: the request may be answered, and is counted."""
    retry_after: int = 0
    """Whole seconds until the same request would be answered."""


class RateWindows:
    """What each endpoint has answered in the last 60 seconds. In memory: a restart forgets it."""

    def __init__(self) -> None:
        self._windows: dict[Hashable, deque[tuple[datetime, int]]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._windows.clear()

    def admit(self, endpoint: Hashable, limits: RateLimits, usage: Usage, now: datetime) -> Allowance:
        """Count a request, unless it exceeds a limit."""
        window = self._windows.setdefault(endpoint, deque())
        # The second condition: the emulator's clock may be set back.
        while window and (window[0][0] <= now - WINDOW or window[0][0] > now):
            window.popleft()
        used = sum(tokens for _, tokens in window)
        exceeded = None
        if len(window) >= limits.requests:
            exceeded = "requests"
            free_at = window[len(window) - limits.requests][0] + WINDOW if limits.requests else now + WINDOW
        elif used + usage.prompt_tokens > limits.tokens:
            exceeded = "tokens"
            free_at = self._tokens_free_at(window, used + usage.prompt_tokens - limits.tokens, now)
        if exceeded:
            return Allowance(
                limits,
                remaining_requests=max(0, limits.requests - len(window)),
                remaining_tokens=max(0, limits.tokens - used),
                exceeded=exceeded,
                retry_after=max(1, math.ceil((free_at - now).total_seconds())),
            )
        window.append((now, usage.total_tokens))
        return Allowance(
            limits,
            remaining_requests=limits.requests - len(window),
            remaining_tokens=max(0, limits.tokens - used - usage.total_tokens),
        )

    @staticmethod
    def _tokens_free_at(window: deque[tuple[datetime, int]], needed: int, now: datetime) -> datetime:
        for time, tokens in window:
            needed -= tokens
            if needed <= 0:
                return time + WINDOW
        return now + WINDOW  # The prompt alone exceeds the limit; it will not be answered then either.
