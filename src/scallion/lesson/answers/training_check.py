"""Check how well a network or a run has learned: accuracy within a range, gap to training."""

from collections.abc import Callable
from statistics import fmean
from typing import Any

from scallion import optimizers, runs, session
from scallion.files import StrPath
from scallion.layers import Rescaling
from scallion.lesson.answers.grading import Grade
from scallion.lesson.questions import RunQuestion, TrainingCheck
from scallion.losses import SparseCategoricalCrossentropy
from scallion.models import Model
from scallion.models.files.config_reader import from_config
from scallion.models.files.config_writer import to_config
from scallion.plots.history import read_history
from scallion.runs.training.data_loading import load_arrays
from scallion.runs.training.splits import pixel_scale, split_arrays
from scallion.text_format import percent

Report = Callable[[str], None]
Range = tuple[float, float] | None


def check_training(check: TrainingCheck, model: Model, report: Report = lambda _: None) -> Grade:
    """Train a copy of the network once per seed and grade the mean validation accuracy.

    The learner's model keeps its weights. Images are scaled to between 0 and 1 unless the network
    does that itself. `report` is called with a line per seed.
    """
    splits = split_arrays(load_arrays(check.data), check.limit)
    rescales = any(isinstance(layer, Rescaling) for layer in model.layers)
    scale = 1 if rescales else pixel_scale(splits.train.x)
    train, validation = splits.train.x * scale, splits.validation.x * scale
    ends: list[tuple[float, float]] = []
    for seed in check.seeds:
        session.set_random_seed(seed)
        history = (
            _compiled_copy(model)
            .fit(
                train,
                splits.train.y,
                batch_size=check.batch_size,
                epochs=check.epochs,
                validation_data=(validation, splits.validation.y),
                verbose=0,
            )
            .history
        )
        ends.append((history["accuracy"][-1], history["val_accuracy"][-1]))
        report(f"seed {seed}: validation accuracy {percent(ends[-1][1])}")
    mean = f", the mean of {len(ends)} seeds" if len(ends) > 1 else ""
    return _grade(
        fmean(own for own, _ in ends),
        fmean(held_out for _, held_out in ends),
        check.accuracy,
        check.gap_at_most,
        f"after {check.epochs} epochs on {len(splits.train):,} images{mean}",
    )


def check_run(question: RunQuestion, folder: StrPath) -> Grade:
    """Grade a run folder by its files. Raises MissingFileError, FileError."""
    run = runs.RunFolder.open(folder)
    name = run.read_config().get("data", {}).get("name", "?")
    if question.data is not None and name != question.data:
        return Grade(
            False,
            f"That run was trained on {name}.",
            f"The question is about {question.data}: scallion train {question.data}",
            "data",
        )
    metrics = {metric.name: metric for metric in read_history(run).metrics}
    accuracy = metrics.get("accuracy")
    if accuracy is None or accuracy.training is None or accuracy.validation is None:
        return Grade(False, "That run has no accuracy.", "Use scallion train.", "accuracy")
    epochs = len(accuracy.validation)
    if epochs < question.epochs_at_least:
        return Grade(
            False,
            f"That run has {epochs} epochs.",
            f"Give it {question.epochs_at_least}: --epochs {question.epochs_at_least}",
            "epochs",
        )
    return _grade(
        float(accuracy.training[-1]),
        float(accuracy.validation[-1]),
        question.accuracy,
        question.gap_at_most,
        f"after {epochs} epochs on {name}",
    )


def _compiled_copy(model: Model) -> Model:
    """Return the same layers with new weights, and the learner's optimizer if there is one."""
    copy = from_config(to_config(model))
    last = model.layers[-1].get_config().get("activation")
    last = last or type(model.layers[-1]).__name__.lower()
    loss = SparseCategoricalCrossentropy(from_logits=last != "softmax")
    optimizer: Any = "adam"
    if model.compiled:
        optimizer = optimizers.deserialize(optimizers.serialize(model.optimizer))
    copy.compile(optimizer, loss, metrics=["accuracy"])
    return copy


def _grade(
    training: float, validation: float, required: Range, gap: float | None, when: str
) -> Grade:
    """Grade a training accuracy and a validation accuracy of the last epoch."""
    reason = f"the validation accuracy is {percent(validation)} {when}"
    if required is not None and validation < required[0]:
        return Grade(
            False,
            f"{reason}; the question asks for {percent(required[0], 0)}.",
            _low_accuracy_hint(training, required[0]),
            "low",
        )
    if required is not None and validation > required[1]:
        return Grade(
            False,
            f"{reason}, which is more than {percent(required[1], 0)}: too good to be true here.",
            "Are validation images among the training images?",
            "high",
        )
    if gap is not None and training - validation > gap:
        points = 100 * (training - validation)
        return Grade(
            False,
            f"{reason}, and the training accuracy is {points:.1f} points higher.",
            "It overfits: try dropout, a smaller network, or fewer epochs.",
            "gap",
        )
    return Grade(True, f"Right: {reason}.")


def _low_accuracy_hint(training: float, required: float) -> str:
    """Return opposite advice for overfitting and for underfitting."""
    if training >= required:
        return (
            f"The training accuracy is {percent(training)}, so it has memorised the training "
            "images: try dropout or fewer parameters."
        )
    return (
        f"The training accuracy is only {percent(training)}: it has not learned enough. Try more "
        "filters, more epochs, or less dropout."
    )
