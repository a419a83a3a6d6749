"""What all tests share."""

import os


def pytest_xdist_auto_num_workers() -> int:
    """Return how many tests run side by side: those with the real engine wait for it a third of their time."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)
