"""A run that is over, opened again: its files, its model, and the very images it was trained on."""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from scallion import files, insight
from scallion.errors import FileError, StateError, UnknownNameError
from scallion.files import StrPath
from scallion.insight import Measurements, Predictions
from scallion.models import Model, load_model
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.inspection.classifier import Classifier
from scallion.runs.inspection.linear_baseline import linear_predictions
from scallion.runs.inspection.training_health import dead_units, relative_gradients
from scallion.runs.training.preparation import PreparedRun
from scallion.runs.training.resuming import settings_of
from scallion.runs.training.run_data import DataSplits, LabelledImages, Report, RunData, load_data

SPLITS = ("test", "validation", "train")
_LOOKED_AT = 512  # images that are enough to see whether a unit ever speaks


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run folder with what hangs on it; model, data and answers are read when they are asked for.

    The model is `model.keras`, that of the best epoch. `outcome` is what `evaluation.json` held
    when the run was opened, `report` is told how many pictures are decoded.
    """

    run: RunFolder
    config: dict[str, Any]
    environment: dict[str, Any]
    outcome: dict[str, Any]
    report: Report | None = None
    _checked: dict[str, LabelledImages] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, prepared: PreparedRun, run: RunFolder) -> "SavedRun":
        """A run that has just been trained: its model and its data are still there."""
        opened = open_run(run.path)
        opened.__dict__.update(model=prepared.model, data=prepared.data)
        return opened

    @property
    def name(self) -> str:
        return self.run.path.resolve().name

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(self.config["data"]["class_names"])

    @cached_property
    def history(self) -> dict[str, list[float]]:
        """The curves. Raises MissingFileError where no epoch was completed, FileError."""
        return self.run.read_history()

    @cached_property
    def model(self) -> Model:
        """Raises MissingFileError, FileError."""
        return load_model(self.run.model, compile=False)

    @cached_property
    def classifier(self) -> Classifier:
        """The model with its class names. Raises MissingFileError, FileError, StateError."""
        return Classifier(self.model)

    @cached_property
    def data(self) -> RunData:
        """The run's images, read anew. Raises what reading them raises."""
        asked = settings_of(self.run)
        return load_data(asked.data, asked.limit, asked.image_options, self.report)

    @property
    def splits(self) -> DataSplits:
        return self.data.splits

    @property
    def validation(self) -> LabelledImages:
        return self.images("validation")

    def images(self, split: str) -> LabelledImages:
        """One of test, validation, train. Raises StateError where its images are others now."""
        check_split(split)
        if split not in self._checked:
            found: LabelledImages = getattr(self.splits, split)
            before = self.config["splits"].get("fingerprints", {}).get(split)
            if before is not None and before != found.fingerprint():
                raise StateError(
                    f"{self.run.path}: the {split} images have changed since it was trained",
                    hint=f"bring back {self.config['data']['source']} as it was, or train again",
                )
            self._checked[split] = found
        return self._checked[split]

    def answers_on(self, images: LabelledImages) -> Predictions:
        """Labels of these images, and the probabilities that the model gives them."""
        return insight.as_predictions(images.y, self.classifier.probabilities(images.x))

    @cached_property
    def answers(self) -> Predictions:
        """Labels and probabilities of the validation images."""
        return self.answers_on(self.validation)

    def linear_correct(self, asked: LabelledImages) -> int:
        """How many of these images a linear model on the pixels of the training images names
        rightly."""
        train = self.images("train")
        predicted = linear_predictions(
            train.x,
            train.y,
            asked.x,
            classes=len(self.class_names),
            scale=self.config["preprocessing"]["scale"],
        )
        return int((predicted == asked.y).sum())

    def linear_correct_on(self, split: str) -> int:
        """The same for a split of the run, trained once and kept in `evaluation.json`."""
        kept = _read(self.run.evaluation)
        known = (kept.get(split) or {}).get("linear_correct")
        if known is None:
            known = self.linear_correct(self.images(split))
            scores = {**(kept.get(split) or {}), "linear_correct": known}
            with suppress(FileError):  # a run of somebody else's can be looked at all the same
                files.write_json(self.run.evaluation, {**kept, split: scores})
        return int(known)

    @cached_property
    def facts(self) -> Measurements:
        """All that a diagnosis looks at besides the curves. The test images are not looked at."""
        train, held = self.images("train"), self.validation
        return insight.measurements_of(
            self.answers,
            class_counts=np.bincount(train.y, minlength=len(self.class_names)).tolist(),
            class_names=self.class_names,
            linear_correct=self.linear_correct_on("validation"),
            dead_units=dead_units(self.model, train.x[:_LOOKED_AT]),
            gradients=relative_gradients(self.model, train.x, train.y),
            duplicates=len(insight.leaked_images(train.x, held.x)),
        )


def check_split(split: str) -> None:
    """Raise UnknownNameError for what is no split."""
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)


def open_run(path: StrPath, report: Report | None = None) -> SavedRun:
    """The run at this place. Raises MissingFileError where none is, FileError where it is damaged."""
    run = RunFolder.open(path)
    outcome, environment = _read(run.evaluation), _read(run.environment)
    return SavedRun(run, files.read_json(run.config), environment, outcome, report)


def count_test_evaluation(run: RunFolder) -> int:
    """Note that somebody looks at the test images once more, and say how often that was."""
    kept = _read(run.evaluation)
    test = kept.get("test") or {}
    test_evaluations = int(test.get("test_evaluations", 0)) + 1
    files.write_json(
        run.evaluation, {**kept, "test": {**test, "test_evaluations": test_evaluations}}
    )
    return test_evaluations


def _read(path: Path) -> dict[str, Any]:
    return files.read_json(path) if path.is_file() else {}
