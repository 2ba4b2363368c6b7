"""Texts before and after a training: plan, forecast, result."""

from datetime import datetime, timedelta
from pathlib import Path

from scallion.images import choose_augmentation
from scallion.runs import Forecast, PreparedRun, RunFolder, RunResult, Score
from scallion.runs.folder.environment import Environment
from scallion.runs.training.preparation import OWN
from scallion.text_format import duration, percent, plural

_MOST_FINDINGS = 5  # of the images' check, shown before a training


def format_plan(prepared: PreparedRun, run: RunFolder) -> str:
    """Return what is about to be trained: a line each for data, network, training and folder."""
    splits, settings = prepared.splits, prepared.settings
    shape = "x".join(map(str, prepared.image_shape))
    machine = Environment.here()
    kernels = machine.instruction_set
    engine = f"{kernels} kernels" if kernels else "the reference engine"
    data = (
        f"{len(splits.train):,} training, {len(splits.validation):,} validation and "
        f"{len(splits.test):,} test images of {shape} in {len(prepared.class_names)} classes"
    )
    if settings.limit is not None:
        data += f" (only the first {settings.limit:,} training images: --limit)"
    length = plural(prepared.epochs, "epoch")
    if settings.steps is not None:
        length = f"{plural(prepared.steps.count, 'step')} in {length}"
    if prepared.patience:
        length += f" (stops after {prepared.patience} without improvement)"
    training = (
        f"{length}, {prepared.batch_size} images per step, "
        f"learning rate {prepared.learning_rate:g}, seed {settings.seed}, "
        f"{plural(machine.threads, 'thread')}, {engine}"
    )
    return "\n".join(
        (
            f"data   {prepared.name}: {data}",
            *_augmentation(prepared),
            *_own_images(prepared),
            f"model  {_network(prepared)}",
            f"train  {training}",
            f"run    {run.path}",
        )
    )


def format_forecast(forecast: Forecast) -> str:
    """Return how long the training will take, when it will end, and how much memory it needs."""
    end = datetime.now() + timedelta(seconds=forecast.seconds)
    memory = "" if forecast.memory is None else f", {forecast.memory / 1e6:.0f} MB of memory"
    return (
        f"time   about {duration(forecast.seconds)}, {duration(forecast.epoch)} per epoch: "
        f"ends at {end:%H:%M}{memory}"
    )


def format_result(result: RunResult) -> str:
    """Return validation and test accuracy with 95 % intervals, the time, and the run's files."""
    lines = [_interruption(result)] if result.status == "interrupted" else []
    if result.validation is not None:
        lines.append(
            f"Validation: {_score(result.validation)}, after epoch {result.best_epoch}, the best"
            f" of {result.epochs}{_early_stop(result)}."
        )
    if result.test is not None:
        lines.append(f"Test:       {_score(result.test)}, evaluated once.")
    else:
        lines.append("The test images were not evaluated.")
    lines.append(_time(result))
    run = result.run
    paths = (run.model, run.history, run.curves, run.config, run.environment, run.evaluation)
    files = [path.name for path in paths if path.is_file()]
    lines.append(f"The run is in {run.path}: {', '.join(files)}.")
    return "\n".join(lines)


def _augmentation(prepared: PreparedRun) -> list[str]:
    if prepared.settings.augment == OWN:
        return _missing_mirroring(prepared)
    augmentation = choose_augmentation(prepared.settings.augment, prepared.class_names)
    return [f"images {augmentation.describe()}"] if augmentation else []


def _missing_mirroring(prepared: PreparedRun) -> list[str]:
    """Return a line if images are not mirrored only because their classes have no names."""
    unnamed = tuple(str(number) for number in range(len(prepared.class_names)))
    is_npz = Path(prepared.settings.data).suffix == ".npz"
    if not (is_npz and prepared.recipe.has_augmentation and prepared.class_names == unnamed):
        return []
    reason = "classes without names may be digits: an array class_names in the file names them"
    return [f"images not mirrored, because {reason}"]


def _own_images(prepared: PreparedRun) -> list[str]:
    """Return how the user's images are resized, and what their check found."""
    rule = prepared.data.resize_rule
    if rule is None:
        return []
    severe = [finding for finding in prepared.data.notes if finding.severity != "info"]
    shown = severe[:_MOST_FINDINGS]
    lines = [f"images resized to {rule.describe()}"]
    lines += [f"check  {finding.severity}: {finding.sentence}" for finding in shown]
    others = len(prepared.data.notes) - len(shown)
    if others:
        noun = "more finding" if severe else "finding"
        lines.append(f"check  {plural(others, noun)}: scallion data check")
    return lines


def _network(prepared: PreparedRun) -> str:
    changes = ", ".join(f"{name}={value}" for name, value in prepared.settings.overrides.items())
    name = prepared.architecture.name + (f" with {changes}" if changes else "")
    return f"{name}: {prepared.model.count_params():,} parameters"


def _interruption(result: RunResult) -> str:
    if result.epochs == result.planned:
        return "Stopped after training, before the scores were complete."
    stopped = f"Stopped in epoch {result.epochs + 1} of {result.planned}"
    if result.epochs == 0:
        return f"{stopped}; model.keras holds the initial weights."
    return f"{stopped}, which is not counted; model.keras is from the best completed epoch."


def _early_stop(result: RunResult) -> str:
    if result.status != "finished" or result.epochs == result.planned:
        return ""
    waited = plural(result.epochs - result.best_epoch, "epoch")
    return f"; it stopped before {result.planned}, after {waited} without improvement"


def _score(score: Score) -> str:
    low, high = score.interval
    return (
        f"{percent(score.accuracy)} of {score.total:,} images correct "
        f"(95 % interval {percent(low)[:-2]} to {percent(high)})"
    )


def _time(result: RunResult) -> str:
    text = f"Time:       {duration(result.seconds)}"
    if result.images_per_second:
        # A clock justifies three digits.
        speed = int(float(f"{result.images_per_second:.3g}"))
        text += f"; training alone: {speed:,} images per second"
    return f"{text}."
