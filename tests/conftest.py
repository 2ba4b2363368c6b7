"""Every test starts in a fresh session, away from the user's caches, settings and screen."""

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import settings

from scallion import session

settings.register_profile("scallion", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("scallion")

_VARIABLES = ("SCALLION_THREADS", "SCALLION_SEED", "KERAS_HOME", "FORCE_COLOR", "NO_COLOR")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--fuzz COUNT`, how many damaged files of each kind `tests/fuzz` tries."""
    parser.addoption("--fuzz", type=int, default=0, metavar="COUNT", help="damaged files per kind")
    parser.addoption("--draw", type=int, default=0, metavar="SEED", help="other random weights")


@pytest.fixture(scope="session")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Matplotlib's cache, kept for all tests: it takes seconds to fill."""
    return tmp_path_factory.mktemp("matplotlib")


@pytest.fixture(autouse=True)
def fresh_session(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    fonts: Path,
) -> Iterator[None]:
    """No seed, no names counted, no threads set; home and caches are empty folders.

    What is random without a seed is drawn anew for each test, and alike each time it runs: what
    fails once fails again. `--draw 1` draws other numbers.
    """
    drawn = random.Random(f"{request.config.getoption('--draw')} {request.node.nodeid}")
    monkeypatch.setattr(session, "secrets", SimpleNamespace(randbits=drawn.getrandbits))
    home = tmp_path_factory.mktemp("home", numbered=True)
    monkeypatch.setattr(session, "_session", session._Session())
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    if source := os.environ.get("PYTHONPATH"):  # commands run in other folders
        absolute = (str(Path(part).resolve()) for part in source.split(os.pathsep))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(absolute))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("MPLCONFIGDIR", str(fonts))
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)
