"""Evaluation of a run's model: on one of its own splits, or on other images of the same classes."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import DataError, FileError
from scallion.files import StrPath
from scallion.images.reading import scanning
from scallion.images.reading.listing import TEST
from scallion.insight import Evaluation, evaluate
from scallion.insight.metrics.mistakes import Mistake, most_confident_mistakes
from scallion.insight.metrics.predictions import Predictions
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.folder.test_set_use import other_test_evaluations
from scallion.runs.inspection.classifier import Classifier
from scallion.runs.inspection.saved_run import count_test_evaluation, open_run, require_split
from scallion.runs.training.data_loading import OnImages, load_arrays
from scallion.runs.training.run_result import Score
from scallion.runs.training.splits import LabelledImages


@dataclass(frozen=True, slots=True, eq=False)
class RunEvaluation:
    """All scores of a run's model on some images.

    `images` names them: `test`, `validation`, `train`, or the path of others. `test_evaluations` is
    how often the run's test images were evaluated, this time included; None for other images.
    `other_test_evaluations` is how often other runs in the same folder were evaluated on them.
    `linear_accuracy` is that of a linear model on the pixels, the baseline. `mistaken_images`
    (n, h, w, c) are those of `mistakes`.
    """

    run: RunFolder
    images: str
    class_names: tuple[str, ...]
    scores: Evaluation
    linear_accuracy: float
    test_evaluations: int | None
    mistakes: tuple[Mistake, ...]
    mistaken_images: NDArray[Any]
    predictions: Predictions
    other_test_evaluations: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return all values as `scallion evaluate --json` prints them."""
        return {
            "run": str(self.run.path),
            "images": self.images,
            "test_evaluations": self.test_evaluations,
            "other_test_evaluations": self.other_test_evaluations,
            "class_names": self.class_names,
            "linear_accuracy": self.linear_accuracy,
            **self.scores.as_dict(),
            "mistakes": [mistake._asdict() for mistake in self.mistakes],
        }


def evaluate_run(
    path: StrPath,
    data: str | None = None,
    *,
    split: str = "test",
    on_images: OnImages | None = None,
) -> RunEvaluation:
    """Evaluate a run's model on a split of its own, or on other images, `data`.

    Each evaluation of the run's test images is counted. The scores of a split are stored in
    `evaluation.json`. Raises MissingFileError, FileError, StateError, DataError, UnknownNameError.
    """
    require_split(split)
    saved = open_run(path, on_images=on_images)
    if data is not None:
        images, name, evaluations = read_other_images(saved.classifier, data), data, None
        linear_correct = saved.linear_correct(images)
    else:
        images, name = saved.images(split), split
        evaluations = count_test_evaluation(saved.run) if split == "test" else None
        linear_correct = saved.linear_correct_on(split)
    predictions = saved.predict(images)
    mistakes = most_confident_mistakes(predictions)
    evaluation = RunEvaluation(
        run=saved.run,
        images=name,
        class_names=saved.classifier.class_names,
        scores=evaluate(predictions.labels, predictions.probabilities),
        linear_accuracy=linear_correct / len(images),
        test_evaluations=evaluations,
        mistakes=tuple(mistakes),
        mistaken_images=images.x[[mistake.image for mistake in mistakes]],
        predictions=predictions,
        other_test_evaluations=other_test_evaluations(saved.run) if evaluations else 0,
    )
    if data is None:
        _store(evaluation)
    return evaluation


def read_other_images(classifier: Classifier, data: str) -> LabelledImages:
    """Return labelled images of a data set, a `.npz` file or an image folder, preprocessed.

    These are its test images, or all images if it has none. Raises DataError for a class that the
    model does not have.
    """
    if Path(data).is_dir():
        listing = scanning.scan_folder(data)
        test_rows = np.flatnonzero(listing.splits == TEST)
        listing = listing.take(test_rows) if len(test_rows) else listing
        paths = [listing.path(row) for row in range(len(listing))]
        labels = _model_labels(listing.labels, listing.class_names, classifier.class_names)
        return LabelledImages(classifier.prepare(paths), labels)
    arrays = load_arrays(data)
    x, y = (arrays.x_train, arrays.y_train)
    if arrays.x_test is not None and arrays.y_test is not None:
        x, y = arrays.x_test, arrays.y_test
    labels = _model_labels(y, arrays.class_names, classifier.class_names)
    return LabelledImages(classifier.prepare(x), labels)


def _model_labels(
    labels: NDArray[Any], names: tuple[str, ...], known: tuple[str, ...]
) -> NDArray[np.int64]:
    """Return labels (n,) as the model numbers its classes."""
    are_numbers = all(name.isdecimal() for name in names) and len(names) <= len(known)
    missing = [name for name in names if name not in known]
    if missing and not are_numbers:
        raise DataError(
            f"the model does not know the class {missing[0]!r}. Its classes: {', '.join(known)}",
            hint="evaluate on images of the model's own classes",
        )
    if missing:
        return np.asarray(labels, np.int64)
    places = np.array([known.index(name) for name in names])
    return places[np.asarray(labels, np.int64)]


def _store(evaluation: RunEvaluation) -> None:
    """Add the scores of a split to `evaluation.json`."""
    stored = evaluation.run.read_evaluation()
    scores = evaluation.as_dict()
    for name in (
        "run",
        "images",
        "test_evaluations",
        "other_test_evaluations",
        "class_names",
    ):
        scores.pop(name)
    correct = int((evaluation.predictions.predicted == evaluation.predictions.labels).sum())
    split = {
        **(stored.get(evaluation.images) or {}),
        **Score(correct, len(evaluation.predictions.labels)).as_dict(),
        "scores": scores,
    }
    with suppress(FileError):  # a run in a read-only folder can be evaluated, too
        evaluation.run.write_evaluation({**stored, evaluation.images: split})
