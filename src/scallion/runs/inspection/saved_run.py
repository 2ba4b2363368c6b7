"""A saved run, opened for inspection: its files, its model, and the images it was trained on."""

import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from scallion import insight
from scallion.applications.pretrained import PRETRAINED
from scallion.errors import FileError, StateError, UnknownNameError
from scallion.files import StrPath
from scallion.insight import Measurements, Predictions
from scallion.models import Model, load_model
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.inspection.classifier import Classifier
from scallion.runs.inspection.linear_baseline import linear_predictions
from scallion.runs.inspection.training_health import (
    dead_units,
    normalization_effect,
    relative_gradients,
)
from scallion.runs.training.data_loading import OnImages, load_data
from scallion.runs.training.preparation import PreparedRun
from scallion.runs.training.resuming import settings_of
from scallion.runs.training.settings import Settings
from scallion.runs.training.splits import DataSplits, LabelledImages, RunData

SPLITS = ("test", "validation", "train")
_ACTIVITY_IMAGES = 512  # enough to see whether a unit is ever active


@dataclass(frozen=True, eq=False)
class SavedRun:
    """A run folder with its content; model, data and predictions are read when first used.

    The model is `model.keras`, that of the best epoch. `evaluation` is the content of
    `evaluation.json` when the run was opened. `data_in_memory` are the data of a run that was
    trained on arrays, and `on_images` is called while images are decoded.
    """

    run: RunFolder
    config: dict[str, Any]
    environment: dict[str, Any]
    evaluation: dict[str, Any]
    data_in_memory: Any = None
    on_images: OnImages | None = None
    _verified: dict[str, LabelledImages] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, prepared: PreparedRun, run: RunFolder) -> "SavedRun":
        """Return a run that has just been trained, with its model and data from memory."""
        saved = open_run(run.path)
        saved.__dict__.update(model=prepared.model, data=prepared.data)
        return saved

    @property
    def name(self) -> str:
        """The name of the run folder."""
        return self.run.path.resolve().name

    @property
    def class_names(self) -> tuple[str, ...]:
        """The name of each class, in the order of the labels."""
        return tuple(self.config["data"]["class_names"])

    @cached_property
    def history(self) -> dict[str, list[float]]:
        """The learning curves. Raises MissingFileError if no epoch was completed, FileError."""
        return self.run.read_history()

    @cached_property
    def model(self) -> Model:
        """The model of the best epoch. Raises MissingFileError, FileError."""
        return load_model(self.run.model, compile=False)

    @cached_property
    def classifier(self) -> Classifier:
        """The model with its class names. Raises MissingFileError, FileError, StateError."""
        return Classifier(self.model)

    @cached_property
    def settings(self) -> Settings:
        """The settings of the run, without defaults. Raises FileError."""
        settings = settings_of(self.run)
        return settings if self.data_in_memory is None else settings.with_data(self.data_in_memory)

    @cached_property
    def data(self) -> RunData:
        """The run's images, read again. Raises what `load_data` raises."""
        return load_data(self.settings, self.on_images)

    @property
    def splits(self) -> DataSplits:
        """Training, validation and test images."""
        return self.data.splits

    @property
    def validation(self) -> LabelledImages:
        """The validation images."""
        return self.images("validation")

    def images(self, split: str) -> LabelledImages:
        """Return the split test, validation or train. Raises StateError if its images changed."""
        require_split(split)
        if split not in self._verified:
            found: LabelledImages = getattr(self.splits, split)
            if self.config["splits"]["fingerprints"][split] != found.fingerprint():
                raise StateError(
                    f"{self.run.path}: the {split} images have changed since it was trained",
                    hint=f"restore {self.config['data']['source']} as it was, or train again",
                )
            self._verified[split] = found
        return self._verified[split]

    def predict(self, images: LabelledImages) -> Predictions:
        """Return the labels of some images and the probabilities that the model predicts."""
        return insight.as_predictions(images.y, self.classifier.probabilities(images.x))

    @cached_property
    def predictions(self) -> Predictions:
        """Labels and predicted probabilities of the validation images."""
        return self.predict(self.validation)

    def linear_correct(self, images: LabelledImages) -> int:
        """Return how many images a linear model classifies correctly: the baseline.

        It is trained on the pixels of the training images.
        """
        train = self.images("train")
        predicted = linear_predictions(
            train.x,
            train.y,
            images.x,
            classes=len(self.class_names),
            scale=self.config["preprocessing"]["scale"],
        )
        return int((predicted == images.y).sum())

    def linear_correct_on(self, split: str) -> int:
        """Return `linear_correct` of a split, trained once and stored in `evaluation.json`."""
        stored = self.run.read_evaluation()
        known = (stored.get(split) or {}).get("linear_correct")
        if known is None:
            known = self.linear_correct(self.images(split))
            scores = {**(stored.get(split) or {}), "linear_correct": known}
            with suppress(FileError):  # a run in a read-only folder can be inspected, too
                self.run.write_evaluation({**stored, split: scores})
        return int(known)

    @cached_property
    def measurements(self) -> Measurements:
        """All that a diagnosis uses besides the curves; nothing of it uses the test images."""
        train, validation = self.images("train"), self.validation
        is_pretrained = self.config["model"]["name"] == PRETRAINED.name
        return insight.measurements_of(
            self.predictions,
            class_counts=np.bincount(train.y, minlength=len(self.class_names)).tolist(),
            class_names=self.class_names,
            linear_correct=self.linear_correct_on("validation"),
            # What a pretrained network does not need for some images says nothing about a training.
            dead_units=() if is_pretrained else dead_units(self.model, train.x[:_ACTIVITY_IMAGES]),
            gradients=() if is_pretrained else relative_gradients(self.model, train.x, train.y),
            duplicates=len(insight.leaked_images(train.x, validation.x)),
            is_pretrained=is_pretrained,
            **self._training_accuracy(train),
        )

    def _training_accuracy(self, train: LabelledImages) -> dict[str, Any]:
        """Return how many of up to 512 training images are classified correctly in prediction."""
        step = max(1, -(-len(train.y) // _ACTIVITY_IMAGES))
        sample = LabelledImages(train.x[::step], train.y[::step])
        predicted = self.predict(sample)
        return {
            "training_correct": int((predicted.predicted == predicted.labels).sum()),
            "training_images": predicted.count,
            "normalization": normalization_effect(self.model, train.x, train.y),
        }


def require_split(split: str) -> None:
    """Raise UnknownNameError for anything but test, validation and train."""
    if split not in SPLITS:
        raise UnknownNameError("split", split, SPLITS)


def open_run(path: StrPath, *, data: Any = None, on_images: OnImages | None = None) -> SavedRun:
    """Open the run in a folder; give `data` again for a run that was trained on data in memory.

    Raises MissingFileError for what is not a run folder, FileError for a damaged one.
    """
    run = RunFolder.open(path)
    return SavedRun(
        run, run.read_config(), run.read_environment(), run.read_evaluation(), data, on_images
    )


def count_test_evaluation(run: RunFolder) -> int:
    """Count one more evaluation of the test images, and return how many there were.

    Warns if a read-only folder cannot keep the count.
    """
    stored = run.read_evaluation()
    test = stored.get("test") or {}
    count = int(test.get("test_evaluations", 0)) + 1
    try:
        run.write_evaluation({**stored, "test": {**test, "test_evaluations": count}})
    except FileError as error:
        warnings.warn(
            f"this evaluation of the test images is not counted: {error.message}", stacklevel=2
        )
    return count
