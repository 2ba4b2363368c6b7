"""What `scallion doctor` finds."""

import pytest

from scallion.engine import native
from scallion.report.system_check import check_system, format_system_check


def test_a_missing_engine_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "is_available", lambda: False)
    check = check_system()
    assert check.gflops is None
    text = format_system_check(check)
    assert "reference engine runs" in text
    assert "-m pip install --force-reinstall --no-deps .`" in text


def test_the_speed_of_the_engine_is_measured() -> None:
    if not native.is_available():
        pytest.skip("there is no compiled engine here")
    check = check_system()
    assert check.gflops > 0.1
    assert check.environment.instruction_set in format_system_check(check)
    assert check.hints == ()


def test_choosing_the_reference_engine_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    if not native.is_available():
        pytest.skip("there is no compiled engine here")
    monkeypatch.setenv("SCALLION_ENGINE", "reference")
    check = check_system()
    assert (check.environment.engine, check.gflops, check.hints) == ("reference", None, ())
