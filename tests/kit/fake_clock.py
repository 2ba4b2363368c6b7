"""A clock for tests of forecasts and time budgets."""

import pytest

from scallion.runs.training import forecast, time_budget


class FakeClock:
    """A clock that moves only when a test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def install_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Return a clock that forecasts and time budgets use from now on."""
    clock = FakeClock()
    for module in (time_budget, forecast):
        monkeypatch.setattr(module, "perf_counter", clock)
    return clock
