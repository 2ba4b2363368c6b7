"""Format versions of the files that Scallion writes, and their check.

A version is raised when a file of the old version would be misread. Each file carries its version
under the key `format_version`.
"""

from typing import Any

from scallion.errors import FileVersionError

MODEL = 1
"""`scallion.json` in a `.keras` file."""

WEIGHTS = 1
"""A `.weights.h5` file."""

TRAINING_STATE = 1
"""A training state that BackupAndRestore or a run saves."""

STUDY_TRIAL = 1
"""`trials/KEY.json` in a study's folder."""

STUDY_STATE = 1
"""`state.json` in a study's folder."""

LESSON_PROGRESS = 1
"""A learner's progress, `LESSON.json`."""


RUN_CONFIG = 1
"""`config.json` of a run folder."""

ENVIRONMENT = 1
"""`environment.json` of a run folder."""

EVALUATION = 1
"""`evaluation.json` of a run folder."""

EVENTS = 1
"""A line of `events.jsonl` of a run folder."""

SETTINGS = 1
"""The settings of a run, as one JSON document."""


def require_version(found: Any, expected: int, what: str, *, hint: str) -> None:
    """Raise FileVersionError, which names `what`, if a file's version is not the expected one.

    >>> require_version(1, 1, "model.keras", hint="save the model again")
    """
    if found != expected or isinstance(found, bool):
        version = "no format version" if found is None else f"format version {found!r}"
        raise FileVersionError(
            f"{what} has {version}, and this Scallion reads format version {expected}", hint=hint
        )
