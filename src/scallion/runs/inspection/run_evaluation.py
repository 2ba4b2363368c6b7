"""How good a run's model is: on a split of its own, or on other images of the same classes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion import files
from scallion.errors import DataError
from scallion.files import StrPath
from scallion.images.reading import scanning
from scallion.images.reading.listing import TEST
from scallion.insight import Evaluation, evaluate
from scallion.insight.metrics.mistakes import Mistake, most_confident_mistakes
from scallion.insight.metrics.predictions import Predictions
from scallion.runs.folder.run_folder import RunFolder
from scallion.runs.inspection.classifier import Classifier
from scallion.runs.inspection.saved_run import check_split, count_test_evaluation, open_run
from scallion.runs.training import run_data as sources
from scallion.runs.training.run_data import LabelledImages, Report


@dataclass(frozen=True, slots=True, eq=False)
class RunEvaluation:
    """Every score of a run's model on some images, and what costs nothing beside it.

    `images` says which: `test`, `validation`, `train`, or where other ones came from. `test_evaluations` is
    how often the run's test images were looked at, this time included; None for other images.
    `linear` is the accuracy of a linear model on the pixels. `mistaken` are the images (n, h, w, c)
    of `mistakes`.
    """

    run: RunFolder
    images: str
    class_names: tuple[str, ...]
    scores: Evaluation
    linear: float
    test_evaluations: int | None
    mistakes: tuple[Mistake, ...]
    mistaken: NDArray[Any]
    answers: Predictions

    def as_dict(self) -> dict[str, Any]:
        """All numbers, as `scallion evaluate --json` writes them."""
        return {
            "run": str(self.run.path),
            "images": self.images,
            "test_evaluations": self.test_evaluations,
            "class_names": self.class_names,
            "linear_accuracy": self.linear,
            **self.scores.as_dict(),
            "mistakes": [mistake._asdict() for mistake in self.mistakes],
        }


def evaluate_run(
    path: StrPath,
    data: str | None = None,
    *,
    split: str = "test",
    report: Report | None = None,
) -> RunEvaluation:
    """All scores of the run at `path`, on a split of its own or on other images, `data`.

    Each look at the run's test images is counted. The scores of a split go into `evaluation.json`.
    Raises MissingFileError, FileError, StateError, DataError, UnknownNameError.
    """
    check_split(split)
    opened = open_run(path, report)
    if data is not None:
        found, called, test_evaluations = other_images(opened.classifier, data), data, None
        linear = opened.linear_correct(found)
    else:
        found, called = opened.images(split), split
        test_evaluations = count_test_evaluation(opened.run) if split == "test" else None
        linear = opened.linear_correct_on(split)
    given = opened.answers_on(found)
    mistakes = most_confident_mistakes(given)
    evaluated = RunEvaluation(
        run=opened.run,
        images=called,
        class_names=opened.classifier.class_names,
        scores=evaluate(given.labels, given.probabilities),
        linear=linear / len(found),
        test_evaluations=test_evaluations,
        mistakes=tuple(mistakes),
        mistaken=found.x[[mistake.image for mistake in mistakes]],
        answers=given,
    )
    if data is None:
        _keep(evaluated)
    return evaluated


def other_images(classifier: Classifier, data: str) -> LabelledImages:
    """Images of the same classes: a named set's or a `.npz` file's test images, or a folder's.

    Where there are no test images, all are taken. Raises DataError where the classes are others.
    """
    if Path(data).is_dir():
        listing = scanning.scan_folder(data)
        tested = np.flatnonzero(listing.splits == TEST)
        listing = listing.take(tested) if len(tested) else listing
        places = [listing.path(row) for row in range(len(listing))]
        labels = _numbered(listing.labels, listing.class_names, classifier.class_names)
        return LabelledImages(classifier.prepare(places), labels)
    arrays = sources.load_arrays(data)
    x, y = (arrays.x_train, arrays.y_train)
    if arrays.x_test is not None and arrays.y_test is not None:
        x, y = arrays.x_test, arrays.y_test
    labels = _numbered(y, arrays.class_names, classifier.class_names)
    return LabelledImages(classifier.prepare(x), labels)


def _numbered(
    labels: NDArray[Any], names: tuple[str, ...], known: tuple[str, ...]
) -> NDArray[np.int64]:
    """The labels as the model numbers its classes."""
    unnamed = all(name.isdecimal() for name in names) and len(names) <= len(known)
    missing = [name for name in names if name not in known]
    if missing and not unnamed:
        raise DataError(
            f"the model does not know the class {missing[0]!r}. Its classes: {', '.join(known)}",
            hint="evaluate on images of the model's own classes",
        )
    if missing:
        return np.asarray(labels, np.int64)
    places = np.array([known.index(name) for name in names])
    return places[np.asarray(labels, np.int64)]


def _keep(evaluated: RunEvaluation) -> None:
    kept = files.read_json(evaluated.run.evaluation) if evaluated.run.evaluation.is_file() else {}
    scores = {**evaluated.as_dict()}
    for name in ("run", "images", "test_evaluations", "class_names"):
        scores.pop(name)
    before = kept.get(evaluated.images) or {}
    files.write_json(
        evaluated.run.evaluation, {**kept, evaluated.images: {**before, "scores": scores}}
    )
