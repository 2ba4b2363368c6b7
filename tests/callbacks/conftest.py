"""Models run on the reference engine here: the loop is tested, not the kernels."""

import pytest


@pytest.fixture(autouse=True)
def reference_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALLION_ENGINE", "reference")
