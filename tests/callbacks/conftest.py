"""Models here run on the reference engine: what is tested is the loop, not the kernels."""

import pytest


@pytest.fixture(autouse=True)
def reference_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALLION_ENGINE", "reference")
