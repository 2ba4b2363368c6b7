"""What a run came to."""

from dataclasses import dataclass
from typing import Any, Literal

from scallion.insight import Interval, wilson_interval
from scallion.runs.folder.run_folder import RunFolder

RunStatus = Literal["finished", "interrupted", "diverged"]


@dataclass(frozen=True, slots=True)
class Score:
    """How many of a split's images the model names rightly."""

    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        return self.correct / self.total

    @property
    def interval(self) -> Interval:
        """The accuracy's 95 % interval by Wilson's score."""
        return wilson_interval(self.correct, self.total)

    def as_dict(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "correct": self.correct,
            "total": self.total,
        }


@dataclass(frozen=True, slots=True)
class RunResult:
    """The end of a run. Scores are those of `model.keras`, the best epoch by validation.

    `epochs` are those that were completed, `best_epoch` counts from 1 and is 0 where none was.
    `seconds` is the time from the first step to the last score; `images_per_second` counts the
    training steps alone. `non_finite_layer` is the first layer with NaN or Inf in a run that
    diverged.
    """

    run: RunFolder
    model: str
    parameters: int
    status: RunStatus
    epochs: int
    planned: int
    best_epoch: int
    seconds: float
    images_per_second: float | None
    validation: Score | None
    test: Score | None
    non_finite_layer: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The figures as `scallion train --json` writes them; what was not measured is None."""
        return {
            "run": str(self.run.path),
            "model": self.model,
            "parameters": self.parameters,
            "epochs": self.epochs,
            "seconds": round(self.seconds, 3),
            "images_per_second": self.images_per_second and round(self.images_per_second, 1),
            "val_accuracy": self.validation and self.validation.accuracy,
            "test_accuracy": self.test and self.test.accuracy,
        }

    def save(self) -> None:
        """Write `evaluation.json`: scores with intervals, and how often the test was looked at."""
        from scallion import files

        before = files.read_json(self.run.evaluation) if self.run.evaluation.is_file() else {}
        looked = int((before.get("test") or {}).get("test_evaluations", 0))
        files.write_json(
            self.run.evaluation,
            {
                "status": self.status,
                "epochs": self.epochs,
                "best_epoch": self.best_epoch or None,
                "seconds": round(self.seconds, 3),
                "images_per_second": self.images_per_second,
                "validation": self.validation and self.validation.as_dict(),
                **({"non_finite_layer": self.non_finite_layer} if self.non_finite_layer else {}),
                "test": self.test and {**self.test.as_dict(), "test_evaluations": looked + 1},
            },
        )
