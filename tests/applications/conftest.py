"""A cache of the test's own, and a local server in place of Keras'."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loopback_server import Loopback
from scallion.datasets.downloading import get_file as get_file_module
from scallion.datasets.downloading.download import RetryPolicy


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(get_file_module, "RETRY", RetryPolicy(timeout=5.0, pause=0.01))


@pytest.fixture
def server() -> Iterator[Loopback]:
    loopback = Loopback()
    yield loopback
    loopback.close()
