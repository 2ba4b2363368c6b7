"""The result of a run: how it ended, and its scores."""

from dataclasses import dataclass
from typing import Any, Literal

from scallion import files
from scallion.errors import StateError
from scallion.findings import Finding
from scallion.insight import Interval, wilson_interval
from scallion.runs.folder.run_documents import damaged
from scallion.runs.folder.run_folder import RunFolder

_WITH_STATUS = ("epochs", "best_epoch", "seconds", "images_per_second")
RunStatus = Literal["finished", "interrupted", "pruned", "diverged", "failed"]


@dataclass(frozen=True, slots=True)
class Score:
    """The number of images of a split that the model classifies correctly."""

    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        """The fraction of correct images."""
        return self.correct / self.total

    @property
    def interval(self) -> Interval:
        """The 95 % confidence interval of the accuracy, by Wilson's method."""
        return wilson_interval(self.correct, self.total)

    @classmethod
    def from_dict(cls, stored: dict[str, Any] | None) -> "Score | None":
        """Return the score that `as_dict` wrote, None if there is none."""
        if stored is None or not {"correct", "total"} <= stored.keys():
            return None
        return cls(stored["correct"], stored["total"])

    def as_dict(self) -> dict[str, Any]:
        """Return the score as `evaluation.json` stores it."""
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "correct": self.correct,
            "total": self.total,
        }


@dataclass(frozen=True, slots=True)
class RunResult:
    """The end of a run, with the scores of `model.keras`, the best epoch by validation.

    `status` is finished; interrupted, by Ctrl-C or a request to cancel; pruned, for an accuracy
    below the floor of the epoch; diverged, for a loss that is NaN or infinite; or failed. `epochs`
    are those that were completed of the `planned` ones. `best_epoch` counts from 1 and is 0 if no
    epoch was completed. `seconds` is the time from the first step to the last score, and
    `images_per_second` counts training steps only. `steps` repeats a run with a time budget.
    `non_finite_layer` is the first layer with NaN or Inf in a run that diverged.
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
    steps: int | str = 0
    non_finite_layer: str | None = None
    findings: tuple[Finding, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the values that `scallion train --json` prints; None for what was not measured."""
        return {
            "run": str(self.run.path),
            "model": self.model,
            "parameters": self.parameters,
            "epochs": self.epochs,
            "seconds": round(self.seconds, 3),
            "images_per_second": self.images_per_second and round(self.images_per_second, 1),
            "val_accuracy": self.validation and self.validation.accuracy,
            "test_accuracy": self.test and self.test.accuracy,
            "findings": [finding.as_dict() for finding in self.findings],
        }

    def save(self) -> None:
        """Write `evaluation.json`, and count a test evaluation. Raises FileError."""
        before = (self.run.read_evaluation().get("test") or {}).get("test_evaluations", 0)
        test = {"test_evaluations": before} if before else None
        if self.test is not None:
            test = {**self.test.as_dict(), "test_evaluations": before + 1}
        self.run.write_evaluation(
            {
                "status": self.status,
                "epochs": self.epochs,
                "best_epoch": self.best_epoch or None,
                "seconds": round(self.seconds, 3),
                "images_per_second": self.images_per_second,
                "validation": self.validation and self.validation.as_dict(),
                **({"non_finite_layer": self.non_finite_layer} if self.non_finite_layer else {}),
                "test": test,
            }
        )

    def save_findings(self) -> None:
        """Add the findings to `evaluation.json`. Raises FileError."""
        stored = self.run.read_evaluation()
        findings = [finding.as_dict() for finding in self.findings]
        self.run.write_evaluation({**stored, "findings": findings})


def discard_result(run: RunFolder) -> None:
    """Remove the result of a training that is resumed, but not its number of test evaluations.

    Otherwise the scores of an earlier model would stay beside a later one, if the process is
    killed. Raises FileError.
    """
    test = run.read_evaluation().get("test") or {}
    count = test.get("test_evaluations", 0)
    if count:
        run.write_evaluation({"test": {"test_evaluations": count}})
    else:
        with files.file_errors(run.evaluation, "delete"):
            run.evaluation.unlink(missing_ok=True)


def read_result(run: RunFolder) -> RunResult:
    """Return the result that a run folder stores.

    Raises FileError, and StateError for a run without one: it is running, or was killed.
    """
    config, stored = run.read_config(), run.read_evaluation()
    if "status" not in stored:
        raise StateError(f"{run.path} has no result yet", hint="resume it, or wait until it ends")
    if missing := [name for name in _WITH_STATUS if name not in stored]:
        raise damaged(run.evaluation, f"it has no `{missing[0]}`")
    return RunResult(
        run=run,
        model=config["model"]["name"],
        parameters=config["model"]["parameters"],
        status=stored["status"],
        epochs=stored["epochs"],
        planned=config["epochs"],
        best_epoch=stored["best_epoch"] or 0,
        seconds=stored["seconds"],
        images_per_second=stored["images_per_second"],
        validation=Score.from_dict(stored.get("validation")),
        test=Score.from_dict(stored.get("test")),
        steps=config["steps"] or 0,
        non_finite_layer=stored.get("non_finite_layer"),
        findings=tuple(Finding(**finding) for finding in stored.get("findings", ())),
    )
