"""How often test images were evaluated by all runs in a folder."""

from contextlib import suppress
from typing import Any

from scallion.errors import ScallionError
from scallion.runs.folder.run_folder import RunFolder


def other_test_evaluations(run: RunFolder) -> int:
    """Return how often other runs in the same folder were evaluated on this run's test images.

    Runs that cannot be read do not count.
    """
    try:
        own = _test_fingerprint(run.read_config())
        folders = [RunFolder(entry) for entry in run.path.resolve().parent.iterdir()]
    except (OSError, ScallionError):
        return 0
    total = 0
    for other in folders:
        if other.path == run.path.resolve() or other.path.name.startswith("."):
            continue
        with suppress(OSError, ScallionError):
            if other.config.is_file() and _test_fingerprint(other.read_config()) == own:
                test = other.read_evaluation().get("test") or {}
                total += int(test.get("test_evaluations", 0))
    return total


def _test_fingerprint(config: dict[str, Any]) -> str:
    return config["splits"]["fingerprints"]["test"]
