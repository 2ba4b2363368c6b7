"""Whether a network, or a run, learns as a question wants it: bands, from several seeds."""

from collections.abc import Callable
from statistics import fmean
from typing import Any

from scallion import runs, session
from scallion.errors import FileError
from scallion.files import StrPath, read_bytes
from scallion.layers import Rescaling
from scallion.lesson.grading import Grade
from scallion.lesson.questions import RunQuestion, TrainingCheck
from scallion.losses import SparseCategoricalCrossentropy
from scallion.models import Model
from scallion.models.config import from_config, to_config
from scallion.plots.history import read_history
from scallion.runs.training.run_data import load_arrays, pixel_scale, split_arrays
from scallion.text_format import percent

Tell = Callable[[str], None]
Band = tuple[float, float] | None


def check_training(training: TrainingCheck, model: Model, tell: Tell = lambda _: None) -> Grade:
    """Train the network once a seed, from new weights; the means over the seeds decide.

    The learner's model itself stays as it is. Images are scaled to between 0 and 1, unless the
    network does that itself.
    """
    splits = split_arrays(load_arrays(training.data), training.limit)
    scales = any(isinstance(layer, Rescaling) for layer in model.layers)
    scale = 1 if scales else pixel_scale(splits.train.x)
    train, held = splits.train.x * scale, splits.validation.x * scale
    ends: list[tuple[float, float]] = []
    for seed in training.seeds:
        session.set_random_seed(seed)
        fresh = _compiled_like(model)
        history = fresh.fit(
            train,
            splits.train.y,
            batch_size=training.batch_size,
            epochs=training.epochs,
            validation_data=(held, splits.validation.y),
            verbose=0,
        ).history
        ends.append((history["accuracy"][-1], history["val_accuracy"][-1]))
        tell(f"seed {seed}: {percent(ends[-1][1])} of the validation images right")
    of = f", the mean of {len(ends)} seeds" if len(ends) > 1 else ""
    return _banded(
        fmean(own for own, _ in ends),
        fmean(held for _, held in ends),
        training.accuracy,
        training.gap_at_most,
        f"after {training.epochs} epochs on {len(splits.train):,} images{of}",
    )


def _compiled_like(model: Model) -> Model:
    """The same layers with new weights, and the learner's optimizer where there is one."""
    fresh = from_config(to_config(model))
    last = model.layers[-1].get_config().get("activation")
    last = last or type(model.layers[-1]).__name__.lower()
    loss = SparseCategoricalCrossentropy(from_logits=last != "softmax")
    optimizer: Any = "adam"
    if model.compiled:
        from scallion import optimizers

        optimizer = optimizers.deserialize(optimizers.serialize(model.optimizer))
    fresh.compile(optimizer, loss, metrics=["accuracy"])
    return fresh


def check_run(question: RunQuestion, folder: StrPath) -> Grade:
    """The grade of a run folder, by what its files say. Raises MissingFileError, FileError."""
    run = runs.RunFolder.open(folder)
    config = _json(run.config)
    name = config.get("data", {}).get("name", "?")
    if question.data is not None and name != question.data:
        return Grade(
            False,
            f"That run was trained on {name}.",
            f"This one asks for {question.data}: scallion train {question.data}",
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
    return _banded(
        float(accuracy.training[-1]),
        float(accuracy.validation[-1]),
        question.accuracy,
        question.gap_at_most,
        f"after {epochs} epochs on {name}",
    )


def _banded(own: float, held: float, band: Band, gap: float | None, when: str) -> Grade:
    """The grade of two accuracies, that on the training and that on the validation images."""
    reason = f"{percent(held)} of the validation images are right {when}"
    if band is not None and held < band[0]:
        return Grade(
            False,
            f"{reason}; {percent(band[0], 0)} were asked for.",
            _why_low(own, band[0]),
            "low",
        )
    if band is not None and held > band[1]:
        return Grade(
            False,
            f"{reason}, which is more than {percent(band[1], 0)}: too good to be true here.",
            "Are images of the validation split among those it learns from?",
            "high",
        )
    if gap is not None and own - held > gap:
        points = 100 * (own - held)
        return Grade(
            False,
            f"{reason}, and {points:.1f} points more of the training images.",
            "It overfits: try dropout, a smaller network, or fewer epochs.",
            "gap",
        )
    return Grade(True, f"Right: {reason}.")


def _why_low(own: float, wanted: float) -> str:
    """Underfitting and overfitting want opposite remedies."""
    if own >= wanted:
        return (
            f"Of the training images {percent(own)} are right, so it has learned them by heart: "
            "try dropout or fewer parameters."
        )
    return (
        f"Of the training images only {percent(own)} are right: it has not learned enough. More "
        "filters, more epochs, or less dropout."
    )


def _json(path: StrPath) -> dict[str, Any]:
    import msgspec

    try:
        return msgspec.json.decode(read_bytes(path), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise FileError(f"{path} is damaged: {error}", hint="train again") from error
