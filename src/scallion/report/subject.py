"""A run as a report and a diagnosis look at it: its files, its data and what it answers."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import files, insight, models
from scallion.errors import DataError
from scallion.files import StrPath
from scallion.insight import Answers, Facts
from scallion.models import Model
from scallion.runs import RunFolder
from scallion.runs.data import Data, Images, Splits, gather
from scallion.runs.preparation import Preparation
from scallion.runs.resuming import settings_of

PREDICT_BATCH = 256
_LOOKED_AT = 512  # images that are enough to see whether a unit ever speaks


@dataclass(frozen=True, eq=False)
class Subject:
    """A run folder with what hangs on it; data and answers are read when they are asked for.

    Answers are those of `model.keras`, the best epoch, on the validation images. The test images
    are not looked at: their score is the one that the run has written down.
    """

    run: RunFolder
    config: dict[str, Any]
    environment: dict[str, Any]
    outcome: dict[str, Any]

    @classmethod
    def open(cls, path: StrPath) -> "Subject":
        """Raises MissingError where no run is, FileError where one is damaged."""
        run = RunFolder.open(path)
        return cls(run, _read(run.config), _read(run.environment), _read(run.evaluation))

    @classmethod
    def of(cls, prepared: Preparation, run: RunFolder) -> "Subject":
        """A run that has just been trained: its model and data are still there."""
        subject = cls.open(run.path)
        subject.__dict__.update(model=prepared.model, data=prepared.data)
        return subject

    @property
    def name(self) -> str:
        return self.run.path.resolve().name

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(self.config["data"]["class_names"])

    @cached_property
    def history(self) -> dict[str, list[float]]:
        return self.run.read_history()

    @cached_property
    def model(self) -> Model:
        return models.load_model(self.run.model, compile=False)

    @cached_property
    def data(self) -> Data:
        """The run's images, read anew. Raises DataError where they are others now."""
        asked = settings_of(self.run)
        data = gather(asked.data, asked.limit, asked.pictures)
        if data.splits.sha256 != self.config["splits"]["sha256"]:
            raise DataError(
                f"the data of {self.run.path} have changed since it was trained: its validation "
                f"images are others now. Received: {asked.data}",
                hint="bring back the data as they were, or train again",
            )
        return data

    @property
    def splits(self) -> Splits:
        return self.data.splits

    @property
    def validation(self) -> Images:
        return self.splits.validation

    @cached_property
    def answers(self) -> Answers:
        """Labels and probabilities of the validation images."""
        return insight.answers(self.validation.y, probabilities(self.model, self.validation.x))

    @cached_property
    def facts(self) -> Facts:
        """All that can be known for a diagnosis without training anything."""
        train, held = self.splits.train, self.splits.validation
        return insight.facts_of(
            self.answers,
            class_counts=np.bincount(train.y, minlength=len(self.class_names)).tolist(),
            class_names=self.class_names,
            silences=insight.silent_units(self.model, train.x[:_LOOKED_AT]),
            copies=len(insight.copied(train.x, held.x)),
        )


def probabilities(model: Model, x: NDArray[Any]) -> NDArray[np.float64]:
    """What a classifier gives, as probabilities (n, classes): a softmax where it gives logits."""
    outputs = model.predict(x, batch_size=PREDICT_BATCH, verbose=0).astype(np.float64)
    sums = outputs.sum(axis=1)
    if (outputs >= 0).all() and np.allclose(sums, 1, atol=1e-3):
        return outputs / sums[:, None]
    exponents = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def _read(path: Path) -> dict[str, Any]:
    return files.read_json(path) if path.is_file() else {}
